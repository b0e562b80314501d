//! gRPC as it lies on the wire: a server that does as it is told, and a client that shows everything it got. Both speak HTTP/2 by
//! the `h2` crate and know no protobuf: messages are bytes.

mod client;
mod messages;
mod reflection;
mod server;

use tokio::runtime::Runtime;

pub use self::client::{Call, GrpcClient, Reply};
pub(crate) use self::messages::{Messages, send, send_last};
pub use self::reflection::{Reflects, descriptor_set};
pub use self::server::{Called, GrpcServer, Manners};

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}
