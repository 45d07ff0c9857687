//! Percentiles, ratios, and how a figure is judged by its goal.

use load::machine::Machine;
use load::report::{Figure, Goal, Report};
use load::stats::{Latency, median, micros, per_second, percentile, ratio};
use std::time::Duration;

#[test]
fn percentiles_are_samples_by_nearest_rank() {
    let hundred: Vec<u32> = (1..=100).collect();
    assert_eq!(percentile(&hundred, 50), 50);
    assert_eq!(percentile(&hundred, 99), 99);
    assert_eq!(percentile(&hundred, 100), 100);
    assert_eq!(percentile(&[7], 50), 7);
    assert_eq!(percentile(&[7], 0), 7);
    assert_eq!(percentile(&[1, 2], 51), 2);
    assert_eq!(percentile(&[], 99), 0);
}

#[test]
fn a_latency_sorts_its_samples() {
    let latency = Latency::of(vec![30, 10, 20]);
    let expected = Latency {
        samples: 3,
        p50_us: 20,
        p99_us: 30,
        max_us: 30,
    };
    assert_eq!(latency, expected);
    assert_eq!(Latency::of(Vec::new()), Latency::default());
}

#[test]
fn rates_and_ratios_without_a_base_are_zero() {
    assert_eq!(per_second(30, Duration::from_millis(1500)), 20.0);
    assert_eq!(per_second(30, Duration::ZERO), 0.0);
    assert_eq!(ratio(1.0, 0.0), 0.0);
    assert_eq!(micros(Duration::from_secs(u64::MAX)), u32::MAX);
}

#[test]
fn the_median_of_two_is_the_lower() {
    assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    assert_eq!(median(vec![2.0, 1.0]), 1.0);
    assert_eq!(median(Vec::new()), 0.0);
}

#[test]
fn a_goal_against_the_floor_stays_open_without_it() {
    let figure = || Figure::new("direct", "sqlite", "done messages", 50.0, "msg/s");
    let goal = Goal::FloorAtLeast(0.5);
    assert_eq!(figure().goal(goal).pass, None);
    assert_eq!(figure().against(Some(100.0)).goal(goal).pass, Some(true));
    assert_eq!(figure().against(Some(101.0)).goal(goal).pass, Some(false));
    let goal = Goal::FloorAtMost(3.0);
    assert_eq!(figure().against(Some(10.0)).goal(goal).pass, Some(false));
    assert_eq!(figure().goal(Goal::AtMost(50.0)).pass, Some(true));
    assert_eq!(figure().goal(Goal::AtLeast(50.1)).pass, Some(false));
}

#[test]
fn the_table_says_what_was_missed() {
    let machine = Machine {
        processor: "abacus".to_owned(),
        cores: 2,
        kernel: "6.1".to_owned(),
        memory_mib: 1,
        fdatasync_per_s: 5_000.0,
        fdatasync: Latency::default(),
    };
    let mut report = Report::new(machine);
    report.note("cores", "not pinned");
    let figure = Figure::new(
        "idle, gzip",
        "sqlite",
        "resident per connection",
        12.34,
        "KiB",
    );
    report.figures.push(figure.clone().goal(Goal::AtMost(12.0)));
    report.figures.push(figure.goal(Goal::AtMost(13.0)));
    assert_eq!(report.missed(), 1);
    let text = report.text();
    assert!(text.contains("cores        not pinned"), "{text}");
    let rows: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("resident"))
        .collect();
    assert!(
        rows[0].contains("12.3 KiB") && rows[0].ends_with("≤ 12  MISSED"),
        "{text}"
    );
    assert!(rows[1].ends_with("≤ 13  pass"), "{text}");
}
