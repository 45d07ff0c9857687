//! Conversations and what each participant keeps with them. Those of groups are in the same tables: their row names
//! the group instead of two sides, and who takes part is said by the participants' rows alone.

use async_trait::async_trait;
use domain::accounts::Receive;
use domain::conversations::{
    Conversation, ConversationEntry, ConversationKind, ConversationSettings, Parties, Party, Reach,
    SeqState, Side,
};
use domain::error::{Error, Result};
use domain::ids::{AccountKey, ConversationId, ConversationKey, GroupId, GroupKey, UserId};
use domain::ports::{Between, ConversationReads, ConversationWrites, NewConversation, Page};
use domain::time::Millis;
use rusqlite::Row;

use super::session::{Mode, ReadWrite, Session, count, known};
use crate::bounds::{NOTHING_VISIBLE, Own, offset, reach, visible_max};
use crate::forms::json;

/// A conversation with its two sides or its group; the columns that [`read_conversation`] reads.
pub(super) const CONVERSATION: &str =
    "c.key, c.id, c.kind, c.notice, c.policy, c.max_seq, c.min_seq, c.last_time,
    c.low, low.user_id, coalesce(lp.receive, 0), coalesce(lp.read_seq, 0), c.sent_low,
    c.high, high.user_id, coalesce(hp.receive, 0), coalesce(hp.read_seq, 0), c.sent_high,
    c.grp, g.group_id";

pub(super) const PARTIES: &str = "LEFT JOIN account low ON low.key = c.low
    LEFT JOIN account high ON high.key = c.high
    LEFT JOIN participant lp ON lp.account = c.low AND lp.conversation = c.key
    LEFT JOIN participant hp ON hp.account = c.high AND hp.conversation = c.key
    LEFT JOIN group_info g ON g.key = c.grp";

/// An entry of the list of account `?1`; the columns that [`read_entry`] reads.
const ENTRY: &str = "c.key, c.id, c.kind, own.user_id, peer.user_id, p.receive, p.is_pinned, p.is_private, p.burn_s,
    p.group_at, p.is_destructing, p.destruct_s, p.destructed_at, p.attached_info, p.ex, p.min_seq, p.max_seq,
    g.group_id";

const ENTRY_JOINS: &str = "JOIN participant p ON p.account = ?1 AND p.conversation = c.key
    JOIN account own ON own.key = ?1
    LEFT JOIN account peer ON peer.key = CASE WHEN c.low = ?1 THEN c.high ELSE c.low END
    LEFT JOIN group_info g ON g.key = c.grp";

const NOTICE: i64 = ConversationKind::Notice as i64;

#[async_trait]
impl<M: Mode> ConversationReads for Session<M> {
    async fn conversation(&mut self, id: &ConversationId) -> Result<Option<Conversation>> {
        let sql = format!("SELECT {CONVERSATION} FROM conversation c {PARTIES} WHERE c.id = ?1");
        self.row(&sql, [id.as_str()], read_conversation)
    }

    async fn conversation_by_key(&mut self, key: ConversationKey) -> Result<Option<Conversation>> {
        let sql = format!("SELECT {CONVERSATION} FROM conversation c {PARTIES} WHERE c.key = ?1");
        self.row(&sql, [key.0], read_conversation)
    }

    async fn reaches(&mut self, account: AccountKey, ids: &[ConversationId]) -> Result<Vec<Reach>> {
        let sql = format!(
            "SELECT {CONVERSATION}, coalesce(own.min_seq, 0), coalesce(own.max_seq, 0),
                coalesce(own.read_seq, 0)
            FROM json_each(?2) asked
            CROSS JOIN conversation c ON c.id = asked.value {PARTIES}
            LEFT JOIN participant own ON own.account = ?1 AND own.conversation = coalesce(g.conversation, c.key)
            WHERE ?1 IN (c.low, c.high)
                OR c.grp IS NOT NULL AND own.account IS NOT NULL AND (c.kind <> ?3 OR own.max_seq = 0)
            ORDER BY asked.key"
        );
        self.rows(&sql, (account.0, id_list(ids), NOTICE), |row| {
            read_reach(account, row)
        })
    }

    async fn seq_states(&mut self, account: AccountKey) -> Result<Vec<SeqState>> {
        // Notices of groups are found through their chats; for chats of two that join looks nothing up.
        let chats = "SELECT c.id, c.max_seq, max(p.read_seq, CASE WHEN c.low = ?1 THEN c.sent_low ELSE c.sent_high END),
                c.last_time, p.is_pinned, p.max_seq, n.id, n.max_seq, n.last_time
            FROM participant p JOIN conversation c ON c.key = p.conversation
            LEFT JOIN conversation n ON n.key = CASE WHEN c.grp IS NOT NULL AND p.max_seq = 0 THEN c.notice END
            WHERE p.account = ?1 AND (c.max_seq > 0 OR n.max_seq > 0)";
        let found = self.rows(chats, [account.0], read_chat_states)?;
        let mut states: Vec<SeqState> = found.into_iter().flatten().flatten().collect();
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
}

#[async_trait]
impl ConversationWrites for Session<ReadWrite> {
    async fn ensure_conversation(&mut self, new: &NewConversation) -> Result<(Conversation, bool)> {
        let (low, high, group) = between(new.between);
        let sql = "INSERT INTO conversation (id, kind, low, high, grp) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (id) DO NOTHING";
        let is_new = self.write(sql, (new.id.as_str(), new.kind as i64, low, high, group))? > 0;
        let conversation = self.conversation(&new.id).await?;
        conversation
            .map(|found| (found, is_new))
            .ok_or_else(|| Error::internal("a conversation without its parties"))
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

    async fn join_participants(
        &mut self,
        conversation: ConversationKey,
        accounts: &[AccountKey],
        min_seq: i64,
        read_seq: i64,
        now: Millis,
    ) -> Result<Vec<AccountKey>> {
        let accounts = key_list(accounts);
        // `WHERE true` keeps SQLite from reading ON CONFLICT as a join condition.
        let insert =
            "INSERT INTO participant (account, conversation, min_seq, read_seq, created_at)
            SELECT value, ?1, ?3, ?4, ?5 FROM json_each(?2) WHERE true
            ON CONFLICT (account, conversation) DO NOTHING RETURNING account";
        let listed = self.rows(
            insert,
            (conversation.0, &accounts, min_seq, read_seq, now),
            read_account_key,
        )?;
        // Those who have just been listed have nothing to raise.
        let raise = "UPDATE participant SET max_seq = 0, min_seq = max(min_seq, ?3), read_seq = max(read_seq, ?4)
            WHERE conversation = ?1 AND account IN (SELECT value FROM json_each(?2))
                AND (max_seq <> 0 OR min_seq < ?3 OR read_seq < ?4)";
        self.write(raise, (conversation.0, &accounts, min_seq, read_seq))?;
        Ok(listed)
    }

    async fn bound_participants(
        &mut self,
        conversation: ConversationKey,
        accounts: Option<&[AccountKey]>,
        max_seq: i64,
    ) -> Result<()> {
        let bound = if max_seq > 0 {
            max_seq
        } else {
            NOTHING_VISIBLE
        };
        let all = "UPDATE participant SET max_seq = ?2 WHERE conversation = ?1 AND max_seq = 0";
        match accounts {
            None => self.write(all, [conversation.0, bound]),
            Some(accounts) => self.write(
                &format!("{all} AND account IN (SELECT value FROM json_each(?3))"),
                (conversation.0, bound, key_list(accounts)),
            ),
        }
        .map(drop)
    }

    async fn set_group_at(
        &mut self,
        conversation: ConversationKey,
        accounts: &[AccountKey],
        group_at: i32,
    ) -> Result<Vec<AccountKey>> {
        let sql = "UPDATE participant SET group_at = ?3
            WHERE conversation = ?1 AND account IN (SELECT value FROM json_each(?2)) AND group_at <> ?3
            RETURNING account";
        let params = (conversation.0, key_list(accounts), group_at);
        self.rows(sql, params, read_account_key)
    }
}

/// The columns `low`, `high` and `grp`.
fn between(between: Between) -> (i64, i64, Option<i64>) {
    match between {
        Between::Accounts(a, b) => (a.0.min(b.0), a.0.max(b.0), None),
        Between::Group(group) => (0, 0, Some(group.0)),
    }
}

pub(super) fn key_list(keys: &[AccountKey]) -> String {
    json(&keys.iter().map(|key| key.0).collect::<Vec<_>>())
}

pub(super) fn read_account_key(row: &Row<'_>) -> rusqlite::Result<AccountKey> {
    row.get(0).map(AccountKey)
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

fn read_group_id(row: &Row<'_>, column: usize) -> rusqlite::Result<GroupId> {
    known("group_id", GroupId::new(row.get::<_, String>(column)?))
}

pub(super) fn read_conversation(row: &Row<'_>) -> rusqlite::Result<Conversation> {
    let side = |first: usize| -> rusqlite::Result<Side> {
        Ok(Side {
            account: AccountKey(row.get(first)?),
            user_id: read_user_id(row, first + 1)?,
            receive: known("receive", Receive::from_number(row.get(first + 2)?))?,
            read_seq: row.get(first + 3)?,
            sent_seq: row.get(first + 4)?,
        })
    };
    let parties = match row.get::<_, Option<i64>>(18)? {
        Some(key) => Parties::Group {
            key: GroupKey(key),
            id: read_group_id(row, 19)?,
        },
        None => Parties::Pair {
            low: side(8)?,
            high: side(13)?,
        },
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
        parties,
    })
}

fn read_reach(account: AccountKey, row: &Row<'_>) -> rusqlite::Result<Reach> {
    let conversation = read_conversation(row)?;
    let own = Own {
        min_seq: row.get(20)?,
        max_seq: row.get(21)?,
        read_seq: row.get(22)?,
    };
    Ok(reach(conversation, account, &own))
}

/// A chat that has a message, and the notices of its group likewise.
fn read_chat_states(row: &Row<'_>) -> rusqlite::Result<[Option<SeqState>; 2]> {
    let max_seq: i64 = row.get(1)?;
    let chat = SeqState {
        id: read_id(row, 0)?,
        max_seq: visible_max(max_seq, row.get(5)?),
        has_read_seq: row.get(2)?,
        last_time: row.get(3)?,
        is_pinned: row.get(4)?,
    };
    let notices = match row.get::<_, Option<i64>>(7)? {
        Some(max_seq @ 1..) => Some(SeqState {
            id: read_id(row, 6)?,
            max_seq,
            has_read_seq: max_seq,
            last_time: row.get(8)?,
            is_pinned: false,
        }),
        _ => None,
    };
    Ok([(max_seq > 0).then_some(chat), notices])
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
    let peer = if row.get::<_, Option<String>>(17)?.is_some() {
        Party::Group(read_group_id(row, 17)?)
    } else {
        Party::Person(read_user_id(row, 4)?)
    };
    Ok(ConversationEntry {
        conversation: ConversationKey(row.get(0)?),
        id: read_id(row, 1)?,
        kind: known("kind", ConversationKind::from_number(row.get(2)?))?,
        owner: read_user_id(row, 3)?,
        peer,
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
