//! The configuration, compiled.

use std::collections::HashMap;
use std::sync::Arc;

use gateway_dubbo_codec::json::{Bytes, Dates, Type, Types};
use gateway_engine::headers::{HeaderName, name};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::DubboToHttp;
use super::answer::Exceptions;
use super::call::Shown;
use super::template::Template;
use crate::conf::{header_name, int, parse};

#[derive(Deserialize)]
struct Conf {
    methods: Option<Vec<MethodConf>>,
    classes: Option<Map<String, Value>>,
    http_method: String,
    path: Option<String>,
    body: String,
    exceptions: Option<Map<String, Value>>,
    exception_member: Option<String>,
    exception_classes: Option<Vec<Box<str>>>,
    message_member: Option<String>,
    dates: String,
    bytes: String,
    long_as_string: bool,
    beans: Option<Vec<Box<str>>>,
    #[serde(deserialize_with = "int")]
    max_req_body_size: usize,
    #[serde(deserialize_with = "int")]
    max_resp_body_size: usize,
}

#[derive(Deserialize, Default)]
struct MethodConf {
    name: String,
    types: Option<Vec<String>>,
    http_method: Option<String>,
    path: Option<String>,
    parameters: Option<Vec<Box<str>>>,
    query: Option<Map<String, Value>>,
    headers: Option<Map<String, Value>>,
    body: Option<String>,
    returns: Option<String>,
    exceptions: Option<Map<String, Value>>,
}

/// How calls of a method become requests, and answers results.
pub(super) struct Method {
    pub(super) http_method: Box<str>,
    /// `None`: the path that the call has as an exchange.
    pub(super) path: Option<Template>,
    pub(super) parameters: Vec<Box<str>>,
    pub(super) query: Vec<(Box<str>, Template)>,
    pub(super) headers: Vec<(HeaderName, Template)>,
    pub(super) body: Body,
    pub(super) returns: Type,
    pub(super) exceptions: Exceptions,
}

/// What the body is.
pub(super) enum Body {
    /// What arguments have no other place, as it suits the HTTP method.
    Auto,
    /// All arguments, an array.
    Array,
    /// Arguments that have no other place, by their names.
    Object,
    None,
    /// What a place is filled with.
    One(Template),
}

impl Method {
    /// Whether requests of its HTTP method have bodies.
    pub(super) fn has_body(&self) -> bool {
        !matches!(&*self.http_method, "GET" | "DELETE")
    }
}

pub(super) fn compile(conf: &Value) -> Result<DubboToHttp, String> {
    let conf: Conf = parse(conf)?;
    let types = Types::new(&conf.classes.clone().unwrap_or_default())
        .map_err(|bad| format!("property \"classes\" validation failed: {bad}"))?;
    let exceptions = Exceptions::compile(&conf.exceptions.clone().unwrap_or_default())?;
    if conf.exception_member.is_some() != conf.exception_classes.is_some() {
        return Err(
            "\"exception_member\" names a class that the HTTP service chooses: \"exception_classes\" says which it may"
                .into(),
        );
    }
    let other = method(&MethodConf::default(), &conf, &types, &exceptions)?;
    let mut methods = HashMap::new();
    for given in conf.methods.iter().flatten() {
        let key = key(given);
        let fail = |why: &str| format!("property \"methods\" validation failed: {key}: {why}");
        let compiled = method(given, &conf, &types, &exceptions).map_err(|why| fail(&why))?;
        if methods.insert(key.clone(), Arc::new(compiled)).is_some() {
            return Err(fail("it is there twice"));
        }
    }
    Ok(DubboToHttp {
        overloaded: methods.keys().any(|name| name.contains('(')),
        methods,
        other: Arc::new(other),
        types: Arc::new(types),
        shown: Shown {
            dates: if conf.dates == "epoch_ms" { Dates::EpochMs } else { Dates::Iso },
            long_as_string: conf.long_as_string,
            bytes: if conf.bytes == "array" { Bytes::Numbers } else { Bytes::Base64 },
            beans: conf.beans.unwrap_or_default().into(),
            limit: conf.max_req_body_size,
        },
        exception_member: conf.exception_member.map(Into::into),
        exception_classes: conf.exception_classes.unwrap_or_default().into(),
        message_member: conf.message_member.map(Into::into),
        limit: conf.max_resp_body_size,
    })
}

/// `greet`, or where its types are told `greet(java.lang.String,int)`.
fn key(given: &MethodConf) -> Box<str> {
    match &given.types {
        Some(types) => format!("{}({})", given.name, types.join(",")).into(),
        None => given.name.as_str().into(),
    }
}

fn method(given: &MethodConf, conf: &Conf, types: &Types, usual: &Exceptions) -> Result<Method, String> {
    let parameters = given.parameters.clone().unwrap_or_default();
    let named = |name: &str| parameters.iter().filter(|known| ***known == *name).count();
    for name in &parameters {
        let reserved = matches!(&**name, "interface" | "method") || name.parse::<usize>().is_ok();
        if reserved || name.contains(['.', '{', '}', '@']) || named(name) > 1 {
            return Err(format!("\"{name}\" cannot be the name of a parameter"));
        }
    }
    let path = given.path.as_ref().or(conf.path.as_ref()).map(|path| path_template(path, &parameters)).transpose()?;
    let template = |value: &Value| Template::parse(value.as_str().unwrap_or_default(), &parameters);
    let query = given.query.iter().flatten().map(|(name, value)| Ok((name.as_str().into(), template(value)?)));
    let headers = given.headers.iter().flatten().map(|(field, value)| {
        let field = header_name(field)?;
        if FIXED.iter().any(|fixed| HeaderName::from(*fixed) == field) {
            return Err(format!("the header \"{}\" is not to be set here", field.as_str()));
        }
        Ok((field, template(value)?))
    });
    let body = match given.body.as_deref().unwrap_or(&conf.body) {
        "auto" => Body::Auto,
        "array" => Body::Array,
        "object" => Body::Object,
        "none" => Body::None,
        place => {
            let one = Template::parse(place, &parameters)?;
            if one.arguments().count() != 1 || one.single().is_none() {
                return Err(format!("body \"{place}\": expected auto, array, object, none or one argument in braces"));
            }
            Body::One(one)
        }
    };
    let returns = match &given.returns {
        Some(text) => types.parse(text).map_err(|bad| bad.to_string())?,
        None => Type::any(),
    };
    let exceptions = given.exceptions.as_ref().map(Exceptions::compile).transpose()?.unwrap_or_default();
    let method = Method {
        http_method: given.http_method.as_deref().unwrap_or(&conf.http_method).into(),
        path,
        query: query.collect::<Result<_, String>>()?,
        headers: headers.collect::<Result<_, String>>()?,
        body,
        returns,
        exceptions: exceptions.over(usual),
        parameters,
    };
    if !method.has_body() && matches!(method.body, Body::Array | Body::Object | Body::One(_)) && given.body.is_some() {
        return Err(format!("a {} has no body", method.http_method));
    }
    Ok(method)
}

/// Fields that say what a message is, or where it goes.
const FIXED: [gateway_engine::headers::Name<'static>; 6] = [
    name::HOST,
    name::CONTENT_LENGTH,
    name::CONTENT_TYPE,
    name::TRANSFER_ENCODING,
    name::CONNECTION,
    name::ACCEPT_ENCODING,
];

fn path_template(path: &str, names: &[Box<str>]) -> Result<Template, String> {
    let template = Template::parse(path, names)?;
    let good = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '"' | '<' | '>' | '\\' | '^' | '`' | '|');
    if !path.starts_with('/') || !template.texts().all(|text| text.chars().all(good)) {
        return Err(format!("\"{path}\" is no path: it begins with / and is percent-encoded where it has to be"));
    }
    Ok(template)
}
