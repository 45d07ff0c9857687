//! Counts for whoever operates the server.

use async_trait::async_trait;
use domain::accounts::{Account, AccountKind};
use domain::conversations::ConversationKind;
use domain::error::Result;
use domain::groups::Group;
use domain::messages::content_type::NOTIFICATION_BEGIN;
use domain::ports::StatisticsReads;
use domain::statistics::{Activity, ActivityFilter, Day, Growth, Period};
use tokio_postgres::Row;

use super::accounts::{ACCOUNT_COLUMNS, account_columns, read_account_at};
use super::groups::{GROUP, GROUP_COLUMNS, read_group};
use super::session::{Mode, Session, column, count};
use crate::bounds::offset;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// `$1` and `$2` are the period, `$3` the kinds of conversations.
fn said() -> String {
    format!(
        "FROM message m JOIN conversation c ON c.key = m.conversation
        WHERE m.send_time >= $1 AND m.send_time < $2 AND m.content_type < {NOTIFICATION_BEGIN}
            AND c.kind = ANY($3::bigint[])"
    )
}

#[async_trait]
impl<M: Mode> StatisticsReads for Session<M> {
    async fn people_growth(&mut self, period: Period) -> Result<Growth> {
        let people = format!("FROM account WHERE kind = {}", AccountKind::User as i16);
        self.growth(&people, period).await
    }

    async fn group_growth(&mut self, period: Period) -> Result<Growth> {
        self.growth("FROM group_info WHERE TRUE", period).await
    }

    async fn people_activity(&mut self, filter: &ActivityFilter) -> Result<Activity<Account>> {
        let mut kinds = vec![
            ConversationKind::Direct as i64,
            ConversationKind::Notification as i64,
        ];
        if filter.with_groups {
            kinds.push(ConversationKind::Group as i64);
        }
        let columns = account_columns("a");
        self.activity(
            filter,
            &kinds,
            "m.sender",
            &format!("SELECT {columns}, t.messages FROM"),
            "JOIN account a ON a.key = t.who",
            |row| Ok((read_account_at(row, 0)?, messages(row, ACCOUNT_COLUMNS)?)),
        )
        .await
    }

    async fn group_activity(&mut self, filter: &ActivityFilter) -> Result<Activity<Group>> {
        self.activity(
            filter,
            &[ConversationKind::Group as i64],
            "c.grp",
            &format!("SELECT {GROUP}, t.messages FROM"),
            "JOIN group_info g ON g.key = t.who",
            |row| Ok((read_group(row)?, messages(row, GROUP_COLUMNS)?)),
        )
        .await
    }
}

impl<M: Mode> Session<M> {
    async fn growth(&mut self, all: &str, period: Period) -> Result<Growth> {
        let total = self
            .one(&format!("SELECT count(*) {all}"), &[], count)
            .await?;
        let before = format!("SELECT count(*) {all} AND created_at < $1");
        let before = self.one(&before, &[&period.from], count).await?;
        let by_day = format!(
            "SELECT created_at / {DAY_MS}, count(*) {all} AND created_at >= $1 AND created_at < $2
            GROUP BY 1 ORDER BY 1"
        );
        let by_day = self
            .rows(&by_day, &[&period.from, &period.before], read_day)
            .await?;
        Ok(Growth {
            total,
            before,
            by_day,
        })
    }

    /// `who` is the column by which messages are counted; `select` and `join` make a record of it.
    async fn activity<T>(
        &mut self,
        filter: &ActivityFilter,
        kinds: &[i64],
        who: &str,
        select: &str,
        join: &str,
        read: impl Fn(&Row) -> Result<(T, u64)> + Send,
    ) -> Result<Activity<T>> {
        let said = said();
        let Period { from, before } = filter.period;
        let order = if filter.is_ascending { "ASC" } else { "DESC" };
        let numbers = format!("SELECT count(*), count(DISTINCT {who}) {said}");
        let (all, active) = self
            .one(&numbers, &[&from, &before, &kinds], |row| {
                Ok((messages(row, 0)?, messages(row, 1)?))
            })
            .await?;
        let by_day =
            format!("SELECT m.send_time / {DAY_MS}, count(*) {said} GROUP BY 1 ORDER BY 1");
        let by_day = self
            .rows(&by_day, &[&from, &before, &kinds], read_day)
            .await?;
        let page = format!(
            "{select} (SELECT {who} AS who, count(*) AS messages {said} GROUP BY 1
                ORDER BY messages {order}, who LIMIT $4 OFFSET $5) t
            {join} ORDER BY t.messages {order}, t.who"
        );
        let (rows, skipped) = (i64::from(filter.page.rows), offset(filter.page));
        let page = self
            .rows(&page, &[&from, &before, &kinds, &rows, &skipped], read)
            .await?;
        Ok(Activity {
            messages: all,
            active,
            by_day,
            page,
        })
    }
}

fn messages(row: &Row, at: usize) -> Result<u64> {
    column::<i64>(row, at).map(i64::cast_unsigned)
}

fn read_day(row: &Row) -> Result<(Day, u64)> {
    Ok((column(row, 0)?, messages(row, 1)?))
}
