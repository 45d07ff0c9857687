//! The closed loops against a server that is right, and against one that is wrong in one way.

use super::fake::{Fake, Fault};
use load::openim::{OpenImSpeech, dial_target, user_id};
use load::pairs::Pair;
use load::process::Meter;
use load::socket::{Socket, dial};
use load::talk::Plan;
use load::{fanout, pairs};
use std::time::Duration;

const PLAN: Plan = Plan {
    warm_up: Duration::ZERO,
    measure: Duration::from_millis(300),
    drain_max: Duration::from_millis(700),
};

fn meter() -> Meter {
    Meter(vec![std::process::id()])
}

async fn connect(fake: &Fake, user: u32, gzip: bool) -> Socket {
    let target = dial_target(&user_id(user), "token", gzip);
    dial(fake.address, &target, None).await.unwrap()
}

async fn talk(fault: Fault, gzip: bool) -> anyhow::Result<pairs::Outcome> {
    let fake = Fake::start(fault).await;
    let mut pairs = Vec::new();
    for users in [[0, 1], [2, 3]] {
        pairs.push(Pair {
            users,
            sockets: [
                connect(&fake, users[0], gzip).await,
                connect(&fake, users[1], gzip).await,
            ],
            speech: OpenImSpeech::new(users, 200, gzip)?,
        });
    }
    pairs::run(pairs, PLAN, meter()).await
}

async fn error(fault: Fault) -> String {
    let error = talk(fault, false).await.unwrap_err();
    format!("{error:#}")
}

#[tokio::test]
async fn pairs_talk_to_a_server_that_is_right() {
    for gzip in [false, true] {
        let outcome = talk(Fault::None, gzip).await.unwrap();
        assert!(outcome.messages > 10, "{outcome:?}");
        assert!(
            outcome.ack.samples as u64 >= outcome.messages,
            "{outcome:?}"
        );
        assert!(outcome.delivery.max_us > 0, "{outcome:?}");
    }
}

#[tokio::test]
async fn a_message_that_comes_twice_fails_the_run() {
    let error = error(Fault::Twice).await;
    assert!(error.contains("out of order"), "{error}");
}

#[tokio::test]
async fn a_message_that_is_lost_fails_the_run() {
    let error = error(Fault::Lost).await;
    assert!(error.contains("missing"), "{error}");
}

#[tokio::test]
async fn a_seq_that_is_left_out_fails_the_run() {
    let error = error(Fault::Gap).await;
    assert!(error.contains("the seqs are not"), "{error}");
}

#[tokio::test]
async fn a_refusal_fails_the_run() {
    let error = error(Fault::Refused).await;
    assert!(error.contains("1302 BlockedByPeer"), "{error}");
}

async fn fan_out(fault: Fault, under_way: u32) -> anyhow::Result<fanout::Outcome> {
    let fake = Fake::start(fault).await;
    let mut receivers = Vec::new();
    for _ in 0..7 {
        receivers.push(connect(&fake, 1, true).await);
    }
    let sender = connect(&fake, 0, true).await;
    let speech = OpenImSpeech::new([0, 1], 200, true)?;
    fanout::run(0, sender, receivers, speech, under_way, PLAN, meter()).await
}

#[tokio::test]
async fn a_message_reaches_every_connection() {
    for under_way in [1, 5] {
        let outcome = fan_out(Fault::None, under_way).await.unwrap();
        assert_eq!(outcome.receivers, 7);
        assert!(outcome.messages > 10, "{outcome:?}");
        assert!(outcome.last_delivery.p50_us > 0, "{outcome:?}");
    }
}

#[tokio::test]
async fn fan_out_finds_the_same_faults() {
    let error = fan_out(Fault::Twice, 1).await.unwrap_err();
    assert!(format!("{error:#}").contains("came after"), "{error:#}");
    let error = fan_out(Fault::Lost, 1).await.unwrap_err();
    assert!(format!("{error:#}").contains("missing"), "{error:#}");
}
