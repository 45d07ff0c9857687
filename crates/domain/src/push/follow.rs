//! From the message log to promised pushes. A batch of messages costs one look at who is connected and one query for
//! all receivers, and nothing more when everybody is connected; the jobs and the cursor are written in one transaction,
//! so that each message is promised once, whatever crashes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;

use super::decide::{Receiver, is_worth_pushing, whom_to_push};
use super::payload::{Payload, To};
use crate::Domain;
use crate::error::Result;
use crate::event::{Audience, Event, Recorded};
use crate::follow::{Follower, Step};
use crate::ids::{AccountKey, ConversationKey};
use crate::jobs::{NewJob, Work};
use crate::limits;
use crate::messages::Message;
use crate::ports::{PushReceiver, Tx};
use crate::time::Millis;

/// Pairs of a conversation and an account that one query asks for.
const PAIRS_MAX: usize = 5_000;

/// Promises a push for every message that somebody is not there to see.
#[derive(Clone, Copy, Debug, Default)]
pub struct PushFollower;

#[async_trait]
impl Follower for PushFollower {
    fn name(&self) -> &'static str {
        "push"
    }

    fn reads_outbox(&self) -> bool {
        false
    }

    async fn handle(&self, domain: &Domain, batch: &[Recorded]) -> Result<()> {
        let jobs = domain.pushes_for(batch).await?;
        if jobs.is_empty() {
            return Ok(());
        }
        let mut tx = domain.store.begin().await?;
        promise(&mut *tx, &jobs).await?;
        domain.commit(tx).await?;
        domain.pushing.promised.notify_one();
        Ok(())
    }

    async fn step(&self, domain: &Domain, holder: &str) -> Result<Step> {
        let batch = domain.follow_batch(self.name(), self.batch_max()).await?;
        let jobs = domain.pushes_for(&batch.events).await?;
        let mut is_lost = false;
        if batch.is_moved {
            let mut tx = domain.store.begin().await?;
            promise(&mut *tx, &jobs).await?;
            let now = domain.clock.now();
            is_lost = !tx
                .advance_follower(self.name(), holder, batch.cursor, now)
                .await?;
            // Whoever took the follower over promises them; dropping the transaction takes these back.
            if !is_lost {
                domain.commit(tx).await?;
            }
        }
        if !jobs.is_empty() && !is_lost {
            domain.pushing.promised.notify_one();
        }
        Ok(Step {
            events: batch.events.len(),
            behind: batch.cursor.distance(batch.newest),
            oldest_at: batch.oldest_at,
            is_more: batch.is_more,
            is_lost,
        })
    }
}

async fn promise(tx: &mut dyn Tx, jobs: &[NewJob]) -> Result<()> {
    for job in jobs {
        tx.insert_job(job).await?;
    }
    Ok(())
}

/// A message that is worth a push, and the crowd that may get one.
struct Candidate<'a> {
    message: &'a Message,
    crowd: usize,
}

/// Those who were told of one or more messages of a conversation. All messages of a batch in a group share one, so that
/// its members are looked at once.
struct Crowd<'a> {
    conversation: ConversationKey,
    audience: &'a Audience,
}

impl Crowd<'_> {
    fn is(&self, conversation: ConversationKey, audience: &Audience) -> bool {
        let is_same = match (self.audience, audience) {
            (
                Audience::Group {
                    members, others, ..
                },
                Audience::Group {
                    members: same,
                    others: same_others,
                    ..
                },
            ) => Arc::ptr_eq(members, same) && others == same_others,
            _ => false,
        };
        is_same && self.conversation == conversation
    }
}

impl Domain {
    /// The jobs that these events promise.
    async fn pushes_for(&self, events: &[Recorded]) -> Result<Vec<NewJob>> {
        let now = self.clock.now();
        let (candidates, crowds) = candidates(events, now - self.settings.push.time_to_live_ms);
        if candidates.is_empty() {
            return Ok(Vec::new());
        }
        let asked: HashSet<_> = crowds
            .iter()
            .flat_map(|crowd| crowd.audience.accounts())
            .collect();
        let asked: Vec<_> = asked.into_iter().collect();
        let away = self.pushing.presence.unreachable(&asked).await;
        let receivers = self.receivers(&crowds, &away.into_iter().collect()).await?;
        let jobs = candidates.iter().flat_map(|of| {
            let crowd = &crowds[of.crowd];
            jobs_for(of.message, crowd.conversation, &receivers[of.crowd], now)
        });
        Ok(jobs.collect())
    }

    /// For each crowd those of it who are away and have a device.
    async fn receivers(
        &self,
        crowds: &[Crowd<'_>],
        is_away: &HashSet<AccountKey>,
    ) -> Result<Vec<Vec<Receiver>>> {
        let pairs: HashSet<_> = crowds
            .iter()
            .flat_map(|crowd| {
                crowd
                    .audience
                    .accounts()
                    .map(|account| (crowd.conversation, account))
            })
            .filter(|(_, account)| is_away.contains(account))
            .collect();
        if pairs.is_empty() {
            return Ok(vec![Vec::new(); crowds.len()]);
        }
        let pairs: Vec<_> = pairs.into_iter().collect();
        let mut found = HashMap::new();
        let mut view = self.store.view().await?;
        for pairs in pairs.chunks(PAIRS_MAX) {
            for receiver in view.push_receivers(pairs).await? {
                found.insert((receiver.conversation, receiver.account), away(receiver));
            }
        }
        let of_crowd = |crowd: &Crowd<'_>| {
            let known = |account| found.get(&(crowd.conversation, account)).cloned();
            crowd.audience.accounts().filter_map(known).collect()
        };
        Ok(crowds.iter().map(of_crowd).collect())
    }
}

/// The messages worth a push that were sent after `since`, and their crowds.
fn candidates(events: &[Recorded], since: Millis) -> (Vec<Candidate<'_>>, Vec<Crowd<'_>>) {
    let (mut candidates, mut crowds): (Vec<Candidate<'_>>, Vec<Crowd<'_>>) = Default::default();
    // The crowd that a conversation had last: a roster seldom changes within a batch.
    let mut newest = HashMap::new();
    for recorded in events {
        let Event::MessageAppended {
            conversation,
            message,
            audience,
            ..
        } = &recorded.event
        else {
            continue;
        };
        if message.send_time <= since || !is_worth_pushing(message) {
            continue;
        }
        let known = newest
            .get(conversation)
            .copied()
            .filter(|crowd: &usize| crowds[*crowd].is(*conversation, audience));
        let crowd = known.unwrap_or(crowds.len());
        if known.is_none() {
            newest.insert(*conversation, crowd);
            crowds.push(Crowd {
                conversation: *conversation,
                audience,
            });
        }
        candidates.push(Candidate { message, crowd });
    }
    (candidates, crowds)
}

fn jobs_for(
    message: &Message,
    conversation: ConversationKey,
    receivers: &[Receiver],
    now: Millis,
) -> Vec<NewJob> {
    let whom = whom_to_push(message, receivers);
    let parts = whom.chunks(limits::PUSH_JOB_ACCOUNTS_MAX).enumerate();
    parts
        .map(|(part, accounts)| NewJob {
            work: Work::SendPush,
            due_at: now,
            unique: Some(format!("send_push {} {part}", message.key.0)),
            payload: Some(
                Payload {
                    conversation,
                    seq: message.seq,
                    to: To::Accounts(accounts.to_vec()),
                }
                .write(),
            ),
        })
        .collect()
}

pub(super) fn away(found: PushReceiver) -> Receiver {
    Receiver {
        account: found.account,
        user_id: found.user_id,
        is_reachable: false,
        own: found.own,
        here: found.here,
    }
}
