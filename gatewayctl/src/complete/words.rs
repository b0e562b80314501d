//! The words that were typed so far.

use std::ffi::OsString;

use clap::{ArgAction, Command};

/// What stands in front of the cursor.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    /// All of it, with the name of the tool.
    pub(super) line: Vec<OsString>,
    /// What is neither command nor flag nor the value of one.
    positionals: Vec<String>,
}

impl Words {
    /// Reads a line that need not be whole.
    pub(super) fn of(root: &Command, line: &[OsString]) -> Words {
        let mut positionals = Vec::new();
        let mut command = root;
        let mut words = line.iter().skip(1).map(|word| word.to_string_lossy());
        while let Some(word) = words.next() {
            if word.starts_with('-') && word.len() > 1 {
                if !word.contains('=') && takes_value(root, command, &word) {
                    words.next();
                }
            } else if let Some(sub) = command.find_subcommand(&*word).filter(|_| positionals.is_empty()) {
                command = sub;
            } else {
                positionals.push(word.into_owned());
            }
        }
        Words { line: line.to_vec(), positionals }
    }

    /// The arguments of the command so far.
    pub(super) fn positionals(&self) -> &[String] {
        &self.positionals
    }
}

/// Whether the word behind a flag is its value.
fn takes_value(root: &Command, command: &Command, flag: &str) -> bool {
    let named = |arg: &&clap::Arg| match flag.strip_prefix("--") {
        Some(long) => arg.get_long_and_visible_aliases().is_some_and(|names| names.contains(&long)),
        // `-ojson` holds its value itself.
        None => arg.get_short().is_some_and(|short| flag == format!("-{short}")),
    };
    let found = command.get_arguments().find(named).or_else(|| root.get_arguments().find(named));
    found.is_some_and(|arg| {
        matches!(arg.get_action(), ArgAction::Set | ArgAction::Append) && !arg.is_require_equals_set()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_told_from_flags() {
        for (line, expected) in [
            ("gatewayctl get routes", &["routes"][..]),
            ("gatewayctl -C prod get -o json routes a --name x b", &["routes", "a", "b"]),
            ("gatewayctl plugins docs", &[]),
            ("gatewayctl delete route hello --dry-run get", &["route", "hello", "get"]),
            ("gatewayctl get -ojson services -q s1", &["services", "s1"]),
            ("gatewayctl", &[]),
            ("", &[]),
        ] {
            let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            assert_eq!(Words::of(&crate::command_line(), &words).positionals(), expected, "{line}");
        }
    }
}
