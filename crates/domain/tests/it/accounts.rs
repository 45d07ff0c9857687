//! Registering, changing, favourites.

use domain::accounts::{NewAccount, PutFavourite, StaffRole, UpdateAccount, UpdateFavourite};
use domain::error::{Error, Kind, Reason};
use domain::event::{Event, FavouriteChange};
use domain::ports::{AccountFilter, Page};
use testkit::{World, user_id};

#[tokio::test]
async fn registering_takes_all_or_none() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let batch = |names: &[&str]| {
        names
            .iter()
            .map(|name| NewAccount::user(user_id(name), *name))
            .collect()
    };
    world
        .domain
        .register_accounts(&admin, batch(&["a", "b"]))
        .await
        .unwrap();
    let taken = world
        .domain
        .register_accounts(&admin, batch(&["c", "a"]))
        .await;
    assert!(
        matches!(taken, Err(Error::Conflict(Reason::AlreadyRegistered))),
        "{taken:?}"
    );
    assert!(matches!(
        world.domain.find_account(&user_id("c")).await,
        Err(Error::NotFound(Kind::Account))
    ));
    let twice = world
        .domain
        .register_accounts(&admin, batch(&["d", "d"]))
        .await;
    assert!(matches!(twice, Err(Error::Invalid { .. })), "{twice:?}");
    let person = world.person("eve").await;
    assert!(
        world
            .domain
            .register_accounts(&person, batch(&["f"]))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_change_is_seen_at_once_and_told_to_ones_own_devices() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let rename = |nickname: &str| UpdateAccount {
        user_id: alice.user_id.clone(),
        nickname: Some(nickname.to_owned()),
        face_url: None,
        ex: None,
        receive: None,
    };
    assert!(
        world
            .domain
            .update_account(&bob, rename("Mallory"))
            .await
            .is_err()
    );
    assert!(matches!(
        world.domain.update_account(&alice, rename("")).await,
        Err(Error::Invalid { .. })
    ));
    world
        .domain
        .update_account(&alice, rename("Alice"))
        .await
        .unwrap();
    world
        .domain
        .update_account(&alice, rename("Alice"))
        .await
        .unwrap();
    assert_eq!(
        world
            .domain
            .find_account(&alice.user_id)
            .await
            .unwrap()
            .nickname,
        "Alice"
    );
    assert!(matches!(
        world.published.take_events()[..],
        [Event::AccountUpdated { .. }]
    ));
}

#[tokio::test]
async fn accounts_are_listed_by_page_and_part_for_administrators() {
    let world = World::new().await;
    let admin = world.administrator().await;
    for name in ["anna", "hanna", "bob"] {
        world.person(name).await;
    }
    let filter = AccountFilter {
        user_id_part: "NN".to_owned(),
        ..AccountFilter::default()
    };
    let page = Page { offset: 1, rows: 5 };
    let (count, found) = world
        .domain
        .accounts_page(&admin, &filter, page)
        .await
        .unwrap();
    assert_eq!(
        (count, found.len(), found[0].user_id.as_str()),
        (2, 1, "hanna")
    );
    let anna = world.person("anna").await;
    assert!(
        world
            .domain
            .accounts_page(&anna, &filter, page)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn staff_roles_are_given_and_taken_by_administrators() {
    let world = World::new().await;
    let (admin, alice) = (world.administrator().await, world.person("alice").await);
    let role = Some(StaffRole::Agent);
    assert!(
        world
            .domain
            .set_staff_role(&alice, &alice.user_id, role)
            .await
            .is_err()
    );
    world
        .domain
        .set_staff_role(&admin, &alice.user_id, role)
        .await
        .unwrap();
    assert_eq!(
        world
            .domain
            .find_account(&alice.user_id)
            .await
            .unwrap()
            .staff,
        role
    );
    // The policy version has moved on: what was decided on the old one is decided again.
    let bob = world.person("bob").await;
    assert_eq!(world.say(&alice, &bob, "hi").await.unwrap().seq, 1);
    world
        .domain
        .set_staff_role(&admin, &alice.user_id, None)
        .await
        .unwrap();
    assert_eq!(world.say(&alice, &bob, "again").await.unwrap().seq, 2);
}

#[tokio::test]
async fn favourites_are_put_changed_listed_and_removed_by_their_owner() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let put = |uuid: &str| PutFavourite {
        owner: alice.user_id.clone(),
        kind: 1,
        uuid: uuid.to_owned(),
        value: "v".to_owned(),
        ex: "e".to_owned(),
    };
    let update = |uuid: &str| UpdateFavourite {
        owner: alice.user_id.clone(),
        kind: 1,
        uuid: uuid.to_owned(),
        value: Some("w".to_owned()),
        ex: None,
    };
    assert!(world.domain.put_favourite(&bob, put("x")).await.is_err());
    world.domain.put_favourite(&alice, put("x")).await.unwrap();
    world
        .domain
        .update_favourite(&alice, update("x"))
        .await
        .unwrap();
    assert!(matches!(
        world.domain.update_favourite(&alice, update("y")).await,
        Err(Error::NotFound(Kind::Favourite))
    ));
    let found = world
        .domain
        .favourites(&alice, &alice.user_id, Some(1))
        .await
        .unwrap();
    assert_eq!(
        (found.len(), found[0].value.as_str(), found[0].ex.as_str()),
        (1, "w", "e")
    );
    assert!(
        world
            .domain
            .favourites(&alice, &alice.user_id, Some(2))
            .await
            .unwrap()
            .is_empty()
    );
    world
        .domain
        .delete_favourite(&alice, &alice.user_id, 1, "x")
        .await
        .unwrap();
    assert!(
        world
            .domain
            .delete_favourite(&alice, &alice.user_id, 1, "x")
            .await
            .is_err()
    );
    let changes: Vec<_> = world
        .published
        .take_events()
        .into_iter()
        .map(|event| match event {
            Event::FavouritesChanged { change, .. } => change,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        changes,
        [
            FavouriteChange::Added,
            FavouriteChange::Updated,
            FavouriteChange::Removed
        ]
    );
}
