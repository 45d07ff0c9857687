//! See `wire::openim::fuzzing::proto_msg`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wire::openim::fuzzing::proto_msg(bytes));
