//! `gatewayctl patch`: changes parts of one object.

mod json_patch;

use clap::ValueEnum;
use serde_json::Value;

use super::App;
use super::batch::Batch;
use super::change::{self, Flags};
use crate::error::{Error, Kind, Result};
use crate::files::{parse, scalars};
use crate::filter::path::{Path, Step};
use crate::resources::nested::Above;
use crate::resources::{IdForm, Item, Reference};
use crate::{schema, suggest};

/// Change parts of one object
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Change parts of one object

--set and --unset change single fields; a value is read as the field's schema says. -p gives a patch: of type merge (RFC \
7396, null removes), json (RFC 6902), or path, the new value of the one field that --at names.",
    before_help = "Examples:
  gatewayctl patch route hello --set plugins.limit-count.count=5 --unset labels.team
  gatewayctl patch route hello -p '{\"methods\":[\"GET\"],\"desc\":null}'
  gatewayctl patch upstream u1 --type path --at nodes -p '{\"10.0.0.5:80\":1}'
  gatewayctl patch route hello --type json -p '[{\"op\":\"remove\",\"path\":\"/labels\"}]' --diff",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// RESOURCE ID, or RESOURCE/ID
    #[arg(required = true, value_name = "RESOURCE ID")]
    target: Vec<String>,
    #[command(flatten)]
    above: Above,
    /// What the patch is
    #[arg(long = "type", value_name = "TYPE", default_value = "merge")]
    kind: PatchKind,
    /// The patch, in JSON or YAML
    #[arg(long, short = 'p', value_name = "PATCH", conflicts_with = "file")]
    patch: Option<String>,
    /// The patch from a file, - is standard input
    #[arg(long, short = 'f', value_name = "FILE")]
    file: Option<String>,
    /// The field that a patch of type path replaces
    #[arg(long, value_name = "FIELD")]
    at: Option<String>,
    /// Set a field; may be repeated
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// Remove a field; may be repeated
    #[arg(long, value_name = "FIELD")]
    unset: Vec<String>,
    #[command(flatten)]
    flags: Flags,
}

/// The kinds of patches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PatchKind {
    /// RFC 7396: objects merge, null removes.
    Merge,
    /// The value of one field.
    Path,
    /// RFC 6902: a list of operations.
    Json,
}

/// Reads the object, changes it here, and writes what differs.
///
/// # Errors
/// Usage: no patch; not found; those of the write.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    args.flags.writable(app)?;
    let reference = change::one(&args.target, args.above.of(&args.target))?;
    let patch = patch_text(args, app)?.map(|text| parse_value(&text, &reference, args.kind)).transpose()?;
    if patch.is_none() && args.set.is_empty() && args.unset.is_empty() {
        return Err(Error::usage("nothing to change").hint("--set FIELD=VALUE, --unset FIELD or -p PATCH"));
    }
    let mut batch = Batch::new(app, args.flags.dry_run)?;
    let work = async {
        let item = change::stored(app, &reference).await?;
        let after = patched(args, app, &reference, &item, patch.as_ref()).await?;
        change::keeps_identity(&reference, &item.value, &after)?;
        // Tests of RFC 6902 and places in lists hold for what was read only.
        change::write(app, &args.flags, &reference, Some(&item), &after, args.kind == PatchKind::Json).await
    };
    batch.step(&reference, work).await?;
    batch.finish(1)
}

async fn patched(
    args: &Args,
    app: &App<'_>,
    reference: &Reference,
    item: &Item,
    patch: Option<&Value>,
) -> Result<Value> {
    let mut after = item.value.clone();
    match (patch, args.kind) {
        (None, _) => {}
        (Some(patch), PatchKind::Merge) => {
            after =
                gateway_model::patch::merge(&after, Some(patch)).map_err(|invalid| Error::usage(invalid.message))?;
        }
        (Some(patch), PatchKind::Json) => json_patch::apply(&mut after, patch)?,
        (Some(patch), PatchKind::Path) => {
            let at = args.at.as_deref().ok_or_else(|| Error::usage("--type path needs --at FIELD"))?;
            schema::put(&mut after, &path_of("--at", at)?, patch.clone())?;
        }
    }
    for field in &args.unset {
        if !schema::remove(&mut after, &path_of("--unset", field)?) {
            app.out.note(&format!("{reference} has no {field}"));
        }
    }
    set_fields(app, reference, &mut after, &args.set).await?;
    Ok(after)
}

/// Puts `FIELD=VALUE` into an object, each read as its schema says.
///
/// # Errors
/// Usage: no such form, or a field that the schema does not know.
pub(super) async fn set_fields(app: &App<'_>, reference: &Reference, after: &mut Value, set: &[String]) -> Result<()> {
    if set.is_empty() {
        return Ok(());
    }
    let own = match reference.resource.id {
        IdForm::Plugin => schema::of_metadata(&app.admin, &reference.id).await,
        _ => schema::of_resource(&app.admin, reference.resource, Some(&reference.id)).await,
    };
    let own = own.ok();
    for assignment in set {
        let wrong = || Error::usage(format!("--set \"{assignment}\" is not of the form FIELD=VALUE"));
        let (field, text) = assignment.split_once('=').ok_or_else(wrong)?;
        let path = path_of("--set", field)?;
        let value = match path.steps() {
            [Step::Field(plugins), Step::Field(plugin), rest @ ..] if plugins == "plugins" => {
                match schema::of_plugin_in(&app.admin, reference.resource, plugin).await {
                    Ok(of_plugin) => schema::typed(text, find(&of_plugin, rest, field)?),
                    Err(error) if error.kind() == Kind::NotFound => schema::typed(text, None),
                    Err(error) => return Err(error),
                }
            }
            steps => match &own {
                Some(own) => schema::typed(text, find(own, steps, field)?),
                None => schema::typed(text, None),
            },
        };
        schema::put(after, &path, value)?;
    }
    Ok(())
}

/// The schema of a field; `None` where nothing is said about it.
fn find<'s>(schema: &'s Value, steps: &[Step], field: &str) -> Result<Option<&'s Value>> {
    let mut at = schema;
    for step in steps {
        match (schema::below(at, step), step) {
            (Some(next), _) => at = next,
            (None, Step::Field(name)) => {
                let error = Error::usage(format!("unknown field \"{name}\" in {field}"));
                let names = schema::fields(at);
                match suggest::hint(name, names.iter().copied()) {
                    // Where a schema takes any field, one that is nearly one of its own is still a mistake.
                    Some(hint) => return Err(error.hint(hint)),
                    None if closed(at) => return Err(error.hint(format!("fields are {}", names.join(", ")))),
                    None => return Ok(None),
                }
            }
            (None, _) => return Ok(None),
        }
    }
    Ok(Some(at))
}

/// Whether a schema allows no fields but its own.
fn closed(schema: &Value) -> bool {
    schema.get("additionalProperties") == Some(&Value::Bool(false)) && schema.get("properties").is_some()
}

fn path_of(what: &str, text: &str) -> Result<Path> {
    Path::parse(text).map_err(|problem| problem.in_text(what, text))
}

fn patch_text(args: &Args, app: &App<'_>) -> Result<Option<String>> {
    match (&args.patch, &args.file) {
        (Some(patch), _) => Ok(Some(patch.clone())),
        (None, Some(file)) => read_text(app, file).map(Some),
        (None, None) => Ok(None),
    }
}

/// The text of a file, or of standard input.
///
/// # Errors
/// Usage.
pub(super) fn read_text(app: &App<'_>, file: &str) -> Result<String> {
    let read = match file {
        "-" => crate::input::text_of(&mut **app.stdin.borrow_mut()),
        file => crate::input::text(file),
    };
    read.map_err(|error| Error::usage(format!("cannot read {file}: {error}")))
}

fn parse_value(text: &str, reference: &Reference, kind: PatchKind) -> Result<Value> {
    let mut documents = parse::parse("the patch", text)?;
    match (documents.pop(), documents.is_empty()) {
        (Some(document), true) if kind == PatchKind::Merge && document.value.is_object() => {
            scalars::settled(document, reference.resource, Some(&reference.id))
        }
        (Some(_), true) if kind == PatchKind::Merge => {
            Err(Error::usage("a patch of fields is an object").hint("--type json takes a list of operations"))
        }
        (Some(document), true) => scalars::agreed(document),
        (None, _) => Ok(Value::Null),
        _ => Err(Error::usage("the patch is more than one document")),
    }
}
