//! Which requests somebody wants to see: conditions that must all hold, as arguments of a query say them.

use std::borrow::Cow;
use std::cell::Cell;
use std::mem::discriminant;

use super::Statuses;
use super::conditions::{Condition, StatusVars, Veil, conditions};
use crate::cidr::IpSet;
use crate::exchange::Exchange;
use crate::expr::{Expr, HeaderVar, Var};
use crate::headers::HeaderName;
use crate::pipeline::protocol_name;
use crate::worker::now_us;

/// Longest argument, and most entries of one.
const LONGEST: usize = 4096;
const MOST: usize = 64;

/// Which requests somebody wants: those for which every condition holds. What is known once the route is goes first
/// ([`Filter::may_want`]).
#[derive(Default)]
pub struct Filter {
    early: Vec<Check>,
    late: Vec<Check>,
    veil: Option<Veil>,
}

/// One condition.
enum Check {
    /// A share of all.
    Sample(f64),
    /// Ranges, both ends of which are in them.
    Statuses(Vec<(u16, u16)>),
    MinLatency(u64),
    Routes(Vec<Box<str>>),
    Services(Vec<Box<str>>),
    Upstreams(Vec<Box<str>>),
    Nodes(Vec<Box<str>>),
    Consumers(Vec<Box<str>>),
    Methods(Vec<Box<str>>),
    Protocols(Vec<Box<str>>),
    Clients(IpSet),
    Hosts(Vec<Box<str>>),
    Paths(Vec<Box<str>>),
    /// The same of what is seen of a path.
    VeiledPaths(Vec<Box<str>>, Veil),
    Field(HeaderName, Option<Box<str>>),
    /// The same of what is seen of a field.
    VeiledField(HeaderName, Box<str>, Veil),
    StatusVars(StatusVars),
    Vars(Condition),
}

impl Check {
    /// Whether it is known only at the end.
    fn is_late(&self) -> bool {
        match self {
            Check::Statuses(_)
            | Check::MinLatency(_)
            | Check::Upstreams(_)
            | Check::Nodes(_)
            | Check::Consumers(_)
            | Check::VeiledPaths(..)
            | Check::VeiledField(..)
            | Check::StatusVars(_) => true,
            // What is hidden is known at the end.
            Check::Vars(condition) => condition.veil.is_some() || condition.expr.any_var(|var| !is_early(var)),
            _ => false,
        }
    }

    /// What takes next to nothing is asked here, and the rest apart, for it would have to be made ready for each time.
    #[inline]
    fn holds(&self, x: &Exchange) -> bool {
        match self {
            Check::Statuses(ranges) => in_ranges(ranges, x.resp.status),
            Check::StatusVars(vars) => vars.hold(x),
            Check::MinLatency(us) => now_us().saturating_sub(x.times.start_us) >= *us,
            Check::Consumers(names) => x.consumer.as_ref().is_some_and(|found| has(names, found.username())),
            Check::Vars(condition) => condition.holds(x),
            _ => self.holds_too(x),
        }
    }

    #[inline(never)]
    fn holds_too(&self, x: &Exchange) -> bool {
        match self {
            Check::Sample(share) => fastrand::f64() < *share,
            Check::Routes(ids) => x.route.as_ref().is_some_and(|local| has(ids, &local.route.id)),
            Check::Services(ids) => {
                let service = x.route.as_ref().and_then(|local| local.service.as_ref());
                service.is_some_and(|service| has(ids, &service.id))
            }
            Check::Upstreams(ids) => upstream_id(x).is_some_and(|id| has(ids, id)),
            Check::Nodes(addrs) => x.upstream.node.as_ref().is_some_and(|node| has(addrs, node.addr_text())),
            Check::Methods(methods) => methods.iter().any(|method| method.as_bytes() == x.method()),
            Check::Protocols(names) => has(names, protocol_name(x)),
            Check::Clients(set) => set.contains(x.remote_addr()),
            Check::Hosts(hosts) => hosts.iter().any(|host| glob(host.as_bytes(), x.host())),
            Check::Paths(paths) => paths.iter().any(|path| glob(path.as_bytes(), x.path())),
            Check::VeiledPaths(paths, veil) => {
                let seen = veil(x, &Var::Uri, x.path().into()).to_bytes().into_owned();
                paths.iter().any(|path| glob(path.as_bytes(), &seen))
            }
            Check::Field(name, wanted) => {
                has_field(x, name, |value| wanted.as_deref().is_none_or(|wanted| glob(wanted.as_bytes(), value)))
            }
            Check::VeiledField(name, wanted, veil) => {
                let var = of_field(name);
                has_field(x, name, |value| glob(wanted.as_bytes(), &veil(x, &var, value.into()).to_bytes()))
            }
            Check::Statuses(_) | Check::StatusVars(_) | Check::MinLatency(_) | Check::Consumers(_) | Check::Vars(_) => {
                self.holds(x)
            }
        }
    }
}

fn in_ranges(ranges: &[(u16, u16)], status: u16) -> bool {
    ranges.iter().any(|(from, to)| (*from..=*to).contains(&status))
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
    /// One for somebody who does not see all of a request: values are compared as they are seen, once the request is over.
    pub fn veiled(veil: Veil) -> Filter {
        Filter { veil: Some(veil), ..Filter::default() }
    }

    /// The first variable that values are compared of and that is one of those asked for. A field is the variable of its name;
    /// whether one is there is no matter of its value.
    pub fn compares(&self, one: impl Fn(&Var) -> bool) -> Option<Var> {
        self.early.iter().chain(&self.late).find_map(|check| match check {
            Check::Field(name, Some(_)) | Check::VeiledField(name, ..) => Some(of_field(name)).filter(&one),
            Check::Vars(condition) => {
                let found = Cell::new(None);
                condition.expr.any_var(|var| {
                    let is = one(var);
                    if is {
                        found.set(Some(var.clone()));
                    }
                    is
                });
                found.into_inner()
            }
            _ => None,
        })
    }

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
        let check = match name {
            "route" => Check::Routes(list()?),
            "service" => Check::Services(list()?),
            "upstream" => Check::Upstreams(list()?),
            "node" => Check::Nodes(list()?),
            "consumer" => Check::Consumers(list()?),
            "method" => Check::Methods(list()?.iter().map(|method| method.to_ascii_uppercase().into()).collect()),
            "protocol" => Check::Protocols(list()?.iter().map(|name| name.to_ascii_lowercase().into()).collect()),
            "host" => Check::Hosts(list()?.iter().map(|host| host.to_ascii_lowercase().into()).collect()),
            "path" => Check::Paths(list()?),
            "client" => {
                let items = list()?;
                Check::Clients(IpSet::parse(items.iter().map(|item| &**item)).map_err(|e| bad(&e.to_string()))?)
            }
            "status" => {
                let ranges = list()?.iter().map(|item| statuses(item)).collect::<Option<_>>();
                Check::Statuses(ranges.ok_or_else(|| bad("should be statuses: 429, 5xx, 400-499"))?)
            }
            "min_latency" => Check::MinLatency(micros(value).ok_or_else(|| bad("should be a time: 200ms, 1.5s"))?),
            "sample" => {
                let share = value.parse().ok().filter(|share| (0.0..=1.0).contains(share));
                Check::Sample(share.ok_or_else(|| bad("should be a number from 0 to 1"))?)
            }
            "header" => {
                let (field, wanted) = value.split_once(':').map_or((value, None), |(n, v)| (n, Some(v.trim())));
                let field = HeaderName::new(field.trim()).map_err(|_| bad("should be 'Name: value' or 'Name'"))?;
                if self.early.iter().filter(|check| matches!(check, Check::Field(..))).count() >= MOST {
                    return Err(bad("too many"));
                }
                // Only stars: whether it is there.
                let wanted = wanted.filter(|wanted| wanted.is_empty() || wanted.bytes().any(|b| b != b'*'));
                Check::Field(field, wanted.map(Box::from))
            }
            "vars" => {
                let json = serde_json::from_str(value).map_err(|e| bad(&e.to_string()))?;
                self.vars(conditions(json).map_err(|e| bad(&e.to_string()))?);
                return Ok(true);
            }
            _ => return Ok(false),
        };
        // The last one of a name holds, but for fields.
        if !matches!(check, Check::Field(..)) {
            let list = if check.is_late() { &mut self.late } else { &mut self.early };
            list.retain(|other| discriminant(other) != discriminant(&check));
        }
        match self.veil {
            None => self.put(check),
            Some(veil) => self.put_veiled(check, veil),
        }
        Ok(true)
    }

    /// A condition, and where it is on a value, the same on what is seen of it.
    fn put_veiled(&mut self, check: Check, veil: Veil) {
        match check {
            // Whatever fits what is seen fits what is there: what is masked only a star fits.
            Check::Paths(paths) => {
                self.late.retain(|other| !matches!(other, Check::VeiledPaths(..)));
                self.put(Check::VeiledPaths(paths.clone(), veil));
                self.put(Check::Paths(paths));
            }
            Check::Field(name, Some(wanted)) => {
                self.put(Check::Field(name.clone(), None));
                self.put(Check::VeiledField(name, wanted, veil));
            }
            other => self.put(other),
        }
    }

    /// Conditions on variables, instead of those that there were.
    fn vars(&mut self, conditions: Vec<Expr>) {
        let of_vars = |check: &Check| matches!(check, Check::StatusVars(_) | Check::Vars(_));
        [&mut self.early, &mut self.late].into_iter().for_each(|list| list.retain(|check| !of_vars(check)));
        let (of_status, others) = conditions.into_iter().partition::<Vec<_>, _>(|condition| {
            condition.any_var(|var| *var == Var::Status) && !condition.any_var(|var| *var != Var::Status)
        });
        if !of_status.is_empty() {
            self.put(Check::StatusVars(StatusVars::new(of_status)));
        }
        let veil = self.veil;
        others.into_iter().for_each(|condition| self.put(Check::Vars(Condition::new(condition, veil))));
    }

    fn put(&mut self, check: Check) {
        let list = if check.is_late() { &mut self.late } else { &mut self.early };
        // What takes longest comes last.
        let at = if matches!(check, Check::Vars(_)) { list.len() } else { 0 };
        list.insert(at, check);
    }

    /// Whether [`Filter::may_want`] has to be asked: it holds for every request where not.
    pub fn chooses(&self) -> bool {
        !self.early.is_empty()
    }

    /// Statuses of requests that may be wanted, once they are over: [`Filter::wants`] holds for none with another one.
    pub fn statuses(&self) -> Statuses {
        let mut all = Statuses::ALL;
        for check in &self.late {
            match check {
                Check::Statuses(ranges) => all.retain(|status| in_ranges(ranges, status)),
                Check::StatusVars(vars) => all.retain(|status| vars.known(status).unwrap_or(true)),
                _ => {}
            }
        }
        all
    }

    /// Whether a request may be wanted, of which the route is known.
    pub fn may_want(&self, x: &Exchange) -> bool {
        self.early.iter().all(|check| check.holds(x))
    }

    /// Whether one is wanted that may be, now that it is over.
    pub fn wants(&self, x: &Exchange) -> bool {
        self.late.iter().all(|check| check.holds(x))
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

/// The variable that has the value of a field.
fn of_field(name: &HeaderName) -> Var {
    Var::Http(HeaderVar::new(&String::from_utf8_lossy(name.as_name().text())))
}

/// Whether a field is there with a value that is wanted.
fn has_field(x: &Exchange, name: &HeaderName, matches: impl Fn(&[u8]) -> bool) -> bool {
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
    // No answer is 0.
    let one = |text: &str| text.parse::<u16>().ok().filter(|status| matches!(status, 0 | 100..1000));
    if let Some(class) = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX")) {
        let class = class.parse::<u16>().ok().filter(|class| (1..=5).contains(class))?;
        return Some((class * 100, class * 100 + 99));
    }
    match text.split_once('-') {
        Some((from, to)) => Some((one(from)?, one(to)?)).filter(|(from, to)| from <= to),
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

#[cfg(test)]
mod tests {
    use super::super::conditions::USUAL;
    use super::*;

    #[test]
    fn the_statuses_of_a_filter_are_those_that_its_conditions_let_pass() {
        let of = |args: &[(&str, &str)]| {
            let mut filter = Filter::default();
            args.iter().for_each(|(name, value)| assert_eq!(filter.take(name, value), Ok(true), "{name}={value}"));
            let statuses = filter.statuses();
            (filter.chooses(), (0..1000).filter(|status| statuses.has(*status)).collect::<Vec<u16>>())
        };
        assert_eq!(of(&[]), (false, (0..1000).collect()));
        assert_eq!(of(&[("consumer", "jane")]), (false, (0..1000).collect()));
        assert_eq!(of(&[("route", "r")]), (true, (0..1000).collect()));
        assert_eq!(of(&[("status", "404,500-502")]), (false, vec![404, 500, 501, 502]));
        let usual = |status: &u16| USUAL.contains(status);
        let vars = [("vars", r#"[["status", ">", 403], ["status", "<", 406]]"#)];
        let (chooses, statuses) = of(&vars);
        let (known, unknown): (Vec<u16>, Vec<u16>) = statuses.into_iter().partition(usual);
        assert_eq!((chooses, known), (false, vec![404, 405]));
        assert_eq!(unknown, (0..100).chain(600..1000).collect::<Vec<u16>>(), "these are judged when they come");
        assert_eq!(of(&[vars[0], ("status", "405-410")]), (false, vec![405]));
        // A condition on more than the status says nothing of it alone.
        assert_eq!(of(&[("vars", r#"["OR", ["status", "==", 404], ["arg_n", "==", "1"]]"#)]).1.len(), 1000);
    }

    #[test]
    fn the_last_condition_of_a_name_holds_and_fields_add_up() {
        let mut filter = Filter::default();
        for (name, value) in [
            ("route", "a"),
            ("route", "b"),
            ("header", "X-A"),
            ("header", "X-B: c"),
            ("status", "404"),
            ("status", "5xx"),
            ("vars", r#"[["arg_n", "==", "1"], ["status", ">", 1], ["status", "<", 9]]"#),
            ("vars", r#"[["status", ">", 1], ["arg_n", "==", "2"], ["consumer_name", "==", "x"]]"#),
        ] {
            assert_eq!(filter.take(name, value), Ok(true), "{name}={value}");
        }
        let kinds = |list: &[Check], of: fn(&Check) -> bool| list.iter().filter(|check| of(check)).count();
        assert_eq!((filter.early.len(), filter.late.len()), (4, 3));
        assert_eq!(kinds(&filter.early, |check| matches!(check, Check::Field(..))), 2);
        assert!(matches!(filter.early.last(), Some(Check::Vars(condition)) if condition.argument.is_some()));
        assert!(matches!(filter.late.last(), Some(Check::Vars(condition)) if condition.argument.is_none()));
        assert_eq!(kinds(&filter.late, |check| matches!(check, Check::StatusVars(vars) if vars.all.len() == 1)), 1);
    }
}
