//! What applications tell their clients.

use domain::client_config::{ClientSetting, ClientSettingFilter};
use domain::ports::Page;

use crate::world::{World, user};

pub(crate) async fn a_value_is_everybodys_or_one_accounts(world: &World) {
    let alice = world.account("alice").await;
    let mut tx = world.begin().await;
    for (owner, name, value) in [
        (None, "theme", "dark"),
        (Some(alice), "theme", "red"),
        (Some(alice), "theme", "light"),
        (None, "a", "1"),
        (Some(alice), "b", "2"),
    ] {
        tx.put_client_config(owner, name, value).await.unwrap();
    }
    tx.delete_client_config(None, &["b".into(), "a".into()])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut view = world.view().await;
    let of = async |view: &mut Box<dyn domain::ports::View>, owner| {
        let found = view.client_config(owner).await.unwrap();
        found.into_iter().collect::<Vec<_>>()
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(of(&mut view, None).await, [pair("theme", "dark")]);
    assert_eq!(
        of(&mut view, Some(alice)).await,
        [pair("b", "2"), pair("theme", "light")]
    );
    let setting = |owner: Option<&str>, name: &str, value: &str| ClientSetting {
        owner: owner.map(user),
        name: name.to_owned(),
        value: value.to_owned(),
    };
    let all = [
        setting(None, "theme", "dark"),
        setting(Some("alice"), "b", "2"),
        setting(Some("alice"), "theme", "light"),
    ];
    let mut list = async |owner, name: &str, offset| {
        let filter = ClientSettingFilter {
            owner,
            name: name.to_owned(),
        };
        let page = Page { offset, rows: 9 };
        view.client_config_page(&filter, page).await.unwrap()
    };
    assert_eq!(list(None, "", 0).await, (3, all.to_vec()));
    assert_eq!(list(None, "", 2).await, (3, all[2..].to_vec()));
    assert_eq!(list(Some(None), "", 0).await, (1, all[..1].to_vec()));
    assert_eq!(
        list(Some(Some(alice)), "b", 0).await,
        (1, all[1..2].to_vec())
    );
}
