//! `/friend/*`, as far as a login asks: the lists of an account that has no friends. Relations are not part of the
//! domain yet, so every list is truly empty; what would change one is not routed.

use std::sync::Arc;

use axum::Router;
use domain::caller::Caller;
use wire::openim::rest::friend::{
    GetBlackListRequest, GetBlackListResponse, GetDesignatedFriendsRequest,
    GetDesignatedFriendsResponse, GetFriendApplyListRequest, GetFriendApplyListResponse,
    GetFriendListRequest, GetFriendListResponse, GetIncrementalFriendsResponse,
    GetSelfFriendApplyListRequest, GetSelfFriendApplyListResponse,
};
use wire::openim::rest::{
    FullIdsRequest, FullUserIdsResponse, UnhandledCountRequest, UnhandledCountResponse,
    VersionRequest,
};

use super::{Routes, empty_list_version, route};
use crate::Surface;
use crate::convert::page;
use crate::errors::{Answer, Refusal};

pub(super) fn routes() -> Routes {
    Router::new()
        .route("/get_incremental_friends", route(get_incremental_friends))
        .route("/get_designated_friends", route(get_designated_friends))
        .route("/get_friend_list", route(get_friend_list))
        .route("/get_full_friend_user_ids", route(get_full_friend_user_ids))
        .route("/get_black_list", route(get_black_list))
        .route("/get_friend_apply_list", route(get_friend_apply_list))
        .route(
            "/get_self_friend_apply_list",
            route(get_self_friend_apply_list),
        )
        .route(
            "/get_self_unhandled_apply_count",
            route(get_self_unhandled_apply_count),
        )
}

async fn get_incremental_friends(
    surface: Arc<Surface>,
    caller: Caller,
    request: VersionRequest,
) -> Answer<GetIncrementalFriendsResponse> {
    let (version_id, version) = empty_list_version(&surface, &caller, &request.user_id).await?;
    Ok(GetIncrementalFriendsResponse {
        version,
        version_id,
        full: true,
        ..Default::default()
    })
}

async fn get_friend_list(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetFriendListRequest,
) -> Answer<GetFriendListResponse> {
    page(request.pagination.as_ref(), 1)?;
    empty_list_version(&surface, &caller, &request.user_id).await?;
    Ok(GetFriendListResponse::default())
}

/// The original refuses an id that is not a friend. The pure JavaScript SDK asks this about everybody it writes to and
/// cannot go on without a list, so who is not a friend is left out.
async fn get_designated_friends(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetDesignatedFriendsRequest,
) -> Answer<GetDesignatedFriendsResponse> {
    empty_list_version(&surface, &caller, &request.owner_user_id).await?;
    if request.friend_user_ids.is_empty() {
        return Err(Refusal::args("friendUserIDs is empty"));
    }
    Ok(GetDesignatedFriendsResponse::default())
}

async fn get_full_friend_user_ids(
    surface: Arc<Surface>,
    caller: Caller,
    request: FullIdsRequest,
) -> Answer<FullUserIdsResponse> {
    let (version_id, version) = empty_list_version(&surface, &caller, &request.user_id).await?;
    Ok(FullUserIdsResponse {
        version,
        version_id,
        ..Default::default()
    })
}

async fn get_black_list(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetBlackListRequest,
) -> Answer<GetBlackListResponse> {
    page(request.pagination.as_ref(), 1)?;
    empty_list_version(&surface, &caller, &request.user_id).await?;
    Ok(GetBlackListResponse::default())
}

async fn get_friend_apply_list(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetFriendApplyListRequest,
) -> Answer<GetFriendApplyListResponse> {
    page(request.pagination.as_ref(), 1)?;
    empty_list_version(&surface, &caller, &request.user_id).await?;
    Ok(GetFriendApplyListResponse::default())
}

async fn get_self_friend_apply_list(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetSelfFriendApplyListRequest,
) -> Answer<GetSelfFriendApplyListResponse> {
    page(request.pagination.as_ref(), 1)?;
    empty_list_version(&surface, &caller, &request.user_id).await?;
    Ok(GetSelfFriendApplyListResponse::default())
}

async fn get_self_unhandled_apply_count(
    surface: Arc<Surface>,
    caller: Caller,
    request: UnhandledCountRequest,
) -> Answer<UnhandledCountResponse> {
    empty_list_version(&surface, &caller, &request.user_id).await?;
    Ok(UnhandledCountResponse::default())
}
