//! What an application tells its clients by name, which cores of newer servers ask for at login.

use std::sync::Arc;

use domain::caller::Caller;
use domain::client_config::ClientSetting;
use domain::gate;
use domain::ids::UserId;
use wire::openim::rest::user::{
    ClientConfig, DelUserClientConfigRequest, GetUserClientConfigRequest,
    GetUserClientConfigResponse, PageUserClientConfigRequest, PageUserClientConfigResponse,
    SetUserClientConfigRequest,
};

use super::PAGE_ROWS_MAX;
use crate::Surface;
use crate::convert::{page, user_id};
use crate::errors::Answer;

pub(super) async fn get(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetUserClientConfigRequest,
) -> Answer<GetUserClientConfigResponse> {
    let user = user_id("userID", &request.user_id)?;
    Ok(GetUserClientConfigResponse {
        configs: surface.domain.client_config(&caller, &user).await?,
    })
}

pub(super) async fn set(
    surface: Arc<Surface>,
    caller: Caller,
    request: SetUserClientConfigRequest,
) -> Answer<()> {
    gate::may_administer(&caller)?;
    let owner = owner(&request.user_id)?;
    Ok(surface
        .domain
        .set_client_config(&caller, owner.as_ref(), &request.configs)
        .await?)
}

pub(super) async fn delete(
    surface: Arc<Surface>,
    caller: Caller,
    request: DelUserClientConfigRequest,
) -> Answer<()> {
    gate::may_administer(&caller)?;
    let owner = owner(&request.user_id)?;
    Ok(surface
        .domain
        .delete_client_config(&caller, owner.as_ref(), &request.keys)
        .await?)
}

pub(super) async fn list(
    surface: Arc<Surface>,
    caller: Caller,
    request: PageUserClientConfigRequest,
) -> Answer<PageUserClientConfigResponse> {
    gate::may_administer(&caller)?;
    let owner = owner(&request.user_id)?;
    let page = page(request.pagination.as_ref(), PAGE_ROWS_MAX)?;
    let (total, found) = surface
        .domain
        .client_config_page(&caller, owner.as_ref(), &request.key, page)
        .await?;
    let config = |found: ClientSetting| ClientConfig {
        user_id: found
            .owner
            .map(|owner| owner.to_string())
            .unwrap_or_default(),
        key: found.name,
        value: found.value,
    };
    Ok(PageUserClientConfigResponse {
        total: total as i64,
        configs: found.into_iter().map(config).collect(),
    })
}

/// An empty id means everybody.
fn owner(text: &str) -> Answer<Option<UserId>> {
    match text {
        "" => Ok(None),
        text => user_id("userID", text).map(Some),
    }
}
