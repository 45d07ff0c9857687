//! What only shows from inside: failing commits, transactions that SQLite takes back, a full database.

use std::future::poll_fn;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use domain::accounts::{Account, AccountKind, Receive};
use domain::conversations::{Conversation, ConversationKind};
use domain::error::{Error, Result};
use domain::ids::{AccountKey, ConversationId, UserId};
use domain::messages::{Append, Appended, Post};
use domain::ports::{Between, LogRange, NewConversation, Store};
use domain::time::{Clock, Millis};
use rusqlite::Connection;
use tempfile::TempDir;

use super::wal::Wal;
use super::writer::{GroupCommit, Operation, Transaction};
use super::{BUSY_TIMEOUT, SqliteStore, open_writer};
use crate::Settings;

/// Inserts the number, or fails without one. [`PANICS`] is inserted and then panics.
struct Insert(Option<i64>);

const PANICS: i64 = -1;

impl Operation for Insert {
    type Answer = ();

    fn run(&self, conn: &Connection) -> rusqlite::Result<()> {
        conn.execute("INSERT INTO numbers VALUES (?1)", [self.0])?;
        assert!(self.0 != Some(PANICS), "as it was told to");
        Ok(())
    }
}

fn start() -> (TempDir, GroupCommit<Insert>) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("numbers.db");
    let conn = open_writer(&path).expect("opened");
    conn.execute_batch("CREATE TABLE numbers (n INTEGER NOT NULL)")
        .expect("made");
    let writer =
        GroupCommit::start(conn, Arc::new(Wal::new(&path, BUSY_TIMEOUT))).expect("started");
    (directory, writer)
}

async fn numbers(writer: &GroupCommit<Insert>) -> Vec<i64> {
    let writer = writer.lock().await;
    let mut statement = writer
        .conn
        .prepare("SELECT n FROM numbers ORDER BY n")
        .expect("prepared");
    statement
        .query_map([], |row| row.get(0))
        .expect("read")
        .collect::<Result<_, _>>()
        .expect("read")
}

fn insert(transaction: &Transaction, n: i64) {
    transaction
        .conn()
        .expect("open")
        .execute("INSERT INTO numbers VALUES (?1)", [n])
        .expect("inserted");
}

fn is_unavailable<T>(result: &Result<T>) -> bool {
    matches!(result, Err(Error::Unavailable { .. }))
}

/// Polls once, which must not be enough.
async fn poll_once<F: Future>(mut future: std::pin::Pin<&mut F>) {
    poll_fn(|context| {
        assert!(future.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
}

#[tokio::test]
async fn a_failed_commit_fails_everybody_in_it_and_nobody_after() {
    let (_directory, writer) = start();
    let transaction = writer.begin().await.expect("begun");
    insert(&transaction, 1);
    // Both are queued while the transaction has the connection, so they share its physical transaction.
    let mut good = pin!(writer.submit(Insert(Some(2))));
    let mut bad = pin!(writer.submit(Insert(None)));
    poll_once(good.as_mut()).await;
    poll_once(bad.as_mut()).await;
    let (committed, good, bad) = tokio::join!(transaction.commit(), good, bad);
    assert!(is_unavailable(&committed) && is_unavailable(&good) && is_unavailable(&bad));
    assert_eq!(numbers(&writer).await, [0; 0]);

    writer.submit(Insert(Some(3))).await.expect("written");
    let transaction = writer.begin().await.expect("begun");
    insert(&transaction, 4);
    transaction.commit().await.expect("committed");
    assert_eq!(numbers(&writer).await, [3, 4]);
}

#[tokio::test]
async fn a_dropped_transaction_leaves_those_that_share_its_physical_one_alone() {
    let (_directory, writer) = start();
    let first = writer.begin().await.expect("begun");
    insert(&first, 1);
    // Queued before the committer, so it begins in the same physical transaction.
    let mut second = pin!(writer.begin());
    poll_once(second.as_mut()).await;
    let mut first = pin!(first.commit());
    poll_once(first.as_mut()).await;
    let second = second.await.expect("begun");
    insert(&second, 2);
    drop(second);
    first.await.expect("committed");
    assert_eq!(numbers(&writer).await, [1]);
}

#[tokio::test]
async fn a_transaction_that_sqlite_took_back_cannot_go_on() {
    let (_directory, writer) = start();
    let transaction = writer.begin().await.expect("begun");
    insert(&transaction, 1);
    // What SQLite does by itself when the disk is full.
    transaction
        .conn()
        .expect("open")
        .execute_batch("ROLLBACK")
        .expect("rolled back");
    assert!(is_unavailable(&transaction.conn()));
    assert!(is_unavailable(&transaction.commit().await));
    let transaction = writer.begin().await.expect("begun");
    insert(&transaction, 2);
    transaction.commit().await.expect("committed");
    assert_eq!(numbers(&writer).await, [2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_waits_for_what_has_begun() {
    let (_directory, writer) = start();
    let transaction = writer.begin().await.expect("begun");
    insert(&transaction, 1);
    let mut queued = pin!(writer.submit(Insert(Some(2))));
    poll_once(queued.as_mut()).await;
    let mut closing = pin!(writer.close());
    poll_once(closing.as_mut()).await;
    transaction.commit().await.expect("committed");
    queued.await.expect("written");
    closing.await;
    assert!(is_unavailable(&writer.begin().await));
    assert!(is_unavailable(&writer.submit(Insert(Some(3))).await));
    assert_eq!(numbers(&writer).await, [1, 2]);
}

#[tokio::test]
async fn a_committer_that_panics_leaves_nobody_waiting() {
    let (_directory, writer) = start();
    writer.submit(Insert(Some(1))).await.expect("written");
    let transaction = writer.begin().await.expect("begun");
    insert(&transaction, 2);
    let mut queued = pin!(writer.submit(Insert(Some(PANICS))));
    let mut behind = pin!(writer.submit(Insert(Some(3))));
    poll_once(queued.as_mut()).await;
    poll_once(behind.as_mut()).await;
    let (committed, queued, behind) = tokio::join!(transaction.commit(), queued, behind);
    assert!(is_unavailable(&committed) && is_unavailable(&queued) && is_unavailable(&behind));
    assert!(is_unavailable(&writer.begin().await));
    assert!(is_unavailable(&writer.submit(Insert(Some(4))).await));
    assert_eq!(numbers(&writer).await, [1]);
}

struct NoClock;

impl Clock for NoClock {
    fn now(&self) -> Millis {
        0
    }
}

async fn store_with_chat(path: &Path) -> (SqliteStore, AccountKey, Conversation) {
    let store = SqliteStore::open(path, &Settings::default(), Arc::new(NoClock)).expect("opened");
    let user_id = UserId::new("alice").expect("valid");
    let account = Account {
        key: AccountKey(0),
        user_id: user_id.clone(),
        nickname: String::new(),
        face_url: String::new(),
        ex: String::new(),
        kind: AccountKind::User,
        staff: None,
        receive: Receive::Notify,
        created_at: 0,
        policy: 1,
    };
    let mut tx = store.begin().await.expect("begun");
    let key = tx
        .insert_account(&account)
        .await
        .expect("inserted")
        .expect("new");
    let id = ConversationId::direct(&user_id, &user_id);
    let new = NewConversation {
        id,
        kind: ConversationKind::Direct,
        between: Between::Accounts(key, key),
    };
    let (chat, _) = tx.ensure_conversation(&new).await.expect("made");
    tx.commit().await.expect("committed");
    (store, key, chat)
}

fn append(chat: &Conversation, sender: AccountKey, id: String) -> Append {
    let post = Post {
        client_msg_id: id,
        content: vec![b'x'; 1000].into(),
        ..Post::default()
    };
    Append {
        conversation: chat.key,
        sender,
        conversation_policy: chat.policy,
        sender_policy: 1,
        raises_read_seq: false,
        at: 0,
        post: Arc::new(post),
    }
}

/// Appends from 16 tasks at once; returns what was acknowledged and how many were refused.
async fn append_many(
    store: &Arc<SqliteStore>,
    chat: &Conversation,
    sender: AccountKey,
    name: &str,
) -> (Vec<i64>, usize) {
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..16 {
        let (store, chat, name) = (store.clone(), chat.clone(), name.to_owned());
        tasks.spawn(async move {
            let mut answers = Vec::new();
            for m in 0..20 {
                answers.push(
                    store
                        .append(append(&chat, sender, format!("{name}-{n}-{m}")))
                        .await,
                );
            }
            answers
        });
    }
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    for answer in tasks.join_all().await.into_iter().flatten() {
        match answer {
            Ok(Appended::Stored(placed)) => acknowledged.push(placed.seq),
            other => {
                assert!(is_unavailable(&other), "{other:?}");
                refused += 1;
            }
        }
    }
    (acknowledged, refused)
}

async fn seqs(store: &SqliteStore, chat: &Conversation, viewer: AccountKey) -> Vec<i64> {
    let range = LogRange {
        conversation: chat.key,
        begin: 1,
        end: i64::MAX,
    };
    let messages = store
        .view()
        .await
        .expect("a view")
        .messages_in(viewer, &[range], 100_000)
        .await
        .expect("read");
    messages.into_iter().map(|message| message.seq).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_database_loses_nothing_and_recovers() {
    let directory = tempfile::tempdir().expect("a directory");
    let (store, alice, chat) = store_with_chat(&directory.path().join("full.db")).await;
    let store = Arc::new(store);
    let limit_pages = async |pages: i64| {
        let writer = store.writer.lock().await;
        let set: i64 = writer
            .conn
            .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| {
                row.get(0)
            })
            .expect("set");
        assert_eq!(set, pages);
    };
    let used = {
        let writer = store.writer.lock().await;
        writer
            .conn
            .query_row("PRAGMA page_count", [], |row| row.get::<_, i64>(0))
            .expect("read")
    };
    limit_pages(used + 40).await;
    let (mut acknowledged, refused) = append_many(&store, &chat, alice, "first").await;
    assert!(
        refused > 100 && !acknowledged.is_empty(),
        "{refused} refused"
    );
    // Transactions are refused as well, each for itself.
    let mut tx = store.begin().await.expect("begun");
    let mut outcome = Ok(());
    for n in 0..100 {
        outcome = tx
            .append_message(&append(&chat, alice, format!("tx-{n}")))
            .await
            .map(drop);
        if outcome.is_err() {
            break;
        }
    }
    assert!(is_unavailable(&outcome));
    drop(tx);

    let mut stored = seqs(&store, &chat, alice).await;
    acknowledged.sort_unstable();
    assert_eq!(
        stored, acknowledged,
        "all that was acknowledged and nothing else"
    );

    limit_pages(1_000_000).await;
    let (more, refused) = append_many(&store, &chat, alice, "second").await;
    assert_eq!((more.len(), refused), (320, 0), "it works again");
    acknowledged.extend(more);
    acknowledged.sort_unstable();
    stored = seqs(&store, &chat, alice).await;
    assert_eq!(stored, acknowledged);
    assert_eq!(stored, (1..=stored.len() as i64).collect::<Vec<_>>());
    store.close().await;
}

/// Here it is the log that cannot grow, so that it is COMMIT that fails.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "mounts a small file system, which takes root"]
async fn a_full_disk_loses_nothing_and_recovers() {
    let disk = SmallDisk::mount();
    let directory = disk.0.path();
    let (store, alice, chat) = store_with_chat(&directory.join("full.db")).await;
    let store = Arc::new(store);
    let filler = directory.join("filler");
    // As much as there is place for.
    let _ = std::fs::write(&filler, vec![0; SmallDisk::BYTES]);
    let (mut acknowledged, refused) = append_many(&store, &chat, alice, "first").await;
    assert!(refused > 0, "the disk was never full");
    acknowledged.sort_unstable();
    assert_eq!(seqs(&store, &chat, alice).await, acknowledged);
    let mut tx = store.begin().await.expect("begun");
    let appended = tx.append_message(&append(&chat, alice, "tx".into())).await;
    assert!(appended.is_err() || is_unavailable(&tx.commit().await));

    std::fs::remove_file(&filler).expect("removed");
    let (more, refused) = append_many(&store, &chat, alice, "second").await;
    assert_eq!((more.len(), refused), (320, 0), "it works again");
    acknowledged.extend(more);
    acknowledged.sort_unstable();
    assert_eq!(seqs(&store, &chat, alice).await, acknowledged);
    store.close().await;
}

struct SmallDisk(TempDir);

impl SmallDisk {
    const BYTES: usize = 16 << 20;

    fn mount() -> Self {
        let disk = Self(tempfile::tempdir().expect("a directory"));
        disk.run(
            "mount",
            &[
                "-t",
                "tmpfs",
                "-o",
                &format!("size={}", Self::BYTES),
                "none",
            ],
        );
        disk
    }

    fn run(&self, command: &str, arguments: &[&str]) {
        let status = std::process::Command::new(command)
            .args(arguments)
            .arg(self.0.path())
            .status();
        assert!(status.expect("a command").success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        self.run("umount", &["-l"]);
    }
}
