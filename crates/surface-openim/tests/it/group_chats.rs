//! Chats of groups: who may speak, who hears it, and how a chat of a group is read and set.

use prost::Message as _;
use serde_json::{Value, json};
use wire::openim::ids;
use wire::openim::proto::UserSendMsgResp;
use wire::openim::rest::jssdk::{ConversationsResponse, GetActiveConversationsRequest};

use crate::circle::{Circle, in_chat, noticed};
use crate::device::{Device, group_message};

async fn speak(device: &mut Device, group: &str, client_msg_id: &str) -> (i32, String) {
    let user = device.user.clone();
    let message = group_message(&user, group, client_msg_id, "hello all");
    let answer = device.ask(ids::SEND_MSG, &message.encode_to_vec()).await;
    (answer.err_code, answer.err_msg)
}

#[tokio::test]
async fn what_a_member_says_every_member_hears_and_nobody_else() {
    let circle = Circle::start().await;
    let mut devices = Vec::new();
    for user in ["alice", "bob", "carol", "dave"] {
        devices.push(circle.device(user).await);
    }
    let mut eve = circle.device("eve").await;
    let message = group_message("alice", "77", "m1", "hello all");
    let answer = devices[0]
        .ask(ids::SEND_MSG, &message.encode_to_vec())
        .await;
    assert_eq!(answer.err_code, 0);
    let sent = UserSendMsgResp::decode(answer.data).unwrap();
    assert_eq!(sent.client_msg_id, "m1");
    for device in &mut devices {
        let (heard, _) = in_chat(device, 101).await;
        assert_eq!((heard.seq, heard.send_id.as_str()), (2, "alice"));
        assert_eq!(heard.server_msg_id, sent.server_msg_id);
    }
    eve.said("eve", "m1", "quiet here").await;
    assert_eq!(eve.pushed().await.0, "si_eve_eve");

    let body = json!({
        "sendID": "bob", "groupID": "77", "senderPlatformID": 5, "sessionType": 3, "contentType": 101,
        "content": {"content": "by rest"}
    });
    assert_eq!(
        circle.server.as_admin("/msg/send_msg", body).await["errCode"],
        0
    );
    let (heard, _) = in_chat(&mut devices[2], 101).await;
    assert_eq!(
        (heard.seq, heard.send_id.as_str(), heard.msg_from),
        (3, "bob", 200)
    );
    let pull = json!({"userID": "carol", "seqRanges": [{"conversationID": "sg_77", "begin": 2, "end": 3, "num": 9}]});
    let pulled = circle.ok("carol", "/msg/pull_msg_by_seq", pull).await;
    let pulled = &pulled["msgs"]["sg_77"]["Msgs"];
    for message in pulled.as_array().unwrap() {
        assert_eq!(
            (
                &message["sessionType"],
                &message["groupID"],
                &message["recvID"]
            ),
            (&json!(3), &json!("77"), &json!(""))
        );
    }
    let seqs = circle
        .ok(
            "carol",
            "/msg/get_conversations_has_read_and_max_seq",
            json!({"userID": "carol"}),
        )
        .await;
    assert_eq!(seqs["seqs"]["sg_77"]["maxSeq"], 3);
}

#[tokio::test]
async fn who_may_not_speak_is_told_why() {
    let circle = Circle::start().await;
    let mut bob = circle.device("bob").await;
    let mut eve = circle.device("eve").await;
    let mut dave = circle.device("dave").await;
    let refused = |code: i32, name: &str| (code, name.to_owned());
    assert_eq!(
        speak(&mut eve, "77", "m1").await,
        refused(1203, "NotInGroupYetError")
    );
    assert_eq!(
        speak(&mut bob, "78", "m1").await,
        refused(1004, "RecordNotFoundError")
    );
    assert_eq!(speak(&mut bob, "", "m1").await, refused(1001, "ArgsError"));

    let muted = json!({"groupID": "77", "userID": "bob", "mutedSeconds": 60});
    circle.ok("dave", "/group/mute_group_member", muted).await;
    assert_eq!(
        speak(&mut bob, "77", "m2").await,
        refused(1402, "MutedInGroup")
    );
    circle.server.clock.advance(61_000);
    assert_eq!(speak(&mut bob, "77", "m3").await.0, 0);

    circle
        .ok("dave", "/group/mute_group", json!({"groupID": "77"}))
        .await;
    assert_eq!(
        speak(&mut bob, "77", "m4").await,
        refused(1403, "MutedGroup")
    );
    assert_eq!(speak(&mut dave, "77", "m4").await.0, 0);
    circle
        .ok("dave", "/group/cancel_mute_group", json!({"groupID": "77"}))
        .await;
    assert_eq!(speak(&mut bob, "77", "m5").await.0, 0);

    let kick = json!({"groupID": "77", "kickedUserIDs": ["bob"]});
    circle.ok("dave", "/group/kick_group", kick).await;
    assert_eq!(speak(&mut bob, "77", "m6").await.0, 1203);
    circle
        .ok("alice", "/group/dismiss_group", json!({"groupID": "77"}))
        .await;
    assert_eq!(
        speak(&mut dave, "77", "m7").await,
        refused(1204, "DismissedAlreadyError")
    );
    let rest = json!({
        "sendID": "dave", "groupID": "77", "sessionType": 3, "contentType": 101, "content": {"content": "x"}
    });
    let answer = circle.server.as_admin("/msg/send_msg", rest).await;
    assert_eq!(answer["errCode"], 1204);
}

#[tokio::test]
async fn whoever_manages_a_group_recalls_what_a_member_said_and_all_devices_learn_it() {
    let circle = Circle::start().await;
    let mut bob = circle.device("bob").await;
    let mut carol = circle.device("carol").await;
    assert_eq!(speak(&mut bob, "77", "m1").await.0, 0);
    let seq = in_chat(&mut carol, 101).await.0.seq;
    let recall = |user: &str| json!({"userID": user, "conversationID": "sg_77", "seq": seq});
    assert_eq!(
        circle
            .code("carol", "/msg/revoke_msg", recall("carol"))
            .await,
        1002
    );
    assert_eq!(
        circle.code("eve", "/msg/revoke_msg", recall("eve")).await,
        1004
    );
    circle.ok("dave", "/msg/revoke_msg", recall("dave")).await;
    let (conversation, notice) = carol.pushed().await;
    assert_eq!(
        (
            conversation.as_str(),
            notice.content_type,
            notice.seq,
            notice.session_type
        ),
        ("n_77", 2101, 1, 3)
    );
    let says = crate::device::detail(&notice);
    assert_eq!(
        (
            &says["revokerUserID"],
            &says["sesstionType"],
            &says["seq"],
            &says["conversationID"]
        ),
        (&json!("dave"), &json!(3), &json!(seq), &json!("sg_77"))
    );
    let newest = circle
        .ok("carol", "/msg/newest_seq", json!({"userID": "carol"}))
        .await;
    assert_eq!(newest["maxSeqs"]["n_77"], 1);
    assert_eq!(
        circle.code("dave", "/msg/revoke_msg", recall("dave")).await,
        1404
    );
}

#[tokio::test]
async fn a_groups_chat_is_set_and_read_by_each_member_alone() {
    let circle = Circle::start().await;
    let (mut bob, mut carol) = (circle.device("bob").await, circle.device("carol").await);
    let set = |user: &str, group: &str| {
        json!({
            "userIDs": [user], "conversation": {"conversationType": 3, "groupID": group, "isPinned": true, "recvMsgOpt": 2}
        })
    };
    let path = "/conversation/set_conversations";
    circle.ok("bob", path, set("bob", "77")).await;
    assert_eq!(
        bob.noticed(1300).await.1["conversationIDList"],
        json!(["sg_77"])
    );
    for (user, group, code) in [("bob", "78", 1004), ("eve", "77", 1004), ("bob", "", 1001)] {
        assert_eq!(
            circle.code(user, path, set(user, group)).await,
            code,
            "{user} {group}"
        );
    }
    let mine = circle.conversation("bob").await;
    assert_eq!(
        (&mine["isPinned"], &mine["recvMsgOpt"]),
        (&json!(true), &json!(2))
    );
    assert_eq!(circle.conversation("carol").await["isPinned"], false);

    assert_eq!(speak(&mut carol, "77", "m1").await.0, 0);
    in_chat(&mut bob, 101).await;
    let read = json!({"userID": "bob", "conversationID": "sg_77", "hasReadSeq": 2, "seqs": null});
    circle
        .ok("bob", "/msg/mark_conversation_as_read", read)
        .await;
    let (_, says) = bob.noticed(2200).await;
    assert_eq!(
        (&says["markAsReadUserID"], &says["hasReadSeq"]),
        (&json!("bob"), &json!(2))
    );
    // Nobody else is told how far bob has read: carol's next push is the next message.
    in_chat(&mut carol, 101).await;
    assert_eq!(speak(&mut bob, "77", "m2").await.0, 0);
    assert_eq!(in_chat(&mut carol, 101).await.0.seq, 3);
}

#[tokio::test]
async fn a_library_without_a_store_reads_groups_and_friends_in_one_answer() {
    let circle = Circle::start().await;
    let pair = json!({"ownerUserID": "bob", "friendUserIDs": ["alice"]});
    circle.server.as_admin("/friend/import_friend", pair).await;
    let remark = json!({"ownerUserID": "bob", "friendUserIDs": ["alice"], "remark": "boss"});
    circle.ok("bob", "/friend/update_friends", remark).await;
    let answer = circle
        .ok(
            "bob",
            "/jssdk/get_active_conversations",
            json!({"count": 9}),
        )
        .await;
    let of = |id: &str| -> Value {
        let all = answer["conversations"].as_array().unwrap();
        let found = all
            .iter()
            .find(|shown| shown["conversation"]["conversationID"] == id);
        found.unwrap().clone()
    };
    let group = of("sg_77");
    assert_eq!(
        (
            &group["group"]["groupName"],
            &group["user"],
            &group["friend"]
        ),
        (&json!("seven"), &Value::Null, &Value::Null)
    );
    assert_eq!(group["lastMsg"]["contentType"], 1501);
    let chat = of("si_alice_bob");
    assert_eq!(
        (
            &chat["friend"]["remark"],
            &chat["friend"]["friendUserID"],
            &chat["group"]
        ),
        (&json!("boss"), &json!("alice"), &Value::Null)
    );
    let body = GetActiveConversationsRequest {
        count: 9,
        ..Default::default()
    }
    .encode_to_vec();
    let answer = circle
        .server
        .http()
        .post(format!(
            "{}/jssdk/get_active_conversations",
            circle.server.api
        ))
        .header("operationID", "test")
        .header("token", circle.token("bob"))
        .header("content-type", "application/x-protobuf")
        .body(body)
        .send()
        .await
        .unwrap();
    let answer: Value = answer.json().await.unwrap();
    let data = base64::Engine::decode(
        &base64::engine::general_purpose::STANDARD,
        answer["data"].as_str().unwrap(),
    )
    .unwrap();
    let data = ConversationsResponse::decode(&data[..]).unwrap();
    let groups: Vec<_> = data
        .conversations
        .iter()
        .filter_map(|shown| shown.group.as_ref())
        .collect();
    assert_eq!(groups.len(), 1);
    assert_eq!(
        (groups[0].group_name.as_str(), groups[0].member_count),
        ("seven", 4)
    );
}

#[tokio::test]
async fn who_was_kicked_hears_of_it_and_of_nothing_that_follows() {
    let circle = Circle::start().await;
    let (mut bob, mut carol) = (circle.device("bob").await, circle.device("carol").await);
    let kick = json!({"groupID": "77", "kickedUserIDs": ["bob"], "reason": "because"});
    circle.ok("dave", "/group/kick_group", kick).await;
    for device in [&mut bob, &mut carol] {
        in_chat(device, 1508).await;
        assert_eq!(
            noticed(device, 1508).await["kickedUserList"][0]["userID"],
            "bob"
        );
    }
    bob.noticed(1300).await;
    assert_eq!(speak(&mut carol, "77", "m1").await.0, 0);
    in_chat(&mut carol, 101).await;
    bob.said("bob", "m2", "alone").await;
    assert_eq!(bob.pushed().await.0, "si_bob_bob");
}
