//! Who is asked about services, and where definitions come from.

use std::path::{Path, PathBuf};

use gateway_grpc::{Definitions, Ended, Wanted, reflect};
use reqwest::Url;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::direct;
use crate::commands::App;
use crate::commands::via::Via;
use crate::error::{Error, Kind, Result};
use crate::resources::{self, Reference};

/// Whom the commands ask.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Asked {
    /// Who is asked: the gateway, or directly the server at an address [default: gateway]
    #[arg(long, value_name = "gateway|direct ADDR", value_parser = Via::read)]
    via: Option<Via>,
    /// Take the definitions from this object of the gateway, and not from the server's reflection
    #[arg(long, value_name = "proto/ID", value_parser = proto)]
    pub(super) proto: Option<String>,
    /// Take the definitions from a file: source (.proto), or a descriptor set
    #[arg(long, value_name = "FILE", conflicts_with = "proto")]
    pub(super) proto_file: Option<PathBuf>,
    /// Folder of files that the file imports; may be repeated [default: that of the file]
    #[arg(long = "import", value_name = "DIR", requires = "proto_file")]
    imports: Vec<PathBuf>,
}

/// `proto/ID`, or the id alone.
fn proto(text: &str) -> std::result::Result<String, String> {
    let id = ["proto/", "protos/"].iter().find_map(|kind| text.strip_prefix(kind)).unwrap_or(text);
    match id.is_empty() || id.contains('/') {
        true => Err("expected proto/ID".to_owned()),
        false => Ok(id.to_owned()),
    }
}

/// Definitions, and where they stand.
pub(super) struct Known {
    pub(super) definitions: Definitions,
    pub(super) source: String,
}

impl Asked {
    /// The server that is asked directly.
    pub(super) fn direct(&self) -> Option<&str> {
        self.via.as_ref()?.direct()
    }

    /// Definitions of the file, or of the gateway's object, where one is named.
    ///
    /// # Errors
    /// Usage: the file is none; not found: there is no such object.
    pub(super) async fn given(&self, app: &App<'_>) -> Result<Option<Known>> {
        if let Some(path) = &self.proto_file {
            let definitions = file(path, &self.imports)?;
            return Ok(Some(Known { definitions, source: path.display().to_string() }));
        }
        let Some(id) = &self.proto else { return Ok(None) };
        let reference = Reference::new(resources::find("protos")?, id)?;
        let item = crate::commands::change::stored(app, &reference).await?;
        let content = item.value.get("content").and_then(Value::as_str).unwrap_or_default();
        let definitions = Definitions::stored(content)
            .map_err(|why| Error::new(Kind::Rejected, format!("{reference} cannot be compiled: {why}")))?;
        Ok(Some(Known { definitions, source: reference.to_string() }))
    }

    /// What a symbol is: a service, a method of one, or a message. `headers` go to a server that is asked directly.
    ///
    /// # Errors
    /// Not found: nobody defines it; unreachable; those of the Admin API.
    pub(super) async fn defining(&self, symbol: &str, headers: &HeaderMap, app: &App<'_>) -> Result<Known> {
        let known = match (self.given(app).await?, self.direct()) {
            (Some(known), _) => known,
            (None, Some(addr)) => reflected(addr, Wanted::Symbol(symbol), headers, app).await?.1,
            (None, None) => of_gateway(symbol, app).await?,
        };
        if known.definitions.defines(symbol) {
            return Ok(known);
        }
        let names: Vec<String> = known.definitions.services().iter().map(|s| s.full_name().to_owned()).collect();
        let error = Error::new(Kind::NotFound, format!("{} does not define {symbol}", known.source));
        let near = crate::suggest::hint(symbol, names.iter().map(String::as_str));
        Err(error.hint(near.unwrap_or_else(|| format!("it has {}", names.join(", ")))))
    }
}

fn file(path: &Path, imports: &[PathBuf]) -> Result<Definitions> {
    let shown = path.display();
    let bytes = crate::input::bytes(path).map_err(|error| Error::usage(format!("cannot read {shown}: {error}")))?;
    let is_source = path.extension().is_some_and(|ending| ending == "proto");
    let compiled = match is_source {
        true => {
            let folders: Vec<&Path> = imports.iter().map(PathBuf::as_path).collect();
            Definitions::source_file(path, &folders)
        }
        false => Definitions::set(&bytes),
    };
    let hint = match is_source {
        true => "--import DIR names the folder of files that it imports",
        false => "a file of source ends in .proto; a descriptor set is made by protoc --include_imports -o FILE",
    };
    compiled.map_err(|why| Error::usage(format!("--proto-file {shown}: {why}")).hint(hint))
}

/// What the gateway knows of a symbol.
async fn of_gateway(symbol: &str, app: &App<'_>) -> Result<Known> {
    let mut query = Url::parse("http://x").map_err(|error| Error::usage(error.to_string()))?;
    query.query_pairs_mut().append_pair("service", symbol);
    let path = format!("grpc/definitions?{}", query.query().unwrap_or_default());
    let told = match app.admin.live(&path).await {
        Ok(told) => told.ok_or_else(|| no_grpc(app))?,
        Err(error) if error.kind() == Kind::NotFound => return Err(nearest(error, symbol, app).await),
        Err(error) => return Err(error),
    };
    let text = |name: &str| told.get(name).and_then(Value::as_str).unwrap_or_default();
    let undefined = |why: String| Error::new(Kind::Server, format!("GET /live/grpc/definitions: {why}"));
    let definitions = Definitions::stored(text("set")).map_err(undefined)?;
    Ok(Known { definitions, source: text("source").to_owned() })
}

/// The error with the name that may have been meant.
async fn nearest(error: Error, symbol: &str, app: &App<'_>) -> Error {
    let all = super::services::of_gateway(false, app).await.unwrap_or_default();
    let names = all.iter().filter_map(|service| service.get("service")?.as_str()).filter(|name| !name.is_empty());
    error.hint(crate::suggest::hint(symbol, names).unwrap_or_else(|| "gatewayctl grpc services".to_owned()))
}

/// A server that has none of these endpoints.
pub(super) fn no_grpc(app: &App<'_>) -> Error {
    app.admin.lacks("grpc").hint("--via direct HOST:PORT asks a server of gRPC itself")
}

/// What a server tells of itself: the names of its services, and the definitions.
pub(super) async fn reflected(
    addr: &str,
    wanted: Wanted<'_>,
    headers: &HeaderMap,
    app: &App<'_>,
) -> Result<(gateway_grpc::Reflected, Known)> {
    let mut server = direct::connect(addr, app)?;
    let told = direct::within(app, addr, reflect(&mut server.caller, headers, wanted)).await?;
    let told = told.map_err(|ended| silent(&server.at, &ended))?;
    if let Some(trouble) = told.troubles.first().filter(|_| told.definitions.services().is_empty()) {
        let error = Error::new(Kind::NotFound, format!("{} does not tell of {trouble}", server.at));
        return Err(error.hint(format!("gatewayctl grpc services --via direct {addr}")));
    }
    let known = Known { definitions: told.definitions.clone(), source: server.at };
    Ok((told, known))
}

/// A server that cannot be spoken to.
pub(super) fn unreachable(at: &str, why: &str) -> Error {
    let error = Error::new(Kind::Unreachable, format!("cannot speak to {at}: {why}"));
    match ["refused", "certificate", "resolve", "lookup"].iter().any(|word| why.contains(word)) {
        true => error,
        false => error.hint("gRPC in the clear is --via direct HOST:PORT, over TLS --via direct https://HOST:PORT"),
    }
}

/// Why a server tells nothing.
fn silent(at: &str, ended: &Ended) -> Error {
    match (&ended.broken, ended.status) {
        (Some(why), _) => unreachable(at, why),
        (None, 12) => Error::new(Kind::Rejected, format!("{at} has no reflection (UNIMPLEMENTED)"))
            .hint("--proto-file FILE, or --proto proto/ID, says what its services are"),
        (None, _) => Error::new(
            Kind::Rejected,
            format!("{at} does not tell: {} ({}): {}", ended.name(), ended.status, ended.message),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_definitions() {
        assert_eq!((proto("proto/a"), proto("protos/a"), proto("a")), (Ok("a".into()), Ok("a".into()), Ok("a".into())));
        assert!(proto("proto/").is_err() && proto("route/a").is_err() && proto("").is_err());
    }
}
