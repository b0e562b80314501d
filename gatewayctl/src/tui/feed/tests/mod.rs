//! The feed against a server that does what servers do.

mod faults;
mod server;

use std::io::empty;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Map, Value, json};

use self::server::{KEY, Server};
use super::{Ask, Feed, Options, lists, told};
use crate::cli::Global;
use crate::context::Settings;
use crate::tui::msg::{Call, Failure, Link, Msg, Source, Told};
use crate::world::Env;

/// How long something may take to happen.
const PATIENCE: Duration = Duration::from_secs(20);

const ROUTES: Source = Source::List("routes");

/// The shell: what it has been told so far, and the list of routes that it keeps.
struct Shell {
    feed: Feed,
    messages: Receiver<Msg>,
    told: Vec<Told>,
    links: Vec<Link>,
    routes: Option<Map<String, Value>>,
}

fn settings(server: &Server, key: &str) -> Settings {
    let url = |path: &str| Some(format!("http://{}{path}", server.address));
    let global = Global {
        server: url(""),
        control_server: url("/"),
        metrics: url("/metrics"),
        key: Some(key.to_owned()),
        timeout: Some("2s".to_owned()),
        ..Global::default()
    };
    Settings::resolve(&global, &Env::of(std::iter::empty::<(String, String)>())).unwrap()
}

fn options() -> Options {
    Options { refresh: Duration::from_millis(100), record: None }
}

impl Shell {
    fn start(server: &Server) -> Shell {
        Shell::of(&settings(server, KEY), options(), 256)
    }

    fn of(settings: &Settings, options: Options, places: usize) -> Shell {
        let (sender, messages) = sync_channel(places);
        let feed = Feed::start(settings, &mut empty(), sender, options).unwrap();
        Shell { feed, messages, told: Vec::new(), links: Vec::new(), routes: None }
    }

    fn watch(&self, source: Source) {
        self.feed.ask(Ask::Watch(source, Vec::new()));
    }

    /// Takes messages until one is what is waited for.
    fn until<T>(&mut self, what: &str, mut wanted: impl FnMut(&Msg, &Shell) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let msg = self.messages.recv_timeout(left);
            let msg = msg.unwrap_or_else(|_| panic!("{what}: {:?} {:?}", self.links, self.told));
            match &msg {
                Msg::Told(told) => {
                    self.take(told);
                    self.told.push(told.clone());
                }
                Msg::Link(link) => self.links.push(link.clone()),
                _ => {}
            }
            if let Some(found) = wanted(&msg, self) {
                return found;
            }
        }
    }

    /// Keeps the list as the feed's documentation says.
    fn take(&mut self, told: &Told) {
        if told.source == ROUTES && told::failure(&told.value).is_none() {
            let objects = told.value.as_array().unwrap().iter();
            self.routes =
                Some(objects.map(|object| (object["id"].as_str().unwrap().to_owned(), object.clone())).collect());
        }
        if told.source == Source::Events
            && told.value.get("resource") == Some(&json!("routes"))
            && let Some(routes) = &mut self.routes
        {
            lists::apply(routes, &told.value);
        }
    }

    fn value(&mut self, source: Source) -> Value {
        self.until(&told::name(source), |msg, _| match msg {
            Msg::Told(told) if told.source == source => Some(told.value.clone()),
            _ => None,
        })
    }

    /// Until a source has told, also earlier, what is waited for.
    fn has(&mut self, source: Source, wanted: impl Fn(&Value) -> bool) -> Value {
        let is = |told: &Told| told.source == source && wanted(&told.value);
        if let Some(told) = self.told.iter().find(|told| is(told)) {
            return told.value.clone();
        }
        self.until(&told::name(source), |msg, _| match msg {
            Msg::Told(told) if is(told) => Some(told.value.clone()),
            _ => None,
        })
    }

    fn failure(&mut self, source: Source) -> Failure {
        self.until(&format!("failure of {}", told::name(source)), |msg, _| match msg {
            Msg::Told(told) if told.source == source => told::failure(&told.value),
            _ => None,
        })
    }

    fn link(&mut self, what: &str, wanted: impl Fn(&Link) -> bool) -> Link {
        self.until(what, |msg, _| match msg {
            Msg::Link(link) if wanted(link) => Some(link.clone()),
            _ => None,
        })
    }

    fn up(&mut self) {
        self.link("link is up", |link| matches!(link, Link::Up { .. }));
    }

    /// Until the list is as the server has it.
    fn same(&mut self, server: &Server) {
        let same = |shell: &Shell| {
            let state = server.state();
            let expected = state.objects.iter().filter_map(|(path, (value, revision))| {
                let id = path.strip_prefix("routes/")?;
                let mut value = value.clone();
                value["id"] = id.into();
                value["modifiedIndex"] = (*revision).into();
                Some((id.to_owned(), value))
            });
            shell.routes.as_ref().is_some_and(|routes| {
                let mut own: Vec<_> = routes.clone().into_iter().collect();
                own.sort_by(|a, b| a.0.cmp(&b.0));
                own == expected.collect::<Vec<_>>()
            })
        };
        if !same(self) {
            self.until("the list is the server's", |_, shell| same(shell).then_some(()));
        }
    }

    fn call(&self, ticket: u64, method: Method, path: &str, body: Option<Value>) {
        let call = Call { method, path: path.to_owned(), body, if_match: None, patience: None };
        self.feed.ask(Ask::Call(ticket, call));
    }

    fn answer(&mut self, wanted: u64) -> Result<Value, Failure> {
        self.until(&format!("answer {wanted}"), |msg, _| match msg {
            Msg::Answer { ticket, result } if *ticket == wanted => Some(result.clone()),
            _ => None,
        })
    }
}

/// Waits until something is so on the server.
fn eventually(what: &str, mut is: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn everything_is_told_while_it_is_watched() {
    let server = Server::start();
    let mut shell = Shell::start(&server);
    shell.up();
    assert_eq!(shell.links, [Link::Connecting, Link::Up { live: true }]);
    for source in [Source::Info, Source::Nodes, Source::Stats, Source::Tap, Source::Logs, Source::Plugins] {
        shell.watch(source);
    }
    let info = shell.has(Source::Info, Value::is_object);
    assert_eq!((&info["instance_id"], &info["live"]["roles"][0]), (&json!("a1"), &json!("admin")));
    shell.has(Source::Plugins, |value| *value == json!({"cors": {}}));
    for (name, line) in [("stats", json!({"rev": 1})), ("tap", json!({"id": "r1"})), ("logs", json!({"ts": 7.5}))] {
        eventually(name, || server.push(name, &line.to_string()) > 0);
        shell.has(told::source(name).unwrap(), |value| *value == line);
    }
    assert!(server.state().asked.iter().any(|asked| asked.starts_with("GET /live/stats?interval=100ms")));

    // Another filter, and the end.
    shell.feed.ask(Ask::Watch(Source::Tap, vec![("status", "5xx".to_owned())]));
    eventually("the tap begins again", || {
        server.state().asked.iter().any(|asked| asked.starts_with("GET /live/tap?status=5xx"))
    });
    shell.feed.ask(Ask::Unwatch(Source::Tap));
    eventually("nobody reads the tap", || server.push("tap", "{}") == 0);
    let polls = server.times("/live/nodes");
    eventually("nodes are asked for again", || server.times("/live/nodes") > polls);
    shell.feed.ask(Ask::Unwatch(Source::Nodes));
    shell.feed.ask(Ask::Refresh(Source::Info));
    let infos = server.times("/live/info");
    eventually("the refresh", || server.times("/live/info") > infos);
}

#[test]
fn history_and_certificates_are_read_again_after_a_change() {
    let server = Server::start();
    let mut shell = Shell::start(&server);
    shell.feed.ask(Ask::Watch(Source::History, vec![("limit", "7".to_owned())]));
    shell.watch(Source::Certs);
    assert_eq!(shell.value(Source::History)["changes"], json!([]));
    eventually("the changes are read", || server.times("/live/events") > 0);
    server.state().documents.insert("/live/certs".into(), (200, "[1]".into()));
    server.change("ssls", "1", Some(json!({})));
    shell.has(Source::History, |value| value["changes"][0]["id"] == "1");
    shell.has(Source::Certs, |value| *value == json!([1]));
    assert!(server.state().asked.iter().any(|asked| asked.starts_with("GET /live/history?limit=7")));
}

#[test]
fn lists_stay_the_servers_whatever_happens_meanwhile() {
    let server = Server::start();
    for n in 0..20 {
        server.change("routes", &format!("r{n}"), Some(json!({ "uri": n })));
    }
    server.state().slow = Duration::from_millis(30);
    let mut shell = Shell::start(&server);
    shell.watch(ROUTES);
    for round in 0..60_u64 {
        let id = format!("r{}", fastrand::u8(0..25));
        let value = (!fastrand::bool() || round % 3 == 0).then(|| json!({ "uri": format!("/{round}") }));
        server.change("routes", &id, value);
        match round % 15 {
            3 => server.cut("events"),
            7 => shell.feed.ask(Ask::Refresh(ROUTES)),
            11 => {
                server.push("events", "{\"dropped\":3}");
            }
            _ => {}
        }
        std::thread::sleep(Duration::from_millis(fastrand::u64(0..12)));
    }
    shell.same(&server);
    let rows: Vec<u64> = shell
        .told
        .iter()
        .filter(|told| told.source == Source::Events)
        .filter_map(|told| told.value["rev"].as_u64())
        .collect();
    assert!(rows.is_sorted() && rows.windows(2).all(|two| two[0] != two[1]), "{rows:?}");
}

#[test]
fn a_long_list_is_whole_however_it_is_cut() {
    let server = Server::start();
    for n in 0..1_200 {
        server.change("routes", &format!("r{n:04}"), Some(json!({ "uri": n })));
    }
    server.state().slow = Duration::from_millis(40);
    let mut shell = Shell::start(&server);
    shell.watch(ROUTES);
    eventually("the first page", || server.times("/routes") >= 1);
    // What moves to a page that was read is not on the page that comes.
    for n in 0..3 {
        server.change("routes", &format!("r{n:04}"), None);
    }
    shell.same(&server);
    assert_eq!(shell.routes.as_ref().map(Map::len), Some(1_197));
}

#[test]
fn calls_run_beside_and_fail_in_the_words_of_commands() {
    let server = Server::start();
    server.state().slow = Duration::from_millis(50);
    let mut shell = Shell::start(&server);
    for ticket in 0..20 {
        shell.call(ticket, Method::PUT, &format!("/routes/{ticket}"), Some(json!({"uri": "/"})));
    }
    let mut answers = 0;
    shell.until("answers", |msg, _| {
        answers += usize::from(matches!(msg, Msg::Answer { result: Ok(_), .. }));
        (answers == 20).then_some(())
    });
    assert_eq!(server.state().running.1, 8);

    shell.call(30, Method::PUT, "/routes/x", Some(json!({"uri": 1})));
    let failure = shell.answer(30).unwrap_err();
    assert_eq!(failure.status, Some(400));
    assert_eq!(failure.message, "route/x: property \"uri\" validation failed: wrong type: expected string, got number");
    assert_eq!(failure.hints, ["gatewayctl explain route.uri"]);
    shell.call(31, Method::GET, "/routes/none", None);
    let failure = shell.answer(31).unwrap_err();
    assert_eq!((failure.status, &*failure.message), (Some(404), "route/none: does not exist"));
    shell.call(32, Method::GET, "/../x", None);
    assert_eq!(shell.answer(32).unwrap_err().message, "/../x leaves the Admin API");
}

#[test]
fn a_context_that_is_read_only_changes_nothing() {
    let server = Server::start();
    let mut settings = settings(&server, KEY);
    settings.read_only = true;
    settings.context = Some("prod".to_owned());
    let mut shell = Shell::of(&settings, options(), 16);
    shell.call(1, Method::DELETE, "/routes/1", None);
    assert_eq!(shell.answer(1).unwrap_err().message, "the context \"prod\" is read-only");
    shell.call(2, Method::GET, "/routes", None);
    assert!(shell.answer(2).is_ok());
    assert_eq!(server.times("/routes/1"), 0);
}

#[test]
fn a_change_that_is_on_its_way_arrives() {
    let server = Server::start();
    server.state().slow = Duration::from_millis(300);
    let mut shell = Shell::start(&server);
    shell.up();
    shell.call(1, Method::PUT, "/routes/late", Some(json!({"uri": "/"})));
    shell.call(2, Method::GET, "/routes/slow", None);
    eventually("it is under way", || server.times("/routes/late") == 1);
    let begun = Instant::now();
    drop(shell);
    assert!(begun.elapsed() >= Duration::from_millis(200) && begun.elapsed() < Duration::from_secs(3));
    assert!(server.state().objects.contains_key("routes/late"));
}

#[test]
fn what_is_told_is_recorded_and_told_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rec.ndjson");
    let server = Server::start();
    server.change("routes", "a", Some(json!({"plugins": {"key-auth": {"key": "s3cret"}}})));
    let options = Options { record: Some(path.clone()), ..options() };
    let mut shell = Shell::of(&settings(&server, KEY), options, 4);
    shell.watch(ROUTES);
    shell.watch(Source::Info);
    shell.until("both", |_, shell| {
        let has = |source| shell.told.iter().any(|told| told.source == source);
        (has(ROUTES) && has(Source::Info)).then_some(())
    });
    let (live, links) = (shell.told.clone(), shell.links.clone());
    drop(shell.feed);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("s3cret") && text.contains("\"source\":\"list/routes\""), "{text}");

    let (sender, messages) = sync_channel(1);
    let feed = Feed::replay(&path, 1000.0, sender).unwrap();
    let recorded = Feed::recorded(&path).unwrap();
    assert_eq!((&recorded.server, &recorded.context), (&server.address.to_string(), &server.address.to_string()));
    // The first link says what server it is.
    let again: Vec<Msg> = messages.iter().take(live.len() + links.len() + 1).collect();
    let told: Vec<&Told> =
        again.iter().filter_map(|msg| if let Msg::Told(told) = msg { Some(told) } else { None }).collect();
    for (told, live) in told.iter().zip(&live) {
        assert_eq!((told.source, told.at_ms), (live.source, live.at_ms));
        assert_eq!(told.value, super::record::without_secrets(live));
    }
    assert_eq!(again.iter().filter(|msg| matches!(msg, Msg::Link(_))).count(), links.len() + 1);
    drop(feed);
}

#[test]
fn metrics_are_rows_and_their_histograms_percentiles() {
    let server = Server::start();
    let text = "# TYPE a counter\na{route=\"1\"} 5\n# TYPE t histogram\nt_bucket{le=\"10\"} 4\nt_bucket{le=\"+Inf\"} 4\nt_sum 8\nt_count 4\n";
    server.state().documents.insert("/metrics".into(), (200, text.into()));
    let mut shell = Shell::start(&server);
    shell.up();
    shell.watch(Source::Metrics);
    let rows = shell.has(Source::Metrics, Value::is_array);
    assert_eq!(rows[0], json!({"name": "a", "labels": {"route": "1"}, "type": "counter", "value": 5.0}));
    assert_eq!((&rows[1]["count"], &rows[1]["percentiles"]["p50"]), (&json!(4.0), &json!(5.0)));
    // What is no text of metrics says nothing of the link.
    server.state().documents.insert("/metrics".into(), (200, "<html>".into()));
    assert!(shell.failure(Source::Metrics).message.contains("the metrics at"));
    assert_eq!(shell.links, [Link::Connecting, Link::Up { live: true }]);
}

#[test]
fn listeners_are_where_the_gateway_says() {
    let server = Server::start();
    {
        let mut state = server.state();
        let listener =
            json!({"name": "metrics", "addr": server.address.to_string(), "scheme": "http", "path": "/metrics"});
        let info = json!({"instance_id": "a1", "config": {"revision": 100}, "listeners": [listener]});
        state.documents.insert("/live/info".into(), (200, info.to_string()));
        state.documents.insert("/metrics".into(), (200, "apisix_http_status{code=\"200\",route=\"1\"} 5\n".into()));
    }
    // Nobody says where they are.
    let global = Global {
        server: Some(format!("http://{}", server.address)),
        key: Some(KEY.to_owned()),
        timeout: Some("2s".to_owned()),
        ..Global::default()
    };
    let settings = Settings::resolve(&global, &Env::of(std::iter::empty::<(String, String)>())).unwrap();
    let mut shell = Shell::of(&settings, options(), 64);
    shell.watch(Source::Metrics);
    let told = shell.has(Source::Metrics, Value::is_array);
    assert_eq!(told[0]["name"], "apisix_http_status");
    let asked = server.times("/live/info");
    let times = server.times("/metrics");
    eventually("it is read again", || server.times("/metrics") > times);
    assert_eq!(server.times("/live/info"), asked, "where it is was asked once");
    // One that has none says so.
    server.state().documents.insert("/metrics".into(), (500, "no".into()));
    let info = json!({"instance_id": "a1", "config": {"revision": 100}, "listeners": [{"name": "proxy", "addr": "0.0.0.0:9080", "scheme": "http"}]});
    server.state().documents.insert("/live/info".into(), (200, info.to_string()));
    assert!(shell.failure(Source::Metrics).message.contains("answered 500"));
    shell.feed.ask(Ask::Refresh(Source::Metrics));
    assert_eq!(shell.failure(Source::Metrics).message, "the gateway has no metrics listener");
}
