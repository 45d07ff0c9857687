//! Changing what a participant keeps with a conversation.

use super::{Conversation, ConversationKind, ConversationSettings};
use crate::accounts::{Account, Receive};
use crate::caller::Caller;
use crate::error::{Error, Kind, Result};
use crate::event::Event;
use crate::ids::{ConversationId, UserId};
use crate::messages::Recipient;
use crate::ports::Tx;
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
        let (kind, peer) = match &command.peer {
            Recipient::Person(peer) => (ConversationKind::Direct, peer),
            Recipient::Notified(peer) => (ConversationKind::Notification, peer),
        };
        let peer = self.account(peer).await?;
        let mut owners = Vec::with_capacity(command.owners.len());
        for owner in &command.owners {
            owners.push(self.account(owner).await?);
        }
        let mut tx = self.store.begin().await?;
        for owner in &owners {
            let (id, sender, recipient) = match kind {
                ConversationKind::Notification => (
                    ConversationId::notification(&owner.user_id, &peer.user_id),
                    &peer,
                    owner,
                ),
                ConversationKind::Direct | ConversationKind::Notice => (
                    ConversationId::direct(&owner.user_id, &peer.user_id),
                    owner,
                    &peer,
                ),
            };
            let chat = self
                .open_chat(&mut *tx, &id, kind, sender, recipient)
                .await?;
            self.apply(&mut *tx, &chat, owner, &command.change).await?;
            if kind == ConversationKind::Direct
                && command.change.is_private.is_some()
                && owner.key != peer.key
            {
                let both = SettingsChange {
                    is_private: command.change.is_private,
                    ..SettingsChange::default()
                };
                self.apply(&mut *tx, &chat, &peer, &both).await?;
            }
        }
        self.commit(tx).await
    }

    async fn apply(
        &self,
        tx: &mut dyn Tx,
        chat: &Conversation,
        owner: &Account,
        change: &SettingsChange,
    ) -> Result<()> {
        let before = tx
            .entries(owner.key, std::slice::from_ref(&chat.id))
            .await?
            .pop()
            .ok_or(Error::NotFound(Kind::Conversation))?
            .settings;
        let after = change.applied_to(&before);
        if after == before {
            return Ok(());
        }
        tx.update_settings(chat.key, owner.key, &after).await?;
        if after.receive != before.receive {
            tx.bump_policy(chat.key).await?;
        }
        tx.log_conversation_change(
            owner.key,
            std::slice::from_ref(&chat.id),
            false,
            self.clock.now(),
        )
        .await?;
        tx.record(Event::ConversationsChanged {
            account: owner.key,
            user_id: owner.user_id.clone(),
            conversations: vec![chat.id.clone()],
        })
        .await
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
