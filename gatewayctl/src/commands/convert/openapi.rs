//! `gatewayctl convert openapi FILE…`: a service for each document, a route for each operation or path.

use super::{Target, finish};
use crate::commands::config::counted;
use crate::commands::local::Local;
use crate::error::{Error, Kind, Result};
use crate::files::{self, parse};
use crate::openapi::{self, Converted, GroupBy, Wish};
use crate::output::clean;

/// Turn OpenAPI documents (2.0, 3.0, 3.1) into a service with routes
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Turn OpenAPI documents (2.0, 3.0, 3.1) into a service with routes

Servers become the upstream, security schemes the plugins key-auth, basic-auth and jwt-auth. A path with parameters becomes \
a prefix with a condition on the whole path, which every router takes; with --path-params colon it is /users/:id, for gateways \
whose router is radixtree_uri_with_parameter. x-gw-… and x-adc-… add to what comes out: name, labels and plugins of a document, \
path or operation, service-defaults, upstream-defaults and route-defaults of a document. What cannot be converted is told with \
its place.

An operation whose security scheme has no plugin here (oauth2, openIdConnect, mutualTLS) is left out, and the exit code is 8: \
its route would be open to everybody. x-gw-plugins with a plugin for authentication keeps it, --allow-open does as it is.",
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
    /// Keep operations whose security scheme has no plugin here, as routes that are open to everybody
    #[arg(long)]
    allow_open: bool,
    #[command(flatten)]
    target: Target,
}

/// Reads and converts.
///
/// # Errors
/// Usage: no OpenAPI document, one without servers; partial: operations are left out.
pub(super) fn run(args: &Args, local: &Local<'_>) -> Result<()> {
    let wish = Wish {
        group_by: args.group_by,
        path_params: args.path_params,
        validate_requests: args.validate_requests,
        allow_open: args.allow_open,
    };
    let (mut all, mut documents) = (Converted::default(), 0_usize);
    for path in &args.files {
        for (file, text) in files::texts(path, true, &mut **local.stdin.borrow_mut())? {
            for document in parse::parse(&file, &text)? {
                let own = openapi::convert(&document, wish)?;
                documents += 1;
                all.entries.extend(own.entries);
                all.notes.extend(own.notes);
                all.left_out.extend(own.left_out);
            }
        }
    }
    if documents == 0 {
        return Err(Error::usage(format!("no document in {}", args.files.join(", "))));
    }
    for operation in &all.left_out {
        let label = local.out.paint_stderr("33", "left out:");
        local.out.error(&format!("{label} {}\n", clean::line(operation)));
    }
    finish(all.entries, all.notes, &args.target, local)?;
    match all.left_out.len() {
        0 => Ok(()),
        count => Err(Error::new(Kind::Partial, format!("{} left out", counted(count, "operation")))
            .hint("x-gw-plugins with a plugin for authentication, or --allow-open")),
    }
}
