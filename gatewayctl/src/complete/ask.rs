//! What only the server knows, for somebody who waits with a finger on the key: within 250 ms, or nothing. Answers are kept for
//! ten seconds in `$XDG_CACHE_HOME/gatewayctl`, readable by their owner alone; there are no secrets among them.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches};
use serde_json::Value;

use super::words::Words;
use crate::admin::{Admin, Page};
use crate::cli::{Cli, Global};
use crate::client::Client;
use crate::context::{self, KeySource, Settings};
use crate::output::Out;
use crate::resources;
use crate::schema;
use crate::world::Env;

/// The longest wait. With the start of the tool it stays below 300 ms.
const LIMIT: Duration = Duration::from_millis(250);

/// How long an answer is good for.
const FRESH: Duration = Duration::from_secs(10);

/// Objects that are asked for at a time: what has come when the time is over is offered.
const PAGE: u16 = 500;

/// Objects that are looked at.
const MOST: usize = 20_000;

/// The longest answer, in bytes.
const LONGEST: usize = 32 << 20;

/// Pairs of a word and what helps to know it by.
type Pairs = Vec<(String, String)>;

/// Asks the server that the words mean.
pub(super) struct Asker {
    pub(super) words: Words,
    env: Env,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Question {
    Ids(&'static str),
    Plugins,
    Grpc,
    Labels(&'static str),
}

impl Asker {
    pub(super) fn new(words: Words, env: Env) -> Asker {
        Asker { words, env }
    }

    /// The ids of a resource, with names. Credentials are asked for of one consumer, and so not here.
    pub(super) fn ids(&self, resource: &str) -> Pairs {
        match resources::find(resource) {
            Ok(resource) if !resource.id.is_nested() => self.ask(Question::Ids(resource.name)),
            _ => Vec::new(),
        }
    }

    /// The names of the plugins.
    pub(super) fn plugins(&self) -> Pairs {
        self.ask(Question::Plugins)
    }

    /// The services of gRPC that the gateway knows, and their methods behind `between`; where it is a slash, those alone.
    pub(super) fn grpc(&self, between: char) -> Pairs {
        let known = self.ask(Question::Grpc).into_iter();
        let mut words: Pairs = known
            .filter(|(word, _)| between == '.' || word.contains('/'))
            .map(|(word, help)| (word.replace('/', &between.to_string()), help))
            .collect();
        words.truncate(MOST);
        words
    }

    /// The keys of the labels that objects of the resource have, and `key=value` of each value.
    pub(super) fn labels(&self) -> Pairs {
        let kind = self.words.positionals().first().and_then(|word| resources::find(word).ok());
        self.ask(Question::Labels(kind.map_or("routes", |resource| resource.name)))
    }

    /// The contexts of the configuration file, with their servers.
    pub(super) fn contexts(&self) -> Pairs {
        let file = context::load(self.global().config.as_deref(), &self.env).unwrap_or_default();
        file.contexts.into_iter().map(|context| (context.name, context.server.unwrap_or_default())).collect()
    }

    /// The global flags among the words, as far as they can be read.
    fn global(&self) -> Global {
        let command = Cli::command().ignore_errors(true);
        let matches = command.try_get_matches_from(&self.words.line);
        matches.ok().and_then(|matches| Global::from_arg_matches(&matches).ok()).unwrap_or_default()
    }

    fn ask(&self, question: Question) -> Pairs {
        self.try_ask(question).unwrap_or_default()
    }

    fn try_ask(&self, question: Question) -> Option<Pairs> {
        let mut settings = Settings::resolve(&self.global(), &self.env).ok()?;
        let kept = self.kept(&settings, question);
        if let Some(pairs) = kept.as_ref().and_then(read) {
            return Some(pairs);
        }
        // A program may ask for a passphrase, and standard input is the shell's.
        match &settings.key {
            KeySource::Command(_) => return None,
            KeySource::File(path) if path.as_os_str() == "-" => return None,
            _ => {}
        }
        (settings.timeout, settings.retries) = (Some(LIMIT), 0);
        let (answer, answered) = mpsc::channel();
        let so_far = Arc::new(Mutex::new(Pairs::new()));
        let shared = Arc::clone(&so_far);
        // The look-up of a name may take longer than any limit: whoever waits for it waits no longer than for this.
        std::thread::spawn(move || answer.send(fetch(&settings, question, &shared)));
        let whole = answered.recv_timeout(LIMIT);
        let pairs = so_far.lock().map(|mut pairs| std::mem::take(&mut *pairs)).ok()?;
        if whole != Ok(Some(())) {
            // The rest may be there the next time.
            return Some(pairs);
        }
        if let (Some(path), Ok(text)) = (kept, serde_json::to_string(&pairs)) {
            let _ = context::write(&path, &text);
        }
        Some(pairs)
    }

    /// The file in which an answer of this server is kept.
    fn kept(&self, settings: &Settings, question: Question) -> Option<PathBuf> {
        let base = self.env.path("XDG_CACHE_HOME").or_else(|| self.env.home().map(|home| home.join(".cache")))?;
        let mut hasher = DefaultHasher::new();
        (settings.admin.as_str(), &settings.context, settings.key.told(), question).hash(&mut hasher);
        Some(base.join("gatewayctl").join(format!("complete-{:016x}.json", hasher.finish())))
    }
}

/// What is kept, if it is fresh.
fn read(path: &PathBuf) -> Option<Pairs> {
    let age = std::fs::metadata(path).ok()?.modified().ok()?.elapsed().ok()?;
    if age > FRESH {
        return None;
    }
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Asks, and puts what comes among the pairs; `None`: not all of it came.
fn fetch(settings: &Settings, question: Question, pairs: &Mutex<Pairs>) -> Option<()> {
    let out = Out::new(Box::new(std::io::sink()), Box::new(std::io::sink()));
    let stdin: RefCell<Box<dyn Read + Send>> = RefCell::new(Box::new(std::io::empty()));
    let client = Client::new(settings, &out, &stdin).at_most(LONGEST);
    let admin = Admin::new(&client, settings);
    let put = |word: &str, help: &str| {
        if let Ok(mut pairs) = pairs.lock() {
            pairs.push((word.to_owned(), help.to_owned()));
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        match question {
            Question::Plugins => {
                schema::plugins(&admin).await.ok()?.iter().for_each(|name| put(name, ""));
                Some(())
            }
            Question::Grpc => {
                let told = admin.live("grpc/services").await.ok()??;
                services(&told).iter().for_each(|(word, help)| put(word, help));
                Some(())
            }
            Question::Ids(resource) => {
                each(&admin, resource, &mut |id, value| {
                    let about =
                        ["name", "desc", "username", "uri"].iter().find_map(|field| value.get(*field)?.as_str());
                    put(id, about.filter(|about| *about != id).unwrap_or_default());
                })
                .await
            }
            Question::Labels(resource) => {
                let mut known = std::collections::BTreeSet::new();
                each(&admin, resource, &mut |_, value| {
                    let labels = value.get("labels").and_then(Value::as_object);
                    for (key, value) in labels.into_iter().flatten() {
                        let value = value.as_str().map(|value| format!("{key}={value}"));
                        for word in std::iter::once(key.clone()).chain(value) {
                            if known.insert(word.clone()) {
                                put(&word, "");
                            }
                        }
                    }
                })
                .await
            }
        }
    })
}

/// Services, and methods as `package.Service/Method`, from the answer of `live/grpc/services`; each once.
fn services(told: &Value) -> Pairs {
    let mut words = std::collections::BTreeMap::new();
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    for row in told.as_array().into_iter().flatten() {
        let service = text(row, "service");
        for method in row.get("methods").and_then(Value::as_array).into_iter().flatten() {
            words.insert(format!("{service}/{}", text(method, "name")), text(method, "input"));
        }
        if !service.is_empty() {
            words.insert(service, text(row, "source"));
        }
    }
    words.into_iter().collect()
}

/// Visits the objects of a resource, page by page.
async fn each(admin: &Admin<'_>, resource: &str, visit: &mut dyn FnMut(&str, &Value)) -> Option<()> {
    let mut left = MOST;
    let page = Page { size: Some(PAGE), ..Page::default() };
    let mut seen = |item: crate::resources::Item| {
        visit(&item.reference.id, &item.value);
        left = left.saturating_sub(1);
        left > 0
    };
    admin.each(resources::find(resource).ok()?, None, &page, &mut seen).await.ok()
}
