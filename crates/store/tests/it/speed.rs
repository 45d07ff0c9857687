//! How fast appends are, and what happens to large groups. Not run by default: `cargo test --release -p store -- --ignored --nocapture speed`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::groups::GroupRole;
use domain::ids::AccountKey;
use domain::messages::{Append, Post};
use domain::sync::{Change, List};

use crate::world::{Backend, World, append, post};

const CONVERSATIONS: usize = 5_000;
const SECONDS: u64 = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a quiet machine"]
async fn speed_of_appends_on_sqlite() {
    measure_appends(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a quiet machine"]
async fn speed_of_appends_on_postgres() {
    measure_appends(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a quiet machine"]
async fn speed_of_the_bare_log() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = Arc::new(store::BareLog::open(&directory.path().join("bare.db")).expect("opened"));
    let next = Arc::new(AtomicI64::new(1));
    for callers in [1, 64, 256] {
        let log = log.clone();
        let next = next.clone();
        measure("bare", callers, move |_, _| {
            let (log, seq) = (log.clone(), next.fetch_add(1, Ordering::Relaxed));
            async move {
                log.append(seq % 50, seq, Bytes::from_static(&[b'x'; 200]))
                    .await
                    .expect("appended");
            }
        })
        .await;
    }
}

async fn measure_appends(backend: Backend) {
    let world = World::open(backend).await;
    let mut chats = Vec::new();
    let mut tx = world.begin().await;
    for n in 0..CONVERSATIONS {
        let id = format!("user-{n}");
        let key = tx
            .insert_account(&crate::world::account(&id))
            .await
            .expect("inserted")
            .expect("new");
        let new = domain::ports::NewConversation {
            id: domain::ids::ConversationId::direct(
                &crate::world::user(&id),
                &crate::world::user(&id),
            ),
            kind: domain::conversations::ConversationKind::Direct,
            between: domain::ports::Between::Accounts(key, key),
        };
        chats.push((key, tx.ensure_conversation(&new).await.expect("ensured").0));
    }
    tx.commit().await.expect("committed");
    let chats = Arc::new(chats);
    let ids = Arc::new(domain::ids::Ids::new(7));
    for callers in [1, 64, 256, 1024] {
        let (store, chats, ids) = (world.store.clone(), chats.clone(), ids.clone());
        measure("append", callers, move |caller, n| {
            let (sender, chat) =
                &chats[(caller.wrapping_mul(7919) + n.wrapping_mul(104_729)) % chats.len()];
            let said = Post {
                client_msg_id: ids.hex32(),
                server_msg_id: ids.hex32(),
                sender_nickname: "Somebody".into(),
                content: Bytes::from_static(&[b'x'; 200]),
                ..post("")
            };
            let append = Append {
                post: Arc::new(said),
                ..append(chat, *sender, "")
            };
            let store = store.clone();
            async move { drop(store.append(append).await.expect("appended")) }
        })
        .await;
    }
    world.store.close().await;
}

async fn measure<F: Future<Output = ()> + Send>(
    what: &str,
    callers: usize,
    call: impl Fn(usize, usize) -> F + Send + Sync + 'static,
) {
    let call = Arc::new(call);
    let calls = Arc::new(AtomicU64::new(0));
    let cpu = cpu_time();
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for caller in 0..callers {
        let (call, calls) = (call.clone(), calls.clone());
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            for n in 0.. {
                let asked = Instant::now();
                call(caller, n).await;
                latencies.push(asked.elapsed());
                calls.fetch_add(1, Ordering::Relaxed);
                if begun.elapsed() > Duration::from_secs(SECONDS) {
                    break;
                }
            }
            latencies
        });
    }
    let mut latencies: Vec<Duration> = tasks.join_all().await.into_iter().flatten().collect();
    latencies.sort_unstable();
    let calls = calls.load(Ordering::Relaxed);
    let percentile =
        |percent: usize| latencies[(latencies.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!(
        "{what} {callers:>5} callers: {:>7.0}/s, p50 {:.2} ms, p99 {:.2} ms, max {:.1} ms, {:.1} µs CPU each",
        calls as f64 / begun.elapsed().as_secs_f64(),
        percentile(50),
        percentile(99),
        percentile(100),
        (cpu_time() - cpu).as_secs_f64() * 1e6 / calls as f64,
    );
}

/// User and system time of this process.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let after_name = stat.rsplit(')').next().expect("a name");
    let ticks: u64 = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|n| n.parse::<u64>().expect("a number"))
        .sum();
    Duration::from_millis(ticks * 10)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a quiet machine"]
async fn speed_of_ten_thousand_members_on_sqlite() {
    measure_members(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a quiet machine"]
async fn speed_of_ten_thousand_members_on_postgres() {
    measure_members(Backend::Postgres).await;
}

/// What happens to a group of ten thousand, step by step, each in a transaction of its own.
async fn measure_members(backend: Backend) {
    let world = World::open(backend).await;
    let (group, chat, _) = world.group("club", &[]).await;
    let accounts: Vec<_> = (1..=10_000).map(AccountKey).collect();
    let members: Vec<_> = accounts
        .iter()
        .map(|key| crate::world::member(*key, GroupRole::Member))
        .collect();
    let lists: Vec<_> = accounts.iter().copied().map(List::JoinedGroups).collect();
    let ids: Vec<_> = accounts
        .iter()
        .map(|key| format!("user-{}", key.0))
        .collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let list_of_members = [List::Members(group.key)];
    macro_rules! timed {
        ($name:literal, $tx:ident => $step:expr) => {
            let begun = Instant::now();
            let mut $tx = world.begin().await;
            let _ = $step.await.expect("written");
            $tx.commit().await.expect("committed");
            println!("{:<32} {:>6} ms", $name, begun.elapsed().as_millis());
        };
    }
    for round in ["first", "again"] {
        println!("{round}:");
        timed!("insert members", tx => tx.insert_members(group.key, &members));
        timed!("join participants", tx => tx.join_participants(chat.key, &accounts, 0, 0, 50));
        timed!("log 10,000 lists", tx => tx.log_change(&lists, &["g"], Change::Inserted));
        timed!("log 10,000 ids", tx => tx.log_change(&list_of_members, &ids, Change::Inserted));
        timed!("roster", tx => tx.roster(group.key));
        timed!("call everybody", tx => tx.set_group_at(chat.key, &accounts, if round == "first" { 1 } else { 2 }));
        timed!("bound these", tx => tx.bound_participants(chat.key, Some(&accounts), 7));
        timed!("lift", tx => tx.join_participants(chat.key, &accounts, 0, 1, 50));
        timed!("bound all", tx => tx.bound_participants(chat.key, None, 7));
        timed!("delete members", tx => tx.delete_members(group.key, Some(&accounts)));
    }
    world.store.close().await;
}
