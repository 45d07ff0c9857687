//! What follows from an operation and touches many people: a new name is shown to friends and groups, a call with `@`
//! or an announcement marks the chats of those it is for. The operation promises it as a job in its transaction and
//! does not wait for it; everything here may be done twice.

use serde::{Deserialize, Serialize};
use tokio::sync::futures::Notified;

use crate::accounts::Account;
use crate::conversations::Party;
use crate::error::{Error, Result};
use crate::ids::{AccountKey, ConversationKey, GroupId, UserId};
use crate::jobs::{Job, JobOutcome, NewJob, Work};
use crate::messages::Message;
use crate::ports::{LogRange, Tx};
use crate::{Domain, limits};

/// How OpenIM spells "everybody" in a list of people called with `@`.
pub const EVERYBODY: &str = "AtAllTag";

const CALLED_ME: i32 = 1;
const CALLED_EVERYBODY: i32 = 2;
const CALLED_BOTH: i32 = 3;

/// The stored form of a job's payload; names and members change by addition only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reaction {
    /// Name or picture of an account changed.
    ShowProfile { user: String },
    /// Somebody set the announcement of a group.
    MarkAnnounced { group: String, by: String },
    /// A message of a group's chat calls people with `@`.
    MarkCalled { conversation: i64, seq: i64 },
}

impl Domain {
    /// Promises a reaction; [`Self::reactions_promised`] is called when the transaction is committed.
    pub(crate) async fn promise(&self, tx: &mut dyn Tx, reaction: &Reaction) -> Result<()> {
        let payload = serde_json::to_string(reaction).map_err(Error::internal)?;
        let job = NewJob {
            work: Work::React,
            due_at: self.clock.now(),
            unique: None,
            payload: Some(payload),
        };
        tx.insert_job(&job).await.map(drop)
    }

    /// Wakes the worker.
    pub(crate) fn reactions_promised(&self) {
        self.reacting.notify_one();
    }

    /// Completes when a reaction is promised in this process.
    pub fn reaction_promised(&self) -> Notified<'_> {
        self.reacting.notified()
    }

    /// Carries out the reactions that are due.
    pub async fn run_due_reactions(&self) -> Result<JobOutcome> {
        self.run_due(&[Work::React], async move |job| self.react(&job).await)
            .await
    }

    async fn react(&self, job: &Job) -> Result<()> {
        let payload = job.payload.as_deref().unwrap_or_default();
        let reaction: Reaction = serde_json::from_str(payload).map_err(Error::internal)?;
        match self.carry_out_reaction(reaction).await {
            // Somebody or something that is gone by now has nobody to be shown to.
            Ok(()) | Err(Error::NotFound(_) | Error::Denied(_)) => {}
            Err(error) => return Err(error),
        }
        let mut tx = self.store.begin().await?;
        tx.finish_job(job.key).await?;
        self.commit(tx).await
    }

    async fn carry_out_reaction(&self, reaction: Reaction) -> Result<()> {
        match reaction {
            Reaction::ShowProfile { user } => {
                let account = self.account(&stored_user(user)?).await?;
                self.show_profile(&account).await
            }
            Reaction::MarkAnnounced { group, by } => {
                let group = GroupId::new(group).ok_or_else(broken)?;
                self.mark_announced(&group, &stored_user(by)?).await
            }
            Reaction::MarkCalled { conversation, seq } => {
                self.mark_called_in(ConversationKey(conversation), seq)
                    .await
            }
        }
    }

    async fn show_profile(&self, account: &Account) -> Result<()> {
        self.tell_friends_of_profile(account).await?;
        for group in self.groups_showing(account.key).await? {
            self.tell_group_of_profile(group, account).await?;
        }
        Ok(())
    }

    async fn mark_called_in(&self, conversation: ConversationKey, seq: i64) -> Result<()> {
        const NO_VIEWER: AccountKey = AccountKey(0);
        let range = LogRange {
            conversation,
            begin: seq,
            end: seq,
        };
        let mut view = self.store.view().await?;
        let Some(chat) = view.conversation_by_key(conversation).await? else {
            return Ok(());
        };
        let logged = view.messages_in(NO_VIEWER, &[range], 1).await?.pop();
        drop(view);
        match logged.and_then(|logged| chat.message(logged)) {
            Some(message) => self.mark_called_by(&message).await,
            None => Ok(()),
        }
    }

    async fn mark_called_by(&self, message: &Message) -> Result<()> {
        let Party::Group(group) = &message.route.recipient else {
            return Ok(());
        };
        let hall = self.hall(group).await?;
        let sender = self.account(&message.route.sender).await?.key;
        let mut named = self.named_accounts(&message.post.at).await?;
        named.retain(|account| *account != sender && hall.roster.entry(*account).is_some());
        if !message.post.at.iter().any(|name| name == EVERYBODY) {
            return self.mark_called(&hall.chat, &named, CALLED_ME).await;
        }
        let members = hall.roster.accounts.iter().copied();
        let rest: Vec<_> = members
            .filter(|member| *member != sender && !named.contains(member))
            .collect();
        self.mark_called(&hall.chat, &rest, CALLED_EVERYBODY)
            .await?;
        self.mark_called(&hall.chat, &named, CALLED_BOTH).await
    }

    /// The accounts of names that may be anything.
    async fn named_accounts(&self, names: &[String]) -> Result<Vec<AccountKey>> {
        let ids: Vec<_> = names.iter().filter_map(UserId::new).collect();
        let mut view = self.store.view().await?;
        let mut keys = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(limits::IDS_MAX) {
            let found = view.accounts(chunk).await?;
            keys.extend(found.into_iter().map(|account| account.key));
        }
        Ok(keys)
    }
}

fn stored_user(text: String) -> Result<UserId> {
    UserId::new(text).ok_or_else(broken)
}

fn broken() -> Error {
    Error::internal("a stored reaction is broken")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_samples_are_read_and_written_back_unchanged() {
        for sample in [
            r#"{"show_profile":{"user":"bob"}}"#,
            r#"{"mark_announced":{"group":"77","by":"bob"}}"#,
            r#"{"mark_called":{"conversation":5,"seq":9}}"#,
        ] {
            let reaction: Reaction = serde_json::from_str(sample).expect(sample);
            assert_eq!(serde_json::to_string(&reaction).expect("JSON"), sample);
        }
    }
}
