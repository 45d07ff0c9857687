//! Pinned messages of a chat, which everybody in it sees. In a group its owner and administrators pin; between two
//! people, either.

use super::{Message, Status, body, content_type};
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::ids::{ConversationId, UserId};
use crate::time::Millis;
use crate::{Domain, gate, limits};

#[derive(Clone, Debug)]
pub struct PinMessage {
    /// In whose name.
    pub user: UserId,
    pub conversation: ConversationId,
    pub seq: i64,
    /// Pin it, or let it go.
    pub on: bool,
}

/// That a message is pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinMark {
    pub seq: i64,
    pub by: UserId,
    pub at: Millis,
}

/// A pinned message as somebody sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedMessage {
    pub mark: PinMark,
    pub message: Message,
}

impl Domain {
    /// Pins a message or lets it go. Doing what is done already changes nothing.
    pub async fn pin_message(&self, caller: &Caller, command: PinMessage) -> Result<()> {
        if command.seq < 1 {
            return Err(Error::invalid("seq", "must be positive"));
        }
        let mut scene = self
            .scene(caller, &command.user, &command.conversation, command.seq)
            .await?;
        if let Some(hall) = &scene.hall {
            gate::is_alive(&hall.group)?;
            gate::may_manage(caller, scene.place().map(|place| place.role))?;
        }
        let (chat, now) = (scene.chat.key, self.clock.now());
        let has_changed = if command.on {
            let account = scene.user.key;
            scene.tx.put_pin(chat, command.seq, account, now).await?
        } else {
            scene.tx.delete_pin(chat, command.seq).await?
        };
        if !has_changed {
            // What it rests on may be on its way to the disk still.
            return self.commit(scene.tx).await;
        }
        if command.on && scene.tx.pins(chat).await?.len() > limits::PINS_MAX {
            return Err(Error::invalid("seq", "is one pinned message too many"));
        }
        let content = body::pinned(&scene.user.user_id, &scene.message, command.on, now);
        self.finish_scene(scene, content_type::PINNED, content)
            .await
    }

    /// The pinned messages that `user` can see, the newest pin first.
    pub async fn pinned_messages(
        &self,
        caller: &Caller,
        user: &UserId,
        id: &ConversationId,
    ) -> Result<Vec<PinnedMessage>> {
        let conversation = self.visible(caller, user, id).await?.conversation.key;
        let marks = self.store.view().await?.pins(conversation).await?;
        let seqs: Vec<i64> = marks.iter().map(|mark| mark.seq).collect();
        if seqs.is_empty() {
            return Ok(Vec::new());
        }
        let seen = self.seen(caller, user, id, &seqs).await?;
        let pinned = marks.into_iter().filter_map(|mark| {
            let message = seen
                .messages
                .iter()
                .find(|message| message.seq == mark.seq && message.status == Status::Sent)?
                .clone();
            Some(PinnedMessage { mark, message })
        });
        Ok(pinned.collect())
    }
}
