//! The user's editor: a file that only its owner can read, and what came of it. What the user has written is never deleted
//! before somebody else has it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::signals::Asked;
use crate::commands::edit;
use crate::input;
use crate::tui::msg::{Failure, Text};
use crate::tui::rescue;
use crate::world::Env;

/// How often is looked whether the editor has ended, or has stopped.
const LOOK: Duration = Duration::from_millis(20);
/// How long an editor has to end once the program has to.
const PATIENCE: Duration = Duration::from_secs(2);

/// What came of an edit.
pub(super) struct Edited {
    /// The text, or what failed in words.
    pub(super) result: Result<Value, Failure>,
    /// The file to be deleted once the text is taken in.
    pub(super) file: Option<PathBuf>,
    /// The file that a text is kept in.
    pub(super) kept: Option<PathBuf>,
    /// A text of the user's that could not be put into a file.
    pub(super) lost: Option<Text>,
}

/// Lets the user edit a text in `$VISUAL`, `$EDITOR` or vi; the terminal is free for it. What fails is told, and what was
/// written by then is kept.
pub(super) fn edit(text: &Text, env: &Env, asked: &Asked) -> Edited {
    let places = rescue::places(env);
    let path = match rescue::write(text, &places) {
        Ok(path) => path,
        Err(message) => {
            let lost = text.written.then(|| text.clone());
            return Edited { result: Err(failed(message, None)), file: None, kept: None, lost };
        }
    };
    let ended = open(&path, env, asked);
    let read = input::object(&path).map_err(|error| format!("cannot read {}: {error}", path.display()));
    let untouched = !text.written && read.as_ref().is_ok_and(|read| *read == text.content);
    let gone = !path.exists();
    let message = match ended.and(read) {
        Ok(content) => return Edited { result: Ok(Value::String(content)), file: Some(path), kept: None, lost: None },
        Err(message) => message,
    };
    if untouched || (gone && !text.written) {
        return Edited { result: Err(failed(message, None)), file: Some(path), kept: None, lost: None };
    }
    // What was handed out is all there is of it where the file is gone.
    let kept = if gone { rescue::write(text, &places).ok() } else { Some(path) };
    let lost = kept.is_none().then(|| text.clone());
    Edited { result: Err(failed(message, kept.as_deref())), file: None, kept, lost }
}

fn failed(message: String, kept: Option<&Path>) -> Failure {
    Failure { status: None, message, hints: kept.map(rescue::at).into_iter().collect() }
}

/// Runs the editor. Meanwhile the keyboard is its own, with the signals that it makes.
fn open(path: &Path, env: &Env, asked: &Asked) -> Result<(), String> {
    let editor = edit::editor(env);
    asked.lend();
    let status = edit::command(&editor, path).spawn().and_then(|mut child| wait(&mut child, asked));
    asked.take_back();
    edit::ended(&editor, status)?;
    if asked.stops() { Err("the program was told to end".to_owned()) } else { Ok(()) }
}

/// Waits until the editor ends. Where it is stopped by the user, so is this program, until the shell has both go on.
#[cfg(unix)]
fn wait(child: &mut Child, asked: &Asked) -> io::Result<ExitStatus> {
    use std::os::unix::process::ExitStatusExt as _;

    use rustix::process::{Pid, Signal, WaitOptions, kill_current_process_group, kill_process, waitpid};

    let pid = Pid::from_child(child);
    let mut until: Option<Instant> = None;
    loop {
        match waitpid(Some(pid), WaitOptions::NOHANG | WaitOptions::UNTRACED) {
            Ok(Some((_, status))) if status.stopped() => {
                super::signals::sleep();
                // The shell wakes all of them; somebody else may have woken only this one.
                let _ = kill_current_process_group(Signal::CONT);
            }
            Ok(Some((_, status))) => {
                return Ok(ExitStatus::from_raw(status.as_raw()));
            }
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        match until {
            Some(until) if Instant::now() >= until => {
                return Err(io::Error::other("it goes on, and the program was told to end"));
            }
            Some(_) => {}
            None if asked.stops() => {
                // It has its own ways to keep what is not saved.
                let _ = kill_process(pid, Signal::TERM);
                until = Some(Instant::now() + PATIENCE);
            }
            None => {}
        }
        std::thread::sleep(LOOK);
    }
}

#[cfg(not(unix))]
fn wait(child: &mut Child, _: &Asked) -> io::Result<ExitStatus> {
    child.wait()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn edited(script: &str, written: bool) -> Edited {
        let folder = tempfile::tempdir().unwrap();
        let editor = folder.path().join("my editor");
        std::fs::write(&editor, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o700)).unwrap();
        let env = Env::of([("EDITOR", format!("'{}' -n", editor.display()))]);
        let text = Text { name: "a.yaml".to_owned(), content: "a: 1\n".to_owned(), written };
        edit(&text, &env, &Asked::default())
    }

    /// What is kept, which is then deleted.
    fn kept(edited: &Edited) -> Option<Vec<u8>> {
        let path = edited.kept.as_ref()?;
        let content = std::fs::read(path).unwrap();
        std::fs::remove_file(path).unwrap();
        assert_eq!(edited.result.as_ref().unwrap_err().hints, [rescue::at(path)]);
        Some(content)
    }

    #[test]
    fn what_was_written_is_there_whatever_the_editor_does() {
        let fine = edited("echo 'b: 2' >> \"$2\"", false);
        assert_eq!((fine.result, fine.kept), (Ok(Value::from("a: 1\nb: 2\n")), None));
        std::fs::remove_file(fine.file.unwrap()).unwrap();
        for (script, content, why) in [
            ("echo 'b: 2' >> \"$2\"; exit 1", &b"a: 1\nb: 2\n"[..], "ended with exit status: 1"),
            ("echo 'b: 2' >> \"$2\"; kill -9 $$", b"a: 1\nb: 2\n", "ended with "),
            ("printf 'a: \\351\\n' > \"$2\"", b"a: \xe9\n", "it is not UTF-8: byte 4 in line 1"),
        ] {
            let edited = edited(script, false);
            let message = edited.result.as_ref().unwrap_err().message.clone();
            assert!(message.contains(why), "{script}: {message}");
            assert_eq!(kept(&edited).as_deref(), Some(content), "{script}");
        }
        // Nothing was written, unless the text is the user's from before.
        for script in ["exit 1", "rm \"$2\""] {
            let first = edited(script, false);
            assert!(first.result.is_err() && first.kept.is_none() && first.lost.is_none(), "{script}");
            let _ = std::fs::remove_file(first.file.unwrap());
            assert_eq!(kept(&edited(script, true)).as_deref(), Some(&b"a: 1\n"[..]), "{script}");
        }
        let large = edited("head -c 9000000 /dev/zero > \"$2\"", false);
        assert!(large.result.as_ref().is_err_and(|failure| failure.message.contains("longer than 8 MiB")));
        assert_eq!(kept(&large).map(|content| content.len()), Some(9_000_000));
    }

    #[test]
    fn editors_that_are_not_there() {
        let env = Env::of([("EDITOR", "/no/such/editor")]);
        let text = Text { name: "a.yaml".to_owned(), content: String::new(), written: false };
        let edited = edit(&text, &env, &Asked::default());
        assert!(edited.result.unwrap_err().message.starts_with("cannot run the editor /no/such/editor: "));
        std::fs::remove_file(edited.file.unwrap()).unwrap();
    }
}
