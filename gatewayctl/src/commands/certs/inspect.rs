//! `gatewayctl certs inspect`: what stands in certificates.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::source::{self, Source};
use crate::certificate::{self, Facts};
use crate::commands::App;
use crate::error::Result;
use crate::output::clean;
use crate::output::clock::Now;

/// Show what stands in a certificate: of a file, of an ssl object, or of who answers at an address
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Show what stands in a certificate: of a file, of an ssl object, or of who answers at an address

With HOST:PORT a handshake is made and nothing else sent; whether the certificate is trusted is not asked, so that it can be \
looked at in any case.",
    before_help = "Examples:
  gatewayctl certs inspect shop.pem
  gatewayctl certs inspect ssl/shop
  gatewayctl certs inspect 127.0.0.1:9443 --sni shop.example -o json",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// A file of PEM text, ssl/ID, or HOST:PORT
    what: String,
    /// The name to ask for, and to compare with
    #[arg(long, value_name = "NAME")]
    sni: Option<String>,
}

/// Prints each certificate of the chain.
///
/// # Errors
/// As [`source::read`].
pub(super) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    app.printer().no_list("inspect")?;
    let sources = source::read(app, &args.what, args.sni.as_deref()).await?;
    let documents = || Value::Array(sources.iter().map(|source| document(source, app)).collect());
    app.printer().one("inspect", documents, || {
        let pages: Vec<String> = sources.iter().map(|source| page(source, app)).collect();
        app.out.part(&pages.join("\n"))
    })
}

fn document(source: &Source, app: &App<'_>) -> Value {
    let now = app.now.seconds();
    let chain = source.chain.iter().map(|der| match Facts::of(der) {
        Some(facts) => json!({
            "subject": facts.subject, "issuer": facts.issuer, "serial": facts.serial, "names": facts.names,
            "not_before": Now::at(facts.not_before).rfc3339(), "not_after": Now::at(facts.not_after).rfc3339(),
            "days_left": app.now.days_until(facts.not_after), "status": facts.status(now), "key": facts.key,
            "sha256": facts.sha256,
        }),
        None => Value::Null,
    });
    json!({
        "source": source.name, "handshake": source.handshake, "chain": chain.collect::<Vec<_>>(),
        "faults": certificate::faults(&source.chain, &source.served, now),
    })
}

fn page(source: &Source, app: &App<'_>) -> String {
    let mut page = format!("{}\n", app.out.paint("1", &clean::line(&source.name)));
    let mut put = |indent: &str, name: &str, text: &str| {
        let _ = writeln!(page, "{indent}{name:<12}{}", clean::line(text));
    };
    if let Some(handshake) = &source.handshake {
        put("", "handshake", handshake);
    }
    for (n, der) in source.chain.iter().enumerate() {
        let Some(facts) = Facts::of(der) else {
            put("", "certificate", "cannot be read");
            continue;
        };
        let indent = if n == 0 { "" } else { "  " };
        if n == 1 {
            put("", "chain", &format!("{} more", source.chain.len() - 1));
        }
        put(indent, "subject", &facts.subject);
        put(indent, "issuer", &facts.issuer);
        if n == 0 {
            let names = facts.names.join(", ");
            put(indent, "names", if names.is_empty() { "-" } else { &names });
            put(indent, "serial", &facts.serial);
        }
        let (from, until) = (Now::at(facts.not_before).date(), Now::at(facts.not_after).date());
        let status = facts.status(app.now.seconds());
        put(
            indent,
            "valid",
            &format!("{from} to {until} ({status}, {} days left)", app.now.days_until(facts.not_after)),
        );
        put(indent, "key", &facts.key);
        put(indent, "sha256", &facts.sha256);
    }
    for fault in certificate::faults(&source.chain, &source.served, app.now.seconds()) {
        put("", "warning", &fault);
    }
    page
}
