//! Silencing a member for a time, or everybody but those who manage the group.

use super::{GroupStatus, Member};
use crate::caller::Caller;
use crate::error::{Error, Kind, Result};
use crate::event::{GroupChange, Happening, MemberChange};
use crate::ids::{GroupId, UserId};
use crate::messages::content_type;
use crate::messages::told::{InChat, Told};
use crate::sync::{Change, GROUP_ITSELF};
use crate::{Domain, gate, limits};

impl Domain {
    /// Silences a member for this many seconds from now; 0 lets them speak again.
    pub async fn mute_member(
        &self,
        caller: &Caller,
        group: &GroupId,
        member: &UserId,
        seconds: u32,
    ) -> Result<()> {
        if seconds > limits::MUTE_SECONDS_MAX {
            return Err(Error::invalid("mutedSeconds", "is too long"));
        }
        let account = self.account(member).await?;
        let now = self.clock.now();
        let (mut tx, mut open) = self.open_group(caller, group).await?;
        let mut member = tx
            .member(open.group.key, account.key)
            .await?
            .ok_or(Error::NotFound(Kind::Member))?;
        gate::may_manage_member(caller, open.role(), member.role)?;
        member.muted_until = match seconds {
            0 => 0,
            seconds => now + i64::from(seconds) * 1000,
        };
        tx.update_member(&member).await?;
        self.reread(&mut *tx, &mut open).await?;
        let names = [account.user_id.as_str()];
        let version = self
            .log_members(&mut *tx, &open, &names, Change::Updated)
            .await?;
        let scene = open.scene(version, now);
        let told = told_muted(&open.group.id, caller, &member, &scene, seconds);
        self.tell_open(&mut *tx, &open, &[], told).await?;
        self.commit(tx).await
    }

    /// Lets only the owner and administrators speak, or everybody again. Setting what is set changes nothing.
    pub async fn mute_group(&self, caller: &Caller, group: &GroupId, is_muted: bool) -> Result<()> {
        let (mut tx, mut open) = self.open_group(caller, group).await?;
        gate::may_manage(caller, open.role())?;
        let (status, what, content_type) = if is_muted {
            (
                GroupStatus::Muted,
                GroupChange::Muted,
                content_type::GROUP_MUTED,
            )
        } else {
            (
                GroupStatus::Normal,
                GroupChange::Unmuted,
                content_type::GROUP_UNMUTED,
            )
        };
        if open.group.status == status {
            return self.commit(tx).await;
        }
        let mut group = open.group.clone();
        group.status = status;
        tx.update_group(&group).await?;
        self.reread(&mut *tx, &mut open).await?;
        let version = self
            .log_members(&mut *tx, &open, &[GROUP_ITSELF], Change::Updated)
            .await?;
        let told = Told {
            happening: Happening::GroupChanged {
                group: open.group.id.clone(),
                by: caller.user_id.clone(),
                what,
            },
            content_type,
            content: open.scene(version, self.clock.now()).changed(),
            in_chat: Some(InChat { pushes: false }),
        };
        self.tell_open(&mut *tx, &open, &[], told).await?;
        self.commit(tx).await
    }
}

fn told_muted(
    group: &GroupId,
    caller: &Caller,
    member: &Member,
    scene: &super::notices::Scene<'_>,
    seconds: u32,
) -> Told {
    let (what, content_type) = if seconds == 0 {
        (MemberChange::Unmuted, content_type::MEMBER_UNMUTED)
    } else {
        (MemberChange::Muted, content_type::MEMBER_MUTED)
    };
    Told {
        happening: Happening::MemberChanged {
            group: group.clone(),
            member: member.account.user_id.clone(),
            by: caller.user_id.clone(),
            what,
        },
        content_type,
        content: scene.muted(member, seconds),
        in_chat: Some(InChat { pushes: false }),
    }
}
