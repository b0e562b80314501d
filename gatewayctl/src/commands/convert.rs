//! `gatewayctl convert`: descriptions of other tools as objects of the gateway.

mod openapi;

use std::path::PathBuf;

use super::config::{language, save};
use super::local::Local;
use crate::error::{Error, Kind, Result};
use crate::files::write::{self, Entry};
use crate::files::{self, Shape};
use crate::lint::{self, Rules};

/// Turn OpenAPI documents and files of ADC into objects, and objects into files of ADC
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl convert openapi petstore.yaml > petstore.gw.yaml
  gatewayctl convert adc adc.yaml | gatewayctl config diff -f -
  gatewayctl convert adc gateway.yaml --to adc",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Openapi(openapi::Args),
    Adc(Adc),
    /// Not built yet: files of decK
    #[command(before_help = "Examples:\n  gatewayctl convert deck kong.yaml", help_template = crate::cli::HELP)]
    Deck(Later),
    /// Not built yet: configurations of nginx
    #[command(before_help = "Examples:\n  gatewayctl convert nginx nginx.conf", help_template = crate::cli::HELP)]
    Nginx(Later),
    /// Not built yet: Ingress objects of Kubernetes
    #[command(before_help = "Examples:\n  gatewayctl convert k8s-ingress ingress.yaml", help_template = crate::cli::HELP)]
    K8sIngress(Later),
}

/// Turn files of ADC into objects, or with --to adc objects into a file of ADC
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl convert adc adc.yaml
  gatewayctl convert adc gateway.yaml --to adc -o adc.yaml",
    help_template = crate::cli::HELP
)]
struct Adc {
    /// File, folder, glob or - for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    #[command(flatten)]
    target: Target,
}

/// What the result is and where it goes.
#[derive(Debug, clap::Args)]
struct Target {
    /// Shape of the result
    #[arg(long = "to", value_name = "SHAPE", default_value = "native")]
    shape: Shape,
    /// The file (-o does too); without it standard output
    #[arg(long = "out", value_name = "FILE")]
    path: Option<PathBuf>,
    /// What cannot be converted is an error
    #[arg(long)]
    strict: bool,
}

#[derive(Debug, clap::Args)]
struct Later {
    /// File
    #[arg(value_name = "FILE")]
    files: Vec<String>,
}

/// Reads, converts and writes.
///
/// # Errors
/// Usage for the files; negative with --strict, where something cannot be converted.
pub(crate) fn run(args: &Args, local: &Local<'_>) -> Result<()> {
    match &args.command {
        Command::Openapi(args) => openapi::run(args, local),
        Command::Adc(args) => adc(args, local),
        Command::Deck(_) => Err(later("deck")),
        Command::Nginx(_) => Err(later("nginx")),
        Command::K8sIngress(_) => Err(later("k8s-ingress")),
    }
}

fn later(name: &str) -> Error {
    Error::usage(format!("convert {name} is not built yet")).hint("convert openapi and convert adc are")
}

fn adc(args: &Adc, local: &Local<'_>) -> Result<()> {
    let wanted = (args.target.shape != Shape::Adc).then_some(Shape::Adc);
    let mut files = files::read_as(&args.files, true, wanted, &mut **local.stdin.borrow_mut())?;
    // They would be written as they are, and nothing would come of them.
    for finding in lint::lint(&files.objects, &[], &Rules::of_names(), local.now) {
        files.notes.push(format!("{}: {}: {}", finding.place(), finding.object, finding.message));
    }
    let entry = |object: files::Object| Entry { reference: object.reference, value: object.value };
    finish(files.objects.into_iter().map(entry).collect(), files.notes, &args.target, local)
}

/// Writes objects; what could not be converted is told.
fn finish(mut entries: Vec<Entry>, mut notes: Vec<String>, target: &Target, local: &Local<'_>) -> Result<()> {
    write::sort(&mut entries);
    let language = language(&local.printing, target.path.as_deref(), "what was converted")?;
    let (text, told) = write::noted(&entries, target.shape, language, false)?;
    notes.extend(told.lost);
    for note in notes.iter().chain(&told.changed) {
        local.out.warn(note);
    }
    if target.strict && !notes.is_empty() {
        return Err(Error::new(Kind::Negative, format!("{} could not be converted", notes.len())));
    }
    match &target.path {
        Some(path) => save(path, &text, false),
        None => local.out.bytes(text.as_bytes()),
    }
}
