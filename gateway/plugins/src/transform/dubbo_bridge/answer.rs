//! The answer that a reply becomes.

use bytes::Bytes;
use gateway_dubbo_codec::answer::RPC_EXCEPTION;
use gateway_dubbo_codec::frame::Status;
use gateway_dubbo_codec::generic::{self, Answer, Exception, Mode};
use gateway_dubbo_codec::json::{Dates, Style};
use gateway_engine::exchange::{Exchange, Reply};
use serde_json::{Map, Value};

use crate::transform::dubbo::{self, Answers};

/// How replies are told.
pub(super) struct Told {
    pub(super) mode: Mode,
    pub(super) dates: Dates,
    pub(super) long_as_string: bool,
    pub(super) beans: Box<[Box<str>]>,
    pub(super) statuses: Statuses,
    pub(super) with_class: bool,
    pub(super) limit: usize,
}

impl Answers for Told {
    fn answer(&self, x: &mut Exchange, reply: Reply, body: &Bytes) -> Bytes {
        if Status::from_code(reply.status) != Status::Ok {
            return dubbo::failed(x, x.resp.status, reply, body, true);
        }
        let style = Style {
            dates: self.dates,
            long_as_string: self.long_as_string,
            strip_class: self.mode == Mode::True,
            beans: &self.beans,
            limit: self.limit,
            ..Style::default()
        };
        match generic::answer(body, self.mode, &style, dubbo::limits()) {
            Ok(Answer::Value(json)) => dubbo::answer(x, 200, json),
            Ok(Answer::Exception(exception)) => match dubbo::refused(x, &exception) {
                Some(answer) => answer,
                None => dubbo::thrown(x, self.statuses.of(&exception), &exception, self.with_class),
            },
            Err(error) => dubbo::unreadable(x, &error),
        }
    }
}

/// Statuses by class of exception.
#[derive(Default)]
pub(super) struct Statuses(Vec<(Pattern, u16)>);

/// The name of a class, cut at its `*`.
struct Pattern(Vec<Box<str>>);

impl Statuses {
    pub(super) fn compile(conf: Map<String, Value>) -> Result<Statuses, String> {
        let mut all = Vec::with_capacity(conf.len());
        for (class, status) in conf {
            let status = crate::conf::integer::<u16>(&status).filter(|status| (200..600).contains(status));
            let status = status.ok_or(format!(
                "property \"exceptions\" validation failed: \"{class}\" has no status from 200 to 599"
            ))?;
            all.push((class, status));
        }
        // Exact names first, then the longer ones.
        all.sort_by_key(|(class, _)| (class.contains('*'), std::cmp::Reverse(class.len())));
        Ok(Statuses(all.into_iter().map(|(class, status)| (Pattern::new(&class), status)).collect()))
    }

    fn of(&self, exception: &Exception) -> u16 {
        let configured = self.0.iter().find(|(pattern, _)| pattern.matches(&exception.class));
        configured.map_or_else(|| usual(exception), |(_, status)| *status)
    }
}

impl Pattern {
    fn new(text: &str) -> Pattern {
        Pattern(text.split('*').map(Into::into).collect())
    }

    /// Every part is there, in order, the first at the beginning and the last at the end.
    fn matches(&self, class: &str) -> bool {
        let Some(((first, rest), last)) = self.0.split_first().zip(self.0.last()) else { return false };
        if rest.is_empty() {
            return **first == *class;
        }
        let Some(mut left) = class.strip_prefix(&**first) else { return false };
        for part in rest.iter().take(rest.len().saturating_sub(1)) {
            let Some(at) = left.find(&**part) else { return false };
            left = left.get(at.saturating_add(part.len())..).unwrap_or_default();
        }
        left.ends_with(&**last)
    }
}

/// Where nothing is configured: 500, or what an `RpcException` says by its code.
fn usual(exception: &Exception) -> u16 {
    if exception.class != RPC_EXCEPTION && exception.class != "com.alibaba.dubbo.rpc.RpcException" {
        return 500;
    }
    match exception.code {
        Some(1 | 5) => 502,
        Some(2 | 8) => 504,
        Some(4 | 13) => 403,
        Some(6) => 503,
        Some(7) => 429,
        Some(11) => 404,
        Some(12) => 400,
        _ => 500,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn statuses_by_class() {
        let conf = json!({"a.*": 404, "a.b.*": 409, "a.b.C": 410, "*Timeout*": 504, "*": 418});
        let statuses = Statuses::compile(conf.as_object().unwrap().clone()).unwrap();
        let of = |class: &str| statuses.of(&Exception { class: class.into(), message: None, code: None });
        for (class, status) in
            [("a.b.C", 410), ("a.b.D", 409), ("a.X", 404), ("x.TimeoutError", 504), ("x.Y", 418), ("", 418)]
        {
            assert_eq!(of(class), status, "{class}");
        }
        assert!(Statuses::compile(json!({"a": 600}).as_object().unwrap().clone()).is_err());
        let none = Statuses::default();
        let rpc = |code| none.of(&Exception { class: RPC_EXCEPTION.into(), message: None, code });
        let codes = [Some(2), Some(4), Some(6), Some(7), None].map(rpc);
        assert_eq!(codes, [504, 403, 503, 429, 500]);
        assert_eq!(none.of(&Exception { class: "x.Y".into(), message: None, code: Some(7) }), 500);
    }

    #[test]
    fn patterns() {
        for (pattern, class, expected) in [
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a*b*c", "a.b.c", true),
            ("a*b*c", "a.c", false),
            ("*", "", true),
            ("a", "ab", false),
            ("a**b", "ab", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches(class), expected, "{pattern} {class}");
        }
    }
}
