//! Tests of the wire crate against captured bytes, hostile bytes and chance.
//! The captured frames are in `golden/`, in hex with comments; where they come from is said in each file.

#![expect(clippy::unwrap_used, reason = "tests")]

mod frames;
mod fuzz_smoke;
mod golden;
mod hostile;
mod json_shapes;
mod round_trips;
mod webhooks;
