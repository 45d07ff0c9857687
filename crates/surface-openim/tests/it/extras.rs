//! Edits, reactions, pinned messages, readers, deliveries and retention: what the routes answer, and what devices are
//! told. The device here is strict, as OpenIM's native ones are: a text frame ends the test.

use prost::Message as _;
use serde_json::{Value, json};
use wire::openim::ids;
use wire::openim::proto::{
    GetMaxSeqReq, GetMaxSeqResp, MsgData, PullMessageBySeqsReq, PullMessageBySeqsResp, SeqRange,
};

use crate::device::{Device, detail, group_message};
use crate::harness::Server;

const CHAT: &str = "si_alice_bob";

/// Alice has said "hello" to Bob, and both know it.
async fn two() -> (Server, Device, Device, String, String) {
    let server = Server::start().await;
    server.register(&["alice", "bob", "eve"]).await;
    let (alice_token, bob_token) = (server.token("alice", 7).await, server.token("bob", 2).await);
    let mut alice = Device::dial(&server, "alice", &alice_token, 7, crate::device::GZIP).await;
    let mut bob = Device::dial(&server, "bob", &bob_token, 2, crate::device::PLAIN).await;
    alice.said("bob", "hello", "hello").await;
    for device in [&mut alice, &mut bob] {
        assert_eq!(device.pushed().await.1.client_msg_id, "hello");
    }
    (server, alice, bob, alice_token, bob_token)
}

/// The next push: a notice that is kept, with its place in the log of notices.
async fn kept(device: &mut Device, content_type: i32) -> (String, i64, Value) {
    let (conversation, notice) = device.pushed().await;
    assert_eq!(notice.content_type, content_type, "{notice:?}");
    assert_eq!((notice.msg_from, notice.status), (200, 2));
    // Nothing that a device would show, count or push.
    for option in [
        "unreadCount",
        "conversationUpdate",
        "offlinePush",
        "isNotNotification",
    ] {
        assert_eq!(notice.options.get(option), Some(&false), "{option}");
    }
    (conversation, notice.seq, detail(&notice))
}

async fn pull(device: &mut Device, conversation: &str) -> Vec<MsgData> {
    let request = PullMessageBySeqsReq {
        user_id: device.user.clone(),
        seq_ranges: vec![SeqRange {
            conversation_id: conversation.to_owned(),
            begin: 1,
            end: 100,
            num: 100,
        }],
        order: 0,
    };
    let response = device
        .ask(ids::PULL_MSG_BY_RANGE, &request.encode_to_vec())
        .await;
    let pulled = PullMessageBySeqsResp::decode(response.data).unwrap();
    pulled
        .msgs
        .into_iter()
        .chain(pulled.notification_msgs)
        .flat_map(|(_, pulled)| pulled.msgs)
        .collect()
}

#[tokio::test]
async fn devices_learn_of_an_edit_and_read_the_new_words() {
    let (server, mut alice, mut bob, alice_token, bob_token) = two().await;
    let body = |text: &str| json!({"userID": "alice", "conversationID": CHAT, "seq": 1, "content": {"content": text}, "ex": "e"});
    server.clock.advance(7);
    server
        .ok("/msg/edit_msg", &alice_token, body("goodbye"))
        .await;
    let now = server.domain.now();
    for device in [&mut alice, &mut bob] {
        let (conversation, seq, detail) = kept(device, 1641).await;
        assert_eq!((conversation.as_str(), seq), ("n_alice_bob", 1));
        let expected = json!({
            "userID": "alice", "conversationID": CHAT, "seq": 1, "clientMsgID": "hello", "editTime": now
        });
        assert_eq!(detail, expected);
    }
    let messages = pull(&mut bob, CHAT).await;
    assert_eq!(&messages[0].content[..], br#"{"content":"goodbye"}"#);
    assert_eq!(
        (
            messages[0].ex.as_str(),
            messages[0].attached_info.as_str(),
            messages[0].content_type
        ),
        ("e", "null", 101)
    );

    // The element may also come as text.
    let mut as_text = body("");
    as_text["content"] = json!(r#"{"content":"goodbye!"}"#);
    server.ok("/msg/edit_msg", &alice_token, as_text).await;
    kept(&mut bob, 1641).await;
    let asked = json!({"userID": "alice", "conversationID": CHAT, "seqs": [1]});
    let edits = server.ok("/msg/get_edits", &alice_token, asked).await;
    let expected = json!({"messages": [{"seq": 1, "editedAt": now, "edits": [
        {"userID": "alice", "editTime": now, "content": r#"{"content":"hello"}"#, "ex": ""},
        {"userID": "alice", "editTime": now, "content": r#"{"content":"goodbye"}"#, "ex": "e"}
    ]}]});
    assert_eq!(edits, expected);
    let asked = json!({"userID": "bob", "conversationID": CHAT, "seqs": [1]});
    let edits = server.ok("/msg/get_edits", &bob_token, asked).await;
    assert_eq!(
        edits,
        json!({"messages": [{"seq": 1, "editedAt": now, "edits": []}]})
    );

    for (change, code) in [
        (json!({"content": {"text": "x"}}), 1001),
        (json!({"content": 5}), 1001),
        (json!({"seq": 9}), 1004),
        (json!({"seq": 0}), 1001),
        (json!({"conversationID": "si_alice_eve"}), 1004),
        (json!({"conversationID": "n_alice_bob"}), 1004),
        (json!({"userID": "bob"}), 1002),
    ] {
        let mut body = body("x");
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        assert_eq!(
            server.code("/msg/edit_msg", &alice_token, body).await,
            code,
            "{change}"
        );
    }
}

#[tokio::test]
async fn a_device_that_was_away_learns_what_happened_in_order() {
    let (server, mut alice, bob, alice_token, bob_token) = two().await;
    drop(bob);
    let of = |user: &str, more: Value| {
        let mut body = json!({"userID": user, "conversationID": CHAT, "seq": 1});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let edit = of("alice", json!({"content": {"content": "goodbye"}}));
    server.ok("/msg/edit_msg", &alice_token, edit).await;
    let react = of("bob", json!({"reaction": "👍", "on": true}));
    server.ok("/msg/set_reaction", &bob_token, react).await;
    server
        .ok("/msg/pin_msg", &bob_token, of("bob", json!({})))
        .await;
    for content_type in [1641, 1642, 1643] {
        kept(&mut alice, content_type).await;
    }

    let mut bob = Device::dial(&server, "bob", &bob_token, 2, crate::device::PLAIN).await;
    let asked = GetMaxSeqReq {
        user_id: "bob".into(),
    };
    let response = bob.ask(ids::GET_NEWEST_SEQ, &asked.encode_to_vec()).await;
    let newest = GetMaxSeqResp::decode(response.data).unwrap();
    assert_eq!(newest.max_seqs["n_alice_bob"], 3);
    let notices = pull(&mut bob, "n_alice_bob").await;
    let types: Vec<_> = notices
        .iter()
        .map(|one| (one.seq, one.content_type))
        .collect();
    assert_eq!(types, [(1, 1641), (2, 1642), (3, 1643)]);
    assert_eq!(detail(&notices[1])["reaction"], "👍");
    assert_eq!(detail(&notices[2])["isPinned"], true);
}

#[tokio::test]
async fn reactions_are_set_counted_and_taken_away() {
    let (server, mut alice, mut bob, alice_token, bob_token) = two().await;
    let body = |user: &str, reaction: &str, on: bool| json!({"userID": user, "conversationID": CHAT, "seq": 1, "reaction": reaction, "on": on});
    server
        .ok("/msg/set_reaction", &bob_token, body("bob", "👍", true))
        .await;
    let (conversation, _, detail) = kept(&mut alice, 1642).await;
    assert_eq!(conversation, "n_alice_bob");
    let expected = json!({
        "userID": "bob", "conversationID": CHAT, "seq": 1, "clientMsgID": "hello", "reaction": "👍", "line": 0,
        "on": true, "count": 1, "operateTime": server.domain.now()
    });
    assert_eq!(detail, expected);
    kept(&mut bob, 1642).await;
    server
        .ok("/msg/set_reaction", &alice_token, body("alice", "👍", true))
        .await;
    server
        .ok("/msg/set_reaction", &alice_token, body("alice", "❤", true))
        .await;
    let asked = json!({"userID": "bob", "conversationID": CHAT, "seqs": [1, 2]});
    let found = server
        .ok("/msg/get_reactions", &bob_token, asked.clone())
        .await;
    let heart =
        json!({"reaction": "❤", "line": 0, "count": 1, "isMine": false, "userIDs": ["alice"]});
    let thumb = json!({"reaction": "👍", "line": 0, "count": 2, "isMine": true, "userIDs": ["alice", "bob"]});
    let reactions = found["messages"][0]["reactions"].as_array().unwrap();
    assert!(
        reactions.len() == 2 && reactions.contains(&heart) && reactions.contains(&thumb),
        "{found}"
    );
    server
        .ok("/msg/set_reaction", &alice_token, body("alice", "❤", false))
        .await;
    let found = server.ok("/msg/get_reactions", &bob_token, asked).await;
    assert_eq!(
        found,
        json!({"messages": [{"seq": 1, "reactions": [thumb]}]})
    );
    assert_eq!(
        server
            .code("/msg/set_reaction", &bob_token, body("bob", "", true))
            .await,
        1001
    );
    let long = body("bob", &"x".repeat(65), true);
    assert_eq!(
        server.code("/msg/set_reaction", &bob_token, long).await,
        1001
    );
}

#[tokio::test]
async fn a_group_pins_reads_and_receives() {
    let server = Server::start().await;
    server.register(&["alice", "bob", "carol"]).await;
    let (alice, bob) = (server.token("alice", 1).await, server.token("bob", 1).await);
    let create = json!({
        "ownerUserID": "alice", "memberUserIDs": ["bob", "carol"],
        "groupInfo": {"groupID": "77", "groupName": "g", "groupType": 2}
    });
    server.ok("/group/create_group", &alice, create).await;
    let mut device = Device::dial(&server, "bob", &bob, 1, crate::device::GZIP).await;
    let mut speaker = Device::login(&server, "carol", 7).await;
    let message = group_message("carol", "77", "c1", "read this").encode_to_vec();
    assert_eq!(speaker.ask(ids::SEND_MSG, &message).await.err_code, 0);
    let (_, pushed) = device.pushed().await;
    let seq = pushed.seq;
    let of = |user: &str| json!({"userID": user, "conversationID": "sg_77", "seq": seq});

    assert_eq!(server.code("/msg/pin_msg", &bob, of("bob")).await, 1002);
    server.ok("/msg/pin_msg", &alice, of("alice")).await;
    let (conversation, _, told) = kept(&mut device, 1643).await;
    assert_eq!(
        (conversation.as_str(), &told["isPinned"]),
        ("n_77", &json!(true))
    );
    let pinned = server.ok("/msg/get_pinned_msgs", &bob, of("bob")).await;
    let first = &pinned["pinnedMsgs"][0];
    assert_eq!(
        (&first["userID"], &first["chatLog"]["seq"]),
        (&json!("alice"), &json!(seq))
    );
    assert_eq!(first["chatLog"]["content"], r#"{"content":"read this"}"#);
    server.ok("/msg/unpin_msg", &alice, of("alice")).await;
    let pinned = server.ok("/msg/get_pinned_msgs", &bob, of("bob")).await;
    assert_eq!(pinned, json!({"pinnedMsgs": []}));

    // Bob's device has it; then he reads it.
    let states = |answer: &Value| {
        let state = |one: &Value| {
            (
                one["userID"].as_str().unwrap().to_owned(),
                one["deliveredSeq"].as_i64(),
                one["hasReadSeq"].as_i64(),
            )
        };
        let mut states: Vec<_> = answer["states"]
            .as_array()
            .unwrap()
            .iter()
            .map(state)
            .collect();
        states.sort();
        states
    };
    let (of_bob, of_carol) = (
        ("bob".to_owned(), Some(seq), Some(1)),
        ("carol".to_owned(), Some(seq), Some(seq)),
    );
    let found = server
        .ok("/msg/get_delivery_states", &alice, of("alice"))
        .await;
    assert_eq!(states(&found)[1].1, of_bob.1, "{found}");
    assert_eq!(states(&found)[2], of_carol);
    assert!(server.domain.flush_deliveries().await.unwrap() >= 1);
    let found = server
        .ok("/msg/get_delivery_states", &alice, of("alice"))
        .await;
    assert_eq!(states(&found)[1].1, of_bob.1, "{found}");

    let mut asked = of("alice");
    asked["pagination"] = json!({"pageNumber": 1, "showNumber": 10});
    let readers = server
        .ok("/msg/get_group_msg_readers", &alice, asked.clone())
        .await;
    assert_eq!(
        (&readers["readCount"], &readers["unreadCount"]),
        (&json!(0), &json!(2))
    );
    let read = json!({"userID": "bob", "conversationID": "sg_77", "hasReadSeq": seq});
    server
        .ok("/msg/mark_conversation_as_read", &bob, read)
        .await;
    let readers = server
        .ok("/msg/get_group_msg_readers", &alice, asked.clone())
        .await;
    let expected = json!({
        "readCount": 1, "unreadCount": 1, "readUserIDs": ["bob"], "unreadUserIDs": ["alice"]
    });
    assert_eq!(readers, expected);
    asked["seq"] = json!(99);
    assert_eq!(
        server
            .code("/msg/get_group_msg_readers", &alice, asked)
            .await,
        1004
    );
}

#[tokio::test]
async fn an_administrator_says_how_long_a_chat_is_kept() {
    let (server, _alice, mut bob, alice_token, _) = two().await;
    let body = |seconds: i64| json!({"conversationIDs": [CHAT], "seconds": seconds});
    assert_eq!(
        server
            .code("/conversation/set_retention", &alice_token, body(60))
            .await,
        1002
    );
    for wrong in [
        body(-2),
        json!({"conversationIDs": [CHAT]}),
        json!({"conversationIDs": [], "seconds": 5}),
    ] {
        assert_eq!(
            server.as_admin("/conversation/set_retention", wrong).await["errCode"],
            1001
        );
    }
    let unknown = json!({"conversationIDs": ["si_alice_eve"], "seconds": 5});
    assert_eq!(
        server
            .as_admin("/conversation/set_retention", unknown)
            .await["errCode"],
        1004
    );
    assert_eq!(
        server
            .as_admin("/conversation/set_retention", body(60))
            .await["errCode"],
        0
    );
    assert_eq!(pull(&mut bob, CHAT).await.len(), 1);
    server.clock.advance(60_001);
    server.domain.schedule_housekeeping().await.unwrap();
    assert_eq!(server.domain.run_due_jobs().await.unwrap().failed, 0);
    assert_eq!(pull(&mut bob, CHAT).await.len(), 0);
}

#[tokio::test]
async fn a_device_is_told_that_its_old_messages_were_cleared() {
    let (server, _alice, mut bob, _, bob_token) = two().await;
    let set = json!({"userIDs": ["bob"], "conversation": {
        "conversationType": 1, "userID": "alice", "isMsgDestruct": true, "msgDestructTime": 300
    }});
    server
        .ok("/conversation/set_conversations", &bob_token, set)
        .await;
    bob.noticed(1300).await;
    server.clock.advance(300_001);
    server.domain.schedule_housekeeping().await.unwrap();
    assert_eq!(server.domain.run_due_jobs().await.unwrap().failed, 0);
    let (_, told) = bob.noticed(1300).await;
    assert_eq!(told["conversationIDList"], json!([CHAT]));
    let asked = json!({"ownerUserID": "bob", "conversationID": CHAT});
    let found = server
        .ok("/conversation/get_conversation", &bob_token, asked)
        .await;
    let conversation = &found["conversation"];
    assert_eq!(conversation["latestMsgDestructTime"], server.domain.now());
    assert_eq!(
        (&conversation["minSeq"], &conversation["isMsgDestruct"]),
        (&json!(2), &json!(true))
    );
    assert_eq!(pull(&mut bob, CHAT).await.len(), 0);
}
