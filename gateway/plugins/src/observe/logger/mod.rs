//! What the loggers share: the entry of a request, its format, the bodies in it, and how batches are set.

mod bodies;
mod entry;
mod format;
pub(super) mod json;
#[cfg(test)]
mod tests;

use std::time::Duration;

use gateway_engine::buf::Chunk;
use gateway_engine::exchange::Exchange;
use gateway_engine::expr::Expr;
use gateway_engine::plugin::{Build, Phases, Step};
use gateway_outbound::Background;
use gateway_outbound::queue::{Deliver, Entry, Owner, Queue, Queues, Settings};
use serde::Deserialize;
use serde_json::{Map, Value};

use self::bodies::Included;
pub(super) use self::entry::{is_secret_field, masked_uri};
use self::format::Format;
use crate::conf::{int, parse};

/// What a logger's configuration says of its entries.
#[derive(Deserialize)]
struct Conf {
    log_format: Option<Map<String, Value>>,
    log_format_extra: Option<Map<String, Value>>,
    #[serde(default)]
    include_req_body: bool,
    include_req_body_expr: Option<Value>,
    #[serde(default)]
    include_resp_body: bool,
    include_resp_body_expr: Option<Value>,
    #[serde(default = "most_bytes", deserialize_with = "int")]
    max_req_body_bytes: usize,
    #[serde(default = "most_bytes", deserialize_with = "int")]
    max_resp_body_bytes: usize,
}

fn most_bytes() -> usize {
    524_288
}

/// Makes the entries of one logger.
pub(super) struct Recorder {
    format: Option<Format>,
    extra: Option<Format>,
    request: Included,
    response: Included,
}

/// What a logger's metadata says of the entries of all its instances.
pub(super) struct Common {
    format: Option<Format>,
    extra: Option<Format>,
}

impl Recorder {
    /// Out of a logger's configuration that has passed its schema.
    ///
    /// # Errors
    /// `failed to validate the 'include_req_body_expr' expression: …`, and the same of the response's.
    pub(super) fn compile(conf: &Value) -> Result<Recorder, String> {
        let conf: Conf = parse(conf)?;
        let when = |name: &str, expr: Option<Value>| match expr {
            Some(expr) => Expr::parse(&expr)
                .map(Some)
                .map_err(|error| format!("failed to validate the '{name}' expression: {error}")),
            None => Ok(None),
        };
        Ok(Recorder {
            format: Format::compile(conf.log_format.as_ref()),
            extra: Format::compile(conf.log_format_extra.as_ref()),
            request: Included {
                on: conf.include_req_body,
                when: when("include_req_body_expr", conf.include_req_body_expr)?,
                limit: conf.max_req_body_bytes,
            },
            response: Included {
                on: conf.include_resp_body,
                when: when("include_resp_body_expr", conf.include_resp_body_expr)?,
                limit: conf.max_resp_body_bytes,
            },
        })
    }

    /// The phases of a logger: answers' bodies pass it only where its entries hold them.
    pub(super) fn phases(&self) -> Phases {
        let phases = Phases::ACCESS | Phases::LOG;
        if self.response.on { phases | Phases::HEADER_FILTER | Phases::BODY_FILTER } else { phases }
    }

    /// Phase `access`: what of the request's body an entry will want is kept as it passes. `plugin` is the logger's name.
    pub(super) fn access<M: Metadata>(&self, x: &mut Exchange, plugin: &str) -> Step<'static> {
        let named = told::<M, _>(x, plugin, |metadata| {
            self.format(metadata.map(Metadata::common)).is_some_and(Format::names_request_body)
        });
        if named || self.request.wanted(x) {
            bodies::watch_request(x, self.request.limit);
        }
        Step::Next
    }

    /// Phase `header_filter`: whether an entry will want the answer's body.
    pub(super) fn header_filter(&self, x: &mut Exchange) {
        bodies::watch_response(x, self.id(), &self.response);
    }

    /// Phase `body_filter`: what of the answer's body an entry will want is kept as it passes.
    pub(super) fn body_filter(&self, x: &mut Exchange, piece: &Chunk) {
        bodies::keep_response(x, self.id(), piece);
    }

    /// Phase `log`: the entry, one JSON object without a line end.
    pub(super) fn entry(&self, x: &Exchange, common: Option<&Common>, missing_route: Option<&str>) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        let bodies = bodies::Kept::of(x, self.id(), &self.request, &self.response);
        match self.format(common) {
            Some(format) => entry::custom(x, format, &bodies, missing_route, &mut out),
            None => {
                let extra = self.extra.as_ref().or_else(|| common?.extra.as_ref());
                entry::usual(x, extra, &bodies, missing_route, &mut out);
            }
        }
        out
    }

    fn format<'a>(&'a self, common: Option<&'a Common>) -> Option<&'a Format> {
        self.format.as_ref().or_else(|| common?.format.as_ref())
    }

    /// Tells loggers of one exchange apart.
    fn id(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }
}

/// What a logger's metadata tells all its instances.
pub(super) trait Metadata: Send + Sync + 'static {
    /// What it says of their entries.
    fn common(&self) -> &Common;
}

/// Reads what a logger's metadata tells all its instances, if there is any.
pub(super) fn told<M: Metadata, T>(x: &Exchange, plugin: &str, read: impl FnOnce(Option<&M>) -> T) -> T {
    let snapshot = x.worker().snapshot();
    read(snapshot.metadata.get(plugin).and_then(|metadata| metadata.downcast_ref()))
}

impl Common {
    /// Out of a logger's metadata.
    pub(super) fn compile(metadata: &Value) -> Common {
        let of = |field: &str| Format::compile(metadata.get(field).and_then(Value::as_object));
        Common { format: of("log_format"), extra: of("log_format_extra") }
    }
}

/// What a configuration says of its batches.
#[derive(Deserialize)]
pub(super) struct Batching {
    name: String,
    #[serde(deserialize_with = "int")]
    pub(super) batch_max_size: usize,
    #[serde(deserialize_with = "int")]
    inactive_timeout: u32,
    #[serde(deserialize_with = "int")]
    buffer_duration: u32,
    #[serde(deserialize_with = "int")]
    max_retry_count: u32,
    #[serde(deserialize_with = "int")]
    retry_delay: u32,
}

/// Entries that may wait where the metadata says nothing.
pub(super) const MAX_PENDING: usize = 8192;

/// The most that metadata can ask for (`hardening` op.18).
pub(super) const MOST_PENDING: usize = 10_000;

impl Batching {
    /// The queue of a plugin's instance: the same one as before where its configuration has not changed.
    ///
    /// # Errors
    /// The system refuses the thread.
    pub(super) fn queue<E: Entry>(
        self,
        build: &Build<'_>,
        plugin: &'static str,
        deliver: impl Deliver<E>,
    ) -> Result<std::sync::Arc<Queue<E>>, String> {
        let seconds = |n: u32| Duration::from_secs(u64::from(n));
        let settings = Settings {
            name: self.name,
            batch_max_size: self.batch_max_size,
            inactive_timeout: seconds(self.inactive_timeout),
            buffer_duration: seconds(self.buffer_duration),
            max_retry_count: self.max_retry_count,
            retry_delay: seconds(self.retry_delay),
            max_pending: MAX_PENDING,
        };
        let route = build.parent.rsplit('/').next().unwrap_or_default().to_owned();
        let key = format!("{plugin} {} {}", build.parent, build.conf);
        let (queues, background) = (build.states.get::<Queues>(), build.states.get::<Background>());
        queues
            .open(&background, &key, Owner { plugin, route }, settings, deliver)
            .ok_or_else(|| "there is no thread for the logs".to_owned())
    }
}
