//! Themes of the user: a file a theme in `$XDG_CONFIG_HOME/gatewayctl/themes`, of lines `role = "colour on colour bold"`.

use std::path::PathBuf;

use super::Role;
use super::color::{self, Depth};
use crate::error::{Error, Result};
use crate::suggest;
use crate::world::Env;

/// A theme file is a page of text.
const LONGEST: u64 = 64 * 1024;

/// Where the files are.
pub(crate) fn folder(env: &Env) -> Option<PathBuf> {
    let base = if cfg!(windows) { env.path("APPDATA") } else { env.path("XDG_CONFIG_HOME") };
    let base = base.or_else(|| Some(env.home()?.join(".config")))?;
    Some(base.join("gatewayctl").join("themes"))
}

/// The roles and styles of a file; `None` where there is none.
///
/// # Errors
/// Usage, with the line.
pub(super) fn read(name: &str, env: &Env) -> Result<Option<Vec<(String, String)>>> {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    let Some(path) = folder(env).filter(|_| plain).map(|folder| folder.join(format!("{name}.toml"))) else {
        return Ok(None);
    };
    let text = match std::fs::metadata(&path).map(|found| found.len()) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Ok(size) if size > LONGEST => return Err(Error::usage(format!("{} is too large for a theme", path.display()))),
        _ => std::fs::read_to_string(&path),
    };
    let text = text.map_err(|error| Error::usage(format!("cannot read {}: {error}", path.display())))?;
    parse(&path.display().to_string(), &text).map(Some)
}

fn parse(file: &str, text: &str) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', '[']) {
            continue;
        }
        let wrong = |what: String| Error::usage(format!("{file}:{}: {what}", number + 1));
        let pair = line.split_once('=').and_then(|(role, rest)| Some((role.trim(), quoted(rest.trim())?)));
        let Some((role, spec)) = pair else {
            return Err(wrong("expected role = \"style\"".to_owned()));
        };
        if !Role::ALL.iter().any(|(_, known)| *known == role) {
            let error = wrong(format!("unknown role \"{role}\""));
            let hint = suggest::hint(role, Role::ALL.iter().map(|(_, known)| *known));
            return Err(error.hint(hint.unwrap_or_else(|| {
                let known: Vec<&str> = Role::ALL.iter().map(|(_, known)| *known).collect();
                format!("roles are {}", known.join(", "))
            })));
        }
        if color::style(spec, Depth::True).is_none() {
            return Err(wrong(format!("\"{spec}\" is no style")).hint("styles are like \"#88c0d0 on black bold\""));
        }
        found.push((role.to_owned(), spec.to_owned()));
    }
    Ok(found)
}

/// The text between quotes; a remark may follow.
fn quoted(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('"')?;
    let (inside, behind) = rest.split_once('"')?;
    let behind = behind.trim();
    (behind.is_empty() || behind.starts_with('#')).then_some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_and_mistakes_have_lines() {
        let read = parse("t.toml", "# mine\n[roles]\ngood = \"#00ff00/green bold\" # loud\n").unwrap();
        assert_eq!(read, [("good".to_owned(), "#00ff00/green bold".to_owned())]);
        let wrong = |text: &str| parse("t.toml", text).unwrap_err().message().to_owned();
        assert_eq!(wrong("\ngod = \"red\""), "t.toml:2: unknown role \"god\"");
        assert_eq!(wrong("good = \"purple\""), "t.toml:1: \"purple\" is no style");
        assert_eq!(wrong("good = red"), "t.toml:1: expected role = \"style\"");
    }
}
