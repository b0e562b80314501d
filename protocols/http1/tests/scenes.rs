//! Scenes on real sockets: a client, the gateway's two sides of HTTP/1.1 with the pipeline between them, an origin.

mod scenes {
    pub(crate) mod world;

    mod framing;
    mod hostile;
    mod life;
    mod relay;
}
