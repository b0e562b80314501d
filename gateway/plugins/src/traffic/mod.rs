//! How much may come: quotas, and what traffic is told apart by.

pub(crate) mod limit_count;
pub(crate) mod windows;
