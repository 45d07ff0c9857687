//! Friends and blocks: what the routes answer, what devices are told, and what a list's increments say.

use serde_json::{Value, json};
use testkit::BEGIN;

use crate::device::{Device, detail};
use crate::harness::Server;

struct Two {
    server: Server,
    alice: String,
    bob: String,
}

impl Two {
    async fn start() -> Self {
        let server = Server::start().await;
        server.register(&["alice", "bob", "carol"]).await;
        Self {
            alice: server.token("alice", 7).await,
            bob: server.token("bob", 7).await,
            server,
        }
    }

    async fn devices(&self) -> (Device, Device) {
        let dial = |user, token| Device::dial(&self.server, user, token, 7, crate::device::GZIP);
        (
            dial("alice", &self.alice).await,
            dial("bob", &self.bob).await,
        )
    }

    async fn befriended() -> Self {
        let two = Self::start().await;
        let pair = json!({"ownerUserID": "alice", "friendUserIDs": ["bob"]});
        let answer = two.server.as_admin("/friend/import_friend", pair).await;
        assert_eq!(answer["errCode"], 0, "{answer}");
        two
    }

    async fn changes(&self, token: &str, user: &str, known: &Value) -> Value {
        let ask =
            json!({"userID": user, "versionID": known["versionID"], "version": known["version"]});
        self.server
            .ok("/friend/get_incremental_friends", token, ask)
            .await
    }
}

fn pair(from: &str, to: &str) -> Value {
    json!({"fromUserID": from, "toUserID": to})
}

fn request(handle_result: i32, more: &Value) -> Value {
    let mut record = json!({
        "fromUserID": "alice", "fromNickname": "alice", "fromFaceURL": "",
        "toUserID": "bob", "toNickname": "bob", "toFaceURL": "",
        "handleResult": handle_result, "reqMsg": "hi bob", "createTime": BEGIN,
        "handlerUserID": "", "handleMsg": "", "handleTime": 0, "ex": "e"
    });
    record
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    record
}

#[tokio::test]
async fn a_request_reaches_both_and_an_answer_makes_friends_who_can_read_so_in_their_chat() {
    let two = Two::start().await;
    let (mut alice, mut bob) = two.devices().await;
    let asks = json!({"fromUserID": "alice", "toUserID": "bob", "reqMsg": "hi bob", "ex": "e"});
    two.server.ok("/friend/add_friend", &two.alice, asks).await;
    let expected = json!({"fromToUserID": pair("alice", "bob"), "request": request(0, &json!({}))});
    for device in [&mut alice, &mut bob] {
        let (conversation, told) = device.noticed(1203).await;
        assert_eq!(conversation, "n_alice_bob");
        assert_eq!(told, expected);
    }

    let page = json!({"userID": "bob", "pagination": {"pageNumber": 1, "showNumber": 10}});
    let received = two
        .server
        .ok("/friend/get_friend_apply_list", &two.bob, page.clone())
        .await;
    assert_eq!(
        received,
        json!({"FriendRequests": [request(0, &json!({}))], "total": 1})
    );
    let unhandled = two
        .server
        .ok(
            "/friend/get_self_unhandled_apply_count",
            &two.bob,
            json!({"userID": "bob", "time": BEGIN}),
        )
        .await;
    assert_eq!(unhandled, json!({"count": 1}));

    two.server.clock.advance(5);
    let says_yes =
        json!({"fromUserID": "alice", "toUserID": "bob", "handleResult": 1, "handleMsg": "ok"});
    two.server
        .ok("/friend/add_friend_response", &two.bob, says_yes)
        .await;
    let answered = request(
        1,
        &json!({"handlerUserID": "bob", "handleMsg": "ok", "handleTime": BEGIN + 5}),
    );
    let expected = json!({
        "fromToUserID": pair("alice", "bob"), "handleMsg": "ok", "friendVersion": 0, "friendVersionID": "",
        "request": answered
    });
    for device in [&mut alice, &mut bob] {
        let (conversation, copy) = device.pushed().await;
        assert_eq!(
            (
                conversation.as_str(),
                copy.content_type,
                copy.seq,
                copy.session_type
            ),
            ("si_alice_bob", 1201, 1, 1)
        );
        assert_eq!(
            (copy.send_id.as_str(), copy.recv_id.as_str()),
            ("bob", "alice")
        );
        assert_eq!(detail(&copy), expected);
        assert!(
            copy.options.is_empty(),
            "counted and pushed like what people write: {:?}",
            copy.options
        );
        let (conversation, told) = device.noticed(1201).await;
        assert_eq!((conversation.as_str(), &told), ("n_alice_bob", &expected));
    }
    let list = two
        .server
        .ok("/friend/get_friend_list", &two.bob, page)
        .await;
    assert_eq!(
        list,
        json!({"total": 1, "friendsInfo": [{
            "ownerUserID": "bob", "remark": "", "createTime": BEGIN + 5, "addSource": 2, "operatorUserID": "bob",
            "ex": "", "isPinned": false,
            "friendUser": {
                "userID": "alice", "nickname": "alice", "faceURL": "", "ex": "", "createTime": BEGIN,
                "appMangerLevel": 1, "globalRecvMsgOpt": 0
            }
        }]})
    );
}

#[tokio::test]
async fn a_rejected_request_makes_nobody_friends_and_is_answered_once() {
    let two = Two::start().await;
    let (mut alice, _bob) = two.devices().await;
    let asks = json!({"fromUserID": "alice", "toUserID": "bob", "reqMsg": "hi bob", "ex": "e"});
    two.server.ok("/friend/add_friend", &two.alice, asks).await;
    alice.noticed(1203).await;
    let answer = |result: i32| json!({"fromUserID": "alice", "toUserID": "bob", "handleResult": result, "handleMsg": "no"});
    let respond = "/friend/add_friend_response";
    assert_eq!(two.server.code(respond, &two.bob, answer(0)).await, 1001);
    assert_eq!(two.server.code(respond, &two.alice, answer(1)).await, 1002);
    two.server.ok(respond, &two.bob, answer(-1)).await;
    let (_, told) = alice.noticed(1202).await;
    let handled = json!({"handlerUserID": "bob", "handleMsg": "no", "handleTime": BEGIN});
    assert_eq!(
        told,
        json!({"fromToUserID": pair("alice", "bob"), "handleMsg": "no", "request": request(-1, &handled)})
    );
    assert_eq!(two.server.code(respond, &two.bob, answer(1)).await, 1001);
    assert_eq!(two.server.code(respond, &two.bob, answer(-1)).await, 1305);
    let unasked = json!({"fromUserID": "carol", "toUserID": "bob", "handleResult": 1});
    assert_eq!(two.server.code(respond, &two.bob, unasked).await, 1004);
    for (results, total) in [
        (json!(null), 1),
        (json!([]), 1),
        (json!([-1]), 1),
        (json!([0, 1]), 0),
    ] {
        let ask = json!({
            "userID": "alice", "pagination": {"pageNumber": 1, "showNumber": 10}, "handleResults": results
        });
        let sent = two
            .server
            .ok("/friend/get_self_friend_apply_list", &two.alice, ask)
            .await;
        assert_eq!(sent["total"], total, "{results}");
        assert_eq!(
            sent["friendRequests"].as_array().unwrap().len(),
            total as usize
        );
    }
    let friends = json!({"userID1": "alice", "userID2": "bob"});
    assert_eq!(
        two.server.ok("/friend/is_friend", &two.bob, friends).await,
        json!({"inUser1Friends": false, "inUser2Friends": false})
    );
}

#[tokio::test]
async fn a_friendship_that_cannot_be_is_refused_by_code() {
    let two = Two::befriended().await;
    for (from, to, code) in [
        ("alice", "alice", 1301),
        ("alice", "nobody", 1004),
        ("alice", "bob", 1304),
        ("alice", "", 1001),
        ("bob", "alice", 1002),
    ] {
        assert_eq!(
            two.server
                .code("/friend/add_friend", &two.alice, pair(from, to))
                .await,
            code,
            "{from} {to}"
        );
    }
    for (path, body, code) in [
        (
            "/friend/delete_friend",
            json!({"ownerUserID": "alice", "friendUserID": "carol"}),
            1004,
        ),
        (
            "/friend/update_friends",
            json!({"ownerUserID": "alice", "friendUserIDs": ["bob", "carol"], "remark": "r"}),
            1004,
        ),
        (
            "/friend/update_friends",
            json!({"ownerUserID": "alice", "friendUserIDs": ["bob", "bob"], "remark": "r"}),
            1001,
        ),
        (
            "/friend/set_friend_remark",
            json!({"ownerUserID": "alice", "friendUserID": "carol", "remark": "r"}),
            1004,
        ),
        (
            "/friend/get_designated_friends",
            json!({"ownerUserID": "alice", "friendUserIDs": ["bob", "bob"]}),
            1001,
        ),
        ("/friend/get_friend_list", json!({"userID": "alice"}), 1001),
    ] {
        assert_eq!(
            two.server.code(path, &two.alice, body).await,
            code,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_list_of_friends_is_followed_by_its_increments() {
    let two = Two::befriended().await;
    let (mut alice, mut bob) = two.devices().await;
    let unknown = json!({"versionID": "", "version": 0});
    let start = two.changes(&two.alice, "alice", &unknown).await;
    assert_eq!(
        (&start["full"], start["versionID"].as_str().unwrap().len()),
        (&json!(true), 24)
    );
    let same = two.changes(&two.alice, "alice", &start).await;
    assert_eq!(
        same,
        json!({
            "version": start["version"], "versionID": start["versionID"], "full": false, "delete": [], "insert": [],
            "update": [], "sortVersion": 0
        })
    );

    let pin = json!({"ownerUserID": "alice", "friendUserIDs": ["bob"], "isPinned": true, "remark": "Bobby"});
    two.server
        .ok("/friend/update_friends", &two.alice, pin)
        .await;
    let (_, told) = alice.noticed(1210).await;
    assert_eq!(
        told,
        json!({
            "fromToUserID": pair("alice", "alice"), "friendIDs": ["bob"], "friendVersion": 0, "friendVersionID": ""
        })
    );
    let pinned = two.changes(&two.alice, "alice", &start).await;
    let updated = &pinned["update"][0];
    assert_eq!(
        (&updated["remark"], &updated["isPinned"]),
        (&json!("Bobby"), &json!(true))
    );
    assert_eq!(updated["friendUser"]["userID"], "bob");
    assert_eq!(pinned["sortVersion"], pinned["version"]);

    let gone = json!({"ownerUserID": "alice", "friendUserID": "bob"});
    two.server
        .ok("/friend/delete_friend", &two.alice, gone)
        .await;
    let (_, told) = alice.noticed(1205).await;
    assert_eq!(told["fromToUserID"], pair("alice", "bob"));
    let deleted = two.changes(&two.alice, "alice", &pinned).await;
    assert_eq!(
        (&deleted["delete"], &deleted["sortVersion"]),
        (&json!(["bob"]), &json!(0))
    );
    let friends = json!({"userID1": "alice", "userID2": "bob"});
    assert_eq!(
        two.server
            .ok("/friend/is_friend", &two.alice, friends)
            .await,
        json!({"inUser1Friends": false, "inUser2Friends": true})
    );

    // Who was removed is not told: the next thing that bob hears is something else.
    bob.said("alice", "m1", "still there?").await;
    assert_eq!(bob.pushed().await.1.content_type, 101);
}

#[tokio::test]
async fn the_ids_of_a_list_come_in_its_order_and_are_left_out_for_who_has_them() {
    let two = Two::befriended().await;
    let more = json!({"ownerUserID": "alice", "friendUserIDs": ["carol"]});
    two.server.as_admin("/friend/import_friend", more).await;
    let pin = json!({"ownerUserID": "alice", "friendUserIDs": ["carol"], "isPinned": true});
    two.server
        .ok("/friend/update_friends", &two.alice, pin)
        .await;
    let path = "/friend/get_full_friend_user_ids";
    let ask = |hash: u64| json!({"userID": "alice", "idHash": hash});
    let full = two.server.ok(path, &two.alice, ask(0)).await;
    assert_eq!(
        (&full["equal"], &full["userIDs"]),
        (&json!(false), &json!(["carol", "bob"]))
    );
    // printf '["carol","bob"]' | md5sum
    let known = two
        .server
        .ok(path, &two.alice, ask(0x0102_0304_0506_0708))
        .await;
    assert_eq!(known["equal"], false);
    let known = two
        .server
        .ok(path, &two.alice, ask(0x2673_3134_b2e9_2604))
        .await;
    assert_eq!(
        (&known["equal"], &known["userIDs"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(known["version"], full["version"]);
}

#[tokio::test]
async fn who_is_blocked_cannot_write_until_the_block_is_taken_away() {
    let two = Two::start().await;
    let (mut alice, mut bob) = two.devices().await;
    alice.said("bob", "m1", "hello").await;
    assert_eq!(
        (alice.pushed().await.1.seq, bob.pushed().await.1.seq),
        (1, 1)
    );
    let block = json!({"ownerUserID": "bob", "blackUserID": "alice", "ex": "x"});
    for _ in 0..2 {
        two.server
            .ok("/friend/add_black", &two.bob, block.clone())
            .await;
    }
    let (_, told) = bob.noticed(1207).await;
    assert_eq!(told["fromToUserID"], pair("bob", "alice"));
    let page = json!({"userID": "bob", "pagination": {"pageNumber": 1, "showNumber": 200}});
    let list = two
        .server
        .ok("/friend/get_black_list", &two.bob, page)
        .await;
    assert_eq!(
        list,
        json!({"total": 1, "blacks": [{
            "ownerUserID": "bob", "createTime": BEGIN, "addSource": 0, "operatorUserID": "bob", "ex": "x",
            "blackUserInfo": {"userID": "alice", "nickname": "alice", "faceURL": "", "ex": ""}
        }]})
    );
    let refused = alice.say("bob", "m2", "hello?").await;
    assert_eq!(
        (refused.err_code, refused.err_msg.as_str()),
        (1302, "BlockedByPeer")
    );
    // The other way is open.
    bob.said("alice", "m3", "go away").await;
    assert_eq!(bob.pushed().await.1.content_type, 101);

    let asked = json!({"ownerUserID": "bob", "userIDList": ["alice", "carol"]});
    let infos = two
        .server
        .ok("/friend/get_specified_friends_info", &two.bob, asked)
        .await;
    assert_eq!(infos["infos"][0]["userInfo"]["userID"], "alice");
    assert_eq!(
        infos["infos"][0]["blackInfo"]["blackUserInfo"]["userID"],
        "alice"
    );
    assert_eq!(infos["infos"][0]["friendInfo"], json!(null));
    assert_eq!(infos["infos"][1]["blackInfo"], json!(null));

    let unblock = json!({"ownerUserID": "bob", "blackUserID": "alice"});
    two.server
        .ok("/friend/remove_black", &two.bob, unblock)
        .await;
    let (_, told) = bob.noticed(1208).await;
    assert_eq!(told["fromToUserID"], pair("bob", "alice"));
    alice.said("bob", "m4", "hello again").await;
    let unknown = json!({"userID": "bob", "versionID": "", "version": 0});
    let blocks = two
        .server
        .ok("/friend/get_incremental_blacks", &two.bob, unknown)
        .await;
    assert_eq!(blocks["full"], true);
}
