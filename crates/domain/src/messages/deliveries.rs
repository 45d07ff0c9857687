//! Which messages have reached a device. A message that is written to a socket or pulled raises a number in memory;
//! the numbers are written to the store together, every few seconds, so that a delivery costs no write of its own. A
//! crash loses what was noted since, and nobody is told: what was read counts as delivered anyway.

use std::collections::HashMap;

use parking_lot::Mutex;

use super::PulledMessages;
use crate::caller::Caller;
use crate::conversations::{ConversationKind, Reach};
use crate::error::Result;
use crate::event::{Audience, Event};
use crate::ids::{AccountKey, ConversationId, ConversationKey, UserId};
use crate::ports::Delivery;
use crate::{Domain, limits};

/// Rows that one transaction writes.
const BATCH_ROWS: usize = 500;

/// A power of two.
const PIECES: usize = 16;

type Piece = Mutex<HashMap<(AccountKey, ConversationKey), i64>>;

/// What was noted and not written yet, in pieces with a lock each.
#[derive(Default)]
pub(crate) struct Deliveries([Piece; PIECES]);

impl Deliveries {
    /// Past its bound a piece takes no new conversation: a receipt is lost, memory is not.
    pub(crate) fn note(&self, account: AccountKey, conversation: ConversationKey, seq: i64) {
        let mut piece = self.piece(account).lock();
        let is_full = piece.len() >= limits::DELIVERIES_NOTED_MAX / PIECES;
        match piece.get_mut(&(account, conversation)) {
            Some(noted) => *noted = seq.max(*noted),
            None if is_full => {}
            None => {
                piece.insert((account, conversation), seq);
            }
        }
    }

    pub(crate) fn noted(&self, account: AccountKey, conversation: ConversationKey) -> i64 {
        let piece = self.piece(account).lock();
        piece.get(&(account, conversation)).copied().unwrap_or(0)
    }

    /// Takes everything out, in order.
    fn take(&self) -> Vec<Delivery> {
        let mut taken = Vec::new();
        for piece in &self.0 {
            let piece = std::mem::take(&mut *piece.lock());
            taken.extend(
                piece
                    .into_iter()
                    .map(|((account, conversation), seq)| Delivery {
                        account,
                        conversation,
                        seq,
                    }),
            );
        }
        taken.sort_unstable();
        taken
    }

    fn put_back(&self, deliveries: &[Delivery]) {
        for delivery in deliveries {
            self.note(delivery.account, delivery.conversation, delivery.seq);
        }
    }

    fn piece(&self, account: AccountKey) -> &Piece {
        &self.0[account.0.cast_unsigned() as usize % PIECES]
    }
}

impl Domain {
    /// Notes that an event is being written to a device of this account. Only a message from somebody else, in a chat
    /// whose positions are kept, counts.
    pub fn delivered(&self, account: AccountKey, user: &UserId, event: &Event) {
        let Event::MessageAppended {
            conversation,
            message,
            audience,
            ..
        } = event
        else {
            return;
        };
        let counts = match audience {
            Audience::Group { members, .. } => {
                members.len() <= self.settings.messages.positions_members_max
            }
            Audience::Account(_) | Audience::Pair(..) | Audience::Accounts(_) => true,
        };
        if counts && message.route.kind != ConversationKind::Notice && message.route.sender != *user
        {
            self.deliveries.note(account, *conversation, message.seq);
        }
    }

    /// Notes what an account's own device has pulled.
    pub(super) fn note_pulled(
        &self,
        caller: &Caller,
        owner: AccountKey,
        reaches: &HashMap<ConversationId, Reach>,
        pulled: &[PulledMessages],
    ) {
        if caller.account != owner {
            return;
        }
        for answer in pulled {
            if let Some(newest) = answer.messages.last()
                && let Some(reach) = reaches.get(&answer.conversation)
                && reach.conversation.kind != ConversationKind::Notice
                && newest.seq > reach.has_read_seq
            {
                let conversation = reach.conversation.key;
                self.deliveries.note(owner, conversation, newest.seq);
            }
        }
    }

    /// Writes what was noted; returns how many positions that were. What could not be written stays noted.
    pub async fn flush_deliveries(&self) -> Result<usize> {
        let taken = self.deliveries.take();
        let mut batches = taken.chunks(BATCH_ROWS);
        let mut written = 0;
        while let Some(batch) = batches.next() {
            match self.write_deliveries(batch).await {
                Ok(left) => {
                    self.deliveries.put_back(&left);
                    written += batch.len() - left.len();
                }
                Err(error) => {
                    self.deliveries.put_back(batch);
                    batches.for_each(|batch| self.deliveries.put_back(batch));
                    return Err(error);
                }
            }
        }
        Ok(written)
    }

    async fn write_deliveries(&self, batch: &[Delivery]) -> Result<Vec<Delivery>> {
        let mut tx = self.store.begin().await?;
        let left = tx.raise_delivered(batch).await?;
        self.commit(tx).await?;
        Ok(left)
    }
}
