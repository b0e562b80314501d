//! `gateway.limits.*`: every bound on what clients, upstreams and administrators may send, in one table. The table makes the
//! struct, the keys of the file and their page in the reference, so that none of the three can drift.

use std::time::Duration;

use super::keys::{Key, Kind, Reload, State};
use super::values::Values;

macro_rules! limits {
    ($($name:ident : $kind:ident $([$($state:tt)+])? = $default:literal, $low:literal ..= $high:literal, $doc:literal;)*) => {
        /// The bounds, by their names under `gateway.limits`.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Limits {
            $(#[doc = $doc] pub $name: limits!(@type $kind),)*
        }

        impl Limits {
            pub(super) fn read(values: &Values<'_>) -> Limits {
                Limits { $($name: limits!(@read $kind, values, concat!("gateway.limits.", stringify!($name))),)* }
            }
        }

        /// The keys under `gateway.limits`.
        pub(super) const KEYS: &[Key] = &[
            $(Key {
                path: concat!("gateway.limits.", stringify!($name)),
                kind: limits!(@kind $kind, $low, $high),
                default: stringify!($default),
                doc: $doc,
                reload: limits!(@reload $name),
                state: limits!(@state $($($state)+)?),
            },)*
        ];
    };
    (@type bytes) => { usize };
    (@type count) => { usize };
    (@type percent) => { u8 };
    (@type ms) => { Duration };
    (@kind bytes, $low:literal, $high:literal) => { Kind::Size { min: $low, max: $high } };
    (@kind count, $low:literal, $high:literal) => { Kind::Int { min: $low, max: $high } };
    (@kind percent, $low:literal, $high:literal) => { Kind::Percent { min: $low, max: $high } };
    (@kind ms, $low:literal, $high:literal) => { Kind::Millis { min: $low, max: $high } };
    (@read bytes, $v:expr, $key:expr) => { $v.size($key) };
    (@read count, $v:expr, $key:expr) => { $v.count($key) };
    (@read percent, $v:expr, $key:expr) => { $v.percent($key) };
    (@read ms, $v:expr, $key:expr) => { $v.duration($key) };
    (@state) => { State::Built };
    (@state fixed) => { State::Fixed };
    (@state later $part:literal) => { State::Later($part) };
    (@reload connections) => { Reload::Restart };
    (@reload fd_reserve) => { Reload::Restart };
    (@reload memory_bytes) => { Reload::Restart };
    (@reload memory_soft) => { Reload::Restart };
    (@reload memory_hard) => { Reload::Restart };
    (@reload admin_body_bytes) => { Reload::Restart };
    (@reload admin_connections) => { Reload::Restart };
    (@reload admin_wrong_keys) => { Reload::Restart };
    (@reload admin_lockout_ms) => { Reload::Restart };
    (@reload health_checks) => { Reload::Restart };
    (@reload $name:ident) => { Reload::Live };
}

limits! {
    request_line_bytes: bytes = 8192, 256..=32768, "Longest request line; a longer one is answered 414.";
    header_field_bytes: bytes = 8192, 256..=32768, "Longest single header field of a request; a longer one is answered 431.";
    header_bytes: bytes = 32768, 1024..=65536, "Longest request head; a longer one is answered 431. Holds for trailers too.";
    header_count: count = 100, 10..=1000, "Most header fields of a request; more are answered 431. Holds for trailers too.";
    method_bytes: bytes [fixed] = 32, 7..=256, "Longest request method; a longer one is answered 400.";
    connection_tokens: count [fixed] = 32, 1..=1000, "Most names in a request's `Connection` field; more are answered 400.";
    chunk_line_bytes: bytes [fixed] = 4096, 32..=32768, "Longest line before a chunk, extensions included; a longer one is answered 400.";
    chunk_extension_bytes: bytes [fixed] = 16384, 0..=1048576, "Most bytes of chunk extensions in one message; more are answered 400.";
    query_parameters: count = 100, 1..=10000, "Most query parameters that variables read; what follows is passed on unread.";
    grpc_message_bytes: bytes = 4194304, 1024..=1073741824, "Longest gRPC message that a plugin makes or takes apart; a longer request is answered 413, a longer answer 502.";
    range_parts: count [later "the plugin proxy-cache"] = 16, 1..=1000, "Most parts of a `Range` field; with more the field is ignored.";
    requests_per_connection: count = 1000, 1..=1000000000, "Most requests on one HTTP/1.1 connection; the last answer says `Connection: close`.";
    connections: count = 0, 0..=10000000, "Most client connections of the process; 0 = half of what the limit on open files leaves after `fd_reserve` and the files in use, for each may need a second one to its upstream.";
    connections_per_ip: count = 0, 0..=10000000, "Most client connections of one address; 0 = unlimited. 1000 is a good value where clients are not behind one proxy.";
    fd_reserve: percent = 20, 1..=90, "Share of the open files that client connections and those to upstreams may not use; not less than `admin_connections`, as far as that is at most a quarter.";
    busy: percent = 80, 10..=100, "Share of `connections` from which on idle connections are kept only for `busy_keepalive_ms`.";
    busy_keepalive_ms: ms = 5000, 100..=3600000, "How long an idle client connection is kept while the gateway is busy.";
    accept_backoff_ms: ms = 100, 1..=10000, "Pause of a listener after it ran out of open files.";
    tls_handshake_ms: ms = 10000, 100..=600000, "Longest TLS handshake; then the connection is closed.";
    proxy_protocol_ms: ms = 10000, 100..=600000, "Longest wait for a PROXY protocol header; then the connection is closed.";
    body_min_rate: bytes = 240, 0..=1073741824, "Least average rate of a request body over `body_rate_window_ms`, in bytes a second; 0 = none. Slower bodies are answered 408.";
    body_rate_window_ms: ms = 30000, 1000..=3600000, "Window over which `body_min_rate` is averaged.";
    drain_bytes: bytes = 65536, 0..=16777216, "Most bytes of an unread request body that are read and thrown away to keep the connection.";
    drain_ms: ms = 1000, 0..=60000, "How long that may take.";
    buffer_bytes: bytes [fixed] = 65536, 4096..=1048576, "Most bytes waiting in each direction of one request; then its sender is not read.";
    replay_bytes: bytes = 65536, 0..=16777216, "Largest part of a request body that is kept so that the request can be tried on another node.";
    upstream_header_bytes: bytes = 65536, 1024..=65536, "Longest head of an upstream's answer; a longer one is answered 502.";
    upstream_header_count: count = 1000, 10..=10000, "Most fields of an upstream's answer; more are answered 502.";
    upstream_interim_responses: count = 8, 0..=100, "Most 1xx answers before the final one; more are answered 502.";
    http2_streams: count = 128, 1..=10000, "Most streams at once on one HTTP/2 connection; announced, and more are refused.";
    http2_requests: count = 1000000, 1..=1000000000, "Requests of one HTTP/2 connection with which its client is told to open another (GOAWAY); those in flight finish.";
    http2_refused_streams: count = 1000, 1..=1000000, "Streams beyond `http2_streams` that are refused before the connection is ended.";
    http2_stream_window_bytes: bytes = 65536, 65536..=16777216, "Bytes of a request body that a client may send on an HTTP/2 stream before the gateway takes any.";
    http2_connection_window_bytes: bytes = 1048576, 65536..=1073741824, "The same over all streams of a connection.";
    http2_queue_bytes: bytes = 1048576, 65536..=1073741824, "Bytes of answers that wait on one HTTP/2 connection; then no upstream is read for it.";
    http2_header_table_bytes: bytes = 4096, 0..=65536, "Size of the table of fields that a client may refer to.";
    http2_resets: count = 100, 1..=1000000, "Streams without an answer that a client may reset, or make the gateway reset, in `http2_resets_ms`; then the connection is ended.";
    http2_resets_share: percent = 10, 0..=100, "So many of the streams of that time more.";
    http2_resets_ms: ms = 30000, 1000..=3600000, "The time over which resets are counted.";
    http2_continuations: count = 5, 0..=5, "Most CONTINUATION frames of one field block, empty ones counted twice; with more the connection is ended.";
    http2_block_bytes: bytes = 32768, 1024..=1048576, "Longest compressed field block; with a longer one the connection is ended.";
    http2_block_ms: ms = 5000, 100..=600000, "Longest wait for the end of a field block; then the connection is ended.";
    http2_control_frames: count = 1000, 10..=1000000, "Frames without content (SETTINGS, PING, PRIORITY, WINDOW_UPDATE and unasked ones) in ten seconds beyond those that data explains; with more the connection is ended.";
    http2_control_burst: count = 2000, 10..=1000000, "So many of them at once.";
    http2_glitches: count = 100, 1..=1000000, "Frames that nobody sends in earnest (empty DATA, padding alone, unknown kinds, provoked resets) in ten seconds; with more the connection is ended.";
    http2_settings_ms: ms = 10000, 100..=600000, "Longest wait for an HTTP/2 client's preface and for its acknowledgement of the settings.";
    http2_turn_frames: count = 256, 1..=65536, "Frames that are read of one connection before others have their turn.";
    http2_turn_bytes: bytes = 65536, 1024..=16777216, "Bytes that are read of one HTTP/2 connection before others have their turn.";
    websocket_idle_ms: ms = 0, 0..=604800000, "How long a WebSocket may be without a frame either way; then both sides get close 1001. 0 = as long as its route's `timeout.read`.";
    websocket_ping_ms: ms = 0, 0..=3600000, "How long one side of a WebSocket may be silent before it is asked by a ping whether it is there; after as long again without an answer it is taken for gone. 0 = it is not asked.";
    websocket_message_bytes: bytes = 0, 0..=1099511627776, "Longest message of a WebSocket, as it is sent; who sends a longer one gets close 1009, the other side 1001. 0 = any. With this or pings, frames against the protocol end the WebSocket with 1002.";
    dubbo_payload_bytes: bytes = 8388608, 1024..=1073741824, "Longest body of a Dubbo frame; a longer call is answered with status 25 and its connection closed, before any of it is read; a longer answer ends the provider's connection.";
    dubbo_pending: count = 1024, 1..=1000000, "Most calls of one Dubbo connection that wait for their answers; more are answered with status 100.";
    dubbo_queue_bytes: bytes = 1048576, 65536..=1073741824, "Bytes that wait to be sent on one Dubbo connection before calls wait for room.";
    dubbo_heartbeat_ms: ms = 60000, 1000..=3600000, "A Dubbo provider that is silent for so long is asked whether it is there; three times as long, and its connection is given up, as is that of a consumer.";
    dubbo_frame_ms: ms = 30000, 100..=3600000, "Longest wait for the rest of a Dubbo frame.";
    dubbo_depth: count = 1024, 8..=100000, "Lists, maps and objects within each other in a Dubbo call; one with more is answered with status 40.";
    dubbo_turn_frames: count = 256, 1..=65536, "Frames that are read of one Dubbo connection before others have their turn.";
    health_checks: count = 1000, 1..=100000, "Most active health checks at a time, but not more than a sixteenth of the open files; further ones come late.";
    memory_bytes: bytes = 0, 0..=1099511627776, "Memory the process may use; 0 = the limit of its control group, or no limit.";
    memory_soft: percent = 90, 10..=100, "Share of that memory from which on new connections are refused with 503 and idle ones closed.";
    memory_hard: percent = 95, 10..=100, "Share from which on the connections with the largest buffers are reset.";
    regex_bytes: bytes [fixed] = 1048576, 1024..=67108864, "Largest compiled regular expression; the Admin API refuses a larger one.";
    regex_steps: count [fixed] = 100000, 1000..=100000000, "Most steps of one match of a pattern with look-around or back-references.";
    json_depth: count [fixed] = 64, 8..=1000, "Deepest nesting of JSON from clients, upstreams and administrators.";
    decompression_ratio: count [later "request decompression"] = 100, 1..=10000, "Largest ratio of a decompressed body to its compressed form.";
    admin_body_bytes: bytes = 1572864, 1024..=67108864, "Longest body of an Admin API request; a longer one is answered 400.";
    admin_connections: count = 256, 1..=65536, "Most connections of the Admin API; they have their own reserve. Where there are more, those give way that have shown no right key.";
    admin_wrong_keys: count = 10, 1..=1000000, "Wrong admin keys a minute and address; more are answered 429 for `admin_lockout_ms`.";
    admin_lockout_ms: ms = 60000, 0..=86400000, "How long an address is refused after too many wrong keys.";
}
