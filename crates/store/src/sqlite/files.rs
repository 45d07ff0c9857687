//! Files, blobs and uploads.

use async_trait::async_trait;
use domain::error::Result;
use domain::files::{Blob, BlobKey, File, FileId, LinkKey, Part, Thumbnail, Upload, UploadId};
use domain::ids::AccountKey;
use domain::ports::{FileReads, FileWrites};
use domain::time::Millis;
use rusqlite::{Row, params};

use super::session::{Mode, ReadWrite, Session};
use crate::bounds::limit;
use crate::forms::json;

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
        self.row(
            &format!("{FILES} WHERE f.id = ?1"),
            [id.as_str()],
            read_file,
        )
    }

    async fn file_by_name(&mut self, name: &str) -> Result<Option<File>> {
        self.row(&format!("{FILES} WHERE f.name = ?1"), [name], read_file)
    }

    async fn upload(&mut self, id: &UploadId) -> Result<Option<Upload>> {
        self.row(
            &format!("{UPLOADS} WHERE id = ?1"),
            [id.as_str()],
            read_upload,
        )
    }

    async fn upload_parts(&mut self, id: &UploadId) -> Result<Vec<Part>> {
        let sql =
            "SELECT number, size, md5, tag FROM upload_part WHERE upload = ?1 ORDER BY number";
        self.rows(sql, [id.as_str()], |row| {
            Ok(Part {
                number: row.get(0)?,
                size: size(row, 1)?,
                md5: row.get(2)?,
                tag: row.get(3)?,
            })
        })
    }

    async fn expired_uploads(&mut self, before: Millis, rows_max: usize) -> Result<Vec<Upload>> {
        let sql = format!("{UPLOADS} WHERE expires_at < ?1 ORDER BY expires_at, id LIMIT ?2");
        self.rows(&sql, (before, limit(rows_max)), read_upload)
    }

    async fn thumbnail(&mut self, blob: &BlobKey, variant: &str) -> Result<Option<Thumbnail>> {
        let sql = "SELECT key, size, media_type FROM thumbnail WHERE blob = ?1 AND variant = ?2";
        self.row(sql, (blob.as_str(), variant), |row| {
            let size = size(row, 1)?;
            Ok(Thumbnail {
                blob: Blob {
                    key: BlobKey(row.get(0)?),
                    size,
                    part_size: size.max(1),
                },
                media_type: row.get(2)?,
            })
        })
    }

    async fn doomed_blobs(&mut self, rows_max: usize) -> Result<Vec<(BlobKey, Vec<BlobKey>)>> {
        let sql = "SELECT key FROM blob WHERE orphaned_at IS NOT NULL AND is_doomed = 1 ORDER BY orphaned_at, key LIMIT ?1";
        let keys: Vec<String> = self.rows(sql, [limit(rows_max)], |row| row.get(0))?;
        let sql = "SELECT key FROM thumbnail WHERE blob = ?1 ORDER BY key";
        keys.into_iter()
            .map(|key| {
                let thumbnails = self.rows(sql, [&key], |row| row.get(0).map(BlobKey))?;
                Ok((BlobKey(key), thumbnails))
            })
            .collect()
    }
}

#[async_trait]
impl FileWrites for Session<ReadWrite> {
    async fn insert_file(&mut self, file: &File) -> Result<bool> {
        let sql = "INSERT INTO file (id, name, owner, blob, media_type, cause, link_key, created_at, stored_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (name) DO NOTHING";
        let params = params![
            file.id.as_str(),
            file.name,
            file.owner.0,
            file.blob.key.as_str(),
            file.media_type,
            file.cause,
            file.link_key.0,
            file.created_at,
            file.stored_at,
        ];
        Ok(self.write(sql, params)? > 0)
    }

    async fn lock_file(&mut self, name: &str) -> Result<Option<File>> {
        self.file_by_name(name).await
    }

    async fn replace_file(&mut self, file: &File) -> Result<()> {
        let sql = "UPDATE file SET owner = ?2, blob = ?3, media_type = ?4, cause = ?5, stored_at = ?6 WHERE id = ?1";
        let params = params![
            file.id.as_str(),
            file.owner.0,
            file.blob.key.as_str(),
            file.media_type,
            file.cause,
            file.stored_at,
        ];
        self.write(sql, params).map(drop)
    }

    async fn delete_file(&mut self, id: &FileId) -> Result<()> {
        self.write("DELETE FROM file WHERE id = ?1", [id.as_str()])
            .map(drop)
    }

    async fn insert_blob(
        &mut self,
        blob: &Blob,
        hash: Option<&str>,
        media_type: &str,
        now: Millis,
    ) -> Result<()> {
        let sql = "INSERT INTO blob (key, hash, size, part_size, media_type, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let params = params![
            blob.key.as_str(),
            hash,
            blob.size.cast_signed(),
            blob.part_size.cast_signed(),
            media_type,
            now,
        ];
        self.write(sql, params).map(drop)
    }

    async fn adopt_blob(&mut self, hash: &str, size: u64) -> Result<Option<(Blob, String)>> {
        let sql = "UPDATE blob SET orphaned_at = NULL
            WHERE key = (SELECT key FROM blob WHERE hash = ?1 AND size = ?2 AND is_doomed = 0 ORDER BY created_at, key LIMIT 1)
            RETURNING key, size, part_size, media_type";
        self.row(sql, (hash, size.cast_signed()), |row| {
            let blob = Blob {
                key: BlobKey(row.get(0)?),
                size: self::size(row, 1)?,
                part_size: self::size(row, 2)?,
            };
            Ok((blob, row.get(3)?))
        })
    }

    async fn orphan_blob(&mut self, key: &BlobKey, now: Millis) -> Result<()> {
        let sql = "UPDATE blob SET orphaned_at = ?2
            WHERE key = ?1 AND NOT EXISTS (SELECT 1 FROM file f WHERE f.blob = ?1)";
        self.write(sql, (key.as_str(), now)).map(drop)
    }

    async fn doom_blobs(&mut self, before: Millis, rows_max: usize) -> Result<u64> {
        // Who adopted a blob may have been overlooked by who orphaned it.
        let sql = "UPDATE blob SET orphaned_at = NULL
            WHERE orphaned_at < ?1 AND is_doomed = 0 AND EXISTS (SELECT 1 FROM file f WHERE f.blob = blob.key)";
        self.write(sql, [before])?;
        let sql = "UPDATE blob SET is_doomed = 1, hash = NULL WHERE key IN (
                SELECT key FROM blob WHERE orphaned_at < ?1 AND is_doomed = 0 ORDER BY orphaned_at, key LIMIT ?2)";
        self.write(sql, (before, limit(rows_max)))
    }

    async fn delete_blobs(&mut self, keys: &[BlobKey]) -> Result<()> {
        let keys: Vec<&str> = keys.iter().map(BlobKey::as_str).collect();
        let keys = json(&keys);
        let sql = "DELETE FROM thumbnail WHERE blob IN (SELECT value FROM json_each(?1))";
        self.write(sql, [&keys])?;
        let sql = "DELETE FROM blob WHERE key IN (SELECT value FROM json_each(?1))";
        self.write(sql, [&keys]).map(drop)
    }

    async fn insert_upload(&mut self, upload: &Upload) -> Result<()> {
        let sql = "INSERT INTO upload (id, owner, name, hash, size, part_size, media_type, cause, blob, session,
                is_direct, created_at, expires_at, file)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
        let params = params![
            upload.id.as_str(),
            upload.owner.0,
            upload.name,
            upload.hash,
            upload.size.cast_signed(),
            upload.part_size.cast_signed(),
            upload.media_type,
            upload.cause,
            upload.blob.as_str(),
            upload.session,
            upload.is_direct,
            upload.created_at,
            upload.expires_at,
            upload.file.as_ref().map(FileId::as_str),
        ];
        self.write(sql, params).map(drop)
    }

    async fn lock_upload(&mut self, id: &UploadId) -> Result<Option<Upload>> {
        self.upload(id).await
    }

    async fn put_upload_part(&mut self, id: &UploadId, part: &Part) -> Result<Option<String>> {
        let sql = "SELECT tag FROM upload_part WHERE upload = ?1 AND number = ?2";
        let replaced = self.row(sql, (id.as_str(), part.number), |row| row.get(0))?;
        let sql = "INSERT OR REPLACE INTO upload_part (upload, number, size, md5, tag) VALUES (?1, ?2, ?3, ?4, ?5)";
        let params = (
            id.as_str(),
            part.number,
            part.size.cast_signed(),
            &part.md5,
            &part.tag,
        );
        self.write(sql, params)?;
        Ok(replaced)
    }

    async fn finish_upload(&mut self, id: &UploadId, file: &FileId) -> Result<()> {
        self.write(
            "UPDATE upload SET file = ?2 WHERE id = ?1",
            (id.as_str(), file.as_str()),
        )?;
        self.write("DELETE FROM upload_part WHERE upload = ?1", [id.as_str()])
            .map(drop)
    }

    async fn expire_uploads_beyond(
        &mut self,
        owner: AccountKey,
        keep: usize,
        now: Millis,
    ) -> Result<()> {
        let sql = "UPDATE upload SET expires_at = ?2 WHERE id IN (
                SELECT id FROM upload WHERE owner = ?1 AND file IS NULL AND expires_at > ?2
                ORDER BY created_at DESC, id LIMIT -1 OFFSET ?3)";
        self.write(sql, (owner.0, now, limit(keep))).map(drop)
    }

    async fn delete_uploads(&mut self, ids: &[UploadId]) -> Result<()> {
        let ids: Vec<&str> = ids.iter().map(UploadId::as_str).collect();
        let ids = json(&ids);
        let sql = "DELETE FROM upload_part WHERE upload IN (SELECT value FROM json_each(?1))";
        self.write(sql, [&ids])?;
        let sql = "DELETE FROM upload WHERE id IN (SELECT value FROM json_each(?1))";
        self.write(sql, [&ids]).map(drop)
    }

    async fn insert_thumbnail(
        &mut self,
        blob: &BlobKey,
        variant: &str,
        thumbnail: &Thumbnail,
        most: usize,
    ) -> Result<bool> {
        let sql = "INSERT OR REPLACE INTO thumbnail (blob, variant, key, size, media_type)
            SELECT ?1, ?2, ?3, ?4, ?5
            WHERE EXISTS (SELECT 1 FROM blob WHERE key = ?1 AND is_doomed = 0)
                AND (SELECT count(*) FROM thumbnail WHERE blob = ?1 AND variant <> ?2) < ?6";
        let params = (
            blob.as_str(),
            variant,
            thumbnail.blob.key.as_str(),
            thumbnail.blob.size.cast_signed(),
            &thumbnail.media_type,
            limit(most),
        );
        Ok(self.write(sql, params)? > 0)
    }
}

fn read_file(row: &Row<'_>) -> rusqlite::Result<File> {
    Ok(File {
        id: FileId(row.get(0)?),
        name: row.get(1)?,
        owner: AccountKey(row.get(2)?),
        media_type: row.get(3)?,
        cause: row.get(4)?,
        link_key: LinkKey(row.get(5)?),
        created_at: row.get(6)?,
        stored_at: row.get(7)?,
        blob: Blob {
            key: BlobKey(row.get(8)?),
            size: size(row, 9)?,
            part_size: size(row, 10)?,
        },
    })
}

fn read_upload(row: &Row<'_>) -> rusqlite::Result<Upload> {
    Ok(Upload {
        id: UploadId(row.get(0)?),
        owner: AccountKey(row.get(1)?),
        name: row.get(2)?,
        hash: row.get(3)?,
        size: size(row, 4)?,
        part_size: size(row, 5)?,
        media_type: row.get(6)?,
        cause: row.get(7)?,
        blob: BlobKey(row.get(8)?),
        session: row.get(9)?,
        is_direct: row.get(10)?,
        created_at: row.get(11)?,
        expires_at: row.get(12)?,
        file: row.get::<_, Option<String>>(13)?.map(FileId),
    })
}

fn size(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    row.get(index).map(i64::cast_unsigned)
}
