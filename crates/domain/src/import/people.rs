//! Users and what they are to each other.

use super::{
    BlockRecord, FavouriteRecord, FriendRecord, FriendRequestRecord, Import, Numbered, Step,
    UserRecord,
};
use crate::accounts::{Account, AccountKind, Favourite, Receive};
use crate::error::Result;
use crate::ids::{AccountKey, UserId};
use crate::ports::{ImportedFriend, ImportedFriendRequest, NewBlock, NewFriend};
use crate::relations::{FriendSource, Verdict};
use crate::time::Millis;

pub(super) const NO_USER_ID: &str = "the user id cannot be used here";
pub(super) const NO_SUCH_USER: &str = "names a user who is not there";

/// An account of whom only the id is known.
pub(super) fn nameless(user_id: UserId, nickname: &str, now: Millis) -> Account {
    Account {
        key: AccountKey(0),
        nickname: nickname.to_owned(),
        user_id,
        face_url: String::new(),
        ex: String::new(),
        kind: AccountKind::User,
        staff: None,
        receive: Receive::Notify,
        created_at: now,
        policy: 1,
    }
}

impl Import<'_> {
    pub async fn take_users(
        &mut self,
        records: Vec<Numbered<UserRecord>>,
        documents: u64,
    ) -> Result<()> {
        let mut accounts = Vec::with_capacity(records.len());
        for Numbered { number, record } in records {
            let Some(user_id) = UserId::new(record.user_id.as_str()) else {
                self.tally(Step::Users).skip(NO_USER_ID, || {
                    format!("user {number} ({:?})", record.user_id)
                });
                continue;
            };
            let kind = AccountKind::from_number(record.level).unwrap_or(AccountKind::User);
            accounts.push(Account {
                kind,
                nickname: record.nickname,
                face_url: record.face_url,
                ex: record.ex,
                receive: Receive::from_number(record.receive).unwrap_or_default(),
                ..nameless(user_id, "", record.created_at)
            });
        }
        let mut tx = self.domain.store.begin().await?;
        let new = tx.import_accounts(&accounts).await?;
        self.tally(Step::Users).inserted(accounts.len(), new);
        self.advance(&mut *tx, Step::Users, documents).await?;
        tx.commit().await.map(drop)
    }

    pub async fn take_favourites(
        &mut self,
        records: Vec<Numbered<FavouriteRecord>>,
        documents: u64,
    ) -> Result<()> {
        let mut tx = self.domain.store.begin().await?;
        let ids = records.iter().map(|r| r.record.owner.as_str());
        self.find_accounts(&mut *tx, ids).await?;
        for Numbered { number, record } in records {
            let Some(owner) = self.account(&record.owner) else {
                self.skip_unknown(Step::Favourites, number, &record.owner);
                continue;
            };
            if tx
                .favourite(owner, record.kind, &record.uuid)
                .await?
                .is_some()
            {
                self.tally(Step::Favourites).present += 1;
                continue;
            }
            let favourite = Favourite {
                kind: record.kind,
                uuid: record.uuid,
                value: record.value,
                ex: record.ex,
                created_at: record.created_at,
            };
            tx.put_favourite(owner, &favourite).await?;
            self.tally(Step::Favourites).taken += 1;
        }
        self.advance(&mut *tx, Step::Favourites, documents).await?;
        tx.commit().await.map(drop)
    }

    pub async fn take_friends(
        &mut self,
        records: Vec<Numbered<FriendRecord>>,
        documents: u64,
    ) -> Result<()> {
        let mut tx = self.domain.store.begin().await?;
        let ids = records
            .iter()
            .flat_map(|r| [r.record.owner.as_str(), r.record.friend.as_str()]);
        self.find_accounts(&mut *tx, ids).await?;
        let mut friends = Vec::with_capacity(records.len());
        for Numbered { number, record } in records {
            let step = Step::Friends;
            let Some((owner, friend)) = self.pair(step, number, &record.owner, &record.friend)
            else {
                continue;
            };
            // Whoever imported friends may have left out who did it.
            let operator = UserId::new(record.operator).or_else(|| UserId::new(record.owner));
            let Some(operator) = operator else { continue };
            friends.push(ImportedFriend {
                row: NewFriend {
                    owner,
                    friend,
                    source: FriendSource::from_number(record.source)
                        .unwrap_or(FriendSource::Request),
                    operator,
                    created_at: record.created_at,
                },
                remark: record.remark,
                ex: record.ex,
                is_pinned: record.is_pinned,
            });
        }
        let new = tx.import_friends(&friends).await?;
        self.tally(Step::Friends).inserted(friends.len(), new);
        self.advance(&mut *tx, Step::Friends, documents).await?;
        tx.commit().await.map(drop)
    }

    pub async fn take_friend_requests(
        &mut self,
        records: Vec<Numbered<FriendRequestRecord>>,
        documents: u64,
    ) -> Result<()> {
        let mut tx = self.domain.store.begin().await?;
        let ids = records
            .iter()
            .flat_map(|r| [r.record.from.as_str(), r.record.to.as_str()]);
        self.find_accounts(&mut *tx, ids).await?;
        let mut requests = Vec::with_capacity(records.len());
        for Numbered { number, record } in records {
            let pair = self.pair(Step::FriendRequests, number, &record.from, &record.to);
            let Some((from, to)) = pair else { continue };
            requests.push(ImportedFriendRequest {
                from,
                to,
                verdict: Verdict::from_number(record.verdict).unwrap_or_default(),
                message: record.message,
                ex: record.ex,
                created_at: record.created_at,
                handler: record.handler,
                handle_message: record.handle_message,
                handled_at: record.handled_at,
            });
        }
        let new = tx.import_friend_requests(&requests).await?;
        self.tally(Step::FriendRequests)
            .inserted(requests.len(), new);
        self.advance(&mut *tx, Step::FriendRequests, documents)
            .await?;
        tx.commit().await.map(drop)
    }

    pub async fn take_blocks(
        &mut self,
        records: Vec<Numbered<BlockRecord>>,
        documents: u64,
    ) -> Result<()> {
        let mut tx = self.domain.store.begin().await?;
        let ids = records
            .iter()
            .flat_map(|r| [r.record.owner.as_str(), r.record.blocked.as_str()]);
        self.find_accounts(&mut *tx, ids).await?;
        let mut blocks = Vec::with_capacity(records.len());
        for Numbered { number, record } in records {
            let pair = self.pair(Step::Blocks, number, &record.owner, &record.blocked);
            let Some((owner, blocked)) = pair else {
                continue;
            };
            let operator = UserId::new(record.operator).or_else(|| UserId::new(record.owner));
            let Some(operator) = operator else { continue };
            blocks.push(NewBlock {
                owner,
                blocked,
                ex: record.ex,
                source: record.source,
                operator,
                created_at: record.created_at,
            });
        }
        let new = tx.import_blocks(&blocks).await?;
        self.tally(Step::Blocks).inserted(blocks.len(), new);
        self.advance(&mut *tx, Step::Blocks, documents).await?;
        tx.commit().await.map(drop)
    }

    /// Two accounts that a record names, or nothing and a note.
    fn pair(
        &mut self,
        step: Step,
        number: u64,
        a: &str,
        b: &str,
    ) -> Option<(AccountKey, AccountKey)> {
        match (self.account(a), self.account(b)) {
            (Some(a), Some(b)) => Some((a, b)),
            (None, _) => {
                self.skip_unknown(step, number, a);
                None
            }
            (Some(_), None) => {
                self.skip_unknown(step, number, b);
                None
            }
        }
    }

    pub(super) fn skip_unknown(&mut self, step: Step, number: u64, user: &str) {
        self.tally(step).skip(NO_SUCH_USER, || {
            format!("document {number} of {} ({user:?})", step.name())
        });
    }
}
