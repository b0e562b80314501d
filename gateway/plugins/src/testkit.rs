//! Plugins under test: exchanges made from text, plugins made as the Admin API and the engine make them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Conn, Exchange, Framing, Origin, Protocol, Version};
use gateway_engine::expr::Expr;
use gateway_engine::headers::{HeaderName, Name, name};
use gateway_engine::plugin::{Build, Exit, ExitBody, Flow, Plugin, Registry, Step, UpstreamWants};
use gateway_engine::router::{Captures, Mode, method_bit};
use gateway_engine::settings::Settings;
use gateway_engine::snapshot::{Change, Control, Shared};
use gateway_engine::upstream::{Names, NamesSettings, Resolve, ResolveError, Resolving, TlsClients, Trust};
use gateway_engine::wire::WireError;
use gateway_engine::worker::Worker;
use gateway_model::check::{Context, Expressions};
use gateway_model::plugin::SchemaType;
use gateway_model::{Kind, NoReferences};
use serde_json::{Value, json};

/// A gateway without sockets.
pub(crate) struct Kit {
    pub(crate) shared: Arc<Shared>,
    pub(crate) worker: Rc<Worker>,
    control: RefCell<Control>,
    runtime: tokio::runtime::LocalRuntime,
}

/// What a plugin said in the end.
#[derive(Debug)]
pub(crate) enum Outcome {
    Next,
    Exit(Exit),
    Body,
}

impl Kit {
    pub(crate) fn new() -> Kit {
        Kit::with(json!({}), Settings::default())
    }

    /// With `plugin_attr` and settings.
    pub(crate) fn with(attrs: Value, settings: Settings) -> Kit {
        let attrs: HashMap<String, Value> = attrs.as_object().unwrap().clone().into_iter().collect();
        let registry = Arc::new(
            Registry::new(crate::definitions(), attrs)
                .with_protos(crate::compile_proto)
                .with_credentials(crate::compile_credential)
                .with_apis(crate::apis),
        );
        let shared = Shared::new(settings, registry, Mode::HostUri);
        // As a worker's, but its clock runs only when everything waits.
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build_local(Default::default()).unwrap();
        let names = Names::new(Arc::new(Nowhere), runtime.handle().clone(), NamesSettings::default(), |_| {});
        let control = Control::new(Arc::clone(&shared), names, TlsClients::new(Trust::System), false, "/apisix");
        let worker = Worker::new(0, Arc::clone(&shared));
        Kit { shared, worker, control: RefCell::new(control), runtime }
    }

    /// Puts an object, checked as the Admin API checks it.
    pub(crate) fn put(&self, kind: Kind, id: &str, value: &Value) {
        let checked = gateway_model::check::object(kind, id, value, &self.context()).unwrap();
        self.change(kind, id, Some(checked)).unwrap();
    }

    pub(crate) fn consumer(&self, value: Value) {
        self.put(Kind::Consumer, value["username"].as_str().unwrap(), &value);
    }

    /// Deletes an object.
    pub(crate) fn delete(&self, kind: Kind, id: &str) {
        self.change(kind, id, None).unwrap();
    }

    fn change(&self, kind: Kind, id: &str, value: Option<Value>) -> Result<(), String> {
        let mut control = self.control.borrow_mut();
        let prepared = control.prepare(&Change { kind, id: id.into(), value }).map_err(|e| e.to_string())?;
        control.install(prepared);
        control.publish(1);
        Ok(())
    }

    fn context(&self) -> Context<'_> {
        Context::new(&*self.shared.registry, &NoReferences, &Expressive)
    }

    /// An instance as route 1 would hold it.
    pub(crate) fn plugin(&self, name: &str, conf: Value) -> Arc<dyn Plugin> {
        self.plugin_of("/apisix/routes/1", name, conf)
    }

    /// An instance that the object with this key holds.
    pub(crate) fn plugin_of(&self, parent: &str, name: &str, conf: Value) -> Arc<dyn Plugin> {
        self.try_plugin(parent, name, conf).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// What the Admin API would say: the check of the configuration, then its compilation.
    pub(crate) fn try_plugin(&self, parent: &str, name: &str, mut conf: Value) -> Result<Arc<dyn Plugin>, String> {
        gateway_model::check::plugin(name, &mut conf, SchemaType::Plugin, &self.context())
            .map_err(|e| e.to_string())?;
        let definition = self.shared.registry.get(name).unwrap();
        let registry = &*self.shared.registry;
        let attr = registry.attr(name);
        let wants = UpstreamWants::default();
        let build =
            Build { conf: &conf, parent, attr, states: &registry.states, registry, variant: None, upstreams: &wants };
        (definition.build)(&build)
    }

    /// The configuration is refused, with a text that holds `expected`.
    pub(crate) fn refuses(&self, name: &str, conf: Value, expected: &str) {
        let shown = conf.to_string();
        match self.try_plugin("/apisix/routes/1", name, conf) {
            Ok(_) => panic!("{name} takes {shown}"),
            Err(text) => assert!(text.contains(expected), "{shown}: {text}"),
        }
    }

    /// The configuration of a consumer is refused, with a text that holds `expected`.
    pub(crate) fn refuses_consumer(&self, name: &str, mut conf: Value, expected: &str) {
        match gateway_model::check::plugin(name, &mut conf, SchemaType::Consumer, &self.context()) {
            Ok(_) => panic!("{name} takes {conf}"),
            Err(error) => assert!(error.to_string().contains(expected), "{conf}: {error}"),
        }
    }

    /// The metadata is refused, with a text that holds `expected`.
    pub(crate) fn refuses_metadata(&self, name: &str, value: &Value, expected: &str) {
        match gateway_model::check::object(Kind::PluginMetadata, name, value, &self.context()) {
            Ok(checked) => match self.change(Kind::PluginMetadata, name, Some(checked)) {
                Ok(()) => panic!("{name} takes {value}"),
                Err(text) => assert!(text.contains(expected), "{value}: {text}"),
            },
            Err(text) => assert!(text.to_string().contains(expected), "{value}: {text}"),
        }
    }

    pub(crate) fn metadata(&self, name: &str, value: &Value) {
        self.put(Kind::PluginMetadata, name, value);
    }

    /// A request: a request line, field lines, and behind an empty line a body that has been collected.
    pub(crate) fn exchange(&self, text: &str) -> Box<Exchange> {
        self.exchange_on(text, false)
    }

    /// The same, over TLS if asked.
    pub(crate) fn exchange_on(&self, text: &str, tls: bool) -> Box<Exchange> {
        let peer: SocketAddr = "127.0.0.1:40000".parse().unwrap();
        self.exchange_from(text, peer, tls)
    }

    /// The same from another address.
    pub(crate) fn exchange_from(&self, text: &str, peer: SocketAddr, tls: bool) -> Box<Exchange> {
        let local: SocketAddr = "127.0.0.1:9080".parse().unwrap();
        let conn = Rc::new(Conn::new(Rc::clone(&self.worker), peer, local, Protocol::Http1, tls));
        let mut x = self.worker.exchange(&conn);
        let (head, body) = text.split_once("\n\n").map_or((text, None), |(h, b)| (h, Some(b)));
        let mut lines = head.lines();
        let mut words = lines.next().unwrap().split(' ');
        let (method, target) = (words.next().unwrap(), words.next().unwrap());
        x.req.method = x.req.head.store(method.as_bytes());
        x.req.method_bit = method_bit(method.as_bytes());
        x.req.target = x.req.head.store(target.as_bytes());
        x.req.version = Version::Http11;
        for line in lines {
            let (name, value) = line.split_once(':').unwrap();
            x.req.head.append(Name::new(name.as_bytes()).unwrap(), value.trim().as_bytes()).unwrap();
        }
        let host = x.req.head.get(name::HOST).unwrap_or(b"localhost").to_vec();
        x.req.authority = x.req.head.store(&host);
        let host = host.split(|b| *b == b':').next().unwrap().to_ascii_lowercase();
        x.req.host = x.req.head.store(&host);
        normalize(&mut x);
        if let Some(body) = body {
            x.req.collected = Some(body.as_bytes().to_vec().into());
            x.req.framing = Framing::Length(body.len() as u64);
        }
        x
    }

    /// The route a request goes to, as the pipeline would find it.
    pub(crate) fn route(&self, x: &mut Exchange) {
        let snapshot = self.worker.snapshot();
        let mut captures = Captures::default();
        let found = snapshot.router.find(x.host(), x.path(), x.req.method_bit, |_| true, &mut captures);
        let found = found.map(|cand| (cand.slot, Arc::clone(&cand.route)));
        if let Some((slot, route)) = found {
            let local = self.worker.local_route(&snapshot, slot, &route);
            x.chain = Rc::clone(&local.chain);
            x.globals = Rc::clone(&local.globals);
            x.route = Some(local);
        }
    }

    pub(crate) fn rewrite(&self, plugin: &Arc<dyn Plugin>, x: &mut Exchange) -> Outcome {
        self.finish(plugin.rewrite(x))
    }

    pub(crate) fn access(&self, plugin: &Arc<dyn Plugin>, x: &mut Exchange) -> Outcome {
        self.finish(plugin.access(x))
    }

    pub(crate) fn before_proxy(&self, plugin: &Arc<dyn Plugin>, x: &mut Exchange) -> Outcome {
        self.finish(plugin.before_proxy(x))
    }

    /// What a step says in the end.
    pub(crate) fn finish(&self, step: Step<'_>) -> Outcome {
        let flow = match step {
            Step::Next => Flow::Next,
            Step::Exit(exit) => Flow::Exit(exit),
            Step::Body(limit) => Flow::Body(limit),
            Step::Wait(future) => self.runtime.block_on(future),
        };
        match flow {
            Flow::Next => Outcome::Next,
            Flow::Exit(exit) => Outcome::Exit(*exit),
            Flow::Body(_) => Outcome::Body,
        }
    }

    /// How long `act` waited by the (paused) clock of the runtime.
    pub(crate) fn waited(&self, act: impl FnOnce()) -> std::time::Duration {
        let now = || self.runtime.block_on(async { tokio::time::Instant::now() });
        let before = now();
        act();
        now() - before
    }

    /// An answer of the upstream: a status, then field lines.
    pub(crate) fn answer(&self, x: &mut Exchange, text: &str) {
        let mut lines = text.lines();
        x.resp.status = lines.next().unwrap().parse().unwrap();
        x.resp.origin = Origin::Upstream;
        x.resp.framing = Framing::Stream;
        for line in lines {
            let (name, value) = line.split_once(':').unwrap();
            x.resp.head.append(Name::new(name.as_bytes()).unwrap(), value.trim().as_bytes()).unwrap();
        }
        x.apply_early_headers();
    }

    /// The answer's body after the plugin's filters, fed in these pieces.
    pub(crate) fn body(&self, plugin: &Arc<dyn Plugin>, x: &mut Exchange, pieces: &[&[u8]]) -> Vec<u8> {
        plugin.header_filter(x);
        let mut out = Vec::new();
        for (i, piece) in pieces.iter().enumerate() {
            let mut chunk = Chunk::from(bytes::Bytes::copy_from_slice(piece));
            if plugin.phases().has(gateway_engine::plugin::Phases::BODY_FILTER) {
                plugin.body_filter(x, &mut chunk, i + 1 == pieces.len());
            }
            out.extend_from_slice(chunk.as_slice());
        }
        out
    }

    /// Lets a piece of the request's body pass on its way to the upstream.
    pub(crate) fn pass(&self, x: &mut Exchange, piece: &mut Chunk, last: bool) -> Result<(), WireError> {
        x.req.filter(piece, last)
    }

    /// The pieces of an answer's body as the plugin encodes them.
    pub(crate) fn encoded(&self, plugin: &Arc<dyn Plugin>, x: &mut Exchange, pieces: &[&[u8]]) -> Vec<Vec<u8>> {
        plugin.encode_head(x);
        let one = |(i, piece): (usize, &&[u8])| {
            let mut chunk = Chunk::from(bytes::Bytes::copy_from_slice(piece));
            plugin.encode_body(x, &mut chunk, i + 1 == pieces.len());
            chunk.as_slice().to_vec()
        };
        pieces.iter().enumerate().map(one).collect()
    }

    pub(crate) fn text(exit: &Exit) -> String {
        match &exit.body {
            ExitBody::Text(text) => String::from_utf8_lossy(text).into_owned(),
            ExitBody::Page => format!("page {}", exit.status),
        }
    }

    pub(crate) fn field(exit: &Exit, name: &str) -> Option<String> {
        let name = HeaderName::new(name).unwrap();
        exit.headers.iter().find(|(n, _)| *n == name).map(|(_, v)| String::from_utf8_lossy(v).into_owned())
    }

    pub(crate) fn request_field(&self, x: &Exchange, name: &str) -> Option<String> {
        joined(x.req.head.get_all(Name::new(name.as_bytes()).unwrap()))
    }

    /// A field of the answer; those set before there was one are applied first.
    pub(crate) fn answer_field(&self, x: &mut Exchange, name: &str) -> Option<String> {
        x.apply_early_headers();
        joined(x.resp.head.get_all(Name::new(name.as_bytes()).unwrap()))
    }
}

fn joined<'a>(values: impl Iterator<Item = &'a [u8]>) -> Option<String> {
    let all: Vec<_> = values.map(|v| String::from_utf8_lossy(v).into_owned()).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// What the pipeline does before it looks for the route.
fn normalize(x: &mut Exchange) {
    let target = x.req.head.text(x.req.target).to_vec();
    let at = target.iter().position(|b| *b == b'?');
    let raw = &target[..at.unwrap_or(target.len())];
    x.req.path = x.req.target.slice(0, raw.len());
    if let Some(at) = at {
        x.req.has_query = true;
        x.req.query = x.req.target.slice(at + 1, target.len());
    }
    let mut out = Vec::new();
    let normal = gateway_engine::path::normalize(raw, Default::default(), &mut out).unwrap();
    if normal != gateway_engine::path::Normal::Unchanged {
        let mut upstream = Vec::new();
        gateway_engine::path::escape(&out, &mut upstream);
        if let Some(at) = at {
            upstream.extend_from_slice(&target[at..]);
        }
        x.req.path = x.req.head.store(&out);
        x.req.upstream_target = Some(x.req.head.store(&upstream));
    }
}

struct Nowhere;

impl Resolve for Nowhere {
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a> {
        let _ = name;
        Box::pin(async { Err(ResolveError::Timeout) })
    }
}

struct Expressive;

impl Expressions for Expressive {
    fn check_vars(&self, expression: &Value) -> Result<(), String> {
        Expr::parse(expression).map(drop).map_err(|e| e.to_string())
    }
}

/// A text in gzip.
pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// The same in deflate, which is zlib.
pub(crate) fn deflate(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}
