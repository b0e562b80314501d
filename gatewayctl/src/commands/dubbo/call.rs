//! `gatewayctl dubbo call`: a generic call, made by the gateway.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::super::App;
use super::text;
use crate::error::{Error, Kind, Result};
use crate::output::Format;

/// Call a method of a Dubbo service through the gateway
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Call a method of a Dubbo service through the gateway

The gateway makes a generic call to a node of one of its upstreams; its plugins take no part. --timeout holds for the call, too, up to a minute. The result is printed as JSON. A \
method that throws ends with exit code 5, and so does a call that the provider refuses.",
    before_help = "Examples:
  gatewayctl dubbo call org.acme.Orders find '[7]'
  gatewayctl dubbo call org.acme.Greeter greet '[\"Ada\", 2]' --types java.lang.String,int
  gatewayctl dubbo call org.acme.Orders list --group blue --attachment tenant=t1 --node 10.0.0.7:20880",
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
    #[arg(long = "service-version", value_name = "VERSION")]
    service_version: Option<String>,
    /// Attachment of the call; may be repeated
    #[arg(long = "attachment", value_name = "K=V")]
    attachments: Vec<String>,
    /// Which node of an upstream to call, as address and port [default: one of the service's]
    #[arg(long, value_name = "IP:PORT")]
    node: Option<String>,
}

/// Makes the call and prints what it came to.
///
/// # Errors
/// Rejected: the method threw, or the provider refused the call; and those of the Admin API.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    if app.settings.format == Format::Name {
        return Err(Error::usage("-o name is a form of lists, and call is none"));
    }
    app.writable()?;
    let body = body(args, app.settings.timeout)?;
    let answer = app.admin.call(Method::POST, "/live/dubbo/invoke", Some(body.to_string().into_bytes())).await?;
    let said = answer.json().ok();
    let status = said.as_ref().and_then(|said| said.get("dubbo_status")).and_then(Value::as_u64);
    if let (Some(said), Some(_)) = (&said, status) {
        return Err(Error::new(Kind::Rejected, text(said, "error_msg")));
    }
    let told = app.admin.success(answer, None)?.json()?;
    if let Some(exception) = told.get("exception") {
        let (class, message) = (text(exception, "class"), text(exception, "message"));
        if matches!(app.settings.format, Format::Json | Format::Yaml) {
            app.out.document(app.settings.format, &told)?;
        }
        let shown = if message.is_empty() { class.to_owned() } else { format!("{class}: {message}") };
        return Err(Error::new(Kind::Rejected, shown));
    }
    match app.settings.format {
        format @ (Format::Json | Format::Yaml) => app.out.document(format, &told),
        _ => {
            app.out.note(&format!("{} ms at {}", told.get("ms").unwrap_or(&Value::Null), text(&told, "node")));
            app.out.document(Format::Json, told.get("value").unwrap_or(&Value::Null))
        }
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
    let mut body = json!({
        "interface": args.service,
        "method": args.method,
        "version": args.service_version.as_deref().unwrap_or_default(),
        "group": args.group.as_deref().unwrap_or_default(),
        "types": args.types,
        "args": given,
        "attachments": attachments,
    });
    if let Some(node) = &args.node {
        body["node"] = node.as_str().into();
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
        let line =
            "a.B m [1,2] --types int,long --group g --service-version 1.0 --attachment k=v=w --node 10.0.0.7:20880";
        let expected = json!({
            "interface": "a.B", "method": "m", "args": [1, 2], "types": ["int", "long"], "group": "g", "version": "1.0",
            "attachments": {"k": "v=w"}, "node": "10.0.0.7:20880", "timeout_ms": 18000,
        });
        assert_eq!(asked(line, Some(Duration::from_secs(20))).unwrap(), expected);
        let body = |line| asked(line, None).unwrap();
        assert_eq!((&body("a.B m")["args"], &body("a.B m")["timeout_ms"]), (&json!([]), &json!(54000)));
        assert_eq!(body("a.B m {\"a\":1.10}")["args"].to_string(), "[{\"a\":1.10}]");
        assert!(asked("a.B m [1", None).is_err() && asked("a.B m --attachment k", None).is_err());
    }
}
