//! Finding messages by who, when and what kind; for administrators.

use super::{LoggedMessage, Route};
use crate::caller::Caller;
use crate::conversations::ConversationKind;
use crate::error::Result;
use crate::ids::UserId;
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
        self.store.view().await?.search_messages(filter, page).await
    }
}
