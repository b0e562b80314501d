//! Reads fields out of checked values, lenient where the schema is: `1.0` is an integer, `{}` an empty array.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ipnet::IpNet;
use serde_json::{Map, Value};

use super::{LONGEST, Labels, Malformed, Plugins, Timeout};
use crate::references::id_text;

/// An object's fields, and the path to it for messages.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    fields: Option<&'a Map<String, Value>>,
    path: &'a str,
}

type Read<T> = Result<T, Malformed>;

impl<'a> Fields<'a> {
    pub(super) fn of(value: &'a Value) -> Read<Self> {
        Self::within(value, "")
    }

    fn within(value: &'a Value, path: &'a str) -> Read<Self> {
        match value {
            Value::Object(fields) => Ok(Fields { fields: Some(fields), path }),
            Value::Array(items) if items.is_empty() => Ok(Fields { fields: None, path }),
            _ => Err(Malformed { field: path.to_owned(), expected: "an object" }),
        }
    }

    fn wrong<T>(&self, name: &str, expected: &'static str) -> Read<T> {
        let dot = if self.path.is_empty() { "" } else { "." };
        Err(Malformed { field: format!("{}{dot}{name}", self.path), expected })
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.fields?.get(name)
    }

    fn read<T>(&self, name: &str, expected: &'static str, f: impl FnOnce(&'a Value) -> Option<T>) -> Read<Option<T>> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => f(value).map_or_else(|| self.wrong(name, expected), |read| Ok(Some(read))),
        }
    }

    pub(super) fn required<T>(&self, name: &str, read: Option<T>) -> Read<T> {
        read.map_or_else(|| self.wrong(name, "a value"), Ok)
    }

    pub(super) fn object(&self, name: &'a str) -> Read<Option<Fields<'a>>> {
        self.get(name).map(|value| Fields::within(value, name)).transpose()
    }

    pub(super) fn string(&self, name: &str) -> Read<Option<String>> {
        self.read(name, "a string", |value| value.as_str().map(str::to_owned))
    }

    pub(super) fn id(&self, name: &str) -> Read<Option<String>> {
        self.read(name, "an id", id_text)
    }

    pub(super) fn own_id(&self) -> Read<String> {
        Ok(self.id("id")?.unwrap_or_default())
    }

    pub(super) fn bool(&self, name: &str) -> Read<Option<bool>> {
        self.read(name, "true or false", Value::as_bool)
    }

    /// An integer, cut to the range of `T`.
    pub(super) fn integer<T: TryFrom<i64> + Bound>(&self, name: &str) -> Read<Option<T>> {
        self.read(name, "an integer", integer)
    }

    pub(super) fn integers<T: TryFrom<i64> + Bound>(&self, name: &str) -> Read<Vec<T>> {
        self.list(name, "a list of integers", integer)
    }

    pub(super) fn number(&self, name: &str) -> Read<Option<f64>> {
        self.read(name, "a number", Value::as_f64)
    }

    /// Seconds, with fractions.
    pub(super) fn seconds(&self, name: &str) -> Read<Option<Duration>> {
        Ok(self.number(name)?.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST).min(LONGEST)))
    }

    pub(super) fn ms(&self, name: &str) -> Read<Option<Duration>> {
        Ok(self.integer::<u64>(name)?.map(|ms| Duration::from_millis(ms).min(LONGEST)))
    }

    fn list<T>(&self, name: &str, expected: &'static str, f: impl Fn(&'a Value) -> Option<T>) -> Read<Vec<T>> {
        let read = self.read(name, expected, |value| match value {
            Value::Array(items) => items.iter().map(f).collect(),
            Value::Object(fields) if fields.is_empty() => Some(Vec::new()),
            _ => None,
        });
        read.map(Option::unwrap_or_default)
    }

    pub(super) fn strings(&self, name: &str) -> Read<Vec<String>> {
        self.list(name, "a list of strings", |value| value.as_str().map(str::to_owned))
    }

    /// What may be written as one (`uri`) or as many (`uris`).
    pub(super) fn one_or_many(&self, one: &str, many: &str) -> Read<Vec<String>> {
        let mut all = self.strings(many)?;
        all.extend(self.string(one)?);
        Ok(all)
    }

    /// Hosts in the form they are compared in: lower case, without the root's dot.
    pub(super) fn hosts(&self, one: &str, many: &str) -> Read<Vec<String>> {
        let mut hosts = self.one_or_many(one, many)?;
        for host in &mut hosts {
            host.make_ascii_lowercase();
            if host.len() > 1 && host.ends_with('.') {
                host.pop();
            }
        }
        Ok(hosts)
    }

    /// Addresses and networks.
    pub(super) fn networks(&self, one: &str, many: &str) -> Read<Vec<IpNet>> {
        self.one_or_many(one, many)?
            .iter()
            .map(|text| network(text).map_or_else(|| self.wrong(one, "an address or network"), Ok))
            .collect()
    }

    pub(super) fn labels(&self) -> Read<Labels> {
        let Some(labels) = self.object("labels")? else { return Ok(Labels::new()) };
        let read = |(name, value): (&String, &Value)| match value.as_str() {
            Some(text) => Ok((name.clone(), text.to_owned())),
            None => self.wrong("labels", "strings"),
        };
        labels.fields.into_iter().flatten().map(read).collect()
    }

    pub(super) fn plugins(&self) -> Read<Plugins> {
        Ok(self.object("plugins")?.and_then(|plugins| plugins.fields.cloned()).unwrap_or_default())
    }

    pub(super) fn all(&self) -> Map<String, Value> {
        self.fields.cloned().unwrap_or_default()
    }

    pub(super) fn timeout(&self) -> Read<Option<Timeout>> {
        let Some(timeout) = self.object("timeout")? else { return Ok(None) };
        let get = |name| timeout.required(name, timeout.seconds(name)?);
        Ok(Some(Timeout { connect: get("connect")?, send: get("send")?, read: get("read")? }))
    }

    /// `status`: absent means on.
    pub(super) fn enabled(&self) -> Read<bool> {
        Ok(self.integer::<i64>("status")?.unwrap_or(1) == 1)
    }
}

/// An integer type's ends, to cut what lies beyond.
pub(super) trait Bound {
    const MIN: Self;
    const MAX: Self;
}

macro_rules! bound {
    ($($t:ty),*) => { $(impl Bound for $t { const MIN: $t = <$t>::MIN; const MAX: $t = <$t>::MAX; })* };
}
bound!(i32, i64, u8, u16, u32, u64);

fn integer<T: TryFrom<i64> + Bound>(value: &Value) -> Option<T> {
    #[allow(clippy::cast_possible_truncation)] // saturates, and is a whole number
    let whole = match value.as_i64() {
        Some(whole) => whole,
        None => value.as_f64().filter(|x| x.fract() == 0.0)? as i64,
    };
    Some(T::try_from(whole).unwrap_or(if whole < 0 { T::MIN } else { T::MAX }))
}

/// An address, or a network in CIDR form. Groups may be left out of IPv6 networks as far as the schema lets them.
pub(crate) fn network(text: &str) -> Option<IpNet> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(IpNet::from(address));
    }
    let (address, mask) = text.split_once('/')?;
    let mask = mask.parse().ok()?;
    let address = match address.parse::<Ipv4Addr>() {
        Ok(v4) => IpAddr::V4(v4),
        Err(_) => IpAddr::V6(address.parse::<Ipv6Addr>().ok()?),
    };
    IpNet::new(address, mask).ok().map(|net| net.trunc())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn integers_are_cut_to_their_type() {
        let value: Value = serde_json::from_str(r#"{"a":1.0,"b":1e30,"c":-5,"d":1.5,"e":"1"}"#).unwrap();
        let fields = Fields::of(&value).unwrap();
        assert_eq!(fields.integer::<u32>("a"), Ok(Some(1)));
        assert_eq!(fields.integer::<u32>("b"), Ok(Some(u32::MAX)));
        assert_eq!(fields.integer::<u32>("c"), Ok(Some(0)));
        assert_eq!(fields.integer::<i32>("c"), Ok(Some(-5)));
        assert_eq!(fields.integer::<u32>("x"), Ok(None));
        assert!(fields.integer::<u32>("d").is_err());
        assert_eq!(fields.integer::<u32>("e").unwrap_err().to_string(), "field e: expected an integer");
    }

    #[test]
    fn networks_are_addresses_too() {
        for (text, net) in [
            ("127.0.0.1", "127.0.0.1/32"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("::1", "::1/128"),
            ("fe80::/32", "fe80::/32"),
        ] {
            assert_eq!(network(text).unwrap().to_string(), net);
        }
        for text in [":/8", "a", "1.2.3.4/33", "::1/129", "1.2.3.4/"] {
            assert_eq!(network(text), None, "{text}");
        }
    }

    #[test]
    fn times_may_be_fractions() {
        let value = json!({"timeout": {"connect": 0.5, "send": 1, "read": 1e300}});
        let timeout = Fields::of(&value).unwrap().timeout().unwrap().unwrap();
        assert_eq!(
            timeout,
            Timeout { connect: Duration::from_millis(500), send: Duration::from_secs(1), read: LONGEST }
        );
    }
}
