//! `gatewayctl api METHOD PATH`: a call of the Admin API as it is, with the key.

use reqwest::Method;
use serde_json::{Value, json};

use super::{App, Change};
use crate::client::Answer;
use crate::error::{Error, Kind, Result};
use crate::output::jq::Jq;
use crate::output::{Format, clean, mask};
use crate::suggest;

/// Call the Admin API directly
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Call the Admin API directly

The path begins below /apisix/admin. The body of the answer goes to standard output, also when it is a refusal; the exit \
code is that of its status. Secrets in JSON answers are masked unless --show-secrets is given. --jq filters the answer of a \
success, and -o yaml, jsonpath, template, jq and custom-columns show it in their way; --paginate asks for a list page by page, and makes one \
answer of it. DELETE asks first, as `delete` does, unless \
--yes is given; PUT, POST and PATCH ask in a context with confirm: writes.",
    before_help = "Examples:
  gatewayctl api GET /routes
  gatewayctl api GET '/routes?page=1&page_size=10'
  gatewayctl api GET /routes --paginate --jq '.list[].value.uri'
  gatewayctl api GET /schema/plugins/limit-count
  gatewayctl api PUT /routes/1 -f route.json
  echo '{\"desc\":null}' | gatewayctl api PATCH /routes/1 -f -",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// GET, PUT, POST, PATCH, DELETE or OPTIONS
    method: String,
    /// Path below /apisix/admin, with a query if there is one
    path: String,
    /// Body from a file, - is standard input; sent as it is
    #[arg(long = "file", short = 'f', value_name = "FILE")]
    file: Option<String>,
    /// Show status and headers of the answer first
    #[arg(long, short = 'i')]
    include: bool,
    /// Print what a jq filter makes of the answer
    #[arg(long, value_name = "EXPR")]
    jq: Option<String>,
    /// Ask for every page of a list, page_size objects at a time [default: 500]
    #[arg(long, conflicts_with_all = ["include", "file"])]
    paginate: bool,
    /// Show secrets as they are
    #[arg(long)]
    show_secrets: bool,
}

pub(crate) const METHODS: [&str; 6] = ["GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"];

/// Makes the call and prints the answer.
///
/// # Errors
/// The kind of the answer's status, after its body was printed.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let name = args.method.to_ascii_uppercase();
    if name == "HEAD" {
        let error = Error::usage("the Admin API has nothing for HEAD");
        return Err(error.hint(format!("gatewayctl api GET {} -i shows status and headers", args.path)));
    }
    if !METHODS.contains(&name.as_str()) {
        let error = Error::usage(format!("unknown method \"{}\"", args.method));
        return Err(
            error.hint(suggest::hint(&name, METHODS).unwrap_or_else(|| format!("methods are {}", METHODS.join(", "))))
        );
    }
    let method = Method::from_bytes(name.as_bytes()).map_err(|_| Error::usage("no method"))?;
    let change = match method {
        Method::GET | Method::OPTIONS => None,
        Method::DELETE => Some(Change::Delete),
        _ => Some(Change::Write),
    };
    app.printer().no_list("an answer")?;
    let jq = args.jq.as_deref().map(Jq::parse).transpose()?;
    if args.paginate {
        if method != Method::GET {
            return Err(Error::usage(format!("--paginate reads lists, and {name} does not")));
        }
        return match pages(&args.path, app).await? {
            Pages::Whole(list) => print(list.to_string().as_bytes(), args, jq.as_ref(), app),
            Pages::Refused(answer) => {
                print(&answer.body, args, None, app)?;
                app.admin.success(answer, None).map(drop)
            }
        };
    }
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
    print(&answer.body, args, jq.as_ref().filter(|_| answer.is_success()), app)?;
    app.admin.success(answer, None).map(drop)
}

/// What came of asking for a list page by page.
enum Pages {
    /// All of it, as one answer.
    Whole(Value),
    /// An answer that is none.
    Refused(Answer),
}

/// The largest page that there is.
const PAGE: usize = 500;

async fn pages(path: &str, app: &App<'_>) -> Result<Pages> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let given = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    if given("page").is_some() {
        return Err(Error::usage("--paginate asks for every page, and the path has page= already"));
    }
    let size = match given("page_size") {
        None => PAGE,
        Some(text) => text.parse().map_err(|_| Error::usage(format!("\"{text}\" is no page_size")))?,
    };
    let rest = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("page_size="));
    let rest: String = rest.map(|pair| format!("{pair}&")).collect();
    let mut all: Vec<Value> = Vec::new();
    for number in 1_u64.. {
        let asked = format!("{path}?{rest}page={number}&page_size={size}");
        let answer = app.admin.call(Method::GET, &asked, None).await?;
        if !answer.is_success() {
            return Ok(Pages::Refused(answer));
        }
        let mut told = answer.json()?;
        let total = told.get("total").and_then(Value::as_u64).and_then(|total| usize::try_from(total).ok());
        let count = match told.get_mut("list").map(Value::take) {
            Some(Value::Array(list)) => {
                let count = list.len();
                all.extend(list);
                count
            }
            // An empty list of older servers.
            Some(Value::Object(fields)) if fields.is_empty() => 0,
            _ => return Err(Error::usage(format!("--paginate: GET {path} is answered with no list"))),
        };
        // A server without pages answers with everything each time.
        if count != size || total.is_some_and(|total| all.len() >= total) {
            break;
        }
    }
    Ok(Pages::Whole(json!({ "total": all.len(), "list": all })))
}

/// Writes only in name: they check what they are sent.
pub(crate) fn only_checks(path: &str) -> bool {
    path.contains("/schema/validate/") || path.trim_end_matches('/').ends_with("/configs/validate")
}

fn read_body(file: &str, app: &App<'_>) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    let read = if file == "-" {
        crate::input::all(&mut **app.stdin.borrow_mut()).map(|bytes| body = bytes)
    } else {
        crate::input::bytes(file).map(|bytes| body = bytes)
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

fn print(body: &[u8], args: &Args, jq: Option<&Jq>, app: &App<'_>) -> Result<()> {
    // Schemas have fields of these names and no secrets.
    let objects = !["/schema", "/plugins"].iter().any(|part| args.path.contains(part))
        || args.path.contains("plugins/") && !args.path.contains("/schema");
    let masks = objects && !args.show_secrets;
    if let Some(jq) = jq {
        let value: Value = serde_json::from_slice(body)
            .map_err(|error| Error::new(Kind::Server, format!("--jq: the answer is no JSON: {error}")))?;
        return app.printer().filtered(jq, &mask::masked(&value, !masks));
    }
    // A table is what it is otherwise, and JSON it is already.
    if !app.format().is_human()
        && !matches!(app.format(), Format::Json | Format::Ndjson)
        && let Ok(value) = serde_json::from_slice::<Value>(body)
    {
        return app.printer().one("an answer", || mask::masked(&value, !masks), || Ok(()));
    }
    let value = serde_json::from_slice::<Value>(body).ok().filter(|_| masks);
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
