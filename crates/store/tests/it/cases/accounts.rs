//! Accounts and favourites.

use domain::accounts::{Account, AccountKind, Favourite, Receive, StaffRole};
use domain::ids::AccountKey;
use domain::ports::{AccountFilter, Page};

use crate::world::{World, account, user};

const ALL: Page = Page {
    offset: 0,
    rows: 100,
};

pub(crate) async fn an_account_is_found_by_id_and_by_key(world: &World) {
    let written = Account {
        nickname: "名前 \u{1F600}".into(),
        face_url: "https://example.org/a.png".into(),
        ex: r#"{"a":1}"#.into(),
        kind: AccountKind::Administrator,
        staff: Some(StaffRole::Agent),
        receive: Receive::Silently,
        created_at: 12_345,
        policy: 7,
        ..account("alice")
    };
    let mut tx = world.begin().await;
    let key = tx.insert_account(&written).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let written = Account { key, ..written };
    world.account("bob").await;

    let mut view = world.view().await;
    assert_eq!(
        view.account(&user("alice")).await.unwrap().as_ref(),
        Some(&written)
    );
    assert_eq!(
        view.account_by_key(key).await.unwrap().as_ref(),
        Some(&written)
    );
    assert_eq!(
        view.account(&user("Alice")).await.unwrap(),
        None,
        "ids are compared byte by byte"
    );
    assert_eq!(view.account_by_key(AccountKey(9_999)).await.unwrap(), None);
    let mut found = view
        .accounts(&[user("bob"), user("nobody"), user("alice")])
        .await
        .unwrap();
    found.sort_by_key(|account| account.key);
    assert_eq!(
        found
            .iter()
            .map(|account| account.user_id.as_str())
            .collect::<Vec<_>>(),
        ["alice", "bob"]
    );
    assert_eq!(view.accounts(&[]).await.unwrap(), []);
}

pub(crate) async fn a_user_id_is_taken_once(world: &World) {
    let key = world.account("alice").await;
    let mut tx = world.begin().await;
    assert_eq!(tx.insert_account(&account("alice")).await.unwrap(), None);
    // The refusal does not spoil the transaction.
    let bob = tx.insert_account(&account("bob")).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    assert_ne!(bob, key);
    assert_eq!(
        world
            .view()
            .await
            .account(&user("bob"))
            .await
            .unwrap()
            .unwrap()
            .key,
        bob
    );
}

pub(crate) async fn an_updated_account_keeps_its_id_and_time_of_creation(world: &World) {
    let key = world.account("alice").await;
    let changed = Account {
        key,
        nickname: "Al".into(),
        face_url: "f".into(),
        ex: "e".into(),
        kind: AccountKind::Robot,
        staff: Some(StaffRole::Viewer),
        receive: Receive::Nothing,
        policy: 2,
        ..account("alice")
    };
    let mut tx = world.begin().await;
    tx.update_account(&Account {
        user_id: user("other"),
        created_at: 5,
        ..changed.clone()
    })
    .await
    .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        world.view().await.account_by_key(key).await.unwrap(),
        Some(changed)
    );
}

pub(crate) async fn accounts_are_listed_in_pages_and_by_filter(world: &World) {
    let mut tx = world.begin().await;
    for (id, nickname, kind, created_at) in [
        ("alice", "Wonder", AccountKind::User, 30),
        ("bob", "100%", AccountKind::User, 10),
        ("carol", "wonderful", AccountKind::Administrator, 20),
        ("dave_x", "Émile", AccountKind::Robot, 20),
    ] {
        let account = Account {
            nickname: nickname.into(),
            kind,
            created_at,
            ..account(id)
        };
        tx.insert_account(&account).await.unwrap().unwrap();
    }
    tx.commit().await.unwrap();

    let listed = async |user_id: &str, nickname: &str, kinds: &[AccountKind], page| {
        let filter = AccountFilter {
            user_id_part: user_id.into(),
            nickname_part: nickname.into(),
            kinds: kinds.to_vec(),
        };
        let (count, accounts) = world
            .view()
            .await
            .accounts_page(&filter, page)
            .await
            .unwrap();
        (
            count,
            accounts
                .iter()
                .map(|account| account.user_id.to_string())
                .collect::<Vec<_>>()
                .join(" "),
        )
    };
    assert_eq!(
        listed("", "", &[], ALL).await,
        (4, "bob carol dave_x alice".into())
    );
    assert_eq!(
        listed("", "", &[], Page { offset: 1, rows: 2 }).await,
        (4, "carol dave_x".into())
    );
    assert_eq!(
        listed("", "", &[], Page { offset: 9, rows: 2 }).await,
        (4, String::new())
    );
    assert_eq!(
        listed("", "WONDER", &[], ALL).await,
        (2, "carol alice".into())
    );
    assert_eq!(
        listed("A", "", &[], ALL).await,
        (3, "carol dave_x alice".into())
    );
    assert_eq!(
        listed("", "0%", &[], ALL).await,
        (1, "bob".into()),
        "no wildcards"
    );
    assert_eq!(
        listed("_", "", &[], ALL).await,
        (1, "dave_x".into()),
        "no wildcards"
    );
    assert_eq!(
        listed("", "é", &[], ALL).await,
        (0, String::new()),
        "only ASCII letters are folded"
    );
    let kinds = [AccountKind::Administrator, AccountKind::Robot];
    assert_eq!(
        listed("", "", &kinds, ALL).await,
        (2, "carol dave_x".into())
    );
}

pub(crate) async fn favourites_are_put_replaced_and_deleted(world: &World) {
    let (alice, bob) = (world.account("alice").await, world.account("bob").await);
    let favourite = |kind, uuid: &str, value: &str, created_at| Favourite {
        kind,
        uuid: uuid.into(),
        value: value.into(),
        ex: "ex".into(),
        created_at,
    };
    let mut tx = world.begin().await;
    tx.put_favourite(alice, &favourite(1, "a", "old", 30))
        .await
        .unwrap();
    tx.put_favourite(alice, &favourite(1, "b", "b", 20))
        .await
        .unwrap();
    tx.put_favourite(alice, &favourite(2, "a", "c", 10))
        .await
        .unwrap();
    tx.put_favourite(bob, &favourite(1, "a", "bob's", 10))
        .await
        .unwrap();
    tx.put_favourite(alice, &favourite(1, "a", "new", 40))
        .await
        .unwrap();
    assert!(!tx.delete_favourite(alice, 3, "a").await.unwrap());
    tx.commit().await.unwrap();

    let mut view = world.view().await;
    let values = |favourites: Vec<Favourite>| {
        favourites
            .into_iter()
            .map(|favourite| favourite.value)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        view.favourite(alice, 1, "a").await.unwrap(),
        Some(favourite(1, "a", "new", 40))
    );
    assert_eq!(view.favourite(alice, 1, "x").await.unwrap(), None);
    assert_eq!(
        values(view.favourites(alice, None).await.unwrap()),
        "c b new"
    );
    assert_eq!(
        values(view.favourites(alice, Some(1)).await.unwrap()),
        "b new"
    );
    assert_eq!(view.favourites_count(alice).await.unwrap(), 3);
    drop(view);

    let mut tx = world.begin().await;
    assert!(tx.delete_favourite(alice, 1, "a").await.unwrap());
    tx.commit().await.unwrap();
    let mut view = world.view().await;
    assert_eq!(view.favourites_count(alice).await.unwrap(), 2);
    assert_eq!(view.favourites_count(bob).await.unwrap(), 1);
}
