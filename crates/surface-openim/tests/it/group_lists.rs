//! Lists of groups and members: their order, their filters, and their increments.

use serde_json::{Value, json};

use crate::circle::{Circle, group_info, new_group};

async fn increment(circle: &Circle, user: &str, known: &Value) -> Value {
    let ask =
        json!({"groupID": "77", "versionID": known["versionID"], "version": known["version"]});
    let body = json!({"userID": user, "reqList": [ask]});
    let batch = circle
        .ok(user, "/group/get_incremental_group_members_batch", body)
        .await;
    batch["respList"]["77"].clone()
}

#[tokio::test]
async fn a_member_list_is_followed_by_its_increments() {
    let circle = Circle::start().await;
    let first = increment(&circle, "bob", &json!({"versionID": "", "version": 0})).await;
    assert_eq!(first["full"], true);
    assert_eq!(first["group"], group_info(&json!({})));
    let same = increment(&circle, "bob", &first).await;
    assert_eq!(
        same,
        json!({
            "version": first["version"], "versionID": first["versionID"], "full": false, "delete": [], "insert": [],
            "update": [], "group": null, "sortVersion": 0
        })
    );

    let renamed = json!({"groupID": "77", "groupName": "x"});
    circle
        .ok("alice", "/group/set_group_info_ex", renamed)
        .await;
    let record = increment(&circle, "bob", &first).await;
    assert_eq!(
        (&record["group"]["groupName"], &record["update"]),
        (&json!("x"), &json!([]))
    );

    let promoted = json!({"members": [{"groupID": "77", "userID": "carol", "roleLevel": 60}]});
    circle
        .ok("alice", "/group/set_group_member_info", promoted)
        .await;
    let moved = increment(&circle, "bob", &record).await;
    assert_eq!(moved["update"][0]["userID"], "carol");
    assert_eq!(moved["sortVersion"], moved["version"]);
    assert_eq!(moved["group"]["groupID"], "77");

    let invited = json!({"groupID": "77", "invitedUserIDs": ["eve"]});
    circle
        .ok("bob", "/group/invite_user_to_group", invited)
        .await;
    circle
        .ok("carol", "/group/quit_group", json!({"groupID": "77"}))
        .await;
    let changed = increment(&circle, "bob", &moved).await;
    assert_eq!(
        (&changed["insert"][0]["userID"], &changed["delete"]),
        (&json!("eve"), &json!(["carol"]))
    );
    assert_eq!(changed["sortVersion"], 0);
    let all = increment(&circle, "bob", &first).await;
    assert_eq!(all["version"], changed["version"]);
    assert_eq!(all["delete"], json!(["carol"]));

    let single =
        json!({"groupID": "77", "versionID": first["versionID"], "version": first["version"]});
    let single = circle
        .ok("bob", "/group/get_incremental_group_members", single)
        .await;
    assert_eq!(single, all);
}

#[tokio::test]
async fn members_are_listed_the_more_powerful_first_and_by_filter() {
    let circle = Circle::start().await;
    let list = async |more: Value| {
        let mut ask = json!({"groupID": "77", "pagination": {"pageNumber": 1, "showNumber": 3}});
        ask.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let found = circle.ok("bob", "/group/get_group_member_list", ask).await;
        let names: Vec<_> = found["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(|member| member["userID"].as_str().unwrap().to_owned())
            .collect();
        (found["total"].as_u64().unwrap(), names.join(" "))
    };
    for (more, total, names) in [
        (json!({}), 4, "alice dave bob"),
        (
            json!({"pagination": {"pageNumber": 2, "showNumber": 3}}),
            4,
            "carol",
        ),
        (
            json!({"pagination": {"pageNumber": 9, "showNumber": 3}}),
            4,
            "",
        ),
        (json!({"filter": 1}), 1, "alice"),
        (json!({"filter": 2}), 1, "dave"),
        (json!({"filter": 3}), 2, "bob carol"),
        (json!({"filter": 4}), 3, "dave bob carol"),
        (json!({"filter": 5}), 2, "alice dave"),
        (json!({"keyword": "AR"}), 1, "carol"),
    ] {
        assert_eq!(
            list(more.clone()).await,
            (total, names.to_owned()),
            "{more}"
        );
    }
    let bad =
        json!({"groupID": "77", "filter": 6, "pagination": {"pageNumber": 1, "showNumber": 3}});
    assert_eq!(
        circle
            .code("bob", "/group/get_group_member_list", bad)
            .await,
        1001
    );
    let ids = circle
        .ok(
            "bob",
            "/group/get_full_group_member_user_ids",
            json!({"groupID": "77"}),
        )
        .await;
    assert_eq!(ids["userIDs"], json!(["alice", "dave", "bob", "carol"]));
    let abstracts = circle
        .ok(
            "bob",
            "/group/get_group_abstract_info",
            json!({"groupIDs": ["77"]}),
        )
        .await;
    let info = &abstracts["groupAbstractInfos"][0];
    assert_eq!(
        (&info["groupID"], &info["groupMemberNumber"]),
        (&json!("77"), &json!(4))
    );
    assert_ne!(info["groupMemberListHash"], 0);
}

#[tokio::test]
async fn joined_groups_are_followed_by_their_increments() {
    let circle = Circle::start().await;
    let changes = async |known: &Value| {
        let ask =
            json!({"userID": "bob", "versionID": known["versionID"], "version": known["version"]});
        circle
            .ok("bob", "/group/get_incremental_join_groups", ask)
            .await
    };
    let first = changes(&json!({"versionID": "", "version": 0})).await;
    assert_eq!(first["full"], true);
    circle
        .ok(
            "carol",
            "/group/create_group",
            new_group("78", "carol", &[], &["bob"]),
        )
        .await;
    let more = changes(&first).await;
    assert_eq!(
        (
            &more["insert"][0]["groupID"],
            &more["insert"][0]["memberCount"]
        ),
        (&json!("78"), &json!(2))
    );
    let kick = json!({"groupID": "78", "kickedUserIDs": ["bob"]});
    circle.ok("carol", "/group/kick_group", kick).await;
    let less = changes(&more).await;
    assert_eq!(
        (&less["insert"], &less["delete"]),
        (&json!([]), &json!(["78"]))
    );
    let ids = circle
        .ok(
            "bob",
            "/group/get_full_join_group_ids",
            json!({"userID": "bob", "idHash": 0}),
        )
        .await;
    assert_eq!(ids["groupIDs"], json!(["77"]));
    assert_eq!(ids["version"], less["version"]);
}

#[tokio::test]
async fn a_batch_ends_when_it_is_large_and_answers_a_living_group_at_least() {
    let circle = Circle::start().await;
    let crowd: Vec<String> = (0..180).map(|n| format!("u{n}")).collect();
    let crowd: Vec<&str> = crowd.iter().map(String::as_str).collect();
    circle.server.register(&crowd).await;
    let mut asks = Vec::new();
    for id in ["80", "81", "82", "83"] {
        circle
            .ok(
                "alice",
                "/group/create_group",
                new_group(id, "alice", &[], &[]),
            )
            .await;
        let ids = circle
            .ok(
                "alice",
                "/group/get_full_group_member_user_ids",
                json!({"groupID": id}),
            )
            .await;
        asks.push(json!({"groupID": id, "versionID": ids["versionID"], "version": ids["version"]}));
        let invite = json!({"groupID": id, "invitedUserIDs": crowd});
        circle
            .ok("alice", "/group/invite_user_to_group", invite)
            .await;
    }
    let ask = async |list: &[Value]| {
        let body = json!({"userID": "alice", "reqList": list});
        let batch = circle
            .ok("alice", "/group/get_incremental_group_members_batch", body)
            .await;
        let groups = batch["respList"].as_object().unwrap();
        groups
            .iter()
            .map(|(id, answer)| (id.clone(), answer["insert"].as_array().unwrap().len()))
            .collect::<Vec<_>>()
    };
    let entry = |id: &str| (id.to_owned(), 180);
    assert_eq!(ask(&asks).await, [entry("80"), entry("81"), entry("82")]);
    assert_eq!(ask(&asks[3..]).await, [entry("83")]);
}

#[tokio::test]
async fn a_group_is_made_of_more_people_than_one_request_may_otherwise_name() {
    let circle = Circle::without_group().await;
    let crowd: Vec<String> = (0..1500).map(|n| format!("u{n}")).collect();
    let crowd: Vec<&str> = crowd.iter().map(String::as_str).collect();
    for part in crowd.chunks(1000) {
        circle.server.register(part).await;
    }
    let made = circle
        .ok(
            "alice",
            "/group/create_group",
            new_group("77", "alice", &[], &crowd),
        )
        .await;
    assert_eq!(made["groupInfo"]["memberCount"], 1501);
    let chat = json!({"userID": "u1499", "versionID": "", "version": 0});
    let token = circle.server.token("u1499", 7).await;
    let listed = circle
        .server
        .ok("/conversation/get_incremental_conversations", &token, chat)
        .await;
    assert_eq!(listed["full"], true);
    let page = json!({"userID": "u1499", "pagination": {"pageNumber": 1, "showNumber": 10}});
    let chats = circle
        .server
        .ok("/conversation/get_owner_conversation", &token, page)
        .await;
    assert_eq!(chats["conversations"][0]["conversationID"], "sg_77");
}
