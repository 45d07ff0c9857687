//! Stored forms that both databases keep as text or numbers: the JSON of push texts and of `@` lists, the key that
//! replays are looked up by, names of version logs. What was written by any released version is read for ever.

use domain::ids::{AccountKey, ConversationKey};
use domain::messages::{PushText, ReactionCount};
use domain::search::{Phrase, Query};
use domain::sync::List;
use domain::time::Millis;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

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

/// The name of a new version log: 24 hexadecimal characters, another one for each list of one owner and for a log
/// that is made anew.
pub(crate) fn version_id(list: List, now: Millis) -> String {
    const LOW_48_BITS: i64 = 0xffff_ffff_ffff;
    const LOW_40_BITS: i64 = 0xff_ffff_ffff;
    let (kind, owner) = list.parts();
    format!(
        "{:012x}{kind:02x}{:010x}",
        now & LOW_48_BITS,
        owner & LOW_40_BITS
    )
}

/// A query in the syntax of FTS5. Tokens hold letters, digits and marks only; between quotes nothing in them could be
/// taken for syntax even so.
pub(crate) fn fts_query(query: &Query) -> String {
    let phrase = |phrase: &Phrase| {
        let star = if phrase.is_prefix { " *" } else { "" };
        format!("\"{}\"{star}", phrase.tokens.join(" ").replace('"', ""))
    };
    let phrases: Vec<String> = query.phrases.iter().map(phrase).collect();
    phrases.join(" AND ")
}

/// Any of these names in the scope of an entry; `None` for no condition, "" for one that nothing meets.
pub(crate) fn fts_scope(letter: char, numbers: Option<Vec<i64>>) -> Option<String> {
    let names: Vec<String> = numbers?
        .iter()
        .map(|number| format!("\"{letter}{number}\""))
        .collect();
    Some(names.join(" OR "))
}

/// A query in the text form of `tsquery`.
pub(crate) fn tsquery(query: &Query) -> String {
    let token = |token: &String| format!("'{}'", token.replace(['\'', '\\'], ""));
    let phrase = |phrase: &Phrase| {
        let star = if phrase.is_prefix { ":*" } else { "" };
        let tokens: Vec<String> = phrase.tokens.iter().map(token).collect();
        format!("({}{star})", tokens.join(" <-> "))
    };
    let phrases: Vec<String> = query.phrases.iter().map(phrase).collect();
    phrases.join(" & ")
}

/// Puts rows that name one person each together, where they are of one reaction; those stand together.
pub(crate) fn gathered_reactions(rows: Vec<ReactionCount>) -> Vec<ReactionCount> {
    let mut gathered: Vec<ReactionCount> = Vec::new();
    for row in rows {
        match gathered.last_mut() {
            Some(last) if last.key == row.key => last.first.extend(row.first),
            _ => gathered.push(row),
        }
    }
    gathered
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
    fn queries_are_spelled_without_a_way_out() {
        let query =
            Query::parse("\"wide world\" 好 x' OR body:y NEAR(z) \\ -w #c1").expect("a query");
        assert_eq!(
            fts_query(&query),
            r#""wide world" AND "好" * AND "x" AND "or" AND "body y" AND "near z" AND "w" AND "c1""#
        );
        assert_eq!(
            tsquery(&query),
            "('wide' <-> 'world') & ('好':*) & ('x') & ('or') & ('body' <-> 'y') & ('near' <-> 'z') & ('w') & ('c1')"
        );
        assert_eq!(
            fts_scope('c', Some(vec![1, 2])).as_deref(),
            Some(r#""c1" OR "c2""#)
        );
    }

    #[test]
    fn version_ids_are_24_hex() {
        let id = version_id(List::Friends(AccountKey(7)), 1_790_000_000_000);
        assert_eq!(id, "01a0c4506c00020000000007");
    }
}
