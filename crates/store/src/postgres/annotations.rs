//! Edits, reactions and pins. Triggers take them away when their message is recalled, erased or removed.

use async_trait::async_trait;
use bytes::Bytes;
use domain::error::Result;
use domain::ids::{AccountKey, ConversationKey, UserId};
use domain::messages::{Edit, PinMark, ReactionCount, ReactionKey};
use domain::ports::{AnnotationReads, AnnotationWrites, NewEdit};
use domain::time::Millis;
use tokio_postgres::Row;

use super::session::{Mode, ReadWrite, Session, column, count, known, text};
use crate::forms::gathered_reactions;

#[async_trait]
impl<M: Mode> AnnotationReads for Session<M> {
    async fn edits(
        &mut self,
        conversation: ConversationKey,
        seqs: &[i64],
    ) -> Result<Vec<(i64, Edit)>> {
        let sql = "SELECT e.seq, a.user_id, e.edited_at, e.content, e.ex
            FROM message_edit e JOIN account a ON a.key = e.editor
            WHERE e.conversation = $1 AND e.seq = ANY ($2)
            ORDER BY e.seq, e.number";
        self.rows(sql, &[&conversation.0, &seqs], |row| {
            let edit = Edit {
                editor: read_user_id(row, 1)?,
                at: column(row, 2)?,
                content: Bytes::copy_from_slice(column(row, 3)?),
                ex: column(row, 4)?,
            };
            Ok((column(row, 0)?, edit))
        })
        .await
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
                    count(*) OVER same AS people, bool_or(r.account = $3) OVER same AS is_mine,
                    min(r.created_at) OVER same AS began_at
                FROM message_reaction r WHERE r.conversation = $1 AND r.seq = ANY ($2)
                WINDOW same AS (PARTITION BY r.seq, r.reaction, r.line))
            SELECT p.seq, p.reaction, p.line, p.people, p.is_mine, a.user_id
            FROM placed p JOIN account a ON a.key = p.account WHERE p.place <= $4
            ORDER BY p.seq, p.began_at, p.reaction, p.line, p.place";
        let named_max = i64::from(named_max);
        let rows = self
            .rows(
                sql,
                &[&conversation.0, &seqs, &viewer.0, &named_max],
                |row| {
                    Ok(ReactionCount {
                        key: ReactionKey {
                            seq: column(row, 0)?,
                            reaction: column(row, 1)?,
                            line: column(row, 2)?,
                        },
                        count: column::<i64>(row, 3)?.cast_unsigned(),
                        is_mine: column(row, 4)?,
                        first: vec![read_user_id(row, 5)?],
                    })
                },
            )
            .await?;
        Ok(gathered_reactions(rows))
    }

    async fn pins(&mut self, conversation: ConversationKey) -> Result<Vec<PinMark>> {
        let sql = "SELECT p.seq, a.user_id, p.pinned_at FROM message_pin p JOIN account a ON a.key = p.account
            WHERE p.conversation = $1 ORDER BY p.pinned_at DESC, p.seq DESC";
        self.rows(sql, &[&conversation.0], |row| {
            Ok(PinMark {
                seq: column(row, 0)?,
                by: read_user_id(row, 1)?,
                at: column(row, 2)?,
            })
        })
        .await
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
                (SELECT coalesce(max(number), 0) + 1 FROM message_edit WHERE conversation = $1 AND seq = $2),
                $3::bigint, $4::bigint, content, ex
            FROM message WHERE conversation = $1 AND seq = $2";
        self.write(keep, &[&conversation.0, &seq, &edit.editor.0, &edit.at])
            .await?;
        let cut = "DELETE FROM message_edit WHERE conversation = $1 AND seq = $2
                AND number <= (SELECT max(number) FROM message_edit WHERE conversation = $1 AND seq = $2) - $3::bigint";
        self.write(cut, &[&conversation.0, &seq, &i64::from(kept_max)])
            .await?;
        let change = "UPDATE message SET content = $3, ex = coalesce($4::text, ex), push = NULL
            WHERE conversation = $1 AND seq = $2";
        let ex = edit.ex.map(text);
        self.write(change, &[&conversation.0, &seq, &edit.content, &ex])
            .await
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
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (conversation, seq, reaction, line, account) DO NOTHING";
        let reaction = text(&key.reaction);
        let rows = self
            .write(
                sql,
                &[
                    &conversation.0,
                    &key.seq,
                    &reaction,
                    &key.line,
                    &account.0,
                    &now,
                ],
            )
            .await?;
        Ok(rows > 0)
    }

    async fn delete_reaction(
        &mut self,
        conversation: ConversationKey,
        key: &ReactionKey,
        account: AccountKey,
    ) -> Result<bool> {
        let sql = "DELETE FROM message_reaction
            WHERE conversation = $1 AND seq = $2 AND reaction = $3 AND line = $4 AND account = $5";
        let reaction = text(&key.reaction);
        let rows = self
            .write(
                sql,
                &[&conversation.0, &key.seq, &reaction, &key.line, &account.0],
            )
            .await?;
        Ok(rows > 0)
    }

    async fn count_reactions(
        &mut self,
        conversation: ConversationKey,
        key: &ReactionKey,
    ) -> Result<(u64, u64)> {
        let different = "SELECT count(*) FROM (
            SELECT DISTINCT reaction, line FROM message_reaction WHERE conversation = $1 AND seq = $2) AS d";
        let different = self
            .one(different, &[&conversation.0, &key.seq], count)
            .await?;
        let same = "SELECT count(*) FROM message_reaction
            WHERE conversation = $1 AND seq = $2 AND reaction = $3 AND line = $4";
        let reaction = text(&key.reaction);
        let same = self
            .one(
                same,
                &[&conversation.0, &key.seq, &reaction, &key.line],
                count,
            )
            .await?;
        Ok((different, same))
    }

    async fn put_pin(
        &mut self,
        conversation: ConversationKey,
        seq: i64,
        account: AccountKey,
        now: Millis,
    ) -> Result<bool> {
        let sql = "INSERT INTO message_pin (conversation, seq, account, pinned_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (conversation, seq) DO NOTHING";
        let rows = self
            .write(sql, &[&conversation.0, &seq, &account.0, &now])
            .await?;
        Ok(rows > 0)
    }

    async fn delete_pin(&mut self, conversation: ConversationKey, seq: i64) -> Result<bool> {
        let sql = "DELETE FROM message_pin WHERE conversation = $1 AND seq = $2";
        Ok(self.write(sql, &[&conversation.0, &seq]).await? > 0)
    }
}

fn read_user_id(row: &Row, index: usize) -> Result<UserId> {
    known("user_id", UserId::new(column::<String>(row, index)?))
}
