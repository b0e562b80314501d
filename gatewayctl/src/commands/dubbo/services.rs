//! `gatewayctl dubbo services`: what there is.

use serde_json::Value;

use super::super::App;
use super::stats::Stats;
use super::{known, methods, text};
use crate::error::Result;
use crate::output::Format;
use crate::output::table::Table;

/// List the Dubbo services that routes, registries and calls name
#[derive(Debug, clap::Args)]
#[command(
    long_about = "List the Dubbo services that routes, registries and calls name

With -o wide also how many calls of them went through the gateway since it began, the part of them that came to nothing or threw, and the time that 99 of 100 took at most.",
    before_help = "Examples:
  gatewayctl dubbo services
  gatewayctl dubbo services -o wide
  gatewayctl dubbo services --registry nacos -o json",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// Only those of this registry, such as zookeeper or nacos
    #[arg(long, value_name = "NAME")]
    registry: Option<String>,
}

/// Prints the list.
///
/// # Errors
/// The gateway could not be asked.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let all = known(app).await?;
    let wanted = |service: &Value| args.registry.as_deref().is_none_or(|registry| text(service, "source") == registry);
    let services: Vec<Value> = all.into_iter().filter(wanted).collect();
    match app.settings.format {
        format @ (Format::Json | Format::Yaml) => return app.out.document(format, &Value::Array(services)),
        Format::Name => return services.iter().try_for_each(|service| app.out.line(text(service, "interface"))),
        Format::Table | Format::Wide => {}
    }
    let wide = app.settings.format == Format::Wide;
    let row = |service: &Value| {
        let number = service.get("nodes").map(Value::to_string).unwrap_or_default();
        let methods = methods(service).count();
        let methods = if methods == 0 { "-".to_owned() } else { methods.to_string() };
        let plain = |name: &str| match text(service, name) {
            "" => "-".to_owned(),
            text => text.to_owned(),
        };
        let mut cells = vec![plain("interface"), plain("version"), plain("group"), number, methods, plain("source")];
        if wide {
            let stats = Stats::of(service);
            cells.extend([stats.calls(), stats.errors(), stats.ms("p99_ms")]);
        }
        cells
    };
    let mut header = vec!["INTERFACE", "VERSION", "GROUP", "NODES", "METHODS", "SOURCE"];
    let mut give = vec![2, 0, 0, 0, 0, 1];
    if wide {
        header.extend(["CALLS", "ERR%", "P99"]);
        give.extend([0, 0, 0]);
    }
    let table = Table { header, give, rows: services.iter().map(row).collect() };
    for line in table.render(true, app.tty.width.filter(|_| app.tty.stdout)) {
        app.out.line(&line)?;
    }
    Ok(())
}
