//! One small harness for black-box tests: a real gateway on free ports in a directory of its own, an HTTP/1.1 client that shows
//! every byte, and an upstream that does as it is told. Tests wait on conditions, never for a time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]

pub mod acme;
mod authority;
mod client;
pub mod dns;
pub mod dubbo;
pub mod floods;
pub mod frames;
mod gateway;
pub mod grpc;
mod h2_upstream;
pub mod live;
pub mod pty;
mod reader;
pub mod scene;
pub mod terminal;
mod tls;
pub mod triple;
mod upstream;
mod websocket;

pub use authority::{Authority, Issued, Says};
pub use client::{Answer, Client, send};
pub use gateway::{Ctl, Gateway, KEY, Options, binary, free_port, mode, wait_for, whole_lines};
pub use h2_upstream::{H2Upstream, well};
pub use reader::{Reader, head};
pub use tls::Tls;
pub use upstream::{Received, Upstream};
pub use websocket::{H2Sockets, WebSocket, first, websocket_accept, ws_echo, ws_frame, ws_read, ws_upstream};
