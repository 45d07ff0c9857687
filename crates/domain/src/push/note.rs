//! What a device shows: title, text and what its application needs to open the right place. Texts of the sender's
//! application come first; otherwise the sender's name and a summary of the content. Everything is cut so that it fits
//! into what the push services take, which is 4 KiB, less the overhead of encryption.

use serde_json::{Map, Value, json};

use super::Settings;
use crate::conversations::Party;
use crate::ids::ConversationId;
use crate::messages::{Message, Options, PushText};
use crate::time::Millis;

const TITLE_CHARS_MAX: usize = 100;
const TEXT_CHARS_MAX: usize = 300;
const SOUND_BYTES_MAX: usize = 64;

/// The longest extra text, as JSON; a longer one is left out, because half of it would be of no use.
const EXTRA_BYTES_MAX: usize = 1024;

/// What the OpenIM SDKs write when the application gave no text. It says less than we can.
const SDK_DEFAULT: &str = "You has a new message.";

/// The sound that the OpenIM SDKs name when the application named none.
const SDK_DEFAULT_SOUND: &str = "+1";

/// What is shown instead of a content that is no text, in the language of the installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushTexts {
    /// Anything that has no words of its own, and everything when contents are hidden.
    pub message: String,
    pub picture: String,
    pub voice: String,
    pub video: String,
    pub file: String,
    pub location: String,
    pub card: String,
    pub history: String,
    pub sticker: String,
}

impl Default for PushTexts {
    fn default() -> Self {
        Self {
            message: "New message".into(),
            picture: "[Picture]".into(),
            voice: "[Voice message]".into(),
            video: "[Video]".into(),
            file: "[File]".into(),
            location: "[Location]".into(),
            card: "[Contact card]".into(),
            history: "[Chat history]".into(),
            sticker: "[Sticker]".into(),
        }
    }
}

/// One note for one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushNote {
    pub title: String,
    pub text: String,
    /// A sound of the application; `None` for the device's own.
    pub sound: Option<String>,
    /// The number on the icon; `None` leaves it.
    pub badge: Option<u32>,
    /// Notes of one conversation replace each other.
    pub conversation: ConversationId,
    /// What the application finds beside the text: who, where, which message.
    pub data: Map<String, Value>,
    pub sent_at: Millis,
    /// A device that is not reached by then is not told any more.
    pub expires_at: Millis,
}

/// Names that a message may not carry itself, "" where there is none.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub sender: String,
    /// Of the group that it was said in.
    pub group: String,
}

/// The note of a message, without a badge. `given` is what the sender's application wants to be shown.
pub(super) fn note(
    message: &Message,
    names: &Names,
    given: Option<&PushText>,
    settings: &Settings,
) -> PushNote {
    let post = &message.post;
    // What burns after reading must not stay in a list of notes.
    let is_hidden = settings.hide_content || !post.options.is_on(Options::NOT_PRIVATE);
    let given_text = |text: fn(&PushText) -> &String| {
        let text = given.map(text).filter(|_| !is_hidden)?;
        (!text.trim().is_empty() && text != SDK_DEFAULT).then_some(text.as_str())
    };
    let name = [post.sender_nickname.as_str(), names.sender.as_str()]
        .into_iter()
        .find(|name| !name.is_empty());
    let summary = if is_hidden {
        settings.texts.message.clone()
    } else {
        summary(post.content_type, &post.content, &settings.texts)
    };
    // In a group the title says where, and the text who.
    let (place, summary) = match (names.group.as_str(), name) {
        ("", name) => (name, summary),
        (group, None) => (Some(group), summary),
        (group, Some(name)) => (Some(group), format!("{name}: {summary}")),
    };
    let title = given_text(|given| &given.title)
        .or(place)
        .unwrap_or(&settings.texts.message);
    let text = given_text(|given| &given.text).unwrap_or(&summary);
    let sound = given.map(|given| given.ios_sound.as_str()).filter(|sound| {
        !sound.is_empty() && *sound != SDK_DEFAULT_SOUND && sound.len() <= SOUND_BYTES_MAX
    });
    PushNote {
        title: cut(title, TITLE_CHARS_MAX),
        text: cut(text, TEXT_CHARS_MAX),
        sound: sound.map(|sound| cut(sound, SOUND_BYTES_MAX)),
        badge: None,
        conversation: message.route.conversation.clone(),
        data: data(message, given_text(|given| &given.ex)),
        sent_at: message.send_time,
        expires_at: message.send_time.saturating_add(settings.time_to_live_ms),
    }
}

fn data(message: &Message, ex: Option<&str>) -> Map<String, Value> {
    let route = &message.route;
    let mut data = Map::new();
    let mut put = |name: &str, value: Value| drop(data.insert(name.to_owned(), value));
    put("conversationID", json!(route.conversation.as_str()));
    put("sendID", json!(route.sender.as_str()));
    if let Party::Group(group) = &route.recipient {
        put("groupID", json!(group.as_str()));
    }
    put("sessionType", json!(route.kind as i16));
    put("contentType", json!(message.post.content_type));
    put("clientMsgID", json!(message.post.client_msg_id));
    put("serverMsgID", json!(message.post.server_msg_id));
    put("seq", json!(message.seq));
    if let Some(ex) = ex.map(Value::from)
        && ex.to_string().len() <= EXTRA_BYTES_MAX
    {
        put("ex", ex);
    }
    data
}

/// A content in few words, by OpenIM's content types.
fn summary(content_type: i32, content: &[u8], texts: &PushTexts) -> String {
    let element = || serde_json::from_slice::<Value>(content).unwrap_or_default();
    let member = |name: &str| {
        let element = element();
        element[name]
            .as_str()
            .map(str::trim)
            .unwrap_or("")
            .to_owned()
    };
    let words = match content_type {
        101 | 118 => member("content"),
        102 => texts.picture.clone(),
        103 => texts.voice.clone(),
        104 => texts.video.clone(),
        105 => with_name(&texts.file, &member("fileName")),
        106 | 114 | 117 => member("text"),
        107 => texts.history.clone(),
        108 => with_name(&texts.card, &member("nickname")),
        109 => texts.location.clone(),
        110 | 119 => member("description"),
        115 => texts.sticker.clone(),
        1400 => announcement(&member("detail")),
        _ => String::new(),
    };
    if words.is_empty() {
        texts.message.clone()
    } else {
        words
    }
}

/// The text of an OA notification, whose detail is JSON inside a JSON string.
fn announcement(detail: &str) -> String {
    let detail: Value = serde_json::from_str(detail).unwrap_or_default();
    let text = detail["text"].as_str().filter(|text| !text.is_empty());
    text.or(detail["notificationName"].as_str())
        .unwrap_or("")
        .to_owned()
}

fn with_name(kind: &str, name: &str) -> String {
    if name.is_empty() {
        kind.to_owned()
    } else {
        format!("{kind} {name}")
    }
}

/// At most so many characters, in one line; what is cut off is marked.
fn cut(text: &str, chars_max: usize) -> String {
    let line = text
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c });
    let mut cut: String = line.clone().take(chars_max).collect();
    if line.count() > chars_max {
        cut.pop();
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::conversations::ConversationKind;
    use crate::ids::{MessageKey, UserId};
    use crate::messages::{Post, Route, Status};

    fn message(content_type: i32, content: &str) -> Message {
        let user = |name| UserId::new(name).expect("valid");
        Message {
            route: Route {
                conversation: ConversationId::direct(&user("alice"), &user("bob")),
                kind: ConversationKind::Direct,
                sender: user("alice"),
                recipient: Party::Person(user("bob")),
            },
            key: MessageKey(1),
            seq: 9,
            send_time: 1_000,
            status: Status::Sent,
            is_read: false,
            post: Arc::new(Post {
                content_type,
                content: content.to_owned().into(),
                client_msg_id: "c1".into(),
                server_msg_id: "s1".into(),
                sender_nickname: "Alice".into(),
                ..Post::default()
            }),
        }
    }

    fn shown(message: &Message, given: Option<&PushText>, hide_content: bool) -> (String, String) {
        let settings = Settings {
            hide_content,
            ..Settings::default()
        };
        let note = note(message, &Names::default(), given, &settings);
        (note.title, note.text)
    }

    #[test]
    fn contents_are_summed_up_by_their_type() {
        for (content_type, content, expected) in [
            (101, r#"{"content":"see\nyou"}"#, "see you"),
            (101, "not JSON", "New message"),
            (102, "{}", "[Picture]"),
            (103, "{}", "[Voice message]"),
            (104, "{}", "[Video]"),
            (105, r#"{"fileName":"plan.pdf"}"#, "[File] plan.pdf"),
            (106, r#"{"text":"yo @bob"}"#, "yo @bob"),
            (107, r#"{"title":"t"}"#, "[Chat history]"),
            (108, r#"{"nickname":"Carol"}"#, "[Contact card] Carol"),
            (109, "{}", "[Location]"),
            (110, r#"{"data":"{}","description":""}"#, "New message"),
            (110, r#"{"description":"an order"}"#, "an order"),
            (114, r#"{"text":"quite so"}"#, "quite so"),
            (115, "{}", "[Sticker]"),
            (1400, r#"{"detail":"{\"text\":\"News\"}"}"#, "News"),
            (4711, "{}", "New message"),
        ] {
            let message = message(content_type, content);
            let expected = ("Alice".to_owned(), expected.to_owned());
            assert_eq!(shown(&message, None, false), expected, "{content_type}");
        }
    }

    #[test]
    fn the_applications_words_come_first_and_those_of_the_sdk_do_not() {
        let message = message(101, r#"{"content":"hello"}"#);
        let given = |title: &str, text: &str| PushText {
            title: title.into(),
            text: text.into(),
            ..PushText::default()
        };
        let pair = |title: &str, text: &str| (title.to_owned(), text.to_owned());
        for (title, text, expected) in [
            ("Shop", "An offer", pair("Shop", "An offer")),
            ("Shop", "", pair("Shop", "hello")),
            ("", "An offer", pair("Alice", "An offer")),
            (SDK_DEFAULT, SDK_DEFAULT, pair("Alice", "hello")),
        ] {
            assert_eq!(shown(&message, Some(&given(title, text)), false), expected);
        }
        assert_eq!(
            shown(&message, Some(&given("Shop", "An offer")), true),
            pair("Alice", "New message"),
            "hidden is hidden"
        );
    }

    #[test]
    fn in_a_group_the_title_says_where_and_the_text_who() {
        let mut message = message(101, r#"{"content":"hello"}"#);
        let group = crate::ids::GroupId::new("g1").expect("valid");
        message.route.recipient = Party::Group(group);
        let names = Names {
            group: "Hikers".into(),
            ..Names::default()
        };
        let shown = note(&message, &names, None, &Settings::default());
        assert_eq!(
            (shown.title.as_str(), shown.text.as_str()),
            ("Hikers", "Alice: hello")
        );
        assert_eq!(shown.data["groupID"], "g1");
        let given = PushText {
            text: "An offer".into(),
            ..PushText::default()
        };
        let shown = note(&message, &names, Some(&given), &Settings::default());
        assert_eq!(
            (shown.title.as_str(), shown.text.as_str()),
            ("Hikers", "An offer")
        );
    }

    #[test]
    fn what_burns_after_reading_is_not_shown() {
        let mut message = message(101, r#"{"content":"a secret"}"#);
        let post = Arc::make_mut(&mut message.post);
        post.options = post.options.with_off(Options::NOT_PRIVATE);
        let given = PushText {
            text: "a secret".into(),
            ex: "a secret".into(),
            ..PushText::default()
        };
        let note = note(
            &message,
            &Names::default(),
            Some(&given),
            &Settings::default(),
        );
        assert_eq!(note.text, "New message");
        assert!(!format!("{note:?}").contains("secret"));
    }

    #[test]
    fn the_largest_note_fits_into_what_services_take() {
        let longest = "\"".repeat(64);
        let mut message = message(101, "");
        message.route.conversation =
            ConversationId::parse("x".repeat(ConversationId::BYTES_MAX)).expect("valid");
        let post = Arc::make_mut(&mut message.post);
        post.client_msg_id = longest.clone();
        let given = PushText {
            title: "🦀".repeat(1000),
            text: "🦀".repeat(10_000),
            ex: "\u{1}".repeat(165),
            ios_sound: longest,
            ..PushText::default()
        };
        let note = note(
            &message,
            &Names::default(),
            Some(&given),
            &Settings::default(),
        );
        assert_eq!(note.text.chars().count(), TEXT_CHARS_MAX);
        assert!(note.text.ends_with('…') && note.data.contains_key("ex"));
        let body = json!({"t": note.title, "b": note.text, "s": note.sound, "d": note.data});
        let bytes = body.to_string().len();
        assert!(bytes < 3_600, "{bytes}");
        let too_long = PushText {
            ex: "x".repeat(2_000),
            ..PushText::default()
        };
        let note = super::note(
            &message,
            &Names::default(),
            Some(&too_long),
            &Settings::default(),
        );
        assert!(!note.data.contains_key("ex"));
    }

    #[test]
    fn a_nameless_sender_is_named_by_the_account() {
        let mut message = message(101, r#"{"content":"hello"}"#);
        Arc::make_mut(&mut message.post).sender_nickname.clear();
        let names = Names {
            sender: "Alice A.".into(),
            ..Names::default()
        };
        let note = note(&message, &names, None, &Settings::default());
        assert_eq!((note.title.as_str(), note.sound), ("Alice A.", None));
        assert_eq!(note.data["seq"], 9);
        assert_eq!(note.data["conversationID"], "si_alice_bob");
    }
}
