//! The job queue.

use domain::jobs::{Job, NewJob, Work};

use crate::world::World;

const WORK: Work = Work::PruneOutbox;

async fn insert(world: &World, due_at: i64, unique: Option<&str>) -> bool {
    let mut tx = world.begin().await;
    let job = NewJob {
        work: WORK,
        due_at,
        unique: unique.map(Into::into),
        payload: None,
    };
    let added = tx.insert_job(&job).await.unwrap();
    tx.commit().await.unwrap();
    added
}

async fn claim(world: &World, now: i64, rows_max: usize) -> Vec<Job> {
    let mut tx = world.begin().await;
    let jobs = tx
        .claim_jobs(&[WORK], now, now + 100, rows_max)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    jobs
}

pub(crate) async fn a_due_job_is_claimed_once_until_its_lease_ends(world: &World) {
    for due_at in [30, 10, 20] {
        assert!(insert(world, due_at, None).await);
    }
    assert_eq!(claim(world, 9, 10).await, [], "not due");
    let first = claim(world, 25, 1).await;
    assert_eq!(
        (
            first.len(),
            first[0].attempts,
            first[0].work,
            &first[0].error
        ),
        (1, 1, WORK, &None)
    );
    let second = claim(world, 25, 10).await;
    assert_eq!(second.len(), 1, "the third is not due, the first is leased");
    assert!(second[0].key != first[0].key);
    assert_eq!(claim(world, 124, 10).await.len(), 1, "the third");
    let again = claim(world, 125, 10).await;
    assert_eq!(
        again
            .iter()
            .map(|job| (job.key, job.attempts))
            .collect::<Vec<_>>(),
        [(first[0].key, 2), (second[0].key, 2)]
    );
}

pub(crate) async fn a_failed_job_is_tried_again_later(world: &World) {
    insert(world, 10, None).await;
    let job = claim(world, 10, 1).await.remove(0);
    let mut tx = world.begin().await;
    tx.retry_job(job.key, 50, "it rained").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claim(world, 49, 1).await, []);
    let again = claim(world, 50, 1).await.remove(0);
    assert_eq!(
        (again.key, again.attempts, again.error.as_deref()),
        (job.key, 2, Some("it rained"))
    );
}

pub(crate) async fn a_buried_job_waits_to_be_revived(world: &World) {
    insert(world, 10, None).await;
    insert(world, 10, None).await;
    let jobs = claim(world, 10, 2).await;
    let mut tx = world.begin().await;
    for job in &jobs {
        tx.bury_job(job.key, "given up").await.unwrap();
    }
    assert!(!tx.revive_job(domain::ids::JobKey(9_999), 60).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(claim(world, 10_000, 10).await, []);
    let dead = world.view().await.dead_jobs(10).await.unwrap();
    assert_eq!(
        dead.iter().map(|job| job.key).collect::<Vec<_>>(),
        [jobs[1].key, jobs[0].key],
        "newest first"
    );
    assert_eq!(dead[0].error.as_deref(), Some("given up"));
    assert_eq!(world.view().await.dead_jobs(1).await.unwrap().len(), 1);

    let mut tx = world.begin().await;
    assert!(tx.revive_job(jobs[0].key, 60).await.unwrap());
    assert!(
        !tx.revive_job(jobs[0].key, 60).await.unwrap(),
        "it lives already"
    );
    tx.commit().await.unwrap();
    assert_eq!(claim(world, 59, 10).await, []);
    let revived = claim(world, 60, 10).await;
    assert_eq!(
        (revived.len(), revived[0].key, revived[0].attempts),
        (1, jobs[0].key, 1),
        "it starts anew"
    );
}

pub(crate) async fn a_unique_job_is_added_once(world: &World) {
    assert!(insert(world, 10, Some("nightly")).await);
    assert!(!insert(world, 20, Some("nightly")).await);
    assert!(insert(world, 20, Some("hourly")).await);
    let job = claim(world, 10, 1).await.remove(0);
    assert!(
        !insert(world, 20, Some("nightly")).await,
        "it stands while it is being done"
    );
    let mut tx = world.begin().await;
    tx.finish_job(job.key).await.unwrap();
    tx.commit().await.unwrap();
    assert!(insert(world, 20, Some("nightly")).await);
}

pub(crate) async fn a_finished_job_is_gone(world: &World) {
    insert(world, 10, None).await;
    let job = claim(world, 10, 1).await.remove(0);
    let mut tx = world.begin().await;
    tx.finish_job(job.key).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claim(world, 10_000, 1).await, []);
    insert(world, 10, None).await;
    assert!(
        claim(world, 10_000, 1).await[0].key > job.key,
        "a key is never given out twice"
    );
}

pub(crate) async fn jobs_are_claimed_by_kind_and_keep_what_they_are_done_on(world: &World) {
    insert(world, 10, None).await;
    let mut tx = world.begin().await;
    let push = NewJob {
        work: Work::SendPush,
        due_at: 10,
        unique: None,
        payload: Some("to whom".into()),
    };
    tx.insert_job(&push).await.unwrap();
    tx.commit().await.unwrap();
    let claimed = claim(world, 10, 10).await;
    assert_eq!(
        (claimed.len(), claimed[0].work, &claimed[0].payload),
        (1, WORK, &None)
    );
    let mut tx = world.begin().await;
    let pushes = tx.claim_jobs(&[Work::SendPush], 10, 110, 10).await.unwrap();
    assert_eq!(pushes.len(), 1);
    assert_eq!(pushes[0].payload.as_deref(), Some("to whom"));
    tx.narrow_job(pushes[0].key, "to the rest").await.unwrap();
    tx.retry_job(pushes[0].key, 20, "not all").await.unwrap();
    assert_eq!(tx.claim_jobs(&[], 20, 120, 10).await.unwrap(), []);
    let all = tx.claim_jobs(&Work::ALL, 20, 120, 10).await.unwrap();
    let payloads: Vec<_> = all.iter().map(|job| job.payload.as_deref()).collect();
    assert_eq!(payloads, [Some("to the rest")]);
    tx.bury_job(pushes[0].key, "given up").await.unwrap();
    tx.commit().await.unwrap();
    let dead = world.view().await.dead_jobs(10).await.unwrap();
    assert_eq!(dead[0].payload.as_deref(), Some("to the rest"));
}
