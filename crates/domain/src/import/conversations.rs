//! The lists of conversations, the sequence numbers of each, and how far everybody has read.

use std::collections::HashMap;

use super::groups::find_groups;
use super::people::NO_SUCH_USER;
use super::{ConversationRecord, Import, Numbered, ReachRecord, SeqRecord, Step};
use crate::accounts::Receive;
use crate::conversations::{ConversationKind, ConversationSettings};
use crate::error::Result;
use crate::ids::{AccountKey, ConversationId, UserId};
use crate::ports::{ImportedConversation, ImportedParticipant, ImportedReach, Tx};

pub(super) const FOREIGN: &str = "the conversation was here before the import";
const ODD_ID: &str = "the conversation's id is not that of who takes part";
const NOBODYS: &str = "the conversation has no messages and is in nobody's list";
const NOT_LISTED: &str = "the conversation is not in the user's list";

impl Import<'_> {
    pub async fn take_conversations(
        &mut self,
        records: Vec<Numbered<ConversationRecord>>,
        documents: u64,
    ) -> Result<()> {
        let step = Step::Conversations;
        let mut tx = self.domain.store.begin().await?;
        let people: Vec<(&str, &str)> = records
            .iter()
            .filter(|r| !r.record.peer.is_empty() && r.record.kind != 3)
            .map(|r| (r.record.peer.as_str(), ""))
            .collect();
        self.find_accounts(&mut *tx, records.iter().map(|r| r.record.owner.as_str()))
            .await?;
        self.ensure_accounts(&mut *tx, &people, step).await?;
        let groups = records
            .iter()
            .filter(|r| r.record.kind == 3)
            .map(|r| r.record.group.as_str());
        let groups = find_groups(&mut *tx, groups).await?;

        let mut pairs = Vec::new();
        let mut wanted = Vec::new();
        for Numbered { number, record } in records {
            let place = format!("conversation {number} ({:?})", record.id);
            let Some(owner) = self.account(&record.owner) else {
                self.tally(step).skip(NO_SUCH_USER, || place);
                continue;
            };
            if record.kind == 3 {
                match groups.get(&record.group) {
                    Some((_, chat)) if record.id == format!("sg_{}", record.group) => {
                        wanted.push((owner, Some(*chat), record));
                    }
                    Some(_) => self.tally(step).skip(ODD_ID, || place),
                    None => self.tally(step).skip("the group is not there", || place),
                }
                continue;
            }
            let Some(pair) = self.pair_of(&record) else {
                self.tally(step).skip(ODD_ID, || place);
                continue;
            };
            pairs.push(pair);
            wanted.push((owner, None, record));
        }
        tx.import_conversation_pairs(&pairs).await?;
        let ids: Vec<_> = pairs.into_iter().map(|(id, ..)| id).collect();
        let found = by_id(&mut *tx, &ids).await?;
        let mut participants = Vec::with_capacity(wanted.len());
        for (owner, chat, record) in wanted {
            let key = chat.or_else(|| found.get(record.id.as_str()).map(|row| row.key));
            let Some(key) = key.filter(|key| *key > self.mark.conversation) else {
                self.tally(step).skip(FOREIGN, || record.id);
                continue;
            };
            participants.push(ImportedParticipant {
                account: owner,
                conversation: key,
                settings: settings(&record),
                min_seq: record.min_seq,
                max_seq: record.max_seq,
                created_at: record.created_at,
            });
        }
        let new = tx.import_participants(&participants).await?;
        self.tally(step).inserted(participants.len(), new);
        self.advance(&mut *tx, step, documents).await?;
        tx.commit().await.map(drop)
    }

    fn pair_of(
        &self,
        record: &ConversationRecord,
    ) -> Option<(ConversationId, ConversationKind, AccountKey, AccountKey)> {
        let (owner, peer) = (
            UserId::new(record.owner.as_str())?,
            UserId::new(record.peer.as_str())?,
        );
        let (id, kind) = match record.kind {
            1 => (
                ConversationId::direct(&owner, &peer),
                ConversationKind::Direct,
            ),
            4 => (
                ConversationId::notification(&owner, &peer),
                ConversationKind::Notification,
            ),
            _ => return None,
        };
        let (a, b) = (self.account(&record.owner)?, self.account(&record.peer)?);
        (id.as_str() == record.id).then_some((id, kind, a.min(b), a.max(b)))
    }

    pub async fn take_seqs(
        &mut self,
        records: Vec<Numbered<SeqRecord>>,
        documents: u64,
    ) -> Result<()> {
        let step = Step::Seqs;
        let mut tx = self.domain.store.begin().await?;
        let found = self
            .known(&mut *tx, records.iter().map(|r| r.record.id.as_str()))
            .await?;
        let mut seqs = Vec::with_capacity(records.len());
        for Numbered { record, .. } in records {
            match found.get(record.id.as_str()) {
                Some(row) if row.key > self.mark.conversation => {
                    seqs.push((row.key, record.max_seq, record.min_seq));
                }
                Some(_) => self.tally(step).skip(FOREIGN, || record.id),
                None => {
                    *self
                        .tally(step)
                        .skipped
                        .entry(NOBODYS.to_owned())
                        .or_default() += 1
                }
            }
        }
        tx.import_seqs(&seqs).await?;
        self.tally(step).taken += seqs.len() as u64;
        self.advance(&mut *tx, step, documents).await?;
        tx.commit().await.map(drop)
    }

    pub async fn take_reaches(
        &mut self,
        records: Vec<Numbered<ReachRecord>>,
        documents: u64,
    ) -> Result<()> {
        let step = Step::Reaches;
        let mut tx = self.domain.store.begin().await?;
        self.find_accounts(&mut *tx, records.iter().map(|r| r.record.user.as_str()))
            .await?;
        let found = self
            .known(&mut *tx, records.iter().map(|r| r.record.id.as_str()))
            .await?;
        let mut reaches = Vec::with_capacity(records.len());
        for Numbered { number, record } in records {
            let Some(account) = self.account(&record.user) else {
                self.skip_unknown(step, number, &record.user);
                continue;
            };
            match found.get(record.id.as_str()) {
                Some(row) if row.key > self.mark.conversation => reaches.push(ImportedReach {
                    account,
                    conversation: row.key,
                    min_seq: record.min_seq.max(0),
                    max_seq: record.max_seq.max(0),
                    read_seq: record.read_seq.max(0),
                }),
                Some(_) => self.tally(step).skip(FOREIGN, || record.id),
                None => {
                    *self
                        .tally(step)
                        .skipped
                        .entry(NOBODYS.to_owned())
                        .or_default() += 1
                }
            }
        }
        let taken = tx.import_reaches(&reaches).await?;
        let tally = self.tally(step);
        tally.taken += taken;
        let unlisted = (reaches.len() as u64).saturating_sub(taken);
        if unlisted > 0 {
            *tally.skipped.entry(NOT_LISTED.to_owned()).or_default() += unlisted;
        }
        self.advance(&mut *tx, step, documents).await?;
        tx.commit().await.map(drop)
    }

    async fn known<'a>(
        &self,
        tx: &mut dyn Tx,
        ids: impl Iterator<Item = &'a str>,
    ) -> Result<HashMap<String, ImportedConversation>> {
        let ids: Vec<_> = ids.filter_map(ConversationId::parse).collect();
        by_id(tx, &ids).await
    }
}

pub(super) async fn by_id(
    tx: &mut dyn Tx,
    ids: &[ConversationId],
) -> Result<HashMap<String, ImportedConversation>> {
    let found = tx.imported_conversations(ids).await?;
    Ok(found
        .into_iter()
        .map(|row| (row.id.as_str().to_owned(), row))
        .collect())
}

fn settings(record: &ConversationRecord) -> ConversationSettings {
    ConversationSettings {
        receive: Receive::from_number(record.receive).unwrap_or_default(),
        is_pinned: record.is_pinned,
        is_private: record.is_private,
        burn_s: record.burn_s,
        group_at: record.group_at,
        is_destructing: record.is_destructing,
        destruct_s: record.destruct_s,
        destructed_at: record.destructed_at,
        attached_info: record.attached_info.clone(),
        ex: record.ex.clone(),
    }
}
