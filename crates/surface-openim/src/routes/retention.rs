//! `/conversation/set_retention`: how long the messages of certain chats are kept. An addition to OpenIM, which removes
//! everywhere or nowhere.

use std::sync::Arc;

use domain::caller::Caller;
use wire::openim::rest::extras::SetRetentionRequest;

use super::{Routes, route};
use crate::Surface;
use crate::convert::conversation_ids;
use crate::errors::{Answer, Refusal};

pub(super) fn routes() -> Routes {
    Routes::new().route("/set_retention", route(set_retention))
}

async fn set_retention(
    surface: Arc<Surface>,
    caller: Caller,
    request: SetRetentionRequest,
) -> Answer<()> {
    let seconds = request
        .seconds
        .ok_or_else(|| Refusal::args("seconds is missing"))?;
    let ids = conversation_ids(&request.conversation_ids)?;
    Ok(surface.domain.set_retention(&caller, &ids, seconds).await?)
}
