//! `gatewayctl config split`: a file for each object, resource or value of a label.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::dump::{by_label, counted, one_each};
use super::{Sources, folder};
use crate::commands::local::Local;
use crate::error::Result;
use crate::files::Shape;
use crate::files::write::{self, Entry, Language};

/// Write the objects of files into a folder: a file for each object, resource or value of a label
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl config split -f gateway.yaml -o conf/
  gatewayctl config split -f gateway.yaml -o conf/ --by resource
  gatewayctl config split -f gateway.yaml -o teams/ --by label:team",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(flatten)]
    sources: Sources,
    /// The folder (-o does too)
    #[arg(long, value_name = "DIR", required = true)]
    to: PathBuf,
    /// What a file is for: object, resource or label:NAME
    #[arg(long, value_name = "WHAT", default_value = "object", value_parser = By::parse)]
    by: By,
}

#[derive(Debug, Clone)]
enum By {
    Object,
    Resource,
    Label(String),
}

impl By {
    fn parse(text: &str) -> std::result::Result<By, String> {
        match (text, text.strip_prefix("label:")) {
            ("object", _) => Ok(By::Object),
            ("resource", _) => Ok(By::Resource),
            (_, Some(name)) if !name.is_empty() => Ok(By::Label(name.to_owned())),
            _ => Err("object, resource or label:NAME".to_owned()),
        }
    }
}

/// Reads and writes.
///
/// # Errors
/// Usage for the files.
pub(crate) fn run(args: &Args, local: &Local<'_>) -> Result<()> {
    let language = super::language(&local.printing, Some(Path::new("")), "a folder")?;
    let mut entries = super::entries(args.sources.read(local.out, local.stdin)?);
    write::sort(&mut entries);
    let files = match &args.by {
        By::Object => one_each(&entries, Shape::Object, language)?,
        By::Label(label) => by_label(&entries, label, Shape::Native, language)?.0,
        By::Resource => by_resource(&entries, language)?,
    };
    folder::write(&args.to, &files, false, || ())?;
    let (objects, count) = (counted(entries.len(), "object"), counted(files.len(), "file"));
    local.out.note(&format!("{objects} in {count} below {}", args.to.display()));
    Ok(())
}

fn by_resource(entries: &[Entry], language: Language) -> Result<BTreeMap<PathBuf, String>> {
    let groups = entries.chunk_by(|a, b| a.reference.resource == b.reference.resource);
    let file = |group: &[Entry]| {
        let name = group.first().map(|entry| entry.reference.resource.name).unwrap_or_default();
        Ok((PathBuf::from(format!("{name}.{}", language.ending())), write::text(group, Shape::Native, language)?))
    };
    groups.map(file).collect()
}
