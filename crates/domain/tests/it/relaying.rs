//! What a crash left behind is read back as it was published.

use domain::event::Event;
use domain::ids::MessageKey;
use domain::messages::MarkRead;
use testkit::World;

#[tokio::test]
async fn messages_and_events_are_read_back_as_they_were_published() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    world.say(&alice, &bob, "one").await.unwrap();
    world.say(&bob, &alice, "two").await.unwrap();
    let read = MarkRead {
        reader: bob.user_id.clone(),
        conversation: domain::ids::ConversationId::direct(&alice.user_id, &bob.user_id),
        seqs: vec![1],
        has_read_seq: None,
    };
    let rename = domain::accounts::UpdateAccount {
        user_id: alice.user_id.clone(),
        nickname: Some("Alice".to_owned()),
        face_url: None,
        ex: None,
        receive: None,
    };
    world.domain.update_account(&alice, rename).await.unwrap();
    let mut published = world.published.take_events();
    let updated = published.pop().unwrap();
    let relayed = world
        .domain
        .messages_to_relay(MessageKey(0), 10)
        .await
        .unwrap();
    assert_eq!(
        relayed
            .into_iter()
            .map(|recorded| recorded.event)
            .collect::<Vec<Event>>(),
        published
    );
    let relayed = world.domain.outbox_to_relay(0, 10).await.unwrap();
    assert_eq!(
        relayed
            .into_iter()
            .map(|recorded| recorded.event)
            .collect::<Vec<Event>>(),
        [updated]
    );
    world.domain.mark_read(&bob, read).await.unwrap();
    assert_eq!(
        world
            .domain
            .messages_to_relay(MessageKey(2), 10)
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_relay_remembers_how_far_it_has_come() {
    let world = World::new().await;
    assert_eq!(world.domain.relay_cursor("node").await.unwrap(), None);
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    world.say(&alice, &bob, "one").await.unwrap();
    let (message, outbox) = world.domain.newest_positions().await.unwrap();
    world
        .domain
        .set_relay_cursor("node", message, outbox)
        .await
        .unwrap();
    assert_eq!(
        world.domain.relay_cursor("node").await.unwrap(),
        Some((message, outbox))
    );
    assert_eq!(world.domain.relay_cursor("other").await.unwrap(), None);
}
