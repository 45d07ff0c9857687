//! Reading groups, members and applications: by id, by page, by increments.

use super::{Application, ApplicationFilter, Group, GroupFilter, Member, MemberFilter};
use crate::caller::Caller;
use crate::error::{Error, Kind, Result};
use crate::ids::{AccountKey, GroupId, GroupKey, UserId};
use crate::ports::Page;
use crate::relations::{Verdict, parsed};
use crate::sync::{self, Increment, List, Version};
use crate::time::Millis;
use crate::{Domain, gate, limits};

/// A page of groups, and the number of all.
#[derive(Clone, Debug)]
pub struct GroupPage {
    pub total: u64,
    pub groups: Vec<Group>,
}

/// A page of members, and the number of all.
#[derive(Clone, Debug)]
pub struct MemberPage {
    pub total: u64,
    pub members: Vec<Member>,
}

/// A page of applications, and the number of all.
#[derive(Clone, Debug)]
pub struct ApplicationPage {
    pub total: u64,
    pub applications: Vec<Application>,
}

impl Domain {
    /// These groups, as anybody may see them; unknown ones are left out, dismissed ones are there.
    pub async fn groups(&self, ids: &[GroupId]) -> Result<Vec<Group>> {
        if ids.is_empty() || ids.len() > limits::IDS_MAX {
            return Err(Error::invalid("groupIDs", "must be 1 to 1000"));
        }
        self.store.view().await?.groups(ids).await
    }

    /// All groups, for administrators.
    pub async fn groups_page(
        &self,
        caller: &Caller,
        filter: &GroupFilter,
        page: Page,
    ) -> Result<GroupPage> {
        gate::may_administer(caller)?;
        let mut view = self.store.view().await?;
        let (total, groups) = view.groups_page(filter, page).await?;
        Ok(GroupPage { total, groups })
    }

    /// One page of the groups that `user` is a member of, in the order of joining.
    pub async fn joined_groups_page(
        &self,
        caller: &Caller,
        user: &UserId,
        page: Page,
    ) -> Result<GroupPage> {
        gate::may_act_for(caller, user)?;
        let user = self.account(user).await?;
        let mut view = self.store.view().await?;
        let (total, groups) = view.joined_groups_page(user.key, page).await?;
        Ok(GroupPage { total, groups })
    }

    /// The ids of all groups that `user` is a member of, and the version that they belong to.
    pub async fn joined_group_ids(
        &self,
        caller: &Caller,
        user: &UserId,
    ) -> Result<(Version, Vec<GroupId>)> {
        gate::may_act_for(caller, user)?;
        let user = self.account(user).await?;
        // The version is read first: a change in between is then listed again by the next sync, never missed.
        let version = self.version(List::JoinedGroups(user.key)).await?;
        let ids = self.store.view().await?.joined_group_ids(user.key).await?;
        Ok((version, ids))
    }

    /// What changed in `user`'s list of groups since a version.
    pub async fn joined_group_changes(
        &self,
        caller: &Caller,
        user: &UserId,
        known: (&str, u64),
    ) -> Result<Increment<Group>> {
        gate::may_act_for(caller, user)?;
        let user = self.account(user).await?.key;
        let list = List::JoinedGroups(user);
        let mut view = self.store.view().await?;
        let ids = sync::increment(&mut *view, list, known).await?;
        let inserted = view.joined_groups(user, &group_ids(&ids.inserted)).await?;
        let updated = view.joined_groups(user, &group_ids(&ids.updated)).await?;
        Ok(ids.with(inserted, updated))
    }

    /// A group with the caller's role in it, for who may look into it.
    async fn looked_into(&self, caller: &Caller, id: &GroupId) -> Result<Group> {
        let hall = self.hall(id).await?;
        let place = hall.roster.entry(caller.account);
        gate::may_look_into(caller, place.map(|place| place.role))?;
        Ok(hall.group.clone())
    }

    /// One page of the members, the more powerful first; for members.
    pub async fn members_page(
        &self,
        caller: &Caller,
        group: &GroupId,
        filter: &MemberFilter,
        page: Page,
    ) -> Result<MemberPage> {
        let group = self.looked_into(caller, group).await?;
        let mut view = self.store.view().await?;
        let (total, members) = view.members_page(group.key, filter, page).await?;
        Ok(MemberPage { total, members })
    }

    /// Those of the ids that are members; for members.
    pub async fn members(
        &self,
        caller: &Caller,
        group: &GroupId,
        ids: &[UserId],
    ) -> Result<Vec<Member>> {
        if ids.is_empty() || ids.len() > limits::IDS_MAX {
            return Err(Error::invalid("userIDs", "must be 1 to 1000"));
        }
        let group = self.looked_into(caller, group).await?;
        self.store.view().await?.members(group.key, ids).await
    }

    /// The ids of all members in the order of the list, and the version that they belong to; for members.
    pub async fn member_ids(
        &self,
        caller: &Caller,
        group: &GroupId,
    ) -> Result<(Version, Vec<UserId>)> {
        let group = self.looked_into(caller, group).await?;
        let version = self.version(List::Members(group.key)).await?;
        let ids = self.store.view().await?.member_ids(group.key).await?;
        Ok((version, ids))
    }

    /// What changed among the members since a version, and the group's record; for members of a group that is alive.
    pub async fn member_changes(
        &self,
        caller: &Caller,
        group: &GroupId,
        known: (&str, u64),
    ) -> Result<(Group, Increment<Member>)> {
        let hall = self.hall(group).await?;
        gate::is_alive(&hall.group)?;
        let group = self.looked_into(caller, group).await?;
        let list = List::Members(group.key);
        let mut view = self.store.view().await?;
        let ids = sync::increment(&mut *view, list, known).await?;
        let inserted = view.members(group.key, &parsed(&ids.inserted)).await?;
        let updated = view.members(group.key, &parsed(&ids.updated)).await?;
        Ok((group, ids.with(inserted, updated)))
    }

    /// Applications to groups that `manager` manages, newest first: to these, or to all of them.
    pub async fn received_applications(
        &self,
        caller: &Caller,
        manager: &UserId,
        groups: &[GroupId],
        verdicts: Vec<Verdict>,
        page: Page,
    ) -> Result<ApplicationPage> {
        gate::may_act_for(caller, manager)?;
        let manager = self.account(manager).await?;
        let mut view = self.store.view().await?;
        let mut managed = view.managed_groups(manager.key).await?;
        if !groups.is_empty() {
            let asked = view.groups(groups).await?;
            managed.retain(|key| asked.iter().any(|group| group.key == *key));
        }
        let filter = ApplicationFilter {
            groups: Some(managed),
            account: None,
            verdicts,
        };
        let (total, applications) = view.applications_page(&filter, page).await?;
        Ok(ApplicationPage {
            total,
            applications,
        })
    }

    /// Applications that `user` has made, newest first: to these groups, or to all.
    pub async fn sent_applications(
        &self,
        caller: &Caller,
        user: &UserId,
        groups: &[GroupId],
        verdicts: Vec<Verdict>,
        page: Page,
    ) -> Result<ApplicationPage> {
        gate::may_act_for(caller, user)?;
        let user = self.account(user).await?;
        let mut view = self.store.view().await?;
        let groups = if groups.is_empty() {
            None
        } else {
            let asked = view.groups(groups).await?;
            Some(asked.iter().map(|group| group.key).collect())
        };
        let filter = ApplicationFilter {
            groups,
            account: Some(user.key),
            verdicts,
        };
        let (total, applications) = view.applications_page(&filter, page).await?;
        Ok(ApplicationPage {
            total,
            applications,
        })
    }

    /// The applications of these people to one group: for those who manage it, and everybody their own.
    pub async fn applications_of(
        &self,
        caller: &Caller,
        group: &GroupId,
        users: &[UserId],
    ) -> Result<Vec<Application>> {
        if users.is_empty() || users.len() > limits::IDS_MAX {
            return Err(Error::invalid("userIDs", "must be 1 to 1000"));
        }
        let hall = self.hall(group).await?;
        if users.iter().any(|user| *user != caller.user_id) {
            let place = hall.roster.entry(caller.account);
            gate::may_manage(caller, place.map(|place| place.role))?;
        }
        let mut found = Vec::new();
        for user in users {
            let account = match self.account(user).await {
                Ok(account) => account,
                Err(Error::NotFound(Kind::Account)) => continue,
                Err(error) => return Err(error),
            };
            let mut view = self.store.view().await?;
            found.extend(view.application(hall.group.key, account.key).await?);
        }
        Ok(found)
    }

    /// How many applications since then wait for an answer of `manager`.
    pub async fn open_applications(
        &self,
        caller: &Caller,
        manager: &UserId,
        since: Millis,
    ) -> Result<u64> {
        gate::may_act_for(caller, manager)?;
        let manager = self.account(manager).await?;
        self.store
            .view()
            .await?
            .open_applications(manager.key, since)
            .await
    }

    /// The groups that show an account's general name or picture.
    pub(crate) async fn groups_showing(&self, account: AccountKey) -> Result<Vec<GroupKey>> {
        let mut view = self.store.view().await?;
        view.groups_showing_profile(account).await
    }
}

fn group_ids(ids: &[String]) -> Vec<GroupId> {
    ids.iter().filter_map(GroupId::new).collect()
}
