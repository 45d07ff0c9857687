//! The login of an account with many conversations on a fresh device, request by request as the client libraries do it
//! (sync.md §1). Counted is the time from sending each request to having its whole answer, which is the server's time
//! and the way there and back; reading the answers is not counted. The requests run one after another.

use crate::client::Client;
use crate::openim::{PLATFORM, user_id};
use crate::rest::{Rest, read};
use crate::server::Server;
use anyhow::{Context, Result, ensure};
use prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::time::{Duration, Instant};
use wire::openim::rest::VersionRequest;
use wire::openim::rest::conversation::{
    GetFullConversationIdsResponse, GetIncrementalConversationsResponse,
    GetOwnerConversationResponse,
};
use wire::openim::{ids, proto};

/// Rows of one page, and conversations of one pull, as the client libraries ask for them.
const PAGE_ROWS: usize = 300;
const PULL_CONVERSATIONS: usize = 100;

#[derive(Clone, Debug)]
pub struct Outcome {
    pub conversations: usize,
    pub total_ms: f64,
    /// Processor time of the server and its database. The kernel counts it in steps of 10 ms.
    pub cpu_ms: f64,
    /// Sum of each kind of request.
    pub steps_ms: [(&'static str, f64); 6],
}

/// Makes the account and its conversations, one message from one user each; then logs in.
pub async fn run(server: &Server, conversations: u32) -> Result<Outcome> {
    let account = user_id(0);
    let users: Vec<String> = (0..=conversations).map(user_id).collect();
    let admin = server.admin().await?;
    admin.register(&users).await?;
    let text = "See you tomorrow at nine, and bring the contract with you.";
    admin.send_texts(&users[1..], &account, text).await?;
    let tokens = admin.tokens(&users[..1], PLATFORM).await?;
    let token = tokens.first().context("no token")?;

    let meter = server.meter();
    let client = Client::dial(server, &account, token, true, None).await?;
    let rest = Rest::new(server.api, token.clone())?;
    // A client has its connection by then: the token was checked, the account's facts are known.
    let (bytes, encoding) = rest
        .post_raw("/user/get_users_info", &json!({ "userIDs": [account] }))
        .await?;
    read::<serde_json::Value>(&bytes, &encoding)?;

    let before = meter.cpu()?;
    let mut login = Login {
        account,
        client,
        rest,
    };
    let outcome = login.run(conversations as usize).await?;
    Ok(Outcome {
        cpu_ms: (meter.cpu()?.saturating_sub(before)).as_secs_f64() * 1e3,
        ..outcome
    })
}

struct Login {
    account: String,
    client: Client,
    rest: Rest,
}

impl Login {
    async fn run(&mut self, expected: usize) -> Result<Outcome> {
        let account = self.account.clone();

        let question = proto::GetMaxSeqReq {
            user_id: account.clone(),
        };
        let (newest, newest_time): (proto::GetMaxSeqResp, _) =
            self.ask(ids::GET_NEWEST_SEQ, &question).await?;
        let mut chats = newest.max_seqs;
        chats.retain(|id, _| !id.starts_with("n_"));
        ensure!(
            chats.len() == expected,
            "1001 tells of {} conversations",
            chats.len()
        );

        let body = VersionRequest {
            user_id: account.clone(),
            ..VersionRequest::default()
        };
        let path = "/conversation/get_incremental_conversations";
        let (changes, changes_time): (GetIncrementalConversationsResponse, _) =
            self.post(path, &body).await?;
        ensure!(changes.full, "the first increment is not full");

        let mut rows = 0;
        let mut rows_time = Duration::ZERO;
        for page in 1..=expected.div_ceil(PAGE_ROWS) {
            let pagination = json!({ "pageNumber": page, "showNumber": PAGE_ROWS });
            let body = json!({ "userID": account, "pagination": pagination });
            let path = "/conversation/get_owner_conversation";
            let (answer, time): (GetOwnerConversationResponse, _) = self.post(path, &body).await?;
            rows += answer.conversations.len();
            rows_time += time;
        }
        ensure!(rows == expected, "the pages hold {rows} conversations");

        let body = json!({ "userID": account, "idHash": 0 });
        let path = "/conversation/get_full_conversation_ids";
        let (full, full_time): (GetFullConversationIdsResponse, _) = self.post(path, &body).await?;
        ensure!(
            full.conversation_ids.len() == expected,
            "the full list has {} ids",
            full.conversation_ids.len()
        );

        let question = proto::GetConversationsHasReadAndMaxSeqReq {
            user_id: account.clone(),
            ..Default::default()
        };
        let (read, read_time): (proto::GetConversationsHasReadAndMaxSeqResp, _) =
            self.ask(ids::GET_CONV_MAX_READ_SEQ, &question).await?;
        ensure!(
            read.seqs.len() >= expected,
            "1006 tells of {} conversations",
            read.seqs.len()
        );

        let mut messages = 0;
        let mut messages_time = Duration::ZERO;
        let chats: Vec<(String, i64)> = chats.into_iter().collect();
        for chats in chats.chunks(PULL_CONVERSATIONS) {
            let ranges = chats.iter().map(|(id, max)| proto::SeqRange {
                conversation_id: id.clone(),
                begin: 0,
                end: *max,
                num: 1,
            });
            let question = proto::PullMessageBySeqsReq {
                user_id: account.clone(),
                seq_ranges: ranges.collect(),
                order: 0,
            };
            let (pulled, time): (proto::PullMessageBySeqsResp, _) =
                self.ask(ids::PULL_MSG_BY_RANGE, &question).await?;
            messages += pulled.msgs.values().map(|of| of.msgs.len()).sum::<usize>();
            messages_time += time;
        }
        ensure!(messages == expected, "{messages} messages were pulled");

        let steps = [
            ("1001 newest seqs", newest_time),
            ("incremental conversations", changes_time),
            ("conversations, by 300", rows_time),
            ("full conversation ids", full_time),
            ("1006 read and newest seqs", read_time),
            ("1002 messages, by 100", messages_time),
        ];
        let steps_ms = steps.map(|(name, time)| (name, time.as_secs_f64() * 1e3));
        Ok(Outcome {
            conversations: expected,
            total_ms: steps_ms.iter().map(|(_, ms)| ms).sum(),
            cpu_ms: 0.0,
            steps_ms,
        })
    }

    async fn ask<T: Message + Default>(
        &mut self,
        identifier: i32,
        question: &impl Message,
    ) -> Result<(T, Duration)> {
        let (frame, msg_incr) = self.client.frame(identifier, question);
        let begun = Instant::now();
        let answer = self.client.exchange(frame, &msg_incr).await;
        let time = begun.elapsed();
        let answer = answer.with_context(|| format!("request {identifier}"))?;
        Ok((T::decode(answer)?, time))
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<(T, Duration)> {
        let begun = Instant::now();
        let (bytes, encoding) = self.rest.post_raw(path, body).await?;
        let time = begun.elapsed();
        let reply = read(&bytes, &encoding).with_context(|| path.to_owned())?;
        Ok((
            reply.data.with_context(|| format!("{path}: no data"))?,
            time,
        ))
    }
}
