//! Sending, above all that it happens once.

use domain::accounts::{AccountKind, NewAccount, Receive, UpdateAccount};
use domain::conversations::Party;
use domain::conversations::{SetConversations, SettingsChange};
use domain::error::{Error, Reason};
use domain::event::{Audience, Event, Signal};
use domain::ids::ConversationId;
use domain::limits;
use domain::messages::{Options, Order, Recipient, SendMessage, SeqRange};
use testkit::{BEGIN, World, saying, user_id};

#[tokio::test]
async fn the_first_message_opens_the_chat_for_both() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let sent = world.say(&alice, &bob, "hello").await.unwrap();
    assert_eq!((sent.seq, sent.send_time), (1, BEGIN));
    for who in [&alice, &bob] {
        let list = world
            .domain
            .all_conversations(who, &who.user_id)
            .await
            .unwrap();
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].id.as_str(), "si_alice_bob");
    }
    let events = world.published.take_events();
    let [
        Event::MessageAppended {
            message, audience, ..
        },
    ] = &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!(
        (message.seq, &message.post.content[..]),
        (1, &br#"{"content":"hello"}"#[..])
    );
    assert_eq!(*audience, Audience::Pair(alice.account, bob.account));
}

#[tokio::test]
async fn a_retry_gets_the_same_answer_and_stores_nothing() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let first = world.say(&alice, &bob, "one").await.unwrap();
    world.say(&alice, &bob, "two").await.unwrap();
    world.published.take_events();
    world.clock.advance(5_000);
    assert_eq!(world.say(&alice, &bob, "one").await.unwrap(), first);
    assert_eq!(world.published.take_events(), []);
    assert_eq!(world.say(&alice, &bob, "three").await.unwrap().seq, 3);
}

#[tokio::test]
async fn parallel_retries_store_one_message() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    // Also of the very first message, which takes another way than the following ones.
    for text in ["first", "second"] {
        let tries: Vec<_> = (0..16)
            .map(|_| {
                let (domain, alice, command) = (
                    world.domain.clone(),
                    alice.clone(),
                    saying(&alice, &bob, text),
                );
                tokio::spawn(async move { domain.send_message(&alice, command).await })
            })
            .collect();
        let mut answers = Vec::new();
        for attempt in tries {
            answers.push(attempt.await.unwrap().unwrap());
        }
        assert!(
            answers.iter().all(|answer| *answer == answers[0]),
            "{answers:?}"
        );
    }
    assert_eq!(
        world.domain.seq_states(&bob, &bob.user_id).await.unwrap()[0].max_seq,
        2
    );
    assert_eq!(world.published.take_events().len(), 2);
}

#[tokio::test]
async fn a_sender_has_read_what_they_sent() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    world.say(&alice, &bob, "one").await.unwrap();
    world.say(&bob, &alice, "two").await.unwrap();
    world.say(&bob, &alice, "three").await.unwrap();
    let state =
        |states: Vec<domain::conversations::SeqState>| (states[0].max_seq, states[0].has_read_seq);
    assert_eq!(
        state(
            world
                .domain
                .seq_states(&alice, &alice.user_id)
                .await
                .unwrap()
        ),
        (3, 1)
    );
    assert_eq!(
        state(world.domain.seq_states(&bob, &bob.user_id).await.unwrap()),
        (3, 3)
    );
}

#[tokio::test]
async fn notes_to_oneself_are_one_conversation_in_one_list() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    assert_eq!(world.say(&alice, &alice, "note").await.unwrap().seq, 1);
    let events = world.published.take_events();
    assert_eq!(events[0].audience(), Audience::Account(alice.account));
    assert_eq!(
        world
            .domain
            .all_conversations(&alice, &alice.user_id)
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn nobody_sends_in_anothers_name_but_an_administrator() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let forged = saying(&bob, &alice, "I owe you");
    let refused = world.domain.send_message(&alice, forged.clone()).await;
    assert!(
        matches!(refused, Err(Error::Denied(Reason::NotOwner))),
        "{refused:?}"
    );
    let admin = world.administrator().await;
    assert_eq!(
        world.domain.send_message(&admin, forged).await.unwrap().seq,
        1
    );
}

#[tokio::test]
async fn people_cannot_write_what_devices_obey() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let mut recall = saying(&alice, &bob, "x");
    recall.post.content_type = 2101;
    let mut notice = saying(&alice, &bob, "y");
    notice.post.options = Options(Options::IS_NOT_NOTIFICATION);
    for forged in [recall, notice] {
        let refused = world.domain.send_message(&alice, forged).await;
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn bad_messages_are_refused_with_the_field_that_is_wrong() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let with = |change: &dyn Fn(&mut SendMessage)| {
        let mut command = saying(&alice, &bob, "x");
        change(&mut command);
        command
    };
    let noise = |bytes: usize| -> Vec<u8> {
        let mut state = 1_u32;
        (0..bytes)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect()
    };
    let bad = [
        (
            "contentType",
            with(&|command| command.post.content_type = 0),
        ),
        ("createTime", with(&|command| command.post.create_time = -1)),
        ("sendTime", with(&|command| command.send_time = Some(-1))),
        (
            "clientMsgID",
            with(&|command| command.post.client_msg_id = "x".repeat(65)),
        ),
        (
            "content",
            with(&|command| {
                command.post.content = vec![b'x'; limits::CONTENT_BYTES_MAX + 1].into()
            }),
        ),
        (
            "content",
            with(&|command| command.post.content = noise(limits::PLAIN_BYTES_MAX + 1000).into()),
        ),
        (
            "atUserIDList",
            with(&|command| command.post.at = vec!["x".to_owned(); limits::AT_USERS_MAX + 1]),
        ),
        (
            "message",
            with(&|command| command.post.ex = "x".repeat(limits::EXTRA_BYTES_MAX + 1)),
        ),
    ];
    for (expected, command) in bad {
        match world.domain.send_message(&alice, command).await {
            Err(Error::Invalid { field, .. }) => assert_eq!(field, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
    // What is long but can be compressed is taken.
    let long = with(&|command| command.post.content = vec![b'x'; limits::CONTENT_BYTES_MAX].into());
    assert_eq!(
        world.domain.send_message(&alice, long).await.unwrap().seq,
        1
    );
}

#[tokio::test]
async fn an_unknown_recipient_is_not_found() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut command = saying(&alice, &alice, "x");
    command.to = Recipient::Person(user_id("nobody"));
    assert!(matches!(
        world.domain.send_message(&alice, command).await,
        Err(Error::NotFound(_))
    ));
}

#[tokio::test]
async fn send_time_always_grows_and_is_no_later_than_it_must_be() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let admin = world.administrator().await;
    let at = |text: &str, time| SendMessage {
        send_time: Some(time),
        ..saying(&alice, &bob, text)
    };
    let send = async |caller, command| {
        world
            .domain
            .send_message(caller, command)
            .await
            .unwrap()
            .send_time
    };
    assert_eq!(send(&admin, at("past", BEGIN - 1000)).await, BEGIN - 1000);
    assert_eq!(send(&admin, at("future", BEGIN + 1000)).await, BEGIN);
    assert_eq!(send(&admin, at("back", BEGIN - 500)).await, BEGIN + 1);
    assert_eq!(send(&alice, at("mine", BEGIN + 1_000_000)).await, BEGIN + 2);
}

#[tokio::test]
async fn typing_is_relayed_to_the_other_side_and_kept_nowhere() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let mut typing = saying(&alice, &bob, "x");
    typing.post.content_type = 113;
    assert_eq!(
        world.domain.send_message(&alice, typing).await.unwrap().seq,
        0
    );
    let signals = world.published.take_signals();
    let [Signal::MessageRelayed { message, audience }] = &signals[..] else {
        panic!("{signals:?}")
    };
    assert_eq!(
        (message.seq, audience),
        (0, &Audience::Account(bob.account))
    );
    assert!(
        world
            .domain
            .all_conversations(&bob, &bob.user_id)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn who_takes_no_messages_gets_none_and_the_sender_does_not_learn() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let receive = |receive| UpdateAccount {
        user_id: bob.user_id.clone(),
        nickname: None,
        face_url: None,
        ex: None,
        receive: Some(receive),
    };
    world
        .domain
        .update_account(&bob, receive(Receive::Nothing))
        .await
        .unwrap();
    assert_eq!(world.say(&alice, &bob, "one").await.unwrap().seq, 0);
    world
        .domain
        .update_account(&bob, receive(Receive::Notify))
        .await
        .unwrap();
    assert_eq!(world.say(&alice, &bob, "two").await.unwrap().seq, 1);
}

#[tokio::test]
async fn a_conversation_setting_holds_from_the_next_message_on() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    world.say(&alice, &bob, "one").await.unwrap();
    let set = |receive| SetConversations {
        owners: vec![bob.user_id.clone()],
        peer: Recipient::Person(alice.user_id.clone()),
        change: SettingsChange {
            receive: Some(receive),
            ..SettingsChange::default()
        },
    };
    world
        .domain
        .set_conversations(&bob, set(Receive::Silently))
        .await
        .unwrap();
    world.published.take_events();
    world.say(&alice, &bob, "two").await.unwrap();
    let events = world.published.take_events();
    let [Event::MessageAppended { message, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert!(!message.post.options.is_on(Options::OFFLINE_PUSH));
    world
        .domain
        .set_conversations(&bob, set(Receive::Nothing))
        .await
        .unwrap();
    assert_eq!(world.say(&alice, &bob, "three").await.unwrap().seq, 0);
    assert_eq!(world.say(&bob, &alice, "four").await.unwrap().seq, 3);
}

#[tokio::test]
async fn notification_accounts_speak_to_people_who_alone_list_the_chat() {
    let world = World::new().await;
    let (admin, bob) = (world.administrator().await, world.person("bob").await);
    let news = NewAccount {
        kind: AccountKind::Notification,
        ..NewAccount::user(user_id("news"), "News")
    };
    world
        .domain
        .register_accounts(&admin, vec![news])
        .await
        .unwrap();
    let command = SendMessage {
        sender: user_id("news"),
        to: Recipient::Notified(bob.user_id.clone()),
        ..saying(&bob, &bob, "extra")
    };
    assert!(
        world
            .domain
            .send_message(&bob, command.clone())
            .await
            .is_err()
    );
    assert_eq!(
        world
            .domain
            .send_message(&admin, command)
            .await
            .unwrap()
            .seq,
        1
    );
    let list = world
        .domain
        .all_conversations(&bob, &bob.user_id)
        .await
        .unwrap();
    assert_eq!(
        (list.len(), list[0].id.as_str(), &list[0].peer),
        (1, "sn_bob_news", &Party::Person(user_id("news")))
    );
    assert!(
        world
            .domain
            .all_conversations(&admin, &user_id("news"))
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn many_senders_leave_no_gap_and_no_message_twice() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let sends: Vec<_> = (0..100)
        .map(|n| {
            let (from, to) = if n % 2 == 0 {
                (&alice, &bob)
            } else {
                (&bob, &alice)
            };
            let (domain, from, command) = (
                world.domain.clone(),
                from.clone(),
                saying(from, to, &n.to_string()),
            );
            tokio::spawn(async move { domain.send_message(&from, command).await })
        })
        .collect();
    let mut seqs = Vec::new();
    for send in sends {
        seqs.push(send.await.unwrap().unwrap().seq);
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=100).collect::<Vec<_>>());
    let range = SeqRange {
        conversation: ConversationId::direct(&alice.user_id, &bob.user_id),
        begin: 1,
        end: 1000,
        newest: 1000,
    };
    let pulled = world
        .domain
        .pull_ranges(&bob, &bob.user_id, &[range], Order::Ascending)
        .await
        .unwrap();
    let pulled: Vec<_> = pulled[0]
        .messages
        .iter()
        .map(|message| message.seq)
        .collect();
    assert_eq!(pulled, seqs);
}
