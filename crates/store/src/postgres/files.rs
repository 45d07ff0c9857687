//! Files, blobs and uploads.

use async_trait::async_trait;
use domain::error::Result;
use domain::files::{Blob, BlobKey, File, FileId, LinkKey, Part, Thumbnail, Upload, UploadId};
use domain::ids::AccountKey;
use domain::ports::{FileReads, FileWrites};
use domain::time::Millis;
use tokio_postgres::Row;

use super::session::{Mode, ReadWrite, Session, column};
use crate::bounds::limit;

const FILES: &str =
    "SELECT f.id, f.name, f.owner, f.media_type, f.cause, f.link_key, f.created_at, f.stored_at,
        b.key, b.size, b.part_size
    FROM file f JOIN blob b ON b.key = f.blob";

const UPLOADS: &str =
    "SELECT id, owner, name, hash, size, part_size, media_type, cause, blob, session, is_direct,
        created_at, expires_at, file
    FROM upload";

#[async_trait]
impl<M: Mode> FileReads for Session<M> {
    async fn file(&mut self, id: &FileId) -> Result<Option<File>> {
        self.row(&format!("{FILES} WHERE f.id = $1"), &[&id.0], read_file)
            .await
    }

    async fn file_by_name(&mut self, name: &str) -> Result<Option<File>> {
        self.row(&format!("{FILES} WHERE f.name = $1"), &[&name], read_file)
            .await
    }

    async fn upload(&mut self, id: &UploadId) -> Result<Option<Upload>> {
        self.row(&format!("{UPLOADS} WHERE id = $1"), &[&id.0], read_upload)
            .await
    }

    async fn upload_parts(&mut self, id: &UploadId) -> Result<Vec<Part>> {
        let sql =
            "SELECT number, size, md5, tag FROM upload_part WHERE upload = $1 ORDER BY number";
        self.rows(sql, &[&id.0], |row| {
            Ok(Part {
                number: column::<i32>(row, 0)?.cast_unsigned(),
                size: size(row, 1)?,
                md5: column(row, 2)?,
                tag: column(row, 3)?,
            })
        })
        .await
    }

    async fn expired_uploads(&mut self, before: Millis, rows_max: usize) -> Result<Vec<Upload>> {
        let sql = format!("{UPLOADS} WHERE expires_at < $1 ORDER BY expires_at, id LIMIT $2");
        self.rows(&sql, &[&before, &limit(rows_max)], read_upload)
            .await
    }

    async fn thumbnail(&mut self, blob: &BlobKey, variant: &str) -> Result<Option<Thumbnail>> {
        let sql = "SELECT key, size, media_type FROM thumbnail WHERE blob = $1 AND variant = $2";
        self.row(sql, &[&blob.0, &variant], |row| {
            let size = size(row, 1)?;
            Ok(Thumbnail {
                blob: Blob {
                    key: BlobKey(column(row, 0)?),
                    size,
                    part_size: size.max(1),
                },
                media_type: column(row, 2)?,
            })
        })
        .await
    }

    async fn doomed_blobs(&mut self, rows_max: usize) -> Result<Vec<(BlobKey, Vec<BlobKey>)>> {
        let sql = "SELECT b.key, coalesce(array_agg(t.key ORDER BY t.key) FILTER (WHERE t.key IS NOT NULL), '{}')
            FROM (SELECT key, orphaned_at FROM blob WHERE orphaned_at IS NOT NULL AND is_doomed
                ORDER BY orphaned_at, key LIMIT $1) b
            LEFT JOIN thumbnail t ON t.blob = b.key
            GROUP BY b.key, b.orphaned_at
            ORDER BY b.orphaned_at, b.key";
        self.rows(sql, &[&limit(rows_max)], |row| {
            let thumbnails: Vec<String> = column(row, 1)?;
            Ok((
                BlobKey(column(row, 0)?),
                thumbnails.into_iter().map(BlobKey).collect(),
            ))
        })
        .await
    }
}

#[async_trait]
impl FileWrites for Session<ReadWrite> {
    async fn insert_file(&mut self, file: &File) -> Result<bool> {
        let sql = "INSERT INTO file (id, name, owner, blob, media_type, cause, link_key, created_at, stored_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (name) DO NOTHING";
        let inserted = self
            .write(
                sql,
                &[
                    &file.id.0,
                    &file.name,
                    &file.owner.0,
                    &file.blob.key.0,
                    &file.media_type,
                    &file.cause,
                    &file.link_key.0,
                    &file.created_at,
                    &file.stored_at,
                ],
            )
            .await?;
        Ok(inserted > 0)
    }

    async fn lock_file(&mut self, name: &str) -> Result<Option<File>> {
        let sql = format!("{FILES} WHERE f.name = $1 FOR UPDATE OF f");
        self.row(&sql, &[&name], read_file).await
    }

    async fn replace_file(&mut self, file: &File) -> Result<()> {
        let sql = "UPDATE file SET owner = $2, blob = $3, media_type = $4, cause = $5, stored_at = $6 WHERE id = $1";
        self.write(
            sql,
            &[
                &file.id.0,
                &file.owner.0,
                &file.blob.key.0,
                &file.media_type,
                &file.cause,
                &file.stored_at,
            ],
        )
        .await
        .map(drop)
    }

    async fn delete_file(&mut self, id: &FileId) -> Result<()> {
        self.write("DELETE FROM file WHERE id = $1", &[&id.0])
            .await
            .map(drop)
    }

    async fn insert_blob(
        &mut self,
        blob: &Blob,
        hash: Option<&str>,
        media_type: &str,
        now: Millis,
    ) -> Result<()> {
        let sql = "INSERT INTO blob (key, hash, size, part_size, media_type, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
        self.write(
            sql,
            &[
                &blob.key.0,
                &hash,
                &blob.size.cast_signed(),
                &blob.part_size.cast_signed(),
                &media_type,
                &now,
            ],
        )
        .await
        .map(drop)
    }

    async fn adopt_blob(&mut self, hash: &str, size: u64) -> Result<Option<(Blob, String)>> {
        // Whoever dooms it at the same time is waited for, and then it is not taken.
        let sql = "UPDATE blob SET orphaned_at = NULL
            WHERE NOT is_doomed AND key = (
                SELECT key FROM blob WHERE hash = $1 AND size = $2 AND NOT is_doomed ORDER BY created_at, key LIMIT 1)
            RETURNING key, size, part_size, media_type";
        self.row(sql, &[&hash, &size.cast_signed()], |row| {
            let blob = Blob {
                key: BlobKey(column(row, 0)?),
                size: self::size(row, 1)?,
                part_size: self::size(row, 2)?,
            };
            Ok((blob, column(row, 3)?))
        })
        .await
    }

    async fn orphan_blob(&mut self, key: &BlobKey, now: Millis) -> Result<()> {
        let sql = "UPDATE blob SET orphaned_at = $2
            WHERE key = $1 AND NOT EXISTS (SELECT 1 FROM file f WHERE f.blob = $1)";
        self.write(sql, &[&key.0, &now]).await.map(drop)
    }

    async fn doom_blobs(&mut self, before: Millis, rows_max: usize) -> Result<u64> {
        // Who adopted a blob may have been overlooked by who orphaned it.
        let sql = "UPDATE blob SET orphaned_at = NULL
            WHERE orphaned_at < $1 AND NOT is_doomed AND EXISTS (SELECT 1 FROM file f WHERE f.blob = blob.key)";
        self.write(sql, &[&before]).await?;
        let sql = "UPDATE blob SET is_doomed = true, hash = NULL
            WHERE orphaned_at < $1 AND key IN (
                SELECT key FROM blob WHERE orphaned_at < $1 AND NOT is_doomed ORDER BY orphaned_at, key LIMIT $2)";
        self.write(sql, &[&before, &limit(rows_max)]).await
    }

    async fn delete_blobs(&mut self, keys: &[BlobKey]) -> Result<()> {
        let keys: Vec<&str> = keys.iter().map(BlobKey::as_str).collect();
        self.write("DELETE FROM thumbnail WHERE blob = ANY ($1)", &[&keys])
            .await?;
        self.write("DELETE FROM blob WHERE key = ANY ($1)", &[&keys])
            .await
            .map(drop)
    }

    async fn insert_upload(&mut self, upload: &Upload) -> Result<()> {
        let sql = "INSERT INTO upload (id, owner, name, hash, size, part_size, media_type, cause, blob, session,
                is_direct, created_at, expires_at, file)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
        let file = upload.file.as_ref().map(FileId::as_str);
        self.write(
            sql,
            &[
                &upload.id.0,
                &upload.owner.0,
                &upload.name,
                &upload.hash,
                &upload.size.cast_signed(),
                &upload.part_size.cast_signed(),
                &upload.media_type,
                &upload.cause,
                &upload.blob.0,
                &upload.session,
                &upload.is_direct,
                &upload.created_at,
                &upload.expires_at,
                &file,
            ],
        )
        .await
        .map(drop)
    }

    async fn lock_upload(&mut self, id: &UploadId) -> Result<Option<Upload>> {
        let sql = format!("{UPLOADS} WHERE id = $1 FOR UPDATE");
        self.row(&sql, &[&id.0], read_upload).await
    }

    async fn put_upload_part(&mut self, id: &UploadId, part: &Part) -> Result<Option<String>> {
        let number = part.number.cast_signed();
        let sql = "SELECT tag FROM upload_part WHERE upload = $1 AND number = $2";
        let replaced = self
            .row(sql, &[&id.0, &number], |row| column(row, 0))
            .await?;
        let sql = "INSERT INTO upload_part (upload, number, size, md5, tag) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (upload, number) DO UPDATE SET size = excluded.size, md5 = excluded.md5, tag = excluded.tag";
        self.write(
            sql,
            &[
                &id.0,
                &number,
                &part.size.cast_signed(),
                &part.md5,
                &part.tag,
            ],
        )
        .await?;
        Ok(replaced)
    }

    async fn finish_upload(&mut self, id: &UploadId, file: &FileId) -> Result<()> {
        self.write(
            "UPDATE upload SET file = $2 WHERE id = $1",
            &[&id.0, &file.0],
        )
        .await?;
        self.write("DELETE FROM upload_part WHERE upload = $1", &[&id.0])
            .await
            .map(drop)
    }

    async fn expire_uploads_beyond(
        &mut self,
        owner: AccountKey,
        keep: usize,
        now: Millis,
    ) -> Result<()> {
        let sql = "UPDATE upload SET expires_at = $2 WHERE id IN (
                SELECT id FROM upload WHERE owner = $1 AND file IS NULL AND expires_at > $2
                ORDER BY created_at DESC, id OFFSET $3)";
        self.write(sql, &[&owner.0, &now, &limit(keep)])
            .await
            .map(drop)
    }

    async fn delete_uploads(&mut self, ids: &[UploadId]) -> Result<()> {
        let ids: Vec<&str> = ids.iter().map(UploadId::as_str).collect();
        self.write("DELETE FROM upload_part WHERE upload = ANY ($1)", &[&ids])
            .await?;
        self.write("DELETE FROM upload WHERE id = ANY ($1)", &[&ids])
            .await
            .map(drop)
    }

    async fn insert_thumbnail(
        &mut self,
        blob: &BlobKey,
        variant: &str,
        thumbnail: &Thumbnail,
        most: usize,
    ) -> Result<bool> {
        // The lock makes those who add to one blob, and who dooms it, wait for each other.
        let sql = "SELECT 1 FROM blob WHERE key = $1 AND NOT is_doomed FOR UPDATE";
        if self.row(sql, &[&blob.0], |_| Ok(())).await?.is_none() {
            return Ok(false);
        }
        let sql = "INSERT INTO thumbnail (blob, variant, key, size, media_type)
            SELECT $1, $2, $3, $4, $5
            WHERE (SELECT count(*) FROM thumbnail WHERE blob = $1 AND variant <> $2) < $6
            ON CONFLICT (blob, variant) DO UPDATE
                SET key = excluded.key, size = excluded.size, media_type = excluded.media_type";
        let inserted = self
            .write(
                sql,
                &[
                    &blob.0,
                    &variant,
                    &thumbnail.blob.key.0,
                    &thumbnail.blob.size.cast_signed(),
                    &thumbnail.media_type,
                    &limit(most),
                ],
            )
            .await?;
        Ok(inserted > 0)
    }
}

fn read_file(row: &Row) -> Result<File> {
    Ok(File {
        id: FileId(column(row, 0)?),
        name: column(row, 1)?,
        owner: AccountKey(column(row, 2)?),
        media_type: column(row, 3)?,
        cause: column(row, 4)?,
        link_key: LinkKey(column(row, 5)?),
        created_at: column(row, 6)?,
        stored_at: column(row, 7)?,
        blob: Blob {
            key: BlobKey(column(row, 8)?),
            size: size(row, 9)?,
            part_size: size(row, 10)?,
        },
    })
}

fn read_upload(row: &Row) -> Result<Upload> {
    Ok(Upload {
        id: UploadId(column(row, 0)?),
        owner: AccountKey(column(row, 1)?),
        name: column(row, 2)?,
        hash: column(row, 3)?,
        size: size(row, 4)?,
        part_size: size(row, 5)?,
        media_type: column(row, 6)?,
        cause: column(row, 7)?,
        blob: BlobKey(column(row, 8)?),
        session: column(row, 9)?,
        is_direct: column(row, 10)?,
        created_at: column(row, 11)?,
        expires_at: column(row, 12)?,
        file: column::<Option<String>>(row, 13)?.map(FileId),
    })
}

fn size(row: &Row, index: usize) -> Result<u64> {
    column::<i64>(row, index).map(i64::cast_unsigned)
}
