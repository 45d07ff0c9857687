//! Who is pushed to: pure functions over a message and what is known of its receivers.

use crate::accounts::Receive;
use crate::ids::{AccountKey, UserId};
use crate::messages::{Message, Options, Status, content_type};

/// Somebody who might be pushed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    pub account: AccountKey,
    pub user_id: UserId,
    /// A foreground connection shows them the message anyway.
    pub is_reachable: bool,
    /// How the account takes messages.
    pub own: Receive,
    /// How it takes messages of this conversation.
    pub here: Receive,
}

/// Whether a message is to be pushed to anybody: it was stored, its sender did not ask for silence, and there is still
/// something to tell.
pub fn is_worth_pushing(message: &Message) -> bool {
    message.seq > 0
        && message.status == Status::Sent
        && message.post.options.is_on(Options::OFFLINE_PUSH)
        && !matches!(
            message.post.content_type,
            content_type::REVOKE
                | content_type::TYPING
                | content_type::RECALLED
                | content_type::DELETED
                | content_type::HAS_READ
        )
}

/// Those that a message worth pushing is pushed to: all but its sender, who is not looking and has not asked for
/// silence, neither for everything nor here. Being called with `@` changes nothing: who wants to hear of that does not
/// set the conversation to silent.
pub fn whom_to_push(message: &Message, receivers: &[Receiver]) -> Vec<AccountKey> {
    receivers
        .iter()
        .filter(|receiver| receiver.user_id != message.route.sender)
        .filter(|receiver| !receiver.is_reachable)
        .filter(|receiver| (receiver.own, receiver.here) == (Receive::Notify, Receive::Notify))
        .map(|receiver| receiver.account)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::conversations::{ConversationKind, Party};
    use crate::ids::{ConversationId, MessageKey};
    use crate::messages::{Post, Route};

    fn user(name: &str) -> UserId {
        UserId::new(name).expect("valid")
    }

    fn message(change: impl FnOnce(&mut Message, &mut Post)) -> Message {
        let mut post = Post {
            content_type: 101,
            ..Post::default()
        };
        let mut message = Message {
            route: Route {
                conversation: ConversationId::direct(&user("alice"), &user("bob")),
                kind: ConversationKind::Direct,
                sender: user("alice"),
                recipient: Party::Person(user("bob")),
            },
            key: MessageKey(1),
            seq: 1,
            send_time: 1,
            status: Status::Sent,
            is_read: false,
            post: Arc::default(),
        };
        change(&mut message, &mut post);
        message.post = Arc::new(post);
        message
    }

    fn receiver(name: &str, is_reachable: bool, own: Receive, here: Receive) -> Receiver {
        Receiver {
            account: AccountKey(7),
            user_id: user(name),
            is_reachable,
            own,
            here,
        }
    }

    #[test]
    fn only_stored_messages_that_say_something_are_worth_it() {
        assert!(is_worth_pushing(&message(|_, _| {})));
        type Change = fn(&mut Message, &mut Post);
        let changes: [Change; 9] = [
            |message, _| message.seq = 0,
            |message, _| message.status = Status::Deleted,
            |_, post| post.options = post.options.with_off(Options::OFFLINE_PUSH),
            |_, post| post.options = post.options.with_off(Options::ONLINE_ONLY),
            |_, post| post.content_type = content_type::REVOKE,
            |_, post| post.content_type = content_type::TYPING,
            |_, post| post.content_type = content_type::RECALLED,
            |_, post| post.content_type = content_type::DELETED,
            |_, post| post.content_type = content_type::HAS_READ,
        ];
        for (row, change) in changes.into_iter().enumerate() {
            assert!(!is_worth_pushing(&message(change)), "row {row}");
        }
        let unrelated = message(|_, post| {
            post.options = post
                .options
                .with_off(Options::UNREAD_COUNT | Options::SENDER_SYNC);
        });
        assert!(is_worth_pushing(&unrelated), "other options do not matter");
    }

    /// Every combination, against the rule said another way.
    #[test]
    fn who_is_away_and_wants_to_hear_is_pushed_to() {
        let all = [Receive::Notify, Receive::Nothing, Receive::Silently];
        let message = message(|_, _| {});
        let mut pushed = 0;
        for name in ["alice", "bob"] {
            for is_reachable in [false, true] {
                for own in all {
                    for here in all {
                        let whom =
                            whom_to_push(&message, &[receiver(name, is_reachable, own, here)]);
                        let silent = own != Receive::Notify || here != Receive::Notify;
                        let expected = name == "bob" && !is_reachable && !silent;
                        assert_eq!(
                            !whom.is_empty(),
                            expected,
                            "{name} {is_reachable} {own:?} {here:?}"
                        );
                        pushed += whom.len();
                    }
                }
            }
        }
        assert_eq!(pushed, 1, "of 36 combinations one is pushed");
    }

    #[test]
    fn a_call_by_name_does_not_break_a_silence() {
        let message = message(|_, post| {
            post.content_type = 106;
            post.at = vec!["bob".into()];
        });
        let silent = receiver("bob", false, Receive::Notify, Receive::Silently);
        assert_eq!(whom_to_push(&message, &[silent]), []);
    }
}
