//! The end of an upload: the parts are checked against what was announced and put together, and the file has its name.

use futures_util::StreamExt;
use md5::{Digest, Md5};

use super::begin::{check_texts, is_md5};
use super::media_type::{self, HEAD_BYTES};
use super::{Blob, File, FileId, LinkKey, Part, Upload, UploadId, hex, names, random_id};
use crate::caller::{Caller, Role};
use crate::error::{Error, Kind, Reason, Result};
use crate::ports::Tx;
use crate::{Domain, gate};

#[derive(Clone, Debug)]
pub struct CompleteUpload {
    pub upload: UploadId,
    /// The MD5 of each part in order; `None` where the client does not know them.
    pub md5s: Option<Vec<String>>,
    /// Another name or media type than was announced; empty leaves it.
    pub name: String,
    pub media_type: String,
    pub cause: String,
}

/// What a blob becomes.
pub(super) struct Naming<'a> {
    pub name: &'a str,
    pub blob: Blob,
    pub media_type: String,
    pub cause: &'a str,
}

impl Domain {
    /// Makes a file of an upload whose parts are all here. A retry gets the file again.
    pub async fn complete_upload(&self, caller: &Caller, command: CompleteUpload) -> Result<File> {
        let mut upload = self.own_upload(caller, &command.upload).await?;
        if !command.name.is_empty() {
            names::check(&command.name)?;
            upload.name = command.name;
        }
        gate::may_name_file(caller, &upload.name)?;
        check_texts(&command.media_type, &command.cause)?;
        if !command.media_type.is_empty() {
            upload.media_type = command.media_type;
        }
        if !command.cause.is_empty() {
            upload.cause = command.cause;
        }
        check_hash(&upload, command.md5s.as_deref())?;
        if let Some(id) = &upload.file {
            return self.completed(id).await;
        }
        self.check_unexpired(&upload)?;
        let tags = self.tags(&upload, command.md5s.as_deref()).await?;
        let size = self
            .blobs()?
            .complete(&upload.blob, &upload.session, &tags)
            .await?;
        let blob = Blob {
            key: upload.blob.clone(),
            size,
            part_size: upload.part_size,
        };
        if size != upload.size {
            // Only an object store that clients fill themselves comes here; the upload is lost with it.
            self.blobs()?.delete(&blob.key).await?;
            return Err(Error::Conflict(Reason::ContentMismatch));
        }
        let media_type = self.media_type_of(&blob, &upload.media_type).await?;
        self.finish(caller, &upload, blob, media_type).await
    }

    /// What the object store calls the parts, in order.
    async fn tags(&self, upload: &Upload, md5s: Option<&[String]>) -> Result<Vec<String>> {
        if upload.is_direct {
            // Object stores call a part by its MD5, and refuse to put together what is called otherwise.
            return md5s
                .map(<[String]>::to_vec)
                .ok_or(Error::Conflict(Reason::ContentMismatch));
        }
        let parts = self.store.view().await?.upload_parts(&upload.id).await?;
        check_parts(upload, &parts, md5s)?;
        Ok(parts.into_iter().map(|part| part.tag).collect())
    }

    async fn finish(
        &self,
        caller: &Caller,
        upload: &Upload,
        blob: Blob,
        media_type: String,
    ) -> Result<File> {
        let mut tx = self.store.begin().await?;
        let locked = tx.lock_upload(&upload.id).await?;
        match locked.ok_or(Error::NotFound(Kind::Upload))?.file {
            // A parallel retry was faster.
            Some(id) => {
                self.commit(tx).await?;
                return self.completed(&id).await;
            }
            None => {
                tx.insert_blob(&blob, upload.hash.as_deref(), &media_type, self.clock.now())
                    .await?;
            }
        }
        let naming = Naming {
            name: &upload.name,
            blob,
            media_type,
            cause: &upload.cause,
        };
        let file = self.name_blob(&mut *tx, caller, naming).await?;
        tx.finish_upload(&upload.id, &file.id).await?;
        self.commit(tx).await?;
        Ok(file)
    }

    async fn completed(&self, file: &FileId) -> Result<File> {
        let file = self.store.view().await?.file(file).await?;
        file.ok_or(Error::NotFound(Kind::File))
    }

    /// Gives a blob a name. A file of that name keeps its id and its links and gets the new content.
    pub(super) async fn name_blob(
        &self,
        tx: &mut dyn Tx,
        caller: &Caller,
        naming: Naming<'_>,
    ) -> Result<File> {
        let now = self.clock.now();
        let new = File {
            id: FileId(random_id()?),
            name: naming.name.to_owned(),
            owner: caller.account,
            blob: naming.blob,
            media_type: naming.media_type,
            cause: naming.cause.to_owned(),
            link_key: LinkKey(random_id()?),
            created_at: now,
            stored_at: now,
        };
        if tx.insert_file(&new).await? {
            return Ok(new);
        }
        let old = tx.lock_file(naming.name).await?;
        let old = old.ok_or(Error::NotFound(Kind::File))?;
        let file = File {
            id: old.id,
            owner: match caller.role {
                Role::User => caller.account,
                Role::Administrator => old.owner,
            },
            link_key: old.link_key,
            created_at: old.created_at,
            ..new
        };
        tx.replace_file(&file).await?;
        tx.orphan_blob(&old.blob.key, now).await?;
        Ok(file)
    }

    /// Compares the declared media type with the first bytes.
    pub(super) async fn media_type_of(&self, blob: &Blob, declared: &str) -> Result<String> {
        let end = blob.size.min(HEAD_BYTES as u64);
        let mut head = Vec::with_capacity(HEAD_BYTES);
        if end > 0 {
            let mut bytes = self.blobs()?.get(blob, 0..end).await?;
            while let Some(chunk) = bytes.next().await {
                let chunk = chunk.map_err(|error| Error::unavailable("object store", error))?;
                head.extend_from_slice(&chunk);
            }
        }
        Ok(media_type::decide(declared, &head))
    }
}

/// Whether the MD5s are those that were announced.
fn check_hash(upload: &Upload, md5s: Option<&[String]>) -> Result<()> {
    let (Some(hash), Some(md5s)) = (&upload.hash, md5s) else {
        // Who announced a hash has to show where it comes from.
        return match upload.hash {
            Some(_) => Err(Error::Conflict(Reason::ContentMismatch)),
            None => Ok(()),
        };
    };
    if md5s.len() != upload.parts() as usize {
        return Err(Error::invalid("parts", "must name every part"));
    }
    let is_whole = md5s.iter().all(|md5| is_md5(md5));
    if !is_whole || hex(&Md5::digest(md5s.join(","))) != *hash {
        return Err(Error::Conflict(Reason::ContentMismatch));
    }
    Ok(())
}

/// Whether every part is here, as it was announced.
fn check_parts(upload: &Upload, parts: &[Part], md5s: Option<&[String]>) -> Result<()> {
    let is_complete = parts.len() == upload.parts() as usize
        && parts.iter().zip(1..).all(|(part, number)| {
            part.number == number && Some(part.size) == upload.size_of(number)
        });
    let is_same = md5s.is_none_or(|md5s| parts.iter().map(|part| &part.md5).eq(md5s));
    if is_complete && is_same {
        Ok(())
    } else {
        Err(Error::Conflict(Reason::ContentMismatch))
    }
}
