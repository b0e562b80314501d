//! `gatewayctl config fmt`: files in their canonical form.

use serde_json::json;

use super::dump::{language_of, save};
use crate::commands::local::Local;
use crate::error::{Error, Kind, Result};
use crate::files::comments::Comments;
use crate::files::write::{self, Entry, Language};
use crate::files::{self, Files, Shape, parse};
use crate::output::clean;
use crate::output::list::{List, Record, head};

/// Bring files into their canonical form: fixed order of objects and fields
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Bring files into their canonical form: fixed order of objects and fields

Prints the result, each file in its own language, or as -o json and -o yaml say. Several files are printed as documents of YAML, each with the name of its file in a \
comment in front; where all are JSON one object follows the other. Both can be read back. \
--write puts the result in the place of each file, --check only says which files differ from it. Comments of YAML \
are kept with what they stand at. Where that cannot be, as in YAML that becomes JSON, what is printed has none, which is said, \
and with --write the file is left alone, unless --drop-comments is given.",
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
    let prints = !args.check && !args.write;
    let wanted = prints.then(|| super::language(&local.printing, None, "a formatted file")).transpose()?;
    let wanted = wanted.filter(|_| !local.printing.format.is_human());
    let mut named = Named::new(local, prints)?;
    let (mut printed, mut held) = (Vec::new(), 0);
    for path in &args.files {
        for (file, text) in files::texts(path, args.recursive, &mut **local.stdin.borrow_mut())? {
            let own = if text.trim_start().starts_with('{') { Language::Json } else { language_of(file.as_ref()) };
            let language = wanted.unwrap_or(own.compact(local.printing.compact));
            let Some(Formatted { plain, kept }) = formatted(args, local, &file, &text, language)? else { continue };
            held += 1;
            if kept.is_none() {
                let (form, what) = match prints {
                    true => ("what is printed", "they are left out"),
                    false => ("its canonical form", "it is left alone"),
                };
                local.out.warn(&format!("{file} has comments that have no place in {form}; {what}"));
            }
            if kept.is_none() && !prints {
                continue;
            }
            let formatted = kept.unwrap_or(plain);
            if prints || args.write && file == "-" {
                printed.push(Printed { file, language, text: formatted });
            } else if formatted != text {
                if args.write {
                    save(file.as_ref(), &formatted, false)?;
                }
                named.tell(&file)?;
            }
        }
    }
    if held == 0 {
        return Err(super::nothing(&args.files, args.recursive));
    }
    local.out.bytes(joined(printed).as_bytes())?;
    match (named.finish()?, args.check) {
        (0, _) | (_, false) => Ok(()),
        (count, true) => Err(Error::new(Kind::Negative, format!("{} to format", super::dump::counted(count, "file")))),
    }
}

/// A file in its canonical form.
struct Formatted {
    /// Without its comments.
    plain: String,
    /// With them; `None` where they cannot be kept.
    kept: Option<String>,
}

/// The canonical form of a file; `None` where nothing is in it.
fn formatted(args: &Args, local: &Local<'_>, file: &str, text: &str, language: Language) -> Result<Option<Formatted>> {
    let documents = parse::parse(file, text)?;
    if documents.is_empty() {
        return Ok(None);
    }
    let shape = args.format.or_else(|| documents.first().and_then(files::shape_of)).unwrap_or(Shape::Native);
    let mut read = Files::default();
    files::take(&mut read, documents, None)?;
    for note in &read.notes {
        local.out.warn(note);
    }
    let mut entries: Vec<Entry> = super::entries(read);
    write::sort(&mut entries);
    let plain = write::text(&entries, shape, language)?;
    let kept = if args.drop_comments { Some(plain.clone()) } else { commented(file, text, &plain, language)? };
    Ok(Some(Formatted { plain, kept }))
}

/// The files that are not in their canonical form, as they are told.
struct Named<'a> {
    /// A line each for people; else as any list.
    list: Option<List<'a>>,
    local: &'a Local<'a>,
    count: usize,
}

impl<'a> Named<'a> {
    /// `prints`: the files themselves are, and their names are not told.
    fn new(local: &'a Local<'a>, prints: bool) -> Result<Named<'a>> {
        let is_list = !prints && !local.printing.format.is_human();
        let list = is_list.then(|| local.printer().list(vec![head("FILE", 0)])).transpose()?;
        Ok(Named { list, local, count: 0 })
    }

    fn tell(&mut self, file: &str) -> Result<()> {
        self.count += 1;
        let Some(list) = &mut self.list else { return self.local.out.line(file) };
        let (name, cells) = (file.to_owned(), vec![file.to_owned()]);
        list.push(&Record { name, cells, document: json!({ "file": file }) })
    }

    /// How many there were.
    fn finish(self) -> Result<usize> {
        self.list.map(List::finish).transpose()?;
        Ok(self.count)
    }
}

/// A file as it is printed.
struct Printed {
    file: String,
    language: Language,
    text: String,
}

/// All of them as one text that reads back: one as it is, several as documents of YAML, with the name of each in front. Where
/// all are JSON, which has neither comments nor such documents, one object follows the other.
fn joined(printed: Vec<Printed>) -> String {
    let is_json = printed.iter().all(|one| one.language.is_json());
    let (count, mut all) = (printed.len(), String::new());
    for (at, Printed { file, text, .. }) in printed.into_iter().enumerate() {
        if count == 1 || is_json {
            all.push_str(&text);
            continue;
        }
        if at > 0 {
            all.push_str("---\n");
        }
        let name = if file == "-" { "standard input" } else { &file };
        all.push_str(&format!("# {}\n", clean::line(name)));
        // The mark of the end is for the whole.
        all.push_str(text.strip_suffix("#END\n").filter(|_| at + 1 < count).unwrap_or(&text));
    }
    all
}

/// The text in its canonical form with the comments that it had; `None` where they cannot be kept.
fn commented(file: &str, text: &str, plain: &str, language: Language) -> Result<Option<String>> {
    if language.is_json() && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        // JSON has none.
        return Ok(Some(plain.to_owned()));
    }
    let documents = parse::parse(file, text)?;
    let apart = documents.first().and_then(files::shape_of) == Some(Shape::Object);
    let Some(comments) = Comments::of(file, text, apart)? else { return Ok(None) };
    match (comments.is_empty(), language) {
        (true, _) => Ok(Some(plain.to_owned())),
        (false, Language::Json | Language::Compact) => Ok(None),
        (false, Language::Yaml) => comments.put_into(file, plain),
    }
}
