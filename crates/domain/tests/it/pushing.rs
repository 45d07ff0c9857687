//! Offline push with a sender that writes down what it is given and a presence that is set by hand.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use domain::accounts::{Receive, UpdateAccount};
use domain::caller::Caller;
use domain::conversations::{SetConversations, SettingsChange};
use domain::error::Error;
use domain::follow::Follower;
use domain::groups::{CreateGroup, JoinRule};
use domain::ids::{AccountKey, GroupId};
use domain::jobs::JobOutcome;
use domain::messages::{Options, PushText, RecallMessage, Recipient};
use domain::ports::{Presence, PushSender};
use domain::push::{
    DeletePushToken, PushFollower, PushNote, PushOutcome, PushProvider, PushToken,
    RegisterPushToken,
};
use domain::sessions::{OpenSession, Platform, RevokeSessions};
use domain::{Settings, limits};
use parking_lot::Mutex;
use testkit::{BEGIN, World, saying};

const HOLDER: &str = "test";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Answers as it was told to, by address, and otherwise delivers.
#[derive(Default)]
struct Recorder {
    sent: Mutex<Vec<(String, PushNote)>>,
    answers: Mutex<HashMap<String, PushOutcome>>,
}

impl Recorder {
    fn answer(&self, address: &str, outcome: PushOutcome) {
        self.answers.lock().insert(address.to_owned(), outcome);
    }

    /// Addresses and texts since the last time, in order.
    fn take(&self) -> Vec<(String, String)> {
        let sent = std::mem::take(&mut *self.sent.lock());
        sent.into_iter()
            .map(|(address, note)| (address, note.text))
            .collect()
    }

    fn take_notes(&self) -> Vec<PushNote> {
        std::mem::take(&mut *self.sent.lock())
            .into_iter()
            .map(|(_, note)| note)
            .collect()
    }
}

#[async_trait]
impl PushSender for Recorder {
    fn serves(&self, provider: PushProvider) -> bool {
        provider != PushProvider::WebPush
    }

    fn web_push_key(&self) -> Option<String> {
        None
    }

    async fn send(&self, token: &PushToken, note: &PushNote) -> PushOutcome {
        self.sent.lock().push((token.address.clone(), note.clone()));
        let answers = self.answers.lock();
        answers
            .get(&token.address)
            .cloned()
            .unwrap_or(PushOutcome::Delivered)
    }
}

/// Who is in front of a screen.
#[derive(Default)]
struct Screens(Mutex<HashSet<AccountKey>>);

#[async_trait]
impl Presence for Screens {
    async fn unreachable(&self, accounts: &[AccountKey]) -> Vec<AccountKey> {
        let here = self.0.lock();
        accounts
            .iter()
            .copied()
            .filter(|account| !here.contains(account))
            .collect()
    }
}

struct Setting {
    world: World,
    sender: Arc<Recorder>,
    screens: Arc<Screens>,
    alice: Caller,
    bob: Caller,
    admin: Caller,
}

impl Setting {
    async fn new() -> Self {
        Self::with(domain::push::Settings::default()).await
    }

    /// Alice and Bob; Bob has a phone whose token is "bob's".
    async fn with(push: domain::push::Settings) -> Self {
        let (sender, screens) = (Arc::new(Recorder::default()), Arc::new(Screens::default()));
        let settings = Settings {
            push,
            ..Settings::default()
        };
        let world = World::equipped(settings, |domain| {
            domain
                .with_push_sender(sender.clone())
                .with_presence(screens.clone())
        })
        .await;
        let (alice, bob) = (world.person("alice").await, world.person("bob").await);
        let admin = world.administrator().await;
        world.domain.register_follower(&PushFollower).await.unwrap();
        assert!(
            world
                .domain
                .claim_follower("push", HOLDER, 10 * DAY_MS)
                .await
                .unwrap()
        );
        let setting = Self {
            world,
            sender,
            screens,
            alice,
            bob,
            admin,
        };
        setting
            .register(&setting.bob, "bobs", Platform::Ios)
            .await
            .unwrap();
        setting
    }

    async fn register(
        &self,
        caller: &Caller,
        address: &str,
        platform: Platform,
    ) -> domain::error::Result<()> {
        self.world
            .domain
            .register_push_token(caller, token_of(caller, address, platform))
            .await
    }

    /// A login on a platform, as the device has it.
    async fn log_in(&self, of: &Caller, platform: Platform, digest: u8) -> Caller {
        let open = OpenSession {
            user_id: of.user_id.clone(),
            platform,
            digest: [digest; 32],
            expires_at: BEGIN + 30 * DAY_MS,
        };
        let session = self
            .world
            .domain
            .open_session(&self.admin, open)
            .await
            .unwrap();
        Caller {
            session: Some(session),
            platform,
            ..of.clone()
        }
    }

    async fn promise(&self) {
        while PushFollower
            .step(&self.world.domain, HOLDER)
            .await
            .unwrap()
            .is_more
        {}
    }

    /// What is pushed of what was committed.
    async fn push(&self) -> JobOutcome {
        self.promise().await;
        self.world.domain.run_due_pushes().await.unwrap()
    }

    async fn say(&self, text: &str) {
        self.world.say(&self.alice, &self.bob, text).await.unwrap();
    }

    async fn receive(&self, here: Receive) {
        let command = SetConversations {
            owners: vec![self.bob.user_id.clone()],
            peer: Recipient::Person(self.alice.user_id.clone()),
            change: SettingsChange {
                receive: Some(here),
                ..SettingsChange::default()
            },
        };
        self.world
            .domain
            .set_conversations(&self.bob, command)
            .await
            .unwrap();
    }
}

fn token_of(owner: &Caller, address: &str, platform: Platform) -> RegisterPushToken {
    RegisterPushToken {
        owner: owner.user_id.clone(),
        platform,
        provider: PushProvider::Apns,
        address: address.to_owned(),
        secret: String::new(),
        app_id: String::new(),
        expires_at: 0,
    }
}

fn pairs(sent: &[(String, String)]) -> Vec<(&str, &str)> {
    sent.iter()
        .map(|(address, text)| (address.as_str(), text.as_str()))
        .collect()
}

fn done(done: usize, failed: usize) -> JobOutcome {
    JobOutcome { done, failed }
}

#[tokio::test]
async fn a_message_to_somebody_who_is_away_is_pushed_once() {
    let setting = Setting::new().await;
    setting
        .register(&setting.alice, "alices", Platform::Ios)
        .await
        .unwrap();
    setting.say("hello").await;
    assert_eq!(setting.push().await, done(1, 0));
    let notes = setting.sender.take_notes();
    assert_eq!(notes.len(), 1, "the sender is not told");
    let note = &notes[0];
    assert_eq!(
        (note.title.as_str(), note.text.as_str()),
        ("alice", "hello")
    );
    assert_eq!(
        (note.badge, note.conversation.as_str()),
        (Some(1), "si_alice_bob")
    );
    assert_eq!(setting.push().await, done(0, 0), "nothing twice");
    setting.say("again").await;
    setting.say("and again").await;
    assert_eq!(setting.push().await, done(2, 0));
    let sent = setting.sender.take();
    assert_eq!(
        pairs(&sent),
        [("bobs", "again"), ("bobs", "and again")],
        "in order"
    );
}

#[tokio::test]
async fn who_looks_at_the_screen_is_not_pushed_to() {
    let setting = Setting::new().await;
    setting.screens.0.lock().insert(setting.bob.account);
    setting.say("seen").await;
    assert_eq!(setting.push().await, done(0, 0));
    setting.screens.0.lock().clear();
    assert_eq!(setting.push().await, done(0, 0), "they had their chance");
    setting.say("late").await;
    setting.promise().await;
    setting.screens.0.lock().insert(setting.bob.account);
    assert_eq!(
        setting.world.domain.run_due_pushes().await.unwrap(),
        done(1, 0)
    );
    assert_eq!(setting.sender.take(), [], "back before the push went out");
}

#[tokio::test]
async fn silence_is_kept() {
    let setting = Setting::new().await;
    setting.say("first").await;
    assert_eq!(setting.push().await, done(1, 0));
    setting.receive(Receive::Silently).await;
    setting.say("silent here").await;
    setting.receive(Receive::Notify).await;
    let of_account = |receive| UpdateAccount {
        user_id: setting.bob.user_id.clone(),
        nickname: None,
        face_url: None,
        ex: None,
        receive: Some(receive),
    };
    let domain = &setting.world.domain;
    domain
        .update_account(&setting.bob, of_account(Receive::Silently))
        .await
        .unwrap();
    setting.say("silent everywhere").await;
    // An administrator's message gets through, but it wakes nobody.
    let mut from_admin = saying(&setting.alice, &setting.bob, "by the administrator");
    domain
        .send_message(&setting.admin, from_admin.clone())
        .await
        .unwrap();
    domain
        .update_account(&setting.bob, of_account(Receive::Notify))
        .await
        .unwrap();
    from_admin.post.client_msg_id = "quiet".into();
    from_admin.post.options = Options(Options::OFFLINE_PUSH);
    domain
        .send_message(&setting.admin, from_admin)
        .await
        .unwrap();
    let told = setting.sender.take();
    setting.push().await;
    let later = setting.sender.take();
    assert_eq!(pairs(&told), [("bobs", "first")]);
    // Bob takes messages again by now, and this one was not sent as a silent one.
    assert_eq!(pairs(&later), [("bobs", "by the administrator")]);
}

#[tokio::test]
async fn a_setting_that_was_changed_after_the_promise_counts() {
    let setting = Setting::new().await;
    setting.say("hello").await;
    setting.promise().await;
    setting.receive(Receive::Silently).await;
    assert_eq!(
        setting.world.domain.run_due_pushes().await.unwrap(),
        done(1, 0)
    );
    assert_eq!(setting.sender.take(), []);
}

#[tokio::test]
async fn what_was_recalled_or_is_too_old_is_not_pushed() {
    let setting = Setting::new().await;
    setting.say("a slip").await;
    setting.promise().await;
    let recall = RecallMessage {
        user: setting.alice.user_id.clone(),
        conversation: domain::ids::ConversationId::parse("si_alice_bob").unwrap(),
        seq: 1,
    };
    setting
        .world
        .domain
        .recall_message(&setting.alice, recall)
        .await
        .unwrap();
    assert_eq!(setting.push().await, done(1, 0));
    setting.say("old news").await;
    setting.promise().await;
    setting.world.clock.advance(8 * DAY_MS);
    assert_eq!(setting.push().await, done(1, 0));
    assert_eq!(setting.sender.take(), []);
}

#[tokio::test]
async fn a_dead_token_is_removed() {
    let setting = Setting::new().await;
    setting.sender.answer("bobs", PushOutcome::Gone);
    setting.say("one").await;
    assert_eq!(setting.push().await, done(1, 0));
    assert_eq!(setting.sender.take().len(), 1);
    setting.say("two").await;
    assert_eq!(
        setting.push().await,
        done(0, 0),
        "without a device there is no job"
    );
}

#[tokio::test]
async fn only_what_failed_is_tried_again_and_at_last_set_aside() {
    let setting = Setting::new().await;
    let tablet = setting.log_in(&setting.bob, Platform::Ipad, 7).await;
    setting
        .register(&tablet, "tablet", Platform::Ipad)
        .await
        .unwrap();
    let busy = PushOutcome::Retry {
        after_ms: 60_000,
        reason: "busy".into(),
    };
    setting.sender.answer("tablet", busy);
    setting.say("hello").await;
    assert_eq!(setting.push().await, done(0, 1));
    let mut first = setting.sender.take();
    first.sort();
    assert_eq!(pairs(&first), [("bobs", "hello"), ("tablet", "hello")]);
    for pause_s in [60, 60, 80] {
        setting.world.clock.advance(pause_s * 1000 - 1);
        assert_eq!(setting.push().await, done(0, 0), "not before {pause_s} s");
        setting.world.clock.advance(1);
        assert_eq!(setting.push().await, done(0, 1));
        assert_eq!(pairs(&setting.sender.take()), [("tablet", "hello")]);
    }
    setting.world.clock.advance(DAY_MS);
    assert_eq!(setting.push().await, done(0, 0));
    let dead = setting
        .world
        .domain
        .dead_jobs(&setting.admin)
        .await
        .unwrap();
    assert_eq!((dead.len(), dead[0].error.as_deref()), (1, Some("busy")));

    setting.sender.answer("tablet", PushOutcome::Delivered);
    setting
        .world
        .domain
        .replay_job(&setting.admin, dead[0].key)
        .await
        .unwrap();
    assert_eq!(setting.push().await, done(1, 0));
    assert_eq!(pairs(&setting.sender.take()), [("tablet", "hello")]);
}

#[tokio::test]
async fn what_is_refused_is_set_aside_at_once() {
    let setting = Setting::new().await;
    setting
        .sender
        .answer("bobs", PushOutcome::Refused("BadTopic".into()));
    setting.say("hello").await;
    assert_eq!(setting.push().await, done(0, 1));
    let dead = setting
        .world
        .domain
        .dead_jobs(&setting.admin)
        .await
        .unwrap();
    assert_eq!(dead[0].error.as_deref(), Some("BadTopic"));
}

#[tokio::test]
async fn a_token_that_changed_hands_does_not_get_what_was_for_the_old_owner() {
    let setting = Setting::new().await;
    let busy = PushOutcome::Retry {
        after_ms: 0,
        reason: "busy".into(),
    };
    setting.sender.answer("bobs", busy);
    setting.say("for bob").await;
    assert_eq!(setting.push().await, done(0, 1));
    setting.sender.answer("bobs", PushOutcome::Delivered);
    setting
        .register(&setting.alice, "bobs", Platform::Ios)
        .await
        .unwrap();
    setting.sender.take();
    setting.world.clock.advance(DAY_MS);
    assert_eq!(setting.push().await, done(1, 0));
    assert_eq!(setting.sender.take(), []);
}

#[tokio::test]
async fn what_a_crash_left_between_commit_and_promise_is_pushed_and_nothing_twice() {
    let setting = Setting::new().await;
    setting.say("before the crash").await;
    // The follower was handed the batch and the process died before it had written anything.
    let batch = setting.world.domain.follow_batch("push", 10).await.unwrap();
    assert_eq!(batch.events.len(), 1);
    assert_eq!(setting.push().await, done(1, 0));
    assert_eq!(
        pairs(&setting.sender.take()),
        [("bobs", "before the crash")]
    );
    // Another node has taken the follower over: what this one makes of the same batch does not count.
    setting.say("taken over").await;
    setting.world.clock.advance(11 * DAY_MS);
    assert!(
        setting
            .world
            .domain
            .claim_follower("push", "other", DAY_MS)
            .await
            .unwrap()
    );
    setting.world.clock.advance(-11 * DAY_MS);
    let step = PushFollower
        .step(&setting.world.domain, HOLDER)
        .await
        .unwrap();
    assert!(step.is_lost);
    assert_eq!(
        setting.world.domain.run_due_pushes().await.unwrap(),
        done(0, 0)
    );
    PushFollower
        .step(&setting.world.domain, "other")
        .await
        .unwrap();
    assert_eq!(
        setting.world.domain.run_due_pushes().await.unwrap(),
        done(1, 0)
    );
    assert_eq!(pairs(&setting.sender.take()), [("bobs", "taken over")]);
}

#[tokio::test]
async fn a_device_is_forgotten_with_its_login() {
    let setting = Setting::new().await;
    let domain = &setting.world.domain;
    let told = async |text: &str| {
        setting.say(text).await;
        setting.push().await;
        let mut told: Vec<_> = setting
            .sender
            .take()
            .into_iter()
            .map(|(to, _)| to)
            .collect();
        told.sort();
        told.join(" ")
    };
    let phone = setting.log_in(&setting.bob, Platform::Android, 1).await;
    setting
        .register(&phone, "phone", Platform::Android)
        .await
        .unwrap();
    assert_eq!(told("one").await, "bobs phone");
    // The same session registers anew: the old token is not kept beside the new one.
    setting
        .register(&phone, "renewed", Platform::Android)
        .await
        .unwrap();
    assert_eq!(told("two").await, "bobs renewed");
    // A new login on the platform takes the place of the old one.
    let other = setting.log_in(&setting.bob, Platform::Android, 2).await;
    assert_eq!(told("three").await, "bobs");
    setting
        .register(&other, "other", Platform::Android)
        .await
        .unwrap();
    domain.forget_session_device(&other).await.unwrap();
    assert_eq!(told("four").await, "bobs");
    setting
        .register(&other, "other", Platform::Android)
        .await
        .unwrap();
    let revoke = RevokeSessions {
        user_id: setting.bob.user_id.clone(),
        platform: Platform::Android,
    };
    domain
        .revoke_sessions(&setting.admin, revoke)
        .await
        .unwrap();
    assert_eq!(told("five").await, "bobs");
    let delete = DeletePushToken {
        owner: setting.bob.user_id.clone(),
        provider: PushProvider::Apns,
        address: "bobs".into(),
    };
    assert!(
        domain
            .delete_push_token(&setting.alice, delete.clone())
            .await
            .is_err()
    );
    domain
        .delete_push_token(&setting.bob, delete)
        .await
        .unwrap();
    assert_eq!(told("six").await, "");
}

#[tokio::test]
async fn tokens_are_checked_and_bounded() {
    let setting = Setting::new().await;
    let domain = &setting.world.domain;
    let good = || token_of(&setting.bob, "good", Platform::Ios);
    let refused = async |change: fn(&mut RegisterPushToken)| {
        let mut command = good();
        change(&mut command);
        let answer = domain.register_push_token(&setting.bob, command).await;
        assert!(matches!(answer, Err(Error::Invalid { .. })), "{answer:?}");
    };
    refused(|token| token.address = String::new()).await;
    refused(|token| token.address = "x".repeat(2049)).await;
    refused(|token| token.address = "../3/device".into()).await;
    refused(|token| token.app_id = "x".repeat(256)).await;
    refused(|token| token.secret = "\0".into()).await;
    refused(|token| token.expires_at = BEGIN).await;
    let of_bob = good();
    assert!(matches!(
        domain.register_push_token(&setting.alice, of_bob).await,
        Err(Error::Denied(_))
    ));

    for number in 0..u8::try_from(limits::PUSH_TOKENS_MAX).unwrap() {
        setting.world.clock.advance(1);
        let token = RegisterPushToken {
            app_id: format!("app{number}"),
            ..token_of(&setting.bob, &format!("t{number}"), Platform::Ios)
        };
        domain
            .register_push_token(&setting.bob, token)
            .await
            .unwrap();
    }
    setting.say("to many").await;
    setting.push().await;
    let sent: HashSet<_> = setting
        .sender
        .take()
        .into_iter()
        .map(|(to, _)| to)
        .collect();
    assert_eq!(sent.len(), limits::PUSH_TOKENS_MAX);
    assert!(!sent.contains("bobs"), "the oldest was forgotten");
}

#[tokio::test]
async fn an_expired_token_and_an_unserved_provider_are_passed_over() {
    let setting = Setting::new().await;
    let domain = &setting.world.domain;
    let expiring = RegisterPushToken {
        expires_at: BEGIN + 1000,
        ..token_of(&setting.bob, "expiring", Platform::Ios)
    };
    domain
        .register_push_token(&setting.bob, expiring)
        .await
        .unwrap();
    let in_browser = RegisterPushToken {
        provider: PushProvider::WebPush,
        ..token_of(&setting.bob, "https://push.example/1", Platform::Web)
    };
    domain
        .register_push_token(&setting.bob, in_browser)
        .await
        .unwrap();
    setting.world.clock.advance(1000);
    setting.say("hello").await;
    assert_eq!(setting.push().await, done(1, 0));
    assert_eq!(setting.sender.take(), []);
}

#[tokio::test]
async fn the_badge_is_what_is_unread_unless_the_application_counts_itself() {
    let setting = Setting::new().await;
    let domain = &setting.world.domain;
    let badge = async || {
        setting.push().await;
        setting
            .sender
            .take_notes()
            .last()
            .and_then(|note| note.badge)
    };
    for text in ["one", "two", "three"] {
        setting.say(text).await;
    }
    assert_eq!(badge().await, Some(3));
    let bob = &setting.bob.user_id;
    assert!(domain.set_app_badge(&setting.alice, bob, 0).await.is_err());
    assert!(domain.set_app_badge(&setting.bob, bob, -1).await.is_err());
    domain.set_app_badge(&setting.bob, bob, 0).await.unwrap();
    setting.say("four").await;
    assert_eq!(badge().await, Some(1), "what came since");
    domain.set_app_badge(&setting.bob, bob, 10).await.unwrap();
    setting.say("five").await;
    assert_eq!(badge().await, Some(11));
    // The sender's application wants no number.
    let mut quiet = saying(&setting.alice, &setting.bob, "six");
    quiet.post.push = Some(Box::new(PushText::default()));
    domain.send_message(&setting.alice, quiet).await.unwrap();
    assert_eq!(badge().await, None);
}

#[tokio::test]
async fn everybody_in_a_group_who_is_away_is_told_where_and_by_whom() {
    let setting = Setting::new().await;
    let domain = &setting.world.domain;
    let (carol, dave) = (
        setting.world.person("carol").await,
        setting.world.person("dave").await,
    );
    for (caller, address) in [
        (&setting.alice, "alices"),
        (&carol, "carols"),
        (&dave, "daves"),
    ] {
        setting
            .register(caller, address, Platform::Ios)
            .await
            .unwrap();
    }
    let create = CreateGroup {
        owner: setting.alice.user_id.clone(),
        administrators: Vec::new(),
        members: vec![setting.bob.user_id.clone(), carol.user_id.clone()],
        id: GroupId::new("hikers"),
        name: "Hikers".into(),
        announcement: String::new(),
        introduction: String::new(),
        face_url: String::new(),
        ex: String::new(),
        join_rule: JoinRule::default(),
        hides_profiles: false,
        forbids_friends: false,
        says_so: false,
    };
    domain.create_group(&setting.alice, create).await.unwrap();
    setting.push().await;
    setting.sender.take();
    let say = async |text: &str| {
        let mut saying = saying(&setting.alice, &setting.bob, text);
        saying.to = Recipient::Group(GroupId::new("hikers").unwrap());
        domain.send_message(&setting.alice, saying).await.unwrap();
    };
    say("one").await;
    assert_eq!(
        setting.push().await,
        done(1, 0),
        "one job, whatever the number of members"
    );
    let mut sent = std::mem::take(&mut *setting.sender.sent.lock());
    sent.sort_by(|a, b| a.0.cmp(&b.0));
    let addresses: Vec<_> = sent.iter().map(|(address, _)| address.as_str()).collect();
    assert_eq!(addresses, ["bobs", "carols"]);
    let note = &sent[0].1;
    assert_eq!(
        (note.title.as_str(), note.text.as_str()),
        ("Hikers", "alice: one")
    );
    assert_eq!(note.data["groupID"], "hikers");

    setting.screens.0.lock().insert(carol.account);
    say("two").await;
    say("three").await;
    assert_eq!(setting.push().await, done(2, 0));
    let sent = setting.sender.take();
    assert_eq!(
        pairs(&sent),
        [("bobs", "alice: two"), ("bobs", "alice: three")]
    );
}

#[tokio::test]
async fn hidden_contents_stay_hidden() {
    let setting = Setting::with(domain::push::Settings {
        hide_content: true,
        ..domain::push::Settings::default()
    })
    .await;
    let mut secret = saying(&setting.alice, &setting.bob, "a secret");
    secret.post.client_msg_id = "c1".into();
    setting
        .world
        .domain
        .send_message(&setting.alice, secret)
        .await
        .unwrap();
    setting.push().await;
    let notes = setting.sender.take_notes();
    assert_eq!(
        (notes[0].title.as_str(), notes[0].text.as_str()),
        ("alice", "New message")
    );
    assert!(
        !format!("{notes:?}").contains("secret"),
        "not in what comes with it either"
    );
}
