//! What is wrong with a configuration: each problem with its key, its place in the file, and what to do about it.

use std::fmt::{self, Write as _};

use serde_json::{Value, json};

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The gateway starts; something is not as it was written.
    Warning,
    /// The gateway does not start, or keeps the configuration it has.
    Error,
}

impl Severity {
    /// `warning` or `error`.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A place in the file, both counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The key at fault, joined by dots; empty: the whole file.
    pub key: String,
    /// Where it stands; `None`: not in the file (environment, defaults, the file itself).
    pub at: Option<Position>,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do about it, in one line.
    pub remedy: Option<String>,
}

impl Diagnostic {
    /// An error.
    pub fn error(key: impl Into<String>, at: Option<Position>, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Error, key: key.into(), at, message: message.into(), remedy: None }
    }

    /// A warning.
    pub fn warning(key: impl Into<String>, at: Option<Position>, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(key, at, message) }
    }

    /// Says what to do about it.
    pub fn remedy(mut self, remedy: impl Into<String>) -> Diagnostic {
        self.remedy = Some(remedy.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    /// `warning: apisix.ssl: …` in one line, without the place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        match &self.remedy {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}

/// All problems of one file, in the order of their places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// How the file is called in what people read.
    pub file: String,
    /// The problems.
    pub diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// A report on `file` without problems so far.
    pub fn new(file: impl Into<String>) -> Report {
        Report { file: file.into(), diagnostics: Vec::new() }
    }

    /// Adds a problem.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Whether the gateway may not start with it.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// How many problems of this severity there are.
    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|d| d.severity == severity).count()
    }

    /// The exit status of `gateway check`: 0 fine, 1 warnings, 2 errors.
    pub fn exit_code(&self) -> u8 {
        match self.diagnostics.iter().map(|d| d.severity).max() {
            None => 0,
            Some(Severity::Warning) => 1,
            Some(Severity::Error) => 2,
        }
    }

    /// In the order of the file; problems without a place last.
    pub(crate) fn sort(&mut self) {
        self.diagnostics.sort_by_key(|d| (d.at.is_none(), d.at));
    }

    /// For people: the problems, and a last line with their counts.
    pub fn text(&self) -> String {
        let mut out = self.to_string();
        let (errors, warnings) = (self.count(Severity::Error), self.count(Severity::Warning));
        let _ = match (errors, warnings) {
            (0, 0) => writeln!(out, "{}: ok", self.file),
            _ => writeln!(out, "{}: {}, {}", self.file, plural(errors, "error"), plural(warnings, "warning")),
        };
        out
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let problems: Vec<Value> = self
            .diagnostics
            .iter()
            .map(|d| {
                json!({
                    "severity": d.severity.word(),
                    "key": d.key,
                    "line": d.at.map(|at| at.line),
                    "column": d.at.map(|at| at.column),
                    "message": d.message,
                    "remedy": d.remedy,
                })
            })
            .collect();
        json!({
            "file": self.file,
            "errors": self.count(Severity::Error),
            "warnings": self.count(Severity::Warning),
            "diagnostics": problems,
        })
    }
}

impl fmt::Display for Report {
    /// One problem a paragraph, `file:line:column: severity: key: message`; nothing where there is none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for d in &self.diagnostics {
            f.write_str(&self.file)?;
            if let Some(at) = d.at {
                write!(f, ":{}:{}", at.line, at.column)?;
            }
            write!(f, ": {}: ", d.severity.word())?;
            if !d.key.is_empty() {
                write!(f, "{}: ", d.key)?;
            }
            writeln!(f, "{}", d.message)?;
            if let Some(remedy) = &d.remedy {
                writeln!(f, "  help: {remedy}")?;
            }
        }
        Ok(())
    }
}

fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
