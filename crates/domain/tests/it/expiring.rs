//! Messages that go when they are old: for one participant, and for everybody.

use domain::Settings;
use domain::caller::Caller;
use domain::conversations::{ConversationEntry, SetConversations, SettingsChange};
use domain::error::{Error, Kind};
use domain::event::Event;
use domain::ids::ConversationId;
use domain::messages::{MessageFilter, Order, Recipient, SeqRange};
use domain::ports::Page;
use testkit::{BEGIN, World};

const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

async fn seqs(world: &World, who: &Caller, id: &ConversationId) -> Vec<i64> {
    let range = SeqRange {
        conversation: id.clone(),
        begin: 1,
        end: i64::MAX,
        newest: 1000,
    };
    let pulled = world
        .domain
        .pull_ranges(who, &who.user_id, &[range], Order::Ascending)
        .await
        .unwrap();
    pulled
        .into_iter()
        .flat_map(|one| one.messages)
        .map(|message| message.seq)
        .collect()
}

async fn entry(world: &World, who: &Caller, id: &ConversationId) -> ConversationEntry {
    let ids = std::slice::from_ref(id);
    let found = world
        .domain
        .conversations(who, &who.user_id, ids)
        .await
        .unwrap();
    found.into_iter().next().unwrap()
}

async fn destruct_after(world: &World, who: &Caller, peer: &Caller, seconds: i64) {
    let command = SetConversations {
        owners: vec![who.user_id.clone()],
        peer: Recipient::Person(peer.user_id.clone()),
        change: SettingsChange {
            is_destructing: Some(seconds > 0),
            destruct_s: Some(seconds),
            ..SettingsChange::default()
        },
    };
    world.domain.set_conversations(who, command).await.unwrap();
}

async fn run_jobs(world: &World) {
    world.domain.schedule_housekeeping().await.unwrap();
    loop {
        let outcome = world.domain.run_due_jobs().await.unwrap();
        assert_eq!(outcome.failed, 0);
        if outcome.done == 0 {
            return;
        }
    }
}

#[tokio::test]
async fn old_messages_are_cleared_for_who_wants_it_and_their_devices_are_told() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let chat = ConversationId::direct(&alice.user_id, &bob.user_id);
    for n in 0..5 {
        world.say(&alice, &bob, &format!("{n}")).await.unwrap();
        world.clock.advance(100_000);
    }
    destruct_after(&world, &bob, &alice, 250).await;
    world.published.take_events();
    run_jobs(&world).await;
    // Sent at 0, 100, … 400 s; it is 500 s now.
    assert_eq!(seqs(&world, &bob, &chat).await, [4, 5]);
    assert_eq!(seqs(&world, &alice, &chat).await, [1, 2, 3, 4, 5]);
    let of_bob = entry(&world, &bob, &chat).await;
    assert_eq!(
        (of_bob.min_seq, of_bob.settings.destructed_at),
        (4, BEGIN + 500_000)
    );
    let told = world.published.take_events();
    assert!(
        matches!(&told[..], [Event::ConversationsChanged { account, conversations, .. }]
            if *account == bob.account && conversations == std::slice::from_ref(&chat)),
        "{told:?}"
    );
    let state = &world.domain.seq_states(&bob, &bob.user_id).await.unwrap()[0];
    assert_eq!(
        state.max_seq - state.has_read_seq,
        2,
        "what is gone is not unread"
    );

    // Message 4 is 250 s old at 550 s, and goes with the first round past that.
    world.clock.advance(50_000);
    run_jobs(&world).await;
    assert_eq!(seqs(&world, &bob, &chat).await, [4, 5]);
    assert_eq!(world.published.take_events(), []);
    world.clock.advance(60_001);
    run_jobs(&world).await;
    assert_eq!(seqs(&world, &bob, &chat).await, [5]);

    destruct_after(&world, &bob, &alice, 0).await;
    world.clock.advance(DAY_MS);
    run_jobs(&world).await;
    assert_eq!(seqs(&world, &bob, &chat).await, [5], "not any more");
}

#[tokio::test]
async fn a_shorter_period_holds_at_once_and_an_empty_chat_is_waited_for() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let chat = ConversationId::direct(&alice.user_id, &bob.user_id);
    destruct_after(&world, &bob, &alice, 1000).await;
    run_jobs(&world).await;
    world.say(&alice, &bob, "one").await.unwrap();
    world.clock.advance(61_000);
    run_jobs(&world).await;
    assert_eq!(seqs(&world, &bob, &chat).await, [1]);
    destruct_after(&world, &bob, &alice, 60).await;
    world.clock.advance(60_000);
    run_jobs(&world).await;
    assert_eq!(seqs(&world, &bob, &chat).await, [0; 0]);
}

fn keeping(days: i64) -> Settings {
    let mut settings = Settings::default();
    settings.messages.retention_ms = Some(days * DAY_MS);
    settings
}

#[tokio::test]
async fn without_a_period_nothing_is_removed() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let chat = ConversationId::direct(&alice.user_id, &bob.user_id);
    world.say(&alice, &bob, "one").await.unwrap();
    world.clock.advance(10_000 * DAY_MS);
    run_jobs(&world).await;
    assert_eq!(seqs(&world, &alice, &chat).await, [1]);
}

#[tokio::test]
async fn old_messages_are_removed_for_everybody_except_where_they_are_kept_longer() {
    let world = World::with(keeping(30)).await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let (carol, dave) = (world.person("carol").await, world.person("dave").await);
    let admin = world.administrator().await;
    let with = |peer: &Caller| ConversationId::direct(&alice.user_id, &peer.user_id);
    for n in 0..3 {
        for peer in [&bob, &carol, &dave] {
            world.say(&alice, peer, &format!("{n}")).await.unwrap();
        }
        world.clock.advance(20 * DAY_MS);
    }
    // Sent 60, 40 and 20 days ago.
    world
        .domain
        .set_retention(&admin, &[with(&carol)], -1)
        .await
        .unwrap();
    world
        .domain
        .set_retention(&admin, &[with(&dave)], 10 * 24 * 60 * 60)
        .await
        .unwrap();
    run_jobs(&world).await;
    assert_eq!(seqs(&world, &bob, &with(&bob)).await, [3]);
    assert_eq!(seqs(&world, &alice, &with(&bob)).await, [3]);
    assert_eq!(seqs(&world, &carol, &with(&carol)).await, [1, 2, 3]);
    assert_eq!(seqs(&world, &dave, &with(&dave)).await, [0; 0]);

    world
        .domain
        .set_retention(&admin, &[with(&carol)], 0)
        .await
        .unwrap();
    world.clock.advance(HOUR_MS);
    run_jobs(&world).await;
    assert_eq!(seqs(&world, &carol, &with(&carol)).await, [3]);
    world.say(&alice, &dave, "still here").await.unwrap();
    assert_eq!(
        seqs(&world, &dave, &with(&dave)).await,
        [4],
        "the sequence goes on"
    );
}

#[tokio::test]
async fn periods_are_set_by_administrators_for_chats_that_exist() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let admin = world.administrator().await;
    let chat = ConversationId::direct(&alice.user_id, &bob.user_id);
    let set = async |who: &Caller, id: &ConversationId, seconds| {
        world
            .domain
            .set_retention(who, std::slice::from_ref(id), seconds)
            .await
    };
    let missing = set(&admin, &chat, 60).await;
    assert!(
        matches!(missing, Err(Error::NotFound(Kind::Conversation))),
        "{missing:?}"
    );
    world.say(&alice, &bob, "one").await.unwrap();
    let denied = set(&alice, &chat, 60).await;
    assert!(matches!(denied, Err(Error::Denied(_))), "{denied:?}");
    for seconds in [-2, i64::MAX] {
        let wrong = set(&admin, &chat, seconds).await;
        assert!(matches!(wrong, Err(Error::Invalid { .. })), "{wrong:?}");
    }
    // Without a period that holds everywhere, those of single chats do.
    set(&admin, &chat, 60).await.unwrap();
    world.clock.advance(60_001);
    run_jobs(&world).await;
    assert_eq!(seqs(&world, &alice, &chat).await, [0; 0]);
}

#[tokio::test]
async fn a_large_log_is_removed_in_rounds_that_go_on_where_the_last_one_ended() {
    let world = World::with(keeping(1)).await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let carol = world.person("carol").await;
    let chat = ConversationId::direct(&alice.user_id, &bob.user_id);
    let other = ConversationId::direct(&alice.user_id, &carol.user_id);
    let sends = (0..5_300).map(|n| {
        let (world, alice, bob) = (&world, &alice, &bob);
        async move { world.say(alice, bob, &format!("{n}")).await.unwrap() }
    });
    futures_util::future::join_all(sends).await;
    world.say(&alice, &carol, "one").await.unwrap();
    world.clock.advance(2 * DAY_MS);
    world.say(&alice, &bob, "new").await.unwrap();
    world.domain.schedule_housekeeping().await.unwrap();
    let admin = world.administrator().await;
    let left = async || {
        let mut counts = Vec::new();
        for id in [&chat, &other] {
            let filter = MessageFilter {
                conversation: Some(id.clone()),
                ..MessageFilter::default()
            };
            let page = Page { offset: 0, rows: 1 };
            let found = world.domain.search_messages(&admin, &filter, page).await;
            counts.push(found.unwrap().0);
        }
        counts
    };
    // One round: nobody sees what is old, and most of it is gone.
    world.domain.run_due_jobs().await.unwrap();
    assert_eq!(seqs(&world, &alice, &chat).await, [5_301]);
    assert_eq!(
        left().await,
        [301, 1],
        "rows of one round, and the next chat is not reached"
    );
    // As after a crash: somebody else takes the job from where it stands.
    run_jobs(&world).await;
    assert_eq!(seqs(&world, &alice, &chat).await, [5_301]);
    assert_eq!(left().await, [1, 0]);
    world.say(&alice, &carol, "two").await.unwrap();
    assert_eq!(seqs(&world, &carol, &other).await, [2]);
}
