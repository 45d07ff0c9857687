//! Taking over the data of another system into this one, so that its devices go on as if nothing had happened: users,
//! relations, groups, conversations and messages with the ids, times and sequence numbers that they had there. An
//! import runs in steps, in the order of [`Step::ALL`]; each takes batches of records, and a batch and how far the step
//! has come are one transaction: after a crash it goes on behind the last batch. `records.rs` is what can be taken,
//! `people.rs`, `groups.rs`, `conversations.rs` and `messages.rs` take it, `settle.rs` brings it into our own order,
//! `tally.rs` counts. Nothing is published and no hook is asked: what is taken over is no news.

mod conversations;
mod groups;
mod messages;
mod people;
mod records;
mod settle;
mod tally;

pub use messages::{Entry, MessageDocument, MessageRecord, RecallRecord};
pub use records::{
    ApplicationRecord, BlockRecord, ConversationRecord, FavouriteRecord, FriendRecord,
    FriendRequestRecord, GroupRecord, MemberRecord, Numbered, ReachRecord, SeqRecord, UserRecord,
};
pub use tally::Tally;

use std::collections::{BTreeMap, HashMap};

use crate::Domain;
use crate::error::Result;
use crate::ids::{AccountKey, UserId};
use crate::ports::{ImportMark, ImportStep, Tx};
use crate::time::Millis;

/// The parts of an import, by what they take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    Users,
    Favourites,
    Friends,
    FriendRequests,
    Blocks,
    Groups,
    Members,
    Applications,
    Conversations,
    Messages,
    Seqs,
    Reaches,
    /// What is done when everything is there; `settle.rs`.
    Settling,
    VersionLogsOfAccounts,
    VersionLogsOfGroups,
}

impl Step {
    /// In the order in which they must be taken: each needs what stands before it.
    pub const ALL: [Self; 15] = [
        Self::Users,
        Self::Favourites,
        Self::Friends,
        Self::FriendRequests,
        Self::Blocks,
        Self::Groups,
        Self::Members,
        Self::Applications,
        Self::Conversations,
        Self::Messages,
        Self::Seqs,
        Self::Reaches,
        Self::Settling,
        Self::VersionLogsOfAccounts,
        Self::VersionLogsOfGroups,
    ];

    /// The name under which progress is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Favourites => "favourites",
            Self::Friends => "friends",
            Self::FriendRequests => "friend requests",
            Self::Blocks => "blocks",
            Self::Groups => "groups",
            Self::Members => "group members",
            Self::Applications => "group applications",
            Self::Conversations => "conversations",
            Self::Messages => "messages",
            Self::Seqs => "sequence numbers",
            Self::Reaches => "read positions",
            Self::Settling => "settling",
            Self::VersionLogsOfAccounts => "version logs of accounts",
            Self::VersionLogsOfGroups => "version logs of groups",
        }
    }
}

/// How far a step has come.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Documents that were read, taken or not.
    pub documents: u64,
    pub is_finished: bool,
    pub tally: Tally,
}

/// An import under way, or one that is finished.
pub struct Import<'d> {
    domain: &'d Domain,
    fingerprint: String,
    mark: ImportMark,
    progress: HashMap<Step, Progress>,
    accounts: HashMap<String, AccountKey>,
    conversations: messages::Heads,
    pub started_at: Millis,
    pub finished_at: Option<Millis>,
}

/// The store has conversations that are not of this import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreInUse;

/// Accounts whose keys are kept in memory; then it begins anew.
const ACCOUNTS_KEPT: usize = 500_000;

impl Domain {
    /// Begins the import of what the fingerprint stands for, or goes on with it. A store that has conversations of its
    /// own is left alone, unless `is_merge`: then whatever is there already stays as it is.
    pub async fn begin_import(
        &self,
        fingerprint: &str,
        is_merge: bool,
    ) -> Result<Result<Import<'_>, StoreInUse>> {
        let mut tx = self.store.begin().await?;
        if tx.import_run(fingerprint).await?.is_none() {
            if !is_merge && tx.has_conversations().await? {
                return Ok(Err(StoreInUse));
            }
            tx.insert_import(fingerprint, self.now()).await?;
        }
        let run = tx.import_run(fingerprint).await?;
        let run = run.ok_or_else(|| crate::error::Error::internal("an import without a record"))?;
        let steps = tx.import_steps(fingerprint).await?;
        tx.commit().await?;
        let mut import = Import {
            domain: self,
            fingerprint: fingerprint.to_owned(),
            mark: run.mark,
            progress: HashMap::new(),
            accounts: HashMap::new(),
            conversations: messages::Heads::default(),
            started_at: run.started_at,
            finished_at: run.finished_at,
        };
        for row in steps {
            if let Some(step) = Step::ALL.into_iter().find(|step| step.name() == row.name) {
                let progress = Progress {
                    documents: row.documents,
                    is_finished: row.is_finished,
                    tally: Tally::read(&row.tally),
                };
                import.progress.insert(step, progress);
            }
        }
        Ok(Ok(import))
    }
}

impl Import<'_> {
    pub fn progress(&self, step: Step) -> Progress {
        self.progress.get(&step).cloned().unwrap_or_default()
    }

    /// Where what is met while reading is counted; it is kept with the next batch of the step.
    pub fn tally(&mut self, step: Step) -> &mut Tally {
        &mut self.progress.entry(step).or_default().tally
    }

    /// Says that the step's last batch was taken.
    pub async fn finish_step(&mut self, step: Step) -> Result<()> {
        self.progress.entry(step).or_default().is_finished = true;
        let documents = self.progress(step).documents;
        let mut tx = self.domain.store.begin().await?;
        self.advance(&mut *tx, step, documents).await?;
        tx.commit().await.map(drop)
    }

    /// Keeps how far the step has come, in the transaction of what it took.
    async fn advance(&mut self, tx: &mut dyn Tx, step: Step, documents: u64) -> Result<()> {
        let progress = self.progress.entry(step).or_default();
        progress.documents = documents;
        let row = ImportStep {
            name: step.name().to_owned(),
            documents,
            is_finished: progress.is_finished,
            tally: progress.tally.write(),
        };
        tx.put_import_step(&self.fingerprint, &row).await
    }

    /// The keys of the accounts with these ids, as far as they exist.
    async fn find_accounts<'a>(
        &mut self,
        tx: &mut dyn Tx,
        ids: impl Iterator<Item = &'a str>,
    ) -> Result<()> {
        if self.accounts.len() > ACCOUNTS_KEPT {
            self.accounts.clear();
        }
        let mut unknown: Vec<String> = ids
            .filter(|id| !self.accounts.contains_key(*id))
            .map(str::to_owned)
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        if !unknown.is_empty() {
            self.accounts.extend(tx.account_keys(&unknown).await?);
        }
        Ok(())
    }

    /// As [`Self::find_accounts`], and makes those that do not exist: people of whom only messages are left.
    async fn ensure_accounts(
        &mut self,
        tx: &mut dyn Tx,
        people: &[(&str, &str)],
        step: Step,
    ) -> Result<()> {
        self.find_accounts(tx, people.iter().map(|(id, _)| *id))
            .await?;
        // In one order, so that an import gives the same keys every time.
        let mut missing: BTreeMap<&str, &str> = BTreeMap::new();
        for (id, nickname) in people {
            if !self.accounts.contains_key(*id) {
                missing.insert(id, nickname);
            }
        }
        let now = self.started_at;
        let accounts: Vec<_> = missing
            .into_iter()
            .filter_map(|(id, nickname)| {
                let user_id = UserId::new(id)?;
                let nickname = if nickname.is_empty() { id } else { nickname };
                Some(people::nameless(user_id, nickname, now))
            })
            .collect();
        if accounts.is_empty() {
            return Ok(());
        }
        let made = tx.import_accounts(&accounts).await?;
        self.tally(step).change(
            "accounts made for people who are named but were not there",
            made,
        );
        self.find_accounts(tx, people.iter().map(|(id, _)| *id))
            .await
    }

    fn account(&self, id: &str) -> Option<AccountKey> {
        self.accounts.get(id).copied()
    }
}
