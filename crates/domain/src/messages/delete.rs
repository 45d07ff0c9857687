//! Deleting: for oneself (hidden, others keep it) or for everybody (the content is gone). Clearing does it for a whole
//! conversation, by its lower bound.

use super::{body, content_type};
use crate::caller::Caller;
use crate::conversations::{ConversationKind, Reach};
use crate::error::{Error, Kind, Result};
use crate::event::{Audience, Event};
use crate::ids::{ConversationId, UserId};
use crate::ports::Tx;
use crate::{Domain, gate, limits};

/// Who else learns of a deletion.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spread {
    /// One's own other devices are told at once.
    pub to_self: bool,
    /// It holds for everybody in the conversation, not only for oneself.
    pub to_others: bool,
}

#[derive(Clone, Debug)]
pub struct DeleteMessages {
    pub user: UserId,
    pub conversation: ConversationId,
    pub seqs: Vec<i64>,
    pub spread: Spread,
}

#[derive(Clone, Debug)]
pub struct ClearConversations {
    pub user: UserId,
    /// Which ones; all of the user's when `None`.
    pub conversations: Option<Vec<ConversationId>>,
    pub spread: Spread,
}

impl Domain {
    /// Deletes messages for one account, or for everybody.
    pub async fn delete_messages(&self, caller: &Caller, command: DeleteMessages) -> Result<()> {
        gate::may_act_for(caller, &command.user)?;
        if command.seqs.is_empty() || command.seqs.len() > limits::IDS_MAX {
            return Err(Error::invalid("seqs", "must be 1 to 1000"));
        }
        let user = self.account(&command.user).await?;
        let reach = self.reach(user.key, &command.conversation).await?;
        if reach.conversation.kind == ConversationKind::Notice {
            return Err(Error::NotFound(Kind::Conversation));
        }
        if command
            .seqs
            .iter()
            .any(|seq| *seq < 1 || *seq > reach.max_seq)
        {
            return Err(Error::invalid("seqs", "are not in the conversation"));
        }
        let chat = &reach.conversation;
        let mut tx = self.store.begin().await?;
        if command.spread.to_others {
            tx.erase_messages(chat.key, &command.seqs).await?;
        } else {
            tx.hide_messages(chat.key, user.key, &command.seqs).await?;
        }
        let content = body::deleted(&user.user_id, &chat.id, &command.seqs);
        if command.spread.to_others {
            let peer = chat.peer_of(user.key).account;
            self.append_notice(
                &mut *tx,
                Some(chat),
                (user.key, peer),
                content_type::DELETED,
                content,
            )
            .await?;
        } else if command.spread.to_self {
            self.append_notice(
                &mut *tx,
                None,
                (user.key, user.key),
                content_type::DELETED,
                content,
            )
            .await?;
        }
        self.commit(tx).await
    }

    /// Removes messages of a conversation for everybody, without a notice; administration.
    pub async fn erase_messages(
        &self,
        caller: &Caller,
        id: &ConversationId,
        seqs: &[i64],
    ) -> Result<()> {
        gate::may_administer(caller)?;
        if seqs.is_empty() || seqs.len() > limits::IDS_MAX {
            return Err(Error::invalid("seqs", "must be 1 to 1000"));
        }
        let chat = self
            .chat(id)
            .await?
            .ok_or(Error::NotFound(Kind::Conversation))?;
        let mut tx = self.store.begin().await?;
        tx.erase_messages(chat.key, seqs).await?;
        self.commit(tx).await
    }

    /// Empties conversations for one account, or for everybody in them. They stay in the list, read to the end.
    pub async fn clear_conversations(
        &self,
        caller: &Caller,
        command: ClearConversations,
    ) -> Result<()> {
        gate::may_act_for(caller, &command.user)?;
        let user = self.account(&command.user).await?;
        let mut view = self.store.view().await?;
        let ids = match command.conversations {
            Some(ids) if ids.is_empty() || ids.len() > limits::IDS_MAX => {
                return Err(Error::invalid("conversationIDs", "must be 1 to 1000"));
            }
            Some(ids) => ids,
            None => view.entry_ids(user.key).await?,
        };
        let mut reaches = view.reaches(user.key, &ids).await?;
        drop(view);
        reaches.retain(|reach| reach.conversation.kind != ConversationKind::Notice);
        if reaches.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        for reach in &reaches {
            let chat = &reach.conversation;
            if command.spread.to_others {
                tx.raise_min_seq(chat.key, chat.max_seq + 1).await?;
                tx.erase_messages_until(chat.key, chat.max_seq).await?;
                let peer = chat.peer_of(user.key);
                if peer.account != user.key {
                    self.clear_for(
                        &mut *tx,
                        (peer.account, &peer.user_id),
                        std::slice::from_ref(reach),
                    )
                    .await?;
                }
                tx.record(Event::ConversationsCleared {
                    by: user.user_id.clone(),
                    conversations: vec![chat.id.clone()],
                    audience: Audience::pair(user.key, peer.account),
                })
                .await?;
            }
        }
        self.clear_for(&mut *tx, (user.key, &user.user_id), &reaches)
            .await?;
        if command.spread.to_self && !command.spread.to_others {
            tx.record(Event::ConversationsCleared {
                by: user.user_id.clone(),
                conversations: reaches
                    .iter()
                    .map(|reach| reach.conversation.id.clone())
                    .collect(),
                audience: Audience::Account(user.key),
            })
            .await?;
        }
        self.commit(tx).await
    }

    async fn clear_for(
        &self,
        tx: &mut dyn Tx,
        (account, user_id): (crate::ids::AccountKey, &UserId),
        reaches: &[Reach],
    ) -> Result<()> {
        let mut ids = Vec::with_capacity(reaches.len());
        for reach in reaches {
            let chat = &reach.conversation;
            tx.raise_participant_min_seq(chat.key, account, chat.max_seq + 1)
                .await?;
            tx.raise_read_seq(chat.key, account, chat.max_seq).await?;
            ids.push(chat.id.clone());
        }
        tx.log_conversation_change(account, &ids, false, self.clock.now())
            .await?;
        tx.record(Event::ConversationsChanged {
            account,
            user_id: user_id.clone(),
            conversations: ids,
        })
        .await
    }
}
