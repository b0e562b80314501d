//! `keyring: true` of a context: the key comes from the system's keyring through its own program, here a stand-in for it.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use gateway_tests::{Ctl, Gateway, KEY};

/// A `secret-tool` that knows the key of one context.
fn secret_tool(dir: &Path, context: &str) {
    let file = dir.join("secret-tool");
    let script =
        format!("#!/bin/sh\n[ \"$*\" = \"lookup service gatewayctl context {context}\" ] || exit 1\necho '{KEY}'\n");
    std::fs::write(&file, script).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_key_of_the_keyring() {
    let gateway = Gateway::start();
    let ctl = Ctl::of(&gateway);
    let (with, without) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    secret_tool(with.path(), "prod");
    let server = format!("http://{}", gateway.admin);
    for name in ["prod", "other"] {
        ctl.ok(&["context", "create", name, "--server", &server, "--keyring"], "");
    }
    assert!(ctl.ok(&["context", "list"], "").contains("keyring"));
    let run = |path: &Path, context: &str| {
        let mut command = ctl.command(&["get", "routes", "--context", context]);
        command.env_remove("GATEWAYCTL_KEY").env_remove("GATEWAYCTL_SERVER").env("PATH", path);
        let out = command.output().unwrap();
        (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    assert_eq!(run(with.path(), "prod").0, Some(0), "{}", run(with.path(), "prod").1);
    // The keyring has none of that name, or cannot be asked: what to do is said, and nothing is sent.
    let (code, text) = run(with.path(), "other");
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("keyring secret-tool: ended with exit status: 1"), "{text}");
    assert!(text.contains("secret-tool store --label 'gatewayctl other' service gatewayctl context other"), "{text}");
    let (code, text) = run(without.path(), "prod");
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("libsecret"), "{text}");
}
