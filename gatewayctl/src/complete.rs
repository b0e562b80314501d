//! Completion while somebody types: the scripts of the shells ask the tool itself what can follow, with `GATEWAYCTL_COMPLETE`
//! in the environment. Commands, flags and values come from the command line; ids, plugins and labels from the server, soon or
//! not at all ([`ask`]).

mod ask;
mod bash;
pub(crate) mod nushell;
mod words;

use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use clap::{Arg, Command, ValueHint};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter};
use clap_complete::env::Shells;

use crate::commands::traffic;
use crate::output::clean;
use crate::tui::{screens, theme};
use crate::world::Env;
use crate::{resources, schema};
use ask::Asker;
use words::Words;

/// Names the shell that asks.
pub(crate) const VARIABLE: &str = "GATEWAYCTL_COMPLETE";

/// The script that has a shell ask; `None`: no shell of this name is known.
pub(crate) fn script(shell: &str) -> Option<Vec<u8>> {
    if shell == nushell::NAME {
        return Some(nushell::script().into_bytes());
    }
    if shell == "bash" {
        return Some(bash::script().into_bytes());
    }
    let mut script = Vec::new();
    let completer = Shells::builtins();
    let completer = completer.completer(shell)?;
    completer.write_registration(VARIABLE, "gatewayctl", "gatewayctl", "gatewayctl", &mut script).ok()?;
    Some(script)
}

/// What can follow the words, in the form of the shell; empty where nothing is known, or something fails.
pub(crate) fn answer(shell: &str, args: &[OsString], env: &Env) -> Vec<u8> {
    // `gatewayctl -- gatewayctl get routes …`
    let line: Vec<OsString> = args.iter().skip_while(|arg| *arg != "--").skip(1).cloned().collect();
    if shell == nushell::NAME {
        return nushell::answer(&line, env);
    }
    let shells = Shells::builtins();
    let Some(completer) = shells.completer(shell) else { return Vec::new() };
    if line.is_empty() {
        return script(shell).unwrap_or_default();
    }
    let place = env.get("_CLAP_COMPLETE_INDEX").and_then(|index| index.parse().ok()).unwrap_or(line.len() - 1);
    let mut command = asking(&line, place, env);
    let mut buffer = Vec::new();
    let here = std::env::current_dir().ok();
    match completer.write_complete(&mut command, line, here.as_deref(), &mut buffer) {
        Ok(()) => buffer,
        Err(_) => Vec::new(),
    }
}

/// The command line for somebody who types the word at this place.
fn asking(line: &[OsString], place: usize, env: &Env) -> Command {
    let words = Words::of(&crate::command_line(), line.get(..place).unwrap_or_default());
    with_completers(crate::command_line(), "", &Arc::new(Asker::new(words, env.clone())))
}

/// What an argument of a command is, by the command's words; `None`: nothing that is known elsewhere.
fn wanted(path: &str, arg: &Arg) -> Option<Wanted> {
    let positional = arg.is_positional();
    match (path, arg.get_id().as_str()) {
        (_, "context") => Some(Wanted::Contexts),
        ("context use" | "context delete" | "context rename" | "context test", "name") => Some(Wanted::Contexts),
        (
            "get" | "delete" | "describe" | "edit" | "patch" | "label" | "wait" | "tree" | "create",
            "target" | "targets",
        ) => Some(Wanted::Objects(None)),
        ("label", "words") => Some(Wanted::Objects(None)),
        ("enable" | "disable", _) if positional => Some(Wanted::Objects(None)),
        ("explain", "what") | ("events", "types") => Some(Wanted::Resources),
        ("health", "target") => Some(Wanted::Objects(Some("upstreams"))),
        ("consumers token", "consumer") => Some(Wanted::Ids("consumers")),
        ("certs inspect" | "certs check", "what") => Some(Wanted::Certificates),
        ("secrets test", "id") => Some(Wanted::Ids("secrets")),
        ("plugins schema" | "plugins docs" | "plugins example" | "plugins usage", "plugin") | ("get", "plugin") => {
            Some(Wanted::Plugins)
        }
        ("create", "plugin") => Some(Wanted::Plugins),
        ("get", "sort_by") => Some(Wanted::Order),
        ("wait", "condition") => Some(Wanted::Words(&["exists", "deleted", "healthy", "healthy=", "rev="])),
        ("ui", "screen") => Some(Wanted::Screens),
        ("ui", "theme") => Some(Wanted::Words(&theme::NAMES)),
        ("traffic stat" | "traffic top", "target") => Some(Wanted::Traffic),
        ("traffic tap", "protocol") => Some(Wanted::Words(&traffic::PROTOCOLS)),
        ("traffic tap", "method") => Some(Wanted::Methods),
        ("traffic tap", "route") | ("test", "expect_route") => Some(Wanted::Ids("routes")),
        (_, "only" | "skip") if path.starts_with("config") || path.starts_with("import") => Some(Wanted::Resources),
        (_, "consumer") if !positional => Some(Wanted::Ids("consumers")),
        (_, "service") if !positional => Some(Wanted::Ids("services")),
        (_, "upstream") if !positional => Some(Wanted::Ids("upstreams")),
        ("grpc describe", "symbol") => Some(Wanted::Grpc('.')),
        ("grpc call", "method") => Some(Wanted::Grpc('/')),
        ("grpc call", "route") => Some(Wanted::Ids("routes")),
        ("grpc services" | "grpc describe" | "grpc call", "proto") => Some(Wanted::Protos),
        (_, "selector") => Some(Wanted::Labels),
        ("api", "method") => Some(Wanted::Methods),
        _ => None,
    }
}

/// The command line, with what completes its arguments.
fn with_completers(command: Command, path: &str, asker: &Arc<Asker>) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let mut command = command.mut_args(|arg| {
        if arg.is_hide_set() && arg.get_long().is_some() {
            // Where nothing else fits, hidden flags would be offered: this is none that anybody begins to type.
            return arg.long("\u{1}");
        }
        let value = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string).unwrap_or_default();
        match wanted(path, &arg) {
            Some(wanted) => {
                let several = wanted.is_list(value.contains(",…") || value == "SELECTOR");
                arg.add(ArgValueCompleter::new(Completer { wanted, several, asker: Arc::clone(asker) }))
            }
            None if value == "FILE" => arg.value_hint(ValueHint::FilePath),
            None if value == "DIR" => arg.value_hint(ValueHint::DirPath),
            None => arg,
        }
    });
    for name in names {
        let below = format!("{path} {name}").trim_start().to_owned();
        command = command.mut_subcommand(name, |sub| with_completers(sub, &below, asker));
    }
    command
}

/// What an argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// A resource and ids of it, `route hello` or `route/hello`; or ids of this one, with or without its name in front.
    Objects(Option<&'static str>),
    /// Names of resources.
    Resources,
    /// Ids of a resource.
    Ids(&'static str),
    Plugins,
    /// What a list can be ordered by.
    Order,
    /// What there is traffic by, and then ids of that.
    Traffic,
    Screens,
    /// These.
    Words(&'static [&'static str]),
    /// `proto/ID`, or the id alone.
    Protos,
    /// Services of gRPC and their methods, with this between the two; where it is a slash, methods alone.
    Grpc(char),
    Labels,
    Contexts,
    /// `ssl/ID` or a file.
    Certificates,
    Methods,
}

impl Wanted {
    /// Whether several of them stand with commas between them.
    fn is_list(self, flag: bool) -> bool {
        match self {
            Wanted::Labels => true,
            Wanted::Resources | Wanted::Ids(_) | Wanted::Methods | Wanted::Words(_) => flag,
            _ => false,
        }
    }
}

/// Completes one argument.
struct Completer {
    wanted: Wanted,
    /// It is a flag that takes several values with commas between them.
    several: bool,
    asker: Arc<Asker>,
}

impl ValueCompleter for Completer {
    fn complete(&self, current: &OsStr) -> Vec<CompletionCandidate> {
        let Some(current) = current.to_str() else { return Vec::new() };
        // Those in front of the last comma are there already.
        let at = current.rfind(',').filter(|_| self.several).map_or(0, |comma| comma + 1);
        let (front, current) = current.split_at(at);
        let mut found: Vec<(String, String)> = match self.wanted {
            Wanted::Objects(own) => self.objects(current, own),
            Wanted::Resources => names(),
            Wanted::Order => self.order(current),
            Wanted::Traffic => self.traffic(),
            Wanted::Screens => screens::ALL.iter().map(|entry| (entry.name.to_owned(), String::new())).collect(),
            Wanted::Words(words) => words.iter().map(|word| ((*word).to_owned(), String::new())).collect(),
            Wanted::Protos => match current.split_once('/') {
                Some((kind, _)) => below(kind, self.asker.ids("protos")),
                None => self.asker.ids("protos"),
            },
            Wanted::Ids(resource) => self.asker.ids(resource),
            Wanted::Plugins => self.asker.plugins(),
            Wanted::Grpc(between) => self.asker.grpc(between),
            Wanted::Labels => self.labels(current),
            Wanted::Contexts => self.asker.contexts(),
            Wanted::Certificates => {
                let ids = self.asker.ids("ssls").into_iter();
                ids.map(|(id, help)| (format!("ssl/{id}"), help)).collect()
            }
            Wanted::Methods => crate::commands::api::METHODS.map(|name| (name.to_owned(), String::new())).to_vec(),
        };
        found.retain(|(word, _)| word.starts_with(current));
        let whole = |(word, help)| candidate((format!("{front}{word}"), help));
        let mut all: Vec<CompletionCandidate> = found.into_iter().map(whole).collect();
        if self.wanted == Wanted::Certificates {
            all.extend(PathCompleter::file().complete(OsStr::new(current)));
        }
        all
    }
}

impl Completer {
    fn objects(&self, current: &str, own: Option<&'static str>) -> Vec<(String, String)> {
        // `route/he`
        if let Some((kind, _)) = current.split_once('/') {
            let Ok(resource) = resources::find(kind) else { return Vec::new() };
            return below(kind, self.asker.ids(resource.name));
        }
        let typed = self.asker.words.positionals();
        match (typed.first(), own) {
            (None, None) => names(),
            (None, Some(own)) => self.asker.ids(own),
            (Some(kind), _) => {
                let Ok(resource) = resources::find(kind) else { return Vec::new() };
                let mut ids = self.asker.ids(resource.name);
                ids.retain(|(id, _)| !typed.iter().skip(1).any(|word| word == id));
                ids
            }
        }
    }
}

impl Completer {
    /// Fields of the resource that was typed, and behind a colon the directions.
    fn order(&self, current: &str) -> Vec<(String, String)> {
        if let Some((field, _)) = current.split_once(':') {
            return ["asc", "desc"].map(|way| (format!("{field}:{way}"), String::new())).to_vec();
        }
        let typed = self.asker.words.positionals().first();
        let Some(resource) = typed.and_then(|kind| resources::find(kind).ok()) else { return Vec::new() };
        let schema = gateway_model::schemas::json(resource.schema()).unwrap_or_default();
        let mut fields: Vec<String> = schema::fields(&schema).into_iter().map(str::to_owned).collect();
        fields.sort();
        fields.into_iter().map(|field| (field, String::new())).collect()
    }

    fn traffic(&self) -> Vec<(String, String)> {
        match self.asker.words.positionals() {
            [] => traffic::dimensions().map(|name| (name.to_owned(), String::new())).collect(),
            [by, typed @ ..] => {
                let mut ids = match traffic::known_by(by) {
                    Some("protocol") => traffic::PROTOCOLS.map(|name| (name.to_owned(), String::new())).to_vec(),
                    Some(dimension) => self.asker.ids(dimension),
                    None => Vec::new(),
                };
                ids.retain(|(id, _)| !typed.contains(id));
                ids
            }
        }
    }

    /// Keys of labels, and behind what compares them the values that they have.
    fn labels(&self, current: &str) -> Vec<(String, String)> {
        let end = current.find(['=', '!']).filter(|at| *at > 0);
        let Some((key, rest)) = end.map(|at| current.split_at(at)) else {
            let (not, _) = current.split_at(usize::from(current.starts_with('!')));
            let mut keys = self.asker.labels();
            keys.retain(|(key, _)| !key.contains('='));
            return below_with(not, keys);
        };
        let Some(operator) = ["!=", "==", "="].into_iter().find(|operator| rest.starts_with(operator)) else {
            return Vec::new();
        };
        let own = format!("{key}=");
        let values = self.asker.labels().into_iter();
        let values = values.filter_map(|(pair, help)| Some((pair.strip_prefix(&own)?.to_owned(), help)));
        below_with(&format!("{key}{operator}"), values.collect())
    }
}

/// The ids behind the kind that was typed.
fn below(kind: &str, ids: Vec<(String, String)>) -> Vec<(String, String)> {
    below_with(&format!("{kind}/"), ids)
}

fn below_with(front: &str, words: Vec<(String, String)>) -> Vec<(String, String)> {
    words.into_iter().map(|(word, help)| (format!("{front}{word}"), help)).collect()
}

fn names() -> Vec<(String, String)> {
    resources::every().map(|resource| (resource.name.to_owned(), String::new())).collect()
}

/// What a server says goes to a terminal: it is cleaned first.
fn candidate((word, help): (String, String)) -> CompletionCandidate {
    let help = (!help.is_empty()).then(|| clean::line(&help).into());
    CompletionCandidate::new(clean::line(&word)).help(help)
}
