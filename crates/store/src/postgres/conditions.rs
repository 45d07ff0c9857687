//! The conditions of a filter, put together because "no value or equal to it" hides from the planner which index
//! serves.

use domain::ports::Page;
use tokio_postgres::types::ToSql;

use super::session::text;
use crate::bounds::offset;

pub(super) type Param = Box<dyn ToSql + Sync + Send>;

pub(super) struct Conditions {
    pub(super) sql: String,
    params: Vec<Param>,
}

impl Conditions {
    /// Nothing is narrowed.
    pub(super) fn none() -> Self {
        Self {
            sql: "TRUE".into(),
            params: Vec::new(),
        }
    }

    /// `?` stands for the parameter.
    pub(super) fn with(
        mut self,
        condition: &str,
        param: impl ToSql + Sync + Send + 'static,
    ) -> Self {
        self.params.push(Box::new(param));
        let condition = condition.replace('?', &format!("${}", self.params.len()));
        self.sql.push_str(" AND ");
        self.sql.push_str(&condition);
        self
    }

    pub(super) fn with_some(
        self,
        condition: &str,
        param: Option<impl ToSql + Sync + Send + 'static>,
    ) -> Self {
        match param {
            Some(param) => self.with(condition, param),
            None => self,
        }
    }

    /// An empty list does not narrow.
    pub(super) fn with_any_of(self, column: &str, numbers: Vec<i32>) -> Self {
        if numbers.is_empty() {
            return self;
        }
        self.with(&format!("{column} = ANY (?)"), numbers)
    }

    /// One of the texts has the part, without regard to ASCII case: in "C" `lower` is for ASCII only. An empty part
    /// does not narrow.
    pub(super) fn with_part(self, texts: &[&str], part: &str) -> Self {
        if part.is_empty() {
            return self;
        }
        let has_part: Vec<String> = texts
            .iter()
            .map(|text| {
                format!(r#"position(lower(? COLLATE "C") IN lower(({text}) COLLATE "C")) > 0"#)
            })
            .collect();
        let condition = format!("({})", has_part.join(" OR "));
        self.with(&condition, text(part).into_owned())
    }

    pub(super) fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.params
            .iter()
            .map(|param| &**param as &(dyn ToSql + Sync))
            .collect()
    }

    /// `LIMIT … OFFSET …`, and the conditions with its parameters.
    pub(super) fn paged(mut self, page: Page) -> (Self, String) {
        self.params.push(Box::new(i64::from(page.rows)));
        self.params.push(Box::new(offset(page)));
        let count = self.params.len();
        (self, format!("LIMIT ${} OFFSET ${count}", count - 1))
    }
}
