//! One run of the tool in a world of its own.

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::rc::Rc;

use gatewayctl::{Env, Terminal, World};

use crate::fake::{Fake, KEY};

/// What is around a run: a server, an environment, a home directory, standard input.
pub(crate) struct Scene {
    env: Vec<(String, String)>,
    stdin: String,
    terminal: Terminal,
    home: tempfile::TempDir,
    address: Option<String>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) code: u8,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// All of it, as a person would paste it.
    pub(crate) text: String,
}

impl Scene {
    /// Against this server, with its key, the metrics where nobody listens.
    pub(crate) fn at(fake: &Fake) -> Scene {
        let url = format!("http://{}", fake.address);
        let mut scene = Scene::alone().env("GATEWAYCTL_SERVER", &url).env("GATEWAYCTL_KEY", KEY);
        scene = scene.env("GATEWAYCTL_METRICS", "http://127.0.0.1:1/apisix/prometheus/metrics");
        scene.address = Some(fake.address.to_string());
        scene
    }

    /// Without a server, a key, a home with anything in it, or a terminal.
    pub(crate) fn alone() -> Scene {
        let home = tempfile::tempdir().unwrap();
        let scene = Scene { env: Vec::new(), stdin: String::new(), terminal: Terminal::default(), home, address: None };
        let path = scene.home.path().display().to_string();
        scene.env("HOME", &path)
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Scene {
        self.env.retain(|(known, _)| known != name);
        if !value.is_empty() {
            self.env.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    pub(crate) fn stdin(mut self, text: &str) -> Scene {
        text.clone_into(&mut self.stdin);
        self
    }

    /// All three streams are a terminal of this width.
    pub(crate) fn terminal(mut self, width: usize) -> Scene {
        self.terminal = Terminal { stdin: true, stdout: true, stderr: true, width: Some(width), height: None };
        self.env("NO_COLOR", "1")
    }

    /// A terminal that is so wide and so high.
    #[cfg(unix)]
    pub(crate) fn screen(self, width: usize, height: usize) -> Scene {
        let mut scene = self.terminal(width);
        scene.terminal.height = Some(height);
        scene
    }

    /// Reads a file of the home directory.
    #[cfg(unix)]
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.home.path().join(name)).unwrap_or_default()
    }

    /// A path in the home directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file into the home directory and returns its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        path
    }

    /// Runs `gatewayctl` with these arguments, separated by spaces; `~/` is the home directory.
    pub(crate) fn run(&self, line: &str) -> Seen {
        self.run_words(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs it with arguments that may hold spaces.
    pub(crate) fn run_words(&self, words: &[&str]) -> Seen {
        let home = self.home.path().display().to_string();
        let quoted =
            |word: &&str| if word.contains([' ', '"', '{']) { format!("'{word}'") } else { (*word).to_owned() };
        let line = words.iter().map(quoted).collect::<Vec<_>>().join(" ");
        let env = self.env.iter().map(|(name, value)| (name.clone(), value.replace("~/", &format!("{home}/"))));
        let words = words.iter().map(|word| word.replace("~/", &format!("{home}/")));
        let args = std::iter::once("gatewayctl".to_owned()).chain(words).map(OsString::from);
        let (stdout, stderr) = (Captured::default(), Captured::default());
        let world = World {
            env: Env::of(env),
            stdin: Box::new(Cursor::new(self.stdin.clone().into_bytes())),
            stdout: Box::new(stdout.clone()),
            stderr: Box::new(stderr.clone()),
            terminal: self.terminal,
            now: 1_700_003_700,
        };
        let code = gatewayctl::run(args, world);
        let tidy = |text: String| {
            let text = text.replace(&home, "~");
            match &self.address {
                // As many digits as a free port has, so that columns keep their widths.
                Some(address) => text.replace(address, "127.0.0.1:19180"),
                None => text,
            }
        };
        let (stdout, stderr) = (tidy(stdout.text()), without_times(&tidy(stderr.text())));
        let mut text = format!("$ gatewayctl {line}\n{stdout}");
        if !stderr.is_empty() {
            text.push_str(&format!("--- stderr\n{stderr}"));
        }
        text.push_str(&format!("--- exit {code}\n"));
        Seen { code, stdout, stderr, text }
    }

    /// Several runs of words with spaces in them, in one text.
    pub(crate) fn runs_words(&self, lines: &[&[&str]]) -> String {
        lines.iter().map(|words| self.run_words(words).text).collect::<Vec<_>>().join("\n")
    }

    /// Several runs in one text.
    pub(crate) fn runs(&self, lines: &[&str]) -> String {
        lines.iter().map(|line| self.run(line).text).collect::<Vec<_>>().join("\n")
    }
}

/// `12ms` becomes `Nms`.
fn without_times(text: &str) -> String {
    text.lines()
        .map(|line| match line.rsplit_once(' ') {
            Some((rest, last)) if last.strip_suffix("ms").is_some_and(|n| n.parse::<u64>().is_ok()) => {
                format!("{rest} Nms\n")
            }
            _ => format!("{line}\n"),
        })
        .collect()
}

#[derive(Clone, Default)]
struct Captured(Rc<RefCell<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
