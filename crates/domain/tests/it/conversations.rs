//! Settings and incremental sync of the list.

use domain::caller::Caller;
use domain::conversations::{SetConversations, SettingsChange};
use domain::event::Event;
use domain::messages::Recipient;
use domain::ports::Page;
use testkit::World;

fn pin(owner: &Caller, peer: &Caller, is_pinned: bool) -> SetConversations {
    SetConversations {
        owners: vec![owner.user_id.clone()],
        peer: Recipient::Person(peer.user_id.clone()),
        change: SettingsChange {
            is_pinned: Some(is_pinned),
            ..SettingsChange::default()
        },
    }
}

#[tokio::test]
async fn a_setting_is_told_once_and_only_if_it_changed() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    world.say(&alice, &bob, "hi").await.unwrap();
    world.published.take_events();
    for _ in 0..2 {
        world
            .domain
            .set_conversations(&alice, pin(&alice, &bob, true))
            .await
            .unwrap();
    }
    let events = world.published.take_events();
    assert!(
        matches!(&events[..], [Event::ConversationsChanged { user_id, .. }] if *user_id == alice.user_id)
    );
    assert!(
        world
            .domain
            .all_conversations(&alice, &alice.user_id)
            .await
            .unwrap()[0]
            .settings
            .is_pinned
    );
    assert!(
        !world
            .domain
            .all_conversations(&bob, &bob.user_id)
            .await
            .unwrap()[0]
            .settings
            .is_pinned
    );
}

#[tokio::test]
async fn nobody_sets_anothers_conversations() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let mut command = pin(&alice, &bob, true);
    command.owners.push(bob.user_id.clone());
    assert!(
        world
            .domain
            .set_conversations(&alice, command)
            .await
            .is_err()
    );
    assert!(
        world
            .domain
            .all_conversations(&alice, &alice.user_id)
            .await
            .unwrap()
            .is_empty(),
        "nothing half done"
    );
}

#[tokio::test]
async fn private_chat_holds_for_both_sides() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let mut command = pin(&alice, &bob, false);
    command.change.is_private = Some(true);
    world
        .domain
        .set_conversations(&alice, command)
        .await
        .unwrap();
    for who in [&alice, &bob] {
        assert!(
            world
                .domain
                .all_conversations(who, &who.user_id)
                .await
                .unwrap()[0]
                .settings
                .is_private
        );
    }
}

#[tokio::test]
async fn a_client_with_an_old_version_gets_what_changed_since() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let peers = [
        world.person("bob").await,
        world.person("carol").await,
        world.person("dave").await,
    ];
    let first = world
        .domain
        .conversation_changes(&alice, &alice.user_id, ("", 0))
        .await
        .unwrap();
    assert!(first.is_full);
    for peer in &peers[..2] {
        world.say(peer, &alice, "hi").await.unwrap();
    }
    let (version, ids) = world
        .domain
        .conversation_ids(&alice, &alice.user_id)
        .await
        .unwrap();
    assert_eq!(ids.len(), 2);
    let none = world
        .domain
        .conversation_changes(&alice, &alice.user_id, (&version.id, version.number))
        .await
        .unwrap();
    assert!(!none.is_full && none.inserted.is_empty() && none.updated.is_empty());
    world.say(&peers[2], &alice, "hi").await.unwrap();
    world
        .domain
        .set_conversations(&alice, pin(&alice, &peers[0], true))
        .await
        .unwrap();
    let changes = world
        .domain
        .conversation_changes(&alice, &alice.user_id, (&version.id, version.number))
        .await
        .unwrap();
    assert_eq!(changes.version.number, version.number + 2);
    assert_eq!(
        changes
            .inserted
            .iter()
            .map(|entry| entry.id.as_str())
            .collect::<Vec<_>>(),
        ["si_alice_dave"]
    );
    assert_eq!(
        changes
            .updated
            .iter()
            .map(|entry| entry.id.as_str())
            .collect::<Vec<_>>(),
        ["si_alice_bob"]
    );
    for known in [
        ("", version.number),
        ("ffffffffffffffffffffffff", version.number),
        (&version.id[..], 0),
        (&version.id[..], 1000),
    ] {
        let unknown = world
            .domain
            .conversation_changes(&alice, &alice.user_id, known)
            .await
            .unwrap();
        assert!(unknown.is_full, "{known:?}");
    }
}

#[tokio::test]
async fn too_many_changes_mean_read_everything() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let first = world.person("first").await;
    world.say(&first, &alice, "hi").await.unwrap();
    let (version, _) = world
        .domain
        .conversation_ids(&alice, &alice.user_id)
        .await
        .unwrap();
    for n in 0..201 {
        let peer = world.person(&format!("peer{n}")).await;
        world.say(&peer, &alice, "hi").await.unwrap();
        let changes = world
            .domain
            .conversation_changes(&alice, &alice.user_id, (&version.id, version.number))
            .await
            .unwrap();
        assert_eq!(changes.is_full, n >= 200, "{n}");
    }
    let page = |offset| Page { offset, rows: 150 };
    let pages = [
        world
            .domain
            .conversations_page(&alice, &alice.user_id, page(0))
            .await
            .unwrap(),
        world
            .domain
            .conversations_page(&alice, &alice.user_id, page(150))
            .await
            .unwrap(),
        world
            .domain
            .conversations_page(&alice, &alice.user_id, page(300))
            .await
            .unwrap(),
    ];
    assert_eq!(
        pages
            .each_ref()
            .map(|page| (page.total, page.entries.len())),
        [(202, 150), (202, 52), (202, 0)]
    );
}
