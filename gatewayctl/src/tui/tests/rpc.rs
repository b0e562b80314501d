use serde_json::{Value, json};

use super::*;
use crate::tui::msg::{Call, Failure, Source, Ticket, Told};

fn call(commands: &[Cmd]) -> (Ticket, Call) {
    let of = |command: &Cmd| match command {
        Cmd::Call(ticket, call) => Some((*ticket, call.clone())),
        _ => None,
    };
    commands.iter().find_map(of).unwrap_or_else(|| panic!("{commands:?}"))
}

fn answer(app: &mut App, ticket: Ticket, value: Value) {
    update(app, Msg::Answer { ticket, result: Ok(value) });
}

#[test]
fn every_state() {
    all_states(
        "rpc",
        &[
            "rpc (5)",
            "com.shop.Stock",
            "reduce",
            "com.shop.Price",
            "users.Users",
            "grpc",
            "4.71k",
            "0.2",
            "10.0.1.4:20880",
            "6 exception",
        ],
    );
    assert!(shows("rpc", (80, 24), State::Empty).contains("no Dubbo or gRPC service is known"));
}

#[test]
fn rates_are_made_of_what_is_counted() {
    let mut app = app("rpc", State::Full);
    let mut services = fixture::dubbo();
    services[0]["methods"][0]["stats"]["calls"] = json!(4_753);
    update(&mut app, Msg::Told(Told { source: Source::Dubbo, at_ms: NOW_MS + 2_000, value: services }));
    settle(&mut app);
    let text = screen(&mut app, (120, 40));
    let row = text.lines().find(|line| line.contains("reduce")).unwrap_or_default();
    assert!(row.contains(" 21 ") && text.contains("21/s"), "{text}");
}

#[test]
fn a_method_of_dubbo_is_called_with_checked_arguments() {
    let mut app = app("rpc", State::Full);
    press(&mut app, "i");
    let text = screen(&mut app, (80, 24));
    assert!(
        text.contains("invoke com.shop.Stock reduce(java.lang.String, int) -> boolean") && text.contains("[\"\",0]"),
        "{text}"
    );
    for (typed, said) in [
        ("[\"a\"", "arguments: no JSON"),
        ("[\"a\"]", "the method takes 2, and there are 1"),
        ("[1,2]", "number 1 is no java.lang.String"),
    ] {
        assert_eq!(calls(&press(&mut app, &format!("<Ctrl-u>{typed}<Enter>"))), [""; 0], "{typed}");
        let text = screen(&mut app, (80, 24));
        assert!(text.contains(said), "{said}:\n{text}");
    }
    let (ticket, made) = call(&press(&mut app, "<Ctrl-u>[\"a\",1]<Tab>tenant=t1<Enter>"));
    assert_eq!(made.path, "/live/dubbo/invoke");
    let body = json!({"interface": "com.shop.Stock", "method": "reduce", "version": "1.0.0", "group": "g1", "types": [], "args": ["a", 1],
        "attachments": {"tenant": "t1"}, "timeout_ms": 5000});
    assert_eq!(made.body, Some(body));
    assert!(screen(&mut app, (80, 24)).contains("calling"));
    // One call at a time.
    assert_eq!(calls(&press(&mut app, "<Enter>")), [""; 0]);
    answer(&mut app, ticket, json!({"value": {"left": 41}, "ms": 1.84, "node": "10.0.1.4:20880"}));
    let text = screen(&mut app, (80, 24));
    assert!(text.contains("1.84 ms at 10.0.1.4:20880") && text.contains("\"left\": 41"), "{text}");
    let (ticket, _) = call(&press(&mut app, "<Shift-Tab><Ctrl-u>[\"b\",2]<Enter>"));
    let thrown = json!({"exception": {"class": "com.shop.OutOfStock", "message": "none left", "stack": null}, "ms": 2.0, "node": "10.0.1.4:20880"});
    answer(&mut app, ticket, thrown);
    assert!(screen(&mut app, (80, 24)).contains("threw com.shop.OutOfStock: none left"));
    // The call before this one.
    press(&mut app, "<PgUp><PgUp>");
    assert!(screen(&mut app, (80, 24)).contains("[\"a\",1]"));
    press(&mut app, "<Esc>l");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("[Calls]") && text.contains("OutOfStock") && text.contains("with [\"a\",1]"), "{text}");
}

#[test]
fn a_method_of_grpc_is_called() {
    let mut app = app("rpc", State::Full);
    press(&mut app, ":rpc users.Users<Enter>");
    let (ticket, made) = call(&press(&mut app, "i<Ctrl-u>{\"id\": 7}<Enter>"));
    assert_eq!(made.path, "/live/grpc/invoke");
    let body =
        json!({"service": "users.Users", "method": "Get", "headers": {}, "message": {"id": 7}, "timeout_ms": 5000});
    assert_eq!(made.body, Some(body));
    press(&mut app, "<Esc>");
    let refused = json!({"messages": [], "status": 5, "status_name": "NOT_FOUND", "message": "no user 7", "ms": 1.0, "node": "10.0.0.6:50051"});
    answer(&mut app, ticket, refused);
    let text = screen(&mut app, (160, 50));
    assert!(text.contains("Get has failed") && text.contains("NOT_FOUND (5): no user 7"), "{text}");
    let (ticket, _) = call(&press(&mut app, "i<Enter>"));
    let failure = Failure { status: Some(502), message: "no node answers".into(), hints: Vec::new() };
    update(&mut app, Msg::Answer { ticket, result: Err(failure) });
    assert!(screen(&mut app, (120, 40)).contains("no node answers"));
}

#[test]
fn a_service_of_grpc_has_the_nodes_of_its_upstream() {
    let mut app = app("rpc", State::Full);
    press(&mut app, "G");
    let text = screen(&mut app, (160, 50));
    for fact in ["List(users.ListRequest) -> users.User", "answers with several messages", "10.0.0.6:50051", "healthy"]
    {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
}

#[test]
fn every_action_of_a_method() {
    let on = |keys: &str| {
        let mut app = app("rpc", State::Full);
        press(&mut app, keys);
        app.place().clone()
    };
    assert_eq!(on("t").filter.as_deref(), Some("protocol=dubbo dubbo.interface=com.shop.Stock dubbo.method=reduce"));
    let place = on("x");
    let question: Value = serde_json::from_str(&place.id.unwrap()).unwrap();
    assert_eq!((place.screen, &question["dubbo"]["method"]), ("explain", &json!("reduce")));
    assert_eq!(on("Gt").filter.as_deref(), Some("path=/users.Users/List"));
    let mut app = app("rpc", State::Full);
    press(&mut app, "/^dubbo.*Price<Enter>i");
    assert!(screen(&mut app, (120, 40)).contains("no method of this service is known"));
    press(&mut app, "y");
    assert!(screen(&mut app, (120, 40)).contains("source: nacos"));
}

#[test]
fn read_only_sessions_call_nothing() {
    let mut app = app_with(Options { read_only: true, ..options("rpc") }, State::Full);
    press(&mut app, "i");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("this session is read-only") && !text.contains("invoke"), "{text}");
}
