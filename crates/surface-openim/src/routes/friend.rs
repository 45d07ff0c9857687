//! `/friend/*`: lists of friends, requests to become friends, blocks.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use domain::caller::Caller;
use domain::error::{Error, Reason};
use domain::gate;
use domain::ids::UserId;
use domain::limits;
use domain::relations::{
    AnswerFriendRequest, FriendRequest, FriendRequestPage, RequestFriend, UpdateFriends,
};
use wire::openim::rest::friend::{
    AddBlackRequest, AddFriendRequest, AddFriendResponseRequest, BlackInfo, DeleteFriendRequest,
    FriendInfo, GetBlackListRequest, GetBlackListResponse, GetDesignatedFriendApplyRequest,
    GetDesignatedFriendApplyResponse, GetDesignatedFriendsRequest, GetDesignatedFriendsResponse,
    GetFriendApplyListRequest, GetFriendApplyListResponse, GetFriendIdRequest, GetFriendIdResponse,
    GetFriendListRequest, GetFriendListResponse, GetIncrementalBlacksResponse,
    GetIncrementalFriendsResponse, GetSelfFriendApplyListRequest, GetSelfFriendApplyListResponse,
    GetSpecifiedBlacksRequest, GetSpecifiedBlacksResponse, GetSpecifiedFriendsInfoInfo,
    GetSpecifiedFriendsInfoRequest, GetSpecifiedFriendsInfoResponse, ImportFriendRequest,
    IsFriendRequest, IsFriendResponse, RemoveBlackRequest, SetFriendRemarkRequest,
    UpdateFriendsRequest,
};
use wire::openim::rest::{
    FullIdsRequest, FullUserIdsResponse, UnhandledCountRequest, UnhandledCountResponse,
    VersionRequest,
};
use wire::openim::{errors, handle_result};

use super::{Routes, equal_or_listed, route};
use crate::Surface;
use crate::convert::{
    block, friend, friend_request, page, total, user_id, user_ids, user_info, verdicts,
};
use crate::errors::{Answer, Refusal};

const PAGE_ROWS_MAX: u32 = limits::PAGE_ROWS_MAX as u32;

pub(super) fn routes() -> Routes {
    Router::new()
        .route("/add_friend", route(add_friend))
        .route("/add_friend_response", route(add_friend_response))
        .route("/delete_friend", route(delete_friend))
        .route("/set_friend_remark", route(set_friend_remark))
        .route("/update_friends", route(update_friends))
        .route("/import_friend", route(import_friend))
        .route("/is_friend", route(is_friend))
        .route("/get_friend_id", route(get_friend_id))
        .route("/get_friend_list", route(get_friend_list))
        .route("/get_designated_friends", route(get_designated_friends))
        .route(
            "/get_specified_friends_info",
            route(get_specified_friends_info),
        )
        .route("/get_incremental_friends", route(get_incremental_friends))
        .route("/get_full_friend_user_ids", route(get_full_friend_user_ids))
        .route("/get_friend_apply_list", route(get_friend_apply_list))
        .route(
            "/get_self_friend_apply_list",
            route(get_self_friend_apply_list),
        )
        .route(
            "/get_designated_friend_apply",
            route(get_designated_friend_apply),
        )
        .route(
            "/get_self_unhandled_apply_count",
            route(get_self_unhandled_apply_count),
        )
        .route("/add_black", route(add_black))
        .route("/remove_black", route(remove_black))
        .route("/get_black_list", route(get_black_list))
        .route("/get_specified_blacks", route(get_specified_blacks))
        .route("/get_incremental_blacks", route(get_incremental_blacks))
}

async fn add_friend(
    surface: Arc<Surface>,
    caller: Caller,
    request: AddFriendRequest,
) -> Answer<()> {
    let command = RequestFriend {
        from: user_id("fromUserID", &request.from_user_id)?,
        to: user_id("toUserID", &request.to_user_id)?,
        message: request.req_msg,
        ex: request.ex,
    };
    gate::may_act_for(&caller, &command.from)?;
    if command.from == command.to {
        return Err(Refusal::new(
            errors::CAN_NOT_ADD_YOURSELF_ERROR,
            "toUserID is oneself",
        ));
    }
    Ok(surface.domain.request_friend(&caller, command).await?)
}

async fn add_friend_response(
    surface: Arc<Surface>,
    caller: Caller,
    request: AddFriendResponseRequest,
) -> Answer<()> {
    let accept = accepts(request.handle_result)?;
    let command = AnswerFriendRequest {
        from: user_id("fromUserID", &request.from_user_id)?,
        to: user_id("toUserID", &request.to_user_id)?,
        accept,
        message: request.handle_msg,
    };
    surface
        .domain
        .answer_friend_request(&caller, command)
        .await
        .map_err(|error| match error {
            Error::Conflict(Reason::AlreadyAnswered) if accept => {
                Refusal::args("the request was answered before")
            }
            Error::Conflict(Reason::AlreadyAnswered) => Refusal::new(
                errors::FRIEND_REQUEST_HANDLED,
                "the request was answered before",
            ),
            error => error.into(),
        })
}

async fn delete_friend(
    surface: Arc<Surface>,
    caller: Caller,
    request: DeleteFriendRequest,
) -> Answer<()> {
    let owner = user_id("ownerUserID", &request.owner_user_id)?;
    let friend = user_id("friendUserID", &request.friend_user_id)?;
    Ok(surface
        .domain
        .remove_friend(&caller, &owner, &friend)
        .await?)
}

async fn set_friend_remark(
    surface: Arc<Surface>,
    caller: Caller,
    request: SetFriendRemarkRequest,
) -> Answer<()> {
    let command = UpdateFriends {
        owner: user_id("ownerUserID", &request.owner_user_id)?,
        friends: vec![user_id("friendUserID", &request.friend_user_id)?],
        remark: Some(request.remark),
        is_pinned: None,
        ex: None,
    };
    Ok(surface.domain.update_friends(&caller, command).await?)
}

async fn update_friends(
    surface: Arc<Surface>,
    caller: Caller,
    request: UpdateFriendsRequest,
) -> Answer<()> {
    let command = UpdateFriends {
        owner: user_id("ownerUserID", &request.owner_user_id)?,
        friends: user_ids("friendUserIDs", &request.friend_user_ids)?,
        remark: request.remark,
        is_pinned: request.is_pinned,
        ex: request.ex,
    };
    Ok(surface.domain.update_friends(&caller, command).await?)
}

async fn import_friend(
    surface: Arc<Surface>,
    caller: Caller,
    request: ImportFriendRequest,
) -> Answer<()> {
    let owner = user_id("ownerUserID", &request.owner_user_id)?;
    let friends = user_ids("friendUserIDs", &request.friend_user_ids)?;
    Ok(surface
        .domain
        .import_friends(&caller, &owner, &friends)
        .await?)
}

/// The original answers anybody about anybody; here it is for either of the two.
async fn is_friend(
    surface: Arc<Surface>,
    caller: Caller,
    request: IsFriendRequest,
) -> Answer<IsFriendResponse> {
    let one = user_id("userID1", &request.user_id1)?;
    let two = user_id("userID2", &request.user_id2)?;
    gate::may_act_for(&caller, &one).or_else(|_| gate::may_act_for(&caller, &two))?;
    let relation = surface.domain.relation(&one, &two).await?;
    Ok(IsFriendResponse {
        in_user1_friends: relation.a_lists_b,
        in_user2_friends: relation.b_lists_a,
    })
}

async fn get_friend_id(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetFriendIdRequest,
) -> Answer<GetFriendIdResponse> {
    let owner = user_id("userID", &request.user_id)?;
    let (_, ids) = surface.domain.friend_ids(&caller, &owner).await?;
    Ok(GetFriendIdResponse {
        friend_ids: ids.iter().map(ToString::to_string).collect(),
    })
}

async fn get_friend_list(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetFriendListRequest,
) -> Answer<GetFriendListResponse> {
    let owner = user_id("userID", &request.user_id)?;
    let page = page(request.pagination.as_ref(), PAGE_ROWS_MAX)?;
    let found = surface.domain.friends_page(&caller, &owner, page).await?;
    Ok(GetFriendListResponse {
        friends_info: infos(&owner, &found.friends),
        total: total(found.total),
    })
}

/// The original refuses an id that is not a friend. The pure JavaScript SDK asks this about everybody it writes to and
/// cannot go on without a list, so who is not a friend is left out.
async fn get_designated_friends(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetDesignatedFriendsRequest,
) -> Answer<GetDesignatedFriendsResponse> {
    let owner = user_id("ownerUserID", &request.owner_user_id)?;
    let ids = user_ids("friendUserIDs", &request.friend_user_ids)?;
    let found = surface.domain.friends_among(&caller, &owner, &ids).await?;
    Ok(GetDesignatedFriendsResponse {
        friends_info: infos(&owner, &found),
    })
}

/// What the owner has noted about these people; unknown ones are left out.
async fn get_specified_friends_info(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetSpecifiedFriendsInfoRequest,
) -> Answer<GetSpecifiedFriendsInfoResponse> {
    let owner = user_id("ownerUserID", &request.owner_user_id)?;
    let ids = user_ids("userIDList", &request.user_id_list)?;
    let friends = surface.domain.friends_among(&caller, &owner, &ids).await?;
    let blocks = surface.domain.blocks_among(&caller, &owner, &ids).await?;
    let mut friends: HashMap<_, _> = friends
        .iter()
        .map(|found| (&found.account.user_id, friend(&owner, found)))
        .collect();
    let mut blocks: HashMap<_, _> = blocks
        .iter()
        .map(|found| (&found.account.user_id, block(&owner, found)))
        .collect();
    let accounts = surface.domain.find_accounts(&ids).await?;
    let info = |account: &domain::accounts::Account| GetSpecifiedFriendsInfoInfo {
        user_info: user_info(account),
        friend_info: friends.remove(&account.user_id),
        black_info: blocks.remove(&account.user_id),
    };
    Ok(GetSpecifiedFriendsInfoResponse {
        infos: accounts.iter().map(info).collect(),
    })
}

async fn get_incremental_friends(
    surface: Arc<Surface>,
    caller: Caller,
    request: VersionRequest,
) -> Answer<GetIncrementalFriendsResponse> {
    let owner = user_id("userID", &request.user_id)?;
    let known = (request.version_id.as_str(), request.version);
    let changes = surface
        .domain
        .friend_changes(&caller, &owner, known)
        .await?;
    Ok(GetIncrementalFriendsResponse {
        version: changes.version.number,
        version_id: changes.version.id,
        full: changes.is_full,
        delete: changes.deleted,
        insert: infos(&owner, &changes.inserted),
        update: infos(&owner, &changes.updated),
        sort_version: changes.order_version,
    })
}

async fn get_full_friend_user_ids(
    surface: Arc<Surface>,
    caller: Caller,
    request: FullIdsRequest,
) -> Answer<FullUserIdsResponse> {
    let owner = user_id("userID", &request.user_id)?;
    let (version, ids) = surface.domain.friend_ids(&caller, &owner).await?;
    let (equal, user_ids) = equal_or_listed(request.id_hash, &ids);
    Ok(FullUserIdsResponse {
        version: version.number,
        version_id: version.id,
        equal,
        user_ids,
    })
}

async fn get_friend_apply_list(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetFriendApplyListRequest,
) -> Answer<GetFriendApplyListResponse> {
    let user = user_id("userID", &request.user_id)?;
    let verdicts = verdicts(&request.handle_results)?;
    let page = page(request.pagination.as_ref(), PAGE_ROWS_MAX)?;
    let FriendRequestPage {
        total: count,
        requests,
    } = surface
        .domain
        .received_friend_requests(&caller, &user, verdicts, page)
        .await?;
    Ok(GetFriendApplyListResponse {
        friend_requests: requests.iter().map(friend_request).collect(),
        total: total(count),
    })
}

async fn get_self_friend_apply_list(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetSelfFriendApplyListRequest,
) -> Answer<GetSelfFriendApplyListResponse> {
    let user = user_id("userID", &request.user_id)?;
    let verdicts = verdicts(&request.handle_results)?;
    let page = page(request.pagination.as_ref(), PAGE_ROWS_MAX)?;
    let FriendRequestPage {
        total: count,
        requests,
    } = surface
        .domain
        .sent_friend_requests(&caller, &user, verdicts, page)
        .await?;
    Ok(GetSelfFriendApplyListResponse {
        friend_requests: requests.iter().map(friend_request).collect(),
        total: total(count),
    })
}

async fn get_designated_friend_apply(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetDesignatedFriendApplyRequest,
) -> Answer<GetDesignatedFriendApplyResponse> {
    let from = user_id("fromUserID", &request.from_user_id)?;
    let to = user_id("toUserID", &request.to_user_id)?;
    let found: Vec<FriendRequest> = surface
        .domain
        .friend_requests_between(&caller, &from, &to)
        .await?;
    Ok(GetDesignatedFriendApplyResponse {
        friend_requests: found.iter().map(friend_request).collect(),
    })
}

async fn get_self_unhandled_apply_count(
    surface: Arc<Surface>,
    caller: Caller,
    request: UnhandledCountRequest,
) -> Answer<UnhandledCountResponse> {
    let user = user_id("userID", &request.user_id)?;
    let count = surface
        .domain
        .open_friend_requests(&caller, &user, request.time)
        .await?;
    Ok(UnhandledCountResponse {
        count: count as i64,
    })
}

async fn add_black(surface: Arc<Surface>, caller: Caller, request: AddBlackRequest) -> Answer<()> {
    let owner = user_id("ownerUserID", &request.owner_user_id)?;
    let blocked = user_id("blackUserID", &request.black_user_id)?;
    Ok(surface
        .domain
        .block(&caller, &owner, &blocked, request.ex)
        .await?)
}

async fn remove_black(
    surface: Arc<Surface>,
    caller: Caller,
    request: RemoveBlackRequest,
) -> Answer<()> {
    let owner = user_id("ownerUserID", &request.owner_user_id)?;
    let blocked = user_id("blackUserID", &request.black_user_id)?;
    Ok(surface.domain.unblock(&caller, &owner, &blocked).await?)
}

async fn get_black_list(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetBlackListRequest,
) -> Answer<GetBlackListResponse> {
    let owner = user_id("userID", &request.user_id)?;
    let page = page(request.pagination.as_ref(), PAGE_ROWS_MAX)?;
    let found = surface.domain.blocks_page(&caller, &owner, page).await?;
    Ok(GetBlackListResponse {
        blacks: blacks(&owner, &found.blocks),
        total: total(found.total),
    })
}

async fn get_specified_blacks(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetSpecifiedBlacksRequest,
) -> Answer<GetSpecifiedBlacksResponse> {
    let owner = user_id("ownerUserID", &request.owner_user_id)?;
    let ids = user_ids("userIDList", &request.user_id_list)?;
    let found = surface.domain.blocks_among(&caller, &owner, &ids).await?;
    Ok(GetSpecifiedBlacksResponse {
        total: total(found.len() as u64),
        blacks: blacks(&owner, &found),
    })
}

async fn get_incremental_blacks(
    surface: Arc<Surface>,
    caller: Caller,
    request: VersionRequest,
) -> Answer<GetIncrementalBlacksResponse> {
    let owner = user_id("userID", &request.user_id)?;
    let known = (request.version_id.as_str(), request.version);
    let changes = surface.domain.block_changes(&caller, &owner, known).await?;
    Ok(GetIncrementalBlacksResponse {
        version: changes.version.number,
        version_id: changes.version.id,
        full: changes.is_full,
        delete: changes.deleted,
        insert: blacks(&owner, &changes.inserted),
        update: blacks(&owner, &changes.updated),
    })
}

fn infos(owner: &UserId, friends: &[domain::relations::Friend]) -> Vec<FriendInfo> {
    friends.iter().map(|found| friend(owner, found)).collect()
}

fn blacks(owner: &UserId, blocks: &[domain::relations::Block]) -> Vec<BlackInfo> {
    blocks.iter().map(|found| block(owner, found)).collect()
}

/// Whether an answer to a request or an application says yes.
pub(super) fn accepts(handle_result: i32) -> Answer<bool> {
    match handle_result {
        handle_result::AGREE => Ok(true),
        handle_result::REFUSE => Ok(false),
        _ => Err(Refusal::args("handleResult must be 1 or -1")),
    }
}
