//! The executable from outside: every test starts the real `switchboard` in a directory of its own. `process.rs` is
//! how; `tidy.rs` looks at the workspace instead.

mod accounts;
mod configuration;
mod failures;
mod lifecycle;
mod process;
mod tidy;
