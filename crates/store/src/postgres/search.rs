//! The search index: a `tsvector` of our own tokens beside each message, in a table of its own. It is written and read
//! as its text form, so that no parser or dictionary of PostgreSQL has a say. What narrows a search stands among the
//! tokens, behind a `#`, which no token of a text has: the inverted index then does the narrowing as well.

use async_trait::async_trait;
use deadpool_postgres::Pool;
use domain::conversations::Conversation;
use domain::error::Result;
use domain::ids::{AccountKey, ConversationKey, MessageKey};
use domain::messages::LoggedMessage;
use domain::ports::{
    Hit, IndexBatch, IndexEntry, OwnConversation, SearchIndex, SearchReads, SearchSpan,
    SearchWrites, Span,
};
use std::fmt::Write;

use super::conversations::{CONVERSATION, PARTIES, read_conversation};
use super::messages::{MESSAGE, read_message};
use super::session::{Mode, ReadWrite, Session, column};
use crate::bounds::limit;
use crate::error::{pool, postgres};
use crate::forms::tsquery;

const NOTICE: i32 = domain::conversations::ConversationKind::Notice as i32;

/// The follower whose cursor is the position of the index.
const FOLLOWER: &str = "search";

/// The letters that spans of the four sizes are named by.
const SPAN_LETTERS: [char; Span::LEVELS.len()] = ['w', 'x', 'y', 'z'];

pub(super) struct PostgresIndex {
    pub(super) pool: Pool,
}

#[async_trait]
impl SearchIndex for PostgresIndex {
    async fn position(&self) -> Result<i64> {
        let client = self.pool.get().await.map_err(pool)?;
        let statement = client
            .prepare_cached("SELECT message FROM follower WHERE name = $1")
            .await
            .map_err(postgres)?;
        let row = client
            .query_opt(&statement, &[&FOLLOWER])
            .await
            .map_err(postgres)?;
        row.map_or(Ok(0), |row| column(&row, 0))
    }

    async fn write(&self, holder: &str, batch: IndexBatch) -> Result<bool> {
        let mut client = self.pool.get().await.map_err(pool)?;
        let tx = client.transaction().await.map_err(postgres)?;
        // The row of the follower first: it stays locked, so nobody can take the lease in between.
        let advance = tx
            .prepare_cached("UPDATE follower SET message = $3 WHERE name = $1 AND holder = $2")
            .await
            .map_err(postgres)?;
        let moved = tx
            .execute(&advance, &[&FOLLOWER, &holder, &batch.position])
            .await;
        if moved.map_err(postgres)? == 0 {
            return Ok(false);
        }
        if !batch.removed.is_empty() {
            let keys: Vec<i64> = batch.removed.iter().map(|key| key.0).collect();
            tx.execute("DELETE FROM message_search WHERE id = ANY ($1)", &[&keys])
                .await
                .map_err(postgres)?;
        }
        if !batch.entries.is_empty() {
            let ids: Vec<i64> = batch.entries.iter().map(|entry| entry.key.0).collect();
            let conversations: Vec<i64> = batch
                .entries
                .iter()
                .map(|entry| entry.conversation.0)
                .collect();
            let seqs: Vec<i64> = batch.entries.iter().map(|entry| entry.seq).collect();
            let tokens: Vec<String> = batch.entries.iter().map(vector).collect();
            let insert = tx
                .prepare_cached(
                    "INSERT INTO message_search (id, conversation, seq, tokens)
                    SELECT id, conversation, seq, tokens::tsvector
                    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]) AS n (id, conversation, seq, tokens)
                    ON CONFLICT (id) DO UPDATE SET tokens = excluded.tokens",
                )
                .await
                .map_err(postgres)?;
            tx.execute(&insert, &[&ids, &conversations, &seqs, &tokens])
                .await
                .map_err(postgres)?;
        }
        tx.commit().await.map_err(postgres)?;
        // The list of pending entries, which every search reads through, goes into the index in one sorted run: the
        // rows of a batch together, which is much cheaper than one by one.
        client
            .execute(
                "SELECT gin_clean_pending_list('message_search_tokens')",
                &[],
            )
            .await
            .map_err(postgres)?;
        Ok(true)
    }

    async fn find(&self, search: SearchSpan<'_>) -> Result<Vec<Hit>> {
        let mut narrowed = vec![
            search
                .conversations
                .map(|keys| names('c', keys.iter().map(|key| key.0))),
            (!search.senders.is_empty())
                .then(|| names('s', search.senders.iter().map(|key| key.0))),
            (!search.content_types.is_empty()).then(|| {
                names(
                    't',
                    search.content_types.iter().map(|number| i64::from(*number)),
                )
            }),
        ];
        let letter = Span::LEVELS
            .iter()
            .zip(SPAN_LETTERS)
            .find_map(|(level, letter)| (*level == search.span.level).then_some(letter));
        narrowed.push(letter.map(|letter| names(letter, std::iter::once(search.span.number()))));
        let mut query = tsquery(search.query);
        for names in narrowed.into_iter().flatten() {
            if names.is_empty() {
                return Ok(Vec::new());
            }
            query.push_str(" & (");
            query.push_str(&names.join(" | "));
            query.push(')');
        }
        let client = self.pool.get().await.map_err(pool)?;
        // `+ 0` keeps the planner from walking the ids backwards and looking at every row for the tokens.
        let statement = client
            .prepare_cached(
                "SELECT id, conversation, seq FROM message_search
                WHERE tokens @@ $1::text::tsquery AND id + 0 >= $2 AND id + 0 < $3 ORDER BY id + 0 DESC LIMIT $4",
            )
            .await
            .map_err(postgres)?;
        let (begin, below) = (search.span.begin(), search.span.below);
        let rows = client
            .query(
                &statement,
                &[&query, &begin, &below, &limit(search.rows_max)],
            )
            .await
            .map_err(postgres)?;
        rows.iter()
            .map(|row| {
                Ok(Hit {
                    key: MessageKey(column(row, 0)?),
                    conversation: ConversationKey(column(row, 1)?),
                    seq: column(row, 2)?,
                })
            })
            .collect()
    }

    async fn reset(&self) -> Result<()> {
        let mut client = self.pool.get().await.map_err(pool)?;
        let tx = client.transaction().await.map_err(postgres)?;
        // Two nodes may start at the same time: once one of them has begun to follow, the other one takes nothing away.
        tx.batch_execute("LOCK TABLE follower IN SHARE ROW EXCLUSIVE MODE")
            .await
            .map_err(postgres)?;
        let kept = tx
            .query_opt("SELECT 1 FROM follower WHERE name = $1", &[&FOLLOWER])
            .await
            .map_err(postgres)?;
        if kept.is_none() {
            tx.batch_execute("TRUNCATE message_search, message_changed")
                .await
                .map_err(postgres)?;
        }
        tx.commit().await.map_err(postgres)
    }
}

/// Tokens that narrow a search, quoted.
fn names(letter: char, numbers: impl Iterator<Item = i64>) -> Vec<String> {
    numbers
        .map(|number| format!("'#{letter}{number}'"))
        .collect()
}

/// The text form of the vector. Tokens are letters, digits and marks, so nothing in them needs an escape.
fn vector(entry: &IndexEntry) -> String {
    let mut text = String::with_capacity(entry.tokens.len() * 16 + 96);
    let IndexEntry {
        key,
        conversation,
        sender,
        content_type,
        ..
    } = entry;
    let mut write =
        |args: std::fmt::Arguments<'_>| text.write_fmt(args).expect("writing to memory");
    write(format_args!(
        "'#c{}' '#s{}' '#t{content_type}'",
        conversation.0, sender.0
    ));
    for (level, letter) in Span::LEVELS.iter().zip(SPAN_LETTERS) {
        write(format_args!(" '#{letter}{}'", key.0 >> level));
    }
    for (token, position) in entry.tokens.iter().zip(1..) {
        write(format_args!(" '{token}':{position}"));
    }
    text
}

#[async_trait]
impl<M: Mode> SearchReads for Session<M> {
    async fn message_changes(&mut self, rows_max: usize) -> Result<Vec<(i64, MessageKey)>> {
        let sql = "SELECT key, message FROM message_changed ORDER BY key LIMIT $1";
        self.rows(sql, &[&limit(rows_max)], |row| {
            Ok((column(row, 0)?, MessageKey(column(row, 1)?)))
        })
        .await
    }

    async fn messages_by_key(&mut self, keys: &[MessageKey]) -> Result<Vec<LoggedMessage>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let sql = format!("SELECT {MESSAGE}, false FROM message m WHERE m.id = ANY ($1)");
        self.rows(&sql, &[&keys], read_message).await
    }

    async fn conversations_by_key(
        &mut self,
        keys: &[ConversationKey],
    ) -> Result<Vec<Conversation>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let sql =
            format!("SELECT {CONVERSATION} FROM conversation c {PARTIES} WHERE c.key = ANY ($1)");
        self.rows(&sql, &[&keys], read_conversation).await
    }

    async fn own_conversations(&mut self, account: AccountKey) -> Result<Vec<OwnConversation>> {
        let sql = "SELECT p.conversation, greatest(p.min_seq, c.min_seq), p.max_seq
            FROM participant p JOIN conversation c ON c.key = p.conversation WHERE p.account = $1 AND c.kind <> $2";
        self.rows(sql, &[&account.0, &NOTICE], |row| {
            Ok(OwnConversation {
                conversation: ConversationKey(column(row, 0)?),
                min_seq: column(row, 1)?,
                max_seq: column(row, 2)?,
            })
        })
        .await
    }
}

#[async_trait]
impl SearchWrites for Session<ReadWrite> {
    async fn forget_message_changes(&mut self, keys: &[i64]) -> Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        self.write("DELETE FROM message_changed WHERE key = ANY ($1)", &[&keys])
            .await
            .map(drop)
    }
}
