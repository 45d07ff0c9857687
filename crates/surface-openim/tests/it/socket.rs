//! What devices say to each other through the server.

use domain::sessions::MultiLogin;
use prost::Message as _;
use serde_json::json;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::{Error, Message};
use wire::openim::envelope::{Encoding, Framing};
use wire::openim::ids;
use wire::openim::proto::{
    GetMaxSeqReq, GetMaxSeqResp, MsgData, PullMessageBySeqsReq, PullMessageBySeqsResp, SeqRange,
    SubUserOnlineStatus, SubUserOnlineStatusTips,
};

use crate::device::{Device, GZIP, PLAIN};
use crate::harness::Server;

#[tokio::test]
async fn a_message_is_answered_and_pushed_to_both_in_every_encoding() {
    let server = Server::start().await;
    server.register(&["alice", "bob"]).await;
    for (n, encoding) in Encoding::ALL.into_iter().enumerate() {
        let token = server.token("alice", 7).await;
        let mut alice = Device::dial(&server, "alice", &token, 7, encoding).await;
        let mut bob = Device::login(&server, "bob", 1).await;
        let sent = alice.said("bob", &format!("m{n}"), "hello").await;
        assert_eq!(sent.client_msg_id, format!("m{n}"));
        assert_eq!(sent.server_msg_id.len(), 32);
        for device in [&mut alice, &mut bob] {
            let (conversation, message) = device.pushed().await;
            assert_eq!(conversation, "si_alice_bob");
            assert_eq!((message.seq, message.status), (n as i64 + 1, 2));
            assert_eq!(message.server_msg_id, sent.server_msg_id);
            assert_eq!(&message.content[..], br#"{"content":"hello"}"#);
        }
    }
}

#[tokio::test]
async fn who_was_away_finds_everything_by_sequence() {
    let server = Server::start().await;
    server.register(&["alice", "bob"]).await;
    let mut alice = Device::login(&server, "alice", 7).await;
    for n in 1..=20 {
        alice.said("bob", &format!("m{n}"), "x").await;
    }
    let mut bob = Device::login(&server, "bob", 7).await;
    let asked = GetMaxSeqReq {
        user_id: "bob".to_owned(),
    }
    .encode_to_vec();
    let seqs = GetMaxSeqResp::decode(bob.ask(ids::GET_NEWEST_SEQ, &asked).await.data).unwrap();
    assert_eq!(
        seqs.max_seqs.into_iter().collect::<Vec<_>>(),
        [("si_alice_bob".to_owned(), 20)]
    );
    let range = SeqRange {
        conversation_id: "si_alice_bob".to_owned(),
        begin: 0,
        end: 20,
        num: 1,
    };
    let asked = PullMessageBySeqsReq {
        user_id: "bob".to_owned(),
        seq_ranges: vec![range],
        order: 0,
    };
    let answer = bob
        .ask(ids::PULL_MSG_BY_RANGE, &asked.encode_to_vec())
        .await;
    let pulled = PullMessageBySeqsResp::decode(answer.data).unwrap();
    let seqs: Vec<_> = pulled.msgs["si_alice_bob"]
        .msgs
        .iter()
        .map(|message| message.seq)
        .collect();
    assert_eq!(seqs, [20]);
}

#[tokio::test]
async fn a_message_in_anothers_name_is_refused_and_an_envelope_in_anothers_name_ends_the_connection()
 {
    let server = Server::start().await;
    server.register(&["alice", "bob"]).await;
    let mut alice = Device::login(&server, "alice", 7).await;
    let forged = MsgData {
        send_id: "bob".to_owned(),
        ..crate::device::text_message("bob", "alice", "m", "x")
    };
    assert_eq!(
        alice
            .ask(ids::SEND_MSG, &forged.encode_to_vec())
            .await
            .err_code,
        1002
    );
    alice.user = "bob".to_owned();
    alice.send(ids::GET_NEWEST_SEQ, &[]).await;
    assert!(alice.told().await.is_none());
}

#[tokio::test]
async fn a_second_login_on_the_platform_kicks_the_first() {
    let server = Server::start().await;
    server.register(&["alice"]).await;
    let mut first = Device::login(&server, "alice", 7).await;
    let mut elsewhere = Device::login(&server, "alice", 1).await;
    let mut second = Device::login(&server, "alice", 7).await;
    assert_eq!(
        first.told().await.unwrap().req_identifier,
        ids::KICK_ONLINE_MSG
    );
    assert!(first.told().await.is_none());
    for device in [&mut elsewhere, &mut second] {
        assert_eq!(
            device
                .ask(ids::GET_NEWEST_SEQ, &asked("alice"))
                .await
                .err_code,
            0
        );
    }
}

#[tokio::test]
async fn the_same_token_twice_is_two_live_devices() {
    let server = Server::start().await;
    server.register(&["alice", "bob"]).await;
    let token = server.token("alice", 7).await;
    let mut one = Device::dial(&server, "alice", &token, 7, GZIP).await;
    let mut two = Device::dial(&server, "alice", &token, 7, PLAIN).await;
    let mut bob = Device::login(&server, "bob", 7).await;
    bob.said("alice", "m", "x").await;
    for device in [&mut one, &mut two] {
        assert_eq!(device.pushed().await.1.client_msg_id, "m");
    }
}

#[tokio::test]
async fn without_a_policy_nobody_is_kicked_and_with_policy_4_the_class_is() {
    let policy = MultiLogin::Unlimited {
        per_platform_max: 30,
    };
    let server = Server::with(realtime::Settings::default(), policy).await;
    server.register(&["alice"]).await;
    let mut first = Device::login(&server, "alice", 7).await;
    let _second = Device::login(&server, "alice", 7).await;
    assert_eq!(
        first
            .ask(ids::GET_NEWEST_SEQ, &asked("alice"))
            .await
            .err_code,
        0
    );

    let server = Server::with(realtime::Settings::default(), MultiLogin::OnePerClass).await;
    server.register(&["alice"]).await;
    let mut ios = Device::login(&server, "alice", 1).await;
    let _android = Device::login(&server, "alice", 2).await;
    assert_eq!(
        ios.told().await.unwrap().req_identifier,
        ids::KICK_ONLINE_MSG
    );
}

#[tokio::test]
async fn force_logout_kicks_at_once_and_the_token_says_so_afterwards() {
    let server = Server::start().await;
    server.register(&["alice"]).await;
    let token = server.token("alice", 7).await;
    let mut alice = Device::dial(&server, "alice", &token, 7, GZIP).await;
    let answer = server
        .as_admin(
            "/auth/force_logout",
            json!({"userID": "alice", "platformID": 7}),
        )
        .await;
    assert_eq!(answer["errCode"], 0);
    assert_eq!(
        alice.told().await.unwrap().req_identifier,
        ids::KICK_ONLINE_MSG
    );
    let answer = server
        .post(
            "/user/get_users_info",
            Some(&token),
            json!({"userIDs": ["alice"]}),
        )
        .await;
    assert_eq!(answer["errCode"], 1506);
    assert_eq!(refused_dial(&server, "alice", &token, 7).await, 1506);
}

#[tokio::test]
async fn a_refused_dial_is_a_json_body_or_one_text_frame() {
    let server = Server::start().await;
    server.register(&["alice", "bob"]).await;
    let token = server.token("alice", 7).await;
    assert_eq!(refused_dial(&server, "bob", &token, 7).await, 1502);
    assert_eq!(refused_dial(&server, "alice", &token, 5).await, 1502);
    assert_eq!(refused_dial(&server, "alice", "", 7).await, 1602);
    assert_eq!(refused_dial(&server, "alice", "nonsense", 7).await, 1503);
    assert_eq!(refused_dial(&server, "alice", &token, 99).await, 1602);

    let url = format!(
        "{}&isMsgResp=true",
        Device::url(&server, "bob", &token, 7, GZIP)
    );
    let (mut socket, _) = connect_async(url).await.unwrap();
    let Some(Ok(Message::Text(text))) = futures_util::StreamExt::next(&mut socket).await else {
        panic!()
    };
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["errCode"],
        1502
    );

    server.clock.advance(2_000_000);
    assert_eq!(refused_dial(&server, "alice", &token, 7).await, 1501);
}

#[tokio::test]
async fn a_web_client_first_gets_a_text_that_it_was_taken() {
    let server = Server::start().await;
    server.register(&["alice"]).await;
    let token = server.token("alice", 5).await;
    let url = format!(
        "{}&isMsgResp=true",
        Device::url(&server, "alice", &token, 5, GZIP)
    );
    let (mut socket, _) = connect_async(url).await.unwrap();
    let Some(Ok(Message::Text(text))) = futures_util::StreamExt::next(&mut socket).await else {
        panic!()
    };
    assert_eq!(text.as_str(), r#"{"errCode":0,"errMsg":"","errDlt":""}"#);
}

#[tokio::test]
async fn a_text_ping_gets_a_text_pong_with_its_body() {
    let server = Server::start().await;
    server.register(&["alice"]).await;
    let mut alice = Device::login(&server, "alice", 5).await;
    alice.send_text(r#"{"type":"pong"}"#).await;
    alice.send_text(r#"{"type":"ping","body":"42"}"#).await;
    let Some(Message::Text(text)) = alice.message().await else {
        panic!()
    };
    assert_eq!(text.as_str(), r#"{"type":"pong","body":"42"}"#);
    alice.send_text("hello?").await;
    assert!(alice.message().await.is_none());
}

#[tokio::test]
async fn followers_learn_who_comes_and_goes() {
    let server = Server::with(
        realtime::Settings {
            presence_grace: std::time::Duration::from_millis(50),
            ..Default::default()
        },
        MultiLogin::OnePerPlatform,
    )
    .await;
    server.register(&["alice", "bob"]).await;
    let mut alice = Device::login(&server, "alice", 7).await;
    let follow = SubUserOnlineStatus {
        subscribe_user_id: vec!["bob".to_owned()],
        unsubscribe_user_id: Vec::new(),
    };
    let answer = alice
        .ask(ids::SUB_USER_ONLINE_STATUS, &follow.encode_to_vec())
        .await;
    assert_eq!(platforms(&answer.data), [("bob".to_owned(), Vec::new())]);
    let bob = Device::login(&server, "bob", 1).await;
    let told = alice.told().await.unwrap();
    assert_eq!(
        (told.req_identifier, told.msg_incr.as_str()),
        (ids::SUB_USER_ONLINE_STATUS, "")
    );
    assert_eq!(platforms(&told.data), [("bob".to_owned(), vec![1])]);
    drop(bob);
    assert_eq!(
        platforms(&alice.told().await.unwrap().data),
        [("bob".to_owned(), Vec::new())]
    );
    let answer = server
        .as_admin(
            "/user/get_users_status",
            json!({"userIDs": ["alice", "bob", "nobody"]}),
        )
        .await;
    let states: Vec<_> = answer["data"]["statusList"]
        .as_array()
        .unwrap()
        .iter()
        .map(|state| state["status"].as_i64())
        .collect();
    assert_eq!(states, [Some(1), Some(0), Some(0)]);
}

#[tokio::test]
async fn logging_out_is_answered_and_then_closed_and_the_token_stays_good() {
    let server = Server::start().await;
    server.register(&["alice"]).await;
    let token = server.token("alice", 7).await;
    let mut alice = Device::dial(&server, "alice", &token, 7, GZIP).await;
    assert_eq!(alice.ask(ids::LOGOUT_MSG, &[]).await.err_code, 0);
    assert!(alice.told().await.is_none());
    let mut again = Device::dial(&server, "alice", &token, 7, GZIP).await;
    assert_eq!(
        again
            .ask(ids::GET_NEWEST_SEQ, &asked("alice"))
            .await
            .err_code,
        0
    );
}

#[tokio::test]
async fn one_connection_too_many_is_refused_by_number() {
    let settings = realtime::Settings {
        connections_max: 1,
        ..Default::default()
    };
    let server = Server::with(settings, MultiLogin::OnePerPlatform).await;
    server.register(&["alice"]).await;
    let _one = Device::login(&server, "alice", 7).await;
    let token = server.token("alice", 1).await;
    assert_eq!(refused_dial(&server, "alice", &token, 1).await, 1601);
}

fn asked(user: &str) -> Vec<u8> {
    GetMaxSeqReq {
        user_id: user.to_owned(),
    }
    .encode_to_vec()
}

fn platforms(data: &[u8]) -> Vec<(String, Vec<i32>)> {
    let tips = SubUserOnlineStatusTips::decode(data).unwrap();
    tips.subscribers
        .into_iter()
        .map(|user| (user.user_id, user.online_platform_ids))
        .collect()
}

/// The code of a dial that is refused without an upgrade.
async fn refused_dial(server: &Server, user: &str, token: &str, platform: i32) -> i64 {
    let encoding = Encoding {
        framing: Framing::Gob,
        gzip: true,
    };
    match connect_async(Device::url(server, user, token, platform, encoding)).await {
        Err(Error::Http(response)) => {
            assert_eq!(response.status(), 200);
            let body: serde_json::Value =
                serde_json::from_slice(response.body().as_ref().unwrap()).unwrap();
            body["errCode"].as_i64().unwrap()
        }
        other => panic!("not refused: {other:?}"),
    }
}
