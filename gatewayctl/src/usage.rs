//! From arguments to a command: help, mistakes told in our own form with a suggestion, and the user's aliases.

use std::ffi::OsString;
use std::path::Path;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::Cli;
use crate::commands::{alias, help};
use crate::context;
use crate::error::{Error, Form, Result};
use crate::suggest;
use crate::world::Env;

/// What the arguments ask for.
pub(crate) enum Parsed {
    /// A command, or `--version`.
    Cli(Box<Cli>),
    /// This text.
    Help(StyledStr),
    /// A topic of help.
    Topic(String),
}

/// Reads the arguments. An unknown command that is an alias of the configuration file is replaced once.
///
/// # Errors
/// Usage, with what was probably meant.
pub(crate) fn parse(args: &[OsString], env: &Env, width: Option<usize>) -> Result<Parsed> {
    if let Some(text) = topic(args) {
        return Ok(Parsed::Topic(text));
    }
    apart(args)?;
    match crate::try_parse(args, width, false) {
        Ok(cli) => Ok(Parsed::Cli(Box::new(cli))),
        Err(error) if error.kind() == ErrorKind::InvalidSubcommand => match expand(args, &error, env)? {
            // What is typed behind an alias is the user's last word.
            Some(args) => crate::try_parse(&args, width, true).map(|cli| Parsed::Cli(Box::new(cli))).or_else(refuse),
            None => refuse(error).map_err(|error| with_topics(args, error)),
        },
        Err(error) => refuse(error),
    }
}

/// Of `help WORD` the word may have been meant as a topic.
fn with_topics(args: &[OsString], error: Error) -> Error {
    let first = args.iter().skip(1).filter_map(|word| word.to_str()).find(|word| !word.starts_with('-'));
    let all = error.helps().iter().any(|hint| hint.starts_with("commands are "));
    match first == Some("help") && all {
        true => error.hint(format!("topics are {}", help::topics().collect::<Vec<_>>().join(", "))),
        false => error,
    }
}

/// Refuses the value of a flag that only takes one behind `=` where it stands apart: it would be taken for the next
/// argument, and `delete route a --wait 5s` would delete a second route.
///
/// # Errors
/// Usage.
fn apart(args: &[OsString]) -> Result<()> {
    let words: Vec<&str> = args.iter().map(|word| word.to_str().unwrap_or_default()).collect();
    for pair in words.windows(2) {
        let &[flag, value] = pair else { continue };
        let Some(name) = flag.strip_prefix("--").filter(|name| ["wait", "dry-run"].contains(name)) else { continue };
        let root = crate::command_line();
        let mut command = &root;
        for word in words.iter().skip(1) {
            command = command.find_subcommand(word).unwrap_or(command);
        }
        let known = command.get_arguments().find(|arg| arg.get_long() == Some(name) && arg.is_require_equals_set());
        let Some(known) = known else { continue };
        let values = known.get_possible_values();
        let meant = match values.is_empty() {
            false => values.iter().any(|known| known.matches(value, false)),
            true => value.starts_with(|c: char| c.is_ascii_digit()) && context::duration(flag, value).is_ok(),
        };
        if meant {
            let error = Error::usage(format!("{flag} {value}: the value of {flag} stands behind ="));
            return Err(error.hint(format!("write {flag}={value}")));
        }
    }
    Ok(())
}

/// The arguments with `--via direct ADDR` as one value, for `--via gateway` has no second word, with `-o FILE` of
/// `config dump` and the like told from `-o FORMAT`, and with the words of a command line of curl kept apart from our own.
pub(crate) fn glued(args: &[OsString]) -> Vec<OsString> {
    let (args, curl) = args.split_at(curl_at(args).unwrap_or(args.len()));
    let mut glued = via(&filters(&renamed(args)));
    glued.extend(curl.iter().skip(1).map(|word| {
        let mut value = OsString::from("--curl-word=");
        value.push(word);
        value
    }));
    glued
}

/// Commands that take a command line of curl.
const SENDING: [&str; 3] = ["trace", "test", "bench"];

/// The place of the word `curl` that begins a request.
fn curl_at(args: &[OsString]) -> Option<usize> {
    let command = args.iter().position(|word| SENDING.iter().any(|name| word == name))?;
    let of_another = |word: &OsString| ["context", "secrets", "help"].iter().any(|name| word == name);
    if args.get(command.checked_sub(1)?).is_some_and(of_another) {
        return None;
    }
    let at = command + args.iter().skip(command).position(|word| word == "curl")?;
    // The value of a flag is no request.
    let before = args.get(at - 1).and_then(|word| word.to_str()).unwrap_or_default();
    let switch = !before.starts_with('-') || ["--send", "-k", "-y", "-q", "-v", "-vv", "-vvv"].contains(&before);
    (switch || before.contains('=')).then_some(at).filter(|at| at + 1 < args.len())
}

/// Behind `traffic tap` a `--header` is one that requests have, and not one for the Admin API.
fn filters(args: &[OsString]) -> Vec<OsString> {
    let tap = args.windows(2).position(|pair| matches!(pair, [noun, verb] if noun == "traffic" && verb == "tap"));
    let renamed = |(place, arg): (usize, &OsString)| match arg.to_str().and_then(|text| text.strip_prefix("--header")) {
        Some(rest) if tap.is_some_and(|tap| place > tap) && (rest.is_empty() || rest.starts_with('=')) => {
            OsString::from(format!("--request-header{rest}"))
        }
        _ => arg.clone(),
    };
    args.iter().enumerate().map(renamed).collect()
}

fn via(args: &[OsString]) -> Vec<OsString> {
    let mut glued: Vec<OsString> = Vec::with_capacity(args.len());
    let mut words = args.iter().peekable();
    while let Some(word) = words.next() {
        let direct = match word.to_str() {
            Some("--via") => words.next_if(|next| *next == "direct").is_some(),
            Some("--via=direct") => true,
            _ => false,
        };
        if !direct {
            glued.push(word.clone());
            continue;
        }
        let mut value = OsString::from("--via=direct");
        if let Some(addr) = words.next_if(|next| next.to_str().is_some_and(|next| !next.starts_with('-'))) {
            value.push(" ");
            value.push(addr);
        }
        glued.push(value);
    }
    glued
}

/// Commands whose `-o` also takes something of their own, with the flag that it stands for.
const OWN_OUTPUTS: [(&str, &str, &str); 8] = [
    ("config", "dump", "--to"),
    ("config", "merge", "--to"),
    ("config", "split", "--to"),
    ("config", "render", "--to"),
    ("convert", "adc", "--out"),
    ("convert", "openapi", "--out"),
    ("config", "lint", "--report"),
    ("config", "validate", "--report"),
];

/// Where `-o` of a command is followed by something that is no format of output, it is the command's own flag.
fn renamed(args: &[OsString]) -> Vec<OsString> {
    let word = |i: usize| args.get(i).and_then(|arg| arg.to_str());
    let own = OWN_OUTPUTS.iter().find_map(|(first, second, flag)| {
        let at = (0..args.len()).find(|i| word(*i) == Some(first))?;
        // Flags of all commands may stand between the two.
        let at = (at + 1..args.len()).find(|i| word(*i) == Some(second))?;
        Some((at, flag))
    });
    let Some((command, flag)) = own else { return args.to_vec() };
    let is_format = |text: &str| crate::output::Format::is_word(text.split('=').next().unwrap_or_default());
    let mut renamed = Vec::with_capacity(args.len());
    // Flags of a command cannot stand in front of it, as -o can.
    let mut in_front = Vec::new();
    let mut words = args.iter().enumerate().peekable();
    while let Some((place, arg)) = words.next() {
        let text = arg.to_str().unwrap_or_default();
        let glued = ["--output=", "-o="].iter().find_map(|head| text.strip_prefix(head));
        let glued = glued.or_else(|| text.strip_prefix("-o").filter(|rest| !rest.is_empty()));
        let value = match glued {
            Some(value) => Some(value.to_owned()),
            None if text == "-o" || text == "--output" => {
                words.peek().and_then(|(_, next)| next.to_str()).map(str::to_owned)
            }
            None => None,
        };
        match value.filter(|value| !value.is_empty() && !value.starts_with('-') && !is_format(value)) {
            Some(value) => {
                if glued.is_none() {
                    words.next();
                }
                let renamed = if place < command { &mut in_front } else { &mut renamed };
                renamed.push(OsString::from(format!("{flag}={value}")));
            }
            None => renamed.push(arg.clone()),
        }
        if place == command {
            renamed.append(&mut in_front);
        }
    }
    renamed
}

/// The text of `help TOPIC`.
fn topic(args: &[OsString]) -> Option<String> {
    let mut words = args.iter().skip(1).filter_map(|word| word.to_str()).filter(|word| !word.starts_with('-'));
    if words.next()? != "help" {
        return None;
    }
    help::topic(words.next()?)
}

/// The form of errors, from flags or environment. Looks at the bare words, because it is needed most when they cannot
/// be parsed.
pub(crate) fn error_form(args: &[OsString], env: &Env) -> Form {
    let words: Vec<&str> = args.iter().filter_map(|word| word.to_str()).collect();
    let value = |long: &str, short: Option<&str>| {
        words.iter().enumerate().find_map(|(i, word)| {
            if *word == long || short == Some(*word) {
                return words.get(i + 1).copied();
            }
            let glued = word.strip_prefix(long).and_then(|rest| rest.strip_prefix('='));
            glued.or_else(|| word.strip_prefix(short?).map(|rest| rest.trim_start_matches('=')))
        })
    };
    let errors = value("--errors", None).map(str::to_owned).or_else(|| env.get("GATEWAYCTL_ERRORS"));
    let output = value("--output", Some("-o")).map(str::to_owned).or_else(|| env.get("GATEWAYCTL_OUTPUT"));
    match errors.as_deref() {
        Some("json") => Form::Json,
        Some(_) => Form::Text,
        None if matches!(output.as_deref(), Some("json" | "ndjson")) => Form::Json,
        None => Form::Text,
    }
}

/// The arguments with the unknown word replaced by the command line it is an alias of.
fn expand(args: &[OsString], error: &clap::Error, env: &Env) -> Result<Option<Vec<OsString>>> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return Ok(None) };
    if command_of(error) != "gatewayctl" {
        // Behind another command it is no alias.
        return Ok(None);
    }
    let glued = args.iter().find_map(|arg| arg.to_str()?.strip_prefix("--config="));
    let named = args.iter().position(|arg| arg == "--config").and_then(|i| args.get(i + 1)).map(Path::new);
    let file = context::load(named.or(glued.map(Path::new)), env)?;
    let (Some(meaning), Some(place)) = (file.aliases.get(word), args.iter().position(|arg| arg == word.as_str()))
    else {
        return Ok(None);
    };
    let mut expanded = args.to_vec();
    expanded.splice(place..=place, alias::words(meaning).into_iter().map(OsString::from));
    Ok(Some(expanded))
}

fn refuse(error: clap::Error) -> Result<Parsed> {
    let told = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
        _ => None,
    };
    let meant = |kind| told(kind).map(|text| format!("did you mean \"{text}\"?"));
    let help = || format!("{} --help", command_of(&error));
    match error.kind() {
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let path = command_in(&error.render().to_string());
            let root = crate::command_line();
            let subs = command_at(&root, &path).get_subcommands().filter(|sub| !sub.is_hide_set());
            let names: Vec<&str> = subs.map(clap::Command::get_name).filter(|name| *name != "help").collect();
            Err(Error::usage(format!("{path} needs one of {}", names.join(", "))).hint(format!("{path} --help")))
        }
        ErrorKind::DisplayHelp => Ok(Parsed::Help(error.render())),
        ErrorKind::InvalidSubcommand => {
            let word = told(ContextKind::InvalidSubcommand).unwrap_or_default();
            let root = crate::command_line();
            let path = command_of(&error);
            let command = command_at(&root, &path);
            let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
            let of_others = OF_OTHERS.iter().find(|(theirs, _)| *theirs == word).map(|(_, ours)| (*ours).to_owned());
            let hint = of_others.or_else(|| deeper(command, &path, &word));
            let hint = hint.or_else(|| suggest::hint(&word, names.iter().map(String::as_str)));
            let topic = suggest::nearest(&word, help::topics()).filter(|_| path == "gatewayctl");
            let hint = hint.or_else(|| topic.map(|topic| format!("gatewayctl help {topic}")));
            let hint = hint.unwrap_or_else(|| format!("commands are {}", names.join(", ")));
            Err(Error::usage(format!("unknown command \"{word}\"")).hint(hint))
        }
        ErrorKind::UnknownArgument => {
            let word = told(ContextKind::InvalidArg).unwrap_or_default();
            let what = match word.strip_prefix('-') {
                Some(number) if number.parse::<f64>().is_ok() => "no negative number can be here:",
                Some(_) => "unknown flag",
                None => "one argument too many:",
            };
            Err(Error::usage(format!("{what} \"{word}\"")).hint(meant(ContextKind::SuggestedArg).unwrap_or_else(help)))
        }
        ErrorKind::InvalidValue => {
            let flag = told(ContextKind::InvalidArg).unwrap_or_default();
            let value = told(ContextKind::InvalidValue).unwrap_or_default();
            let known = match error.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(values)) => values.clone(),
                _ => Vec::new(),
            };
            if value.is_empty() {
                return Err(Error::usage(format!("{flag} needs a value")).hint(help()));
            }
            // Of `-o jsnpath=…` the word in front.
            let word = value.split('=').next().unwrap_or_default();
            let of_go = word
                .starts_with("go-template")
                .then(|| "templates are those of Jinja: -o 'template={{ id }}'".to_owned());
            let hint = of_go.or_else(|| suggest::hint(word, known.iter().map(String::as_str)));
            let hint = hint.unwrap_or_else(|| format!("values are {}", known.join(", ")));
            Err(Error::usage(format!("\"{value}\" is no value of {flag}")).hint(hint))
        }
        ErrorKind::ValueValidation => {
            let flag = told(ContextKind::InvalidArg).unwrap_or_default();
            let value = told(ContextKind::InvalidValue).unwrap_or_default();
            let own = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            let numeric = ["invalid digit", "cannot parse integer", "number too large", "number too small"];
            if !numeric.iter().any(|known| own.contains(known)) {
                return Err(Error::usage(first_paragraph(&error)).hint(help()));
            }
            let wanted = match flag.contains("REV") {
                true => "a revision is a number, as gatewayctl config history lists them",
                false => "a whole number is expected",
            };
            Err(Error::usage(format!("\"{value}\" is no value of {flag}: {wanted}")).hint(help()))
        }
        _ => Err(Error::usage(first_paragraph(&error)).hint(help())),
    }
}

/// What users of other tools type first.
const OF_OTHERS: [(&str, &str); 9] = [
    ("login", "gatewayctl context create NAME --server URL --key-file FILE"),
    ("use-context", "gatewayctl context use NAME"),
    ("get-contexts", "gatewayctl context list"),
    ("current-context", "gatewayctl context current"),
    ("set-context", "gatewayctl context create NAME --server URL"),
    ("rollout", "gatewayctl config history, gatewayctl config rollback REV"),
    ("list", "gatewayctl get RESOURCE"),
    ("update", "gatewayctl apply -f FILE, gatewayctl edit RESOURCE ID"),
    ("validate", "gatewayctl config validate -f FILE"),
];

/// The command of this path, or the last of it that there is.
fn command_at<'c>(root: &'c clap::Command, path: &str) -> &'c clap::Command {
    path.split(' ').skip(1).fold(root, |command, name| command.find_subcommand(name).unwrap_or(command))
}

/// The same word where there is such a command: `diff` is `config diff`; behind a resource: `route get` is `get route`.
fn deeper(command: &clap::Command, path: &str, word: &str) -> Option<String> {
    if crate::resources::find(word).is_ok() {
        return Some(format!("the verb comes first: gatewayctl get {word}"));
    }
    let has = |group: &&clap::Command| !group.is_hide_set() && group.find_subcommand(word).is_some();
    command.get_subcommands().find(has).map(|group| format!("{path} {} {word}", group.get_name()))
}

/// `gatewayctl get`, out of the usage line that clap adds to its errors.
fn command_of(error: &clap::Error) -> String {
    let usage = match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => usage.to_string(),
        _ => String::new(),
    };
    command_in(&usage)
}

/// The same out of a text with a usage line in it.
fn command_in(text: &str) -> String {
    let usage = text.lines().find_map(|line| line.trim_start().strip_prefix("Usage:"));
    let words = usage.unwrap_or_default().split_whitespace();
    let command: Vec<&str> = words.take_while(|word| !word.starts_with(['[', '<', '-'])).collect();
    if command.is_empty() { "gatewayctl".to_owned() } else { command.join(" ") }
}

/// clap's own words in one line.
fn first_paragraph(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let lines = text.trim_start_matches("error:").lines().map(str::trim).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(text: &str) -> Vec<OsString> {
        std::iter::once("gatewayctl").chain(text.split_whitespace()).map(OsString::from).collect()
    }

    fn env(pairs: &[(&str, &str)]) -> Env {
        Env::of(pairs.iter().map(|(k, v)| (*k, *v)))
    }

    #[test]
    fn the_form_of_errors() {
        for (line, pairs, form) in [
            ("get routes", &[][..], Form::Text),
            ("get routes -o json", &[][..], Form::Json),
            ("get routes -ojson", &[][..], Form::Json),
            ("get routes -o ndjson", &[][..], Form::Json),
            ("get routes --output=json", &[][..], Form::Json),
            ("get routes -o json --errors text", &[][..], Form::Text),
            ("--errors=json get routes", &[][..], Form::Json),
            ("get routes", &[("GATEWAYCTL_ERRORS", "json")][..], Form::Json),
            ("get routes", &[("GATEWAYCTL_OUTPUT", "json")][..], Form::Json),
            ("get routes -o yaml", &[("GATEWAYCTL_OUTPUT", "json")][..], Form::Text),
        ] {
            assert_eq!(error_form(&args(line), &env(pairs)), form, "{line} {pairs:?}");
        }
    }

    #[test]
    fn mistakes_get_a_suggestion() {
        let mut all = String::new();
        for line in [
            "gte routes",
            "frobnicate",
            "get routes --sever x",
            "get routes -o jsn",
            "get routes -o jsnpath={.id}",
            "get routes -o go-template={{.id}}",
            "get routes -o",
            "get",
            "apply",
            "get routes --key a --key-file b",
            "get routes --retries many",
            "version extra",
            "completion tcsh",
        ] {
            let Err(error) = parse(&args(line), &env(&[]), None) else { panic!("{line} parsed") };
            all.push_str(&format!("$ gatewayctl {line}\n{}", error.print(Form::Text, str::to_owned)));
        }
        insta::assert_snapshot!(all);
    }

    #[test]
    fn values_that_stand_apart_are_refused() {
        for line in [
            "delete route w --dry-run server",
            "delete route w --wait 5s -y",
            "apply -f x --wait 30",
            "config sync -f x --dry-run none",
            "health --wait 2m",
        ] {
            let Err(error) = parse(&args(line), &env(&[]), None) else { panic!("{line} parsed") };
            assert!(error.helps()[0].starts_with("write --"), "{line} {error:?}");
        }
        for line in [
            "delete --dry-run route w",
            "delete route w --wait=5s -y",
            "delete --wait route w",
            "delete route w --dry-run --wait",
            "config rollback --dry-run 7",
        ] {
            assert!(parse(&args(line), &env(&[]), None).is_ok(), "{line}");
        }
    }

    #[test]
    fn aliases_stand_for_command_lines() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.yaml");
        std::fs::write(&path, "aliases: {rl: get routes -o wide, loop: loop}\n").unwrap();
        let env = env(&[("GATEWAYCTL_CONFIG", &path.display().to_string())]);
        let Ok(Parsed::Cli(cli)) = parse(&args("rl --yes"), &env, None) else { panic!("an alias is a command") };
        assert!(cli.global.yes && cli.global.output.is_some_and(|output| output.format == crate::output::Format::Wide));
        assert!(parse(&args("loop"), &env, None).is_err());

        let form = |line: &str| match parse(&args(line), &env, None) {
            Ok(Parsed::Cli(cli)) => cli.global.output.map(|output| output.format),
            _ => None,
        };
        assert_eq!(form("rl -o json"), Some(crate::output::Format::Json), "what stands behind an alias overrides it");
        assert_eq!(form("get routes -o wide -o json"), None, "without one, twice is a mistake");
    }

    #[test]
    fn words_of_curl_are_kept_apart() {
        let glue = |line: &str| {
            glued(&args(line)).iter().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        };
        let pairs = [
            ("trace --send curl -X PUT u", "gatewayctl trace --send --curl-word=-X --curl-word=PUT --curl-word=u"),
            ("-v test -o=json curl u", "gatewayctl -v test -o=json --curl-word=u"),
            ("trace GET /x -H curl", "gatewayctl trace GET /x -H curl"),
            ("context test curl x", "gatewayctl context test curl x"),
            ("get routes curl", "gatewayctl get routes curl"),
            ("trace curl", "gatewayctl trace curl"),
            ("x --via direct a:1", "gatewayctl x --via=direct a:1"),
            ("--header a traffic tap --header b", "gatewayctl --header a traffic tap --request-header b"),
            ("traffic tap --header=b --headers", "gatewayctl traffic tap --request-header=b --headers"),
        ];
        for (line, expected) in pairs {
            assert_eq!(glue(line), expected, "{line}");
        }
    }

    #[test]
    fn outputs_of_a_command_of_its_own() {
        let renamed = |line: &str| {
            renamed(&args(line)).iter().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        };
        let pairs = [
            ("config dump -o a.yaml -q", "gatewayctl config dump --to=a.yaml -q"),
            ("config -o a.yaml dump", "gatewayctl config dump --to=a.yaml"),
            ("config -oa.yaml -q split -f x", "gatewayctl config -q split --to=a.yaml -f x"),
            ("-o a.yaml config dump -q", "gatewayctl config dump --to=a.yaml -q"),
            ("-oa.yaml -q convert adc x", "gatewayctl -q convert adc --out=a.yaml x"),
            ("-o json config dump --output=b", "gatewayctl -o json config dump --to=b"),
            ("config dump -o har", "gatewayctl config dump -o har"),
            ("config lint -o sarif", "gatewayctl config lint --report=sarif"),
            ("-o a.yaml get routes", "gatewayctl -o a.yaml get routes"),
            ("config dump -o", "gatewayctl config dump -o"),
        ];
        for (line, expected) in pairs {
            assert_eq!(renamed(line), expected, "{line}");
        }
    }

    #[test]
    fn the_command_line_is_sound() {
        crate::command_line().debug_assert();
    }
}
