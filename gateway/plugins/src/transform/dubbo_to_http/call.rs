//! A consumer's call, its arguments as JSON.

use gateway_dubbo_codec::generic::Mode;
use gateway_dubbo_codec::hessian::Error;
use gateway_dubbo_codec::hessian::tree::{Decoder, Node, NodeId, Tree};
use gateway_dubbo_codec::invocation::Invocation;
use gateway_dubbo_codec::json::{self, Bytes, Dates, JsonError, Style};
use gateway_dubbo_codec::{descriptor, result::Form};
use gateway_engine::exchange::{self, Exchange};
use serde_json::Value;

use crate::transform::dubbo::{is_interface, is_method, limits};

/// A call, read.
pub(super) struct Call {
    pub(super) interface: Box<str>,
    /// Of a generic call the method that it asks for.
    pub(super) method: Box<str>,
    /// Types of the parameters as `Class.getName` has them, as far as they are told.
    pub(super) types: Vec<String>,
    pub(super) arguments: Vec<Value>,
    /// How the answer is to be written.
    pub(super) form: Form,
}

/// How arguments are shown.
pub(super) struct Shown {
    pub(super) dates: Dates,
    pub(super) long_as_string: bool,
    pub(super) bytes: Bytes,
    pub(super) beans: Box<[Box<str>]>,
    pub(super) limit: usize,
}

/// Why a call has no JSON: a status, and words for its consumer.
pub(super) type Refused = (u16, String);

const HESSIAN2: u8 = 2;

/// Reads the call of an exchange.
///
/// # Errors
/// It is in another serialization, none that a service may have, cannot be read, or holds what JSON cannot say.
pub(super) fn read(x: &Exchange, of: &exchange::Call, shown: &Shown) -> Result<Call, Refused> {
    if of.serialization != HESSIAN2 {
        return Err((400, "only calls in hessian2 can be made of HTTP; consumers choose by `serialization`".into()));
    }
    let body = x.req.collected.as_deref().unwrap_or_default();
    let text = |span| String::from_utf8_lossy(x.req.head.text(span)).into_owned();
    let (interface, method) = (text(of.interface), text(of.method));
    if !is_interface(&interface) || !is_method(&method) {
        return Err((405, "this service is one of HTTP, and has no such method".into()));
    }
    let unread = |error: Error| (400, format!("the call cannot be read: {error}"));
    let called = Invocation::parse(body).map_err(unread)?;
    let mut decoder = Decoder::at(body, called.arguments_at(), limits());
    let ids: Vec<NodeId> =
        (0..called.argument_count()).map(|_| decoder.value()).collect::<Result<_, Error>>().map_err(unread)?;
    let tree = decoder.into_tree();
    let generic = called.method(body).to_str().starts_with('$');
    let mode = if generic { Some(mode(x)?) } else { None };
    let form = Form { attachments: of.reads_attachments, generic: mode };
    let (types, ids) = match generic {
        true => parts(&tree, &ids).ok_or((400, "the generic call is none".to_owned()))?,
        false => {
            let all = called.descriptor(body).to_str();
            let types =
                descriptor::types(&all).filter_map(Result::ok).map(|one| descriptor::java_name(one).into_owned());
            (types.collect(), ids)
        }
    };
    let mut arguments = Vec::with_capacity(ids.len());
    let mut left = shown.limit;
    for (number, id) in ids.into_iter().enumerate() {
        let value = argument(&tree, id, mode, shown, &mut left);
        arguments.push(value.map_err(|why| (400, format!("argument {number}: {why}")))?);
    }
    Ok(Call { interface: interface.into(), method: method.into(), types, arguments, form })
}

/// How a generic call shows values.
fn mode(x: &Exchange) -> Result<Mode, Refused> {
    let said = x.attachment(b"generic");
    match said.as_deref().unwrap_or_default() {
        b"" | b"true" => Ok(Mode::True),
        b"raw.return" => Ok(Mode::RawReturn),
        b"gson" => Ok(Mode::Gson),
        _ => Err((400, "generic calls are true, raw.return or gson where the service is one of HTTP".into())),
    }
}

/// Types and arguments of a generic call: behind the method's name.
fn parts(tree: &Tree, ids: &[NodeId]) -> Option<(Vec<String>, Vec<NodeId>)> {
    let [_, types, arguments] = ids else { return None };
    let list = |id: NodeId| match tree.node(id) {
        Node::List { items, .. } => Some(items.clone()),
        Node::Null => Some(Vec::new()),
        _ => None,
    };
    let types = list(*types)?.into_iter().map(|id| tree.text(id).unwrap_or_default().to_owned()).collect();
    Some((types, list(*arguments)?))
}

fn argument(tree: &Tree, id: NodeId, mode: Option<Mode>, shown: &Shown, left: &mut usize) -> Result<Value, String> {
    if let (Some(Mode::Gson), Some(text)) = (mode, tree.text(id)) {
        *left = left.checked_sub(text.len()).ok_or("the call is too long as JSON")?;
        return gateway_model::json::parse_exact(text.as_bytes()).map_err(|error| format!("no JSON: {error}"));
    }
    let style = Style {
        dates: shown.dates,
        long_as_string: shown.long_as_string,
        bytes: shown.bytes,
        strip_class: mode == Some(Mode::True),
        beans: &shown.beans,
        limit: *left,
        depth: MOST_DEPTH,
    };
    let mut out = Vec::new();
    json::write(tree, id, &style, &mut out).map_err(|error| match error {
        JsonError::TooLong(_) => "the call is too long as JSON".to_owned(),
        other => other.to_string(),
    })?;
    *left = left.saturating_sub(out.len());
    gateway_model::json::parse_exact(&out).map_err(|error| error.to_string())
}

/// What is written is read again, and deeper than this it would not be.
const MOST_DEPTH: u32 = 100;
