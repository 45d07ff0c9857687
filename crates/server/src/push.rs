//! The push services that are configured, and the workers that carry pushes out.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use domain::Domain;
use domain::follow::Follower;
use domain::ports::PushSender;
use domain::push::PushFollower;
use domain::time::Clock;
use providers::push::{
    Apns, ApnsSettings, Fcm, FcmSettings, Pusher, VapidKey, WebPush, WebPushSettings,
};
use tokio_util::sync::CancellationToken;

use crate::config::Push;
use crate::node::describe;

/// Each carries out one round of pushes after the other; a round that a slow service holds up does not hold up the
/// others.
pub(crate) const WORKERS: usize = 4;

/// How often a worker looks for what other nodes have promised, and for what is to be tried again.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// `None` if no service is configured: then nothing is pushed.
pub(crate) fn open_sender(
    config: &Push,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Arc<dyn PushSender>>> {
    let apns = config.apns.as_ref().map(|apns| {
        let settings = ApnsSettings::new(
            apns.key.reveal().to_owned(),
            apns.key_id.clone(),
            apns.team_id.clone(),
            apns.topic.clone(),
        );
        Apns::new(settings, clock.clone()).context("push.apns_key")
    });
    let fcm = config.fcm_service_account.as_ref().map(|account| {
        let settings = FcmSettings::new(account.reveal().to_owned());
        Fcm::new(settings, clock.clone()).context("push.fcm_service_account")
    });
    let web_push = config.vapid_private_key.as_ref().map(|key| {
        let settings = WebPushSettings {
            key: VapidKey::read(key.reveal()).context("push.vapid_private_key")?,
            subject: config.vapid_subject.clone(),
            allow_internal: config.web_push_internal,
        };
        WebPush::new(settings, clock.clone()).context("push.vapid_private_key")
    });
    let pusher = Pusher::new(apns.transpose()?, fcm.transpose()?, web_push.transpose()?);
    Ok(pusher.map(|pusher| Arc::new(pusher) as Arc<dyn PushSender>))
}

/// Where nothing is pushed the follower's cursor is given up, so that pushing begins with what is said after it is
/// switched on, and not with everything since.
pub(crate) async fn prepare(domain: &Domain) -> Result<()> {
    if !domain.is_pushing() {
        domain
            .remove_follower(PushFollower.name())
            .await
            .map_err(describe)?;
    }
    Ok(())
}

/// Carries out what is due until `stop`. What is on its way then is tried again by the next process, when its lease
/// ends.
pub(crate) async fn work(domain: Arc<Domain>, stop: CancellationToken) {
    loop {
        let wait = tokio::time::timeout(LOOK_EVERY, domain.push_promised());
        if stop.run_until_cancelled(wait).await.is_none() {
            return;
        }
        loop {
            let Some(round) = stop.run_until_cancelled(domain.run_due_pushes()).await else {
                return;
            };
            match round {
                Ok(outcome) if outcome.done + outcome.failed == 0 => break,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "pushes could not be carried out");
                    break;
                }
            }
        }
    }
}
