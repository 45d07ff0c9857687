//! The name that a client gave to the request which is being carried out. Surfaces set it around the request, and hooks
//! pass it on, so that the application's server can tell what belongs together.

use std::future::Future;

tokio::task_local! {
    static TRACE: String;
}

/// Carries out `work` as the request of this name.
pub async fn with_trace<F: Future>(trace: &str, work: F) -> F::Output {
    TRACE.scope(trace.to_owned(), work).await
}

/// The name of the request that is being carried out, if it has one.
pub(super) fn current() -> Option<String> {
    TRACE
        .try_with(|trace| (!trace.is_empty()).then(|| trace.clone()))
        .ok()
        .flatten()
}
