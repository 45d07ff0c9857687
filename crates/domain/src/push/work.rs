//! Carrying out promised pushes. Between the promise and now the message may have been recalled, the receiver may have
//! come back and the device may have been registered anew, so everything is looked at again. What was delivered is
//! not sent again: a job that fails in part keeps the tokens that are left. Within a round the pushes of one
//! conversation go out in order, because the newest note replaces the others on the device.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::futures::Notified;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::badge::badges;
use super::decide::{is_worth_pushing, whom_to_push};
use super::follow::away;
use super::note::{Names, note};
use super::payload::{Payload, To};
use super::{PushNote, PushOutcome, PushToken};
use crate::conversations::Party;
use crate::error::Result;
use crate::event::Event;
use crate::ids::{AccountKey, ConversationKey, PushTokenKey};
use crate::jobs::{Job, JobOutcome, Work};
use crate::messages::{Message, PushText};
use crate::ports::{LogRange, PushSender};
use crate::sessions::Platform;
use crate::time::Millis;
use crate::{Domain, limits};

const CLAIMED_MAX: usize = 32;
const LEASE_MS: Millis = 5 * 60 * 1000;

/// How long one job may send; what is left then is tried again. Well within the lease.
const JOB_TIMEOUT: Duration = Duration::from_secs(120);

/// The first try and three more, after 5, 20 and 80 seconds.
const ATTEMPTS_MAX: u32 = 4;
const FIRST_PAUSE_MS: Millis = 5_000;
const LONGEST_PAUSE_MS: Millis = 60 * 60 * 1000;

/// A token's last use is written down once a day.
const TOUCH_EVERY_MS: Millis = 24 * 60 * 60 * 1000;

/// Nobody: whose hidden messages are not asked for.
const NO_VIEWER: AccountKey = AccountKey(0);

/// Whom a message goes to, and with which words if not those of the content.
struct Plan {
    accounts: Vec<AccountKey>,
    given: Option<PushText>,
}

/// What became of a job's devices.
#[derive(Default)]
struct Report {
    used: Vec<PushTokenKey>,
    gone: Vec<PushTokenKey>,
    left: Vec<(PushTokenKey, AccountKey)>,
    /// All that are left were refused for good.
    is_hopeless: bool,
    after_ms: Millis,
    reason: String,
    given: Option<PushText>,
}

impl Domain {
    /// Completes when a push is promised in this process.
    pub fn push_promised(&self) -> Notified<'_> {
        self.pushing.promised.notified()
    }

    /// Carries out the pushes that are due and returns when all of them have been tried. Several may run at a time.
    pub async fn run_due_pushes(self: &Arc<Self>) -> Result<JobOutcome> {
        let Some(sender) = self.pushing.sender.clone() else {
            return Ok(JobOutcome::default());
        };
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let jobs = tx
            .claim_jobs(&[Work::SendPush], now, now + LEASE_MS, CLAIMED_MAX)
            .await?;
        if jobs.is_empty() {
            return Ok(JobOutcome::default());
        }
        self.commit(tx).await?;
        let mut conversations: BTreeMap<ConversationKey, Vec<Job>> = BTreeMap::new();
        for job in jobs {
            let of = Payload::read(job.payload.as_deref())
                .map_or(ConversationKey(0), |payload| payload.conversation);
            conversations.entry(of).or_default().push(job);
        }
        let mut rounds = JoinSet::new();
        for jobs in conversations.into_values() {
            let (domain, sender) = (self.clone(), sender.clone());
            rounds.spawn(async move { domain.push_in_order(&sender, jobs).await });
        }
        let mut outcome = JobOutcome::default();
        while let Some(done) = rounds.join_next().await {
            let done = done.map_err(crate::error::Error::internal)??;
            outcome.done += done.done;
            outcome.failed += done.failed;
        }
        Ok(outcome)
    }

    async fn push_in_order(
        &self,
        sender: &Arc<dyn PushSender>,
        jobs: Vec<Job>,
    ) -> Result<JobOutcome> {
        let mut outcome = JobOutcome::default();
        for job in jobs {
            let report = match Payload::read(job.payload.as_deref()) {
                Ok(payload) => self.push(sender, payload).await,
                Err(error) => Err(error),
            };
            if self.settle(&job, report).await? {
                outcome.done += 1;
            } else {
                outcome.failed += 1;
            }
        }
        Ok(outcome)
    }

    async fn push(&self, sender: &Arc<dyn PushSender>, payload: Payload) -> Result<Report> {
        let Some(message) = self
            .message_to_push(payload.conversation, payload.seq)
            .await?
        else {
            return Ok(Report::default());
        };
        let (tokens, given) = match payload.to {
            To::Accounts(accounts) => {
                let plan = self.plan(&message, payload.conversation, accounts).await?;
                let Some(plan) = self.before_offline_push(&message, plan).await? else {
                    return Ok(Report::default());
                };
                let tokens = self.store.view().await?.push_tokens(&plan.accounts).await?;
                (tokens, plan.given)
            }
            To::Tokens { left, given } => (self.still_there(left).await?, given),
        };
        let now = self.clock.now();
        let tokens: Vec<_> = tokens
            .into_iter()
            .filter(|token| token.expires_at == 0 || token.expires_at > now)
            .filter(|token| sender.serves(token.provider))
            .collect();
        let notes = self.notes(&message, given.as_ref(), &tokens).await?;
        let mut report = deliver(sender, notes).await;
        report.used.retain(|used| {
            let token = tokens.iter().find(|token| token.key == *used);
            token.is_some_and(|token| token.used_at + TOUCH_EVERY_MS < now)
        });
        report.given = given;
        Ok(report)
    }

    /// The message, unless there is nothing to tell any more.
    async fn message_to_push(
        &self,
        conversation: ConversationKey,
        seq: i64,
    ) -> Result<Option<Arc<Message>>> {
        let range = LogRange {
            conversation,
            begin: seq,
            end: seq,
        };
        let mut view = self.store.view().await?;
        let logged = view.messages_in(NO_VIEWER, &[range], 1).await?;
        drop(view);
        let recorded = self.as_events(logged).await?;
        let message = recorded.into_iter().find_map(|recorded| {
            if let Event::MessageAppended { message, .. } = recorded.event {
                Some(message)
            } else {
                None
            }
        });
        let now = self.clock.now();
        Ok(message.filter(|message| {
            is_worth_pushing(message)
                && message.send_time + self.settings.push.time_to_live_ms > now
        }))
    }

    /// Those of the accounts that are still away and still want to hear.
    async fn plan(
        &self,
        message: &Message,
        conversation: ConversationKey,
        accounts: Vec<AccountKey>,
    ) -> Result<Plan> {
        let accounts = self.pushing.presence.unreachable(&accounts).await;
        let pairs: Vec<_> = accounts
            .into_iter()
            .map(|account| (conversation, account))
            .collect();
        let mut view = self.store.view().await?;
        let found = view.push_receivers(&pairs).await?;
        let receivers: Vec<_> = found.into_iter().map(away).collect();
        Ok(Plan {
            accounts: whom_to_push(message, &receivers),
            given: message.post.push.as_deref().cloned(),
        })
    }

    /// The place of the hook before an offline push: it may replace whom the message goes to and what is shown, or
    /// suppress the push (`None`).
    async fn before_offline_push(&self, message: &Message, plan: Plan) -> Result<Option<Plan>> {
        let Plan {
            accounts,
            mut given,
        } = plan;
        let accounts = self.ask_to_push(message, accounts, &mut given).await?;
        Ok(accounts
            .filter(|accounts| !accounts.is_empty())
            .map(|accounts| Plan { accounts, given }))
    }

    /// What is left of a job that was tried before: tokens that still belong to the same account, which is still away.
    async fn still_there(&self, left: Vec<(PushTokenKey, AccountKey)>) -> Result<Vec<PushToken>> {
        let accounts: HashSet<_> = left.iter().map(|(_, account)| *account).collect();
        let accounts: Vec<_> = accounts.into_iter().collect();
        let away = self.pushing.presence.unreachable(&accounts).await;
        let owners: HashMap<_, _> = left
            .into_iter()
            .filter(|(_, account)| away.contains(account))
            .collect();
        let keys: Vec<_> = owners.keys().copied().collect();
        let mut tokens = self.store.view().await?.push_tokens_by_key(&keys).await?;
        tokens.retain(|token| owners.get(&token.key) == Some(&token.account));
        Ok(tokens)
    }

    /// One note for each token; they differ in the badge.
    async fn notes(
        &self,
        message: &Message,
        given: Option<&PushText>,
        tokens: &[PushToken],
    ) -> Result<Vec<(PushToken, PushNote)>> {
        if tokens.is_empty() {
            return Ok(Vec::new());
        }
        let mut view = self.store.view().await?;
        let mut names = Names::default();
        if message.post.sender_nickname.is_empty() {
            let sender = view.account(&message.route.sender).await?;
            names.sender = sender.map_or_else(String::new, |account| account.nickname);
        }
        if let Party::Group(group) = &message.route.recipient {
            let group = view.group(group).await?;
            names.group = group.map_or_else(String::new, |group| group.name);
        }
        let with_badge: HashSet<_> = tokens
            .iter()
            .filter(|token| has_badge(token) && given.is_none_or(|given| given.ios_badge))
            .map(|token| token.account)
            .collect();
        let with_badge: Vec<_> = with_badge.into_iter().collect();
        let badges = badges(&mut *view, &with_badge).await?;
        let note = note(message, &names, given, &self.settings.push);
        let of = |token: &PushToken| {
            let badge = badges.get(&token.account).copied();
            let badge = badge.filter(|_| has_badge(token));
            (
                token.clone(),
                PushNote {
                    badge,
                    ..note.clone()
                },
            )
        };
        Ok(tokens.iter().map(of).collect())
    }

    /// Writes down what became of a job; says whether it is done.
    async fn settle(&self, job: &Job, report: Result<Report>) -> Result<bool> {
        let mut tx = self.store.begin().await?;
        let report = match report {
            Ok(report) => report,
            Err(error) => {
                tracing::warn!(job = job.key.0, %error, "a push could not be tried");
                let failed = Report {
                    reason: error.to_string(),
                    ..Report::default()
                };
                self.put_push_back(&mut *tx, job, &failed).await?;
                self.commit(tx).await?;
                return Ok(false);
            }
        };
        if !report.gone.is_empty() {
            tx.delete_push_tokens_by_key(&report.gone).await?;
        }
        if !report.used.is_empty() {
            tx.touch_push_tokens(&report.used, self.clock.now()).await?;
        }
        let is_done = report.left.is_empty();
        if is_done {
            tx.finish_job(job.key).await?;
        } else {
            let mut payload = Payload::read(job.payload.as_deref())?;
            payload.to = To::Tokens {
                left: report.left.clone(),
                given: report.given.clone(),
            };
            tx.narrow_job(job.key, &payload.write()).await?;
            self.put_push_back(&mut *tx, job, &report).await?;
        }
        self.commit(tx).await?;
        Ok(is_done)
    }

    async fn put_push_back(
        &self,
        tx: &mut dyn crate::ports::Tx,
        job: &Job,
        report: &Report,
    ) -> Result<()> {
        if report.is_hopeless || job.attempts >= ATTEMPTS_MAX {
            return tx.bury_job(job.key, &report.reason).await;
        }
        let pause = FIRST_PAUSE_MS << (2 * (job.attempts.clamp(1, ATTEMPTS_MAX) - 1));
        let pause = pause.max(report.after_ms).min(LONGEST_PAUSE_MS);
        tx.retry_job(job.key, self.clock.now() + pause, &report.reason)
            .await
    }
}

/// Devices whose icons carry a number that comes with a push.
fn has_badge(token: &PushToken) -> bool {
    matches!(
        token.platform,
        Platform::Ios | Platform::Ipad | Platform::Mac
    )
}

/// Sends the notes, many at a time, and sums up what became of them.
async fn deliver(sender: &Arc<dyn PushSender>, notes: Vec<(PushToken, PushNote)>) -> Report {
    let deadline = Instant::now() + JOB_TIMEOUT;
    let mut waiting: HashMap<_, _> = notes
        .iter()
        .map(|(token, _)| (token.key, token.account))
        .collect();
    let mut report = Report::default();
    let mut refused = 0;
    let mut notes = notes.into_iter();
    let mut sends = JoinSet::new();
    loop {
        while sends.len() < limits::PUSH_SENDS_MAX
            && let Some((token, note)) = notes.next()
        {
            let sender = sender.clone();
            sends.spawn(async move { (token.key, sender.send(&token, &note).await) });
        }
        // Dropping the set ends what is on its way too late.
        let Ok(Some(sent)) = timeout_at(deadline, sends.join_next()).await else {
            break;
        };
        let Ok((token, outcome)) = sent else {
            continue;
        };
        let Some(account) = waiting.remove(&token) else {
            continue;
        };
        match outcome {
            PushOutcome::Delivered => report.used.push(token),
            PushOutcome::Gone => report.gone.push(token),
            PushOutcome::Retry { after_ms, reason } => {
                report.after_ms = report.after_ms.max(after_ms);
                report.reason = reason;
                report.left.push((token, account));
            }
            PushOutcome::Refused(reason) => {
                refused += 1;
                report.reason = reason;
                report.left.push((token, account));
            }
        }
    }
    if !waiting.is_empty() {
        "the push services did not answer in time".clone_into(&mut report.reason);
        report.left.extend(waiting);
    }
    report.is_hopeless = refused == report.left.len();
    report
}
