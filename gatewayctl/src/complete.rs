//! Completion while somebody types: the scripts of the shells ask the tool itself what can follow, with `GATEWAYCTL_COMPLETE`
//! in the environment. Commands, flags and values come from the command line; ids, plugins and labels from the server, soon or
//! not at all ([`ask`]).

mod ask;
pub(crate) mod nushell;
mod words;

use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use clap::{Arg, Command, ValueHint};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter};
use clap_complete::env::Shells;

use crate::output::clean;
use crate::resources;
use crate::world::Env;
use ask::Asker;
use words::Words;

/// Names the shell that asks.
pub(crate) const VARIABLE: &str = "GATEWAYCTL_COMPLETE";

/// The script that has a shell ask; `None`: no shell of this name is known.
pub(crate) fn script(shell: &str) -> Option<Vec<u8>> {
    if shell == nushell::NAME {
        return Some(nushell::script().into_bytes());
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
        (_, "consumer") if !positional => Some(Wanted::Ids("consumers")),
        (_, "service") if !positional => Some(Wanted::Ids("services")),
        (_, "upstream") if !positional => Some(Wanted::Ids("upstreams")),
        ("grpc describe", "symbol") => Some(Wanted::Grpc('.')),
        ("grpc call", "method") => Some(Wanted::Grpc('/')),
        ("grpc call", "route") => Some(Wanted::Ids("routes")),
        ("grpc services" | "grpc describe" | "grpc call", "proto") => Some(Wanted::Ids("protos")),
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
            Some(wanted) => arg.add(ArgValueCompleter::new(Completer { wanted, asker: Arc::clone(asker) })),
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
    /// Services of gRPC and their methods, with this between the two; where it is a slash, methods alone.
    Grpc(char),
    Labels,
    Contexts,
    /// `ssl/ID` or a file.
    Certificates,
    Methods,
}

/// Completes one argument.
struct Completer {
    wanted: Wanted,
    asker: Arc<Asker>,
}

impl ValueCompleter for Completer {
    fn complete(&self, current: &OsStr) -> Vec<CompletionCandidate> {
        let Some(current) = current.to_str() else { return Vec::new() };
        let mut found: Vec<(String, String)> = match self.wanted {
            Wanted::Objects(own) => self.objects(current, own),
            Wanted::Resources => names(),
            Wanted::Ids(resource) => self.asker.ids(resource),
            Wanted::Plugins => self.asker.plugins(),
            Wanted::Grpc(between) => self.asker.grpc(between),
            Wanted::Labels => self.asker.labels(),
            Wanted::Contexts => self.asker.contexts(),
            Wanted::Certificates => {
                let ids = self.asker.ids("ssls").into_iter();
                ids.map(|(id, help)| (format!("ssl/{id}"), help)).collect()
            }
            Wanted::Methods => crate::commands::api::METHODS.map(|name| (name.to_owned(), String::new())).to_vec(),
        };
        found.retain(|(word, _)| word.starts_with(current));
        let mut all: Vec<CompletionCandidate> = found.into_iter().map(candidate).collect();
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
            let ids = self.asker.ids(resource.name).into_iter();
            return ids.map(|(id, help)| (format!("{kind}/{id}"), help)).collect();
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

fn names() -> Vec<(String, String)> {
    resources::every().map(|resource| (resource.name.to_owned(), String::new())).collect()
}

/// What a server says goes to a terminal: it is cleaned first.
fn candidate((word, help): (String, String)) -> CompletionCandidate {
    let help = (!help.is_empty()).then(|| clean::line(&help).into());
    CompletionCandidate::new(clean::line(&word)).help(help)
}
