//! `gatewayctl config lint -f`: looks for mistakes in files, without a server.

use clap::ValueEnum;

use super::Sources;
use crate::commands::local::Local;
use crate::error::{Error, Kind, Result};
use crate::files::Object;
use crate::lint::{self, Finding, Report, Rules, Severity};
use crate::output::Out;

/// Look for mistakes in files, without a server
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Look for mistakes in files, without a server

GW001 schema, GW002 unknown plugin, GW003 unknown field, GW004 dangling reference, GW005 duplicate, GW006 shadowed route, \
GW007 unreachable route, GW008 overlapping SNIs, GW009 expired certificate, GW010 certificate that expires within 30 days, \
GW011 secret in plain text, GW012 deprecated field, GW013 no timeout, GW014 no health check, GW015 plugin that is not built, \
GW016 path that no request has, GW017 unknown balancer, GW018 name that the certificate is not for, GW019 no object or no \
id, GW020 unreadable file.

A file of --rules gives rules another severity, by number or name: rules: {GW013: off, no-health-check: warning}. Exits with \
1 where something of the severity of --fail-on was found. -o sarif and -o github are for code scanning and workflows.",
    before_help = "Examples:
  gatewayctl config lint -f gateway.yaml
  gatewayctl config lint -f conf/ -R --fail-on warning
  gatewayctl config lint -f gateway.yaml -o sarif > lint.sarif",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(flatten)]
    sources: Sources,
    /// Severities of rules
    #[arg(long, value_name = "FILE")]
    rules: Option<String>,
    /// Exit with 1 where something this severe was found, or worse
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    fail_on: FailOn,
    /// A form for other programs (-o does too)
    #[arg(long, value_name = "FORM")]
    report: Option<Report>,
}

/// What makes it fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Errors
    Error,
    /// Warnings, and errors
    Warning,
    /// Anything
    Info,
    /// Nothing
    Never,
}

/// Reads, looks and tells.
///
/// # Errors
/// Negative where something was found; usage for the files.
pub(crate) fn run(args: &Args, local: &Local<'_>) -> Result<()> {
    let rules = args.rules.as_deref().map(Rules::read).transpose()?.unwrap_or_default();
    let files = args.sources.read_all(local.out, local.stdin)?;
    let found = lint::lint(&files.objects, &files.faults, &rules, local.now);
    lint::print(&found, args.report, &local.printer())?;
    let limit = match args.fail_on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Info => Severity::Info,
        FailOn::Never => return Ok(()),
    };
    verdict(&found, limit)?;
    fine(&files.objects, &found, local.out);
    Ok(())
}

/// Says that there is nothing to say.
pub(super) fn fine(objects: &[Object], found: &[Finding], out: &Out) {
    if found.is_empty() {
        match objects.len() {
            0 => out.note("no objects, so nothing is wrong"),
            1 => out.note("1 object is fine"),
            count => out.note(&format!("{count} objects are fine")),
        }
    }
}

/// # Errors
/// Negative where something is as severe, or worse; usage where a file could not be read.
pub(super) fn verdict(found: &[Finding], limit: Severity) -> Result<()> {
    let count = |severity: Severity| found.iter().filter(|finding| finding.severity == severity).count();
    if !found.iter().any(|finding| finding.severity <= limit) {
        return Ok(());
    }
    let words = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "note")];
    let parts = words.map(|(severity, word)| (count(severity), word));
    let parts = parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| super::dump::counted(*count, word));
    // A file that cannot be read is none that was looked at.
    let kind = if found.iter().any(Finding::is_unreadable) { Kind::Usage } else { Kind::Negative };
    Err(Error::new(kind, parts.collect::<Vec<_>>().join(", ")))
}
