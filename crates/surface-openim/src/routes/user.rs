//! `/user/*`: registration, profiles, who is online, notification accounts, and a user's own key-value store.

mod client_config;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use axum::Router;
use domain::accounts::{
    Account, AccountKind, Favourite, NewAccount, PutFavourite, UpdateAccount, UpdateFavourite,
};
use domain::caller::Caller;
use domain::gate;
use domain::limits;
use domain::ports::AccountFilter;
use domain::sessions::Platforms;
use wire::openim::online_status;
use wire::openim::rest::user::{
    AccountCheckRequest, AccountCheckRespSingleUserStatus, AccountCheckResponse,
    AddNotificationAccountRequest, AddNotificationAccountResponse, AllCommandInfoResp,
    CommandInfoResp, GetAllUsersUidRequest, GetAllUsersUidResponse, GetSubscribeUsersStatusRequest,
    GetSubscribeUsersStatusResponse, GetUsersInfoRequest, GetUsersInfoResponse,
    GetUsersOnlineStatusRequest, GetUsersOnlineTokenDetailRequest, GetUsersRequest,
    GetUsersResponse, GetUsersStatusRequest, GetUsersStatusResponse, NotificationAccountInfo,
    OnlineStatus, PlatformStatus, PlatformTokens, ProcessUserCommandAddRequest,
    ProcessUserCommandDeleteRequest, ProcessUserCommandGetAllRequest,
    ProcessUserCommandGetAllResponse, ProcessUserCommandGetRequest, ProcessUserCommandGetResponse,
    ProcessUserCommandUpdateRequest, SearchNotificationAccountRequest,
    SearchNotificationAccountResponse, SetGlobalMsgRecvOptRequest, SubscribeUsersStatusRequest,
    SubscribeUsersStatusResponse, UpdateNotificationAccountRequest, UpdateUserInfoExRequest,
    UpdateUserInfoRequest, UserOnlineStatus, UserOnlineTokens, UserRegisterRequest,
};

use super::{Routes, route};
use crate::Surface;
use crate::convert::{page, receive, total, user_id, user_ids, user_info};
use crate::errors::{Answer, Refusal};

/// `genre` of a subscription.
const SUBSCRIBE: i32 = 1;
const CANCEL: i32 = 2;

const PAGE_ROWS_MAX: u32 = limits::PAGE_ROWS_MAX as u32;

pub(super) fn routes() -> Routes {
    Router::new()
        .route("/user_register", route(user_register))
        .route("/update_user_info", route(update_user_info))
        .route("/update_user_info_ex", route(update_user_info_ex))
        .route("/set_global_msg_recv_opt", route(set_global_msg_recv_opt))
        .route("/get_users_info", route(get_users_info))
        .route("/get_all_users_uid", route(get_all_users_uid))
        .route("/account_check", route(account_check))
        .route("/get_users", route(get_users))
        .route("/get_users_status", route(get_users_status))
        .route("/subscribe_users_status", route(subscribe_users_status))
        .route(
            "/get_users_online_token_detail",
            route(get_users_online_token_detail),
        )
        .route(
            "/get_subscribe_users_status",
            route(get_subscribe_users_status),
        )
        .route("/get_users_online_status", route(get_users_online_status))
        .route("/process_user_command_add", route(process_user_command_add))
        .route(
            "/process_user_command_delete",
            route(process_user_command_delete),
        )
        .route(
            "/process_user_command_update",
            route(process_user_command_update),
        )
        .route("/process_user_command_get", route(process_user_command_get))
        .route(
            "/process_user_command_get_all",
            route(process_user_command_get_all),
        )
        .route("/get_user_client_config", route(client_config::get))
        .route("/set_user_client_config", route(client_config::set))
        .route("/del_user_client_config", route(client_config::delete))
        .route("/page_user_client_config", route(client_config::list))
        .route("/add_notification_account", route(add_notification_account))
        .route(
            "/update_notification_account",
            route(update_notification_account),
        )
        .route(
            "/search_notification_account",
            route(search_notification_account),
        )
}

async fn user_register(
    surface: Arc<Surface>,
    caller: Caller,
    request: UserRegisterRequest,
) -> Answer<()> {
    let mut accounts = Vec::with_capacity(request.users.len());
    for user in request.users {
        accounts.push(NewAccount {
            face_url: user.face_url,
            ex: user.ex,
            receive: receive(user.global_recv_msg_opt)?,
            kind: match user.app_manger_level {
                0 => AccountKind::User,
                level => kind(level)?,
            },
            ..NewAccount::user(user_id("userID", &user.user_id)?, user.nickname)
        });
    }
    Ok(surface.domain.register_accounts(&caller, accounts).await?)
}

/// The older form: empty texts and zero mean "leave it".
async fn update_user_info(
    surface: Arc<Surface>,
    caller: Caller,
    request: UpdateUserInfoRequest,
) -> Answer<()> {
    let user = request
        .user_info
        .ok_or_else(|| Refusal::args("userInfo is missing"))?;
    let command = UpdateAccount {
        user_id: user_id("userID", &user.user_id)?,
        nickname: Some(user.nickname).filter(|text| !text.is_empty()),
        face_url: Some(user.face_url).filter(|text| !text.is_empty()),
        ex: Some(user.ex).filter(|text| !text.is_empty()),
        receive: match user.global_recv_msg_opt {
            0 => None,
            number => Some(receive(number)?),
        },
    };
    Ok(surface.domain.update_account(&caller, command).await?)
}

async fn update_user_info_ex(
    surface: Arc<Surface>,
    caller: Caller,
    request: UpdateUserInfoExRequest,
) -> Answer<()> {
    let user = request
        .user_info
        .ok_or_else(|| Refusal::args("userInfo is missing"))?;
    let command = UpdateAccount {
        user_id: user_id("userID", &user.user_id)?,
        nickname: user.nickname,
        face_url: user.face_url,
        ex: user.ex,
        receive: user.global_recv_msg_opt.map(receive).transpose()?,
    };
    Ok(surface.domain.update_account(&caller, command).await?)
}

async fn set_global_msg_recv_opt(
    surface: Arc<Surface>,
    caller: Caller,
    request: SetGlobalMsgRecvOptRequest,
) -> Answer<()> {
    let command = UpdateAccount {
        user_id: user_id("userID", &request.user_id)?,
        nickname: None,
        face_url: None,
        ex: None,
        receive: Some(receive(request.global_recv_msg_opt)?),
    };
    Ok(surface.domain.update_account(&caller, command).await?)
}

async fn get_users_info(
    surface: Arc<Surface>,
    _caller: Caller,
    request: GetUsersInfoRequest,
) -> Answer<GetUsersInfoResponse> {
    if request.user_ids.is_empty() {
        return Err(Refusal::args("userIDs is empty"));
    }
    // Unknown ids are left out, and so are impossible ones.
    let known = request
        .user_ids
        .iter()
        .filter_map(|text| user_id("userIDs", text).ok())
        .collect::<Vec<_>>();
    let accounts = surface.domain.find_accounts(&known).await?;
    Ok(GetUsersInfoResponse {
        users_info: accounts.iter().map(user_info).collect(),
    })
}

async fn get_all_users_uid(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetAllUsersUidRequest,
) -> Answer<GetAllUsersUidResponse> {
    let page = page(request.pagination.as_ref(), PAGE_ROWS_MAX)?;
    let (count, accounts) = surface
        .domain
        .accounts_page(&caller, &AccountFilter::default(), page)
        .await?;
    let user_ids = accounts
        .iter()
        .map(|account| account.user_id.to_string())
        .collect();
    Ok(GetAllUsersUidResponse {
        total: total(count),
        user_ids,
    })
}

async fn account_check(
    surface: Arc<Surface>,
    caller: Caller,
    request: AccountCheckRequest,
) -> Answer<AccountCheckResponse> {
    gate::may_administer(&caller)?;
    let ids = user_ids("checkUserIDs", &request.check_user_ids)?;
    if ids.is_empty() || ids.iter().collect::<HashSet<_>>().len() != ids.len() {
        return Err(Refusal::args(
            "checkUserIDs is empty or names somebody twice",
        ));
    }
    let found = surface.domain.find_accounts(&ids).await?;
    let found: HashSet<_> = found.iter().map(|account| &account.user_id).collect();
    let status = |id: &domain::ids::UserId| AccountCheckRespSingleUserStatus {
        account_status: i32::from(found.contains(id)),
        user_id: id.to_string(),
    };
    Ok(AccountCheckResponse {
        results: ids.iter().map(status).collect(),
    })
}

async fn get_users(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetUsersRequest,
) -> Answer<GetUsersResponse> {
    let filter = AccountFilter {
        user_id_part: request.user_id,
        nickname_part: request.nick_name,
        kinds: vec![AccountKind::User],
    };
    let page = page(request.pagination.as_ref(), PAGE_ROWS_MAX)?;
    let (count, accounts) = surface.domain.accounts_page(&caller, &filter, page).await?;
    Ok(GetUsersResponse {
        total: total(count),
        users: accounts.iter().map(user_info).collect(),
    })
}

async fn get_users_status(
    surface: Arc<Surface>,
    _caller: Caller,
    request: GetUsersStatusRequest,
) -> Answer<GetUsersStatusResponse> {
    let mut status_list = Vec::with_capacity(request.user_ids.len());
    for (id, online) in online(&surface, &request.user_ids).await? {
        status_list.push(OnlineStatus {
            user_id: id,
            status: status(online),
            platform_ids: online.iter().map(|platform| platform.number()).collect(),
        });
    }
    Ok(GetUsersStatusResponse { status_list })
}

/// Makes every connection of the user follow these people, or leave them; the answer is their present state. The
/// original takes the call and does nothing.
async fn subscribe_users_status(
    surface: Arc<Surface>,
    caller: Caller,
    request: SubscribeUsersStatusRequest,
) -> Answer<SubscribeUsersStatusResponse> {
    let owner = user_id("userID", &request.user_id)?;
    gate::may_act_for(&caller, &owner)?;
    if ![SUBSCRIBE, CANCEL].contains(&request.genre) {
        return Err(Refusal::args("genre must be 1 or 2"));
    }
    let owner = surface.domain.find_account(&owner).await?;
    let ids = user_ids("userIDs", &request.user_ids)?;
    let keys: Vec<_> = surface
        .domain
        .find_accounts(&ids)
        .await?
        .iter()
        .map(|account| account.key)
        .collect();
    let presence = &surface.realtime.presence;
    for connection in surface.realtime.hub.connections_of(owner.key) {
        if request.genre == CANCEL {
            presence.unwatch(&connection, keys.iter().copied());
        } else {
            presence
                .watch(&connection, keys.iter().copied())
                .map_err(|_| Refusal::args("a connection follows as many users as it may"))?;
        }
    }
    let asked = GetUsersStatusRequest {
        user_id: request.user_id,
        user_ids: request.user_ids,
    };
    let states = get_users_status(surface, caller, asked).await?;
    Ok(SubscribeUsersStatusResponse {
        status_list: states.status_list,
    })
}

/// Who is online with how many connections of which platform. The tokens themselves are kept nowhere.
async fn get_users_online_token_detail(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetUsersOnlineTokenDetailRequest,
) -> Answer<Vec<UserOnlineTokens>> {
    gate::may_administer(&caller)?;
    let ids = user_ids("userIDs", &request.user_ids)?;
    let mut online = Vec::new();
    for account in surface.domain.find_accounts(&ids).await? {
        let mut platforms = BTreeMap::new();
        for connection in surface.realtime.hub.connections_of(account.key) {
            *platforms
                .entry(connection.info().platform.number())
                .or_default() += 1;
        }
        if platforms.is_empty() {
            continue;
        }
        let tokens = |(platform_id, total)| PlatformTokens {
            platform_id,
            total,
            token: Vec::new(),
        };
        online.push(UserOnlineTokens {
            user_id: account.user_id.to_string(),
            status: online_status::ONLINE,
            single_platform_token: platforms.into_iter().map(tokens).collect(),
        });
    }
    Ok(online)
}

/// Subscriptions belong to a connection, not to an account (`websocket.md` §7), so there are none to list here.
async fn get_subscribe_users_status(
    _surface: Arc<Surface>,
    caller: Caller,
    request: GetSubscribeUsersStatusRequest,
) -> Answer<GetSubscribeUsersStatusResponse> {
    gate::may_act_for(&caller, &user_id("userID", &request.user_id)?)?;
    Ok(GetSubscribeUsersStatusResponse::default())
}

async fn get_users_online_status(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetUsersOnlineStatusRequest,
) -> Answer<Vec<UserOnlineStatus>> {
    gate::may_administer(&caller)?;
    let ids = user_ids("userIDs", &request.user_ids)?;
    let accounts = surface.domain.find_accounts(&ids).await?;
    let status = |id: &domain::ids::UserId| {
        let account = accounts.iter().find(|account| account.user_id == *id);
        let connections = account
            .map(|account| surface.realtime.hub.connections_of(account.key))
            .unwrap_or_default();
        let detail: Vec<_> = connections
            .iter()
            .map(|connection| PlatformStatus {
                platform_id: connection.info().platform.number(),
                conn_id: connection.id().to_string(),
                is_background: connection.is_background(),
                // The token itself is kept nowhere.
                token: String::new(),
            })
            .collect();
        UserOnlineStatus {
            user_id: id.to_string(),
            status: if detail.is_empty() {
                online_status::OFFLINE
            } else {
                online_status::ONLINE
            },
            detail_platform_status: Some(detail).filter(|detail| !detail.is_empty()),
        }
    };
    Ok(ids.iter().map(status).collect())
}

async fn process_user_command_add(
    surface: Arc<Surface>,
    caller: Caller,
    request: ProcessUserCommandAddRequest,
) -> Answer<()> {
    let command = PutFavourite {
        owner: user_id("userID", &request.user_id)?,
        kind: command_kind(request.kind)?,
        uuid: request.uuid,
        value: request.value.unwrap_or_default(),
        ex: request.ex.unwrap_or_default(),
    };
    Ok(surface.domain.put_favourite(&caller, command).await?)
}

async fn process_user_command_delete(
    surface: Arc<Surface>,
    caller: Caller,
    request: ProcessUserCommandDeleteRequest,
) -> Answer<()> {
    let owner = user_id("userID", &request.user_id)?;
    Ok(surface
        .domain
        .delete_favourite(&caller, &owner, command_kind(request.kind)?, &request.uuid)
        .await?)
}

async fn process_user_command_update(
    surface: Arc<Surface>,
    caller: Caller,
    request: ProcessUserCommandUpdateRequest,
) -> Answer<()> {
    let command = UpdateFavourite {
        owner: user_id("userID", &request.user_id)?,
        kind: command_kind(request.kind)?,
        uuid: request.uuid,
        value: request.value,
        ex: request.ex,
    };
    Ok(surface.domain.update_favourite(&caller, command).await?)
}

async fn process_user_command_get(
    surface: Arc<Surface>,
    caller: Caller,
    request: ProcessUserCommandGetRequest,
) -> Answer<ProcessUserCommandGetResponse> {
    let owner = user_id("userID", &request.user_id)?;
    let found = surface
        .domain
        .favourites(&caller, &owner, Some(command_kind(request.kind)?))
        .await?;
    let command = |found: Favourite| CommandInfoResp {
        kind: found.kind,
        create_time: found.created_at,
        uuid: found.uuid,
        value: found.value,
        ex: found.ex,
    };
    Ok(ProcessUserCommandGetResponse {
        command_resp: found.into_iter().map(command).collect(),
    })
}

async fn process_user_command_get_all(
    surface: Arc<Surface>,
    caller: Caller,
    request: ProcessUserCommandGetAllRequest,
) -> Answer<ProcessUserCommandGetAllResponse> {
    let owner = user_id("userID", &request.user_id)?;
    let found = surface.domain.favourites(&caller, &owner, None).await?;
    let command = |found: Favourite| AllCommandInfoResp {
        kind: found.kind,
        create_time: found.created_at,
        uuid: found.uuid,
        value: found.value,
        ex: found.ex,
    };
    Ok(ProcessUserCommandGetAllResponse {
        command_resp: found.into_iter().map(command).collect(),
    })
}

async fn add_notification_account(
    surface: Arc<Surface>,
    caller: Caller,
    request: AddNotificationAccountRequest,
) -> Answer<AddNotificationAccountResponse> {
    gate::may_administer(&caller)?;
    let kind = match kind(request.app_manger_level)? {
        kind @ (AccountKind::Notification | AccountKind::Robot) => kind,
        AccountKind::User | AccountKind::Administrator => {
            return Err(Refusal::args("appMangerLevel must be 3 or more"));
        }
    };
    let id = match request.user_id.as_str() {
        "" => surface.domain.free_account_id().await?,
        text => user_id("userID", text)?,
    };
    let account = NewAccount {
        face_url: request.face_url,
        kind,
        ..NewAccount::user(id, request.nick_name)
    };
    surface
        .domain
        .register_accounts(&caller, vec![account.clone()])
        .await
        .map_err(|error| match error {
            // The original answers this one as a wrong argument.
            domain::error::Error::Conflict(_) => Refusal::args("userID is taken"),
            error => error.into(),
        })?;
    Ok(AddNotificationAccountResponse {
        user_id: account.user_id.to_string(),
        face_url: account.face_url,
        nick_name: account.nickname,
        app_manger_level: kind as i32,
    })
}

async fn update_notification_account(
    surface: Arc<Surface>,
    caller: Caller,
    request: UpdateNotificationAccountRequest,
) -> Answer<()> {
    gate::may_administer(&caller)?;
    if request.nick_name.is_empty() && request.face_url.is_empty() {
        return Err(Refusal::args("nickName and faceURL are both empty"));
    }
    let id = user_id("userID", &request.user_id)?;
    if surface.domain.find_account(&id).await?.kind.logs_in() {
        return Err(Refusal::args("userID is not a notification account"));
    }
    let command = UpdateAccount {
        user_id: id,
        nickname: Some(request.nick_name).filter(|text| !text.is_empty()),
        face_url: Some(request.face_url).filter(|text| !text.is_empty()),
        ex: None,
        receive: None,
    };
    Ok(surface.domain.update_account(&caller, command).await?)
}

async fn search_notification_account(
    surface: Arc<Surface>,
    caller: Caller,
    request: SearchNotificationAccountRequest,
) -> Answer<SearchNotificationAccountResponse> {
    gate::may_administer(&caller)?;
    let page = page(request.pagination.as_ref(), PAGE_ROWS_MAX)?;
    let level = request.app_manager_level.map(kind).transpose()?;
    let info = |account: &Account| NotificationAccountInfo {
        user_id: account.user_id.to_string(),
        face_url: account.face_url.clone(),
        nick_name: account.nickname.clone(),
        app_manger_level: account.kind as i32,
    };
    let is_wanted = |account: &Account| {
        !account.kind.logs_in() && level.is_none_or(|level| account.kind == level)
    };
    // A keyword that is somebody's id means that account, anything else is a part of a nickname.
    if let Ok(id) = user_id("keyword", &request.keyword)
        && let Some(account) = surface
            .domain
            .find_accounts(&[id])
            .await?
            .iter()
            .find(|account| is_wanted(account))
    {
        return Ok(SearchNotificationAccountResponse {
            total: 1,
            notification_accounts: vec![info(account)],
        });
    }
    let kinds = level.map_or_else(
        || vec![AccountKind::Notification, AccountKind::Robot],
        |level| vec![level],
    );
    let filter = AccountFilter {
        nickname_part: request.keyword,
        kinds,
        ..AccountFilter::default()
    };
    let (count, accounts) = surface.domain.accounts_page(&caller, &filter, page).await?;
    Ok(SearchNotificationAccountResponse {
        total: count as i64,
        notification_accounts: accounts.iter().map(info).collect(),
    })
}

/// Where each of these users is online, in that order; unknown ones are offline.
async fn online(surface: &Surface, texts: &[String]) -> Answer<Vec<(String, Platforms)>> {
    if texts.is_empty() {
        return Err(Refusal::args("userIDs is empty"));
    }
    let ids = user_ids("userIDs", texts)?;
    let accounts = surface.domain.find_accounts(&ids).await?;
    let of = |id: &domain::ids::UserId| {
        accounts
            .iter()
            .find(|account| account.user_id == *id)
            .map_or(Platforms::default(), |account| {
                surface.realtime.presence.online(account.key)
            })
    };
    Ok(ids.iter().map(|id| (id.to_string(), of(id))).collect())
}

fn status(online: Platforms) -> i32 {
    if online.is_empty() {
        online_status::OFFLINE
    } else {
        online_status::ONLINE
    }
}

fn kind(level: i32) -> Answer<AccountKind> {
    AccountKind::from_number(level.into())
        .ok_or_else(|| Refusal::args("appMangerLevel must be 1 to 4"))
}

fn command_kind(number: i32) -> Answer<i32> {
    if number == 0 {
        Err(Refusal::args("type is missing"))
    } else {
        Ok(number)
    }
}
