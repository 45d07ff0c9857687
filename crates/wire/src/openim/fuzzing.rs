//! Bodies of the fuzz targets, shared by `fuzz/` (cargo-fuzz, nightly) and the short run in `tests/it/fuzz_smoke.rs`.
//! Each takes hostile bytes, must return, and panics when what was accepted does not survive a round trip.

use super::envelope::{self, Encoding};
use super::proto::MsgData;
use super::{gob, gzip};
use prost::Message as _;

/// Bound of inflated frames here; small, so that a bomb is cheap to try.
const LIMIT: usize = 1 << 20;

/// A gob request stream: what decodes must decode the same after it is encoded again.
pub fn gob_request(bytes: &[u8]) {
    let Ok(request) = gob::decode_request(bytes) else {
        return;
    };
    let mut stream = Vec::new();
    gob::put_request(&mut stream, &request);
    assert_eq!(
        stream.len(),
        gob::request_len(&request),
        "the length is computed ahead"
    );
    assert_eq!(gob::decode_request(&stream), Ok(request));
}

/// A request frame, read in each of the four encodings.
pub fn envelope_request(bytes: &[u8]) {
    for encoding in Encoding::ALL {
        let Ok(request) = envelope::decode_request(bytes, encoding, LIMIT) else {
            continue;
        };
        let frame = envelope::encode_request(&request, encoding);
        // Another spelling may be longer than what came in, but not by more than the definition and base64 padding.
        let again = envelope::decode_request(&frame, encoding, 8 * LIMIT);
        assert_eq!(again.ok(), Some(request), "{encoding:?}");
    }
}

/// A gzip frame: what inflates must survive being compressed and inflated.
pub fn gzip_frame(bytes: &[u8]) {
    let Ok(plain) = gzip::decompress(bytes, LIMIT) else {
        return;
    };
    assert!(plain.len() <= LIMIT, "the limit holds");
    let again = gzip::decompress(&gzip::compress(&plain), LIMIT);
    assert_eq!(again.as_ref(), Ok(&plain));
}

/// A message as a client sends it: protobuf and JSON must both survive a round trip.
pub fn proto_msg(bytes: &[u8]) {
    let Ok(message) = MsgData::decode(bytes) else {
        return;
    };
    assert_eq!(
        MsgData::decode(message.encode_to_vec().as_slice())
            .ok()
            .as_ref(),
        Some(&message)
    );
    let json = serde_json::to_vec(&message).ok();
    let again = json.and_then(|json| serde_json::from_slice(&json).ok());
    assert_eq!(again, Some(message));
}
