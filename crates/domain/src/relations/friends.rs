//! Keeping a list of friends: reading it whole or by increments, remarks and pins, removing, importing.

use std::collections::{HashMap, HashSet};

use super::{Friend, FriendSource, Relation, notices};
use crate::accounts::Account;
use crate::caller::Caller;
use crate::error::{Error, Kind, Result};
use crate::event::Happening;
use crate::hooks::{Hook, Question, Report};
use crate::ids::UserId;
use crate::messages::content_type;
use crate::messages::told::{InChat, Told};
use crate::ports::Page;
use crate::sync::{self, Change, Increment, List, Version};
use crate::{Domain, gate, limits};

/// A page of a list of friends, and the length of the whole.
#[derive(Clone, Debug)]
pub struct FriendPage {
    pub total: u64,
    pub friends: Vec<Friend>,
}

/// What to change about friends; `None` leaves it as it is.
#[derive(Clone, Debug)]
pub struct UpdateFriends {
    pub owner: UserId,
    pub friends: Vec<UserId>,
    pub remark: Option<String>,
    pub is_pinned: Option<bool>,
    pub ex: Option<String>,
}

impl Domain {
    /// One page of the owner's list: pinned friends first.
    pub async fn friends_page(
        &self,
        caller: &Caller,
        owner: &UserId,
        page: Page,
    ) -> Result<FriendPage> {
        gate::may_act_for(caller, owner)?;
        let owner = self.account(owner).await?;
        let mut view = self.store.view().await?;
        let (total, friends) = view.friends_page(owner.key, page).await?;
        Ok(FriendPage { total, friends })
    }

    /// These friends; `NotFound` if one of them is none.
    pub async fn friends(
        &self,
        caller: &Caller,
        owner: &UserId,
        ids: &[UserId],
    ) -> Result<Vec<Friend>> {
        let found = self.friends_among(caller, owner, ids).await?;
        if found.len() < ids.len() {
            return Err(Error::NotFound(Kind::Friend));
        }
        Ok(found)
    }

    /// Those of the ids that are friends.
    pub async fn friends_among(
        &self,
        caller: &Caller,
        owner: &UserId,
        ids: &[UserId],
    ) -> Result<Vec<Friend>> {
        gate::may_act_for(caller, owner)?;
        check_ids(ids)?;
        let owner = self.account(owner).await?;
        self.store.view().await?.friends(owner.key, ids).await
    }

    /// The ids of the whole list in its order, and the version that they belong to.
    pub async fn friend_ids(
        &self,
        caller: &Caller,
        owner: &UserId,
    ) -> Result<(Version, Vec<UserId>)> {
        gate::may_act_for(caller, owner)?;
        let owner = self.account(owner).await?;
        // The version is read first: a change in between is then listed again by the next sync, never missed.
        let version = self.version(List::Friends(owner.key)).await?;
        let ids = self.store.view().await?.friend_ids(owner.key).await?;
        Ok((version, ids))
    }

    /// What changed in the owner's list since a version.
    pub async fn friend_changes(
        &self,
        caller: &Caller,
        owner: &UserId,
        known: (&str, u64),
    ) -> Result<Increment<Friend>> {
        gate::may_act_for(caller, owner)?;
        let owner = self.account(owner).await?.key;
        let list = List::Friends(owner);
        let mut view = self.store.view().await?;
        let ids = sync::increment(&mut *view, list, known).await?;
        let inserted = view.friends(owner, &parsed(&ids.inserted)).await?;
        let updated = view.friends(owner, &parsed(&ids.updated)).await?;
        Ok(ids.with(inserted, updated))
    }

    /// What two accounts are to each other; for anybody.
    pub async fn relation(&self, a: &UserId, b: &UserId) -> Result<Relation> {
        let a = self.account(a).await?;
        let b = self.account(b).await?;
        self.store.view().await?.relation(a.key, b.key).await
    }

    /// Sets remark, pin or `ex` of friends.
    pub async fn update_friends(&self, caller: &Caller, command: UpdateFriends) -> Result<()> {
        gate::may_act_for(caller, &command.owner)?;
        check_ids(&command.friends)?;
        let remarks = self.ask_remarks(&command).await?;
        let owner = self.account(&command.owner).await?;
        let mut tx = self.store.begin().await?;
        let friends = tx.friends(owner.key, &command.friends).await?;
        if friends.len() < command.friends.len() {
            return Err(Error::NotFound(Kind::Friend));
        }
        let mut changed = Vec::new();
        let mut has_moved = false;
        for before in friends {
            let mut after = before.clone();
            after.remark = remarks
                .get(&after.account.user_id)
                .cloned()
                .unwrap_or(after.remark);
            after.is_pinned = command.is_pinned.unwrap_or(after.is_pinned);
            after.ex = command.ex.clone().unwrap_or(after.ex);
            if after != before {
                tx.update_friend(owner.key, &after).await?;
                if after.remark != before.remark {
                    let report = Report::RemarkSet {
                        owner: &owner.user_id,
                        friend: &after.account.user_id,
                        remark: &after.remark,
                    };
                    self.report(&mut *tx, Hook::AfterSetFriendRemark, report)
                        .await?;
                }
                has_moved |= after.is_pinned != before.is_pinned;
                changed.push(after.account.user_id);
            }
        }
        if changed.is_empty() {
            // Waits for what was read here to be on disk.
            return self.commit(tx).await;
        }
        let mut entries: Vec<_> = changed.iter().map(UserId::as_str).collect();
        if has_moved {
            entries.push(sync::ORDER);
        }
        let list = List::Friends(owner.key);
        tx.log_change(&[list], &entries, Change::Updated).await?;
        let told = Told {
            content_type: content_type::FRIENDS_UPDATED,
            content: notices::updated(&owner.user_id, &changed),
            happening: Happening::FriendsUpdated {
                owner: command.owner,
                friends: changed,
            },
            in_chat: None,
        };
        self.tell_person(&mut *tx, &owner, &owner, told).await?;
        self.commit(tx).await
    }

    /// The new remark of each friend, as hooks want it.
    async fn ask_remarks(&self, command: &UpdateFriends) -> Result<HashMap<UserId, String>> {
        let ex = command.ex.as_deref().unwrap_or_default();
        check_remark(command.remark.as_deref().unwrap_or_default(), ex)?;
        let mut remarks = HashMap::new();
        for friend in &command.friends {
            let Some(mut remark) = command.remark.clone() else {
                break;
            };
            let question = Question::SetRemark {
                owner: &command.owner,
                friend,
                remark: &mut remark,
            };
            self.ask(Hook::BeforeSetFriendRemark, question).await?;
            check_remark(&remark, ex)?;
            remarks.insert(friend.clone(), remark);
        }
        Ok(remarks)
    }

    /// Takes somebody out of the owner's list; the owner stays in theirs.
    pub async fn remove_friend(
        &self,
        caller: &Caller,
        owner: &UserId,
        friend: &UserId,
    ) -> Result<()> {
        gate::may_act_for(caller, owner)?;
        let owner = self.account(owner).await?;
        let friend = self.account(friend).await?;
        let mut tx = self.store.begin().await?;
        if !tx.delete_friend(owner.key, friend.key).await? {
            return Err(Error::NotFound(Kind::Friend));
        }
        let list = List::Friends(owner.key);
        tx.log_change(&[list], &[friend.user_id.as_str()], Change::Deleted)
            .await?;
        let report = Report::FriendRemoved {
            owner: &owner.user_id,
            friend: &friend.user_id,
        };
        self.report(&mut *tx, Hook::AfterDeleteFriend, report)
            .await?;
        self.policy_of_pair_changed(&mut *tx, &owner, &friend)
            .await?;
        let told = Told {
            happening: Happening::FriendRemoved {
                owner: owner.user_id.clone(),
                friend: friend.user_id.clone(),
            },
            content_type: content_type::FRIEND_REMOVED,
            content: notices::between(&owner.user_id, &friend.user_id),
            in_chat: None,
        };
        // Who was removed does not learn of it.
        self.tell_accounts(&mut *tx, &owner, &[owner.key], told)
            .await?;
        self.commit(tx).await
    }

    /// Makes friendships without asking; for administrators. Who is a friend already stays one.
    pub async fn import_friends(
        &self,
        caller: &Caller,
        owner: &UserId,
        friends: &[UserId],
    ) -> Result<()> {
        gate::may_administer(caller)?;
        check_ids(friends)?;
        let mut friends = friends.to_vec();
        let question = Question::ImportFriends {
            owner,
            friends: &mut friends,
        };
        self.ask(Hook::BeforeImportFriends, question).await?;
        check_ids(&friends)?;
        if friends.contains(owner) {
            return Err(Error::invalid("friendUserIDs", "name the owner"));
        }
        let owner = self.account(owner).await?;
        let mut accounts = Vec::with_capacity(friends.len());
        for friend in &friends {
            accounts.push(self.account(friend).await?);
        }
        accounts.sort_by_key(|account| account.key);
        // One transaction each: a friendship opens a chat, and a thousand of them would hold up everybody else.
        for friend in accounts {
            self.import_friend(caller, &owner, &friend).await?;
        }
        if !self.has_hook(Hook::AfterImportFriends) {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        let report = Report::FriendsImported {
            owner: &owner.user_id,
            friends: &friends,
        };
        self.report(&mut *tx, Hook::AfterImportFriends, report)
            .await?;
        self.commit(tx).await
    }

    async fn import_friend(
        &self,
        caller: &Caller,
        owner: &Account,
        friend: &Account,
    ) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let relation = tx.relation(owner.key, friend.key).await?;
        if relation.a_lists_b && relation.b_lists_a {
            return self.commit(tx).await;
        }
        self.befriend(&mut *tx, caller, (owner, friend), FriendSource::Import)
            .await?;
        let told = Told {
            happening: Happening::FriendshipMade {
                from: owner.user_id.clone(),
                to: friend.user_id.clone(),
                by_request: false,
            },
            content_type: content_type::FRIEND_REQUEST_ACCEPTED,
            content: notices::imported(&owner.user_id, &friend.user_id),
            in_chat: Some(InChat { pushes: true }),
        };
        self.tell_person(&mut *tx, friend, owner, told).await?;
        self.commit(tx).await
    }

    /// Tells everybody who has the account as a friend that its name or picture changed. Doing it twice does no
    /// harm.
    pub(crate) async fn tell_friends_of_profile(&self, account: &Account) -> Result<()> {
        let listed_by = self.store.view().await?.listed_by(account.key).await?;
        if listed_by.is_empty() {
            return Ok(());
        }
        let lists: Vec<_> = listed_by.iter().copied().map(List::Friends).collect();
        let mut tx = self.store.begin().await?;
        tx.log_change(&lists, &[account.user_id.as_str()], Change::Updated)
            .await?;
        let told = Told {
            happening: Happening::ProfileChanged {
                account: account.user_id.clone(),
            },
            content_type: content_type::FRIEND_PROFILE_CHANGED,
            content: notices::profile_changed(&account.user_id),
            in_chat: None,
        };
        self.tell_accounts(&mut *tx, account, &listed_by, told)
            .await?;
        self.commit(tx).await
    }
}

fn check_remark(remark: &str, ex: &str) -> Result<()> {
    if remark.len() > limits::REMARK_BYTES_MAX || ex.len() > limits::EXTRA_BYTES_MAX {
        return Err(Error::invalid("remark", "or ex is too long"));
    }
    if remark.contains('\0') || ex.contains('\0') {
        return Err(Error::invalid("remark", "or ex has a NUL"));
    }
    Ok(())
}

/// A list of 1 to 1000 ids without repetitions.
pub(crate) fn check_ids(ids: &[UserId]) -> Result<()> {
    if ids.is_empty() || ids.len() > limits::IDS_MAX {
        return Err(Error::invalid("userIDs", "must be 1 to 1000"));
    }
    let distinct: HashSet<_> = ids.iter().collect();
    if distinct.len() < ids.len() {
        return Err(Error::invalid("userIDs", "name somebody twice"));
    }
    Ok(())
}

pub(crate) fn parsed(ids: &[String]) -> Vec<UserId> {
    ids.iter().filter_map(UserId::new).collect()
}
