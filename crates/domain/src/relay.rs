//! What a crash left between commit and publication, for the relay that hands it on: committed events read back from
//! the message log and the outbox by cursor.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use crate::Domain;
use crate::conversations::Conversation;
use crate::error::{Error, Result};
use crate::event::{Audience, Event, Position, Recorded};
use crate::ids::{ConversationKey, MessageKey};
use crate::messages::{LoggedMessage, Options};

impl Domain {
    /// How far the named relay has come in the message log and in the outbox; `None` before its first time.
    pub async fn relay_cursor(&self, relay: &str) -> Result<Option<(i64, i64)>> {
        self.store.view().await?.relay_cursor(relay).await
    }

    /// The newest positions of the message log and of the outbox.
    pub async fn newest_positions(&self) -> Result<(i64, i64)> {
        self.store.view().await?.newest_positions().await
    }

    pub async fn set_relay_cursor(&self, relay: &str, message: i64, outbox: i64) -> Result<()> {
        let mut tx = self.store.begin().await?;
        tx.set_relay_cursor(relay, message, outbox).await?;
        tx.commit().await.map(drop)
    }

    /// Messages past a position of the log, as the events that they were.
    pub async fn messages_to_relay(
        &self,
        after: MessageKey,
        rows_max: usize,
    ) -> Result<Vec<Recorded>> {
        let mut view = self.store.view().await?;
        let mut conversations: HashMap<ConversationKey, Option<Conversation>> = HashMap::new();
        let mut recorded = Vec::new();
        for logged in view.messages_after(after, rows_max).await? {
            let conversation = match conversations.entry(logged.conversation) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => {
                    unknown.insert(view.conversation_by_key(logged.conversation).await?)
                }
            };
            let key = logged.key;
            let event = conversation
                .as_ref()
                .and_then(|known| appended(known, logged));
            recorded.push(event.ok_or_else(|| {
                Error::internal(format!(
                    "message {} stands in no conversation of its sender",
                    key.0
                ))
            })?);
        }
        Ok(recorded)
    }

    /// Events past a position of the outbox.
    pub async fn outbox_to_relay(&self, after: i64, rows_max: usize) -> Result<Vec<Recorded>> {
        let rows = self
            .store
            .view()
            .await?
            .outbox_after(after, rows_max)
            .await?;
        Ok(rows
            .into_iter()
            .map(|(position, event)| Recorded {
                position: Position::Outbox(position),
                event,
            })
            .collect())
    }
}

fn appended(conversation: &Conversation, logged: LoggedMessage) -> Option<Recorded> {
    let position = Position::Message(logged.key);
    let sender = logged.sender;
    let peer = conversation.peer_of(sender).account;
    let message = conversation.message(logged)?;
    let audience = if message.post.options.is_on(Options::SENDER_SYNC) {
        Audience::pair(sender, peer)
    } else {
        Audience::Account(peer)
    };
    let event = Event::MessageAppended {
        conversation: conversation.key,
        message: Arc::new(message),
        audience,
        trace: String::new(),
    };
    Some(Recorded { position, event })
}
