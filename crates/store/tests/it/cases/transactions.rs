//! Transactions, views, recorded events, the outbox and its relays.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::conversations::Party;
use domain::error::Error;
use domain::event::{Audience, Event, Position};
use domain::ids::MessageKey;
use domain::messages::{Appended, Message, Route, Status};

use crate::world::{World, account, append, event, events, user};

pub(crate) async fn a_dropped_transaction_leaves_nothing(world: &World) {
    let (alice, _, chat) = world.alice_and_bob().await;
    let mut tx = world.begin().await;
    tx.insert_account(&account("carol")).await.unwrap().unwrap();
    tx.append_message(&append(&chat, alice, "lost"))
        .await
        .unwrap();
    tx.record(event(1)).await.unwrap();
    drop(tx);
    let placed = world.send(append(&chat, alice, "kept")).await;
    assert_eq!(placed.seq, 1, "the number was given back");
    let mut view = world.view().await;
    assert_eq!(view.account(&user("carol")).await.unwrap(), None);
    assert_eq!(view.outbox_after(0, 10).await.unwrap(), []);
    assert_eq!(
        view.message_by_client_id(chat.key, alice, "lost")
            .await
            .unwrap(),
        None
    );
}

pub(crate) async fn a_commit_returns_what_was_recorded_in_order(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    let mut tx = world.begin().await;
    let sent = append(&chat, alice, "a");
    let Appended::Stored(placed) = tx.append_message(&sent).await.unwrap() else {
        panic!("not stored")
    };
    let message = Message {
        route: Route {
            conversation: chat.id.clone(),
            kind: chat.kind,
            sender: user("alice"),
            recipient: Party::Person(user("bob")),
        },
        key: placed.key,
        seq: placed.seq,
        send_time: placed.send_time,
        status: Status::Sent,
        is_read: false,
        post: sent.post.clone(),
    };
    let appended = Event::MessageAppended {
        conversation: chat.key,
        message: Arc::new(message),
        audience: Audience::pair(alice, bob),
        trace: String::new(),
    };
    let expected = [event(1), appended, event(2)];
    for event in expected.clone() {
        tx.record(event).await.unwrap();
    }
    let recorded = tx.commit().await.unwrap();
    assert_eq!(recorded[1].position, Position::Message(placed.key));
    let outbox: Vec<_> = recorded
        .iter()
        .filter_map(|entry| match entry.position {
            Position::Outbox(position) => Some((position, entry.event.clone())),
            Position::Message(_) => None,
        })
        .collect();
    assert_eq!(events(recorded), expected);
    let mut view = world.view().await;
    assert_eq!(
        view.outbox_after(0, 10).await.unwrap(),
        outbox,
        "a message has its row in the log instead"
    );
    assert_eq!(
        view.newest_positions().await.unwrap(),
        (placed.key.0, outbox[1].0)
    );
}

pub(crate) async fn a_view_sees_what_was_committed_before_it_began(world: &World) {
    let mut tx = world.begin().await;
    tx.insert_account(&account("alice")).await.unwrap().unwrap();
    assert_eq!(
        world.view().await.account(&user("alice")).await.unwrap(),
        None
    );
    tx.commit().await.unwrap();
    assert!(
        world
            .view()
            .await
            .account(&user("alice"))
            .await
            .unwrap()
            .is_some()
    );
}

pub(crate) async fn a_transaction_sees_its_own_writes(world: &World) {
    let (alice, _, chat) = world.alice_and_bob().await;
    let mut tx = world.begin().await;
    tx.append_message(&append(&chat, alice, "a")).await.unwrap();
    let again = tx.append_message(&append(&chat, alice, "a")).await.unwrap();
    assert!(matches!(again, Appended::Replay { .. }));
    let second = tx.append_message(&append(&chat, alice, "b")).await.unwrap();
    assert!(matches!(second, Appended::Stored(placed) if placed.seq == 2));
    assert_eq!(tx.conversation(&chat.id).await.unwrap().unwrap().max_seq, 2);
    tx.commit().await.unwrap();
    assert_eq!(world.log(chat.key, alice).await.len(), 2);
}

pub(crate) async fn transactions_and_appends_of_one_conversation_agree(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..24 {
        let (store, chat) = (world.store.clone(), chat.clone());
        tasks.spawn(async move {
            for m in 0..10 {
                let id = format!("{n}-{m}");
                match n % 3 {
                    0 => {
                        store.append(append(&chat, alice, &id)).await.unwrap();
                    }
                    1 => {
                        let mut tx = store.begin().await.unwrap();
                        tx.append_message(&append(&chat, bob, &id)).await.unwrap();
                        tx.record(event(n)).await.unwrap();
                        tx.commit().await.unwrap();
                    }
                    _ => {
                        let mut tx = store.begin().await.unwrap();
                        tx.append_message(&append(&chat, bob, &id)).await.unwrap();
                        drop(tx);
                    }
                }
            }
        });
    }
    tasks.join_all().await;
    let log = world.log(chat.key, alice).await;
    assert_eq!(
        log.iter().map(|message| message.seq).collect::<Vec<_>>(),
        (1..=160).collect::<Vec<_>>()
    );
    let rows = world.view().await.outbox_after(0, 1_000).await.unwrap();
    assert_eq!(rows.len(), 80);
    assert!(rows.windows(2).all(|pair| pair[0].0 < pair[1].0));
}

pub(crate) async fn a_commit_that_nobody_waits_for_is_carried_out(world: &World) {
    for n in 0..20 {
        let mut tx = world.begin().await;
        tx.insert_account(&account(&format!("user-{n}")))
            .await
            .unwrap()
            .unwrap();
        // Polled once, then dropped.
        tokio::select! {
            biased;
            result = tx.commit() => drop(result.unwrap()),
            () = std::future::ready(()) => {}
        }
    }
    // The next transactions come after those commits, one for every connection there may be.
    for n in 0..20 {
        let id = user(&format!("user-{n}"));
        let begun = std::time::Instant::now();
        while world.view().await.account(&id).await.unwrap().is_none() {
            assert!(begun.elapsed() < Duration::from_secs(10), "{id} was lost");
            tokio::task::yield_now().await;
        }
    }
}

pub(crate) async fn a_cancelled_transaction_does_not_hold_up_others(world: &World) {
    let (alice, _, chat) = world.alice_and_bob().await;
    let held = world.begin().await;
    for _ in 0..20 {
        let store = world.store.clone();
        let chat = chat.clone();
        let mut task = tokio::task::JoinSet::new();
        task.spawn(async move {
            let mut tx = store.begin().await.unwrap();
            tx.append_message(&append(&chat, alice, "x")).await.unwrap();
            std::future::pending::<()>().await;
        });
        tokio::task::yield_now().await;
        task.shutdown().await;
    }
    drop(held);
    assert_eq!(world.send(append(&chat, alice, "y")).await.seq, 1);
}

pub(crate) async fn the_outbox_is_read_by_position_and_pruned_by_age(world: &World) {
    for n in 1..=6 {
        world.clock.set(n * 100);
        let mut tx = world.begin().await;
        tx.record(event(n)).await.unwrap();
        tx.commit().await.unwrap();
    }
    let rows = world.view().await.outbox_after(0, 100).await.unwrap();
    assert_eq!(
        rows.iter()
            .map(|(_, event)| event.clone())
            .collect::<Vec<_>>(),
        (1..=6).map(event).collect::<Vec<_>>()
    );
    assert_eq!(
        world.view().await.outbox_after(rows[1].0, 2).await.unwrap(),
        rows[2..4]
    );
    let newest = world.view().await.newest_positions().await.unwrap();

    let mut tx = world.begin().await;
    assert_eq!(
        tx.prune_outbox(500, 0, 3).await.unwrap(),
        3,
        "within the limit"
    );
    assert_eq!(
        tx.prune_outbox(500, 0, 3).await.unwrap(),
        1,
        "those before 500 ms only"
    );
    tx.commit().await.unwrap();
    assert_eq!(
        world.view().await.outbox_after(0, 100).await.unwrap(),
        rows[4..]
    );
    let mut tx = world.begin().await;
    assert_eq!(tx.prune_outbox(i64::MAX, 0, 100).await.unwrap(), 2);
    tx.commit().await.unwrap();
    assert_eq!(
        world.view().await.newest_positions().await.unwrap(),
        newest,
        "positions are never used again"
    );
    let mut tx = world.begin().await;
    tx.record(event(7)).await.unwrap();
    let position = tx.commit().await.unwrap()[0].position;
    assert!(matches!(position, Position::Outbox(position) if position > newest.1));
}

pub(crate) async fn a_relay_keeps_its_cursor(world: &World) {
    assert_eq!(world.view().await.newest_positions().await.unwrap(), (0, 0));
    assert_eq!(world.view().await.relay_cursor("hub").await.unwrap(), None);
    for cursor in [(3, 4), (5, 6)] {
        let mut tx = world.begin().await;
        tx.set_relay_cursor("hub", cursor.0, cursor.1)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            world.view().await.relay_cursor("hub").await.unwrap(),
            Some(cursor)
        );
    }
    assert_eq!(
        world.view().await.relay_cursor("other").await.unwrap(),
        None
    );
}

/// Positions are drawn before transactions commit, so a reader that only remembers the newest one it saw could
/// pass over a transaction that drew early and commits late.
pub(crate) async fn a_relay_reading_along_misses_nothing(world: &World) {
    let alice = world.account("alice").await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..8 {
        let chat = world.chat("alice", "alice").await;
        let store = world.store.clone();
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
                tx.commit().await.unwrap();
                store
                    .append(append(&chat, alice, &format!("{n}-{m}-single")))
                    .await
                    .unwrap();
            }
        });
    }
    let (mut outbox, mut log) = (0, MessageKey(0));
    let (mut events, mut messages) = (HashSet::new(), HashSet::new());
    let mut is_last = false;
    loop {
        for (position, event) in world.view().await.outbox_after(outbox, 7).await.unwrap() {
            assert!(position > outbox);
            outbox = position;
            events.insert(format!("{event:?}"));
        }
        for message in world.view().await.messages_after(log, 7).await.unwrap() {
            assert!(message.key > log);
            log = message.key;
            messages.insert(message.post.client_msg_id);
        }
        if is_last && (log.0, outbox) == world.view().await.newest_positions().await.unwrap() {
            break;
        }
        is_last = tasks.is_empty()
            || tasks
                .try_join_next()
                .is_some_and(|joined| joined.is_ok() && tasks.is_empty());
    }
    assert_eq!((events.len(), messages.len()), (8 * 25, 8 * 25 + 8 * 5));
}

pub(crate) async fn a_closed_store_refuses(world: &World) {
    let (alice, _, chat) = world.alice_and_bob().await;
    world.store.check().await.unwrap();
    world.store.close().await;
    let unavailable = |error: Option<Error>| matches!(error, Some(Error::Unavailable { .. }));
    assert!(unavailable(
        world.store.append(append(&chat, alice, "late")).await.err()
    ));
    assert!(unavailable(world.store.begin().await.err()));
    assert!(unavailable(world.store.view().await.err()));
    assert!(unavailable(world.store.check().await.err()));
}
