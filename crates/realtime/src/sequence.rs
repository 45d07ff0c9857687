//! Puts the events of a conversation back into the order of their sequence numbers. The tasks that committed them are
//! woken in any order, and a relay or another node may repeat them. An event that comes too early waits for the ones
//! before it, but not for long: clients heal a gap by pulling.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use domain::ids::ConversationKey;
use metrics::{Counter, counter};
use tokio::time::Instant;

use crate::deadlines::{Deadlines, Tasks};
use crate::published::{Outgoing, Published};
use crate::sharded::Sharded;

/// Events that wait in one conversation; one more lets them all go.
const HELD_MAX: usize = 256;

/// A conversation that is first heard of at such a number has most likely just begun, and its beginning is on the way.
const YOUNG_MAX: i64 = 4;

/// Events that wait in all conversations together; while there are so many, nothing else waits.
const HELD_IN_ALL_MAX: usize = 16_384;

type Deliver = Box<dyn Fn(&Arc<Published>) + Send + Sync>;

pub(crate) struct Sequence {
    lanes: Sharded<Lanes>,
    lanes_max: usize,
    wait: Duration,
    held: AtomicUsize,
    deadlines: Deadlines<ConversationKey>,
    tasks: Tasks,
    deliver: Deliver,
    gaps: Counter,
    repeats: Counter,
    this: Weak<Self>,
}

impl Sequence {
    /// `conversations_max` bounds how many conversations are remembered. Forgetting one only means that its next
    /// event is taken as the first.
    pub(crate) fn new(
        wait: Duration,
        conversations_max: usize,
        tasks: Tasks,
        deliver: Deliver,
    ) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            lanes: Sharded::new(),
            // Two generations in each piece.
            lanes_max: (conversations_max / Sharded::<()>::pieces() / 2).max(1),
            wait,
            held: AtomicUsize::new(0),
            deadlines: Deadlines::new(),
            tasks,
            deliver,
            gaps: counter!("switchboard_order_gaps_total"),
            repeats: counter!("switchboard_order_repeats_total"),
            this: this.clone(),
        })
    }

    /// Delivers now what is next or has no order, later what is early, never what was delivered. Delivery happens
    /// under the conversation's lock: two threads must not overtake each other between deciding and delivering.
    pub(crate) fn put(&self, published: Arc<Published>) {
        let order = match &published.outgoing {
            Outgoing::Event(event) => event.order(),
            Outgoing::Signal(_) => None,
        };
        let Some((conversation, seq)) = order else {
            return (self.deliver)(&published);
        };
        let mut lanes = self.lanes.lock(conversation.0);
        let Some(lane) = lanes.get(conversation, self.lanes_max) else {
            if (2..=YOUNG_MAX).contains(&seq) {
                // Two who write to each other first at the same time: the answer has overtaken the beginning.
                lanes.insert(conversation, Lane::beginning_at(0), self.lanes_max);
                let lane = lanes.get(conversation, self.lanes_max);
                return match lane {
                    Some(lane) => self.hold(conversation, lane, seq, published),
                    None => (self.deliver)(&published),
                };
            }
            // What comes first is taken as the beginning: whether something is missing before it cannot be known,
            // and almost always nothing is. What was overtaken at this very moment is delivered late.
            lanes.insert(conversation, Lane::beginning_at(seq), self.lanes_max);
            return (self.deliver)(&published);
        };
        if seq <= lane.last {
            if lane.take_late(seq) {
                (self.deliver)(&published);
            } else {
                self.repeats.increment(1);
            }
        } else if seq == lane.last + 1 {
            lane.advance_to(seq);
            (self.deliver)(&published);
            self.release_next(lane);
        } else {
            self.hold(conversation, lane, seq, published);
        }
    }

    fn hold(
        &self,
        conversation: ConversationKey,
        lane: &mut Lane,
        seq: i64,
        published: Arc<Published>,
    ) {
        let held = lane.held.get_or_insert_with(|| {
            Box::new(Held {
                events: BTreeMap::new(),
                until: Instant::now() + self.wait,
            })
        });
        if held.events.insert(seq, published).is_some() {
            return self.repeats.increment(1);
        }
        let held_in_all = self.held.fetch_add(1, Ordering::Relaxed) + 1;
        if held.events.len() > HELD_MAX || held_in_all > HELD_IN_ALL_MAX {
            self.release_all(lane);
        } else if !std::mem::replace(&mut lane.is_awaited, true) {
            self.await_release(held.until, conversation);
        }
    }

    /// Lets go what has become next.
    fn release_next(&self, lane: &mut Lane) {
        let Some(mut held) = lane.held.take() else {
            return;
        };
        while let Some(published) = held.events.remove(&(lane.last + 1)) {
            lane.advance_to(lane.last + 1);
            self.held.fetch_sub(1, Ordering::Relaxed);
            (self.deliver)(&published);
        }
        if !held.events.is_empty() {
            // Another gap. It has its own time to close.
            held.until = Instant::now() + self.wait;
            lane.held = Some(held);
        }
    }

    /// Gives up waiting: lets everything go, in order.
    fn release_all(&self, lane: &mut Lane) {
        let Some(held) = lane.held.take() else { return };
        self.held.fetch_sub(held.events.len(), Ordering::Relaxed);
        self.gaps.increment(1);
        for (seq, published) in held.events {
            lane.advance_to(seq);
            (self.deliver)(&published);
        }
    }

    fn await_release(&self, at: Instant, conversation: ConversationKey) {
        if self.deadlines.add(at, conversation)
            && let Some(this) = self.this.upgrade()
        {
            self.tasks.spawn(async move {
                while let Some(conversation) = this.deadlines.next().await {
                    this.release_due(conversation);
                }
            });
        }
    }

    fn release_due(&self, conversation: ConversationKey) {
        let mut lanes = self.lanes.lock(conversation.0);
        let Some(lane) = lanes.get(conversation, self.lanes_max) else {
            return;
        };
        lane.is_awaited = false;
        match lane.held.as_ref().map(|held| held.until) {
            Some(until) if until > Instant::now() => {
                lane.is_awaited = true;
                self.await_release(until, conversation);
            }
            Some(_) => self.release_all(lane),
            None => {}
        }
    }
}

/// Where one conversation stands.
struct Lane {
    /// The greatest number that was delivered.
    last: i64,
    /// Bit `n` says that `last - n` was delivered. Of older ones it is not known; they count as new, because
    /// delivering twice does less harm than not at all.
    delivered: u128,
    held: Option<Box<Held>>,
    /// A deadline is set, not necessarily that of what is held now.
    is_awaited: bool,
}

struct Held {
    events: BTreeMap<i64, Arc<Published>>,
    until: Instant,
}

impl Lane {
    fn beginning_at(seq: i64) -> Self {
        Self {
            last: seq,
            delivered: 1,
            held: None,
            is_awaited: false,
        }
    }

    fn advance_to(&mut self, seq: i64) {
        let steps = u32::try_from(seq - self.last).unwrap_or(u32::MAX);
        self.delivered = self.delivered.checked_shl(steps).unwrap_or(0) | 1;
        self.last = seq;
    }

    /// Whether a number up to `last` is yet to be delivered; from now on it is not.
    fn take_late(&mut self, seq: i64) -> bool {
        let bit = u32::try_from(self.last - seq)
            .ok()
            .and_then(|age| 1_u128.checked_shl(age));
        match bit {
            Some(bit) => {
                let is_new = self.delivered & bit == 0;
                self.delivered |= bit;
                is_new
            }
            None => true,
        }
    }

    fn is_busy(&self) -> bool {
        self.held.is_some() || self.is_awaited
    }
}

/// The conversations of one piece, in two generations: those that were used lately, and those that are forgotten
/// when the first has become as large as it may. This is a cheap least-recently-used.
#[derive(Default)]
struct Lanes {
    recent: HashMap<ConversationKey, Lane>,
    older: HashMap<ConversationKey, Lane>,
}

impl Lanes {
    fn get(&mut self, conversation: ConversationKey, generation_max: usize) -> Option<&mut Lane> {
        if let Some(lane) = self.older.remove(&conversation) {
            self.insert(conversation, lane, generation_max);
        }
        self.recent.get_mut(&conversation)
    }

    fn insert(&mut self, conversation: ConversationKey, lane: Lane, generation_max: usize) {
        if self.recent.len() >= generation_max {
            let forgotten = std::mem::replace(&mut self.older, std::mem::take(&mut self.recent));
            // What is waiting is not forgotten; the bound on held events bounds these, too.
            self.recent
                .extend(forgotten.into_iter().filter(|(_, lane)| lane.is_busy()));
        }
        self.recent.insert(conversation, lane);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::conversations::ConversationKind;
    use domain::event::{Audience, Event, Position, Recorded};
    use domain::ids::{AccountKey, ConversationId, MessageKey, UserId};
    use domain::messages::{Message, Post, Route, Status};
    use parking_lot::Mutex;
    use proptest::prelude::*;
    use tokio::time::sleep;

    const WAIT: Duration = Duration::from_millis(100);

    fn event(seq: i64) -> Arc<Published> {
        event_of(1, seq)
    }

    fn event_of(conversation: i64, seq: i64) -> Arc<Published> {
        let user = UserId::new("alice").expect("valid");
        let message = Message {
            route: Route {
                conversation: ConversationId::direct(&user, &user),
                kind: ConversationKind::Direct,
                sender: user.clone(),
                recipient: domain::conversations::Party::Person(user),
            },
            key: MessageKey(seq),
            seq,
            send_time: 0,
            status: Status::Sent,
            is_read: false,
            post: Arc::new(Post::default()),
        };
        let event = Event::MessageAppended {
            conversation: ConversationKey(conversation),
            message: Arc::new(message),
            audience: Audience::Account(AccountKey(1)),
            trace: String::new(),
        };
        Published::event(Recorded {
            position: Position::Message(MessageKey(seq)),
            event,
        })
    }

    type Seen = Arc<Mutex<Vec<i64>>>;

    fn sequence_of(conversations_max: usize) -> (Arc<Sequence>, Seen) {
        let seen = Seen::default();
        let into = seen.clone();
        let deliver: Deliver = Box::new(move |published| {
            let Outgoing::Event(event) = &published.outgoing else {
                unreachable!("only events")
            };
            into.lock().push(event.order().expect("ordered").1);
        });
        let sequence = Sequence::new(WAIT, conversations_max, Tasks::new(), deliver);
        (sequence, seen)
    }

    fn sequence() -> (Arc<Sequence>, Seen) {
        sequence_of(1000)
    }

    #[tokio::test(start_paused = true)]
    async fn a_gap_is_waited_for_and_then_given_up() {
        let (sequence, seen) = sequence();
        for seq in [1, 3, 6, 4] {
            sequence.put(event(seq));
        }
        sleep(WAIT - Duration::from_millis(1)).await;
        assert_eq!(*seen.lock(), [1]);
        sleep(Duration::from_millis(2)).await;
        assert_eq!(*seen.lock(), [1, 3, 4, 6]);
        for seq in [2, 2, 4, 7, 5, 5, 1] {
            sequence.put(event(seq));
        }
        assert_eq!(
            *seen.lock(),
            [1, 3, 4, 6, 2, 7, 5],
            "late ones once, none twice"
        );
        assert_eq!(sequence.held.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_conversation_that_has_just_begun_is_told_from_its_beginning() {
        let (sequence, seen) = sequence();
        for seq in [2, 3, 1, 4] {
            sequence.put(event(seq));
        }
        assert_eq!(*seen.lock(), [1, 2, 3, 4]);
        // One that was forgotten is waited for in vain, and not for long.
        sequence.put(event_of(2, 3));
        assert_eq!(seen.lock().len(), 4);
        sleep(WAIT + Duration::from_millis(1)).await;
        assert_eq!(seen.lock().last(), Some(&3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_gap_has_its_own_time_to_close() {
        let (sequence, seen) = sequence();
        for seq in [1, 3] {
            sequence.put(event(seq));
        }
        sleep(WAIT - Duration::from_millis(10)).await;
        for seq in [2, 5] {
            sequence.put(event(seq));
        }
        sleep(Duration::from_millis(50)).await;
        assert_eq!(
            *seen.lock(),
            [1, 2, 3],
            "the first gap's deadline must not end the second's"
        );
        sequence.put(event(4));
        assert_eq!(*seen.lock(), [1, 2, 3, 4, 5]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_timer_runs_only_while_something_is_held() {
        let (sequence, _) = sequence();
        sequence.put(event(1));
        assert_eq!(sequence.tasks.running(), 0);
        sequence.put(event(3));
        assert_eq!(sequence.tasks.running(), 1);
        sleep(WAIT * 2).await;
        assert_eq!(sequence.tasks.running(), 0);
        sequence.put(event(5));
        assert_eq!(sequence.tasks.running(), 1, "and again");
    }

    #[tokio::test(start_paused = true)]
    async fn more_than_may_be_held_is_let_go_at_once() {
        let (sequence, seen) = sequence();
        sequence.put(event(1));
        let held: Vec<_> = (3..3 + HELD_MAX as i64).collect();
        held.iter().for_each(|seq| sequence.put(event(*seq)));
        assert_eq!(*seen.lock(), [1]);
        sequence.put(event(3 + HELD_MAX as i64));
        assert_eq!(seen.lock().len(), 2 + HELD_MAX);
        assert!(seen.lock().is_sorted());
    }

    #[tokio::test(start_paused = true)]
    async fn forgetting_keeps_what_is_waiting_and_what_is_in_use() {
        let (sequence, seen) = sequence_of(1);
        sequence.put(event_of(1, 1));
        sequence.put(event_of(1, 3));
        for conversation in 2..2000 {
            sequence.put(event_of(conversation, 1));
        }
        let remembered: usize = sequence
            .lanes
            .iter()
            .map(|lanes| lanes.recent.len() + lanes.older.len())
            .sum();
        assert!(
            remembered <= 2 * Sharded::<()>::pieces() + 1,
            "{remembered}"
        );
        seen.lock().clear();
        sequence.put(event_of(1, 2));
        assert_eq!(*seen.lock(), [2, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_old_backlog_is_delivered_beside_new_events() {
        let (sequence, seen) = sequence();
        for seq in [1000, 995, 996, 997, 998, 999, 1000, 1001, 3] {
            sequence.put(event(seq));
        }
        assert_eq!(*seen.lock(), [1000, 995, 996, 997, 998, 999, 1001, 3]);
    }

    fn paused<T>(test: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime")
            .block_on(test)
    }

    proptest! {
        #[test]
        fn any_order_is_delivered_in_order_and_once(
            order in Just((2..=40_i64).collect::<Vec<_>>()).prop_shuffle(),
            repeated in proptest::collection::vec(1..=40_i64, 0..20),
        ) {
            paused(async {
                let (sequence, seen) = sequence();
                sequence.put(event(1));
                for seq in order.into_iter().chain(repeated) {
                    sequence.put(event(seq));
                }
                assert_eq!(*seen.lock(), (1..=40).collect::<Vec<_>>());
            });
        }

        /// Whatever is lost, repeated, late or first: nothing twice, nothing kept, and order between what was not
        /// late.
        #[test]
        fn any_stream_is_delivered_once(
            stream in proptest::collection::vec((1..=60_i64, 0..60_u64), 1..120),
        ) {
            paused(async {
                let (sequence, seen) = sequence();
                let mut put = std::collections::BTreeSet::new();
                for (seq, pause_ms) in stream {
                    sequence.put(event(seq));
                    put.insert(seq);
                    sleep(Duration::from_millis(pause_ms)).await;
                }
                sleep(WAIT * 2).await;
                let seen = seen.lock().clone();
                let distinct: std::collections::BTreeSet<_> = seen.iter().copied().collect();
                assert_eq!(distinct.len(), seen.len(), "nothing twice");
                assert_eq!(distinct, put, "nothing kept or lost");
                assert_eq!(sequence.held.load(Ordering::Relaxed), 0);
                assert_eq!(sequence.tasks.running(), 0);
            });
        }
    }
}
