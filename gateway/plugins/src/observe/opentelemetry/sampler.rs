//! Which requests are sampled.

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::Value;

use super::context::{Context, TraceId};

/// A sampler.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sampler {
    All,
    None,
    /// Those whose trace's id, as a number of 63 bits, is below this.
    Share(u64),
    /// Those whose caller has sampled; those without a caller by another one.
    Caller(Box<Sampler>),
}

impl Sampler {
    pub(super) fn samples(&self, trace: TraceId, parent: Option<&Context>) -> bool {
        match self {
            Sampler::All => true,
            Sampler::None => false,
            Sampler::Share(below) => {
                // The lower half of the id: its bits are random by the recommendation.
                let [.., a, b, c, d, e, f, g, h] = trace.0;
                u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 1 < *below
            }
            Sampler::Caller(root) => match parent {
                Some(parent) => parent.sampled,
                None => root.samples(trace, None),
            },
        }
    }

    fn of(value: &Value, root: bool) -> Result<Sampler, String> {
        let options = value.get("options");
        let fraction = || options.and_then(|o| o.get("fraction")).and_then(Value::as_f64).unwrap_or(0.0);
        Ok(match value.get("name").and_then(Value::as_str).unwrap_or("always_off") {
            "always_on" => Sampler::All,
            "always_off" => Sampler::None,
            "trace_id_ratio" => Sampler::share(fraction()),
            "parent_base" if root => {
                let root = options.and_then(|o| o.get("root")).unwrap_or(&Value::Null);
                Sampler::Caller(Box::new(Sampler::of(root, false)?))
            }
            other => return Err(format!("there is no sampler {other} here")),
        })
    }

    fn share(fraction: f64) -> Sampler {
        const ALL: f64 = 9_223_372_036_854_775_808.0;
        match fraction {
            f if f >= 1.0 => Sampler::All,
            f if f > 0.0 => {
                // Between 0 and 2^63.
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                Sampler::Share((f * ALL) as u64)
            }
            _ => Sampler::None,
        }
    }
}

impl<'de> Deserialize<'de> for Sampler {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Sampler, D::Error> {
        Sampler::of(&Value::deserialize(from)?, true).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::super::context::SpanId;
    use super::*;
    use serde_json::json;

    fn sampler(value: Value) -> Sampler {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn samplers_by_their_names() {
        let id = TraceId::random();
        let caller = |sampled| Context { trace: id, span: SpanId::random(), sampled };
        let (yes, no) = (caller(true), caller(false));
        let root = |name: &str| sampler(json!({"name": "parent_base", "options": {"root": {"name": name}}}));
        for (sampler, parent, expected) in [
            (sampler(json!({"name": "always_on"})), Some(&no), true),
            (sampler(json!({"name": "always_off"})), Some(&yes), false),
            (sampler(json!({})), None, false),
            (root("always_on"), None, true),
            (root("always_on"), Some(&no), false),
            (root("always_off"), Some(&yes), true),
            (root("trace_id_ratio"), None, false),
            (sampler(json!({"name": "trace_id_ratio", "options": {"fraction": 1.0}})), None, true),
            (sampler(json!({"name": "trace_id_ratio", "options": {"fraction": -1}})), None, false),
        ] {
            assert_eq!(sampler.samples(id, parent), expected, "{sampler:?} {parent:?}");
        }
    }

    #[test]
    fn a_share_is_a_share() {
        let quarter = sampler(json!({"name": "trace_id_ratio", "options": {"fraction": 0.25}}));
        let sampled = (0..4000).filter(|_| quarter.samples(TraceId::random(), None)).count();
        // Twelve standard deviations to either side.
        assert!((670..1330).contains(&sampled), "{sampled}");
    }
}
