//! `gatewayctl help TOPIC`: what holds for all commands.

use std::fmt::Write as _;

use crate::generated::EXIT_CODES;
use crate::output::Format;

/// The text of a topic, if there is one of that name.
pub(crate) fn topic(name: &str) -> Option<String> {
    TOPICS.iter().find(|(topic, _)| *topic == name).map(|(_, text)| text())
}

/// The names of the topics.
pub(crate) fn topics() -> impl Iterator<Item = &'static str> {
    TOPICS.iter().map(|(name, _)| *name)
}

/// A name and what makes the text.
type Topic = (&'static str, fn() -> String);

const TOPICS: [Topic; 7] = [
    ("exit-codes", exit_codes),
    ("environment", environment),
    ("formatting", formatting),
    ("selectors", || SELECTORS.to_owned()),
    ("filters", || FILTERS.to_owned()),
    ("files", || FILES.to_owned()),
    ("keys", || KEYS.to_owned()),
];

fn exit_codes() -> String {
    let mut text = "How a command ends, for scripts.\n\n    0                 done\n".to_owned();
    for (kind, when) in EXIT_CODES {
        let name =
            serde_json::to_value(kind).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
        let _ = writeln!(text, "  {:>3}  {name:<12}  {}", kind.code(), when.replace('`', ""));
    }
    text.push_str("\nWith --errors json the error is one line of JSON on standard error, with its kind and code.\n");
    text
}

/// The variables that the flags name in their help.
fn environment() -> String {
    let mut text = "Variables that stand for flags. A flag outranks its variable, and that the context of the configuration file.\n\n".to_owned();
    let command = crate::command_line();
    for arg in command.get_arguments() {
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let named = help.split("[env: ").nth(1).and_then(|rest| rest.split(']').next());
        if let (Some(variables), Some(flag)) = (named, arg.get_long()) {
            let what = help.split(" [env").next().unwrap_or_default();
            let variables = variables.split(" choose").next().unwrap_or_default();
            let _ = writeln!(text, "  {variables:<32} --{flag}: {what}");
        }
    }
    text.push_str(MORE_ENVIRONMENT);
    text
}

const MORE_ENVIRONMENT: &str =
    "  VISUAL, EDITOR                   the editor of edit, create --edit and config-file edit
  XDG_CONFIG_HOME, HOME            where the configuration file is, gatewayctl/config.yaml
";

fn formatting() -> String {
    let mut text = "Forms of output, -o FORM.\n\n".to_owned();
    for (word, help) in Format::described() {
        let _ = writeln!(text, "  {word:<16} {help}");
    }
    text.push_str(MORE_FORMATTING);
    text
}

const MORE_FORMATTING: &str = "
Lists are {\"items\":[...],\"total\":N} in json, yaml, jsonpath, template and jq; ndjson has a line for each object. The
expressions of jq and template may come from a file, jq=@FILE. What changes something tells a result for each object,
{\"items\":[{\"kind\",\"id\",\"result\"}],\"failed\":[...]}. A form that a command does not have is refused before anything is done.

  --columns id,uri     the columns of a table, csv or markdown, in this order
  --no-headers         without the header row
  --plain              tabs between columns
  --compact            JSON on one line

JSONPath is kubectl's: {.items[*].id}, {range .items[*]}{.id}{\"\\n\"}{end}, {.items[?(@.priority>0)].id}, {..host}.
Templates are Jinja: {{ id }}, {% for route in items %}{{ route.id }} {% endfor %}, {{ labels | json }}.
A jq filter of more than 20,000,000 steps, or that recurses without an end, is an error; it has 64 KiB of text at most, and
brackets that nest 128 deep.

On a terminal tables are cut to its width and times are relative; in a pipe nothing is cut and times are RFC 3339.
Secrets are ******** in every form unless --show-secrets is given.
";

const SELECTORS: &str = "Label selectors, -l. All parts have to hold.

  team=blue            the label is this (== is the same)
  team!=blue           it is another one, or not there
  team                 it is there
  !team                it is not there
  team in (blue,red)   it is one of these
  team notin (blue)    it is none of these

  gatewayctl get routes -l 'team=blue,env in (dev,test),!legacy'
";

const FILTERS: &str = "Conditions on fields, --where.

  ==  !=  <  <=  >  >=   numbers by value, text by its characters; \"7\" equals 7
  =~  !~                 a regular expression, found anywhere in the text
  in [1, 2]              one of these
  &&  ||  !  ( )         and, or, not
  has(labels.team)       the field is there
  len(nodes)             elements of a list, fields of an object, characters of a text
  lower(name)            in lower case

Fields are paths: labels.team, nodes[0].host, nodes[*].weight, plugins[\"limit-count\"].count. Text stands in quotes, of
either kind. A list equals, matches or is greater if one of its elements is; != and !~ are the opposites of == and =~.

A field that an object does not have counts as what its schema defaults to (priority 0, status 1); for has(...) it is not
there. Nodes count as a list of host, port and weight, whichever form is stored.

  gatewayctl get routes --where 'priority > 0 && uri =~ \"^/api\" && !has(labels.team)'
  gatewayctl get upstreams --where 'nodes[*].weight == 0 || len(nodes) < 2'
";

const FILES: &str =
    "Files with objects, -f: YAML or JSON, one document or many; files, folders (-R with those below), globs, - is
standard input. An object has one of these shapes.

  routes: [{id: hello, uri: /hello}]         native: lists under the names of the Admin paths
  {kind: route, id: hello, uri: /hello}      object: what `get -o yaml` prints
  {key: /apisix/routes/hello, value: {...}}  envelope: what the Admin API answers
  services: [{name: shop, routes: [...]}]    adc: services with routes, consumers with credentials

A masked secret (********) in a file that is applied means: keep the stored one.

Numbers that readers of YAML do not agree on (007, 1_000, .inf) are text where text or an id is wanted, as in zip: 01234;
where a number is wanted they are an error. A file holds UTF-8, 64 MiB at most.
";

const KEYS: &str = "Where the admin key comes from: the first of these that has one.

  --key KEY, --key-file FILE               - is standard input; --key can be seen by others on this machine
  GATEWAYCTL_KEY, GATEWAYCTL_KEY_FILE
  key, key-file or key-command             of the context in the configuration file
  DATA_DIR/admin.key                       what a gateway on this machine made for itself

The key is the first line, 16 KiB at most. A key-command is waited for as long as --timeout says, else a minute.
The key goes to the Admin API alone, and is never shown, logged or followed by a redirect.
";
