//! The routes of friends and groups, for the access tests, and the small world that they are asked in: alice has a
//! friend (carol), an open request (of dave), a group of her own (77: bob is a member, dave applies), and is a member
//! of bob's group 88; bob's group 99 lets everybody in.

use serde_json::{Value, json};

use crate::harness::Server;

pub async fn furnish(server: &Server) {
    server.register(&["carol", "dave", "frank"]).await;
    for (path, body) in [
        (
            "/friend/import_friend",
            json!({"ownerUserID": "alice", "friendUserIDs": ["carol"]}),
        ),
        (
            "/friend/add_friend",
            json!({"fromUserID": "dave", "toUserID": "alice"}),
        ),
        ("/group/create_group", group("77", "alice", &["bob"], 0)),
        ("/group/create_group", group("88", "bob", &["alice"], 0)),
        ("/group/create_group", group("99", "bob", &[], 2)),
        (
            "/group/join_group",
            json!({"groupID": "77", "joinSource": 3, "inviterUserID": "dave"}),
        ),
    ] {
        let answer = server.as_admin(path, body).await;
        assert_eq!(answer["errCode"], 0, "{path}: {answer}");
    }
}

pub fn group(id: &str, owner: &str, members: &[&str], need_verification: i32) -> Value {
    json!({
        "ownerUserID": owner, "memberUserIDs": members, "adminUserIDs": [],
        "groupInfo": {
            "groupID": id, "groupName": format!("group {id}"), "groupType": 2, "needVerification": need_verification
        }
    })
}

/// Routes that take what somebody owns: the body names alice.
pub fn owned() -> Vec<(&'static str, Value)> {
    let page = json!({"pageNumber": 1, "showNumber": 10});
    let version = json!({"userID": "alice", "versionID": "", "version": 0});
    vec![
        (
            "/friend/add_friend",
            json!({"fromUserID": "alice", "toUserID": "bob"}),
        ),
        (
            "/friend/add_friend_response",
            json!({"fromUserID": "dave", "toUserID": "alice", "handleResult": -1}),
        ),
        (
            "/friend/set_friend_remark",
            json!({"ownerUserID": "alice", "friendUserID": "carol", "remark": "C"}),
        ),
        (
            "/friend/update_friends",
            json!({"ownerUserID": "alice", "friendUserIDs": ["carol"], "isPinned": true}),
        ),
        (
            "/friend/is_friend",
            json!({"userID1": "alice", "userID2": "carol"}),
        ),
        ("/friend/get_friend_id", json!({"userID": "alice"})),
        ("/friend/get_incremental_friends", version.clone()),
        (
            "/friend/get_friend_list",
            json!({"userID": "alice", "pagination": page}),
        ),
        (
            "/friend/get_designated_friends",
            json!({"ownerUserID": "alice", "friendUserIDs": ["bob"]}),
        ),
        (
            "/friend/get_specified_friends_info",
            json!({"ownerUserID": "alice", "userIDList": ["bob"]}),
        ),
        (
            "/friend/get_full_friend_user_ids",
            json!({"userID": "alice"}),
        ),
        (
            "/friend/get_friend_apply_list",
            json!({"userID": "alice", "pagination": page}),
        ),
        (
            "/friend/get_self_friend_apply_list",
            json!({"userID": "alice", "pagination": page}),
        ),
        (
            "/friend/get_designated_friend_apply",
            json!({"fromUserID": "alice", "toUserID": "bob"}),
        ),
        (
            "/friend/get_self_unhandled_apply_count",
            json!({"userID": "alice"}),
        ),
        (
            "/friend/add_black",
            json!({"ownerUserID": "alice", "blackUserID": "dave"}),
        ),
        (
            "/friend/get_black_list",
            json!({"userID": "alice", "pagination": page}),
        ),
        (
            "/friend/get_specified_blacks",
            json!({"ownerUserID": "alice", "userIDList": ["dave"]}),
        ),
        ("/friend/get_incremental_blacks", version.clone()),
        (
            "/friend/remove_black",
            json!({"ownerUserID": "alice", "blackUserID": "dave"}),
        ),
        (
            "/friend/delete_friend",
            json!({"ownerUserID": "alice", "friendUserID": "carol"}),
        ),
        ("/group/create_group", group("", "alice", &["bob"], 0)),
        (
            "/group/join_group",
            json!({"groupID": "99", "joinSource": 3, "inviterUserID": "alice"}),
        ),
        (
            "/group/quit_group",
            json!({"groupID": "88", "userID": "alice"}),
        ),
        ("/group/get_incremental_join_groups", version),
        (
            "/group/get_joined_group_list",
            json!({"fromUserID": "alice", "pagination": page}),
        ),
        ("/group/get_full_join_group_ids", json!({"userID": "alice"})),
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
            json!({"userID": "alice"}),
        ),
    ]
}

/// What can be done only once.
pub const ONCE: [&str; 4] = [
    "/friend/add_friend_response",
    "/friend/delete_friend",
    "/group/join_group",
    "/group/quit_group",
];

/// Routes for the members of a group.
pub fn of_members() -> Vec<(&'static str, Value)> {
    let page = json!({"pageNumber": 1, "showNumber": 10});
    vec![
        (
            "/group/get_group_abstract_info",
            json!({"groupIDs": ["77"]}),
        ),
        (
            "/group/get_group_member_list",
            json!({"groupID": "77", "pagination": page}),
        ),
        (
            "/group/get_group_members_info",
            json!({"groupID": "77", "userIDs": ["alice"]}),
        ),
        ("/group/get_group_member_user_id", json!({"groupID": "77"})),
        (
            "/group/get_full_group_member_user_ids",
            json!({"groupID": "77"}),
        ),
        (
            "/group/get_incremental_group_members",
            json!({"groupID": "77"}),
        ),
        (
            "/group/get_incremental_group_members_batch",
            json!({"reqList": [{"groupID": "77"}]}),
        ),
        (
            "/group/invite_user_to_group",
            json!({"groupID": "77", "invitedUserIDs": ["carol"]}),
        ),
    ]
}

/// Routes for those who manage a group; in the order in which they can be asked one after the other.
pub fn of_managers() -> Vec<(&'static str, Value)> {
    vec![
        (
            "/group/get_group_users_req_application_list",
            json!({"groupID": "77", "userIDs": ["dave"]}),
        ),
        (
            "/group/get_specified_user_group_request_info",
            json!({"groupID": "77", "userID": "dave"}),
        ),
        (
            "/group/group_application_response",
            json!({"groupID": "77", "fromUserID": "dave", "handleResult": 1}),
        ),
        (
            "/group/set_group_info",
            json!({"groupInfoForSet": {"groupID": "77", "groupName": "one"}}),
        ),
        (
            "/group/set_group_info_ex",
            json!({"groupID": "77", "groupName": "two"}),
        ),
        (
            "/group/set_group_member_info",
            json!({"members": [{"groupID": "77", "userID": "dave", "nickname": "D"}]}),
        ),
        (
            "/group/mute_group_member",
            json!({"groupID": "77", "userID": "dave", "mutedSeconds": 60}),
        ),
        (
            "/group/cancel_mute_group_member",
            json!({"groupID": "77", "userID": "dave"}),
        ),
        ("/group/mute_group", json!({"groupID": "77"})),
        ("/group/cancel_mute_group", json!({"groupID": "77"})),
        (
            "/group/kick_group",
            json!({"groupID": "77", "kickedUserIDs": ["dave"]}),
        ),
        (
            "/group/transfer_group",
            json!({"groupID": "77", "oldOwnerUserID": "alice", "newOwnerUserID": "alice"}),
        ),
        ("/group/dismiss_group", json!({"groupID": "77"})),
    ]
}

/// Routes for administrators.
pub fn administrative() -> Vec<(&'static str, Value)> {
    let page = json!({"pageNumber": 1, "showNumber": 10});
    vec![
        (
            "/friend/import_friend",
            json!({"ownerUserID": "alice", "friendUserIDs": ["frank"]}),
        ),
        ("/group/get_groups", json!({"pagination": page})),
    ]
}
