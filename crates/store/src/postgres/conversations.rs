//! Conversations, what each participant keeps with them, and the version log of each account's list.

use async_trait::async_trait;
use domain::accounts::Receive;
use domain::conversations::{
    Changes, Conversation, ConversationEntry, ConversationKind, ConversationSettings, Reach,
    SeqState, Side,
};
use domain::error::{Error, Result};
use domain::ids::{AccountKey, ConversationId, ConversationKey, UserId};
use domain::ports::{ConversationReads, ConversationWrites, NewConversation, Page};
use domain::time::Millis;
use tokio_postgres::Row;

use super::session::{Mode, Params, ReadWrite, Session, column, count, known, number, text};
use crate::bounds::{limit, offset, reach};
use crate::error::postgres;
use crate::forms::{CONVERSATION_LIST, INSERTED, UPDATED, version_id};

/// A conversation with its two sides; the columns that [`read_conversation`] reads.
const CONVERSATION: &str =
    "c.key, c.id, c.kind, c.notice, c.policy, c.max_seq, c.min_seq, c.last_time,
    c.low, low.user_id, coalesce(lp.receive, 0), coalesce(lp.read_seq, 0), c.sent_low,
    c.high, high.user_id, coalesce(hp.receive, 0), coalesce(hp.read_seq, 0), c.sent_high";

const SIDES: &str = "JOIN account low ON low.key = c.low
    JOIN account high ON high.key = c.high
    LEFT JOIN participant lp ON lp.account = c.low AND lp.conversation = c.key
    LEFT JOIN participant hp ON hp.account = c.high AND hp.conversation = c.key";

/// An entry of the list of account `$1`; the columns that [`read_entry`] reads.
const ENTRY: &str = "c.key, c.id, c.kind, own.user_id, peer.user_id, p.receive, p.is_pinned, p.is_private, p.burn_s,
    p.group_at, p.is_destructing, p.destruct_s, p.destructed_at, p.attached_info, p.ex, p.min_seq, p.max_seq";

const ENTRY_JOINS: &str = "JOIN participant p ON p.account = $1 AND p.conversation = c.key
    JOIN account own ON own.key = $1
    JOIN account peer ON peer.key = CASE WHEN c.low = $1 THEN c.high ELSE c.low END";

const NOTICE: i32 = ConversationKind::Notice as i32;

#[async_trait]
impl<M: Mode> ConversationReads for Session<M> {
    async fn conversation(&mut self, id: &ConversationId) -> Result<Option<Conversation>> {
        let sql = format!("SELECT {CONVERSATION} FROM conversation c {SIDES} WHERE c.id = $1");
        self.row(&sql, &[&text(id.as_str())], read_conversation)
            .await
    }

    async fn conversation_by_key(&mut self, key: ConversationKey) -> Result<Option<Conversation>> {
        let sql = format!("SELECT {CONVERSATION} FROM conversation c {SIDES} WHERE c.key = $1");
        self.row(&sql, &[&key.0], read_conversation).await
    }

    async fn reaches(&mut self, account: AccountKey, ids: &[ConversationId]) -> Result<Vec<Reach>> {
        let sql = format!(
            "SELECT {CONVERSATION}, coalesce(own.min_seq, 0), coalesce(own.max_seq, 0)
            FROM unnest($2::text[]) WITH ORDINALITY AS asked (id, n)
            JOIN conversation c ON c.id = asked.id {SIDES}
            LEFT JOIN participant own ON own.account = $1 AND own.conversation = c.key
            WHERE $1 IN (c.low, c.high)
            ORDER BY asked.n"
        );
        self.rows(&sql, &[&account.0, &id_list(ids)], |row| {
            read_reach(account, row)
        })
        .await
    }

    async fn seq_states(&mut self, account: AccountKey) -> Result<Vec<SeqState>> {
        let chats = "SELECT c.id, CASE WHEN p.max_seq <> 0 THEN least(p.max_seq, c.max_seq) ELSE c.max_seq END,
                greatest(p.read_seq, CASE WHEN c.low = $1 THEN c.sent_low ELSE c.sent_high END), c.last_time,
                p.is_pinned
            FROM participant p JOIN conversation c ON c.key = p.conversation
            WHERE p.account = $1 AND c.max_seq > 0";
        let mut states = self.rows(chats, &[&account.0], read_seq_state).await?;
        // Two index scans; notices of oneself are in both.
        let notices = "SELECT id, max_seq, max_seq, last_time, false FROM conversation
                WHERE kind = $2 AND low = $1 AND max_seq > 0
            UNION ALL SELECT id, max_seq, max_seq, last_time, false FROM conversation
                WHERE kind = $2 AND high = $1 AND low <> $1 AND max_seq > 0";
        states.extend(
            self.rows(notices, &[&account.0, &NOTICE], read_seq_state)
                .await?,
        );
        Ok(states)
    }

    async fn entries_page(
        &mut self,
        account: AccountKey,
        page: Page,
    ) -> Result<(u64, Vec<ConversationEntry>)> {
        let all = self
            .one(
                "SELECT count(*) FROM participant WHERE account = $1",
                &[&account.0],
                count,
            )
            .await?;
        let sql = format!(
            "SELECT {ENTRY} FROM conversation c {ENTRY_JOINS}
            ORDER BY p.created_at, p.conversation LIMIT $2 OFFSET $3"
        );
        let entries = self
            .rows(
                &sql,
                &[&account.0, &i64::from(page.rows), &offset(page)],
                read_entry,
            )
            .await?;
        Ok((all, entries))
    }

    async fn entries(
        &mut self,
        account: AccountKey,
        ids: &[ConversationId],
    ) -> Result<Vec<ConversationEntry>> {
        let sql = format!(
            "SELECT {ENTRY} FROM unnest($2::text[]) WITH ORDINALITY AS asked (id, n)
            JOIN conversation c ON c.id = asked.id {ENTRY_JOINS}
            ORDER BY asked.n"
        );
        self.rows(&sql, &[&account.0, &id_list(ids)], read_entry)
            .await
    }

    async fn entry_ids(&mut self, account: AccountKey) -> Result<Vec<ConversationId>> {
        let sql = "SELECT c.id FROM participant p JOIN conversation c ON c.key = p.conversation
            WHERE p.account = $1 ORDER BY p.created_at, p.conversation";
        self.rows(sql, &[&account.0], |row| read_id(row, 0)).await
    }

    async fn conversation_changes(
        &mut self,
        account: AccountKey,
        version: u64,
        rows_max: usize,
    ) -> Result<Option<Changes>> {
        let log =
            "SELECT key, version_id, version FROM version_log WHERE list = $1 AND account = $2";
        let log = self
            .row(log, &[&CONVERSATION_LIST, &account.0], |row| {
                Ok((
                    column::<i64>(row, 0)?,
                    column::<String>(row, 1)?,
                    column::<i64>(row, 2)?,
                ))
            })
            .await?;
        let Some((log, version_id, newest)) = log else {
            return Ok(None);
        };
        let entries = "SELECT eid, state FROM version_entry WHERE log = $1 AND version > $2
            ORDER BY version, eid LIMIT $3";
        let after = i64::try_from(version).unwrap_or(i64::MAX);
        let mut entries = self
            .rows(entries, &[&log, &after, &(limit(rows_max) + 1)], |row| {
                Ok((read_id(row, 0)?, column::<i32>(row, 1)?))
            })
            .await?;
        let is_complete = entries.len() <= rows_max;
        entries.truncate(rows_max);
        let (inserted, updated): (Vec<_>, Vec<_>) = entries
            .into_iter()
            .partition(|(_, state)| *state == INSERTED);
        let ids =
            |entries: Vec<(ConversationId, i32)>| entries.into_iter().map(|(id, _)| id).collect();
        Ok(Some(Changes {
            version_id,
            version: newest.cast_unsigned(),
            inserted: ids(inserted),
            updated: ids(updated),
            is_complete,
        }))
    }
}

#[async_trait]
impl ConversationWrites for Session<ReadWrite> {
    async fn ensure_conversation(&mut self, new: &NewConversation) -> Result<(Conversation, bool)> {
        let (low, high) = (new.sides.0.min(new.sides.1), new.sides.0.max(new.sides.1));
        let insert = self
            .prepare(
                "INSERT INTO conversation (id, kind, low, high) VALUES ($1, $2, $3, $4)
                ON CONFLICT (id) DO NOTHING",
            )
            .await?;
        let lock = self
            .prepare("SELECT FROM conversation WHERE id = $1 FOR NO KEY UPDATE")
            .await?;
        let read = self
            .prepare(&format!(
                "SELECT {CONVERSATION} FROM conversation c {SIDES} WHERE c.id = $1"
            ))
            .await?;
        let id = text(new.id.as_str());
        let kind = new.kind as i32;
        let (inserted, by_id): (Params<'_>, Params<'_>) = (&[&id, &kind, &low.0, &high.0], &[&id]);
        let client = self.mode.client();
        // One round trip. The row is read by a statement that begins when it is locked, so as it is and stays.
        let (inserted, locked, found) = tokio::join!(
            biased;
            client.execute(&insert, inserted),
            client.query(&lock, by_id),
            client.query_opt(&read, by_id),
        );
        let is_new = inserted.map_err(postgres)? > 0;
        locked.map_err(postgres)?;
        match found.map_err(postgres)? {
            Some(row) => Ok((read_conversation(&row)?, is_new)),
            None => Err(Error::internal("a conversation without its accounts")),
        }
    }

    async fn link_notice(&mut self, chat: ConversationKey, notice: ConversationKey) -> Result<()> {
        let sql = "UPDATE conversation SET notice = $2 WHERE key = $1";
        self.write(sql, &[&chat.0, &notice.0]).await.map(drop)
    }

    async fn ensure_participant(
        &mut self,
        conversation: ConversationKey,
        account: AccountKey,
        now: Millis,
    ) -> Result<bool> {
        let sql = "INSERT INTO participant (account, conversation, created_at) VALUES ($1, $2, $3)
            ON CONFLICT (account, conversation) DO NOTHING";
        Ok(self
            .write(sql, &[&account.0, &conversation.0, &now])
            .await?
            > 0)
    }

    async fn update_settings(
        &mut self,
        conversation: ConversationKey,
        account: AccountKey,
        settings: &ConversationSettings,
    ) -> Result<()> {
        let sql = "UPDATE participant SET receive = $3, is_pinned = $4, is_private = $5, burn_s = $6, group_at = $7,
                is_destructing = $8, destruct_s = $9, destructed_at = $10, attached_info = $11, ex = $12
            WHERE account = $1 AND conversation = $2";
        let updated = self
            .write(
                sql,
                &[
                    &account.0,
                    &conversation.0,
                    &(settings.receive as i32),
                    &settings.is_pinned,
                    &settings.is_private,
                    &settings.burn_s,
                    &settings.group_at,
                    &settings.is_destructing,
                    &settings.destruct_s,
                    &settings.destructed_at,
                    &text(&settings.attached_info),
                    &text(&settings.ex),
                ],
            )
            .await?;
        match updated {
            0 => Err(Error::internal(
                "settings of a conversation that is not in the list",
            )),
            _ => Ok(()),
        }
    }

    async fn bump_policy(&mut self, conversation: ConversationKey) -> Result<()> {
        let sql = "UPDATE conversation SET policy = policy + 1 WHERE key = $1";
        self.write(sql, &[&conversation.0]).await.map(drop)
    }

    async fn raise_read_seq(
        &mut self,
        conversation: ConversationKey,
        account: AccountKey,
        seq: i64,
    ) -> Result<i64> {
        let sql = "UPDATE participant SET read_seq = greatest(read_seq, $3) WHERE account = $1 AND conversation = $2
            RETURNING read_seq";
        let raised = self
            .row(sql, &[&account.0, &conversation.0, &seq], |row| {
                column(row, 0)
            })
            .await?;
        Ok(raised.unwrap_or(0))
    }

    async fn raise_participant_min_seq(
        &mut self,
        conversation: ConversationKey,
        account: AccountKey,
        seq: i64,
    ) -> Result<()> {
        let sql = "UPDATE participant SET min_seq = greatest(min_seq, $3) WHERE account = $1 AND conversation = $2";
        self.write(sql, &[&account.0, &conversation.0, &seq])
            .await
            .map(drop)
    }

    async fn raise_min_seq(&mut self, conversation: ConversationKey, seq: i64) -> Result<()> {
        let sql = "UPDATE conversation SET min_seq = greatest(min_seq, $2) WHERE key = $1";
        self.write(sql, &[&conversation.0, &seq]).await.map(drop)
    }

    async fn log_conversation_change(
        &mut self,
        account: AccountKey,
        ids: &[ConversationId],
        inserted: bool,
        now: Millis,
    ) -> Result<()> {
        let step =
            "INSERT INTO version_log (account, list, version_id, version) VALUES ($1, $2, $3, 1)
            ON CONFLICT (list, account) DO UPDATE SET version = version_log.version + 1
            RETURNING key, version";
        let (log, version) = self
            .one(
                step,
                &[&account.0, &CONVERSATION_LIST, &version_id(account, now)],
                |row| Ok((column::<i64>(row, 0)?, column::<i64>(row, 1)?)),
            )
            .await?;
        let state = if inserted { INSERTED } else { UPDATED };
        // One statement may not update a row twice, so each id once.
        let entries = "INSERT INTO version_entry (log, eid, version, state)
            SELECT DISTINCT $1::bigint, eid, $2::bigint, $3::integer FROM unnest($4::text[]) AS eid
            ON CONFLICT (log, eid) DO UPDATE SET version = excluded.version, state = excluded.state";
        self.write(entries, &[&log, &version, &state, &id_list(ids)])
            .await
            .map(drop)
    }
}

fn id_list(ids: &[ConversationId]) -> Vec<std::borrow::Cow<'_, str>> {
    ids.iter().map(|id| text(id.as_str())).collect()
}

fn read_id(row: &Row, index: usize) -> Result<ConversationId> {
    known(
        "conversation id",
        ConversationId::parse(column::<String>(row, index)?),
    )
}

fn read_user_id(row: &Row, index: usize) -> Result<UserId> {
    known("user_id", UserId::new(column::<String>(row, index)?))
}

fn read_conversation(row: &Row) -> Result<Conversation> {
    let side = |first: usize| -> Result<Side> {
        Ok(Side {
            account: AccountKey(column(row, first)?),
            user_id: read_user_id(row, first + 1)?,
            receive: known("receive", Receive::from_number(number(row, first + 2)?))?,
            read_seq: column(row, first + 3)?,
            sent_seq: column(row, first + 4)?,
        })
    };
    Ok(Conversation {
        key: ConversationKey(column(row, 0)?),
        id: read_id(row, 1)?,
        kind: known("kind", ConversationKind::from_number(number(row, 2)?))?,
        notice: column::<Option<i64>>(row, 3)?.map(ConversationKey),
        policy: column(row, 4)?,
        max_seq: column(row, 5)?,
        min_seq: column(row, 6)?,
        last_time: column(row, 7)?,
        low: side(8)?,
        high: side(13)?,
    })
}

fn read_reach(account: AccountKey, row: &Row) -> Result<Reach> {
    let conversation = read_conversation(row)?;
    Ok(reach(
        conversation,
        account,
        column(row, 18)?,
        column(row, 19)?,
    ))
}

fn read_seq_state(row: &Row) -> Result<SeqState> {
    Ok(SeqState {
        id: read_id(row, 0)?,
        max_seq: column(row, 1)?,
        has_read_seq: column(row, 2)?,
        last_time: column(row, 3)?,
        is_pinned: column(row, 4)?,
    })
}

fn read_entry(row: &Row) -> Result<ConversationEntry> {
    Ok(ConversationEntry {
        conversation: ConversationKey(column(row, 0)?),
        id: read_id(row, 1)?,
        kind: known("kind", ConversationKind::from_number(number(row, 2)?))?,
        owner: read_user_id(row, 3)?,
        peer: read_user_id(row, 4)?,
        settings: ConversationSettings {
            receive: known("receive", Receive::from_number(number(row, 5)?))?,
            is_pinned: column(row, 6)?,
            is_private: column(row, 7)?,
            burn_s: column(row, 8)?,
            group_at: column(row, 9)?,
            is_destructing: column(row, 10)?,
            destruct_s: column(row, 11)?,
            destructed_at: column(row, 12)?,
            attached_info: column(row, 13)?,
            ex: column(row, 14)?,
        },
        min_seq: column(row, 15)?,
        max_seq: column(row, 16)?,
    })
}
