//! Pulling, read positions and receipts.

use domain::error::{Error, Kind};
use domain::event::Event;
use domain::ids::ConversationId;
use domain::messages::{MarkRead, Order, SeqRange, SeqsOf, SetReadSeq};
use serde_json::Value;
use testkit::World;

fn chat() -> ConversationId {
    ConversationId::parse("si_alice_bob").unwrap()
}

fn notices() -> ConversationId {
    ConversationId::parse("n_alice_bob").unwrap()
}

fn range(conversation: ConversationId, begin: i64, end: i64, newest: i64) -> SeqRange {
    SeqRange {
        conversation,
        begin,
        end,
        newest,
    }
}

#[tokio::test]
async fn a_range_gives_the_newest_of_a_chat_and_a_notice_log_in_full() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    for n in 1..=5 {
        world.say(&alice, &bob, &n.to_string()).await.unwrap();
        let read = MarkRead {
            reader: bob.user_id.clone(),
            conversation: chat(),
            seqs: vec![n],
            has_read_seq: None,
        };
        world.domain.mark_read(&bob, read).await.unwrap();
    }
    let ranges = [range(chat(), 0, 5, 2), range(notices(), 0, 5, 1)];
    let pulled = world
        .domain
        .pull_ranges(&alice, &alice.user_id, &ranges, Order::Ascending)
        .await
        .unwrap();
    let seqs: Vec<Vec<i64>> = pulled
        .iter()
        .map(|answer| answer.messages.iter().map(|message| message.seq).collect())
        .collect();
    assert_eq!(seqs, [vec![4, 5], vec![1, 2, 3, 4, 5]]);
    assert!(pulled.iter().all(|answer| answer.is_end));
    assert!(pulled[0].messages.iter().all(|message| message.is_read));
}

#[tokio::test]
async fn certain_messages_are_given_with_where_the_log_ends() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    for n in 1..=5 {
        world.say(&alice, &bob, &n.to_string()).await.unwrap();
    }
    let pull = async |seqs: Vec<i64>, order| {
        let wanted = [SeqsOf {
            conversation: chat(),
            seqs,
        }];
        world
            .domain
            .pull_seqs(&bob, &bob.user_id, &wanted, order)
            .await
            .unwrap()
            .pop()
            .unwrap()
    };
    let answer = pull(vec![5, 1, 3, 3], Order::Descending).await;
    assert_eq!(
        answer
            .messages
            .iter()
            .map(|message| message.seq)
            .collect::<Vec<_>>(),
        [1, 3, 5]
    );
    assert_eq!((answer.is_end, answer.end_seq), (false, 0));
    let answer = pull(vec![0, 1], Order::Descending).await;
    assert_eq!((answer.is_end, answer.end_seq), (true, 1));
    let answer = pull(vec![5, 6], Order::Ascending).await;
    assert_eq!((answer.is_end, answer.end_seq), (true, 5));
    let answer = pull(vec![99], Order::Descending).await;
    assert!(
        answer.messages.is_empty(),
        "the conversation is named though nothing was found"
    );
}

#[tokio::test]
async fn nobody_reads_what_is_not_theirs() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let eve = world.person("eve").await;
    world.say(&alice, &bob, "secret").await.unwrap();
    let ranges = [range(chat(), 0, 9, 9), range(notices(), 0, 9, 9)];
    // In her own name she sees nothing of it, and she has no other name.
    assert_eq!(
        world
            .domain
            .pull_ranges(&eve, &eve.user_id, &ranges, Order::Ascending)
            .await
            .unwrap(),
        []
    );
    let refused = world
        .domain
        .pull_ranges(&eve, &bob.user_id, &ranges, Order::Ascending)
        .await;
    assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    let read = MarkRead {
        reader: eve.user_id.clone(),
        conversation: chat(),
        seqs: vec![1],
        has_read_seq: None,
    };
    let refused = world.domain.mark_read(&eve, read).await;
    assert!(
        matches!(refused, Err(Error::NotFound(Kind::Conversation))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_receipt_tells_the_sender_which_messages_were_read() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    for n in 1..=3 {
        world.say(&alice, &bob, &n.to_string()).await.unwrap();
    }
    world.published.take_events();
    let read = |seqs, has_read_seq| MarkRead {
        reader: bob.user_id.clone(),
        conversation: chat(),
        seqs,
        has_read_seq,
    };
    world
        .domain
        .mark_read(&bob, read(vec![], Some(2)))
        .await
        .unwrap();
    let events = world.published.take_events();
    let [Event::MessageAppended { message, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((message.post.content_type, message.seq), (2200, 1));
    assert_eq!(message.route.conversation, notices());
    let body: Value = serde_json::from_slice(&message.post.content).unwrap();
    let detail: Value = serde_json::from_str(body["detail"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&detail["seqs"], &detail["hasReadSeq"]),
        (&serde_json::json!([1, 2]), &2.into())
    );
    // Reading the same again is no news.
    world
        .domain
        .mark_read(&bob, read(vec![], Some(2)))
        .await
        .unwrap();
    assert_eq!(world.published.take_events(), []);
}

#[tokio::test]
async fn a_read_position_only_grows_and_stays_inside_the_log() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    for n in 1..=3 {
        world.say(&alice, &bob, &n.to_string()).await.unwrap();
    }
    let set = async |has_read_seq| {
        let command = SetReadSeq {
            reader: bob.user_id.clone(),
            conversation: chat(),
            has_read_seq,
        };
        world.domain.set_read_seq(&bob, command).await
    };
    set(3).await.unwrap();
    set(1).await.unwrap();
    assert!(matches!(set(4).await, Err(Error::Invalid { .. })));
    assert!(matches!(set(-1).await, Err(Error::Invalid { .. })));
    assert_eq!(
        world.domain.seq_states(&bob, &bob.user_id).await.unwrap()[0].has_read_seq,
        3
    );
    let events = world.published.take_events();
    assert!(
        matches!(
            events.last(),
            Some(Event::ReadPositionSet {
                has_read_seq: 3,
                ..
            })
        ),
        "{events:?}"
    );
}

#[tokio::test]
async fn the_newest_message_is_the_newest_that_was_not_deleted() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    for n in 1..=30 {
        world.say(&alice, &bob, &n.to_string()).await.unwrap();
    }
    let delete = domain::messages::DeleteMessages {
        user: bob.user_id.clone(),
        conversation: chat(),
        seqs: (8..=30).collect(),
        spread: domain::messages::Spread::default(),
    };
    world.domain.delete_messages(&bob, delete).await.unwrap();
    let newest = world
        .domain
        .newest_messages(&bob, &bob.user_id, &[chat()])
        .await
        .unwrap();
    assert_eq!(
        newest.iter().map(|message| message.seq).collect::<Vec<_>>(),
        [7]
    );
    let newest = world
        .domain
        .newest_messages(&alice, &alice.user_id, &[chat()])
        .await
        .unwrap();
    assert_eq!(
        newest.iter().map(|message| message.seq).collect::<Vec<_>>(),
        [30]
    );
}
