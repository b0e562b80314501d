//! `GET live/certs`: the certificates of the `ssl` objects, never their keys.

use std::collections::HashMap;
use std::sync::Arc;

use gateway_engine::tls::{Facts, Identity, SOON, unix_seconds};
use gateway_model::{Kind, json};
use hyper::StatusCode;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde_json::{Value, json};

use super::super::{Api, Refusal};
use crate::control_http::{self, Answer};
use crate::state::State;

/// Certificates of a chain that are looked at.
const MOST_OF_A_CHAIN: usize = 16;

impl Api {
    /// A row for each certificate of each object.
    pub(super) async fn certs(&self) -> Result<Answer, Refusal> {
        let state = self.state.clone();
        let rows = tokio::task::spawn_blocking(move || rows(&state)).await.map_err(|_| Refusal::internal())?;
        Ok(control_http::json(StatusCode::OK, &rows))
    }
}

fn rows(state: &State) -> Value {
    let snapshot = state.shared().snapshot();
    let served: HashMap<&str, &Arc<Identity>> =
        snapshot.certificates.all().into_iter().map(|identity| (&*identity.id, identity)).collect();
    let stored: Vec<(String, Value)> = state.read(|tables| {
        let objects = tables.iter(Kind::Ssl);
        objects.map(|(id, stored)| (id.to_owned(), json::parse(&stored.bytes).unwrap_or_default())).collect()
    });
    let now = unix_seconds();
    let objects = stored.iter().map(|(id, object)| Object::of(id, object));
    objects
        .flat_map(|object| {
            let identity = served.get(object.id).filter(|identity| !identity.is_shut());
            // What runs tells of certificates that stand elsewhere (secrets).
            let chains: Vec<Vec<CertificateDer<'static>>> = match identity {
                Some(identity) => identity.chains().map(<[_]>::to_vec).collect(),
                None => object.certs.iter().map(|pem| read(pem)).collect(),
            };
            chains.into_iter().map(|chain| object.row(&chain, now)).collect::<Vec<_>>()
        })
        .collect()
}

/// The certificates of a PEM text, as far as they can be read.
fn read(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).filter_map(Result::ok).take(MOST_OF_A_CHAIN).collect()
}

/// An `ssl` object, as far as it is told.
struct Object<'o> {
    id: &'o str,
    kind: &'o str,
    names: Vec<&'o str>,
    enabled: bool,
    certs: Vec<&'o str>,
}

impl<'o> Object<'o> {
    fn of(id: &'o str, object: &'o Value) -> Object<'o> {
        let texts = |field: &str| object.get(field).and_then(Value::as_array).into_iter().flatten();
        let text = |field: &str| object.get(field).and_then(Value::as_str);
        Object {
            id,
            kind: text("type").unwrap_or("server"),
            names: text("sni").into_iter().chain(texts("snis").filter_map(Value::as_str)).collect(),
            enabled: object.get("status").and_then(Value::as_u64) != Some(0),
            certs: text("cert").into_iter().chain(texts("certs").filter_map(Value::as_str)).collect(),
        }
    }

    /// One of its certificates, with those that vouch for it behind it.
    fn row(&self, chain: &[CertificateDer<'_>], now: i64) -> Value {
        let all: Vec<Option<Facts>> = chain.iter().take(MOST_OF_A_CHAIN).map(Facts::of).collect();
        let Some(Some(own)) = all.first() else {
            let status = if self.enabled { "unreadable" } else { "disabled" };
            return json!({
                "ssl_id": self.id, "type": self.kind, "snis": self.names, "status": status, "chain_len": chain.len(),
                "warnings": ["the certificate cannot be read, or is not there (a secret that leads nowhere)"],
            });
        };
        let status = match () {
            () if !self.enabled => "disabled",
            () if own.not_after < now => "expired",
            () if own.not_before > now => "not_yet_valid",
            () if own.not_after - now < SOON => "expires_soon",
            () => "valid",
        };
        json!({
            "ssl_id": self.id,
            "type": self.kind,
            "snis": self.names,
            "names": own.names,
            "subject": own.subject,
            "issuer": own.issuer,
            "serial": own.serial,
            "not_before": own.not_before,
            "not_after": own.not_after,
            "days_left": (own.not_after - now).div_euclid(86_400),
            "key": own.key,
            "sha256": own.sha256,
            "status": status,
            "chain_len": chain.len(),
            "warnings": self.warnings(own, &all, now),
        })
    }

    fn warnings(&self, own: &Facts, chain: &[Option<Facts>], now: i64) -> Vec<String> {
        let mut found = Vec::new();
        let uncovered: Vec<&str> =
            self.names.iter().copied().filter(|name| *name != "*" && !own.covers(&name.to_ascii_lowercase())).collect();
        if !uncovered.is_empty() && self.kind == "server" {
            found.push(format!("the certificate is not for {}", uncovered.join(", ")));
        }
        if own.is_weak() {
            found.push(format!("the key is weak: {}", own.key));
        }
        if let Some(weak) = &own.weak_signature {
            found.push(format!("the signature is weak: {weak}"));
        }
        for pair in chain.windows(2) {
            match pair {
                [Some(lower), Some(upper)] if lower.issuer != upper.subject => {
                    found.push(format!(
                        "the chain is out of order: {} is not vouched for by {}",
                        lower.subject, upper.subject
                    ));
                }
                [_, Some(upper)] if upper.not_after < now => {
                    found.push(format!("a certificate of the chain has expired: {}", upper.subject));
                }
                [_, None] => found.push("a certificate of the chain cannot be read".to_owned()),
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever stands in the store, there is a row.
    #[test]
    fn what_cannot_be_read_is_told_as_such() {
        let object = json!({"snis": ["a.test"], "cert": "no certificate", "status": 1});
        let object = Object::of("1", &object);
        let row = object.row(&read(object.certs[0]), 0);
        assert_eq!((&row["ssl_id"], &row["status"]), (&json!("1"), &json!("unreadable")));
    }
}
