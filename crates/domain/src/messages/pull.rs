//! Reading messages: what is new (by range), what is missing (by number), what stands last. Every answer is for one
//! account: what it may see, and what it has deleted shown as deleted.

use std::collections::HashMap;

use bytes::Bytes;

use super::{Message, Status};
use crate::caller::Caller;
use crate::conversations::{ConversationKind, Reach, SeqState};
use crate::error::{Error, Result};
use crate::ids::{AccountKey, ConversationId, ConversationKey, UserId};
use crate::ports::{LogRange, View};
use crate::{Domain, gate, limits};

/// An inclusive stretch of a conversation; of a chat only the newest `newest` of it.
#[derive(Clone, Debug)]
pub struct SeqRange {
    pub conversation: ConversationId,
    pub begin: i64,
    pub end: i64,
    pub newest: i64,
}

/// Certain messages of a conversation.
#[derive(Clone, Debug)]
pub struct SeqsOf {
    pub conversation: ConversationId,
    pub seqs: Vec<i64>,
}

/// In which direction the reader is going; messages are always in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Ascending,
    Descending,
}

/// Messages of one conversation, ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PulledMessages {
    pub conversation: ConversationId,
    pub messages: Vec<Message>,
    /// There is nothing further in the reader's direction.
    pub is_end: bool,
    /// The outermost visible message, when `is_end` was found by asking beyond it; else 0.
    pub end_seq: i64,
}

impl Domain {
    /// How far every conversation of the owner has grown, chats and notices.
    pub async fn seq_states(&self, caller: &Caller, owner: &UserId) -> Result<Vec<SeqState>> {
        gate::may_act_for(caller, owner)?;
        let owner = self.account(owner).await?;
        self.store.view().await?.seq_states(owner.key).await
    }

    /// The newest messages of ranges. A chat is answered with the newest of the range only, a notice log in full.
    pub async fn pull_ranges(
        &self,
        caller: &Caller,
        owner: &UserId,
        ranges: &[SeqRange],
        order: Order,
    ) -> Result<Vec<PulledMessages>> {
        gate::may_act_for(caller, owner)?;
        check_count(ranges.len())?;
        let owner = self.account(owner).await?;
        let mut view = self.store.view().await?;
        let ids: Vec<_> = ranges
            .iter()
            .map(|range| range.conversation.clone())
            .collect();
        let reaches = by_id(view.reaches(owner.key, &ids).await?);
        let mut asked = Vec::with_capacity(ranges.len());
        for range in ranges {
            let Some(reach) = reaches.get(&range.conversation) else {
                continue;
            };
            let end = range.end.min(reach.max_seq);
            let mut begin = range.begin.max(reach.min_seq);
            if reach.conversation.kind != ConversationKind::Notice && range.newest > 0 {
                begin = begin.max(end - range.newest.min(limits::PULLED_MESSAGES_MAX as i64) + 1);
            }
            if begin <= end {
                asked.push((
                    reach,
                    LogRange {
                        conversation: reach.conversation.key,
                        begin,
                        end,
                    },
                ));
            }
        }
        let mut pulled = self.read(&mut *view, owner.key, &asked).await?;
        for answer in &mut pulled {
            let reach = &reaches[&answer.conversation];
            answer.is_end = ranges
                .iter()
                .filter(|range| range.conversation == answer.conversation)
                .all(|range| match order {
                    Order::Ascending => reach.max_seq <= range.end,
                    Order::Descending => range.begin <= reach.min_seq,
                });
        }
        pulled.retain(|answer| !answer.messages.is_empty());
        self.note_pulled(caller, owner.key, &reaches, &pulled);
        Ok(pulled)
    }

    /// Certain messages. Every conversation that the owner can see is in the answer, even with nothing in it: the
    /// SDKs take an absent one as "ask again".
    pub async fn pull_seqs(
        &self,
        caller: &Caller,
        owner: &UserId,
        wanted: &[SeqsOf],
        order: Order,
    ) -> Result<Vec<PulledMessages>> {
        gate::may_act_for(caller, owner)?;
        check_count(wanted.len())?;
        check_count(wanted.iter().map(|of| of.seqs.len()).sum())?;
        let owner = self.account(owner).await?;
        let mut view = self.store.view().await?;
        let ids: Vec<_> = wanted.iter().map(|of| of.conversation.clone()).collect();
        let reaches = by_id(view.reaches(owner.key, &ids).await?);
        let mut asked = Vec::new();
        for of in wanted {
            let Some(reach) = reaches.get(&of.conversation) else {
                continue;
            };
            let mut seqs: Vec<i64> = of
                .seqs
                .iter()
                .copied()
                .filter(|seq| (reach.min_seq..=reach.max_seq).contains(seq))
                .collect();
            seqs.sort_unstable();
            seqs.dedup();
            for run in seqs.chunk_by(|a, b| a + 1 == *b) {
                let range = LogRange {
                    conversation: reach.conversation.key,
                    begin: run[0],
                    end: run[run.len() - 1],
                };
                asked.push((reach, range));
            }
        }
        let mut found: HashMap<_, _> = self
            .read(&mut *view, owner.key, &asked)
            .await?
            .into_iter()
            .map(|answer| (answer.conversation.clone(), answer.messages))
            .collect();
        let answers: Vec<_> = wanted
            .iter()
            .filter_map(|of| {
                let reach = reaches.get(&of.conversation)?;
                let (is_end, end_seq) = match order {
                    Order::Descending if of.seqs.iter().any(|seq| *seq < reach.min_seq) => {
                        (true, reach.min_seq)
                    }
                    Order::Ascending if of.seqs.iter().any(|seq| *seq > reach.max_seq) => {
                        (true, reach.max_seq)
                    }
                    Order::Ascending | Order::Descending => (false, 0),
                };
                let messages = found.remove(&of.conversation).unwrap_or_default();
                Some(PulledMessages {
                    conversation: of.conversation.clone(),
                    messages,
                    is_end,
                    end_seq,
                })
            })
            .collect();
        self.note_pulled(caller, owner.key, &reaches, &answers);
        Ok(answers)
    }

    /// The newest message of each conversation that the owner has not deleted.
    pub async fn newest_messages(
        &self,
        caller: &Caller,
        owner: &UserId,
        ids: &[ConversationId],
    ) -> Result<Vec<Message>> {
        gate::may_act_for(caller, owner)?;
        check_count(ids.len())?;
        let owner = self.account(owner).await?;
        let mut view = self.store.view().await?;
        let mut open: Vec<(Reach, i64)> = view
            .reaches(owner.key, ids)
            .await?
            .into_iter()
            .filter(|reach| reach.conversation.kind != ConversationKind::Notice)
            .map(|reach| {
                let end = reach.max_seq;
                (reach, end)
            })
            .collect();
        let mut newest = Vec::with_capacity(open.len());
        // Deleted messages are rare: the first look, one message deep, answers nearly all; each further look at the
        // few that are left goes ten times as deep.
        let mut depth = 1;
        while !open.is_empty() && depth <= limits::PULLED_MESSAGES_MAX as i64 {
            let asked: Vec<_> = open
                .iter()
                .filter(|(reach, end)| *end >= reach.min_seq)
                .map(|(reach, end)| {
                    let begin = (end - depth + 1).max(reach.min_seq);
                    (
                        reach,
                        LogRange {
                            conversation: reach.conversation.key,
                            begin,
                            end: *end,
                        },
                    )
                })
                .collect();
            if asked.is_empty() {
                break;
            }
            for answer in self.read(&mut *view, owner.key, &asked).await? {
                newest.extend(
                    answer
                        .messages
                        .into_iter()
                        .rev()
                        .find(|message| message.status == Status::Sent),
                );
            }
            open.retain_mut(|(reach, end)| {
                *end -= depth;
                *end >= reach.min_seq
                    && !newest
                        .iter()
                        .any(|found| found.route.conversation == reach.conversation.id)
            });
            depth *= 10;
        }
        Ok(newest)
    }

    /// What `account` can see of one conversation, or `NotFound`.
    pub(crate) async fn reach(&self, account: AccountKey, id: &ConversationId) -> Result<Reach> {
        let mut view = self.store.view().await?;
        let mut reaches = view.reaches(account, std::slice::from_ref(id)).await?;
        reaches
            .pop()
            .ok_or(Error::NotFound(crate::error::Kind::Conversation))
    }

    /// Reads ranges in one query and puts the messages under their conversations, in the order of the ranges.
    async fn read(
        &self,
        view: &mut dyn View,
        owner: AccountKey,
        asked: &[(&Reach, LogRange)],
    ) -> Result<Vec<PulledMessages>> {
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let ranges: Vec<_> = asked.iter().map(|(_, range)| *range).collect();
        let reaches: HashMap<ConversationKey, &Reach> = asked
            .iter()
            .map(|(reach, range)| (range.conversation, *reach))
            .collect();
        let mut pulled: Vec<PulledMessages> = Vec::new();
        let mut bytes = 0;
        for logged in view
            .messages_in(owner, &ranges, limits::PULLED_MESSAGES_MAX)
            .await?
        {
            bytes += logged.post.content.len();
            if bytes > limits::PULLED_BYTES_MAX {
                break;
            }
            let reach = reaches[&logged.conversation];
            let is_hidden = logged.is_hidden;
            let Some(mut message) = reach.conversation.message(logged) else {
                continue;
            };
            if is_hidden || message.status == Status::Deleted {
                blank(&mut message);
            }
            match pulled.last_mut() {
                Some(last) if last.conversation == message.route.conversation => {
                    last.messages.push(message)
                }
                _ => pulled.push(PulledMessages {
                    conversation: message.route.conversation.clone(),
                    messages: vec![message],
                    is_end: false,
                    end_seq: 0,
                }),
            }
        }
        Ok(pulled)
    }
}

/// A deleted message keeps its place and its ids, so that a device does not ask for it again.
fn blank(message: &mut Message) {
    message.status = Status::Deleted;
    let post = std::sync::Arc::make_mut(&mut message.post);
    post.content = Bytes::new();
    post.attached_info.clear();
    post.ex.clear();
    post.push = None;
}

fn by_id(reaches: Vec<Reach>) -> HashMap<ConversationId, Reach> {
    reaches
        .into_iter()
        .map(|reach| (reach.conversation.id.clone(), reach))
        .collect()
}

fn check_count(count: usize) -> Result<()> {
    if count > limits::PULLED_MESSAGES_MAX {
        return Err(Error::invalid("seqs", "are more than one answer holds"));
    }
    Ok(())
}
