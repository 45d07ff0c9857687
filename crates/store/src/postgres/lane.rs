//! The hot path's group commit: each lane is a task with a connection of its own and a queue. It carries out all
//! that waits as one transaction; while that runs the next appends queue up. A conversation always takes the same
//! lane, so that lanes do not wait for each other's locks.

use std::time::Duration;

use domain::error::{Error, Result};
use domain::messages::{Append, Appended};
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::append::{self, Scope, Statements, append_all};
use super::connect;
use crate::error::{closed, unavailable};

/// Appends in one transaction. Larger ones were no faster, and the first in the batch waits for the last.
const BATCH_MAX: usize = 512;

/// Appends waiting for a lane; whoever comes then waits for a place in the queue.
const QUEUE_MAX: usize = 4096;

/// How often a batch is tried again that PostgreSQL chose as the victim of a deadlock.
const DEADLOCK_RETRIES: usize = 3;

/// The longest that a batch takes, connecting included.
const BATCH_TIMEOUT: Duration = Duration::from_secs(30);

/// Beyond the options of every connection. The appends' statements look single rows up by index; a plan made while
/// the tables were small must not join whole tables when they have grown.
const OPTIONS: &str = "-c enable_hashjoin=off -c enable_mergejoin=off -c enable_bitmapscan=off \
    -c plan_cache_mode=force_generic_plan";

pub(super) struct Lanes {
    queues: Vec<mpsc::Sender<Queued>>,
    closing: CancellationToken,
}

struct Queued {
    append: Append,
    answer: oneshot::Sender<Result<Appended>>,
}

impl Lanes {
    pub(super) fn start(count: usize, config: &Config, tasks: &TaskTracker) -> Self {
        let closing = CancellationToken::new();
        let options = format!("{} {OPTIONS}", config.get_options().unwrap_or_default());
        let mut config = config.clone();
        config.options(options);
        let start_lane = |_| {
            let (sender, queue) = mpsc::channel(QUEUE_MAX);
            let lane = Lane {
                config: config.clone(),
                tasks: tasks.clone(),
                connection: None,
            };
            tasks.spawn(lane.run(queue, closing.clone()));
            sender
        };
        Self {
            queues: (0..count.max(1)).map(start_lane).collect(),
            closing,
        }
    }

    /// Queues the append; returns when it is on disk. Once queued it is carried out, whether or not the caller waits.
    pub(super) async fn append(&self, append: Append) -> Result<Appended> {
        let lane = append.conversation.0.unsigned_abs() as usize % self.queues.len();
        let (answer, answered) = oneshot::channel();
        self.queues[lane]
            .send(Queued { append, answer })
            .await
            .map_err(|_| closed())?;
        answered.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Lets the lanes carry out what is queued and end.
    pub(super) fn close(&self) {
        self.closing.cancel();
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

struct Lane {
    config: Config,
    tasks: TaskTracker,
    /// `None` before the first batch and after an error.
    connection: Option<(Client, Statements)>,
}

impl Lane {
    async fn run(mut self, mut queue: mpsc::Receiver<Queued>, closing: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        loop {
            let count = tokio::select! {
                biased;
                () = closing.cancelled(), if !queue.is_closed() => {
                    // Refuses what comes now; what is queued is still received.
                    queue.close();
                    continue;
                }
                count = queue.recv_many(&mut batch, BATCH_MAX) => count,
            };
            if count == 0 {
                return;
            }
            let appends: Vec<&Append> = batch.iter().map(|queued| &queued.append).collect();
            match self.carry_out(&appends).await {
                Ok(answers) => {
                    for (queued, answer) in batch.drain(..).zip(answers) {
                        let _ = queued.answer.send(Ok(answer));
                    }
                }
                Err(error) => {
                    let cause = describe(&error);
                    tracing::error!(%cause, messages = count, "a batch of messages was not written");
                    for queued in batch.drain(..) {
                        let _ = queued
                            .answer
                            .send(Err(unavailable(format!("not written: {cause}"))));
                    }
                }
            }
        }
    }

    async fn carry_out(&mut self, appends: &[&Append]) -> Result<Vec<Appended>> {
        let mut deadlocks = 0;
        loop {
            let attempt = tokio::time::timeout(BATCH_TIMEOUT, self.try_once(appends)).await;
            let error = match attempt {
                Ok(Ok(answers)) => return Ok(answers),
                Ok(Err(error)) => error,
                Err(elapsed) => {
                    self.connection = None;
                    return Err(unavailable(elapsed));
                }
            };
            // Without its connection the transaction is rolled back.
            self.connection = None;
            // The victim of a deadlock is rolled back for certain, so it may be tried again.
            let is_deadlock = error.code() == Some(&SqlState::T_R_DEADLOCK_DETECTED);
            if !is_deadlock || deadlocks == DEADLOCK_RETRIES {
                return Err(unavailable(error));
            }
            deadlocks += 1;
        }
    }

    async fn try_once(
        &mut self,
        appends: &[&Append],
    ) -> Result<Vec<Appended>, tokio_postgres::Error> {
        if self
            .connection
            .as_ref()
            .is_none_or(|(client, _)| client.is_closed())
        {
            let client = connect(&self.config, &self.tasks).await?;
            let statements = prepare(&client).await?;
            self.connection = Some((client, statements));
        }
        match &self.connection {
            Some((client, statements)) => {
                append_all(client, statements, appends, Scope::OwnTransaction).await
            }
            None => Ok(Vec::new()),
        }
    }
}

async fn prepare(client: &Client) -> Result<Statements, tokio_postgres::Error> {
    Ok(Statements {
        lock: client.prepare(append::LOCK).await?,
        replays: client.prepare(append::REPLAYS).await?,
        policies: client.prepare(append::POLICIES).await?,
        ids: client.prepare(append::IDS).await?,
        advance: client.prepare(append::ADVANCE).await?,
        insert: client.prepare(append::INSERT).await?,
        raise_read: client.prepare(append::RAISE_READ).await?,
    })
}

fn describe(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{source}"),
        None => error.to_string(),
    }
}
