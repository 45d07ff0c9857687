//! Finding messages by what they say: who finds what, and how the index keeps up.

use std::sync::Arc;

use domain::Domain;
use domain::caller::Caller;
use domain::error::{Error, Kind};
use domain::follow::Follower;
use domain::ids::ConversationId;
use domain::messages::{ClearConversations, DeleteMessages, MessageFilter, RecallMessage, Spread};
use domain::ports::Page;
use domain::search::{FindMessages, SearchIndexer};
use testkit::World;

const HOLDER: &str = "test";

async fn searchable() -> World {
    let world = World::new().await;
    world.domain.prepare_search(true).await.unwrap();
    let is_ours = world
        .domain
        .claim_follower(SearchIndexer::NAME, HOLDER, i64::MAX / 2)
        .await;
    assert!(is_ours.unwrap());
    world
}

/// Lets the index catch up.
async fn index(domain: &Arc<Domain>) {
    loop {
        let step = SearchIndexer.step(domain, HOLDER).await.unwrap();
        assert!(!step.is_lost);
        if step.events == 0 && !step.is_more {
            return;
        }
    }
}

fn chat(a: &Caller, b: &Caller) -> ConversationId {
    ConversationId::direct(&a.user_id, &b.user_id)
}

fn by(person: &Caller, keyword: &str) -> FindMessages {
    FindMessages {
        person: person.user_id.clone(),
        conversation: None,
        keyword: keyword.to_owned(),
        senders: Vec::new(),
        content_types: Vec::new(),
        sent_from: None,
        sent_before: None,
        place: None,
        page: Page {
            offset: 0,
            rows: 10,
        },
    }
}

/// What the person finds, as the texts of the messages.
async fn found(world: &World, person: &Caller, command: &FindMessages) -> Vec<String> {
    let page = world.domain.find_messages(person, command).await.unwrap();
    page.messages
        .iter()
        .map(|message| {
            let body: serde_json::Value = serde_json::from_slice(&message.post.content).unwrap();
            body["content"].as_str().unwrap().to_owned()
        })
        .collect()
}

#[tokio::test]
async fn people_find_what_they_can_see_newest_first() {
    let world = searchable().await;
    let (alice, bob, carol) = (
        world.person("alice").await,
        world.person("bob").await,
        world.person("carol").await,
    );
    world.say(&alice, &bob, "今天天气很好").await.unwrap();
    world.say(&bob, &alice, "明天天气怎么样").await.unwrap();
    world.say(&bob, &carol, "天气 report").await.unwrap();
    world.say(&alice, &bob, "Nothing about it").await.unwrap();
    assert_eq!(
        found(&world, &alice, &by(&alice, "天气")).await,
        Vec::<String>::new(),
        "not yet"
    );
    index(&world.domain).await;
    assert_eq!(
        found(&world, &alice, &by(&alice, "天气")).await,
        ["明天天气怎么样", "今天天气很好"]
    );
    assert_eq!(
        found(&world, &bob, &by(&bob, "天气")).await,
        ["天气 report", "明天天气怎么样", "今天天气很好"]
    );
    assert_eq!(
        found(&world, &carol, &by(&carol, "天气")).await,
        ["天气 report"]
    );
    assert_eq!(
        found(&world, &carol, &by(&carol, "今天")).await,
        Vec::<String>::new()
    );
    let only = FindMessages {
        conversation: Some(chat(&alice, &bob)),
        ..by(&bob, "天气")
    };
    assert_eq!(
        found(&world, &bob, &only).await,
        ["明天天气怎么样", "今天天气很好"]
    );
    let of_bob = FindMessages {
        senders: vec![bob.user_id.clone()],
        ..by(&alice, "天气")
    };
    assert_eq!(found(&world, &alice, &of_bob).await, ["明天天气怎么样"]);
    let pictures = FindMessages {
        content_types: vec![102],
        ..by(&alice, "天气")
    };
    assert_eq!(found(&world, &alice, &pictures).await, Vec::<String>::new());
    let others = FindMessages {
        conversation: Some(chat(&alice, &bob)),
        ..by(&carol, "天气")
    };
    let answer = world.domain.find_messages(&carol, &others).await;
    assert!(
        matches!(answer, Err(Error::NotFound(Kind::Conversation))),
        "{answer:?}"
    );
    let answer = world
        .domain
        .find_messages(&carol, &by(&alice, "天气"))
        .await;
    assert!(matches!(answer, Err(Error::Denied(_))), "{answer:?}");
    let admin = world.administrator().await;
    assert_eq!(
        found(&world, &admin, &by(&carol, "天气")).await,
        ["天气 report"]
    );
}

#[tokio::test]
async fn pages_and_places_lead_through_all_matches_once() {
    let world = searchable().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let mut expected = Vec::new();
    for n in 0..25 {
        world.clock.advance(1_000);
        world
            .say(&alice, &bob, &format!("message number {n}"))
            .await
            .unwrap();
        world
            .say(&bob, &alice, &format!("something else {n}"))
            .await
            .unwrap();
        expected.insert(0, format!("message number {n}"));
    }
    index(&world.domain).await;
    let mut command = by(&alice, "number");
    let mut seen = Vec::new();
    loop {
        seen.extend(found(&world, &alice, &command).await);
        let page = world.domain.find_messages(&alice, &command).await.unwrap();
        let Some(next) = page.next else { break };
        command.place = Some(next);
    }
    assert_eq!(seen, expected);
    let third = FindMessages {
        page: Page {
            offset: 20,
            rows: 10,
        },
        ..by(&alice, "number")
    };
    assert_eq!(found(&world, &alice, &third).await, expected[20..]);
    let begin = testkit::BEGIN;
    let between = FindMessages {
        sent_from: Some(begin + 5_000),
        sent_before: Some(begin + 8_000),
        ..by(&alice, "number")
    };
    assert_eq!(
        found(&world, &alice, &between).await,
        ["message number 6", "message number 5", "message number 4"]
    );
    for (offset, rows) in [(0, 0), (0, 1_001), (1_000, 1), (u64::MAX - 5, 1)] {
        let command = FindMessages {
            page: Page { offset, rows },
            ..by(&alice, "number")
        };
        assert!(
            world.domain.find_messages(&alice, &command).await.is_err(),
            "{offset} {rows}"
        );
    }
}

#[tokio::test]
async fn what_is_recalled_or_deleted_is_not_found_any_more() {
    let world = searchable().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    for text in [
        "secret one",
        "secret two",
        "secret three",
        "secret four",
        "secret five",
    ] {
        world.say(&alice, &bob, text).await.unwrap();
    }
    index(&world.domain).await;
    assert_eq!(found(&world, &bob, &by(&bob, "secret")).await.len(), 5);
    let admin = world.administrator().await;
    let recall = RecallMessage {
        user: alice.user_id.clone(),
        conversation: chat(&alice, &bob),
        seq: 1,
    };
    world.domain.recall_message(&alice, recall).await.unwrap();
    let delete = |seqs: Vec<i64>, to_others| DeleteMessages {
        user: alice.user_id.clone(),
        conversation: chat(&alice, &bob),
        seqs,
        spread: Spread {
            to_self: true,
            to_others,
        },
    };
    world
        .domain
        .delete_messages(&alice, delete(vec![2], true))
        .await
        .unwrap();
    world
        .domain
        .delete_messages(&alice, delete(vec![3], false))
        .await
        .unwrap();
    let search = async |text: &str| {
        let filter = MessageFilter {
            text: Some(text.to_owned()),
            ..MessageFilter::default()
        };
        let (all, rows) = world
            .domain
            .search_messages(
                &admin,
                &filter,
                Page {
                    offset: 0,
                    rows: 10,
                },
            )
            .await
            .unwrap();
        assert_eq!(all, rows.len() as u64);
        rows.iter().map(|row| row.message.seq).collect::<Vec<_>>()
    };
    // At once, although the index still has them.
    assert_eq!(
        found(&world, &alice, &by(&alice, "secret")).await,
        ["secret five", "secret four"]
    );
    index(&world.domain).await;
    assert_eq!(
        found(&world, &alice, &by(&alice, "secret")).await,
        ["secret five", "secret four"]
    );
    assert_eq!(
        found(&world, &bob, &by(&bob, "secret")).await,
        ["secret five", "secret four", "secret three"]
    );
    assert_eq!(search("secret").await, [5, 4, 3]);
    assert_eq!(search("secret two").await, Vec::<i64>::new());
    let clear = ClearConversations {
        user: bob.user_id.clone(),
        conversations: Some(vec![chat(&alice, &bob)]),
        spread: Spread {
            to_self: true,
            to_others: false,
        },
    };
    world.domain.clear_conversations(&bob, clear).await.unwrap();
    world.say(&alice, &bob, "secret six").await.unwrap();
    index(&world.domain).await;
    assert_eq!(
        found(&world, &bob, &by(&bob, "secret")).await,
        ["secret six"]
    );
    assert_eq!(
        found(&world, &alice, &by(&alice, "secret")).await,
        ["secret six", "secret five", "secret four"]
    );
}

#[tokio::test]
async fn search_that_is_switched_on_later_finds_what_was_said_before() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    for n in 0..50 {
        world.say(&alice, &bob, &format!("old {n}")).await.unwrap();
    }
    world.domain.prepare_search(false).await.unwrap();
    world.domain.prepare_search(true).await.unwrap();
    world
        .domain
        .claim_follower(SearchIndexer::NAME, HOLDER, 1_000_000)
        .await
        .unwrap();
    index(&world.domain).await;
    assert_eq!(found(&world, &bob, &by(&bob, "old 7")).await, ["old 7"]);
    // Off and on again: what changed meanwhile was not told, so the index is made anew.
    world.domain.prepare_search(false).await.unwrap();
    let recall = RecallMessage {
        user: alice.user_id.clone(),
        conversation: chat(&alice, &bob),
        seq: 8,
    };
    world.domain.recall_message(&alice, recall).await.unwrap();
    assert_eq!(
        found(&world, &bob, &by(&bob, "old 7")).await,
        Vec::<String>::new()
    );
    world.domain.prepare_search(true).await.unwrap();
    world
        .domain
        .claim_follower(SearchIndexer::NAME, HOLDER, 1_000_000)
        .await
        .unwrap();
    index(&world.domain).await;
    assert_eq!(
        found(&world, &bob, &by(&bob, "old 7")).await,
        Vec::<String>::new()
    );
    assert_eq!(found(&world, &bob, &by(&bob, "old 9")).await, ["old 9"]);
}

#[tokio::test]
async fn administrators_read_any_conversation_stretch_by_stretch() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    for n in 1..=10 {
        world.say(&alice, &bob, &format!("{n}")).await.unwrap();
    }
    let admin = world.administrator().await;
    let read = async |begin, end, page| {
        let history = world
            .domain
            .conversation_history(&admin, &chat(&alice, &bob), begin, end, page)
            .await
            .unwrap();
        assert_eq!(history.conversation.max_seq, 10);
        history
            .messages
            .iter()
            .map(|message| message.seq)
            .collect::<Vec<_>>()
    };
    let page = |offset, rows| Some(Page { offset, rows });
    assert_eq!(read(0, i64::MAX, None).await, (1..=10).collect::<Vec<_>>());
    assert_eq!(read(3, 5, None).await, [3, 4, 5]);
    assert_eq!(read(0, i64::MAX, page(0, 4)).await, [7, 8, 9, 10]);
    assert_eq!(read(0, i64::MAX, page(8, 4)).await, [1, 2]);
    assert_eq!(read(2, 7, page(3, 3)).await, [2, 3, 4]);
    assert_eq!(
        read(0, i64::MAX, page(u64::MAX, 3)).await,
        Vec::<i64>::new()
    );
    assert_eq!(read(11, 20, None).await, Vec::<i64>::new());
    let denied = world
        .domain
        .conversation_history(&alice, &chat(&alice, &bob), 0, 5, None)
        .await;
    assert!(matches!(denied, Err(Error::Denied(_))));
}
