//! Counts over accounts, groups and the message log.

use domain::accounts::AccountKind;
use domain::groups::GroupRole::{Member, Owner};
use domain::messages::Append;
use domain::ports::Page;
use domain::statistics::{ActivityFilter, Growth, Period};

use crate::world::{World, account, append, group};

const DAY: i64 = 24 * 60 * 60 * 1000;

const SECOND_TO_FOURTH: Period = Period {
    from: 2 * DAY,
    before: 4 * DAY,
};

fn grown() -> Growth {
    Growth {
        total: 5,
        before: 1,
        by_day: vec![(2, 2), (3, 1)],
    }
}

/// The last moment before the period, its first and its last one, and the first one behind it.
const MOMENTS: [i64; 5] = [2 * DAY - 1, 2 * DAY, 3 * DAY - 1, 4 * DAY - 1, 4 * DAY];

pub(crate) async fn people_are_counted_by_the_day_they_registered(world: &World) {
    let mut tx = world.begin().await;
    for (n, created_at) in MOMENTS.into_iter().enumerate() {
        let mut person = account(&format!("person{n}"));
        person.created_at = created_at;
        tx.insert_account(&person).await.unwrap();
    }
    let mut robot = account("robot");
    robot.kind = AccountKind::Robot;
    robot.created_at = 2 * DAY;
    tx.insert_account(&robot).await.unwrap();
    tx.commit().await.unwrap();
    let mut view = world.view().await;
    assert_eq!(view.people_growth(SECOND_TO_FOURTH).await.unwrap(), grown());
}

pub(crate) async fn groups_are_counted_by_the_day_they_were_made(world: &World) {
    let mut tx = world.begin().await;
    for (n, created_at) in MOMENTS.into_iter().enumerate() {
        let mut group = group(&format!("group{n}"));
        group.created_at = created_at;
        tx.insert_group(&group).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut view = world.view().await;
    assert_eq!(view.group_growth(SECOND_TO_FOURTH).await.unwrap(), grown());
}

pub(crate) async fn what_people_write_is_counted_by_day_person_and_group(world: &World) {
    let (alice, bob, chat) = world.alice_and_bob().await;
    let (_, club, notices) = world.group("club", &[(alice, Owner), (bob, Member)]).await;
    let (_, bar, _) = world.group("bar", &[(alice, Owner)]).await;
    let mut n = 0;
    let mut say = async |conversation, sender, at, content_type| {
        n += 1;
        let mut said = Append {
            at,
            ..append(conversation, sender, &format!("m{n}"))
        };
        let mut post = domain::messages::Post::clone(&said.post);
        post.content_type = content_type;
        said.post = post.into();
        world.send(said).await;
    };
    say(&chat, alice, DAY, 101).await;
    say(&chat, alice, 2 * DAY, 101).await;
    say(&chat, bob, 3 * DAY, 101).await;
    say(&chat, alice, 3 * DAY + 5, 101).await;
    say(&club, bob, 2 * DAY, 101).await;
    say(&club, bob, 2 * DAY + 1, 101).await;
    say(&bar, alice, 2 * DAY + 2, 101).await;
    // What the system says does not count, be it in the chat or beside it.
    say(&club, alice, 3 * DAY, 1501).await;
    say(&notices, alice, 3 * DAY, 101).await;

    let filter = ActivityFilter {
        period: SECOND_TO_FOURTH,
        with_groups: false,
        is_ascending: false,
        page: Page { offset: 0, rows: 9 },
    };
    let people = async |filter: &ActivityFilter| {
        let found = world.view().await.people_activity(filter).await.unwrap();
        let page = found.page.into_iter();
        let page: Vec<_> = page
            .map(|(account, count)| (account.user_id.to_string(), count))
            .collect();
        (found.messages, found.active, found.by_day, page)
    };
    let named = |name: &str, count: u64| (name.to_owned(), count);
    assert_eq!(
        people(&filter).await,
        (
            3,
            2,
            vec![(2, 1), (3, 2)],
            vec![named("alice", 2), named("bob", 1)]
        )
    );
    let with_groups = ActivityFilter {
        with_groups: true,
        is_ascending: true,
        ..filter
    };
    assert_eq!(
        people(&with_groups).await,
        (
            6,
            2,
            vec![(2, 4), (3, 2)],
            vec![named("alice", 3), named("bob", 3)]
        )
    );
    let second = ActivityFilter {
        page: Page { offset: 1, rows: 1 },
        ..filter
    };
    assert_eq!(people(&second).await.3, vec![named("bob", 1)]);

    let groups = async |filter: &ActivityFilter| {
        let found = world.view().await.group_activity(filter).await.unwrap();
        let page = found.page.into_iter();
        let page: Vec<_> = page
            .map(|(group, count)| (group.id.to_string(), count))
            .collect();
        (found.messages, found.active, found.by_day, page)
    };
    assert_eq!(
        groups(&filter).await,
        (3, 2, vec![(2, 3)], vec![named("club", 2), named("bar", 1)])
    );
    let nothing = ActivityFilter {
        period: Period {
            from: 9 * DAY,
            before: 9 * DAY,
        },
        ..filter
    };
    assert_eq!(groups(&nothing).await, (0, 0, vec![], vec![]));
}
