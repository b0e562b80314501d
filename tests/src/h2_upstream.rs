//! An upstream that speaks HTTP/2 frame by frame, so that it can also speak it badly.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use crate::frames::{END_HEADERS, END_STREAM, H2, PREFACE, block, kind};

/// Listens, and plays a script for each request.
pub struct H2Upstream {
    /// Where it listens.
    pub addr: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    connections: AtomicUsize,
    open: AtomicUsize,
    requests: AtomicUsize,
    ended: AtomicBool,
}

impl H2Upstream {
    /// `script` gets the connection, its number (from 0), and the stream whose head has come. What the gateway says later is
    /// read, and nothing more done about it.
    pub fn new(script: impl Fn(&mut H2, usize, u32) + Send + Sync + 'static) -> H2Upstream {
        H2Upstream::greeting(&[], script)
    }

    /// The same with these settings.
    pub fn greeting(
        settings: &[(u16, u32)],
        script: impl Fn(&mut H2, usize, u32) + Send + Sync + 'static,
    ) -> H2Upstream {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let addr = listener.local_addr().expect("an address");
        let (state, script, settings) = (Arc::<State>::default(), Arc::new(script), settings.to_vec());
        let upstream = H2Upstream { addr, state: Arc::clone(&state) };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if state.ended.load(Ordering::Acquire) {
                    return;
                }
                let number = state.connections.fetch_add(1, Ordering::AcqRel);
                let (state, script, settings) = (Arc::clone(&state), Arc::clone(&script), settings.clone());
                thread::spawn(move || {
                    state.open.fetch_add(1, Ordering::AcqRel);
                    serve(H2::accepted(stream, &settings), number, &state.requests, &*script);
                    state.open.fetch_sub(1, Ordering::AcqRel);
                });
            }
        });
        upstream
    }

    /// Connections so far.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::Acquire)
    }

    /// Connections that have not ended.
    pub fn open(&self) -> usize {
        self.state.open.load(Ordering::Acquire)
    }

    /// Requests so far.
    pub fn requests(&self) -> usize {
        self.state.requests.load(Ordering::Acquire)
    }

    /// As a node of an upstream object.
    pub fn node(&self) -> String {
        self.addr.to_string()
    }
}

impl Drop for H2Upstream {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::Release);
        let _ = std::net::TcpStream::connect(self.addr);
    }
}

fn serve(mut peer: H2, number: usize, requests: &AtomicUsize, script: &(impl Fn(&mut H2, usize, u32) + ?Sized)) {
    let mut preface = [0; PREFACE.len()];
    if peer.socket().read_exact(&mut preface).is_err() {
        return;
    }
    while let Some(frame) = peer.next_frame() {
        if frame.kind == kind::HEADERS && peer.heads.insert(frame.stream) {
            requests.fetch_add(1, Ordering::AcqRel);
            script(&mut peer, number, frame.stream);
        }
    }
}

/// Answers a stream as one of good will does.
pub fn well(peer: &mut H2, stream: u32) {
    peer.send(kind::HEADERS, END_HEADERS, stream, &block(&[(":status", "200"), ("content-length", "2")]));
    peer.send(kind::DATA, END_STREAM, stream, b"ok");
}
