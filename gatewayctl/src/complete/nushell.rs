//! Nushell: its script says of each command what can be typed, and asks the tool for what only the server knows.

use std::ffi::OsString;

use clap::{Arg, Command};
use clap_complete::aot::generate;
use clap_complete::engine::complete;
use serde_json::json;

use crate::world::Env;

/// As the shell is called.
pub(crate) const NAME: &str = "nushell";

/// Asks for the line in front of the cursor; the answer is a list of records.
const ASK: &str = r#"module completions {

  def "nu-complete gatewayctl" [context: string] {
    with-env { GATEWAYCTL_COMPLETE: nushell } { ^gatewayctl -- $context } | from json
  }
"#;

/// The script.
pub(super) fn script() -> String {
    let mut text = Vec::new();
    let mut command = crate::command_line();
    generate(clap_complete_nushell::Nushell, &mut command, "gatewayctl", &mut text);
    let text = String::from_utf8_lossy(&text).replacen("module completions {\n", ASK, 1);
    let (mut script, mut of) = (String::with_capacity(text.len()), None);
    for line in text.lines() {
        if let Some(rest) = line.trim_start().strip_prefix("export extern ") {
            let words = rest.trim_end_matches(" [").trim_matches('"');
            let path = words.strip_prefix("gatewayctl").unwrap_or_default().trim_start();
            of = find(&command, path).map(|command| (path.to_owned(), command));
        }
        match of.as_ref().and_then(|(path, command)| Some((path, argument(command, line)?))) {
            Some((_, arg)) if arg.is_hide_set() => continue,
            Some((path, arg)) if super::wanted(path, arg).is_some() => {
                script.push_str(&line.replacen(": string ", ": string@\"nu-complete gatewayctl\" ", 1));
            }
            _ => script.push_str(line),
        }
        script.push('\n');
    }
    script
}

/// The command with these words.
fn find<'c>(root: &'c Command, path: &str) -> Option<&'c Command> {
    path.split_whitespace().try_fold(root, |command, word| command.find_subcommand(word))
}

/// The argument that a line of a signature is about.
fn argument<'c>(command: &'c Command, line: &str) -> Option<&'c Arg> {
    let word = line.strip_prefix("    ")?.split([':', ' ', '(']).next()?;
    let name = word.trim_start_matches("...").trim_end_matches('?');
    command.get_arguments().find(|arg| match name.strip_prefix("--") {
        Some(long) => arg.get_long() == Some(long),
        None => arg.is_positional() && arg.get_id() == name,
    })
}

/// What can follow a line, of which the last word is being typed.
pub(super) fn answer(line: &[OsString], env: &Env) -> Vec<u8> {
    let typed: Vec<String> = line.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let words = words(&typed.join(" "));
    let place = words.len().saturating_sub(1);
    let mut command = super::asking(&words, place, env);
    let here = std::env::current_dir().ok();
    let found = complete(&mut command, words, place, here.as_deref()).unwrap_or_default();
    let records = found.iter().filter(|one| !one.is_hide_set()).map(|one| {
        let value = one.get_value().to_string_lossy();
        // A word with spaces or signs of the shell stands in quotes.
        let plain = value.chars().all(|c| c.is_alphanumeric() || "-_./:=@%+,".contains(c));
        let value = if plain { value.into_owned() } else { format!("`{}`", value.replace('`', "")) };
        json!({ "value": value, "description": one.get_help().map(ToString::to_string).unwrap_or_default() })
    });
    serde_json::Value::Array(records.collect()).to_string().into_bytes()
}

/// The words of the last command of a line. Quotes hold a word together.
fn words(line: &str) -> Vec<OsString> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'' | '`') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '|' | ';' | '\n') => {
                words.clear();
                word = None;
            }
            (None, c) if c.is_whitespace() => words.extend(word.take().map(OsString::from)),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.push(OsString::from(word.unwrap_or_default()));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_as_they_are_typed() {
        for (line, expected) in [
            ("gatewayctl get ro", &["gatewayctl", "get", "ro"][..]),
            ("gatewayctl get routes ", &["gatewayctl", "get", "routes", ""]),
            ("ls | gatewayctl get 'a b' \"c", &["gatewayctl", "get", "a b", "c"]),
            ("", &[""]),
        ] {
            assert_eq!(words(line), expected, "{line}");
        }
    }

    #[test]
    fn what_only_a_server_knows_is_asked_for() {
        let script = script();
        for line in [
            "...targets: string@\"nu-complete gatewayctl\"",
            "--service: string@\"nu-complete gatewayctl\"",
            "plugin: string@\"nu-complete gatewayctl\"",
            "--context(-C): string@\"nu-complete gatewayctl\"",
        ] {
            assert!(script.contains(line), "{line}");
        }
        assert!(!script.contains("curl-word"));
    }
}
