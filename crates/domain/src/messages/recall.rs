//! Taking back a message. What it said is replaced in the log for everybody, and a notice tells the devices that
//! have it already.

use std::sync::Arc;

use super::body::Recall;
use super::notice::Hearers;
use super::{Status, content_type};
use crate::caller::{Caller, Role};
use crate::conversations::{ConversationKind, Parties};
use crate::error::{Error, Kind, Reason, Result};
use crate::facts::Chat;
use crate::hooks::{Hook, Report};
use crate::ids::{AccountKey, ConversationId, UserId};
use crate::ports::{Between, LogRange, NewConversation};
use crate::{Domain, gate};

#[derive(Clone, Debug)]
pub struct RecallMessage {
    /// In whose name it is taken back.
    pub user: UserId,
    pub conversation: ConversationId,
    pub seq: i64,
}

impl Domain {
    /// Recalls a message: its sender may, an administrator, and in a group whoever stands above its sender. Doing it twice is a conflict.
    pub async fn recall_message(&self, caller: &Caller, command: RecallMessage) -> Result<()> {
        gate::may_act_for(caller, &command.user)?;
        let user = self.account(&command.user).await?;
        let chat = self
            .chat_to_moderate(caller, user.key, &command.conversation)
            .await?;
        let chat = &chat.conversation;
        if chat.kind == ConversationKind::Notice {
            return Err(Error::NotFound(Kind::Message));
        }
        let hall = match chat.group() {
            Some((_, group)) => Some(self.hall(group).await?),
            None => None,
        };

        let mut tx = self.store.begin().await?;
        // Locks the conversation, so that of two recalls the second one sees the first.
        let new = NewConversation {
            id: chat.id.clone(),
            kind: chat.kind,
            between: match &chat.parties {
                Parties::Pair { low, high } => Between::Accounts(low.account, high.account),
                Parties::Group { key, .. } => Between::Group(*key),
            },
        };
        let (chat, _) = tx.ensure_conversation(&new).await?;
        let range = LogRange {
            conversation: chat.key,
            begin: command.seq,
            end: command.seq,
        };
        let logged = tx
            .messages_in(user.key, &[range], 1)
            .await?
            .pop()
            .filter(|logged| logged.status == Status::Sent && logged.seq >= chat.min_seq)
            .ok_or(Error::NotFound(Kind::Message))?;
        if logged.post.content_type == content_type::RECALLED {
            return Err(Error::Conflict(Reason::AlreadyRevoked));
        }
        let sender = logged.sender;
        let message = chat.message(logged).ok_or(Error::NotFound(Kind::Message))?;
        let role_of = |account| Some(hall.as_ref()?.roster.entry(account)?.role);
        let roles = (role_of(user.key), role_of(sender));
        gate::may_recall(caller, &user.user_id, &message.route.sender, roles)?;
        let recall = Recall {
            message: &message,
            by: &user.user_id,
            nickname: &user.nickname,
            role: roles.0.map_or(0, |role| role as i32),
            by_administrator: caller.role == Role::Administrator,
            at: self.clock.now(),
        };
        tx.rewrite_message(
            chat.key,
            message.seq,
            content_type::RECALLED,
            &recall.body(),
        )
        .await?;
        let (from, to) = match hall {
            Some(hall) => (user.key, Hearers::Members(hall)),
            // An administrator is no side of the chat: the notice then goes out in the sender's name.
            None => {
                let from = chat.side(user.key).map_or(sender, |side| side.account);
                let peer = chat.peer_of(from).map_or(from, |side| side.account);
                (from, Hearers::Account(peer))
            }
        };
        self.append_notice(
            &mut *tx,
            Some(&chat),
            (from, to),
            content_type::RECALLED,
            recall.notice(),
        )
        .await?;
        let report = Report::MessageRecalled {
            conversation: &chat.id,
            seq: command.seq,
            by: &user.user_id,
        };
        self.report(&mut *tx, Hook::AfterRevokeMsg, report).await?;
        self.commit(tx).await
    }

    /// A chat that `user` takes part in, or any chat for an administrator.
    pub(super) async fn chat_to_moderate(
        &self,
        caller: &Caller,
        user: AccountKey,
        id: &ConversationId,
    ) -> Result<Arc<Chat>> {
        let chat = self
            .chat(id)
            .await?
            .ok_or(Error::NotFound(Kind::Conversation))?;
        let takes_part = match chat.conversation.group() {
            Some((_, group)) => self.hall(group).await?.roster.entry(user).is_some(),
            None => chat.conversation.side(user).is_some(),
        };
        if takes_part || caller.role == Role::Administrator {
            Ok(chat)
        } else {
            Err(Error::NotFound(Kind::Conversation))
        }
    }
}
