//! A message from an application server to its own code on somebody's devices: shown to nobody, kept nowhere.

use std::sync::Arc;

use super::{Sent, body, content_type};
use crate::caller::Caller;
use crate::conversations::Party;
use crate::error::{Error, Result};
use crate::event::{Audience, Signal};
use crate::ids::UserId;
use crate::{Domain, gate, limits};

#[derive(Clone, Debug)]
pub struct SendBusiness {
    pub sender: UserId,
    pub recipient: UserId,
    pub key: String,
    pub data: String,
}

impl Domain {
    /// Relays it to the devices of both that are connected now.
    pub async fn send_business(&self, caller: &Caller, command: SendBusiness) -> Result<Sent> {
        gate::may_administer(caller)?;
        if command.key.len() + command.data.len() > limits::PLAIN_BYTES_MAX {
            return Err(Error::invalid("data", "is too long"));
        }
        let sender = self.account(&command.sender).await?;
        let recipient = self.account(&command.recipient).await?;
        let content = body::business(&command.key, &command.data);
        let message = self.passing_notice(
            &sender,
            Party::Person(recipient.user_id.clone()),
            content_type::BUSINESS,
            content,
        );
        let sent = Sent {
            client_msg_id: message.post.client_msg_id.clone(),
            server_msg_id: message.post.server_msg_id.clone(),
            send_time: message.send_time,
            seq: 0,
        };
        let audience = Audience::pair(sender.key, recipient.key);
        self.publisher.signal(Signal::MessageRelayed {
            message: Arc::new(message),
            audience,
        });
        Ok(sent)
    }
}
