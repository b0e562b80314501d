//! The user's editor: a file that only its owner can read, and what came of it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::tui::msg::{Failure, Text};
use crate::world::Env;

/// Lets the user edit a text in `$VISUAL`, `$EDITOR` or vi; the terminal is free for it.
///
/// # Errors
/// The file or the editor failed, in words.
pub(super) fn edit(text: &Text, env: &Env) -> Result<Value, Failure> {
    let path = file(text)?;
    let result = open(&path, env)
        .and_then(|()| crate::input::text(&path).map_err(|error| format!("cannot read {}: {error}", path.display())));
    let _ = std::fs::remove_file(&path);
    result.map(Value::String).map_err(failed)
}

/// Keeps a text in a file; its path.
///
/// # Errors
/// The file cannot be written, in words.
pub(super) fn keep(text: &Text) -> Result<Value, Failure> {
    file(text).map(|path| Value::String(path.display().to_string()))
}

fn failed(message: String) -> Failure {
    Failure { status: None, message, hints: Vec::new() }
}

/// A new file with a text, which only its owner can read.
fn file(text: &Text) -> Result<PathBuf, Failure> {
    let plain: String =
        text.name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    let path = std::env::temp_dir().join(format!("gatewayctl-{:08x}-{plain}", fastrand::u32(..)));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let written = options.open(&path).and_then(|mut file| file.write_all(text.content.as_bytes()));
    match written {
        Ok(()) => Ok(path),
        Err(error) => {
            let _ = std::fs::remove_file(&path);
            Err(failed(format!("cannot write {}: {error}", path.display())))
        }
    }
}

fn open(path: &std::path::Path, env: &Env) -> Result<(), String> {
    let editor = env.get("VISUAL").or_else(|| env.get("EDITOR"));
    let editor = editor.unwrap_or_else(|| if cfg!(windows) { "notepad" } else { "vi" }.to_owned());
    let mut words = editor.split_whitespace();
    let Some(program) = words.next() else { return Err("$EDITOR is empty".to_owned()) };
    match Command::new(program).args(words).arg(path).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("the editor {program} ended with {status}")),
        Err(error) => Err(format!("cannot run the editor {program}: {error}")),
    }
}
