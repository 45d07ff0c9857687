//! How OpenIM spells conversation ids (messages.md §6).
//! User ids may contain `_`, so an id is never taken apart; only its prefix, up to the first `_`, means something.

/// `si_<a>_<b>`: the single chat of two users, in either order.
pub fn single(a: &str, b: &str) -> String {
    of_pair("si_", a, b)
}

/// `sg_<group>`: a group chat.
pub fn group(group_id: &str) -> String {
    ["sg_", group_id].concat()
}

/// `sn_<a>_<b>`: the chat of a notification account and a user.
pub fn notification_account(a: &str, b: &str) -> String {
    of_pair("sn_", a, b)
}

/// `n_<a>_<b>`: notifications between two users, or from a user to himself (`n_a_a`).
pub fn notifications_of_users(a: &str, b: &str) -> String {
    of_pair("n_", a, b)
}

/// `n_<group>`: notifications of a group.
pub fn notifications_of_group(group_id: &str) -> String {
    ["n_", group_id].concat()
}

/// The n_ conversation that belongs to a chat; `None` when `chat` has no prefix or is an n_ conversation itself.
pub fn notifications_of(chat: &str) -> Option<String> {
    let (prefix, rest) = chat.split_once('_')?;
    if prefix == "n" {
        None
    } else {
        Some(["n_", rest].concat())
    }
}

/// Whether the id names notifications: such conversations travel in a list of their own.
pub fn is_notifications(conversation_id: &str) -> bool {
    conversation_id.starts_with("n_")
}

/// Users are ordered by their bytes, so that both sides make the same id.
fn of_pair(prefix: &str, a: &str, b: &str) -> String {
    let (first, second) = if a <= b { (a, b) } else { (b, a) };
    [prefix, first, "_", second].concat()
}

#[cfg(test)]
mod tests {
    use super::{
        group, is_notifications, notification_account, notifications_of, notifications_of_users,
        single,
    };

    #[test]
    fn both_sides_make_the_same_id() {
        assert_eq!(single("bob", "alice"), "si_alice_bob");
        assert_eq!(single("alice", "bob"), "si_alice_bob");
        assert_eq!(notification_account("sys", "bob"), "sn_bob_sys");
        assert_eq!(notifications_of_users("alice", "alice"), "n_alice_alice");
    }

    #[test]
    fn users_are_ordered_by_bytes() {
        assert_eq!(single("a", "B"), "si_B_a");
        assert_eq!(single("a10", "a9"), "si_a10_a9");
    }

    #[test]
    fn every_chat_has_a_notification_counterpart() {
        assert_eq!(
            notifications_of(&single("a", "b")).as_deref(),
            Some("n_a_b")
        );
        assert_eq!(notifications_of(&group("123")).as_deref(), Some("n_123"));
        assert_eq!(notifications_of("sn_x_y_z").as_deref(), Some("n_x_y_z"));
        assert_eq!(notifications_of("n_a_b"), None);
        assert_eq!(notifications_of("nonsense"), None);
        assert!(is_notifications("n_a_b"));
        assert!(!is_notifications("sn_a_b"));
    }
}
