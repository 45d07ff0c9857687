//! The protocol's numbers and fixed strings (messages.md §2, §4, §5; websocket.md §4; tokens.md), one module a family.
//! They are plain constants, not enums, because a client may send any number and the server passes it on.
//! The parent module re-exports them: `wire::openim::content_type::TEXT`.

/// `ReqIdentifier` of a socket envelope.
pub mod ids {
    pub const GET_NEWEST_SEQ: i32 = 1001;
    pub const PULL_MSG_BY_RANGE: i32 = 1002;
    pub const SEND_MSG: i32 = 1003;
    /// Belongs to the closed call product; answered with an error.
    pub const SEND_SIGNAL_MSG: i32 = 1004;
    pub const PULL_MSG_BY_SEQ_LIST: i32 = 1005;
    pub const GET_CONV_MAX_READ_SEQ: i32 = 1006;
    pub const PULL_CONV_LAST_MESSAGE: i32 = 1007;
    pub const PUSH_MSG: i32 = 2001;
    pub const KICK_ONLINE_MSG: i32 = 2002;
    pub const LOGOUT_MSG: i32 = 2003;
    pub const SET_BACKGROUND_STATUS: i32 = 2004;
    /// Request and reply, and also the server's own push.
    pub const SUB_USER_ONLINE_STATUS: i32 = 2005;
    pub const DATA_ERROR: i32 = 3001;
}

/// `MsgData.contentType`.
pub mod content_type {
    pub const TEXT: i32 = 101;
    pub const PICTURE: i32 = 102;
    pub const SOUND: i32 = 103;
    pub const VIDEO: i32 = 104;
    pub const FILE: i32 = 105;
    pub const AT_TEXT: i32 = 106;
    pub const MERGER: i32 = 107;
    pub const CARD: i32 = 108;
    pub const LOCATION: i32 = 109;
    pub const CUSTOM: i32 = 110;
    /// Not sent any more; see [`MSG_REVOKE_NOTIFICATION`].
    pub const REVOKE: i32 = 111;
    pub const TYPING: i32 = 113;
    pub const QUOTE: i32 = 114;
    pub const FACE: i32 = 115;
    pub const ADVANCED_TEXT: i32 = 117;
    pub const MARKDOWN: i32 = 118;
    pub const CUSTOM_MSG_NOT_TRIGGER_CONVERSATION: i32 = 119;
    pub const CUSTOM_MSG_ONLINE_ONLY: i32 = 120;

    /// First and last number of notifications; the server alone makes them, except [`OA_NOTIFICATION`].
    pub const NOTIFICATION_BEGIN: i32 = 1000;
    pub const NOTIFICATION_END: i32 = 5000;

    pub const FRIEND_APPLICATION_APPROVED_NOTIFICATION: i32 = 1201;
    pub const FRIEND_APPLICATION_REJECTED_NOTIFICATION: i32 = 1202;
    pub const FRIEND_APPLICATION_NOTIFICATION: i32 = 1203;
    pub const FRIEND_ADDED_NOTIFICATION: i32 = 1204;
    pub const FRIEND_DELETED_NOTIFICATION: i32 = 1205;
    pub const FRIEND_REMARK_SET_NOTIFICATION: i32 = 1206;
    pub const BLACK_ADDED_NOTIFICATION: i32 = 1207;
    pub const BLACK_DELETED_NOTIFICATION: i32 = 1208;
    pub const FRIEND_INFO_UPDATED_NOTIFICATION: i32 = 1209;
    pub const FRIENDS_INFO_UPDATE_NOTIFICATION: i32 = 1210;

    pub const CONVERSATION_CHANGE_NOTIFICATION: i32 = 1300;
    pub const USER_INFO_UPDATED_NOTIFICATION: i32 = 1303;
    pub const USER_COMMAND_ADD_NOTIFICATION: i32 = 1305;
    pub const USER_COMMAND_DELETE_NOTIFICATION: i32 = 1306;
    pub const USER_COMMAND_UPDATE_NOTIFICATION: i32 = 1307;
    /// A chat message from a notification account.
    pub const OA_NOTIFICATION: i32 = 1400;

    pub const GROUP_CREATED_NOTIFICATION: i32 = 1501;
    pub const GROUP_INFO_SET_NOTIFICATION: i32 = 1502;
    pub const JOIN_GROUP_APPLICATION_NOTIFICATION: i32 = 1503;
    pub const MEMBER_QUIT_NOTIFICATION: i32 = 1504;
    pub const GROUP_APPLICATION_ACCEPTED_NOTIFICATION: i32 = 1505;
    pub const GROUP_APPLICATION_REJECTED_NOTIFICATION: i32 = 1506;
    pub const GROUP_OWNER_TRANSFERRED_NOTIFICATION: i32 = 1507;
    pub const MEMBER_KICKED_NOTIFICATION: i32 = 1508;
    pub const MEMBER_INVITED_NOTIFICATION: i32 = 1509;
    pub const MEMBER_ENTER_NOTIFICATION: i32 = 1510;
    pub const GROUP_DISMISSED_NOTIFICATION: i32 = 1511;
    pub const GROUP_MEMBER_MUTED_NOTIFICATION: i32 = 1512;
    pub const GROUP_MEMBER_CANCEL_MUTED_NOTIFICATION: i32 = 1513;
    pub const GROUP_MUTED_NOTIFICATION: i32 = 1514;
    pub const GROUP_CANCEL_MUTED_NOTIFICATION: i32 = 1515;
    pub const GROUP_MEMBER_INFO_SET_NOTIFICATION: i32 = 1516;
    pub const GROUP_MEMBER_SET_TO_ADMIN_NOTIFICATION: i32 = 1517;
    pub const GROUP_MEMBER_SET_TO_ORDINARY_NOTIFICATION: i32 = 1518;
    pub const GROUP_INFO_SET_ANNOUNCEMENT_NOTIFICATION: i32 = 1519;
    pub const GROUP_INFO_SET_NAME_NOTIFICATION: i32 = 1520;

    pub const CONVERSATION_PRIVATE_CHAT_NOTIFICATION: i32 = 1701;
    pub const CLEAR_CONVERSATION_NOTIFICATION: i32 = 1703;

    pub const BUSINESS_NOTIFICATION: i32 = 2001;
    pub const MSG_REVOKE_NOTIFICATION: i32 = 2101;
    pub const DELETE_MSGS_NOTIFICATION: i32 = 2102;
    pub const HAS_READ_RECEIPT: i32 = 2200;
}

/// `sessionType` of a message and `conversationType` of a conversation.
pub mod session_type {
    pub const SINGLE: i32 = 1;
    /// Historic; not used.
    pub const WRITE_GROUP: i32 = 2;
    pub const GROUP: i32 = 3;
    /// From a notification account to a user.
    pub const NOTIFICATION: i32 = 4;
}

/// `MsgData.msgFrom`.
pub mod msg_from {
    pub const USER: i32 = 100;
    /// Sent by REST, or a notification.
    pub const SYSTEM: i32 = 200;
}

/// `MsgData.status`.
pub mod msg_status {
    pub const SENDING: i32 = 1;
    pub const SUCCESS: i32 = 2;
    pub const FAILED: i32 = 3;
    pub const DELETED: i32 = 4;
    pub const FILTERED: i32 = 5;
}

/// `platformID`, and the classes that the multi-login policies speak of.
pub mod platform {
    pub const IOS: i32 = 1;
    pub const ANDROID: i32 = 2;
    pub const WINDOWS: i32 = 3;
    pub const OSX: i32 = 4;
    pub const WEB: i32 = 5;
    pub const MINI_WEB: i32 = 6;
    pub const LINUX: i32 = 7;
    pub const ANDROID_PAD: i32 = 8;
    pub const IPAD: i32 = 9;
    pub const ADMIN: i32 = 10;
    pub const HARMONY_OS: i32 = 11;

    /// Terminals that policy 4 treats as one.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Class {
        Mobile,
        Pc,
        Web,
        MiniWeb,
        Pad,
        Admin,
        HarmonyOs,
    }

    /// The class of a platform; `None` for a number the protocol does not know.
    pub const fn class(platform_id: i32) -> Option<Class> {
        match platform_id {
            IOS | ANDROID => Some(Class::Mobile),
            WINDOWS | OSX | LINUX => Some(Class::Pc),
            WEB => Some(Class::Web),
            MINI_WEB => Some(Class::MiniWeb),
            ANDROID_PAD | IPAD => Some(Class::Pad),
            ADMIN => Some(Class::Admin),
            HARMONY_OS => Some(Class::HarmonyOs),
            _ => None,
        }
    }

    /// The original's name of a platform; "" for a number the protocol does not know.
    pub const fn name(platform_id: i32) -> &'static str {
        match platform_id {
            IOS => "IOS",
            ANDROID => "Android",
            WINDOWS => "Windows",
            OSX => "OSX",
            WEB => "Web",
            MINI_WEB => "MiniWeb",
            LINUX => "Linux",
            ANDROID_PAD => "APad",
            IPAD => "IPad",
            ADMIN => "Admin",
            HARMONY_OS => "HarmonyOS",
            _ => "",
        }
    }
}

/// Keys of `MsgData.options`. A missing key means true.
pub mod option_key {
    /// The server stores the message and gives it a seq.
    pub const HISTORY: &str = "history";
    pub const PERSISTENT: &str = "persistent";
    pub const UNREAD_COUNT: &str = "unreadCount";
    pub const CONVERSATION_UPDATE: &str = "conversationUpdate";
    pub const SENDER_CONVERSATION_UPDATE: &str = "senderConversationUpdate";
    /// The sender's own devices get the message too.
    pub const SENDER_SYNC: &str = "senderSync";
    pub const OFFLINE_PUSH: &str = "offlinePush";
    /// False: a private message, burnt after reading.
    pub const NOT_PRIVATE: &str = "notPrivate";
    /// False: the message belongs to the n_ conversation.
    pub const IS_NOT_NOTIFICATION: &str = "isNotNotification";
    /// A notification is also stored as a chat message.
    pub const IS_SEND_MSG: &str = "isSendMsg";
    pub const SENDER_NOTIFICATION_PUSH: &str = "senderNotificationPush";
    pub const REACTION_FROM_CACHE: &str = "reactionFromCache";

    /// What `isOnlineOnly` and typing (113) turn off: no storage, no seq, no trace in conversations.
    pub const STORED: [&str; 7] = [
        HISTORY,
        PERSISTENT,
        SENDER_SYNC,
        CONVERSATION_UPDATE,
        SENDER_CONVERSATION_UPDATE,
        UNREAD_COUNT,
        OFFLINE_PUSH,
    ];
}

/// `recvMsgOpt` of a conversation and `globalRecvMsgOpt` of a user.
pub mod recv_msg_opt {
    pub const RECEIVE: i32 = 0;
    pub const NOT_RECEIVE: i32 = 1;
    pub const RECEIVE_WITHOUT_NOTIFICATION: i32 = 2;
}

/// `groupAtType` of a conversation.
pub mod group_at_type {
    pub const NORMAL: i32 = 0;
    pub const AT_ME: i32 = 1;
    pub const AT_ALL: i32 = 2;
    pub const AT_ALL_AT_ME: i32 = 3;
    pub const ANNOUNCEMENT: i32 = 4;

    /// The pseudo user id in `atUserIDList` that stands for everybody.
    pub const AT_ALL_TAG: &str = "AtAllTag";
}

/// `status` of a group, and the only `groupType`.
pub mod group_status {
    pub const OK: i32 = 0;
    pub const BANNED: i32 = 1;
    pub const DISMISSED: i32 = 2;
    pub const MUTED: i32 = 3;

    /// `groupType` of every group this protocol version makes.
    pub const WORKING_GROUP: i32 = 2;
}

/// `roleLevel` of a group member.
pub mod role {
    pub const OWNER: i32 = 100;
    pub const ADMIN: i32 = 60;
    pub const ORDINARY: i32 = 20;
}

/// `needVerification` of a group.
pub mod need_verification {
    /// Applications need approval, invitations do not.
    pub const APPLY_NEEDS: i32 = 0;
    /// Everything needs approval, except invitations by owner and admins.
    pub const ALL_NEED: i32 = 1;
    pub const DIRECTLY: i32 = 2;
}

/// `joinSource` of a member or application.
pub mod join_source {
    pub const BY_ADMIN: i32 = 1;
    pub const BY_INVITATION: i32 = 2;
    pub const BY_SEARCH: i32 = 3;
    pub const BY_QR_CODE: i32 = 4;
}

/// `handleResult` of an application, and `addSource` of a friend.
pub mod handle_result {
    pub const OPEN: i32 = 0;
    pub const AGREE: i32 = 1;
    pub const REFUSE: i32 = -1;

    /// `FriendInfo.addSource`: made by an administrator, or by an accepted application.
    pub const BECOME_FRIEND_BY_IMPORT: i32 = 1;
    pub const BECOME_FRIEND_BY_APPLY: i32 = 2;
}

/// `appMangerLevel` of a user ("Manger" is the wire spelling).
pub mod manger_level {
    pub const ORDINARY_USER: i32 = 1;
    pub const ADMIN: i32 = 2;
    pub const NOTIFICATION_ACCOUNT: i32 = 3;
    pub const ROBOT: i32 = 4;
}

/// `status` in answers about presence.
pub mod online_status {
    pub const OFFLINE: i32 = 0;
    pub const ONLINE: i32 = 1;
}

/// `order` of a pull.
pub mod pull_order {
    pub const ASC: i32 = 0;
    pub const DESC: i32 = 1;
}
