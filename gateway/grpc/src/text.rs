//! Definitions as people read them: close to the source that they came from, or as a document.

use std::collections::HashSet;
use std::fmt::Write as _;

use prost_reflect::{
    DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, SerializeOptions,
    ServiceDescriptor,
};
use serde_json::{Map, Value, json};

/// Messages and enums of a description; what is beyond is left out, and told.
const MOST: usize = 500;

/// A service, or one of its methods, with all messages and enums that it needs.
#[derive(Debug, Clone)]
pub struct Described {
    /// The service, unless it is a message that is described.
    service: Option<ServiceDescriptor>,
    methods: Vec<MethodDescriptor>,
    messages: Vec<MessageDescriptor>,
    enums: Vec<EnumDescriptor>,
    cut: bool,
}

impl Described {
    /// A service; of its methods only `method`, where one is named.
    pub fn service(service: &ServiceDescriptor, method: Option<&str>) -> Described {
        let named = |known: &MethodDescriptor| method.is_none_or(|name| known.name() == name);
        let methods: Vec<MethodDescriptor> = service.methods().filter(named).collect();
        let needed = methods.iter().flat_map(|method| [method.input(), method.output()]).collect();
        Described { service: Some(service.clone()), methods, ..Described::of(needed) }
    }

    /// A message.
    pub fn message(message: &MessageDescriptor) -> Described {
        Described::of(vec![message.clone()])
    }

    /// An enum.
    pub fn values(values: &EnumDescriptor) -> Described {
        Described { enums: vec![values.clone()], ..Described::of(Vec::new()) }
    }

    /// Messages, and what they need; those that everybody knows (`google.protobuf`) are not told.
    fn of(mut waiting: Vec<MessageDescriptor>) -> Described {
        let (mut messages, mut enums) = (Vec::new(), Vec::<EnumDescriptor>::new());
        let (mut seen, mut cut, mut at) = (HashSet::new(), false, 0);
        while let Some(message) = waiting.get(at).cloned() {
            at += 1;
            if known(message.full_name()) || !seen.insert(message.full_name().to_owned()) {
                continue;
            }
            if messages.len() + enums.len() >= MOST {
                cut = true;
                break;
            }
            for field in message.fields() {
                let kind = match field.kind() {
                    Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
                    kind => kind,
                };
                match kind {
                    Kind::Message(message) => waiting.push(message),
                    Kind::Enum(values) if !known(values.full_name()) && seen.insert(values.full_name().to_owned()) => {
                        enums.push(values);
                    }
                    _ => {}
                }
            }
            messages.push(message);
        }
        Described { service: None, methods: Vec::new(), messages, enums, cut }
    }

    /// As in source, with full names.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if let Some(service) = &self.service {
            // Text takes what is written to it.
            let _ = writeln!(text, "service {} {{", service.full_name());
            for method in &self.methods {
                let _ = writeln!(text, "  {};", signature(method));
            }
            text.push_str("}\n");
        }
        for message in &self.messages {
            let gap = if text.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}message {} {{", message.full_name());
            fields(message, &mut text);
            text.push_str("}\n");
        }
        for values in &self.enums {
            let gap = if text.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}enum {} {{", values.full_name());
            for value in values.values() {
                let _ = writeln!(text, "  {} = {};", value.name(), value.number());
            }
            text.push_str("}\n");
        }
        if self.cut {
            let _ = writeln!(text, "\n// There are more than {MOST} messages and enums.");
        }
        text
    }

    /// As a document.
    pub fn document(&self) -> Value {
        let messages = self.messages.iter().map(|message| {
            let fields: Vec<Value> = message.fields().map(|field| field_document(&field)).collect();
            json!({ "name": message.full_name(), "fields": fields })
        });
        let enums = self.enums.iter().map(|values| {
            let all: Map<String, Value> =
                values.values().map(|value| (value.name().to_owned(), value.number().into())).collect();
            json!({ "name": values.full_name(), "values": all })
        });
        json!({
            "service": self.service.as_ref().map(ServiceDescriptor::full_name),
            "methods": self.methods.iter().map(method_document).collect::<Vec<_>>(),
            "messages": messages.collect::<Vec<_>>(),
            "enums": enums.collect::<Vec<_>>(),
        })
    }
}

/// A method as a row: `{"name","input","output","client_streaming","server_streaming"}`.
pub fn method_document(method: &MethodDescriptor) -> Value {
    json!({
        "name": method.name(), "input": method.input().full_name(), "output": method.output().full_name(),
        "client_streaming": method.is_client_streaming(), "server_streaming": method.is_server_streaming(),
    })
}

/// A message with all its fields, none of them set: something to fill in. Messages inside are left out.
pub fn template(message: &MessageDescriptor) -> Value {
    let options = SerializeOptions::new().skip_default_fields(false);
    let empty = DynamicMessage::new(message.clone());
    empty.serialize_with_options(serde_json::value::Serializer, &options).unwrap_or_else(|_| json!({}))
}

fn known(name: &str) -> bool {
    name.starts_with("google.protobuf.")
}

fn signature(method: &MethodDescriptor) -> String {
    let side = |streams: bool, message: &MessageDescriptor| {
        format!("({}{})", if streams { "stream " } else { "" }, message.full_name())
    };
    let input = side(method.is_client_streaming(), &method.input());
    format!("rpc {}{input} returns {}", method.name(), side(method.is_server_streaming(), &method.output()))
}

fn fields(message: &MessageDescriptor, text: &mut String) {
    let mut told: HashSet<String> = HashSet::new();
    for field in message.fields() {
        match field.containing_oneof().filter(|oneof| !oneof.is_synthetic()) {
            Some(oneof) if told.insert(oneof.name().to_owned()) => {
                let _ = writeln!(text, "  oneof {} {{", oneof.name());
                for field in oneof.fields() {
                    let _ = writeln!(text, "    {} {} = {};", type_of(&field.kind()), field.name(), field.number());
                }
                text.push_str("  }\n");
            }
            Some(_) => {}
            None => {
                let _ =
                    writeln!(text, "  {}{} {} = {};", label(&field), field_type(&field), field.name(), field.number());
            }
        }
    }
}

fn label(field: &FieldDescriptor) -> &'static str {
    let proto2 = field.parent_file().syntax() == prost_reflect::Syntax::Proto2;
    match (field.is_map(), field.is_list(), field.is_required()) {
        (true, ..) => "",
        (_, true, _) => "repeated ",
        (_, _, true) => "required ",
        _ if proto2 || field.containing_oneof().is_some_and(|oneof| oneof.is_synthetic()) => "optional ",
        _ => "",
    }
}

fn field_type(field: &FieldDescriptor) -> String {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => {
            let part = |field: FieldDescriptor| type_of(&field.kind());
            format!("map<{}, {}>", part(entry.map_entry_key_field()), part(entry.map_entry_value_field()))
        }
        kind => type_of(&kind),
    }
}

fn type_of(kind: &Kind) -> String {
    match kind {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(values) => values.full_name().to_owned(),
        scalar => format!("{scalar:?}"),
    }
}

fn field_document(field: &FieldDescriptor) -> Value {
    json!({
        "name": field.name(), "json_name": field.json_name(), "number": field.number(), "type": field_type(field),
        "label": label(field).trim_end(),
        "oneof": field.containing_oneof().filter(|oneof| !oneof.is_synthetic()).map(|oneof| oneof.name().to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Definitions;

    #[test]
    fn definitions_as_people_read_them() {
        let source = "syntax = \"proto3\"; package shop; import \"google/protobuf/timestamp.proto\";
            enum Color { NONE = 0; RED = 1; }
            message Ask { string name = 1; repeated int32 ids = 2; map<string, Item> items = 3; optional bool sure = 4;
                oneof choice { string text = 5; Item item = 6; } google.protobuf.Timestamp at = 7; Color color = 8; }
            message Item { Item next = 1; bytes raw = 2; }
            message Unused { }
            service Shop { rpc Buy (Ask) returns (Item); rpc Watch (stream Ask) returns (stream Ask); }";
        let known = Definitions::stored(source).unwrap();
        let service = known.service("shop.Shop").unwrap();
        let expected = "service shop.Shop {
  rpc Buy(shop.Ask) returns (shop.Item);
  rpc Watch(stream shop.Ask) returns (stream shop.Ask);
}

message shop.Ask {
  string name = 1;
  repeated int32 ids = 2;
  map<string, shop.Item> items = 3;
  optional bool sure = 4;
  oneof choice {
    string text = 5;
    shop.Item item = 6;
  }
  google.protobuf.Timestamp at = 7;
  shop.Color color = 8;
}

message shop.Item {
  shop.Item next = 1;
  bytes raw = 2;
}

enum shop.Color {
  NONE = 0;
  RED = 1;
}
";
        assert_eq!(Described::service(&service, None).text(), expected);
        let one = Described::service(&service, Some("Watch"));
        assert!(!one.text().contains("Buy") && one.document()["methods"][0]["server_streaming"] == json!(true));
        let item = known.pool().get_message_by_name("shop.Item").unwrap();
        assert_eq!(
            Described::message(&item).document(),
            json!({"service": null, "methods": [], "enums": [], "messages": [{"name": "shop.Item", "fields": [
                {"name": "next", "json_name": "next", "number": 1, "type": "shop.Item", "label": "", "oneof": null},
                {"name": "raw", "json_name": "raw", "number": 2, "type": "bytes", "label": "", "oneof": null}]}]})
        );
        let ask = known.pool().get_message_by_name("shop.Ask").unwrap();
        assert_eq!(template(&ask)["name"], json!(""));
    }
}
