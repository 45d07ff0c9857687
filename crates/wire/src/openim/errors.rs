//! Error codes of REST answers, socket replies and refused dials (rest.md "Error codes").
//! The codes 1501 to 1507 log the client out; see rest.md "How the SDK reacts".

pub const SERVER_INTERNAL_ERROR: i32 = 500;
/// An error without a code of its own.
pub const UNKNOWN: i32 = 1000;
pub const ARGS_ERROR: i32 = 1001;
pub const NO_PERMISSION_ERROR: i32 = 1002;
pub const DUPLICATE_KEY_ERROR: i32 = 1003;
pub const RECORD_NOT_FOUND_ERROR: i32 = 1004;
/// Newer servers only: the default secret is still in use.
pub const SECRET_NOT_CHANGED_ERROR: i32 = 1050;

pub const USER_ID_NOT_FOUND_ERROR: i32 = 1101;
pub const REGISTERED_ALREADY_ERROR: i32 = 1102;

pub const GROUP_ID_NOT_FOUND_ERROR: i32 = 1201;
pub const GROUP_ID_EXISTED: i32 = 1202;
pub const NOT_IN_GROUP_YET_ERROR: i32 = 1203;
pub const DISMISSED_ALREADY_ERROR: i32 = 1204;
pub const GROUP_TYPE_NOT_SUPPORT: i32 = 1205;
pub const GROUP_REQUEST_HANDLED: i32 = 1206;

pub const CAN_NOT_ADD_YOURSELF_ERROR: i32 = 1301;
pub const BLOCKED_BY_PEER: i32 = 1302;
pub const NOT_PEERS_FRIEND: i32 = 1303;
pub const RELATIONSHIP_ALREADY_ERROR: i32 = 1304;
pub const FRIEND_REQUEST_HANDLED: i32 = 1305;

pub const MESSAGE_HAS_READ_DISABLE: i32 = 1401;
pub const MUTED_IN_GROUP: i32 = 1402;
pub const MUTED_GROUP: i32 = 1403;
pub const MSG_ALREADY_REVOKE: i32 = 1404;

pub const TOKEN_EXPIRED_ERROR: i32 = 1501;
pub const TOKEN_INVALID_ERROR: i32 = 1502;
pub const TOKEN_MALFORMED_ERROR: i32 = 1503;
pub const TOKEN_NOT_VALID_YET_ERROR: i32 = 1504;
pub const TOKEN_UNKNOWN_ERROR: i32 = 1505;
pub const TOKEN_KICKED_ERROR: i32 = 1506;
pub const TOKEN_NOT_EXIST_ERROR: i32 = 1507;
/// Organisation product only.
pub const ORG_USER_NO_PERMISSION_ERROR: i32 = 1520;

pub const CONN_OVER_MAX_NUM_LIMIT: i32 = 1601;
pub const CONN_ARGS_ERROR: i32 = 1602;
pub const PUSH_MSG_ERROR: i32 = 1603;
pub const IOS_BACKGROUND_PUSH_ERROR: i32 = 1604;

pub const FILE_UPLOADED_EXPIRED_ERROR: i32 = 1701;

pub const CALLBACK_ERROR: i32 = 80000;
pub const DATABASE_ERROR: i32 = 90002;
pub const NETWORK_ERROR: i32 = 90004;
pub const DATA_ERROR: i32 = 90007;

/// The fixed `errMsg` of a code; "" for 0, for 1205 (as in the original) and for codes not listed above.
pub const fn name(code: i32) -> &'static str {
    match code {
        SERVER_INTERNAL_ERROR => "ServerInternalError",
        ARGS_ERROR => "ArgsError",
        NO_PERMISSION_ERROR => "NoPermissionError",
        DUPLICATE_KEY_ERROR => "DuplicateKeyError",
        RECORD_NOT_FOUND_ERROR => "RecordNotFoundError",
        SECRET_NOT_CHANGED_ERROR => {
            "secret not changed, please change secret in config/share.yml for security reasons"
        }
        USER_ID_NOT_FOUND_ERROR => "UserIDNotFoundError",
        REGISTERED_ALREADY_ERROR => "RegisteredAlreadyError",
        GROUP_ID_NOT_FOUND_ERROR => "GroupIDNotFoundError",
        GROUP_ID_EXISTED => "GroupIDExisted",
        NOT_IN_GROUP_YET_ERROR => "NotInGroupYetError",
        DISMISSED_ALREADY_ERROR => "DismissedAlreadyError",
        GROUP_REQUEST_HANDLED => "GroupRequestHandled",
        CAN_NOT_ADD_YOURSELF_ERROR => "CanNotAddYourselfError",
        BLOCKED_BY_PEER => "BlockedByPeer",
        NOT_PEERS_FRIEND => "NotPeersFriend",
        RELATIONSHIP_ALREADY_ERROR => "RelationshipAlreadyError",
        FRIEND_REQUEST_HANDLED => "FriendRequestHandled",
        MESSAGE_HAS_READ_DISABLE => "MessageHasReadDisable",
        MUTED_IN_GROUP => "MutedInGroup",
        MUTED_GROUP => "MutedGroup",
        MSG_ALREADY_REVOKE => "MsgAlreadyRevoke",
        TOKEN_EXPIRED_ERROR => "TokenExpiredError",
        TOKEN_INVALID_ERROR => "TokenInvalidError",
        TOKEN_MALFORMED_ERROR => "TokenMalformedError",
        TOKEN_NOT_VALID_YET_ERROR => "TokenNotValidYetError",
        TOKEN_UNKNOWN_ERROR => "TokenUnknownError",
        TOKEN_KICKED_ERROR => "TokenKickedError",
        TOKEN_NOT_EXIST_ERROR => "TokenNotExistError",
        ORG_USER_NO_PERMISSION_ERROR => "OrgUserNoPermissionError",
        CONN_OVER_MAX_NUM_LIMIT => "ConnOverMaxNumLimit",
        CONN_ARGS_ERROR => "args err, need token, sendID, platformID",
        PUSH_MSG_ERROR => "push msg err",
        IOS_BACKGROUND_PUSH_ERROR => "ios background push err",
        FILE_UPLOADED_EXPIRED_ERROR => "FileUploadedExpiredError",
        CALLBACK_ERROR => "CallbackError",
        DATABASE_ERROR => "DatabaseError",
        NETWORK_ERROR => "NetworkError",
        DATA_ERROR => "DataError",
        _ => "",
    }
}
