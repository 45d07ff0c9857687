//! Offline push: the way to the push services, who needs none because they are connected, and the rows of what
//! devices registered.

use async_trait::async_trait;

use crate::accounts::Receive;
use crate::error::Result;
use crate::ids::{AccountKey, ConversationKey, PushTokenKey, SessionKey, UserId};
use crate::push::{Badge, NewPushToken, PushNote, PushOutcome, PushProvider, PushToken};
use crate::sessions::Platforms;
use crate::time::Millis;

/// The push services. Sending may be called from many tasks at once and bounds itself; it ends in reasonable time.
#[async_trait]
pub trait PushSender: Send + Sync {
    /// Whether it can send to tokens of this provider at all.
    fn serves(&self, provider: PushProvider) -> bool;

    /// The public key that browsers subscribe with, if there is Web Push.
    fn web_push_key(&self) -> Option<String>;

    async fn send(&self, token: &PushToken, note: &PushNote) -> PushOutcome;
}

/// Who is connected, on any node.
#[async_trait]
pub trait Presence: Send + Sync {
    /// Those of the accounts that no foreground connection reaches; an application in the background does not count
    /// as one.
    async fn unreachable(&self, accounts: &[AccountKey]) -> Vec<AccountKey>;
}

/// Somebody with a registered device, and how they take messages of one conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushReceiver {
    pub conversation: ConversationKey,
    pub account: AccountKey,
    pub user_id: UserId,
    /// The account's own setting.
    pub own: Receive,
    /// Its setting of this conversation.
    pub here: Receive,
}

#[async_trait]
pub trait PushReads {
    /// Those of the pairs whose account has a token. One query, whatever their number; in no particular order.
    async fn push_receivers(
        &mut self,
        pairs: &[(ConversationKey, AccountKey)],
    ) -> Result<Vec<PushReceiver>>;

    /// Those of the accounts that do not want to be told of messages of this conversation. One query.
    async fn silent_in(
        &mut self,
        conversation: ConversationKey,
        accounts: &[AccountKey],
    ) -> Result<Vec<AccountKey>>;

    /// The tokens of these accounts, oldest first.
    async fn push_tokens(&mut self, accounts: &[AccountKey]) -> Result<Vec<PushToken>>;

    /// The tokens of these keys that are still there.
    async fn push_tokens_by_key(&mut self, keys: &[PushTokenKey]) -> Result<Vec<PushToken>>;

    /// How many messages of chats that are not silent each account has not read; accounts without chats are left out.
    async fn unread_totals(&mut self, accounts: &[AccountKey]) -> Result<Vec<(AccountKey, i64)>>;

    /// What the accounts' applications said of their badge.
    async fn badges(&mut self, accounts: &[AccountKey]) -> Result<Vec<(AccountKey, Badge)>>;
}

#[async_trait]
pub trait PushWrites {
    /// Adds a token. Whoever had its address loses it.
    async fn put_push_token(&mut self, token: &NewPushToken) -> Result<()>;

    /// Removes one token by what the provider knows it by; says whether the account had it.
    async fn delete_push_token(
        &mut self,
        account: AccountKey,
        provider: PushProvider,
        address: &str,
    ) -> Result<bool>;

    async fn delete_push_tokens_by_key(&mut self, keys: &[PushTokenKey]) -> Result<u64>;

    /// Removes the tokens that these sessions registered.
    async fn delete_push_tokens_of_sessions(&mut self, sessions: &[SessionKey]) -> Result<u64>;

    /// Removes the account's tokens on these platforms.
    async fn delete_push_tokens_on(
        &mut self,
        account: AccountKey,
        platforms: Platforms,
    ) -> Result<u64>;

    /// Notes that these tokens took a push.
    async fn touch_push_tokens(&mut self, keys: &[PushTokenKey], now: Millis) -> Result<()>;

    async fn put_badge(&mut self, account: AccountKey, badge: Badge) -> Result<()>;
}
