//! `gatewayctl config fmt`: files in their canonical form.

use super::dump::{language_of, save};
use crate::commands::local::Local;
use crate::error::{Error, Kind, Result};
use crate::files::write::{self, Entry, Language};
use crate::files::{self, Files, Shape, parse};

/// Bring files into their canonical form: fixed order of objects and fields
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Bring files into their canonical form: fixed order of objects and fields

Prints the result; --write puts it in the place of each file, --check only says which files differ from it. Comments are no \
part of it: files that have some are left alone, unless --drop-comments is given.",
    before_help = "Examples:
  gatewayctl config fmt -f gateway.yaml
  gatewayctl config fmt -f conf/ -R --write
  gatewayctl config fmt -f conf/ -R --check",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// File, folder, glob or - for standard input; may be repeated
    #[arg(long = "file", short = 'f', required = true, value_name = "FILE", num_args = 1..)]
    files: Vec<String>,
    /// Folders with their subfolders
    #[arg(long, short = 'R')]
    recursive: bool,
    /// Shape of the result; without it each file keeps its own
    #[arg(long, value_name = "SHAPE")]
    format: Option<Shape>,
    /// Write it in the place of the files
    #[arg(long, short = 'w', conflicts_with = "check")]
    write: bool,
    /// Exit with 1 where a file is not in this form
    #[arg(long)]
    check: bool,
    /// Also files with comments, which are lost
    #[arg(long)]
    drop_comments: bool,
}

/// Formats each file.
///
/// # Errors
/// Usage for the files; negative with --check.
pub(crate) fn run(args: &Args, local: &Local<'_>) -> Result<()> {
    let mut differ = 0;
    for path in &args.files {
        for (file, text) in files::texts(path, args.recursive, &mut **local.stdin.borrow_mut())? {
            let documents = parse::parse(&file, &text)?;
            if documents.is_empty() {
                continue;
            }
            let shape = args.format.or_else(|| documents.first().and_then(files::shape_of)).unwrap_or(Shape::Native);
            let mut read = Files::default();
            files::take(&mut read, documents, None)?;
            for note in &read.notes {
                local.out.warn(note);
            }
            let mut entries: Vec<Entry> = super::entries(read);
            write::sort(&mut entries);
            let language = if text.trim_start().starts_with('{') { Language::Json } else { language_of(file.as_ref()) };
            let formatted = write::text(&entries, shape, language)?;
            if args.check {
                if formatted != text {
                    differ += 1;
                    local.out.line(&file)?;
                }
            } else if !args.write || file == "-" {
                local.out.bytes(formatted.as_bytes())?;
            } else if formatted != text {
                if has_comments(&text) && !args.drop_comments {
                    return Err(
                        Error::usage(format!("{file} has comments, which would be lost")).hint("--drop-comments")
                    );
                }
                save(file.as_ref(), &formatted, false)?;
                local.out.line(&file)?;
            }
        }
    }
    match differ {
        0 => Ok(()),
        count => Err(Error::new(Kind::Negative, format!("{} to format", super::dump::counted(count, "file")))),
    }
}

/// Whether there is a comment in YAML; a `#` behind a quote may be part of a text and counts as none.
fn has_comments(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim();
        let whole = line.starts_with('#') && line != "#END";
        whole || line.split_once(" #").is_some_and(|(before, _)| !before.contains(['"', '\'']))
    })
}
