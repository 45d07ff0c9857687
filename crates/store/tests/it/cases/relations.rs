//! Friends, blocks, and requests to become friends.

use domain::ids::AccountKey;
use domain::ports::{NewBlock, NewFriend, Page};
use domain::relations::{FriendRequest, FriendRequestFilter, FriendSource, Relation, Verdict};
use tokio::task::JoinSet;

use crate::world::{World, user};

const ALL: Page = Page {
    offset: 0,
    rows: 100,
};

fn friend(owner: AccountKey, friend: AccountKey, created_at: i64) -> NewFriend {
    NewFriend {
        owner,
        friend,
        source: FriendSource::Request,
        operator: user("alice"),
        created_at,
    }
}

async fn befriend(world: &World, new: &NewFriend) -> bool {
    let mut tx = world.begin().await;
    let is_new = tx.insert_friend(new).await.unwrap();
    tx.commit().await.unwrap();
    is_new
}

async fn three(world: &World) -> [AccountKey; 3] {
    [
        world.account("alice").await,
        world.account("bob").await,
        world.account("carol").await,
    ]
}

pub(crate) async fn a_friend_stands_in_one_list_only(world: &World) {
    let [alice, bob, _] = three(world).await;
    assert!(befriend(world, &friend(alice, bob, 10)).await);
    assert!(!befriend(world, &friend(alice, bob, 20)).await);
    let relation = async |a, b| world.view().await.relation(a, b).await.unwrap();
    let one_sided = Relation {
        a_lists_b: true,
        ..Relation::default()
    };
    assert_eq!(relation(alice, bob).await, one_sided);
    assert_eq!(
        relation(bob, alice).await,
        Relation {
            b_lists_a: true,
            ..Relation::default()
        }
    );
    let (count, friends) = world.view().await.friends_page(alice, ALL).await.unwrap();
    assert_eq!((count, friends.len()), (1, 1));
    assert_eq!(friends[0].created_at, 10, "as it was first inserted");
    assert_eq!(
        (friends[0].account.key, friends[0].account.user_id.as_str()),
        (bob, "bob")
    );
    assert_eq!(friends[0].account.nickname, "bob's name");
    assert_eq!(
        (
            friends[0].source,
            friends[0].operator.as_str(),
            friends[0].remark.as_str(),
            friends[0].is_pinned
        ),
        (FriendSource::Request, "alice", "", false)
    );
    assert_eq!(
        world.view().await.friends_page(bob, ALL).await.unwrap(),
        (0, vec![])
    );

    let mut tx = world.begin().await;
    assert!(!tx.delete_friend(bob, alice).await.unwrap());
    assert!(tx.delete_friend(alice, bob).await.unwrap());
    assert!(!tx.delete_friend(alice, bob).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(relation(alice, bob).await, Relation::default());
}

pub(crate) async fn friends_are_listed_pinned_ones_first(world: &World) {
    let [alice, bob, carol] = three(world).await;
    let dave = world.account("dave").await;
    for (other, at) in [(bob, 30), (carol, 20), (dave, 20)] {
        befriend(world, &friend(alice, other, at)).await;
    }
    befriend(world, &friend(dave, bob, 5)).await;
    let mut tx = world.begin().await;
    let mut bobs = tx.friends(alice, &[user("bob")]).await.unwrap().remove(0);
    bobs.is_pinned = true;
    bobs.remark = "Bobby".into();
    bobs.ex = "ex".into();
    tx.update_friend(alice, &bobs).await.unwrap();
    tx.commit().await.unwrap();

    let mut view = world.view().await;
    let ids = |ids: &[domain::ids::UserId]| {
        ids.iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        ids(&view.friend_ids(alice).await.unwrap()),
        "bob carol dave"
    );
    let (count, friends) = view.friends_page(alice, ALL).await.unwrap();
    assert_eq!((count, &friends[0]), (3, &bobs));
    let (count, page) = view
        .friends_page(alice, Page { offset: 1, rows: 1 })
        .await
        .unwrap();
    assert_eq!((count, &page[..]), (3, &friends[1..2]));
    assert_eq!(page[0].account.key, carol);
    let asked = [user("dave"), user("nobody"), user("alice"), user("bob")];
    let found = view.friends(alice, &asked).await.unwrap();
    assert_eq!(found, [friends[2].clone(), bobs], "as asked");
    assert_eq!(view.friends(alice, &[]).await.unwrap(), []);
    assert_eq!(view.listed_by(bob).await.unwrap(), [alice, dave]);
    assert_eq!(view.listed_by(alice).await.unwrap(), []);
}

pub(crate) async fn blocks_are_listed_oldest_first(world: &World) {
    let [alice, bob, carol] = three(world).await;
    let block = |blocked, created_at| NewBlock {
        owner: alice,
        blocked,
        ex: "ex".into(),
        source: 0,
        operator: user("alice"),
        created_at,
    };
    let mut tx = world.begin().await;
    assert!(tx.insert_block(&block(bob, 20)).await.unwrap());
    assert!(tx.insert_block(&block(carol, 10)).await.unwrap());
    assert!(!tx.insert_block(&block(carol, 30)).await.unwrap());
    tx.commit().await.unwrap();

    let mut view = world.view().await;
    let (count, blocks) = view.blocks_page(alice, ALL).await.unwrap();
    assert_eq!(count, 2);
    assert_eq!(
        blocks
            .iter()
            .map(|block| (block.account.key, block.created_at))
            .collect::<Vec<_>>(),
        [(carol, 10), (bob, 20)]
    );
    assert_eq!(
        (blocks[0].ex.as_str(), blocks[0].operator.as_str()),
        ("ex", "alice")
    );
    let (count, page) = view
        .blocks_page(alice, Page { offset: 1, rows: 5 })
        .await
        .unwrap();
    assert_eq!((count, &page[..]), (2, &blocks[1..]));
    let asked = [user("bob"), user("nobody"), user("carol")];
    let found = view.blocks(alice, &asked).await.unwrap();
    assert_eq!(found, [blocks[1].clone(), blocks[0].clone()], "as asked");
    let relation = view.relation(bob, alice).await.unwrap();
    assert_eq!(
        relation,
        Relation {
            b_blocks_a: true,
            ..Relation::default()
        }
    );
    drop(view);

    let mut tx = world.begin().await;
    assert!(tx.delete_block(alice, bob).await.unwrap());
    assert!(!tx.delete_block(alice, bob).await.unwrap());
    assert!(!tx.delete_block(carol, alice).await.unwrap());
    tx.commit().await.unwrap();
    let (count, _) = world.view().await.blocks_page(alice, ALL).await.unwrap();
    assert_eq!(count, 1);
}

async fn request(world: &World, from: &str, to: &str, created_at: i64) -> FriendRequest {
    let mut view = world.view().await;
    FriendRequest {
        from: view.account(&user(from)).await.unwrap().unwrap(),
        to: view.account(&user(to)).await.unwrap().unwrap(),
        verdict: Verdict::Open,
        message: format!("{from} to {to}"),
        ex: "ex".into(),
        created_at,
        handler: String::new(),
        handle_message: String::new(),
        handled_at: 0,
    }
}

async fn put(world: &World, request: &FriendRequest) {
    let mut tx = world.begin().await;
    tx.put_friend_request(request).await.unwrap();
    tx.commit().await.unwrap();
}

pub(crate) async fn a_friend_request_is_replaced_by_its_successor(world: &World) {
    let [alice, bob, _] = three(world).await;
    let mut asked = request(world, "alice", "bob", 10).await;
    put(world, &asked).await;
    let read = async |from, to| world.view().await.friend_request(from, to).await.unwrap();
    assert_eq!(read(alice, bob).await.as_ref(), Some(&asked));
    assert_eq!(read(bob, alice).await, None);
    asked.verdict = Verdict::Rejected;
    asked.message = "again".into();
    asked.ex = String::new();
    asked.created_at = 20;
    asked.handler = "bob".into();
    asked.handle_message = "no".into();
    asked.handled_at = 30;
    put(world, &asked).await;
    assert_eq!(read(alice, bob).await.as_ref(), Some(&asked));
}

pub(crate) async fn friend_requests_are_listed_newest_first_and_by_filter(world: &World) {
    let [alice, bob, carol] = three(world).await;
    let mut requests = [
        request(world, "alice", "bob", 10).await,
        request(world, "carol", "bob", 30).await,
        request(world, "bob", "carol", 20).await,
    ];
    requests[1].verdict = Verdict::Accepted;
    for request in &requests {
        put(world, request).await;
    }
    let list = async |filter: FriendRequestFilter, page| {
        let mut view = world.view().await;
        let (count, found) = view.friend_requests_page(&filter, page).await.unwrap();
        let times: Vec<_> = found.iter().map(|request| request.created_at).collect();
        (count, times)
    };
    let any = FriendRequestFilter::default();
    assert_eq!(list(any.clone(), ALL).await, (3, vec![30, 20, 10]));
    assert_eq!(
        list(any.clone(), Page { offset: 1, rows: 1 }).await,
        (3, vec![20])
    );
    let to_bob = FriendRequestFilter {
        to: Some(bob),
        ..any.clone()
    };
    assert_eq!(list(to_bob.clone(), ALL).await, (2, vec![30, 10]));
    let from_alice = FriendRequestFilter {
        from: Some(alice),
        ..to_bob.clone()
    };
    assert_eq!(list(from_alice, ALL).await, (1, vec![10]));
    let answered = FriendRequestFilter {
        verdicts: vec![Verdict::Accepted, Verdict::Rejected],
        ..to_bob
    };
    assert_eq!(list(answered, ALL).await, (1, vec![30]));
    let open = async |to, since| {
        let mut view = world.view().await;
        view.open_friend_requests(to, since).await.unwrap()
    };
    assert_eq!((open(bob, 10).await, open(bob, 11).await), (1, 0));
    assert_eq!((open(carol, 20).await, open(alice, 0).await), (1, 0));
}

pub(crate) async fn a_friend_request_read_in_a_transaction_is_locked(world: &World) {
    let [alice, bob, _] = three(world).await;
    put(world, &request(world, "alice", "bob", 0).await).await;
    let mut tasks = JoinSet::new();
    for _ in 0..12 {
        let store = world.store.clone();
        tasks.spawn(async move {
            let mut tx = store.begin().await.unwrap();
            let mut request = tx.friend_request(alice, bob).await.unwrap().unwrap();
            request.created_at += 1;
            tx.put_friend_request(&request).await.unwrap();
            tx.commit().await.unwrap();
        });
    }
    tasks.join_all().await;
    let request = world.view().await.friend_request(alice, bob).await.unwrap();
    assert_eq!(request.unwrap().created_at, 12, "no step was lost");
}
