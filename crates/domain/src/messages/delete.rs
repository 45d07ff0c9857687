//! Deleting: for oneself (hidden, others keep it) or for everybody (the content is gone). Clearing does it for a whole
//! conversation, by its lower bound.

use std::collections::HashMap;
use std::sync::Arc;

use super::notice::Hearers;
use super::{body, content_type};
use crate::accounts::Account;
use crate::caller::Caller;
use crate::conversations::{Conversation, ConversationKind, Parties, Reach};
use crate::error::{Error, Kind, Result};
use crate::event::{Audience, Event};
use crate::ids::{ConversationId, UserId};
use crate::ports::{LogRange, Tx};
use crate::sync::{Change, List};
use crate::time::Millis;
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
        let hearers = self.hearers_of(chat, user.key).await?;
        if command.spread.to_others {
            self.may_delete_for_all(caller, &user, chat, &command.seqs)
                .await?;
        }
        let mut tx = self.store.begin().await?;
        if command.spread.to_others {
            tx.erase_messages(chat.key, &command.seqs).await?;
        } else {
            tx.hide_messages(chat.key, user.key, &command.seqs).await?;
        }
        let content = body::deleted(&user.user_id, &chat.id, &command.seqs);
        if command.spread.to_others {
            let sides = (user.key, hearers);
            self.append_notice(&mut *tx, Some(chat), sides, content_type::DELETED, content)
                .await?;
        } else if command.spread.to_self {
            self.append_notice(
                &mut *tx,
                None,
                (user.key, Hearers::Account(user.key)),
                content_type::DELETED,
                content,
            )
            .await?;
        }
        self.commit(tx).await
    }

    /// In a chat of two either side may; in a group who manages it, and everybody what they have written.
    async fn may_delete_for_all(
        &self,
        caller: &Caller,
        user: &Account,
        chat: &Conversation,
        seqs: &[i64],
    ) -> Result<()> {
        let Some((_, group)) = chat.group() else {
            return Ok(());
        };
        let hall = self.hall(group).await?;
        let role = hall.roster.entry(user.key).map(|entry| entry.role);
        let Err(denied) = gate::may_manage(caller, role) else {
            return Ok(());
        };
        let ranges: Vec<_> = seqs
            .iter()
            .map(|seq| LogRange {
                conversation: chat.key,
                begin: *seq,
                end: *seq,
            })
            .collect();
        let mut view = self.store.view().await?;
        let logged = view.messages_in(user.key, &ranges, seqs.len()).await?;
        if logged.iter().all(|logged| logged.sender == user.key) {
            Ok(())
        } else {
            Err(denied)
        }
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
        tx.erase_messages(chat.conversation.key, seqs).await?;
        self.commit(tx).await
    }

    /// Removes for everybody what was said in a conversation before a time, without a notice; administration.
    pub async fn erase_messages_before(
        &self,
        caller: &Caller,
        id: &ConversationId,
        before: Millis,
    ) -> Result<()> {
        gate::may_administer(caller)?;
        let mut tx = self.store.begin().await?;
        let chat = tx
            .conversation(id)
            .await?
            .ok_or(Error::NotFound(Kind::Conversation))?;
        // Times grow along a conversation, so the place can be found by halves.
        let (mut old, mut new) = (chat.min_seq.max(1) - 1, chat.max_seq + 1);
        while new - old > 1 {
            let middle = old + (new - old) / 2;
            let range = LogRange {
                conversation: chat.key,
                begin: middle,
                end: middle,
            };
            let found = tx.messages_in(caller.account, &[range], 1).await?;
            if found.first().is_none_or(|found| found.send_time < before) {
                old = middle;
            } else {
                new = middle;
            }
        }
        if old >= chat.min_seq.max(1) {
            tx.raise_min_seq(chat.key, old + 1).await?;
            tx.erase_messages_until(chat.key, old).await?;
        }
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
        let mut halls = HashMap::new();
        for reach in &reaches {
            if let Some((key, group)) = reach.conversation.group()
                && command.spread.to_others
            {
                let hall = self.hall(group).await?;
                let role = hall.roster.entry(user.key).map(|entry| entry.role);
                gate::may_manage(caller, role)?;
                halls.insert(key, hall);
            }
        }
        let mut tx = self.store.begin().await?;
        for reach in &reaches {
            let chat = &reach.conversation;
            if command.spread.to_others {
                tx.raise_min_seq(chat.key, chat.max_seq + 1).await?;
                tx.erase_messages_until(chat.key, chat.max_seq).await?;
                if let Some(peer) = chat
                    .peer_of(user.key)
                    .filter(|peer| peer.account != user.key)
                {
                    self.clear_for(
                        &mut *tx,
                        (peer.account, &peer.user_id),
                        std::slice::from_ref(reach),
                    )
                    .await?;
                }
                let audience = match &chat.parties {
                    Parties::Pair { low, .. } => {
                        let peer = chat.peer_of(user.key).unwrap_or(low).account;
                        Audience::pair(user.key, peer)
                    }
                    Parties::Group { key, .. } => halls[key].audience(Arc::from([])),
                };
                tx.record(Event::ConversationsCleared {
                    by: user.user_id.clone(),
                    conversations: vec![chat.id.clone()],
                    audience,
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
        let named: Vec<_> = ids.iter().map(ConversationId::as_str).collect();
        tx.log_change(&[List::Conversations(account)], &named, Change::Updated)
            .await?;
        tx.record(Event::ConversationsChanged {
            account,
            user_id: user_id.clone(),
            conversations: ids,
        })
        .await
    }
}
