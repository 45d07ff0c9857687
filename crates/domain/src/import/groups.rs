//! Groups, who is in them and who wants to be.

use std::collections::HashMap;

use super::people::NO_SUCH_USER;
use super::{ApplicationRecord, GroupRecord, Import, MemberRecord, Numbered, Step};
use crate::error::Result;
use crate::groups::{Group, GroupRole, GroupStatus, JoinRule, JoinSource};
use crate::ids::{ConversationKey, GroupId, GroupKey};
use crate::ports::{ImportedApplication, ImportedMember, NewMember, Tx};
use crate::relations::Verdict;

const NO_GROUP_ID: &str = "the group id cannot be used here";
const NO_SUCH_GROUP: &str = "names a group that is not there";
const FOREIGN_GROUP: &str = "the group was here before the import";

/// Groups by id, with the keys of their chats.
type Groups = HashMap<String, (GroupKey, ConversationKey)>;

impl Import<'_> {
    pub async fn take_groups(
        &mut self,
        records: Vec<Numbered<GroupRecord>>,
        documents: u64,
    ) -> Result<()> {
        let mut groups = Vec::with_capacity(records.len());
        for Numbered { number, record } in records {
            let Some(id) = GroupId::new(record.group_id.as_str()) else {
                self.tally(Step::Groups).skip(NO_GROUP_ID, || {
                    format!("group {number} ({:?})", record.group_id)
                });
                continue;
            };
            groups.push(Group {
                key: GroupKey(0),
                id,
                conversation: ConversationKey(0),
                name: record.name,
                announcement: record.announcement,
                announced_at: record.announced_at,
                announced_by: record.announced_by,
                introduction: record.introduction,
                face_url: record.face_url,
                ex: record.ex,
                status: GroupStatus::from_number(record.status).unwrap_or(GroupStatus::Normal),
                join_rule: JoinRule::from_number(record.join_rule).unwrap_or_default(),
                hides_profiles: record.hides_profiles,
                forbids_friends: record.forbids_friends,
                // Until the members say who it is.
                owner: record.creator.clone(),
                creator: record.creator,
                created_at: record.created_at,
                member_count: 0,
            });
        }
        let mut tx = self.domain.store.begin().await?;
        let new = tx.import_groups(&groups).await?;
        self.tally(Step::Groups).inserted(groups.len(), new);
        self.advance(&mut *tx, Step::Groups, documents).await?;
        tx.commit().await.map(drop)
    }

    pub async fn take_members(
        &mut self,
        records: Vec<Numbered<MemberRecord>>,
        documents: u64,
    ) -> Result<()> {
        let step = Step::Members;
        let mut tx = self.domain.store.begin().await?;
        let users = records.iter().map(|r| r.record.user.as_str());
        self.find_accounts(&mut *tx, users).await?;
        let groups = find_groups(&mut *tx, records.iter().map(|r| r.record.group.as_str())).await?;
        let mut members = Vec::with_capacity(records.len());
        for Numbered { number, record } in records {
            let group = self.own_group(&groups, step, number, &record.group);
            let Some(group) = group else { continue };
            let Some(account) = self.account(&record.user) else {
                self.skip_unknown(step, number, &record.user);
                continue;
            };
            members.push(ImportedMember {
                group,
                row: NewMember {
                    account,
                    role: GroupRole::from_number(record.role).unwrap_or(GroupRole::Member),
                    nickname: record.nickname,
                    face_url: record.face_url,
                    ex: record.ex,
                    joined_at: record.joined_at,
                    source: JoinSource::from_number(record.source)
                        .unwrap_or(JoinSource::Invitation),
                    inviter: record.inviter,
                    operator: record.operator,
                    muted_until: record.muted_until,
                },
            });
        }
        let new = tx.import_members(&members).await?;
        self.tally(step).inserted(members.len(), new);
        self.advance(&mut *tx, step, documents).await?;
        tx.commit().await.map(drop)
    }

    pub async fn take_applications(
        &mut self,
        records: Vec<Numbered<ApplicationRecord>>,
        documents: u64,
    ) -> Result<()> {
        let step = Step::Applications;
        let mut tx = self.domain.store.begin().await?;
        let users = records.iter().map(|r| r.record.user.as_str());
        self.find_accounts(&mut *tx, users).await?;
        let groups = find_groups(&mut *tx, records.iter().map(|r| r.record.group.as_str())).await?;
        let mut applications = Vec::with_capacity(records.len());
        for Numbered { number, record } in records {
            let group = self.own_group(&groups, step, number, &record.group);
            let Some(group) = group else { continue };
            let Some(account) = self.account(&record.user) else {
                self.tally(step)
                    .skip(NO_SUCH_USER, || format!("application {number}"));
                continue;
            };
            applications.push(ImportedApplication {
                group,
                account,
                verdict: Verdict::from_number(record.verdict).unwrap_or_default(),
                message: record.message,
                ex: record.ex,
                created_at: record.created_at,
                source: JoinSource::from_number(record.source).unwrap_or(JoinSource::Search),
                inviter: record.inviter,
                handler: record.handler,
                handle_message: record.handle_message,
                handled_at: record.handled_at,
            });
        }
        let new = tx.import_applications(&applications).await?;
        self.tally(step).inserted(applications.len(), new);
        self.advance(&mut *tx, step, documents).await?;
        tx.commit().await.map(drop)
    }

    /// A group of this import, or nothing and a note.
    fn own_group(
        &mut self,
        groups: &Groups,
        step: Step,
        number: u64,
        id: &str,
    ) -> Option<GroupKey> {
        let place = || format!("document {number} of {} (group {id:?})", step.name());
        match groups.get(id) {
            Some((key, _)) if *key > self.mark.group => Some(*key),
            Some(_) => {
                self.tally(step).skip(FOREIGN_GROUP, place);
                None
            }
            None => {
                self.tally(step).skip(NO_SUCH_GROUP, place);
                None
            }
        }
    }
}

pub(super) async fn find_groups<'a>(
    tx: &mut dyn Tx,
    ids: impl Iterator<Item = &'a str>,
) -> Result<Groups> {
    let mut ids: Vec<String> = ids.map(str::to_owned).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = tx.group_keys(&ids).await?;
    Ok(found
        .into_iter()
        .map(|(id, group, chat)| (id, (group, chat)))
        .collect())
}
