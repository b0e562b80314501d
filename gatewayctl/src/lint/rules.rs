//! The rules, and how severe a finding of each is.

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::suggest;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// The server refuses it, or it cannot work
    Error,
    /// It is probably a mistake
    Warning,
    /// It could be better
    Info,
}

impl Severity {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// One kind of finding.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// `GW001`; a number is never used again for something else.
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) severity: Severity,
}

macro_rules! rules {
    ($($constant:ident = $id:literal, $name:literal, $severity:ident, $help:literal;)*) => {
        $(pub(super) static $constant: Rule =
            Rule { id: $id, name: $name, help: $help, severity: Severity::$severity };)*
        /// All of them.
        pub(crate) static ALL: &[&Rule] = &[$(&$constant),*];
    };
}

rules! {
    SCHEMA = "GW001", "schema", Error, "A field has a value that its schema does not allow, or is missing";
    UNKNOWN_PLUGIN = "GW002", "unknown-plugin", Error, "There is no plugin of this name";
    UNKNOWN_FIELD = "GW003", "unknown-field", Error, "There is no field of this name";
    DANGLING = "GW004", "dangling-reference", Error, "An object is named that no file has";
    DUPLICATE = "GW005", "duplicate", Error, "An id, or what requests find their consumer by, is there twice";
    SHADOWED = "GW006", "shadowed-route", Warning, "Two routes match the same requests with the same priority";
    UNREACHABLE = "GW007", "unreachable-route", Warning, "Another route of higher priority takes all of its requests";
    OVERLAPPING_SNIS = "GW008", "overlapping-snis", Warning, "Two certificates are for the same name";
    EXPIRED = "GW009", "expired-certificate", Error, "A certificate has expired";
    EXPIRING = "GW010", "expiring-certificate", Warning, "A certificate expires within 30 days";
    PLAIN_SECRET = "GW011", "plain-secret", Warning, "A secret stands in the file, and not where it is kept";
    DEPRECATED = "GW012", "deprecated-field", Warning, "A field is no longer meant to be used";
    NO_TIMEOUT = "GW013", "no-timeout", Info, "An upstream has no timeouts of its own, so they are those of the gateway";
    NO_HEALTH_CHECK = "GW014", "no-health-check", Info, "An upstream with several nodes has no health checks";
    NOT_BUILT = "GW015", "plugin-not-built", Error, "A plugin of APISIX that this gateway has not";
    NEVER_MATCHES = "GW016", "never-matches", Warning, "A path does not begin with a slash, so no request has it";
    UNKNOWN_BALANCER = "GW017", "unknown-balancer", Error, "There is no balancer of this name, so every request is answered with 503";
    UNCOVERED_SNI = "GW018", "uncovered-sni", Warning, "A certificate is not for a name that it is served for";
    NO_OBJECT = "GW019", "no-object", Error, "Something is no object of a known kind, or has no id";
    UNREADABLE = "GW020", "unreadable", Error, "A file is neither YAML nor JSON";
}

/// The rules with the severities that the user wants.
#[derive(Debug, Default)]
pub(crate) struct Rules(Vec<(&'static Rule, Option<Severity>)>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rules: std::collections::BTreeMap<String, Setting>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Setting {
    Off,
    Error,
    Warning,
    Info,
}

impl Rules {
    /// Reads a file of severities, `rules: {GW013: off, GW014: warning}`.
    ///
    /// # Errors
    /// Usage: not of that form, an unknown rule.
    pub(crate) fn read(path: &str) -> Result<Rules> {
        let text = crate::input::text(path).map_err(|error| Error::usage(format!("cannot read {path}: {error}")))?;
        Rules::parse(path, &text)
    }

    fn parse(path: &str, text: &str) -> Result<Rules> {
        let file: File = serde_saphyr::from_str(text)
            .map_err(|error| crate::files::parse::ParseError::of_settings(&error, text).in_file(path))?;
        let mut rules = Rules::default();
        for (name, setting) in file.rules {
            let Some(rule) = ALL.iter().find(|rule| rule.id.eq_ignore_ascii_case(&name) || rule.name == name) else {
                let names = ALL.iter().flat_map(|rule| [rule.id, rule.name]);
                let error = Error::usage(format!("{path}: unknown rule \"{name}\""));
                return Err(error.hints(suggest::hint(&name, names)));
            };
            let severity = match setting {
                Setting::Off => None,
                Setting::Error => Some(Severity::Error),
                Setting::Warning => Some(Severity::Warning),
                Setting::Info => Some(Severity::Info),
            };
            rules.0.push((rule, severity));
        }
        Ok(rules)
    }

    /// Those alone without which the server would refuse objects.
    pub(crate) fn of_validation() -> Rules {
        let needed =
            [&SCHEMA, &UNKNOWN_PLUGIN, &UNKNOWN_FIELD, &DANGLING, &DUPLICATE, &NOT_BUILT, &NO_OBJECT, &UNREADABLE];
        Rules::only(&needed)
    }

    /// Those about single objects that a server takes although they cannot have been meant.
    pub(crate) fn of_mistakes() -> Rules {
        Rules::only(&[&NEVER_MATCHES, &UNKNOWN_BALANCER, &UNCOVERED_SNI])
    }

    /// Those about names that nobody knows.
    pub(crate) fn of_names() -> Rules {
        Rules::only(&[&UNKNOWN_PLUGIN, &UNKNOWN_FIELD])
    }

    fn only(needed: &[&'static Rule]) -> Rules {
        Rules(ALL.iter().filter(|rule| !needed.contains(rule)).map(|rule| (*rule, None)).collect())
    }

    /// How severe a finding of a rule is; `None` where the rule is off.
    pub(crate) fn severity(&self, rule: &'static Rule) -> Option<Severity> {
        let own = self.0.iter().find(|(of, _)| of.id == rule.id);
        own.map_or(Some(rule.severity), |(_, severity)| *severity)
    }
}

/// The rule for what the server's own check is about.
pub(crate) fn of_server() -> &'static Rule {
    &SCHEMA
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_of_ones_own() {
        let rules = Rules::parse("r.yaml", "rules: {GW013: off, no-health-check: warning}").unwrap();
        assert_eq!(rules.severity(&NO_TIMEOUT), None);
        assert_eq!(rules.severity(&NO_HEALTH_CHECK), Some(Severity::Warning));
        assert_eq!(rules.severity(&SCHEMA), Some(Severity::Error));
        assert!(Rules::parse("r.yaml", "rules: {GW099: off}").is_err());
        assert!(Rules::parse("r.yaml", "rulez: {}").is_err());
        let mut ids: Vec<&str> = ALL.iter().map(|rule| rule.id).collect();
        ids.dedup();
        assert!(ids.len() == ALL.len() && ids.is_sorted());
    }
}
