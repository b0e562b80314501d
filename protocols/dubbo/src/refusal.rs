//! What a consumer gets where an HTTP client would get a status: an exception whose code it understands, or a status of Dubbo's.

use gateway_dubbo_codec::answer::{self, RpcCode};
use gateway_dubbo_codec::frame::{Head, Status};

/// An answer that is no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The call has not come to its method.
    Status(Status),
    /// An `RpcException` with this code: what makes consumers tell one reason from another.
    Exception(RpcCode),
}

impl Refusal {
    /// What says the same as a status of HTTP. `proxied`: there was nothing to be had of the upstream; else a plugin or the gateway
    /// has refused.
    pub(crate) fn of(status: u16, proxied: bool) -> Refusal {
        match status {
            400 | 422 => Refusal::Exception(RpcCode::Validation),
            401 => Refusal::Exception(RpcCode::Authorization),
            403 => Refusal::Exception(RpcCode::Forbidden),
            404 => Refusal::Status(Status::ServiceNotFound),
            405 | 501 => Refusal::Exception(RpcCode::MethodNotFound),
            408 | 504 => Refusal::Status(Status::ServerTimeout),
            413 => Refusal::Status(Status::SerializationError),
            415 => Refusal::Exception(RpcCode::Serialization),
            429 => Refusal::Exception(RpcCode::LimitExceeded),
            500 => Refusal::Status(Status::ServerError),
            502 if proxied => Refusal::Status(Status::ChannelInactive),
            503 if proxied => Refusal::Exception(RpcCode::NoInvokerAvailable),
            503 => Refusal::Exception(RpcCode::LimitExceeded),
            _ => Refusal::Exception(RpcCode::Unknown),
        }
    }

    /// Appends the answer. `attachments`: the consumer reads some.
    pub(crate) fn write(self, out: &mut Vec<u8>, request: &Head, attachments: bool, message: &str) {
        match self {
            Refusal::Status(status) => answer::failure(out, request, status, message),
            Refusal::Exception(code) => answer::exception(out, request, attachments, code, message),
        }
    }
}
