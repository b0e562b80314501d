//! `gatewayctl alias`: words that stand for command lines.

use serde_json::{Map, Value, json};

use super::local::Local;
use crate::error::{Error, Kind, Result};
use crate::output::list::{Record, head};
use crate::suggest;

/// Give command lines a short name
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl alias set rl 'get routes -o wide'
  gatewayctl rl --where 'priority > 0'
  gatewayctl alias list",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What is done with aliases.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the aliases
    #[command(before_help = "Examples:\n  gatewayctl alias list", help_template = crate::cli::HELP)]
    List,
    /// Set an alias; it cannot have the name of a command
    #[command(before_help = "Examples:\n  gatewayctl alias set rl 'get routes -o wide'", help_template = crate::cli::HELP)]
    Set {
        /// The word
        name: String,
        /// The command line that it stands for, without gatewayctl in front
        #[arg(required = true, value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
        line: Vec<String>,
    },
    /// Delete an alias
    #[command(before_help = "Examples:\n  gatewayctl alias delete rl", help_template = crate::cli::HELP)]
    Delete {
        /// The word
        name: String,
    },
}

/// Runs one of the commands.
///
/// # Errors
/// Usage: a name that is a command, a line that begins with none; not found.
pub(crate) fn run(args: &Args, local: &Local<'_>) -> Result<()> {
    let looks = matches!(args.command, Command::List);
    let mut store = if looks { local.store()? } else { local.store_to_change()? };
    match &args.command {
        Command::List => {
            let mut list = local.printer().list(vec![head("NAME", 0), head("COMMAND", 1)])?;
            for (name, line) in store.aliases() {
                let document = json!({ "name": name, "command": line });
                let cells = vec![name.to_owned(), line.to_owned()];
                list.push(&Record { name: format!("alias/{name}"), cells, document })?;
            }
            if list.finish()? == 0 {
                local.out.note("no aliases");
            }
            Ok(())
        }
        Command::Set { name, line } => {
            let results = local.printer().results()?;
            let line = match line.as_slice() {
                [line] => line.clone(),
                words => words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
            };
            check(name, &line)?;
            let aliases = store.fields().entry("aliases").or_insert_with(|| Value::Object(Map::new()));
            aliases[name.as_str()] = line.into();
            store.save()?;
            results.only("alias", name, "set")
        }
        Command::Delete { name } => {
            let results = local.printer().results()?;
            let aliases = store.fields().get_mut("aliases").and_then(Value::as_object_mut);
            if aliases.and_then(|aliases| aliases.shift_remove(name)).is_none() {
                let error = Error::new(Kind::NotFound, format!("there is no alias \"{name}\""));
                return Err(error.hints(suggest::hint(name, store.aliases().map(|(name, _)| name))));
            }
            store.save()?;
            results.only("alias", name, "deleted")
        }
    }
}

fn check(name: &str, line: &str) -> Result<()> {
    let command = crate::command_line();
    let names: Vec<&str> = command
        .get_subcommands()
        .flat_map(|sub| std::iter::once(sub.get_name()).chain(sub.get_all_aliases()))
        .collect();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.starts_with('-') || !name.chars().all(plain) {
        return Err(
            Error::usage(format!("\"{name}\" is no word for an alias")).hint("letters, digits, '-', '_' and '.'")
        );
    }
    if names.contains(&name) || name == "help" {
        return Err(Error::usage(format!("\"{name}\" is a command, and an alias cannot stand for another one")));
    }
    if !is_whole(line) {
        return Err(Error::usage(format!("a quote is not closed: {line}")));
    }
    let words = words(line);
    let first = words.iter().find(|word| !word.starts_with('-')).map(String::as_str).unwrap_or_default();
    if !names.contains(&first) {
        let error = Error::usage(format!("an alias stands for a command, and \"{first}\" is none"));
        return Err(error.hints(suggest::hint(first, names.iter().copied())));
    }
    Ok(())
}

fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\'));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// Whether every quote of a line is closed.
pub(crate) fn is_whole(line: &str) -> bool {
    split(line).1
}

/// The words of a line as a shell would have them: blanks part them, quotes and backslashes keep them together.
pub(crate) fn words(line: &str) -> Vec<String> {
    split(line).0
}

fn split(line: &str) -> (Vec<String>, bool) {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('\\', None | Some('"')) => match chars.next() {
                // A line goes on.
                Some('\n') => {}
                // Within quotes it takes away the meaning of these alone (POSIX, 2.2.3).
                Some(next) if quote.is_some() && !matches!(next, '"' | '\\' | '$' | '`') => {
                    word.get_or_insert_default().extend([c, next]);
                }
                next => word.get_or_insert_default().extend(next),
            },
            (c, Some(_)) => word.get_or_insert_default().push(c),
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, None) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    (words, quote.is_none())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_as_a_shell_has_them() {
        for (line, expected) in [
            ("get routes", vec!["get", "routes"]),
            ("  a  'b c' \"d 'e'\" f\\ g '' ", vec!["a", "b c", "d 'e'", "f g", ""]),
            ("--where='a > 1'", vec!["--where=a > 1"]),
            (r#"printf "%s\n" "a\"b\\c\$d\`e" 'f\g'"#, vec!["printf", r"%s\n", r#"a"b\c$d`e"#, r"f\g"]),
            ("curl x \\\n -H \"a\\\nb\"", vec!["curl", "x", "-H", "ab"]),
            ("", vec![]),
        ] {
            assert_eq!(words(line), expected, "{line}");
            assert!(is_whole(line), "{line}");
        }
        assert!(!is_whole("get \"routes") && !is_whole("get 'a\"b") && is_whole("get \\\""));
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_one_word(all in prop::collection::vec("\\PC{0,8}", 0..4)) {
            let line = all.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(words(&line), all);
        }
    }
}
