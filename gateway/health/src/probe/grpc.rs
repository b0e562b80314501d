//! `grpc.health.v1.Health/Check`, asked by tonic over a connection that is there already.

use bytes::{Buf, BufMut};
use http::uri::PathAndQuery;
use prost::Message;
use tokio::io::{AsyncRead, AsyncWrite};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Request, Status};

use super::Finding;

const PATH: PathAndQuery = PathAndQuery::from_static("/grpc.health.v1.Health/Check");

/// The longest answer that is taken, in bytes; a right one has two.
const LONGEST: usize = 256;

/// Asks how `service` is; an empty one is the server as a whole. `host` is who is asked.
pub(super) async fn ask<S>(stream: S, tls: bool, host: &str, service: &str) -> Finding
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let channel = match gateway_grpc::over(stream, tls, host, Ok).await {
        Ok((channel, _)) => channel,
        Err(error) => return Finding::Broken(said(&error)),
    };
    let mut client = Grpc::new(channel).max_decoding_message_size(LONGEST);
    if let Err(error) = client.ready().await {
        return Finding::Broken(said(&error));
    }
    let question = Question { service: service.to_owned() };
    match client.unary(Request::new(question), PATH, Health).await {
        Ok(answer) => match answer.into_inner().status {
            SERVING => Finding::Serving,
            0 => Finding::NotServing("UNKNOWN".into()),
            2 => Finding::NotServing("NOT_SERVING".into()),
            3 => Finding::NotServing("SERVICE_UNKNOWN".into()),
            other => Finding::NotServing(format!("an unknown state: {other}").into()),
        },
        Err(status) => failed(&status),
    }
}

const SERVING: i32 = 1;

/// A call that failed: by the node's word, or before it had one.
fn failed(status: &Status) -> Finding {
    let code = status.code();
    if std::error::Error::source(status).is_some() {
        return Finding::Broken(said(status));
    }
    match code {
        Code::NotFound => Finding::NotServing("the service is not known to the node".into()),
        Code::Unimplemented => Finding::NotServing("the node has no service grpc.health.v1.Health".into()),
        _ => Finding::NotServing(format!("{code:?}: {}", status.message()).into()),
    }
}

/// An error with what it came from, in a line of bounded length.
fn said(error: &dyn std::error::Error) -> Box<str> {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source.take_if(|_| text.len() < 200) {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text.chars().take(300).collect::<String>().into()
}

#[derive(Clone, PartialEq, Message)]
struct Question {
    #[prost(string, tag = "1")]
    service: String,
}

#[derive(Clone, PartialEq, Message)]
struct Answer {
    #[prost(int32, tag = "1")]
    status: i32,
}

/// The two messages on the wire.
#[derive(Clone, Copy)]
struct Health;

impl Codec for Health {
    type Encode = Question;
    type Decode = Answer;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Health {
    type Item = Question;
    type Error = Status;

    fn encode(&mut self, item: Question, dst: &mut EncodeBuf<'_>) -> Result<(), Status> {
        dst.reserve(item.encoded_len());
        dst.put(item.encode_to_vec().as_slice());
        Ok(())
    }
}

impl Decoder for Health {
    type Item = Answer;
    type Error = Status;

    fn decode(&mut self, src: &mut DecodeBuf<'_>) -> Result<Option<Answer>, Status> {
        let bytes = src.copy_to_bytes(src.remaining());
        Answer::decode(bytes).map(Some).map_err(|e| Status::internal(format!("no answer of a health service: {e}")))
    }
}
