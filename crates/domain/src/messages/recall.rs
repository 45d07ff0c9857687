//! Taking back a message. What it said is replaced in the log for everybody, and a notice tells the devices that
//! have it already.

use std::sync::Arc;

use super::body::Recall;
use super::{Status, content_type};
use crate::caller::{Caller, Role};
use crate::conversations::ConversationKind;
use crate::error::{Error, Kind, Reason, Result};
use crate::ids::{ConversationId, UserId};
use crate::ports::LogRange;
use crate::{Domain, gate};

#[derive(Clone, Debug)]
pub struct RecallMessage {
    /// In whose name it is taken back.
    pub user: UserId,
    pub conversation: ConversationId,
    pub seq: i64,
}

impl Domain {
    /// Recalls a message: its sender may, and an administrator. Doing it twice is a conflict.
    pub async fn recall_message(&self, caller: &Caller, command: RecallMessage) -> Result<()> {
        gate::may_act_for(caller, &command.user)?;
        let user = self.account(&command.user).await?;
        let chat = self
            .chat_to_moderate(caller, user.key, &command.conversation)
            .await?;
        if chat.kind == ConversationKind::Notice {
            return Err(Error::NotFound(Kind::Message));
        }

        let mut tx = self.store.begin().await?;
        // Locks the conversation, so that of two recalls the second one sees the first.
        let new = crate::ports::NewConversation {
            id: chat.id.clone(),
            kind: chat.kind,
            sides: (chat.low.account, chat.high.account),
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
        let message = chat.message(logged).ok_or(Error::NotFound(Kind::Message))?;
        gate::may_recall(caller, &user.user_id, &message.route.sender)?;
        let recall = Recall {
            message: &message,
            by: &user.user_id,
            nickname: &user.nickname,
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
        let sender = chat
            .side_of(&message.route.sender)
            .ok_or(Error::NotFound(Kind::Message))?
            .account;
        let peer = chat.peer_of(sender).account;
        // An administrator is no side of the chat: the notice then goes out in the sender's name.
        let from = if chat.side(user.key).is_some() {
            user.key
        } else {
            sender
        };
        let to = if from == sender { peer } else { sender };
        self.append_notice(
            &mut *tx,
            Some(&chat),
            (from, to),
            content_type::RECALLED,
            recall.notice(),
        )
        .await?;
        self.commit(tx).await
    }

    /// A chat that `user` takes part in, or any chat for an administrator.
    pub(super) async fn chat_to_moderate(
        &self,
        caller: &Caller,
        user: crate::ids::AccountKey,
        id: &ConversationId,
    ) -> Result<Arc<crate::conversations::Conversation>> {
        self.chat(id)
            .await?
            .filter(|chat| caller.role == Role::Administrator || chat.side(user).is_some())
            .ok_or(Error::NotFound(Kind::Conversation))
    }
}
