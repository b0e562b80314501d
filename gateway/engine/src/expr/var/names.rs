//! All variables there are.

use super::HeaderVar;
use crate::expr::jsonpath::BodyPath;

/// Declares [`Var`]: the families, then the names without a parameter.
macro_rules! vars {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A variable of APISIX or nginx, parsed once from its name.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Var {
            /// `arg_<name>`: a query argument, decoded, the first of that name.
            Arg(Box<[u8]>),
            /// `http_<name>`: a request header; several lines are joined by `, `.
            Http(HeaderVar),
            /// `cookie_<name>`: a cookie; the name is case-sensitive.
            Cookie(Box<[u8]>),
            /// `post_arg_<name>`: a field of an `application/x-www-form-urlencoded` body.
            PostArg(Box<[u8]>),
            /// `post_arg.<path>`: a value in a JSON, form or multipart body.
            PostArgPath(BodyPath),
            /// `uri_param_<name>`: a capture of the route's path.
            UriParam(Box<[u8]>),
            /// `sent_http_<name>`: a header of the response to the client.
            SentHttp(HeaderVar),
            /// `upstream_http_<name>`: a header of the upstream's response.
            UpstreamHttp(HeaderVar),
            /// `upstream_cookie_<name>`: a cookie set by the upstream's response.
            UpstreamCookie(Box<[u8]>),
            /// `sent_trailer_<name>`: a trailer of the response to the client.
            SentTrailer(HeaderVar),
            /// `upstream_trailer_<name>`: a trailer of the upstream's response.
            UpstreamTrailer(HeaderVar),
            /// `tcpinfo_<name>`: a figure of the kernel about the client's connection (`rtt`, `rttvar`, `snd_cwnd`,
            /// `rcv_space`).
            TcpInfo(Box<[u8]>),
            /// `dubbo_attachment_<name>`: a text attachment of a Dubbo call; the name is case-sensitive, but of Triple's.
            DubboAttachment(Box<[u8]>),
            /// `dubbo_arg_<number>`: a scalar argument of a Dubbo call, counted from 0, as text.
            DubboArg(u32),
            /// `1`, `2`…: a group of the regular expression that the template's owner matched before.
            Capture(u32),
            $($(#[$doc])* #[doc = concat!("(`", $name, "`)")] $variant,)*
            /// Any other name: a plugin may have set it.
            Custom(Box<str>),
        }

        /// The names without a parameter.
        pub(super) fn plain(name: &str) -> Option<Var> {
            Some(match name {
                $($name => Var::$variant,)*
                _ => return None,
            })
        }

        /// The name of one of them.
        pub(super) fn plain_name(var: &Var) -> Option<&'static str> {
            Some(match var {
                $(Var::$variant => $name,)*
                _ => return None,
            })
        }

        #[cfg(test)]
        pub(super) const PLAIN: &[&str] = &[$($name,)*];
    };
}

vars! {
    /// Interface of a Dubbo call, Triple's too: the path of its service.
    DubboInterface = "dubbo_interface",
    /// Method of a Dubbo call; of a generic one that which it asks for.
    DubboMethod = "dubbo_method",
    /// Version of the service that a Dubbo call is for.
    DubboVersion = "dubbo_version",
    /// Group of the service that a Dubbo call is for.
    DubboGroup = "dubbo_group",
    /// Name of the application that a Dubbo call comes from, as it says.
    DubboApp = "dubbo_app",
    /// Status of the answer to a Dubbo call (20: the method was called).
    DubboStatus = "dubbo_status",
    /// Whether the method that a Dubbo call was for threw an exception: `true` or `false`.
    DubboThrew = "dubbo_threw",
    /// The request's method.
    Method = "method",
    /// The decoded, normalised path.
    Uri = "uri",
    /// The decoded, normalised path; nginx's other name for it.
    DocumentUri = "document_uri",
    /// The normalised path with the arguments as they came.
    RequestUri = "request_uri",
    /// The target as received.
    RealRequestUri = "real_request_uri",
    /// The matched route's id.
    RouteId = "route_id",
    /// The matched route's name.
    RouteName = "route_name",
    /// The id of the matched route's service.
    ServiceId = "service_id",
    /// The name of the matched route's service.
    ServiceName = "service_name",
    /// The authenticated consumer's name.
    ConsumerName = "consumer_name",
    /// The id of the consumer's group.
    ConsumerGroupId = "consumer_group_id",
    /// The chosen node's address.
    BalancerIp = "balancer_ip",
    /// The chosen node's port.
    BalancerPort = "balancer_port",
    /// The chosen node's host before resolution.
    UpstreamUnresolvedHost = "upstream_unresolved_host",
    /// The collected response body, for loggers.
    RespBody = "resp_body",
    /// The client id of an MQTT CONNECT packet.
    MqttClientId = "mqtt_client_id",
    /// Seconds a call of an inner protocol took.
    RpcTime = "rpc_time",
    /// The command line of a Redis call.
    RedisCmdLine = "redis_cmd_line",
    /// JSON of the rate-limit decisions of this request.
    RateLimitingInfo = "rate_limiting_info",
    /// The request id made or accepted.
    ApisixRequestId = "apisix_request_id",
    /// Seconds until the upstream answered, milliseconds resolution.
    ApisixUpstreamResponseTime = "apisix_upstream_response_time",
    /// The groups of the last `regex_uri` that matched.
    ProxyRewriteRegexUriCaptures = "proxy_rewrite_regex_uri_captures",
    /// Name of the document's first operation.
    GraphqlName = "graphql_name",
    /// Kind of the document's first operation: `query`, `mutation` or `subscription`.
    GraphqlOperation = "graphql_operation",
    /// Root fields of the document's first operation; a list.
    GraphqlRootFields = "graphql_root_fields",
    /// Service of a gRPC call.
    GrpcService = "grpc_service",
    /// Method of a gRPC call.
    GrpcMethod = "grpc_method",
    /// Status a gRPC call ended with.
    GrpcStatus = "grpc_status",
    /// Kind of the request: `traditional_http`, `ai_chat`, `ai_stream`.
    RequestType = "request_type",
    /// Model the client asked for.
    RequestLlmModel = "request_llm_model",
    /// Model that answered.
    LlmModel = "llm_model",
    /// Milliseconds until the first token.
    LlmTimeToFirstToken = "llm_time_to_first_token",
    /// Tokens of the prompt.
    LlmPromptTokens = "llm_prompt_tokens",
    /// Tokens of the completion.
    LlmCompletionTokens = "llm_completion_tokens",
    /// Tokens of both.
    LlmTotalTokens = "llm_total_tokens",
    /// Whether the answer is streamed.
    LlmStream = "llm_stream",
    /// Whether the answer calls a tool.
    LlmHasToolCalls = "llm_has_tool_calls",
    /// Tools offered.
    LlmToolCount = "llm_tool_count",
    /// Id of the end user.
    LlmEndUserId = "llm_end_user_id",
    /// Tokens read from the provider's cache.
    LlmCacheReadInputTokens = "llm_cache_read_input_tokens",
    /// Tokens written to the provider's cache.
    LlmCacheCreationInputTokens = "llm_cache_creation_input_tokens",
    /// Tokens of reasoning.
    LlmReasoningTokens = "llm_reasoning_tokens",
    /// Level of the content check.
    LlmContentRiskLevel = "llm_content_risk_level",
    /// Scheme toward the upstream; writable.
    UpstreamScheme = "upstream_scheme",
    /// Host toward the upstream; writable.
    UpstreamHost = "upstream_host",
    /// Target toward the upstream; writable.
    UpstreamUri = "upstream_uri",
    /// `Upgrade` toward the upstream; writable.
    UpstreamUpgrade = "upstream_upgrade",
    /// `Connection` toward the upstream; writable.
    UpstreamConnection = "upstream_connection",
    /// Host of the mirror; writable.
    UpstreamMirrorHost = "upstream_mirror_host",
    /// Target at the mirror; writable.
    UpstreamMirrorUri = "upstream_mirror_uri",
    /// Target at a gRPC mirror; writable.
    UpstreamMirrorGrpcPath = "upstream_mirror_grpc_path",
    /// Cache zone; writable.
    UpstreamCacheZone = "upstream_cache_zone",
    /// Path and levels of the cache zone; writable.
    UpstreamCacheZoneInfo = "upstream_cache_zone_info",
    /// Cache key; writable.
    UpstreamCacheKey = "upstream_cache_key",
    /// Whether the cache is passed by; writable.
    UpstreamCacheBypass = "upstream_cache_bypass",
    /// Whether the answer is kept out of the cache; writable.
    UpstreamNoCache = "upstream_no_cache",
    /// What the cache did: `HIT`, `MISS`, `EXPIRED`…
    UpstreamCacheStatus = "upstream_cache_status",
    /// `X-Forwarded-For` as received.
    OriginalXForwardedFor = "original_x_forwarded_for",
    /// `X-Forwarded-Proto` as received.
    OriginalXForwardedProto = "original_x_forwarded_proto",
    /// `X-Forwarded-Host` as received.
    OriginalXForwardedHost = "original_x_forwarded_host",
    /// `X-Forwarded-Port` as received.
    OriginalXForwardedPort = "original_x_forwarded_port",
    /// The client's address, after real-ip processing.
    RemoteAddr = "remote_addr",
    /// The client's address in network order.
    BinaryRemoteAddr = "binary_remote_addr",
    /// The client's port.
    RemotePort = "remote_port",
    /// User of basic authentication.
    RemoteUser = "remote_user",
    /// The address the client connected to.
    ServerAddr = "server_addr",
    /// The port the client connected to.
    ServerPort = "server_port",
    /// Name of the server that took the request.
    ServerName = "server_name",
    /// `HTTP/1.0`, `HTTP/1.1`, `HTTP/2.0`.
    ServerProtocol = "server_protocol",
    /// `http` or `https`.
    Scheme = "scheme",
    /// `on` over TLS.
    Https = "https",
    /// The request's host without port, lower case.
    Host = "host",
    /// Name of this machine.
    Hostname = "hostname",
    /// The request line as received.
    Request = "request",
    /// The request line as loggers see it; writable.
    RequestLine = "request_line",
    /// The request's method, as received.
    RequestMethod = "request_method",
    /// nginx's request id: 32 hexadecimal digits.
    RequestId = "request_id",
    /// The query, without `?`.
    QueryString = "query_string",
    /// The query, without `?`.
    Args = "args",
    /// `?` if there is a query, else empty.
    IsArgs = "is_args",
    /// Bytes of the request: line, fields and body.
    RequestLength = "request_length",
    /// Seconds since the request's first byte, milliseconds resolution.
    RequestTime = "request_time",
    /// The collected request body.
    RequestBody = "request_body",
    /// File that holds the request body; the gateway has none.
    RequestBodyFile = "request_body_file",
    /// `OK` when the request was completed.
    RequestCompletion = "request_completion",
    /// Path of the request below the document root; the gateway serves no files.
    RequestFilename = "request_filename",
    /// `Content-Length` of the request.
    ContentLength = "content_length",
    /// `Content-Type` of the request.
    ContentType = "content_type",
    /// The whole cookie line.
    HttpCookieLine = "cookie",
    /// The answer's status.
    Status = "status",
    /// Bytes sent to the client.
    BytesSent = "bytes_sent",
    /// Bytes of the body sent to the client.
    BodyBytesSent = "body_bytes_sent",
    /// Local time in the common log format.
    TimeLocal = "time_local",
    /// Local time in ISO 8601.
    TimeIso8601 = "time_iso8601",
    /// Unix time in seconds, milliseconds resolution.
    Msec = "msec",
    /// Addresses of the nodes tried.
    UpstreamAddr = "upstream_addr",
    /// Statuses of the nodes tried.
    UpstreamStatus = "upstream_status",
    /// Seconds each node took to answer whole.
    UpstreamResponseTime = "upstream_response_time",
    /// Seconds each connection took to open.
    UpstreamConnectTime = "upstream_connect_time",
    /// Seconds until each node's head was here.
    UpstreamHeaderTime = "upstream_header_time",
    /// Bytes of each node's answer, body only.
    UpstreamResponseLength = "upstream_response_length",
    /// Bytes received of each node.
    UpstreamBytesReceived = "upstream_bytes_received",
    /// Bytes sent to each node.
    UpstreamBytesSent = "upstream_bytes_sent",
    /// Seconds the request waited for an upstream connection.
    UpstreamQueueTime = "upstream_queue_time",
    /// Name of the proxied server.
    ProxyHost = "proxy_host",
    /// Port of the proxied server.
    ProxyPort = "proxy_port",
    /// `X-Forwarded-For` with the client appended.
    ProxyAddXForwardedFor = "proxy_add_x_forwarded_for",
    /// Protocol version of TLS.
    SslProtocol = "ssl_protocol",
    /// Cipher suite of TLS.
    SslCipher = "ssl_cipher",
    /// Cipher suites the client offered.
    SslCiphers = "ssl_ciphers",
    /// Key exchange group.
    SslCurve = "ssl_curve",
    /// Key exchange groups the client offered.
    SslCurves = "ssl_curves",
    /// Name of SNI.
    SslServerName = "ssl_server_name",
    /// Protocol of ALPN.
    SslAlpnProtocol = "ssl_alpn_protocol",
    /// `1` while early data is not confirmed.
    SslEarlyData = "ssl_early_data",
    /// Id of the TLS session.
    SslSessionId = "ssl_session_id",
    /// `r` when the TLS session was resumed, else `.`.
    SslSessionReused = "ssl_session_reused",
    /// The client's certificate, PEM with tabs.
    SslClientCert = "ssl_client_cert",
    /// The client's certificate, PEM, percent-encoded.
    SslClientEscapedCert = "ssl_client_escaped_cert",
    /// SHA-1 of the client's certificate.
    SslClientFingerprint = "ssl_client_fingerprint",
    /// Issuer of the client's certificate.
    SslClientIDn = "ssl_client_i_dn",
    /// Issuer of the client's certificate, OpenSSL's old form.
    SslClientIDnLegacy = "ssl_client_i_dn_legacy",
    /// The client's certificate, PEM.
    SslClientRawCert = "ssl_client_raw_cert",
    /// Subject of the client's certificate.
    SslClientSDn = "ssl_client_s_dn",
    /// Subject of the client's certificate, OpenSSL's old form.
    SslClientSDnLegacy = "ssl_client_s_dn_legacy",
    /// Serial number of the client's certificate.
    SslClientSerial = "ssl_client_serial",
    /// End of validity of the client's certificate.
    SslClientVEnd = "ssl_client_v_end",
    /// Days until the client's certificate ends.
    SslClientVRemain = "ssl_client_v_remain",
    /// Start of validity of the client's certificate.
    SslClientVStart = "ssl_client_v_start",
    /// `SUCCESS`, `FAILED:reason` or `NONE`.
    SslClientVerify = "ssl_client_verify",
    /// The client's address before real-ip processing.
    RealipRemoteAddr = "realip_remote_addr",
    /// The client's port before real-ip processing.
    RealipRemotePort = "realip_remote_port",
    /// Serial number of the connection.
    Connection = "connection",
    /// Requests so far on the connection.
    ConnectionRequests = "connection_requests",
    /// Seconds the connection is open.
    ConnectionTime = "connection_time",
    /// `h2`, `h2c` or empty.
    Http2 = "http2",
    /// Client address of the PROXY protocol.
    ProxyProtocolAddr = "proxy_protocol_addr",
    /// Client port of the PROXY protocol.
    ProxyProtocolPort = "proxy_protocol_port",
    /// Server address of the PROXY protocol.
    ProxyProtocolServerAddr = "proxy_protocol_server_addr",
    /// Server port of the PROXY protocol.
    ProxyProtocolServerPort = "proxy_protocol_server_port",
    /// Bytes a second the answer is limited to; 0 is no limit.
    LimitRate = "limit_rate",
    /// Version of the web server.
    NginxVersion = "nginx_version",
    /// Process id of the worker.
    Pid = "pid",
    /// `p` for a pipelined request, else `.`.
    Pipe = "pipe",
    /// Protocol of a stream session: `TCP` or `UDP`.
    Protocol = "protocol",
    /// Seconds of a stream session.
    SessionTime = "session_time",
    /// Bytes received of the client in a stream session.
    BytesReceived = "bytes_received",
    /// Name of SNI that was read without ending TLS.
    SslPrereadServerName = "ssl_preread_server_name",
    /// Protocols of ALPN that were read without ending TLS.
    SslPrereadAlpnProtocols = "ssl_preread_alpn_protocols",
    /// Highest TLS version offered, read without ending TLS.
    SslPrereadProtocol = "ssl_preread_protocol",
}
