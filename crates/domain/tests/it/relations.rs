//! Friends, requests and blocks: who may, what both lists hold, what devices are told.

use domain::caller::Caller;
use domain::error::{Error, Kind, Reason};
use domain::event::{Event, Happening};
use domain::ids::UserId;
use domain::ports::Page;
use domain::relations::{AnswerFriendRequest, RequestFriend, UpdateFriends, Verdict};
use domain::sync::Increment;
use domain::{Settings, relations::Friend};
use testkit::World;

const ALL: Page = Page {
    offset: 0,
    rows: 100,
};

async fn ask(world: &World, from: &Caller, to: &Caller) -> domain::error::Result<()> {
    let command = RequestFriend {
        from: from.user_id.clone(),
        to: to.user_id.clone(),
        message: "hello".to_owned(),
        ex: String::new(),
    };
    world.domain.request_friend(from, command).await
}

async fn answer(
    world: &World,
    by: &Caller,
    from: &Caller,
    accept: bool,
) -> domain::error::Result<()> {
    let command = AnswerFriendRequest {
        from: from.user_id.clone(),
        to: by.user_id.clone(),
        accept,
        message: String::new(),
    };
    world.domain.answer_friend_request(by, command).await
}

async fn befriend(world: &World, a: &Caller, b: &Caller) {
    ask(world, a, b).await.unwrap();
    answer(world, b, a, true).await.unwrap();
}

async fn friends(world: &World, owner: &Caller) -> Vec<String> {
    let page = world.domain.friends_page(owner, &owner.user_id, ALL).await;
    let names = |friend: &Friend| friend.account.user_id.to_string();
    page.unwrap().friends.iter().map(names).collect()
}

fn happenings(events: &[Event]) -> Vec<&Happening> {
    fn happening(event: &Event) -> Option<&Happening> {
        match event {
            Event::Noticed { happening, .. } => Some(happening),
            _ => None,
        }
    }
    events.iter().filter_map(happening).collect()
}

#[tokio::test]
async fn an_accepted_request_makes_friends_of_both_and_says_so_in_their_chat() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    ask(&world, &alice, &bob).await.unwrap();
    let requests = world
        .domain
        .received_friend_requests(&bob, &bob.user_id, vec![Verdict::Open], ALL)
        .await
        .unwrap();
    assert_eq!(
        (requests.total, &requests.requests[0].message[..]),
        (1, "hello")
    );
    let open = world
        .domain
        .open_friend_requests(&bob, &bob.user_id, 0)
        .await;
    assert_eq!(open.unwrap(), 1);

    world.published.take_events();
    answer(&world, &bob, &alice, true).await.unwrap();
    let events = world.published.take_events();
    assert!(
        matches!(&events[0], Event::MessageAppended { message, .. }
            if message.post.content_type == 1201 && message.seq == 1),
        "{events:?}"
    );
    assert!(matches!(
        happenings(&events)[..],
        [Happening::FriendshipMade {
            by_request: true,
            ..
        }]
    ));
    assert_eq!(friends(&world, &alice).await, ["bob"]);
    assert_eq!(friends(&world, &bob).await, ["alice"]);
    assert!(matches!(
        answer(&world, &bob, &alice, true).await,
        Err(Error::Conflict(Reason::AlreadyAnswered))
    ));
    assert!(matches!(
        ask(&world, &bob, &alice).await,
        Err(Error::Conflict(Reason::AlreadyFriends))
    ));
}

#[tokio::test]
async fn two_who_asked_each_other_need_one_answer() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    ask(&world, &alice, &bob).await.unwrap();
    ask(&world, &bob, &alice).await.unwrap();
    answer(&world, &bob, &alice, true).await.unwrap();
    let open = world.domain.open_friend_requests(&alice, &alice.user_id, 0);
    assert_eq!(open.await.unwrap(), 0);
    assert!(matches!(
        answer(&world, &alice, &bob, false).await,
        Err(Error::Conflict(Reason::AlreadyAnswered))
    ));
}

#[tokio::test]
async fn a_rejected_request_can_be_made_again() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    ask(&world, &alice, &bob).await.unwrap();
    answer(&world, &bob, &alice, false).await.unwrap();
    assert!(friends(&world, &alice).await.is_empty());
    ask(&world, &alice, &bob).await.unwrap();
    answer(&world, &bob, &alice, true).await.unwrap();
    assert_eq!(friends(&world, &alice).await, ["bob"]);
}

#[tokio::test]
async fn requests_belong_to_the_two_they_are_between() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let eve = world.person("eve").await;
    ask(&world, &alice, &bob).await.unwrap();
    let forged = AnswerFriendRequest {
        from: alice.user_id.clone(),
        to: bob.user_id.clone(),
        accept: true,
        message: String::new(),
    };
    assert!(matches!(
        world.domain.answer_friend_request(&eve, forged).await,
        Err(Error::Denied(_))
    ));
    let between = world
        .domain
        .friend_requests_between(&eve, &alice.user_id, &bob.user_id);
    assert!(matches!(between.await, Err(Error::Denied(_))));
    assert!(matches!(
        ask(&world, &alice, &alice).await,
        Err(Error::Invalid { .. })
    ));
    let stranger = answer(&world, &bob, &eve, true).await;
    assert!(matches!(
        stranger,
        Err(Error::NotFound(Kind::FriendRequest))
    ));
}

#[tokio::test]
async fn removing_a_friend_is_one_sided_and_pinned_ones_stand_first() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    for name in ["bob", "carol", "dave"] {
        let friend = world.person(name).await;
        world.clock.advance(1);
        befriend(&world, &alice, &friend).await;
    }
    let update = |friends: &[&str], remark: Option<&str>, is_pinned| UpdateFriends {
        owner: alice.user_id.clone(),
        friends: friends.iter().map(|name| testkit::user_id(name)).collect(),
        remark: remark.map(str::to_owned),
        is_pinned,
        ex: None,
    };
    let domain = &world.domain;
    domain
        .update_friends(&alice, update(&["carol"], Some("C"), Some(true)))
        .await
        .unwrap();
    assert_eq!(friends(&world, &alice).await, ["carol", "bob", "dave"]);
    let stranger = domain.update_friends(&alice, update(&["eve"], None, Some(true)));
    assert!(matches!(stranger.await, Err(Error::NotFound(Kind::Friend))));
    let carol = testkit::user_id("carol");
    domain
        .remove_friend(&alice, &alice.user_id, &carol)
        .await
        .unwrap();
    assert_eq!(friends(&world, &alice).await, ["bob", "dave"]);
    let relation = domain.relation(&alice.user_id, &carol).await.unwrap();
    assert!(!relation.a_lists_b && relation.b_lists_a);
    let again = domain.remove_friend(&alice, &alice.user_id, &carol).await;
    assert!(matches!(again, Err(Error::NotFound(Kind::Friend))));
}

#[tokio::test]
async fn a_block_holds_for_the_very_next_message_and_only_its_maker_learns_of_it() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    world.say(&alice, &bob, "one").await.unwrap();
    world.published.take_events();
    let (owner, blocked) = (&bob.user_id, &alice.user_id);
    for _ in 0..2 {
        world
            .domain
            .block(&bob, owner, blocked, String::new())
            .await
            .unwrap();
    }
    let events = world.published.take_events();
    assert_eq!(happenings(&events).len(), 1);
    let audience: Vec<_> = events[0].audience().accounts().collect();
    assert_eq!(audience, [bob.account]);
    assert!(matches!(
        world.say(&alice, &bob, "two").await,
        Err(Error::Denied(Reason::BlockedByPeer))
    ));
    world
        .say(&bob, &alice, "from the other side")
        .await
        .unwrap();
    world.domain.unblock(&bob, owner, blocked).await.unwrap();
    world.say(&alice, &bob, "three").await.unwrap();
}

#[tokio::test]
async fn a_block_before_the_first_message_stops_it() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    world
        .domain
        .block(&bob, &bob.user_id, &alice.user_id, String::new())
        .await
        .unwrap();
    assert!(matches!(
        world.say(&alice, &bob, "hi").await,
        Err(Error::Denied(Reason::BlockedByPeer))
    ));
    let list = world.domain.all_conversations(&bob, &bob.user_id).await;
    assert!(list.unwrap().is_empty(), "nothing was opened");
}

#[tokio::test]
async fn where_only_friends_may_write_a_friendship_opens_and_its_end_closes() {
    let world = World::with(Settings {
        friends_only: true,
        ..Settings::default()
    })
    .await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    assert!(matches!(
        world.say(&alice, &bob, "hi").await,
        Err(Error::Denied(Reason::NotFriends))
    ));
    befriend(&world, &alice, &bob).await;
    world.say(&alice, &bob, "hi").await.unwrap();
    let domain = &world.domain;
    domain
        .remove_friend(&bob, &bob.user_id, &alice.user_id)
        .await
        .unwrap();
    assert!(matches!(
        world.say(&alice, &bob, "again").await,
        Err(Error::Denied(Reason::NotFriends))
    ));
    world.say(&bob, &alice, "still listed").await.unwrap();
}

#[tokio::test]
async fn an_import_is_for_administrators_and_keeps_what_is_there() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let carol = world.person("carol").await;
    let admin = world.administrator().await;
    befriend(&world, &alice, &bob).await;
    let ids = [bob.user_id.clone(), carol.user_id.clone()];
    let by_user = world
        .domain
        .import_friends(&alice, &alice.user_id, &ids)
        .await;
    assert!(matches!(by_user, Err(Error::Denied(_))));
    world
        .domain
        .import_friends(&admin, &alice.user_id, &ids)
        .await
        .unwrap();
    assert_eq!(friends(&world, &alice).await, ["bob", "carol"]);
    assert_eq!(friends(&world, &carol).await, ["alice"]);
}

#[tokio::test]
async fn increments_name_what_was_added_changed_and_removed() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let carol = world.person("carol").await;
    befriend(&world, &alice, &bob).await;
    let first = changes(&world, &alice, ("", 0)).await;
    assert!(first.is_full);
    befriend(&world, &alice, &carol).await;
    world
        .domain
        .remove_friend(&alice, &alice.user_id, &bob.user_id)
        .await
        .unwrap();
    let known = (&first.version.id[..], first.version.number);
    let second = changes(&world, &alice, known).await;
    assert!(!second.is_full);
    assert_eq!(second.deleted, ["bob"]);
    assert_eq!(second.inserted[0].account.user_id.as_str(), "carol");
    let known = (&second.version.id[..], second.version.number);
    assert!(changes(&world, &alice, known).await.is_empty());
}

async fn changes(world: &World, owner: &Caller, known: (&str, u64)) -> Increment<Friend> {
    let id: &UserId = &owner.user_id;
    world.domain.friend_changes(owner, id, known).await.unwrap()
}
