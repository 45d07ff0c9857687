//! Routes that OpenIM does not have: edits, reactions, pinned messages, readers, deliveries.

use serde_json::{Value, json};

const CHAT: &str = "si_alice_bob";

/// Routes that take what somebody may see or has written: the body names `user`. They need message 1 of the chat as
/// it was sent.
pub fn in_the_name_of(user: &str) -> Vec<(&'static str, Value)> {
    let message = json!({"userID": user, "conversationID": CHAT, "seq": 1});
    let messages = json!({"userID": user, "conversationID": CHAT, "seqs": [1]});
    let with = |more: Value| {
        let mut body = message.clone();
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    vec![
        ("/msg/edit_msg", with(json!({"content": {"content": "y"}}))),
        ("/msg/get_edits", messages.clone()),
        (
            "/msg/set_reaction",
            with(json!({"reaction": "+1", "on": true})),
        ),
        ("/msg/get_reactions", messages),
        ("/msg/pin_msg", message.clone()),
        ("/msg/unpin_msg", message.clone()),
        ("/msg/get_pinned_msgs", message.clone()),
        ("/msg/get_delivery_states", message.clone()),
        (
            "/msg/get_group_msg_readers",
            with(
                json!({"conversationID": "sg_77", "pagination": {"pageNumber": 1, "showNumber": 5}}),
            ),
        ),
    ]
}
