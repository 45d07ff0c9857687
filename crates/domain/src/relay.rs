//! What a crash left between commit and publication, for the relay that hands it on: committed events read back from
//! the message log and the outbox by cursor.

use std::collections::HashMap;
use std::sync::Arc;

use crate::Domain;
use crate::conversations::{Conversation, Parties};
use crate::error::Result;
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
        let logged = view.messages_after(after, rows_max).await?;
        drop(view);
        self.as_events(logged).await
    }

    /// Events past a position of the outbox.
    pub async fn outbox_to_relay(&self, after: i64, rows_max: usize) -> Result<Vec<Recorded>> {
        let rows = self
            .store
            .view()
            .await?
            .outbox_after(after, rows_max)
            .await?;
        let mut recorded = Vec::with_capacity(rows.len());
        for (position, mut event) in rows {
            self.fill_in(&mut event).await?;
            recorded.push(Recorded {
                position: Position::Outbox(position),
                event,
            });
        }
        Ok(recorded)
    }

    /// Rows of the message log as the events that they were.
    pub(crate) async fn as_events(&self, rows: Vec<LoggedMessage>) -> Result<Vec<Recorded>> {
        let mut keys: Vec<ConversationKey> =
            rows.iter().map(|logged| logged.conversation).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut view = self.store.view().await?;
        let conversations: HashMap<ConversationKey, Conversation> = view
            .conversations_by_key(&keys)
            .await?
            .into_iter()
            .map(|conversation| (conversation.key, conversation))
            .collect();
        drop(view);
        let mut recorded = Vec::with_capacity(rows.len());
        for logged in rows {
            let key = logged.key;
            let event = match conversations.get(&logged.conversation) {
                Some(conversation) => self.appended(conversation, logged).await?,
                None => None,
            };
            match event {
                Some(event) => recorded.push(event),
                // Nobody could be told of it now; whoever reads along must not stop at it for ever.
                None => tracing::error!(
                    message = key.0,
                    "a message stands in no conversation of its sender"
                ),
            }
        }
        Ok(recorded)
    }

    /// The stored form of an audience leaves the members of a group out.
    pub(crate) async fn fill_in(&self, event: &mut Event) -> Result<()> {
        let Event::Noticed { audience, .. } = event else {
            return Ok(());
        };
        let Audience::Group { group, members, .. } = audience else {
            return Ok(());
        };
        let known = self.store.view().await?.group_by_key(*group).await?;
        if let Some(known) = known {
            *members = self.hall(&known.id).await?.roster.accounts.clone();
        }
        Ok(())
    }

    async fn appended(
        &self,
        conversation: &Conversation,
        logged: LoggedMessage,
    ) -> Result<Option<Recorded>> {
        let position = Position::Message(logged.key);
        let sender = logged.sender;
        let Some(message) = conversation.message(logged) else {
            return Ok(None);
        };
        let hears_itself = message.post.options.is_on(Options::SENDER_SYNC);
        let audience = match &conversation.parties {
            Parties::Pair { low, .. } => {
                let peer = conversation.peer_of(sender).unwrap_or(low).account;
                if hears_itself {
                    Audience::pair(sender, peer)
                } else {
                    Audience::Account(peer)
                }
            }
            Parties::Group { id, .. } => {
                let hall = self.hall(id).await?;
                let from_outside = hall.roster.entry(sender).is_none();
                hall.audience(from_outside.then_some(sender).into_iter().collect())
            }
        };
        let event = Event::MessageAppended {
            conversation: conversation.key,
            message: Arc::new(message),
            audience,
            trace: String::new(),
        };
        Ok(Some(Recorded { position, event }))
    }
}
