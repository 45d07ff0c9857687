//! Doing something to a message that exists: finding it with its chat locked, in a transaction, as somebody who can see
//! it. Editing, reacting and pinning begin here and tell the others in the same way.

use std::sync::Arc;

use bytes::Bytes;

use super::notice::Hearers;
use super::{Message, Status, content_type};
use crate::accounts::Account;
use crate::caller::{Caller, Role};
use crate::conversations::{Conversation, ConversationKind, Parties};
use crate::error::{Error, Kind, Reason, Result};
use crate::facts::Hall;
use crate::gate::Delivery;
use crate::ids::{AccountKey, ConversationId, UserId};
use crate::ports::{Between, LogRange, NewConversation, Tx};
use crate::{Domain, gate, limits};

/// A message, who does something to it, and what stands around it.
pub(super) struct Scene {
    pub tx: Box<dyn Tx>,
    /// Read under its lock.
    pub chat: Conversation,
    pub user: Arc<Account>,
    /// The group, in whose chat it is.
    pub hall: Option<Arc<Hall>>,
    pub sender: AccountKey,
    pub message: Message,
}

impl Scene {
    /// Where whoever acts stands in the group; `None` for others and where there is no group.
    pub fn place(&self) -> Option<&crate::groups::RosterEntry> {
        self.hall.as_ref()?.roster.entry(self.user.key)
    }
}

impl Domain {
    /// Finds the message for `user`. What they cannot see, what was recalled and what was deleted is not found.
    pub(super) async fn scene(
        &self,
        caller: &Caller,
        user: &UserId,
        id: &ConversationId,
        seq: i64,
    ) -> Result<Scene> {
        gate::may_act_for(caller, user)?;
        let user = self.account(user).await?;
        for _ in 0..=limits::POLICY_RETRIES_MAX {
            let known = self
                .chat(id)
                .await?
                .filter(|chat| chat.conversation.kind != ConversationKind::Notice)
                .ok_or(Error::NotFound(Kind::Conversation))?;
            let known = &known.conversation;
            let hall = match known.group() {
                Some((_, group)) => Some(self.hall(group).await?),
                None => None,
            };
            let mut tx = self.store.begin().await?;
            // Locks the chat: from here on nobody is blocked, muted or removed until this is over.
            let (chat, _) = tx.ensure_conversation(&lock_of(known)).await?;
            if let Some(hall) = &hall
                && hall.chat.policy != chat.policy
            {
                drop(tx);
                self.facts
                    .forget_group_policies(&user.user_id, &hall.group.id);
                continue;
            }
            let (sender, message) = find(&mut *tx, caller, &user, &chat, seq).await?;
            return Ok(Scene {
                tx,
                chat,
                user,
                hall,
                sender,
                message,
            });
        }
        Err(Error::Conflict(Reason::PolicyChanged))
    }

    /// Whether whoever acts may still say something here, as it is asked of a send. `false`: the other side takes
    /// nothing from this chat, and nobody is told so.
    pub(super) async fn may_still_speak(&self, caller: &Caller, scene: &mut Scene) -> Result<bool> {
        if let Some(hall) = &scene.hall {
            gate::may_speak_in(caller, &hall.group, scene.place(), self.clock.now())?;
            return Ok(true);
        }
        let user = scene.user.key;
        if scene.chat.kind != ConversationKind::Direct || scene.chat.side(user).is_none() {
            return Ok(true);
        }
        let Some(peer) = scene.chat.peer_of(user) else {
            return Ok(true);
        };
        let recipient = scene
            .tx
            .account_by_key(peer.account)
            .await?
            .ok_or(Error::NotFound(Kind::Account))?;
        let relation = scene.tx.relation(user, peer.account).await?;
        let friends_only = self.settings.friends_only;
        let here = Some(peer.receive);
        let delivery = gate::may_write_to(caller, &recipient, here, relation, friends_only)?;
        Ok(!matches!(delivery, Delivery::Swallowed))
    }

    /// Tells everybody in the chat, by a notice that is kept, and commits.
    pub(super) async fn finish_scene(
        &self,
        scene: Scene,
        content_type: i32,
        content: Bytes,
    ) -> Result<()> {
        let Scene {
            mut tx,
            chat,
            user,
            hall,
            sender,
            ..
        } = scene;
        let sides = match hall {
            Some(hall) => (user.key, Hearers::Members(hall)),
            // An administrator is no side of the chat: the notice then goes out in the sender's name.
            None => {
                let from = chat.side(user.key).map_or(sender, |side| side.account);
                let peer = chat.peer_of(from).map_or(from, |side| side.account);
                (from, Hearers::Account(peer))
            }
        };
        self.append_notice(&mut *tx, Some(&chat), sides, content_type, content)
            .await?;
        self.commit(tx).await
    }
}

async fn find(
    tx: &mut dyn Tx,
    caller: &Caller,
    user: &Account,
    chat: &Conversation,
    seq: i64,
) -> Result<(AccountKey, Message)> {
    let reach = tx.reaches(user.key, std::slice::from_ref(&chat.id)).await?;
    let visible = match reach.first() {
        Some(reach) => reach.min_seq..=reach.max_seq,
        None if caller.role == Role::Administrator => chat.min_seq.max(1)..=chat.max_seq,
        None => return Err(Error::NotFound(Kind::Conversation)),
    };
    if !visible.contains(&seq) {
        return Err(Error::NotFound(Kind::Message));
    }
    let range = LogRange {
        conversation: chat.key,
        begin: seq,
        end: seq,
    };
    let logged = tx
        .messages_in(user.key, &[range], 1)
        .await?
        .pop()
        .filter(|logged| {
            logged.status == Status::Sent
                && !logged.is_hidden
                && logged.post.content_type != content_type::RECALLED
        })
        .ok_or(Error::NotFound(Kind::Message))?;
    let sender = logged.sender;
    let message = chat.message(logged).ok_or(Error::NotFound(Kind::Message))?;
    Ok((sender, message))
}

/// What finds, and locks, a conversation that exists.
pub(super) fn lock_of(chat: &Conversation) -> NewConversation {
    NewConversation {
        id: chat.id.clone(),
        kind: chat.kind,
        between: match &chat.parties {
            Parties::Pair { low, high } => Between::Accounts(low.account, high.account),
            Parties::Group { key, .. } => Between::Group(*key),
        },
    }
}
