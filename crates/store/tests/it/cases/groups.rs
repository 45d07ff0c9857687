//! Groups, their members, and applications to join.

use domain::groups::GroupRole::{self, Administrator, Member, Owner};
use domain::groups::{
    Application, ApplicationFilter, Group, GroupFilter, GroupStatus, JoinRule, JoinSource,
    MemberFilter, RosterEntry,
};
use domain::ids::{AccountKey, ConversationKey, GroupKey};
use domain::ports::{NewMember, Page};
use domain::relations::Verdict;
use tokio::task::JoinSet;

use crate::world::{World, group, group_id, member, user};

const ALL: Page = Page {
    offset: 0,
    rows: 100,
};

async fn insert(world: &World, group: &Group) -> GroupKey {
    let mut tx = world.begin().await;
    let key = tx.insert_group(group).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    key
}

async fn join(world: &World, group: GroupKey, members: &[NewMember]) -> Vec<AccountKey> {
    let mut tx = world.begin().await;
    let joined = tx.insert_members(group, members).await.unwrap();
    tx.commit().await.unwrap();
    joined
}

async fn member_count(world: &World, group: GroupKey) -> u32 {
    let mut view = world.view().await;
    view.group_by_key(group)
        .await
        .unwrap()
        .unwrap()
        .member_count
}

fn names(groups: &[Group]) -> String {
    let ids: Vec<_> = groups.iter().map(|group| group.id.as_str()).collect();
    ids.join(" ")
}

pub(crate) async fn a_group_is_made_once_and_changed(world: &World) {
    let mut made = group("club");
    made.key = insert(world, &made).await;
    let mut tx = world.begin().await;
    assert_eq!(tx.insert_group(&group("club")).await.unwrap(), None);
    assert_eq!(tx.lock_group(&made.id).await.unwrap().as_ref(), Some(&made));
    assert_eq!(tx.lock_group(&group_id("pub")).await.unwrap(), None);
    let changed = Group {
        conversation: ConversationKey(7),
        name: "A club".into(),
        announcement: "Come".into(),
        announced_at: 5,
        announced_by: "bob".into(),
        introduction: "We".into(),
        face_url: "https://example.org/g".into(),
        ex: "ex".into(),
        status: GroupStatus::Muted,
        join_rule: JoinRule::Open,
        hides_profiles: true,
        forbids_friends: true,
        owner: "bob".into(),
        ..made.clone()
    };
    let beyond = Group {
        id: group_id("other"),
        creator: "mallory".into(),
        created_at: 77,
        member_count: 77,
        ..changed.clone()
    };
    tx.update_group(&beyond).await.unwrap();
    tx.commit().await.unwrap();

    let mut view = world.view().await;
    assert_eq!(view.group(&made.id).await.unwrap().as_ref(), Some(&changed));
    assert_eq!(
        view.group_by_key(made.key).await.unwrap().as_ref(),
        Some(&changed)
    );
    assert_eq!(view.group(&group_id("other")).await.unwrap(), None);
    assert_eq!(view.group_by_key(GroupKey(99)).await.unwrap(), None);
}

pub(crate) async fn groups_are_listed_newest_first_and_by_part(world: &World) {
    for (id, created_at) in [("club", 10), ("Pub_1", 30), ("pubx1", 20), ("CLUB%", 30)] {
        let made = Group {
            created_at,
            ..group(id)
        };
        insert(world, &made).await;
    }
    let mut view = world.view().await;
    let mut list = async |id_part: &str, name_part: &str, page| {
        let filter = GroupFilter {
            id_part: id_part.into(),
            name_part: name_part.into(),
        };
        let (count, groups) = view.groups_page(&filter, page).await.unwrap();
        (count, names(&groups))
    };
    assert_eq!(
        list("", "", ALL).await,
        (4, "CLUB% Pub_1 pubx1 club".into())
    );
    assert_eq!(
        list("", "", Page { offset: 1, rows: 2 }).await,
        (4, "Pub_1 pubx1".into())
    );
    assert_eq!(list("cLuB", "", ALL).await, (2, "CLUB% club".into()));
    assert_eq!(list("b_", "", ALL).await, (1, "Pub_1".into()), "as it is");
    assert_eq!(list("%", "", ALL).await, (1, "CLUB%".into()));
    assert_eq!(list("", "THE P", ALL).await, (2, "Pub_1 pubx1".into()));
    assert_eq!(list("x", "the p", ALL).await, (1, "pubx1".into()));
    assert_eq!(list("club", "pub", ALL).await, (0, String::new()));
    let asked = ["pubx1", "nothing", "club"].map(group_id);
    assert_eq!(
        names(&view.groups(&asked).await.unwrap()),
        "pubx1 club",
        "as asked"
    );
    assert_eq!(view.groups(&[]).await.unwrap(), []);
}

pub(crate) async fn members_are_counted_as_they_come_and_go(world: &World) {
    let [a, b, c, d] = [1, 2, 3, 4].map(AccountKey);
    let club = insert(world, &group("club")).await;
    let pub_ = insert(world, &group("pub")).await;
    let new = |accounts: &[AccountKey]| -> Vec<NewMember> {
        accounts.iter().map(|key| member(*key, Member)).collect()
    };
    assert_eq!(join(world, club, &new(&[c, a])).await, [c, a]);
    assert_eq!(
        join(world, club, &new(&[d, c, b, d])).await,
        [d, b],
        "in the order given, once"
    );
    assert_eq!(join(world, pub_, &new(&[a])).await, [a]);
    assert_eq!(join(world, club, &[]).await, []);
    assert_eq!(
        (
            member_count(world, club).await,
            member_count(world, pub_).await
        ),
        (4, 1)
    );

    let mut tx = world.begin().await;
    let some = [b, AccountKey(9), d];
    assert_eq!(
        tx.delete_members(club, Some(&some)).await.unwrap(),
        [b, d],
        "who was there"
    );
    assert_eq!(tx.delete_members(club, Some(&some)).await.unwrap(), []);
    assert_eq!(tx.delete_members(club, Some(&[])).await.unwrap(), []);
    tx.commit().await.unwrap();
    assert_eq!(member_count(world, club).await, 2);
    let mut tx = world.begin().await;
    assert_eq!(tx.delete_members(club, None).await.unwrap(), [a, c]);
    tx.commit().await.unwrap();
    assert_eq!(
        (
            member_count(world, club).await,
            member_count(world, pub_).await
        ),
        (0, 1)
    );
}

/// Alice, Bob, Carol and Dave, in a club in which Dave is the owner and Carol an administrator.
async fn club(world: &World) -> (GroupKey, [AccountKey; 4]) {
    let mut keys = Vec::new();
    for id in ["alice", "bob", "carol", "dave"] {
        keys.push(world.account(id).await);
    }
    let keys: [AccountKey; 4] = keys.try_into().unwrap();
    let club = insert(world, &group("club")).await;
    let of = |account, role: GroupRole, joined_at| NewMember {
        joined_at,
        ..member(account, role)
    };
    let members = [
        of(keys[0], Member, 30),
        of(keys[1], Member, 20),
        of(keys[2], Administrator, 40),
        of(keys[3], Owner, 50),
    ];
    join(world, club, &members).await;
    (club, keys)
}

pub(crate) async fn members_are_listed_by_power_and_then_by_joining(world: &World) {
    let (club, [alice, bob, carol, dave]) = club(world).await;
    let mut tx = world.begin().await;
    let mut alices = tx.member(club, alice).await.unwrap().unwrap();
    assert_eq!(
        (alices.account.user_id.as_str(), alices.shown_nickname()),
        ("alice", "alice's name")
    );
    alices.nickname = "Queen".into();
    alices.face_url = "https://example.org/q".into();
    alices.ex = "ex".into();
    alices.muted_until = 500;
    tx.update_member(&alices).await.unwrap();
    tx.commit().await.unwrap();

    let mut view = world.view().await;
    assert_eq!(view.member(club, alice).await.unwrap().unwrap(), alices);
    assert_eq!(view.member(club, AccountKey(99)).await.unwrap(), None);
    let mut list = async |filter: MemberFilter, page| {
        let (count, members) = view.members_page(club, &filter, page).await.unwrap();
        let keys: Vec<_> = members.iter().map(|member| member.account.key).collect();
        (count, keys)
    };
    let any = MemberFilter::default();
    assert_eq!(
        list(any.clone(), ALL).await,
        (4, vec![dave, carol, bob, alice])
    );
    assert_eq!(
        list(any.clone(), Page { offset: 1, rows: 2 }).await,
        (4, vec![carol, bob])
    );
    let part = |part: &str| MemberFilter {
        part: part.into(),
        ..MemberFilter::default()
    };
    assert_eq!(list(part("qUEE"), ALL).await, (1, vec![alice]));
    assert_eq!(list(part("'S NAME"), ALL).await.1, [dave, carol, bob]);
    assert_eq!(list(part("LIC"), ALL).await.1, [alice], "her user id");
    assert_eq!(list(part("%"), ALL).await, (0, vec![]));
    let roles = MemberFilter {
        roles: vec![Owner, Administrator],
        ..any.clone()
    };
    assert_eq!(list(roles, ALL).await, (2, vec![dave, carol]));
    let muted_at = |at| MemberFilter {
        muted_at: Some(at),
        ..MemberFilter::default()
    };
    assert_eq!(list(muted_at(499), ALL).await, (1, vec![alice]));
    assert_eq!(list(muted_at(500), ALL).await, (0, vec![]));

    let ids = view.member_ids(club).await.unwrap();
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    assert_eq!(ids, ["dave", "carol", "bob", "alice"]);
    let asked = [user("bob"), user("nobody"), user("alice")];
    let found = view.members(club, &asked).await.unwrap();
    assert_eq!(found.len(), 2, "as asked");
    assert_eq!((found[0].account.key, &found[1]), (bob, &alices));
    let entry = |account, role, muted_until| RosterEntry {
        account,
        role,
        muted_until,
    };
    assert_eq!(
        view.roster(club).await.unwrap(),
        [
            entry(alice, Member, 500),
            entry(bob, Member, 0),
            entry(carol, Administrator, 0),
            entry(dave, Owner, 0)
        ]
    );
    assert_eq!(view.roster(GroupKey(99)).await.unwrap(), []);
}

pub(crate) async fn an_account_knows_its_groups(world: &World) {
    let (club, [alice, _, carol, _]) = club(world).await;
    let choir = insert(world, &group("choir")).await;
    let bar = insert(world, &group("bar")).await;
    let named = NewMember {
        nickname: "Caro".into(),
        face_url: "https://example.org/c".into(),
        joined_at: 10,
        ..member(carol, Owner)
    };
    join(world, choir, &[named]).await;
    let half_named = NewMember {
        nickname: "Caro".into(),
        joined_at: 40,
        ..member(carol, Member)
    };
    join(world, bar, &[half_named]).await;

    let mut view = world.view().await;
    let (count, groups) = view.joined_groups_page(carol, ALL).await.unwrap();
    assert_eq!((count, names(&groups).as_str()), (3, "choir club bar"));
    assert_eq!(groups[1].member_count, 4);
    let (count, page) = view
        .joined_groups_page(carol, Page { offset: 1, rows: 1 })
        .await
        .unwrap();
    assert_eq!((count, names(&page).as_str()), (3, "club"));
    let ids = view.joined_group_ids(carol).await.unwrap();
    assert_eq!(ids, ["choir", "club", "bar"].map(group_id));
    let asked = ["bar", "choir", "nothing"].map(group_id);
    assert_eq!(
        names(&view.joined_groups(carol, &asked).await.unwrap()),
        "bar choir"
    );
    assert_eq!(view.joined_groups(alice, &asked).await.unwrap(), []);
    assert_eq!(view.managed_groups(carol).await.unwrap(), [club, choir]);
    assert_eq!(view.managed_groups(alice).await.unwrap(), []);
    assert_eq!(
        view.groups_showing_profile(carol).await.unwrap(),
        [club, bar]
    );
}

async fn application(world: &World, group: &str, account: &str, created_at: i64) -> Application {
    let mut view = world.view().await;
    Application {
        group: view.group(&group_id(group)).await.unwrap().unwrap(),
        account: view.account(&user(account)).await.unwrap().unwrap(),
        verdict: Verdict::Open,
        message: "please".into(),
        ex: "ex".into(),
        created_at,
        source: JoinSource::Search,
        inviter: String::new(),
        handler: String::new(),
        handle_message: String::new(),
        handled_at: 0,
    }
}

async fn put(world: &World, application: &Application) {
    let mut tx = world.begin().await;
    tx.put_application(application).await.unwrap();
    tx.commit().await.unwrap();
}

pub(crate) async fn an_application_is_replaced_by_its_successor(world: &World) {
    let (club, _) = club(world).await;
    let eve = world.account("eve").await;
    let mut asked = application(world, "club", "eve", 10).await;
    put(world, &asked).await;
    let read = async |account| world.view().await.application(club, account).await.unwrap();
    assert_eq!(read(eve).await.as_ref(), Some(&asked));
    assert_eq!(read(AccountKey(99)).await, None);
    asked.verdict = Verdict::Accepted;
    asked.message = "again".into();
    asked.ex = String::new();
    asked.created_at = 20;
    asked.source = JoinSource::Invitation;
    asked.inviter = "alice".into();
    asked.handler = "dave".into();
    asked.handle_message = "yes".into();
    asked.handled_at = 30;
    put(world, &asked).await;
    assert_eq!(read(eve).await.as_ref(), Some(&asked));

    let mut tasks = JoinSet::new();
    for _ in 0..12 {
        let store = world.store.clone();
        tasks.spawn(async move {
            let mut tx = store.begin().await.unwrap();
            let mut application = tx.application(club, eve).await.unwrap().unwrap();
            application.created_at += 1;
            tx.put_application(&application).await.unwrap();
            tx.commit().await.unwrap();
        });
    }
    tasks.join_all().await;
    assert_eq!(
        read(eve).await.unwrap().created_at,
        32,
        "read in a transaction it is locked"
    );
}

pub(crate) async fn applications_are_listed_newest_first_and_by_filter(world: &World) {
    let (club, [alice, _, carol, dave]) = club(world).await;
    let bar = insert(world, &group("bar")).await;
    join(
        world,
        bar,
        &[member(dave, Administrator), member(carol, Member)],
    )
    .await;
    let eve = world.account("eve").await;
    world.account("frank").await;
    let mut applications = [
        application(world, "club", "eve", 10).await,
        application(world, "bar", "eve", 30).await,
        application(world, "club", "frank", 20).await,
    ];
    applications[2].verdict = Verdict::Rejected;
    for application in &applications {
        put(world, application).await;
    }
    let list = async |filter: ApplicationFilter, page| {
        let mut view = world.view().await;
        let (count, found) = view.applications_page(&filter, page).await.unwrap();
        let times: Vec<_> = found.iter().map(|found| found.created_at).collect();
        (count, times)
    };
    let any = ApplicationFilter::default();
    assert_eq!(list(any.clone(), ALL).await, (3, vec![30, 20, 10]));
    assert_eq!(
        list(any.clone(), Page { offset: 1, rows: 1 }).await,
        (3, vec![20])
    );
    let in_club = ApplicationFilter {
        groups: Some(vec![club]),
        ..any.clone()
    };
    assert_eq!(list(in_club.clone(), ALL).await, (2, vec![20, 10]));
    let open = ApplicationFilter {
        verdicts: vec![Verdict::Open],
        ..in_club
    };
    assert_eq!(list(open, ALL).await, (1, vec![10]));
    let by_eve = ApplicationFilter {
        account: Some(eve),
        groups: Some(vec![bar, club]),
        ..any.clone()
    };
    assert_eq!(list(by_eve, ALL).await, (2, vec![30, 10]));
    let of_no_group = ApplicationFilter {
        groups: Some(vec![]),
        ..any
    };
    assert_eq!(
        list(of_no_group, ALL).await,
        (0, vec![]),
        "who manages nothing sees nothing"
    );
    let open = async |manager, since| {
        let mut view = world.view().await;
        view.open_applications(manager, since).await.unwrap()
    };
    assert_eq!((open(dave, 10).await, open(dave, 11).await), (2, 1));
    assert_eq!(
        (open(carol, 0).await, open(alice, 0).await),
        (1, 0),
        "of the bar she is a plain member"
    );
}

pub(crate) async fn a_locked_group_is_changed_by_one_at_a_time(world: &World) {
    let key = insert(world, &group("club")).await;
    let mut tasks = JoinSet::new();
    for _ in 0..12 {
        let store = world.store.clone();
        tasks.spawn(async move {
            let mut tx = store.begin().await.unwrap();
            let mut group = tx.lock_group(&group_id("club")).await.unwrap().unwrap();
            group.announced_at += 1;
            tx.update_group(&group).await.unwrap();
            tx.commit().await.unwrap();
        });
    }
    tasks.join_all().await;
    let group = world.view().await.group_by_key(key).await.unwrap().unwrap();
    assert_eq!(group.announced_at, 12, "no step was lost");
}

pub(crate) async fn members_who_are_inserted_at_the_same_time_are_counted_once(world: &World) {
    let club = insert(world, &group("club")).await;
    let mut tasks = JoinSet::new();
    for n in 0..12 {
        let store = world.store.clone();
        // Each half of what the next one inserts, and every other in the opposite order.
        let mut members: Vec<_> = (n * 50..n * 50 + 100)
            .map(|key| member(AccountKey(key), Member))
            .collect();
        if n % 2 == 0 {
            members.reverse();
        }
        tasks.spawn(async move {
            let mut tx = store.begin().await.unwrap();
            let joined = tx.insert_members(club, &members).await.unwrap();
            tx.commit().await.unwrap();
            joined.len()
        });
    }
    let joined: usize = tasks.join_all().await.into_iter().sum();
    assert_eq!(joined, 650);
    assert_eq!(member_count(world, club).await, 650);
    assert_eq!(world.view().await.roster(club).await.unwrap().len(), 650);
}

pub(crate) async fn ten_thousand_members_join_and_leave(world: &World) {
    let club = insert(world, &group("club")).await;
    let accounts: Vec<_> = (1..=10_000).map(AccountKey).collect();
    let members: Vec<_> = accounts.iter().map(|key| member(*key, Member)).collect();
    assert_eq!(join(world, club, &members).await, accounts);
    assert_eq!(join(world, club, &members).await, []);
    assert_eq!(member_count(world, club).await, 10_000);
    let roster = world.view().await.roster(club).await.unwrap();
    assert!(
        roster
            .iter()
            .map(|entry| entry.account)
            .eq(accounts.clone())
    );
    let mut tx = world.begin().await;
    let left = tx
        .delete_members(club, Some(&accounts[..9_000]))
        .await
        .unwrap();
    assert_eq!(left, accounts[..9_000]);
    assert_eq!(
        tx.delete_members(club, None).await.unwrap(),
        accounts[9_000..]
    );
    tx.commit().await.unwrap();
    assert_eq!(member_count(world, club).await, 0);
}
