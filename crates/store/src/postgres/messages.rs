//! The message log: reading and changing it. How it is written is in `append.rs`.

use async_trait::async_trait;
use bytes::Bytes;
use domain::conversations::{ConversationKind, Party};
use domain::error::{Error, Result};
use domain::ids::{AccountKey, ConversationId, ConversationKey, GroupId, MessageKey, UserId};
use domain::messages::{
    Append, Appended, FoundMessage, LoggedMessage, MessageFilter, Options, Origin, Post, Route,
    Status,
};
use domain::ports::{LogRange, MessageReads, MessageWrites, Page};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::append::{self, Scope, Statements, append_all};
use super::outbox::Positions;
use super::session::{Mode, ReadWrite, Session, column, count, known, number, text};
use crate::bounds::{limit, offset};
use crate::error::postgres;
use crate::forms::{read_push, read_texts};

/// A message; the columns that [`read_message`] reads, less the last, `is_hidden`.
pub(super) const MESSAGE: &str = "m.id, m.conversation, m.seq, m.sender, m.send_time, m.status, m.client_msg_id, m.server_msg_id,
    m.sender_platform, m.sender_nickname, m.sender_face_url, m.origin, m.content_type, m.content, m.create_time,
    m.options, m.push, m.at_users, m.attached_info, m.ex, (SELECT user_id FROM account WHERE key = m.sender)";

const DELETED: i32 = Status::Deleted as i32;
const NOTICE: i32 = ConversationKind::Notice as i32;

#[async_trait]
impl<M: Mode> MessageReads for Session<M> {
    async fn messages_in(
        &mut self,
        viewer: AccountKey,
        ranges: &[LogRange],
        rows_max: usize,
    ) -> Result<Vec<LoggedMessage>> {
        let conversations: Vec<i64> = ranges.iter().map(|range| range.conversation.0).collect();
        let begins: Vec<i64> = ranges.iter().map(|range| range.begin).collect();
        let ends: Vec<i64> = ranges.iter().map(|range| range.end).collect();
        let sql = format!(
            "SELECT {MESSAGE}, h.seq IS NOT NULL
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])
                WITH ORDINALITY AS r (conversation, begin_seq, end_seq, n)
            CROSS JOIN LATERAL (
                SELECT * FROM message WHERE conversation = r.conversation AND seq BETWEEN r.begin_seq AND r.end_seq
                ORDER BY seq LIMIT $5) m
            LEFT JOIN message_hidden h ON h.account = $4 AND h.conversation = m.conversation AND h.seq = m.seq
            ORDER BY r.n, m.seq LIMIT $5"
        );
        self.rows(
            &sql,
            &[&conversations, &begins, &ends, &viewer.0, &limit(rows_max)],
            read_message,
        )
        .await
    }

    async fn messages_after(
        &mut self,
        after: MessageKey,
        rows_max: usize,
    ) -> Result<Vec<LoggedMessage>> {
        let known = Positions {
            message: after.0,
            outbox: i64::MAX,
        };
        let settled = self.settled_positions(known).await?;
        let sql = format!(
            "SELECT {MESSAGE}, false FROM message m WHERE m.id > $1 AND m.id <= $2 ORDER BY m.id LIMIT $3"
        );
        self.rows(
            &sql,
            &[&after.0, &settled.message, &limit(rows_max)],
            read_message,
        )
        .await
    }

    async fn message_by_client_id(
        &mut self,
        conversation: ConversationKey,
        sender: AccountKey,
        client_msg_id: &str,
    ) -> Result<Option<LoggedMessage>> {
        let sql = format!(
            "SELECT {MESSAGE}, false FROM message m
            WHERE m.conversation = $1 AND m.sender = $2 AND m.client_msg_id = $3"
        );
        self.row(
            &sql,
            &[&conversation.0, &sender.0, &text(client_msg_id)],
            read_message,
        )
        .await
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
        let all = self
            .one(&format!("SELECT count(*) {found}"), &borrow(&params), count)
            .await?;
        params.extend([
            Box::new(i64::from(page.rows)) as Param,
            Box::new(offset(page)),
        ]);
        let (rows, skipped) = (params.len() - 1, params.len());
        // The page is cut before the names are looked up.
        let sql = format!(
            "SELECT {MESSAGE}, false, m.conversation_id, m.kind, r.user_id, g.group_id FROM (
                SELECT m.*, c.id AS conversation_id, c.kind AS kind, c.grp AS grp, {RECIPIENT} AS recipient
                {found} ORDER BY m.id DESC LIMIT ${rows} OFFSET ${skipped}) m
            LEFT JOIN account r ON r.key = m.recipient LEFT JOIN group_info g ON g.key = m.grp
            ORDER BY m.id DESC"
        );
        Ok((all, self.rows(&sql, &borrow(&params), read_found).await?))
    }
}

#[async_trait]
impl MessageWrites for Session<ReadWrite> {
    async fn append_message(&mut self, message: &Append) -> Result<Appended> {
        let statements = Statements {
            lock: self.prepare(append::LOCK).await?,
            replays: self.prepare(append::REPLAYS).await?,
            policies: self.prepare(append::POLICIES).await?,
            ids: self.prepare(append::IDS).await?,
            advance: self.prepare(append::ADVANCE).await?,
            insert: self.prepare(append::INSERT).await?,
            raise_read: self.prepare(append::RAISE_READ).await?,
        };
        let appended = append_all(
            self.mode.client(),
            &statements,
            &[message],
            Scope::WithinTransaction,
        )
        .await;
        appended
            .map_err(postgres)?
            .pop()
            .ok_or_else(|| Error::internal("an append without an answer"))
    }

    async fn rewrite_message(
        &mut self,
        conversation: ConversationKey,
        seq: i64,
        content_type: i32,
        content: &[u8],
    ) -> Result<()> {
        // The push text repeats what the message said.
        let sql = "UPDATE message SET content_type = $3, content = $4, push = NULL WHERE conversation = $1 AND seq = $2";
        self.write(sql, &[&conversation.0, &seq, &content_type, &content])
            .await
            .map(drop)
    }

    async fn erase_messages(&mut self, conversation: ConversationKey, seqs: &[i64]) -> Result<()> {
        self.write(
            &format!("{ERASE} AND seq = ANY ($3)"),
            &[&conversation.0, &DELETED, &seqs],
        )
        .await
        .map(drop)
    }

    async fn erase_messages_until(
        &mut self,
        conversation: ConversationKey,
        until: i64,
    ) -> Result<()> {
        self.write(
            &format!("{ERASE} AND seq <= $3"),
            &[&conversation.0, &DELETED, &until],
        )
        .await
        .map(drop)
    }

    async fn hide_messages(
        &mut self,
        conversation: ConversationKey,
        account: AccountKey,
        seqs: &[i64],
    ) -> Result<()> {
        let sql = "INSERT INTO message_hidden (account, conversation, seq)
            SELECT $1::bigint, $2::bigint, seq FROM unnest($3::bigint[]) AS seq
            ON CONFLICT (account, conversation, seq) DO NOTHING";
        self.write(sql, &[&account.0, &conversation.0, &seqs])
            .await
            .map(drop)
    }
}

/// Everything that was said goes; who wrote when, and the ids, stay.
const ERASE: &str = "UPDATE message
    SET status = $2, content = '', push = NULL, at_users = NULL, attached_info = '', ex = ''
    WHERE conversation = $1 AND status <> $2";

/// To whom a message went; nobody if it went to a group.
const RECIPIENT: &str = "CASE WHEN c.low = m.sender THEN c.high ELSE c.low END";

type Param = Box<dyn ToSql + Sync + Send>;

fn borrow(params: &[Param]) -> Vec<&(dyn ToSql + Sync)> {
    params
        .iter()
        .map(|param| &**param as &(dyn ToSql + Sync))
        .collect()
}

/// The conditions of a search, put together because "no value or equal to it" hides from the planner which index
/// serves.
struct Search {
    conditions: String,
    params: Vec<Param>,
}

impl Search {
    fn for_filter(filter: &MessageFilter) -> Self {
        let mut search = Self {
            conditions: "c.kind <> $1".into(),
            params: vec![Box::new(NOTICE)],
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
            search.and("c.kind = ?", kind as i32);
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
            "m.conversation IN (SELECT x.key FROM account a JOIN conversation x ON a.key IN (x.low, x.high)
                WHERE a.user_id = ?
                UNION SELECT p.conversation FROM account a JOIN participant p ON p.account = a.key WHERE a.user_id = ?)",
            user.to_string(),
        );
    }

    /// `?` stands for the parameter.
    fn and(&mut self, condition: &str, param: impl ToSql + Sync + Send + 'static) {
        self.params.push(Box::new(param));
        let condition = condition.replace('?', &format!("${}", self.params.len()));
        self.conditions.push_str(" AND ");
        self.conditions.push_str(&condition);
    }
}

pub(super) fn read_message(row: &Row) -> Result<LoggedMessage> {
    let push = column::<Option<&str>>(row, 16)?
        .map(read_push)
        .transpose()
        .map_err(Error::internal)?;
    let at = column::<Option<&str>>(row, 17)?
        .map(read_texts)
        .transpose()
        .map_err(Error::internal)?;
    Ok(LoggedMessage {
        key: MessageKey(column(row, 0)?),
        conversation: ConversationKey(column(row, 1)?),
        seq: column(row, 2)?,
        sender: AccountKey(column(row, 3)?),
        sender_id: known("user_id", UserId::new(column::<String>(row, 20)?))?,
        send_time: column(row, 4)?,
        status: known("status", Status::from_number(number(row, 5)?))?,
        is_hidden: column(row, 21)?,
        post: Post {
            client_msg_id: column(row, 6)?,
            server_msg_id: column(row, 7)?,
            sender_platform: column(row, 8)?,
            sender_nickname: column(row, 9)?,
            sender_face_url: column(row, 10)?,
            origin: known("origin", Origin::from_number(number(row, 11)?))?,
            content_type: column(row, 12)?,
            content: Bytes::copy_from_slice(column(row, 13)?),
            create_time: column(row, 14)?,
            options: Options(u16::try_from(column::<i32>(row, 15)?).map_err(Error::internal)?),
            push: push.map(Box::new),
            at: at.unwrap_or_default(),
            attached_info: column(row, 18)?,
            ex: column(row, 19)?,
        },
    })
}

fn read_found(row: &Row) -> Result<FoundMessage> {
    let message = read_message(row)?;
    let recipient = match (
        column::<Option<String>>(row, 24)?,
        column::<Option<String>>(row, 25)?,
    ) {
        (_, Some(group)) => GroupId::new(group).map(Party::Group),
        (Some(user), None) => UserId::new(user).map(Party::Person),
        (None, None) => None,
    };
    Ok(FoundMessage {
        route: Route {
            conversation: known(
                "conversation id",
                ConversationId::parse(column::<String>(row, 22)?),
            )?,
            kind: known("kind", ConversationKind::from_number(number(row, 23)?))?,
            sender: message.sender_id.clone(),
            recipient: known("recipient", recipient)?,
        },
        message,
    })
}
