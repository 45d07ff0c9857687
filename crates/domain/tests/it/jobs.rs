//! Housekeeping, driven by hand.

use domain::jobs::{JobOutcome, Work};
use domain::sessions::{OpenSession, Platform};
use testkit::{BEGIN, World};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What one round does when everything is due.
const ALL: JobOutcome = JobOutcome {
    done: Work::REPEATING.len(),
    failed: 0,
};

#[tokio::test]
async fn housekeeping_repeats_and_removes_what_is_old() {
    let world = World::new().await;
    let (admin, alice) = (world.administrator().await, world.person("alice").await);
    let session = OpenSession {
        user_id: alice.user_id.clone(),
        platform: Platform::Web,
        digest: [1; 32],
        expires_at: BEGIN + 1000,
    };
    world.domain.open_session(&admin, session).await.unwrap();
    for _ in 0..2 {
        world.domain.schedule_housekeeping().await.unwrap();
    }
    assert_eq!(world.domain.run_due_jobs().await.unwrap(), ALL);
    assert_eq!(
        world.domain.run_due_jobs().await.unwrap(),
        JobOutcome::default()
    );
    world.clock.advance(8 * DAY_MS);
    assert_eq!(world.domain.run_due_jobs().await.unwrap(), ALL);
    assert!(world.domain.dead_jobs(&admin).await.unwrap().is_empty());
    assert!(world.domain.dead_jobs(&alice).await.is_err());
}
