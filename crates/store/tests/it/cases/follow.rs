//! Followers: cursors, leases, and pages that pass over nothing.

use std::collections::HashSet;

use domain::follow::{Cursor, Fence};
use domain::ids::MessageKey;
use domain::ports::LogPage;
use store::StoreUrl;

use crate::world::{World, append, event};

/// What a follower keeps between two pages.
#[derive(Default)]
struct Reader {
    cursor: Cursor,
    fence: Option<Fence>,
    messages: Vec<i64>,
    outbox: Vec<i64>,
}

impl Reader {
    /// Reads one page; says whether there is nothing left to wait for.
    async fn step(&mut self, world: &World, rows_max: usize) -> bool {
        let LogPage {
            messages,
            outbox,
            cursor,
            fence,
            newest,
        } = world
            .view()
            .await
            .log_page(self.cursor, self.fence, rows_max)
            .await
            .unwrap();
        assert!(messages.len() <= rows_max && outbox.len() <= rows_max);
        for row in &messages {
            assert!(row.key.0 > self.cursor.message && row.key.0 <= cursor.message);
        }
        for row in &outbox {
            assert!(row.position > self.cursor.outbox && row.position <= cursor.outbox);
        }
        self.messages.extend(messages.iter().map(|row| row.key.0));
        self.outbox.extend(outbox.iter().map(|row| row.position));
        (self.cursor, self.fence) = (cursor, fence);
        fence.is_none() && cursor == newest
    }

    async fn read_all(&mut self, world: &World) {
        while !self.step(world, 3).await {
            tokio::task::yield_now().await;
        }
    }
}

pub(crate) async fn a_follower_keeps_its_cursor(world: &World) {
    let first = Cursor {
        message: 3,
        outbox: 4,
    };
    let mut tx = world.begin().await;
    assert!(tx.insert_follower("push", first, 10).await.unwrap());
    assert!(
        !tx.insert_follower("push", Cursor::default(), 20)
            .await
            .unwrap(),
        "there is one"
    );
    assert!(tx.insert_follower("hooks", first, 10).await.unwrap());
    assert!(
        tx.claim_follower("push", "node", 10, 100).await.unwrap(),
        "nobody has it"
    );
    let second = Cursor {
        message: 5,
        outbox: Cursor::NO_OUTBOX,
    };
    assert!(
        tx.advance_follower("push", "node", second, 30)
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    let mut view = world.view().await;
    let row = view.follower("push").await.unwrap().unwrap();
    assert_eq!(
        (
            row.cursor,
            row.moved_at,
            row.holder.as_str(),
            row.lease_until
        ),
        (second, 30, "node", 100)
    );
    let names: Vec<_> = view.followers().await.unwrap();
    let names: Vec<_> = names.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["hooks", "push"]);
    drop(view);
    let mut tx = world.begin().await;
    assert!(tx.delete_follower("hooks").await.unwrap());
    assert!(!tx.delete_follower("hooks").await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(world.view().await.follower("hooks").await.unwrap(), None);
}

pub(crate) async fn a_follower_is_held_by_one_at_a_time(world: &World) {
    let mut tx = world.begin().await;
    tx.insert_follower("push", Cursor::default(), 0)
        .await
        .unwrap();
    assert!(!tx.claim_follower("none", "a", 0, 100).await.unwrap());
    assert!(tx.claim_follower("push", "a", 0, 100).await.unwrap());
    assert!(!tx.claim_follower("push", "b", 99, 199).await.unwrap());
    assert!(
        tx.claim_follower("push", "a", 99, 150).await.unwrap(),
        "renewed"
    );
    assert!(!tx.claim_follower("push", "b", 100, 200).await.unwrap());
    assert!(
        tx.claim_follower("push", "b", 150, 250).await.unwrap(),
        "taken over"
    );
    let moved = Cursor {
        message: 7,
        outbox: 0,
    };
    assert!(
        !tx.advance_follower("push", "a", moved, 160).await.unwrap(),
        "the one before it has no say any more"
    );
    tx.release_follower("push", "a").await.unwrap();
    assert!(!tx.claim_follower("push", "c", 160, 260).await.unwrap());
    tx.release_follower("push", "b").await.unwrap();
    assert!(tx.claim_follower("push", "c", 160, 260).await.unwrap());
    tx.commit().await.unwrap();
    let row = world.view().await.follower("push").await.unwrap().unwrap();
    assert_eq!((row.cursor, row.holder.as_str()), (Cursor::default(), "c"));
}

/// One transaction draws its positions first and commits last.
pub(crate) async fn a_page_never_passes_over_what_commits_later(world: &World) {
    let (alice, _, chat) = world.alice_and_bob().await;
    world.account("carol").await;
    let other = world.chat("alice", "carol").await;
    let mut late = world.begin().await;
    late.record(event(1)).await.unwrap();
    late.append_message(&append(&chat, alice, "late"))
        .await
        .unwrap();

    let store = world.store.clone();
    let mut early = tokio::task::JoinSet::new();
    early.spawn(async move {
        let mut tx = store.begin().await.unwrap();
        tx.record(event(2)).await.unwrap();
        tx.append_message(&append(&other, alice, "early"))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        store
            .append(append(&other, alice, "early too"))
            .await
            .unwrap();
    });
    let mut reader = Reader::default();
    match &world.url {
        // One writer: the others stand behind the transaction.
        StoreUrl::Sqlite(_) => {}
        StoreUrl::Postgres(_) => {
            early.join_next().await.unwrap().unwrap();
            let newest = world.view().await.log_page(reader.cursor, None, 1).await;
            let newest = newest.unwrap().newest;
            assert!(newest.message >= 3 && newest.outbox >= 2, "all are drawn");
            for _ in 0..20 {
                reader.step(world, 10).await;
            }
            assert_eq!((&reader.messages, &reader.outbox), (&vec![], &vec![]));
            assert_eq!(reader.cursor, Cursor::default(), "held before the gap");
            late.commit().await.unwrap();
            reader.read_all(world).await;
            assert_eq!((reader.messages.len(), reader.outbox.len()), (3, 2));
            return;
        }
    }
    reader.step(world, 10).await;
    assert_eq!(reader.cursor, Cursor::default());
    late.commit().await.unwrap();
    early.join_next().await.unwrap().unwrap();
    reader.read_all(world).await;
    assert_eq!((reader.messages.len(), reader.outbox.len()), (3, 2));
}

/// Positions that were drawn in vain leave gaps that no row will ever fill.
pub(crate) async fn a_page_passes_over_what_was_rolled_back(world: &World) {
    let (alice, _, chat) = world.alice_and_bob().await;
    for n in 0..3 {
        let mut lost = world.begin().await;
        lost.record(event(n)).await.unwrap();
        lost.append_message(&append(&chat, alice, &format!("lost {n}")))
            .await
            .unwrap();
        drop(lost);
        let mut tx = world.begin().await;
        tx.record(event(n + 10)).await.unwrap();
        tx.commit().await.unwrap();
        world.send(append(&chat, alice, &format!("kept {n}"))).await;
        // A retry draws a number, too.
        world
            .store
            .append(append(&chat, alice, &format!("kept {n}")))
            .await
            .unwrap();
    }
    let mut reader = Reader::default();
    reader.read_all(world).await;
    assert_eq!((reader.messages.len(), reader.outbox.len()), (3, 3));
    let mut messages_only = Reader {
        cursor: Cursor {
            message: 0,
            outbox: Cursor::NO_OUTBOX,
        },
        ..Reader::default()
    };
    while messages_only.messages.len() < 3 {
        messages_only.step(world, 100).await;
    }
    assert!(messages_only.outbox.is_empty());
    assert_eq!(messages_only.cursor.outbox, Cursor::NO_OUTBOX);
}

pub(crate) async fn a_follower_reading_along_misses_nothing(world: &World) {
    let alice = world.account("alice").await;
    let chat = world.chat("alice", "alice").await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..8 {
        let (store, chat) = (world.store.clone(), chat.clone());
        tasks.spawn(async move {
            for m in 0..25 {
                let mut tx = store.begin().await.unwrap();
                tx.record(event(n * 100 + m)).await.unwrap();
                if m % 5 == 0 {
                    tx.append_message(&append(&chat, alice, &format!("{n}-{m}")))
                        .await
                        .unwrap();
                }
                tokio::task::yield_now().await;
                if m % 7 == 3 {
                    drop(tx);
                } else {
                    tx.commit().await.unwrap();
                }
                store
                    .append(append(&chat, alice, &format!("{n}-{m}-single")))
                    .await
                    .unwrap();
            }
        });
    }
    let mut reader = Reader::default();
    while !tasks.is_empty() {
        reader.step(world, 7).await;
        if let Some(joined) = tasks.try_join_next() {
            joined.unwrap();
        }
    }
    reader.read_all(world).await;
    // Of 25 transactions four are rolled back; of those, 10 has a message.
    let expected = (8 * 25 + 8 * (5 - 1), 8 * (25 - 4));
    assert_eq!((reader.messages.len(), reader.outbox.len()), expected);
    let distinct: HashSet<_> = reader.messages.iter().collect();
    assert_eq!(distinct.len(), expected.0, "each once");
    assert!(reader.messages.is_sorted() && reader.outbox.is_sorted());
    let rows = world
        .view()
        .await
        .messages_after(MessageKey(0), 1_000)
        .await;
    assert_eq!(rows.unwrap().len(), expected.0);
}

pub(crate) async fn the_outbox_is_kept_for_followers_for_a_time(world: &World) {
    for n in 1..=4 {
        world.clock.set(n * 100);
        let mut tx = world.begin().await;
        tx.record(event(n)).await.unwrap();
        tx.commit().await.unwrap();
    }
    let rows = world.view().await.outbox_after(0, 10).await.unwrap();
    let mut tx = world.begin().await;
    let seen = |outbox| Cursor { message: 0, outbox };
    tx.insert_follower("push", seen(rows[0].0), 0)
        .await
        .unwrap();
    tx.insert_follower("search", seen(Cursor::NO_OUTBOX), 0)
        .await
        .unwrap();
    assert_eq!(
        tx.prune_outbox(350, 0, 10).await.unwrap(),
        1,
        "what push has seen"
    );
    assert_eq!(
        tx.prune_outbox(350, 250, 10).await.unwrap(),
        1,
        "what is too old to be waited for"
    );
    tx.delete_follower("push").await.unwrap();
    assert_eq!(tx.prune_outbox(350, 0, 10).await.unwrap(), 1);
    tx.commit().await.unwrap();
    let left = world.view().await.outbox_after(0, 10).await.unwrap();
    assert_eq!(left, rows[3..]);
}
