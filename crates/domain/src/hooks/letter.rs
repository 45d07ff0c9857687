//! A letter: one request to the application's server that is to be made at least once. It is kept as an event of the
//! outbox until it was delivered, and as a job when that is difficult, so it has a stored form.

use serde::{Deserialize, Serialize};

use super::Hook;
use crate::error::{Error, Result};
use crate::time::Millis;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub hook: Hook,
    /// The same at every attempt.
    pub id: String,
    /// The name of the request that caused it.
    pub trace: String,
    /// Letters of one lane are delivered in their order.
    pub lane: String,
    pub at: Millis,
    /// What is posted, to the byte.
    pub body: String,
}

/// Rows written by any released version are read for ever, so members change by addition only.
#[derive(Serialize, Deserialize)]
pub(crate) struct LetterForm {
    hook: String,
    id: String,
    trace: String,
    lane: String,
    at: i64,
    body: String,
}

impl Letter {
    pub(crate) fn form(&self) -> LetterForm {
        LetterForm {
            hook: self.hook.name().to_owned(),
            id: self.id.clone(),
            trace: self.trace.clone(),
            lane: self.lane.clone(),
            at: self.at,
            body: self.body.clone(),
        }
    }

    pub(super) fn write(&self) -> Result<String> {
        serde_json::to_string(&self.form()).map_err(Error::internal)
    }

    pub(super) fn read(text: &str) -> Result<Self> {
        serde_json::from_str::<LetterForm>(text)
            .map_err(Error::internal)?
            .letter()
    }
}

impl LetterForm {
    pub(crate) fn letter(self) -> Result<Letter> {
        let hook = Hook::from_name(&self.hook)
            .ok_or_else(|| Error::internal(format!("an unknown hook {}", self.hook)))?;
        Ok(Letter {
            hook,
            id: self.id,
            trace: self.trace,
            lane: self.lane,
            at: self.at,
            body: self.body,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_letter_is_read_back() {
        let letter = Letter {
            hook: Hook::AfterQuitGroup,
            id: "id".into(),
            trace: "op".into(),
            lane: "g".into(),
            at: 7,
            body: "{\"a\":\"\\u003c\"}\n".into(),
        };
        let text = letter.write().expect("written");
        assert_eq!(
            text,
            r#"{"hook":"after_quit_group","id":"id","trace":"op","lane":"g","at":7,"body":"{\"a\":\"\\u003c\"}\n"}"#
        );
        assert_eq!(Letter::read(&text).expect("read"), letter);
        assert!(Letter::read(&text.replace("after_quit_group", "after_nothing")).is_err());
    }
}
