use super::*;

#[test]
fn every_state() {
    all_states(
        "overview",
        &[
            "1.23k",
            "errors",
            "conns 120",
            "Top routes",
            "hello",
            "800",
            "orders 10.0.0.7:80 down",
            "old.example cert",
            "route/pay updated",
            "2xx",
            "p50 1.1",
            "live 1s",
            "local",
        ],
    );
}

#[test]
fn what_it_leads_to() {
    let mut app = app("overview", State::Full);
    press(&mut app, "<Enter>");
    assert_eq!((app.place().screen, app.place().id.as_deref()), ("routes", Some("hello")));
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("▸hello"), "{text}");
    press(&mut app, "-");
    assert_eq!(app.place().screen, "overview");
    press(&mut app, "j<Enter>");
    assert_eq!(app.place().id.as_deref(), Some("orders"));
    press(&mut app, "1<Tab><Enter>");
    assert_eq!(app.place().screen, "upstreams");
}
