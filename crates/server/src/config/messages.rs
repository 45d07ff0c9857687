//! The sections `[messages]` and `[retention]`: what may be done to messages that stand, and how long they do.

use domain::messages;
use domain::time::Millis;

use super::Keys;

const SECOND_MS: Millis = 1000;
const DAY_MS: Millis = 24 * 60 * 60 * SECOND_MS;

/// Reads both.
pub(super) fn read(keys: &mut Keys) -> messages::Settings {
    let window_s = keys.number(
        "messages.edit_window_seconds",
        0,
        0..=10 * 365 * 24 * 60 * 60,
        "How long after sending a message its sender may edit it, in seconds; 0 is always. Administrators always may.",
    );
    let members_max = keys.number(
        "messages.receipts_members_max",
        1_000,
        0..=100_000,
        "The largest group whose members are told who has received and read a message.",
    );
    let days = keys.number(
        "retention.days",
        0,
        0..=36_500,
        "How many days messages are kept, notices of them too; older ones are removed for everybody. 0 keeps them for \
         ever. Administrators set other periods for single chats through the API.",
    );
    messages::Settings {
        edit_window_ms: (window_s > 0).then_some(window_s * SECOND_MS),
        retention_ms: (days > 0).then_some(days * DAY_MS),
        positions_members_max: members_max as usize,
    }
}
