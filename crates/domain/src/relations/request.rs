//! Becoming friends: asking, answering, and what waits for an answer.

use super::{FriendRequest, FriendRequestFilter, FriendSource, Verdict, notices};
use crate::accounts::Account;
use crate::caller::Caller;
use crate::error::{Error, Kind, Reason, Result};
use crate::event::Happening;
use crate::hooks::{Hook, Question, Report};
use crate::ids::UserId;
use crate::messages::content_type;
use crate::messages::told::{InChat, Told};
use crate::ports::{NewFriend, Page, Tx};
use crate::sync::{Change, List};
use crate::time::Millis;
use crate::{Domain, gate, limits};

#[derive(Clone, Debug)]
pub struct RequestFriend {
    pub from: UserId,
    pub to: UserId,
    pub message: String,
    pub ex: String,
}

#[derive(Clone, Debug)]
pub struct AnswerFriendRequest {
    pub from: UserId,
    /// Who was asked, and answers.
    pub to: UserId,
    pub accept: bool,
    pub message: String,
}

/// A page of requests, and the number of all.
#[derive(Clone, Debug)]
pub struct FriendRequestPage {
    pub total: u64,
    pub requests: Vec<FriendRequest>,
}

impl Domain {
    /// Asks somebody to become friends. Asking again opens the request anew; asking a friend who has removed one
    /// from their list is possible, asking one who has not is a conflict.
    pub async fn request_friend(&self, caller: &Caller, command: RequestFriend) -> Result<()> {
        gate::may_act_for(caller, &command.from)?;
        if command.from == command.to {
            return Err(Error::invalid("toUserID", "is oneself"));
        }
        check_text("reqMsg", &command.message)?;
        check_text("ex", &command.ex)?;
        self.ask(Hook::BeforeAddFriend, Question::RequestFriend(&command))
            .await?;
        let from = self.account(&command.from).await?;
        let to = self.account(&command.to).await?;
        let told_of = command.clone();
        let mut tx = self.store.begin().await?;
        let relation = tx.relation(from.key, to.key).await?;
        if relation.a_lists_b && relation.b_lists_a {
            return Err(Error::Conflict(Reason::AlreadyFriends));
        }
        let request = FriendRequest {
            from: Account::clone(&from),
            to: Account::clone(&to),
            verdict: Verdict::Open,
            message: command.message,
            ex: command.ex,
            created_at: self.clock.now(),
            handler: String::new(),
            handle_message: String::new(),
            handled_at: 0,
        };
        tx.put_friend_request(&request).await?;
        let report = Report::FriendRequested(&told_of);
        self.report(&mut *tx, Hook::AfterAddFriend, report).await?;
        let told = Told {
            happening: Happening::FriendRequested {
                from: command.from,
                to: command.to,
            },
            content_type: content_type::FRIEND_REQUESTED,
            content: notices::requested(&request),
            in_chat: None,
        };
        self.tell_person(&mut *tx, &from, &to, told).await?;
        self.commit(tx).await
    }

    /// Answers a request. Accepting puts each into the other's list, settles an open request in the other direction
    /// too, and says so in their chat.
    pub async fn answer_friend_request(
        &self,
        caller: &Caller,
        command: AnswerFriendRequest,
    ) -> Result<()> {
        gate::may_act_for(caller, &command.to)?;
        check_text("handleMsg", &command.message)?;
        if command.accept {
            let question = Question::AnswerFriendRequest(&command);
            self.ask(Hook::BeforeAddFriendAgree, question).await?;
        }
        let told_of = command.clone();
        let from = self.account(&command.from).await?;
        let to = self.account(&command.to).await?;
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let mut request = tx
            .friend_request(from.key, to.key)
            .await?
            .ok_or(Error::NotFound(Kind::FriendRequest))?;
        if request.verdict != Verdict::Open {
            return Err(Error::Conflict(Reason::AlreadyAnswered));
        }
        request.verdict = if command.accept {
            Verdict::Accepted
        } else {
            Verdict::Rejected
        };
        request.handler = caller.user_id.to_string();
        request.handle_message = command.message;
        request.handled_at = now;
        tx.put_friend_request(&request).await?;
        if command.accept {
            let report = Report::FriendRequestAnswered(&told_of);
            self.report(&mut *tx, Hook::AfterAddFriendAgree, report)
                .await?;
            self.settle_reverse(&mut *tx, caller, &request).await?;
            self.befriend(&mut *tx, caller, (&from, &to), FriendSource::Request)
                .await?;
        }
        self.tell_answer(&mut *tx, &request).await?;
        self.commit(tx).await
    }

    async fn tell_answer(&self, tx: &mut dyn Tx, request: &FriendRequest) -> Result<()> {
        let (from, to) = (request.from.user_id.clone(), request.to.user_id.clone());
        let told = if request.verdict == Verdict::Accepted {
            Told {
                happening: Happening::FriendshipMade {
                    from,
                    to,
                    by_request: true,
                },
                content_type: content_type::FRIEND_REQUEST_ACCEPTED,
                content: notices::accepted(request),
                in_chat: Some(InChat { pushes: true }),
            }
        } else {
            Told {
                happening: Happening::FriendRequestRejected { from, to },
                content_type: content_type::FRIEND_REQUEST_REJECTED,
                content: notices::rejected(request),
                in_chat: None,
            }
        };
        self.tell_person(tx, &request.to, &request.from, told).await
    }

    /// Two who asked each other have one answer.
    async fn settle_reverse(
        &self,
        tx: &mut dyn Tx,
        caller: &Caller,
        request: &FriendRequest,
    ) -> Result<()> {
        let reverse = tx.friend_request(request.to.key, request.from.key).await?;
        let Some(mut reverse) = reverse.filter(|reverse| reverse.verdict == Verdict::Open) else {
            return Ok(());
        };
        reverse.verdict = Verdict::Accepted;
        reverse.handler = caller.user_id.to_string();
        reverse.handled_at = request.handled_at;
        tx.put_friend_request(&reverse).await
    }

    /// Puts each into the other's list, where they are missing.
    pub(super) async fn befriend(
        &self,
        tx: &mut dyn Tx,
        caller: &Caller,
        (a, b): (&Account, &Account),
        source: FriendSource,
    ) -> Result<()> {
        // In one order, so that two who accept each other at once do not wait for each other.
        let (a, b) = if a.key <= b.key { (a, b) } else { (b, a) };
        for (owner, friend) in [(a, b), (b, a)] {
            let new = NewFriend {
                owner: owner.key,
                friend: friend.key,
                source,
                operator: caller.user_id.clone(),
                created_at: self.clock.now(),
            };
            if tx.insert_friend(&new).await? {
                let list = List::Friends(owner.key);
                tx.log_change(&[list], &[friend.user_id.as_str()], Change::Inserted)
                    .await?;
            }
        }
        self.policy_of_pair_changed(tx, a, b).await
    }

    /// What the gate decides on has changed between the two: sends that were decided before are decided again.
    pub(super) async fn policy_of_pair_changed(
        &self,
        tx: &mut dyn Tx,
        a: &Account,
        b: &Account,
    ) -> Result<()> {
        let id = crate::ids::ConversationId::direct(&a.user_id, &b.user_id);
        match tx.conversation(&id).await? {
            Some(chat) => tx.bump_policy(chat.key).await,
            None => Ok(()),
        }
    }

    /// Requests that `user` has received, newest first.
    pub async fn received_friend_requests(
        &self,
        caller: &Caller,
        user: &UserId,
        verdicts: Vec<Verdict>,
        page: Page,
    ) -> Result<FriendRequestPage> {
        gate::may_act_for(caller, user)?;
        let filter = FriendRequestFilter {
            to: Some(self.account(user).await?.key),
            verdicts,
            ..FriendRequestFilter::default()
        };
        self.friend_requests(&filter, page).await
    }

    /// Requests that `user` has sent, newest first.
    pub async fn sent_friend_requests(
        &self,
        caller: &Caller,
        user: &UserId,
        verdicts: Vec<Verdict>,
        page: Page,
    ) -> Result<FriendRequestPage> {
        gate::may_act_for(caller, user)?;
        let filter = FriendRequestFilter {
            from: Some(self.account(user).await?.key),
            verdicts,
            ..FriendRequestFilter::default()
        };
        self.friend_requests(&filter, page).await
    }

    /// The requests between two, in both directions; for either of them.
    pub async fn friend_requests_between(
        &self,
        caller: &Caller,
        a: &UserId,
        b: &UserId,
    ) -> Result<Vec<FriendRequest>> {
        gate::may_act_for(caller, a).or_else(|_| gate::may_act_for(caller, b))?;
        let a = self.account(a).await?;
        let b = self.account(b).await?;
        let mut view = self.store.view().await?;
        let there = view.friend_request(a.key, b.key).await?;
        let back = view.friend_request(b.key, a.key).await?;
        Ok(there.into_iter().chain(back).collect())
    }

    /// How many requests since then wait for an answer of `user`.
    pub async fn open_friend_requests(
        &self,
        caller: &Caller,
        user: &UserId,
        since: Millis,
    ) -> Result<u64> {
        gate::may_act_for(caller, user)?;
        let user = self.account(user).await?;
        self.store
            .view()
            .await?
            .open_friend_requests(user.key, since)
            .await
    }

    async fn friend_requests(
        &self,
        filter: &FriendRequestFilter,
        page: Page,
    ) -> Result<FriendRequestPage> {
        let mut view = self.store.view().await?;
        let (total, requests) = view.friend_requests_page(filter, page).await?;
        Ok(FriendRequestPage { total, requests })
    }
}

pub(crate) fn check_text(field: &'static str, text: &str) -> Result<()> {
    if text.len() > limits::REQUEST_TEXT_BYTES_MAX {
        return Err(Error::invalid(field, "is too long"));
    }
    if text.contains('\0') {
        return Err(Error::invalid(field, "has a NUL"));
    }
    Ok(())
}
