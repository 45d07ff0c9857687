//! Every "may X do Y to Z", and nothing else: pure functions over a caller and loaded facts. Surfaces prove who
//! asks; only this file decides. What a caller may not see is answered "not found" by the operation, not here.

use crate::accounts::{Account, Receive};
use crate::caller::{Caller, Role};
use crate::conversations::Conversation;
use crate::error::{Error, Reason, Result};
use crate::ids::UserId;

/// Administration: registering people, sending as anybody, ending sessions, reading everything.
pub fn may_administer(caller: &Caller) -> Result<()> {
    match caller.role {
        Role::Administrator => Ok(()),
        Role::User => Err(Error::Denied(Reason::NotAdministrator)),
    }
}

/// Reading and changing what belongs to `owner`, and sending in their name: themselves or an administrator.
pub fn may_act_for(caller: &Caller, owner: &UserId) -> Result<()> {
    match caller.role {
        Role::Administrator => Ok(()),
        Role::User if caller.user_id == *owner => Ok(()),
        Role::User => Err(Error::Denied(Reason::NotOwner)),
    }
}

/// Logging in as this account: people and robots' owners do, notification accounts never.
pub fn may_log_in(account: &Account) -> Result<()> {
    if account.kind.logs_in() {
        Ok(())
    } else {
        Err(Error::Denied(Reason::NoLogin))
    }
}

/// Writing as the system: content types that devices obey, and the sender of a notification chat.
pub fn may_speak_as_system(caller: &Caller, sender: &Account) -> Result<()> {
    may_administer(caller)?;
    if sender.kind.logs_in() && sender.kind != crate::accounts::AccountKind::Administrator {
        return Err(Error::Denied(Reason::NotNotificationAccount));
    }
    Ok(())
}

/// What becomes of a message that may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Normal,
    /// Devices that are offline stay silent.
    Silent,
    /// The recipient takes no messages; the sender is not told.
    Swallowed,
}

/// Writing to a person. `chat` is `None` before the first message. An administrator always gets through.
pub fn may_write_to(
    caller: &Caller,
    recipient: &Account,
    chat: Option<&Conversation>,
) -> Result<Delivery> {
    if caller.role == Role::Administrator {
        return Ok(Delivery::Normal);
    }
    let here = chat
        .and_then(|chat| chat.side(recipient.key))
        .map_or(Receive::Notify, |side| side.receive);
    // The conversation's setting narrows the account's, never widens it.
    Ok(match (recipient.receive, here) {
        _ if recipient.key == caller.account => Delivery::Normal,
        (Receive::Nothing, _) | (_, Receive::Nothing) => Delivery::Swallowed,
        (Receive::Silently, _) | (_, Receive::Silently) => Delivery::Silent,
        (Receive::Notify, Receive::Notify) => Delivery::Normal,
    })
}

/// Taking back a message: who sent it, or an administrator.
pub fn may_recall(caller: &Caller, owner: &UserId, sender: &UserId) -> Result<()> {
    may_act_for(caller, owner)?;
    if caller.role == Role::Administrator || owner == sender {
        return Ok(());
    }
    Err(Error::Denied(Reason::NotOwner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::AccountKind;
    use crate::conversations::{ConversationKind, Side};
    use crate::ids::{AccountKey, ConversationId, ConversationKey};
    use crate::sessions::Platform;

    fn account(key: i64, name: &str, kind: AccountKind, receive: Receive) -> Account {
        Account {
            key: AccountKey(key),
            user_id: UserId::new(name).expect("valid"),
            nickname: String::new(),
            face_url: String::new(),
            ex: String::new(),
            kind,
            staff: None,
            receive,
            created_at: 0,
            policy: 0,
        }
    }

    fn caller(account: &Account, role: Role) -> Caller {
        Caller {
            account: account.key,
            user_id: account.user_id.clone(),
            role,
            session: None,
            platform: Platform::Linux,
        }
    }

    fn chat(low: &Account, high: &Account, high_receives: Receive) -> Conversation {
        let side = |account: &Account, receive| Side {
            account: account.key,
            user_id: account.user_id.clone(),
            receive,
            read_seq: 0,
            sent_seq: 0,
        };
        Conversation {
            key: ConversationKey(1),
            id: ConversationId::direct(&low.user_id, &high.user_id),
            kind: ConversationKind::Direct,
            low: side(low, Receive::Nothing),
            high: side(high, high_receives),
            notice: None,
            policy: 0,
            max_seq: 0,
            min_seq: 0,
            last_time: 0,
        }
    }

    #[test]
    fn people_act_for_themselves_and_administrators_for_anybody() {
        let alice = account(1, "alice", AccountKind::User, Receive::Notify);
        let bob = account(2, "bob", AccountKind::User, Receive::Notify);
        let user = caller(&alice, Role::User);
        assert!(may_act_for(&user, &alice.user_id).is_ok());
        assert!(may_act_for(&user, &bob.user_id).is_err());
        assert!(may_administer(&user).is_err());
        let admin = caller(&alice, Role::Administrator);
        assert!(may_act_for(&admin, &bob.user_id).is_ok());
        assert!(may_administer(&admin).is_ok());
    }

    #[test]
    fn the_stricter_of_account_and_conversation_decides_how_a_message_is_taken() {
        use Receive::{Nothing, Notify, Silently};
        let alice = account(1, "alice", AccountKind::User, Notify);
        let user = caller(&alice, Role::User);
        for (own, here, expected) in [
            (Notify, Notify, Delivery::Normal),
            (Notify, Silently, Delivery::Silent),
            (Silently, Notify, Delivery::Silent),
            (Silently, Nothing, Delivery::Swallowed),
            (Nothing, Notify, Delivery::Swallowed),
        ] {
            let bob = account(2, "bob", AccountKind::User, own);
            let chat = chat(&alice, &bob, here);
            assert_eq!(
                may_write_to(&user, &bob, Some(&chat)).expect("allowed"),
                expected,
                "{own:?} {here:?}"
            );
            let admin = caller(&alice, Role::Administrator);
            assert_eq!(
                may_write_to(&admin, &bob, Some(&chat)).expect("allowed"),
                Delivery::Normal
            );
        }
    }

    #[test]
    fn the_senders_own_settings_do_not_stop_what_they_send() {
        let alice = account(1, "alice", AccountKind::User, Receive::Nothing);
        let bob = account(2, "bob", AccountKind::User, Receive::Notify);
        let chat = chat(&alice, &bob, Receive::Notify);
        let user = caller(&alice, Role::User);
        assert_eq!(
            may_write_to(&user, &bob, Some(&chat)).expect("allowed"),
            Delivery::Normal
        );
        assert_eq!(
            may_write_to(&user, &alice, None).expect("allowed"),
            Delivery::Normal
        );
    }

    #[test]
    fn only_the_sender_or_an_administrator_recalls() {
        let alice = account(1, "alice", AccountKind::User, Receive::Notify);
        let bob = account(2, "bob", AccountKind::User, Receive::Notify);
        let user = caller(&alice, Role::User);
        assert!(may_recall(&user, &alice.user_id, &alice.user_id).is_ok());
        assert!(may_recall(&user, &alice.user_id, &bob.user_id).is_err());
        assert!(may_recall(&user, &bob.user_id, &bob.user_id).is_err());
        assert!(
            may_recall(
                &caller(&alice, Role::Administrator),
                &alice.user_id,
                &bob.user_id
            )
            .is_ok()
        );
    }

    #[test]
    fn notification_accounts_speak_but_do_not_log_in() {
        let news = account(3, "news", AccountKind::Notification, Receive::Notify);
        let alice = account(1, "alice", AccountKind::User, Receive::Notify);
        let admin = caller(&alice, Role::Administrator);
        assert!(may_log_in(&news).is_err());
        assert!(may_speak_as_system(&admin, &news).is_ok());
        assert!(may_speak_as_system(&admin, &alice).is_err());
        assert!(may_speak_as_system(&caller(&news, Role::User), &news).is_err());
    }
}
