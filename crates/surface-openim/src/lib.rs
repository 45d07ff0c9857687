//! The OpenIM surface: what unmodified OpenIM 3.8 SDKs and their application servers talk to. It decodes, asks the
//! domain, encodes. `auth.rs` proves who asks, `routes/` is REST, `socket.rs` is the WebSocket with its requests in
//! `requests.rs`, `encode.rs` is what devices are told, `convert.rs` and `errors.rs` are the spellings.

mod address;
mod auth;
mod convert;
mod dial;
mod encode;
mod errors;
mod http_range;
mod requests;
mod routes;
mod sends;
mod socket;

pub use convert::message_option;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use domain::Domain;
use domain::caller::Caller;
use domain::ids::{Ids, UserId};
use domain::sessions::Platform;
use realtime::Realtime;

use crate::auth::Tokens;

#[derive(Clone)]
pub struct Settings {
    /// Signs tokens, and is what an application server proves itself with.
    pub secret: String,
    /// The users that administrate; their accounts must exist.
    pub admin_user_ids: Vec<String>,
    /// How long a token lives.
    pub token_life: Duration,
    /// The address of the REST API as clients see it; without it, it is taken from each request.
    pub public_url: Option<String>,
}

/// The surface and what it needs: one for the process, shared by its listeners.
pub struct Surface {
    domain: Arc<Domain>,
    realtime: Arc<Realtime>,
    tokens: Tokens,
    public_url: Option<String>,
    sends: sends::Sends,
    /// For the ids of notifications and operations, which only have to differ.
    ids: Ids,
}

impl Surface {
    /// `ids` must be seeded differently in every process.
    pub fn new(
        domain: Arc<Domain>,
        realtime: Arc<Realtime>,
        ids: Ids,
        settings: Settings,
    ) -> Arc<Self> {
        let tokens = Tokens::new(
            settings.secret,
            settings.token_life,
            settings.admin_user_ids,
        );
        Arc::new(Self {
            domain,
            realtime,
            tokens,
            public_url: settings.public_url,
            sends: sends::Sends::default(),
            ids,
        })
    }

    /// The REST routes, at the root.
    pub fn api_router(self: &Arc<Self>) -> Router {
        routes::router(self.clone())
    }

    /// The routes that carry the bytes of files, at the root. They are apart because no limit of a request's size or
    /// time fits them; they have limits of their own.
    pub fn transfer_router(self: &Arc<Self>) -> Router {
        routes::transfer_router(self.clone())
    }

    /// The WebSocket, on any path.
    pub fn socket_router(self: &Arc<Self>) -> Router {
        dial::router(self.clone())
    }

    /// A token for a user's device, made by `caller`; for the command line.
    ///
    /// # Errors
    ///
    /// Says in words why there is none: the account is unknown, or is not one that logs in.
    pub async fn issue_token(
        &self,
        caller: &Caller,
        user_id: UserId,
        platform: Platform,
    ) -> Result<String, String> {
        let issued = self
            .tokens
            .issue_user(&self.domain, caller, user_id, platform)
            .await;
        issued
            .map(|issued| issued.token)
            .map_err(|refusal| format!("{}: {}", refusal.name(), refusal.detail))
    }

    fn operation_id(&self) -> String {
        self.ids.hex32()
    }

    fn message_id(&self) -> String {
        self.ids.hex32()
    }
}
