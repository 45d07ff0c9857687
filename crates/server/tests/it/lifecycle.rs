//! A server from start to stop.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::{Place, has_content};

#[test]
fn a_server_starts_in_an_empty_directory_and_is_ready() {
    let place = Place::new();
    let server = place.serve();
    assert_eq!(server.get("/healthz"), (200, "ok\n".to_owned()));
    let (status, body) = server.get("/readyz");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (status, body),
        (
            200,
            json!({ "status": "ready", "dependencies": { "store": "up" } })
        )
    );
    assert!(has_content(&place.path("data/switchboard.db")));
}

#[test]
fn the_front_page_names_the_addresses() {
    let place = Place::new();
    let server = place.serve();
    let (status, page) = server.get("/");
    assert_eq!(status, 200);
    for name in ["Main", "OpenIM API", "OpenIM WebSocket"] {
        assert!(page.contains(server.address(name)), "{name}: {page}");
    }
}

#[test]
fn the_greeting_of_a_development_instance_leads_to_a_token() {
    let place = Place::new();
    let server = place.serve();
    let admin = server.admin_token();
    server.call(
        "/user/user_register",
        &admin,
        &json!({ "users": [{ "userID": "alice", "nickname": "Alice" }] }),
    );
    let login = server.call(
        "/auth/get_user_token",
        &admin,
        &json!({ "userID": "alice", "platformID": 5 }),
    );
    assert!(login["token"].is_string(), "{login}");
}

#[test]
fn metrics_speak_of_the_process_and_of_requests() {
    let place = Place::new();
    let server = place.serve();
    server.get("/healthz");
    server.get("/no/such/page");
    let (status, metrics) = server.get("/metrics");
    assert_eq!(status, 200);
    let wanted = [
        "switchboard_build_info{",
        "process_resident_memory_bytes ",
        "process_open_fds ",
        "route=\"/healthz\",status=\"200\"",
        "route=\"none\",status=\"404\"",
    ];
    for line in wanted {
        assert!(metrics.contains(line), "{line} is missing in {metrics}");
    }
}

#[test]
fn the_main_listener_has_the_openim_surface_under_its_path() {
    let place = Place::new();
    let server = place.serve();
    let url = format!("{}/openim/auth/get_admin_token", server.address("Main"));
    let body = json!({ "secret": "openIM123", "userID": "imAdmin" });
    let client = reqwest::blocking::Client::new();
    let answer: Value = client
        .post(url)
        .header("operationID", "test")
        .json(&body)
        .send()
        .unwrap()
        .json()
        .unwrap();
    assert_eq!(answer["errCode"], 0, "{answer}");
}

#[test]
fn answers_carry_the_id_of_the_request() {
    let place = Place::new();
    let server = place.serve();
    let url = format!("{}/healthz", server.address("Main"));
    let client = reqwest::blocking::Client::new();
    let made = client.get(&url).send().unwrap();
    assert_eq!(made.headers()["x-request-id"].len(), 32);
    let given = client
        .get(&url)
        .header("x-request-id", "mine")
        .send()
        .unwrap();
    assert_eq!(given.headers()["x-request-id"], "mine");
}

#[test]
fn both_signals_stop_a_server_in_order() {
    let place = Place::new();
    for signal in ["TERM", "INT"] {
        let mut server = place.serve();
        server.signal(signal);
        let (status, log) = server.wait();
        assert!(status.success(), "{signal}: {status}: {log}");
        assert!(log.contains("stopped"), "{log}");
    }
}

#[test]
fn a_stop_does_not_wait_for_idle_connections() {
    let place = Place::new();
    let server = place.serve();
    let address = server
        .address("Main")
        .trim_start_matches("http://")
        .to_owned();
    let mut idle = TcpStream::connect(&address).unwrap();
    let mut used = TcpStream::connect(&address).unwrap();
    used.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    let mut head = [0; 12];
    used.read_exact(&mut head).unwrap();
    let begun = Instant::now();
    server.stop();
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(idle.read(&mut head).unwrap_or(0), 0);
}

#[test]
fn a_stop_tells_sockets_to_go() {
    let place = Place::new();
    place.run(&["user", "create", "alice", "--nickname", "Alice"]);
    let token = place
        .run(&["openim", "token", "alice", "--platform", "5"])
        .out;
    let mut server = place.serve();
    let mut socket = TcpStream::connect(
        server
            .address("OpenIM WebSocket")
            .trim_start_matches("ws://"),
    )
    .unwrap();
    let query = format!(
        "sendID=alice&platformID=5&operationID=test&token={}",
        token.trim()
    );
    let dial = format!(
        "GET /?{query} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    socket.write_all(dial.as_bytes()).unwrap();
    let mut head = [0; 12];
    socket.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 101");

    server.signal("TERM");
    let mut rest = Vec::new();
    socket
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    let mut buffer = [0; 1024];
    // RFC 6455: a close frame begins with 0x88; 1001 is "going away".
    while !rest
        .windows(4)
        .any(|frame: &[u8]| frame[0] == 0x88 && frame[2..] == 1001_u16.to_be_bytes())
    {
        let read = socket.read(&mut buffer).expect("a close frame");
        assert!(read > 0, "the connection was cut");
        rest.extend_from_slice(&buffer[..read]);
    }
    drop(socket);
    assert!(server.wait().0.success());
}

#[test]
fn a_restart_keeps_accounts_and_logins() {
    let place = Place::new();
    let server = place.serve();
    let admin = server.admin_token();
    server.call(
        "/user/user_register",
        &admin,
        &json!({ "users": [{ "userID": "alice", "nickname": "Alice" }] }),
    );
    let login = server.call(
        "/auth/get_user_token",
        &admin,
        &json!({ "userID": "alice", "platformID": 5 }),
    );
    server.stop();

    let server = place.serve();
    let token = login["token"].as_str().unwrap();
    let found = server.call(
        "/user/get_users_info",
        token,
        &json!({ "userIDs": ["alice"] }),
    );
    assert_eq!(found["usersInfo"][0]["nickname"], "Alice", "{found}");
}

#[test]
fn postgresql_keeps_accounts_over_a_restart() {
    let url = tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(testkit::postgres::fresh_database());
    let place = Place::new();
    let environment = [("SWITCHBOARD__STORE__URL", url.as_str())];
    let server = place.serve_and(&environment);
    let admin = server.admin_token();
    server.call(
        "/user/user_register",
        &admin,
        &json!({ "users": [{ "userID": "alice", "nickname": "Alice" }] }),
    );
    server.stop();

    let server = place.serve_and(&environment);
    let found = server.call(
        "/user/get_users_info",
        &server.admin_token(),
        &json!({ "userIDs": ["alice"] }),
    );
    assert_eq!(found["usersInfo"][0]["nickname"], "Alice", "{found}");
    assert!(!place.path("data/switchboard.db").exists());
    server.stop();
}

#[test]
fn the_log_can_be_json() {
    let place = Place::new();
    let log = place
        .serve_and(&[("SWITCHBOARD__LOG__FORMAT", "json")])
        .stop();
    assert!(log.lines().count() > 0);
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line).expect(line);
        assert!(entry["message"].is_string(), "{line}");
    }
}
