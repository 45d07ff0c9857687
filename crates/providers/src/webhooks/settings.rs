//! What is configured of webhooks: the address, the secret, and which hooks are on for which messages.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use domain::conversations::Party;
use domain::hooks::Hook;
use domain::messages::Message;

/// Longer than this nothing is waited for, whatever is configured.
pub(super) const TIMEOUT_MAX: Duration = Duration::from_secs(15);

pub struct Settings {
    /// What hooks are posted under: `<url>/<callbackCommand>`.
    pub url: String,
    /// Signs what is posted.
    pub secret: Option<String>,
    /// Also calls addresses of this machine and of private networks that the url's name leads to.
    pub allow_internal: bool,
    /// Those that are on.
    pub hooks: HashMap<Hook, HookSettings>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookSettings {
    pub timeout: Duration,
    /// A before-hook that cannot be asked lets things happen.
    pub failed_continue: bool,
    /// Content types of messages; empty for all.
    pub allowed_types: NumberRanges,
    pub denied_types: NumberRanges,
    /// Only messages to or from one of these; empty for all.
    pub attention_ids: HashSet<String>,
}

impl Default for HookSettings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            failed_continue: true,
            allowed_types: NumberRanges::default(),
            denied_types: NumberRanges::default(),
            attention_ids: HashSet::new(),
        }
    }
}

/// The webhooks cannot be set up this way.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadSettings(pub(super) String);

impl HookSettings {
    /// Whether the hook is to hear of this message.
    pub(super) fn concerns(&self, message: &Message) -> bool {
        let number = message.post.content_type;
        let is_allowed = self.allowed_types.is_empty() || self.allowed_types.contains(number);
        let is_watched = |id: &str| self.attention_ids.contains(id);
        is_allowed
            && !self.denied_types.contains(number)
            && (self.attention_ids.is_empty()
                || is_watched(message.route.sender.as_str())
                || is_watched(match &message.route.recipient {
                    Party::Person(person) => person.as_str(),
                    Party::Group(group) => group.as_str(),
                }))
    }
}

/// Numbers and ranges of them, as in "101" and "200-500".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberRanges(Vec<RangeInclusive<i32>>);

impl NumberRanges {
    /// # Errors
    ///
    /// Names the text that is neither.
    pub fn parse(texts: &[String]) -> Result<Self, String> {
        texts
            .iter()
            .map(|text| {
                range(text)
                    .ok_or_else(|| format!("{text:?} is not a number or a range like \"200-500\""))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn contains(&self, number: i32) -> bool {
        self.0.iter().any(|range| range.contains(&number))
    }
}

fn range(text: &str) -> Option<RangeInclusive<i32>> {
    let number = |text: &str| i32::from_str(text.trim()).ok();
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(text)?, number(text)?),
    };
    (first <= last).then_some(first..=last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_and_nonsense_is_named() {
        let texts = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        let ranges = NumberRanges::parse(&texts(&["101", " 200 - 500 "])).expect("ranges");
        for (number, expected) in [
            (100, false),
            (101, true),
            (102, false),
            (200, true),
            (500, true),
            (501, false),
        ] {
            assert_eq!(ranges.contains(number), expected, "{number}");
        }
        for wrong in ["", "x", "5-1", "1-2-3", "-5"] {
            let error = NumberRanges::parse(&texts(&["101", wrong])).expect_err(wrong);
            assert!(error.contains(&format!("{wrong:?}")), "{error}");
        }
    }
}
