//! What became of sends by application servers, by the name that they gave to the request, for as long as this process
//! remembers (`/msg/check_msg_is_send_success`). The newest names are kept.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use domain::ids::AccountKey;

/// Names that are remembered.
const SENDS_MAX: usize = 10_000;

/// The longest name that is.
const NAME_BYTES_MAX: usize = 128;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Outcome {
    Unknown = 0,
    Underway = 1,
    Sent = 2,
    Failed = 3,
}

type Name = (AccountKey, String);

#[derive(Default)]
pub(crate) struct Sends {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    outcomes: HashMap<Name, Outcome>,
    /// From the oldest to the newest.
    order: VecDeque<Name>,
}

impl Sends {
    pub(crate) fn note(&self, by: AccountKey, name: &str, outcome: Outcome) {
        if name.len() > NAME_BYTES_MAX {
            return;
        }
        let name = (by, name.to_owned());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.outcomes.insert(name.clone(), outcome).is_none() {
            known.order.push_back(name);
        }
        if known.order.len() > SENDS_MAX
            && let Some(oldest) = known.order.pop_front()
        {
            known.outcomes.remove(&oldest);
        }
    }

    pub(crate) fn outcome(&self, by: AccountKey, name: &str) -> Outcome {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = known.outcomes.get(&(by, name.to_owned()));
        outcome.copied().unwrap_or(Outcome::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_names_are_remembered_each_for_its_account() {
        let sends = Sends::default();
        let (one, two) = (AccountKey(1), AccountKey(2));
        sends.note(one, "first", Outcome::Underway);
        sends.note(one, "first", Outcome::Sent);
        assert_eq!(sends.outcome(one, "first"), Outcome::Sent);
        assert_eq!(sends.outcome(two, "first"), Outcome::Unknown);
        for n in 0..SENDS_MAX {
            sends.note(two, &n.to_string(), Outcome::Failed);
        }
        assert_eq!(sends.outcome(one, "first"), Outcome::Unknown);
        assert_eq!(sends.outcome(two, "0"), Outcome::Failed);
        sends.note(one, &"x".repeat(200), Outcome::Sent);
        assert_eq!(sends.outcome(one, &"x".repeat(200)), Outcome::Unknown);
    }
}
