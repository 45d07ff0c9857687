//! Data types and codecs of foreign protocols: what both ends of a socket agree on.
//! No I/O, no clock, no domain: bytes in, values out, and back again.
//! Start with [`openim::envelope`], the frame every OpenIM socket message travels in.

pub mod openim;
