//! `gatewayctl certs upload`: a certificate and its key become an `ssl` object.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::certificate::{self, Facts};
use crate::commands::App;
use crate::commands::batch::Batch;
use crate::commands::change::{self, Flags};
use crate::error::{Error, Kind, Result};
use crate::resources::{self, Reference};

/// Make an ssl object of a certificate and its private key, or renew one
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Make an ssl object of a certificate and its private key, or renew one

The key has to be that of the certificate. Without --id the object is called after its first name (*.shop.example is \
wildcard.shop.example), so that a later certificate for the same names takes the place of this one. Of an object that is there \
already everything else stays. Here --cert and --key are what is uploaded; a key of the Admin API comes from --key-file, \
GATEWAYCTL_KEY or the context, a client certificate from GATEWAYCTL_CERT or the context.",
    before_help = "Examples:
  gatewayctl certs upload --cert shop.pem --key shop.key
  gatewayctl certs upload --cert shop.pem --key shop.key --id shop --sni shop.example,www.shop.example
  gatewayctl certs upload --cert shop.pem --key shop.key --dry-run=server",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// The certificate and those that vouch for it, PEM
    #[arg(long, value_name = "FILE")]
    cert: PathBuf,
    /// Its private key, PEM
    #[arg(long, value_name = "FILE")]
    key: String,
    /// Names that it is served for; auto: those that it is for
    #[arg(long, value_name = "auto|NAME,…", value_delimiter = ',', default_value = "auto")]
    sni: Vec<String>,
    /// Id of the object
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    #[command(flatten)]
    flags: Flags,
}

/// Writes the object.
///
/// # Errors
/// Usage: files that cannot be used, a key that is not the certificate's; those of the write.
pub(super) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    args.flags.writable(app)?;
    let (cert, key) = (read(&args.cert)?, read(Path::new(&args.key))?);
    let chain = certificate::chain(cert.as_bytes());
    let Some(facts) = chain.first().and_then(Facts::of) else {
        return Err(Error::usage(format!("no certificate in {}", args.cert.display())));
    };
    certificate::matches(&chain, key.as_bytes())
        .map_err(|why| Error::usage(format!("{why} (--cert {}, --key {})", args.cert.display(), args.key)))?;
    let names: Vec<String> = match args.sni.as_slice() {
        [word] if word == "auto" => facts.names.iter().map(|name| name.to_ascii_lowercase()).collect(),
        names => names.to_vec(),
    };
    let Some(first) = names.first() else {
        return Err(Error::usage("the certificate is for no name").hint("--sni NAME says for which it is served"));
    };
    for fault in certificate::faults(&chain, &names, app.now.seconds()) {
        app.out.warn(&fault);
    }
    let id = args.id.clone().unwrap_or_else(|| first.replace("*.", "wildcard.").replace(':', "-"));
    let reference = Reference::new(resources::find("ssls")?, &id)?;
    let before = app.admin.get(&reference).await?;
    let mut after = before.as_ref().map_or_else(|| json!({}), |item| item.value.clone());
    if let Value::Object(fields) = &mut after {
        // Further certificates beside the first one have keys that nobody tells.
        if fields.get("certs").and_then(Value::as_array).is_some_and(|certs| !certs.is_empty()) {
            let error = Error::new(Kind::Rejected, format!("{reference} holds several certificates"));
            return Err(error.hint("apply -f with all of them and their keys, or another --id"));
        }
        fields.shift_remove("sni");
        fields.insert("cert".to_owned(), cert.into());
        fields.insert("key".to_owned(), key.into());
        fields.insert("snis".to_owned(), names.into());
    }
    let mut batch = Batch::new(app, args.flags.dry_run)?;
    let work = change::write(app, &args.flags, &reference, before.as_ref(), &after, false);
    batch.step(&reference, work).await?;
    batch.finish(1)
}

fn read(path: &Path) -> Result<String> {
    crate::input::text(path).map_err(|error| Error::usage(format!("cannot read {}: {error}", path.display())))
}
