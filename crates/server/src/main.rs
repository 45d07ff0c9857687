//! `switchboard`, the executable. Read `cli.rs` for what it can be told, `config.rs` for what can be configured,
//! `node.rs` for how the parts are put together, and `serve.rs` for the life of a server from start to stop.

mod cli;
mod clock;
mod commands;
mod config;
mod data_dir;
mod doctor;
mod files;
mod http;
mod import;
mod listen;
mod node;
mod push;
mod secret;
mod serve;
mod telemetry;
mod webhooks;
mod welcome;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Wrong configuration, as for wrong arguments.
const EXIT_WRONG_CONFIGURATION: u8 = 2;

fn main() -> ExitCode {
    match cli::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("switchboard: {error:#}");
            let is_configuration = error.is::<config::Problems>();
            if is_configuration {
                ExitCode::from(EXIT_WRONG_CONFIGURATION)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}
