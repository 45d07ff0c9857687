//! Changing what a participant keeps with a conversation.

use super::{Conversation, ConversationKind, ConversationSettings};
use crate::accounts::{Account, Receive};
use crate::caller::Caller;
use crate::error::{Error, Kind, Result};
use crate::event::{Event, Happening};
use crate::ids::{ConversationId, GroupId, UserId};
use crate::messages::told::{InChat, Told};
use crate::messages::{Recipient, body, content_type};
use crate::ports::Tx;
use crate::sync::{Change, List};
use crate::{Domain, gate, limits};

/// Which conversation, for whom, and what of it; `None` leaves a setting as it is.
#[derive(Clone, Debug)]
pub struct SetConversations {
    pub owners: Vec<UserId>,
    /// The other side, as the owners see it.
    pub peer: Recipient,
    pub change: SettingsChange,
}

#[derive(Clone, Debug, Default)]
pub struct SettingsChange {
    pub receive: Option<Receive>,
    pub is_pinned: Option<bool>,
    pub is_private: Option<bool>,
    pub burn_s: Option<i32>,
    pub group_at: Option<i32>,
    pub is_destructing: Option<bool>,
    pub destruct_s: Option<i64>,
    pub attached_info: Option<String>,
    pub ex: Option<String>,
}

/// Conversations that are set in one transaction.
const SET_TOGETHER: usize = 50;

impl Domain {
    /// Sets a conversation for its owners, opening it if it does not exist yet. Making a direct chat private holds
    /// for both sides. Owners whose settings really changed are told.
    pub async fn set_conversations(
        &self,
        caller: &Caller,
        command: SetConversations,
    ) -> Result<()> {
        if command.owners.is_empty() || command.owners.len() > limits::IDS_MAX {
            return Err(Error::invalid("userIDs", "must be 1 to 1000"));
        }
        command.change.check()?;
        for owner in &command.owners {
            gate::may_act_for(caller, owner)?;
        }
        match &command.peer {
            Recipient::Person(peer) => {
                self.set_chats_of_two(ConversationKind::Direct, peer, &command)
                    .await
            }
            Recipient::Notified(peer) => {
                self.set_chats_of_two(ConversationKind::Notification, peer, &command)
                    .await
            }
            Recipient::Group(group) => self.set_group_chat(group, &command).await,
        }
    }

    /// Sets what the application keeps with a conversation, the same for every one in the owner's list.
    pub async fn set_ex_everywhere(
        &self,
        caller: &Caller,
        owner: &UserId,
        ex: String,
    ) -> Result<()> {
        gate::may_act_for(caller, owner)?;
        let change = SettingsChange {
            ex: Some(ex),
            ..SettingsChange::default()
        };
        change.check()?;
        let owner = self.account(owner).await?;
        let ids = self.store.view().await?.entry_ids(owner.key).await?;
        // In pieces, because a long list would hold up everybody else.
        for piece in ids.chunks(SET_TOGETHER) {
            let mut tx = self.store.begin().await?;
            for id in piece {
                if let Some(chat) = tx.conversation(id).await? {
                    self.apply(&mut *tx, &chat, &owner, &change).await?;
                }
            }
            self.commit(tx).await?;
        }
        Ok(())
    }

    async fn set_chats_of_two(
        &self,
        kind: ConversationKind,
        peer: &UserId,
        command: &SetConversations,
    ) -> Result<()> {
        let peer = self.account(peer).await?;
        let mut owners = Vec::with_capacity(command.owners.len());
        for owner in &command.owners {
            owners.push(self.account(owner).await?);
        }
        let mut tx = self.store.begin().await?;
        for owner in &owners {
            let (id, sender, recipient) = if kind == ConversationKind::Notification {
                let id = ConversationId::notification(&owner.user_id, &peer.user_id);
                (id, &peer, owner)
            } else {
                let id = ConversationId::direct(&owner.user_id, &peer.user_id);
                (id, owner, &peer)
            };
            let chat = self
                .open_chat(&mut *tx, &id, kind, sender, recipient)
                .await?;
            self.apply(&mut *tx, &chat, owner, &command.change).await?;
            if let Some(is_private) = command.change.is_private
                && kind == ConversationKind::Direct
                && owner.key != peer.key
            {
                let both = SettingsChange {
                    is_private: Some(is_private),
                    ..SettingsChange::default()
                };
                if self.apply(&mut *tx, &chat, &peer, &both).await? {
                    self.tell_private(&mut *tx, &chat, owner, &peer, is_private)
                        .await?;
                }
            }
        }
        self.commit(tx).await
    }

    async fn set_group_chat(&self, group: &GroupId, command: &SetConversations) -> Result<()> {
        let mut owners = Vec::with_capacity(command.owners.len());
        for owner in &command.owners {
            owners.push(self.account(owner).await?);
        }
        let mut tx = self.store.begin().await?;
        let chat = tx
            .conversation(&ConversationId::group(group))
            .await?
            .ok_or(Error::NotFound(Kind::Conversation))?;
        for owner in &owners {
            self.apply(&mut *tx, &chat, owner, &command.change).await?;
        }
        self.commit(tx).await
    }

    /// Both sides see in the chat that it was made private, or not any more.
    async fn tell_private(
        &self,
        tx: &mut dyn Tx,
        chat: &Conversation,
        owner: &Account,
        peer: &Account,
        is_private: bool,
    ) -> Result<()> {
        let content = body::made_private(&owner.user_id, &peer.user_id, &chat.id, is_private);
        let happening = Happening::ChatMadePrivate {
            by: owner.user_id.clone(),
            conversation: chat.id.clone(),
            is_private,
        };
        let told = Told {
            happening,
            content_type: content_type::MADE_PRIVATE,
            content,
            in_chat: Some(InChat { pushes: false }),
        };
        self.tell_person(tx, owner, peer, told).await
    }

    /// Says whether anything changed.
    async fn apply(
        &self,
        tx: &mut dyn Tx,
        chat: &Conversation,
        owner: &Account,
        change: &SettingsChange,
    ) -> Result<bool> {
        let before = tx
            .entries(owner.key, std::slice::from_ref(&chat.id))
            .await?
            .pop()
            .ok_or(Error::NotFound(Kind::Conversation))?
            .settings;
        let after = change.applied_to(&before);
        if after == before {
            return Ok(false);
        }
        tx.update_settings(chat.key, owner.key, &after).await?;
        if after.receive != before.receive {
            tx.bump_policy(chat.key).await?;
        }
        let list = List::Conversations(owner.key);
        tx.log_change(&[list], &[chat.id.as_str()], Change::Updated)
            .await?;
        tx.record(Event::ConversationsChanged {
            account: owner.key,
            user_id: owner.user_id.clone(),
            conversations: vec![chat.id.clone()],
        })
        .await?;
        Ok(true)
    }
}

impl SettingsChange {
    fn check(&self) -> Result<()> {
        for text in [&self.attached_info, &self.ex].into_iter().flatten() {
            if text.len() > limits::EXTRA_BYTES_MAX || text.contains('\0') {
                return Err(Error::invalid(
                    "conversation",
                    "carries too much text, or a NUL",
                ));
            }
        }
        if self.burn_s.is_some_and(|seconds| seconds < 0)
            || self.destruct_s.is_some_and(|seconds| seconds < 0)
        {
            return Err(Error::invalid("burnDuration", "must not be negative"));
        }
        if self.group_at.is_some_and(|at| !(0..=4).contains(&at)) {
            return Err(Error::invalid("groupAtType", "must be 0 to 4"));
        }
        Ok(())
    }

    fn applied_to(&self, before: &ConversationSettings) -> ConversationSettings {
        ConversationSettings {
            receive: self.receive.unwrap_or(before.receive),
            is_pinned: self.is_pinned.unwrap_or(before.is_pinned),
            is_private: self.is_private.unwrap_or(before.is_private),
            burn_s: self.burn_s.unwrap_or(before.burn_s),
            group_at: self.group_at.unwrap_or(before.group_at),
            is_destructing: self.is_destructing.unwrap_or(before.is_destructing),
            destruct_s: self.destruct_s.unwrap_or(before.destruct_s),
            destructed_at: before.destructed_at,
            attached_info: self
                .attached_info
                .clone()
                .unwrap_or_else(|| before.attached_info.clone()),
            ex: self.ex.clone().unwrap_or_else(|| before.ex.clone()),
        }
    }
}
