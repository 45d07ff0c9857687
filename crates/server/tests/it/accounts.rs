//! The commands about accounts, with and without a running server beside them.

use serde_json::{Value, json};

use crate::process::Place;

#[test]
fn accounts_are_made_listed_shown_and_given_roles() {
    let place = Place::new();
    let said = place.run(&[
        "user",
        "create",
        "alice",
        "--nickname",
        "Alice",
        "--role",
        "agent",
    ]);
    assert_eq!(
        (said.status.code(), said.out.as_str()),
        (Some(0), "Registered alice.\n"),
        "{}",
        said.error
    );

    let listed = place.run(&["user", "list", "--json"]);
    let ids: Vec<_> = listed
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .collect();
    assert!(
        ids.iter()
            .any(|account| account["user_id"] == "alice" && account["role"] == "agent"),
        "{ids:?}"
    );
    assert!(
        ids.iter()
            .any(|account| account["user_id"] == "imAdmin" && account["kind"] == "administrator")
    );

    let said = place.run(&["user", "role", "alice", "none"]);
    assert_eq!(said.out, "alice is no member of staff.\n", "{}", said.error);
    let shown: Value = serde_json::from_str(&place.run(&["user", "show", "alice"]).out).unwrap();
    assert_eq!(
        (&shown["nickname"], &shown["role"]),
        (&json!("Alice"), &Value::Null)
    );
}

#[test]
fn what_cannot_be_done_is_said() {
    let place = Place::new();
    place.run(&["user", "create", "alice", "--nickname", "Alice"]);
    let cases: [(&[&str], &str); 5] = [
        (
            &["user", "create", "alice", "--nickname", "A"],
            "alice is registered already",
        ),
        (
            &["user", "create", "a:b", "--nickname", "A"],
            "\"a:b\" is no user id",
        ),
        (&["user", "show", "bob"], "there is no account bob"),
        (
            &["user", "role", "alice", "king"],
            "the roles are superadmin, moderator, agent, viewer",
        ),
        (
            &["openim", "token", "alice", "--platform", "10"],
            "10 is not a platform",
        ),
    ];
    for (arguments, message) in cases {
        let said = place.run(arguments);
        assert_eq!(said.status.code(), Some(1), "{arguments:?}");
        assert!(
            said.error.contains(message),
            "{arguments:?}: {}",
            said.error
        );
    }
    assert!(
        !place
            .run(&["openim", "token", "bob", "--platform", "5"])
            .status
            .success()
    );
}

#[test]
fn a_token_from_the_command_line_logs_in() {
    let place = Place::new();
    place.run(&["user", "create", "alice", "--nickname", "Alice"]);
    let stopped = place.run(&["openim", "token", "alice", "--platform", "5"]);
    assert!(stopped.status.success(), "{}", stopped.error);

    let server = place.serve();
    let body = json!({ "userIDs": ["alice"] });
    let found = server.call("/user/get_users_info", stopped.out.trim(), &body);
    assert_eq!(found["usersInfo"][0]["userID"], "alice");

    // Beside the running server too, which has this account's logins in memory by now.
    let beside = place.run(&["openim", "token", "alice", "--platform", "2"]);
    assert!(beside.status.success(), "{}", beside.error);
    server.call("/user/get_users_info", beside.out.trim(), &body);
}
