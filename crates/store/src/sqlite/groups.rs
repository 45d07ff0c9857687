//! Groups, their members, and applications to join.

use async_trait::async_trait;
use domain::error::Result;
use domain::groups::{
    Application, ApplicationFilter, Group, GroupFilter, GroupRole, GroupStatus, JoinRule,
    JoinSource, Member, MemberFilter, RosterEntry,
};
use domain::ids::{AccountKey, ConversationKey, GroupId, GroupKey, UserId};
use domain::ports::{GroupReads, GroupWrites, NewMember, Page};
use domain::relations::Verdict;
use domain::time::Millis;
use rusqlite::{Row, params_from_iter};

use super::accounts::{ACCOUNT_COLUMNS, account_columns, read_account_at};
use super::conditions::Conditions;
use super::conversations::{key_list, read_account_key};
use super::relations::{read_user_id, read_verdict, user_ids};
use super::session::{Mode, ReadWrite, Session, count, known};
use crate::bounds::offset;
use crate::error::sqlite;
use crate::forms::json;

/// The columns that [`read_group`] reads.
pub(super) const GROUP: &str = "g.key, g.group_id, g.conversation, g.name, g.announcement, g.announced_at, g.announced_by,
    g.introduction, g.face_url, g.ex, g.status, g.join_rule, g.hides_profiles, g.forbids_friends, g.creator, g.owner,
    g.created_at, g.member_count";
pub(super) const GROUP_COLUMNS: usize = 18;

/// Behind the columns of the member's account; [`read_member`] reads them.
const MEMBER: &str =
    "m.grp, m.role, m.nickname, m.face_url, m.ex, m.joined_at, m.source, m.inviter, m.operator,
    m.muted_until";
const MEMBER_ORDER: &str = "m.role DESC, m.joined_at, m.account";

/// Behind the columns of the group and of the applicant's account; [`read_application`] reads them.
const APPLICATION: &str =
    "r.verdict, r.message, r.ex, r.created_at, r.source, r.inviter, r.handler,
    r.handle_message, r.handled_at";

/// The member's own name in the group, or else the account's.
const SHOWN_NICKNAME: &str = "CASE WHEN m.nickname = '' THEN a.nickname ELSE m.nickname END";

const MANAGES: i64 = GroupRole::Administrator as i64;
const OPEN: i64 = Verdict::Open as i64;

#[async_trait]
impl<M: Mode> GroupReads for Session<M> {
    async fn group(&mut self, id: &GroupId) -> Result<Option<Group>> {
        let sql = format!("SELECT {GROUP} FROM group_info g WHERE g.group_id = ?1");
        self.row(&sql, [id.as_str()], read_group)
    }

    async fn group_by_key(&mut self, key: GroupKey) -> Result<Option<Group>> {
        let sql = format!("SELECT {GROUP} FROM group_info g WHERE g.key = ?1");
        self.row(&sql, [key.0], read_group)
    }

    async fn groups(&mut self, ids: &[GroupId]) -> Result<Vec<Group>> {
        let sql = format!(
            "SELECT {GROUP} FROM json_each(?1) asked CROSS JOIN group_info g ON g.group_id = asked.value
            ORDER BY asked.key"
        );
        self.rows(&sql, [group_ids(ids)], read_group)
    }

    async fn groups_page(&mut self, filter: &GroupFilter, page: Page) -> Result<(u64, Vec<Group>)> {
        let conditions = Conditions::none()
            .with_part(&["g.group_id"], &filter.id_part)
            .with_part(&["g.name"], &filter.name_part);
        let all = format!("SELECT count(*) FROM group_info g WHERE {}", conditions.sql);
        let all = self.one(&all, params_from_iter(&conditions.params), count)?;
        let sql = format!(
            "SELECT {GROUP} FROM group_info g WHERE {} ORDER BY g.created_at DESC, g.key DESC LIMIT ? OFFSET ?",
            conditions.sql
        );
        let params = params_from_iter(conditions.paged(page));
        Ok((all, self.rows(&sql, params, read_group)?))
    }

    async fn joined_groups_page(
        &mut self,
        account: AccountKey,
        page: Page,
    ) -> Result<(u64, Vec<Group>)> {
        let all = "SELECT count(*) FROM group_member WHERE account = ?1";
        let all = self.one(all, [account.0], count)?;
        let sql = format!(
            "SELECT {GROUP} FROM group_member m CROSS JOIN group_info g ON g.key = m.grp WHERE m.account = ?1
            ORDER BY m.joined_at, m.grp LIMIT ?2 OFFSET ?3"
        );
        let groups = self.rows(&sql, (account.0, page.rows, offset(page)), read_group)?;
        Ok((all, groups))
    }

    async fn joined_groups(&mut self, account: AccountKey, ids: &[GroupId]) -> Result<Vec<Group>> {
        let sql = format!(
            "SELECT {GROUP} FROM json_each(?2) asked
            CROSS JOIN group_info g ON g.group_id = asked.value
            CROSS JOIN group_member m ON m.grp = g.key AND m.account = ?1 ORDER BY asked.key"
        );
        self.rows(&sql, (account.0, group_ids(ids)), read_group)
    }

    async fn joined_group_ids(&mut self, account: AccountKey) -> Result<Vec<GroupId>> {
        let sql = "SELECT g.group_id FROM group_member m CROSS JOIN group_info g ON g.key = m.grp
            WHERE m.account = ?1 ORDER BY m.joined_at, m.grp";
        self.rows(sql, [account.0], |row| read_group_id(row, 0))
    }

    async fn managed_groups(&mut self, account: AccountKey) -> Result<Vec<GroupKey>> {
        let sql = "SELECT grp FROM group_member WHERE account = ?1 AND role >= ?2 ORDER BY grp";
        self.rows(sql, [account.0, MANAGES], |row| row.get(0).map(GroupKey))
    }

    async fn groups_showing_profile(&mut self, account: AccountKey) -> Result<Vec<GroupKey>> {
        let sql =
            "SELECT grp FROM group_member WHERE account = ?1 AND (nickname = '' OR face_url = '')
            ORDER BY grp";
        self.rows(sql, [account.0], |row| row.get(0).map(GroupKey))
    }

    async fn member(&mut self, group: GroupKey, account: AccountKey) -> Result<Option<Member>> {
        let sql = format!("{} WHERE m.grp = ?1 AND m.account = ?2", select_member());
        self.row(&sql, [group.0, account.0], read_member)
    }

    async fn members(&mut self, group: GroupKey, ids: &[UserId]) -> Result<Vec<Member>> {
        let sql = format!(
            "SELECT {}, {MEMBER} FROM json_each(?2) asked
            CROSS JOIN account a ON a.user_id = asked.value
            CROSS JOIN group_member m ON m.grp = ?1 AND m.account = a.key ORDER BY asked.key",
            account_columns("a")
        );
        self.rows(&sql, (group.0, user_ids(ids)), read_member)
    }

    async fn members_page(
        &mut self,
        group: GroupKey,
        filter: &MemberFilter,
        page: Page,
    ) -> Result<(u64, Vec<Member>)> {
        let conditions = member_conditions(group, filter);
        // Only a part of a name needs the accounts.
        let accounts = if filter.part.is_empty() {
            ""
        } else {
            "CROSS JOIN account a ON a.key = m.account"
        };
        let all = format!(
            "SELECT count(*) FROM group_member m {accounts} WHERE {}",
            conditions.sql
        );
        let all = self.one(&all, params_from_iter(&conditions.params), count)?;
        let sql = format!(
            "{} WHERE {} ORDER BY {MEMBER_ORDER} LIMIT ? OFFSET ?",
            select_member(),
            conditions.sql
        );
        let params = params_from_iter(conditions.paged(page));
        Ok((all, self.rows(&sql, params, read_member)?))
    }

    async fn member_ids(&mut self, group: GroupKey) -> Result<Vec<UserId>> {
        let sql = format!(
            "SELECT a.user_id FROM group_member m CROSS JOIN account a ON a.key = m.account WHERE m.grp = ?1
            ORDER BY {MEMBER_ORDER}"
        );
        self.rows(&sql, [group.0], read_user_id)
    }

    async fn roster(&mut self, group: GroupKey) -> Result<Vec<RosterEntry>> {
        // From the index of the list's order alone, whose rows are a fraction of the table's; so sorted here.
        let sql = "SELECT account, role, muted_until FROM group_member INDEXED BY group_member_order WHERE grp = ?1";
        let mut roster = self.rows(sql, [group.0], |row| {
            Ok(RosterEntry {
                account: AccountKey(row.get(0)?),
                role: read_role(row, 1)?,
                muted_until: row.get(2)?,
            })
        })?;
        roster.sort_unstable_by_key(|entry| entry.account);
        Ok(roster)
    }

    async fn application(
        &mut self,
        group: GroupKey,
        account: AccountKey,
    ) -> Result<Option<Application>> {
        let sql = format!(
            "{} WHERE r.grp = ?1 AND r.account = ?2",
            select_application()
        );
        self.row(&sql, [group.0, account.0], read_application)
    }

    async fn applications_page(
        &mut self,
        filter: &ApplicationFilter,
        page: Page,
    ) -> Result<(u64, Vec<Application>)> {
        let conditions = application_conditions(filter);
        let all = format!(
            "SELECT count(*) FROM group_application r WHERE {}",
            conditions.sql
        );
        let all = self.one(&all, params_from_iter(&conditions.params), count)?;
        let sql = format!(
            "{} WHERE {} ORDER BY r.created_at DESC, r.grp, r.account LIMIT ? OFFSET ?",
            select_application(),
            conditions.sql
        );
        let params = params_from_iter(conditions.paged(page));
        Ok((all, self.rows(&sql, params, read_application)?))
    }

    async fn open_applications(&mut self, manager: AccountKey, since: Millis) -> Result<u64> {
        let sql =
            "SELECT count(*) FROM group_member m CROSS JOIN group_application r ON r.grp = m.grp
            WHERE m.account = ?1 AND m.role >= ?2 AND r.created_at >= ?3 AND r.verdict = ?4";
        self.one(sql, [manager.0, MANAGES, since, OPEN], count)
    }
}

#[async_trait]
impl GroupWrites for Session<ReadWrite> {
    async fn lock_group(&mut self, id: &GroupId) -> Result<Option<Group>> {
        // There is one writer: whoever is in a transaction has locked everything.
        self.group(id).await
    }

    async fn insert_group(&mut self, group: &Group) -> Result<Option<GroupKey>> {
        let sql = "INSERT INTO group_info (group_id, conversation, name, announcement, announced_at, announced_by,
                introduction, face_url, ex, status, join_rule, hides_profiles, forbids_friends, creator, owner,
                created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
            ON CONFLICT (group_id) DO NOTHING RETURNING key";
        let params = (
            group.id.as_str(),
            group.conversation.0,
            &group.name,
            &group.announcement,
            group.announced_at,
            &group.announced_by,
            &group.introduction,
            &group.face_url,
            &group.ex,
            group.status as i64,
            group.join_rule as i64,
            group.hides_profiles,
            group.forbids_friends,
            &group.creator,
            &group.owner,
            group.created_at,
        );
        self.row(sql, params, |row| row.get(0).map(GroupKey))
    }

    async fn update_group(&mut self, group: &Group) -> Result<()> {
        let sql = "UPDATE group_info SET conversation = ?2, name = ?3, announcement = ?4, announced_at = ?5,
                announced_by = ?6, introduction = ?7, face_url = ?8, ex = ?9, status = ?10, join_rule = ?11,
                hides_profiles = ?12, forbids_friends = ?13, owner = ?14
            WHERE key = ?1";
        let params = (
            group.key.0,
            group.conversation.0,
            &group.name,
            &group.announcement,
            group.announced_at,
            &group.announced_by,
            &group.introduction,
            &group.face_url,
            &group.ex,
            group.status as i64,
            group.join_rule as i64,
            group.hides_profiles,
            group.forbids_friends,
            &group.owner,
        );
        self.write(sql, params).map(drop)
    }

    async fn insert_members(
        &mut self,
        group: GroupKey,
        members: &[NewMember],
    ) -> Result<Vec<AccountKey>> {
        let mut joined = Vec::new();
        let conn = self.conn()?;
        let mut insert = conn
            .prepare_cached(
                "INSERT INTO group_member (grp, account, role, nickname, face_url, ex, joined_at, source, inviter,
                    operator, muted_until)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (grp, account) DO NOTHING",
            )
            .map_err(sqlite)?;
        for member in members {
            let params = (
                group.0,
                member.account.0,
                member.role as i64,
                &member.nickname,
                &member.face_url,
                &member.ex,
                member.joined_at,
                member.source as i64,
                &member.inviter,
                &member.operator,
                member.muted_until,
            );
            if insert.execute(params).map_err(sqlite)? > 0 {
                joined.push(member.account);
            }
        }
        drop(insert);
        self.count_members(group, joined.len() as i64)?;
        Ok(joined)
    }

    async fn update_member(&mut self, member: &Member) -> Result<()> {
        let sql = "UPDATE group_member SET role = ?3, nickname = ?4, face_url = ?5, ex = ?6, muted_until = ?7
            WHERE grp = ?1 AND account = ?2";
        let params = (
            member.group.0,
            member.account.key.0,
            member.role as i64,
            &member.nickname,
            &member.face_url,
            &member.ex,
            member.muted_until,
        );
        self.write(sql, params).map(drop)
    }

    async fn delete_members(
        &mut self,
        group: GroupKey,
        accounts: Option<&[AccountKey]>,
    ) -> Result<Vec<AccountKey>> {
        let mut left = match accounts {
            None => self.rows(
                "DELETE FROM group_member WHERE grp = ?1 RETURNING account",
                [group.0],
                read_account_key,
            )?,
            Some(accounts) => self.rows(
                "DELETE FROM group_member WHERE grp = ?1 AND account IN (SELECT value FROM json_each(?2))
                RETURNING account",
                (group.0, key_list(accounts)),
                read_account_key,
            )?,
        };
        left.sort_unstable();
        self.count_members(group, -(left.len() as i64))?;
        Ok(left)
    }

    async fn put_application(&mut self, application: &Application) -> Result<()> {
        let sql = "INSERT INTO group_application (grp, account, verdict, message, ex, created_at, source, inviter,
                handler, handle_message, handled_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            ON CONFLICT (grp, account) DO UPDATE
            SET verdict = excluded.verdict, message = excluded.message, ex = excluded.ex,
                created_at = excluded.created_at, source = excluded.source, inviter = excluded.inviter,
                handler = excluded.handler, handle_message = excluded.handle_message,
                handled_at = excluded.handled_at";
        let params = (
            application.group.key.0,
            application.account.key.0,
            application.verdict as i64,
            &application.message,
            &application.ex,
            application.created_at,
            application.source as i64,
            &application.inviter,
            &application.handler,
            &application.handle_message,
            application.handled_at,
        );
        self.write(sql, params).map(drop)
    }
}

impl Session<ReadWrite> {
    fn count_members(&mut self, group: GroupKey, more: i64) -> Result<()> {
        let sql = "UPDATE group_info SET member_count = member_count + ?2 WHERE key = ?1";
        self.write(sql, [group.0, more]).map(drop)
    }
}

fn select_member() -> String {
    format!(
        "SELECT {}, {MEMBER} FROM group_member m CROSS JOIN account a ON a.key = m.account",
        account_columns("a")
    )
}

fn select_application() -> String {
    format!(
        "SELECT {GROUP}, {}, {APPLICATION} FROM group_application r CROSS JOIN group_info g ON g.key = r.grp
        CROSS JOIN account a ON a.key = r.account",
        account_columns("a")
    )
}

fn member_conditions(group: GroupKey, filter: &MemberFilter) -> Conditions {
    let roles: Vec<i64> = filter.roles.iter().map(|role| *role as i64).collect();
    Conditions::none()
        .with("m.grp = ?", group.0)
        .with_any_of("m.role", &roles)
        .with_some("m.muted_until > ?", filter.muted_at)
        .with_part(&[SHOWN_NICKNAME, "a.user_id"], &filter.part)
}

fn application_conditions(filter: &ApplicationFilter) -> Conditions {
    let verdicts: Vec<i64> = filter.verdicts.iter().map(|one| *one as i64).collect();
    let conditions = Conditions::none()
        .with_some("r.account = ?", filter.account.map(|account| account.0))
        .with_any_of("r.verdict", &verdicts);
    match &filter.groups {
        None => conditions,
        Some(groups) => {
            let groups: Vec<i64> = groups.iter().map(|group| group.0).collect();
            conditions.with_one_of("r.grp", &groups)
        }
    }
}

fn group_ids(ids: &[GroupId]) -> String {
    json(&ids.iter().map(GroupId::as_str).collect::<Vec<_>>())
}

fn read_group_id(row: &Row<'_>, column: usize) -> rusqlite::Result<GroupId> {
    known("group_id", GroupId::new(row.get::<_, String>(column)?))
}

fn read_role(row: &Row<'_>, column: usize) -> rusqlite::Result<GroupRole> {
    known("role", GroupRole::from_number(row.get(column)?))
}

pub(super) fn read_group(row: &Row<'_>) -> rusqlite::Result<Group> {
    Ok(Group {
        key: GroupKey(row.get(0)?),
        id: read_group_id(row, 1)?,
        conversation: ConversationKey(row.get(2)?),
        name: row.get(3)?,
        announcement: row.get(4)?,
        announced_at: row.get(5)?,
        announced_by: row.get(6)?,
        introduction: row.get(7)?,
        face_url: row.get(8)?,
        ex: row.get(9)?,
        status: known("status", GroupStatus::from_number(row.get(10)?))?,
        join_rule: known("join_rule", JoinRule::from_number(row.get(11)?))?,
        hides_profiles: row.get(12)?,
        forbids_friends: row.get(13)?,
        creator: row.get(14)?,
        owner: row.get(15)?,
        created_at: row.get(16)?,
        member_count: row.get(17)?,
    })
}

fn read_member(row: &Row<'_>) -> rusqlite::Result<Member> {
    const OWN: usize = ACCOUNT_COLUMNS;
    Ok(Member {
        account: read_account_at(row, 0)?,
        group: GroupKey(row.get(OWN)?),
        role: read_role(row, OWN + 1)?,
        nickname: row.get(OWN + 2)?,
        face_url: row.get(OWN + 3)?,
        ex: row.get(OWN + 4)?,
        joined_at: row.get(OWN + 5)?,
        source: known("source", JoinSource::from_number(row.get(OWN + 6)?))?,
        inviter: row.get(OWN + 7)?,
        operator: row.get(OWN + 8)?,
        muted_until: row.get(OWN + 9)?,
    })
}

fn read_application(row: &Row<'_>) -> rusqlite::Result<Application> {
    const OWN: usize = GROUP_COLUMNS + ACCOUNT_COLUMNS;
    Ok(Application {
        group: read_group(row)?,
        account: read_account_at(row, GROUP_COLUMNS)?,
        verdict: read_verdict(row, OWN)?,
        message: row.get(OWN + 1)?,
        ex: row.get(OWN + 2)?,
        created_at: row.get(OWN + 3)?,
        source: known("source", JoinSource::from_number(row.get(OWN + 4)?))?,
        inviter: row.get(OWN + 5)?,
        handler: row.get(OWN + 6)?,
        handle_message: row.get(OWN + 7)?,
        handled_at: row.get(OWN + 8)?,
    })
}
