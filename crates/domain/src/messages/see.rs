//! Which of some messages an account can see: the question before anything about them is answered.

use super::{Message, Status, content_type};
use crate::caller::{Caller, Role};
use crate::conversations::{ConversationKind, Reach};
use crate::error::{Error, Kind, Result};
use crate::ids::{AccountKey, ConversationId, ConversationKey, UserId};
use crate::ports::LogRange;
use crate::{Domain, gate, limits};

/// Messages that can be seen, ascending.
pub(super) struct Seen {
    pub user: AccountKey,
    pub conversation: ConversationKey,
    pub messages: Vec<Message>,
}

impl Domain {
    /// What `user` can see of a chat; an administrator who takes no part sees all of it.
    pub(super) async fn visible(
        &self,
        caller: &Caller,
        user: &UserId,
        id: &ConversationId,
    ) -> Result<Reach> {
        gate::may_act_for(caller, user)?;
        let user = self.account(user).await?;
        let mut view = self.store.view().await?;
        let reach = view
            .reaches(user.key, std::slice::from_ref(id))
            .await?
            .pop();
        let reach = match reach {
            None if caller.role == Role::Administrator => {
                view.conversation(id).await?.map(|conversation| Reach {
                    min_seq: conversation.min_seq.max(1),
                    max_seq: conversation.max_seq,
                    has_read_seq: 0,
                    conversation,
                })
            }
            reach => reach,
        };
        reach
            .filter(|reach| reach.conversation.kind != ConversationKind::Notice)
            .ok_or(Error::NotFound(Kind::Conversation))
    }

    /// Those of the messages that `user` can see, were not recalled and not deleted.
    pub(super) async fn seen(
        &self,
        caller: &Caller,
        user: &UserId,
        id: &ConversationId,
        seqs: &[i64],
    ) -> Result<Seen> {
        if seqs.is_empty() || seqs.len() > limits::ANNOTATED_MAX {
            return Err(Error::invalid("seqs", "must be 1 to 100"));
        }
        let reach = self.visible(caller, user, id).await?;
        let user = self.account(user).await?.key;
        let chat = &reach.conversation;
        let mut wanted: Vec<i64> = seqs
            .iter()
            .copied()
            .filter(|seq| (reach.min_seq..=reach.max_seq).contains(seq))
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        let ranges: Vec<_> = wanted
            .chunk_by(|a, b| a + 1 == *b)
            .map(|run| LogRange {
                conversation: chat.key,
                begin: run[0],
                end: run[run.len() - 1],
            })
            .collect();
        let mut view = self.store.view().await?;
        let logged = view.messages_in(user, &ranges, wanted.len()).await?;
        let messages = logged
            .into_iter()
            .filter(|logged| {
                logged.status == Status::Sent
                    && !logged.is_hidden
                    && logged.post.content_type != content_type::RECALLED
            })
            .filter_map(|logged| chat.message(logged))
            .collect();
        Ok(Seen {
            user,
            conversation: chat.key,
            messages,
        })
    }
}
