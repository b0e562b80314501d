//! Rules about certificates: names that two are for, and the end of their validity.

use std::collections::HashMap;

use gateway_model::Kind;
use serde_json::Value;

use super::{Findings, rules};
use crate::certificate::{self, Facts};
use crate::files::Object;
use crate::output::clock::Now;

const DAY: i64 = 86_400;

pub(super) fn check(objects: &[Object], now: i64, findings: &mut Findings<'_>) {
    let mut owners: HashMap<String, String> = HashMap::new();
    for object in objects.iter().filter(|object| object.reference.resource.kind == Kind::Ssl) {
        validity(object, now, findings);
        let client = object.value.get("type").and_then(Value::as_str) == Some("client");
        if client || object.value.get("status").and_then(Value::as_i64) == Some(0) {
            continue;
        }
        let one = object.value.get("sni").and_then(Value::as_str);
        let many = object.value.get("snis").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let name = object.reference.to_string();
        let snis: Vec<&str> = one.into_iter().chain(many).collect();
        let field = if object.value.get("snis").is_some() { "/snis" } else { "/sni" };
        uncovered(object, field, &snis, findings);
        for sni in snis {
            if let Some(other) = owners.insert(sni.to_ascii_lowercase(), name.clone())
                && other != name
            {
                findings.add(&rules::OVERLAPPING_SNIS, object, Some(field), format!("{other} is for {sni}, too"));
            }
        }
    }
}

/// Names that no certificate of the object is for. What cannot be read, or is kept elsewhere, is not judged.
fn uncovered(object: &Object, field: &str, snis: &[&str], findings: &mut Findings<'_>) {
    let more = object.value.get("certs").and_then(Value::as_array).into_iter().flatten();
    let texts: Vec<&str> = object.value.get("cert").into_iter().chain(more).filter_map(Value::as_str).collect();
    let read = |text: &&str| certificate::chain(text.as_bytes()).first().and_then(Facts::of);
    let facts: Vec<Facts> = texts.iter().filter_map(read).collect();
    if facts.is_empty() || facts.len() < texts.len() {
        return;
    }
    let lacking = |sni: &&&str| **sni != "*" && !facts.iter().any(|facts| facts.covers(sni));
    let lacking: Vec<&str> = snis.iter().filter(lacking).copied().collect();
    if lacking.is_empty() {
        return;
    }
    let mut names: Vec<&str> = facts.iter().flat_map(|facts| facts.names.iter().map(String::as_str)).collect();
    names.dedup();
    let message = match names.is_empty() {
        true => format!("the certificate has no names (subjectAltName), so it is not for {}", lacking.join(", ")),
        false => format!("the certificate is not for {}, but for {}", lacking.join(", "), names.join(", ")),
    };
    findings.add(&rules::UNCOVERED_SNI, object, Some(field), message);
}

fn validity(object: &Object, now: i64, findings: &mut Findings<'_>) {
    let certs = object.value.get("certs").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let more = certs.iter().enumerate().map(|(i, cert)| (format!("/certs/{i}"), cert));
    let all = object.value.get("cert").map(|cert| ("/cert".to_owned(), cert)).into_iter().chain(more);
    for (pointer, cert) in all {
        let Some(end) = cert.as_str().and_then(certificate::not_after) else { continue };
        if end < now {
            findings.add(&rules::EXPIRED, object, Some(&pointer), format!("expired on {}", Now::at(end).date()));
        } else if end < now + 30 * DAY {
            let days = (end - now) / DAY;
            findings.add(&rules::EXPIRING, object, Some(&pointer), format!("expires in {days} days"));
        }
    }
}
