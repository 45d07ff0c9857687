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
use rusqlite::Row;

use super::session::{Mode, ReadWrite, Session, count, known};
use crate::bounds::{limit, offset, reach};
use crate::forms::{CONVERSATION_LIST, INSERTED, UPDATED, json, version_id};

/// A conversation with its two sides; the columns that [`read_conversation`] reads.
const CONVERSATION: &str =
    "c.key, c.id, c.kind, c.notice, c.policy, c.max_seq, c.min_seq, c.last_time,
    c.low, low.user_id, coalesce(lp.receive, 0), coalesce(lp.read_seq, 0), c.sent_low,
    c.high, high.user_id, coalesce(hp.receive, 0), coalesce(hp.read_seq, 0), c.sent_high";

const SIDES: &str = "JOIN account low ON low.key = c.low
    JOIN account high ON high.key = c.high
    LEFT JOIN participant lp ON lp.account = c.low AND lp.conversation = c.key
    LEFT JOIN participant hp ON hp.account = c.high AND hp.conversation = c.key";

/// An entry of the list of account `?1`; the columns that [`read_entry`] reads.
const ENTRY: &str = "c.key, c.id, c.kind, own.user_id, peer.user_id, p.receive, p.is_pinned, p.is_private, p.burn_s,
    p.group_at, p.is_destructing, p.destruct_s, p.destructed_at, p.attached_info, p.ex, p.min_seq, p.max_seq";

const ENTRY_JOINS: &str = "JOIN participant p ON p.account = ?1 AND p.conversation = c.key
    JOIN account own ON own.key = ?1
    JOIN account peer ON peer.key = CASE WHEN c.low = ?1 THEN c.high ELSE c.low END";

const NOTICE: i64 = ConversationKind::Notice as i64;

#[async_trait]
impl<M: Mode> ConversationReads for Session<M> {
    async fn conversation(&mut self, id: &ConversationId) -> Result<Option<Conversation>> {
        let sql = format!("SELECT {CONVERSATION} FROM conversation c {SIDES} WHERE c.id = ?1");
        self.row(&sql, [id.as_str()], read_conversation)
    }

    async fn conversation_by_key(&mut self, key: ConversationKey) -> Result<Option<Conversation>> {
        let sql = format!("SELECT {CONVERSATION} FROM conversation c {SIDES} WHERE c.key = ?1");
        self.row(&sql, [key.0], read_conversation)
    }

    async fn reaches(&mut self, account: AccountKey, ids: &[ConversationId]) -> Result<Vec<Reach>> {
        let sql = format!(
            "SELECT {CONVERSATION}, coalesce(own.min_seq, 0), coalesce(own.max_seq, 0)
            FROM json_each(?2) asked
            CROSS JOIN conversation c ON c.id = asked.value {SIDES}
            LEFT JOIN participant own ON own.account = ?1 AND own.conversation = c.key
            WHERE ?1 IN (c.low, c.high)
            ORDER BY asked.key"
        );
        self.rows(&sql, (account.0, id_list(ids)), |row| {
            read_reach(account, row)
        })
    }

    async fn seq_states(&mut self, account: AccountKey) -> Result<Vec<SeqState>> {
        let chats = "SELECT c.id, CASE WHEN p.max_seq <> 0 THEN min(p.max_seq, c.max_seq) ELSE c.max_seq END,
                max(p.read_seq, CASE WHEN c.low = ?1 THEN c.sent_low ELSE c.sent_high END), c.last_time, p.is_pinned
            FROM participant p JOIN conversation c ON c.key = p.conversation
            WHERE p.account = ?1 AND c.max_seq > 0";
        let mut states = self.rows(chats, [account.0], read_seq_state)?;
        let notices = "SELECT id, max_seq, max_seq, last_time, 0 FROM conversation
            WHERE kind = ?2 AND (low = ?1 OR high = ?1) AND max_seq > 0";
        states.extend(self.rows(notices, [account.0, NOTICE], read_seq_state)?);
        Ok(states)
    }

    async fn entries_page(
        &mut self,
        account: AccountKey,
        page: Page,
    ) -> Result<(u64, Vec<ConversationEntry>)> {
        let all = self.one(
            "SELECT count(*) FROM participant WHERE account = ?1",
            [account.0],
            count,
        )?;
        let sql = format!(
            "SELECT {ENTRY} FROM conversation c {ENTRY_JOINS}
            ORDER BY p.created_at, p.conversation LIMIT ?2 OFFSET ?3"
        );
        let entries = self.rows(&sql, (account.0, page.rows, offset(page)), read_entry)?;
        Ok((all, entries))
    }

    async fn entries(
        &mut self,
        account: AccountKey,
        ids: &[ConversationId],
    ) -> Result<Vec<ConversationEntry>> {
        let sql = format!(
            "SELECT {ENTRY} FROM json_each(?2) asked CROSS JOIN conversation c ON c.id = asked.value {ENTRY_JOINS}
            ORDER BY asked.key"
        );
        self.rows(&sql, (account.0, id_list(ids)), read_entry)
    }

    async fn entry_ids(&mut self, account: AccountKey) -> Result<Vec<ConversationId>> {
        let sql = "SELECT c.id FROM participant p JOIN conversation c ON c.key = p.conversation
            WHERE p.account = ?1 ORDER BY p.created_at, p.conversation";
        self.rows(sql, [account.0], |row| read_id(row, 0))
    }

    async fn conversation_changes(
        &mut self,
        account: AccountKey,
        version: u64,
        rows_max: usize,
    ) -> Result<Option<Changes>> {
        let log =
            "SELECT key, version_id, version FROM version_log WHERE list = ?1 AND account = ?2";
        let log = self.row(log, (CONVERSATION_LIST, account.0), |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, i64>(2)?,
            ))
        })?;
        let Some((log, version_id, newest)) = log else {
            return Ok(None);
        };
        let entries = "SELECT eid, state FROM version_entry WHERE log = ?1 AND version > ?2
            ORDER BY version, eid LIMIT ?3";
        let after = i64::try_from(version).unwrap_or(i64::MAX);
        let mut entries: Vec<(ConversationId, i32)> =
            self.rows(entries, (log, after, limit(rows_max) + 1), |row| {
                Ok((read_id(row, 0)?, row.get(1)?))
            })?;
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
        let sql = "INSERT INTO conversation (id, kind, low, high) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (id) DO NOTHING";
        let is_new = self.write(sql, (new.id.as_str(), new.kind as i64, low.0, high.0))? > 0;
        let conversation = self.conversation(&new.id).await?;
        conversation
            .map(|found| (found, is_new))
            .ok_or_else(|| Error::internal("a conversation without its accounts"))
    }

    async fn link_notice(&mut self, chat: ConversationKey, notice: ConversationKey) -> Result<()> {
        self.write(
            "UPDATE conversation SET notice = ?2 WHERE key = ?1",
            [chat.0, notice.0],
        )
        .map(drop)
    }

    async fn ensure_participant(
        &mut self,
        conversation: ConversationKey,
        account: AccountKey,
        now: Millis,
    ) -> Result<bool> {
        let sql = "INSERT INTO participant (account, conversation, created_at) VALUES (?1, ?2, ?3)
            ON CONFLICT (account, conversation) DO NOTHING";
        Ok(self.write(sql, (account.0, conversation.0, now))? > 0)
    }

    async fn update_settings(
        &mut self,
        conversation: ConversationKey,
        account: AccountKey,
        settings: &ConversationSettings,
    ) -> Result<()> {
        let sql = "UPDATE participant SET receive = ?3, is_pinned = ?4, is_private = ?5, burn_s = ?6, group_at = ?7,
                is_destructing = ?8, destruct_s = ?9, destructed_at = ?10, attached_info = ?11, ex = ?12
            WHERE account = ?1 AND conversation = ?2";
        let params = (
            account.0,
            conversation.0,
            settings.receive as i64,
            settings.is_pinned,
            settings.is_private,
            settings.burn_s,
            settings.group_at,
            settings.is_destructing,
            settings.destruct_s,
            settings.destructed_at,
            &settings.attached_info,
            &settings.ex,
        );
        match self.write(sql, params)? {
            0 => Err(Error::internal(
                "settings of a conversation that is not in the list",
            )),
            _ => Ok(()),
        }
    }

    async fn bump_policy(&mut self, conversation: ConversationKey) -> Result<()> {
        self.write(
            "UPDATE conversation SET policy = policy + 1 WHERE key = ?1",
            [conversation.0],
        )
        .map(drop)
    }

    async fn raise_read_seq(
        &mut self,
        conversation: ConversationKey,
        account: AccountKey,
        seq: i64,
    ) -> Result<i64> {
        let sql = "UPDATE participant SET read_seq = max(read_seq, ?3) WHERE account = ?1 AND conversation = ?2
            RETURNING read_seq";
        Ok(self
            .row(sql, [account.0, conversation.0, seq], |row| row.get(0))?
            .unwrap_or(0))
    }

    async fn raise_participant_min_seq(
        &mut self,
        conversation: ConversationKey,
        account: AccountKey,
        seq: i64,
    ) -> Result<()> {
        let sql = "UPDATE participant SET min_seq = max(min_seq, ?3) WHERE account = ?1 AND conversation = ?2";
        self.write(sql, [account.0, conversation.0, seq]).map(drop)
    }

    async fn raise_min_seq(&mut self, conversation: ConversationKey, seq: i64) -> Result<()> {
        let sql = "UPDATE conversation SET min_seq = max(min_seq, ?2) WHERE key = ?1";
        self.write(sql, [conversation.0, seq]).map(drop)
    }

    async fn log_conversation_change(
        &mut self,
        account: AccountKey,
        ids: &[ConversationId],
        inserted: bool,
        now: Millis,
    ) -> Result<()> {
        let step =
            "INSERT INTO version_log (account, list, version_id, version) VALUES (?1, ?2, ?3, 1)
            ON CONFLICT (list, account) DO UPDATE SET version = version + 1
            RETURNING key, version";
        let (log, version): (i64, i64) = self.one(
            step,
            (account.0, CONVERSATION_LIST, version_id(account, now)),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let state = if inserted { INSERTED } else { UPDATED };
        // `WHERE true` keeps SQLite from reading ON CONFLICT as a join condition.
        let entries = "INSERT INTO version_entry (log, eid, version, state)
            SELECT ?1, value, ?2, ?3 FROM json_each(?4) WHERE true
            ON CONFLICT (log, eid) DO UPDATE SET version = excluded.version, state = excluded.state";
        self.write(entries, (log, version, state, id_list(ids)))
            .map(drop)
    }
}

fn id_list(ids: &[ConversationId]) -> String {
    json(&ids.iter().map(ConversationId::as_str).collect::<Vec<_>>())
}

fn read_id(row: &Row<'_>, column: usize) -> rusqlite::Result<ConversationId> {
    known(
        "conversation id",
        ConversationId::parse(row.get::<_, String>(column)?),
    )
}

fn read_user_id(row: &Row<'_>, column: usize) -> rusqlite::Result<UserId> {
    known("user_id", UserId::new(row.get::<_, String>(column)?))
}

fn read_conversation(row: &Row<'_>) -> rusqlite::Result<Conversation> {
    let side = |first: usize| -> rusqlite::Result<Side> {
        Ok(Side {
            account: AccountKey(row.get(first)?),
            user_id: read_user_id(row, first + 1)?,
            receive: known("receive", Receive::from_number(row.get(first + 2)?))?,
            read_seq: row.get(first + 3)?,
            sent_seq: row.get(first + 4)?,
        })
    };
    Ok(Conversation {
        key: ConversationKey(row.get(0)?),
        id: read_id(row, 1)?,
        kind: known("kind", ConversationKind::from_number(row.get(2)?))?,
        notice: row.get::<_, Option<i64>>(3)?.map(ConversationKey),
        policy: row.get(4)?,
        max_seq: row.get(5)?,
        min_seq: row.get(6)?,
        last_time: row.get(7)?,
        low: side(8)?,
        high: side(13)?,
    })
}

fn read_reach(account: AccountKey, row: &Row<'_>) -> rusqlite::Result<Reach> {
    let conversation = read_conversation(row)?;
    Ok(reach(conversation, account, row.get(18)?, row.get(19)?))
}

fn read_seq_state(row: &Row<'_>) -> rusqlite::Result<SeqState> {
    Ok(SeqState {
        id: read_id(row, 0)?,
        max_seq: row.get(1)?,
        has_read_seq: row.get(2)?,
        last_time: row.get(3)?,
        is_pinned: row.get(4)?,
    })
}

fn read_entry(row: &Row<'_>) -> rusqlite::Result<ConversationEntry> {
    Ok(ConversationEntry {
        conversation: ConversationKey(row.get(0)?),
        id: read_id(row, 1)?,
        kind: known("kind", ConversationKind::from_number(row.get(2)?))?,
        owner: read_user_id(row, 3)?,
        peer: read_user_id(row, 4)?,
        settings: ConversationSettings {
            receive: known("receive", Receive::from_number(row.get(5)?))?,
            is_pinned: row.get(6)?,
            is_private: row.get(7)?,
            burn_s: row.get(8)?,
            group_at: row.get(9)?,
            is_destructing: row.get(10)?,
            destruct_s: row.get(11)?,
            destructed_at: row.get(12)?,
            attached_info: row.get(13)?,
            ex: row.get(14)?,
        },
        min_seq: row.get(15)?,
        max_seq: row.get(16)?,
    })
}
