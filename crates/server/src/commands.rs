//! The commands that do one thing and end. Those about accounts work on the store itself, beside a running server or
//! without one.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result, bail};
use domain::accounts::{Account, AccountKind, NewAccount, StaffRole};
use domain::caller::Caller;
use domain::error::Error;
use domain::ids::UserId;
use domain::ports::{AccountFilter, Page};
use domain::sessions::Platform;
use providers::push::VapidKey;
use serde_json::json;
use store::StoreUrl;

use crate::cli::{OpenimCommand, UserCommand};
use crate::config::{Config, example_file};
use crate::data_dir;
use crate::node::{Node, describe};
use crate::secret::Secret;

const CONFIG_FILE: &str = "switchboard.toml";

/// Only the owner may read a file that holds a secret.
const SECRET_FILE_MODE: u32 = 0o600;

const PAGE_ROWS: u32 = 500;

pub(crate) fn init(dir: &Path) -> Result<()> {
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let file = dir.join(CONFIG_FILE);
    let vapid_key = Secret::new(VapidKey::generate()?.private_text());
    let text = example_file(&[
        ("openim.secret", &Secret::generate()?),
        ("push.vapid_private_key", &vapid_key),
    ]);
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(SECRET_FILE_MODE)
        .open(&file);
    match created {
        Ok(mut opened) => {
            opened
                .write_all(text.as_bytes())
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!(
                "{} is there already and stays as it is; delete it first to have a new one",
                file.display()
            )
        }
        Err(error) => {
            return Err(error).with_context(|| format!("cannot write {}", file.display()));
        }
    }
    print(&format!(
        "Wrote {0} with new secrets; only its owner can read it.\n\
         Next: edit it if you like, then `switchboard serve --config {0}`.\n",
        file.display()
    ))
}

pub(crate) async fn migrate(config: Config) -> Result<()> {
    if let StoreUrl::Sqlite(_) = config.store {
        data_dir::prepare(&config.data_dir)?;
    }
    let (from, to) = store::migrate(&config.store).await.map_err(describe)?;
    if from == to {
        return print(&format!("The store's schema has version {to} already.\n"));
    }
    print(&format!(
        "Brought the store's schema from version {from} to {to}.\n"
    ))
}

pub(crate) async fn user(config: Config, command: UserCommand) -> Result<()> {
    let node = Node::open(&config).await?;
    node.ensure_administrators(&config).await?;
    let operator = operator(&node, &config).await?;
    let done = match command {
        UserCommand::Create { id, nickname, role } => {
            create_user(&node, &operator, &id, nickname, role.as_deref()).await
        }
        UserCommand::List { json } => list_users(&node, &operator, json).await,
        UserCommand::Show { id } => show_user(&node, &id).await,
        UserCommand::Role { id, role } => set_role(&node, &operator, &id, &role).await,
    };
    node.domain.close().await;
    done
}

pub(crate) async fn openim(config: Config, command: OpenimCommand) -> Result<()> {
    let OpenimCommand::Token { user, platform } = command;
    let user = user_id(&user)?;
    let Some(platform) =
        Platform::from_number(platform).filter(|platform| *platform != Platform::Admin)
    else {
        bail!("{platform} is not a platform; see `switchboard openim token --help`");
    };
    let node = Node::open(&config).await?;
    node.ensure_administrators(&config).await?;
    let operator = operator(&node, &config).await?;
    let issued = node
        .openim
        .issue_token(&operator, user.clone(), platform)
        .await;
    node.domain.close().await;
    let token = issued.map_err(|refusal| anyhow::anyhow!("no token for {user}: {refusal}"))?;
    print(&format!("{token}\n"))
}

pub(crate) fn check_config(config: &Config) -> Result<()> {
    let mut text = String::from("The configuration is in order.\n");
    for (name, address) in config.listen.all() {
        text.push_str(&format!("  {name} = {address}\n"));
    }
    text.push_str(&format!(
        "  data.dir = {}\n  store.url = {}\n",
        config.data_dir.display(),
        config.store_name()
    ));
    print(&text)
}

/// Prints to the standard output; a reader that has seen enough (`| head`) is no error.
pub(crate) fn print(text: &str) -> Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

async fn create_user(
    node: &Node,
    operator: &Caller,
    id: &str,
    nickname: String,
    role: Option<&str>,
) -> Result<()> {
    let id = user_id(id)?;
    let staff = role.map(staff_role).transpose()?;
    let account = NewAccount {
        staff,
        ..NewAccount::user(id.clone(), nickname)
    };
    node.domain
        .register_accounts(operator, vec![account])
        .await
        .map_err(|error| about(&id, error))?;
    print(&format!("Registered {id}.\n"))
}

async fn list_users(node: &Node, operator: &Caller, as_json: bool) -> Result<()> {
    if !as_json {
        print(&format!(
            "{:<32} {:<24} {:<13} {}\n",
            "USER ID", "NICKNAME", "KIND", "ROLE"
        ))?;
    }
    let mut offset = 0;
    loop {
        let page = Page {
            offset,
            rows: PAGE_ROWS,
        };
        let (_, accounts) = node
            .domain
            .accounts_page(operator, &AccountFilter::default(), page)
            .await
            .map_err(describe)?;
        for account in &accounts {
            print(&if as_json {
                format!("{}\n", as_object(account))
            } else {
                as_line(account)
            })?;
        }
        if accounts.len() < PAGE_ROWS as usize {
            return Ok(());
        }
        offset += u64::from(PAGE_ROWS);
    }
}

async fn show_user(node: &Node, id: &str) -> Result<()> {
    let id = user_id(id)?;
    let account = node
        .domain
        .find_account(&id)
        .await
        .map_err(|error| about(&id, error))?;
    print(&format!("{:#}\n", as_object(&account)))
}

async fn set_role(node: &Node, operator: &Caller, id: &str, role: &str) -> Result<()> {
    let id = user_id(id)?;
    let role = if role == "none" {
        None
    } else {
        Some(staff_role(role)?)
    };
    node.domain
        .set_staff_role(operator, &id, role)
        .await
        .map_err(|error| about(&id, error))?;
    print(&format!(
        "{id} is {}.\n",
        role.map_or("no member of staff", StaffRole::name)
    ))
}

/// Whoever can open the store may do everything with it.
async fn operator(node: &Node, config: &Config) -> Result<Caller> {
    let Some(id) = config.openim.admin_user_ids.first() else {
        bail!("openim.admin_user_ids is empty")
    };
    let account = node
        .domain
        .find_account(id)
        .await
        .map_err(|error| about(id, error))?;
    Ok(Caller::administrator(&account))
}

fn user_id(text: &str) -> Result<UserId> {
    UserId::new(text).with_context(|| {
        format!(
            "{text:?} is no user id: those are 1 to {} bytes without \":\" and control characters",
            UserId::BYTES_MAX
        )
    })
}

fn staff_role(name: &str) -> Result<StaffRole> {
    StaffRole::from_name(name).with_context(|| {
        let names: Vec<_> = StaffRole::ALL.into_iter().map(StaffRole::name).collect();
        format!("{name:?} is no role; the roles are {}", names.join(", "))
    })
}

fn about(id: &UserId, error: Error) -> anyhow::Error {
    match error {
        Error::NotFound(_) => anyhow::anyhow!("there is no account {id}"),
        Error::Conflict(_) => anyhow::anyhow!("{id} is registered already"),
        Error::Denied(_) => anyhow::anyhow!("{id} is an account that this cannot be done with"),
        error => describe(error),
    }
}

fn as_line(account: &Account) -> String {
    let role = account.staff.map_or("-", StaffRole::name);
    format!(
        "{:<32} {:<24} {:<13} {role}\n",
        account.user_id.as_str(),
        account.nickname,
        kind_name(account.kind)
    )
}

fn as_object(account: &Account) -> serde_json::Value {
    json!({
        "user_id": account.user_id.as_str(),
        "nickname": account.nickname,
        "kind": kind_name(account.kind),
        "role": account.staff.map(StaffRole::name),
        "created_at_ms": account.created_at,
    })
}

fn kind_name(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::User => "user",
        AccountKind::Administrator => "administrator",
        AccountKind::Notification => "notification",
        AccountKind::Robot => "robot",
    }
}
