//! Writing a notice. The log beside a chat tells the devices of its people what happened to it, in order and with a
//! sequence of its own, so that a device that was away learns it later. Most notices are not kept: they say "look
//! again" to whoever is connected; some of those stand in the chat itself too, for people to read ("Alice made the
//! group").

use std::sync::Arc;

use bytes::Bytes;

use super::{Append, Appended, Message, Options, Origin, Post, Route, Status};
use crate::Domain;
use crate::accounts::Account;
use crate::conversations::{Conversation, ConversationKind, Parties, Party};
use crate::error::{Error, Kind, Reason, Result};
use crate::event::{Audience, Event};
use crate::facts::Hall;
use crate::ids::{AccountKey, ConversationId, MessageKey};
use crate::ports::{Between, NewConversation, Tx};

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

/// Who hears a notice, beside whoever it comes from.
#[derive(Clone)]
pub(crate) enum Hearers {
    Account(AccountKey),
    Members(Arc<Hall>),
}

impl Domain {
    /// Appends a notice by `from` (who may be the hearer too) and records it. `chat` is the chat that it is about,
    /// if it is about one.
    pub(crate) async fn append_notice(
        &self,
        tx: &mut dyn Tx,
        chat: Option<&Conversation>,
        (from, to): (AccountKey, Hearers),
        content_type: i32,
        content: Bytes,
    ) -> Result<()> {
        // Read inside the transaction, so that the policy versions are those that the append will find.
        let from = account(tx, from).await?;
        let (new, recipient, audience) = match to {
            Hearers::Account(to) => {
                let to = account(tx, to).await?;
                let new = NewConversation {
                    id: ConversationId::notice(&from.user_id, &to.user_id),
                    kind: ConversationKind::Notice,
                    between: Between::Accounts(from.key, to.key),
                };
                let audience = Audience::pair(from.key, to.key);
                (new, Party::Person(to.user_id), audience)
            }
            Hearers::Members(hall) => {
                let new = NewConversation {
                    id: ConversationId::group_notice(&hall.group.id),
                    kind: ConversationKind::Notice,
                    between: Between::Group(hall.group.key),
                };
                let from_outside = hall.roster.entry(from.key).is_none();
                let others = from_outside.then_some(from.key).into_iter().collect();
                let recipient = Party::Group(hall.group.id.clone());
                (new, recipient, hall.audience(others))
            }
        };
        let (log, is_new) = tx.ensure_conversation(&new).await?;
        if let Some(chat) = chat
            && (is_new || chat.notice != Some(log.key))
        {
            tx.link_notice(chat.key, log.key).await?;
        }
        let post = self.notice_post(content_type, content, Options(NOTICE_OPTIONS));
        self.append_ours(tx, &log, &from, recipient, audience, post)
            .await
    }

    /// Appends a message that the system writes in somebody's name, and records it. The conversation was read in
    /// this transaction.
    pub(crate) async fn append_ours(
        &self,
        tx: &mut dyn Tx,
        log: &Conversation,
        from: &Account,
        recipient: Party,
        audience: Audience,
        post: Post,
    ) -> Result<()> {
        let post = Arc::new(post);
        let append = Append {
            conversation: log.key,
            sender: from.key,
            conversation_policy: log.policy,
            sender_policy: from.policy,
            raises_read_seq: log.kind == ConversationKind::Group,
            at: self.clock.now(),
            post: post.clone(),
        };
        let Appended::Stored(placed) = tx.append_message(&append).await? else {
            return Err(Error::Conflict(Reason::PolicyChanged));
        };
        let message = Message {
            route: Route {
                conversation: log.id.clone(),
                kind: log.kind,
                sender: from.user_id.clone(),
                recipient,
            },
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
            audience,
            trace: String::new(),
        })
        .await
    }

    /// A notice that is not kept: for whoever is connected now.
    pub(crate) fn passing_notice(
        &self,
        from: &Account,
        to: Party,
        content_type: i32,
        content: Bytes,
    ) -> Message {
        let conversation = match &to {
            Party::Person(to) => ConversationId::notice(&from.user_id, to),
            Party::Group(group) => ConversationId::group_notice(group),
        };
        Message {
            route: Route {
                conversation,
                kind: ConversationKind::Notice,
                sender: from.user_id.clone(),
                recipient: to,
            },
            key: MessageKey(0),
            seq: 0,
            send_time: self.clock.now(),
            status: Status::Sent,
            is_read: false,
            post: Arc::new(self.notice_post(content_type, content, Options::passing_notice())),
        }
    }

    pub(crate) fn notice_post(&self, content_type: i32, content: Bytes, options: Options) -> Post {
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

    /// Who must hear that something happened to this chat, seen from `from`: the other side or the members. Asked
    /// before a transaction begins.
    pub(crate) async fn hearers_of(
        &self,
        chat: &Conversation,
        from: AccountKey,
    ) -> Result<Hearers> {
        Ok(match &chat.parties {
            Parties::Pair { low, .. } => {
                Hearers::Account(chat.peer_of(from).unwrap_or(low).account)
            }
            Parties::Group { id, .. } => Hearers::Members(self.hall(id).await?),
        })
    }
}

async fn account(tx: &mut dyn Tx, key: AccountKey) -> Result<Account> {
    tx.account_by_key(key)
        .await?
        .ok_or(Error::NotFound(Kind::Account))
}
