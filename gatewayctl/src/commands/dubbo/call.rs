//! `gatewayctl dubbo call`: a generic call, made by the gateway.

use std::time::Duration;

use clap::ValueEnum;
use clap::builder::{StringValueParser, TypedValueParser};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::text;
use crate::cli::Version;
use crate::commands::App;
use crate::commands::via::Via;
use crate::error::{Error, Kind, Result};

/// Call a method of a Dubbo service through the gateway
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Call a method of a Dubbo service through the gateway

The gateway makes a generic call to a node of one of its upstreams; its plugins take no part. With --via gateway it chooses one of the service's, with --via direct ADDR it is that \
one, which has to be a node of an upstream or one that a registry tells of. --timeout holds for the call, too, up to a minute. The result is printed as JSON. A \
method that throws ends with exit code 5, and so does a call that the provider refuses.",
    before_help = "Examples:
  gatewayctl dubbo call org.acme.Orders find '[7]'
  gatewayctl dubbo call org.acme.Greeter greet '[\"Ada\", 2]' --types java.lang.String,int
  gatewayctl dubbo call org.acme.Orders list --group blue --version 1.0.0 --attachment tenant=t1 --via direct 10.0.0.7:20880",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// Full name of the interface
    service: String,
    /// Name of the method
    method: String,
    /// Arguments as a JSON array; anything else is the one argument
    #[arg(value_name = "ARGS-JSON")]
    args: Option<String>,
    /// Java types of the parameters, where several methods have the name
    #[arg(long, value_name = "TYPE,…", value_delimiter = ',')]
    types: Vec<String>,
    /// Group of the service
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Version of the service
    #[arg(long, alias = "service-version", value_name = "VERSION", value_parser = StringValueParser::new().map(Version::Service))]
    version: Option<Version>,
    /// Attachment of the call; may be repeated
    #[arg(long = "attachment", value_name = "K=V")]
    attachments: Vec<String>,
    /// Who chooses the node: gateway, or direct and the address and port of one [default: gateway]
    #[arg(long, value_name = "gateway|direct ADDR", value_parser = Via::read, conflicts_with = "node")]
    via: Option<Via>,
    /// The same as --via direct IP:PORT
    #[arg(long, value_name = "IP:PORT")]
    node: Option<String>,
    /// How the call is written: hessian2, fastjson2 or json; the gateway says which it does not write [default: hessian2]
    #[arg(long, value_name = "NAME")]
    serialization: Option<Serialization>,
}

/// How a call is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Serialization {
    /// What all providers read.
    Hessian2,
    /// That of Dubbo 3.2 and later.
    Fastjson2,
    /// As text.
    Json,
}

/// Makes the call and prints what it came to.
///
/// # Errors
/// Rejected: the method threw, or the provider refused the call; and those of the Admin API.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    app.printer().no_list("call")?;
    app.writable()?;
    let body = body(args, app.settings.timeout)?;
    let answer = app.admin.call(Method::POST, "/live/dubbo/invoke", Some(body.to_string().into_bytes())).await?;
    let said = answer.json().ok();
    let status = said.as_ref().and_then(|said| said.get("dubbo_status")).and_then(Value::as_u64);
    if let (Some(said), Some(_)) = (&said, status) {
        let error = Error::new(Kind::Rejected, text(said, "error_msg"));
        return Err(match text(said, "hint") {
            "" => error,
            hint => error.hint(hint),
        });
    }
    if let Some(said) = said.as_ref().filter(|said| answer.status == 404 && said.get("services").is_some()) {
        return Err(Error::new(Kind::NotFound, text(said, "error_msg")).hint(other_form(said)));
    }
    let told = app.admin.success(answer, None)?.json()?;
    if let Some(exception) = told.get("exception") {
        let (class, message) = (text(exception, "class"), text(exception, "message"));
        if !app.format().is_human() {
            app.printer().one("call", || told.clone(), || Ok(()))?;
        }
        let shown = if message.is_empty() { class.to_owned() } else { format!("{class}: {message}") };
        return Err(Error::new(Kind::Rejected, shown));
    }
    let value = told.get("value").cloned().unwrap_or_default();
    app.printer().one(
        "call",
        || told.clone(),
        || {
            app.out.note(&format!("{} ms at {}", told.get("ms").unwrap_or(&Value::Null), text(&told, "node")));
            app.printer().document(value)
        },
    )
}

/// How a version of the service is named that there is.
fn other_form(said: &Value) -> String {
    let form = said.get("services").and_then(|all| all.get(0)).unwrap_or(&Value::Null);
    let flag = |flag: &str, name: &str| match text(form, name) {
        "" => None,
        value => Some(format!("{flag} {value}")),
    };
    let flags: Vec<String> = [flag("--version", "version"), flag("--group", "group")].into_iter().flatten().collect();
    match flags.is_empty() {
        true => "without --version and --group".to_owned(),
        false => flags.join(" "),
    }
}

/// The longest time that the gateway lets a call take, in milliseconds.
const LONGEST_MS: u64 = 60_000;

fn body(args: &Args, within: Option<Duration>) -> Result<Value> {
    let given = match args.args.as_deref().map(str::trim) {
        None | Some("") => Value::Array(Vec::new()),
        Some(text) => serde_json::from_str(text)
            .map_err(|error| Error::usage(format!("ARGS-JSON is no JSON: {error}")).hint("'[\"a\", 1]'"))?,
    };
    let given = if given.is_array() { given } else { Value::Array(vec![given]) };
    let mut attachments = Map::new();
    for attachment in &args.attachments {
        let (name, value) = attachment
            .split_once('=')
            .ok_or_else(|| Error::usage(format!("--attachment {attachment}: expected K=V")))?;
        attachments.insert(name.to_owned(), value.into());
    }
    let version = match &args.version {
        Some(Version::Service(version)) => version,
        _ => "",
    };
    let mut body = json!({
        "interface": args.service,
        "method": args.method,
        "version": version,
        "group": args.group.as_deref().unwrap_or_default(),
        "types": args.types,
        "args": given,
        "attachments": attachments,
    });
    if let Some(node) = args.via.as_ref().and_then(Via::direct).or(args.node.as_deref()) {
        body["node"] = node.into();
    }
    if let Some(how) = args.serialization.as_ref().and_then(ValueEnum::to_possible_value) {
        body["serialization"] = how.get_name().into();
    }
    // The provider has a little less time than the answer to us.
    let millis = within.map_or(LONGEST_MS, |within| u64::try_from(within.as_millis()).unwrap_or(LONGEST_MS));
    body["timeout_ms"] = (millis - millis / 10).clamp(1, LONGEST_MS).into();
    Ok(body)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn asked(line: &str, within: Option<Duration>) -> Result<Value> {
        let words = std::iter::once("call").chain(line.split(' '));
        body(&Line::try_parse_from(words).expect("a command line").args, within)
    }

    #[test]
    fn what_is_typed_is_what_is_asked() {
        let line = "a.B m [1,2] --types int,long --group g --version 1.0 --attachment k=v=w --node 10.0.0.7:20880";
        let expected = json!({
            "interface": "a.B", "method": "m", "args": [1, 2], "types": ["int", "long"], "group": "g", "version": "1.0",
            "attachments": {"k": "v=w"}, "node": "10.0.0.7:20880", "timeout_ms": 18000,
        });
        assert_eq!(asked(line, Some(Duration::from_secs(20))).unwrap(), expected);
        let body = |line| asked(line, None).unwrap();
        assert_eq!((&body("a.B m")["args"], &body("a.B m")["timeout_ms"]), (&json!([]), &json!(54000)));
        assert_eq!(body("a.B m {\"a\":1.10}")["args"].to_string(), "[{\"a\":1.10}]");
        for via in ["--via=direct=10.0.0.7:20880 --service-version 1.0", "--node 10.0.0.7:20880 --version=1.0"] {
            let body = asked(&format!("a.B m {via}"), None).unwrap();
            assert_eq!((&body["node"], &body["version"]), (&json!("10.0.0.7:20880"), &json!("1.0")), "{via}");
        }
        let plain = body("a.B m --via gateway --serialization hessian2");
        assert_eq!((plain.get("node"), &plain["serialization"]), (None, &json!("hessian2")));
        assert_eq!(body("a.B m").get("serialization"), None);
        assert!(asked("a.B m [1", None).is_err() && asked("a.B m --attachment k", None).is_err());
    }
}
