//! Offline push: telling devices that are not connected that a message has come. `follow.rs` reads the message log and
//! promises pushes as jobs, `work.rs` carries them out, `decide.rs` says who gets one, `note.rs` what it says,
//! `register.rs` keeps the devices' tokens and `badge.rs` the number on the icon. The services themselves are behind
//! [`crate::ports::PushSender`].

mod badge;
mod decide;
mod follow;
mod note;
mod payload;
mod register;
mod silent;
mod work;

pub use badge::Badge;
pub use decide::{Receiver, is_worth_pushing, whom_to_push};
pub use follow::PushFollower;
pub use note::{PushNote, PushTexts};
pub(crate) use register::forget_devices;
pub use register::{DeletePushToken, RegisterPushToken};

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Notify;

use crate::Domain;
use crate::ids::{AccountKey, PushTokenKey, SessionKey};
use crate::ports::{Presence, PushSender};
use crate::sessions::Platform;
use crate::time::Millis;

/// A push service; the numbers are stored, the names are what applications write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum PushProvider {
    Apns = 1,
    /// Apple's service for applications that were built for development.
    ApnsSandbox = 2,
    Fcm = 3,
    WebPush = 4,
}

impl PushProvider {
    pub const ALL: [Self; 4] = [Self::Apns, Self::ApnsSandbox, Self::Fcm, Self::WebPush];

    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|provider| *provider as i64 == number)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Apns => "apns",
            Self::ApnsSandbox => "apns_sandbox",
            Self::Fcm => "fcm",
            Self::WebPush => "web_push",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|provider| provider.name() == name)
    }
}

/// A device that can be pushed to.
#[derive(Clone, PartialEq, Eq)]
pub struct PushToken {
    pub key: PushTokenKey,
    pub account: AccountKey,
    pub platform: Platform,
    /// The session that registered it and takes it along when it ends; `None` if an application server did.
    pub session: Option<SessionKey>,
    pub provider: PushProvider,
    /// What the provider knows the device by: a token, or the endpoint of a Web Push subscription.
    pub address: String,
    /// The keys of a Web Push subscription as JSON (`p256dh`, `auth`), otherwise "".
    pub secret: String,
    /// The application that the token is for, if it is not the one that the server is configured with: the topic of
    /// an APNs token.
    pub app_id: String,
    pub created_at: Millis,
    /// When it took a push the last time, or was registered.
    pub used_at: Millis,
    /// From then on it is not used; 0 for never.
    pub expires_at: Millis,
}

/// Whoever has a token's address can disturb its owner, so neither is shown.
impl std::fmt::Debug for PushToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PushToken")
            .field("key", &self.key)
            .field("account", &self.account)
            .field("platform", &self.platform)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

/// A token to add; the members are those of [`PushToken`].
#[derive(Clone)]
pub struct NewPushToken {
    pub account: AccountKey,
    pub platform: Platform,
    pub session: Option<SessionKey>,
    pub provider: PushProvider,
    pub address: String,
    pub secret: String,
    pub app_id: String,
    pub created_at: Millis,
    pub expires_at: Millis,
}

/// What a push service made of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushOutcome {
    Delivered,
    /// The device is not there any more: its token is removed.
    Gone,
    /// Not now. `after_ms` is how long the service wants to be left alone, 0 if it did not say.
    Retry {
        after_ms: Millis,
        reason: String,
    },
    /// Never, as it is: a wrong key, an unknown topic, a note it does not understand.
    Refused(String),
}

#[derive(Clone, Debug)]
pub struct Settings {
    /// Notes say who wrote, not what.
    pub hide_content: bool,
    pub texts: PushTexts,
    /// A message that is older is not pushed any more.
    pub time_to_live_ms: Millis,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hide_content: false,
            texts: PushTexts::default(),
            time_to_live_ms: 7 * 24 * 60 * 60 * 1000,
        }
    }
}

/// What the domain needs to push.
pub(crate) struct Pushing {
    pub sender: Option<Arc<dyn PushSender>>,
    pub presence: Arc<dyn Presence>,
    /// Wakes the workers when there is something to do.
    pub promised: Notify,
}

impl Default for Pushing {
    fn default() -> Self {
        Self {
            sender: None,
            presence: Arc::new(Nobody),
            promised: Notify::new(),
        }
    }
}

/// A presence without connections.
struct Nobody;

#[async_trait]
impl Presence for Nobody {
    async fn unreachable(&self, accounts: &[AccountKey]) -> Vec<AccountKey> {
        accounts.to_vec()
    }
}

impl Domain {
    /// Gives the domain the push services. Without them nothing is pushed.
    #[must_use]
    pub fn with_push_sender(mut self, sender: Arc<dyn PushSender>) -> Self {
        self.pushing.sender = Some(sender);
        self
    }

    /// Tells the domain who is connected. Without it everybody is taken for offline.
    #[must_use]
    pub fn with_presence(mut self, presence: Arc<dyn Presence>) -> Self {
        self.pushing.presence = presence;
        self
    }

    /// Whether anything is pushed at all.
    pub fn is_pushing(&self) -> bool {
        self.pushing.sender.is_some()
    }

    /// The public key that browsers subscribe with, if there is Web Push.
    pub fn web_push_key(&self) -> Option<String> {
        self.pushing.sender.as_ref()?.web_push_key()
    }
}
