//! Whole connections: whatever a client sends behind its preface, the connection ends once the client has, nothing panics, and
//! what the gateway has said is whole frames.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use gateway_engine::exchange::{Conn, Protocol};
use gateway_engine::io::Io;
use gateway_engine::plugin::Registry;
use gateway_engine::router::Mode;
use gateway_engine::settings::Settings;
use gateway_engine::snapshot::Shared;
use gateway_engine::worker::Worker;
use proptest::prelude::*;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::Arc;
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};

struct World {
    runtime: LocalRuntime,
    worker: Rc<Worker>,
    listener: TcpListener,
}

impl World {
    fn new() -> World {
        let shared =
            Shared::new(Settings::default(), Arc::new(Registry::new(Vec::new(), Default::default())), Mode::HostUri);
        World {
            runtime: Builder::new_current_thread().enable_all().build_local(LocalOptions::default()).unwrap(),
            worker: Worker::new(0, shared),
            listener: TcpListener::bind("127.0.0.1:0").unwrap(),
        }
    }

    /// Sends all of this and no more; gives what the gateway said, unless it reset the connection.
    fn serve(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut client = TcpStream::connect(self.listener.local_addr().unwrap()).unwrap();
        let (server, peer) = self.listener.accept().unwrap();
        server.set_nonblocking(true).unwrap();
        client.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
        client.write_all(bytes).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        self.runtime.block_on(async {
            let local = server.local_addr().unwrap();
            let stream = tokio::net::TcpStream::from_std(server).unwrap();
            let conn = Conn::new(Rc::clone(&self.worker), peer, local, Protocol::Http2, false);
            gateway_http2::serve(Io::tcp(stream), None, conn).await;
            // The streams' tasks see that their connection has ended.
            tokio::task::yield_now().await;
        });
        let mut said = Vec::new();
        client.read_to_end(&mut said).ok().map(|_| said)
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    out.extend([kind, flags]);
    out.extend(stream.to_be_bytes());
    out.extend(payload);
    out
}

/// Kinds of the frames in `said`, all whole.
fn kinds(said: &[u8]) -> Vec<(u8, u32)> {
    let (mut rest, mut kinds) = (said, Vec::new());
    while let Some((head, after)) = rest.split_first_chunk::<9>() {
        let len = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        kinds.push((head[3], u32::from_be_bytes([head[5], head[6], head[7], head[8]])));
        rest = after.get(len..).expect("a whole frame");
    }
    assert!(rest.is_empty(), "half a frame");
    kinds
}

/// `GET http://a/`, as entries of the table and literals.
const GET: &[u8] = &[0x82, 0x86, 0x84, 0x41, 1, b'a'];

#[test]
fn a_request_without_a_route_is_answered() {
    let world = World::new();
    let said = world.serve(&[frame(4, 0, 0, &[]), frame(4, 1, 0, &[]), frame(1, 5, 1, GET)].concat()).unwrap();
    let kinds = kinds(&said);
    assert!(kinds.contains(&(4, 0)), "settings");
    assert_eq!(world.worker.counters.active.get(), 0);
    assert_eq!(world.worker.counters.waiting.get(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_the_connection_ends_in_good_order(
        frames in proptest::collection::vec(
            (0u8..11, any::<u8>(), 0u32..12, prop_oneof![
                Just(GET.to_vec()),
                Just(vec![0, 0, 0, 1]),
                Just(vec![0; 8]),
                proptest::collection::vec(any::<u8>(), 0..40),
            ]),
            0..30,
        ),
        cut in 0usize..40,
    ) {
        let world = World::new();
        let mut bytes = frame(4, 0, 0, &[]);
        for (kind, flags, stream, payload) in &frames {
            bytes.extend(frame(*kind, *flags, *stream, payload));
        }
        bytes.truncate(bytes.len().saturating_sub(cut));
        if let Some(said) = world.serve(&bytes) {
            kinds(&said);
        }
        prop_assert_eq!(world.worker.counters.active.get(), 0);
        prop_assert_eq!(world.worker.counters.waiting.get(), 0);
        prop_assert_eq!(gateway_engine::pipeline::panics(), 0);
    }
}
