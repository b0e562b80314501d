//! The screen `explain`: what a request would come to, and why, without sending it.

mod form;
mod told;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use reqwest::Method;
use serde_json::Value;

use self::form::{Form, Outcome};
use self::told::Part;
use super::{Context, Event, Screen};
use crate::output::clean;
use crate::resources::{self, Reference};
use crate::tui::action::Action;
use crate::tui::data::{Data, text};
use crate::tui::msg::{Arguments, Failure, Source};
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::text::{self as lines, Line, Scroll};
use crate::tui::widgets::{Hit, Look, fit, notice, panel, put, split};
use crate::tui::wish::{Place, Wish, send};

/// The parts of the answer, and the form behind them.
const PARTS: usize = 3;
const FORM: u8 = 3;

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    Box::new(Explain::default())
}

#[derive(Default)]
struct Explain {
    form: Form,
    typing: bool,
    /// What is wrong with what was typed.
    wrong: Option<String>,
    /// An object whose lists are not known yet.
    wanted: Option<String>,
    asked: Option<Value>,
    /// The number of the newest question.
    number: u32,
    told: Option<Result<Value, Failure>>,
    scrolls: [Scroll; PARTS],
    focus: usize,
}

impl Explain {
    fn show(&mut self, place: &Place, context: &mut Context<'_>) {
        // A path behind the `:` looks like a filter.
        let path = place.filter.as_ref().map(|path| format!("/{path}"));
        let Some(id) = place.id.clone().or(path) else { return };
        (self.wanted, self.asked, self.told) = (None, None, None);
        // What is still answered is not what is asked about now.
        self.number = self.number.wrapping_add(1);
        if let Some(question) = serde_json::from_str::<Value>(&id).ok().filter(Value::is_object) {
            self.form = Form::of(&question);
        } else if let Some(of) =
            id.split_once('/').and_then(|(word, id)| Reference::new(resources::find(word).ok()?, id).ok())
        {
            self.wanted = Some(id);
            return self.find(&of, context);
        } else {
            self.form = Form::typed(&id);
        }
        self.ask(context);
    }

    /// Makes a question of the route that is looked at, or of the first route of another object.
    fn find(&mut self, of: &Reference, context: &mut Context<'_>) {
        let data = context.data;
        let route = match of.resource.name {
            "routes" => Some(of.id.clone()),
            _ => {
                let users = super::list::users(data, of.resource, &of.id);
                users.into_iter().find(|user| user.resource.name == "routes").map(|user| user.id)
            }
        };
        let object = route.and_then(|id| data.object("routes", &id));
        let Some(route) = object else {
            self.wrong = match data.state(Source::List("routes")) {
                crate::tui::data::State::Loading => None,
                _ if of.resource.name == "routes" => Some(format!("{of} is not there")),
                _ => Some(format!("no route uses {of}")),
            };
            return;
        };
        let service = route.value.get("service_id").map(crate::filter::text_of);
        let service = service.and_then(|id| data.object("services", &id)).map(|service| &*service.value);
        self.form = Form::of(&form::of_route(&route.value, service));
        self.wanted = None;
        self.ask(context);
    }

    fn begin(&mut self) {
        self.typing = true;
        self.form.begin();
    }

    fn ask(&mut self, context: &mut Context<'_>) {
        match self.form.question() {
            Ok(question) => {
                self.wrong = None;
                self.typing = false;
                self.told = None;
                self.number = self.number.wrapping_add(1);
                self.scrolls.iter_mut().for_each(Scroll::reset);
                context.wish(Wish::Call(self.number, send(Method::POST, "/live/explain", question.clone())));
                self.asked = Some(question);
            }
            Err(wrong) => {
                self.wrong = Some(wrong);
                (self.asked, self.told) = (None, None);
                self.number = self.number.wrapping_add(1);
            }
        }
    }

    /// The id of the route that takes the request.
    fn route(&self) -> Option<&str> {
        let told = self.told.as_ref()?.as_ref().ok()?;
        Some(text(told, "route_id")).filter(|id| !id.is_empty())
    }

    fn act(&mut self, action: Action, context: &mut Context<'_>) -> bool {
        match action {
            Action::Open => self.begin(),
            Action::Explain | Action::Refresh => self.ask(context),
            Action::NextPanel => self.focus = (self.focus + 1) % PARTS,
            Action::PreviousPanel => self.focus = (self.focus + PARTS - 1) % PARTS,
            Action::Target | Action::Tap => match self.route().map(str::to_owned) {
                Some(route) if action == Action::Target => context.go(Place::id("routes", route)),
                Some(route) => context.go(Place::filter("traffic", format!("route={route}"))),
                None => context.say(Mood::Off, "no route takes it"),
            },
            Action::CopyCurl => {
                match self.asked.as_ref().filter(|asked| asked.get("dubbo").is_none()).and_then(form::as_row) {
                    Some(row) => context.wish(Wish::Copy(crate::commands::traffic::curl(&row), "curl command")),
                    None => context.say(Mood::Off, "there is no request that curl could send"),
                }
            }
            Action::CopyYaml => match &self.told {
                Some(Ok(told)) => {
                    context.wish(Wish::Copy(crate::output::yaml::to_string(told).unwrap_or_default(), "YAML"));
                }
                _ => context.say(Mood::Off, "nothing was explained yet"),
            },
            action => return self.scrolls.get_mut(self.focus).is_some_and(|scroll| scroll.act(action)),
        }
        true
    }
}

impl Screen for Explain {
    fn sources(&self) -> Vec<(Source, Arguments)> {
        let sources = [Source::List("routes"), Source::List("services"), Source::Nodes];
        sources.map(|source| (source, Vec::new())).to_vec()
    }

    fn actions(&self) -> Vec<Action> {
        vec![
            Action::Open,
            Action::Explain,
            Action::Target,
            Action::Tap,
            Action::CopyCurl,
            Action::CopyYaml,
            Action::NextPanel,
            Action::Refresh,
        ]
    }

    fn update(&mut self, event: Event<'_>, context: &mut Context<'_>) -> bool {
        match event {
            Event::Shown(place) => self.show(place, context),
            Event::Data => {
                let wanted = self.wanted.as_deref().and_then(|wanted| wanted.split_once('/'));
                let of = wanted.and_then(|(word, id)| Reference::new(resources::find(word).ok()?, id).ok());
                if let Some(of) = of {
                    self.find(&of, context);
                }
            }
            Event::Action(action) => return self.act(action, context),
            Event::Key(key) => match self.form.key(key) {
                Outcome::Stays => self.wrong = None,
                Outcome::Ask => self.ask(context),
                Outcome::Leaves => self.typing = false,
                Outcome::Other => return false,
            },
            Event::Paste(text) => {
                if !self.typing {
                    self.form = Form::default();
                    self.typing = true;
                }
                self.wrong = None;
                self.form.paste(text);
            }
            Event::Answer(number, result) if number == self.number => self.told = Some(result.clone()),
            Event::Filter(text) => self.scrolls.iter_mut().for_each(|scroll| scroll.search(text)),
            Event::Click(Hit::Panel(FORM), _) => {
                if !self.typing {
                    self.begin();
                }
            }
            Event::Click(Hit::Panel(part), _) => {
                self.typing = false;
                self.focus = usize::from(part).min(PARTS - 1);
            }
            Event::Wheel(part, lines) => {
                let part = usize::from(part);
                if let Some(scroll) = self.scrolls.get_mut(if part < PARTS { part } else { self.focus }) {
                    scroll.by(lines);
                }
            }
            _ => return false,
        }
        true
    }

    fn view(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
        // Both edges, the lines, and what is wrong with them.
        let (top, rest) = split(area, (self.form.height() + 3).min(area.height / 2).max(4), false);
        look.hits.add(top, Hit::Panel(FORM));
        let title = match (self.typing, self.form.is_marked()) {
            (true, true) => "Request (letters begin another, arrows change it, Enter asks, Esc leaves)",
            (true, false) => "Request (Enter asks, Tab next field, Esc leaves)",
            (false, _) => "Request",
        };
        let inside = panel(buffer, top, look, title, self.typing);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        let (form, line) = split(inside, inside.height.saturating_sub(1), false);
        self.form.draw(buffer, form, look, self.typing);
        let (role, said) = self.said(look);
        put(buffer, line, 0, 0, &fit(&said, usize::from(line.width), look.glyphs.more), look.style(role));
        match &self.told {
            Some(Ok(told)) => self.answer(buffer, rest, look, told),
            Some(Err(failure)) => notice(buffer, rest, look, Mood::Bad, &refused(failure)),
            None if self.asked.is_some() || self.wanted.is_some() && self.wrong.is_none() => {
                notice(buffer, rest, look, Mood::Off, &[format!("asking the gateway{}", look.glyphs.more)]);
            }
            None => {
                let lines = [
                    "nothing was asked yet".to_owned(),
                    "Enter begins to type a request: GET http://shop.example/orders, or a command line of curl"
                        .to_owned(),
                    "dubbo INTERFACE[/VERSION[/GROUP]] METHOD and grpc package.Service/Method are asked about too"
                        .to_owned(),
                    "x on a request of the screen traffic explains that one".to_owned(),
                ];
                notice(buffer, rest, look, Mood::Off, &lines);
            }
        }
    }

    fn crumb(&self, _: &Data) -> String {
        if self.form.is_empty() { "explain".to_owned() } else { format!("explain  {}", clean::line(self.form.text())) }
    }

    fn captures(&self) -> bool {
        self.typing
    }
}

impl Explain {
    /// What is wrong with the question, or what to know of it.
    fn said(&self, look: &Look<'_>) -> (Role, String) {
        if let Some(wrong) = &self.wrong {
            return (Role::Bad, look.mood(Mood::Bad, &clean::line(wrong)));
        }
        if self.form.has_masks() {
            return (
                Role::Warn,
                look.mood(Mood::Warn, "*** stands for a secret that the tap does not show; type it to be let in"),
            );
        }
        let more = self.asked.as_ref().and_then(Value::as_object).into_iter().flatten();
        let more = more
            .filter(|(name, value)| matches!(name.as_str(), "protocol" | "client_addr" | "sni") && value.is_string());
        let more: Vec<String> =
            more.map(|(name, value)| clean::line(&format!("{name} {}", crate::filter::text_of(value)))).collect();
        (Role::Dim, more.join("  "))
    }

    fn answer(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>, told: &Value) {
        let parts = told::parts(told, look);
        let [route, plugins, upstream] = &parts;
        if look.expanded {
            if let Some(part) = parts.get(self.focus) {
                self.part(buffer, area, look, part, self.focus);
            }
        } else if area.width >= 160 {
            let (first, rest) = split(area, area.width * 2 / 5, true);
            let (second, third) = split(rest, rest.width / 2, true);
            self.part(buffer, first, look, route, 0);
            self.part(buffer, second, look, plugins, 1);
            self.part(buffer, third, look, upstream, 2);
        } else if area.width >= 100 {
            let (first, rest) = split(area, area.width / 2, true);
            let (second, third) = split(rest, rest.height / 2, false);
            self.part(buffer, first, look, route, 0);
            self.part(buffer, second, look, plugins, 1);
            self.part(buffer, third, look, upstream, 2);
        } else {
            let third = area.height / 3;
            let (first, rest) = split(area, area.height - 2 * third, false);
            let (second, last) = split(rest, third, false);
            self.part(buffer, first, look, route, 0);
            self.part(buffer, second, look, plugins, 1);
            self.part(buffer, last, look, upstream, 2);
        }
    }

    fn part(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>, part: &Part, place: usize) {
        look.hits.add(area, Hit::Panel(u8::try_from(place).unwrap_or_default()));
        let inside = panel(buffer, area, look, part.title, !self.typing && self.focus == place);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        let Some(scroll) = self.scrolls.get(place) else { return };
        let lines: Vec<Line> = lines::wrapped(part.lines.clone(), usize::from(inside.width));
        if inside.height > 0 {
            scroll.draw(buffer, inside, look, &lines);
        }
    }
}

/// The lines of a question that came to nothing.
fn refused(failure: &Failure) -> Vec<String> {
    let mut lines = super::list::failed("explain", failure);
    if failure.status == Some(404) {
        lines.push("a server without live/explain cannot be asked".to_owned());
    }
    lines
}
