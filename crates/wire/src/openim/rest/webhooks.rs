//! Bodies of `/webhooks/*`, which the original does not have: the log of requests to the application's server.

use serde::{Deserialize, Serialize};

/// Body of `POST /webhooks/get_deliveries`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetDeliveriesRequest {
    /// "done", "refused" or "failed"; empty: all.
    pub outcome: String,
}

/// Data of the answer to `POST /webhooks/get_deliveries`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetDeliveriesResponse {
    /// Of the node that answers, newest first.
    pub deliveries: Vec<DeliveryInfo>,
    /// After-hooks that were set aside, newest first.
    pub dead_letters: Vec<DeadLetterInfo>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeliveryInfo {
    /// Milliseconds.
    pub time: i64,
    /// The name in the configuration.
    pub hook: String,
    /// What the request carried as `X-Switchboard-Delivery`.
    #[serde(rename = "deliveryID")]
    pub delivery_id: String,
    #[serde(rename = "operationID")]
    pub operation_id: String,
    pub outcome: String,
    pub detail: String,
    pub duration_ms: i64,
    /// From 1.
    pub attempt: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeadLetterInfo {
    #[serde(rename = "jobID")]
    pub job_id: i64,
    pub hook: String,
    #[serde(rename = "deliveryID")]
    pub delivery_id: String,
    #[serde(rename = "operationID")]
    pub operation_id: String,
    /// Milliseconds.
    pub time: i64,
    pub attempts: i32,
    /// Why the last attempt failed.
    pub error: String,
    /// What is posted.
    pub body: String,
}

/// Body of `POST /webhooks/replay`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplayRequest {
    /// Empty: all that were set aside.
    #[serde(rename = "jobIDs")]
    pub job_ids: Vec<i64>,
}

/// Data of the answer to `POST /webhooks/replay`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplayResponse {
    pub replayed: i32,
}
