//! The section `[push]`: the push services, what devices are shown and in which words.

use domain::push::PushTexts;
use domain::time::Millis;

use super::Keys;
use crate::secret::Secret;

const HOUR_MS: Millis = 60 * 60 * 1000;

#[derive(Debug)]
pub(crate) struct Push {
    pub apns: Option<Apns>,
    pub fcm_service_account: Option<Secret>,
    pub vapid_private_key: Option<Secret>,
    pub vapid_subject: Option<String>,
    pub web_push_internal: bool,
    pub hide_content: bool,
    pub time_to_live_ms: Millis,
    pub texts: PushTexts,
}

#[derive(Debug)]
pub(crate) struct Apns {
    pub key: Secret,
    pub key_id: String,
    pub team_id: String,
    pub topic: String,
}

impl Push {
    pub(crate) fn read(keys: &mut Keys) -> Option<Self> {
        let apns = read_apns(keys);
        let fcm_service_account = read_secret(
            keys,
            "push.fcm_service_account",
            "The key file (JSON) of a service account of the Firebase project, most conveniently as \
             fcm_service_account_file. With it devices with FCM tokens are pushed to.",
        );
        let vapid_private_key = read_secret(
            keys,
            "push.vapid_private_key",
            "The private key that browsers' push services know this server by: 32 bytes in base64url. `switchboard init` \
             draws one; changing it ends every subscription. With it browsers are pushed to.",
        );
        let subject = keys.text(
            "push.vapid_subject",
            "",
            "Whom the browsers' push services turn to when something is wrong: mailto:ADDRESS or https://PAGE. Some of \
             them, Apple's for one, refuse pushes without it.",
        );
        if !subject.is_empty()
            && !["mailto:", "https://"]
                .iter()
                .any(|start| subject.starts_with(start))
        {
            keys.problem("push.vapid_subject must begin with mailto: or https://".to_owned());
        }
        let web_push_internal = keys.flag(
            "push.web_push_internal",
            false,
            "Also pushes to browsers whose push service is on this machine or in a private network. Subscriptions come from \
             clients, so this lets every user make the server call addresses inside.",
        );
        let hide_content = keys.flag(
            "push.hide_content",
            false,
            "Pushes say who has written, not what, and nothing that the sender's application gave for them.",
        );
        let hours = keys.number(
            "push.time_to_live_hours",
            7 * 24,
            1..=28 * 24,
            "A device that is not reached for so long is not told of a message any more.",
        );
        Some(Self {
            apns: apns?,
            fcm_service_account: fcm_service_account?,
            vapid_private_key: vapid_private_key?,
            vapid_subject: Some(subject).filter(|subject| !subject.is_empty()),
            web_push_internal,
            hide_content,
            time_to_live_ms: hours * HOUR_MS,
            texts: read_texts(keys),
        })
    }

    pub(crate) fn settings(&self) -> domain::push::Settings {
        domain::push::Settings {
            hide_content: self.hide_content,
            texts: self.texts.clone(),
            time_to_live_ms: self.time_to_live_ms,
        }
    }
}

fn read_apns(keys: &mut Keys) -> Option<Option<Apns>> {
    let key = read_secret(
        keys,
        "push.apns_key",
        "The key for Apple's push service (the text of AuthKey_….p8), most conveniently as apns_key_file. With it devices \
         with APNs tokens are pushed to.",
    );
    let key_id = keys.text(
        "push.apns_key_id",
        "",
        "The id of that key: ten characters.",
    );
    let team_id = keys.text(
        "push.apns_team_id",
        "",
        "The id of the developer team: ten characters.",
    );
    let topic = keys.text(
        "push.apns_topic",
        "",
        "The bundle id of the application, for tokens that were registered without an appID.",
    );
    let Some(key) = key? else {
        return Some(None);
    };
    let others = [
        ("push.apns_key_id", &key_id),
        ("push.apns_team_id", &team_id),
        ("push.apns_topic", &topic),
    ];
    let mut is_complete = true;
    for (name, _) in others.iter().filter(|(_, text)| text.is_empty()) {
        keys.problem(format!("push.apns_key is set, and {name} is not"));
        is_complete = false;
    }
    is_complete.then_some(Some(Apns {
        key,
        key_id,
        team_id,
        topic,
    }))
}

/// `None` comes with a problem; an empty text is no secret.
fn read_secret(keys: &mut Keys, name: &'static str, doc: &'static str) -> Option<Option<Secret>> {
    let given = keys.secret(name, doc).ok()?;
    Some(
        given
            .map(|(secret, _)| secret)
            .filter(|secret| !secret.reveal().is_empty()),
    )
}

fn read_texts(keys: &mut Keys) -> PushTexts {
    let default = PushTexts::default();
    PushTexts {
        message: keys.text(
            "push.text_message",
            &default.message,
            "What is shown of a message that has no words of its own, and of every message with hide_content.",
        ),
        picture: keys.text("push.text_picture", &default.picture, "What is shown of a picture."),
        voice: keys.text("push.text_voice", &default.voice, "What is shown of a voice message."),
        video: keys.text("push.text_video", &default.video, "What is shown of a video."),
        file: keys.text("push.text_file", &default.file, "What is shown of a file, before its name."),
        location: keys.text("push.text_location", &default.location, "What is shown of a location."),
        card: keys.text("push.text_card", &default.card, "What is shown of a contact card, before the name on it."),
        history: keys.text("push.text_history", &default.history, "What is shown of a forwarded conversation."),
        sticker: keys.text("push.text_sticker", &default.sticker, "What is shown of a sticker."),
    }
}
