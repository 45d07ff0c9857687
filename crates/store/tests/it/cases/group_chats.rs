//! The conversations of groups: who sees what of the chat and of its notices, and what sending moves.

use domain::conversations::{ConversationKind, Parties, Party, SeqState};
use domain::groups::GroupRole::{Member, Owner};
use domain::ids::{AccountKey, ConversationId};
use domain::messages::{Append, MessageFilter};
use domain::ports::{Between, NewConversation, Page};
use tokio::task::JoinSet;

use crate::world::{World, append, group_id, user};

/// What an account reaches of the club's notices and chat: (id, min, max, has read).
type Bounds = Vec<(ConversationId, i64, i64, i64)>;

async fn reaches(world: &World, account: AccountKey) -> Bounds {
    let ids = [
        ConversationId::group_notice(&group_id("club")),
        ConversationId::group(&group_id("club")),
    ];
    let found = world.view().await.reaches(account, &ids).await.unwrap();
    found
        .into_iter()
        .map(|reach| {
            (
                reach.conversation.id,
                reach.min_seq,
                reach.max_seq,
                reach.has_read_seq,
            )
        })
        .collect()
}

async fn states(world: &World, account: AccountKey) -> Vec<SeqState> {
    let mut states = world.view().await.seq_states(account).await.unwrap();
    states.sort_by(|a, b| a.id.cmp(&b.id));
    states
}

async fn alice_bob_and_carol(world: &World) -> [AccountKey; 3] {
    [
        world.account("alice").await,
        world.account("bob").await,
        world.account("carol").await,
    ]
}

pub(crate) async fn a_group_has_a_chat_without_sides(world: &World) {
    let [alice, bob, _] = alice_bob_and_carol(world).await;
    let (group, chat, notices) = world.group("club", &[(alice, Owner), (bob, Member)]).await;
    let parties = Parties::Group {
        key: group.key,
        id: group.id.clone(),
    };
    assert_eq!(
        (chat.id.as_str(), chat.kind, &chat.parties, chat.notice),
        (
            "sg_club",
            ConversationKind::Group,
            &parties,
            Some(notices.key)
        )
    );
    assert_eq!(
        (notices.id.as_str(), notices.kind, &notices.parties),
        ("n_club", ConversationKind::Notice, &parties)
    );
    let mut tx = world.begin().await;
    let new = NewConversation {
        id: chat.id.clone(),
        kind: ConversationKind::Group,
        between: Between::Group(group.key),
    };
    assert_eq!(
        tx.ensure_conversation(&new).await.unwrap(),
        (chat.clone(), false)
    );
    tx.commit().await.unwrap();

    let mut view = world.view().await;
    assert_eq!(
        view.conversation(&chat.id).await.unwrap().as_ref(),
        Some(&chat)
    );
    let (count, entries) = view
        .entries_page(bob, Page { offset: 0, rows: 9 })
        .await
        .unwrap();
    assert_eq!((count, entries.len()), (1, 1), "notices are in no list");
    assert_eq!(
        (&entries[0].id, &entries[0].owner, &entries[0].peer),
        (&chat.id, &user("bob"), &Party::Group(group.id.clone()))
    );
    let asked = [chat.id.clone(), notices.id.clone()];
    assert_eq!(view.entries(bob, &asked).await.unwrap(), entries);
    assert_eq!(view.entry_ids(bob).await.unwrap(), [chat.id]);
}

pub(crate) async fn members_see_the_chat_and_its_notices(world: &World) {
    let [alice, bob, carol] = alice_bob_and_carol(world).await;
    let (_, chat, notices) = world.group("club", &[(alice, Owner), (bob, Member)]).await;
    let direct = world.chat("bob", "carol").await;
    world.list(direct.key, bob, 10).await;
    assert_eq!(states(world, bob).await, [], "nothing has been said");
    world.send(append(&notices, alice, "n")).await;
    let state = |id: &ConversationId, max_seq, has_read_seq| SeqState {
        id: id.clone(),
        max_seq,
        has_read_seq,
        last_time: 999 + max_seq,
        is_pinned: false,
    };
    assert_eq!(
        states(world, bob).await,
        [state(&notices.id, 1, 1)],
        "a notice alone"
    );
    for n in 0..3 {
        world.send(append(&chat, alice, &n.to_string())).await;
    }
    world.send(append(&direct, carol, "d")).await;
    let mut tx = world.begin().await;
    tx.raise_read_seq(chat.key, bob, 2).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(
        reaches(world, bob).await,
        [(notices.id.clone(), 1, 1, 1), (chat.id.clone(), 1, 3, 2)]
    );
    assert_eq!(reaches(world, carol).await, [], "she is no member");
    assert_eq!(
        states(world, bob).await,
        [
            state(&notices.id, 1, 1),
            state(&chat.id, 3, 2),
            state(&direct.id, 1, 0)
        ]
    );
    assert_eq!(states(world, carol).await, []);
}

pub(crate) async fn who_joins_later_sees_from_then_on(world: &World) {
    let [alice, bob, carol] = alice_bob_and_carol(world).await;
    let (_, chat, notices) = world.group("club", &[(alice, Owner)]).await;
    for n in 0..4 {
        world.send(append(&chat, alice, &n.to_string())).await;
    }
    world.send(append(&notices, alice, "n")).await;
    let mut tx = world.begin().await;
    let listed = tx
        .join_participants(chat.key, &[carol, bob, alice], 3, 2, 50)
        .await
        .unwrap();
    assert_eq!(
        listed.iter().collect::<std::collections::BTreeSet<_>>(),
        [&bob, &carol].into(),
        "Alice had it"
    );
    tx.commit().await.unwrap();
    for joiner in [bob, carol] {
        assert_eq!(
            reaches(world, joiner).await,
            [(notices.id.clone(), 1, 1, 1), (chat.id.clone(), 3, 4, 2)]
        );
    }
    let mut view = world.view().await;
    let entries = view
        .entries(bob, std::slice::from_ref(&chat.id))
        .await
        .unwrap();
    assert_eq!((entries[0].min_seq, entries[0].max_seq), (3, 0));
}

pub(crate) async fn who_left_sees_no_further_until_they_return(world: &World) {
    let [alice, bob, carol] = alice_bob_and_carol(world).await;
    let members = [(alice, Owner), (bob, Member), (carol, Member)];
    let (_, chat, notices) = world.group("club", &members).await;
    let say = async |ids: &[&str]| {
        for id in ids {
            world.send(append(&chat, alice, id)).await;
        }
    };
    say(&["1", "2", "3"]).await;
    world.send(append(&notices, alice, "n")).await;
    let mut tx = world.begin().await;
    tx.raise_participant_min_seq(chat.key, bob, 2)
        .await
        .unwrap();
    tx.bound_participants(chat.key, Some(&[bob]), 3)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    say(&["4", "5"]).await;
    assert_eq!(
        reaches(world, bob).await,
        [(chat.id.clone(), 2, 3, 0)],
        "no notices any more"
    );
    let bobs = states(world, bob).await;
    assert_eq!((bobs.len(), &bobs[0].id, bobs[0].max_seq), (1, &chat.id, 3));
    assert_eq!(reaches(world, carol).await.len(), 2);

    // Everybody else goes; Bob's bound stays where it was.
    let mut tx = world.begin().await;
    tx.bound_participants(chat.key, None, 5).await.unwrap();
    tx.bound_participants(chat.key, Some(&[bob, carol]), 9)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    say(&["6"]).await;
    assert_eq!(reaches(world, bob).await, [(chat.id.clone(), 2, 3, 0)]);
    assert_eq!(reaches(world, carol).await, [(chat.id.clone(), 1, 5, 0)]);

    let mut tx = world.begin().await;
    let listed = tx
        .join_participants(chat.key, &[bob], 0, 6, 70)
        .await
        .unwrap();
    assert_eq!(listed, [], "he had it in his list");
    tx.commit().await.unwrap();
    say(&["7"]).await;
    assert_eq!(
        reaches(world, bob).await,
        [(notices.id.clone(), 1, 1, 1), (chat.id.clone(), 2, 7, 6)],
        "what he had cleared stays cleared"
    );
}

pub(crate) async fn who_left_before_anything_was_said_sees_nothing(world: &World) {
    let [alice, bob, _] = alice_bob_and_carol(world).await;
    let (_, chat, _) = world.group("club", &[(alice, Owner), (bob, Member)]).await;
    let mut tx = world.begin().await;
    tx.bound_participants(chat.key, Some(&[bob]), 0)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    world.send(append(&chat, alice, "1")).await;
    assert_eq!(reaches(world, bob).await, [(chat.id.clone(), 1, 0, 0)]);
    assert_eq!(states(world, bob).await[0].max_seq, 0);
    assert_eq!(states(world, alice).await[0].max_seq, 1);
}

pub(crate) async fn sending_moves_the_read_position_of_members(world: &World) {
    let [alice, bob, carol] = alice_bob_and_carol(world).await;
    let members = [(alice, Owner), (bob, Member)];
    let (_, chat, _) = world.group("club", &members).await;
    world.send(append(&chat, alice, "1")).await;
    world.send(append(&chat, bob, "2")).await;
    let mut tx = world.begin().await;
    tx.append_message(&append(&chat, alice, "3")).await.unwrap();
    tx.commit().await.unwrap();
    world
        .send(Append {
            raises_read_seq: false,
            ..append(&chat, bob, "4")
        })
        .await;
    // Who is not in the group, an administrator say, has no position to move.
    world.send(append(&chat, carol, "5")).await;
    let read = async |account| reaches(world, account).await.last().map(|bounds| bounds.3);
    assert_eq!(read(alice).await, Some(3));
    assert_eq!(read(bob).await, Some(2));
    assert_eq!(read(carol).await, None);
    let log = world.log(chat.key, bob).await;
    let senders: Vec<_> = log.iter().map(|said| said.sender_id.as_str()).collect();
    assert_eq!(senders, ["alice", "bob", "alice", "bob", "carol"]);
}

pub(crate) async fn parallel_sending_moves_every_read_position(world: &World) {
    let mut members = Vec::new();
    for n in 0..8 {
        members.push((world.account(&format!("user-{n}")).await, Member));
    }
    let (_, chat, _) = world.group("club", &members).await;
    let mut tasks = JoinSet::new();
    for n in 0..200 {
        let (store, sender) = (world.store.clone(), members[n % 8].0);
        let said = append(&chat, sender, &n.to_string());
        tasks.spawn(async move { drop(store.append(said).await.unwrap()) });
    }
    tasks.join_all().await;
    let log = world.log(chat.key, members[0].0).await;
    assert_eq!(log.len(), 200);
    for (account, _) in members {
        let newest = log.iter().rfind(|said| said.sender == account);
        let bounds = reaches(world, account).await;
        assert_eq!(bounds[1].3, newest.unwrap().seq, "{bounds:?}");
    }
}

pub(crate) async fn a_call_marks_the_chat_for_those_called(world: &World) {
    let [alice, bob, carol] = alice_bob_and_carol(world).await;
    let members = [(alice, Owner), (bob, Member)];
    let (_, chat, _) = world.group("club", &members).await;
    let call = async |accounts: &[AccountKey], group_at| {
        let mut tx = world.begin().await;
        let mut changed = tx.set_group_at(chat.key, accounts, group_at).await.unwrap();
        tx.commit().await.unwrap();
        changed.sort_unstable();
        changed
    };
    assert_eq!(call(&[carol, bob], 1).await, [bob], "Carol is no member");
    assert_eq!(call(&[alice, bob], 1).await, [alice]);
    assert_eq!(call(&[alice, bob], 2).await, [alice, bob]);
    assert_eq!(call(&[], 3).await, []);
    let mut view = world.view().await;
    let entries = view
        .entries(bob, std::slice::from_ref(&chat.id))
        .await
        .unwrap();
    assert_eq!(entries[0].settings.group_at, 2);
}

pub(crate) async fn messages_of_groups_are_searched_too(world: &World) {
    let [alice, bob, _] = alice_bob_and_carol(world).await;
    let (group, chat, notices) = world.group("club", &[(alice, Owner), (bob, Member)]).await;
    let direct = world.chat("alice", "bob").await;
    world.send(append(&chat, alice, "1")).await;
    world.send(append(&direct, alice, "2")).await;
    world.send(append(&chat, bob, "3")).await;
    world.send(append(&notices, alice, "4")).await;
    let search = async |filter: &MessageFilter| {
        let page = Page {
            offset: 0,
            rows: 10,
        };
        let mut view = world.view().await;
        let (count, found) = view.search_messages(filter, page).await.unwrap();
        assert_eq!(count, found.len() as u64);
        found
    };
    let by_alice = MessageFilter {
        sender: Some(user("alice")),
        ..MessageFilter::default()
    };
    let found = search(&by_alice).await;
    let routes: Vec<_> = found.iter().map(|found| &found.route.recipient).collect();
    assert_eq!(
        routes,
        [&Party::Person(user("bob")), &Party::Group(group.id)]
    );
    assert_eq!(
        (
            &found[1].route.conversation,
            found[1].route.kind,
            &found[1].route.sender
        ),
        (&chat.id, ConversationKind::Group, &user("alice"))
    );
    let to_bob = MessageFilter {
        recipient: Some(user("bob")),
        ..MessageFilter::default()
    };
    assert_eq!(search(&to_bob).await.len(), 1);
    let in_groups = MessageFilter {
        kind: Some(ConversationKind::Group),
        ..MessageFilter::default()
    };
    assert_eq!(search(&in_groups).await.len(), 2);
}

pub(crate) async fn ten_thousand_participants_join_and_leave(world: &World) {
    let alice = world.account("alice").await;
    let (_, chat, _) = world.group("club", &[(alice, Owner)]).await;
    let accounts: Vec<_> = (100_000..110_000).map(AccountKey).collect();
    let mut tx = world.begin().await;
    let listed = tx
        .join_participants(chat.key, &accounts, 0, 0, 50)
        .await
        .unwrap();
    assert_eq!(listed.len(), 10_000);
    let called = tx.set_group_at(chat.key, &accounts, 2).await.unwrap();
    assert_eq!(called.len(), 10_000);
    tx.bound_participants(chat.key, Some(&accounts), 7)
        .await
        .unwrap();
    let listed = tx
        .join_participants(chat.key, &accounts, 0, 0, 60)
        .await
        .unwrap();
    assert_eq!(listed, []);
    tx.bound_participants(chat.key, None, 8).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(reaches(world, accounts[9_999]).await, [(chat.id, 1, 0, 0)]);
}
