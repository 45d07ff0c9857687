//! Rows of friends, requests and blocks. Every record comes with the accounts it names, in one query.

use async_trait::async_trait;

use super::Page;
use crate::error::Result;
use crate::ids::{AccountKey, UserId};
use crate::relations::{Block, Friend, FriendRequest, FriendRequestFilter, FriendSource, Relation};
use crate::time::Millis;

#[derive(Clone, Debug)]
pub struct NewFriend {
    pub owner: AccountKey,
    pub friend: AccountKey,
    pub source: FriendSource,
    pub operator: UserId,
    pub created_at: Millis,
}

#[derive(Clone, Debug)]
pub struct NewBlock {
    pub owner: AccountKey,
    pub blocked: AccountKey,
    pub ex: String,
    pub source: i32,
    pub operator: UserId,
    pub created_at: Millis,
}

#[async_trait]
pub trait RelationReads {
    async fn relation(&mut self, a: AccountKey, b: AccountKey) -> Result<Relation>;

    /// The number of friends and one page of them: pinned ones first, then in the order in which they came.
    async fn friends_page(&mut self, owner: AccountKey, page: Page) -> Result<(u64, Vec<Friend>)>;
    async fn friends(&mut self, owner: AccountKey, ids: &[UserId]) -> Result<Vec<Friend>>;
    /// The user ids of all friends, in the order of the list.
    async fn friend_ids(&mut self, owner: AccountKey) -> Result<Vec<UserId>>;
    /// Who has this account in their list of friends.
    async fn listed_by(&mut self, friend: AccountKey) -> Result<Vec<AccountKey>>;

    /// The number of blocks and one page of them, oldest first.
    async fn blocks_page(&mut self, owner: AccountKey, page: Page) -> Result<(u64, Vec<Block>)>;
    async fn blocks(&mut self, owner: AccountKey, ids: &[UserId]) -> Result<Vec<Block>>;

    /// Inside a transaction the row is then locked against other writers.
    async fn friend_request(
        &mut self,
        from: AccountKey,
        to: AccountKey,
    ) -> Result<Option<FriendRequest>>;
    /// The number of matches and one page of them, newest first.
    async fn friend_requests_page(
        &mut self,
        filter: &FriendRequestFilter,
        page: Page,
    ) -> Result<(u64, Vec<FriendRequest>)>;
    /// How many open requests the account has received at that time or later.
    async fn open_friend_requests(&mut self, to: AccountKey, since: Millis) -> Result<u64>;
}

#[async_trait]
pub trait RelationWrites {
    /// Says whether it was not there before; a row that is there stays as it is.
    async fn insert_friend(&mut self, friend: &NewFriend) -> Result<bool>;
    /// Writes remark, `ex` and pin of the friend.
    async fn update_friend(&mut self, owner: AccountKey, friend: &Friend) -> Result<()>;
    /// Says whether it was there.
    async fn delete_friend(&mut self, owner: AccountKey, friend: AccountKey) -> Result<bool>;

    /// Says whether it was not there before; a row that is there stays as it is.
    async fn insert_block(&mut self, block: &NewBlock) -> Result<bool>;
    /// Says whether it was there.
    async fn delete_block(&mut self, owner: AccountKey, blocked: AccountKey) -> Result<bool>;

    /// Inserts or replaces by (from, to).
    async fn put_friend_request(&mut self, request: &FriendRequest) -> Result<()>;
}
