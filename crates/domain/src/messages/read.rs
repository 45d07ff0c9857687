//! Read positions. Each side of a chat has one; it only grows. The other side of a direct chat is told which
//! messages were read, by a notice; one's own other devices learn the new position.

use super::notice::Hearers;
use super::{body, content_type};
use crate::accounts::Account;
use crate::caller::Caller;
use crate::conversations::{ConversationKind, Reach};
use crate::error::{Error, Kind, Result};
use crate::event::Event;
use crate::hooks::{Hook, Report};
use crate::ids::{ConversationId, UserId};
use crate::{Domain, gate, limits};

#[derive(Clone, Debug)]
pub struct MarkRead {
    pub reader: UserId,
    pub conversation: ConversationId,
    /// The messages that were read. When empty, all between the old position and the new one.
    pub seqs: Vec<i64>,
    /// The new position; the largest of `seqs` when `None`.
    pub has_read_seq: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct SetReadSeq {
    pub reader: UserId,
    pub conversation: ConversationId,
    pub has_read_seq: i64,
}

impl Domain {
    /// Says that messages were read. The peer of a direct chat gets a receipt if anything is new; in other
    /// conversations only the reader's own devices are told.
    pub async fn mark_read(&self, caller: &Caller, command: MarkRead) -> Result<()> {
        let (reader, reach) = self
            .reader_and_reach(caller, &command.reader, &command.conversation)
            .await?;
        let has_read_seq = command
            .has_read_seq
            .or_else(|| command.seqs.iter().copied().max())
            .ok_or(Error::invalid("seqs", "must not be empty"))?;
        check_seqs(&reach, &command.seqs, has_read_seq)?;
        let peer = match reach.conversation.peer_of(reader.key) {
            Some(peer)
                if reach.conversation.kind == ConversationKind::Direct
                    && peer.account != reader.key =>
            {
                peer.account
            }
            _ => return self.set_read_position(&reader, &reach, has_read_seq).await,
        };

        let mut tx = self.store.begin().await?;
        let position = tx
            .raise_read_seq(reach.conversation.key, reader.key, has_read_seq)
            .await?;
        let seqs = receipt_seqs(&reach, &reader, command.seqs, has_read_seq);
        if !seqs.is_empty() {
            let content = body::has_read(&reader.user_id, &command.conversation, &seqs, position);
            let sides = (reader.key, Hearers::Account(peer));
            self.append_notice(
                &mut *tx,
                Some(&reach.conversation),
                sides,
                content_type::HAS_READ,
                content,
            )
            .await?;
            let report = Report::MessagesRead {
                conversation: &command.conversation,
                reader: &reader.user_id,
                seqs: &seqs,
            };
            self.report(&mut *tx, Hook::AfterSingleMsgRead, report)
                .await?;
        }
        self.commit(tx).await
    }

    /// Moves one's own position without a receipt.
    pub async fn set_read_seq(&self, caller: &Caller, command: SetReadSeq) -> Result<()> {
        let (reader, reach) = self
            .reader_and_reach(caller, &command.reader, &command.conversation)
            .await?;
        check_seqs(&reach, &[], command.has_read_seq)?;
        self.set_read_position(&reader, &reach, command.has_read_seq)
            .await
    }

    async fn set_read_position(
        &self,
        reader: &Account,
        reach: &Reach,
        has_read_seq: i64,
    ) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let position = tx
            .raise_read_seq(reach.conversation.key, reader.key, has_read_seq)
            .await?;
        tx.record(Event::ReadPositionSet {
            account: reader.key,
            user_id: reader.user_id.clone(),
            conversation: reach.conversation.id.clone(),
            has_read_seq: position,
        })
        .await?;
        if let Some((_, group)) = reach.conversation.group() {
            let report = Report::GroupRead {
                group,
                reader: &reader.user_id,
                has_read_seq: position,
            };
            self.report(&mut *tx, Hook::AfterGroupMsgRead, report)
                .await?;
        }
        self.commit(tx).await
    }

    async fn reader_and_reach(
        &self,
        caller: &Caller,
        reader: &UserId,
        conversation: &ConversationId,
    ) -> Result<(std::sync::Arc<Account>, Reach)> {
        gate::may_act_for(caller, reader)?;
        let reader = self.account(reader).await?;
        let reach = self.reach(reader.key, conversation).await?;
        if reach.conversation.kind == ConversationKind::Notice {
            return Err(Error::NotFound(Kind::Conversation));
        }
        Ok((reader, reach))
    }
}

fn check_seqs(reach: &Reach, seqs: &[i64], has_read_seq: i64) -> Result<()> {
    if seqs.len() > limits::IDS_MAX {
        return Err(Error::invalid("seqs", "are too many"));
    }
    if has_read_seq < 0 || seqs.iter().any(|seq| *seq < 1) {
        return Err(Error::invalid("hasReadSeq", "must not be negative"));
    }
    if has_read_seq > reach.max_seq || seqs.iter().any(|seq| *seq > reach.max_seq) {
        return Err(Error::invalid("hasReadSeq", "is beyond the newest message"));
    }
    Ok(())
}

/// What the receipt lists: what the reader named, or else what lies between the positions; at most the newest
/// thousand. Nothing when nothing is new.
fn receipt_seqs(reach: &Reach, reader: &Account, named: Vec<i64>, has_read_seq: i64) -> Vec<i64> {
    if !named.is_empty() {
        return named;
    }
    let read_before = reach
        .conversation
        .side(reader.key)
        .map_or(0, |side| side.read_seq);
    let first = (read_before + 1)
        .max(reach.min_seq)
        .max(has_read_seq - limits::IDS_MAX as i64 + 1);
    (first..=has_read_seq).collect()
}
