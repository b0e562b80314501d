//! The frame around a screen: the head, the tabs, the line of hints; and what lies above. A pure function of the state.

use std::time::Duration;

use ratatui::Frame;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

use super::action::Action;
use super::app::{App, Line, Recording};
use super::data::Data;
use super::msg::Link;
use super::screens;
use super::theme::{Mood, Role};
use super::widgets::{Hit, Look, clock, fit, put, put_right, text, width};
use crate::commands::live;

/// How often a server without live endpoints is asked for numbers.
const POLLED: Duration = Duration::from_secs(2);

/// Lines of a toast at most.
const TOAST: usize = 5;

/// The smallest terminal that has room for a screen.
const LEAST: (u16, u16) = (80, 24);

/// The area of a screen within the terminal.
pub(crate) fn body(size: Rect) -> Rect {
    Rect { y: size.y + 2.min(size.height), height: size.height.saturating_sub(3), ..size }
}

/// Whether a terminal has no room for a screen: it is told its size in the place of one.
pub(crate) fn is_too_small(size: Rect) -> bool {
    size.width < LEAST.0 || size.height < LEAST.1
}

/// Draws everything.
pub(crate) fn view(app: &App, frame: &mut Frame<'_>) {
    let area = frame.area();
    if let Some(cursor) = draw(app, frame.buffer_mut(), area) {
        frame.set_cursor_position(cursor);
    }
}

/// Draws everything and returns where the cursor is, if something is typed.
pub(crate) fn draw(app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
    app.hits.clear();
    let look = app.look();
    buffer.set_style(area, look.style(Role::Text));
    if is_too_small(area) {
        too_small(app, buffer, area, &look);
        return None;
    }
    head(app, buffer, area, &look);
    tabs(app, buffer, area, &look);
    if let Some(screen) = app.screen() {
        screen.view(buffer, body(area), &look);
    }
    let mut cursor = foot(app, buffer, area, &look);
    toasts(app, buffer, area, &look);
    for dialog in &app.dialogs {
        cursor = dialog.view(buffer, body(area), &look);
    }
    if look.glyphs.ascii {
        in_ascii(buffer, area);
    }
    cursor
}

/// A terminal that has no more than ASCII is sent no more, whatever objects are called.
fn in_ascii(buffer: &mut Buffer, area: Rect) {
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            let wide = buffer.cell((x, y)).map_or("", Cell::symbol);
            if wide.is_ascii() {
                continue;
            }
            let wide = u16::try_from(width(wide)).unwrap_or(1).max(1);
            for x in (x..x.saturating_add(wide)).take_while(|x| *x < area.right()) {
                if let Some(cell) = buffer.cell_mut((x, y)) {
                    cell.set_char('?');
                }
            }
        }
    }
}

fn too_small(app: &App, buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
    let size = format!("{}x{}", area.width, area.height);
    let needs = format!("needs {}x{}", LEAST.0, LEAST.1);
    // Nothing is asked where nobody sees it.
    let action = if app.may_quit_unasked() { Action::Quit } else { Action::QuitNow };
    let quits = look.bindings.key(action).map(|key| format!("{key} quits")).unwrap_or_default();
    let lines = ["too small".to_owned(), size, needs, quits];
    for (y, line) in (0..area.height).zip(lines) {
        put(buffer, area, 0, y, &fit(&line, usize::from(area.width), look.glyphs.more), look.style(Role::Text));
    }
}

/// ` local › routes (42)  filter: api                       ● live  12:03:07`
fn head(app: &App, buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
    let right = right_of_head(app, look);
    let taken: usize = right.iter().map(|(text, _)| width(text)).sum();
    let room = usize::from(area.width).saturating_sub(taken + 2);
    let name = crate::output::clean::line(&app.options.context);
    let mut x = put(buffer, area, 1, 0, &fit(&name, 24, look.glyphs.more), look.theme.style(Role::Accent));
    let crumb = app.screen().map(|screen| screen.crumb(look.data)).unwrap_or_default();
    let rest = if crumb.is_empty() { facts(app, look) } else { format!("{}{crumb}", look.glyphs.crumb) };
    x = put(
        buffer,
        area,
        x,
        0,
        &fit(&rest, room.saturating_sub(usize::from(x)), look.glyphs.more),
        look.style(Role::Text),
    );
    let mut at = area.width.saturating_sub(u16::try_from(taken + 1).unwrap_or(area.width)).max(x + 1);
    for (text, role) in right {
        at = put(buffer, area, at, 0, &text, look.theme.style(role));
    }
}

/// `127.0.0.1:9180  v0.3.0  up 3d 4h  rev 4711 ✓`
fn facts(app: &App, look: &Look<'_>) -> String {
    let info = &look.data.info;
    // A server without a name is called by its address already.
    let named = app.options.server != app.options.context;
    let mut facts =
        if named { format!("  {}", crate::output::clean::line(&app.options.server)) } else { String::new() };
    if !info.version.is_empty() {
        facts.push_str(&format!("  v{}  up {}", info.version.trim_start_matches('v'), live::span(look.data.uptime())));
    }
    if info.changed > info.revision {
        // Whether it is in force is told soon.
        facts.push_str(&format!("  rev {}", info.changed));
    } else if info.revision > 0 {
        let applied = info.applied == 0 || info.applied >= info.revision;
        let mood = if info.last_error.is_some() {
            Mood::Bad
        } else if applied {
            Mood::Good
        } else {
            Mood::Warn
        };
        facts.push_str(&format!("  rev {} {}", info.revision, look.glyphs.mood(mood)));
    }
    facts
}

fn right_of_head(app: &App, look: &Look<'_>) -> Vec<(String, Role)> {
    let mut right = Vec::new();
    if app.busy() > 0 {
        let frames = look.glyphs.spinner;
        let frame = frames.get(app.spin % frames.len().max(1)).copied().unwrap_or('*');
        right.push((format!("{frame} {}  ", app.busy()), Role::Accent));
    }
    if app.is_read_only() {
        right.push(("read-only  ".to_owned(), Role::Warn));
    }
    if app.frozen.is_some() {
        right.push(("frozen  ".to_owned(), Role::Warn));
    }
    if !app.pending.is_empty() {
        right.push(("…keys  ".replace('…', &look.glyphs.more.to_string()), Role::Key));
    }
    right.push(link(&app.data, app, look));
    right.push((format!("  {} UTC", clock(app.data.now())), Role::Text));
    right
}

fn link(data: &Data, app: &App, look: &Look<'_>) -> (String, Role) {
    let (live_symbol, off) = (look.glyphs.live, look.glyphs.mood(Mood::Off));
    let age = data.age().map(|age| format!(", data {}", live::span(age))).unwrap_or_default();
    match (&data.link, app.recorded) {
        (_, Some(Recording::Ended)) => return (format!("{} replay ended", look.glyphs.play.1), Role::Warn),
        (Link::Up { .. }, Some(Recording::Told)) => return (format!("{} replay", look.glyphs.play.0), Role::Warn),
        _ => {}
    }
    match &data.link {
        Link::Connecting => (format!("{off} connecting"), Role::Dim),
        Link::Up { live } => {
            let every = app.options.refresh;
            match (data.overdue(if *live { every } else { every.max(POLLED) }), live) {
                (Some(age), true) => (format!("{live_symbol} live, data {}", live::span(age)), Role::Warn),
                (Some(age), false) => (format!("{live_symbol} polling, data {}", live::span(age)), Role::Warn),
                (None, true) => (format!("{live_symbol} live {}s", every.as_secs_f64()), Role::Good),
                (None, false) => (format!("{live_symbol} polling"), Role::Warn),
            }
        }
        Link::Lost { tries, next, why } => {
            // What went wrong, without what was tried, where there is room for it.
            let why = crate::output::clean::line(why.rsplit(": ").next().unwrap_or_default());
            let room = if app.size.width >= 120 { usize::from(app.size.width / 4) } else { 0 };
            let why = if room == 0 { String::new() } else { format!(": {}", fit(&why, room, look.glyphs.more)) };
            (format!("{off} reconnecting {tries} ({} s){age}{why}", next.as_secs()), Role::Bad)
        }
        Link::Refused { .. } => (format!("{} key refused", look.glyphs.mood(Mood::Bad)), Role::Bad),
    }
}

/// ` 1 Overview 2 Routes 3 Upstreams …`
fn tabs(app: &App, buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
    let mut x = 1;
    let tabs: Vec<_> = screens::ALL.iter().filter(|entry| !entry.title.is_empty()).collect();
    for entry in tabs {
        let key = entry.action.and_then(|action| look.bindings.key(action)).unwrap_or_default();
        let wide = u16::try_from(width(&key) + 1 + width(entry.title)).unwrap_or(u16::MAX);
        if x + wide + 2 > area.width {
            put(buffer, area, x, 1, &look.glyphs.more.to_string(), look.style(Role::Dim));
            break;
        }
        let from = x;
        x = put(buffer, area, x, 1, &key, look.theme.style(Role::Key)) + 1;
        let role = if entry.name == app.place().screen { Role::Tab } else { Role::Dim };
        x = put(buffer, area, x, 1, entry.title, look.theme.style(role));
        if let Some(action) = entry.action {
            let hit = Rect { x: area.x + from, y: area.y + 1, width: x - from, height: 1 };
            look.hits.add(hit, Hit::Action(action));
        }
        x += 1;
    }
}

/// The last line: what is typed, or what can be done.
fn foot(app: &App, buffer: &mut Buffer, area: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
    let y = area.height - 1;
    let line = Rect { y: area.y + y, height: 1, ..area };
    if let Some(typed) = &app.line {
        let sign = if typed.line == Line::Filter { "/" } else { ":" };
        let x = put(buffer, line, 1, 0, sign, look.theme.style(Role::Key));
        let wrong = typed.wrong.as_deref().unwrap_or_default();
        let room = u16::try_from(width(wrong)).unwrap_or(u16::MAX).min(area.width / 2);
        let field = Rect { x: line.x + x, width: area.width.saturating_sub(x + room + 2), ..line };
        let cursor = typed.input.draw(buffer, field, look);
        let role = if typed.line == Line::Filter { Role::Bad } else { Role::Dim };
        put_right(buffer, line, 0, &fit(wrong, usize::from(room), look.glyphs.more), look.theme.style(role));
        return Some(cursor);
    }
    let mut x = 1;
    let always = [Action::Help, Action::Quit];
    let kept: usize =
        always.iter().map(|action| hint(*action, look).map_or(0, |(key, word)| width(&key) + width(word) + 3)).sum();
    let own = app.hints().into_iter().filter(|action| !always.contains(action));
    for action in own {
        let Some((key, word)) = hint(action, look) else { continue };
        if usize::from(x) + width(&key) + width(word) + 3 + kept > usize::from(area.width) {
            break;
        }
        x = draw_hint(buffer, line, look, x, action, &key, word);
    }
    for action in always {
        if let Some((key, word)) = hint(action, look) {
            x = draw_hint(buffer, line, look, x, action, &key, word);
        }
    }
    None
}

fn hint(action: Action, look: &Look<'_>) -> Option<(String, &'static str)> {
    let key = look.bindings.key(action)?;
    let key = if key == "Enter" && !look.glyphs.ascii { "⏎".to_owned() } else { in_words(key) };
    Some((key, action.help()))
}

/// `Space` is `space`, but `D` stays `D`.
fn in_words(key: String) -> String {
    if key.chars().count() > 2 && !key.contains('-') { key.to_lowercase() } else { key }
}

fn draw_hint(buffer: &mut Buffer, line: Rect, look: &Look<'_>, x: u16, action: Action, key: &str, word: &str) -> u16 {
    let from = x;
    let x = put(buffer, line, x, 0, key, look.theme.style(Role::Key)) + 1;
    let x = put(buffer, line, x, 0, word, look.theme.style(Role::Dim));
    look.hits.add(Rect { x: line.x + from, width: x.saturating_sub(from), ..line }, Hit::Action(action));
    x + 2
}

/// The newest at the bottom; what is longer than the terminal is wide takes several lines.
fn toasts(app: &App, buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
    let room = usize::from(area.width.saturating_sub(4));
    let mut y = area.height.saturating_sub(1);
    for toast in app.toasts.iter().rev() {
        let line = text::Line::of(toast.mood.role(), look.mood(toast.mood, &toast.text));
        let lines: Vec<String> = text::wrapped_sentence(line, room).iter().map(text::Line::plain).take(TOAST).collect();
        let wide = lines.iter().map(|line| width(line)).max().unwrap_or_default().min(room);
        let style = look.style(Role::Selection).patch(look.theme.style(toast.mood.role()));
        for line in lines.iter().rev() {
            y = y.saturating_sub(1);
            let text = fit(line, room, look.glyphs.more);
            let text = format!(" {text}{} ", " ".repeat(wide.saturating_sub(width(&text))));
            let wide = u16::try_from(wide + 2).unwrap_or(area.width);
            let x = area.x + area.width.saturating_sub(wide + 1);
            put(buffer, Rect { x, y: area.y + y, width: wide, height: 1 }, 0, 0, &text, style);
        }
    }
}

/// What a buffer shows as text, without colours.
pub(crate) fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..buffer.area.width {
            let Some(cell) = buffer.cell((x, y)) else { continue };
            if skip > 0 {
                skip -= 1;
                continue;
            }
            line.push_str(cell.symbol());
            skip = width(cell.symbol()).saturating_sub(1);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
