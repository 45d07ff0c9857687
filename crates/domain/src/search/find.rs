//! Searching: the newest messages that match, from a place backwards. An index cannot say at once which of half a
//! million matches are the newest that one person may see, so the log is walked in spans, each as large as the matches
//! met so far make wise: small ones for common words, large ones for rare words. What one request may cost is bounded;
//! when that is used up it is answered with what was found and the place to go on from.

use std::collections::HashMap;

use super::text::searchable_text;
use super::tokens::{Query, tokens};
use crate::caller::Caller;
use crate::conversations::{Conversation, ConversationKind};
use crate::error::{Error, Kind, Result};
use crate::ids::{AccountKey, ConversationId, ConversationKey, UserId};
use crate::messages::{FoundMessage, LoggedMessage, Message, MessageFilter, Status};
use crate::ports::{
    Hit, LogRange, OwnConversation, Page, SPAN_CONVERSATIONS_MAX, SearchSpan, Span, View,
};
use crate::time::Millis;
use crate::{Domain, gate, limits};

/// Spans that one request walks, and matches that it looks at.
const SPANS_MAX: usize = 64;
const MATCHES_MAX: usize = 10_000;

/// Matches of one span that are looked at together.
const MATCHES_AT_ONCE: usize = 256;

/// A place in the log, opaque to whoever goes on from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchPlace(i64);

impl SearchPlace {
    /// The form that clients keep.
    pub fn to_text(self) -> String {
        format!("{:x}", self.0)
    }

    pub fn from_text(text: &str) -> Result<Self> {
        i64::from_str_radix(text, 16)
            .ok()
            .filter(|place| *place > 0)
            .map(Self)
            .ok_or(Error::invalid("cursor", "is not one of ours"))
    }
}

/// A search of one person in what they can see.
#[derive(Clone, Debug)]
pub struct FindMessages {
    pub person: UserId,
    /// Only in this one.
    pub conversation: Option<ConversationId>,
    pub keyword: String,
    /// Only by these; empty for anybody.
    pub senders: Vec<UserId>,
    pub content_types: Vec<i32>,
    pub sent_from: Option<Millis>,
    pub sent_before: Option<Millis>,
    /// Where to go on; `None` begins with the newest.
    pub place: Option<SearchPlace>,
    /// Matches of the page, after those that are passed over.
    pub page: Page,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPage {
    /// Newest first.
    pub messages: Vec<Message>,
    /// Where to go on; `None` when everything was looked at.
    pub next: Option<SearchPlace>,
}

/// A stretch of a conversation, for administrators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    pub conversation: Conversation,
    /// Ascending; deleted ones are there without their content.
    pub messages: Vec<Message>,
}

impl Domain {
    /// Finds messages in the person's own conversations, within what they can see.
    pub async fn find_messages(
        &self,
        caller: &Caller,
        command: &FindMessages,
    ) -> Result<FoundPage> {
        gate::may_act_for(caller, &command.person)?;
        check_page(command.page)?;
        let query = Query::parse(&command.keyword)?;
        let person = self.account(&command.person).await?;
        let mut view = self.store.view().await?;
        let mut own = view.own_conversations(person.key).await?;
        if let Some(id) = &command.conversation {
            let chat = view.conversation(id).await?;
            own.retain(|of| Some(of.conversation) == chat.as_ref().map(|chat| chat.key));
            if own.is_empty() {
                return Err(Error::NotFound(Kind::Conversation));
            }
        }
        let Some(senders) = keys_of(&mut *view, &command.senders).await? else {
            return Ok(FoundPage {
                messages: Vec::new(),
                next: None,
            });
        };
        drop(view);
        let named = (own.len() <= SPAN_CONVERSATIONS_MAX)
            .then(|| own.iter().map(|of| of.conversation).collect::<Vec<_>>());
        let own = own.into_iter().map(|of| (of.conversation, of)).collect();
        let search = Search {
            query: &query,
            viewer: person.key,
            own: Some(own),
            named,
            senders,
            content_types: &command.content_types,
            sent: (command.sent_from, command.sent_before),
            keep: &|_| true,
        };
        let wanted = command.page.offset as usize + command.page.rows as usize;
        let (found, next) = self.walk(&search, command.place, wanted).await?;
        let messages = found
            .into_iter()
            .skip(command.page.offset as usize)
            .map(|(message, _)| message);
        Ok(FoundPage {
            messages: messages.collect(),
            next,
        })
    }

    /// As [`Domain::search_messages`] with a text: everywhere. The number of matches is that of the page and those before
    /// it, and one more if there are more.
    pub(crate) async fn search_by_text(
        &self,
        filter: &MessageFilter,
        text: &str,
        page: Page,
    ) -> Result<(u64, Vec<FoundMessage>)> {
        check_page(page)?;
        let query = Query::parse(text)?;
        let mut view = self.store.view().await?;
        let senders: Vec<UserId> = filter.sender.iter().cloned().collect();
        let senders = keys_of(&mut *view, &senders).await?;
        let conversation = match &filter.conversation {
            Some(id) => Some(view.conversation(id).await?.map(|chat| chat.key)),
            None => None,
        };
        drop(view);
        let (Some(senders), false) = (senders, conversation == Some(None)) else {
            return Ok((0, Vec::new()));
        };
        let content_types: Vec<i32> = filter.content_type.into_iter().collect();
        let keep = |message: &Message| {
            filter.kind.is_none_or(|kind| message.route.kind == kind)
                && filter
                    .recipient
                    .as_ref()
                    .is_none_or(|recipient| message.route.recipient.is(recipient))
        };
        let search = Search {
            query: &query,
            viewer: AccountKey(0),
            own: None,
            named: conversation.flatten().map(|key| vec![key]),
            senders,
            content_types: &content_types,
            sent: (filter.sent_from, filter.sent_before),
            keep: &keep,
        };
        // One more than the page shows tells that there are more.
        let wanted = page.offset as usize + page.rows as usize + 1;
        let (found, _) = self.walk(&search, None, wanted).await?;
        let all = found.len() as u64;
        let shown = found
            .into_iter()
            .skip(page.offset as usize)
            .take(page.rows as usize)
            .map(|(message, logged)| FoundMessage {
                route: message.route,
                message: logged,
            });
        Ok((all, shown.collect()))
    }

    /// A stretch of any conversation, within `begin..=end`: a page of it, page by page towards the oldest, or the newest
    /// of it that one answer holds.
    pub async fn conversation_history(
        &self,
        caller: &Caller,
        id: &ConversationId,
        begin: i64,
        end: i64,
        page: Option<Page>,
    ) -> Result<History> {
        gate::may_administer(caller)?;
        let mut view = self.store.view().await?;
        let conversation = view
            .conversation(id)
            .await?
            .filter(|found| found.kind != ConversationKind::Notice)
            .ok_or(Error::NotFound(Kind::Conversation))?;
        let page = page.unwrap_or(Page {
            offset: 0,
            rows: limits::PULLED_MESSAGES_MAX as u32,
        });
        let passed = i64::try_from(page.offset).unwrap_or(i64::MAX);
        let end = end.min(conversation.max_seq).saturating_sub(passed);
        let begin = begin
            .max(1)
            .max(end.saturating_sub(i64::from(page.rows) - 1));
        let range = LogRange {
            conversation: conversation.key,
            begin,
            end,
        };
        let logged = if begin <= end {
            view.messages_in(AccountKey(0), &[range], limits::PULLED_MESSAGES_MAX)
                .await?
        } else {
            Vec::new()
        };
        let messages = logged
            .into_iter()
            .filter_map(|row| conversation.message(row))
            .collect();
        Ok(History {
            conversation,
            messages,
        })
    }

    /// Collects matches from the place backwards, at most `wanted`.
    async fn walk(
        &self,
        search: &Search<'_>,
        place: Option<SearchPlace>,
        wanted: usize,
    ) -> Result<(Vec<(Message, LoggedMessage)>, Option<SearchPlace>)> {
        let index = self.store.search_index();
        let newest = index.position().await? + 1;
        let mut walk = Walk::from(place.map_or(newest, |SearchPlace(below)| below.min(newest)));
        let mut found: Vec<(Message, LoggedMessage)> = Vec::new();
        let mut conversations = HashMap::new();
        while !walk.is_over() {
            if walk.spans == SPANS_MAX || walk.matches >= MATCHES_MAX {
                return Ok((found, Some(SearchPlace(walk.below))));
            }
            let span = walk.next_span(wanted - found.len());
            let hits = index
                .find(SearchSpan {
                    query: search.query,
                    conversations: search.named.as_deref(),
                    senders: &search.senders,
                    content_types: search.content_types,
                    span,
                    rows_max: MATCHES_AT_ONCE,
                })
                .await?;
            walk.went_through(span, &hits);
            let seen: Vec<Hit> = hits.into_iter().filter(|hit| search.may_see(hit)).collect();
            // Rows are long, so no more are read than may be wanted.
            let mut rest = seen.as_slice();
            while !rest.is_empty() {
                let (now, later) = rest.split_at(rest.len().min(wanted - found.len()));
                rest = later;
                for pair in self.read_hits(search, now, &mut conversations).await? {
                    walk.kept += 1;
                    found.push(pair);
                }
                if found.len() == wanted {
                    let last = now.last().map_or(walk.below, |hit| hit.key.0);
                    return Ok((found, (last > 1).then_some(SearchPlace(last))));
                }
            }
        }
        Ok((found, None))
    }

    /// The messages behind the hits as the viewer may see them, in the order of the hits.
    async fn read_hits(
        &self,
        search: &Search<'_>,
        hits: &[Hit],
        conversations: &mut HashMap<ConversationKey, Conversation>,
    ) -> Result<Vec<(Message, LoggedMessage)>> {
        let mut view = self.store.view().await?;
        let mut unknown: Vec<ConversationKey> = hits.iter().map(|hit| hit.conversation).collect();
        unknown.retain(|key| !conversations.contains_key(key));
        unknown.sort_unstable();
        unknown.dedup();
        if !unknown.is_empty() {
            let read = view.conversations_by_key(&unknown).await?;
            conversations.extend(read.into_iter().map(|found| (found.key, found)));
        }
        let ranges: Vec<LogRange> = hits
            .iter()
            .map(|hit| LogRange {
                conversation: hit.conversation,
                begin: hit.seq,
                end: hit.seq,
            })
            .collect();
        let rows = view.messages_in(search.viewer, &ranges, hits.len()).await?;
        Ok(rows
            .into_iter()
            .filter(|row| search.keeps_row(row))
            .filter_map(|row| {
                let conversation = conversations.get(&row.conversation)?;
                // What was cleared for everybody may still be in the index for a moment.
                if row.seq < conversation.min_seq {
                    return None;
                }
                let message = conversation.message(row.clone())?;
                (search.keep)(&message).then_some((message, row))
            })
            .collect())
    }
}

struct Search<'a> {
    query: &'a Query,
    /// Whose hidden messages are left out.
    viewer: AccountKey,
    /// The conversations in which the viewer may see something; `None` for all.
    own: Option<HashMap<ConversationKey, OwnConversation>>,
    /// The conversations that the index is asked for by name, if they are few.
    named: Option<Vec<ConversationKey>>,
    senders: Vec<AccountKey>,
    content_types: &'a [i32],
    sent: (Option<Millis>, Option<Millis>),
    keep: &'a (dyn Fn(&Message) -> bool + Send + Sync),
}

impl Search<'_> {
    fn may_see(&self, hit: &Hit) -> bool {
        let Some(own) = &self.own else {
            return true;
        };
        own.get(&hit.conversation)
            .is_some_and(|of| hit.seq >= of.min_seq && (of.max_seq == 0 || hit.seq <= of.max_seq))
    }

    fn keeps_row(&self, row: &LoggedMessage) -> bool {
        let (from, before) = self.sent;
        !row.is_hidden
            && row.status == Status::Sent
            && from.is_none_or(|from| row.send_time >= from)
            && before.is_none_or(|before| row.send_time < before)
            // What was recalled or edited a moment ago may still be in the index as it was.
            && self.query.matches(&tokens(&searchable_text(
                row.post.content_type,
                &row.post.content,
            )))
    }
}

/// How far a search has come, and what it has met.
struct Walk {
    begun: i64,
    /// Everything from here on was looked at.
    below: i64,
    spans: usize,
    matches: usize,
    kept: usize,
}

impl Walk {
    fn from(below: i64) -> Self {
        Self {
            begun: below,
            below,
            spans: 0,
            matches: 0,
            kept: 0,
        }
    }

    fn is_over(&self) -> bool {
        self.below <= 1
    }

    /// The smallest span in which as many matches are to be expected as are wanted, going by those met so far. When
    /// few of them were kept, more must be met.
    fn next_span(&mut self, wanted: usize) -> Span {
        self.spans += 1;
        let walked = (self.begun - self.below) as f64;
        let share = (self.kept + 1) as f64 / (self.matches + 1) as f64;
        let needed = (wanted as f64 / share).min(MATCHES_AT_ONCE as f64);
        let level = Span::LEVELS
            .into_iter()
            .find(|level| {
                walked == 0.0 || self.matches as f64 / walked * 2f64.powi(*level as i32) >= needed
            })
            .unwrap_or(Span::LEVELS[Span::LEVELS.len() - 1]);
        Span {
            level,
            below: self.below,
        }
    }

    fn went_through(&mut self, span: Span, hits: &[Hit]) {
        self.matches += hits.len();
        self.below = match hits.last() {
            // There may be more of it.
            Some(last) if hits.len() >= MATCHES_AT_ONCE => last.key.0,
            _ => span.begin(),
        };
    }
}

/// The keys of these accounts; `None` if there are names and nobody has one of them.
async fn keys_of(view: &mut dyn View, names: &[UserId]) -> Result<Option<Vec<AccountKey>>> {
    if names.len() > limits::SEARCH_SENDERS_MAX {
        return Err(Error::invalid("senderUserIDs", "are too many"));
    }
    if names.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let keys: Vec<_> = view
        .accounts(names)
        .await?
        .iter()
        .map(|account| account.key)
        .collect();
    Ok((!keys.is_empty()).then_some(keys))
}

fn check_page(page: Page) -> Result<()> {
    if page.rows == 0 {
        return Err(Error::invalid("pagination", "shows nothing"));
    }
    if page.offset.saturating_add(u64::from(page.rows)) > limits::SEARCH_HITS_MAX as u64 {
        return Err(Error::invalid(
            "pagination",
            "goes beyond what a search pages through; use the cursor or narrow it",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::MessageKey;

    fn hits(keys: impl Iterator<Item = i64>) -> Vec<Hit> {
        keys.map(|key| Hit {
            key: MessageKey(key),
            conversation: ConversationKey(1),
            seq: key,
        })
        .collect()
    }

    #[test]
    fn spans_cover_the_log_once_and_grow_for_rare_words() {
        let mut walk = Walk::from(5_000_001);
        let mut covered = 5_000_001;
        let mut levels = Vec::new();
        while !walk.is_over() {
            let span = walk.next_span(20);
            assert_eq!(span.below, covered, "without a gap");
            assert!(span.begin() < span.below);
            walk.went_through(span, &[]);
            covered = walk.below;
            levels.push(span.level);
        }
        assert_eq!(covered, 0);
        assert!(levels.len() < 10 && levels.is_sorted(), "{levels:?}");
    }

    #[test]
    fn spans_stay_small_for_common_words() {
        let mut walk = Walk::from(1_000_001);
        for _ in 0..5 {
            let span = walk.next_span(20);
            assert_eq!(span.level, 11);
            let below = span.below;
            let found = hits(
                (span.begin().max(1)..below)
                    .rev()
                    .step_by(3)
                    .take(MATCHES_AT_ONCE),
            );
            walk.kept += found.len();
            walk.went_through(span, &found);
        }
    }

    #[test]
    fn a_span_that_was_cut_off_is_gone_on_with() {
        let mut walk = Walk::from(2_001);
        let span = walk.next_span(1_000);
        let found = hits((1..=2_000).rev().take(MATCHES_AT_ONCE));
        walk.went_through(span, &found);
        assert_eq!(walk.below, 2_001 - MATCHES_AT_ONCE as i64);
        assert!(!walk.is_over());
    }

    #[test]
    fn places_are_read_back() {
        let place = SearchPlace(123_456);
        assert_eq!(
            SearchPlace::from_text(&place.to_text()).expect("ours"),
            place
        );
        for bad in ["", "x", "-1", "0", "ffffffffffffffff"] {
            assert!(SearchPlace::from_text(bad).is_err(), "{bad}");
        }
    }
}
