//! `/group/*`, as far as a login asks: the lists of an account that is in no group. Groups are not part of the domain
//! yet, so every list is truly empty; what would change one is not routed.

use std::sync::Arc;

use axum::Router;
use domain::caller::Caller;
use wire::openim::rest::group::{
    GetFullJoinGroupIdsResponse, GetGroupsInfoRequest, GetGroupsInfoResponse,
    GetIncrementalGroupMembersBatchRequest, GetIncrementalGroupMembersBatchResponse,
    GetIncrementalJoinGroupsResponse, GetJoinedGroupListRequest, GetJoinedGroupListResponse,
    GetRecvGroupApplicationListRequest, GetRecvGroupApplicationListResponse,
    GetUserReqGroupApplicationListRequest, GetUserReqGroupApplicationListResponse,
};
use wire::openim::rest::{
    FullIdsRequest, UnhandledCountRequest, UnhandledCountResponse, VersionRequest,
};

use super::{Routes, empty_list_version, route};
use crate::Surface;
use crate::convert::page;
use crate::errors::{Answer, Refusal};

pub(super) fn routes() -> Routes {
    Router::new()
        .route(
            "/get_incremental_join_groups",
            route(get_incremental_join_groups),
        )
        .route("/get_joined_group_list", route(get_joined_group_list))
        .route("/get_full_join_group_ids", route(get_full_join_group_ids))
        .route(
            "/get_incremental_group_members_batch",
            route(get_incremental_group_members_batch),
        )
        .route("/get_groups_info", route(get_groups_info))
        .route(
            "/get_recv_group_applicationList",
            route(get_recv_group_application_list),
        )
        .route(
            "/get_user_req_group_applicationList",
            route(get_user_req_group_application_list),
        )
        .route(
            "/get_group_application_unhandled_count",
            route(get_group_application_unhandled_count),
        )
}

async fn get_incremental_join_groups(
    surface: Arc<Surface>,
    caller: Caller,
    request: VersionRequest,
) -> Answer<GetIncrementalJoinGroupsResponse> {
    let (version_id, version) = empty_list_version(&surface, &caller, &request.user_id).await?;
    Ok(GetIncrementalJoinGroupsResponse {
        version,
        version_id,
        full: true,
        ..Default::default()
    })
}

async fn get_joined_group_list(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetJoinedGroupListRequest,
) -> Answer<GetJoinedGroupListResponse> {
    page(request.pagination.as_ref(), 1)?;
    empty_list_version(&surface, &caller, &request.from_user_id).await?;
    Ok(GetJoinedGroupListResponse::default())
}

async fn get_full_join_group_ids(
    surface: Arc<Surface>,
    caller: Caller,
    request: FullIdsRequest,
) -> Answer<GetFullJoinGroupIdsResponse> {
    let (version_id, version) = empty_list_version(&surface, &caller, &request.user_id).await?;
    Ok(GetFullJoinGroupIdsResponse {
        version,
        version_id,
        ..Default::default()
    })
}

/// An empty answer makes a device drop the groups that it asks about, which is right: they do not exist.
async fn get_incremental_group_members_batch(
    _surface: Arc<Surface>,
    _caller: Caller,
    request: GetIncrementalGroupMembersBatchRequest,
) -> Answer<GetIncrementalGroupMembersBatchResponse> {
    if request.req_list.is_empty() {
        return Err(Refusal::args("reqList is empty"));
    }
    Ok(GetIncrementalGroupMembersBatchResponse::default())
}

async fn get_groups_info(
    _surface: Arc<Surface>,
    _caller: Caller,
    request: GetGroupsInfoRequest,
) -> Answer<GetGroupsInfoResponse> {
    if request.group_ids.is_empty() {
        return Err(Refusal::args("groupIDs is empty"));
    }
    Ok(GetGroupsInfoResponse::default())
}

async fn get_recv_group_application_list(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetRecvGroupApplicationListRequest,
) -> Answer<GetRecvGroupApplicationListResponse> {
    page(request.pagination.as_ref(), 1)?;
    empty_list_version(&surface, &caller, &request.from_user_id).await?;
    Ok(GetRecvGroupApplicationListResponse::default())
}

async fn get_user_req_group_application_list(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetUserReqGroupApplicationListRequest,
) -> Answer<GetUserReqGroupApplicationListResponse> {
    page(request.pagination.as_ref(), 1)?;
    empty_list_version(&surface, &caller, &request.user_id).await?;
    Ok(GetUserReqGroupApplicationListResponse::default())
}

async fn get_group_application_unhandled_count(
    surface: Arc<Surface>,
    caller: Caller,
    request: UnhandledCountRequest,
) -> Answer<UnhandledCountResponse> {
    empty_list_version(&surface, &caller, &request.user_id).await?;
    Ok(UnhandledCountResponse::default())
}
