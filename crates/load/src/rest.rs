//! The REST calls of an application's back end and of a client that logs in, over one kept connection or a few.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use reqwest::Client;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;
use wire::openim::rest::auth::TokenResponse;
use wire::openim::rest::user::UserRegisterRequest;
use wire::openim::rest::{Reply, UserInfo};

/// Users in one registration.
const REGISTER_MAX: usize = 500;

/// Calls of a batch under way at a time.
pub const CALLS_MAX: usize = 32;

/// Somebody with a token.
#[derive(Clone, Debug)]
pub struct Rest {
    client: Client,
    address: SocketAddr,
    token: String,
}

impl Rest {
    pub fn new(address: SocketAddr, token: String) -> Result<Rest> {
        let client = Client::builder()
            .no_proxy()
            .tcp_nodelay(true)
            .timeout(Duration::from_secs(30))
            .build()?;
        Ok(Rest {
            client,
            address,
            token,
        })
    }

    /// Posts and returns the answer's bytes, compressed if the server chose to, with the name of that encoding.
    pub async fn post_raw(&self, path: &str, body: &impl Serialize) -> Result<(Bytes, String)> {
        let request = self
            .client
            .post(format!("http://{}{path}", self.address))
            .header("operationID", "switchboard-load")
            .header("token", &self.token)
            .header("accept-encoding", "gzip")
            .json(body);
        let response = request.send().await.with_context(|| path.to_owned())?;
        let status = response.status();
        ensure!(status.is_success(), "{path} answered {status}");
        let encoding = response.headers().get("content-encoding");
        let encoding = encoding.and_then(|value| value.to_str().ok());
        let encoding = encoding.unwrap_or_default().to_owned();
        Ok((response.bytes().await?, encoding))
    }

    /// Posts and reads the data of the answer.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        let (bytes, encoding) = self.post_raw(path, body).await?;
        let reply: Reply<T> = read(&bytes, &encoding).with_context(|| path.to_owned())?;
        reply.data.with_context(|| format!("{path}: no data"))
    }
}

/// Reads an answer; an error code in it is an error.
pub fn read<T: DeserializeOwned>(bytes: &[u8], encoding: &str) -> Result<Reply<T>> {
    let mut plain = Vec::new();
    let json = match encoding {
        "" => bytes,
        _ => {
            std::io::copy(&mut flate2::read::GzDecoder::new(bytes), &mut plain)?;
            &plain
        }
    };
    let reply: Reply<T> = serde_json::from_slice(json)?;
    ensure!(
        reply.err_code == 0,
        "the server refused: {} {} {}",
        reply.err_code,
        reply.err_msg,
        reply.err_dlt
    );
    Ok(reply)
}

/// The administrator.
#[derive(Clone, Debug)]
pub struct Admin(Rest);

impl Admin {
    pub async fn log_in(address: SocketAddr, secret: &str, user: &str) -> Result<Admin> {
        let mut rest = Rest::new(address, String::new())?;
        let body = json!({ "secret": secret, "userID": user });
        let token: TokenResponse = rest.post("/auth/get_admin_token", &body).await?;
        rest.token = token.token;
        Ok(Admin(rest))
    }

    pub fn rest(&self) -> &Rest {
        &self.0
    }

    pub async fn register(&self, users: &[String]) -> Result<()> {
        for users in users.chunks(REGISTER_MAX) {
            let users = users.iter().map(|user| UserInfo {
                user_id: user.clone(),
                nickname: user.clone(),
                ..UserInfo::default()
            });
            let body = UserRegisterRequest {
                users: users.collect(),
            };
            let (bytes, encoding) = self.0.post_raw("/user/user_register", &body).await?;
            read::<serde_json::Value>(&bytes, &encoding).context("/user/user_register")?;
        }
        Ok(())
    }

    /// One token for each user, in their order.
    pub async fn tokens(&self, users: &[String], platform: i32) -> Result<Vec<String>> {
        let calls = users.iter().map(|user| async move {
            let body = json!({ "userID": user, "platformID": platform });
            let token: TokenResponse = self.0.post("/auth/get_user_token", &body).await?;
            anyhow::Ok(token.token)
        });
        stream::iter(calls).buffered(CALLS_MAX).try_collect().await
    }

    /// Sends one text message for each sender to `receiver`.
    pub async fn send_texts(&self, senders: &[String], receiver: &str, text: &str) -> Result<()> {
        let calls = senders.iter().map(|sender| async move {
            let body = json!({
                "sendID": sender, "recvID": receiver, "senderNickname": sender, "senderPlatformID": 1,
                "content": { "content": text }, "contentType": 101, "sessionType": 1,
            });
            let _: serde_json::Value = self.0.post("/msg/send_msg", &body).await?;
            anyhow::Ok(())
        });
        let mut calls = stream::iter(calls).buffer_unordered(CALLS_MAX);
        while let Some(sent) = calls.next().await {
            sent?;
        }
        Ok(())
    }
}
