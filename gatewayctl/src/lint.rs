//! What is wrong, or may be a mistake, in objects from files; without a server. Every finding has a rule, which can be
//! given another severity or switched off.

mod certificates;
mod objects;
pub(crate) mod plugins;
mod report;
mod routes;
mod rules;

use std::collections::HashMap;

pub(crate) use self::objects::{Fault, faults, stand_in};
pub(crate) use report::{Report, print};
pub(crate) use rules::{Rule, Rules, Severity, of_server};

use crate::error::Source;
use crate::files::{self, Object};
use crate::links::Known;

/// One thing that was found.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) rule: &'static Rule,
    pub(crate) severity: Severity,
    /// `route/hello`.
    pub(crate) object: String,
    pub(crate) message: String,
    pub(crate) source: Source,
}

impl Finding {
    /// `gw.yaml:4:10`.
    pub(crate) fn place(&self) -> String {
        let numbers = [self.source.line, self.source.column].into_iter().flatten();
        numbers.fold(self.source.file.clone(), |place, number| format!("{place}:{number}"))
    }

    /// Whether it is a plugin that is not known here, or not built.
    pub(crate) fn is_of_plugin(&self) -> bool {
        [rules::UNKNOWN_PLUGIN.id, rules::NOT_BUILT.id].contains(&self.rule.id)
    }

    /// Whether it is a name of something that is nowhere.
    pub(crate) fn is_dangling(&self) -> bool {
        self.rule.id == rules::DANGLING.id
    }

    /// Whether it is this plugin that such a finding is about.
    pub(crate) fn names_plugin(&self, name: &str) -> bool {
        let rest = self.message.strip_prefix("unknown plugin \"").unwrap_or(&self.message).strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with(['"', ' ']))
    }

    /// Whether it is a whole file that could not be read.
    pub(crate) fn is_unreadable(&self) -> bool {
        self.rule.id == rules::UNREADABLE.id
    }
}

/// Collects findings of the rules that are on.
struct Findings<'r> {
    rules: &'r Rules,
    found: Vec<Finding>,
}

impl Findings<'_> {
    /// What could not be read, and is no object.
    fn fault(&mut self, fault: &files::Fault) {
        let rule = if fault.whole { &rules::UNREADABLE } else { &rules::NO_OBJECT };
        if let Some(severity) = self.rules.severity(rule) {
            let hints = fault.error.helps().iter().map(|hint| format!("; {hint}"));
            let none = Source { file: "-".to_owned(), line: None, column: None };
            self.found.push(Finding {
                rule,
                severity,
                object: "-".to_owned(),
                message: std::iter::once(fault.error.message().to_owned()).chain(hints).collect(),
                source: fault.error.source().cloned().unwrap_or(none),
            });
        }
    }

    fn add(&mut self, rule: &'static Rule, object: &Object, field: Option<&str>, message: impl Into<String>) {
        if let Some(severity) = self.rules.severity(rule) {
            self.found.push(Finding {
                rule,
                severity,
                object: object.reference.to_string(),
                message: message.into(),
                source: object.source(field),
            });
        }
    }
}

/// Looks at what files hold; `now` in Unix seconds. The findings come in the order of files and lines.
pub(crate) fn lint(objects: &[Object], unread: &[files::Fault], rules: &Rules, now: i64) -> Vec<Finding> {
    lint_beside(objects, unread, rules, now, None)
}

/// The same for objects that may refer to others, which are known to be elsewhere.
pub(crate) fn lint_beside(
    objects: &[Object],
    unread: &[files::Fault],
    rules: &Rules,
    now: i64,
    elsewhere: Option<Known>,
) -> Vec<Finding> {
    let mut findings = Findings { rules, found: Vec::new() };
    unread.iter().for_each(|fault| findings.fault(fault));
    duplicates(objects, &mut findings);
    objects::check(objects, elsewhere, &mut findings);
    routes::check(objects, &mut findings);
    certificates::check(objects, now, &mut findings);
    let mut found = findings.found;
    // The files in the order in which they were named.
    let mut files: HashMap<String, usize> = HashMap::new();
    let faults = unread.iter().filter_map(|fault| fault.error.source()).map(|source| source.file.clone());
    for file in objects.iter().map(|object| object.source(None).file).chain(faults) {
        let next = files.len();
        files.entry(file).or_insert(next);
    }
    found.sort_by_key(|finding| {
        let source = &finding.source;
        (files.get(&source.file).copied(), source.line, source.column, finding.rule.id)
    });
    found
}

fn duplicates(objects: &[Object], findings: &mut Findings<'_>) {
    let mut first: HashMap<String, Source> = HashMap::new();
    for object in objects {
        let name = object.reference.to_string();
        match first.get(&name) {
            Some(place) => {
                let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
                findings.add(&rules::DUPLICATE, object, None, format!("is there twice, first in {}{line}", place.file));
            }
            None => drop(first.insert(name, object.source(None))),
        }
    }
}
