//! Appending to the message log, one message and many at once.

use std::collections::HashSet;
use std::sync::Arc;

use domain::ids::AccountKey;
use domain::messages::{Append, Appended, Placed, Post};
use tokio::task::JoinSet;

use crate::world::{World, append, post, seqs, sides};

/// Runs 64 tasks; task `n` sends what `appends(n)` says, one after another. Returns all answers.
async fn in_parallel(world: &World, appends: impl Fn(usize) -> Vec<Append>) -> Vec<Appended> {
    let mut tasks = JoinSet::new();
    for n in 0..64 {
        let (store, appends) = (world.store.clone(), appends(n));
        tasks.spawn(async move {
            let mut answers = Vec::new();
            for append in appends {
                answers.push(store.append(append).await.expect("appended"));
            }
            answers
        });
    }
    tasks.join_all().await.into_iter().flatten().collect()
}

fn stored(answers: &[Appended]) -> Vec<Placed> {
    let stored = |answer: &Appended| match answer {
        Appended::Stored(placed) => Some(*placed),
        Appended::Replay { .. } | Appended::PolicyChanged => None,
    };
    answers.iter().filter_map(stored).collect()
}

pub(crate) async fn messages_get_gap_free_sequence_numbers(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    let own = world.chat("alice", "alice").await;
    let answers = in_parallel(world, |n| {
        let sender = if n % 2 == 0 { alice } else { bob };
        let mut appends: Vec<_> = (0..5)
            .map(|m| append(&chat, sender, &format!("{n}-{m}")))
            .collect();
        appends.extend((0..2).map(|m| append(&own, alice, &format!("{n}-{m}"))));
        appends
    })
    .await;
    assert_eq!(stored(&answers).len(), 64 * 7);
    for (conversation, count) in [(&chat, 64 * 5), (&own, 64 * 2)] {
        let log = world.log(conversation.key, alice).await;
        assert_eq!(seqs(&log), (1..=count).collect::<Vec<_>>());
        assert!(
            log.windows(2).all(|pair| pair[0].key < pair[1].key),
            "keys and numbers grow together"
        );
        assert_eq!(world.reread(conversation).await.max_seq, count);
    }
    let log: HashSet<_> = world
        .log(chat.key, alice)
        .await
        .iter()
        .map(|m| (m.key, m.seq))
        .collect();
    let own: HashSet<_> = world
        .log(own.key, alice)
        .await
        .iter()
        .map(|m| (m.key, m.seq))
        .collect();
    for placed in stored(&answers) {
        let place = (placed.key, placed.seq);
        assert!(
            log.contains(&place) || own.contains(&place),
            "answered as it is stored"
        );
    }
}

pub(crate) async fn a_retry_is_answered_with_the_first_placement(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    let placed = world.send(append(&chat, alice, "id")).await;
    let retry = Append {
        at: 9_000,
        post: Arc::new(Post {
            server_msg_id: "another".into(),
            content: "other".into(),
            ..post("id")
        }),
        ..append(&chat, alice, "id")
    };
    let replay = Appended::Replay {
        placed,
        server_msg_id: "server-id".into(),
    };
    assert_eq!(world.store.append(retry.clone()).await.unwrap(), replay);
    let mut tx = world.begin().await;
    assert_eq!(tx.append_message(&retry).await.unwrap(), replay);
    tx.commit().await.unwrap();
    let bobs = world.send(append(&chat, bob, "id")).await;
    assert_eq!(bobs.seq, 2, "client ids are the sender's own");

    let mut view = world.view().await;
    let found = view
        .message_by_client_id(chat.key, alice, "id")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (found.key, found.seq, &found.post),
        (placed.key, 1, &post("id"))
    );
    assert_eq!(
        view.message_by_client_id(chat.key, alice, "other")
            .await
            .unwrap(),
        None
    );
}

pub(crate) async fn parallel_retries_store_one_message(world: &World) {
    let (alice, _, chat) = world.alice_and_bob().await;
    let answers = in_parallel(world, |_| {
        (0..4)
            .map(|m| append(&chat, alice, &format!("same-{m}")))
            .collect()
    })
    .await;
    let stored = stored(&answers);
    assert_eq!(stored.len(), 4, "each was stored by exactly one");
    for answer in answers {
        if let Appended::Replay {
            placed,
            server_msg_id,
        } = answer
        {
            assert!(stored.contains(&placed));
            assert!(server_msg_id.starts_with("server-same-"));
        }
    }
    assert_eq!(seqs(&world.log(chat.key, alice).await), [1, 2, 3, 4]);
}

pub(crate) async fn one_client_id_may_be_used_in_two_conversations(world: &World) {
    let (alice, _, chat) = world.alice_and_bob().await;
    let own = world.chat("alice", "alice").await;
    world.send(append(&chat, alice, "id")).await;
    assert_eq!(world.send(append(&own, alice, "id")).await.seq, 1);
}

pub(crate) async fn a_changed_policy_refuses(world: &World) {
    let (alice, _, chat) = world.alice_and_bob().await;
    let old = append(&chat, alice, "a");
    let mut tx = world.begin().await;
    tx.bump_policy(chat.key).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        world.store.append(old.clone()).await.unwrap(),
        Appended::PolicyChanged
    );
    let mut tx = world.begin().await;
    assert_eq!(
        tx.append_message(&old).await.unwrap(),
        Appended::PolicyChanged
    );
    tx.commit().await.unwrap();

    let new = Append {
        conversation_policy: chat.policy + 1,
        ..old
    };
    assert_eq!(
        world
            .store
            .append(Append {
                sender_policy: 2,
                ..new.clone()
            })
            .await
            .unwrap(),
        Appended::PolicyChanged,
        "the sender's policy counts as well"
    );
    let nowhere = Append {
        conversation: domain::ids::ConversationKey(9_999),
        ..new.clone()
    };
    assert_eq!(
        world.store.append(nowhere).await.unwrap(),
        Appended::PolicyChanged
    );
    let nobody = Append {
        sender: AccountKey(9_999),
        ..new.clone()
    };
    assert_eq!(
        world.store.append(nobody).await.unwrap(),
        Appended::PolicyChanged
    );
    assert_eq!(
        world.reread(&chat).await.max_seq,
        0,
        "refusals take no number"
    );
    assert_eq!(world.send(new).await.seq, 1);
}

pub(crate) async fn a_replay_comes_before_the_policy(world: &World) {
    let (alice, _, chat) = world.alice_and_bob().await;
    let sent = append(&chat, alice, "a");
    let placed = world.send(sent.clone()).await;
    let mut tx = world.begin().await;
    tx.bump_policy(chat.key).await.unwrap();
    tx.commit().await.unwrap();
    let replay = Appended::Replay {
        placed,
        server_msg_id: "server-a".into(),
    };
    assert_eq!(world.store.append(sent).await.unwrap(), replay);
}

pub(crate) async fn send_time_always_grows(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    for (n, (sender, at, expected)) in [
        (alice, 500, 500),
        (bob, 400, 501),
        (alice, 600, 600),
        (bob, 600, 601),
        (bob, 0, 602),
    ]
    .into_iter()
    .enumerate()
    {
        let placed = world
            .send(Append {
                at,
                ..append(&chat, sender, &n.to_string())
            })
            .await;
        assert_eq!(placed.send_time, expected);
    }
    let times: Vec<_> = world
        .log(chat.key, alice)
        .await
        .iter()
        .map(|message| message.send_time)
        .collect();
    assert_eq!(times, [500, 501, 600, 601, 602]);
    assert_eq!(world.reread(&chat).await.last_time, 602);
}

pub(crate) async fn sending_moves_the_senders_side(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    let own = world.chat("bob", "bob").await;
    world.send(append(&chat, alice, "1")).await;
    world.send(append(&chat, bob, "2")).await;
    world.send(append(&chat, alice, "3")).await;
    world.send(append(&own, bob, "4")).await;
    let chat = world.reread(&chat).await;
    assert_eq!(sides(&chat).map(|side| side.sent_seq), [3, 2]);
    let own = world.reread(&own).await;
    assert_eq!(
        sides(&own).map(|side| side.sent_seq),
        [1, 1],
        "notes to oneself have two sides of one"
    );
}

pub(crate) async fn ten_thousand_messages_from_64_tasks_are_all_there_once(world: &World) {
    let mut chats = Vec::new();
    for n in 0..16 {
        let id = format!("user-{n}");
        let sender = world.account(&id).await;
        chats.push((sender, world.chat(&id, &id).await));
    }
    let answers = in_parallel(world, |n| {
        (0..157)
            .map(|m| {
                append(
                    &chats[(n + m) % 16].1,
                    chats[(n + m) % 16].0,
                    &format!("{n}-{m}"),
                )
            })
            .collect()
    })
    .await;
    assert_eq!(stored(&answers).len(), 64 * 157);
    let mut seen = HashSet::new();
    for (viewer, chat) in &chats {
        let log = world.log(chat.key, *viewer).await;
        assert_eq!(seqs(&log), (1..=log.len() as i64).collect::<Vec<_>>());
        for message in log {
            assert!(seen.insert(message.post.client_msg_id), "once");
        }
    }
    assert_eq!(seen.len(), 64 * 157);
}
