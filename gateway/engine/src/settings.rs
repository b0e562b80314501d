//! What the static configuration says about the way of a request: limits, timeouts, trust. Read by every worker, replaced as a
//! whole when the process re-reads its configuration.

use std::time::Duration;

use crate::cidr::IpSet;
use crate::headers::HeaderName;

/// The settings of one version of the static configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Bounds on what clients and upstreams may send.
    pub limits: Limits,
    /// How long each thing may take.
    pub timeouts: Timeouts,
    /// How paths are normalised before they are matched (`apisix.delete_uri_tail_slash` and its neighbours).
    pub path: crate::path::Options,
    /// `apisix.trusted_addresses`: peers whose own `X-Forwarded-*` are kept. `None`: not configured.
    pub trusted_addresses: Option<IpSet>,
    /// `nginx_config.http.real_ip_*`. `None`: not configured.
    pub real_ip: Option<RealIp>,
    /// `apisix.enable_server_tokens`: whether proxied answers name the gateway in `Server`.
    pub server_tokens: bool,
    /// `apisix.show_upstream_status_in_response_header`.
    pub show_upstream_status: bool,
    /// `nginx_config.http.underscores_in_headers`: `false` drops fields whose name holds `_`.
    pub underscores_in_headers: bool,
    /// Most requests one upstream connection serves before it is replaced (`nginx_config.http.upstream.keepalive_requests`).
    pub upstream_keepalive_requests: u32,
    /// Idle upstream connections kept a node and worker (`nginx_config.http.upstream.keepalive`).
    pub upstream_keepalive: usize,
    /// How long an idle upstream connection is kept (`nginx_config.http.upstream.keepalive_timeout`).
    pub upstream_keepalive_timeout: Duration,
    /// Largest body a condition or plugin reads for `post_arg` variables, in bytes (`apisix.max_post_args_readable_size`).
    pub max_post_args_bytes: usize,
    /// Largest GraphQL document or body that conditions look into, in bytes (`graphql.max_size`).
    pub graphql_bytes: usize,
}

/// Peers that may name another client address than their own, and where they do.
#[derive(Debug, Clone)]
pub struct RealIp {
    /// The peers.
    pub from: IpSet,
    /// The field that names it: an address, or a list of which the last one counts.
    pub header: HeaderName,
    /// Addresses of the list that are themselves of these peers are passed over, from the right.
    pub recursive: bool,
}

/// Bounds on messages (`gateway.limits.*`; `reference/hardening` §1, §2, §4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest request line, in bytes; beyond: 414.
    pub request_line_bytes: usize,
    /// Longest single header field, in bytes; beyond: 431.
    pub header_field_bytes: usize,
    /// Longest request head, in bytes; beyond: 431.
    pub header_bytes: usize,
    /// Most header fields of a request; beyond: 431.
    pub header_count: usize,
    /// Longest request body, in bytes, 0 = unlimited (`nginx_config.http.client_max_body_size`); beyond: 413.
    pub body_bytes: u64,
    /// Most parameters of a query that variables and plugins read.
    pub query_parameters: usize,
    /// Longest gRPC message that a plugin takes apart or makes, in bytes.
    pub grpc_message_bytes: usize,
    /// Most requests on one HTTP/1.1 connection; the last answer says `Connection: close`.
    pub requests_per_connection: u64,
    /// Longest head of an upstream's answer, in bytes; beyond: 502.
    pub upstream_header_bytes: usize,
    /// Most fields of an upstream's answer; beyond: 502.
    pub upstream_header_count: usize,
    /// Unread rest of a request body that is read and thrown away to keep a connection, in bytes.
    pub drain_bytes: u64,
    /// Least average rate of a request body over [`Limits::body_rate_window`], in bytes a second; 0 = none.
    pub body_min_rate: u64,
    /// Window of [`Limits::body_min_rate`].
    pub body_rate_window: Duration,
    /// Most client connections of this process; 0 = by the limit on open files.
    pub connections: usize,
    /// Most client connections of one address; 0 = unlimited.
    pub connections_per_ip: usize,
    /// Share of the connections there may be from which on idle ones are kept for [`Limits::busy_keepalive`] only, in percent.
    pub busy_percent: u8,
    /// How long an idle client connection is kept then.
    pub busy_keepalive: Duration,
    /// Most 1xx answers of an upstream before its final one; beyond: 502.
    pub upstream_interim_responses: usize,
    /// Largest part of a request body kept for a retry, in bytes.
    pub replay_bytes: usize,
    /// Bounds of an HTTP/2 connection.
    pub http2: Http2,
    /// Bounds of a WebSocket.
    pub websocket: WebSocket,
    /// Bounds of a Dubbo connection.
    pub dubbo: Dubbo,
}

/// Bounds of one WebSocket (`gateway.limits.websocket_*`). New ones go by new values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WebSocket {
    /// Without a byte either way for so long it is closed, in milliseconds; 0: by the read timeout of its route.
    pub idle_ms: u64,
    /// A side that is silent for so long is asked whether it is there, in milliseconds; 0: it is not.
    pub ping_ms: u64,
    /// Longest message, in bytes as it is sent; 0: any.
    pub message_bytes: u64,
}

/// Bounds of one Dubbo connection, to either side (`gateway.limits.dubbo_*`). New connections go by new values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dubbo {
    /// Longest body of a frame, in bytes.
    pub payload_bytes: u32,
    /// Most calls of one consumer's connection that wait for their answers; more are refused.
    pub pending: u32,
    /// Bytes that wait to be sent on one connection; then nothing more is read for it.
    pub queue_bytes: usize,
    /// A peer that is silent for so long is asked whether it is there (a heartbeat), in milliseconds; three times as long, and the
    /// connection is given up.
    pub heartbeat_ms: u64,
    /// Longest wait for the rest of a frame, in milliseconds.
    pub frame_ms: u64,
    /// Lists, maps and objects within each other in what is read of a call.
    pub depth: u32,
    /// Frames read before others have their turn.
    pub turn_frames: u32,
}

impl Default for Dubbo {
    fn default() -> Self {
        Dubbo {
            payload_bytes: 8 << 20,
            pending: 1024,
            queue_bytes: 1 << 20,
            heartbeat_ms: 60_000,
            frame_ms: 30_000,
            depth: 1024,
            turn_frames: 256,
        }
    }
}

/// Bounds of one HTTP/2 connection (`gateway.limits.http2_*`; `reference/hardening` §3). New connections go by new values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Http2 {
    /// Most streams at once.
    pub streams: u32,
    /// Requests of one connection with which its client is told to open another.
    pub requests: u64,
    /// Most streams beyond those that are refused before the connection is ended.
    pub refused_streams: u32,
    /// Bytes of a body the client may send before the gateway has taken any.
    pub stream_window: u32,
    /// The same over all streams.
    pub connection_window: u32,
    /// Bytes of answers that wait to be sent on one connection; then no upstream is read for it.
    pub queue_bytes: usize,
    /// Size of the table of known fields, in bytes.
    pub header_table_bytes: u32,
    /// Resets of streams that have no answer, in one window.
    pub resets: u32,
    /// Of the streams of that window, so many in a hundred more.
    pub resets_percent: u8,
    /// The window, in milliseconds.
    pub resets_ms: u64,
    /// Most CONTINUATION frames of a field block.
    pub continuations: u32,
    /// Longest field block, compressed, in bytes.
    pub block_bytes: u32,
    /// Longest wait for its end, in milliseconds.
    pub block_ms: u64,
    /// Control frames in ten seconds.
    pub control_frames: u32,
    /// Control frames at once.
    pub control_burst: u32,
    /// Frames that nobody sends in earnest, in ten seconds.
    pub glitches: u32,
    /// Longest wait for the preface and for the acknowledgement of the settings, in milliseconds.
    pub settings_ms: u64,
    /// Frames read before others have their turn.
    pub turn_frames: u32,
    /// Bytes read before others have their turn.
    pub turn_bytes: usize,
}

impl Default for Http2 {
    fn default() -> Self {
        Http2 {
            streams: 128,
            requests: 1_000_000,
            refused_streams: 1000,
            stream_window: 64 << 10,
            connection_window: 1 << 20,
            queue_bytes: 1 << 20,
            header_table_bytes: 4 << 10,
            resets: 100,
            resets_percent: 10,
            resets_ms: 30_000,
            continuations: 5,
            block_bytes: 32 << 10,
            block_ms: 5_000,
            control_frames: 1000,
            control_burst: 2000,
            glitches: 100,
            settings_ms: 10_000,
            turn_frames: 256,
            turn_bytes: 64 << 10,
        }
    }
}

/// How long each thing may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    /// A whole request head, from its first byte (`client_header_timeout`).
    pub client_header: Duration,
    /// Between two reads of a request body (`client_body_timeout`).
    pub client_body: Duration,
    /// A PROXY protocol header, where a listener expects one.
    pub proxy_protocol: Duration,
    /// Agreeing on TLS, from the first byte to the last.
    pub tls_handshake: Duration,
    /// Pause of a listener that ran out of open files.
    pub accept_backoff: Duration,
    /// Without progress while an answer is written (`send_timeout`).
    pub send: Duration,
    /// An idle client connection (`keepalive_timeout`).
    pub keepalive: Duration,
    /// Opening an upstream connection, where the upstream and route say nothing.
    pub upstream_connect: Duration,
    /// Between two writes to an upstream, likewise.
    pub upstream_send: Duration,
    /// Between two reads from an upstream, likewise.
    pub upstream_read: Duration,
    /// Draining an unread request body.
    pub drain: Duration,
    /// How long requests in flight are waited for at a shutdown (`nginx_config.worker_shutdown_timeout`).
    pub shutdown: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            path: crate::path::Options::default(),
            trusted_addresses: None,
            real_ip: None,
            server_tokens: true,
            show_upstream_status: false,
            underscores_in_headers: true,
            upstream_keepalive_requests: 1000,
            upstream_keepalive: 320,
            upstream_keepalive_timeout: Duration::from_secs(60),
            max_post_args_bytes: 64 << 20,
            graphql_bytes: 1 << 20,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            request_line_bytes: 8 << 10,
            header_field_bytes: 8 << 10,
            header_bytes: 32 << 10,
            header_count: 100,
            body_bytes: 0,
            query_parameters: 100,
            grpc_message_bytes: 4 << 20,
            requests_per_connection: 1000,
            upstream_header_bytes: 64 << 10,
            upstream_header_count: 1000,
            drain_bytes: 64 << 10,
            body_min_rate: 240,
            body_rate_window: Duration::from_secs(30),
            connections: 0,
            connections_per_ip: 0,
            busy_percent: 80,
            busy_keepalive: Duration::from_secs(5),
            upstream_interim_responses: 8,
            replay_bytes: 64 << 10,
            http2: Http2::default(),
            websocket: WebSocket::default(),
            dubbo: Dubbo::default(),
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Timeouts {
            client_header: Duration::from_secs(10),
            client_body: minute,
            proxy_protocol: Duration::from_secs(10),
            tls_handshake: Duration::from_secs(10),
            accept_backoff: Duration::from_millis(100),
            send: Duration::from_secs(10),
            keepalive: minute,
            upstream_connect: minute,
            upstream_send: minute,
            upstream_read: minute,
            drain: Duration::from_secs(1),
            shutdown: Duration::from_secs(30),
        }
    }
}
