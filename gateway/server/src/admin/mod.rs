//! The Admin API: what APISIX's clients speak, over its own listener and runtime.
//!
//! The way of a request is [`Api::respond`]: the door (who may come near), the key (who it is), the target (what the path names),
//! the body, and then one file a concern. Everything that writes is a job on the state's writer thread.

mod answers;
mod auth;
mod body;
mod bundle;
mod by_hand;
mod conditions;
mod configs;
mod delete;
mod door;
mod dubbo;
mod grpc;
mod list;
mod live;
mod patch;
mod plugins;
mod query;
mod read;
mod schema;
mod target;
#[cfg(test)]
mod tests;
mod v2;
mod write;

use std::net::{IpAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Bytes, Incoming};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use parking_lot::RwLock;

pub(crate) use self::door::knows_host;
pub(crate) use self::plugins::describe;

use self::answers::Refusal;
use self::auth::{Caller, Keys};
use self::conditions::Conditions;
use self::configs::Whole;
use self::door::Door;
use self::live::{Live, Process, Rates, Streams};
use self::query::Query;
use self::target::{Place, Target};
use crate::boot::{self, BootError};
use crate::config::{Admin, Config, Provider};
use crate::control_http::{self, Answer, Bounds, Gate, Socket};
use crate::state::{State, Tables};

/// Serves the Admin API on the present runtime.
///
/// # Errors
/// The socket cannot be used with the runtime, or HTTPS is asked for, which is not built.
pub(crate) fn serve(
    listener: TcpListener,
    state: State,
    admin: Admin,
    config: &Config,
    doors: &[boot::Door],
    gate: &Gate,
) -> Result<Service, BootError> {
    if admin.tls.is_some() {
        // Plain HTTP where HTTPS was asked for would send keys in the clear.
        return Err("deployment.admin.https_admin: HTTPS for the Admin API is not built yet; set it to false".into());
    }
    let bounds = Bounds { connections: config.limits.admin_connections, ..Bounds::of(config) };
    let api = Api::new(state, &admin, config, gate, Arc::new(Process::new(config, doors)));
    let service = Service { api: Arc::new(RwLock::new(Arc::new(api))), gate: gate.clone() };
    let serving = Arc::clone(&service.api);
    control_http::serve(listener, bounds, gate, move |request, peer| {
        let api = Arc::clone(&serving.read());
        async move { api.respond(request, peer).await }
    })?;
    Ok(service)
}

/// The Admin API that is served.
pub struct Service {
    api: Arc<RwLock<Arc<Api>>>,
    gate: Gate,
}

impl Service {
    /// Goes on with the keys, peers, hosts and fields of answers of a new configuration. Requests under way end with the old
    /// ones; addresses that are locked out stay so.
    pub fn apply(&self, admin: &Admin, config: &Config) {
        let old = Arc::clone(&self.api.read());
        let process = Arc::clone(&old.process);
        let new = Api {
            keys: old.keys.replaced(admin),
            streams: Arc::clone(&old.streams),
            rates: Arc::clone(&old.rates),
            stream_mode: old.stream_mode,
            body_bytes: old.body_bytes,
            read_only: old.read_only,
            whole: old.whole.clone(),
            ..Api::new(old.state.clone(), admin, config, &self.gate, process)
        };
        *self.api.write() = Arc::new(new);
    }

    /// Waits, at most so long, until the streams have ended that a closed gate ends.
    pub(crate) async fn end_streams(&self, patience: Duration) {
        let streams = Arc::clone(&self.api.read().streams);
        // Whose reader takes nothing any more is cut off.
        let _ = tokio::time::timeout(patience, streams.ended()).await;
    }
}

/// What the handlers share.
struct Api {
    state: State,
    door: Door,
    keys: Keys,
    cors: bool,
    server: &'static str,
    /// Whether answers tell the gateway's own version too, which `server` does not.
    tells_version: bool,
    version: &'static str,
    process: Arc<Process>,
    streams: Arc<Streams>,
    rates: Arc<Rates>,
    stream_mode: bool,
    body_bytes: usize,
    read_only: bool,
    /// Where the configuration is put as a whole only.
    whole: Option<Arc<Whole>>,
}

/// A request to a resource, past all that every request must pass.
struct Call<'a> {
    caller: &'a Caller,
    query: &'a Query,
    body: Option<serde_json::Value>,
    ttl: Option<Duration>,
    conditions: Conditions,
    /// Whether the client is told more than APISIX would tell.
    more: bool,
}

impl Api {
    fn new(state: State, admin: &Admin, config: &Config, gate: &Gate, process: Arc<Process>) -> Api {
        Api {
            state,
            door: Door::new(admin),
            keys: Keys::new(admin, config.limits.admin_wrong_keys, config.limits.admin_lockout_ms),
            cors: admin.cors,
            server: if config.http.server_tokens { "APISIX/3.18.0" } else { "APISIX" },
            tells_version: config.http.server_tokens,
            version: admin.api_version,
            process,
            streams: Arc::new(Streams::new(gate)),
            rates: Arc::default(),
            stream_mode: config.stream_mode,
            body_bytes: config.limits.admin_body_bytes,
            read_only: admin.read_only,
            whole: (config.provider == Provider::Api).then(Arc::default),
        }
    }

    /// The way of a request.
    async fn respond(&self, request: Request<Incoming>, peer: IpAddr) -> Answer {
        let (head, body) = request.into_parts();
        let query = Query::parse(head.uri.query().unwrap_or_default());
        let handled = self.handle(&head, &query, body, peer).await;
        let more = answers::wants_more(&head, &query);
        let mut answer = handled.unwrap_or_else(|refusal| refusal.answer(more));
        if self.cors && head.method != Method::OPTIONS {
            answers::allow_origins(&mut answer);
        }
        control_http::server(&mut answer, self.server);
        if self.tells_version {
            answers::gateway_version(&mut answer);
        }
        answer
    }

    async fn handle(&self, head: &Parts, query: &Query, body: Incoming, peer: IpAddr) -> Result<Answer, Refusal> {
        self.door.admit(head, peer)?;
        let target = match self.version {
            "v3" => Target::of(head.uri.path()),
            _ => Target::of(&v2::path(head.uri.path())),
        };
        if let Some(answer) = self.without_key(head, target.as_ref()) {
            return Ok(answer);
        }
        let Some(target) = target else { return Err(Refusal::nothing_here()) };
        let caller = self.keys.identify(head, query, peer, target == Target::Live(Live::Explain))?;
        if let Some(socket) = head.extensions.get::<Socket>().filter(|_| self.keys.are_required()) {
            socket.welcome();
        }
        if self.read_only && changes(&head.method, &target) {
            return Err(Refusal::read_only());
        }
        match (&self.whole, &target) {
            (Some(whole), Target::Configs) => return self.configs(whole, head, body, &caller).await,
            // What is put as a whole is not changed in parts.
            (Some(_), target)
                if !matches!(
                    target,
                    Target::Bundle
                        | Target::Live(_)
                        | Target::DubboServices
                        | Target::DubboInvoke
                        | Target::DubboOpenapi
                        | Target::GrpcServices
                        | Target::GrpcDefinitions
                        | Target::GrpcInvoke
                ) =>
            {
                return Err(Refusal::nothing_here());
            }
            _ => {}
        }
        match target {
            Target::Configs => Err(Refusal::unsupported("configs")),
            Target::Root => Err(Refusal::nothing_here()),
            Target::PluginList if head.method == Method::GET => self.plugin_list(query),
            Target::PluginReload => plugins::reload(&head.method),
            Target::Plugin(name) if head.method == Method::GET => {
                self.plugin(name.as_deref(), query, answers::wants_more(head, query))
            }
            Target::Schema(name) if head.method == Method::GET => schema::get(&name),
            Target::Validate(resource) if head.method == Method::POST => {
                let body = self.json(head, body).await?;
                schema::validate(&resource, body)
            }
            Target::Bundle if head.method == Method::POST => {
                self.check_bundle(self.bytes(head, body).await?, head, answers::wants_more(head, query))
            }
            Target::Live(live) => self.live(live, head, body, query, &caller).await,
            Target::DubboServices if head.method == Method::GET => self.dubbo_services().await,
            Target::DubboOpenapi if head.method == Method::GET => self.dubbo_openapi(query).await,
            Target::DubboInvoke if head.method == Method::POST => {
                let body = body::exact_json(self.bytes(head, body).await?)?;
                self.dubbo_invoke(body, &caller).await
            }
            Target::GrpcServices if head.method == Method::GET => self.grpc_services(query).await,
            Target::GrpcDefinitions if head.method == Method::GET => self.grpc_definitions(query).await,
            Target::GrpcInvoke if head.method == Method::POST => {
                let body = body::exact_json(self.bytes(head, body).await?)?;
                self.grpc_invoke(head, body, &caller).await
            }
            Target::Object(place) => self.object(head, body, query, &caller, place).await,
            Target::Unknown(resource) => Err(Refusal::unsupported(&resource)),
            Target::PluginList | Target::Plugin(_) | Target::Schema(_) | Target::Validate(_) | Target::Bundle => {
                Err(Refusal::no_handler())
            }
            Target::DubboInvoke | Target::GrpcInvoke => Err(Refusal::takes("POST")),
            Target::DubboServices | Target::DubboOpenapi | Target::GrpcServices | Target::GrpcDefinitions => {
                Err(Refusal::takes("GET"))
            }
        }
    }

    /// What is answered to everybody who may come near: preflights and probes.
    fn without_key(&self, head: &Parts, target: Option<&Target>) -> Option<Answer> {
        match (&head.method, target) {
            (&Method::OPTIONS, Some(_)) if self.cors => Some(answers::preflight()),
            (&Method::HEAD, Some(Target::Root)) => {
                Some(control_http::answer(StatusCode::OK, answers::JSON, Bytes::new()))
            }
            _ => None,
        }
    }

    /// A request to a resource.
    async fn object(
        &self,
        head: &Parts,
        body: Incoming,
        query: &Query,
        caller: &Caller,
        place: Place,
    ) -> Result<Answer, Refusal> {
        if place.kind == gateway_model::Kind::StreamRoute && !self.stream_mode {
            return Err(Refusal::bad("stream mode is disabled, can not add stream routes"));
        }
        if place.kind == gateway_model::Kind::GraphqlCostDecoration && place.scope.as_deref() == Some("") {
            return Err(Refusal::bad("missing service id"));
        }
        let handler = place.handler(&head.method)?;
        let body = self.json(head, body).await?;
        let (ttl, conditions) = (query.ttl()?, Conditions::of(head, query)?);
        let rehearsal = conditions.rehearsal && handler != target::Handler::Get;
        let call = Call { caller, query, body, ttl, conditions, more: answers::wants_more(head, query) };
        let handled = match handler {
            target::Handler::Get => self.get(call, place).await,
            target::Handler::Put => self.put(call, place).await,
            target::Handler::Post => self.post(call, place).await,
            target::Handler::Patch => self.patch(call, place).await,
            target::Handler::Delete => self.delete(call, place).await,
            target::Handler::NotSupported(method) => Err(Refusal::not_supported(method, place.kind)),
        };
        let mut answer = handled.map_err(|refusal| refusal.with_version(self.version))?;
        answers::version(&mut answer, self.version);
        if rehearsal {
            answers::rehearsed(&mut answer);
        }
        Ok(answer)
    }

    /// The body as JSON; `None` when there is none.
    async fn json(&self, head: &Parts, body: Incoming) -> Result<Option<serde_json::Value>, Refusal> {
        body::json(self.bytes(head, body).await?)
    }

    async fn bytes(&self, head: &Parts, body: Incoming) -> Result<Bytes, Refusal> {
        body::read(head, body, self.body_bytes).await
    }

    /// Looks at the tables. While a write holds them, another thread waits, not this one, which also takes new requests.
    async fn look<T: Send + 'static>(&self, look: impl FnOnce(&Tables) -> T + Send + 'static) -> Result<T, Refusal> {
        let state = self.state.clone();
        tokio::task::spawn_blocking(move || state.read(look)).await.map_err(|_| Refusal::internal())
    }

    /// Runs a job on the writer's thread.
    async fn write<T: Send + 'static>(
        &self,
        caller: &Caller,
        verb: &'static str,
        job: impl FnOnce(&mut crate::state::Draft<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<crate::state::Written<T>, Refusal> {
        self.state.write(caller.origin(), verb, job).await.map_err(Refusal::from)
    }
}

/// Whether a request could change something. What only checks is sent as POST too.
fn changes(method: &Method, target: &Target) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
        && !matches!(target, Target::Validate(_) | Target::Bundle | Target::Live(Live::Explain))
}
