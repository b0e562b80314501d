//! Keys under `nginx_config`: the names APISIX's users tune, with what they mean here.

use super::{Key, Kind};

const BOOL: Kind = Kind::Bool;
const DAY: u64 = 86_400_000;
/// Any time up to a day, in ms.
const TIME: Kind = Kind::Duration { min: 1, max: DAY };

const NGINX: &str = "it tunes nginx itself";
const LUA: &str = "there is no Lua here";

pub(super) const KEYS: &[Key] = &[
    Key::new(
        "nginx_config.worker_processes",
        Kind::IntOrAuto { min: 1, max: 1024 },
        "auto",
        "Worker threads; `auto` = one a core. The environment variable `APISIX_WORKER_PROCESSES` comes before it.",
    )
    .restart(),
    Key::new(
        "nginx_config.worker_shutdown_timeout",
        Kind::Duration { min: 0, max: DAY },
        "30s",
        "How long a shutdown waits for requests in flight (APISIX: 240 s).",
    ),
    Key::new(
        "nginx_config.error_log",
        Kind::Text,
        "/dev/stderr",
        "File of the error log; a relative path lies under the data directory. `/dev/stdout` and `/dev/stderr` are allowed.",
    ),
    Key::new(
        "nginx_config.error_log_level",
        Kind::Word(&["debug", "info", "notice", "warn", "error", "crit", "alert", "emerg"]),
        "warn",
        "Least severe records that are written.",
    ),
    Key::new("nginx_config.http.enable_access_log", BOOL, "true", "Whether requests are logged."),
    Key::new(
        "nginx_config.http.access_log",
        Kind::Text,
        "logs/access.log",
        "File of the access log; a relative path lies under the data directory.",
    ),
    Key::new(
        "nginx_config.http.access_log_format",
        Kind::Text,
        "",
        "Format of a record with `$variables`. Absent: APISIX's default line, or the object of `gateway.logs.access_format: json`.",
    ),
    Key::new(
        "nginx_config.http.access_log_format_escape",
        Kind::Word(&["default", "json", "none"]),
        "default",
        "How values are escaped in it: `\\xHH`, as in a JSON string, or only control bytes.",
    ),
    Key::ignored(
        "nginx_config.http.access_log_buffer",
        "16384",
        "the log has its own thread, see `gateway.logs.queue_records`",
    ),
    Key::new(
        "nginx_config.http.keepalive_timeout",
        Kind::Duration { min: 0, max: DAY },
        "60s",
        "How long an idle client connection is kept; 0 closes each after its first answer.",
    ),
    Key::new(
        "nginx_config.http.client_header_timeout",
        TIME,
        "10s",
        "How long a whole request head may take, from its first byte or from the connection, of the proxy and of the listeners beside it (APISIX: 60 s for each read).",
    ),
    Key::new(
        "nginx_config.http.client_body_timeout",
        TIME,
        "60s",
        "Longest pause between two reads of a request body; `gateway.limits.body_min_rate` bounds its rate.",
    ),
    Key::new(
        "nginx_config.http.client_max_body_size",
        Kind::Size { min: 0, max: 1 << 50 },
        "0",
        "Longest request body in bytes; a longer one is answered 413; 0 = unlimited.",
    ),
    Key::new(
        "nginx_config.http.send_timeout",
        TIME,
        "10s",
        "How long an answer may stay unread before its connection is reset.",
    ),
    Key::new(
        "nginx_config.http.underscores_in_headers",
        BOOL,
        "on",
        "Whether header names with `_` pass; identity headers in that spelling never do.",
    ),
    Key::new(
        "nginx_config.http.real_ip_header",
        Kind::Text,
        "X-Real-IP",
        "Field (or `proxy_protocol`) that names the client where the peer is in `real_ip_from`.",
    ),
    Key::new(
        "nginx_config.http.real_ip_recursive",
        BOOL,
        "off",
        "Whether the list in that field is walked from the right past trusted addresses.",
    ),
    Key::new(
        "nginx_config.http.real_ip_from",
        Kind::Texts,
        "",
        "Peers (IP or CIDR) that may name another client address (APISIX: 127.0.0.1).",
    ),
    Key::new("nginx_config.http.proxy_ssl_server_name", BOOL, "true", "Whether SNI is sent to upstreams.").restart(),
    Key::new(
        "nginx_config.http.upstream.keepalive",
        Kind::Int { min: 0, max: 1_000_000 },
        "320",
        "Idle connections kept a node and worker.",
    ),
    Key::new(
        "nginx_config.http.upstream.keepalive_requests",
        Kind::Int { min: 1, max: 1_000_000_000 },
        "1000",
        "Most requests on one upstream connection.",
    ),
    Key::new(
        "nginx_config.http.upstream.keepalive_timeout",
        Kind::Duration { min: 0, max: DAY },
        "60s",
        "How long an idle upstream connection is kept.",
    ),
    Key::ignored("nginx_config.http.charset", "utf-8", "answers keep the charset they come with"),
    Key::ignored("nginx_config.http.variables_hash_max_size", "2048", NGINX),
    Key::ignored("nginx_config.http.lua_shared_dict", "*", LUA),
    Key::ignored("nginx_config.http.custom_lua_shared_dict", "*", LUA),
    Key::new("nginx_config.stream", Kind::Any, "", "Logs of stream mode.").later("stream mode"),
    Key::ignored(
        "nginx_config.event.worker_connections",
        "10620",
        "use `gateway.limits.connections`, for the whole process",
    ),
    Key::new(
        "nginx_config.worker_rlimit_nofile",
        Kind::Int { min: 64, max: 1 << 30 },
        "20480",
        "Open files the process asks for at start, as far as its hard limit allows.",
    )
    .restart(),
    Key::ignored("nginx_config.max_pending_timers", "16384", NGINX),
    Key::ignored("nginx_config.max_running_timers", "4096", NGINX),
    Key::ignored(
        "nginx_config.enable_cpu_affinity",
        "false",
        "set the affinity of the process (`taskset`, `CPUAffinity=`): `auto` counts the cores it may use",
    ),
    Key::new("nginx_config.envs", Kind::Texts, "", "Variables for references to the environment, as `NAME=VALUE`. The process sees its whole environment: a `NAME` alone says nothing.").restart(),
    Key::ignored("nginx_config.meta", "*", LUA),
    Key::ignored("nginx_config.user", "", "start the gateway as the user it should run as"),
    Key::snippet(
        "nginx_config.main_configuration_snippet",
        "`nginx_config.worker_processes`, `nginx_config.worker_rlimit_nofile`, `nginx_config.worker_shutdown_timeout` or `gateway.limits.*`",
    ),
    Key::snippet(
        "nginx_config.http_configuration_snippet",
        "`nginx_config.http.*` for timeouts, sizes and the log format, or `gateway.limits.*`",
    ),
    Key::snippet(
        "nginx_config.http_server_configuration_snippet",
        "`nginx_config.http.*`, `gateway.limits.*`, or a global rule with `response-rewrite` for headers",
    ),
    Key::snippet(
        "nginx_config.http_server_location_configuration_snippet",
        "`nginx_config.http.*` or a global rule with `proxy-rewrite` (headers to the upstream) or `response-rewrite`",
    ),
    Key::snippet("nginx_config.http_admin_configuration_snippet", "`deployment.admin.*` and `gateway.limits.admin_*`"),
    Key::snippet(
        "nginx_config.http_end_configuration_snippet",
        "`apisix.node_listen` for further listeners, or routes for what they answer",
    ),
    Key::snippet("nginx_config.stream_configuration_snippet", "`apisix.stream_proxy`"),
];
