//! A whole HTTP/2 connection: whatever a client sends behind its preface, the connection ends once the client has, nothing panics,
//! and what the gateway has said is whole frames.
#![no_main]

use gateway_engine::exchange::{Conn, Protocol};
use gateway_engine::io::Io;
use gateway_engine::worker::Worker;
use libfuzzer_sys::fuzz_target;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::rc::Rc;
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};

struct World {
    runtime: LocalRuntime,
    worker: Rc<Worker>,
    listener: TcpListener,
}

thread_local! {
    static WORLD: World = {
        World {
            runtime: Builder::new_current_thread().enable_all().build_local(LocalOptions::default()).expect("a runtime"),
            worker: gateway_fuzz::http2::worker(),
            listener: TcpListener::bind("127.0.0.1:0").expect("a port"),
        }
    };
}

fuzz_target!(|data: &[u8]| {
    if data.len() > 64 << 10 {
        return;
    }
    WORLD.with(|world| {
        let mut client = TcpStream::connect(world.listener.local_addr().expect("an address")).expect("a connection");
        let (server, _) = world.listener.accept().expect("a connection");
        server.set_nonblocking(true).expect("a socket");
        client.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").expect("room");
        client.write_all(data).expect("room");
        client.shutdown(Shutdown::Write).expect("a connection");
        let panics = gateway_engine::pipeline::panics();
        world.runtime.block_on(async {
            let (peer, local) = (server.peer_addr().expect("an address"), server.local_addr().expect("an address"));
            let stream = tokio::net::TcpStream::from_std(server).expect("a socket");
            let conn = Conn::new(Rc::clone(&world.worker), peer, local, Protocol::Http2, false);
            gateway_http2::serve(Io::tcp(stream), None, conn).await;
            // The streams' tasks see that their connection has ended.
            tokio::task::yield_now().await;
        });
        assert_eq!(gateway_engine::pipeline::panics(), panics, "a panic");
        assert_eq!(world.worker.counters.active.get(), 0);
        let mut said = Vec::new();
        if client.read_to_end(&mut said).is_err() {
            // Reset, since more was sent than was read.
            return;
        }
        let mut rest = &said[..];
        while let Some((head, after)) = rest.split_first_chunk::<9>() {
            let len = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
            rest = after.get(len..).expect("a whole frame");
        }
        assert!(rest.is_empty(), "half a frame");
    });
});
