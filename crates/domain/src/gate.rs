//! Every "may X do Y to Z", and nothing else: pure functions over a caller and loaded facts. Surfaces prove who
//! asks; only this file decides. What a caller may not see is answered "not found" by the operation, not here.

use crate::accounts::{Account, Receive};
use crate::caller::{Caller, Role};
use crate::error::{Error, Reason, Result};
use crate::files::{File, Upload};
use crate::groups::{Group, GroupRole, GroupStatus, RosterEntry};
use crate::ids::{AccountKey, UserId};
use crate::relations::Relation;
use crate::time::Millis;

/// Administration: registering people, sending as anybody, ending sessions, reading everything.
pub fn may_administer(caller: &Caller) -> Result<()> {
    match caller.role {
        Role::Administrator => Ok(()),
        Role::User => Err(Error::Denied(Reason::NotAdministrator)),
    }
}

/// Reading and changing what belongs to `owner`, and sending in their name: themselves or an administrator.
pub fn may_act_for(caller: &Caller, owner: &UserId) -> Result<()> {
    match caller.role {
        Role::Administrator => Ok(()),
        Role::User if caller.user_id == *owner => Ok(()),
        Role::User => Err(Error::Denied(Reason::NotOwner)),
    }
}

/// Logging in as this account: people and robots' owners do, notification accounts never.
pub fn may_log_in(account: &Account) -> Result<()> {
    if account.kind.logs_in() {
        Ok(())
    } else {
        Err(Error::Denied(Reason::NoLogin))
    }
}

/// Writing as the system: content types that devices obey, and the sender of a notification chat.
pub fn may_speak_as_system(caller: &Caller, sender: &Account) -> Result<()> {
    may_administer(caller)?;
    if sender.kind.logs_in() && sender.kind != crate::accounts::AccountKind::Administrator {
        return Err(Error::Denied(Reason::NotNotificationAccount));
    }
    Ok(())
}

/// What becomes of a message that may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Normal,
    /// Devices that are offline stay silent.
    Silent,
    /// The recipient takes no messages; the sender is not told.
    Swallowed,
}

/// Writing to a person. `here` is how they take messages of this chat, if there is one; in `relation` they are `b`.
/// An administrator always gets through.
pub fn may_write_to(
    caller: &Caller,
    recipient: &Account,
    here: Option<Receive>,
    relation: Relation,
    friends_only: bool,
) -> Result<Delivery> {
    if caller.role == Role::Administrator || recipient.key == caller.account {
        return Ok(Delivery::Normal);
    }
    if relation.b_blocks_a {
        return Err(Error::Denied(Reason::BlockedByPeer));
    }
    if friends_only && !relation.b_lists_a {
        return Err(Error::Denied(Reason::NotFriends));
    }
    // The conversation's setting narrows the account's, never widens it.
    Ok(match (recipient.receive, here.unwrap_or_default()) {
        (Receive::Nothing, _) | (_, Receive::Nothing) => Delivery::Swallowed,
        (Receive::Silently, _) | (_, Receive::Silently) => Delivery::Silent,
        (Receive::Notify, Receive::Notify) => Delivery::Normal,
    })
}

/// Speaking in a group; `place` is the sender's among the members. An administrator speaks everywhere but in a
/// group that is gone.
pub fn may_speak_in(
    caller: &Caller,
    group: &Group,
    place: Option<&RosterEntry>,
    now: Millis,
) -> Result<()> {
    is_alive(group)?;
    if caller.role == Role::Administrator {
        return Ok(());
    }
    let place = place.ok_or(Error::Denied(Reason::NotMember))?;
    if place.muted_until > now {
        return Err(Error::Denied(Reason::MutedInGroup));
    }
    if group.status == GroupStatus::Muted && !place.role.manages() {
        return Err(Error::Denied(Reason::GroupMuted));
    }
    Ok(())
}

/// Doing anything in a group: not after it was dismissed.
pub fn is_alive(group: &Group) -> Result<()> {
    match group.status {
        GroupStatus::Dismissed => Err(Error::Denied(Reason::GroupDismissed)),
        GroupStatus::Normal | GroupStatus::Banned | GroupStatus::Muted => Ok(()),
    }
}

/// Reading what only members see: the list of members, the chat's settings.
pub fn may_look_into(caller: &Caller, role: Option<GroupRole>) -> Result<()> {
    match (caller.role, role) {
        (Role::Administrator, _) | (Role::User, Some(_)) => Ok(()),
        (Role::User, None) => Err(Error::Denied(Reason::NotMember)),
    }
}

/// Managing a group: its record, its applications, muting it.
pub fn may_manage(caller: &Caller, role: Option<GroupRole>) -> Result<()> {
    needs(caller, role, GroupRole::Administrator)
}

/// Giving a group to somebody else, or ending it.
pub fn may_dispose_of(caller: &Caller, role: Option<GroupRole>) -> Result<()> {
    needs(caller, role, GroupRole::Owner)
}

/// Removing, muting or renaming a member: whoever stands above them. The owner stands above everybody.
pub fn may_manage_member(
    caller: &Caller,
    role: Option<GroupRole>,
    member: GroupRole,
) -> Result<()> {
    may_manage(caller, role)?;
    match (caller.role, role) {
        (Role::User, Some(role)) if role <= member => Err(Error::Denied(Reason::NotGroupManager)),
        _ => Ok(()),
    }
}

fn needs(caller: &Caller, role: Option<GroupRole>, least: GroupRole) -> Result<()> {
    match (caller.role, role) {
        (Role::Administrator, _) => Ok(()),
        (Role::User, Some(role)) if role >= least => Ok(()),
        (Role::User, Some(_)) => Err(Error::Denied(Reason::NotGroupManager)),
        (Role::User, None) => Err(Error::Denied(Reason::NotMember)),
    }
}

/// Taking back a message: who sent it, an administrator, and in a group whoever stands above its sender. A sender
/// who is no member any more counts as an ordinary one.
pub fn may_recall(
    caller: &Caller,
    owner: &UserId,
    sender: &UserId,
    (own_role, senders_role): (Option<GroupRole>, Option<GroupRole>),
) -> Result<()> {
    may_act_for(caller, owner)?;
    if caller.role == Role::Administrator || owner == sender {
        return Ok(());
    }
    match own_role {
        Some(role) if role.manages() && Some(role) > senders_role => Ok(()),
        Some(_) => Err(Error::Denied(Reason::NotGroupManager)),
        None => Err(Error::Denied(Reason::NotOwner)),
    }
}

/// Putting other words into a message: who sent it, or an administrator. Nobody else's words are changed, whatever
/// stands above whom.
pub fn may_edit(caller: &Caller, owner: &UserId, sender: &UserId) -> Result<()> {
    may_act_for(caller, owner)?;
    if caller.role == Role::Administrator || owner == sender {
        return Ok(());
    }
    Err(Error::Denied(Reason::NotOwner))
}

/// Storing a file under this name: people below their own user id, administrators anywhere.
pub fn may_name_file(caller: &Caller, name: &str) -> Result<()> {
    let is_own = name
        .strip_prefix(caller.user_id.as_str())
        .is_some_and(|rest| rest.starts_with('/'));
    match caller.role {
        Role::Administrator => Ok(()),
        Role::User if is_own => Ok(()),
        Role::User => Err(Error::Denied(Reason::NotOwner)),
    }
}

/// Going on with an upload: who began it, or an administrator.
pub fn may_continue_upload(caller: &Caller, upload: &Upload) -> Result<()> {
    may_act_for_account(caller, upload.owner)
}

/// Reading a file. `is_open` says that whoever asks proved a link, or that files are open to all here.
pub fn may_read_file(caller: Option<&Caller>, file: &File, is_open: bool) -> Result<()> {
    match caller {
        _ if is_open => Ok(()),
        Some(caller) => may_act_for_account(caller, file.owner),
        None => Err(Error::Denied(Reason::NotOwner)),
    }
}

/// Removing a file: its owner or an administrator.
pub fn may_change_file(caller: &Caller, file: &File) -> Result<()> {
    may_act_for_account(caller, file.owner)
}

fn may_act_for_account(caller: &Caller, owner: AccountKey) -> Result<()> {
    match caller.role {
        Role::Administrator => Ok(()),
        Role::User if caller.account == owner => Ok(()),
        Role::User => Err(Error::Denied(Reason::NotOwner)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::AccountKind;
    use crate::groups::JoinRule;
    use crate::ids::{AccountKey, ConversationKey, GroupId, GroupKey};
    use crate::sessions::Platform;

    fn account(key: i64, name: &str, kind: AccountKind, receive: Receive) -> Account {
        Account {
            key: AccountKey(key),
            user_id: UserId::new(name).expect("valid"),
            nickname: String::new(),
            face_url: String::new(),
            ex: String::new(),
            kind,
            staff: None,
            receive,
            created_at: 0,
            policy: 0,
        }
    }

    fn caller(account: &Account, role: Role) -> Caller {
        Caller {
            account: account.key,
            user_id: account.user_id.clone(),
            role,
            session: None,
            platform: Platform::Linux,
        }
    }

    fn group(status: GroupStatus) -> Group {
        Group {
            key: GroupKey(1),
            id: GroupId::new("77").expect("valid"),
            conversation: ConversationKey(1),
            name: String::new(),
            announcement: String::new(),
            announced_at: 0,
            announced_by: String::new(),
            introduction: String::new(),
            face_url: String::new(),
            ex: String::new(),
            status,
            join_rule: JoinRule::Open,
            hides_profiles: false,
            forbids_friends: false,
            creator: String::new(),
            owner: String::new(),
            created_at: 0,
            member_count: 1,
        }
    }

    fn reason<T: std::fmt::Debug>(result: Result<T>) -> Reason {
        match result {
            Err(Error::Denied(reason)) => reason,
            other => panic!("not denied: {other:?}"),
        }
    }

    #[test]
    fn people_act_for_themselves_and_administrators_for_anybody() {
        let alice = account(1, "alice", AccountKind::User, Receive::Notify);
        let bob = account(2, "bob", AccountKind::User, Receive::Notify);
        let user = caller(&alice, Role::User);
        assert!(may_act_for(&user, &alice.user_id).is_ok());
        assert!(may_act_for(&user, &bob.user_id).is_err());
        assert!(may_administer(&user).is_err());
        let admin = caller(&alice, Role::Administrator);
        assert!(may_act_for(&admin, &bob.user_id).is_ok());
        assert!(may_administer(&admin).is_ok());
    }

    #[test]
    fn the_stricter_of_account_and_conversation_decides_how_a_message_is_taken() {
        use Receive::{Nothing, Notify, Silently};
        let alice = account(1, "alice", AccountKind::User, Notify);
        let user = caller(&alice, Role::User);
        let strangers = Relation::default();
        for (own, here, expected) in [
            (Notify, Some(Notify), Delivery::Normal),
            (Notify, None, Delivery::Normal),
            (Notify, Some(Silently), Delivery::Silent),
            (Silently, Some(Notify), Delivery::Silent),
            (Silently, Some(Nothing), Delivery::Swallowed),
            (Nothing, None, Delivery::Swallowed),
        ] {
            let bob = account(2, "bob", AccountKind::User, own);
            assert_eq!(
                may_write_to(&user, &bob, here, strangers, false).expect("allowed"),
                expected,
                "{own:?} {here:?}"
            );
            let admin = caller(&alice, Role::Administrator);
            assert_eq!(
                may_write_to(&admin, &bob, here, strangers, true).expect("allowed"),
                Delivery::Normal
            );
        }
    }

    #[test]
    fn the_senders_own_settings_do_not_stop_what_they_send() {
        let alice = account(1, "alice", AccountKind::User, Receive::Nothing);
        let bob = account(2, "bob", AccountKind::User, Receive::Notify);
        let user = caller(&alice, Role::User);
        for recipient in [&bob, &alice] {
            assert_eq!(
                may_write_to(&user, recipient, None, Relation::default(), false).expect("allowed"),
                Delivery::Normal
            );
        }
    }

    #[test]
    fn who_is_blocked_cannot_write_and_a_stranger_not_where_only_friends_may() {
        let alice = account(1, "alice", AccountKind::User, Receive::Notify);
        let bob = account(2, "bob", AccountKind::User, Receive::Notify);
        let user = caller(&alice, Role::User);
        let blocked = Relation {
            b_blocks_a: true,
            b_lists_a: true,
            ..Relation::default()
        };
        let denied = may_write_to(&user, &bob, None, blocked, false);
        assert_eq!(reason(denied), Reason::BlockedByPeer);
        // Having blocked somebody oneself stops nothing.
        assert!(may_write_to(&user, &bob, None, blocked.turned(), false).is_ok());
        let one_sided = Relation {
            a_lists_b: true,
            ..Relation::default()
        };
        let denied = may_write_to(&user, &bob, None, one_sided, true);
        assert_eq!(reason(denied), Reason::NotFriends);
        assert!(may_write_to(&user, &bob, None, one_sided.turned(), true).is_ok());
        // Notes to oneself need no friendship.
        assert!(may_write_to(&user, &alice, None, Relation::default(), true).is_ok());
    }

    #[test]
    fn in_a_group_members_speak_who_are_not_muted() {
        let alice = account(1, "alice", AccountKind::User, Receive::Notify);
        let user = caller(&alice, Role::User);
        let admin = caller(&alice, Role::Administrator);
        let place = |role, muted_until| RosterEntry {
            account: alice.key,
            role,
            muted_until,
        };
        let member = place(GroupRole::Member, 0);
        let manager = place(GroupRole::Administrator, 0);
        let normal = group(GroupStatus::Normal);
        let muted = group(GroupStatus::Muted);
        let gone = group(GroupStatus::Dismissed);
        assert!(may_speak_in(&user, &normal, Some(&member), 10).is_ok());
        assert!(may_speak_in(&user, &normal, Some(&place(GroupRole::Member, 10)), 10).is_ok());
        assert!(may_speak_in(&user, &muted, Some(&manager), 10).is_ok());
        assert!(may_speak_in(&admin, &muted, None, 10).is_ok());
        let denied = |group, place, expected| {
            assert_eq!(reason(may_speak_in(&user, group, place, 10)), expected);
        };
        denied(&normal, None, Reason::NotMember);
        let silenced = place(GroupRole::Owner, 11);
        denied(&normal, Some(&silenced), Reason::MutedInGroup);
        denied(&muted, Some(&member), Reason::GroupMuted);
        denied(&gone, Some(&manager), Reason::GroupDismissed);
        assert!(may_speak_in(&admin, &gone, None, 10).is_err());
    }

    #[test]
    fn who_stands_above_a_member_manages_them() {
        use GroupRole::{Administrator, Member, Owner};
        let alice = account(1, "alice", AccountKind::User, Receive::Notify);
        let user = caller(&alice, Role::User);
        for (own, theirs, may) in [
            (Some(Owner), Administrator, true),
            (Some(Administrator), Member, true),
            (Some(Administrator), Administrator, false),
            (Some(Administrator), Owner, false),
            (Some(Member), Member, false),
            (None, Member, false),
        ] {
            assert_eq!(
                may_manage_member(&user, own, theirs).is_ok(),
                may,
                "{own:?} {theirs:?}"
            );
        }
        let admin = caller(&alice, Role::Administrator);
        assert!(may_manage_member(&admin, None, Owner).is_ok());
        assert!(may_manage(&user, Some(Administrator)).is_ok());
        assert!(may_dispose_of(&user, Some(Administrator)).is_err());
        assert!(may_dispose_of(&user, Some(Owner)).is_ok());
        assert_eq!(reason(may_look_into(&user, None)), Reason::NotMember);
    }

    #[test]
    fn only_the_sender_and_administrators_edit() {
        let alice = account(1, "alice", AccountKind::User, Receive::Notify);
        let bob = account(2, "bob", AccountKind::User, Receive::Notify);
        let user = caller(&alice, Role::User);
        assert!(may_edit(&user, &alice.user_id, &alice.user_id).is_ok());
        let others = may_edit(&user, &alice.user_id, &bob.user_id);
        assert_eq!(reason(others), Reason::NotOwner);
        let in_anothers_name = may_edit(&user, &bob.user_id, &bob.user_id);
        assert_eq!(reason(in_anothers_name), Reason::NotOwner);
        let admin = caller(&alice, Role::Administrator);
        assert!(may_edit(&admin, &alice.user_id, &bob.user_id).is_ok());
    }

    #[test]
    fn the_sender_an_administrator_or_who_stands_above_the_sender_recalls() {
        use GroupRole::{Administrator, Member, Owner};
        let alice = account(1, "alice", AccountKind::User, Receive::Notify);
        let bob = account(2, "bob", AccountKind::User, Receive::Notify);
        let user = caller(&alice, Role::User);
        let of = |owner: &Account, sender: &Account, roles| {
            may_recall(&user, &owner.user_id, &sender.user_id, roles).is_ok()
        };
        assert!(of(&alice, &alice, (None, None)));
        assert!(!of(&alice, &bob, (None, None)));
        assert!(!of(&bob, &bob, (None, None)), "not in another's name");
        assert!(of(&alice, &bob, (Some(Administrator), Some(Member))));
        assert!(of(&alice, &bob, (Some(Administrator), None)), "has left");
        assert!(!of(&alice, &bob, (Some(Administrator), Some(Owner))));
        assert!(!of(&alice, &bob, (Some(Member), None)));
        let admin = caller(&alice, Role::Administrator);
        assert!(may_recall(&admin, &alice.user_id, &bob.user_id, (None, None)).is_ok());
    }
}
