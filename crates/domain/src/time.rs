//! Time as the domain sees it: milliseconds since the Unix epoch, read through [`Clock`] only.

/// Milliseconds since the Unix epoch.
pub type Millis = i64;

/// The clock port: the system's clock in production, a hand-driven one in tests.
pub trait Clock: Send + Sync {
    fn now(&self) -> Millis;
}
