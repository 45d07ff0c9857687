//! Imports: rows in bulk, a batch in a few statements, and how far an import has come. The messages go in one by one,
//! by a prepared statement, which here is as fast as anything.

use async_trait::async_trait;
use domain::accounts::{Account, AccountKind};
use domain::conversations::ConversationKind;
use domain::error::Result;
use domain::groups::{Group, GroupRole};
use domain::ids::{AccountKey, ConversationId, ConversationKey, GroupKey};
use domain::ports::{
    ImportMark, ImportRun, ImportStep, ImportWrites, ImportedApplication, ImportedConversation,
    ImportedFriend, ImportedFriendRequest, ImportedHead, ImportedHide, ImportedMember,
    ImportedMessage, ImportedParticipant, ImportedReach, ImportedTail, NewBlock,
};
use domain::sync::List;
use domain::time::Millis;
use rusqlite::Row;

use super::session::{ReadWrite, Session, known};
use crate::bounds::{NOTHING_VISIBLE, limit};
use crate::error::sqlite;
use crate::forms::{client_key, json, write_push, write_texts};
use crate::import_rows as rows;

const DIRECT: i64 = ConversationKind::Direct as i64;
const GROUP: i64 = ConversationKind::Group as i64;
const NOTIFICATION: i64 = ConversationKind::Notification as i64;
const NOTICE: i64 = ConversationKind::Notice as i64;
const OWNER: i64 = GroupRole::Owner as i64;
const SPEAKER: i64 = AccountKind::Notification as i64;

/// Somebody to whom missing messages of conversation `c` can be put down.
const SOMEONE: &str = "CASE WHEN c.grp IS NULL THEN c.low ELSE coalesce(
    (SELECT account FROM group_member WHERE grp = c.grp ORDER BY role DESC, joined_at LIMIT 1),
    (SELECT min(key) FROM account)) END";

#[async_trait]
impl ImportWrites for Session<ReadWrite> {
    async fn import_run(&mut self, fingerprint: &str) -> Result<Option<ImportRun>> {
        let sql = "SELECT conversation_mark, group_mark, started_at, finished_at FROM import WHERE fingerprint = ?1";
        self.row(sql, [fingerprint], |row| {
            Ok(ImportRun {
                mark: ImportMark {
                    conversation: ConversationKey(row.get(0)?),
                    group: GroupKey(row.get(1)?),
                },
                started_at: row.get(2)?,
                finished_at: row.get(3)?,
            })
        })
    }

    async fn insert_import(&mut self, fingerprint: &str, now: Millis) -> Result<()> {
        let sql = "INSERT INTO import (fingerprint, conversation_mark, group_mark, started_at)
            SELECT ?1, (SELECT coalesce(max(key), 0) FROM conversation),
                (SELECT coalesce(max(key), 0) FROM group_info), ?2";
        self.write(sql, (fingerprint, now)).map(drop)
    }

    async fn finish_import(&mut self, fingerprint: &str, now: Millis) -> Result<()> {
        self.write("DELETE FROM import_seq", [])?;
        let sql = "UPDATE import SET finished_at = ?2 WHERE fingerprint = ?1";
        self.write(sql, (fingerprint, now)).map(drop)
    }

    async fn import_steps(&mut self, fingerprint: &str) -> Result<Vec<ImportStep>> {
        let sql =
            "SELECT name, documents, is_finished, tally FROM import_step WHERE fingerprint = ?1";
        self.rows(sql, [fingerprint], |row| {
            Ok(ImportStep {
                name: row.get(0)?,
                documents: row.get::<_, i64>(1)?.cast_unsigned(),
                is_finished: row.get(2)?,
                tally: row.get(3)?,
            })
        })
    }

    async fn put_import_step(&mut self, fingerprint: &str, step: &ImportStep) -> Result<()> {
        let sql = "INSERT INTO import_step (fingerprint, name, documents, is_finished, tally)
            VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (fingerprint, name) DO UPDATE SET documents = excluded.documents,
                is_finished = excluded.is_finished, tally = excluded.tally";
        let params = (
            fingerprint,
            &step.name,
            step.documents.cast_signed(),
            step.is_finished,
            &step.tally,
        );
        self.write(sql, params).map(drop)
    }

    async fn has_conversations(&mut self) -> Result<bool> {
        self.one("SELECT EXISTS (SELECT 1 FROM conversation)", [], |row| {
            row.get(0)
        })
    }

    async fn account_keys(&mut self, ids: &[String]) -> Result<Vec<(String, AccountKey)>> {
        let sql = "SELECT a.user_id, a.key FROM json_each(?1) asked JOIN account a ON a.user_id = asked.value";
        self.rows(sql, [json(ids)], |row| {
            Ok((row.get(0)?, AccountKey(row.get(1)?)))
        })
    }

    async fn group_keys(
        &mut self,
        ids: &[String],
    ) -> Result<Vec<(String, GroupKey, ConversationKey)>> {
        let sql = "SELECT g.group_id, g.key, g.conversation FROM json_each(?1) asked
            JOIN group_info g ON g.group_id = asked.value";
        self.rows(sql, [json(ids)], |row| {
            Ok((
                row.get(0)?,
                GroupKey(row.get(1)?),
                ConversationKey(row.get(2)?),
            ))
        })
    }

    async fn account_page(
        &mut self,
        after: AccountKey,
        rows_max: usize,
    ) -> Result<Vec<AccountKey>> {
        let sql = "SELECT key FROM account WHERE key > ?1 ORDER BY key LIMIT ?2";
        self.rows(sql, (after.0, limit(rows_max)), |row| {
            row.get(0).map(AccountKey)
        })
    }

    async fn group_page(&mut self, after: GroupKey, rows_max: usize) -> Result<Vec<GroupKey>> {
        let sql = "SELECT key FROM group_info WHERE key > ?1 ORDER BY key LIMIT ?2";
        self.rows(sql, (after.0, limit(rows_max)), |row| {
            row.get(0).map(GroupKey)
        })
    }

    async fn import_accounts(&mut self, accounts: &[Account]) -> Result<u64> {
        // Here and below, `WHERE true` keeps SQLite from reading ON CONFLICT as a join condition.
        let sql = "INSERT INTO account (user_id, nickname, face_url, ex, kind, receive, created_at, policy)
            SELECT value ->> 'user_id', value ->> 'nickname', value ->> 'face_url', value ->> 'ex',
                value ->> 'kind', value ->> 'receive', value ->> 'created_at', 1
            FROM json_each(?1) WHERE true ON CONFLICT (user_id) DO NOTHING";
        self.write(sql, [rows::accounts(accounts)])
    }

    async fn import_friends(&mut self, friends: &[ImportedFriend]) -> Result<u64> {
        let sql = "INSERT INTO friend (owner, other, remark, ex, is_pinned, source, operator, created_at)
            SELECT value ->> 'owner', value ->> 'other', value ->> 'remark', value ->> 'ex', value ->> 'is_pinned',
                value ->> 'source', value ->> 'operator', value ->> 'created_at'
            FROM json_each(?1) WHERE true ON CONFLICT (owner, other) DO NOTHING";
        self.write(sql, [rows::friends(friends)])
    }

    async fn import_friend_requests(&mut self, requests: &[ImportedFriendRequest]) -> Result<u64> {
        let sql = "INSERT INTO friend_request (from_account, to_account, verdict, message, ex, created_at, handler,
                handle_message, handled_at)
            SELECT value ->> 'from_account', value ->> 'to_account', value ->> 'verdict', value ->> 'message',
                value ->> 'ex', value ->> 'created_at', value ->> 'handler', value ->> 'handle_message',
                value ->> 'handled_at'
            FROM json_each(?1) WHERE true ON CONFLICT (from_account, to_account) DO NOTHING";
        self.write(sql, [rows::friend_requests(requests)])
    }

    async fn import_blocks(&mut self, blocks: &[NewBlock]) -> Result<u64> {
        let sql = "INSERT INTO block (owner, other, ex, source, operator, created_at)
            SELECT value ->> 'owner', value ->> 'other', value ->> 'ex', value ->> 'source', value ->> 'operator',
                value ->> 'created_at'
            FROM json_each(?1) WHERE true ON CONFLICT (owner, other) DO NOTHING";
        self.write(sql, [rows::blocks(blocks)])
    }

    async fn import_groups(&mut self, groups: &[Group]) -> Result<u64> {
        let form = rows::groups(groups);
        let sql = "INSERT INTO group_info (group_id, conversation, name, announcement, announced_at, announced_by,
                introduction, face_url, ex, status, join_rule, hides_profiles, forbids_friends, creator, owner,
                created_at)
            SELECT value ->> 'group_id', 0, value ->> 'name', value ->> 'announcement', value ->> 'announced_at',
                value ->> 'announced_by', value ->> 'introduction', value ->> 'face_url', value ->> 'ex',
                value ->> 'status', value ->> 'join_rule', value ->> 'hides_profiles', value ->> 'forbids_friends',
                value ->> 'creator', value ->> 'owner', value ->> 'created_at'
            FROM json_each(?1) WHERE true ON CONFLICT (group_id) DO NOTHING";
        let new = self.write(sql, [&form])?;
        let chats = "INSERT INTO conversation (id, kind, low, high, grp)
            SELECT value ->> 'chat', ?2, 0, 0, g.key
            FROM json_each(?1) JOIN group_info g ON g.group_id = value ->> 'group_id'
            WHERE g.conversation = 0 ON CONFLICT (id) DO NOTHING";
        self.write(chats, (&form, GROUP))?;
        let link = "UPDATE group_info SET conversation = (SELECT key FROM conversation WHERE id = 'sg_' || group_id)
            WHERE conversation = 0 AND group_id IN (SELECT value ->> 'group_id' FROM json_each(?1))";
        self.write(link, [&form])?;
        Ok(new)
    }

    async fn import_members(&mut self, members: &[ImportedMember]) -> Result<u64> {
        let sql = "INSERT INTO group_member (grp, account, role, nickname, face_url, ex, joined_at, source, inviter,
                operator, muted_until)
            SELECT value ->> 'grp', value ->> 'account', value ->> 'role', value ->> 'nickname',
                value ->> 'face_url', value ->> 'ex', value ->> 'joined_at', value ->> 'source', value ->> 'inviter',
                value ->> 'operator', value ->> 'muted_until'
            FROM json_each(?1) WHERE true ON CONFLICT (grp, account) DO NOTHING";
        self.write(sql, [rows::members(members)])
    }

    async fn import_applications(&mut self, applications: &[ImportedApplication]) -> Result<u64> {
        let sql = "INSERT INTO group_application (grp, account, verdict, message, ex, created_at, source, inviter,
                handler, handle_message, handled_at)
            SELECT value ->> 'grp', value ->> 'account', value ->> 'verdict', value ->> 'message', value ->> 'ex',
                value ->> 'created_at', value ->> 'source', value ->> 'inviter', value ->> 'handler',
                value ->> 'handle_message', value ->> 'handled_at'
            FROM json_each(?1) WHERE true ON CONFLICT (grp, account) DO NOTHING";
        self.write(sql, [rows::applications(applications)])
    }

    async fn imported_conversations(
        &mut self,
        ids: &[ConversationId],
    ) -> Result<Vec<ImportedConversation>> {
        let sql = format!(
            "SELECT c.key, c.id, c.kind, c.low, c.high, {SOMEONE}, c.max_seq, c.min_seq, c.last_time
            FROM json_each(?1) asked CROSS JOIN conversation c ON c.id = asked.value"
        );
        self.rows(&sql, [json(&rows::ids(ids))], read_conversation)
    }

    async fn import_conversation_pairs(
        &mut self,
        pairs: &[(ConversationId, ConversationKind, AccountKey, AccountKey)],
    ) -> Result<u64> {
        let sql = "INSERT INTO conversation (id, kind, low, high)
            SELECT value ->> 'id', value ->> 'kind', value ->> 'low', value ->> 'high'
            FROM json_each(?1) WHERE true ON CONFLICT (id) DO NOTHING";
        self.write(sql, [rows::pairs(pairs)])
    }

    async fn import_group_notices(&mut self, groups: &[(ConversationId, GroupKey)]) -> Result<u64> {
        let sql = "INSERT INTO conversation (id, kind, low, high, grp)
            SELECT value ->> 'id', ?2, 0, 0, value ->> 'grp'
            FROM json_each(?1) WHERE true ON CONFLICT (id) DO NOTHING";
        self.write(sql, (rows::group_notices(groups), NOTICE))
    }

    async fn import_participants(&mut self, participants: &[ImportedParticipant]) -> Result<u64> {
        let sql = "INSERT INTO participant (account, conversation, receive, is_pinned, is_private, burn_s, group_at,
                is_destructing, destruct_s, destructed_at, attached_info, ex, min_seq, max_seq, created_at)
            SELECT value ->> 'account', value ->> 'conversation', value ->> 'receive', value ->> 'is_pinned',
                value ->> 'is_private', value ->> 'burn_s', value ->> 'group_at', value ->> 'is_destructing',
                value ->> 'destruct_s', value ->> 'destructed_at', value ->> 'attached_info', value ->> 'ex',
                value ->> 'min_seq', value ->> 'max_seq', value ->> 'created_at'
            FROM json_each(?1) WHERE true ON CONFLICT (account, conversation) DO NOTHING";
        self.write(sql, [rows::participants(participants)])
    }

    async fn import_reaches(&mut self, reaches: &[ImportedReach]) -> Result<u64> {
        // The upper bound is the one that pulling obeyed, which stands here; the lower ones are raised by both.
        let sql = "UPDATE participant SET min_seq = max(min_seq, r.value ->> 'min_seq'),
                max_seq = r.value ->> 'max_seq', read_seq = r.value ->> 'read_seq'
            FROM json_each(?1) r
            WHERE account = r.value ->> 'account' AND conversation = r.value ->> 'conversation'";
        self.write(sql, [rows::reaches(reaches)])
    }

    async fn taken_client_ids(
        &mut self,
        ids: &[(ConversationKey, AccountKey, &str)],
    ) -> Result<Vec<usize>> {
        let conn = self.conn()?;
        let mut find = conn
            .prepare_cached(
                "SELECT 1 FROM message
                WHERE client_key = ?1 AND conversation = ?2 AND sender = ?3 AND client_msg_id = ?4",
            )
            .map_err(sqlite)?;
        let mut taken = Vec::new();
        for (n, (conversation, sender, id)) in ids.iter().enumerate() {
            let key = client_key(*conversation, *sender, &rows::text(id));
            let params = (key, conversation.0, sender.0, rows::text(id));
            if find.exists(params).map_err(sqlite)? {
                taken.push(n);
            }
        }
        Ok(taken)
    }

    async fn import_messages(&mut self, messages: &[ImportedMessage]) -> Result<()> {
        let conn = self.conn()?;
        let mut insert = conn
            .prepare_cached(
                "INSERT INTO message (conversation, seq, sender, client_key, client_msg_id, server_msg_id,
                    sender_platform, sender_nickname, sender_face_url, origin, content_type, content, create_time,
                    send_time, status, options, push, at_users, attached_info, ex)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
            )
            .map_err(sqlite)?;
        for message in messages {
            let post = &message.post;
            let id = rows::text(&post.client_msg_id);
            let inserted = insert.execute(rusqlite::params![
                message.conversation.0,
                message.seq,
                message.sender.0,
                client_key(message.conversation, message.sender, &id),
                id,
                rows::text(&post.server_msg_id),
                post.sender_platform,
                rows::text(&post.sender_nickname),
                rows::text(&post.sender_face_url),
                post.origin as i64,
                post.content_type,
                &post.content[..],
                post.create_time,
                message.send_time,
                message.status as i64,
                post.options.0,
                post.push.as_deref().map(write_push),
                write_texts(&post.at),
                rows::text(&post.attached_info),
                rows::text(&post.ex),
            ]);
            inserted.map_err(sqlite)?;
        }
        Ok(())
    }

    async fn import_hides(&mut self, hides: &[ImportedHide]) -> Result<()> {
        let sql = "INSERT INTO message_hidden (account, conversation, seq)
            SELECT value ->> 'account', value ->> 'conversation', value ->> 'seq'
            FROM json_each(?1) WHERE true ON CONFLICT (account, conversation, seq) DO NOTHING";
        self.write(sql, [rows::hides(hides)]).map(drop)
    }

    async fn import_heads(&mut self, heads: &[ImportedHead]) -> Result<()> {
        let sql = "UPDATE conversation SET max_seq = h.value ->> 'max_seq', min_seq = h.value ->> 'min_seq',
                last_time = h.value ->> 'last_time'
            FROM json_each(?1) h WHERE conversation.key = h.value ->> 'key'";
        self.write(sql, [rows::heads(heads)]).map(drop)
    }

    async fn import_seqs(&mut self, seqs: &[(ConversationKey, i64, i64)]) -> Result<()> {
        let form = rows::seqs(seqs);
        let given = "INSERT INTO import_seq (conversation, max_seq)
            SELECT value ->> 'conversation', value ->> 'max_seq' FROM json_each(?1) WHERE true
            ON CONFLICT (conversation) DO UPDATE SET max_seq = max(max_seq, excluded.max_seq)";
        self.write(given, [&form])?;
        let removed = "UPDATE conversation SET min_seq = max(min_seq, s.value ->> 'min_seq')
            FROM json_each(?1) s WHERE conversation.key = s.value ->> 'conversation'";
        self.write(removed, [&form]).map(drop)
    }

    async fn import_tails(
        &mut self,
        after: ConversationKey,
        rows_max: usize,
    ) -> Result<Vec<ImportedTail>> {
        let sql = format!(
            "SELECT c.key, c.max_seq, c.min_seq, c.last_time, {SOMEONE}, min(s.max_seq, max(c.min_seq - 1, p.seen))
            FROM import_seq s JOIN conversation c ON c.key = s.conversation
            JOIN (SELECT i.conversation, coalesce(max(max(x.read_seq, x.max_seq, x.min_seq - 1)), 0) AS seen
                FROM import_seq i LEFT JOIN participant x ON x.conversation = i.conversation
                WHERE i.conversation > ?1 GROUP BY i.conversation) p ON p.conversation = c.key
            WHERE c.key > ?1 AND min(s.max_seq, max(c.min_seq - 1, p.seen)) > c.max_seq
            ORDER BY c.key LIMIT ?2"
        );
        self.rows(&sql, (after.0, limit(rows_max)), |row| {
            Ok(ImportedTail {
                head: ImportedHead {
                    conversation: ConversationKey(row.get(0)?),
                    max_seq: row.get(1)?,
                    min_seq: row.get(2)?,
                    last_time: row.get(3)?,
                },
                sender: AccountKey(row.get(4)?),
                seen_seq: row.get(5)?,
            })
        })
    }

    async fn unused_seqs(&mut self) -> Result<(u64, u64)> {
        let sql = "SELECT coalesce(sum(s.max_seq - c.max_seq), 0), count(*) FROM import_seq s
            JOIN conversation c ON c.key = s.conversation WHERE s.max_seq > c.max_seq";
        self.one(sql, [], |row| {
            Ok((
                row.get::<_, i64>(0)?.cast_unsigned(),
                row.get::<_, i64>(1)?.cast_unsigned(),
            ))
        })
    }

    async fn settle_groups(&mut self, mark: ImportMark) -> Result<(u64, u64)> {
        let count = "UPDATE group_info SET
                member_count = (SELECT count(*) FROM group_member WHERE grp = group_info.key),
                owner = coalesce((SELECT a.user_id FROM group_member m JOIN account a ON a.key = m.account
                    WHERE m.grp = group_info.key AND m.role = ?2 LIMIT 1), owner)
            WHERE key > ?1";
        self.write(count, [mark.group.0, OWNER])?;
        let list = "INSERT INTO participant (account, conversation, read_seq, created_at)
            SELECT m.account, g.conversation, c.max_seq, m.joined_at
            FROM group_info g JOIN group_member m ON m.grp = g.key JOIN conversation c ON c.key = g.conversation
            WHERE g.key > ?1 ON CONFLICT (account, conversation) DO NOTHING";
        let listed = self.write(list, [mark.group.0])?;
        let bound = "UPDATE participant SET max_seq = CASE WHEN c.max_seq > 0 THEN c.max_seq ELSE ?2 END
            FROM conversation c
            WHERE c.key = participant.conversation AND c.kind = ?3 AND c.grp > ?1 AND participant.max_seq = 0
                AND NOT EXISTS (SELECT 1 FROM group_member m WHERE m.grp = c.grp AND m.account = participant.account)";
        let bound = self.write(bound, [mark.group.0, NOTHING_VISIBLE, GROUP])?;
        Ok((listed, bound))
    }

    async fn settle_conversations(&mut self, mark: ImportMark) -> Result<(u64, u64)> {
        let list = "INSERT INTO participant (account, conversation, read_seq, created_at)
            SELECT a.key, c.key, c.max_seq, c.last_time
            FROM conversation c JOIN account a ON a.key IN (c.low, c.high)
            WHERE c.key > ?1 AND c.max_seq > 0 AND (c.kind = ?2 OR c.kind = ?3 AND a.kind <> ?4)
            ON CONFLICT (account, conversation) DO NOTHING";
        let listed = self.write(list, [mark.conversation.0, DIRECT, NOTIFICATION, SPEAKER])?;
        let tie = "UPDATE conversation SET notice = n.key FROM conversation n
            WHERE n.id = 'n_' || substr(conversation.id, instr(conversation.id, '_') + 1) AND n.kind = ?2
                AND conversation.key > ?1 AND conversation.kind <> ?2 AND conversation.notice IS NULL";
        self.write(tie, [mark.conversation.0, NOTICE])?;
        let take_back = "UPDATE participant SET read_seq = c.max_seq FROM conversation c
            WHERE c.key = participant.conversation AND c.key > ?1 AND participant.read_seq > c.max_seq";
        Ok((listed, self.write(take_back, [mark.conversation.0])?))
    }

    async fn restart_version_logs(&mut self, lists: &[List]) -> Result<()> {
        let form = rows::version_logs(lists, self.now());
        let entries = "DELETE FROM version_entry WHERE log IN (SELECT l.key FROM json_each(?1) r
            JOIN version_log l ON l.list = r.value ->> 'list' AND l.owner = r.value ->> 'owner')";
        self.write(entries, [&form])?;
        let logs = "INSERT INTO version_log (owner, list, version_id, version)
            SELECT value ->> 'owner', value ->> 'list', value ->> 'version_id', 1 FROM json_each(?1) WHERE true
            ON CONFLICT (list, owner) DO UPDATE SET version_id = excluded.version_id, version = 1";
        self.write(logs, [&form]).map(drop)
    }

    async fn pass_over_messages(&mut self, but: &str) -> Result<()> {
        let newest = "(SELECT coalesce(max(id), 0) FROM message)";
        self.write(
            &format!("UPDATE relay SET message = max(message, {newest})"),
            [],
        )?;
        let followers =
            format!("UPDATE follower SET message = max(message, {newest}) WHERE name <> ?1");
        self.write(&followers, [but]).map(drop)
    }
}

fn read_conversation(row: &Row<'_>) -> rusqlite::Result<ImportedConversation> {
    Ok(ImportedConversation {
        key: ConversationKey(row.get(0)?),
        id: known(
            "conversation id",
            ConversationId::parse(row.get::<_, String>(1)?),
        )?,
        kind: known("kind", ConversationKind::from_number(row.get(2)?))?,
        low: AccountKey(row.get(3)?),
        high: AccountKey(row.get(4)?),
        someone: AccountKey(row.get(5)?),
        max_seq: row.get(6)?,
        min_seq: row.get(7)?,
        last_time: row.get(8)?,
    })
}
