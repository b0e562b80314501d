//! Statuses of Dubbo as the rest of the gateway knows statuses: what plugins, logs, metrics and health checks see of an answer.

use gateway_dubbo_codec::frame::Status;

/// Whether an answer of this status says that the call has not come to its method: a provider that starts, or has no thread for it, answers
/// so what another one would do.
pub(crate) fn declined(status: Status) -> bool {
    matches!(status, Status::BadRequest | Status::ServiceNotFound | Status::ThreadpoolExhausted)
}

/// The status that stands for an answer of this one.
pub(crate) fn to_http(status: Status) -> u16 {
    match status {
        Status::Ok => 200,
        Status::ClientTimeout | Status::ServerTimeout => 504,
        Status::ServerError => 500,
        Status::ServiceNotFound => 404,
        Status::ThreadpoolExhausted => 503,
        // 40 says "I could not read it" as well as "there is no such service": no blame on the consumer alone.
        Status::BadRequest
        | Status::SerializationError
        | Status::ChannelInactive
        | Status::BadResponse
        | Status::ServiceError
        | Status::ClientError
        | Status::Other(_) => 502,
    }
}
