//! Which requests somebody wants to see: conditions that must all hold, as arguments of a query say them.

use std::borrow::Cow;

use serde_json::Value as Json;

use crate::cidr::IpSet;
use crate::exchange::Exchange;
use crate::expr::{Expr, ExprError, Var};
use crate::headers::HeaderName;
use crate::pipeline::protocol_name;

/// Longest argument, and most entries of one.
const LONGEST: usize = 4096;
const MOST: usize = 64;

/// Which requests somebody wants. What is known once the route is goes first ([`Filter::may_want`]).
#[derive(Default)]
pub struct Filter {
    sample: Option<f64>,
    protocols: Vec<Box<str>>,
    methods: Vec<Box<str>>,
    clients: Option<IpSet>,
    routes: Vec<Box<str>>,
    services: Vec<Box<str>>,
    hosts: Vec<Box<str>>,
    paths: Vec<Box<str>>,
    fields: Vec<(HeaderName, Option<Box<str>>)>,
    vars: Vec<Expr>,
    late: Late,
}

/// What is known at the end.
#[derive(Default)]
struct Late {
    statuses: Vec<(u16, u16)>,
    upstreams: Vec<Box<str>>,
    nodes: Vec<Box<str>>,
    consumers: Vec<Box<str>>,
    min_latency_us: u64,
    vars: Vec<Expr>,
}

/// An argument is no condition; the text says what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid argument {name}: {why}")]
pub struct BadFilter {
    /// The argument.
    pub name: String,
    /// What is wrong with it.
    pub why: String,
}

impl Filter {
    /// Takes an argument. `false`: it is none of a filter's.
    ///
    /// # Errors
    /// Its value is none that it may have.
    pub fn take(&mut self, name: &str, value: &str) -> Result<bool, BadFilter> {
        let bad = |why: &str| BadFilter { name: name.to_owned(), why: why.to_owned() };
        if value.len() > LONGEST {
            return Err(bad("too long"));
        }
        let list = || -> Result<Vec<Box<str>>, BadFilter> {
            let items: Vec<Box<str>> =
                value.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Box::from).collect();
            match items.len() {
                0 => Err(bad("should not be empty")),
                n if n > MOST => Err(bad("too many")),
                _ => Ok(items),
            }
        };
        match name {
            "route" => self.routes = list()?,
            "service" => self.services = list()?,
            "upstream" => self.late.upstreams = list()?,
            "node" => self.late.nodes = list()?,
            "consumer" => self.late.consumers = list()?,
            "method" => self.methods = list()?.into_iter().map(|method| method.to_ascii_uppercase().into()).collect(),
            "protocol" => self.protocols = list()?.into_iter().map(|name| name.to_ascii_lowercase().into()).collect(),
            "host" => self.hosts = list()?.into_iter().map(|host| host.to_ascii_lowercase().into()).collect(),
            "path" => self.paths = list()?,
            "client" => {
                let items = list()?;
                self.clients = Some(IpSet::parse(items.iter().map(|item| &**item)).map_err(|e| bad(&e.to_string()))?);
            }
            "status" => {
                let ranges = list()?.iter().map(|item| statuses(item)).collect::<Option<_>>();
                self.late.statuses = ranges.ok_or_else(|| bad("should be statuses: 429, 5xx, 400-499"))?;
            }
            "min_latency" => {
                self.late.min_latency_us = micros(value).ok_or_else(|| bad("should be a time: 200ms, 1.5s"))?;
            }
            "sample" => {
                let share = value.parse().ok().filter(|share| (0.0..=1.0).contains(share));
                self.sample = Some(share.ok_or_else(|| bad("should be a number from 0 to 1"))?);
            }
            "header" => {
                let (field, wanted) = value.split_once(':').map_or((value, None), |(n, v)| (n, Some(v.trim())));
                let field = HeaderName::new(field.trim()).map_err(|_| bad("should be 'Name: value' or 'Name'"))?;
                if self.fields.len() >= MOST {
                    return Err(bad("too many"));
                }
                self.fields.push((field, wanted.map(Box::from)));
            }
            "vars" => {
                let json = serde_json::from_str(value).map_err(|e| bad(&e.to_string()))?;
                let conditions = conditions(json).map_err(|e| bad(&e.to_string()))?;
                let late = |condition: &Expr| condition.any_var(|var| !is_early(var));
                (self.late.vars, self.vars) = conditions.into_iter().partition(late);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether a request may be wanted, of which the route is known.
    pub fn may_want(&self, x: &Exchange) -> bool {
        if self.sample.is_some_and(|share| fastrand::f64() >= share) {
            return false;
        }
        let local = x.route.as_deref();
        let one_of = |list: &[Box<str>], text: Option<&str>| list.is_empty() || text.is_some_and(|t| has(list, t));
        one_of(&self.routes, local.map(|local| &*local.route.id))
            && one_of(&self.services, local.and_then(|local| local.service.as_ref()).map(|service| &*service.id))
            && (self.methods.is_empty() || self.methods.iter().any(|method| method.as_bytes() == x.method()))
            && (self.protocols.is_empty() || has(&self.protocols, protocol_name(x)))
            && self.clients.as_ref().is_none_or(|set| set.contains(x.remote_addr()))
            && (self.hosts.is_empty() || self.hosts.iter().any(|host| glob(host.as_bytes(), x.host())))
            && (self.paths.is_empty() || self.paths.iter().any(|path| glob(path.as_bytes(), x.path())))
            && self.fields.iter().all(|(name, wanted)| holds(x, name, wanted.as_deref()))
            && self.vars.iter().all(|condition| condition.eval(x))
    }

    /// Whether one is wanted that may be, now that it is over and has taken so long.
    pub fn wants(&self, x: &Exchange, took_us: u64) -> bool {
        let late = &self.late;
        let status = x.resp.status;
        (late.statuses.is_empty() || late.statuses.iter().any(|(from, to)| (*from..=*to).contains(&status)))
            && took_us >= late.min_latency_us
            && (late.upstreams.is_empty() || upstream_id(x).is_some_and(|id| has(&late.upstreams, id)))
            && (late.nodes.is_empty() || x.upstream.node.as_ref().is_some_and(|n| has(&late.nodes, n.addr_text())))
            && (late.consumers.is_empty()
                || x.consumer.as_ref().is_some_and(|found| has(&late.consumers, found.username())))
            && late.vars.iter().all(|condition| condition.eval(x))
    }
}

/// Conditions that must all hold, each for itself where they can be told apart.
fn conditions(json: Json) -> Result<Vec<Expr>, ExprError> {
    match json {
        Json::Array(items) if items.iter().all(Json::is_array) => {
            items.into_iter().map(|item| Expr::parse(&Json::Array(vec![item]))).collect()
        }
        other => Ok(vec![Expr::parse(&other)?]),
    }
}

/// Whether a variable says at the end what it says once the route is known.
fn is_early(var: &Var) -> bool {
    matches!(
        var,
        Var::Arg(_)
            | Var::UriParam(_)
            | Var::Method
            | Var::RequestMethod
            | Var::Uri
            | Var::DocumentUri
            | Var::RequestUri
            | Var::RealRequestUri
            | Var::QueryString
            | Var::Args
            | Var::IsArgs
            | Var::Host
            | Var::Scheme
            | Var::Https
            | Var::ServerAddr
            | Var::ServerPort
            | Var::ServerProtocol
            | Var::RouteId
            | Var::RouteName
            | Var::ServiceId
            | Var::ServiceName
            | Var::DubboInterface
            | Var::DubboMethod
    )
}

/// The upstream an exchange went to: its id, or where it is configured (`routes/ID`).
pub fn upstream_id(x: &Exchange) -> Option<&str> {
    let key = &*x.upstream.upstream.as_ref()?.upstream().key;
    Some(key.strip_prefix("upstreams/").unwrap_or(key))
}

fn has(list: &[Box<str>], text: &str) -> bool {
    list.iter().any(|item| **item == *text)
}

fn holds(x: &Exchange, name: &HeaderName, wanted: Option<&str>) -> bool {
    let matches = |value: &[u8]| wanted.is_none_or(|wanted| glob(wanted.as_bytes(), value));
    if x.req.call.is_some_and(|call| call.latent) {
        return x.field(name.as_name()).is_some_and(|value: Cow<'_, [u8]>| matches(&value));
    }
    x.req.head.get_all(name.as_name()).any(matches)
}

/// Whether `text` is what `pattern` says: itself, with any bytes for each `*`.
pub fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where the last `*` was, and how much of the text it has taken.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match (pattern.get(p), text.get(t)) {
            (Some(b'*'), _) => {
                star = Some((p, t));
                p += 1;
            }
            (Some(a), Some(b)) if a == b => (p, t) = (p + 1, t + 1),
            _ => match &mut star {
                Some((at, taken)) => {
                    *taken += 1;
                    (p, t) = (*at + 1, *taken);
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|b| *b == b'*')
}

/// `429`, `5xx`, `400-499`.
fn statuses(text: &str) -> Option<(u16, u16)> {
    let one = |text: &str| text.parse::<u16>().ok().filter(|status| *status < 1000);
    if let Some(class) = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX")) {
        let class = class.parse::<u16>().ok().filter(|class| (1..=9).contains(class))?;
        return Some((class * 100, class * 100 + 99));
    }
    match text.split_once('-') {
        Some((from, to)) => Some((one(from)?, one(to)?)),
        None => one(text).map(|status| (status, status)),
    }
}

/// A time in microseconds: `1.5s`, `200ms`, `50us`; a number alone is of milliseconds.
pub fn micros(text: &str) -> Option<u64> {
    let (number, unit) = [("us", 1.0), ("ms", 1e3), ("s", 1e6), ("", 1e3)]
        .iter()
        .find_map(|(unit, micros)| text.strip_suffix(unit).map(|number| (number, micros)))?;
    let us = number.trim().parse::<f64>().ok()? * unit;
    // No longer than anything lasts, so it fits.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (0.0..=1e15).contains(&us).then_some(us as u64)
}
