//! Listeners: binding them, and the loop that takes connections, serves HTTP on them and lets them end. Upgraded
//! connections (WebSockets) leave this loop's care; the hub closes them.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics::gauge;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use crate::config::Listen;

/// The longest that a client may take over the head of a request; also how long an idle connection is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// After this error of `accept` (no descriptors left, say) it is no use to try again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// The listeners that are on. Their addresses are those really bound.
pub(crate) struct Listeners {
    pub main: Option<Listener>,
    pub openim_api: Option<Listener>,
    pub openim_ws: Option<Listener>,
}

pub(crate) struct Listener {
    pub address: SocketAddr,
    name: &'static str,
    socket: TcpListener,
}

impl Listeners {
    pub(crate) async fn bind(listen: &Listen) -> Result<Self> {
        Ok(Self {
            main: bind("main", listen.main).await?,
            openim_api: bind("openim_api", listen.openim_api).await?,
            openim_ws: bind("openim_ws", listen.openim_ws).await?,
        })
    }
}

async fn bind(name: &'static str, address: Option<SocketAddr>) -> Result<Option<Listener>> {
    let Some(address) = address else {
        return Ok(None);
    };
    match TcpListener::bind(address).await {
        Ok(socket) => Ok(Some(Listener {
            address: socket.local_addr()?,
            name,
            socket,
        })),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => bail!(
            "{address} (listen.{name}) is in use by another program; stop that one, or set listen.{name} to another \
             address or to \"off\""
        ),
        Err(error) => {
            Err(error).with_context(|| format!("cannot listen on {address} (listen.{name})"))
        }
    }
}

impl Listener {
    /// Serves until `stop`, then lets requests that have begun finish; those are in `tasks`.
    pub(crate) async fn serve(self, app: Router, stop: CancellationToken, tasks: TaskTracker) {
        while let Some(accepted) = stop.run_until_cancelled(self.socket.accept()).await {
            match accepted {
                Ok((stream, peer)) => {
                    tasks.spawn(connection(
                        stream,
                        peer,
                        app.clone(),
                        self.name,
                        stop.clone(),
                    ));
                }
                Err(error) if is_about_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, listener = self.name, "cannot accept connections");
                    stop.run_until_cancelled(tokio::time::sleep(ACCEPT_PAUSE))
                        .await;
                }
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    name: &'static str,
    stop: CancellationToken,
) {
    // Answers and frames are written whole; waiting to fill a packet only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY");
    }
    let service = service_fn(|mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        app.clone().call(request.map(Body::new))
    });
    let open = gauge!("switchboard_http_connections", "listener" => name);
    open.increment(1.0);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let served = match stop.run_until_cancelled(connection.as_mut()).await {
        Some(served) => served,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    open.decrement(1.0);
    // Clients that vanish or talk nonsense are their own affair.
    if let Err(error) = served {
        tracing::debug!(%error, listener = name, "connection ended");
    }
}

fn is_about_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}
