//! `switchboard import openim DIR`: the data of an OpenIM 3.8 server, from a dump of its MongoDB, into the store. The
//! rules are `domain::import`; here the dump is read (`dump.rs`, `documents.rs`), progress shown and the outcome told
//! (`report.rs`). It can be interrupted at any moment: called again, it goes on behind the last batch.

mod documents;
mod dump;
mod report;

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use domain::import::{Import, Numbered, Progress, Step};

use self::documents::Unreadable;
use self::dump::{Documents, DocumentsAt, Dump, MessageOrder, Next};
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::node::{Node, describe};

/// Documents in one transaction; a document of messages has a hundred.
const BATCH_DOCUMENTS: usize = 1_000;
const BATCH_MESSAGE_DOCUMENTS: usize = 50;

/// How often progress is told.
const TOLD_EVERY: Duration = Duration::from_secs(2);

const UNREADABLE: &str = "the document cannot be read";
const CUT_OFF: &str = "the file ends in the middle of a document";

#[derive(clap::Args)]
pub(crate) struct OpenimDump {
    /// What `mongodump --out` has written: the directory of the database, or the one above it
    dir: PathBuf,
    /// The name of the database, if the dump has more than one
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
    /// Import beside conversations that are there already; what is there stays as it is
    #[arg(long)]
    merge: bool,
    /// Report as one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) async fn openim(config: Config, command: OpenimDump) -> Result<()> {
    let dump = Dump::open(&command.dir, command.database.as_deref())?;
    // A server keeps facts in memory that would no longer be true.
    let _claim = DataDir::claim(&config.data_dir)?;
    let fingerprint = dump.fingerprint()?;
    let node = Node::open(&config).await?;
    let done = import(&node, &dump, &fingerprint, &command).await;
    node.domain.close().await;
    done
}

async fn import(node: &Node, dump: &Dump, fingerprint: &str, command: &OpenimDump) -> Result<()> {
    let begun = Instant::now();
    let import = node
        .domain
        .begin_import(fingerprint, command.merge)
        .await
        .map_err(describe)?;
    let Ok(mut import) = import else {
        bail!(
            "the store has conversations already. Import into an empty store, or say --merge to keep what is there and \
             add what is not"
        )
    };
    let was_finished = import.finished_at.is_some();
    if !was_finished {
        take_all(&mut import, dump).await?;
        tell("putting in order …");
        import.settle().await.map_err(describe)?;
    }
    let report = report::Report {
        import: &import,
        dump,
        fingerprint,
        was_finished,
        elapsed: begun.elapsed(),
    };
    crate::commands::print(&if command.json {
        report.json()
    } else {
        report.text()
    })
}

/// Takes the collections in the order in which they need each other.
async fn take_all(import: &mut Import<'_>, dump: &Dump) -> Result<()> {
    macro_rules! take {
        ($step:ident, $collection:literal, $read:ident, $take:ident) => {
            let mut source = Source::open(import, dump, Step::$step, $collection)?;
            while let Some(batch) = source.batch(import, documents::$read)? {
                let read = source.documents.number;
                import.$take(batch, read).await.map_err(describe)?;
                source.tell();
            }
            source.finish(import).await?;
        };
    }
    take!(Users, "user", user, take_users);
    take!(Favourites, "userCommands", favourite, take_favourites);
    take!(Friends, "friend", friend, take_friends);
    take!(
        FriendRequests,
        "friend_request",
        friend_request,
        take_friend_requests
    );
    take!(Blocks, "black", block, take_blocks);
    take!(Groups, "group", group, take_groups);
    take!(Members, "group_member", member, take_members);
    take!(
        Applications,
        "group_request",
        application,
        take_applications
    );
    take!(
        Conversations,
        "conversation",
        conversation,
        take_conversations
    );
    take_messages(import, dump).await?;
    take!(Seqs, "seq", seq, take_seqs);
    take!(Reaches, "seq_user", reach, take_reaches);
    Ok(())
}

/// One collection on its way into the store.
struct Source {
    step: Step,
    documents: Documents,
    is_done: bool,
    told: Told,
}

impl Source {
    /// Opens the collection behind what was taken before an interruption.
    fn open(import: &Import<'_>, dump: &Dump, step: Step, collection: &str) -> Result<Self> {
        let Progress {
            documents: taken,
            is_finished,
            ..
        } = import.progress(step);
        let mut documents = dump.documents(collection)?;
        if !is_finished {
            for _ in 0..taken {
                if !matches!(documents.next()?, Next::Document(_)) {
                    break;
                }
            }
        }
        Ok(Self {
            step,
            documents,
            is_done: is_finished,
            told: Told::new(step),
        })
    }

    /// The next records; `None` when there are no more.
    fn batch<T>(
        &mut self,
        import: &mut Import<'_>,
        read: impl Fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<Option<Vec<Numbered<T>>>> {
        if self.is_done {
            return Ok(None);
        }
        let mut batch = Vec::with_capacity(BATCH_DOCUMENTS);
        let before = self.documents.number;
        while self.documents.number - before < BATCH_DOCUMENTS as u64 {
            let number = self.documents.number + 1;
            let offset = self.documents.offset;
            match self.documents.next()? {
                Next::Document(bytes) => match read(bytes) {
                    Ok(record) => batch.push(Numbered { number, record }),
                    Err(error) => import.tally(self.step).skip(UNREADABLE, || {
                        format!("document {number} at byte {offset} ({error})")
                    }),
                },
                Next::CutOff { offset } => {
                    import
                        .tally(self.step)
                        .skip(CUT_OFF, || format!("byte {offset}"));
                    self.is_done = true;
                    break;
                }
                Next::End => {
                    self.is_done = true;
                    break;
                }
            }
        }
        Ok((!batch.is_empty() || !self.is_done).then_some(batch))
    }

    fn tell(&mut self) {
        self.told.now_at(self.documents.number);
    }

    async fn finish(&self, import: &mut Import<'_>) -> Result<()> {
        if import.progress(self.step).is_finished {
            return Ok(());
        }
        import.finish_step(self.step).await.map_err(describe)
    }
}

async fn take_messages(import: &mut Import<'_>, dump: &Dump) -> Result<()> {
    let step = Step::Messages;
    let progress = import.progress(step);
    if progress.is_finished {
        return Ok(());
    }
    tell("messages: looking at their order …");
    let mut source = match dump.message_order()? {
        MessageOrder::AsTheyStand => Messages::InOrder(dump.documents("msg")?),
        MessageOrder::ByOffset { path, offsets } => {
            Messages::ByOffset(DocumentsAt::open(&path, offsets)?)
        }
    };
    let mut taken = 0;
    while taken < progress.documents && matches!(source.next()?, Next::Document(_)) {
        taken += 1;
    }
    let mut told = Told::new(step);
    let mut is_done = false;
    while !is_done {
        let mut batch = Vec::with_capacity(BATCH_MESSAGE_DOCUMENTS);
        while batch.len() < BATCH_MESSAGE_DOCUMENTS {
            match source.next()? {
                Next::Document(bytes) => {
                    taken += 1;
                    batch.extend(message_document(import, taken, bytes));
                }
                Next::CutOff { offset } => {
                    import
                        .tally(step)
                        .skip(CUT_OFF, || format!("byte {offset}"));
                    is_done = true;
                }
                Next::End => is_done = true,
            }
            if is_done {
                break;
            }
        }
        import.take_messages(taken, batch).await.map_err(describe)?;
        told.now_at(import.progress(step).tally.taken);
    }
    told.tell_pace(import.progress(step).tally.taken, progress.tally.taken);
    import.finish_step(step).await.map_err(describe)
}

fn message_document(
    import: &mut Import<'_>,
    number: u64,
    bytes: &[u8],
) -> Option<domain::import::MessageDocument> {
    let tally = import.tally(Step::Messages);
    let Some(place) = documents::message_place(bytes) else {
        tally.skip("a document of messages without a known id", || {
            format!("document {number}")
        });
        return None;
    };
    let mut wrong = Vec::new();
    let read = documents::messages(bytes, place.clone(), &mut wrong);
    for wrong in wrong {
        tally.skip("the message cannot be read", || {
            format!(
                "document {number}, {} {} ({})",
                place.0, wrong.seq, wrong.problem
            )
        });
    }
    match read {
        Ok(document) => Some(document),
        Err(error) => {
            tally.skip(UNREADABLE, || format!("document {number} ({error})"));
            None
        }
    }
}

enum Messages {
    InOrder(Documents),
    ByOffset(DocumentsAt),
}

impl Messages {
    fn next(&mut self) -> Result<Next<'_>> {
        match self {
            Self::InOrder(documents) => documents.next(),
            Self::ByOffset(documents) => documents.next(),
        }
    }
}

/// Says from time to time how far a step has come.
struct Told {
    step: Step,
    begun: Instant,
    last: Instant,
    /// The count when it was first told.
    begun_at: Option<u64>,
}

impl Told {
    fn new(step: Step) -> Self {
        Self {
            step,
            begun: Instant::now(),
            last: Instant::now(),
            begun_at: None,
        }
    }

    fn now_at(&mut self, count: u64) {
        if self.begun_at.is_none() {
            tell(&format!("{} …", self.step.name()));
        }
        let begun_at = *self.begun_at.get_or_insert(count);
        if self.last.elapsed() < TOLD_EVERY {
            return;
        }
        self.last = Instant::now();
        self.tell_pace(count, begun_at);
    }

    fn tell_pace(&self, count: u64, begun_at: u64) {
        let pace = (count - begun_at) as f64 / self.begun.elapsed().as_secs_f64();
        tell(&format!("{}: {count}, {pace:.0}/s", self.step.name()));
    }
}

/// Progress goes beside the report; whoever does not listen misses nothing.
fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
