use crate::scene::Scene;

#[test]
fn of_every_command() {
    for command in [
        "",
        "get",
        "create",
        "apply",
        "edit",
        "patch",
        "label",
        "enable",
        "delete",
        "api",
        "status",
        "version",
        "completion",
    ] {
        let name = if command.is_empty() { "gatewayctl" } else { command };
        insta::assert_snapshot!(format!("{name}_short"), Scene::alone().run(&format!("{command} -h")).text);
    }
    insta::assert_snapshot!("get_long", Scene::alone().run("get --help").text);
}

#[test]
fn nothing_asked_is_help_and_an_error() {
    let seen = Scene::alone().run("");
    assert!(seen.code == 2 && seen.stdout.is_empty() && seen.stderr.contains("Usage: gatewayctl"), "{}", seen.text);
}

#[test]
fn colours_only_where_they_are_wanted() {
    let plain = Scene::alone().run("get -h").stdout;
    let coloured = Scene::alone().env("CLICOLOR_FORCE", "1").run("get -h").stdout;
    assert!(!plain.contains('\u{1b}') && coloured.contains('\u{1b}'), "{coloured}");
}

#[test]
fn help_is_a_command_too() {
    let scene = Scene::alone();
    assert_eq!(scene.run("help").stdout, scene.run("--help").stdout);
    assert_eq!(scene.run("help get").stdout, scene.run("get --help").stdout);
    let seen = scene.run("help foo");
    assert!(seen.code == 2 && seen.stderr.contains("topics are exit-codes, environment"), "{}", seen.text);
    assert!(!scene.run("foo").stderr.contains("topics are"));
    let seen = scene.run("help gte");
    assert!(seen.code == 2 && seen.stderr.contains("did you mean \"get\"?"), "{}", seen.text);
}

#[test]
fn topics() {
    let scene = Scene::alone();
    for topic in ["exit-codes", "environment", "formatting", "selectors", "filters", "files", "keys"] {
        insta::assert_snapshot!(format!("topic_{topic}"), scene.run(&format!("help {topic}")).text);
    }
    insta::assert_snapshot!(scene.runs(&["help filter", "context crate", "dubbo serveces", "help -h"]));
}
