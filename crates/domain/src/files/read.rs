//! Reading files. Whether somebody may is decided in the gate; who may not is answered as if there were no such file.

use std::ops::Range;
use std::time::Duration;

use super::{File, FileId};
use crate::caller::Caller;
use crate::error::{Error, Kind, Result};
use crate::ports::{ByteStream, Presented};
use crate::time::Millis;
use crate::{Domain, gate};

/// Who asks for a file: somebody, or whoever holds a link.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileAccess<'a> {
    pub caller: Option<&'a Caller>,
    pub link: Option<&'a str>,
}

/// What stands in an address and opens a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLink {
    pub text: String,
    pub expires_at: Option<Millis>,
}

impl Domain {
    pub async fn find_file(&self, access: FileAccess<'_>, name: &str) -> Result<File> {
        self.files()?;
        let file = self.store.view().await?.file_by_name(name).await?;
        self.shown(access, file)
    }

    pub async fn find_file_by_id(&self, access: FileAccess<'_>, id: &FileId) -> Result<File> {
        self.files()?;
        let file = self.store.view().await?.file(id).await?;
        self.shown(access, file)
    }

    /// The bytes of a file that was found for the reader; `range` lies within its size.
    pub async fn read_file(&self, file: &File, range: Range<u64>) -> Result<ByteStream> {
        if range.start > range.end || range.end > file.blob.size {
            return Err(Error::invalid("range", "must lie within the file"));
        }
        self.blobs()?.get(&file.blob, range).await
    }

    /// Where the object store itself serves a file that was found for the reader, if clients are to go there.
    pub async fn file_address(&self, file: &File, presented: &Presented) -> Result<Option<String>> {
        const LIFE: Duration = Duration::from_secs(60 * 60);
        if !self.settings.files.direct {
            return Ok(None);
        }
        self.blobs()?.url(&file.blob.key, LIFE, presented).await
    }

    /// A link for everybody who is given it, for as long as links are good here or for `life_ms`, and when it ends.
    /// Where files are open to all there is nothing to prove, and no link.
    pub fn file_link(&self, file: &File, life_ms: Option<Millis>) -> Result<Option<FileLink>> {
        if self.settings.files.open_downloads {
            return Ok(None);
        }
        let life = life_ms.or(self.settings.files.link_life_ms);
        let expires_at = life.map(|life| self.clock.now() + life);
        Ok(Some(FileLink {
            text: file.link(expires_at)?,
            expires_at,
        }))
    }

    /// Removes a file. Its bytes go when nobody else refers to them.
    pub async fn delete_file(&self, caller: &Caller, id: &FileId) -> Result<()> {
        self.files()?;
        let mut tx = self.store.begin().await?;
        let file = tx.file(id).await?.ok_or(Error::NotFound(Kind::File))?;
        gate::may_change_file(caller, &file).map_err(|_| Error::NotFound(Kind::File))?;
        tx.delete_file(id).await?;
        tx.orphan_blob(&file.blob.key, self.clock.now()).await?;
        self.commit(tx).await
    }

    fn shown(&self, access: FileAccess<'_>, file: Option<File>) -> Result<File> {
        let file = file.ok_or(Error::NotFound(Kind::File))?;
        let is_open = self.settings.files.open_downloads
            || access
                .link
                .is_some_and(|link| file.is_link(link, self.clock.now()));
        gate::may_read_file(access.caller, &file, is_open)
            .map_err(|_| Error::NotFound(Kind::File))?;
        Ok(file)
    }
}
