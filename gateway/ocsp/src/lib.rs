//! OCSP (RFC 6960, in the profile of RFC 5019) for stapling: the authority of each certificate is asked ahead of time whether it
//! still stands by it, so that no handshake waits.
//!
//! [`Question`] is what is asked, [`response`] what is made of an answer, and [`Responders`] asks again and again for as long as a
//! certificate is in use. What handshakes read is the engine's ([`gateway_engine::tls::Staple`]).

mod der;
pub mod fuzz;
mod question;
mod responders;
pub mod response;

pub use self::question::{Question, Unaskable};
pub use self::responders::Responders;

#[cfg(test)]
mod tests;
