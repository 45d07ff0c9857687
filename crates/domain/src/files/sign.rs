//! Permission to send a part, as an address that needs no token: to us, signed with a key of the server's, or to the
//! object store, signed by it.

use std::time::Duration;

use hmac::Mac;

use super::link::{hmac, unhex};
use super::{Upload, UploadId, hex};
use crate::caller::Caller;
use crate::error::{Error, Kind, Reason, Result};
use crate::ports::PartPlace;
use crate::time::Millis;
use crate::{Domain, gate, limits};

/// How long an address for a part is good for.
const GRANT_LIFE_MS: Millis = 6 * 60 * 60 * 1000;

/// Addresses for some parts of an upload.
#[derive(Clone, Debug)]
pub struct SignedParts {
    pub upload: Upload,
    pub parts: Vec<SignedPart>,
}

#[derive(Clone, Debug)]
pub enum SignedPart {
    /// The part is sent to us with this permission.
    Here(PartGrant),
    /// The part is sent to this address of the object store.
    There { number: u32, url: String },
}

/// The permission to send one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartGrant {
    pub upload: UploadId,
    pub number: u32,
    pub expires_at: Millis,
    /// In hexadecimal.
    pub signature: String,
}

impl Domain {
    /// Signs addresses for parts of an unfinished upload, for who began it.
    pub async fn sign_parts(
        &self,
        caller: &Caller,
        upload: &UploadId,
        numbers: &[u32],
    ) -> Result<SignedParts> {
        let upload = self.own_upload(caller, upload).await?;
        if upload.file.is_some() {
            return Err(Error::Conflict(Reason::UploadExpired));
        }
        self.check_unexpired(&upload)?;
        if numbers.is_empty() || numbers.len() > limits::IDS_MAX {
            return Err(Error::invalid("partNumbers", "must be 1 to 1000 numbers"));
        }
        let mut parts = Vec::with_capacity(numbers.len());
        for &number in numbers {
            let size = upload.size_of(number).ok_or(Error::invalid(
                "partNumbers",
                "has a number that is no part",
            ))?;
            parts.push(self.sign_part(&upload, number, size).await?);
        }
        Ok(SignedParts { upload, parts })
    }

    async fn sign_part(&self, upload: &Upload, number: u32, size: u64) -> Result<SignedPart> {
        let expires_at = upload.expires_at.min(self.clock.now() + GRANT_LIFE_MS);
        if upload.is_direct {
            let place = PartPlace {
                key: &upload.blob,
                session: &upload.session,
                number,
                size,
            };
            let url = self
                .blobs()?
                .part_url(&place, Duration::from_millis(GRANT_LIFE_MS as u64))
                .await?;
            if let Some(url) = url {
                return Ok(SignedPart::There { number, url });
            }
        }
        let mac = self.grant_mac(&upload.id, number, expires_at)?;
        Ok(SignedPart::Here(PartGrant {
            upload: upload.id.clone(),
            number,
            expires_at,
            signature: hex(&mac.finalize().into_bytes()),
        }))
    }

    /// Whether the grant is ours and still good. Asked before anything is looked up.
    pub(super) fn check_grant(&self, grant: &PartGrant) -> Result<()> {
        let signature = unhex(&grant.signature).unwrap_or_default();
        let mac = self.grant_mac(&grant.upload, grant.number, grant.expires_at)?;
        mac.verify_slice(&signature)
            .map_err(|_| Error::Denied(Reason::NotOwner))?;
        if grant.expires_at <= self.clock.now() {
            return Err(Error::Conflict(Reason::UploadExpired));
        }
        Ok(())
    }

    /// The upload, if the caller may go on with it. A foreign one does not exist.
    pub(super) async fn own_upload(&self, caller: &Caller, upload: &UploadId) -> Result<Upload> {
        self.files()?;
        let upload = self.store.view().await?.upload(upload).await?;
        let upload = upload.ok_or(Error::NotFound(Kind::Upload))?;
        gate::may_continue_upload(caller, &upload).map_err(|_| Error::NotFound(Kind::Upload))?;
        Ok(upload)
    }

    pub(super) fn check_unexpired(&self, upload: &Upload) -> Result<()> {
        if upload.expires_at <= self.clock.now() {
            return Err(Error::Conflict(Reason::UploadExpired));
        }
        Ok(())
    }

    fn grant_mac(
        &self,
        upload: &UploadId,
        number: u32,
        expires_at: Millis,
    ) -> Result<::hmac::Hmac<sha2::Sha256>> {
        let key = &self.settings.files.signing_key.0;
        if key.is_empty() {
            return Err(Error::unavailable("files", "no key to sign uploads with"));
        }
        let mut mac = hmac(key)?;
        // The id is hexadecimal, so that the spaces separate.
        mac.update(format!("part {upload} {number} {expires_at}").as_bytes());
        Ok(mac)
    }
}
