//! What came of the newest requests to the application's server, for people to look at: of this node, since it started.

use std::collections::VecDeque;

use parking_lot::Mutex;

use super::Hook;
use crate::caller::Caller;
use crate::error::Result;
use crate::time::Millis;
use crate::{Domain, gate, limits};

/// One request that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub at: Millis,
    pub hook: Hook,
    /// The letter's id, or the request's name for a hook that was asked.
    pub id: String,
    pub trace: String,
    pub outcome: Outcome,
    /// Why, when it is not done.
    pub detail: String,
    pub duration_ms: u64,
    /// Which attempt it was, from 1.
    pub attempt: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// The hook said no.
    Refused,
    /// No answer, or a wrong one.
    Failed,
}

impl Outcome {
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

#[derive(Default)]
pub(super) struct DeliveryLog(Mutex<VecDeque<Delivery>>);

impl DeliveryLog {
    pub(super) fn add(&self, mut delivery: Delivery) {
        // A refusal's text is the other server's, and may be long.
        if let Some((end, _)) = delivery
            .detail
            .char_indices()
            .nth(limits::HOOK_DETAIL_CHARS_MAX)
        {
            delivery.detail.truncate(end);
        }
        let mut entries = self.0.lock();
        if entries.len() >= limits::HOOK_DELIVERIES_KEPT {
            entries.pop_front();
        }
        entries.push_back(delivery);
    }
}

impl Domain {
    /// The newest requests to the application's server, newest first.
    pub fn hook_deliveries(&self, caller: &Caller) -> Result<Vec<Delivery>> {
        gate::may_administer(caller)?;
        Ok(self.hooked.log.0.lock().iter().rev().cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_make_room_and_long_texts_are_cut() {
        let log = DeliveryLog::default();
        for at in 0..limits::HOOK_DELIVERIES_KEPT as i64 + 5 {
            log.add(Delivery {
                at,
                hook: Hook::AfterRevokeMsg,
                id: String::new(),
                trace: String::new(),
                outcome: Outcome::Failed,
                detail: "é".repeat(limits::HOOK_DETAIL_CHARS_MAX * 2),
                duration_ms: 0,
                attempt: 1,
            });
        }
        let entries = log.0.into_inner();
        assert_eq!(entries.len(), limits::HOOK_DELIVERIES_KEPT);
        assert_eq!(entries.front().map(|entry| entry.at), Some(5));
        assert!(
            entries
                .iter()
                .all(|entry| entry.detail.chars().count() == limits::HOOK_DETAIL_CHARS_MAX)
        );
    }
}
