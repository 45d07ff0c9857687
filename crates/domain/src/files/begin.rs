//! The beginning of an upload: what comes is announced, and what is known already is not sent again.

use super::{BlobKey, File, Upload, UploadId, names, random_id};
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::time::Millis;
use crate::{Domain, gate, limits};

/// How long an upload may take. What is unfinished then is removed.
const UPLOAD_LIFE_MS: Millis = 24 * 60 * 60 * 1000;

#[derive(Clone, Debug, Default)]
pub struct BeginUpload {
    pub name: String,
    /// The MD5 of the comma-joined MD5s of the parts, in lower-case hexadecimal. Without it the content is not compared
    /// with what is known, and not checked at the end.
    pub hash: Option<String>,
    pub size: u64,
    /// 0 lets us choose.
    pub part_size: u64,
    pub media_type: String,
    pub cause: String,
    /// The bytes have to come through us, even where clients could send them to the object store.
    pub through_us: bool,
}

/// What an announcement leads to.
#[derive(Clone, Debug)]
pub enum Begun {
    /// The content was here already.
    Known(File),
    Started(Upload),
}

impl Domain {
    /// Announces a file. Content that is known by its hash becomes the caller's file at once: knowing the hash counts
    /// as having the file, as in the original.
    pub async fn begin_upload(&self, caller: &Caller, command: BeginUpload) -> Result<Begun> {
        self.files()?;
        names::check(&command.name)?;
        gate::may_name_file(caller, &command.name)?;
        self.check_announced(&command)?;
        let part_size = names::checked_part_size(command.size, command.part_size)?;
        if let Some(hash) = &command.hash
            && let Some(file) = self.adopt(caller, &command, hash).await?
        {
            return Ok(Begun::Known(file));
        }
        let blob = BlobKey(random_id()?);
        let session = self.blobs()?.begin(&blob).await?;
        let now = self.clock.now();
        let upload = Upload {
            id: UploadId(random_id()?),
            owner: caller.account,
            name: command.name,
            hash: command.hash,
            size: command.size,
            part_size,
            media_type: command.media_type,
            cause: command.cause,
            blob,
            session,
            is_direct: self.settings.files.direct
                && !command.through_us
                && self.blobs()?.has_addresses(),
            created_at: now,
            expires_at: now + UPLOAD_LIFE_MS,
            file: None,
        };
        let mut tx = self.store.begin().await?;
        tx.insert_upload(&upload).await?;
        // Clients begin anew when something fails. The oldest of too many are left to the housekeeping.
        tx.expire_uploads_beyond(caller.account, limits::OPEN_UPLOADS_MAX, now)
            .await?;
        self.commit(tx).await?;
        Ok(Begun::Started(upload))
    }

    fn check_announced(&self, command: &BeginUpload) -> Result<()> {
        if command.size == 0 {
            return Err(Error::invalid("size", "must be greater than 0"));
        }
        if command.size > self.settings.files.file_bytes_max {
            return Err(Error::invalid("size", "is more than this server takes"));
        }
        if command.hash.as_deref().is_some_and(|hash| !is_md5(hash)) {
            return Err(Error::invalid(
                "hash",
                "must be an MD5 in lower-case hexadecimal",
            ));
        }
        check_texts(&command.media_type, &command.cause)
    }

    async fn adopt(
        &self,
        caller: &Caller,
        command: &BeginUpload,
        hash: &str,
    ) -> Result<Option<File>> {
        let mut tx = self.store.begin().await?;
        let Some((blob, media_type)) = tx.adopt_blob(hash, command.size).await? else {
            return Ok(None);
        };
        let file = self
            .name_blob(
                &mut *tx,
                caller,
                super::complete::Naming {
                    name: &command.name,
                    blob,
                    media_type,
                    cause: &command.cause,
                },
            )
            .await?;
        self.commit(tx).await?;
        Ok(Some(file))
    }
}

pub(super) fn is_md5(text: &str) -> bool {
    text.len() == 32
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub(super) fn check_texts(media_type: &str, cause: &str) -> Result<()> {
    for (field, text) in [("contentType", media_type), ("cause", cause)] {
        if text.len() > limits::NICKNAME_BYTES_MAX || text.chars().any(char::is_control) {
            return Err(Error::invalid(
                field,
                "must be at most 255 bytes without control characters",
            ));
        }
    }
    Ok(())
}
