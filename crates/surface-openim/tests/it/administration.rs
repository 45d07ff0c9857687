//! What application servers and consoles ask beside sending: statistics, sorted lists, old messages removed, what became
//! of a send, and answers to webhooks.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::circle::{Circle, in_chat, new_group};
use crate::device::Device;
use crate::harness::Server;

const DAY: i64 = 24 * 60 * 60 * 1000;

async fn admin(server: &Server, path: &str, body: Value) -> Value {
    let answer = server.as_admin(path, body).await;
    assert_eq!(answer["errCode"], 0, "{path}: {answer}");
    answer["data"].clone()
}

#[tokio::test]
async fn statistics_count_people_groups_and_what_they_said() {
    let circle = Circle::start().await;
    // Yesterday and today; everybody has registered today.
    let begin = testkit::BEGIN - DAY;
    let yesterday = json!({
        "sendID": "alice", "recvID": "bob", "sessionType": 1, "contentType": 101, "content": {"content": "one"},
        "sendTime": begin
    });
    admin(&circle.server, "/msg/send_msg", yesterday).await;
    let (mut alice, mut bob) = (circle.device("alice").await, circle.device("bob").await);
    alice.said("bob", "m2", "two").await;
    bob.said("alice", "m3", "three").await;
    let rest = json!({
        "sendID": "carol", "groupID": "77", "sessionType": 3, "contentType": 101, "content": {"content": "x"}
    });
    admin(&circle.server, "/msg/send_msg", rest).await;
    let period = |more: Value| {
        let mut body = json!({
            "start": begin, "end": begin + 2 * DAY, "pagination": {"pageNumber": 1, "showNumber": 9}
        });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    let (first, second) = ("2027-01-14", "2027-01-15");
    let people = admin(
        &circle.server,
        "/statistics/user/register",
        period(json!({})),
    )
    .await;
    assert_eq!(
        people,
        json!({"total": 5, "before": 0, "count": {second: 5}})
    );
    let later = json!({"start": begin + DAY + 1, "end": begin + DAY + 2});
    let people = admin(&circle.server, "/statistics/user/register", later).await;
    assert_eq!(people, json!({"total": 5, "before": 5, "count": {}}));
    let groups = admin(
        &circle.server,
        "/statistics/group/create",
        period(json!({})),
    )
    .await;
    assert_eq!(
        groups,
        json!({"total": 1, "before": 0, "count": {second: 1}})
    );

    let active = admin(
        &circle.server,
        "/statistics/user/active",
        period(json!({"group": true})),
    )
    .await;
    assert_eq!(
        (
            &active["msgCount"],
            &active["userCount"],
            &active["dateCount"]
        ),
        (&json!(4), &json!(3), &json!({first: 1, second: 3}))
    );
    let named = |active: &Value, list: &str, at: &str| -> Vec<(String, i64)> {
        let list = active[list].as_array().unwrap().iter();
        list.map(|one| {
            let name = one.pointer(at).unwrap().as_str().unwrap().to_owned();
            (name, one["count"].as_i64().unwrap())
        })
        .collect()
    };
    let user = |name: &str, count| (name.to_owned(), count);
    assert_eq!(
        named(&active, "users", "/user/userID"),
        [user("alice", 2), user("bob", 1), user("carol", 1)]
    );
    let direct = admin(
        &circle.server,
        "/statistics/user/active",
        period(json!({"ase": true})),
    )
    .await;
    assert_eq!(
        named(&direct, "users", "/user/userID"),
        [user("bob", 1), user("alice", 2)]
    );
    let groups = admin(
        &circle.server,
        "/statistics/group/active",
        period(json!({})),
    )
    .await;
    assert_eq!(
        (
            &groups["msgCount"],
            &groups["groupCount"],
            &groups["dateCount"]
        ),
        (&json!(1), &json!(1), &json!({second: 1}))
    );
    assert_eq!(named(&groups, "groups", "/group/groupID"), [user("77", 1)]);
    for bad in [json!({"start": 0}), json!({"end": begin - 1})] {
        let answer = circle
            .server
            .as_admin("/statistics/user/register", period(bad))
            .await;
        assert_eq!(answer["errCode"], 1001);
    }
}

#[tokio::test]
async fn a_sorted_list_shows_pinned_chats_first_then_the_newest() {
    let circle = Circle::start().await;
    circle
        .ok(
            "alice",
            "/group/create_group",
            new_group("78", "alice", &[], &["bob"]),
        )
        .await;
    let mut alice = circle.device("alice").await;
    circle.server.clock.advance(10);
    alice.said("bob", "m1", "hello").await;
    let pin = json!({"userIDs": ["bob"], "conversation": {"conversationType": 3, "groupID": "77", "isPinned": true}});
    circle
        .ok("bob", "/conversation/set_conversations", pin)
        .await;
    let list = async |more: Value| {
        let mut ask = json!({"userID": "bob", "pagination": {"pageNumber": 1, "showNumber": 9}});
        ask.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        circle
            .ok("bob", "/conversation/get_sorted_conversation_list", ask)
            .await
    };
    let all = list(json!({})).await;
    let ids = |answer: &Value| -> Vec<String> {
        let elements = answer["conversationElems"].as_array().unwrap().iter();
        elements
            .map(|element| element["conversationID"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(&all), ["sg_77", "si_alice_bob", "sg_78"]);
    assert_eq!(
        (&all["conversationTotal"], &all["unreadTotal"]),
        (&json!(3), &json!(3))
    );
    let (group, chat) = (&all["conversationElems"][0], &all["conversationElems"][1]);
    assert_eq!(
        (&group["IsPinned"], &group["unreadCount"]),
        (&json!(true), &json!(1))
    );
    let info = &group["msgInfo"];
    assert_eq!(
        (
            &info["groupName"],
            &info["groupMemberCount"],
            &info["contentType"],
            &info["groupType"]
        ),
        (&json!("seven"), &json!(4), &json!(1501), &json!(2))
    );
    let info = &chat["msgInfo"];
    assert_eq!(
        (
            &info["senderName"],
            &info["content"],
            &info["LatestMsgRecvTime"]
        ),
        (
            &json!("alice"),
            &json!(r#"{"content":"hello"}"#),
            &json!(testkit::BEGIN + 10)
        )
    );
    let page = list(json!({"pagination": {"pageNumber": 2, "showNumber": 2}})).await;
    assert_eq!(ids(&page), ["sg_78"]);
    assert_eq!(page["unreadTotal"], 3);
    assert_eq!(
        ids(&list(json!({"conversationIDs": ["si_alice_bob"]})).await),
        ["si_alice_bob"]
    );
    let eve = json!({"userID": "eve", "pagination": {"pageNumber": 1, "showNumber": 9}});
    assert_eq!(
        circle
            .code("eve", "/conversation/get_sorted_conversation_list", eve)
            .await,
        1004
    );
}

#[tokio::test]
async fn what_is_older_than_a_time_is_removed_for_everybody() {
    let circle = Circle::without_group().await;
    let mut alice = circle.device("alice").await;
    for n in 1..=9 {
        alice.said("bob", &format!("m{n}"), "hello").await;
        circle.server.clock.advance(1000);
    }
    // The sixth was said five seconds after the beginning.
    let until = (testkit::BEGIN + 5000) / 1000;
    let body = json!({"conversationIDs": ["si_alice_bob"], "timestamp": until});
    for _ in 0..2 {
        admin(&circle.server, "/msg/delete_msg_physical", body.clone()).await;
    }
    let pull = json!({"userID": "bob", "seqRanges": [{"conversationID": "si_alice_bob", "begin": 1, "end": 9, "num": 9}]});
    let pulled = circle.ok("bob", "/msg/pull_msg_by_seq", pull).await;
    let seqs: Vec<_> = pulled["msgs"]["si_alice_bob"]["Msgs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["seq"].as_i64().unwrap())
        .collect();
    assert_eq!(seqs, [6, 7, 8, 9]);
    let unknown = json!({"conversationIDs": ["si_alice_eve"], "timestamp": until});
    assert_eq!(
        circle
            .server
            .as_admin("/msg/delete_msg_physical", unknown)
            .await["errCode"],
        1004
    );
}

#[tokio::test]
async fn a_send_can_be_asked_after_by_its_operation() {
    let circle = Circle::without_group().await;
    let status = async || {
        admin(&circle.server, "/msg/check_msg_is_send_success", json!({})).await["status"].clone()
    };
    assert_eq!(status().await, 0);
    let send = |to: &str| json!({"sendID": "alice", "recvID": to, "sessionType": 1, "contentType": 101, "content": {"content": "x"}});
    admin(&circle.server, "/msg/send_msg", send("bob")).await;
    assert_eq!(status().await, 2);
    assert_eq!(
        circle
            .server
            .as_admin("/msg/send_msg", send("nobody"))
            .await["errCode"],
        1004
    );
    assert_eq!(status().await, 3);
    let other = circle
        .ok("alice", "/msg/check_msg_is_send_success", json!({}))
        .await;
    assert_eq!(other["status"], 0, "of one's own sends only");
}

#[tokio::test]
async fn a_webhook_is_answered_in_the_chat_that_it_came_from() {
    let circle = Circle::start().await;
    let mut alice = circle.device("alice").await;
    let path = |key: Value| {
        let key = STANDARD.encode(key.to_string());
        let query: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("key", &key)
            .finish();
        format!("/msg/send_simple_msg?{query}")
    };
    let chat = path(json!({"sendID": "alice", "recvID": "bob"}));
    admin(&circle.server, &chat, json!({"content": "**yes**"})).await;
    let (conversation, heard) = alice.pushed().await;
    assert_eq!(
        (
            conversation.as_str(),
            heard.send_id.as_str(),
            heard.content_type
        ),
        ("si_alice_bob", "bob", 118)
    );
    assert_eq!(&heard.content[..], br#"{"content":"**yes**"}"#);
    let group = path(json!({"sendID": "alice", "groupID": "77"}));
    admin(
        &circle.server,
        &group,
        json!({"content": "all", "sendID": "carol"}),
    )
    .await;
    assert_eq!(in_chat(&mut alice, 118).await.0.send_id, "carol");
    for (path, body) in [
        (chat.as_str(), json!({"content": ""})),
        (group.as_str(), json!({"content": "x"})),
        ("/msg/send_simple_msg", json!({"content": "x"})),
    ] {
        assert_eq!(
            circle.server.as_admin(path, body).await["errCode"],
            1001,
            "{path}"
        );
    }
}

#[tokio::test]
async fn people_are_followed_over_rest_by_every_connection_of_the_user() {
    let circle = Circle::without_group().await;
    let mut alice = circle.device("alice").await;
    let ask = |genre: i32| json!({"userID": "alice", "userIDs": ["bob"], "genre": genre});
    let path = "/user/subscribe_users_status";
    let states = circle.ok("alice", path, ask(1)).await;
    assert_eq!(
        states,
        json!({"statusList": [{"userID": "bob", "status": 0, "platformIDs": []}]})
    );
    let bob = circle.device("bob").await;
    let told = alice.told().await.expect("a change of presence");
    assert_eq!(
        told.req_identifier,
        wire::openim::ids::SUB_USER_ONLINE_STATUS
    );
    let detail = admin(
        &circle.server,
        "/user/get_users_online_token_detail",
        json!({"userIDs": ["alice", "bob", "carol"]}),
    )
    .await;
    assert_eq!(detail.as_array().unwrap().len(), 2);
    assert_eq!(
        detail[1],
        json!({"userID": "bob", "status": 1, "singlePlatformToken": [{"platformID": 7, "total": 1, "token": []}]})
    );
    circle.ok("alice", path, ask(2)).await;
    assert_eq!(circle.code("alice", path, ask(3)).await, 1001);
    drop(bob);
    said_to_herself(&mut alice).await;
}

/// Nothing else was told before.
async fn said_to_herself(device: &mut Device) {
    device.said("alice", "m1", "note").await;
    assert_eq!(device.pushed().await.1.content_type, 101);
}

#[tokio::test]
async fn what_an_application_keeps_is_set_on_every_conversation_at_once() {
    let circle = Circle::start().await;
    let mut bob = circle.device("bob").await;
    bob.said("alice", "m1", "hello").await;
    bob.pushed().await;
    let path = "/conversation/update_conversations_by_user";
    circle
        .ok("bob", path, json!({"userID": "bob", "ex": null}))
        .await;
    circle
        .ok("bob", path, json!({"userID": "bob", "ex": "team a"}))
        .await;
    for _ in 0..2 {
        bob.noticed(1300).await;
    }
    let all = circle
        .ok(
            "bob",
            "/conversation/get_all_conversations",
            json!({"ownerUserID": "bob"}),
        )
        .await;
    let all = all["conversations"].as_array().unwrap();
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|one| one["ex"] == "team a"), "{all:?}");
    assert_eq!(circle.conversation("carol").await["ex"], "");
}

#[tokio::test]
async fn a_client_is_told_its_own_values_over_everybodys() {
    let circle = Circle::without_group().await;
    let set = "/user/set_user_client_config";
    let both = json!({"userID": "", "configs": {"theme": "dark", "calls": "off"}});
    admin(&circle.server, set, both).await;
    let own = json!({"userID": "alice", "configs": {"theme": "light", "calls": null}});
    admin(&circle.server, set, own).await;
    let read = async |user: &str| {
        circle
            .ok(
                user,
                "/user/get_user_client_config",
                json!({"userID": user}),
            )
            .await
    };
    let (dark, light) = (
        json!({"configs": {"theme": "dark", "calls": "off"}}),
        json!({"configs": {"theme": "light", "calls": "off"}}),
    );
    assert_eq!(
        (read("alice").await, read("bob").await),
        (light, dark.clone())
    );
    let page =
        json!({"userID": "", "key": "theme", "pagination": {"pageNumber": 1, "showNumber": 9}});
    let listed = admin(&circle.server, "/user/page_user_client_config", page).await;
    assert_eq!(
        listed,
        json!({"total": 2, "configs": [
            {"userID": "", "key": "theme", "value": "dark"}, {"userID": "alice", "key": "theme", "value": "light"}
        ]})
    );
    let gone = json!({"userID": "alice", "keys": ["theme"]});
    admin(&circle.server, "/user/del_user_client_config", gone).await;
    assert_eq!(read("alice").await, dark);
    for (body, code) in [
        (json!({"userID": "nobody", "configs": {"k": "v"}}), 1004),
        (json!({"userID": "alice", "configs": {}}), 1001),
        (json!({"userID": "alice", "configs": {"": "v"}}), 1001),
    ] {
        assert_eq!(circle.server.as_admin(set, body).await["errCode"], code);
    }
}
