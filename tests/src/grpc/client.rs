//! The client.

use std::net::SocketAddr;

use bytes::Bytes;
use h2::{Reason, SendStream, client};
use http::{HeaderMap, HeaderName, Request};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use super::messages::{Messages, send, send_compressed};
use super::runtime;

/// What a caller got.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The head's fields.
    pub headers: HeaderMap,
    /// The messages.
    pub messages: Vec<Bytes>,
    /// The trailers; of an answer that is a head alone there are none.
    pub trailers: Option<HeaderMap>,
    /// The stream was reset before it was whole.
    pub reset: Option<Reason>,
}

impl Reply {
    /// The call's status, wherever it stood.
    pub fn grpc(&self) -> Option<&str> {
        self.field("grpc-status")
    }

    /// The message of the status.
    pub fn message(&self) -> Option<&str> {
        self.field("grpc-message")
    }

    /// A field of the trailers, or of the head.
    pub fn field(&self, name: &str) -> Option<&str> {
        let trailers = self.trailers.as_ref().and_then(|t| t.get(name));
        trailers.or_else(|| self.headers.get(name)).and_then(|v| v.to_str().ok())
    }
}

/// A client on one connection.
pub struct GrpcClient {
    sender: client::SendRequest<Bytes>,
    authority: String,
    runtime: Runtime,
}

impl GrpcClient {
    /// Connects, with prior knowledge.
    pub fn connect(addr: SocketAddr) -> GrpcClient {
        let runtime = runtime();
        let sender = runtime.block_on(async {
            let stream = TcpStream::connect(addr).await.expect("somebody listens");
            let _ = stream.set_nodelay(true);
            let (sender, connection) = client::handshake(stream).await.expect("HTTP/2");
            tokio::spawn(connection);
            sender.ready().await.expect("room for a stream")
        });
        GrpcClient { sender, authority: addr.to_string(), runtime }
    }

    /// A call with these messages, to its end.
    pub fn call(&mut self, path: &str, headers: &[(&str, &str)], messages: &[&[u8]]) -> Reply {
        let mut call = self.open(path, headers);
        for message in messages {
            if !call.send(message) {
                break;
            }
        }
        call.close();
        call.finish()
    }

    /// Begins a call.
    pub fn open(&mut self, path: &str, headers: &[(&str, &str)]) -> Call<'_> {
        let uri = format!("http://{}{path}", self.authority);
        let mut request = Request::post(uri).header("content-type", "application/grpc").header("te", "trailers");
        for (name, value) in headers {
            if *name == "content-type" {
                request.headers_mut().expect("a head").remove("content-type");
            }
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            request = request.header(name, *value);
        }
        let request = request.body(()).expect("a request");
        let GrpcClient { sender, runtime, .. } = self;
        let (answer, out) = runtime
            .block_on(async { sender.clone().ready().await.expect("room").send_request(request, false) })
            .expect("a stream");
        Call { answer: Some(answer), out, head: None, messages: None, runtime }
    }

    /// Many calls of one message at a time, and their statuses in the order of the calls.
    pub fn many(&mut self, path: &str, count: usize, message: &[u8]) -> Vec<String> {
        let (sender, authority) = (self.sender.clone(), self.authority.clone());
        let (path, message) = (path.to_owned(), message.to_vec());
        self.runtime.block_on(async move {
            let calls: Vec<_> = (0..count)
                .map(|_| {
                    let request = Request::post(format!("http://{authority}{path}"))
                        .header("content-type", "application/grpc")
                        .header("te", "trailers")
                        .body(())
                        .expect("a request");
                    let (sender, message) = (sender.clone(), message.clone());
                    tokio::spawn(async move {
                        let mut sender = sender.ready().await.map_err(|e| e.to_string())?;
                        let (answer, mut out) = sender.send_request(request, false).map_err(|e| e.to_string())?;
                        send(&mut out, &message).await.ok_or("the request was cut")?;
                        let _ = out.send_data(Bytes::new(), true);
                        let (head, body) = answer.await.map_err(|e| e.to_string())?.into_parts();
                        if let Some(status) = head.headers.get("grpc-status") {
                            return Ok(status.to_str().unwrap_or_default().to_owned());
                        }
                        let mut messages = Messages::new(body);
                        while messages.next().await.is_some() {}
                        let trailers = messages.body.trailers().await.map_err(|e| e.to_string())?;
                        let status = trailers.as_ref().and_then(|t| t.get("grpc-status"));
                        Ok::<_, String>(status.map_or("none".into(), |s| s.to_str().unwrap_or_default().to_owned()))
                    })
                })
                .collect();
            let mut all = Vec::new();
            for call in calls {
                all.push(call.await.expect("a task").unwrap_or_else(|error| error));
            }
            all
        })
    }
}

/// A call that goes on.
pub struct Call<'c> {
    answer: Option<client::ResponseFuture>,
    out: SendStream<Bytes>,
    head: Option<http::response::Parts>,
    messages: Option<Messages>,
    runtime: &'c Runtime,
}

impl Call<'_> {
    /// Sends a message; `false`: the other side takes no more.
    pub fn send(&mut self, message: &[u8]) -> bool {
        self.runtime.block_on(send(&mut self.out, message)).is_some()
    }

    /// Sends a message that says it is compressed.
    pub fn send_compressed(&mut self, message: &[u8]) -> bool {
        self.runtime.block_on(send_compressed(&mut self.out, message)).is_some()
    }

    /// Nothing more will be sent.
    pub fn close(&mut self) {
        let _entered = self.runtime.enter();
        let _ = self.out.send_data(Bytes::new(), true);
    }

    /// Resets the call.
    pub fn cancel(mut self) {
        self.out.send_reset(Reason::CANCEL);
        // The connection's task has to be given a turn.
        self.runtime.block_on(tokio::task::yield_now());
    }

    /// The next message of the answer.
    pub fn message(&mut self) -> Option<Bytes> {
        if let Some(answer) = self.answer.take() {
            let (head, body) = self.runtime.block_on(answer).ok()?.into_parts();
            self.head = Some(head);
            self.messages = Some(Messages::new(body));
        }
        self.runtime.block_on(self.messages.as_mut()?.next())
    }

    /// The rest of the answer.
    pub fn finish(mut self) -> Reply {
        let mut messages = Vec::new();
        if let Some(answer) = self.answer.take() {
            match self.runtime.block_on(answer) {
                Ok(response) => {
                    let (head, body) = response.into_parts();
                    self.head = Some(head);
                    self.messages = Some(Messages::new(body));
                }
                Err(error) => {
                    return Reply {
                        status: 0,
                        headers: HeaderMap::new(),
                        messages,
                        trailers: None,
                        reset: Some(error.reason().unwrap_or(Reason::INTERNAL_ERROR)),
                    };
                }
            }
        }
        let (Some(head), Some(mut rest)) = (self.head.take(), self.messages.take()) else {
            panic!("the call was finished already");
        };
        let (trailers, reset) = self.runtime.block_on(async {
            while let Some(message) = rest.next().await {
                messages.push(message);
            }
            match rest.body.trailers().await {
                Ok(trailers) => (trailers, None),
                Err(error) => (None, error.reason()),
            }
        });
        let reset = if rest.broken { reset.or(Some(Reason::INTERNAL_ERROR)) } else { reset };
        Reply { status: head.status.as_u16(), headers: head.headers, messages, trailers, reset }
    }
}
