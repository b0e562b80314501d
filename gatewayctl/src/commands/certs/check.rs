//! `gatewayctl certs check`: whether certificates do for what they are to serve.

use serde_json::json;

use super::{list, source};
use crate::certificate;
use crate::commands::App;
use crate::commands::live::{text, texts};
use crate::error::{Error, Kind, Result};
use crate::output::list::{Record, head};

/// Check certificates: order of the chain, names, keys, dates
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Check certificates: order of the chain, names, keys, dates

Without an argument all ssl objects of the gateway that are switched on. A private key is never told by the Admin API, and was \
compared when the object was written; with --key that of a file is. The exit code is 1 if something is wrong.",
    before_help = "Examples:
  gatewayctl certs check
  gatewayctl certs check shop.pem --key shop.key --sni shop.example
  gatewayctl certs check shop.example:443",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// A file of PEM text, ssl/ID, or HOST:PORT
    what: Vec<String>,
    /// Private key that has to be that of the certificate, PEM
    #[arg(long, value_name = "FILE")]
    key: Option<String>,
    /// A name that it has to be for
    #[arg(long, value_name = "NAME")]
    sni: Option<String>,
}

impl Args {
    pub(super) fn has_key(&self) -> bool {
        self.key.is_some()
    }
}

/// Prints what is wrong with each.
///
/// # Errors
/// Negative: something is; as [`source::read`].
pub(super) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let mut checked: Vec<(String, Vec<String>)> = Vec::new();
    if args.what.is_empty() {
        for row in list::rows(app).await?.iter().filter(|row| text(row, "status") != "disabled") {
            let mut faults: Vec<String> = texts(row, "warnings").into_iter().map(str::to_owned).collect();
            match text(row, "status") {
                "expired" if !faults.iter().any(|fault| fault.starts_with("it has expired")) => {
                    faults.insert(0, "it has expired".to_owned());
                }
                "not_yet_valid" if !faults.iter().any(|fault| fault.contains("not valid yet")) => {
                    faults.insert(0, "it is not valid yet".to_owned());
                }
                _ => {}
            }
            checked.push((format!("ssl/{}", text(row, "ssl_id")), faults));
        }
    }
    for what in &args.what {
        for source in source::read(app, what, args.sni.as_deref()).await? {
            let mut served = source.served.clone();
            served.extend(args.sni.clone().filter(|name| !served.contains(name)));
            let mut faults = certificate::faults(&source.chain, &served, app.now.seconds());
            if let Some(path) = &args.key {
                let key =
                    crate::input::bytes(path).map_err(|error| Error::usage(format!("cannot read {path}: {error}")))?;
                faults.extend(certificate::matches(&source.chain, &key).err());
            }
            checked.push((source.name, faults));
        }
    }
    let mut list = app.printer().list(vec![head("CERTIFICATE", 1), head("RESULT", 0), head("FAULTS", 2)])?;
    let bad = checked.iter().filter(|(_, faults)| !faults.is_empty()).count();
    for (name, faults) in checked {
        let result = if faults.is_empty() { "ok" } else { "bad" };
        let document = json!({ "certificate": name, "ok": faults.is_empty(), "faults": faults });
        list.push(&Record { name: name.clone(), cells: vec![name, result.to_owned(), faults.join("; ")], document })?;
    }
    if list.finish()? == 0 {
        app.out.note("no certificates");
    }
    match bad {
        0 => Ok(()),
        1 => Err(Error::new(Kind::Negative, "1 certificate will not do")),
        bad => Err(Error::new(Kind::Negative, format!("{bad} certificates will not do"))),
    }
}
