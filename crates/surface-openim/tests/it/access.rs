//! Who may call what: every route as nobody, as another user, and as the owner. A route that is missing here fails the
//! last test, so that a new one cannot be forgotten. Those of friends and groups are listed in `access/relations.rs`.

mod extras;
mod relations;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::Server;

/// Routes that take what somebody owns: the body names alice.
fn owned() -> Vec<(&'static str, Value)> {
    let page = json!({"pageNumber": 1, "showNumber": 10});
    let version = json!({"userID": "alice", "versionID": "", "version": 0});
    // Before anything happens to the message.
    let extras = extras::in_the_name_of("alice").into_iter();
    let others = vec![
        (
            "/user/update_user_info",
            json!({"userInfo": {"userID": "alice", "nickname": "A"}}),
        ),
        (
            "/user/update_user_info_ex",
            json!({"userInfo": {"userID": "alice", "nickname": "A"}}),
        ),
        (
            "/user/set_global_msg_recv_opt",
            json!({"userID": "alice", "globalRecvMsgOpt": 0}),
        ),
        (
            "/user/get_subscribe_users_status",
            json!({"userID": "alice"}),
        ),
        ("/user/get_user_client_config", json!({"userID": "alice"})),
        (
            "/user/subscribe_users_status",
            json!({"userID": "alice", "userIDs": ["bob"], "genre": 1}),
        ),
        (
            "/user/process_user_command_add",
            json!({"userID": "alice", "type": 1, "uuid": "u"}),
        ),
        (
            "/user/process_user_command_update",
            json!({"userID": "alice", "type": 1, "uuid": "u"}),
        ),
        (
            "/user/process_user_command_get",
            json!({"userID": "alice", "type": 1}),
        ),
        (
            "/user/process_user_command_get_all",
            json!({"userID": "alice"}),
        ),
        (
            "/user/process_user_command_delete",
            json!({"userID": "alice", "type": 1, "uuid": "u"}),
        ),
        (
            "/conversation/get_all_conversations",
            json!({"ownerUserID": "alice"}),
        ),
        (
            "/conversation/get_sorted_conversation_list",
            json!({"userID": "alice", "pagination": page}),
        ),
        (
            "/conversation/update_conversations_by_user",
            json!({"userID": "alice", "ex": "x"}),
        ),
        (
            "/conversation/get_conversation",
            json!({"ownerUserID": "alice", "conversationID": "si_alice_bob"}),
        ),
        (
            "/conversation/get_conversations",
            json!({"ownerUserID": "alice", "conversationIDs": ["si_alice_bob"]}),
        ),
        (
            "/conversation/set_conversations",
            json!({"userIDs": ["alice"], "conversation": {"conversationType": 1, "userID": "bob", "isPinned": true}}),
        ),
        (
            "/conversation/get_full_conversation_ids",
            json!({"userID": "alice"}),
        ),
        ("/conversation/get_incremental_conversations", version),
        (
            "/conversation/get_owner_conversation",
            json!({"userID": "alice", "pagination": page}),
        ),
        (
            "/conversation/get_not_notify_conversation_ids",
            json!({"userID": "alice"}),
        ),
        (
            "/conversation/get_pinned_conversation_ids",
            json!({"userID": "alice"}),
        ),
        ("/msg/newest_seq", json!({"userID": "alice"})),
        (
            "/third/fcm_update_token",
            json!({"account": "alice", "platformID": 2, "fcmToken": "t"}),
        ),
        (
            "/third/update_push_token",
            json!({"userID": "alice", "platformID": 1, "provider": "apns", "token": "0a"}),
        ),
        (
            "/third/delete_push_token",
            json!({"userID": "alice", "provider": "apns", "token": "0a"}),
        ),
        (
            "/third/set_app_badge",
            json!({"userID": "alice", "appUnreadCount": 3}),
        ),
        (
            "/msg/search_content",
            json!({"userID": "alice", "keyword": "x", "pagination": {"pageNumber": 1, "showNumber": 5}}),
        ),
        (
            "/msg/pull_msg_by_seq",
            json!({"userID": "alice", "seqRanges": [{"conversationID": "si_alice_bob", "begin": 1, "end": 9, "num": 9}]}),
        ),
        (
            "/msg/get_conversations_has_read_and_max_seq",
            json!({"userID": "alice"}),
        ),
        (
            "/msg/mark_msgs_as_read",
            json!({"userID": "alice", "conversationID": "si_alice_bob", "seqs": [1]}),
        ),
        (
            "/msg/mark_conversation_as_read",
            json!({"userID": "alice", "conversationID": "si_alice_bob", "hasReadSeq": 1}),
        ),
        (
            "/msg/set_conversation_has_read_seq",
            json!({"userID": "alice", "conversationID": "si_alice_bob", "hasReadSeq": 1}),
        ),
        (
            "/msg/revoke_msg",
            json!({"userID": "alice", "conversationID": "si_alice_bob", "seq": 1}),
        ),
        (
            "/msg/delete_msgs",
            json!({"userID": "alice", "conversationID": "si_alice_bob", "seqs": [1]}),
        ),
        (
            "/msg/clear_conversation_msg",
            json!({"userID": "alice", "conversationIDs": ["si_alice_bob"]}),
        ),
        ("/msg/user_clear_all_msg", json!({"userID": "alice"})),
        (
            "/object/initiate_multipart_upload",
            json!({"hash": "0123456789abcdef0123456789abcdef", "size": 1, "name": "alice/x"}),
        ),
        (
            "/object/initiate_form_data",
            json!({"size": 1, "name": "alice/x"}),
        ),
    ];
    extras.chain(others).chain(relations::owned()).collect()
}

/// Routes for administrators.
fn administrative() -> Vec<(&'static str, Value)> {
    let page = json!({"pageNumber": 1, "showNumber": 10});
    let message = json!({
        "sendID": "alice", "recvID": "bob", "content": {"content": "x"}, "contentType": 101, "sessionType": 1,
        "recvIDs": ["bob"]
    });
    vec![
        (
            "/auth/get_user_token",
            json!({"userID": "bob", "platformID": 2}),
        ),
        (
            "/auth/force_logout",
            json!({"userID": "bob", "platformID": 3}),
        ),
        (
            "/user/user_register",
            json!({"users": [{"userID": "new", "nickname": "New"}]}),
        ),
        ("/user/get_all_users_uid", json!({"pagination": page})),
        ("/user/account_check", json!({"checkUserIDs": ["alice"]})),
        ("/user/get_users", json!({"pagination": page})),
        (
            "/user/get_users_online_status",
            json!({"userIDs": ["alice"]}),
        ),
        (
            "/user/add_notification_account",
            json!({"userID": "news", "nickName": "News", "faceURL": "f", "appMangerLevel": 3}),
        ),
        (
            "/user/update_notification_account",
            json!({"userID": "news", "nickName": "News2"}),
        ),
        (
            "/user/search_notification_account",
            json!({"keyword": "", "pagination": page}),
        ),
        (
            "/user/get_users_online_token_detail",
            json!({"userIDs": ["alice"]}),
        ),
        (
            "/user/set_user_client_config",
            json!({"userID": "alice", "configs": {"k": "v"}}),
        ),
        ("/user/page_user_client_config", json!({"pagination": page})),
        (
            "/user/del_user_client_config",
            json!({"userID": "alice", "keys": ["k"]}),
        ),
        ("/statistics/user/register", json!({"start": 1, "end": 2})),
        (
            "/statistics/user/active",
            json!({"start": 1, "end": 2, "pagination": page}),
        ),
        ("/statistics/group/create", json!({"start": 1, "end": 2})),
        (
            "/statistics/group/active",
            json!({"start": 1, "end": 2, "pagination": page}),
        ),
        (
            "/msg/send_simple_msg?key=eyJzZW5kSUQiOiJhbGljZSIsInJlY3ZJRCI6ImJvYiJ9",
            json!({"content": "an answer"}),
        ),
        (
            "/msg/delete_msg_physical",
            json!({"conversationIDs": ["si_alice_bob"], "timestamp": 5}),
        ),
        ("/msg/search_msg", json!({"pagination": page})),
        ("/third/logs/search", json!({"pagination": page})),
        ("/third/logs/delete", json!({"logIDs": ["unknown"]})),
        (
            "/conversation/get_conversation_offline_push_user_ids",
            json!({"conversationID": "si_alice_bob", "userIDs": ["alice", "bob"]}),
        ),
        (
            "/conversation/set_retention",
            json!({"conversationIDs": ["si_alice_bob"], "seconds": 3600}),
        ),
        (
            "/msg/get_conversation_history",
            json!({"conversationID": "si_alice_bob", "pagination": page}),
        ),
        (
            "/msg/delete_msg_phsical_by_seq",
            json!({"conversationID": "si_alice_bob", "seqs": [1]}),
        ),
        ("/msg/send_msg", message.clone()),
        ("/msg/batch_send_msg", message),
        (
            "/msg/send_business_notification",
            json!({"sendUserID": "alice", "recvUserID": "bob", "key": "k", "data": "d"}),
        ),
        ("/webhooks/get_deliveries", json!({})),
        ("/webhooks/replay", json!({})),
    ]
    .into_iter()
    .chain(relations::administrative())
    .collect()
}

/// Routes about a group that alice owns and bob is a member of, each with what bob is told.
fn grouped() -> Vec<(&'static str, Value, i32)> {
    let members = relations::of_members().into_iter().map(|route| (route, 0));
    let managers = relations::of_managers()
        .into_iter()
        .map(|route| (route, 1002));
    members
        .chain(managers)
        .map(|((path, body), code)| (path, body, code))
        .collect()
}

/// Routes for everybody who is logged in: they show what is public, or nothing.
fn public() -> Vec<(&'static str, Value)> {
    vec![
        ("/user/get_users_info", json!({"userIDs": ["alice"]})),
        ("/user/get_users_status", json!({"userIDs": ["alice"]})),
        ("/group/get_groups_info", json!({"groupIDs": ["g"]})),
        ("/jssdk/get_active_conversations", json!({"count": 20})),
        (
            "/jssdk/get_conversations",
            json!({"ownerUserID": "alice", "conversationIDs": ["si_alice_bob"]}),
        ),
        ("/msg/get_server_time", json!({})),
        ("/msg/check_msg_is_send_success", json!({})),
        ("/third/get_web_push_key", json!({})),
        (
            "/third/logs/upload",
            json!({"fileURLs": [{"filename": "a.zip", "URL": "http://files/a.zip"}]}),
        ),
        ("/object/part_limit", json!({})),
        ("/object/part_size", json!({"size": 1})),
    ]
}

/// Routes for a file or an upload that must be there first; what is somebody else's does not exist. `files.rs` tries
/// them as others.
fn found_by_name() -> Vec<(&'static str, Value)> {
    vec![
        (
            "/object/auth_sign",
            json!({"uploadID": "u", "partNumbers": [1]}),
        ),
        (
            "/object/complete_multipart_upload",
            json!({"uploadID": "u", "parts": [], "name": "eve/x"}),
        ),
        ("/object/access_url", json!({"name": "alice/x"})),
        ("/object/complete_form_data", json!({"id": "u"})),
    ]
}

/// Routes that prove themselves.
const OPEN: [&str; 2] = ["/auth/get_admin_token", "/auth/parse_token"];

async fn started() -> (Server, String, String) {
    let server = Server::start().await;
    server.register(&["alice", "bob", "eve"]).await;
    let (alice, eve) = (server.token("alice", 7).await, server.token("eve", 7).await);
    let hello = json!({
        "sendID": "alice", "recvID": "bob", "content": {"content": "x"}, "contentType": 101, "sessionType": 1
    });
    assert_eq!(server.as_admin("/msg/send_msg", hello).await["errCode"], 0);
    relations::furnish(&server).await;
    (server, alice, eve)
}

#[tokio::test]
async fn nobody_gets_in_without_a_token() {
    let (server, ..) = started().await;
    let grouped = grouped().into_iter().map(|(path, body, _)| (path, body));
    for (path, body) in owned()
        .into_iter()
        .chain(administrative())
        .chain(public())
        .chain(found_by_name())
        .chain(grouped)
    {
        assert_eq!(
            server.post(path, None, body.clone()).await["errCode"],
            1001,
            "{path}"
        );
        assert_eq!(
            server.post(path, Some("x.y.z"), body).await["errCode"],
            1503,
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_is_owned_is_for_the_owner_and_for_administrators() {
    let (server, alice, eve) = started().await;
    for (path, body) in owned() {
        let code = server.post(path, Some(&eve), body.clone()).await["errCode"].clone();
        assert_eq!(code, 1002, "{path} as another user");
        let answer = server.post(path, Some(&alice), body.clone()).await;
        assert_eq!(answer["errCode"], 0, "{path} as the owner: {answer}");
        // Some of it can be done only once.
        let once = [
            "/msg/revoke_msg",
            "/user/process_user_command_delete",
            "/msg/delete_msgs",
        ];
        if !once.contains(&path) && !relations::ONCE.contains(&path) {
            let answer = server.as_admin(path, body).await;
            assert_eq!(answer["errCode"], 0, "{path} as an administrator: {answer}");
        }
    }
}

#[tokio::test]
async fn what_a_group_shows_is_for_its_members_and_what_it_is_for_those_who_manage_it() {
    let (server, alice, eve) = started().await;
    let bob = server.token("bob", 7).await;
    for (path, body, as_member) in grouped() {
        let answer = server.post(path, Some(&eve), body.clone()).await;
        assert_eq!(answer["errCode"], 1002, "{path} as a stranger: {answer}");
        let answer = server.post(path, Some(&bob), body.clone()).await;
        assert_eq!(answer["errCode"], as_member, "{path} as a member: {answer}");
        let answer = server.post(path, Some(&alice), body).await;
        // She owns it already, which is said only to who may give it away.
        let as_owner = if path == "/group/transfer_group" {
            1001
        } else {
            0
        };
        assert_eq!(answer["errCode"], as_owner, "{path} as the owner: {answer}");
    }
}

#[tokio::test]
async fn administrators_manage_every_group() {
    let (server, ..) = started().await;
    for (path, mut body, _) in grouped() {
        if path == "/group/transfer_group" {
            body["newOwnerUserID"] = json!("bob");
        }
        let answer = server.as_admin(path, body).await;
        assert_eq!(answer["errCode"], 0, "{path}: {answer}");
    }
}

#[tokio::test]
async fn administration_is_for_administrators() {
    let (server, alice, _) = started().await;
    for (path, body) in administrative() {
        assert_eq!(
            server.post(path, Some(&alice), body.clone()).await["errCode"],
            1002,
            "{path}"
        );
        let answer = server.as_admin(path, body).await;
        assert_eq!(answer["errCode"], 0, "{path}: {answer}");
    }
}

#[tokio::test]
async fn what_is_public_needs_no_more_than_a_login() {
    let (server, _, eve) = started().await;
    for (path, body) in public() {
        assert_eq!(
            server.post(path, Some(&eve), body).await["errCode"],
            0,
            "{path}"
        );
    }
}

#[tokio::test]
async fn in_ones_own_name_one_reaches_nothing_of_others() {
    let (server, _, eve) = started().await;
    let chat = "si_alice_bob";
    for (path, body) in [
        (
            "/msg/mark_msgs_as_read",
            json!({"userID": "eve", "conversationID": chat, "seqs": [1]}),
        ),
        (
            "/msg/mark_conversation_as_read",
            json!({"userID": "eve", "conversationID": chat, "hasReadSeq": 1}),
        ),
        (
            "/msg/set_conversation_has_read_seq",
            json!({"userID": "eve", "conversationID": chat, "hasReadSeq": 1}),
        ),
        (
            "/msg/revoke_msg",
            json!({"userID": "eve", "conversationID": chat, "seq": 1}),
        ),
        (
            "/msg/delete_msgs",
            json!({"userID": "eve", "conversationID": chat, "seqs": [1]}),
        ),
        (
            "/conversation/get_conversation",
            json!({"ownerUserID": "eve", "conversationID": chat}),
        ),
    ]
    .into_iter()
    .chain(extras::in_the_name_of("eve"))
    {
        assert_eq!(
            server.post(path, Some(&eve), body).await["errCode"],
            1004,
            "{path}"
        );
    }
    let pull = json!({"userID": "eve", "seqRanges": [{"conversationID": chat, "begin": 1, "end": 9, "num": 9}]});
    let answer = server.post("/msg/pull_msg_by_seq", Some(&eve), pull).await;
    assert_eq!(answer["data"]["msgs"], json!({}));
    let clear =
        json!({"userID": "eve", "conversationIDs": [chat], "deleteSyncOpt": {"IsSyncOther": true}});
    assert_eq!(
        server
            .post("/msg/clear_conversation_msg", Some(&eve), clear)
            .await["errCode"],
        0
    );
    let seqs = server
        .as_admin("/msg/newest_seq", json!({"userID": "bob"}))
        .await;
    assert_eq!(seqs["data"]["maxSeqs"][chat], 1);
    let found = server
        .as_admin("/msg/pull_msg_by_seq", json!({"userID": "bob", "seqRanges": [{"conversationID": chat, "begin": 1, "end": 9, "num": 9}]}))
        .await;
    assert_eq!(
        found["data"]["msgs"][chat]["Msgs"][0]["status"], 2,
        "eve cleared nothing"
    );
}

#[test]
fn every_route_is_named_here() {
    let named: BTreeSet<&str> = owned()
        .into_iter()
        .chain(administrative())
        .chain(public())
        .chain(found_by_name())
        .map(|(path, _)| path)
        .chain(grouped().into_iter().map(|(path, ..)| path))
        .chain(OPEN)
        .filter_map(|path| path.split('?').next())
        .collect();
    let mut routed = BTreeSet::new();
    for group in [
        "auth",
        "conversation",
        "extras",
        "friend",
        "group",
        "jssdk",
        "msg",
        "object",
        "retention",
        "search",
        "statistics",
        "third",
        "user",
        "webhooks",
    ] {
        let source = std::fs::read_to_string(format!(
            "{}/src/routes/{group}.rs",
            env!("CARGO_MANIFEST_DIR")
        ))
        .unwrap();
        for part in source
            .split_whitespace()
            .collect::<String>()
            .split(".route(\"")
            .skip(1)
        {
            // What we add stands beside the other routes of its kind.
            let prefix = match group {
                "search" | "extras" => "msg",
                "retention" => "conversation",
                group => group,
            };
            routed.insert(format!("/{prefix}{}", part.split('"').next().unwrap()));
        }
    }
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openim.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let documented: BTreeSet<String> = guide
        .lines()
        .filter_map(|line| line.strip_prefix("| `/")?.split('`').next())
        .map(|path| format!("/{path}"))
        .collect();
    assert_eq!(documented, routed, "docs/openim.md lists the routes");
    assert_eq!(
        routed.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        named
    );
}
