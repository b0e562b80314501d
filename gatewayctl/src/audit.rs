//! What holds for the whole command line: each command is told of, with an example first, is in the reference, and has been
//! seen to succeed and to fail in two ways.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Command;

/// Commands whose success no snapshot can show, because it is another one each time, and the test that looks at it.
const OTHERWISE: &[(&str, &str)] = &[
    ("bench", "bench.rs"),
    ("completion", "completion.rs"),
    ("doctor", "ends.rs"),
    ("man", "completion.rs"),
    ("ping", "ping.rs"),
    ("version", "version.rs"),
];

/// Commands that are only refused.
const REFUSED: &[&str] = &["convert deck", "convert k8s-ingress", "convert nginx"];

/// All commands, by their words, with whether nothing is below them.
fn commands() -> Vec<(String, Command, bool)> {
    fn below(command: &Command, words: &str, all: &mut Vec<(String, Command, bool)>) {
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
            let words = format!("{words} {}", sub.get_name()).trim().to_owned();
            all.push((words.clone(), sub.clone(), !sub.has_subcommands()));
            below(sub, &words, all);
        }
    }
    let mut root = crate::command_line();
    root.build();
    let mut all = Vec::new();
    below(&root, "", &mut all);
    all
}

#[test]
fn every_command_has_help_with_an_example_first() {
    for (words, mut command, _) in commands() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        assert!(!about.is_empty(), "{words}: no description");
        let help = command.render_help().to_string();
        let paragraphs: Vec<&str> = help.split("\n\n").collect();
        assert!(paragraphs[1].trim().starts_with("Examples:"), "{words}: no example in front:\n{help}");
        let example = format!("gatewayctl {}", words.split(' ').next().unwrap_or_default());
        assert!(help.contains(&example) || help.contains("$ "), "{words}: the example is of another command:\n{help}");
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            assert!(arg.get_help().is_some(), "{words}: nothing is said of {}", arg.get_id());
        }
    }
}

#[test]
fn every_command_is_in_the_reference() {
    let page = crate::reference();
    for (words, command, _) in commands() {
        assert!(page.contains(&format!("\n### gatewayctl {words}\n")), "{words} is not in the reference");
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set() && !arg.is_global_set()) {
            if let Some(long) = arg.get_long().filter(|long| *long != "help") {
                assert!(page.contains(&format!("`--{long}")), "{words} --{long} is not in the reference");
            }
        }
    }
}

/// The runs in all snapshots: the line that was typed, and the exit code.
fn runs() -> Vec<(String, u8)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/snapshots");
    let mut runs = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let mut typed: Option<String> = None;
        for line in text.lines() {
            if let Some(line) = line.strip_prefix("$ gatewayctl ") {
                typed = Some(line.to_owned());
            } else if let (Some(code), Some(line)) = (line.strip_prefix("--- exit "), &typed) {
                runs.push((line.clone(), code.parse().unwrap()));
                typed = None;
            }
        }
    }
    runs
}

#[test]
fn every_command_was_seen_to_succeed_and_to_fail_in_two_ways() {
    let runs = runs();
    let mut wrong = BTreeMap::new();
    for (words, command, leaf) in commands() {
        if !leaf {
            continue;
        }
        let is_of = |line: &str| {
            let mut typed = line.split_whitespace().filter(|word| !word.starts_with('-'));
            let parts: Vec<&str> = words.split(' ').collect();
            let (last, before) = parts.split_last().unwrap();
            before.iter().all(|word| typed.next() == Some(*word))
                && typed
                    .next()
                    .is_some_and(|word| word == *last || command.get_all_aliases().any(|alias| alias == word))
        };
        let own: Vec<u8> = runs.iter().filter(|(line, _)| is_of(line)).map(|(_, code)| *code).collect();
        let otherwise = OTHERWISE.iter().find(|(other, _)| *other == words);
        let elsewhere = otherwise.is_some_and(|(words, file)| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli").join(file);
            std::fs::read_to_string(path).unwrap().contains(&format!("run(\"{words}"))
        });
        let fine = own.contains(&0) || elsewhere || REFUSED.contains(&words.as_str());
        let (fine, failed) = (fine, own.iter().filter(|code| **code != 0).count());
        if !fine || failed < 2 {
            wrong.insert(words, format!("success: {fine}, failures: {failed}"));
        }
    }
    assert!(wrong.is_empty(), "these need snapshots of a success and of two failures: {wrong:#?}");
}
