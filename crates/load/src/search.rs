//! Content search. Many users send messages of mixed languages to one another as fast as the server takes them, while
//! the lag of the index is read from its metrics; when the index has come to the end, queries are asked one after
//! another, of people in their own conversations and of an administrator everywhere. Every query is taken from a message
//! that was sent, so one that finds nothing fails the run.

use crate::corpus::{self, Dice};
use crate::openim::{OpenImSpeech, PLATFORM, user_id};
use crate::rest::{Rest, read};
use crate::server::Server;
use crate::socket::{Socket, next_frame, say};
use crate::stats::{Latency, micros, per_second};
use crate::talk::{Heard, Speech as _};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::sleep;
use wire::openim::rest::msg::SearchMsgResponse;
use wire::openim::rest::search::SearchContentResponse;

/// People that one user writes to.
const PEERS: u32 = 20;

/// Messages of one user under way at a time.
const UNDER_WAY_MAX: u32 = 16;

/// Queries of each kind.
const QUERIES: usize = 300;

/// Messages in one answer, as a search page shows them.
const SHOWN: u32 = 20;

const SAMPLE_EVERY: Duration = Duration::from_millis(100);

/// How long the index may take to come to the end.
const CATCH_UP_MAX: Duration = Duration::from_secs(600);

#[derive(Clone, Debug)]
pub struct Outcome {
    pub messages: u64,
    pub sent_per_s: f64,
    /// While sending.
    pub lag_median_s: f64,
    pub lag_max_s: f64,
    /// From the last acknowledgement to the complete index.
    pub catch_up_s: f64,
    pub all: Latency,
    pub kinds: Vec<(&'static str, Latency)>,
}

/// `sockets` are those of users 0, 1, 2, …
pub async fn run(
    server: &Server,
    sockets: Vec<Socket>,
    messages: u64,
    bytes: usize,
) -> Result<Outcome> {
    let users = u32::try_from(sockets.len())?;
    let sending = Arc::new(AtomicBool::new(true));
    let mut senders = JoinSet::new();
    let begun = Instant::now();
    let each = messages.div_ceil(u64::from(users));
    for (user, socket) in (0..users).zip(sockets) {
        senders.spawn(Sender::new(user, users, socket, bytes)?.run(each));
    }
    let finish = async {
        // Who is done must go on listening: others still write to them.
        let mut quiet = JoinSet::new();
        for _ in 0..users {
            let sender = senders.join_next().await.context("a sender is missing")?;
            quiet.spawn(sender.context("a sender panicked")??.listen());
        }
        sending.store(false, Ordering::Relaxed);
        anyhow::Ok(begun.elapsed())
    };
    let (took, lags) = tokio::try_join!(finish, sample_lag(server, &sending))?;
    let caught_up = Instant::now();
    while lag(server).await?.0 > 0.0 {
        ensure!(
            caught_up.elapsed() < CATCH_UP_MAX,
            "the index does not come to the end"
        );
        sleep(SAMPLE_EVERY).await;
    }
    let sent = each * u64::from(users);
    let catch_up_s = caught_up.elapsed().as_secs_f64();
    let kinds = ask_all(server, users, each, bytes).await?;
    let mut lags = lags;
    lags.sort_by(f64::total_cmp);
    Ok(Outcome {
        messages: sent,
        sent_per_s: per_second(sent, took),
        lag_median_s: lags.get(lags.len() / 2).copied().unwrap_or_default(),
        lag_max_s: lags.last().copied().unwrap_or_default(),
        catch_up_s,
        all: Latency::of(kinds.iter().flat_map(|(_, times)| times.clone()).collect()),
        kinds: kinds
            .into_iter()
            .map(|(name, times)| (name, Latency::of(times)))
            .collect(),
    })
}

/// The number of a message in the corpus.
fn number(user: u32, said: u64) -> u64 {
    u64::from(user) << 32 | said
}

struct Sender {
    user: u32,
    socket: Socket,
    /// One conversation each.
    speeches: Vec<OpenImSpeech>,
    text_bytes: usize,
}

impl Sender {
    fn new(user: u32, users: u32, socket: Socket, bytes: usize) -> Result<Sender> {
        let peers = (1..users)
            .take(PEERS as usize)
            .map(|step| (user + step) % users);
        let speeches = peers.map(|peer| OpenImSpeech::new([user, peer], bytes, false));
        Ok(Sender {
            user,
            socket,
            speeches: speeches.collect::<Result<_>>()?,
            text_bytes: bytes.saturating_sub(14),
        })
    }

    async fn run(mut self, count: u64) -> Result<Sender> {
        let (mut said, mut acked) = (0u64, 0u64);
        let mut heard = Vec::new();
        while acked < count {
            while said < count && said - acked < u64::from(UNDER_WAY_MAX) {
                said += 1;
                let (text, _) = corpus::text(number(self.user, said), self.text_bytes);
                let peer = said as usize % self.speeches.len();
                let frame = self.speeches[peer].saying(0, u32::try_from(said)?, &text);
                say(&mut self.socket, frame).await?;
            }
            let frame = next_frame(&mut self.socket).await?;
            self.speeches[0].hear(&frame, &mut heard)?;
            acked += heard
                .drain(..)
                .filter(|heard| matches!(heard, Heard::Ack { .. }))
                .count() as u64;
        }
        Ok(self)
    }

    async fn listen(mut self) -> Result<()> {
        loop {
            next_frame(&mut self.socket).await?;
        }
    }
}

/// How far the index is behind, again and again while there is sending.
async fn sample_lag(server: &Server, sending: &AtomicBool) -> Result<Vec<f64>> {
    let mut lags = Vec::new();
    while sending.load(Ordering::Relaxed) {
        sleep(SAMPLE_EVERY).await;
        lags.push(lag(server).await?.1);
    }
    Ok(lags)
}

/// Messages and seconds.
async fn lag(server: &Server) -> Result<(f64, f64)> {
    let metrics = server.metrics().await?;
    let value = |name: &str| {
        let line = metrics.lines().find(|line| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with("{follower=\"search\"}"))
        });
        let value = line.and_then(|line| line.rsplit(' ').next());
        value
            .and_then(|text| text.parse().ok())
            .with_context(|| format!("the server has no metric {name} of search"))
    };
    Ok((
        value("switchboard_follower_lag_messages")?,
        value("switchboard_follower_lag_seconds")?,
    ))
}

type Kind = (&'static str, Vec<u32>);

async fn ask_all(server: &Server, users: u32, each: u64, bytes: usize) -> Result<Vec<Kind>> {
    let admin = server.admin().await?;
    let names: Vec<String> = (0..users).map(user_id).collect();
    let tokens = admin.tokens(&names, PLATFORM + 1).await?;
    let people: Vec<Rest> = tokens
        .into_iter()
        .map(|token| Rest::new(server.api, token))
        .collect::<Result<_>>()?;
    let mut asker = Asker {
        people,
        admin: admin.rest().clone(),
        names,
        each,
        text_bytes: bytes.saturating_sub(14),
        dice: Dice::new(7),
    };
    let mut kinds = Vec::new();
    for (name, is_everywhere) in [("own", false), ("everywhere", true)] {
        for shape in Shape::ALL {
            let name = shape.name(is_everywhere);
            let mut times = Vec::new();
            for _ in 0..QUERIES {
                times.push(asker.ask(shape, is_everywhere).await.context(name)?);
            }
            kinds.push((name, times));
        }
        eprintln!("search: {name} done");
    }
    Ok(kinds)
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    /// Two neighbouring characters of a Chinese or Japanese message.
    TwoCharacters,
    /// Three to six of them.
    MoreCharacters,
    LatinWord,
    TwoWords,
}

impl Shape {
    const ALL: [Shape; 4] = [
        Shape::TwoCharacters,
        Shape::MoreCharacters,
        Shape::LatinWord,
        Shape::TwoWords,
    ];

    fn name(self, is_everywhere: bool) -> &'static str {
        match (self, is_everywhere) {
            (Shape::TwoCharacters, false) => "two characters, own",
            (Shape::MoreCharacters, false) => "three to six, own",
            (Shape::LatinWord, false) => "Latin word, own",
            (Shape::TwoWords, false) => "two words, own",
            (Shape::TwoCharacters, true) => "two characters, everywhere",
            (Shape::MoreCharacters, true) => "three to six, everywhere",
            (Shape::LatinWord, true) => "Latin word, everywhere",
            (Shape::TwoWords, true) => "two words, everywhere",
        }
    }
}

struct Asker {
    people: Vec<Rest>,
    admin: Rest,
    names: Vec<String>,
    each: u64,
    text_bytes: usize,
    dice: Dice,
}

impl Asker {
    /// Asks for something that a random person has said; how long the answer took.
    async fn ask(&mut self, shape: Shape, is_everywhere: bool) -> Result<u32> {
        let person = self.dice.below(self.people.len());
        let keyword = self.keyword(person, shape)?;
        let page = json!({ "pageNumber": 1, "showNumber": SHOWN });
        let begun = Instant::now();
        let found = if is_everywhere {
            let body = json!({ "content": keyword, "pagination": page });
            let (bytes, encoding) = self.admin.post_raw("/msg/search_msg", &body).await?;
            let took = micros(begun.elapsed());
            let reply = read::<SearchMsgResponse>(&bytes, &encoding)?;
            (took, reply.data.unwrap_or_default().chat_logs.len())
        } else {
            let body =
                json!({ "userID": self.names[person], "keyword": keyword, "pagination": page });
            let (bytes, encoding) = self.people[person]
                .post_raw("/msg/search_content", &body)
                .await?;
            let took = micros(begun.elapsed());
            let reply = read::<SearchContentResponse>(&bytes, &encoding)?;
            (took, reply.data.unwrap_or_default().chat_logs.len())
        };
        ensure!(found.1 > 0, "{keyword:?} was said and is not found");
        Ok(found.0)
    }

    fn keyword(&mut self, person: usize, shape: Shape) -> Result<String> {
        // Every fourth message is English; see the corpus.
        for _ in 0..10_000 {
            let said = 1 + self.dice.below(self.each as usize) as u64;
            let (text, language) =
                corpus::text(number(u32::try_from(person)?, said), self.text_bytes);
            let is_english = language == corpus::Language::English;
            let words: Vec<&str> = text
                .split([' ', '，'])
                .filter(|word| !word.is_empty())
                .collect();
            let (Some(one), Some(other)) = (
                words.get(self.dice.below(words.len())),
                words.get(self.dice.below(words.len())),
            ) else {
                continue;
            };
            let characters: Vec<char> = one.chars().collect();
            let wanted = match shape {
                Shape::LatinWord if is_english => return Ok((*one).to_owned()),
                Shape::TwoWords if one != other => return Ok(format!("{one} {other}")),
                Shape::TwoCharacters if !is_english => 2,
                Shape::MoreCharacters if !is_english => 3 + self.dice.below(4),
                _ => continue,
            };
            if characters.len() >= wanted {
                let from = self.dice.below(characters.len() - wanted + 1);
                return Ok(characters[from..from + wanted].iter().collect());
            }
        }
        anyhow::bail!("the corpus has no text for {shape:?}")
    }
}
