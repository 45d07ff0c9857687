//! Who has read a message of a group, and how far messages have come.

use domain::Settings;
use domain::caller::Caller;
use domain::error::{Error, Kind, Reason};
use domain::event::Event;
use domain::groups::JoinRule;
use domain::ids::{ConversationId, UserId};
use domain::messages::{Order, SeqRange, SetReadSeq};
use domain::ports::Page;
use testkit::World;

use crate::groups::{making, speak};

const ALL: Page = Page {
    offset: 0,
    rows: 100,
};

async fn has_read(world: &World, reader: &Caller, conversation: &ConversationId, seq: i64) {
    let command = SetReadSeq {
        reader: reader.user_id.clone(),
        conversation: conversation.clone(),
        has_read_seq: seq,
    };
    world.domain.set_read_seq(reader, command).await.unwrap();
}

fn names(users: &[UserId]) -> Vec<&str> {
    users.iter().map(UserId::as_str).collect()
}

#[tokio::test]
async fn readers_are_those_who_were_members_when_it_was_said() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let (carol, dave) = (world.person("carol").await, world.person("dave").await);
    let command = making(&alice, &[&bob, &carol], JoinRule::Open);
    let group = world.domain.create_group(&alice, command).await.unwrap();
    let id = ConversationId::group(&group.id);
    world.clock.advance(10);
    speak(&world, &alice, &group, "hello").await.unwrap();
    world.clock.advance(10);
    let join = domain::groups::JoinGroup {
        group: group.id.clone(),
        applicant: dave.user_id.clone(),
        message: String::new(),
        ex: String::new(),
        source: domain::groups::JoinSource::Search,
    };
    world.domain.join_group(&dave, join).await.unwrap();
    let late = speak(&world, &carol, &group, "later").await.unwrap().seq;
    has_read(&world, &carol, &id, 2).await;
    has_read(&world, &dave, &id, late).await;

    let of = async |who: &Caller, seq, page| {
        world
            .domain
            .message_readers(who, &who.user_id, &id, seq, page)
            .await
    };
    let readers = of(&bob, 2, ALL).await.unwrap();
    assert_eq!((readers.read_count, readers.unread_count), (1, 1));
    assert_eq!(
        (names(&readers.read), names(&readers.unread)),
        (vec!["carol"], vec!["bob"])
    );
    let readers = of(&alice, late, ALL).await.unwrap();
    assert_eq!((readers.read_count, readers.unread_count), (1, 2));
    assert_eq!(
        (names(&readers.read), names(&readers.unread)),
        (vec!["dave"], vec!["alice", "bob"])
    );
    let second = Page { offset: 1, rows: 1 };
    let readers = of(&alice, late, second).await.unwrap();
    assert_eq!(
        (readers.unread_count, names(&readers.unread)),
        (2, vec!["bob"])
    );
    assert_eq!(names(&readers.read), Vec::<&str>::new());

    let beyond = of(&alice, late + 1, ALL).await;
    assert!(
        matches!(beyond, Err(Error::NotFound(Kind::Message))),
        "{beyond:?}"
    );
    let eve = world.person("eve").await;
    let stranger = of(&eve, 2, ALL).await;
    assert!(
        matches!(stranger, Err(Error::NotFound(Kind::Conversation))),
        "{stranger:?}"
    );
    world
        .domain
        .quit_group(&bob, &group.id, &bob.user_id)
        .await
        .unwrap();
    let gone = of(&bob, 2, ALL).await;
    assert!(
        matches!(gone, Err(Error::Denied(Reason::NotMember))),
        "{gone:?}"
    );
    let admin = world.administrator().await;
    assert_eq!(of(&admin, 2, ALL).await.unwrap().unread_count, 0);
}

#[tokio::test]
async fn large_groups_and_chats_of_two_have_no_readers() {
    let mut settings = Settings::default();
    settings.messages.positions_members_max = 2;
    let world = World::with(settings).await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let carol = world.person("carol").await;
    let command = making(&alice, &[&bob, &carol], JoinRule::Open);
    let group = world.domain.create_group(&alice, command).await.unwrap();
    let id = ConversationId::group(&group.id);
    let refused = world
        .domain
        .message_readers(&alice, &alice.user_id, &id, 1, ALL)
        .await;
    assert!(matches!(refused, Err(Error::Invalid { .. })), "{refused:?}");
    let refused = world
        .domain
        .delivery_states(&alice, &alice.user_id, &id)
        .await;
    assert!(matches!(refused, Err(Error::Invalid { .. })), "{refused:?}");
    speak(&world, &alice, &group, "hello").await.unwrap();
    show(&world, &[&bob]);
    assert_eq!(
        world.domain.flush_deliveries().await.unwrap(),
        0,
        "nothing is noted there"
    );

    world.say(&alice, &bob, "hello").await.unwrap();
    let chat = ConversationId::direct(&alice.user_id, &bob.user_id);
    let refused = world
        .domain
        .message_readers(&alice, &alice.user_id, &chat, 1, ALL)
        .await;
    assert!(matches!(refused, Err(Error::Invalid { .. })), "{refused:?}");
}

/// What a socket does with what was published: it writes it to these people's devices.
fn show(world: &World, people: &[&Caller]) {
    for event in world.published.take_events() {
        for person in people {
            world
                .domain
                .delivered(person.account, &person.user_id, &event);
        }
    }
}

async fn states(world: &World, who: &Caller, id: &ConversationId) -> Vec<(String, i64, i64)> {
    let states = world
        .domain
        .delivery_states(who, &who.user_id, id)
        .await
        .unwrap();
    states
        .into_iter()
        .map(|state| (state.user.to_string(), state.delivered_seq, state.read_seq))
        .collect()
}

#[tokio::test]
async fn what_reached_a_device_is_delivered_before_it_is_read() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let chat = ConversationId::direct(&alice.user_id, &bob.user_id);
    for text in ["one", "two", "three"] {
        world.say(&alice, &bob, text).await.unwrap();
    }
    let expected = |delivered, read| {
        vec![
            ("alice".to_owned(), 3, 3),
            ("bob".to_owned(), delivered, read),
        ]
    };
    assert_eq!(states(&world, &alice, &chat).await, expected(0, 0));
    show(&world, &[&alice, &bob]);
    assert_eq!(
        states(&world, &alice, &chat).await,
        expected(3, 0),
        "seen before it is written"
    );
    assert_eq!(
        world.domain.flush_deliveries().await.unwrap(),
        1,
        "the sender's own do not count"
    );
    assert_eq!(world.domain.flush_deliveries().await.unwrap(), 0);
    assert_eq!(states(&world, &alice, &chat).await, expected(3, 0));
    has_read(&world, &bob, &chat, 2).await;
    assert_eq!(states(&world, &bob, &chat).await, expected(3, 2));
    let eve = world.person("eve").await;
    let stranger = world
        .domain
        .delivery_states(&eve, &eve.user_id, &chat)
        .await;
    assert!(
        matches!(stranger, Err(Error::NotFound(Kind::Conversation))),
        "{stranger:?}"
    );
}

#[tokio::test]
async fn a_pull_delivers_to_who_pulled_and_not_to_whom_somebody_pulls_for() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let admin = world.administrator().await;
    let chat = ConversationId::direct(&alice.user_id, &bob.user_id);
    for text in ["one", "two"] {
        world.say(&alice, &bob, text).await.unwrap();
    }
    let range = [SeqRange {
        conversation: chat.clone(),
        begin: 1,
        end: 2,
        newest: 10,
    }];
    let pull = async |who: &Caller| {
        let pulled = world
            .domain
            .pull_ranges(who, &bob.user_id, &range, Order::Ascending)
            .await;
        assert_eq!(pulled.unwrap()[0].messages.len(), 2);
    };
    pull(&admin).await;
    assert_eq!(
        states(&world, &alice, &chat).await[1],
        ("bob".to_owned(), 0, 0)
    );
    pull(&bob).await;
    assert_eq!(
        states(&world, &alice, &chat).await[1],
        ("bob".to_owned(), 2, 0)
    );
    assert_eq!(world.domain.flush_deliveries().await.unwrap(), 1);
}

#[tokio::test]
async fn notices_and_relayed_messages_are_not_deliveries() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    world.say(&alice, &bob, "one").await.unwrap();
    world.published.take_events();
    let chat = ConversationId::direct(&alice.user_id, &bob.user_id);
    has_read(&world, &bob, &chat, 1).await;
    let recall = domain::messages::RecallMessage {
        user: alice.user_id.clone(),
        conversation: chat,
        seq: 1,
    };
    world.domain.recall_message(&alice, recall).await.unwrap();
    let events = world.published.take_events();
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::MessageAppended { .. }))
    );
    for event in &events {
        world.domain.delivered(bob.account, &bob.user_id, event);
    }
    assert_eq!(world.domain.flush_deliveries().await.unwrap(), 0);
}
