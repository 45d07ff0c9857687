//! The OpenIM 3.8 protocol as the unmodified client libraries speak it.
//! A socket frame is read from outside in: [`gzip`], then [`gob`] or JSON ([`envelope`]), then [`proto`];
//! the HTTP side is [`rest`]. Clause numbers in comments refer to `reference/openim`.

pub mod envelope;
pub mod gob;
pub mod gzip;

pub mod conversation_id;
pub mod elements;
pub mod numbers;
pub mod proto;
pub mod tips;

pub mod errors;
pub mod rest;
pub mod token;
pub mod webhooks;

pub mod fuzzing;

mod json;

pub use numbers::{
    content_type, group_at_type, group_status, handle_result, ids, join_source, manger_level,
    msg_from, msg_status, need_verification, online_status, option_key, platform, pull_order,
    recv_msg_opt, role, session_type,
};
