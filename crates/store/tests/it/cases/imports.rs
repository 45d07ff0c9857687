//! Imports: rows in bulk, how far one has come, and what is put in order at its end.

use std::slice;

use domain::accounts::Account;
use domain::conversations::ConversationKind;
use domain::groups::GroupRole;
use domain::ids::{AccountKey, ConversationId, ConversationKey, GroupKey};
use domain::messages::{Post, Status};
use domain::ports::{
    ImportMark, ImportStep, ImportedConversation, ImportedHead, ImportedHide, ImportedMember,
    ImportedMessage, ImportedReach, LogRange,
};
use domain::sync::{Change, List};

use crate::world::{World, account, group, member, user};

fn message(
    conversation: ConversationKey,
    sender: AccountKey,
    seq: i64,
    client_msg_id: &str,
) -> ImportedMessage {
    ImportedMessage {
        conversation,
        seq,
        sender,
        send_time: 100 + seq,
        status: Status::Sent,
        post: Post {
            client_msg_id: client_msg_id.to_owned(),
            content: "{}".into(),
            at: vec!["bob".to_owned()],
            ..Post::default()
        },
    }
}

/// A chat of two that an import has made.
async fn chat(world: &World) -> (AccountKey, AccountKey, ImportedConversation) {
    let (alice, bob) = (world.account("alice").await, world.account("bob").await);
    let id = ConversationId::direct(&user("alice"), &user("bob"));
    let pair = (id.clone(), ConversationKind::Direct, alice, bob);
    let mut tx = world.begin().await;
    assert_eq!(
        tx.import_conversation_pairs(&[pair.clone(), pair])
            .await
            .unwrap(),
        1
    );
    let found = tx.imported_conversations(&[id]).await.unwrap().remove(0);
    tx.commit().await.unwrap();
    (alice, bob, found)
}

pub(crate) async fn progress_is_kept_with_what_it_counts(world: &World) {
    let mut tx = world.begin().await;
    assert!(!tx.has_conversations().await.unwrap());
    assert_eq!(tx.import_run("f").await.unwrap(), None);
    tx.insert_import("f", 7).await.unwrap();
    let mut step = ImportStep {
        name: "users".to_owned(),
        documents: 3,
        is_finished: false,
        tally: "{}".to_owned(),
    };
    tx.put_import_step("f", &step).await.unwrap();
    step.documents = 4;
    step.is_finished = true;
    tx.put_import_step("f", &step).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = world.begin().await;
    let run = tx.import_run("f").await.unwrap().unwrap();
    assert_eq!((run.started_at, run.finished_at), (7, None));
    assert_eq!(tx.import_steps("f").await.unwrap(), [step]);
    tx.finish_import("f", 9).await.unwrap();
    let run = tx.import_run("f").await.unwrap().unwrap();
    assert_eq!(run.finished_at, Some(9));
    assert_eq!(tx.import_steps("g").await.unwrap(), []);
}

pub(crate) async fn accounts_that_are_there_stay(world: &World) {
    world.account("alice").await;
    let renamed = Account {
        nickname: "Other".to_owned(),
        ..account("alice")
    };
    let new = Account {
        nickname: "B\0b".to_owned(),
        ..account("bob")
    };
    let mut tx = world.begin().await;
    assert_eq!(tx.import_accounts(&[renamed, new]).await.unwrap(), 1);
    let ids = ["alice", "bob", "carol"].map(str::to_owned);
    let mut found = tx.account_keys(&ids).await.unwrap();
    found.sort();
    assert_eq!(found.len(), 2);
    assert_ne!(
        tx.account(&user("alice")).await.unwrap().unwrap().nickname,
        "Other"
    );
    let bob = tx.account(&user("bob")).await.unwrap().unwrap();
    assert_eq!((bob.nickname.as_str(), bob.key), ("B\u{fffd}b", found[1].1));
    let page = tx.account_page(found[0].1, 5).await.unwrap();
    assert_eq!(page, [bob.key]);
}

pub(crate) async fn imported_messages_stand_where_they_stood(world: &World) {
    let (alice, bob, chat) = chat(world).await;
    assert_eq!((chat.low, chat.high, chat.someone), (alice, bob, alice));
    let mut tx = world.begin().await;
    let rows = [
        message(chat.key, alice, 5, "a"),
        message(chat.key, bob, 6, "b"),
    ];
    tx.import_messages(&rows).await.unwrap();
    let hide = ImportedHide {
        account: bob,
        conversation: chat.key,
        seq: 5,
    };
    tx.import_hides(&[hide, hide]).await.unwrap();
    let head = ImportedHead {
        conversation: chat.key,
        max_seq: 6,
        min_seq: 5,
        last_time: 106,
    };
    tx.import_heads(&[head]).await.unwrap();
    let asked = [
        (chat.key, alice, "a"),
        (chat.key, bob, "a"),
        (chat.key, bob, "b"),
    ];
    assert_eq!(tx.taken_client_ids(&asked).await.unwrap(), [0, 2]);
    tx.commit().await.unwrap();

    let range = LogRange {
        conversation: chat.key,
        begin: 1,
        end: 9,
    };
    let found = world
        .view()
        .await
        .messages_in(bob, &[range], 9)
        .await
        .unwrap();
    let seen: Vec<_> = found
        .iter()
        .map(|m| (m.seq, m.send_time, m.is_hidden))
        .collect();
    assert_eq!(seen, [(5, 105, true), (6, 106, false)]);
    assert!(found[0].key < found[1].key);
    assert_eq!(found[0].post, rows[0].post);
    let row = world
        .view()
        .await
        .conversation(&chat.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((row.max_seq, row.min_seq, row.last_time), (6, 5, 106));
    // Both sides get the chat into their lists, as read.
    let mut tx = world.begin().await;
    let mark = ImportMark {
        conversation: ConversationKey(0),
        group: GroupKey(0),
    };
    assert_eq!(tx.settle_conversations(mark).await.unwrap(), (2, 0));
    assert_eq!(tx.settle_conversations(mark).await.unwrap(), (0, 0));
    let states = tx.seq_states(bob).await.unwrap();
    assert_eq!((states[0].max_seq, states[0].has_read_seq), (6, 6));
}

pub(crate) async fn a_tail_is_what_devices_have_seen(world: &World) {
    let (alice, bob, chat) = chat(world).await;
    world.list(chat.key, bob, 1).await;
    let mut tx = world.begin().await;
    tx.import_messages(&[message(chat.key, alice, 1, "a")])
        .await
        .unwrap();
    let head = ImportedHead {
        conversation: chat.key,
        max_seq: 1,
        min_seq: 0,
        last_time: 101,
    };
    tx.import_heads(&[head]).await.unwrap();
    tx.import_seqs(&[(chat.key, 50, 1), (chat.key, 40, 1)])
        .await
        .unwrap();
    assert_eq!(tx.import_tails(ConversationKey(0), 9).await.unwrap(), []);
    let reach = |account, read_seq| ImportedReach {
        account,
        conversation: chat.key,
        min_seq: 0,
        max_seq: 0,
        read_seq,
    };
    // Alice has no row in which it could be kept.
    let taken = tx.import_reaches(&[reach(bob, 70), reach(alice, 1)]).await;
    assert_eq!(taken.unwrap(), 1);
    let tails = tx.import_tails(ConversationKey(0), 9).await.unwrap();
    assert_eq!((tails[0].head.max_seq, tails[0].seen_seq), (1, 50));
    assert_eq!(tails[0].sender, alice);
    assert_eq!(tx.import_tails(chat.key, 9).await.unwrap(), []);
    assert_eq!(tx.unused_seqs().await.unwrap(), (49, 1));
}

pub(crate) async fn groups_are_settled_by_their_members(world: &World) {
    let (alice, bob) = (world.account("alice").await, world.account("bob").await);
    let mut tx = world.begin().await;
    tx.insert_import("f", 1).await.unwrap();
    let mark = tx.import_run("f").await.unwrap().unwrap().mark;
    let new = &group("g");
    assert_eq!(tx.import_groups(slice::from_ref(new)).await.unwrap(), 1);
    assert_eq!(tx.import_groups(slice::from_ref(new)).await.unwrap(), 0);
    let (_, key, chat) = tx.group_keys(&["g".to_owned()]).await.unwrap().remove(0);
    assert!(key > mark.group && chat > mark.conversation);
    assert_eq!(tx.group_page(mark.group, 5).await.unwrap(), [key]);
    let notices = ConversationId::group_notice(&new.id);
    assert_eq!(
        tx.import_group_notices(&[(notices.clone(), key)])
            .await
            .unwrap(),
        1
    );
    let joined = ImportedMember {
        group: key,
        row: member(alice, GroupRole::Owner),
    };
    assert_eq!(tx.import_members(&[joined]).await.unwrap(), 1);
    // Bob has the chat in his list, but is no member any more.
    tx.ensure_participant(chat, bob, 1).await.unwrap();
    assert_eq!(tx.settle_groups(mark).await.unwrap(), (1, 1));
    assert_eq!(tx.settle_groups(mark).await.unwrap(), (0, 0));
    tx.settle_conversations(mark).await.unwrap();
    tx.commit().await.unwrap();

    let mut view = world.view().await;
    let settled = view.group(&new.id).await.unwrap().unwrap();
    assert_eq!((settled.member_count, settled.owner.as_str()), (1, "alice"));
    let id = ConversationId::group(&new.id);
    let notices = view.conversation(&notices).await.unwrap().unwrap();
    let row = view.conversation(&id).await.unwrap().unwrap();
    assert_eq!((row.key, row.notice), (chat, Some(notices.key)));
    let bounds: Vec<_> = [
        view.entries(alice, slice::from_ref(&id)).await.unwrap(),
        view.entries(bob, &[id]).await.unwrap(),
    ]
    .into_iter()
    .map(|entries| entries[0].max_seq)
    .collect();
    assert_eq!(bounds[0], 0);
    assert_ne!(bounds[1], 0);
}

pub(crate) async fn a_version_log_begins_anew(world: &World) {
    let alice = world.account("alice").await;
    let list = List::Friends(alice);
    let mut tx = world.begin().await;
    tx.log_change(&[list], &["bob"], Change::Inserted)
        .await
        .unwrap();
    tx.log_change(&[list], &["carol"], Change::Inserted)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let known = world.view().await.version(list).await.unwrap().unwrap();
    world.clock.set(5_000);
    let mut tx = world.begin().await;
    let lists = [list, List::Blocks(alice)];
    tx.restart_version_logs(&lists).await.unwrap();
    tx.commit().await.unwrap();
    let changes = world
        .view()
        .await
        .changes(list, 0, 9)
        .await
        .unwrap()
        .unwrap();
    assert_ne!(changes.version.id, known.id);
    assert_eq!((changes.version.number, changes.entries.len()), (1, 0));
    assert!(
        world
            .view()
            .await
            .version(lists[1])
            .await
            .unwrap()
            .is_some()
    );
}
