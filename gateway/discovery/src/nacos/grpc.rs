//! Nacos 2's protocol over gRPC: JSON in one kind of message, requests one way, pushes the other.

use std::collections::HashMap;
use std::sync::Weak;
use std::time::Duration;

use bytes::{Buf, BufMut};
use prost::Message;
use serde_json::{Value as Json, json};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status as GrpcStatus, Streaming};

use super::client::{Answers, Key, Login, Value};
use super::http::{LARGEST, names, signature};
use super::instance::Listed;
use super::{NacosHost, NacosSettings};
use crate::{SourceError, Status};

const REQUEST: PathAndQuery = PathAndQuery::from_static("/Request/request");
const STREAM: PathAndQuery = PathAndQuery::from_static("/BiRequestStream/requestBiStream");

/// How often the server is told that this client is there.
const BEAT: Duration = Duration::from_secs(5);

/// How often connecting looks whether the server has taken note of it.
const LOOKS: u32 = 20;
const LOOK: Duration = Duration::from_millis(50);

/// A connection.
pub(super) struct Session {
    ask: Ask,
    pushed: Pushed,
    replies: mpsc::Sender<Payload>,
}

/// Connects to a server. [`SourceError::Absent`]: nobody speaks gRPC there.
pub(super) async fn connect(
    settings: &NacosSettings,
    host: &NacosHost,
    offset: u16,
    login: Option<&Login>,
) -> Result<Session, SourceError> {
    let port = host.port.checked_add(offset).ok_or(SourceError::Absent)?;
    let endpoint = Endpoint::from_shared(format!("http://{}:{port}", host.host))
        .map_err(|error| SourceError::Malformed(error.to_string()))?
        .connect_timeout(settings.connect_timeout);
    let channel = endpoint.connect().await.map_err(|_| SourceError::Absent)?;
    let ask = Ask {
        client: Grpc::new(channel).max_decoding_message_size(LARGEST),
        token: login.map(|login| login.token.reveal().into()),
        patience: settings.read_timeout,
        settings: settings.clone(),
    };
    ask.call("ServerCheckRequest", json!({ "module": "internal" }), &[]).await?;
    let (replies, stream) = mpsc::channel(64);
    let setup = json!({
        "clientVersion": "Nacos-Rust-Client:2.2.0",
        "tenant": "",
        "labels": { "source": "sdk", "module": "naming", "AppName": "gateway" },
        "abilities": {},
        "module": "internal",
    });
    replies.try_send(ask.payload("ConnectionSetupRequest", &setup, &[])).map_err(|_| SourceError::Lost)?;
    let pushed = Pushed::of(ask.client.clone(), stream);
    // The server takes note of the connection in its own time; until then it refuses questions.
    for _ in 0..LOOKS {
        match ask.call("HealthCheckRequest", json!({ "module": "internal" }), &[]).await {
            Ok(_) => return Ok(Session { ask, pushed, replies }),
            Err(SourceError::Refused(_)) => tokio::time::sleep(LOOK).await,
            Err(error) => return Err(error),
        }
    }
    Err(SourceError::Refused("the server does not take note of the connection".to_owned()))
}

impl Session {
    /// Until it fails or its login has ended; without an error, nobody can ask any more.
    pub(super) async fn run(
        mut self,
        board: &Weak<Answers>,
        status: &Status,
        asked: &mut mpsc::Receiver<Key>,
        expires: Option<Instant>,
    ) -> Result<(), SourceError> {
        let mut under_way: JoinSet<(Key, Result<Value, SourceError>)> = JoinSet::new();
        let mut beat = Instant::now() + BEAT;
        let mut beating: JoinSet<Result<(), SourceError>> = JoinSet::new();
        beating.spawn(self.ask.clone().keep_checking(Weak::clone(board)));
        loop {
            tokio::select! {
                key = asked.recv(), if under_way.len() < 64 => {
                    let Some(key) = key else { return Ok(()) };
                    let ask = self.ask.clone();
                    under_way.spawn(async move {
                        let answer = ask.ask(&key).await;
                        (key, answer)
                    });
                }
                Some(answered) = under_way.join_next() => {
                    let Some(board) = board.upgrade() else { return Ok(()) };
                    // A task that panicked: the session ends, and its questions with it.
                    let (key, answer) = answered.map_err(|_| SourceError::Lost)?;
                    match &answer {
                        Err(SourceError::Lost) => return Err(SourceError::Lost),
                        Err(error) => status.failed(&error.to_string()),
                        Ok(_) => status.succeeded(),
                    }
                    board.learn(&key, answer);
                }
                pushed = self.pushed.messages.recv() => {
                    let pushed = pushed.unwrap_or(Err(SourceError::Lost))?;
                    let Some(board) = board.upgrade() else { return Ok(()) };
                    self.take(&board, &pushed)?;
                }
                () = sleep_until(beat) => {
                    beat = Instant::now() + BEAT;
                    if expires.is_some_and(|expires| Instant::now() >= expires) {
                        return Err(SourceError::Refused("the login has ended; it is made anew".to_owned()));
                    }
                    let ask = self.ask.clone();
                    beating.spawn(async move {
                        ask.call("HealthCheckRequest", json!({ "module": "internal" }), &[]).await.map(drop)
                    });
                }
                Some(beaten) = beating.join_next() => {
                    beaten.map_err(|_| SourceError::Lost)??;
                    status.succeeded();
                }
            }
        }
    }

    /// Takes what the server says of itself, and says that it has come.
    fn take(&self, board: &Answers, pushed: &Payload) -> Result<(), SourceError> {
        let body = pushed.json()?;
        let text = |name: &str| body.get(name).and_then(Json::as_str).unwrap_or_default();
        let kind = pushed.metadata.as_ref().map_or("", |metadata| metadata.r#type.as_str());
        let reply = match kind {
            "NotifySubscriberRequest" => {
                let service = body.get("serviceInfo").unwrap_or(&Json::Null);
                let part = |name: &str| service.get(name).and_then(Json::as_str).unwrap_or_default();
                // The name may come with its group before it.
                let (group, name) = (part("groupName"), part("name").rsplit("@@").next().unwrap_or_default());
                let keys = board.like(|key| match key {
                    Key::Service { group: of, name: known, .. } => **of == *group && **known == *name,
                    _ => false,
                });
                match &*keys {
                    // What is pushed counts, not what the server would answer: that comes from a cache of its own.
                    [key] if service.get("hosts").is_some_and(Json::is_array) => {
                        board.tell(key, &Value::Service(Listed::parse(service)));
                    }
                    // In which namespace it is, it does not tell.
                    keys => keys.iter().for_each(|key| board.stale(key)),
                }
                "NotifySubscriberResponse"
            }
            "ConfigChangeNotifyRequest" => {
                let namespace = if text("tenant") == "public" { "" } else { text("tenant") };
                board.stale(&Key::Config {
                    namespace: namespace.into(),
                    group: text("group").into(),
                    id: text("dataId").into(),
                });
                "ConfigChangeNotifyResponse"
            }
            "ClientDetectionRequest" => "ClientDetectionResponse",
            "ConnectResetRequest" => return Err(SourceError::Refused("the server sends its clients away".to_owned())),
            // Told to who can: what we are asked to change there is nothing.
            "SetupAckRequest" => "SetupAckResponse",
            _ => return Ok(()),
        };
        let answer = json!({ "resultCode": 200, "errorCode": 0, "success": true, "requestId": text("requestId") });
        // Who cannot take an answer any more is found out by the next beat.
        let _ = self.replies.try_send(self.ask.payload(reply, &answer, &[]));
        Ok(())
    }
}

/// What the server says of itself. A task reads it: the server does not even begin to answer before it has something to say.
struct Pushed {
    messages: mpsc::Receiver<Result<Payload, SourceError>>,
    task: AbortHandle,
}

impl Pushed {
    fn of(mut client: Grpc<Channel>, replies: mpsc::Receiver<Payload>) -> Pushed {
        let (sender, messages) = mpsc::channel(16);
        let task = tokio::spawn(async move {
            let opening = async {
                client.ready().await.map_err(|_| SourceError::Lost)?;
                let opened = client.streaming(Request::new(ReceiverStream::new(replies)), STREAM, Frame).await;
                opened.map(Response::into_inner).map_err(|status| failed(&status))
            };
            let mut stream: Streaming<Payload> = match opening.await {
                Ok(stream) => stream,
                // Nobody to tell: the session is over.
                Err(error) => return drop(sender.send(Err(error)).await),
            };
            loop {
                let message = match stream.message().await {
                    Ok(Some(message)) => Ok(message),
                    Ok(None) => return,
                    Err(status) => Err(failed(&status)),
                };
                let over = message.is_err();
                if sender.send(message).await.is_err() || over {
                    return;
                }
            }
        });
        Pushed { messages, task: task.abort_handle() }
    }
}

impl Drop for Pushed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Asks a server.
#[derive(Clone)]
struct Ask {
    client: Grpc<Channel>,
    token: Option<Box<str>>,
    patience: Duration,
    settings: NacosSettings,
}

impl Ask {
    /// Asks again and again for all that is known: a push may have been lost, and the server does not find out.
    async fn keep_checking(self, board: Weak<Answers>) -> Result<(), SourceError> {
        loop {
            tokio::time::sleep(self.settings.fetch_interval).await;
            let Some(known) = board.upgrade().map(|board| board.watched()) else { return Ok(()) };
            for key in known {
                match self.ask(&key).await {
                    Ok(value) => match board.upgrade() {
                        Some(board) => board.tell(&key, &value),
                        None => return Ok(()),
                    },
                    Err(SourceError::Lost) => return Err(SourceError::Lost),
                    // What is known stays.
                    Err(_) => {}
                }
            }
        }
    }

    async fn ask(&self, key: &Key) -> Result<Value, SourceError> {
        match key {
            Key::Service { namespace, group, name } => {
                let body = json!({
                    "namespace": if namespace.is_empty() { "public" } else { namespace },
                    "serviceName": name,
                    "groupName": group,
                    "subscribe": true,
                    "clusters": "",
                    "module": "naming",
                });
                let signature = signature(&self.settings, group, name);
                let answer = self.call("SubscribeServiceRequest", body, &signature).await?;
                let service = answer.get("serviceInfo").filter(|info| info.is_object());
                let service = service.ok_or_else(|| malformed("a subscription without a service"))?;
                Ok(Value::Service(Listed::parse(service)))
            }
            Key::Config { namespace, group, id } => self.config(namespace, group, id).await,
            Key::List { namespace, group } => {
                let body = json!({
                    "namespace": if namespace.is_empty() { "public" } else { namespace },
                    "groupName": group,
                    "serviceName": "",
                    "pageNo": 1,
                    "pageSize": 10_000,
                    "module": "naming",
                });
                let answer = self.call("ServiceListRequest", body, &signature(&self.settings, group, "")).await?;
                Ok(Value::List(names(answer.get("serviceNames"))))
            }
        }
    }

    /// A text of the configuration, of whose change the server is to tell.
    async fn config(&self, tenant: &str, group: &str, id: &str) -> Result<Value, SourceError> {
        // First the watch, then the reading: a change in between is told.
        let listen = json!({
            "listen": true,
            "configListenContexts": [{ "dataId": id, "group": group, "tenant": tenant, "md5": "" }],
            "module": "config",
        });
        self.call("ConfigBatchListenRequest", listen, &[]).await?;
        let body = json!({ "dataId": id, "group": group, "tenant": tenant, "module": "config" });
        let notify = [("notify", "false".to_owned())];
        match self.call("ConfigQueryRequest", body, &notify).await {
            Ok(answer) => Ok(Value::Config(answer.get("content").and_then(Json::as_str).map(Into::into))),
            Err(SourceError::Absent) => Ok(Value::Config(None)),
            Err(error) => Err(error),
        }
    }

    /// One request; gives the answer's JSON.
    async fn call(&self, kind: &str, body: Json, fields: &[(&'static str, String)]) -> Result<Json, SourceError> {
        let payload = self.payload(kind, &body, fields);
        let mut client = self.client.clone();
        let calling = async {
            client.ready().await.map_err(|_| SourceError::Lost)?;
            client.unary(Request::new(payload), REQUEST, Frame).await.map_err(|status| failed(&status))
        };
        let answer = timeout(self.patience, calling).await.map_err(|_| SourceError::Lost)??.into_inner();
        let answer = answer.json()?;
        let number = |name: &str| answer.get(name).and_then(Json::as_i64);
        match (number("resultCode"), number("errorCode")) {
            (Some(200) | None, _) => Ok(answer),
            // There is no such text.
            (_, Some(300)) => Err(SourceError::Absent),
            (_, code) => {
                let text = answer.get("message").and_then(Json::as_str).unwrap_or("no reason");
                let text: String = text.chars().take(200).collect();
                Err(SourceError::Refused(format!("{kind}: {} {text}", code.unwrap_or_default())))
            }
        }
    }

    fn payload(&self, kind: &str, body: &Json, fields: &[(&'static str, String)]) -> Payload {
        let mut headers: HashMap<String, String> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        if let Some(token) = &self.token {
            headers.insert("accessToken".to_owned(), token.to_string());
        }
        Payload {
            metadata: Some(Meta { r#type: kind.to_owned(), client_ip: "127.0.0.1".to_owned(), headers }),
            body: Some(Any { type_url: String::new(), value: body.to_string().into_bytes() }),
        }
    }
}

fn malformed(what: &str) -> SourceError {
    SourceError::Malformed(what.to_owned())
}

/// A call that failed.
fn failed(status: &GrpcStatus) -> SourceError {
    match status.code() {
        Code::Unimplemented => SourceError::Absent,
        Code::OutOfRange => SourceError::TooMuch(format!("an answer of more than {LARGEST} bytes")),
        _ => SourceError::Lost,
    }
}

#[derive(Clone, PartialEq, Message)]
struct Payload {
    #[prost(message, optional, tag = "2")]
    metadata: Option<Meta>,
    #[prost(message, optional, tag = "3")]
    body: Option<Any>,
}

#[derive(Clone, PartialEq, Message)]
struct Meta {
    #[prost(string, tag = "3")]
    r#type: String,
    #[prost(string, tag = "8")]
    client_ip: String,
    #[prost(map = "string, string", tag = "7")]
    headers: HashMap<String, String>,
}

#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

impl Payload {
    fn json(&self) -> Result<Json, SourceError> {
        let text = self.body.as_ref().map_or(&[][..], |body| &body.value);
        serde_json::from_slice(text).map_err(|error| SourceError::Malformed(error.to_string()))
    }
}

/// The one message, both ways.
#[derive(Clone, Copy)]
struct Frame;

impl Codec for Frame {
    type Encode = Payload;
    type Decode = Payload;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Frame {
    type Item = Payload;
    type Error = GrpcStatus;

    fn encode(&mut self, item: Payload, dst: &mut EncodeBuf<'_>) -> Result<(), GrpcStatus> {
        dst.reserve(item.encoded_len());
        dst.put(item.encode_to_vec().as_slice());
        Ok(())
    }
}

impl Decoder for Frame {
    type Item = Payload;
    type Error = GrpcStatus;

    fn decode(&mut self, src: &mut DecodeBuf<'_>) -> Result<Option<Payload>, GrpcStatus> {
        let bytes = src.copy_to_bytes(src.remaining());
        Payload::decode(bytes).map(Some).map_err(|error| GrpcStatus::internal(error.to_string()))
    }
}
