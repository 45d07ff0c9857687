//! An application's server on loopback: it writes down what is posted to it and answers what it is told to, by the last
//! segment of the address. It runs on threads of its own, so that blocking tests can use it too.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

const PATIENCE: Duration = Duration::from_secs(30);

pub struct Receiver {
    pub port: u16,
    state: Arc<State>,
}

/// What was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    pub path: String,
    /// Names in lower case.
    pub headers: HashMap<String, String>,
    pub body: String,
}

#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub body: String,
    /// Whether it ever comes.
    pub hangs: bool,
}

#[derive(Default)]
struct State {
    posted: Mutex<Vec<Posted>>,
    more: Condvar,
    replies: Mutex<HashMap<String, Reply>>,
}

impl Reply {
    /// Lets it happen.
    pub fn go() -> Self {
        Self::json(r#"{"actionCode":0,"nextCode":0}"#)
    }

    pub fn json(body: &str) -> Self {
        Self {
            status: 200,
            body: body.to_owned(),
            hangs: false,
        }
    }

    pub fn status(status: u16, body: &str) -> Self {
        Self {
            status,
            ..Self::json(body)
        }
    }

    pub fn never() -> Self {
        Self {
            hangs: true,
            ..Self::go()
        }
    }
}

impl Receiver {
    pub fn start() -> Self {
        Self::start_at(0)
    }

    /// On this port, which nobody listens on.
    pub fn start_at(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(State::default());
        let taken = state.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = taken.clone();
                thread::spawn(move || serve(stream, &state));
            }
        });
        Self { port, state }
    }

    /// A port that nobody listens on.
    pub fn free_port() -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        listener.local_addr().expect("an address").port()
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hooks", self.port)
    }

    /// From now on this is answered to requests with this last segment; without it they are let go.
    pub fn answer(&self, command: &str, reply: Reply) {
        self.state.replies.lock().insert(command.to_owned(), reply);
    }

    /// Everything that was posted so far.
    pub fn posted(&self) -> Vec<Posted> {
        self.state.posted.lock().clone()
    }

    /// Waits until so many requests with this last segment have come, and returns all of them.
    pub fn wait_for(&self, command: &str, count: usize) -> Vec<Posted> {
        let mut posted = self.state.posted.lock();
        loop {
            let found: Vec<_> = posted
                .iter()
                .filter(|one| one.path.ends_with(&format!("/{command}")))
                .cloned()
                .collect();
            if found.len() >= count {
                return found;
            }
            let waited = self.state.more.wait_for(&mut posted, PATIENCE);
            assert!(
                !waited.timed_out(),
                "{command}: {} of {count} came",
                found.len()
            );
        }
    }
}

fn serve(stream: TcpStream, state: &State) {
    let Ok(mut out) = stream.try_clone() else {
        return;
    };
    let mut input = BufReader::new(stream);
    while let Some(posted) = read_request(&mut input) {
        let command = posted
            .path
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        let reply = state.replies.lock().get(&command).cloned();
        let reply = reply.unwrap_or_else(Reply::go);
        state.posted.lock().push(posted);
        state.more.notify_all();
        if reply.hangs {
            // Until the other side has had enough.
            let _ = input.read(&mut [0]);
            return;
        }
        let head = format!(
            "HTTP/1.1 {} X\r\nContent-Length: {}\r\nLocation: /elsewhere\r\n\r\n",
            reply.status,
            reply.body.len()
        );
        if out.write_all((head + &reply.body).as_bytes()).is_err() {
            return;
        }
    }
}

fn read_request(input: &mut impl BufRead) -> Option<Posted> {
    let mut line = String::new();
    input.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        input.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    input.read_exact(&mut body).ok()?;
    Some(Posted {
        path,
        headers,
        body: String::from_utf8(body).ok()?,
    })
}
