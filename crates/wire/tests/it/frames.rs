//! Captured frames decode to what was sent, and encode to the same bytes.

use crate::golden;
use bytes::Bytes;
use prost::Message as _;
use std::io::Read as _;
use wire::openim::envelope::{
    Encoding, Framing, Request, Response, ResponseRef, decode_request, decode_response,
    encode_request, encode_response,
};
use wire::openim::proto::{
    GetMaxSeqReq, MsgData, OfflinePushInfo, PullMsgs, PushMessages, UserSendMsgResp,
};
use wire::openim::{content_type, gzip, ids, msg_from, msg_status, platform, session_type};

const GOB: Encoding = Encoding {
    framing: Framing::Gob,
    gzip: false,
};
const GOB_GZIP: Encoding = Encoding {
    framing: Framing::Gob,
    gzip: true,
};
const JSON: Encoding = Encoding {
    framing: Framing::Json,
    gzip: false,
};
const LIMIT: usize = 51_200;

const OPERATION_1001: &str = "d72869a4-c9d3-4c81-b883-6d3eacaa28b9";
const INCR_1001: &str = "a1_1795225916116351709";
const OPERATION_1003: &str = "24aa89a1-f0e2-451b-87bf-a145418259cc";
const INCR_1003: &str = "a1_1795225915833856410";
const CLIENT_MSG_ID: &str = "0cd05a7be9124f6c8d3e5b1f7a902463";
const SERVER_MSG_ID: &str = "5f2c0e9b7a1d4c3e8f60718293a4b5c6";

fn request_1001() -> Request {
    Request {
        req_identifier: ids::GET_NEWEST_SEQ,
        token: String::new(),
        send_id: "a1".to_owned(),
        operation_id: OPERATION_1001.to_owned(),
        msg_incr: INCR_1001.to_owned(),
        data: GetMaxSeqReq {
            user_id: "a1".to_owned(),
        }
        .encode_to_vec()
        .into(),
    }
}

fn sent_message() -> MsgData {
    MsgData {
        send_id: "a1".to_owned(),
        recv_id: "b2".to_owned(),
        client_msg_id: CLIENT_MSG_ID.to_owned(),
        sender_platform_id: platform::LINUX,
        sender_nickname: "A1".to_owned(),
        session_type: session_type::SINGLE,
        msg_from: msg_from::USER,
        content_type: content_type::TEXT,
        content: Bytes::from_static(br#"{"content":"hi"}"#),
        create_time: 1_795_225_914_060,
        status: msg_status::SENDING,
        offline_push_info: Some(OfflinePushInfo {
            title: "You has a new message.".to_owned(),
            desc: "You has a new message.".to_owned(),
            ios_push_sound: "+1".to_owned(),
            ios_badge_count: true,
            ..OfflinePushInfo::default()
        }),
        attached_info: "null".to_owned(),
        ..MsgData::default()
    }
}

#[test]
fn captured_request_decodes_plain_and_gzipped() {
    assert_eq!(
        decode_request(&golden::request_1001(), GOB, LIMIT).unwrap(),
        request_1001()
    );
    assert_eq!(
        decode_request(&golden::request_1001_gzip(), GOB_GZIP, LIMIT).unwrap(),
        request_1001()
    );
}

#[test]
fn our_client_sends_the_captured_bytes() {
    assert_eq!(encode_request(&request_1001(), GOB), golden::request_1001());
    let request = decode_request(&golden::request_1003(), GOB, LIMIT).unwrap();
    assert_eq!(encode_request(&request, GOB), golden::request_1003());
}

#[test]
fn captured_send_holds_the_message() {
    let request = decode_request(&golden::request_1003(), GOB, LIMIT).unwrap();
    assert_eq!(request.req_identifier, ids::SEND_MSG);
    assert_eq!(
        (request.operation_id.as_str(), request.msg_incr.as_str()),
        (OPERATION_1003, INCR_1003)
    );
    assert_eq!(
        MsgData::decode(request.data.clone()).unwrap(),
        sent_message()
    );
    assert_eq!(request.data, sent_message().encode_to_vec());
}

#[test]
fn reply_without_data_has_the_captured_bytes() {
    let reply = ResponseRef {
        req_identifier: ids::GET_NEWEST_SEQ,
        msg_incr: INCR_1001,
        operation_id: OPERATION_1001,
        ..ResponseRef::default()
    };
    assert_eq!(encode_response(reply, GOB), golden::response_1001());
}

#[test]
fn reply_to_a_send_has_the_captured_bytes() {
    let sent = UserSendMsgResp {
        server_msg_id: SERVER_MSG_ID.to_owned(),
        client_msg_id: CLIENT_MSG_ID.to_owned(),
        send_time: 1_795_225_914_078,
    };
    let reply = Response {
        req_identifier: ids::SEND_MSG,
        msg_incr: INCR_1003.to_owned(),
        operation_id: OPERATION_1003.to_owned(),
        data: sent.encode_to_vec().into(),
        ..Response::default()
    };
    assert_eq!(encode_response(&reply, GOB), golden::response_1003());
    assert_eq!(
        decode_response(&golden::response_1003(), GOB, LIMIT).unwrap(),
        reply
    );
}

#[test]
fn refused_send_has_the_documented_bytes() {
    let reply = ResponseRef {
        req_identifier: ids::SEND_MSG,
        msg_incr: INCR_1003,
        operation_id: OPERATION_1003,
        err_code: 1403,
        err_msg: "MutedGroup",
        data: &[],
    };
    assert_eq!(encode_response(reply, GOB), golden::response_1403());
}

#[test]
fn push_has_the_captured_bytes() {
    let message = MsgData {
        server_msg_id: SERVER_MSG_ID.to_owned(),
        seq: 1,
        send_time: 1_795_225_914_078,
        status: msg_status::SUCCESS,
        ..sent_message()
    };
    let pulled = PullMsgs {
        msgs: vec![message],
        is_end: false,
        end_seq: 0,
    };
    let push = PushMessages {
        msgs: [("si_a1_b2".to_owned(), pulled)].into(),
        ..PushMessages::default()
    };
    let data = push.encode_to_vec();
    let frame = ResponseRef {
        req_identifier: ids::PUSH_MSG,
        operation_id: OPERATION_1003,
        data: &data,
        ..ResponseRef::default()
    };
    assert_eq!(encode_response(frame, GOB), golden::push_2001());
    let decoded = decode_response(&golden::push_2001(), GOB, LIMIT).unwrap();
    assert_eq!(PushMessages::decode(decoded.data).unwrap(), push);
}

#[test]
fn kick_has_the_documented_bytes() {
    let kick = ResponseRef {
        req_identifier: ids::KICK_ONLINE_MSG,
        ..ResponseRef::default()
    };
    assert_eq!(encode_response(kick, GOB), golden::kick_2002());
}

#[test]
fn small_reply_is_one_stored_block() {
    let reply = decode_response(&golden::response_1003(), GOB, LIMIT).unwrap();
    let plain = golden::response_1003();
    let frame = encode_response(&reply, GOB_GZIP);
    assert_eq!(frame[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
    assert_eq!(frame[10], 1, "final, stored");
    assert_eq!(frame[15..frame.len() - 8], plain);
    assert_eq!(frame, gzip::compress(&plain));
    let mut inflated = Vec::new();
    flate2::read::GzDecoder::new(&frame[..])
        .read_to_end(&mut inflated)
        .unwrap();
    assert_eq!(inflated, plain);
}

#[test]
fn json_framing_has_the_documented_names() {
    let reply = ResponseRef {
        req_identifier: 1003,
        msg_incr: "i",
        operation_id: "o",
        err_code: 0,
        err_msg: "",
        data: b"\x0a\x02a1",
    };
    assert_eq!(
        encode_response(reply, JSON),
        br#"{"reqIdentifier":1003,"msgIncr":"i","operationID":"o","errCode":0,"errMsg":"","data":"CgJhMQ=="}"#[..]
    );
    let kick = ResponseRef {
        req_identifier: 2002,
        ..ResponseRef::default()
    };
    assert_eq!(
        encode_response(kick, JSON),
        br#"{"reqIdentifier":2002,"msgIncr":"","operationID":"","errCode":0,"errMsg":"","data":null}"#[..]
    );
    let request =
        br#"{"reqIdentifier":1001,"token":"","sendID":"a1","operationID":"o","msgIncr":"i","data":"CgJhMQ=="}"#;
    let decoded = decode_request(request, JSON, LIMIT).unwrap();
    assert_eq!(
        (decoded.send_id.as_str(), &decoded.data[..]),
        ("a1", &b"\x0a\x02a1"[..])
    );
    assert_eq!(encode_request(&decoded, JSON), request[..]);
}

#[test]
fn json_framing_reads_null_and_missing_as_zero() {
    let decoded = decode_request(
        br#"{"reqIdentifier":1001,"token":null,"data":null,"x":[1]}"#,
        JSON,
        LIMIT,
    )
    .unwrap();
    assert_eq!(
        decoded,
        Request {
            req_identifier: 1001,
            ..Request::default()
        }
    );
}

#[test]
fn encoding_index_is_dense() {
    for (place, encoding) in Encoding::ALL.into_iter().enumerate() {
        assert_eq!(encoding.index(), place);
    }
}
