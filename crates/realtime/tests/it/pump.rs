//! The socket loop.

use std::time::Duration;

use domain::event::Signal;
use domain::ids::{AccountKey, SessionKey};
use domain::sessions::{Platform, Platforms};
use futures_util::{SinkExt, StreamExt};
use realtime::pump::{Ended, KeepAlive};
use realtime::{CloseReason, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{client_async, connect_async};

use crate::echo::{Echo, next, next_seq, next_text};

const PATIENT: KeepAlive = KeepAlive {
    ping_every: None,
    idle_timeout: Duration::from_secs(60),
};

async fn echo() -> Echo {
    Echo::start(Settings::default(), PATIENT).await
}

#[tokio::test]
async fn requests_are_answered_one_after_the_other() {
    let echo = echo().await;
    let mut socket = echo.dial(1, 1, Platform::Linux).await;
    for text in ["wait", "a", "b"] {
        socket.send(Message::text(text)).await.unwrap();
    }
    echo.go.notify_one();
    for text in ["wait", "a", "b"] {
        assert_eq!(next_text(&mut socket).await.as_deref(), Some(text));
    }
}

#[tokio::test]
async fn events_arrive_while_a_request_is_being_answered() {
    let echo = echo().await;
    let mut socket = echo.dial(1, 1, Platform::Linux).await;
    socket.send(Message::text("wait")).await.unwrap();
    echo.begun.notified().await;
    echo.publish(1, [1]);
    assert_eq!(next_seq(&mut socket).await, 1);
    echo.go.notify_one();
    assert_eq!(next_text(&mut socket).await.as_deref(), Some("wait"));
}

#[tokio::test]
async fn a_ping_is_answered_with_its_payload() {
    let echo = echo().await;
    let mut socket = echo.dial(1, 1, Platform::Linux).await;
    socket.send(Message::Ping("42".into())).await.unwrap();
    assert_eq!(next(&mut socket).await, Some(Message::Pong("42".into())));
}

#[tokio::test]
async fn a_silent_peer_is_let_go_and_one_that_only_pings_is_not() {
    let keep_alive = KeepAlive {
        ping_every: None,
        idle_timeout: Duration::from_millis(400),
    };
    let echo = Echo::start(Settings::default(), keep_alive).await;
    let mut silent = echo.dial(1, 1, Platform::Linux).await;
    let mut pinging = echo.dial(2, 1, Platform::Linux).await;
    let mut beat = tokio::time::interval(Duration::from_millis(100));
    tokio::select! {
        closed = next_text(&mut silent) => assert_eq!(closed, None),
        () = async {
            loop {
                beat.tick().await;
                pinging.send(Message::Ping(Default::default())).await.unwrap();
            }
        } => {}
    }
    pinging.send(Message::text("still here")).await.unwrap();
    assert_eq!(next_text(&mut pinging).await.as_deref(), Some("still here"));
}

#[tokio::test]
async fn a_peer_that_does_not_ping_is_pinged_and_its_pong_counts() {
    let keep_alive = KeepAlive {
        ping_every: Some(Duration::from_millis(100)),
        idle_timeout: Duration::from_millis(400),
    };
    let echo = Echo::start(Settings::default(), keep_alive).await;
    let mut socket = echo.dial(1, 1, Platform::Web).await;
    // The client library answers pings by itself while it is read.
    for _ in 0..8 {
        assert!(matches!(next(&mut socket).await, Some(Message::Ping(_))));
    }
    socket.send(Message::text("still here")).await.unwrap();
    assert_eq!(next_text(&mut socket).await.as_deref(), Some("still here"));
}

#[tokio::test]
async fn a_frame_that_is_too_large_ends_the_connection() {
    let mut echo = echo().await;
    let mut socket = echo.dial(1, 1, Platform::Linux).await;
    socket.send(Message::text("x".repeat(2000))).await.unwrap();
    assert_eq!(next_text(&mut socket).await, None);
    assert_eq!(echo.ended().await, Ended::Malformed);
}

#[tokio::test]
async fn a_good_bye_is_answered() {
    let mut echo = echo().await;
    let mut socket = echo.dial(1, 1, Platform::Linux).await;
    socket.close(None).await.unwrap();
    assert_eq!(next(&mut socket).await, Some(Message::Close(None)));
    assert_eq!(next(&mut socket).await, None);
    assert_eq!(echo.ended().await, Ended::ByPeer);
}

#[tokio::test]
async fn a_connection_that_breaks_is_forgotten() {
    let mut echo = echo().await;
    drop(echo.dial(1, 1, Platform::Linux).await);
    assert_eq!(echo.ended().await, Ended::Broken);
    assert_eq!(echo.realtime.hub.connections(), 0);
}

#[tokio::test]
async fn an_answer_and_ones_own_push_leave_in_one_write() {
    let echo = echo().await;
    let stream = TcpStream::connect(echo.address).await.unwrap();
    let url = echo.url(1, 1, Platform::Linux);
    let (mut socket, _) = client_async(url, stream).await.unwrap();
    assert!(matches!(socket.next().await, Some(Ok(Message::Text(_)))));
    let mut stream = socket.into_inner();
    // A text frame of four bytes, masked with zeros.
    let frame = *b"\x81\x84\0\0\0\0push";
    stream.write_all(&frame).await.unwrap();
    let mut read = [0; 64];
    let count = stream.read(&mut read).await.unwrap();
    assert_eq!(&read[..count], b"\x81\x04push\x81\x0c1 xxxxxxxxxx");
}

#[tokio::test]
async fn a_request_goes_on_while_its_peer_does_not_read() {
    let echo = echo().await;
    let mut socket = echo.dial(1, 1, Platform::Linux).await;
    socket.send(Message::text("wait")).await.unwrap();
    echo.begun.notified().await;
    echo.clog(1);
    echo.go.notify_one();
    // It would hold its transaction open if it had to wait for the socket.
    echo.gone.notified().await;
    // The answer comes before what was still queued when it was ready.
    let mut seq = 0;
    while seq < 200 {
        let text = next_text(&mut socket).await.unwrap();
        if text != "wait" {
            seq += 1;
            assert!(text.starts_with(&format!("{seq} ")));
        }
    }
}

#[tokio::test]
async fn a_peer_that_never_reads_is_given_up_after_a_while() {
    let mut echo = echo().await;
    let socket = echo.dial(1, 1, Platform::Linux).await;
    echo.clog(1);
    tokio::time::pause();
    assert_eq!(echo.ended().await, Ended::Stuck);
    drop(socket);
}

#[tokio::test]
async fn a_kick_is_told_at_once_and_the_request_goes_on_to_its_end() {
    let mut echo = echo().await;
    let mut socket = echo.dial(1, 1, Platform::Linux).await;
    socket.send(Message::text("wait")).await.unwrap();
    echo.begun.notified().await;
    echo.realtime.publisher().signal(Signal::SocketsReplaced {
        account: AccountKey(1),
        platforms: Platforms::of([Platform::Linux]),
        except: SessionKey(2),
    });
    let kicked = next_text(&mut socket).await.unwrap();
    assert!(kicked.contains("SocketsReplaced"), "{kicked}");
    echo.publish(1, [2]);
    echo.go.notify_one();
    echo.gone.notified().await;
    assert_eq!(next_text(&mut socket).await.as_deref(), Some("wait"));
    assert_eq!(next_text(&mut socket).await, None);
    assert_eq!(echo.ended().await, Ended::ByHub(CloseReason::Kicked));
}

#[tokio::test]
async fn a_shutdown_lets_a_request_be_answered_and_takes_nobody_new() {
    let echo = echo().await;
    let mut socket = echo.dial(1, 1, Platform::Linux).await;
    socket.send(Message::text("wait")).await.unwrap();
    echo.begun.notified().await;
    let realtime = echo.realtime.clone();
    let shutdown = tokio::spawn(async move { realtime.shutdown().await });
    while connect_async(echo.url(1, 2, Platform::Linux)).await.is_ok() {}
    echo.go.notify_one();
    assert_eq!(next_text(&mut socket).await.as_deref(), Some("wait"));
    assert!(matches!(next(&mut socket).await, Some(Message::Close(_))));
    assert_eq!(next(&mut socket).await, None);
    shutdown.await.unwrap();
}

#[tokio::test]
async fn the_last_answer_is_sent_before_the_connection_is_closed() {
    let echo = echo().await;
    let mut socket = echo.dial(1, 1, Platform::Linux).await;
    socket.send(Message::text("bye")).await.unwrap();
    assert_eq!(next_text(&mut socket).await.as_deref(), Some("bye"));
    assert_eq!(next_text(&mut socket).await, None);
}

#[tokio::test]
async fn a_shutdown_sends_what_is_queued_and_says_going_away() {
    let echo = echo().await;
    let mut socket = echo.dial(1, 1, Platform::Linux).await;
    echo.publish(1, [1, 2]);
    let realtime = echo.realtime.clone();
    let shutdown = tokio::spawn(async move { realtime.shutdown().await });
    assert_eq!(
        (next_seq(&mut socket).await, next_seq(&mut socket).await),
        (1, 2)
    );
    match next(&mut socket).await {
        Some(Message::Close(Some(frame))) => assert_eq!(frame.code, CloseCode::Away),
        other => panic!("{other:?}"),
    }
    assert_eq!(next(&mut socket).await, None);
    shutdown.await.unwrap();
    assert_eq!(echo.realtime.hub.connections(), 0);
}
