//! What the executable says about its configuration.

use crate::process::Place;

const ALL_OFF_BUT_MAIN: [(&str, &str); 2] = [
    ("SWITCHBOARD__LISTEN__OPENIM_API", "off"),
    ("SWITCHBOARD__LISTEN__OPENIM_WS", "off"),
];

#[test]
fn all_problems_are_printed_at_once() {
    let place = Place::new();
    place.write(
        "switchboard.toml",
        r#"
        [listen]
        main = "8080"
        openim_api = "127.0.0.1:9000"
        openim_ws = "127.0.0.1:9000"
        [store]
        url = "mysql://root:hunter2@db/im"
        [openim]
        secret = 7
        multi_login_policy = 2
        admin_user_ids = "imAdmin"
        token_expire_seconds = 0
        [log]
        format = "xml"
        levle = "info"
        "#,
    );
    let said = place.run(&["config", "check", "--config", "switchboard.toml"]);
    assert_eq!(said.status.code(), Some(2));
    let expected = r#"switchboard: wrong configuration, 9 problems:
  - listen.main = "8080" must be IP:PORT, like 127.0.0.1:8080, or "off"
  - listen.openim_api and listen.openim_ws are both 127.0.0.1:9000; they need different ports
  - store.url: the store must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE
  - openim.secret must be a text in quotes
  - openim.admin_user_ids must be a list of texts
  - openim.multi_login_policy must be 0, 1, 4 or 5, not 2
  - openim.token_expire_seconds must be a whole number from 1 to 315360000
  - log.format = "xml" must be "human" or "json"
  - unknown key log.levle; did you mean log.level?
"#;
    assert_eq!(said.error, expected);
}

#[test]
fn what_is_not_toml_is_said_with_its_line() {
    let place = Place::new();
    place.write("switchboard.toml", "[listen]\nmain = \n");
    let said = place.run(&["config", "check", "--config", "switchboard.toml"]);
    assert_eq!(said.status.code(), Some(2));
    assert!(
        said.error.contains("switchboard.toml is not valid TOML"),
        "{}",
        said.error
    );
    assert!(said.error.contains("line 2"), "{}", said.error);
}

#[test]
fn a_file_that_is_not_there_is_a_problem() {
    let place = Place::new();
    let said = place.run(&["serve", "--config", "nowhere.toml"]);
    assert_eq!(said.status.code(), Some(2));
    assert!(
        said.error
            .contains("cannot read nowhere.toml: No such file"),
        "{}",
        said.error
    );
}

#[test]
fn unknown_variables_name_the_nearest() {
    let place = Place::new();
    let said = place.run_with(
        &["config", "check"],
        &[("SWITCHBOARD__LISTEN__OPENIM_APY", "off")],
    );
    assert_eq!(
        said.error,
        "switchboard: wrong configuration: unknown key SWITCHBOARD__LISTEN__OPENIM_APY; did you mean \
         SWITCHBOARD__LISTEN__OPENIM_API?\n"
    );
}

#[test]
fn the_environment_overrides_the_file() {
    let place = Place::new();
    place.write(
        "switchboard.toml",
        "[listen]\nmain = \"127.0.0.1:1\"\n[openim]\nsecret = \"s\"\n",
    );
    let said = place.run_with(
        &["config", "check", "--config", "switchboard.toml"],
        &[("SWITCHBOARD__LISTEN__MAIN", "127.0.0.1:2")],
    );
    assert!(
        said.out.contains("listen.main = 127.0.0.1:2"),
        "{}{}",
        said.out,
        said.error
    );
}

#[test]
fn the_development_secret_is_refused_outside_loopback() {
    let place = Place::new();
    let mut environment = ALL_OFF_BUT_MAIN.to_vec();
    environment.push(("SWITCHBOARD__LISTEN__MAIN", "0.0.0.0:0"));
    let said = place.run_with(&["serve"], &environment);
    assert_eq!(said.status.code(), Some(2));
    assert_eq!(
        said.error,
        "switchboard: wrong configuration: openim.secret is missing, and listen.main = 0.0.0.0:0 is not loopback; \
         `switchboard init` draws one\n"
    );
    environment.push(("SWITCHBOARD__OPENIM__SECRET", "openIM123"));
    let said = place.run_with(&["serve"], &environment);
    assert!(
        said.error
            .contains("openim.secret is OpenIM's default, which everybody knows"),
        "{}",
        said.error
    );
    environment.pop();
    environment.push(("SWITCHBOARD__OPENIM__SECRET", "short"));
    let said = place.run_with(&["serve"], &environment);
    assert!(
        said.error
            .contains("openim.secret is shorter than 16 bytes"),
        "{}",
        said.error
    );
}

#[test]
fn a_secret_may_stand_in_a_file() {
    let place = Place::new();
    place.write("secret", "long enough for everybody\n");
    let mut environment = ALL_OFF_BUT_MAIN.to_vec();
    environment.push(("SWITCHBOARD__LISTEN__MAIN", "0.0.0.0:0"));
    environment.push(("SWITCHBOARD__OPENIM__SECRET_FILE", "secret"));
    let said = place.run_with(&["config", "check"], &environment);
    assert!(said.status.success(), "{}", said.error);
    environment.push((
        "SWITCHBOARD__OPENIM__SECRET",
        "another secret of some length",
    ));
    let said = place.run_with(&["config", "check"], &environment);
    assert!(
        said.error
            .contains("openim.secret and openim.secret_file are both set"),
        "{}",
        said.error
    );
}

#[test]
fn init_writes_a_file_that_serves() {
    let place = Place::new();
    let said = place.run(&["init", "site"]);
    assert!(said.status.success(), "{}", said.error);
    let text = std::fs::read_to_string(place.path("site/switchboard.toml")).unwrap();
    let secret = text
        .lines()
        .find_map(|line| line.strip_prefix("secret = "))
        .expect("a secret");
    assert_eq!(secret.trim_matches('"').len(), 64);

    let again = place.run(&["init", "site"]);
    assert!(!again.status.success());
    assert!(again.error.contains("is there already"), "{}", again.error);
    assert_eq!(
        std::fs::read_to_string(place.path("site/switchboard.toml")).unwrap(),
        text
    );

    let mut environment = ALL_OFF_BUT_MAIN.to_vec();
    environment.push(("SWITCHBOARD__LISTEN__MAIN", "127.0.0.1:0"));
    let server = place.serve_with(
        &["serve", "--config", "site/switchboard.toml"],
        &environment,
    );
    assert_eq!(server.get("/readyz").0, 200);
    assert!(!server.greeting.contains(secret), "the secret is printed");
    // Paths in the file start from the file.
    assert!(place.path("site/data/switchboard.db").exists());
}

#[test]
fn secrets_of_init_can_be_read_by_the_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place.run(&["init"]);
    let mode = std::fs::metadata(place.path("switchboard.toml"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn the_page_of_the_documentation_is_up_to_date() {
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    let said = Place::new().run(&["config", "doc"]);
    assert_eq!(
        std::fs::read_to_string(committed).unwrap_or_default(),
        said.out,
        "docs/configuration.md is not what the program prints; run `make docs`"
    );
}

#[test]
fn the_defaults_are_printed_as_a_file() {
    let said = Place::new().run(&["config", "default"]);
    for line in [
        "[listen]",
        "#main = \"127.0.0.1:8080\"",
        "#admin_user_ids = [\"imAdmin\"]",
    ] {
        assert!(
            said.out.lines().any(|printed| printed == line),
            "{line} is missing in {}",
            said.out
        );
    }
}
