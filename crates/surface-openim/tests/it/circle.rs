//! A group that the tests of groups begin with: 77 is alice's, dave helps to manage it, bob and carol are members, and
//! eve is a stranger.

use std::collections::HashMap;

use serde_json::{Value, json};
use testkit::BEGIN;
use wire::openim::proto::MsgData;

use crate::device::{Device, GZIP, detail};
use crate::harness::Server;

pub const PEOPLE: [&str; 5] = ["alice", "bob", "carol", "dave", "eve"];

pub struct Circle {
    pub server: Server,
    tokens: HashMap<&'static str, String>,
}

impl Circle {
    pub async fn start() -> Self {
        let circle = Self::without_group().await;
        let group = new_group("77", "alice", &["dave"], &["bob", "carol"]);
        circle.ok("alice", "/group/create_group", group).await;
        circle
    }

    pub async fn without_group() -> Self {
        let server = Server::start().await;
        server.register(&PEOPLE).await;
        let mut tokens = HashMap::new();
        for user in PEOPLE {
            tokens.insert(user, server.token(user, 7).await);
        }
        Self { server, tokens }
    }

    pub fn token(&self, user: &str) -> &str {
        &self.tokens[user]
    }

    pub async fn device(&self, user: &str) -> Device {
        Device::dial(&self.server, user, self.token(user), 7, GZIP).await
    }

    pub async fn ok(&self, user: &str, path: &str, body: Value) -> Value {
        self.server.ok(path, self.token(user), body).await
    }

    pub async fn code(&self, user: &str, path: &str, body: Value) -> i64 {
        self.server.code(path, self.token(user), body).await
    }

    /// What a device that has the group from the beginning would ask.
    pub async fn version(&self) -> (String, u64) {
        let ask = json!({"groupID": "77", "idHash": 0});
        let full = self
            .ok("alice", "/group/get_full_group_member_user_ids", ask)
            .await;
        (
            full["versionID"].as_str().unwrap().to_owned(),
            full["version"].as_u64().unwrap(),
        )
    }

    pub async fn conversation(&self, user: &str) -> Value {
        let ask = json!({"ownerUserID": user, "conversationID": "sg_77"});
        self.ok(user, "/conversation/get_conversation", ask).await["conversation"].clone()
    }
}

pub fn new_group(id: &str, owner: &str, administrators: &[&str], members: &[&str]) -> Value {
    json!({
        "ownerUserID": owner, "memberUserIDs": members, "adminUserIDs": administrators,
        "groupInfo": {"groupID": id, "groupName": "seven", "groupType": 2}
    })
}

/// `GroupInfo` of group 77, with what differs from its beginning.
pub fn group_info(more: &Value) -> Value {
    with(
        json!({
            "groupID": "77", "groupName": "seven", "notification": "", "introduction": "", "faceURL": "",
            "ownerUserID": "alice", "createTime": BEGIN, "memberCount": 4, "ex": "", "status": 0,
            "creatorUserID": "alice", "groupType": 2, "needVerification": 0, "lookMemberInfo": 0,
            "applyMemberFriend": 0, "notificationUpdateTime": 0, "notificationUserID": ""
        }),
        more,
    )
}

/// `GroupMemberFullInfo` of somebody who is in group 77 from the beginning.
pub fn member(user: &str, role: i32, more: &Value) -> Value {
    with(
        json!({
            "groupID": "77", "userID": user, "roleLevel": role, "joinTime": BEGIN, "nickname": user, "faceURL": "",
            "appMangerLevel": 1, "joinSource": 2, "operatorUserID": "alice", "ex": "", "muteEndTime": 0,
            "inviterUserID": "alice"
        }),
        more,
    )
}

pub fn with(mut value: Value, more: &Value) -> Value {
    let more = more.as_object().unwrap().clone();
    value.as_object_mut().unwrap().extend(more);
    value
}

/// The next push, which is a message of the group's chat; gives it and, if it is one of ours, what it says.
pub async fn in_chat(device: &mut Device, content_type: i32) -> (MsgData, Value) {
    let (conversation, message) = device.pushed().await;
    assert_eq!(
        (conversation.as_str(), message.content_type),
        ("sg_77", content_type),
        "{message:?}"
    );
    assert_eq!(
        (message.session_type, message.group_id.as_str()),
        (3, "77"),
        "{message:?}"
    );
    let says = if content_type >= 1000 {
        assert_eq!(message.recv_id, "77");
        detail(&message)
    } else {
        assert_eq!(message.recv_id, "");
        Value::Null
    };
    (message, says)
}

/// The next push, which is a notice of the group that is kept nowhere.
pub async fn noticed(device: &mut Device, content_type: i32) -> Value {
    let (conversation, says) = device.noticed(content_type).await;
    assert_eq!(conversation, "n_77", "{says}");
    says
}
