//! What things look like: a style a role, in as many colours as the terminal has; and the characters for states, lines
//! and charts, in Unicode or in ASCII.

mod builtin;
mod color;
mod file;
mod glyphs;

use ratatui::style::{Modifier, Style};

pub(crate) use builtin::NAMES;
pub(crate) use color::Depth;
pub(crate) use file::folder;
pub(crate) use glyphs::Glyphs;

use crate::context::Accent;
use crate::error::{Error, Result};
use crate::suggest;
use crate::world::Env;

macro_rules! roles {
    ($($role:ident $name:literal;)*) => {
        /// For what a style is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Role { $(#[doc = $name] $role,)* }

        impl Role {
            const ALL: &'static [(Role, &'static str)] = &[$((Role::$role, $name)),*];
        }
    };
}

roles! {
    Text "text";
    Dim "dim";
    Accent "accent";
    Title "title";
    Border "border";
    Focus "focus";
    Head "head";
    Selection "selection";
    Marked "marked";
    Good "good";
    Warn "warn";
    Bad "bad";
    Off "off";
    Key "key";
    Tab "tab";
    Match "match";
    Added "added";
    Removed "removed";
    Chart "chart";
    Heat "heat";
}

/// A style a role.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Theme {
    /// As it is called.
    pub(crate) name: String,
    styles: Vec<Style>,
    depth: Depth,
}

impl Theme {
    /// The theme of a name: one of the eight, or a file of the user's.
    ///
    /// # Errors
    /// Usage: there is none, or its file is not as it should be.
    pub(crate) fn load(name: &str, depth: Depth, env: &Env) -> Result<Theme> {
        if let Some(specs) = builtin::specs(name) {
            return Ok(Theme::of(name, specs, depth));
        }
        if let Some(specs) = file::read(name, env)? {
            let specs: Vec<(&str, &str)> = specs.iter().map(|(role, spec)| (role.as_str(), spec.as_str())).collect();
            return Ok(Theme::of(name, &specs, depth));
        }
        let error = Error::usage(format!("unknown theme \"{name}\""));
        Err(match suggest::hint(name, NAMES) {
            Some(hint) => error.hint(hint),
            None => error.hint(format!("themes are {}", NAMES.join(", "))),
        })
    }

    /// One of the eight; the default one for any other name.
    pub(crate) fn builtin(name: &str, depth: Depth) -> Theme {
        let specs = builtin::specs(name).or_else(|| builtin::specs("default"));
        Theme::of(name, specs.unwrap_or_default(), depth)
    }

    fn of(name: &str, specs: &[(&str, &str)], depth: Depth) -> Theme {
        // What a theme leaves out is as in the default one; without colours only attributes count.
        let base = builtin::specs("default").unwrap_or_default();
        let specs = if depth == Depth::None { builtin::specs("mono").unwrap_or_default() } else { specs };
        let find = |role: &str, specs: &[(&str, &str)]| {
            specs.iter().find(|(of, _)| *of == role).and_then(|(_, spec)| color::style(spec, depth))
        };
        let styles =
            Role::ALL.iter().map(|(_, role)| find(role, specs).or_else(|| find(role, base)).unwrap_or_default());
        Theme { name: name.to_owned(), styles: styles.collect(), depth }
    }

    /// How something of a role looks.
    pub(crate) fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// The accent of a context, so that production looks different.
    pub(crate) fn with_accent(mut self, accent: Option<Accent>) -> Theme {
        if let Some(style) = accent.and_then(|accent| color::style(accent_name(accent), self.depth))
            && let Some(own) = self.styles.get_mut(Role::Accent as usize)
        {
            *own = style.add_modifier(Modifier::BOLD);
        }
        self
    }
}

fn accent_name(accent: Accent) -> &'static str {
    match accent {
        Accent::Red => "red",
        Accent::Yellow => "yellow",
        Accent::Green => "green",
        Accent::Blue => "blue",
        Accent::Magenta => "magenta",
        Accent::Cyan => "cyan",
    }
}

/// A state as a role and a symbol: colour never stands alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mood {
    Bad,
    Warn,
    Off,
    Good,
}

impl Mood {
    pub(crate) fn role(self) -> Role {
        match self {
            Mood::Good => Role::Good,
            Mood::Warn => Role::Warn,
            Mood::Bad => Role::Bad,
            Mood::Off => Role::Off,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_theme_styles_every_role_at_every_depth() {
        for name in NAMES {
            for (role, _) in builtin::specs(name).unwrap() {
                assert!(Role::ALL.iter().any(|(_, known)| known == role), "{name}: {role}");
            }
            for depth in [Depth::None, Depth::Sixteen, Depth::Indexed, Depth::True] {
                let theme = Theme::builtin(name, depth);
                assert_eq!(theme.styles.len(), Role::ALL.len());
                assert_ne!(theme.style(Role::Selection), theme.style(Role::Text), "{name}");
                if depth == Depth::None {
                    let plain = |style: &Style| style.fg.is_none() && style.bg.is_none();
                    assert!(theme.styles.iter().all(plain), "{name}");
                }
            }
        }
        let env = Env::of(std::iter::empty::<(String, String)>());
        assert_eq!(Theme::load("nrod", Depth::True, &env).unwrap_err().message(), "unknown theme \"nrod\"");
    }
}
