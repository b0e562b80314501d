//! `gatewayctl ping`: whether the Admin API answers, and how fast.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use super::App;
use crate::error::Result;
use crate::output::list::{Record, head};

/// Ask the Admin API for a sign of life, and say how long it takes
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Ask the Admin API for a sign of life, and say how long it takes

Any answer of an Admin API will do, also that the key is wrong; something else that answers there is refused. The first one \
takes longer: it opens the connection.",
    before_help = "Examples:
  gatewayctl ping
  gatewayctl ping -n 5 --interval 200ms
  until gatewayctl ping >/dev/null; do sleep 1; done",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// How often
    #[arg(short = 'n', long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    count: u16,
    /// Time between two
    #[arg(long, value_name = "DUR", default_value = "1s")]
    interval: String,
}

/// Asks and prints.
///
/// # Errors
/// Unreachable; server: it is no Admin API; interrupted.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let pause = crate::context::duration("--interval", &args.interval)?.unwrap_or(Duration::ZERO);
    let url = app.settings.admin.as_str();
    let mut list = app.printer().stream(vec![head("SERVER", 1), head("STATUS", 0), head("TIME", 0)])?;
    for n in 0..args.count {
        if n > 0 {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                error = crate::stop::wanted() => return Err(error),
            }
        }
        let start = Instant::now();
        let answer = app.admin.call(Method::HEAD, "", None).await?;
        let millis = start.elapsed().as_secs_f64() * 1000.0;
        if n == 0 && answer.gateway_version().is_none() {
            // Only a body says what answers.
            let told = app.admin.call(Method::GET, "/routes?page=1&page_size=10", None).await?;
            app.admin.is_one(&told)?;
        }
        if app.format().is_human() {
            let server = super::server_line(answer.server(), answer.gateway_version());
            app.out.told(&format!("{url} answers in {millis:.1} ms: {server}"))?;
            app.out.flush()?;
            continue;
        }
        let document = json!({ "server": url, "status": answer.status, "ms": (millis * 1000.0).round() / 1000.0 });
        let cells = vec![url.to_owned(), answer.status.to_string(), format!("{millis:.1} ms")];
        list.push(&Record { name: url.to_owned(), cells, document })?;
    }
    Ok(())
}
