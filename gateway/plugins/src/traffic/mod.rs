//! How much may come and where it goes: quotas, limits of bodies, shares of upstreams, copies, and what requests are told apart by.

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

// What is said of the fields that all plugins with a Redis policy have.
const REDIS_HOST: &str = "Host of the Redis.";
const REDIS_PORT: &str = "Its port.";
const REDIS_USERNAME: &str = "Who logs in; needs a password.";
const REDIS_PASSWORD: &str = "Without one nobody logs in.";
const REDIS_DATABASE: &str = "The database's number.";
const REDIS_TIMEOUT: &str = "Milliseconds for a connection, and for an answer.";
const REDIS_SSL: &str = "Speaks TLS.";
const REDIS_SSL_VERIFY: &str =
    "Checks the server's certificate, by `apisix.ssl.ssl_trusted_certificate` or the system's certificates.";
const REDIS_KEEPALIVE_TIMEOUT: &str = "Milliseconds for which a connection that nobody uses is kept.";
const REDIS_KEEPALIVE_POOL: &str = "Not used: a worker has one connection to a server, for all requests.";
const REDIS_CLUSTER_NODES: &str = "Nodes of the cluster, `host:port`; the others are learned from them.";
const REDIS_CLUSTER_NAME: &str = "Not used: clusters are told apart by their nodes.";
