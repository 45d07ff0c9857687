//! Input that no SDK sends: an error or a closed connection, and the server goes on.

use bytes::Bytes;
use prost::Message as _;
use wire::openim::envelope::{Encoding, RequestRef, encode_request};
use wire::openim::proto::{
    ConversationSeqs, GetMaxSeqReq, GetSeqMessageReq, PullMessageBySeqsReq, SeqRange,
};
use wire::openim::{gzip, ids};

use crate::device::{Device, GZIP, PLAIN, text_message};
use crate::harness::Server;

#[tokio::test]
async fn broken_framing_ends_the_connection_and_nothing_else() {
    let server = Server::start().await;
    server.register(&["alice"]).await;
    let bomb = {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![0; 32 << 20]).unwrap();
        encoder.finish().unwrap()
    };
    assert!(bomb.len() < 51_200);
    let frames: [(Encoding, Bytes); 7] = [
        (PLAIN, Bytes::new()),
        (
            PLAIN,
            Bytes::from_static(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
        ),
        (PLAIN, vec![0x7f; 1000].into()),
        (GZIP, Bytes::from_static(b"not gzip")),
        (GZIP, gzip::compress(b"not gob").into()),
        (GZIP, bomb.into()),
        (PLAIN, vec![0; 60_000].into()),
    ];
    for (encoding, frame) in frames {
        let token = server.token("alice", 7).await;
        let mut alice = Device::dial(&server, "alice", &token, 7, encoding).await;
        alice.send_raw(frame).await;
        assert!(alice.told().await.is_none());
    }
    let mut alice = Device::login(&server, "alice", 7).await;
    assert_eq!(alice.ask(ids::GET_NEWEST_SEQ, &asked()).await.err_code, 0);
}

#[tokio::test]
async fn an_unheard_of_request_ends_the_connection_and_a_call_is_an_error() {
    let server = Server::start().await;
    server.register(&["alice"]).await;
    let mut alice = Device::login(&server, "alice", 7).await;
    assert_ne!(alice.ask(ids::SEND_SIGNAL_MSG, &[]).await.err_code, 0);
    alice.send(4242, &[]).await;
    assert!(alice.told().await.is_none());
}

#[tokio::test]
async fn broken_protobuf_is_an_argument_error() {
    let server = Server::start().await;
    server.register(&["alice"]).await;
    let mut alice = Device::login(&server, "alice", 7).await;
    for identifier in [1001, 1002, 1003, 1005, 1006, 1007, 2004, 2005] {
        assert_eq!(
            alice.ask(identifier, b"\xff\xff\xff").await.err_code,
            1001,
            "{identifier}"
        );
    }
}

#[tokio::test]
async fn odd_numbers_and_ids_are_answered() {
    let server = Server::start().await;
    server.register(&["alice", "bob"]).await;
    let mut alice = Device::login(&server, "alice", 7).await;
    alice.said("bob", "m1", "x").await;
    for (begin, end, num) in [
        (i64::MIN, i64::MAX, i64::MAX),
        (5, 1, 1),
        (i64::MAX, i64::MIN, i64::MIN),
        (-1, 0, 0),
    ] {
        let range = SeqRange {
            conversation_id: "si_alice_bob".to_owned(),
            begin,
            end,
            num,
        };
        let asked = PullMessageBySeqsReq {
            user_id: "alice".to_owned(),
            seq_ranges: vec![range],
            order: 7,
        };
        assert_eq!(
            alice
                .ask(ids::PULL_MSG_BY_RANGE, &asked.encode_to_vec())
                .await
                .err_code,
            0
        );
    }
    let of = ConversationSeqs {
        conversation_id: "si_alice_bob".to_owned(),
        seqs: vec![i64::MIN, 0, 1, i64::MAX],
    };
    let asked = GetSeqMessageReq {
        user_id: "alice".to_owned(),
        conversations: vec![of],
        order: 1,
    };
    assert_eq!(
        alice
            .ask(ids::PULL_MSG_BY_SEQ_LIST, &asked.encode_to_vec())
            .await
            .err_code,
        0
    );
    let odd = [
        (
            1001,
            (|data| data.session_type = 99) as fn(&mut wire::openim::proto::MsgData),
        ),
        (1004, |data| data.recv_id = "nobody".to_owned()),
        (1001, |data| data.recv_id = "a:b".to_owned()),
        (1001, |data| data.recv_id = "x".repeat(1000)),
        (1001, |data| data.send_time = -1),
        (1001, |data| data.create_time = i64::MIN),
        (1001, |data| data.content_type = 2101),
        (1001, |data| data.content_type = -5),
        (0, |data| data.send_time = i64::MAX),
        (0, |data| data.create_time = i64::MAX),
        (0, |data| {
            data.content = Bytes::from_static(b"\xff\xfe\x00 not json")
        }),
        (0, |data| data.ex = "\u{202e}\u{1}😀".to_owned()),
        (1001, |data| data.ex = "\u{0}".to_owned()),
        (1001, |data| data.client_msg_id = "\u{0}".to_owned()),
    ];
    for (n, (code, change)) in odd.into_iter().enumerate() {
        let mut data = text_message("alice", "bob", &format!("odd{n}"), "x");
        change(&mut data);
        let answer = alice.ask(ids::SEND_MSG, &data.encode_to_vec()).await;
        assert_eq!(answer.err_code, code, "{data:?}");
    }
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let server = Server::start().await;
    server.register(&["alice"]).await;
    let mut alice = Device::login(&server, "alice", 7).await;
    let mut data = asked();
    // Field 100, a string.
    data.extend([0xa2, 0x06, 0x03, b'a', b'b', b'c']);
    assert_eq!(alice.ask(ids::GET_NEWEST_SEQ, &data).await.err_code, 0);
}

#[tokio::test]
async fn a_truncated_frame_of_every_length_never_hangs_the_server() {
    let server = Server::start().await;
    server.register(&["alice"]).await;
    let whole = encode_request(
        RequestRef {
            req_identifier: 1001,
            send_id: "alice",
            operation_id: "o",
            msg_incr: "i",
            data: &asked(),
            ..RequestRef::default()
        },
        PLAIN,
    );
    let token = server.token("alice", 7).await;
    for length in (0..whole.len()).step_by(7) {
        let mut alice = Device::dial(&server, "alice", &token, 7, PLAIN).await;
        alice.send_raw(whole.slice(..length)).await;
        assert!(alice.told().await.is_none(), "{length}");
    }
}

fn asked() -> Vec<u8> {
    GetMaxSeqReq {
        user_id: "alice".to_owned(),
    }
    .encode_to_vec()
}
