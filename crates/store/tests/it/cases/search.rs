//! The search index: what goes in is found by span and narrowing, what changes is told, what is taken out is gone.

use domain::follow::Cursor;
use domain::ids::{AccountKey, ConversationKey, MessageKey};
use domain::ports::{IndexBatch, IndexEntry, OwnConversation, SearchSpan, Span};
use domain::search::{Query, tokens};

use crate::world::{World, append};

fn entry(key: i64, conversation: i64, sender: i64, text: &str) -> IndexEntry {
    IndexEntry {
        key: MessageKey(key),
        conversation: ConversationKey(conversation),
        seq: key * 10,
        sender: AccountKey(sender),
        content_type: if key % 2 == 0 { 101 } else { 106 },
        tokens: tokens(text),
    }
}

/// Makes the follower that the index belongs to.
async fn follow(world: &World) {
    let mut tx = world.begin().await;
    tx.insert_follower("search", Cursor::default(), 0)
        .await
        .unwrap();
    tx.claim_follower("search", "node", 0, i64::MAX)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn write(world: &World, entries: Vec<IndexEntry>, removed: &[i64], position: i64) -> bool {
    let batch = IndexBatch {
        entries,
        removed: removed.iter().copied().map(MessageKey).collect(),
        position,
    };
    world
        .store
        .search_index()
        .write("node", batch)
        .await
        .unwrap()
}

struct Ask<'a> {
    conversations: Option<&'a [ConversationKey]>,
    senders: &'a [AccountKey],
    content_types: &'a [i32],
    span: Span,
    rows_max: usize,
}

const ANY: Ask<'static> = Ask {
    conversations: None,
    senders: &[],
    content_types: &[],
    span: Span {
        level: 20,
        below: 1 << 20,
    },
    rows_max: 100,
};

async fn find(world: &World, text: &str, ask: Ask<'_>) -> Vec<i64> {
    let query = Query::parse(text).unwrap();
    let search = SearchSpan {
        query: &query,
        conversations: ask.conversations,
        senders: ask.senders,
        content_types: ask.content_types,
        span: ask.span,
        rows_max: ask.rows_max,
    };
    let hits = world.store.search_index().find(search).await.unwrap();
    for hit in &hits {
        assert_eq!(hit.seq, hit.key.0 * 10);
    }
    hits.iter().map(|hit| hit.key.0).collect()
}

pub(crate) async fn what_is_indexed_is_found_newest_first(world: &World) {
    follow(world).await;
    let index = world.store.search_index();
    assert_eq!(index.position().await.unwrap(), 0);
    let texts = [
        (1, "今天天气很好"),
        (2, "Hello wide world"),
        (3, "天气预报 says: sunny, wide open"),
        (4, "東京タワー、ＴＯＫＹＯ café"),
        (5, "안녕하세요 세계"),
        (6, "it's 100% ‘quoted’ \\ back:slash #c1 & | ! <->"),
    ];
    let entries = texts
        .iter()
        .map(|(key, text)| entry(*key, key % 3, key % 2, text))
        .collect();
    assert!(write(world, entries, &[], 9).await);
    assert_eq!(index.position().await.unwrap(), 9);
    let expected: [(&str, &[i64]); 22] = [
        ("天气", &[3, 1]),
        ("天天气", &[1]),
        ("气天", &[]),
        ("天", &[3, 1]),
        ("好", &[1]),
        ("wide", &[3, 2]),
        ("WIDE world", &[2]),
        ("world wide", &[2]),
        ("\"wide world\"", &[2]),
        ("\"world wide\"", &[]),
        ("wid", &[]),
        ("wid*", &[3, 2]),
        ("天气 sunny", &[3]),
        ("東京", &[4]),
        ("タワ", &[4]),
        ("tokyo cafe", &[4]),
        ("京タ", &[4]),
        ("안녕하", &[5]),
        ("계", &[5]),
        ("it's \\ #c1", &[6]),
        ("quoted\" OR \"hello", &[]),
        ("back:slash", &[6]),
    ];
    for (query, keys) in expected {
        assert_eq!(find(world, query, ANY).await, keys, "{query}");
    }
}

pub(crate) async fn a_search_is_narrowed_and_cut(world: &World) {
    follow(world).await;
    let ids: Vec<i64> = vec![1, 2, 2_047, 2_048, 2_049, 20_000, 140_000, 1_048_575];
    let entries = ids
        .iter()
        .map(|id| entry(*id, id % 3, id % 2, "相同 text"))
        .collect();
    assert!(write(world, entries, &[], 1_048_575).await);
    let all: Vec<i64> = ids.iter().rev().copied().collect();
    assert_eq!(find(world, "相同", ANY).await, all);
    assert_eq!(
        find(world, "相同", Ask { rows_max: 3, ..ANY }).await,
        all[..3]
    );
    for level in Span::LEVELS {
        for below in [
            1, 2, 2_048, 2_049, 16_385, 131_073, 140_001, 1_048_576, 1_048_577,
        ] {
            let span = Span { level, below };
            let expected: Vec<i64> = all
                .iter()
                .copied()
                .filter(|id| (span.begin()..below).contains(id))
                .collect();
            assert_eq!(
                find(world, "text", Ask { span, ..ANY }).await,
                expected,
                "{span:?}"
            );
        }
    }
    let only = |keep: &dyn Fn(i64) -> bool| -> Vec<i64> {
        all.iter().copied().filter(|id| keep(*id)).collect()
    };
    let conversations = [ConversationKey(0), ConversationKey(2)];
    let ask = Ask {
        conversations: Some(&conversations),
        ..ANY
    };
    assert_eq!(find(world, "相同", ask).await, only(&|id| id % 3 != 1));
    let ask = Ask {
        conversations: Some(&conversations),
        senders: &[AccountKey(1)],
        ..ANY
    };
    assert_eq!(
        find(world, "相同", ask).await,
        only(&|id| id % 3 != 1 && id % 2 == 1)
    );
    let ask = Ask {
        content_types: &[101, 105],
        ..ANY
    };
    assert_eq!(find(world, "相同", ask).await, only(&|id| id % 2 == 0));
    assert!(
        find(
            world,
            "相同",
            Ask {
                conversations: Some(&[]),
                ..ANY
            }
        )
        .await
        .is_empty()
    );
}

pub(crate) async fn an_entry_is_replaced_and_taken_out(world: &World) {
    follow(world).await;
    assert!(
        write(
            world,
            vec![entry(1, 1, 1, "before"), entry(2, 1, 1, "before")],
            &[],
            2
        )
        .await
    );
    assert!(
        write(world, vec![entry(1, 1, 1, "after")], &[], 2).await,
        "without being removed first"
    );
    assert!(write(world, vec![entry(2, 1, 1, "later")], &[2, 77], 3).await);
    assert!(find(world, "before", ANY).await.is_empty());
    assert_eq!(find(world, "after", ANY).await, [1]);
    assert_eq!(find(world, "later", ANY).await, [2]);
    assert!(write(world, vec![], &[1], 4).await);
    assert!(find(world, "after", ANY).await.is_empty());
    let index = world.store.search_index();
    index.reset().await.unwrap();
    // On PostgreSQL a follower that is there keeps its index; a file has one process, which asks before it follows.
    let mut tx = world.begin().await;
    tx.delete_follower("search").await.unwrap();
    tx.commit().await.unwrap();
    index.reset().await.unwrap();
    assert_eq!(index.position().await.unwrap(), 0);
    assert!(find(world, "later", ANY).await.is_empty());
}

pub(crate) async fn a_message_that_changes_is_told_once_there_is_an_index(world: &World) {
    let (alice, _, chat) = world.alice_and_bob().await;
    let mut keys = Vec::new();
    for n in 0..4 {
        keys.push(world.send(append(&chat, alice, &format!("{n}"))).await.key);
    }
    let mut tx = world.begin().await;
    tx.rewrite_message(chat.key, 1, 101, b"{}").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.view().await.message_changes(10).await.unwrap(), []);
    follow(world).await;
    world.send(append(&chat, alice, "new")).await;
    assert_eq!(
        world.view().await.message_changes(10).await.unwrap(),
        [],
        "a new one has not changed"
    );
    let mut tx = world.begin().await;
    tx.rewrite_message(chat.key, 1, 101, b"{}").await.unwrap();
    tx.erase_messages(chat.key, &[3]).await.unwrap();
    tx.erase_messages_until(chat.key, 3).await.unwrap();
    tx.commit().await.unwrap();
    let changes = world.view().await.message_changes(10).await.unwrap();
    let changed: Vec<MessageKey> = changes.iter().map(|(_, key)| *key).collect();
    assert_eq!(changed[..2], [keys[0], keys[2]]);
    let mut rest = changed[2..].to_vec();
    rest.sort();
    assert_eq!(
        rest,
        [keys[0], keys[1]],
        "what was erased is not erased again"
    );
    assert_eq!(
        world.view().await.message_changes(1).await.unwrap(),
        changes[..1]
    );

    let mut rows = world
        .view()
        .await
        .messages_by_key(&[keys[3], keys[0], MessageKey(999)])
        .await
        .unwrap();
    rows.sort_by_key(|row| row.seq);
    assert_eq!(
        rows.iter().map(|row| row.key).collect::<Vec<_>>(),
        [keys[0], keys[3]]
    );
    assert!(rows[0].post.content.is_empty(), "as it stands now");

    let mut tx = world.begin().await;
    tx.forget_message_changes(&[changes[0].0, changes[2].0])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let left = world.view().await.message_changes(10).await.unwrap();
    assert_eq!(left, [changes[1], changes[3]]);
}

pub(crate) async fn own_conversations_come_with_what_can_be_seen(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    world.notices("alice", "bob").await;
    world.list(chat.key, alice, 1).await;
    assert_eq!(world.view().await.own_conversations(bob).await.unwrap(), []);
    for n in 0..5 {
        world.send(append(&chat, alice, &format!("{n}"))).await;
    }
    let mut tx = world.begin().await;
    tx.raise_participant_min_seq(chat.key, alice, 3)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let own = |min_seq| {
        [OwnConversation {
            conversation: chat.key,
            min_seq,
            max_seq: 0,
        }]
    };
    assert_eq!(
        world.view().await.own_conversations(alice).await.unwrap(),
        own(3)
    );
    let mut tx = world.begin().await;
    tx.raise_min_seq(chat.key, 4).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        world.view().await.own_conversations(alice).await.unwrap(),
        own(4)
    );
}
