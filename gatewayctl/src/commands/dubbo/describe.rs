//! `gatewayctl dubbo describe`: one service.

use serde_json::Value;

use super::super::App;
use super::stats::Stats;
use super::{REST, is_rest, known, methods, text};
use crate::error::{Error, Kind, Result};
use crate::output::table::Table;
use crate::suggest;

/// Show the methods and providers of a Dubbo service, and what was counted of its calls
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl dubbo describe org.acme.Orders",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// Full name of the interface
    service: String,
}

/// Prints the service, once for each place that names it.
///
/// # Errors
/// Not found: nobody names it.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let all = known(app).await?;
    let found: Vec<&Value> = all.iter().filter(|service| is(service, &args.service)).collect();
    if found.is_empty() {
        let error =
            Error::new(Kind::NotFound, format!("no route, no registry and no call names the service {}", args.service));
        let names = all.iter().map(|service| text(service, "interface"));
        return Err(
            error.hint(suggest::hint(&args.service, names).unwrap_or_else(|| "gatewayctl dubbo services".to_owned()))
        );
    }
    let document = || Value::Array(found.iter().map(|service| (*service).clone()).collect());
    app.printer().one("describe", document, || page(app, &found))
}

fn is(service: &Value, named: &str) -> bool {
    text(service, "interface") == named || (is_rest(service) && named == REST)
}

fn page(app: &App<'_>, found: &[&Value]) -> Result<()> {
    for (n, service) in found.iter().enumerate() {
        if n > 0 {
            app.out.line("")?;
        }
        described(service, app)?;
    }
    Ok(())
}

fn described(service: &Value, app: &App<'_>) -> Result<()> {
    let nodes = service.get("nodes").map(Value::to_string).unwrap_or_default();
    let stats = Stats::of(service);
    let any = stats.any();
    let calls = if any { stats.told() } else { String::new() };
    let times = TIMES.map(|(name, key)| format!("{} {}", name.to_lowercase(), stats.ms(key))).join(", ");
    let rest = "calls that are counted by no name: of services that nobody names and that never answered, and beyond 2,000 methods";
    let interface = if is_rest(service) { REST } else { text(service, "interface") };
    let lines = [
        ("interface", interface),
        ("these are", if is_rest(service) { rest } else { "" }),
        ("version", text(service, "version")),
        ("group", text(service, "group")),
        ("nodes", &nodes),
        ("source", text(service, "source")),
        ("calls", &calls),
        ("took", if any { &times } else { "" }),
    ];
    for (name, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
        app.out.told(&format!("{name:<12}{value}"))?;
    }
    let providers: Vec<&Value> = service.get("providers").and_then(Value::as_array).into_iter().flatten().collect();
    if !providers.is_empty() {
        app.out.line("providers")?;
        let row = |node: &&Value| {
            let state = Some(text(node, "state")).filter(|state| !state.is_empty()).unwrap_or("not checked");
            let weight = node.get("weight").map(Value::to_string).unwrap_or_default();
            vec![text(node, "addr").to_owned(), weight, state.to_owned(), text(node, "source").to_owned()]
        };
        let header = ["ADDRESS", "WEIGHT", "STATE", "SOURCE"].map(str::to_owned).to_vec();
        let rows = providers.iter().map(row).collect();
        indented(Table { header, give: vec![0; 4], rows, ..Table::default() }, app)?;
    }
    let mut known: Vec<(String, &Value)> = methods(service).map(|method| (signature(method), method)).collect();
    known.sort_by(|(a, _), (b, _)| a.cmp(b));
    if known.is_empty() {
        return app.out.part(&format!("{:<12}not known: no registry describes them\n", "methods"));
    }
    app.out.line("methods")?;
    if !any {
        return known.iter().try_for_each(|(method, _)| app.out.told(&format!("  {method}")));
    }
    let row = |(method, counted): &(String, &Value)| {
        let stats = Stats::of(counted);
        let times = TIMES.iter().map(|(_, key)| stats.ms(key));
        [method.clone(), stats.calls(), stats.errors()].into_iter().chain(times).collect()
    };
    let header =
        ["METHOD", "CALLS", "ERR%"].into_iter().chain(TIMES.map(|(name, _)| name)).map(str::to_owned).collect();
    indented(
        Table { header, give: vec![1, 0, 0, 0, 0, 0, 0], rows: known.iter().map(row).collect(), ..Table::default() },
        app,
    )
}

/// The times that are shown: the head of the column, and the field.
const TIMES: [(&str, &str); 4] = [("P50", "p50_ms"), ("P95", "p95_ms"), ("P99", "p99_ms"), ("MAX", "max_ms")];

/// A table below a word.
fn indented(mut table: Table, app: &App<'_>) -> Result<()> {
    let lines = table.render(true, app.out.look().narrower(2));
    lines.iter().try_for_each(|line| app.out.bytes(format!("  {line}\n").as_bytes()))
}

/// As in source: `find(long) -> org.acme.Order`; of a method that nobody describes, its name.
fn signature(method: &Value) -> String {
    if !method.get("params").is_some_and(Value::is_array) {
        return text(method, "name").to_owned();
    }
    let params = method.get("params").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let params: Vec<&str> = params.collect();
    format!("{}({}) -> {}", text(method, "name"), params.join(", "), text(method, "returns"))
}
