//! Stored forms that both databases keep as text or numbers: the JSON of push texts and of `@` lists, the key that
//! replays are looked up by, names of version logs. What was written by any released version is read for ever.

use domain::ids::{AccountKey, ConversationKey};
use domain::messages::PushText;
use domain::time::Millis;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The `list` of version logs of conversations.
pub(crate) const CONVERSATION_LIST: i32 = 1;

/// `state` of entries of version logs; the numbers of `reference/openim/sync.md` §3.
pub(crate) const INSERTED: i32 = 1;
pub(crate) const UPDATED: i32 = 3;

/// Members that are empty are left out.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct PushForm<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    title: Text<'a>,
    #[serde(skip_serializing_if = "str::is_empty")]
    text: Text<'a>,
    #[serde(skip_serializing_if = "str::is_empty")]
    ex: Text<'a>,
    #[serde(skip_serializing_if = "str::is_empty")]
    sound: Text<'a>,
    #[serde(skip_serializing_if = "is_false")]
    badge: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    signal: Text<'a>,
}

type Text<'a> = std::borrow::Cow<'a, str>;

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

pub(crate) fn write_push(push: &PushText) -> String {
    let form = PushForm {
        title: Text::Borrowed(&push.title),
        text: Text::Borrowed(&push.text),
        ex: Text::Borrowed(&push.ex),
        sound: Text::Borrowed(&push.ios_sound),
        badge: push.ios_badge,
        signal: Text::Borrowed(&push.signal_info),
    };
    serde_json::to_string(&form).expect("a form has string keys only")
}

pub(crate) fn read_push(form: &str) -> serde_json::Result<PushText> {
    let form: PushForm<'_> = serde_json::from_str(form)?;
    Ok(PushText {
        title: form.title.into_owned(),
        text: form.text.into_owned(),
        ex: form.ex.into_owned(),
        ios_sound: form.sound.into_owned(),
        ios_badge: form.badge,
        signal_info: form.signal.into_owned(),
    })
}

/// A list of texts; `None` for an empty one.
pub(crate) fn write_texts(texts: &[String]) -> Option<String> {
    (!texts.is_empty()).then(|| json(texts))
}

pub(crate) fn read_texts(form: &str) -> serde_json::Result<Vec<String>> {
    serde_json::from_str(form)
}

/// JSON of texts or numbers, as lists travel to SQLite in one parameter.
pub(crate) fn json<T: Serialize + ?Sized>(list: &T) -> String {
    serde_json::to_string(list).expect("texts and numbers always have a form")
}

/// The key that SQLite looks replays up by: the conversation above, a hash of sender and client id below. So the
/// entries of a conversation stand together, and the index stays fast when it is much larger than memory. It is
/// stored, so it must never change.
pub(crate) fn client_key(
    conversation: ConversationKey,
    sender: AccountKey,
    client_msg_id: &str,
) -> i64 {
    let hash = xxh3_64_with_seed(client_msg_id.as_bytes(), sender.0.cast_unsigned());
    (conversation.0 << 32) | (hash >> 32).cast_signed()
}

/// The name of a new version log: 24 hexadecimal characters, another one if the account's log is made anew.
pub(crate) fn version_id(account: AccountKey, now: Millis) -> String {
    const LOW_48_BITS: i64 = 0xffff_ffff_ffff;
    format!("{:012x}{:012x}", now & LOW_48_BITS, account.0 & LOW_48_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn push_texts_are_read_as_they_were_written() {
        let push = PushText {
            title: "t".into(),
            text: "嗨".into(),
            ios_badge: true,
            ..PushText::default()
        };
        assert_eq!(
            write_push(&push),
            r#"{"title":"t","text":"嗨","badge":true}"#
        );
        assert_eq!(read_push(&write_push(&push)).expect("valid"), push);
        assert_eq!(read_push("{}").expect("valid"), PushText::default());
    }

    #[test]
    fn the_replay_key_never_changes() {
        let key = client_key(ConversationKey(7), AccountKey(8), "0123456789abcdef");
        assert_eq!(key >> 32, 7);
        assert_eq!(key, 33_699_674_008);
        assert_ne!(
            key,
            client_key(ConversationKey(8), AccountKey(7), "0123456789abcdef")
        );
    }

    #[test]
    fn version_ids_are_24_hex() {
        let id = version_id(AccountKey(7), 1_790_000_000_000);
        assert_eq!(id, "01a0c4506c00000000000007");
    }
}
