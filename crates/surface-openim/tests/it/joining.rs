//! Coming into a group and going out of it: applications, invitations, and what who has left can still read.

use serde_json::{Value, json};
use testkit::BEGIN;

use crate::circle::{Circle, group_info, in_chat, member, noticed, with};
use crate::device::Device;

#[tokio::test]
async fn an_application_is_told_to_those_who_manage_the_group_and_answered_once() {
    let circle = Circle::start().await;
    let (mut dave, mut eve) = (circle.device("dave").await, circle.device("eve").await);
    let apply = json!({"groupID": "77", "inviterUserID": "eve", "joinSource": 3, "reqMessage": "let me in"});
    circle.ok("eve", "/group/join_group", apply).await;
    let who = json!({"userID": "eve", "nickname": "eve", "faceURL": "", "ex": ""});
    let record = |more: Value| {
        with(
            json!({
                "userInfo": who, "groupInfo": group_info(&json!({})), "handleResult": 0, "reqMsg": "let me in",
                "handleMsg": "", "reqTime": BEGIN, "handleUserID": "", "handleTime": 0, "ex": "", "joinSource": 3,
                "inviterUserID": ""
            }),
            &more,
        )
    };
    let mut uuids = Vec::new();
    for device in [&mut dave, &mut eve] {
        let (_, says) = device.noticed(1503).await;
        assert_eq!(
            (&says["applicant"], &says["reqMsg"]),
            (&who, &json!("let me in"))
        );
        assert_eq!(says["request"], record(json!({})));
        uuids.push(says["uuid"].clone());
    }
    assert_eq!(uuids[0], uuids[1]);
    let page = json!({"pageNumber": 1, "showNumber": 10});
    for (path, body, user) in [
        (
            "/group/get_recv_group_applicationList",
            json!({"fromUserID": "dave", "pagination": page}),
            "dave",
        ),
        (
            "/group/get_recv_group_applicationList",
            json!({"fromUserID": "dave", "pagination": page, "groupIDs": ["77"], "handleResults": [0]}),
            "dave",
        ),
        (
            "/group/get_user_req_group_applicationList",
            json!({"userID": "eve", "pagination": page}),
            "eve",
        ),
        (
            "/group/get_group_users_req_application_list",
            json!({"groupID": "77", "userIDs": ["eve"]}),
            "dave",
        ),
        (
            "/group/get_specified_user_group_request_info",
            json!({"groupID": "77", "userID": "eve"}),
            "eve",
        ),
    ] {
        let list = circle.ok(user, path, body).await;
        assert_eq!(
            list,
            json!({"total": 1, "groupRequests": [record(json!({}))]}),
            "{path}"
        );
    }
    let bobs = json!({"fromUserID": "bob", "pagination": page});
    let none = circle
        .ok("bob", "/group/get_recv_group_applicationList", bobs)
        .await;
    assert_eq!(none, json!({"total": 0, "groupRequests": []}));
    let waiting = json!({"userID": "dave", "time": BEGIN});
    let count = circle
        .ok(
            "dave",
            "/group/get_group_application_unhandled_count",
            waiting,
        )
        .await;
    assert_eq!(count, json!({"count": 1}));

    let answer = |result: i32| json!({"groupID": "77", "fromUserID": "eve", "handleResult": result, "handledMsg": "ok"});
    let respond = "/group/group_application_response";
    assert_eq!(circle.code("dave", respond, answer(0)).await, 1001);
    circle.ok("dave", respond, answer(1)).await;
    let handled = json!({
        "handleResult": 1, "handleMsg": "ok", "handleUserID": "dave", "handleTime": BEGIN
    });
    for (device, receiver_as) in [(&mut dave, 1), (&mut eve, 0)] {
        let (_, says) = device.noticed(1505).await;
        assert_eq!(
            (&says["receiverAs"], &says["handleMsg"]),
            (&json!(receiver_as), &json!("ok"))
        );
        assert_eq!(says["opUser"], member("dave", 60, &json!({})));
        assert_eq!(says["request"], record(handled.clone()));
        let (copy, _) = in_chat(device, 1510).await;
        assert_eq!(copy.seq, 2);
        let entrant = member(
            "eve",
            20,
            &json!({"joinSource": 3, "operatorUserID": "dave", "inviterUserID": ""}),
        );
        assert_eq!(noticed(device, 1510).await["entrantUser"], entrant);
    }
    for result in [1, -1] {
        assert_eq!(circle.code("dave", respond, answer(result)).await, 1206);
    }
}

#[tokio::test]
async fn where_all_need_approval_an_ordinary_members_invitation_only_asks() {
    let circle = Circle::start().await;
    let closed = json!({"groupID": "77", "needVerification": 1});
    circle.ok("alice", "/group/set_group_info_ex", closed).await;
    let (mut alice, mut eve) = (circle.device("alice").await, circle.device("eve").await);
    let invite = json!({"groupID": "77", "invitedUserIDs": ["eve"], "reason": "she is nice"});
    circle
        .ok("bob", "/group/invite_user_to_group", invite.clone())
        .await;
    for device in [&mut alice, &mut eve] {
        let (_, says) = device.noticed(1503).await;
        assert_eq!(says["request"]["inviterUserID"], "bob");
        assert_eq!(says["reqMsg"], "she is nice");
    }
    let yes = json!({"groupID": "77", "fromUserID": "eve", "handleResult": 1});
    circle
        .ok("alice", "/group/group_application_response", yes)
        .await;
    for device in [&mut alice, &mut eve] {
        device.noticed(1505).await;
        in_chat(device, 1509).await;
        let says = noticed(device, 1509).await;
        assert_eq!(says["inviterUser"]["userID"], "bob");
        assert_eq!(says["invitedUserList"][0]["userID"], "eve");
    }
    // Who manages the group brings people in at once, and silently if asked to.
    let kick = json!({"groupID": "77", "kickedUserIDs": ["eve"], "sendMessage": false});
    circle.ok("dave", "/group/kick_group", kick).await;
    assert_eq!(
        noticed(&mut alice, 1508).await["kickedUserList"][0]["userID"],
        "eve"
    );
    let quietly = with(invite, &json!({"sendMessage": false}));
    circle
        .ok("dave", "/group/invite_user_to_group", quietly)
        .await;
    assert_eq!(
        noticed(&mut alice, 1509).await["inviterUser"]["userID"],
        "dave"
    );
}

#[tokio::test]
async fn who_leaves_keeps_the_history_up_to_then_and_comes_back_to_all_of_it() {
    let circle = Circle::start().await;
    let (mut bob, mut carol) = (circle.device("bob").await, circle.device("carol").await);
    let joined = json!({"userID": "bob", "versionID": "", "version": 0});
    let known = circle
        .ok("bob", "/group/get_incremental_join_groups", joined)
        .await;
    circle
        .ok("bob", "/group/quit_group", json!({"groupID": "77"}))
        .await;
    for device in [&mut bob, &mut carol] {
        let (copy, _) = in_chat(device, 1504).await;
        assert_eq!(copy.seq, 2);
        assert_eq!(
            noticed(device, 1504).await["quitUser"],
            member("bob", 20, &json!({}))
        );
    }
    assert_eq!(
        bob.noticed(1300).await.1["conversationIDList"],
        json!(["sg_77"])
    );
    assert_eq!(circle.conversation("bob").await["maxSeq"], 2);
    let ask =
        json!({"userID": "bob", "versionID": known["versionID"], "version": known["version"]});
    let changes = circle
        .ok("bob", "/group/get_incremental_join_groups", ask)
        .await;
    assert_eq!(
        (&changes["full"], &changes["delete"]),
        (&json!(false), &json!(["77"]))
    );

    say(&mut carol, "m1", "he is gone").await;
    let pull = json!({"userID": "bob", "seqRanges": [{"conversationID": "sg_77", "begin": 1, "end": 9, "num": 9}]});
    let read = async || {
        let pulled = circle.ok("bob", "/msg/pull_msg_by_seq", pull.clone()).await;
        pulled["msgs"]["sg_77"]["Msgs"].as_array().unwrap().len()
    };
    assert_eq!(read().await, 2);
    let back = json!({"groupID": "77", "invitedUserIDs": ["bob"]});
    circle
        .ok("carol", "/group/invite_user_to_group", back)
        .await;
    assert_eq!(circle.conversation("bob").await["maxSeq"], 0);
    assert_eq!(read().await, 4);
}

async fn say(device: &mut Device, client_msg_id: &str, text: &str) {
    use prost::Message as _;
    let user = device.user.clone();
    let message = crate::device::group_message(&user, "77", client_msg_id, text);
    let answer = device
        .ask(wire::openim::ids::SEND_MSG, &message.encode_to_vec())
        .await;
    assert_eq!(answer.err_code, 0, "{}", answer.err_msg);
}
