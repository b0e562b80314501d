//! What a call that did not come to its end is to the caller of the other protocol.

use gateway_dubbo_codec::answer::RpcCode;
use gateway_dubbo_codec::frame::Status;

/// How a consumer of Dubbo2 gets the end of a call that `grpc-status` says has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// As a status; consumers may try again elsewhere.
    Status(Status),
    /// As an `RpcException` of this code.
    Exception(RpcCode),
}

impl Failure {
    /// By the status of gRPC, as Triple's own consumers do where these tell more than that it failed.
    pub(super) fn of(status: u16) -> Failure {
        Failure::Exception(match status {
            3 => RpcCode::Validation,
            4 => return Failure::Status(Status::ServerTimeout),
            7 => RpcCode::Forbidden,
            8 => RpcCode::LimitExceeded,
            12 => RpcCode::MethodNotFound,
            14 => return Failure::Status(Status::ChannelInactive),
            16 => RpcCode::Authorization,
            _ => RpcCode::Unknown,
        })
    }
}

/// What stands for a status of gRPC where everybody else knows statuses of HTTP.
pub(super) fn http_of(status: u16) -> u16 {
    match status {
        0 => 200,
        1 => 499,
        3 | 9 | 11 => 400,
        4 => 504,
        5 | 12 => 404,
        6 | 10 => 409,
        7 => 403,
        8 => 429,
        13 | 15 => 500,
        14 => 503,
        16 => 401,
        _ => 502,
    }
}

/// The status of gRPC that says what a status of Dubbo does.
pub(super) fn grpc_of(status: Status) -> u16 {
    match status {
        Status::Ok => 0,
        Status::ClientTimeout | Status::ServerTimeout => 4,
        // The provider did not find what was called, or could not read the arguments.
        Status::ServiceNotFound | Status::BadRequest => 12,
        Status::ThreadpoolExhausted => 8,
        Status::ChannelInactive => 14,
        Status::ServiceError => 2,
        Status::SerializationError
        | Status::BadResponse
        | Status::ServerError
        | Status::ClientError
        | Status::Other(_) => 13,
    }
}
