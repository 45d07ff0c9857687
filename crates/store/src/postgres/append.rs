//! Appending messages, one or hundreds, in two round trips: everything the decision needs is asked for at once,
//! everything decided is written at once. The statements of a round trip run in the order they are sent in, so the
//! look-up of replays happens under the locks that the statement before it took.

use std::borrow::Cow;
use std::collections::HashMap;

use domain::ids::MessageKey;
use domain::messages::{Append, Appended, Placed, Status};
use tokio_postgres::{Client, Error, Row, Statement};

use super::session::{Params, text};
use crate::forms::{write_push, write_texts};

pub(super) const LOCK: &str = "SELECT key, policy, max_seq, last_time, low, high FROM conversation
    WHERE key = ANY ($1::bigint[]) ORDER BY key FOR NO KEY UPDATE";
pub(super) const REPLAYS: &str = "SELECT asked.n, m.id, m.seq, m.send_time, m.server_msg_id
    FROM unnest($1::bigint[], $2::bigint[], $3::text[])
        WITH ORDINALITY AS asked (conversation, sender, client_msg_id, n)
    JOIN message m ON m.conversation = asked.conversation AND m.sender = asked.sender
        AND m.client_msg_id = asked.client_msg_id";
pub(super) const POLICIES: &str = "SELECT key, policy FROM account WHERE key = ANY ($1::bigint[])";
pub(super) const IDS: &str = "SELECT nextval('message_id') FROM generate_series(1, $1::bigint)";
pub(super) const ADVANCE: &str =
    "UPDATE conversation c SET max_seq = n.max_seq, last_time = n.last_time,
        sent_low = greatest(c.sent_low, n.sent_low), sent_high = greatest(c.sent_high, n.sent_high)
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
        AS n (key, max_seq, last_time, sent_low, sent_high)
    WHERE c.key = n.key";
pub(super) const INSERT: &str = "INSERT INTO message (id, conversation, seq, sender, client_msg_id, server_msg_id,
        sender_platform, sender_nickname, sender_face_url, origin, content_type, content, create_time, send_time,
        status, options, push, at_users, attached_info, ex)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[],
        $7::integer[], $8::text[], $9::text[], $10::integer[], $11::integer[], $12::bytea[], $13::bigint[],
        $14::bigint[], $15::integer[], $16::integer[], $17::text[], $18::text[], $19::text[], $20::text[])";

/// The rows are guarded by those of their conversations, which are locked: other appends cannot hold them.
pub(super) const RAISE_READ: &str = "UPDATE participant p SET read_seq = n.seq
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS n (account, conversation, seq)
    WHERE p.account = n.account AND p.conversation = n.conversation AND p.read_seq < n.seq";

/// The statements, prepared on one connection.
pub(super) struct Statements {
    pub(super) lock: Statement,
    pub(super) replays: Statement,
    pub(super) policies: Statement,
    pub(super) ids: Statement,
    pub(super) advance: Statement,
    pub(super) insert: Statement,
    pub(super) raise_read: Statement,
}

/// Whether the appends are a transaction of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    OwnTransaction,
    WithinTransaction,
}

/// Carries out the appends in their order. After an error nothing is written once the transaction is rolled back.
pub(super) async fn append_all(
    client: &Client,
    statements: &Statements,
    appends: &[&Append],
    scope: Scope,
) -> Result<Vec<Appended>, Error> {
    let ids: Vec<Cow<'_, str>> = appends
        .iter()
        .map(|append| text(&append.post.client_msg_id))
        .collect();
    let conversations: Vec<i64> = appends.iter().map(|append| append.conversation.0).collect();
    let senders: Vec<i64> = appends.iter().map(|append| append.sender.0).collect();
    let count = appends.len() as i64;
    let identities: Params<'_> = &[&conversations, &senders, &ids];
    let by_conversation: Params<'_> = &[&conversations];
    let by_sender: Params<'_> = &[&senders];
    let counted: Params<'_> = &[&count];
    let (begun, locked, replays, policies, keys) = tokio::join!(
        biased;
        run_if(scope == Scope::OwnTransaction, client, "BEGIN"),
        client.query(&statements.lock, by_conversation),
        client.query(&statements.replays, identities),
        client.query(&statements.policies, by_sender),
        client.query(&statements.ids, counted),
    );
    begun?;
    let facts = Facts::read(&locked?, &replays?, &policies?, &keys?)?;
    let (answers, rows, advances) = decide(appends, &ids, facts);
    let raises = ReadRaises::of(appends, &answers);

    let row_params = rows.params();
    let advance_params = advances.params();
    let raise_params: Params<'_> = &[&raises.accounts, &raises.conversations, &raises.seqs];
    let is_anything_new = !rows.keys.is_empty();
    let (advanced, raised, inserted, committed) = tokio::join!(
        biased;
        execute_if(is_anything_new, client, &statements.advance, &advance_params),
        execute_if(!raises.seqs.is_empty(), client, &statements.raise_read, raise_params),
        execute_if(is_anything_new, client, &statements.insert, &row_params),
        run_if(scope == Scope::OwnTransaction, client, "COMMIT"),
    );
    // If writing failed the COMMIT rolled back and says that it succeeded, so these come first.
    advanced?;
    raised?;
    inserted?;
    committed?;
    Ok(answers)
}

async fn run_if(is_wanted: bool, client: &Client, sql: &str) -> Result<(), Error> {
    if is_wanted {
        client.batch_execute(sql).await
    } else {
        Ok(())
    }
}

async fn execute_if(
    is_wanted: bool,
    client: &Client,
    statement: &Statement,
    params: Params<'_>,
) -> Result<(), Error> {
    if is_wanted {
        client.execute(statement, params).await.map(drop)
    } else {
        Ok(())
    }
}

/// What the decision is made on, as of a moment when all conversations are locked.
struct Facts {
    conversations: HashMap<i64, Facet>,
    replays: HashMap<usize, Appended>,
    policies: HashMap<i64, i64>,
    /// One for each append, ascending; those that are not needed stay unused.
    keys: Vec<MessageKey>,
}

/// The part of a conversation's row that appending reads and changes.
struct Facet {
    policy: i64,
    max_seq: i64,
    last_time: i64,
    low: i64,
    high: i64,
    sent_low: i64,
    sent_high: i64,
    is_changed: bool,
}

impl Facts {
    fn read(
        locked: &[Row],
        replays: &[Row],
        policies: &[Row],
        keys: &[Row],
    ) -> Result<Self, Error> {
        let facet = |row: &Row| {
            let facet = Facet {
                policy: row.try_get(1)?,
                max_seq: row.try_get(2)?,
                last_time: row.try_get(3)?,
                low: row.try_get(4)?,
                high: row.try_get(5)?,
                sent_low: 0,
                sent_high: 0,
                is_changed: false,
            };
            Ok((row.try_get(0)?, facet))
        };
        let replay = |row: &Row| {
            let placed = Placed {
                key: MessageKey(row.try_get(1)?),
                seq: row.try_get(2)?,
                send_time: row.try_get(3)?,
            };
            // Ordinals count from 1.
            let n = usize::try_from(row.try_get::<_, i64>(0)? - 1).unwrap_or(usize::MAX);
            Ok((
                n,
                Appended::Replay {
                    placed,
                    server_msg_id: row.try_get(4)?,
                },
            ))
        };
        Ok(Self {
            conversations: locked.iter().map(facet).collect::<Result<_, Error>>()?,
            replays: replays.iter().map(replay).collect::<Result<_, Error>>()?,
            policies: policies
                .iter()
                .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
                .collect::<Result<_, Error>>()?,
            keys: keys
                .iter()
                .map(|row| row.try_get(0).map(MessageKey))
                .collect::<Result<_, Error>>()?,
        })
    }
}

fn decide<'a>(
    appends: &[&'a Append],
    ids: &'a [Cow<'a, str>],
    mut facts: Facts,
) -> (Vec<Appended>, Rows<'a>, Advances) {
    let mut answers = Vec::with_capacity(appends.len());
    let mut rows = Rows::default();
    // The same message may be in the batch twice: the second is a replay of the first.
    let mut stored: HashMap<(i64, i64, &str), (Placed, &str)> = HashMap::new();
    for (n, (append, client_msg_id)) in appends.iter().zip(ids).enumerate() {
        if let Some(replay) = facts.replays.remove(&n) {
            answers.push(replay);
            continue;
        }
        let identity = (append.conversation.0, append.sender.0, &**client_msg_id);
        if let Some((placed, server_msg_id)) = stored.get(&identity) {
            answers.push(Appended::Replay {
                placed: *placed,
                server_msg_id: (*server_msg_id).to_owned(),
            });
            continue;
        }
        let sender_policy = facts.policies.get(&append.sender.0);
        let conversation = facts.conversations.get_mut(&append.conversation.0);
        let conversation = conversation.filter(|conversation| {
            conversation.policy == append.conversation_policy
                && sender_policy == Some(&append.sender_policy)
        });
        let (Some(conversation), Some(key)) = (conversation, facts.keys.get(n)) else {
            answers.push(Appended::PolicyChanged);
            continue;
        };
        let (seq, send_time) = conversation.advance(append);
        let placed = Placed {
            key: *key,
            seq,
            send_time,
        };
        stored.insert(identity, (placed, &append.post.server_msg_id));
        rows.push(append, client_msg_id, placed);
        answers.push(Appended::Stored(placed));
    }
    (answers, rows, Advances::of(&facts.conversations))
}

impl Facet {
    /// Takes the next number; returns it and the time of sending.
    fn advance(&mut self, append: &Append) -> (i64, i64) {
        self.max_seq += 1;
        self.last_time = (self.last_time + 1).max(append.at);
        if self.low == append.sender.0 {
            self.sent_low = self.max_seq;
        }
        if self.high == append.sender.0 {
            self.sent_high = self.max_seq;
        }
        self.is_changed = true;
        (self.max_seq, self.last_time)
    }
}

/// New values of conversations, column by column.
#[derive(Default)]
struct Advances {
    keys: Vec<i64>,
    max_seqs: Vec<i64>,
    last_times: Vec<i64>,
    sent_lows: Vec<i64>,
    sent_highs: Vec<i64>,
}

impl Advances {
    fn of(conversations: &HashMap<i64, Facet>) -> Self {
        let mut advances = Self::default();
        for (key, conversation) in conversations
            .iter()
            .filter(|(_, conversation)| conversation.is_changed)
        {
            advances.keys.push(*key);
            advances.max_seqs.push(conversation.max_seq);
            advances.last_times.push(conversation.last_time);
            advances.sent_lows.push(conversation.sent_low);
            advances.sent_highs.push(conversation.sent_high);
        }
        advances
    }

    fn params(&self) -> [&(dyn tokio_postgres::types::ToSql + Sync); 5] {
        [
            &self.keys,
            &self.max_seqs,
            &self.last_times,
            &self.sent_lows,
            &self.sent_highs,
        ]
    }
}

/// How far senders have read by sending, column by column. Each participant stands in it once, as one statement may
/// not update a row twice.
#[derive(Default)]
struct ReadRaises {
    accounts: Vec<i64>,
    conversations: Vec<i64>,
    seqs: Vec<i64>,
}

impl ReadRaises {
    fn of(appends: &[&Append], answers: &[Appended]) -> Self {
        let mut newest = HashMap::new();
        for (append, answer) in appends.iter().zip(answers) {
            if let (true, Appended::Stored(placed)) = (append.raises_read_seq, answer) {
                // Later appends of a conversation have larger numbers.
                newest.insert((append.sender.0, append.conversation.0), placed.seq);
            }
        }
        let mut raises = Self::default();
        for ((account, conversation), seq) in newest {
            raises.accounts.push(account);
            raises.conversations.push(conversation);
            raises.seqs.push(seq);
        }
        raises
    }
}

/// New rows of the message log, column by column.
#[derive(Default)]
struct Rows<'a> {
    keys: Vec<i64>,
    conversations: Vec<i64>,
    seqs: Vec<i64>,
    senders: Vec<i64>,
    client_msg_ids: Vec<&'a str>,
    server_msg_ids: Vec<Cow<'a, str>>,
    platforms: Vec<i32>,
    nicknames: Vec<Cow<'a, str>>,
    face_urls: Vec<Cow<'a, str>>,
    origins: Vec<i32>,
    content_types: Vec<i32>,
    contents: Vec<&'a [u8]>,
    create_times: Vec<i64>,
    send_times: Vec<i64>,
    statuses: Vec<i32>,
    options: Vec<i32>,
    pushes: Vec<Option<String>>,
    at_users: Vec<Option<String>>,
    attached_infos: Vec<Cow<'a, str>>,
    exes: Vec<Cow<'a, str>>,
}

impl<'a> Rows<'a> {
    fn push(&mut self, append: &'a Append, client_msg_id: &'a str, placed: Placed) {
        let post = &*append.post;
        self.keys.push(placed.key.0);
        self.conversations.push(append.conversation.0);
        self.seqs.push(placed.seq);
        self.senders.push(append.sender.0);
        self.client_msg_ids.push(client_msg_id);
        self.server_msg_ids.push(text(&post.server_msg_id));
        self.platforms.push(post.sender_platform);
        self.nicknames.push(text(&post.sender_nickname));
        self.face_urls.push(text(&post.sender_face_url));
        self.origins.push(post.origin as i32);
        self.content_types.push(post.content_type);
        self.contents.push(&post.content);
        self.create_times.push(post.create_time);
        self.send_times.push(placed.send_time);
        self.statuses.push(Status::Sent as i32);
        self.options.push(post.options.0.into());
        self.pushes.push(post.push.as_deref().map(write_push));
        self.at_users.push(write_texts(&post.at));
        self.attached_infos.push(text(&post.attached_info));
        self.exes.push(text(&post.ex));
    }

    fn params(&self) -> [&(dyn tokio_postgres::types::ToSql + Sync); 20] {
        [
            &self.keys,
            &self.conversations,
            &self.seqs,
            &self.senders,
            &self.client_msg_ids,
            &self.server_msg_ids,
            &self.platforms,
            &self.nicknames,
            &self.face_urls,
            &self.origins,
            &self.content_types,
            &self.contents,
            &self.create_times,
            &self.send_times,
            &self.statuses,
            &self.options,
            &self.pushes,
            &self.at_users,
            &self.attached_infos,
            &self.exes,
        ]
    }
}
