//! Calls: messages are bytes here.

use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use bytes::{Buf, BufMut, Bytes};
use http::uri::PathAndQuery;
use http::{Extensions, HeaderMap, Uri};
use tokio::sync::mpsc;
use tonic::body::Body;
use tonic::client::{Grpc, GrpcService};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::tokio_stream::Stream;
use tonic::codegen::{self, StdError};
use tonic::metadata::MetadataMap;
use tonic::{Request, Status, Streaming};

use super::status::Ended;

/// Makes calls over one connection, or whatever else carries requests.
#[derive(Clone)]
pub struct Caller<T> {
    grpc: Grpc<T>,
}

impl<T> Caller<T>
where
    T: GrpcService<Body>,
    T::ResponseBody: codegen::Body + Send + 'static,
    <T::ResponseBody as codegen::Body>::Error: Into<StdError> + Send,
{
    /// `origin` is whom requests name: scheme and authority. Messages of more than `longest` bytes end a call.
    pub fn new(inner: T, origin: Uri, longest: usize) -> Caller<T> {
        Caller { grpc: Grpc::with_origin(inner, origin).max_decoding_message_size(longest) }
    }

    /// Begins a call of `package.Service/Method`; it goes on while its messages come.
    ///
    /// # Errors
    /// How it ended before there was an answer.
    pub async fn begin(&mut self, method: &str, headers: HeaderMap, messages: Messages) -> Result<Going, Ended> {
        let path: PathAndQuery =
            format!("/{method}").parse().map_err(|_| Ended::of(&Status::invalid_argument("no name of a method")))?;
        let broken = |error: T::Error| {
            let error: StdError = error.into();
            Ended::of(&Status::from_error(error))
        };
        self.grpc.ready().await.map_err(broken)?;
        let request = Request::from_parts(MetadataMap::from_headers(headers), Extensions::new(), messages);
        let answer = self.grpc.streaming(request, path, Plain).await.map_err(|status| Ended::of(&status))?;
        let (metadata, streaming, _) = answer.into_parts();
        Ok(Going { headers: metadata.into_headers(), streaming })
    }
}

/// A call whose answer has begun.
pub struct Going {
    /// The fields of its head.
    pub headers: HeaderMap,
    streaming: Streaming<Bytes>,
}

impl Going {
    /// The next message.
    ///
    /// # Errors
    /// There is none any more: how the call ended, well or not.
    pub async fn next(&mut self) -> Result<Bytes, Ended> {
        match self.streaming.message().await {
            Ok(Some(message)) => Ok(message),
            Ok(None) => match self.streaming.trailers().await {
                Ok(trailers) => Err(Ended::well(trailers.unwrap_or_default().into_headers())),
                Err(status) => Err(Ended::of(&status)),
            },
            Err(status) => Err(Ended::of(&status)),
        }
    }
}

/// The messages of a call, as they are put into the queue; the call's side ends when the other end is dropped.
pub struct Messages(mpsc::Receiver<Bytes>);

/// A queue of messages for a call.
pub fn queue(room: usize) -> (mpsc::Sender<Bytes>, Messages) {
    let (sender, receiver) = mpsc::channel(room.max(1));
    (sender, Messages(receiver))
}

impl Messages {
    /// These, and no more.
    pub fn of(all: Vec<Vec<u8>>) -> Messages {
        let (sender, messages) = queue(all.len());
        for message in all {
            // There is room for each.
            let _ = sender.try_send(message.into());
        }
        messages
    }
}

impl Stream for Messages {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.0.poll_recv(cx)
    }
}

/// The body of a request, for carriers that want to know that it could be shared between threads.
pub struct Carried(Mutex<Body>);

impl Carried {
    /// The body of a request as a [`Caller`] makes it.
    pub fn new(body: Body) -> Carried {
        Carried(Mutex::new(body))
    }
}

impl codegen::Body for Carried {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<http_body::Frame<Bytes>, Status>>> {
        // Who holds it alone needs no lock.
        match self.get_mut().0.get_mut() {
            Ok(body) => Pin::new(body).poll_frame(cx),
            Err(_) => Poll::Ready(None),
        }
    }
}

/// Messages as they are.
#[derive(Clone, Copy)]
struct Plain;

impl Codec for Plain {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, dst: &mut EncodeBuf<'_>) -> Result<(), Status> {
        dst.reserve(item.len());
        dst.put(item);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, src: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(src.copy_to_bytes(src.remaining())))
    }
}
