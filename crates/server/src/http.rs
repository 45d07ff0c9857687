//! What is the same on every listener: the layers that are put on once, here, and not by surfaces. And the main
//! listener's own pages: health, readiness, metrics, the front page.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::get;
use axum::{Router, body::Body};
use domain::Domain;
use domain::ids::Ids;
use metrics::histogram;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{
    MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer,
};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use tracing::{Span, info_span};

use crate::telemetry;
use crate::welcome::Addresses;

/// The largest request body. Surfaces may be stricter.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The longest that a request may take, its body included. A WebSocket's request ends with the upgrade.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// A store that takes longer than this to answer is not ready.
const READY_TIMEOUT: Duration = Duration::from_secs(2);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The main listener's own pages.
pub(crate) struct Pages {
    pub domain: Arc<Domain>,
    pub metrics: PrometheusHandle,
    pub addresses: Addresses,
    pub stop: CancellationToken,
}

impl Pages {
    pub(crate) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/", get(front_page))
            .route("/healthz", get(health))
            .route("/readyz", get(readiness))
            .route("/metrics", get(metrics_page))
            .with_state(self)
    }
}

/// Puts the common layers around a listener's routes; the first one below sees a request last. `transfers` carry files
/// and bound size and time themselves.
pub(crate) fn with_layers(
    routes: Router,
    transfers: Router,
    listener: &'static str,
    ids: &Arc<Ids>,
) -> Router {
    routes
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            REQUEST_TIMEOUT,
        ))
        .merge(transfers)
        .layer(middleware::from_fn_with_state(listener, measure))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_request(())
                .on_response(())
                .on_failure(()),
        )
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeId(ids.clone())))
}

/// Whether the process lives.
async fn health() -> &'static str {
    "ok\n"
}

/// Whether it can do its work, with the state of each part that it depends on.
async fn readiness(State(pages): State<Arc<Pages>>) -> Response {
    let check = tokio::time::timeout(READY_TIMEOUT, pages.domain.check_store()).await;
    let store_is_up = matches!(check, Ok(Ok(())));
    let is_ready = store_is_up && !pages.stop.is_cancelled();
    let body = json!({
        "status": if is_ready { "ready" } else if store_is_up { "stopping" } else { "not ready" },
        "dependencies": { "store": if store_is_up { "up" } else { "down" } },
    });
    let status = if is_ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(body)).into_response()
}

async fn metrics_page(State(pages): State<Arc<Pages>>) -> impl IntoResponse {
    let content_type = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    (content_type, telemetry::render(&pages.metrics))
}

async fn front_page(State(pages): State<Arc<Pages>>) -> Html<String> {
    Html(pages.addresses.page())
}

async fn measure(
    State(listener): State<&'static str>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let started = Instant::now();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let response = next.run(request).await;
    // Paths that are no route share one label, so that a scan of the server makes no metrics.
    let route = route.unwrap_or_else(|| "none".to_owned());
    let status = response.status().as_str().to_owned();
    histogram!(
        "switchboard_http_request_duration_seconds",
        "listener" => listener, "route" => route, "status" => status
    )
    .record(started.elapsed());
    response
}

/// The path only, without what is secret in it: the query of a WebSocket's request holds a token, and the path of a
/// file a link.
fn span(request: &Request<Body>) -> Span {
    let id = request
        .headers()
        .get(REQUEST_ID)
        .and_then(|id| id.to_str().ok())
        .unwrap_or("");
    info_span!("request", method = %request.method(), path = shown(request.uri().path()), request.id = id)
}

/// A path up to what opens a file.
fn shown(path: &str) -> &str {
    const LINK: &str = "/object/:";
    path.find(LINK).map_or(path, |at| &path[..at + LINK.len()])
}

#[derive(Clone)]
struct MakeId(Arc<Ids>);

impl MakeRequestId for MakeId {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        self.0.hex32().parse().ok().map(RequestId::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_files_do_not_reach_the_log() {
        assert_eq!(shown("/openim/object/:5e11a/alice/x"), "/openim/object/:");
        assert_eq!(shown("/object/alice/x"), "/object/alice/x");
    }
}
