//! Rows of groups, members and applications. Every record comes with the accounts it names, in one query. Writes
//! name many members at once, so that their cost grows with the change and not with the number of round trips.

use async_trait::async_trait;

use super::Page;
use crate::error::Result;
use crate::groups::{
    Application, ApplicationFilter, Group, GroupFilter, GroupRole, JoinSource, Member,
    MemberFilter, RosterEntry,
};
use crate::ids::{AccountKey, GroupId, GroupKey, UserId};
use crate::time::Millis;

#[derive(Clone, Debug)]
pub struct NewMember {
    pub account: AccountKey,
    pub role: GroupRole,
    pub nickname: String,
    pub face_url: String,
    pub ex: String,
    pub joined_at: Millis,
    pub source: JoinSource,
    pub inviter: String,
    pub operator: String,
    pub muted_until: Millis,
}

#[async_trait]
pub trait GroupReads {
    async fn group(&mut self, id: &GroupId) -> Result<Option<Group>>;
    async fn group_by_key(&mut self, key: GroupKey) -> Result<Option<Group>>;
    async fn groups(&mut self, ids: &[GroupId]) -> Result<Vec<Group>>;
    /// The number of matches and one page of them, newest group first.
    async fn groups_page(&mut self, filter: &GroupFilter, page: Page) -> Result<(u64, Vec<Group>)>;

    /// The number of groups the account is a member of and one page of them, in the order of joining.
    async fn joined_groups_page(
        &mut self,
        account: AccountKey,
        page: Page,
    ) -> Result<(u64, Vec<Group>)>;
    /// Those of the groups that the account is a member of.
    async fn joined_groups(&mut self, account: AccountKey, ids: &[GroupId]) -> Result<Vec<Group>>;
    /// The ids of all groups the account is a member of, in the order of joining.
    async fn joined_group_ids(&mut self, account: AccountKey) -> Result<Vec<GroupId>>;
    /// The groups in which the account is owner or administrator.
    async fn managed_groups(&mut self, account: AccountKey) -> Result<Vec<GroupKey>>;
    /// The groups in which the account shows its general name or picture.
    async fn groups_showing_profile(&mut self, account: AccountKey) -> Result<Vec<GroupKey>>;

    async fn member(&mut self, group: GroupKey, account: AccountKey) -> Result<Option<Member>>;
    async fn members(&mut self, group: GroupKey, ids: &[UserId]) -> Result<Vec<Member>>;
    /// The number of matches and one page of them: the more powerful first, then in the order of joining.
    async fn members_page(
        &mut self,
        group: GroupKey,
        filter: &MemberFilter,
        page: Page,
    ) -> Result<(u64, Vec<Member>)>;
    /// The user ids of all members, in the order of [`Self::members_page`].
    async fn member_ids(&mut self, group: GroupKey) -> Result<Vec<UserId>>;
    /// All members, ascending by account.
    async fn roster(&mut self, group: GroupKey) -> Result<Vec<RosterEntry>>;

    /// Inside a transaction the row is then locked against other writers.
    async fn application(
        &mut self,
        group: GroupKey,
        account: AccountKey,
    ) -> Result<Option<Application>>;
    /// The number of matches and one page of them, newest first.
    async fn applications_page(
        &mut self,
        filter: &ApplicationFilter,
        page: Page,
    ) -> Result<(u64, Vec<Application>)>;
    /// How many open applications have come at that time or later to groups that the account manages.
    async fn open_applications(&mut self, manager: AccountKey, since: Millis) -> Result<u64>;
}

#[async_trait]
pub trait GroupWrites {
    /// As [`GroupReads::group`], and the row is locked against other writers until the transaction ends: whoever
    /// changes a group or its members begins with this.
    async fn lock_group(&mut self, id: &GroupId) -> Result<Option<Group>>;
    /// Inserts the group (its `key` and `member_count` are ignored) and returns its key, or `None` if the id is
    /// taken.
    async fn insert_group(&mut self, group: &Group) -> Result<Option<GroupKey>>;
    /// Writes every member of `group` but its key, id, creator, time of creation and number of members.
    async fn update_group(&mut self, group: &Group) -> Result<()>;

    /// Inserts those that are not members yet, counts them, and returns them in the order given.
    async fn insert_members(
        &mut self,
        group: GroupKey,
        members: &[NewMember],
    ) -> Result<Vec<AccountKey>>;
    /// Writes role, names, `ex` and mute of a member.
    async fn update_member(&mut self, member: &Member) -> Result<()>;
    /// Deletes those that are members, counts them, and returns them; all of them when `accounts` is `None`.
    async fn delete_members(
        &mut self,
        group: GroupKey,
        accounts: Option<&[AccountKey]>,
    ) -> Result<Vec<AccountKey>>;

    /// Inserts or replaces by (group, account).
    async fn put_application(&mut self, application: &Application) -> Result<()>;
}
