//! When everything is there: what our own order needs and the other system did not keep. Deleted rows where devices
//! have seen more than was stored, members listed, leavers bound, notices tied to their chats, and version logs that
//! make every device read its lists once.

use super::messages::{LOST, lost_message};
use super::{Import, Step};
use crate::error::Result;
use crate::ids::{AccountKey, ConversationKey, GroupKey};
use crate::ports::{ImportedHead, ImportedTail};
use crate::search::SearchIndexer;
use crate::sync::List;

/// Conversations, accounts or groups of one transaction.
const ROWS_AT_ONCE: usize = 1_000;

/// Deleted rows that are made for one conversation at its end. More than the other system reserves at a time can only
/// be a mistake, and a wrong number must not fill the disk.
const TAIL_MAX: i64 = 10_000;

impl Import<'_> {
    /// Does what is left to do and closes the import.
    pub async fn settle(&mut self) -> Result<()> {
        if !self.progress(Step::Settling).is_finished {
            self.fill_tails().await?;
            self.settle_rows().await?;
        }
        self.restart_account_logs().await?;
        self.restart_group_logs().await?;
        let now = self.domain.now();
        let mut tx = self.domain.store.begin().await?;
        tx.finish_import(&self.fingerprint, now).await?;
        tx.commit().await?;
        self.finished_at = Some(now);
        Ok(())
    }

    /// A device that has seen a number drops what comes under it later, so no such number may be given out again.
    async fn fill_tails(&mut self) -> Result<()> {
        let mut after = ConversationKey(0);
        loop {
            let mut tx = self.domain.store.begin().await?;
            let tails = tx.import_tails(after, ROWS_AT_ONCE).await?;
            let Some(last) = tails.last() else {
                return Ok(());
            };
            after = last.head.conversation;
            let (mut messages, mut heads) = (Vec::new(), Vec::new());
            for tail in tails {
                let (rows, head) = filled(tail);
                self.tally(Step::Settling).change(LOST, rows.len() as u64);
                messages.extend(rows);
                heads.push(head);
            }
            tx.import_messages(&messages).await?;
            tx.import_heads(&heads).await?;
            tx.pass_over_messages(SearchIndexer::NAME).await?;
            self.advance(&mut *tx, Step::Settling, 0).await?;
            tx.commit().await?;
        }
    }

    async fn settle_rows(&mut self) -> Result<()> {
        let mut tx = self.domain.store.begin().await?;
        let (listed, bound) = tx.settle_groups(self.mark).await?;
        let (sides, taken_back) = tx.settle_conversations(self.mark).await?;
        let (unused, conversations) = tx.unused_seqs().await?;
        tx.pass_over_messages(SearchIndexer::NAME).await?;
        let tally = self.tally(Step::Settling);
        tally.change(
            "chats of groups listed for members who had them not",
            listed,
        );
        tally.change("chats of groups closed for who is no member", bound);
        tally.change("chats of two listed for who had them not", sides);
        tally.change(
            "read positions taken back to the newest message",
            taken_back,
        );
        tally.change("reserved sequence numbers that no message had", unused);
        tally.change("conversations with such numbers", conversations);
        let progress = self.progress.entry(Step::Settling).or_default();
        progress.is_finished = true;
        self.advance(&mut *tx, Step::Settling, 0).await?;
        tx.commit().await.map(drop)
    }

    async fn restart_account_logs(&mut self) -> Result<()> {
        let step = Step::VersionLogsOfAccounts;
        while !self.progress(step).is_finished {
            // The key of the last account takes the place of the count.
            let after = AccountKey(self.progress(step).documents.cast_signed());
            let mut tx = self.domain.store.begin().await?;
            let accounts = tx.account_page(after, ROWS_AT_ONCE).await?;
            let lists: Vec<List> = accounts
                .iter()
                .flat_map(|account| {
                    [
                        List::Conversations(*account),
                        List::Friends(*account),
                        List::JoinedGroups(*account),
                        List::Blocks(*account),
                    ]
                })
                .collect();
            tx.restart_version_logs(&lists).await?;
            self.progress.entry(step).or_default().is_finished = accounts.is_empty();
            let reached = accounts.last().map_or(after, |account| *account);
            self.advance(&mut *tx, step, reached.0.cast_unsigned())
                .await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn restart_group_logs(&mut self) -> Result<()> {
        let step = Step::VersionLogsOfGroups;
        while !self.progress(step).is_finished {
            let after = GroupKey(self.progress(step).documents.cast_signed());
            let mut tx = self.domain.store.begin().await?;
            let groups = tx.group_page(after, ROWS_AT_ONCE).await?;
            let lists: Vec<List> = groups.iter().map(|group| List::Members(*group)).collect();
            tx.restart_version_logs(&lists).await?;
            self.progress.entry(step).or_default().is_finished = groups.is_empty();
            let reached = groups.last().map_or(after, |group| *group);
            self.advance(&mut *tx, step, reached.0.cast_unsigned())
                .await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

/// The rows that are missing at the end, and the head behind them. Where nothing is left at all, everything was removed.
fn filled(tail: ImportedTail) -> (Vec<crate::ports::ImportedMessage>, ImportedHead) {
    let head = tail.head;
    let is_empty = head.last_time == 0;
    let seen = if is_empty {
        tail.seen_seq
    } else {
        tail.seen_seq.min(head.max_seq + TAIL_MAX)
    };
    let missing = if is_empty {
        1..1
    } else {
        head.max_seq + 1..seen + 1
    };
    let rows: Vec<_> = missing
        .zip(head.last_time + 1..)
        .map(|(seq, time)| lost_message(head.conversation, tail.sender, seq, time))
        .collect();
    let head = ImportedHead {
        max_seq: seen,
        min_seq: if is_empty { seen + 1 } else { head.min_seq },
        last_time: head.last_time + rows.len() as i64,
        ..head
    };
    (rows, head)
}
