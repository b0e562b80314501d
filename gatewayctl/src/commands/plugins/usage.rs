//! `gatewayctl plugins usage`: the objects that have a plugin.

use serde_json::{Value, json};

use super::{plugins_of, unknown};
use crate::admin::lacks_resource;
use crate::commands::App;
use crate::error::Result;
use crate::output::list::{Record, cell, head};
use crate::output::mask;
use crate::{resources, schema};

/// List the objects that use a plugin
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl plugins usage cors
  gatewayctl plugins usage key-auth -o name",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// Name of the plugin
    #[arg(value_name = "NAME")]
    plugin: String,
    /// Show secrets as they are
    #[arg(long)]
    show_secrets: bool,
}

/// Prints the list.
///
/// # Errors
/// Usage: no such plugin; those of the calls.
pub(super) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let mut list = app.printer().list(vec![head("OBJECT", 0), head("NAME", 2), head("STATE", 0), head("CONFIG", 3)])?;
    for resource in &resources::ALL {
        let items = match app.admin.list(resource, None).await {
            Ok(items) => items,
            // It has not the resource, or has it off.
            Err(error) if lacks_resource(&error) => continue,
            Err(error) => return Err(error),
        };
        for item in items {
            let shown = mask::masked(&item.value, args.show_secrets);
            let config = match resource.name {
                "plugin-metadata" if item.reference.id == args.plugin => shown.clone(),
                _ => match plugins_of(&shown).find(|(name, _)| **name == args.plugin) {
                    Some((_, config)) => config.clone(),
                    None => continue,
                },
            };
            let off = config.pointer("/_meta/disable").and_then(Value::as_bool) == Some(true);
            let state = if off { "disabled" } else { "enabled" };
            let name = item.reference.to_string();
            let cells = vec![name.clone(), cell(&shown, "name"), state.to_owned(), config.to_string()];
            let document = json!({ "object": name, "state": state, "config": config });
            list.push(&Record { name, cells, document })?;
        }
    }
    if list.finish()? == 0 {
        let names = schema::plugins(&app.admin).await.unwrap_or_default();
        if !names.is_empty() && !names.contains(&args.plugin) && super::page(&args.plugin).is_none() {
            return Err(unknown(&args.plugin, &names));
        }
        app.out.note(&format!("nothing uses {}", args.plugin));
    }
    Ok(())
}
