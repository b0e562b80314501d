//! The numbers of a server without `live/stats`: its metrics, read again and again. They count the requests of routes that have the
//! plugin `prometheus`.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::admin::Beside;
use crate::commands::metrics::text::{self, Sample};
use crate::commands::{App, metrics};
use crate::error::{Error, Kind, Result};

/// Rows, and the label that they are by.
const LABELS: [(&str, &str); 5] =
    [("route", "route"), ("service", "service"), ("node", "node"), ("consumer", "consumer"), ("status", "code")];

/// A reading on its way.
type Asked<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>>> + 'a>>;

/// Metrics that are read each interval.
pub(super) struct Counted<'a> {
    app: &'a App<'a>,
    by: &'static str,
    label: &'static str,
    top: usize,
    interval: Duration,
    due: Instant,
    before: (Instant, Totals),
    asked: Option<Asked<'a>>,
}

impl<'a> Counted<'a> {
    /// Reads them for the first time.
    ///
    /// # Errors
    /// Server: there are no metrics either; usage: they do not say what the rows are to be about.
    pub(super) async fn begin(
        app: &'a App<'a>,
        by: &'static str,
        top: usize,
        interval: Duration,
    ) -> Result<Counted<'a>> {
        let label = LABELS.iter().find(|(name, _)| *name == by).map(|(_, label)| *label).ok_or_else(|| {
            let names = LABELS.map(|(name, _)| name).join(", ");
            app.admin.lacks("stats").hint(format!("its metrics tell of traffic by {names}"))
        })?;
        let first = metrics::fetch(app).await.map_err(|error| {
            app.admin.lacks("stats").hint(format!("its metrics cannot be read either: {}", error.message())).hint(
                "--metrics URL says where they are; the plugin attribute prometheus.export_addr of its configuration sets it",
            )
        })?;
        let before = (Instant::now(), Totals::read(&first, label)?);
        app.out.note(&format!(
            "this server has no live/stats: counted from {}, which knows the routes with the plugin prometheus",
            app.admin.beside(Beside::Metrics).await?.url
        ));
        Ok(Counted { app, by, label, top, interval, due: Instant::now() + interval, before, asked: None })
    }

    /// What was counted within the next interval, in the form of `live/stats`. Nothing is lost where it is not awaited to its end.
    ///
    /// # Errors
    /// Those of the reading.
    pub(super) async fn next(&mut self) -> Result<Value> {
        let asked = match &mut self.asked {
            Some(asked) => asked,
            None => {
                tokio::time::sleep_until(self.due.into()).await;
                let app = self.app;
                self.asked.insert(Box::pin(metrics::fetch(app)))
            }
        };
        let body = asked.as_mut().await;
        self.asked = None;
        let now = Instant::now();
        self.due = (self.due + self.interval).max(now);
        let totals = Totals::read(&body?, self.label)?;
        let window = now.saturating_duration_since(self.before.0);
        let stats = totals.since(&self.before.1, window, self.by, self.top);
        self.before = (now, totals);
        Ok(stats)
    }
}

/// Counters at one time.
#[derive(Debug, Default)]
struct Totals {
    all: Counts,
    rows: BTreeMap<String, Counts>,
    connections: f64,
}

/// Those of one row.
#[derive(Debug, Default, Clone)]
struct Counts {
    /// Requests by the first digit of their status.
    codes: [f64; 5],
    rx: f64,
    tx: f64,
    /// By the bits of their upper ends, which rise as the ends do: none is negative.
    buckets: BTreeMap<u64, f64>,
}

impl Totals {
    fn read(body: &[u8], label: &str) -> Result<Totals> {
        let (samples, _) = text::read(&String::from_utf8_lossy(body));
        if samples.is_empty() {
            let error = Error::new(Kind::Server, "what answers is no text of metrics");
            return Err(error.hint("--metrics URL says where they are"));
        }
        let mut totals = Totals::default();
        for sample in &samples {
            let of = |name: &str| sample.labels.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
            if sample.name == "apisix_nginx_http_current_connections" && of("state") == Some("active") {
                totals.connections = sample.value;
            }
            totals.all.add(sample, &of);
            if let Some(id) = of(label).filter(|id| !id.is_empty()) {
                totals.rows.entry(id.to_owned()).or_default().add(sample, &of);
            }
        }
        Ok(totals)
    }

    /// What came since then.
    fn since(&self, before: &Totals, window: Duration, by: &str, top: usize) -> Value {
        let none = Counts::default();
        let seconds = window.as_secs_f64().max(0.001);
        let mut rows: Vec<(f64, Value)> = Vec::new();
        for (id, counts) in &self.rows {
            let counts = counts.since(before.rows.get(id).unwrap_or(&none));
            if counts.requests() > 0.0 {
                let mut row = counts.row(seconds);
                row.insert("id".to_owned(), id.as_str().into());
                rows.push((counts.requests(), Value::Object(row)));
            }
        }
        rows.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let rows: Vec<Value> = rows.into_iter().take(top).map(|(_, row)| row).collect();
        let all = self.all.since(&before.all);
        let latency: Map<String, Value> =
            PARTS.iter().map(|(name, part)| ((*name).to_owned(), all.at(*part))).collect();
        json!({
            "window_ms": window.as_millis() as u64,
            "conn": { "active": self.connections as u64 },
            "req": { "rps": all.requests() / seconds, "codes": all.classes(), "rx_bps": all.rx / seconds,
                "tx_bps": all.tx / seconds, "latency_ms": latency },
            "by": { by: rows },
            "source": "metrics",
        })
    }
}

/// Percentiles that are told.
const PARTS: [(&str, f64); 4] = [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)];

impl Counts {
    fn add<'s>(&mut self, sample: &'s Sample, of: &dyn Fn(&str) -> Option<&'s str>) {
        match (sample.name.as_str(), of("type")) {
            ("apisix_http_status", _) => {
                let class = of("code").and_then(|code| code.parse::<usize>().ok()).unwrap_or_default() / 100;
                // 1xx is the first.
                if let Some(count) = class.checked_sub(1).and_then(|class| self.codes.get_mut(class)) {
                    *count += sample.value;
                }
            }
            ("apisix_bandwidth", Some("ingress")) => self.rx += sample.value,
            ("apisix_bandwidth", Some("egress")) => self.tx += sample.value,
            ("apisix_http_latency_bucket", Some("request")) => {
                let end = match of("le") {
                    Some("+Inf") => Some(f64::INFINITY),
                    end => end.and_then(|end| end.parse::<f64>().ok()).filter(|end| *end >= 0.0),
                };
                if let Some(end) = end {
                    *self.buckets.entry(end.to_bits()).or_default() += sample.value;
                }
            }
            _ => {}
        }
    }

    /// What is more than before; of a counter that has begun anew, all.
    fn since(&self, before: &Counts) -> Counts {
        let more = |now: f64, before: f64| if now < before { now } else { now - before };
        let mut codes = self.codes;
        codes.iter_mut().zip(before.codes).for_each(|(now, before)| *now = more(*now, before));
        let of = |end: &u64| before.buckets.get(end).copied().unwrap_or_default();
        Counts {
            codes,
            rx: more(self.rx, before.rx),
            tx: more(self.tx, before.tx),
            buckets: self.buckets.iter().map(|(end, count)| (*end, more(*count, of(end)))).collect(),
        }
    }

    fn requests(&self) -> f64 {
        self.codes.iter().sum()
    }

    fn classes(&self) -> Value {
        let classes = self.codes.iter().enumerate();
        classes.map(|(at, count)| (format!("{}xx", at + 1), Value::from(*count as u64))).collect::<Map<_, _>>().into()
    }

    fn at(&self, part: f64) -> Value {
        let buckets: Vec<(f64, f64)> = self.buckets.iter().map(|(end, count)| (f64::from_bits(*end), *count)).collect();
        text::percentile(&buckets, part).map_or(Value::Null, Value::from)
    }

    fn row(&self, seconds: f64) -> Map<String, Value> {
        let requests = self.requests();
        let failed = self.codes.last().copied().unwrap_or_default();
        let mut row = Map::new();
        for (name, value) in [
            ("n", Value::from(requests as u64)),
            ("rps", (requests / seconds).into()),
            ("err", (failed / requests.max(1.0)).into()),
            ("codes", self.classes()),
            ("rx_bps", (self.rx / seconds).into()),
            ("tx_bps", (self.tx / seconds).into()),
        ] {
            row.insert(name.to_owned(), value);
        }
        row.extend(PARTS.iter().map(|(name, part)| ((*name).to_owned(), self.at(*part))));
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "\
apisix_http_status{code=\"200\",route=\"a\",consumer=\"\"} 10
apisix_http_status{code=\"500\",route=\"a\",consumer=\"\"} 1
apisix_http_latency_bucket{type=\"request\",route=\"a\",le=\"10\"} 11
apisix_http_latency_bucket{type=\"request\",route=\"a\",le=\"+Inf\"} 11
apisix_bandwidth{type=\"egress\",route=\"a\"} 1000
";
    const AFTER: &str = "\
apisix_http_status{code=\"200\",route=\"a\",consumer=\"\"} 13
apisix_http_status{code=\"500\",route=\"a\",consumer=\"\"} 2
apisix_http_status{code=\"404\",route=\"b\",consumer=\"\"} 2
apisix_http_latency_bucket{type=\"request\",route=\"a\",le=\"10\"} 15
apisix_http_latency_bucket{type=\"request\",route=\"a\",le=\"+Inf\"} 15
apisix_http_latency_bucket{type=\"upstream\",route=\"a\",le=\"10\"} 15
apisix_bandwidth{type=\"egress\",route=\"a\"} 3000
apisix_nginx_http_current_connections{state=\"active\"} 7
";

    #[test]
    fn rows_are_what_came_in_between() {
        let (before, after) = [BEFORE, AFTER].map(|text| Totals::read(text.as_bytes(), "route").unwrap()).into();
        let stats = after.since(&before, Duration::from_secs(2), "route", 10);
        let rows = stats["by"]["route"].as_array().unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(
            json!([rows[0]["id"], rows[0]["n"], rows[0]["rps"], rows[0]["err"], rows[0]["codes"]["5xx"]]),
            json!(["a", 4, 2.0, 0.25, 1])
        );
        assert_eq!((&rows[0]["tx_bps"], &rows[0]["p50"]), (&json!(1000.0), &json!(5.0)));
        assert_eq!((&rows[1]["id"], &rows[1]["codes"]["4xx"], &rows[1]["p50"]), (&json!("b"), &json!(2), &Value::Null));
        assert_eq!((&stats["req"]["rps"], &stats["conn"]["active"]), (&json!(3.0), &json!(7)));
        assert_eq!(after.since(&before, Duration::ZERO, "route", 1)["by"]["route"].as_array().unwrap().len(), 1);
        // A server that was started anew.
        let again = before.since(&after, Duration::from_secs(1), "route", 10);
        assert_eq!(again["by"]["route"][0]["n"], 11);
        assert!(Totals::read(b"<html>", "route").is_err());
    }
}
