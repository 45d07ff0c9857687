//! Starts that must fail: each with one clear message and an exit code that says so.

use std::net::TcpListener;

use crate::process::Place;

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = Place::new().refused(&[("SWITCHBOARD__LISTEN__OPENIM_WS", &address)]);
    assert_eq!(said.status.code(), Some(1));
    assert_eq!(
        said.error,
        format!(
            "switchboard: {address} (listen.openim_ws) is in use by another program; stop that one, or set \
             listen.openim_ws to another address or to \"off\"\n"
        )
    );
}

/// Permissions do not stop root, and tests may run as root; a file in the place of the directory stops everybody.
#[test]
fn a_data_directory_that_cannot_be_used_is_named() {
    let place = Place::new();
    place.write("data", "not a directory");
    let said = place.refused(&[]);
    assert_eq!(said.status.code(), Some(1));
    assert_eq!(
        said.error,
        "switchboard: cannot use the data directory data (data.dir): File exists (os error 17)\n"
    );
}

#[test]
fn two_servers_do_not_share_a_directory() {
    let place = Place::new();
    let _first = place.serve();
    let said = place.refused(&[]);
    assert!(
        said.error
            .contains("another server is running in the data directory data"),
        "{}",
        said.error
    );
}

#[test]
fn a_store_of_a_newer_version_is_refused() {
    let place = Place::new();
    place.serve().stop();
    let database = rusqlite::Connection::open(place.path("data/switchboard.db")).unwrap();
    database
        .execute(
            "INSERT INTO schema_version (version, applied_ms) VALUES (9999, 0)",
            [],
        )
        .unwrap();
    drop(database);
    let said = place.refused(&[]);
    assert_eq!(said.status.code(), Some(1));
    let last = said.error.lines().last().unwrap();
    assert!(
        last.starts_with("switchboard: cannot open the store sqlite:data/switchboard.db: "),
        "{last}"
    );
    assert!(
        last.contains("9999") && last.contains("newer version of Switchboard"),
        "{last}"
    );
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let place = Place::new();
    std::fs::create_dir(place.path("data")).unwrap();
    place.write("data/switchboard.db", &"no database ".repeat(100));
    let said = place.refused(&[]);
    let last = said.error.lines().last().unwrap();
    assert!(
        last.starts_with("switchboard: cannot open the store sqlite:data/switchboard.db: "),
        "{last}"
    );
    assert!(last.contains("not a database"), "{last}");
}

#[test]
fn a_database_server_that_does_not_answer_is_named_without_its_password() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("postgres://switchboard:hunter2@{closed}/im");
    let said = Place::new().refused(&[("SWITCHBOARD__STORE__URL", &url)]);
    assert_eq!(said.status.code(), Some(1));
    let last = said.error.lines().last().unwrap();
    assert!(
        last.starts_with(&format!(
            "switchboard: cannot open the store postgres://{closed}/im: "
        )),
        "{last}"
    );
    assert!(last.contains("refused"), "{last}");
    assert!(!said.error.contains("hunter2"), "{}", said.error);
}

#[test]
fn doctor_says_what_is_wrong_and_fails() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let place = Place::new();
    let said = place.run_with(&["doctor"], &[("SWITCHBOARD__LISTEN__MAIN", &address)]);
    assert_eq!(said.status.code(), Some(1));
    let line = said
        .out
        .lines()
        .find(|line| line.contains("listen.main"))
        .expect(&said.out);
    assert!(line.starts_with("FAIL"), "{line}");
    assert!(!place.path("data").exists(), "doctor changes nothing");
}

#[test]
fn doctor_is_content_with_a_place_that_serves() {
    let place = Place::new();
    let ports = [
        ("SWITCHBOARD__LISTEN__MAIN", "127.0.0.1:0"),
        ("SWITCHBOARD__LISTEN__OPENIM_API", "off"),
        ("SWITCHBOARD__LISTEN__OPENIM_WS", "off"),
    ];
    place.serve_with(&["serve"], &ports).stop();
    let said = place.run_with(&["doctor"], &ports);
    assert!(said.status.success(), "{}{}", said.out, said.error);
    assert!(said.out.contains("answers; schema"), "{}", said.out);
}
