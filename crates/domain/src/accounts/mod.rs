//! People and the accounts that stand for them: who they are, what they keep with us. Registering is in
//! `register.rs`, changing in `update.rs`, looking up in `find.rs`, a person's small key-value store in
//! `favourites.rs`.

mod favourites;
mod find;
mod register;
mod update;

pub use favourites::{PutFavourite, UpdateFavourite};
pub use register::{NewAccount, Registration};
pub use update::UpdateAccount;

use crate::ids::{AccountKey, UserId};
use crate::time::Millis;

/// An account, as everybody may see it; credentials and sessions hang off its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub key: AccountKey,
    pub user_id: UserId,
    pub nickname: String,
    pub face_url: String,
    /// Text that the application keeps with the account.
    pub ex: String,
    pub kind: AccountKind,
    /// The role of a member of staff; `None` for everybody else.
    pub staff: Option<StaffRole>,
    /// How the account takes messages that no conversation setting decides.
    pub receive: Receive,
    pub created_at: Millis,
    /// Grows whenever something changes that the gate decides on; see `messages/send.rs`.
    pub policy: i64,
}

/// What kind of account it is. The numbers are stored and are OpenIM's `appMangerLevel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum AccountKind {
    User = 1,
    Administrator = 2,
    /// Speaks to people, is never logged in.
    Notification = 3,
    Robot = 4,
}

impl AccountKind {
    pub fn from_number(number: i64) -> Option<Self> {
        [
            Self::User,
            Self::Administrator,
            Self::Notification,
            Self::Robot,
        ]
        .into_iter()
        .find(|kind| *kind as i64 == number)
    }

    /// Whether a person or device may log in as it.
    pub fn logs_in(self) -> bool {
        matches!(self, Self::User | Self::Administrator)
    }
}

/// What a member of staff may do; from the most to the least powerful.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum StaffRole {
    Superadmin = 1,
    Moderator = 2,
    Agent = 3,
    Viewer = 4,
}

impl StaffRole {
    pub const ALL: [Self; 4] = [Self::Superadmin, Self::Moderator, Self::Agent, Self::Viewer];

    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|role| *role as i64 == number)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Superadmin => "superadmin",
            Self::Moderator => "moderator",
            Self::Agent => "agent",
            Self::Viewer => "viewer",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// How messages are taken; the numbers are stored and are OpenIM's `recvMsgOpt`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum Receive {
    #[default]
    Notify = 0,
    /// Messages are refused without telling the sender.
    Nothing = 1,
    /// Messages arrive, devices stay silent.
    Silently = 2,
}

impl Receive {
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::Notify, Self::Nothing, Self::Silently]
            .into_iter()
            .find(|receive| *receive as i64 == number)
    }
}

/// One entry of an account's own key-value store (OpenIM's "user command", used for favourites).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Favourite {
    pub kind: i32,
    pub uuid: String,
    pub value: String,
    pub ex: String,
    pub created_at: Millis,
}
