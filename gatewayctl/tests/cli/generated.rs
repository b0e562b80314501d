//! Completion scripts and the reference are checked in. After a change of the command line:
//! `UPDATE_GENERATED=1 cargo test -p gatewayctl generated`.

use std::path::Path;

#[test]
fn completions_and_reference_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let scripts = gatewayctl::completions().into_iter().map(|(name, text)| (root.join("completions").join(name), text));
    let page = (root.join("docs/gatewayctl.md"), gatewayctl::reference().into_bytes());
    for (path, text) in scripts.chain([page]) {
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let there = std::fs::read(&path).unwrap_or_default();
        assert!(there == text, "{} is not what the command line gives; UPDATE_GENERATED=1 writes it", path.display());
    }
}
