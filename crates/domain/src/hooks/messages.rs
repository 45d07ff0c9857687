//! Asking about messages: may it be sent, as what, and to whom is it shown.

use std::sync::Arc;

use super::{Hook, HookSet, Question};
use crate::Domain;
use crate::caller::{Caller, Role};
use crate::conversations::{ConversationKind, Party};
use crate::error::{Error, Result};
use crate::event::Audience;
use crate::ids::{AccountKey, UserId};
use crate::messages::{Message, Post, PushText, content_type};

/// Only texts can be modified.
const TEXT: i32 = 101;

/// To whose connections a message is shown, beside the sender's own.
#[derive(Clone, Debug)]
pub(crate) enum Shown {
    All,
    Nobody,
    Some(Vec<UserId>),
}

impl Domain {
    /// Whether any hook is asked about messages that are sent.
    pub(crate) fn has_sending_hooks(&self) -> bool {
        const HOOKS: [Hook; 5] = [
            Hook::BeforeSendSingleMsg,
            Hook::BeforeSendGroupMsg,
            Hook::BeforeMsgModify,
            Hook::BeforeOnlinePush,
            Hook::BeforeGroupOnlinePush,
        ];
        self.hooked.wanted.intersects(HookSet::of(HOOKS))
    }

    /// Asks whether a message may be sent; what it says may be changed.
    pub(crate) async fn ask_to_send(
        &self,
        caller: &Caller,
        message: &Message,
        post: &mut Post,
    ) -> Result<()> {
        if is_passing(message) {
            return Ok(());
        }
        let kind = message.route.kind;
        let is_notification = post.content_type >= content_type::NOTIFICATION_BEGIN;
        match kind {
            ConversationKind::Direct if caller.role != Role::Administrator && !is_notification => {
                let question = Question::SendMessage(message);
                self.ask(Hook::BeforeSendSingleMsg, question).await?;
            }
            ConversationKind::Group => {
                let question = Question::SendMessage(message);
                self.ask(Hook::BeforeSendGroupMsg, question).await?;
            }
            ConversationKind::Direct
            | ConversationKind::Notification
            | ConversationKind::Notice => {}
        }
        if post.content_type == TEXT
            && matches!(kind, ConversationKind::Direct | ConversationKind::Group)
        {
            let question = Question::ModifyMessage { message, post };
            self.ask(Hook::BeforeMsgModify, question).await?;
        }
        Ok(())
    }

    /// Asks to whom a message is shown that is about to be stored. It is stored whatever the answer is, and who is not
    /// shown it finds it when syncing.
    pub(crate) async fn ask_to_show(&self, message: &Message) -> Shown {
        if is_passing(message) {
            return Shown::All;
        }
        let mut only = Vec::new();
        let asked = match &message.route.recipient {
            Party::Person(recipient) => {
                let receivers = std::slice::from_ref(recipient);
                let question = Question::PushOnline { message, receivers };
                self.ask(Hook::BeforeOnlinePush, question).await
            }
            Party::Group(_) => {
                let question = Question::PushGroupOnline {
                    message,
                    only: &mut only,
                };
                self.ask(Hook::BeforeGroupOnlinePush, question).await
            }
        };
        match asked {
            Err(error) => {
                tracing::debug!(%error, "a message is stored and not shown");
                Shown::Nobody
            }
            Ok(()) if only.is_empty() => Shown::All,
            Ok(()) => Shown::Some(only),
        }
    }

    /// Those of the audience that are meant, and the sender.
    pub(crate) async fn narrowed(
        &self,
        audience: &Audience,
        sender: AccountKey,
        shown: &Shown,
    ) -> Result<Audience> {
        let mut named = vec![sender];
        match shown {
            Shown::All => return Ok(audience.clone()),
            Shown::Nobody => {}
            Shown::Some(ids) => {
                for id in ids {
                    match self.account(id).await {
                        Ok(account) => named.push(account.key),
                        Err(Error::NotFound(_)) => {}
                        Err(error) => return Err(error),
                    }
                }
            }
        }
        let left: Arc<[AccountKey]> = audience
            .accounts()
            .filter(|account| named.contains(account))
            .collect();
        Ok(Audience::Accounts(left))
    }

    /// Asks before devices that are not connected are told of a message: whom, and with which words. `None` when
    /// nobody is to be told.
    pub(crate) async fn ask_to_push(
        &self,
        message: &Message,
        accounts: Vec<AccountKey>,
        text: &mut Option<PushText>,
    ) -> Result<Option<Vec<AccountKey>>> {
        if !self.wants(Hook::BeforeOfflinePush) || accounts.is_empty() {
            return Ok(Some(accounts));
        }
        let mut receivers = Vec::with_capacity(accounts.len());
        let mut view = self.store.view().await?;
        for account in &accounts {
            receivers.extend(
                view.account_by_key(*account)
                    .await?
                    .map(|found| found.user_id),
            );
        }
        drop(view);
        let before = receivers.clone();
        let question = Question::PushOffline {
            message,
            receivers: &mut receivers,
            text,
        };
        match self.ask(Hook::BeforeOfflinePush, question).await {
            Ok(()) if receivers == before => Ok(Some(accounts)),
            Ok(()) => {
                let mut chosen = Vec::new();
                for id in &receivers {
                    match self.account(id).await {
                        Ok(account) => chosen.push(account.key),
                        Err(Error::NotFound(_)) => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(Some(chosen))
            }
            Err(Error::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Typing and the like are on nobody's mind a moment later.
fn is_passing(message: &Message) -> bool {
    message.post.content_type == content_type::TYPING
}
