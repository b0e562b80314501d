//! The numbers that the gateway has counted of a service or a method, as they are shown.

use serde_json::Value;

/// What is counted; an older gateway counts nothing.
pub(super) struct Stats<'v>(Option<&'v Value>);

/// Outcomes that are errors, in the order in which they are told.
const ERRORS: [&str; 4] = ["exception", "timeout", "status", "refused"];

impl<'v> Stats<'v> {
    /// Those of a service or a method.
    pub(super) fn of(value: &'v Value) -> Stats<'v> {
        Stats(value.get("stats").filter(|stats| stats.is_object()))
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.0?.get(name)?.as_u64()
    }

    /// Whether anything has been counted.
    pub(super) fn any(&self) -> bool {
        self.number("calls").is_some_and(|calls| calls > 0)
    }

    /// How many calls there were.
    pub(super) fn calls(&self) -> String {
        self.number("calls").map_or_else(dash, |calls| calls.to_string())
    }

    /// How many of a hundred were no success.
    pub(super) fn errors(&self) -> String {
        let part = |calls: u64| Some(self.number("errors")? as f64 * 100.0 / calls as f64);
        self.number("calls").filter(|calls| *calls > 0).and_then(part).map_or_else(dash, |part| format!("{part:.1}"))
    }

    /// One of the times.
    pub(super) fn ms(&self, name: &str) -> String {
        let time = self.0.and_then(|stats| stats.get(name)?.as_f64());
        time.map_or_else(dash, |ms| match ms {
            ..10.0 => format!("{ms:.2} ms"),
            ..100.0 => format!("{ms:.1} ms"),
            _ => format!("{ms:.0} ms"),
        })
    }

    /// `47, of these 3 exception, 1 timeout`.
    pub(super) fn told(&self) -> String {
        let by = |name: &&str| {
            let count = self.0?.get("by")?.get(*name)?.as_u64().filter(|count| *count > 0)?;
            Some(format!("{count} {name}"))
        };
        let errors: Vec<String> = ERRORS.iter().filter_map(by).collect();
        match errors.is_empty() {
            true => self.calls(),
            false => format!("{}, of these {}", self.calls(), errors.join(", ")),
        }
    }
}

fn dash() -> String {
    "-".to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_as_they_are_shown() {
        let stats = json!({"calls": 8, "errors": 3, "by": {"ok": 5, "exception": 2, "timeout": 0, "status": 0, "refused": 1},
                           "p50_ms": 0.256, "p99_ms": 12.34, "max_ms": 5000.4});
        let value = json!({ "stats": stats });
        let stats = Stats::of(&value);
        let shown = [stats.calls(), stats.errors(), stats.told()];
        assert_eq!(shown, ["8", "37.5", "8, of these 2 exception, 1 refused"]);
        assert_eq!(["p50_ms", "p99_ms", "max_ms"].map(|ms| stats.ms(ms)), ["0.26 ms", "12.3 ms", "5000 ms"]);
        let none = json!({"stats": {"calls": 0, "errors": 0, "by": {}, "p50_ms": null}});
        let none = Stats::of(&none);
        assert_eq!([none.calls(), none.errors(), none.ms("p50_ms"), none.told()], ["0", "-", "-", "0"]);
        let older = json!({});
        let older = Stats::of(&older);
        assert!(!older.any() && !none.any() && stats.any() && older.calls() == "-" && older.told() == "-");
    }
}
