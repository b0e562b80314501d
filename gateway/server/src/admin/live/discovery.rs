//! `GET live/discovery`: the registries, and what they say of a service.

use hyper::StatusCode;

use super::super::{Api, Refusal};
use crate::control_http::{self, Answer};
use crate::discovery;

impl Api {
    /// `live/discovery`: how the registries are.
    pub(super) fn registries(&self) -> Answer {
        control_http::json(StatusCode::OK, &discovery::list(self.state.registry()))
    }

    /// `live/discovery/{type}`: the services that are followed there; `live/discovery/{type}/{service}`: one of them with its nodes.
    pub(super) fn registry(&self, name: &str, service: Option<&str>) -> Result<Answer, Refusal> {
        let missing = |what: String| Refusal::new(StatusCode::NOT_FOUND, what);
        let all = discovery::services(self.state.registry(), name);
        let all = all.ok_or_else(|| missing(format!("there is no registry {name} in the configuration file")))?;
        let Some(service) = service else { return Ok(control_http::json(StatusCode::OK, &all)) };
        let found =
            all.as_array().and_then(|all| all.iter().find(|one| one.get("service").is_some_and(|of| of == service)));
        match found {
            Some(found) => Ok(control_http::json(StatusCode::OK, found)),
            None => Err(missing(format!("no upstream takes its nodes from the service {service} of {name}"))),
        }
    }
}
