//! What a device asks over its socket, and administrators over REST as well: sequence numbers, messages, sending. Each
//! function takes the protobuf request and gives the protobuf answer; framing is `socket.rs`.

use domain::caller::Caller;
use domain::messages::{Origin, Recipient, SendMessage, SeqRange, SeqsOf};
use wire::openim::errors as codes;
use wire::openim::proto::{
    ConversationSeqs, GetConversationsHasReadAndMaxSeqReq, GetConversationsHasReadAndMaxSeqResp,
    GetLastMessageReq, GetLastMessageResp, GetMaxSeqReq, GetMaxSeqResp, GetSeqMessageReq,
    GetSeqMessageResp, MsgData, PullMessageBySeqsReq, PullMessageBySeqsResp, UserSendMsgResp,
};
use wire::openim::session_type;

use crate::Surface;
use crate::convert::{self, conversation_id, conversation_ids, group_id, msg_data, user_id};
use crate::errors::{self, Answer, Refusal};

/// 1001: how far every conversation has grown, chats and notices, without the empty ones.
pub(crate) async fn newest_seqs(
    surface: &Surface,
    caller: &Caller,
    request: GetMaxSeqReq,
) -> Answer<GetMaxSeqResp> {
    let owner = user_id("userID", &request.user_id)?;
    let states = surface.domain.seq_states(caller, &owner).await?;
    let max_seqs = states
        .into_iter()
        .filter(|state| state.max_seq > 0)
        .map(|state| (state.id.to_string(), state.max_seq))
        .collect();
    Ok(GetMaxSeqResp {
        max_seqs,
        ..GetMaxSeqResp::default()
    })
}

/// 1002: the newest messages of ranges.
pub(crate) async fn pull_ranges(
    surface: &Surface,
    caller: &Caller,
    request: PullMessageBySeqsReq,
) -> Answer<PullMessageBySeqsResp> {
    let owner = user_id("userID", &request.user_id)?;
    let range = |range: &wire::openim::proto::SeqRange| {
        Ok(SeqRange {
            conversation: conversation_id(&range.conversation_id)?,
            begin: range.begin,
            end: range.end,
            newest: range.num,
        })
    };
    let ranges = request
        .seq_ranges
        .iter()
        .map(range)
        .collect::<Answer<Vec<_>>>()?;
    let order = convert::order(request.order);
    let (msgs, notification_msgs) = convert::pulled(
        surface
            .domain
            .pull_ranges(caller, &owner, &ranges, order)
            .await?,
    );
    Ok(PullMessageBySeqsResp {
        msgs,
        notification_msgs,
    })
}

/// The longest name of a request that is passed on to others.
const TRACE_BYTES_MAX: usize = 128;

/// 1003: sends one message. The request's operation id travels with the pushes: the pure JavaScript SDK knows its own
/// message by it.
pub(crate) async fn send(
    surface: &Surface,
    caller: &Caller,
    operation_id: &str,
    data: MsgData,
) -> Answer<UserSendMsgResp> {
    // The original compares only the envelope's sender; a message in another's name would pass there.
    if data.send_id != caller.user_id.as_str() {
        return Err(Refusal::new(
            codes::NO_PERMISSION_ERROR,
            "sendID is not the user of this connection",
        ));
    }
    let to = match data.session_type {
        session_type::SINGLE => Recipient::Person(user_id("recvID", &data.recv_id)?),
        session_type::NOTIFICATION => Recipient::Notified(user_id("recvID", &data.recv_id)?),
        session_type::GROUP => Recipient::Group(group_id(&data.group_id)?),
        _ => return Err(Refusal::args("sessionType must be 1, 3 or 4")),
    };
    let command = SendMessage {
        sender: caller.user_id.clone(),
        to,
        send_time: Some(data.send_time).filter(|time| *time != 0),
        post: convert::post(data, Origin::User),
        trace: Some(operation_id)
            .filter(|id| id.len() <= TRACE_BYTES_MAX)
            .unwrap_or_default()
            .to_owned(),
    };
    let sent = surface
        .domain
        .send_message(caller, command)
        .await
        .map_err(errors::of_sending)?;
    Ok(UserSendMsgResp {
        server_msg_id: sent.server_msg_id,
        client_msg_id: sent.client_msg_id,
        send_time: sent.send_time,
    })
}

/// 1005: certain messages, for history and for holes.
pub(crate) async fn pull_seqs(
    surface: &Surface,
    caller: &Caller,
    request: GetSeqMessageReq,
) -> Answer<GetSeqMessageResp> {
    let owner = user_id("userID", &request.user_id)?;
    let of = |of: ConversationSeqs| {
        Ok(SeqsOf {
            conversation: conversation_id(&of.conversation_id)?,
            seqs: of.seqs,
        })
    };
    let wanted = request
        .conversations
        .into_iter()
        .map(of)
        .collect::<Answer<Vec<_>>>()?;
    let order = convert::order(request.order);
    let (msgs, notification_msgs) = convert::pulled(
        surface
            .domain
            .pull_seqs(caller, &owner, &wanted, order)
            .await?,
    );
    Ok(GetSeqMessageResp {
        msgs,
        notification_msgs,
    })
}

/// 1006: how far chats have grown and were read; all of them when none is named.
pub(crate) async fn has_read_and_max_seqs(
    surface: &Surface,
    caller: &Caller,
    request: GetConversationsHasReadAndMaxSeqReq,
) -> Answer<GetConversationsHasReadAndMaxSeqResp> {
    let owner = user_id("userID", &request.user_id)?;
    let states = surface.domain.seq_states(caller, &owner).await?;
    let wanted: std::collections::HashSet<&str> = request
        .conversation_ids
        .iter()
        .map(String::as_str)
        .collect();
    let chats = states.iter().filter(|state| {
        !state.id.is_notice() && (wanted.is_empty() || wanted.contains(state.id.as_str()))
    });
    let pinned = states
        .iter()
        .filter(|state| request.return_pinned && state.is_pinned);
    Ok(GetConversationsHasReadAndMaxSeqResp {
        seqs: chats
            .map(|state| (state.id.to_string(), convert::seqs(state)))
            .collect(),
        pinned_conversation_ids: pinned.map(|state| state.id.to_string()).collect(),
    })
}

/// 1007: the newest message of each chat that the owner has not deleted.
pub(crate) async fn newest_messages(
    surface: &Surface,
    caller: &Caller,
    request: GetLastMessageReq,
) -> Answer<GetLastMessageResp> {
    let owner = user_id("userID", &request.user_id)?;
    let ids = conversation_ids(&request.conversation_ids)?;
    let newest = surface.domain.newest_messages(caller, &owner, &ids).await?;
    let msgs = newest
        .iter()
        .map(|message| (message.route.conversation.to_string(), msg_data(message)))
        .collect();
    Ok(GetLastMessageResp { msgs })
}
