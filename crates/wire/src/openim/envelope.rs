//! The envelope of every socket frame (websocket.md §2) in its four encodings: gob or JSON, plain or gzipped.
//! [`encode_response`] is the hot path of the server: it borrows, and fills one buffer of the right size.
//! The `*_request` and `*_response` mirror pair is for the client and the load generator.

use super::gob::{self, GobError};
use super::gzip::{self, GzipError};
use super::json;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// A request as the server keeps it. Identifiers are in [`super::ids`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Request {
    pub req_identifier: i32,
    /// Empty in practice: the connection was authenticated by its URL.
    #[serde(deserialize_with = "json::null_as_default")]
    pub token: String,
    /// The sending user; must be the user of the connection.
    #[serde(rename = "sendID", deserialize_with = "json::null_as_default")]
    pub send_id: String,
    /// Trace id chosen by the client; echoed.
    #[serde(rename = "operationID", deserialize_with = "json::null_as_default")]
    pub operation_id: String,
    /// Correlation id chosen by the client; echoed.
    #[serde(deserialize_with = "json::null_as_default")]
    pub msg_incr: String,
    /// The protobuf message that `req_identifier` names.
    #[serde(with = "json::base64_string")]
    pub data: Bytes,
}

/// A response or push as the client keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Response {
    pub req_identifier: i32,
    /// Echo of the request; empty for a push.
    #[serde(deserialize_with = "json::null_as_default")]
    pub msg_incr: String,
    #[serde(rename = "operationID", deserialize_with = "json::null_as_default")]
    pub operation_id: String,
    /// 0 is success; see [`super::errors`].
    pub err_code: i32,
    #[serde(deserialize_with = "json::null_as_default")]
    pub err_msg: String,
    /// The protobuf message that `req_identifier` names; may be empty.
    #[serde(with = "json::base64_string")]
    pub data: Bytes,
}

/// [`Request`], borrowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestRef<'a> {
    pub req_identifier: i32,
    pub token: &'a str,
    #[serde(rename = "sendID")]
    pub send_id: &'a str,
    #[serde(rename = "operationID")]
    pub operation_id: &'a str,
    pub msg_incr: &'a str,
    #[serde(serialize_with = "json::base64_or_null")]
    pub data: &'a [u8],
}

/// [`Response`], borrowed: a reply is built from the request's own strings without copying them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResponseRef<'a> {
    pub req_identifier: i32,
    pub msg_incr: &'a str,
    #[serde(rename = "operationID")]
    pub operation_id: &'a str,
    pub err_code: i32,
    pub err_msg: &'a str,
    #[serde(serialize_with = "json::base64_or_null")]
    pub data: &'a [u8],
}

/// How the envelope is written; chosen by `sdkType` at the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Framing {
    Gob,
    Json,
}

/// What a connection negotiated at the handshake; holds for every binary frame in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Encoding {
    pub framing: Framing,
    pub gzip: bool,
}

impl Encoding {
    /// How many encodings there are: the size of a table with one frame for each.
    pub const COUNT: usize = 4;

    /// Every encoding, at the place its [`Encoding::index`] says.
    pub const ALL: [Encoding; Encoding::COUNT] = [
        Encoding {
            framing: Framing::Gob,
            gzip: false,
        },
        Encoding {
            framing: Framing::Gob,
            gzip: true,
        },
        Encoding {
            framing: Framing::Json,
            gzip: false,
        },
        Encoding {
            framing: Framing::Json,
            gzip: true,
        },
    ];

    /// A dense number below [`Encoding::COUNT`].
    pub const fn index(self) -> usize {
        let framing = match self.framing {
            Framing::Gob => 0,
            Framing::Json => 2,
        };
        framing + self.gzip as usize
    }
}

/// Why a frame was refused. The connection it came from is not worth keeping.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    #[error("the frame is, or inflates to, more than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("gzip: {0}")]
    Gzip(GzipError),
    #[error("gob: {0}")]
    Gob(#[from] GobError),
    #[error("json: {0}")]
    Json(#[from] serde_json::Error),
}

impl From<GzipError> for FrameError {
    fn from(error: GzipError) -> FrameError {
        match error {
            GzipError::TooLarge { limit } => FrameError::TooLarge { limit },
            other => FrameError::Gzip(other),
        }
    }
}

/// The payload of the binary frame that carries `response` (a [`ResponseRef`] or a `&Response`).
pub fn encode_response<'a>(response: impl Into<ResponseRef<'a>>, encoding: Encoding) -> Bytes {
    let response = response.into();
    match encoding.framing {
        Framing::Gob => encode_sized(gob::response_len(&response), encoding.gzip, |out| {
            gob::put_response(out, &response)
        }),
        Framing::Json => encode_json(&response, response.data.len(), encoding.gzip),
    }
}

/// The payload of the binary frame that carries `request`; the client's half.
pub fn encode_request<'a>(request: impl Into<RequestRef<'a>>, encoding: Encoding) -> Bytes {
    let request = request.into();
    match encoding.framing {
        Framing::Gob => encode_sized(gob::request_len(&request), encoding.gzip, |out| {
            gob::put_request(out, &request)
        }),
        Framing::Json => encode_json(&request, request.data.len(), encoding.gzip),
    }
}

/// Reads a request frame. `limit` bounds the envelope in bytes, before and after inflating.
pub fn decode_request(
    frame: &[u8],
    encoding: Encoding,
    limit: usize,
) -> Result<Request, FrameError> {
    let plain = Plain::open(frame, encoding, limit)?;
    match encoding.framing {
        Framing::Gob => {
            let request = gob::decode_request(plain.as_slice())?;
            Ok(Request {
                req_identifier: request.req_identifier,
                token: request.token.to_owned(),
                send_id: request.send_id.to_owned(),
                operation_id: request.operation_id.to_owned(),
                msg_incr: request.msg_incr.to_owned(),
                data: plain.keep(request.data),
            })
        }
        Framing::Json => Ok(serde_json::from_slice(plain.as_slice())?),
    }
}

/// Reads a response frame; the client's half. `limit` is as in [`decode_request`].
pub fn decode_response(
    frame: &[u8],
    encoding: Encoding,
    limit: usize,
) -> Result<Response, FrameError> {
    let plain = Plain::open(frame, encoding, limit)?;
    match encoding.framing {
        Framing::Gob => {
            let response = gob::decode_response(plain.as_slice())?;
            Ok(Response {
                req_identifier: response.req_identifier,
                msg_incr: response.msg_incr.to_owned(),
                operation_id: response.operation_id.to_owned(),
                err_code: response.err_code,
                err_msg: response.err_msg.to_owned(),
                data: plain.keep(response.data),
            })
        }
        Framing::Json => Ok(serde_json::from_slice(plain.as_slice())?),
    }
}

impl<'a> From<&'a Request> for RequestRef<'a> {
    fn from(request: &'a Request) -> RequestRef<'a> {
        RequestRef {
            req_identifier: request.req_identifier,
            token: &request.token,
            send_id: &request.send_id,
            operation_id: &request.operation_id,
            msg_incr: &request.msg_incr,
            data: &request.data,
        }
    }
}

impl<'a> From<&'a Response> for ResponseRef<'a> {
    fn from(response: &'a Response) -> ResponseRef<'a> {
        ResponseRef {
            req_identifier: response.req_identifier,
            msg_incr: &response.msg_incr,
            operation_id: &response.operation_id,
            err_code: response.err_code,
            err_msg: &response.err_msg,
            data: &response.data,
        }
    }
}

/// A frame after gunzip: the caller's bytes, or our own, whose parts can be kept without a copy.
enum Plain<'a> {
    Borrowed(&'a [u8]),
    Inflated(Bytes),
}

impl<'a> Plain<'a> {
    fn open(frame: &'a [u8], encoding: Encoding, limit: usize) -> Result<Plain<'a>, FrameError> {
        if frame.len() > limit {
            return Err(FrameError::TooLarge { limit });
        }
        if encoding.gzip {
            Ok(Plain::Inflated(gzip::decompress(frame, limit)?.into()))
        } else {
            Ok(Plain::Borrowed(frame))
        }
    }

    fn as_slice(&self) -> &[u8] {
        match self {
            Plain::Borrowed(frame) => frame,
            Plain::Inflated(bytes) => bytes,
        }
    }

    /// `part` must lie inside this frame.
    fn keep(&self, part: &[u8]) -> Bytes {
        match self {
            Plain::Borrowed(_) => Bytes::copy_from_slice(part),
            Plain::Inflated(bytes) => bytes.slice_ref(part),
        }
    }
}

/// Writes an envelope whose length is known into one buffer, between gzip head and tail when it is small.
fn encode_sized(len: usize, gzip: bool, put: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    if gzip && len <= gzip::STORED_MAX {
        return gzip::store(len, put).into();
    }
    let mut plain = Vec::with_capacity(len);
    put(&mut plain);
    if gzip {
        gzip::compress(&plain).into()
    } else {
        plain.into()
    }
}

fn encode_json(envelope: &impl Serialize, data_len: usize, gzip: bool) -> Bytes {
    // Names and ids take some 200 bytes; base64 makes four of three.
    let mut plain = Vec::with_capacity(256 + data_len.div_ceil(3) * 4);
    #[expect(
        clippy::expect_used,
        reason = "strings and numbers always serialise, and a Vec takes every write"
    )]
    serde_json::to_writer(&mut plain, envelope).expect("an envelope serialises");
    if gzip {
        gzip::compress(&plain).into()
    } else {
        plain.into()
    }
}
