//! Edits, reactions and pins, and that they go when their message goes.

use domain::ids::{AccountKey, ConversationKey};
use domain::messages::{ReactionCount, ReactionKey, content_type};
use domain::ports::NewEdit;

use crate::world::{World, append, user};

async fn edit(world: &World, chat: ConversationKey, editor: AccountKey, at: i64, text: &str) {
    let mut tx = world.begin().await;
    let edit = NewEdit {
        editor,
        at,
        content: text.as_bytes(),
        ex: (at % 2 == 0).then_some("even"),
    };
    tx.edit_message(chat, 1, edit, 3).await.unwrap();
    tx.commit().await.unwrap();
}

fn key(seq: i64, reaction: &str) -> ReactionKey {
    ReactionKey {
        seq,
        reaction: reaction.to_owned(),
        line: 0,
    }
}

async fn react(world: &World, chat: ConversationKey, key: &ReactionKey, who: AccountKey, at: i64) {
    let mut tx = world.begin().await;
    assert!(tx.put_reaction(chat, key, who, at).await.unwrap());
    tx.commit().await.unwrap();
}

async fn reactions(world: &World, chat: ConversationKey, viewer: AccountKey) -> Vec<ReactionCount> {
    let mut view = world.view().await;
    view.reactions(chat, &[1, 2, 3], viewer, 2).await.unwrap()
}

pub(crate) async fn an_edit_keeps_what_was_said_of_the_newest_ones(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    for id in ["one", "two"] {
        world.send(append(&chat, alice, id)).await;
    }
    for at in 1..=5 {
        edit(
            world,
            chat.key,
            if at == 4 { bob } else { alice },
            at,
            &format!("text {at}"),
        )
        .await;
    }
    let log = world.log(chat.key, alice).await;
    assert_eq!(&log[0].post.content[..], b"text 5");
    assert_eq!(
        (log[0].post.ex.as_str(), log[0].post.push.is_none()),
        ("even", true)
    );
    assert_eq!((log[0].post.client_msg_id.as_str(), log[0].seq), ("one", 1));
    assert_eq!(
        log[1].post.content,
        crate::world::post("two").content,
        "others stay"
    );

    let edits = world.view().await.edits(chat.key, &[2, 1]).await.unwrap();
    let seen: Vec<_> = edits
        .iter()
        .map(|(seq, edit)| (*seq, edit.at, &edit.content[..], edit.ex.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            (1, 3, &b"text 2"[..], "even"),
            (1, 4, b"text 3", "even"),
            (1, 5, b"text 4", "even"),
        ],
        "the newest three"
    );
    assert_eq!(edits[1].1.editor, user("bob"));
}

pub(crate) async fn reactions_are_counted_in_the_order_in_which_they_came(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    let carol = world.account("carol").await;
    for id in ["one", "two"] {
        world.send(append(&chat, alice, id)).await;
    }
    react(world, chat.key, &key(1, "👍"), bob, 10).await;
    react(world, chat.key, &key(1, "❤"), carol, 11).await;
    react(world, chat.key, &key(1, "👍"), alice, 12).await;
    react(world, chat.key, &key(1, "👍"), carol, 13).await;
    react(world, chat.key, &key(2, "👍"), bob, 9).await;
    let lined = ReactionKey {
        line: 4,
        ..key(1, "👍")
    };
    react(world, chat.key, &lined, bob, 14).await;

    let found = reactions(world, chat.key, alice).await;
    let seen: Vec<_> = found
        .iter()
        .map(|one| {
            let first: Vec<_> = one.first.iter().map(|user| user.as_str()).collect();
            (one.key.clone(), one.count, one.is_mine, first.join(" "))
        })
        .collect();
    assert_eq!(
        seen,
        [
            (key(1, "👍"), 3, true, "bob alice".to_owned()),
            (key(1, "❤"), 1, false, "carol".to_owned()),
            (lined, 1, false, "bob".to_owned()),
            (key(2, "👍"), 1, false, "bob".to_owned()),
        ]
    );

    let mut tx = world.begin().await;
    assert!(
        !tx.put_reaction(chat.key, &key(1, "👍"), bob, 20)
            .await
            .unwrap(),
        "once each"
    );
    assert_eq!(
        tx.count_reactions(chat.key, &key(1, "👍")).await.unwrap(),
        (3, 3)
    );
    assert!(
        tx.delete_reaction(chat.key, &key(1, "👍"), alice)
            .await
            .unwrap()
    );
    assert!(
        !tx.delete_reaction(chat.key, &key(1, "👍"), alice)
            .await
            .unwrap()
    );
    assert_eq!(
        tx.count_reactions(chat.key, &key(1, "👍")).await.unwrap(),
        (3, 2)
    );
    tx.commit().await.unwrap();
    assert!(!reactions(world, chat.key, alice).await[0].is_mine);
}

pub(crate) async fn pins_are_listed_newest_first(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    let mut tx = world.begin().await;
    for (seq, who, at) in [(4, alice, 10), (2, bob, 12), (7, alice, 11)] {
        assert!(tx.put_pin(chat.key, seq, who, at).await.unwrap());
    }
    assert!(
        !tx.put_pin(chat.key, 2, alice, 99).await.unwrap(),
        "it is pinned"
    );
    assert!(tx.delete_pin(chat.key, 4).await.unwrap());
    assert!(!tx.delete_pin(chat.key, 4).await.unwrap());
    tx.commit().await.unwrap();
    let pins = world.view().await.pins(chat.key).await.unwrap();
    let seen: Vec<_> = pins
        .iter()
        .map(|pin| (pin.seq, pin.by.as_str(), pin.at))
        .collect();
    assert_eq!(seen, [(2, "bob", 12), (7, "alice", 11)]);
}

pub(crate) async fn what_is_taken_away_leaves_no_annotations(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    for id in ["recalled", "erased", "removed", "stays"] {
        world.send(append(&chat, alice, id)).await;
    }
    let mut tx = world.begin().await;
    for seq in 1..=4 {
        let edit = NewEdit {
            editor: alice,
            at: 5,
            content: b"new",
            ex: None,
        };
        tx.edit_message(chat.key, seq, edit, 20).await.unwrap();
        tx.put_reaction(chat.key, &key(seq, "x"), bob, 6)
            .await
            .unwrap();
        tx.put_pin(chat.key, seq, bob, 7).await.unwrap();
    }
    tx.commit().await.unwrap();
    let left = async || {
        let mut view = world.view().await;
        let seqs = [1, 2, 3, 4];
        let edits = view.edits(chat.key, &seqs).await.unwrap();
        let reactions = view.reactions(chat.key, &seqs, bob, 9).await.unwrap();
        let mut pins: Vec<_> = view
            .pins(chat.key)
            .await
            .unwrap()
            .iter()
            .map(|pin| pin.seq)
            .collect();
        pins.sort_unstable();
        let edits: Vec<_> = edits.iter().map(|(seq, _)| *seq).collect();
        let reactions: Vec<_> = reactions.iter().map(|one| one.key.seq).collect();
        (edits, reactions, pins)
    };
    let all = |seqs: &[i64]| (seqs.to_vec(), seqs.to_vec(), seqs.to_vec());
    assert_eq!(left().await, all(&[1, 2, 3, 4]));

    let mut tx = world.begin().await;
    tx.rewrite_message(chat.key, 1, content_type::RECALLED, b"{}")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(left().await, all(&[2, 3, 4]));

    let mut tx = world.begin().await;
    tx.erase_messages(chat.key, &[2]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(left().await, all(&[3, 4]));

    let mut tx = world.begin().await;
    assert_eq!(tx.remove_messages_below(chat.key, 4, 10).await.unwrap(), 3);
    tx.commit().await.unwrap();
    assert_eq!(left().await, all(&[4]));
}
