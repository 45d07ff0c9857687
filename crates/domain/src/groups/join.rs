//! Coming into a group: by oneself, by invitation, by an approved application.

use std::collections::HashSet;
use std::sync::Arc;

use super::create::{Arrival, Entrants, as_wanted, new_member};
use super::open::OpenGroup;
use super::{Application, GroupRole, JoinRule, JoinSource, Member};
use crate::accounts::Account;
use crate::caller::{Caller, Role};
use crate::error::{Error, Kind, Reason, Result};
use crate::event::Happening;
use crate::hooks::{Hook, Question, Report};
use crate::ids::{AccountKey, GroupId, UserId};
use crate::messages::content_type;
use crate::messages::told::{InChat, Told};
use crate::ports::Tx;
use crate::relations::{Verdict, check_ids, check_text};
use crate::sync::Change;
use crate::{Domain, gate, limits};

#[derive(Clone, Debug)]
pub struct JoinGroup {
    pub group: GroupId,
    pub applicant: UserId,
    pub message: String,
    pub ex: String,
    pub source: JoinSource,
}

#[derive(Clone, Debug)]
pub struct InviteMembers {
    pub group: GroupId,
    pub members: Vec<UserId>,
    pub reason: String,
    /// Whether the chat says so.
    pub says_so: bool,
}

#[derive(Clone, Debug)]
pub struct AnswerApplication {
    pub group: GroupId,
    pub applicant: UserId,
    pub accept: bool,
    pub message: String,
}

/// What came of asking to join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// Is a member now.
    AtOnce,
    /// Waits for approval.
    Applied,
}

impl Domain {
    /// Asks to join. An open group lets everybody in at once; otherwise those who manage it are asked.
    pub async fn join_group(&self, caller: &Caller, command: JoinGroup) -> Result<Joined> {
        gate::may_act_for(caller, &command.applicant)?;
        check_text("reqMessage", &command.message)?;
        check_text("ex", &command.ex)?;
        self.ask(Hook::BeforeApplyJoinGroup, Question::JoinGroup(&command))
            .await?;
        let applicant = self.account(&command.applicant).await?;
        let hall = self.hall(&command.group).await?;
        let asked = match hall.group.join_rule {
            JoinRule::Open => {
                let ids = std::iter::once(command.applicant.clone());
                Some(
                    self.ask_entrants(&command.group, &hall.group.ex, ids)
                        .await?,
                )
            }
            JoinRule::ApplicantsApproved | JoinRule::AllApproved => None,
        };
        let (mut tx, mut open) = self.open_group(caller, &command.group).await?;
        if open.members.contains(&applicant.key) {
            return Err(Error::Conflict(Reason::AlreadyMember));
        }
        if open.group.join_rule == JoinRule::Open {
            let as_asked = self.were_asked(asked)?;
            let entrants = [applicant];
            let arrival = Arrival {
                source: command.source,
                inviter: String::new(),
            };
            let arriving = (&entrants[..], &arrival);
            let members = self
                .add_members(&mut *tx, caller, &mut open, arriving, &as_asked)
                .await?;
            self.tell_entered(&mut *tx, &open, &members).await?;
            self.report(&mut *tx, Hook::AfterJoinGroup, Report::Joined(&command))
                .await?;
            self.commit(tx).await?;
            return Ok(Joined::AtOnce);
        }
        let application = Application {
            group: open.group.clone(),
            account: Account::clone(&applicant),
            verdict: Verdict::Open,
            message: command.message,
            ex: command.ex,
            created_at: self.clock.now(),
            source: command.source,
            inviter: String::new(),
            handler: String::new(),
            handle_message: String::new(),
            handled_at: 0,
        };
        tx.put_application(&application).await?;
        self.tell_applied(&mut *tx, &open, &application).await?;
        self.commit(tx).await?;
        Ok(Joined::Applied)
    }

    /// Brings people in. Where everybody needs approval, an ordinary member's invitation only asks for it.
    pub async fn invite_members(&self, caller: &Caller, command: InviteMembers) -> Result<Joined> {
        check_ids(&command.members)?;
        check_text("reason", &command.reason)?;
        self.ask(
            Hook::BeforeInviteUserToGroup,
            Question::InviteMembers(&command),
        )
        .await?;
        let accounts = self.accounts_by_id(&command.members).await?;
        let asked = self.ask_invited(caller, &command.group, &accounts).await?;
        let (mut tx, mut open) = self.open_group(caller, &command.group).await?;
        gate::may_look_into(caller, open.role())?;
        let asks = only_asks(caller, open.group.join_rule, open.role());
        let strangers: Vec<_> = accounts
            .into_iter()
            .filter(|account| !open.members.contains(&account.key))
            .collect();
        if strangers.is_empty() {
            // Waits for what was read here to be on disk.
            self.commit(tx).await?;
            return Ok(Joined::AtOnce);
        }
        if asks {
            for account in &strangers {
                let application = invitation(&open, account, caller, &command.reason, self.now());
                tx.put_application(&application).await?;
                self.tell_applied(&mut *tx, &open, &application).await?;
            }
            self.commit(tx).await?;
            return Ok(Joined::Applied);
        }
        let as_asked = self.were_asked(asked)?;
        let arriving = (&strangers[..], &Arrival::invited_by(caller));
        let members = self
            .add_members(&mut *tx, caller, &mut open, arriving, &as_asked)
            .await?;
        self.tell_invited(&mut *tx, &open, None, &members, command.says_so)
            .await?;
        self.commit(tx).await?;
        Ok(Joined::AtOnce)
    }

    /// Answers an application: whoever manages the group may, once.
    pub async fn answer_application(
        &self,
        caller: &Caller,
        command: AnswerApplication,
    ) -> Result<()> {
        check_text("handledMsg", &command.message)?;
        let applicant = self.account(&command.applicant).await?;
        let entrants = if command.accept {
            let hall = self.hall(&command.group).await?;
            let ids = std::iter::once(command.applicant.clone());
            self.ask_entrants(&command.group, &hall.group.ex, ids)
                .await?
        } else {
            Entrants::new()
        };
        let (mut tx, mut open) = self.open_group(caller, &command.group).await?;
        gate::may_manage(caller, open.role())?;
        let mut application = tx
            .application(open.group.key, applicant.key)
            .await?
            .ok_or(Error::NotFound(Kind::Application))?;
        if application.verdict != Verdict::Open {
            return Err(Error::Conflict(Reason::AlreadyAnswered));
        }
        application.verdict = if command.accept {
            Verdict::Accepted
        } else {
            Verdict::Rejected
        };
        application.handler = caller.user_id.to_string();
        application.handle_message = command.message;
        application.handled_at = self.clock.now();
        tx.put_application(&application).await?;
        self.tell_answered(&mut *tx, &open, &application).await?;
        if command.accept && !open.members.contains(&applicant.key) {
            let applicant = (&applicant, &entrants);
            self.let_in(&mut *tx, caller, &mut open, applicant, &application)
                .await?;
        }
        self.commit(tx).await
    }

    async fn let_in(
        &self,
        tx: &mut dyn Tx,
        caller: &Caller,
        open: &mut OpenGroup,
        (applicant, as_asked): (&Arc<Account>, &Entrants),
        application: &Application,
    ) -> Result<()> {
        let entrants = [applicant.clone()];
        let arrival = Arrival {
            source: application.source,
            inviter: application.inviter.clone(),
        };
        let members = self
            .add_members(tx, caller, open, (&entrants, &arrival), as_asked)
            .await?;
        match UserId::new(application.inviter.clone()) {
            None => self.tell_entered(tx, open, &members).await,
            Some(inviter) => {
                let mut inviters = tx.members(open.group.key, &[inviter]).await?;
                let inviter = inviters.pop();
                self.tell_invited(tx, open, inviter.as_ref(), &members, true)
                    .await
            }
        }
    }

    /// Asks about those who would become members by an invitation; `None` if it would only ask for approval.
    async fn ask_invited(
        &self,
        caller: &Caller,
        group: &GroupId,
        accounts: &[Arc<Account>],
    ) -> Result<Option<Entrants>> {
        if !self.has_hook(Hook::BeforeMemberJoinGroup) {
            return Ok(None);
        }
        let hall = self.hall(group).await?;
        let role = hall.roster.entry(caller.account).map(|entry| entry.role);
        if only_asks(caller, hall.group.join_rule, role) {
            return Ok(None);
        }
        let strangers = accounts
            .iter()
            .filter(|account| hall.roster.entry(account.key).is_none())
            .map(|account| account.user_id.clone());
        let entrants = self.ask_entrants(group, &hall.group.ex, strangers).await?;
        Ok(Some(entrants))
    }

    /// The answer of the hook. The group may have changed since it was looked at, so that nobody was asked.
    fn were_asked(&self, asked: Option<Entrants>) -> Result<Entrants> {
        match asked {
            None if self.has_hook(Hook::BeforeMemberJoinGroup) => {
                Err(Error::Conflict(Reason::PolicyChanged))
            }
            asked => Ok(asked.unwrap_or_default()),
        }
    }

    /// Makes accounts members, who were none; the group is read again.
    async fn add_members(
        &self,
        tx: &mut dyn Tx,
        caller: &Caller,
        open: &mut OpenGroup,
        (accounts, arrival): (&[Arc<Account>], &Arrival),
        as_asked: &Entrants,
    ) -> Result<Vec<Member>> {
        let after = open.members.len() + accounts.len();
        if after > limits::MEMBERS_MAX as usize {
            return Err(Error::invalid("group", "is full"));
        }
        let now = self.clock.now();
        let new: Vec<_> = accounts
            .iter()
            .map(|account| {
                let new = new_member(account.key, GroupRole::Member, arrival, caller, now);
                as_wanted(new, &account.user_id, as_asked)
            })
            .collect();
        let keys: Vec<_> = accounts.iter().map(|account| account.key).collect();
        tx.insert_members(open.group.key, &new).await?;
        self.list_group(tx, &open.group, &keys, open.max_seq)
            .await?;
        let joined: HashSet<AccountKey> = keys.iter().copied().collect();
        let mut members = open.members.to_vec();
        members.extend(joined);
        members.sort_unstable();
        open.members = members.into();
        self.reread(tx, open).await?;
        let ids: Vec<_> = accounts
            .iter()
            .map(|account| account.user_id.clone())
            .collect();
        tx.members(open.group.key, &ids).await
    }

    async fn tell_entered(
        &self,
        tx: &mut dyn Tx,
        open: &OpenGroup,
        members: &[Member],
    ) -> Result<()> {
        let Some(entrant) = members.first() else {
            return Ok(());
        };
        let ids = [entrant.account.user_id.as_str()];
        let version = self.log_members(tx, open, &ids, Change::Inserted).await?;
        let told = Told {
            happening: Happening::MembersJoined {
                group: open.group.id.clone(),
                members: vec![entrant.account.user_id.clone()],
                by: None,
            },
            content_type: content_type::MEMBER_ENTERED,
            content: open.scene(version, self.clock.now()).entered(entrant),
            in_chat: Some(InChat { pushes: false }),
        };
        self.tell_open(tx, open, &[], told).await
    }

    async fn tell_invited(
        &self,
        tx: &mut dyn Tx,
        open: &OpenGroup,
        inviter: Option<&Member>,
        members: &[Member],
        says_so: bool,
    ) -> Result<()> {
        let names: Vec<_> = members
            .iter()
            .map(|member| member.account.user_id.as_str())
            .collect();
        let version = self.log_members(tx, open, &names, Change::Inserted).await?;
        let inviter = inviter.or(open.doer_member.as_ref());
        let told = Told {
            happening: Happening::MembersJoined {
                group: open.group.id.clone(),
                members: members
                    .iter()
                    .map(|member| member.account.user_id.clone())
                    .collect(),
                by: Some(inviter.map_or_else(
                    || open.doer.user_id.clone(),
                    |inviter| inviter.account.user_id.clone(),
                )),
            },
            content_type: content_type::MEMBERS_INVITED,
            content: open
                .scene(version, self.clock.now())
                .invited(inviter, members),
            in_chat: says_so.then_some(InChat { pushes: false }),
        };
        self.tell_open(tx, open, &[], told).await
    }

    /// Those who manage the group, the applicant and whoever invited them hear of it.
    async fn tell_applied(
        &self,
        tx: &mut dyn Tx,
        open: &OpenGroup,
        application: &Application,
    ) -> Result<()> {
        let told = Told {
            happening: Happening::JoinRequested {
                group: open.group.id.clone(),
                applicant: application.account.user_id.clone(),
                inviter: UserId::new(application.inviter.clone()),
            },
            content_type: content_type::JOIN_REQUESTED,
            content: open.scene(None, self.clock.now()).applied(application),
            in_chat: None,
        };
        let mut hearers = open.managers.clone();
        hearers.extend([application.account.key, open.doer.key]);
        hearers.sort_unstable();
        hearers.dedup();
        self.tell_accounts(tx, &open.doer, &hearers, told).await
    }

    /// Those who manage the group hear it as such, the applicant as the applicant.
    async fn tell_answered(
        &self,
        tx: &mut dyn Tx,
        open: &OpenGroup,
        application: &Application,
    ) -> Result<()> {
        let is_accepted = application.verdict == Verdict::Accepted;
        let applicant = application.account.key;
        let managers: Vec<_> = open
            .managers
            .iter()
            .copied()
            .filter(|manager| *manager != applicant)
            .collect();
        for (hearers, to_applicant) in [(managers, false), (vec![applicant], true)] {
            let told = Told {
                happening: Happening::JoinAnswered {
                    group: open.group.id.clone(),
                    applicant: application.account.user_id.clone(),
                    by: open.doer.user_id.clone(),
                    is_accepted,
                },
                content_type: if is_accepted {
                    content_type::JOIN_ACCEPTED
                } else {
                    content_type::JOIN_REJECTED
                },
                content: open
                    .scene(None, self.clock.now())
                    .answered(application, to_applicant),
                in_chat: None,
            };
            self.tell_accounts(tx, &open.doer, &hearers, told).await?;
        }
        Ok(())
    }
}

/// Whether an invitation needs approval.
fn only_asks(caller: &Caller, rule: JoinRule, role: Option<GroupRole>) -> bool {
    rule == JoinRule::AllApproved
        && caller.role == Role::User
        && !role.is_some_and(GroupRole::manages)
}

fn invitation(
    open: &OpenGroup,
    account: &Account,
    caller: &Caller,
    reason: &str,
    now: crate::time::Millis,
) -> Application {
    Application {
        group: open.group.clone(),
        account: account.clone(),
        verdict: Verdict::Open,
        message: reason.to_owned(),
        ex: String::new(),
        created_at: now,
        source: JoinSource::Invitation,
        inviter: caller.user_id.to_string(),
        handler: String::new(),
        handle_message: String::new(),
        handled_at: 0,
    }
}
