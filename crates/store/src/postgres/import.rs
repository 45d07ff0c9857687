//! Imports: rows in bulk, a batch in a few statements, and how far an import has come. The messages go in column by
//! column, everything else as one text of JSON, because speed matters less there.

use std::borrow::Cow;

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
use tokio_postgres::Row;

use super::session::{Mode, Params, ReadWrite, Session, column, known, number};
use crate::bounds::{NOTHING_VISIBLE, limit};
use crate::error::postgres;
use crate::forms::{write_push, write_texts};
use crate::import_rows as rows;

const DIRECT: i32 = ConversationKind::Direct as i32;
const GROUP: i32 = ConversationKind::Group as i32;
const NOTIFICATION: i32 = ConversationKind::Notification as i32;
const NOTICE: i32 = ConversationKind::Notice as i32;
const OWNER: i32 = GroupRole::Owner as i32;
const SPEAKER: i32 = AccountKind::Notification as i32;

/// Somebody to whom missing messages of conversation `c` can be put down.
const SOMEONE: &str = "CASE WHEN c.grp IS NULL THEN c.low ELSE coalesce(
    (SELECT account FROM group_member WHERE grp = c.grp ORDER BY role DESC, joined_at LIMIT 1),
    (SELECT min(key) FROM account)) END";

/// What settles all rows at once may take its time.
const NO_HURRY: &str = "SET LOCAL statement_timeout = 0";

const INSERT_MESSAGES: &str = "INSERT INTO message (conversation, seq, sender, client_msg_id, server_msg_id,
        sender_platform, sender_nickname, sender_face_url, origin, content_type, content, create_time, send_time, status,
        options, push, at_users, attached_info, ex)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::integer[], $7::text[],
        $8::text[], $9::integer[], $10::integer[], $11::bytea[], $12::bigint[], $13::bigint[], $14::integer[],
        $15::integer[], $16::text[], $17::text[], $18::text[], $19::text[])";

impl Session<ReadWrite> {
    /// Writes a batch that is one text of JSON.
    async fn write_rows(&self, sql: &str, form: &str) -> Result<u64> {
        self.write(sql, &[&form]).await
    }
}

#[async_trait]
impl ImportWrites for Session<ReadWrite> {
    async fn import_run(&mut self, fingerprint: &str) -> Result<Option<ImportRun>> {
        let sql = "SELECT conversation_mark, group_mark, started_at, finished_at FROM import WHERE fingerprint = $1";
        self.row(sql, &[&fingerprint], |row| {
            Ok(ImportRun {
                mark: ImportMark {
                    conversation: ConversationKey(column(row, 0)?),
                    group: GroupKey(column(row, 1)?),
                },
                started_at: column(row, 2)?,
                finished_at: column(row, 3)?,
            })
        })
        .await
    }

    async fn insert_import(&mut self, fingerprint: &str, now: Millis) -> Result<()> {
        let sql = "INSERT INTO import (fingerprint, conversation_mark, group_mark, started_at)
            SELECT $1, (SELECT coalesce(max(key), 0) FROM conversation),
                (SELECT coalesce(max(key), 0) FROM group_info), $2";
        self.write(sql, &[&fingerprint, &now]).await.map(drop)
    }

    async fn finish_import(&mut self, fingerprint: &str, now: Millis) -> Result<()> {
        self.write("DELETE FROM import_seq", &[]).await?;
        let sql = "UPDATE import SET finished_at = $2 WHERE fingerprint = $1";
        self.write(sql, &[&fingerprint, &now]).await.map(drop)
    }

    async fn import_steps(&mut self, fingerprint: &str) -> Result<Vec<ImportStep>> {
        let sql =
            "SELECT name, documents, is_finished, tally FROM import_step WHERE fingerprint = $1";
        self.rows(sql, &[&fingerprint], |row| {
            Ok(ImportStep {
                name: column(row, 0)?,
                documents: column::<i64>(row, 1)?.cast_unsigned(),
                is_finished: column(row, 2)?,
                tally: column(row, 3)?,
            })
        })
        .await
    }

    async fn put_import_step(&mut self, fingerprint: &str, step: &ImportStep) -> Result<()> {
        let sql = "INSERT INTO import_step (fingerprint, name, documents, is_finished, tally)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (fingerprint, name) DO UPDATE SET documents = excluded.documents,
                is_finished = excluded.is_finished, tally = excluded.tally";
        let tally = rows::text(&step.tally);
        let params: Params<'_> = &[
            &fingerprint,
            &step.name,
            &step.documents.cast_signed(),
            &step.is_finished,
            &tally,
        ];
        self.write(sql, params).await.map(drop)
    }

    async fn has_conversations(&mut self) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM conversation)";
        self.one(sql, &[], |row| column(row, 0)).await
    }

    async fn account_keys(&mut self, ids: &[String]) -> Result<Vec<(String, AccountKey)>> {
        let sql = "SELECT user_id, key FROM account WHERE user_id = ANY ($1::text[])";
        let ids: Vec<_> = ids.iter().map(|id| rows::text(id)).collect();
        self.rows(sql, &[&ids], |row| {
            Ok((column(row, 0)?, AccountKey(column(row, 1)?)))
        })
        .await
    }

    async fn group_keys(
        &mut self,
        ids: &[String],
    ) -> Result<Vec<(String, GroupKey, ConversationKey)>> {
        let sql =
            "SELECT group_id, key, conversation FROM group_info WHERE group_id = ANY ($1::text[])";
        let ids: Vec<_> = ids.iter().map(|id| rows::text(id)).collect();
        self.rows(sql, &[&ids], |row| {
            Ok((
                column(row, 0)?,
                GroupKey(column(row, 1)?),
                ConversationKey(column(row, 2)?),
            ))
        })
        .await
    }

    async fn account_page(
        &mut self,
        after: AccountKey,
        rows_max: usize,
    ) -> Result<Vec<AccountKey>> {
        let sql = "SELECT key FROM account WHERE key > $1 ORDER BY key LIMIT $2";
        let page = |row: &Row| column(row, 0).map(AccountKey);
        self.rows(sql, &[&after.0, &limit(rows_max)], page).await
    }

    async fn group_page(&mut self, after: GroupKey, rows_max: usize) -> Result<Vec<GroupKey>> {
        let sql = "SELECT key FROM group_info WHERE key > $1 ORDER BY key LIMIT $2";
        let page = |row: &Row| column(row, 0).map(GroupKey);
        self.rows(sql, &[&after.0, &limit(rows_max)], page).await
    }

    async fn import_accounts(&mut self, accounts: &[Account]) -> Result<u64> {
        let sql = "INSERT INTO account (user_id, nickname, face_url, ex, kind, receive, created_at, policy)
            SELECT user_id, nickname, face_url, ex, kind, receive, created_at, 1
            FROM json_to_recordset($1::text::json) AS r (user_id text, nickname text, face_url text, ex text,
                kind integer, receive integer, created_at bigint)
            ON CONFLICT (user_id) DO NOTHING";
        self.write_rows(sql, &rows::accounts(accounts)).await
    }

    async fn import_friends(&mut self, friends: &[ImportedFriend]) -> Result<u64> {
        let sql = "INSERT INTO friend (owner, other, remark, ex, is_pinned, source, operator, created_at)
            SELECT owner, other, remark, ex, is_pinned <> 0, source, operator, created_at
            FROM json_to_recordset($1::text::json) AS r (owner bigint, other bigint, remark text, ex text,
                is_pinned integer, source integer, operator text, created_at bigint)
            ON CONFLICT (owner, other) DO NOTHING";
        self.write_rows(sql, &rows::friends(friends)).await
    }

    async fn import_friend_requests(&mut self, requests: &[ImportedFriendRequest]) -> Result<u64> {
        let sql = "INSERT INTO friend_request (from_account, to_account, verdict, message, ex, created_at, handler,
                handle_message, handled_at)
            SELECT from_account, to_account, verdict, message, ex, created_at, handler, handle_message, handled_at
            FROM json_to_recordset($1::text::json) AS r (from_account bigint, to_account bigint, verdict integer,
                message text, ex text, created_at bigint, handler text, handle_message text, handled_at bigint)
            ON CONFLICT (from_account, to_account) DO NOTHING";
        self.write_rows(sql, &rows::friend_requests(requests)).await
    }

    async fn import_blocks(&mut self, blocks: &[NewBlock]) -> Result<u64> {
        let sql = "INSERT INTO block (owner, other, ex, source, operator, created_at)
            SELECT owner, other, ex, source, operator, created_at
            FROM json_to_recordset($1::text::json) AS r (owner bigint, other bigint, ex text, source integer,
                operator text, created_at bigint)
            ON CONFLICT (owner, other) DO NOTHING";
        self.write_rows(sql, &rows::blocks(blocks)).await
    }

    async fn import_groups(&mut self, groups: &[Group]) -> Result<u64> {
        let form = rows::groups(groups);
        let sql = "INSERT INTO group_info (group_id, conversation, name, announcement, announced_at, announced_by,
                introduction, face_url, ex, status, join_rule, hides_profiles, forbids_friends, creator, owner,
                created_at)
            SELECT group_id, 0, name, announcement, announced_at, announced_by, introduction, face_url, ex, status,
                join_rule, hides_profiles <> 0, forbids_friends <> 0, creator, owner, created_at
            FROM json_to_recordset($1::text::json) AS r (group_id text, name text, announcement text,
                announced_at bigint, announced_by text, introduction text, face_url text, ex text, status integer,
                join_rule integer, hides_profiles integer, forbids_friends integer, creator text, owner text,
                created_at bigint)
            ON CONFLICT (group_id) DO NOTHING";
        let new = self.write_rows(sql, &form).await?;
        let chats = "INSERT INTO conversation (id, kind, low, high, grp)
            SELECT r.chat, $2, 0, 0, g.key
            FROM json_to_recordset($1::text::json) AS r (group_id text, chat text)
            JOIN group_info g ON g.group_id = r.group_id
            WHERE g.conversation = 0 ON CONFLICT (id) DO NOTHING";
        self.write(chats, &[&form, &GROUP]).await?;
        let link = "UPDATE group_info g SET conversation = c.key
            FROM json_to_recordset($1::text::json) AS r (group_id text, chat text)
            JOIN conversation c ON c.id = r.chat
            WHERE g.group_id = r.group_id AND g.conversation = 0";
        self.write_rows(link, &form).await?;
        Ok(new)
    }

    async fn import_members(&mut self, members: &[ImportedMember]) -> Result<u64> {
        let sql = "INSERT INTO group_member (grp, account, role, nickname, face_url, ex, joined_at, source, inviter,
                operator, muted_until)
            SELECT grp, account, role, nickname, face_url, ex, joined_at, source, inviter, operator, muted_until
            FROM json_to_recordset($1::text::json) AS r (grp bigint, account bigint, role integer, nickname text,
                face_url text, ex text, joined_at bigint, source integer, inviter text, operator text,
                muted_until bigint)
            ON CONFLICT (grp, account) DO NOTHING";
        self.write_rows(sql, &rows::members(members)).await
    }

    async fn import_applications(&mut self, applications: &[ImportedApplication]) -> Result<u64> {
        let sql = "INSERT INTO group_application (grp, account, verdict, message, ex, created_at, source, inviter,
                handler, handle_message, handled_at)
            SELECT grp, account, verdict, message, ex, created_at, source, inviter, handler, handle_message, handled_at
            FROM json_to_recordset($1::text::json) AS r (grp bigint, account bigint, verdict integer, message text,
                ex text, created_at bigint, source integer, inviter text, handler text, handle_message text,
                handled_at bigint)
            ON CONFLICT (grp, account) DO NOTHING";
        self.write_rows(sql, &rows::applications(applications))
            .await
    }

    async fn imported_conversations(
        &mut self,
        ids: &[ConversationId],
    ) -> Result<Vec<ImportedConversation>> {
        let sql = format!(
            "SELECT c.key, c.id, c.kind, c.low, c.high, {SOMEONE}, c.max_seq, c.min_seq, c.last_time
            FROM conversation c WHERE c.id = ANY ($1::text[])"
        );
        self.rows(&sql, &[&rows::ids(ids)], read_conversation).await
    }

    async fn import_conversation_pairs(
        &mut self,
        pairs: &[(ConversationId, ConversationKind, AccountKey, AccountKey)],
    ) -> Result<u64> {
        let sql = "INSERT INTO conversation (id, kind, low, high) SELECT id, kind, low, high
            FROM json_to_recordset($1::text::json) AS r (id text, kind integer, low bigint, high bigint)
            ON CONFLICT (id) DO NOTHING";
        self.write_rows(sql, &rows::pairs(pairs)).await
    }

    async fn import_group_notices(&mut self, groups: &[(ConversationId, GroupKey)]) -> Result<u64> {
        let sql = "INSERT INTO conversation (id, kind, low, high, grp) SELECT id, $2, 0, 0, grp
            FROM json_to_recordset($1::text::json) AS r (id text, grp bigint) ON CONFLICT (id) DO NOTHING";
        self.write(sql, &[&rows::group_notices(groups), &NOTICE])
            .await
    }

    async fn import_participants(&mut self, participants: &[ImportedParticipant]) -> Result<u64> {
        let sql = "INSERT INTO participant (account, conversation, receive, is_pinned, is_private, burn_s, group_at,
                is_destructing, destruct_s, destructed_at, attached_info, ex, min_seq, max_seq, created_at)
            SELECT account, conversation, receive, is_pinned <> 0, is_private <> 0, burn_s, group_at,
                is_destructing <> 0, destruct_s, destructed_at, attached_info, ex, min_seq, max_seq, created_at
            FROM json_to_recordset($1::text::json) AS r (account bigint, conversation bigint, receive integer,
                is_pinned integer, is_private integer, burn_s integer, group_at integer, is_destructing integer,
                destruct_s bigint, destructed_at bigint, attached_info text, ex text, min_seq bigint, max_seq bigint,
                created_at bigint)
            ON CONFLICT (account, conversation) DO NOTHING";
        self.write_rows(sql, &rows::participants(participants))
            .await
    }

    async fn import_reaches(&mut self, reaches: &[ImportedReach]) -> Result<u64> {
        // The upper bound is the one that pulling obeyed, which stands here; the lower ones are raised by both.
        let sql = "UPDATE participant p SET min_seq = greatest(p.min_seq, r.min_seq), max_seq = r.max_seq,
                read_seq = r.read_seq
            FROM json_to_recordset($1::text::json) AS r (account bigint, conversation bigint, min_seq bigint,
                max_seq bigint, read_seq bigint)
            WHERE p.account = r.account AND p.conversation = r.conversation";
        self.write_rows(sql, &rows::reaches(reaches)).await
    }

    async fn taken_client_ids(
        &mut self,
        ids: &[(ConversationKey, AccountKey, &str)],
    ) -> Result<Vec<usize>> {
        let sql = "SELECT n FROM unnest($1::bigint[], $2::bigint[], $3::text[]) WITH ORDINALITY
                AS r (conversation, sender, id, n)
            WHERE EXISTS (SELECT 1 FROM message m
                WHERE m.conversation = r.conversation AND m.sender = r.sender AND m.client_msg_id = r.id)";
        let conversations: Vec<i64> = ids.iter().map(|id| id.0.0).collect();
        let senders: Vec<i64> = ids.iter().map(|id| id.1.0).collect();
        let texts: Vec<Cow<'_, str>> = ids.iter().map(|id| rows::text(id.2)).collect();
        self.rows(sql, &[&conversations, &senders, &texts], |row| {
            // Ordinals count from 1.
            let n = usize::try_from(column::<i64>(row, 0)? - 1);
            n.map_err(domain::error::Error::internal)
        })
        .await
    }

    async fn import_messages(&mut self, messages: &[ImportedMessage]) -> Result<()> {
        let columns = Columns::of(messages);
        self.write(INSERT_MESSAGES, &columns.params())
            .await
            .map(drop)
    }

    async fn import_hides(&mut self, hides: &[ImportedHide]) -> Result<()> {
        let sql = "INSERT INTO message_hidden (account, conversation, seq) SELECT account, conversation, seq
            FROM json_to_recordset($1::text::json) AS r (account bigint, conversation bigint, seq bigint)
            ON CONFLICT (account, conversation, seq) DO NOTHING";
        self.write_rows(sql, &rows::hides(hides)).await.map(drop)
    }

    async fn import_heads(&mut self, heads: &[ImportedHead]) -> Result<()> {
        let sql = "UPDATE conversation c SET max_seq = h.max_seq, min_seq = h.min_seq, last_time = h.last_time
            FROM json_to_recordset($1::text::json) AS h (key bigint, max_seq bigint, min_seq bigint, last_time bigint)
            WHERE c.key = h.key";
        self.write_rows(sql, &rows::heads(heads)).await.map(drop)
    }

    async fn import_seqs(&mut self, seqs: &[(ConversationKey, i64, i64)]) -> Result<()> {
        let form = rows::seqs(seqs);
        // A conversation may be in the batch twice, which one statement cannot write.
        let given = "INSERT INTO import_seq (conversation, max_seq) SELECT conversation, max(max_seq)
            FROM json_to_recordset($1::text::json) AS s (conversation bigint, max_seq bigint) GROUP BY conversation
            ON CONFLICT (conversation)
            DO UPDATE SET max_seq = greatest(import_seq.max_seq, excluded.max_seq)";
        self.write_rows(given, &form).await?;
        let removed = "UPDATE conversation c SET min_seq = greatest(c.min_seq, s.min_seq)
            FROM json_to_recordset($1::text::json) AS s (conversation bigint, min_seq bigint)
            WHERE c.key = s.conversation";
        self.write_rows(removed, &form).await.map(drop)
    }

    async fn import_tails(
        &mut self,
        after: ConversationKey,
        rows_max: usize,
    ) -> Result<Vec<ImportedTail>> {
        let sql = format!(
            "SELECT c.key, c.max_seq, c.min_seq, c.last_time, {SOMEONE},
                least(s.max_seq, greatest(c.min_seq - 1, p.seen))
            FROM import_seq s JOIN conversation c ON c.key = s.conversation
            CROSS JOIN LATERAL (SELECT coalesce(max(greatest(x.read_seq, x.max_seq, x.min_seq - 1)), 0) AS seen
                FROM participant x WHERE x.conversation = c.key) p
            WHERE c.key > $1 AND least(s.max_seq, greatest(c.min_seq - 1, p.seen)) > c.max_seq
            ORDER BY c.key LIMIT $2"
        );
        self.mode
            .client()
            .batch_execute(NO_HURRY)
            .await
            .map_err(postgres)?;
        self.rows(&sql, &[&after.0, &limit(rows_max)], |row| {
            Ok(ImportedTail {
                head: ImportedHead {
                    conversation: ConversationKey(column(row, 0)?),
                    max_seq: column(row, 1)?,
                    min_seq: column(row, 2)?,
                    last_time: column(row, 3)?,
                },
                sender: AccountKey(column(row, 4)?),
                seen_seq: column(row, 5)?,
            })
        })
        .await
    }

    async fn unused_seqs(&mut self) -> Result<(u64, u64)> {
        let sql =
            "SELECT coalesce(sum(s.max_seq - c.max_seq), 0)::bigint, count(*) FROM import_seq s
            JOIN conversation c ON c.key = s.conversation WHERE s.max_seq > c.max_seq";
        self.one(sql, &[], |row| {
            Ok((
                column::<i64>(row, 0)?.cast_unsigned(),
                column::<i64>(row, 1)?.cast_unsigned(),
            ))
        })
        .await
    }

    async fn settle_groups(&mut self, mark: ImportMark) -> Result<(u64, u64)> {
        self.mode
            .client()
            .batch_execute(NO_HURRY)
            .await
            .map_err(postgres)?;
        let count = "UPDATE group_info g SET
                member_count = (SELECT count(*) FROM group_member WHERE grp = g.key),
                owner = coalesce((SELECT a.user_id FROM group_member m JOIN account a ON a.key = m.account
                    WHERE m.grp = g.key AND m.role = $2 LIMIT 1), g.owner)
            WHERE g.key > $1";
        self.write(count, &[&mark.group.0, &OWNER]).await?;
        let list = "INSERT INTO participant (account, conversation, read_seq, created_at)
            SELECT m.account, g.conversation, c.max_seq, m.joined_at
            FROM group_info g JOIN group_member m ON m.grp = g.key JOIN conversation c ON c.key = g.conversation
            WHERE g.key > $1 ON CONFLICT (account, conversation) DO NOTHING";
        let listed = self.write(list, &[&mark.group.0]).await?;
        let bound = "UPDATE participant p SET max_seq = CASE WHEN c.max_seq > 0 THEN c.max_seq ELSE $2 END
            FROM conversation c
            WHERE c.key = p.conversation AND c.kind = $3 AND c.grp > $1 AND p.max_seq = 0
                AND NOT EXISTS (SELECT 1 FROM group_member m WHERE m.grp = c.grp AND m.account = p.account)";
        let bound = self
            .write(bound, &[&mark.group.0, &NOTHING_VISIBLE, &GROUP])
            .await?;
        Ok((listed, bound))
    }

    async fn settle_conversations(&mut self, mark: ImportMark) -> Result<(u64, u64)> {
        self.mode
            .client()
            .batch_execute(NO_HURRY)
            .await
            .map_err(postgres)?;
        let list = "INSERT INTO participant (account, conversation, read_seq, created_at)
            SELECT a.key, c.key, c.max_seq, c.last_time
            FROM conversation c JOIN account a ON a.key IN (c.low, c.high)
            WHERE c.key > $1 AND c.max_seq > 0 AND (c.kind = $2 OR c.kind = $3 AND a.kind <> $4)
            ON CONFLICT (account, conversation) DO NOTHING";
        let params: Params<'_> = &[&mark.conversation.0, &DIRECT, &NOTIFICATION, &SPEAKER];
        let listed = self.write(list, params).await?;
        let tie = "UPDATE conversation c SET notice = n.key FROM conversation n
            WHERE n.id = 'n_' || substr(c.id, strpos(c.id, '_') + 1) AND n.kind = $2
                AND c.key > $1 AND c.kind <> $2 AND c.notice IS NULL";
        self.write(tie, &[&mark.conversation.0, &NOTICE]).await?;
        let take_back = "UPDATE participant p SET read_seq = c.max_seq FROM conversation c
            WHERE c.key = p.conversation AND c.key > $1 AND p.read_seq > c.max_seq";
        let taken_back = self.write(take_back, &[&mark.conversation.0]).await?;
        Ok((listed, taken_back))
    }

    async fn restart_version_logs(&mut self, lists: &[List]) -> Result<()> {
        let form = rows::version_logs(lists, self.now());
        let entries = "DELETE FROM version_entry e USING version_log l
            JOIN json_to_recordset($1::text::json) AS r (list integer, owner bigint)
                ON l.list = r.list AND l.owner = r.owner
            WHERE e.log = l.key";
        self.write_rows(entries, &form).await?;
        let logs = "INSERT INTO version_log (owner, list, version_id, version)
            SELECT owner, list, version_id, 1
            FROM json_to_recordset($1::text::json) AS r (owner bigint, list integer, version_id text)
            ON CONFLICT (list, owner) DO UPDATE SET version_id = excluded.version_id, version = 1";
        self.write_rows(logs, &form).await.map(drop)
    }

    async fn pass_over_messages(&mut self, but: &str) -> Result<()> {
        let newest = "(SELECT coalesce(max(id), 0) FROM message)";
        let relays = format!("UPDATE relay SET message = greatest(message, {newest})");
        self.write(&relays, &[]).await?;
        let followers =
            format!("UPDATE follower SET message = greatest(message, {newest}) WHERE name <> $1");
        self.write(&followers, &[&but]).await.map(drop)
    }
}

/// Rows of the log, column by column.
#[derive(Default)]
struct Columns<'a> {
    conversations: Vec<i64>,
    seqs: Vec<i64>,
    senders: Vec<i64>,
    client_msg_ids: Vec<Cow<'a, str>>,
    server_msg_ids: Vec<Cow<'a, str>>,
    platforms: Vec<i32>,
    nicknames: Vec<Cow<'a, str>>,
    face_urls: Vec<Cow<'a, str>>,
    origins: Vec<i32>,
    content_types: Vec<i32>,
    contents: Vec<&'a [u8]>,
    create_times: Vec<i64>,
    send_times: Vec<i64>,
    statuses: Vec<i32>,
    options: Vec<i32>,
    pushes: Vec<Option<String>>,
    at_users: Vec<Option<String>>,
    attached_infos: Vec<Cow<'a, str>>,
    exes: Vec<Cow<'a, str>>,
}

impl<'a> Columns<'a> {
    fn of(messages: &'a [ImportedMessage]) -> Self {
        let mut columns = Self::default();
        for message in messages {
            let post = &message.post;
            columns.conversations.push(message.conversation.0);
            columns.seqs.push(message.seq);
            columns.senders.push(message.sender.0);
            columns.client_msg_ids.push(rows::text(&post.client_msg_id));
            columns.server_msg_ids.push(rows::text(&post.server_msg_id));
            columns.platforms.push(post.sender_platform);
            columns.nicknames.push(rows::text(&post.sender_nickname));
            columns.face_urls.push(rows::text(&post.sender_face_url));
            columns.origins.push(post.origin as i32);
            columns.content_types.push(post.content_type);
            columns.contents.push(&post.content);
            columns.create_times.push(post.create_time);
            columns.send_times.push(message.send_time);
            columns.statuses.push(message.status as i32);
            columns.options.push(post.options.0.into());
            columns.pushes.push(post.push.as_deref().map(write_push));
            columns.at_users.push(write_texts(&post.at));
            columns.attached_infos.push(rows::text(&post.attached_info));
            columns.exes.push(rows::text(&post.ex));
        }
        columns
    }

    fn params(&self) -> [&(dyn tokio_postgres::types::ToSql + Sync); 19] {
        [
            &self.conversations,
            &self.seqs,
            &self.senders,
            &self.client_msg_ids,
            &self.server_msg_ids,
            &self.platforms,
            &self.nicknames,
            &self.face_urls,
            &self.origins,
            &self.content_types,
            &self.contents,
            &self.create_times,
            &self.send_times,
            &self.statuses,
            &self.options,
            &self.pushes,
            &self.at_users,
            &self.attached_infos,
            &self.exes,
        ]
    }
}

fn read_conversation(row: &Row) -> Result<ImportedConversation> {
    Ok(ImportedConversation {
        key: ConversationKey(column(row, 0)?),
        id: known(
            "conversation id",
            ConversationId::parse(column::<String>(row, 1)?),
        )?,
        kind: known("kind", ConversationKind::from_number(number(row, 2)?))?,
        low: AccountKey(column(row, 3)?),
        high: AccountKey(column(row, 4)?),
        someone: AccountKey(column(row, 5)?),
        max_seq: column(row, 6)?,
        min_seq: column(row, 7)?,
        last_time: column(row, 8)?,
    })
}
