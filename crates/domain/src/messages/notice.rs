//! Writing a notice: the log beside a chat tells the devices of its people what happened to it, in order and with a
//! sequence of its own, so that a device that was away learns it later.

use std::sync::Arc;

use bytes::Bytes;

use super::{Append, Appended, Message, Options, Origin, Post, Route, Status};
use crate::Domain;
use crate::accounts::Account;
use crate::conversations::{Conversation, ConversationKind};
use crate::error::{Error, Kind, Reason, Result};
use crate::event::{Audience, Event};
use crate::ids::{AccountKey, ConversationId};
use crate::ports::{NewConversation, Tx};

/// The options of a notice that is stored (`reference/openim/notifications.md` §1, reliability level 2). Notices
/// to the sender's own devices are wanted, so `senderSync` stays on.
const NOTICE_OPTIONS: u16 = Options::IS_NOT_NOTIFICATION
    | Options::IS_SEND_MSG
    | Options::OFFLINE_PUSH
    | Options::UNREAD_COUNT
    | Options::CONVERSATION_UPDATE
    | Options::NOT_PRIVATE
    | Options::SENDER_CONVERSATION_UPDATE
    | Options::REACTION_FROM_CACHE;

/// The options of one that is relayed to connected devices only (level 1).
pub(super) const PASSING_NOTICE_OPTIONS: u16 =
    NOTICE_OPTIONS | Options::HISTORY | Options::PERSISTENT;

impl Domain {
    /// Appends a notice by `from` for `to` (both may be the same account) and records it. `chat` is the chat that it
    /// is about, if it is about one.
    pub(super) async fn append_notice(
        &self,
        tx: &mut dyn Tx,
        chat: Option<&Conversation>,
        (from, to): (AccountKey, AccountKey),
        content_type: i32,
        content: Bytes,
    ) -> Result<()> {
        // Read inside the transaction, so that the policy versions are those that the append will find.
        let from = tx
            .account_by_key(from)
            .await?
            .ok_or(Error::NotFound(Kind::Account))?;
        let to = tx
            .account_by_key(to)
            .await?
            .ok_or(Error::NotFound(Kind::Account))?;
        let (log, is_new) = tx
            .ensure_conversation(&NewConversation {
                id: ConversationId::notice(&from.user_id, &to.user_id),
                kind: ConversationKind::Notice,
                sides: (from.key, to.key),
            })
            .await?;
        if let Some(chat) = chat
            && (is_new || chat.notice != Some(log.key))
        {
            tx.link_notice(chat.key, log.key).await?;
        }
        let post = Arc::new(self.notice_post(content_type, content, Options(NOTICE_OPTIONS)));
        let append = Append {
            conversation: log.key,
            sender: from.key,
            conversation_policy: log.policy,
            sender_policy: from.policy,
            at: self.clock.now(),
            post: post.clone(),
        };
        let Appended::Stored(placed) = tx.append_message(&append).await? else {
            return Err(Error::Conflict(Reason::PolicyChanged));
        };
        let message = Message {
            route: notice_route(&from, &to),
            key: placed.key,
            seq: placed.seq,
            send_time: placed.send_time,
            status: Status::Sent,
            is_read: false,
            post,
        };
        tx.record(Event::MessageAppended {
            conversation: log.key,
            message: Arc::new(message),
            audience: Audience::pair(from.key, to.key),
            trace: String::new(),
        })
        .await
    }

    /// A notice that is not kept: for whoever is connected now.
    pub(super) fn passing_notice(
        &self,
        from: &Account,
        to: &Account,
        content_type: i32,
        content: Bytes,
    ) -> Message {
        Message {
            route: notice_route(from, to),
            key: crate::ids::MessageKey(0),
            seq: 0,
            send_time: self.clock.now(),
            status: Status::Sent,
            is_read: false,
            post: Arc::new(self.notice_post(content_type, content, Options::passing_notice())),
        }
    }

    fn notice_post(&self, content_type: i32, content: Bytes, options: Options) -> Post {
        Post {
            client_msg_id: self.ids.hex32(),
            server_msg_id: self.ids.hex32(),
            origin: Origin::System,
            content_type,
            content,
            create_time: self.clock.now(),
            options,
            ..Post::default()
        }
    }
}

fn notice_route(from: &Account, to: &Account) -> Route {
    Route {
        conversation: ConversationId::notice(&from.user_id, &to.user_id),
        kind: ConversationKind::Notice,
        sender: from.user_id.clone(),
        recipient: to.user_id.clone(),
    }
}
