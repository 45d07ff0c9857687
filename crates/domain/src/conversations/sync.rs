//! Incremental sync: a client names the version of its list that it has and gets what changed since
//! (`reference/openim/sync.md` §3).

use super::ConversationEntry;
use crate::caller::Caller;
use crate::error::Result;
use crate::ids::{AccountKey, ConversationId, UserId};
use crate::limits;
use crate::{Domain, gate};

/// A stretch of a version log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Names this log; a client that has another name must read everything.
    pub version_id: String,
    pub version: u64,
    /// What was added or changed after the version asked for, each with its newest state. At most as many as were
    /// asked for; `is_complete` says whether these are all.
    pub inserted: Vec<ConversationId>,
    pub updated: Vec<ConversationId>,
    pub is_complete: bool,
}

/// The answer to "what changed since my version?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionAnswer {
    pub version_id: String,
    pub version: u64,
    /// Read the whole list: the client's version is unknown, or too much has changed.
    pub is_full: bool,
    pub inserted: Vec<ConversationEntry>,
    pub updated: Vec<ConversationEntry>,
}

impl Domain {
    /// The name and version of a list of `owner` that nothing was ever put into.
    pub async fn untouched_list_version(
        &self,
        caller: &Caller,
        owner: &UserId,
    ) -> Result<(String, u64)> {
        gate::may_act_for(caller, owner)?;
        let answer = VersionAnswer::unlogged(self.account(owner).await?.key);
        Ok((answer.version_id, answer.version))
    }

    /// What changed in `owner`'s list of conversations since (`version_id`, `version`).
    pub async fn conversation_changes(
        &self,
        caller: &Caller,
        owner: &UserId,
        version_id: &str,
        version: u64,
    ) -> Result<VersionAnswer> {
        gate::may_act_for(caller, owner)?;
        let account = self.account(owner).await?;
        let mut view = self.store.view().await?;
        let Some(changes) = view
            .conversation_changes(account.key, version, limits::VERSION_CHANGES_MAX)
            .await?
        else {
            return Ok(VersionAnswer::unlogged(account.key));
        };
        let is_known =
            version > 0 && version_id == changes.version_id && version <= changes.version;
        if !is_known || !changes.is_complete {
            return Ok(VersionAnswer {
                version_id: changes.version_id,
                version: changes.version,
                is_full: true,
                inserted: Vec::new(),
                updated: Vec::new(),
            });
        }
        let inserted = view.entries(account.key, &changes.inserted).await?;
        let updated = view.entries(account.key, &changes.updated).await?;
        Ok(VersionAnswer {
            version_id: changes.version_id,
            version: changes.version,
            is_full: false,
            inserted,
            updated,
        })
    }
}

impl VersionAnswer {
    /// The answer for an account without a log: the whole (empty) list, under a name that stays the same until
    /// there is a log.
    fn unlogged(account: AccountKey) -> Self {
        Self {
            version_id: format!("{:024x}", account.0),
            version: 1,
            is_full: true,
            inserted: Vec::new(),
            updated: Vec::new(),
        }
    }
}
