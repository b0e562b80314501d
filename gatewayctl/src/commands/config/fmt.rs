//! `gatewayctl config fmt`: files in their canonical form.

use super::dump::{language_of, save};
use crate::commands::local::Local;
use crate::error::{Error, Kind, Result};
use crate::files::comments::Comments;
use crate::files::write::{self, Entry, Language};
use crate::files::{self, Files, Shape, parse};
use crate::output::Format;

/// Bring files into their canonical form: fixed order of objects and fields
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Bring files into their canonical form: fixed order of objects and fields

Prints the result, with -o json as JSON; --write puts it in the place of each file, --check only says which files differ from it. Comments of YAML \
are kept with what they stand at. Where that cannot be, as in YAML that becomes JSON, the file is left alone, unless \
--drop-comments is given.",
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
    /// Leave comments out
    #[arg(long)]
    drop_comments: bool,
}

/// Formats each file.
///
/// # Errors
/// Usage for the files; negative with --check.
pub(crate) fn run(args: &Args, local: &Local<'_>) -> Result<()> {
    let (mut differ, prints) = (0, !args.check && !args.write);
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
            let language = match text.trim_start().starts_with('{') || prints && local.printing.format == Format::Json {
                true => Language::Json,
                false => language_of(file.as_ref()),
            };
            let plain = write::text(&entries, shape, language)?;
            let kept =
                if args.drop_comments { Some(plain.clone()) } else { commented(&file, &text, &plain, language)? };
            if kept.is_none() && (args.check || args.write) {
                local
                    .out
                    .warn(&format!("{file} has comments that have no place in its canonical form; it is left alone"));
                continue;
            }
            let formatted = kept.unwrap_or(plain);
            if args.check {
                if formatted != text {
                    differ += 1;
                    local.out.line(&file)?;
                }
            } else if !args.write || file == "-" {
                local.out.bytes(formatted.as_bytes())?;
            } else if formatted != text {
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

/// The text in its canonical form with the comments that it had; `None` where they cannot be kept.
fn commented(file: &str, text: &str, plain: &str, language: Language) -> Result<Option<String>> {
    if language == Language::Json && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        // JSON has none.
        return Ok(Some(plain.to_owned()));
    }
    let documents = parse::parse(file, text)?;
    let apart = documents.first().and_then(files::shape_of) == Some(Shape::Object);
    let Some(comments) = Comments::of(file, text, apart)? else { return Ok(None) };
    match (comments.is_empty(), language) {
        (true, _) => Ok(Some(plain.to_owned())),
        (false, Language::Json) => Ok(None),
        (false, Language::Yaml) => comments.put_into(file, plain),
    }
}
