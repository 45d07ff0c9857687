//! A directory that `mongodump` wrote: one file of BSON documents for each collection, packed or not. Documents are read
//! one at a time, so a collection may be larger than memory. Read `documents.rs` for what stands in them.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::read::MultiGzDecoder;
use xxhash_rust::xxh3::Xxh3;

use super::documents;

/// MongoDB's own limit is 16 MiB.
const DOCUMENT_BYTES_MAX: usize = 32 * 1024 * 1024;
const DOCUMENT_BYTES_MIN: usize = 5;

/// What the fingerprint looks at of each end of a file.
const FINGERPRINT_BYTES: u64 = 64 * 1024;

const BUFFER_BYTES: usize = 256 * 1024;

/// The collections of one database.
pub(super) struct Dump {
    pub(super) directory: PathBuf,
    /// By name, packed or not.
    files: HashMap<String, PathBuf>,
}

impl Dump {
    /// Finds the database in what `mongodump --out` has written; `path` may be the directory of the database itself.
    pub(super) fn open(path: &Path, database: Option<&str>) -> Result<Self> {
        if path.is_file() {
            bail!(
                "{} is a file: archives are not taken, only directories. Dump with `mongodump --out DIR`, or unpack \
                 with `mongorestore --archive` into a MongoDB and dump that",
                path.display()
            );
        }
        let mut candidates = vec![path.to_owned()];
        let entries =
            fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
        for entry in entries {
            let entry = entry?.path();
            if entry.is_dir() {
                candidates.push(entry);
            }
        }
        let mut found: Vec<Self> = Vec::new();
        for directory in candidates {
            let files = collections(&directory)?;
            let is_wanted = database.is_none_or(|name| directory.ends_with(name));
            if is_wanted && files.contains_key("user") && files.contains_key("seq") {
                found.push(Self { directory, files });
            }
        }
        match (found.pop(), found.is_empty()) {
            (Some(only), true) => Ok(only),
            (None, _) => bail!(
                "{} holds no dump of an OpenIM 3.8 database: a directory with user.bson and seq.bson, or one above it",
                path.display()
            ),
            (Some(_), false) => bail!(
                "{} holds more than one OpenIM database; say which with --database",
                path.display()
            ),
        }
    }

    pub(super) fn has(&self, collection: &str) -> bool {
        self.files.contains_key(collection)
    }

    /// The documents of a collection, from the first; none if it is not in the dump.
    pub(super) fn documents(&self, collection: &str) -> Result<Documents> {
        match self.files.get(collection) {
            None => Ok(Documents::of(Box::new(io::empty()))),
            Some(path) => {
                let file =
                    File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
                let file = BufReader::with_capacity(BUFFER_BYTES, file);
                Ok(Documents::of(if is_packed(path) {
                    let unpacked = MultiGzDecoder::new(file);
                    Box::new(BufReader::with_capacity(BUFFER_BYTES, unpacked))
                } else {
                    Box::new(file)
                }))
            }
        }
    }

    /// Names what is in the dump: the same files have the same one, wherever they are.
    pub(super) fn fingerprint(&self) -> Result<String> {
        let mut names: Vec<_> = self.files.keys().collect();
        names.sort_unstable();
        let mut hash = Xxh3::new();
        for name in names {
            let mut file = File::open(&self.files[name])?;
            let length = file.metadata()?.len();
            hash.update(name.as_bytes());
            hash.update(&length.to_le_bytes());
            for begin in [0, length.saturating_sub(FINGERPRINT_BYTES)] {
                file.seek(SeekFrom::Start(begin))?;
                let mut part = Vec::new();
                (&mut file).take(FINGERPRINT_BYTES).read_to_end(&mut part)?;
                hash.update(&part);
            }
        }
        Ok(format!("{:032x}", hash.digest128()))
    }

    /// The order in which message documents must be taken: those of a conversation by their index. They nearly always
    /// stand so; a dump of several shards mixes them.
    pub(super) fn message_order(&self) -> Result<MessageOrder> {
        let mut newest: HashMap<u64, i64> = HashMap::new();
        let mut is_ordered = true;
        self.each_message_document(|conversation, index, _| {
            let last = newest.entry(conversation).or_insert(-1);
            is_ordered &= index > *last;
            *last = index;
        })?;
        drop(newest);
        let Some(path) = self.files.get("msg").filter(|_| !is_ordered) else {
            return Ok(MessageOrder::AsTheyStand);
        };
        if is_packed(path) {
            bail!(
                "the documents in {} are not in the order of their conversations, so they must be read in another one; \
                 unpack it (gunzip) and import again",
                path.display()
            );
        }
        // Each conversation keeps its places in the file, so that the whole stays roughly in the order of time.
        let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
        let mut found: Vec<(i64, u64)> = Vec::new();
        self.each_message_document(|conversation, index, offset| {
            places.entry(conversation).or_default().push(found.len());
            found.push((index, offset));
        })?;
        let mut offsets: Vec<u64> = vec![0; found.len()];
        for slots in places.values() {
            let mut documents: Vec<_> = slots.iter().map(|slot| found[*slot]).collect();
            documents.sort_unstable();
            for (slot, (_, offset)) in slots.iter().zip(documents) {
                offsets[*slot] = offset;
            }
        }
        Ok(MessageOrder::ByOffset {
            path: path.clone(),
            offsets,
        })
    }

    fn each_message_document(&self, mut visit: impl FnMut(u64, i64, u64)) -> Result<()> {
        let mut documents = self.documents("msg")?;
        loop {
            let offset = documents.offset;
            match documents.next()? {
                Next::Document(document) => {
                    // What has no place of its own is met again, and counted, when it is taken.
                    let (conversation, index) = documents::message_place(document).map_or(
                        (0, i64::MAX),
                        |(conversation, index)| {
                            (xxhash_rust::xxh3::xxh3_64(conversation.as_bytes()), index)
                        },
                    );
                    if index < i64::MAX {
                        visit(conversation, index, offset);
                    }
                }
                Next::CutOff { .. } | Next::End => return Ok(()),
            }
        }
    }
}

pub(super) enum MessageOrder {
    AsTheyStand,
    ByOffset { path: PathBuf, offsets: Vec<u64> },
}

/// A file of documents, read from front to back.
pub(super) struct Documents {
    input: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    /// Bytes and documents that were read.
    pub(super) offset: u64,
    pub(super) number: u64,
}

pub(super) enum Next<'a> {
    /// The bytes of one document; nothing but its length was looked at.
    Document(&'a [u8]),
    /// The file ends in the middle, or what follows is no document: nothing behind it can be read.
    CutOff {
        offset: u64,
    },
    End,
}

impl Documents {
    fn of(input: Box<dyn Read + Send>) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            offset: 0,
            number: 0,
        }
    }

    pub(super) fn next(&mut self) -> Result<Next<'_>> {
        let cut_off = Next::CutOff {
            offset: self.offset,
        };
        self.buffer.resize(4, 0);
        match read_fully(&mut self.input, &mut self.buffer)? {
            0 => return Ok(Next::End),
            4 => {}
            _ => return Ok(cut_off),
        }
        let length = i32::from_le_bytes([
            self.buffer[0],
            self.buffer[1],
            self.buffer[2],
            self.buffer[3],
        ]);
        let length = usize::try_from(length).unwrap_or(0);
        if !(DOCUMENT_BYTES_MIN..=DOCUMENT_BYTES_MAX).contains(&length) {
            return Ok(cut_off);
        }
        self.buffer.resize(length, 0);
        if read_fully(&mut self.input, &mut self.buffer[4..])? != length - 4 {
            return Ok(cut_off);
        }
        self.offset += length as u64;
        self.number += 1;
        Ok(Next::Document(&self.buffer))
    }
}

/// Reads a document at each of these offsets.
pub(super) struct DocumentsAt {
    file: File,
    offsets: std::vec::IntoIter<u64>,
    one: Documents,
}

impl DocumentsAt {
    pub(super) fn open(path: &Path, offsets: Vec<u64>) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self {
            file,
            offsets: offsets.into_iter(),
            one: Documents::of(Box::new(io::empty())),
        })
    }

    pub(super) fn next(&mut self) -> Result<Next<'_>> {
        let Some(offset) = self.offsets.next() else {
            return Ok(Next::End);
        };
        self.file.seek(SeekFrom::Start(offset))?;
        let length = {
            let mut bytes = [0; 4];
            self.file.read_exact(&mut bytes)?;
            u32::from_le_bytes(bytes)
        };
        self.file.seek(SeekFrom::Start(offset))?;
        self.one.input = Box::new(self.file.try_clone()?.take(length.into()));
        self.one.next()
    }
}

fn collections(directory: &Path) -> Result<HashMap<String, PathBuf>> {
    let mut files = HashMap::new();
    let entries =
        fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    for entry in entries {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let collection = name
            .strip_suffix(".bson")
            .or_else(|| name.strip_suffix(".bson.gz"));
        if let Some(collection) = collection {
            files.insert(collection.to_owned(), path);
        }
    }
    Ok(files)
}

fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "gz")
}

/// As many bytes as there are, up to the length of the buffer. A damaged archive reads like one that ends there.
fn read_fully(input: &mut impl Read, buffer: &mut [u8]) -> Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if is_damage(&error) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(filled)
}

fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
    )
}
