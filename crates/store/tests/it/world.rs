//! An open store and the few rows that most cases begin with.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::accounts::{Account, AccountKind, Receive};
use domain::conversations::{Conversation, ConversationKind, Parties, Side};
use domain::event::{Event, Recorded};
use domain::groups::{Group, GroupRole, GroupStatus, JoinRule, JoinSource};
use domain::ids::{AccountKey, ConversationId, ConversationKey, GroupId, GroupKey, UserId};
use domain::messages::{Append, Appended, LoggedMessage, Placed, Post};
use domain::ports::{Between, LogRange, NewConversation, NewMember, Store, Tx, View};
use domain::time::{Clock, Millis};
use store::{Settings, StoreUrl};
use tempfile::TempDir;

#[derive(Clone, Copy)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) url: StoreUrl,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) directory: TempDir,
}

/// A clock that is moved by hand.
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(1_000)))
    }

    pub(crate) fn set(&self, now: Millis) {
        self.0.store(now, Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Millis {
        self.0.load(Ordering::Relaxed)
    }
}

impl World {
    pub(crate) async fn open(backend: Backend) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let url = new_url(backend, &directory).await;
        let clock = HandClock::new();
        let store = store::open(&url, &Settings::default(), clock.clone())
            .await
            .expect("a store");
        Self {
            store,
            url,
            clock,
            directory,
        }
    }

    pub(crate) async fn view(&self) -> Box<dyn View> {
        self.store.view().await.expect("a view")
    }

    pub(crate) async fn begin(&self) -> Box<dyn Tx> {
        self.store.begin().await.expect("a transaction")
    }

    pub(crate) async fn account(&self, id: &str) -> AccountKey {
        let mut tx = self.begin().await;
        let key = tx
            .insert_account(&account(id))
            .await
            .expect("inserted")
            .expect("a new id");
        tx.commit().await.expect("committed");
        key
    }

    /// A chat of two accounts, which must be there.
    pub(crate) async fn chat(&self, a: &str, b: &str) -> Conversation {
        self.conversation(
            ConversationKind::Direct,
            ConversationId::direct(&user(a), &user(b)),
            a,
            b,
        )
        .await
    }

    pub(crate) async fn notices(&self, a: &str, b: &str) -> Conversation {
        self.conversation(
            ConversationKind::Notice,
            ConversationId::notice(&user(a), &user(b)),
            a,
            b,
        )
        .await
    }

    async fn conversation(
        &self,
        kind: ConversationKind,
        id: ConversationId,
        a: &str,
        b: &str,
    ) -> Conversation {
        let mut tx = self.begin().await;
        let mut sides = Vec::new();
        for id in [a, b] {
            sides.push(
                tx.account(&user(id))
                    .await
                    .expect("read")
                    .expect("an account")
                    .key,
            );
        }
        let new = NewConversation {
            id,
            kind,
            between: Between::Accounts(sides[0], sides[1]),
        };
        let (conversation, _) = tx.ensure_conversation(&new).await.expect("ensured");
        tx.commit().await.expect("committed");
        conversation
    }

    /// Alice, Bob and their chat.
    pub(crate) async fn alice_and_bob(&self) -> (AccountKey, AccountKey, Conversation) {
        let (alice, bob) = (self.account("alice").await, self.account("bob").await);
        (alice, bob, self.chat("alice", "bob").await)
    }

    /// A group with its chat, the chat's notices and these members, who have all joined at the beginning.
    pub(crate) async fn group(
        &self,
        id: &str,
        members: &[(AccountKey, GroupRole)],
    ) -> (Group, Conversation, Conversation) {
        let mut tx = self.begin().await;
        let mut group = group(id);
        group.key = tx
            .insert_group(&group)
            .await
            .expect("inserted")
            .expect("a new id");
        let between = Between::Group(group.key);
        let mut conversation = async |id, kind| {
            let new = NewConversation { id, kind, between };
            tx.ensure_conversation(&new).await.expect("ensured").0
        };
        let chat = conversation(ConversationId::group(&group.id), ConversationKind::Group).await;
        let notices = conversation(
            ConversationId::group_notice(&group.id),
            ConversationKind::Notice,
        )
        .await;
        group.conversation = chat.key;
        tx.update_group(&group).await.expect("updated");
        tx.link_notice(chat.key, notices.key).await.expect("linked");
        let accounts: Vec<_> = members.iter().map(|(account, _)| *account).collect();
        let members: Vec<_> = members
            .iter()
            .map(|(account, role)| member(*account, *role))
            .collect();
        tx.insert_members(group.key, &members)
            .await
            .expect("joined");
        tx.join_participants(chat.key, &accounts, 0, 0, 1_000)
            .await
            .expect("listed");
        tx.commit().await.expect("committed");
        group.member_count = u32::try_from(members.len()).expect("few");
        (group, self.reread(&chat).await, notices)
    }

    /// Lists the chat for the account, as of `now`.
    pub(crate) async fn list(
        &self,
        conversation: ConversationKey,
        account: AccountKey,
        now: Millis,
    ) {
        let mut tx = self.begin().await;
        tx.ensure_participant(conversation, account, now)
            .await
            .expect("listed");
        tx.commit().await.expect("committed");
    }

    pub(crate) async fn send(&self, append: Append) -> Placed {
        match self.store.append(append).await.expect("appended") {
            Appended::Stored(placed) => placed,
            other => panic!("not stored: {other:?}"),
        }
    }

    /// The whole conversation as `viewer` sees it.
    pub(crate) async fn log(
        &self,
        conversation: ConversationKey,
        viewer: AccountKey,
    ) -> Vec<LoggedMessage> {
        let range = LogRange {
            conversation,
            begin: 1,
            end: i64::MAX,
        };
        self.view()
            .await
            .messages_in(viewer, &[range], 1_000_000)
            .await
            .expect("read")
    }

    /// Reads the conversation's row again.
    pub(crate) async fn reread(&self, conversation: &Conversation) -> Conversation {
        self.view()
            .await
            .conversation_by_key(conversation.key)
            .await
            .expect("read")
            .expect("there")
    }
}

pub(crate) async fn new_url(backend: Backend, directory: &TempDir) -> StoreUrl {
    match backend {
        Backend::Sqlite => StoreUrl::Sqlite(directory.path().join("switchboard.db")),
        Backend::Postgres => StoreUrl::Postgres(testkit::postgres::fresh_database().await),
    }
}

pub(crate) fn user(id: &str) -> UserId {
    UserId::new(id).expect("a user id")
}

pub(crate) fn account(id: &str) -> Account {
    Account {
        key: AccountKey(0),
        user_id: user(id),
        nickname: format!("{id}'s name"),
        face_url: String::new(),
        ex: String::new(),
        kind: AccountKind::User,
        staff: None,
        receive: Receive::Notify,
        created_at: 1_000,
        policy: 1,
    }
}

/// A group without members, chat and key.
pub(crate) fn group(id: &str) -> Group {
    Group {
        key: GroupKey(0),
        id: group_id(id),
        conversation: ConversationKey(0),
        name: format!("The {id}"),
        announcement: String::new(),
        announced_at: 0,
        announced_by: String::new(),
        introduction: String::new(),
        face_url: String::new(),
        ex: String::new(),
        status: GroupStatus::Normal,
        join_rule: JoinRule::ApplicantsApproved,
        hides_profiles: false,
        forbids_friends: false,
        creator: "alice".into(),
        owner: "alice".into(),
        created_at: 1_000,
        member_count: 0,
    }
}

pub(crate) fn group_id(id: &str) -> GroupId {
    GroupId::new(id).expect("a group id")
}

pub(crate) fn member(account: AccountKey, role: GroupRole) -> NewMember {
    NewMember {
        account,
        role,
        nickname: String::new(),
        face_url: String::new(),
        ex: String::new(),
        joined_at: 1_000,
        source: JoinSource::Invitation,
        inviter: "alice".into(),
        operator: "alice".into(),
        muted_until: 0,
    }
}

/// The two sides of a conversation that has them.
pub(crate) fn sides(conversation: &Conversation) -> [&Side; 2] {
    match &conversation.parties {
        Parties::Pair { low, high } => [low, high],
        Parties::Group { .. } => panic!("a group has no sides"),
    }
}

/// A message of `sender` under a client id, at 1,000 ms.
pub(crate) fn append(
    conversation: &Conversation,
    sender: AccountKey,
    client_msg_id: &str,
) -> Append {
    Append {
        conversation: conversation.key,
        sender,
        conversation_policy: conversation.policy,
        sender_policy: 1,
        raises_read_seq: conversation.group().is_some(),
        at: 1_000,
        post: Arc::new(post(client_msg_id)),
    }
}

pub(crate) fn post(client_msg_id: &str) -> Post {
    Post {
        client_msg_id: client_msg_id.into(),
        server_msg_id: format!("server-{client_msg_id}"),
        content_type: 101,
        content: r#"{"content":"hello"}"#.into(),
        create_time: 900,
        ..Post::default()
    }
}

/// An event that goes to the outbox.
pub(crate) fn event(account: i64) -> Event {
    Event::AccountUpdated {
        account: AccountKey(account),
        user_id: user(&format!("user-{account}")),
    }
}

pub(crate) fn events(recorded: Vec<Recorded>) -> Vec<Event> {
    recorded.into_iter().map(|entry| entry.event).collect()
}

pub(crate) fn seqs(messages: &[LoggedMessage]) -> Vec<i64> {
    messages.iter().map(|message| message.seq).collect()
}
