//! The stored form of [`Event::Noticed`]: a happening as a name with a few texts, the notice as it goes out, and the
//! audience without the members of a group, whom the reader fills in.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{conversation_id, user_id};
use crate::conversations::{ConversationKind, Party};
use crate::error::{Error, Result};
use crate::event::{Audience, Event, GroupChange, Happening, MemberChange};
use crate::ids::{AccountKey, ConversationId, GroupId, GroupKey, MessageKey, UserId};
use crate::messages::{Message, Options, Origin, Post, Route, Status};

#[derive(Serialize, Deserialize)]
pub(super) struct NoticedForm {
    what: HappeningForm,
    notice: NoticeForm,
    audience: AudienceForm,
}

/// Members that a happening has no use for are left out.
#[derive(Default, Serialize, Deserialize)]
struct HappeningForm {
    name: String,
    /// Whose doing it is, or whom it is about.
    user: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    other: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    users: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    conversation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    what: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flag: Option<bool>,
}

#[derive(Serialize, Deserialize)]
struct NoticeForm {
    conversation: String,
    from: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    client_id: String,
    server_id: String,
    kind: i32,
    content: String,
    options: u16,
    at: i64,
}

#[derive(Serialize, Deserialize)]
struct AudienceForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<i64>,
    accounts: Vec<i64>,
}

pub(super) fn write(happening: &Happening, notice: &Message, audience: &Audience) -> NoticedForm {
    NoticedForm {
        what: write_happening(happening),
        notice: write_notice(notice),
        audience: write_audience(audience),
    }
}

pub(super) fn read(form: NoticedForm) -> Result<Event> {
    Ok(Event::Noticed {
        happening: read_happening(form.what)?,
        notice: Arc::new(read_notice(form.notice)?),
        audience: read_audience(form.audience),
    })
}

fn write_notice(notice: &Message) -> NoticeForm {
    let (to, group) = match &notice.route.recipient {
        Party::Person(to) => (Some(to.to_string()), None),
        Party::Group(group) => (None, Some(group.to_string())),
    };
    NoticeForm {
        conversation: notice.route.conversation.to_string(),
        from: notice.route.sender.to_string(),
        to,
        group,
        client_id: notice.post.client_msg_id.clone(),
        server_id: notice.post.server_msg_id.clone(),
        kind: notice.post.content_type,
        // Ours are JSON.
        content: String::from_utf8_lossy(&notice.post.content).into_owned(),
        options: notice.post.options.0,
        at: notice.send_time,
    }
}

fn read_notice(form: NoticeForm) -> Result<Message> {
    let recipient = match (form.to, form.group) {
        (Some(to), None) => Party::Person(user_id(to)?),
        (None, Some(group)) => Party::Group(group_id(group)?),
        _ => return Err(broken()),
    };
    Ok(Message {
        route: Route {
            conversation: conversation_id(form.conversation)?,
            kind: ConversationKind::Notice,
            sender: user_id(form.from)?,
            recipient,
        },
        key: MessageKey(0),
        seq: 0,
        send_time: form.at,
        status: Status::Sent,
        is_read: false,
        post: Arc::new(Post {
            client_msg_id: form.client_id,
            server_msg_id: form.server_id,
            origin: Origin::System,
            content_type: form.kind,
            content: form.content.into(),
            create_time: form.at,
            options: Options(form.options),
            ..Post::default()
        }),
    })
}

fn write_audience(audience: &Audience) -> AudienceForm {
    match audience {
        Audience::Group { group, others, .. } => AudienceForm {
            group: Some(group.0),
            accounts: others.iter().map(|account| account.0).collect(),
        },
        Audience::Account(_) | Audience::Pair(..) | Audience::Accounts(_) => AudienceForm {
            group: None,
            accounts: audience.accounts().map(|account| account.0).collect(),
        },
    }
}

fn read_audience(form: AudienceForm) -> Audience {
    let accounts: Arc<[AccountKey]> = form.accounts.into_iter().map(AccountKey).collect();
    match (form.group, &accounts[..]) {
        (Some(group), _) => Audience::Group {
            group: GroupKey(group),
            members: Arc::from([]),
            others: accounts,
        },
        (None, [one]) => Audience::Account(*one),
        (None, [a, b]) => Audience::pair(*a, *b),
        (None, _) => Audience::Accounts(accounts),
    }
}

fn write_happening(happening: &Happening) -> HappeningForm {
    let named = |name: &str, user: &UserId| HappeningForm {
        name: name.to_owned(),
        user: user.to_string(),
        ..HappeningForm::default()
    };
    let pair = |name: &str, user: &UserId, other: &UserId| HappeningForm {
        other: Some(other.to_string()),
        ..named(name, user)
    };
    let in_group = |name: &str, user: &UserId, group: &GroupId| HappeningForm {
        group: Some(group.to_string()),
        ..named(name, user)
    };
    match happening {
        Happening::FriendRequested { from, to } => pair("friend_requested", from, to),
        Happening::FriendRequestRejected { from, to } => pair("friend_request_rejected", from, to),
        Happening::FriendshipMade {
            from,
            to,
            by_request,
        } => HappeningForm {
            flag: Some(*by_request),
            ..pair("friendship_made", from, to)
        },
        Happening::FriendRemoved { owner, friend } => pair("friend_removed", owner, friend),
        Happening::FriendsUpdated { owner, friends } => HappeningForm {
            users: texts(friends),
            ..named("friends_updated", owner)
        },
        Happening::ProfileChanged { account } => named("profile_changed", account),
        Happening::Blocked { owner, blocked } => pair("blocked", owner, blocked),
        Happening::Unblocked { owner, blocked } => pair("unblocked", owner, blocked),
        Happening::ChatMadePrivate {
            by,
            conversation,
            is_private,
        } => HappeningForm {
            conversation: Some(conversation.to_string()),
            flag: Some(*is_private),
            ..named("chat_made_private", by)
        },
        Happening::GroupCreated { group, by } => in_group("group_created", by, group),
        Happening::GroupChanged { group, by, what } => HappeningForm {
            what: Some(name_of(&GROUP_CHANGES, *what).to_owned()),
            ..in_group("group_changed", by, group)
        },
        Happening::JoinRequested {
            group,
            applicant,
            inviter,
        } => HappeningForm {
            other: inviter.as_ref().map(ToString::to_string),
            ..in_group("join_requested", applicant, group)
        },
        Happening::JoinAnswered {
            group,
            applicant,
            by,
            is_accepted,
        } => HappeningForm {
            other: Some(applicant.to_string()),
            flag: Some(*is_accepted),
            ..in_group("join_answered", by, group)
        },
        Happening::MembersJoined { group, members, by } => {
            moved("members_joined", group, members, by.as_ref())
        }
        Happening::MembersLeft { group, members, by } => {
            moved("members_left", group, members, by.as_ref())
        }
        Happening::OwnerChanged { group, from, to } => HappeningForm {
            other: Some(to.to_string()),
            ..in_group("owner_changed", from, group)
        },
        Happening::MemberChanged {
            group,
            member,
            by,
            what,
        } => HappeningForm {
            other: Some(member.to_string()),
            what: Some(name_of(&MEMBER_CHANGES, *what).to_owned()),
            ..in_group("member_changed", by, group)
        },
        Happening::GroupDismissed { group, by } => in_group("group_dismissed", by, group),
    }
}

fn moved(name: &str, group: &GroupId, members: &[UserId], by: Option<&UserId>) -> HappeningForm {
    HappeningForm {
        name: name.to_owned(),
        user: by.map(ToString::to_string).unwrap_or_default(),
        users: texts(members),
        group: Some(group.to_string()),
        ..HappeningForm::default()
    }
}

fn read_happening(form: HappeningForm) -> Result<Happening> {
    let user = || user_id(form.user.clone());
    let other = || user_id(form.other.clone().ok_or_else(broken)?);
    let group = || group_id(form.group.clone().ok_or_else(broken)?);
    let flag = || form.flag.ok_or_else(broken);
    let users = || {
        form.users
            .iter()
            .cloned()
            .map(user_id)
            .collect::<Result<Vec<_>>>()
    };
    let by = || match form.user.as_str() {
        "" => Ok(None),
        _ => user().map(Some),
    };
    let what = form.what.as_deref().unwrap_or_default();
    Ok(match form.name.as_str() {
        "friend_requested" => Happening::FriendRequested {
            from: user()?,
            to: other()?,
        },
        "friend_request_rejected" => Happening::FriendRequestRejected {
            from: user()?,
            to: other()?,
        },
        "friendship_made" => Happening::FriendshipMade {
            from: user()?,
            to: other()?,
            by_request: flag()?,
        },
        "friend_removed" => Happening::FriendRemoved {
            owner: user()?,
            friend: other()?,
        },
        "friends_updated" => Happening::FriendsUpdated {
            owner: user()?,
            friends: users()?,
        },
        "profile_changed" => Happening::ProfileChanged { account: user()? },
        "blocked" => Happening::Blocked {
            owner: user()?,
            blocked: other()?,
        },
        "unblocked" => Happening::Unblocked {
            owner: user()?,
            blocked: other()?,
        },
        "chat_made_private" => Happening::ChatMadePrivate {
            by: user()?,
            conversation: form
                .conversation
                .clone()
                .and_then(ConversationId::parse)
                .ok_or_else(broken)?,
            is_private: flag()?,
        },
        "group_created" => Happening::GroupCreated {
            group: group()?,
            by: user()?,
        },
        "group_changed" => Happening::GroupChanged {
            group: group()?,
            by: user()?,
            what: of_name(&GROUP_CHANGES, what)?,
        },
        "join_requested" => Happening::JoinRequested {
            group: group()?,
            applicant: user()?,
            inviter: form.other.clone().map(user_id).transpose()?,
        },
        "join_answered" => Happening::JoinAnswered {
            group: group()?,
            applicant: other()?,
            by: user()?,
            is_accepted: flag()?,
        },
        "members_joined" => Happening::MembersJoined {
            group: group()?,
            members: users()?,
            by: by()?,
        },
        "members_left" => Happening::MembersLeft {
            group: group()?,
            members: users()?,
            by: by()?,
        },
        "owner_changed" => Happening::OwnerChanged {
            group: group()?,
            from: user()?,
            to: other()?,
        },
        "member_changed" => Happening::MemberChanged {
            group: group()?,
            member: other()?,
            by: user()?,
            what: of_name(&MEMBER_CHANGES, what)?,
        },
        "group_dismissed" => Happening::GroupDismissed {
            group: group()?,
            by: user()?,
        },
        _ => return Err(broken()),
    })
}

const GROUP_CHANGES: [(GroupChange, &str); 5] = [
    (GroupChange::Settings, "settings"),
    (GroupChange::Name, "name"),
    (GroupChange::Announcement, "announcement"),
    (GroupChange::Muted, "muted"),
    (GroupChange::Unmuted, "unmuted"),
];

const MEMBER_CHANGES: [(MemberChange, &str); 5] = [
    (MemberChange::Profile, "profile"),
    (MemberChange::Promoted, "promoted"),
    (MemberChange::Demoted, "demoted"),
    (MemberChange::Muted, "muted"),
    (MemberChange::Unmuted, "unmuted"),
];

fn name_of<T: PartialEq + Copy>(names: &[(T, &'static str)], what: T) -> &'static str {
    let named = names.iter().find(|(one, _)| *one == what);
    named.map_or("", |(_, name)| name)
}

fn of_name<T: Copy>(names: &[(T, &'static str)], text: &str) -> Result<T> {
    let named = names.iter().find(|(_, name)| *name == text);
    named.map(|(what, _)| *what).ok_or_else(broken)
}

fn texts(ids: &[UserId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn group_id(text: String) -> Result<GroupId> {
    GroupId::new(text).ok_or_else(broken)
}

fn broken() -> Error {
    Error::internal("a stored event is broken, or of a newer version")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_form;

    fn user(name: &str) -> UserId {
        UserId::new(name).expect("valid")
    }

    #[test]
    fn every_happening_is_read_back_as_it_was_written() {
        let (alice, bob) = (|| user("alice"), || user("bob"));
        let group = || GroupId::new("77").expect("valid");
        let mut all = vec![
            Happening::FriendRequested {
                from: alice(),
                to: bob(),
            },
            Happening::FriendRequestRejected {
                from: alice(),
                to: bob(),
            },
            Happening::FriendshipMade {
                from: alice(),
                to: bob(),
                by_request: true,
            },
            Happening::FriendRemoved {
                owner: alice(),
                friend: bob(),
            },
            Happening::FriendsUpdated {
                owner: alice(),
                friends: vec![bob()],
            },
            Happening::ProfileChanged { account: alice() },
            Happening::Blocked {
                owner: alice(),
                blocked: bob(),
            },
            Happening::Unblocked {
                owner: alice(),
                blocked: bob(),
            },
            Happening::ChatMadePrivate {
                by: alice(),
                conversation: ConversationId::direct(&alice(), &bob()),
                is_private: false,
            },
            Happening::GroupCreated {
                group: group(),
                by: alice(),
            },
            Happening::JoinRequested {
                group: group(),
                applicant: bob(),
                inviter: None,
            },
            Happening::JoinRequested {
                group: group(),
                applicant: bob(),
                inviter: Some(alice()),
            },
            Happening::JoinAnswered {
                group: group(),
                applicant: bob(),
                by: alice(),
                is_accepted: true,
            },
            Happening::MembersJoined {
                group: group(),
                members: vec![bob()],
                by: None,
            },
            Happening::MembersLeft {
                group: group(),
                members: vec![bob()],
                by: Some(alice()),
            },
            Happening::OwnerChanged {
                group: group(),
                from: alice(),
                to: bob(),
            },
            Happening::GroupDismissed {
                group: group(),
                by: alice(),
            },
        ];
        all.extend(GROUP_CHANGES.map(|(what, _)| Happening::GroupChanged {
            group: group(),
            by: alice(),
            what,
        }));
        all.extend(MEMBER_CHANGES.map(|(what, _)| Happening::MemberChanged {
            group: group(),
            member: bob(),
            by: alice(),
            what,
        }));
        for happening in all {
            assert_eq!(
                read_happening(write_happening(&happening)).expect("readable"),
                happening
            );
        }
    }

    #[test]
    fn an_old_sample_is_read_and_written_back_unchanged() {
        let sample = r#"{"event":"noticed","what":{"name":"group_created","user":"alice","group":"77"},"notice":{"conversation":"n_77","from":"alice","group":"77","client_id":"c","server_id":"s","kind":1501,"content":"{}","options":3,"at":5},"audience":{"group":9,"accounts":[4]}}"#;
        let event = event_form::read(sample).expect("readable");
        assert_eq!(event_form::write(&event).as_deref(), Some(sample));
    }
}
