//! See `wire::openim::fuzzing::gob_request`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wire::openim::fuzzing::gob_request(bytes));
