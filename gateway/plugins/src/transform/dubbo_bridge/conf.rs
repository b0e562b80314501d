//! The configuration, compiled.

use std::sync::Arc;

use gateway_dubbo_codec::generic::Mode;
use gateway_dubbo_codec::json::Dates;
use gateway_engine::exchange::Exchange;
use gateway_engine::expr::{Template, Var};
use gateway_engine::headers::HeaderName;
use gateway_engine::plugin::Exit;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::DubboBridge;
use super::answer::{Statuses, Told};
use crate::conf::{header_name, int, parse};
use crate::transform::dubbo::{is_interface, refusal};

#[derive(Deserialize)]
struct Conf {
    service: Option<String>,
    method: Option<String>,
    version: Option<String>,
    group: Option<String>,
    parameters: Option<Vec<ParameterConf>>,
    attachments: Option<AttachmentsConf>,
    generic: String,
    dates: String,
    long_as_string: bool,
    beans: Option<Vec<Box<str>>>,
    class_keys: bool,
    exceptions: Option<Map<String, Value>>,
    include_exception_class: bool,
    #[serde(deserialize_with = "int")]
    timeout_ms: u64,
    #[serde(deserialize_with = "int")]
    max_req_body_size: usize,
    #[serde(deserialize_with = "int")]
    max_resp_body_size: usize,
}

#[derive(Deserialize)]
struct ParameterConf {
    from: String,
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<Box<str>>,
    #[serde(default)]
    required: bool,
    default: Option<Value>,
}

#[derive(Deserialize)]
struct AttachmentsConf {
    headers: Option<Map<String, Value>>,
    prefix: Option<String>,
    values: Option<Map<String, Value>>,
}

/// Where an argument comes from.
pub(super) struct Parameter {
    pub(super) source: Source,
    pub(super) kind: Option<Box<str>>,
    pub(super) required: bool,
    pub(super) default: Value,
    /// As a refusal names it.
    pub(super) label: Box<str>,
}

/// What an argument is in a request.
pub(super) enum Source {
    /// A text: a query argument, a field, …
    Var(Var),
    /// A segment of the path, counted from 0.
    Segment(usize),
    /// All of the body.
    Body,
    /// A member of the body, by the names on the way to it.
    Member(Vec<Box<str>>),
}

/// Where attachments come from.
#[derive(Default)]
pub(super) struct Attachments {
    headers: Vec<(HeaderName, Box<str>)>,
    prefix: Option<Box<str>>,
    values: Vec<(Box<str>, Template)>,
}

/// The attachments of a call.
#[derive(Default)]
pub(super) struct Attached {
    pub(super) all: Vec<(String, String)>,
    /// Version and group, where a field names them.
    pub(super) version: Option<String>,
    pub(super) group: Option<String>,
}

/// What nothing but the route may name.
const FIXED: [&str; 3] = ["path", "interface", "generic"];

/// Attachments that providers act upon: no field becomes one because of its prefix.
const RESERVED: [&str; 16] = [
    "path",
    "interface",
    "generic",
    "version",
    "group",
    "timeout",
    "token",
    "async",
    "return",
    "id",
    "input",
    "dubbo",
    "dubbo.tag",
    "_to",
    "remote.application",
    "serialize",
];

/// Most attachments that fields become because of their prefix.
const MOST_BY_PREFIX: usize = 64;

/// Who calls, as providers log it.
const APPLICATION: (&str, &str) = ("remote.application", "gateway");

pub(super) fn compile(conf: &Value) -> Result<DubboBridge, String> {
    let conf: Conf = parse(conf)?;
    if let Some(service) = conf.service.as_ref().filter(|service| !is_interface(service)) {
        return Err(format!("property \"service\" validation failed: \"{service}\" is no name of a Java interface"));
    }
    let parameters: Option<Vec<Parameter>> = conf
        .parameters
        .map(|all| all.into_iter().enumerate().map(|(n, one)| parameter(n, one)).collect::<Result<_, String>>())
        .transpose()?;
    let needs_body = parameters
        .as_ref()
        .is_none_or(|all| all.iter().any(|one| matches!(one.source, Source::Body | Source::Member(_))));
    let mode = match &*conf.generic {
        "true" => Mode::True,
        "gson" => Mode::Gson,
        _ => Mode::RawReturn,
    };
    let told = Told {
        mode,
        dates: if conf.dates == "epoch_ms" { Dates::EpochMs } else { Dates::Iso },
        long_as_string: conf.long_as_string,
        beans: conf.beans.unwrap_or_default().into(),
        statuses: Statuses::compile(conf.exceptions.unwrap_or_default())?,
        with_class: conf.include_exception_class,
        limit: conf.max_resp_body_size,
    };
    Ok(DubboBridge {
        service: conf.service.map(Into::into),
        method: conf.method.map(Into::into),
        version: conf.version.unwrap_or_default().into(),
        group: conf.group.unwrap_or_default().into(),
        parameters,
        needs_body,
        attachments: conf.attachments.map(attachments).transpose()?.unwrap_or_default(),
        mode,
        class_keys: conf.class_keys,
        timeout_ms: conf.timeout_ms,
        timeout_text: conf.timeout_ms.to_string().into(),
        limit: conf.max_req_body_size,
        told: Arc::new(told),
        services: None,
    })
}

fn parameter(n: usize, conf: ParameterConf) -> Result<Parameter, String> {
    let name = || conf.name.as_deref().filter(|name| !name.is_empty());
    let named = |what: &str| {
        let name = name().ok_or(format!("property \"parameters\" validation failed: parameter {n} has no \"name\""))?;
        Ok::<_, String>((name.to_owned(), format!("{what} \"{name}\"")))
    };
    let (source, label) = match &*conf.from {
        "path" => {
            let (name, label) = named("path parameter")?;
            match name.parse::<usize>().ok().and_then(|n| n.checked_sub(1)) {
                Some(n) => (Source::Segment(n), format!("path segment {name}")),
                None => (Source::Var(Var::UriParam(name.into_bytes().into())), label),
            }
        }
        "query" => {
            named("query argument").map(|(name, label)| (Source::Var(Var::Arg(name.into_bytes().into())), label))?
        }
        "cookie" => named("cookie").map(|(name, label)| (Source::Var(Var::Cookie(name.into_bytes().into())), label))?,
        "header" => {
            let (name, label) = named("header")?;
            header_name(&name)?;
            (Source::Var(Var::parse(&format!("http_{}", name.to_ascii_lowercase().replace('-', "_")))), label)
        }
        _ => match name() {
            Some(name) => (Source::Member(name.split('.').map(Into::into).collect()), format!("body field \"{name}\"")),
            None => (Source::Body, "the body".to_owned()),
        },
    };
    Ok(Parameter {
        source,
        kind: conf.kind,
        required: conf.required,
        default: conf.default.unwrap_or_default(),
        label: label.into(),
    })
}

fn attachments(conf: AttachmentsConf) -> Result<Attachments, String> {
    let refused = |name: &str, more: &str| {
        format!("property \"attachments\" validation failed: \"{name}\" is not to be set as an attachment{more}")
    };
    let mut out = Attachments::default();
    for (field, name) in conf.headers.unwrap_or_default() {
        let name = name.as_str().unwrap_or_default();
        if FIXED.contains(&name) || name.is_empty() {
            return Err(refused(name, ""));
        }
        out.headers.push((header_name(&field)?, name.into()));
    }
    for (name, value) in conf.values.unwrap_or_default() {
        if FIXED.contains(&&*name) {
            return Err(refused(&name, ""));
        }
        if name == "version" || name == "group" {
            return Err(refused(&name, &format!(": there is the property \"{name}\"")));
        }
        out.values.push((name.into(), Template::parse(value.as_str().unwrap_or_default())));
    }
    if let Some(prefix) = conf.prefix {
        header_name(&prefix)?;
        out.prefix = Some(prefix.to_ascii_lowercase().into());
    }
    Ok(out)
}

impl Attachments {
    /// What a request has of them. Where there are several of a name, what is configured by name counts.
    pub(super) fn of(&self, x: &Exchange) -> Result<Attached, Box<Exit>> {
        let mut out = Attached::default();
        let text = |name: &str, value: &[u8]| {
            let text = String::from_utf8(value.to_vec());
            text.map_err(|_| refusal(400, &format!("header \"{name}\" is no UTF-8")))
        };
        if let Some(prefix) = &self.prefix {
            for (name, value) in x.req.head.iter() {
                let lower = name.as_str().to_ascii_lowercase();
                let Some(rest) = lower.strip_prefix(&**prefix).filter(|rest| !rest.is_empty()) else { continue };
                if RESERVED.contains(&rest) || out.all.iter().any(|(known, _)| known == rest) {
                    continue;
                }
                if out.all.len() == MOST_BY_PREFIX {
                    return Err(refusal(431, &format!("more than {MOST_BY_PREFIX} headers begin with \"{prefix}\"")));
                }
                out.all.push((rest.to_owned(), text(&lower, value)?));
            }
        }
        for (field, name) in &self.headers {
            let Some(value) = x.req.head.get(field.as_name()) else { continue };
            let value = text(field.as_str(), value)?;
            match &**name {
                "version" => out.version = Some(value),
                "group" => out.group = Some(value),
                name => out.set(name, value),
            }
        }
        for (name, template) in &self.values {
            let mut value = Vec::new();
            template.render(x, &mut value);
            out.set(name, String::from_utf8_lossy(&value).into_owned());
        }
        let (name, value) = APPLICATION;
        if !out.all.iter().any(|(known, _)| known == name) {
            out.set(name, value.to_owned());
        }
        Ok(out)
    }
}

impl Attached {
    fn set(&mut self, name: &str, value: String) {
        self.all.retain(|(known, _)| known != name);
        self.all.push((name.to_owned(), value));
    }
}
