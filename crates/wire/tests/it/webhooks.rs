//! Webhook bodies to the byte: Go's escaping, odd spellings, nulls where the original has them.

use wire::openim::proto::OfflinePushInfo;
use wire::openim::rest::GroupInfo;
use wire::openim::webhooks::friend::AddFriendAgree;
use wire::openim::webhooks::group::{BeforeCreateGroup, SetGroupMemberInfo};
use wire::openim::webhooks::message::{
    CommonMsg, OfflinePush, SendSingleMsg, SingleMsgRead, UserOffline,
};
use wire::openim::webhooks::{CommonAnswer, command, encode};

#[test]
fn a_body_is_escaped_as_go_does_and_ends_with_a_newline() {
    let body = AddFriendAgree {
        callback_command: command::BEFORE_ADD_FRIEND_AGREE.into(),
        from_user_id: "a".into(),
        to_user_id: "b".into(),
        handle_result: 1,
        handle_msg: "<b>&\u{2028}\u{2029}\"\\é".into(),
    };
    assert_eq!(
        encode(&body).unwrap(),
        concat!(
            r#"{"callbackCommand":"callbackBeforeAddFriendAgreeCommand","fromUserID":"a","blackUserID":"b","#,
            r#""HandleResult":1,"HandleMsg":"\u003cb\u003e\u0026\u2028\u2029\"\\é"}"#,
            "\n"
        )
    );
}

#[test]
fn members_stand_in_the_order_of_the_original() {
    let single = SendSingleMsg {
        message: CommonMsg::default(),
        recv_id: "b".into(),
    };
    assert_eq!(
        encode(&single).unwrap(),
        concat!(
            r#"{"sendID":"","callbackCommand":"","serverMsgID":"","clientMsgID":"","operationID":"","senderPlatformID":0,"#,
            r#""senderNickname":"","sessionType":0,"msgFrom":0,"contentType":0,"status":0,"sendTime":0,"createTime":0,"#,
            r#""content":"","seq":0,"atUserList":null,"faceURL":"","ex":"","recvID":"b"}"#,
            "\n"
        )
    );
    let read = SingleMsgRead {
        seqs: vec![1],
        ..SingleMsgRead::default()
    };
    assert_eq!(
        encode(&read).unwrap(),
        "{\"callbackCommand\":\"\",\"conversationID\":\"\",\"userID\":\"\",\"Seqs\":[1],\"contentType\":0}\n"
    );
    assert_eq!(
        encode(&UserOffline::default()).unwrap(),
        "{\"callbackCommand\":\"\",\"operationID\":\"\",\"platformID\":0,\"platform\":\"\",\"userID\":\"\",\"seq\":0,\"connID\":\"\"}\n"
    );
    assert_eq!(
        encode(&SetGroupMemberInfo::default()).unwrap(),
        "{\"callbackCommand\":\"\",\"groupID\":\"\",\"userID\":\"\",\"nickName\":null,\"faceURL\":null,\"roleLevel\":null,\"ex\":null}\n"
    );
}

#[test]
fn structures_are_inlined() {
    let group = BeforeCreateGroup {
        group: GroupInfo {
            group_name: "G".into(),
            ..GroupInfo::default()
        },
        ..BeforeCreateGroup::default()
    };
    let text = encode(&group).unwrap();
    assert!(
        text.starts_with(r#"{"operationID":"","callbackCommand":"","groupID":"","groupName":"G""#),
        "{text}"
    );
    assert!(
        text.ends_with("\"notificationUserID\":\"\",\"initMemberList\":[]}\n"),
        "{text}"
    );
    let push = OfflinePush {
        info: OfflinePushInfo {
            title: "T".into(),
            ..OfflinePushInfo::default()
        },
        ..OfflinePush::default()
    };
    let text = encode(&push).unwrap();
    assert!(
        text.contains(r#""content":"","title":"T","desc":"""#),
        "{text}"
    );
}

#[test]
fn an_answer_refuses_only_when_it_was_processed() {
    let read = |text: &str| serde_json::from_str::<CommonAnswer>(text).unwrap();
    assert!(read(r#"{"actionCode":0,"nextCode":1,"unheardOf":[1]}"#).refuses());
    assert!(!read(r#"{"actionCode":5,"nextCode":1}"#).refuses());
    assert!(!read(r#"{"nextCode":0}"#).refuses());
    assert_eq!(
        read(r#"{"actionCode":null,"errMsg":null}"#),
        CommonAnswer::default()
    );
}
