//! REST about messages, conversations and what a login reads: what the routes answer and what devices are told of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use prost::Message as _;
use serde_json::{Value, json};
use wire::openim::ids;
use wire::openim::rest::jssdk::{ConversationsResponse, GetActiveConversationsRequest};

use crate::device::{Device, text_message};
use crate::harness::Server;

#[tokio::test]
async fn an_administrator_sends_what_a_person_receives() {
    let server = Server::start().await;
    server.register(&["alice", "bob"]).await;
    let mut bob = Device::login(&server, "bob", 7).await;
    let message = |more: Value| {
        let mut body = json!({
            "sendID": "alice", "recvID": "bob", "senderNickname": "A", "senderPlatformID": 1,
            "content": {"content": "hi"}, "contentType": 101, "sessionType": 1
        });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    let answer = server
        .as_admin("/msg/send_msg", message(json!({"ex": "e"})))
        .await;
    assert_eq!(answer["data"]["clientMsgID"].as_str().unwrap().len(), 32);
    let (_, pushed) = bob.pushed().await;
    assert_eq!(
        (pushed.send_id.as_str(), pushed.msg_from, pushed.ex.as_str()),
        ("alice", 200, "e")
    );
    assert_eq!(&pushed.content[..], br#"{"content":"hi"}"#);
    for (more, code) in [
        (json!({"contentType": 113}), 1001),
        (json!({"content": {"wrong": 1}}), 500),
        (json!({"recvID": ""}), 1001),
        (json!({"recvID": "nobody"}), 1004),
        (json!({"sendID": "nobody"}), 1004),
        (json!({"sessionType": 9}), 1001),
        (json!({"sendTime": -5}), 1001),
    ] {
        assert_eq!(
            server
                .as_admin("/msg/send_msg", message(more.clone()))
                .await["errCode"],
            code,
            "{more}"
        );
    }
    let token = server.token("alice", 1).await;
    assert_eq!(
        server
            .post("/msg/send_msg", Some(&token), message(json!({})))
            .await["errCode"],
        1002
    );
    let online_only = server
        .as_admin("/msg/send_msg", message(json!({"isOnlineOnly": true})))
        .await;
    assert_eq!(online_only["errCode"], 0);
    assert_eq!(bob.pushed().await.1.seq, 0);
}

#[tokio::test]
async fn a_batch_reaches_whom_it_can_and_names_the_others() {
    let server = Server::start().await;
    server.register(&["alice", "bob", "carol"]).await;
    let body = |more: Value| {
        let mut body = json!({
            "sendID": "alice", "content": {"content": "hi"}, "contentType": 101, "sessionType": 1
        });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    let answer = server
        .as_admin(
            "/msg/batch_send_msg",
            body(json!({"recvIDs": ["bob", "nobody", "carol"]})),
        )
        .await;
    let results = answer["data"]["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    assert_eq!(results[0]["clientMsgID"], results[1]["clientMsgID"]);
    assert_eq!(answer["data"]["failedUserIDs"], json!(["nobody"]));
    let answer = server
        .as_admin("/msg/batch_send_msg", body(json!({"isSendAll": true})))
        .await;
    assert_eq!(
        answer["data"]["results"].as_array().unwrap().len(),
        3,
        "everybody but administrators"
    );
}

#[tokio::test]
async fn an_oa_notification_comes_from_a_notification_account() {
    let server = Server::start().await;
    server.register(&["alice", "bob"]).await;
    let add = json!({"userID": "news", "nickName": "News", "faceURL": "f", "appMangerLevel": 3});
    server.as_admin("/user/add_notification_account", add).await;
    let send = |sender: &str| {
        json!({
            "sendID": sender, "recvID": "bob", "contentType": 1400, "sessionType": 1,
            "content": {"notificationName": "n", "notificationFaceURL": "", "notificationType": 1, "text": "t",
                        "url": "", "mixType": 0, "ex": ""}
        })
    };
    let mut bob = Device::login(&server, "bob", 7).await;
    assert_eq!(
        server.as_admin("/msg/send_msg", send("news")).await["errCode"],
        0
    );
    let (conversation, message) = bob.pushed().await;
    assert_eq!(
        (conversation.as_str(), message.session_type, message.seq),
        ("sn_bob_news", 4, 1)
    );
    let content: Value = serde_json::from_slice(&message.content).unwrap();
    let detail: Value = serde_json::from_str(content["detail"].as_str().unwrap()).unwrap();
    assert_eq!(detail["text"], "t");
    assert_eq!(
        server.as_admin("/msg/send_msg", send("alice")).await["errCode"],
        1002
    );
}

#[tokio::test]
async fn reading_recalling_and_deleting_are_told_to_devices() {
    let server = Server::start().await;
    server.register(&["alice", "bob"]).await;
    let mut alice = Device::login(&server, "alice", 7).await;
    let bob_token = server.token("bob", 1).await;
    let alice_token = server.token("alice", 1).await;
    for n in 1..=3 {
        alice.said("bob", &format!("m{n}"), "x").await;
        alice.pushed().await;
    }
    let read =
        json!({"conversationID": "si_alice_bob", "userID": "bob", "hasReadSeq": 2, "seqs": [2]});
    assert_eq!(
        server
            .post("/msg/mark_conversation_as_read", Some(&bob_token), read)
            .await["errCode"],
        0
    );
    let (conversation, message) = alice.pushed().await;
    assert_eq!(
        (conversation.as_str(), message.content_type, message.seq),
        ("n_alice_bob", 2200, 1)
    );
    let recall = json!({"conversationID": "si_alice_bob", "seq": 3, "userID": "alice"});
    assert_eq!(
        server
            .post("/msg/revoke_msg", Some(&alice_token), recall.clone())
            .await["errCode"],
        0
    );
    assert_eq!(alice.pushed().await.1.content_type, 2101);
    assert_eq!(
        server
            .post("/msg/revoke_msg", Some(&alice_token), recall)
            .await["errCode"],
        1404
    );
    let delete = json!({
        "conversationID": "si_alice_bob", "seqs": [1], "userID": "alice",
        "deleteSyncOpt": {"IsSyncSelf": true, "IsSyncOther": false}
    });
    assert_eq!(
        server
            .post("/msg/delete_msgs", Some(&alice_token), delete)
            .await["errCode"],
        0
    );
    let (conversation, message) = alice.pushed().await;
    assert_eq!(
        (conversation.as_str(), message.content_type, message.seq),
        ("n_alice_alice", 2102, 1)
    );
    let clear =
        json!({"conversationIDs": ["si_alice_bob"], "userID": "alice", "deleteSyncOpt": null});
    assert_eq!(
        server
            .post("/msg/clear_conversation_msg", Some(&alice_token), clear)
            .await["errCode"],
        0
    );
    assert_eq!(alice.pushed().await.1.content_type, 1300);
}

#[tokio::test]
async fn conversations_are_set_and_synced_by_version() {
    let server = Server::start().await;
    server.register(&["alice", "bob"]).await;
    let token = server.token("alice", 7).await;
    let ask = async |path: &str, body: Value| server.post(path, Some(&token), body).await;
    let first = ask(
        "/conversation/get_incremental_conversations",
        json!({"userID": "alice", "versionID": "", "version": 0}),
    )
    .await;
    assert_eq!(
        (
            &first["data"]["full"],
            first["data"]["versionID"].as_str().unwrap().len()
        ),
        (&json!(true), 24)
    );
    let mut bob = Device::login(&server, "bob", 7).await;
    bob.said("alice", "m", "x").await;
    let set = json!({
        "userIDs": ["alice"],
        "conversation": {"conversationID": "si_alice_bob", "conversationType": 1, "userID": "bob", "groupID": "", "isPinned": true, "ex": null}
    });
    assert_eq!(
        ask("/conversation/set_conversations", set).await["errCode"],
        0
    );
    let all = ask(
        "/conversation/get_owner_conversation",
        json!({"userID": "alice", "pagination": {"pageNumber": 1, "showNumber": 300}}),
    )
    .await;
    assert_eq!(all["data"]["total"], 1);
    let conversation = &all["data"]["conversations"][0];
    assert_eq!(
        (
            &conversation["conversationID"],
            &conversation["isPinned"],
            &conversation["userID"],
            &conversation["conversationType"]
        ),
        (
            &json!("si_alice_bob"),
            &json!(true),
            &json!("bob"),
            &json!(1)
        )
    );
    let ids = ask(
        "/conversation/get_full_conversation_ids",
        json!({"idHash": 0, "userID": "alice"}),
    )
    .await;
    assert_eq!(
        (&ids["data"]["equal"], &ids["data"]["conversationIDs"]),
        (&json!(false), &json!(["si_alice_bob"]))
    );
    let version = json!({"userID": "alice", "versionID": ids["data"]["versionID"], "version": 1});
    let changes = ask("/conversation/get_incremental_conversations", version).await;
    assert_eq!(changes["data"]["full"], false);
    assert_eq!(
        changes["data"]["update"][0]["conversationID"],
        "si_alice_bob"
    );
    let group =
        json!({"userIDs": ["alice"], "conversation": {"conversationType": 3, "groupID": "g"}});
    assert_eq!(
        ask("/conversation/set_conversations", group).await["errCode"],
        1004
    );
    let none = json!({"userIDs": ["alice"], "conversation": {"conversationType": 0}});
    assert_eq!(
        ask("/conversation/set_conversations", none).await["errCode"],
        1001
    );
}

#[tokio::test]
async fn the_lists_that_a_login_asks_for_are_empty_and_steady() {
    let server = Server::start().await;
    server.register(&["alice"]).await;
    let token = server.token("alice", 7).await;
    let page = json!({"pageNumber": 1, "showNumber": 100});
    let asks = [
        (
            "/friend/get_incremental_friends",
            json!({"userID": "alice", "versionID": "", "version": 0}),
        ),
        (
            "/friend/get_friend_list",
            json!({"userID": "alice", "pagination": page}),
        ),
        (
            "/friend/get_full_friend_user_ids",
            json!({"idHash": 0, "userID": "alice"}),
        ),
        (
            "/friend/get_black_list",
            json!({"userID": "alice", "pagination": page}),
        ),
        (
            "/friend/get_friend_apply_list",
            json!({"userID": "alice", "pagination": page, "handleResults": null}),
        ),
        (
            "/friend/get_self_friend_apply_list",
            json!({"userID": "alice", "pagination": page}),
        ),
        (
            "/friend/get_self_unhandled_apply_count",
            json!({"userID": "alice", "time": 0}),
        ),
        (
            "/group/get_incremental_join_groups",
            json!({"userID": "alice", "versionID": "", "version": 0}),
        ),
        (
            "/group/get_joined_group_list",
            json!({"fromUserID": "alice", "pagination": page}),
        ),
        (
            "/group/get_full_join_group_ids",
            json!({"idHash": 0, "userID": "alice"}),
        ),
        ("/group/get_groups_info", json!({"groupIDs": ["g"]})),
        (
            "/group/get_recv_group_applicationList",
            json!({"fromUserID": "alice", "pagination": page}),
        ),
        (
            "/group/get_user_req_group_applicationList",
            json!({"userID": "alice", "pagination": page}),
        ),
        (
            "/group/get_group_application_unhandled_count",
            json!({"userID": "alice", "time": 0}),
        ),
    ];
    for (path, body) in asks {
        let answer = server.post(path, Some(&token), body.clone()).await;
        assert_eq!(answer["errCode"], 0, "{path} {answer}");
        assert_eq!(
            answer,
            server.post(path, Some(&token), body).await,
            "{path} answers the same again"
        );
    }
}

#[tokio::test]
async fn messages_are_found_by_who_and_when() {
    let server = Server::start().await;
    server.register(&["alice", "bob"]).await;
    let mut alice = Device::login(&server, "alice", 7).await;
    for n in 1..=3 {
        alice.said("bob", &format!("m{n}"), &n.to_string()).await;
    }
    let search = async |more: Value| {
        let mut body = json!({"pagination": {"pageNumber": 1, "showNumber": 2}});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        server.as_admin("/msg/search_msg", body).await["data"].clone()
    };
    let found = search(json!({"sendID": "alice", "recvID": "bob"})).await;
    assert_eq!(
        (
            &found["chatLogsNum"],
            found["chatLogs"].as_array().unwrap().len()
        ),
        (&json!(3), 2)
    );
    assert_eq!(
        found["chatLogs"][0]["chatLog"]["content"],
        r#"{"content":"3"}"#
    );
    assert_eq!(search(json!({"sendID": "bob"})).await["chatLogsNum"], 0);
    assert_eq!(
        search(json!({"sendTime": "2027-01-15"})).await["chatLogsNum"],
        3
    );
    assert_eq!(
        search(json!({"sendTime": "2027-01-16"})).await["chatLogsNum"],
        0
    );
    assert_eq!(search(json!({"contentType": 102})).await["chatLogsNum"], 0);
    assert_eq!(search(json!({"sessionType": 3})).await["chatLogsNum"], 0);
}

#[tokio::test]
async fn a_business_notification_is_pushed_and_kept_nowhere() {
    let server = Server::start().await;
    server.register(&["alice", "bob"]).await;
    let mut bob = Device::login(&server, "bob", 7).await;
    let body = json!({"key": "k", "data": "{\"a\":1}", "sendUserID": "alice", "recvUserID": "bob"});
    assert_eq!(
        server
            .as_admin("/msg/send_business_notification", body)
            .await["errCode"],
        0
    );
    let (conversation, message) = bob.pushed().await;
    assert_eq!(
        (conversation.as_str(), message.content_type, message.seq),
        ("n_alice_bob", 2001, 0)
    );
    let seqs = server
        .as_admin("/msg/newest_seq", json!({"userID": "bob"}))
        .await;
    assert_eq!(seqs["data"]["maxSeqs"], json!({}));
}

#[tokio::test]
async fn favourites_are_kept_by_type_and_uuid() {
    let server = Server::start().await;
    server.register(&["alice"]).await;
    let token = server.token("alice", 7).await;
    let ask = async |path: &str, body: Value| server.post(path, Some(&token), body).await;
    let add = json!({"userID": "alice", "type": 1, "uuid": "u", "value": "v", "ex": "e"});
    assert_eq!(
        ask("/user/process_user_command_add", add).await["errCode"],
        0
    );
    let update = json!({"userID": "alice", "type": 1, "uuid": "u", "value": "w", "ex": null});
    assert_eq!(
        ask("/user/process_user_command_update", update).await["errCode"],
        0
    );
    let all = ask(
        "/user/process_user_command_get_all",
        json!({"userID": "alice"}),
    )
    .await;
    let expected =
        json!([{"type": 1, "createTime": testkit::BEGIN, "uuid": "u", "value": "w", "ex": "e"}]);
    assert_eq!(all["data"]["CommandResp"], expected);
    let delete = json!({"userID": "alice", "type": 1, "uuid": "u"});
    assert_eq!(
        ask("/user/process_user_command_delete", delete.clone()).await["errCode"],
        0
    );
    assert_eq!(
        ask("/user/process_user_command_delete", delete).await["errCode"],
        1004
    );
}

#[tokio::test]
async fn who_is_online_is_told_to_administrators_in_order() {
    let server = Server::start().await;
    server.register(&["alice", "bob"]).await;
    let _bob = Device::login(&server, "bob", 7).await;
    let answer = server
        .as_admin(
            "/user/get_users_online_status",
            json!({"userIDs": ["alice", "bob"]}),
        )
        .await;
    assert_eq!(
        answer["data"][0],
        json!({"userID": "alice", "status": 0, "detailPlatformStatus": null})
    );
    assert_eq!(answer["data"][1]["status"], 1);
    assert_eq!(
        answer["data"][1]["detailPlatformStatus"][0]["platformID"],
        7
    );
}

#[tokio::test]
async fn a_message_over_rest_and_socket_is_one_message() {
    let server = Server::start().await;
    server.register(&["alice", "bob"]).await;
    let mut alice = Device::login(&server, "alice", 7).await;
    let data = text_message("alice", "bob", "same", "x").encode_to_vec();
    let first = alice.ask(ids::SEND_MSG, &data).await;
    assert_eq!(alice.ask(ids::SEND_MSG, &data).await.data, first.data);
    let pulled = server
        .as_admin(
            "/msg/pull_msg_by_seq",
            json!({"userID": "bob", "seqRanges": [{"conversationID": "si_alice_bob", "begin": 0, "end": 9, "num": 9}]}),
        )
        .await;
    let messages = pulled["data"]["msgs"]["si_alice_bob"]["Msgs"]
        .as_array()
        .unwrap();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["content"], "eyJjb250ZW50IjoieCJ9");
}

#[tokio::test]
async fn active_conversations_are_answered_in_the_language_of_the_request() {
    let server = Server::start().await;
    server.register(&["alice", "bob", "carol"]).await;
    let token = server.token("alice", 5).await;
    for (n, peer) in ["bob", "carol"].into_iter().enumerate() {
        server.clock.advance(1000);
        let mut peer = Device::login(&server, peer, 7).await;
        peer.said("alice", &format!("m{n}"), "x").await;
    }
    let path = "/jssdk/get_active_conversations";
    let json = server.post(path, Some(&token), json!({"count": 20})).await;
    let shown = json["data"]["conversations"].as_array().unwrap();
    let ids: Vec<_> = shown
        .iter()
        .map(|shown| &shown["conversation"]["conversationID"])
        .collect();
    assert_eq!(ids, ["si_alice_carol", "si_alice_bob"], "the newest first");
    assert_eq!(json["data"]["unreadCount"], 2);
    assert_eq!(shown[0]["user"]["userID"], "carol");
    assert_eq!(shown[0]["lastMsg"]["clientMsgID"], "m1");

    let request = GetActiveConversationsRequest {
        count: 1,
        ..Default::default()
    };
    let answer: Value = server
        .http()
        .post(format!("{}{path}", server.api))
        .header("operationID", "o")
        .header("token", &token)
        .header("Content-Type", "application/x-protobuf")
        .body(request.encode_to_vec())
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let data = STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
    let data = ConversationsResponse::decode(&data[..]).unwrap();
    assert_eq!(data.conversations.len(), 1);
    let first = data.conversations[0].conversation.as_ref().unwrap();
    assert_eq!(first.conversation_id, "si_alice_carol");
    assert_eq!((data.unread_count, data.conversations[0].max_seq), (1, 1));
}

#[tokio::test]
async fn a_push_carries_the_name_of_the_request_that_caused_it() {
    let server = Server::start().await;
    server.register(&["alice", "bob"]).await;
    let mut alice = Device::login(&server, "alice", 7).await;
    alice.said("bob", "m", "x").await;
    assert_eq!(alice.told().await.unwrap().operation_id, "op");
}
