//! The number on the application's icon. It is what the account has not read, in chats that are not silent. An
//! application that counts otherwise says what its badge shows (`set_app_badge`); from then on what is unread since is
//! added to that, and what is read since is taken away. So the number is right without being counted at every push.

use std::collections::HashMap;

use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::ids::{AccountKey, UserId};
use crate::ports::View;
use crate::{Domain, gate};

/// What an application said that its badge shows, and how many messages were unread then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Badge {
    pub base: i64,
    pub unread_at: i64,
}

impl Domain {
    /// Takes what the badge of the account's application shows.
    pub async fn set_app_badge(&self, caller: &Caller, owner: &UserId, shown: i64) -> Result<()> {
        gate::may_act_for(caller, owner)?;
        if !(0..=i64::from(i32::MAX)).contains(&shown) {
            return Err(Error::invalid("appUnreadCount", "must not be negative"));
        }
        let account = self.account(owner).await?.key;
        let mut tx = self.store.begin().await?;
        let unread_at = tx
            .unread_totals(&[account])
            .await?
            .first()
            .map_or(0, |(_, unread)| *unread);
        let badge = Badge {
            base: shown,
            unread_at,
        };
        tx.put_badge(account, badge).await?;
        self.commit(tx).await
    }
}

/// What the badges of these accounts are to show.
pub(super) async fn badges(
    view: &mut dyn View,
    accounts: &[AccountKey],
) -> Result<HashMap<AccountKey, u32>> {
    if accounts.is_empty() {
        return Ok(HashMap::new());
    }
    let unread: HashMap<_, _> = view.unread_totals(accounts).await?.into_iter().collect();
    let said: HashMap<_, _> = view.badges(accounts).await?.into_iter().collect();
    Ok(accounts
        .iter()
        .map(|account| {
            let unread = unread.get(account).copied().unwrap_or(0);
            (*account, shown(unread, said.get(account).copied()))
        })
        .collect())
}

fn shown(unread: i64, said: Option<Badge>) -> u32 {
    let count = match said {
        None => unread,
        // While anything is unread the badge is not empty, whatever was read since on other devices.
        Some(badge) => (badge.base + unread - badge.unread_at).max(unread.min(1)),
    };
    u32::try_from(count.max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_badge_is_what_is_unread_or_what_was_said_and_what_changed_since() {
        let said = |base, unread_at| Some(Badge { base, unread_at });
        for (unread, badge, expected) in [
            (0, None, 0),
            (5, None, 5),
            // The application cleared its badge although five are unread: only what came since counts.
            (5, said(0, 5), 1),
            (7, said(0, 5), 2),
            // It counts three things of its own besides.
            (6, said(8, 5), 9),
            // Two of five were read on another device, then one came.
            (4, said(5, 5), 4),
            // Everything was read elsewhere, then one came.
            (1, said(0, 5), 1),
            (0, said(0, 5), 0),
            (0, said(2, 5), 0),
        ] {
            assert_eq!(shown(unread, badge), expected, "{unread} {badge:?}");
        }
    }
}
