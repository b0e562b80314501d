//! Signatures of AWS, version 4, for calls whose body is at hand.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::{digest, hmac};
use http::header::{HOST, HeaderName, HeaderValue};

use crate::http::Call;

/// Who signs, and for what.
#[derive(Clone)]
pub struct Signer<'a> {
    /// `access_key_id`.
    pub key_id: &'a str,
    /// `secret_access_key`.
    pub secret: &'a str,
    /// `session_token` of temporary credentials.
    pub session_token: Option<&'a str>,
    /// `us-east-1`.
    pub region: &'a str,
    /// `secretsmanager`.
    pub service: &'a str,
}

/// The secret stays out of logs.
impl std::fmt::Debug for Signer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer")
            .field("key_id", &self.key_id)
            .field("region", &self.region)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// A call that cannot be signed: its target names no host, or the credentials hold what no header field may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the call cannot be signed: its target or the credentials are not usable in a request")]
pub struct Unsignable;

const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

impl Signer<'_> {
    /// Signs a call: every field it has, and those that are added here.
    ///
    /// # Errors
    /// [`Unsignable`].
    pub fn sign(&self, call: &mut Call, at: SystemTime) -> Result<(), Unsignable> {
        let time = timestamp(at);
        let host = match (call.url.host_str(), call.url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => return Err(Unsignable),
        };
        let value = |text: &str| HeaderValue::from_str(text).map_err(|_| Unsignable);
        call.headers.insert(HOST, value(&host)?);
        call.headers.insert(DATE, value(&time)?);
        if let Some(token) = self.session_token {
            let mut token = value(token)?;
            token.set_sensitive(true);
            call.headers.insert(TOKEN, token);
        }
        let (day, _) = time.split_once('T').ok_or(Unsignable)?;
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let (canonical, signed) = canonical(call);
        let to_sign = format!(
            "{ALGORITHM}\n{time}\n{scope}\n{}",
            hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref())
        );
        let mut key = mac(format!("AWS4{}", self.secret).as_bytes(), day);
        for step in [self.region, self.service, "aws4_request"] {
            key = mac(key.as_ref(), step);
        }
        let signature = hex(mac(key.as_ref(), &to_sign).as_ref());
        let mut field = value(&format!(
            "{ALGORITHM} Credential={}/{scope}, SignedHeaders={signed}, Signature={signature}",
            self.key_id
        ))?;
        field.set_sensitive(true);
        call.headers.insert(http::header::AUTHORIZATION, field);
        Ok(())
    }
}

/// The request as it is signed, and the names of its fields.
fn canonical(call: &Call) -> (String, String) {
    let mut fields: Vec<(&str, String)> = call
        .headers
        .keys()
        .filter(|name| **name != http::header::AUTHORIZATION)
        .map(|name| {
            let values = call.headers.get_all(name).iter().map(|v| spaced(&String::from_utf8_lossy(v.as_bytes())));
            (name.as_str(), values.collect::<Vec<_>>().join(","))
        })
        .collect();
    fields.sort_unstable();
    let signed = fields.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let mut query: Vec<(String, String)> =
        call.url.query_pairs().map(|(name, value)| (encoded(&name, false), encoded(&value, false))).collect();
    query.sort_unstable();
    let query = query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let mut text = format!("{}\n{}\n{query}\n", call.method, encoded(call.url.path(), true));
    for (name, value) in &fields {
        let _ = writeln!(text, "{name}:{value}");
    }
    let _ = write!(text, "\n{signed}\n{}", hex(digest::digest(&digest::SHA256, &call.body).as_ref()));
    (text, signed)
}

/// Without spaces at its ends, and runs of them as one.
fn spaced(value: &str) -> String {
    value.split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Percent-encoded, all but unreserved characters; in a path slashes too stay, and what is encoded already is encoded again, as every
/// service but S3 wants it.
fn encoded(text: &str, path: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            b'/' if path => out.push('/'),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

fn mac(key: &[u8], text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `20150830T123600Z`.
fn timestamp(at: SystemTime) -> String {
    let seconds = at.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days since 1 March 2000, in eras of 400 years (146,097 days); the year begins in March, so that a leap day ends it.
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hours, minutes, seconds) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}{month:02}{day_of_month:02}T{hours:02}{minutes:02}{seconds:02}Z")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use http::HeaderMap;
    use reqwest::{Method, Url};

    use super::*;

    const SIGNER: Signer<'static> = Signer {
        key_id: "AKIDEXAMPLE",
        secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        session_token: None,
        region: "us-east-1",
        service: "service",
    };

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn times_are_written_as_iso_8601() {
        for (seconds, text) in [
            (0, "19700101T000000Z"),
            (951_782_400, "20000229T000000Z"),
            (1_440_938_160, "20150830T123600Z"),
            (4_102_444_799, "20991231T235959Z"),
            (68_256_000, "19720301T000000Z"),
        ] {
            assert_eq!(timestamp(at(seconds)), text);
        }
    }

    fn signature(method: Method, url: &str, body: &'static [u8], fields: &[(&'static str, &str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().unwrap());
        }
        let mut call = Call { method, url: Url::parse(url).unwrap(), headers, body: Bytes::from_static(body) };
        SIGNER.sign(&mut call, at(1_440_938_160)).unwrap();
        let field = call.headers[http::header::AUTHORIZATION].to_str().unwrap().to_owned();
        let (head, signature) = field.rsplit_once("Signature=").unwrap();
        assert!(head.starts_with(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders="
        ));
        signature.to_owned()
    }

    /// Cases of the suite that AWS publishes for signers.
    #[test]
    fn the_published_cases_are_signed_alike() {
        for (method, url, fields, expected) in [
            (
                Method::GET,
                "https://example.amazonaws.com/",
                &[][..],
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                Method::GET,
                "https://example.amazonaws.com/?Param2=value2&Param1=value1",
                &[][..],
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                Method::POST,
                "https://example.amazonaws.com/",
                &[][..],
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                Method::POST,
                "https://example.amazonaws.com/",
                &[("my-header1", "value1")][..],
                "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
            ),
        ] {
            assert_eq!(signature(method, url, b"", fields), expected, "{url} {fields:?}");
        }
    }

    #[test]
    fn each_part_counts() {
        let base = || signature(Method::POST, "https://example.amazonaws.com/a?b=c", b"body", &[("x-amz-target", "t")]);
        let plain = base();
        assert_eq!(plain, base());
        for other in [
            signature(Method::GET, "https://example.amazonaws.com/a?b=c", b"body", &[("x-amz-target", "t")]),
            signature(Method::POST, "https://example.amazonaws.com:8443/a?b=c", b"body", &[("x-amz-target", "t")]),
            signature(Method::POST, "https://example.amazonaws.com/b?b=c", b"body", &[("x-amz-target", "t")]),
            signature(Method::POST, "https://example.amazonaws.com/a?b=d", b"body", &[("x-amz-target", "t")]),
            signature(Method::POST, "https://example.amazonaws.com/a?b=c", b"bodi", &[("x-amz-target", "t")]),
            signature(Method::POST, "https://example.amazonaws.com/a?b=c", b"body", &[("x-amz-target", "u")]),
        ] {
            assert_ne!(plain, other);
        }
    }
}
