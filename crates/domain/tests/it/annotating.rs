//! Editing, reacting and pinning: who may, what stays, what devices are told.

use domain::Settings;
use domain::caller::Caller;
use domain::error::{Error, Kind, Reason, Result};
use domain::event::{Audience, Event};
use domain::follow::Follower;
use domain::groups::{Group, JoinRule};
use domain::ids::ConversationId;
use domain::messages::{
    ClearConversations, EditMessage, Message, Order, PinMessage, ReactionCount, ReactionKey,
    RecallMessage, SeqsOf, SetReaction, Spread,
};
use domain::ports::Page;
use domain::search::{FindMessages, SearchIndexer};
use serde_json::{Value, json};
use testkit::{BEGIN, World};

use crate::groups::{making, speak};

fn chat() -> ConversationId {
    ConversationId::parse("si_alice_bob").unwrap()
}

fn edit(user: &Caller, conversation: ConversationId, seq: i64, text: &str) -> EditMessage {
    EditMessage {
        user: user.user_id.clone(),
        conversation,
        seq,
        content: json!({ "content": text }).to_string().into(),
        ex: None,
    }
}

fn reaction(user: &Caller, conversation: ConversationId, text: &str, on: bool) -> SetReaction {
    SetReaction {
        user: user.user_id.clone(),
        conversation,
        key: ReactionKey {
            seq: 1,
            reaction: text.to_owned(),
            line: 0,
        },
        on,
    }
}

fn pin(user: &Caller, conversation: ConversationId, seq: i64, on: bool) -> PinMessage {
    PinMessage {
        user: user.user_id.clone(),
        conversation,
        seq,
        on,
    }
}

async fn read(world: &World, reader: &Caller, id: ConversationId, seq: i64) -> Message {
    let wanted = [SeqsOf {
        conversation: id,
        seqs: vec![seq],
    }];
    let pulled = world
        .domain
        .pull_seqs(reader, &reader.user_id, &wanted, Order::Ascending)
        .await
        .unwrap();
    pulled.into_iter().next().unwrap().messages.remove(0)
}

/// The notices among what was published, each with what it says and whom it concerns.
fn notices(world: &World) -> Vec<(i32, Value, Audience)> {
    let notice = |event: Event| match event {
        Event::MessageAppended {
            message, audience, ..
        } => {
            assert!(message.route.conversation.is_notice(), "{message:?}");
            let body: Value = serde_json::from_slice(&message.post.content).unwrap();
            let detail = serde_json::from_str(body["detail"].as_str().unwrap()).unwrap();
            (message.post.content_type, detail, audience)
        }
        other => panic!("{other:?}"),
    };
    world
        .published
        .take_events()
        .into_iter()
        .map(notice)
        .collect()
}

fn denied<T: std::fmt::Debug>(result: Result<T>, expected: Reason) {
    match result {
        Err(Error::Denied(reason)) => assert_eq!(reason, expected),
        other => panic!("not denied: {other:?}"),
    }
}

fn not_found<T: std::fmt::Debug>(result: Result<T>, expected: Kind) {
    match result {
        Err(Error::NotFound(kind)) => assert_eq!(kind, expected),
        other => panic!("found: {other:?}"),
    }
}

fn invalid<T: std::fmt::Debug>(result: Result<T>, expected: &str) {
    match result {
        Err(Error::Invalid { field, .. }) => assert_eq!(field, expected),
        other => panic!("not invalid: {other:?}"),
    }
}

/// Alice has said "hello" to Bob; Eve knows neither.
async fn two(settings: Settings) -> (World, Caller, Caller, Caller) {
    let world = World::with(settings).await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let eve = world.person("eve").await;
    world.say(&alice, &bob, "hello").await.unwrap();
    world.published.take_events();
    (world, alice, bob, eve)
}

/// Alice owns the group; Bob has said "hello" as its message 2; Eve is not in it.
async fn room() -> (World, Caller, Caller, Caller, Group) {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let eve = world.person("eve").await;
    let command = making(&alice, &[&bob], JoinRule::Open);
    let group = world.domain.create_group(&alice, command).await.unwrap();
    speak(&world, &bob, &group, "hello").await.unwrap();
    world.published.take_events();
    (world, alice, bob, eve, group)
}

#[tokio::test]
async fn the_sender_edits_and_the_other_side_learns_that_it_was_edited() {
    let (world, alice, bob, eve) = two(Settings::default()).await;
    let domain = &world.domain;
    denied(
        domain
            .edit_message(&bob, edit(&bob, chat(), 1, "mine"))
            .await,
        Reason::NotOwner,
    );
    denied(
        domain
            .edit_message(&bob, edit(&alice, chat(), 1, "mine"))
            .await,
        Reason::NotOwner,
    );
    let by_stranger = domain
        .edit_message(&eve, edit(&eve, chat(), 1, "mine"))
        .await;
    not_found(by_stranger, Kind::Conversation);
    assert_eq!(notices(&world), []);

    world.clock.advance(5);
    domain
        .edit_message(&alice, edit(&alice, chat(), 1, "goodbye"))
        .await
        .unwrap();
    let told = notices(&world);
    let detail = json!({
        "userID": "alice", "conversationID": "si_alice_bob", "seq": 1, "clientMsgID": "hello to bob",
        "editTime": BEGIN + 5
    });
    assert_eq!(
        told,
        [(1641, detail, Audience::pair(alice.account, bob.account))]
    );
    let message = read(&world, &bob, chat(), 1).await;
    assert_eq!(message.post.content, r#"{"content":"goodbye"}"#);
    assert_eq!((message.send_time, message.post.content_type), (BEGIN, 101));

    // Again the same is nothing new.
    domain
        .edit_message(&alice, edit(&alice, chat(), 1, "goodbye"))
        .await
        .unwrap();
    assert_eq!(notices(&world), []);
}

#[tokio::test]
async fn earlier_words_are_for_the_sender_and_administrators() {
    let (world, alice, bob, eve) = two(Settings::default()).await;
    let admin = world.administrator().await;
    let domain = &world.domain;
    for n in 0..25 {
        world.clock.advance(1);
        let command = edit(&alice, chat(), 1, &format!("version {n}"));
        domain.edit_message(&alice, command).await.unwrap();
    }
    world.clock.advance(1);
    let corrected = EditMessage {
        ex: Some("marked".into()),
        ..edit(&admin, chat(), 1, "by the administrator")
    };
    domain.edit_message(&admin, corrected).await.unwrap();
    assert_eq!(read(&world, &bob, chat(), 1).await.post.ex, "marked");

    for (reader, words) in [(&alice, 20), (&admin, 20), (&bob, 0)] {
        let edits = domain
            .message_edits(reader, &reader.user_id, &chat(), &[1, 2])
            .await
            .unwrap();
        assert_eq!(
            (edits.len(), edits[0].seq, edits[0].edited_at),
            (1, 1, BEGIN + 26)
        );
        assert_eq!(edits[0].edits.len(), words);
    }
    let edits = domain
        .message_edits(&alice, &alice.user_id, &chat(), &[1])
        .await
        .unwrap();
    let (first, last) = (&edits[0].edits[0], &edits[0].edits[19]);
    assert_eq!(
        first.content, r#"{"content":"version 5"}"#,
        "of 26 the newest 20"
    );
    assert_eq!(last.content, r#"{"content":"version 24"}"#);
    assert_eq!((last.editor.as_str(), last.ex.as_str()), ("imAdmin", ""));
    not_found(
        domain
            .message_edits(&eve, &eve.user_id, &chat(), &[1])
            .await,
        Kind::Conversation,
    );
    denied(
        domain
            .message_edits(&bob, &alice.user_id, &chat(), &[1])
            .await,
        Reason::NotOwner,
    );

    let recall = RecallMessage {
        user: alice.user_id.clone(),
        conversation: chat(),
        seq: 1,
    };
    domain.recall_message(&alice, recall).await.unwrap();
    let edits = domain
        .message_edits(&admin, &admin.user_id, &chat(), &[1])
        .await
        .unwrap();
    assert_eq!(edits, [], "a recall takes back all that was said");
    let edited = domain
        .edit_message(&alice, edit(&alice, chat(), 1, "back"))
        .await;
    not_found(edited, Kind::Message);
}

#[tokio::test]
async fn an_edit_is_checked_like_a_send() {
    let (world, alice, bob, _) = two(Settings::default()).await;
    let domain = &world.domain;
    for content in [r#"{"text":"x"}"#, r#"{"content":""}"#, "[]", ""] {
        let command = EditMessage {
            content: content.into(),
            ..edit(&alice, chat(), 1, "")
        };
        invalid(domain.edit_message(&alice, command).await, "content");
    }
    let long = edit(&alice, chat(), 1, &"x".repeat(200_000));
    invalid(domain.edit_message(&alice, long).await, "content");
    let nul = EditMessage {
        ex: Some("a\0b".into()),
        ..edit(&alice, chat(), 1, "x")
    };
    invalid(domain.edit_message(&alice, nul).await, "message");
    not_found(
        domain
            .edit_message(&alice, edit(&alice, chat(), 2, "x"))
            .await,
        Kind::Message,
    );
    invalid(
        domain
            .edit_message(&alice, edit(&alice, chat(), 0, "x"))
            .await,
        "seq",
    );

    domain
        .block(&bob, &bob.user_id, &alice.user_id, String::new())
        .await
        .unwrap();
    let blocked = domain
        .edit_message(&alice, edit(&alice, chat(), 1, "let me in"))
        .await;
    denied(blocked, Reason::BlockedByPeer);
    denied(
        domain
            .set_reaction(&alice, reaction(&alice, chat(), "!", true))
            .await,
        Reason::BlockedByPeer,
    );
    assert_eq!(
        read(&world, &bob, chat(), 1).await.post.content,
        r#"{"content":"hello"}"#
    );
}

#[tokio::test]
async fn the_window_ends_editing_but_not_for_administrators() {
    let mut settings = Settings::default();
    settings.messages.edit_window_ms = Some(60_000);
    let (world, alice, ..) = two(settings).await;
    let admin = world.administrator().await;
    world.clock.advance(60_000);
    let command = edit(&alice, chat(), 1, "in time");
    world.domain.edit_message(&alice, command).await.unwrap();
    world.clock.advance(1);
    let late = world
        .domain
        .edit_message(&alice, edit(&alice, chat(), 1, "late"))
        .await;
    denied(late, Reason::TooLate);
    let command = edit(&alice, chat(), 1, "corrected");
    world.domain.edit_message(&admin, command).await.unwrap();
}

#[tokio::test]
async fn what_a_message_says_now_is_what_is_found() {
    const HOLDER: &str = "test";
    let world = World::new().await;
    world.domain.prepare_search(true).await.unwrap();
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let claimed = world
        .domain
        .claim_follower(SearchIndexer::NAME, HOLDER, i64::MAX / 2)
        .await;
    assert!(claimed.unwrap());
    let index = async || {
        while SearchIndexer
            .step(&world.domain, HOLDER)
            .await
            .unwrap()
            .events
            > 0
        {}
    };
    world.say(&alice, &bob, "elephant").await.unwrap();
    index().await;
    let command = edit(&alice, chat(), 1, "giraffe");
    world.domain.edit_message(&alice, command).await.unwrap();
    index().await;
    for (keyword, hits) in [("elephant", 0), ("giraffe", 1)] {
        let command = FindMessages {
            person: bob.user_id.clone(),
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
        };
        let found = world.domain.find_messages(&bob, &command).await.unwrap();
        assert_eq!(found.messages.len(), hits, "{keyword}");
    }
}

#[tokio::test]
async fn parallel_edits_are_all_kept() {
    let (world, alice, ..) = two(Settings::default()).await;
    let edits = (0..8).map(|n| {
        let command = edit(&alice, chat(), 1, &format!("version {n}"));
        world.domain.edit_message(&alice, command)
    });
    for edited in futures_util::future::join_all(edits).await {
        edited.unwrap();
    }
    let edits = world
        .domain
        .message_edits(&alice, &alice.user_id, &chat(), &[1])
        .await
        .unwrap();
    assert_eq!(edits[0].edits.len(), 8);
    assert_eq!(edits[0].edits[0].content, r#"{"content":"hello"}"#);
    assert_eq!(notices(&world).len(), 8);
}

async fn counts(world: &World, reader: &Caller, id: &ConversationId) -> Vec<ReactionCount> {
    world
        .domain
        .message_reactions(reader, &reader.user_id, id, &[1, 2])
        .await
        .unwrap()
}

#[tokio::test]
async fn either_side_reacts_and_a_retry_changes_nothing() {
    let (world, alice, bob, eve) = two(Settings::default()).await;
    let domain = &world.domain;
    for who in [&bob, &alice] {
        for _ in 0..2 {
            domain
                .set_reaction(who, reaction(who, chat(), "👍", true))
                .await
                .unwrap();
        }
    }
    let told = notices(&world);
    assert_eq!(told.len(), 2, "once each");
    let detail = json!({
        "userID": "alice", "conversationID": "si_alice_bob", "seq": 1, "clientMsgID": "hello to bob",
        "reaction": "👍", "line": 0, "on": true, "count": 2, "operateTime": BEGIN
    });
    assert_eq!((told[1].0, &told[1].1), (1642, &detail));
    assert_eq!(told[1].2, Audience::pair(alice.account, bob.account));

    let seen = counts(&world, &bob, &chat()).await;
    assert_eq!((seen.len(), seen[0].count, seen[0].is_mine), (1, 2, true));
    assert_eq!(
        seen[0].first,
        [alice.user_id.clone(), bob.user_id.clone()],
        "at one time: by account"
    );

    domain
        .set_reaction(&bob, reaction(&bob, chat(), "👍", false))
        .await
        .unwrap();
    domain
        .set_reaction(&bob, reaction(&bob, chat(), "👍", false))
        .await
        .unwrap();
    let told = notices(&world);
    assert_eq!(told.len(), 1);
    assert_eq!(
        (&told[0].1["on"], &told[0].1["count"]),
        (&json!(false), &json!(1))
    );
    assert!(!counts(&world, &bob, &chat()).await[0].is_mine);

    let stranger = domain
        .set_reaction(&eve, reaction(&eve, chat(), "👍", true))
        .await;
    not_found(stranger, Kind::Conversation);
    let stranger = domain
        .message_reactions(&eve, &eve.user_id, &chat(), &[1])
        .await;
    not_found(stranger, Kind::Conversation);
    denied(
        domain
            .set_reaction(&eve, reaction(&bob, chat(), "👍", true))
            .await,
        Reason::NotOwner,
    );
}

#[tokio::test]
async fn reactions_are_short_and_of_bounded_variety() {
    let (world, alice, bob, _) = two(Settings::default()).await;
    let domain = &world.domain;
    for text in ["", "line\nbreak", &"x".repeat(65)] {
        invalid(
            domain
                .set_reaction(&alice, reaction(&alice, chat(), text, true))
                .await,
            "reaction",
        );
    }
    for n in 0..20 {
        let command = reaction(&alice, chat(), &format!("{n}"), true);
        domain.set_reaction(&alice, command).await.unwrap();
    }
    let one_more = domain
        .set_reaction(&bob, reaction(&bob, chat(), "20", true))
        .await;
    invalid(one_more, "reaction");
    domain
        .set_reaction(&bob, reaction(&bob, chat(), "19", true))
        .await
        .unwrap();
    let seen = counts(&world, &bob, &chat()).await;
    assert_eq!(
        (seen.len(), seen.iter().map(|one| one.count).sum::<u64>()),
        (20, 21)
    );
    invalid(
        domain
            .message_reactions(&bob, &bob.user_id, &chat(), &[])
            .await,
        "seqs",
    );
    let many: Vec<i64> = (1..=101).collect();
    invalid(
        domain
            .message_reactions(&bob, &bob.user_id, &chat(), &many)
            .await,
        "seqs",
    );
}

#[tokio::test]
async fn who_cleared_the_chat_sees_no_reactions() {
    let (world, alice, bob, _) = two(Settings::default()).await;
    let domain = &world.domain;
    domain
        .set_reaction(&alice, reaction(&alice, chat(), "👍", true))
        .await
        .unwrap();
    let clear = ClearConversations {
        user: bob.user_id.clone(),
        conversations: Some(vec![chat()]),
        spread: Spread::default(),
    };
    domain.clear_conversations(&bob, clear).await.unwrap();
    assert_eq!(counts(&world, &bob, &chat()).await, []);
    not_found(
        domain
            .set_reaction(&bob, reaction(&bob, chat(), "👍", true))
            .await,
        Kind::Message,
    );
    assert_eq!(counts(&world, &alice, &chat()).await.len(), 1);
}

#[tokio::test]
async fn in_a_group_who_may_speak_may_edit_and_react() {
    let (world, alice, bob, eve, group) = room().await;
    let domain = &world.domain;
    let id = ConversationId::group(&group.id);
    domain
        .edit_message(&bob, edit(&bob, id.clone(), 2, "hi"))
        .await
        .unwrap();
    let told = notices(&world);
    assert_eq!((told.len(), told[0].0), (1, 1641));
    assert_eq!(told[0].2.accounts().count(), 2, "all members");
    denied(
        domain
            .edit_message(&alice, edit(&alice, id.clone(), 2, "x"))
            .await,
        Reason::NotOwner,
    );
    let system = domain
        .edit_message(&alice, edit(&alice, id.clone(), 1, "x"))
        .await;
    invalid(system, "seq");
    not_found(
        domain
            .set_reaction(&eve, reaction(&eve, id.clone(), "x", true))
            .await,
        Kind::Conversation,
    );

    domain
        .mute_member(&alice, &group.id, &bob.user_id, 60)
        .await
        .unwrap();
    denied(
        domain
            .edit_message(&bob, edit(&bob, id.clone(), 2, "shout"))
            .await,
        Reason::MutedInGroup,
    );
    denied(
        domain
            .set_reaction(&bob, reaction(&bob, id.clone(), "x", true))
            .await,
        Reason::MutedInGroup,
    );
    domain
        .set_reaction(&alice, reaction(&alice, id.clone(), "x", true))
        .await
        .unwrap();
    assert_eq!(counts(&world, &bob, &id).await.len(), 1);
}

#[tokio::test]
async fn managers_pin_in_a_group() {
    let (world, alice, bob, eve, group) = room().await;
    let domain = &world.domain;
    let id = ConversationId::group(&group.id);
    denied(
        domain
            .pin_message(&bob, pin(&bob, id.clone(), 2, true))
            .await,
        Reason::NotGroupManager,
    );
    not_found(
        domain
            .pin_message(&eve, pin(&eve, id.clone(), 2, true))
            .await,
        Kind::Conversation,
    );
    for _ in 0..2 {
        domain
            .pin_message(&alice, pin(&alice, id.clone(), 2, true))
            .await
            .unwrap();
    }
    let told = notices(&world);
    let detail = json!({
        "userID": "alice", "conversationID": "sg_77", "seq": 2, "clientMsgID": "hello by bob", "isPinned": true,
        "operateTime": BEGIN
    });
    assert_eq!((told.len(), told[0].0, &told[0].1), (1, 1643, &detail));
    let pinned = domain
        .pinned_messages(&bob, &bob.user_id, &id)
        .await
        .unwrap();
    assert_eq!((pinned.len(), pinned[0].mark.by.as_str()), (1, "alice"));
    assert_eq!(pinned[0].message.post.content, r#"{"content":"hello"}"#);
    not_found(
        domain.pinned_messages(&eve, &eve.user_id, &id).await,
        Kind::Conversation,
    );

    domain
        .pin_message(&alice, pin(&alice, id.clone(), 2, false))
        .await
        .unwrap();
    assert_eq!(notices(&world)[0].1["isPinned"], json!(false));
    assert_eq!(
        domain
            .pinned_messages(&bob, &bob.user_id, &id)
            .await
            .unwrap(),
        []
    );
}

#[tokio::test]
async fn between_two_either_pins_up_to_a_hundred() {
    let (world, alice, bob, _) = two(Settings::default()).await;
    let domain = &world.domain;
    for n in 0..100 {
        world.say(&alice, &bob, &format!("more {n}")).await.unwrap();
    }
    for seq in 1..=100 {
        let who = if seq % 2 == 0 { &alice } else { &bob };
        domain
            .pin_message(who, pin(who, chat(), seq, true))
            .await
            .unwrap();
    }
    invalid(
        domain.pin_message(&bob, pin(&bob, chat(), 101, true)).await,
        "seq",
    );
    let pinned = domain
        .pinned_messages(&bob, &bob.user_id, &chat())
        .await
        .unwrap();
    assert_eq!(pinned.len(), 100);
    let recall = RecallMessage {
        user: alice.user_id.clone(),
        conversation: chat(),
        seq: 50,
    };
    domain.recall_message(&alice, recall).await.unwrap();
    domain
        .pin_message(&bob, pin(&bob, chat(), 101, true))
        .await
        .unwrap();
    let pinned = domain
        .pinned_messages(&alice, &alice.user_id, &chat())
        .await
        .unwrap();
    assert!(pinned.len() == 100 && pinned.iter().all(|one| one.mark.seq != 50));
}
