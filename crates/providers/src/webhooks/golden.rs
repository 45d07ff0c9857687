//! The body of every hook, to the member, and what answers change (`reference/openim/webhooks.md` §3–§6); those of groups
//! are in `golden_groups.rs`.

use std::sync::Arc;

use domain::accounts::{NewAccount, UpdateAccount};
use domain::conversations::{ConversationKind, Party};
use domain::hooks::{Connected, Hook, Question, Report};
use domain::ids::{ConversationId, GroupId};
use domain::messages::{Message, Options, Post, PushText};
use domain::relations::AnswerFriendRequest;
use domain::sessions::Platform;
use serde_json::{Value, json};

use super::tests::{message, request, user};
use super::{ask, body};

pub(super) fn group_id() -> GroupId {
    GroupId::new("g1").expect("valid")
}

fn in_group() -> Message {
    let mut message = message();
    message.route.kind = ConversationKind::Group;
    message.route.conversation = ConversationId::group(&group_id());
    message.route.recipient = Party::Group(group_id());
    let post = Arc::make_mut(&mut message.post);
    post.at = vec!["bob".into()];
    message
}

pub(super) fn asked(hook: Hook, question: &Question<'_>) -> Value {
    serde_json::from_str(&ask::body(hook, question, "op").expect("a body")).expect("JSON")
}

pub(super) fn told(hook: Hook, report: &Report<'_>) -> Value {
    serde_json::from_str(&body::body(hook, report, "op").expect("a body")).expect("JSON")
}

/// The question after an answer.
pub(super) fn answered<'a>(mut question: Question<'a>, answer: &Value) -> Question<'a> {
    ask::apply(&mut question, answer.to_string().as_bytes()).expect("an answer");
    question
}

pub(super) fn with(mut value: Value, more: Value) -> Value {
    let (Value::Object(members), Value::Object(more)) = (&mut value, more) else {
        panic!("objects")
    };
    members.extend(more);
    value
}

fn common(command: &str) -> Value {
    json!({
        "sendID": "alice", "callbackCommand": command, "serverMsgID": "s1", "clientMsgID": "c1", "operationID": "op",
        "senderPlatformID": 2, "senderNickname": "Alice", "sessionType": 1, "msgFrom": 100, "contentType": 101,
        "status": 1, "sendTime": 2000, "createTime": 1000, "content": "{\"content\":\"hi\"}", "seq": 0,
        "atUserList": null, "faceURL": "http://face", "ex": "more",
    })
}

#[test]
fn messages() {
    let (single, grouped) = (message(), in_group());
    assert_eq!(
        asked(Hook::BeforeSendSingleMsg, &Question::SendMessage(&single)),
        with(
            common("callbackBeforeSendSingleMsgCommand"),
            json!({"recvID": "bob"})
        )
    );
    assert_eq!(
        asked(Hook::BeforeSendGroupMsg, &Question::SendMessage(&grouped)),
        with(
            common("callbackBeforeSendGroupMsgCommand"),
            json!({"groupID": "g1", "sessionType": 3, "atUserList": ["bob"]})
        )
    );
    let mut post = Post::default();
    let question = Question::ModifyMessage {
        message: &single,
        post: &mut post,
    };
    assert_eq!(
        asked(Hook::BeforeMsgModify, &question),
        common("callbackBeforeMsgModifyCommand")
    );
    let stored = Message { seq: 7, ..single };
    assert_eq!(
        told(Hook::AfterSendSingleMsg, &Report::MessageSent(&stored)),
        with(
            common("callbackAfterSendSingleMsgCommand"),
            json!({"recvID": "bob", "seq": 7, "status": 2})
        )
    );
    let stored = Message { seq: 7, ..grouped };
    assert_eq!(
        told(Hook::AfterSendGroupMsg, &Report::MessageSent(&stored)),
        with(
            common("callbackAfterSendGroupMsgCommand"),
            json!({"groupID": "g1", "seq": 7, "status": 2, "sessionType": 3, "atUserList": ["bob"]})
        )
    );
    let chat = ConversationId::direct(&user("alice"), &user("bob"));
    let recalled = Report::MessageRecalled {
        conversation: &chat,
        seq: 3,
        by: &user("alice"),
    };
    assert_eq!(
        told(Hook::AfterRevokeMsg, &recalled),
        json!({"callbackCommand": "callbackBeforeAfterMsgCommand", "conversationID": "si_alice_bob", "seq": 3, "userID": "alice"})
    );
    let read = Report::MessagesRead {
        conversation: &chat,
        reader: &user("bob"),
        seqs: &[1, 2],
    };
    assert_eq!(
        told(Hook::AfterSingleMsgRead, &read),
        json!({"callbackCommand": "callbackAfterSingleMsgReadCommand", "conversationID": "si_alice_bob", "userID": "bob", "Seqs": [1, 2], "contentType": 1})
    );
    let read = Report::GroupRead {
        group: &group_id(),
        reader: &user("bob"),
        has_read_seq: 9,
    };
    assert_eq!(
        told(Hook::AfterGroupMsgRead, &read),
        json!({"callbackCommand": "callbackAfterGroupMsgReadCommand", "sendID": "bob", "receiveID": "g1", "unreadMsgNum": 9, "contentType": 3})
    );
}

#[test]
fn a_message_is_modified_by_what_is_not_null() {
    let single = message();
    let mut post = Post::clone(&single.post);
    let answer = json!({
        "actionCode": 0, "content": "{\"content\":\"***\"}", "senderNickname": null, "ex": "", "contentType": 110,
        "options": {"offlinePush": false}, "offlinePushInfo": {"title": "T", "iOSBadgeCount": true},
        "atUserIDList": ["bob"], "attachedInfo": "a", "senderFaceURL": "f", "senderPlatformID": 5, "msgFrom": 200,
        "recvID": "mallory", "clientMsgID": "other", "serverMsgID": "other", "sessionType": 3, "status": 4, "groupID": "g",
    });
    answered(
        Question::ModifyMessage {
            message: &single,
            post: &mut post,
        },
        &answer,
    );
    assert_eq!(&post.content[..], br#"{"content":"***"}"#);
    assert_eq!(
        (&post.sender_nickname[..], &post.ex[..], post.content_type),
        ("Alice", "", 110)
    );
    assert_eq!(post.options, Options(Options::OFFLINE_PUSH));
    let push = post.push.as_deref().expect("there");
    assert_eq!((&push.title[..], push.ios_badge), ("T", true));
    assert_eq!(
        (&post.at[..], &post.attached_info[..]),
        (&["bob".to_owned()][..], "a")
    );
    assert_eq!(
        (
            &post.sender_face_url[..],
            post.sender_platform,
            post.origin as i32
        ),
        ("f", 5, 200)
    );
    assert_eq!(
        (&post.client_msg_id[..], &post.server_msg_id[..]),
        ("c1", "s1"),
        "retries are known by them"
    );
    let wrong = json!({"msgFrom": 7});
    let mut question = Question::ModifyMessage {
        message: &single,
        post: &mut post,
    };
    assert!(ask::apply(&mut question, wrong.to_string().as_bytes()).is_err());
}

fn push(command: &str) -> Value {
    json!({
        "callbackCommand": command, "operationID": "op", "platformID": 2, "platform": "Android", "clientMsgID": "c1",
        "sendID": "alice", "groupID": "", "contentType": 101, "sessionType": 1, "atUserIDList": null,
        "content": "{\"content\":\"hi\"}",
    })
}

#[test]
fn pushes_and_connections() {
    let (single, grouped) = (message(), in_group());
    let receivers = [user("bob")];
    let question = Question::PushOnline {
        message: &single,
        receivers: &receivers,
    };
    assert_eq!(
        asked(Hook::BeforeOnlinePush, &question),
        with(
            push("callbackBeforeOnlinePushCommand"),
            json!({"userIDList": ["bob"]})
        )
    );
    let mut only = Vec::new();
    let question = Question::PushGroupOnline {
        message: &grouped,
        only: &mut only,
    };
    let body = asked(Hook::BeforeGroupOnlinePush, &question);
    assert_eq!(
        body,
        with(
            push("callbackBeforeGroupOnlinePushCommand"),
            json!({"groupID": "g1", "sessionType": 3, "atUserIDList": ["bob"], "seq": 0})
        )
    );
    answered(question, &json!({"userIDList": ["carol"]}));
    assert_eq!(only, [user("carol")]);

    let mut receivers = vec![user("bob")];
    let mut text = Some(PushText {
        title: "T".into(),
        text: "D".into(),
        ..PushText::default()
    });
    let question = Question::PushOffline {
        message: &single,
        receivers: &mut receivers,
        text: &mut text,
    };
    assert_eq!(
        asked(Hook::BeforeOfflinePush, &question),
        with(
            push("callbackBeforeOfflinePushCommand"),
            json!({
                "userIDList": ["bob"], "title": "T", "desc": "D", "ex": "", "iOSPushSound": "", "iOSBadgeCount": false,
                "signalInfo": "",
            })
        )
    );
    answered(
        question,
        &json!({"userIDList": [], "offlinePushInfo": {"desc": "secret"}}),
    );
    assert_eq!(receivers, [user("bob")], "an empty list replaces nothing");
    assert_eq!(text.expect("there").text, "secret");

    let connected = Connected {
        user_id: user("alice"),
        platform: Platform::Ios,
        connection: 12,
        is_background: true,
    };
    let status = |command: &str| json!({"callbackCommand": command, "operationID": "op", "platformID": 1, "platform": "IOS", "userID": "alice", "seq": 5});
    assert_eq!(
        told(Hook::AfterUserOnline, &Report::CameOnline(&connected, 5)),
        with(
            status("callbackAfterUserOnlineCommand"),
            json!({"isAppBackground": true, "connID": "12"})
        )
    );
    assert_eq!(
        told(Hook::AfterUserOffline, &Report::WentOffline(&connected, 5)),
        with(
            status("callbackAfterUserOfflineCommand"),
            json!({"connID": "12"})
        )
    );
    assert_eq!(
        told(Hook::AfterUserKickOff, &Report::KickedOff(&connected, 5)),
        status("callbackAfterUserKickOffCommand")
    );
}

#[test]
fn friends() {
    let (alice, bob) = (user("alice"), user("bob"));
    let request = request();
    let pair = json!({"fromUserID": "alice", "toUserID": "bob", "reqMsg": "hi <b> & co"});
    assert_eq!(
        asked(Hook::BeforeAddFriend, &Question::RequestFriend(&request)),
        with(
            pair.clone(),
            json!({"callbackCommand": "callbackBeforeAddFriendCommand", "ex": "x"})
        )
    );
    assert_eq!(
        told(Hook::AfterAddFriend, &Report::FriendRequested(&request)),
        with(
            pair,
            json!({"callbackCommand": "callbackAfterAddFriendCommand"})
        )
    );
    let answer = AnswerFriendRequest {
        from: alice.clone(),
        to: bob.clone(),
        accept: true,
        message: "yes".into(),
    };
    let agreed =
        json!({"fromUserID": "alice", "blackUserID": "bob", "HandleResult": 1, "HandleMsg": "yes"});
    assert_eq!(
        asked(
            Hook::BeforeAddFriendAgree,
            &Question::AnswerFriendRequest(&answer)
        ),
        with(
            agreed.clone(),
            json!({"callbackCommand": "callbackBeforeAddFriendAgreeCommand"})
        )
    );
    assert_eq!(
        told(
            Hook::AfterAddFriendAgree,
            &Report::FriendRequestAnswered(&answer)
        ),
        with(
            agreed,
            json!({"callbackCommand": "callbackAfterAddFriendAgreeCommand"})
        )
    );
    let friend = json!({"ownerUserID": "alice", "friendUserID": "bob"});
    assert_eq!(
        told(
            Hook::AfterDeleteFriend,
            &Report::FriendRemoved {
                owner: &alice,
                friend: &bob
            }
        ),
        with(
            friend.clone(),
            json!({"callbackCommand": "callbackAfterDeleteFriendCommand"})
        )
    );
    let mut remark = "Bobby".to_owned();
    let question = Question::SetRemark {
        owner: &alice,
        friend: &bob,
        remark: &mut remark,
    };
    assert_eq!(
        asked(Hook::BeforeSetFriendRemark, &question),
        with(
            friend.clone(),
            json!({"callbackCommand": "callbackBeforeSetFriendRemarkCommand", "remark": "Bobby"})
        )
    );
    let question = answered(question, &json!({"remark": ""}));
    answered(question, &json!({"remark": "Robert"}));
    assert_eq!(remark, "Robert");
    assert_eq!(
        told(
            Hook::AfterSetFriendRemark,
            &Report::RemarkSet {
                owner: &alice,
                friend: &bob,
                remark: "R"
            }
        ),
        with(
            friend,
            json!({"callbackCommand": "callbackAfterSetFriendRemarkCommand", "remark": "R"})
        )
    );
    let black = json!({"ownerUserID": "alice", "blackUserID": "bob"});
    assert_eq!(
        asked(
            Hook::BeforeAddBlack,
            &Question::Block {
                owner: &alice,
                blocked: &bob
            }
        ),
        with(
            black.clone(),
            json!({"callbackCommand": "callbackBeforeAddBlackCommand"})
        )
    );
    assert_eq!(
        told(
            Hook::AfterRemoveBlack,
            &Report::Unblocked {
                owner: &alice,
                blocked: &bob
            }
        ),
        with(
            black,
            json!({"callbackCommand": "callbackAfterRemoveBlackCommand"})
        )
    );
    let mut friends = vec![bob];
    let imported = json!({"ownerUserID": "alice", "friendUserIDs": ["bob"]});
    assert_eq!(
        told(
            Hook::AfterImportFriends,
            &Report::FriendsImported {
                owner: &alice,
                friends: &friends
            }
        ),
        with(
            imported.clone(),
            json!({"callbackCommand": "callbackAfterImportFriendsCommand"})
        )
    );
    let question = Question::ImportFriends {
        owner: &alice,
        friends: &mut friends,
    };
    assert_eq!(
        asked(Hook::BeforeImportFriends, &question),
        with(
            imported,
            json!({"callbackCommand": "callbackBeforeImportFriendsCommand"})
        )
    );
    let question = answered(question, &json!({"friendUserIDs": []}));
    answered(question, &json!({"friendUserIDs": ["carol"]}));
    assert_eq!(friends, [user("carol")]);
}

#[test]
fn users() {
    let mut accounts = vec![NewAccount::user(user("dave"), "Dave")];
    let info = |created: i64| json!([{"userID": "dave", "nickname": "Dave", "faceURL": "", "ex": "", "createTime": created, "appMangerLevel": 1, "globalRecvMsgOpt": 0}]);
    assert_eq!(
        told(Hook::AfterUserRegister, &Report::Registered(&accounts, 8)),
        json!({"callbackCommand": "callbackAfterUserRegisterCommand", "users": info(8)})
    );
    let question = Question::Register(&mut accounts);
    assert_eq!(
        asked(Hook::BeforeUserRegister, &question),
        json!({"callbackCommand": "callbackBeforeUserRegisterCommand", "users": info(0)})
    );
    let question = answered(question, &json!({"users": null}));
    answered(
        question,
        &json!({"users": [{"userID": "erin", "nickname": "Erin"}]}),
    );
    assert_eq!(
        accounts
            .iter()
            .map(|account| account.user_id.as_str())
            .collect::<Vec<_>>(),
        ["erin"]
    );

    let mut update = UpdateAccount {
        user_id: user("dave"),
        nickname: Some("D".into()),
        face_url: None,
        ex: None,
        receive: None,
    };
    let base = json!({"userID": "dave", "nickName": "D"});
    assert_eq!(
        told(Hook::AfterUpdateUserInfo, &Report::AccountUpdated(&update)),
        with(
            base.clone(),
            json!({"callbackCommand": "callbackAfterUpdateUserInfoCommand", "faceURL": "", "ex": ""})
        )
    );
    assert_eq!(
        told(
            Hook::AfterUpdateUserInfoEx,
            &Report::AccountUpdated(&update)
        ),
        with(
            base.clone(),
            json!({"callbackCommand": "callbackAfterUpdateUserInfoExCommand", "faceURL": null, "ex": null})
        )
    );
    let question = Question::UpdateAccount(&mut update);
    assert_eq!(
        asked(Hook::BeforeUpdateUserInfo, &question),
        with(
            base.clone(),
            json!({"callbackCommand": "callbackBeforeUpdateUserInfoCommand", "faceURL": "", "ex": null})
        )
    );
    assert_eq!(
        asked(Hook::BeforeUpdateUserInfoEx, &question),
        with(
            base,
            json!({"callbackCommand": "callbackBeforeUpdateUserInfoExCommand", "faceURL": null, "ex": null})
        )
    );
    answered(
        question,
        &json!({"nickName": "DD", "faceURL": null, "ex": "e"}),
    );
    assert_eq!(
        (
            update.nickname.as_deref(),
            update.face_url,
            update.ex.as_deref()
        ),
        (Some("DD"), None, Some("e"))
    );
}
