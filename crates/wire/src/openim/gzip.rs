//! Gzip of one frame (RFC 1952): exactly one member, inflated size bounded, nothing after it.
//! Small frames are wrapped in a stored block instead of being deflated: still valid gzip, nearly free,
//! and a short protobuf would not shrink anyway. Deflate state is kept per thread and reused.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use std::cell::RefCell;

/// Payloads up to this many bytes are stored, not deflated. Must fit one stored block (65535).
pub const STORED_MAX: usize = 1024;

/// Why a gzip frame was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GzipError {
    #[error("inflates to more than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the member ends early")]
    Truncated,
    #[error("not a gzip header")]
    Header,
    #[error("the deflate stream is malformed")]
    Deflate,
    #[error("the checksum or length does not match")]
    Checksum,
    #[error("bytes are left over after the member")]
    Trailing,
}

/// One gzip member holding `plain`: stored when small or incompressible, else deflated at level 1.
pub fn compress(plain: &[u8]) -> Vec<u8> {
    if plain.len() <= STORED_MAX {
        return store(plain.len(), |out| out.extend_from_slice(plain));
    }
    deflate(plain).unwrap_or_else(|| store_blocks(plain))
}

/// One gzip member with a single stored block, whose `len` bytes `put` appends to the output buffer itself.
/// `len` must be what `put` writes and at most [`STORED_MAX`].
pub(crate) fn store(len: usize, put: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    debug_assert!(len <= STORED_MAX, "one stored block holds no more");
    let mut out = Vec::with_capacity(HEADER.len() + BLOCK_HEAD_LEN + len + TAIL_LEN);
    out.extend_from_slice(&HEADER);
    put_block_head(&mut out, len as u16, true);
    let start = out.len();
    put(&mut out);
    debug_assert_eq!(
        out.len() - start,
        len,
        "the block head already says the length"
    );
    let tail = tail(&out[start..]);
    out.extend_from_slice(&tail);
    out
}

/// The content of a frame that is one gzip member. `limit` bounds the result in bytes; the buffer grows with
/// what really comes out, so a short frame that claims much costs little.
pub fn decompress(frame: &[u8], limit: usize) -> Result<Vec<u8>, GzipError> {
    let deflated = &frame[header_len(frame)?..];
    let (mut plain, used) = INFLATE.with_borrow_mut(|inflate| {
        inflate.reset(false);
        inflate_bounded(inflate, deflated, limit)
    })?;
    let rest = &deflated[used..];
    let (found, trailing) = rest
        .split_at_checked(TAIL_LEN)
        .ok_or(GzipError::Truncated)?;
    if found != tail(&plain) {
        return Err(GzipError::Checksum);
    }
    if !trailing.is_empty() {
        return Err(GzipError::Trailing);
    }
    // A message decoded from here keeps this buffer alive, without the room left for growing.
    plain.shrink_to_fit();
    Ok(plain)
}

thread_local! {
    static DEFLATE: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
    static INFLATE: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

/// No name, no time, unknown system: what Go's `compress/gzip` writes.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
const TAIL_LEN: usize = 8;
const BLOCK_HEAD_LEN: usize = 5;
const BLOCK_MAX: usize = u16::MAX as usize;

/// Header flags of RFC 1952 §2.3.1; the three highest bits are reserved and must be zero.
mod flag {
    pub(super) const HEADER_CRC: u8 = 1 << 1;
    pub(super) const EXTRA: u8 = 1 << 2;
    pub(super) const NAME: u8 = 1 << 3;
    pub(super) const COMMENT: u8 = 1 << 4;
    pub(super) const RESERVED: u8 = 0b1110_0000;
}

/// CRC-32, then the length, both little endian.
fn tail(plain: &[u8]) -> [u8; TAIL_LEN] {
    let mut tail = [0; TAIL_LEN];
    tail[..4].copy_from_slice(&crc32fast::hash(plain).to_le_bytes());
    // The format keeps the length modulo 2^32.
    tail[4..].copy_from_slice(&(plain.len() as u32).to_le_bytes());
    tail
}

/// `None` when the result would not be smaller than stored blocks.
fn deflate(plain: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(HEADER.len() + plain.len() + TAIL_LEN);
    out.extend_from_slice(&HEADER);
    let status = DEFLATE.with_borrow_mut(|deflate| {
        deflate.reset();
        // Writes only into spare capacity: running out of it means that deflating did not pay.
        deflate.compress_vec(plain, &mut out, FlushCompress::Finish)
    });
    if !matches!(status, Ok(Status::StreamEnd)) {
        return None;
    }
    out.extend_from_slice(&tail(plain));
    // Frames wait in the queues of slow readers: do not hold the room that deflating saved.
    out.shrink_to_fit();
    Some(out)
}

fn store_blocks(plain: &[u8]) -> Vec<u8> {
    let blocks = plain.len().div_ceil(BLOCK_MAX);
    let mut out =
        Vec::with_capacity(HEADER.len() + blocks * BLOCK_HEAD_LEN + plain.len() + TAIL_LEN);
    out.extend_from_slice(&HEADER);
    for (index, block) in plain.chunks(BLOCK_MAX).enumerate() {
        put_block_head(&mut out, block.len() as u16, index + 1 == blocks);
        out.extend_from_slice(block);
    }
    out.extend_from_slice(&tail(plain));
    out
}

/// RFC 1951 §3.2.4: the final bit and type 0 padded to a byte, the length, its complement.
fn put_block_head(out: &mut Vec<u8>, len: u16, is_last: bool) {
    out.push(is_last.into());
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&(!len).to_le_bytes());
}

/// Where the deflate stream begins. A header checksum is skipped, not verified, as in most readers:
/// the data has a checksum of its own.
fn header_len(frame: &[u8]) -> Result<usize, GzipError> {
    let (fixed, _) = frame
        .split_at_checked(HEADER.len())
        .ok_or(GzipError::Truncated)?;
    let flags = fixed[3];
    if fixed[..3] != HEADER[..3] || flags & flag::RESERVED != 0 {
        return Err(GzipError::Header);
    }
    let mut at = HEADER.len();
    if flags & flag::EXTRA != 0 {
        let len = frame.get(at..at + 2).ok_or(GzipError::Truncated)?;
        at += 2 + usize::from(u16::from_le_bytes([len[0], len[1]]));
    }
    for text in [flag::NAME, flag::COMMENT] {
        if flags & text != 0 {
            let rest = frame.get(at..).ok_or(GzipError::Truncated)?;
            at += 1 + rest
                .iter()
                .position(|byte| *byte == 0)
                .ok_or(GzipError::Truncated)?;
        }
    }
    if flags & flag::HEADER_CRC != 0 {
        at += 2;
    }
    if at > frame.len() {
        Err(GzipError::Truncated)
    } else {
        Ok(at)
    }
}

/// Inflates one raw deflate stream; returns the bytes and how much of the input they took.
fn inflate_bounded(
    inflate: &mut Decompress,
    deflated: &[u8],
    limit: usize,
) -> Result<(Vec<u8>, usize), GzipError> {
    // One byte above the limit tells "exactly at the limit" from "more to come".
    let most = limit.saturating_add(1);
    let mut plain = Vec::with_capacity(deflated.len().saturating_mul(4).min(most));
    loop {
        let used = inflate.total_in() as usize;
        let written = plain.len();
        let status = inflate
            .decompress_vec(&deflated[used..], &mut plain, FlushDecompress::None)
            .map_err(|_| GzipError::Deflate)?;
        if plain.len() > limit {
            return Err(GzipError::TooLarge { limit });
        }
        if status == Status::StreamEnd {
            return Ok((plain, inflate.total_in() as usize));
        }
        if plain.len() == plain.capacity() {
            let more = plain.capacity().max(64).min(most - plain.len());
            plain.reserve_exact(more);
        } else if plain.len() == written && inflate.total_in() as usize == used {
            return Err(GzipError::Truncated);
        }
    }
}
