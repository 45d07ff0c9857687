//! `switchboard import openim`: a dump goes in, and devices that knew the old server go on with this one.

#![expect(
    clippy::unwrap_used,
    reason = "a failing test shows what it met and where"
)]

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Instant;

use bson::doc;
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use wire::openim::envelope::{Encoding, Framing, RequestRef, decode_response, encode_request};
use wire::openim::ids;
use wire::openim::proto::{
    ConversationSeqs, GetConversationsHasReadAndMaxSeqReq, GetConversationsHasReadAndMaxSeqResp,
    GetMaxSeqReq, GetMaxSeqResp, GetSeqMessageReq, GetSeqMessageResp, MsgData,
};

use crate::openim_dump::{self, BEGIN, Dump};
use crate::process::{Place, Said, Server};

/// These were sent at the same time.
const AT_ONCE: (i64, i64) = (120, 125);

#[test]
fn a_dump_is_taken_over_and_devices_go_on() {
    goes_on(false, &[]);
}

#[test]
fn a_packed_dump_is_taken_over_into_postgresql() {
    let url = tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(testkit::postgres::fresh_database());
    goes_on(true, &[("SWITCHBOARD__STORE__URL", url.as_str())]);
}

fn goes_on(is_packed: bool, environment: &[(&str, &str)]) {
    let place = Place::new();
    openim_dump::world().write(&place.path("dump/openim_v3"), is_packed);
    let report = import(&place, environment);
    assert_report(&report);

    let again = import(&place, environment);
    assert_eq!(again["was_finished"], true, "{again}");
    assert_eq!(again["steps"], report["steps"]);

    let token = |user: &str| {
        let said = place.run_with(&["openim", "token", user, "--platform", "2"], environment);
        assert!(said.status.success(), "{}", said.error);
        said.out.trim().to_owned()
    };
    let tokens = ["alice", "bob", "carol"].map(token);
    let server = place.serve_and(environment);
    assert_lists(&server, &tokens[0]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(assert_devices(&server, &tokens));
    server.stop();
}

fn assert_report(report: &Value) {
    let steps = &report["steps"];
    let taken = |step: &str| steps[step]["taken"].as_u64().unwrap();
    // 250 less two that are lost, three notices, sixty of the group and its notice, and the news.
    assert_eq!(taken("messages"), 248 + 3 + 60 + 1 + 1, "{report:#}");
    assert_eq!((taken("users"), taken("friends")), (5, 2), "{report:#}");
    assert_eq!(
        (taken("favourites"), taken("groups"), taken("group members")),
        (1, 1, 2)
    );
    assert_eq!((taken("conversations"), taken("read positions")), (6, 5));
    let problems = steps["friends"]["problems"].to_string();
    assert!(
        problems.contains("document 3 at byte") && problems.contains("ghost"),
        "{problems}"
    );
    let changed = &steps["messages"]["changed"];
    assert_eq!(
        changed["missing messages, now deleted ones"], 2,
        "{changed}"
    );
    assert_eq!(
        changed["times of sending moved, so that they grow"], 5,
        "{changed}"
    );
    assert_eq!(
        changed["client ids that stood twice, made different"], 1,
        "{changed}"
    );
    assert_eq!(
        steps["settling"]["changed"]["conversations with such numbers"],
        5
    );
    assert!(
        report["not_taken"]
            .to_string()
            .contains("the files of messages"),
        "{report:#}"
    );
}

fn assert_lists(server: &Server, alice: &str) {
    let page = json!({ "pageNumber": 1, "showNumber": 10 });
    let friends = server.call(
        "/friend/get_friend_list",
        alice,
        &json!({ "userID": "alice", "pagination": page }),
    );
    let friend = &friends["friendsInfo"][0];
    assert_eq!(
        (
            &friend["remark"],
            &friend["isPinned"],
            &friend["friendUser"]["nickname"]
        ),
        (&json!("Bobby"), &json!(true), &json!("bob \u{263a}")),
        "{friends}"
    );
    let requests = server.call(
        "/friend/get_friend_apply_list",
        alice,
        &json!({ "userID": "alice", "pagination": page }),
    );
    assert_eq!(
        requests["FriendRequests"][0]["fromUserID"], "carol",
        "{requests}"
    );
    let groups = server.call(
        "/group/get_joined_group_list",
        alice,
        &json!({ "fromUserID": "alice", "pagination": page }),
    );
    let group = &groups["groups"][0];
    assert_eq!(
        (
            &group["groupName"],
            &group["memberCount"],
            &group["ownerUserID"]
        ),
        (&json!("Three"), &json!(2), &json!("alice")),
        "{groups}"
    );
    let chats = server.call(
        "/conversation/get_owner_conversation",
        alice,
        &json!({ "userID": "alice", "pagination": page }),
    );
    assert_eq!(chats["total"], 3, "{chats}");
    for chat in chats["conversations"].as_array().unwrap() {
        assert_eq!(
            (&chat["isPinned"], &chat["ex"]),
            (&json!(true), &json!("mine"))
        );
    }
    // What a device knows of the old server's lists it must read anew, once.
    let known = json!({ "userID": "alice", "versionID": "65a0c0ffee65a0c0ffee0001", "version": 9 });
    let increment = server.call("/friend/get_incremental_friends", alice, &known);
    assert_eq!(increment["full"], true, "{increment}");
    let known = json!({ "userID": "alice", "versionID": increment["versionID"], "version": increment["version"] });
    let increment = server.call("/friend/get_incremental_friends", alice, &known);
    assert_eq!(increment["full"], false, "{increment}");
}

async fn assert_devices(server: &Server, [alice, bob, carol]: &[String; 3]) {
    let max_seqs = async |user: &str, token: &str| {
        let request = GetMaxSeqReq {
            user_id: user.to_owned(),
        };
        let answer = ask(server, user, token, ids::GET_NEWEST_SEQ, &request).await;
        let mut seqs: Vec<_> = GetMaxSeqResp::decode(&answer[..])
            .unwrap()
            .max_seqs
            .into_iter()
            .collect();
        seqs.sort();
        seqs
    };
    let named = |seqs: &[(&str, i64)]| -> Vec<(String, i64)> {
        seqs.iter()
            .map(|(id, seq)| ((*id).to_owned(), *seq))
            .collect()
    };
    let of_alice = [
        ("n_100", 1),
        ("n_alice_bob", 3),
        ("sg_100", 100),
        ("si_alice_bob", 250),
        ("sn_alice_news", 1),
    ];
    assert_eq!(max_seqs("alice", alice).await, named(&of_alice));
    assert_eq!(max_seqs("bob", bob).await, named(&of_alice[..4]));
    assert_eq!(max_seqs("carol", carol).await, named(&[("sg_100", 60)]));

    let request = GetConversationsHasReadAndMaxSeqReq {
        user_id: "bob".to_owned(),
        ..Default::default()
    };
    let answer = ask(server, "bob", bob, ids::GET_CONV_MAX_READ_SEQ, &request).await;
    let answer = GetConversationsHasReadAndMaxSeqResp::decode(&answer[..]).unwrap();
    let read = |id: &str| (answer.seqs[id].max_seq, answer.seqs[id].has_read_seq);
    assert_eq!(
        (read("si_alice_bob"), read("sg_100")),
        ((250, 200), (100, 90))
    );

    let all: Vec<i64> = (1..=250).collect();
    let of_bob = pull(server, "bob", bob, "si_alice_bob", &all).await;
    assert_talk(&of_bob);
    let of_alice = pull(server, "alice", alice, "si_alice_bob", &[80, 249]).await;
    assert_eq!(of_alice[0].status, 2, "deleted for bob only");
    assert_eq!(of_alice[1].options.get("offlinePush"), Some(&false));
    assert_eq!(of_alice[1].at_user_id_list, ["bob"]);

    // The forty that were removed are not there, what came after carol had left is not hers.
    let all: Vec<i64> = (1..=100).collect();
    let of_carol = pull(server, "carol", carol, "sg_100", &all).await;
    let seqs: Vec<i64> = of_carol.iter().map(|message| message.seq).collect();
    assert_eq!(seqs, (41..=60).collect::<Vec<_>>());

    let notices = pull(server, "bob", bob, "n_alice_bob", &[1, 2, 3]).await;
    let kinds: Vec<i32> = notices.iter().map(|notice| notice.content_type).collect();
    assert_eq!(kinds, [2200, 2101, 2102]);
    let said = String::from_utf8(notices[1].content.to_vec()).unwrap();
    assert_eq!(said, r#"{"detail":"{\"seq\":2}"}"#);
}

/// What bob sees of the chat with alice.
fn assert_talk(messages: &[MsgData]) {
    let seqs: Vec<i64> = messages.iter().map(|message| message.seq).collect();
    assert_eq!(seqs, (1..=250).collect::<Vec<_>>());
    let mut client_ids: Vec<_> = messages.iter().map(|m| m.client_msg_id.as_str()).collect();
    client_ids.sort_unstable();
    client_ids.dedup();
    assert_eq!(client_ids.len(), 250);
    for (message, seq) in messages.iter().zip(1..) {
        let (sender, is_deleted) = match seq {
            150 | 151 => ("alice", true),
            _ if seq % 2 == 1 => ("alice", seq == 80),
            _ => ("bob", seq == 80),
        };
        assert_eq!(message.send_id, sender, "{seq}");
        assert_eq!(message.status, if is_deleted { 4 } else { 2 }, "{seq}");
        if is_deleted || seq == 77 {
            continue;
        }
        assert_eq!(
            message.content,
            format!("{{\"content\":\"message {seq}\"}}").into_bytes()
        );
        assert_eq!(message.server_msg_id, format!("{:032x}", seq + 7));
        let time = if (AT_ONCE.0..=AT_ONCE.1).contains(&seq) {
            120_000 + seq - AT_ONCE.0
        } else {
            seq * 1000
        };
        assert_eq!(message.send_time, BEGIN + time, "{seq}");
        assert_eq!(message.create_time % 1000, 990);
    }
    let recalled = &messages[76];
    assert_eq!(recalled.content_type, 2101);
    let body: Value = serde_json::from_slice(&recalled.content).unwrap();
    let detail: Value = serde_json::from_str(body["detail"].as_str().unwrap()).unwrap();
    assert_eq!(
        (
            &detail["revokerID"],
            &detail["seq"],
            &detail["sourceMessageSendTime"]
        ),
        (&json!("alice"), &json!(77), &json!(BEGIN + 77_000))
    );
    assert_eq!(recalled.client_msg_id, format!("{:032x}", 77));
}

#[test]
fn a_killed_import_goes_on_and_ends_the_same() {
    let mut dump = openim_dump::world();
    many_messages(&mut dump, 200);
    let (whole, broken) = (Place::new(), Place::new());
    for place in [&whole, &broken] {
        dump.write(&place.path("dump/openim_v3"), false);
    }
    import(&whole, &[]);
    let mut child = broken
        .command(&["import", "openim", "dump", "--json"])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // The first batch of messages has been written when this is said.
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "messages …"));
    child.kill().unwrap();
    child.wait().unwrap();
    let left = rows(&broken, "SELECT count(*) FROM message");
    let all = rows(&whole, "SELECT count(*) FROM message");
    assert!(
        left != all && left != ["0"],
        "killed at {left:?} of {all:?}"
    );

    let report = import(&broken, &[]);
    assert_eq!(report["steps"]["messages"]["taken"], 313 + 20_000);
    for table in [
        "SELECT key, user_id, nickname, face_url, ex, kind, receive, policy FROM account ORDER BY key",
        "SELECT * FROM conversation ORDER BY key",
        "SELECT * FROM participant ORDER BY account, conversation",
        "SELECT * FROM message ORDER BY id",
        "SELECT * FROM message_hidden ORDER BY account, conversation, seq",
        "SELECT owner, list, version FROM version_log ORDER BY list, owner",
        "SELECT * FROM friend ORDER BY owner, other",
        "SELECT * FROM group_member ORDER BY grp, account",
        "SELECT name, documents, is_finished, tally FROM import_step ORDER BY name",
    ] {
        assert!(rows(&whole, table) == rows(&broken, table), "{table}");
    }
}

#[test]
fn documents_of_several_shards_are_put_in_order() {
    let mut dump = openim_dump::world();
    let in_order = dump.0["msg"].clone();
    let mut documents = Vec::new();
    let mut rest = &in_order[..];
    while let Some(length) = rest.first_chunk::<4>() {
        let (document, behind) = rest.split_at(u32::from_le_bytes(*length) as usize);
        documents.push(document);
        rest = behind;
    }
    documents[..3].reverse();
    let mixed = documents.concat();
    dump.0.insert("msg", mixed);
    let packed = Place::new();
    dump.write(&packed.path("dump"), true);
    let said = packed.run(&["import", "openim", "dump"]);
    assert!(said.error.contains("unpack it"), "{}", said.error);

    let place = Place::new();
    dump.write(&place.path("dump"), false);
    import(&place, &[]);
    let count =
        "SELECT count(*), max(seq) FROM message m JOIN conversation c ON c.key = m.conversation
        WHERE c.id = 'si_alice_bob' AND m.status = 2";
    assert_eq!(rows(&place, count), ["248|250"]);
}

#[test]
fn what_cannot_be_imported_is_said() {
    let place = Place::new();
    openim_dump::world().write(&place.path("dump/openim_v3"), false);
    let refused = |arguments: &[&str], message: &str| {
        let said = place.run(arguments);
        assert!(!said.status.success(), "{arguments:?}: {}", said.out);
        assert!(
            said.error.contains(message),
            "{arguments:?}: {}",
            said.error
        );
    };
    refused(&["import", "openim", "data"], "cannot read data");
    place.write("archive", "x");
    refused(&["import", "openim", "archive"], "archives are not taken");
    std::fs::create_dir(place.path("nothing")).unwrap();
    refused(&["import", "openim", "nothing"], "holds no dump");

    let server = place.serve();
    refused(&["import", "openim", "dump"], "another server is running");
    server.stop();

    // Another dump into the same store is beside what is there.
    import(&place, &[]);
    let mut other = openim_dump::world();
    other.put("user", &doc! { "user_id": "dan", "nickname": "Dan" });
    other.write(&place.path("other"), false);
    refused(&["import", "openim", "other"], "--merge");
    let before = rows(&place, "SELECT * FROM message ORDER BY id");
    let said = place.run(&["import", "openim", "other", "--merge", "--json"]);
    let report = report(&said);
    assert_eq!(report["steps"]["users"]["taken"], 1, "{report:#}");
    assert_eq!(report["steps"]["messages"]["taken"], 0, "{report:#}");
    assert_eq!(rows(&place, "SELECT * FROM message ORDER BY id"), before);
    let text = place.run(&["import", "openim", "other"]);
    assert!(text.out.contains("was imported before"), "{}", text.out);
}

#[test]
fn a_file_that_was_cut_off_is_taken_as_far_as_it_goes() {
    let place = Place::new();
    let mut dump = openim_dump::world();
    let messages = dump.0.get_mut("msg").unwrap();
    messages.truncate(messages.len() - 10);
    dump.write(&place.path("dump"), false);
    let report = import(&place, &[]);
    assert_eq!(report["steps"]["messages"]["taken"], 313, "{report:#}");
    let problems = report["steps"]["messages"]["problems"].to_string();
    assert!(
        problems.contains("the file ends in the middle"),
        "{problems}"
    );
}

/// How fast it is; run by hand, with `--ignored --nocapture`.
#[test]
#[ignore = "it takes minutes"]
fn a_million_messages() {
    let place = Place::new();
    let mut dump = openim_dump::world();
    many_messages(&mut dump, 10_000);
    dump.write(&place.path("dump"), false);
    drop(dump);
    let begun = Instant::now();
    let report = import(&place, &[]);
    let taken = report["steps"]["messages"]["taken"].as_f64().unwrap();
    let elapsed = begun.elapsed().as_secs_f64();
    eprintln!(
        "{taken} messages in {elapsed:.1} s: {:.0}/s",
        taken / elapsed
    );
}

/// Full documents of messages in a hundred chats.
fn many_messages(dump: &mut Dump, documents: usize) {
    for n in 0..documents {
        let (user, index) = (format!("user{}", n % 100), n / 100);
        let conversation = format!("si_alice_{user}");
        let entries = (1..=100).map(|place| {
            let seq = (index * 100 + place) as i64;
            let client_id = format!("{:032x}", n * 1000 + place);
            let time = BEGIN + (n * 1000 + place) as i64;
            openim_dump::filled(openim_dump::message(&user, "alice", &client_id, seq, time))
        });
        let document = openim_dump::messages(&conversation, index, entries.collect());
        dump.put("msg", &document);
    }
}

fn import(place: &Place, environment: &[(&str, &str)]) -> Value {
    report(&place.run_with(&["import", "openim", "dump", "--json"], environment))
}

fn report(said: &Said) -> Value {
    assert!(said.status.success(), "{}", said.error);
    serde_json::from_str(&said.out).unwrap()
}

/// Rows of the store as text.
fn rows(place: &Place, sql: &str) -> Vec<String> {
    let conn = rusqlite::Connection::open(place.path("data/switchboard.db")).unwrap();
    let mut statement = conn.prepare(sql).unwrap();
    let columns = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        let values = (0..columns).map(|n| match row.get_ref(n)? {
            rusqlite::types::ValueRef::Integer(number) => Ok(number.to_string()),
            value => Ok(String::from_utf8_lossy(value.as_bytes_or_null()?.unwrap_or(b"-")).into()),
        });
        Ok(values.collect::<rusqlite::Result<Vec<String>>>()?.join("|"))
    };
    let rows = statement.query_map([], row).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

async fn pull(
    server: &Server,
    user: &str,
    token: &str,
    conversation: &str,
    seqs: &[i64],
) -> Vec<MsgData> {
    let request = GetSeqMessageReq {
        user_id: user.to_owned(),
        conversations: vec![ConversationSeqs {
            conversation_id: conversation.to_owned(),
            seqs: seqs.to_vec(),
        }],
        order: 0,
    };
    let answer = ask(server, user, token, ids::PULL_MSG_BY_SEQ_LIST, &request).await;
    let mut answer = GetSeqMessageResp::decode(&answer[..]).unwrap();
    let pulled = answer
        .msgs
        .remove(conversation)
        .or_else(|| answer.notification_msgs.remove(conversation));
    pulled.unwrap().msgs
}

/// One question over a socket of its own.
async fn ask(
    server: &Server,
    user: &str,
    token: &str,
    identifier: i32,
    request: &impl prost::Message,
) -> Vec<u8> {
    let encoding = Encoding {
        framing: Framing::Gob,
        gzip: false,
    };
    let address = server.address("OpenIM WebSocket");
    let url = format!(
        "{address}/?sendID={user}&token={token}&platformID=2&operationID=1&isBackground=false"
    );
    let (mut socket, _) = connect_async(url).await.unwrap();
    let data = request.encode_to_vec();
    let request = RequestRef {
        req_identifier: identifier,
        send_id: user,
        operation_id: "op",
        msg_incr: "1",
        data: &data,
        ..RequestRef::default()
    };
    let frame = Message::Binary(encode_request(request, encoding));
    socket.send(frame).await.unwrap();
    loop {
        if let Message::Binary(bytes) = socket.next().await.unwrap().unwrap() {
            let response = decode_response(&bytes, encoding, 4 << 20).unwrap();
            if response.msg_incr == "1" {
                assert_eq!(response.err_code, 0, "{}", response.err_msg);
                return response.data.to_vec();
            }
        }
    }
}
