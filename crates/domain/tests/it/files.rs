//! Files: announcing, sending, completing, reading and sweeping, with the bytes in a directory.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use domain::caller::Caller;
use domain::error::{Error, Kind, Reason};
use domain::files::{
    BeginUpload, Begun, CompleteUpload, File, FileAccess, PartGrant, Settings, SignedPart,
    SigningKey, StoreFile, ThumbnailSpec, Upload,
};
use domain::ports::ByteStream;
use futures_util::{StreamExt, stream};
use md5::{Digest, Md5};
use providers::blobs::LocalBlobs;
use providers::thumbnail::Shrinker;
use testkit::World;

const PART: usize = 5 * 1024 * 1024;
const HOUR_MS: i64 = 60 * 60 * 1000;

struct Place {
    world: World,
    directory: tempfile::TempDir,
}

impl Place {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(set: impl FnOnce(&mut Settings)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let blobs = LocalBlobs::open(directory.path()).unwrap();
        let mut files = Settings {
            signing_key: SigningKey(b"a key of the tests".to_vec()),
            ..Settings::default()
        };
        set(&mut files);
        let settings = domain::Settings {
            files,
            ..domain::Settings::default()
        };
        let world = World::equipped(settings, |domain| {
            domain
                .with_blobs(Arc::new(blobs))
                .with_images(Arc::new(Shrinker::default()))
        })
        .await;
        Self { world, directory }
    }

    async fn begin(&self, caller: &Caller, name: &str, content: &[u8]) -> Begun {
        let command = BeginUpload {
            name: name.to_owned(),
            hash: Some(hash(content)),
            size: content.len() as u64,
            part_size: PART as u64,
            media_type: "text/plain".to_owned(),
            ..BeginUpload::default()
        };
        self.world
            .domain
            .begin_upload(caller, command)
            .await
            .unwrap()
    }

    async fn started(&self, caller: &Caller, name: &str, content: &[u8]) -> Upload {
        match self.begin(caller, name, content).await {
            Begun::Started(upload) => upload,
            Begun::Known(file) => panic!("{} is known", file.name),
        }
    }

    async fn grant(&self, caller: &Caller, upload: &Upload, number: u32) -> PartGrant {
        let signed = self
            .world
            .domain
            .sign_parts(caller, &upload.id, &[number])
            .await;
        match signed.unwrap().parts.remove(0) {
            SignedPart::Here(grant) => grant,
            SignedPart::There { url, .. } => panic!("{url}"),
        }
    }

    async fn put(
        &self,
        caller: &Caller,
        upload: &Upload,
        number: u32,
        part: &[u8],
    ) -> domain::error::Result<()> {
        let grant = self.grant(caller, upload, number).await;
        let put = self.world.domain.put_part(&grant, None, body(part)).await;
        put.map(drop)
    }

    async fn complete(
        &self,
        caller: &Caller,
        upload: &Upload,
        content: &[u8],
    ) -> domain::error::Result<File> {
        let command = CompleteUpload {
            upload: upload.id.clone(),
            md5s: Some(md5s(content)),
            name: String::new(),
            media_type: String::new(),
            cause: String::new(),
        };
        self.world.domain.complete_upload(caller, command).await
    }

    async fn store(&self, caller: &Caller, name: &str, content: &[u8]) -> File {
        let upload = match self.begin(caller, name, content).await {
            Begun::Known(file) => return file,
            Begun::Started(upload) => upload,
        };
        for (part, number) in content.chunks(PART).zip(1..) {
            self.put(caller, &upload, number, part).await.unwrap();
        }
        self.complete(caller, &upload, content).await.unwrap()
    }

    async fn read(&self, file: &File) -> Vec<u8> {
        let bytes = self.world.domain.read_file(file, 0..file.blob.size).await;
        collect(bytes.unwrap()).await
    }

    /// Runs the housekeeping until it has nothing left to do.
    async fn sweep(&self) {
        self.world.domain.schedule_housekeeping().await.unwrap();
        while self.world.domain.run_due_jobs().await.unwrap().done > 0 {}
    }

    fn kept(&self) -> usize {
        files_below(self.directory.path())
    }
}

fn files_below(directory: &Path) -> usize {
    std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| if path.is_dir() { files_below(&path) } else { 1 })
        .sum()
}

async fn collect(mut bytes: ByteStream) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(chunk) = bytes.next().await {
        whole.extend_from_slice(&chunk.unwrap());
    }
    whole
}

fn body(content: &[u8]) -> ByteStream {
    let chunks: Vec<_> = content
        .chunks(100_000)
        .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
        .collect();
    Box::pin(stream::iter(chunks))
}

fn md5s(content: &[u8]) -> Vec<String> {
    content.chunks(PART).map(md5_of).collect()
}

fn hash(content: &[u8]) -> String {
    md5_of(md5s(content).join(",").as_bytes())
}

fn md5_of(bytes: &[u8]) -> String {
    Md5::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at * 31 + at / 7) as u8).collect()
}

fn as_owner(caller: &Caller) -> FileAccess<'_> {
    FileAccess {
        caller: Some(caller),
        link: None,
    }
}

#[tokio::test]
async fn a_file_is_put_together_from_parts_in_any_order() {
    let place = Place::new().await;
    let alice = place.world.person("alice").await;
    let content = content(2 * PART + 1234);
    let upload = place.started(&alice, "alice/a.bin", &content).await;
    assert_eq!((upload.parts(), upload.part_size), (3, PART as u64));
    for number in [3, 1, 2] {
        let part = content.chunks(PART).nth(number - 1).unwrap();
        place
            .put(&alice, &upload, number as u32, part)
            .await
            .unwrap();
    }
    let file = place.complete(&alice, &upload, &content).await.unwrap();
    assert_eq!(
        (file.name.as_str(), file.blob.size),
        ("alice/a.bin", content.len() as u64)
    );
    assert!(place.read(&file).await == content);
    let across = PART as u64 - 10..2 * PART as u64 + 10;
    let bytes = place
        .world
        .domain
        .read_file(&file, across.clone())
        .await
        .unwrap();
    assert!(collect(bytes).await == content[across.start as usize..across.end as usize]);
    assert_eq!(place.kept(), 3, "the parts and nothing else");
    let again = place.complete(&alice, &upload, &content).await.unwrap();
    assert_eq!(again, file, "a retry is an answer");
}

#[tokio::test]
async fn known_content_is_not_sent_again() {
    let place = Place::new().await;
    let (alice, bob) = (
        place.world.person("alice").await,
        place.world.person("bob").await,
    );
    let file = place.store(&alice, "alice/a.txt", b"hello").await;
    let Begun::Known(other) = place.begin(&bob, "bob/b.txt", b"hello").await else {
        panic!("not known")
    };
    assert_eq!(other.blob, file.blob);
    assert!(other.id != file.id && other.link_key != file.link_key && other.owner == bob.account);
    assert_eq!(place.read(&other).await, b"hello");
    // Neither sees the other's.
    let found = place
        .world
        .domain
        .find_file(as_owner(&bob), "alice/a.txt")
        .await;
    assert!(matches!(found, Err(Error::NotFound(Kind::File))));
}

#[tokio::test]
async fn what_is_not_as_announced_is_refused() {
    let place = Place::new().await;
    let alice = place.world.person("alice").await;
    let content = content(PART + 100);
    let upload = place.started(&alice, "alice/a.bin", &content).await;
    let second = &content[PART..];
    for (wrong, reason) in [
        (&content[PART - 1..], Reason::TooLarge),
        (&content[PART + 1..], Reason::ContentMismatch),
    ] {
        let put = place.put(&alice, &upload, 2, wrong).await;
        assert!(
            matches!(put, Err(Error::Conflict(found)) if found == reason),
            "{put:?}"
        );
    }
    assert_eq!(place.kept(), 0, "nothing stays of what was refused");
    place.put(&alice, &upload, 2, second).await.unwrap();
    let missing = place.complete(&alice, &upload, &content).await;
    assert!(
        matches!(missing, Err(Error::Conflict(Reason::ContentMismatch))),
        "part 1 is missing"
    );
    place.put(&alice, &upload, 1, &vec![0; PART]).await.unwrap();
    let other = place.complete(&alice, &upload, &content).await;
    assert!(
        matches!(other, Err(Error::Conflict(Reason::ContentMismatch))),
        "another part 1"
    );
    place
        .put(&alice, &upload, 1, &content[..PART])
        .await
        .unwrap();
    assert_eq!(place.kept(), 2, "the replaced part is gone");
    let file = place.complete(&alice, &upload, &content).await.unwrap();
    assert!(place.read(&file).await == content);
}

#[tokio::test]
async fn an_announcement_has_to_make_sense() {
    let place = Place::with(|files| files.file_bytes_max = 1000).await;
    let alice = place.world.person("alice").await;
    let good = BeginUpload {
        name: "alice/x".to_owned(),
        hash: Some(hash(b"x")),
        size: 1,
        ..BeginUpload::default()
    };
    type Change = fn(&mut BeginUpload);
    let changes: [Change; 8] = [
        |upload| upload.name = "alice/../x".into(),
        |upload| upload.name = String::new(),
        |upload| upload.size = 0,
        |upload| upload.size = 1001,
        |upload| upload.hash = Some("x".into()),
        |upload| upload.hash = Some("A".repeat(32)),
        |upload| upload.media_type = "a\nb".into(),
        |upload| upload.cause = "x".repeat(256),
    ];
    for (index, change) in changes.iter().enumerate() {
        let mut command = good.clone();
        change(&mut command);
        let begun = place.world.domain.begin_upload(&alice, command).await;
        assert!(matches!(begun, Err(Error::Invalid { .. })), "{index}");
    }
    for name in ["bob/x", "alicex", "alice", "x"] {
        let command = BeginUpload {
            name: name.into(),
            ..good.clone()
        };
        let begun = place
            .world
            .domain
            .begin_upload(&alice, command.clone())
            .await;
        assert!(
            matches!(begun, Err(Error::Denied(Reason::NotOwner))),
            "{name}"
        );
        let admin = place.world.administrator().await;
        assert!(
            place
                .world
                .domain
                .begin_upload(&admin, command)
                .await
                .is_ok(),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_grant_is_for_one_part_and_ends() {
    let place = Place::new().await;
    let (alice, eve) = (
        place.world.person("alice").await,
        place.world.person("eve").await,
    );
    let upload = place.started(&alice, "alice/a", b"hello").await;
    let good = place.grant(&alice, &upload, 1).await;
    let domain = &place.world.domain;
    for forged in [
        PartGrant {
            number: 2,
            ..good.clone()
        },
        PartGrant {
            expires_at: good.expires_at + 1,
            ..good.clone()
        },
        PartGrant {
            signature: String::new(),
            ..good.clone()
        },
        PartGrant {
            signature: "zz".into(),
            ..good.clone()
        },
        PartGrant {
            signature: "00".repeat(32),
            ..good.clone()
        },
    ] {
        let put = domain.put_part(&forged, None, body(b"hello")).await;
        assert!(matches!(put, Err(Error::Denied(_))), "{forged:?}");
    }
    for numbers in [&[0][..], &[2], &[]] {
        assert!(matches!(
            domain.sign_parts(&alice, &upload.id, numbers).await,
            Err(Error::Invalid { .. })
        ));
    }
    let foreign = domain.sign_parts(&eve, &upload.id, &[1]).await;
    assert!(matches!(foreign, Err(Error::NotFound(Kind::Upload))));
    let foreign = place.complete(&eve, &upload, b"hello").await;
    assert!(matches!(foreign, Err(Error::NotFound(Kind::Upload))));
    place.world.clock.advance(7 * HOUR_MS);
    let late = domain.put_part(&good, None, body(b"hello")).await;
    assert!(matches!(late, Err(Error::Conflict(Reason::UploadExpired))));
    place.put(&alice, &upload, 1, b"hello").await.unwrap();
    let file = place.complete(&alice, &upload, b"hello").await.unwrap();
    let after = place
        .world
        .domain
        .sign_parts(&alice, &upload.id, &[1])
        .await;
    assert!(
        matches!(after, Err(Error::Conflict(Reason::UploadExpired))),
        "it is a file now"
    );
    assert_eq!(place.read(&file).await, b"hello");
}

#[tokio::test]
async fn files_are_read_by_owners_and_links() {
    let place = Place::new().await;
    let (alice, eve) = (
        place.world.person("alice").await,
        place.world.person("eve").await,
    );
    let admin = place.world.administrator().await;
    let file = place.store(&alice, "alice/a", b"hello").await;
    let domain = &place.world.domain;
    let link = domain.file_link(&file, None).unwrap().unwrap().text;
    let brief = domain.file_link(&file, Some(HOUR_MS)).unwrap().unwrap();
    let by = |caller, link| FileAccess { caller, link };
    for access in [
        by(Some(&alice), None),
        by(Some(&admin), None),
        by(None, Some(link.as_str())),
        by(Some(&eve), Some(link.as_str())),
        by(None, Some(brief.text.as_str())),
    ] {
        assert_eq!(domain.find_file(access, "alice/a").await.unwrap(), file);
        assert_eq!(
            domain.find_file_by_id(access, &file.id).await.unwrap(),
            file
        );
    }
    place.world.clock.advance(2 * HOUR_MS);
    for access in [
        by(None, None),
        by(Some(&eve), None),
        by(None, Some("")),
        by(None, Some("00000000000000000000000000000000")),
        by(None, Some(brief.text.as_str())),
    ] {
        let found = domain.find_file(access, "alice/a").await;
        assert!(
            matches!(found, Err(Error::NotFound(Kind::File))),
            "{access:?}"
        );
    }
    place.world.clock.advance(100 * 365 * 24 * HOUR_MS);
    assert!(
        domain
            .find_file(by(None, Some(&link)), "alice/a")
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn where_downloads_are_open_a_name_is_enough() {
    let place = Place::with(|files| files.open_downloads = true).await;
    let alice = place.world.person("alice").await;
    let file = place.store(&alice, "alice/a", b"hello").await;
    let domain = &place.world.domain;
    assert_eq!(
        domain
            .find_file(FileAccess::default(), "alice/a")
            .await
            .unwrap(),
        file
    );
    assert_eq!(domain.file_link(&file, None).unwrap(), None);
}

#[tokio::test]
async fn what_nobody_refers_to_is_removed() {
    let place = Place::new().await;
    let (alice, bob) = (
        place.world.person("alice").await,
        place.world.person("bob").await,
    );
    let first = place.store(&alice, "alice/a", b"first").await;
    place.begin(&bob, "bob/a", b"first").await;
    place.started(&alice, "alice/never", b"never sent").await;
    let cut = place.started(&alice, "alice/half", b"half").await;
    place.put(&alice, &cut, 1, b"half").await.unwrap();

    // Another content under the same name: the id and the links stay, the content of bob's file as well.
    let second = place.store(&alice, "alice/a", b"second").await;
    assert_eq!((&second.id, &second.link_key), (&first.id, &first.link_key));
    place.world.clock.advance(26 * HOUR_MS);
    place.sweep().await;
    assert_eq!(place.kept(), 2, "the unfinished upload is gone");
    let domain = &place.world.domain;
    let bobs = domain.find_file(as_owner(&bob), "bob/a").await.unwrap();
    assert_eq!(place.read(&bobs).await, b"first");

    assert!(domain.delete_file(&alice, &bobs.id).await.is_err());
    domain.delete_file(&bob, &bobs.id).await.unwrap();
    place.world.clock.advance(2 * HOUR_MS);
    place.sweep().await;
    assert_eq!(place.kept(), 1);
    assert_eq!(place.read(&second).await, b"second");
    // It is not known any more.
    place.started(&bob, "bob/a", b"first").await;
}

#[tokio::test]
async fn a_file_in_one_piece_is_stored_whole_or_not_at_all() {
    let place = Place::new().await;
    let alice = place.world.person("alice").await;
    let command = |bytes_max| StoreFile {
        name: "alice/note".to_owned(),
        media_type: String::new(),
        cause: String::new(),
        bytes_max,
    };
    let domain = &place.world.domain;
    let long = domain.store_file(&alice, command(4), body(b"hello")).await;
    assert!(matches!(long, Err(Error::Conflict(Reason::TooLarge))));
    let cut: ByteStream = Box::pin(stream::iter([
        Ok(Bytes::from_static(b"hel")),
        Err(std::io::ErrorKind::ConnectionReset.into()),
    ]));
    assert!(matches!(
        domain.store_file(&alice, command(100), cut).await,
        Err(Error::Invalid { .. })
    ));
    assert_eq!(place.kept(), 0);
    let file = domain
        .store_file(&alice, command(5), body(b"hello"))
        .await
        .unwrap();
    assert_eq!(
        (place.read(&file).await.as_slice(), file.media_type.as_str()),
        (&b"hello"[..], "text/plain")
    );
}

#[tokio::test]
async fn thumbnails_are_made_once_and_go_with_the_picture() {
    let place = Place::new().await;
    let alice = place.world.person("alice").await;
    let picture = testkit::pictures::png(300, 200);
    let file = place.store(&alice, "alice/p.png", &picture).await;
    let text = place.store(&alice, "alice/t.txt", b"text").await;
    let domain = &place.world.domain;
    let spec = ThumbnailSpec {
        width: 30,
        height: 30,
        format: None,
    };
    assert!(domain.thumbnail(&text, spec).await.unwrap().is_none());
    for _ in 0..2 {
        let (made, bytes) = domain.thumbnail(&file, spec).await.unwrap().unwrap();
        let bytes = collect(bytes).await;
        assert_eq!(
            (made.media_type.as_str(), made.blob.size),
            ("image/png", bytes.len() as u64)
        );
        assert_eq!(testkit::pictures::size(&bytes), (30, 20));
        assert_eq!(place.kept(), 3);
    }
    domain.delete_file(&alice, &file.id).await.unwrap();
    place.world.clock.advance(2 * HOUR_MS);
    place.sweep().await;
    assert_eq!(place.kept(), 1, "the text");
}

#[tokio::test]
async fn without_an_object_store_files_are_unavailable() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let begun = world.domain.begin_upload(
        &alice,
        BeginUpload {
            name: "alice/x".to_owned(),
            size: 1,
            ..BeginUpload::default()
        },
    );
    assert!(matches!(begun.await, Err(Error::Unavailable { .. })));
    let found = world.domain.find_file(as_owner(&alice), "alice/x").await;
    assert!(matches!(found, Err(Error::Unavailable { .. })));
}
