//! Files: bytes that people put with us under a name and hand to others. What is kept of a file is a row with its
//! owner and a blob with its bytes; two files of the same content share the blob. An upload goes `begin.rs`, `sign.rs`,
//! `put.rs`, `complete.rs`; reading is `read.rs` and `thumbnail.rs`; `sweep.rs` removes what nobody refers to any more.

mod begin;
mod complete;
mod link;
mod media_type;
mod meter;
mod names;
mod put;
mod read;
mod sign;
mod store_file;
mod sweep;
mod thumbnail;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::Semaphore;

pub use begin::{BeginUpload, Begun};
pub use complete::CompleteUpload;
pub use media_type::{is_active, is_shown_in_place};
pub use names::part_size_for;
pub use read::{FileAccess, FileLink};
pub use sign::{PartGrant, SignedPart, SignedParts};
pub use store_file::StoreFile;
pub use thumbnail::{Picture, PictureFormat, Thumbnail, ThumbnailSpec};

use crate::Domain;
use crate::error::{Error, Result};
use crate::ids::AccountKey;
use crate::limits;
use crate::ports::{Blobs, Images};
use crate::time::Millis;

macro_rules! public_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(pub String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

public_id!(
    /// The public id of a file: 128 random bits in hexadecimal.
    FileId
);
public_id!(
    /// The public id of an upload, likewise.
    UploadId
);
public_id!(
    /// The name of a blob in the object store: letters, digits, `-` and `.` only.
    BlobKey
);

/// A file as it is known by its name and by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub id: FileId,
    /// Unique; begins with the owner's user id and a slash unless an administrator chose it.
    pub name: String,
    pub owner: AccountKey,
    pub blob: Blob,
    /// What the bytes are taken for; see `media_type.rs`.
    pub media_type: String,
    /// What it was uploaded for, in the client's words.
    pub cause: String,
    pub link_key: LinkKey,
    pub created_at: Millis,
    /// When its present content was stored.
    pub stored_at: Millis,
}

/// Bytes in the object store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    pub key: BlobKey,
    pub size: u64,
    /// The size of all parts but the last one that it was put together from.
    pub part_size: u64,
}

/// What the links to a file are signed with; it never leaves the server. Each file has its own, so that links outlive
/// a change of the server's secret.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkKey(pub String);

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(…)")
    }
}

/// A file on its way to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub id: UploadId,
    pub owner: AccountKey,
    pub name: String,
    /// The MD5 of the joined MD5s of the parts; `None` where the client does not know it beforehand.
    pub hash: Option<String>,
    pub size: u64,
    pub part_size: u64,
    pub media_type: String,
    pub cause: String,
    pub blob: BlobKey,
    /// The object store's own name for the upload.
    pub session: String,
    /// Clients send the parts to the object store themselves.
    pub is_direct: bool,
    pub created_at: Millis,
    pub expires_at: Millis,
    /// The file that it has become.
    pub file: Option<FileId>,
}

impl Upload {
    pub fn parts(&self) -> u32 {
        names::parts(self.size, self.part_size)
    }

    /// The size of one part, counted from 1; `None` if there is no such part.
    pub fn size_of(&self, number: u32) -> Option<u64> {
        if !(1..=self.parts()).contains(&number) {
            return None;
        }
        let before = u64::from(number - 1) * self.part_size;
        Some(self.part_size.min(self.size - before))
    }
}

/// A part that has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub number: u32,
    pub size: u64,
    /// In lower-case hexadecimal.
    pub md5: String,
    /// What the object store calls these very bytes: a part that is sent again has another one.
    pub tag: String,
}

#[derive(Clone, Debug)]
pub struct Settings {
    /// Signs the addresses that parts are sent to. Without it there are no uploads.
    pub signing_key: SigningKey,
    pub file_bytes_max: u64,
    /// How long a link to a file is good for; `None` is for ever, because history is read years later.
    pub link_life_ms: Option<Millis>,
    /// Who knows a file's name may read it, as in the original.
    pub open_downloads: bool,
    /// Clients talk to the object store themselves where it has addresses of its own.
    pub direct: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            signing_key: SigningKey(Vec::new()),
            file_bytes_max: limits::FILE_BYTES_MAX,
            link_life_ms: None,
            open_downloads: false,
            direct: false,
        }
    }
}

#[derive(Clone)]
pub struct SigningKey(pub Vec<u8>);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// What file operations need of the outside, and what bounds them.
pub(crate) struct Files {
    blobs: Arc<dyn Blobs>,
    images: Option<Arc<dyn Images>>,
    /// Bodies that are being received.
    uploads: Arc<Semaphore>,
    /// Thumbnails that are being made, so that many who ask for one wait for the first.
    thumbnails: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
}

impl Domain {
    /// The object store; without one every operation on files answers that files are unavailable.
    #[must_use]
    pub fn with_blobs(mut self, blobs: Arc<dyn Blobs>) -> Self {
        self.files = Some(Files {
            blobs,
            images: None,
            uploads: Arc::new(Semaphore::new(limits::PARTS_AT_ONCE)),
            thumbnails: Mutex::default(),
        });
        self
    }

    /// What makes thumbnails; without it pictures are shown in full. Comes after [`Domain::with_blobs`].
    #[must_use]
    pub fn with_images(mut self, images: Arc<dyn Images>) -> Self {
        if let Some(files) = &mut self.files {
            files.images = Some(images);
        }
        self
    }

    fn files(&self) -> Result<&Files> {
        self.files
            .as_ref()
            .ok_or_else(|| Error::unavailable("files", "no object store is configured"))
    }

    fn blobs(&self) -> Result<&dyn Blobs> {
        Ok(&*self.files()?.blobs)
    }
}

/// 128 bits that nobody can guess, in hexadecimal. Ids of files are secrets of a kind: they must not be guessed from
/// one another.
fn random_id() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Error::internal(error.to_string()))?;
    Ok(hex(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
