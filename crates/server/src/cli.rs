//! The command line: what can be asked, and which file answers it.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::config::{self, Config, Source};
use crate::{commands, doctor, import, serve};

/// A self-hosted messaging server.
#[derive(Parser)]
#[command(name = "switchboard", version = VERSION, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    source: SourceArgs,
    #[command(subcommand)]
    command: Command,
}

/// The version, with the revision if the build was told it.
pub(crate) const VERSION: &str = match option_env!("SWITCHBOARD_REVISION") {
    Some(revision) => revision,
    None => env!("CARGO_PKG_VERSION"),
};

#[derive(Args)]
struct SourceArgs {
    /// The configuration file; without it, a development instance on loopback
    #[arg(long, global = true, value_name = "FILE", env = "SWITCHBOARD_CONFIG")]
    config: Option<PathBuf>,
    /// The data directory, instead of the configured one
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve,
    /// Write a commented configuration file with strong secrets
    Init {
        /// Where switchboard.toml is written
        #[arg(default_value = ".")]
        dir: PathBuf,
    },
    /// Bring the store's schema up to date; `serve` does that too
    Migrate,
    /// Check configuration, directories, store, ports, limits and clock
    Doctor,
    /// Accounts, on the store itself: the server may run or not
    #[command(subcommand)]
    User(UserCommand),
    /// What OpenIM applications need
    #[command(subcommand)]
    Openim(OpenimCommand),
    /// Take over the data of another system; the server must not be running
    #[command(subcommand)]
    Import(ImportCommand),
    /// The configuration itself
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Subcommand)]
enum ImportCommand {
    /// From a dump of an OpenIM 3.8 database; called again, it goes on where it was interrupted
    Openim(import::OpenimDump),
}

#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Register an account
    Create {
        id: String,
        #[arg(long)]
        nickname: String,
        /// superadmin, moderator, agent or viewer
        #[arg(long)]
        role: Option<String>,
    },
    /// List all accounts, oldest first
    List {
        /// One JSON object in a line
        #[arg(long)]
        json: bool,
    },
    /// Show one account
    Show { id: String },
    /// Give an account a staff role, or take it away with `none`
    Role { id: String, role: String },
}

#[derive(Subcommand)]
pub(crate) enum OpenimCommand {
    /// Log an account in and print its token
    Token {
        user: String,
        /// 1 iOS, 2 Android, 3 Windows, 4 macOS, 5 web, 6 mini program, 7 Linux, 8 Android pad, 9 iPad, 11 HarmonyOS
        #[arg(long)]
        platform: i64,
    },
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Say what is wrong with the configuration
    Check,
    /// Print a configuration file with the defaults
    Default,
    /// Print the reference of all keys, in Markdown
    Doc,
}

pub(crate) fn run(cli: Cli) -> Result<()> {
    let source = Source {
        file: cli.source.config,
        data_dir: cli.source.data,
    };
    match cli.command {
        Command::Serve => block_on(serve::serve(Config::load(&source)?)),
        Command::Init { dir } => commands::init(&dir),
        Command::Migrate => block_on(commands::migrate(Config::load(&source)?)),
        Command::Doctor => block_on(doctor::doctor(source)),
        Command::User(command) => block_on(commands::user(Config::load(&source)?, command)),
        Command::Openim(command) => block_on(commands::openim(Config::load(&source)?, command)),
        Command::Import(ImportCommand::Openim(dump)) => {
            block_on(import::openim(Config::load(&source)?, dump))
        }
        Command::Config(ConfigCommand::Check) => commands::check_config(&Config::load(&source)?),
        Command::Config(ConfigCommand::Default) => commands::print(&config::example_file(&[])),
        Command::Config(ConfigCommand::Doc) => commands::print(&config::reference_page()),
    }
}

fn block_on(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(work)
}
