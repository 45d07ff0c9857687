//! Groups: who may do what, what members and their chat become, what devices are told.

use domain::caller::Caller;
use domain::error::{Error, Kind, Reason, Result};
use domain::event::{Event, Happening};
use domain::groups::{
    AnswerApplication, ChangeGroup, ChangeMember, CreateGroup, DismissGroup, Group, GroupRole,
    InviteMembers, JoinGroup, JoinRule, JoinSource, Joined, KickMembers, Member, MemberFilter,
};
use domain::ids::{ConversationId, GroupId, UserId};
use domain::messages::{Order, Post, RecallMessage, Recipient, SendMessage, Sent, SeqRange};
use domain::ports::Page;
use domain::relations::Verdict;
use domain::{Settings, messages::Message};
use testkit::World;

const ALL: Page = Page {
    offset: 0,
    rows: 100,
};

pub(crate) fn making(owner: &Caller, members: &[&Caller], rule: JoinRule) -> CreateGroup {
    CreateGroup {
        owner: owner.user_id.clone(),
        administrators: Vec::new(),
        members: members.iter().map(|one| one.user_id.clone()).collect(),
        id: GroupId::new("77"),
        name: "Friends".to_owned(),
        announcement: String::new(),
        introduction: String::new(),
        face_url: String::new(),
        ex: String::new(),
        join_rule: rule,
        hides_profiles: false,
        forbids_friends: false,
        says_so: true,
    }
}

pub(crate) async fn speak(world: &World, from: &Caller, group: &Group, text: &str) -> Result<Sent> {
    let command = SendMessage {
        sender: from.user_id.clone(),
        to: Recipient::Group(group.id.clone()),
        post: Post {
            client_msg_id: format!("{text} by {}", from.user_id),
            content_type: 101,
            content: format!(r#"{{"content":"{text}"}}"#).into(),
            ..Post::default()
        },
        send_time: None,
        trace: String::new(),
    };
    world.domain.send_message(from, command).await
}

struct Stage {
    world: World,
    alice: Caller,
    bob: Caller,
    carol: Caller,
    dave: Caller,
    group: Group,
}

/// Alice owns the group, Bob and Carol are members, Dave is not.
async fn stage(rule: JoinRule) -> Stage {
    stage_with(rule, Settings::default()).await
}

async fn stage_with(rule: JoinRule, settings: Settings) -> Stage {
    let world = World::with(settings).await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let (carol, dave) = (world.person("carol").await, world.person("dave").await);
    let command = making(&alice, &[&bob, &carol], rule);
    let group = world.domain.create_group(&alice, command).await.unwrap();
    Stage {
        world,
        alice,
        bob,
        carol,
        dave,
        group,
    }
}

impl Stage {
    async fn promote(&self, member: &Caller) {
        self.set_role(&self.alice, member, GroupRole::Administrator)
            .await
            .unwrap();
    }

    async fn set_role(&self, by: &Caller, member: &Caller, role: GroupRole) -> Result<()> {
        let command = ChangeMember {
            role: Some(role),
            ..self.unchanged(member)
        };
        self.world.domain.change_member(by, command).await
    }

    fn unchanged(&self, member: &Caller) -> ChangeMember {
        ChangeMember {
            group: self.group.id.clone(),
            member: member.user_id.clone(),
            nickname: None,
            face_url: None,
            ex: None,
            role: None,
        }
    }

    async fn join(&self, who: &Caller) -> Result<Joined> {
        let command = JoinGroup {
            group: self.group.id.clone(),
            applicant: who.user_id.clone(),
            message: "please".to_owned(),
            ex: String::new(),
            source: JoinSource::Search,
        };
        self.world.domain.join_group(who, command).await
    }

    async fn invite(&self, by: &Caller, who: &Caller) -> Result<Joined> {
        let command = InviteMembers {
            group: self.group.id.clone(),
            members: vec![who.user_id.clone()],
            reason: String::new(),
            says_so: true,
        };
        self.world.domain.invite_members(by, command).await
    }

    async fn answer(&self, by: &Caller, who: &Caller, accept: bool) -> Result<()> {
        let command = AnswerApplication {
            group: self.group.id.clone(),
            applicant: who.user_id.clone(),
            accept,
            message: String::new(),
        };
        self.world.domain.answer_application(by, command).await
    }

    async fn kick(&self, by: &Caller, who: &Caller) -> Result<()> {
        let command = KickMembers {
            group: self.group.id.clone(),
            members: vec![who.user_id.clone()],
            reason: String::new(),
            says_so: true,
        };
        self.world.domain.kick_members(by, command).await
    }

    async fn members(&self) -> Vec<(String, GroupRole)> {
        let admin = self.world.administrator().await;
        let page = self
            .world
            .domain
            .members_page(&admin, &self.group.id, &MemberFilter::default(), ALL)
            .await
            .unwrap();
        let shown = |member: &Member| (member.account.user_id.to_string(), member.role);
        page.members.iter().map(shown).collect()
    }

    async fn names(&self) -> Vec<String> {
        self.members()
            .await
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    }

    fn chat(&self) -> ConversationId {
        ConversationId::group(&self.group.id)
    }

    /// The texts and notices of the chat that somebody can see.
    async fn history(&self, who: &Caller) -> Vec<Message> {
        let range = SeqRange {
            conversation: self.chat(),
            begin: 1,
            end: i64::MAX,
            newest: 1000,
        };
        let pulled = self
            .world
            .domain
            .pull_ranges(who, &who.user_id, &[range], Order::Ascending)
            .await
            .unwrap();
        pulled.into_iter().flat_map(|one| one.messages).collect()
    }

    async fn texts(&self, who: &Caller) -> Vec<String> {
        let messages = self.history(who).await;
        let texts = messages.iter().filter(|one| one.post.content_type == 101);
        texts
            .map(|one| String::from_utf8_lossy(&one.post.content).into_owned())
            .map(|text| text.replace(r#"{"content":""#, "").replace(r#""}"#, ""))
            .collect()
    }

    async fn unread(&self, who: &Caller) -> i64 {
        let states = self.world.domain.seq_states(who, &who.user_id).await;
        let states = states.unwrap();
        let chat = self.chat();
        let state = states.iter().find(|state| state.id == chat);
        state.map_or(0, |state| state.max_seq - state.has_read_seq)
    }
}

fn notices(events: &[Event]) -> Vec<i32> {
    let kind = |event: &Event| match event {
        Event::Noticed { notice, .. } => Some(notice.post.content_type),
        _ => None,
    };
    events.iter().filter_map(kind).collect()
}

#[tokio::test]
async fn a_new_group_is_in_every_members_lists_and_its_chat_says_so() {
    let stage = stage(JoinRule::Open).await;
    assert_eq!(stage.group.member_count, 3);
    assert_eq!(stage.names().await, ["alice", "bob", "carol"]);
    let events = stage.world.published.take_events();
    assert!(matches!(&events[0], Event::MessageAppended { message, .. }
            if message.post.content_type == 1501 && message.seq == 1));
    assert_eq!(notices(&events), [1501]);
    assert_eq!(events[1].audience().accounts().count(), 3);
    for member in [&stage.alice, &stage.bob, &stage.carol] {
        let domain = &stage.world.domain;
        let list = domain.all_conversations(member, &member.user_id).await;
        assert_eq!(list.unwrap()[0].id, stage.chat());
        let joined = domain.joined_group_ids(member, &member.user_id).await;
        assert_eq!(joined.unwrap().1, std::slice::from_ref(&stage.group.id));
    }
    assert_eq!(stage.unread(&stage.bob).await, 1);
    assert_eq!(stage.unread(&stage.alice).await, 0, "her own doing");
}

#[tokio::test]
async fn a_group_is_not_made_of_strangers_repetitions_or_a_taken_id() {
    let stage = stage(JoinRule::Open).await;
    let domain = &stage.world.domain;
    let taken = making(&stage.alice, &[&stage.bob], JoinRule::Open);
    assert!(matches!(
        domain.create_group(&stage.alice, taken).await,
        Err(Error::Conflict(Reason::GroupIdTaken))
    ));
    let twice = CreateGroup {
        id: None,
        ..making(&stage.alice, &[&stage.bob, &stage.bob], JoinRule::Open)
    };
    assert!(matches!(
        domain.create_group(&stage.alice, twice).await,
        Err(Error::Invalid { .. })
    ));
    let mut ghost = making(&stage.alice, &[], JoinRule::Open);
    ghost.id = None;
    ghost.members = vec![testkit::user_id("nobody")];
    assert!(matches!(
        domain.create_group(&stage.alice, ghost).await,
        Err(Error::NotFound(Kind::Account))
    ));
    let nameless = CreateGroup {
        id: None,
        name: String::new(),
        ..making(&stage.alice, &[], JoinRule::Open)
    };
    assert!(matches!(
        domain.create_group(&stage.alice, nameless).await,
        Err(Error::Invalid { .. })
    ));
    let anothers = making(&stage.alice, &[], JoinRule::Open);
    assert!(matches!(
        domain.create_group(&stage.bob, anothers).await,
        Err(Error::Denied(Reason::NotOwner))
    ));
}

#[tokio::test]
async fn an_open_group_lets_everybody_in_and_history_is_not_unread() {
    let stage = stage(JoinRule::Open).await;
    speak(&stage.world, &stage.alice, &stage.group, "before")
        .await
        .unwrap();
    stage.world.published.take_events();
    assert_eq!(stage.join(&stage.dave).await.unwrap(), Joined::AtOnce);
    assert_eq!(notices(&stage.world.published.take_events()), [1510]);
    assert_eq!(stage.texts(&stage.dave).await, ["before"]);
    assert_eq!(stage.unread(&stage.dave).await, 0, "it was his own doing");
    assert!(matches!(
        stage.join(&stage.dave).await,
        Err(Error::Conflict(Reason::AlreadyMember))
    ));
    speak(&stage.world, &stage.dave, &stage.group, "after")
        .await
        .unwrap();
    assert_eq!(stage.unread(&stage.dave).await, 0, "who speaks has read");
}

#[tokio::test]
async fn history_can_begin_with_the_joining() {
    let settings = Settings {
        history_for_new_members: false,
        ..Settings::default()
    };
    let stage = stage_with(JoinRule::Open, settings).await;
    speak(&stage.world, &stage.alice, &stage.group, "before")
        .await
        .unwrap();
    stage.join(&stage.dave).await.unwrap();
    speak(&stage.world, &stage.alice, &stage.group, "after")
        .await
        .unwrap();
    assert_eq!(stage.texts(&stage.dave).await, ["after"]);
    assert_eq!(stage.texts(&stage.bob).await, ["before", "after"]);
}

#[tokio::test]
async fn an_application_waits_for_who_manages_the_group() {
    let stage = stage(JoinRule::ApplicantsApproved).await;
    stage.world.published.take_events();
    assert_eq!(stage.join(&stage.dave).await.unwrap(), Joined::Applied);
    let events = stage.world.published.take_events();
    let mut told: Vec<_> = events[0].audience().accounts().collect();
    told.sort_unstable();
    assert_eq!(told, [stage.alice.account, stage.dave.account]);
    let domain = &stage.world.domain;
    let waiting = domain.open_applications(&stage.alice, &stage.alice.user_id, 0);
    assert_eq!(waiting.await.unwrap(), 1);
    let list = domain
        .received_applications(
            &stage.alice,
            &stage.alice.user_id,
            &[],
            vec![Verdict::Open],
            ALL,
        )
        .await
        .unwrap();
    assert_eq!(list.applications[0].account.user_id, stage.dave.user_id);

    assert!(matches!(
        stage.answer(&stage.bob, &stage.dave, true).await,
        Err(Error::Denied(Reason::NotGroupManager))
    ));
    stage.answer(&stage.alice, &stage.dave, true).await.unwrap();
    let events = stage.world.published.take_events();
    assert_eq!(notices(&events), [1505, 1505, 1510]);
    assert!(stage.names().await.contains(&"dave".to_owned()));
    assert!(matches!(
        stage.answer(&stage.alice, &stage.dave, true).await,
        Err(Error::Conflict(Reason::AlreadyAnswered))
    ));
}

#[tokio::test]
async fn a_rejected_applicant_stays_out_and_may_ask_again() {
    let stage = stage(JoinRule::ApplicantsApproved).await;
    stage.join(&stage.dave).await.unwrap();
    stage
        .answer(&stage.alice, &stage.dave, false)
        .await
        .unwrap();
    assert!(!stage.names().await.contains(&"dave".to_owned()));
    stage.join(&stage.dave).await.unwrap();
    stage.answer(&stage.alice, &stage.dave, true).await.unwrap();
    assert!(stage.names().await.contains(&"dave".to_owned()));
}

#[tokio::test]
async fn where_everybody_needs_approval_a_members_invitation_asks_and_a_managers_brings_in() {
    let stage = stage(JoinRule::AllApproved).await;
    let erin = stage.world.person("erin").await;
    assert_eq!(
        stage.invite(&stage.bob, &stage.dave).await.unwrap(),
        Joined::Applied
    );
    assert_eq!(
        stage.invite(&stage.alice, &erin).await.unwrap(),
        Joined::AtOnce
    );
    stage.answer(&stage.alice, &stage.dave, true).await.unwrap();
    let names = stage.names().await;
    assert!(names.contains(&"dave".to_owned()) && names.contains(&"erin".to_owned()));
    let outsider = stage.world.person("eve").await;
    assert!(matches!(
        stage.invite(&outsider, &stage.dave).await,
        Err(Error::Denied(Reason::NotMember))
    ));
}

#[tokio::test]
async fn who_was_removed_keeps_the_past_and_hears_nothing_more() {
    let stage = stage(JoinRule::Open).await;
    speak(&stage.world, &stage.alice, &stage.group, "one")
        .await
        .unwrap();
    stage.world.published.take_events();
    stage.kick(&stage.alice, &stage.bob).await.unwrap();
    let events = stage.world.published.take_events();
    let noticed = events.iter().find(|event| {
        matches!(
            event,
            Event::Noticed {
                happening: Happening::MembersLeft { .. },
                ..
            }
        )
    });
    let told: Vec<_> = noticed.unwrap().audience().accounts().collect();
    assert!(told.contains(&stage.bob.account), "the removed one is told");
    assert!(matches!(
        speak(&stage.world, &stage.bob, &stage.group, "hello?").await,
        Err(Error::Denied(Reason::NotMember))
    ));
    speak(&stage.world, &stage.alice, &stage.group, "two")
        .await
        .unwrap();
    let events = stage.world.published.take_events();
    assert!(events.iter().all(|event| {
        !event
            .audience()
            .accounts()
            .any(|account| account == stage.bob.account)
    }));
    assert_eq!(stage.texts(&stage.bob).await, ["one"]);
    // Coming back lifts the bound.
    stage.join(&stage.bob).await.unwrap();
    assert_eq!(stage.texts(&stage.bob).await, ["one", "two"]);
}

#[tokio::test]
async fn members_are_removed_by_who_stands_above_them() {
    let stage = stage(JoinRule::Open).await;
    assert!(matches!(
        stage.kick(&stage.bob, &stage.carol).await,
        Err(Error::Denied(Reason::NotGroupManager))
    ));
    stage.promote(&stage.bob).await;
    stage.promote(&stage.carol).await;
    assert!(
        stage.kick(&stage.bob, &stage.carol).await.is_err(),
        "an equal"
    );
    assert!(matches!(
        stage.kick(&stage.bob, &stage.alice).await,
        Err(Error::Invalid { .. })
    ));
    assert!(matches!(
        stage.kick(&stage.alice, &stage.dave).await,
        Err(Error::NotFound(Kind::Member))
    ));
    stage.kick(&stage.alice, &stage.carol).await.unwrap();
    assert_eq!(stage.names().await, ["alice", "bob"]);
}

#[tokio::test]
async fn the_owner_cannot_leave_before_giving_the_group_away() {
    let stage = stage(JoinRule::Open).await;
    let domain = &stage.world.domain;
    let quit = |who: &Caller| {
        let (who, id) = (who.clone(), who.user_id.clone());
        let group = stage.group.id.clone();
        async move { domain.quit_group(&who, &group, &id).await }
    };
    assert!(matches!(
        quit(&stage.alice).await,
        Err(Error::Denied(Reason::OwnerStays))
    ));
    stage.promote(&stage.bob).await;
    let to_bob = domain.transfer_group(&stage.alice, &stage.group.id, &stage.bob.user_id);
    to_bob.await.unwrap();
    assert_eq!(
        stage.members().await[..2],
        [
            ("bob".to_owned(), GroupRole::Owner),
            ("alice".to_owned(), GroupRole::Administrator)
        ]
    );
    let back = domain.transfer_group(&stage.alice, &stage.group.id, &stage.alice.user_id);
    assert!(matches!(back.await, Err(Error::Denied(_))));
    quit(&stage.alice).await.unwrap();
    assert_eq!(stage.names().await, ["bob", "carol"]);
}

#[tokio::test]
async fn a_mute_ends_by_itself_and_a_muted_group_hears_its_managers() {
    let stage = stage(JoinRule::Open).await;
    let (world, group) = (&stage.world, &stage.group);
    let domain = &world.domain;
    domain
        .mute_member(&stage.alice, &group.id, &stage.bob.user_id, 60)
        .await
        .unwrap();
    assert!(matches!(
        speak(world, &stage.bob, group, "psst").await,
        Err(Error::Denied(Reason::MutedInGroup))
    ));
    world.clock.advance(60_001);
    speak(world, &stage.bob, group, "finally").await.unwrap();

    domain
        .mute_group(&stage.alice, &group.id, true)
        .await
        .unwrap();
    assert!(matches!(
        speak(world, &stage.carol, group, "me too").await,
        Err(Error::Denied(Reason::GroupMuted))
    ));
    speak(world, &stage.alice, group, "silence please")
        .await
        .unwrap();
    assert!(
        domain
            .mute_group(&stage.bob, &group.id, false)
            .await
            .is_err()
    );
    domain
        .mute_group(&stage.alice, &group.id, false)
        .await
        .unwrap();
    speak(world, &stage.carol, group, "thanks").await.unwrap();
    let upwards = domain.mute_member(&stage.bob, &group.id, &stage.alice.user_id, 60);
    assert!(upwards.await.is_err());
}

#[tokio::test]
async fn a_dismissed_group_is_silent_empty_and_remembered() {
    let stage = stage(JoinRule::Open).await;
    speak(&stage.world, &stage.bob, &stage.group, "memories")
        .await
        .unwrap();
    let domain = &stage.world.domain;
    let dismiss = |by: &Caller| {
        let command = DismissGroup {
            group: stage.group.id.clone(),
            says_so: true,
        };
        let by = by.clone();
        async move { domain.dismiss_group(&by, command).await }
    };
    assert!(dismiss(&stage.bob).await.is_err());
    stage.world.published.take_events();
    dismiss(&stage.alice).await.unwrap();
    let events = stage.world.published.take_events();
    assert_eq!(notices(&events), [1511]);
    assert_eq!(events[1].audience().accounts().count(), 3);
    assert!(matches!(
        speak(&stage.world, &stage.alice, &stage.group, "anyone?").await,
        Err(Error::Denied(Reason::GroupDismissed))
    ));
    assert!(matches!(
        dismiss(&stage.alice).await,
        Err(Error::Denied(Reason::GroupDismissed))
    ));
    assert_eq!(stage.texts(&stage.bob).await, ["memories"]);
    let joined = domain
        .joined_group_ids(&stage.bob, &stage.bob.user_id)
        .await;
    assert!(joined.unwrap().1.is_empty());
    let found = domain.groups(std::slice::from_ref(&stage.group.id)).await;
    assert_eq!(found.unwrap().len(), 1);
}

#[tokio::test]
async fn a_group_is_changed_by_who_manages_it_and_each_change_is_told_apart() {
    let stage = stage(JoinRule::Open).await;
    let unchanged = || ChangeGroup {
        group: stage.group.id.clone(),
        name: None,
        announcement: None,
        introduction: None,
        face_url: None,
        ex: None,
        join_rule: None,
        hides_profiles: None,
        forbids_friends: None,
    };
    let domain = &stage.world.domain;
    let command = ChangeGroup {
        name: Some("Foes".to_owned()),
        announcement: Some("Read this".to_owned()),
        join_rule: Some(JoinRule::AllApproved),
        ..unchanged()
    };
    assert!(
        domain
            .change_group(&stage.bob, command.clone())
            .await
            .is_err()
    );
    stage.world.published.take_events();
    let changed = domain
        .change_group(&stage.alice, command.clone())
        .await
        .unwrap();
    assert_eq!(
        (&changed.name[..], &changed.announced_by[..]),
        ("Foes", "alice")
    );
    assert_eq!(
        notices(&stage.world.published.take_events()),
        [1519, 1520, 1502]
    );
    domain.change_group(&stage.alice, command).await.unwrap();
    assert!(
        stage.world.published.take_events().is_empty(),
        "nothing new"
    );
    let nameless = ChangeGroup {
        name: Some(String::new()),
        ..unchanged()
    };
    assert!(domain.change_group(&stage.alice, nameless).await.is_err());
}

#[tokio::test]
async fn members_name_themselves_and_the_owner_gives_roles() {
    let stage = stage(JoinRule::Open).await;
    let domain = &stage.world.domain;
    let named = ChangeMember {
        nickname: Some("Bobby".to_owned()),
        ..stage.unchanged(&stage.bob)
    };
    domain
        .change_member(&stage.bob, named.clone())
        .await
        .unwrap();
    assert!(domain.change_member(&stage.carol, named).await.is_err());
    assert!(
        stage
            .set_role(&stage.bob, &stage.bob, GroupRole::Administrator)
            .await
            .is_err()
    );
    stage.promote(&stage.bob).await;
    assert!(
        stage
            .set_role(&stage.bob, &stage.carol, GroupRole::Administrator)
            .await
            .is_err()
    );
    assert!(
        stage
            .set_role(&stage.alice, &stage.bob, GroupRole::Owner)
            .await
            .is_err()
    );
    assert!(
        stage
            .set_role(&stage.alice, &stage.alice, GroupRole::Member)
            .await
            .is_err()
    );
    assert_eq!(stage.names().await, ["alice", "bob", "carol"]);
    stage
        .set_role(&stage.alice, &stage.bob, GroupRole::Member)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_manager_recalls_what_members_wrote() {
    let stage = stage(JoinRule::Open).await;
    let by_bob = speak(&stage.world, &stage.bob, &stage.group, "oops")
        .await
        .unwrap();
    let by_alice = speak(&stage.world, &stage.alice, &stage.group, "rules")
        .await
        .unwrap();
    let domain = &stage.world.domain;
    let recall = |by: &Caller, seq| {
        let command = RecallMessage {
            user: by.user_id.clone(),
            conversation: stage.chat(),
            seq,
        };
        let by = by.clone();
        async move { domain.recall_message(&by, command).await }
    };
    assert!(recall(&stage.carol, by_bob.seq).await.is_err());
    stage.promote(&stage.carol).await;
    stage.world.published.take_events();
    recall(&stage.carol, by_bob.seq).await.unwrap();
    let events = stage.world.published.take_events();
    assert!(matches!(&events[0], Event::MessageAppended { message, .. }
            if message.post.content_type == 2101 && message.route.conversation.is_notice()));
    assert_eq!(events[0].audience().accounts().count(), 3);
    assert!(
        recall(&stage.carol, by_alice.seq).await.is_err(),
        "above her"
    );
    assert!(matches!(
        recall(&stage.dave, by_alice.seq).await,
        Err(Error::NotFound(Kind::Conversation))
    ));
}

#[tokio::test]
async fn strangers_see_neither_members_nor_messages() {
    let stage = stage(JoinRule::Open).await;
    speak(&stage.world, &stage.alice, &stage.group, "secret")
        .await
        .unwrap();
    assert!(stage.history(&stage.dave).await.is_empty());
    let domain = &stage.world.domain;
    let everybody = MemberFilter::default();
    let page = domain.members_page(&stage.dave, &stage.group.id, &everybody, ALL);
    assert!(matches!(page.await, Err(Error::Denied(Reason::NotMember))));
    let ids: [UserId; 1] = [stage.alice.user_id.clone()];
    let members = domain.members(&stage.dave, &stage.group.id, &ids);
    assert!(members.await.is_err());
    let changes = domain.member_changes(&stage.dave, &stage.group.id, ("", 0));
    assert!(changes.await.is_err());
    let unknown = GroupId::new("none").unwrap();
    let unknown = domain.member_ids(&stage.dave, &unknown).await;
    assert!(matches!(unknown, Err(Error::NotFound(Kind::Group))));
}

#[tokio::test]
async fn a_retry_in_a_group_is_a_replay_and_parallel_senders_leave_no_gap() {
    let stage = stage(JoinRule::Open).await;
    let first = speak(&stage.world, &stage.bob, &stage.group, "once")
        .await
        .unwrap();
    let again = speak(&stage.world, &stage.bob, &stage.group, "once")
        .await
        .unwrap();
    assert_eq!(first, again);
    let senders = [&stage.alice, &stage.bob, &stage.carol];
    let sends = (0..30).map(|n| {
        let (stage, sender) = (&stage, senders[n % 3]);
        async move { speak(&stage.world, sender, &stage.group, &format!("n{n}")).await }
    });
    let mut seqs = Vec::new();
    for sent in futures_util::future::join_all(sends).await {
        seqs.push(sent.unwrap().seq);
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (first.seq + 1..=first.seq + 30).collect::<Vec<_>>());
}

#[tokio::test]
async fn who_is_called_or_told_finds_the_chat_marked() {
    const CALLED_ME: i32 = 1;
    const CALLED_EVERYBODY: i32 = 2;
    const CALLED_BOTH: i32 = 3;
    const ANNOUNCED: i32 = 4;
    let stage = stage(JoinRule::Open).await;
    let domain = &stage.world.domain;
    let marks = async || {
        domain.run_due_reactions().await.unwrap();
        let mut marks = Vec::new();
        for member in [&stage.alice, &stage.bob, &stage.carol] {
            let list = domain.all_conversations(member, &member.user_id).await;
            marks.push(list.unwrap()[0].settings.group_at);
        }
        marks
    };
    let call = async |names: &[&str]| {
        let command = SendMessage {
            sender: stage.bob.user_id.clone(),
            to: Recipient::Group(stage.group.id.clone()),
            post: Post {
                content_type: 106,
                content: "{}".into(),
                at: names.iter().map(|name| (*name).to_owned()).collect(),
                ..Post::default()
            },
            send_time: None,
            trace: String::new(),
        };
        domain.send_message(&stage.bob, command).await.unwrap();
    };
    call(&["alice", "dave", "a stranger: not an id"]).await;
    assert_eq!(marks().await, [CALLED_ME, 0, 0]);
    call(&["AtAllTag", "carol"]).await;
    assert_eq!(marks().await, [CALLED_EVERYBODY, 0, CALLED_BOTH]);
    let announcement = ChangeGroup {
        group: stage.group.id.clone(),
        name: None,
        announcement: Some("Read this".to_owned()),
        introduction: None,
        face_url: None,
        ex: None,
        join_rule: None,
        hides_profiles: None,
        forbids_friends: None,
    };
    domain
        .change_group(&stage.alice, announcement)
        .await
        .unwrap();
    assert_eq!(marks().await, [CALLED_EVERYBODY, ANNOUNCED, ANNOUNCED]);
}
