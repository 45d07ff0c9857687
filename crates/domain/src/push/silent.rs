//! Who of many would be told of a message of a conversation; for application servers that push by themselves.

use std::collections::HashSet;

use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::ids::{ConversationId, UserId};
use crate::{Domain, gate, limits};

impl Domain {
    /// Those of the users that have not set the conversation to silent, in their order; unknown users have set nothing.
    pub async fn not_silent_in(
        &self,
        caller: &Caller,
        conversation: &ConversationId,
        users: Vec<UserId>,
    ) -> Result<Vec<UserId>> {
        gate::may_administer(caller)?;
        if users.len() > limits::IDS_MAX {
            return Err(Error::invalid("userIDs", "must be 1000 at most"));
        }
        let mut view = self.store.view().await?;
        let Some(found) = view.conversation(conversation).await? else {
            return Ok(users);
        };
        let accounts = view.accounts(&users).await?;
        let keys: Vec<_> = accounts.iter().map(|account| account.key).collect();
        let silent: HashSet<_> = view
            .silent_in(found.key, &keys)
            .await?
            .into_iter()
            .collect();
        let silent: HashSet<_> = accounts
            .iter()
            .filter(|account| silent.contains(&account.key))
            .map(|account| &account.user_id)
            .collect();
        Ok(users
            .into_iter()
            .filter(|user| !silent.contains(user))
            .collect())
    }
}
