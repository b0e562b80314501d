//! The result that an answer becomes.

use bytes::Bytes;
use gateway_dubbo_codec::answer::RpcCode;
use gateway_dubbo_codec::json::BadValue;
use gateway_dubbo_codec::result::{self, Form};
use gateway_engine::exchange::Exchange;
use gateway_engine::headers::{Headers, name};
use gateway_engine::log_pace::{Excerpt, LogPace};
use gateway_engine::plugin::phrase;
use serde_json::{Map, Value};

use super::DubboToHttp;
use super::conf::Method;
use crate::transform::decode::Coding;

/// A body of an answer in hessian2, and whether it says that the method threw.
pub(super) struct Told {
    pub(super) body: Vec<u8>,
    pub(super) threw: bool,
}

/// What an answer's head says of its body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    coding: Option<Coding>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Json,
    Text,
    Other,
}

impl Head {
    pub(super) fn of(head: &Headers) -> Head {
        let kind = head.get(name::CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
        let kind = kind.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
        let kind = match kind {
            b"" | b"application/json" | b"text/json" => Kind::Json,
            _ if kind.ends_with(b"+json") => Kind::Json,
            _ if kind.starts_with(b"text/") => Kind::Text,
            _ => Kind::Other,
        };
        Head { coding: Coding::of(head), kind }
    }
}

/// Exceptions by status.
#[derive(Default, Clone)]
pub(super) struct Exceptions(Vec<(Statuses, Box<str>)>);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Statuses {
    One(u16),
    /// `4xx`.
    Hundred(u16),
    All,
}

impl Exceptions {
    pub(super) fn compile(conf: &Map<String, Value>) -> Result<Exceptions, String> {
        let mut all = Vec::with_capacity(conf.len());
        for (statuses, class) in conf {
            let fail = |what: &str| format!("property \"exceptions\" validation failed: \"{statuses}\" {what}");
            let one = |n: &u16| (300..600).contains(n);
            let known = match &**statuses {
                "*" => Some(Statuses::All),
                "3xx" | "4xx" | "5xx" => statuses.get(..1).and_then(|n| n.parse().ok()).map(Statuses::Hundred),
                number => number.parse().ok().filter(one).map(Statuses::One),
            };
            let known = known.ok_or_else(|| fail("is no status from 300 to 599, 3xx, 4xx, 5xx or *"))?;
            let class = class.as_str().unwrap_or_default();
            if !crate::transform::dubbo::is_interface(class) {
                return Err(fail("has no name of a Java class"));
            }
            all.push((known, class.into()));
        }
        all.sort_by_key(|(statuses, _)| *statuses);
        Ok(Exceptions(all))
    }

    /// These, and where they say nothing the others.
    pub(super) fn over(mut self, others: &Exceptions) -> Exceptions {
        for (statuses, class) in &others.0 {
            if !self.0.iter().any(|(known, _)| known == statuses) {
                self.0.push((*statuses, class.clone()));
            }
        }
        self.0.sort_by_key(|(statuses, _)| *statuses);
        self
    }

    fn of(&self, status: u16) -> Option<&str> {
        let matches = |statuses: &Statuses| match statuses {
            Statuses::One(one) => *one == status,
            Statuses::Hundred(hundred) => *hundred == status / 100,
            Statuses::All => true,
        };
        self.0.iter().find(|(statuses, _)| matches(statuses)).map(|(_, class)| &**class)
    }
}

impl DubboToHttp {
    /// What the answer with this status and body is for the consumer.
    pub(super) fn told(&self, x: &Exchange, method: &Method, head: Head, body: &[u8], form: Form) -> Told {
        let status = x.resp.status;
        let decoded = match head.coding {
            Some(Coding::Identity) => None,
            Some(coding) => match coding.decode(body, self.limit, false) {
                Some(decoded) => Some(decoded),
                None => return self.unreadable(x, "it is not of its content coding, or too long without it", form),
            },
            None => return self.unreadable(x, "its content coding is not known", form),
        };
        let body = decoded.as_deref().unwrap_or(body);
        if !(200..300).contains(&status) {
            return self.threw(method, status, head, body, form);
        }
        match self.value(method, head, body, form) {
            Ok(body) => Told { body, threw: false },
            Err(why) => self.unreadable(x, &why, form),
        }
    }

    fn value(&self, method: &Method, head: Head, body: &[u8], form: Form) -> Result<Vec<u8>, String> {
        let of = &method.returns;
        let trimmed = body.trim_ascii();
        if of.is_void() || trimmed.is_empty() && !(head.kind == Kind::Text && of.takes_text()) {
            return match of.is_primitive() {
                true => Err(BadValue::missing(of).to_string()),
                false => Ok(result::returned_nothing(form)),
            };
        }
        let value = match head.kind {
            Kind::Json => {
                gateway_model::json::parse_exact(trimmed).map_err(|error| format!("it is no JSON: {error}"))?
            }
            Kind::Text if of.takes_text() => match std::str::from_utf8(body) {
                Ok(text) => Value::String(text.to_owned()),
                Err(_) => return Err("it is no UTF-8".into()),
            },
            _ if of.takes_bytes() => return Ok(result::returned_bytes(body, form)),
            _ => return Err("its Content-Type is none of JSON".into()),
        };
        result::returned(&value, of, &self.types, form).map_err(|bad| bad.to_string())
    }

    /// An answer that is an error: the exception that is configured for it, else an `RpcException`.
    fn threw(&self, method: &Method, status: u16, head: Head, body: &[u8], form: Form) -> Told {
        let said = match head.kind {
            Kind::Json => gateway_model::json::parse_exact(body.trim_ascii()).ok(),
            _ => None,
        };
        let members = said.as_ref().and_then(Value::as_object);
        let message = self.message(status, members);
        let named = self.exception_member.as_ref().and_then(|name| members?.get(&**name)?.as_str());
        let named = named.filter(|class| self.exception_classes.iter().any(|pattern| fits(pattern, class)));
        let body = match named.or_else(|| method.exceptions.of(status)) {
            Some(class) => result::threw(class, &message, members, &self.types, form),
            None => result::failed(code(status), &message, form),
        };
        Told { body, threw: true }
    }

    fn message(&self, status: u16, members: Option<&Map<String, Value>>) -> String {
        let usual: &[&str] = &["message", "error_msg", "detail", "error_description", "error", "title"];
        let said = |name: &str| members?.get(name)?.as_str().filter(|text| !text.is_empty());
        let said = match &self.message_member {
            Some(name) => said(name),
            None => usual.iter().find_map(|name| said(name)),
        };
        said.map_or_else(|| format!("{status} {}", phrase(status)).trim_end().to_owned(), str::to_owned)
    }

    /// An answer that is no value of what the method returns.
    #[cold]
    fn unreadable(&self, x: &Exchange, why: &str, form: Form) -> Told {
        if let Some(left_out) = PACE.with(LogPace::admit) {
            let route = x.route.as_ref().map_or("", |route| &*route.route.id);
            tracing::warn!(route, why = %Excerpt(why), left_out, "an answer of HTTP is no result of the method that was called");
        }
        let message = format!("the answer of the HTTP service is no result of this method: {why}");
        Told { body: result::failed(RpcCode::Serialization, &message, form), threw: true }
    }

    /// An answer whose body is longer than is read.
    pub(super) fn too_long(&self, x: &Exchange, form: Form) -> Told {
        self.unreadable(x, &format!("it is longer than {} bytes", self.limit), form)
    }
}

impl From<Told> for Bytes {
    fn from(told: Told) -> Bytes {
        told.body.into()
    }
}

/// The code of an `RpcException` that says the same as a status.
fn code(status: u16) -> RpcCode {
    match status {
        400 | 413 | 414 | 415 | 422 => RpcCode::Validation,
        401 | 407 => RpcCode::Authorization,
        403 => RpcCode::Forbidden,
        405 | 501 => RpcCode::MethodNotFound,
        408 | 504 => RpcCode::Timeout,
        429 => RpcCode::LimitExceeded,
        502 => RpcCode::Network,
        503 => RpcCode::NoInvokerAvailable,
        _ => RpcCode::Business,
    }
}

/// Whether a class is one of those that a pattern names: itself, or behind `.*` all of a package.
fn fits(pattern: &str, class: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(package) => class.starts_with(package) && crate::transform::dubbo::is_interface(class),
        None => pattern == class,
    }
}

thread_local! {
    static PACE: LogPace = const { LogPace::new() };
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn exceptions_by_status() {
        let compile = |conf: Value| Exceptions::compile(conf.as_object().unwrap());
        let own = compile(json!({"404": "a.Gone", "*": "a.Any"})).unwrap();
        let all = own.over(&compile(json!({"404": "a.Other", "4xx": "a.Client"})).unwrap());
        for (status, class) in [(404, "a.Gone"), (409, "a.Client"), (500, "a.Any")] {
            assert_eq!(all.of(status), Some(class));
        }
        for bad in [json!({"200": "a.B"}), json!({"6xx": "a.B"}), json!({"404": "a b"}), json!({"404": ""})] {
            assert!(compile(bad.clone()).is_err(), "{bad}");
        }
        assert!(
            fits("a.*", "a.B")
                && fits("a.B", "a.B")
                && !fits("a.*", "b.B")
                && !fits("a.*", "a.b c")
                && !fits("a.B", "a.Bc")
        );
    }
}
