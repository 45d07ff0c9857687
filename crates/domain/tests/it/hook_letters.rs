//! Letters to the application's server: delivered at least once, in their order, whatever that server does.

use domain::follow::Follower;
use domain::hooks::{Hook, HookFollower, Letter};
use domain::ports::Delivered;
use domain::relations::RequestFriend;
use testkit::World;

use crate::hooks::{HOUR, Scripted, Stage};

#[tokio::test]
async fn letters_wait_for_a_server_that_is_away_and_come_in_order() {
    let stage = Stage::new(Scripted::new([Hook::AfterSendSingleMsg], &[])).await;
    stage
        .hooks
        .deliver_by(|_| Delivered::Unreachable("away".into()));
    for n in 0..20 {
        stage
            .world
            .say(&stage.alice, &stage.bob, &format!("b{n:02}"))
            .await
            .unwrap();
        stage
            .world
            .say(&stage.alice, &stage.carol, &format!("c{n:02}"))
            .await
            .unwrap();
    }
    for _ in 0..3 {
        assert!(stage.step().await.is_err());
    }
    let tried = stage.hooks.take_tried();
    assert!(
        tried.len() <= 6,
        "the first of each lane, not everything: {}",
        tried.len()
    );

    // Another process takes over.
    stage.hooks.deliver_by(|_| Delivered::Done);
    let follower = HookFollower::new(HOUR);
    follower.step(&stage.world.domain, "test").await.unwrap();
    let told = stage.hooks.take_tried();
    assert_eq!(told.len(), 40);
    for lane in ["b", "c"] {
        let of_lane = told
            .iter()
            .filter(|letter| letter.body.contains(&format!(":\"{lane}")));
        let bodies: Vec<_> = of_lane.map(|letter| letter.body.clone()).collect();
        let expected: Vec<_> = (0..20)
            .map(|n| format!(r#"{{"content":"{lane}{n:02}"}}"#))
            .collect();
        assert_eq!(bodies, expected);
    }
    follower.step(&stage.world.domain, "test").await.unwrap();
    assert_eq!(stage.hooks.take_tried(), [], "told once");
}

#[tokio::test]
async fn a_batch_that_failed_in_part_is_not_told_again_as_a_whole() {
    let stage = Stage::new(Scripted::new([Hook::AfterSendSingleMsg], &[])).await;
    let is_late = |letter: &Letter| letter.body.contains("late");
    stage.hooks.deliver_by(move |letter| match is_late(letter) {
        true => Delivered::Unreachable("away".into()),
        false => Delivered::Done,
    });
    for text in ["one", "two", "late"] {
        stage
            .world
            .say(&stage.alice, &stage.bob, text)
            .await
            .unwrap();
    }
    assert!(stage.step().await.is_err());
    stage.hooks.take_tried();
    stage.hooks.deliver_by(|_| Delivered::Done);
    stage.step().await.unwrap();
    let told = stage.hooks.take_tried();
    assert_eq!(told.len(), 1);
    assert!(is_late(&told[0]));
}

#[tokio::test]
async fn a_poisonous_letter_is_set_aside_and_replayed() {
    let stage = Stage::new(Scripted::new([Hook::AfterSendSingleMsg], &[])).await;
    let admin = stage.world.administrator().await;
    let domain = &stage.world.domain;
    stage
        .hooks
        .deliver_by(|letter| match letter.body.contains("poison") {
            true => Delivered::AnsweredWrongly("HTTP 500".into()),
            false => Delivered::Done,
        });
    for text in ["one", "poison", "three"] {
        stage
            .world
            .say(&stage.alice, &stage.bob, text)
            .await
            .unwrap();
    }
    stage.step().await.unwrap();
    assert_eq!(stage.hooks.take_tried().len(), 3, "the rest is not held up");
    assert!(domain.dead_letters(&admin).await.unwrap().is_empty());
    let mut attempts = 0;
    while domain.dead_letters(&admin).await.unwrap().is_empty() {
        stage.world.clock.advance(5 * 60_000);
        domain.deliver_postponed(100 * HOUR).await.unwrap();
        attempts += stage.hooks.take_tried().len();
        assert!(attempts < 20, "it is never set aside");
    }
    assert_eq!(attempts, 8);
    let dead = domain.dead_letters(&admin).await.unwrap();
    assert_eq!((dead.len(), &dead[0].error[..]), (1, "HTTP 500"));
    assert!(domain.dead_letters(&stage.bob).await.is_err());

    stage.hooks.deliver_by(|_| Delivered::Done);
    assert!(domain.replay_letters(&stage.bob, &[]).await.is_err());
    let unknown = [domain::ids::JobKey(dead[0].job.0 + 1000)];
    assert!(domain.replay_letters(&admin, &unknown).await.is_err());
    assert_eq!(domain.replay_letters(&admin, &[]).await.unwrap(), 1);
    assert_eq!(domain.deliver_postponed(100 * HOUR).await.unwrap().done, 1);
    let told = stage.hooks.take_tried();
    assert_eq!((told.len(), &told[0]), (1, &dead[0].letter));
    assert!(domain.dead_letters(&admin).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_ill_server_does_not_turn_the_log_into_jobs() {
    let stage = Stage::new(Scripted::new([Hook::AfterSendSingleMsg], &[])).await;
    stage
        .hooks
        .deliver_by(|_| Delivered::AnsweredWrongly("HTTP 502".into()));
    for n in 0..60 {
        let peer = stage.world.person(&format!("peer{n}")).await;
        stage.world.say(&stage.alice, &peer, "hello").await.unwrap();
    }
    for _ in 0..5 {
        assert!(stage.step().await.is_err());
    }
    stage.hooks.deliver_by(|_| Delivered::Done);
    stage.hooks.take_tried();
    stage.step().await.unwrap();
    let told = stage.hooks.take_tried().len();
    stage.world.clock.advance(2_000);
    let postponed = stage
        .world
        .domain
        .deliver_postponed(HOUR)
        .await
        .unwrap()
        .done;
    assert_eq!(told + postponed, 60, "nothing is lost");
    assert_eq!(postponed, 10, "and only so many became jobs");
}

#[tokio::test]
async fn what_is_too_old_is_not_told_any_more() {
    let stage = Stage::new(Scripted::new(
        [Hook::AfterSendSingleMsg, Hook::AfterAddFriend],
        &[],
    ))
    .await;
    let (alice, bob) = (&stage.alice, &stage.bob);
    stage.world.say(alice, bob, "old").await.unwrap();
    let request = RequestFriend {
        from: alice.user_id.clone(),
        to: bob.user_id.clone(),
        message: String::new(),
        ex: String::new(),
    };
    stage
        .world
        .domain
        .request_friend(alice, request)
        .await
        .unwrap();
    stage.world.clock.advance(HOUR + 1);
    stage.world.say(alice, bob, "new").await.unwrap();
    stage.step().await.unwrap();
    let told = stage.hooks.take_tried();
    assert_eq!(told.len(), 1);
    assert!(told[0].body.contains("new"));
}

#[tokio::test]
async fn connections_are_told_of() {
    use domain::hooks::{Connected, ConnectionReporter};
    use domain::ports::ConnectionWatch;

    let stage = Stage::listening().await;
    let (reporter, reports) = ConnectionReporter::new(&stage.world.domain).unwrap();
    let connected = Connected {
        user_id: stage.alice.user_id.clone(),
        platform: domain::sessions::Platform::Ios,
        connection: 7,
        is_background: false,
    };
    reporter.came(connected.clone());
    reporter.kicked(connected.clone());
    reporter.left(connected);
    drop(reporter);
    reports.write(&stage.world.domain).await;
    stage.step().await.unwrap();
    let told: Vec<_> = stage
        .hooks
        .take_tried()
        .iter()
        .map(|letter| letter.hook)
        .collect();
    assert_eq!(
        told,
        [
            Hook::AfterUserOnline,
            Hook::AfterUserKickOff,
            Hook::AfterUserOffline
        ]
    );

    let quiet = World::new().await;
    assert!(ConnectionReporter::new(&quiet.domain).is_none());
}
