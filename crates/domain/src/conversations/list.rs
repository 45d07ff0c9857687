//! An account's list of conversations: what it takes part in and how it has set it.

use super::ConversationEntry;
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::ids::{ConversationId, UserId};
use crate::ports::Page;
use crate::sync::{self, Increment, List, Version};
use crate::{Domain, gate, limits};

/// A page of a list, and the length of the whole.
#[derive(Clone, Debug)]
pub struct ConversationPage {
    pub total: u64,
    pub entries: Vec<ConversationEntry>,
}

impl Domain {
    /// One page of the owner's list.
    pub async fn conversations_page(
        &self,
        caller: &Caller,
        owner: &UserId,
        page: Page,
    ) -> Result<ConversationPage> {
        gate::may_act_for(caller, owner)?;
        let owner = self.account(owner).await?;
        let (total, entries) = self
            .store
            .view()
            .await?
            .entries_page(owner.key, page)
            .await?;
        Ok(ConversationPage { total, entries })
    }

    /// The whole of the owner's list.
    pub async fn all_conversations(
        &self,
        caller: &Caller,
        owner: &UserId,
    ) -> Result<Vec<ConversationEntry>> {
        let everything = Page {
            offset: 0,
            rows: i32::MAX as u32,
        };
        Ok(self
            .conversations_page(caller, owner, everything)
            .await?
            .entries)
    }

    /// The entries of these conversations; what is not in the owner's list is left out.
    pub async fn conversations(
        &self,
        caller: &Caller,
        owner: &UserId,
        ids: &[ConversationId],
    ) -> Result<Vec<ConversationEntry>> {
        gate::may_act_for(caller, owner)?;
        if ids.len() > limits::IDS_MAX {
            return Err(Error::invalid("conversationIDs", "are too many"));
        }
        let owner = self.account(owner).await?;
        self.store.view().await?.entries(owner.key, ids).await
    }

    /// The ids of the whole list, and the version that they belong to.
    pub async fn conversation_ids(
        &self,
        caller: &Caller,
        owner: &UserId,
    ) -> Result<(Version, Vec<ConversationId>)> {
        gate::may_act_for(caller, owner)?;
        let account = self.account(owner).await?;
        // The version is read first: a change in between is then listed again by the next sync, never missed.
        let version = self.version(List::Conversations(account.key)).await?;
        let ids = self.store.view().await?.entry_ids(account.key).await?;
        Ok((version, ids))
    }

    /// What changed in `owner`'s list of conversations since a version.
    pub async fn conversation_changes(
        &self,
        caller: &Caller,
        owner: &UserId,
        known: (&str, u64),
    ) -> Result<Increment<ConversationEntry>> {
        gate::may_act_for(caller, owner)?;
        let account = self.account(owner).await?.key;
        let mut view = self.store.view().await?;
        let list = List::Conversations(account);
        let ids = sync::increment(&mut *view, list, known).await?;
        let inserted = view.entries(account, &parsed(&ids.inserted)).await?;
        let updated = view.entries(account, &parsed(&ids.updated)).await?;
        Ok(ids.with(inserted, updated))
    }
}

fn parsed(ids: &[String]) -> Vec<ConversationId> {
    ids.iter().filter_map(ConversationId::parse).collect()
}
