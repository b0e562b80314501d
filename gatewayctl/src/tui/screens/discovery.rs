//! The screen `discovery`: the registries that upstreams take their nodes from, the services that are followed at the
//! selected one, and the instances of the selected service.

mod rows;

use std::collections::BTreeMap;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use reqwest::Method;
use serde_json::Value;

use super::{Context, Event, Screen};
use crate::output::{clean, mask, yaml};
use crate::tui::action::Action;
use crate::tui::data::{Data, Row, State, items, text};
use crate::tui::dialogs::Dialog;
use crate::tui::find::Filter;
use crate::tui::msg::{Arguments, Failure, Link, Source};
use crate::tui::theme::Mood;
use crate::tui::widgets::table::{Rows, Seen, Table};
use crate::tui::widgets::{Hit, Look, notice, panel, split, text as texts};
use crate::tui::wish::{Place, Wish, call};
use rows::{Instances, Registries, Services};

/// The panels.
const REGISTRIES: usize = 0;
const SERVICES: usize = 1;
const INSTANCES: usize = 2;
const PANELS: usize = 3;
/// Services of one registry, and instances of one service, that are shown.
const MOST: usize = 20_000;

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    Box::new(Discovery::default())
}

#[derive(Default)]
struct Discovery {
    tables: [Table; PANELS],
    focus: usize,
    followed: BTreeMap<Arc<str>, Followed>,
    /// The registry of each call that is on its way.
    asked: BTreeMap<u32, Arc<str>>,
    next: u32,
    /// The registry whose services are shown.
    shown: Option<Arc<str>>,
}

/// The services that are followed at a registry.
#[derive(Default)]
struct Followed {
    /// When the registries were told for which these were asked.
    for_told: Option<u64>,
    waiting: bool,
    services: Vec<Row>,
    failure: Option<Failure>,
    told: bool,
}

fn kind(panel: usize) -> &'static dyn Rows {
    match panel {
        REGISTRIES => &Registries,
        SERVICES => &Services,
        _ => &Instances,
    }
}

impl Discovery {
    fn refresh(&mut self, data: &Data) {
        let registry = |of: &crate::tui::data::Registry| Row { id: of.kind.as_str().into(), value: of.value.clone() };
        self.tables[REGISTRIES].refresh(data.discovery.iter().map(registry).collect(), kind(REGISTRIES), data);
        self.below(data);
    }

    /// What depends on the selection above it.
    fn below(&mut self, data: &Data) {
        let registry = self.tables[REGISTRIES].selected().map(|row| Arc::clone(&row.id));
        let followed = registry.as_ref().and_then(|registry| self.followed.get(registry));
        let services = followed.map(|followed| followed.services.clone()).unwrap_or_default();
        self.tables[SERVICES].refresh(services, kind(SERVICES), data);
        if registry != self.shown {
            self.shown = registry;
            self.tables[SERVICES].go(0);
        }
        let instances = self.tables[SERVICES].selected().map(rows::instances).unwrap_or_default();
        self.tables[INSTANCES].refresh(instances, kind(INSTANCES), data);
    }

    /// Asks for the services of the selected registry, once for each time that the registries are told.
    fn follow(&mut self, context: &mut Context<'_>) {
        let Some(row) = self.tables[REGISTRIES].selected() else { return };
        if !matches!(context.data.link, Link::Up { .. }) {
            return;
        }
        let told = context.data.told_at(Source::Discovery);
        let (id, name) = (Arc::clone(&row.id), text(&row.value, "type").to_owned());
        let followed = self.followed.entry(Arc::clone(&id)).or_default();
        if name.is_empty() || followed.waiting || (followed.for_told == told && followed.told) {
            return;
        }
        (followed.waiting, followed.for_told) = (true, told);
        self.next = self.next.wrapping_add(1);
        self.asked.insert(self.next, id);
        let path = format!("/live/discovery/{}", crate::commands::discovery::segment(&name));
        context.wish(Wish::Call(self.next, call(Method::GET, path)));
    }

    fn answer(&mut self, number: u32, result: &Result<Value, Failure>, data: &Data) {
        let Some(registry) = self.asked.remove(&number) else { return };
        let Some(followed) = self.followed.get_mut(&registry) else { return };
        (followed.waiting, followed.told) = (false, true);
        match result {
            Ok(value) => {
                let row = |value: &Value| Row::new(text(value, "service"), value.clone());
                followed.services = items(value).take(MOST).map(row).collect();
                followed.failure = None;
            }
            Err(failure) => followed.failure = Some(failure.clone()),
        }
        self.below(data);
    }

    fn selected(&self) -> Option<&Row> {
        self.tables[self.focus].selected()
    }

    /// The name of the selected registry, as the server calls it.
    fn registry(&self) -> &str {
        self.tables[REGISTRIES].selected().map(|row| text(&row.value, "type")).unwrap_or_default()
    }

    /// The upstream that takes its nodes from the selected service.
    fn upstream(&self, data: &Data) -> Option<String> {
        let service = self.tables[SERVICES].selected()?;
        rows::upstream(self.registry(), &service.id, data).map(|upstream| upstream.id.to_string())
    }

    fn set_filter(&mut self, typed: &str, data: &Data) {
        if let Ok(filter) = Filter::parse(typed) {
            self.tables[self.focus].set_filter(filter, kind(self.focus), data);
            self.below(data);
        }
    }

    fn act(&mut self, action: Action, context: &mut Context<'_>) -> bool {
        match action {
            Action::Open if self.focus == INSTANCES => return self.describe(context),
            Action::Open if self.selected().is_some() => self.focus += 1,
            Action::Back if !self.tables[self.focus].filter().is_empty() => self.set_filter("", context.data),
            Action::Back if self.focus > 0 => self.focus -= 1,
            Action::NextPanel => self.focus = (self.focus + 1) % PANELS,
            Action::PreviousPanel => self.focus = (self.focus + PANELS - 1) % PANELS,
            Action::Describe => return self.describe(context),
            Action::Yaml => return self.yaml(context),
            Action::CopyYaml | Action::CopyId => return self.copy(action == Action::CopyYaml, context),
            Action::Target => self.target(context),
            Action::Tap => match self.upstream(context.data) {
                Some(id) => context.go(Place::filter("traffic", format!("upstream={id}"))),
                None => context.say(Mood::Off, "no upstream takes its nodes from this service"),
            },
            Action::Refresh => {
                for followed in self.followed.values_mut() {
                    (followed.told, followed.waiting) = (false, false);
                }
                context.wish(Wish::Refresh(Source::Discovery));
            }
            action => {
                let taken = self.tables[self.focus].act(action, kind(self.focus), context.data);
                if taken {
                    self.below(context.data);
                }
                return taken;
            }
        }
        true
    }

    fn describe(&self, context: &mut Context<'_>) -> bool {
        let Some(row) = self.selected() else { return false };
        let lines = match self.focus {
            REGISTRIES => rows::of_registry(row, context.data),
            SERVICES => rows::of_service(self.registry(), row, context.data),
            _ => rows::of_instance(row, context.data),
        };
        context.wish(Wish::Dialog(Dialog::text(clean::line(&row.id), lines)));
        true
    }

    fn yaml(&self, context: &mut Context<'_>) -> bool {
        let Some(row) = self.selected() else { return false };
        context.wish(Wish::Dialog(Dialog::text(clean::line(&row.id), texts::yaml(&row.value))));
        true
    }

    fn copy(&self, all: bool, context: &mut Context<'_>) -> bool {
        let Some(row) = self.selected() else { return false };
        context.wish(if all {
            let shown = mask::masked(&row.value, false);
            Wish::Copy(yaml::to_string(&shown).unwrap_or_default(), "YAML")
        } else {
            Wish::Copy(row.id.to_string(), "name")
        });
        true
    }

    /// A registry leads to its upstreams, a service and an instance to the one that has it.
    fn target(&self, context: &mut Context<'_>) {
        if self.focus == REGISTRIES {
            if !self.registry().is_empty() {
                context.go(Place::filter("upstreams", format!("discovery_type={}", self.registry())));
            }
            return;
        }
        match self.upstream(context.data) {
            Some(id) => context.go(Place::id("upstreams", id)),
            None => context.say(Mood::Off, "no upstream takes its nodes from this service"),
        }
    }

    fn shown(&mut self, place: &Place, context: &mut Context<'_>) {
        if let Some(filter) = &place.filter {
            self.focus = REGISTRIES;
            self.set_filter(filter, context.data);
        }
        self.refresh(context.data);
        let Some(id) = &place.id else { return };
        // `nacos`, or `nacos/pay`; names of services may hold a `/`.
        let (registry, service) = id.split_once('/').map_or((id.as_str(), None), |(of, name)| (of, Some(name)));
        let known = context.data.state(Source::Discovery) == State::Known;
        if !self.tables[REGISTRIES].select(registry) && known {
            context.say(Mood::Warn, format!("no registry {registry}"));
        }
        self.below(context.data);
        if let Some(service) = service {
            self.focus = SERVICES;
            self.tables[SERVICES].select(service);
            self.below(context.data);
        }
    }

    fn click(&mut self, hit: Hit, double: bool, context: &mut Context<'_>) -> bool {
        match hit {
            Hit::Row(panel, row) if usize::from(panel) < PANELS => {
                self.focus = usize::from(panel);
                self.tables[self.focus].go(row);
                self.below(context.data);
                if double {
                    self.act(Action::Open, context);
                }
            }
            Hit::Head(panel, column) if usize::from(panel) < PANELS => {
                self.focus = usize::from(panel);
                self.tables[self.focus].sort_to(column, kind(self.focus), context.data);
                self.below(context.data);
            }
            Hit::Panel(panel) if usize::from(panel) < PANELS => self.focus = usize::from(panel),
            _ => return false,
        }
        true
    }
}

impl Screen for Discovery {
    fn sources(&self) -> Vec<(Source, Arguments)> {
        [Source::Discovery, Source::Nodes, Source::List("upstreams")].map(|source| (source, Vec::new())).to_vec()
    }

    fn actions(&self) -> Vec<Action> {
        vec![
            Action::Open,
            Action::Describe,
            Action::Yaml,
            Action::Target,
            Action::Tap,
            Action::Refresh,
            Action::CopyId,
            Action::CopyYaml,
            Action::Sort,
            Action::Columns,
            Action::Filter,
        ]
    }

    fn update(&mut self, event: Event<'_>, context: &mut Context<'_>) -> bool {
        let taken = match event {
            Event::Shown(place) => {
                self.shown(place, context);
                true
            }
            Event::Data => {
                self.refresh(context.data);
                true
            }
            Event::Action(action) => self.act(action, context),
            Event::Filter(typed) => {
                self.set_filter(typed, context.data);
                true
            }
            Event::Click(hit, double) => self.click(hit, double, context),
            Event::Wheel(panel, lines) if usize::from(panel) < PANELS => {
                self.tables[usize::from(panel)].by(lines);
                self.below(context.data);
                true
            }
            Event::Column(name) => {
                self.tables[self.focus].toggle(name);
                true
            }
            Event::Answer(number, result) => {
                self.answer(number, result, context.data);
                // It may come while another screen is shown, which would be told of what is asked for now.
                return true;
            }
            _ => false,
        };
        self.follow(context);
        taken
    }

    fn view(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
        let (shown, all) = self.tables[REGISTRIES].counts();
        if all == 0 {
            let (mood, lines) = match look.data.state(Source::Discovery) {
                State::Loading => (Mood::Off, vec![format!("loading registries{}", look.glyphs.more)]),
                State::Failed(failure) => (Mood::Bad, super::list::failed("registries", failure)),
                State::Known => {
                    let help = "discovery of the gateway's configuration file names them";
                    (Mood::Off, vec!["no registries".to_owned(), help.to_owned()])
                }
            };
            return notice(buffer, area, look, mood, &lines);
        }
        if look.expanded {
            return self.panel(buffer, area, look, self.focus);
        }
        let rows = u16::try_from(shown.max(1)).unwrap_or(u16::MAX).saturating_add(3);
        let (upper, lower) = split(area, rows.clamp(4, (area.height / 3).max(4)), false);
        self.panel(buffer, upper, look, REGISTRIES);
        let (services, instances) = match area.width {
            100.. => split(lower, lower.width * 2 / 5, true),
            _ => split(lower, lower.height / 2, false),
        };
        self.panel(buffer, services, look, SERVICES);
        self.panel(buffer, instances, look, INSTANCES);
    }

    fn crumb(&self, data: &Data) -> String {
        let (shown, all) = self.tables[REGISTRIES].counts();
        let filter = self.tables[self.focus].filter();
        let mut crumb = match data.state(Source::Discovery) {
            State::Loading => "discovery".to_owned(),
            _ if shown == all => format!("discovery ({all})"),
            _ => format!("discovery ({shown} of {all})"),
        };
        if !filter.is_empty() {
            crumb.push_str(&format!("  filter: {}", clean::line(filter.text())));
        }
        let lost = data.discovery.iter().filter(|registry| !registry.is_connected()).count();
        if lost > 0 {
            crumb.push_str(&format!("  {lost} not connected"));
        }
        crumb
    }

    fn is_empty(&self) -> bool {
        self.tables[REGISTRIES].selected().is_none()
    }

    fn filter(&self) -> String {
        self.tables[self.focus].filter().text().to_owned()
    }

    fn columns(&self) -> Vec<(&'static str, Seen)> {
        self.tables[self.focus].columns(kind(self.focus))
    }
}

impl Discovery {
    fn panel(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>, which: usize) {
        let (_, all) = self.tables[which].counts();
        let of = |panel: usize| {
            self.tables[panel].selected().map_or_else(|| look.glyphs.none.to_owned(), |row| clean::line(&row.id))
        };
        let title = match which {
            REGISTRIES => "Registries".to_owned(),
            SERVICES => format!("Services of {} ({all})", of(REGISTRIES)),
            _ => format!("Instances of {} ({all})", of(SERVICES)),
        };
        let inside = panel(buffer, area, look, &title, self.focus == which);
        let number = u8::try_from(which).unwrap_or_default();
        look.hits.add(area, Hit::Panel(number));
        let (shown, all) = self.tables[which].counts();
        if shown > 0 {
            return self.tables[which].draw(buffer, inside, look, kind(which), number, self.focus == which);
        }
        let (mood, lines) =
            if all > 0 { (Mood::Off, self.tables[which].none_left()) } else { self.nothing(which, look) };
        notice(buffer, Rect { y: inside.y.saturating_sub(1), ..inside }, look, mood, &lines);
    }

    /// What stands in a lower panel that has no rows.
    fn nothing(&self, which: usize, look: &Look<'_>) -> (Mood, Vec<String>) {
        let followed = self.shown.as_ref().and_then(|registry| self.followed.get(registry));
        match followed {
            Some(Followed { failure: Some(failure), .. }) if which == SERVICES => {
                (Mood::Bad, super::list::failed("services", failure))
            }
            Some(Followed { told: true, .. }) if which == SERVICES => {
                (Mood::Off, vec!["no upstream takes its nodes from it".to_owned()])
            }
            _ if which == SERVICES => (Mood::Off, vec![format!("loading services{}", look.glyphs.more)]),
            _ if self.tables[SERVICES].selected().is_some() => (Mood::Bad, vec!["it has no instances".to_owned()]),
            _ => (Mood::Off, vec!["no service".to_owned()]),
        }
    }
}
