//! Old messages in numbers, for measuring what they cost. They are made by SQL and spread over many conversations in
//! turn, as if they had come in over years.

use domain::error::Result;
use tokio_postgres::Client;
use tokio_util::task::TaskTracker;

use super::{configure, connect};
use crate::error::postgres;

/// Messages of one statement.
const STEP: u64 = 1_000_000;

pub(crate) async fn fill(url: &str, messages: u64, conversations: u64) -> Result<()> {
    let tasks = TaskTracker::new();
    let client = connect(&configure(url)?, &tasks).await.map_err(postgres)?;
    write(&client, messages.cast_signed(), conversations.cast_signed())
        .await
        .map_err(postgres)
}

async fn write(
    client: &Client,
    messages: i64,
    conversations: i64,
) -> std::result::Result<(), tokio_postgres::Error> {
    // Made again if the machine stops: nothing here has to survive it.
    client.batch_execute("SET synchronous_commit = off").await?;
    client
        .execute(
            "INSERT INTO account (key, user_id, nickname, face_url, ex, kind, receive, created_at, policy)
            SELECT 1000000 + i, 'filler' || i, 'filler', '', '', 1, 0, 0, 1 FROM generate_series(1, $1 + 1) i",
            &[&conversations],
        )
        .await?;
    client
        .execute(
            "INSERT INTO conversation (key, id, kind, low, high, max_seq, last_time, sent_low)
            SELECT 1000000 + i, 'si_filler' || i || '_filler' || (i + 1), 1, 1000000 + i, 1000001 + i,
                $2 / $1, 1700000000000 + $2, $2 / $1 FROM generate_series(1, $1) i",
            &[&conversations, &messages],
        )
        .await?;
    client
        .execute(
            "INSERT INTO participant (account, conversation, created_at)
            SELECT low, key, 0 FROM conversation WHERE key > 1000000
            UNION ALL SELECT high, key, 0 FROM conversation WHERE key > 1000000",
            &[],
        )
        .await?;
    for begin in (0..messages).step_by(STEP as usize) {
        let end = (begin + STEP.cast_signed()).min(messages);
        client
            .execute(
                "INSERT INTO message (conversation, seq, sender, client_msg_id, server_msg_id, sender_platform,
                    sender_nickname, sender_face_url, origin, content_type, content, create_time, send_time, status,
                    options, attached_info, ex)
                SELECT 1000001 + i % $3, i / $3 + 1, 1000001 + i % $3, lpad(to_hex(i), 32, '0'),
                    lpad(to_hex(i + 7), 32, '0'), 7, 'filler', '', 100, 101,
                    convert_to('{\"content\":\"' || $4 || ' ' || i || '\"}', 'UTF8'), 1700000000000 + i,
                    1700000000000 + i, 2, 0, '', ''
                FROM generate_series($1, $2 - 1) i",
                &[&begin, &end, &conversations, &crate::FILL_TEXT],
            )
            .await?;
    }
    client.batch_execute("VACUUM ANALYZE; CHECKPOINT").await
}
