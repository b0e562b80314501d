//! `apisix.ssl`: on which terms HTTPS is served.

use std::path::PathBuf;

use gateway_engine::tls::{Terms, Versions, cipher_suite};

use super::check::{at, bool_of};
use super::diagnostic::{Diagnostic, Report};
use super::types::Tls;
use super::values::Values;
use super::yaml::Value;

/// Reads it. Where nothing is said of it, nothing is opened.
pub(super) fn tls(v: &Values<'_>, report: &mut Report) -> Tls {
    let given = v.get("apisix.ssl").is_some_and(|node| !matches!(&node.value, Value::Map(map) if map.is_empty()));
    let enabled = v.get("apisix.ssl.enable").and_then(bool_of).unwrap_or(given);
    let trusted = v.text("apisix.ssl.ssl_trusted_certificate");
    Tls {
        enabled,
        terms: Terms {
            versions: versions(v, report),
            ciphers: ciphers(v, report),
            tickets: v.bool("apisix.ssl.ssl_session_tickets"),
            fallback_sni: Some(v.text("apisix.ssl.fallback_sni")).filter(|name| !name.is_empty()),
        },
        trusted: (trusted != "system").then(|| PathBuf::from(trusted)),
    }
}

fn versions(v: &Values<'_>, report: &mut Report) -> Versions {
    let key = "apisix.ssl.ssl_protocols";
    let place = at(v.get(key));
    let mut versions = Versions { tls12: false, tls13: false };
    let text = v.text(key);
    for name in text.split_ascii_whitespace() {
        match name {
            "TLSv1.2" => versions.tls12 = true,
            "TLSv1.3" => versions.tls13 = true,
            "SSLv2" | "SSLv3" | "TLSv1" | "TLSv1.1" => {
                let problem = Diagnostic::warning(key, place, format!("{name} is not spoken: it is not safe any more"));
                report.push(problem.remedy("remove it"));
            }
            _ => {
                let problem = Diagnostic::error(key, place, format!("there is no version {name:?}"));
                report.push(problem.remedy("name TLSv1.2, TLSv1.3 or both"));
            }
        }
    }
    if !versions.tls12 && !versions.tls13 {
        let problem = Diagnostic::error(key, place, "no version is left that is spoken");
        report.push(problem.remedy("name TLSv1.2, TLSv1.3 or both"));
    }
    versions
}

/// `None`: all.
fn ciphers(v: &Values<'_>, report: &mut Report) -> Option<Vec<gateway_engine::tls::CipherSuite>> {
    let key = "apisix.ssl.ssl_ciphers";
    let node = v.get(key)?;
    let text = v.text(key);
    let names = || text.split([':', ',', ' ']).filter(|name| !name.is_empty());
    let known: Vec<_> = names().filter_map(cipher_suite).collect();
    let unknown: Vec<&str> = names().filter(|name| cipher_suite(name).is_none()).collect();
    if known.is_empty() {
        let problem = Diagnostic::error(key, Some(node.at), "none of these cipher suites is spoken");
        report.push(problem.remedy("such as ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"));
    } else if !unknown.is_empty() {
        let message = format!("not spoken here, and left out: {}", unknown.join(", "));
        report.push(Diagnostic::warning(key, Some(node.at), message));
    }
    Some(known)
}
