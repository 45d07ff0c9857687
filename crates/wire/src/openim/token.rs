//! What a user or admin token says (tokens.md): the claims of a JWT signed with HS256.
//! Only the shape; signing and checking need a key, and are the surface's.

use serde::{Deserialize, Serialize};

/// Claims of a token. Client libraries never look inside; application servers sometimes do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    #[serde(rename = "UserID")]
    pub user_id: String,
    /// See [`super::platform`]; 10 is an admin token.
    #[serde(rename = "PlatformID")]
    pub platform_id: i32,
    /// Unix time in seconds.
    pub exp: i64,
    /// Unix time in seconds; the original writes five seconds ago, so that clocks may differ.
    pub iat: i64,
    /// Our addition: tells apart two tokens made in one second. Empty in the original's tokens.
    #[serde(default)]
    pub jti: String,
}
