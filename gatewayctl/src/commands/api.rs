//! `gatewayctl api METHOD PATH`: a call of the Admin API as it is, with the key.

use std::io::Read;

use reqwest::Method;
use serde_json::Value;

use super::{App, Change};
use crate::error::{Error, Result};
use crate::output::{clean, mask};
use crate::suggest;

/// Call the Admin API directly
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Call the Admin API directly

The path begins below /apisix/admin. The body of the answer goes to standard output, also when it is a refusal; the exit \
code is that of its status. Secrets in JSON answers are masked unless --show-secrets is given. DELETE asks first, as \
`delete` does, unless --yes is given; PUT, POST and PATCH ask in a context with confirm: writes.",
    before_help = "Examples:
  gatewayctl api GET /routes
  gatewayctl api GET '/routes?page=1&page_size=10'
  gatewayctl api GET /schema/plugins/limit-count
  gatewayctl api PUT /routes/1 -f route.json
  echo '{\"desc\":null}' | gatewayctl api PATCH /routes/1 -f -",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// GET, PUT, POST, PATCH, DELETE, HEAD or OPTIONS
    method: String,
    /// Path below /apisix/admin, with a query if there is one
    path: String,
    /// Body from a file, - is standard input; sent as it is
    #[arg(long = "file", short = 'f', value_name = "FILE")]
    file: Option<String>,
    /// Show status and headers of the answer first
    #[arg(long, short = 'i')]
    include: bool,
    /// Show secrets as they are
    #[arg(long)]
    show_secrets: bool,
}

pub(crate) const METHODS: [&str; 7] = ["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Makes the call and prints the answer.
///
/// # Errors
/// The kind of the answer's status, after its body was printed.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let name = args.method.to_ascii_uppercase();
    if !METHODS.contains(&name.as_str()) {
        let error = Error::usage(format!("unknown method \"{}\"", args.method));
        return Err(
            error.hint(suggest::hint(&name, METHODS).unwrap_or_else(|| format!("methods are {}", METHODS.join(", "))))
        );
    }
    let method = Method::from_bytes(name.as_bytes()).map_err(|_| Error::usage("no method"))?;
    let change = match method {
        Method::GET | Method::HEAD | Method::OPTIONS => None,
        Method::DELETE => Some(Change::Delete),
        _ => Some(Change::Write),
    };
    let body = args.file.as_deref().map(|file| read_body(file, app)).transpose()?;
    if let Some(change) = change.filter(|_| !only_checks(&args.path)) {
        app.writable()?;
        app.confirm(change, &format!("{name} {}", args.path))?;
    }
    let answer = app.admin.call(method, &args.path, body).await?;
    if args.include {
        app.out.line(&format!("HTTP {}", answer.status))?;
        for (name, value) in &answer.headers {
            app.out.line(&format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))?;
        }
        app.out.line("")?;
    }
    print(&answer.body, args, app)?;
    app.admin.success(answer, None).map(drop)
}

/// Writes only in name: they check what they are sent.
pub(crate) fn only_checks(path: &str) -> bool {
    path.contains("/schema/validate/") || path.trim_end_matches('/').ends_with("/configs/validate")
}

fn read_body(file: &str, app: &App<'_>) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    let read = if file == "-" {
        app.stdin.borrow_mut().read_to_end(&mut body).map(drop)
    } else {
        std::fs::read(file).map(|bytes| body = bytes)
    };
    read.map_err(|error| Error::usage(format!("cannot read {file}: {error}")))?;
    let masked = serde_json::from_slice::<Value>(&body).ok().and_then(|value| mask::find_mask(&value));
    match masked {
        // Sent as it is, it would become the secret.
        Some(pointer) => {
            Err(Error::usage(format!("{pointer} in {file} is masked")).hint("`apply -f` keeps the stored value"))
        }
        None => Ok(body),
    }
}

fn print(body: &[u8], args: &Args, app: &App<'_>) -> Result<()> {
    // Schemas have fields of these names and no secrets.
    let objects = !["/schema", "/plugins"].iter().any(|part| args.path.contains(part))
        || args.path.contains("plugins/") && !args.path.contains("/schema");
    let value = serde_json::from_slice::<Value>(body).ok().filter(|_| objects && !args.show_secrets);
    match value {
        Some(value) => {
            let text = mask::masked(&value, false).to_string();
            app.out.bytes(clean::json(&text).as_bytes())?;
            app.out.bytes(b"\n")
        }
        None if app.tty.stdout && !body.is_empty() => {
            let text = clean::lines(&String::from_utf8_lossy(body));
            app.out.bytes(format!("{}\n", text.trim_end_matches('\n')).as_bytes())
        }
        None => app.out.bytes(body),
    }
}
