//! Answers that are made here: the body of a response of status 20 in hessian2, for a consumer that knows the classes.

use serde_json::{Map, Value};

use crate::answer::{LONGEST_MESSAGE, RPC_EXCEPTION, RpcCode, VERSION};
use crate::generic::Mode;
use crate::hessian::tree::{Node, NodeId, Tree};
use crate::hessian::write::{Writer, binary, int, text};
use crate::json::{BadValue, Builder, Type, Types, bounded};
use crate::outcome::{Kind, Outcome};

/// How an answer is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Form {
    /// The consumer reads attachments, see [`reads_attachments`](crate::invocation::reads_attachments).
    pub attachments: bool,
    /// How a generic call wants to see the result; `None`: it is an ordinary call.
    pub generic: Option<Mode>,
}

/// The class by which generic calls tell of exceptions: their callers do not know the classes of others.
const GENERIC_EXCEPTION: &str = "com.alibaba.dubbo.rpc.service.GenericException";

/// The method returned a value.
///
/// # Errors
/// The JSON is no value of that type.
pub fn returned(value: &Value, of: &Type, types: &Types, form: Form) -> Result<Vec<u8>, BadValue> {
    if form.generic == Some(Mode::Gson) && !value.is_null() {
        bounded(value)?;
        let mut out = Vec::new();
        int(&mut out, Outcome::code(Kind::Value, form.attachments).into());
        text(&mut out, &value.to_string());
        return Ok(ended(out, form));
    }
    let mut builder = Builder::new(types, form.generic == Some(Mode::True));
    let id = builder.value(value, of)?;
    let tree = builder.into_tree();
    if matches!(tree.node(id), Node::Null) {
        return Ok(returned_nothing(form));
    }
    Ok(written(&tree, id, Kind::Value, form))
}

/// The method returned an array of bytes.
pub fn returned_bytes(bytes: &[u8], form: Form) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 64);
    int(&mut out, Outcome::code(Kind::Value, form.attachments).into());
    binary(&mut out, bytes);
    ended(out, form)
}

/// The method returned null, or nothing.
pub fn returned_nothing(form: Form) -> Vec<u8> {
    let mut out = Vec::new();
    int(&mut out, Outcome::code(Kind::Null, form.attachments).into());
    ended(out, form)
}

/// The method threw an exception of this class; of `members` those become fields that are declared of it.
pub fn threw(class: &str, message: &str, members: Option<&Map<String, Value>>, types: &Types, form: Form) -> Vec<u8> {
    let message = short(message);
    let mut builder = Builder::new(types, false);
    let id = match form.generic {
        Some(_) => {
            let tree = builder.tree_mut();
            let (name, said) = (tree.push_text(class), tree.push_text(message));
            let fields = vec![("exceptionClass".into(), name), ("exceptionMessage".into(), said)];
            thrown(tree, GENERIC_EXCEPTION, &format!("{class}: {message}"), fields)
        }
        None => {
            let fields = members.map(|members| builder.fields(class, members)).unwrap_or_default();
            thrown(builder.tree_mut(), class, message, fields)
        }
    };
    written(&builder.into_tree(), id, Kind::Exception, form)
}

/// The call has failed: an [`RPC_EXCEPTION`] with this code, as all consumers know it.
pub fn failed(code: RpcCode, message: &str, form: Form) -> Vec<u8> {
    let mut tree = Tree::new();
    let number = tree.push(Node::Int(code.code()));
    let id = thrown(&mut tree, RPC_EXCEPTION, message, vec![("code".into(), number)]);
    written(&tree, id, Kind::Exception, form)
}

/// An exception with the fields that every one has: no trace, nothing suppressed, and itself as its cause, which is how a Throwable
/// says that it has none.
fn thrown(tree: &mut Tree, class: &str, message: &str, more: Vec<(Box<str>, NodeId)>) -> NodeId {
    const OWN: [&str; 4] = ["suppressedExceptions", "stackTrace", "cause", "detailMessage"];
    let suppressed = Some(tree.type_id("java.util.Collections$EmptyList"));
    let trace = Some(tree.type_id("[java.lang.StackTraceElement"));
    let suppressed = tree.push(Node::List { kind: suppressed, items: Vec::new() });
    let trace = tree.push(Node::List { kind: trace, items: Vec::new() });
    let message = tree.push_text(short(message));
    let more: Vec<_> = more.into_iter().filter(|(name, _)| !OWN.contains(&&**name)).collect();
    let names: Vec<&str> = OWN.iter().copied().chain(more.iter().map(|(name, _)| &**name)).collect();
    let class = tree.class_id(class, &names);
    let id = tree.push(Node::Object { class, fields: Vec::new() });
    let all = [suppressed, trace, id, message].into_iter().chain(more.iter().map(|(_, id)| *id)).collect();
    if let Some(Node::Object { fields, .. }) = tree.node_mut(id) {
        *fields = all;
    }
    id
}

fn written(tree: &Tree, id: NodeId, kind: Kind, form: Form) -> Vec<u8> {
    let mut out = Vec::new();
    int(&mut out, Outcome::code(kind, form.attachments).into());
    let mut writer = Writer::new(tree, out);
    writer.value(id);
    ended(writer.into_bytes(), form)
}

/// With what every answer says beside its result.
fn ended(mut out: Vec<u8>, form: Form) -> Vec<u8> {
    if form.attachments {
        out.push(b'H');
        text(&mut out, "dubbo");
        text(&mut out, VERSION);
        out.push(b'Z');
    }
    out
}

fn short(message: &str) -> &str {
    message.get(..message.floor_char_boundary(LONGEST_MESSAGE)).unwrap_or(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generic::{Answer, Exception, answer};
    use crate::hessian::Limits;
    use crate::hessian::tree::Decoder;
    use crate::json::Style;
    use serde_json::json;

    const FORM: Form = Form { attachments: true, generic: None };

    fn read(body: &[u8]) -> Answer {
        let outcome = Outcome::parse(body).unwrap();
        let attachments = outcome.attachments(body, Limits::default()).unwrap();
        assert_eq!(attachments.count(), usize::from(outcome.has_attachments));
        answer(body, Mode::RawReturn, &Style::default(), Limits::default()).unwrap()
    }

    fn types() -> Types {
        Types::new(json!({"a.Gone": {"code": "int"}, "a.B": {"at": "java.util.Date"}}).as_object().unwrap()).unwrap()
    }

    #[test]
    fn results() {
        let types = types();
        let of = |text: &str| types.parse(text).unwrap();
        let body = returned(&json!([1, 2]), &of("int[]"), &types, FORM).unwrap();
        assert_eq!(body, b"\x94r\x04[int\x91\x92H\x05dubbo\x052.0.2Z");
        assert_eq!(returned(&json!(null), &of("a.B"), &types, FORM).unwrap(), b"\x95H\x05dubbo\x052.0.2Z");
        assert_eq!(returned(&json!("x"), &of("void"), &types, Form::default()).unwrap(), b"\x92");
        assert_eq!(returned(&json!(5), &of("long"), &types, Form::default()).unwrap(), b"\x91\xe5");
        let value = json!({"at": "1970-01-01T00:01:00Z"});
        let shown = |generic| returned(&value, &of("a.B"), &types, Form { attachments: false, generic }).unwrap();
        assert_eq!(shown(None), b"\x91C\x03a.B\x91\x02at\x60K\0\0\0\x01");
        assert_eq!(shown(Some(Mode::RawReturn)), shown(None));
        assert_eq!(shown(Some(Mode::True)), b"\x91H\x02atK\0\0\0\x01\x05class\x03a.BZ");
        assert_eq!(shown(Some(Mode::Gson)), b"\x91\x1d{\"at\":\"1970-01-01T00:01:00Z\"}");
    }

    #[test]
    fn exceptions() {
        let types = types();
        let members = json!({"code": 42, "message": "no", "cause": 1, "other": 2});
        let body = threw("a.Gone", "no", members.as_object(), &types, FORM);
        let Answer::Exception(Exception { class, message, code }) = read(&body) else { panic!() };
        assert_eq!((&*class, message.as_deref(), code), ("a.Gone", Some("no"), Some(42)));
        let mut decoder = Decoder::at(&body, 1, Limits::default());
        let id = decoder.value().unwrap();
        let tree = decoder.into_tree();
        assert_eq!(tree.field(id, "cause"), Some(id));
        assert!(tree.field(id, "other").is_none());
        let generic = Form { generic: Some(Mode::True), ..FORM };
        let told = read(&threw("a.Gone", "no", members.as_object(), &types, generic));
        assert_eq!(
            told,
            Answer::Exception(Exception { class: "a.Gone".into(), message: Some("no".into()), code: None })
        );
        let told = read(&failed(RpcCode::LimitExceeded, &"é".repeat(2000), FORM));
        let Answer::Exception(Exception { class, message, code }) = told else { panic!() };
        assert_eq!((&*class, message.unwrap().len(), code), (RPC_EXCEPTION, 1024, Some(7)));
    }
}
