//! gRPC by hand, off the way of a request: what services there are, what their messages look like, and calls of them.
//!
//! Definitions come from source, from descriptor sets, or from a server's own reflection ([`reflect`]); messages go between
//! protobuf's wire form and its canonical JSON. Nothing here opens a connection: a [`Caller`] speaks over whatever it is given.

mod call;
mod definitions;
mod json;
mod reflection;
mod status;
mod text;

pub use self::call::{Caller, Carried, Going, Messages, queue};
pub use self::definitions::{Definitions, Streams, pool};
pub use self::json::{to_json, to_wire};
pub use self::reflection::{Reflected, Talk, Wanted, missing, reflect};
pub use self::status::{Ended, name};
pub use self::text::{Described, method_document, template};
pub use prost_reflect::{MessageDescriptor, MethodDescriptor, ServiceDescriptor};
pub use tonic::body::Body;
pub use tonic::client::GrpcService;
