//! Old messages in numbers, for measuring what they cost. They are made by SQL and spread over many conversations in
//! turn, as if they had come in over years; nothing else is using the file.

use std::path::Path;

use domain::error::Result;
use rusqlite::Connection;

use super::open_writer;
use crate::error::sqlite;

/// Messages of one transaction.
const STEP: i64 = 1_000_000;

pub(crate) fn fill(path: &Path, messages: u64, conversations: u64) -> Result<()> {
    let conn = open_writer(path).map_err(sqlite)?;
    write(&conn, messages.cast_signed(), conversations.cast_signed()).map_err(sqlite)
}

fn write(conn: &Connection, messages: i64, conversations: i64) -> rusqlite::Result<()> {
    // Made again if the machine stops: nothing here has to survive it.
    conn.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -262144;")?;
    conn.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= ?1)
        INSERT INTO account (key, user_id, nickname, face_url, ex, kind, receive, created_at, policy)
        SELECT 1000000 + i, 'filler' || i, 'filler', '', '', 1, 0, 0, 1 FROM n",
        [conversations],
    )?;
    conn.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
        INSERT INTO conversation (key, id, kind, low, high, max_seq, last_time, sent_low)
        SELECT 1000000 + i, 'si_filler' || i || '_filler' || (i + 1), 1, 1000000 + i, 1000001 + i,
            ?2 / ?1, 1700000000000 + ?2, ?2 / ?1 FROM n",
        [conversations, messages],
    )?;
    conn.execute(
        "INSERT INTO participant (account, conversation, created_at)
        SELECT low, key, 0 FROM conversation WHERE key > 1000000
        UNION ALL SELECT high, key, 0 FROM conversation WHERE key > 1000000",
        [],
    )?;
    for begin in (0..messages).step_by(STEP as usize) {
        let end = (begin + STEP).min(messages);
        conn.execute(
            "WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)
            INSERT INTO message (conversation, seq, sender, client_key, client_msg_id, server_msg_id,
                sender_platform, sender_nickname, sender_face_url, origin, content_type, content, create_time,
                send_time, status, options, attached_info, ex)
            SELECT 1000001 + i % ?3, i / ?3 + 1, 1000001 + i % ?3,
                ((1000001 + i % ?3) << 32) | ((i * 2654435761) & 4294967295),
                printf('%032x', i), printf('%032x', i + 7), 7, 'filler', '', 100, 101,
                CAST(printf('{\"content\":\"%s %d\"}', ?4, i) AS BLOB), 1700000000000 + i, 1700000000000 + i,
                2, 0, '', ''
            FROM n",
            (begin, end, conversations, crate::FILL_TEXT),
        )?;
    }
    conn.execute_batch("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE);")
}
