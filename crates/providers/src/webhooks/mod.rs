//! The application's own server, spoken to as OpenIM does (`docs/webhooks.md`): every hook is a POST to
//! `<url>/<callbackCommand>`. `settings.rs` says which hooks are on, `ask.rs` and `body.rs` turn questions and reports
//! into JSON, `spell.rs` has the spellings both use, `post.rs` is the request itself.

mod ask;
mod body;
mod command;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod golden_groups;
mod post;
mod settings;
mod spell;
#[cfg(test)]
mod tests;

pub use settings::{BadSettings, HookSettings, NumberRanges, Settings};

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use domain::error::{Error, Result};
use domain::hooks::{Asked, Hook, HookSet, Letter, Question, Report};
use domain::ports::{Delivered, Hooks};
use domain::time::Clock;
use metrics::{counter, histogram};
use wire::openim::errors;
use wire::openim::webhooks::CommonAnswer;

use self::ask::Unreadable;
use self::post::{Failure, Post};

/// Hooks over HTTP.
pub struct Webhooks {
    settings: Settings,
    post: Post,
}

impl Webhooks {
    /// # Errors
    ///
    /// When the address is none, or would lead inside without leave.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, BadSettings> {
        let post = Post::new(&settings, clock)?;
        Ok(Self { settings, post })
    }

    async fn ask_hook(
        &self,
        hook: Hook,
        settings: &HookSettings,
        mut question: Question<'_>,
        trace: &str,
    ) -> Result<Asked> {
        let body = ask::body(hook, &question, trace).map_err(Error::internal)?;
        let answered = self
            .post
            .send(command::of(hook), body, trace, None, settings.timeout)
            .await;
        let (code, failure) = match answered {
            Ok(answer) => match read(&answer.body, &mut question) {
                Ok(common) if common.refuses() => return Err(refused(common)),
                Ok(_) => return Ok(Asked::Went),
                Err(unreadable) => (errors::DATA_ERROR, unreadable.to_string()),
            },
            Err(failure) => (errors::NETWORK_ERROR, failure.to_string()),
        };
        if settings.failed_continue {
            tracing::warn!(
                hook = hook.name(),
                failure,
                "a before-hook could not be asked; going on"
            );
            return Ok(Asked::WentOn { failure });
        }
        tracing::warn!(
            hook = hook.name(),
            failure,
            "a before-hook could not be asked; refusing"
        );
        Err(Error::Refused {
            code,
            message: errors::name(code).to_owned(),
            detail: failure,
        })
    }
}

/// The common part of an answer; what else it says changes the question, unless it refuses.
fn read(body: &[u8], question: &mut Question<'_>) -> Result<CommonAnswer, Unreadable> {
    let common: CommonAnswer = ask::object(body)?;
    if !common.refuses() {
        ask::apply(question, body)?;
    }
    Ok(common)
}

/// 0 would look like success to the client.
fn refused(answer: CommonAnswer) -> Error {
    let code = match answer.err_code {
        0 => errors::CALLBACK_ERROR,
        code => code,
    };
    Error::Refused {
        code,
        message: if answer.err_msg.is_empty() {
            errors::name(code).to_owned()
        } else {
            answer.err_msg
        },
        detail: answer.err_dlt,
    }
}

#[async_trait]
impl Hooks for Webhooks {
    fn wanted(&self) -> HookSet {
        HookSet::of(self.settings.hooks.keys().copied())
    }

    async fn ask(&self, hook: Hook, question: Question<'_>, trace: &str) -> Result<Asked> {
        let Some(settings) = self.settings.hooks.get(&hook) else {
            return Ok(Asked::NotConcerned);
        };
        if !ask::message(&question).is_none_or(|message| settings.concerns(message)) {
            return Ok(Asked::NotConcerned);
        }
        let started = Instant::now();
        let asked = self.ask_hook(hook, settings, question, trace).await;
        let outcome = match &asked {
            Ok(Asked::Went | Asked::NotConcerned) => "done",
            Ok(Asked::WentOn { .. }) => "failed",
            Err(Error::Refused { code, .. })
                if ![errors::NETWORK_ERROR, errors::DATA_ERROR].contains(code) =>
            {
                "refused"
            }
            Err(_) => "failed",
        };
        count(hook, outcome, started);
        asked
    }

    fn body(&self, hook: Hook, report: &Report<'_>, trace: &str) -> Option<String> {
        let settings = self.settings.hooks.get(&hook)?;
        if let Report::MessageSent(message) = report
            && !settings.concerns(message)
        {
            return None;
        }
        body::body(hook, report, trace)
            .inspect_err(|error| tracing::error!(%error, hook = hook.name(), "no body"))
            .ok()
    }

    async fn deliver(&self, letter: &Letter) -> Delivered {
        let timeout = self
            .settings
            .hooks
            .get(&letter.hook)
            .map_or(HookSettings::default().timeout, |hook| hook.timeout);
        let started = Instant::now();
        let answered = self
            .post
            .send(
                command::of(letter.hook),
                letter.body.clone(),
                &letter.trace,
                Some(&letter.id),
                timeout,
            )
            .await;
        let delivered = match answered {
            Ok(answer) if answer.is_taken() => Delivered::Done,
            Ok(answer) => Delivered::AnsweredWrongly(format!("HTTP {}", answer.status)),
            Err(Failure::TimedOut) => Delivered::TimedOut(Failure::TimedOut.to_string()),
            Err(failure @ Failure::TooLarge) => Delivered::AnsweredWrongly(failure.to_string()),
            Err(failure @ Failure::Unreachable(_)) => Delivered::Unreachable(failure.to_string()),
        };
        let outcome = match &delivered {
            Delivered::Done => "done",
            Delivered::AnsweredWrongly(_) | Delivered::TimedOut(_) | Delivered::Unreachable(_) => {
                "failed"
            }
        };
        count(letter.hook, outcome, started);
        delivered
    }
}

fn count(hook: Hook, outcome: &'static str, started: Instant) {
    counter!("switchboard_webhooks_total", "hook" => hook.name(), "outcome" => outcome)
        .increment(1);
    histogram!("switchboard_webhook_seconds", "hook" => hook.name()).record(started.elapsed());
}
