//! `gatewayctl test`: a request through the gateway, what is expected of the answer, and whole suites of them.

mod expect;
mod report;
mod run;
pub(crate) mod show;
mod suite;

use std::time::Duration;

use serde_json::{Value, json};

use super::App;
use crate::call::args::{CallArgs, read};
use crate::call::send::{Sender, Sent};
use crate::call::websocket::{self, Talk};
use crate::call::{Call, Speaks, grpc, seen};
use crate::error::{Error, Kind, Result};
use crate::output::mask;
use expect::{Expect, Outcome};

/// Send a request through the gateway, and check the answer
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Send a request through the gateway, and check the answer

Status, fields and body of the answer go to standard output, how long it took to standard error. An expectation that does not \
hold makes the exit code 1; a WebSocket is expected to be one (101) unless --expect-status says otherwise. With -f the requests and expectations of suites are run, several at a time; -o tap, junit, json \
and ndjson are for other programs. A suite is YAML:

  tests:
    - name: orders need a key
      request: GET http://shop.example/orders
      expect: { status: 401 }
    - request: POST /orders
      headers: { apikey: janes-key }
      body: { item: 7 }
      expect:
        status: 2xx
        headers: { content-type: ~json, x-powered-by: null }
        json: [.id > 0, .item == 7]
        route: orders

A test also has grpc, ws, form, http (1.1, 2 or 2-prior-knowledge), resolve, insecure and skip; defaults beside tests holds for \
all. A test of a suite that says nothing of the status expects one below 400, of a WebSocket 101; a request by itself \
only shows what came, where nothing is expected. With --grpc the body is one message of Protocol Buffers in its binary \
form, without the five bytes that gRPC puts in front of it; `gatewayctl grpc call` takes JSON. Route and node are those that live/tap saw, for which the request has a field \
X-Gatewayctl-Trace more, else those that live/explain names.",
    before_help = "Examples:
  gatewayctl test GET /hello
  gatewayctl test POST http://shop.example/orders -d '{\"item\": 7}' --expect-status 201 --expect-json '.id > 0'
  gatewayctl test https://shop.example/ -k --http2 --expect-header 'content-type: ~html' --expect-route shop
  gatewayctl test --ws /chat -d hello --messages 2
  gatewayctl test -f suite.yaml -o junit > report.xml",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(flatten)]
    call: CallArgs,
    /// A call of gRPC; the body is its message
    #[arg(long, value_name = "PACKAGE.SERVICE/METHOD", conflicts_with_all = ["ws", "http1"])]
    grpc: Option<String>,
    /// A WebSocket; the body is said once it is open
    #[arg(long, conflicts_with_all = ["http2", "http2_prior_knowledge"])]
    ws: bool,
    /// How many messages of a WebSocket are waited for
    #[arg(long, value_name = "N", default_value_t = 1)]
    messages: usize,
    /// Statuses that are right: 200, 2xx, 200-204
    #[arg(long, value_name = "STATUS,…")]
    expect_status: Option<String>,
    /// Field of the answer: 'Name: value', 'Name: ~regex', 'Name' is there, '!Name' is not; may be repeated
    #[arg(long, value_name = "K: V")]
    expect_header: Vec<String>,
    /// A jq expression that is true of the body; may be repeated
    #[arg(long, value_name = "JQ")]
    expect_json: Vec<String>,
    /// Text that the body contains, or ~regex; may be repeated
    #[arg(long, value_name = "TEXT")]
    expect_body: Vec<String>,
    /// The route that serves it, as the gateway says
    #[arg(long, value_name = "ID")]
    expect_route: Option<String>,
    /// The node that it goes to, as the gateway says
    #[arg(long, value_name = "NODE")]
    expect_upstream: Option<String>,
    /// Longest time until all of the answer is there
    #[arg(long, value_name = "DUR")]
    expect_time: Option<String>,
    /// Status of the call of gRPC, as a number or a name
    #[arg(long, value_name = "STATUS")]
    expect_grpc_status: Option<String>,
    /// Suites, - is standard input; may be repeated
    #[arg(long = "file", short = 'f', value_name = "FILE")]
    files: Vec<String>,
    /// How many requests of suites are under way at a time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    parallel: u16,
    /// Only tests of suites whose name contains this
    #[arg(long, value_name = "TEXT", requires = "files")]
    only: Option<String>,
    /// Stop at the first test of a suite that fails
    #[arg(long, requires = "files")]
    fail_fast: bool,
}

/// One request, and what is expected of its answer.
#[derive(Debug)]
pub(super) struct Case {
    call: Call,
    kind: Sort,
    expect: Expect,
}

/// What kind of exchange it is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Sort {
    Plain,
    Grpc,
    /// What is said, and how many messages are waited for.
    WebSocket(Option<Vec<u8>>, usize),
}

/// What came of it.
pub(super) enum Came {
    Answer(Box<Sent>),
    Talk(Box<Talk>),
}

/// Runs a suite or one request.
///
/// # Errors
/// Negative: an expectation does not hold; usage; those of the calls.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    if !args.files.is_empty() {
        if !args.call.is_empty() {
            return Err(Error::usage("a request or -f SUITE, not both"));
        }
        return run::suites(args, app).await;
    }
    app.printer().no_list("test")?;
    let case = args.case(app)?;
    let (came, outcomes) = case.run(app).await?;
    let failed: Vec<&Outcome> = outcomes.iter().filter(|outcome| !outcome.ok).collect();
    let document = || {
        json!({
            "request": { "method": case.call.method.as_str(), "url": mask::text(&case.call.target) },
            "answer": came.document(),
            "expectations": outcomes.iter().map(Outcome::document).collect::<Vec<Value>>(),
            "ok": failed.is_empty(),
        })
    };
    app.printer().one("test", document, || show::answer(&came, app))?;
    for outcome in outcomes.iter().filter(|outcome| outcome.ok && app.format().is_human()) {
        app.out.note(&format!("ok: {}", outcome.what));
    }
    if failed.is_empty() {
        return Ok(());
    }
    let told = failed.iter().map(|outcome| outcome.told()).collect::<Vec<String>>().join("; ");
    Err(Error::new(Kind::Negative, told))
}

impl Args {
    fn case(&self, app: &App<'_>) -> Result<Case> {
        if self.call.is_empty() && self.grpc.is_none() {
            return Err(Error::usage("what request?").hint("gatewayctl test GET /hello, or -f SUITE"));
        }
        let mut typed = if self.call.is_empty() { self.call.over(Default::default())? } else { self.call.typed()? };
        if self.grpc.is_some() && typed.target.is_none() {
            typed.target = Some("/".to_owned());
        }
        let call = typed.call(&|path: &str| read(path, app))?;
        let mut expect = Expect::default();
        if let Some(text) = &self.expect_status {
            expect.status(text)?;
        }
        self.expect_header.iter().try_for_each(|text| expect.header(text))?;
        self.expect_json.iter().try_for_each(|text| expect.json(text))?;
        self.expect_body.iter().try_for_each(|text| expect.body(text))?;
        expect.route.clone_from(&self.expect_route);
        expect.upstream.clone_from(&self.expect_upstream);
        if let Some(text) = &self.expect_time {
            expect.time = crate::context::duration("--expect-time", text)?;
        }
        if let Some(text) = &self.expect_grpc_status {
            expect.grpc_status(text)?;
        }
        Case::new(call, self.grpc.as_deref(), self.ws.then_some(self.messages), expect)
    }
}

impl Case {
    /// A request of its kind.
    ///
    /// # Errors
    /// Usage: no method of gRPC.
    fn new(mut call: Call, grpc: Option<&str>, messages: Option<usize>, mut expect: Expect) -> Result<Case> {
        let kind = match (grpc, messages) {
            (Some(method), _) => {
                grpc::make(&mut call, method)?;
                Sort::Grpc
            }
            (None, Some(count)) => {
                // Anything else is no WebSocket.
                if !expect.has_status() {
                    expect.status("101")?;
                }
                let say = websocket::make(&mut call);
                Sort::WebSocket(say, count)
            }
            (None, None) => Sort::Plain,
        };
        expect.http2 = call.speaks == Speaks::Http2;
        Ok(Case { call, kind, expect })
    }

    /// Sends it, and compares.
    ///
    /// # Errors
    /// Those of the calls.
    async fn run(&self, app: &App<'_>) -> Result<(Came, Vec<Outcome>)> {
        let mut call = self.call.clone();
        let asks = self.expect.asks_gateway();
        let watching = if asks { seen::watch(&mut call, app).await } else { None };
        let gateway = app.admin.proxy_for(&call).await?;
        let sender = Sender::new(&call, &gateway, app.settings).await?;
        let came = match &self.kind {
            Sort::WebSocket(say, count) => {
                let wait = app.settings.timeout.unwrap_or(Duration::from_secs(3600));
                Came::Talk(Box::new(websocket::talk(&sender, say.as_deref(), *count, wait).await?))
            }
            _ => Came::Answer(Box::new(sender.send().await?)),
        };
        let row = match watching {
            Some(watching) => watching.row().await?,
            None => None,
        };
        let told = match row {
            Some(row) => Some(json!({ "route_id": row.pointer("/route/id"), "upstream": row.get("upstream") })),
            None if asks => Some(super::trace::explain(app, &super::trace::placed(&self.call, app).await).await?),
            None => None,
        };
        let outcomes = self.expect.check(&came, told.as_ref(), self.kind == Sort::Grpc);
        Ok((came, outcomes))
    }
}

impl Came {
    fn document(&self) -> Value {
        match self {
            Came::Answer(sent) => sent.document(),
            Came::Talk(talk) => show::talk_document(talk),
        }
    }
}
