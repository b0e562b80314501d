//! `gatewayctl label`: sets and removes labels.

use serde_json::{Map, Value};

use super::App;
use super::batch::Batch;
use super::change::{self, Flags};
use crate::error::{Error, Result};

/// Set and remove labels of an object
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl label route hello team=blue
  gatewayctl label route/hello team=red env-",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// RESOURCE ID or RESOURCE/ID, then KEY=VALUE to set and KEY- to remove
    #[arg(required = true, value_name = "RESOURCE ID KEY=VALUE", num_args = 2.., allow_hyphen_values = false)]
    words: Vec<String>,
    #[command(flatten)]
    flags: Flags,
}

/// Changes the labels and nothing else.
///
/// # Errors
/// Usage: no label; not found; those of the write.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    args.flags.writable(app)?;
    let own = if args.words.first().is_some_and(|word| word.contains('/')) { 1 } else { 2 };
    let (target, labels) = args.words.split_at(own.min(args.words.len()));
    if labels.is_empty() {
        return Err(Error::usage("which labels?").hint("KEY=VALUE sets one, KEY- removes it"));
    }
    let reference = change::one(target, None)?;
    let changes = labels.iter().map(|word| change_of(word)).collect::<Result<Vec<_>>>()?;
    let mut batch = Batch::new(app, args.flags.dry_run)?;
    let work = async {
        let item = change::stored(app, &reference).await?;
        let mut after = item.value.clone();
        if let Value::Object(fields) = &mut after
            && let Value::Object(labels) = fields.entry("labels").or_insert_with(|| Value::Object(Map::new()))
        {
            for (key, value) in changes {
                match value {
                    Some(value) => labels.insert(key.to_owned(), value.into()),
                    None => labels.shift_remove(key),
                };
            }
            if labels.is_empty() {
                fields.shift_remove("labels");
            }
        }
        change::write(app, &args.flags, &reference, Some(&item), &after, false).await
    };
    batch.step(&reference, work).await?;
    batch.finish(1)
}

fn change_of(word: &str) -> Result<(&str, Option<&str>)> {
    match (word.split_once('='), word.strip_suffix('-')) {
        (Some((key, value)), _) if !key.is_empty() => Ok((key, Some(value))),
        (None, Some(key)) if !key.is_empty() => Ok((key, None)),
        _ => {
            Err(Error::usage(format!("\"{word}\" is no change of a label")).hint("KEY=VALUE sets one, KEY- removes it"))
        }
    }
}
