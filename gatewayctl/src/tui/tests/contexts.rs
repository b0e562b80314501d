use super::*;

#[test]
fn contexts_are_chosen_by_key_and_by_command() {
    let mut app = app("overview", State::Full);
    press(&mut app, "X");
    let text = screen(&mut app, (80, 24));
    assert!(text.contains("Contexts") && text.contains("✓ local") && text.contains("https://gw.example"), "{text}");
    assert_eq!(press(&mut app, "<Down><Enter>"), [Cmd::Context("prod".to_owned())]);
    assert_eq!(press(&mut app, ":contexts prod<Enter>"), [Cmd::Context("prod".to_owned())]);
    assert!(press(&mut app, ":ctx nowhere<Enter>").is_empty());
    assert!(screen(&mut app, (80, 24)).contains("there is no context \"nowhere\""));
}
