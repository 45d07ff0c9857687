//! `/statistics/*`: counts for the administrator's console. Days are those of UTC.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use domain::caller::Caller;
use domain::limits;
use domain::statistics::{ActivityFilter, Day, Growth, Period};
use wire::openim::rest::Pagination;
use wire::openim::rest::statistics::{
    ActiveGroup, ActiveUser, GroupActiveRequest, GroupActiveResponse, GroupCreateRequest,
    GroupCreateResponse, UserActiveRequest, UserActiveResponse, UserRegisterRequest,
    UserRegisterResponse,
};

use super::{Routes, route};
use crate::Surface;
use crate::convert::{group_info, page, user_info};
use crate::errors::{Answer, Refusal};

pub(super) fn routes() -> Routes {
    Router::new()
        .route("/user/register", route(user_register))
        .route("/user/active", route(user_active))
        .route("/group/create", route(group_create))
        .route("/group/active", route(group_active))
}

async fn user_register(
    surface: Arc<Surface>,
    caller: Caller,
    request: UserRegisterRequest,
) -> Answer<UserRegisterResponse> {
    let period = period(request.start, request.end)?;
    let growth: Growth = surface.domain.people_growth(&caller, period).await?;
    Ok(UserRegisterResponse {
        total: number(growth.total),
        before: number(growth.before),
        count: days(&growth.by_day)?,
    })
}

async fn group_create(
    surface: Arc<Surface>,
    caller: Caller,
    request: GroupCreateRequest,
) -> Answer<GroupCreateResponse> {
    let period = period(request.start, request.end)?;
    let growth: Growth = surface.domain.group_growth(&caller, period).await?;
    Ok(GroupCreateResponse {
        total: number(growth.total),
        before: number(growth.before),
        count: days(&growth.by_day)?,
    })
}

async fn user_active(
    surface: Arc<Surface>,
    caller: Caller,
    request: UserActiveRequest,
) -> Answer<UserActiveResponse> {
    let filter = ActivityFilter {
        with_groups: request.group,
        ..filter(
            (request.start, request.end),
            request.ase,
            request.pagination.as_ref(),
        )?
    };
    let activity = surface.domain.people_activity(&caller, &filter).await?;
    let active = |(account, messages): &(_, u64)| ActiveUser {
        user: user_info(account),
        count: number(*messages),
    };
    Ok(UserActiveResponse {
        msg_count: number(activity.messages),
        user_count: number(activity.active),
        date_count: days(&activity.by_day)?,
        users: activity.page.iter().map(active).collect(),
    })
}

async fn group_active(
    surface: Arc<Surface>,
    caller: Caller,
    request: GroupActiveRequest,
) -> Answer<GroupActiveResponse> {
    let filter = filter(
        (request.start, request.end),
        request.ase,
        request.pagination.as_ref(),
    )?;
    let activity = surface.domain.group_activity(&caller, &filter).await?;
    let active = |(group, messages): &(_, u64)| ActiveGroup {
        group: group_info(group),
        count: number(*messages),
    };
    Ok(GroupActiveResponse {
        msg_count: number(activity.messages),
        group_count: number(activity.active),
        date_count: days(&activity.by_day)?,
        groups: activity.page.iter().map(active).collect(),
    })
}

fn filter(
    (start, end): (i64, i64),
    is_ascending: bool,
    pagination: Option<&Pagination>,
) -> Answer<ActivityFilter> {
    Ok(ActivityFilter {
        period: period(start, end)?,
        with_groups: false,
        is_ascending,
        page: page(pagination, limits::PAGE_ROWS_MAX as u32)?,
    })
}

fn period(start: i64, end: i64) -> Answer<Period> {
    if start <= 0 || end < start {
        return Err(Refusal::args(
            "start and end must be a period in milliseconds",
        ));
    }
    Ok(Period {
        from: start,
        before: end,
    })
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Counts by day, the days as `YYYY-MM-DD`.
fn days(counts: &[(Day, u64)]) -> Answer<BTreeMap<String, i64>> {
    const DAY_S: i64 = 24 * 60 * 60;
    let day = |(day, count): &(Day, u64)| {
        let begin = jiff::Timestamp::from_second(day.saturating_mul(DAY_S))
            .map_err(|_| Refusal::args("the period is too far away"))?;
        let date = begin.to_zoned(jiff::tz::TimeZone::UTC).date();
        Ok((date.to_string(), number(*count)))
    };
    counts.iter().map(day).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_dates() {
        let written = days(&[(0, 1), (20_778, 2)]).expect("days");
        let expected = BTreeMap::from([("1970-01-01".to_owned(), 1), ("2026-11-21".to_owned(), 2)]);
        assert_eq!(written, expected);
        assert!(days(&[(i64::MAX, 1)]).is_err());
    }
}
