//! The encryption of Web Push notes (RFC 8291 over RFC 8188): only the browser that subscribed can read them, the push
//! service in between cannot.

use aes_gcm::Aes128Gcm;
use aes_gcm::aead::{Aead, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use p256::ecdh::diffie_hellman;
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::{PublicKey, SecretKey};
use serde::Deserialize;
use sha2::Sha256;

use super::vapid::random_key;

/// Every push service takes a body of 4096 bytes. Header, end mark and tag are 103 of them.
const RECORD_BYTES: u32 = 4096;
pub(super) const PLAIN_BYTES_MAX: usize = RECORD_BYTES as usize - 16 - 4 - 1 - 65 - 1 - 16;

/// Ends the last record.
const LAST_RECORD: u8 = 2;

/// The keys of a subscription, as a browser gives them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SubscriptionKeys {
    public: PublicKey,
    auth: Vec<u8>,
}

#[derive(Deserialize)]
struct KeysForm {
    p256dh: String,
    auth: String,
}

impl SubscriptionKeys {
    /// Reads `{"p256dh", "auth"}`; `None` if that is not what it is.
    pub(super) fn read(json: &str) -> Option<Self> {
        let form: KeysForm = serde_json::from_str(json).ok()?;
        let bytes = |text: &str| {
            let engine = if text.ends_with('=') {
                URL_SAFE
            } else {
                URL_SAFE_NO_PAD
            };
            engine.decode(text).ok()
        };
        let auth = bytes(&form.auth).filter(|auth| auth.len() == 16)?;
        let public = PublicKey::from_sec1_bytes(&bytes(&form.p256dh)?).ok()?;
        Some(Self { public, auth })
    }
}

/// The body of the request: a header with the sender's one-time public key, and one encrypted record.
pub(super) fn encrypt(keys: &SubscriptionKeys, plain: &[u8]) -> Result<Vec<u8>, String> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| error.to_string())?;
    let one_time = random_key().map_err(|error| error.to_string())?;
    encrypt_with(keys, plain, salt, &one_time).ok_or_else(|| "the note is too long".to_owned())
}

fn encrypt_with(
    keys: &SubscriptionKeys,
    plain: &[u8],
    salt: [u8; 16],
    one_time: &SecretKey,
) -> Option<Vec<u8>> {
    if plain.len() > PLAIN_BYTES_MAX {
        return None;
    }
    let ours = one_time.public_key().to_encoded_point(false);
    let theirs = keys.public.to_encoded_point(false);
    let shared = diffie_hellman(one_time.to_nonzero_scalar(), keys.public.as_affine());
    // Both sides mix the shared secret with the subscription's own, so that the push service alone knows neither.
    let mut input = [0; 32];
    let info = [b"WebPush: info\0", theirs.as_bytes(), ours.as_bytes()];
    Hkdf::<Sha256>::new(Some(&keys.auth), shared.raw_secret_bytes())
        .expand_multi_info(&info, &mut input)
        .ok()?;
    let derived = Hkdf::<Sha256>::new(Some(&salt), &input);
    let (mut key, mut nonce) = ([0; 16], [0; 12]);
    derived
        .expand(b"Content-Encoding: aes128gcm\0", &mut key)
        .ok()?;
    derived
        .expand(b"Content-Encoding: nonce\0", &mut nonce)
        .ok()?;

    let mut body = Vec::with_capacity(plain.len() + 103);
    body.extend_from_slice(&salt);
    body.extend_from_slice(&RECORD_BYTES.to_be_bytes());
    body.push(u8::try_from(ours.len()).ok()?);
    body.extend_from_slice(ours.as_bytes());
    let record = [plain, &[LAST_RECORD]].concat();
    let sealed = Aes128Gcm::new(&key.into()).encrypt(&nonce.into(), &record[..]);
    body.extend_from_slice(&sealed.ok()?);
    Some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).expect("base64")
    }

    const KEYS: &str = r#"{
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg"
    }"#;

    #[test]
    fn the_example_of_the_standard_comes_out() {
        let keys = SubscriptionKeys::read(KEYS).expect("keys");
        let one_time = SecretKey::from_slice(&bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
            .expect("a key");
        let salt = bytes("DGv6ra1nlYgDCS1FRnbzlw")
            .try_into()
            .expect("16 bytes");
        let body = encrypt_with(
            &keys,
            b"When I grow up, I want to be a watermelon",
            salt,
            &one_time,
        );
        assert_eq!(
            URL_SAFE_NO_PAD.encode(body.expect("encrypted")),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn the_longest_note_fills_the_record() {
        let keys = SubscriptionKeys::read(KEYS).expect("keys");
        let body = encrypt(&keys, &[b'x'; PLAIN_BYTES_MAX]).expect("encrypted");
        assert_eq!(body.len(), RECORD_BYTES as usize);
        assert!(encrypt(&keys, &[b'x'; PLAIN_BYTES_MAX + 1]).is_err());
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        for bad in [
            "",
            "{}",
            r#"{"p256dh":"AAAA","auth":"BTBZMqHH6r4Tts7J_aSIgg"}"#,
            &KEYS.replace("BTBZMqHH6r4Tts7J_aSIgg", "BTBZ"),
            &KEYS.replace("BCVx", "!!!!"),
        ] {
            assert_eq!(SubscriptionKeys::read(bad), None, "{bad}");
        }
        assert_eq!(
            SubscriptionKeys::read(&KEYS.replace("aSIgg\"", "aSIgg==\"")),
            SubscriptionKeys::read(KEYS),
            "with padding as well"
        );
    }
}
