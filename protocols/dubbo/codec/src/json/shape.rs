//! What objects are by their classes: those of the JDK that stand for one value, enums, exceptions, beans.

use super::Style;
use crate::hessian::tree::Class;

/// What the objects of a class are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// Fields with their names. Where a name comes twice the last one counts, as with Java.
    Bean {
        /// Which fields are shown; `None`: all.
        shown: Option<Box<[bool]>>,
    },
    /// One field `name`.
    Enum,
    /// `value` holds the digits of a number.
    Decimal,
    /// Words of a number in `mag`, its sign in `signum`; or its digits in `value`.
    BigInteger,
    /// `value`, or `date`, holds a date.
    Date,
    /// A field of this name stands for all of it.
    One(&'static str),
    /// An exception: its class and what it says.
    Throwable,
    /// A type of `java.time`.
    Time(Time),
}

/// Types of `java.time`, by the handles that hessian2 of Dubbo writes for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::enum_variant_names, reason = "java.time names them so")]
pub(super) enum Time {
    Instant,
    Duration,
    Period,
    Date,
    Time,
    DateTime,
    OffsetDateTime,
    OffsetTime,
    ZonedDateTime,
    Offset,
    Year,
    YearMonth,
    MonthDay,
}

impl Shape {
    /// What the objects of `class` are.
    pub(super) fn of(class: &Class, style: &Style<'_>) -> Shape {
        let has = |name: &str| class.fields.iter().any(|field| **field == *name);
        let known = match &*class.name {
            "java.math.BigDecimal" => Some(Shape::Decimal),
            "java.math.BigInteger" => Some(Shape::BigInteger),
            "java.util.UUID"
            | "java.io.File"
            | "java.lang.StringBuilder"
            | "java.lang.StringBuffer"
            | "java.util.regex.Pattern" => Some(Shape::One("value")),
            "java.util.concurrent.atomic.AtomicInteger"
            | "java.util.concurrent.atomic.AtomicLong"
            | "java.util.concurrent.atomic.AtomicBoolean"
            | "java.util.concurrent.atomic.AtomicReference"
            | "java.util.Optional" => Some(Shape::One("value")),
            "java.lang.Class" => Some(Shape::One("name")),
            "java.sql.Timestamp" | "java.sql.Date" | "java.sql.Time" => Some(Shape::Date),
            name => match name.rsplit_once(".hessian.io.") {
                Some((_, "LocaleHandle")) => Some(Shape::One("value")),
                Some((_, "CalendarHandle")) => Some(Shape::Date),
                Some((_, handle)) => handle.strip_prefix("java8.").and_then(Time::of).map(Shape::Time),
                None => None,
            },
        };
        if let Some(known) = known {
            return known;
        }
        if has("stackTrace") && has("detailMessage") {
            return Shape::Throwable;
        }
        if class.fields.len() == 1 && has("name") && !style.beans.contains(&class.name) {
            return Shape::Enum;
        }
        Shape::Bean { shown: shown(&class.fields) }
    }
}

impl Time {
    fn of(handle: &str) -> Option<Time> {
        Some(match handle.strip_suffix("Handle")? {
            "Instant" => Time::Instant,
            "Duration" => Time::Duration,
            "Period" => Time::Period,
            "LocalDate" => Time::Date,
            "LocalTime" => Time::Time,
            "LocalDateTime" => Time::DateTime,
            "OffsetDateTime" => Time::OffsetDateTime,
            "OffsetTime" => Time::OffsetTime,
            "ZonedDateTime" => Time::ZonedDateTime,
            "ZoneOffset" => Time::Offset,
            "Year" => Time::Year,
            "YearMonth" => Time::YearMonth,
            "MonthDay" => Time::MonthDay,
            _ => return None,
        })
    }
}

/// Which of these fields are the last of their name; `None`: all are.
fn shown(fields: &[Box<str>]) -> Option<Box<[bool]>> {
    let mut met = std::collections::HashSet::with_capacity(fields.len());
    let mut shown: Box<[bool]> = fields.iter().rev().map(|field| met.insert(field)).collect();
    shown.reverse();
    if shown.iter().all(|shown| *shown) { None } else { Some(shown) }
}
