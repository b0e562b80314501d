//! `gatewayctl consumers token`: a token to try routes with.

use serde_json::{Map, Value, json};

use super::{holders, jwt};
use crate::commands::App;
use crate::commands::change;
use crate::error::{Error, Kind, Result};
use crate::output::clock::Now;
use crate::output::mask;
use crate::resources::{self, Reference};

/// Make a token of a consumer, to try routes with
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Make a token of a consumer, to try routes with

It is signed here with the secret of the consumer's jwt-auth, or of that of one of its credentials (HS256, HS384, HS512). Of \
consumers with a public key (RS256, ES256, …) the gateway does not know the key that signs.",
    before_help = "Examples:
  gatewayctl consumers token bob
  curl http://127.0.0.1:9080/x -H \"Authorization: Bearer $(gatewayctl consumers token bob)\"
  gatewayctl consumers token bob --expires 1m --claim scope=read",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// Name of the consumer
    #[arg(value_name = "NAME")]
    consumer: String,
    /// The plugin that is to take it
    #[arg(long, value_name = "NAME", default_value = "jwt-auth", value_parser = ["jwt-auth"])]
    plugin: String,
    /// How long it holds
    #[arg(long, value_name = "DUR", default_value = "10m")]
    expires: String,
    /// A further claim, JSON or text; may be repeated
    #[arg(long = "claim", value_name = "K=V")]
    claims: Vec<String>,
}

/// Prints the token.
///
/// # Errors
/// Not found: no such consumer, or it has no jwt-auth; rejected: its secret is not known here.
pub(super) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    app.printer().no_list("token")?;
    let lifetime = crate::context::duration("--expires", &args.expires)?
        .ok_or_else(|| Error::usage("--expires: a token without an end is not made"))?;
    let reference = Reference::new(resources::find("consumers")?, &args.consumer)?;
    let consumer = change::stored(app, &reference).await?;
    let holders = holders(app, consumer).await?;
    let found = holders.iter().find_map(|item| Some((item, item.value.pointer("/plugins")?.get(&args.plugin)?)));
    let Some((holder, config)) = found else {
        let error = Error::new(Kind::NotFound, format!("{reference} has no {}", args.plugin));
        return Err(error.hint(format!("gatewayctl plugins example {}", args.plugin)));
    };
    let algorithm = config.get("algorithm").and_then(Value::as_str).unwrap_or("HS256");
    let refused =
        |why: &str| Error::new(Kind::Rejected, why).about(holder.reference.resource.singular, &holder.reference.id);
    if config.get("secret").and_then(Value::as_str).is_some_and(mask::is_reference) {
        return Err(refused("its secret stands elsewhere, and only the gateway reads it"));
    }
    let secret =
        jwt::secret(config).ok_or_else(|| refused(&format!("the secret of its {} is not told", args.plugin)))?;
    let until = app.now.seconds().saturating_add(i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX));
    let mut claims = Map::new();
    claims.insert("key".to_owned(), config.get("key").cloned().unwrap_or_default());
    claims.insert("iat".to_owned(), app.now.seconds().into());
    claims.insert("exp".to_owned(), until.into());
    for claim in &args.claims {
        let (name, value) =
            claim.split_once('=').ok_or_else(|| Error::usage(format!("--claim {claim}: expected K=V")))?;
        claims.insert(name.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| value.into()));
    }
    let token = jwt::sign(algorithm, &claims, &secret).ok_or_else(|| {
        refused(&format!("tokens of {algorithm} are signed with a private key, which the gateway does not know"))
    })?;
    if app.tty.stderr {
        app.out.note(&format!("who has it is {} until {}", args.consumer, Now::at(until).rfc3339()));
    }
    let document = || json!({ "token": token, "consumer": args.consumer, "expires": Now::at(until).rfc3339() });
    app.printer().one("token", document, || app.out.line(&token))
}
