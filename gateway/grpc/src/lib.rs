//! gRPC by hand, off the way of a request: what services there are, what their messages look like, and calls of them.
//!
//! Definitions come from source, from descriptor sets, or from a server's own reflection ([`reflect`]); messages go between
//! protobuf's wire form and its canonical JSON. Nothing here opens a connection: a [`Caller`] speaks over whatever it is given, and
//! with the feature `channel` `over` makes that of a connection.

mod call;
#[cfg(feature = "channel")]
mod channel;
mod definitions;
mod json;
mod reflection;
mod status;
mod text;

pub use self::call::{Caller, Carried, Going, Messages, queue};
#[cfg(feature = "channel")]
pub use self::channel::over;
pub use self::definitions::{Definitions, Streams, pool};
pub use self::json::{fields, to_json, to_wire};
pub use self::reflection::{Reflected, Talk, Wanted, missing, reflect};
pub use self::status::{Ended, name};
pub use self::text::{Described, method_document, template};
pub use prost_reflect::{MessageDescriptor, MethodDescriptor, ServiceDescriptor};
pub use tonic::body::Body;
pub use tonic::client::GrpcService;
