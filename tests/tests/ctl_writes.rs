//! What `gatewayctl` says of a write is what has happened, whoever writes at the same time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Stdio;

use gateway_tests::{Ctl, Gateway};
use serde_json::Value;

/// Of several who create the same object at once one does, and the others are told; what is there is what that one has sent.
#[test]
fn of_those_who_create_the_same_at_once_one_does() {
    const AT_ONCE: usize = 4;
    let gateway = Gateway::start();
    let ctl = Ctl::of(&gateway);
    ctl.ok(&["create", "upstream", "u", "--upstream-nodes", "127.0.0.1:1=1"], "");
    ctl.ok(&["create", "consumer", "bob"], "");
    for round in 0..6 {
        let objects = [
            (format!("route/r{round}"), format!("/routes/r{round}"), &["--uri=/x", "--upstream=u"][..]),
            (format!("consumer/c{round}"), format!("/consumers/c{round}"), &[][..]),
            (
                format!("credential/bob/k{round}"),
                format!("/consumers/bob/credentials/k{round}"),
                &["--set=plugins.basic-auth.password=p"][..],
            ),
        ];
        for (object, path, fields) in objects {
            let start = |number: usize| {
                let desc = format!("--desc=of {number}");
                let user = format!("--set=plugins.basic-auth.username=u{round}-{number}");
                let mut words = vec!["create", &object, &desc];
                words.extend(fields);
                if object.starts_with("credential") {
                    words.push(&user);
                }
                ctl.command(&words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            };
            let running: Vec<_> = (0..AT_ONCE).map(start).collect();
            let seen: Vec<_> = running.into_iter().map(|one| one.wait_with_output().unwrap()).collect();
            let made: Vec<usize> = (0..AT_ONCE).filter(|number| seen[*number].status.success()).collect();
            assert_eq!(made.len(), 1, "{object}: {seen:?}");
            for one in &seen {
                let (said, wrong) = (String::from_utf8_lossy(&one.stdout), String::from_utf8_lossy(&one.stderr));
                match one.status.code() {
                    Some(0) => assert_eq!(said.trim_end(), format!("{object} created")),
                    code => {
                        assert_eq!((code, &*said), (Some(5), ""), "{wrong}");
                        assert!(wrong.contains(&format!("{object}: exists already")), "{wrong}");
                    }
                }
            }
            let stored: Value = gateway.call("GET", &path, None).json();
            assert_eq!(stored["value"]["desc"], format!("of {}", made[0]), "{stored}");
        }
    }
}
