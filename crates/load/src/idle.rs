//! Workload 2: what a connection costs that is logged in and silent. Each one belongs to a user of its own, has proved
//! with a first request that it works, and is kept alive by pings as the native client keeps its own.

use crate::client::Client;
use crate::openim::{PLATFORM, user_id};
use crate::process::{Memory, memory};
use crate::server::Server;
use crate::socket::{Socket, next_frame};
use crate::stats::per_second;
use anyhow::{Context, Result, bail};
use futures_util::SinkExt as _;
use futures_util::stream::{self, StreamExt as _};
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use wire::openim::ids;
use wire::openim::proto::{GetMaxSeqReq, GetMaxSeqResp};

/// Connections that dial at the same time.
const DIALS_MAX: usize = 64;

/// Connections from one source address; each has some 28,000 ports, and some of them linger.
const PER_SOURCE: u32 = 2_000;

/// After the last dial, before memory is read.
const SETTLE: Duration = Duration::from_secs(4);

/// The native client's interval is 24 s, and servers hang up after 30 s of silence.
const PING: Duration = Duration::from_secs(20);

const DIAL_ALL_MAX: Duration = Duration::from_secs(120);

#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    pub connections: u32,
    pub before: Memory,
    pub after: Memory,
    pub dials_per_s: f64,
}

/// Returns the server, too, which is another process on the same data by then: what registering so many people left
/// in the memory of the first one would hide a part of what their connections cost.
pub async fn run(server: Server, connections: u32) -> Result<(Outcome, Server)> {
    let users: Vec<String> = (0..connections).map(user_id).collect();
    let admin = server.admin().await?;
    admin.register(&users).await?;
    let tokens = admin.tokens(&users, PLATFORM).await?;
    let server = server.restart().await?;
    sleep(SETTLE).await;
    let before = memory(server.id())?;

    let measured = hold(&server, &users, &tokens).await;
    let (after, dialled) = server.explain(measured)?;
    let outcome = Outcome {
        connections,
        before,
        after,
        dials_per_s: per_second(connections.into(), dialled),
    };
    Ok((outcome, server))
}

/// Connects everybody and keeps them; returns the server's memory then, and how long the dials took.
async fn hold(server: &Server, users: &[String], tokens: &[String]) -> Result<(Memory, Duration)> {
    let mut kept = JoinSet::new();
    let begun = Instant::now();
    let dial_all = async {
        let dials = users.iter().zip(tokens).zip(0..);
        let dials = dials.map(|((user, token), index)| connect(server, user, token, index));
        let mut dials = stream::iter(dials).buffer_unordered(DIALS_MAX);
        while let Some(socket) = dials.next().await {
            kept.spawn(keep(socket?));
        }
        anyhow::Ok(())
    };
    timeout(DIAL_ALL_MAX, dial_all)
        .await
        .context("dialling takes too long")??;
    let dialled = begun.elapsed();
    sleep(SETTLE).await;
    let after = memory(server.id())?;
    match kept.try_join_next() {
        None => Ok((after, dialled)),
        Some(ended) => match ended? {
            Ok(()) => bail!("an idle connection ended"),
            Err(error) => Err(error.context("an idle connection ended")),
        },
    }
}

async fn connect(server: &Server, user: &str, token: &str, index: u32) -> Result<Socket> {
    let source = Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + 1 + index / PER_SOURCE);
    let mut client = Client::dial(server, user, token, true, Some(source)).await?;
    let question = GetMaxSeqReq {
        user_id: user.to_owned(),
    };
    let _: GetMaxSeqResp = client.ask(ids::GET_NEWEST_SEQ, &question).await?;
    Ok(client.into_socket())
}

async fn keep(mut socket: Socket) -> Result<()> {
    let mut pings = interval(PING);
    pings.tick().await;
    loop {
        tokio::select! {
            frame = next_frame(&mut socket) => { frame?; }
            _ = pings.tick() => socket.send(Message::Ping("1".into())).await?,
        }
    }
}
