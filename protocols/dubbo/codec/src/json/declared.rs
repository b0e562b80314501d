//! Types that values are declared to have, as somebody writes them down: `java.util.List<org.acme.Order>`.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::descriptor::primitive;

/// A Java type of which values can be made out of JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Type {
    /// As it was written.
    pub(super) name: Box<str>,
    pub(super) kind: Kind,
    /// There is no null of it.
    pub(super) primitive: bool,
}

/// What values of a type are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whatever JSON says: numbers, texts, lists, maps.
    Any,
    Void,
    Bool,
    /// A whole number within these bounds.
    Int(i32, i32),
    Long,
    Float,
    Double,
    Char,
    Text,
    Decimal,
    BigInteger,
    Bytes,
    Date,
    /// A class of `java.sql`, which holds a date.
    Sql(&'static str),
    Uuid,
    Time(Time),
    List {
        /// The class of it; `None`: an `ArrayList`.
        class: Option<Box<str>>,
        item: Box<Type>,
    },
    Map {
        /// The class of it; `None`: a `HashMap`.
        class: Option<Box<str>>,
        key: Box<Type>,
        value: Box<Type>,
    },
    /// A class of somebody's own.
    Class(Box<str>),
}

/// Types of `java.time`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::enum_variant_names, reason = "java.time names them so")]
pub(super) enum Time {
    Instant,
    Date,
    Time,
    DateTime,
    OffsetDateTime,
    ZonedDateTime,
    Duration,
}

/// What is known of a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Declared {
    Enum,
    /// Types of fields; others have what JSON says.
    Bean(HashMap<Box<str>, Type>),
}

/// Classes that were declared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Types {
    classes: HashMap<Box<str>, Declared>,
}

/// What is written as a type, and is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadType {
    /// It is not written as types are.
    #[error("\"{0}\" is no Java type")]
    Syntax(String),
    /// No value of it can be made of JSON, or nobody has said how.
    #[error("\"{0}\" is no type that JSON can become; classes are declared with their full names")]
    Unknown(String),
    /// A class is declared as something else than `"enum"` or an object of types.
    #[error("the class \"{0}\" is declared neither as \"enum\" nor by the types of its fields")]
    Class(String),
}

/// Types within each other.
const MOST_DEPTH: u32 = 16;

impl Types {
    /// Classes by their full names: `"enum"`, or the types of their fields by name.
    ///
    /// # Errors
    /// A name or a type that is none.
    pub fn new(declared: &Map<String, Value>) -> Result<Types, BadType> {
        let mut types = Types::default();
        for name in declared.keys() {
            if !is_class(name) || known(name, &mut Vec::new()).is_some() {
                return Err(BadType::Class(name.clone()));
            }
            types.classes.insert(name.as_str().into(), Declared::Enum);
        }
        for (name, declared) in declared {
            let class = match declared {
                Value::String(word) if word == "enum" => continue,
                Value::Object(fields) => fields
                    .iter()
                    .map(|(field, kind)| {
                        let kind = kind.as_str().ok_or_else(|| BadType::Class(name.clone()))?;
                        Ok((field.as_str().into(), types.parse(kind)?))
                    })
                    .collect::<Result<_, BadType>>()?,
                _ => return Err(BadType::Class(name.clone())),
            };
            types.classes.insert(name.as_str().into(), Declared::Bean(class));
        }
        Ok(types)
    }

    /// Classes as somebody else describes them, by their names: the types of their fields. What is no type that is known here may be
    /// anything.
    pub fn described<'d, F>(classes: impl Iterator<Item = (&'d str, F)> + Clone) -> Types
    where
        F: Iterator<Item = (&'d str, &'d str)>,
    {
        let mut types = Types::default();
        for (name, _) in classes.clone() {
            types.classes.insert(name.into(), Declared::Bean(HashMap::new()));
        }
        for (name, fields) in classes {
            let fields = fields.map(|(field, kind)| (field.into(), types.parse_any(kind))).collect();
            types.classes.insert(name.into(), Declared::Bean(fields));
        }
        types
    }

    /// The type that is written so, see [`Types::parse`]; what is none may be anything.
    pub fn parse_any(&self, text: &str) -> Type {
        self.parse(text).unwrap_or_else(|_| Type::any())
    }

    /// The type that is written so: as in Java source, with full names but for those of `java.lang` (`int`, `String`,
    /// `java.util.List<org.acme.Order>`, `long[]`), or as `Class.getName` has it (`[B`).
    ///
    /// # Errors
    /// There is none.
    pub fn parse(&self, text: &str) -> Result<Type, BadType> {
        let mut reader = Reader { types: self, text, rest: text };
        let found = reader.one(0)?;
        reader.space();
        if reader.rest.is_empty() { Ok(found) } else { Err(reader.fail()) }
    }

    pub(super) fn class(&self, name: &str) -> Option<&Declared> {
        self.classes.get(name)
    }

    /// The declared type of a class's field.
    pub(super) fn field(&self, class: &str, name: &str) -> Option<&Type> {
        match self.class(class)? {
            Declared::Bean(fields) => fields.get(name),
            Declared::Enum => None,
        }
    }
}

impl Type {
    /// What JSON says, whatever that is.
    pub fn any() -> Type {
        Type { name: "java.lang.Object".into(), kind: Kind::Any, primitive: false }
    }

    /// A text.
    pub(super) fn text() -> Type {
        Type { name: "java.lang.String".into(), kind: Kind::Text, primitive: false }
    }

    /// Nothing is returned.
    pub fn is_void(&self) -> bool {
        self.kind == Kind::Void
    }

    /// There is no null of it.
    pub fn is_primitive(&self) -> bool {
        self.primitive
    }

    /// Texts are values of it.
    pub fn takes_text(&self) -> bool {
        matches!(self.kind, Kind::Any | Kind::Text)
    }

    /// Bytes are values of it.
    pub fn takes_bytes(&self) -> bool {
        self.kind == Kind::Bytes
    }
}

struct Reader<'t> {
    types: &'t Types,
    text: &'t str,
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn fail(&self) -> BadType {
        BadType::Syntax(self.text.chars().take(120).collect())
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, token: char) -> bool {
        self.space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn one(&mut self, depth: u32) -> Result<Type, BadType> {
        if depth > MOST_DEPTH {
            return Err(self.fail());
        }
        if self.eat('?') {
            self.space();
            return match self.rest.strip_prefix("extends ") {
                Some(rest) => {
                    self.rest = rest;
                    self.one(depth + 1)
                }
                None => Ok(Type::any()),
            };
        }
        self.space();
        let start = self.rest;
        let mut found = if self.eat('[') { self.descriptor(depth)? } else { self.named(depth)? };
        while self.eat('[') {
            if !self.eat(']') {
                return Err(self.fail());
            }
            found = array(found);
        }
        let len = start.len().saturating_sub(self.rest.len());
        found.name = start.get(..len).unwrap_or_default().trim_end().into();
        Ok(found)
    }

    /// A name and its arguments.
    fn named(&mut self, depth: u32) -> Result<Type, BadType> {
        let name = self.word();
        let mut arguments = Vec::new();
        if self.eat('<') {
            loop {
                arguments.push(self.one(depth + 1)?);
                if self.eat('>') {
                    break;
                }
                if !self.eat(',') {
                    return Err(self.fail());
                }
            }
        }
        self.resolve(name, arguments)
    }

    fn word(&mut self) -> &'t str {
        let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.');
        let end = self.rest.find(|c| !part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        word
    }

    /// Behind the `[` of an array as `Class.getName` has it.
    fn descriptor(&mut self, depth: u32) -> Result<Type, BadType> {
        if depth > MOST_DEPTH {
            return Err(self.fail());
        }
        if self.eat('[') {
            return Ok(array(self.descriptor(depth + 1)?));
        }
        let word = self.word();
        // There is no array of `void`.
        let name = match (primitive(word).filter(|_| word != "V"), word.strip_prefix('L')) {
            (Some(name), _) => name,
            (None, Some(name)) if self.eat(';') => name,
            _ => return Err(self.fail()),
        };
        Ok(array(self.resolve(name, Vec::new())?))
    }

    fn resolve(&self, name: &str, mut arguments: Vec<Type>) -> Result<Type, BadType> {
        let many = arguments.len();
        if let Some((kind, primitive, takes)) = known(name, &mut arguments) {
            if many != 0 && many != takes {
                return Err(self.fail());
            }
            return Ok(match kind {
                Ok(kind) => Type { name: name.into(), kind, primitive },
                Err(inner) => inner,
            });
        }
        if !is_class(name) {
            return Err(if name.is_empty() { self.fail() } else { BadType::Unknown(name.to_owned()) });
        }
        let declared = self.types.class(name).is_some();
        if !declared && (!name.contains('.') || name.starts_with("java.")) {
            return Err(BadType::Unknown(name.to_owned()));
        }
        // What stands in the brackets of such a class is said by the types of its fields.
        Ok(Type { name: name.into(), kind: Kind::Class(name.into()), primitive: false })
    }
}

/// A type that is known by its name: what it is (or the type that stands for it), whether there is no null of it, and how many
/// arguments it has.
type Known = (Result<Kind, Type>, bool, usize);

fn known(name: &str, arguments: &mut Vec<Type>) -> Option<Known> {
    let plain = |kind| Some((Ok(kind), false, 0));
    let primitive = |kind| Some((Ok(kind), true, 0));
    let int = |from: i32, to: i32| Kind::Int(from, to);
    match name {
        "void" | "java.lang.Void" | "Void" => plain(Kind::Void),
        "boolean" => primitive(Kind::Bool),
        "byte" => primitive(int(i8::MIN.into(), i8::MAX.into())),
        "short" => primitive(int(i16::MIN.into(), i16::MAX.into())),
        "int" => primitive(int(i32::MIN, i32::MAX)),
        "long" => primitive(Kind::Long),
        "float" => primitive(Kind::Float),
        "double" => primitive(Kind::Double),
        "char" => primitive(Kind::Char),
        "java.lang.Boolean" | "Boolean" => plain(Kind::Bool),
        "java.lang.Byte" | "Byte" => plain(int(i8::MIN.into(), i8::MAX.into())),
        "java.lang.Short" | "Short" => plain(int(i16::MIN.into(), i16::MAX.into())),
        "java.lang.Integer" | "Integer" => plain(int(i32::MIN, i32::MAX)),
        "java.lang.Long" | "Long" => plain(Kind::Long),
        "java.lang.Float" | "Float" => plain(Kind::Float),
        "java.lang.Double" | "Double" => plain(Kind::Double),
        "java.lang.Character" | "Character" => plain(Kind::Char),
        "java.lang.String" | "String" | "java.lang.CharSequence" => plain(Kind::Text),
        "java.lang.Object" | "Object" | "java.io.Serializable" | "java.lang.Number" => plain(Kind::Any),
        "java.math.BigDecimal" => plain(Kind::Decimal),
        "java.math.BigInteger" => plain(Kind::BigInteger),
        "java.util.Date" => plain(Kind::Date),
        "java.sql.Timestamp" => plain(Kind::Sql("java.sql.Timestamp")),
        "java.sql.Date" => plain(Kind::Sql("java.sql.Date")),
        "java.sql.Time" => plain(Kind::Sql("java.sql.Time")),
        "java.util.UUID" => plain(Kind::Uuid),
        _ => time(name).map_or_else(|| collection(name, arguments), plain),
    }
}

fn time(name: &str) -> Option<Kind> {
    Some(Kind::Time(match name.strip_prefix("java.time.")? {
        "Instant" => Time::Instant,
        "LocalDate" => Time::Date,
        "LocalTime" => Time::Time,
        "LocalDateTime" => Time::DateTime,
        "OffsetDateTime" => Time::OffsetDateTime,
        "ZonedDateTime" => Time::ZonedDateTime,
        "Duration" => Time::Duration,
        _ => return None,
    }))
}

fn collection(name: &str, arguments: &mut Vec<Type>) -> Option<Known> {
    let mut next = || if arguments.is_empty() { Type::any() } else { arguments.remove(0) };
    let mut list =
        |class: Option<&str>| Some((Ok(Kind::List { class: class.map(Into::into), item: Box::new(next()) }), false, 1));
    match name {
        "java.util.List" | "java.util.Collection" | "java.util.ArrayList" | "java.lang.Iterable" => return list(None),
        "java.util.Set" | "java.util.HashSet" | "java.util.LinkedHashSet" => {
            return list(Some("java.util.LinkedHashSet"));
        }
        "java.util.SortedSet" | "java.util.NavigableSet" | "java.util.TreeSet" => {
            return list(Some("java.util.TreeSet"));
        }
        "java.util.Queue" | "java.util.Deque" | "java.util.LinkedList" => return list(Some("java.util.LinkedList")),
        "java.util.concurrent.CompletableFuture"
        | "java.util.concurrent.CompletionStage"
        | "java.util.concurrent.Future" => return Some((Err(next()), false, 1)),
        _ => {}
    }
    let class = match name {
        "java.util.Map" | "java.util.HashMap" => None,
        "java.util.LinkedHashMap" => Some("java.util.LinkedHashMap"),
        "java.util.SortedMap" | "java.util.NavigableMap" | "java.util.TreeMap" => Some("java.util.TreeMap"),
        "java.util.concurrent.ConcurrentMap" | "java.util.concurrent.ConcurrentHashMap" => {
            Some("java.util.concurrent.ConcurrentHashMap")
        }
        _ => return None,
    };
    let (key, value) = (Box::new(next()), Box::new(next()));
    Some((Ok(Kind::Map { class: class.map(Into::into), key, value }), false, 2))
}

/// An array of a type. Those of bytes and of characters have forms of their own.
fn array(item: Type) -> Type {
    let name = format!("{}[]", item.name);
    let kind = match (&item.kind, item.primitive) {
        (Kind::Int(from, _), true) if *from == i32::from(i8::MIN) => Kind::Bytes,
        (Kind::Char, true) => Kind::Text,
        _ => Kind::List { class: Some(format!("[{}", element(&item)).into()), item: Box::new(item) },
    };
    Type { name: name.into(), kind, primitive: false }
}

/// What hessian2 calls the elements of an array.
fn element(item: &Type) -> String {
    let primitive = |name: &str, class: &str| if item.primitive { name.to_owned() } else { class.to_owned() };
    match &item.kind {
        Kind::Any | Kind::Void => "object".into(),
        Kind::Bool => primitive("boolean", "java.lang.Boolean"),
        Kind::Int(from, _) if *from == i32::from(i8::MIN) => "java.lang.Byte".into(),
        Kind::Int(from, _) if *from == i32::from(i16::MIN) => primitive("short", "java.lang.Short"),
        Kind::Int(..) => primitive("int", "java.lang.Integer"),
        Kind::Long => primitive("long", "java.lang.Long"),
        Kind::Float => primitive("float", "java.lang.Float"),
        Kind::Double => primitive("double", "java.lang.Double"),
        Kind::Char => "java.lang.Character".into(),
        Kind::Text => "string".into(),
        Kind::Bytes => "[byte".into(),
        Kind::Date => "date".into(),
        Kind::List { class: Some(class), .. } if class.starts_with('[') => class.to_string(),
        // The class without its arguments.
        _ => item.name.split('<').next().unwrap_or_default().trim().to_owned(),
    }
}

/// Whether a text may be the full name of a class.
fn is_class(name: &str) -> bool {
    let begins = |c: char| c.is_alphabetic() || c == '_' || c == '$';
    let part = |part: &str| part.starts_with(begins) && part.chars().all(|c| begins(c) || c.is_numeric());
    !name.is_empty() && name.len() <= 512 && name.split('.').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn types() -> Types {
        let declared = json!({"a.Order": {"id": "long", "next": "a.Order", "state": "a.State"}, "a.State": "enum"});
        Types::new(declared.as_object().unwrap()).unwrap()
    }

    #[test]
    fn types_as_they_are_written() {
        let types = types();
        for good in [
            "int",
            "String",
            "java.util.List<String>",
            " java.util.Map < java.lang.Integer , java.util.List<a.Order[]> > [] ",
            "java.util.Set<? extends a.Order>",
            "java.util.List<?>",
            "[B",
            "[[Ljava.lang.String;",
            "b.Undeclared",
            "b.Page<a.Order>",
            "java.util.concurrent.CompletableFuture<java.lang.Long>",
        ] {
            types.parse(good).unwrap_or_else(|error| panic!("{good}: {error}"));
        }
        for bad in [
            "",
            " ",
            "int int",
            "java.util.List<",
            "java.util.List<>",
            "java.util.List<int,int>",
            "int[",
            "int]",
            "[",
            "[X",
            "[Lx",
            "Order",
            "java.util.Locale",
            "a..b",
            "1a.B",
            "a.B!",
            "?super",
            "int<int>",
        ] {
            assert!(types.parse(bad).is_err(), "{bad}");
        }
        assert!(types.parse(&"[".repeat(100_000)).is_err());
        assert!(types.parse(&"java.util.List<".repeat(10_000)).is_err());
        assert_eq!(types.parse("[B").unwrap().kind, Kind::Bytes);
        assert_eq!(types.parse("byte[]").unwrap().kind, Kind::Bytes);
        assert_eq!(types.parse("java.util.concurrent.Future<java.lang.Long>").unwrap().kind, Kind::Long);
        assert_eq!(types.field("a.Order", "id").unwrap().kind, Kind::Long);
        assert!(types.field("a.State", "id").is_none() && types.field("b", "id").is_none());
    }

    #[test]
    fn arrays_are_called_as_java_calls_them() {
        let types = types();
        for (written, class) in [
            ("int[]", "[int"),
            ("[[I", "[[int"),
            ("String[]", "[string"),
            ("java.lang.Integer[]", "[java.lang.Integer"),
            ("Object[]", "[object"),
            ("java.util.Date[]", "[date"),
            ("a.Order[][]", "[[a.Order"),
            ("java.util.List<String>[]", "[java.util.List"),
            ("byte[][]", "[[byte"),
        ] {
            let Kind::List { class: Some(found), .. } = types.parse(written).unwrap().kind else { panic!("{written}") };
            assert_eq!(&*found, class, "{written}");
        }
    }

    #[test]
    fn declarations_that_are_none() {
        for bad in [
            json!({"a.B": 1}),
            json!({"a.B": "bean"}),
            json!({"a.B": {"f": 1}}),
            json!({"a.B": {"f": "Unknown"}}),
            json!({"a b": "enum"}),
            json!({"java.lang.String": "enum"}),
        ] {
            assert!(Types::new(bad.as_object().unwrap()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_a_type_or_none(text in r"[a-zA-Z.<>,\[\]?; ]{0,40}") {
            let _ = types().parse(&text);
        }
    }
}
