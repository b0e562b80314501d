//! `file-logger`: appends the entries of requests to a file, one JSON object a line.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use gateway_engine::buf::Chunk;
use gateway_engine::exchange::Exchange;
use gateway_engine::expr::Expr;
use gateway_engine::plugin::{Build, Definition, Phases, Plugin, Step};
use gateway_model::plugin::{PluginSpec, SchemaType};
use gateway_model::schema::LazySchema;
use gateway_outbound::append::{Counters, Place, Sender, Writer};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::Value;

use super::logger::{self, Common, MOST_PENDING, Recorder};
use crate::conf::parse;
use crate::docs::{Doc, Example};

pub(super) const NAME: &str = "file-logger";

/// Workers beyond these share a lane.
const LANES: usize = 64;

/// Files that are written at the same time: each has a thread.
const MOST_FILES: usize = 256;

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            metadata_schema: Some(LazySchema::new(include_str!("../schemas/file-logger.metadata.json"))),
            observer: true,
            check: Some(|conf, place, _| match place {
                SchemaType::Metadata => Metadata::compile(conf).map(drop),
                _ => Settings::compile(conf).map(drop),
            }),
            ..PluginSpec::new(NAME, 399, include_str!("../schemas/file-logger.json"))
        },
        phases: Phases::ACCESS | Phases::HEADER_FILTER | Phases::BODY_FILTER | Phases::LOG,
        build: |build: &Build<'_>| {
            let Settings { recorder, matches, path } = Settings::compile(build.conf)?;
            let files = build.states.get::<Files>();
            let home = Home::of(build.attr);
            let log = path.map(|path| files.open(&home, &path)).transpose()?;
            Ok(Arc::new(FileLogger { recorder, matches, log, files, home }))
        },
        metadata: Some(|value| Ok(Arc::new(Metadata::compile(value)?))),
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Appends an entry of each request to a file, one JSON object a line. A relative path lies under `logs/` of the data \
            directory; an absolute one may lead anywhere but into the rest of the data directory and into `/proc`, `/sys` and `/dev` (`/dev/stdout` and \
            `/dev/stderr` excepted), and its folder must be there. \
            The entry is that of `http-logger`.\n\n\
            A thread writes what the workers hand over, so requests never wait for a disk: where too many entries wait \
            (10000, or 8 MiB a worker) the oldest are dropped, and those that a file does not take are lost; both are counted \
            (`gateway_log_entries_total{plugin, state}`). Routes with one path share the file. SIGUSR1 opens files anew, after they \
            have been moved away.",
    fields: &[
        ("path", "The file. Without it that of the metadata is used."),
        ("match", "Expressions: only requests for which one of them is true are logged."),
        ("include_req_body", "Adds the request's body to the entry (`request.body`)."),
        ("include_req_body_expr", "Only where this expression is true."),
        ("include_resp_body", "Adds the answer's body to the entry (`response.body`), without its content coding."),
        ("include_resp_body_expr", "Only where this expression is true."),
        ("max_req_body_bytes", "So many bytes of the request's body at most."),
        ("max_resp_body_bytes", "So many bytes of the answer's body at most."),
        ("log_format", "What an entry holds instead, as of `http-logger`."),
        ("log_format_extra", "What an entry holds beside the usual, in the same form; nothing is overwritten."),
        ("metadata:path", "The file of routes that name none."),
        ("metadata:log_format", "The format of all routes that have none of their own."),
        ("metadata:log_format_extra", "The same of what is added."),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {
    "file-logger": {
      "path": "/tmp/orders.log",
      "match": [[["arg_log", "~=", "no"]]],
      "log_format": {"client": "$remote_addr", "request": "$request_method $uri", "status": "$status"}
    }
  }
}"#,
        )],
        requests: r#"$ curl -s -o /dev/null -w '%{http_code}\n' 'http://127.0.0.1:9080/orders?log=no'
200
$ curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/orders
200
# A moment later:
$ cat /tmp/orders.log
{"client":"127.0.0.1","request":"GET /orders","status":"200","route_id":"example"}"#,
    },
};

struct Settings {
    recorder: Recorder,
    matches: Box<[Expr]>,
    path: Option<PathBuf>,
}

impl Settings {
    fn compile(conf: &Value) -> Result<Settings, String> {
        #[derive(Deserialize)]
        struct Conf {
            path: Option<String>,
            #[serde(default, rename = "match")]
            matches: Vec<Value>,
        }
        let recorder = Recorder::compile(conf)?;
        let conf: Conf = parse(conf)?;
        let expr = |expr: &Value| {
            Expr::parse(expr).map_err(|error| format!("failed to validate the 'match' expression: {error}"))
        };
        let matches = conf.matches.iter().map(expr).collect::<Result<_, String>>()?;
        Ok(Settings { recorder, matches, path: conf.path.map(checked).transpose()? })
    }
}

/// What all instances are told.
struct Metadata {
    common: Common,
    path: Option<PathBuf>,
    /// Opened by the first request that is logged there.
    log: OnceLock<Option<Arc<FileLog>>>,
}

impl Metadata {
    fn compile(value: &Value) -> Result<Metadata, String> {
        let path = value.get("path").and_then(Value::as_str).map(str::to_owned);
        Ok(Metadata { common: Common::compile(value), path: path.map(checked).transpose()?, log: OnceLock::new() })
    }
}

impl logger::Metadata for Metadata {
    fn common(&self) -> &Common {
        &self.common
    }
}

/// A path that names a file, and that does not climb out of where it begins.
fn checked(path: String) -> Result<PathBuf, String> {
    let path = PathBuf::from(path);
    let climbs = path.components().any(|part| part == Component::ParentDir);
    if climbs || path.file_name().is_none() || path.as_os_str().as_encoded_bytes().contains(&0) {
        return Err(format!(
            "property \"path\" validation failed: expected the path of a file without \"..\", got {path:?}"
        ));
    }
    if let Some(system) = system_of(&path).filter(|_| !STREAMS.iter().any(|stream| path == Path::new(stream))) {
        return Err(format!(
            "property \"path\" validation failed: {system} holds no files to log to (but /dev/stdout and /dev/stderr), got {path:?}"
        ));
    }
    Ok(path)
}

/// Folders whose files are parts of the system: to write there is to change it, or the gateway's own memory.
const SYSTEMS: [&str; 3] = ["/proc", "/sys", "/dev"];

/// What may be written to all the same.
const STREAMS: [&str; 2] = ["/dev/stdout", "/dev/stderr"];

/// The folder of the system that a path lies in.
fn system_of(path: &Path) -> Option<&'static str> {
    SYSTEMS.into_iter().find(|system| path.starts_with(system))
}

struct FileLogger {
    recorder: Recorder,
    matches: Box<[Expr]>,
    /// `None`: the metadata says where.
    log: Option<Arc<FileLog>>,
    files: Arc<Files>,
    home: Home,
}

impl FileLogger {
    fn file<'a>(&'a self, metadata: Option<&'a Metadata>) -> Option<&'a Arc<FileLog>> {
        if let Some(log) = &self.log {
            return Some(log);
        }
        let metadata = metadata?;
        let path = metadata.path.as_ref()?;
        let open = || match self.files.open(&self.home, path) {
            Ok(log) => Some(log),
            Err(error) => {
                tracing::error!(%error, "nothing is written to the path in the metadata of file-logger");
                None
            }
        };
        metadata.log.get_or_init(open).as_ref()
    }
}

impl Plugin for FileLogger {
    fn phases(&self) -> Phases {
        self.recorder.phases()
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        self.recorder.access::<Metadata>(x, NAME)
    }

    fn header_filter(&self, x: &mut Exchange) {
        self.recorder.header_filter(x);
    }

    fn body_filter(&self, x: &mut Exchange, piece: &mut Chunk, _: bool) {
        self.recorder.body_filter(x, piece);
    }

    fn log(&self, x: &Exchange) {
        if !self.matches.is_empty() && !self.matches.iter().any(|expr| expr.eval(x)) {
            return;
        }
        logger::told::<Metadata, _>(x, NAME, |metadata| {
            let Some(log) = self.file(metadata) else {
                return self.files.complain();
            };
            let mut entry = self.recorder.entry(x, metadata.map(|m| &m.common), None);
            entry.push(b'\n');
            log.lane(x.worker().index).record(|out| out.extend_from_slice(&entry));
        });
    }
}

/// Where relative paths lie, and what no path may lead into.
#[derive(Clone, Default)]
struct Home {
    /// `None`: the process has no data directory (tests).
    dir: Option<PathBuf>,
}

impl Home {
    /// The server tells its data directory by `plugin_attr`.
    fn of(attr: &Value) -> Home {
        Home { dir: attr.get("data_dir").and_then(Value::as_str).map(PathBuf::from) }
    }

    /// The place of a path; the folder of relative ones is made.
    fn place(&self, path: &Path) -> Result<Place, String> {
        let Some(dir) = &self.dir else { return Ok(Place::of(path.to_path_buf())) };
        let logs = dir.join("logs");
        let whole = logs.join(path);
        if path.is_relative() {
            // What fails here fails again, and is told, when the file is opened.
            let _ = whole.parent().map(std::fs::create_dir_all);
        }
        // A link may lead there as well as the name itself.
        let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let target = match whole.parent() {
            Some(parent) if !whole.exists() => real(parent).join(whole.file_name().unwrap_or_default()),
            _ => real(&whole),
        };
        if let Some(system) = system_of(&target).filter(|_| system_of(path).is_none()) {
            return Err(format!("the path {} leads into {system}", path.display()));
        }
        if target.starts_with(real(dir)) && !target.starts_with(real(&logs)) {
            return Err(format!("the path {} leads into the data directory of the gateway", path.display()));
        }
        Ok(Place::of(whole))
    }
}

/// The files that instances write, by path.
#[derive(Default)]
pub(super) struct Files {
    open: Mutex<HashMap<PathBuf, Weak<FileLog>>>,
    /// What those counted that are closed.
    past: Mutex<Counters>,
    complained: Mutex<Option<Instant>>,
}

/// A file.
struct FileLog {
    writer: Writer,
    /// One a worker, so that no two hand over in the same place.
    lanes: Box<[OnceLock<Sender>]>,
    files: Weak<Files>,
}

impl FileLog {
    fn lane(&self, worker: usize) -> &Sender {
        // There are LANES of them.
        self.lanes[worker % LANES].get_or_init(|| self.writer.sender())
    }
}

impl Drop for FileLog {
    fn drop(&mut self) {
        // Its thread writes what waits and ends; most of that is counted here already.
        if let Some(files) = self.files.upgrade() {
            add(&mut files.past.lock(), self.writer.counters());
        }
    }
}

impl Files {
    fn open(self: &Arc<Self>, home: &Home, path: &Path) -> Result<Arc<FileLog>, String> {
        let place = home.place(path)?;
        let mut open = self.open.lock();
        if let Some(log) = open.get(place.path()).and_then(Weak::upgrade) {
            return Ok(log);
        }
        open.retain(|_, log| log.strong_count() > 0);
        if open.len() >= MOST_FILES {
            return Err(format!("more than {MOST_FILES} files would be written at the same time"));
        }
        let name = place.path().to_path_buf();
        let writer = Writer::later(NAME, place, MOST_PENDING * LANES, LANES).map_err(|error| error.to_string())?;
        let log = Arc::new(FileLog {
            writer,
            lanes: std::iter::repeat_with(OnceLock::new).take(LANES).collect(),
            files: Arc::downgrade(self),
        });
        open.insert(name, Arc::downgrade(&log));
        Ok(log)
    }

    fn all(&self) -> Vec<Arc<FileLog>> {
        self.open.lock().values().filter_map(Weak::upgrade).collect()
    }

    /// Opens all files again.
    pub(super) fn reopen(&self) {
        for log in self.all() {
            log.writer.reopen();
        }
    }

    /// Writes what waits, so long at most.
    pub(super) fn finish(&self, within: Duration) {
        let until = Instant::now() + within;
        for log in self.all() {
            log.writer.close(until.saturating_duration_since(Instant::now()));
        }
    }

    /// What became of the entries.
    pub(super) fn counters(&self) -> Counters {
        let mut sum = *self.past.lock();
        for log in self.all() {
            add(&mut sum, log.writer.counters());
        }
        sum
    }

    fn complain(&self) {
        let Some(mut last) = self.complained.try_lock() else { return };
        if last.is_none_or(|at| at.elapsed() >= Duration::from_secs(60)) {
            *last = Some(Instant::now());
            tracing::error!("file-logger: property \"path\" is not set in either the plugin conf or the metadata");
        }
    }
}

fn add(sum: &mut Counters, more: Counters) {
    sum.written += more.written;
    sum.dropped += more.dropped;
    sum.lost += more.lost;
    sum.errors += more.errors;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;
    use gateway_engine::settings::Settings as EngineSettings;
    use serde_json::json;

    const LONG: Duration = Duration::from_secs(30);

    fn kit(dir: &tempfile::TempDir) -> Kit {
        Kit::with(json!({"file-logger": {"data_dir": dir.path()}}), EngineSettings::default())
    }

    fn logged(kit: &Kit, plugin: &Arc<dyn Plugin>, line: &str) {
        let mut x = kit.exchange(line);
        kit.access(plugin, &mut x);
        kit.answer(&mut x, "200");
        kit.body(plugin, &mut x, &[b"ok"]);
        plugin.log(&x);
    }

    fn read(kit: &Kit, path: &Path) -> Vec<Value> {
        for log in kit.shared.registry.states.get::<Files>().all() {
            assert!(log.writer.flush(LONG));
        }
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn one_path_is_one_file_and_only_matching_requests_are_logged() {
        let dir = tempfile::tempdir().unwrap();
        let kit = kit(&dir);
        let path = dir.path().join("logs/a/b.log");
        let plain = kit.plugin("file-logger", json!({"path": "a/b.log", "log_format": {"uri": "$request_uri"}}));
        let conf = json!({"path": path, "match": [[["arg_x", "==", "1"]], [["arg_x", "==", "2"]]], "log_format": {"m": "$arg_x"}});
        let choosy = kit.plugin("file-logger", conf);
        logged(&kit, &plain, "GET /a HTTP/1.1");
        for x in ["1", "2", "3"] {
            logged(&kit, &choosy, &format!("GET /a?x={x} HTTP/1.1"));
        }
        let files = kit.shared.registry.states.get::<Files>();
        assert_eq!(files.all().len(), 1);
        assert_eq!(read(&kit, &path), [json!({"uri": "/a"}), json!({"m": "1"}), json!({"m": "2"})]);
        assert_eq!(files.counters().written, 3);
    }

    #[test]
    fn the_metadata_says_where_and_what() {
        let dir = tempfile::tempdir().unwrap();
        let kit = kit(&dir);
        let plugin = kit.plugin("file-logger", json!({}));
        logged(&kit, &plugin, "GET /nowhere HTTP/1.1");
        kit.metadata("file-logger", &json!({"path": "m.log", "log_format": {"n": "$uri"}}));
        logged(&kit, &plugin, "GET /1 HTTP/1.1");
        kit.metadata("file-logger", &json!({"path": "n.log", "log_format": {"n": "$uri"}}));
        logged(&kit, &plugin, "GET /2 HTTP/1.1");
        assert_eq!(read(&kit, &dir.path().join("logs/n.log")), [json!({"n": "/2"})]);
        // The first file's thread writes and ends by itself.
        let first = dir.path().join("logs/m.log");
        while read(&kit, &first).is_empty() {
            std::thread::yield_now();
        }
        assert_eq!(read(&kit, &first), [json!({"n": "/1"})]);
    }

    #[test]
    fn files_are_opened_anew_after_they_have_been_moved() {
        let dir = tempfile::tempdir().unwrap();
        let kit = kit(&dir);
        let (path, old) = (dir.path().join("logs/r.log"), dir.path().join("logs/r.log.1"));
        let plugin = kit.plugin("file-logger", json!({"path": "r.log", "log_format": {"u": "$uri"}}));
        logged(&kit, &plugin, "GET /1 HTTP/1.1");
        assert_eq!(read(&kit, &path).len(), 1);
        std::fs::rename(&path, &old).unwrap();
        kit.shared.registry.states.get::<Files>().reopen();
        assert!(read(&kit, &path).is_empty(), "the new file is open");
        logged(&kit, &plugin, "GET /2 HTTP/1.1");
        assert_eq!((read(&kit, &path), read(&kit, &old)), (vec![json!({"u": "/2"})], vec![json!({"u": "/1"})]));
    }

    #[test]
    fn paths_lead_to_logs_and_not_into_the_store() {
        let dir = tempfile::tempdir().unwrap();
        let kit = kit(&dir);
        for path in ["../x.log", "/tmp/../etc/passwd", "/", "a/.."] {
            kit.refuses("file-logger", json!({"path": path}), "expected the path of a file");
        }
        std::fs::write(dir.path().join("admin.key"), "k").unwrap();
        kit.refuses("file-logger", json!({"path": dir.path().join("admin.key")}), "leads into the data directory");
        kit.refuses("file-logger", json!({"path": dir.path().join("new.log")}), "leads into the data directory");
        std::fs::create_dir_all(dir.path().join("logs")).unwrap();
        std::os::unix::fs::symlink(dir.path(), dir.path().join("logs/link")).unwrap();
        kit.refuses("file-logger", json!({"path": "link/admin.key"}), "leads into the data directory");
        kit.refuses("file-logger", json!({"path": "a.log", "match": [["a", "nope", "b"]]}), "'match' expression");
        for path in
            ["/proc/self/mem", "/proc//1/../../x", "/./sys/kernel/x", "/dev/null", "/dev/stdout/x", "/dev", "//dev/sda"]
        {
            kit.refuses("file-logger", json!({"path": path}), "property \"path\" validation failed");
        }
        kit.refuses_metadata("file-logger", &json!({"path": "/proc/sysrq-trigger"}), "/proc holds no files to log to");
        std::os::unix::fs::symlink("/proc/self", dir.path().join("logs/self")).unwrap();
        kit.refuses("file-logger", json!({"path": "self/oom_score_adj"}), "leads into /proc");
        assert_eq!(checked("/dev/stdout".to_owned()).as_deref(), Ok(Path::new("/dev/stdout")));
        // One that cannot be opened costs entries, never the route.
        let plugin = kit.plugin("file-logger", json!({"path": "/nonexistent/x/file.log"}));
        logged(&kit, &plugin, "GET / HTTP/1.1");
        assert!(read(&kit, Path::new("/nonexistent/x/file.log")).is_empty());
        assert_eq!(kit.shared.registry.states.get::<Files>().counters().lost, 1);
    }
}
