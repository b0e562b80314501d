//! One generic call of Dubbo2 over a connection of its own.

use std::io;
use std::time::Duration;

use gateway_dubbo_codec::answer::heartbeat_answer;
use gateway_dubbo_codec::frame::{Flags, HEAD, Head, Serialization, Status};
use gateway_dubbo_codec::generic::{self, Answer, Argument, GenericCall, Mode};
use gateway_dubbo_codec::hessian::Limits;
use gateway_dubbo_codec::hessian::walk::{Item, Walker};
use gateway_dubbo_codec::json::{Style, Type, Types};
use gateway_dubbo_codec::unserved::{Asked, Unserved};
use hyper::StatusCode;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What is called, and how.
pub(super) struct Question<'a> {
    pub(super) interface: &'a str,
    pub(super) method: &'a str,
    pub(super) version: &'a str,
    pub(super) group: &'a str,
    pub(super) types: &'a [String],
    pub(super) args: &'a [Value],
    /// What the registry knows of the parameters, where it describes the service.
    pub(super) of: Option<(&'a [Type], &'a Types)>,
    pub(super) attachments: &'a [(String, String)],
    /// What the provider wants to be shown.
    pub(super) token: Option<&'a str>,
    pub(super) within: Duration,
}

/// Why nothing has come of a call.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error("the provider cannot be reached: {0}")]
    Connection(io::Error),
    #[error("the provider has not answered within {} ms", .0.as_millis())]
    Late(Duration),
    #[error("the provider answers with status {status}: {said}")]
    Status { status: u8, said: String },
    #[error("the provider's answer cannot be read: {0}")]
    Answer(String),
}

impl Failed {
    pub(super) fn http(&self) -> StatusCode {
        match self {
            Failed::Late(_) => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::BAD_GATEWAY,
        }
    }

    /// What the answer means, where it says that the provider does not have the service.
    pub(super) fn hint(&self, asked: Asked<'_>) -> Option<String> {
        let Failed::Status { status, said } = self else { return None };
        Unserved::of(Status::from_code(*status), said).map(|unserved| unserved.told(asked))
    }

    /// Dubbo's status, where there is one.
    pub(super) fn status(&self) -> Option<u8> {
        match self {
            Failed::Status { status, .. } => Some(*status),
            _ => None,
        }
    }
}

/// The longest answer, in bytes, as frame and as JSON.
const LONGEST: u32 = 8 << 20;

/// The call's id: any.
const ID: u64 = 1;

/// Most frames that are read: what the provider says on its own account is passed over.
const FRAMES: u32 = 64;

impl Question<'_> {
    /// The bytes of the call.
    ///
    /// # Errors
    /// An argument is none of its type, or all are too long; in words.
    pub(super) fn frame(&self) -> Result<Vec<u8>, String> {
        let call = GenericCall {
            interface: self.interface,
            version: self.version,
            group: self.group,
            method: self.method,
            mode: Mode::RawReturn,
            class_keys: true,
        };
        let kind = |n: usize| self.types.get(n).map(String::as_str);
        let of = |n: usize| self.of.and_then(|(of, types)| Some((of.get(n)?, types)));
        let argument = |(n, value)| Argument { value, kind: kind(n), of: of(n) };
        let arguments: Vec<_> = self.args.iter().enumerate().map(argument).collect();
        let within = self.within.as_millis().to_string();
        let own = [("timeout", &*within), ("remote.application", "gateway")];
        let token = self.token.map(|token| ("token", token));
        let given = self.attachments.iter().map(|(name, value)| (&**name, &**value));
        let own = own.into_iter().filter(|(name, _)| !self.attachments.iter().any(|(given, _)| given == name));
        let body = call
            .body(&arguments, own.chain(token).chain(given))
            .map_err(|bad| format!("invalid request body: argument {}: {}", bad.number + 1, bad.why))?;
        let len = u32::try_from(body.len()).ok().filter(|len| *len <= LONGEST);
        let len = len.ok_or(format!("invalid request body: the call would be longer than {LONGEST} bytes"))?;
        let head = Head { flags: Flags::call(Serialization::HESSIAN2), status: Status::Other(0), id: ID, len };
        Ok([&head.encode()[..], &body].concat())
    }
}

/// Calls, and reads the answer. The caller bounds the time.
pub(super) async fn call(node: &str, frame: &[u8]) -> Result<Answer, Failed> {
    let mut stream = TcpStream::connect(node).await.map_err(Failed::Connection)?;
    stream.write_all(frame).await.map_err(Failed::Connection)?;
    for _ in 0..FRAMES {
        let mut head = [0; HEAD];
        stream.read_exact(&mut head).await.map_err(Failed::Connection)?;
        let head = match Head::parse(&head, LONGEST) {
            Ok(Some(head)) => head,
            Ok(None) => break,
            Err(error) => return Err(Failed::Answer(error.to_string())),
        };
        let body = body(&mut stream, head.len).await.map_err(Failed::Connection)?;
        if head.flags.is_request() {
            if head.flags.is_event() && head.flags.is_two_way() {
                let mut out = Vec::new();
                heartbeat_answer(&mut out, &head, body.get(..64.min(body.len())).unwrap_or_default());
                stream.write_all(&out).await.map_err(Failed::Connection)?;
            }
        } else if head.id == ID && !head.flags.is_event() {
            return answer(&head, &body);
        }
    }
    Err(Failed::Answer("it is not among what the provider sends".into()))
}

/// A body, as it comes: nothing is kept ready for what is only announced.
async fn body(stream: &mut TcpStream, len: u32) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    stream.take(u64::from(len)).read_to_end(&mut body).await?;
    match u32::try_from(body.len()) == Ok(len) {
        true => Ok(body),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn answer(head: &Head, body: &[u8]) -> Result<Answer, Failed> {
    if head.flags.serialization() != Serialization::HESSIAN2 {
        return Err(Failed::Answer("it is not in hessian2".into()));
    }
    if head.status != Status::Ok {
        let said = match Walker::new(body, Limits::default()).item() {
            // Behind the first line stands the trace of the provider's stack.
            Ok(Item::Text(text)) => text.to_str().lines().next().unwrap_or_default().chars().take(1000).collect(),
            _ => String::new(),
        };
        return Err(Failed::Status { status: head.status.code(), said });
    }
    let style = Style { limit: usize::try_from(LONGEST).unwrap_or(usize::MAX), depth: 100, ..Style::default() };
    let answer = generic::answer(body, Mode::RawReturn, &style, Limits::default());
    answer.map_err(|error| Failed::Answer(error.to_string()))
}
