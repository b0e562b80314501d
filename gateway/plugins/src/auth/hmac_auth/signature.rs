//! What a client says of its signature, and the lines that it is over.

use aws_lc_rs::hmac;
use gateway_engine::exchange::Exchange;
use gateway_engine::expr::{Lookup, Var};
use gateway_engine::headers::Name;
use serde::Deserialize;

/// How a signature is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Algorithm {
    #[serde(rename = "hmac-sha1")]
    Sha1,
    #[serde(rename = "hmac-sha256")]
    Sha256,
    #[serde(rename = "hmac-sha512")]
    Sha512,
}

impl Algorithm {
    pub(super) fn named(name: &[u8]) -> Option<Algorithm> {
        match name {
            b"hmac-sha1" => Some(Algorithm::Sha1),
            b"hmac-sha256" => Some(Algorithm::Sha256),
            b"hmac-sha512" => Some(Algorithm::Sha512),
            _ => None,
        }
    }

    pub(super) fn hmac(self) -> hmac::Algorithm {
        match self {
            Algorithm::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Algorithm::Sha256 => hmac::HMAC_SHA256,
            Algorithm::Sha512 => hmac::HMAC_SHA512,
        }
    }
}

/// The parameters of `Authorization: Signature …`. Of one that occurs twice the last counts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameters<'a> {
    pub(crate) key_id: Option<&'a [u8]>,
    pub(crate) algorithm: Option<&'a [u8]>,
    pub(crate) signature: Option<&'a [u8]>,
    headers: Option<&'a [u8]>,
}

impl<'a> Parameters<'a> {
    /// Reads them; `None`: the line says nothing of a signature.
    pub(crate) fn read(line: &'a [u8]) -> Option<Parameters<'a>> {
        let fields = line.strip_prefix(b"Signature")?;
        let mut read = Parameters::default();
        for field in fields.split(|b| *b == b',') {
            let Some(at) = memchr::memchr(b'=', field) else { continue };
            let (name, value) = field.split_at(at);
            let Some(value) = value.strip_prefix(b"=\"").and_then(|v| v.trim_ascii_end().strip_suffix(b"\"")) else {
                continue;
            };
            match name.trim_ascii() {
                b"keyId" => read.key_id = Some(value),
                b"algorithm" => read.algorithm = Some(value),
                b"signature" => read.signature = Some(value),
                b"headers" => read.headers = Some(value),
                _ => {}
            }
        }
        Some(read)
    }

    /// The names of what is signed.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &'a [u8]> {
        self.headers.into_iter().flat_map(|list| list.split(|b| *b == b' ')).filter(|name| !name.is_empty())
    }

    /// What is signed; `None` where a header is, and occurs twice: the upstream might read the other one.
    pub(super) fn signed_lines(&self, key_id: &[u8], x: &Exchange) -> Option<Vec<u8>> {
        let mut lines = Vec::with_capacity(256);
        lines.extend_from_slice(key_id);
        lines.push(b'\n');
        for header in self.headers() {
            if header == b"@request-target" {
                lines.extend_from_slice(x.method());
                lines.push(b' ');
                if let Some(target) = x.var(&Var::RequestUri) {
                    target.write_to(&mut lines);
                }
                lines.push(b'\n');
                continue;
            }
            let Some(name) = Name::new(header) else { continue };
            let mut values = x.req.head.get_all(name);
            let Some(value) = values.next() else { continue };
            if values.next().is_some() {
                return None;
            }
            lines.extend_from_slice(header);
            lines.extend_from_slice(b": ");
            lines.extend_from_slice(value);
            lines.push(b'\n');
        }
        Some(lines)
    }
}
