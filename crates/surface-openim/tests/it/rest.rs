//! REST: the envelope, the order of checks, tokens and accounts.

use serde_json::{Value, json};

use crate::device::Device;
use crate::harness::{SECRET, Server};

#[tokio::test]
async fn checks_come_in_the_originals_order() {
    let server = Server::start().await;
    let url = format!("{}/user/get_users_info", server.api);
    let code = async |request: reqwest::RequestBuilder| {
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["errCode"].as_i64().unwrap()
    };
    let post = || server.http().post(&url);
    assert_eq!(
        code(post().header("token", "x").body("{")).await,
        1001,
        "no operationID"
    );
    assert_eq!(
        code(post().header("operationID", "o").body("{")).await,
        1001,
        "no token"
    );
    let with = |token: &str| post().header("operationID", "o").header("token", token);
    assert_eq!(code(with("nonsense").body("{")).await, 1503);
    assert_eq!(code(with(&server.admin).body("{")).await, 1001);
    assert_eq!(
        code(with(&server.admin).body("{}")).await,
        1001,
        "userIDs is required"
    );
    assert_eq!(
        code(with(&server.admin).body(r#"{"userIDs":["imAdmin"],"more":1}"#)).await,
        0
    );
    assert_eq!(
        code(with(&server.admin).body(r#"{"userIDs":"imAdmin"}"#)).await,
        1001,
        "wrong type"
    );
}

#[tokio::test]
async fn every_answer_lets_browsers_in() {
    let server = Server::start().await;
    let url = format!("{}/msg/get_server_time", server.api);
    let preflight = server
        .http()
        .request(reqwest::Method::OPTIONS, &url)
        .send()
        .await
        .unwrap();
    assert_eq!(preflight.headers()["access-control-allow-origin"], "*");
    assert_eq!(
        (
            preflight.status().as_u16(),
            preflight.text().await.unwrap().as_str()
        ),
        (200, "\"Options Request!\"")
    );
    let answer = server.http().post(&url).send().await.unwrap();
    assert_eq!(answer.headers()["access-control-allow-headers"], "*");
    let nowhere = server
        .http()
        .post(format!("{}/no/such", server.api))
        .send()
        .await
        .unwrap();
    assert_eq!(nowhere.status(), 404);
    assert_eq!(nowhere.headers()["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn an_answer_is_compressed_when_the_client_asks() {
    let server = Server::start().await;
    let answer = server
        .http()
        .post(format!("{}/user/get_users_info", server.api))
        .header("operationID", "o")
        .header("token", &server.admin)
        .header("Accept-Encoding", "gzip")
        .body(json!({"userIDs": ["imAdmin"]}).to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
}

#[tokio::test]
async fn administrators_prove_themselves_with_the_secret() {
    let server = Server::start().await;
    let ask = async |secret: &str, user: &str| {
        server
            .post(
                "/auth/get_admin_token",
                None,
                json!({"secret": secret, "userID": user}),
            )
            .await
    };
    let answer = ask(SECRET, "imAdmin").await;
    assert_eq!(answer["data"]["expireTimeSeconds"], 1000);
    assert_eq!(ask("wrong", "imAdmin").await["errCode"], 1002);
    assert_eq!(ask(SECRET, "alice").await["errCode"], 1001);
    let token = answer["data"]["token"].as_str().unwrap();
    let parsed = server
        .post("/auth/parse_token", None, json!({"token": token}))
        .await;
    assert_eq!(
        (&parsed["data"]["userID"], &parsed["data"]["platformID"]),
        (&json!("imAdmin"), &json!(10))
    );
    assert_eq!(
        parsed["data"]["expireTimeSeconds"],
        testkit::BEGIN / 1000 + 1000
    );
}

#[tokio::test]
async fn user_tokens_are_refused_by_number() {
    let server = Server::start().await;
    server.register(&["alice"]).await;
    let add = json!({"userID": "news", "nickName": "News", "faceURL": "http://x/n.png", "appMangerLevel": 3});
    assert_eq!(
        server.as_admin("/user/add_notification_account", add).await["errCode"],
        0
    );
    for (user, platform, code) in [
        ("alice", 1, 0),
        ("alice", 10, 1002),
        ("imAdmin", 1, 1002),
        ("nobody", 1, 1004),
        ("news", 1, 1001),
        ("alice", 12, 1001),
        ("", 1, 1001),
    ] {
        let body = json!({"userID": user, "platformID": platform});
        assert_eq!(
            server.as_admin("/auth/get_user_token", body).await["errCode"],
            code,
            "{user} {platform}"
        );
    }
}

#[tokio::test]
async fn a_second_token_of_a_platform_ends_the_first_for_requests() {
    let server = Server::start().await;
    server.register(&["alice"]).await;
    let first = server.token("alice", 1).await;
    let second = server.token("alice", 1).await;
    let ask = async |token: &str| {
        server
            .post(
                "/user/get_users_info",
                Some(token),
                json!({"userIDs": ["alice"]}),
            )
            .await["errCode"]
            .clone()
    };
    assert_eq!(
        (ask(&first).await, ask(&second).await),
        (json!(1506), json!(0))
    );
    server.clock.advance(1_001_000);
    assert_eq!(ask(&second).await, 1501);
}

#[tokio::test]
async fn registering_checks_every_user_and_takes_all_or_none() {
    let server = Server::start().await;
    let register = async |users: Value| {
        server
            .as_admin("/user/user_register", json!({"users": users}))
            .await["errCode"]
            .clone()
    };
    assert_eq!(
        register(json!([{"userID": "a", "nickname": "A", "faceURL": "f", "ex": "x"}])).await,
        0
    );
    assert_eq!(
        register(json!([{"userID": "b", "nickname": "B"}, {"userID": "a", "nickname": "A"}])).await,
        1102
    );
    assert_eq!(
        register(json!([{"userID": "b", "nickname": "B"}, {"userID": "b", "nickname": "B"}])).await,
        1001
    );
    assert_eq!(
        register(json!([{"userID": "b:c", "nickname": "B"}])).await,
        1001
    );
    assert_eq!(
        register(json!([{"userID": "b", "nickname": ""}])).await,
        1001
    );
    assert_eq!(register(json!([])).await, 1001);
    let answer = server
        .as_admin("/user/get_users_info", json!({"userIDs": ["b", "a", "a"]}))
        .await;
    assert_eq!(
        answer["data"]["usersInfo"],
        json!([{
            "userID": "a", "nickname": "A", "faceURL": "f", "ex": "x", "createTime": testkit::BEGIN,
            "appMangerLevel": 1, "globalRecvMsgOpt": 0
        }])
    );
    let answer = server
        .as_admin("/user/account_check", json!({"checkUserIDs": ["a", "b"]}))
        .await;
    assert_eq!(
        answer["data"]["results"],
        json!([{"userID": "a", "accountStatus": 1}, {"userID": "b", "accountStatus": 0}])
    );
}

#[tokio::test]
async fn a_profile_change_reaches_ones_own_devices() {
    let server = Server::start().await;
    server.register(&["alice"]).await;
    let token = server.token("alice", 1).await;
    let mut alice = Device::login(&server, "alice", 7).await;
    let change = json!({"userInfo": {"userID": "alice", "nickname": "Alice2", "faceURL": null, "ex": null, "globalRecvMsgOpt": null}});
    let answer = server
        .post("/user/update_user_info_ex", Some(&token), change)
        .await;
    assert_eq!(answer, json!({"errCode": 0, "errMsg": "", "errDlt": ""}));
    let (conversation, message) = alice.pushed().await;
    assert_eq!(
        (conversation.as_str(), message.content_type, message.seq),
        ("n_alice_alice", 1303, 0)
    );
    assert_eq!(
        &message.content[..],
        br#"{"detail":"{\"userID\":\"alice\"}"}"#
    );
    assert_eq!(message.options.get("history"), Some(&false));
}
