//! How much may come: quotas, and what requests are told apart by.

pub(crate) mod limit_count;
pub(crate) mod request_id;
pub(crate) mod windows;
