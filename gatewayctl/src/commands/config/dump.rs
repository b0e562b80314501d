//! `gatewayctl config dump`: the whole configuration as files that `config sync` takes.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{folder, scope};
use crate::commands::App;
use crate::error::{Error, Result};
use crate::files::write::{self, Entry, Language};
use crate::files::{Shape, placeholders};
use crate::filter::text_of;
use crate::output::mask;
use crate::output::progress::Progress;

/// Write the whole configuration as files that `config sync` takes
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Write the whole configuration as files that `config sync` takes

The order is stable: by resource, then by id; times are left out. Secrets are masked, and stay as they are when the file is \
brought back to the same server; private keys of certificates are never told. A folder gets a file for each object; where that \
fails it is as it was, or the error says that it is incomplete. What reads like a placeholder of config render is named, and \
needs --literal where the dump is brought back. What takes long shows on standard error how far it is.",
    before_help = "Examples:
  gatewayctl config dump > gateway.yaml
  gatewayctl config dump -o gateway.yaml --with-secrets
  gatewayctl config dump -o conf/ --split-by label:team
  gatewayctl config dump --only routes,services -o json",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// File, or folder with / at its end (-o does too); without it standard output
    #[arg(long, value_name = "FILE|DIR")]
    to: Option<PathBuf>,
    #[command(flatten)]
    scope: scope::Flags,
    /// Shape of the files
    #[arg(long, value_name = "SHAPE", default_value = "native")]
    format: Shape,
    /// In the shape of ADC: also ids that it would make out of names itself
    #[arg(long)]
    with_id: bool,
    /// Show secrets as they are
    #[arg(long)]
    with_secrets: bool,
    /// In a folder: a file for each value of a label, label:NAME
    #[arg(long, value_name = "label:NAME", value_parser = label)]
    split_by: Option<String>,
}

fn label(text: &str) -> std::result::Result<String, String> {
    let name = text.strip_prefix("label:").filter(|name| !name.is_empty());
    name.map(str::to_owned).ok_or_else(|| "label:NAME is the only way".to_owned())
}

/// Reads everything and writes it.
///
/// # Errors
/// Those of the calls; usage: a file cannot be written.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let scope = args.scope.scope()?;
    let folder = args.to.as_deref().is_some_and(is_folder);
    let file = args.to.as_deref().map(|path| if folder { Path::new("") } else { path });
    let language = super::language(&app.settings.printing, file, "a dump")?;
    let items = scope.fetch(app).await?;
    if args.with_secrets && items.iter().any(|item| scope.takes(&item.value) && mask::is_hidden(&item.value)) {
        app.out.warn(mask::NOT_TOLD);
    }
    let chosen = items.into_iter().filter(|item| scope.takes(&item.value));
    let mut entries: Vec<Entry> = chosen
        .map(|item| Entry { value: mask::masked(&item.value, args.with_secrets), reference: item.reference })
        .collect();
    write::sort(&mut entries);
    if let Some(note) = placeholders_in(&entries) {
        app.out.warn(&note);
    }
    let Some(path) = &args.to else {
        if args.split_by.is_some() {
            return Err(Error::usage("--split-by needs a folder").hint("-o DIR/"));
        }
        return app.out.bytes(text(args, app, &entries, language)?.as_bytes());
    };
    if !folder {
        save(path, &text(args, app, &entries, language)?, args.with_secrets)?;
        app.out.note(&format!("{} in {}", counted(entries.len(), "object"), path.display()));
        return Ok(());
    }
    let (files, notes) = match &args.split_by {
        Some(label) => by_label(&entries, label, args.format, language)?,
        None => (one_each(&entries, args.format, language)?, Vec::new()),
    };
    notes.iter().for_each(|note| app.out.warn(note));
    if args.split_by.is_none() && args.format == Shape::Adc {
        app.out.warn("a file for each object is of the shape object: ADC has no parts of a configuration");
    }
    let mut progress = Progress::new(app.out, app.shows_bars(), files.len());
    let written = folder::write(path, &files, args.with_secrets, || progress.step());
    progress.clear();
    written?;
    let (objects, count) = (counted(entries.len(), "object"), counted(files.len(), "file"));
    app.out.note(&format!("{objects} in {count} below {}", path.display()));
    let others = strangers(path, &files);
    if let Some(first) = others.first() {
        let count = counted(others.len(), "file");
        app.out.warn(&format!("{count} more in there, such as {first}: a sync would take them, too"));
    }
    Ok(())
}

fn text(args: &Args, app: &App<'_>, entries: &[Entry], language: Language) -> Result<String> {
    let (text, notes) = write::noted(entries, args.format, language, args.with_id)?;
    notes.all().for_each(|note| app.out.warn(&note));
    Ok(text)
}

/// Which objects hold what reads like a placeholder of `config render`, and how they are brought back.
fn placeholders_in(entries: &[Entry]) -> Option<String> {
    const NAMED: usize = 5;
    let held = |entry: &&Entry| placeholders::first(&entry.value).is_some();
    let mut names: Vec<String> = entries.iter().filter(held).map(|entry| entry.reference.to_string()).collect();
    let count = names.len();
    if count > NAMED {
        names.truncate(NAMED);
        names.push(format!("{} more", count - NAMED));
    }
    let hold = if count == 1 { "holds" } else { "hold" };
    (count > 0).then(|| format!("{} {hold} ${{{{ … }}}} as text: --literal brings it back as it is", names.join(", ")))
}

/// `1 object`, `2 objects`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().to_string_lossy().ends_with(['/', '\\'])
}

pub(crate) fn language_of(path: &Path) -> Language {
    if path.extension().is_some_and(|ending| ending == "json") { Language::Json } else { Language::Yaml }
}

/// `routes/hello.yaml`, `credentials/bob/c1.yaml`.
pub(super) fn one_each(entries: &[Entry], shape: Shape, language: Language) -> Result<BTreeMap<PathBuf, String>> {
    // In a file of its own an object says best itself what it is.
    let shape = if shape == Shape::Envelope { shape } else { Shape::Object };
    let file = |entry: &Entry| {
        let name = format!("{}/{}.{}", entry.reference.resource.name, entry.reference.id, language.ending());
        Ok((PathBuf::from(name), write::text(std::slice::from_ref(entry), shape, language)?))
    };
    entries.iter().map(file).collect()
}

/// `blue.yaml` with all that has the label's value blue, `none.yaml` with what has no such label; and notes of what the shape
/// cannot hold.
pub(super) fn by_label(
    entries: &[Entry],
    label: &str,
    shape: Shape,
    language: Language,
) -> Result<(BTreeMap<PathBuf, String>, Vec<String>)> {
    let mut groups: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        let value = entry.value.get("labels").and_then(|labels| labels.get(label));
        groups.entry(file_name(value)).or_default().push(entry.clone());
    }
    let (mut files, mut notes) = (BTreeMap::new(), Vec::new());
    for (name, entries) in groups {
        let (text, of_file) = write::noted(&entries, shape, language, false)?;
        let name = format!("{name}.{}", language.ending());
        notes.extend(of_file.all().map(|note| format!("{name}: {note}")));
        files.insert(PathBuf::from(name), text);
    }
    Ok((files, notes))
}

/// A label's value as the name of a file: nothing in it leads elsewhere.
fn file_name(value: Option<&Value>) -> String {
    let Some(value) = value else { return "none".to_owned() };
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    let name: String = text_of(value).chars().take(100).map(plain).collect();
    if name.trim_matches('.').is_empty() { "_".to_owned() } else { name }
}

/// Writes a file whole or not at all; with secrets in it only its owner can read it.
///
/// # Errors
/// Usage.
pub(crate) fn save(path: &Path, text: &str, private: bool) -> Result<()> {
    let wrong = |error: std::io::Error| Error::usage(format!("cannot write {}: {error}", path.display()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder).map_err(wrong)?;
    }
    if path.exists() && !path.is_file() {
        // A pipe or a device, which nothing can take the place of.
        return std::fs::write(path, text).map_err(wrong);
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let mut options = if private { crate::private::options() } else { std::fs::OpenOptions::new() };
    options.write(true).create(true).truncate(true);
    let written = options.open(&temporary).and_then(|mut file| file.write_all(text.as_bytes()));
    written.and_then(|()| std::fs::rename(&temporary, path)).map_err(|error| {
        let _ = std::fs::remove_file(&temporary);
        wrong(error)
    })
}

/// Files of a folder that are none of the dump.
fn strangers(root: &Path, files: &BTreeMap<PathBuf, String>) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let ending = path.extension().map(|ending| ending.to_string_lossy().into_owned()).unwrap_or_default();
            match path.strip_prefix(root) {
                _ if entry.file_type().is_ok_and(|of| of.is_dir()) => folders.push(path),
                Ok(name) if ["yaml", "yml", "json"].contains(&&*ending) && !files.contains_key(name) => {
                    found.push(name.display().to_string());
                }
                _ => {}
            }
        }
    }
    found.sort();
    found
}
