//! Recall, deletion and clearing.

use domain::error::{Error, Reason};
use domain::event::Event;
use domain::ids::ConversationId;
use domain::messages::{
    ClearConversations, DeleteMessages, Message, Order, RecallMessage, SeqsOf, Spread, Status,
};
use serde_json::Value;
use testkit::World;

use domain::caller::Caller;

fn chat() -> ConversationId {
    ConversationId::parse("si_alice_bob").unwrap()
}

async fn read(world: &World, reader: &Caller, seqs: Vec<i64>) -> Vec<Message> {
    let wanted = [SeqsOf {
        conversation: chat(),
        seqs,
    }];
    let pulled = world
        .domain
        .pull_seqs(reader, &reader.user_id, &wanted, Order::Ascending)
        .await
        .unwrap();
    pulled.into_iter().next().unwrap().messages
}

fn detail(message: &Message) -> Value {
    let body: Value = serde_json::from_slice(&message.post.content).unwrap();
    serde_json::from_str(body["detail"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_recalled_message_is_gone_for_everybody_and_devices_are_told() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    world.say(&alice, &bob, "oops").await.unwrap();
    world.published.take_events();
    let recall = |user: &Caller| RecallMessage {
        user: user.user_id.clone(),
        conversation: chat(),
        seq: 1,
    };
    let refused = world.domain.recall_message(&bob, recall(&bob)).await;
    assert!(
        matches!(refused, Err(Error::Denied(Reason::NotOwner))),
        "{refused:?}"
    );
    world
        .domain
        .recall_message(&alice, recall(&alice))
        .await
        .unwrap();
    let again = world.domain.recall_message(&alice, recall(&alice)).await;
    assert!(
        matches!(again, Err(Error::Conflict(Reason::AlreadyRevoked))),
        "{again:?}"
    );
    for reader in [&alice, &bob] {
        let message = read(&world, reader, vec![1]).await.remove(0);
        assert_eq!((message.post.content_type, message.seq), (2101, 1));
        assert_eq!(detail(&message)["revokerID"], "alice");
        assert!(!String::from_utf8_lossy(&message.post.content).contains(r#"\"content\""#));
    }
    let events = world.published.take_events();
    let [Event::MessageAppended { message, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(message.route.conversation.as_str(), "n_alice_bob");
    assert_eq!(detail(message)["seq"], 1);
    assert_eq!(detail(message)["isAdminRevoke"], false);
}

#[tokio::test]
async fn an_administrator_recalls_and_it_says_so() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let admin = world.administrator().await;
    world.say(&alice, &bob, "spam").await.unwrap();
    world.published.take_events();
    let recall = RecallMessage {
        user: admin.user_id.clone(),
        conversation: chat(),
        seq: 1,
    };
    world.domain.recall_message(&admin, recall).await.unwrap();
    let events = world.published.take_events();
    let [Event::MessageAppended { message, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(detail(message)["isAdminRevoke"], true);
    assert_eq!(detail(message)["revokerUserID"], "imAdmin");
}

#[tokio::test]
async fn strangers_cannot_recall_and_do_not_learn_that_the_chat_exists() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let eve = world.person("eve").await;
    world.say(&alice, &bob, "hello").await.unwrap();
    let recall = |conversation| RecallMessage {
        user: eve.user_id.clone(),
        conversation,
        seq: 1,
    };
    let there = world
        .domain
        .recall_message(&eve, recall(chat()))
        .await
        .unwrap_err();
    let nowhere = ConversationId::parse("si_no_body").unwrap();
    let not_there = world
        .domain
        .recall_message(&eve, recall(nowhere))
        .await
        .unwrap_err();
    assert_eq!(there.to_string(), not_there.to_string());
}

#[tokio::test]
async fn deleting_for_oneself_leaves_the_other_side_alone() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    for text in ["one", "two"] {
        world.say(&alice, &bob, text).await.unwrap();
    }
    let delete = DeleteMessages {
        user: bob.user_id.clone(),
        conversation: chat(),
        seqs: vec![1],
        spread: Spread::default(),
    };
    world.domain.delete_messages(&bob, delete).await.unwrap();
    let mine = read(&world, &bob, vec![1, 2]).await;
    assert_eq!(
        mine.iter()
            .map(|message| message.status)
            .collect::<Vec<_>>(),
        [Status::Deleted, Status::Sent]
    );
    assert!(mine[0].post.content.is_empty());
    let hers = read(&world, &alice, vec![1, 2]).await;
    assert!(hers.iter().all(|message| message.status == Status::Sent));
}

#[tokio::test]
async fn deleting_for_everybody_removes_the_content_and_tells_devices() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    world.say(&alice, &bob, "one").await.unwrap();
    world.published.take_events();
    let delete = DeleteMessages {
        user: bob.user_id.clone(),
        conversation: chat(),
        seqs: vec![1],
        spread: Spread {
            to_self: false,
            to_others: true,
        },
    };
    world.domain.delete_messages(&bob, delete).await.unwrap();
    for reader in [&alice, &bob] {
        assert_eq!(
            read(&world, reader, vec![1]).await[0].status,
            Status::Deleted
        );
    }
    let events = world.published.take_events();
    let [Event::MessageAppended { message, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(
        (
            message.post.content_type,
            detail(message)["seqs"][0].as_i64()
        ),
        (2102, Some(1))
    );
}

#[tokio::test]
async fn a_cleared_conversation_is_empty_and_read_and_takes_new_messages() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    for text in ["one", "two"] {
        world.say(&alice, &bob, text).await.unwrap();
    }
    let clear = ClearConversations {
        user: bob.user_id.clone(),
        conversations: Some(vec![chat()]),
        spread: Spread::default(),
    };
    world.published.take_events();
    world.domain.clear_conversations(&bob, clear).await.unwrap();
    assert!(matches!(
        world.published.take_events()[..],
        [Event::ConversationsChanged { .. }]
    ));
    assert!(read(&world, &bob, vec![1, 2]).await.is_empty());
    assert_eq!(read(&world, &alice, vec![1, 2]).await.len(), 2);
    let state = world
        .domain
        .seq_states(&bob, &bob.user_id)
        .await
        .unwrap()
        .remove(0);
    assert_eq!((state.max_seq, state.has_read_seq), (2, 2));
    let entry = world
        .domain
        .all_conversations(&bob, &bob.user_id)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(entry.min_seq, 3);
    world.say(&alice, &bob, "three").await.unwrap();
    assert_eq!(read(&world, &bob, vec![1, 2, 3]).await.len(), 1);
}

#[tokio::test]
async fn clearing_for_everybody_empties_both_sides() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    world.say(&alice, &bob, "one").await.unwrap();
    let clear = ClearConversations {
        user: bob.user_id.clone(),
        conversations: None,
        spread: Spread {
            to_self: true,
            to_others: true,
        },
    };
    world.published.take_events();
    world.domain.clear_conversations(&bob, clear).await.unwrap();
    let cleared = world.published.take_events();
    assert!(
        cleared
            .iter()
            .any(|event| matches!(event, Event::ConversationsCleared { .. })),
        "{cleared:?}"
    );
    for reader in [&alice, &bob] {
        assert!(read(&world, reader, vec![1]).await.is_empty());
    }
}
