//! Tokens, badges, what a decision about many receivers needs, and the records of client logs.

use domain::accounts::Receive;
use domain::client_logs::{ClientLog, ClientLogFilter};
use domain::conversations::ConversationSettings;
use domain::ids::{AccountKey, ConversationKey, PushTokenKey, SessionKey};
use domain::ports::{Page, PushReceiver};
use domain::push::{Badge, NewPushToken, PushProvider, PushToken};
use domain::sessions::{Platform, Platforms};

use crate::world::{World, append};

fn token(account: AccountKey, address: &str) -> NewPushToken {
    NewPushToken {
        account,
        platform: Platform::Android,
        session: None,
        provider: PushProvider::Fcm,
        address: address.to_owned(),
        secret: String::new(),
        app_id: String::new(),
        created_at: 1_000,
        expires_at: 0,
    }
}

async fn put(world: &World, token: &NewPushToken) {
    let mut tx = world.begin().await;
    tx.put_push_token(token).await.unwrap();
    tx.commit().await.unwrap();
}

async fn tokens(world: &World, accounts: &[AccountKey]) -> Vec<PushToken> {
    world.view().await.push_tokens(accounts).await.unwrap()
}

fn addresses(tokens: &[PushToken]) -> Vec<&str> {
    tokens.iter().map(|token| token.address.as_str()).collect()
}

pub(crate) async fn an_address_belongs_to_who_registered_it_last(world: &World) {
    let (alice, bob, _) = world.alice_and_bob().await;
    let full = NewPushToken {
        platform: Platform::Web,
        session: Some(SessionKey(4)),
        provider: PushProvider::WebPush,
        secret: r#"{"auth":"a"}"#.into(),
        app_id: "shop".into(),
        expires_at: 9_000,
        ..token(alice, "https://push.example/1")
    };
    put(world, &full).await;
    put(world, &token(alice, "one")).await;
    let before = tokens(world, &[alice, bob]).await;
    assert_eq!(addresses(&before), ["https://push.example/1", "one"]);
    assert_eq!(
        before[0],
        PushToken {
            key: before[0].key,
            account: alice,
            platform: Platform::Web,
            session: Some(SessionKey(4)),
            provider: PushProvider::WebPush,
            address: "https://push.example/1".into(),
            secret: r#"{"auth":"a"}"#.into(),
            app_id: "shop".into(),
            created_at: 1_000,
            used_at: 1_000,
            expires_at: 9_000,
        }
    );

    put(world, &token(bob, "one")).await;
    let after = tokens(world, &[bob]).await;
    assert_eq!(addresses(&after), ["one"]);
    assert!(
        after[0].key > before[1].key,
        "what was promised to the old one is not for the new owner"
    );
    assert_eq!(
        addresses(&tokens(world, &[alice]).await),
        ["https://push.example/1"]
    );

    let same_text = NewPushToken {
        provider: PushProvider::Apns,
        ..token(alice, "one")
    };
    put(world, &same_text).await;
    assert_eq!(
        tokens(world, &[alice, bob]).await.len(),
        3,
        "providers do not share addresses"
    );
}

pub(crate) async fn tokens_are_removed_by_key_session_platform_and_address(world: &World) {
    let (alice, bob, _) = world.alice_and_bob().await;
    for (address, platform, session) in [
        ("a", Platform::Ios, Some(1)),
        ("b", Platform::Android, Some(2)),
        ("c", Platform::Web, None),
        ("d", Platform::Ios, None),
        ("e", Platform::Ios, Some(3)),
    ] {
        let new = NewPushToken {
            platform,
            session: session.map(SessionKey),
            ..token(alice, address)
        };
        put(world, &new).await;
    }
    put(
        world,
        &NewPushToken {
            platform: Platform::Web,
            ..token(bob, "f")
        },
    )
    .await;
    let known = tokens(world, &[alice]).await;
    let mut tx = world.begin().await;
    assert_eq!(
        tx.delete_push_tokens_of_sessions(&[SessionKey(2), SessionKey(9)])
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        tx.delete_push_tokens_on(alice, Platforms::of([Platform::Web, Platform::Linux]))
            .await
            .unwrap(),
        1,
        "bob keeps his"
    );
    assert_eq!(
        tx.delete_push_tokens_by_key(&[known[0].key, PushTokenKey(9_999)])
            .await
            .unwrap(),
        1
    );
    assert!(
        !tx.delete_push_token(bob, PushProvider::Fcm, "d")
            .await
            .unwrap(),
        "it is not his"
    );
    assert!(
        !tx.delete_push_token(alice, PushProvider::Apns, "d")
            .await
            .unwrap()
    );
    assert!(
        tx.delete_push_token(alice, PushProvider::Fcm, "d")
            .await
            .unwrap()
    );
    let left = tx.push_tokens(&[alice, bob]).await.unwrap();
    assert_eq!(addresses(&left), ["e", "f"]);
    tx.touch_push_tokens(&[left[0].key], 5_000).await.unwrap();
    tx.commit().await.unwrap();
    let keys: Vec<_> = left
        .iter()
        .map(|token| token.key)
        .chain([known[0].key])
        .collect();
    let mut view = world.view().await;
    let found = view.push_tokens_by_key(&keys).await.unwrap();
    let used: Vec<_> = found
        .iter()
        .map(|token| (token.address.as_str(), token.used_at))
        .collect();
    assert_eq!(used, [("e", 5_000), ("f", 1_000)]);
}

pub(crate) async fn receivers_are_those_with_a_device_and_how_they_receive(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    let carol = world.account("carol").await;
    for of in [bob, carol] {
        put(world, &token(of, &format!("first of {}", of.0))).await;
        put(world, &token(of, &format!("second of {}", of.0))).await;
    }
    world.list(chat.key, bob, 1_000).await;
    let mut tx = world.begin().await;
    let settings = ConversationSettings {
        receive: Receive::Silently,
        ..ConversationSettings::default()
    };
    tx.update_settings(chat.key, bob, &settings).await.unwrap();
    let mut account = tx.account_by_key(carol).await.unwrap().unwrap();
    account.receive = Receive::Nothing;
    tx.update_account(&account).await.unwrap();
    tx.commit().await.unwrap();

    let elsewhere = ConversationKey(chat.key.0 + 1);
    let pairs = [
        (chat.key, alice),
        (chat.key, bob),
        (elsewhere, bob),
        (elsewhere, carol),
    ];
    let mut found = world.view().await.push_receivers(&pairs).await.unwrap();
    found.sort_by_key(|receiver| (receiver.account, receiver.conversation));
    let receiver = |conversation, account, name: &str, own, here| PushReceiver {
        conversation,
        account,
        user_id: crate::world::user(name),
        own,
        here,
    };
    assert_eq!(
        found,
        [
            receiver(chat.key, bob, "bob", Receive::Notify, Receive::Silently),
            receiver(elsewhere, bob, "bob", Receive::Notify, Receive::Notify),
            receiver(elsewhere, carol, "carol", Receive::Nothing, Receive::Notify),
        ],
        "alice has no device"
    );
    assert_eq!(world.view().await.push_receivers(&[]).await.unwrap(), []);
    let silent = world
        .view()
        .await
        .silent_in(chat.key, &[alice, bob, carol])
        .await
        .unwrap();
    assert_eq!(silent, [bob], "the setting of the conversation alone");
    assert_eq!(
        world
            .view()
            .await
            .silent_in(elsewhere, &[bob])
            .await
            .unwrap(),
        []
    );
}

pub(crate) async fn unread_totals_count_what_was_not_read_and_is_not_silent(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    world.account("carol").await;
    let other = world.chat("bob", "carol").await;
    for conversation in [chat.key, other.key] {
        world.list(conversation, bob, 1_000).await;
    }
    world.list(chat.key, alice, 1_000).await;
    for number in 0..5 {
        world
            .send(append(&chat, alice, &format!("m{number}")))
            .await;
    }
    let carol = world
        .view()
        .await
        .account(&crate::world::user("carol"))
        .await
        .unwrap()
        .unwrap()
        .key;
    for number in 0..3 {
        world
            .send(append(&other, carol, &format!("n{number}")))
            .await;
    }
    let totals = async || {
        let mut totals = world
            .view()
            .await
            .unread_totals(&[alice, bob, carol])
            .await
            .unwrap();
        totals.sort();
        totals
    };
    assert_eq!(
        totals().await,
        [(alice, 0), (bob, 8)],
        "what one sent oneself is read"
    );
    let mut tx = world.begin().await;
    tx.raise_read_seq(chat.key, bob, 4).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(totals().await, [(alice, 0), (bob, 4)]);
    let mut tx = world.begin().await;
    let silent = ConversationSettings {
        receive: Receive::Silently,
        ..ConversationSettings::default()
    };
    tx.update_settings(other.key, bob, &silent).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(totals().await, [(alice, 0), (bob, 1)]);
}

pub(crate) async fn a_badge_is_kept_per_account(world: &World) {
    let (alice, bob, _) = world.alice_and_bob().await;
    let badge = |base, unread_at| Badge { base, unread_at };
    for (account, badge) in [
        (alice, badge(3, 5)),
        (bob, badge(1, 1)),
        (alice, badge(0, 7)),
    ] {
        let mut tx = world.begin().await;
        tx.put_badge(account, badge).await.unwrap();
        tx.commit().await.unwrap();
    }
    let badges = world
        .view()
        .await
        .badges(&[alice, AccountKey(9_999)])
        .await
        .unwrap();
    assert_eq!(badges, [(alice, badge(0, 7))]);
}

pub(crate) async fn client_logs_are_listed_newest_first_and_removed(world: &World) {
    let (alice, bob, _) = world.alice_and_bob().await;
    let log = |id: &str, account, filename: &str, created_at| ClientLog {
        id: id.into(),
        account,
        platform: Platform::Ios,
        app_framework: "flutter".into(),
        version: "3.8".into(),
        ex: "x".into(),
        filename: filename.into(),
        url: format!("http://files/{filename}"),
        created_at,
    };
    let logs = [
        log("1", alice, "A.zip", 10),
        log("2", bob, "b.zip", 30),
        log("3", alice, "c.zip", 20),
    ];
    let mut tx = world.begin().await;
    for log in &logs {
        tx.insert_client_log(log).await.unwrap();
    }
    tx.commit().await.unwrap();
    let page = |offset, rows| Page { offset, rows };
    let find = async |keyword: &str, from, until, page| {
        let filter = ClientLogFilter {
            keyword: keyword.into(),
            from,
            until,
        };
        let (all, found) = world
            .view()
            .await
            .client_logs_page(&filter, page)
            .await
            .unwrap();
        let ids: Vec<_> = found.iter().map(|found| found.log.id.clone()).collect();
        (all, ids.join(","))
    };
    let first = world
        .view()
        .await
        .client_logs_page(&ClientLogFilter::default(), page(0, 1))
        .await
        .unwrap()
        .1;
    assert_eq!(first[0].log, logs[1]);
    assert_eq!(
        (first[0].user_id.as_str(), first[0].nickname.as_str()),
        ("bob", "bob's name")
    );
    assert_eq!(find("", 0, 0, page(0, 10)).await, (3, "2,3,1".into()));
    assert_eq!(find("", 0, 0, page(1, 1)).await, (3, "3".into()));
    assert_eq!(find("", 15, 25, page(0, 10)).await, (1, "3".into()));
    assert_eq!(find("ALI", 0, 0, page(0, 10)).await, (2, "3,1".into()));
    assert_eq!(find("a.ZIP", 0, 0, page(0, 10)).await, (1, "1".into()));
    let mut tx = world.begin().await;
    assert_eq!(
        tx.delete_client_logs(&["1".into(), "9".into()])
            .await
            .unwrap(),
        1
    );
    tx.commit().await.unwrap();
    assert_eq!(find("", 0, 0, page(0, 10)).await, (2, "2,3".into()));
}
