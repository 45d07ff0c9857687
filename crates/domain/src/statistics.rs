//! Counts for whoever operates the server: how many people and groups there are, and who is active. They are counted
//! when they are asked for, over everything that lies in the period; nothing is kept for them.

use crate::accounts::Account;
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::groups::Group;
use crate::ports::Page;
use crate::time::Millis;
use crate::{Domain, gate};

/// From the one moment up to and without the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub from: Millis,
    pub before: Millis,
}

impl Period {
    fn check(self) -> Result<()> {
        if self.from < 0 || self.before < self.from {
            return Err(Error::invalid("period", "ends before it begins"));
        }
        Ok(())
    }
}

/// A day as the number of days (UTC) since the first of January 1970.
pub type Day = i64;

/// How something has grown in number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Growth {
    /// All there are.
    pub total: u64,
    /// All there were when the period began.
    pub before: u64,
    /// New ones in the period by day, in order; days without any are left out.
    pub by_day: Vec<(Day, u64)>,
}

/// What was said in a period, and by whom or where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity<T> {
    pub messages: u64,
    /// How many have a part in it.
    pub active: u64,
    /// Messages by day, in order; days without any are left out.
    pub by_day: Vec<(Day, u64)>,
    /// One page of those who have a part in it, each with the number of messages.
    pub page: Vec<(T, u64)>,
}

/// Which activity to count, and how to list it.
#[derive(Clone, Copy, Debug)]
pub struct ActivityFilter {
    pub period: Period,
    /// Of people: what they said in groups counts too.
    pub with_groups: bool,
    /// The least active first.
    pub is_ascending: bool,
    pub page: Page,
}

impl Domain {
    /// How many people have registered.
    pub async fn people_growth(&self, caller: &Caller, period: Period) -> Result<Growth> {
        gate::may_administer(caller)?;
        period.check()?;
        self.store.view().await?.people_growth(period).await
    }

    /// How many groups were made.
    pub async fn group_growth(&self, caller: &Caller, period: Period) -> Result<Growth> {
        gate::may_administer(caller)?;
        period.check()?;
        self.store.view().await?.group_growth(period).await
    }

    /// Who has written how much.
    pub async fn people_activity(
        &self,
        caller: &Caller,
        filter: &ActivityFilter,
    ) -> Result<Activity<Account>> {
        gate::may_administer(caller)?;
        filter.period.check()?;
        self.store.view().await?.people_activity(filter).await
    }

    /// In which groups how much was written.
    pub async fn group_activity(
        &self,
        caller: &Caller,
        filter: &ActivityFilter,
    ) -> Result<Activity<Group>> {
        gate::may_administer(caller)?;
        filter.period.check()?;
        self.store.view().await?.group_activity(filter).await
    }
}
