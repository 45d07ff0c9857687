//! Hooks from outside: an application's server on loopback beside the real executable.

use serde_json::{Value, json};
use testkit::receiver::{Receiver, Reply};

use crate::process::{Place, Server};

/// The environment that switches these hooks on.
fn hooks(url: &str, names: &[&str]) -> Vec<(String, String)> {
    let switch = |name: &&str| {
        let name = format!("SWITCHBOARD__WEBHOOKS__{}__ENABLE", name.to_uppercase());
        (name, "true".to_owned())
    };
    let url = ("SWITCHBOARD__WEBHOOKS__URL".to_owned(), url.to_owned());
    std::iter::once(url)
        .chain(names.iter().map(switch))
        .collect()
}

fn serve(place: &Place, environment: &[(String, String)]) -> Server {
    let environment: Vec<_> = environment
        .iter()
        .map(|(name, value)| (&name[..], &value[..]))
        .collect();
    place.serve_and(&environment)
}

fn register(server: &Server, admin: &str, users: &[&str]) {
    let users: Vec<_> = users
        .iter()
        .map(|user| json!({"userID": user, "nickname": user}))
        .collect();
    server.call("/user/user_register", admin, &json!({ "users": users }));
}

fn text(from: &str, to: &str, text: &str) -> Value {
    json!({
        "sendID": from, "recvID": to, "senderNickname": from, "senderPlatformID": 1, "sessionType": 1,
        "contentType": 101, "content": {"content": text},
    })
}

fn make_friends(server: &Server, admin: &str) -> Value {
    let body = json!({"ownerUserID": "alice", "friendUserIDs": ["bob"]});
    server.answer("/friend/import_friend", admin, &body)
}

#[test]
fn a_refusal_reaches_the_client_in_the_words_of_the_hook() {
    let (place, receiver) = (Place::new(), Receiver::start());
    let environment = hooks(
        &receiver.url(),
        &["before_import_friends", "before_user_register"],
    );
    let server = serve(&place, &environment);
    let admin = server.admin_token();
    register(&server, &admin, &["alice", "bob"]);
    let command = "callbackBeforeImportFriendsCommand";
    let no =
        r#"{"actionCode":0,"nextCode":1,"errCode":5001,"errMsg":"NotToday","errDlt":"ask again"}"#;
    receiver.answer(command, Reply::json(no));
    assert_eq!(
        make_friends(&server, &admin),
        json!({"errCode": 5001, "errMsg": "NotToday", "errDlt": "ask again"})
    );
    receiver.answer(command, Reply::json(r#"{"actionCode":0,"nextCode":1}"#));
    assert_eq!(
        make_friends(&server, &admin)["errCode"],
        80000,
        "0 would be success"
    );
    receiver.answer(command, Reply::go());
    assert_eq!(make_friends(&server, &admin)["errCode"], 0);
    let posted = &receiver.wait_for(command, 3)[0];
    assert_eq!(posted.headers["operationid"], "test");

    let log = server.call(
        "/webhooks/get_deliveries",
        &admin,
        &json!({"outcome": "refused"}),
    );
    assert_eq!(log["deliveries"].as_array().map(Vec::len), Some(2), "{log}");
    assert_eq!(log["deliveries"][1]["detail"], "5001 NotToday");
    assert_eq!(log["deliveries"][1]["operationID"], "test");
    let replayed = server.call("/webhooks/replay", &admin, &json!({}));
    assert_eq!(replayed, json!({"replayed": 0}));
    let body = json!({"userID": "alice", "platformID": 1});
    let alice = server.call("/auth/get_user_token", &admin, &body);
    let alice = alice["token"].as_str().expect("a token");
    let log = server.answer("/webhooks/get_deliveries", alice, &json!({}));
    assert_eq!(log["errCode"], 1002, "for administrators");
    server.stop();
}

#[test]
fn what_a_hook_changes_is_what_clients_see() {
    let (place, receiver) = (Place::new(), Receiver::start());
    let names = [
        "before_msg_modify",
        "before_create_group",
        "before_set_friend_remark",
    ];
    let server = serve(&place, &hooks(&receiver.url(), &names));
    let admin = server.admin_token();
    register(&server, &admin, &["alice", "bob"]);
    receiver.answer(
        "callbackBeforeMsgModifyCommand",
        Reply::json(r#"{"actionCode":0,"nextCode":0,"content":"{\"content\":\"***\"}"}"#),
    );
    server.call("/msg/send_msg", &admin, &text("alice", "bob", "damn"));
    let found = server.call(
        "/msg/search_msg",
        &admin,
        &json!({"sendID": "alice", "recvID": "bob", "pagination": {"pageNumber": 1, "showNumber": 10}}),
    );
    let shown = found.to_string();
    assert!(shown.contains("***") && !shown.contains("damn"), "{shown}");

    receiver.answer(
        "callbackBeforeCreateGroupCommand",
        Reply::json(r#"{"actionCode":0,"nextCode":0,"groupName":"Better","groupID":"g77"}"#),
    );
    let made = server.call(
        "/group/create_group",
        &admin,
        &json!({"ownerUserID": "alice", "memberUserIDs": ["bob"], "groupInfo": {"groupName": "G", "groupType": 2}}),
    );
    assert_eq!(made["groupInfo"]["groupName"], "Better");
    assert_eq!(made["groupInfo"]["groupID"], "g77");

    make_friends(&server, &admin);
    receiver.answer(
        "callbackBeforeSetFriendRemarkCommand",
        Reply::json(r#"{"actionCode":0,"nextCode":0,"remark":"Robert"}"#),
    );
    server.call(
        "/friend/set_friend_remark",
        &admin,
        &json!({"ownerUserID": "alice", "friendUserID": "bob", "remark": "Bobby"}),
    );
    let friends = server.call(
        "/friend/get_designated_friends",
        &admin,
        &json!({"ownerUserID": "alice", "friendUserIDs": ["bob"]}),
    );
    assert_eq!(friends["friendsInfo"][0]["remark"], "Robert", "{friends}");
    server.stop();
}

#[test]
fn a_hook_that_cannot_be_asked_refuses_only_if_it_is_told_to() {
    let place = Place::new();
    let url = format!("http://127.0.0.1:{}", Receiver::free_port());
    let mut environment = hooks(&url, &["before_import_friends"]);
    let server = serve(&place, &environment);
    let admin = server.admin_token();
    register(&server, &admin, &["alice", "bob"]);
    assert_eq!(
        make_friends(&server, &admin)["errCode"],
        0,
        "failed_continue is the default"
    );
    server.stop();

    let strict = "SWITCHBOARD__WEBHOOKS__BEFORE_IMPORT_FRIENDS__FAILED_CONTINUE";
    environment.push((strict.to_owned(), "false".to_owned()));
    let server = serve(&place, &environment);
    let admin = server.admin_token();
    let refused = make_friends(&server, &admin);
    assert_eq!(
        (&refused["errCode"], &refused["errMsg"]),
        (&json!(90004), &json!("NetworkError"))
    );
    server.stop();
}

#[test]
fn nothing_is_lost_while_the_application_is_away_and_over_a_restart() {
    const COMMAND: &str = "callbackAfterSendSingleMsgCommand";
    let place = Place::new();
    let port = Receiver::free_port();
    let environment = hooks(
        &format!("http://127.0.0.1:{port}/hooks"),
        &[
            "after_send_single_msg",
            "after_user_register",
            "after_user_online",
        ],
    );
    let server = serve(&place, &environment);
    let admin = server.admin_token();
    register(&server, &admin, &["alice", "bob"]);
    for n in 0..30 {
        server.call(
            "/msg/send_msg",
            &admin,
            &text("alice", "bob", &format!("before {n}")),
        );
    }
    server.stop();
    let server = serve(&place, &environment);
    let admin = server.admin_token();
    for n in 0..30 {
        server.call(
            "/msg/send_msg",
            &admin,
            &text("alice", "bob", &format!("after {n}")),
        );
    }
    let receiver = Receiver::start_at(port);
    let posted = receiver.wait_for(COMMAND, 60);
    let mut said: Vec<String> = Vec::new();
    for one in posted {
        let body: Value = serde_json::from_str(&one.body).expect("JSON");
        let content = body["content"].as_str().expect("text").to_owned();
        // At least once: the same may come again, but nothing comes late.
        if !said.contains(&content) {
            said.push(content);
        }
    }
    let expected: Vec<_> = (0..30)
        .map(|n| format!("before {n}"))
        .chain((0..30).map(|n| format!("after {n}")))
        .collect();
    let said: Vec<_> = said
        .iter()
        .map(|content| {
            let content: Value = serde_json::from_str(content).expect("JSON");
            content["content"].as_str().expect("text").to_owned()
        })
        .collect();
    assert_eq!(said, expected);
    let registered = receiver.wait_for("callbackAfterUserRegisterCommand", 1);
    assert!(registered[0].body.contains(r#""userID":"alice""#));
    server.stop();
}

#[test]
fn a_wrong_configuration_is_said_at_the_start() {
    let place = Place::new();
    let cases = [
        (
            "WEBHOOKS__AFTER_REVOKE_MSG__ENABLE",
            "true",
            "webhooks.url must begin with http",
        ),
        (
            "WEBHOOKS__BEFORE_SEND_SINGLE_MSG__ALLOWED_TYPES",
            "x",
            "is not a number or a range",
        ),
        (
            "WEBHOOKS__BEFORE_SEND_SINGEL_MSG__ENABLE",
            "true",
            "BEFORE_SEND_SINGLE_MSG__ENABLE?",
        ),
        (
            "WEBHOOKS__AFTER_REVOKE_MSG__FAILED_CONTINUE",
            "true",
            "unknown key",
        ),
        (
            "WEBHOOKS__BEFORE_ADD_FRIEND__TIMEOUT_SECONDS",
            "16",
            "from 1 to 15",
        ),
    ];
    for (name, value, message) in cases {
        let said = place.refused(&[(&format!("SWITCHBOARD__{name}"), value)]);
        assert!(said.error.contains(message), "{name}: {}", said.error);
    }
}
