//! `-o`: the forms of output, and the expressions that some of them are made with.

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::jq::Jq;
use super::jsonpath::JsonPath;
use super::template::Template;
use crate::error::{Error, Result};
use crate::suggest;

/// How data is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// Aligned columns.
    #[default]
    Table,
    /// Aligned columns, more of them.
    Wide,
    /// JSON, keys sorted.
    Json,
    /// YAML, keys sorted.
    Yaml,
    /// One JSON object a line.
    Ndjson,
    /// `route/hello` lines.
    Name,
    /// kubectl's JSONPath.
    JsonPath,
    /// A Jinja template.
    Template,
    /// A jq filter.
    Jq,
    /// Comma-separated values.
    Csv,
    /// A table in Markdown.
    Markdown,
    /// Columns of the user's own.
    CustomColumns,
    /// The Test Anything Protocol.
    Tap,
    /// The XML of JUnit's reports.
    Junit,
    /// HTTP Archive.
    Har,
    /// Command lines of curl.
    Curl,
}

/// Their names, what they are, and whether an expression follows.
const FORMATS: [(Format, &str, &str, bool); 12] = [
    (Format::Table, "table", "Aligned columns", false),
    (Format::Wide, "wide", "Aligned columns, more of them", false),
    (Format::Json, "json", "JSON with sorted keys", false),
    (Format::Yaml, "yaml", "YAML with sorted keys", false),
    (Format::Ndjson, "ndjson", "One JSON object a line", false),
    (Format::Name, "name", "Lines like route/hello", false),
    (Format::JsonPath, "jsonpath", "kubectl's JSONPath, jsonpath='{.items[*].id}'", true),
    (Format::Template, "template", "A Jinja template, template='{{ id }}'", true),
    (Format::Jq, "jq", "A jq filter, jq='.items[].id'", true),
    (Format::Csv, "csv", "Comma-separated values", false),
    (Format::Markdown, "markdown", "A table in Markdown", false),
    (Format::CustomColumns, "custom-columns", "Columns by paths, custom-columns=ID:.id,URI:.uri", true),
];

/// Forms that one command has, and which that is.
const OF_ONE: [(Format, &str, &str); 4] = [
    (Format::Tap, "tap", "test -f"),
    (Format::Junit, "junit", "test -f"),
    (Format::Har, "har", "traffic tap"),
    (Format::Curl, "curl", "traffic tap"),
];

impl Format {
    /// The command whose own form it is.
    pub(crate) fn only_of(self) -> Option<&'static str> {
        OF_ONE.iter().find(|(format, ..)| *format == self).map(|(.., command)| *command)
    }

    /// Rows and columns: of each resource its own.
    pub(crate) fn is_tabular(self) -> bool {
        matches!(self, Format::Table | Format::Wide | Format::Csv | Format::Markdown)
    }

    /// For people; everything else is for programs.
    pub(crate) fn is_human(self) -> bool {
        matches!(self, Format::Table | Format::Wide)
    }

    /// As it is typed behind `-o`.
    pub(crate) fn word(self) -> &'static str {
        let of_one = OF_ONE.iter().find(|(format, ..)| *format == self).map(|(_, word, _)| *word);
        FORMATS.iter().find(|(format, ..)| *format == self).map(|(_, word, ..)| *word).or(of_one).unwrap_or("table")
    }

    /// All of them with what they are, for help.
    pub(crate) fn described() -> impl Iterator<Item = (&'static str, &'static str)> {
        FORMATS.iter().map(|(_, word, help, _)| (*word, *help))
    }

    /// Whether a word is one of all that there are, also of those of one command.
    pub(crate) fn is_word(text: &str) -> bool {
        let of_one = OF_ONE.iter().map(|(_, word, _)| *word);
        Format::words().chain(of_one).any(|word| word.eq_ignore_ascii_case(text))
    }

    /// All words, for hints.
    pub(crate) fn words() -> impl Iterator<Item = &'static str> + Clone {
        FORMATS.iter().map(|(_, word, ..)| *word)
    }
}

/// What was typed behind `-o`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) format: Format,
    /// What follows the `=`; `@FILE` stands for the contents of a file.
    pub(crate) expression: String,
}

impl Output {
    /// Reads `json`, `jq=.items` and the like.
    ///
    /// # Errors
    /// Usage, with what was probably meant.
    pub(crate) fn parse(text: &str) -> Result<Output> {
        let (word, expression) = match text.split_once('=') {
            Some((word, expression)) => (word, Some(expression)),
            None => (text, None),
        };
        if let Some((format, ..)) = OF_ONE.iter().find(|(_, name, _)| name.eq_ignore_ascii_case(text)) {
            return Ok(Output { format: *format, expression: String::new() });
        }
        let Some((format, name, _, wants)) = FORMATS.iter().find(|(_, name, ..)| name.eq_ignore_ascii_case(word))
        else {
            let error = Error::usage(format!("unknown output \"{word}\""));
            let all = || format!("outputs are {}", Format::words().collect::<Vec<_>>().join(", "));
            return Err(error.hint(suggest::hint(word, Format::words()).unwrap_or_else(all)));
        };
        match (wants, expression) {
            (true, None | Some("")) => {
                let example =
                    FORMATS.iter().find(|(of, ..)| of == format).and_then(|(_, _, help, _)| help.rsplit(", ").next());
                Err(Error::usage(format!("-o {name} needs an expression")).hints(example.map(|e| format!("-o {e}"))))
            }
            (false, Some(_)) => Err(Error::usage(format!("-o {name} takes no expression"))),
            _ => Ok(Output { format: *format, expression: expression.unwrap_or_default().to_owned() }),
        }
    }
}

/// How data is printed, with everything read that was typed.
#[derive(Debug, Default)]
pub(crate) struct Printing {
    pub(crate) format: Format,
    /// Whether it was typed behind `-o`; else it is what holds for all commands.
    pub(crate) typed: bool,
    pub(crate) program: Program,
    /// The columns of tables, by name.
    pub(crate) columns: Option<Vec<String>>,
    pub(crate) no_headers: bool,
    /// Tabs between columns.
    pub(crate) plain: bool,
    /// JSON without line breaks.
    pub(crate) compact: bool,
}

/// The expression of a format.
#[derive(Debug, Default)]
pub(crate) enum Program {
    #[default]
    None,
    JsonPath(JsonPath),
    Template(Template),
    Jq(Jq),
    Columns(Vec<(String, JsonPath)>),
}

impl Printing {
    /// Reads the expression of a format.
    ///
    /// # Errors
    /// Usage: it is none; its file cannot be read.
    pub(crate) fn of(output: &Output) -> Result<Printing> {
        let mut text = output.expression.clone();
        if let Some(file) = text.strip_prefix('@').filter(|file| !file.is_empty() && output.format != Format::JsonPath)
        {
            text = crate::input::text(file).map_err(|error| Error::usage(format!("cannot read {file}: {error}")))?;
        }
        let program = match output.format {
            Format::JsonPath => Program::JsonPath(JsonPath::parse(&text)?),
            Format::Template => Program::Template(Template::parse(&text)?),
            Format::Jq => Program::Jq(Jq::parse(&text)?),
            Format::CustomColumns => Program::Columns(custom_columns(&text)?),
            _ => Program::None,
        };
        Ok(Printing { format: output.format, program, ..Printing::default() })
    }
}

fn custom_columns(text: &str) -> Result<Vec<(String, JsonPath)>> {
    let column = |part: &str| {
        let wrong = || Error::usage(format!("custom-columns: \"{part}\" is not of the form NAME:.path"));
        let (name, path) = part.split_once(':').ok_or_else(wrong)?;
        if name.is_empty() || path.is_empty() {
            return Err(wrong());
        }
        Ok((name.to_owned(), JsonPath::parse(path)?))
    };
    top_level_commas(text).into_iter().map(column).collect()
}

/// Parts between commas that are in no brackets.
fn top_level_commas(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0_i32, 0);
    for (i, c) in text.char_indices() {
        match c {
            '[' | '(' | '{' => depth += 1,
            ']' | ')' | '}' => depth -= 1,
            ',' if depth <= 0 => {
                parts.push(&text[from..i]);
                from = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

/// Reads `-o` for clap, which also shows the words in help and completions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OutputParser;

impl TypedValueParser for OutputParser {
    type Value = Output;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> std::result::Result<Output, clap::Error> {
        let text = value.to_string_lossy();
        Output::parse(&text).map_err(|error| {
            let known = text.split_once('=').map_or(&*text, |(word, _)| word);
            if Format::words().any(|word| word.eq_ignore_ascii_case(known)) {
                return clap::Error::raw(ErrorKind::ValueValidation, format!("{}\n", error.message()))
                    .with_cmd(command);
            }
            let mut told = clap::Error::new(ErrorKind::InvalidValue).with_cmd(command);
            let flag = arg.map(ToString::to_string).unwrap_or_default();
            told.insert(ContextKind::InvalidArg, ContextValue::String(flag));
            told.insert(ContextKind::InvalidValue, ContextValue::String(text.clone().into_owned()));
            let words = Format::words().map(str::to_owned).collect();
            told.insert(ContextKind::ValidValue, ContextValue::Strings(words));
            told
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(FORMATS.iter().map(|(_, word, help, _)| PossibleValue::new(*word).help(*help))))
    }
}
