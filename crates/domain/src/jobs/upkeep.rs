//! The jobs that remove old messages. They have transactions of their own, many small ones, and put themselves back:
//! at once when there is more to do, else later. How far a round has come stands in the job, so that the next one, on
//! whichever node, goes on there.

use super::{Job, NewJob, Work};
use crate::Domain;
use crate::error::{Error, Result};
use crate::ids::ConversationKey;
use crate::time::Millis;

/// How often somebody's old messages are cleared, and everybody's removed.
const DESTRUCT_EVERY_MS: Millis = 60_000;
const RETAIN_EVERY_MS: Millis = 60 * 60 * 1000;

impl Domain {
    /// Carries out one round of [`Work::DestructMessages`] or [`Work::RetainMessages`].
    pub(super) async fn carry_out_upkeep(&self, job: &Job) -> Result<()> {
        let (pause, payload) = match job.work {
            Work::DestructMessages if self.destruct_messages().await? => (0, None),
            Work::DestructMessages => (DESTRUCT_EVERY_MS, None),
            Work::RetainMessages => {
                let after = place(job)?;
                match self.retain_messages(after).await? {
                    Some(next) => (0, Some(next.0.to_string())),
                    None => (RETAIN_EVERY_MS, None),
                }
            }
            _ => return Err(Error::internal("a job that removes no messages")),
        };
        let mut tx = self.store.begin().await?;
        tx.finish_job(job.key).await?;
        tx.insert_job(&NewJob {
            work: job.work,
            due_at: self.clock.now() + pause,
            unique: Some(job.work.name().to_owned()),
            payload,
        })
        .await?;
        self.commit(tx).await
    }
}

/// Where a round of removing goes on.
fn place(job: &Job) -> Result<ConversationKey> {
    let place = job.payload.as_deref().unwrap_or("0");
    place.parse().map(ConversationKey).map_err(Error::internal)
}
