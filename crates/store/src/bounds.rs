//! Bounds: what one account can see of a conversation, page and row limits as the numbers of SQL, and the order in
//! which version logs are locked.

use domain::conversations::{Conversation, ConversationKind, Parties, Reach};
use domain::ids::AccountKey;
use domain::ports::Page;
use domain::sync::List;

/// A stored upper bound that leaves nothing to see: somebody left a group in which nothing had been said. 0 is taken,
/// it says that there is no bound.
pub(crate) const NOTHING_VISIBLE: i64 = -1;

/// What the participant's row says; zeros where there is none.
#[derive(Default)]
pub(crate) struct Own {
    pub(crate) min_seq: i64,
    pub(crate) max_seq: i64,
    pub(crate) read_seq: i64,
}

pub(crate) fn reach(conversation: Conversation, account: AccountKey, own: &Own) -> Reach {
    // Notices of a group come with the participant's row of its chat, whose numbers are not theirs.
    if conversation.kind == ConversationKind::Notice && conversation.group().is_some() {
        return Reach {
            min_seq: conversation.min_seq.max(1),
            max_seq: conversation.max_seq,
            has_read_seq: conversation.max_seq,
            conversation,
        };
    }
    let has_read_seq = match &conversation.parties {
        Parties::Pair { .. } => conversation
            .side(account)
            .map_or(0, |side| side.read_seq.max(side.sent_seq)),
        Parties::Group { .. } => own.read_seq,
    };
    Reach {
        min_seq: conversation.min_seq.max(own.min_seq).max(1),
        max_seq: visible_max(conversation.max_seq, own.max_seq),
        has_read_seq,
        conversation,
    }
}

/// The newest of `max_seq` messages that can be seen within the participant's upper bound.
pub(crate) fn visible_max(max_seq: i64, own_max: i64) -> i64 {
    match own_max {
        0 => max_seq,
        bound => max_seq.min(bound).max(0),
    }
}

pub(crate) fn limit(rows_max: usize) -> i64 {
    i64::try_from(rows_max).unwrap_or(i64::MAX)
}

pub(crate) fn offset(page: Page) -> i64 {
    i64::try_from(page.offset).unwrap_or(i64::MAX)
}

/// Each list once, in the one order in which they are locked.
pub(crate) fn sorted_once(lists: &[List]) -> Vec<List> {
    let mut lists = lists.to_vec();
    lists.sort_unstable_by_key(|list| list.parts());
    lists.dedup();
    lists
}
