//! The OpenIM side of a talk, as the native client library speaks it, at little cost. A request is encoded once and
//! then only its numbers change; of what the server pushes, only the client message id and the seq are looked at.
//! Requests are really deflated when gzip is on, as clients do, because inflating them is the server's work.

use crate::talk::{Heard, Speech};
use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress, Status};
use prost::Message as _;
use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;
use wire::openim::envelope::{Encoding, Framing, RequestRef, encode_request};
use wire::openim::proto::{MsgData, OfflinePushInfo};
use wire::openim::{content_type, gob, gzip, ids, msg_from, msg_status, platform, session_type};

/// The longest frame a client reads.
pub const FRAME_BYTES_MAX: usize = 1024 * 1024;

/// The platform of all our clients: one that sends pings itself and gets none.
pub const PLATFORM: i32 = platform::LINUX;

/// Any time will do, as long as it is past.
const CREATE_TIME: i64 = 1_780_000_000_000;

/// The user id of a number.
pub fn user_id(number: u32) -> String {
    format!("load{number:06}")
}

/// Path and query of the native client's dial.
pub fn dial_target(user: &str, token: &str, gzip: bool) -> String {
    let compression = if gzip { "&compression=gzip" } else { "" };
    format!(
        "/?sendID={user}&token={token}&platformID={PLATFORM}&operationID=1795224176344527315\
         &isBackground=false{compression}"
    )
}

/// Both directions of a talk between two users.
#[derive(Clone, Debug)]
pub struct OpenImSpeech {
    sides: [Skeleton; 2],
    gzip: bool,
}

impl OpenImSpeech {
    /// `content_bytes` is the length of the message's content, at least 14: `{"content":""}`.
    pub fn new(users: [u32; 2], content_bytes: usize, gzip: bool) -> Result<OpenImSpeech> {
        let [a, b] = users;
        Ok(OpenImSpeech {
            sides: [
                Skeleton::new(a, To::User(b), content_bytes)?,
                Skeleton::new(b, To::User(a), content_bytes)?,
            ],
            gzip,
        })
    }

    /// One user who talks to a group; there is no other side.
    pub fn to_group(
        user: u32,
        group: &str,
        content_bytes: usize,
        gzip: bool,
    ) -> Result<OpenImSpeech> {
        let side = Skeleton::new(user, To::Group(group), content_bytes)?;
        Ok(OpenImSpeech {
            sides: [side.clone(), side],
            gzip,
        })
    }
}

#[derive(Clone, Copy)]
enum To<'a> {
    User(u32),
    Group(&'a str),
}

impl OpenImSpeech {
    /// As [`Speech::message`], with a text of its own instead of the prose: what is too long is cut off, the rest filled
    /// with spaces. It must have nothing in it that JSON escapes.
    pub fn saying(&mut self, side: usize, id: u32, text: &str) -> Bytes {
        self.sides[side].set_text(text);
        self.message(side, id)
    }
}

impl Speech for OpenImSpeech {
    const ECHOES: bool = true;
    const GAP_FREE: bool = true;

    fn message(&mut self, side: usize, id: u32) -> Bytes {
        let plain = self.sides[side].message(id);
        if self.gzip {
            deflate(plain).into()
        } else {
            Bytes::copy_from_slice(plain)
        }
    }

    fn hear(&mut self, frame: &[u8], heard: &mut Vec<Heard>) -> Result<()> {
        let plain = if self.gzip {
            Cow::Owned(gzip::decompress(frame, FRAME_BYTES_MAX)?)
        } else {
            Cow::Borrowed(frame)
        };
        let response = gob::decode_response(&plain)?;
        match response.req_identifier {
            ids::SEND_MSG => {
                let (code, text) = (response.err_code, response.err_msg);
                ensure!(code == 0, "a message was refused: {code} {text}");
                let digits = response.msg_incr.as_bytes().last_chunk();
                let id = hex(digits.context("a reply to nobody")?)?;
                heard.push(Heard::Ack { id });
                Ok(())
            }
            ids::PUSH_MSG => hear_push(response.data, heard),
            ids::KICK_ONLINE_MSG => bail!("kicked by the server"),
            _ => Ok(()),
        }
    }
}

/// One request with places for its number.
#[derive(Clone, Debug)]
struct Skeleton {
    plain: Vec<u8>,
    /// Where the last eight digits of the client message id and of the correlation id stand.
    digits: [usize; 2],
    /// Where the text of the message stands.
    text: Range<usize>,
}

impl Skeleton {
    fn new(from: u32, to: To<'_>, content_bytes: usize) -> Result<Skeleton> {
        let send_id = user_id(from);
        // Placeholders of the right length, found again by what they alone contain.
        let client_msg_id = format!("{from:08x}{:016x}{}", 0, "A".repeat(DIGITS));
        let msg_incr = format!("{send_id}_17952251{}", "B".repeat(DIGITS));
        let content = format!(
            r#"{{"content":"{}"}}"#,
            prose(content_bytes.saturating_sub(14))
        );
        let (recv_id, group_id, session_type) = match to {
            To::User(user) => (user_id(user), String::new(), session_type::SINGLE),
            To::Group(group) => (String::new(), group.to_owned(), session_type::GROUP),
        };
        let data = MsgData {
            send_id: send_id.clone(),
            recv_id,
            group_id,
            client_msg_id,
            sender_platform_id: PLATFORM,
            sender_nickname: send_id.clone(),
            session_type,
            msg_from: msg_from::USER,
            content_type: content_type::TEXT,
            content: content.into(),
            create_time: CREATE_TIME,
            status: msg_status::SENDING,
            // What the library sends when the application says nothing.
            offline_push_info: Some(OfflinePushInfo {
                title: "You has a new message.".to_owned(),
                desc: "You has a new message.".to_owned(),
                ios_push_sound: "+1".to_owned(),
                ios_badge_count: true,
                ..OfflinePushInfo::default()
            }),
            attached_info: "null".to_owned(),
            ..MsgData::default()
        };
        let request = RequestRef {
            req_identifier: ids::SEND_MSG,
            token: "",
            send_id: &send_id,
            operation_id: "24aa89a-df0e2-451b-87bf-a144518259c0",
            msg_incr: &msg_incr,
            data: &data.encode_to_vec(),
        };
        let encoding = Encoding {
            framing: Framing::Gob,
            gzip: false,
        };
        let plain = encode_request(request, encoding).to_vec();
        let digits = [find(&plain, b'A')?, find(&plain, b'B')?];
        let begin = br#"{"content":""#;
        let mut windows = plain.windows(begin.len());
        let text = windows.position(|window| window == begin);
        let text = text.context("the content is gone")? + begin.len();
        Ok(Skeleton {
            text: text..text + content_bytes.saturating_sub(14),
            plain,
            digits,
        })
    }

    fn set_text(&mut self, text: &str) {
        let place = &mut self.plain[self.text.clone()];
        let text = &text.as_bytes()[..text.floor_char_boundary(place.len())];
        place[..text.len()].copy_from_slice(text);
        place[text.len()..].fill(b' ');
    }

    fn message(&mut self, id: u32) -> &[u8] {
        let mut text = [0; DIGITS];
        for (digit, shift) in text.iter_mut().rev().zip((0..).step_by(4)) {
            *digit = b"0123456789abcdef"[(id >> shift & 0xf) as usize];
        }
        for at in self.digits {
            self.plain[at..at + DIGITS].copy_from_slice(&text);
        }
        &self.plain
    }
}

/// Hexadecimal digits of a number of 32 bits.
const DIGITS: usize = 8;

fn find(frame: &[u8], digit: u8) -> Result<usize> {
    let mut windows = frame.windows(DIGITS);
    windows
        .position(|window| window == [digit; DIGITS])
        .context("the placeholder is gone")
}

fn hex(digits: &[u8; DIGITS]) -> Result<u32> {
    let text = str::from_utf8(digits)?;
    u32::from_str_radix(text, 16).with_context(|| format!("{text:?} is not a number of ours"))
}

/// Text that deflates about as well as people's messages do.
fn prose(bytes: usize) -> String {
    const WORDS: &str = "Shall we meet at the station at half past six, or is the cafe by the river \
        better for you? I can bring the tickets along, and Maria said she would join us after work. ";
    WORDS.chars().cycle().take(bytes).collect()
}

/// `sdkws.PushMessages`: 1 msgs, a map whose value (2) is `PullMsgs`, whose 1 is the list of `MsgData`.
fn hear_push(mut push: &[u8], heard: &mut Vec<Heard>) -> Result<()> {
    while let Some((number, value)) = field(&mut push)? {
        if let (1, Value::Bytes(mut entry)) = (number, value) {
            while let Some((number, value)) = field(&mut entry)? {
                if let (2, Value::Bytes(mut messages)) = (number, value) {
                    while let Some((number, value)) = field(&mut messages)? {
                        if let (1, Value::Bytes(message)) = (number, value) {
                            heard.push(hear_message(message)?);
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

/// `sdkws.MsgData`: 4 clientMsgID, 14 seq.
fn hear_message(mut message: &[u8]) -> Result<Heard> {
    let (mut client_msg_id, mut seq) = (&[][..], 0);
    while let Some((number, value)) = field(&mut message)? {
        match (number, value) {
            (4, Value::Bytes(bytes)) => client_msg_id = bytes,
            (14, Value::Number(number)) => seq = number,
            _ => {}
        }
    }
    let from = client_msg_id.first_chunk().context("a foreign message")?;
    let id = client_msg_id.last_chunk().context("a foreign message")?;
    Ok(Heard::Message {
        from: hex(from)?,
        id: hex(id)?,
        seq,
    })
}

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Fixed,
}

/// The next protobuf field of `rest`.
fn field<'a>(rest: &mut &'a [u8]) -> Result<Option<(u64, Value<'a>)>> {
    if rest.is_empty() {
        return Ok(None);
    }
    let key = varint(rest)?;
    let value = match key & 7 {
        0 => Value::Number(varint(rest)?),
        1 => skip(rest, 8).map(|_| Value::Fixed)?,
        2 => {
            let len = usize::try_from(varint(rest)?)?;
            Value::Bytes(skip(rest, len)?)
        }
        5 => skip(rest, 4).map(|_| Value::Fixed)?,
        kind => bail!("protobuf fields of kind {kind} are not used"),
    };
    Ok(Some((key >> 3, value)))
}

fn skip<'a>(rest: &mut &'a [u8], len: usize) -> Result<&'a [u8]> {
    let (taken, after) = rest
        .split_at_checked(len)
        .context("a protobuf message ends early")?;
    *rest = after;
    Ok(taken)
}

fn varint(rest: &mut &[u8]) -> Result<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest
            .split_first()
            .context("a protobuf message ends early")?;
        *rest = after;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    bail!("a protobuf number is too long")
}

thread_local! {
    static DEFLATE: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
}

/// One gzip member with the head that Go writes. The compressor's state is kept, which halves the cost.
fn deflate(plain: &[u8]) -> Vec<u8> {
    const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    // Deflate falls back to stored blocks, so the output is never much longer than the input.
    let mut frame = Vec::with_capacity(HEAD.len() + plain.len() + plain.len() / 8 + 64);
    frame.extend_from_slice(&HEAD);
    let status = DEFLATE.with_borrow_mut(|deflate| {
        deflate.reset();
        deflate.compress_vec(plain, &mut frame, FlushCompress::Finish)
    });
    debug_assert_eq!(status.ok(), Some(Status::StreamEnd));
    frame.extend_from_slice(&crc32fast::hash(plain).to_le_bytes());
    frame.extend_from_slice(&(plain.len() as u32).to_le_bytes());
    frame
}
