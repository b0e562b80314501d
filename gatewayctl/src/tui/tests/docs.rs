//! The page of the terminal UI, `docs/tui.md`: what stands between `<!-- made: … -->` and `<!-- end -->` is made of the program.
//! After a change of it: `UPDATE_GENERATED=1 cargo test -p gatewayctl tui::tests::docs`.

use super::*;
use crate::tui::action::{Action, Group};
use crate::tui::{screens, theme};

const MADE: &str = "<!-- made: ";
const END: &str = "<!-- end -->";

/// What stands in a section, by its name.
fn section(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    match words.as_slice() {
        ["keys"] => keys(),
        ["screens"] => all_screens(),
        ["themes"] => themes(),
        ["screen", name, size] => capture(name, size, ""),
        ["screen", name, size, keys] => capture(name, size, keys),
        other => panic!("nothing is made of {other:?}"),
    }
}

/// Text for a cell of a table.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

fn keys() -> String {
    let bindings = Bindings::new(&BTreeMap::new()).unwrap();
    let mut page = String::new();
    let mut group: Option<Group> = None;
    for action in Action::ALL.iter().copied() {
        if group != Some(action.group()) {
            group = Some(action.group());
            page.push_str(&format!("\n{}:\n\n| keys | action | |\n|---|---|---|\n", action.group().title()));
        }
        let keys: Vec<String> = bindings.keys(action).iter().map(|key| code(key)).collect();
        let writes = if action.writes() { "; not in a read-only session" } else { "" };
        page.push_str(&format!("| {} | {} | {}{writes} |\n", keys.join(" "), code(action.name()), action.help()));
    }
    page.trim_start().to_owned()
}

fn all_screens() -> String {
    let bindings = Bindings::new(&BTreeMap::new()).unwrap();
    let mut page = String::from("| key | screen | other words |\n|---|---|---|\n");
    for entry in &screens::ALL {
        let key = entry.action.and_then(|action| bindings.key(action)).map(|key| code(&key)).unwrap_or_default();
        let others: Vec<String> = entry.aliases.iter().map(|word| code(word)).collect();
        page.push_str(&format!("| {key} | {} | {} |\n", code(entry.name), others.join(", ")));
    }
    page
}

fn themes() -> String {
    let names: Vec<String> = theme::NAMES.iter().map(|name| code(name)).collect();
    format!("{}\n", names.join(", "))
}

/// A screen of the gateway of all tests, after some keys.
fn capture(name: &str, size: &str, keys: &str) -> String {
    let entry = screens::find(name).unwrap_or_else(|| panic!("no screen {name}"));
    let (width, height) = size.split_once('x').unwrap();
    let mut app = app(entry.name, State::Full);
    press(&mut app, keys);
    let text = screen(&mut app, (width.parse().unwrap(), height.parse().unwrap()));
    format!("```text\n{}\n```\n", text.trim_end())
}

/// The page with all that is made of the program.
fn made(page: &str) -> String {
    let mut whole = String::new();
    let mut rest = page;
    while let Some((head, tail)) = rest.split_once(MADE) {
        let (name, tail) = tail.split_once(" -->").unwrap();
        let (_, tail) = tail.split_once(END).unwrap_or_else(|| panic!("{name} has no end"));
        whole.push_str(&format!("{head}{MADE}{name} -->\n{}{END}", section(name)));
        rest = tail;
    }
    whole + rest
}

#[test]
fn the_page_is_up_to_date() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/tui.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let whole = made(&page);
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(&path, &whole).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap();
    assert!(there == whole, "docs/tui.md is not what the program gives; UPDATE_GENERATED=1 writes it");
}

/// Every screen has a capture, or is named as one that has none.
#[test]
fn every_screen_is_on_the_page() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/tui.md");
    let page = std::fs::read_to_string(path).unwrap();
    for entry in screens::ALL.iter().filter(|entry| !entry.title.is_empty()) {
        assert!(page.contains(&format!("{MADE}screen {} ", entry.name)), "{} has no picture", entry.name);
    }
    for action in Action::ALL {
        assert!(page.contains(&code(action.name())), "{} is not on the page", action.name());
    }
}
