//! Bytes from nobody's client: everything is refused with an error, nothing panics or grows.

use crate::golden;
use std::io::Write as _;
use wire::openim::envelope::{Encoding, FrameError, Framing, decode_request, decode_response};
use wire::openim::gob::{self, GobError};
use wire::openim::gzip::{self, GzipError};
use wire::openim::proto::MsgData;

const LIMIT: usize = 51_200;

#[test]
fn every_truncation_is_refused() {
    for frame in [golden::request_1001(), golden::request_1003()] {
        for len in 0..frame.len() {
            assert_eq!(
                gob::decode_request(&frame[..len]),
                Err(GobError::Truncated),
                "{len}"
            );
        }
    }
    for frame in [
        golden::response_1001(),
        golden::response_1003(),
        golden::push_2001(),
        golden::response_1403(),
    ] {
        for len in 0..frame.len() {
            assert_eq!(
                gob::decode_response(&frame[..len]),
                Err(GobError::Truncated),
                "{len}"
            );
        }
    }
    let frame = golden::request_1001_gzip();
    for len in 0..frame.len() {
        assert_eq!(
            gzip::decompress(&frame[..len], LIMIT),
            Err(GzipError::Truncated),
            "{len}"
        );
    }
}

#[test]
fn every_flipped_bit_of_a_gzip_frame_is_noticed_or_harmless() {
    let frame = golden::request_1001_gzip();
    let plain = gzip::decompress(&frame, LIMIT).unwrap();
    for bit in 0..frame.len() * 8 {
        let mut flipped = frame.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(other) = gzip::decompress(&flipped, LIMIT) {
            assert_eq!(other, plain, "bit {bit}");
        }
    }
}

#[test]
fn trailing_bytes_are_refused() {
    let frame = [golden::request_1001(), vec![0]].concat();
    assert_eq!(gob::decode_request(&frame), Err(GobError::Trailing));
    let frame = [golden::request_1001_gzip(), vec![0]].concat();
    assert_eq!(gzip::decompress(&frame, LIMIT), Err(GzipError::Trailing));
    let members = [golden::request_1001_gzip(), golden::request_1001_gzip()].concat();
    assert_eq!(gzip::decompress(&members, LIMIT), Err(GzipError::Trailing));
}

#[test]
fn huge_lengths_cost_nothing() {
    let huge = [0xf8, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(gob::decode_request(&huge), Err(GobError::Truncated));
    // A string of that length, and a field of that index.
    for value in [
        [&[0xff, 0x80, 2][..], &huge].concat(),
        [&[0xff, 0x80][..], &huge].concat(),
    ] {
        let frame = [&golden::request_1001()[..102], &[value.len() as u8], &value].concat();
        assert!(gob::decode_request(&frame).is_err());
    }
    // A definition of that many fields, of which the value then skips as many.
    let mut definition = vec![0x7f, 3, 2];
    definition.extend_from_slice(&huge);
    let mut value = vec![0xff, 0x80];
    value.extend_from_slice(&huge);
    let frame = [
        &[definition.len() as u8][..],
        &definition,
        &[value.len() as u8],
        &value,
    ]
    .concat();
    assert_eq!(gob::decode_request(&frame), Err(GobError::Truncated));
    // A number of more than eight bytes.
    assert_eq!(
        gob::decode_request(&[0xf7, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
        Err(GobError::Number)
    );
}

#[test]
fn definitions_are_bounded() {
    let frame = [2, 0x7f, 0].repeat(1000);
    assert_eq!(
        gob::decode_request(&frame),
        Err(GobError::TooManyDefinitions)
    );
}

#[test]
fn value_of_an_undefined_type_is_refused() {
    let value = &golden::request_1001()[102..];
    assert_eq!(gob::decode_request(value), Err(GobError::UndefinedType));
    // Type id 0 must not find an unused slot.
    assert_eq!(
        gob::decode_request(&[2, 0, 0]),
        Err(GobError::UndefinedType)
    );
}

#[test]
fn gzip_bomb_is_cut_at_the_limit() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![0; 40 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < LIMIT);
    assert_eq!(
        gzip::decompress(&bomb, LIMIT),
        Err(GzipError::TooLarge { limit: LIMIT })
    );
    for framing in [Framing::Gob, Framing::Json] {
        let refused = decode_request(
            &bomb,
            Encoding {
                framing,
                gzip: true,
            },
            LIMIT,
        );
        assert!(matches!(
            refused,
            Err(FrameError::TooLarge { limit: LIMIT })
        ));
    }
}

#[test]
fn the_limit_is_inclusive() {
    for len in [0, 1, 1000, 1024, 1025, 5000, 70_000] {
        let frame = gzip::compress(&vec![b'x'; len]);
        assert_eq!(gzip::decompress(&frame, len).unwrap().len(), len);
        if len > 0 {
            assert_eq!(
                gzip::decompress(&frame, len - 1),
                Err(GzipError::TooLarge { limit: len - 1 })
            );
        }
    }
    let frame = golden::request_1001();
    let plain = Encoding {
        framing: Framing::Gob,
        gzip: false,
    };
    assert!(decode_request(&frame, plain, frame.len()).is_ok());
    assert!(matches!(
        decode_request(&frame, plain, frame.len() - 1),
        Err(FrameError::TooLarge { .. })
    ));
}

#[test]
fn broken_gzip_heads_and_tails_are_refused() {
    let good = gzip::compress(b"hello");
    let spoilt = |at: usize, byte: u8| {
        let mut frame = good.clone();
        frame[at] = byte;
        gzip::decompress(&frame, LIMIT)
    };
    assert_eq!(spoilt(0, 0), Err(GzipError::Header));
    assert_eq!(spoilt(2, 7), Err(GzipError::Header), "unknown method");
    assert_eq!(spoilt(3, 0x20), Err(GzipError::Header), "reserved flag");
    assert_eq!(
        spoilt(10, 7),
        Err(GzipError::Deflate),
        "reserved block type"
    );
    assert_eq!(
        spoilt(11, 4),
        Err(GzipError::Deflate),
        "length and complement differ"
    );
    assert_eq!(
        spoilt(good.len() - 1, 1),
        Err(GzipError::Checksum),
        "length"
    );
    assert_eq!(
        spoilt(good.len() - 8, good[good.len() - 8] ^ 1),
        Err(GzipError::Checksum),
        "checksum"
    );
    assert_eq!(
        gzip::decompress(&good, LIMIT).unwrap(),
        b"hello",
        "the reused state is clean again"
    );
}

#[test]
fn deep_nesting_costs_no_stack() {
    let depth = 20_000;
    let nested = |name: &str| {
        [
            r#"{""#,
            name,
            r#"":"#,
            &"[".repeat(depth),
            &"]".repeat(depth),
            "}",
        ]
        .concat()
    };
    let encoding = Encoding {
        framing: Framing::Json,
        gzip: false,
    };
    // An unknown member is skipped by a loop; a known one is refused at its first bracket.
    assert!(decode_request(nested("x").as_bytes(), encoding, LIMIT).is_ok());
    assert!(decode_request(nested("data").as_bytes(), encoding, LIMIT).is_err());
    assert!(decode_response(nested("errMsg").as_bytes(), encoding, LIMIT).is_err());
    // Unknown protobuf groups inside each other, tag 24 (0xc3 0x01).
    let groups = [0xc3, 0x01].repeat(depth);
    assert!(<MsgData as prost::Message>::decode(groups.as_slice()).is_err());
}

#[test]
fn other_spellings_of_the_request_are_read() {
    // type Any struct { Flag bool; Ratio float64; Data []byte; Wave complex128; Count uint; SendID string;
    //                   Tags []string; ReqIdentifier int64 }, sent as type id 70.
    let mut definition = vec![
        0xff, 0x8b, 3, 1, 1, 3, b'A', b'n', b'y', 1, 0xff, 0x8c, 0, 1, 8,
    ];
    let fields: [(&str, &[u8]); 8] = [
        ("Flag", &[2]),
        ("Ratio", &[8]),
        ("Data", &[10]),
        ("Wave", &[14]),
        ("Count", &[6]),
        ("SendID", &[12]),
        ("Tags", &[0xff, 0x8e]),
        ("ReqIdentifier", &[4]),
    ];
    for (name, type_id) in fields {
        definition.extend([1, name.len() as u8]);
        definition.extend(name.bytes());
        definition.push(1);
        definition.extend(type_id);
        definition.push(0);
    }
    definition.extend([0, 0]);
    // Tags' own definition follows; it is no struct, but it is only looked at when a value needs it.
    let tags = [0xff, 0x8d, 2, 1, 2, 0xff, 0x8e, 0, 1, 12, 0, 0];
    let head = [
        &[definition.len() as u8][..],
        &definition,
        &[tags.len() as u8],
        &tags,
    ]
    .concat();
    let frame = |value: &[u8]| [&head[..], &[value.len() as u8], value].concat();

    let value = [
        0xff, 0x8c, 1, 1, 1, 0xfe, 0xf0, 0x3f, 1, 1, 9, 1, 1, 2, 1, 5, 1, 1, b'a', 2, 0xfe, 0x07,
        0xd2, 0,
    ];
    let request_frame = frame(&value);
    let request = gob::decode_request(&request_frame).unwrap();
    assert_eq!(
        (request.req_identifier, request.send_id, request.data),
        (1001, "a", &[9][..])
    );

    assert_eq!(
        gob::decode_request(&frame(&[0xff, 0x8c, 7, 1, 1, b'a', 0])),
        Err(GobError::Unsupported)
    );
    assert_eq!(
        gob::decode_request(&frame(&[0xff, 0x8c, 9, 1, 0])),
        Err(GobError::FieldIndex)
    );
    assert_eq!(
        gob::decode_request(&frame(&[0xff, 0x8c, 6, 1, 0xff, 0])),
        Err(GobError::Text)
    );
    assert_eq!(
        gob::decode_request(&frame(&[0xff, 0x8c, 8, 0xfb, 1, 0, 0, 0, 0, 0])),
        Err(GobError::Number)
    );
    assert_eq!(
        gob::decode_request(&frame(&[0xff, 0x8c, 0, 0])),
        Err(GobError::Trailing)
    );
    assert_eq!(
        gob::decode_request(&frame(&[0xff, 0x8e, 0])),
        Err(GobError::UndefinedType),
        "not a struct"
    );
}

#[test]
fn envelope_field_of_another_kind_is_refused() {
    // The response definition has no SendID, but a MsgIncr; make it an int.
    let mut frame = golden::request_1001();
    let at = frame
        .windows(6)
        .position(|window| window == b"SendID")
        .unwrap()
        + 7;
    assert_eq!(frame[at], 0x0c);
    frame[at] = 0x0a;
    assert_eq!(gob::decode_request(&frame), Err(GobError::Kind));
}
