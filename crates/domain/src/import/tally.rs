//! What an import has counted: for each step how much was taken, how much was not and why, and the first things that
//! were wrong. It is kept with the step's progress, so that the report of an import that was interrupted is whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Problems of one step that are kept word by word.
const PROBLEMS_MAX: usize = 20;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Records that are in the store now.
    pub taken: u64,
    /// Records that were there already.
    pub present: u64,
    /// Why records were left out, and how many.
    pub skipped: BTreeMap<String, u64>,
    /// What was done to records that could not be taken as they were, and how often.
    pub changed: BTreeMap<String, u64>,
    /// The first problems, with their places.
    pub problems: Vec<String>,
}

impl Tally {
    pub(super) fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    pub(super) fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Notes that a record was left out, and where it stood.
    pub fn skip(&mut self, reason: &str, place: impl FnOnce() -> String) {
        self.skip_many(reason, 1, place);
    }

    pub fn skip_many(&mut self, reason: &str, count: u64, place: impl FnOnce() -> String) {
        *self.skipped.entry(reason.to_owned()).or_default() += count;
        self.note(|| format!("{}: {reason}", place()));
    }

    /// Notes that a record was taken otherwise than it was.
    pub fn change(&mut self, what: &str, count: u64) {
        if count > 0 {
            *self.changed.entry(what.to_owned()).or_default() += count;
        }
    }

    pub fn note(&mut self, problem: impl FnOnce() -> String) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem());
        }
    }

    /// Counts rows that were given to the store, of which some were new.
    pub(super) fn inserted(&mut self, given: usize, new: u64) {
        self.taken += new;
        self.present += (given as u64).saturating_sub(new);
    }

    pub fn skipped_in_all(&self) -> u64 {
        self.skipped.values().sum()
    }
}
