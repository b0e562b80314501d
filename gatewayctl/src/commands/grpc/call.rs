//! `gatewayctl grpc call`: a call, made by the gateway or by this tool.

use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway_grpc::{Ended, Messages, MethodDescriptor, Streams, fields, queue, to_json, to_wire};
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::super::App;
use super::asked::{Asked, no_grpc, unreachable};
use super::direct;
use super::shown::Shown;
use crate::admin::lacks_endpoint;
use crate::call::args::read;
use crate::error::{Error, Kind, Result};
use crate::stream::Row;

/// Call a method of a gRPC service
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Call a method of a gRPC service

With --via gateway the gateway makes the call to a node of one of its upstreams; its plugins take no part. It chooses the upstream \
whose routes name the service or whose server says that it has it; --upstream, --route or --node choose another. With --via direct \
ADDR this tool calls the server at that address itself; that of the gateway's proxy listener goes through its routes and plugins. \
Messages are JSON. A method that takes a stream takes several, one behind the other or one a line. With --stream they are sent as \
they are read (with --via direct), and each answer is a line. A status other than OK ends with exit code 5. --timeout holds for the \
whole call.",
    before_help = "Examples:
  gatewayctl grpc call helloworld.Greeter/SayHello -d '{\"name\": \"Ada\"}'
  gatewayctl grpc call helloworld.Greeter/SayHello -d @ask.json -H 'tenant: t1' --proto-file greeter.proto
  gatewayctl grpc call chat.Chat/Talk --stream -d - --via direct 127.0.0.1:50051 --timeout 0",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// Full name of the service, and the method: package.Service/Method
    #[arg(value_name = "SERVICE/METHOD")]
    method: String,
    /// Messages as JSON; @FILE reads a file, - standard input [default: {}, and none for a method that takes a stream]
    #[arg(long, short = 'd', value_name = "JSON|@FILE|-", allow_hyphen_values = true)]
    data: Option<String>,
    /// Send messages as they are read, and print each answer on a line
    #[arg(long)]
    stream: bool,
    /// Field of the request; may be repeated
    #[arg(long = "metadata", short = 'H', value_name = "NAME: VALUE")]
    headers: Vec<String>,
    #[command(flatten)]
    asked: Asked,
    /// Upstream of the gateway that is called
    #[arg(long, value_name = "ID")]
    upstream: Option<String>,
    /// Route of the gateway to whose upstream the call goes
    #[arg(long, value_name = "ID", conflicts_with = "upstream")]
    route: Option<String>,
    /// Node of an upstream that is called
    #[arg(long, value_name = "IP:PORT")]
    node: Option<String>,
    /// Print fields of messages that are not set, too
    #[arg(long)]
    emit_defaults: bool,
}

/// The longest time that the gateway lets a call take, in milliseconds.
const LONGEST_MS: u64 = 60_000;

/// The longest message as JSON, in bytes.
const LONGEST_JSON: usize = 256 << 20;

/// Makes the call and prints what it came to.
///
/// # Errors
/// Rejected: it ended with a status other than OK; not found: nobody defines the method; unreachable; those of the Admin API.
pub(super) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    app.printer().no_list("call")?;
    app.writable()?;
    let headers = metadata(&args.headers)?;
    let (service, method) = path(&args.method)?;
    match args.asked.direct() {
        None => by_gateway(args, app, &headers, (service, method)).await,
        Some(_) if args.upstream.is_some() || args.route.is_some() || args.node.is_some() => {
            Err(Error::usage("--upstream, --route and --node are of calls that the gateway makes"))
        }
        Some(addr) => directly(args, app, &headers, (service, method), addr).await,
    }
}

async fn by_gateway(args: &Args, app: &App<'_>, headers: &HeaderMap, (service, method): (&str, &str)) -> Result<()> {
    let messages = args.data.as_deref().map(|data| given(data, app)).transpose()?;
    let mut body = json!({ "service": service, "method": method, "headers": fields(headers) });
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body[name] = value;
        }
    };
    let text = |value: &Option<String>| value.as_deref().map(Value::from);
    set("upstream", text(&args.upstream));
    set("route", text(&args.route));
    set("node", text(&args.node));
    set("messages", messages.map(Value::Array));
    set("defaults", args.emit_defaults.then_some(Value::Bool(true)));
    match &args.asked.proto_file {
        Some(_) => {
            let known = args.asked.given(app).await?;
            let encoded = known.map(|known| BASE64.encode(known.definitions.encoded()));
            set("definitions", encoded.map(Value::from));
        }
        None => set("proto", text(&args.asked.proto)),
    }
    set("timeout_ms", Some(patience(app.settings.timeout).into()));
    let mut shown = Shown::new(app, args.stream);
    if shown.is_lines() {
        return followed(app, &body, shown).await;
    }
    let answer = app.admin.call(Method::POST, "/live/grpc/invoke", Some(body.to_string().into_bytes())).await?;
    if lacks_endpoint(&answer) {
        return Err(no_grpc(app));
    }
    if matches!(answer.status, 502 | 504) {
        return Err(unreached(&answer.json()?));
    }
    let Value::Object(mut told) = app.admin.success(answer, None)?.json()? else { return Err(undefined()) };
    let messages = match told.shift_remove("messages") {
        Some(Value::Array(messages)) => messages,
        _ => return Err(undefined()),
    };
    if messages.len() != 1 {
        shown = Shown::new(app, true);
    }
    messages.into_iter().try_for_each(|message| shown.message(message))?;
    shown.end(told)
}

/// The same, line by line as it comes.
async fn followed(app: &App<'_>, body: &Value, mut shown: Shown<'_>) -> Result<()> {
    let mut rows = app.admin.follow_post("grpc/invoke", body).await?.ok_or_else(|| no_grpc(app))?;
    while let Some(row) = rows.next().await? {
        let Row::Value(Value::Object(mut row)) = row else { continue };
        if let Some(message) = row.shift_remove("message") {
            shown.message(message)?;
        } else if let Some(Value::Object(end)) = row.shift_remove("end") {
            return shown.end(end);
        } else {
            return Err(unreached(&Value::Object(row)));
        }
    }
    Err(Error::new(Kind::Unreachable, "the gateway has ended the stream before the call did"))
}

fn undefined() -> Error {
    Error::new(Kind::Server, "POST /live/grpc/invoke: the answer is none of a call")
}

/// The gateway could not call the node.
fn unreached(told: &Value) -> Error {
    let why = told.get("error_msg").and_then(Value::as_str).unwrap_or("the call has failed");
    Error::new(Kind::Rejected, format!("UNAVAILABLE (14): {why}"))
}

/// The server has a little less time than the answer to us.
fn patience(within: Option<Duration>) -> u64 {
    let millis = within.map_or(LONGEST_MS, |within| u64::try_from(within.as_millis()).unwrap_or(LONGEST_MS));
    (millis - millis / 10).clamp(1, LONGEST_MS)
}

async fn directly(
    args: &Args,
    app: &App<'_>,
    headers: &HeaderMap,
    (service, name): (&str, &str),
    addr: &str,
) -> Result<()> {
    let known = args.asked.defining(service, headers, app).await?;
    let method = known.definitions.method(service, name).ok_or_else(|| no_method(&known.definitions, service, name))?;
    let streams = Streams::of(&method);
    let mut server = direct::connect(addr, app)?;
    let mut shown = Shown::new(app, args.stream || streams.server);
    let (lines, messages) = match args.data.as_deref() {
        Some("-") if args.stream && streams.client => {
            let (sender, messages) = queue(1);
            (Some((lines_of_input(app), sender)), messages)
        }
        data => {
            let given = data.map(|data| given(data, app)).transpose()?;
            (None, Messages::of(wired(given, &method)?))
        }
    };
    let began = Instant::now();
    let call = async {
        let mut fields_sent = headers.clone();
        let timeout = app.settings.timeout.map(|limit| HeaderValue::from_str(&format!("{}m", limit.as_millis())));
        if let Some(Ok(timeout)) = timeout {
            fields_sent.insert(HeaderName::from_static("grpc-timeout"), timeout);
        }
        let path = format!("{service}/{name}");
        let mut head = HeaderMap::new();
        let ended = match server.caller.begin(&path, fields_sent, messages).await {
            Err(ended) => ended,
            Ok(mut going) => {
                head = std::mem::take(&mut going.headers);
                loop {
                    let bytes = match going.next().await {
                        Ok(bytes) => bytes,
                        Err(ended) => break ended,
                    };
                    let message = to_json(&method.output(), &bytes, args.emit_defaults, &mut LONGEST_JSON.clone());
                    let no_message = |why| {
                        let kind = method.output();
                        Error::new(Kind::Server, format!("the server answers with no {}: {why}", kind.full_name()))
                    };
                    shown.message(message.map_err(no_message)?)?;
                }
            }
        };
        Ok::<_, Error>((head, ended))
    };
    let sent = async {
        match lines {
            Some((lines, sender)) => feed(lines, sender, &method).await,
            None => Ok(()),
        }
    };
    let talk = together(call, sent);
    let done = match app.settings.timeout {
        Some(limit) => {
            tokio::time::timeout(limit, talk).await.unwrap_or_else(|_| Ok((HeaderMap::new(), Ended::late(limit))))
        }
        None => talk.await,
    };
    let (head, ended) = done?;
    let ms = (began.elapsed().as_secs_f64() * 1_000_000.0).round() / 1000.0;
    app.out.trace(1, &format!("gRPC {service}/{name} {} {}ms", ended.name(), began.elapsed().as_millis()));
    if let Some(why) = &ended.broken {
        return Err(unreachable(&server.at, why));
    }
    shown.end(told(&head, &ended, ms, &server.at))
}

/// A call while its messages are sent; it may end before them.
///
/// # Errors
/// Interrupted by the user; those of either.
async fn together<T>(call: impl Future<Output = Result<T>>, sent: impl Future<Output = Result<()>>) -> Result<T> {
    tokio::pin!(call, sent);
    let mut feeding = true;
    loop {
        tokio::select! {
            done = &mut call => return done,
            fed = &mut sent, if feeding => {
                feeding = false;
                fed?;
            }
            error = crate::stop::wanted() => return Err(error),
        }
    }
}

/// The end of a call in the words of the gateway's answer.
fn told(head: &HeaderMap, ended: &Ended, ms: f64, node: &str) -> Map<String, Value> {
    let told = json!({
        "headers": fields(head), "trailers": fields(&ended.trailers), "status": ended.status, "status_name": ended.name(),
        "message": ended.message, "ms": ms, "node": node,
    });
    if let Value::Object(told) = told { told } else { Map::new() }
}

fn no_method(definitions: &gateway_grpc::Definitions, service: &str, name: &str) -> Error {
    let Some(known) = definitions.service(service) else {
        return Error::new(Kind::NotFound, format!("{service} is no service"));
    };
    let names: Vec<String> = known.methods().map(|method| method.name().to_owned()).collect();
    let near = crate::suggest::hint(name, names.iter().map(String::as_str));
    let error = Error::new(Kind::NotFound, format!("{service} has no method {name}"));
    error.hint(near.unwrap_or_else(|| format!("it has {}", names.join(", "))))
}

/// `package.Service/Method`, or with a dot before the method.
fn path(text: &str) -> Result<(&str, &str)> {
    let text = text.trim_start_matches('/');
    let parts = text.split_once('/').or_else(|| text.rsplit_once('.'));
    parts.filter(|(service, method)| !service.is_empty() && !method.is_empty() && !method.contains('/')).ok_or_else(
        || Error::usage(format!("\"{text}\" is no method")).hint("gatewayctl grpc call helloworld.Greeter/SayHello"),
    )
}

/// The fields of a call.
fn metadata(lines: &[String]) -> Result<HeaderMap> {
    let mut fields = HeaderMap::new();
    for line in lines {
        let wrong = |why: &str| Error::usage(format!("-H {line:?}: {why}")).hint("-H 'tenant: t1'");
        let (name, value) = line.split_once(':').ok_or_else(|| wrong("a field is 'Name: value'"))?;
        let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| wrong("a field is 'Name: value'"))?;
        if name.as_str().starts_with("grpc-") || ["te", "content-type", "host", "connection"].contains(&name.as_str()) {
            return Err(wrong("this field is the protocol's own"));
        }
        let value = HeaderValue::from_bytes(value.trim().as_bytes()).map_err(|_| wrong("the value cannot be sent"))?;
        fields.append(name, value);
    }
    Ok(fields)
}

/// The messages that `-d` says, one JSON text after another.
fn given(data: &str, app: &App<'_>) -> Result<Vec<Value>> {
    let bytes = match (data, data.strip_prefix('@')) {
        ("-", _) => read("-", app)?,
        (_, Some(path)) => read(path, app)?,
        _ => data.as_bytes().to_vec(),
    };
    values(&bytes)
}

fn values(bytes: &[u8]) -> Result<Vec<Value>> {
    let all: std::result::Result<Vec<Value>, _> = serde_json::Deserializer::from_slice(bytes).into_iter().collect();
    all.map_err(|error| Error::usage(format!("-d is no JSON: {error}")).hint("-d '{\"name\": \"Ada\"}'"))
}

/// Messages on the wire: as many as the method takes.
fn wired(given: Option<Vec<Value>>, method: &MethodDescriptor) -> Result<Vec<Vec<u8>>> {
    let streams = Streams::of(method);
    let given = given.unwrap_or_else(|| if streams.client { Vec::new() } else { vec![json!({})] });
    if !streams.client && given.len() != 1 {
        return Err(Error::usage(format!("the method takes one message, and there are {}", given.len())));
    }
    given.iter().map(|message| wire(message, method)).collect()
}

fn wire(message: &Value, method: &MethodDescriptor) -> Result<Vec<u8>> {
    let kind = method.input();
    to_wire(&kind, message).map_err(|why| {
        let error = Error::usage(format!("-d: the message is no {}: {why}", kind.full_name()));
        error.hint(format!("gatewayctl grpc describe {} shows its fields", method.full_name()))
    })
}

/// Lines of standard input, as they come. They are read beside: whoever types may never end.
fn lines_of_input(app: &App<'_>) -> mpsc::Receiver<std::io::Result<String>> {
    let input = std::mem::replace(&mut *app.stdin.borrow_mut(), Box::new(std::io::empty()));
    let (sender, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in BufReader::new(input).lines() {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    lines
}

/// Sends a message for each line.
async fn feed(
    mut lines: mpsc::Receiver<std::io::Result<String>>,
    sender: mpsc::Sender<impl From<Vec<u8>>>,
    method: &MethodDescriptor,
) -> Result<()> {
    while let Some(line) = lines.recv().await {
        let line = line.map_err(|error| Error::usage(format!("cannot read standard input: {error}")))?;
        for message in values(line.as_bytes())? {
            // Whose call has ended takes no more.
            if sender.send(wire(&message, method)?.into()).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use gateway_grpc::Definitions;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_typed_is_what_is_called() {
        for typed in ["a.B/M", "/a.B/M", "a.B.M"] {
            assert_eq!(path(typed).unwrap(), ("a.B", "M"), "{typed}");
        }
        for bad in ["M", "/", "a.B/", "/M", "a/B/M", ""] {
            assert!(path(bad).is_err(), "{bad}");
        }
        let line = |text: &str| metadata(&[text.to_owned()]);
        assert_eq!(line("Tenant: t:1").unwrap().get("tenant").unwrap(), "t:1");
        for bad in ["tenant", "te: x", "grpc-timeout: 1S", ": x", "a b: x"] {
            assert!(line(bad).is_err(), "{bad}");
        }
        assert_eq!((patience(None), patience(Some(Duration::from_secs(10)))), (54_000, 9_000));
        assert_eq!((patience(Some(Duration::from_secs(600))), patience(Some(Duration::ZERO))), (60_000, 1));
    }

    #[test]
    fn messages_are_one_or_many() {
        let source = "syntax = \"proto3\"; package a; message A { int32 n = 1; }
            service B { rpc One (A) returns (A); rpc Many (stream A) returns (A); }";
        let known = Definitions::stored(source).unwrap();
        let wired = |name: &str, data: Option<&str>| {
            wired(data.map(|data| values(data.as_bytes())).transpose()?, &known.method("a.B", name).unwrap())
        };
        assert_eq!(wired("One", None).unwrap(), [b""]);
        assert_eq!(wired("One", Some("{\"n\":1}")).unwrap(), [b"\x08\x01"]);
        assert!(wired("Many", None).unwrap().is_empty());
        assert_eq!(wired("Many", Some("{\"n\":1}{}\n\n{\"n\":2}\n")).unwrap().len(), 3);
        for (name, data) in [("One", "{}{}"), ("One", ""), ("One", "{"), ("One", "{\"m\":1}"), ("Many", "{}[]")] {
            assert!(wired(name, Some(data)).is_err(), "{name} {data}");
        }
    }

    proptest! {
        /// However values follow each other, they are the same.
        #[test]
        fn values_follow_each_other(all in prop::collection::vec(any::<u32>(), 0..8), gap in "[ \n]{1,3}") {
            let text: String = all.iter().map(|n| format!("{{\"n\":{n}}}{gap}")).collect();
            let got: Vec<u64> = values(text.as_bytes()).unwrap().iter().filter_map(|value| value["n"].as_u64()).collect();
            prop_assert_eq!(got, all.into_iter().map(u64::from).collect::<Vec<_>>());
        }
    }
}
