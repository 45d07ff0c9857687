//! Bodies of `/object/*`: files in parts, by form, and their addresses.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Data of the answer to `POST /object/part_limit`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PartLimitResponse {
    pub min_part_size: i64,
    pub max_part_size: i64,
    /// The most parts of one upload.
    pub max_num_size: i32,
}

/// Body of `POST /object/part_size`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PartSizeRequest {
    /// Required.
    pub size: i64,
}

/// Data of the answer to `POST /object/part_size`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PartSizeResponse {
    pub size: i64,
}

/// Body of `POST /object/initiate_multipart_upload`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InitiateMultipartUploadRequest {
    /// Required: lower-case hexadecimal MD5 of the comma-joined hexadecimal MD5s of the parts.
    pub hash: String,
    /// Required, not 0.
    pub size: i64,
    pub part_size: i64,
    /// How many parts are to be signed at once; the client's number of parts, at most 20.
    pub max_parts: i32,
    pub cause: String,
    /// Required; begins with the caller's user id and a slash.
    pub name: String,
    pub content_type: String,
    /// Ignored.
    pub url_prefix: String,
}

/// Data of the answer to `POST /object/initiate_multipart_upload`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InitiateMultipartUploadResponse {
    /// Where the file is, if its content was known; then there is no `upload`.
    pub url: String,
    pub upload: Option<UploadInfo>,
}

/// Body of `POST /object/auth_sign`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuthSignRequest {
    /// Required.
    #[serde(rename = "uploadID")]
    pub upload_id: String,
    /// Required; from 1.
    pub part_numbers: Vec<i32>,
}

/// Body of `POST /object/complete_multipart_upload`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CompleteMultipartUploadRequest {
    /// Required.
    #[serde(rename = "uploadID")]
    pub upload_id: String,
    /// Required: the hexadecimal MD5 of each part, in order.
    pub parts: Vec<String>,
    /// Required.
    pub name: String,
    pub content_type: String,
    pub cause: String,
    /// Ignored.
    pub url_prefix: String,
}

/// Data of an answer that says where a file is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UrlResponse {
    pub url: String,
}

/// Body of `POST /object/access_url`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccessUrlRequest {
    /// Required.
    pub name: String,
    /// `type`, `width`, `height` and `format` of a thumbnail.
    pub query: BTreeMap<String, String>,
}

/// Data of the answer to `POST /object/access_url`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccessUrlResponse {
    pub url: String,
    /// Milliseconds.
    pub expire_time: i64,
}

/// Body of `POST /object/initiate_form_data`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InitiateFormDataRequest {
    /// Required; begins with the caller's user id and a slash.
    pub name: String,
    /// Required, not 0.
    pub size: i64,
    pub content_type: String,
    pub group: String,
    pub millisecond: i64,
    pub absolute: bool,
}

/// Data of the answer to `POST /object/initiate_form_data`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InitiateFormDataResponse {
    pub id: String,
    /// Where the form is posted to.
    pub url: String,
    /// The name of the form's field for the file.
    pub file: String,
    pub header: Vec<KeyValues>,
    /// Fields that the form must have before the file.
    pub form_data: BTreeMap<String, String>,
    /// Milliseconds.
    pub expires: i64,
    /// HTTP statuses of a success.
    pub success_codes: Vec<i32>,
}

/// Body of `POST /object/complete_form_data`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CompleteFormDataRequest {
    /// Required.
    pub id: String,
    /// Ignored.
    pub url_prefix: String,
}

/// `third.UploadInfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UploadInfo {
    #[serde(rename = "uploadID")]
    pub upload_id: String,
    /// Must be the one that the client has computed its hash with.
    pub part_size: i64,
    pub sign: Option<AuthSignParts>,
    /// Milliseconds.
    pub expire_time: i64,
}

/// `third.AuthSignParts`; also the data of the answer to `POST /object/auth_sign`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuthSignParts {
    /// Used for parts without an address of their own.
    pub url: String,
    /// Added to every part.
    pub query: Vec<KeyValues>,
    /// Added to every part.
    pub header: Vec<KeyValues>,
    pub parts: Vec<SignPart>,
}

/// `third.SignPart`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SignPart {
    /// From 1.
    pub part_number: i32,
    pub url: String,
    pub query: Vec<KeyValues>,
    pub header: Vec<KeyValues>,
}

/// `third.KeyValues`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KeyValues {
    pub key: String,
    pub values: Vec<String>,
}

impl KeyValues {
    pub fn one(key: &str, value: impl Into<String>) -> Self {
        Self {
            key: key.to_owned(),
            values: vec![value.into()],
        }
    }
}
