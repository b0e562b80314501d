//! The tool as a person or a script sees it: arguments in, two streams and an exit code out, against a small Admin API.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what cannot be set up fails the test")]

mod alias;
mod api;
mod apply;
mod bench;
mod certs;
mod completion;
mod config;
mod config_files;
mod consumers;
mod context;
mod contexts;
mod convert;
mod delete;
mod describe;
mod discovery;
mod doctor;
mod dubbo;
mod events;
mod explain;
mod fake;
mod formats;
mod generated;
mod get;
mod global;
mod grpc;
mod health;
mod help;
mod import;
mod logs;
mod metrics;
mod ping;
mod plugins;
mod scene;
mod secrets;
mod status;
mod testing;
mod tls;
mod trace;
mod traffic;
mod tree;
mod version;
mod wait;
mod watch;
mod write;
