//! What a large group costs: making it, joining it, syncing after a change, and writing to it beside a small one. The
//! members are registered first and are not connected, so that the figures are those of the server's own work. The
//! requests run one after another.

use crate::client::Client;
use crate::openim::{PLATFORM, user_id};
use crate::rest::{Admin, Rest, read};
use crate::server::Server;
use crate::stats::{Latency, micros};
use anyhow::{Context, Result, ensure};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use wire::openim::proto::{MsgData, UserSendMsgResp};
use wire::openim::rest::group::{
    GetIncrementalGroupMembersBatchResponse, GetIncrementalGroupMembersResponse,
};
use wire::openim::{content_type, ids, msg_from, msg_status, session_type};

const LARGE: &str = "10000001";
const SMALL: &str = "10000002";

/// Who joins the large group after it was made, one after another.
const JOINS: u32 = 50;

/// Messages to each group, in turn.
const MESSAGES: u32 = 400;

#[derive(Clone, Debug)]
pub struct Outcome {
    pub members: u32,
    pub create: Duration,
    pub join: Latency,
    /// A member with the version before one change asks what changed, and the length of the answer.
    pub sync: Duration,
    pub sync_bytes: usize,
    /// The whole list of members, as a fresh device reads it.
    pub full: Duration,
    pub ack_large: Latency,
    pub ack_small: Latency,
}

/// Makes a group of `members` with an owner among them, and one of three.
pub async fn run(server: &Server, members: u32, content_bytes: usize) -> Result<Outcome> {
    let users: Vec<String> = (0..members + JOINS).map(user_id).collect();
    let (inside, outside) = users.split_at(members as usize);
    let admin = server.admin().await?;
    admin.register(&users).await?;
    let create = create(&admin, LARGE, inside).await?;
    create_small(&admin, inside).await?;

    let owner = &inside[0];
    let token = admin.tokens(&inside[..1], PLATFORM).await?;
    let token = token.first().context("no token")?;
    let rest = Rest::new(server.api, token.clone())?;
    let known = changes(&rest, owner, &Known::default()).await?;
    ensure!(known.answer.full, "the first increment is not full");
    let known = Known::of(&known.answer);

    let tokens = admin.tokens(outside, PLATFORM).await?;
    let mut joins = vec![join(server, &outside[0], &tokens[0]).await?];
    let synced = changes(&rest, owner, &known).await?;
    ensure!(
        !synced.answer.full && synced.answer.insert.len() == 1,
        "one member joined, but {} are new",
        synced.answer.insert.len()
    );
    for (user, token) in outside.iter().zip(&tokens).skip(1) {
        joins.push(join(server, user, token).await?);
    }
    let full = read_all(&rest, users.len()).await?;

    let mut client = Client::dial(server, owner, token, false, None).await?;
    let mut acks = [Vec::new(), Vec::new()];
    for number in 0..MESSAGES {
        for (group, acks) in [LARGE, SMALL].into_iter().zip(&mut acks) {
            let time = write(&mut client, owner, group, number, content_bytes).await?;
            // The first ones fill caches.
            if number >= MESSAGES / 10 {
                acks.push(micros(time));
            }
        }
    }
    let [large, small] = acks;
    Ok(Outcome {
        members,
        create,
        join: Latency::of(joins),
        sync: synced.time,
        sync_bytes: synced.bytes,
        full,
        ack_large: Latency::of(large),
        ack_small: Latency::of(small),
    })
}

/// Makes a group of these, the first of whom owns it; everybody may join.
pub async fn create(admin: &Admin, id: &str, members: &[String]) -> Result<Duration> {
    let (owner, others) = members.split_first().context("a group of nobody")?;
    let body = json!({
        "ownerUserID": owner,
        "memberUserIDs": others,
        "adminUserIDs": [],
        "groupInfo": { "groupID": id, "groupName": "load", "groupType": 2, "needVerification": 2 },
    });
    let (_, time, _): (Value, _, _) = timed(admin.rest(), "/group/create_group", &body).await?;
    Ok(time)
}

async fn create_small(admin: &Admin, inside: &[String]) -> Result<()> {
    let three = inside.get(..3).context("too few members")?;
    create(admin, SMALL, three).await.map(drop)
}

async fn join(server: &Server, user: &str, token: &str) -> Result<u32> {
    let rest = Rest::new(server.api, token.to_owned())?;
    let body =
        json!({ "groupID": LARGE, "reqMessage": "", "joinSource": 3, "inviterUserID": user });
    let begun = Instant::now();
    let (bytes, encoding) = rest.post_raw("/group/join_group", &body).await?;
    let time = begun.elapsed();
    read::<Value>(&bytes, &encoding).context("/group/join_group")?;
    Ok(micros(time))
}

/// The version of the list of members that a client has.
#[derive(Default)]
struct Known {
    id: String,
    version: u64,
}

impl Known {
    fn of(answer: &GetIncrementalGroupMembersResponse) -> Known {
        Known {
            id: answer.version_id.clone(),
            version: answer.version,
        }
    }
}

struct Changes {
    answer: GetIncrementalGroupMembersResponse,
    time: Duration,
    bytes: usize,
}

async fn changes(rest: &Rest, user: &str, known: &Known) -> Result<Changes> {
    let body = json!({
        "userID": user,
        "reqList": [{ "groupID": LARGE, "versionID": known.id, "version": known.version }],
    });
    let path = "/group/get_incremental_group_members_batch";
    let (mut answer, time, bytes): (GetIncrementalGroupMembersBatchResponse, _, _) =
        timed(rest, path, &body).await?;
    let answer = answer.resp_list.remove(LARGE);
    Ok(Changes {
        answer: answer.context("the group is not in the answer")?,
        time,
        bytes,
    })
}

async fn read_all(rest: &Rest, expected: usize) -> Result<Duration> {
    const PAGE_ROWS: usize = 100;
    let mut whole = Duration::ZERO;
    let mut rows = 0;
    for page in 1..=expected.div_ceil(PAGE_ROWS) {
        let body = json!({
            "groupID": LARGE, "filter": 0, "keyword": "",
            "pagination": { "pageNumber": page, "showNumber": PAGE_ROWS },
        });
        let (answer, time, _): (Value, _, _) =
            timed(rest, "/group/get_group_member_list", &body).await?;
        rows += answer["members"].as_array().map_or(0, Vec::len);
        whole += time;
    }
    ensure!(rows == expected, "the pages hold {rows} members");
    Ok(whole)
}

async fn write(
    client: &mut Client,
    from: &str,
    group: &str,
    number: u32,
    content_bytes: usize,
) -> Result<Duration> {
    let text = "x".repeat(content_bytes.saturating_sub(14));
    let message = MsgData {
        send_id: from.to_owned(),
        group_id: group.to_owned(),
        client_msg_id: format!("{group:0>24}{number:08}"),
        sender_platform_id: PLATFORM,
        session_type: session_type::GROUP,
        msg_from: msg_from::USER,
        content_type: content_type::TEXT,
        content: format!(r#"{{"content":"{text}"}}"#).into(),
        create_time: 1_780_000_000_000,
        status: msg_status::SENDING,
        ..MsgData::default()
    };
    let (frame, msg_incr) = client.frame(ids::SEND_MSG, &message);
    let begun = Instant::now();
    let answer = client.exchange(frame, &msg_incr).await?;
    let time = begun.elapsed();
    <UserSendMsgResp as prost::Message>::decode(answer)?;
    Ok(time)
}

async fn timed<T: DeserializeOwned>(
    rest: &Rest,
    path: &str,
    body: &impl Serialize,
) -> Result<(T, Duration, usize)> {
    let begun = Instant::now();
    let (bytes, encoding) = rest.post_raw(path, body).await?;
    let time = begun.elapsed();
    let reply = read(&bytes, &encoding).with_context(|| path.to_owned())?;
    let data = reply.data.with_context(|| format!("{path}: no data"))?;
    Ok((data, time, bytes.len()))
}
