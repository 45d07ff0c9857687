//! The element JSON inside `MsgData.content` (messages.md §3), as far as the server must look into it:
//! `POST /msg/send_msg` checks what an application server sends. What users send over the socket is opaque.

use super::content_type;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Content types that `POST /msg/send_msg` accepts.
pub const SENDABLE: [i32; 8] = [
    content_type::TEXT,
    content_type::PICTURE,
    content_type::SOUND,
    content_type::VIDEO,
    content_type::FILE,
    content_type::AT_TEXT,
    content_type::CUSTOM,
    content_type::OA_NOTIFICATION,
];

/// Users one message may address with @.
pub const AT_USERS_MAX: usize = 1000;

/// Checks an element by the rules of rest.md `/msg/send_msg`; the error is a text for `errDlt`.
/// Zero and "" count as missing, as in the original's validator. Ask [`SENDABLE`] first: the original has
/// another error code for a content type it does not know.
pub fn validate(content_type: i32, content: &Value) -> Result<(), String> {
    match content_type {
        content_type::TEXT => read::<TextElem>(content)?.check(),
        content_type::PICTURE => read::<PictureElem>(content)?.check(),
        content_type::SOUND => read::<SoundElem>(content)?.check(),
        content_type::VIDEO => read::<VideoElem>(content)?.check(),
        content_type::FILE => read::<FileElem>(content)?.check(),
        content_type::AT_TEXT => read::<AtTextElem>(content)?.check(),
        content_type::CUSTOM => read::<CustomElem>(content)?.check(),
        content_type::OA_NOTIFICATION => read::<OaNotificationElem>(content)?.check(),
        _ => Err("unsupported content type".to_owned()),
    }
}

/// Content type 101.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TextElem {
    pub content: String,
}

/// Content type 102: the original picture and two smaller ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PictureElem {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source_path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_picture: Option<PictureBaseInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub big_picture: Option<PictureBaseInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_picture: Option<PictureBaseInfo>,
}

/// One size of a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PictureBaseInfo {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uuid: String,
    /// "png" or "image/png".
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Bytes.
    pub size: i64,
    /// Pixels.
    pub width: i32,
    /// Pixels.
    pub height: i32,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
}

/// Content type 103.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SoundElem {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uuid: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sound_path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source_url: String,
    /// Bytes.
    pub data_size: i64,
    /// Seconds.
    pub duration: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sound_type: String,
}

/// Content type 104.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VideoElem {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub video_path: String,
    #[serde(rename = "videoUUID", skip_serializing_if = "String::is_empty")]
    pub video_uuid: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub video_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub video_type: String,
    /// Bytes.
    pub video_size: i64,
    /// Seconds.
    pub duration: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub snapshot_path: String,
    #[serde(rename = "snapshotUUID", skip_serializing_if = "String::is_empty")]
    pub snapshot_uuid: String,
    /// Bytes.
    pub snapshot_size: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub snapshot_url: String,
    /// Pixels.
    pub snapshot_width: i32,
    /// Pixels.
    pub snapshot_height: i32,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub snapshot_type: String,
}

/// Content type 105.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FileElem {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file_path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uuid: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file_name: String,
    /// Bytes.
    pub file_size: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file_type: String,
}

/// Content type 106.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AtTextElem {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub at_user_list: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub at_users_info: Vec<AtUserInfo>,
    /// A message as the client libraries write it; opaque here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote_message: Option<Value>,
    pub is_at_self: bool,
}

/// The name by which a message addresses a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AtUserInfo {
    #[serde(rename = "atUserID", skip_serializing_if = "String::is_empty")]
    pub at_user_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group_nickname: String,
}

/// Content types 110, 119 and 120.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CustomElem {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub data: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub extension: String,
}

/// Content type 1400. On the wire it is the `detail` text of a notification: see [`super::tips::notification_content`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OaNotificationElem {
    pub notification_name: String,
    #[serde(rename = "notificationFaceURL")]
    pub notification_face_url: String,
    pub notification_type: i32,
    pub text: String,
    pub url: String,
    /// 0 text, 1 with picture, 2 with video, 3 with file.
    pub mix_type: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture_elem: Option<PictureElem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sound_elem: Option<SoundElem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video_elem: Option<VideoElem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_elem: Option<FileElem>,
    pub ex: String,
}

fn read<'de, T: Deserialize<'de>>(content: &'de Value) -> Result<T, String> {
    if !content.is_object() {
        return Err("content must be an object".to_owned());
    }
    T::deserialize(content).map_err(|error| format!("content: {error}"))
}

/// The first rule that does not hold names the field.
fn require(rules: &[(&str, bool)]) -> Result<(), String> {
    match rules.iter().find(|(_, holds)| !holds) {
        Some((field, _)) => Err(format!("content.{field} is missing or out of range")),
        None => Ok(()),
    }
}

impl TextElem {
    fn check(&self) -> Result<(), String> {
        require(&[("content", !self.content.is_empty())])
    }
}

impl PictureElem {
    fn check(&self) -> Result<(), String> {
        let is_whole = |picture: &Option<PictureBaseInfo>| {
            picture.as_ref().is_some_and(PictureBaseInfo::is_whole)
        };
        require(&[
            ("sourcePicture", is_whole(&self.source_picture)),
            ("bigPicture", is_whole(&self.big_picture)),
            ("snapshotPicture", is_whole(&self.snapshot_picture)),
        ])
    }
}

impl PictureBaseInfo {
    fn is_whole(&self) -> bool {
        !self.kind.is_empty() && self.width != 0 && self.height != 0 && !self.url.is_empty()
    }
}

impl SoundElem {
    fn check(&self) -> Result<(), String> {
        require(&[
            ("sourceUrl", !self.source_url.is_empty()),
            ("duration", self.duration >= 1),
        ])
    }
}

impl VideoElem {
    fn check(&self) -> Result<(), String> {
        require(&[
            ("videoUrl", !self.video_url.is_empty()),
            ("videoType", !self.video_type.is_empty()),
            ("videoSize", self.video_size != 0),
            ("duration", self.duration != 0),
            ("snapshotUrl", !self.snapshot_url.is_empty()),
            ("snapshotWidth", self.snapshot_width != 0),
            ("snapshotHeight", self.snapshot_height != 0),
        ])
    }
}

impl FileElem {
    fn check(&self) -> Result<(), String> {
        require(&[
            ("sourceUrl", !self.source_url.is_empty()),
            ("fileName", !self.file_name.is_empty()),
            ("fileSize", self.file_size != 0),
        ])
    }
}

impl AtTextElem {
    fn check(&self) -> Result<(), String> {
        require(&[(
            "atUserList",
            (1..=AT_USERS_MAX).contains(&self.at_user_list.len()),
        )])
    }
}

impl CustomElem {
    fn check(&self) -> Result<(), String> {
        require(&[("data", !self.data.is_empty())])
    }
}

impl OaNotificationElem {
    fn check(&self) -> Result<(), String> {
        require(&[
            ("notificationName", !self.notification_name.is_empty()),
            ("notificationType", self.notification_type != 0),
            ("text", !self.text.is_empty()),
            ("mixType", (0..=5).contains(&self.mix_type)),
        ])
    }
}
