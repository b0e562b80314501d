//! Which keys do what. Bindings are data: the defaults of [`Action`], changed by `tui.keys` of the configuration file.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::Action;
use crate::error::{Error, Result};
use crate::suggest;

/// A key as it is bound: shifted letters are letters of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd)]
pub(crate) struct Key {
    pub(crate) code: KeyCode,
    pub(crate) modifiers: KeyModifiers,
}

/// What a row of keys is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// It does this.
    Action(Action),
    /// More keys may follow.
    Begun,
    /// Nothing.
    Nothing,
}

/// All bindings.
#[derive(Debug, Clone)]
pub(crate) struct Bindings(Vec<(Vec<Key>, Action)>);

/// The names of keys that are no letters.
const NAMED: [(&str, KeyCode); 18] = [
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Shift-Tab", KeyCode::BackTab),
    ("Space", KeyCode::Char(' ')),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Insert", KeyCode::Insert),
    ("Delete", KeyCode::Delete),
    ("Backspace", KeyCode::Backspace),
    ("Minus", KeyCode::Char('-')),
    ("Plus", KeyCode::Char('+')),
];

impl Key {
    /// Of an event of the terminal.
    pub(crate) fn of(event: KeyEvent) -> Key {
        let mut modifiers = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT);
        let code = match event.code {
            // Some terminals tell Ctrl-Space as NUL.
            KeyCode::Null => {
                modifiers |= KeyModifiers::CONTROL;
                KeyCode::Char(' ')
            }
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            KeyCode::Char(c) if modifiers.contains(KeyModifiers::CONTROL) => KeyCode::Char(c.to_ascii_lowercase()),
            KeyCode::Char(c) if event.modifiers.contains(KeyModifiers::SHIFT) && c.is_ascii_lowercase() => {
                KeyCode::Char(c.to_ascii_uppercase())
            }
            code => code,
        };
        Key { code, modifiers }
    }

    fn parse(text: &str) -> Option<Key> {
        if let Some((_, code)) = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
            return Some(Key { code: *code, modifiers: KeyModifiers::NONE });
        }
        for (prefix, modifier) in [("ctrl-", KeyModifiers::CONTROL), ("alt-", KeyModifiers::ALT)] {
            if let Some(head) = text.get(..prefix.len())
                && head.eq_ignore_ascii_case(prefix)
            {
                let mut key = Key::parse(&text[prefix.len()..])?;
                key.modifiers |= modifier;
                return Some(key);
            }
        }
        if let Some(number) = text.strip_prefix(['F', 'f'])
            && let Ok(number @ 1..=24) = number.parse()
        {
            return Some(Key { code: KeyCode::F(number), modifiers: KeyModifiers::NONE });
        }
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() => Some(Key { code: KeyCode::Char(c), modifiers: KeyModifiers::NONE }),
            _ => None,
        }
    }

    fn name(self) -> String {
        let base = match self.code {
            KeyCode::Char('-') => "-".to_owned(),
            KeyCode::Char('+') => "+".to_owned(),
            KeyCode::F(number) => format!("F{number}"),
            code => match (NAMED.iter().find(|(_, named)| *named == code), code) {
                (Some((name, _)), _) => (*name).to_owned(),
                (None, KeyCode::Char(c)) => c.to_string(),
                (None, _) => "?".to_owned(),
            },
        };
        let control = if self.modifiers.contains(KeyModifiers::CONTROL) { "Ctrl-" } else { "" };
        let alt = if self.modifiers.contains(KeyModifiers::ALT) { "Alt-" } else { "" };
        format!("{control}{alt}{base}")
    }
}

/// Reads `Ctrl-p`, `gg`, `F5`, `g Enter`.
fn parse(text: &str) -> Option<Vec<Key>> {
    if let Some(key) = Key::parse(text) {
        return Some(vec![key]);
    }
    if text.contains(' ') {
        return text.split(' ').filter(|part| !part.is_empty()).map(Key::parse).collect();
    }
    // Letters one after the other.
    let plain = !text.is_empty() && text.chars().count() <= 4 && text.chars().all(|c| c.is_ascii_alphanumeric());
    plain.then(|| text.chars().filter_map(|c| Key::parse(&c.to_string())).collect())
}

impl Bindings {
    /// The defaults and the user's own: the name of an action and its keys, which stand in the place of the defaults;
    /// no keys unbind it.
    ///
    /// # Errors
    /// Usage: an unknown action or key, or two actions of one key.
    pub(crate) fn new(own: &BTreeMap<String, Vec<String>>) -> Result<Bindings> {
        if let Some(name) = own.keys().find(|name| Action::find(name).is_none()) {
            let error = Error::usage(format!("tui.keys: unknown action \"{name}\""));
            return Err(match suggest::hint(name, Action::ALL.iter().map(|action| action.name())) {
                Some(hint) => error.hint(hint),
                None => error,
            });
        }
        let mut all: Vec<(Vec<Key>, Action, bool)> = Vec::new();
        for action in Action::ALL.iter().copied() {
            let keys: Vec<&str> = match own.get(action.name()) {
                Some(keys) => keys.iter().map(String::as_str).collect(),
                None => action.keys().to_vec(),
            };
            for text in keys {
                let keys = parse(text).ok_or_else(|| {
                    Error::usage(format!("tui.keys: \"{text}\" of {} is no key", action.name()))
                        .hint("keys are like x, X, gg, Ctrl-x, Alt-x, F5, Enter, Space, PgDn")
                })?;
                all.push((keys, action, own.contains_key(action.name())));
            }
        }
        check(&all)?;
        Ok(Bindings(all.into_iter().map(|(keys, action, _)| (keys, action)).collect()))
    }

    /// No key does anything.
    pub(crate) fn none() -> Bindings {
        Bindings(Vec::new())
    }

    /// What keys, one after the other, do.
    pub(crate) fn find(&self, keys: &[Key]) -> Found {
        let mut begun = false;
        for (bound, action) in &self.0 {
            if bound == keys {
                return Found::Action(*action);
            }
            begun |= bound.starts_with(keys);
        }
        if begun { Found::Begun } else { Found::Nothing }
    }

    /// The first key of an action, as it is shown.
    pub(crate) fn key(&self, action: Action) -> Option<String> {
        self.0.iter().find(|(_, of)| *of == action).map(|(keys, _)| name(keys))
    }

    /// All keys of an action.
    pub(crate) fn keys(&self, action: Action) -> Vec<String> {
        self.0.iter().filter(|(_, of)| *of == action).map(|(keys, _)| name(keys)).collect()
    }
}

fn name(keys: &[Key]) -> String {
    let names: Vec<String> = keys.iter().map(|key| key.name()).collect();
    let plain = names.iter().all(|name| name.chars().count() == 1);
    names.join(if plain { "" } else { " " })
}

/// No keys may do two things, and none may be the beginning of others.
fn check(all: &[(Vec<Key>, Action, bool)]) -> Result<()> {
    for (place, (keys, action, _)) in all.iter().enumerate() {
        for (others, other, _) in all.iter().skip(place + 1) {
            if keys.starts_with(others) || others.starts_with(keys) {
                if keys == others && (action == other || action.twin() == Some(*other)) {
                    continue;
                }
                let (keys, others) = (name(keys), name(others));
                let what = if keys == others {
                    format!("tui.keys: {keys} is bound to both {} and {}", action.name(), other.name())
                } else {
                    let (first, second) = (action.name(), other.name());
                    format!("tui.keys: {keys} ({first}) and {others} ({second}) begin alike")
                };
                return Err(Error::usage(what).hint("give one of them another key, or [] for none"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(pairs: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        pairs
            .iter()
            .map(|(name, keys)| ((*name).to_owned(), keys.iter().map(|key| (*key).to_owned()).collect()))
            .collect()
    }

    #[test]
    fn defaults_do_not_clash_and_names_are_unique() {
        Bindings::new(&BTreeMap::new()).unwrap();
        let mut names: Vec<_> = Action::ALL.iter().map(|action| action.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Action::ALL.len());
    }

    #[test]
    fn clashes_name_both() {
        let clash = |pairs: &[(&str, &[&str])]| Bindings::new(&own(pairs)).unwrap_err().message().to_owned();
        assert_eq!(clash(&[("delete", &["x"])]), "tui.keys: x is bound to both delete and explain");
        assert_eq!(clash(&[("tap", &["g"])]), "tui.keys: gg (top) and g (tap) begin alike");
        assert_eq!(clash(&[("delte", &["x"])]), "tui.keys: unknown action \"delte\"");
        assert_eq!(clash(&[("delete", &["Hyper-x"])]), "tui.keys: \"Hyper-x\" of delete is no key");
    }

    #[test]
    fn keys_are_found() {
        let bindings = Bindings::new(&own(&[("delete", &["Alt-d", "F8"]), ("tap", &[])])).unwrap();
        let find = |text: &str| bindings.find(&parse(text).unwrap());
        assert_eq!(find("F8"), Found::Action(Action::Delete));
        assert_eq!(find("alt-d"), Found::Action(Action::Delete));
        assert_eq!((find("D"), find("t")), (Found::Nothing, Found::Nothing));
        assert_eq!((find("g"), find("gg")), (Found::Begun, Found::Action(Action::Top)));
        assert_eq!(bindings.key(Action::Top).as_deref(), Some("gg"));
        assert_eq!(bindings.keys(Action::Delete), ["Alt-d", "F8"]);
    }
}
