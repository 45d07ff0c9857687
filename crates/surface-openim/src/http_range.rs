//! Conditional and partial requests (RFC 9110, §13 and §14), as far as a file needs them: one range, strong validators.

use std::ops::Range;

use axum::http::{HeaderMap, header};
use domain::time::Millis;
use jiff::Timestamp;
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};

/// What an answer is told apart by.
pub(crate) struct Validators {
    etag: String,
    last_modified: String,
    modified_s: i64,
}

/// Which part of the content a request comes to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Selected {
    Whole,
    Part(Range<u64>),
    NotModified,
    Unsatisfiable,
}

impl Validators {
    /// `key` differs for every content.
    pub(crate) fn new(key: &str, modified_at: Millis) -> Self {
        let modified_s = modified_at.div_euclid(1000);
        let last_modified = Timestamp::from_second(modified_s)
            .ok()
            .and_then(|at| DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok())
            .unwrap_or_default();
        Self {
            etag: format!("\"{key}\""),
            last_modified,
            modified_s,
        }
    }

    pub(crate) fn etag(&self) -> &str {
        &self.etag
    }

    pub(crate) fn last_modified(&self) -> &str {
        &self.last_modified
    }

    /// Answers the conditions and the range of a request, in the order of RFC 9110 §13.2.2.
    pub(crate) fn select(&self, headers: &HeaderMap, size: u64) -> Selected {
        let text = |name| {
            headers
                .get(name)
                .and_then(|value: &axum::http::HeaderValue| value.to_str().ok())
        };
        let is_known = match text(header::IF_NONE_MATCH) {
            Some(tags) => self.is_among(tags),
            None => {
                text(header::IF_MODIFIED_SINCE).is_some_and(|since| self.is_unchanged_since(since))
            }
        };
        if is_known {
            return Selected::NotModified;
        }
        // A range of another content than the client has would not fit to it.
        let is_same = text(header::IF_RANGE)
            .is_none_or(|held| held == self.etag || held == self.last_modified);
        match text(header::RANGE).filter(|_| is_same) {
            Some(range) => part_of(range, size),
            None => Selected::Whole,
        }
    }

    fn is_among(&self, tags: &str) -> bool {
        tags.split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.etag)
    }

    fn is_unchanged_since(&self, since: &str) -> bool {
        let since = DateTimeParser::new().parse_timestamp(since);
        since.is_ok_and(|since| self.modified_s <= since.as_second())
    }
}

/// One range of bytes. Several, and what is no range, are answered with the whole, as the RFC allows.
fn part_of(range: &str, size: u64) -> Selected {
    let Some((first, last)) = range
        .strip_prefix("bytes=")
        .filter(|range| !range.contains(','))
        .and_then(|range| range.trim().split_once('-'))
    else {
        return Selected::Whole;
    };
    let number = |text: &str| {
        text.parse::<u64>()
            .ok()
            .filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
    };
    let range = match (first, last) {
        ("", last) => match number(last) {
            Some(suffix) => size.saturating_sub(suffix)..size,
            None => return Selected::Whole,
        },
        (first, "") => match number(first) {
            Some(first) => first..size,
            None => return Selected::Whole,
        },
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => first..size.min(last.saturating_add(1)),
            _ => return Selected::Whole,
        },
    };
    if range.start < range.end {
        Selected::Part(range)
    } else {
        Selected::Unsatisfiable
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn select(headers: &[(HeaderName, &str)]) -> Selected {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).expect("a value")))
            .collect();
        Validators::new("key", 1_800_000_000_999).select(&headers, 100)
    }

    #[test]
    fn ranges_are_cut_to_the_content() {
        for (range, expected) in [
            ("bytes=0-0", Selected::Part(0..1)),
            ("bytes=10-19", Selected::Part(10..20)),
            ("bytes=90-", Selected::Part(90..100)),
            ("bytes=-10", Selected::Part(90..100)),
            ("bytes=-1000", Selected::Part(0..100)),
            ("bytes=10-1000", Selected::Part(10..100)),
            ("bytes=0-18446744073709551615", Selected::Part(0..100)),
            ("bytes=100-", Selected::Unsatisfiable),
            ("bytes=-0", Selected::Unsatisfiable),
            ("bytes=9-1", Selected::Whole),
            ("bytes=0-1,5-6", Selected::Whole),
            ("bytes=a-b", Selected::Whole),
            ("bytes=+1-2", Selected::Whole),
            ("lines=0-1", Selected::Whole),
        ] {
            assert_eq!(select(&[(header::RANGE, range)]), expected, "{range}");
        }
    }

    #[test]
    fn conditions_come_before_ranges() {
        let modified = "Fri, 15 Jan 2027 08:00:00 GMT";
        assert_eq!(
            Validators::new("key", 1_800_000_000_999).last_modified(),
            modified
        );
        for (headers, expected) in [
            (
                vec![(header::IF_NONE_MATCH, "\"key\"")],
                Selected::NotModified,
            ),
            (
                vec![(header::IF_NONE_MATCH, "\"a\", W/\"key\"")],
                Selected::NotModified,
            ),
            (vec![(header::IF_NONE_MATCH, "\"other\"")], Selected::Whole),
            (
                vec![(header::IF_MODIFIED_SINCE, modified)],
                Selected::NotModified,
            ),
            (
                vec![(header::IF_MODIFIED_SINCE, "Fri, 15 Jan 2027 07:59:59 GMT")],
                Selected::Whole,
            ),
            (
                vec![
                    (header::IF_NONE_MATCH, "\"other\""),
                    (header::IF_MODIFIED_SINCE, modified),
                ],
                Selected::Whole,
            ),
            (
                vec![(header::IF_RANGE, "\"key\""), (header::RANGE, "bytes=0-1")],
                Selected::Part(0..2),
            ),
            (
                vec![
                    (header::IF_RANGE, "\"other\""),
                    (header::RANGE, "bytes=0-1"),
                ],
                Selected::Whole,
            ),
        ] {
            assert_eq!(select(&headers), expected, "{headers:?}");
        }
    }
}
