//! `gatewayctl dubbo describe`: one service.

use serde_json::Value;

use super::super::App;
use super::{known, methods, text};
use crate::error::{Error, Kind, Result};
use crate::output::Format;
use crate::suggest;

/// Show the methods of a Dubbo service
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
    let found: Vec<&Value> = all.iter().filter(|service| text(service, "interface") == args.service).collect();
    if found.is_empty() {
        let error = Error::new(Kind::NotFound, format!("no route and no registry names the service {}", args.service));
        let names = all.iter().map(|service| text(service, "interface"));
        return Err(
            error.hint(suggest::hint(&args.service, names).unwrap_or_else(|| "gatewayctl dubbo services".to_owned()))
        );
    }
    match app.settings.format {
        format @ (Format::Json | Format::Yaml) => {
            return app.out.document(format, &Value::Array(found.into_iter().cloned().collect()));
        }
        Format::Name => return Err(Error::usage("-o name is a form of lists, and describe is none")),
        Format::Table | Format::Wide => {}
    }
    for (n, service) in found.into_iter().enumerate() {
        if n > 0 {
            app.out.line("")?;
        }
        let nodes = service.get("nodes").map(Value::to_string).unwrap_or_default();
        let lines = [
            ("interface", text(service, "interface")),
            ("version", text(service, "version")),
            ("group", text(service, "group")),
            ("nodes", &nodes),
            ("source", text(service, "source")),
        ];
        for (name, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
            app.out.line(&format!("{name:<12}{value}"))?;
        }
        let mut known: Vec<String> = methods(service).map(signature).collect();
        known.sort();
        match known.is_empty() {
            true => app.out.line(&format!("{:<12}not known: no registry describes them", "methods"))?,
            false => app.out.line("methods")?,
        }
        known.iter().try_for_each(|method| app.out.line(&format!("  {method}")))?;
    }
    Ok(())
}

/// As in source: `find(long) -> org.acme.Order`.
fn signature(method: &Value) -> String {
    let params = method.get("params").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let params: Vec<&str> = params.collect();
    format!("{}({}) -> {}", text(method, "name"), params.join(", "), text(method, "returns"))
}
