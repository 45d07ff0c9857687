//! See `wire::openim::fuzzing::envelope_request`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wire::openim::fuzzing::envelope_request(bytes));
