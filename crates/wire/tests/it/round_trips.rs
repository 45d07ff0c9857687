//! What is encoded decodes to the same, whatever it holds; and foreign encoders and decoders agree.

use bytes::Bytes;
use proptest::collection::{btree_map, vec};
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use prost::Message as _;
use std::io::{Read as _, Write as _};
use wire::openim::envelope::{
    Encoding, Request, Response, decode_request, decode_response, encode_request, encode_response,
};
use wire::openim::proto::{MsgData, OfflinePushInfo};
use wire::openim::{gob, gzip};

const LIMIT: usize = 1 << 20;

fn bytes() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..3000).prop_map(Bytes::from)
}

fn request() -> impl Strategy<Value = Request> {
    (any::<i32>(), ".*", ".*", ".*", ".*", bytes()).prop_map(
        |(req_identifier, token, send_id, operation_id, msg_incr, data)| Request {
            req_identifier,
            token,
            send_id,
            operation_id,
            msg_incr,
            data,
        },
    )
}

fn response() -> impl Strategy<Value = Response> {
    (any::<i32>(), ".*", ".*", any::<i32>(), ".*", bytes()).prop_map(
        |(req_identifier, msg_incr, operation_id, err_code, err_msg, data)| Response {
            req_identifier,
            msg_incr,
            operation_id,
            err_code,
            err_msg,
            data,
        },
    )
}

/// A field of every kind of protobuf number and container; the others differ in nothing but their tag.
fn message() -> impl Strategy<Value = MsgData> {
    let push = proptest::option::of((".*", any::<bool>()).prop_map(|(title, ios_badge_count)| {
        OfflinePushInfo {
            title,
            ios_badge_count,
            ..OfflinePushInfo::default()
        }
    }));
    (
        ".*",
        any::<i32>(),
        bytes(),
        any::<i64>(),
        any::<bool>(),
        btree_map("[a-z]*", any::<bool>(), 0..4),
        push,
        vec(".*", 0..3),
    )
        .prop_map(
            |(
                send_id,
                content_type,
                content,
                seq,
                is_read,
                options,
                offline_push_info,
                at_user_id_list,
            )| MsgData {
                send_id,
                content_type,
                content,
                seq,
                is_read,
                options,
                offline_push_info,
                at_user_id_list,
                ..MsgData::default()
            },
        )
}

proptest! {
    #[test]
    fn request_survives_every_encoding(request in request()) {
        for encoding in Encoding::ALL {
            let frame = encode_request(&request, encoding);
            prop_assert_eq!(&decode_request(&frame, encoding, LIMIT).unwrap(), &request);
        }
    }

    #[test]
    fn response_survives_every_encoding(response in response()) {
        for encoding in Encoding::ALL {
            let frame = encode_response(&response, encoding);
            prop_assert_eq!(&decode_response(&frame, encoding, LIMIT).unwrap(), &response);
        }
        let mut stream = Vec::new();
        gob::put_response(&mut stream, &(&response).into());
        prop_assert_eq!(stream.len(), gob::response_len(&(&response).into()));
    }

    #[test]
    fn message_survives_protobuf_and_json(message in message()) {
        prop_assert_eq!(&MsgData::decode(message.encode_to_vec().as_slice()).unwrap(), &message);
        let json = serde_json::to_string(&message).unwrap();
        prop_assert_eq!(&serde_json::from_str::<MsgData>(&json).unwrap(), &message);
    }

    #[test]
    fn gzip_agrees_with_another_implementation(
        seed in vec(any::<u8>(), 1..600),
        repeat in prop_oneof![Just(1_usize), 1..300_usize],
    ) {
        let plain = seed.repeat(repeat);
        let ours = gzip::compress(&plain);
        let mut inflated = Vec::new();
        flate2::read::GzDecoder::new(&ours[..]).read_to_end(&mut inflated).unwrap();
        prop_assert!(inflated == plain, "the other side reads ours");
        prop_assert!(ours.len() <= plain.len() + 18 + 5 * (1 + plain.len() / 65535), "never much longer than stored");

        let mut theirs = flate2::GzBuilder::new()
            .filename("name")
            .comment("comment")
            .extra(vec![1, 2, 3])
            .write(Vec::new(), flate2::Compression::best());
        theirs.write_all(&plain).unwrap();
        let theirs = theirs.finish().unwrap();
        prop_assert!(gzip::decompress(&theirs, plain.len()).unwrap() == plain, "we read the other side's");
    }
}

#[test]
fn incompressible_frames_become_several_stored_blocks() {
    let mut random = crate::fuzz_smoke::Random(7);
    let plain: Vec<u8> = (0..200_000).map(|_| random.next() as u8).collect();
    let frame = gzip::compress(&plain);
    assert_eq!(frame.len(), 10 + 4 * 5 + plain.len() + 8);
    assert!(gzip::decompress(&frame, plain.len()).unwrap() == plain);
}

#[test]
fn repetitive_frames_are_deflated() {
    let plain = b"si_alice_bob ".repeat(1000);
    assert!(gzip::compress(&plain).len() < plain.len() / 10);
}
