//! The numbers of `live/stats`, made of two readings of the metrics that APISIX and this gateway have. They are of the routes that
//! count (plugin `prometheus`); what metrics do not tell is `null`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::commands::metrics::text::{Sample, percentile, read};

/// The row of everything.
const ALL: &str = "";

/// What was counted until a moment.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// By what it is about, and its id.
    rows: BTreeMap<(String, String), Counts>,
    active: Option<f64>,
    accepted: Option<f64>,
    requests: Option<f64>,
    /// All requests by class, as this gateway counts them whether routes count or not.
    classes: Option<[f64; 6]>,
}

/// What was counted of something.
#[derive(Debug, Default, Clone)]
struct Counts {
    /// Answers by class: none, then `1xx` to `5xx`.
    codes: [f64; 6],
    /// How long requests took, at upstreams, and beside them.
    times: [Buckets; 3],
    received: f64,
    sent: f64,
}

/// Values at or below an end, by the bits of the end in milliseconds: of positive numbers they rise as the numbers do.
type Buckets = BTreeMap<u64, f64>;

impl Reading {
    /// Reads a text; `None` when it is none of metrics. `by` are the kinds of rows beside the one of everything.
    pub(super) fn of(text: &str, by: &[&str]) -> Option<Reading> {
        let (samples, _) = read(text);
        if samples.is_empty() {
            return None;
        }
        let mut reading = Reading::default();
        for sample in &samples {
            reading.take(sample, by);
        }
        Some(reading)
    }

    fn take(&mut self, sample: &Sample, by: &[&str]) {
        let label = |name: &str| sample.labels.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
        // What stands in front of names is configured.
        let is =
            |name: &str| sample.name.strip_suffix(name).is_some_and(|front| front.is_empty() || front.ends_with('_'));
        let value = sample.value;
        if !value.is_finite() || value < 0.0 {
            return;
        }
        if is("nginx_http_current_connections") {
            match label("state") {
                Some("active") => self.active = Some(value),
                Some("accepted") => self.accepted = Some(value),
                _ => {}
            }
        } else if is("http_requests_total") {
            self.requests = Some(value);
        } else if is("gateway_requests_total") {
            let place = class(label("class")).unwrap_or_default();
            if let Some(all) = self.classes.get_or_insert_default().get_mut(place) {
                *all += value;
            }
        } else if is("http_status") {
            let class = class(label("code"));
            self.each(sample, by, |counts| {
                if let Some(codes) = counts.codes.get_mut(class.unwrap_or_default()) {
                    *codes += value;
                }
            });
        } else if is("http_latency_bucket") {
            let which = match label("type") {
                Some("request") => 0,
                Some("upstream") => 1,
                Some("apisix") => 2,
                _ => return,
            };
            let end = match label("le") {
                Some("+Inf") => Some(f64::INFINITY),
                Some(end) => end.parse().ok().filter(|end: &f64| *end >= 0.0),
                None => None,
            };
            let Some(end) = end else { return };
            self.each(sample, by, |counts| {
                if let Some(buckets) = counts.times.get_mut(which) {
                    *buckets.entry(end.to_bits()).or_default() += value;
                }
            });
        } else if is("bandwidth") {
            let ingress = label("type") == Some("ingress");
            self.each(sample, by, |counts| *if ingress { &mut counts.received } else { &mut counts.sent } += value);
        }
    }

    /// Every row that a sample belongs to.
    fn each(&mut self, sample: &Sample, by: &[&str], mut add: impl FnMut(&mut Counts)) {
        add(self.rows.entry((ALL.to_owned(), String::new())).or_default());
        for dimension in by {
            let name = if *dimension == "status" { "code" } else { dimension };
            let id = sample.labels.iter().find(|(own, value)| own == name && !value.is_empty());
            if let Some((_, id)) = id {
                add(self.rows.entry(((*dimension).to_owned(), id.clone())).or_default());
            }
        }
    }
}

/// The class of a status, 1 to 5.
fn class(status: Option<&str>) -> Option<usize> {
    let class = status?.chars().next()?.to_digit(10)?;
    usize::try_from(class).ok().filter(|class| (1..6).contains(class))
}

impl Counts {
    /// What has come since then. What is less than before began anew.
    fn since(&self, before: &Counts) -> Counts {
        let since = |now: f64, before: f64| if now < before { now } else { now - before };
        let mut new = self.clone();
        for (now, before) in new.codes.iter_mut().zip(before.codes) {
            *now = since(*now, before);
        }
        for (now, before) in new.times.iter_mut().zip(&before.times) {
            let anew = now.last_key_value().map(|(_, count)| *count) < before.last_key_value().map(|(_, count)| *count);
            if !anew {
                now.iter_mut().for_each(|(end, count)| *count -= before.get(end).copied().unwrap_or_default());
            }
        }
        new.received = since(self.received, before.received);
        new.sent = since(self.sent, before.sent);
        new
    }

    fn requests(&self) -> f64 {
        self.codes.iter().sum()
    }

    fn codes(&self) -> Value {
        let [none, c1, c2, c3, c4, c5] = self.codes.map(whole);
        json!({ "1xx": c1, "2xx": c2, "3xx": c3, "4xx": c4, "5xx": c5, "none": none })
    }

    /// The time below which a part of the values lies.
    fn time(&self, which: usize, part: f64) -> Option<f64> {
        let buckets: Vec<(f64, f64)> =
            self.times.get(which)?.iter().map(|(end, count)| (f64::from_bits(*end), *count)).collect();
        percentile(&buckets, part).map(rounded)
    }

    fn failed(&self) -> f64 {
        let requests = self.requests();
        let [none, .., c5] = self.codes;
        if requests > 0.0 { rounded((none + c5) / requests) } else { 0.0 }
    }

    /// How many values lie in each bucket, and beyond the last.
    fn histogram(&self) -> Value {
        let [requests, ..] = &self.times;
        let (mut ends, mut counts, mut below) = (Vec::new(), Vec::new(), 0.0);
        for (end, count) in requests {
            let end = f64::from_bits(*end);
            if end.is_finite() {
                ends.push(end);
            }
            counts.push(whole(count - below));
            below = *count;
        }
        if counts.len() == ends.len() {
            counts.push(0);
        }
        json!({ "le_ms": ends, "n": counts })
    }

    fn row(&self, id: &str, seconds: f64) -> Value {
        json!({
            "id": id,
            "name": null,
            "rps": rounded(self.requests() / seconds),
            "n": whole(self.requests()),
            "err": self.failed(),
            "codes": self.codes(),
            "p50": self.time(0, 0.5), "p90": self.time(0, 0.9), "p95": self.time(0, 0.95), "p99": self.time(0, 0.99), "max": null,
            "rx_bps": rounded(self.received / seconds),
            "tx_bps": rounded(self.sent / seconds),
        })
    }
}

/// What has been between two readings, in the form of `live/stats`, without its time.
pub(super) fn difference(before: &Reading, now: &Reading, window: Duration, by: &[&str], top: usize) -> Value {
    let seconds = window.as_secs_f64().max(1e-3);
    let none = Counts::default();
    let mut rows: BTreeMap<&str, Vec<(&str, Counts)>> = BTreeMap::new();
    for (key, counts) in &now.rows {
        let since = counts.since(before.rows.get(key).unwrap_or(&none));
        let (dimension, id) = (key.0.as_str(), key.1.as_str());
        if dimension == ALL || since.requests() > 0.0 {
            rows.entry(dimension).or_default().push((id, since));
        }
    }
    let all = rows.remove(ALL).and_then(|mut all| all.pop()).map(|(_, counts)| counts);
    let counted = all.is_some();
    let all = all.unwrap_or_default();
    let since = |now: Option<f64>, before: Option<f64>| Some((now? - before?).max(0.0));
    // Without routes that count there is the number of all requests, of this gateway by class, and no more.
    let classes = now.classes.zip(before.classes).map(|(codes, before)| {
        Counts { codes, ..Counts::default() }.since(&Counts { codes: before, ..Counts::default() })
    });
    let classed = if counted { Some(&all) } else { classes.as_ref() };
    let requests = classed.map(Counts::requests).or_else(|| since(now.requests, before.requests)).unwrap_or_default();
    let mut told = Map::new();
    for dimension in by {
        let mut of = rows.remove(dimension).unwrap_or_default();
        of.sort_by(|(a_id, a), (b_id, b)| b.requests().total_cmp(&a.requests()).then_with(|| a_id.cmp(b_id)));
        let of: Vec<Value> = of.iter().take(top).map(|(id, counts)| counts.row(id, seconds)).collect();
        // That nothing is counted does not mean that there is nothing.
        told.insert((*dimension).to_owned(), if counted { of.into() } else { Value::Null });
    }
    let two = |which| json!({ "p50": all.time(which, 0.5), "p99": all.time(which, 0.99) });
    json!({
        "window_ms": u64::try_from(window.as_millis()).unwrap_or(u64::MAX),
        "conn": { "active": now.active.map(whole), "opened": since(now.accepted, before.accepted).map(whole), "by": {} },
        "req": {
            "rps": rounded(requests / seconds),
            "n": whole(requests),
            "active": null,
            "rx_bps": counted.then(|| rounded(all.received / seconds)),
            "tx_bps": counted.then(|| rounded(all.sent / seconds)),
            "codes": classed.map(Counts::codes),
            "latency_ms": {
                "p50": all.time(0, 0.5), "p90": all.time(0, 0.9), "p95": all.time(0, 0.95), "p99": all.time(0, 0.99),
                "p999": all.time(0, 0.999), "max": null,
            },
            "upstream_ms": two(1),
            "gateway_ms": two(2),
            "hist": counted.then(|| all.histogram()),
        },
        "by": told,
        "proc": { "cpu_pct": null, "rss_bytes": null, "fds": null },
    })
}

/// A count, which the text tells as a number with a point.
fn whole(count: f64) -> u64 {
    count.max(0.0) as u64
}

/// Three decimals.
fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(ok: u64, bad: u64, fast: u64, slow: u64) -> String {
        let all = fast + slow;
        format!(
            "apisix_nginx_http_current_connections{{state=\"active\"}} 3\n\
             apisix_nginx_http_current_connections{{state=\"accepted\"}} {all}\n\
             apisix_http_requests_total 99\n\
             apisix_http_status{{code=\"200\",route=\"1\",service=\"s\",consumer=\"\",node=\"10.0.0.1\"}} {ok}\n\
             apisix_http_status{{code=\"503\",route=\"2\",service=\"\",consumer=\"joe\",node=\"\"}} {bad}\n\
             apisix_http_latency_bucket{{type=\"request\",route=\"1\",le=\"10\"}} {fast}\n\
             apisix_http_latency_bucket{{type=\"request\",route=\"1\",le=\"100\"}} {all}\n\
             apisix_http_latency_bucket{{type=\"request\",route=\"1\",le=\"+Inf\"}} {all}\n\
             apisix_bandwidth{{type=\"egress\",route=\"1\"}} {all}\n"
        )
    }

    #[test]
    fn two_readings_make_the_numbers() {
        let by = ["route", "consumer", "protocol", "status"];
        let (before, now) = (text(10, 1, 10, 1), text(50, 11, 50, 11));
        let (before, now) = (Reading::of(&before, &by).unwrap(), Reading::of(&now, &by).unwrap());
        let told = difference(&before, &now, Duration::from_secs(2), &by, 50);
        assert_eq!((told["req"]["rps"].as_f64(), told["req"]["n"].as_u64()), (Some(25.0), Some(50)));
        assert_eq!(told["req"]["codes"], json!({"1xx":0,"2xx":40,"3xx":0,"4xx":0,"5xx":10,"none":0}));
        assert_eq!(told["req"]["hist"], json!({"le_ms": [10.0, 100.0], "n": [40, 10, 0]}));
        assert_eq!(told["req"]["latency_ms"]["p90"].as_f64(), Some(55.0));
        assert_eq!((&told["conn"]["active"], &told["conn"]["opened"]), (&json!(3), &json!(50)));
        let routes = told["by"]["route"].as_array().unwrap();
        assert_eq!((&routes[0]["id"], routes[0]["rps"].as_f64()), (&json!("1"), Some(20.0)));
        assert_eq!((&routes[1]["id"], routes[1]["err"].as_f64()), (&json!("2"), Some(1.0)));
        assert_eq!(told["by"]["consumer"][0]["id"], "joe");
        assert_eq!(
            (told["by"]["protocol"].as_array().unwrap().len(), &told["by"]["status"][1]["id"]),
            (0, &json!("503"))
        );
        assert_eq!(
            difference(&before, &now, Duration::from_secs(2), &by, 1)["by"]["route"].as_array().unwrap().len(),
            1
        );
    }

    #[test]
    fn a_server_that_began_anew_and_one_that_counts_no_routes() {
        let by = ["route"];
        let (before, now) = (text(100, 0, 100, 0), text(4, 0, 4, 0));
        let (before, now) = (Reading::of(&before, &by).unwrap(), Reading::of(&now, &by).unwrap());
        let told = difference(&before, &now, Duration::from_secs(1), &by, 50);
        assert_eq!((&told["req"]["n"], &told["req"]["hist"]["n"]), (&json!(4), &json!([4, 0, 0])));
        let plain = |n: u32| Reading::of(&format!("x_http_requests_total {n}\n"), &by).unwrap();
        let told = difference(&plain(5), &plain(9), Duration::from_secs(2), &by, 50);
        assert_eq!((told["req"]["rps"].as_f64(), &told["by"]["route"]), (Some(2.0), &Value::Null));
        // What is not counted is not told, rather than told as none.
        for unknown in ["codes", "rx_bps", "tx_bps", "hist"] {
            assert_eq!(told["req"][unknown], Value::Null, "{unknown}");
        }
        // This gateway counts classes all the same.
        let classes = |ok: u32, bad: u32| {
            let class = |class: &str, n: u32| format!("apisix_gateway_requests_total{{class=\"{class}\"}} {n}\n");
            Reading::of(&[class("none", 0), class("2xx", ok), class("5xx", bad)].concat(), &by).unwrap()
        };
        let told = difference(&classes(5, 1), &classes(8, 2), Duration::from_secs(2), &by, 50);
        assert_eq!(told["req"]["codes"], json!({"1xx":0,"2xx":3,"3xx":0,"4xx":0,"5xx":1,"none":0}));
        assert_eq!((told["req"]["n"].as_u64(), &told["by"]["route"]), (Some(4), &Value::Null));
        assert!(Reading::of("<html>", &by).is_none());
    }

    proptest! {
        #[test]
        fn no_text_does_harm(lines in prop::collection::vec((
            "apisix_(http_status|http_latency_bucket|bandwidth|nginx_http_current_connections|http_requests_total)",
            "(code|type|le|state|route)", "[a-z0-9+I.-]{0,6}", prop::num::f64::ANY), 0..12)
        ) {
            let text: String = lines.iter().map(|(name, label, value, n)| format!("{name}{{type=\"request\",{label}=\"{value}\"}} {n}\n")).collect();
            let by = ["route", "status"];
            if let Some(reading) = Reading::of(&text, &by) {
                let told = difference(&Reading::default(), &reading, Duration::ZERO, &by, 50);
                prop_assert!(told["req"].is_object());
                let _ = difference(&reading, &reading, Duration::from_secs(1), &by, 50);
            }
        }
    }
}
