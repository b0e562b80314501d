//! `gatewayctl doctor`: whether everything around the tool is as it should be, in a report that can be pasted: there is no
//! secret in it.

use std::time::{Duration, Instant, UNIX_EPOCH};

use reqwest::Method;
use reqwest::header::DATE;
use serde_json::json;

use super::App;
use super::live;
use super::local::Local;
use super::status::knock;
use crate::admin::Beside;
use crate::client::Answer;
use crate::context;
use crate::error::{Error, Kind, Result};
use crate::output::Printer;
use crate::output::list::{Record, head};
use crate::world::{Env, Terminal};

/// Check configuration, key, TLS, clock, listeners, versions and terminal
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Check configuration, key, TLS, clock, listeners, versions and terminal

The report holds no secret and can be pasted. The exit code is 1 if something fails; what is only worth knowing is a warning.",
    before_help = "Examples:
  gatewayctl doctor
  gatewayctl doctor --context prod -o markdown",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {}

/// Clocks that are this far apart disturb tokens and times.
const SKEW: i64 = 2;

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        }
    }
}

/// The checks so far.
#[derive(Default)]
struct Report(Vec<(&'static str, Verdict, String)>);

impl Report {
    fn ok(&mut self, name: &'static str, detail: impl Into<String>) {
        self.0.push((name, Verdict::Ok, detail.into()));
    }

    fn warn(&mut self, name: &'static str, detail: impl Into<String>) {
        self.0.push((name, Verdict::Warn, detail.into()));
    }

    fn fail(&mut self, name: &'static str, detail: impl Into<String>) {
        self.0.push((name, Verdict::Fail, detail.into()));
    }

    fn print(self, printer: &Printer<'_>) -> Result<()> {
        let mut list = printer.list(vec![head("CHECK", 0), head("RESULT", 0), head("DETAIL", 1)])?;
        let failed: Vec<&str> =
            self.0.iter().filter(|(_, result, _)| *result == Verdict::Fail).map(|of| of.0).collect();
        let failed = failed.join(", ");
        for (name, result, detail) in self.0 {
            let document = json!({ "check": name, "result": result.word(), "detail": detail });
            let cells = vec![name.to_owned(), result.word().to_owned(), detail];
            list.push(&Record { name: name.to_owned(), cells, document })?;
        }
        list.finish()?;
        if failed.is_empty() { Ok(()) } else { Err(Error::new(Kind::Negative, format!("fails: {failed}"))) }
    }
}

/// Checks everything.
///
/// # Errors
/// Negative: something fails.
pub(crate) async fn run(app: &App<'_>) -> Result<()> {
    let mut report = Report::default();
    tool(&mut report, app.settings.file.as_deref(), app.env);
    let settings = app.settings;
    match &settings.context {
        Some(name) => report.ok("context", format!("{name}{}", if settings.read_only { ", read-only" } else { "" })),
        None => report.ok("context", "none"),
    }
    report.ok("server", settings.admin.as_str());
    let start = Instant::now();
    let answer = app.admin.call(Method::GET, "/routes?page=1&page_size=10", None).await;
    match answer.and_then(|answer| app.admin.is_one(&answer).map(|()| answer)) {
        Err(error) => {
            report.fail("admin", error.message());
            report.ok("key", settings.key.told());
        }
        Ok(answer) => {
            let server = super::server_line(answer.server(), answer.gateway_version());
            report.ok("admin", format!("{server}, {} ms", start.elapsed().as_millis()));
            tls(&mut report, app);
            clock(&mut report, &answer, app);
            version(&mut report, &answer);
            match app.admin.success(answer, None) {
                Ok(_) => report.ok("key", format!("{}; it is taken", settings.key.told())),
                Err(error) => report.fail("key", format!("{}; {}", settings.key.told(), error.message())),
            }
            match app.admin.live("").await {
                Ok(Some(told)) => {
                    report.ok("live", live::texts(&told, "abilities").join(" "));
                    let roles = live::texts(&told, "roles").join(", ");
                    report.ok("role", format!("{} ({roles})", live::text(&told, "name")));
                }
                Ok(None) => report.warn("live", "the server has no live endpoints: it is APISIX, or an older gateway"),
                Err(error) => report.warn("live", error.message()),
            }
        }
    }
    listeners(&mut report, app).await;
    terminal(&mut report, app.env, app.tty);
    report.print(&app.printer())
}

/// The report where no server can be named, because the configuration is broken.
///
/// # Errors
/// Negative, as that is a failure.
pub(crate) fn without_settings(error: &Error, local: &Local<'_>) -> Result<()> {
    let mut report = Report::default();
    tool(&mut report, local.global.config.as_deref(), local.env);
    report.0.retain(|(name, ..)| *name != "config");
    report.fail("config", error.message());
    terminal(&mut report, local.env, local.tty);
    report.print(&local.printer())
}

fn tool(report: &mut Report, file: Option<&std::path::Path>, env: &Env) {
    let (git, target) = (env!("GATEWAYCTL_GIT"), env!("GATEWAYCTL_TARGET"));
    report.ok("tool", format!("gatewayctl {} ({git}, {target})", env!("CARGO_PKG_VERSION")));
    match context::store_path(file, env) {
        Ok(path) if !path.exists() => report.ok("config", format!("{} is not there, and need not be", path.display())),
        Ok(path) if is_open(&path) => {
            report.warn("config", format!("{} can be read by others; chmod 600", path.display()));
        }
        Ok(path) => report.ok("config", path.display().to_string()),
        Err(error) => report.warn("config", error.message()),
    }
}

#[cfg(unix)]
fn is_open(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|facts| facts.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &std::path::Path) -> bool {
    false
}

fn tls(report: &mut Report, app: &App<'_>) {
    let tls = &app.settings.tls;
    match app.settings.admin.scheme() {
        "https" if tls.insecure => report.warn("tls", "the server's certificate is not verified"),
        "https" => {
            let by = tls.ca.as_ref().map_or_else(|| "the system's roots".to_owned(), |path| path.display().to_string());
            let own = if tls.cert.is_some() { ", with a certificate of ours" } else { "" };
            report.ok("tls", format!("verified by {by}{own}"));
        }
        _ if app.settings.is_local() => report.ok("tls", "none, on this machine"),
        _ => report.warn("tls", "none: the key crosses the network in the clear"),
    }
}

fn clock(report: &mut Report, answer: &Answer, app: &App<'_>) {
    let told = answer.headers.get(DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    let told =
        told.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).and_then(|age| i64::try_from(age.as_secs()).ok());
    match told.map(|told| told - app.now.seconds()) {
        None => report.ok("clock", "the server does not tell its time"),
        Some(apart) if apart.abs() <= SKEW => report.ok("clock", "the same as the server's"),
        Some(apart) => report.warn("clock", format!("the server's is {apart} s ahead of this machine's")),
    }
}

fn version(report: &mut Report, answer: &Answer) {
    let own = env!("CARGO_PKG_VERSION");
    match answer.gateway_version() {
        Some(version) if version == own => report.ok("version", "tool and gateway are of the same version"),
        Some(version) => report.warn("version", format!("the tool is {own}, the gateway {version}")),
        None => report.warn("version", "the server is not this gateway"),
    }
}

async fn listeners(report: &mut Report, app: &App<'_>) {
    let settings = app.settings;
    // Somebody listens or not: that is known soon.
    let limit = settings.timeout.map(|limit| limit.min(Duration::from_secs(3)));
    for which in [Beside::Control, Beside::Proxy, Beside::Metrics] {
        let name = which.name();
        let listener = match app.admin.beside(which).await {
            Ok(listener) => listener,
            Err(error) => {
                report.ok(name, error.message());
                continue;
            }
        };
        match knock(&listener, limit).await {
            Ok(()) => report.ok(name, listener.url.as_str()),
            Err(error) if listener.given => report.fail(name, error.message()),
            Err(error) => report.warn(name, error.message()),
        }
    }
}

fn terminal(report: &mut Report, env: &Env, tty: Terminal) {
    if !tty.stdout {
        report.ok("terminal", "none: output is piped");
        return;
    }
    let size = match (tty.width, tty.height) {
        (Some(width), Some(height)) => format!("{width}x{height}"),
        (Some(width), None) => format!("{width} columns"),
        _ => "of unknown size".to_owned(),
    };
    let colours = if context::colors(None, env, true) { "colours" } else { "no colours" };
    let true_colour = env.get("COLORTERM").is_some_and(|term| term == "truecolor" || term == "24bit");
    let kind = env.get("TERM").unwrap_or_else(|| "unknown".to_owned());
    report.ok("terminal", format!("{kind}, {size}, {colours}{}", if true_colour { ", true colour" } else { "" }));
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| env.get(name)).unwrap_or_default();
    if !locale.to_ascii_lowercase().replace('-', "").contains("utf8") {
        report.warn("locale", format!("\"{locale}\" is not UTF-8; characters beyond ASCII may not show"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals() {
        let seen = |env: &[(&str, &str)], stdout| {
            let mut report = Report::default();
            let tty = Terminal { stdout, width: Some(80), height: Some(24), ..Terminal::default() };
            terminal(&mut report, &Env::of(env.iter().map(|(k, v)| (*k, *v))), tty);
            report.0.iter().map(|(name, verdict, _)| json!([name, verdict.word()])).collect::<Vec<_>>()
        };
        assert_eq!(seen(&[], false), [json!(["terminal", "ok"])]);
        assert_eq!(seen(&[("LANG", "C")], true), [json!(["terminal", "ok"]), json!(["locale", "warn"])]);
        assert_eq!(seen(&[("LANG", "de_DE.UTF-8"), ("TERM", "xterm")], true).len(), 1);
    }
}
