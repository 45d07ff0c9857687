//! `/third/*`: which devices are pushed to, the number on an icon, and the logs that clients upload. What the original
//! does not have (`*_push_token`, `get_web_push_key`) is described in `docs/push.md`.

use std::sync::Arc;

use axum::Router;
use domain::caller::Caller;
use domain::client_logs::{ClientLogFilter, FoundClientLog, UploadClientLogs};
use domain::limits;
use domain::push::{DeletePushToken, PushProvider, RegisterPushToken};
use domain::sessions::Platform;
use domain::time::Millis;
use serde_json::{Value, json};
use wire::openim::rest::third::{
    DeletePushTokenRequest, FcmUpdateTokenRequest, GetWebPushKeyRequest, GetWebPushKeyResponse,
    LogInfo, LogsDeleteRequest, LogsSearchRequest, LogsSearchResponse, LogsUploadRequest,
    SetAppBadgeRequest, UpdatePushTokenRequest,
};

use super::{Routes, route};
use crate::Surface;
use crate::convert::{page, platform, user_id};
use crate::errors::{Answer, Refusal};

/// Of `expireTime`: a number up to here (ten years) is a time to live, a larger one a moment, both in seconds. The
/// original's description says moment, its code keeps the token for so long.
const LIFE_S_MAX: i64 = 10 * 365 * 24 * 60 * 60;

pub(super) fn routes() -> Routes {
    Router::new()
        .route("/fcm_update_token", route(fcm_update_token))
        .route("/update_push_token", route(update_push_token))
        .route("/delete_push_token", route(delete_push_token))
        .route("/get_web_push_key", route(get_web_push_key))
        .route("/set_app_badge", route(set_app_badge))
        .route("/logs/upload", route(upload_logs))
        .route("/logs/delete", route(delete_logs))
        .route("/logs/search", route(search_logs))
}

async fn fcm_update_token(
    surface: Arc<Surface>,
    caller: Caller,
    request: FcmUpdateTokenRequest,
) -> Answer<()> {
    let command = RegisterPushToken {
        owner: user_id("account", &request.account)?,
        platform: platform(request.platform_id)?,
        provider: PushProvider::Fcm,
        address: request.fcm_token,
        secret: String::new(),
        app_id: String::new(),
        expires_at: expires_at(request.expire_time, surface.domain.now())?,
    };
    Ok(surface.domain.register_push_token(&caller, command).await?)
}

async fn update_push_token(
    surface: Arc<Surface>,
    caller: Caller,
    request: UpdatePushTokenRequest,
) -> Answer<()> {
    let provider = provider(&request.provider)?;
    let (address, secret) = address(provider, request.token)?;
    let command = RegisterPushToken {
        owner: user_id("userID", &request.user_id)?,
        platform: platform(request.platform_id)?,
        provider,
        address,
        secret,
        app_id: request.app_id,
        expires_at: expires_at(request.expire_time, surface.domain.now())?,
    };
    Ok(surface.domain.register_push_token(&caller, command).await?)
}

async fn delete_push_token(
    surface: Arc<Surface>,
    caller: Caller,
    request: DeletePushTokenRequest,
) -> Answer<()> {
    let provider = provider(&request.provider)?;
    let command = DeletePushToken {
        owner: user_id("userID", &request.user_id)?,
        provider,
        address: address(provider, request.token)?.0,
    };
    Ok(surface.domain.delete_push_token(&caller, command).await?)
}

async fn get_web_push_key(
    surface: Arc<Surface>,
    _caller: Caller,
    _request: GetWebPushKeyRequest,
) -> Answer<GetWebPushKeyResponse> {
    Ok(GetWebPushKeyResponse {
        public_key: surface.domain.web_push_key().unwrap_or_default(),
    })
}

async fn set_app_badge(
    surface: Arc<Surface>,
    caller: Caller,
    request: SetAppBadgeRequest,
) -> Answer<()> {
    let owner = user_id("userID", &request.user_id)?;
    let shown = i64::from(request.app_unread_count);
    Ok(surface.domain.set_app_badge(&caller, &owner, shown).await?)
}

async fn upload_logs(
    surface: Arc<Surface>,
    caller: Caller,
    request: LogsUploadRequest,
) -> Answer<()> {
    let command = UploadClientLogs {
        // The SDK names its platform; a token knows it as well.
        platform: match request.platform {
            0 => caller.platform,
            number => platform(number)?,
        },
        app_framework: request.app_framework,
        version: request.version,
        ex: request.ex,
        files: request
            .file_urls
            .into_iter()
            .map(|file| (file.filename, file.url))
            .collect(),
    };
    Ok(surface.domain.upload_client_logs(&caller, command).await?)
}

async fn delete_logs(
    surface: Arc<Surface>,
    caller: Caller,
    request: LogsDeleteRequest,
) -> Answer<()> {
    Ok(surface
        .domain
        .delete_client_logs(&caller, &request.log_ids)
        .await?)
}

async fn search_logs(
    surface: Arc<Surface>,
    caller: Caller,
    request: LogsSearchRequest,
) -> Answer<LogsSearchResponse> {
    let filter = ClientLogFilter {
        keyword: request.keyword,
        from: request.start_time,
        until: request.end_time,
    };
    let page = page(request.pagination.as_ref(), limits::PAGE_ROWS_MAX as u32)?;
    let (total, found) = surface.domain.client_logs(&caller, &filter, page).await?;
    Ok(LogsSearchResponse {
        logs_infos: found.into_iter().map(log_info).collect(),
        total: u32::try_from(total).unwrap_or(u32::MAX),
    })
}

fn log_info(found: FoundClientLog) -> LogInfo {
    let FoundClientLog {
        log,
        user_id,
        nickname,
    } = found;
    LogInfo {
        user_id: user_id.to_string(),
        platform: platform_name(log.platform).to_owned(),
        url: log.url,
        create_time: log.created_at,
        nickname,
        log_id: log.id,
        filename: log.filename,
        system_type: log.app_framework,
        ex: log.ex,
        version: log.version,
    }
}

/// The names of platforms as the original writes them.
fn platform_name(platform: Platform) -> &'static str {
    match platform {
        Platform::Ios => "IOS",
        Platform::Android => "Android",
        Platform::Windows => "Windows",
        Platform::Mac => "OSX",
        Platform::Web => "Web",
        Platform::MiniWeb => "MiniWeb",
        Platform::Linux => "Linux",
        Platform::AndroidPad => "APad",
        Platform::Ipad => "IPad",
        Platform::Admin => "Admin",
        Platform::Harmony => "HarmonyOS",
    }
}

fn provider(name: &str) -> Answer<PushProvider> {
    PushProvider::from_name(name)
        .ok_or_else(|| Refusal::args("provider must be apns, apns_sandbox, fcm or web_push"))
}

/// What the provider knows the device by, and the keys that come with it.
fn address(provider: PushProvider, token: Value) -> Answer<(String, String)> {
    match (provider, token) {
        (PushProvider::WebPush, Value::String(text)) => match serde_json::from_str(&text) {
            Ok(subscription @ Value::Object(_)) => subscribed(&subscription),
            _ => Err(Refusal::args("token must be the browser's subscription")),
        },
        (PushProvider::WebPush, subscription @ Value::Object(_)) => subscribed(&subscription),
        (PushProvider::WebPush, _) => {
            Err(Refusal::args("token must be the browser's subscription"))
        }
        (_, Value::String(text)) => Ok((text, String::new())),
        (_, _) => Err(Refusal::args("token must be a text")),
    }
}

/// Endpoint and keys of a `PushSubscription`.
fn subscribed(subscription: &Value) -> Answer<(String, String)> {
    let text = |value: &Value, name: &'static str| {
        let text = value.as_str().filter(|text| !text.is_empty());
        text.map(str::to_owned)
            .ok_or_else(|| Refusal::args(format!("the subscription has no {name}")))
    };
    let endpoint = text(&subscription["endpoint"], "endpoint")?;
    let keys = &subscription["keys"];
    let keys = json!({
        "p256dh": text(&keys["p256dh"], "keys.p256dh")?,
        "auth": text(&keys["auth"], "keys.auth")?,
    });
    Ok((endpoint, keys.to_string()))
}

/// When a token ends, in the domain's milliseconds; 0 for never.
fn expires_at(expire_time: i64, now: Millis) -> Answer<Millis> {
    match expire_time {
        0 => Ok(0),
        life if (1..=LIFE_S_MAX).contains(&life) => Ok(now + life * 1000),
        moment if moment > 0 => Ok(moment.saturating_mul(1000)),
        _ => Err(Refusal::args("expireTime must not be negative")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_is_read_as_an_object_and_as_its_text() {
        let subscription = json!({
            "endpoint": "https://push.example/1", "expirationTime": null, "keys": {"auth": "a", "p256dh": "p"}
        });
        let expected = (
            "https://push.example/1".to_owned(),
            json!({"auth": "a", "p256dh": "p"}).to_string(),
        );
        for token in [subscription.clone(), Value::from(subscription.to_string())] {
            assert_eq!(address(PushProvider::WebPush, token), Ok(expected.clone()));
        }
        for bad in [
            json!("x"),
            json!(1),
            json!({}),
            json!({"endpoint": "e", "keys": {"auth": "a"}}),
        ] {
            assert!(
                address(PushProvider::WebPush, bad.clone()).is_err(),
                "{bad}"
            );
        }
        assert!(address(PushProvider::Fcm, json!({})).is_err());
        assert_eq!(
            address(PushProvider::Fcm, json!("t")),
            Ok(("t".into(), String::new()))
        );
    }

    #[test]
    fn a_small_expire_time_is_a_life_and_a_large_one_a_moment() {
        let now = 1_800_000_000_000;
        assert_eq!(expires_at(0, now), Ok(0));
        assert_eq!(expires_at(3600, now), Ok(now + 3_600_000));
        assert_eq!(expires_at(1_800_000_100, now), Ok(now + 100_000));
        assert_eq!(expires_at(i64::MAX, now), Ok(i64::MAX));
        assert!(expires_at(-1, now).is_err());
    }
}
