//! Bounds: what one account can see of a conversation, and page and row limits as the numbers of SQL.

use domain::conversations::{Conversation, Reach};
use domain::ids::AccountKey;
use domain::ports::Page;

/// `own_min` and `own_max` are the participant's bounds, 0 where there is none.
pub(crate) fn reach(
    conversation: Conversation,
    account: AccountKey,
    own_min: i64,
    own_max: i64,
) -> Reach {
    let has_read_seq = conversation
        .side(account)
        .map_or(0, |side| side.read_seq.max(side.sent_seq));
    Reach {
        min_seq: conversation.min_seq.max(own_min).max(1),
        max_seq: if own_max == 0 {
            conversation.max_seq
        } else {
            conversation.max_seq.min(own_max)
        },
        has_read_seq,
        conversation,
    }
}

pub(crate) fn limit(rows_max: usize) -> i64 {
    i64::try_from(rows_max).unwrap_or(i64::MAX)
}

pub(crate) fn offset(page: Page) -> i64 {
    i64::try_from(page.offset).unwrap_or(i64::MAX)
}
