//! Arithmetic over samples: percentiles by nearest rank, rates and ratios. Pure, so that the tests can pin it down.
//! Samples are microseconds in 32 bits: half a million of them are two megabytes.

use serde::Serialize;
use std::time::Duration;

/// What is told of a set of latencies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Latency {
    pub samples: usize,
    pub p50_us: u32,
    pub p99_us: u32,
    pub max_us: u32,
}

impl Latency {
    pub fn of(mut samples_us: Vec<u32>) -> Latency {
        samples_us.sort_unstable();
        Latency {
            samples: samples_us.len(),
            p50_us: percentile(&samples_us, 50),
            p99_us: percentile(&samples_us, 99),
            max_us: samples_us.last().copied().unwrap_or_default(),
        }
    }
}

/// The smallest sample that at least `percent` of all samples do not exceed; 0 of none. `sorted` ascends.
pub fn percentile(sorted: &[u32], percent: usize) -> u32 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}

/// A duration as a sample; what does not fit 32 bits (71 minutes) is the greatest sample.
pub fn micros(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}

/// `count` per second of `over`; 0 when no time has passed.
pub fn per_second(count: u64, over: Duration) -> f64 {
    ratio(count as f64, over.as_secs_f64())
}

/// `value ÷ base`, or 0 where there is no base: a figure without a floor must not pass a goal.
pub fn ratio(value: f64, base: f64) -> f64 {
    if base > 0.0 { value / base } else { 0.0 }
}

/// The middle of `values`, the lower one of two.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len().saturating_sub(1) / 2;
    values.get(middle).copied().unwrap_or_default()
}
