//! Who may come in.

pub(crate) mod cors;
pub(crate) mod ip_restriction;
