//! What nobody refers to any more is removed: uploads that were never finished, and blobs without a file. The bytes go
//! before the row that names them, so that a crash between leaves nothing that is forgotten.

use crate::Domain;
use crate::error::Result;
use crate::time::Millis;

/// An upload that has just expired may still be being put together, a blob may still be being read.
const GRACE_MS: Millis = 60 * 60 * 1000;

/// How many of a kind one round removes.
const ROUND_ROWS: usize = 100;

impl Domain {
    /// One round; says whether there is more to do. Without an object store there is nothing.
    pub(crate) async fn sweep_files(&self) -> Result<bool> {
        if self.files.is_none() {
            return Ok(false);
        }
        let before = self.clock.now() - GRACE_MS;
        let uploads = self.remove_stale_uploads(before).await?;
        let blobs = self.remove_unused_blobs(before).await?;
        Ok(uploads == ROUND_ROWS || blobs == ROUND_ROWS)
    }

    async fn remove_stale_uploads(&self, before: Millis) -> Result<usize> {
        let mut view = self.store.view().await?;
        let stale = view.expired_uploads(before, ROUND_ROWS).await?;
        drop(view);
        if stale.is_empty() {
            return Ok(0);
        }
        for upload in stale.iter().filter(|upload| upload.file.is_none()) {
            self.blobs()?.abort(&upload.blob, &upload.session).await?;
            // A crash may have come after the blob was put together and before its file had a row.
            self.blobs()?.delete(&upload.blob).await?;
        }
        let ids: Vec<_> = stale.iter().map(|upload| upload.id.clone()).collect();
        let mut tx = self.store.begin().await?;
        tx.delete_uploads(&ids).await?;
        self.commit(tx).await?;
        Ok(stale.len())
    }

    async fn remove_unused_blobs(&self, before: Millis) -> Result<usize> {
        let mut tx = self.store.begin().await?;
        tx.doom_blobs(before, ROUND_ROWS).await?;
        let doomed = tx.doomed_blobs(ROUND_ROWS).await?;
        // From here on nobody finds them by their hash.
        self.commit(tx).await?;
        for (blob, thumbnails) in &doomed {
            for thumbnail in thumbnails {
                self.blobs()?.delete(thumbnail).await?;
            }
            self.blobs()?.delete(blob).await?;
        }
        if !doomed.is_empty() {
            let keys: Vec<_> = doomed.iter().map(|(blob, _)| blob.clone()).collect();
            let mut tx = self.store.begin().await?;
            tx.delete_blobs(&keys).await?;
            self.commit(tx).await?;
        }
        Ok(doomed.len())
    }
}
