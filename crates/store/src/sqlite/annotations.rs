//! Edits, reactions and pins. Triggers take them away when their message is recalled, erased or removed.

use async_trait::async_trait;
use bytes::Bytes;
use domain::error::Result;
use domain::ids::{AccountKey, ConversationKey, UserId};
use domain::messages::{Edit, PinMark, ReactionCount, ReactionKey};
use domain::ports::{AnnotationReads, AnnotationWrites, NewEdit};
use domain::time::Millis;
use rusqlite::Row;

use super::session::{Mode, ReadWrite, Session, count, known};
use crate::forms::{gathered_reactions, json};

#[async_trait]
impl<M: Mode> AnnotationReads for Session<M> {
    async fn edits(
        &mut self,
        conversation: ConversationKey,
        seqs: &[i64],
    ) -> Result<Vec<(i64, Edit)>> {
        let sql = "SELECT e.seq, a.user_id, e.edited_at, e.content, e.ex
            FROM json_each(?2) asked
            CROSS JOIN message_edit e ON e.conversation = ?1 AND e.seq = asked.value
            JOIN account a ON a.key = e.editor
            ORDER BY e.seq, e.number";
        self.rows(sql, (conversation.0, json(seqs)), |row| {
            let edit = Edit {
                editor: read_user_id(row, 1)?,
                at: row.get(2)?,
                content: Bytes::copy_from_slice(row.get_ref(3)?.as_blob()?),
                ex: row.get(4)?,
            };
            Ok((row.get(0)?, edit))
        })
    }

    async fn reactions(
        &mut self,
        conversation: ConversationKey,
        seqs: &[i64],
        viewer: AccountKey,
        named_max: u32,
    ) -> Result<Vec<ReactionCount>> {
        let sql = "WITH placed AS (
                SELECT r.seq, r.reaction, r.line, r.account, r.created_at,
                    row_number() OVER (same ORDER BY r.created_at, r.account) AS place,
                    count(*) OVER same AS people, max(r.account = ?3) OVER same AS is_mine,
                    min(r.created_at) OVER same AS began_at
                FROM json_each(?2) asked
                CROSS JOIN message_reaction r ON r.conversation = ?1 AND r.seq = asked.value
                WINDOW same AS (PARTITION BY r.seq, r.reaction, r.line))
            SELECT p.seq, p.reaction, p.line, p.people, p.is_mine, a.user_id
            FROM placed p JOIN account a ON a.key = p.account WHERE p.place <= ?4
            ORDER BY p.seq, p.began_at, p.reaction, p.line, p.place";
        let params = (conversation.0, json(seqs), viewer.0, named_max);
        Ok(gathered_reactions(self.rows(sql, params, |row| {
            Ok(ReactionCount {
                key: ReactionKey {
                    seq: row.get(0)?,
                    reaction: row.get(1)?,
                    line: row.get(2)?,
                },
                count: row.get::<_, i64>(3)?.cast_unsigned(),
                is_mine: row.get(4)?,
                first: vec![read_user_id(row, 5)?],
            })
        })?))
    }

    async fn pins(&mut self, conversation: ConversationKey) -> Result<Vec<PinMark>> {
        let sql = "SELECT p.seq, a.user_id, p.pinned_at FROM message_pin p JOIN account a ON a.key = p.account
            WHERE p.conversation = ?1 ORDER BY p.pinned_at DESC, p.seq DESC";
        self.rows(sql, [conversation.0], |row| {
            Ok(PinMark {
                seq: row.get(0)?,
                by: read_user_id(row, 1)?,
                at: row.get(2)?,
            })
        })
    }
}

#[async_trait]
impl AnnotationWrites for Session<ReadWrite> {
    async fn edit_message(
        &mut self,
        conversation: ConversationKey,
        seq: i64,
        edit: NewEdit<'_>,
        kept_max: u32,
    ) -> Result<()> {
        let keep = "INSERT INTO message_edit (conversation, seq, number, editor, edited_at, content, ex)
            SELECT conversation, seq,
                (SELECT coalesce(max(number), 0) + 1 FROM message_edit WHERE conversation = ?1 AND seq = ?2),
                ?3, ?4, content, ex
            FROM message WHERE conversation = ?1 AND seq = ?2";
        self.write(keep, [conversation.0, seq, edit.editor.0, edit.at])?;
        let cut = "DELETE FROM message_edit WHERE conversation = ?1 AND seq = ?2
                AND number <= (SELECT max(number) FROM message_edit WHERE conversation = ?1 AND seq = ?2) - ?3";
        self.write(cut, (conversation.0, seq, kept_max))?;
        let change = "UPDATE message SET content = ?3, ex = coalesce(?4, ex), push = NULL
            WHERE conversation = ?1 AND seq = ?2";
        self.write(change, (conversation.0, seq, edit.content, edit.ex))
            .map(drop)
    }

    async fn put_reaction(
        &mut self,
        conversation: ConversationKey,
        key: &ReactionKey,
        account: AccountKey,
        now: Millis,
    ) -> Result<bool> {
        let sql =
            "INSERT INTO message_reaction (conversation, seq, reaction, line, account, created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (conversation, seq, reaction, line, account) DO NOTHING";
        let params = (
            conversation.0,
            key.seq,
            &key.reaction,
            key.line,
            account.0,
            now,
        );
        Ok(self.write(sql, params)? > 0)
    }

    async fn delete_reaction(
        &mut self,
        conversation: ConversationKey,
        key: &ReactionKey,
        account: AccountKey,
    ) -> Result<bool> {
        let sql = "DELETE FROM message_reaction
            WHERE conversation = ?1 AND seq = ?2 AND reaction = ?3 AND line = ?4 AND account = ?5";
        let params = (conversation.0, key.seq, &key.reaction, key.line, account.0);
        Ok(self.write(sql, params)? > 0)
    }

    async fn count_reactions(
        &mut self,
        conversation: ConversationKey,
        key: &ReactionKey,
    ) -> Result<(u64, u64)> {
        let different = "SELECT count(*) FROM (
            SELECT DISTINCT reaction, line FROM message_reaction WHERE conversation = ?1 AND seq = ?2)";
        let different = self.one(different, [conversation.0, key.seq], count)?;
        let same = "SELECT count(*) FROM message_reaction
            WHERE conversation = ?1 AND seq = ?2 AND reaction = ?3 AND line = ?4";
        let params = (conversation.0, key.seq, &key.reaction, key.line);
        Ok((different, self.one(same, params, count)?))
    }

    async fn put_pin(
        &mut self,
        conversation: ConversationKey,
        seq: i64,
        account: AccountKey,
        now: Millis,
    ) -> Result<bool> {
        let sql = "INSERT INTO message_pin (conversation, seq, account, pinned_at) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (conversation, seq) DO NOTHING";
        Ok(self.write(sql, [conversation.0, seq, account.0, now])? > 0)
    }

    async fn delete_pin(&mut self, conversation: ConversationKey, seq: i64) -> Result<bool> {
        let sql = "DELETE FROM message_pin WHERE conversation = ?1 AND seq = ?2";
        Ok(self.write(sql, [conversation.0, seq])? > 0)
    }
}

fn read_user_id(row: &Row<'_>, column: usize) -> rusqlite::Result<UserId> {
    known("user_id", UserId::new(row.get::<_, String>(column)?))
}
