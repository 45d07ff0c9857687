//! Typed ids. Keys are the store's integers and never leave the process; public ids are the strings that
//! clients see. A conversation's public id is its OpenIM spelling, because user ids may contain the separator
//! and so the spelling can be made from the parts but never split back into them.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use xxhash_rust::xxh3::xxh3_128_with_seed;

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);
    };
}

key!(
    /// An account's internal key.
    AccountKey
);
key!(
    /// A conversation's internal key.
    ConversationKey
);
key!(
    /// A login session's internal key.
    SessionKey
);
key!(
    /// A message's place in the order of arrival; grows with time, may have gaps.
    MessageKey
);
key!(
    /// A job's internal key.
    JobKey
);
key!(
    /// A group's internal key.
    GroupKey
);

key!(
    /// A push token's internal key; never given out twice.
    PushTokenKey
);

/// The public id of an account: 1 to 64 bytes, chosen by the application or made by us.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(String);

impl UserId {
    /// The longest user id in bytes.
    pub const BYTES_MAX: usize = 64;

    /// Accepts any id that an OpenIM application may register: not empty, at most 64 bytes, no control
    /// characters and no `:` (which OpenIM reserves as a separator).
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let fits = !text.is_empty() && text.len() <= Self::BYTES_MAX;
        (fits && !text.chars().any(|c| c == ':' || c.is_control())).then_some(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The public id of a group: 1 to 64 bytes, chosen by whoever makes the group or made by us.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(String);

impl GroupId {
    /// The longest group id in bytes.
    pub const BYTES_MAX: usize = 64;

    /// Accepts what [`UserId::new`] accepts.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        UserId::new(text).map(|id| Self(id.0))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The public id of a conversation, as `reference/openim/messages.md` §6 spells it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConversationId(String);

impl ConversationId {
    /// The longest id that can exist: a prefix of three bytes, two user ids and a separator.
    pub const BYTES_MAX: usize = 3 + UserId::BYTES_MAX * 2 + 1;

    /// An id as a client spells it; whether it exists is for the store to say.
    pub fn parse(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let fits = !text.is_empty() && text.len() <= Self::BYTES_MAX;
        (fits && !text.chars().any(char::is_control)).then_some(Self(text))
    }

    /// The chat of two people; `a` and `b` may be the same person.
    pub fn direct(a: &UserId, b: &UserId) -> Self {
        Self::pair("si_", a, b)
    }

    /// What a notification account tells a person.
    pub fn notification(a: &UserId, b: &UserId) -> Self {
        Self::pair("sn_", a, b)
    }

    /// The notices of two people: what their devices must learn about their conversation.
    pub fn notice(a: &UserId, b: &UserId) -> Self {
        Self::pair("n_", a, b)
    }

    /// The chat of a group.
    pub fn group(group: &GroupId) -> Self {
        Self(format!("sg_{group}"))
    }

    /// The notices of a group: what its members' devices must learn about its chat.
    pub fn group_notice(group: &GroupId) -> Self {
        Self(format!("n_{group}"))
    }

    fn pair(prefix: &str, a: &UserId, b: &UserId) -> Self {
        let (low, high) = if a <= b { (a, b) } else { (b, a) };
        Self(format!("{prefix}{low}_{high}"))
    }

    /// Whether this is the id of a notice log and not of a chat.
    pub fn is_notice(&self) -> bool {
        self.0.starts_with("n_")
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The one maker of public ids. Ids are unique, not secret: secrets are drawn by the surface that hands them out.
#[derive(Debug)]
pub struct Ids {
    seed: u64,
    counter: AtomicU64,
}

impl Ids {
    /// `seed` must differ between processes that share a store; tests pass a constant.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            counter: AtomicU64::new(0),
        }
    }

    /// 32 lower-case hexadecimal characters.
    pub fn hex32(&self) -> String {
        let n = self.counter.fetch_add(1, Ordering::Relaxed);
        format!("{:032x}", xxh3_128_with_seed(&n.to_le_bytes(), self.seed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(text: &str) -> UserId {
        UserId::new(text).expect("a valid id")
    }

    #[test]
    fn user_ids_refuse_what_openim_refuses() {
        for bad in ["", "a:b", "a\nb", &"x".repeat(65)] {
            assert_eq!(UserId::new(bad), None, "{bad:?}");
        }
        for good in ["alice", "a_b", "名前", "a b", &"x".repeat(64)] {
            assert!(UserId::new(good).is_some(), "{good:?}");
        }
    }

    #[test]
    fn a_pair_is_spelled_in_byte_order_whoever_asks() {
        let (a, b) = (user("bob"), user("alice"));
        assert_eq!(ConversationId::direct(&a, &b).as_str(), "si_alice_bob");
        assert_eq!(
            ConversationId::direct(&b, &a),
            ConversationId::direct(&a, &b)
        );
        assert_eq!(ConversationId::notice(&a, &a).as_str(), "n_bob_bob");
        assert!(ConversationId::notice(&a, &b).is_notice());
    }

    #[test]
    fn made_ids_are_32_hex_and_differ() {
        let ids = Ids::new(7);
        let (one, two) = (ids.hex32(), ids.hex32());
        assert_ne!(one, two);
        assert!(one.len() == 32 && one.bytes().all(|b| b.is_ascii_hexdigit()));
    }
}
