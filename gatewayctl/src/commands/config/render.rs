//! `gatewayctl config render`: puts values in the place of `${{ … }}`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::dump::save;
use crate::commands::local::Local;
use crate::error::{Error, Result};
use crate::files;
use crate::files::parse::{self, Document};
use crate::files::scalars;
use crate::output::mask;

/// Put values in the place of ${{ env.NAME }}, ${{ file.PATH }} and ${{ NAME }}
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Put values in the place of ${{ env.NAME }}, ${{ file.PATH }} and ${{ NAME }}

env.NAME is a variable of the environment, file.PATH the text of a file, its path as seen from the file that names it, NAME \
a value of --set or else a variable of the environment. ${{ NAME:=default }} has a value for when there is none; without one \
that is an error. Values never change the structure: they are put in after the file was parsed. What is all of a value and \
stands in no quotes becomes a number or a boolean where it looks like one. What was not rendered is refused \
by apply, create and config sync, but ${{ NAME }} alone, which may be text; with --literal all of it is.

The result is YAML, and JSON with -o json or into a file whose name ends so; of several documents in JSON one follows the \
other.",
    before_help = "Examples:
  gatewayctl config render -f gateway.yaml --set host=api.example | gatewayctl config sync -f -
  BACKEND=10.0.0.5 gatewayctl config render -f gateway.yaml -o rendered.yaml",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// File, folder, glob or - for standard input; may be repeated
    #[arg(long = "file", short = 'f', required = true, value_name = "FILE", num_args = 1..)]
    files: Vec<String>,
    /// Folders with their subfolders
    #[arg(long, short = 'R')]
    recursive: bool,
    /// A value; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    values: Vec<(String, String)>,
    /// The file (-o does too); without it standard output
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

fn pair(text: &str) -> std::result::Result<(String, String), String> {
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or("NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Reads, puts values in, writes.
///
/// # Errors
/// Usage, with the place: a value that is not there, a file that cannot be read.
pub(crate) fn run(args: &Args, local: &Local<'_>) -> Result<()> {
    let language = super::language(&local.printing, args.to.as_deref(), "a rendered file")?;
    let mut rendered = Vec::new();
    for path in &args.files {
        for (file, text) in files::texts(path, args.recursive, &mut **local.stdin.borrow_mut())? {
            let lines: Vec<&str> = text.lines().collect();
            for document in parse::parse(&file, &text)? {
                let rendering = Rendering { args, local, document: &document, lines: &lines, odd: RefCell::default() };
                let value = rendering.value(&document.value, &mut String::new(), &mut String::new())?;
                let document = document.with(value, rendering.odd.take());
                rendered.push(language.document(&files::settled(document))?);
            }
        }
    }
    let text = language.joined(&rendered);
    match &args.to {
        // What is put in may be secret.
        Some(path) => save(path, &text, true),
        None => local.out.bytes(text.as_bytes()),
    }
}

struct Rendering<'a> {
    args: &'a Args,
    local: &'a Local<'a>,
    document: &'a Document,
    lines: &'a [&'a str],
    /// The numbers of the result that JSON has no such form of, as they are written.
    odd: RefCell<BTreeMap<String, String>>,
}

impl Rendering<'_> {
    /// The value at a pointer of the document, which is at `to` in the result.
    fn value(&self, value: &Value, pointer: &mut String, to: &mut String) -> Result<Value> {
        let (length, to_length) = (pointer.len(), to.len());
        if let Some(text) = self.document.odd_at(pointer) {
            self.odd.borrow_mut().insert(to.clone(), text.to_owned());
        }
        match value {
            Value::String(text) if text.contains("${{") => {
                let rendered = self.text(text, pointer)?;
                Ok(if self.is_plain(text, pointer) { self.scalar(rendered, to) } else { Value::String(rendered) })
            }
            Value::Array(items) => {
                let mut rendered = Vec::with_capacity(items.len());
                for (i, item) in items.iter().enumerate() {
                    pointer.push_str(&format!("/{i}"));
                    to.push_str(&format!("/{i}"));
                    rendered.push(self.value(item, pointer, to)?);
                    pointer.truncate(length);
                    to.truncate(to_length);
                }
                Ok(Value::Array(rendered))
            }
            Value::Object(fields) => {
                let mut rendered = Map::new();
                for (name, inner) in fields {
                    pointer.push_str(&format!("/{}", mask::escape(name)));
                    let name = self.text(name, pointer)?;
                    to.push_str(&format!("/{}", mask::escape(&name)));
                    rendered.insert(name, self.value(inner, pointer, to)?);
                    pointer.truncate(length);
                    to.truncate(to_length);
                }
                Ok(Value::Object(rendered))
            }
            other => Ok(other.clone()),
        }
    }

    /// A text with the values in it.
    fn text(&self, text: &str, pointer: &str) -> Result<String> {
        let mut rendered = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${{") {
            rendered.push_str(before);
            let Some((name, after)) = after.split_once("}}") else {
                return Err(Error::usage("${{ without }}").at(self.document.source(pointer)));
            };
            rendered.push_str(&self.named(name.trim(), pointer)?);
            rest = after;
        }
        rendered.push_str(rest);
        Ok(rendered)
    }

    /// Whether a placeholder is all of a value, and stands in no quotes.
    fn is_plain(&self, text: &str, pointer: &str) -> bool {
        let text = text.trim();
        let whole = text.starts_with("${{") && text.ends_with("}}") && text.matches("${{").count() == 1;
        whole && !self.is_quoted(pointer)
    }

    /// What was put in as a number or a boolean where it looks like one, as if it had been written there.
    fn scalar(&self, text: String, to: &str) -> Value {
        let plain = text.trim();
        match serde_json::from_str::<Value>(plain) {
            Ok(value @ Value::Bool(_)) => value,
            Ok(Value::Number(_)) => scalars::plain(plain).map_or_else(
                || {
                    self.odd.borrow_mut().insert(to.to_owned(), plain.to_owned());
                    scalars::decimal(plain).map_or_else(|| plain.into(), Value::Number)
                },
                Value::Number,
            ),
            _ => Value::String(text),
        }
    }

    fn named(&self, name: &str, pointer: &str) -> Result<String> {
        let (name, default) =
            name.split_once(":=").map_or((name, None), |(name, default)| (name.trim(), Some(default)));
        let found = if let Some(variable) = name.strip_prefix("env.") {
            self.local.env.get(variable)
        } else if let Some(path) = name.strip_prefix("file.") {
            Some(self.file(path, pointer)?)
        } else {
            let set = self.args.values.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
            set.or_else(|| self.local.env.get(name))
        };
        let variable = name.strip_prefix("env.").unwrap_or(name);
        if found.is_none() && self.local.env.is_no_text(variable) {
            let error = Error::usage(format!("{variable} of the environment is not UTF-8"));
            return Err(error.at(self.document.source(pointer)));
        }
        found.or_else(|| default.map(str::to_owned)).ok_or_else(|| {
            let error = Error::usage(format!("nothing is set for {name}")).at(self.document.source(pointer));
            error.hint("--set NAME=VALUE, a variable of the environment, or ${{ NAME:=default }}")
        })
    }

    /// The text of a file, without the line break at its end.
    fn file(&self, path: &str, pointer: &str) -> Result<String> {
        let folder = Path::new(&self.document.file).parent().unwrap_or(Path::new(""));
        let path = folder.join(path);
        let text = crate::input::text(&path).map_err(|error| {
            Error::usage(format!("cannot read {}: {error}", path.display())).at(self.document.source(pointer))
        })?;
        Ok(text.strip_suffix('\n').map(str::to_owned).unwrap_or(text))
    }

    /// Whether a value stands in quotes.
    fn is_quoted(&self, pointer: &str) -> bool {
        let source = self.document.source(pointer);
        let place = |number: Option<u64>| number.and_then(|number| usize::try_from(number).ok()?.checked_sub(1));
        let (Some(line), Some(column)) = (place(source.line), place(source.column)) else { return true };
        let first = self.lines.get(line).and_then(|line| line.chars().nth(column));
        first.is_none_or(|c| matches!(c, '"' | '\'' | '|' | '>'))
    }
}
