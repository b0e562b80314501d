//! `gatewayctl grpc describe`: one service, method, message or enum.

use gateway_grpc::{Described, MessageDescriptor, template};
use reqwest::header::HeaderMap;
use serde_json::json;

use super::super::App;
use super::asked::{Asked, Known};
use crate::error::{Error, Kind, Result};
use crate::output::clean;

/// Show a gRPC service, one of its methods, a message or an enum, with all messages that it needs
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Show a gRPC service, one of its methods, a message or an enum, with all messages that it needs

They are shown as in source. A method comes with the call of it, to be filled in.",
    before_help = "Examples:
  gatewayctl grpc describe helloworld.Greeter
  gatewayctl grpc describe helloworld.Greeter.SayHello
  gatewayctl grpc describe helloworld.HelloRequest -o json
  gatewayctl grpc describe helloworld.Greeter --via direct 127.0.0.1:50051",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// Full name of a service, of a method (SERVICE.METHOD or SERVICE/METHOD), of a message or an enum
    #[arg(value_name = "SERVICE[.METHOD]")]
    symbol: String,
    #[command(flatten)]
    asked: Asked,
}

/// Prints it.
///
/// # Errors
/// Not found: nobody defines it.
pub(super) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    app.printer().no_list("describe")?;
    let symbol = args.symbol.trim_start_matches('/').replace('/', ".");
    let known = args.asked.defining(&symbol, &HeaderMap::new(), app).await?;
    let (described, call) = described(&known, &symbol)?;
    let document = || {
        let mut document = described.document();
        document["source"] = known.source.as_str().into();
        if let Some((_, message)) = &call {
            document["template"] = template(message);
        }
        document
    };
    app.printer().one("describe", document, || {
        let mut text = described.text();
        if let Some((path, message)) = &call {
            let message = json!(template(message)).to_string().replace('\'', "'\\''");
            text.push_str(&format!("\n// gatewayctl grpc call {path} -d '{message}'\n"));
        }
        app.out.page(&clean::lines(&text))
    })
}

/// What a symbol is; of a method also how it is called.
fn described(known: &Known, symbol: &str) -> Result<(Described, Option<(String, MessageDescriptor)>)> {
    let definitions = &known.definitions;
    if let Some(service) = definitions.service(symbol) {
        return Ok((Described::service(&service, None), None));
    }
    if let Some(message) = definitions.message(symbol) {
        return Ok((Described::message(&message), None));
    }
    if let Some(values) = definitions.values(symbol) {
        return Ok((Described::values(&values), None));
    }
    let parts = symbol.rsplit_once('.');
    let found =
        parts.and_then(|(service, name)| Some((definitions.service(service)?, definitions.method(service, name)?)));
    let Some((service, method)) = found else {
        return Err(Error::new(Kind::NotFound, format!("{} does not define {symbol}", known.source)));
    };
    let path = format!("{}/{}", service.full_name(), method.name());
    Ok((Described::service(&service, Some(method.name())), Some((path, method.input()))))
}
