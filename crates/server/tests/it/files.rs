//! Files through the real executable: past the limits of ordinary requests, over a restart, below the path of the main
//! listener, and what is said of a configuration that cannot be.

use reqwest::blocking::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::process::{Place, Server};

/// Larger than any other request may be.
const BYTES: usize = 20 * 1024 * 1024;

fn content() -> Vec<u8> {
    (0..BYTES).map(|at| (at * 31 + at / 7) as u8).collect()
}

/// Sends a file in a form, in one piece; returns its address.
fn store(server: &Server, token: &str, content: &[u8]) -> String {
    let body = json!({"name": "imAdmin/large.bin", "size": content.len()});
    let begun = server.call("/object/initiate_form_data", token, &body);
    let form = Form::new().part("file", Part::bytes(content.to_vec()));
    let http = reqwest::blocking::Client::new();
    let sent = http.post(text(&begun["url"])).multipart(form).send();
    assert_eq!(sent.expect("an answer").status(), 200);
    let done = server.call(
        "/object/complete_form_data",
        token,
        &json!({"id": begun["id"]}),
    );
    text(&done["url"])
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value}"))
        .to_owned()
}

fn get(url: &str) -> Vec<u8> {
    let answer = reqwest::blocking::get(url).expect("an answer");
    assert_eq!(answer.status(), 200, "{url}");
    answer.bytes().expect("a body").to_vec()
}

#[test]
fn a_large_file_passes_and_is_there_after_a_restart() {
    let place = Place::new();
    let content = content();
    let server = place.serve();
    let url = store(&server, &server.admin_token(), &content);
    let api = server.address("OpenIM API").to_owned();
    assert!(get(&url) == content);
    // The same file through the main listener.
    let main = format!("{}/openim", server.address("Main"));
    assert!(get(&url.replace(&api, &main)) == content);
    let log = server.stop();
    let link = url.split('/').find(|step| step.starts_with(':')).unwrap();
    assert!(!log.contains(link), "a link is in the log");
    assert!(place.path("data/files/blobs").exists());

    // Another secret ends logins; links are not among what it ends.
    let secret = [("SWITCHBOARD__OPENIM__SECRET", "quite another secret")];
    let server = place.serve_and(&secret);
    let now = server.address("OpenIM API");
    assert!(get(&url.replace(&api, now)) == content);
}

#[test]
fn an_ordinary_request_stays_small() {
    let place = Place::new();
    let server = place.serve();
    let url = format!("{}/user/get_users_info", server.address("OpenIM API"));
    let http = reqwest::blocking::Client::new();
    let sent = http.post(url).body(vec![b' '; BYTES]).send();
    // It may close before everything was sent.
    assert!(sent.is_err() || sent.unwrap().status() == 413);
}

#[test]
fn a_file_above_the_configured_size_is_refused() {
    let place = Place::new();
    let server = place.serve_and(&[("SWITCHBOARD__FILES__MAX_SIZE_MIB", "1")]);
    let url = format!("{}/object/initiate_form_data", server.address("OpenIM API"));
    let http = reqwest::blocking::Client::new();
    let request = http
        .post(url)
        .header("operationID", "test")
        .header("token", server.admin_token())
        .json(&json!({"name": "x/y", "size": 1024 * 1024 + 1}));
    let answer: Value = request.send().unwrap().json().unwrap();
    assert_eq!(answer["errCode"], 1001, "{answer}");
}

#[test]
fn files_in_a_bucket_are_reached_through_the_server() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let s3 = runtime.block_on(testkit::s3::S3Server::start());
    let place = Place::new();
    let environment = [
        ("SWITCHBOARD__FILES__STORE", "s3"),
        ("SWITCHBOARD__FILES__S3_ENDPOINT", s3.endpoint.as_str()),
        ("SWITCHBOARD__FILES__S3_BUCKET", s3.bucket),
        ("SWITCHBOARD__FILES__S3_ACCESS_KEY", s3.access_key),
        ("SWITCHBOARD__FILES__S3_SECRET_KEY", s3.secret_key),
    ];
    let server = place.serve_and(&environment);
    let content = content();
    let url = store(&server, &server.admin_token(), &content);
    assert!(get(&url) == content);
    assert!(
        !place.path("data/files").exists(),
        "nothing is on this machine"
    );
    server.stop();
}

#[test]
fn a_bucket_needs_its_name_and_keys() {
    let place = Place::new();
    place.write(
        "switchboard.toml",
        r#"
        [files]
        store = "s3"
        s3_endpoint = "localhost:9000"
        public_url = "im.example.org"
        open_downloads = "yes"
        max_size_mib = 0
        [openim]
        secret = "a secret of some length"
        "#,
    );
    let said = place.run(&["config", "check", "--config", "switchboard.toml"]);
    assert_eq!(said.status.code(), Some(2));
    for problem in [
        "files.s3_endpoint = \"localhost:9000\" must begin with http:// or https://",
        "files.public_url = \"im.example.org\" must begin with http:// or https://",
        "files.open_downloads must be true or false",
        "files.max_size_mib must be a whole number",
        "files.store = \"s3\" needs files.s3_bucket, files.s3_access_key and files.s3_secret_key",
    ] {
        assert!(
            said.error.contains(problem),
            "{problem} is missing in {}",
            said.error
        );
    }
}
