//! Measuring a body while it passes: how long it is and what its MD5 is. It ends with an error at the first byte too
//! many, so that nobody stores more than was announced.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use md5::{Digest, Md5};
use parking_lot::Mutex;

use super::hex;
use crate::ports::ByteStream;

/// How long a body must be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Length {
    Exactly(u64),
    AtMost(u64),
}

impl Length {
    fn max(self) -> u64 {
        match self {
            Self::Exactly(bytes) | Self::AtMost(bytes) => bytes,
        }
    }
}

/// What was seen of a body; it can be read while the body is somewhere else.
#[derive(Clone)]
pub(super) struct Meter(Arc<Mutex<Seen>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    TooShort,
    TooLong,
    /// The sender went away in the middle.
    Cut,
}

struct Seen {
    bytes: u64,
    md5: Md5,
    fault: Option<Fault>,
}

impl Meter {
    /// The same bytes, measured.
    pub(super) fn on(body: ByteStream, length: Length) -> (Self, ByteStream) {
        let meter = Self(Arc::new(Mutex::new(Seen {
            bytes: 0,
            md5: Md5::new(),
            fault: None,
        })));
        let metered = Metered {
            body,
            length,
            meter: meter.clone(),
        };
        (meter, Box::pin(metered))
    }

    pub(super) fn fault(&self) -> Option<Fault> {
        self.0.lock().fault
    }

    /// How many bytes there were, and their MD5 in hexadecimal.
    pub(super) fn result(&self) -> (u64, String) {
        let seen = self.0.lock();
        (seen.bytes, hex(&seen.md5.clone().finalize()))
    }
}

struct Metered {
    body: ByteStream,
    length: Length,
    meter: Meter,
}

impl Metered {
    fn fail(&self, fault: Fault, error: io::Error) -> Poll<Option<io::Result<Bytes>>> {
        self.meter.0.lock().fault = Some(fault);
        Poll::Ready(Some(Err(error)))
    }
}

impl Stream for Metered {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = match self.body.as_mut().poll_next(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Some(Err(error))) => return self.fail(Fault::Cut, error),
            Poll::Ready(Some(Ok(chunk))) => chunk,
            Poll::Ready(None) => {
                let bytes = self.meter.0.lock().bytes;
                return match self.length {
                    Length::Exactly(expected) if bytes < expected => {
                        self.fail(Fault::TooShort, io::ErrorKind::UnexpectedEof.into())
                    }
                    Length::Exactly(_) | Length::AtMost(_) => Poll::Ready(None),
                };
            }
        };
        let mut seen = self.meter.0.lock();
        seen.bytes += chunk.len() as u64;
        if seen.bytes > self.length.max() {
            drop(seen);
            return self.fail(Fault::TooLong, io::ErrorKind::FileTooLarge.into());
        }
        seen.md5.update(&chunk);
        drop(seen);
        Poll::Ready(Some(Ok(chunk)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{StreamExt, stream};

    async fn measure(chunks: &[&'static str], length: Length) -> (u64, String, Option<Fault>) {
        let chunks: Vec<_> = chunks.iter().map(|text| Ok(Bytes::from(*text))).collect();
        let (meter, mut body) = Meter::on(Box::pin(stream::iter(chunks)), length);
        while let Some(Ok(_)) = body.next().await {}
        let (bytes, md5) = meter.result();
        (bytes, md5, meter.fault())
    }

    #[tokio::test]
    async fn a_body_is_measured_and_held_to_its_length() {
        let hello = "5d41402abc4b2a76b9719d911017c592";
        let whole = measure(&["hel", "lo"], Length::Exactly(5)).await;
        assert_eq!(whole, (5, hello.to_owned(), None));
        let loose = measure(&["hello"], Length::AtMost(9)).await;
        assert_eq!(loose, (5, hello.to_owned(), None));
        let short = measure(&["hel"], Length::Exactly(5)).await;
        assert_eq!(short.2, Some(Fault::TooShort));
        let long = measure(&["hello", "x"], Length::Exactly(5)).await;
        assert_eq!(long.2, Some(Fault::TooLong));
        let long = measure(&["hello", "x"], Length::AtMost(5)).await;
        assert_eq!(long.2, Some(Fault::TooLong));
    }
}
