//! APIs that plugins offer beside the traffic. A client reaches one only through a route that has `public-api`.

use std::sync::Arc;

use super::Step;
use crate::exchange::Exchange;

/// An API of a plugin.
pub struct Api {
    /// The methods it takes.
    pub methods: &'static [&'static str],
    /// The path it is found under.
    pub uri: String,
    /// Who answers.
    pub endpoint: Arc<dyn Endpoint>,
}

/// Answers requests for an API.
pub trait Endpoint: Send + Sync {
    /// What a plugin's phase says: mostly an answer. [`Step::Body`] has the request's body collected first.
    fn serve<'a>(self: Arc<Self>, x: &'a mut Exchange) -> Step<'a>;
}
