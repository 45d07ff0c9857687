//! Taking over another system's data: what the log looks like afterwards, and that an import which stops after any batch
//! goes on behind it.

use domain::follow::{Follower, Start};
use domain::ids::ConversationId;
use domain::import::{
    ConversationRecord, Entry, Import, MessageDocument, MessageRecord, Numbered, ReachRecord,
    SeqRecord, Step, UserRecord,
};
use domain::messages::{Message, Order, Post, SeqsOf, Status};
use testkit::{World, user_id};

const CHAT: &str = "si_alice_bob";

fn numbered<T>(records: impl IntoIterator<Item = T>) -> Vec<Numbered<T>> {
    let number = |(record, number)| Numbered { number, record };
    records.into_iter().zip(1..).map(number).collect()
}

fn user(id: &str) -> UserRecord {
    UserRecord {
        user_id: id.to_owned(),
        nickname: id.to_uppercase(),
        level: 1,
        created_at: 5,
        ..UserRecord::default()
    }
}

fn said(from: &str, to: &str, client_id: &str, send_time: i64) -> Entry {
    Entry::Message(Box::new(MessageRecord {
        sender: from.to_owned(),
        recipient: to.to_owned(),
        session_type: 1,
        send_time,
        status: 2,
        post: Post {
            client_msg_id: client_id.to_owned(),
            content_type: 101,
            content: format!("{{\"content\":\"{client_id}\"}}").into(),
            ..Post::default()
        },
        ..MessageRecord::default()
    }))
}

fn document(first_seq: i64, entries: Vec<Entry>) -> MessageDocument {
    MessageDocument {
        conversation: CHAT.to_owned(),
        first_seq,
        entries,
    }
}

async fn begin<'w>(world: &'w World, is_merge: bool) -> Import<'w> {
    let begun = world.domain.begin_import("dump", is_merge).await.unwrap();
    begun.unwrap_or_else(|_| panic!("the store is in use"))
}

async fn pulled(world: &World, person: &str, seqs: std::ops::RangeInclusive<i64>) -> Vec<Message> {
    let caller = world.person(person).await;
    let wanted = SeqsOf {
        conversation: ConversationId::parse(CHAT).unwrap(),
        seqs: seqs.collect(),
    };
    let pulled = world
        .domain
        .pull_seqs(&caller, &caller.user_id, &[wanted], Order::Ascending)
        .await
        .unwrap();
    pulled
        .into_iter()
        .next()
        .map_or_else(Vec::new, |p| p.messages)
}

async fn max_and_read(world: &World, person: &str) -> Vec<(String, i64, i64)> {
    let caller = world.person(person).await;
    let states = world.domain.seq_states(&caller, &caller.user_id).await;
    states
        .unwrap()
        .into_iter()
        .map(|state| (state.id.to_string(), state.max_seq, state.has_read_seq))
        .collect()
}

#[tokio::test]
async fn a_log_has_no_gaps_and_its_times_grow() {
    let world = World::new().await;
    let mut import = begin(&world, false).await;
    let people = numbered([user("alice"), user("bob")]);
    import.take_users(people, 2).await.unwrap();
    let first = document(
        1,
        vec![
            Entry::Nothing,
            Entry::Gone,
            said("alice", "bob", "a", 100),
            said("bob", "alice", "b", 100),
            Entry::Nothing,
            said("alice", "bob", "c", 90),
            Entry::Gone,
        ],
    );
    let second = document(
        101,
        vec![said("alice", "bob", "a", 200), said("eve", "bob", "e", 300)],
    );
    import.take_messages(2, vec![first, second]).await.unwrap();
    import.settle().await.unwrap();

    let messages = pulled(&world, "bob", 1..=110).await;
    let seqs: Vec<i64> = messages.iter().map(|message| message.seq).collect();
    assert_eq!(seqs, (3..=102).collect::<Vec<_>>());
    let times: Vec<i64> = messages.iter().map(|message| message.send_time).collect();
    assert_eq!(times[..5], [100, 101, 102, 103, 104]);
    assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
    let sent: Vec<_> = messages
        .iter()
        .filter(|message| message.status == Status::Sent)
        .map(|message| (message.seq, message.post.client_msg_id.as_str()))
        .collect();
    let [(3, "a"), (4, "b"), (6, "c"), (101, doubled)] = sent[..] else {
        panic!("{sent:?}");
    };
    assert!(doubled.starts_with("a-"), "{doubled}");
    let tally = import.progress(Step::Messages).tally;
    assert_eq!(tally.taken, 4);
    assert_eq!(tally.skipped["the sender is neither of the two"], 1);

    // What is said next stands behind it, and saying it again is a retry.
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let sent = world.say(&alice, &bob, "next").await.unwrap();
    let retried = world.say(&alice, &bob, "next").await.unwrap();
    assert_eq!(sent.server_msg_id, retried.server_msg_id);
    assert_eq!(pulled(&world, "bob", 103..=104).await.len(), 1);
}

#[tokio::test]
async fn numbers_that_devices_have_seen_are_not_given_out_again() {
    let world = World::new().await;
    let mut import = begin(&world, false).await;
    let people = numbered([user("alice"), user("bob")]);
    import.take_users(people, 2).await.unwrap();
    let chat = ConversationRecord {
        owner: "bob".to_owned(),
        peer: "alice".to_owned(),
        id: CHAT.to_owned(),
        kind: 1,
        ..ConversationRecord::default()
    };
    import
        .take_conversations(numbered([chat]), 1)
        .await
        .unwrap();
    let talk = document(1, vec![said("alice", "bob", "a", 100)]);
    import.take_messages(1, vec![talk]).await.unwrap();
    let given = SeqRecord {
        id: CHAT.to_owned(),
        max_seq: 52,
        min_seq: 0,
    };
    import.take_seqs(numbered([given]), 1).await.unwrap();
    let seen = ReachRecord {
        user: "bob".to_owned(),
        id: CHAT.to_owned(),
        read_seq: 3,
        ..ReachRecord::default()
    };
    import.take_reaches(numbered([seen]), 1).await.unwrap();
    import.settle().await.unwrap();

    assert_eq!(max_and_read(&world, "bob").await, [(CHAT.to_owned(), 3, 3)]);
    let statuses: Vec<_> = pulled(&world, "bob", 1..=52).await;
    let statuses: Vec<_> = statuses.iter().map(|message| message.status).collect();
    assert_eq!(statuses, [Status::Sent, Status::Deleted, Status::Deleted]);
    let settled = import.progress(Step::Settling).tally.changed;
    assert_eq!(settled["reserved sequence numbers that no message had"], 49);
    // Alice's own list did not have the chat.
    assert_eq!(
        max_and_read(&world, "alice").await,
        [(CHAT.to_owned(), 3, 3)]
    );
}

#[tokio::test]
async fn an_import_goes_on_behind_the_last_batch() {
    let (whole, broken) = (World::new().await, World::new().await);
    let batches = || {
        (0..5).map(|n| {
            let id = |m: i64| format!("{}", n * 3 + m);
            document(
                n * 3 + 1,
                (0..3)
                    .map(|m| said("alice", "bob", &id(m), 1000 + n * 3 + m))
                    .collect(),
            )
        })
    };
    let mut import = begin(&whole, false).await;
    import
        .take_users(numbered([user("alice")]), 1)
        .await
        .unwrap();
    for (document, read) in batches().zip(1..) {
        import.take_messages(read, vec![document]).await.unwrap();
    }
    import.settle().await.unwrap();

    // Every batch by an import that ends after it.
    let mut import = begin(&broken, false).await;
    import
        .take_users(numbered([user("alice")]), 1)
        .await
        .unwrap();
    drop(import);
    for (document, read) in batches().zip(1..) {
        let mut import = begin(&broken, false).await;
        assert_eq!(import.progress(Step::Messages).documents, read - 1);
        import.take_messages(read, vec![document]).await.unwrap();
    }
    begin(&broken, false).await.settle().await.unwrap();

    let messages = pulled(&broken, "bob", 1..=20).await;
    assert_eq!(messages.len(), 15);
    assert_eq!(messages, pulled(&whole, "bob", 1..=20).await);
    let finished = begin(&broken, false).await;
    assert!(finished.finished_at.is_some());
    assert_eq!(finished.progress(Step::Messages).tally.taken, 15);
}

#[tokio::test]
async fn what_was_there_stays_and_is_not_mixed_up() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    world.say(&alice, &bob, "before").await.unwrap();
    assert!(
        world
            .domain
            .begin_import("dump", false)
            .await
            .unwrap()
            .is_err()
    );

    let mut import = begin(&world, true).await;
    let people = numbered([user("alice"), user("dan"), user("no:id")]);
    import.take_users(people, 3).await.unwrap();
    let tally = import.progress(Step::Users).tally;
    assert_eq!(
        (tally.taken, tally.present, tally.skipped_in_all()),
        (1, 1, 1)
    );
    let other = MessageDocument {
        conversation: "si_alice_dan".to_owned(),
        ..document(1, vec![said("dan", "alice", "d", 9)])
    };
    let same = document(1, vec![said("alice", "bob", "x", 1)]);
    import.take_messages(2, vec![same, other]).await.unwrap();
    import.settle().await.unwrap();
    let tally = import.progress(Step::Messages).tally;
    assert_eq!((tally.taken, tally.skipped_in_all()), (1, 1), "{tally:?}");
    let messages = pulled(&world, "bob", 1..=5).await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].post.client_msg_id, "before to bob");
    let account = world.domain.find_account(&user_id("alice")).await.unwrap();
    assert_eq!(account.nickname, "alice");
}

struct Counting;

#[async_trait::async_trait]
impl Follower for Counting {
    fn name(&self) -> &'static str {
        "counting"
    }

    fn start(&self) -> Start {
        Start::Beginning
    }

    async fn handle(
        &self,
        _: &domain::Domain,
        batch: &[domain::event::Recorded],
    ) -> domain::error::Result<()> {
        assert!(batch.is_empty(), "{batch:?}");
        Ok(())
    }
}

#[tokio::test]
async fn what_was_taken_over_is_no_news_but_is_found() {
    let world = World::new().await;
    world.domain.register_follower(&Counting).await.unwrap();
    world.domain.set_relay_cursor("local", 0, 0).await.unwrap();
    let mut import = begin(&world, false).await;
    import
        .take_users(numbered([user("alice")]), 1)
        .await
        .unwrap();
    let talk = document(1, vec![said("alice", "bob", "a", 100)]);
    import.take_messages(1, vec![talk]).await.unwrap();
    import.settle().await.unwrap();
    Counting.step(&world.domain, "").await.unwrap();
    let (newest, _) = world.domain.newest_positions().await.unwrap();
    let relayed = world.domain.relay_cursor("local").await.unwrap();
    assert_eq!(relayed, Some((newest, 0)));
    assert!(newest > 0);
    assert!(world.published.take_events().is_empty());
}
