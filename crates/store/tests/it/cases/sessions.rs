//! Login sessions.

use domain::ids::{AccountKey, SessionKey};
use domain::ports::NewSession;
use domain::sessions::{Platform, Platforms, SessionState};

use crate::world::World;

fn session(account: AccountKey, platform: Platform, digest: u8, created_at: i64) -> NewSession {
    NewSession {
        account,
        platform,
        digest: [digest; 32],
        created_at,
        expires_at: 5_000,
    }
}

pub(crate) async fn sessions_end_when_they_are_kicked_or_expire(world: &World) {
    let (alice, bob) = (world.account("alice").await, world.account("bob").await);
    let mut tx = world.begin().await;
    let web = tx
        .insert_session(&session(alice, Platform::Web, 1, 30))
        .await
        .unwrap();
    let ios = tx
        .insert_session(&session(alice, Platform::Ios, 2, 10))
        .await
        .unwrap();
    let other_web = tx
        .insert_session(&session(alice, Platform::Web, 3, 20))
        .await
        .unwrap();
    let bobs = tx
        .insert_session(&session(bob, Platform::Web, 4, 20))
        .await
        .unwrap();
    let kicked = tx
        .kick_sessions(
            alice,
            Platforms::of([Platform::Web, Platform::Mac]),
            Some(web),
        )
        .await
        .unwrap();
    assert_eq!(kicked, 1);
    tx.commit().await.unwrap();

    let states = async |account, now| -> Vec<(SessionKey, SessionState)> {
        let sessions = world.view().await.sessions(account, now).await.unwrap();
        sessions
            .into_iter()
            .map(|session| (session.key, session.state))
            .collect()
    };
    let (live, dead) = (SessionState::Live, SessionState::Kicked);
    assert_eq!(
        states(alice, 1_000).await,
        [(ios, live), (other_web, dead), (web, live)],
        "oldest first"
    );
    assert_eq!(states(bob, 1_000).await, [(bobs, live)]);
    let found = world
        .view()
        .await
        .sessions(alice, 1_000)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(
        (found.account, found.platform, found.digest),
        (alice, Platform::Ios, [2; 32])
    );
    assert_eq!((found.created_at, found.expires_at), (10, 5_000));

    let mut tx = world.begin().await;
    assert_eq!(
        tx.kick_sessions(alice, Platforms::of(Platform::ALL), None)
            .await
            .unwrap(),
        2,
        "those that lived"
    );
    tx.kick_sessions_by_key(&[bobs, SessionKey(9_999)])
        .await
        .unwrap();
    tx.kick_sessions_by_key(&[]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        states(alice, 1_000).await,
        [(ios, dead), (other_web, dead), (web, dead)]
    );
    assert_eq!(states(bob, 4_999).await, [(bobs, dead)]);
    assert_eq!(states(bob, 5_000).await, [], "expired");

    let mut tx = world.begin().await;
    assert_eq!(
        tx.delete_expired_sessions(5_000, 10).await.unwrap(),
        0,
        "not yet before"
    );
    assert_eq!(
        tx.delete_expired_sessions(5_001, 3).await.unwrap(),
        3,
        "within the limit"
    );
    assert_eq!(tx.delete_expired_sessions(5_001, 10).await.unwrap(), 1);
    let next = tx
        .insert_session(&session(alice, Platform::Web, 1, 30))
        .await
        .unwrap();
    assert!(next > bobs, "a key is never given out twice");
    tx.commit().await.unwrap();
}

pub(crate) async fn a_digest_is_stored_once(world: &World) {
    let alice = world.account("alice").await;
    let mut tx = world.begin().await;
    tx.insert_session(&session(alice, Platform::Web, 1, 30))
        .await
        .unwrap();
    assert!(
        tx.insert_session(&session(alice, Platform::Ios, 1, 30))
            .await
            .is_err()
    );
    drop(tx);
    assert_eq!(world.view().await.sessions(alice, 0).await.unwrap(), []);
}
