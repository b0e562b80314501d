//! How much may come and where it goes: quotas, limits of bodies, shares of upstreams, copies, and what requests are told apart by.

/// What a plugin with a Redis policy says of its fields: its own, and those that all of them have.
macro_rules! fields_with_redis {
    ($($own:expr),* $(,)?) => {
        &[
            $($own,)*
            ("redis_host", "Host of the Redis."),
            ("redis_port", "Its port."),
            ("redis_username", "Who logs in; needs a password."),
            ("redis_password", "Without one nobody logs in."),
            ("redis_database", "The database's number."),
            ("redis_timeout", "Milliseconds for a connection, and for an answer."),
            ("redis_ssl", "Speaks TLS."),
            ("redis_ssl_verify", "Checks the server's certificate, by `apisix.ssl.ssl_trusted_certificate` or the system's certificates."),
            ("redis_keepalive_timeout", "Milliseconds for which a connection that nobody uses is kept."),
            ("redis_keepalive_pool", "Not used: a worker has one connection to a server, for all requests."),
            ("redis_cluster_nodes", "Nodes of the cluster, `host:port`; the others are learned from them."),
            ("redis_cluster_name", "Not used: clusters are told apart by their nodes."),
            ("redis_cluster_ssl", "Speaks TLS."),
            ("redis_cluster_ssl_verify", "Checks the server's certificate, by `apisix.ssl.ssl_trusted_certificate` or the system's certificates."),
        ]
    };
}

pub(crate) mod api_breaker;
mod asked;
pub(crate) mod batch_requests;
pub(crate) mod client_control;
pub(crate) mod limit_conn;
pub(crate) mod limit_count;
pub(crate) mod limit_req;
mod policy;
pub(crate) mod proxy_buffering;
pub(crate) mod proxy_control;
pub(crate) mod proxy_mirror;
pub(crate) mod real_ip;
pub(crate) mod request_id;
mod table;
pub(crate) mod traffic_label;
pub(crate) mod traffic_split;
mod weighted;
mod windows;
pub(crate) mod workflow;
