//! Objects that are made and edited: nothing of anybody is overwritten unseen, and no text is lost.

use serde_json::{Value, json};

use super::*;
use crate::tui::msg::{Call, Failure, Source, Ticket};

/// The only call among commands.
fn call(commands: &[Cmd]) -> (Ticket, Call) {
    let [Cmd::Call(ticket, call)] = commands else { panic!("{commands:?}") };
    (*ticket, call.clone())
}

fn answer_with(app: &mut App, ticket: Ticket, result: Result<Value, (u16, &str)>) -> Vec<Cmd> {
    let failure = |(status, message): (u16, &str)| Failure {
        status: Some(status),
        message: message.to_owned(),
        hints: Vec::new(),
    };
    update(app, Msg::Answer { ticket, result: result.map_err(failure) })
}

/// A new object, made of the template by the user; what is done then.
fn made(app: &mut App, edit: impl Fn(&str) -> String) -> Vec<Cmd> {
    let commands = press(app, "N");
    let [Cmd::Edit(ticket, text)] = commands.as_slice() else { panic!("{commands:?}") };
    assert!(text.content.contains("or this one as it is, makes nothing"), "{}", text.content);
    let edited = edit(&text.content);
    answer_with(app, *ticket, Ok(edited.into()))
}

/// `hello` with another path than it had, as it is sent; it had revision 4520.
fn edited(app: &mut App) -> (Ticket, Call) {
    press(app, "/^hello<Enter>");
    let (ticket, _) = call(&press(app, "e"));
    let plugins = json!({"key-auth": {"key": "s3"}, "cors": {"max_age": 5}});
    let stored = json!({"key": "/apisix/routes/hello", "modifiedIndex": 4520, "value": {"id": "hello", "uri": "/hello/*", "plugins": plugins}});
    let commands = answer_with(app, ticket, Ok(stored));
    let [Cmd::Edit(ticket, text)] = commands.as_slice() else { panic!("{commands:?}") };
    let text = text.content.replace("/hello/*", "/hi/*").replace("max_age: 5", "max_age: 7");
    call(&answer_with(app, *ticket, Ok(text.into())))
}

/// What the server has meanwhile.
fn meanwhile() -> Value {
    let plugins = json!({"key-auth": {"key": "s4"}, "cors": {"max_age": 6}});
    json!({"key": "/apisix/routes/hello", "modifiedIndex": 4720, "value": {"id": "hello", "uri": "/hello/*", "desc": "theirs", "plugins": plugins}})
}

#[test]
fn what_exists_is_not_made_again() {
    for (name, edit, path, object) in [
        ("consumers", ("username: new", "username: bob"), "/consumers", "consumer/bob"),
        ("protos", ("id: new", "id: users"), "/protos/users", "proto/users"),
        ("routes", ("name: new", "id: hello"), "/routes/hello", "route/hello"),
    ] {
        let mut app = app(name, State::Full);
        let (ticket, put) = call(&made(&mut app, |text| text.replace(edit.0, edit.1)));
        assert_eq!((put.method.as_str(), put.path.as_str(), put.if_match), ("PUT", path, Some(0)), "{name}");
        let refused = (412, "the object exists, which If-None-Match rules out; its revision is 4101");
        assert_eq!(answer_with(&mut app, ticket, Err(refused)), []);
        let text = screen(&mut app, (120, 40));
        for fact in [
            &format!("{object} exists already, and stays as it is")[..],
            "another id makes another one",
            "Edit it again?",
        ] {
            assert!(text.contains(fact), "{fact}:\n{text}");
        }
        assert!(!text.contains("created"), "{text}");
        let commands = press(&mut app, "y");
        assert!(matches!(commands.as_slice(), [Cmd::Edit(_, text)] if text.content.contains(edit.1)), "{commands:?}");
    }
}

/// Another server may not look at conditions: it is asked first.
#[test]
fn other_servers_are_asked_whether_it_exists() {
    let polled = || {
        let mut app = app("consumers", State::Full);
        update(&mut app, Msg::Link(Link::Up { live: false }));
        let bob = |text: &str| text.replace("username: new", "username: bob");
        let (ticket, get) = call(&made(&mut app, bob));
        assert_eq!((get.method.as_str(), get.path.as_str()), ("GET", "/consumers/bob"));
        (app, ticket)
    };
    let (mut app, ticket) = polled();
    assert_eq!(answer_with(&mut app, ticket, Ok(json!({"value": {}}))), []);
    assert!(screen(&mut app, (120, 40)).contains("consumer/bob exists already"));
    let (mut app, ticket) = polled();
    let (ticket, put) = call(&answer_with(&mut app, ticket, Err((404, "not found"))));
    assert_eq!((put.method.as_str(), put.path.as_str()), ("PUT", "/consumers"));
    answer_with(&mut app, ticket, Ok(json!({})));
    assert!(screen(&mut app, (120, 40)).contains("consumer/bob created"));
    let (mut app, ticket) = polled();
    assert_eq!(answer_with(&mut app, ticket, Err((500, "it is broken"))), []);
    assert!(screen(&mut app, (120, 40)).contains("it is broken"));
}

#[test]
fn a_template_as_it_is_makes_nothing() {
    for name in ["routes", "upstreams", "consumers", "certs", "protos", "secrets", "global-rules", "plugin-metadata"] {
        let mut app = app(name, State::Full);
        assert_eq!(made(&mut app, str::to_owned), [], "{name}");
        assert!(screen(&mut app, (120, 40)).contains("○ unchanged, nothing was made"), "{name}");
        assert_eq!(made(&mut app, |_| String::new()), [], "{name}");
    }
}

#[test]
fn what_the_server_names_is_told_by_its_name() {
    let mut app = app("routes", State::Full);
    let (ticket, post) = call(&made(&mut app, |text| text.replace("/new/*", "/another/*")));
    assert_eq!((post.method.as_str(), post.path.as_str()), ("POST", "/routes"));
    answer_with(&mut app, ticket, Ok(json!({"key": "/apisix/routes/00000000000004712", "value": {}})));
    assert!(screen(&mut app, (120, 40)).contains("route/00000000000004712 created"));
}

#[test]
fn a_conflict_shows_both_changes_and_can_be_resolved() {
    let moved = || {
        let mut app = app("routes", State::Full);
        let (ticket, put) = edited(&mut app);
        assert_eq!(put.if_match, Some(4520));
        let change = json!({"rev": 4720, "ts": 1, "op": "update", "resource": "routes", "id": "hello", "by": {"key": "eve", "addr": "10.9.9.9"}});
        update(&mut app, told(Source::Events, change));
        let (ticket, get) = call(&answer_with(&mut app, ticket, Err((412, "revision is 4720"))));
        assert_eq!(get.path, "/routes/hello");
        assert_eq!(answer_with(&mut app, ticket, Ok(meanwhile())), []);
        app
    };
    let mut app = moved();
    let text = screen(&mut app, (120, 60));
    for fact in [
        "route/hello was changed meanwhile by eve from 10.9.9.9, revision 4720",
        "+desc: theirs",
        "+uri: /hi/*",
        "plugins.cors.max_age was changed by both; yours would stay",
        "e edits it again",
    ] {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
    assert!(!text.contains("s3") && !text.contains("s4"), "{text}");
    // On top of the other change, with its revision; what only the other one has changed stays.
    let (_, put) = call(&press(&mut app, "y"));
    assert_eq!((put.path.as_str(), put.if_match), ("/routes/hello", Some(4720)));
    let plugins = json!({"key-auth": {"key": "s4"}, "cors": {"max_age": 7}});
    assert_eq!(put.body, Some(json!({"uri": "/hi/*", "desc": "theirs", "plugins": plugins})));

    // Edited again: the own text, with the revision of the other change.
    let mut app = moved();
    let commands = press(&mut app, "e");
    let [Cmd::Edit(ticket, text)] = commands.as_slice() else { panic!("{commands:?}") };
    assert!(text.content.contains("uri: /hi/*") && text.content.contains("#   +desc: theirs"), "{}", text.content);
    let (_, put) = call(&answer_with(&mut app, *ticket, Ok(text.content.replace("/hi/*", "/ho/*").into())));
    assert_eq!(put.if_match, Some(4720));
    assert_eq!(put.body.unwrap()["plugins"]["key-auth"]["key"], "s4", "what is masked stays as it is now");

    let mut app = moved();
    let commands = press(&mut app, "n");
    assert!(matches!(commands.as_slice(), [Cmd::Keep(_, text)] if text.content.contains("/hi/*")), "{commands:?}");
}

#[test]
fn what_is_deleted_meanwhile_is_made_again_if_that_is_wanted() {
    let mut app = app("routes", State::Full);
    let (ticket, _) = edited(&mut app);
    let (ticket, _) = call(&answer_with(&mut app, ticket, Err((412, "there is no such object"))));
    answer_with(&mut app, ticket, Err((404, "not found")));
    assert!(screen(&mut app, (120, 60)).contains("route/hello was deleted meanwhile by somebody else"));
    let (ticket, put) = call(&press(&mut app, "y"));
    assert_eq!(put.if_match, Some(0));
    assert_eq!(put.body.unwrap()["plugins"]["key-auth"]["key"], "s3");
    answer_with(&mut app, ticket, Ok(json!({})));
    assert!(screen(&mut app, (120, 40)).contains("route/hello created"));
}

#[test]
fn what_both_wrote_is_written_already() {
    let mut app = app("routes", State::Full);
    let (ticket, put) = edited(&mut app);
    let (ticket, _) = call(&answer_with(&mut app, ticket, Err((412, "revision is 4720"))));
    let same = json!({"key": "/apisix/routes/hello", "modifiedIndex": 4720, "value": put.body});
    assert_eq!(answer_with(&mut app, ticket, Ok(same)), []);
    assert!(screen(&mut app, (120, 40)).contains("route/hello is as you wrote it already"));
}

#[test]
fn a_failure_does_not_say_that_it_was_done() {
    let mut app = app("upstreams", State::Full);
    press(&mut app, "/^u1<Enter>D");
    let (ticket, _) = call(&press(&mut app, "y"));
    let said = "upstream/u1: can not delete this upstream, route [hello] is still using it now";
    answer_with(&mut app, ticket, Err((400, said)));
    let text = screen(&mut app, (160, 40));
    assert!(text.contains("✗ cannot delete upstream/u1: can not delete this upstream, route [hello]"), "{text}");
    assert!(!text.contains("deleted"), "{text}");
    let mut app = super::app("routes", State::Full);
    press(&mut app, "<Space><Space>D2");
    let (ticket, _) = call(&press(&mut app, "<Enter>"));
    let (ticket, _) = call(&answer_with(&mut app, ticket, Ok(json!({}))));
    answer_with(&mut app, ticket, Err((500, "it is broken")));
    assert!(screen(&mut app, (160, 40)).contains("it is broken (1 of 2 were done)"));
}

#[test]
fn a_text_that_is_given_up_says_why() {
    for text in ["- a\n", "just text\n", "5\n", "a: b: c\n", ": [\n"] {
        let mut app = app("routes", State::Full);
        let again = made(&mut app, |_| text.to_owned());
        let [Cmd::Edit(ticket, again)] = again.as_slice() else { panic!("{again:?}") };
        let kept = answer_with(&mut app, *ticket, Ok(again.content.clone().into()));
        assert!(matches!(kept.as_slice(), [Cmd::Keep(..)]), "{kept:?}");
        let said = app.data.said.iter().map(|said| said.text.clone()).collect::<Vec<_>>();
        assert!(
            said.iter().any(|said| said.contains("not one object") || said.contains("not valid YAML")),
            "{text}: {said:?}"
        );
    }
}
