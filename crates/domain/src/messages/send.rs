//! Sending a message: the main job. Validate, decide on facts, append in one atomic step, publish. A message that is
//! not to be kept takes the same way as far as the gate and is then only relayed. A retry is an answer, not an error.

use std::sync::Arc;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::{Append, Appended, Message, Options, Placed, Post, Route, Status, content_type};
use crate::accounts::Account;
use crate::caller::{Caller, Role};
use crate::conversations::{Conversation, ConversationKind, Party};
use crate::error::{Error, Reason, Result};
use crate::event::{Audience, Event, Recorded, Signal};
use crate::facts::Chat;
use crate::gate::Delivery;
use crate::hooks::Shown;
use crate::ids::{ConversationId, GroupId, MessageKey, UserId};
use crate::ports::{Between, NewConversation, Tx};
use crate::reactions::Reaction;
use crate::relations::Relation;
use crate::sync::{Change, List};
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
    Group(GroupId),
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

        let mut letter = Letter {
            caller,
            at: send_time,
            post: Arc::new(post),
            trace: command.trace,
            shown: None,
        };
        let mut retries = 0;
        loop {
            let sender = self.account(&command.sender).await?;
            let attempt = match &command.to {
                Recipient::Person(recipient) => {
                    let recipient = self.account(recipient).await?;
                    let kind = ConversationKind::Direct;
                    self.send_to_person(&mut letter, kind, &sender, &recipient)
                        .await?
                }
                Recipient::Notified(recipient) => {
                    gate::may_speak_as_system(caller, &sender)?;
                    let recipient = self.account(recipient).await?;
                    let kind = ConversationKind::Notification;
                    self.send_to_person(&mut letter, kind, &sender, &recipient)
                        .await?
                }
                Recipient::Group(group) => self.send_to_group(&mut letter, &sender, group).await?,
            };
            match attempt {
                Attempt::Done(sent) => return Ok(sent),
                Attempt::PolicyChanged if retries == limits::POLICY_RETRIES_MAX => {
                    return Err(Error::Conflict(Reason::PolicyChanged));
                }
                Attempt::PolicyChanged => retries += 1,
            }
        }
    }

    async fn send_to_person(
        &self,
        letter: &mut Letter<'_>,
        kind: ConversationKind,
        sender: &Account,
        recipient: &Account,
    ) -> Result<Attempt> {
        let mut way = Way {
            conversation: match kind {
                ConversationKind::Notification => {
                    ConversationId::notification(&sender.user_id, &recipient.user_id)
                }
                ConversationKind::Direct | ConversationKind::Group | ConversationKind::Notice => {
                    ConversationId::direct(&sender.user_id, &recipient.user_id)
                }
            },
            kind,
            sender,
            recipient: Party::Person(recipient.user_id.clone()),
            audience: audience(letter.post.options, sender, recipient),
        };
        let Some(chat) = self.chat(&way.conversation).await? else {
            self.ask_hooks(letter, &mut way).await?;
            return self.send_first(letter, &way, recipient).await;
        };
        match self.may_write(letter, &chat, sender, recipient)? {
            Delivery::Normal => {}
            Delivery::Silent => letter.silence(),
            Delivery::Swallowed => return Ok(Attempt::Done(letter.sent(0, letter.at))),
        }
        self.ask_hooks(letter, &mut way).await?;
        let attempt = self.deliver(letter, &way, &chat.conversation).await?;
        if matches!(attempt, Attempt::PolicyChanged) {
            self.facts
                .forget_policies(&sender.user_id, &way.conversation);
        }
        Ok(attempt)
    }

    async fn send_to_group(
        &self,
        letter: &mut Letter<'_>,
        sender: &Account,
        group: &GroupId,
    ) -> Result<Attempt> {
        let hall = self.hall(group).await?;
        let place = hall.roster.entry(sender.key);
        gate::may_speak_in(letter.caller, &hall.group, place, self.clock.now())?;
        let mut way = Way {
            conversation: hall.chat.id.clone(),
            kind: ConversationKind::Group,
            sender,
            recipient: Party::Group(group.clone()),
            audience: hall.audience(match place {
                // Somebody from outside hears their own words too.
                None => Arc::from([sender.key]),
                Some(_) => Arc::from([]),
            }),
        };
        self.ask_hooks(letter, &mut way).await?;
        let attempt = self.deliver(letter, &way, &hall.chat).await?;
        if matches!(attempt, Attempt::PolicyChanged) {
            self.facts.forget_group_policies(&sender.user_id, group);
        }
        Ok(attempt)
    }

    /// Asks the application's server, once however often the send is tried.
    async fn ask_hooks(&self, letter: &mut Letter<'_>, way: &mut Way<'_>) -> Result<()> {
        if !self.has_sending_hooks() {
            return Ok(());
        }
        if letter.shown.is_none() {
            letter.shown = Some(self.ask_about(letter, way).await?);
        }
        if let Some(shown) = &letter.shown {
            way.audience = self.narrowed(&way.audience, way.sender.key, shown).await?;
        }
        Ok(())
    }

    async fn ask_about(&self, letter: &mut Letter<'_>, way: &Way<'_>) -> Result<Shown> {
        let message = letter.message(way, None);
        let mut post = Post::clone(&letter.post);
        self.ask_to_send(letter.caller, &message, &mut post).await?;
        if post != *letter.post {
            letter.post = Arc::new(checked(post, letter.caller)?);
        }
        Ok(self.ask_to_show(&letter.message(way, None)).await)
    }

    /// Appends the message and publishes it; one that is not to be kept is only handed on.
    async fn deliver(
        &self,
        letter: &Letter<'_>,
        way: &Way<'_>,
        chat: &Conversation,
    ) -> Result<Attempt> {
        if !letter.post.options.is_on(Options::HISTORY) {
            return Ok(self.relay_letter(letter, way));
        }
        if way.kind == ConversationKind::Group && !letter.post.at.is_empty() {
            return self.deliver_call(letter, way, chat).await;
        }
        let append = letter.append(chat, way.sender);
        match self.store.append(append).await? {
            Appended::Stored(placed) => {
                let event = letter.event(way, chat, placed);
                self.publisher.publish(vec![Recorded::appended(event)]);
                Ok(Attempt::Done(letter.sent(placed.seq, placed.send_time)))
            }
            Appended::Replay {
                placed,
                server_msg_id,
            } => Ok(Attempt::Done(letter.replayed(placed, server_msg_id))),
            Appended::PolicyChanged => Ok(Attempt::PolicyChanged),
        }
    }

    /// As [`Self::deliver`], for a message that calls members with `@`: their chats will be marked.
    async fn deliver_call(
        &self,
        letter: &Letter<'_>,
        way: &Way<'_>,
        chat: &Conversation,
    ) -> Result<Attempt> {
        let mut tx = self.store.begin().await?;
        match tx.append_message(&letter.append(chat, way.sender)).await? {
            Appended::Stored(placed) => {
                let reaction = Reaction::MarkCalled {
                    conversation: chat.key.0,
                    seq: placed.seq,
                };
                self.promise(&mut *tx, &reaction).await?;
                tx.record(letter.event(way, chat, placed)).await?;
                self.commit(tx).await?;
                self.reactions_promised();
                Ok(Attempt::Done(letter.sent(placed.seq, placed.send_time)))
            }
            Appended::Replay {
                placed,
                server_msg_id,
            } => {
                self.commit(tx).await?;
                Ok(Attempt::Done(letter.replayed(placed, server_msg_id)))
            }
            Appended::PolicyChanged => Ok(Attempt::PolicyChanged),
        }
    }

    fn relay_letter(&self, letter: &Letter<'_>, way: &Way<'_>) -> Attempt {
        self.publisher.signal(Signal::MessageRelayed {
            message: Arc::new(letter.message(way, None)),
            audience: way.audience.clone(),
        });
        Attempt::Done(letter.sent(0, letter.at))
    }

    /// The first message of two people also puts the chat into their lists, in the same transaction.
    async fn send_first(
        &self,
        letter: &mut Letter<'_>,
        way: &Way<'_>,
        recipient: &Account,
    ) -> Result<Attempt> {
        let sender = way.sender;
        let mut tx = self.store.begin().await?;
        if !letter.post.options.is_on(Options::HISTORY) {
            let relation = tx.relation(sender.key, recipient.key).await?;
            self.commit(tx).await?;
            return Ok(match self.may_open(letter, recipient, relation)? {
                Delivery::Swallowed => Attempt::Done(letter.sent(0, letter.at)),
                Delivery::Normal | Delivery::Silent => self.relay_letter(letter, way),
            });
        }
        let chat = self
            .open_chat(&mut *tx, &way.conversation, way.kind, sender, recipient)
            .await?;
        // Asked under the lock of the chat's row, which blocking somebody takes too.
        let relation = tx.relation(sender.key, recipient.key).await?;
        match self.may_open(letter, recipient, relation)? {
            Delivery::Normal => {}
            Delivery::Silent => letter.silence(),
            Delivery::Swallowed => return Ok(Attempt::Done(letter.sent(0, letter.at))),
        }
        match tx.append_message(&letter.append(&chat, sender)).await? {
            Appended::Stored(placed) => {
                tx.record(letter.event(way, &chat, placed)).await?;
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
                self.facts
                    .forget_policies(&sender.user_id, &way.conversation);
                Ok(Attempt::PolicyChanged)
            }
        }
    }

    fn may_write(
        &self,
        letter: &Letter<'_>,
        chat: &Chat,
        sender: &Account,
        recipient: &Account,
    ) -> Result<Delivery> {
        let relation = if sender.key <= recipient.key {
            chat.relation
        } else {
            chat.relation.turned()
        };
        let here = chat
            .conversation
            .side(recipient.key)
            .map(|side| side.receive);
        let friends_only = self.settings.friends_only;
        gate::may_write_to(letter.caller, recipient, here, relation, friends_only)
    }

    fn may_open(
        &self,
        letter: &Letter<'_>,
        recipient: &Account,
        relation: Relation,
    ) -> Result<Delivery> {
        let friends_only = self.settings.friends_only;
        gate::may_write_to(letter.caller, recipient, None, relation, friends_only)
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
        let (chat, _) = tx
            .ensure_conversation(&NewConversation {
                id: id.clone(),
                kind,
                between: Between::Accounts(sender.key, recipient.key),
            })
            .await?;
        let mut listed = match kind {
            ConversationKind::Direct => vec![sender.key, recipient.key],
            ConversationKind::Notification => vec![recipient.key],
            // A group's chat comes into the lists of its members when they join.
            ConversationKind::Group | ConversationKind::Notice => Vec::new(),
        };
        // In one order whoever sends, so that two first messages that cross do not wait for each other.
        listed.sort_unstable();
        listed.dedup();
        let now = self.clock.now();
        for account in listed {
            if tx.ensure_participant(chat.key, account, now).await? {
                tx.log_change(
                    &[List::Conversations(account)],
                    &[id.as_str()],
                    Change::Inserted,
                )
                .await?;
            }
        }
        Ok(chat)
    }
}

/// A message on its way: what does not change between tries.
struct Letter<'a> {
    caller: &'a Caller,
    at: Millis,
    post: Arc<Post>,
    trace: String,
    /// What hooks said of showing it; `None` while they were not asked.
    shown: Option<Shown>,
}

/// Where it goes, and who hears it.
struct Way<'a> {
    conversation: ConversationId,
    kind: ConversationKind,
    sender: &'a Account,
    recipient: Party,
    audience: Audience,
}

enum Attempt {
    Done(Sent),
    PolicyChanged,
}

impl Letter<'_> {
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
            raises_read_seq: chat.kind == ConversationKind::Group,
            at: self.at,
            post: self.post.clone(),
        }
    }

    fn message(&self, way: &Way<'_>, placed: Option<Placed>) -> Message {
        Message {
            route: Route {
                conversation: way.conversation.clone(),
                kind: way.kind,
                sender: way.sender.user_id.clone(),
                recipient: way.recipient.clone(),
            },
            key: placed.map_or(MessageKey(0), |placed| placed.key),
            seq: placed.map_or(0, |placed| placed.seq),
            send_time: placed.map_or(self.at, |placed| placed.send_time),
            status: Status::Sent,
            is_read: false,
            post: self.post.clone(),
        }
    }

    fn event(&self, way: &Way<'_>, chat: &Conversation, placed: Placed) -> Event {
        Event::MessageAppended {
            conversation: chat.key,
            audience: way.audience.clone(),
            message: Arc::new(self.message(way, Some(placed))),
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
pub(super) fn check_texts(post: &Post) -> Result<()> {
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
pub(super) fn check_size(post: &Post) -> Result<()> {
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
