//! Texts that the user has written and that no server has yet: whatever ends the program, they are put into files.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::msg::Text;
use crate::private;
use crate::world::Env;

/// What is to be saved, and where: the panic hook and the thread of the signals have nothing else to know it from.
static WAITING: Mutex<Waiting> = Mutex::new(Waiting { texts: Vec::new(), places: Vec::new() });

struct Waiting {
    texts: Vec<Text>,
    places: Vec<PathBuf>,
}

fn waiting() -> MutexGuard<'static, Waiting> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where texts are kept, the first place that takes them: the folder for files of the moment, that for what programs keep,
/// the home directory, and the one that the program was started in.
pub(crate) fn places(env: &Env) -> Vec<PathBuf> {
    let state = env.path("XDG_STATE_HOME").or_else(|| env.home().map(|home| home.join(".local/state")));
    let state = state.map(|state| state.join("gatewayctl"));
    let all = [Some(std::env::temp_dir()), state, env.home(), std::env::current_dir().ok()];
    all.into_iter().flatten().collect()
}

/// Says which texts there are to be saved from now on, and where.
pub(crate) fn waits(texts: Vec<Text>, places: &[PathBuf]) {
    let mut waiting = waiting();
    waiting.texts = texts;
    if waiting.places.is_empty() {
        waiting.places = places.to_vec();
    }
}

/// Saves what there is to be saved, in words. Nothing is done twice.
pub(crate) fn save() -> Vec<String> {
    // Somebody who is in the middle of it has failed; he is not waited for.
    let Ok(mut waiting) = WAITING.try_lock() else { return Vec::new() };
    let texts = std::mem::take(&mut waiting.texts);
    texts.iter().map(|text| saved(text, &waiting.places)).collect()
}

/// Saves a text, in words; where no place takes it, the words hold it.
pub(crate) fn saved(text: &Text, places: &[PathBuf]) -> String {
    match write(text, places) {
        Ok(path) => at(&path),
        Err(why) => format!("{why}; this is what you wrote:\n{}", crate::output::clean::lines(&text.content)),
    }
}

/// Where a text is, in words.
pub(crate) fn at(path: &Path) -> String {
    format!("what you wrote is kept in {}", crate::output::clean::line(&path.display().to_string()))
}

/// A new file with a text, which only its owner can read.
///
/// # Errors
/// No place takes it, in words.
pub(crate) fn write(text: &Text, places: &[PathBuf]) -> Result<PathBuf, String> {
    let plain: String =
        text.name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    let name = format!("gatewayctl-{:08x}-{plain}", fastrand::u32(..));
    let mut first = None;
    for place in places {
        let path = place.join(&name);
        match create(place, &path, text.content.as_bytes()) {
            Ok(()) => return Ok(path),
            Err(error) => {
                first.get_or_insert_with(|| format!("cannot write {}: {error}", path.display()));
            }
        }
    }
    Err(first.unwrap_or_else(|| format!("cannot write {name}: there is no place for it")))
}

fn create(place: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    if place.ends_with("gatewayctl") {
        std::fs::create_dir_all(place)?;
    }
    private::create(path, content).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(content: &str) -> Text {
        Text { name: "route-a/b.yaml".to_owned(), content: content.to_owned(), written: true }
    }

    #[test]
    fn the_first_place_that_takes_it() {
        let folder = tempfile::tempdir().unwrap();
        let places = [folder.path().join("no/such"), folder.path().join("x/gatewayctl"), folder.path().to_owned()];
        let path = write(&text("uri: /a\n"), &places).unwrap();
        assert!(path.starts_with(&places[1]) && path.to_string_lossy().ends_with("-route-a-b.yaml"), "{path:?}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "uri: /a\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        // Where none does, it is told.
        let told = saved(&text("uri: /b\u{1b}\n"), &places[..1]);
        assert!(told.starts_with("cannot write ") && told.ends_with("what you wrote:\nuri: /b\\u{1b}\n"), "{told}");
    }

    #[test]
    fn nothing_is_saved_twice() {
        let folder = tempfile::tempdir().unwrap();
        waits(vec![text("a"), text("b")], &[folder.path().to_owned()]);
        let told = save();
        assert!(told.len() == 2 && told.iter().all(|told| told.starts_with("what you wrote is kept in ")), "{told:?}");
        assert_eq!(save(), Vec::<String>::new());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
