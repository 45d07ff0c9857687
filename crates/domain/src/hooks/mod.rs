//! Hooks: what the application's own server is asked before something happens, and told after it has. Operations ask
//! before their transaction begins ([`Question`]); what they report ([`Report`]) is written as a letter in the same
//! transaction as the change, and `follow.rs` carries letters out. How the other server is spoken to is behind
//! [`crate::ports::Hooks`].

mod connections;
mod follow;
mod letter;
mod log;
mod messages;
mod question;
mod report;
mod trace;
mod work;

pub use connections::{ConnectionReporter, ConnectionReports};
pub use follow::HookFollower;
pub use letter::Letter;
pub(crate) use letter::LetterForm;
pub use log::{Delivery, Outcome};
pub(crate) use messages::Shown;
pub use question::{Asked, Entrant, Question};
pub use report::{Connected, Report};
pub use trace::with_trace;
pub use work::DeadLetter;

use std::sync::Arc;

use crate::Domain;
use crate::error::{Error, Result};
use crate::ports::{Hooks, Tx};

use log::DeliveryLog;

/// Every hook. The names are what configurations and stored letters say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Hook {
    BeforeSendSingleMsg,
    AfterSendSingleMsg,
    BeforeSendGroupMsg,
    AfterSendGroupMsg,
    BeforeMsgModify,
    AfterRevokeMsg,
    AfterSingleMsgRead,
    AfterGroupMsgRead,
    BeforeOnlinePush,
    BeforeGroupOnlinePush,
    BeforeOfflinePush,
    AfterUserOnline,
    AfterUserOffline,
    AfterUserKickOff,
    BeforeAddFriend,
    AfterAddFriend,
    BeforeAddFriendAgree,
    AfterAddFriendAgree,
    AfterDeleteFriend,
    BeforeSetFriendRemark,
    AfterSetFriendRemark,
    BeforeAddBlack,
    AfterRemoveBlack,
    BeforeImportFriends,
    AfterImportFriends,
    BeforeUserRegister,
    AfterUserRegister,
    BeforeUpdateUserInfo,
    AfterUpdateUserInfo,
    BeforeUpdateUserInfoEx,
    AfterUpdateUserInfoEx,
    BeforeCreateGroup,
    AfterCreateGroup,
    BeforeMemberJoinGroup,
    BeforeSetGroupMemberInfo,
    AfterSetGroupMemberInfo,
    AfterQuitGroup,
    AfterKickGroupMember,
    AfterDismissGroup,
    BeforeApplyJoinGroup,
    AfterJoinGroup,
    AfterTransferGroupOwner,
    BeforeInviteUserToGroup,
    BeforeSetGroupInfo,
    AfterSetGroupInfo,
    BeforeSetGroupInfoEx,
    AfterSetGroupInfoEx,
}

impl Hook {
    pub const ALL: [Self; 47] = [
        Self::BeforeSendSingleMsg,
        Self::AfterSendSingleMsg,
        Self::BeforeSendGroupMsg,
        Self::AfterSendGroupMsg,
        Self::BeforeMsgModify,
        Self::AfterRevokeMsg,
        Self::AfterSingleMsgRead,
        Self::AfterGroupMsgRead,
        Self::BeforeOnlinePush,
        Self::BeforeGroupOnlinePush,
        Self::BeforeOfflinePush,
        Self::AfterUserOnline,
        Self::AfterUserOffline,
        Self::AfterUserKickOff,
        Self::BeforeAddFriend,
        Self::AfterAddFriend,
        Self::BeforeAddFriendAgree,
        Self::AfterAddFriendAgree,
        Self::AfterDeleteFriend,
        Self::BeforeSetFriendRemark,
        Self::AfterSetFriendRemark,
        Self::BeforeAddBlack,
        Self::AfterRemoveBlack,
        Self::BeforeImportFriends,
        Self::AfterImportFriends,
        Self::BeforeUserRegister,
        Self::AfterUserRegister,
        Self::BeforeUpdateUserInfo,
        Self::AfterUpdateUserInfo,
        Self::BeforeUpdateUserInfoEx,
        Self::AfterUpdateUserInfoEx,
        Self::BeforeCreateGroup,
        Self::AfterCreateGroup,
        Self::BeforeMemberJoinGroup,
        Self::BeforeSetGroupMemberInfo,
        Self::AfterSetGroupMemberInfo,
        Self::AfterQuitGroup,
        Self::AfterKickGroupMember,
        Self::AfterDismissGroup,
        Self::BeforeApplyJoinGroup,
        Self::AfterJoinGroup,
        Self::AfterTransferGroupOwner,
        Self::BeforeInviteUserToGroup,
        Self::BeforeSetGroupInfo,
        Self::AfterSetGroupInfo,
        Self::BeforeSetGroupInfoEx,
        Self::AfterSetGroupInfoEx,
    ];

    /// The name in configurations and in stored letters.
    pub fn name(self) -> &'static str {
        match self {
            Self::BeforeSendSingleMsg => "before_send_single_msg",
            Self::AfterSendSingleMsg => "after_send_single_msg",
            Self::BeforeSendGroupMsg => "before_send_group_msg",
            Self::AfterSendGroupMsg => "after_send_group_msg",
            Self::BeforeMsgModify => "before_msg_modify",
            Self::AfterRevokeMsg => "after_revoke_msg",
            Self::AfterSingleMsgRead => "after_single_msg_read",
            Self::AfterGroupMsgRead => "after_group_msg_read",
            Self::BeforeOnlinePush => "before_online_push",
            Self::BeforeGroupOnlinePush => "before_group_online_push",
            Self::BeforeOfflinePush => "before_offline_push",
            Self::AfterUserOnline => "after_user_online",
            Self::AfterUserOffline => "after_user_offline",
            Self::AfterUserKickOff => "after_user_kick_off",
            Self::BeforeAddFriend => "before_add_friend",
            Self::AfterAddFriend => "after_add_friend",
            Self::BeforeAddFriendAgree => "before_add_friend_agree",
            Self::AfterAddFriendAgree => "after_add_friend_agree",
            Self::AfterDeleteFriend => "after_delete_friend",
            Self::BeforeSetFriendRemark => "before_set_friend_remark",
            Self::AfterSetFriendRemark => "after_set_friend_remark",
            Self::BeforeAddBlack => "before_add_black",
            Self::AfterRemoveBlack => "after_remove_black",
            Self::BeforeImportFriends => "before_import_friends",
            Self::AfterImportFriends => "after_import_friends",
            Self::BeforeUserRegister => "before_user_register",
            Self::AfterUserRegister => "after_user_register",
            Self::BeforeUpdateUserInfo => "before_update_user_info",
            Self::AfterUpdateUserInfo => "after_update_user_info",
            Self::BeforeUpdateUserInfoEx => "before_update_user_info_ex",
            Self::AfterUpdateUserInfoEx => "after_update_user_info_ex",
            Self::BeforeCreateGroup => "before_create_group",
            Self::AfterCreateGroup => "after_create_group",
            Self::BeforeMemberJoinGroup => "before_member_join_group",
            Self::BeforeSetGroupMemberInfo => "before_set_group_member_info",
            Self::AfterSetGroupMemberInfo => "after_set_group_member_info",
            Self::AfterQuitGroup => "after_quit_group",
            Self::AfterKickGroupMember => "after_kick_group_member",
            Self::AfterDismissGroup => "after_dismiss_group",
            Self::BeforeApplyJoinGroup => "before_apply_join_group",
            Self::AfterJoinGroup => "after_join_group",
            Self::AfterTransferGroupOwner => "after_transfer_group_owner",
            Self::BeforeInviteUserToGroup => "before_invite_user_to_group",
            Self::BeforeSetGroupInfo => "before_set_group_info",
            Self::AfterSetGroupInfo => "after_set_group_info",
            Self::BeforeSetGroupInfoEx => "before_set_group_info_ex",
            Self::AfterSetGroupInfoEx => "after_set_group_info_ex",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hook| hook.name() == name)
    }

    /// Asked before something happens; the others are told after it.
    pub fn is_before(self) -> bool {
        self.name().starts_with("before_")
    }

    /// Whether it is about one message and can be narrowed by its content type.
    pub fn is_about_message(self) -> bool {
        matches!(
            self,
            Self::BeforeSendSingleMsg
                | Self::AfterSendSingleMsg
                | Self::BeforeSendGroupMsg
                | Self::AfterSendGroupMsg
                | Self::BeforeMsgModify
                | Self::BeforeOnlinePush
                | Self::BeforeGroupOnlinePush
                | Self::BeforeOfflinePush
        )
    }
}

/// A set of hooks, as bits: on the way of every message it is all that a switched-off hook costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HookSet(u64);

impl HookSet {
    pub fn of(hooks: impl IntoIterator<Item = Hook>) -> Self {
        Self(
            hooks
                .into_iter()
                .fold(0, |bits, hook| bits | 1 << hook as u64),
        )
    }

    pub fn contains(self, hook: Hook) -> bool {
        self.0 & (1 << hook as u64) != 0
    }

    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a hook that is told afterwards is in it.
    pub fn has_reports(self) -> bool {
        Hook::ALL
            .into_iter()
            .any(|hook| !hook.is_before() && self.contains(hook))
    }
}

/// What the domain keeps of hooks: nothing at all unless some are switched on.
#[derive(Default)]
pub(crate) struct Hooked {
    wanted: HookSet,
    port: Option<Arc<dyn Hooks>>,
    log: DeliveryLog,
}

impl Domain {
    /// From here on these hooks are asked and told.
    #[must_use]
    pub fn with_hooks(mut self, hooks: Arc<dyn Hooks>) -> Self {
        self.hooked = Hooked {
            wanted: hooks.wanted(),
            port: Some(hooks),
            log: DeliveryLog::default(),
        };
        self
    }

    pub(crate) fn wants(&self, hook: Hook) -> bool {
        self.hooked.wanted.contains(hook)
    }

    /// Asks a hook, if it is switched on. A refusal is an error; what the hook changed has been changed in the
    /// question. Never inside a transaction: the answer comes over the network.
    pub(crate) async fn ask(&self, hook: Hook, question: Question<'_>) -> Result<()> {
        let Some(port) = self.hooked.port.as_ref().filter(|_| self.wants(hook)) else {
            return Ok(());
        };
        let trace = self.trace_or_new();
        let started = std::time::Instant::now();
        let asked = port.ask(hook, question, &trace).await;
        let (outcome, detail) = match &asked {
            Ok(Asked::NotConcerned) => return Ok(()),
            Ok(Asked::Went) => (Outcome::Done, String::new()),
            Ok(Asked::WentOn { failure }) => (Outcome::Failed, failure.clone()),
            Err(Error::Refused { code, message, .. }) => {
                (Outcome::Refused, format!("{code} {message}"))
            }
            Err(error) => (Outcome::Failed, error.to_string()),
        };
        self.hooked.log.add(Delivery {
            at: self.clock.now(),
            hook,
            id: trace.clone(),
            trace,
            outcome,
            detail,
            duration_ms: started.elapsed().as_millis() as u64,
            attempt: 1,
        });
        asked.map(drop)
    }

    /// Writes a letter about what this transaction does, if the hook is switched on.
    pub(crate) async fn report(
        &self,
        tx: &mut dyn Tx,
        hook: Hook,
        report: Report<'_>,
    ) -> Result<()> {
        match self.letter(hook, &report, None) {
            Some(letter) => {
                tx.record(crate::event::Event::LetterWritten(Arc::new(letter)))
                    .await
            }
            None => Ok(()),
        }
    }

    /// The letter of a report; `None` when nobody wants it. `id` tells the receiver which letters are the same.
    fn letter(&self, hook: Hook, report: &Report<'_>, id: Option<String>) -> Option<Letter> {
        let port = self.hooked.port.as_ref().filter(|_| self.wants(hook))?;
        let trace = match &id {
            Some(id) => id.clone(),
            None => self.trace_or_new(),
        };
        let body = port.body(hook, report, &trace)?;
        Some(Letter {
            hook,
            id: id.unwrap_or_else(|| self.ids.hex32()),
            trace,
            lane: report.lane(),
            at: self.clock.now(),
            body,
        })
    }

    fn trace_or_new(&self) -> String {
        trace::current().unwrap_or_else(|| self.ids.hex32())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hook_has_its_own_bit_and_name() {
        let mut names = std::collections::HashSet::new();
        for (at, hook) in Hook::ALL.into_iter().enumerate() {
            assert_eq!(hook as usize, at, "{hook:?}");
            assert!(names.insert(hook.name()));
            assert_eq!(Hook::from_name(hook.name()), Some(hook));
            let set = HookSet::of([hook]);
            assert!(
                Hook::ALL
                    .into_iter()
                    .all(|other| set.contains(other) == (other == hook))
            );
        }
        assert!(HookSet::default().is_empty());
        assert!(!HookSet::of([Hook::BeforeCreateGroup]).has_reports());
        assert!(HookSet::of([Hook::AfterCreateGroup]).has_reports());
    }
}
