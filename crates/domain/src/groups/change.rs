//! Changing a group's record and what its members are called there.

use super::create::check_texts;
use super::open::OpenGroup;
use super::{Group, GroupRole, JoinRule, Member};
use crate::accounts::Account;
use crate::caller::Caller;
use crate::error::{Error, Kind, Reason, Result};
use crate::event::{GroupChange, Happening, MemberChange};
use crate::hooks::{Hook, Question, Report};
use crate::ids::{GroupId, GroupKey, UserId};
use crate::messages::content_type;
use crate::messages::told::{InChat, Told};
use crate::ports::Tx;
use crate::reactions::Reaction;
use crate::relations::check_ids;
use crate::sync::{Change, GROUP_ITSELF, List, ORDER};
use crate::{Domain, gate, limits};

/// What to change about a group; `None` leaves it as it is.
#[derive(Clone, Debug)]
pub struct ChangeGroup {
    pub group: GroupId,
    pub name: Option<String>,
    pub announcement: Option<String>,
    pub introduction: Option<String>,
    pub face_url: Option<String>,
    pub ex: Option<String>,
    pub join_rule: Option<JoinRule>,
    pub hides_profiles: Option<bool>,
    pub forbids_friends: Option<bool>,
}

/// What to change about a member; `None` leaves it as it is. An empty name or picture shows the account's.
#[derive(Clone, Debug)]
pub struct ChangeMember {
    pub group: GroupId,
    pub member: UserId,
    pub nickname: Option<String>,
    pub face_url: Option<String>,
    pub ex: Option<String>,
    pub role: Option<GroupRole>,
}

impl Domain {
    /// Changes a group's record. Name, announcement and the rest are told apart, each if it really changed.
    pub async fn change_group(&self, caller: &Caller, mut command: ChangeGroup) -> Result<Group> {
        for hook in [Hook::BeforeSetGroupInfo, Hook::BeforeSetGroupInfoEx] {
            self.ask(hook, Question::ChangeGroup(&mut command)).await?;
        }
        let told_of = command.clone();
        let (mut tx, mut open) = self.open_group(caller, &command.group).await?;
        gate::may_manage(caller, open.role())?;
        let before = open.group.clone();
        let after = self.changed_group(&before, caller, command)?;
        if after == before {
            self.commit(tx).await?;
            return Ok(before);
        }
        tx.update_group(&after).await?;
        for hook in [Hook::AfterSetGroupInfo, Hook::AfterSetGroupInfoEx] {
            let report = Report::GroupChanged(&told_of);
            self.report(&mut *tx, hook, report).await?;
        }
        self.reread(&mut *tx, &mut open).await?;
        let version = self
            .log_members(&mut *tx, &open, &[GROUP_ITSELF], Change::Updated)
            .await?;
        let scene = open.scene(version, self.clock.now());
        let announces = before.announcement != after.announcement && !after.announcement.is_empty();
        if announces {
            let reaction = Reaction::MarkAnnounced {
                group: open.group.id.to_string(),
                by: caller.user_id.to_string(),
            };
            self.promise(&mut *tx, &reaction).await?;
        }
        for (what, content_type, in_chat) in differences(&before, &after) {
            let told = Told {
                happening: Happening::GroupChanged {
                    group: open.group.id.clone(),
                    by: caller.user_id.clone(),
                    what,
                },
                content_type,
                content: scene.changed(),
                in_chat: in_chat.then_some(InChat { pushes: false }),
            };
            self.tell_open(&mut *tx, &open, &[], told).await?;
        }
        self.commit(tx).await?;
        if announces {
            self.reactions_promised();
        }
        Ok(open.group)
    }

    fn changed_group(
        &self,
        before: &Group,
        caller: &Caller,
        command: ChangeGroup,
    ) -> Result<Group> {
        let mut after = before.clone();
        after.name = command.name.unwrap_or(after.name);
        after.introduction = command.introduction.unwrap_or(after.introduction);
        after.face_url = command.face_url.unwrap_or(after.face_url);
        after.ex = command.ex.unwrap_or(after.ex);
        after.join_rule = command.join_rule.unwrap_or(after.join_rule);
        after.hides_profiles = command.hides_profiles.unwrap_or(after.hides_profiles);
        after.forbids_friends = command.forbids_friends.unwrap_or(after.forbids_friends);
        after.announcement = command.announcement.unwrap_or(after.announcement);
        if after.announcement != before.announcement {
            after.announced_at = self.clock.now();
            after.announced_by = caller.user_id.to_string();
        }
        let texts = [
            &after.announcement[..],
            &after.introduction,
            &after.face_url,
        ];
        check_texts(&after.name, &texts, &after.ex)?;
        Ok(after)
    }

    /// Changes a member: everybody their own names, those who stand above a member theirs, the owner roles.
    pub async fn change_member(&self, caller: &Caller, command: ChangeMember) -> Result<()> {
        let group = command.group.clone();
        self.change_members(caller, &group, vec![command]).await
    }

    /// Changes members of one group, all of them or none.
    pub async fn change_members(
        &self,
        caller: &Caller,
        group: &GroupId,
        mut commands: Vec<ChangeMember>,
    ) -> Result<()> {
        let ids: Vec<_> = commands.iter().map(|one| one.member.clone()).collect();
        check_ids(&ids)?;
        for command in &mut commands {
            let question = Question::ChangeMember(command);
            self.ask(Hook::BeforeSetGroupMemberInfo, question).await?;
        }
        commands.iter().try_for_each(check_names)?;
        let accounts = self.accounts_by_id(&ids).await?;
        let (mut tx, mut open) = self.open_group(caller, group).await?;
        let mut changed = Vec::with_capacity(commands.len());
        for (command, account) in commands.into_iter().zip(accounts) {
            let before = tx
                .member(open.group.key, account.key)
                .await?
                .ok_or(Error::NotFound(Kind::Member))?;
            may_change(caller, &open, &before, command.role)?;
            let after = changed_member(&before, command.clone());
            if after != before {
                tx.update_member(&after).await?;
                let report = Report::MemberChanged(&command);
                self.report(&mut *tx, Hook::AfterSetGroupMemberInfo, report)
                    .await?;
                changed.push((before, after));
            }
        }
        if changed.is_empty() {
            // Waits for what was read here to be on disk.
            return self.commit(tx).await;
        }
        self.reread(&mut *tx, &mut open).await?;
        for (before, after) in &changed {
            self.tell_member_changed(&mut *tx, &open, before, after)
                .await?;
        }
        self.commit(tx).await
    }

    async fn tell_member_changed(
        &self,
        tx: &mut dyn Tx,
        open: &OpenGroup,
        before: &Member,
        after: &Member,
    ) -> Result<()> {
        let (what, content_type) = match after.role.cmp(&before.role) {
            std::cmp::Ordering::Greater => (MemberChange::Promoted, content_type::MEMBER_PROMOTED),
            std::cmp::Ordering::Less => (MemberChange::Demoted, content_type::MEMBER_DEMOTED),
            std::cmp::Ordering::Equal => (MemberChange::Profile, content_type::MEMBER_CHANGED),
        };
        let has_moved = after.role != before.role;
        let name = after.account.user_id.as_str();
        let entries: &[&str] = if has_moved { &[ORDER, name] } else { &[name] };
        let version = self.log_members(tx, open, entries, Change::Updated).await?;
        let told = Told {
            happening: Happening::MemberChanged {
                group: open.group.id.clone(),
                member: after.account.user_id.clone(),
                by: open.doer.user_id.clone(),
                what,
            },
            content_type,
            content: open
                .scene(version, self.clock.now())
                .member_changed(after, has_moved),
            in_chat: None,
        };
        self.tell_open(tx, open, &[], told).await
    }

    /// Tells a group that a member who shows their general name or picture there has another one. Doing it twice
    /// does no harm.
    pub(crate) async fn tell_group_of_profile(
        &self,
        group: GroupKey,
        account: &Account,
    ) -> Result<()> {
        let Some(group) = self.store.view().await?.group_by_key(group).await? else {
            return Ok(());
        };
        let caller = Caller::system(account);
        let (mut tx, open) = match self.open_group(&caller, &group.id).await {
            Ok(opened) => opened,
            Err(Error::NotFound(_) | Error::Denied(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        let Some(member) = &open.doer_member else {
            return Ok(());
        };
        self.tell_member_changed(&mut *tx, &open, member, member)
            .await?;
        self.commit(tx).await
    }

    /// Gives the group to another member; the old owner takes the place that the new one had, and a mute of the new
    /// one ends.
    pub async fn transfer_group(
        &self,
        caller: &Caller,
        group: &GroupId,
        new_owner: &UserId,
    ) -> Result<()> {
        let account = self.account(new_owner).await?;
        let (mut tx, mut open) = self.open_group(caller, group).await?;
        gate::may_dispose_of(caller, open.role())?;
        let mut new = tx
            .member(open.group.key, account.key)
            .await?
            .ok_or(Error::NotFound(Kind::Member))?;
        if new.role == GroupRole::Owner {
            return Err(Error::invalid("newOwnerUserID", "is the owner already"));
        }
        let old_id = UserId::new(open.group.owner.clone());
        let mut old = tx
            .members(open.group.key, &Vec::from_iter(old_id))
            .await?
            .pop()
            .ok_or(Error::NotFound(Kind::Member))?;
        old.role = std::mem::replace(&mut new.role, GroupRole::Owner);
        new.muted_until = 0;
        tx.update_member(&old).await?;
        tx.update_member(&new).await?;
        let mut record = open.group.clone();
        record.owner = new_owner.to_string();
        tx.update_group(&record).await?;
        let report = Report::OwnerChanged {
            group: &open.group.id,
            from: &old.account.user_id,
            to: &new.account.user_id,
        };
        self.report(&mut *tx, Hook::AfterTransferGroupOwner, report)
            .await?;
        self.reread(&mut *tx, &mut open).await?;
        let entries = [
            ORDER,
            old.account.user_id.as_str(),
            new.account.user_id.as_str(),
        ];
        let version = self
            .log_members(&mut *tx, &open, &entries, Change::Updated)
            .await?;
        let told = Told {
            happening: Happening::OwnerChanged {
                group: open.group.id.clone(),
                from: old.account.user_id.clone(),
                to: new.account.user_id.clone(),
            },
            content_type: content_type::OWNER_CHANGED,
            content: open
                .scene(version, self.clock.now())
                .owner_changed(&old, &new),
            in_chat: Some(InChat { pushes: false }),
        };
        self.tell_open(&mut *tx, &open, &[], told).await?;
        self.commit(tx).await
    }

    /// Marks the chat, for all members but who did it, as one with a new announcement. Doing it twice does no harm.
    pub(crate) async fn mark_announced(&self, group: &GroupId, by: &UserId) -> Result<()> {
        const ANNOUNCED: i32 = 4;
        let hall = self.hall(group).await?;
        let by = self.account(by).await?.key;
        let members = hall.roster.accounts.iter().copied();
        let members: Vec<_> = members.filter(|member| *member != by).collect();
        self.mark_called(&hall.chat, &members, ANNOUNCED).await
    }

    /// Marks a chat for those whom somebody called in it. They are many at times, so it is done in pieces.
    pub(crate) async fn mark_called(
        &self,
        chat: &crate::conversations::Conversation,
        accounts: &[crate::ids::AccountKey],
        group_at: i32,
    ) -> Result<()> {
        for piece in accounts.chunks(limits::IDS_MAX) {
            let mut tx = self.store.begin().await?;
            let changed = tx.set_group_at(chat.key, piece, group_at).await?;
            let lists: Vec<_> = changed.iter().copied().map(List::Conversations).collect();
            if !lists.is_empty() {
                tx.log_change(&lists, &[chat.id.as_str()], Change::Updated)
                    .await?;
            }
            for account in changed {
                let Some(account) = tx.account_by_key(account).await? else {
                    continue;
                };
                tx.record(crate::event::Event::ConversationsChanged {
                    account: account.key,
                    user_id: account.user_id,
                    conversations: vec![chat.id.clone()],
                })
                .await?;
            }
            self.commit(tx).await?;
        }
        Ok(())
    }
}

/// What changed, how devices are told, and whether the chat says it.
fn differences(before: &Group, after: &Group) -> Vec<(GroupChange, i32, bool)> {
    let mut differences = Vec::new();
    if before.announcement != after.announcement {
        // An announcement that was taken away is not worth a message.
        let is_said = !after.announcement.is_empty();
        differences.push((
            GroupChange::Announcement,
            content_type::GROUP_ANNOUNCED,
            is_said,
        ));
    }
    if before.name != after.name {
        differences.push((GroupChange::Name, content_type::GROUP_RENAMED, true));
    }
    let rest = Group {
        name: after.name.clone(),
        announcement: after.announcement.clone(),
        announced_at: after.announced_at,
        announced_by: after.announced_by.clone(),
        ..before.clone()
    };
    if rest != *after {
        differences.push((GroupChange::Settings, content_type::GROUP_CHANGED, false));
    }
    differences
}

fn may_change(
    caller: &Caller,
    open: &OpenGroup,
    member: &Member,
    role: Option<GroupRole>,
) -> Result<()> {
    if member.account.key != caller.account {
        gate::may_manage_member(caller, open.role(), member.role)?;
    }
    if let Some(role) = role.filter(|role| *role != member.role) {
        gate::may_dispose_of(caller, open.role())?;
        if role == GroupRole::Owner || member.role == GroupRole::Owner {
            return Err(Error::Denied(Reason::OwnerStays));
        }
    }
    Ok(())
}

fn changed_member(before: &Member, command: ChangeMember) -> Member {
    let mut after = before.clone();
    after.nickname = command.nickname.unwrap_or(after.nickname);
    after.face_url = command.face_url.unwrap_or(after.face_url);
    after.ex = command.ex.unwrap_or(after.ex);
    after.role = command.role.unwrap_or(after.role);
    after
}

fn check_names(command: &ChangeMember) -> Result<()> {
    let too_long = |text: &Option<String>, bytes_max| {
        text.as_ref()
            .is_some_and(|text| text.len() > bytes_max || text.contains('\0'))
    };
    if too_long(&command.nickname, limits::NICKNAME_BYTES_MAX)
        || too_long(&command.face_url, limits::FACE_URL_BYTES_MAX)
        || too_long(&command.ex, limits::EXTRA_BYTES_MAX)
    {
        return Err(Error::invalid("member", "has a text that is too long"));
    }
    Ok(())
}
