//! Messages that go when they are old. A participant may have them cleared for themselves (`destruct`); an operator may
//! have them removed for everybody, everywhere or in certain chats (`retain`). Both work in small steps, each a
//! transaction of its own, so that nobody who sends waits for them, and a crash between two steps is made good by the
//! next round.

use crate::caller::Caller;
use crate::conversations::ConversationKind;
use crate::error::{Error, Kind, Result};
use crate::event::Event;
use crate::ids::{ConversationId, ConversationKey};
use crate::ports::{Aged, Destructed, Destructing, View};
use crate::sync::{Change, List};
use crate::time::Millis;
use crate::{Domain, gate, limits};

/// Participants, and conversations, of one step.
const BATCH_ROWS: usize = 100;

/// Rows that one transaction removes.
const REMOVED_ROWS: usize = 200;

/// Rows that one round of the job removes; what is left over is for the next, at once.
const ROUND_ROWS: u64 = 5_000;

impl Domain {
    /// How long the messages of these chats are kept, in place of what holds everywhere: seconds, 0 for what holds
    /// everywhere, -1 for ever. Administration.
    pub async fn set_retention(
        &self,
        caller: &Caller,
        ids: &[ConversationId],
        keep_s: i64,
    ) -> Result<()> {
        gate::may_administer(caller)?;
        if ids.is_empty() || ids.len() > limits::IDS_MAX {
            return Err(Error::invalid("conversationIDs", "must be 1 to 1000"));
        }
        if !(-1..=limits::KEEP_SECONDS_MAX).contains(&keep_s) {
            return Err(Error::invalid("seconds", "must be -1 to 3153600000"));
        }
        let mut keys = Vec::with_capacity(ids.len());
        for id in ids {
            let chat = self.chat(id).await?;
            let chat = chat.filter(|chat| chat.conversation.kind != ConversationKind::Notice);
            keys.push(
                chat.ok_or(Error::NotFound(Kind::Conversation))?
                    .conversation
                    .key,
            );
        }
        let mut tx = self.store.begin().await?;
        tx.set_retention(&keys, keep_s).await?;
        self.commit(tx).await
    }

    /// Clears, for those who want it so, what has become old. Says whether there may be more.
    pub(crate) async fn destruct_messages(&self) -> Result<bool> {
        let now = self.clock.now();
        let mut view = self.store.view().await?;
        let due = view.destructing(now, BATCH_ROWS).await?;
        let mut found = Vec::with_capacity(due.len());
        for participant in due {
            let keep_ms = participant.destruct_s.saturating_mul(1000);
            let bounds = (participant.min_seq, participant.max_seq);
            let since = now.saturating_sub(keep_ms);
            let first = first_since(&mut *view, participant.conversation, bounds, since).await?;
            let to = Destructed {
                min_seq: first.map_or(participant.max_seq + 1, |(seq, _)| seq),
                // What comes later than now is due later than this.
                due: first
                    .map_or(now, |(_, sent_at)| sent_at)
                    .saturating_add(keep_ms)
                    .saturating_add(1),
            };
            found.push((participant, to));
        }
        drop(view);
        let is_more = found.len() == BATCH_ROWS;
        for (participant, to) in found {
            self.destruct_for(&participant, to, now).await?;
        }
        Ok(is_more)
    }

    async fn destruct_for(
        &self,
        participant: &Destructing,
        to: Destructed,
        now: Millis,
    ) -> Result<()> {
        let mut tx = self.store.begin().await?;
        if tx.destruct(participant, to, now).await? {
            let (account, id) = (participant.account, &participant.id);
            tx.log_change(
                &[List::Conversations(account)],
                &[id.as_str()],
                Change::Updated,
            )
            .await?;
            tx.record(Event::ConversationsChanged {
                account,
                user_id: participant.user_id.clone(),
                conversations: vec![id.clone()],
            })
            .await?;
        }
        self.commit(tx).await
    }

    /// Removes what is old for everybody, in the conversations past `after`. Returns where to go on; `None` at the
    /// end.
    pub(crate) async fn retain_messages(
        &self,
        after: ConversationKey,
    ) -> Result<Option<ConversationKey>> {
        let only_own = self.settings.messages.retention_ms.is_none();
        let batch = {
            let mut view = self.store.view().await?;
            view.aged(after, only_own, BATCH_ROWS).await?
        };
        let mut place = after;
        let mut budget = ROUND_ROWS;
        for aged in &batch {
            let removed = self.retain_in(aged, budget).await?;
            budget = budget.saturating_sub(removed);
            if budget == 0 {
                // This one is looked at again: it may not be done.
                return Ok(Some(place));
            }
            place = aged.conversation;
        }
        Ok((batch.len() == BATCH_ROWS).then_some(place))
    }

    async fn retain_in(&self, aged: &Aged, rows_max: u64) -> Result<u64> {
        let keep_ms = match aged.keep_s {
            0 => self.settings.messages.retention_ms,
            seconds => (seconds > 0).then(|| seconds.saturating_mul(1000)),
        };
        let Some(keep_ms) = keep_ms else {
            return Ok(0);
        };
        let since = self.clock.now().saturating_sub(keep_ms);
        // A round that was broken off has left rows below the bound.
        let mut below = aged.min_seq;
        if aged.oldest_at < since {
            let bounds = (aged.min_seq.max(1), aged.max_seq);
            let mut view = self.store.view().await?;
            let first = first_since(&mut *view, aged.conversation, bounds, since).await?;
            drop(view);
            below = below.max(first.map_or(aged.max_seq + 1, |(seq, _)| seq));
        }
        if below > aged.min_seq {
            // Nobody sees them from here on, whatever happens to the rest.
            let mut tx = self.store.begin().await?;
            tx.raise_min_seq(aged.conversation, below).await?;
            self.commit(tx).await?;
        }
        let mut removed = 0;
        while aged.oldest_seq < below && removed < rows_max {
            let mut tx = self.store.begin().await?;
            let rows = tx
                .remove_messages_below(aged.conversation, below, REMOVED_ROWS)
                .await?;
            let is_last = rows < REMOVED_ROWS as u64;
            if is_last {
                // A row that must stand says nothing any more.
                tx.erase_messages_until(aged.conversation, below - 1)
                    .await?;
            }
            self.commit(tx).await?;
            removed += rows;
            if is_last {
                break;
            }
            // Those who send come first.
            tokio::task::yield_now().await;
        }
        Ok(removed)
    }
}

/// The first message within the bounds that was sent at `since` or later, and when that was. Times grow along a log,
/// so it is found by halving. A row that is missing was old.
async fn first_since(
    view: &mut dyn View,
    conversation: ConversationKey,
    (first, last): (i64, i64),
    since: Millis,
) -> Result<Option<(i64, Millis)>> {
    let (mut low, mut high) = (first, last + 1);
    let mut found = None;
    while low < high {
        let middle = low + (high - low) / 2;
        match view.send_time(conversation, middle).await? {
            Some(sent_at) if sent_at >= since => {
                found = Some((middle, sent_at));
                high = middle;
            }
            _ => low = middle + 1,
        }
    }
    Ok(found)
}
