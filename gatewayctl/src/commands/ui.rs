//! `gatewayctl ui`: the terminal UI.

use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use super::App;
use crate::context;
use crate::error::{Error, Result};
use crate::tui::app::{Options, Recording};
use crate::tui::feed::{self, Feed, Recorded};
use crate::tui::keys::Bindings;
use crate::tui::run::{Next, Program, Texts};
use crate::tui::theme::{Depth, Glyphs, Theme};
use crate::tui::{self, screens};

/// Messages that wait for the screen at most: live, and of a recording, which can be read at any time.
const WAITING: (usize, usize) = (256, 2);
/// How long a snapshot waits for what it shows.
const PATIENCE: Duration = Duration::from_secs(2);

/// Watch and change the gateway on a live screen
#[derive(Debug, clap::Args)]
#[command(
    visible_aliases = ["tui", "dash"],
    long_about = "Watch and change the gateway on a live screen

Traffic, routes, upstreams, consumers, certificates, plugins, requests as they come, RPC services, registries, changes and the \
log. ? shows the keys of a screen, : goes to one by name, / filters, q quits.",
    before_help = "Examples:
  gatewayctl ui
  gatewayctl ui --screen traffic --read-only
  gatewayctl ui --snapshot overview 120x40",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// The first screen [default: overview]
    #[arg(long, value_name = "NAME")]
    screen: Option<String>,
    /// How often numbers are told [default: 1s]
    #[arg(long, value_name = "DUR")]
    refresh: Option<String>,
    /// default, light, high-contrast, mono, solarized, nord, deuteranopia, tritanopia, or a file of yours
    #[arg(long, value_name = "NAME")]
    theme: Option<String>,
    /// Change nothing on the server
    #[arg(long)]
    read_only: bool,
    /// Use ASCII characters only
    #[arg(long)]
    ascii: bool,
    /// Leave the mouse to the terminal
    #[arg(long)]
    no_mouse: bool,
    /// Store everything that the server tells in a file
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    record: Option<PathBuf>,
    /// Show a recording in the place of a server
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Print one screen as text and end
    #[arg(long, num_args = 2, value_names = ["SCREEN", "WxH"])]
    snapshot: Option<Vec<String>>,
}

/// Shows it until the user quits or goes to another server; `typed` is taken in first.
///
/// # Errors
/// Usage: no terminal, an unknown screen or theme, keys that clash.
pub(crate) fn run(args: &Args, app: &App<'_>, typed: Vec<crossterm::event::Event>) -> Result<Option<Next>> {
    let snapshot = args.snapshot.as_deref().map(snapshot).transpose()?;
    if snapshot.is_none() && !app.tty.stdout {
        return Err(Error::usage("the terminal UI needs a terminal on stdout")
            .hint("gatewayctl ui --snapshot overview 120x40 prints a screen as text"));
    }
    let file = context::load(app.settings.file.as_deref(), app.env)?;
    let screen = match &snapshot {
        Some((screen, _)) => screen,
        None => screen_of(args.screen.as_deref().unwrap_or("overview"))?,
    };
    let depth = Depth::of(app.env, context::colors(None, app.env, app.tty.stdout));
    let theme = args.theme.clone().unwrap_or_else(|| file.tui.theme.clone());
    let refresh = refresh(args, file.tui.refresh)?;
    let known = app.settings.context.as_deref();
    let known = known.filter(|_| args.replay.is_none());
    let stored = file.contexts.iter().find(|context| Some(context.name.as_str()) == known);
    // Of a recording the server and its name are those of whoever made it.
    let of = match &args.replay {
        Some(file) => Feed::recorded(file)?,
        None => {
            let host = crate::client::shown_host(&app.settings.admin);
            Recorded { context: known.map_or_else(|| host.clone(), str::to_owned), server: host }
        }
    };
    let options = Options {
        context: of.context,
        server: of.server,
        theme: theme.clone(),
        accent: stored.and_then(|context| context.color),
        depth,
        glyphs: Glyphs::of(args.ascii, app.env),
        bindings: Bindings::new(&file.tui.keys)?,
        read_only: args.read_only || app.settings.read_only || args.replay.is_some(),
        confirm: app.settings.confirm,
        screen,
        refresh,
        contexts: file.contexts.iter().map(|of| (of.name.clone(), of.server.clone().unwrap_or_default())).collect(),
        env: app.env.clone(),
    };
    let mut state = tui::app::App::new(options, Theme::load(&theme, depth, app.env)?);
    state.recorded = args.replay.is_some().then_some(Recording::Told);
    let (sender, messages) = mpsc::sync_channel(if args.replay.is_some() { WAITING.1 } else { WAITING.0 });
    let feed = match &args.replay {
        Some(file) => {
            // Measurements show an hour at once.
            let speed = app.env.get("GATEWAYCTL_REPLAY_SPEED").and_then(|speed| speed.parse().ok()).unwrap_or(1.0);
            Feed::replay(file, if snapshot.is_some() { 0.0 } else { speed }, sender.clone())?
        }
        None => {
            let options = feed::Options { refresh, record: args.record.clone() };
            Feed::start(app.settings, &mut **app.stdin.borrow_mut(), sender.clone(), options)?
        }
    };
    let program = Program {
        app: state,
        feed,
        messages,
        sender,
        env: app.env,
        mouse: !args.no_mouse && file.tui.mouse,
        recorded: args.replay.is_some(),
        newest: None,
        prompt: false,
        // Others may have left something on the other screen of the terminal.
        anew: true,
        texts: Texts::default(),
        typed,
    };
    if let Some((_, size)) = snapshot {
        let text = program.snapshot(size, PATIENCE)?;
        return app.out.bytes(text.as_bytes()).map(|()| None);
    }
    let end = program.run();
    for told in &end.told {
        // Where the user's work is has to be known, whatever --quiet says.
        app.out.error(&format!("{told}\n"));
    }
    end.die();
    end.next
}

/// How often numbers are told; `usual` where nothing was typed.
fn refresh(args: &Args, usual: Duration) -> Result<Duration> {
    let Some(text) = args.refresh.as_deref() else { return Ok(usual) };
    let typed = context::duration("--refresh", text)?;
    typed.ok_or_else(|| Error::usage("--refresh needs a time above 0").hint("like 500ms, 1s or 2m"))
}

fn screen_of(name: &str) -> Result<&'static str> {
    screens::find(name).map(|entry| entry.name).ok_or_else(|| {
        let error = Error::usage(format!("unknown screen \"{name}\""));
        match crate::suggest::hint(name, screens::ALL.iter().map(|entry| entry.name)) {
            Some(hint) => error.hint(hint),
            None => error,
        }
    })
}

/// `overview 120x40`
fn snapshot(words: &[String]) -> Result<(&'static str, (u16, u16))> {
    let [screen, size] = words else { return Err(Error::usage("--snapshot needs a screen and a size")) };
    let read =
        size.split_once(['x', 'X']).and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    match read {
        Some((width @ 1..=1_000, height @ 1..=1_000)) => Ok((screen_of(screen)?, (width, height))),
        _ => Err(Error::usage(format!("\"{size}\" is no size")).hint("sizes are like 120x40")),
    }
}
