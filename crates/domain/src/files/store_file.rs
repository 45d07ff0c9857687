//! A file in one piece, of a length that nobody has announced: how surfaces without an upload protocol store one.

use super::begin::check_texts;
use super::complete::Naming;
use super::meter::{Length, Meter};
use super::{Blob, BlobKey, File, names, put, random_id};
use crate::caller::Caller;
use crate::error::Result;
use crate::ports::ByteStream;
use crate::{Domain, gate};

#[derive(Clone, Debug)]
pub struct StoreFile {
    pub name: String,
    pub media_type: String,
    pub cause: String,
    /// A stricter limit than the server's.
    pub bytes_max: u64,
}

impl Domain {
    /// Stores a file while it streams in. A body that is cut or too long leaves nothing behind.
    pub async fn store_file(
        &self,
        caller: &Caller,
        command: StoreFile,
        body: ByteStream,
    ) -> Result<File> {
        names::check(&command.name)?;
        gate::may_name_file(caller, &command.name)?;
        check_texts(&command.media_type, &command.cause)?;
        let _turn = self.upload_turn()?;
        let most = command.bytes_max.min(self.settings.files.file_bytes_max);
        let (meter, body) = Meter::on(body, Length::AtMost(most));
        let key = BlobKey(random_id()?);
        let stored = self.blobs()?.put(&key, body).await;
        let size = stored.map_err(|error| put::because_of(&meter, error))?;
        let blob = Blob {
            key,
            size,
            part_size: size.max(1),
        };
        let media_type = self.media_type_of(&blob, &command.media_type).await?;
        let mut tx = self.store.begin().await?;
        tx.insert_blob(&blob, None, &media_type, self.clock.now())
            .await?;
        let naming = Naming {
            name: &command.name,
            blob,
            media_type,
            cause: &command.cause,
        };
        let file = self.name_blob(&mut *tx, caller, naming).await?;
        self.commit(tx).await?;
        Ok(file)
    }
}
