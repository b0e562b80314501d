//! The configuration file: named servers, defaults, aliases. Unknown fields are errors with line and column, so that a
//! misspelt `read-only` does not leave production writable.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::commands::alias;
use crate::error::{Error, Result, Source};
use crate::files::parse::{self, ParseError};
use crate::output::{Output, Printing, mask};
use crate::suggest;
use crate::tui::action::Action;
use crate::world::Env;

/// The file, whole.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct File {
    pub(crate) current_context: Option<String>,
    pub(crate) contexts: Vec<Context>,
    pub(crate) defaults: Defaults,
    /// A word and the command line it stands for.
    pub(crate) aliases: BTreeMap<String, String>,
    /// The terminal UI.
    pub(crate) tui: Tui,
}

/// How the terminal UI looks and what its keys do.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Tui {
    /// A theme of its own, or one of the files in `themes/` beside the configuration file.
    pub(crate) theme: String,
    /// How often what is shown is renewed.
    #[serde(deserialize_with = "refresh")]
    pub(crate) refresh: Duration,
    /// Whether the mouse is listened to.
    pub(crate) mouse: bool,
    /// An action and the keys that it has instead of its own: one, or a list.
    #[serde(deserialize_with = "keys")]
    pub(crate) keys: BTreeMap<String, Vec<String>>,
}

impl Default for Tui {
    fn default() -> Tui {
        Tui { theme: "default".to_owned(), refresh: Duration::from_secs(1), mouse: true, keys: BTreeMap::new() }
    }
}

fn refresh<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let read = super::duration("refresh", &text).map_err(|error| D::Error::custom(error.message()))?;
    read.filter(|refresh| *refresh >= Duration::from_millis(100))
        .ok_or_else(|| D::Error::custom(format!("refresh: \"{text}\" is less than 100ms")))
}

/// Two actions that share a key are told with their names: one of them could not be had.
fn keys<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<BTreeMap<String, Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a key or a list of keys")]
    enum Keys {
        One(String),
        Many(Vec<String>),
    }
    let read = BTreeMap::<String, Keys>::deserialize(deserializer)?;
    let list = |keys| match keys {
        Keys::One(key) => vec![key],
        Keys::Many(keys) => keys,
    };
    if let Some(action) = read.keys().find(|action| Action::find(action).is_none()) {
        let near = suggest::hint(action, Action::ALL.iter().map(|action| action.name()));
        let near = near.map(|near| format!("; {near}")).unwrap_or_default();
        return Err(D::Error::custom(format!("keys: unknown action \"{action}\"{near}")));
    }
    let keys: BTreeMap<String, Vec<String>> = read.into_iter().map(|(action, keys)| (action, list(keys))).collect();
    let mut actions: BTreeMap<&str, &str> = BTreeMap::new();
    for (action, key) in keys.iter().flat_map(|(action, keys)| keys.iter().map(move |key| (action, key))) {
        if key.is_empty() {
            return Err(D::Error::custom(format!("keys: {action} has an empty key")));
        }
        if let Some(other) = actions.insert(key, action) {
            return Err(D::Error::custom(format!("keys: {other} and {action} are both on {key}")));
        }
    }
    Ok(keys)
}

/// One named server.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Context {
    pub(crate) name: String,
    pub(crate) server: Option<String>,
    pub(crate) control_server: Option<String>,
    pub(crate) gateway: Option<String>,
    pub(crate) metrics: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) key_file: Option<PathBuf>,
    /// A program and its arguments; the first line it prints is the key.
    pub(crate) key_command: Option<Vec<String>>,
    /// The key is in the system's keyring, under the name of the context.
    #[serde(default)]
    pub(crate) keyring: bool,
    pub(crate) ca: Option<PathBuf>,
    pub(crate) cert: Option<PathBuf>,
    pub(crate) cert_key: Option<PathBuf>,
    pub(crate) tls_server_name: Option<String>,
    #[serde(default)]
    pub(crate) insecure_skip_verify: bool,
    /// Every write is refused by the tool.
    #[serde(default)]
    pub(crate) read_only: bool,
    #[serde(default)]
    pub(crate) confirm: Confirm,
    /// The accent of what is shown of this server, so that production looks different.
    pub(crate) color: Option<Accent>,
}

/// Colours that a context may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Accent {
    /// For what must not be touched by mistake.
    Red,
    /// For what is careful.
    Yellow,
    /// For what is free.
    Green,
    /// And others.
    Blue,
    /// And others.
    Magenta,
    /// And others.
    Cyan,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The rest may hold a key.
        f.debug_struct("Context").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Which changes a context asks about first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Confirm {
    /// None.
    Never,
    /// Deletions.
    #[default]
    Deletes,
    /// Every change.
    Writes,
}

/// Settings for every context.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Defaults {
    pub(crate) output: Option<String>,
    pub(crate) timeout: Option<String>,
}

/// Reads the file named by flag or environment, or the usual one if it is there.
///
/// # Errors
/// Usage: a named file that cannot be read; a file that is not as it should be, with the place.
pub(crate) fn load(flag: Option<&Path>, env: &Env, warnings: &mut Vec<String>) -> Result<File> {
    let Some((path, named)) = path(flag, env) else { return Ok(File::default()) };
    let text = match crate::input::text(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !named => return Ok(File::default()),
        Err(error) => return Err(Error::usage(format!("cannot read {}: {error}", path.display()))),
    };
    if readable_by_others(&path) {
        let path = path.display();
        warnings.push(format!("{path} may hold keys and can be read by other users; chmod 600 {path}"));
    }
    parse(&path.display().to_string(), &text)
}

/// Where the configuration file is, and whether the user named it.
pub(super) fn path(flag: Option<&Path>, env: &Env) -> Option<(PathBuf, bool)> {
    if let Some(named) = flag.map(Path::to_owned).or_else(|| env.path("GATEWAYCTL_CONFIG")) {
        return Some((named, true));
    }
    let base = if cfg!(windows) { env.path("APPDATA") } else { env.path("XDG_CONFIG_HOME") };
    let base = base.or_else(|| Some(env.home()?.join(".config")))?;
    Some((base.join("gatewayctl").join("config.yaml"), false))
}

/// A path of the file, in which `~/` is the home directory.
pub(crate) fn expand(path: &Path, env: &Env) -> PathBuf {
    match (path.strip_prefix("~"), env.home()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

pub(super) fn parse(file: &str, text: &str) -> Result<File> {
    if text.trim().is_empty() {
        return Ok(File::default());
    }
    let options = serde_saphyr::options! { with_snippet: false };
    let read = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let error = ParseError::of_settings(&error, text);
        let own = error.message.clone();
        let word = own.split('`').nth(1).unwrap_or_default();
        let known = own.split_once("expected one of ").map_or("", |(_, known)| known).split(", ");
        let meant = suggest::hint(word, known.map(|name| name.trim_matches('`')));
        error.in_file(file).hints(meant)
    })?;
    check(&read).map_err(|(pointer, error)| match parse::parse_yaml(text).ok().and_then(|mut read| read.pop()) {
        Some(document) => error.at(Source { file: file.to_owned(), ..document.source(&pointer) }),
        None => error,
    })?;
    Ok(read)
}

/// What each field by itself cannot say: a context is there once, has one key, and its addresses are URLs.
fn check(file: &File) -> std::result::Result<(), (String, Error)> {
    let defaults = &file.defaults;
    if let Some(output) = &defaults.output {
        // The file of an expression is read where it is used.
        let read = Output::parse(output).and_then(|read| match read.expression.starts_with('@') {
            true => Ok(()),
            false => Printing::of(&read).map(drop),
        });
        read.map_err(|error| ("/defaults/output".to_owned(), error.of("output")))?;
    }
    if let Some(timeout) = &defaults.timeout {
        super::duration("timeout", timeout).map_err(|error| ("/defaults/timeout".to_owned(), error))?;
    }
    for (name, line) in &file.aliases {
        if !alias::is_whole(line) {
            let error = Error::usage(format!("the alias {name} has a quote that is not closed"));
            return Err((format!("/aliases/{}", mask::escape(name)), error));
        }
    }
    let mut names = HashSet::new();
    for (place, context) in file.contexts.iter().enumerate() {
        let at = |field: &str| format!("/contexts/{place}/{field}");
        if !names.insert(context.name.as_str()) {
            return Err((at("name"), Error::usage(format!("the context \"{}\" is there twice", context.name))));
        }
        let keys = [
            ("key", context.key.is_some()),
            ("key-file", context.key_file.is_some()),
            ("key-command", context.key_command.is_some()),
            ("keyring", context.keyring),
        ];
        let given: Vec<&str> = keys.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
        if let [first, second, ..] = given.as_slice() {
            let message = format!("the context \"{}\" has {first} and {second}, and one key is sent", context.name);
            return Err((at(second), Error::usage(message)));
        }
        for (field, url) in [
            ("server", &context.server),
            ("control-server", &context.control_server),
            ("gateway", &context.gateway),
            ("metrics", &context.metrics),
        ] {
            if let Some(url) = url {
                super::parse_url(field, url).map_err(|error| (at(field), error))?;
            }
        }
    }
    Ok(())
}

#[cfg(unix)]
fn readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn readable_by_others(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Form;

    #[test]
    fn the_documented_file_is_read() {
        let file = parse(
            "config.yaml",
            "current-context: local
contexts:
  - name: local
    server: http://127.0.0.1:9180
    key-file: ~/.config/gatewayctl/local.key
    gateway: http://127.0.0.1:9080
    read-only: false
    confirm: writes
  - name: prod
    server: https://gw.example
    key-command: [pass, show, gw/prod]
    read-only: true
defaults: { output: table, timeout: 10s }
aliases: { rl: \"get routes -o wide\" }
tui: { theme: nord, refresh: 500ms, mouse: false, keys: { delete: ctrl-d } }
",
        )
        .unwrap();
        assert_eq!((file.tui.theme.as_str(), file.tui.refresh.as_millis(), file.tui.mouse), ("nord", 500, false));
        assert_eq!(file.tui.keys["delete"], ["ctrl-d"]);
        assert_eq!(parse("x", "current-context: a\n").unwrap().tui, Tui::default());
        assert_eq!(file.contexts.len(), 2);
        assert_eq!(file.contexts[0].confirm, Confirm::Writes);
        assert_eq!(file.contexts[1].confirm, Confirm::Deletes);
        assert!(file.contexts[1].read_only);
        assert_eq!(file.aliases["rl"], "get routes -o wide");
        assert!(parse("x", "").unwrap().contexts.is_empty());
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let mut all = String::new();
        for text in [
            "current-contxt: a\n",
            "contexts:\n  - name: a\n    readonly: true\n",
            "contexts:\n  - server: http://x\n",
            "contexts:\n  - name: a\n    confirm: sometimes\n",
            "contexts: [\n",
            "tui:\n  theme: nord\n  them: x\n",
            "tui:\n  refresh: often\n",
            "tui:\n  refresh: 1ms\n",
            "tui:\n  mouse: maybe\n",
            "tui:\n  keys: { delete: x, edit: x }\n",
            "tui:\n  keys: { delte: x }\n",
            "contexts:\n  - name: a\n  - name: a\n",
            "contexts:\n  - name: a\n    key: k\n    key-file: f\n",
            "contexts:\n  - name: a\n    server: 5\n",
            "current-context: a\ndefaults: {output: xml}\n",
            "defaults:\n  output: jq=.[\n",
            "defaults:\n  timeout: soon\n",
            "aliases:\n  rl: get routes\n  rs: get \"routes\n",
        ] {
            all.push_str(&parse("config.yaml", text).unwrap_err().print(Form::Text, str::to_owned));
        }
        insta::assert_snapshot!(all);
    }

    #[test]
    fn where_the_file_is() {
        let at = |pairs: &[(&str, &str)]| path(None, &Env::of(pairs.iter().map(|(k, v)| (*k, *v))));
        assert_eq!(at(&[("HOME", "/h")]), Some(("/h/.config/gatewayctl/config.yaml".into(), false)));
        assert_eq!(at(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")]), Some(("/x/gatewayctl/config.yaml".into(), false)));
        assert_eq!(at(&[("GATEWAYCTL_CONFIG", "/c")]), Some(("/c".into(), true)));
        assert_eq!(at(&[]), None);
        assert_eq!(expand(Path::new("~/k"), &Env::of([("HOME", "/h")])), Path::new("/h/k"));
    }
}
