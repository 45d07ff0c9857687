//! Hooks against a server on loopback: what is posted, and what every kind of answer comes to.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::conversations::{ConversationKind, Party};
use domain::error::Error;
use domain::hooks::{Asked, Hook, Letter, Question};
use domain::ids::{ConversationId, MessageKey, UserId};
use domain::messages::{Message, Origin, Post, Route, Status};
use domain::ports::{Delivered, Hooks};
use domain::relations::RequestFriend;
use testkit::receiver::{Receiver, Reply};
use testkit::{BEGIN, HandClock};

use super::{HookSettings, NumberRanges, Settings, Webhooks};

pub(super) fn user(name: &str) -> UserId {
    UserId::new(name).expect("valid")
}

pub(super) fn request() -> RequestFriend {
    RequestFriend {
        from: user("alice"),
        to: user("bob"),
        message: "hi <b> & co".into(),
        ex: "x".into(),
    }
}

pub(super) fn message() -> Message {
    let post = Post {
        client_msg_id: "c1".into(),
        server_msg_id: "s1".into(),
        sender_platform: 2,
        sender_nickname: "Alice".into(),
        sender_face_url: "http://face".into(),
        origin: Origin::User,
        content_type: 101,
        content: r#"{"content":"hi"}"#.into(),
        create_time: 1000,
        ex: "more".into(),
        ..Post::default()
    };
    Message {
        route: Route {
            conversation: ConversationId::direct(&user("alice"), &user("bob")),
            kind: ConversationKind::Direct,
            sender: user("alice"),
            recipient: Party::Person(user("bob")),
        },
        key: MessageKey(9),
        seq: 0,
        send_time: 2000,
        status: Status::Sent,
        is_read: false,
        post: Arc::new(post),
    }
}

fn webhooks(url: &str, change: impl Fn(&mut HookSettings), secret: Option<&str>) -> Webhooks {
    let mut hook = HookSettings {
        timeout: Duration::from_secs(5),
        ..HookSettings::default()
    };
    change(&mut hook);
    let settings = Settings {
        url: url.to_owned(),
        secret: secret.map(str::to_owned),
        allow_internal: false,
        hooks: HashMap::from(Hook::ALL.map(|which| (which, hook.clone()))),
    };
    Webhooks::new(settings, Arc::new(HandClock::at(BEGIN))).expect("webhooks")
}

async fn ask(webhooks: &Webhooks) -> Result<Asked, (i32, String)> {
    let request = request();
    let asked = webhooks.ask(
        Hook::BeforeAddFriend,
        Question::RequestFriend(&request),
        "op 1\r\n",
    );
    asked.await.map_err(|error| match error {
        Error::Refused { code, message, .. } => (code, message),
        error => panic!("{error}"),
    })
}

const COMMAND: &str = "callbackBeforeAddFriendCommand";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_is_posted_as_openim_does() {
    let receiver = Receiver::start();
    let webhooks = webhooks(&format!("{}/", receiver.url()), |_| {}, Some("secret"));
    assert_eq!(ask(&webhooks).await, Ok(Asked::Went));
    let posted = &receiver.wait_for(COMMAND, 1)[0];
    assert_eq!(posted.path, format!("/hooks/{COMMAND}"));
    assert_eq!(
        posted.body,
        concat!(
            r#"{"callbackCommand":"callbackBeforeAddFriendCommand","fromUserID":"alice","toUserID":"bob","#,
            r#""reqMsg":"hi \u003cb\u003e \u0026 co","ex":"x"}"#,
            "\n"
        )
    );
    let header = |name: &str| posted.headers[name].clone();
    assert_eq!(header("content-type"), "application/json; charset=utf-8");
    assert_eq!(
        header("operationid"),
        "op1",
        "what a header cannot carry is left out"
    );
    assert_eq!(
        header("x-switchboard-timestamp"),
        (BEGIN / 1000).to_string()
    );
    // As the guide tells an application to check it.
    let signed = format!("{}.{}", BEGIN / 1000, posted.body);
    assert_eq!(
        header("x-switchboard-signature"),
        format!("sha256={}", hmac("secret", &signed))
    );
    assert!(!posted.headers.contains_key("x-switchboard-delivery"));
}

/// RFC 2104, without the library that signs.
fn hmac(key: &str, text: &str) -> String {
    use sha2::{Digest, Sha256};
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key.as_bytes());
    let inner = Sha256::digest([&block.map(|byte| byte ^ 0x36)[..], text.as_bytes()].concat());
    let outer = Sha256::digest([&block.map(|byte| byte ^ 0x5c)[..], &inner[..]].concat());
    outer.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_comes_to_what_the_protocol_says() {
    let receiver = Receiver::start();
    let patient = webhooks(&receiver.url(), |_| {}, None);
    let strict = webhooks(&receiver.url(), |hook| hook.failed_continue = false, None);
    let data_error = || Err((90007, "DataError".to_owned()));
    type Told = Result<(), (i32, String)>;
    let cases: [(Reply, Told); 11] = [
        (Reply::go(), Ok(())),
        (Reply::json("{}"), Ok(())),
        (
            Reply::json(r#"{"actionCode":null,"nextCode":null,"errMsg":null}"#),
            Ok(()),
        ),
        (
            Reply::json(r#"{"actionCode":0,"nextCode":1,"errCode":5001,"errMsg":"no"}"#),
            Err((5001, "no".into())),
        ),
        (
            Reply::json(r#"{"actionCode":0,"nextCode":1}"#),
            Err((80000, "CallbackError".into())),
        ),
        // Not processed, so it cannot refuse.
        (
            Reply::json(r#"{"actionCode":1,"nextCode":1,"errCode":5001}"#),
            Ok(()),
        ),
        // The status does not matter.
        (
            Reply::status(500, r#"{"actionCode":0,"nextCode":1,"errCode":7}"#),
            Err((7, "UnknownError".into())),
        ),
        (Reply::status(302, ""), data_error()),
        (Reply::json(""), data_error()),
        (Reply::json("[1]"), data_error()),
        (
            Reply::json(&"x".repeat(2 * 1024 * 1024)),
            Err((90004, "NetworkError".into())),
        ),
    ];
    for (reply, expected) in cases {
        receiver.answer(COMMAND, reply.clone());
        let strictly = ask(&strict).await.map(drop);
        match &expected {
            Err((7, _)) => assert_eq!(strictly.map_err(|(code, _)| code), Err(7)),
            _ => assert_eq!(strictly, expected, "{reply:?}"),
        }
        let is_failure = matches!(&expected, Err((90004 | 90007, _)));
        match ask(&patient).await {
            Ok(Asked::WentOn { failure }) => {
                assert!(is_failure && !failure.is_empty(), "{reply:?}")
            }
            patiently => assert!(
                !is_failure && patiently.is_ok() == expected.is_ok(),
                "{reply:?}"
            ),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_or_is_away_is_not_waited_for() {
    let receiver = Receiver::start();
    receiver.answer(COMMAND, Reply::never());
    let short = |hook: &mut HookSettings| hook.timeout = Duration::from_millis(50);
    let strict = webhooks(
        &receiver.url(),
        |hook| {
            short(hook);
            hook.failed_continue = false;
        },
        None,
    );
    assert_eq!(ask(&strict).await, Err((90004, "NetworkError".into())));
    let patient = webhooks(&receiver.url(), short, None);
    assert!(matches!(ask(&patient).await, Ok(Asked::WentOn { .. })));
    receiver.answer("callbackAfterQuitGroupCommand", Reply::never());
    assert!(matches!(
        patient.deliver(&letter()).await,
        Delivered::TimedOut(_)
    ));

    let nobody = format!("http://127.0.0.1:{}", Receiver::free_port());
    let strict = webhooks(&nobody, |hook| hook.failed_continue = false, None);
    assert_eq!(ask(&strict).await, Err((90004, "NetworkError".into())));
    assert!(matches!(
        strict.deliver(&letter()).await,
        Delivered::Unreachable(_)
    ));
}

fn letter() -> Letter {
    Letter {
        hook: Hook::AfterQuitGroup,
        id: "id 1".into(),
        trace: "op".into(),
        lane: "g".into(),
        at: BEGIN,
        body: "{}\n".into(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_is_delivered_when_it_is_taken() {
    let receiver = Receiver::start();
    let webhooks = webhooks(&receiver.url(), |_| {}, None);
    let command = "callbackAfterQuitGroupCommand";
    for (reply, is_taken) in [
        (Reply::go(), true),
        (Reply::status(200, ""), true),
        (Reply::status(404, r#"{"actionCode":0}"#), true),
        (Reply::status(404, ""), false),
        (Reply::status(503, r#"{"actionCode":0}"#), false),
    ] {
        receiver.answer(command, reply.clone());
        let delivered = webhooks.deliver(&letter()).await;
        assert_eq!(
            delivered == Delivered::Done,
            is_taken,
            "{reply:?} {delivered:?}"
        );
        assert!(is_taken || matches!(delivered, Delivered::AnsweredWrongly(_)));
    }
    let posted = &receiver.wait_for(command, 1)[0];
    assert_eq!(posted.body, "{}\n");
    assert_eq!(posted.headers["x-switchboard-delivery"], "id 1");
    assert!(
        !posted.headers.contains_key("x-switchboard-signature"),
        "no secret, no signature"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_leads_inside_is_refused() {
    let receiver = Receiver::start();
    let by_name = format!("http://localhost:{}/hooks", receiver.port);
    let strict = webhooks(&by_name, |hook| hook.failed_continue = false, None);
    assert_eq!(ask(&strict).await, Err((90004, "NetworkError".into())));
    match strict.deliver(&letter()).await {
        Delivered::Unreachable(error) => assert!(error.contains("no public address"), "{error}"),
        delivered => panic!("{delivered:?}"),
    }
    assert_eq!(receiver.posted(), []);

    let settings = Settings {
        url: by_name,
        secret: None,
        allow_internal: true,
        hooks: HashMap::from([(Hook::BeforeAddFriend, HookSettings::default())]),
    };
    let allowed = Webhooks::new(settings, Arc::new(HandClock::at(BEGIN))).expect("webhooks");
    assert_eq!(ask(&allowed).await, Ok(Asked::Went));

    for url in ["", "hooks", "ftp://x/", "file:///etc"] {
        let settings = Settings {
            url: url.to_owned(),
            secret: None,
            allow_internal: true,
            hooks: HashMap::new(),
        };
        assert!(
            Webhooks::new(settings, Arc::new(HandClock::at(BEGIN))).is_err(),
            "{url}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_messages_that_concern_a_hook_are_asked_about() {
    let receiver = Receiver::start();
    let ranges = |text: &str| NumberRanges::parse(&[text.to_owned()]).expect("a range");
    let message = message();
    let asked_with = async |change: &dyn Fn(&mut HookSettings)| {
        let webhooks = webhooks(&receiver.url(), change, None);
        let question = Question::SendMessage(&message);
        webhooks
            .ask(Hook::BeforeSendSingleMsg, question, "op")
            .await
            .expect("asked")
    };
    assert_eq!(
        asked_with(&|hook| hook.allowed_types = ranges("100-110")).await,
        Asked::Went
    );
    assert_eq!(
        asked_with(&|hook| hook.allowed_types = ranges("102")).await,
        Asked::NotConcerned
    );
    assert_eq!(
        asked_with(&|hook| hook.denied_types = ranges("101")).await,
        Asked::NotConcerned
    );
    assert_eq!(
        asked_with(&|hook| hook.attention_ids = ["bob".into()].into()).await,
        Asked::Went
    );
    assert_eq!(
        asked_with(&|hook| hook.attention_ids = ["carol".into()].into()).await,
        Asked::NotConcerned
    );
    assert_eq!(receiver.posted().len(), 2);
}
