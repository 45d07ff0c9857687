//! Reactions: a short text, mostly one emoji, that people put on a message. Everybody who may speak in the chat may,
//! each text once; of different ones a message takes only so many.

use super::{body, content_type};
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::ids::{ConversationId, UserId};
use crate::{Domain, limits};

#[derive(Clone, Debug)]
pub struct SetReaction {
    /// In whose name.
    pub user: UserId,
    pub conversation: ConversationId,
    pub key: ReactionKey,
    /// Put it, or take it away.
    pub on: bool,
}

/// Which reaction, to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReactionKey {
    pub seq: i64,
    pub reaction: String,
    /// Which line of the message it stands at, where an application knows lines; 0 is the whole message.
    pub line: i32,
}

/// How many people reacted so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReactionCount {
    pub key: ReactionKey,
    pub count: u64,
    /// Whoever asks is one of them.
    pub is_mine: bool,
    /// Those who were first.
    pub first: Vec<UserId>,
}

impl Domain {
    /// Puts a reaction on a message, or takes it away. Doing what is done already changes nothing.
    pub async fn set_reaction(&self, caller: &Caller, command: SetReaction) -> Result<()> {
        let SetReaction {
            user,
            conversation,
            key,
            on,
        } = command;
        check_key(&key)?;
        let mut scene = self.scene(caller, &user, &conversation, key.seq).await?;
        if !self.may_still_speak(caller, &mut scene).await? {
            // What it rests on may be on its way to the disk still.
            return self.commit(scene.tx).await;
        }
        let (chat, account, now) = (scene.chat.key, scene.user.key, self.clock.now());
        let has_changed = if on {
            scene.tx.put_reaction(chat, &key, account, now).await?
        } else {
            scene.tx.delete_reaction(chat, &key, account).await?
        };
        if !has_changed {
            return self.commit(scene.tx).await;
        }
        let (different, count) = scene.tx.count_reactions(chat, &key).await?;
        if on && different > limits::REACTIONS_MAX {
            return Err(Error::invalid(
                "reaction",
                "is one too many for this message",
            ));
        }
        let reacted = body::Reacted {
            by: &scene.user.user_id,
            message: &scene.message,
            key: &key,
            on,
            count,
            at: now,
        };
        let content = reacted.notice();
        self.finish_scene(scene, content_type::REACTED, content)
            .await
    }

    /// The reactions to these messages, by seq, in the order in which they first came.
    pub async fn message_reactions(
        &self,
        caller: &Caller,
        user: &UserId,
        id: &ConversationId,
        seqs: &[i64],
    ) -> Result<Vec<ReactionCount>> {
        let seen = self.seen(caller, user, id, seqs).await?;
        let visible: Vec<i64> = seen.messages.iter().map(|message| message.seq).collect();
        self.store
            .view()
            .await?
            .reactions(
                seen.conversation,
                &visible,
                seen.user,
                limits::REACTORS_NAMED_MAX,
            )
            .await
    }
}

fn check_key(key: &ReactionKey) -> Result<()> {
    if key.seq < 1 {
        return Err(Error::invalid("seq", "must be positive"));
    }
    if key.reaction.is_empty() || key.reaction.len() > limits::REACTION_BYTES_MAX {
        return Err(Error::invalid("reaction", "must be 1 to 64 bytes"));
    }
    if key.reaction.chars().any(char::is_control) {
        return Err(Error::invalid("reaction", "has a control character"));
    }
    if key.line < 0 {
        return Err(Error::invalid("line", "must not be negative"));
    }
    Ok(())
}
