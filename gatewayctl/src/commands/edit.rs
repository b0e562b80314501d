//! `gatewayctl edit`: an object in the user's editor.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use serde_json::Value;

use super::App;
use super::batch::Batch;
use super::change::{self, Flags};
use crate::error::{Error, Form, Kind, Result};
use crate::files::{parse, scalars};
use crate::output::{mask, yaml};
use crate::private;
use crate::resources::Resource;
use crate::resources::nested::Above;
use crate::schema;
use crate::world::Env;

/// Change an object in an editor
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Change an object in an editor

The object is written into a file that only you can read, as YAML, and opened in $VISUAL, $EDITOR or vi. What comes back is \
compared and written, unless somebody else changed the object meanwhile. Secrets are masked, and stay as they are where \
the mask stays. What the server refuses is opened again with the reason; without a terminal the file is kept.",
    before_help = "Examples:
  gatewayctl edit route hello
  EDITOR='code --wait' gatewayctl edit upstream/u1 --diff",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// RESOURCE ID, or RESOURCE/ID
    #[arg(required = true, value_name = "RESOURCE ID")]
    target: Vec<String>,
    #[command(flatten)]
    above: Above,
    #[command(flatten)]
    flags: Flags,
}

/// Opens the editor until the server takes the object, or the person gives up.
///
/// # Errors
/// Not found; aborted; the refusal of the server, naming the file.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    args.flags.writable(app)?;
    let reference = change::one(&args.target, args.above.of(&args.target))?;
    let item = change::stored(app, &reference).await?;
    let shown = mask::masked(&change::writable_fields(&reference, &item.value), false);
    let mut draft = Draft::of(&reference.to_string(), &shown)?;
    loop {
        let mut batch = Batch::new(app, args.flags.dry_run)?;
        let Some(value) = draft.edit(app, reference.resource, Some(&reference.id))? else {
            batch.step(&reference, async { Ok("unchanged") }).await?;
            return batch.finish(1);
        };
        let work = async {
            change::keeps_identity(&reference, &item.value, &value)?;
            change::write(app, &args.flags, &reference, Some(&item), &value, true).await
        };
        batch.step(&reference, work).await?;
        match batch.finish(1) {
            Err(error) if matches!(error.kind(), Kind::Rejected | Kind::Usage) => draft.refused(app, error)?,
            Err(error) => return Err(draft.kept(error)),
            done => return done,
        }
    }
}

/// A text that is being edited, and the file it is in.
pub(super) struct Draft {
    path: PathBuf,
    /// Lines in front of the text, which are not part of it.
    remarks: String,
    text: String,
    /// Whether the file outlives this.
    keep: bool,
}

impl Draft {
    fn of(name: &str, value: &Value) -> Result<Draft> {
        let mut value = value.clone();
        value.sort_all_objects();
        let text =
            yaml::to_string(&value).map_err(|error| Error::usage(format!("cannot be written as YAML: {error}")))?;
        let remarks = format!("# {name}. Lines that begin with # are left out; an empty text changes nothing.\n");
        Ok(Draft { path: new_file(name)?, remarks, text, keep: false })
    }

    /// A new object: what is known of it, and the other fields of its schema as remarks.
    ///
    /// # Errors
    /// The file cannot be made.
    pub(super) async fn template(app: &App<'_>, resource: &Resource, id: Option<&str>, value: &Value) -> Result<Draft> {
        let mut draft = Draft::of(&format!("a new {}", resource.singular), value)?;
        if value.as_object().is_some_and(serde_json::Map::is_empty) {
            draft.text.clear();
        }
        if let Ok(schema) = schema::of_resource(&app.admin, resource, id).await {
            for name in schema::fields(&schema) {
                if value.get(name).is_none() && !matches!(name, "create_time" | "update_time") {
                    let field = schema.get("properties").and_then(|fields| fields.get(name)).unwrap_or(&Value::Null);
                    draft.text.push_str(&format!("# {name}: {}\n", schema::types(field).join(" or ")));
                }
            }
        }
        Ok(draft)
    }

    /// Opens the editor; `None` if the text is as it was, or empty.
    ///
    /// # Errors
    /// Usage: the editor cannot be run or failed.
    pub(super) fn edit(&mut self, app: &App<'_>, resource: &Resource, id: Option<&str>) -> Result<Option<Value>> {
        loop {
            self.write()?;
            let read = self.open(app).and_then(|()| {
                let wrong = |error| Error::usage(format!("cannot read {}: {error}", self.path.display()));
                crate::input::object(&self.path).map_err(wrong)
            });
            let text = match read {
                Ok(text) => text,
                Err(error) if self.is_touched() => return Err(self.kept(error)),
                Err(error) => return Err(error),
            };
            let own = |text: &str| text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
            let same = own(&text) == own(&self.text);
            if own(&text).trim().is_empty() || (same && !self.keep) {
                self.keep = false;
                return Ok(None);
            }
            if same {
                // Opened again after a refusal, and closed as it was: given up.
                return Err(self.kept(Error::new(Kind::Aborted, "nothing was changed").answer()));
            }
            self.text = own(&text) + "\n";
            match parse::parse(&self.path.display().to_string(), &text)
                .map(|mut documents| (documents.pop(), documents.len()))
            {
                Ok((Some(document), 0)) if document.value.is_object() => {
                    match scalars::settled(document, resource, id) {
                        Ok(value) => return Ok(Some(value)),
                        Err(error) => self.refused(app, error)?,
                    }
                }
                Ok(_) => self.refused(app, Error::usage("the text is not one object"))?,
                Err(error) => self.refused(app, error)?,
            }
        }
    }

    /// Has the text opened again with the reason in front, where there is somebody to do so.
    ///
    /// # Errors
    /// The refusal itself, where there is nobody; the file is kept.
    pub(super) fn refused(&mut self, app: &App<'_>, error: Error) -> Result<()> {
        if !app.tty.stdin || app.settings.no_input {
            return Err(self.kept(error));
        }
        self.keep = true;
        self.remarks = error.print(Form::Text, str::to_owned).lines().map(|line| format!("# {line}\n")).collect();
        self.remarks.push_str("# Change it and save, or close it as it is to give up.\n");
        Ok(())
    }

    /// The error, saying where the text is.
    fn kept(&mut self, error: Error) -> Error {
        self.keep = true;
        error.hint(format!("what you wrote is kept in {}", self.path.display()))
    }

    /// Whether there is something in the file that the user has written.
    fn is_touched(&self) -> bool {
        std::fs::read(&self.path).is_ok_and(|bytes| self.keep || bytes != self.whole().as_bytes())
    }

    fn whole(&self) -> String {
        format!("{}{}", self.remarks, self.text)
    }

    fn write(&self) -> Result<()> {
        std::fs::write(&self.path, self.whole())
            .map_err(|error| Error::usage(format!("cannot write {}: {error}", self.path.display())))
    }

    fn open(&self, app: &App<'_>) -> Result<()> {
        let named = app.env.get("VISUAL").or_else(|| app.env.get("EDITOR")).is_some();
        if !named && (!app.tty.stdin || app.settings.no_input) {
            let error = Error::usage("there is no terminal for an editor, and EDITOR names none that needs none");
            return Err(error.hint("gatewayctl patch and gatewayctl apply change objects without one"));
        }
        let editor = editor(app.env);
        ended(&editor, command(&editor, &self.path).status()).map_err(|why| Error::usage(why).hint("set EDITOR"))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.keep {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// The editor where none is named.
const USUAL: &str = if cfg!(windows) { "notepad" } else { "vi" };

/// The command line of the user's editor: `$VISUAL`, `$EDITOR`, or the usual one.
pub(crate) fn editor(env: &Env) -> String {
    env.get("VISUAL").or_else(|| env.get("EDITOR")).unwrap_or_else(|| USUAL.to_owned())
}

/// How an editor has ended.
///
/// # Errors
/// In words: it could not be run, or has failed.
pub(crate) fn ended(editor: &str, status: io::Result<ExitStatus>) -> std::result::Result<(), String> {
    let status = status.map_err(|error| format!("cannot run the editor {editor}: {error}"))?;
    match status.code() {
        _ if status.success() => Ok(()),
        // As a shell says it.
        Some(127) => Err(format!("cannot run the editor {editor}: there is no such program")),
        Some(126) => Err(format!("cannot run the editor {editor}: it is no program, or may not be run")),
        _ => Err(format!("the editor {editor} ended with {status}")),
    }
}

/// The command line of an editor, which a shell reads as it reads any other: `code --wait`, `sed -i 's/a/b/'`. Where it is one
/// program, that takes the place of the shell: what the keyboard does to it is not done to a shell in between.
#[cfg(unix)]
pub(crate) fn command(editor: &str, path: &Path) -> Command {
    let first = editor.split_whitespace().next().unwrap_or_default();
    let single =
        !first.contains('=') && first != ":" && !editor.contains([';', '&', '|', '(', ')', '{', '}', '\n', '!']);
    let exec = if single { "exec " } else { "" };
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(format!("{exec}{editor} \"$@\"")).arg(editor).arg(path);
    command
}

/// The command line of an editor.
#[cfg(not(unix))]
pub(crate) fn command(editor: &str, path: &Path) -> Command {
    let mut words = editor.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).arg(path);
    command
}

/// A new file that only its owner can read.
fn new_file(name: &str) -> Result<PathBuf> {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let mut last = None;
    for _ in 0..8 {
        let path = std::env::temp_dir().join(format!("gatewayctl-{plain}-{:08x}.yaml", fastrand::u32(..)));
        match private::create(&path, &[]) {
            Ok(_) => return Ok(path),
            Err(error) => last = Some(error),
        }
    }
    let why = last.map(|error| error.to_string()).unwrap_or_default();
    Err(Error::usage(format!("cannot make a file in {}: {why}", std::env::temp_dir().display())))
}
