//! The log. Messages keep their numbers, so that devices that have a part of it already go on behind it. What the other
//! system has lost becomes a deleted row, because our numbers have no gaps; before the first message that is left the
//! numbers are removed ones. Times are made to grow along the log, and client ids to name one message each.

use std::collections::{BTreeSet, HashMap, HashSet};

use bytes::Bytes;
use serde_json::json;
use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::conversations::{FOREIGN, by_id};
use super::groups::find_groups;
use super::{Import, Step};
use crate::conversations::ConversationKind;
use crate::error::Result;
use crate::ids::{AccountKey, ConversationId, ConversationKey, UserId};
use crate::messages::{Origin, Post, Status, body, content_type};
use crate::ports::{ImportedConversation, ImportedHead, ImportedHide, ImportedMessage, Tx};
use crate::search::SearchIndexer;
use crate::time::Millis;

/// Rows that are written at once.
const ROWS_AT_ONCE: usize = 5_000;

/// Conversations whose heads are kept in memory; then it begins anew.
const HEADS_KEPT: usize = 200_000;

pub(super) const LOST: &str = "missing messages, now deleted ones";
const ODD_ID: &str = "the conversation's kind or people cannot be told";
const NO_SIDE: &str = "the sender is neither of the two";
const NO_SENDER: &str = "the sender's id cannot be used here";

/// Some consecutive messages of one conversation.
#[derive(Clone, Debug)]
pub struct MessageDocument {
    pub conversation: String,
    /// The number of the first entry.
    pub first_seq: i64,
    pub entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
pub enum Entry {
    Message(Box<MessageRecord>),
    /// There is nothing, or not yet.
    Nothing,
    /// There was a message, which is gone or cannot be read.
    Gone,
}

#[derive(Clone, Debug, Default)]
pub struct MessageRecord {
    pub sender: String,
    pub recipient: String,
    pub group: String,
    pub session_type: i64,
    pub send_time: Millis,
    /// OpenIM's number; 4 is deleted.
    pub status: i64,
    pub post: Post,
    pub recalled: Option<RecallRecord>,
    /// Who does not want to see it.
    pub hidden_from: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub struct RecallRecord {
    pub by: String,
    pub nickname: String,
    pub role: i64,
    pub at: Millis,
}

/// The conversations that the import has met lately.
#[derive(Default)]
pub(super) struct Heads(HashMap<String, Head>);

#[derive(Clone)]
struct Head {
    row: ImportedConversation,
    is_changed: bool,
}

/// What one transaction is going to write.
#[derive(Default)]
struct Harvest {
    messages: Vec<ImportedMessage>,
    hides: Vec<ImportedHide>,
}

impl Import<'_> {
    /// Takes documents, those of each conversation in the order of their numbers.
    pub async fn take_messages(
        &mut self,
        documents_read: u64,
        batch: Vec<MessageDocument>,
    ) -> Result<()> {
        let step = Step::Messages;
        let mut tx = self.domain.store.begin().await?;
        self.find_people(&mut *tx, &batch).await?;
        let mut heads = std::mem::take(&mut self.conversations);
        if heads.0.len() > HEADS_KEPT {
            heads.0.clear();
        }
        self.find_heads(&mut *tx, &mut heads, &batch).await?;
        let mut harvest = Harvest::default();
        for document in batch {
            match heads.0.get_mut(&document.conversation) {
                None => self.skip_document(&document, ODD_ID),
                Some(head) if head.row.key <= self.mark.conversation => {
                    self.skip_document(&document, FOREIGN);
                }
                Some(head) => {
                    for (n, entry) in document.entries.into_iter().enumerate() {
                        let seq = document.first_seq + n as i64;
                        self.take_entry(head, seq, entry, &mut harvest);
                        if harvest.messages.len() >= ROWS_AT_ONCE {
                            self.write(&mut *tx, &mut harvest).await?;
                        }
                    }
                }
            }
        }
        self.write(&mut *tx, &mut harvest).await?;
        let mut changed = Vec::new();
        for head in heads.0.values_mut().filter(|head| head.is_changed) {
            head.is_changed = false;
            changed.push(head.row.head());
        }
        tx.import_heads(&changed).await?;
        tx.pass_over_messages(SearchIndexer::NAME).await?;
        self.conversations = heads;
        self.advance(&mut *tx, step, documents_read).await?;
        tx.commit().await.map(drop)
    }

    fn take_entry(&mut self, head: &mut Head, seq: i64, entry: Entry, harvest: &mut Harvest) {
        let tally = Step::Messages;
        if seq <= head.row.max_seq {
            if let Entry::Message(_) = entry {
                self.tally(tally)
                    .skip("the number is taken", || format!("{} {seq}", head.row.id));
            }
            return;
        }
        let message = match entry {
            Entry::Nothing => return,
            Entry::Gone => None,
            Entry::Message(record) => Some(record),
        };
        // Before the first message that is left, everything was removed for everybody.
        if head.row.last_time == 0 {
            if message.is_none() {
                head.remove_until(seq);
                return;
            }
            head.remove_until(seq - 1);
        }
        if let Some(sender) = message.as_ref().and_then(|m| self.account(&m.sender)) {
            head.row.someone = sender;
        }
        while head.row.max_seq + 1 < seq {
            harvest.messages.push(head.lost());
            self.tally(tally).change(LOST, 1);
        }
        let Some(record) = message else {
            harvest.messages.push(head.lost());
            self.tally(tally).change(LOST, 1);
            return;
        };
        match self.message(head, seq, *record, &mut harvest.hides) {
            Ok(message) => {
                self.tally(tally).taken += 1;
                harvest.messages.push(message);
            }
            Err(reason) => {
                let place = format!("{} {seq}", head.row.id);
                self.tally(tally).skip(reason, || place);
                harvest.messages.push(head.lost());
            }
        }
    }

    fn message(
        &mut self,
        head: &mut Head,
        seq: i64,
        record: MessageRecord,
        hides: &mut Vec<ImportedHide>,
    ) -> Result<ImportedMessage, &'static str> {
        let sender = self.account(&record.sender).ok_or(NO_SENDER)?;
        let is_of_two = head.row.high.0 != 0;
        if is_of_two && sender != head.row.low && sender != head.row.high {
            return Err(NO_SIDE);
        }
        let send_time = head.next_time(record.send_time);
        if send_time != record.send_time {
            self.tally(Step::Messages)
                .change("times of sending moved, so that they grow", 1);
        }
        head.advance(seq, send_time);
        let mut post = record.post;
        let mut status = Status::Sent;
        if let Some(recall) = &record.recalled {
            post.content = recall.body(seq, send_time, &record.sender, record.session_type, &post);
            post.content_type = content_type::RECALLED;
            post.push = None;
            self.tally(Step::Messages).change("recalled messages", 1);
        } else if record.status == Status::Deleted as i64 {
            status = Status::Deleted;
            clear(&mut post);
        }
        for viewer in &record.hidden_from {
            if let Some(account) = self.account(viewer) {
                hides.push(ImportedHide {
                    account,
                    conversation: head.row.key,
                    seq,
                });
            }
        }
        Ok(ImportedMessage {
            conversation: head.row.key,
            seq,
            sender,
            send_time,
            status,
            post,
        })
    }

    /// Writes what has been gathered, each message under a client id of its own.
    async fn write(&mut self, tx: &mut dyn Tx, harvest: &mut Harvest) -> Result<()> {
        let mut messages = std::mem::take(&mut harvest.messages);
        let ids: Vec<_> = messages
            .iter()
            .map(|m| (m.conversation, m.sender, m.post.client_msg_id.as_str()))
            .collect();
        let mut doubled: BTreeSet<usize> = tx.taken_client_ids(&ids).await?.into_iter().collect();
        let mut seen = HashSet::new();
        for (n, id) in ids.iter().enumerate() {
            if id.2.is_empty() || !seen.insert(*id) {
                doubled.insert(n);
            }
        }
        for n in doubled {
            let message = &mut messages[n];
            let made = made_id(message.conversation, message.seq);
            if message.post.client_msg_id.is_empty() {
                message.post.client_msg_id = made;
            } else {
                let old = &message.post.client_msg_id;
                let new = format!("{old}-{}", &made[..8]);
                self.tally(Step::Messages)
                    .note(|| format!("client id {old} is there twice; the second is {new}"));
                message.post.client_msg_id = new;
                self.tally(Step::Messages)
                    .change("client ids that stood twice, made different", 1);
            }
        }
        tx.import_messages(&messages).await?;
        tx.import_hides(&std::mem::take(&mut harvest.hides)).await
    }

    fn skip_document(&mut self, document: &MessageDocument, reason: &str) {
        let is_message = |entry: &&Entry| matches!(entry, Entry::Message(_));
        let count = document.entries.iter().filter(is_message).count() as u64;
        if count > 0 {
            self.tally(Step::Messages)
                .skip_many(reason, count, || document.conversation.clone());
        }
    }

    async fn find_people(&mut self, tx: &mut dyn Tx, batch: &[MessageDocument]) -> Result<()> {
        let mut people: HashMap<&str, &str> = HashMap::new();
        let mut viewers = HashSet::new();
        for record in messages(batch) {
            people.insert(&record.sender, &record.post.sender_nickname);
            if record.group.is_empty() && record.session_type != 3 {
                people.entry(&record.recipient).or_insert("");
            }
            viewers.extend(record.hidden_from.iter().map(String::as_str));
        }
        let people: Vec<_> = people.into_iter().collect();
        self.ensure_accounts(tx, &people, Step::Messages).await?;
        self.find_accounts(tx, viewers.into_iter()).await
    }

    /// Looks up the conversations of the documents and makes those that are new.
    async fn find_heads(
        &mut self,
        tx: &mut dyn Tx,
        heads: &mut Heads,
        batch: &[MessageDocument],
    ) -> Result<()> {
        let unknown: Vec<&MessageDocument> = batch
            .iter()
            .filter(|document| !heads.0.contains_key(&document.conversation))
            .collect();
        let ids: Vec<_> = unknown
            .iter()
            .filter_map(|document| ConversationId::parse(document.conversation.as_str()))
            .collect();
        let mut found = by_id(tx, &ids).await?;
        let groups = find_groups(
            tx,
            messages(batch)
                .filter(|record| record.session_type == 3)
                .map(group_of),
        )
        .await?;
        let (mut pairs, mut notices) = (Vec::new(), Vec::new());
        for document in unknown {
            let Some(first) = first_message(document) else {
                continue;
            };
            if found.contains_key(&document.conversation) {
                continue;
            }
            if let Some((group, _)) = groups.get(group_of(first))
                && document.conversation == format!("n_{}", group_of(first))
                && let Some(id) = ConversationId::parse(document.conversation.as_str())
            {
                notices.push((id, *group));
            } else if let Some(pair) = self.pair_by(&document.conversation, first) {
                pairs.push(pair);
            }
        }
        tx.import_conversation_pairs(&pairs).await?;
        tx.import_group_notices(&notices).await?;
        let made: Vec<_> = pairs
            .into_iter()
            .map(|(id, ..)| id)
            .chain(notices.into_iter().map(|(id, _)| id))
            .collect();
        found.extend(by_id(tx, &made).await?);
        let head = |(id, row)| {
            let head = Head {
                row,
                is_changed: false,
            };
            (id, head)
        };
        heads.0.extend(found.into_iter().map(head));
        Ok(())
    }

    /// The two between whom a message went, if the conversation's id is that of the two.
    fn pair_by(
        &self,
        conversation: &str,
        message: &MessageRecord,
    ) -> Option<(ConversationId, ConversationKind, AccountKey, AccountKey)> {
        let (a, b) = (
            UserId::new(message.sender.as_str())?,
            UserId::new(message.recipient.as_str())?,
        );
        let candidates = [
            (ConversationId::direct(&a, &b), ConversationKind::Direct),
            (ConversationId::notice(&a, &b), ConversationKind::Notice),
            (
                ConversationId::notification(&a, &b),
                ConversationKind::Notification,
            ),
        ];
        let mut candidates = candidates.into_iter();
        let (id, kind) = candidates.find(|(id, _)| id.as_str() == conversation)?;
        let (a, b) = (
            self.account(&message.sender)?,
            self.account(&message.recipient)?,
        );
        Some((id, kind, a.min(b), a.max(b)))
    }
}

impl Head {
    /// The first time that may follow.
    fn next_time(&self, wanted: Millis) -> Millis {
        wanted.max(self.row.last_time + 1)
    }

    fn advance(&mut self, seq: i64, time: Millis) {
        self.row.max_seq = seq;
        self.row.last_time = time;
        self.is_changed = true;
    }

    fn remove_until(&mut self, seq: i64) {
        self.row.max_seq = seq;
        if seq > 0 {
            self.row.min_seq = self.row.min_seq.max(seq + 1);
        }
        self.is_changed = true;
    }

    /// The next number as a deleted message.
    fn lost(&mut self) -> ImportedMessage {
        let is_of_two = self.row.high.0 != 0;
        let sender = if is_of_two {
            self.row.low
        } else {
            self.row.someone
        };
        let (seq, time) = (self.row.max_seq + 1, self.next_time(0));
        self.advance(seq, time);
        lost_message(self.row.key, sender, seq, time)
    }
}

impl ImportedConversation {
    fn head(&self) -> ImportedHead {
        ImportedHead {
            conversation: self.key,
            max_seq: self.max_seq,
            min_seq: self.min_seq,
            last_time: self.last_time,
        }
    }
}

/// A row for a message that is gone.
pub(super) fn lost_message(
    conversation: ConversationKey,
    sender: AccountKey,
    seq: i64,
    send_time: Millis,
) -> ImportedMessage {
    ImportedMessage {
        conversation,
        seq,
        sender,
        send_time,
        status: Status::Deleted,
        post: Post {
            client_msg_id: made_id(conversation, seq),
            origin: Origin::System,
            create_time: send_time,
            ..Post::default()
        },
    }
}

impl RecallRecord {
    /// What stands instead of a recalled message (`reference/openim/messages.md` §8).
    fn body(
        &self,
        seq: i64,
        send_time: Millis,
        sender: &str,
        session_type: i64,
        post: &Post,
    ) -> Bytes {
        body::notification(&json!({
            "revokerID": self.by,
            "revokerRole": self.role,
            "clientMsgID": post.client_msg_id,
            "revokerNickname": self.nickname,
            "revokeTime": self.at,
            "sourceMessageSendTime": send_time,
            "sourceMessageSendID": sender,
            "sourceMessageSenderNickname": post.sender_nickname,
            "sessionType": session_type,
            "seq": seq,
            "ex": post.ex,
        }))
    }
}

/// Takes away everything that was said, as erasing does.
fn clear(post: &mut Post) {
    post.content = Bytes::new();
    post.push = None;
    post.at.clear();
    post.attached_info.clear();
    post.ex.clear();
}

/// A client id for a message that has none: the same whenever it is imported.
fn made_id(conversation: ConversationKey, seq: i64) -> String {
    let seed = conversation.0.cast_unsigned();
    format!("{:032x}", xxh3_128_with_seed(&seq.to_le_bytes(), seed))
}

fn messages(batch: &[MessageDocument]) -> impl Iterator<Item = &MessageRecord> {
    batch.iter().flat_map(|document| {
        document.entries.iter().filter_map(|entry| match entry {
            Entry::Message(record) => Some(&**record),
            Entry::Nothing | Entry::Gone => None,
        })
    })
}

fn first_message(document: &MessageDocument) -> Option<&MessageRecord> {
    messages(std::slice::from_ref(document)).next()
}

/// Notices to a group may name it as the recipient only.
fn group_of(record: &MessageRecord) -> &str {
    if record.group.is_empty() {
        &record.recipient
    } else {
        &record.group
    }
}
