//! What a server tells of itself by reflection, written by hand: the definition of `test.Echo`.

use bytes::Bytes;
use h2::server;
use http::Response;

use super::messages::{Messages, send};

/// Which reflection a server has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Reflects {
    /// None.
    #[default]
    Not = 0,
    /// `grpc.reflection.v1`.
    V1 = 1,
    /// `grpc.reflection.v1alpha` alone.
    V1Alpha = 2,
    /// It names a service that it does not define.
    Half = 3,
}

impl Reflects {
    pub(super) fn of(number: u8) -> Reflects {
        [Reflects::Not, Reflects::V1, Reflects::V1Alpha, Reflects::Half]
            .into_iter()
            .find(|r| *r as u8 == number)
            .unwrap_or_default()
    }

    /// Whether it answers on this path.
    pub(super) fn is_at(self, path: &str) -> bool {
        match path {
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo" => {
                matches!(self, Reflects::V1 | Reflects::Half)
            }
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo" => self == Reflects::V1Alpha,
            _ => false,
        }
    }
}

/// A field of a message: a number below 16, and bytes or a number below 128.
fn bytes(number: u8, value: &[u8]) -> Vec<u8> {
    let mut length = value.len();
    let mut field = vec![number << 3 | 2];
    while length >= 0x80 {
        field.push(u8::try_from(length & 0x7f).expect("seven bits") | 0x80);
        length >>= 7;
    }
    field.push(u8::try_from(length).expect("seven bits"));
    field.extend(value);
    field
}

fn number(number: u8, value: u8) -> Vec<u8> {
    vec![number << 3, value]
}

/// `message M { string name = 1; int64 n = 2; M inner = 3; repeated string items = 4; }` and `service Echo`, whose methods are
/// those of the server that send messages back.
fn definition() -> Vec<u8> {
    let field = |name: &str, at: u8, label: u8, kind: u8| {
        let mut field = [bytes(1, name.as_bytes()), number(3, at), number(4, label), number(5, kind)].concat();
        if kind == 11 {
            field.extend(bytes(6, b".test.M"));
        }
        bytes(2, &field)
    };
    let message = [
        bytes(1, b"M"),
        field("name", 1, 1, 9),
        field("n", 2, 1, 3),
        field("inner", 3, 1, 11),
        field("items", 4, 3, 9),
    ];
    let method = |name: &str, client: u8, server: u8| {
        let names = [bytes(1, name.as_bytes()), bytes(2, b".test.M"), bytes(3, b".test.M")].concat();
        bytes(2, &[names, number(5, client), number(6, server)].concat())
    };
    let service = [
        bytes(1, b"Echo"),
        method("Unary", 0, 0),
        method("Bidi", 1, 1),
        method("Join", 1, 0),
        method("Each", 0, 1),
        method("Fail", 0, 0),
        method("Hang", 0, 0),
        method("HangLate", 0, 1),
        method("Break", 0, 1),
        method("Plain", 0, 0),
    ];
    [
        bytes(1, b"test/echo.proto"),
        bytes(2, b"test"),
        bytes(4, &message.concat()),
        bytes(6, &service.concat()),
        bytes(12, b"proto3"),
    ]
    .concat()
}

/// The definition as a descriptor set, as `protoc -o` writes it.
pub fn descriptor_set() -> Vec<u8> {
    bytes(1, &definition())
}

/// Answers questions until there are no more. `None`: the caller is gone.
pub(super) async fn tell(
    reflects: Reflects,
    mut messages: Messages,
    respond: &mut server::SendResponse<Bytes>,
    trailers: http::HeaderMap,
) -> Option<()> {
    let response = Response::builder().header("content-type", "application/grpc").body(()).expect("a head");
    let mut out = respond.send_response(response, false).ok()?;
    while let Some(question) = messages.next().await {
        // The number of its field: 4 is about a symbol, 7 is the list.
        let answer = match (question.first().map(|tag| tag >> 3), question.get(2..).unwrap_or_default()) {
            (Some(4), symbol) if symbol.starts_with(b"test.Echo") || symbol == b"test.M" => {
                bytes(4, &bytes(1, &definition()))
            }
            (Some(7), _) => {
                let mut names = vec!["test.Echo", "grpc.reflection.v1.ServerReflection"];
                if reflects == Reflects::Half {
                    names.push("test.Hidden");
                }
                let all: Vec<u8> = names.iter().flat_map(|name| bytes(1, &bytes(1, name.as_bytes()))).collect();
                bytes(6, &all)
            }
            (_, symbol) => {
                let why = format!("no such symbol: {}", String::from_utf8_lossy(symbol));
                bytes(7, &[number(1, 5), bytes(2, why.as_bytes())].concat())
            }
        };
        send(&mut out, &answer).await?;
    }
    out.send_trailers(trailers).ok()
}
