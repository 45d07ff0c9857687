//! What devices are told of groups, as OpenIM devices read it (`reference/openim/notifications.md` §3, §4). A notice
//! that names the version of the member list after the change lets a device apply it without asking; one without
//! makes it ask. Lists of people are cut, and then the version is left out.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Application, Group, GroupRole, Member};
use crate::accounts::Account;
use crate::limits;
use crate::messages::body::notification;
use crate::sync::Version;
use crate::time::Millis;

/// Who did it, as the group sees them.
pub(super) struct Doer<'a> {
    pub account: &'a Account,
    /// Their place in the group; `None` for an administrator from outside.
    pub member: Option<&'a Member>,
}

/// What every notice of a group has.
pub(super) struct Scene<'a> {
    pub group: &'a Group,
    pub by: Doer<'a>,
    /// The member list's version after the change.
    pub version: Option<Version>,
    pub at: Millis,
}

impl Scene<'_> {
    pub(super) fn created(&self, owner: &Member, members: &[Member]) -> Bytes {
        let (list, version) = self.cut(members);
        self.body(
            &version,
            json!({ "memberList": list, "groupOwnerUser": self.member(owner) }),
        )
    }

    /// The record changed: settings, name, announcement, muted, unmuted.
    pub(super) fn changed(&self) -> Bytes {
        self.body(&self.version, json!({ "muteTime": 0 }))
    }

    pub(super) fn quit(&self, who: &Member) -> Bytes {
        self.body(&self.version, json!({ "quitUser": self.member(who) }))
    }

    pub(super) fn kicked(&self, who: &[Member]) -> Bytes {
        let (list, version) = self.cut(who);
        self.body(&version, json!({ "kickedUserList": list }))
    }

    pub(super) fn invited(&self, inviter: Option<&Member>, who: &[Member]) -> Bytes {
        let (list, version) = self.cut(who);
        let inviter = inviter.map_or_else(|| self.doer(), |inviter| self.member(inviter));
        self.body(
            &version,
            json!({ "invitedUserList": list, "inviterUser": inviter }),
        )
    }

    pub(super) fn entered(&self, who: &Member) -> Bytes {
        self.body(&self.version, json!({ "entrantUser": self.member(who) }))
    }

    pub(super) fn owner_changed(&self, old: &Member, new: &Member) -> Bytes {
        self.body(
            &self.version,
            json!({
                "newGroupOwner": self.member(new),
                "oldGroupOwner": "",
                "oldGroupOwnerInfo": self.member(old),
            }),
        )
    }

    pub(super) fn muted(&self, who: &Member, seconds: u32) -> Bytes {
        self.body(
            &self.version,
            json!({ "mutedUser": self.member(who), "mutedSeconds": seconds }),
        )
    }

    /// `has_moved` says that the order of the list is another one now.
    pub(super) fn member_changed(&self, who: &Member, has_moved: bool) -> Bytes {
        let order = match &self.version {
            Some(version) if has_moved => version.number,
            _ => 0,
        };
        self.body(
            &self.version,
            json!({ "changedUser": self.member(who), "groupSortVersion": order }),
        )
    }

    pub(super) fn dismissed(&self) -> Bytes {
        self.body(&None, json!({}))
    }

    pub(super) fn applied(&self, application: &Application) -> Bytes {
        notification(&json!({
            "group": group(self.group),
            "applicant": public(&application.account),
            "reqMsg": application.message,
            "uuid": uuid(application),
            "request": record(application),
        }))
    }

    pub(super) fn answered(&self, application: &Application, to_applicant: bool) -> Bytes {
        notification(&json!({
            "group": group(self.group),
            "opUser": self.doer(),
            "handleMsg": application.handle_message,
            "receiverAs": i32::from(!to_applicant),
            "uuid": uuid(application),
            "request": record(application),
        }))
    }

    fn body(&self, version: &Option<Version>, more: Value) -> Bytes {
        let mut body = json!({
            "group": group(self.group),
            "opUser": self.doer(),
            "operationTime": self.at,
            "groupMemberVersion": version.as_ref().map_or(0, |version| version.number),
            "groupMemberVersionID": version.as_ref().map_or("", |version| version.id.as_str()),
        });
        if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
            body.extend(more);
        }
        notification(&body)
    }

    fn cut(&self, members: &[Member]) -> (Vec<Value>, Option<Version>) {
        let shown = members
            .iter()
            .take(limits::NOTICED_PEOPLE_MAX)
            .map(|one| self.member(one))
            .collect();
        let is_whole = members.len() <= limits::NOTICED_PEOPLE_MAX;
        (shown, self.version.clone().filter(|_| is_whole))
    }

    fn member(&self, one: &Member) -> Value {
        member(self.group, one)
    }

    fn doer(&self) -> Value {
        match self.by.member {
            Some(doer) => self.member(doer),
            None => json!({
                "groupID": self.group.id.as_str(),
                "userID": self.by.account.user_id.as_str(),
                "roleLevel": GroupRole::Administrator as i16,
                "joinTime": 0,
                "nickname": self.by.account.nickname,
                "faceURL": self.by.account.face_url,
                "appMangerLevel": self.by.account.kind as i16,
                "joinSource": 0,
                "operatorUserID": "",
                "ex": "",
                "muteEndTime": 0,
                "inviterUserID": "",
            }),
        }
    }
}

/// Names an application in its present round; devices show one notice of each.
fn uuid(application: &Application) -> String {
    format!(
        "{}_{}_{}_{}",
        application.group.id,
        application.account.user_id,
        application.created_at,
        application.verdict as i16
    )
}

fn group(group: &Group) -> Value {
    json!({
        "groupID": group.id.as_str(),
        "groupName": group.name,
        "notification": group.announcement,
        "introduction": group.introduction,
        "faceURL": group.face_url,
        "ownerUserID": group.owner,
        "createTime": group.created_at,
        "memberCount": group.member_count,
        "ex": group.ex,
        "status": group.status as i16,
        "creatorUserID": group.creator,
        "groupType": super::GROUP_TYPE,
        "needVerification": group.join_rule as i16,
        "lookMemberInfo": i16::from(group.hides_profiles),
        "applyMemberFriend": i16::from(group.forbids_friends),
        "notificationUpdateTime": group.announced_at,
        "notificationUserID": group.announced_by,
    })
}

fn member(group: &Group, member: &Member) -> Value {
    json!({
        "groupID": group.id.as_str(),
        "userID": member.account.user_id.as_str(),
        "roleLevel": member.role as i16,
        "joinTime": member.joined_at,
        "nickname": member.shown_nickname(),
        "faceURL": member.shown_face_url(),
        "appMangerLevel": member.account.kind as i16,
        "joinSource": member.source as i16,
        "operatorUserID": member.operator,
        "ex": member.ex,
        "muteEndTime": member.muted_until,
        "inviterUserID": member.inviter,
    })
}

fn public(account: &Account) -> Value {
    json!({
        "userID": account.user_id.as_str(),
        "nickname": account.nickname,
        "faceURL": account.face_url,
        "ex": account.ex,
    })
}

fn record(application: &Application) -> Value {
    json!({
        "userInfo": public(&application.account),
        "groupInfo": group(&application.group),
        "handleResult": application.verdict as i16,
        "reqMsg": application.message,
        "handleMsg": application.handle_message,
        "reqTime": application.created_at,
        "handleUserID": application.handler,
        "handleTime": application.handled_at,
        "ex": application.ex,
        "joinSource": application.source as i16,
        "inviterUserID": application.inviter,
    })
}
