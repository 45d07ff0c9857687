//! See `wire::openim::fuzzing::gzip_frame`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wire::openim::fuzzing::gzip_frame(bytes));
