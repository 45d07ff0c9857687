//! What a message says to a reader, taken out of its stored body (`reference/openim/messages.md` §2, §3). Addresses,
//! ids and numbers are not said. A body that cannot be read says nothing.

use serde_json::Value;

use crate::limits;
use crate::messages::content_type;

/// How deep quotes and merged messages are followed.
const DEPTH_MAX: usize = 4;

/// The text that a message is found by, its parts on lines of their own; "" for a message that says nothing.
pub fn searchable_text(content_type: i32, content: &[u8]) -> String {
    let mut text = Text::default();
    if is_searchable(content_type)
        && let Ok(body) = serde_json::from_slice::<Value>(content)
    {
        text.element(content_type, &body, DEPTH_MAX);
    }
    text.0
}

/// What people write; notifications, and what only programs read, are not searched for.
fn is_searchable(content_type: i32) -> bool {
    content_type > 0
        && content_type < content_type::NOTIFICATION_BEGIN
        && content_type != content_type::TYPING
        && content_type != content_type::REVOKE
        || content_type == OA_NOTIFICATION
}

const PICTURE: i32 = 102;
const SOUND: i32 = 103;
const VIDEO: i32 = 104;
const FILE: i32 = 105;
const MERGED: i32 = 107;
const CARD: i32 = 108;
const LOCATION: i32 = 109;
const CUSTOM: i32 = 110;
const CUSTOM_UNLISTED: i32 = 119;
const CUSTOM_PASSING: i32 = 120;
const FACE: i32 = 115;
const OA_NOTIFICATION: i32 = 1400;

#[derive(Default)]
struct Text(String);

impl Text {
    fn element(&mut self, content_type: i32, body: &Value, depth: usize) {
        match content_type {
            PICTURE | SOUND | VIDEO | FACE => {}
            FILE => self.members(body, &["fileName"]),
            MERGED => {
                self.members(body, &["title"]);
                self.list(body, "abstractList");
                self.messages(body, "multiMessage", depth);
            }
            CARD => self.members(body, &["nickname"]),
            LOCATION | CUSTOM | CUSTOM_UNLISTED | CUSTOM_PASSING => {
                self.members(body, &["description"]);
            }
            OA_NOTIFICATION => {
                let detail = body.get("detail").and_then(Value::as_str);
                if let Some(Ok(detail)) = detail.map(serde_json::from_str::<Value>) {
                    self.members(&detail, &["notificationName", "text"]);
                }
            }
            // Texts, calls by `@`, quotes, advanced text, markdown, and what later clients may send.
            _ => {
                self.members(body, &["content", "text"]);
                self.quoted(body, depth);
            }
        }
    }

    fn members(&mut self, body: &Value, names: &[&str]) {
        for name in names {
            if let Some(text) = body.get(name).and_then(Value::as_str) {
                self.push(text);
            }
        }
    }

    fn list(&mut self, body: &Value, name: &str) {
        for text in body
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if let Some(text) = text.as_str() {
                self.push(text);
            }
        }
    }

    fn messages(&mut self, body: &Value, name: &str, depth: usize) {
        for message in body
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            self.message(message, depth);
        }
    }

    fn quoted(&mut self, body: &Value, depth: usize) {
        if let Some(message) = body.get("quoteMessage") {
            self.message(message, depth);
        }
    }

    /// A message inside a message: one of its members is its element.
    fn message(&mut self, message: &Value, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        let content_type = message.get("contentType").and_then(Value::as_i64);
        let content_type = content_type
            .and_then(|number| i32::try_from(number).ok())
            .unwrap_or(0);
        if !is_searchable(content_type) {
            return;
        }
        let elements = message.as_object().into_iter().flatten();
        for (name, element) in elements {
            if name.ends_with("Elem") && element.is_object() {
                self.element(content_type, element, depth);
            }
        }
        if let Some(Ok(body)) = message
            .get("content")
            .and_then(Value::as_str)
            .map(serde_json::from_str::<Value>)
        {
            self.element(content_type, &body, depth);
        }
    }

    fn push(&mut self, text: &str) {
        let room = limits::SEARCH_TEXT_BYTES_MAX.saturating_sub(self.0.len());
        if text.is_empty() || room < 2 {
            return;
        }
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(&text[..text.floor_char_boundary(room - 1)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_says_what_its_reader_sees() {
        let quoted = r#"{"text":"yes","quoteMessage":{"contentType":101,"sendID":"x","textElem":{"content":"really?"}}}"#;
        let merged = r#"{"title":"Chat of A","abstractList":["a: hi"],"multiMessage":[
            {"contentType":105,"fileElem":{"fileName":"plan.pdf","sourceUrl":"http://h/secret"}},
            {"contentType":1501,"notificationElem":{"detail":"x"}}]}"#;
        let official = r#"{"detail":"{\"notificationName\":\"News\",\"text\":\"hello\",\"url\":\"http://h\"}"}"#;
        for (content_type, content, expected) in [
            (101, r#"{"content":"你好"}"#, "你好"),
            (102, r#"{"sourcePicture":{"url":"http://h/p.png"}}"#, ""),
            (
                105,
                r#"{"fileName":"a.txt","sourceUrl":"http://h"}"#,
                "a.txt",
            ),
            (106, r#"{"text":"yo @bob","atUserList":["bob"]}"#, "yo @bob"),
            (107, merged, "Chat of A\na: hi\nplan.pdf"),
            (
                108,
                r#"{"userID":"c","nickname":"Carol","faceURL":""}"#,
                "Carol",
            ),
            (109, r#"{"description":"here","longitude":1.5}"#, "here"),
            (
                110,
                r#"{"data":"{\"a\":1}","description":"d","extension":"x"}"#,
                "d",
            ),
            (114, quoted, "yes\nreally?"),
            (
                117,
                r#"{"text":"adv","messageEntityList":[{"url":"http://x"}]}"#,
                "adv",
            ),
            (118, r##"{"content":"# head"}"##, "# head"),
            (113, r#"{"msgTips":"yes","text":"no"}"#, ""),
            (1400, official, "News\nhello"),
            (1201, r#"{"detail":"x","text":"no"}"#, ""),
            (2101, r#"{"detail":"x","content":"no"}"#, ""),
            (101, "not JSON", ""),
            (101, r#"{"content":7}"#, ""),
        ] {
            assert_eq!(
                searchable_text(content_type, content.as_bytes()),
                expected,
                "{content_type} {content}"
            );
        }
    }

    #[test]
    fn long_and_deep_bodies_are_cut() {
        let long = serde_json::json!({ "content": "好".repeat(limits::SEARCH_TEXT_BYTES_MAX) });
        let text = searchable_text(101, long.to_string().as_bytes());
        assert!(text.len() <= limits::SEARCH_TEXT_BYTES_MAX && text.len() > 1_000);
        let mut deep = serde_json::json!({"text": "bottom"});
        for _ in 0..=DEPTH_MAX {
            deep = serde_json::json!({"text": "level", "quoteMessage": {"contentType": 114, "quoteElem": deep}});
        }
        let text = searchable_text(114, deep.to_string().as_bytes());
        assert!(text.contains("level") && !text.contains("bottom"));
    }
}
