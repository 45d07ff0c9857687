//! Making a group: the record, its chat, its members, and the chat in each member's list, in one transaction whose
//! statements do not grow in number with the members.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::notices::{Doer, Scene};
use super::{Group, GroupRole, GroupStatus, JoinRule, JoinSource};
use crate::accounts::Account;
use crate::caller::Caller;
use crate::conversations::ConversationKind;
use crate::error::{Error, Kind, Reason, Result};
use crate::event::{GroupChange, Happening};
use crate::hooks::{Entrant, Hook, Question, Report};
use crate::ids::{AccountKey, ConversationId, ConversationKey, GroupId, GroupKey, UserId};
use crate::messages::content_type;
use crate::messages::told::{InChat, Told};
use crate::ports::{Between, NewConversation, NewMember, Page, Tx, View};
use crate::sync::{Change, List};
use crate::{Domain, gate, limits};

#[derive(Clone, Debug)]
pub struct CreateGroup {
    pub owner: UserId,
    pub administrators: Vec<UserId>,
    pub members: Vec<UserId>,
    /// The group's public id; a decimal number is made when it is `None`.
    pub id: Option<GroupId>,
    pub name: String,
    pub announcement: String,
    pub introduction: String,
    pub face_url: String,
    pub ex: String,
    pub join_rule: JoinRule,
    pub hides_profiles: bool,
    pub forbids_friends: bool,
    /// Whether the chat begins with a message that says so.
    pub says_so: bool,
}

/// What hooks want new members to be.
pub(super) type Entrants = HashMap<UserId, Entrant>;

impl Domain {
    /// Makes a group and tells its members. Everybody named must exist, and be named once.
    pub async fn create_group(&self, caller: &Caller, mut command: CreateGroup) -> Result<Group> {
        gate::may_act_for(caller, &command.owner)?;
        let question = Question::CreateGroup(&mut command);
        self.ask(Hook::BeforeCreateGroup, question).await?;
        gate::may_act_for(caller, &command.owner)?;
        check_texts(
            &command.name,
            &[
                &command.announcement,
                &command.introduction,
                &command.face_url,
            ],
            &command.ex,
        )?;
        let people = self.people(&command).await?;
        let entrants = self.ask_founders(&mut command, &people).await?;
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let (group, accounts) = self
            .insert_group(&mut *tx, caller, &command, &people)
            .await?;

        let arrival = Arrival::invited_by(caller);
        let members: Vec<_> = people
            .iter()
            .map(|(account, role)| {
                let new = new_member(account.key, *role, &arrival, caller, now);
                as_wanted(new, &account.user_id, &entrants)
            })
            .collect();
        tx.insert_members(group.key, &members).await?;
        let names: Vec<_> = people
            .iter()
            .map(|(account, _)| account.user_id.as_str())
            .collect();
        tx.log_change(&[List::Members(group.key)], &names, Change::Inserted)
            .await?;
        self.list_group(&mut *tx, &group, &accounts, 0).await?;

        let group = tx
            .group(&group.id)
            .await?
            .ok_or(Error::NotFound(Kind::Group))?;
        self.tell_created(&mut *tx, caller, &group, accounts, command.says_so)
            .await?;
        let roles: Vec<_> = people
            .iter()
            .zip(&members)
            .map(|((account, _), member)| (account.user_id.clone(), member.role))
            .collect();
        let report = Report::GroupCreated {
            group: &group,
            members: &roles,
        };
        self.report(&mut *tx, Hook::AfterCreateGroup, report)
            .await?;
        self.commit(tx).await?;
        Ok(group)
    }

    /// Asks about those who are to be members, which takes an id that the group may not have yet.
    async fn ask_founders(
        &self,
        command: &mut CreateGroup,
        people: &[(Arc<Account>, GroupRole)],
    ) -> Result<Entrants> {
        if !self.has_hook(Hook::BeforeMemberJoinGroup) {
            return Ok(Entrants::new());
        }
        let id = match &command.id {
            Some(id) => id.clone(),
            None => {
                let mut view = self.store.view().await?;
                self.free_group_id(&mut *view).await?
            }
        };
        command.id = Some(id.clone());
        let ids = people.iter().map(|(account, _)| account.user_id.clone());
        self.ask_entrants(&id, &command.ex, ids).await
    }

    /// Asks about people who are about to become members, and what they are to be.
    pub(super) async fn ask_entrants(
        &self,
        group: &GroupId,
        group_ex: &str,
        ids: impl Iterator<Item = UserId>,
    ) -> Result<Entrants> {
        let mut entrants: Vec<_> = ids.map(Entrant::new).collect();
        let question = Question::AddMembers {
            group,
            group_ex,
            entrants: &mut entrants,
        };
        self.ask(Hook::BeforeMemberJoinGroup, question).await?;
        for entrant in &entrants {
            check_look(entrant)?;
        }
        let by_id = |entrant: Entrant| (entrant.user_id.clone(), entrant);
        Ok(entrants.into_iter().map(by_id).collect())
    }

    /// Everybody who is to be in it, with their roles; the owner first.
    async fn people(&self, command: &CreateGroup) -> Result<Vec<(Arc<Account>, GroupRole)>> {
        let named = 1 + command.administrators.len() + command.members.len();
        if named > limits::NEW_MEMBERS_MAX {
            return Err(Error::invalid("memberUserIDs", "are too many"));
        }
        let owner = std::iter::once((&command.owner, GroupRole::Owner));
        let administrators = command
            .administrators
            .iter()
            .map(|id| (id, GroupRole::Administrator));
        let members = command.members.iter().map(|id| (id, GroupRole::Member));
        let mut seen = HashSet::new();
        let mut people = Vec::with_capacity(named);
        for (id, role) in owner.chain(administrators).chain(members) {
            if !seen.insert(id) {
                return Err(Error::invalid("memberUserIDs", "name somebody twice"));
            }
            people.push((id, role));
        }
        let ids: Vec<_> = people.iter().map(|(id, _)| (*id).clone()).collect();
        let accounts = self.accounts_by_id(&ids).await?;
        Ok(accounts
            .into_iter()
            .zip(people)
            .map(|(account, (_, role))| (account, role))
            .collect())
    }

    /// These accounts, in this order; `NotFound` if one is missing.
    pub(super) async fn accounts_by_id(&self, ids: &[UserId]) -> Result<Vec<Arc<Account>>> {
        let mut view = self.store.view().await?;
        let mut found = std::collections::HashMap::with_capacity(ids.len());
        for chunk in ids.chunks(limits::IDS_MAX) {
            for account in view.accounts(chunk).await? {
                found.insert(account.user_id.clone(), Arc::new(account));
            }
        }
        ids.iter()
            .map(|id| found.get(id).cloned().ok_or(Error::NotFound(Kind::Account)))
            .collect()
    }

    async fn insert_group(
        &self,
        tx: &mut dyn Tx,
        caller: &Caller,
        command: &CreateGroup,
        people: &[(Arc<Account>, GroupRole)],
    ) -> Result<(Group, Arc<[AccountKey]>)> {
        let id = match &command.id {
            Some(id) => id.clone(),
            None => self.free_group_id(tx).await?,
        };
        let now = self.clock.now();
        let mut group = Group {
            key: GroupKey(0),
            id,
            conversation: ConversationKey(0),
            name: command.name.clone(),
            announcement: command.announcement.clone(),
            announced_at: if command.announcement.is_empty() {
                0
            } else {
                now
            },
            announced_by: if command.announcement.is_empty() {
                String::new()
            } else {
                caller.user_id.to_string()
            },
            introduction: command.introduction.clone(),
            face_url: command.face_url.clone(),
            ex: command.ex.clone(),
            status: GroupStatus::Normal,
            join_rule: command.join_rule,
            hides_profiles: command.hides_profiles,
            forbids_friends: command.forbids_friends,
            creator: caller.user_id.to_string(),
            owner: command.owner.to_string(),
            created_at: now,
            member_count: 0,
        };
        group.key = tx
            .insert_group(&group)
            .await?
            .ok_or(Error::Conflict(Reason::GroupIdTaken))?;
        let (chat, _) = tx
            .ensure_conversation(&NewConversation {
                id: ConversationId::group(&group.id),
                kind: ConversationKind::Group,
                between: Between::Group(group.key),
            })
            .await?;
        group.conversation = chat.key;
        tx.update_group(&group).await?;
        let mut accounts: Vec<_> = people.iter().map(|(account, _)| account.key).collect();
        accounts.sort_unstable();
        Ok((group, accounts.into()))
    }

    /// Puts the group and its chat into the lists of accounts that have joined. What was said before counts as read
    /// up to `read_seq`, and new members see it if the settings say so.
    pub(super) async fn list_group(
        &self,
        tx: &mut dyn Tx,
        group: &Group,
        accounts: &[AccountKey],
        read_seq: i64,
    ) -> Result<()> {
        let min_seq = if self.settings.history_for_new_members || read_seq == 0 {
            0
        } else {
            read_seq + 1
        };
        let now = self.clock.now();
        let new = tx
            .join_participants(group.conversation, accounts, min_seq, read_seq, now)
            .await?;
        let chat = ConversationId::group(&group.id);
        let is_new: HashSet<_> = new.iter().collect();
        let (inserted, updated): (Vec<_>, Vec<_>) = accounts
            .iter()
            .partition(|account| is_new.contains(*account));
        for (accounts, change) in [(inserted, Change::Inserted), (updated, Change::Updated)] {
            let lists: Vec<_> = accounts.into_iter().map(List::Conversations).collect();
            if !lists.is_empty() {
                tx.log_change(&lists, &[chat.as_str()], change).await?;
            }
        }
        let joined: Vec<_> = accounts.iter().copied().map(List::JoinedGroups).collect();
        tx.log_change(&joined, &[group.id.as_str()], Change::Inserted)
            .await
    }

    async fn tell_created(
        &self,
        tx: &mut dyn Tx,
        caller: &Caller,
        group: &Group,
        accounts: Arc<[AccountKey]>,
        says_so: bool,
    ) -> Result<()> {
        let shown = Page {
            offset: 0,
            rows: limits::NOTICED_PEOPLE_MAX as u32 + 1,
        };
        let (_, members) = tx
            .members_page(group.key, &super::MemberFilter::default(), shown)
            .await?;
        let owner = members
            .first()
            .cloned()
            .ok_or(Error::NotFound(Kind::Member))?;
        let by = self.doer(tx, caller, group.key).await?;
        let scene = Scene {
            group,
            by: Doer {
                account: &by.0,
                member: by.1.as_ref(),
            },
            version: tx.version(List::Members(group.key)).await?,
            at: self.clock.now(),
        };
        let told = Told {
            happening: Happening::GroupCreated {
                group: group.id.clone(),
                by: caller.user_id.clone(),
            },
            content_type: content_type::GROUP_CREATED,
            content: scene.created(&owner, &members),
            in_chat: says_so.then_some(InChat { pushes: false }),
        };
        let hearers = (accounts, &[][..]);
        self.tell_group(tx, group, hearers.clone(), &by.0, told)
            .await?;
        if group.announcement.is_empty() {
            return Ok(());
        }
        let told = Told {
            happening: Happening::GroupChanged {
                group: group.id.clone(),
                by: caller.user_id.clone(),
                what: GroupChange::Announcement,
            },
            content_type: content_type::GROUP_ANNOUNCED,
            content: scene.changed(),
            in_chat: Some(InChat { pushes: false }),
        };
        self.tell_group(tx, group, hearers, &by.0, told).await
    }

    /// Who acts, and their place in the group.
    pub(super) async fn doer(
        &self,
        tx: &mut dyn Tx,
        caller: &Caller,
        group: GroupKey,
    ) -> Result<(Account, Option<super::Member>)> {
        let member = tx.member(group, caller.account).await?;
        let account = match &member {
            Some(member) => member.account.clone(),
            None => tx
                .account_by_key(caller.account)
                .await?
                .ok_or(Error::NotFound(Kind::Account))?,
        };
        Ok((account, member))
    }

    async fn free_group_id(&self, view: &mut dyn View) -> Result<GroupId> {
        loop {
            let drawn = u32::from_str_radix(&self.ids.hex32()[..8], 16).map_err(Error::internal)?;
            let id = GroupId::new(drawn.to_string())
                .ok_or_else(|| Error::internal("a number is a valid id"))?;
            if view.group(&id).await?.is_none() {
                return Ok(id);
            }
        }
    }
}

/// How somebody came into the group.
pub(super) struct Arrival {
    pub source: JoinSource,
    /// User id of whoever brought them, or "".
    pub inviter: String,
}

impl Arrival {
    pub(super) fn invited_by(caller: &Caller) -> Self {
        Self {
            source: JoinSource::Invitation,
            inviter: caller.user_id.to_string(),
        }
    }
}

pub(super) fn new_member(
    account: AccountKey,
    role: GroupRole,
    arrival: &Arrival,
    caller: &Caller,
    joined_at: crate::time::Millis,
) -> NewMember {
    NewMember {
        account,
        role,
        nickname: String::new(),
        face_url: String::new(),
        ex: String::new(),
        joined_at,
        source: arrival.source,
        inviter: arrival.inviter.clone(),
        operator: caller.user_id.to_string(),
        muted_until: 0,
    }
}

/// A new member as a hook wants them to be; nobody becomes the owner that way, and the owner stays it.
pub(super) fn as_wanted(mut new: NewMember, id: &UserId, entrants: &Entrants) -> NewMember {
    let Some(entrant) = entrants.get(id) else {
        return new;
    };
    new.nickname = entrant.nickname.clone().unwrap_or(new.nickname);
    new.face_url = entrant.face_url.clone().unwrap_or(new.face_url);
    new.ex.clone_from(&entrant.ex);
    if new.role != GroupRole::Owner {
        new.muted_until = entrant.muted_until.unwrap_or(new.muted_until);
        if let Some(role) = entrant.role.filter(|role| *role != GroupRole::Owner) {
            new.role = role;
        }
    }
    new
}

fn check_look(entrant: &Entrant) -> Result<()> {
    let is_bad = |text: &str, bytes_max| text.len() > bytes_max || text.contains('\0');
    let nickname = entrant.nickname.as_deref().unwrap_or_default();
    let face_url = entrant.face_url.as_deref().unwrap_or_default();
    if is_bad(nickname, limits::NICKNAME_BYTES_MAX)
        || is_bad(face_url, limits::FACE_URL_BYTES_MAX)
        || is_bad(&entrant.ex, limits::EXTRA_BYTES_MAX)
    {
        return Err(Error::invalid("member", "has a text that is too long"));
    }
    Ok(())
}

/// The limits of a group's texts; a group has a name.
pub(super) fn check_texts(name: &str, texts: &[&str], ex: &str) -> Result<()> {
    if name.is_empty() || name.len() > limits::GROUP_NAME_BYTES_MAX {
        return Err(Error::invalid("groupName", "must be 1 to 255 bytes"));
    }
    if texts
        .iter()
        .any(|text| text.len() > limits::GROUP_TEXT_BYTES_MAX)
        || ex.len() > limits::EXTRA_BYTES_MAX
    {
        return Err(Error::invalid("groupInfo", "has a text that is too long"));
    }
    if name.contains('\0') || ex.contains('\0') || texts.iter().any(|text| text.contains('\0')) {
        return Err(Error::invalid("groupInfo", "has a NUL in a text"));
    }
    Ok(())
}
