//! What every change of a group begins with: the group's row locked, who is doing it and what they are there, and
//! everybody who will hear of it.

use std::sync::Arc;

use super::notices::{Doer, Scene};
use super::{Group, GroupRole, Member};
use crate::Domain;
use crate::accounts::Account;
use crate::caller::Caller;
use crate::error::{Error, Kind, Result};
use crate::facts::Roster;
use crate::ids::{AccountKey, GroupId};
use crate::messages::told::Told;
use crate::ports::Tx;
use crate::sync::{Change, List, Version};

/// A group under its lock.
pub(super) struct OpenGroup {
    pub group: Group,
    /// Its members when it was locked.
    pub members: Arc<[AccountKey]>,
    pub managers: Vec<AccountKey>,
    /// The newest message of its chat when it was locked.
    pub max_seq: i64,
    pub doer: Account,
    pub doer_member: Option<Member>,
}

impl OpenGroup {
    pub(super) fn role(&self) -> Option<GroupRole> {
        self.doer_member.as_ref().map(|member| member.role)
    }

    pub(super) fn scene(&self, version: Option<Version>, at: crate::time::Millis) -> Scene<'_> {
        Scene {
            group: &self.group,
            by: Doer {
                account: &self.doer,
                member: self.doer_member.as_ref(),
            },
            version,
            at,
        }
    }
}

impl Domain {
    /// Locks a group that is alive, in a transaction of its own.
    pub(super) async fn open_group(
        &self,
        caller: &Caller,
        id: &GroupId,
    ) -> Result<(Box<dyn Tx>, OpenGroup)> {
        let (tx, open) = self.open_any_group(caller, id).await?;
        crate::gate::is_alive(&open.group)?;
        Ok((tx, open))
    }

    /// As [`Self::open_group`], for one that may have been dismissed.
    pub(super) async fn open_any_group(
        &self,
        caller: &Caller,
        id: &GroupId,
    ) -> Result<(Box<dyn Tx>, OpenGroup)> {
        // Loaded before the transaction begins: it is large, and nearly always in memory.
        let hall = self.hall(id).await?;
        let mut tx = self.store.begin().await?;
        let group = tx
            .lock_group(id)
            .await?
            .ok_or(Error::NotFound(Kind::Group))?;
        let chat = tx
            .conversation_by_key(group.conversation)
            .await?
            .ok_or(Error::NotFound(Kind::Conversation))?;
        let (members, managers) = if chat.policy == hall.chat.policy {
            (
                hall.roster.accounts.clone(),
                hall.roster.managers().collect(),
            )
        } else {
            let roster = Roster::new(tx.roster(group.key).await?);
            (roster.accounts.clone(), roster.managers().collect())
        };
        let (doer, doer_member) = self.doer(&mut *tx, caller, group.key).await?;
        let open = OpenGroup {
            group,
            members,
            managers,
            max_seq: chat.max_seq,
            doer,
            doer_member,
        };
        Ok((tx, open))
    }

    /// One step of the member list's log; returns the version after it.
    pub(super) async fn log_members(
        &self,
        tx: &mut dyn Tx,
        open: &OpenGroup,
        ids: &[&str],
        change: Change,
    ) -> Result<Option<Version>> {
        let list = List::Members(open.group.key);
        tx.log_change(&[list], ids, change).await?;
        tx.version(list).await
    }

    /// Reads the group again after its record or its members were changed, and makes sends that were decided before
    /// be decided again.
    pub(super) async fn reread(&self, tx: &mut dyn Tx, open: &mut OpenGroup) -> Result<()> {
        tx.bump_policy(open.group.conversation).await?;
        open.group = tx
            .group_by_key(open.group.key)
            .await?
            .ok_or(Error::NotFound(Kind::Group))?;
        Ok(())
    }

    /// Tells those who were members when the group was locked, and `others`.
    pub(super) async fn tell_open(
        &self,
        tx: &mut dyn Tx,
        open: &OpenGroup,
        others: &[AccountKey],
        told: Told,
    ) -> Result<()> {
        let hearers = (open.members.clone(), others);
        self.tell_group(tx, &open.group, hearers, &open.doer, told)
            .await
    }
}
