//! Schemas of resources, and checking objects against them alone.

use gateway_model::{Kind, check, schemas};
use hyper::StatusCode;
use hyper::body::Bytes;
use serde_json::Value;

use super::answers::{JSON, Refusal};
use crate::control_http::{self, Answer};

/// `GET schema/NAME`.
pub(super) fn get(name: &str) -> Result<Answer, Refusal> {
    let schema = schemas::json(name).ok_or_else(|| Refusal::bad(format!("not found schema: {name}")))?;
    Ok(control_http::json(StatusCode::OK, &schema))
}

/// `POST schema/validate/RESOURCES`: no plugins, no references, no ids.
pub(super) fn validate(resource: &str, body: Option<Value>) -> Result<Answer, Refusal> {
    let kind = Kind::from_plural(resource).ok_or_else(|| Refusal::unsupported(resource))?;
    let mut body = body.ok_or_else(|| Refusal::bad("wrong type: expected object, got nil"))?;
    check::schema(kind, &mut body)?;
    Ok(control_http::answer(StatusCode::OK, JSON, Bytes::new()))
}
