//! What a crash leaves behind, and how little of it is published twice.

use std::time::Duration;

use domain::event::Event;
use realtime::{Backlog, Relay};
use testkit::{Notebook, World};
use tokio::time::{pause, sleep};
use tokio_util::sync::CancellationToken;

/// The place of every message that was published since this was last asked.
fn places(published: &Notebook) -> Vec<(i64, i64)> {
    let events = published.take_events();
    let places = events.iter().filter_map(Event::order);
    places
        .map(|(conversation, seq)| (conversation.0, seq))
        .collect()
}

#[tokio::test]
async fn what_was_committed_past_the_cursor_is_published_again_and_once() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let relay = Relay::new(world.domain.clone(), world.published.clone(), "one");
    world.say(&alice, &bob, "before").await.unwrap();
    assert_eq!(places(&world.published).len(), 1);

    assert_eq!(relay.catch_up().await.unwrap(), Backlog::default());
    assert_eq!(places(&world.published), [], "nothing on the first start");

    world.say(&alice, &bob, "one").await.unwrap();
    world.say(&bob, &alice, "two").await.unwrap();
    let published = places(&world.published);
    assert_eq!(relay.catch_up().await.unwrap().messages, 2);
    assert_eq!(places(&world.published), published);
    assert_eq!(relay.catch_up().await.unwrap(), Backlog::default());

    let other = Relay::new(world.domain.clone(), world.published.clone(), "two");
    assert_eq!(other.catch_up().await.unwrap(), Backlog::default());
}

#[tokio::test]
async fn the_cursor_follows_the_log_at_a_distance() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let relay = Relay::new(world.domain.clone(), world.published.clone(), "one");
    relay.catch_up().await.unwrap();
    let before = world.domain.relay_cursor("one").await.unwrap();
    world.say(&alice, &bob, "one").await.unwrap();
    let newest = world.domain.newest_positions().await.unwrap();
    assert_ne!(before, Some(newest));

    let stop = CancellationToken::new();
    let following = tokio::spawn({
        let stop = stop.clone();
        async move { relay.run(stop).await }
    });
    pause();
    while world.domain.relay_cursor("one").await.unwrap() != Some(newest) {
        sleep(Duration::from_secs(1)).await;
    }
    stop.cancel();
    following.await.unwrap();
}
