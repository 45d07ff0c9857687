//! An account's own key-value store, which the OpenIM SDKs call "user commands" and applications use for favourites.

use super::Favourite;
use crate::caller::Caller;
use crate::error::{Error, Kind, Result};
use crate::event::{Event, FavouriteChange};
use crate::ids::UserId;
use crate::{Domain, gate, limits};

#[derive(Clone, Debug)]
pub struct PutFavourite {
    pub owner: UserId,
    pub kind: i32,
    pub uuid: String,
    pub value: String,
    pub ex: String,
}

/// What to change; `None` leaves it as it is.
#[derive(Clone, Debug)]
pub struct UpdateFavourite {
    pub owner: UserId,
    pub kind: i32,
    pub uuid: String,
    pub value: Option<String>,
    pub ex: Option<String>,
}

impl Domain {
    /// Adds a favourite, or replaces the one of the same kind and uuid.
    pub async fn put_favourite(&self, caller: &Caller, command: PutFavourite) -> Result<()> {
        gate::may_act_for(caller, &command.owner)?;
        let owner = self.account(&command.owner).await?;
        let favourite = Favourite {
            kind: command.kind,
            uuid: command.uuid,
            value: command.value,
            ex: command.ex,
            created_at: self.clock.now(),
        };
        check(&favourite)?;
        let mut tx = self.store.begin().await?;
        if tx.favourites_count(owner.key).await? >= limits::FAVOURITES_MAX as u64 {
            return Err(Error::invalid("uuid", "would be one favourite too many"));
        }
        tx.put_favourite(owner.key, &favourite).await?;
        self.commit_favourite(tx, &owner, FavouriteChange::Added)
            .await
    }

    pub async fn update_favourite(&self, caller: &Caller, command: UpdateFavourite) -> Result<()> {
        gate::may_act_for(caller, &command.owner)?;
        let owner = self.account(&command.owner).await?;
        let mut tx = self.store.begin().await?;
        let mut favourite = tx
            .favourite(owner.key, command.kind, &command.uuid)
            .await?
            .ok_or(Error::NotFound(Kind::Favourite))?;
        favourite.value = command.value.unwrap_or(favourite.value);
        favourite.ex = command.ex.unwrap_or(favourite.ex);
        check(&favourite)?;
        tx.put_favourite(owner.key, &favourite).await?;
        self.commit_favourite(tx, &owner, FavouriteChange::Updated)
            .await
    }

    pub async fn delete_favourite(
        &self,
        caller: &Caller,
        owner: &UserId,
        kind: i32,
        uuid: &str,
    ) -> Result<()> {
        gate::may_act_for(caller, owner)?;
        let owner = self.account(owner).await?;
        let mut tx = self.store.begin().await?;
        if !tx.delete_favourite(owner.key, kind, uuid).await? {
            return Err(Error::NotFound(Kind::Favourite));
        }
        self.commit_favourite(tx, &owner, FavouriteChange::Removed)
            .await
    }

    /// All favourites of the owner, or those of one kind; oldest first.
    pub async fn favourites(
        &self,
        caller: &Caller,
        owner: &UserId,
        kind: Option<i32>,
    ) -> Result<Vec<Favourite>> {
        gate::may_act_for(caller, owner)?;
        let owner = self.account(owner).await?;
        self.store.view().await?.favourites(owner.key, kind).await
    }

    async fn commit_favourite(
        &self,
        mut tx: Box<dyn crate::ports::Tx>,
        owner: &super::Account,
        change: FavouriteChange,
    ) -> Result<()> {
        tx.record(Event::FavouritesChanged {
            account: owner.key,
            user_id: owner.user_id.clone(),
            change,
        })
        .await?;
        self.commit(tx).await
    }
}

fn check(favourite: &Favourite) -> Result<()> {
    if favourite.uuid.is_empty() || favourite.uuid.len() > limits::NICKNAME_BYTES_MAX {
        return Err(Error::invalid("uuid", "must be 1 to 255 bytes"));
    }
    if favourite.value.len() > limits::EXTRA_BYTES_MAX
        || favourite.ex.len() > limits::EXTRA_BYTES_MAX
    {
        return Err(Error::invalid("value", "is too long"));
    }
    if [&favourite.uuid, &favourite.value, &favourite.ex]
        .iter()
        .any(|text| text.contains('\0'))
    {
        return Err(Error::invalid("value", "or another text has a NUL"));
    }
    Ok(())
}
