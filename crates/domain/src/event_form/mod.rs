//! The stored form of an [`Event`]: one JSON object with a version and a name. Rows written by any released version
//! are read for ever, so names and members here change by addition only. Messages have no form of their own: their
//! row in the message log is it.

mod noticed;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::event::{Audience, Event, FavouriteChange};
use crate::hooks::LetterForm;
use crate::ids::{AccountKey, ConversationId, SessionKey, UserId};
use crate::sessions::Platforms;

#[derive(Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Form {
    ConversationsChanged {
        account: i64,
        user: String,
        conversations: Vec<String>,
    },
    ConversationsCleared {
        by: String,
        conversations: Vec<String>,
        audience: Vec<i64>,
    },
    ReadPositionSet {
        account: i64,
        user: String,
        conversation: String,
        seq: i64,
    },
    AccountUpdated {
        account: i64,
        user: String,
    },
    FavouritesChanged {
        account: i64,
        user: String,
        change: ChangeForm,
    },
    Noticed(Box<noticed::NoticedForm>),
    LetterWritten {
        letter: LetterForm,
    },
    SessionsEnded {
        account: i64,
        platforms: u16,
        except: Option<i64>,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ChangeForm {
    Added,
    Removed,
    Updated,
}

/// The form to store, or `None` for an event whose stored form is a row of its own.
pub fn write(event: &Event) -> Option<String> {
    let form = match event {
        Event::MessageAppended { .. } => return None,
        Event::ConversationsChanged {
            account,
            user_id,
            conversations,
        } => Form::ConversationsChanged {
            account: account.0,
            user: user_id.to_string(),
            conversations: conversations.iter().map(ToString::to_string).collect(),
        },
        Event::ConversationsCleared {
            by,
            conversations,
            audience,
        } => Form::ConversationsCleared {
            by: by.to_string(),
            conversations: conversations.iter().map(ToString::to_string).collect(),
            audience: audience.accounts().map(|account| account.0).collect(),
        },
        Event::ReadPositionSet {
            account,
            user_id,
            conversation,
            has_read_seq,
        } => Form::ReadPositionSet {
            account: account.0,
            user: user_id.to_string(),
            conversation: conversation.to_string(),
            seq: *has_read_seq,
        },
        Event::AccountUpdated { account, user_id } => Form::AccountUpdated {
            account: account.0,
            user: user_id.to_string(),
        },
        Event::FavouritesChanged {
            account,
            user_id,
            change,
        } => Form::FavouritesChanged {
            account: account.0,
            user: user_id.to_string(),
            change: match change {
                FavouriteChange::Added => ChangeForm::Added,
                FavouriteChange::Removed => ChangeForm::Removed,
                FavouriteChange::Updated => ChangeForm::Updated,
            },
        },
        Event::Noticed {
            happening,
            notice,
            audience,
        } => Form::Noticed(Box::new(noticed::write(happening, notice, audience))),
        Event::LetterWritten(letter) => Form::LetterWritten {
            letter: letter.form(),
        },
        Event::SessionsEnded {
            account,
            platforms,
            except,
        } => Form::SessionsEnded {
            account: account.0,
            platforms: platforms.0,
            except: except.map(|session| session.0),
        },
    };
    Some(serde_json::to_string(&form).expect("a form has string keys only"))
}

/// Reads a stored form back. An unknown or broken form is an error: it was written by a newer version.
pub fn read(form: &str) -> Result<Event> {
    let form: Form = serde_json::from_str(form).map_err(Error::internal)?;
    Ok(match form {
        Form::ConversationsChanged {
            account,
            user,
            conversations,
        } => Event::ConversationsChanged {
            account: AccountKey(account),
            user_id: user_id(user)?,
            conversations: conversation_ids(conversations)?,
        },
        Form::ConversationsCleared {
            by,
            conversations,
            audience,
        } => Event::ConversationsCleared {
            by: user_id(by)?,
            conversations: conversation_ids(conversations)?,
            audience: match audience[..] {
                [one] => Audience::Account(AccountKey(one)),
                [a, b] => Audience::pair(AccountKey(a), AccountKey(b)),
                _ => Audience::Accounts(audience.into_iter().map(AccountKey).collect()),
            },
        },
        Form::ReadPositionSet {
            account,
            user,
            conversation,
            seq,
        } => Event::ReadPositionSet {
            account: AccountKey(account),
            user_id: user_id(user)?,
            conversation: conversation_id(conversation)?,
            has_read_seq: seq,
        },
        Form::AccountUpdated { account, user } => Event::AccountUpdated {
            account: AccountKey(account),
            user_id: user_id(user)?,
        },
        Form::FavouritesChanged {
            account,
            user,
            change,
        } => Event::FavouritesChanged {
            account: AccountKey(account),
            user_id: user_id(user)?,
            change: match change {
                ChangeForm::Added => FavouriteChange::Added,
                ChangeForm::Removed => FavouriteChange::Removed,
                ChangeForm::Updated => FavouriteChange::Updated,
            },
        },
        Form::Noticed(form) => noticed::read(*form)?,
        Form::LetterWritten { letter } => Event::LetterWritten(Arc::new(letter.letter()?)),
        Form::SessionsEnded {
            account,
            platforms,
            except,
        } => Event::SessionsEnded {
            account: AccountKey(account),
            platforms: Platforms(platforms),
            except: except.map(SessionKey),
        },
    })
}

fn user_id(text: String) -> Result<UserId> {
    UserId::new(text).ok_or_else(|| Error::internal("a stored event names an impossible user id"))
}

fn conversation_id(text: String) -> Result<ConversationId> {
    ConversationId::parse(text)
        .ok_or_else(|| Error::internal("a stored event names an impossible conversation"))
}

fn conversation_ids(texts: Vec<String>) -> Result<Vec<ConversationId>> {
    texts.into_iter().map(conversation_id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One sample per form as version 0 wrote it: every later version must read them.
    const SAMPLES: [&str; 7] = [
        r#"{"event":"conversations_changed","account":7,"user":"bob","conversations":["si_alice_bob"]}"#,
        r#"{"event":"conversations_cleared","by":"bob","conversations":["si_alice_bob"],"audience":[7,8]}"#,
        r#"{"event":"read_position_set","account":7,"user":"bob","conversation":"si_alice_bob","seq":4}"#,
        r#"{"event":"account_updated","account":7,"user":"bob"}"#,
        r#"{"event":"favourites_changed","account":7,"user":"bob","change":"removed"}"#,
        r#"{"event":"letter_written","letter":{"hook":"after_quit_group","id":"i","trace":"op","lane":"77","at":4,"body":"{}\n"}}"#,
        r#"{"event":"sessions_ended","account":7,"platforms":128,"except":3}"#,
    ];

    #[test]
    fn old_samples_are_read_and_written_back_unchanged() {
        for sample in SAMPLES {
            let event = read(sample).expect(sample);
            assert_eq!(write(&event).as_deref(), Some(sample));
        }
    }

    #[test]
    fn a_form_of_a_newer_version_is_an_error() {
        assert!(read(r#"{"event":"teleported"}"#).is_err());
        assert!(read("").is_err());
    }
}
