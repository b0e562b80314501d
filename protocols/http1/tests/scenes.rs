//! Scenes on real sockets: a client, the gateway's two sides of HTTP/1.1 with the pipeline between them, an origin.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod scenes {
    pub(crate) mod world;

    mod framing;
    mod hostile;
    mod life;
    mod relay;
}
