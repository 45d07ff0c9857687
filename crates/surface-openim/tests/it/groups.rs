//! Groups: who may do what, what devices are told of it, and what the lists' increments say.

use serde_json::{Value, json};
use testkit::BEGIN;

use crate::circle::{Circle, group_info, in_chat, member, new_group, noticed, with};

#[tokio::test]
async fn a_new_group_is_told_to_its_members_and_its_chat_begins_with_it() {
    let circle = Circle::without_group().await;
    let mut bob = circle.device("bob").await;
    let mut eve = circle.device("eve").await;
    let mut body = new_group("77", "alice", &["dave"], &["bob", "carol"]);
    body["groupInfo"]["notification"] = json!("welcome");
    let made = circle.ok("alice", "/group/create_group", body).await;
    let info = group_info(&json!({
        "notification": "welcome", "notificationUpdateTime": BEGIN, "notificationUserID": "alice"
    }));
    assert_eq!(made["groupInfo"], info);

    let (id, version) = circle.version().await;
    assert_eq!(version, 1);
    let alice = member("alice", 100, &json!({}));
    let expected = json!({
        "group": info, "opUser": alice, "groupOwnerUser": alice, "operationTime": BEGIN,
        "memberList": [
            alice, member("dave", 60, &json!({})), member("bob", 20, &json!({})), member("carol", 20, &json!({}))
        ],
        "groupMemberVersion": version, "groupMemberVersionID": id
    });
    let (copy, says) = in_chat(&mut bob, 1501).await;
    assert_eq!((copy.seq, copy.send_id.as_str()), (1, "alice"));
    assert_eq!(says, expected);
    assert_eq!(noticed(&mut bob, 1501).await, expected);
    let (copy, says) = in_chat(&mut bob, 1519).await;
    assert_eq!((copy.seq, &says["group"]), (2, &info));
    assert_eq!(noticed(&mut bob, 1519).await["opUser"], alice);

    let record = circle.conversation("bob").await;
    assert_eq!(
        (
            &record["conversationType"],
            &record["groupID"],
            &record["userID"]
        ),
        (&json!(3), &json!("77"), &json!(""))
    );
    // A stranger hears nothing: the next thing is her own.
    eve.said("eve", "m1", "quiet here").await;
    assert_eq!(eve.pushed().await.1.content_type, 101);
}

#[tokio::test]
async fn a_group_that_cannot_be_made_is_refused_by_code() {
    let circle = Circle::start().await;
    let change = |at: &str, value: Value| {
        let mut body = new_group("", "alice", &[], &["bob"]);
        *body.pointer_mut(at).unwrap() = value;
        body
    };
    for (body, code) in [
        (change("/groupInfo/groupType", json!(1)), 1205),
        (change("/groupInfo/groupID", json!("77")), 1202),
        (change("/groupInfo/groupName", json!("")), 1001),
        (change("/groupInfo", Value::Null), 1001),
        (change("/memberUserIDs", json!(["bob", "bob"])), 1001),
        (change("/memberUserIDs", json!(["alice"])), 1001),
        (change("/adminUserIDs", json!(["bob"])), 1001),
        (change("/memberUserIDs", json!(["nobody"])), 1101),
        (change("/ownerUserID", json!("bob")), 1002),
        (change("/ownerUserID", json!("")), 1001),
    ] {
        let got = circle
            .code("alice", "/group/create_group", body.clone())
            .await;
        assert_eq!(got, code, "{body}");
    }
    let made = circle
        .ok(
            "alice",
            "/group/create_group",
            new_group("", "alice", &[], &[]),
        )
        .await;
    let id = made["groupInfo"]["groupID"].as_str().unwrap();
    assert!(id.parse::<u32>().is_ok(), "{id}");
}

/// One thing that somebody does to the group, and what its members are told of it.
struct Step {
    who: &'static str,
    path: &'static str,
    body: Value,
    notice: i32,
    /// Whether it stands in the chat too.
    is_said: bool,
    /// Members of the detail besides `group`, `opUser` and the version.
    says: Value,
}

fn steps() -> Vec<Step> {
    let step = |who, path, body, notice, is_said, says| Step {
        who,
        path,
        body,
        notice,
        is_said,
        says,
    };
    let until = BEGIN + 60_000;
    let muted = member("bob", 20, &json!({"muteEndTime": until}));
    let renamed = member("bob", 20, &json!({"nickname": "Bobby"}));
    let promoted = member("bob", 60, &json!({"nickname": "Bobby"}));
    let old = member("alice", 20, &json!({}));
    let new = member("carol", 100, &json!({}));
    vec![
        step(
            "dave",
            "/group/set_group_info_ex",
            json!({"groupID": "77", "introduction": "i"}),
            1502,
            false,
            json!({}),
        ),
        step(
            "dave",
            "/group/set_group_info_ex",
            json!({"groupID": "77", "groupName": "n"}),
            1520,
            true,
            json!({}),
        ),
        step(
            "dave",
            "/group/set_group_info_ex",
            json!({"groupID": "77", "notification": "x"}),
            1519,
            true,
            json!({}),
        ),
        step(
            "dave",
            "/group/set_group_info_ex",
            json!({"groupID": "77", "notification": ""}),
            1519,
            false,
            json!({}),
        ),
        step(
            "dave",
            "/group/mute_group_member",
            json!({"groupID": "77", "userID": "bob", "mutedSeconds": 60}),
            1512,
            true,
            json!({"mutedUser": muted, "mutedSeconds": 60}),
        ),
        step(
            "dave",
            "/group/cancel_mute_group_member",
            json!({"groupID": "77", "userID": "bob"}),
            1513,
            true,
            json!({"mutedUser": member("bob", 20, &json!({}))}),
        ),
        step(
            "dave",
            "/group/mute_group",
            json!({"groupID": "77"}),
            1514,
            true,
            json!({}),
        ),
        step(
            "dave",
            "/group/cancel_mute_group",
            json!({"groupID": "77"}),
            1515,
            true,
            json!({}),
        ),
        step(
            "bob",
            "/group/set_group_member_info",
            json!({"members": [{"groupID": "77", "userID": "bob", "nickname": "Bobby"}]}),
            1516,
            false,
            json!({"changedUser": renamed, "groupSortVersion": 0}),
        ),
        step(
            "alice",
            "/group/set_group_member_info",
            json!({"members": [{"groupID": "77", "userID": "bob", "roleLevel": 60}]}),
            1517,
            false,
            json!({"changedUser": promoted}),
        ),
        step(
            "alice",
            "/group/set_group_member_info",
            json!({"members": [{"groupID": "77", "userID": "bob", "roleLevel": 20}]}),
            1518,
            false,
            json!({"changedUser": renamed}),
        ),
        step(
            "alice",
            "/group/transfer_group",
            json!({"groupID": "77", "oldOwnerUserID": "alice", "newOwnerUserID": "carol"}),
            1507,
            true,
            json!({"newGroupOwner": new, "oldGroupOwner": "", "oldGroupOwnerInfo": old}),
        ),
    ]
}

#[tokio::test]
async fn every_change_reaches_the_members_by_its_notice_with_the_version_after_it() {
    let circle = Circle::start().await;
    let mut bob = circle.device("bob").await;
    let (id, mut version) = circle.version().await;
    for step in steps() {
        circle.ok(step.who, step.path, step.body.clone()).await;
        let shown = format!("{} {}", step.path, step.body);
        if step.is_said {
            let (copy, _) = in_chat(&mut bob, step.notice).await;
            assert_eq!(copy.send_id, step.who, "{shown}");
        }
        let says = noticed(&mut bob, step.notice).await;
        version += 1;
        assert_eq!(
            (&says["groupMemberVersion"], &says["groupMemberVersionID"]),
            (&json!(version), &json!(id)),
            "{shown}"
        );
        assert_eq!(says["group"]["groupID"], "77", "{shown}");
        assert_eq!(says["opUser"]["userID"], step.who, "{shown}");
        for (name, value) in step.says.as_object().unwrap() {
            assert_eq!(&says[name], value, "{shown}: {name}");
        }
        if [1517, 1518].contains(&step.notice) {
            assert_eq!(says["groupSortVersion"], json!(version), "{shown}");
        }
    }
    let state = circle
        .ok(
            "bob",
            "/group/get_groups_info",
            json!({"groupIDs": ["77", "none"]}),
        )
        .await;
    assert_eq!(
        state["groupInfos"],
        json!([group_info(&json!({
            "groupName": "n", "introduction": "i", "ownerUserID": "carol",
            "notificationUpdateTime": BEGIN, "notificationUserID": "dave"
        }))])
    );
}

#[tokio::test]
async fn who_stands_where_decides_what_they_may_do_to_whom() {
    let circle = Circle::start().await;
    let kick = |who: &str| json!({"groupID": "77", "kickedUserIDs": [who]});
    let mute = |who: &str| json!({"groupID": "77", "userID": who, "mutedSeconds": 5});
    let set = |who: &str, more: Value| json!({"members": [with(json!({"groupID": "77", "userID": who}), &more)]});
    let role = |level: i32| json!({"roleLevel": level});
    let (kicks, mutes, sets) = (
        "/group/kick_group",
        "/group/mute_group_member",
        "/group/set_group_member_info",
    );
    for (who, path, body, code) in [
        ("dave", kicks, kick("dave"), 1001),
        ("dave", kicks, kick("alice"), 1001),
        ("alice", kicks, kick("alice"), 1001),
        ("alice", kicks, kick("eve"), 1101),
        ("alice", kicks, kick("nobody"), 1101),
        ("bob", kicks, kick("carol"), 1002),
        (
            "alice",
            kicks,
            json!({"groupID": "77", "kickedUserIDs": []}),
            1001,
        ),
        (
            "alice",
            kicks,
            json!({"groupID": "78", "kickedUserIDs": ["bob"]}),
            1201,
        ),
        ("dave", mutes, mute("alice"), 1002),
        ("dave", mutes, mute("dave"), 1002),
        ("bob", mutes, mute("carol"), 1002),
        ("alice", mutes, mute("eve"), 1004),
        (
            "alice",
            mutes,
            json!({"groupID": "77", "userID": "bob", "mutedSeconds": 0}),
            1001,
        ),
        ("bob", sets, set("carol", json!({"nickname": "C"})), 1002),
        ("dave", sets, set("alice", json!({"nickname": "A"})), 1002),
        ("bob", sets, set("bob", role(60)), 1002),
        ("dave", sets, set("bob", role(60)), 1002),
        ("dave", sets, set("dave", role(20)), 1002),
        ("alice", sets, set("alice", role(20)), 1002),
        ("alice", sets, set("bob", role(100)), 1002),
        ("alice", sets, set("bob", role(7)), 1001),
        ("alice", sets, json!({"members": []}), 1001),
        ("alice", "/group/quit_group", json!({"groupID": "77"}), 1002),
        ("eve", "/group/quit_group", json!({"groupID": "77"}), 1004),
        (
            "bob",
            "/group/quit_group",
            json!({"groupID": "77", "userID": "carol"}),
            1002,
        ),
        (
            "dave",
            "/group/dismiss_group",
            json!({"groupID": "77"}),
            1002,
        ),
        (
            "dave",
            "/group/transfer_group",
            json!({"groupID": "77", "oldOwnerUserID": "alice", "newOwnerUserID": "dave"}),
            1002,
        ),
        (
            "alice",
            "/group/transfer_group",
            json!({"groupID": "77", "oldOwnerUserID": "dave", "newOwnerUserID": "bob"}),
            1002,
        ),
        (
            "alice",
            "/group/transfer_group",
            json!({"groupID": "77", "oldOwnerUserID": "alice", "newOwnerUserID": "eve"}),
            1004,
        ),
        (
            "alice",
            "/group/set_group_info_ex",
            json!({"groupID": "77", "groupName": ""}),
            1001,
        ),
        (
            "alice",
            "/group/set_group_info_ex",
            json!({"groupID": "77", "needVerification": 3}),
            1001,
        ),
        (
            "alice",
            "/group/set_group_info_ex",
            json!({"groupID": "78", "groupName": "x"}),
            1201,
        ),
        (
            "bob",
            "/group/invite_user_to_group",
            json!({"groupID": "77", "invitedUserIDs": ["eve", "eve"]}),
            1001,
        ),
        (
            "bob",
            "/group/invite_user_to_group",
            json!({"groupID": "77", "invitedUserIDs": ["nobody"]}),
            1004,
        ),
        (
            "bob",
            "/group/join_group",
            json!({"groupID": "77", "inviterUserID": "bob", "joinSource": 3}),
            1001,
        ),
        (
            "eve",
            "/group/join_group",
            json!({"groupID": "77", "inviterUserID": "eve", "joinSource": 0}),
            1001,
        ),
        (
            "eve",
            "/group/get_group_abstract_info",
            json!({"groupIDs": ["78"]}),
            1201,
        ),
    ] {
        assert_eq!(
            circle.code(who, path, body.clone()).await,
            code,
            "{who} {path} {body}"
        );
    }
    for (who, path, body) in [
        ("dave", mutes, mute("bob")),
        ("alice", mutes, mute("dave")),
        ("dave", sets, set("bob", json!({"nickname": "B"}))),
        ("dave", kicks, kick("bob")),
        ("alice", kicks, kick("dave")),
    ] {
        assert_eq!(
            circle.code(who, path, body.clone()).await,
            0,
            "{who} {path} {body}"
        );
    }
}

#[tokio::test]
async fn members_are_changed_together_or_not_at_all() {
    let circle = Circle::start().await;
    let body = |second: &str| {
        json!({"members": [
            {"groupID": "77", "userID": "bob", "nickname": "B"}, {"groupID": "77", "userID": second, "nickname": "S"}
        ]})
    };
    let path = "/group/set_group_member_info";
    for (second, code) in [("alice", 1002), ("bob", 1001), ("eve", 1004)] {
        assert_eq!(circle.code("dave", path, body(second)).await, code);
    }
    let names = async || {
        let ask = json!({"groupID": "77", "userIDs": ["bob", "carol", "eve"]});
        let found = circle.ok("bob", "/group/get_group_members_info", ask).await;
        let names = found["members"].as_array().unwrap().iter();
        names
            .map(|member| member["nickname"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["bob", "carol"]);
    circle.ok("dave", path, body("carol")).await;
    assert_eq!(names().await, ["B", "S"]);
}

#[tokio::test]
async fn a_dismissed_group_is_told_once_and_stays_readable() {
    let circle = Circle::start().await;
    let mut bob = circle.device("bob").await;
    let gone = json!({"groupID": "77"});
    circle
        .ok("alice", "/group/dismiss_group", gone.clone())
        .await;
    let expected = json!({
        "group": group_info(&json!({"status": 2})), "opUser": member("alice", 100, &json!({})), "operationTime": BEGIN
    });
    in_chat(&mut bob, 1511).await;
    let says = noticed(&mut bob, 1511).await;
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&says[name], value, "{name}");
    }
    let step_two = json!({"groupID": "77", "deleteMember": true});
    for (who, path, body, code) in [
        ("alice", "/group/dismiss_group", gone, 1204),
        ("alice", "/group/dismiss_group", step_two.clone(), 0),
        ("bob", "/group/dismiss_group", step_two, 1002),
        (
            "alice",
            "/group/set_group_info_ex",
            json!({"groupID": "77", "groupName": "x"}),
            1204,
        ),
        (
            "eve",
            "/group/join_group",
            json!({"groupID": "77", "inviterUserID": "eve", "joinSource": 3}),
            1204,
        ),
        (
            "alice",
            "/group/get_incremental_group_members",
            json!({"groupID": "77"}),
            1204,
        ),
    ] {
        assert_eq!(circle.code(who, path, body).await, code, "{who} {path}");
    }
    let found = circle
        .ok("eve", "/group/get_groups_info", json!({"groupIDs": ["77"]}))
        .await;
    assert_eq!(found["groupInfos"][0]["status"], 2);
    let batch = json!({"userID": "bob", "reqList": [{"groupID": "77"}, {"groupID": "none"}]});
    let left = circle
        .ok("bob", "/group/get_incremental_group_members_batch", batch)
        .await;
    for id in ["77", "none"] {
        let answer = &left["respList"][id];
        assert_eq!(
            (&answer["full"], &answer["group"]),
            (&json!(false), &Value::Null),
            "{id}"
        );
    }
    let joined = json!({"fromUserID": "bob", "pagination": {"pageNumber": 1, "showNumber": 10}});
    let list = circle
        .ok("bob", "/group/get_joined_group_list", joined)
        .await;
    assert_eq!(list, json!({"total": 0, "groups": []}));
    assert_ne!(circle.conversation("bob").await["maxSeq"], 0);
}

#[tokio::test]
async fn an_administrator_from_outside_acts_as_one_of_the_group() {
    let circle = Circle::start().await;
    let mut bob = circle.device("bob").await;
    let body =
        json!({"groupInfoForSet": {"groupID": "77", "groupName": "by admin", "introduction": ""}});
    assert_eq!(
        circle.server.as_admin("/group/set_group_info", body).await["errCode"],
        0
    );
    in_chat(&mut bob, 1520).await;
    let says = noticed(&mut bob, 1520).await;
    let who = &says["opUser"];
    assert_eq!(
        (&who["userID"], &who["roleLevel"], &who["appMangerLevel"]),
        (&json!("imAdmin"), &json!(60), &json!(2))
    );
    let page = json!({"pagination": {"pageNumber": 1, "showNumber": 10}, "groupName": "by"});
    let found = circle.server.as_admin("/group/get_groups", page).await;
    assert_eq!(found["data"]["total"], 1);
    let shown = &found["data"]["groups"][0];
    assert_eq!(
        (&shown["groupOwnerUserID"], &shown["groupOwnerUserName"]),
        (&json!("alice"), &json!("alice"))
    );
    assert_eq!(shown["groupInfo"]["groupName"], "by admin");
}
