//! A surface of a few lines: it echoes text, shows messages by their sequence number, can be told to take its time,
//! and notes how its connections ended.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::conversations::{ConversationKind, Party};
use domain::event::{Audience, Event, Position, Recorded};
use domain::ids::{AccountKey, ConversationId, ConversationKey, MessageKey, SessionKey, UserId};
use domain::messages::{Message, Post, Route, Status};
use domain::sessions::Platform;
use futures_util::StreamExt;
use realtime::pump::{Ended, Incoming, KeepAlive, Protocol, Reply};
use realtime::{
    ConnectionInfo, Frame, LocalBus, Outgoing, Published, Realtime, Settings, Slot, pump,
};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_tungstenite::tungstenite::Message as WsMessage;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub struct Echo {
    pub realtime: Arc<Realtime>,
    pub address: SocketAddr,
    /// How often an event was encoded.
    pub encoded: Arc<AtomicUsize>,
    /// Lets a request go that was sent as "wait".
    pub go: Arc<Notify>,
    /// Told when such a request has begun, and when it has gone on to its end.
    pub begun: Arc<Notify>,
    pub gone: Arc<Notify>,
    endings: UnboundedReceiver<Ended>,
}

#[derive(Clone)]
struct Shared {
    realtime: Arc<Realtime>,
    keep_alive: KeepAlive,
    encoded: Arc<AtomicUsize>,
    go: Arc<Notify>,
    begun: Arc<Notify>,
    gone: Arc<Notify>,
    endings: UnboundedSender<Ended>,
}

pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Echo {
    pub async fn start(settings: Settings, keep_alive: KeepAlive) -> Self {
        let realtime = Arc::new(Realtime::new(settings, Arc::new(LocalBus::new())));
        let encoded = Arc::new(AtomicUsize::new(0));
        let (go, begun, gone) = <(Arc<Notify>, Arc<Notify>, Arc<Notify>)>::default();
        let (noted, endings) = unbounded_channel();
        let shared = Shared {
            realtime: realtime.clone(),
            keep_alive,
            encoded: encoded.clone(),
            go: go.clone(),
            begun: begun.clone(),
            gone: gone.clone(),
            endings: noted,
        };
        let router = Router::new().fallback(get(dial)).with_state(shared);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            realtime,
            address,
            encoded,
            go,
            begun,
            gone,
            endings,
        }
    }

    pub fn url(&self, account: i64, session: i64, platform: Platform) -> String {
        format!(
            "ws://{}/?account={account}&session={session}&platform={}",
            self.address,
            platform.number()
        )
    }

    /// How the next connection ended that has.
    pub async fn ended(&mut self) -> Ended {
        self.endings.recv().await.expect("the surface is there")
    }

    pub async fn dial(&self, account: i64, session: i64, platform: Platform) -> Socket {
        let url = self.url(account, session, platform);
        let (mut socket, _) = connect_async(url).await.unwrap();
        // The greeting shows that the hub has taken the connection.
        assert_eq!(next_text(&mut socket).await.as_deref(), Some("hello"));
        socket
    }

    /// Publishes messages of one conversation to an account.
    pub fn publish(&self, account: i64, seqs: impl IntoIterator<Item = i64>) {
        self.publish_sized(account, seqs, 100);
    }

    pub fn publish_sized(&self, account: i64, seqs: impl IntoIterator<Item = i64>, bytes: usize) {
        let recorded = seqs.into_iter().map(|seq| appended(account, seq, bytes));
        self.realtime.publisher().publish(recorded.collect());
    }

    /// Publishes more than the kernel takes for a peer that does not read, and less than its queue does.
    pub fn clog(&self, account: i64) {
        self.publish_sized(account, 1..=200, 256 * 1024);
    }
}

async fn dial(
    State(shared): State<Shared>,
    Query(query): Query<Vec<(String, i64)>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let of = |name: &str| {
        query
            .iter()
            .find(|(key, _)| key == name)
            .map_or(0, |(_, value)| *value)
    };
    let registration = shared.realtime.hub.register(ConnectionInfo {
        account: AccountKey(of("account")),
        user_id: user(of("account")),
        session: SessionKey(of("session")),
        platform: Platform::from_number(of("platform")).unwrap(),
        surface: "echo",
        is_background: false,
    });
    let Ok(registration) = registration else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    pump::configure(upgrade, 1024).on_upgrade(async move |socket| {
        let keep_alive = shared.keep_alive;
        let hello = Some(Frame::Text("hello".into()));
        let endings = shared.endings.clone();
        let protocol = EchoProtocol {
            shared,
            account: registration.connection().info().account.0,
        };
        let ended = pump::run(socket, registration, protocol, keep_alive, hello).await;
        let _ = endings.send(ended);
    })
}

struct EchoProtocol {
    shared: Shared,
    account: i64,
}

impl Protocol for EchoProtocol {
    fn event(&self, published: &Published) -> Option<Frame> {
        published.encoded(Slot::CONSOLE, |outgoing| {
            self.shared.encoded.fetch_add(1, Ordering::Relaxed);
            let text = match outgoing {
                Outgoing::Event(Event::MessageAppended { message, .. }) => {
                    format!(
                        "{} {}",
                        message.seq,
                        String::from_utf8_lossy(&message.post.content)
                    )
                }
                other => format!("{other:?}")
                    .split([' ', '(', '{'])
                    .nth(1)
                    .unwrap_or_default()
                    .to_owned(),
            };
            Some(Frame::Text(text.into()))
        })
    }

    async fn frame(&self, frame: Incoming) -> Reply {
        let Incoming::Text(text) = frame else {
            return Reply::close();
        };
        match text.as_str() {
            "wait" => {
                self.shared.begun.notify_one();
                self.shared.go.notified().await;
                self.shared.gone.notify_one();
            }
            "push" => {
                let recorded = vec![appended(self.account, 1, 10)];
                self.shared.realtime.publisher().publish(recorded);
            }
            "bye" => return Reply::last(Frame::Text("bye".into())),
            _ => {}
        }
        Reply::frame(Frame::Text(text))
    }
}

pub fn user(number: i64) -> UserId {
    UserId::new(format!("user{number}")).unwrap()
}

fn appended(account: i64, seq: i64, bytes: usize) -> Recorded {
    let message = Message {
        route: Route {
            conversation: ConversationId::direct(&user(account), &user(account)),
            kind: ConversationKind::Direct,
            sender: user(account),
            recipient: Party::Person(user(account)),
        },
        key: MessageKey(seq),
        seq,
        send_time: 0,
        status: Status::Sent,
        is_read: false,
        post: Arc::new(Post {
            content: "x".repeat(bytes).into(),
            ..Post::default()
        }),
    };
    let event = Event::MessageAppended {
        conversation: ConversationKey(account),
        message: Arc::new(message),
        audience: Audience::Account(AccountKey(account)),
        trace: String::new(),
    };
    Recorded {
        position: Position::Message(MessageKey(seq)),
        event,
    }
}

/// The next text, or `None` when the server has closed.
pub async fn next_text(socket: &mut Socket) -> Option<String> {
    loop {
        match next(socket).await? {
            WsMessage::Text(text) => return Some(text.as_str().to_owned()),
            WsMessage::Close(_) => return None,
            _ => {}
        }
    }
}

pub async fn next(socket: &mut Socket) -> Option<WsMessage> {
    let next = tokio::time::timeout(std::time::Duration::from_secs(10), socket.next());
    next.await
        .expect("the server says something")
        .and_then(Result::ok)
}

/// The sequence number that a shown message begins with.
pub async fn next_seq(socket: &mut Socket) -> i64 {
    let text = next_text(socket).await.expect("a message");
    text.split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap_or_else(|_| panic!("{text}"))
}
