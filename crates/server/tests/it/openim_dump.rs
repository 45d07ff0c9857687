//! A dump as `mongodump` writes it of an OpenIM 3.8 database: the documents have the members, kinds of numbers and nulls
//! that the Go structs of its server have. The people are alice, bob and carol; carol has left their group.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use bson::{Bson, DateTime, Document, doc};
use flate2::Compression;
use flate2::write::GzEncoder;

pub(crate) const BEGIN: i64 = 1_700_000_000_000;

/// Collections by name, each the bytes of its file.
pub(crate) struct Dump(pub(crate) BTreeMap<&'static str, Vec<u8>>);

impl Dump {
    pub(crate) fn new() -> Self {
        Self(BTreeMap::new())
    }

    pub(crate) fn put(&mut self, collection: &'static str, document: &Document) {
        let bytes = document.to_vec().expect("a document");
        self.0.entry(collection).or_default().extend(bytes);
    }

    pub(crate) fn write(&self, directory: &Path, is_packed: bool) {
        fs::create_dir_all(directory).expect("a directory");
        for (name, bytes) in &self.0 {
            let metadata = format!(
                "{{\"indexes\":[],\"uuid\":\"\",\"collectionName\":\"{name}\",\"type\":\"collection\"}}"
            );
            fs::write(directory.join(format!("{name}.metadata.json")), metadata).expect("a file");
            if is_packed {
                let file = File::create(directory.join(format!("{name}.bson.gz"))).expect("a file");
                let mut packer = GzEncoder::new(file, Compression::fast());
                packer.write_all(bytes).expect("written");
                packer.finish().expect("finished");
            } else {
                fs::write(directory.join(format!("{name}.bson")), bytes).expect("a file");
            }
        }
    }
}

/// The whole little world.
pub(crate) fn world() -> Dump {
    let mut dump = Dump::new();
    people(&mut dump);
    group(&mut dump);
    lists(&mut dump);
    for (index, document) in alice_and_bob().into_iter().enumerate() {
        dump.put("msg", &messages("si_alice_bob", index, document));
    }
    dump.put("msg", &messages("n_alice_bob", 0, notices()));
    dump.put("msg", &messages("sg_100", 0, group_talk()));
    dump.put("msg", &messages("n_100", 0, vec![group_notice()]));
    dump.put("msg", &messages("sn_alice_news", 0, vec![news()]));
    // Of a version long ago.
    dump.put("msg", &doc! { "doc_id": "alice:0", "msgs": [] });
    numbers(&mut dump);
    dump.put("s3", &doc! { "name": "alice/picture.png" });
    dump
}

fn people(dump: &mut Dump) {
    for (id, level) in [
        ("alice", 1),
        ("bob", 1),
        ("carol", 1),
        ("imAdmin", 2),
        ("news", 3),
    ] {
        dump.put(
            "user",
            &doc! {
                "_id": bson::oid::ObjectId::new(),
                "user_id": id,
                "nickname": format!("{id} \u{263a}"),
                "face_url": "http://old/face.png",
                "ex": "",
                "app_manger_level": level,
                "global_recv_msg_opt": 0,
                "create_time": at(0),
                "invented_later": { "by": "somebody" },
            },
        );
    }
    dump.put(
        "userCommands",
        &doc! { "userID": "alice", "type": 1, "uuid": "u1", "createTime": BEGIN / 1000, "value": "v", "ex": "e" },
    );
    for (owner, friend, remark, pinned) in
        [("alice", "bob", "Bobby", true), ("bob", "alice", "", false)]
    {
        dump.put(
            "friend",
            &doc! {
                "owner_user_id": owner,
                "friend_user_id": friend,
                "remark": remark,
                "create_time": at(1000),
                "add_source": 2.0,
                "operator_user_id": owner,
                "ex": Bson::Null,
                "is_pinned": pinned,
            },
        );
    }
    // One that nobody can read, between two that are well.
    let broken = doc! { "owner_user_id": 7, "friend_user_id": "bob" };
    dump.put("friend", &broken);
    dump.put(
        "friend",
        &doc! { "owner_user_id": "alice", "friend_user_id": "ghost", "create_time": at(0) },
    );
    dump.put(
        "friend_request",
        &doc! {
            "from_user_id": "carol", "to_user_id": "alice", "handle_result": 0, "req_msg": "hi",
            "create_time": at(2000), "handler_user_id": "", "handle_msg": "",
            "handle_time": DateTime::from_millis(-62_135_596_800_000), "ex": "",
        },
    );
    dump.put(
        "black",
        &doc! {
            "owner_user_id": "bob", "block_user_id": "carol", "create_time": at(0), "add_source": 0,
            "operator_user_id": "bob", "ex": "",
        },
    );
}

fn group(dump: &mut Dump) {
    dump.put(
        "group",
        &doc! {
            "group_id": "100", "group_name": "Three", "notification": "read this", "introduction": "",
            "face_url": "", "create_time": at(0), "ex": "", "status": 0, "creator_user_id": "carol",
            "group_type": 2, "need_verification": 1, "look_member_info": 1, "apply_member_friend": 0,
            "notification_update_time": at(500), "notification_user_id": "alice",
        },
    );
    for (user, role) in [("alice", 100), ("bob", 20)] {
        dump.put(
            "group_member",
            &doc! {
                "group_id": "100", "user_id": user, "nickname": "", "face_url": "", "role_level": role,
                "join_time": at(100), "join_source": 2, "inviter_user_id": "carol", "operator_user_id": "carol",
                "mute_end_time": at(0), "ex": "",
            },
        );
    }
    dump.put(
        "group_request",
        &doc! {
            "user_id": "carol", "group_id": "100", "handle_result": 0, "req_msg": "again", "handled_msg": "",
            "req_time": at(9000), "handle_user_id": "", "handled_time": at(0), "join_source": 3,
            "inviter_user_id": "carol", "ex": "",
        },
    );
}

fn lists(dump: &mut Dump) {
    let rows = [
        ("alice", "si_alice_bob", 1, "bob", "", 0),
        ("bob", "si_alice_bob", 1, "alice", "", 0),
        ("alice", "sg_100", 3, "", "100", 0),
        ("bob", "sg_100", 3, "", "100", 0),
        ("carol", "sg_100", 3, "", "100", 60),
        ("alice", "sn_alice_news", 4, "news", "", 0),
    ];
    for (owner, id, kind, user, group, max_seq) in rows {
        dump.put(
            "conversation",
            &doc! {
                "owner_user_id": owner, "conversation_id": id, "conversation_type": kind, "user_id": user,
                "group_id": group, "recv_msg_opt": 0, "is_pinned": owner == "alice", "is_private_chat": false,
                "burn_duration": 30, "group_at_type": 0, "attached_info": "", "ex": "mine", "max_seq": max_seq,
                "min_seq": 0_i64, "create_time": at(100), "is_msg_destruct": false,
                "msg_destruct_time": 604_800_i64, "latest_msg_destruct_time": at(0),
            },
        );
    }
}

/// 250 messages by turns: some at the same time, one recalled, one that bob deleted, one id used twice, two lost.
fn alice_and_bob() -> Vec<Vec<Document>> {
    let entry = |seq: i64| {
        let (from, to) = if seq % 2 == 1 {
            ("alice", "bob")
        } else {
            ("bob", "alice")
        };
        let client_id = if seq == 203 { 201 } else { seq };
        let time = if (120..=125).contains(&seq) { 120 } else { seq };
        let mut msg = message(
            from,
            to,
            &format!("{client_id:032x}"),
            seq,
            BEGIN + time * 1000,
        );
        if seq == 249 {
            msg.insert("options", doc! { "offlinePush": false, "history": true });
            msg.insert("at_user_id_list", vec!["bob"]);
        }
        let mut entry = filled(msg);
        match seq {
            77 => entry.insert(
                "revoke",
                doc! { "role": 0, "user_id": "alice", "nickname": "Alice", "time": BEGIN + 999_000 },
            ),
            80 => entry.insert("del_list", vec!["bob"]),
            _ => None,
        };
        match seq {
            150 => doc! { "msg": Bson::Null },
            151 | 251.. => empty(),
            _ => entry,
        }
    };
    (0..3)
        .map(|doc| (doc * 100 + 1..=doc * 100 + 100).map(entry).collect())
        .collect()
}

/// Forty have been removed for everybody.
fn group_talk() -> Vec<Document> {
    (1..=100)
        .map(|seq| {
            if seq <= 40 {
                return doc! { "msg": Bson::Null };
            }
            let from = if seq % 2 == 0 { "alice" } else { "bob" };
            let mut msg = message(from, "", &format!("g{seq:031x}"), seq, BEGIN + seq * 1000);
            msg.insert("group_id", "100");
            msg.insert("session_type", 3);
            filled(msg)
        })
        .collect()
}

fn notices() -> Vec<Document> {
    let notices = [(2200, "bob"), (2101, "alice"), (2102, "bob")];
    let notices = notices.into_iter().zip(1..).map(|((kind, from), seq)| {
        let to = if from == "alice" { "bob" } else { "alice" };
        notice(from, to, kind, seq)
    });
    notices.map(filled).collect()
}

fn group_notice() -> Document {
    let mut msg = notice("alice", "100", 2101, 1);
    msg.insert("group_id", "100");
    msg.insert("session_type", 3);
    filled(msg)
}

fn news() -> Document {
    let mut msg = message("news", "alice", &"e".repeat(32), 1, BEGIN + 5);
    msg.insert("session_type", 4);
    msg.insert("content_type", 1400);
    filled(msg)
}

fn notice(from: &str, to: &str, kind: i32, seq: i64) -> Document {
    let mut msg = message(
        from,
        to,
        &format!("n{kind:031x}"),
        seq,
        BEGIN + 300_000 + seq,
    );
    msg.insert("content_type", kind);
    msg.insert("msg_from", 200);
    msg.insert(
        "content",
        format!("{{\"detail\":\"{{\\\"seq\\\":{seq}}}\"}}"),
    );
    msg.insert(
        "options",
        doc! { "isNotNotification": false, "unreadCount": false },
    );
    msg
}

/// Numbers are given out in blocks, so the counters are ahead of the messages.
fn numbers(dump: &mut Dump) {
    for (id, max_seq, min_seq) in [
        ("si_alice_bob", 301, 0),
        ("sg_100", 202, 41),
        ("n_alice_bob", 53, 0),
        ("n_100", 101, 0),
        ("sn_alice_news", 51, 0),
        ("si_nobody_knows", 51, 0),
    ] {
        dump.put(
            "seq",
            &doc! { "conversation_id": id, "max_seq": max_seq, "min_seq": min_seq },
        );
    }
    for (user, id, max_seq, read_seq) in [
        ("alice", "si_alice_bob", 0, 250),
        ("bob", "si_alice_bob", 0, 200),
        ("alice", "sg_100", 0, 100),
        ("bob", "sg_100", 0, 90),
        ("carol", "sg_100", 60, 60),
    ] {
        dump.put(
            "seq_user",
            &doc! {
                "user_id": user, "conversation_id": id, "min_seq": 0_i64, "max_seq": max_seq,
                "read_seq": f64::from(read_seq),
            },
        );
    }
}

pub(crate) fn messages(conversation: &str, index: usize, entries: Vec<Document>) -> Document {
    doc! {
        "_id": bson::oid::ObjectId::new(),
        "doc_id": format!("{conversation}:{index}"),
        "msgs": entries,
    }
}

pub(crate) fn filled(msg: Document) -> Document {
    doc! { "msg": msg, "revoke": Bson::Null, "del_list": Bson::Array(Vec::new()), "is_read": false }
}

fn empty() -> Document {
    doc! { "msg": Bson::Null, "revoke": Bson::Null, "del_list": Bson::Null, "is_read": false }
}

pub(crate) fn message(from: &str, to: &str, client_id: &str, seq: i64, time: i64) -> Document {
    doc! {
        "send_id": from,
        "recv_id": to,
        "group_id": "",
        "client_msg_id": client_id,
        "server_msg_id": format!("{:032x}", seq + 7),
        "sender_platform_id": 1,
        "sender_nickname": from,
        "sender_face_url": "",
        "session_type": 1,
        "msg_from": 100,
        "content_type": 101,
        "content": format!("{{\"content\":\"message {seq}\"}}"),
        "seq": seq,
        "send_time": time,
        "create_time": time - 10,
        "status": 2,
        "is_read": false,
        "options": Bson::Null,
        "offline_push": {
            "title": "You have a new message", "desc": "", "ex": "", "ios_push_sound": "+1", "ios_badge_count": true,
        },
        "at_user_id_list": Bson::Null,
        "attached_info": "",
        "ex": "",
    }
}

fn at(ms: i64) -> DateTime {
    DateTime::from_millis(BEGIN + ms)
}
