//! Keeping people away: who is blocked cannot write to whoever blocked them.

use super::{Block, notices};
use crate::accounts::Account;
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::event::Happening;
use crate::hooks::{Hook, Question, Report};
use crate::ids::UserId;
use crate::messages::content_type;
use crate::messages::told::Told;
use crate::ports::{NewBlock, Page};
use crate::sync::{self, Change, Increment, List};
use crate::{Domain, gate, limits};

use super::friends::{check_ids, parsed};

/// A page of blocks, and the number of all.
#[derive(Clone, Debug)]
pub struct BlockPage {
    pub total: u64,
    pub blocks: Vec<Block>,
}

impl Domain {
    /// Blocks somebody; doing it again changes nothing. It holds for the very next message.
    pub async fn block(
        &self,
        caller: &Caller,
        owner: &UserId,
        blocked: &UserId,
        ex: String,
    ) -> Result<()> {
        gate::may_act_for(caller, owner)?;
        if owner == blocked {
            return Err(Error::invalid("blackUserID", "is oneself"));
        }
        if ex.len() > limits::EXTRA_BYTES_MAX || ex.contains('\0') {
            return Err(Error::invalid("ex", "is too long or has a NUL"));
        }
        let question = Question::Block { owner, blocked };
        self.ask(Hook::BeforeAddBlack, question).await?;
        let owner = self.account(owner).await?;
        let blocked = self.account(blocked).await?;
        let mut tx = self.store.begin().await?;
        let new = NewBlock {
            owner: owner.key,
            blocked: blocked.key,
            ex,
            source: 0,
            operator: caller.user_id.clone(),
            created_at: self.clock.now(),
        };
        if !tx.insert_block(&new).await? {
            return self.commit(tx).await;
        }
        let list = List::Blocks(owner.key);
        tx.log_change(&[list], &[blocked.user_id.as_str()], Change::Inserted)
            .await?;
        self.policy_of_pair_changed(&mut *tx, &owner, &blocked)
            .await?;
        let told = told(&owner, &blocked, true);
        // Who is blocked does not learn of it.
        self.tell_accounts(&mut *tx, &owner, &[owner.key], told)
            .await?;
        self.commit(tx).await
    }

    /// Lets somebody write again; doing it for somebody who is not blocked changes nothing.
    pub async fn unblock(&self, caller: &Caller, owner: &UserId, blocked: &UserId) -> Result<()> {
        gate::may_act_for(caller, owner)?;
        let owner = self.account(owner).await?;
        let blocked = self.account(blocked).await?;
        let mut tx = self.store.begin().await?;
        if !tx.delete_block(owner.key, blocked.key).await? {
            return self.commit(tx).await;
        }
        let list = List::Blocks(owner.key);
        tx.log_change(&[list], &[blocked.user_id.as_str()], Change::Deleted)
            .await?;
        let report = Report::Unblocked {
            owner: &owner.user_id,
            blocked: &blocked.user_id,
        };
        self.report(&mut *tx, Hook::AfterRemoveBlack, report)
            .await?;
        self.policy_of_pair_changed(&mut *tx, &owner, &blocked)
            .await?;
        let told = told(&owner, &blocked, false);
        // Who is blocked does not learn of it.
        self.tell_accounts(&mut *tx, &owner, &[owner.key], told)
            .await?;
        self.commit(tx).await
    }

    /// One page of the owner's blocks, oldest first.
    pub async fn blocks_page(
        &self,
        caller: &Caller,
        owner: &UserId,
        page: Page,
    ) -> Result<BlockPage> {
        gate::may_act_for(caller, owner)?;
        let owner = self.account(owner).await?;
        let mut view = self.store.view().await?;
        let (total, blocks) = view.blocks_page(owner.key, page).await?;
        Ok(BlockPage { total, blocks })
    }

    /// Those of the ids that the owner has blocked.
    pub async fn blocks_among(
        &self,
        caller: &Caller,
        owner: &UserId,
        ids: &[UserId],
    ) -> Result<Vec<Block>> {
        gate::may_act_for(caller, owner)?;
        check_ids(ids)?;
        let owner = self.account(owner).await?;
        self.store.view().await?.blocks(owner.key, ids).await
    }

    /// What changed in the owner's blocks since a version.
    pub async fn block_changes(
        &self,
        caller: &Caller,
        owner: &UserId,
        known: (&str, u64),
    ) -> Result<Increment<Block>> {
        gate::may_act_for(caller, owner)?;
        let owner = self.account(owner).await?.key;
        let list = List::Blocks(owner);
        let mut view = self.store.view().await?;
        let ids = sync::increment(&mut *view, list, known).await?;
        let inserted = view.blocks(owner, &parsed(&ids.inserted)).await?;
        let updated = view.blocks(owner, &parsed(&ids.updated)).await?;
        Ok(ids.with(inserted, updated))
    }
}

fn told(owner: &Account, blocked: &Account, is_blocked: bool) -> Told {
    let (owner, blocked) = (owner.user_id.clone(), blocked.user_id.clone());
    let content = notices::between(&owner, &blocked);
    let (content_type, happening) = if is_blocked {
        (content_type::BLOCKED, Happening::Blocked { owner, blocked })
    } else {
        (
            content_type::UNBLOCKED,
            Happening::Unblocked { owner, blocked },
        )
    };
    Told {
        happening,
        content_type,
        content,
        in_chat: None,
    }
}
