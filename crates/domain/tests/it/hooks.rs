//! Hooks: which operation asks and tells which, and what an answer does. How letters are delivered is in
//! `hook_letters.rs`.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use domain::Settings;
use domain::caller::Caller;
use domain::error::{Error, Reason, Result};
use domain::event::{Audience, Event};
use domain::follow::Follower;
use domain::groups::{
    ChangeGroup, ChangeMember, DismissGroup, GroupRole, InviteMembers, JoinGroup, JoinRule,
    JoinSource, KickMembers,
};
use domain::hooks::{Asked, Hook, HookFollower, HookSet, Letter, Outcome, Question, Report};
use domain::ids::ConversationId;
use domain::messages::{MarkRead, Order, RecallMessage, SeqRange};
use domain::ports::{Delivered, Hooks};
use domain::relations::{AnswerFriendRequest, RequestFriend, UpdateFriends};
use domain::{Domain, accounts};
use parking_lot::Mutex;
use testkit::World;

use crate::groups::{making, speak};

pub(crate) const HOUR: i64 = 3_600_000;

pub(crate) type Answer = fn(Question<'_>) -> Result<()>;
pub(crate) type Delivery = Box<dyn Fn(&Letter) -> Delivered + Send>;

/// An application's server that does as it is told.
pub(crate) struct Scripted {
    wanted: HookSet,
    asked: Mutex<Vec<Hook>>,
    answers: HashMap<Hook, Answer>,
    tried: Mutex<Vec<Letter>>,
    delivery: Mutex<Delivery>,
}

impl Scripted {
    pub(crate) fn new(
        wanted: impl IntoIterator<Item = Hook>,
        answers: &[(Hook, Answer)],
    ) -> Arc<Self> {
        let answers: HashMap<_, _> = answers.iter().copied().collect();
        Arc::new(Self {
            wanted: HookSet::of(wanted.into_iter().chain(answers.keys().copied())),
            asked: Mutex::default(),
            answers,
            tried: Mutex::default(),
            delivery: Mutex::new(Box::new(|_| Delivered::Done)),
        })
    }

    fn take_asked(&self) -> Vec<Hook> {
        std::mem::take(&mut self.asked.lock())
    }

    /// What was tried to be delivered since the last time.
    pub(crate) fn take_tried(&self) -> Vec<Letter> {
        std::mem::take(&mut self.tried.lock())
    }

    pub(crate) fn deliver_by(&self, delivery: impl Fn(&Letter) -> Delivered + Send + 'static) {
        *self.delivery.lock() = Box::new(delivery);
    }
}

#[async_trait]
impl Hooks for Scripted {
    fn wanted(&self) -> HookSet {
        self.wanted
    }

    async fn ask(&self, hook: Hook, question: Question<'_>, _: &str) -> Result<Asked> {
        self.asked.lock().push(hook);
        match self.answers.get(&hook) {
            Some(answer) => answer(question).map(|()| Asked::Went),
            None => Ok(Asked::Went),
        }
    }

    fn body(&self, _: Hook, report: &Report<'_>, _: &str) -> Option<String> {
        Some(match report {
            Report::MessageSent(message) => {
                String::from_utf8(message.post.content.to_vec()).unwrap()
            }
            other => format!("{other:?}"),
        })
    }

    async fn deliver(&self, letter: &Letter) -> Delivered {
        self.tried.lock().push(letter.clone());
        (self.delivery.lock())(letter)
    }
}

pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) hooks: Arc<Scripted>,
    pub(crate) alice: Caller,
    pub(crate) bob: Caller,
    pub(crate) carol: Caller,
    follower: HookFollower,
}

impl Stage {
    pub(crate) async fn new(hooks: Arc<Scripted>) -> Self {
        let given = hooks.clone();
        let equip = |domain: Domain| domain.with_hooks(given);
        let world = World::equipped(Settings::default(), equip).await;
        let follower = HookFollower::new(HOUR);
        world.domain.register_follower(&follower).await.unwrap();
        let claimed = world
            .domain
            .claim_follower("webhooks", "test", 100 * HOUR)
            .await;
        assert!(claimed.unwrap());
        Self {
            alice: world.person("alice").await,
            bob: world.person("bob").await,
            carol: world.person("carol").await,
            follower,
            world,
            hooks,
        }
    }

    /// With every hook on, and all of them content.
    pub(crate) async fn listening() -> Self {
        Self::new(Scripted::new(Hook::ALL, &[])).await
    }

    pub(crate) async fn step(&self) -> Result<()> {
        self.follower
            .step(&self.world.domain, "test")
            .await
            .map(drop)
    }

    /// What was asked and told since the last time, by name.
    async fn hooks_of<T>(&self, operation: impl Future<Output = Result<T>>) -> Vec<&'static str> {
        self.step().await.unwrap();
        self.hooks.take_asked();
        self.hooks.take_tried();
        operation.await.unwrap();
        self.step().await.unwrap();
        let asked = self.hooks.take_asked();
        let told = self.hooks.take_tried();
        let told = told.into_iter().map(|letter| letter.hook);
        let mut told: Vec<_> = told.map(Hook::name).collect();
        // Lanes are delivered side by side.
        told.sort_unstable();
        asked.into_iter().map(Hook::name).chain(told).collect()
    }
}

fn refusing() -> Result<()> {
    Err(Error::Refused {
        code: 5001,
        message: "no".into(),
        detail: String::new(),
    })
}

#[tokio::test]
async fn friends_ask_and_tell() {
    let stage = Stage::listening().await;
    let (domain, alice, bob) = (&stage.world.domain, &stage.alice, &stage.bob);
    let request = RequestFriend {
        from: alice.user_id.clone(),
        to: bob.user_id.clone(),
        message: "hi".into(),
        ex: String::new(),
    };
    assert_eq!(
        stage.hooks_of(domain.request_friend(alice, request)).await,
        ["before_add_friend", "after_add_friend"]
    );
    let answer = AnswerFriendRequest {
        from: alice.user_id.clone(),
        to: bob.user_id.clone(),
        accept: true,
        message: String::new(),
    };
    assert_eq!(
        stage
            .hooks_of(domain.answer_friend_request(bob, answer))
            .await,
        [
            "before_add_friend_agree",
            "after_add_friend_agree",
            "after_send_single_msg"
        ]
    );
    let update = UpdateFriends {
        owner: alice.user_id.clone(),
        friends: vec![bob.user_id.clone()],
        remark: Some("Bobby".into()),
        is_pinned: None,
        ex: None,
    };
    assert_eq!(
        stage.hooks_of(domain.update_friends(alice, update)).await,
        ["before_set_friend_remark", "after_set_friend_remark"]
    );
    let (owner, friend) = (&alice.user_id, &bob.user_id);
    assert_eq!(
        stage
            .hooks_of(domain.remove_friend(alice, owner, friend))
            .await,
        ["after_delete_friend"]
    );
    assert_eq!(
        stage
            .hooks_of(domain.block(alice, owner, friend, String::new()))
            .await,
        ["before_add_black"]
    );
    assert_eq!(
        stage.hooks_of(domain.unblock(alice, owner, friend)).await,
        ["after_remove_black"]
    );
    let admin = stage.world.administrator().await;
    let imported = [stage.carol.user_id.clone()];
    assert_eq!(
        stage
            .hooks_of(domain.import_friends(&admin, owner, &imported))
            .await,
        [
            "before_import_friends",
            "after_import_friends",
            "after_send_single_msg"
        ]
    );
}

#[tokio::test]
async fn accounts_ask_and_tell() {
    let stage = Stage::listening().await;
    let admin = stage.world.administrator().await;
    let domain = &stage.world.domain;
    let dave = accounts::NewAccount::user(testkit::user_id("dave"), "Dave");
    assert_eq!(
        stage
            .hooks_of(domain.register_accounts(&admin, vec![dave]))
            .await,
        ["before_user_register", "after_user_register"]
    );
    let update = |nickname: Option<&str>, receive| accounts::UpdateAccount {
        user_id: testkit::user_id("dave"),
        nickname: nickname.map(Into::into),
        face_url: None,
        ex: None,
        receive,
    };
    assert_eq!(
        stage
            .hooks_of(domain.update_account(&admin, update(Some("D"), None)))
            .await,
        [
            "before_update_user_info",
            "before_update_user_info_ex",
            "after_update_user_info",
            "after_update_user_info_ex"
        ]
    );
    let silence = update(None, Some(accounts::Receive::Silently));
    assert_eq!(
        stage.hooks_of(domain.update_account(&admin, silence)).await,
        [""; 0],
        "how messages are taken is nobody else's business"
    );
}

#[tokio::test]
async fn messages_ask_and_tell() {
    let stage = Stage::listening().await;
    let (domain, alice, bob) = (&stage.world.domain, &stage.alice, &stage.bob);
    assert_eq!(
        stage.hooks_of(stage.world.say(alice, bob, "one")).await,
        [
            "before_send_single_msg",
            "before_msg_modify",
            "before_online_push",
            "after_send_single_msg"
        ]
    );
    let chat = ConversationId::direct(&alice.user_id, &bob.user_id);
    let read = MarkRead {
        reader: bob.user_id.clone(),
        conversation: chat.clone(),
        seqs: vec![1],
        has_read_seq: None,
    };
    assert_eq!(
        stage.hooks_of(domain.mark_read(bob, read)).await,
        ["after_single_msg_read"]
    );
    let recall = RecallMessage {
        user: alice.user_id.clone(),
        conversation: chat,
        seq: 1,
    };
    assert_eq!(
        stage.hooks_of(domain.recall_message(alice, recall)).await,
        ["after_revoke_msg"]
    );
}

#[tokio::test]
async fn groups_ask_and_tell() {
    let stage = Stage::listening().await;
    let (domain, alice, bob, carol) = (&stage.world.domain, &stage.alice, &stage.bob, &stage.carol);
    let create = domain.create_group(alice, making(alice, &[bob], JoinRule::Open));
    assert_eq!(
        stage.hooks_of(create).await,
        [
            "before_create_group",
            "before_member_join_group",
            "after_create_group",
            "after_send_group_msg"
        ]
    );
    let group = domain::ids::GroupId::new("77").unwrap();
    let join = JoinGroup {
        group: group.clone(),
        applicant: carol.user_id.clone(),
        message: "let me in".into(),
        ex: String::new(),
        source: JoinSource::Search,
    };
    assert_eq!(
        stage.hooks_of(domain.join_group(carol, join)).await,
        [
            "before_apply_join_group",
            "before_member_join_group",
            "after_join_group",
            "after_send_group_msg"
        ]
    );
    let change = ChangeGroup {
        group: group.clone(),
        name: Some("Fiends".into()),
        announcement: None,
        introduction: None,
        face_url: None,
        ex: None,
        join_rule: None,
        hides_profiles: None,
        forbids_friends: None,
    };
    assert_eq!(
        stage.hooks_of(domain.change_group(alice, change)).await,
        [
            "before_set_group_info",
            "before_set_group_info_ex",
            "after_send_group_msg",
            "after_set_group_info",
            "after_set_group_info_ex"
        ]
    );
    let change = ChangeMember {
        group: group.clone(),
        member: bob.user_id.clone(),
        nickname: None,
        face_url: None,
        ex: None,
        role: Some(GroupRole::Administrator),
    };
    assert_eq!(
        stage.hooks_of(domain.change_member(alice, change)).await,
        [
            "before_set_group_member_info",
            "after_set_group_member_info"
        ]
    );
    let quit = domain.quit_group(carol, &group, &carol.user_id);
    assert_eq!(
        stage.hooks_of(quit).await,
        ["after_quit_group", "after_send_group_msg"]
    );
    let invite = InviteMembers {
        group: group.clone(),
        members: vec![carol.user_id.clone()],
        reason: "again".into(),
        says_so: false,
    };
    assert_eq!(
        stage.hooks_of(domain.invite_members(bob, invite)).await,
        ["before_invite_user_to_group", "before_member_join_group"]
    );
    let kick = KickMembers {
        group: group.clone(),
        members: vec![carol.user_id.clone()],
        reason: "enough".into(),
        says_so: false,
    };
    assert_eq!(
        stage.hooks_of(domain.kick_members(alice, kick)).await,
        ["after_kick_group_member"]
    );
    let transfer = domain.transfer_group(alice, &group, &bob.user_id);
    assert_eq!(
        stage.hooks_of(transfer).await,
        ["after_send_group_msg", "after_transfer_group_owner"]
    );
    let dismiss = DismissGroup {
        group: group.clone(),
        says_so: false,
    };
    assert_eq!(
        stage.hooks_of(domain.dismiss_group(bob, dismiss)).await,
        ["after_dismiss_group"]
    );
}

#[tokio::test]
async fn a_refused_message_is_not_stored() {
    let answers: [(Hook, Answer); 1] = [(Hook::BeforeSendSingleMsg, |_| refusing())];
    let stage = Stage::new(Scripted::new([], &answers)).await;
    for _ in 0..2 {
        let refused = stage.world.say(&stage.alice, &stage.bob, "psst").await;
        assert!(
            matches!(refused, Err(Error::Refused { code: 5001, .. })),
            "{refused:?}"
        );
    }
    assert_eq!(stage.world.published.take_events(), []);
    let admin = stage.world.administrator().await;
    let log = stage.world.domain.hook_deliveries(&admin).unwrap();
    assert_eq!(
        log.iter()
            .map(|one| (one.hook, one.outcome))
            .collect::<Vec<_>>(),
        [(Hook::BeforeSendSingleMsg, Outcome::Refused); 2]
    );
    assert!(stage.world.domain.hook_deliveries(&stage.bob).is_err());
}

#[tokio::test]
async fn a_blocked_sender_does_not_reach_the_hook() {
    let stage = Stage::listening().await;
    let (alice, bob) = (&stage.alice, &stage.bob);
    stage.world.say(alice, bob, "one").await.unwrap();
    let blocked = stage
        .world
        .domain
        .block(bob, &bob.user_id, &alice.user_id, String::new());
    blocked.await.unwrap();
    stage.hooks.take_asked();
    let refused = stage.world.say(alice, bob, "two").await;
    assert!(
        matches!(refused, Err(Error::Denied(Reason::BlockedByPeer))),
        "{refused:?}"
    );
    assert_eq!(stage.hooks.take_asked(), []);
}

#[tokio::test]
async fn a_message_is_stored_as_the_hook_wants_it() {
    let answers: [(Hook, Answer); 1] = [(Hook::BeforeMsgModify, |question| {
        let Question::ModifyMessage { post, .. } = question else {
            panic!("{question:?}")
        };
        post.content = r#"{"content":"***"}"#.into();
        post.ex = "checked".into();
        Ok(())
    })];
    let stage = Stage::new(Scripted::new([], &answers)).await;
    stage
        .world
        .say(&stage.alice, &stage.bob, "damn")
        .await
        .unwrap();
    let range = SeqRange {
        conversation: ConversationId::direct(&stage.alice.user_id, &stage.bob.user_id),
        begin: 1,
        end: 1,
        newest: 0,
    };
    let bob = &stage.bob;
    let pulled = stage
        .world
        .domain
        .pull_ranges(bob, &bob.user_id, &[range], Order::Ascending)
        .await
        .unwrap();
    let post = &pulled[0].messages[0].post;
    assert_eq!(
        (&post.content[..], &post.ex[..]),
        (&br#"{"content":"***"}"#[..], "checked")
    );
}

#[tokio::test]
async fn what_a_hook_makes_of_a_message_is_checked() {
    let answers: [(Hook, Answer); 1] = [(Hook::BeforeMsgModify, |question| {
        if let Question::ModifyMessage { post, .. } = question {
            post.content_type = 1501;
        }
        Ok(())
    })];
    let stage = Stage::new(Scripted::new([], &answers)).await;
    let sent = stage.world.say(&stage.alice, &stage.bob, "hi").await;
    assert!(matches!(sent, Err(Error::Invalid { .. })), "{sent:?}");
}

#[tokio::test]
async fn a_refused_push_leaves_the_message_stored() {
    let answers: [(Hook, Answer); 2] = [
        (Hook::BeforeOnlinePush, |_| refusing()),
        (Hook::BeforeGroupOnlinePush, |question| {
            if let Question::PushGroupOnline { only, .. } = question {
                only.push(testkit::user_id("carol"));
                only.push(testkit::user_id("nobody"));
            }
            Ok(())
        }),
    ];
    let stage = Stage::new(Scripted::new([], &answers)).await;
    let (alice, bob, carol) = (&stage.alice, &stage.bob, &stage.carol);
    let sent = stage.world.say(alice, bob, "hush").await.unwrap();
    assert_eq!(sent.seq, 1);
    let shown = |events: Vec<Event>| {
        events
            .into_iter()
            .find_map(|event| match event {
                Event::MessageAppended {
                    message, audience, ..
                } if message.post.content_type == 101 => Some(audience),
                _ => None,
            })
            .unwrap()
    };
    assert_eq!(
        shown(stage.world.published.take_events()),
        Audience::Accounts([alice.account].into())
    );
    let making = making(alice, &[bob, carol], JoinRule::Open);
    let group = stage
        .world
        .domain
        .create_group(alice, making)
        .await
        .unwrap();
    stage.world.published.take_events();
    speak(&stage.world, alice, &group, "hear").await.unwrap();
    assert_eq!(
        shown(stage.world.published.take_events()),
        Audience::Accounts([alice.account, carol.account].into())
    );
}

#[tokio::test]
async fn a_group_and_its_members_are_as_hooks_want_them() {
    let answers: [(Hook, Answer); 2] = [
        (Hook::BeforeCreateGroup, |question| {
            if let Question::CreateGroup(group) = question {
                group.name = "Better".into();
            }
            Ok(())
        }),
        (Hook::BeforeMemberJoinGroup, |question| {
            let Question::AddMembers { entrants, .. } = question else {
                panic!("{question:?}")
            };
            for entrant in entrants {
                entrant.nickname = Some(format!("Dr. {}", entrant.user_id));
                entrant.role = Some(GroupRole::Administrator);
            }
            Ok(())
        }),
    ];
    let stage = Stage::new(Scripted::new([], &answers)).await;
    let (alice, bob) = (&stage.alice, &stage.bob);
    let making = making(alice, &[bob], JoinRule::Open);
    let group = stage
        .world
        .domain
        .create_group(alice, making)
        .await
        .unwrap();
    assert_eq!(group.name, "Better");
    let ids = [alice.user_id.clone(), bob.user_id.clone()];
    let members = stage
        .world
        .domain
        .members(alice, &group.id, &ids)
        .await
        .unwrap();
    let seen: Vec<_> = members
        .iter()
        .map(|one| (one.role, &one.nickname[..]))
        .collect();
    assert_eq!(
        seen,
        [
            (GroupRole::Owner, "Dr. alice"),
            (GroupRole::Administrator, "Dr. bob")
        ]
    );
}
