//! JSON as values of declared types, for consumers that know the classes.

use serde_json::{Map, Number, Value};

use super::civil::{self, Clock, Day};
use super::declared::{Declared, Kind, Time, Type, Types};
use super::read::{self, MOST_DEPTH, Mismatch};
use super::{big, time};
use crate::hessian::tree::{Node, NodeId, Tree};

/// Makes nodes of a tree out of JSON.
///
/// What no type is declared for becomes what JSON says: whole numbers an int, a long or (beyond that) a `BigInteger`, fractions a
/// double or, where a double does not hold them, a `BigDecimal`; arrays lists, objects maps. No number changes its value, but for
/// fractions that are declared to be a float or a double.
#[derive(Debug)]
pub struct Builder<'t> {
    types: &'t Types,
    tree: Tree,
    /// Objects become maps that name their classes, enums texts.
    generic: bool,
}

/// JSON that is no value of the type declared for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{mismatch}", place, if place.is_empty() { "" } else { ": " })]
pub struct BadValue {
    /// Where it stands: `items[0].price`; empty: all of it.
    pub place: String,
    /// What is wrong with it.
    pub mismatch: Mismatch,
}

impl From<Mismatch> for BadValue {
    fn from(mismatch: Mismatch) -> BadValue {
        BadValue { place: String::new(), mismatch }
    }
}

/// Most sets of fields that objects may have.
const MOST_SHAPES: usize = 1024;

/// Package of the classes that stand for those of `java.time`.
const HANDLES: &str = "com.alibaba.com.caucho.hessian.io.java8.";

type Built = Result<NodeId, BadValue>;

impl<'t> Builder<'t> {
    /// `generic`: objects become maps with a member `class` and enums their names, as generic calls have it.
    pub fn new(types: &'t Types, generic: bool) -> Builder<'t> {
        Builder { types, tree: Tree::new(), generic }
    }

    /// What was made, and may be added to.
    pub fn tree_mut(&mut self) -> &mut Tree {
        &mut self.tree
    }

    /// What was made.
    pub fn into_tree(self) -> Tree {
        self.tree
    }

    /// Makes a value of a type.
    ///
    /// # Errors
    /// It is none of its type: out of its range, of another kind, or null where there is no null of it. Nothing is made to fit.
    pub fn value(&mut self, value: &Value, of: &Type) -> Built {
        self.within(value, of, 0)
    }

    /// The declared fields of a class that an object has, with what they are. What is none of its type is left out.
    pub fn fields(&mut self, class: &str, members: &Map<String, Value>) -> Vec<(Box<str>, NodeId)> {
        let mut out = Vec::new();
        for (name, value) in members {
            if let Some(of) = self.types.field(class, name)
                && let Ok(id) = self.within(value, of, 1)
            {
                out.push((name.as_str().into(), id));
            }
        }
        out
    }

    fn within(&mut self, value: &Value, of: &Type, depth: u32) -> Built {
        if depth > MOST_DEPTH {
            return Err(Mismatch::TooDeep(MOST_DEPTH).into());
        }
        if value.is_null() {
            return match of.primitive {
                true => Err(fail(of, "a value", value)),
                false => Ok(self.tree.push(Node::Null)),
            };
        }
        match &of.kind {
            Kind::Any => self.any(value, depth),
            Kind::Void => Ok(self.tree.push(Node::Null)),
            Kind::List { class, item } => self.list(value, of, class.as_deref(), item, depth),
            Kind::Map { class, key, value: inner } => match value {
                Value::Object(members) => self.map(members, class.as_deref(), (key, inner), depth),
                _ => Err(fail(of, "an object", value)),
            },
            Kind::Class(class) => self.object(value, of, class, depth),
            _ => self.scalar(value, of),
        }
    }

    /// A value that holds no others, but for what stands for it.
    fn scalar(&mut self, value: &Value, of: &Type) -> Built {
        let node = match &of.kind {
            Kind::Bool => match value {
                Value::Bool(value) => Node::Bool(*value),
                _ => return Err(fail(of, "true or false", value)),
            },
            Kind::Int(from, to) => match whole(value, (*from).into(), (*to).into()).map(i32::try_from) {
                Some(Ok(number)) => Node::Int(number),
                _ => return Err(fail(of, "a whole number in its range", value)),
            },
            Kind::Long => match whole(value, i64::MIN, i64::MAX) {
                Some(number) => Node::Long(number),
                None => return Err(fail(of, "a whole number of 64 bits", value)),
            },
            Kind::Float => match read::float(value) {
                Some(number) => Node::Double(number),
                None => return Err(fail(of, "a number in its range", value)),
            },
            Kind::Double => match read::fraction(value) {
                Some(number) => Node::Double(number),
                None => return Err(fail(of, "a number in its range", value)),
            },
            Kind::Char => match read::plain(value).filter(|text| read::one_unit(text)) {
                Some(text) => Node::Text(text.into()),
                None => return Err(fail(of, "a single character", value)),
            },
            Kind::Text => match read::plain(value) {
                Some(text) => Node::Text(text.into()),
                None => return Err(fail(of, "a text", value)),
            },
            Kind::Bytes => match read::bytes(value) {
                Some(bytes) => Node::Binary(bytes.into()),
                None => return Err(fail(of, "base64, or an array of numbers of 8 bits,", value)),
            },
            Kind::Decimal => match number_text(value) {
                Some(digits) => return Ok(self.decimal(digits)),
                None => return Err(fail(of, "a number", value)),
            },
            Kind::BigInteger => match number_text(value).filter(|digits| is_whole(digits)) {
                Some(digits) => return self.big_integer(digits).ok_or_else(|| fail(of, "a whole number", value)),
                None => return Err(fail(of, "a whole number", value)),
            },
            Kind::Uuid => match value {
                Value::String(text) if read::is_uuid(text) => {
                    let text = self.tree.push_text(text);
                    return Ok(self.made("java.util.UUID", &[("value", text)]));
                }
                _ => return Err(fail(of, "a UUID", value)),
            },
            Kind::Date | Kind::Sql(_) => match millis(value) {
                Some(millis) => Node::Date(millis),
                None => return Err(fail(of, TIME, value)),
            },
            Kind::Time(kind) => return self.time(value, *kind).ok_or_else(|| fail(of, expected(*kind), value)),
            // The others hold values.
            _ => Node::Null,
        };
        let id = self.tree.push(node);
        Ok(match of.kind {
            Kind::Sql(class) => self.made(class, &[("value", id)]),
            _ => id,
        })
    }

    fn any(&mut self, value: &Value, depth: u32) -> Built {
        let node = match value {
            Value::Null => Node::Null,
            Value::Bool(value) => Node::Bool(*value),
            Value::Number(number) => return self.number(number),
            Value::String(text) => Node::Text(text.as_str().into()),
            Value::Array(items) => return self.items(items, None, &Type::any(), depth),
            Value::Object(members) => {
                let (key, value) = (Type::text(), Type::any());
                return self.map(members, None, (&key, &value), depth);
            }
        };
        Ok(self.tree.push(node))
    }

    fn number(&mut self, number: &Number) -> Built {
        let digits = read::checked(number)?;
        if let Ok(number) = digits.parse::<i64>() {
            let node = i32::try_from(number).map_or(Node::Long(number), Node::Int);
            return Ok(self.tree.push(node));
        }
        if is_whole(digits)
            && let Some(id) = self.big_integer(digits)
        {
            return Ok(id);
        }
        match digits.parse::<f64>() {
            Ok(double) if double.is_finite() && read::same(digits, &format!("{double:e}")) => {
                Ok(self.tree.push(Node::Double(double)))
            }
            _ => Ok(self.decimal(digits)),
        }
    }

    fn decimal(&mut self, digits: &str) -> NodeId {
        let digits = self.tree.push_text(digits);
        self.made("java.math.BigDecimal", &[("value", digits)])
    }

    /// An integer with the fields that Java keeps of it.
    fn big_integer(&mut self, digits: &str) -> Option<NodeId> {
        let (negative, digits) = digits.strip_prefix('-').map_or((false, digits), |rest| (true, rest));
        let words = big::words(digits)?;
        let sign = match (words.is_empty(), negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let kind = Some(self.tree.type_id("[int"));
        let items = words.into_iter().map(|word| self.tree.push(Node::Int(word.cast_signed()))).collect();
        let mag = self.tree.push(Node::List { kind, items });
        let zero = self.tree.push(Node::Int(0));
        let sign = self.tree.push(Node::Int(sign));
        let fields = [
            ("mag", mag),
            ("firstNonzeroIntNumPlusTwo", zero),
            ("lowestSetBitPlusTwo", zero),
            ("bitLengthPlusOne", zero),
            ("bitCountPlusOne", zero),
            ("signum", sign),
        ];
        Some(self.made("java.math.BigInteger", &fields))
    }

    fn list(&mut self, value: &Value, of: &Type, class: Option<&str>, item: &Type, depth: u32) -> Built {
        match value {
            Value::Array(items) => self.items(items, class, item, depth),
            _ => Err(fail(of, "an array", value)),
        }
    }

    fn items(&mut self, items: &[Value], class: Option<&str>, of: &Type, depth: u32) -> Built {
        let mut out = Vec::with_capacity(items.len());
        for (n, item) in items.iter().enumerate() {
            out.push(self.within(item, of, depth + 1).map_err(|bad| bad.inside(&format!("[{n}]")))?);
        }
        let kind = class.map(|class| self.tree.type_id(class));
        Ok(self.tree.push(Node::List { kind, items: out }))
    }

    fn map(
        &mut self,
        members: &Map<String, Value>,
        class: Option<&str>,
        (key, value): (&Type, &Type),
        depth: u32,
    ) -> Built {
        let mut entries = Vec::with_capacity(members.len());
        for (name, inner) in members {
            let inside = |bad: BadValue| bad.inside(name);
            let key = self.key(name, key).map_err(inside)?;
            entries.push((key, self.within(inner, value, depth + 1).map_err(inside)?));
        }
        let kind = class.map(|class| self.tree.type_id(class));
        Ok(self.tree.push(Node::Map { kind, entries }))
    }

    /// A key, which JSON has as text.
    fn key(&mut self, name: &str, of: &Type) -> Built {
        let text = Value::String(name.to_owned());
        match (&of.kind, name) {
            (Kind::Any, _) => Ok(self.tree.push_text(name)),
            (Kind::Bool, "true" | "false") => Ok(self.tree.push(Node::Bool(name == "true"))),
            (Kind::Class(class), _) if self.types.class(class) == Some(&Declared::Enum) => {
                self.object(&text, of, class, 0)
            }
            (Kind::List { .. } | Kind::Map { .. } | Kind::Class(_) | Kind::Void, _) => {
                Err(fail(of, "a key that is no text", &text))
            }
            _ => self.scalar(&text, of),
        }
    }

    fn object(&mut self, value: &Value, of: &Type, class: &str, depth: u32) -> Built {
        let types = self.types;
        if types.class(class) == Some(&Declared::Enum) {
            let Value::String(name) = value else { return Err(fail(of, "the name of one", value)) };
            let name = self.tree.push_text(name);
            return Ok(if self.generic { name } else { self.made(class, &[("name", name)]) });
        }
        let Value::Object(members) = value else { return Err(fail(of, "an object", value)) };
        let any = Type::any();
        let mut fields = Vec::with_capacity(members.len());
        for (name, inner) in members {
            let of = types.field(class, name).unwrap_or(&any);
            fields.push((&**name, self.within(inner, of, depth + 1).map_err(|bad| bad.inside(name))?));
        }
        if !self.generic {
            self.shapes_left()?;
            return Ok(self.made(class, &fields));
        }
        let mut entries: Vec<_> = fields.into_iter().filter(|(name, _)| *name != "class").collect();
        let name = self.tree.push_text(class);
        entries.push(("class", name));
        let entries = entries.into_iter().map(|(name, value)| (self.tree.push_text(name), value)).collect();
        Ok(self.tree.push(Node::Map { kind: None, entries }))
    }

    /// Another set of fields may come.
    fn shapes_left(&self) -> Result<(), BadValue> {
        if self.tree.class_count() > MOST_SHAPES { Err(Mismatch::Shapes(MOST_SHAPES).into()) } else { Ok(()) }
    }

    /// An object of a class with these fields.
    fn made(&mut self, class: &str, fields: &[(&str, NodeId)]) -> NodeId {
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        let class = self.tree.class_id(class, &names);
        let fields = fields.iter().map(|(_, id)| *id).collect();
        self.tree.push(Node::Object { class, fields })
    }

    /// A value of `java.time`, by what Dubbo's hessian2 writes for it; `None`: it is none.
    fn time(&mut self, value: &Value, kind: Time) -> Option<NodeId> {
        if kind == Time::Instant {
            let (seconds, nanos) = read::point(value)?;
            return Some(self.seconds("Instant", seconds, i32::try_from(nanos).ok()?));
        }
        let Value::String(text) = value else { return None };
        Some(match kind {
            Time::Duration => {
                let (seconds, nanos) = civil::duration(text)?;
                self.seconds("Duration", seconds, nanos)
            }
            Time::Date => {
                let day = civil::day(text)?;
                self.day(day)
            }
            Time::Time => {
                let clock = civil::clock(text)?;
                self.clock(clock)
            }
            Time::DateTime => {
                let (day, clock) = civil::day_and_clock(text)?;
                self.day_and_clock(day, clock)
            }
            _ => {
                let (point, zone) = match text.strip_suffix(']') {
                    Some(text) => text.split_once('[')?,
                    None => (&**text, ""),
                };
                let (day, clock, seconds) = civil::with_offset(point)?;
                let local = self.day_and_clock(day, clock);
                let offset = self.ints("ZoneOffset", &[("seconds", seconds)]);
                if kind == Time::OffsetDateTime {
                    let fields = [("offset", offset), ("dateTime", local)];
                    return zone.is_empty().then(|| self.handle("OffsetDateTime", &fields));
                }
                let named = if zone.is_empty() { time::offset(seconds) } else { zone.to_owned() };
                let zone = self.tree.push_text(&named);
                self.handle("ZonedDateTime", &[("offset", offset), ("dateTime", local), ("zoneId", zone)])
            }
        })
    }

    fn seconds(&mut self, name: &str, seconds: i64, nanos: i32) -> NodeId {
        let nanos = self.tree.push(Node::Int(nanos));
        let seconds = self.tree.push(Node::Long(seconds));
        self.handle(name, &[("nanos", nanos), ("seconds", seconds)])
    }

    fn day(&mut self, (year, month, day): Day) -> NodeId {
        self.ints("LocalDate", &[("day", day), ("month", month), ("year", year)])
    }

    fn clock(&mut self, (hour, minute, second, nano): Clock) -> NodeId {
        self.ints("LocalTime", &[("nano", nano), ("second", second), ("minute", minute), ("hour", hour)])
    }

    fn day_and_clock(&mut self, day: Day, clock: Clock) -> NodeId {
        let (date, time) = (self.day(day), self.clock(clock));
        self.handle("LocalDateTime", &[("time", time), ("date", date)])
    }

    fn ints(&mut self, name: &str, fields: &[(&str, i32)]) -> NodeId {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, self.tree.push(Node::Int(*value)))).collect();
        self.handle(name, &fields)
    }

    fn handle(&mut self, name: &str, fields: &[(&str, NodeId)]) -> NodeId {
        self.made(&format!("{HANDLES}{name}Handle"), fields)
    }
}

impl BadValue {
    /// There is nothing where a value of this type has to be.
    pub fn missing(of: &Type) -> BadValue {
        fail(of, "a value", &Value::Null)
    }

    /// The same, as it is within a member or an item.
    pub(super) fn inside(mut self, outer: &str) -> BadValue {
        // A name comes from outside, and goes into a message.
        let outer: String = outer.chars().take(64).collect();
        let point = if self.place.is_empty() || self.place.starts_with('[') { "" } else { "." };
        if self.place.len() < 512 {
            self.place = format!("{outer}{point}{}", self.place);
        }
        self
    }
}

const TIME: &str = "a time with its zone (ISO 8601) or milliseconds since 1970";

fn expected(kind: Time) -> &'static str {
    match kind {
        Time::Instant => TIME,
        Time::Date => "a day (ISO 8601)",
        Time::Time => "a time of day (ISO 8601)",
        Time::DateTime => "a day and a time without zone (ISO 8601)",
        Time::OffsetDateTime | Time::ZonedDateTime => "a day and a time with offset (ISO 8601)",
        Time::Duration => "a length of time (ISO 8601)",
    }
}

#[cold]
fn fail(of: &Type, expected: &'static str, value: &Value) -> BadValue {
    Mismatch::Type { kind: of.name.chars().take(120).collect(), expected, found: read::found(value) }.into()
}

/// A whole number within bounds, also as text, or with a fraction that says nothing.
fn whole(value: &Value, from: i64, to: i64) -> Option<i64> {
    if let Some(number) = read::whole(value, from, to) {
        return Some(number);
    }
    let Value::Number(number) = value else { return None };
    let (digits, fraction) = number.as_str().split_once('.')?;
    let number = digits.parse().ok().filter(|_| fraction.bytes().all(|b| b == b'0'))?;
    (from..=to).contains(&number).then_some(number)
}

/// The digits of a number, also in a text, if others can read it in a short time.
fn number_text(value: &Value) -> Option<&str> {
    let digits = match value {
        Value::Number(number) => number.as_str(),
        Value::String(text) => text,
        _ => return None,
    };
    (digits.len() <= read::LONGEST_NUMBER && read::exponent(digits).is_some()).then_some(digits)
}

fn is_whole(digits: &str) -> bool {
    digits.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

fn millis(value: &Value) -> Option<i64> {
    let (seconds, nanos) = read::point(value)?;
    seconds.checked_mul(1000)?.checked_add(i64::from(nanos / 1_000_000))
}

#[cfg(test)]
mod tests;
