//! `gatewayctl version`: this tool, and the gateway it talks to.

use reqwest::Method;
use serde_json::{Value, json};

use super::App;
use crate::error::Result;
use crate::output::{Format, Printer};

/// Print the versions of this tool and of the gateway
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl version
  gatewayctl version --client -o json",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// Only this tool, without asking the gateway
    #[arg(long)]
    pub(crate) client: bool,
}

/// Prints both versions. A gateway that does not answer is told as such and no error: the question was answered as far
/// as it can be.
///
/// # Errors
/// Only that the output cannot be written.
pub(crate) async fn run(app: &App<'_>) -> Result<()> {
    let (server, version, trouble) = match app.admin.call(Method::HEAD, "", None).await {
        Ok(answer) => (answer.server().map(str::to_owned), answer.gateway_version().map(str::to_owned), None),
        Err(error) => (None, None, Some(error)),
    };
    let document = || json!({ "client": client(), "server": server.as_deref().map(|name| json!({ "name": name, "version": version })) });
    match app.format() {
        Format::Name => app.out.line(&format!("gatewayctl/{VERSION}"))?,
        _ => app.printer().one("version", document, || {
            app.out.told(&client_line())?;
            app.out.told(&format!("server {}", super::server_line(server.as_deref(), version.as_deref())))
        })?,
    }
    if let Some(error) = trouble {
        app.out.warn(error.message());
    }
    Ok(())
}

/// The version of this tool alone; needs neither settings nor a server.
///
/// # Errors
/// Only that the output cannot be written.
pub(crate) fn print_client(printer: &Printer<'_>) -> Result<()> {
    match printer.printing.format {
        Format::Name => printer.out.line(&format!("gatewayctl/{VERSION}")),
        _ => printer.one("version", client, || printer.out.told(&client_line())),
    }
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn client() -> Value {
    json!({
        "version": VERSION,
        "git": env!("GATEWAYCTL_GIT"),
        "build_date": env!("GATEWAYCTL_BUILD_DATE"),
        "target": env!("GATEWAYCTL_TARGET"),
    })
}

fn client_line() -> String {
    let (git, date, target) = (env!("GATEWAYCTL_GIT"), env!("GATEWAYCTL_BUILD_DATE"), env!("GATEWAYCTL_TARGET"));
    format!("gatewayctl {VERSION} ({git} {date}, {target})")
}
