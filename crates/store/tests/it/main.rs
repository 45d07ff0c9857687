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
    client_config:
        a_value_is_everybodys_or_one_accounts;
    statistics:
        people_are_counted_by_the_day_they_registered
        groups_are_counted_by_the_day_they_were_made
        what_people_write_is_counted_by_day_person_and_group;
    sessions:
        sessions_end_when_they_are_kicked_or_expire
        a_digest_is_stored_once;
    conversations:
        a_conversation_is_made_once_with_its_sides_sorted
        settings_and_bounds_are_kept_per_participant
        a_list_is_in_order_of_appearance
        reaches_say_what_an_account_can_see
        seq_states_list_chats_and_notices
        a_read_position_only_grows;
    relations:
        a_friend_stands_in_one_list_only
        friends_are_listed_pinned_ones_first
        blocks_are_listed_oldest_first
        a_friend_request_is_replaced_by_its_successor
        friend_requests_are_listed_newest_first_and_by_filter
        a_friend_request_read_in_a_transaction_is_locked;
    groups:
        a_group_is_made_once_and_changed
        groups_are_listed_newest_first_and_by_part
        members_are_counted_as_they_come_and_go
        members_are_listed_by_power_and_then_by_joining
        an_account_knows_its_groups
        an_application_is_replaced_by_its_successor
        applications_are_listed_newest_first_and_by_filter
        a_locked_group_is_changed_by_one_at_a_time
        members_who_are_inserted_at_the_same_time_are_counted_once
        ten_thousand_members_join_and_leave;
    group_chats:
        a_group_has_a_chat_without_sides
        members_see_the_chat_and_its_notices
        who_joins_later_sees_from_then_on
        who_left_sees_no_further_until_they_return
        who_left_before_anything_was_said_sees_nothing
        sending_moves_the_read_position_of_members
        parallel_sending_moves_every_read_position
        a_call_marks_the_chat_for_those_called
        messages_of_groups_are_searched_too
        ten_thousand_participants_join_and_leave;
    versions:
        the_version_log_tells_what_changed
        an_order_and_a_head_are_entries_too
        changes_are_cut_at_the_limit
        lists_have_logs_of_their_own
        a_list_named_twice_takes_one_step
        lists_stepped_at_the_same_time_miss_no_step
        many_lists_and_many_ids_are_logged_at_once;
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
    annotations:
        an_edit_keeps_what_was_said_of_the_newest_ones
        reactions_are_counted_in_the_order_in_which_they_came
        pins_are_listed_newest_first
        what_is_taken_away_leaves_no_annotations;
    upkeep:
        positions_say_how_far_everybody_has_come
        a_participant_is_due_until_it_was_looked_at
        old_messages_are_found_and_removed_in_chunks
        keys_of_messages_are_never_given_out_again;
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
    follow:
        a_follower_keeps_its_cursor
        a_follower_is_held_by_one_at_a_time
        a_page_never_passes_over_what_commits_later
        a_page_passes_over_what_was_rolled_back
        a_follower_reading_along_misses_nothing
        the_outbox_is_kept_for_followers_for_a_time;
    search:
        what_is_indexed_is_found_newest_first
        a_search_is_narrowed_and_cut
        an_entry_is_replaced_and_taken_out
        a_message_that_changes_is_told_once_there_is_an_index
        own_conversations_come_with_what_can_be_seen;
    files:
        a_file_is_found_by_name_and_by_id
        a_blob_is_adopted_by_its_content_until_it_is_doomed
        a_doomed_blob_goes_with_its_thumbnails
        an_upload_keeps_its_parts_until_it_is_finished
        the_oldest_of_too_many_uploads_expire;
    imports:
        progress_is_kept_with_what_it_counts
        accounts_that_are_there_stay
        imported_messages_stand_where_they_stood
        a_tail_is_what_devices_have_seen
        groups_are_settled_by_their_members
        a_version_log_begins_anew;
    jobs:
        a_due_job_is_claimed_once_until_its_lease_ends
        a_failed_job_is_tried_again_later
        a_buried_job_waits_to_be_revived
        a_unique_job_is_added_once
        a_finished_job_is_gone
        jobs_are_claimed_by_kind_and_keep_what_they_are_done_on;
    push:
        an_address_belongs_to_who_registered_it_last
        tokens_are_removed_by_key_session_platform_and_address
        receivers_are_those_with_a_device_and_how_they_receive
        unread_totals_count_what_was_not_read_and_is_not_silent
        a_badge_is_kept_per_account
        client_logs_are_listed_newest_first_and_removed;
}
