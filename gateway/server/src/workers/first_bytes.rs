//! Listeners of Dubbo2, and those on which the first bytes of a connection say what it speaks.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use gateway_dubbo_codec::detect::{DECISIVE, Opening, detect};
use gateway_engine::exchange::{Conn, Protocol};
use gateway_engine::io::Io;
use gateway_engine::worker::Worker;
use tokio::net::TcpStream;

use super::accept::{self, Spoken};
use super::secure;
use crate::config::Speaks;

/// How soon a connection is looked at again that has said too little.
const AGAIN: Duration = Duration::from_millis(20);

/// Serves one client connection to its end.
pub(super) async fn serve(worker: Rc<Worker>, stream: TcpStream, peer: SocketAddr, spoken: Spoken) {
    let opening = match spoken.speaks {
        Speaks::Any => Box::pin(opening(&worker, &stream)).await,
        Speaks::Dubbo | Speaks::Http => Opening::Dubbo2,
    };
    match opening {
        Opening::Dubbo2 => dubbo(worker, Io::tcp(stream)).await,
        Opening::Tls => Box::pin(secure::serve(worker, stream, peer, spoken)).await,
        Opening::Http1 | Opening::Http2 => {
            let served = gateway_http1::serve(Rc::clone(&worker), Io::tcp(stream), false, true);
            if let Some(preface) = Box::pin(served).await {
                Box::pin(accept::http2(worker, *preface)).await;
            }
        }
        Opening::Partial | Opening::Unknown => {
            worker.counters.refused.add(1);
            tracing::debug!(client = %peer, "a connection begins with none of Dubbo2, HTTP and TLS");
        }
    }
}

/// Serves a consumer of Dubbo2.
pub(super) async fn dubbo(worker: Rc<Worker>, io: Io) {
    let Some(conn) = Conn::over(worker, &io, Protocol::Dubbo) else { return };
    Box::pin(gateway_dubbo::serve(io, None, conn)).await;
}

/// What the first bytes say. They stay in the socket for whoever is to read them.
async fn opening(worker: &Worker, stream: &TcpStream) -> Opening {
    let _open = secure::Open::new(worker);
    let within = worker.with_settings(|s| s.timeouts.client_header);
    let look = async {
        let mut start = [0; DECISIVE];
        let mut seen = 0;
        loop {
            let n = stream.peek(&mut start).await.unwrap_or(0);
            match detect(start.get(..n).unwrap_or_default()) {
                // The peer has closed, or there is nothing to wait for.
                Opening::Partial if n == 0 || n == start.len() => return Opening::Unknown,
                Opening::Partial => {}
                opening => return opening,
            }
            if n == seen {
                // The bytes are still there, so the socket would say at once that there is something to read.
                tokio::time::sleep(AGAIN).await;
            }
            seen = n;
        }
    };
    tokio::time::timeout(within, look).await.unwrap_or(Opening::Unknown)
}
