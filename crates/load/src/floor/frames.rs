//! The three frames of the floor, in fixed little-endian fields: no format could be cheaper to read.
//! A message is `recipient u32, id u32, payload`; an answer starts with its kind.

use crate::talk::{Heard, Speech};
use anyhow::{Context, Result, bail};
use bytes::{BufMut, Bytes, BytesMut};

/// The recipient of a message for every other connection.
pub const EVERYONE: u32 = u32::MAX;

/// Bytes before the payload of a message.
pub const MESSAGE_HEAD: usize = 8;

const ACK: u8 = 1;
const DELIVERY: u8 = 2;

/// Recipient and id of a message frame.
pub fn message_head(frame: &[u8]) -> Option<(u32, u32)> {
    let (recipient, rest) = frame.split_first_chunk()?;
    let (id, _) = rest.split_first_chunk()?;
    Some((u32::from_le_bytes(*recipient), u32::from_le_bytes(*id)))
}

/// Tells the sender that message `id` is on disk.
pub fn ack(id: u32, seq: u64) -> Bytes {
    let mut frame = BytesMut::with_capacity(13);
    frame.put_u8(ACK);
    frame.put_u32_le(id);
    frame.put_u64_le(seq);
    frame.freeze()
}

/// Passes a message on.
pub fn delivery(sender: u32, id: u32, seq: u64, payload: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(17 + payload.len());
    frame.put_u8(DELIVERY);
    frame.put_u32_le(sender);
    frame.put_u32_le(id);
    frame.put_u64_le(seq);
    frame.put_slice(payload);
    frame.freeze()
}

/// The client's half.
#[derive(Clone, Debug)]
pub struct FloorSpeech {
    /// Recipient of what each side of the talk says.
    pub recipients: [u32; 2],
    pub payload: Bytes,
}

impl Speech for FloorSpeech {
    const ECHOES: bool = false;
    // The place in the log of all.
    const GAP_FREE: bool = false;

    fn message(&mut self, side: usize, id: u32) -> Bytes {
        let mut frame = BytesMut::with_capacity(MESSAGE_HEAD + self.payload.len());
        frame.put_u32_le(self.recipients[side]);
        frame.put_u32_le(id);
        frame.put_slice(&self.payload);
        frame.freeze()
    }

    fn hear(&mut self, frame: &[u8], heard: &mut Vec<Heard>) -> Result<()> {
        let (&kind, rest) = frame.split_first().context("an empty frame")?;
        let mut rest = rest;
        heard.push(match kind {
            ACK => Heard::Ack {
                id: u32(&mut rest)?,
            },
            DELIVERY => Heard::Message {
                from: u32(&mut rest)?,
                id: u32(&mut rest)?,
                seq: u64(&mut rest)?,
            },
            _ => bail!("a frame of kind {kind}"),
        });
        Ok(())
    }
}

fn u32(rest: &mut &[u8]) -> Result<u32> {
    let (bytes, after) = rest.split_first_chunk().context("a short frame")?;
    *rest = after;
    Ok(u32::from_le_bytes(*bytes))
}

fn u64(rest: &mut &[u8]) -> Result<u64> {
    let (bytes, after) = rest.split_first_chunk().context("a short frame")?;
    *rest = after;
    Ok(u64::from_le_bytes(*bytes))
}
