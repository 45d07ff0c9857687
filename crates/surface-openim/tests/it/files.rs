//! Files as an SDK and a browser see them: the upload that was recorded, resumed, refused; and what a GET answers.
//! Every case runs with the bytes in a directory and in an S3 bucket.

use std::sync::Arc;

use domain::files::SigningKey;
use md5::{Digest, Md5};
use providers::blobs::{S3Blobs, S3Settings};
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};
use testkit::s3::S3Server;

use crate::harness::{SECRET, Server, Setup};

const PART: usize = 5 * 1024 * 1024;

/// A server with alice and eve, and what else has to live as long.
struct Place {
    server: Server,
    alice: String,
    eve: String,
    s3: Option<S3Server>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kept {
    Directory,
    Bucket,
    /// Clients talk to the bucket themselves.
    Direct,
}

impl Place {
    async fn new(kept: Kept) -> Self {
        Self::with(kept, |_| {}).await
    }

    async fn with(kept: Kept, set: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = Setup::default();
        set(&mut setup);
        setup.files.direct = kept == Kept::Direct;
        let s3 = match kept {
            Kept::Directory => None,
            Kept::Bucket | Kept::Direct => Some(S3Server::start().await),
        };
        setup.blobs = s3.as_ref().map(|s3| bucket(s3) as _);
        Self::over(Server::open(setup).await, s3).await
    }

    async fn over(server: Server, s3: Option<S3Server>) -> Self {
        server.register(&["alice", "eve"]).await;
        Self {
            alice: server.token("alice", 7).await,
            eve: server.token("eve", 7).await,
            server,
            s3,
        }
    }

    async fn ask(&self, path: &str, body: Value) -> Value {
        self.server.post(path, Some(&self.alice), body).await
    }

    async fn begin(&self, name: &str, content: &[u8]) -> Value {
        let parts = content.chunks(PART).count();
        let body = json!({
            "hash": hash(content), "size": content.len(), "partSize": PART, "maxParts": parts.min(20),
            "cause": "msg-file", "name": name, "contentType": "text/plain", "urlPrefix": ""
        });
        let answer = self.ask("/object/initiate_multipart_upload", body).await;
        assert_eq!(answer["errCode"], 0, "{answer}");
        answer["data"].clone()
    }

    /// Sends a part as the SDK does: to the part's own address or the common one, with both queries.
    async fn put(&self, sign: &Value, number: usize, part: &[u8]) -> Response {
        let (url, query) = address(sign, number);
        let request = self.server.http().put(url).query(&query);
        request.body(part.to_vec()).send().await.unwrap()
    }

    async fn complete(&self, upload: &Value, name: &str, md5s: &[String]) -> Value {
        let body = json!({
            "uploadID": upload["uploadID"], "parts": md5s, "name": name, "contentType": "text/plain",
            "cause": "msg-file", "urlPrefix": ""
        });
        self.ask("/object/complete_multipart_upload", body).await
    }

    /// The whole upload; returns the address.
    async fn store(&self, name: &str, content: &[u8]) -> String {
        let begun = self.begin(name, content).await;
        let sign = &begun["upload"]["sign"];
        for (part, number) in content.chunks(PART).zip(1..) {
            let put = self.put(sign, number, part).await;
            assert_eq!(put.status(), 200, "{put:?}");
        }
        let answer = self.complete(&begun["upload"], name, &md5s(content)).await;
        assert_eq!(answer["errCode"], 0, "{answer}");
        text(&answer["data"]["url"])
    }

    async fn get(&self, url: &str, headers: &[(header::HeaderName, &str)]) -> Response {
        let mut request = self.server.http().get(url);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        request.send().await.unwrap()
    }

    fn kept(&self) -> usize {
        match &self.s3 {
            Some(s3) => count_files(&s3.objects()),
            None => count_files(&self.server.directory().join("files")),
        }
    }
}

fn bucket(s3: &S3Server) -> Arc<S3Blobs> {
    let settings = S3Settings {
        endpoint: Some(s3.endpoint.clone()),
        public_endpoint: None,
        region: "us-east-1".to_owned(),
        bucket: s3.bucket.to_owned(),
        access_key: s3.access_key.to_owned(),
        secret_key: s3.secret_key.to_owned(),
        virtual_hosted: false,
    };
    Arc::new(S3Blobs::open(&settings).unwrap())
}

fn count_files(directory: &std::path::Path) -> usize {
    std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| if path.is_dir() { count_files(&path) } else { 1 })
        .sum()
}

/// Where a part is sent to, and the query to add.
fn address(sign: &Value, number: usize) -> (String, Vec<(String, String)>) {
    let parts = sign["parts"].as_array().unwrap();
    let part = parts
        .iter()
        .find(|part| part["partNumber"] == number)
        .unwrap();
    let url = match part["url"].as_str().unwrap() {
        "" => text(&sign["url"]),
        url => url.to_owned(),
    };
    let mut query = Vec::new();
    for list in [&sign["query"], &part["query"]] {
        for pair in list.as_array().unwrap() {
            for value in pair["values"].as_array().unwrap() {
                query.push((text(&pair["key"]), text(value)));
            }
        }
    }
    (url, query)
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value}"))
        .to_owned()
}

fn md5_of(bytes: &[u8]) -> String {
    Md5::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn md5s(content: &[u8]) -> Vec<String> {
    content.chunks(PART).map(md5_of).collect()
}

fn hash(content: &[u8]) -> String {
    md5_of(md5s(content).join(",").as_bytes())
}

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at * 31 + at / 7) as u8).collect()
}

macro_rules! on {
    ($($case:ident)+) => {
        mod in_a_directory { $(on!(@test $case Directory);)+ }
        mod in_a_bucket { $(on!(@test $case Bucket);)+ }
    };
    (@test $case:ident $kept:ident) => {
        #[tokio::test]
        async fn $case() {
            super::$case(super::Kept::$kept).await;
        }
    };
}

on! {
    an_upload_goes_as_it_was_recorded
    a_large_file_has_parts_and_ranges
    known_content_is_answered_at_once
    an_upload_goes_on_after_a_restart
    what_was_not_announced_is_refused
    names_and_links_are_kept_from_others
    a_thumbnail_is_asked_for_behind_the_address
    conditions_are_answered
    what_a_browser_would_run_is_disarmed
    a_form_is_sent_in_one_piece
}

async fn an_upload_goes_as_it_was_recorded(kept: Kept) {
    let place = Place::new(kept).await;
    let limit = place.ask("/object/part_limit", json!({})).await;
    assert_eq!(
        limit["data"],
        json!({"minPartSize": 5_242_880, "maxPartSize": 5_368_709_120_i64, "maxNumSize": 10_000})
    );
    let size = place.ask("/object/part_size", json!({"size": 1000})).await;
    assert_eq!(size["data"], json!({"size": 5_242_880}));

    let name = "alice/msg_file_42e3/oim-file.txt";
    let content = content(1000);
    let begun = place.begin(name, &content).await;
    let upload = &begun["upload"];
    let id = text(&upload["uploadID"]);
    let part = &upload["sign"]["parts"][0];
    assert_eq!(
        (
            &begun["url"],
            &upload["partSize"],
            &upload["sign"]["header"],
            &part["url"]
        ),
        (&json!(""), &json!(5_242_880), &json!([]), &json!(""))
    );
    assert_eq!(
        upload["sign"]["url"],
        format!("{}/object/:part/{id}", place.server.api)
    );
    assert_eq!(
        part["query"][0],
        json!({"key": "partNumber", "values": ["1"]})
    );
    assert!(upload["expireTime"].as_i64().unwrap() > testkit::BEGIN);

    let put = place.put(&upload["sign"], 1, &content).await;
    assert_eq!(
        (
            put.status(),
            put.headers()["access-control-allow-origin"]
                .to_str()
                .unwrap()
        ),
        (StatusCode::OK, "*")
    );
    let answer = place.complete(upload, name, &md5s(&content)).await;
    let url = text(&answer["data"]["url"]);
    assert!(
        url.starts_with(&format!("{}/object/:", place.server.api)) && url.ends_with(name),
        "{url}"
    );
    let got = place.get(&url, &[]).await;
    assert_eq!(got.status(), 200);
    let headers = got.headers().clone();
    let said = |name: header::HeaderName| headers[&name].to_str().unwrap().to_owned();
    assert_eq!(said(header::CONTENT_TYPE), "text/plain; charset=utf-8");
    assert_eq!(said(header::CONTENT_LENGTH), "1000");
    assert_eq!(said(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(said(header::ACCEPT_RANGES), "bytes");
    assert_eq!(
        said(header::CONTENT_DISPOSITION),
        "attachment; filename=\"oim-file.txt\"; filename*=UTF-8''oim-file.txt"
    );
    assert_eq!(said(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    assert!(got.bytes().await.unwrap() == content);

    let access = place
        .ask(
            "/object/access_url",
            json!({"name": name, "query": {"type": "image"}}),
        )
        .await;
    assert_eq!(
        access["data"]["expireTime"],
        testkit::BEGIN + 24 * 60 * 60 * 1000
    );
    let url = text(&access["data"]["url"]);
    assert!(url.ends_with("?type=image"), "{url}");
    assert_eq!(place.get(&url, &[]).await.status(), 200);
}

async fn a_large_file_has_parts_and_ranges(kept: Kept) {
    let place = Place::new(kept).await;
    let content = content(11 * 1024 * 1024);
    let url = place.store("alice/large.bin", &content).await;
    let whole = place.get(&url, &[]).await;
    assert!(whole.bytes().await.unwrap() == content);
    let size = content.len();
    for (range, expected) in [
        ("bytes=0-0", 0..1),
        ("bytes=5242870-5242889", PART - 10..PART + 10),
        ("bytes=-5", size - 5..size),
        ("bytes=1048576-", 1_048_576..size),
    ] {
        let got = place.get(&url, &[(header::RANGE, range)]).await;
        assert_eq!(got.status(), 206, "{range}");
        let said = format!("bytes {}-{}/{size}", expected.start, expected.end - 1);
        assert_eq!(got.headers()[header::CONTENT_RANGE], said.as_str());
        assert_eq!(
            got.headers()[header::CONTENT_LENGTH],
            expected.len().to_string().as_str()
        );
        assert!(got.bytes().await.unwrap() == content[expected], "{range}");
    }
    let got = place.get(&url, &[(header::RANGE, "bytes=99999999-")]).await;
    assert_eq!(got.status(), 416);
    assert_eq!(
        got.headers()[header::CONTENT_RANGE],
        format!("bytes */{size}").as_str()
    );
    let head = place.server.http().head(&url).send().await.unwrap();
    assert_eq!(
        (
            head.status(),
            head.headers()[header::CONTENT_LENGTH].to_str().unwrap()
        ),
        (StatusCode::OK, size.to_string().as_str())
    );
}

async fn known_content_is_answered_at_once(kept: Kept) {
    let place = Place::new(kept).await;
    let content = content(5000);
    place.store("alice/one", &content).await;
    let before = place.kept();
    let body = json!({
        "hash": hash(&content), "size": 5000, "partSize": PART, "maxParts": 1, "name": "eve/two"
    });
    let path = "/object/initiate_multipart_upload";
    let answer = place
        .server
        .post(path, Some(&place.eve), body.clone())
        .await;
    assert_eq!(answer["data"]["upload"], Value::Null);
    let got = place.get(&text(&answer["data"]["url"]), &[]).await;
    assert!(got.bytes().await.unwrap() == content);
    assert_eq!(place.kept(), before, "the bytes are there once");
    let mut other = body;
    other["size"] = json!(4999);
    let answer = place.server.post(path, Some(&place.eve), other).await;
    assert_eq!(answer["data"]["url"], "", "another size is another content");
}

async fn an_upload_goes_on_after_a_restart(kept: Kept) {
    let place = Place::new(kept).await;
    let content = content(2 * PART + 77);
    let parts: Vec<_> = content.chunks(PART).collect();
    let begun = place.begin("alice/resumed", &content).await;
    let upload = begun["upload"].clone();
    place.put(&upload["sign"], 1, &vec![7; PART]).await;
    place.put(&upload["sign"], 2, parts[1]).await;

    let Place { server, s3, .. } = place;
    let directory = server.stop().await;
    let setup = Setup {
        directory: Some(directory),
        blobs: s3.as_ref().map(|s3| bucket(s3) as _),
        ..Setup::default()
    };
    let server = Server::open(setup).await;
    let alice = server.token("alice", 7).await;
    let place = Place {
        alice,
        eve: String::new(),
        server,
        s3,
    };
    let sign = place
        .ask(
            "/object/auth_sign",
            json!({"uploadID": upload["uploadID"], "partNumbers": [3, 1]}),
        )
        .await;
    assert_eq!(sign["errCode"], 0, "{sign}");
    assert_eq!(place.put(&sign["data"], 3, parts[2]).await.status(), 200);
    // The first one was another; sent again it replaces that.
    let early = place
        .complete(&upload, "alice/resumed", &md5s(&content))
        .await;
    assert_eq!(
        (&early["errCode"], &early["errMsg"]),
        (&json!(90007), &json!("DataError"))
    );
    assert_eq!(place.put(&sign["data"], 1, parts[0]).await.status(), 200);
    let answer = place
        .complete(&upload, "alice/resumed", &md5s(&content))
        .await;
    let url = text(&answer["data"]["url"]);
    assert!(place.get(&url, &[]).await.bytes().await.unwrap() == content);
    let again = place
        .complete(&upload, "alice/resumed", &md5s(&content))
        .await;
    assert_eq!(again["data"]["url"], url, "a retry gets the same answer");
}

async fn what_was_not_announced_is_refused(kept: Kept) {
    let place = Place::with(kept, |setup| setup.files.file_bytes_max = 10_000_000).await;
    let content = content(3000);
    let begun = place.begin("alice/x", &content).await;
    let sign = &begun["upload"]["sign"];
    let (url, query) = address(sign, 1);
    let http = place.server.http();
    for (body, status) in [(3001, 413), (2999, 400)] {
        let put = http
            .put(&url)
            .query(&query)
            .body(vec![1; body])
            .send()
            .await
            .unwrap();
        assert_eq!(put.status(), status, "{body} bytes");
        // Without a length that is known beforehand.
        let chunks = vec![Ok::<_, std::io::Error>(vec![1; body])];
        let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
        let put = http
            .put(&url)
            .query(&query)
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(put.status(), status);
    }
    for (key, value) in [("signature", "00"), ("expires", "1"), ("partNumber", "2")] {
        let forged: Vec<_> = query
            .iter()
            .map(|(name, held)| {
                (
                    name.as_str(),
                    if name == key { value } else { held.as_str() },
                )
            })
            .collect();
        let put = http
            .put(&url)
            .query(&forged)
            .body(content.clone())
            .send()
            .await
            .unwrap();
        assert_eq!(put.status(), 403, "{key}");
    }
    assert_eq!(
        http.put(&url)
            .body(content.clone())
            .send()
            .await
            .unwrap()
            .status(),
        403
    );
    let plain = format!("{}/object/alice/x", place.server.api);
    assert_eq!(
        http.put(&plain)
            .body(content.clone())
            .send()
            .await
            .unwrap()
            .status(),
        404
    );

    assert_eq!(place.put(sign, 1, &content).await.status(), 200);
    let upload = &begun["upload"];
    for wrong in [
        vec![],
        vec!["x".to_owned()],
        vec![md5_of(b"other")],
        vec![md5_of(&content); 2],
    ] {
        let answer = place.complete(upload, "alice/x", &wrong).await;
        assert!(
            [1001, 90007].contains(&answer["errCode"].as_i64().unwrap()),
            "{answer}"
        );
    }
    assert_eq!(
        place.complete(upload, "eve/x", &md5s(&content)).await["errCode"],
        1002
    );
    assert_eq!(
        place.complete(upload, "", &md5s(&content)).await["errCode"],
        1001
    );
    for (key, value, code) in [
        ("size", json!(0), 1001),
        ("size", json!(-1), 1001),
        ("size", json!(10_000_001), 1001),
        ("hash", json!(""), 1001),
        ("hash", json!("abc"), 1001),
        ("name", json!(""), 1001),
        ("name", json!("/alice/x"), 1001),
        ("name", json!("eve/x"), 1002),
        ("partSize", json!(1000), 1001),
    ] {
        let mut body =
            json!({"hash": hash(b"new"), "size": 2000, "name": "alice/y", "maxParts": 1});
        body[key] = value;
        let answer = place.ask("/object/initiate_multipart_upload", body).await;
        assert_eq!(answer["errCode"], code, "{key}: {answer}");
    }
    place.server.clock.advance(25 * 60 * 60 * 1000);
    // The tokens are over as well.
    let admin = json!({"secret": SECRET, "userID": "imAdmin"});
    let admin = place
        .server
        .post("/auth/get_admin_token", None, admin)
        .await;
    let alice = json!({"userID": "alice", "platformID": 7});
    let alice = place
        .server
        .post(
            "/auth/get_user_token",
            admin["data"]["token"].as_str(),
            alice,
        )
        .await;
    let token = text(&alice["data"]["token"]);
    let late = json!({"uploadID": upload["uploadID"], "partNumbers": [1]});
    let answer = place
        .server
        .post("/object/auth_sign", Some(&token), late)
        .await;
    assert_eq!(
        (&answer["errCode"], &answer["errMsg"]),
        (&json!(1701), &json!("FileUploadedExpiredError"))
    );
    let (url, query) = address(sign, 1);
    assert_eq!(
        http.put(&url)
            .query(&query)
            .body(content)
            .send()
            .await
            .unwrap()
            .status(),
        410
    );
}

async fn names_and_links_are_kept_from_others(kept: Kept) {
    let place = Place::new(kept).await;
    let url = place.store("alice/secret plan?.txt", b"plan").await;
    assert!(url.ends_with("/alice/secret%20plan%3F.txt"), "{url}");
    assert_eq!(place.get(&url, &[]).await.status(), 200, "the link");
    let name = format!("{}/object/alice/secret%20plan%3F.txt", place.server.api);
    let unknown = format!("{}/object/alice/nothing", place.server.api);
    let token = header::HeaderName::from_static("token");
    for headers in [
        vec![],
        vec![(token.clone(), place.eve.as_str())],
        vec![(token.clone(), "x.y.z")],
    ] {
        let mut said = Vec::new();
        for url in [&name, &unknown] {
            let got = place.get(url, &headers).await;
            said.push((got.status(), got.text().await.unwrap()));
        }
        assert_eq!(said[0].0, 404, "{headers:?}");
        assert_eq!(said[0], said[1], "foreign and unknown look the same");
    }
    let (before, signed) = url.split_once("/:").unwrap();
    let link = signed.split('/').next().unwrap();
    let other = place.store("alice/other", b"other").await;
    for forged in [
        url.replace(link, &"0".repeat(link.len())),
        url.replace(link, ""),
        format!("{before}/:{link}/alice/other"),
        other.replace("alice/other", "alice/secret%20plan%3F.txt"),
        format!("{before}/:{link}"),
    ] {
        assert_eq!(place.get(&forged, &[]).await.status(), 404, "{forged}");
    }
    for mine in [place.alice.as_str(), place.server.admin.as_str()] {
        assert_eq!(
            place.get(&name, &[(token.clone(), mine)]).await.status(),
            200
        );
        let in_query = place.server.http().get(&name).query(&[("token", mine)]);
        assert_eq!(in_query.send().await.unwrap().status(), 200);
    }
    let upload = place.begin("alice/unfinished", b"unfinished").await["upload"].clone();
    for (path, body) in [
        ("/object/access_url", json!({"name": "alice/other"})),
        ("/object/access_url", json!({"name": "alice/nothing"})),
        (
            "/object/auth_sign",
            json!({"uploadID": upload["uploadID"], "partNumbers": [1]}),
        ),
        (
            "/object/auth_sign",
            json!({"uploadID": "nothing", "partNumbers": [1]}),
        ),
        (
            "/object/complete_multipart_upload",
            json!({"uploadID": upload["uploadID"], "parts": md5s(b"unfinished"), "name": "eve/x"}),
        ),
        (
            "/object/complete_form_data",
            json!({"id": upload["uploadID"]}),
        ),
    ] {
        let answer = place.server.post(path, Some(&place.eve), body).await;
        assert_eq!(answer["errCode"], 1004, "{path}: {answer}");
    }
}

async fn a_thumbnail_is_asked_for_behind_the_address(kept: Kept) {
    let place = Place::new(kept).await;
    let picture = testkit::pictures::turned_jpeg(400, 200);
    let url = place.store("alice/msg_picture_1.jpg", &picture).await;
    let got = place.get(&url, &[]).await;
    assert_eq!(
        got.headers()[header::CONTENT_TYPE],
        "image/jpeg",
        "declared as text, and is none"
    );
    assert!(
        got.headers()[header::CONTENT_DISPOSITION]
            .to_str()
            .unwrap()
            .starts_with("inline")
    );
    let before = place.kept();
    for (query, size, media_type) in [
        // The SDK puts this behind the address that it was given.
        ("?type=image&width=100&height=100", (50, 100), "image/jpeg"),
        (
            "?type=image&width=100&height=100&format=png",
            (50, 100),
            "image/png",
        ),
        ("?type=image&width=640&height=640", (200, 400), "image/jpeg"),
        ("?type=image&width=20", (20, 40), "image/jpeg"),
    ] {
        let got = place.get(&format!("{url}{query}"), &[]).await;
        assert_eq!(
            (
                got.status(),
                got.headers()[header::CONTENT_TYPE].to_str().unwrap()
            ),
            (StatusCode::OK, media_type)
        );
        let etag = got.headers()[header::ETAG].to_str().unwrap().to_owned();
        let small = got.bytes().await.unwrap();
        assert_eq!(testkit::pictures::size(&small), size, "{query}");
        let [red, _, blue] = testkit::pictures::pixel(&small, size.0 / 2, size.1 / 8);
        assert!(
            red > 200 && blue < 50,
            "{query}: the left half was red and is on top now"
        );
        let again = place
            .get(&format!("{url}{query}"), &[(header::IF_NONE_MATCH, &etag)])
            .await;
        assert_eq!(again.status(), 304);
    }
    assert!(place.kept() >= before + 4, "thumbnails are kept");
    let whole = place.get(&format!("{url}?type=image"), &[]).await;
    assert!(whole.bytes().await.unwrap() == picture);
    for bad in [
        "?type=film",
        "?type=image&width=x",
        "?type=image&width=-1",
        "?type=image&format=bmp",
    ] {
        assert_eq!(
            place.get(&format!("{url}{bad}"), &[]).await.status(),
            400,
            "{bad}"
        );
    }
    let broken = place
        .store("alice/broken.png", b"\x89PNG\r\n\x1a\nno picture")
        .await;
    let got = place
        .get(&format!("{broken}?type=image&width=10&height=10"), &[])
        .await;
    assert_eq!(got.status(), 200, "shown as it is");
    assert!(got.bytes().await.unwrap().ends_with(b"no picture"));
}

async fn conditions_are_answered(kept: Kept) {
    let place = Place::new(kept).await;
    let url = place.store("alice/x", b"hello").await;
    let first = place.get(&url, &[]).await;
    let etag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
    let modified = first.headers()[header::LAST_MODIFIED]
        .to_str()
        .unwrap()
        .to_owned();
    for held in [
        (header::IF_NONE_MATCH, etag.as_str()),
        (header::IF_MODIFIED_SINCE, modified.as_str()),
    ] {
        let got = place.get(&url, &[held]).await;
        assert_eq!(
            (got.status(), got.headers()[header::ETAG].to_str().unwrap()),
            (StatusCode::NOT_MODIFIED, etag.as_str())
        );
        assert!(got.bytes().await.unwrap().is_empty());
    }
    // Another content under the same name, at the same address.
    assert_eq!(place.store("alice/x", b"other").await, url);
    let got = place.get(&url, &[(header::IF_NONE_MATCH, &etag)]).await;
    assert_eq!(got.text().await.unwrap(), "other");
    let got = place
        .get(
            &url,
            &[(header::IF_RANGE, &etag), (header::RANGE, "bytes=0-0")],
        )
        .await;
    assert_eq!(got.status(), 200);
}

async fn what_a_browser_would_run_is_disarmed(kept: Kept) {
    let place = Place::new(kept).await;
    for (name, media_type, content) in [
        ("alice/page.html", "text/html", "<script>alert(1)</script>"),
        (
            "alice/drawing.svg",
            "image/svg+xml",
            "<svg xmlns='http://www.w3.org/2000/svg'/>",
        ),
    ] {
        let body = json!({
            "hash": hash(content.as_bytes()), "size": content.len(), "maxParts": 1, "name": name,
            "contentType": media_type
        });
        let begun = place.ask("/object/initiate_multipart_upload", body).await["data"].clone();
        place
            .put(&begun["upload"]["sign"], 1, content.as_bytes())
            .await;
        let body = json!({
            "uploadID": begun["upload"]["uploadID"], "parts": md5s(content.as_bytes()), "name": name
        });
        let answer = place.ask("/object/complete_multipart_upload", body).await;
        let got = place.get(&text(&answer["data"]["url"]), &[]).await;
        let said = |name: header::HeaderName| got.headers()[name].to_str().unwrap().to_owned();
        assert!(said(header::CONTENT_TYPE).starts_with(media_type));
        assert!(said(header::CONTENT_DISPOSITION).starts_with("attachment;"));
        assert!(said(header::CONTENT_SECURITY_POLICY).contains("sandbox"));
        assert_eq!(said(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    }
}

async fn a_form_is_sent_in_one_piece(kept: Kept) {
    let place = Place::new(kept).await;
    let content = content(300_000);
    let body = json!({"name": "alice/form.bin", "size": content.len(), "contentType": "application/x-thing"});
    let begun = place.ask("/object/initiate_form_data", body).await["data"].clone();
    assert_eq!(
        (&begun["file"], &begun["successCodes"]),
        (&json!("file"), &json!([200]))
    );
    let early = place
        .ask("/object/complete_form_data", json!({"id": begun["id"]}))
        .await;
    assert_eq!(early["errCode"], 90007);
    let send = async |file: &[u8], url: String| {
        let form = reqwest::multipart::Form::new()
            .text("note", "before the file")
            .part("file", reqwest::multipart::Part::bytes(file.to_vec()));
        let sent = place.server.http().post(url).multipart(form).send().await;
        sent.unwrap().status().as_u16()
    };
    let url = text(&begun["url"]);
    assert_eq!(send(&content[1..], url.clone()).await, 400);
    assert_eq!(send(&[&content[..], b"x"].concat(), url.clone()).await, 413);
    assert_eq!(
        send(&content, url.replace("signature=", "signature=0")).await,
        403
    );
    assert_eq!(send(&content, url).await, 200);
    let answer = place
        .ask("/object/complete_form_data", json!({"id": begun["id"]}))
        .await;
    let got = place.get(&text(&answer["data"]["url"]), &[]).await;
    assert_eq!(got.headers()[header::CONTENT_TYPE], "application/x-thing");
    assert!(got.bytes().await.unwrap() == content);
}

#[tokio::test]
async fn clients_talk_to_the_bucket_themselves_where_that_is_wanted() {
    let place = Place::new(Kept::Direct).await;
    let s3 = place.s3.as_ref().unwrap().endpoint.clone();
    let content = content(PART + 99);
    let begun = place.begin("alice/direct.bin", &content).await;
    let sign = &begun["upload"]["sign"];
    for (part, number) in content.chunks(PART).zip(1..) {
        let (url, query) = address(sign, number);
        assert!(url.starts_with(&s3) && query.is_empty(), "{url}");
        assert_eq!(place.put(sign, number, part).await.status(), 200);
    }
    let unsigned = address(sign, 1).0.split('?').next().unwrap().to_owned();
    let put = place
        .server
        .http()
        .put(unsigned)
        .body("x")
        .send()
        .await
        .unwrap();
    assert!(
        put.status().is_client_error(),
        "the bucket checks signatures: {put:?}"
    );
    let answer = place
        .complete(&begun["upload"], "alice/direct.bin", &md5s(&content))
        .await;
    let got = place.get(&text(&answer["data"]["url"]), &[]).await;
    assert_eq!(got.status(), 302);
    let there = got.headers()[header::LOCATION].to_str().unwrap();
    assert!(there.starts_with(&s3), "{there}");
    assert!(place.get(there, &[]).await.bytes().await.unwrap() == content);
    let got = place.get(there, &[(header::RANGE, "bytes=10-19")]).await;
    assert_eq!(
        (got.status().as_u16(), got.bytes().await.unwrap().as_ref()),
        (206, &content[10..20])
    );

    // Other bytes than were announced.
    let begun = place.begin("alice/other.bin", b"announced").await;
    assert_eq!(
        place
            .put(&begun["upload"]["sign"], 1, b"different")
            .await
            .status(),
        200
    );
    let answer = place
        .complete(&begun["upload"], "alice/other.bin", &md5s(b"announced"))
        .await;
    assert_eq!(answer["errCode"], 90007, "{answer}");
}

#[tokio::test]
async fn addresses_are_those_that_the_client_sees() {
    let place = Place::new(Kept::Directory).await;
    let content = b"behind a proxy";
    let body =
        json!({"hash": hash(content), "size": content.len(), "maxParts": 1, "name": "alice/p"});
    let http = place.server.http();
    for (path, headers, expected) in [
        (
            "",
            vec![("x-request-api", "https://im.example.org/api")],
            "https://im.example.org/api/object/".to_owned(),
        ),
        (
            "/openim",
            vec![
                ("x-forwarded-proto", "https"),
                ("x-forwarded-host", "im.example.org"),
            ],
            "https://im.example.org/openim/object/".to_owned(),
        ),
        (
            "/openim",
            vec![],
            format!("{}/openim/object/", place.server.api),
        ),
    ] {
        let url = format!(
            "{}{path}/object/initiate_multipart_upload",
            place.server.api
        );
        let mut request = http
            .post(url)
            .header("operationID", "test")
            .header("token", &place.alice)
            .json(&body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let url = text(&answer["data"]["upload"]["sign"]["url"]);
        assert!(url.starts_with(&expected), "{url}");
        if url.starts_with(&place.server.api) {
            // The prefix is a part of the address, and works.
            let sign = &answer["data"]["upload"]["sign"];
            assert_eq!(place.put(sign, 1, content).await.status(), 200);
        }
    }
    let place = Place::with(Kept::Directory, |setup| {
        setup.public_url = Some("https://files.example.org/x".into())
    })
    .await;
    let url = place.begin("alice/p", content).await["upload"]["sign"]["url"].clone();
    assert!(
        text(&url).starts_with("https://files.example.org/x/object/:part/"),
        "{url}"
    );
}

#[tokio::test]
async fn open_downloads_are_as_in_the_original() {
    let place = Place::with(Kept::Directory, |setup| setup.files.open_downloads = true).await;
    let url = place.store("alice/open.txt", b"open").await;
    assert_eq!(url, format!("{}/object/alice/open.txt", place.server.api));
    assert_eq!(place.get(&url, &[]).await.text().await.unwrap(), "open");
}

#[tokio::test]
async fn a_cut_upload_leaves_nothing_behind() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let place = Place::new(Kept::Directory).await;
    let content = content(2_000_000);
    let begun = place.begin("alice/cut", &content).await;
    let (url, query) = address(&begun["upload"]["sign"], 1);
    let url = place
        .server
        .http()
        .put(url)
        .query(&query)
        .build()
        .unwrap()
        .url()
        .clone();
    let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let mut socket = tokio::net::TcpStream::connect(&host).await.unwrap();
    let head = format!(
        "PUT {}?{} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2000000\r\n\r\n",
        url.path(),
        url.query().unwrap()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&content[..1_500_000]).await.unwrap();
    while place.kept() == 0 {
        tokio::task::yield_now().await;
    }
    // The server answers that the body was cut, or just closes.
    socket.shutdown().await.unwrap();
    socket.read_to_end(&mut Vec::new()).await.unwrap();
    drop(socket);
    while place.kept() > 0 {
        tokio::task::yield_now().await;
    }
    // The same part can be sent now.
    assert_eq!(
        place
            .put(&begun["upload"]["sign"], 1, &content)
            .await
            .status(),
        200
    );
}

#[tokio::test]
async fn a_web_page_may_send_and_read() {
    let place = Place::new(Kept::Directory).await;
    let url = place.store("alice/x", b"x").await;
    for method in ["PUT", "GET"] {
        let request = place
            .server
            .http()
            .request(reqwest::Method::OPTIONS, &url)
            .header("origin", "https://app.example.org")
            .header("access-control-request-method", method);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        for name in [
            "access-control-allow-origin",
            "access-control-allow-methods",
            "access-control-allow-headers",
        ] {
            assert_eq!(answer.headers()[name], "*");
        }
    }
}

#[test]
fn the_signing_key_is_not_shown() {
    let shown = format!("{:?}", SigningKey(SECRET.into()));
    assert!(!shown.contains(SECRET), "{shown}");
}
