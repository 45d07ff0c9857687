//! One logged-in OpenIM connection that asks a question at a time, for the workloads that do not talk.

use crate::openim::{FRAME_BYTES_MAX, dial_target};
use crate::server::Server;
use crate::socket::{Socket, dial, next_frame, say};
use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use prost::Message;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::time::timeout;
use wire::openim::envelope::{Encoding, Framing, RequestRef, decode_response, encode_request};

const REPLY_MAX: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub struct Client {
    socket: Socket,
    user: String,
    encoding: Encoding,
    asked: u32,
}

impl Client {
    pub async fn dial(
        server: &Server,
        user: &str,
        token: &str,
        gzip: bool,
        source: Option<Ipv4Addr>,
    ) -> Result<Client> {
        let target = dial_target(user, token, gzip);
        let socket = dial(server.socket, &target, source)
            .await
            .with_context(|| format!("dial as {user}"))?;
        Ok(Client {
            socket,
            user: user.to_owned(),
            encoding: Encoding {
                framing: Framing::Gob,
                gzip,
            },
            asked: 0,
        })
    }

    pub fn into_socket(self) -> Socket {
        self.socket
    }

    /// The frame of a question, and the correlation id of its answer.
    pub fn frame(&mut self, identifier: i32, question: &impl Message) -> (Bytes, String) {
        self.asked += 1;
        let msg_incr = format!("{}_{}", self.user, self.asked);
        let request = RequestRef {
            req_identifier: identifier,
            token: "",
            send_id: &self.user,
            operation_id: "switchboard-load",
            msg_incr: &msg_incr,
            data: &question.encode_to_vec(),
        };
        (encode_request(request, self.encoding), msg_incr)
    }

    /// Sends a frame and waits for the answer to `msg_incr`; other frames are passed over. Returns it still encoded.
    pub async fn exchange(&mut self, frame: Bytes, msg_incr: &str) -> Result<Bytes> {
        say(&mut self.socket, frame).await?;
        let answer = async {
            loop {
                let frame = next_frame(&mut self.socket).await?;
                let response = decode_response(&frame, self.encoding, FRAME_BYTES_MAX)?;
                if response.msg_incr == msg_incr {
                    let (code, text) = (response.err_code, response.err_msg);
                    ensure!(code == 0, "the server refused: {code} {text}");
                    return Ok(response.data);
                }
            }
        };
        timeout(REPLY_MAX, answer)
            .await
            .with_context(|| format!("no reply within {REPLY_MAX:?}"))?
    }

    pub async fn ask<T: Message + Default>(
        &mut self,
        identifier: i32,
        question: &impl Message,
    ) -> Result<T> {
        let (frame, msg_incr) = self.frame(identifier, question);
        let answer = self.exchange(frame, &msg_incr).await;
        let answer = answer.with_context(|| format!("request {identifier}"))?;
        Ok(T::decode(answer)?)
    }
}
