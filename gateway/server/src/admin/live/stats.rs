//! `GET live/stats`: what the traffic is like, over an interval or as a stream of intervals: rates, latencies, and rows by route,
//! upstream and the like. Workers count only while somebody reads.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use gateway_engine::snapshot::Shared;
use gateway_engine::watch::{Dimension, Reading, Stats, Summed, Sums, WATCHERS, micros};
use gateway_engine::worker::Counters;
use hyper::StatusCode;
use hyper::http::request::Parts;
use serde_json::{Map, Value, json};

use super::super::query::Query;
use super::super::{Api, Refusal};
use super::info::{Process, open_files, processor_time};
use super::stream::{Feed, Form, Line};
use crate::boot;
use crate::control_http::{self, Answer};

/// Rows of each kind where nobody says how many, and the most.
const TOP: usize = 50;
const MOST: usize = 10_000;

/// The shortest interval, and the longest.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(3600);

/// The longest of one document.
const PATIENCE: Duration = Duration::from_secs(300);

/// Bounds of the histogram, in milliseconds.
const BOUNDS: [f64; 13] = [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0];

/// What a reader asks for.
#[derive(Debug, PartialEq)]
struct Asked {
    interval: Duration,
    by: Vec<(Dimension, &'static str)>,
    top: usize,
}

impl Asked {
    fn read(query: &Query) -> Result<Asked, Refusal> {
        let usual = [Dimension::Route, Dimension::Upstream, Dimension::Consumer, Dimension::Protocol];
        let mut asked = Asked {
            interval: Duration::from_secs(1),
            by: Dimension::NAMED.into_iter().filter(|(dimension, _)| usual.contains(dimension)).collect(),
            top: TOP,
        };
        for (name, value) in query.iter() {
            let bad = |why: String| Refusal::bad(format!("invalid argument {name}: {why}"));
            match name {
                "api_key" | "since" => {}
                "interval" => {
                    let interval =
                        micros(value).map(Duration::from_micros).filter(|i| (SHORTEST..=LONGEST).contains(i));
                    asked.interval = interval.ok_or_else(|| bad("should be a time from 100ms to 3600s".to_owned()))?;
                }
                "by" => {
                    let named = |word: &str| Dimension::NAMED.into_iter().find(|(_, name)| *name == word);
                    let words = value.split(',').map(str::trim).filter(|word| !word.is_empty());
                    let all: Result<Vec<_>, &str> = words.map(|word| named(word).ok_or(word)).collect();
                    asked.by = all.map_err(|word| {
                        let names = Dimension::NAMED.map(|(_, name)| name).join(", ");
                        bad(format!("{word:?} is none of {names}"))
                    })?;
                }
                "top" => {
                    let top = value.parse().ok().filter(|top| (1..=MOST).contains(top));
                    asked.top = top.ok_or_else(|| bad(format!("should be a number from 1 to {MOST}")))?;
                }
                _ => return Err(Refusal::bad(format!("unknown argument {name}"))),
            }
        }
        Ok(asked)
    }
}

impl Api {
    /// The traffic of each interval from now on; as one document, of the next one.
    pub(super) async fn stats(&self, head: &Parts, query: &Query) -> Result<Answer, Refusal> {
        let asked = Asked::read(query)?;
        let form = Form::of(head);
        let shared = Arc::clone(self.state.shared());
        let begin = || Stats::read(&shared).ok_or_else(|| Refusal::streams(WATCHERS));
        if form == Form::Document {
            if asked.interval > PATIENCE {
                return Err(Refusal::bad("invalid argument interval: should be at most 300s where there is no stream"));
            }
            let mut telling = Telling::begin(begin()?, &shared, &self.process).await;
            tokio::time::sleep(asked.interval).await;
            let told = telling.next(&asked).await;
            return Ok(control_http::json(StatusCode::OK, &told));
        }
        let (feed, answer) = self.streams.open(head, form)?;
        let telling = Telling::begin(begin()?, &shared, &self.process).await;
        tokio::spawn(follow(feed, telling, asked));
        Ok(answer)
    }
}

/// Tells a reader of each interval until it goes.
async fn follow(feed: Feed, mut telling: Telling, asked: Asked) {
    let mut ticks = tokio::time::interval(asked.interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = feed.closed() => return,
        }
        let told = telling.next(&asked).await;
        feed.offer(Line::new("stats", told.to_string()));
    }
}

/// Tells the difference between now and the time before.
struct Telling {
    reading: Arc<Reading>,
    shared: Arc<Shared>,
    process: Arc<Process>,
    before: Moment,
}

/// What is known at one time.
struct Moment {
    at: Instant,
    sums: Summed,
    totals: Totals,
    cpu: Duration,
}

/// Numbers of the process that are always counted.
#[derive(Clone, Copy, Default)]
struct Totals {
    accepted: u64,
    handshakes: u64,
    retries: u64,
}

impl Moment {
    fn now(reading: &Reading, shared: &Shared) -> Moment {
        let sum = |of: fn(&Counters) -> u64| shared.sum(of);
        let totals = Totals {
            accepted: sum(|c| c.accepted.get()),
            handshakes: sum(|c| c.handshakes.get()),
            retries: sum(|c| c.retries.get()),
        };
        Moment { at: Instant::now(), sums: reading.sums(), totals, cpu: processor_time() }
    }
}

impl Telling {
    async fn begin(reading: Reading, shared: &Arc<Shared>, process: &Arc<Process>) -> Telling {
        let before = Moment::now(&reading, shared);
        let (shared, process) = (Arc::clone(shared), Arc::clone(process));
        Telling { reading: Arc::new(reading), shared, process, before }
    }

    /// What has been since the last time. Much to sum takes long, so another thread does it.
    async fn next(&mut self, asked: &Asked) -> Value {
        let (reading, shared) = (Arc::clone(&self.reading), Arc::clone(&self.shared));
        let Ok(now) = tokio::task::spawn_blocking(move || Moment::now(&reading, &shared)).await else {
            return Value::Null;
        };
        let before = std::mem::replace(&mut self.before, now);
        self.tell(&before, asked)
    }

    fn tell(&self, before: &Moment, asked: &Asked) -> Value {
        let now = &self.before;
        let window = now.at.saturating_duration_since(before.at);
        let seconds = window.as_secs_f64().max(1e-3);
        let none = Sums::default();
        let mut changed: Vec<(Dimension, &str, Option<&str>, Sums)> = Vec::new();
        for ((dimension, id, name), sums) in &now.sums {
            let since = sums.since(before.sums.get(&(*dimension, id.clone(), name.clone())).unwrap_or(&none));
            changed.push((*dimension, id, name.as_deref(), since));
        }
        let all = changed.iter().find(|(dimension, ..)| *dimension == Dimension::All).map(|(.., sums)| sums.clone());
        let all = all.unwrap_or_default();
        let mut by = Map::new();
        for (dimension, name) in &asked.by {
            let rows = changed.iter().filter(|(of, _, _, sums)| of == dimension && sums.requests() > 0);
            let mut rows: Vec<_> = rows.collect();
            rows.sort_by(|a, b| b.3.requests().cmp(&a.3.requests()).then_with(|| a.1.cmp(b.1)));
            let told: Vec<Value> = rows.iter().take(asked.top).map(|row| self::row(row, seconds)).collect();
            by.insert((*name).to_owned(), told.into());
        }
        let unix_s = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        json!({
            "ts": round(unix_s),
            "instance": self.process.instance(),
            "rev": self.shared.snapshot().revision,
            "window_ms": u64::try_from(window.as_millis()).unwrap_or(u64::MAX),
            "conn": self.connections(before, now),
            "req": self.requests(&all, before, now, seconds),
            "by": by,
            "proc": {
                "cpu_pct": round(now.cpu.saturating_sub(before.cpu).as_secs_f64() / seconds * 100.0),
                "rss_bytes": boot::resident(),
                "fds": open_files(),
            },
        })
    }

    fn connections(&self, before: &Moment, now: &Moment) -> Value {
        let sum = |of: fn(&Counters) -> u64| self.shared.sum(of);
        let (active, http2, dubbo) =
            (sum(|c| c.active.get()), sum(|c| c.active_http2.get()), sum(|c| c.active_dubbo.get()));
        let calls = sum(|c| c.active_grpc.get());
        let websockets = sum(|c| c.websockets_open.get());
        json!({
            "active": active,
            "opened": now.totals.accepted.wrapping_sub(before.totals.accepted),
            "handshakes": now.totals.handshakes.wrapping_sub(before.totals.handshakes),
            "by": {
                "http1": active.saturating_sub(http2.wrapping_add(dubbo)),
                "h2": http2.saturating_sub(calls),
                "grpc": calls,
                "websocket": websockets,
                "dubbo": dubbo,
                // There is no listener of plain TCP.
                "tcp": 0,
                "tls": sum(|c| c.active_tls.get()),
            },
            "upstream_active": sum(|c| c.upstream_active.get()),
            "upstream_idle": sum(|c| c.upstream_idle.get()),
        })
    }

    fn requests(&self, all: &Sums, before: &Moment, now: &Moment, seconds: f64) -> Value {
        let quantile = |part| all.took.quantile_ms(part).map(round);
        let [at, beside] = all.upstream.clone().unwrap_or_default();
        let two = |times: &gateway_engine::watch::Times| json!({ "p50": times.quantile_ms(0.5).map(round), "p99": times.quantile_ms(0.99).map(round) });
        json!({
            "rps": rate(all.requests(), seconds),
            "n": all.requests(),
            "active": self.shared.sum(|c| c.running.get()),
            "rx_bps": rate(all.received, seconds),
            "tx_bps": rate(all.sent, seconds),
            "codes": codes(all),
            "retries": now.totals.retries.wrapping_sub(before.totals.retries),
            "timeouts": all.timeouts,
            "limited": all.limited,
            "latency_ms": {
                "p50": quantile(0.5), "p90": quantile(0.9), "p95": quantile(0.95), "p99": quantile(0.99), "p999": quantile(0.999),
                "max": all.took.max_ms().map(round),
            },
            "upstream_ms": two(&at),
            "gateway_ms": two(&beside),
            "hist": { "le_ms": BOUNDS, "n": all.took.within_ms(&BOUNDS) },
        })
    }
}

fn codes(sums: &Sums) -> Value {
    let [none, c1, c2, c3, c4, c5] = sums.classes;
    json!({ "1xx": c1, "2xx": c2, "3xx": c3, "4xx": c4, "5xx": c5, "none": none })
}

/// A row: what it is about, and how it was.
fn row((dimension, id, name, sums): &(Dimension, &str, Option<&str>, Sums), seconds: f64) -> Value {
    let requests = sums.requests();
    let failed = sums.classes.first().copied().unwrap_or_default() + sums.classes.last().copied().unwrap_or_default();
    let quantile = |part| sums.took.quantile_ms(part).map(round);
    let mut told = json!({
        "id": id,
        "name": name,
        "rps": rate(requests, seconds),
        "n": requests,
        // Exact up to 2^53.
        "err": round(share(failed, requests)),
        "codes": codes(sums),
        "p50": quantile(0.5), "p90": quantile(0.9), "p95": quantile(0.95), "p99": quantile(0.99), "max": sums.took.max_ms().map(round),
        "rx_bps": rate(sums.received, seconds),
        "tx_bps": rate(sums.sent, seconds),
    });
    if let Value::Object(told) = &mut told {
        if *dimension == Dimension::Node
            && let Some(upstream) = told.insert("name".to_owned(), Value::Null)
        {
            told.insert("upstream".to_owned(), upstream);
        }
        if id.is_empty() {
            // All that had no room for a row of their own.
            told.insert("overflow".to_owned(), true.into());
        }
    }
    told
}

/// Exact up to 2^53 of them.
#[allow(clippy::cast_precision_loss)]
fn rate(count: u64, seconds: f64) -> f64 {
    round(count as f64 / seconds)
}

#[allow(clippy::cast_precision_loss)]
fn share(part: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { part as f64 / all as f64 }
}

/// Three decimals, or more where that would be nothing.
fn round(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_asked() {
        let read = |text: &str| Asked::read(&Query::parse(text)).map_err(|refusal| format!("{refusal:?}"));
        let asked = read("interval=250ms&by=node,status&top=3").unwrap();
        assert_eq!((asked.interval, asked.top), (Duration::from_millis(250), 3));
        assert_eq!(asked.by, [(Dimension::Node, "node"), (Dimension::Status, "status")]);
        assert_eq!(read("by=").unwrap().by, []);
        for (text, says) in [
            ("interval=1ms", "100ms to 3600s"),
            ("interval=x", "should be a time"),
            ("by=rout", "is none of route, service"),
            ("top=0", "from 1 to 10000"),
            ("windw=1s", "unknown argument windw"),
        ] {
            let refused = read(text).unwrap_err();
            assert!(refused.contains(says), "{text}: {refused}");
        }
    }
}
