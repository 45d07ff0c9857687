//! The conditions of a filter. They are put together because SQLite uses no index for "no value or equal to it".

use domain::ports::Page;
use rusqlite::types::Value;

use crate::bounds::offset;
use crate::forms::json;

pub(super) struct Conditions {
    pub(super) sql: String,
    pub(super) params: Vec<Value>,
}

impl Conditions {
    /// Nothing is narrowed.
    pub(super) fn none() -> Self {
        Self {
            sql: "TRUE".into(),
            params: Vec::new(),
        }
    }

    pub(super) fn with(mut self, condition: &str, param: impl Into<Value>) -> Self {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self.params.push(param.into());
        self
    }

    pub(super) fn with_some(self, condition: &str, param: Option<impl Into<Value>>) -> Self {
        match param {
            Some(param) => self.with(condition, param),
            None => self,
        }
    }

    pub(super) fn with_one_of(self, column: &str, numbers: &[i64]) -> Self {
        let condition = format!("{column} IN (SELECT value FROM json_each(?))");
        self.with(&condition, json(numbers))
    }

    /// An empty list does not narrow.
    pub(super) fn with_any_of(self, column: &str, numbers: &[i64]) -> Self {
        if numbers.is_empty() {
            return self;
        }
        self.with_one_of(column, numbers)
    }

    /// One of the texts has the part, without regard to ASCII case: `lower` is for ASCII only. An empty part does not
    /// narrow.
    pub(super) fn with_part(mut self, texts: &[&str], part: &str) -> Self {
        if part.is_empty() {
            return self;
        }
        let has_part: Vec<String> = texts
            .iter()
            .map(|text| format!("instr(lower({text}), lower(?)) > 0"))
            .collect();
        self.sql
            .push_str(&format!(" AND ({})", has_part.join(" OR ")));
        self.params
            .extend(texts.iter().map(|_| part.to_owned().into()));
        self
    }

    /// The parameters with those of `LIMIT ? OFFSET ?` behind them.
    pub(super) fn paged(&self, page: Page) -> Vec<Value> {
        let mut params = self.params.clone();
        params.extend([page.rows.into(), offset(page).into()]);
        params
    }
}
