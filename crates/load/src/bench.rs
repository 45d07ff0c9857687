//! Puts workloads, stores and floor together: each method runs one workload with everything it needs, and adds its
//! figures to the report. Users, sizes and times are the same for the floor and for the product.

use crate::client::Client;
use crate::goals::{self, FLOOR, POSTGRES, SQLITE};
use crate::machine::Machine;
use crate::openim::{OpenImSpeech, PLATFORM, user_id};
use crate::pairs::Pair;
use crate::postgres::Postgres;
use crate::process::Cores;
use crate::report::{Figure, Report};
use crate::server::{Server, Setup};
use crate::talk::Plan;
use crate::{fanout, files, floor, groups, idle, pairs, search, start, sync};
use anyhow::{Context, Result};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use std::path::PathBuf;

/// Connections that dial at the same time.
const DIALS_MAX: usize = 32;

/// What the workloads are run with.
#[derive(Clone, Debug)]
pub struct Sizes {
    pub users: u32,
    pub receivers: u32,
    /// Members of the large group of `groups`.
    pub members: u32,
    /// Messages of `fanout` under way at a time.
    pub under_way: u32,
    pub connections: u32,
    pub conversations: u32,
    /// Messages that `search` looks through.
    pub messages: u64,
    pub starts: usize,
    /// The file of `files`.
    pub mib: u32,
    /// Length of a message's content.
    pub content_bytes: usize,
    pub plan: Plan,
}

/// Where the product keeps its data in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    Sqlite,
    Postgres,
}

impl Store {
    pub fn name(self) -> &'static str {
        match self {
            Store::Sqlite => SQLITE,
            Store::Postgres => POSTGRES,
        }
    }
}

#[derive(Debug)]
pub struct Bench {
    pub sizes: Sizes,
    pub report: Report,
    program: PathBuf,
    cores: Cores,
    directory: PathBuf,
    postgres: Option<Postgres>,
    direct_floor: Option<pairs::Outcome>,
    fanout_floor: Option<fanout::Outcome>,
}

impl Bench {
    pub fn new(program: PathBuf, directory: PathBuf, cores: Cores, sizes: Sizes) -> Result<Bench> {
        let mut report = Report::new(Machine::look(&directory)?);
        report.note("cores", cores.describe());
        report.note("directory", directory.display().to_string());
        report.note(
            "sizes",
            format!(
                "{} users; {} receivers, {} message(s) under way; content of {} bytes; {} s after {} s of warm-up",
                sizes.users,
                sizes.receivers,
                sizes.under_way,
                sizes.content_bytes,
                sizes.plan.measure.as_secs_f64(),
                sizes.plan.warm_up.as_secs_f64(),
            ),
        );
        Ok(Bench {
            sizes,
            report,
            program,
            cores,
            directory,
            postgres: None,
            direct_floor: None,
            fanout_floor: None,
        })
    }

    pub async fn floor_direct(&mut self) -> Result<()> {
        progress("floor: direct");
        self.note_floor();
        let sizes = &self.sizes;
        let outcome = floor::workloads::direct(
            sizes.users,
            sizes.content_bytes,
            sizes.plan,
            self.cores,
            &self.directory,
        )
        .await
        .context("floor: direct")?;
        self.add(goals::direct(FLOOR, false, &outcome, None));
        self.direct_floor = Some(outcome);
        Ok(())
    }

    pub async fn floor_fanout(&mut self) -> Result<()> {
        progress("floor: fanout");
        self.note_floor();
        let sizes = &self.sizes;
        let outcome = floor::workloads::fanout(
            sizes.receivers,
            sizes.under_way,
            sizes.content_bytes,
            sizes.plan,
            self.cores,
            &self.directory,
        )
        .await
        .context("floor: fanout")?;
        self.add(goals::fanout(FLOOR, false, &outcome, None));
        self.fanout_floor = Some(outcome);
        Ok(())
    }

    pub async fn direct(&mut self, store: Store, gzip: bool) -> Result<()> {
        progress(&format!("direct: {}, gzip {gzip}", store.name()));
        let server = self.server(store).await?;
        let outcome = self.talk_directly(&server, gzip).await;
        let outcome = server.explain(outcome)?;
        server.stop().await?;
        let floor = self.direct_floor.as_ref();
        let figures = goals::direct(store.name(), gzip, &outcome, floor);
        self.add(figures);
        Ok(())
    }

    pub async fn fanout(&mut self, store: Store, gzip: bool) -> Result<()> {
        progress(&format!("fanout: {}, gzip {gzip}", store.name()));
        let server = self.server(store).await?;
        let outcome = self.fan_out(&server, gzip).await;
        let outcome = server.explain(outcome)?;
        server.stop().await?;
        let floor = self.fanout_floor.as_ref();
        let figures = goals::fanout(store.name(), gzip, &outcome, floor);
        self.add(figures);
        Ok(())
    }

    /// As [`Self::fanout`], but the receivers are as many users, and all are members of one group.
    pub async fn group_fanout(&mut self, store: Store, gzip: bool) -> Result<()> {
        progress(&format!("group: {}, gzip {gzip}", store.name()));
        let server = self.server(store).await?;
        let outcome = self.fan_out_to_group(&server, gzip).await;
        let outcome = server.explain(outcome)?;
        server.stop().await?;
        let floor = self.fanout_floor.as_ref();
        let figures = goals::group_fanout(store.name(), gzip, &outcome, floor);
        self.add(figures);
        Ok(())
    }

    async fn fan_out_to_group(&self, server: &Server, gzip: bool) -> Result<fanout::Outcome> {
        const GROUP: &str = "10000000";
        let users: Vec<String> = (0..=self.sizes.receivers).map(user_id).collect();
        let admin = server.admin().await?;
        admin.register(&users).await?;
        groups::create(&admin, GROUP, &users).await?;
        let tokens = admin.tokens(&users, PLATFORM).await?;
        let dials = users.iter().zip(&tokens);
        let dials = dials.map(|(user, token)| Client::dial(server, user, token, gzip, None));
        let clients: Vec<Client> = stream::iter(dials)
            .buffered(DIALS_MAX)
            .try_collect()
            .await?;
        let mut sockets = clients.into_iter().map(Client::into_socket);
        let sender = sockets.next().context("a group of nobody")?;
        let speech = OpenImSpeech::to_group(0, GROUP, self.sizes.content_bytes, gzip)?;
        fanout::run(
            0,
            sender,
            sockets.collect(),
            speech,
            self.sizes.under_way,
            self.sizes.plan,
            server.meter(),
        )
        .await
    }

    /// What old messages cost: `direct` on an empty store and on one with many.
    pub async fn grown(&mut self, store: Store) -> Result<()> {
        const CONVERSATIONS: u64 = 10_000;
        let mut outcomes = Vec::new();
        for messages in [0, self.sizes.messages] {
            progress(&format!("grown: {}, {messages} old messages", store.name()));
            let mut setup = self.setup(store).await?;
            // Indexing the old messages would be measured, too.
            setup.search = false;
            let server = if messages == 0 {
                Server::start(&setup).await?
            } else {
                Server::start_on_old(&setup, messages, CONVERSATIONS).await?
            };
            let outcome = self.talk_directly(&server, false).await;
            outcomes.push(server.explain(outcome)?);
            server.stop().await?;
        }
        let [empty, grown] = &outcomes[..] else {
            anyhow::bail!("two outcomes were expected");
        };
        let figures = goals::grown(store.name(), self.sizes.messages, empty, grown);
        self.add(figures);
        Ok(())
    }

    /// What a large group costs.
    pub async fn groups(&mut self, store: Store) -> Result<()> {
        progress(&format!("groups: {}", store.name()));
        let server = self.server(store).await?;
        let outcome = groups::run(&server, self.sizes.members, self.sizes.content_bytes).await;
        let outcome = server.explain(outcome)?;
        server.stop().await?;
        self.add(goals::groups(store.name(), &outcome));
        Ok(())
    }

    pub async fn idle(&mut self, store: Store) -> Result<()> {
        progress(&format!("idle: {}", store.name()));
        let server = self.server(store).await?;
        let (outcome, server) = idle::run(server, self.sizes.connections).await?;
        server.stop().await?;
        self.add(goals::idle(store.name(), &outcome));
        Ok(())
    }

    pub async fn start(&mut self, store: Store) -> Result<()> {
        progress(&format!("start: {}", store.name()));
        let mut setups = Vec::new();
        for _ in 0..self.sizes.starts {
            setups.push(self.setup(store).await?);
        }
        let outcome = start::run(&setups).await?;
        self.add(goals::start(store.name(), &outcome));
        Ok(())
    }

    pub async fn sync(&mut self, store: Store) -> Result<()> {
        progress(&format!("sync: {}", store.name()));
        let server = self.server(store).await?;
        let outcome = sync::run(&server, self.sizes.conversations).await;
        let outcome = server.explain(outcome)?;
        server.stop().await?;
        self.add(goals::sync(store.name(), &outcome));
        Ok(())
    }

    /// What the index costs sending, how far it stays behind, and how fast it answers.
    pub async fn search(&mut self, store: Store) -> Result<()> {
        progress(&format!(
            "search: {}, sending without and with the index",
            store.name()
        ));
        let mut per_s = Vec::new();
        for is_searching in [false, true, false, true] {
            let mut setup = self.setup(store).await?;
            setup.search = is_searching;
            let server = Server::start(&setup).await?;
            let outcome = self.talk_directly(&server, false).await;
            per_s.push(server.explain(outcome)?.per_s);
            server.stop().await?;
        }
        progress(&format!("search: {}", store.name()));
        let server = self.server(store).await?;
        let outcome = self.search_through(&server).await;
        let outcome = server.explain(outcome)?;
        server.stop().await?;
        let (without, with) = (per_s[0] + per_s[2], per_s[1] + per_s[3]);
        self.add(goals::search(
            store.name(),
            without / 2.0,
            with / 2.0,
            &outcome,
        ));
        Ok(())
    }

    /// Sending without after-hooks and with after-hooks that nobody takes, in turns.
    pub async fn webhooks(&mut self, store: Store) -> Result<()> {
        let mut per_s = Vec::new();
        for dead_webhooks in [false, true, false, true, false, true] {
            progress(&format!("webhooks: {}, {dead_webhooks}", store.name()));
            let mut setup = self.setup(store).await?;
            setup.dead_webhooks = dead_webhooks;
            let server = Server::start(&setup).await?;
            let outcome = self.talk_directly(&server, false).await;
            per_s.push(server.explain(outcome)?.per_s);
            server.stop().await?;
        }
        let mean = |first| per_s.iter().skip(first).step_by(2).sum::<f64>() / 3.0;
        self.add(goals::webhooks(store.name(), mean(0), mean(1)));
        Ok(())
    }

    async fn search_through(&self, server: &Server) -> Result<search::Outcome> {
        let users: Vec<String> = (0..self.sizes.users).map(user_id).collect();
        let clients = self.log_in(server, &users, false).await?;
        let sockets = clients.into_iter().map(Client::into_socket).collect();
        search::run(
            server,
            sockets,
            self.sizes.messages,
            self.sizes.content_bytes,
        )
        .await
    }

    pub async fn files(&mut self, store: Store) -> Result<()> {
        progress(&format!("files: {}", store.name()));
        let mib = self.sizes.mib;
        let copied = files::copy(self.cores.server, &self.directory, mib).await?;
        if copied.is_none() {
            self.note_once(
                "nginx",
                "not installed, so files have nothing to be compared with",
            );
        }
        let server = self.server(store).await?;
        let outcome = send_file(&server, mib).await;
        let outcome = server.explain(outcome)?;
        server.stop().await?;
        self.add(goals::files(store.name(), &outcome, copied.as_ref()));
        Ok(())
    }

    /// Everything. The floor is run anew before what is measured against it: a machine changes within minutes.
    pub async fn all(&mut self, stores: &[Store]) -> Result<()> {
        for &store in stores {
            self.floor_direct().await?;
            self.direct(store, false).await?;
            self.direct(store, true).await?;
            self.floor_fanout().await?;
            self.fanout(store, false).await?;
            self.fanout(store, true).await?;
            self.group_fanout(store, false).await?;
            self.groups(store).await?;
            self.idle(store).await?;
            self.start(store).await?;
            self.sync(store).await?;
            self.webhooks(store).await?;
            self.files(store).await?;
        }
        Ok(())
    }

    /// Stops what the workloads shared.
    pub async fn finish(&mut self) -> Result<()> {
        match self.postgres.take() {
            Some(postgres) => postgres.stop().await,
            None => Ok(()),
        }
    }

    async fn talk_directly(&self, server: &Server, gzip: bool) -> Result<pairs::Outcome> {
        let users: Vec<String> = (0..self.sizes.users).map(user_id).collect();
        let clients = self.log_in(server, &users, gzip).await?;
        let mut clients = clients.into_iter().map(Client::into_socket);
        let mut pairs = Vec::new();
        for first in (0..self.sizes.users).step_by(2) {
            let users = [first, first + 1];
            let mut socket = || clients.next().context("an odd number of users");
            pairs.push(Pair {
                users,
                sockets: [socket()?, socket()?],
                speech: OpenImSpeech::new(users, self.sizes.content_bytes, gzip)?,
            });
        }
        pairs::run(pairs, self.sizes.plan, server.meter()).await
    }

    /// User 0 talks to user 1, who is at all receiving connections at once, with one token.
    async fn fan_out(&self, server: &Server, gzip: bool) -> Result<fanout::Outcome> {
        let users = [user_id(0), user_id(1)];
        let admin = server.admin().await?;
        admin.register(&users).await?;
        let tokens = admin.tokens(&users, PLATFORM).await?;
        let [sender, receiver] = &tokens[..] else {
            anyhow::bail!("two tokens were asked for");
        };
        let dials = (0..self.sizes.receivers)
            .map(|_| Client::dial(server, &users[1], receiver, gzip, None));
        let receivers: Vec<Client> = stream::iter(dials)
            .buffer_unordered(DIALS_MAX)
            .try_collect()
            .await?;
        let receivers = receivers.into_iter().map(Client::into_socket).collect();
        let sender = Client::dial(server, &users[0], sender, gzip, None).await?;
        let speech = OpenImSpeech::new([0, 1], self.sizes.content_bytes, gzip)?;
        let meter = server.meter();
        fanout::run(
            0,
            sender.into_socket(),
            receivers,
            speech,
            self.sizes.under_way,
            self.sizes.plan,
            meter,
        )
        .await
    }

    /// Registers users and connects each.
    async fn log_in(&self, server: &Server, users: &[String], gzip: bool) -> Result<Vec<Client>> {
        let admin = server.admin().await?;
        admin.register(users).await?;
        let tokens = admin.tokens(users, PLATFORM).await?;
        let dials = users.iter().zip(&tokens);
        let dials = dials.map(|(user, token)| Client::dial(server, user, token, gzip, None));
        stream::iter(dials).buffered(DIALS_MAX).try_collect().await
    }

    async fn server(&mut self, store: Store) -> Result<Server> {
        let setup = self.setup(store).await?;
        let server = Server::start(&setup).await;
        server.with_context(|| format!("start {}", self.program.display()))
    }

    async fn setup(&mut self, store: Store) -> Result<Setup> {
        let mut setup = Setup {
            program: self.program.clone(),
            database: None,
            helpers: Vec::new(),
            cores: self.cores,
            directory: self.directory.clone(),
            search: true,
            dead_webhooks: false,
        };
        match store {
            Store::Sqlite => self.note_once("sqlite", "WAL, synchronous=FULL"),
            Store::Postgres => {
                let postgres = match &mut self.postgres {
                    Some(postgres) => postgres,
                    None => {
                        let started = Postgres::start(self.cores.server, &self.directory).await?;
                        self.postgres.insert(started)
                    }
                };
                setup.database = Some(postgres.empty_database().await?);
                setup.helpers.push(postgres.id());
                let note = format!("{}, fsync=on, synchronous_commit=on", postgres.version);
                self.note_once("postgres", &note);
            }
        }
        Ok(setup)
    }

    fn note_floor(&mut self) {
        self.note_once(
            "floor",
            "bare server: SQLite, WAL, synchronous=FULL, one commit for all that wait; no gzip, no echo",
        );
    }

    fn note_once(&mut self, name: &str, value: &str) {
        if !self.report.setup.iter().any(|(known, _)| known == name) {
            self.report.note(name, value);
        }
    }

    fn add(&mut self, figures: Vec<Figure>) {
        self.report.figures.extend(figures);
    }
}

async fn send_file(server: &Server, mib: u32) -> Result<files::Outcome> {
    let users = [user_id(0)];
    let admin = server.admin().await?;
    admin.register(&users).await?;
    let token = admin.tokens(&users, PLATFORM).await?.remove(0);
    files::run(server, &users[0], token, mib).await
}

/// The report goes to standard output, what is going on to standard error.
fn progress(what: &str) {
    eprintln!("{what} …");
}
