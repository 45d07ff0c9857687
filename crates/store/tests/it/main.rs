//! One suite for both databases: every case runs on SQLite in a temporary directory and on PostgreSQL. What only
//! one of them can show is in `schema.rs`, `durability.rs` and `lost_connections.rs`, and in the unit tests beside the writer.

#![expect(
    clippy::unwrap_used,
    reason = "a failing test shows what it met and where"
)]

mod cases;
mod durability;
mod lost_connections;
mod schema;
mod speed;
mod world;

use world::{Backend, World};

macro_rules! conformance {
    ($($noun:ident: $($case:ident)+;)+) => {
        mod on_sqlite { $($(conformance!(@test Sqlite $noun $case);)+)+ }
        mod on_postgres { $($(conformance!(@test Postgres $noun $case);)+)+ }
    };
    (@test $backend:ident $noun:ident $case:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            let world = crate::World::open(crate::Backend::$backend).await;
            crate::cases::$noun::$case(&world).await;
            world.store.close().await;
        }
    };
}

conformance! {
    accounts:
        an_account_is_found_by_id_and_by_key
        a_user_id_is_taken_once
        an_updated_account_keeps_its_id_and_time_of_creation
        accounts_are_listed_in_pages_and_by_filter
        favourites_are_put_replaced_and_deleted;
    sessions:
        sessions_end_when_they_are_kicked_or_expire
        a_digest_is_stored_once;
    conversations:
        a_conversation_is_made_once_with_its_sides_sorted
        settings_and_bounds_are_kept_per_participant
        a_list_is_in_order_of_appearance
        reaches_say_what_an_account_can_see
        seq_states_list_chats_and_notices
        the_version_log_tells_what_changed
        a_read_position_only_grows;
    appends:
        messages_get_gap_free_sequence_numbers
        a_retry_is_answered_with_the_first_placement
        parallel_retries_store_one_message
        one_client_id_may_be_used_in_two_conversations
        a_changed_policy_refuses
        a_replay_comes_before_the_policy
        send_time_always_grows
        sending_moves_the_senders_side
        ten_thousand_messages_from_64_tasks_are_all_there_once;
    messages:
        a_message_is_read_back_as_it_was_written
        ranges_are_answered_in_their_order_and_within_the_limit
        hidden_messages_are_marked_for_their_viewer_only
        an_erased_message_stays_as_a_deleted_row
        a_rewritten_message_keeps_its_place
        messages_are_searched_by_who_when_and_what;
    transactions:
        a_dropped_transaction_leaves_nothing
        a_commit_returns_what_was_recorded_in_order
        a_view_sees_what_was_committed_before_it_began
        a_transaction_sees_its_own_writes
        transactions_and_appends_of_one_conversation_agree
        a_commit_that_nobody_waits_for_is_carried_out
        a_cancelled_transaction_does_not_hold_up_others
        the_outbox_is_read_by_position_and_pruned_by_age
        a_relay_keeps_its_cursor
        a_relay_reading_along_misses_nothing
        a_closed_store_refuses;
    jobs:
        a_due_job_is_claimed_once_until_its_lease_ends
        a_failed_job_is_tried_again_later
        a_buried_job_waits_to_be_revived
        a_unique_job_is_added_once
        a_finished_job_is_gone;
}
