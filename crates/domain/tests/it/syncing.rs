//! Lists that clients keep by increments, as properties: whatever changes and whenever a client syncs, it ends with
//! what the server has; and what one device has read is read on all others.

use std::collections::BTreeMap;

use domain::caller::Caller;
use domain::conversations::{SetConversations, SettingsChange};
use domain::groups::{
    ChangeMember, Group, GroupRole, InviteMembers, JoinRule, KickMembers, MemberFilter,
};
use domain::ids::ConversationId;
use domain::messages::{ClearConversations, MarkRead, Recipient, SetReadSeq, Spread};
use domain::ports::Page;
use domain::relations::UpdateFriends;
use domain::sync::{Increment, Version};
use proptest::collection::vec;
use proptest::prelude::*;
use testkit::World;

use crate::groups::{making, speak};

const ALL: Page = Page {
    offset: 0,
    rows: 1000,
};

const PEOPLE: usize = 5;

/// A list as a client keeps it: records by id, each as the text that would be shown.
#[derive(Default)]
struct Kept {
    version: Option<Version>,
    rows: BTreeMap<String, String>,
}

impl Kept {
    fn known(&self) -> (&str, u64) {
        match &self.version {
            Some(version) => (&version.id, version.number),
            None => ("", 0),
        }
    }

    /// As the SDK does: the whole list when it is told to, else removals and then records; the version only moves
    /// when there was something.
    fn take<T>(
        &mut self,
        increment: Increment<T>,
        row: impl Fn(&T) -> (String, String),
        whole: Vec<T>,
    ) {
        if increment.is_full {
            self.rows = whole.iter().map(row).collect();
            self.version = Some(increment.version);
            return;
        }
        if increment.is_empty() {
            return;
        }
        for id in &increment.deleted {
            self.rows.remove(id);
        }
        let changed = increment.inserted.iter().chain(&increment.updated);
        self.rows.extend(changed.map(row));
        self.version = Some(increment.version);
    }
}

/// Alice's device.
#[derive(Default)]
struct Device {
    friends: Kept,
    blocks: Kept,
    groups: Kept,
    conversations: Kept,
    members: Kept,
}

impl Device {
    async fn sync(&mut self, world: &World, alice: &Caller, group: &Group) {
        let domain = &world.domain;
        let me = &alice.user_id;
        let whole = domain.friends_page(alice, me, ALL).await.unwrap().friends;
        let news = domain.friend_changes(alice, me, self.friends.known()).await;
        self.friends.take(news.unwrap(), friend_row, whole);

        let whole = domain.blocks_page(alice, me, ALL).await.unwrap().blocks;
        let news = domain.block_changes(alice, me, self.blocks.known()).await;
        self.blocks.take(
            news.unwrap(),
            |one| (one.account.user_id.to_string(), String::new()),
            whole,
        );

        let whole = domain
            .joined_groups_page(alice, me, ALL)
            .await
            .unwrap()
            .groups;
        let news = domain
            .joined_group_changes(alice, me, self.groups.known())
            .await;
        self.groups.take(
            news.unwrap(),
            |one| (one.id.to_string(), String::new()),
            whole,
        );

        let whole = domain.all_conversations(alice, me).await.unwrap();
        let news = domain
            .conversation_changes(alice, me, self.conversations.known())
            .await;
        self.conversations.take(
            news.unwrap(),
            |one| {
                (
                    one.id.to_string(),
                    format!("{:?} {} {}", one.settings, one.min_seq, one.max_seq),
                )
            },
            whole,
        );

        let filter = MemberFilter::default();
        let whole = domain
            .members_page(alice, &group.id, &filter, ALL)
            .await
            .unwrap()
            .members;
        let (_, news) = domain
            .member_changes(alice, &group.id, self.members.known())
            .await
            .unwrap();
        self.members.take(news, member_row, whole);
    }

    fn shown(&self) -> [&BTreeMap<String, String>; 5] {
        [
            &self.friends.rows,
            &self.blocks.rows,
            &self.groups.rows,
            &self.conversations.rows,
            &self.members.rows,
        ]
    }
}

fn friend_row(one: &domain::relations::Friend) -> (String, String) {
    let shown = format!("{} {} {}", one.account.nickname, one.remark, one.is_pinned);
    (one.account.user_id.to_string(), shown)
}

fn member_row(one: &domain::groups::Member) -> (String, String) {
    let shown = format!(
        "{} {:?} {}",
        one.shown_nickname(),
        one.role,
        one.muted_until
    );
    (one.account.user_id.to_string(), shown)
}

/// Something that changes one of Alice's lists; what cannot be done in the present state is refused, and that is
/// fine too.
#[derive(Clone, Debug)]
enum Step {
    Befriend(usize),
    Unfriend(usize),
    Pin(usize, bool),
    Block(usize, bool),
    Rename(usize, u8),
    Invite(usize),
    Kick(usize),
    Promote(usize, bool),
    Mute(usize, u32),
    NameMember(usize, u8),
    Say(usize),
    PinChat(usize, bool),
    Clear(usize),
    JoinAnother(u8),
    Sync,
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..PEOPLE;
    prop_oneof![
        who.clone().prop_map(Step::Befriend),
        who.clone().prop_map(Step::Unfriend),
        (who.clone(), any::<bool>()).prop_map(|(who, on)| Step::Pin(who, on)),
        (who.clone(), any::<bool>()).prop_map(|(who, on)| Step::Block(who, on)),
        (who.clone(), any::<u8>()).prop_map(|(who, name)| Step::Rename(who, name)),
        who.clone().prop_map(Step::Invite),
        who.clone().prop_map(Step::Kick),
        (who.clone(), any::<bool>()).prop_map(|(who, up)| Step::Promote(who, up)),
        (who.clone(), 0..100_u32).prop_map(|(who, seconds)| Step::Mute(who, seconds)),
        (who.clone(), any::<u8>()).prop_map(|(who, name)| Step::NameMember(who, name)),
        who.clone().prop_map(Step::Say),
        (who.clone(), any::<bool>()).prop_map(|(who, on)| Step::PinChat(who, on)),
        who.prop_map(Step::Clear),
        any::<u8>().prop_map(Step::JoinAnother),
        Just(Step::Sync),
        Just(Step::Sync),
        Just(Step::Sync),
    ]
}

struct Stage {
    world: World,
    alice: Caller,
    admin: Caller,
    people: Vec<Caller>,
    group: Group,
}

impl Stage {
    async fn new() -> Self {
        let world = World::new().await;
        let alice = world.person("alice").await;
        let admin = world.administrator().await;
        let mut people = Vec::new();
        for n in 0..PEOPLE {
            people.push(world.person(&format!("person{n}")).await);
        }
        let command = making(&alice, &[], JoinRule::Open);
        let group = world.domain.create_group(&alice, command).await.unwrap();
        Self {
            world,
            alice,
            admin,
            people,
            group,
        }
    }

    async fn take(&self, step: Step) {
        let domain = &self.world.domain;
        let (alice, me, group) = (&self.alice, &self.alice.user_id, &self.group.id);
        let id = |who: usize| self.people[who].user_id.clone();
        self.world.clock.advance(1);
        // Refusals ("not a friend", "a member already") leave the lists as they are.
        let _ = match step {
            Step::Befriend(who) => domain.import_friends(&self.admin, me, &[id(who)]).await,
            Step::Unfriend(who) => domain.remove_friend(alice, me, &id(who)).await,
            Step::Pin(who, is_pinned) => {
                let command = UpdateFriends {
                    owner: me.clone(),
                    friends: vec![id(who)],
                    remark: None,
                    is_pinned: Some(is_pinned),
                    ex: None,
                };
                domain.update_friends(alice, command).await
            }
            Step::Block(who, true) => domain.block(alice, me, &id(who), String::new()).await,
            Step::Block(who, false) => domain.unblock(alice, me, &id(who)).await,
            Step::Rename(who, name) => {
                let command = domain::accounts::UpdateAccount {
                    user_id: id(who),
                    nickname: Some(format!("name{name}")),
                    face_url: None,
                    ex: None,
                    receive: None,
                };
                domain
                    .update_account(&self.people[who], command)
                    .await
                    .unwrap();
                domain.run_due_reactions().await.map(drop)
            }
            Step::Invite(who) => {
                let command = InviteMembers {
                    group: group.clone(),
                    members: vec![id(who)],
                    reason: String::new(),
                    says_so: true,
                };
                domain.invite_members(alice, command).await.map(drop)
            }
            Step::Kick(who) => {
                let command = KickMembers {
                    group: group.clone(),
                    members: vec![id(who)],
                    reason: String::new(),
                    says_so: false,
                };
                domain.kick_members(alice, command).await
            }
            Step::Promote(who, up) => {
                let role = if up {
                    GroupRole::Administrator
                } else {
                    GroupRole::Member
                };
                domain
                    .change_member(alice, self.changed(who, None, Some(role)))
                    .await
            }
            Step::Mute(who, seconds) => domain.mute_member(alice, group, &id(who), seconds).await,
            Step::NameMember(who, name) => {
                let name = Some(format!("here{name}"));
                domain
                    .change_member(alice, self.changed(who, name, None))
                    .await
            }
            Step::Say(who) => {
                let text = domain.now().to_string();
                self.world
                    .say(&self.people[who], alice, &text)
                    .await
                    .map(drop)
            }
            Step::PinChat(who, is_pinned) => {
                let command = SetConversations {
                    owners: vec![me.clone()],
                    peer: Recipient::Person(id(who)),
                    change: SettingsChange {
                        is_pinned: Some(is_pinned),
                        ..SettingsChange::default()
                    },
                };
                domain.set_conversations(alice, command).await
            }
            Step::Clear(who) => {
                let command = ClearConversations {
                    user: me.clone(),
                    conversations: Some(vec![ConversationId::direct(me, &id(who))]),
                    spread: Spread::default(),
                };
                domain.clear_conversations(alice, command).await
            }
            Step::JoinAnother(n) => {
                let command = domain::groups::CreateGroup {
                    id: domain::ids::GroupId::new(format!("other{n}")),
                    ..making(&self.people[0], &[alice], JoinRule::Open)
                };
                domain
                    .create_group(&self.people[0], command)
                    .await
                    .map(drop)
            }
            Step::Sync => Ok(()),
        };
    }

    fn changed(
        &self,
        who: usize,
        nickname: Option<String>,
        role: Option<GroupRole>,
    ) -> ChangeMember {
        ChangeMember {
            group: self.group.id.clone(),
            member: self.people[who].user_id.clone(),
            nickname,
            face_url: None,
            ex: None,
            role,
        }
    }
}

/// How far somebody's devices say that a chat was read, in the order in which they say it.
#[derive(Clone, Debug)]
enum Reading {
    Arrives,
    Mark(u8),
    Set(u8),
    Speaks,
}

fn reading() -> impl Strategy<Value = Reading> {
    prop_oneof![
        Just(Reading::Arrives),
        Just(Reading::Arrives),
        any::<u8>().prop_map(Reading::Mark),
        any::<u8>().prop_map(Reading::Set),
        Just(Reading::Speaks),
    ]
}

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(test)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_client_that_syncs_by_increments_ends_with_what_the_server_has(steps in vec(step(), 1..60)) {
        run(async {
            let stage = Stage::new().await;
            let mut old = Device::default();
            for step in steps {
                if matches!(step, Step::Sync) {
                    old.sync(&stage.world, &stage.alice, &stage.group).await;
                } else {
                    stage.take(step).await;
                }
            }
            old.sync(&stage.world, &stage.alice, &stage.group).await;
            let mut fresh = Device::default();
            fresh.sync(&stage.world, &stage.alice, &stage.group).await;
            prop_assert_eq!(old.shown(), fresh.shown());
            Ok(())
        })?;
    }

    #[test]
    fn what_is_unread_is_what_came_after_the_newest_position_or_own_message(
        readings in vec(reading(), 1..40),
        in_group in any::<bool>(),
    ) {
        run(async {
            let stage = Stage::new().await;
            let (domain, alice, bob) = (&stage.world.domain, &stage.alice, &stage.people[0]);
            if in_group {
                stage.take(Step::Invite(0)).await;
            } else {
                stage.world.say(bob, alice, "first").await.unwrap();
            }
            let chat = if in_group {
                ConversationId::group(&stage.group.id)
            } else {
                ConversationId::direct(&alice.user_id, &bob.user_id)
            };
            let state = async || {
                let states = domain.seq_states(alice, &alice.user_id).await.unwrap();
                let state = states.into_iter().find(|state| state.id == chat).unwrap();
                (state.max_seq, state.has_read_seq)
            };
            let (mut newest, mut read) = state().await;
            for (n, reading) in readings.into_iter().enumerate() {
                let text = format!("n{n}");
                match reading {
                    Reading::Arrives | Reading::Speaks => {
                        let speaks = matches!(reading, Reading::Speaks);
                        let (from, to) = if speaks { (alice, bob) } else { (bob, alice) };
                        let sent = if in_group {
                            speak(&stage.world, from, &stage.group, &text).await
                        } else {
                            stage.world.say(from, to, &text).await
                        };
                        newest = sent.unwrap().seq;
                        if speaks {
                            read = newest;
                        }
                    }
                    Reading::Mark(to) => {
                        let to = 1 + i64::from(to) % newest;
                        let command = MarkRead {
                            reader: alice.user_id.clone(),
                            conversation: chat.clone(),
                            seqs: vec![to],
                            has_read_seq: Some(to),
                        };
                        domain.mark_read(alice, command).await.unwrap();
                        read = read.max(to);
                    }
                    Reading::Set(to) => {
                        let to = i64::from(to) % (newest + 1);
                        let command = SetReadSeq {
                            reader: alice.user_id.clone(),
                            conversation: chat.clone(),
                            has_read_seq: to,
                        };
                        domain.set_read_seq(alice, command).await.unwrap();
                        read = read.max(to);
                    }
                }
                prop_assert_eq!(state().await, (newest, read));
            }
            Ok(())
        })?;
    }
}
