//! Friends, blocks and requests to become friends.

use std::borrow::Cow;

use async_trait::async_trait;
use domain::error::Result;
use domain::ids::{AccountKey, UserId};
use domain::ports::{NewBlock, NewFriend, Page, RelationReads, RelationWrites};
use domain::relations::{
    Block, Friend, FriendRequest, FriendRequestFilter, FriendSource, Relation, Verdict,
};
use domain::time::Millis;
use tokio_postgres::Row;

use super::accounts::{ACCOUNT_COLUMNS, account_columns, read_account_at};
use super::conditions::Conditions;
use super::conversations::read_account_key;
use super::session::{Mode, ReadWrite, Session, column, count, known, number, text};
use crate::bounds::offset;

/// Behind the columns of the friend's account; [`read_friend`] reads them.
const FRIEND: &str = "f.remark, f.ex, f.is_pinned, f.source, f.operator, f.created_at";

/// Likewise, for [`read_block`].
const BLOCK: &str = "b.ex, b.source, b.operator, b.created_at";

/// Behind the columns of the two accounts; [`read_request`] reads them.
const REQUEST: &str =
    "r.verdict, r.message, r.ex, r.created_at, r.handler, r.handle_message, r.handled_at";

const OPEN: i32 = Verdict::Open as i32;

#[async_trait]
impl<M: Mode> RelationReads for Session<M> {
    async fn relation(&mut self, a: AccountKey, b: AccountKey) -> Result<Relation> {
        let sql = "SELECT EXISTS (SELECT 1 FROM friend WHERE owner = $1 AND other = $2),
            EXISTS (SELECT 1 FROM friend WHERE owner = $2 AND other = $1),
            EXISTS (SELECT 1 FROM block WHERE owner = $1 AND other = $2),
            EXISTS (SELECT 1 FROM block WHERE owner = $2 AND other = $1)";
        self.one(sql, &[&a.0, &b.0], |row| {
            Ok(Relation {
                a_lists_b: column(row, 0)?,
                b_lists_a: column(row, 1)?,
                a_blocks_b: column(row, 2)?,
                b_blocks_a: column(row, 3)?,
            })
        })
        .await
    }

    async fn friends_page(&mut self, owner: AccountKey, page: Page) -> Result<(u64, Vec<Friend>)> {
        let all = "SELECT count(*) FROM friend WHERE owner = $1";
        let all = self.one(all, &[&owner.0], count).await?;
        let sql = format!(
            "SELECT {}, {FRIEND} FROM friend f JOIN account a ON a.key = f.other WHERE f.owner = $1
            ORDER BY f.is_pinned DESC, f.created_at, f.other LIMIT $2 OFFSET $3",
            account_columns("a")
        );
        let (rows, skipped) = (i64::from(page.rows), offset(page));
        let friends = self
            .rows(&sql, &[&owner.0, &rows, &skipped], read_friend)
            .await?;
        Ok((all, friends))
    }

    async fn friends(&mut self, owner: AccountKey, ids: &[UserId]) -> Result<Vec<Friend>> {
        let sql = format!(
            "SELECT {}, {FRIEND} FROM unnest($2::text[]) WITH ORDINALITY AS asked (id, n)
            JOIN account a ON a.user_id = asked.id
            JOIN friend f ON f.owner = $1 AND f.other = a.key ORDER BY asked.n",
            account_columns("a")
        );
        self.rows(&sql, &[&owner.0, &user_ids(ids)], read_friend)
            .await
    }

    async fn friend_ids(&mut self, owner: AccountKey) -> Result<Vec<UserId>> {
        let sql =
            "SELECT a.user_id FROM friend f JOIN account a ON a.key = f.other WHERE f.owner = $1
            ORDER BY f.is_pinned DESC, f.created_at, f.other";
        self.rows(sql, &[&owner.0], read_user_id).await
    }

    async fn listed_by(&mut self, friend: AccountKey) -> Result<Vec<AccountKey>> {
        let sql = "SELECT owner FROM friend WHERE other = $1 ORDER BY owner";
        self.rows(sql, &[&friend.0], read_account_key).await
    }

    async fn blocks_page(&mut self, owner: AccountKey, page: Page) -> Result<(u64, Vec<Block>)> {
        let all = "SELECT count(*) FROM block WHERE owner = $1";
        let all = self.one(all, &[&owner.0], count).await?;
        let sql = format!(
            "SELECT {}, {BLOCK} FROM block b JOIN account a ON a.key = b.other WHERE b.owner = $1
            ORDER BY b.created_at, b.other LIMIT $2 OFFSET $3",
            account_columns("a")
        );
        let (rows, skipped) = (i64::from(page.rows), offset(page));
        let blocks = self
            .rows(&sql, &[&owner.0, &rows, &skipped], read_block)
            .await?;
        Ok((all, blocks))
    }

    async fn blocks(&mut self, owner: AccountKey, ids: &[UserId]) -> Result<Vec<Block>> {
        let sql = format!(
            "SELECT {}, {BLOCK} FROM unnest($2::text[]) WITH ORDINALITY AS asked (id, n)
            JOIN account a ON a.user_id = asked.id
            JOIN block b ON b.owner = $1 AND b.other = a.key ORDER BY asked.n",
            account_columns("a")
        );
        self.rows(&sql, &[&owner.0, &user_ids(ids)], read_block)
            .await
    }

    async fn friend_request(
        &mut self,
        from: AccountKey,
        to: AccountKey,
    ) -> Result<Option<FriendRequest>> {
        let lock = if M::IS_TRANSACTION {
            "FOR UPDATE OF r"
        } else {
            ""
        };
        let sql = format!(
            "{} WHERE r.from_account = $1 AND r.to_account = $2 {lock}",
            select_request()
        );
        self.row(&sql, &[&from.0, &to.0], read_request).await
    }

    async fn friend_requests_page(
        &mut self,
        filter: &FriendRequestFilter,
        page: Page,
    ) -> Result<(u64, Vec<FriendRequest>)> {
        let verdicts = filter.verdicts.iter().map(|one| *one as i32).collect();
        let conditions = Conditions::none()
            .with_some("r.from_account = ?", filter.from.map(|from| from.0))
            .with_some("r.to_account = ?", filter.to.map(|to| to.0))
            .with_any_of("r.verdict", verdicts);
        let all = format!(
            "SELECT count(*) FROM friend_request r WHERE {}",
            conditions.sql
        );
        let all = self.one(&all, &conditions.params(), count).await?;
        let (conditions, limits) = conditions.paged(page);
        let sql = format!(
            "{} WHERE {} ORDER BY r.created_at DESC, r.from_account, r.to_account {limits}",
            select_request(),
            conditions.sql
        );
        let requests = self.rows(&sql, &conditions.params(), read_request).await?;
        Ok((all, requests))
    }

    async fn open_friend_requests(&mut self, to: AccountKey, since: Millis) -> Result<u64> {
        let sql = "SELECT count(*) FROM friend_request WHERE to_account = $1 AND created_at >= $2 AND verdict = $3";
        self.one(sql, &[&to.0, &since, &OPEN], count).await
    }
}

#[async_trait]
impl RelationWrites for Session<ReadWrite> {
    async fn insert_friend(&mut self, friend: &NewFriend) -> Result<bool> {
        let sql =
            "INSERT INTO friend (owner, other, remark, ex, is_pinned, source, operator, created_at)
            VALUES ($1, $2, '', '', FALSE, $3, $4, $5) ON CONFLICT (owner, other) DO NOTHING";
        let inserted = self
            .write(
                sql,
                &[
                    &friend.owner.0,
                    &friend.friend.0,
                    &(friend.source as i32),
                    &friend.operator.as_str(),
                    &friend.created_at,
                ],
            )
            .await?;
        Ok(inserted > 0)
    }

    async fn update_friend(&mut self, owner: AccountKey, friend: &Friend) -> Result<()> {
        let sql = "UPDATE friend SET remark = $3, ex = $4, is_pinned = $5 WHERE owner = $1 AND other = $2";
        self.write(
            sql,
            &[
                &owner.0,
                &friend.account.key.0,
                &text(&friend.remark),
                &text(&friend.ex),
                &friend.is_pinned,
            ],
        )
        .await
        .map(drop)
    }

    async fn delete_friend(&mut self, owner: AccountKey, friend: AccountKey) -> Result<bool> {
        let sql = "DELETE FROM friend WHERE owner = $1 AND other = $2";
        Ok(self.write(sql, &[&owner.0, &friend.0]).await? > 0)
    }

    async fn insert_block(&mut self, block: &NewBlock) -> Result<bool> {
        let sql = "INSERT INTO block (owner, other, ex, source, operator, created_at)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (owner, other) DO NOTHING";
        let inserted = self
            .write(
                sql,
                &[
                    &block.owner.0,
                    &block.blocked.0,
                    &text(&block.ex),
                    &block.source,
                    &block.operator.as_str(),
                    &block.created_at,
                ],
            )
            .await?;
        Ok(inserted > 0)
    }

    async fn delete_block(&mut self, owner: AccountKey, blocked: AccountKey) -> Result<bool> {
        let sql = "DELETE FROM block WHERE owner = $1 AND other = $2";
        Ok(self.write(sql, &[&owner.0, &blocked.0]).await? > 0)
    }

    async fn put_friend_request(&mut self, request: &FriendRequest) -> Result<()> {
        let sql = "INSERT INTO friend_request (from_account, to_account, verdict, message, ex, created_at, handler,
                handle_message, handled_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (from_account, to_account) DO UPDATE
            SET verdict = excluded.verdict, message = excluded.message, ex = excluded.ex,
                created_at = excluded.created_at, handler = excluded.handler,
                handle_message = excluded.handle_message, handled_at = excluded.handled_at";
        self.write(
            sql,
            &[
                &request.from.key.0,
                &request.to.key.0,
                &(request.verdict as i32),
                &text(&request.message),
                &text(&request.ex),
                &request.created_at,
                &text(&request.handler),
                &text(&request.handle_message),
                &request.handled_at,
            ],
        )
        .await
        .map(drop)
    }
}

fn select_request() -> String {
    format!(
        "SELECT {}, {}, {REQUEST} FROM friend_request r JOIN account f ON f.key = r.from_account
        JOIN account t ON t.key = r.to_account",
        account_columns("f"),
        account_columns("t")
    )
}

pub(super) fn user_ids(ids: &[UserId]) -> Vec<Cow<'_, str>> {
    ids.iter().map(|id| text(id.as_str())).collect()
}

pub(super) fn read_user_id(row: &Row) -> Result<UserId> {
    known("user_id", UserId::new(column::<String>(row, 0)?))
}

pub(super) fn read_verdict(row: &Row, index: usize) -> Result<Verdict> {
    known("verdict", Verdict::from_number(number(row, index)?))
}

fn read_friend(row: &Row) -> Result<Friend> {
    const OWN: usize = ACCOUNT_COLUMNS;
    Ok(Friend {
        account: read_account_at(row, 0)?,
        remark: column(row, OWN)?,
        ex: column(row, OWN + 1)?,
        is_pinned: column(row, OWN + 2)?,
        source: known("source", FriendSource::from_number(number(row, OWN + 3)?))?,
        operator: column(row, OWN + 4)?,
        created_at: column(row, OWN + 5)?,
    })
}

fn read_block(row: &Row) -> Result<Block> {
    const OWN: usize = ACCOUNT_COLUMNS;
    Ok(Block {
        account: read_account_at(row, 0)?,
        ex: column(row, OWN)?,
        source: column(row, OWN + 1)?,
        operator: column(row, OWN + 2)?,
        created_at: column(row, OWN + 3)?,
    })
}

fn read_request(row: &Row) -> Result<FriendRequest> {
    const OWN: usize = 2 * ACCOUNT_COLUMNS;
    Ok(FriendRequest {
        from: read_account_at(row, 0)?,
        to: read_account_at(row, ACCOUNT_COLUMNS)?,
        verdict: read_verdict(row, OWN)?,
        message: column(row, OWN + 1)?,
        ex: column(row, OWN + 2)?,
        created_at: column(row, OWN + 3)?,
        handler: column(row, OWN + 4)?,
        handle_message: column(row, OWN + 5)?,
        handled_at: column(row, OWN + 6)?,
    })
}
