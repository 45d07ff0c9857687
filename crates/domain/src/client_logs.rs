//! Logs that clients upload for those who look into a problem. The files are in the object store like any other; here
//! is the record of each: whose, from where, and its address.

use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::ids::{AccountKey, UserId};
use crate::ports::Page;
use crate::sessions::Platform;
use crate::time::Millis;
use crate::{Domain, gate, limits};

/// The record of one uploaded file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientLog {
    /// Its public id.
    pub id: String,
    pub account: AccountKey,
    pub platform: Platform,
    pub app_framework: String,
    pub version: String,
    pub ex: String,
    pub filename: String,
    pub url: String,
    pub created_at: Millis,
}

/// A record and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundClientLog {
    pub log: ClientLog,
    pub user_id: UserId,
    pub nickname: String,
}

#[derive(Clone, Debug)]
pub struct UploadClientLogs {
    pub platform: Platform,
    pub app_framework: String,
    pub version: String,
    pub ex: String,
    /// Name and address of each file.
    pub files: Vec<(String, String)>,
}

/// Which records to list; an empty keyword does not narrow.
#[derive(Clone, Debug, Default)]
pub struct ClientLogFilter {
    /// A part of the user id or of the file's name, without regard to ASCII case.
    pub keyword: String,
    pub from: Millis,
    /// 0 for no bound.
    pub until: Millis,
}

impl Domain {
    /// Takes the records of files that the caller's device has uploaded.
    pub async fn upload_client_logs(
        &self,
        caller: &Caller,
        command: UploadClientLogs,
    ) -> Result<()> {
        command.check()?;
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        for (filename, url) in command.files {
            tx.insert_client_log(&ClientLog {
                id: self.ids.hex32(),
                account: caller.account,
                platform: command.platform,
                app_framework: command.app_framework.clone(),
                version: command.version.clone(),
                ex: command.ex.clone(),
                filename,
                url,
                created_at: now,
            })
            .await?;
        }
        self.commit(tx).await
    }

    /// The number of matching records and one page of them, newest first.
    pub async fn client_logs(
        &self,
        caller: &Caller,
        filter: &ClientLogFilter,
        page: Page,
    ) -> Result<(u64, Vec<FoundClientLog>)> {
        gate::may_administer(caller)?;
        if filter.keyword.contains('\0') {
            return Err(Error::invalid("keyword", "has a NUL in it"));
        }
        self.store
            .view()
            .await?
            .client_logs_page(filter, page)
            .await
    }

    /// Removes records; unknown ids are passed over.
    pub async fn delete_client_logs(&self, caller: &Caller, ids: &[String]) -> Result<()> {
        gate::may_administer(caller)?;
        if ids.is_empty() || ids.len() > limits::IDS_MAX {
            return Err(Error::invalid("logIDs", "must be 1 to 1000"));
        }
        if ids.iter().any(|id| id.contains('\0')) {
            return Err(Error::invalid("logIDs", "has a NUL in it"));
        }
        let mut tx = self.store.begin().await?;
        tx.delete_client_logs(ids).await?;
        self.commit(tx).await
    }
}

impl UploadClientLogs {
    fn check(&self) -> Result<()> {
        if self.files.is_empty() || self.files.len() > limits::CLIENT_LOG_FILES_MAX {
            return Err(Error::invalid("fileURLs", "must be 1 to 20"));
        }
        if self.files.iter().any(|(_, url)| url.is_empty()) {
            return Err(Error::invalid("fileURLs", "has an empty URL"));
        }
        let of_files = self.files.iter().flat_map(|(name, url)| [name, url]);
        let mut texts = [&self.app_framework, &self.version, &self.ex]
            .into_iter()
            .chain(of_files);
        if texts.any(|text| text.len() > limits::CLIENT_LOG_TEXT_BYTES_MAX || text.contains('\0')) {
            return Err(Error::invalid(
                "log",
                "has a text that is too long or has a NUL",
            ));
        }
        Ok(())
    }
}
