//! `gatewayctl convert openapi FILE…`: a service for each document, a route for each operation or path.

use super::{Target, finish};
use crate::commands::local::Local;
use crate::error::Result;
use crate::files::{self, parse};
use crate::openapi::{self, GroupBy, Wish};

/// Turn OpenAPI documents (2.0, 3.0, 3.1) into a service with routes
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Turn OpenAPI documents (2.0, 3.0, 3.1) into a service with routes

Servers become the upstream, security schemes the plugins key-auth, basic-auth and jwt-auth. A path with parameters becomes \
a prefix with a condition on the whole path, which every router takes; with --path-params colon it is /users/:id, for gateways \
whose router is radixtree_uri_with_parameter. x-gw-… and x-adc-… add to what comes out: name, labels and plugins of a document, \
path or operation, service-defaults, upstream-defaults and route-defaults of a document. What cannot be converted is told with \
its place.",
    before_help = "Examples:
  gatewayctl convert openapi petstore.yaml
  gatewayctl convert openapi petstore.yaml --validate-requests | gatewayctl apply -f -
  gatewayctl convert openapi api.json --group-by path --to adc --strict",
    help_template = crate::cli::HELP
)]
pub(super) struct Args {
    /// File, folder, glob or - for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// What a route is for
    #[arg(long, value_name = "WHAT", default_value = "operation")]
    group_by: GroupBy,
    /// How parameters in paths are matched
    #[arg(long, value_name = "HOW", default_value = "vars")]
    path_params: openapi::PathParams,
    /// Add the plugin request-validation with the schemas of bodies and required headers
    #[arg(long)]
    validate_requests: bool,
    #[command(flatten)]
    target: Target,
}

/// Reads and converts.
///
/// # Errors
/// Usage: no OpenAPI document, one without servers.
pub(super) fn run(args: &Args, local: &Local<'_>) -> Result<()> {
    let wish =
        Wish { group_by: args.group_by, path_params: args.path_params, validate_requests: args.validate_requests };
    let (mut entries, mut notes) = (Vec::new(), Vec::new());
    for path in &args.files {
        for (file, text) in files::texts(path, true, &mut **local.stdin.borrow_mut())? {
            for document in parse::parse(&file, &text)? {
                let (own, told) = openapi::convert(&document, wish)?;
                entries.extend(own);
                notes.extend(told);
            }
        }
    }
    finish(entries, notes, &args.target, local)
}
