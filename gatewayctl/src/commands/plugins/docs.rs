//! `gatewayctl plugins docs`: the page of a plugin.

use serde_json::json;

use super::{example, page, tell_absence, unknown};
use crate::commands::App;
use crate::error::{Kind, Result};
use crate::output::clean;
use crate::schema;

/// Show the page of a plugin
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Show the page of a plugin

The pages are those of the gateway that this tool was built with. Of a plugin that has none the fields are told, by the server's \
schema.",
    before_help = "Examples:
  gatewayctl plugins docs limit-count
  gatewayctl plugins docs cors --no-pager > cors.md",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// Name of the plugin
    #[arg(value_name = "NAME")]
    plugin: String,
}

/// Prints the page.
///
/// # Errors
/// Usage: no such plugin; those of the call.
pub(super) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    app.printer().no_list("docs")?;
    let name = &args.plugin;
    let text = match page(name) {
        Some(text) => text.to_owned(),
        None => match schema::of_plugin(&app.admin, name).await {
            Ok(schema) => {
                tell_absence(name, app).await;
                format!(
                    "# {name}\n\nThere is no page of this plugin. Its fields, by the schema of the server:\n\n{}",
                    example::fields(&schema, "  ")
                )
            }
            Err(error) if error.kind() == Kind::Usage => {
                return Err(unknown(name, &schema::plugins(&app.admin).await.unwrap_or_default()));
            }
            Err(error) => return Err(error),
        },
    };
    let human = || {
        let lines = app.out.look().own(&clean::lines(&text));
        let painted: String = lines.lines().map(|line| format!("{}\n", heading(app, line))).collect();
        app.out.page(&painted)
    };
    app.printer().one("docs", || json!({ "name": name, "page": text }), human)
}

/// Headings stand out where there are colours; everything else is Markdown as it is.
fn heading(app: &App<'_>, line: &str) -> String {
    if line.starts_with('#') { app.out.paint("1", line) } else { line.to_owned() }
}
