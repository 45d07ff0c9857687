//! The executable from outside: every test starts the real `switchboard` in a directory of its own. `process.rs` is
//! how; `tidy.rs` looks at the workspace instead.

mod accounts;
mod configuration;
mod failures;
mod files;
mod import;
mod lifecycle;
mod openim_dump;
mod process;
mod tidy;
mod webhooks;
