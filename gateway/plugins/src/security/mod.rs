//! Who and what may come in.

pub(crate) mod acl;
pub(crate) mod consumer_restriction;
pub(crate) mod cors;
pub(crate) mod csrf;
pub(crate) mod ip_restriction;
mod listed;
pub(crate) mod ocsp_stapling;
pub(crate) mod public_api;
pub(crate) mod referer_restriction;
pub(crate) mod request_validation;
pub(crate) mod ua_restriction;
pub(crate) mod uri_blocker;
