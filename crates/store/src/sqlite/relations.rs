//! Friends, blocks and requests to become friends.

use async_trait::async_trait;
use domain::error::Result;
use domain::ids::{AccountKey, UserId};
use domain::ports::{NewBlock, NewFriend, Page, RelationReads, RelationWrites};
use domain::relations::{
    Block, Friend, FriendRequest, FriendRequestFilter, FriendSource, Relation, Verdict,
};
use domain::time::Millis;
use rusqlite::{Row, params_from_iter};

use super::accounts::{ACCOUNT_COLUMNS, account_columns, read_account_at};
use super::conditions::Conditions;
use super::conversations::read_account_key;
use super::session::{Mode, ReadWrite, Session, count, known};
use crate::bounds::offset;
use crate::forms::json;

/// Behind the columns of the friend's account; [`read_friend`] reads them.
const FRIEND: &str = "f.remark, f.ex, f.is_pinned, f.source, f.operator, f.created_at";

/// Likewise, for [`read_block`].
const BLOCK: &str = "b.ex, b.source, b.operator, b.created_at";

/// Behind the columns of the two accounts; [`read_request`] reads them.
const REQUEST: &str =
    "r.verdict, r.message, r.ex, r.created_at, r.handler, r.handle_message, r.handled_at";

const OPEN: i64 = Verdict::Open as i64;

#[async_trait]
impl<M: Mode> RelationReads for Session<M> {
    async fn relation(&mut self, a: AccountKey, b: AccountKey) -> Result<Relation> {
        let sql = "SELECT EXISTS (SELECT 1 FROM friend WHERE owner = ?1 AND other = ?2),
            EXISTS (SELECT 1 FROM friend WHERE owner = ?2 AND other = ?1),
            EXISTS (SELECT 1 FROM block WHERE owner = ?1 AND other = ?2),
            EXISTS (SELECT 1 FROM block WHERE owner = ?2 AND other = ?1)";
        self.one(sql, [a.0, b.0], |row| {
            Ok(Relation {
                a_lists_b: row.get(0)?,
                b_lists_a: row.get(1)?,
                a_blocks_b: row.get(2)?,
                b_blocks_a: row.get(3)?,
            })
        })
    }

    async fn friends_page(&mut self, owner: AccountKey, page: Page) -> Result<(u64, Vec<Friend>)> {
        let all = self.one(
            "SELECT count(*) FROM friend WHERE owner = ?1",
            [owner.0],
            count,
        )?;
        let sql = format!(
            "SELECT {}, {FRIEND} FROM friend f CROSS JOIN account a ON a.key = f.other WHERE f.owner = ?1
            ORDER BY f.is_pinned DESC, f.created_at, f.other LIMIT ?2 OFFSET ?3",
            account_columns("a")
        );
        let friends = self.rows(&sql, (owner.0, page.rows, offset(page)), read_friend)?;
        Ok((all, friends))
    }

    async fn friends(&mut self, owner: AccountKey, ids: &[UserId]) -> Result<Vec<Friend>> {
        let sql = format!(
            "SELECT {}, {FRIEND} FROM json_each(?2) asked
            CROSS JOIN account a ON a.user_id = asked.value
            CROSS JOIN friend f ON f.owner = ?1 AND f.other = a.key ORDER BY asked.key",
            account_columns("a")
        );
        self.rows(&sql, (owner.0, user_ids(ids)), read_friend)
    }

    async fn friend_ids(&mut self, owner: AccountKey) -> Result<Vec<UserId>> {
        let sql = "SELECT a.user_id FROM friend f CROSS JOIN account a ON a.key = f.other WHERE f.owner = ?1
            ORDER BY f.is_pinned DESC, f.created_at, f.other";
        self.rows(sql, [owner.0], read_user_id)
    }

    async fn listed_by(&mut self, friend: AccountKey) -> Result<Vec<AccountKey>> {
        self.rows(
            "SELECT owner FROM friend WHERE other = ?1 ORDER BY owner",
            [friend.0],
            read_account_key,
        )
    }

    async fn blocks_page(&mut self, owner: AccountKey, page: Page) -> Result<(u64, Vec<Block>)> {
        let all = self.one(
            "SELECT count(*) FROM block WHERE owner = ?1",
            [owner.0],
            count,
        )?;
        let sql = format!(
            "SELECT {}, {BLOCK} FROM block b CROSS JOIN account a ON a.key = b.other WHERE b.owner = ?1
            ORDER BY b.created_at, b.other LIMIT ?2 OFFSET ?3",
            account_columns("a")
        );
        let blocks = self.rows(&sql, (owner.0, page.rows, offset(page)), read_block)?;
        Ok((all, blocks))
    }

    async fn blocks(&mut self, owner: AccountKey, ids: &[UserId]) -> Result<Vec<Block>> {
        let sql = format!(
            "SELECT {}, {BLOCK} FROM json_each(?2) asked
            CROSS JOIN account a ON a.user_id = asked.value
            CROSS JOIN block b ON b.owner = ?1 AND b.other = a.key ORDER BY asked.key",
            account_columns("a")
        );
        self.rows(&sql, (owner.0, user_ids(ids)), read_block)
    }

    async fn friend_request(
        &mut self,
        from: AccountKey,
        to: AccountKey,
    ) -> Result<Option<FriendRequest>> {
        let sql = format!(
            "{} WHERE r.from_account = ?1 AND r.to_account = ?2",
            select_request()
        );
        self.row(&sql, [from.0, to.0], read_request)
    }

    async fn friend_requests_page(
        &mut self,
        filter: &FriendRequestFilter,
        page: Page,
    ) -> Result<(u64, Vec<FriendRequest>)> {
        let verdicts: Vec<i64> = filter.verdicts.iter().map(|one| *one as i64).collect();
        let conditions = Conditions::none()
            .with_some("r.from_account = ?", filter.from.map(|from| from.0))
            .with_some("r.to_account = ?", filter.to.map(|to| to.0))
            .with_any_of("r.verdict", &verdicts);
        let all = format!(
            "SELECT count(*) FROM friend_request r WHERE {}",
            conditions.sql
        );
        let all = self.one(&all, params_from_iter(&conditions.params), count)?;
        let sql = format!(
            "{} WHERE {} ORDER BY r.created_at DESC, r.from_account, r.to_account LIMIT ? OFFSET ?",
            select_request(),
            conditions.sql
        );
        let params = params_from_iter(conditions.paged(page));
        Ok((all, self.rows(&sql, params, read_request)?))
    }

    async fn open_friend_requests(&mut self, to: AccountKey, since: Millis) -> Result<u64> {
        let sql = "SELECT count(*) FROM friend_request WHERE to_account = ?1 AND created_at >= ?2 AND verdict = ?3";
        self.one(sql, [to.0, since, OPEN], count)
    }
}

#[async_trait]
impl RelationWrites for Session<ReadWrite> {
    async fn insert_friend(&mut self, friend: &NewFriend) -> Result<bool> {
        let sql =
            "INSERT INTO friend (owner, other, remark, ex, is_pinned, source, operator, created_at)
            VALUES (?1, ?2, '', '', FALSE, ?3, ?4, ?5) ON CONFLICT (owner, other) DO NOTHING";
        let params = (
            friend.owner.0,
            friend.friend.0,
            friend.source as i64,
            friend.operator.as_str(),
            friend.created_at,
        );
        Ok(self.write(sql, params)? > 0)
    }

    async fn update_friend(&mut self, owner: AccountKey, friend: &Friend) -> Result<()> {
        let sql = "UPDATE friend SET remark = ?3, ex = ?4, is_pinned = ?5 WHERE owner = ?1 AND other = ?2";
        let params = (
            owner.0,
            friend.account.key.0,
            &friend.remark,
            &friend.ex,
            friend.is_pinned,
        );
        self.write(sql, params).map(drop)
    }

    async fn delete_friend(&mut self, owner: AccountKey, friend: AccountKey) -> Result<bool> {
        let sql = "DELETE FROM friend WHERE owner = ?1 AND other = ?2";
        Ok(self.write(sql, [owner.0, friend.0])? > 0)
    }

    async fn insert_block(&mut self, block: &NewBlock) -> Result<bool> {
        let sql = "INSERT INTO block (owner, other, ex, source, operator, created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (owner, other) DO NOTHING";
        let params = (
            block.owner.0,
            block.blocked.0,
            &block.ex,
            block.source,
            block.operator.as_str(),
            block.created_at,
        );
        Ok(self.write(sql, params)? > 0)
    }

    async fn delete_block(&mut self, owner: AccountKey, blocked: AccountKey) -> Result<bool> {
        let sql = "DELETE FROM block WHERE owner = ?1 AND other = ?2";
        Ok(self.write(sql, [owner.0, blocked.0])? > 0)
    }

    async fn put_friend_request(&mut self, request: &FriendRequest) -> Result<()> {
        let sql = "INSERT INTO friend_request (from_account, to_account, verdict, message, ex, created_at, handler,
                handle_message, handled_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT (from_account, to_account) DO UPDATE
            SET verdict = excluded.verdict, message = excluded.message, ex = excluded.ex,
                created_at = excluded.created_at, handler = excluded.handler,
                handle_message = excluded.handle_message, handled_at = excluded.handled_at";
        let params = (
            request.from.key.0,
            request.to.key.0,
            request.verdict as i64,
            &request.message,
            &request.ex,
            request.created_at,
            &request.handler,
            &request.handle_message,
            request.handled_at,
        );
        self.write(sql, params).map(drop)
    }
}

fn select_request() -> String {
    format!(
        "SELECT {}, {}, {REQUEST} FROM friend_request r CROSS JOIN account f ON f.key = r.from_account
        CROSS JOIN account t ON t.key = r.to_account",
        account_columns("f"),
        account_columns("t")
    )
}

pub(super) fn user_ids(ids: &[UserId]) -> String {
    json(&ids.iter().map(UserId::as_str).collect::<Vec<_>>())
}

pub(super) fn read_user_id(row: &Row<'_>) -> rusqlite::Result<UserId> {
    known("user_id", UserId::new(row.get::<_, String>(0)?))
}

pub(super) fn read_verdict(row: &Row<'_>, column: usize) -> rusqlite::Result<Verdict> {
    known("verdict", Verdict::from_number(row.get(column)?))
}

fn read_friend(row: &Row<'_>) -> rusqlite::Result<Friend> {
    const OWN: usize = ACCOUNT_COLUMNS;
    Ok(Friend {
        account: read_account_at(row, 0)?,
        remark: row.get(OWN)?,
        ex: row.get(OWN + 1)?,
        is_pinned: row.get(OWN + 2)?,
        source: known("source", FriendSource::from_number(row.get(OWN + 3)?))?,
        operator: row.get(OWN + 4)?,
        created_at: row.get(OWN + 5)?,
    })
}

fn read_block(row: &Row<'_>) -> rusqlite::Result<Block> {
    const OWN: usize = ACCOUNT_COLUMNS;
    Ok(Block {
        account: read_account_at(row, 0)?,
        ex: row.get(OWN)?,
        source: row.get(OWN + 1)?,
        operator: row.get(OWN + 2)?,
        created_at: row.get(OWN + 3)?,
    })
}

fn read_request(row: &Row<'_>) -> rusqlite::Result<FriendRequest> {
    const OWN: usize = 2 * ACCOUNT_COLUMNS;
    Ok(FriendRequest {
        from: read_account_at(row, 0)?,
        to: read_account_at(row, ACCOUNT_COLUMNS)?,
        verdict: read_verdict(row, OWN)?,
        message: row.get(OWN + 1)?,
        ex: row.get(OWN + 2)?,
        created_at: row.get(OWN + 3)?,
        handler: row.get(OWN + 4)?,
        handle_message: row.get(OWN + 5)?,
        handled_at: row.get(OWN + 6)?,
    })
}
