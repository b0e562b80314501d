//! Reading configurations that have passed their schema, and the texts in which what a schema cannot say is refused.

use gateway_engine::headers::{HeaderName, check_value};
use gateway_model::check::unspaced;
use gateway_model::schema::number_text;
use gateway_outbound::http::Url;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error};
use serde_json::Value;

/// A configuration as a type.
///
/// # Errors
/// What does not fit; after its schema only numbers that are too large.
pub(crate) fn parse<T: DeserializeOwned>(conf: &Value) -> Result<T, String> {
    T::deserialize(conf).map_err(|e| e.to_string())
}

/// An integer field. `60.0` is one for schemas, so it is one here.
pub(crate) fn int<'de, D: Deserializer<'de>, T: TryFrom<i64>>(from: D) -> Result<T, D::Error> {
    integer(&Value::deserialize(from)?).ok_or_else(|| D::Error::custom("number out of range"))
}

/// An integer field that may be absent.
pub(crate) fn maybe_int<'de, D: Deserializer<'de>, T: TryFrom<i64>>(from: D) -> Result<Option<T>, D::Error> {
    int(from).map(Some)
}

/// The status of a final answer: three digits, and none of the interim ones, behind which a client waits for another.
pub(crate) fn final_status<'de, D: Deserializer<'de>>(from: D) -> Result<u16, D::Error> {
    let status = int(from)?;
    if !(200..1000).contains(&status) {
        return Err(D::Error::custom(format!("{status} is no status of a final answer: expected 200 to 999")));
    }
    Ok(status)
}

/// How long a request may be made to wait, in seconds.
const LONGEST_S: f64 = 86_400.0;

/// A time to wait, in seconds.
pub(crate) fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let seconds = f64::deserialize(from)?;
    if !(0.0..=LONGEST_S).contains(&seconds) {
        return Err(D::Error::custom(format!("cannot wait {seconds} seconds: expected 0 to {LONGEST_S}")));
    }
    Ok(seconds)
}

/// The integer a JSON number stands for.
pub(crate) fn integer<T: TryFrom<i64>>(value: &Value) -> Option<T> {
    let number = value.as_i64().or_else(|| {
        let float = value.as_f64()?;
        // Below 2^53 a double without fraction is exact.
        #[allow(clippy::cast_possible_truncation)]
        (float.fract() == 0.0 && float.abs() < 9.0e15).then_some(float as i64)
    })?;
    T::try_from(number).ok()
}

/// The text of a string or number, as it stands in a header; `None` for anything else.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => {
            // Integers as they are; others in the spelling that APISIX's users see.
            if number.is_i64() || number.is_u64() {
                return Some(number.to_string());
            }
            number.as_f64().map(number_text)
        }
        _ => None,
    }
}

/// The address of an HTTP server, which an operator names in the field `property`.
///
/// # Errors
/// It is none, or holds what the parser of addresses would take out in silence.
pub(crate) fn server(property: &str, text: &str) -> Result<Url, String> {
    let refused = |what: &dyn std::fmt::Display| format!("property \"{property}\" validation failed: {what}");
    unspaced(text).map_err(|what| refused(&what))?;
    let url = Url::parse(text).map_err(|error| refused(&error))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        scheme => Err(refused(&format!("expected http or https, got {scheme}"))),
    }
}

/// A header field's name.
///
/// # Errors
/// The texts of APISIX for an empty name and one that is no token.
pub(crate) fn header_name(text: &str) -> Result<HeaderName, String> {
    if text.is_empty() {
        return Err("invalid field length in header".into());
    }
    HeaderName::new(text).map_err(|_| "invalid field character in header".into())
}

/// The text of a header field's value.
///
/// # Errors
/// The texts of APISIX for what is neither text nor number, and for line ends and other controls.
pub(crate) fn header_value(value: &Value) -> Result<String, String> {
    let text = scalar(value).ok_or("invalid type as header value")?;
    check_value(text.as_bytes()).map_err(|_| "invalid value character in header".to_owned())?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn addresses_are_taken_as_they_stand_or_not_at_all() {
        for good in ["http://a.b/c?d=%0d", "https://[::1]:8443", "http://a/ä"] {
            assert!(server("uri", good).is_ok(), "{good}");
        }
        for bad in [
            "http://a.b/\r\nX: y",
            "http://a\n.b/",
            "http://a.b/\t",
            " http://a.b/",
            "http://a.b/c d",
            "http://a.b/\0",
            "http://a.b/\u{7f}",
            "http://a.b/\u{85}",
            "ftp://a.b/",
            "http://",
            "/a",
        ] {
            let error = server("endpoint", bad).unwrap_err();
            assert!(error.starts_with("property \"endpoint\" validation failed: "), "{bad:?}: {error}");
        }
    }

    #[test]
    fn numbers_are_spelled_as_in_headers() {
        for (value, expected) in [(json!(3), "3"), (json!(3.5), "3.5"), (json!(-1), "-1"), (json!("x"), "x")] {
            assert_eq!(scalar(&value).as_deref(), Some(expected));
        }
        assert_eq!(scalar(&json!(true)), None);
        assert_eq!(integer::<u32>(&json!(60.0)), Some(60));
        assert_eq!(integer::<u32>(&json!(60.5)), None);
        assert_eq!(integer::<u32>(&json!(-1)), None);
    }
}
