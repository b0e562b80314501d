//! One probe: a connection, a question where there is one to ask, as much of the answer as it takes to know.
//!
//! A probe leaves nothing behind: its connection is reset at the end, or the thousands that are made in a second would each hold a
//! port for a minute (as other load balancers do it).

mod dubbo;
mod grpc;
mod http;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use gateway_engine::upstream::health::{Active, Fault, Judge, Report, Verdict};
use gateway_engine::upstream::{Node, TlsClient, server_name};
use gateway_model::resource::CheckKind;
use rustix::io::Errno;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Duration, timeout};
use tokio_rustls::TlsConnector;

/// How one node is probed: everything that does not change from one time to the next.
#[derive(Debug)]
pub struct Target {
    addr: SocketAddr,
    host: Box<str>,
    timeout: Duration,
    tls: Option<Result<Arc<TlsClient>, Box<str>>>,
    question: Question,
}

#[derive(Debug)]
enum Question {
    /// None: that there is a connection is enough.
    Connect,
    /// These bytes of HTTP/1.1.
    Http(Box<[u8]>),
    /// `grpc.health.v1.Health/Check` of this service.
    Grpc(Box<str>),
    /// These bytes of Dubbo2.
    Dubbo(Box<[u8]>),
}

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// An HTTP answer with this status; 0: what came is no HTTP.
    Status(u16),
    /// A connection, and no more was asked for.
    Connected,
    /// The service says that it is well (gRPC), or answers (Dubbo).
    Serving,
    /// It says something else.
    NotServing(Box<str>),
    /// No connection, no TLS, or it broke.
    Broken(Box<str>),
    /// Not in time.
    TooSlow,
    /// The probe was not made, for a reason of this machine's own.
    NotMade(Box<str>),
}

impl Target {
    /// How `node` is probed.
    pub fn new(active: &Active, node: &Node) -> Self {
        let host: Box<str> = active.host(node).into();
        let question = match active.kind {
            CheckKind::Http | CheckKind::Https => Question::Http(http::request(active, &host)),
            CheckKind::Grpc => Question::Grpc(active.service.clone()),
            CheckKind::Dubbo => Question::Dubbo(dubbo::request(&active.service)),
            CheckKind::Tcp => Question::Connect,
        };
        Target { addr: active.addr(node), host, timeout: active.timeout, tls: active.tls.clone(), question }
    }

    /// Probes.
    pub async fn probe(&self) -> Finding {
        // Who is both in time and late, as on a machine that had better things to do, was in time: the answer is looked for first.
        match timeout(self.timeout, self.ask()).await {
            Ok(Ok(finding)) => finding,
            Ok(Err(error)) if ours(&error) => Finding::NotMade(error.to_string().into()),
            Ok(Err(error)) => Finding::Broken(error.to_string().into()),
            Err(_) => Finding::TooSlow,
        }
    }

    async fn ask(&self) -> io::Result<Finding> {
        let tls = match &self.tls {
            None => None,
            Some(Ok(tls)) => Some(tls),
            Some(Err(why)) => return Ok(Finding::NotMade(why.clone())),
        };
        let stream = TcpStream::connect(self.addr).await?;
        stream.set_zero_linger()?;
        match tls {
            None => self.speak(stream, false).await,
            Some(tls) => {
                let name = server_name(self.host.as_bytes(), self.addr.ip());
                let connector = TlsConnector::from(Arc::clone(&tls.config));
                // Handshakes are few and large: what only waits for time to pass need not have room for one.
                let stream = Box::pin(connector.connect(name, stream)).await?;
                self.speak(stream, true).await
            }
        }
    }

    async fn speak<S>(&self, stream: S, tls: bool) -> io::Result<Finding>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        match &self.question {
            Question::Connect => Ok(Finding::Connected),
            Question::Http(request) => http::ask(stream, request).await.map(Finding::Status),
            Question::Dubbo(request) => dubbo::ask(stream, request).await,
            Question::Grpc(service) => Ok(Box::pin(grpc::ask(stream, tls, &self.host, service)).await),
        }
    }
}

impl Finding {
    /// What this says of the node.
    pub fn report(&self, judge: &Judge) -> Option<Report> {
        match self {
            Finding::Status(status) => judge.of_status(*status),
            Finding::Connected | Finding::Serving => Some(Report::Success),
            Finding::NotServing(_) => Some(Report::Failure(Fault::Http)),
            Finding::Broken(_) => Some(Report::Failure(Fault::Tcp)),
            Finding::TooSlow => Some(Report::Failure(Fault::Timeout)),
            Finding::NotMade(_) => None,
        }
    }

    /// How it counts, where `report` is what it says.
    pub fn verdict(&self, report: Option<Report>) -> Verdict {
        match report {
            Some(Report::Success) => Verdict::Success,
            Some(Report::Failure(_)) => Verdict::Failure,
            None if matches!(self, Finding::NotMade(_)) => Verdict::NotMade,
            None => Verdict::Neither,
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Finding::Status(0) => f.write_str("what came is no HTTP answer"),
            Finding::Status(status) => write!(f, "status {status}"),
            Finding::Connected => f.write_str("connected"),
            Finding::Serving => f.write_str("serving"),
            Finding::NotServing(why) | Finding::Broken(why) | Finding::NotMade(why) => f.write_str(why),
            Finding::TooSlow => f.write_str("no answer in time"),
        }
    }
}

/// Whether a connection failed for want of something that this machine should have: files, memory, ports.
fn ours(error: &io::Error) -> bool {
    const OURS: [Errno; 5] = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM, Errno::ADDRNOTAVAIL];
    error.raw_os_error().is_some_and(|code| OURS.iter().any(|errno| errno.raw_os_error() == code))
}

#[cfg(test)]
mod tests;
