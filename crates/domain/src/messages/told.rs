//! Telling people that something happened between them or in their group: a notice that is kept nowhere and, where
//! people should read it later, a message in the chat with the same words (`reference/openim/notifications.md` §1).

use std::sync::Arc;

use bytes::Bytes;

use super::{Message, Options};
use crate::Domain;
use crate::accounts::Account;
use crate::conversations::{ConversationKind, Party};
use crate::error::{Error, Kind, Result};
use crate::event::{Audience, Event, Happening};
use crate::groups::Group;
use crate::ids::{AccountKey, ConversationId};
use crate::ports::Tx;

/// What happened, and how OpenIM devices read it.
pub(crate) struct Told {
    pub happening: Happening,
    pub content_type: i32,
    pub content: Bytes,
    /// Whether it stands in the chat too.
    pub in_chat: Option<InChat>,
}

/// How it stands in the chat.
#[derive(Clone, Copy)]
pub(crate) struct InChat {
    /// Offline devices show it.
    pub pushes: bool,
}

impl Domain {
    /// Tells two people; their chat is opened if it is to stand there.
    pub(crate) async fn tell_person(
        &self,
        tx: &mut dyn Tx,
        from: &Account,
        to: &Account,
        told: Told,
    ) -> Result<()> {
        let audience = Audience::pair(from.key, to.key);
        let recipient = Party::Person(to.user_id.clone());
        let mut notice =
            self.passing_notice(from, recipient.clone(), told.content_type, told.content);
        if let Some(in_chat) = told.in_chat {
            let id = ConversationId::direct(&from.user_id, &to.user_id);
            let chat = self
                .open_chat(tx, &id, ConversationKind::Direct, from, to)
                .await?;
            let post = chat_post(&notice, in_chat);
            self.append_ours(tx, &chat, from, recipient, audience.clone(), post)
                .await?;
        } else {
            allow_push(&mut notice, told.happening.pushes());
        }
        tx.record(Event::Noticed {
            happening: told.happening,
            notice: Arc::new(notice),
            audience,
        })
        .await
    }

    /// Tells one account's devices, or several accounts', that each other has nothing to do with.
    pub(crate) async fn tell_accounts(
        &self,
        tx: &mut dyn Tx,
        from: &Account,
        to: &[AccountKey],
        told: Told,
    ) -> Result<()> {
        if to.is_empty() {
            return Ok(());
        }
        let recipient = Party::Person(from.user_id.clone());
        let mut notice = self.passing_notice(from, recipient, told.content_type, told.content);
        allow_push(&mut notice, told.happening.pushes());
        tx.record(Event::Noticed {
            happening: told.happening,
            notice: Arc::new(notice),
            audience: Audience::Accounts(to.into()),
        })
        .await
    }

    /// Tells the members of a group, `members` being those after what happened, and `others`.
    pub(crate) async fn tell_group(
        &self,
        tx: &mut dyn Tx,
        group: &Group,
        (members, others): (Arc<[AccountKey]>, &[AccountKey]),
        from: &Account,
        told: Told,
    ) -> Result<()> {
        // Whoever did it hears of it, from wherever.
        let mut others = others.to_vec();
        if !members.contains(&from.key) && !others.contains(&from.key) {
            others.push(from.key);
        }
        let audience = Audience::Group {
            group: group.key,
            members,
            others: others.into(),
        };
        let recipient = Party::Group(group.id.clone());
        let notice = self.passing_notice(from, recipient.clone(), told.content_type, told.content);
        if let Some(in_chat) = told.in_chat {
            // Read here, because what happened may have raised its policy version.
            let chat = tx
                .conversation_by_key(group.conversation)
                .await?
                .ok_or(Error::NotFound(Kind::Conversation))?;
            let post = chat_post(&notice, in_chat);
            self.append_ours(tx, &chat, from, recipient, audience.clone(), post)
                .await?;
        }
        tx.record(Event::Noticed {
            happening: told.happening,
            notice: Arc::new(notice),
            audience,
        })
        .await
    }
}

/// The same words as a message of the chat: one that is kept, counted and shown like any other.
fn chat_post(notice: &Message, in_chat: InChat) -> super::Post {
    let off = if in_chat.pushes {
        0
    } else {
        Options::OFFLINE_PUSH
    };
    super::Post {
        options: Options(off),
        ..super::Post::clone(&notice.post)
    }
}

fn allow_push(notice: &mut Message, pushes: bool) {
    if pushes {
        let post = Arc::make_mut(&mut notice.post);
        post.options = Options(post.options.0 & !Options::OFFLINE_PUSH);
    }
}
