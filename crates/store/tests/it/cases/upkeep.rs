//! Positions of participants, and the removal of old messages.

use domain::conversations::ConversationSettings;
use domain::groups::GroupRole;
use domain::ids::{AccountKey, ConversationKey};
use domain::messages::Append;
use domain::ports::{Aged, Delivery, Destructed};

use crate::world::{Backend, World, append};

fn delivery(account: AccountKey, conversation: ConversationKey, seq: i64) -> Delivery {
    Delivery {
        account,
        conversation,
        seq,
    }
}

pub(crate) async fn positions_say_how_far_everybody_has_come(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    let carol = world.account("carol").await;
    for account in [alice, bob] {
        world.list(chat.key, account, 1_000).await;
    }
    let members = [
        (alice, GroupRole::Owner),
        (bob, GroupRole::Member),
        (carol, GroupRole::Member),
    ];
    let (group, room, _) = world.group("77", &members).await;
    let mut tx = world.begin().await;
    tx.raise_read_seq(room.key, bob, 3).await.unwrap();
    let deliveries = [
        delivery(alice, chat.key, 2),
        delivery(bob, room.key, 5),
        delivery(carol, room.key, 4),
        delivery(carol, chat.key, 9),
    ];
    assert_eq!(
        tx.raise_delivered(&deliveries).await.unwrap(),
        [],
        "nobody is in the way"
    );
    assert_eq!(
        tx.raise_delivered(&[delivery(bob, room.key, 4)])
            .await
            .unwrap(),
        []
    );
    assert_eq!(tx.raise_delivered(&[]).await.unwrap(), []);
    tx.delete_members(group.key, Some(&[carol])).await.unwrap();
    tx.bound_participants(room.key, Some(&[carol]), 4)
        .await
        .unwrap();
    tx.commit().await.unwrap();

    let seen = async |conversation| {
        let positions = world
            .view()
            .await
            .positions(conversation, 10)
            .await
            .unwrap();
        positions
            .into_iter()
            .map(|one| {
                (
                    one.user_id.to_string(),
                    one.joined_at,
                    one.read_seq,
                    one.delivered_seq,
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        seen(chat.key).await,
        [("alice".into(), 0, 0, 2), ("bob".into(), 0, 0, 0)]
    );
    assert_eq!(
        seen(room.key).await,
        [("alice".into(), 1_000, 0, 0), ("bob".into(), 1_000, 3, 5)],
        "who left is not in it"
    );
    assert_eq!(
        world
            .view()
            .await
            .positions(room.key, 1)
            .await
            .unwrap()
            .len(),
        1
    );
}

async fn set_destruct(world: &World, chat: ConversationKey, account: AccountKey, on: bool, s: i64) {
    let mut tx = world.begin().await;
    let settings = ConversationSettings {
        is_destructing: on,
        destruct_s: s,
        ..ConversationSettings::default()
    };
    tx.update_settings(chat, account, &settings).await.unwrap();
    tx.commit().await.unwrap();
}

pub(crate) async fn a_participant_is_due_until_it_was_looked_at(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    for account in [alice, bob] {
        world.list(chat.key, account, 1_000).await;
    }
    for id in ["one", "two", "three"] {
        world.send(append(&chat, alice, id)).await;
    }
    let due = async |now| world.view().await.destructing(now, 10).await.unwrap();
    assert_eq!(due(i64::MAX).await, []);
    set_destruct(world, chat.key, bob, true, 60).await;
    set_destruct(world, chat.key, alice, true, 0).await;
    let found = due(5_000).await;
    assert_eq!(found.len(), 1, "nobody without a period");
    let found = found.into_iter().next().unwrap();
    assert_eq!(
        (found.account, found.user_id.as_str(), found.destruct_s),
        (bob, "bob", 60)
    );
    assert_eq!((found.conversation, &found.id), (chat.key, &chat.id));
    assert_eq!((found.min_seq, found.max_seq), (1, 3));

    let to = |min_seq, due| Destructed { min_seq, due };
    let mut tx = world.begin().await;
    assert!(tx.destruct(&found, to(3, 9_000), 5_000).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(due(8_999).await, []);
    let entry = world
        .view()
        .await
        .entries(bob, std::slice::from_ref(&chat.id))
        .await
        .unwrap();
    assert_eq!(
        (entry[0].min_seq, entry[0].settings.destructed_at),
        (3, 5_000)
    );
    let reach = world
        .view()
        .await
        .reaches(bob, std::slice::from_ref(&chat.id))
        .await
        .unwrap();
    assert_eq!((reach[0].min_seq, reach[0].has_read_seq), (3, 2));

    let again = due(9_000).await.pop().unwrap();
    assert_eq!(again.min_seq, 3);
    let mut tx = world.begin().await;
    assert!(
        !tx.destruct(&again, to(3, 20_000), 9_000).await.unwrap(),
        "nothing to clear"
    );
    tx.commit().await.unwrap();
    assert_eq!(due(19_999).await, []);

    // A new period is looked at at once, and what was found for the old one does not count any more.
    set_destruct(world, chat.key, bob, true, 30).await;
    assert_eq!(due(0).await.len(), 1);
    let mut tx = world.begin().await;
    assert!(!tx.destruct(&again, to(4, 99_000), 9_000).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(due(0).await.len(), 1);
    set_destruct(world, chat.key, bob, false, 30).await;
    assert_eq!(due(i64::MAX).await, []);
}

pub(crate) async fn old_messages_are_found_and_removed_in_chunks(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    let carol = world.account("carol").await;
    let other = world.chat("bob", "carol").await;
    let empty = world.chat("alice", "carol").await;
    for (n, at) in [10, 20, 30, 40, 50].into_iter().enumerate() {
        world
            .send(Append {
                at,
                ..append(&chat, alice, &format!("m{n}"))
            })
            .await;
    }
    world
        .send(Append {
            at: 60,
            ..append(&other, carol, "o")
        })
        .await;
    world.list(chat.key, bob, 1_000).await;
    let mut tx = world.begin().await;
    tx.hide_messages(chat.key, bob, &[1, 5]).await.unwrap();
    tx.set_retention(&[other.key, empty.key, other.key], 7)
        .await
        .unwrap();
    tx.commit().await.unwrap();

    let aged = async |after, only_own| {
        let mut view = world.view().await;
        view.aged(ConversationKey(after), only_own, 10)
            .await
            .unwrap()
    };
    let of_chat = Aged {
        conversation: chat.key,
        min_seq: 0,
        max_seq: 5,
        keep_s: 0,
        oldest_seq: 1,
        oldest_at: 10,
    };
    let of_other = Aged {
        conversation: other.key,
        max_seq: 1,
        keep_s: 7,
        oldest_at: 60,
        ..of_chat.clone()
    };
    assert_eq!(aged(0, false).await, [of_chat.clone(), of_other.clone()]);
    assert_eq!(
        aged(chat.key.0, false).await,
        std::slice::from_ref(&of_other)
    );
    assert_eq!(
        aged(0, true).await,
        std::slice::from_ref(&of_other),
        "an empty one is not old"
    );
    assert_eq!(
        world
            .view()
            .await
            .aged(ConversationKey(0), false, 1)
            .await
            .unwrap()
            .len(),
        1
    );
    let send_time = async |seq| world.view().await.send_time(chat.key, seq).await.unwrap();
    assert_eq!((send_time(2).await, send_time(6).await), (Some(20), None));

    let mut tx = world.begin().await;
    tx.set_retention(&[other.key], -1).await.unwrap();
    tx.set_retention(&[empty.key], 0).await.unwrap();
    assert_eq!(tx.remove_messages_below(chat.key, 5, 3).await.unwrap(), 3);
    tx.commit().await.unwrap();
    assert_eq!(aged(0, true).await[0].keep_s, -1);
    assert_eq!(
        (aged(0, false).await[0].oldest_seq, send_time(3).await),
        (4, None)
    );
    let mut tx = world.begin().await;
    assert_eq!(tx.remove_messages_below(chat.key, 5, 3).await.unwrap(), 1);
    assert_eq!(tx.remove_messages_below(chat.key, 5, 3).await.unwrap(), 0);
    tx.commit().await.unwrap();
    let log = world.log(chat.key, bob).await;
    assert_eq!(log.len(), 1);
    assert!(
        log[0].seq == 5 && log[0].is_hidden,
        "what stays is as it was"
    );
}

pub(crate) async fn keys_of_messages_are_never_given_out_again(world: &World) {
    let (alice, _, chat) = world.alice_and_bob().await;
    let mut newest = 0;
    for n in 0..3 {
        newest = world
            .send(append(&chat, alice, &format!("m{n}")))
            .await
            .key
            .0;
    }
    let mut tx = world.begin().await;
    let removed = tx.remove_messages_below(chat.key, 4, 10).await.unwrap();
    assert!((2..=3).contains(&removed));
    tx.commit().await.unwrap();
    let next = world.send(append(&chat, alice, "next")).await;
    assert!(next.key.0 > newest, "{} after {newest}", next.key.0);
    assert_eq!(next.seq, 4);
}

/// SQLite has one writer, so there is nobody to be in the way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_passes_over_a_position_that_somebody_holds() {
    let world = World::open(Backend::Postgres).await;
    let (alice, bob, chat) = world.alice_and_bob().await;
    for account in [alice, bob] {
        world.list(chat.key, account, 1_000).await;
    }
    let mut holder = world.begin().await;
    holder.raise_read_seq(chat.key, bob, 1).await.unwrap();
    let both = [delivery(alice, chat.key, 2), delivery(bob, chat.key, 2)];
    let mut tx = world.begin().await;
    assert_eq!(tx.raise_delivered(&both).await.unwrap(), both[1..]);
    tx.commit().await.unwrap();
    holder.commit().await.unwrap();
    let positions = world.view().await.positions(chat.key, 10).await.unwrap();
    let seen: Vec<_> = positions
        .iter()
        .map(|one| (one.delivered_seq, one.read_seq))
        .collect();
    assert_eq!(seen, [(2, 0), (0, 1)]);
    world.store.close().await;
}
