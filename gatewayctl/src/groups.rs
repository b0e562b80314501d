//! The list of commands in the help and in the reference, by what they are for.

use std::fmt::Write as _;

use clap::Command;

/// A heading and the commands below it, by their names.
pub(crate) const GROUPS: [(&str, &[&str]); 7] = [
    ("Look at objects", &["get", "describe", "tree", "explain", "wait"]),
    ("Change objects", &["create", "apply", "edit", "patch", "label", "enable", "disable", "delete"]),
    ("The configuration as files", &["config", "convert", "import"]),
    ("Requests", &["trace", "test", "bench", "traffic", "dubbo", "grpc"]),
    ("How the gateway is", &["status", "health", "logs", "events", "metrics", "ping", "doctor", "ui"]),
    ("What belongs to it", &["certs", "plugins", "discovery", "consumers", "secrets"]),
    ("This tool and its servers", &["context", "config-file", "alias", "api", "completion", "man", "version", "help"]),
];

/// The command line, with its commands in groups where its help is `width` columns wide.
pub(crate) fn grouped(command: Command, width: usize) -> Command {
    let list = list(&command, width);
    let template = format!(
        "{{about-with-newline}}\n{{before-help}}{{usage-heading}} {{usage}}\n\n{list}{}:\n{{options}}{{after-help}}",
        heading("Global options")
    );
    command.help_template(clap::builder::StyledStr::from(template))
}

/// As clap writes its own headings.
fn heading(text: &str) -> String {
    format!("\u{1b}[1m\u{1b}[4m{text}\u{1b}[0m")
}

fn list(command: &Command, width: usize) -> String {
    let visible = |name: &str| command.find_subcommand(name).filter(|sub| !sub.is_hide_set());
    let names = GROUPS.iter().flat_map(|(_, names)| names.iter());
    let column = names.map(|name| name.len()).max().unwrap_or_default() + 4;
    let mut text = String::new();
    for (title, names) in GROUPS {
        let _ = writeln!(text, "{}:", heading(title));
        for name in names {
            // clap adds this one later.
            let about = match (visible(name), *name) {
                (Some(sub), _) => about(sub),
                (None, "help") => "Print this message, the help of a command, or a topic".to_owned(),
                (None, _) => continue,
            };
            let lines = wrapped(&about, width.saturating_sub(column).max(16));
            for (i, line) in lines.iter().enumerate() {
                let name = if i == 0 { *name } else { "" };
                let padding = " ".repeat(column - 2 - name.len());
                let _ = writeln!(text, "  \u{1b}[1m{name}\u{1b}[0m{padding}{line}");
            }
        }
        text.push('\n');
    }
    text
}

/// What a command does, and what else it is called.
fn about(command: &Command) -> String {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let aliases: Vec<&str> = command.get_visible_aliases().collect();
    if aliases.is_empty() { about } else { format!("{about} [aliases: {}]", aliases.join(", ")) }
}

/// A text in lines of so many characters; a longer word has one of its own.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last().map_or(0, |line| line.chars().count());
        match lines.last_mut() {
            Some(last) if line == 0 => last.push_str(word),
            Some(last) if line + 1 + word.chars().count() <= width => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_in_one_group() {
        let mut listed: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        listed.sort_unstable();
        let command = crate::command_line();
        let shown = command.get_subcommands().filter(|sub| !sub.is_hide_set()).map(Command::get_name);
        let mut names: Vec<&str> = shown.chain(["help"]).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(listed, names);
    }

    #[test]
    fn the_list_fits() {
        let help = grouped(crate::command_line(), 60).term_width(60).render_help().to_string();
        assert!(help.lines().all(|line| line.chars().count() <= 60), "{help}");
        assert!(help.contains("\nLook at objects:\n  get          Show one or many objects\n"), "{help}");
        assert!(help.contains("\nGlobal options:\n      --server <URL>"), "{help}");
    }
}
