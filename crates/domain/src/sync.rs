//! Incremental sync: a client names the version of a list that it has and gets what changed since
//! (`reference/openim/sync.md` §3). Every list that clients keep has a version log, written in the same transaction
//! as the change; this file knows the logs, the nouns know what stands in their lists.

use crate::error::Result;
use crate::ids::{AccountKey, GroupKey};
use crate::ports::View;
use crate::{Domain, limits};

/// A list that has a version log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum List {
    /// The conversations of an account, by conversation id.
    Conversations(AccountKey),
    /// The friends of an account, by user id.
    Friends(AccountKey),
    /// The groups that an account is a member of, by group id.
    JoinedGroups(AccountKey),
    /// The members of a group, by user id; [`GROUP_ITSELF`] stands for the group's own record.
    Members(GroupKey),
    /// Whom an account has blocked, by user id.
    Blocks(AccountKey),
}

impl List {
    /// The kind of list, which is stored, and whose it is.
    pub fn parts(self) -> (i16, i64) {
        match self {
            Self::Conversations(account) => (1, account.0),
            Self::Friends(account) => (2, account.0),
            Self::JoinedGroups(account) => (3, account.0),
            Self::Members(group) => (4, group.0),
            Self::Blocks(account) => (5, account.0),
        }
    }
}

/// The entry of a member list that stands for the group itself.
pub const GROUP_ITSELF: &str = "";

/// The entry that says that the order of a list has changed.
pub const ORDER: &str = "____S_O_R_T_I_D____";

/// How an entry came by its version; the numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i16)]
pub enum Change {
    Inserted = 1,
    Deleted = 2,
    Updated = 3,
}

impl Change {
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::Inserted, Self::Deleted, Self::Updated]
            .into_iter()
            .find(|change| *change as i64 == number)
    }
}

/// A list's name for its log and the number of changes so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// 24 hexadecimal characters; a client that has another one must read everything.
    pub id: String,
    pub number: u64,
}

impl Version {
    /// The version of a list that nothing was ever put into: the same until there is a log.
    pub fn untouched(list: List) -> Self {
        let (kind, owner) = list.parts();
        Self {
            id: format!("{kind:04x}{owner:020x}"),
            number: 1,
        }
    }
}

/// What changed after a version, each entry with its newest state, in the order of their versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    pub version: Version,
    /// At most as many as were asked for; `is_complete` says whether these are all.
    pub entries: Vec<Entry>,
    pub is_complete: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: String,
    pub version: u64,
    pub change: Change,
}

/// The answer to "what changed since my version?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Increment<T> {
    pub version: Version,
    /// Read the whole list: the client's version is unknown, or too much has changed.
    pub is_full: bool,
    /// Ids of what is gone.
    pub deleted: Vec<String>,
    pub inserted: Vec<T>,
    pub updated: Vec<T>,
    /// The version at which the order last changed, or 0 if the client has seen that.
    pub order_version: u64,
    /// The record that the list hangs on has changed.
    pub has_new_head: bool,
}

impl<T> Increment<T> {
    /// The answer "read the whole list".
    pub fn full(version: Version) -> Self {
        Self {
            is_full: true,
            ..Self::nothing(version)
        }
    }

    pub(crate) fn nothing(version: Version) -> Self {
        Self {
            version,
            is_full: false,
            deleted: Vec::new(),
            inserted: Vec::new(),
            updated: Vec::new(),
            order_version: 0,
            has_new_head: false,
        }
    }

    /// Whether the client has missed anything at all.
    pub fn is_empty(&self) -> bool {
        !self.is_full
            && self.deleted.is_empty()
            && self.inserted.is_empty()
            && self.updated.is_empty()
            && self.order_version == 0
            && !self.has_new_head
    }
}

impl Increment<String> {
    /// The same with the records of the ids.
    pub(crate) fn with<T>(self, inserted: Vec<T>, updated: Vec<T>) -> Increment<T> {
        Increment {
            version: self.version,
            is_full: self.is_full,
            deleted: self.deleted,
            inserted,
            updated,
            order_version: self.order_version,
            has_new_head: self.has_new_head,
        }
    }
}

impl Domain {
    /// The newest version of a list.
    pub(crate) async fn version(&self, list: List) -> Result<Version> {
        let version = self.store.view().await?.version(list).await?;
        Ok(version.unwrap_or_else(|| Version::untouched(list)))
    }
}

/// An increment by id, for the noun to look the records up.
pub(crate) async fn increment(
    view: &mut dyn View,
    list: List,
    known: (&str, u64),
) -> Result<Increment<String>> {
    let known = Known::of(list, known);
    let changes = view
        .changes(list, known.after, limits::VERSION_CHANGES_MAX)
        .await?;
    Ok(known.increment(list, changes))
}

/// The version that a client has.
struct Known<'a> {
    id: &'a str,
    after: u64,
    /// It is that of a list that nothing was ever put into: everything that is logged is news.
    is_untouched: bool,
}

impl<'a> Known<'a> {
    fn of(list: List, (id, number): (&'a str, u64)) -> Self {
        let untouched = Version::untouched(list);
        let is_untouched = id == untouched.id && number == untouched.number;
        Self {
            id,
            after: if is_untouched { 0 } else { number },
            is_untouched,
        }
    }

    fn increment(&self, list: List, changes: Option<Changes>) -> Increment<String> {
        let Some(changes) = changes else {
            let untouched = Version::untouched(list);
            return if self.is_untouched {
                Increment::nothing(untouched)
            } else {
                Increment::full(untouched)
            };
        };
        let is_of_log =
            self.after > 0 && self.id == changes.version.id && self.after <= changes.version.number;
        if !(is_of_log || self.is_untouched) || !changes.is_complete {
            return Increment::full(changes.version);
        }
        let mut increment = Increment::nothing(changes.version);
        for entry in changes.entries {
            match (entry.id.as_str(), entry.change) {
                (ORDER, _) => increment.order_version = entry.version,
                (GROUP_ITSELF, _) => increment.has_new_head = true,
                (_, Change::Inserted) => increment.inserted.push(entry.id),
                (_, Change::Updated) => increment.updated.push(entry.id),
                (_, Change::Deleted) => increment.deleted.push(entry.id),
            }
        }
        increment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: List = List::Friends(AccountKey(7));

    fn changes(is_complete: bool) -> Changes {
        let entry = |id: &str, version, change| Entry {
            id: id.to_owned(),
            version,
            change,
        };
        Changes {
            version: Version {
                id: "abc".to_owned(),
                number: 9,
            },
            entries: vec![
                entry("bob", 6, Change::Inserted),
                entry("carol", 7, Change::Deleted),
                entry(ORDER, 8, Change::Updated),
                entry("dan", 9, Change::Updated),
            ],
            is_complete,
        }
    }

    #[test]
    fn entries_are_sorted_by_what_became_of_them() {
        let increment = Known::of(LIST, ("abc", 5)).increment(LIST, Some(changes(true)));
        assert!(!increment.is_full && !increment.has_new_head);
        assert_eq!(increment.inserted, ["bob"]);
        assert_eq!(increment.deleted, ["carol"]);
        assert_eq!(increment.updated, ["dan"]);
        assert_eq!(increment.order_version, 8);
    }

    #[test]
    fn an_unknown_version_or_too_many_changes_ask_for_the_whole_list() {
        for known in [("", 5), ("xyz", 5), ("abc", 0), ("abc", 10)] {
            let increment = Known::of(LIST, known).increment(LIST, Some(changes(true)));
            assert!(increment.is_full, "{known:?}");
        }
        let incomplete = Known::of(LIST, ("abc", 5)).increment(LIST, Some(changes(false)));
        assert!(incomplete.is_full);
        let untouched = Known::of(LIST, ("", 0)).increment(LIST, None);
        assert!(untouched.is_full && untouched.version.id.len() == 24);
    }

    #[test]
    fn to_who_knows_the_untouched_list_everything_logged_is_news() {
        let untouched = Version::untouched(LIST);
        let known = Known::of(LIST, (&untouched.id, untouched.number));
        assert_eq!(known.after, 0);
        assert!(known.increment(LIST, None).is_empty());
        let increment = known.increment(LIST, Some(changes(true)));
        assert!(!increment.is_full);
        assert_eq!(increment.inserted, ["bob"]);
    }
}
