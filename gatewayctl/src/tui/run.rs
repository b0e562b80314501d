//! The program: the loop between the messages and the screen, the thread that reads the terminal, and what is done outside
//! of the state.

mod editor;
mod signals;

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use crossterm::{event, queue};
use ratatui::Terminal;
use ratatui::backend::{CrosstermBackend, TestBackend};
use ratatui::layout::Rect;
use serde_json::Value;

use self::signals::Asked;
use super::app::{App, settle, update};
use super::feed::{Ask, Feed};
use super::msg::{Cmd, Failure, Msg, Ticket};
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
/// Messages that are taken in before a frame at most.
const BURST: usize = 4_096;

/// How the program ended.
pub(crate) enum End {
    /// The files that texts of the user's were kept in.
    Quit(Vec<String>),
    /// Another server is wanted, by the name of its context; what was typed since is for it.
    Context(String, Vec<event::Event>),
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
    /// The files that texts of the user's were kept in.
    pub(crate) kept: Vec<String>,
    /// What was typed before it began.
    pub(crate) typed: Vec<event::Event>,
}

impl Program<'_> {
    /// Runs until the user quits, a signal ends it or the terminal is gone.
    ///
    /// # Errors
    /// Those of the terminal.
    pub(crate) fn run(mut self) -> Result<End> {
        super::terminal::hook();
        let asked = Arc::new(Asked::default());
        signals::listen(&asked)?;
        let guard = Guard::take(self.mouse).map_err(|error| lost(&error))?;
        let mut terminal = Terminal::new(CrosstermBackend::new(io::stdout())).map_err(|error| lost(&error))?;
        let input = Input::start(self.sender.clone(), Arc::clone(&asked))?;
        let size = terminal.size().map_err(|error| lost(&error))?;
        let resized = Msg::Input(event::Event::Resize(size.width, size.height));
        let mut commands = self.app.start();
        commands.extend(update(&mut self.app, resized));
        let mut typed = std::mem::take(&mut self.typed).into_iter();
        let (mut drawn, mut ticked) = (Instant::now() - FRAME, Instant::now());
        loop {
            for command in std::mem::take(&mut commands) {
                match self.carry_out(command, &guard, &input)? {
                    Some(End::Context(name, _)) => return Ok(End::Context(name, self.left(input, typed))),
                    Some(end) => return Ok(end),
                    None => {}
                }
            }
            if asked.stops() {
                return Ok(End::Quit(self.kept));
            }
            if asked.sleep.swap(false, Ordering::Relaxed) {
                self.away(&guard, &input, |_| signals::sleep())?;
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
                Err(RecvTimeoutError::Disconnected) => return Ok(End::Quit(self.kept)),
            }
        }
    }

    /// What was typed and not taken in, once nothing more is read.
    fn left(&self, input: Input, typed: impl Iterator<Item = event::Event>) -> Vec<event::Event> {
        drop(input);
        let waiting = self.messages.try_iter().filter_map(|message| match message {
            Msg::Input(event) => Some(event),
            _ => None,
        });
        typed.chain(waiting).collect()
    }

    fn set_clock(&mut self) {
        if !self.recorded {
            return self.app.set_clock(now_ms());
        }
        if let Some((newest, told)) = self.newest {
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
        update(&mut self.app, message)
    }

    fn carry_out(&mut self, command: Cmd, guard: &Guard, input: &Input) -> Result<Option<End>> {
        match command {
            Cmd::Quit => return Ok(Some(End::Quit(std::mem::take(&mut self.kept)))),
            Cmd::Context(name) => return Ok(Some(End::Context(name, Vec::new()))),
            Cmd::Redraw => self.anew = true,
            Cmd::Sleep => self.away(guard, input, |_| signals::sleep())?,
            Cmd::Copy(text) => copy(&text).map_err(|error| lost(&error))?,
            Cmd::Edit(ticket, text) => {
                let result = self.away(guard, input, |env| editor::edit(&text, env))?;
                return self.answered(ticket, result, guard, input);
            }
            Cmd::Keep(ticket, text) => {
                let result = editor::keep(&text);
                let path = result.as_ref().ok().and_then(Value::as_str);
                self.kept.extend(path.map(str::to_owned));
                return self.answered(ticket, result, guard, input);
            }
            command => {
                if let Some(ask) = ask(command) {
                    self.feed.ask(ask);
                }
            }
        }
        Ok(None)
    }

    /// Takes in what came of something that was done here, and does what follows from it.
    fn answered(
        &mut self,
        ticket: Ticket,
        result: std::result::Result<Value, Failure>,
        guard: &Guard,
        input: &Input,
    ) -> Result<Option<End>> {
        for command in update(&mut self.app, Msg::Answer { ticket, result }) {
            if let Some(end) = self.carry_out(command, guard, input)? {
                return Ok(Some(end));
            }
        }
        Ok(None)
    }

    /// Gives the terminal to something else meanwhile.
    fn away<T>(&mut self, guard: &Guard, input: &Input, act: impl FnOnce(&Env) -> T) -> Result<T> {
        input.pause();
        super::terminal::give_back();
        let result = act(self.env);
        guard.enter().map_err(|error| lost(&error))?;
        input.go_on();
        self.anew = true;
        Ok(result)
    }

    /// A screen as text, once everything it needs was told, or after so long.
    ///
    /// # Errors
    /// A size that nothing can be drawn at.
    pub(crate) fn snapshot(mut self, (width, height): (u16, u16), patience: Duration) -> Result<String> {
        let mut commands = self.app.start();
        commands.extend(update(&mut self.app, Msg::Input(event::Event::Resize(width, height))));
        let end = Instant::now() + patience;
        loop {
            commands.drain(..).filter_map(ask).for_each(|ask| self.feed.ask(ask));
            match self.newest {
                // What is printed of a recording is always the same.
                Some((newest, _)) => self.app.set_clock(newest),
                None => self.set_clock(),
            }
            commands = settle(&mut self.app);
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || (commands.is_empty() && self.app.is_told() && self.app.busy() == 0) {
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
        Ok(super::view::text(terminal.backend().buffer()))
    }
}

/// Draws a frame. With `anew` the terminal is cleared before; nothing is asked of it, for its answer would come as a key.
fn draw(terminal: &mut Terminal<CrosstermBackend<io::Stdout>>, app: &App, anew: bool) -> io::Result<()> {
    queue!(io::stdout(), BeginSynchronizedUpdate)?;
    if anew {
        let size = terminal.size()?;
        terminal.resize(Rect { x: 0, y: 0, width: size.width, height: size.height })?;
    }
    terminal.draw(|frame| view(app, frame))?;
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

/// The thread that reads the terminal, as long as this lives. While an editor has it, nothing is read.
struct Input {
    paused: Arc<AtomicBool>,
    resting: Arc<AtomicBool>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Input {
    fn start(sender: SyncSender<Msg>, asked: Arc<Asked>) -> Result<Input> {
        let mut input = Input { paused: Arc::default(), resting: Arc::default(), over: Arc::default(), thread: None };
        let (paused, resting, over) = (Arc::clone(&input.paused), Arc::clone(&input.resting), Arc::clone(&input.over));
        let read = move || {
            while !asked.stops() && !over.load(Ordering::SeqCst) {
                resting.store(paused.load(Ordering::SeqCst), Ordering::SeqCst);
                if resting.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(10));
                    continue;
                }
                let read = match event::poll(Duration::from_millis(50)) {
                    Ok(false) => continue,
                    Ok(true) => event::read(),
                    Err(error) => Err(error),
                };
                match read {
                    Ok(event) => {
                        if !hand_over(&sender, Msg::Input(event), &over) {
                            return;
                        }
                    }
                    // The terminal is gone.
                    Err(_) => asked.stop.store(true, Ordering::Relaxed),
                }
            }
        };
        let thread = std::thread::Builder::new().name("input".to_owned()).spawn(read);
        let thread = thread.map_err(|error| Error::usage(format!("cannot start a thread: {error}")))?;
        input.thread = Some(thread);
        Ok(input)
    }

    /// Waits until nothing is read any more.
    fn pause(&self) {
        self.paused.store(true, Ordering::SeqCst);
        let end = Instant::now() + Duration::from_millis(500);
        while !self.resting.load(Ordering::SeqCst) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn go_on(&self) {
        self.paused.store(false, Ordering::SeqCst);
    }
}

impl Drop for Input {
    /// Waits until nothing is read any more: whatever is read later is for somebody else.
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Sends a message when there is room for it; `false` where nobody takes any more.
fn hand_over(sender: &SyncSender<Msg>, mut message: Msg, over: &AtomicBool) -> bool {
    loop {
        message = match sender.try_send(message) {
            Ok(()) => return true,
            Err(TrySendError::Disconnected(_)) => return false,
            Err(TrySendError::Full(_)) if over.load(Ordering::SeqCst) => return false,
            Err(TrySendError::Full(message)) => message,
        };
        std::thread::sleep(Duration::from_millis(1));
    }
}
