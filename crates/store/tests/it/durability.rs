//! What SQLite promises about its files: what was acknowledged is there after a crash, and a clean end leaves one
//! file.

use std::path::Path;

use domain::Domain;
use domain::follow::Follower;
use domain::messages::Appended;
use domain::ports::{SearchSpan, Span, Store};
use domain::search::{Query, SearchIndexer};
use store::{Settings, StoreUrl};

use crate::world::{Backend, HandClock, World, append};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_the_files_taken_while_sending_has_everything_acknowledged_before() {
    let world = World::open(Backend::Sqlite).await;
    let (alice, _, chat) = world.alice_and_bob().await;
    let copies = tempfile::tempdir().expect("a directory");
    for round in 0..5 {
        let mut acknowledged = Vec::new();
        for n in 0..50 {
            acknowledged.push(
                world
                    .send(append(&chat, alice, &format!("{round}-{n}")))
                    .await,
            );
        }
        // What a crash would leave: the files as they are, with whatever is being written meanwhile.
        let (store, busy_chat) = (world.store.clone(), chat.clone());
        let mut busy = tokio::task::JoinSet::new();
        busy.spawn(async move {
            for n in 0..50 {
                let _ = store
                    .append(append(&busy_chat, alice, &format!("{round}-{n}-unheard")))
                    .await;
            }
        });
        let copy = copies.path().join(round.to_string());
        copy_database(world.directory.path(), &copy);
        busy.join_all().await;

        let url = StoreUrl::Sqlite(copy.join("switchboard.db"));
        let store = store::open(&url, &Settings::default(), HandClock::new())
            .await
            .expect("recovered");
        let range = domain::ports::LogRange {
            conversation: chat.key,
            begin: 1,
            end: i64::MAX,
        };
        let log = store
            .view()
            .await
            .unwrap()
            .messages_in(alice, &[range], 100_000)
            .await
            .unwrap();
        for placed in acknowledged {
            assert_eq!(log[placed.seq as usize - 1].key, placed.key);
        }
        assert!(
            log.iter().zip(1..).all(|(message, seq)| message.seq == seq),
            "and nothing is torn"
        );
    }
}

/// The index is a file of its own: a crash takes both as they are, and each may be a little ahead of the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_is_complete_again_after_a_crash() {
    let world = World::open(Backend::Sqlite).await;
    let (alice, _, chat) = world.alice_and_bob().await;
    let domain = domain_on(world.store.clone(), world.clock.clone());
    hold_index(&domain).await;
    let copies = tempfile::tempdir().expect("a directory");
    let say = |n: usize| {
        let mut append = append(&chat, alice, &n.to_string());
        let text = format!(r#"{{"content":"everyone number{n}"}}"#);
        std::sync::Arc::make_mut(&mut append.post).content = text.into();
        append
    };
    for round in 0..4 {
        for n in 0..50 {
            world.send(say(round * 1_000 + n)).await;
        }
        let mut busy = tokio::task::JoinSet::new();
        let (store, indexing) = (world.store.clone(), domain.clone());
        let appends: Vec<_> = (50..400).map(|n| say(round * 1_000 + n)).collect();
        busy.spawn(async move {
            for append in appends {
                store.append(append).await.unwrap();
            }
        });
        busy.spawn(async move {
            for _ in 0..20 {
                SearchIndexer.step(&indexing, "node").await.unwrap();
            }
        });
        // In the middle of it, whichever of the two is copied first.
        let copy = copies.path().join(round.to_string());
        std::fs::create_dir(&copy).expect("a directory");
        let mut names = ["switchboard", "switchboard-search"];
        if round % 2 == 1 {
            names.reverse();
        }
        while !world
            .directory
            .path()
            .join("switchboard-search.db-wal")
            .exists()
        {
            tokio::task::yield_now().await;
        }
        for name in names {
            copy_file(world.directory.path(), &copy, name);
        }
        busy.join_all().await;

        let url = StoreUrl::Sqlite(copy.join("switchboard.db"));
        let clock = HandClock::new();
        let store = store::open(&url, &Settings::default(), clock.clone())
            .await
            .expect("recovered");
        let domain = domain_on(store.clone(), clock);
        hold_index(&domain).await;
        while SearchIndexer.step(&domain, "node").await.unwrap().events > 0 {}
        let range = domain::ports::LogRange {
            conversation: chat.key,
            begin: 1,
            end: i64::MAX,
        };
        let mut view = store.view().await.unwrap();
        let log = view.messages_in(alice, &[range], 100_000).await.unwrap();
        drop(view);
        assert!(log.len() >= round * 400 + 50);
        let keys: Vec<_> = log.iter().rev().map(|message| message.key).collect();
        assert_eq!(found(&*store, "everyone").await, keys, "each once");
        let last = log.last().expect("messages");
        let number = format!("number{}", last.post.client_msg_id);
        assert_eq!(found(&*store, &number).await, [last.key]);
        store.close().await;
    }
}

fn domain_on(
    store: std::sync::Arc<dyn Store>,
    clock: std::sync::Arc<HandClock>,
) -> std::sync::Arc<Domain> {
    let publisher = std::sync::Arc::new(testkit::Notebook::default());
    let (ids, settings) = (domain::ids::Ids::new(1), domain::Settings::default());
    std::sync::Arc::new(Domain::new(store, publisher, clock, ids, settings))
}

async fn hold_index(domain: &Domain) {
    domain.prepare_search(true).await.unwrap();
    let is_held = domain
        .claim_follower(SearchIndexer::NAME, "node", 1_000_000)
        .await;
    assert!(is_held.unwrap());
}

async fn found(store: &dyn Store, text: &str) -> Vec<domain::ids::MessageKey> {
    let query = Query::parse(text).unwrap();
    let search = SearchSpan {
        query: &query,
        conversations: None,
        senders: &[],
        content_types: &[],
        span: Span {
            level: 20,
            below: 1 << 20,
        },
        rows_max: 100_000,
    };
    let hits = store.search_index().find(search).await.unwrap();
    hits.iter().map(|hit| hit.key).collect()
}

fn copy_database(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("a directory");
    copy_file(from, to, "switchboard");
}

/// A crash leaves a file and its log as of one moment. A copy does not, but no difference can be seen as long as no
/// checkpoint has run in between. The reading connections' index is not needed.
fn copy_file(from: &Path, to: &Path, name: &str) {
    let database = from.join(format!("{name}.db"));
    let last_checkpoint = || {
        std::fs::metadata(&database)
            .and_then(|file| file.modified())
            .expect("a file")
    };
    loop {
        let before = last_checkpoint();
        for suffix in ["db", "db-wal"] {
            let file = format!("{name}.{suffix}");
            std::fs::copy(from.join(&file), to.join(&file)).expect("copied");
        }
        if last_checkpoint() == before {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_was_never_closed_opens_with_everything_acknowledged() {
    let world = World::open(Backend::Sqlite).await;
    let (alice, _, chat) = world.alice_and_bob().await;
    let placed = world.send(append(&chat, alice, "a")).await;
    let World {
        store,
        url,
        clock,
        directory,
    } = world;
    drop(store);
    let store = store::open(&url, &Settings::default(), clock.clone())
        .await
        .expect("opened again");
    let replay = store.append(append(&chat, alice, "a")).await.unwrap();
    assert_eq!(
        replay,
        Appended::Replay {
            placed,
            server_msg_id: "server-a".into()
        }
    );
    store.close().await;
    drop(directory);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_store_leaves_one_file() {
    let world = World::open(Backend::Sqlite).await;
    let (alice, _, chat) = world.alice_and_bob().await;
    world.send(append(&chat, alice, "a")).await;
    world.store.close().await;
    let World {
        store, directory, ..
    } = world;
    drop(store);
    let names: Vec<_> = std::fs::read_dir(directory.path())
        .expect("read")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .collect();
    assert_eq!(names, ["switchboard.db"]);
}
