//! Counts over accounts, groups and the message log. Messages are what people wrote: notices, and what the system says
//! in a chat, do not count.

use async_trait::async_trait;

use crate::accounts::Account;
use crate::error::Result;
use crate::groups::Group;
use crate::statistics::{Activity, ActivityFilter, Growth, Period};

#[async_trait]
pub trait StatisticsReads {
    /// Accounts of people; notification accounts, robots and administrators do not count.
    async fn people_growth(&mut self, period: Period) -> Result<Growth>;
    async fn group_growth(&mut self, period: Period) -> Result<Growth>;
    async fn people_activity(&mut self, filter: &ActivityFilter) -> Result<Activity<Account>>;
    async fn group_activity(&mut self, filter: &ActivityFilter) -> Result<Activity<Group>>;
}
