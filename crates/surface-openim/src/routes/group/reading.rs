//! Reading groups, members and applications: by id, by page, by increments.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::caller::Caller;
use domain::error::{Error, Kind, Reason};
use domain::groups::{Application, ApplicationPage, Group, GroupFilter, GroupRole, MemberFilter};
use domain::ids::{GroupId, UserId};
use domain::limits;
use domain::sync::Increment;
use wire::openim::rest::group::{
    CMSGroup, GetFullGroupMemberUserIdsRequest, GetFullJoinGroupIdsResponse,
    GetGroupAbstractInfoRequest, GetGroupAbstractInfoResponse, GetGroupMemberListRequest,
    GetGroupMemberListResponse, GetGroupMemberUserIdRequest, GetGroupMemberUserIdResponse,
    GetGroupMembersInfoRequest, GetGroupMembersInfoResponse,
    GetGroupUsersReqApplicationListRequest, GetGroupUsersReqApplicationListResponse,
    GetGroupsInfoRequest, GetGroupsInfoResponse, GetGroupsRequest, GetGroupsResponse,
    GetIncrementalGroupMembersBatchRequest, GetIncrementalGroupMembersBatchResponse,
    GetIncrementalGroupMembersRequest, GetIncrementalGroupMembersResponse,
    GetIncrementalJoinGroupsResponse, GetJoinedGroupListRequest, GetJoinedGroupListResponse,
    GetRecvGroupApplicationListRequest, GetRecvGroupApplicationListResponse,
    GetSpecifiedUserGroupRequestInfoRequest, GetSpecifiedUserGroupRequestInfoResponse,
    GetUserReqGroupApplicationListRequest, GetUserReqGroupApplicationListResponse,
    GroupAbstractInfo, GroupMemberFullInfo, GroupRequest,
};
use wire::openim::rest::{
    FullIdsRequest, FullUserIdsResponse, UnhandledCountRequest, UnhandledCountResponse,
    VersionRequest,
};

use crate::Surface;
use crate::convert::{
    application, group_id, group_ids, group_info, id_hash, member, page, user_id, user_ids,
    verdicts,
};
use crate::errors::{Answer, Refusal};
use crate::routes::equal_or_listed;

const PAGE_ROWS_MAX: u32 = limits::PAGE_ROWS_MAX as u32;

/// Once so many members were answered, a device asks for the other groups again.
const BATCH_ENTRIES: usize = 500;

pub(super) async fn get_recv_group_application_list(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetRecvGroupApplicationListRequest,
) -> Answer<GetRecvGroupApplicationListResponse> {
    let manager = user_id("fromUserID", &request.from_user_id)?;
    let groups = group_ids(&request.group_ids)?;
    let verdicts = verdicts(&request.handle_results)?;
    let page = page(request.pagination.as_ref(), PAGE_ROWS_MAX)?;
    let found = surface
        .domain
        .received_applications(&caller, &manager, &groups, verdicts, page)
        .await?;
    let (total, group_requests) = records_of(&found);
    Ok(GetRecvGroupApplicationListResponse {
        total,
        group_requests,
    })
}

pub(super) async fn get_user_req_group_application_list(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetUserReqGroupApplicationListRequest,
) -> Answer<GetUserReqGroupApplicationListResponse> {
    let user = user_id("userID", &request.user_id)?;
    let groups = group_ids(&request.group_ids)?;
    let verdicts = verdicts(&request.handle_results)?;
    let page = page(request.pagination.as_ref(), PAGE_ROWS_MAX)?;
    let found = surface
        .domain
        .sent_applications(&caller, &user, &groups, verdicts, page)
        .await?;
    let (total, group_requests) = records_of(&found);
    Ok(GetUserReqGroupApplicationListResponse {
        total,
        group_requests,
    })
}

pub(super) async fn get_group_users_req_application_list(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetGroupUsersReqApplicationListRequest,
) -> Answer<GetGroupUsersReqApplicationListResponse> {
    let group = group_id(&request.group_id)?;
    let users = user_ids("userIDs", &request.user_ids)?;
    let found = surface
        .domain
        .applications_of(&caller, &group, &users)
        .await?;
    Ok(GetGroupUsersReqApplicationListResponse {
        total: found.len() as i64,
        group_requests: records(&found),
    })
}

pub(super) async fn get_specified_user_group_request_info(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetSpecifiedUserGroupRequestInfoRequest,
) -> Answer<GetSpecifiedUserGroupRequestInfoResponse> {
    let group = group_id(&request.group_id)?;
    let user = user_id("userID", &request.user_id)?;
    let found = surface
        .domain
        .applications_of(&caller, &group, &[user])
        .await?;
    Ok(GetSpecifiedUserGroupRequestInfoResponse {
        total: count(found.len() as u64),
        group_requests: records(&found),
    })
}

pub(super) async fn get_group_application_unhandled_count(
    surface: Arc<Surface>,
    caller: Caller,
    request: UnhandledCountRequest,
) -> Answer<UnhandledCountResponse> {
    let manager = user_id("userID", &request.user_id)?;
    let count = surface
        .domain
        .open_applications(&caller, &manager, request.time)
        .await?;
    Ok(UnhandledCountResponse {
        count: count as i64,
    })
}

pub(super) async fn get_groups_info(
    surface: Arc<Surface>,
    _caller: Caller,
    request: GetGroupsInfoRequest,
) -> Answer<GetGroupsInfoResponse> {
    if request.group_ids.is_empty() {
        return Err(Refusal::args("groupIDs is empty"));
    }
    // Unknown ids are left out, and so are impossible ones.
    let ids: Vec<_> = request
        .group_ids
        .iter()
        .filter_map(|text| group_id(text).ok())
        .collect();
    if ids.is_empty() {
        return Ok(GetGroupsInfoResponse::default());
    }
    let groups = surface.domain.groups(&ids).await?;
    Ok(GetGroupsInfoResponse {
        group_infos: groups.iter().map(group_info).collect(),
    })
}

pub(super) async fn get_groups(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetGroupsRequest,
) -> Answer<GetGroupsResponse> {
    let filter = GroupFilter {
        id_part: request.group_id,
        name_part: request.group_name,
    };
    let page = page(request.pagination.as_ref(), PAGE_ROWS_MAX)?;
    let found = surface.domain.groups_page(&caller, &filter, page).await?;
    let mut owners: Vec<_> = found
        .groups
        .iter()
        .filter_map(|group| UserId::new(group.owner.as_str()))
        .collect();
    owners.sort_unstable();
    owners.dedup();
    let owners = surface.domain.find_accounts(&owners).await?;
    let names: HashMap<_, _> = owners
        .iter()
        .map(|owner| (owner.user_id.as_str(), owner.nickname.as_str()))
        .collect();
    let record = |group: &Group| CMSGroup {
        group_info: group_info(group),
        group_owner_user_name: names
            .get(group.owner.as_str())
            .map(ToString::to_string)
            .unwrap_or_default(),
        group_owner_user_id: group.owner.clone(),
    };
    Ok(GetGroupsResponse {
        total: count(found.total),
        groups: found.groups.iter().map(record).collect(),
    })
}

pub(super) async fn get_group_abstract_info(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetGroupAbstractInfoRequest,
) -> Answer<GetGroupAbstractInfoResponse> {
    let ids = group_ids(&request.group_ids)?;
    if ids.is_empty() || ids.len() > limits::IDS_MAX {
        return Err(Refusal::args("groupIDs must be 1 to 1000"));
    }
    let mut infos = Vec::with_capacity(ids.len());
    for id in &ids {
        let (_, members) = surface.domain.member_ids(&caller, id).await?;
        let mut members: Vec<_> = members.iter().map(ToString::to_string).collect();
        members.sort_unstable();
        infos.push(GroupAbstractInfo {
            group_id: id.to_string(),
            group_member_number: count(members.len() as u64),
            group_member_list_hash: id_hash(&members),
        });
    }
    Ok(GetGroupAbstractInfoResponse {
        group_abstract_infos: infos,
    })
}

pub(super) async fn get_joined_group_list(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetJoinedGroupListRequest,
) -> Answer<GetJoinedGroupListResponse> {
    let user = user_id("fromUserID", &request.from_user_id)?;
    let page = page(request.pagination.as_ref(), PAGE_ROWS_MAX)?;
    let found = surface
        .domain
        .joined_groups_page(&caller, &user, page)
        .await?;
    Ok(GetJoinedGroupListResponse {
        total: count(found.total),
        groups: found.groups.iter().map(group_info).collect(),
    })
}

pub(super) async fn get_full_join_group_ids(
    surface: Arc<Surface>,
    caller: Caller,
    request: FullIdsRequest,
) -> Answer<GetFullJoinGroupIdsResponse> {
    let user = user_id("userID", &request.user_id)?;
    let (version, ids) = surface.domain.joined_group_ids(&caller, &user).await?;
    let (equal, group_ids) = equal_or_listed(request.id_hash, &ids);
    Ok(GetFullJoinGroupIdsResponse {
        version: version.number,
        version_id: version.id,
        equal,
        group_ids,
    })
}

pub(super) async fn get_incremental_join_groups(
    surface: Arc<Surface>,
    caller: Caller,
    request: VersionRequest,
) -> Answer<GetIncrementalJoinGroupsResponse> {
    let user = user_id("userID", &request.user_id)?;
    let known = (request.version_id.as_str(), request.version);
    let changes = surface
        .domain
        .joined_group_changes(&caller, &user, known)
        .await?;
    Ok(GetIncrementalJoinGroupsResponse {
        version: changes.version.number,
        version_id: changes.version.id,
        full: changes.is_full,
        delete: changes.deleted,
        insert: changes.inserted.iter().map(group_info).collect(),
        update: changes.updated.iter().map(group_info).collect(),
        sort_version: changes.order_version,
    })
}

/// The original takes the filter and ignores it, and looks for the keyword in the wrong place; here both work.
pub(super) async fn get_group_member_list(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetGroupMemberListRequest,
) -> Answer<GetGroupMemberListResponse> {
    let group = group_id(&request.group_id)?;
    let filter = MemberFilter {
        part: request.keyword,
        roles: roles(request.filter)?,
        muted_at: None,
    };
    let page = page(request.pagination.as_ref(), PAGE_ROWS_MAX)?;
    let found = surface
        .domain
        .members_page(&caller, &group, &filter, page)
        .await?;
    Ok(GetGroupMemberListResponse {
        total: count(found.total),
        members: members(&group, &found.members),
    })
}

/// The numbers of the client libraries' member filter.
fn roles(filter: i32) -> Answer<Vec<GroupRole>> {
    use GroupRole::{Administrator, Member, Owner};
    Ok(match filter {
        0 => Vec::new(),
        1 => vec![Owner],
        2 => vec![Administrator],
        3 => vec![Member],
        4 => vec![Administrator, Member],
        5 => vec![Owner, Administrator],
        _ => return Err(Refusal::args("filter must be 0 to 5")),
    })
}

pub(super) async fn get_group_members_info(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetGroupMembersInfoRequest,
) -> Answer<GetGroupMembersInfoResponse> {
    let group = group_id(&request.group_id)?;
    let ids = user_ids("userIDs", &request.user_ids)?;
    let found = surface.domain.members(&caller, &group, &ids).await?;
    Ok(GetGroupMembersInfoResponse {
        members: members(&group, &found),
    })
}

pub(super) async fn get_group_member_user_id(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetGroupMemberUserIdRequest,
) -> Answer<GetGroupMemberUserIdResponse> {
    let group = group_id(&request.group_id)?;
    let (_, ids) = surface.domain.member_ids(&caller, &group).await?;
    Ok(GetGroupMemberUserIdResponse {
        user_ids: ids.iter().map(ToString::to_string).collect(),
    })
}

pub(super) async fn get_full_group_member_user_ids(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetFullGroupMemberUserIdsRequest,
) -> Answer<FullUserIdsResponse> {
    let group = group_id(&request.group_id)?;
    let (version, ids) = surface.domain.member_ids(&caller, &group).await?;
    let (equal, user_ids) = equal_or_listed(request.id_hash, &ids);
    Ok(FullUserIdsResponse {
        version: version.number,
        version_id: version.id,
        equal,
        user_ids,
    })
}

pub(super) async fn get_incremental_group_members(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetIncrementalGroupMembersRequest,
) -> Answer<GetIncrementalGroupMembersResponse> {
    let id = group_id(&request.group_id)?;
    let known = (request.version_id.as_str(), request.version);
    let (group, changes) = surface.domain.member_changes(&caller, &id, known).await?;
    Ok(increment(&group, changes))
}

/// Every group that is asked for is answered, unless the answer is full before its turn comes: then the device asks
/// again. Devices go on asking for groups that were dismissed, or that they were removed from, while they were away:
/// those are answered with "nothing new", because the browser's SDK asks forever for what is left out of an answer,
/// and one refusal would keep a device from the members of all its other groups.
pub(super) async fn get_incremental_group_members_batch(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetIncrementalGroupMembersBatchRequest,
) -> Answer<GetIncrementalGroupMembersBatchResponse> {
    if request.req_list.is_empty() || request.req_list.len() > limits::IDS_MAX {
        return Err(Refusal::args("reqList must be 1 to 1000"));
    }
    let mut resp_list = BTreeMap::new();
    let mut entries = 0;
    let mut refusal = None;
    for asked in request.req_list {
        if entries >= BATCH_ENTRIES {
            break;
        }
        let id = group_id(&asked.group_id)?;
        let known = (asked.version_id.as_str(), asked.version);
        let answer = match surface.domain.member_changes(&caller, &id, known).await {
            Ok((group, changes)) => {
                entries += changes.deleted.len() + changes.inserted.len() + changes.updated.len();
                increment(&group, changes)
            }
            Err(Error::NotFound(Kind::Group) | Error::Denied(Reason::GroupDismissed)) => {
                nothing_new(&asked)
            }
            Err(error @ Error::Denied(Reason::NotMember)) => {
                refusal = Some(error);
                nothing_new(&asked)
            }
            Err(error) => return Err(error.into()),
        };
        resp_list.insert(asked.group_id, answer);
    }
    match refusal {
        // Who asks for a single group, and is not in it, is told so.
        Some(error) if resp_list.len() == 1 => Err(error.into()),
        _ => Ok(GetIncrementalGroupMembersBatchResponse { resp_list }),
    }
}

/// The answer about a group of which the device is to keep what it has.
fn nothing_new(asked: &GetIncrementalGroupMembersRequest) -> GetIncrementalGroupMembersResponse {
    GetIncrementalGroupMembersResponse {
        version: asked.version,
        version_id: asked.version_id.clone(),
        ..Default::default()
    }
}

fn increment(
    group: &Group,
    changes: Increment<domain::groups::Member>,
) -> GetIncrementalGroupMembersResponse {
    let record = (!changes.is_empty()).then(|| group_info(group));
    GetIncrementalGroupMembersResponse {
        version: changes.version.number,
        version_id: changes.version.id,
        full: changes.is_full,
        delete: changes.deleted,
        insert: members(&group.id, &changes.inserted),
        update: members(&group.id, &changes.updated),
        group: record,
        sort_version: changes.order_version,
    }
}

fn members(group: &GroupId, found: &[domain::groups::Member]) -> Vec<GroupMemberFullInfo> {
    found.iter().map(|one| member(group, one)).collect()
}

fn records(applications: &[Application]) -> Vec<GroupRequest> {
    applications.iter().map(application).collect()
}

fn records_of(page: &ApplicationPage) -> (u32, Vec<GroupRequest>) {
    (count(page.total), records(&page.applications))
}

/// The length of a list in the 32 bits that the wire has for it.
fn count(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
