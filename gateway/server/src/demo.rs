//! `gateway demo`: an echo service inside the process and a few routes to it, so that a newcomer's first request shows something.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};

use gateway_model::Kind;
use gateway_store::Origin;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::boot::BootError;
use crate::cli::RunArgs;
use crate::data_dir;
use crate::state::State;

/// Largest body that is echoed, in bytes.
const BODY: usize = 1 << 20;

/// Starts the echo service and puts the demo's routes, which are stored like any other.
///
/// # Errors
/// The service cannot listen.
pub fn start(state: &State) -> Result<(), BootError> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let addr = listener.local_addr()?;
    let listener = TcpListener::from_std(listener)?;
    tokio::spawn(echo(listener));
    let state = state.clone();
    tokio::spawn(async move {
        for (kind, id, object) in objects(addr) {
            if let Err(error) = put(&state, kind, id, object).await {
                tracing::error!(id, error, "an object of the demo could not be put");
            }
        }
    });
    Ok(())
}

/// The arguments with a data directory of the demo's own, beside the one a gateway would use: what it stores is not to
/// turn up there. Whoever names a directory, or a configuration file, has chosen.
pub fn in_own_directory(mut args: RunArgs, lookup: crate::config::Lookup<'_>) -> RunArgs {
    if args.data_dir.is_none()
        && args.config.is_none()
        && let Ok(dir) = data_dir::choose(None, None, lookup)
    {
        let mut name = dir.file_name().unwrap_or_default().to_os_string();
        name.push("-demo");
        args.data_dir = Some(dir.with_file_name(name));
    }
    args
}

/// The demo's upstream and routes.
fn objects(echo: SocketAddr) -> [(Kind, &'static str, Value); 4] {
    [
        (Kind::Upstream, "demo-echo", json!({ "name": "demo-echo", "nodes": { echo.to_string(): 1 } })),
        (Kind::Route, "demo", json!({ "name": "demo", "uri": "/*", "priority": -1, "upstream_id": "demo-echo" })),
        (
            Kind::Route,
            "demo-hello",
            json!({
                "name": "demo-hello",
                "uri": "/hello",
                "plugins": {
                    "mocking": {
                        "content_type": "text/plain",
                        "response_example": "Hello from the gateway, $remote_addr!\n",
                        "with_mock_header": false
                    }
                }
            }),
        ),
        (
            Kind::Route,
            "demo-limited",
            json!({
                "name": "demo-limited",
                "uri": "/limited",
                "plugins": { "limit-count": { "count": 3, "time_window": 60, "rejected_code": 429 } },
                "upstream_id": "demo-echo"
            }),
        ),
    ]
}

async fn put(state: &State, kind: Kind, id: &'static str, object: Value) -> Result<(), String> {
    let origin = Origin::new("demo", "local");
    let written = state
        .write(origin, "PUT", move |draft| {
            let mut value = object;
            let now = draft.now_s();
            if let Value::Object(fields) = &mut value {
                fields.insert("id".to_owned(), id.into());
            }
            let checked = draft.check(kind, id, &value).map_err(|e| e.message)?;
            if let Value::Object(fields) = &mut value {
                fields.insert("create_time".to_owned(), now.into());
                fields.insert("update_time".to_owned(), now.into());
            }
            draft.put(kind, id, value, checked, None).map_err(|e| e.message)
        })
        .await;
    match written {
        Ok(_) => Ok(()),
        Err(crate::state::Refused::Job(error)) => Err(error),
        Err(other) => Err(format!("{other:?}")),
    }
}

/// Answers every request with what it was.
async fn echo(listener: TcpListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        tokio::spawn(async move {
            let service = service_fn(answer);
            let _ = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let headers: BTreeMap<String, String> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let (method, uri) = (request.method().to_string(), request.uri().to_string());
    let body = match Limited::new(request.into_body(), BODY).collect().await {
        Ok(body) => String::from_utf8_lossy(&body.to_bytes()).into_owned(),
        Err(_) => "(too large to echo)".to_owned(),
    };
    let echo = json!({ "service": "echo", "method": method, "uri": uri, "headers": headers, "body": body });
    let mut answer = Response::new(Full::new(Bytes::from(format!("{echo:#}\n"))));
    answer
        .headers_mut()
        .insert(hyper::header::CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn the_demo_has_a_directory_of_its_own_unless_one_is_named() {
        let home = |name: &str| (name == "HOME").then(|| "/home/me".to_owned());
        let dir = |args| in_own_directory(args, &home).data_dir;
        assert_eq!(dir(RunArgs::default()), Some(PathBuf::from("/home/me/.local/state/gateway-demo")));
        let named = RunArgs { data_dir: Some("/d".into()), ..RunArgs::default() };
        assert_eq!(dir(named), Some(PathBuf::from("/d")));
        assert_eq!(dir(RunArgs { config: Some("c.yaml".into()), ..RunArgs::default() }), None);
        assert_eq!(in_own_directory(RunArgs::default(), &|_| None).data_dir, None);
    }
}
