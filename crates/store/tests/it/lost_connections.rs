//! What PostgreSQL does to us: connections that are cut while the store is in use.

use domain::error::Error;
use domain::messages::Appended;
use tokio_postgres::NoTls;

use store::StoreUrl;

use crate::world::{Backend, World, append, user};

/// Cuts every connection to the database but the one that does it; returns how many there were.
async fn cut_connections(url: &StoreUrl) -> i64 {
    let StoreUrl::Postgres(url) = url else {
        panic!("not PostgreSQL")
    };
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let sql = "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    tokio::select! {
        row = client.query_one(sql, &[]) => row.unwrap().get(0),
        end = connection => panic!("{end:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_connects_again() {
    let world = World::open(Backend::Postgres).await;
    let (alice, _, chat) = world.alice_and_bob().await;
    let placed = world.send(append(&chat, alice, "before")).await;
    let mut tx = world.begin().await;
    tx.append_message(&append(&chat, alice, "lost"))
        .await
        .unwrap();
    assert!(cut_connections(&world.url).await >= 2);

    let lost = tx.commit().await;
    assert!(matches!(lost, Err(Error::Unavailable { .. })), "{lost:?}");
    // The first may still be handed to the connection that is gone.
    let mut tries = 0;
    let answer = loop {
        tries += 1;
        match world.store.append(append(&chat, alice, "after")).await {
            Err(Error::Unavailable { .. }) if tries < 3 => {}
            other => break other.unwrap(),
        }
    };
    assert!(matches!(answer, Appended::Stored(next) if next.seq == placed.seq + 1));
    assert!(
        world
            .view()
            .await
            .account(&user("alice"))
            .await
            .unwrap()
            .is_some()
    );
    world.begin().await.commit().await.unwrap();
    world.store.close().await;
}
