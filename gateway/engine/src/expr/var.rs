//! The names of variables.

mod names;

use std::borrow::Cow;
use std::fmt;

#[cfg(test)]
use self::names::PLAIN;
pub use self::names::Var;
use self::names::{plain, plain_name};
use super::jsonpath::{BadPath, BodyPath};

/// The name of a request header as variables spell it: `http_x_api_key`. Dashes and underscores are one and the same in
/// it, and so is the case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HeaderVar {
    name: Box<str>,
}

impl HeaderVar {
    /// From the part after the prefix.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_ascii_lowercase().replace('_', "-").into() }
    }

    /// Lower case with dashes: the name of the header in nearly all requests.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a field of that name is meant, `X_Api_Key` as well as `x-api-key`.
    #[must_use]
    pub fn matches(&self, field: &[u8]) -> bool {
        let plain = |b: u8| if b == b'_' { b'-' } else { b.to_ascii_lowercase() };
        field.len() == self.name.len() && field.iter().zip(self.name.bytes()).all(|(&a, b)| plain(a) == b)
    }
}

impl Var {
    /// The variable of that name; one that is not known, or a `post_arg.` path that is none, is [`Var::Custom`].
    #[must_use]
    pub fn parse(name: &str) -> Self {
        Self::try_parse(name).unwrap_or_else(|_| Self::Custom(name.into()))
    }

    /// [`Self::parse`] for expressions, where a bad path is a mistake to name.
    ///
    /// # Errors
    /// The path after `post_arg.` is no JSONPath.
    pub fn try_parse(name: &str) -> Result<Self, BadPath> {
        if let Some(var) = plain(name) {
            return Ok(var);
        }
        if let Some(path) = name.strip_prefix("post_arg.") {
            return BodyPath::parse(path).map(Self::PostArgPath);
        }
        Ok(Self::family(name).unwrap_or_else(|| Self::Custom(name.into())))
    }

    /// The names with a parameter, which must not be empty.
    fn family(name: &str) -> Option<Self> {
        let part = |prefix: &str| name.strip_prefix(prefix).filter(|rest| !rest.is_empty());
        let bytes = |rest: &str| Box::<[u8]>::from(rest.as_bytes());
        Some(if let Some(rest) = part("arg_") {
            Self::Arg(bytes(rest))
        } else if let Some(rest) = part("http_") {
            Self::Http(HeaderVar::new(rest))
        } else if let Some(rest) = part("cookie_") {
            Self::Cookie(bytes(rest))
        } else if let Some(rest) = part("post_arg_") {
            Self::PostArg(bytes(rest))
        } else if let Some(rest) = part("uri_param_") {
            Self::UriParam(bytes(rest))
        } else if let Some(rest) = part("sent_http_") {
            Self::SentHttp(HeaderVar::new(rest))
        } else if let Some(rest) = part("upstream_http_") {
            Self::UpstreamHttp(HeaderVar::new(rest))
        } else if let Some(rest) = part("upstream_cookie_") {
            Self::UpstreamCookie(bytes(rest))
        } else if let Some(rest) = part("sent_trailer_") {
            Self::SentTrailer(HeaderVar::new(rest))
        } else if let Some(rest) = part("upstream_trailer_") {
            Self::UpstreamTrailer(HeaderVar::new(rest))
        } else if let Some(rest) = part("tcpinfo_") {
            Self::TcpInfo(bytes(rest))
        } else if let Some(rest) = part("dubbo_attachment_") {
            Self::DubboAttachment(bytes(rest))
        } else if let Some(number) = part("dubbo_arg_").and_then(number) {
            Self::DubboArg(number)
        } else if !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit()) {
            Self::Capture(name.parse().ok()?)
        } else {
            return None;
        })
    }

    /// Whether its value lies in the request's body, which must be collected before. `graphql_*` of a GET does not, but
    /// that is known only then.
    #[must_use]
    pub fn needs_body(&self) -> bool {
        matches!(
            self,
            Self::PostArg(_)
                | Self::PostArgPath(_)
                | Self::GraphqlName
                | Self::GraphqlOperation
                | Self::GraphqlRootFields
                | Self::RequestBody
        )
    }

    /// The name in the form that [`Self::parse`] takes.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        let header = |prefix: &str, h: &HeaderVar| Cow::Owned(format!("{prefix}{}", h.name.replace('-', "_")));
        let bytes = |prefix: &str, b: &[u8]| Cow::Owned(format!("{prefix}{}", String::from_utf8_lossy(b)));
        match self {
            Self::Arg(b) => bytes("arg_", b),
            Self::Http(h) => header("http_", h),
            Self::Cookie(b) => bytes("cookie_", b),
            Self::PostArg(b) => bytes("post_arg_", b),
            Self::PostArgPath(path) => Cow::Owned(format!("post_arg.{path}")),
            Self::UriParam(b) => bytes("uri_param_", b),
            Self::SentHttp(h) => header("sent_http_", h),
            Self::UpstreamHttp(h) => header("upstream_http_", h),
            Self::UpstreamCookie(b) => bytes("upstream_cookie_", b),
            Self::SentTrailer(h) => header("sent_trailer_", h),
            Self::UpstreamTrailer(h) => header("upstream_trailer_", h),
            Self::TcpInfo(b) => bytes("tcpinfo_", b),
            Self::DubboAttachment(b) => bytes("dubbo_attachment_", b),
            Self::DubboArg(n) => Cow::Owned(format!("dubbo_arg_{n}")),
            Self::Capture(n) => Cow::Owned(n.to_string()),
            Self::Custom(name) => Cow::Borrowed(name),
            plain => Cow::Borrowed(plain_name(plain).unwrap_or_default()),
        }
    }
}

/// Digits alone: `007` is another name than `7`, and would not come back.
fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|n: &u32| n.to_string() == text)
}

impl fmt::Display for Var {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_once() {
        let arg = |n: &str| Var::Arg(n.as_bytes().into());
        let cases = [
            ("uri", Var::Uri),
            ("request_uri", Var::RequestUri),
            ("arg_name", arg("name")),
            ("arg_x-api-name", arg("x-api-name")),
            ("arg_", Var::Custom("arg_".into())),
            ("http_X-Api_Key", Var::Http(HeaderVar::new("x_api_key"))),
            ("cookie_Sid", Var::Cookie((*b"Sid").into())),
            ("cookie", Var::HttpCookieLine),
            ("post_arg_id", Var::PostArg((*b"id").into())),
            ("uri_param_:ext", Var::UriParam((*b":ext").into())),
            ("sent_http_location", Var::SentHttp(HeaderVar::new("location"))),
            ("upstream_http_server", Var::UpstreamHttp(HeaderVar::new("server"))),
            ("upstream_host", Var::UpstreamHost),
            ("tcpinfo_rtt", Var::TcpInfo((*b"rtt").into())),
            ("1", Var::Capture(1)),
            ("dubbo_arg_0", Var::DubboArg(0)),
            ("dubbo_arg_01", Var::Custom("dubbo_arg_01".into())),
            ("dubbo_attachment_userId", Var::DubboAttachment((*b"userId").into())),
            ("99999999999", Var::Custom("99999999999".into())),
            ("host.x", Var::Custom("host.x".into())),
            ("", Var::Custom("".into())),
            ("post_arg.a[", Var::Custom("post_arg.a[".into())),
        ];
        for (name, expected) in cases {
            assert_eq!(Var::parse(name), expected, "{name}");
        }
        assert!(Var::try_parse("post_arg.a[").is_err());
    }

    #[test]
    fn names_come_back() {
        let more = [
            "arg_a",
            "http_x_y",
            "cookie_C",
            "post_arg_a",
            "post_arg.a.b",
            "post_arg.a[*].b",
            "uri_param_a",
            "dubbo_arg_3",
            "dubbo_attachment_a.B",
            "zz",
            "7",
        ];
        for name in PLAIN.iter().chain(&more) {
            assert_eq!(Var::parse(name).name(), *name);
        }
    }

    #[test]
    fn headers_are_one_whatever_their_spelling() {
        let var = HeaderVar::new("X_Api_Key");
        assert_eq!(var.name(), "x-api-key");
        assert!(var.matches(b"X-Api-Key") && var.matches(b"x_api_key") && !var.matches(b"x-api-keys"));
    }

    #[test]
    fn body_variables_are_known() {
        for (name, expected) in [
            ("post_arg_a", true),
            ("post_arg.a", true),
            ("graphql_name", true),
            ("request_body", true),
            ("arg_a", false),
        ] {
            assert_eq!(Var::parse(name).needs_body(), expected, "{name}");
        }
    }
}
