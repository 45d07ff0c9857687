//! Going out of a group: by oneself, removed by those who manage it, or because it ends. Who has left keeps the
//! history up to that moment.

use super::open::OpenGroup;
use super::{GroupRole, GroupStatus, Member};
use crate::caller::{Caller, Role};
use crate::error::{Error, Kind, Reason, Result};
use crate::event::{Event, Happening};
use crate::hooks::{Hook, Report};
use crate::ids::{AccountKey, ConversationId, GroupId, UserId};
use crate::messages::content_type;
use crate::messages::told::{InChat, Told};
use crate::ports::Tx;
use crate::relations::{check_ids, check_text};
use crate::sync::{Change, GROUP_ITSELF, List};
use crate::{Domain, gate};

#[derive(Clone, Debug)]
pub struct KickMembers {
    pub group: GroupId,
    pub members: Vec<UserId>,
    pub reason: String,
    /// Whether the chat says so.
    pub says_so: bool,
}

#[derive(Clone, Debug)]
pub struct DismissGroup {
    pub group: GroupId,
    /// Whether the chat says so.
    pub says_so: bool,
}

impl Domain {
    /// Leaves a group. Its owner cannot: they give it to somebody first, or end it.
    pub async fn quit_group(&self, caller: &Caller, group: &GroupId, user: &UserId) -> Result<()> {
        gate::may_act_for(caller, user)?;
        let user = self.account(user).await?;
        let (mut tx, mut open) = self.open_group(caller, group).await?;
        let member = tx
            .member(open.group.key, user.key)
            .await?
            .ok_or(Error::Denied(Reason::NotMember))?;
        if member.role == GroupRole::Owner {
            return Err(Error::Denied(Reason::OwnerStays));
        }
        let leavers = [member];
        self.remove(&mut *tx, &mut open, &leavers).await?;
        let names = [user.user_id.as_str()];
        let version = self
            .log_members(&mut *tx, &open, &names, Change::Deleted)
            .await?;
        let told = Told {
            happening: Happening::MembersLeft {
                group: open.group.id.clone(),
                members: vec![user.user_id.clone()],
                by: None,
            },
            content_type: content_type::MEMBER_QUIT,
            content: open.scene(version, self.clock.now()).quit(&leavers[0]),
            in_chat: Some(InChat { pushes: false }),
        };
        self.tell_open(&mut *tx, &open, &[user.key], told).await?;
        self.bound_leavers(&mut *tx, &open, &leavers).await?;
        let report = Report::MemberQuit {
            group: &open.group.id,
            member: &user.user_id,
        };
        self.report(&mut *tx, Hook::AfterQuitGroup, report).await?;
        self.commit(tx).await
    }

    /// Removes members: whoever stands above all of them may.
    pub async fn kick_members(&self, caller: &Caller, command: KickMembers) -> Result<()> {
        check_ids(&command.members)?;
        check_text("reason", &command.reason)?;
        if caller.role == Role::User && command.members.contains(&caller.user_id) {
            return Err(Error::invalid("kickedUserIDs", "name the caller"));
        }
        let (mut tx, mut open) = self.open_group(caller, &command.group).await?;
        gate::may_manage(caller, open.role())?;
        let leavers = tx.members(open.group.key, &command.members).await?;
        if leavers.len() < command.members.len() {
            return Err(Error::NotFound(Kind::Member));
        }
        for member in &leavers {
            if member.role == GroupRole::Owner {
                return Err(Error::invalid("kickedUserIDs", "name the owner"));
            }
            gate::may_manage_member(caller, open.role(), member.role)?;
        }
        self.remove(&mut *tx, &mut open, &leavers).await?;
        let names: Vec<_> = leavers
            .iter()
            .map(|member| member.account.user_id.as_str())
            .collect();
        let version = self
            .log_members(&mut *tx, &open, &names, Change::Deleted)
            .await?;
        let report = Report::MembersKicked {
            group: &open.group.id,
            members: &command.members,
            reason: &command.reason,
        };
        self.report(&mut *tx, Hook::AfterKickGroupMember, report)
            .await?;
        let keys: Vec<_> = leavers.iter().map(|member| member.account.key).collect();
        let told = Told {
            happening: Happening::MembersLeft {
                group: open.group.id.clone(),
                members: command.members,
                by: Some(open.doer.user_id.clone()),
            },
            content_type: content_type::MEMBERS_KICKED,
            content: open.scene(version, self.clock.now()).kicked(&leavers),
            in_chat: command.says_so.then_some(InChat { pushes: false }),
        };
        self.tell_open(&mut *tx, &open, &keys, told).await?;
        self.bound_leavers(&mut *tx, &open, &leavers).await?;
        self.commit(tx).await
    }

    /// Ends a group: nobody is a member any more, everybody keeps the history. `Denied` the second time.
    pub async fn dismiss_group(&self, caller: &Caller, command: DismissGroup) -> Result<()> {
        let (mut tx, mut open) = self.open_group(caller, &command.group).await?;
        gate::may_dispose_of(caller, open.role())?;
        let mut group = open.group.clone();
        group.status = GroupStatus::Dismissed;
        tx.update_group(&group).await?;
        self.reread(&mut *tx, &mut open).await?;
        self.log_members(&mut *tx, &open, &[GROUP_ITSELF], Change::Updated)
            .await?;
        let told = Told {
            happening: Happening::GroupDismissed {
                group: open.group.id.clone(),
                by: open.doer.user_id.clone(),
            },
            content_type: content_type::GROUP_DISMISSED,
            content: open.scene(None, self.clock.now()).dismissed(),
            in_chat: command.says_so.then_some(InChat { pushes: false }),
        };
        self.tell_open(&mut *tx, &open, &[], told).await?;
        if self.has_hook(Hook::AfterDismissGroup) {
            let members = tx.member_ids(open.group.key).await?;
            let report = Report::GroupDismissed {
                group: &open.group,
                members: &members,
            };
            self.report(&mut *tx, Hook::AfterDismissGroup, report)
                .await?;
        }
        let leavers = tx.delete_members(open.group.key, None).await?;
        if !leavers.is_empty() {
            self.unlist(&mut *tx, &open, &leavers).await?;
        }
        self.commit(tx).await
    }

    /// Takes the rows of members away; the group is read again, and the rest of its members are its hearers.
    async fn remove(
        &self,
        tx: &mut dyn Tx,
        open: &mut OpenGroup,
        leavers: &[Member],
    ) -> Result<()> {
        let keys: Vec<_> = leavers.iter().map(|member| member.account.key).collect();
        tx.delete_members(open.group.key, Some(&keys)).await?;
        open.members = open
            .members
            .iter()
            .copied()
            .filter(|member| !keys.contains(member))
            .collect();
        self.reread(tx, open).await
    }

    /// Bounds what those who left can see, after the chat has said that they did.
    async fn bound_leavers(
        &self,
        tx: &mut dyn Tx,
        open: &OpenGroup,
        leavers: &[Member],
    ) -> Result<()> {
        let keys: Vec<_> = leavers.iter().map(|member| member.account.key).collect();
        self.unlist(tx, open, &keys).await?;
        for member in leavers {
            tx.record(Event::ConversationsChanged {
                account: member.account.key,
                user_id: member.account.user_id.clone(),
                conversations: vec![ConversationId::group(&open.group.id)],
            })
            .await?;
        }
        Ok(())
    }

    async fn unlist(
        &self,
        tx: &mut dyn Tx,
        open: &OpenGroup,
        leavers: &[AccountKey],
    ) -> Result<()> {
        let chat = tx
            .conversation_by_key(open.group.conversation)
            .await?
            .ok_or(Error::NotFound(Kind::Conversation))?;
        tx.bound_participants(chat.key, Some(leavers), chat.max_seq)
            .await?;
        let lists: Vec<_> = leavers.iter().copied().map(List::Conversations).collect();
        tx.log_change(&lists, &[chat.id.as_str()], Change::Updated)
            .await?;
        let lists: Vec<_> = leavers.iter().copied().map(List::JoinedGroups).collect();
        tx.log_change(&lists, &[open.group.id.as_str()], Change::Deleted)
            .await
    }
}
