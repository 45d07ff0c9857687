//! Version logs of the lists that clients keep.

use domain::ids::{AccountKey, GroupKey};
use domain::sync::{Change, Changes, GROUP_ITSELF, List, ORDER, Version};
use tokio::task::JoinSet;

use crate::world::World;

const ALICE: AccountKey = AccountKey(1);
const FRIENDS: List = List::Friends(ALICE);

async fn log(world: &World, lists: &[List], ids: &[&str], change: Change) {
    let mut tx = world.begin().await;
    tx.log_change(lists, ids, change).await.unwrap();
    tx.commit().await.unwrap();
}

async fn changes(world: &World, list: List, version: u64, rows_max: usize) -> Changes {
    let mut view = world.view().await;
    view.changes(list, version, rows_max)
        .await
        .unwrap()
        .unwrap()
}

fn spelled(changes: &Changes) -> Vec<(&str, u64, Change)> {
    changes
        .entries
        .iter()
        .map(|entry| (entry.id.as_str(), entry.version, entry.change))
        .collect()
}

pub(crate) async fn the_version_log_tells_what_changed(world: &World) {
    use Change::{Deleted, Inserted, Updated};
    let mut view = world.view().await;
    assert_eq!(view.changes(FRIENDS, 0, 10).await.unwrap(), None);
    assert_eq!(view.version(FRIENDS).await.unwrap(), None);
    drop(view);

    let mut tx = world.begin().await;
    tx.log_change(&[FRIENDS], &["b", "a", "c"], Inserted)
        .await
        .unwrap();
    tx.log_change(&[FRIENDS], &["b"], Updated).await.unwrap();
    tx.log_change(&[FRIENDS], &["c"], Deleted).await.unwrap();
    tx.commit().await.unwrap();
    let all = changes(world, FRIENDS, 0, 10).await;
    assert!(all.is_complete);
    assert_eq!(all.version.number, 3);
    assert_eq!(
        spelled(&all),
        [("a", 1, Inserted), ("b", 2, Updated), ("c", 3, Deleted)],
        "each with its newest state"
    );
    log(world, &[FRIENDS], &["c"], Inserted).await;
    let since = changes(world, FRIENDS, 2, 10).await;
    assert_eq!(spelled(&since), [("c", 4, Inserted)], "it came back");
    assert_eq!(
        world.view().await.version(FRIENDS).await.unwrap(),
        Some(since.version)
    );
    for version in [4, 5, u64::MAX] {
        let none = changes(world, FRIENDS, version, 10).await;
        assert!(none.entries.is_empty() && none.is_complete);
    }
}

pub(crate) async fn an_order_and_a_head_are_entries_too(world: &World) {
    let members = List::Members(GroupKey(7));
    log(world, &[members], &["bob", ORDER], Change::Inserted).await;
    log(world, &[members], &[GROUP_ITSELF, ORDER], Change::Updated).await;
    let all = changes(world, members, 0, 10).await;
    assert_eq!(
        spelled(&all),
        [
            ("bob", 1, Change::Inserted),
            (GROUP_ITSELF, 2, Change::Updated),
            (ORDER, 2, Change::Updated)
        ]
    );
    log(world, &[members], &[], Change::Updated).await;
    let nothing = changes(world, members, 2, 10).await;
    assert_eq!((nothing.version.number, nothing.entries.len()), (3, 0));
}

pub(crate) async fn changes_are_cut_at_the_limit(world: &World) {
    log(world, &[FRIENDS], &["c", "b", "a"], Change::Inserted).await;
    log(world, &[FRIENDS], &["a"], Change::Updated).await;
    let exactly = changes(world, FRIENDS, 0, 3).await;
    assert!(exactly.is_complete && exactly.entries.len() == 3);
    let cut = changes(world, FRIENDS, 0, 2).await;
    assert!(!cut.is_complete);
    assert_eq!(
        spelled(&cut),
        [("b", 1, Change::Inserted), ("c", 1, Change::Inserted)],
        "the oldest"
    );
    assert_eq!(cut.version.number, 2, "the version of the whole list");
}

pub(crate) async fn lists_have_logs_of_their_own(world: &World) {
    let lists = [
        List::Conversations(ALICE),
        List::Friends(ALICE),
        List::JoinedGroups(ALICE),
        List::Members(GroupKey(ALICE.0)),
        List::Blocks(ALICE),
        List::Friends(AccountKey(2)),
    ];
    world.clock.set(1_790_000_000_000);
    log(world, &lists, &["a"], Change::Inserted).await;
    log(world, &lists[1..2], &["b"], Change::Inserted).await;
    let mut view = world.view().await;
    let mut versions: Vec<Version> = Vec::new();
    for list in lists {
        versions.push(view.version(list).await.unwrap().unwrap());
    }
    let numbers: Vec<_> = versions.iter().map(|version| version.number).collect();
    assert_eq!(numbers, [1, 2, 1, 1, 1, 1]);
    let mut ids: Vec<_> = versions.into_iter().map(|version| version.id).collect();
    for id in &ids {
        assert!(
            id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{id}"
        );
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), lists.len(), "and names of their own");
}

pub(crate) async fn a_list_named_twice_takes_one_step(world: &World) {
    let blocks = List::Blocks(ALICE);
    log(
        world,
        &[FRIENDS, blocks, FRIENDS],
        &["a", "b", "a"],
        Change::Inserted,
    )
    .await;
    for list in [FRIENDS, blocks] {
        let all = changes(world, list, 0, 10).await;
        assert_eq!(
            spelled(&all),
            [("a", 1, Change::Inserted), ("b", 1, Change::Inserted)]
        );
    }
    log(world, &[], &["a"], Change::Inserted).await;
    assert_eq!(changes(world, FRIENDS, 0, 10).await.version.number, 1);
}

pub(crate) async fn lists_stepped_at_the_same_time_miss_no_step(world: &World) {
    let lists: Vec<List> = (1..=50).map(|n| List::Friends(AccountKey(n))).collect();
    let mut tasks = JoinSet::new();
    for n in 0..12 {
        let (store, mut lists) = (world.store.clone(), lists.clone());
        // Everybody in an order of their own.
        lists.rotate_left(n * 4);
        if n % 2 == 0 {
            lists.reverse();
        }
        tasks.spawn(async move {
            for step in 0..5 {
                let mut tx = store.begin().await.unwrap();
                let id = format!("{n}-{step}");
                tx.log_change(&lists, &[&id, "all"], Change::Updated)
                    .await
                    .unwrap();
                tx.commit().await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    for list in lists {
        let all = changes(world, list, 0, 100).await;
        assert_eq!((all.version.number, all.entries.len()), (60, 61));
        let mut versions: Vec<_> = all.entries.iter().map(|entry| entry.version).collect();
        versions.dedup();
        assert_eq!(versions, (1..=60).collect::<Vec<_>>());
    }
}

pub(crate) async fn many_lists_and_many_ids_are_logged_at_once(world: &World) {
    let lists: Vec<List> = (1..=10_000)
        .map(|n| List::JoinedGroups(AccountKey(n)))
        .collect();
    log(world, &lists, &["g"], Change::Inserted).await;
    log(world, &lists, &["g"], Change::Deleted).await;
    for list in [lists[0], lists[9_999]] {
        let all = changes(world, list, 0, 10).await;
        assert_eq!(spelled(&all), [("g", 2, Change::Deleted)]);
    }
    let ids: Vec<String> = (0..10_000).map(|n| format!("user-{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    log(world, &[FRIENDS], &ids, Change::Inserted).await;
    log(world, &[FRIENDS], &ids, Change::Updated).await;
    let all = changes(world, FRIENDS, 1, 20_000).await;
    assert_eq!((all.version.number, all.entries.len()), (2, 10_000));
}
