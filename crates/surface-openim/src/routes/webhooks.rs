//! `/webhooks/*`, which the original does not have (`docs/webhooks.md`): what came of the newest requests to the
//! application's server, and the after-hooks that were set aside. For administrators.

use std::sync::Arc;

use axum::Router;
use domain::caller::Caller;
use domain::hooks::{DeadLetter, Delivery};
use domain::ids::JobKey;
use wire::openim::rest::webhooks::{
    DeadLetterInfo, DeliveryInfo, GetDeliveriesRequest, GetDeliveriesResponse, ReplayRequest,
    ReplayResponse,
};

use super::{Routes, route};
use crate::Surface;
use crate::errors::Answer;

pub(super) fn routes() -> Routes {
    Router::new()
        .route("/get_deliveries", route(get_deliveries))
        .route("/replay", route(replay))
}

async fn get_deliveries(
    surface: Arc<Surface>,
    caller: Caller,
    request: GetDeliveriesRequest,
) -> Answer<GetDeliveriesResponse> {
    let deliveries = surface.domain.hook_deliveries(&caller)?;
    let dead = surface.domain.dead_letters(&caller).await?;
    let is_meant = |delivery: &Delivery| {
        request.outcome.is_empty() || delivery.outcome.name() == request.outcome
    };
    Ok(GetDeliveriesResponse {
        deliveries: deliveries
            .into_iter()
            .filter(is_meant)
            .map(delivery_info)
            .collect(),
        dead_letters: dead.into_iter().map(dead_letter_info).collect(),
    })
}

async fn replay(
    surface: Arc<Surface>,
    caller: Caller,
    request: ReplayRequest,
) -> Answer<ReplayResponse> {
    let jobs: Vec<_> = request.job_ids.into_iter().map(JobKey).collect();
    let replayed = surface.domain.replay_letters(&caller, &jobs).await?;
    Ok(ReplayResponse {
        replayed: i32::try_from(replayed).unwrap_or(i32::MAX),
    })
}

fn delivery_info(delivery: Delivery) -> DeliveryInfo {
    DeliveryInfo {
        time: delivery.at,
        hook: delivery.hook.name().to_owned(),
        delivery_id: delivery.id,
        operation_id: delivery.trace,
        outcome: delivery.outcome.name().to_owned(),
        detail: delivery.detail,
        duration_ms: i64::try_from(delivery.duration_ms).unwrap_or(i64::MAX),
        attempt: i32::try_from(delivery.attempt).unwrap_or(i32::MAX),
    }
}

fn dead_letter_info(dead: DeadLetter) -> DeadLetterInfo {
    DeadLetterInfo {
        job_id: dead.job.0,
        hook: dead.letter.hook.name().to_owned(),
        delivery_id: dead.letter.id,
        operation_id: dead.letter.trace,
        time: dead.letter.at,
        attempts: i32::try_from(dead.attempts).unwrap_or(i32::MAX),
        error: dead.error,
        body: dead.letter.body,
    }
}
