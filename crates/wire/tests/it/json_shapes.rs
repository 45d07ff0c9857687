//! JSON as clients read it: exact names, zero values present, nulls accepted.

use bytes::Bytes;
use serde_json::{Value, json};
use wire::openim::proto::{MsgData, OfflinePushInfo, PullMessageBySeqsResp, PullMsgs};
use wire::openim::rest::conversation::{
    ConversationElem, ConversationReq, SetConversationsRequest,
};
use wire::openim::rest::friend::{FriendInfo, GetFriendApplyListResponse, UpdateFriendsRequest};
use wire::openim::rest::group::{
    GetIncrementalGroupMembersBatchRequest, GetIncrementalGroupMembersBatchResponse,
    GetIncrementalGroupMembersResponse,
};
use wire::openim::rest::msg::{BatchSendMsgRequest, DeleteSyncOpt, SendMsgRequest};
use wire::openim::rest::user::{
    CommandInfoResp, ProcessUserCommandGetAllResponse, UserOnlineStatus,
};
use wire::openim::rest::{Reply, UserInfo, VersionRequest};
use wire::openim::tips::{
    FriendApplicationTips, FromToUserID, MarkAsReadTips, RevokeMsgTips, notification_content,
};
use wire::openim::token::Claims;
use wire::openim::{elements, errors};

fn written(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

#[test]
fn reply_leaves_out_absent_data_only() {
    let bare = Reply::<()>::bare(1004, errors::name(1004).to_owned(), String::new());
    assert_eq!(
        serde_json::to_string(&bare).unwrap(),
        r#"{"errCode":1004,"errMsg":"RecordNotFoundError","errDlt":""}"#
    );
    let full = Reply::ok(VersionRequest::default());
    assert_eq!(
        serde_json::to_string(&full).unwrap(),
        r#"{"errCode":0,"errMsg":"","errDlt":"","data":{"userID":"","versionID":"","version":0}}"#
    );
    let read: Reply<VersionRequest> = serde_json::from_str(r#"{"errCode":0,"data":null}"#).unwrap();
    assert_eq!(read.data, None);
}

#[test]
fn message_is_written_whole_and_read_with_nulls() {
    let message = MsgData {
        content: Bytes::from_static(b"{}"),
        offline_push_info: Some(OfflinePushInfo::default()),
        ..MsgData::default()
    };
    let value = written(&message);
    assert_eq!(
        value,
        json!({
            "sendID": "", "recvID": "", "groupID": "", "clientMsgID": "", "serverMsgID": "", "senderPlatformID": 0,
            "senderNickname": "", "senderFaceURL": "", "sessionType": 0, "msgFrom": 0, "contentType": 0,
            "content": "e30=", "seq": 0, "sendTime": 0, "createTime": 0, "status": 0, "isRead": false, "options": {},
            "offlinePushInfo": {
                "title": "", "desc": "", "ex": "", "iOSPushSound": "", "iOSBadgeCount": false, "signalInfo": ""
            },
            "atUserIDList": [], "attachedInfo": "", "ex": "",
        })
    );
    let nulls = json!({"options": null, "atUserIDList": null, "content": null, "offlinePushInfo": null, "sendID": "a"});
    let read: MsgData = serde_json::from_value(nulls).unwrap();
    assert_eq!(
        read,
        MsgData {
            send_id: "a".to_owned(),
            ..MsgData::default()
        }
    );
}

#[test]
fn oddly_spelled_names_are_kept() {
    let pulled = PullMessageBySeqsResp {
        msgs: [("si_a_b".to_owned(), PullMsgs::default())].into(),
        ..Default::default()
    };
    assert_eq!(
        written(&pulled),
        json!({"msgs": {"si_a_b": {"Msgs": [], "isEnd": false, "endSeq": 0}}, "notificationMsgs": {}})
    );
    assert_eq!(
        written(&DeleteSyncOpt::default()),
        json!({"IsSyncSelf": false, "IsSyncOther": false})
    );
    assert_eq!(
        written(&GetFriendApplyListResponse::default()),
        json!({"FriendRequests": [], "total": 0})
    );
    assert_eq!(
        written(&ProcessUserCommandGetAllResponse::default()),
        json!({"CommandResp": []})
    );
    assert_eq!(
        written(&CommandInfoResp::default()),
        json!({"type": 0, "createTime": 0, "uuid": "", "value": "", "ex": ""})
    );
    assert_eq!(
        written(&ConversationElem::default())["IsPinned"],
        json!(false)
    );
    assert_eq!(written(&RevokeMsgTips::default())["sesstionType"], json!(0));
    assert_eq!(
        written(&UserInfo::default()),
        json!({
            "userID": "", "nickname": "", "faceURL": "", "ex": "", "createTime": 0, "appMangerLevel": 0,
            "globalRecvMsgOpt": 0
        })
    );
    assert_eq!(
        written(&UserOnlineStatus::default()),
        json!({"userID": "", "status": 0, "detailPlatformStatus": null})
    );
    assert_eq!(
        written(&Claims {
            user_id: "a".to_owned(),
            platform_id: 5,
            exp: 2,
            iat: 1,
            jti: "j".to_owned()
        }),
        json!({"UserID": "a", "PlatformID": 5, "exp": 2, "iat": 1, "jti": "j"})
    );
}

#[test]
fn friend_user_is_never_null() {
    assert!(written(&FriendInfo::default())["friendUser"].is_object());
}

#[test]
fn unset_differs_from_zero() {
    let update: UpdateFriendsRequest = serde_json::from_value(
        json!({"ownerUserID": "a", "friendUserIDs": ["b"], "isPinned": false, "remark": null}),
    )
    .unwrap();
    assert_eq!(
        (update.is_pinned, update.remark, update.ex),
        (Some(false), None, None)
    );
    let set: SetConversationsRequest = serde_json::from_value(
        json!({"userIDs": ["a"], "conversation": {"conversationType": 1, "recvMsgOpt": 0}}),
    )
    .unwrap();
    let expected = ConversationReq {
        conversation_type: 1,
        recv_msg_opt: Some(0),
        ..ConversationReq::default()
    };
    assert_eq!(set.conversation, Some(expected));
}

#[test]
fn member_batch_is_keyed_by_group() {
    let request: GetIncrementalGroupMembersBatchRequest = serde_json::from_value(
        json!({"userID": "alice", "reqList": [{"groupID": "G", "versionID": "", "version": 0}]}),
    )
    .unwrap();
    assert_eq!(request.req_list[0].group_id, "G");
    let answer = GetIncrementalGroupMembersResponse {
        version: u64::MAX,
        full: true,
        ..Default::default()
    };
    let batch = GetIncrementalGroupMembersBatchResponse {
        resp_list: [("G".to_owned(), answer)].into(),
    };
    assert_eq!(
        written(&batch),
        json!({"respList": {"G": {
            "version": u64::MAX, "versionID": "", "full": true, "delete": [], "insert": [], "update": [],
            "group": null, "sortVersion": 0
        }}})
    );
}

#[test]
fn batch_send_has_the_fields_of_a_send_at_its_top() {
    let request: BatchSendMsgRequest = serde_json::from_value(
        json!({"sendID": "a", "content": {"content": "hi"}, "contentType": 101, "recvIDs": ["b"], "isSendAll": true}),
    )
    .unwrap();
    assert_eq!(
        request,
        BatchSendMsgRequest {
            message: SendMsgRequest {
                send_id: "a".to_owned(),
                content: json!({"content": "hi"}),
                content_type: 101,
                ..SendMsgRequest::default()
            },
            is_send_all: true,
            recv_ids: vec!["b".to_owned()],
        }
    );
}

#[test]
fn notifications_have_the_documented_bytes() {
    let read = MarkAsReadTips {
        mark_as_read_user_id: "bob".to_owned(),
        conversation_id: "si_alice_bob".to_owned(),
        seqs: vec![2],
        has_read_seq: 2,
    };
    assert_eq!(
        text(notification_content(&read)),
        include_str!("../../golden/notification_2200.json").trim_end()
    );

    let golden = include_str!("../../golden/notification_1203.json").trim_end();
    let outer: Value = serde_json::from_str(golden).unwrap();
    let tips: FriendApplicationTips =
        serde_json::from_str(outer["detail"].as_str().unwrap()).unwrap();
    let between = FromToUserID {
        from_user_id: "alice".to_owned(),
        to_user_id: "bob".to_owned(),
    };
    assert_eq!(tips.from_to_user_id, between);
    assert_eq!(tips.request.create_time, 1_795_224_426_000);
    assert_eq!(text(notification_content(&tips)), golden);
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn elements_are_checked_by_content_type() {
    let picture =
        json!({"type": "png", "size": 1, "width": 2, "height": 3, "url": "http://h/p.png"});
    let whole = [
        (101, json!({"content": "hello"})),
        (
            102,
            json!({"sourcePicture": picture, "bigPicture": picture, "snapshotPicture": picture}),
        ),
        (103, json!({"sourceUrl": "u", "duration": 1})),
        (
            104,
            json!({"videoUrl": "u", "videoType": "mp4", "videoSize": 1, "duration": 1, "snapshotUrl": "s",
                "snapshotWidth": 1, "snapshotHeight": 1}),
        ),
        (
            105,
            json!({"sourceUrl": "u", "fileName": "f", "fileSize": 1}),
        ),
        (
            106,
            json!({"text": "yo", "atUserList": ["bob"], "isAtSelf": false}),
        ),
        (110, json!({"data": "{}"})),
        (
            1400,
            json!({"notificationName": "n", "notificationType": 1, "text": "t", "mixType": 0}),
        ),
    ];
    assert_eq!(
        whole.each_ref().map(|(content_type, _)| *content_type),
        elements::SENDABLE
    );
    for (content_type, content) in &whole {
        assert_eq!(
            elements::validate(*content_type, content),
            Ok(()),
            "{content_type}"
        );
        assert!(
            elements::validate(*content_type, &json!({})).is_err(),
            "{content_type}"
        );
        assert!(
            elements::validate(*content_type, &json!("text")).is_err(),
            "{content_type}"
        );
    }
    assert!(elements::validate(101, &json!({"content": 5})).is_err());
    assert!(elements::validate(103, &json!({"sourceUrl": "u", "duration": 0})).is_err());
    assert!(elements::validate(106, &json!({"atUserList": vec!["u"; 1001]})).is_err());
    assert!(
        elements::validate(
            1400,
            &json!({"notificationName": "n", "notificationType": 1, "text": "t", "mixType": 6})
        )
        .is_err()
    );
    assert!(elements::validate(113, &json!({"msgTips": "yes"})).is_err());
}
