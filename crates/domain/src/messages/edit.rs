//! Editing: the sender puts other words into a message that stands. Its place, its ids and its kind stay; what it said
//! before is kept for a while, for the sender and for administrators. Devices learn of it by a notice without the words,
//! so that taking the message back later leaves them nowhere.

use bytes::Bytes;
use serde_json::Value;

use super::{body, content_type, send};
use crate::caller::{Caller, Role};
use crate::error::{Error, Reason, Result};
use crate::ids::{ConversationId, UserId};
use crate::ports::NewEdit;
use crate::time::Millis;
use crate::{Domain, gate, limits};

#[derive(Clone, Debug)]
pub struct EditMessage {
    /// In whose name.
    pub user: UserId,
    pub conversation: ConversationId,
    pub seq: i64,
    /// The new element, of the message's own content type.
    pub content: Bytes,
    /// `None` leaves it as it is.
    pub ex: Option<String>,
}

/// One edit, and what the message had said until then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub editor: UserId,
    pub at: Millis,
    pub content: Bytes,
    pub ex: String,
}

/// That a message was edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageEdits {
    pub seq: i64,
    pub edited_at: Millis,
    /// The newest edits, oldest first; empty for those to whom the old words are not shown.
    pub edits: Vec<Edit>,
}

impl Domain {
    /// Edits a message: its sender may, within the window, while they could still write there; an administrator always.
    /// Saying what it says already changes nothing.
    pub async fn edit_message(&self, caller: &Caller, command: EditMessage) -> Result<()> {
        if command.seq < 1 {
            return Err(Error::invalid("seq", "must be positive"));
        }
        let mut scene = self
            .scene(caller, &command.user, &command.conversation, command.seq)
            .await?;
        gate::may_edit(caller, &command.user, &scene.message.route.sender)?;
        let now = self.clock.now();
        if let Some(window_ms) = self.settings.messages.edit_window_ms
            && caller.role != Role::Administrator
            && now - scene.message.send_time > window_ms
        {
            return Err(Error::Denied(Reason::TooLate));
        }
        let mut post = (*scene.message.post).clone();
        check_element(post.content_type, &command.content)?;
        if post.content == command.content && command.ex.as_ref().is_none_or(|ex| *ex == post.ex) {
            // What it rests on may be on its way to the disk still.
            return self.commit(scene.tx).await;
        }
        post.content = command.content;
        if let Some(ex) = &command.ex {
            post.ex.clone_from(ex);
        }
        send::check_texts(&post)?;
        send::check_size(&post)?;
        if !self.may_still_speak(caller, &mut scene).await? {
            return self.commit(scene.tx).await;
        }
        let edit = NewEdit {
            editor: scene.user.key,
            at: now,
            content: &post.content,
            ex: command.ex.as_deref(),
        };
        scene
            .tx
            .edit_message(scene.chat.key, command.seq, edit, limits::EDITS_KEPT)
            .await?;
        let content = body::edited(&scene.user.user_id, &scene.message, now);
        self.finish_scene(scene, content_type::EDITED, content)
            .await
    }

    /// Which of these messages were edited, and when. What they said before is for their sender and for
    /// administrators.
    pub async fn message_edits(
        &self,
        caller: &Caller,
        user: &UserId,
        id: &ConversationId,
        seqs: &[i64],
    ) -> Result<Vec<MessageEdits>> {
        let seen = self.seen(caller, user, id, seqs).await?;
        let visible: Vec<i64> = seen.messages.iter().map(|message| message.seq).collect();
        let rows = self
            .store
            .view()
            .await?
            .edits(seen.conversation, &visible)
            .await?;
        let mut found: Vec<MessageEdits> = Vec::new();
        for (seq, edit) in rows {
            let edited_at = edit.at;
            let shows = caller.role == Role::Administrator
                || seen
                    .messages
                    .iter()
                    .any(|message| message.seq == seq && message.route.sender == *user);
            match found.last_mut() {
                Some(last) if last.seq == seq => {
                    last.edited_at = edited_at;
                    last.edits.extend(shows.then_some(edit));
                }
                _ => found.push(MessageEdits {
                    seq,
                    edited_at,
                    edits: shows.then_some(edit).into_iter().collect(),
                }),
            }
        }
        Ok(found)
    }
}

const TEXT: i32 = 101;
const AT_TEXT: i32 = 106;
const CUSTOM: i32 = 110;
const QUOTE: i32 = 114;
const MARKDOWN: i32 = 118;

/// Whether the element is one of this type, and the type one that is edited: what is made of words. The member that
/// holds them must not be empty, as an application server's sends are checked.
fn check_element(content_type: i32, content: &[u8]) -> Result<()> {
    let members: &[&str] = match content_type {
        TEXT => &["content"],
        AT_TEXT | QUOTE => &["text"],
        CUSTOM => &["data"],
        MARKDOWN => &["content", "text"],
        _ => return Err(Error::invalid("seq", "is not a message that can be edited")),
    };
    let element: Value = serde_json::from_slice(content)
        .map_err(|_| Error::invalid("content", "must be a JSON object"))?;
    let has_words = members
        .iter()
        .filter_map(|member| element.get(member)?.as_str())
        .any(|words| !words.is_empty());
    if has_words {
        Ok(())
    } else {
        Err(Error::invalid(
            "content",
            "is not an element of the message's content type",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_must_be_of_the_messages_own_type() {
        for (content_type, content) in [
            (TEXT, r#"{"content":"a"}"#),
            (AT_TEXT, r#"{"text":"a","atUserList":["bob"]}"#),
            (QUOTE, r#"{"text":"a","quoteMessage":{}}"#),
            (CUSTOM, r#"{"data":"{}"}"#),
            (MARKDOWN, r#"{"content":"*a*"}"#),
        ] {
            assert!(
                check_element(content_type, content.as_bytes()).is_ok(),
                "{content}"
            );
        }
        for (content_type, content) in [
            (TEXT, r#"{"text":"a"}"#),
            (TEXT, r#"{"content":""}"#),
            (TEXT, r#"{"content":1}"#),
            (TEXT, r#""content""#),
            (TEXT, "{"),
            (CUSTOM, "[]"),
            (102, r#"{"content":"a"}"#),
            (content_type::RECALLED, r#"{"detail":"{}"}"#),
        ] {
            assert!(
                check_element(content_type, content.as_bytes()).is_err(),
                "{content}"
            );
        }
    }
}
