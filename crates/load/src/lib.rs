//! `switchboard-load`: OpenIM clients in numbers, and what a server makes of them. Every workload runs against the
//! product and, where that has a meaning, against a bare server of the same parts ([`floor`]), on the same machine in
//! the same minutes. It checks what it measures: a message lost, repeated or out of order fails the run.
//! Start with [`pairs`], the workload that counts most; [`bench`] puts all of them together, [`goals`] judges them.

pub mod cli;

pub mod bench;
pub mod goals;

pub mod talk;

pub mod fanout;
pub mod files;
pub mod groups;
pub mod idle;
pub mod pairs;
pub mod search;
pub mod start;
pub mod sync;

pub mod floor;

pub mod client;
pub mod corpus;
pub mod openim;
pub mod rest;
pub mod socket;

pub mod machine;
pub mod postgres;
pub mod process;
pub mod server;

pub mod report;
pub mod stats;
