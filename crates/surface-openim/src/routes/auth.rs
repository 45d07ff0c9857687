//! `/auth/*`: tokens for administrators and for users' devices.

use std::sync::Arc;

use axum::Router;
use domain::caller::Caller;
use domain::gate;
use domain::sessions::{Platform, RevokeSessions};
use wire::openim::errors;
use wire::openim::rest::auth::{
    ForceLogoutRequest, GetAdminTokenRequest, GetUserTokenRequest, ParseTokenRequest,
    ParseTokenResponse, TokenResponse,
};

use super::{Routes, open_route, route};
use crate::Surface;
use crate::auth::IssuedToken;
use crate::convert::{platform, user_id};
use crate::errors::{Answer, Refusal};

pub(super) fn routes() -> Routes {
    Router::new()
        .route("/get_admin_token", open_route(get_admin_token))
        .route("/get_user_token", route(get_user_token))
        .route("/parse_token", open_route(parse_token))
        .route("/force_logout", route(force_logout))
}

async fn get_admin_token(
    surface: Arc<Surface>,
    request: GetAdminTokenRequest,
) -> Answer<TokenResponse> {
    let user_id = user_id("userID", &request.user_id)?;
    if !surface.tokens.is_secret(&request.secret) {
        return Err(Refusal::new(errors::NO_PERMISSION_ERROR, "secret invalid"));
    }
    if !surface.tokens.is_administrator(user_id.as_str()) {
        return Err(Refusal::args("userID is not an administrator"));
    }
    surface.domain.find_account(&user_id).await?;
    surface
        .tokens
        .issue_admin(user_id.as_str(), surface.domain.now())
        .map(token_response)
}

async fn get_user_token(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetUserTokenRequest,
) -> Answer<TokenResponse> {
    gate::may_administer(&caller)?;
    let user_id = user_id("userID", &request.user_id)?;
    let platform = platform(request.platform_id)?;
    if platform == Platform::Admin || surface.tokens.is_administrator(user_id.as_str()) {
        return Err(Refusal::new(
            errors::NO_PERMISSION_ERROR,
            "administrators have tokens of their own",
        ));
    }
    surface
        .tokens
        .issue_user(&surface.domain, &caller, user_id, platform)
        .await
        .map(token_response)
}

/// The token is in the body; anybody may ask.
async fn parse_token(
    surface: Arc<Surface>,
    request: ParseTokenRequest,
) -> Answer<ParseTokenResponse> {
    let claims = surface.tokens.read(&request.token, surface.domain.now())?;
    surface
        .tokens
        .authenticate(&surface.domain, &request.token)
        .await?;
    Ok(ParseTokenResponse {
        user_id: claims.user_id,
        platform_id: claims.platform_id,
        expire_time_seconds: claims.exp,
    })
}

async fn force_logout(
    surface: Arc<Surface>,
    caller: Caller,
    request: ForceLogoutRequest,
) -> Answer<()> {
    let command = RevokeSessions {
        user_id: user_id("userID", &request.user_id)?,
        platform: platform(request.platform_id)?,
    };
    Ok(surface.domain.revoke_sessions(&caller, command).await?)
}

fn token_response(issued: IssuedToken) -> TokenResponse {
    TokenResponse {
        token: issued.token,
        expire_time_seconds: issued.life.as_secs() as i64,
    }
}
