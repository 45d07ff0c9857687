//! From what the workloads measured to figures, with the goals they are judged by: the table "What it must reach" of
//! the foundation's contract. Every goal stands here and nowhere else.

use crate::report::{Figure, Goal};
use crate::stats::{Latency, ratio};
use crate::talk::Spent;
use crate::{fanout, files, groups, idle, pairs, search, start, sync};
use std::time::Duration;

const DIRECT_PLAIN: Goal = Goal::FloorAtLeast(0.5);
const DIRECT_GZIP: Goal = Goal::FloorAtLeast(0.35);
const DIRECT_ACK_P99: Goal = Goal::FloorAtMost(3.0);
const DIRECT_POSTGRES_PER_S: Goal = Goal::AtLeast(6_000.0);
const FANOUT: Goal = Goal::FloorAtLeast(0.6);
const GROUP_CREATE_MS: Goal = Goal::AtMost(3_000.0);
const GROUP_JOIN_MS: Goal = Goal::AtMost(20.0);
/// Against an empty store: within 1.3 times the cost.
const GROWN_MESSAGES: Goal = Goal::FloorAtLeast(0.77);
const GROWN_CPU: Goal = Goal::FloorAtMost(1.3);
/// Against the same write to a group of three.
const GROUP_WRITE: Goal = Goal::FloorAtMost(1.3);
const IDLE_KIB: Goal = Goal::AtMost(12.0);
const START_MS: Goal = Goal::AtMost(500.0);
const START_RSS_MIB: Goal = Goal::AtMost(60.0);
const SYNC_MS: Goal = Goal::AtMost(150.0);
const FILES: Goal = Goal::FloorAtLeast(0.5);
const FILES_GROWN_MIB: Goal = Goal::AtMost(64.0);
/// After-hooks for a server that is not there slow sending by less than 5 %.
const WEBHOOKS_SHARE: Goal = Goal::AtLeast(0.95);
const SEARCH_P99_MS: Goal = Goal::AtMost(50.0);
const SEARCH_LAG_S: Goal = Goal::AtMost(1.0);
const SEARCH_SHARE: Goal = Goal::AtLeast(0.95);

/// The store name of the bare server.
pub const FLOOR: &str = "floor";
pub const NGINX: &str = "nginx";
pub const SQLITE: &str = "sqlite";
pub const POSTGRES: &str = "postgres";

/// Workload 1. `floor` is the same workload's outcome on the bare server, `None` for its own figures.
pub fn direct(
    store: &'static str,
    gzip: bool,
    outcome: &pairs::Outcome,
    floor: Option<&pairs::Outcome>,
) -> Vec<Figure> {
    let workload = if gzip {
        "direct, gzip"
    } else {
        "direct, plain"
    };
    let figure = |name, value, unit| Figure::new(workload, store, name, value, unit);
    let mut messages =
        figure("done messages", outcome.per_s, "msg/s").against(floor.map(|floor| floor.per_s));
    let mut ack_p99 = figure("ack p99", millis(outcome.ack.p99_us), "ms")
        .against(floor.map(|floor| millis(floor.ack.p99_us)));
    match store {
        SQLITE => {
            messages = messages.goal(if gzip { DIRECT_GZIP } else { DIRECT_PLAIN });
            ack_p99 = ack_p99.goal(DIRECT_ACK_P99);
        }
        POSTGRES if !gzip => messages = messages.goal(DIRECT_POSTGRES_PER_S),
        _ => {}
    }
    let mut figures = vec![
        messages,
        figure("ack p50", millis(outcome.ack.p50_us), "ms"),
        ack_p99,
        figure("ack max", millis(outcome.ack.max_us), "ms"),
    ];
    figures.extend(latency(workload, store, DELIVERY, outcome.delivery));
    figures.extend(spent(
        workload,
        store,
        outcome.spent,
        outcome.window,
        outcome.messages,
    ));
    figures
}

const DELIVERY: [&str; 3] = ["delivery p50", "delivery p99", "delivery max"];
const ACK: [&str; 3] = ["ack p50", "ack p99", "ack max"];
const LAST_DELIVERY: [&str; 3] = [
    "last delivery p50",
    "last delivery p99",
    "last delivery max",
];

/// Workload 3.
pub fn fanout(
    store: &'static str,
    gzip: bool,
    outcome: &fanout::Outcome,
    floor: Option<&fanout::Outcome>,
) -> Vec<Figure> {
    let workload = if gzip {
        "fanout, gzip"
    } else {
        "fanout, plain"
    };
    let mut deliveries = Figure::new(
        workload,
        store,
        "deliveries",
        outcome.deliveries_per_s,
        "/s",
    )
    .against(floor.map(|floor| floor.deliveries_per_s));
    if store != FLOOR {
        deliveries = deliveries.goal(FANOUT);
    }
    let mut figures = vec![deliveries];
    figures.extend(latency(workload, store, ACK, outcome.ack));
    figures.extend(latency(
        workload,
        store,
        LAST_DELIVERY,
        outcome.last_delivery,
    ));
    let deliveries = outcome.messages * outcome.receivers as u64;
    figures.extend(spent(
        workload,
        store,
        outcome.spent,
        outcome.window,
        deliveries,
    ));
    figures
}

/// One member of a group to all others. The floor is that of [`fanout`].
pub fn group_fanout(
    store: &'static str,
    gzip: bool,
    outcome: &fanout::Outcome,
    floor: Option<&fanout::Outcome>,
) -> Vec<Figure> {
    let workload = if gzip { "group, gzip" } else { "group, plain" };
    let figures = fanout(store, gzip, outcome, floor).into_iter();
    figures.map(|figure| figure.of_workload(workload)).collect()
}

/// What old messages cost.
pub fn grown(
    store: &'static str,
    messages: u64,
    empty: &pairs::Outcome,
    grown: &pairs::Outcome,
) -> Vec<Figure> {
    let figure = |name, value, unit| Figure::new("grown", store, name, value, unit);
    let cpu = |outcome: &pairs::Outcome| {
        ratio(
            outcome.spent.server.as_secs_f64() * 1e6,
            outcome.messages as f64,
        )
    };
    vec![
        figure("old messages", messages as f64, ""),
        figure("done messages, empty", empty.per_s, "msg/s"),
        figure("done messages, grown", grown.per_s, "msg/s")
            .against(Some(empty.per_s))
            .goal(GROWN_MESSAGES),
        figure("server CPU each, empty", cpu(empty), "µs"),
        figure("server CPU each, grown", cpu(grown), "µs")
            .against(Some(cpu(empty)))
            .goal(GROWN_CPU),
    ]
}

/// A large group.
pub fn groups(store: &'static str, outcome: &groups::Outcome) -> Vec<Figure> {
    let figure = |name, value, unit| Figure::new("groups", store, name, value, unit);
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let mut figures = vec![
        figure("members", outcome.members.into(), ""),
        figure("make it", ms(outcome.create), "ms").goal(GROUP_CREATE_MS),
        figure("one joins, p50", millis(outcome.join.p50_us), "ms"),
        figure("one joins, p99", millis(outcome.join.p99_us), "ms").goal(GROUP_JOIN_MS),
        figure("sync after one change", ms(outcome.sync), "ms"),
        figure("its answer", outcome.sync_bytes as f64, "bytes"),
        figure("read all members, by 100", ms(outcome.full), "ms"),
        figure("ack p50 in it", millis(outcome.ack_large.p50_us), "ms")
            .against(Some(millis(outcome.ack_small.p50_us)))
            .goal(GROUP_WRITE),
    ];
    figures.push(figure(
        "ack p50 in a group of three",
        millis(outcome.ack_small.p50_us),
        "ms",
    ));
    figures
}

/// Workload 2.
pub fn idle(store: &'static str, outcome: &idle::Outcome) -> Vec<Figure> {
    let figure = |name, value, unit| Figure::new("idle, gzip", store, name, value, unit);
    let per_connection =
        |before: u64, after: u64| ratio(after as f64 - before as f64, outcome.connections.into());
    let (before, after) = (outcome.before, outcome.after);
    vec![
        figure("connections", outcome.connections as f64, ""),
        figure(
            "resident per connection",
            per_connection(before.rss_kib, after.rss_kib),
            "KiB",
        )
        .goal(IDLE_KIB),
        figure(
            "Pss per connection",
            per_connection(before.pss_kib, after.pss_kib),
            "KiB",
        ),
        figure("RSS before", mib(before.rss_kib), "MiB"),
        figure("RSS after", mib(after.rss_kib), "MiB"),
        figure("dials", outcome.dials_per_s, "/s"),
    ]
}

/// Workload 4.
pub fn start(store: &'static str, outcome: &start::Outcome) -> Vec<Figure> {
    let figure = |name, value, unit| Figure::new("start", store, name, value, unit);
    vec![
        figure("cold start to ready, median", outcome.ready_ms, "ms").goal(START_MS),
        figure("cold start to ready, slowest", outcome.ready_max_ms, "ms"),
        figure("idle RSS", mib(outcome.memory.rss_kib), "MiB").goal(START_RSS_MIB),
        figure("idle Pss", mib(outcome.memory.pss_kib), "MiB"),
    ]
}

/// Login sync.
pub fn sync(store: &'static str, outcome: &sync::Outcome) -> Vec<Figure> {
    let figure = |name, value, unit| Figure::new("sync", store, name, value, unit);
    let mut figures = vec![
        figure("conversations", outcome.conversations as f64, ""),
        figure("all requests", outcome.total_ms, "ms").goal(SYNC_MS),
        figure("server CPU", outcome.cpu_ms, "ms"),
    ];
    figures.extend(
        outcome
            .steps_ms
            .iter()
            .map(|(name, ms)| figure(name, *ms, "ms")),
    );
    figures
}

/// Messages per second of `direct` without after-hooks, and with after-hooks for a server that is not there.
pub fn webhooks(store: &'static str, without: f64, with: f64) -> Vec<Figure> {
    let figure = |name, value, unit| Figure::new("webhooks", store, name, value, unit);
    vec![
        figure("direct, without after-hooks", without, "msg/s"),
        figure("direct, with nobody to take them", with, "msg/s"),
        figure("with ÷ without", ratio(with, without), "").goal(WEBHOOKS_SHARE),
    ]
}

/// Content search. `without` and `with` are messages per second of `direct` without and with the index.
pub fn search(
    store: &'static str,
    without: f64,
    with: f64,
    outcome: &search::Outcome,
) -> Vec<Figure> {
    let figure = |name, value, unit| Figure::new("search", store, name, value, unit);
    let mut figures = vec![
        figure("direct, without the index", without, "msg/s"),
        figure("direct, with the index", with, "msg/s"),
        figure("with ÷ without", ratio(with, without), "").goal(SEARCH_SHARE),
        figure("messages", outcome.messages as f64, ""),
        figure("sending, many under way", outcome.sent_per_s, "msg/s"),
        figure("index lag, median", outcome.lag_median_s, "s"),
        figure("index lag, max", outcome.lag_max_s, "s").goal(SEARCH_LAG_S),
        figure(
            "from the last message to all indexed",
            outcome.catch_up_s,
            "s",
        ),
        figure("p50", millis(outcome.all.p50_us), "ms"),
        figure("p99", millis(outcome.all.p99_us), "ms").goal(SEARCH_P99_MS),
        figure("max", millis(outcome.all.max_us), "ms"),
    ];
    for (name, of) in &outcome.kinds {
        let workload = format!("search, {name}");
        let figure = |name, us| Figure::new(&workload, store, name, millis(us), "ms");
        figures.extend([
            figure("p50", of.p50_us),
            figure("p99", of.p99_us),
            figure("max", of.max_us),
        ]);
    }
    figures
}

/// A large file; `copied` is what nginx made of it.
pub fn files(
    store: &'static str,
    outcome: &files::Outcome,
    copied: Option<&files::Copied>,
) -> Vec<Figure> {
    let workload = format!("files, {} MiB", outcome.mib);
    let figure = |store, name, value, unit| Figure::new(&workload, store, name, value, unit);
    let mut figures = Vec::new();
    if let Some(copied) = copied {
        figures.push(figure(NGINX, "up", copied.up_mib_s, "MiB/s"));
        figures.push(figure(NGINX, "down", copied.down_mib_s, "MiB/s"));
    }
    figures.extend([
        figure(store, "up", outcome.up_mib_s, "MiB/s")
            .against(copied.map(|copied| copied.up_mib_s))
            .goal(FILES),
        figure(store, "down", outcome.down_mib_s, "MiB/s")
            .against(copied.map(|copied| copied.down_mib_s))
            .goal(FILES),
        figure(store, "peak memory more", mib(outcome.grown_kib), "MiB").goal(FILES_GROWN_MIB),
    ]);
    figures
}

fn latency(
    workload: &str,
    store: &'static str,
    names: [&'static str; 3],
    of: Latency,
) -> Vec<Figure> {
    let values = [of.p50_us, of.p99_us, of.max_us];
    let figures = names.into_iter().zip(values);
    figures
        .map(|(name, us)| Figure::new(workload, store, name, millis(us), "ms"))
        .collect()
}

/// `count` is what the time was spent on.
fn spent(
    workload: &str,
    store: &'static str,
    spent: Spent,
    window: Duration,
    count: u64,
) -> Vec<Figure> {
    let figure = |name, value, unit| Figure::new(workload, store, name, value, unit);
    let share = |time: Duration| 100.0 * ratio(time.as_secs_f64(), window.as_secs_f64());
    vec![
        figure(
            "server CPU each",
            ratio(spent.server.as_secs_f64() * 1e6, count as f64),
            "µs",
        ),
        figure(
            "per server CPU second",
            ratio(count as f64, spent.server.as_secs_f64()),
            "",
        ),
        figure("server CPU", share(spent.server), "%"),
        // Near 100 the generator, not the server, was the limit.
        figure("generator CPU", share(spent.generator), "%"),
    ]
}

fn millis(us: u32) -> f64 {
    f64::from(us) / 1e3
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
