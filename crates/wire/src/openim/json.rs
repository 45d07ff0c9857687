//! The three places where the protocol's JSON differs from what serde does by itself.
//! Go writes empty lists and maps as `null`, and byte strings as base64.

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serializer};

/// Reads `null` as the empty value; for `deserialize_with`.
pub(crate) fn null_as_default<'de, D, T>(input: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(input).map(Option::unwrap_or_default)
}

/// Bytes as a base64 string (standard alphabet, padded), "" when empty; `null` is read as empty.
pub(crate) mod base64_string {
    use super::{Base64Display, STANDARD};
    use base64::Engine as _;
    use bytes::Bytes;
    use serde::{Deserialize, Deserializer, Serializer, de};
    use std::borrow::Cow;

    pub(crate) fn serialize<S: Serializer>(bytes: &Bytes, output: S) -> Result<S::Ok, S::Error> {
        output.collect_str(&Base64Display::new(bytes, &STANDARD))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Bytes, D::Error> {
        let Some(text) = Option::<Cow<'de, str>>::deserialize(input)? else {
            return Ok(Bytes::new());
        };
        let bytes = STANDARD
            .decode(text.as_bytes())
            .map_err(de::Error::custom)?;
        Ok(Bytes::from(bytes))
    }
}

/// Bytes as a base64 string, but `null` when empty, as Go writes a nil slice; for `serialize_with`.
pub(crate) fn base64_or_null<S: Serializer>(bytes: &[u8], output: S) -> Result<S::Ok, S::Error> {
    if bytes.is_empty() {
        return output.serialize_none();
    }
    output.collect_str(&Base64Display::new(bytes, &STANDARD))
}
