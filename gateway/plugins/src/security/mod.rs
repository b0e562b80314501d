//! Who and what may come in.

pub(crate) mod cors;
pub(crate) mod ip_restriction;
pub(crate) mod public_api;
pub(crate) mod request_validation;
