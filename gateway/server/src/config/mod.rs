//! The static configuration: `config.yaml` in APISIX's layout (YAML or JSON) plus our own keys under `gateway`.
//!
//! [`load`] goes through these steps, each of which adds to one [`Report`]: parse with positions ([`mod@yaml`]), replace environment
//! variables ([`mod@env`]), compare with the tables of keys ([`keys`], [`check`]), read into [`Config`] ([`build`]). Whatever the
//! file leaves out comes from the tables; a file with errors gives no [`Config`].

mod admin;
mod build;
mod bundle;
mod check;
mod diagnostic;
mod discovery;
mod env;
pub mod keys;
mod limits;
mod listen;
mod reference;
mod tls;
mod types;
mod units;
mod values;
mod yaml;

#[cfg(test)]
mod tests;

use std::path::Path;

pub use bundle::{Bundle, LARGEST as LARGEST_BUNDLE, bundle};
pub use diagnostic::{Diagnostic, Position, Report, Severity};
pub use env::Lookup;
pub use limits::Limits;
pub use reference::markdown as reference;
pub use types::*;

/// What this build of the gateway can do, as far as the configuration names it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Built<'a> {
    /// Names of the plugins in the registry.
    pub plugins: &'a [&'a str],
}

/// A configuration, or why there is none.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What to run with; `None` where the report holds an error.
    pub config: Option<Config>,
    /// Everything worth telling about the file.
    pub report: Report,
}

/// Reads `file` with the environment of this process; no file: the defaults.
pub fn load(file: Option<&Path>, built: Built<'_>) -> Loaded {
    let lookup = |name: &str| std::env::var(name).ok();
    let Some(path) = file else { return parse("", "defaults", &lookup, built) };
    let name = path.display().to_string();
    match std::fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => parse(&text, &name, &lookup, built),
            Err(_) => failed(&name, Diagnostic::error("", None, "the file is not UTF-8")),
        },
        Err(error) => {
            let problem = Diagnostic::error("", None, format!("cannot read the file: {error}"));
            failed(&name, problem.remedy("give the path of a readable file with --config"))
        }
    }
}

/// Reads a document in YAML that is no configuration file, such as a bundle of resources; an empty one is an empty map.
///
/// # Errors
/// What is wrong and where.
pub(crate) fn yaml(text: &str) -> Result<serde_json::Value, String> {
    let place = |problem: &Diagnostic| problem.at.map(|at| format!(" at line {} column {}", at.line, at.column));
    yaml::parse_within(text, bundle::OF_A_REQUEST).map(|node| node.to_json()).map_err(|problem| {
        let at = place(&problem).unwrap_or_default();
        format!("{problem}{at}")
    })
}

/// Reads `text`, called `name` in the report, with variables from `lookup`.
pub fn parse(text: &str, name: &str, lookup: Lookup<'_>, built: Built<'_>) -> Loaded {
    let mut root = match yaml::parse(text) {
        Ok(root) => root,
        Err(problem) => return failed(name, *problem),
    };
    let mut report = Report::new(name);
    env::substitute(&mut root, "", env::Retype::Always, lookup, &mut report);
    check::file(&root, &mut report);
    let config = build::config(&root, lookup, built, &mut report);
    report.sort();
    Loaded { config: (!report.has_errors()).then_some(config), report }
}

fn failed(name: &str, problem: Diagnostic) -> Loaded {
    let mut report = Report::new(name);
    report.push(problem);
    Loaded { config: None, report }
}
