//! Files that are made out of the command line itself: completion scripts and the reference for people. They are checked
//! in, and a test compares them with what is made here.

use std::fmt::Write as _;

use clap::{Arg, Command, ValueEnum};

use crate::commands::completion::Shell;
use crate::complete;
use crate::error::Kind;

/// The completion scripts: file name and contents.
pub fn completions() -> Vec<(&'static str, Vec<u8>)> {
    Shell::value_variants().iter().map(|shell| completion(*shell)).collect()
}

/// The name and contents of one script.
pub(crate) fn completion(shell: Shell) -> (&'static str, Vec<u8>) {
    let (name, file) = match shell {
        Shell::Bash => ("bash", "gatewayctl.bash"),
        Shell::Zsh => ("zsh", "_gatewayctl"),
        Shell::Fish => ("fish", "gatewayctl.fish"),
        Shell::Powershell => ("powershell", "gatewayctl.ps1"),
        Shell::Elvish => ("elvish", "gatewayctl.elv"),
        Shell::Nushell => ("nushell", "gatewayctl.nu"),
    };
    (file, complete::script(name).unwrap_or_default())
}

/// The manual pages, one a command: file name and contents.
pub fn pages() -> Vec<(String, Vec<u8>)> {
    let mut command = with_long_help(crate::command_line());
    command.build();
    let mut pages = Vec::new();
    put_pages(&command, "gatewayctl", &mut pages);
    pages
}

/// Options that the short help leaves out are told on pages.
fn with_long_help(command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let command = command.mut_args(|arg| match arg.get_help().cloned() {
        Some(help) if arg.is_hide_short_help_set() && arg.get_long_help().is_none() => arg.long_help(help),
        _ => arg,
    });
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, with_long_help))
}

fn put_pages(command: &Command, name: &str, pages: &mut Vec<(String, Vec<u8>)>) {
    let file = format!("{name}.1");
    // The date is that of the commit, so that the same sources give the same pages.
    let page = clap_mangen::Man::new(command.clone())
        .title(name.to_uppercase())
        .date(env!("GATEWAYCTL_BUILD_DATE"))
        .source(concat!("gatewayctl ", env!("CARGO_PKG_VERSION")))
        .manual("gatewayctl");
    let mut text = Vec::new();
    // Writing into memory does not fail.
    let _ = page.render(&mut text);
    pages.push((file, without_idle_breaks(&text)));
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        put_pages(sub, &format!("{name}-{}", sub.get_name()), pages);
    }
}

/// A page without line breaks beside an empty line, which breaks by itself, and without empty lines where a section begins:
/// readers of pages complain of them.
fn without_idle_breaks(page: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(page);
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines() {
        let last = lines.last().copied().unwrap_or_default();
        match line {
            ".br" if matches!(last, ".sp" | ".br" | "") => continue,
            ".sp" | "" if last == ".br" => {
                lines.pop();
            }
            _ => {}
        }
        lines.push(line);
    }
    let mut page = lines.join("\n").into_bytes();
    page.push(b'\n');
    page
}

/// The reference of the command line in Markdown, `docs/gatewayctl.md`.
pub fn reference() -> String {
    let mut command = crate::command_line();
    command.build();
    let mut page = String::from(INTRODUCTION);
    page.push_str("\n## Commands\n");
    let shown = |sub: &&Command| !sub.is_hide_set() && sub.get_name() != "help";
    for (title, names) in crate::groups::GROUPS {
        let _ = write!(page, "\n{title}:\n\n| command | |\n|---|---|\n");
        for sub in names.iter().filter_map(|name| command.find_subcommand(name)).filter(shown) {
            let name = sub.get_name();
            let _ = writeln!(page, "| [`{name}`](#gatewayctl-{name}) | {} |", about(sub));
        }
    }
    for sub in command.get_subcommands().filter(shown) {
        section(&mut page, sub, sub.get_name());
    }
    page.push_str("\n## Global options\n\nBefore the command or after it.\n\n| option | meaning |\n|---|---|\n");
    for arg in command.get_arguments().filter(|arg| arg.is_global_set()) {
        row(&mut page, arg);
    }
    page.push_str("\n## Resources\n\n| name | other words | id |\n|---|---|---|\n");
    for resource in crate::resources::every() {
        use crate::resources::IdForm;
        let others = std::iter::once(resource.singular).chain(resource.aliases.iter().copied());
        let others: Vec<String> = others.map(|word| format!("`{word}`")).collect();
        let id = match resource.id {
            IdForm::Plain => "`ID`",
            IdForm::Username => "the username",
            IdForm::Cost => "`SERVICE/ID`, or `ID` with `--service`; no part of `all`",
            IdForm::Credential => "`CONSUMER/ID`, or `ID` with `--consumer`",
            IdForm::Secret => "`MANAGER/ID`",
            IdForm::Plugin => "the plugin's name",
        };
        let _ = writeln!(page, "| `{}` | {} | {id} |", resource.name, others.join(", "));
    }
    page.push_str("\n## Exit codes\n\n| code | kind | when |\n|---|---|---|\n| 0 | | done |\n");
    for (kind, when) in EXIT_CODES {
        let name =
            serde_json::to_value(kind).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
        let _ = writeln!(page, "| {} | `{name}` | {when} |", kind.code());
    }
    page.push_str(REST);
    page
}

/// A command, by all of its words, and those below it.
fn section(page: &mut String, command: &Command, words: &str) {
    let _ = write!(page, "\n### gatewayctl {words}\n\n{}.\n", about(command));
    if let Some(long) = command.get_long_about() {
        let text = long.to_string();
        if let Some((_, more)) = text.split_once("\n\n") {
            let _ = write!(page, "\n{}\n", more.trim());
        }
    }
    if let Some(examples) = command.get_before_help() {
        let text = examples.to_string();
        let lines = text.trim().trim_start_matches("Examples:").lines().map(|line| line.trim_start_matches("  "));
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        let _ = write!(page, "\n```sh\n{}\n```\n", lines.join("\n"));
    }
    let mut own = command
        .get_arguments()
        .filter(|arg| !arg.is_global_set() && !arg.is_hide_set() && arg.get_id() != "help")
        .peekable();
    if own.peek().is_some() {
        page.push_str("\n| argument | meaning |\n|---|---|\n");
        own.for_each(|arg| row(page, arg));
    }
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        section(page, sub, &format!("{words} {}", sub.get_name()));
    }
}

fn row(page: &mut String, arg: &Arg) {
    let mut names: Vec<String> = Vec::new();
    let value = match arg.get_value_names() {
        Some([name, ..]) if arg.get_action().takes_values() && arg.is_require_equals_set() => format!("[={name}]"),
        Some([name, ..]) if arg.get_action().takes_values() => format!(" {name}"),
        _ => String::new(),
    };
    if let Some(long) = arg.get_long() {
        names.push(format!("`--{long}{value}`"));
    }
    if let Some(short) = arg.get_short() {
        names.push(format!("`-{short}`"));
    }
    if names.is_empty() {
        let dots = if arg.get_num_args().is_some_and(|range| range.max_values() > 1) { "…" } else { "" };
        names.push(format!("`{}{dots}`", value.trim()));
    }
    let mut help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let possible: Vec<String> =
        arg.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if !possible.is_empty() && arg.get_action().takes_values() {
        let _ = write!(help, ": {}", possible.join(", "));
    }
    let _ = writeln!(page, "| {} | {} |", names.join(", "), help.replace('|', "\\|"));
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

const INTRODUCTION: &str = "<!-- Made out of the command line by gatewayctl's tests; see gatewayctl/tests/cli/generated.rs. -->

# gatewayctl

`gatewayctl` looks at and changes a running gateway through its Admin API. On the machine of the gateway it needs no
settings: it talks to `http://127.0.0.1:9180` and finds the admin key where the gateway put it.

Data goes to standard output, everything else to standard error. Secrets are shown as `********` in every format and at
every verbosity, unless `--show-secrets` is given; a masked value in a file that is applied means \"keep the stored one\".
";

pub(crate) const EXIT_CODES: [(Kind, &str); 12] = [
    (
        Kind::Negative,
        "the answer is no: `config diff` found differences, `config lint` mistakes, `status --check` or `tree --broken` trouble",
    ),
    (Kind::Usage, "unknown command, flag or resource; a bad value; a file that cannot be read or parsed"),
    (Kind::NotFound, "the named object does not exist"),
    (Kind::Auth, "401, 403, 429 (locked out after wrong keys; the hint says how long), or the context is read-only"),
    (Kind::Rejected, "the server refused the content: 400, 405, 409, 412, 413, 422"),
    (Kind::Unreachable, "DNS, connection, TLS, time-out"),
    (Kind::Server, "5xx, or an answer that the Admin API does not define"),
    (Kind::Partial, "a batch in which some succeeded"),
    (Kind::Aborted, "the answer was no, or a confirmation was needed and nobody could be asked"),
    (Kind::Timeout, "what was waited for did not come in time"),
    (Kind::Interrupted, "SIGINT or SIGTERM"),
    (Kind::BrokenPipe, "the reader of the output has gone"),
];

const REST: &str = "
## Errors

As text, one line and hints:

```text
error: route/hello: property \"uri\" validation failed: wrong type: expected string, got number
  at gateway.yaml:4:10
hint: gatewayctl explain route.uri
```

After a refusal because an object is in use the hint names all its users; the server's own sentence names one.

With `--errors json` (the default with `-o json` and `-o ndjson`) one JSON object on one line: `{\"error\":{\"kind\",\"code\",\"message\",
\"resource\",\"id\",\"field\",\"http\":{\"method\",\"path\",\"status\",\"body\"},\"source\":{\"file\",\"line\",\"column\"},\"hints\"}}`; what does
not apply is left out.

## Files

`apply -f` and `delete -f` take YAML and JSON, one document or many, from files, folders, globs and `-`. An object may have
one of these shapes:

```yaml
# native: lists under the names of the Admin paths, as in APISIX's standalone file
upstreams:
  - id: shop
    nodes: { \"127.0.0.1:8080\": 1 }
routes:
  - id: hello
    uri: /hello
    upstream_id: shop
---
# object: what `get -o yaml` prints
kind: route
id: orders
uri: /orders
upstream_id: shop
---
# envelope: what the Admin API answers
key: /apisix/routes/carts
value: { uri: /carts, upstream_id: shop }
```

Each object needs its id (consumers their `username`), also those of a standalone `apisix.yaml` of APISIX, which makes one up
where it is absent.

`gatewayctl get all -o yaml --show-secrets > all.yaml` writes everything into one file that `apply -f` takes, credentials of
consumers included. What the Admin API never tells is not in it: private keys of `ssls`; put each `key`
back into the file before it is applied, or let the server keep its own.

`config dump` writes the same as one file or a folder of them, and `config sync` makes a server hold exactly what the files say:
what no file has is deleted. With `-l`, `--only` and `--skip` that is limited to a part, of the server as of the files.

## Configuration file

`~/.config/gatewayctl/config.yaml` (or `$XDG_CONFIG_HOME`, `GATEWAYCTL_CONFIG`, `--config`), mode 0600. A flag outranks the
environment, the environment outranks the context. Unknown fields are errors.

```yaml
current-context: local
contexts:
  - name: local
    server: http://127.0.0.1:9180
    key-file: ~/.config/gatewayctl/local.key   # or key: …, or key-command: [pass, show, gw/local], or keyring: true
    gateway: http://127.0.0.1:9080
    read-only: false        # true: every change is refused here
    confirm: deletes        # never | deletes | writes
    color: red              # red | yellow | green | blue | magenta | cyan: an accent, for the terminal UI
defaults: { output: table, timeout: 10s }
aliases: { rl: \"get routes -o wide\" }
tui: { theme: default, refresh: 1s, mouse: true, keys: {} }   # keys: an action and the key that it has instead
```

`keyring: true` in the place of a key has it asked of the system's keyring, through the keyring's own program: `secret-tool` on
Linux, `security` on macOS. `secret-tool store --label 'gatewayctl prod' service gatewayctl context prod` keeps one there for the
context prod.

`context create`, `use`, `rename`, `delete` and `import`, and `alias set` and `delete`, write the file anew; comments in it are not
kept, except by `config-file edit`.

Without a key anywhere, and for a server on this machine, `admin.key` is looked for in the gateway's data directory:
`$GATEWAY_DATA_DIR`, `$STATE_DIRECTORY`, `$XDG_STATE_HOME/gateway`, `~/.local/state/gateway`, then in the
`gateway-demo` beside each. The first file that holds a key is used.
";
