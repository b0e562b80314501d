//! `gatewayctl metrics`: the gateway's metrics, as a table.

pub(crate) mod text;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::App;
use super::live;
use crate::admin::Beside;
use crate::error::{Error, Kind, Result};
use crate::output::list::{List, Record, head};
use text::Sample;

/// Show the metrics of the gateway
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Show the metrics of the gateway

They are read from its metrics listener, in the form that Prometheus reads. A histogram is one row: how many values, their \
average, and below which value 50, 95 and 99 of 100 lie, as far as its buckets tell.",
    before_help = "Examples:
  gatewayctl metrics
  gatewayctl metrics 'apisix_http_*' --label route=hello
  gatewayctl metrics apisix_http_requests_total -w
  gatewayctl metrics --raw | grep upstream",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// Names, * stands for any characters
    #[arg(value_name = "NAME-GLOB")]
    name: Option<String>,
    /// Only with this label; may be repeated
    #[arg(long = "label", value_name = "K=V")]
    labels: Vec<String>,
    /// The text as the gateway gives it
    #[arg(long, conflicts_with_all = ["name", "labels", "watch"])]
    raw: bool,
    /// Go on with what changes
    #[arg(long, short = 'w')]
    watch: bool,
    /// How often is looked with -w
    #[arg(long, value_name = "DUR", default_value = "2s")]
    interval: String,
}

/// Prints the rows.
///
/// # Errors
/// Unreachable: nobody listens there; server: what answers is not in that form; interrupted, which is the usual end of `-w`.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let mut labels = Vec::new();
    for label in &args.labels {
        let pair = label.split_once('=');
        labels.push(pair.ok_or_else(|| Error::usage(format!("--label {label}: expected K=V")))?);
    }
    if args.raw {
        let body = fetch(app).await?;
        return match app.tty.stdout {
            true => app.out.page(&crate::output::clean::lines(&String::from_utf8_lossy(&body))),
            false => app.out.bytes(&body),
        };
    }
    let heads = vec![head("NAME", 1), head("LABELS", 2), head("VALUE", 0)];
    let mut list = if args.watch { app.printer().stream(heads)? } else { app.printer().list(heads)? };
    let pause = crate::context::duration("--interval", &args.interval)?.unwrap_or(Duration::from_secs(2));
    let mut known: HashMap<String, String> = HashMap::new();
    loop {
        let rows = rows(&fetch(app).await?)?;
        for row in rows {
            let wanted = args.name.as_deref().is_none_or(|glob| matches(glob, &row.name))
                && labels.iter().all(|(name, value)| row.labels.iter().any(|(own, is)| own == name && is == value));
            if wanted {
                push(&mut list, &row, args.watch.then_some(&mut known))?;
            }
        }
        if !args.watch {
            break;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            error = crate::stop::wanted() => return Err(error),
        }
    }
    if list.finish()? == 0 {
        app.out.note("no metrics of that name and label");
    }
    Ok(())
}

/// The text, as the gateway gives it.
///
/// # Errors
/// Unreachable: nobody listens there; the kind of a status that is no success.
pub(crate) async fn fetch(app: &App<'_>) -> Result<Vec<u8>> {
    let listener = app.admin.beside(Beside::Metrics).await?;
    let url = &listener.url;
    live::ask(app, &listener, "").await.map_err(|error| {
        let hint = "--metrics URL says where; the plugin attribute prometheus.export_addr of the gateway's configuration file sets it";
        Error::new(error.kind(), format!("{url}: {}", error.message())).hint(hint)
    })
}

/// A value or a histogram.
#[derive(Debug)]
struct Metric {
    name: String,
    labels: Vec<(String, String)>,
    kind: String,
    reading: Reading,
}

#[derive(Debug)]
enum Reading {
    One(f64),
    /// The buckets' ends and counts, and the sum.
    Spread {
        buckets: Vec<(f64, f64)>,
        sum: f64,
        count: f64,
    },
}

/// The rows of a text, the parts of a histogram as one.
fn rows(body: &[u8]) -> Result<Vec<Metric>> {
    let (samples, kinds) = text::read(&String::from_utf8_lossy(body));
    if samples.is_empty() {
        return Err(
            Error::new(Kind::Server, "what answers is no text of metrics").hint("--metrics URL says where they are")
        );
    }
    let mut rows: Vec<Metric> = Vec::new();
    let mut spreads: BTreeMap<(String, Vec<(String, String)>), usize> = BTreeMap::new();
    for Sample { name, mut labels, value } in samples {
        let part = ["_bucket", "_sum", "_count"].iter().find_map(|end| {
            let base = name.strip_suffix(end)?;
            (kinds.get(base).map(String::as_str) == Some("histogram")).then(|| (base.to_owned(), *end))
        });
        let Some((base, part)) = part else {
            let kind = kinds.get(&name).cloned().unwrap_or_default();
            rows.push(Metric { name, labels, kind, reading: Reading::One(value) });
            continue;
        };
        let end = labels.iter().position(|(label, _)| label == "le").map(|at| labels.remove(at).1);
        let at = *spreads.entry((base.clone(), labels.clone())).or_insert_with(|| {
            let reading = Reading::Spread { buckets: Vec::new(), sum: 0.0, count: 0.0 };
            rows.push(Metric { name: base, labels, kind: "histogram".to_owned(), reading });
            rows.len() - 1
        });
        if let Some(Metric { reading: Reading::Spread { buckets, sum, count }, .. }) = rows.get_mut(at) {
            match part {
                "_sum" => *sum = value,
                "_count" => *count = value,
                _ => buckets.extend(
                    end.and_then(|end| Some((if end == "+Inf" { f64::INFINITY } else { end.parse().ok()? }, value))),
                ),
            }
        }
    }
    for row in &mut rows {
        if let Reading::Spread { buckets, .. } = &mut row.reading {
            buckets.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        }
    }
    Ok(rows)
}

/// The rows of a text as `-o json` gives them, `most` of them.
///
/// # Errors
/// Server: it is no text of metrics.
pub(crate) fn documents(body: &[u8], most: usize) -> Result<Vec<Value>> {
    Ok(rows(body)?.iter().take(most).map(document).collect())
}

fn document(row: &Metric) -> Value {
    let named: Map<String, Value> =
        row.labels.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let mut document = json!({ "name": row.name, "labels": named, "type": row.kind });
    match &row.reading {
        Reading::One(value) => document["value"] = json!(value),
        Reading::Spread { buckets, sum, count } => {
            let at = |part| text::percentile(buckets, part);
            document["count"] = json!(count);
            document["sum"] = json!(sum);
            document["percentiles"] = json!({ "p50": at(0.5), "p95": at(0.95), "p99": at(0.99) });
        }
    }
    document
}

/// Prints a row; where it is known already, only if it has changed.
fn push(list: &mut List<'_>, row: &Metric, known: Option<&mut HashMap<String, String>>) -> Result<()> {
    let labels: Vec<String> = row.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let labels = labels.join(",");
    let shown = match &row.reading {
        Reading::One(value) => number(*value),
        Reading::Spread { buckets, sum, count } => {
            let at = |part| text::percentile(buckets, part).map_or_else(|| "-".to_owned(), rounded);
            let average = if *count > 0.0 { rounded(sum / count) } else { "-".to_owned() };
            format!("count={} avg={average} p50={} p95={} p99={}", number(*count), at(0.5), at(0.95), at(0.99))
        }
    };
    if let Some(known) = known
        && known.insert(format!("{}{{{labels}}}", row.name), shown.clone()).as_ref() == Some(&shown)
    {
        return Ok(());
    }
    let document = document(row);
    let name = if labels.is_empty() { row.name.clone() } else { format!("{}{{{labels}}}", row.name) };
    let labels = if labels.is_empty() { "-".to_owned() } else { labels };
    list.push(&Record { name, cells: vec![row.name.clone(), labels, shown], document })
}

/// As the text has it, without a fraction where there is none.
pub(crate) fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { value.to_string() }
}

/// Three digits are as much as buckets tell.
pub(crate) fn rounded(value: f64) -> String {
    if value == 0.0 || value.abs() >= 100.0 {
        return format!("{value:.0}");
    }
    let digits = 2 - value.abs().log10().floor() as i32;
    format!("{value:.*}", usize::try_from(digits.clamp(0, 9)).unwrap_or_default())
}

/// Whether a name fits a pattern in which `*` is any characters and `?` one of them.
fn matches(glob: &str, name: &str) -> bool {
    let (glob, name) = (glob.as_bytes(), name.as_bytes());
    let (mut g, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match glob.get(g) {
            Some(b'*') => {
                star = Some((g + 1, n));
                g += 1;
            }
            Some(c) if *c == b'?' || name.get(n) == Some(c) => {
                g += 1;
                n += 1;
            }
            _ => match star {
                // The star takes one more.
                Some((after, from)) => {
                    star = Some((after, from + 1));
                    (g, n) = (after, from + 1);
                }
                None => return false,
            },
        }
    }
    glob.get(g..).unwrap_or_default().iter().all(|c| *c == b'*')
}

/// The samples of a text, each with its name, its labels and its value; for fuzz targets.
pub(crate) fn samples(text: &str) -> Vec<crate::parsers::Sample> {
    text::read(text).0.into_iter().map(|sample| (sample.name, sample.labels, sample.value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (glob, name, expected) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("*_total", "x_total", true),
            ("a?c", "abc", true),
            ("", "a", false),
            ("*a*b*", "xxaxxbxx", true),
        ] {
            assert_eq!(matches(glob, name), expected, "{glob} {name}");
        }
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            (rounded(0.012_345), rounded(1234.5), rounded(1.2345)),
            ("0.0123".into(), "1234".into(), "1.23".into())
        );
        assert_eq!((number(4.0), number(0.5)), ("4".into(), "0.5".into()));
    }
}
