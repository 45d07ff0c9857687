//! Who has read a message of a group, and how far messages have come. Both are computed from one position for each
//! participant, so that nothing is written for each message and member; in return they are for groups of a bounded
//! size.

use crate::caller::Caller;
use crate::conversations::{ConversationKind, Parties, Reach};
use crate::error::{Error, Kind, Result};
use crate::ids::{AccountKey, ConversationId, UserId};
use crate::ports::{LogRange, Page, Position};
use crate::{Domain, gate, limits};

/// The readers of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readers {
    pub read_count: usize,
    pub unread_count: usize,
    /// A page of each, in the order of joining.
    pub read: Vec<UserId>,
    pub unread: Vec<UserId>,
}

/// How far somebody has received and read a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryState {
    pub user: UserId,
    /// The newest message that has reached one of their devices.
    pub delivered_seq: i64,
    pub read_seq: i64,
}

impl Domain {
    /// Who of those that were members when a message was sent has read it; its sender is not asked. For members.
    pub async fn message_readers(
        &self,
        caller: &Caller,
        user: &UserId,
        id: &ConversationId,
        seq: i64,
        page: Page,
    ) -> Result<Readers> {
        let reach = self.positions_open_to(caller, user, id).await?;
        let chat = &reach.conversation;
        if chat.kind != ConversationKind::Group {
            return Err(Error::invalid(
                "conversationID",
                "is not the chat of a group",
            ));
        }
        if !(reach.min_seq..=reach.max_seq).contains(&seq) {
            return Err(Error::NotFound(Kind::Message));
        }
        let mut view = self.store.view().await?;
        let range = LogRange {
            conversation: chat.key,
            begin: seq,
            end: seq,
        };
        let message = view
            .messages_in(AccountKey(0), &[range], 1)
            .await?
            .pop()
            .ok_or(Error::NotFound(Kind::Message))?;
        let positions = view
            .positions(chat.key, limits::MEMBERS_MAX as usize)
            .await?;
        let (read, unread): (Vec<_>, Vec<_>) = positions
            .into_iter()
            .filter(|position| {
                position.account != message.sender && position.joined_at <= message.send_time
            })
            .partition(|position| position.read_seq >= seq);
        Ok(Readers {
            read_count: read.len(),
            unread_count: unread.len(),
            read: cut(read, page),
            unread: cut(unread, page),
        })
    }

    /// How far everybody in a chat has received and read it. What was received in the last seconds on other nodes is
    /// not in it yet.
    pub async fn delivery_states(
        &self,
        caller: &Caller,
        user: &UserId,
        id: &ConversationId,
    ) -> Result<Vec<DeliveryState>> {
        let reach = self.positions_open_to(caller, user, id).await?;
        let chat = &reach.conversation;
        let positions = self
            .store
            .view()
            .await?
            .positions(chat.key, limits::MEMBERS_MAX as usize)
            .await?;
        let states = positions.into_iter().map(|position| {
            let sent_seq = chat.side(position.account).map_or(0, |side| side.sent_seq);
            let read_seq = position.read_seq.max(sent_seq);
            let noted = self.deliveries.noted(position.account, chat.key);
            DeliveryState {
                user: position.user_id,
                delivered_seq: position.delivered_seq.max(noted).max(read_seq),
                read_seq,
            }
        });
        Ok(states.collect())
    }

    /// A chat that is small enough for positions, for somebody who takes part.
    async fn positions_open_to(
        &self,
        caller: &Caller,
        user: &UserId,
        id: &ConversationId,
    ) -> Result<Reach> {
        let reach = self.visible(caller, user, id).await?;
        if let Parties::Group { id: group, .. } = &reach.conversation.parties {
            let hall = self.hall(group).await?;
            let user = self.account(user).await?;
            gate::may_look_into(caller, hall.roster.entry(user.key).map(|entry| entry.role))?;
            if hall.roster.accounts.len() > self.settings.messages.positions_members_max {
                return Err(Error::invalid(
                    "conversationID",
                    "has too many members for this",
                ));
            }
        }
        Ok(reach)
    }
}

fn cut(positions: Vec<Position>, page: Page) -> Vec<UserId> {
    let skipped = usize::try_from(page.offset).unwrap_or(usize::MAX);
    positions
        .into_iter()
        .skip(skipped)
        .take(page.rows as usize)
        .map(|position| position.user_id)
        .collect()
}
