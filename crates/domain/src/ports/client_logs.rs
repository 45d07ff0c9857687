//! Rows of the records of client logs.

use async_trait::async_trait;

use super::Page;
use crate::client_logs::{ClientLog, ClientLogFilter, FoundClientLog};
use crate::error::Result;

#[async_trait]
pub trait ClientLogReads {
    /// The number of matches and one page of them, newest first.
    async fn client_logs_page(
        &mut self,
        filter: &ClientLogFilter,
        page: Page,
    ) -> Result<(u64, Vec<FoundClientLog>)>;
}

#[async_trait]
pub trait ClientLogWrites {
    async fn insert_client_log(&mut self, log: &ClientLog) -> Result<()>;
    /// Removes the records of these ids; returns how many there were.
    async fn delete_client_logs(&mut self, ids: &[String]) -> Result<u64>;
}
