//! What a request would come to, without sending it: the candidates and why each fails, the plugins in their order, the consumer,
//! the upstream. The same router, conditions and chains as on the way of a request; of plugins only what [`Plugin::rehearses`]
//! allows runs, and nothing is counted where the worker is one [`aside`](crate::worker::Worker::aside).
//!
//! [`Plugin::rehearses`]: crate::plugin::Plugin::rehearses

use std::collections::HashSet;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use super::admit::{self, Condition, Match};
use super::phases::Phase;
use super::{identity, link, merge_consumer, phases, reveal, unlinked};
use crate::exchange::{Exchange, Protocol, Version};
use crate::expr::Looked;
use crate::plugin::{Chain, Configured, Exit, ExitBody, Flow, Phases, Step};
use crate::router::{Cand, METHODS, Routed};
use crate::snapshot::{Route, Snapshot};

/// Candidates that are told; of those that come near, fewer.
const CANDIDATES: usize = 100;
const NEAR: usize = 10;

/// What became of a request that was not sent. The exchange holds the rest: route, consumer, the upstream that a plugin has chosen,
/// and the request as plugins have left it.
#[derive(Default)]
pub struct Explained {
    /// The routes that were asked, in the order they are asked, then some that come near.
    pub candidates: Vec<Candidate>,
    /// Candidates that are not told.
    pub more: usize,
    /// The plugins: the global rules', then the route's with the consumer's, each by descending priority.
    pub plugins: Vec<Seen>,
    /// What answers instead of an upstream: the name of the plugin, where it is one, and the answer.
    pub exit: Option<(Option<Arc<str>>, Box<Exit>)>,
    /// Why, where the connection gives the request no right to what it asks for.
    pub reason: Option<String>,
}

/// A route that was asked.
pub struct Candidate {
    /// The route.
    pub route: Arc<Route>,
    /// Which of its `uris` it was found by.
    pub pattern: Option<usize>,
    /// Why it is not the one.
    pub failed: Option<Failed>,
}

/// Why a route is not the one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// The method is not among these.
    Method(Vec<&'static str>),
    /// The host is another one.
    Host,
    /// The path is another one.
    Uri,
    /// `downstream_protocol`.
    Protocol,
    /// `remote_addrs`.
    RemoteAddr,
    /// `vars`: the number of the condition that does not hold, and the variable it is about, where that is known.
    Vars(Option<(usize, Option<Looked>)>),
    /// Everything holds, but another one goes before it.
    Order,
}

/// A plugin of the request.
pub struct Seen {
    /// Its name.
    pub name: Arc<str>,
    /// Where it stands in its chain.
    pub priority: i32,
    /// The phases it takes part in.
    pub phases: Phases,
    /// Which level brought it.
    pub level: Level,
    /// What came of it.
    pub verdict: Verdict,
}

/// What brings a plugin to a request, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A global rule.
    Global,
    /// The service.
    Service,
    /// The plugin config.
    PluginConfig,
    /// The route itself.
    Route,
    /// The consumer's group.
    Group,
    /// The consumer.
    Consumer,
}

/// What came of a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It ran, and the request goes on.
    Pass,
    /// It ran, and answers with this status.
    Exit(u16),
    /// Its `_meta.filter` does not hold.
    Filtered,
    /// `_meta.disable`.
    Disabled,
    /// The route's own goes before it (`run_policy`).
    GaveWay,
    /// What it does to a request is not tried: it counts, asks somebody, waits, or takes turns.
    NotTried,
    /// It came with the consumer, when the phase it would have run in was over: the route's own has run instead.
    TooLate,
    /// An answer before it is the end of the request.
    NotReached,
    /// It has nothing to say before there is an answer.
    Later,
}

/// Explains what an exchange, filled in as its protocol does, would come to.
pub fn explain(x: &mut Exchange) -> Explained {
    let mut told = Explained::default();
    if let Err(exit) = admit::admit(x) {
        told.exit = Some((None, exit));
        return told;
    }
    let snapshot = x.worker().snapshot();
    candidates(x, &snapshot, &mut told);
    if let Some(refused) = identity::judge(x, &snapshot) {
        unlinked(x, &snapshot);
        told.exit = Some((None, refused.exit));
        told.reason = refused.why;
        rehearse(x, &snapshot, &mut told);
        return told;
    }
    let found = match admit::match_route(x, &snapshot) {
        Match::Found(found) => Some(found),
        Match::None => None,
        Match::NeedsBody => admit::match_route_collected(x, &snapshot),
    };
    let routed = match found {
        Some((slot, route)) => link(x, &snapshot, slot, route),
        None => unlinked(x, &snapshot),
    };
    if routed && x.req.websocket && x.req.version == Version::Http2 && !x.route.as_ref().is_some_and(|r| r.websocket) {
        told.exit = Some((None, Box::new(Exit::page(403))));
    } else if let Some(exit) = reveal(x) {
        told.exit = Some((None, exit));
    } else if let Some(status) = x.route.as_ref().and_then(|r| r.broken) {
        told.exit = Some((None, Box::new(Exit::page(status))));
    }
    rehearse(x, &snapshot, &mut told);
    if !routed && told.exit.is_none() {
        told.exit = Some((None, Box::new(Exit::error_msg(404, "404 Route Not Found"))));
    }
    told
}

/// Who is asked, and who comes near.
fn candidates(x: &Exchange, snapshot: &Snapshot, told: &mut Explained) {
    let host = admit::host(x, snapshot.router.mode());
    let mut seen = HashSet::new();
    let mut won = false;
    snapshot.router.walk_candidates(&host, x.path(), x.req.method_bit, &mut |cand, verdict| {
        seen.insert(cand.slot);
        let failed = if !verdict.method {
            Some(Failed::Method(methods(cand)))
        } else if !verdict.host {
            Some(Failed::Host)
        } else if !verdict.path {
            Some(Failed::Uri)
        } else {
            match admit::unmet(x, &cand.route) {
                Some(Condition::Protocol) => Some(Failed::Protocol),
                Some(Condition::RemoteAddr) => Some(Failed::RemoteAddr),
                Some(Condition::Vars) => Some(Failed::Vars(cand.route.vars.as_ref().and_then(|v| v.first_unmet(x)))),
                None if won => Some(Failed::Order),
                None => None,
            }
        };
        let is_it = failed.is_none();
        won |= is_it;
        if told.candidates.len() < CANDIDATES || is_it {
            told.candidates.push(Candidate { route: Arc::clone(&cand.route), pattern: cand.pattern(), failed });
        } else {
            told.more += 1;
        }
        ControlFlow::Continue(())
    });
    near(x, snapshot, &host, &seen, told);
}

/// Those that differ by their host alone, and those whose path begins most alike.
fn near(x: &Exchange, snapshot: &Snapshot, host: &[u8], seen: &HashSet<u32>, told: &mut Explained) {
    let path = x.path();
    let mut best: Vec<(usize, Candidate)> = Vec::new();
    let mut known = HashSet::new();
    snapshot.router.near(host, path, &mut |cand, host_differs| {
        if seen.contains(&cand.slot) {
            return;
        }
        let alike = if host_differs { usize::MAX } else { alike(cand, path) };
        if alike < 2 || best.len() >= NEAR && best.last().is_some_and(|(worst, _)| *worst >= alike) {
            return;
        }
        if !known.insert(cand.slot) {
            return;
        }
        let failed = Some(if host_differs { Failed::Host } else { Failed::Uri });
        let candidate = Candidate { route: Arc::clone(&cand.route), pattern: cand.pattern(), failed };
        let at = best.partition_point(|(other, _)| *other >= alike);
        best.insert(at, (alike, candidate));
        best.truncate(NEAR);
    });
    told.candidates.extend(best.into_iter().map(|(_, candidate)| candidate));
}

/// How many bytes the path and the pattern have in common from the start.
fn alike(cand: &Cand<Route>, path: &[u8]) -> usize {
    let pattern = cand.pattern().and_then(|at| cand.route.uris.get(at));
    let text = pattern.map_or(&[][..], |pattern| pattern.as_bytes());
    text.iter().zip(path).take_while(|(a, b)| a == b).count()
}

fn methods(cand: &Cand<Route>) -> Vec<&'static str> {
    let bits = cand.route.key().methods;
    METHODS.iter().enumerate().filter(|(at, _)| bits & (1 << at) != 0).map(|(_, name)| *name).collect()
}

/// The plugins, and what comes of them.
fn rehearse(x: &mut Exchange, snapshot: &Snapshot, told: &mut Explained) {
    let mut ran = Ran::default();
    let (globals, before) = (Rc::clone(&x.globals), Rc::clone(&x.chain));
    let mut exit = told.exit.take();
    exit = exit.or_else(|| ran.phase(x, &globals, Phase::Rewrite, phases::GLOBAL));
    exit = exit.or_else(|| ran.phase(x, &before, Phase::Rewrite, phases::ROUTE));
    if exit.is_none() && std::mem::take(&mut x.merge_consumer) {
        let refused = merge_consumer(x, snapshot).err().or_else(|| reveal(x));
        exit = refused.map(|exit| (None, exit));
    }
    let chain = Rc::clone(&x.chain);
    if exit.is_none() && !Rc::ptr_eq(&chain, &before) {
        exit = ran.phase(x, &chain, Phase::LateRewrite, phases::ROUTE);
    }
    exit = exit.or_else(|| ran.phase(x, &globals, Phase::Access, phases::GLOBAL));
    exit = exit.or_else(|| ran.phase(x, &chain, Phase::Access, phases::ROUTE));
    told.exit = exit;
    list(x, snapshot, [&globals, &before, &chain], &ran, told);
}

/// Which plugins ran, by the address of their instance.
#[derive(Default)]
struct Ran(Vec<(usize, Verdict)>);

impl Ran {
    /// Runs what may run of a phase.
    fn phase(
        &mut self,
        x: &mut Exchange,
        chain: &Chain,
        phase: Phase,
        set: usize,
    ) -> Option<(Option<Arc<str>>, Box<Exit>)> {
        for at in phases::order(chain, phase).iter() {
            let Some(entry) = chain.entries.get(at) else { break };
            if !phases::applies(x, entry, at, set) {
                self.note(entry, Verdict::Filtered);
                continue;
            }
            let phase = if phase == Phase::Access { Phases::ACCESS } else { Phases::REWRITE };
            if !entry.plugin.rehearses().has(phase) {
                self.note(entry, Verdict::NotTried);
                continue;
            }
            match try_it(x, entry, phase) {
                Ok(None) => self.note(entry, Verdict::Pass),
                Ok(Some(mut exit)) => {
                    if let Some(body) = entry.error_response.as_ref().filter(|_| exit.status >= 400) {
                        exit.body = ExitBody::Text(Bytes::clone(body));
                    }
                    self.note(entry, Verdict::Exit(exit.status));
                    return Some((Some(Arc::clone(&entry.name)), exit));
                }
                Err(()) => self.note(entry, Verdict::NotTried),
            }
        }
        None
    }

    /// The verdict of a later phase stands, but for one that says less.
    fn note(&mut self, entry: &Configured, verdict: Verdict) {
        let address = address(entry);
        match self.0.iter_mut().find(|(of, _)| *of == address) {
            Some((_, known)) if *known == Verdict::NotTried && verdict == Verdict::Pass => {}
            Some((_, known)) => *known = verdict,
            None => self.0.push((address, verdict)),
        }
    }

    fn of(&self, entry: &Configured) -> Option<Verdict> {
        let address = address(entry);
        self.0.iter().find(|(of, _)| *of == address).map(|(_, verdict)| *verdict)
    }
}

fn address(entry: &Configured) -> usize {
    Arc::as_ptr(&entry.plugin).cast::<()>() as usize
}

/// Runs one phase of a plugin. `Err`: it would wait.
fn try_it(x: &mut Exchange, entry: &Configured, phase: Phases) -> Result<Option<Box<Exit>>, ()> {
    // Once to be told that it wants the body, once with it.
    for _ in 0..2 {
        let limit = {
            let step = match phase {
                Phases::REWRITE => entry.plugin.rewrite(x),
                _ => entry.plugin.access(x),
            };
            let flow = match step {
                Step::Next => Flow::Next,
                Step::Exit(exit) => Flow::Exit(exit),
                Step::Wait(future) => at_once(future).ok_or(())?,
                Step::Body(limit) => Flow::Body(limit),
            };
            match flow {
                Flow::Next => return Ok(None),
                Flow::Exit(exit) => return Ok(Some(exit)),
                Flow::Body(limit) => limit,
            }
        };
        if x.req.collected.as_ref().is_some_and(|body| body.len() > limit) {
            return Ok(Some(Box::new(Exit::page(413))));
        }
        x.req.collected.get_or_insert_default();
    }
    Err(())
}

/// What a future says at once.
fn at_once<T>(mut future: Pin<Box<dyn Future<Output = T> + '_>>) -> Option<T> {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

/// All plugins with their levels: those that run, and those that some level says and that do not.
fn list(x: &Exchange, snapshot: &Snapshot, [globals, before, chain]: [&Chain; 3], ran: &Ran, told: &mut Explained) {
    let ended = told.exit.is_some();
    let seen = |entry: &Configured, level: Level, verdict: Option<Verdict>| {
        let phases = entry.plugin.phases();
        let takes_part = phases.has(Phases::REWRITE) || phases.has(Phases::ACCESS);
        let verdict = verdict.or_else(|| ran.of(entry)).unwrap_or(match (takes_part, ended) {
            (true, true) => Verdict::NotReached,
            _ => Verdict::Later,
        });
        Seen { name: Arc::clone(&entry.name), priority: entry.priority, phases, level, verdict }
    };
    told.plugins.extend(globals.entries.iter().map(|entry| seen(entry, Level::Global, None)));
    let gave_way = |entry: &&Configured| !globals.entries.iter().any(|e| address(e) == address(entry));
    let gone = snapshot.globals.plugins.iter().filter(gave_way);
    told.plugins.extend(gone.map(|entry| seen(entry, Level::Global, Some(Verdict::GaveWay))));
    let consumer = x.consumer.as_ref().map(|found| &found.consumer);
    let group = consumer.and_then(|c| c.group.as_ref()).and_then(|(_, slot)| snapshot.groups.get(*slot));
    let local = x.route.as_deref();
    let levels: [(Level, &[Configured]); 5] = [
        (Level::Consumer, consumer.map_or(&[], |c| &c.plugins)),
        (Level::Group, group.map_or(&[], |g| &g.plugins)),
        (Level::Route, local.map_or(&[], |l| &l.route.plugins)),
        (Level::PluginConfig, local.and_then(|l| l.config.as_ref()).map_or(&[], |c| &c.plugins)),
        (Level::Service, local.and_then(|l| l.service.as_ref()).map_or(&[], |s| &s.plugins)),
    ];
    let from = |entry: &Configured| {
        let brings = |(_, plugins): &&(Level, &[Configured])| plugins.iter().any(|e| address(e) == address(entry));
        levels.iter().find(brings).map_or(Level::Route, |(level, _)| *level)
    };
    let is_in = |chain: &Chain, entry: &Configured| chain.entries.iter().any(|e| address(e) == address(entry));
    let replaced = before.entries.iter().filter(|entry| !is_in(chain, entry) && ran.of(entry).is_some());
    told.plugins.extend(replaced.map(|entry| seen(entry, from(entry), None)));
    told.plugins.extend(chain.entries.iter().map(|entry| {
        let late = !entry.from_consumer && !is_in(before, entry) && ran.of(entry).is_none();
        let late = late && entry.plugin.phases().has(Phases::REWRITE);
        seen(entry, from(entry), late.then_some(Verdict::TooLate))
    }));
    let mut hidden: HashSet<&str> = chain.entries.iter().map(|entry| &*entry.name).collect();
    for (level, plugins) in levels {
        for entry in plugins.iter().filter(|entry| entry.disabled) {
            if hidden.insert(&entry.name) {
                told.plugins.push(seen(entry, level, Some(Verdict::Disabled)));
            }
        }
    }
}

/// What a request is called by its protocol.
pub fn protocol_name(x: &Exchange) -> &'static str {
    match x.conn.protocol {
        _ if x.req.websocket => "websocket",
        Protocol::Http2 if x.req.grpc => "grpc",
        Protocol::Http1 => "http1",
        Protocol::Http2 => "http2",
        Protocol::Grpc => "grpc",
        Protocol::WebSocket => "websocket",
        Protocol::Dubbo => "dubbo",
        Protocol::Triple => "triple",
    }
}
