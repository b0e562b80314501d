//! Where the admin key comes from. Nothing here is printed: a key shows as `****` in every debug form.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::config::{Context, expand};
use crate::cli::Global;
use crate::error::{Error, Result};
use crate::input;
use crate::world::Env;

/// An admin key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    /// One that was typed.
    pub(crate) fn typed(text: &str) -> Key {
        Key(text.trim().to_owned())
    }

    pub(crate) fn secret(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("****")
    }
}

/// The first place that has a key. It is read when the first request is made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum KeySource {
    Given(Key),
    /// `-` is standard input.
    File(PathBuf),
    /// Run once; the first line it prints is the key.
    Command(Vec<String>),
    /// In the system's keyring, under the name of a context.
    Keyring(String),
    /// The files in which a gateway on this machine may have put the key that it generated. Empty for a server that is
    /// elsewhere: a key must not be sent to a machine it was not made by.
    Generated(Vec<PathBuf>),
}

impl KeySource {
    /// The key; `None` when nothing was given and no gateway of this machine left one. A command may take `patience`, or
    /// for ever.
    ///
    /// # Errors
    /// Usage: a file or a command that was named and gives no key.
    pub(crate) fn read(&self, stdin: &mut dyn Read, patience: Option<Duration>) -> Result<Option<Key>> {
        match self {
            KeySource::Given(key) => Ok(Some(key.clone())),
            KeySource::File(path) if path.as_os_str() == "-" => {
                let text = input::first_line(stdin)
                    .map_err(|error| Error::usage(format!("cannot read the key from standard input: {error}")))?;
                first_line(&text).map(Some).ok_or_else(|| Error::usage("no key on the first line of standard input"))
            }
            KeySource::File(path) => {
                let named = path.display();
                let text = of_file(path)
                    .map_err(|error| Error::usage(format!("cannot read the key from {named}: {error}")))?;
                first_line(&text).map(Some).ok_or_else(|| Error::usage(format!("no key on the first line of {named}")))
            }
            KeySource::Command(words) => run("key-command", words, patience).map(Some),
            KeySource::Keyring(name) => keyring(name, patience).map(Some),
            KeySource::Generated(paths) => Ok(paths.iter().find_map(|path| first_line(&of_file(path).ok()?))),
        }
    }

    /// Where the key comes from, in words, and never the key.
    pub(crate) fn told(&self) -> String {
        match self {
            KeySource::Given(_) => "given by flag, environment or context".to_owned(),
            KeySource::File(path) if path.as_os_str() == "-" => "from standard input".to_owned(),
            KeySource::File(path) => format!("from the file {}", path.display()),
            KeySource::Command(words) => {
                format!("from key-command {}", words.first().map(String::as_str).unwrap_or_default())
            }
            KeySource::Keyring(_) => "from the system's keyring".to_owned(),
            KeySource::Generated(paths) => {
                let found = paths.iter().find(|path| path.is_file());
                found.map_or_else(
                    || "none".to_owned(),
                    |path| format!("from {}, which a gateway of this machine wrote", path.display()),
                )
            }
        }
    }

    /// What helps somebody whom the server did not let in. `sent`: a key was found and sent, so it is a wrong one.
    pub(crate) fn hints(&self, sent: bool) -> Vec<String> {
        let KeySource::Generated(paths) = self else {
            let from = match self {
                KeySource::File(path) if path.as_os_str() == "-" => "the key from standard input".to_owned(),
                KeySource::File(path) => format!("the key in {}", path.display()),
                KeySource::Command(_) => "the key that key-command printed".to_owned(),
                KeySource::Keyring(_) => "the key in the system's keyring".to_owned(),
                KeySource::Given(_) | KeySource::Generated(_) => "the key".to_owned(),
            };
            return vec![format!("{from} is not one of the gateway's admin keys; see deployment.admin.admin_key")];
        };
        let mut hints = Vec::new();
        // The file whose key was sent is the first that holds one.
        let used = paths.iter().find(|path| of_file(path).is_ok_and(|text| first_line(&text).is_some()));
        if let Some(used) = used.filter(|_| sent) {
            hints.push(format!(
                "the key in {} was sent, and it is not this gateway's: it runs with another data directory, or with deployment.admin.admin_key",
                used.display()
            ));
        } else if !paths.is_empty() {
            let looked: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
            hints.push(format!("no key was given; looked in {}", looked.join(", ")));
        }
        hints
            .push("give --key-file FILE or GATEWAYCTL_KEY; the gateway keeps its own in DATA_DIR/admin.key".to_owned());
        hints
    }
}

/// Decides on the place: flags, then environment, then context, then the files of a gateway on this machine.
pub(super) fn source(global: &Global, env: &Env, context: Option<&Context>, local: bool) -> KeySource {
    if let Some(key) = &global.key {
        return KeySource::Given(Key(key.clone()));
    }
    if let Some(path) = &global.key_file {
        return KeySource::File(path.clone());
    }
    if let Some(key) = env.get("GATEWAYCTL_KEY") {
        return KeySource::Given(Key(key));
    }
    if let Some(path) = env.path("GATEWAYCTL_KEY_FILE") {
        return KeySource::File(path);
    }
    if let Some(context) = context {
        if let Some(key) = &context.key {
            return KeySource::Given(Key(key.clone()));
        }
        if let Some(path) = &context.key_file {
            return KeySource::File(expand(path, env));
        }
        if let Some(words) = &context.key_command {
            return KeySource::Command(words.clone());
        }
        if context.keyring {
            return KeySource::Keyring(context.name.clone());
        }
    }
    KeySource::Generated(if local { generated(env) } else { Vec::new() })
}

/// The data directories a gateway would have chosen, in its own order.
fn generated(env: &Env) -> Vec<PathBuf> {
    // systemd gives several directories separated by colons; the gateway takes the first.
    let state = env.path("STATE_DIRECTORY").map(|paths| {
        let first = paths.to_string_lossy().split(':').next().unwrap_or_default().to_owned();
        PathBuf::from(first)
    });
    let own = [
        env.path("GATEWAY_DATA_DIR"),
        state,
        env.path("XDG_STATE_HOME").map(|base| base.join("gateway")),
        env.home().map(|home| home.join(".local/state/gateway")),
    ];
    let usual: Vec<PathBuf> = own.into_iter().flatten().collect();
    // `gateway demo` keeps its own beside the one a gateway would use.
    let demo = usual.iter().skip(usize::from(env.path("GATEWAY_DATA_DIR").is_some())).map(|dir| {
        let mut name = dir.file_name().unwrap_or_default().to_os_string();
        name.push("-demo");
        dir.with_file_name(name)
    });
    usual.iter().cloned().chain(demo).map(|dir| dir.join("admin.key")).collect()
}

/// The first line of a file.
fn of_file(path: &Path) -> std::io::Result<String> {
    input::first_line(&mut std::fs::File::open(path)?)
}

fn first_line(text: &str) -> Option<Key> {
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| Key(line.to_owned()))
}

/// The words that have the system's keyring print a secret, and those that have it ask for one and keep it.
fn keyring_words(name: &str) -> Option<([&str; 6], String)> {
    if cfg!(target_os = "macos") {
        let store = format!("security add-generic-password -s gatewayctl -a {name} -w");
        Some((["security", "find-generic-password", "-ws", "gatewayctl", "-a", name], store))
    } else if cfg!(unix) {
        let store = format!("secret-tool store --label 'gatewayctl {name}' service gatewayctl context {name}");
        Some((["secret-tool", "lookup", "service", "gatewayctl", "context", name], store))
    } else {
        None
    }
}

/// Asks the keyring through its own program: the desktop's service on Linux (`secret-tool` of libsecret), the keychain on
/// macOS (`security`).
fn keyring(name: &str, patience: Option<Duration>) -> Result<Key> {
    let Some((words, store)) = keyring_words(name) else {
        return Err(Error::usage("keyring: there is none that can be asked on this system")
            .hint("key-file or key-command of the context say where the key is"));
    };
    let wrong = |error: Error| error.hint(format!("{store} keeps a key there"));
    let words = words.map(str::to_owned);
    run("keyring", &words, patience).map_err(|error| match error.message().contains("No such file") {
        true if cfg!(target_os = "linux") => {
            wrong(error).hint("the package with secret-tool is libsecret-tools or libsecret")
        }
        _ => wrong(error),
    })
}

/// The first line that a program prints. No more than a key's length is read of it, and it may take `patience`.
fn run(field: &str, words: &[String], patience: Option<Duration>) -> Result<Key> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Error::usage(format!("{field} is empty")));
    };
    let wrong = |why: String| Error::usage(format!("{field} {}: {why}", Path::new(program).display()));
    // Its stderr stays ours, so that it can ask for a passphrase.
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| wrong(error.to_string()))?;
    let printed = printed(&mut child, patience);
    if printed.is_err() {
        let _ = child.kill();
        let _ = child.wait();
    }
    let (text, status) = printed.map_err(|(why, late)| {
        let error = wrong(why);
        if late { error.hint("--timeout 5m waits longer") } else { error }
    })?;
    if !status.success() {
        return Err(wrong(format!("ended with {status}")));
    }
    first_line(&text).ok_or_else(|| wrong("printed no key".to_owned()))
}

/// What a program prints until it ends, and how it ends; else why not, and whether it is that it takes too long.
fn printed(
    child: &mut Child,
    patience: Option<Duration>,
) -> std::result::Result<(String, std::process::ExitStatus), (String, bool)> {
    let until = patience.and_then(|patience| Instant::now().checked_add(patience));
    let left = || until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()));
    let late = || (format!("did not end within {:?}", patience.unwrap_or_default()), true);
    let Some(mut stdout) = child.stdout.take() else { return Err(("prints nothing".to_owned(), false)) };
    let (done, ended) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let read = stdout.by_ref().take(input::KEY as u64 + 1).read_to_end(&mut text);
        let _ = done.send(read.map(|_| text));
    });
    let text = match ended.recv_timeout(left()) {
        Ok(Ok(text)) if text.len() > input::KEY => {
            return Err((format!("prints more than {} KiB", input::KEY >> 10), false));
        }
        Ok(Ok(text)) => String::from_utf8_lossy(&text).into_owned(),
        Ok(Err(error)) => return Err((error.to_string(), false)),
        Err(_) => return Err(late()),
    };
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok((text, status)),
            Ok(None) if left().is_zero() => return Err(late()),
            Ok(None) => std::thread::sleep(Duration::from_millis(2)),
            Err(error) => return Err((error.to_string(), false)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(global: &Global, env: &[(&str, &str)], context: Option<&Context>, local: bool) -> KeySource {
        source(global, &Env::of(env.iter().map(|(k, v)| (*k, *v))), context, local)
    }

    #[test]
    fn the_first_place_wins() {
        let given = |key: &str| KeySource::Given(Key(key.into()));
        let flag = Global { key: Some("flag".into()), ..Global::default() };
        let file = Global { key_file: Some("f".into()), ..Global::default() };
        let context = Context { key: Some("context".into()), ..Context::default() };
        let env = [("GATEWAYCTL_KEY", "env"), ("GATEWAYCTL_KEY_FILE", "envfile"), ("HOME", "/h")];
        assert_eq!(find(&flag, &env, Some(&context), true), given("flag"));
        assert_eq!(find(&file, &env, Some(&context), true), KeySource::File("f".into()));
        assert_eq!(find(&Global::default(), &env, Some(&context), true), given("env"));
        assert_eq!(find(&Global::default(), &env[1..], Some(&context), true), KeySource::File("envfile".into()));
        assert_eq!(find(&Global::default(), &env[2..], Some(&context), true), given("context"));
        assert_eq!(
            find(&Global::default(), &env[2..], None, true),
            KeySource::Generated(vec![
                "/h/.local/state/gateway/admin.key".into(),
                "/h/.local/state/gateway-demo/admin.key".into()
            ])
        );
        assert_eq!(find(&Global::default(), &env[2..], None, false), KeySource::Generated(Vec::new()));
    }

    #[test]
    fn the_gateways_own_directories_in_its_order() {
        let env = [("GATEWAY_DATA_DIR", "/d"), ("STATE_DIRECTORY", "/s:/t"), ("XDG_STATE_HOME", "/x"), ("HOME", "/h")];
        let expected: Vec<PathBuf> = [
            "/d",
            "/s",
            "/x/gateway",
            "/h/.local/state/gateway",
            "/s-demo",
            "/x/gateway-demo",
            "/h/.local/state/gateway-demo",
        ]
        .map(|dir| PathBuf::from(dir).join("admin.key"))
        .to_vec();
        assert_eq!(find(&Global::default(), &env, None, true), KeySource::Generated(expected));
    }

    #[test]
    fn keys_are_read_and_never_shown() {
        let read = |source: KeySource| source.read(&mut "  from-stdin \nmore".as_bytes(), None);
        assert_eq!(read(KeySource::File("-".into())).unwrap(), Some(Key("from-stdin".into())));
        let echo = KeySource::Command(vec!["echo".into(), "from-command".into()]);
        assert_eq!(read(echo).unwrap(), Some(Key("from-command".into())));
        assert!(read(KeySource::Command(vec!["false".into()])).is_err());
        let told = |words: &[&str], patience| {
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            let read = KeySource::Command(words).read(&mut std::io::empty(), Some(patience));
            read.unwrap_err().print(crate::error::Form::Text, str::to_owned)
        };
        assert_eq!(told(&["yes"], Duration::from_secs(60)), "error: key-command yes: prints more than 16 KiB\n");
        assert_eq!(
            told(&["sleep", "60"], Duration::from_millis(50)),
            "error: key-command sleep: did not end within 50ms\nhint: --timeout 5m waits longer\n"
        );
        assert!(read(KeySource::File("/does/not/exist".into())).is_err());
        assert_eq!(read(KeySource::Generated(vec!["/does/not/exist".into()])).unwrap(), None);
        assert_eq!(format!("{:?}", Key("k".into())), "****");
    }
}
