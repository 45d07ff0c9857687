//! Login sessions under the multi-login policies.

use domain::Settings;
use domain::event::{Event, Signal};
use domain::sessions::{MultiLogin, OpenSession, Platform, RevokeSessions, SessionCheck};
use testkit::{BEGIN, World, user_id};

fn open(user: &str, platform: Platform, digest: u8) -> OpenSession {
    OpenSession {
        user_id: user_id(user),
        platform,
        digest: [digest; 32],
        expires_at: BEGIN + 1_000_000,
    }
}

async fn state(world: &World, user: &str, platform: Platform, digest: u8) -> &'static str {
    match world
        .domain
        .check_session(&user_id(user), platform, &[digest; 32])
        .await
        .unwrap()
    {
        SessionCheck::Live { .. } => "live",
        SessionCheck::Kicked => "kicked",
        SessionCheck::Unknown => "unknown",
    }
}

#[tokio::test]
async fn a_second_login_on_a_platform_ends_the_first() {
    let world = World::new().await;
    let (admin, alice) = (world.administrator().await, world.person("alice").await);
    world
        .domain
        .open_session(&admin, open("alice", Platform::Web, 1))
        .await
        .unwrap();
    assert_eq!(state(&world, "alice", Platform::Web, 1).await, "live");
    world
        .domain
        .open_session(&admin, open("alice", Platform::Linux, 2))
        .await
        .unwrap();
    let second = world
        .domain
        .open_session(&admin, open("alice", Platform::Web, 3))
        .await
        .unwrap();
    assert_eq!(state(&world, "alice", Platform::Web, 1).await, "kicked");
    assert_eq!(state(&world, "alice", Platform::Linux, 2).await, "live");
    assert_eq!(state(&world, "alice", Platform::Web, 3).await, "live");
    // Sockets are told only when the new device is there.
    assert_eq!(world.published.take_signals(), []);
    world
        .domain
        .session_connected(alice.account, second, Platform::Web);
    assert!(matches!(
        world.published.take_signals()[..],
        [Signal::SocketsReplaced { except, .. }] if except == second
    ));
}

#[tokio::test]
async fn a_token_counts_for_its_user_and_platform_only() {
    let world = World::new().await;
    let admin = world.administrator().await;
    world.person("alice").await;
    world.person("bob").await;
    world
        .domain
        .open_session(&admin, open("alice", Platform::Web, 1))
        .await
        .unwrap();
    assert_eq!(state(&world, "bob", Platform::Web, 1).await, "unknown");
    assert_eq!(state(&world, "alice", Platform::Linux, 1).await, "unknown");
    assert_eq!(state(&world, "nobody", Platform::Web, 1).await, "unknown");
}

#[tokio::test]
async fn revoking_ends_every_session_of_the_platform_at_once() {
    let world = World::with(Settings {
        multi_login: MultiLogin::Unlimited {
            per_platform_max: 10,
        },
        ..Settings::default()
    })
    .await;
    let (admin, alice) = (world.administrator().await, world.person("alice").await);
    for digest in 1..=3 {
        world
            .domain
            .open_session(&admin, open("alice", Platform::Web, digest))
            .await
            .unwrap();
    }
    world
        .domain
        .open_session(&admin, open("alice", Platform::Ios, 9))
        .await
        .unwrap();
    let revoke = RevokeSessions {
        user_id: alice.user_id.clone(),
        platform: Platform::Web,
    };
    assert!(
        world
            .domain
            .revoke_sessions(&alice, revoke.clone())
            .await
            .is_err()
    );
    world.domain.revoke_sessions(&admin, revoke).await.unwrap();
    for digest in 1..=3 {
        assert_eq!(
            state(&world, "alice", Platform::Web, digest).await,
            "kicked"
        );
    }
    assert_eq!(state(&world, "alice", Platform::Ios, 9).await, "live");
    assert!(matches!(
        world.published.take_events()[..],
        [Event::SessionsEnded { .. }]
    ));
}

#[tokio::test]
async fn only_administrators_open_sessions_and_only_for_those_who_log_in() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    assert!(
        world
            .domain
            .open_session(&alice, open("alice", Platform::Web, 1))
            .await
            .is_err()
    );
    let admin = world.administrator().await;
    assert!(
        world
            .domain
            .open_session(&admin, open("alice", Platform::Admin, 1))
            .await
            .is_err()
    );
    assert!(
        world
            .domain
            .open_session(&admin, open("nobody", Platform::Web, 1))
            .await
            .is_err()
    );
}
