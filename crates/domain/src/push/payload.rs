//! The stored form of what a push job is done on: first the accounts, and when some of their devices were served, the
//! tokens that are left. Rows written by any released version are read for ever, so members change by addition only.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::ids::{AccountKey, ConversationKey, PushTokenKey};
use crate::messages::PushText;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Payload {
    pub conversation: ConversationKey,
    pub seq: i64,
    pub to: To,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum To {
    /// Nothing was sent yet.
    Accounts(Vec<AccountKey>),
    /// What is left, each with the account that it must still belong to, and the words that were decided on.
    Tokens {
        left: Vec<(PushTokenKey, AccountKey)>,
        given: Option<PushText>,
    },
}

#[derive(Serialize, Deserialize)]
struct Form {
    conversation: i64,
    seq: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    accounts: Vec<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tokens: Vec<(i64, i64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    given: Option<GivenForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(default)]
#[derive(Default)]
struct GivenForm {
    title: String,
    text: String,
    ex: String,
    sound: String,
    badge: bool,
    signal: String,
}

impl Payload {
    pub(super) fn write(&self) -> String {
        let mut form = Form {
            conversation: self.conversation.0,
            seq: self.seq,
            accounts: Vec::new(),
            tokens: Vec::new(),
            given: None,
        };
        match &self.to {
            To::Accounts(accounts) => {
                form.accounts = accounts.iter().map(|account| account.0).collect();
            }
            To::Tokens { left, given } => {
                form.tokens = left.iter().map(|(token, of)| (token.0, of.0)).collect();
                form.given = given.as_ref().map(|given| GivenForm {
                    title: given.title.clone(),
                    text: given.text.clone(),
                    ex: given.ex.clone(),
                    sound: given.ios_sound.clone(),
                    badge: given.ios_badge,
                    signal: given.signal_info.clone(),
                });
            }
        }
        serde_json::to_string(&form).expect("a form has string keys only")
    }

    pub(super) fn read(form: Option<&str>) -> Result<Self> {
        let form = form.ok_or_else(|| Error::internal("a push job without a payload"))?;
        let form: Form = serde_json::from_str(form).map_err(Error::internal)?;
        let to = if form.accounts.is_empty() {
            let left = form.tokens.into_iter();
            To::Tokens {
                left: left
                    .map(|(token, of)| (PushTokenKey(token), AccountKey(of)))
                    .collect(),
                given: form.given.map(|given| PushText {
                    title: given.title,
                    text: given.text,
                    ex: given.ex,
                    ios_sound: given.sound,
                    ios_badge: given.badge,
                    signal_info: given.signal,
                }),
            }
        } else {
            To::Accounts(form.accounts.into_iter().map(AccountKey).collect())
        };
        Ok(Self {
            conversation: ConversationKey(form.conversation),
            seq: form.seq,
            to,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_samples_are_read_and_written_back_unchanged() {
        for sample in [
            r#"{"conversation":3,"seq":9,"accounts":[7,8]}"#,
            r#"{"conversation":3,"seq":9,"tokens":[[5,7],[6,8]]}"#,
            r#"{"conversation":3,"seq":9,"tokens":[[5,7]],"given":{"title":"t","text":"x","ex":"e","sound":"s","badge":true,"signal":""}}"#,
        ] {
            assert_eq!(Payload::read(Some(sample)).expect(sample).write(), sample);
        }
        assert!(Payload::read(None).is_err());
        assert!(Payload::read(Some("{}")).is_err());
    }
}
