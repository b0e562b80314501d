//! What is wrong, or may be a mistake, in objects from files; without a server. Every finding has a rule, which can be
//! given another severity or switched off.

mod certificates;
mod objects;
pub(crate) mod plugins;
mod report;
mod routes;
mod rules;

use std::collections::HashMap;

pub(crate) use self::objects::{Fault, faults};
pub(crate) use report::{Report, print};
pub(crate) use rules::{Rule, Rules, Severity, of_server};

use crate::error::Source;
use crate::files::Object;

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

/// Collects findings of the rules that are on.
struct Findings<'r> {
    rules: &'r Rules,
    found: Vec<Finding>,
}

impl Findings<'_> {
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

/// Looks at objects; `now` in Unix seconds. The findings come in the order of files and lines.
pub(crate) fn lint(objects: &[Object], rules: &Rules, now: i64) -> Vec<Finding> {
    let mut findings = Findings { rules, found: Vec::new() };
    duplicates(objects, &mut findings);
    objects::check(objects, &mut findings);
    routes::check(objects, &mut findings);
    certificates::check(objects, now, &mut findings);
    let mut found = findings.found;
    // The files in the order in which they were named.
    let mut files: HashMap<String, usize> = HashMap::new();
    for object in objects {
        let next = files.len();
        files.entry(object.source(None).file).or_insert(next);
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
