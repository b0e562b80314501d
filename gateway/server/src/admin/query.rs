//! Query arguments.

use std::time::Duration;

use percent_encoding::percent_decode_str;

use super::answers::Refusal;

/// The arguments of a query, decoded; of several of one name the first counts.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

/// Most arguments that are read.
const ARGUMENTS: usize = 100;

/// Longest time to live: a century, which no clock outruns.
const LONGEST_TTL: f64 = 100.0 * 365.25 * 86400.0;

impl Query {
    pub(super) fn parse(text: &str) -> Query {
        let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).take(ARGUMENTS);
        Query(
            pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (decode(k), decode(v))).collect(),
        )
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// `ttl`: after how many seconds an object vanishes.
    ///
    /// # Errors
    /// It is no number, or none that a time can have.
    pub(super) fn ttl(&self) -> Result<Option<Duration>, Refusal> {
        let Some(text) = self.get("ttl") else { return Ok(None) };
        match text.trim().parse::<f64>() {
            Ok(seconds) if seconds > 0.0 && seconds.is_finite() => {
                Ok(Some(Duration::from_secs_f64(seconds.min(LONGEST_TTL))))
            }
            _ => Err(Refusal::bad("invalid argument ttl: should be a number")),
        }
    }

    /// `force=true`, exactly.
    pub(super) fn force(&self) -> bool {
        self.get("force") == Some("true")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments() {
        let query = Query::parse("a=1&b=x%20y+z&&c&a=2&d=%ff");
        let expected = [("a", Some("1")), ("b", Some("x y z")), ("c", Some("")), ("d", Some("\u{fffd}")), ("e", None)];
        for (name, value) in expected {
            assert_eq!(query.get(name), value, "{name}");
        }
    }

    #[test]
    fn times_to_live() {
        let cases =
            [("", Ok(None)), ("ttl=1.5", Ok(Some(1500))), ("ttl=x", Err(())), ("ttl=-1", Err(())), ("ttl=0", Err(()))];
        for (text, expected) in cases {
            let ttl = Query::parse(text).ttl().map(|t| t.map(|t| t.as_millis())).map_err(|_| ());
            assert_eq!(ttl, expected, "{text}");
        }
        assert!(Query::parse("ttl=1e300").ttl().is_ok());
        assert!(Query::parse("ttl=inf").ttl().is_err() && Query::parse("ttl=nan").ttl().is_err());
    }
}
