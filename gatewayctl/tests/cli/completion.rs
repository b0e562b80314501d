use crate::scene::Scene;

#[test]
fn every_shell_gets_a_script() {
    for (shell, has) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef gatewayctl"),
        ("fish", "complete -c gatewayctl"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
        ("nushell", "export extern gatewayctl"),
    ] {
        let seen = Scene::alone().run(&format!("completion {shell}"));
        assert!(seen.code == 0 && seen.stdout.contains(has), "{shell}: {}", seen.text);
        assert!(seen.stdout.contains("ignore-not-found"), "{shell}");
        // `get <TAB>` offers the kinds of objects, where the shell's scripts can.
        if !["powershell", "elvish"].contains(&shell) {
            assert!(seen.stdout.contains("global-rules") && seen.stdout.contains("OPTIONS"), "{shell}");
        }
    }
    insta::assert_snapshot!(Scene::alone().run("completion tcsh").text);
}
