//! The program: the loop between the messages and the screen, the thread that reads the terminal, and what is done outside
//! of the state.

mod editor;
mod input;
mod screen;
mod signals;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use crossterm::{event, queue};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::Value;

use self::input::Input;
use self::screen::Screen;
use self::signals::Asked;
use super::app::{App, Recording, settle, update};
use super::feed::{Ask, Feed};
use super::msg::{Cmd, Failure, Msg, Text};
use super::rescue;
use super::terminal::Guard;
use super::view::view;
use crate::error::{Error, Kind, Result};
use crate::world::Env;

/// The least time between two frames.
const FRAME: Duration = Duration::from_millis(33);
/// The same after a key or another act of the user, who waits for it.
const PROMPT: Duration = Duration::from_millis(8);
/// How often time passes for the state.
const TICK: Duration = Duration::from_millis(250);
/// How long a recording may take that is told at once.
const RECORDING: Duration = Duration::from_secs(60);
/// Messages that are taken in before a frame at most.
const BURST: usize = 4_096;

/// Another server that the user went to, by the name of its context, and what was typed since.
pub(crate) type Next = (String, Vec<event::Event>);

/// How the program ended.
pub(crate) struct End {
    /// Where texts of the user's are, or what else is to be known, in words.
    pub(crate) told: Vec<String>,
    /// Another server, if one is wanted, or what failed.
    pub(crate) next: Result<Option<Next>>,
    /// The signal to die of.
    mortal: Option<i32>,
}

impl End {
    /// Dies of the signal that has ended the program, if it was one to die of.
    pub(crate) fn die(&self) {
        if let Some(number) = self.mortal {
            signals::die(number);
        }
    }
}

/// The terminal, who reads it, and what the system asks.
struct Around {
    // The first to go.
    input: Input,
    guard: Guard,
    asked: Arc<Asked>,
}

/// What the loop works with.
pub(crate) struct Program<'a> {
    pub(crate) app: App,
    pub(crate) feed: Feed,
    pub(crate) messages: Receiver<Msg>,
    pub(crate) sender: SyncSender<Msg>,
    pub(crate) env: &'a Env,
    pub(crate) mouse: bool,
    /// It is a recording that is shown: its times are those of the clock.
    pub(crate) recorded: bool,
    /// The newest time of a recording, and when it was told.
    pub(crate) newest: Option<(u64, Instant)>,
    /// The user has done something that is not drawn yet.
    pub(crate) prompt: bool,
    /// What is on the terminal is not known: all of it is drawn with the next frame.
    pub(crate) anew: bool,
    pub(crate) texts: Texts,
    /// What was typed before it began.
    pub(crate) typed: Vec<event::Event>,
}

/// Texts of the user's.
#[derive(Default)]
pub(crate) struct Texts {
    /// Where there is room for files.
    places: Vec<PathBuf>,
    /// The files that some were kept in.
    kept: Vec<PathBuf>,
    /// Those for which there was no room.
    lost: Vec<Text>,
}

impl Program<'_> {
    /// Runs until the user quits, a signal ends it or the terminal is gone. What the user has written by then and no server
    /// has is in files.
    pub(crate) fn run(mut self) -> End {
        self.texts.places = rescue::places(self.env);
        let asked = match signals::listen() {
            Ok(asked) => asked,
            Err(error) => return End { told: Vec::new(), next: Err(error), mortal: None },
        };
        let next = self.session(&asked);
        let (told, broken) = self.leave();
        let next = next.and_then(|next| broken.map_or(Ok(next), |broken| Err(Error::usage(broken))));
        End { told, next, mortal: asked.mortal() }
    }

    /// Saves what the user has written, gives changes that are on their way the time to arrive, and ends the feed. What is to
    /// be told of it, and what has failed.
    fn leave(&mut self) -> (Vec<String>, Option<String>) {
        self.take_answers();
        let places = &self.texts.places;
        let texts = self.unsaved();
        let saved: Vec<_> = texts.into_iter().map(|text| (rescue::write(&text, places), text)).collect();
        rescue::waits(Vec::new(), places);
        let broken = self.feed.end();
        self.take_answers();
        let still = self.unsaved();
        let mut told: Vec<String> = self.texts.kept.iter().map(|path| rescue::at(path)).collect();
        for (file, text) in saved {
            match file {
                Ok(path) if still.contains(&text) => told.push(rescue::at(&path)),
                // The server has it.
                Ok(path) => drop(std::fs::remove_file(path)),
                Err(_) if still.contains(&text) => told.push(rescue::saved(&text, &self.texts.places)),
                Err(_) => {}
            }
        }
        (told, broken)
    }

    /// Takes in what calls came to that nobody has looked at yet.
    fn take_answers(&mut self) {
        while let Ok(message) = self.messages.try_recv() {
            if matches!(message, Msg::Answer { .. }) {
                update(&mut self.app, message);
            }
        }
    }

    /// What the user has written and no server has.
    fn unsaved(&self) -> Vec<Text> {
        self.texts.lost.iter().cloned().chain(self.app.texts()).collect()
    }

    /// Has a failure of the program find what the user has written.
    fn watch_texts(&self) {
        rescue::waits(self.unsaved(), &self.texts.places);
    }

    fn session(&mut self, asked: &Arc<Asked>) -> Result<Option<Next>> {
        super::terminal::hook();
        let guard = Guard::take(self.mouse).map_err(|error| lost(&error))?;
        let input = Input::start(self.sender.clone(), Arc::clone(asked))?;
        let around = Around { input, guard, asked: Arc::clone(asked) };
        let mut terminal = Screen::new().map_err(|error| lost(&error))?;
        let size = terminal.size().map_err(|error| lost(&error))?;
        let resized = Msg::Input(event::Event::Resize(size.width, size.height));
        let mut commands = self.app.start();
        commands.extend(update(&mut self.app, resized));
        let mut typed = std::mem::take(&mut self.typed).into_iter();
        let (mut drawn, mut ticked) = (Instant::now() - FRAME, Instant::now());
        loop {
            for command in std::mem::take(&mut commands) {
                if let Some(next) = self.carry_out(command, &around)? {
                    return Ok(next.map(|name| (name, self.left(around.input, typed))));
                }
            }
            if asked.stops() {
                return Ok(None);
            }
            if asked.sleep.swap(false, Ordering::Relaxed) {
                self.away(&around, signals::sleep).1?;
            }
            if !super::terminal::is_taken() {
                // A defect in another thread, which was told where the screen was.
                return Err(Error::new(Kind::Server, "a part of the terminal UI has failed"));
            }
            self.set_clock();
            if let Some(event) = typed.next() {
                commands = self.take_one(Msg::Input(event));
                continue;
            }
            if ticked.elapsed() >= TICK {
                ticked = Instant::now();
                commands = update(&mut self.app, Msg::Tick);
                continue;
            }
            let least = if self.prompt { PROMPT } else { FRAME };
            let left = least.saturating_sub(drawn.elapsed());
            if left.is_zero() {
                commands = settle(&mut self.app);
                if !commands.is_empty() {
                    continue;
                }
                if self.app.take_dirty() || self.anew {
                    draw(&mut terminal, &self.app, self.anew).map_err(|error| lost(&error))?;
                    (drawn, self.prompt, self.anew) = (Instant::now(), false, false);
                }
            }
            let tick = TICK.saturating_sub(ticked.elapsed());
            let wait = if left.is_zero() { tick } else { tick.min(left) };
            match self.messages.recv_timeout(wait) {
                Ok(message) => commands = self.take(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
        }
    }

    /// What was typed and not taken in, once nothing more is read.
    fn left(&mut self, input: Input, typed: impl Iterator<Item = event::Event>) -> Vec<event::Event> {
        drop(input);
        let mut typed: Vec<_> = typed.collect();
        while let Ok(message) = self.messages.try_recv() {
            match message {
                Msg::Input(event) => typed.push(event),
                Msg::Answer { .. } => drop(update(&mut self.app, message)),
                _ => {}
            }
        }
        typed
    }

    fn set_clock(&mut self) {
        if !self.recorded {
            return self.app.set_clock(now_ms());
        }
        if let Some((newest, told)) = self.newest {
            if self.app.recorded == Some(Recording::Ended) {
                return self.app.set_clock(newest);
            }
            let since = u64::try_from(told.elapsed().as_millis()).unwrap_or_default();
            self.app.set_clock(newest.saturating_add(since));
        }
    }

    /// Takes a message in and all that wait behind it.
    fn take(&mut self, message: Msg) -> Vec<Cmd> {
        self.set_clock();
        let mut commands = self.take_one(message);
        for _ in 0..BURST {
            // What is typed behind it is for another program.
            if commands.iter().any(|command| matches!(command, Cmd::Context(_) | Cmd::Quit)) {
                break;
            }
            let Ok(message) = self.messages.try_recv() else { break };
            commands.extend(self.take_one(message));
        }
        commands
    }

    fn take_one(&mut self, message: Msg) -> Vec<Cmd> {
        self.prompt |= matches!(message, Msg::Input(_));
        // Terminals cut and wrap what they show, also where they come back to the size from before.
        self.anew |= matches!(message, Msg::Input(event::Event::Resize(..)));
        if self.recorded
            && let Msg::Told(told) = &message
            && self.newest.is_none_or(|(newest, _)| newest < told.at_ms)
        {
            self.newest = Some((told.at_ms, Instant::now()));
        }
        let written = matches!(message, Msg::Input(_) | Msg::Answer { .. });
        let commands = update(&mut self.app, message);
        if written {
            self.watch_texts();
        }
        commands
    }

    /// Does what the state wants done; `Some` where that is to end.
    fn carry_out(&mut self, command: Cmd, around: &Around) -> Result<Option<Option<String>>> {
        match command {
            Cmd::Quit => return Ok(Some(None)),
            Cmd::Context(name) => return Ok(Some(Some(name))),
            Cmd::Redraw => self.anew = true,
            Cmd::Sleep => self.away(around, signals::sleep).1?,
            Cmd::Copy(text) => copy(&text).map_err(|error| lost(&error))?,
            Cmd::Edit(ticket, text) => {
                let env = self.env;
                let (edited, back) = self.away(around, || editor::edit(&text, env, &around.asked));
                self.texts.kept.extend(edited.kept);
                self.texts.lost.extend(edited.lost);
                let commands = self.take_one(Msg::Answer { ticket, result: edited.result });
                if let Some(file) = edited.file {
                    let _ = std::fs::remove_file(file);
                }
                match back {
                    // The terminal may be gone, which is why.
                    Err(_) if around.asked.stops() => {}
                    back => back?,
                }
                return self.follow(commands, around);
            }
            Cmd::Keep(ticket, text) => {
                let result = self.keep(text);
                let commands = self.take_one(Msg::Answer { ticket, result });
                return self.follow(commands, around);
            }
            command => {
                if let Some(ask) = ask(command) {
                    self.feed.ask(ask);
                }
            }
        }
        Ok(None)
    }

    /// Puts a text into a file; its path. Where there is no room for it, that is tried again at the end.
    fn keep(&mut self, text: Text) -> std::result::Result<Value, Failure> {
        match rescue::write(&text, &self.texts.places) {
            Ok(path) => {
                let told = Value::String(path.display().to_string());
                self.texts.kept.push(path);
                Ok(told)
            }
            Err(why) => {
                self.texts.lost.push(text);
                let message = format!("{why}; this is tried again at the end");
                Err(Failure { status: None, message, hints: Vec::new() })
            }
        }
    }

    /// Does what follows from something that was done here.
    fn follow(&mut self, commands: Vec<Cmd>, around: &Around) -> Result<Option<Option<String>>> {
        for command in commands {
            if let Some(next) = self.carry_out(command, around)? {
                return Ok(Some(next));
            }
        }
        Ok(None)
    }

    /// Gives the terminal to something else meanwhile; what came of that, and whether the terminal is ours again.
    fn away<T>(&mut self, around: &Around, act: impl FnOnce() -> T) -> (T, Result<()>) {
        around.input.pause();
        super::terminal::give_back();
        let result = act();
        let back = around.guard.enter().map_err(|error| lost(&error));
        around.input.go_on();
        self.anew = true;
        (result, back)
    }

    /// A screen as text, once everything it needs was told, or after so long. Of a recording: at its end.
    ///
    /// # Errors
    /// A size that nothing can be drawn at; a recording that could not be written.
    pub(crate) fn snapshot(mut self, (width, height): (u16, u16), patience: Duration) -> Result<String> {
        let mut commands = self.app.start();
        commands.extend(update(&mut self.app, Msg::Input(event::Event::Resize(width, height))));
        let end = Instant::now() + if self.recorded { RECORDING } else { patience };
        loop {
            commands.drain(..).filter_map(ask).for_each(|ask| self.feed.ask(ask));
            match self.newest {
                // What is printed of a recording is always the same.
                Some((newest, _)) => self.app.set_clock(newest),
                None => self.set_clock(),
            }
            commands = settle(&mut self.app);
            let left = end.saturating_duration_since(Instant::now());
            let told = match self.recorded {
                true => self.app.recorded == Some(Recording::Ended),
                false => self.app.is_told(),
            };
            if left.is_zero() || (commands.is_empty() && told && self.app.busy() == 0) {
                break;
            }
            if let Ok(message) = self.messages.recv_timeout(left.min(TICK)) {
                let more = self.take(message);
                commands.extend(more);
            }
        }
        let wrong = |_| Error::usage("nothing can be drawn");
        let mut terminal = Terminal::new(TestBackend::new(width, height)).map_err(wrong)?;
        terminal.draw(|frame| view(&self.app, frame)).map_err(wrong)?;
        match self.feed.end() {
            Some(broken) => Err(Error::usage(broken)),
            None => Ok(super::view::text(terminal.backend().buffer())),
        }
    }
}

/// Draws a frame, as one.
fn draw(screen: &mut Screen, app: &App, anew: bool) -> io::Result<()> {
    queue!(io::stdout(), BeginSynchronizedUpdate)?;
    screen.draw(anew, |frame| view(app, frame))?;
    queue!(io::stdout(), EndSynchronizedUpdate)?;
    io::stdout().flush()
}

/// What the feed is asked for by a command.
fn ask(command: Cmd) -> Option<Ask> {
    Some(match command {
        Cmd::Call(ticket, call) => Ask::Call(ticket, call),
        Cmd::Watch(source, arguments) => Ask::Watch(source, arguments),
        Cmd::Unwatch(source) => Ask::Unwatch(source),
        Cmd::Refresh(source) => Ask::Refresh(source),
        Cmd::Key(key) => Ask::Key(key),
        _ => return None,
    })
}

/// Puts a text into the clipboard of the terminal (OSC 52), also over ssh.
fn copy(text: &str) -> io::Result<()> {
    let coded = base64::engine::general_purpose::STANDARD.encode(text);
    write!(io::stdout(), "\x1b]52;c;{coded}\x07")?;
    io::stdout().flush()
}

fn lost(error: &io::Error) -> Error {
    Error::new(Kind::Usage, format!("the terminal: {error}"))
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
