//! Files, blobs and uploads.

use domain::files::{Blob, BlobKey, File, FileId, LinkKey, Part, Thumbnail, Upload, UploadId};
use domain::ids::AccountKey;

use crate::world::World;

const HASH: &str = "0123456789abcdef0123456789abcdef";

fn blob(key: &str) -> Blob {
    Blob {
        key: BlobKey(key.into()),
        size: (1 << 40) + 7,
        part_size: 5 << 20,
    }
}

fn file(id: &str, name: &str, blob: Blob) -> File {
    File {
        id: FileId(id.into()),
        name: name.into(),
        owner: AccountKey(7),
        blob,
        media_type: "image/png".into(),
        cause: "msg-picture".into(),
        link_key: LinkKey("secret".into()),
        created_at: 10,
        stored_at: 20,
    }
}

fn upload(id: &str, created_at: i64) -> Upload {
    Upload {
        id: UploadId(id.into()),
        owner: AccountKey(7),
        name: "alice/ü.bin".into(),
        hash: Some(HASH.into()),
        size: 11 << 40,
        part_size: 5 << 20,
        media_type: "application/pdf".into(),
        cause: "msg-file".into(),
        blob: BlobKey(format!("blob-{id}")),
        session: "session".into(),
        is_direct: true,
        created_at,
        expires_at: created_at + 1000,
        file: None,
    }
}

fn part(number: u32, tag: &str) -> Part {
    Part {
        number,
        size: 5 << 40,
        md5: HASH.into(),
        tag: tag.into(),
    }
}

async fn store_file(world: &World, file: &File, hash: Option<&str>) {
    let mut tx = world.begin().await;
    tx.insert_blob(&file.blob, hash, "image/png", 5)
        .await
        .unwrap();
    assert!(tx.insert_file(file).await.unwrap());
    tx.commit().await.unwrap();
}

pub(crate) async fn a_file_is_found_by_name_and_by_id(world: &World) {
    let stored = file("f1", "alice/a.png", blob("b1"));
    store_file(world, &stored, None).await;
    let mut view = world.view().await;
    assert_eq!(view.file(&stored.id).await.unwrap(), Some(stored.clone()));
    assert_eq!(
        view.file_by_name("alice/a.png").await.unwrap(),
        Some(stored.clone())
    );
    assert_eq!(view.file_by_name("alice/b.png").await.unwrap(), None);
    assert_eq!(view.file(&FileId("f2".into())).await.unwrap(), None);
    drop(view);

    let mut tx = world.begin().await;
    assert!(
        !tx.insert_file(&file("f2", "alice/a.png", blob("b1")))
            .await
            .unwrap(),
        "the name is taken"
    );
    assert_eq!(
        tx.lock_file("alice/a.png").await.unwrap(),
        Some(stored.clone())
    );
    tx.insert_blob(&blob("b2"), None, "text/plain", 5)
        .await
        .unwrap();
    let replaced = File {
        owner: AccountKey(8),
        blob: blob("b2"),
        media_type: "text/plain".into(),
        cause: "other".into(),
        stored_at: 30,
        ..stored.clone()
    };
    tx.replace_file(&replaced).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        world.view().await.file(&stored.id).await.unwrap(),
        Some(replaced)
    );
    let mut tx = world.begin().await;
    tx.delete_file(&stored.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.view().await.file(&stored.id).await.unwrap(), None);
}

pub(crate) async fn a_blob_is_adopted_by_its_content_until_it_is_doomed(world: &World) {
    let stored = file("f1", "alice/a.png", blob("b1"));
    store_file(world, &stored, Some(HASH)).await;
    let size = stored.blob.size;
    let mut tx = world.begin().await;
    assert_eq!(tx.adopt_blob(HASH, size + 1).await.unwrap(), None);
    let found = tx.adopt_blob(HASH, size).await.unwrap();
    assert_eq!(found, Some((blob("b1"), "image/png".to_owned())));
    tx.orphan_blob(&stored.blob.key, 100).await.unwrap();
    assert_eq!(
        tx.doom_blobs(1000, 10).await.unwrap(),
        0,
        "a file refers to it"
    );
    tx.delete_file(&stored.id).await.unwrap();
    tx.orphan_blob(&stored.blob.key, 100).await.unwrap();
    tx.commit().await.unwrap();

    // Somebody takes it up again: it stays.
    let mut tx = world.begin().await;
    assert!(tx.adopt_blob(HASH, size).await.unwrap().is_some());
    assert_eq!(tx.doom_blobs(1000, 10).await.unwrap(), 0);
    assert!(tx.insert_file(&stored).await.unwrap());
    tx.delete_file(&stored.id).await.unwrap();
    tx.orphan_blob(&stored.blob.key, 100).await.unwrap();
    assert_eq!(tx.doom_blobs(100, 10).await.unwrap(), 0, "not long enough");
    assert_eq!(tx.doom_blobs(101, 10).await.unwrap(), 1);
    assert_eq!(tx.adopt_blob(HASH, size).await.unwrap(), None);
    tx.commit().await.unwrap();
}

pub(crate) async fn a_doomed_blob_goes_with_its_thumbnails(world: &World) {
    let small = |key: &str| Thumbnail {
        blob: Blob {
            key: BlobKey(key.into()),
            size: 9,
            part_size: 9,
        },
        media_type: "image/jpeg".into(),
    };
    let stored = file("f1", "alice/a.png", blob("b1"));
    store_file(world, &stored, None).await;
    let key = &stored.blob.key;
    let mut tx = world.begin().await;
    assert!(
        tx.insert_thumbnail(key, "1x1", &small("t1"), 2)
            .await
            .unwrap()
    );
    assert!(
        tx.insert_thumbnail(key, "2x2", &small("t2"), 2)
            .await
            .unwrap()
    );
    assert!(
        !tx.insert_thumbnail(key, "3x3", &small("t3"), 2)
            .await
            .unwrap(),
        "one too many"
    );
    assert!(
        tx.insert_thumbnail(key, "2x2", &small("t4"), 2)
            .await
            .unwrap(),
        "replaced"
    );
    tx.commit().await.unwrap();
    let mut view = world.view().await;
    assert_eq!(view.thumbnail(key, "2x2").await.unwrap(), Some(small("t4")));
    assert_eq!(view.thumbnail(key, "3x3").await.unwrap(), None);
    assert_eq!(view.doomed_blobs(10).await.unwrap(), []);
    drop(view);

    let mut tx = world.begin().await;
    tx.delete_file(&stored.id).await.unwrap();
    tx.orphan_blob(key, 100).await.unwrap();
    assert_eq!(tx.doom_blobs(200, 10).await.unwrap(), 1);
    assert!(
        !tx.insert_thumbnail(key, "1x1", &small("t1"), 2)
            .await
            .unwrap(),
        "doomed"
    );
    tx.commit().await.unwrap();
    let thumbnails = ["t1", "t4"].map(|key| BlobKey(key.into())).to_vec();
    assert_eq!(
        world.view().await.doomed_blobs(10).await.unwrap(),
        [(key.clone(), thumbnails)]
    );
    let mut tx = world.begin().await;
    tx.delete_blobs(std::slice::from_ref(key)).await.unwrap();
    tx.commit().await.unwrap();
    let mut view = world.view().await;
    assert_eq!(view.doomed_blobs(10).await.unwrap(), []);
    assert_eq!(view.thumbnail(key, "1x1").await.unwrap(), None);
}

pub(crate) async fn an_upload_keeps_its_parts_until_it_is_finished(world: &World) {
    let (one, other) = (upload("u1", 10), upload("u2", 10));
    let mut tx = world.begin().await;
    tx.insert_upload(&one).await.unwrap();
    tx.insert_upload(&other).await.unwrap();
    for number in [2, 1, 3] {
        assert_eq!(
            tx.put_upload_part(&one.id, &part(number, "first"))
                .await
                .unwrap(),
            None
        );
    }
    tx.put_upload_part(&other.id, &part(1, "other"))
        .await
        .unwrap();
    let replaced = tx
        .put_upload_part(&one.id, &part(2, "second"))
        .await
        .unwrap();
    assert_eq!(replaced.as_deref(), Some("first"));
    tx.commit().await.unwrap();
    let mut view = world.view().await;
    assert_eq!(view.upload(&one.id).await.unwrap(), Some(one.clone()));
    assert_eq!(
        view.upload_parts(&one.id).await.unwrap(),
        [part(1, "first"), part(2, "second"), part(3, "first")]
    );
    drop(view);

    let mut tx = world.begin().await;
    let made = FileId("f1".into());
    tx.finish_upload(&one.id, &made).await.unwrap();
    let finished = Upload {
        file: Some(made),
        ..one.clone()
    };
    assert_eq!(tx.lock_upload(&one.id).await.unwrap(), Some(finished));
    tx.commit().await.unwrap();
    let mut view = world.view().await;
    assert_eq!(view.upload_parts(&one.id).await.unwrap(), []);
    assert_eq!(
        view.upload_parts(&other.id).await.unwrap(),
        [part(1, "other")]
    );
    drop(view);

    let mut tx = world.begin().await;
    tx.delete_uploads(&[one.id.clone(), other.id.clone()])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut view = world.view().await;
    assert_eq!(view.upload(&one.id).await.unwrap(), None);
    assert_eq!(view.upload_parts(&other.id).await.unwrap(), []);
}

pub(crate) async fn the_oldest_of_too_many_uploads_expire(world: &World) {
    let mut tx = world.begin().await;
    for (id, created_at) in [("u1", 10), ("u2", 20), ("u3", 30), ("u4", 40)] {
        tx.insert_upload(&upload(id, created_at)).await.unwrap();
    }
    tx.insert_upload(&Upload {
        owner: AccountKey(8),
        ..upload("u5", 5)
    })
    .await
    .unwrap();
    tx.expire_uploads_beyond(AccountKey(7), 2, 50)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let expired = async |before, rows_max| {
        let uploads = world.view().await.expired_uploads(before, rows_max).await;
        let ids = uploads.unwrap().into_iter().map(|upload| upload.id.0);
        ids.collect::<Vec<_>>()
    };
    assert_eq!(expired(50, 10).await, Vec::<String>::new());
    assert_eq!(expired(51, 10).await, ["u1", "u2"]);
    assert_eq!(expired(51, 1).await, ["u1"]);
    assert_eq!(expired(2000, 10).await, ["u1", "u2", "u5", "u3", "u4"]);
}
