//! Finding messages by what they say, as clients and application servers ask for it.

use domain::follow::Follower;
use domain::search::SearchIndexer;
use serde_json::{Value, json};

use crate::device::Device;
use crate::harness::Server;

async fn index(server: &Server) {
    server.domain.prepare_search(true).await.unwrap();
    let held = server
        .domain
        .claim_follower(SearchIndexer::NAME, "test", 1_000_000);
    assert!(held.await.unwrap());
    while SearchIndexer
        .step(&server.domain, "test")
        .await
        .unwrap()
        .events
        > 0
    {}
}

#[tokio::test]
async fn people_search_their_conversations_and_administrators_everything() {
    let server = Server::start().await;
    server.register(&["alice", "bob", "carol"]).await;
    let mut alice = Device::login(&server, "alice", 7).await;
    let mut bob = Device::login(&server, "bob", 7).await;
    alice.said("bob", "m0", "first of all").await;
    alice.said("bob", "m1", "今天天气很好").await;
    alice.said("carol", "m2", "天气 in Berlin").await;
    bob.said("carol", "m3", "nothing here").await;
    bob.said("carol", "m4", "天气预报").await;
    index(&server).await;

    let token = server.token("alice", 1).await;
    let page = json!({"pageNumber": 1, "showNumber": 1});
    let body = |more: Value| {
        let mut body = json!({"userID": "alice", "keyword": "天气", "pagination": page});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    let search = async |more: Value| {
        let answer = server
            .post("/msg/search_content", Some(&token), body(more))
            .await;
        assert_eq!(answer["errCode"], 0, "{answer}");
        answer["data"].clone()
    };
    let first = search(json!({})).await;
    assert_eq!(first["chatLogs"].as_array().unwrap().len(), 1);
    let found = &first["chatLogs"][0];
    assert_eq!(
        (
            &found["conversationID"],
            &found["chatLog"]["clientMsgID"],
            &found["chatLog"]["recvID"]
        ),
        (&json!("si_alice_carol"), &json!("m2"), &json!("carol"))
    );
    assert_eq!(
        found["chatLog"]["content"],
        r#"{"content":"天气 in Berlin"}"#
    );
    assert_eq!(found["isRevoked"], false);
    let second = search(json!({"cursor": first["nextCursor"]})).await;
    assert_eq!(second["chatLogs"][0]["chatLog"]["clientMsgID"], "m1");
    let by_number = search(json!({"pagination": {"pageNumber": 2, "showNumber": 1}})).await;
    assert_eq!(by_number["chatLogs"], second["chatLogs"]);
    let third = search(json!({"cursor": second["nextCursor"]})).await;
    assert_eq!(
        (third["chatLogs"].clone(), third["nextCursor"].clone()),
        (json!([]), json!(""))
    );
    let narrowed = search(json!({"conversationID": "si_alice_bob"})).await;
    assert_eq!(narrowed["chatLogs"][0]["chatLog"]["clientMsgID"], "m1");
    for (more, number) in [
        (json!({"senderUserIDs": ["bob"]}), 0),
        (json!({"senderUserIDs": ["nobody"]}), 0),
        (json!({"senderUserIDs": ["alice", "bob"]}), 1),
        (json!({"contentTypes": [105]}), 0),
        (json!({"contentTypes": [101, 105]}), 1),
        (json!({"startTime": testkit::BEGIN + 100_000}), 0),
        (json!({"endTime": testkit::BEGIN}), 0),
        (json!({"keyword": "\"天气 in\" berlin"}), 1),
        (json!({"keyword": "预报"}), 0),
    ] {
        let found = search(more.clone()).await;
        assert_eq!(
            found["chatLogs"].as_array().unwrap().len(),
            number,
            "{more}"
        );
    }
    for (more, code) in [
        (json!({"keyword": ""}), 1001),
        (json!({"keyword": " ?!"}), 1001),
        (json!({"keyword": "x".repeat(600)}), 1001),
        (json!({"cursor": "no"}), 1001),
        (json!({"startTime": -1}), 1001),
        (
            json!({"pagination": {"pageNumber": 11, "showNumber": 100}}),
            1001,
        ),
        (json!({"pagination": null}), 1001),
        (json!({"contentTypes": vec![1; 33]}), 1001),
        (json!({"conversationID": "si_bob_carol"}), 1004),
        (json!({"userID": "bob"}), 1002),
    ] {
        let answer = server
            .post("/msg/search_content", Some(&token), body(more.clone()))
            .await;
        assert_eq!(answer["errCode"], code, "{more}: {answer}");
    }

    let everywhere = async |more: Value| {
        let mut body = json!({"content": "天气", "pagination": {"pageNumber": 1, "showNumber": 2}});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let answer = server.as_admin("/msg/search_msg", body).await;
        assert_eq!(answer["errCode"], 0, "{answer}");
        let logs = answer["data"]["chatLogs"].as_array().unwrap();
        let ids: Vec<_> = logs
            .iter()
            .map(|log| log["chatLog"]["clientMsgID"].as_str().unwrap().to_owned())
            .collect();
        (
            answer["data"]["chatLogsNum"].as_i64().unwrap(),
            ids.join(" "),
        )
    };
    assert_eq!(everywhere(json!({})).await, (3, "m4 m2".to_owned()));
    assert_eq!(
        everywhere(json!({"sendID": "alice"})).await,
        (2, "m2 m1".to_owned())
    );
    assert_eq!(
        everywhere(json!({"recvID": "carol"})).await,
        (2, "m4 m2".to_owned())
    );
    assert_eq!(
        everywhere(json!({"conversationID": "si_bob_carol"})).await,
        (1, "m4".to_owned())
    );
    assert_eq!(
        everywhere(json!({"conversationID": "si_bob_nobody"})).await,
        (0, String::new())
    );
    assert_eq!(
        everywhere(json!({"sessionType": 4})).await,
        (0, String::new())
    );
    assert_eq!(
        everywhere(json!({"content": "", "conversationID": "si_bob_carol"})).await,
        (2, "m4 m3".to_owned()),
        "without a text"
    );
}

#[tokio::test]
async fn an_administrator_reads_the_history_of_a_conversation() {
    let server = Server::start().await;
    server.register(&["alice", "bob"]).await;
    let mut alice = Device::login(&server, "alice", 7).await;
    for n in 1..=5 {
        alice.said("bob", &format!("m{n}"), &n.to_string()).await;
    }
    let revoke = json!({"userID": "alice", "conversationID": "si_alice_bob", "seq": 4});
    assert_eq!(
        server.as_admin("/msg/revoke_msg", revoke).await["errCode"],
        0
    );
    let read = async |more: Value| {
        let mut body = json!({"conversationID": "si_alice_bob"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        server.as_admin("/msg/get_conversation_history", body).await
    };
    let seqs = |answer: &Value| -> Vec<i64> {
        let logs = answer["data"]["chatLogs"].as_array().unwrap();
        logs.iter()
            .map(|log| log["chatLog"]["seq"].as_i64().unwrap())
            .collect()
    };
    let all = read(json!({})).await;
    assert_eq!(seqs(&all), [1, 2, 3, 4, 5]);
    assert_eq!(all["data"]["maxSeq"], 5);
    assert_eq!(all["data"]["chatLogs"][3]["isRevoked"], true);
    assert_eq!(all["data"]["chatLogs"][4]["conversationID"], "si_alice_bob");
    assert_eq!(
        seqs(&read(json!({"beginSeq": 2, "endSeq": 3})).await),
        [2, 3]
    );
    let page = |number| json!({"pagination": {"pageNumber": number, "showNumber": 2}});
    assert_eq!(seqs(&read(page(1)).await), [4, 5]);
    assert_eq!(seqs(&read(page(3)).await), [1]);
    assert_eq!(seqs(&read(page(4)).await), Vec::<i64>::new());
    assert_eq!(read(json!({"beginSeq": -1})).await["errCode"], 1001);
    assert_eq!(
        read(json!({"conversationID": "si_x_y"})).await["errCode"],
        1004
    );
    assert_eq!(
        read(json!({"conversationID": "n_alice_bob"})).await["errCode"],
        1004
    );
}
