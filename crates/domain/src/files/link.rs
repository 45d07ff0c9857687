//! Links: who holds one may read the file, without a token, because that is how apps load pictures. A link is signed
//! with the file's own key; with an expiry it names it.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::{File, LinkKey, hex};
use crate::error::{Error, Result};
use crate::time::Millis;

/// Bytes of a signature that stand in a link.
const SIGNATURE_BYTES: usize = 16;

impl File {
    /// What must stand in an address for it to be a link: a signature, with the expiry in front if there is one.
    pub fn link(&self, expires_at: Option<Millis>) -> Result<String> {
        let expires_s = expires_at.map(|at| at.div_euclid(1000) + 1);
        let signature = signed(&self.link_key, expires_s)?.finalize().into_bytes();
        let signature = hex(&signature[..SIGNATURE_BYTES]);
        Ok(match expires_s {
            Some(expires_s) => format!("{expires_s:x}.{signature}"),
            None => signature,
        })
    }

    /// Whether this is such a link and still good.
    pub(crate) fn is_link(&self, link: &str, now: Millis) -> bool {
        let (expires_s, signature) = match link.split_once('.') {
            Some((expires, signature)) => match i64::from_str_radix(expires, 16) {
                Ok(expires_s) => (Some(expires_s), signature),
                Err(_) => return false,
            },
            None => (None, link),
        };
        if expires_s.is_some_and(|expires_s| expires_s <= now.div_euclid(1000)) {
            return false;
        }
        let Some(signature) = unhex(signature).filter(|bytes| bytes.len() == SIGNATURE_BYTES)
        else {
            return false;
        };
        // Compares in constant time.
        signed(&self.link_key, expires_s)
            .is_ok_and(|mac| mac.verify_truncated_left(&signature).is_ok())
    }
}

fn signed(key: &LinkKey, expires_s: Option<i64>) -> Result<Hmac<Sha256>> {
    let mut mac = hmac(key.0.as_bytes())?;
    mac.update(b"link");
    if let Some(expires_s) = expires_s {
        mac.update(&expires_s.to_be_bytes());
    }
    Ok(mac)
}

pub(super) fn hmac(key: &[u8]) -> Result<Hmac<Sha256>> {
    Hmac::new_from_slice(key).map_err(|error| Error::internal(error.to_string()))
}

pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{Blob, BlobKey, FileId};
    use crate::ids::AccountKey;

    fn file(key: &str) -> File {
        File {
            id: FileId("f".into()),
            name: "alice/x".into(),
            owner: AccountKey(1),
            blob: Blob {
                key: BlobKey("b".into()),
                size: 1,
                part_size: 1,
            },
            media_type: String::new(),
            cause: String::new(),
            link_key: LinkKey(key.into()),
            created_at: 0,
            stored_at: 0,
        }
    }

    #[test]
    fn a_link_opens_its_own_file_until_it_expires() {
        let (one, other) = (file("key"), file("another"));
        let eternal = one.link(None).expect("signed");
        assert!(one.is_link(&eternal, Millis::MAX));
        assert!(!other.is_link(&eternal, 0));
        let brief = one.link(Some(10_000)).expect("signed");
        assert!(one.is_link(&brief, 10_000));
        assert!(!one.is_link(&brief, 11_000));
        let (_, signature) = brief.split_once('.').expect("with expiry");
        for forged in [
            signature,
            &format!("ffff.{signature}"),
            &format!("ffff.{eternal}"),
            &eternal[2..],
            "",
            ".",
            "zz",
            "é",
        ] {
            assert!(!one.is_link(forged, 0), "{forged}");
        }
    }
}
