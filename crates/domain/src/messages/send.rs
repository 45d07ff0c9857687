//! Sending a message: the main job. Validate, decide on facts, append in one atomic step, publish. A message that is
//! not to be kept takes the same way as far as the gate and is then only relayed. A retry is an answer, not an error.

use std::sync::Arc;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::{Append, Appended, Message, Options, Placed, Post, Route, Status, content_type};
use crate::accounts::Account;
use crate::caller::{Caller, Role};
use crate::conversations::{Conversation, ConversationKind};
use crate::error::{Error, Reason, Result};
use crate::event::{Audience, Event, Recorded, Signal};
use crate::gate::Delivery;
use crate::ids::{ConversationId, MessageKey, UserId};
use crate::ports::{NewConversation, Tx};
use crate::time::Millis;
use crate::{Domain, gate, limits};

#[derive(Clone, Debug)]
pub struct SendMessage {
    /// In whose name; another's only for administrators.
    pub sender: UserId,
    pub to: Recipient,
    /// What is said. An empty client message id gets one of ours; the server message id is set here.
    pub post: Post,
    /// When it was sent, if an administrator says so; never later than now, and always later than
    /// the conversation's newest message.
    pub send_time: Option<Millis>,
    /// What the sender calls this request; it is shown to whoever is connected and kept nowhere.
    pub trace: String,
}

#[derive(Clone, Debug)]
pub enum Recipient {
    Person(UserId),
    /// A person, from a notification account.
    Notified(UserId),
}

/// What the sender learns. A retry gets the very same answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub client_msg_id: String,
    pub server_msg_id: String,
    pub send_time: Millis,
    /// Place in the conversation; 0 when the message was not stored.
    pub seq: i64,
}

impl Domain {
    /// Sends one message and returns when it is on disk. Sending the same client message id to the same
    /// conversation again, even at the same time, stores it once and gives the same answer.
    pub async fn send_message(&self, caller: &Caller, command: SendMessage) -> Result<Sent> {
        gate::may_act_for(caller, &command.sender)?;
        let now = self.clock.now();
        let send_time = send_time(&command, caller, now)?;
        let mut post = checked(command.post, caller)?;
        if post.client_msg_id.is_empty() {
            post.client_msg_id = self.ids.hex32();
        }
        post.server_msg_id = self.ids.hex32();

        let (kind, recipient) = match command.to {
            Recipient::Person(recipient) => (ConversationKind::Direct, recipient),
            Recipient::Notified(recipient) => (ConversationKind::Notification, recipient),
        };
        let mut letter = Letter {
            kind,
            caller,
            at: send_time,
            post: Arc::new(post),
            trace: command.trace,
        };
        let mut retries = 0;
        loop {
            let sender = self.account(&command.sender).await?;
            let recipient = self.account(&recipient).await?;
            match self.try_send(&mut letter, &sender, &recipient).await? {
                Attempt::Done(sent) => return Ok(sent),
                Attempt::PolicyChanged if retries == limits::POLICY_RETRIES_MAX => {
                    return Err(Error::Conflict(Reason::PolicyChanged));
                }
                Attempt::PolicyChanged => retries += 1,
            }
        }
    }

    async fn try_send(
        &self,
        letter: &mut Letter<'_>,
        sender: &Account,
        recipient: &Account,
    ) -> Result<Attempt> {
        if letter.kind == ConversationKind::Notification {
            gate::may_speak_as_system(letter.caller, sender)?;
        }
        let id = letter.conversation(sender, recipient);
        let chat = self.chat(&id).await?;
        match gate::may_write_to(letter.caller, recipient, chat.as_deref())? {
            Delivery::Normal => {}
            Delivery::Silent => letter.silence(),
            Delivery::Swallowed => return Ok(Attempt::Done(letter.sent(0, letter.at))),
        }
        if !letter.post.options.is_on(Options::HISTORY) {
            self.relay_message(
                letter.message(id, sender, recipient, None),
                sender,
                recipient,
            );
            return Ok(Attempt::Done(letter.sent(0, letter.at)));
        }
        let Some(chat) = chat else {
            return self.send_first(letter, id, sender, recipient).await;
        };
        let append = letter.append(&chat, sender);
        match self.store.append(append).await? {
            Appended::Stored(placed) => {
                let message = letter.message(id, sender, recipient, Some(placed));
                self.publisher.publish(vec![Recorded::appended(
                    letter.event(&chat, message, sender, recipient),
                )]);
                Ok(Attempt::Done(letter.sent(placed.seq, placed.send_time)))
            }
            Appended::Replay {
                placed,
                server_msg_id,
            } => Ok(Attempt::Done(letter.replayed(placed, server_msg_id))),
            Appended::PolicyChanged => {
                self.facts.forget_policies(&sender.user_id, &id);
                Ok(Attempt::PolicyChanged)
            }
        }
    }

    /// The first message of two people also puts the chat into their lists, in the same transaction.
    async fn send_first(
        &self,
        letter: &Letter<'_>,
        id: ConversationId,
        sender: &Account,
        recipient: &Account,
    ) -> Result<Attempt> {
        let mut tx = self.store.begin().await?;
        let chat = self
            .open_chat(&mut *tx, &id, letter.kind, sender, recipient)
            .await?;
        match tx.append_message(&letter.append(&chat, sender)).await? {
            Appended::Stored(placed) => {
                let message = letter.message(id, sender, recipient, Some(placed));
                tx.record(letter.event(&chat, message, sender, recipient))
                    .await?;
                self.commit(tx).await?;
                Ok(Attempt::Done(letter.sent(placed.seq, placed.send_time)))
            }
            // Somebody else was first with this very message. Theirs may be waiting for the disk still; an empty
            // commit waits with it.
            Appended::Replay {
                placed,
                server_msg_id,
            } => {
                self.commit(tx).await?;
                Ok(Attempt::Done(letter.replayed(placed, server_msg_id)))
            }
            Appended::PolicyChanged => {
                self.facts.forget_policies(&sender.user_id, &id);
                Ok(Attempt::PolicyChanged)
            }
        }
    }

    /// Makes the chat and puts it into the lists of those who have one: both people, or the one who is notified.
    pub(crate) async fn open_chat(
        &self,
        tx: &mut dyn Tx,
        id: &ConversationId,
        kind: ConversationKind,
        sender: &Account,
        recipient: &Account,
    ) -> Result<Conversation> {
        let sides = (sender.key, recipient.key);
        let (chat, _) = tx
            .ensure_conversation(&NewConversation {
                id: id.clone(),
                kind,
                sides,
            })
            .await?;
        let mut listed = match kind {
            ConversationKind::Direct => vec![sender.key, recipient.key],
            ConversationKind::Notification => vec![recipient.key],
            ConversationKind::Notice => Vec::new(),
        };
        // In one order whoever sends, so that two first messages that cross do not wait for each other.
        listed.sort_unstable();
        listed.dedup();
        let now = self.clock.now();
        for account in listed {
            if tx.ensure_participant(chat.key, account, now).await? {
                tx.log_conversation_change(account, std::slice::from_ref(id), true, now)
                    .await?;
            }
        }
        Ok(chat)
    }

    /// Hands a message that is not kept to whoever is connected.
    pub(crate) fn relay_message(&self, message: Message, sender: &Account, recipient: &Account) {
        let audience = audience(message.post.options, sender, recipient);
        self.publisher.signal(Signal::MessageRelayed {
            message: Arc::new(message),
            audience,
        });
    }
}

/// A message on its way: what does not change between tries.
struct Letter<'a> {
    kind: ConversationKind,
    caller: &'a Caller,
    at: Millis,
    post: Arc<Post>,
    trace: String,
}

enum Attempt {
    Done(Sent),
    PolicyChanged,
}

impl Letter<'_> {
    fn conversation(&self, sender: &Account, recipient: &Account) -> ConversationId {
        match self.kind {
            ConversationKind::Direct => ConversationId::direct(&sender.user_id, &recipient.user_id),
            ConversationKind::Notification => {
                ConversationId::notification(&sender.user_id, &recipient.user_id)
            }
            ConversationKind::Notice => ConversationId::notice(&sender.user_id, &recipient.user_id),
        }
    }

    fn silence(&mut self) {
        let post = Arc::make_mut(&mut self.post);
        post.options = post.options.with_off(Options::OFFLINE_PUSH);
    }

    fn append(&self, chat: &Conversation, sender: &Account) -> Append {
        Append {
            conversation: chat.key,
            sender: sender.key,
            conversation_policy: chat.policy,
            sender_policy: sender.policy,
            at: self.at,
            post: self.post.clone(),
        }
    }

    fn message(
        &self,
        conversation: ConversationId,
        sender: &Account,
        recipient: &Account,
        placed: Option<Placed>,
    ) -> Message {
        Message {
            route: Route {
                conversation,
                kind: self.kind,
                sender: sender.user_id.clone(),
                recipient: recipient.user_id.clone(),
            },
            key: placed.map_or(MessageKey(0), |placed| placed.key),
            seq: placed.map_or(0, |placed| placed.seq),
            send_time: placed.map_or(self.at, |placed| placed.send_time),
            status: Status::Sent,
            is_read: false,
            post: self.post.clone(),
        }
    }

    fn event(
        &self,
        chat: &Conversation,
        message: Message,
        sender: &Account,
        recipient: &Account,
    ) -> Event {
        Event::MessageAppended {
            conversation: chat.key,
            audience: audience(message.post.options, sender, recipient),
            message: Arc::new(message),
            trace: self.trace.clone(),
        }
    }

    fn sent(&self, seq: i64, send_time: Millis) -> Sent {
        Sent {
            client_msg_id: self.post.client_msg_id.clone(),
            server_msg_id: self.post.server_msg_id.clone(),
            send_time,
            seq,
        }
    }

    fn replayed(&self, placed: Placed, server_msg_id: String) -> Sent {
        Sent {
            server_msg_id,
            ..self.sent(placed.seq, placed.send_time)
        }
    }
}

/// Both sides see a message, the sender on all devices, unless the sender asked for the other side only.
fn audience(options: Options, sender: &Account, recipient: &Account) -> Audience {
    if options.is_on(Options::SENDER_SYNC) {
        Audience::pair(sender.key, recipient.key)
    } else {
        Audience::Account(recipient.key)
    }
}

fn send_time(command: &SendMessage, caller: &Caller, now: Millis) -> Result<Millis> {
    match command.send_time {
        Some(time) if time < 0 => Err(Error::invalid("sendTime", "must not be negative")),
        Some(time) if caller.role == Role::Administrator && time > 0 => Ok(time.min(now)),
        _ => Ok(now),
    }
}

/// Refuses what no device could use or what would harm others, and forces the options that a content type implies.
fn checked(mut post: Post, caller: &Caller) -> Result<Post> {
    if post.client_msg_id.len() > limits::CLIENT_MSG_ID_BYTES_MAX {
        return Err(Error::invalid("clientMsgID", "is too long"));
    }
    if post.content_type <= 0 {
        return Err(Error::invalid("contentType", "must be positive"));
    }
    if post.create_time < 0 {
        return Err(Error::invalid("createTime", "must not be negative"));
    }
    if post.at.len() > limits::AT_USERS_MAX {
        return Err(Error::invalid("atUserIDList", "names too many people"));
    }
    check_texts(&post)?;
    check_size(&post)?;
    if caller.role != Role::Administrator {
        // Devices obey notifications (recall this, you were kicked), so people cannot write them.
        if post.content_type >= content_type::NOTIFICATION_BEGIN {
            return Err(Error::invalid("contentType", "is reserved for the server"));
        }
        if !post.options.is_on(Options::IS_NOT_NOTIFICATION) {
            return Err(Error::invalid(
                "options",
                "isNotNotification is reserved for the server",
            ));
        }
    }
    let forced = match post.content_type {
        content_type::TYPING => Options::ONLINE_ONLY,
        content_type::HAS_READ => {
            Options::ONLINE_ONLY & !(Options::HISTORY | Options::PERSISTENT | Options::SENDER_SYNC)
        }
        content_type::REVOKE => Options::UNREAD_COUNT | Options::OFFLINE_PUSH,
        _ => 0,
    };
    post.options = post.options.with_off(forced);
    Ok(post)
}

/// PostgreSQL keeps no NUL in a text, so none is taken anywhere. The content is bytes and may hold what it likes.
fn check_texts(post: &Post) -> Result<()> {
    let push = post.push.as_deref();
    let texts = [
        &post.client_msg_id,
        &post.sender_nickname,
        &post.sender_face_url,
        &post.attached_info,
        &post.ex,
    ];
    let pushed = push.into_iter().flat_map(|push| {
        [
            &push.title,
            &push.text,
            &push.ex,
            &push.ios_sound,
            &push.signal_info,
        ]
    });
    if texts
        .into_iter()
        .chain(pushed)
        .chain(&post.at)
        .any(|text| text.contains('\0'))
    {
        return Err(Error::invalid("message", "has a NUL in a text"));
    }
    Ok(())
}

/// A client reads frames of at most 1 MiB and asks for 50 messages at once, so a message must fit fifty times, as
/// it travels: compressed.
fn check_size(post: &Post) -> Result<()> {
    if post.content.len() > limits::CONTENT_BYTES_MAX {
        return Err(Error::invalid("content", "is too long"));
    }
    let rest = post.attached_info.len()
        + post.ex.len()
        + post.sender_nickname.len()
        + post.sender_face_url.len()
        + post.push.as_ref().map_or(0, |push| {
            push.title.len()
                + push.text.len()
                + push.ex.len()
                + push.ios_sound.len()
                + push.signal_info.len()
        })
        + post.at.iter().map(String::len).sum::<usize>();
    if rest > limits::EXTRA_BYTES_MAX {
        return Err(Error::invalid(
            "message",
            "carries too much besides its content",
        ));
    }
    if post.content.len() + rest > limits::PLAIN_BYTES_MAX
        && compressed_len(post) > limits::PLAIN_BYTES_MAX
    {
        return Err(Error::invalid(
            "content",
            "is too long for what it can be compressed to",
        ));
    }
    Ok(())
}

fn compressed_len(post: &Post) -> usize {
    use std::io::Write;
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
    for part in [
        &post.content[..],
        post.attached_info.as_bytes(),
        post.ex.as_bytes(),
    ] {
        deflate.write_all(part).expect("writing to memory");
    }
    deflate.finish().expect("writing to memory").len()
}
