//! Reading, changing and searching the message log.

use std::sync::Arc;

use domain::conversations::{ConversationKind, Party};
use domain::ids::MessageKey;
use domain::messages::{
    Append, Appended, LoggedMessage, MessageFilter, Options, Origin, Post, PushText, Status,
};
use domain::ports::{LogRange, Page};

use crate::world::{World, append, post, seqs, user};

pub(crate) async fn a_message_is_read_back_as_it_was_written(world: &World) {
    let (alice, _, chat) = world.alice_and_bob().await;
    let written = Post {
        client_msg_id: "id".into(),
        server_msg_id: "sid".into(),
        sender_platform: 5,
        sender_nickname: "Алиса".into(),
        sender_face_url: "https://example.org/a".into(),
        origin: Origin::System,
        content_type: 1201,
        content: vec![0, 255, b'"', b'\n', 0xc3].into(),
        create_time: 123,
        options: Options(0x8001),
        push: Some(Box::new(PushText {
            title: "t".into(),
            text: "\u{1F600} \"quoted\"".into(),
            ex: "e".into(),
            ios_sound: "s".into(),
            ios_badge: true,
            signal_info: "i".into(),
        })),
        at: vec!["bob".into(), "a,b".into()],
        attached_info: "{}".into(),
        ex: "ex".into(),
    };
    let sent = Append {
        at: 2_000,
        post: Arc::new(written.clone()),
        ..append(&chat, alice, "")
    };
    let placed = world.send(sent).await;
    assert_eq!((placed.seq, placed.send_time), (1, 2_000));
    let logged = world.log(chat.key, alice).await.remove(0);
    assert_eq!(
        logged,
        LoggedMessage {
            key: placed.key,
            conversation: chat.key,
            seq: 1,
            sender: alice,
            sender_id: user("alice"),
            send_time: 2_000,
            status: Status::Sent,
            is_hidden: false,
            post: written,
        }
    );
    // What clients must not be able to do: spoil a batch that others are in. PostgreSQL keeps no NUL in texts.
    let odd = Post {
        ex: "a\0b".into(),
        at: vec!["\0".into()],
        ..post("nul\0id")
    };
    world
        .send(Append {
            post: Arc::new(odd),
            ..append(&chat, alice, "")
        })
        .await;
    let empty = Post {
        content: Vec::new().into(),
        ..post("")
    };
    world
        .send(Append {
            post: Arc::new(empty.clone()),
            ..append(&chat, alice, "")
        })
        .await;
    let log = world.log(chat.key, alice).await;
    assert_eq!(log.len(), 3);
    assert_eq!(log[2].post, empty);
}

pub(crate) async fn ranges_are_answered_in_their_order_and_within_the_limit(world: &World) {
    let (alice, _, chat) = world.alice_and_bob().await;
    let own = world.chat("alice", "alice").await;
    for n in 0..10 {
        world.send(append(&chat, alice, &n.to_string())).await;
        world.send(append(&own, alice, &n.to_string())).await;
    }
    let range = |conversation: &domain::conversations::Conversation, begin, end| LogRange {
        conversation: conversation.key,
        begin,
        end,
    };
    let read = async |ranges: &[LogRange], rows_max| -> Vec<(bool, i64)> {
        let messages = world
            .view()
            .await
            .messages_in(alice, ranges, rows_max)
            .await
            .unwrap();
        messages
            .iter()
            .map(|message| (message.conversation == chat.key, message.seq))
            .collect()
    };
    let ranges = [
        range(&own, 9, 20),
        range(&chat, 2, 3),
        range(&own, 1, 1),
        range(&chat, 11, 12),
    ];
    assert_eq!(
        read(&ranges, 100).await,
        [(false, 9), (false, 10), (true, 2), (true, 3), (false, 1)]
    );
    assert_eq!(read(&ranges, 3).await, [(false, 9), (false, 10), (true, 2)]);
    assert_eq!(
        read(&[range(&chat, -5, i64::MAX)], 2).await,
        [(true, 1), (true, 2)]
    );
    assert_eq!(read(&[range(&chat, 5, 4)], 10).await, []);
    assert_eq!(read(&[range(&chat, i64::MAX, i64::MAX)], 10).await, []);
    assert_eq!(read(&[], 10).await, []);

    let mut view = world.view().await;
    let all = view.messages_after(MessageKey(0), 100).await.unwrap();
    assert_eq!(all.len(), 20);
    assert!(all.windows(2).all(|pair| pair[0].key < pair[1].key));
    let next = view.messages_after(all[4].key, 3).await.unwrap();
    assert_eq!(next, all[5..8]);
}

pub(crate) async fn hidden_messages_are_marked_for_their_viewer_only(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    for n in 0..4 {
        world.send(append(&chat, alice, &n.to_string())).await;
    }
    let mut tx = world.begin().await;
    tx.hide_messages(chat.key, bob, &[2, 3]).await.unwrap();
    tx.hide_messages(chat.key, bob, &[3, 9]).await.unwrap();
    tx.hide_messages(chat.key, bob, &[]).await.unwrap();
    tx.commit().await.unwrap();
    let hidden = |log: &[LoggedMessage]| {
        log.iter()
            .map(|message| message.is_hidden)
            .collect::<Vec<_>>()
    };
    let bobs = world.log(chat.key, bob).await;
    assert_eq!(hidden(&bobs), [false, true, true, false]);
    assert_eq!(bobs[1].post, post("1"), "the content is still there");
    assert_eq!(hidden(&world.log(chat.key, alice).await), [false; 4]);
}

pub(crate) async fn an_erased_message_stays_as_a_deleted_row(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    let own = world.chat("alice", "alice").await;
    world.send(append(&own, alice, "own")).await;
    for n in 0..5 {
        let said = Post {
            at: vec!["bob".into()],
            push: Some(Box::default()),
            ex: "e".into(),
            ..post(&n.to_string())
        };
        world
            .send(Append {
                post: Arc::new(said),
                ..append(&chat, alice, "")
            })
            .await;
    }
    let mut tx = world.begin().await;
    tx.erase_messages_until(chat.key, 2).await.unwrap();
    tx.erase_messages(chat.key, &[4, 9]).await.unwrap();
    tx.commit().await.unwrap();
    let log = world.log(chat.key, bob).await;
    assert_eq!(seqs(&log), [1, 2, 3, 4, 5]);
    for message in &log {
        if [3, 5].contains(&message.seq) {
            assert_eq!(
                (message.status, message.post.ex.as_str()),
                (Status::Sent, "e")
            );
            continue;
        }
        assert_eq!(message.status, Status::Deleted);
        assert_eq!(
            message.post,
            Post {
                content: Vec::new().into(),
                ..post(&(message.seq - 1).to_string())
            }
        );
    }
    assert_eq!(
        world.log(own.key, alice).await[0].status,
        Status::Sent,
        "other conversations are left alone"
    );
    let retry = world.store.append(append(&chat, alice, "0")).await.unwrap();
    assert!(
        matches!(retry, Appended::Replay { .. }),
        "a deleted message is not sent again"
    );
}

pub(crate) async fn a_rewritten_message_keeps_its_place(world: &World) {
    let (alice, _, chat) = world.alice_and_bob().await;
    world.send(append(&chat, alice, "0")).await;
    world.send(append(&chat, alice, "1")).await;
    let before = world.log(chat.key, alice).await;
    let mut tx = world.begin().await;
    tx.rewrite_message(chat.key, 1, 2101, b"{\"recalled\":true}")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let after = world.log(chat.key, alice).await;
    let mut expected = before.clone();
    expected[0].post.content_type = 2101;
    expected[0].post.content = (&b"{\"recalled\":true}"[..]).into();
    assert_eq!(after, expected);
}

pub(crate) async fn messages_are_searched_by_who_when_and_what(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    let own = world.chat("alice", "alice").await;
    let notices = world.notices("alice", "bob").await;
    for (at, conversation, sender, content_type) in [
        (10, &chat, alice, 101),
        (20, &chat, bob, 101),
        (30, &own, alice, 101),
        (40, &chat, alice, 102),
        (50, &notices, alice, 2101),
    ] {
        let said = Post {
            content_type,
            ..post(&at.to_string())
        };
        world
            .send(Append {
                at,
                post: Arc::new(said),
                ..append(conversation, sender, "")
            })
            .await;
    }
    let search = async |filter: MessageFilter, offset, rows| {
        let (count, found) = world
            .view()
            .await
            .search_messages(&filter, Page { offset, rows })
            .await
            .unwrap();
        (
            count,
            found
                .iter()
                .map(|found| found.message.send_time)
                .collect::<Vec<_>>(),
        )
    };
    let any = MessageFilter::default();
    assert_eq!(
        search(any.clone(), 0, 10).await,
        (4, vec![40, 30, 20, 10]),
        "newest first, without notices"
    );
    assert_eq!(search(any.clone(), 1, 2).await, (4, vec![30, 20]));
    let by_alice = MessageFilter {
        sender: Some(user("alice")),
        ..any.clone()
    };
    assert_eq!(search(by_alice.clone(), 0, 10).await.1, [40, 30, 10]);
    let to_bob = MessageFilter {
        recipient: Some(user("bob")),
        ..any.clone()
    };
    assert_eq!(search(to_bob, 0, 10).await.1, [40, 10]);
    let to_alice = MessageFilter {
        recipient: Some(user("alice")),
        ..any.clone()
    };
    assert_eq!(search(to_alice, 0, 10).await.1, [30, 20]);
    let nobody = MessageFilter {
        sender: Some(user("nobody")),
        ..any.clone()
    };
    assert_eq!(search(nobody, 0, 10).await, (0, vec![]));
    let some = MessageFilter {
        content_type: Some(101),
        sent_from: Some(10),
        sent_before: Some(30),
        kind: Some(ConversationKind::Direct),
        ..by_alice
    };
    assert_eq!(search(some, 0, 10).await, (1, vec![10]));
    let kind = MessageFilter {
        kind: Some(ConversationKind::Notification),
        ..any.clone()
    };
    assert_eq!(search(kind, 0, 10).await.0, 0);

    let (_, found) = world
        .view()
        .await
        .search_messages(&any, Page { offset: 2, rows: 1 })
        .await
        .unwrap();
    assert_eq!(found[0].route.conversation, chat.id);
    assert_eq!(
        (&found[0].route.sender, &found[0].route.recipient),
        (&user("bob"), &Party::Person(user("alice")))
    );
    assert_eq!(
        (found[0].message.sender, found[0].route.kind),
        (bob, ConversationKind::Direct)
    );
}
