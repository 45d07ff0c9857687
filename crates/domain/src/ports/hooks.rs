//! The application's own server, which is asked before things happen and told after them; and who hears of connections.

use async_trait::async_trait;

use crate::error::Result;
use crate::hooks::{Asked, Connected, Hook, HookSet, Letter, Question, Report};

/// The way to the application's server. Every call ends in reasonable time and bounds itself.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// The hooks that are switched on. Asked once.
    fn wanted(&self) -> HookSet;

    /// Asks, and changes in the question what the answer changes. A refusal is [`crate::error::Error::Refused`]; so is
    /// a server that cannot be asked, unless such is to go on without it.
    async fn ask(&self, hook: Hook, question: Question<'_>, trace: &str) -> Result<Asked>;

    /// What to post of a report; `None` if the hook does not want this one.
    fn body(&self, hook: Hook, report: &Report<'_>, trace: &str) -> Option<String>;

    /// Posts a letter once.
    async fn deliver(&self, letter: &Letter) -> Delivered;
}

/// What came of posting a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    Done,
    /// The server is there and answered wrongly.
    AnsweredWrongly(String),
    /// It did not answer in time.
    TimedOut(String),
    /// It is not there.
    Unreachable(String),
}

/// Hears of connections as they come and go. It is called in the middle of things and must not wait.
pub trait ConnectionWatch: Send + Sync {
    fn came(&self, connected: Connected);
    fn left(&self, connected: Connected);
    /// Ended, because its session was.
    fn kicked(&self, connected: Connected);
}
