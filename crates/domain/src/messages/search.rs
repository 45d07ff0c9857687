//! Finding messages by who, when and what kind; for administrators.

use super::{LoggedMessage, Route};
use crate::caller::Caller;
use crate::conversations::ConversationKind;
use crate::error::Result;
use crate::ids::{ConversationId, UserId};
use crate::ports::Page;
use crate::time::Millis;
use crate::{Domain, gate};

/// Which messages to list; a member that is `None` does not narrow. Notices are never listed.
#[derive(Clone, Debug, Default)]
pub struct MessageFilter {
    pub sender: Option<UserId>,
    pub recipient: Option<UserId>,
    pub content_type: Option<i32>,
    pub kind: Option<ConversationKind>,
    pub sent_from: Option<Millis>,
    pub sent_before: Option<Millis>,
    pub conversation: Option<ConversationId>,
    /// What the message says; see [`crate::search`]. With it the number of matches is that of the page and those before
    /// it, and one more if there are more.
    pub text: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundMessage {
    pub message: LoggedMessage,
    pub route: Route,
}

impl Domain {
    /// The number of matches and one page of them, newest first.
    pub async fn search_messages(
        &self,
        caller: &Caller,
        filter: &MessageFilter,
        page: Page,
    ) -> Result<(u64, Vec<FoundMessage>)> {
        gate::may_administer(caller)?;
        match &filter.text {
            Some(text) => self.search_by_text(filter, text, page).await,
            None => self.store.view().await?.search_messages(filter, page).await,
        }
    }
}
