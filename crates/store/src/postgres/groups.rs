//! Groups, their members, and applications to join.

use std::borrow::Cow;
use std::collections::HashSet;

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
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::accounts::{ACCOUNT_COLUMNS, account_columns, read_account_at};
use super::conditions::Conditions;
use super::conversations::{key_list, read_account_key};
use super::relations::{read_user_id, read_verdict, user_ids};
use super::session::{Mode, ReadWrite, Session, column, count, known, number, text};
use crate::bounds::offset;

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

const MANAGES: i32 = GroupRole::Administrator as i32;
const OPEN: i32 = Verdict::Open as i32;

/// Members are inserted in one order, so that two transactions do not wait for each other's; and counted.
const INSERT_MEMBERS: &str = "WITH joined AS (
        INSERT INTO group_member (grp, account, role, nickname, face_url, ex, joined_at, source, inviter, operator,
            muted_until)
        SELECT $1::bigint, * FROM unnest($2::bigint[], $3::integer[], $4::text[], $5::text[], $6::text[],
            $7::bigint[], $8::integer[], $9::text[], $10::text[], $11::bigint[]) AS m (account)
        ORDER BY account
        ON CONFLICT (grp, account) DO NOTHING RETURNING account),
    counted AS (
        UPDATE group_info SET member_count = member_count + (SELECT count(*) FROM joined) WHERE key = $1)
    SELECT account FROM joined";

#[async_trait]
impl<M: Mode> GroupReads for Session<M> {
    async fn group(&mut self, id: &GroupId) -> Result<Option<Group>> {
        let sql = format!("SELECT {GROUP} FROM group_info g WHERE g.group_id = $1");
        self.row(&sql, &[&id.as_str()], read_group).await
    }

    async fn group_by_key(&mut self, key: GroupKey) -> Result<Option<Group>> {
        let sql = format!("SELECT {GROUP} FROM group_info g WHERE g.key = $1");
        self.row(&sql, &[&key.0], read_group).await
    }

    async fn groups(&mut self, ids: &[GroupId]) -> Result<Vec<Group>> {
        let sql = format!(
            "SELECT {GROUP} FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, n)
            JOIN group_info g ON g.group_id = asked.id ORDER BY asked.n"
        );
        self.rows(&sql, &[&group_ids(ids)], read_group).await
    }

    async fn groups_page(&mut self, filter: &GroupFilter, page: Page) -> Result<(u64, Vec<Group>)> {
        let conditions = Conditions::none()
            .with_part(&["g.group_id"], &filter.id_part)
            .with_part(&["g.name"], &filter.name_part);
        let all = format!("SELECT count(*) FROM group_info g WHERE {}", conditions.sql);
        let all = self.one(&all, &conditions.params(), count).await?;
        let (conditions, limits) = conditions.paged(page);
        let sql = format!(
            "SELECT {GROUP} FROM group_info g WHERE {} ORDER BY g.created_at DESC, g.key DESC {limits}",
            conditions.sql
        );
        Ok((
            all,
            self.rows(&sql, &conditions.params(), read_group).await?,
        ))
    }

    async fn joined_groups_page(
        &mut self,
        account: AccountKey,
        page: Page,
    ) -> Result<(u64, Vec<Group>)> {
        let all = "SELECT count(*) FROM group_member WHERE account = $1";
        let all = self.one(all, &[&account.0], count).await?;
        let sql = format!(
            "SELECT {GROUP} FROM group_member m JOIN group_info g ON g.key = m.grp WHERE m.account = $1
            ORDER BY m.joined_at, m.grp LIMIT $2 OFFSET $3"
        );
        let (rows, skipped) = (i64::from(page.rows), offset(page));
        let groups = self
            .rows(&sql, &[&account.0, &rows, &skipped], read_group)
            .await?;
        Ok((all, groups))
    }

    async fn joined_groups(&mut self, account: AccountKey, ids: &[GroupId]) -> Result<Vec<Group>> {
        let sql = format!(
            "SELECT {GROUP} FROM unnest($2::text[]) WITH ORDINALITY AS asked (id, n)
            JOIN group_info g ON g.group_id = asked.id
            JOIN group_member m ON m.grp = g.key AND m.account = $1 ORDER BY asked.n"
        );
        self.rows(&sql, &[&account.0, &group_ids(ids)], read_group)
            .await
    }

    async fn joined_group_ids(&mut self, account: AccountKey) -> Result<Vec<GroupId>> {
        let sql = "SELECT g.group_id FROM group_member m JOIN group_info g ON g.key = m.grp
            WHERE m.account = $1 ORDER BY m.joined_at, m.grp";
        self.rows(sql, &[&account.0], |row| read_group_id(row, 0))
            .await
    }

    async fn managed_groups(&mut self, account: AccountKey) -> Result<Vec<GroupKey>> {
        let sql = "SELECT grp FROM group_member WHERE account = $1 AND role >= $2 ORDER BY grp";
        self.rows(sql, &[&account.0, &MANAGES], read_group_key)
            .await
    }

    async fn groups_showing_profile(&mut self, account: AccountKey) -> Result<Vec<GroupKey>> {
        let sql =
            "SELECT grp FROM group_member WHERE account = $1 AND (nickname = '' OR face_url = '')
            ORDER BY grp";
        self.rows(sql, &[&account.0], read_group_key).await
    }

    async fn member(&mut self, group: GroupKey, account: AccountKey) -> Result<Option<Member>> {
        let sql = format!("{} WHERE m.grp = $1 AND m.account = $2", select_member());
        self.row(&sql, &[&group.0, &account.0], read_member).await
    }

    async fn members(&mut self, group: GroupKey, ids: &[UserId]) -> Result<Vec<Member>> {
        let sql = format!(
            "SELECT {}, {MEMBER} FROM unnest($2::text[]) WITH ORDINALITY AS asked (id, n)
            JOIN account a ON a.user_id = asked.id
            JOIN group_member m ON m.grp = $1 AND m.account = a.key ORDER BY asked.n",
            account_columns("a")
        );
        self.rows(&sql, &[&group.0, &user_ids(ids)], read_member)
            .await
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
            "JOIN account a ON a.key = m.account"
        };
        let all = format!(
            "SELECT count(*) FROM group_member m {accounts} WHERE {}",
            conditions.sql
        );
        let all = self.one(&all, &conditions.params(), count).await?;
        let (conditions, limits) = conditions.paged(page);
        let sql = format!(
            "{} WHERE {} ORDER BY {MEMBER_ORDER} {limits}",
            select_member(),
            conditions.sql
        );
        let members = self.rows(&sql, &conditions.params(), read_member).await?;
        Ok((all, members))
    }

    async fn member_ids(&mut self, group: GroupKey) -> Result<Vec<UserId>> {
        let sql = format!(
            "SELECT a.user_id FROM group_member m JOIN account a ON a.key = m.account WHERE m.grp = $1
            ORDER BY {MEMBER_ORDER}"
        );
        self.rows(&sql, &[&group.0], read_user_id).await
    }

    async fn roster(&mut self, group: GroupKey) -> Result<Vec<RosterEntry>> {
        // From the index of the list's order alone, whose rows are a fraction of the table's; so sorted here.
        let sql = "SELECT account, role, muted_until FROM group_member WHERE grp = $1";
        let mut roster = self
            .rows(sql, &[&group.0], |row| {
                Ok(RosterEntry {
                    account: AccountKey(column(row, 0)?),
                    role: read_role(row, 1)?,
                    muted_until: column(row, 2)?,
                })
            })
            .await?;
        roster.sort_unstable_by_key(|entry| entry.account);
        Ok(roster)
    }

    async fn application(
        &mut self,
        group: GroupKey,
        account: AccountKey,
    ) -> Result<Option<Application>> {
        let lock = if M::IS_TRANSACTION {
            "FOR UPDATE OF r"
        } else {
            ""
        };
        let sql = format!(
            "{} WHERE r.grp = $1 AND r.account = $2 {lock}",
            select_application()
        );
        self.row(&sql, &[&group.0, &account.0], read_application)
            .await
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
        let all = self.one(&all, &conditions.params(), count).await?;
        let (conditions, limits) = conditions.paged(page);
        let sql = format!(
            "{} WHERE {} ORDER BY r.created_at DESC, r.grp, r.account {limits}",
            select_application(),
            conditions.sql
        );
        let applications = self
            .rows(&sql, &conditions.params(), read_application)
            .await?;
        Ok((all, applications))
    }

    async fn open_applications(&mut self, manager: AccountKey, since: Millis) -> Result<u64> {
        let sql = "SELECT count(*) FROM group_member m JOIN group_application r ON r.grp = m.grp
            WHERE m.account = $1 AND m.role >= $2 AND r.created_at >= $3 AND r.verdict = $4";
        self.one(sql, &[&manager.0, &MANAGES, &since, &OPEN], count)
            .await
    }
}

#[async_trait]
impl GroupWrites for Session<ReadWrite> {
    async fn lock_group(&mut self, id: &GroupId) -> Result<Option<Group>> {
        let sql = format!("SELECT {GROUP} FROM group_info g WHERE g.group_id = $1 FOR UPDATE");
        self.row(&sql, &[&id.as_str()], read_group).await
    }

    async fn insert_group(&mut self, group: &Group) -> Result<Option<GroupKey>> {
        let sql = "INSERT INTO group_info (group_id, conversation, name, announcement, announced_at, announced_by,
                introduction, face_url, ex, status, join_rule, hides_profiles, forbids_friends, creator, owner,
                created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
            ON CONFLICT (group_id) DO NOTHING RETURNING key";
        self.row(
            sql,
            &[
                &group.id.as_str(),
                &group.conversation.0,
                &text(&group.name),
                &text(&group.announcement),
                &group.announced_at,
                &text(&group.announced_by),
                &text(&group.introduction),
                &text(&group.face_url),
                &text(&group.ex),
                &(group.status as i32),
                &(group.join_rule as i32),
                &group.hides_profiles,
                &group.forbids_friends,
                &text(&group.creator),
                &text(&group.owner),
                &group.created_at,
            ],
            read_group_key,
        )
        .await
    }

    async fn update_group(&mut self, group: &Group) -> Result<()> {
        let sql = "UPDATE group_info SET conversation = $2, name = $3, announcement = $4, announced_at = $5,
                announced_by = $6, introduction = $7, face_url = $8, ex = $9, status = $10, join_rule = $11,
                hides_profiles = $12, forbids_friends = $13, owner = $14
            WHERE key = $1";
        self.write(
            sql,
            &[
                &group.key.0,
                &group.conversation.0,
                &text(&group.name),
                &text(&group.announcement),
                &group.announced_at,
                &text(&group.announced_by),
                &text(&group.introduction),
                &text(&group.face_url),
                &text(&group.ex),
                &(group.status as i32),
                &(group.join_rule as i32),
                &group.hides_profiles,
                &group.forbids_friends,
                &text(&group.owner),
            ],
        )
        .await
        .map(drop)
    }

    async fn insert_members(
        &mut self,
        group: GroupKey,
        members: &[NewMember],
    ) -> Result<Vec<AccountKey>> {
        let columns = MemberColumns::of(members);
        let mut joined: HashSet<AccountKey> = self
            .rows(INSERT_MEMBERS, &columns.params(&group.0), read_account_key)
            .await?
            .into_iter()
            .collect();
        // In the order given, and once.
        let accounts = members.iter().map(|member| member.account);
        Ok(accounts.filter(|account| joined.remove(account)).collect())
    }

    async fn update_member(&mut self, member: &Member) -> Result<()> {
        let sql = "UPDATE group_member SET role = $3, nickname = $4, face_url = $5, ex = $6, muted_until = $7
            WHERE grp = $1 AND account = $2";
        self.write(
            sql,
            &[
                &member.group.0,
                &member.account.key.0,
                &(member.role as i32),
                &text(&member.nickname),
                &text(&member.face_url),
                &text(&member.ex),
                &member.muted_until,
            ],
        )
        .await
        .map(drop)
    }

    async fn delete_members(
        &mut self,
        group: GroupKey,
        accounts: Option<&[AccountKey]>,
    ) -> Result<Vec<AccountKey>> {
        let whom = match accounts {
            None => "",
            Some(_) => "AND account = ANY ($2::bigint[])",
        };
        let sql = format!(
            "WITH gone AS (DELETE FROM group_member WHERE grp = $1 {whom} RETURNING account),
            counted AS (
                UPDATE group_info SET member_count = member_count - (SELECT count(*) FROM gone) WHERE key = $1)
            SELECT account FROM gone"
        );
        let mut left = match accounts {
            None => self.rows(&sql, &[&group.0], read_account_key).await?,
            Some(accounts) => {
                self.rows(&sql, &[&group.0, &key_list(accounts)], read_account_key)
                    .await?
            }
        };
        left.sort_unstable();
        Ok(left)
    }

    async fn put_application(&mut self, application: &Application) -> Result<()> {
        let sql = "INSERT INTO group_application (grp, account, verdict, message, ex, created_at, source, inviter,
                handler, handle_message, handled_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            ON CONFLICT (grp, account) DO UPDATE
            SET verdict = excluded.verdict, message = excluded.message, ex = excluded.ex,
                created_at = excluded.created_at, source = excluded.source, inviter = excluded.inviter,
                handler = excluded.handler, handle_message = excluded.handle_message,
                handled_at = excluded.handled_at";
        self.write(
            sql,
            &[
                &application.group.key.0,
                &application.account.key.0,
                &(application.verdict as i32),
                &text(&application.message),
                &text(&application.ex),
                &application.created_at,
                &(application.source as i32),
                &text(&application.inviter),
                &text(&application.handler),
                &text(&application.handle_message),
                &application.handled_at,
            ],
        )
        .await
        .map(drop)
    }
}

/// New members, column by column.
#[derive(Default)]
struct MemberColumns<'a> {
    accounts: Vec<i64>,
    roles: Vec<i32>,
    nicknames: Vec<Cow<'a, str>>,
    face_urls: Vec<Cow<'a, str>>,
    exes: Vec<Cow<'a, str>>,
    joined_ats: Vec<i64>,
    sources: Vec<i32>,
    inviters: Vec<Cow<'a, str>>,
    operators: Vec<Cow<'a, str>>,
    muted_untils: Vec<i64>,
}

impl<'a> MemberColumns<'a> {
    fn of(members: &'a [NewMember]) -> Self {
        let mut columns = Self::default();
        for member in members {
            columns.accounts.push(member.account.0);
            columns.roles.push(member.role as i32);
            columns.nicknames.push(text(&member.nickname));
            columns.face_urls.push(text(&member.face_url));
            columns.exes.push(text(&member.ex));
            columns.joined_ats.push(member.joined_at);
            columns.sources.push(member.source as i32);
            columns.inviters.push(text(&member.inviter));
            columns.operators.push(text(&member.operator));
            columns.muted_untils.push(member.muted_until);
        }
        columns
    }

    fn params<'b>(&'b self, group: &'b i64) -> [&'b (dyn ToSql + Sync); 11] {
        [
            group,
            &self.accounts,
            &self.roles,
            &self.nicknames,
            &self.face_urls,
            &self.exes,
            &self.joined_ats,
            &self.sources,
            &self.inviters,
            &self.operators,
            &self.muted_untils,
        ]
    }
}

fn select_member() -> String {
    format!(
        "SELECT {}, {MEMBER} FROM group_member m JOIN account a ON a.key = m.account",
        account_columns("a")
    )
}

fn select_application() -> String {
    format!(
        "SELECT {GROUP}, {}, {APPLICATION} FROM group_application r JOIN group_info g ON g.key = r.grp
        JOIN account a ON a.key = r.account",
        account_columns("a")
    )
}

fn member_conditions(group: GroupKey, filter: &MemberFilter) -> Conditions {
    let roles = filter.roles.iter().map(|role| *role as i32).collect();
    Conditions::none()
        .with("m.grp = ?", group.0)
        .with_any_of("m.role", roles)
        .with_some("m.muted_until > ?", filter.muted_at)
        .with_part(&[SHOWN_NICKNAME, "a.user_id"], &filter.part)
}

fn application_conditions(filter: &ApplicationFilter) -> Conditions {
    let verdicts = filter.verdicts.iter().map(|one| *one as i32).collect();
    let groups = filter.groups.as_ref();
    let groups = groups.map(|groups| groups.iter().map(|group| group.0).collect::<Vec<_>>());
    Conditions::none()
        .with_some("r.account = ?", filter.account.map(|account| account.0))
        .with_any_of("r.verdict", verdicts)
        .with_some("r.grp = ANY (?)", groups)
}

fn group_ids(ids: &[GroupId]) -> Vec<Cow<'_, str>> {
    ids.iter().map(|id| text(id.as_str())).collect()
}

fn read_group_key(row: &Row) -> Result<GroupKey> {
    column(row, 0).map(GroupKey)
}

fn read_group_id(row: &Row, index: usize) -> Result<GroupId> {
    known("group_id", GroupId::new(column::<String>(row, index)?))
}

fn read_role(row: &Row, index: usize) -> Result<GroupRole> {
    known("role", GroupRole::from_number(number(row, index)?))
}

pub(super) fn read_group(row: &Row) -> Result<Group> {
    Ok(Group {
        key: GroupKey(column(row, 0)?),
        id: read_group_id(row, 1)?,
        conversation: ConversationKey(column(row, 2)?),
        name: column(row, 3)?,
        announcement: column(row, 4)?,
        announced_at: column(row, 5)?,
        announced_by: column(row, 6)?,
        introduction: column(row, 7)?,
        face_url: column(row, 8)?,
        ex: column(row, 9)?,
        status: known("status", GroupStatus::from_number(number(row, 10)?))?,
        join_rule: known("join_rule", JoinRule::from_number(number(row, 11)?))?,
        hides_profiles: column(row, 12)?,
        forbids_friends: column(row, 13)?,
        creator: column(row, 14)?,
        owner: column(row, 15)?,
        created_at: column(row, 16)?,
        member_count: column::<i32>(row, 17)?.cast_unsigned(),
    })
}

fn read_member(row: &Row) -> Result<Member> {
    const OWN: usize = ACCOUNT_COLUMNS;
    Ok(Member {
        account: read_account_at(row, 0)?,
        group: GroupKey(column(row, OWN)?),
        role: read_role(row, OWN + 1)?,
        nickname: column(row, OWN + 2)?,
        face_url: column(row, OWN + 3)?,
        ex: column(row, OWN + 4)?,
        joined_at: column(row, OWN + 5)?,
        source: known("source", JoinSource::from_number(number(row, OWN + 6)?))?,
        inviter: column(row, OWN + 7)?,
        operator: column(row, OWN + 8)?,
        muted_until: column(row, OWN + 9)?,
    })
}

fn read_application(row: &Row) -> Result<Application> {
    const OWN: usize = GROUP_COLUMNS + ACCOUNT_COLUMNS;
    Ok(Application {
        group: read_group(row)?,
        account: read_account_at(row, GROUP_COLUMNS)?,
        verdict: read_verdict(row, OWN)?,
        message: column(row, OWN + 1)?,
        ex: column(row, OWN + 2)?,
        created_at: column(row, OWN + 3)?,
        source: known("source", JoinSource::from_number(number(row, OWN + 4)?))?,
        inviter: column(row, OWN + 5)?,
        handler: column(row, OWN + 6)?,
        handle_message: column(row, OWN + 7)?,
        handled_at: column(row, OWN + 8)?,
    })
}
