//! The screen `rpc`: the methods of Dubbo and gRPC services, and calls of them.

mod form;
mod made;
mod methods;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::Value;

use self::form::{Form, Outcome};
use self::made::Made;
use self::methods::{CALLS, Methods, signature};
use super::list::ListScreen;
use super::{Context, Event, Screen};
use crate::tui::action::Action;
use crate::tui::data::{Data, Row, shown};
use crate::tui::msg::{Arguments, Failure, Source};
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::table::{Seen, Table};
use crate::tui::widgets::text::{self as lines, Line, Scroll};
use crate::tui::widgets::{Hit, Look, fit, panel, put, split};
use crate::tui::wish::{Place, Wish};

/// The panels that the list has, and the form.
const TABLE: u8 = 0;
const FORM: u8 = 2;

/// Calls that are remembered.
const MADE: usize = 100;

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    let list = ListScreen::new(Methods::default(), Table::default());
    Box::new(Rpc { list, form: None, scroll: Scroll::default(), number: 0 })
}

struct Rpc {
    list: ListScreen<Methods>,
    form: Option<Form>,
    /// Where in the answer below the form.
    scroll: Scroll,
    number: u32,
}

impl Rpc {
    fn invoke(&mut self, context: &mut Context<'_>) {
        let Some(row) = self.list.table.selected().cloned() else { return };
        if methods::method(&row.value).is_empty() {
            let protocol = if methods::protocol(&row.value) == methods::Protocol::Grpc { "grpc" } else { "dubbo" };
            let text = format!("no method of this service is known; gatewayctl {protocol} call names one");
            return context.say(Mood::Warn, text);
        }
        let mut form = Form::new(row);
        if let Some(made) = self.made_of(&form.row).next() {
            let fields = made.fields.clone();
            form.fill(&fields);
        }
        self.scroll.reset();
        self.form = Some(form);
    }

    /// The calls of a method, the newest first.
    fn made_of(&self, row: &Row) -> impl Iterator<Item = &Made> + use<'_> {
        let id = row.id.clone();
        self.list.kind.made.iter().filter(move |made| made.id == id)
    }

    fn send(&mut self, context: &mut Context<'_>) {
        let Some(form) = &self.form else { return };
        let row = form.row.clone();
        let wrong = if context.read_only {
            Some("this session is read-only".to_owned())
        } else if self.made_of(&row).any(Made::is_pending) {
            Some("the call before this one is not over yet".to_owned())
        } else {
            None
        };
        let Some(form) = &mut self.form else { return };
        form.wrong = wrong;
        if form.wrong.is_some() {
            return;
        }
        match form.call() {
            Err(wrong) => form.wrong = Some(wrong),
            Ok(call) => {
                form.back = 0;
                self.number = self.number.wrapping_add(1);
                let made = Made::new(self.number, row.id.clone(), context.data.now(), form.texts());
                self.list.kind.made.push_front(made);
                self.list.kind.made.truncate(MADE);
                self.scroll.reset();
                context.wish(Wish::Call(self.number, call));
            }
        }
    }

    /// Fills the form as it was before.
    fn recall(&mut self, step: isize) {
        let Some(row) = self.form.as_ref().map(|form| form.row.clone()) else { return };
        let all: Vec<Vec<String>> = self.made_of(&row).map(|made| made.fields.clone()).collect();
        let Some(form) = &mut self.form else { return };
        form.back = form.back.saturating_add_signed(step).min(all.len());
        if let Some(fields) = form.back.checked_sub(1).and_then(|back| all.get(back)) {
            form.fill(fields);
        }
    }

    fn answer(&mut self, number: u32, result: &Result<Value, Failure>, context: &mut Context<'_>) {
        let made = self.list.kind.made.iter_mut().find(|made| made.number == number);
        let Some(made) = made else { return };
        made.came(result);
        let (mood, id) = (made.mood(), made.id.clone());
        let name = self.list.kind.find(&id).map(|row| methods::method(&row.value).to_owned()).unwrap_or_default();
        // Whoever has the form sees it there.
        if self.form.as_ref().is_none_or(|form| form.row.id != id) {
            let word = if mood == Mood::Good { "has answered" } else { "has failed" };
            context.say(mood, format!("{} {word}", crate::output::clean::line(&name)));
            self.list.update(Event::Shown(&Place { tab: Some(CALLS), ..Place::screen("rpc") }), context);
        }
    }

    fn show(&mut self, place: &Place, context: &mut Context<'_>) -> bool {
        self.list.kind.read(context.data);
        // A service stands for its first method.
        let id = place.id.as_deref().and_then(|id| self.list.kind.find(id)).map(|row| row.id.to_string());
        let place = Place { id: id.or_else(|| place.id.clone()), ..place.clone() };
        self.list.update(Event::Shown(&place), context)
    }

    fn key(&mut self, key: crossterm::event::KeyEvent, context: &mut Context<'_>) -> bool {
        let Some(form) = &mut self.form else { return false };
        match form.key(key) {
            Outcome::Stays => {}
            Outcome::Send => self.send(context),
            Outcome::Leaves => self.form = None,
            Outcome::Recall(step) => self.recall(step),
            Outcome::Other => return false,
        }
        true
    }
}

impl Screen for Rpc {
    fn sources(&self) -> Vec<(Source, Arguments)> {
        Screen::sources(&self.list)
    }

    fn actions(&self) -> Vec<Action> {
        Screen::actions(&self.list)
    }

    fn update(&mut self, event: Event<'_>, context: &mut Context<'_>) -> bool {
        match event {
            Event::Shown(place) => self.show(place, context),
            Event::Data => {
                self.list.kind.read(context.data);
                self.list.update(Event::Data, context)
            }
            Event::Action(Action::Invoke) => {
                self.invoke(context);
                true
            }
            Event::Key(key) => self.key(key, context),
            Event::Paste(text) => {
                let Some(form) = &mut self.form else { return false };
                form.paste(text);
                true
            }
            Event::Answer(number, result) => {
                self.answer(number, result, context);
                true
            }
            Event::Wheel(FORM, lines) => {
                self.scroll.by(lines);
                true
            }
            Event::Click(Hit::Panel(FORM), _) => true,
            event => {
                // Whoever goes elsewhere on the screen is through with the form.
                if matches!(event, Event::Click(..)) {
                    self.form = None;
                }
                self.list.update(event, context)
            }
        }
    }

    fn view(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
        let Some(form) = &self.form else { return self.list.view(buffer, area, look) };
        let least = (form.height() + 8).min(area.height);
        let (table, below) = split(area, (area.height / 3).min(area.height - least), false);
        self.list.table.draw(buffer, table, look, &self.list.kind, TABLE, false);
        look.hits.add(below, Hit::Panel(FORM));
        let value = &form.row.value;
        let title = format!("invoke {} {}", shown(value, "service"), signature(value));
        let inside = panel(buffer, below, look, &title, true);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        // Where there is room the answer is beside the form.
        let beside = area.width >= 160;
        let part = if beside { inside.width / 2 } else { form.height() + 1 };
        let (fields, answer) = split(inside, part, beside);
        let (fields, rest) = split(fields, form.height(), false);
        form.draw(buffer, fields, look);
        let (role, said) = match &form.wrong {
            Some(wrong) => (Role::Bad, look.mood(Mood::Bad, &crate::output::clean::line(wrong))),
            None => (Role::Dim, "Enter calls  Tab next field  PgUp the call before  Esc closes".to_owned()),
        };
        put(buffer, rest, 0, 0, &fit(&said, usize::from(rest.width), look.glyphs.more), look.style(role));
        if let Some(made) = self.made_of(&form.row).next() {
            self.came(buffer, answer, look, made);
        }
    }

    fn crumb(&self, data: &Data) -> String {
        self.list.crumb(data)
    }

    fn is_empty(&self) -> bool {
        self.form.is_none() && Screen::is_empty(&self.list)
    }

    fn filter(&self) -> String {
        self.list.filter()
    }

    fn captures(&self) -> bool {
        self.form.is_some()
    }

    fn columns(&self) -> Vec<(&'static str, Seen)> {
        Screen::columns(&self.list)
    }
}

impl Rpc {
    /// What a call came to.
    fn came(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>, made: &Made) {
        let (head, rest) = split(area, 1, false);
        let text = fit(&made.head(look), usize::from(head.width), look.glyphs.more);
        put(buffer, head, 0, 0, &text, look.style(made.mood().role()));
        let lines: Vec<Line> = lines::wrapped(made.lines(), usize::from(rest.width));
        if rest.height > 0 {
            self.scroll.draw(buffer, rest, look, &lines);
        }
    }
}
