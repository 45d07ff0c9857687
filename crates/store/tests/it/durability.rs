//! What SQLite promises about its files: what was acknowledged is there after a crash, and a clean end leaves one
//! file.

use std::path::Path;

use domain::messages::Appended;
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

/// A crash leaves both files as of one moment. A copy does not, but no difference can be seen as long as no
/// checkpoint has run in between. The reading connections' index is not needed.
fn copy_database(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("a directory");
    let database = from.join("switchboard.db");
    let last_checkpoint = || {
        std::fs::metadata(&database)
            .and_then(|file| file.modified())
            .expect("a file")
    };
    loop {
        let before = last_checkpoint();
        for name in ["switchboard.db", "switchboard.db-wal"] {
            std::fs::copy(from.join(name), to.join(name)).expect("copied");
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
