//! From the static configuration to what the engine goes by.

use std::time::Duration;

use gateway_engine::cidr::{BadAddress, IpSet};
use gateway_engine::headers::HeaderName;
use gateway_engine::path;
use gateway_engine::router::Mode;
use gateway_engine::settings::{Dubbo, Http2, Limits, RealIp, Settings, Timeouts, WebSocket};
use ipnet::IpNet;

use crate::config::{self, Config, RouterMode};

/// The settings of a configuration.
///
/// # Errors
/// An address list that cannot be read; the configuration's own checks leave none.
pub(super) fn of(config: &Config) -> Result<Settings, BadAddress> {
    let limits = &config.limits;
    let http = &config.http;
    let default = Timeouts::default();
    Ok(Settings {
        limits: Limits {
            request_line_bytes: limits.request_line_bytes,
            header_field_bytes: limits.header_field_bytes,
            header_bytes: limits.header_bytes,
            header_count: limits.header_count,
            body_bytes: http.client_max_body_bytes,
            query_parameters: limits.query_parameters,
            grpc_message_bytes: limits.grpc_message_bytes,
            requests_per_connection: limits.requests_per_connection as u64,
            upstream_header_bytes: limits.upstream_header_bytes,
            upstream_header_count: limits.upstream_header_count,
            drain_bytes: limits.drain_bytes as u64,
            body_min_rate: limits.body_min_rate as u64,
            body_rate_window: limits.body_rate_window_ms,
            connections: limits.connections,
            connections_per_ip: limits.connections_per_ip,
            busy_percent: limits.busy,
            busy_keepalive: limits.busy_keepalive_ms,
            upstream_interim_responses: limits.upstream_interim_responses,
            replay_bytes: limits.replay_bytes,
            http2: http2(limits),
            websocket: WebSocket {
                idle_ms: ms(limits.websocket_idle_ms),
                ping_ms: ms(limits.websocket_ping_ms),
                message_bytes: limits.websocket_message_bytes as u64,
            },
            dubbo: dubbo(limits),
        },
        timeouts: Timeouts {
            client_header: http.client_header_timeout,
            client_body: http.client_body_timeout,
            proxy_protocol: limits.proxy_protocol_ms,
            tls_handshake: limits.tls_handshake_ms,
            accept_backoff: limits.accept_backoff_ms,
            send: http.send_timeout,
            keepalive: http.keepalive_timeout,
            drain: limits.drain_ms,
            shutdown: config.shutdown_timeout,
            ..default
        },
        path: path::Options {
            delete_uri_tail_slash: config.uri.delete_tail_slash,
            normalize_uri_like_servlet: config.uri.like_servlet,
        },
        trusted_addresses: config.trust.trusted_addresses.as_deref().map(set).transpose()?,
        real_ip: config.trust.real_ip.as_ref().map(real_ip).transpose()?.flatten(),
        server_tokens: http.server_tokens,
        show_upstream_status: http.show_upstream_status,
        underscores_in_headers: http.underscores_in_headers,
        upstream_keepalive_requests: config.upstream.keepalive_requests,
        upstream_keepalive: config.upstream.keepalive,
        upstream_keepalive_timeout: config.upstream.keepalive_timeout,
        max_post_args_bytes: match http.max_post_args_bytes {
            0 => usize::MAX,
            bytes => usize::try_from(bytes).unwrap_or(usize::MAX),
        },
        graphql_bytes: config.graphql_max_bytes,
    })
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The bounds of an HTTP/2 connection. The keys' own bounds keep each within its type.
fn http2(limits: &config::Limits) -> Http2 {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Http2 {
        streams: count(limits.http2_streams),
        requests: limits.http2_requests as u64,
        refused_streams: count(limits.http2_refused_streams),
        stream_window: count(limits.http2_stream_window_bytes),
        connection_window: count(limits.http2_connection_window_bytes),
        queue_bytes: limits.http2_queue_bytes,
        header_table_bytes: count(limits.http2_header_table_bytes),
        resets: count(limits.http2_resets),
        resets_percent: limits.http2_resets_share,
        resets_ms: ms(limits.http2_resets_ms),
        continuations: count(limits.http2_continuations),
        block_bytes: count(limits.http2_block_bytes),
        block_ms: ms(limits.http2_block_ms),
        control_frames: count(limits.http2_control_frames),
        control_burst: count(limits.http2_control_burst),
        glitches: count(limits.http2_glitches),
        settings_ms: ms(limits.http2_settings_ms),
        turn_frames: count(limits.http2_turn_frames),
        turn_bytes: limits.http2_turn_bytes,
    }
}

/// The bounds of a Dubbo connection, likewise.
fn dubbo(limits: &config::Limits) -> Dubbo {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Dubbo {
        payload_bytes: count(limits.dubbo_payload_bytes),
        pending: count(limits.dubbo_pending),
        queue_bytes: limits.dubbo_queue_bytes,
        heartbeat_ms: ms(limits.dubbo_heartbeat_ms),
        frame_ms: ms(limits.dubbo_frame_ms),
        depth: count(limits.dubbo_depth),
        turn_frames: count(limits.dubbo_turn_frames),
    }
}

/// What a PROXY protocol header says holds already: it needs no field.
fn real_ip(config: &config::RealIp) -> Result<Option<RealIp>, BadAddress> {
    let Ok(header) = HeaderName::new(config.header.as_bytes()) else { return Ok(None) };
    let named = config.header != "proxy_protocol";
    Ok(named.then_some(RealIp { from: set(&config.from)?, header, recursive: config.recursive }))
}

fn set(nets: &[IpNet]) -> Result<IpSet, BadAddress> {
    let texts: Vec<String> = nets.iter().map(IpNet::to_string).collect();
    IpSet::parse(texts.iter().map(String::as_str))
}

/// How hosts and paths decide together.
pub(super) fn mode(mode: RouterMode) -> Mode {
    match mode {
        RouterMode::HostUri => Mode::HostUri,
        RouterMode::Uri => Mode::Uri,
        RouterMode::UriWithParameter => Mode::UriWithParameter,
    }
}
