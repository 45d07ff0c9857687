//! Conversations, participants' settings and bounds, lists.

use domain::accounts::Receive;
use domain::conversations::{ConversationKind, ConversationSettings, Party, Reach, SeqState};
use domain::ids::{AccountKey, ConversationId};
use domain::ports::{Between, NewConversation, Page};

use crate::world::{World, append, sides, user};

fn direct(a: &str, b: &str) -> ConversationId {
    ConversationId::direct(&user(a), &user(b))
}

pub(crate) async fn a_conversation_is_made_once_with_its_sides_sorted(world: &World) {
    let (alice, bob) = (world.account("alice").await, world.account("bob").await);
    let new = NewConversation {
        id: direct("alice", "bob"),
        kind: ConversationKind::Direct,
        between: Between::Accounts(bob, alice),
    };
    let mut tx = world.begin().await;
    let (made, is_new) = tx.ensure_conversation(&new).await.unwrap();
    assert!(is_new);
    assert_eq!(sides(&made).map(|side| side.account), [alice, bob]);
    assert_eq!(
        sides(&made).map(|side| side.user_id.as_str()),
        ["alice", "bob"]
    );
    assert_eq!(
        (made.id.as_str(), made.kind),
        ("si_alice_bob", ConversationKind::Direct)
    );
    assert_eq!(
        (made.max_seq, made.min_seq, made.last_time, made.notice),
        (0, 0, 0, None)
    );
    let (found, is_new) = tx.ensure_conversation(&new).await.unwrap();
    assert!(!is_new);
    assert_eq!(found, made);
    tx.commit().await.unwrap();

    let mut view = world.view().await;
    assert_eq!(
        view.conversation(&made.id).await.unwrap().as_ref(),
        Some(&made)
    );
    assert_eq!(
        view.conversation_by_key(made.key).await.unwrap().as_ref(),
        Some(&made)
    );
    assert_eq!(
        view.conversation(&direct("alice", "carol")).await.unwrap(),
        None
    );
    drop(view);

    let notices = world.notices("alice", "bob").await;
    let mut tx = world.begin().await;
    tx.link_notice(made.key, notices.key).await.unwrap();
    tx.bump_policy(made.key).await.unwrap();
    tx.commit().await.unwrap();
    let linked = world.reread(&made).await;
    assert_eq!(
        (linked.notice, linked.policy),
        (Some(notices.key), made.policy + 1)
    );
}

pub(crate) async fn settings_and_bounds_are_kept_per_participant(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    let settings = ConversationSettings {
        receive: Receive::Silently,
        is_pinned: true,
        is_private: true,
        burn_s: 30,
        group_at: 2,
        is_destructing: true,
        destruct_s: 86_400,
        destructed_at: 77,
        attached_info: "info".into(),
        ex: "ex".into(),
    };
    let mut tx = world.begin().await;
    assert!(tx.ensure_participant(chat.key, alice, 10).await.unwrap());
    assert!(!tx.ensure_participant(chat.key, alice, 20).await.unwrap());
    assert!(
        tx.update_settings(chat.key, bob, &settings).await.is_err(),
        "Bob has no such chat in his list"
    );
    drop(tx);
    world.list(chat.key, alice, 10).await;
    world.list(chat.key, bob, 10).await;
    let mut tx = world.begin().await;
    tx.update_settings(chat.key, bob, &settings).await.unwrap();
    tx.raise_participant_min_seq(chat.key, bob, 4)
        .await
        .unwrap();
    tx.raise_participant_min_seq(chat.key, bob, 3)
        .await
        .unwrap();
    tx.commit().await.unwrap();

    let mut view = world.view().await;
    let bobs = view
        .entries(bob, std::slice::from_ref(&chat.id))
        .await
        .unwrap()
        .remove(0);
    assert_eq!(
        (&bobs.settings, bobs.min_seq, bobs.max_seq),
        (&settings, 4, 0)
    );
    assert_eq!(
        (bobs.owner, bobs.peer, bobs.conversation),
        (user("bob"), Party::Person(user("alice")), chat.key)
    );
    let alices = view
        .entries(alice, std::slice::from_ref(&chat.id))
        .await
        .unwrap()
        .remove(0);
    assert_eq!(
        (&alices.settings, alices.min_seq),
        (&ConversationSettings::default(), 0)
    );
    assert_eq!(
        (alices.owner, alices.peer),
        (user("alice"), Party::Person(user("bob")))
    );
    drop(view);
    let chat = world.reread(&chat).await;
    assert_eq!(
        sides(&chat).map(|side| side.receive),
        [Receive::Notify, Receive::Silently]
    );
}

pub(crate) async fn a_list_is_in_order_of_appearance(world: &World) {
    let alice = world.account("alice").await;
    let mut ids = Vec::new();
    for (peer, listed_at) in [("bob", 30), ("carol", 10), ("dave", 20), ("alice", 20)] {
        if peer != "alice" {
            world.account(peer).await;
        }
        let chat = world.chat("alice", peer).await;
        world.list(chat.key, alice, listed_at).await;
        ids.push(chat.id);
    }
    world.notices("alice", "bob").await;
    let spelled = |ids: &[ConversationId]| {
        ids.iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let expected = "si_alice_carol si_alice_dave si_alice_alice si_alice_bob";

    let mut view = world.view().await;
    assert_eq!(spelled(&view.entry_ids(alice).await.unwrap()), expected);
    let (count, entries) = view
        .entries_page(
            alice,
            Page {
                offset: 0,
                rows: 10,
            },
        )
        .await
        .unwrap();
    assert_eq!(count, 4);
    assert_eq!(
        spelled(
            &entries
                .iter()
                .map(|entry| entry.id.clone())
                .collect::<Vec<_>>()
        ),
        expected
    );
    assert_eq!(
        entries[2].peer,
        Party::Person(user("alice")),
        "notes to oneself"
    );
    let (count, entries) = view
        .entries_page(alice, Page { offset: 1, rows: 2 })
        .await
        .unwrap();
    assert_eq!(
        (count, entries.len(), entries[0].id.as_str()),
        (4, 2, "si_alice_dave")
    );
    let asked = [ids[0].clone(), direct("alice", "nobody"), ids[1].clone()];
    let entries = view.entries(alice, &asked).await.unwrap();
    assert_eq!(
        entries.iter().map(|entry| &entry.id).collect::<Vec<_>>(),
        [&ids[0], &ids[1]],
        "as asked"
    );
    assert_eq!(view.entries(alice, &[]).await.unwrap(), []);
}

pub(crate) async fn reaches_say_what_an_account_can_see(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    let carol = world.account("carol").await;
    let notices = world.notices("alice", "bob").await;
    for n in 0..6 {
        world.send(append(&chat, alice, &format!("m{n}"))).await;
    }
    world.send(append(&notices, bob, "n")).await;
    world.list(chat.key, bob, 10).await;
    let mut tx = world.begin().await;
    tx.raise_read_seq(chat.key, bob, 2).await.unwrap();
    tx.raise_min_seq(chat.key, 2).await.unwrap();
    tx.raise_min_seq(chat.key, 1).await.unwrap();
    tx.raise_participant_min_seq(chat.key, bob, 3)
        .await
        .unwrap();
    tx.commit().await.unwrap();

    let ids = [
        notices.id.clone(),
        direct("alice", "carol"),
        chat.id.clone(),
    ];
    let reach = async |account: AccountKey| -> Vec<Reach> {
        world.view().await.reaches(account, &ids).await.unwrap()
    };
    let bounds = |reach: &Reach| (reach.min_seq, reach.max_seq, reach.has_read_seq);
    let bobs = reach(bob).await;
    assert_eq!(
        bobs.iter()
            .map(|reach| &reach.conversation.id)
            .collect::<Vec<_>>(),
        [&notices.id, &chat.id]
    );
    assert_eq!(
        bounds(&bobs[0]),
        (1, 1, 1),
        "notices have no list entry; Bob wrote this one"
    );
    assert_eq!(bounds(&bobs[1]), (3, 6, 2));
    assert_eq!(bobs[1].conversation, world.reread(&chat).await);
    let alices = reach(alice).await;
    assert_eq!(
        bounds(&alices[1]),
        (2, 6, 6),
        "not in her list, but her chat; she wrote the last one"
    );
    assert_eq!(reach(carol).await, [], "she has no part in them");
}

pub(crate) async fn seq_states_list_chats_and_notices(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    world.account("carol").await;
    let empty = world.chat("bob", "carol").await;
    let unlisted = world.chat("bob", "bob").await;
    let notices = world.notices("alice", "bob").await;
    let own_notices = world.notices("bob", "bob").await;
    world.notices("bob", "carol").await;
    world.list(chat.key, bob, 10).await;
    world.list(empty.key, bob, 10).await;
    for n in 0..3 {
        world.send(append(&chat, alice, &format!("m{n}"))).await;
    }
    world.send(append(&unlisted, bob, "u")).await;
    world.send(append(&notices, alice, "n1")).await;
    world.send(append(&notices, bob, "n2")).await;
    world.send(append(&own_notices, bob, "n3")).await;
    let mut tx = world.begin().await;
    tx.raise_read_seq(chat.key, bob, 1).await.unwrap();
    let pinned = ConversationSettings {
        is_pinned: true,
        ..ConversationSettings::default()
    };
    tx.update_settings(chat.key, bob, &pinned).await.unwrap();
    tx.commit().await.unwrap();

    let mut states = world.view().await.seq_states(bob).await.unwrap();
    states.sort_by(|a, b| a.id.cmp(&b.id));
    let state = |id: &ConversationId, max_seq, has_read_seq, is_pinned| SeqState {
        id: id.clone(),
        max_seq,
        has_read_seq,
        // Every message was sent at 1,000, and none may be as old as the one before.
        last_time: 999 + max_seq,
        is_pinned,
    };
    assert_eq!(
        states,
        [
            state(&notices.id, 2, 2, false),
            state(&own_notices.id, 1, 1, false),
            state(&chat.id, 3, 1, true)
        ]
    );
}

pub(crate) async fn a_read_position_only_grows(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    world.list(chat.key, bob, 10).await;
    let mut tx = world.begin().await;
    assert_eq!(tx.raise_read_seq(chat.key, bob, 5).await.unwrap(), 5);
    assert_eq!(tx.raise_read_seq(chat.key, bob, 3).await.unwrap(), 5);
    assert_eq!(
        tx.raise_read_seq(chat.key, alice, 3).await.unwrap(),
        0,
        "not in her list"
    );
    tx.commit().await.unwrap();
    let chat = world.reread(&chat).await;
    assert_eq!(sides(&chat).map(|side| side.read_seq), [0, 5]);
}
