//! Login sessions: the one record behind every token format. A surface makes and reads its own kind of token and
//! keeps only the token's digest here. `open.rs` starts a session and applies the multi-login policy, `check.rs`
//! says whether a token still counts, `revoke.rs` ends sessions.

mod check;
mod open;
mod revoke;

pub use check::SessionCheck;
pub use open::OpenSession;
pub use revoke::RevokeSessions;

use crate::ids::{AccountKey, SessionKey};
use crate::time::Millis;

/// SHA-256 of a token; the token itself is never stored.
pub type TokenDigest = [u8; 32];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub key: SessionKey,
    pub account: AccountKey,
    pub platform: Platform,
    pub digest: TokenDigest,
    pub state: SessionState,
    pub created_at: Millis,
    pub expires_at: Millis,
}

/// Whether a session still counts; the numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i16)]
pub enum SessionState {
    Live = 0,
    /// Ended by another login or by an administrator.
    Kicked = 2,
}

impl SessionState {
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::Live, Self::Kicked]
            .into_iter()
            .find(|state| *state as i64 == number)
    }
}

/// The kind of device that a session runs on; the numbers are OpenIM's `platformID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Platform {
    Ios = 1,
    Android = 2,
    Windows = 3,
    Mac = 4,
    Web = 5,
    MiniWeb = 6,
    Linux = 7,
    AndroidPad = 8,
    Ipad = 9,
    /// Administration: never a socket.
    Admin = 10,
    Harmony = 11,
}

impl Platform {
    pub const ALL: [Self; 11] = [
        Self::Ios,
        Self::Android,
        Self::Windows,
        Self::Mac,
        Self::Web,
        Self::MiniWeb,
        Self::Linux,
        Self::AndroidPad,
        Self::Ipad,
        Self::Admin,
        Self::Harmony,
    ];

    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|platform| *platform as i64 == number)
    }

    pub fn number(self) -> i32 {
        self as i32
    }

    /// The class that the "one of a class" policies count by (`reference/openim/tokens.md`, platform classes).
    pub fn class(self) -> PlatformClass {
        match self {
            Self::Ios | Self::Android => PlatformClass::Mobile,
            Self::Windows | Self::Mac | Self::Linux => PlatformClass::Pc,
            Self::Web => PlatformClass::Web,
            Self::MiniWeb => PlatformClass::MiniWeb,
            Self::AndroidPad | Self::Ipad => PlatformClass::Pad,
            Self::Admin => PlatformClass::Admin,
            Self::Harmony => PlatformClass::Harmony,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlatformClass {
    Mobile,
    Pc,
    Web,
    MiniWeb,
    Pad,
    Admin,
    Harmony,
}

/// A set of platforms, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Platforms(pub u16);

impl Platforms {
    pub fn of(platforms: impl IntoIterator<Item = Platform>) -> Self {
        Self(
            platforms
                .into_iter()
                .fold(0, |bits, platform| bits | 1 << platform as u16),
        )
    }

    pub fn contains(self, platform: Platform) -> bool {
        self.0 & (1 << platform as u16) != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Platform> {
        Platform::ALL
            .into_iter()
            .filter(move |platform| self.contains(*platform))
    }
}

/// How many sessions of one account may live beside each other (`reference/openim/tokens.md`, multi-login).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MultiLogin {
    /// Policy 0: any number of connections, at most this many sessions per platform.
    Unlimited { per_platform_max: usize },
    /// Policy 1: one per platform.
    OnePerPlatform,
    /// Policy 4: one per class of platforms.
    OnePerClass,
    /// Policy 5: any number of PC terminals, and one other.
    PcAndOneOther,
}

impl MultiLogin {
    /// The platforms whose older sessions a login on `platform` ends.
    pub fn replaced_by(self, platform: Platform) -> Platforms {
        match self {
            Self::Unlimited { .. } => Platforms::default(),
            Self::OnePerPlatform => Platforms::of([platform]),
            Self::OnePerClass => Platforms::of(
                Platform::ALL
                    .into_iter()
                    .filter(|other| other.class() == platform.class()),
            ),
            Self::PcAndOneOther if platform.class() == PlatformClass::Pc => Platforms::default(),
            Self::PcAndOneOther => Platforms::of(
                Platform::ALL
                    .into_iter()
                    .filter(|other| other.class() != PlatformClass::Pc),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_replaces_what_its_policy_says() {
        let numbers = |policy: MultiLogin, platform| {
            policy
                .replaced_by(platform)
                .iter()
                .map(Platform::number)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            numbers(
                MultiLogin::Unlimited {
                    per_platform_max: 30
                },
                Platform::Web
            ),
            Vec::<i32>::new()
        );
        assert_eq!(numbers(MultiLogin::OnePerPlatform, Platform::Web), [5]);
        assert_eq!(numbers(MultiLogin::OnePerClass, Platform::Ios), [1, 2]);
        assert_eq!(numbers(MultiLogin::OnePerClass, Platform::Linux), [3, 4, 7]);
        assert_eq!(
            numbers(MultiLogin::PcAndOneOther, Platform::Windows),
            Vec::<i32>::new()
        );
        assert_eq!(
            numbers(MultiLogin::PcAndOneOther, Platform::Ipad),
            [1, 2, 5, 6, 8, 9, 10, 11]
        );
    }
}
