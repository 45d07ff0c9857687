//! A part arrives: it streams into the object store while it is measured, and counts once its row is committed. The
//! same part may be sent again; the last one that was received whole counts.

use super::meter::{Fault, Length, Meter};
use super::{Part, PartGrant, Upload};
use crate::Domain;
use crate::error::{Error, Kind, Reason, Result};
use crate::ports::{ByteStream, PartPlace};

/// When to try again while too many bodies are being received.
const BUSY_RETRY_MS: u64 = 1_000;

impl Domain {
    /// Receives the part that `grant` is for. `announced` is the length that the sender gives beforehand, if it does.
    pub async fn put_part(
        &self,
        grant: &PartGrant,
        announced: Option<u64>,
        body: ByteStream,
    ) -> Result<Part> {
        self.check_grant(grant)?;
        let upload = self.store.view().await?.upload(&grant.upload).await?;
        let upload = upload.ok_or(Error::NotFound(Kind::Upload))?;
        if upload.file.is_some() {
            return Err(Error::Conflict(Reason::UploadExpired));
        }
        self.check_unexpired(&upload)?;
        let size = upload
            .size_of(grant.number)
            .ok_or(Error::NotFound(Kind::Upload))?;
        match announced {
            Some(bytes) if bytes > size => return Err(Error::Conflict(Reason::TooLarge)),
            Some(bytes) if bytes < size => return Err(Error::Conflict(Reason::ContentMismatch)),
            Some(_) | None => {}
        }
        let part = self.receive_part(&upload, grant.number, size, body).await?;
        self.record_part(&upload, &part).await?;
        Ok(part)
    }

    async fn receive_part(
        &self,
        upload: &Upload,
        number: u32,
        size: u64,
        body: ByteStream,
    ) -> Result<Part> {
        let _turn = self.upload_turn()?;
        let (meter, body) = Meter::on(body, Length::Exactly(size));
        let place = PartPlace {
            key: &upload.blob,
            session: &upload.session,
            number,
            size,
        };
        let stored = self.blobs()?.put_part(&place, body).await;
        let tag = stored.map_err(|error| because_of(&meter, error))?;
        let (size, md5) = meter.result();
        Ok(Part {
            number,
            size,
            md5,
            tag,
        })
    }

    async fn record_part(&self, upload: &Upload, part: &Part) -> Result<()> {
        let mut tx = self.store.begin().await?;
        // The upload may have come to its end while the body was on its way.
        let is_open = tx
            .lock_upload(&upload.id)
            .await?
            .is_some_and(|upload| upload.file.is_none());
        if !is_open {
            drop(tx);
            self.drop_part(upload, part.number, &part.tag).await;
            return Err(Error::Conflict(Reason::UploadExpired));
        }
        let replaced = tx.put_upload_part(&upload.id, part).await?;
        self.commit(tx).await?;
        if let Some(tag) = replaced.filter(|tag| *tag != part.tag) {
            self.drop_part(upload, part.number, &tag).await;
        }
        Ok(())
    }

    /// What is left over here goes with the upload.
    async fn drop_part(&self, upload: &Upload, number: u32, tag: &str) {
        let place = PartPlace {
            key: &upload.blob,
            session: &upload.session,
            number,
            size: 0,
        };
        let Ok(blobs) = self.blobs() else { return };
        if let Err(error) = blobs.drop_part(&place, tag).await {
            tracing::warn!(%error, "a replaced part stays until its upload ends");
        }
    }

    /// The right to receive one more body.
    pub(super) fn upload_turn(&self) -> Result<tokio::sync::OwnedSemaphorePermit> {
        let uploads = self.files()?.uploads.clone();
        uploads.try_acquire_owned().map_err(|_| Error::Limited {
            retry_after_ms: BUSY_RETRY_MS,
        })
    }
}

/// The sender's fault if there is one, else the object store's.
pub(super) fn because_of(meter: &Meter, error: Error) -> Error {
    match meter.fault() {
        Some(Fault::TooLong) => Error::Conflict(Reason::TooLarge),
        Some(Fault::TooShort) => Error::Conflict(Reason::ContentMismatch),
        Some(Fault::Cut) => Error::invalid("body", "was cut off"),
        None => error,
    }
}
