//! The message log. `append` is the hot path: four statements, five in a group, prepared once, run by the committer for everybody
//! who sends (see `writer.rs`) or inside a larger transaction.

use async_trait::async_trait;
use bytes::Bytes;
use domain::conversations::{ConversationKind, Party};
use domain::error::Result;
use domain::ids::{AccountKey, ConversationId, ConversationKey, GroupId, MessageKey, UserId};
use domain::messages::{
    Append, Appended, FoundMessage, LoggedMessage, MessageFilter, Options, Origin, Placed, Post,
    Route, Status,
};
use domain::ports::{LogRange, MessageReads, MessageWrites, Page};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use super::session::{Mode, ReadWrite, Session, count, known, unreadable};
use super::writer::Operation;
use crate::bounds::{limit, offset};
use crate::error::sqlite;
use crate::forms::{client_key, json, read_push, read_texts, write_push, write_texts};

/// A message; the columns that [`read_message`] reads, less the last, `is_hidden`.
pub(super) const MESSAGE: &str = "m.id, m.conversation, m.seq, m.sender, m.send_time, m.status, m.client_msg_id, m.server_msg_id,
    m.sender_platform, m.sender_nickname, m.sender_face_url, m.origin, m.content_type, m.content, m.create_time,
    m.options, m.push, m.at_users, m.attached_info, m.ex, (SELECT user_id FROM account WHERE key = m.sender)";

const SENT: i64 = Status::Sent as i64;
const DELETED: i64 = Status::Deleted as i64;
const NOTICE: i64 = ConversationKind::Notice as i64;

impl Operation for Append {
    type Answer = Appended;

    fn run(&self, conn: &Connection) -> rusqlite::Result<Appended> {
        append(conn, self)
    }
}

fn append(conn: &Connection, append: &Append) -> rusqlite::Result<Appended> {
    let post = &*append.post;
    let key = client_key(append.conversation, append.sender, &post.client_msg_id);
    // The replay comes first: a retry is answered even if its sender has been blocked since.
    let replay = conn
        .prepare_cached(
            "SELECT id, seq, send_time, server_msg_id FROM message
            WHERE client_key = ?1 AND conversation = ?2 AND sender = ?3 AND client_msg_id = ?4",
        )?
        .query_row(
            (
                key,
                append.conversation.0,
                append.sender.0,
                &post.client_msg_id,
            ),
            |row| {
                let placed = Placed {
                    key: MessageKey(row.get(0)?),
                    seq: row.get(1)?,
                    send_time: row.get(2)?,
                };
                Ok(Appended::Replay {
                    placed,
                    server_msg_id: row.get(3)?,
                })
            },
        )
        .optional()?;
    if let Some(replay) = replay {
        return Ok(replay);
    }
    // Read, then written: `UPDATE … RETURNING` would do it in one statement, but builds a table for its answer each
    // time, which costs more than both.
    let place = conn
        .prepare_cached(
            "SELECT max_seq + 1, max(last_time + 1, ?4) FROM conversation
            WHERE key = ?1 AND policy = ?2 AND (SELECT policy FROM account WHERE key = ?3) = ?5",
        )?
        .query_row(
            [
                append.conversation.0,
                append.conversation_policy,
                append.sender.0,
                append.at,
                append.sender_policy,
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((seq, send_time)) = place else {
        return Ok(Appended::PolicyChanged);
    };
    conn.prepare_cached(
        "UPDATE conversation SET max_seq = ?1, last_time = ?2,
            sent_low = iif(low = ?3, ?1, sent_low), sent_high = iif(high = ?3, ?1, sent_high)
        WHERE key = ?4",
    )?
    .execute([seq, send_time, append.sender.0, append.conversation.0])?;
    if append.raises_read_seq {
        conn.prepare_cached(
            "UPDATE participant SET read_seq = ?1 WHERE account = ?2 AND conversation = ?3 AND read_seq < ?1",
        )?
        .execute([seq, append.sender.0, append.conversation.0])?;
    }
    let key = insert(conn, append, key, seq, send_time)?;
    Ok(Appended::Stored(Placed {
        key,
        seq,
        send_time,
    }))
}

fn insert(
    conn: &Connection,
    append: &Append,
    client_key: i64,
    seq: i64,
    send_time: i64,
) -> rusqlite::Result<MessageKey> {
    let post = &*append.post;
    let mut statement = conn.prepare_cached(
        "INSERT INTO message (conversation, seq, sender, client_key, client_msg_id, server_msg_id, sender_platform,
            sender_nickname, sender_face_url, origin, content_type, content, create_time, send_time, status, options,
            push, at_users, attached_info, ex)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
    )?;
    let id = statement.insert(rusqlite::params![
        append.conversation.0,
        seq,
        append.sender.0,
        client_key,
        post.client_msg_id,
        post.server_msg_id,
        post.sender_platform,
        post.sender_nickname,
        post.sender_face_url,
        post.origin as i64,
        post.content_type,
        &post.content[..],
        post.create_time,
        send_time,
        SENT,
        post.options.0,
        post.push.as_deref().map(write_push),
        write_texts(&post.at),
        post.attached_info,
        post.ex,
    ])?;
    Ok(MessageKey(id))
}

#[async_trait]
impl<M: Mode> MessageReads for Session<M> {
    async fn messages_in(
        &mut self,
        viewer: AccountKey,
        ranges: &[LogRange],
        rows_max: usize,
    ) -> Result<Vec<LoggedMessage>> {
        // The log has no gaps, so of no range more rows can be wanted than in all: without this bound a wide range
        // would be read to its end only to be cut off.
        let rows = limit(rows_max);
        let ranges: Vec<[i64; 3]> = ranges
            .iter()
            .map(|range| {
                let begin = range.begin.max(1);
                [
                    range.conversation.0,
                    begin,
                    range.end.min(begin.saturating_add(rows) - 1),
                ]
            })
            .collect();
        let sql = format!(
            "SELECT {MESSAGE}, h.seq IS NOT NULL FROM json_each(?1) r
            CROSS JOIN message m ON m.conversation = r.value ->> 0 AND m.seq BETWEEN r.value ->> 1 AND r.value ->> 2
            LEFT JOIN message_hidden h ON h.account = ?2 AND h.conversation = m.conversation AND h.seq = m.seq
            ORDER BY r.key, m.seq LIMIT ?3"
        );
        self.rows(&sql, (json(&ranges), viewer.0, rows), read_message)
    }

    async fn messages_after(
        &mut self,
        after: MessageKey,
        rows_max: usize,
    ) -> Result<Vec<LoggedMessage>> {
        let sql =
            format!("SELECT {MESSAGE}, 0 FROM message m WHERE m.id > ?1 ORDER BY m.id LIMIT ?2");
        self.rows(&sql, (after.0, limit(rows_max)), read_message)
    }

    async fn message_by_client_id(
        &mut self,
        conversation: ConversationKey,
        sender: AccountKey,
        client_msg_id: &str,
    ) -> Result<Option<LoggedMessage>> {
        let sql = format!(
            "SELECT {MESSAGE}, 0 FROM message m
            WHERE m.client_key = ?1 AND m.conversation = ?2 AND m.sender = ?3 AND m.client_msg_id = ?4"
        );
        let key = client_key(conversation, sender, client_msg_id);
        self.row(
            &sql,
            (key, conversation.0, sender.0, client_msg_id),
            read_message,
        )
    }

    async fn search_messages(
        &mut self,
        filter: &MessageFilter,
        page: Page,
    ) -> Result<(u64, Vec<FoundMessage>)> {
        let Search {
            conditions,
            mut params,
        } = Search::for_filter(filter);
        let found = format!(
            "FROM message m JOIN conversation c ON c.key = m.conversation WHERE {conditions}"
        );
        let all = self.one(
            &format!("SELECT count(*) {found}"),
            params_from_iter(&params),
            count,
        )?;
        params.extend([page.rows.into(), offset(page).into()]);
        // The page is cut before the names are looked up.
        let sql = format!(
            "SELECT {MESSAGE}, 0, m.conversation_id, m.kind, r.user_id, g.group_id FROM (
                SELECT m.*, c.id AS conversation_id, c.kind AS kind, c.grp AS grp, {RECIPIENT} AS recipient
                {found} ORDER BY m.id DESC LIMIT ? OFFSET ?) m
            LEFT JOIN account r ON r.key = m.recipient LEFT JOIN group_info g ON g.key = m.grp
            ORDER BY m.id DESC"
        );
        Ok((all, self.rows(&sql, params_from_iter(&params), read_found)?))
    }
}

#[async_trait]
impl MessageWrites for Session<ReadWrite> {
    async fn append_message(&mut self, message: &Append) -> Result<Appended> {
        append(self.conn()?, message).map_err(sqlite)
    }

    async fn rewrite_message(
        &mut self,
        conversation: ConversationKey,
        seq: i64,
        content_type: i32,
        content: &[u8],
    ) -> Result<()> {
        // The push text repeats what the message said.
        let sql = "UPDATE message SET content_type = ?3, content = ?4, push = NULL WHERE conversation = ?1 AND seq = ?2";
        self.write(sql, (conversation.0, seq, content_type, content))
            .map(drop)
    }

    async fn erase_messages(&mut self, conversation: ConversationKey, seqs: &[i64]) -> Result<()> {
        let sql = format!("{ERASE} AND seq IN (SELECT value FROM json_each(?3))");
        self.write(&sql, (conversation.0, DELETED, json(seqs)))
            .map(drop)
    }

    async fn erase_messages_until(
        &mut self,
        conversation: ConversationKey,
        until: i64,
    ) -> Result<()> {
        self.write(
            &format!("{ERASE} AND seq <= ?3"),
            [conversation.0, DELETED, until],
        )
        .map(drop)
    }

    async fn hide_messages(
        &mut self,
        conversation: ConversationKey,
        account: AccountKey,
        seqs: &[i64],
    ) -> Result<()> {
        let sql = "INSERT INTO message_hidden (account, conversation, seq)
            SELECT ?1, ?2, value FROM json_each(?3) WHERE true
            ON CONFLICT (account, conversation, seq) DO NOTHING";
        self.write(sql, (account.0, conversation.0, json(seqs)))
            .map(drop)
    }
}

/// Everything that was said goes; who wrote when, and the ids, stay.
const ERASE: &str = "UPDATE message
    SET status = ?2, content = x'', push = NULL, at_users = NULL, attached_info = '', ex = ''
    WHERE conversation = ?1 AND status <> ?2";

/// To whom a message went; nobody if it went to a group.
const RECIPIENT: &str = "iif(c.low = m.sender, c.high, c.low)";

/// The conditions of a search. They are put together because SQLite uses no index for "no value or equal to it".
struct Search {
    conditions: String,
    params: Vec<Value>,
}

impl Search {
    fn for_filter(filter: &MessageFilter) -> Self {
        let mut search = Self {
            conditions: "c.kind <> ?".into(),
            params: vec![NOTICE.into()],
        };
        if let Some(sender) = &filter.sender {
            search.and_conversation_of(sender);
            search.and(
                "m.sender = (SELECT key FROM account WHERE user_id = ?)",
                sender.to_string(),
            );
        }
        if let Some(recipient) = &filter.recipient {
            search.and_conversation_of(recipient);
            search.and(
                &format!("{RECIPIENT} = (SELECT key FROM account WHERE user_id = ?)"),
                recipient.to_string(),
            );
        }
        if let Some(content_type) = filter.content_type {
            search.and("m.content_type = ?", content_type);
        }
        if let Some(kind) = filter.kind {
            search.and("c.kind = ?", kind as i64);
        }
        if let Some(from) = filter.sent_from {
            search.and("m.send_time >= ?", from);
        }
        if let Some(before) = filter.sent_before {
            search.and("m.send_time < ?", before);
        }
        if let Some(conversation) = &filter.conversation {
            search.and(
                "m.conversation = (SELECT key FROM conversation WHERE id = ?)",
                conversation.to_string(),
            );
        }
        search
    }

    /// There is no index by sender, which every send would have to pay for; but one by the sides of conversations,
    /// and one by participants for those of groups.
    fn and_conversation_of(&mut self, user: &UserId) {
        self.and(
            "m.conversation IN (SELECT x.key FROM account a JOIN conversation x ON x.low = a.key OR x.high = a.key
                WHERE a.user_id = ?
                UNION SELECT p.conversation FROM account a JOIN participant p ON p.account = a.key WHERE a.user_id = ?)",
            user.to_string(),
        );
        self.params.push(user.to_string().into());
    }

    fn and(&mut self, condition: &str, param: impl Into<Value>) {
        self.conditions.push_str(" AND ");
        self.conditions.push_str(condition);
        self.params.push(param.into());
    }
}

pub(super) fn read_message(row: &Row<'_>) -> rusqlite::Result<LoggedMessage> {
    let push = row
        .get_ref(16)?
        .as_str_or_null()?
        .map(read_push)
        .transpose()
        .map_err(unreadable)?;
    let at = row
        .get_ref(17)?
        .as_str_or_null()?
        .map(read_texts)
        .transpose()
        .map_err(unreadable)?;
    Ok(LoggedMessage {
        key: MessageKey(row.get(0)?),
        conversation: ConversationKey(row.get(1)?),
        seq: row.get(2)?,
        sender: AccountKey(row.get(3)?),
        sender_id: known("user_id", UserId::new(row.get::<_, String>(20)?))?,
        send_time: row.get(4)?,
        status: known("status", Status::from_number(row.get(5)?))?,
        is_hidden: row.get(21)?,
        post: Post {
            client_msg_id: row.get(6)?,
            server_msg_id: row.get(7)?,
            sender_platform: row.get(8)?,
            sender_nickname: row.get(9)?,
            sender_face_url: row.get(10)?,
            origin: known("origin", Origin::from_number(row.get(11)?))?,
            content_type: row.get(12)?,
            content: Bytes::copy_from_slice(row.get_ref(13)?.as_blob()?),
            create_time: row.get(14)?,
            options: Options(row.get(15)?),
            push: push.map(Box::new),
            at: at.unwrap_or_default(),
            attached_info: row.get(18)?,
            ex: row.get(19)?,
        },
    })
}

fn read_found(row: &Row<'_>) -> rusqlite::Result<FoundMessage> {
    let message = read_message(row)?;
    let recipient = match (
        row.get::<_, Option<String>>(24)?,
        row.get::<_, Option<String>>(25)?,
    ) {
        (_, Some(group)) => GroupId::new(group).map(Party::Group),
        (Some(user), None) => UserId::new(user).map(Party::Person),
        (None, None) => None,
    };
    Ok(FoundMessage {
        route: Route {
            conversation: known(
                "conversation id",
                ConversationId::parse(row.get::<_, String>(22)?),
            )?,
            kind: known("kind", ConversationKind::from_number(row.get(23)?))?,
            sender: message.sender_id.clone(),
            recipient: known("recipient", recipient)?,
        },
        message,
    })
}
