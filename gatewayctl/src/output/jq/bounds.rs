//! What a jq filter may take. A filter is a program, and programs may nest, recurse and go on without an end: its text is looked at
//! before it is read, and while it runs every call, loop and list in it counts, its own and those of jq's library.

use std::cell::Cell;

use jaq_core::box_iter::box_once;
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Term};
use jaq_core::path::{Part, Path};
use jaq_core::{Exn, Native, data, native};
use jaq_json::Val;

/// The longest filter, in bytes.
const LONGEST: usize = 64 << 10;

/// How deep brackets nest in a filter.
const BRACKETS: usize = 128;

/// How many operators and keywords a filter has.
const OPERATORS: usize = 500;

/// How many steps a filter takes for one document: calls of definitions, rounds of loops, entries of lists.
const STEPS: u64 = if cfg!(test) { 200_000 } else { 20_000_000 };

/// How much of the stack a filter takes, in bytes.
const STACK: usize = 1 << 20;

/// How deep a value nests that a filter makes.
const DEPTH: usize = 1000;

/// The longest text that a filter makes, in bytes.
const TEXT: usize = 64 << 20;

/// The longest list that a filter makes.
const ITEMS: usize = 16 << 20;

/// After so many steps it is looked how deep a value is, at so many parts of it.
const LOOK: u64 = 256;
const PARTS: usize = 4096;

/// Words that nest what follows them.
const KEYWORDS: [&str; 12] =
    ["if", "elif", "else", "try", "catch", "reduce", "foreach", "label", "def", "as", "and", "or"];

/// Whether a text is none that would be too deep or too long to be read.
///
/// # Errors
/// What there is too much of.
pub(super) fn text(text: &str) -> Result<(), &'static str> {
    if text.len() > LONGEST {
        return Err("the filter is longer than 64 KiB");
    }
    // What is open: a bracket, or a quote.
    let mut open: Vec<char> = Vec::new();
    let mut operators = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if open.last() == Some(&'"') {
            match c {
                '"' => drop(open.pop()),
                '\\' if chars.next().is_some_and(|(_, next)| next == '(') => open.push('('),
                _ => {}
            }
        } else {
            match c {
                '"' | '(' | '[' | '{' => open.push(c),
                ')' | ']' | '}' => drop(open.pop()),
                '#' => while chars.next_if(|(_, c)| *c != '\n').is_some() {},
                '|' | ',' | '+' | '-' | '*' | '/' | '%' | '=' | '<' | '>' | '?' | ';' => operators += 1,
                c if c.is_ascii_alphabetic() || c == '_' => {
                    while chars.next_if(|(_, c)| c.is_ascii_alphanumeric() || *c == '_').is_some() {}
                    let end = chars.peek().map_or(text.len(), |(at, _)| *at);
                    operators += usize::from(text.get(at..end).is_some_and(|word| KEYWORDS.contains(&word)));
                }
                _ => {}
            }
        }
        if open.len() > BRACKETS {
            return Err("brackets nest more than 128 deep");
        }
        if operators > OPERATORS {
            return Err("more than 500 operators and keywords");
        }
    }
    Ok(())
}

const STEP: &str = "gatewayctl_step";

fn call<'s>() -> Box<Term<&'s str>> {
    Box::new(Term::Call(STEP, Vec::new()))
}

/// A step, and then the term.
fn before(term: Term<&str>) -> Term<&str> {
    Term::BinOp(call(), BinaryOp::Pipe(None), Box::new(bounded(term)))
}

/// A step for each of the term's results.
fn after(term: Term<&str>) -> Term<&str> {
    match term {
        simple @ (Term::Id | Term::Num(_) | Term::Var(_) | Term::Str(None, _)) => bounded(simple),
        Term::Call(name, args) if args.is_empty() => Term::Call(name, args),
        term => Term::BinOp(Box::new(bounded(term)), BinaryOp::Pipe(None), call()),
    }
}

/// A definition whose calls are steps.
pub(super) fn definition(def: Def<&str>) -> Def<&str> {
    Def { name: def.name, args: def.args, body: before(def.body) }
}

/// The same of one of jq's own.
pub(super) fn of_library<'s>(def: Def<&'static str>) -> Def<&'s str> {
    definition(def)
}

fn boxed(mut term: Box<Term<&str>>) -> Box<Term<&str>> {
    *term = bounded(std::mem::replace(&mut *term, Term::Id));
    term
}

/// A term whose loops, lists and calls are steps.
pub(super) fn bounded(term: Term<&str>) -> Term<&str> {
    match term {
        Term::Str(format, parts) => {
            let part = |part| match part {
                StrPart::Term(term) => StrPart::Term(bounded(term)),
                other => other,
            };
            Term::Str(format, parts.into_iter().map(part).collect())
        }
        Term::Arr(term) => Term::Arr(term.map(|term| Box::new(after(*term)))),
        Term::Obj(fields) => {
            Term::Obj(fields.into_iter().map(|(name, value)| (bounded(name), value.map(bounded))).collect())
        }
        Term::Neg(term) => Term::Neg(boxed(term)),
        Term::BinOp(left, op, right) => {
            let each = matches!(op, BinaryOp::Pipe(_) | BinaryOp::Update | BinaryOp::Alt);
            let right = if each { before(*right) } else { bounded(*right) };
            Term::BinOp(boxed(left), op, Box::new(right))
        }
        Term::Label(name, term) => Term::Label(name, boxed(term)),
        Term::Fold(name, source, pattern, args) => {
            Term::Fold(name, Box::new(after(*source)), pattern, args.into_iter().map(before).collect())
        }
        Term::TryCatch(term, catch) => Term::TryCatch(boxed(term), catch.map(|term| Box::new(before(*term)))),
        Term::IfThenElse(cases, other) => Term::IfThenElse(
            cases.into_iter().map(|(case, then)| (bounded(case), before(then))).collect(),
            other.map(|term| Box::new(before(*term))),
        ),
        Term::Def(defs, term) => Term::Def(defs.into_iter().map(definition).collect(), boxed(term)),
        Term::Call(name, args) if args.is_empty() => Term::Call(name, args),
        // Never the last thing that is done: what is given to one call after the other would nest, and take no stack.
        Term::Call(name, args) => {
            let called = Term::Call(name, args.into_iter().map(after).collect());
            Term::BinOp(Box::new(called), BinaryOp::Pipe(None), call())
        }
        Term::Path(term, Path(parts)) => {
            let part = |(part, opt)| match part {
                Part::Index(term) => (Part::Index(after(term)), opt),
                Part::Range(from, to) => (Part::Range(from.map(after), to.map(after)), opt),
            };
            Term::Path(boxed(term), Path(parts.into_iter().map(part).collect()))
        }
        leaf @ (Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Var(_)) => leaf,
    }
}

thread_local! {
    static TAKEN: Cell<u64> = const { Cell::new(0) };
    static BASE: Cell<usize> = const { Cell::new(0) };
    static WHY: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Where the stack is now.
fn place() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(&here).addr()
}

/// A filter begins to run.
pub(super) fn begin() {
    TAKEN.set(0);
    BASE.set(place());
    WHY.set(None);
}

/// Why the filter that began last was ended.
pub(super) fn why() -> Option<&'static str> {
    WHY.get()
}

/// The native filter that counts.
pub(super) fn step() -> native::Fun<data::JustLut<Val>> {
    // A halt passes by `try`, as an error would not.
    let native = Native::new(|cv| box_once(taken(&cv.1).map(|()| cv.1)))
        .with_paths(|cv| box_once(taken(&cv.1.0).map(|()| cv.1)))
        .with_update(|cv, update| match taken(&cv.1) {
            Ok(()) => update(cv.1),
            Err(end) => box_once(Err(end)),
        });
    (STEP, native::v(0), native)
}

fn taken<'a>(value: &Val) -> Result<(), Exn<'a, Val>> {
    let count = TAKEN.get() + 1;
    TAKEN.set(count);
    let large = match value {
        Val::TStr(text) | Val::BStr(text) => text.len() > TEXT,
        Val::Arr(items) => items.len() > ITEMS,
        _ => false,
    };
    let why = if count > STEPS {
        "it takes more than 20,000,000 steps"
    } else if BASE.get().abs_diff(place()) > STACK {
        "it recurses too deep"
    } else if large {
        "it makes a text of more than 64 MiB, or as large a list"
    } else if count.is_multiple_of(LOOK) && is_deep(value) {
        "it makes a value that nests more than 1,000 deep"
    } else {
        return Ok(());
    };
    WHY.set(Some(why));
    Err(Exn::halt(1))
}

/// Whether a value nests too deep, as far as it is looked at.
fn is_deep(value: &Val) -> bool {
    let mut waiting = vec![(value, 0)];
    for _ in 0..PARTS {
        let Some((value, depth)) = waiting.pop() else { return false };
        if depth > DEPTH {
            return true;
        }
        match value {
            Val::Arr(items) => waiting.extend(items.iter().take(PARTS).map(|item| (item, depth + 1))),
            Val::Obj(fields) => waiting.extend(fields.values().take(PARTS).map(|item| (item, depth + 1))),
            _ => {}
        }
    }
    false
}
