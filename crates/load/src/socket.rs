//! Dialling WebSockets cheaply: small buffers, no delay, and if asked for a source address of its own, because one
//! address has only some 28,000 ports.

use anyhow::{Context, Result, anyhow, bail};
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

pub type Socket = WebSocketStream<TcpStream>;

const DIAL_MAX: Duration = Duration::from_secs(20);

/// Opens `ws://{address}{target}`.
pub async fn dial(address: SocketAddr, target: &str, source: Option<Ipv4Addr>) -> Result<Socket> {
    timeout(DIAL_MAX, connect(address, target, source))
        .await
        .with_context(|| format!("no answer to a dial within {DIAL_MAX:?}"))?
}

async fn connect(address: SocketAddr, target: &str, source: Option<Ipv4Addr>) -> Result<Socket> {
    let tcp = TcpSocket::new_v4()?;
    if let Some(source) = source {
        tcp.bind((source, 0).into())?;
    }
    let stream = tcp.connect(address).await.context("connect")?;
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default()
        .read_buffer_size(4096)
        .write_buffer_size(0);
    let url = format!("ws://{address}{target}");
    match client_async_with_config(url, stream, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => {
            let body = response.body().as_deref().unwrap_or_default();
            let body = String::from_utf8_lossy(body).into_owned();
            Err(anyhow!(
                "the dial was refused: {} {body}",
                response.status()
            ))
        }
        Err(error) => Err(error).context("WebSocket handshake"),
    }
}

/// Sends one frame and flushes it.
pub async fn say(socket: &mut Socket, frame: Bytes) -> Result<()> {
    socket.send(Message::Binary(frame)).await?;
    Ok(())
}

/// The next binary frame. Pings are answered on the way; the end of the connection is an error.
pub async fn next_frame(socket: &mut Socket) -> Result<Bytes> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Binary(frame))) => return Ok(frame),
            // The library queues the pong; it has to be sent.
            Some(Ok(Message::Ping(_))) => socket.flush().await?,
            Some(Ok(Message::Pong(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Text(text))) => bail!("a text frame: {}", text.as_str()),
            Some(Ok(Message::Close(reason))) => bail!("closed by the server: {reason:?}"),
            Some(Err(error)) => return Err(error).context("read a frame"),
            None => bail!("the connection ended"),
        }
    }
}
