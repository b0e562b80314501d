//! The admin tool of the gateway: looks at and changes a running gateway through its Admin API.
//!
//! [`run`] is the whole tool as a function of its arguments and its [`World`]. From the outside in: [`cli`] says what can
//! be typed, [`context`] which server is meant, [`commands`] what is done (one file a command), [`admin`] and [`client`]
//! how the server is asked, [`output`] and [`error`] how the answer is told.

mod admin;
#[cfg(test)]
mod audit;
mod call;
mod certificate;
mod cli;
mod client;
mod commands;
mod complete;
mod concurrent;
mod context;
mod defaults;
mod error;
mod files;
mod filter;
mod generated;
mod groups;
mod input;
mod links;
mod lint;
mod normal;
mod openapi;
mod output;
pub mod parsers;
mod private;
mod refusal;
mod resources;
mod schema;
mod signals;
mod stop;
mod stream;
mod suggest;
#[allow(dead_code, reason = "screens that use all of it follow")]
mod tui;
mod usage;
mod world;

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{Read, Write as _};

use clap::{CommandFactory, FromArgMatches};
use cli::{Cli, Command, Version};
use commands::App;
use commands::local::Local;
use context::Settings;
use error::{Error, Kind, Result};
pub use generated::{completions, pages, reference};
use output::clock::Now;
use output::look::Look;
use output::pager::Pager;
use output::{Out, Printer, Style};
use world::Terminal as Tty;
pub use world::{Env, Terminal, World};

/// Runs the tool with the arguments of a process (the first is its name) and returns its exit code.
pub fn run(args: impl IntoIterator<Item = OsString>, world: World) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    if let Some(shell) = world.env.get(complete::VARIABLE) {
        let mut stdout = world.stdout;
        // Nobody who types is to read an error.
        let _ = stdout.write_all(&complete::answer(&shell, &args, &world.env)).and_then(|()| stdout.flush());
        return 0;
    }
    let form = usage::error_form(&args, &world.env);
    let mut out = Out::new(world.stdout, world.stderr);
    out.set_style(Style {
        color_stderr: context::colors(None, &world.env, world.terminal.stderr),
        look: look(None, &world.env, world.terminal),
        ..Style::default()
    });
    let around = Around { env: &world.env, stdin: RefCell::new(world.stdin), tty: world.terminal, now: world.now };
    let result = dispatch(&args, &around, &mut out).and_then(|code| out.flush().map(|()| code));
    match result {
        Ok(code) => code,
        Err(error) => {
            let error = beside_lost_output(error, &out);
            out.error(&error.print(form, |label| out.paint_stderr("1;31", label)));
            error.kind().code()
        }
    }
}

/// The failure, and that what was printed before it could not be written: an answer that nobody has got is none, and the
/// code is that of the output.
fn beside_lost_output(error: Error, out: &Out) -> Error {
    match out.flush() {
        Err(lost) if lost.kind() != Kind::BrokenPipe && lost.message() != error.message() => {
            let answers = error.kind() == Kind::Negative;
            let both = if answers { vec![lost, error] } else { vec![error, lost] };
            Error::all(both).unwrap_or_else(|| Error::usage("cannot write the output"))
        }
        _ => error,
    }
}

/// Tells about a defect of the tool: where the backtrace is and nothing that could be a secret.
pub fn report_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let backtrace = std::backtrace::Backtrace::force_capture();
    let path = std::env::temp_dir().join(format!("gatewayctl-{}.backtrace", std::process::id()));
    let version = env!("CARGO_PKG_VERSION");
    let text = format!("gatewayctl {version} at {place}\n{backtrace}\n");
    let mut told = format!("gatewayctl {version} hit a defect of its own at {place}\n");
    // A new file only: another user may have put a link there.
    let mut file = std::fs::OpenOptions::new();
    if let Ok(mut file) = file.write(true).create_new(true).open(&path)
        && std::io::Write::write_all(&mut file, text.as_bytes()).is_ok()
    {
        told.push_str(&format!("hint: please report it with the backtrace in {}\n", path.display()));
    }
    let _ = std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes());
}

/// The parts of the world that commands share.
struct Around<'a> {
    env: &'a Env,
    stdin: RefCell<Box<dyn Read + Send>>,
    tty: Tty,
    now: i64,
}

fn dispatch(args: &[OsString], around: &Around<'_>, out: &mut Out) -> Result<u8> {
    let env = around.env;
    let cli = match usage::parse(args, env, around.tty.width)? {
        usage::Parsed::Cli(cli) => *cli,
        usage::Parsed::Help(text) => {
            let look = out.look();
            let text = if look.color { text.ansi().to_string() } else { text.to_string() };
            return out.bytes(look.fold(&look.own(&text)).as_bytes()).map(|()| 0);
        }
        usage::Parsed::Topic(text) => {
            out.set_pager(Pager::of(env, around.tty, args.iter().any(|arg| arg == "--no-pager")));
            return out.page(&out.look().own(&text)).map(|()| 0);
        }
    };
    out.set_style(Style {
        quiet: cli.global.quiet,
        verbose: context::verbosity(cli.global.verbose, env),
        look: look(cli.global.color, env, around.tty),
        color_stderr: context::colors(cli.global.color, env, around.tty.stderr),
    });
    out.set_pager(Pager::of(env, around.tty, cli.global.no_pager));
    if cli.version == Version::Tool {
        return print_version(&cli.global, around, out).map(|()| 0);
    }
    match cli.command {
        None => {
            let width = help_width(around.tty.width);
            out.error(&groups::grouped(Cli::command(), width).term_width(width).render_help().to_string());
            Ok(Kind::Usage.code())
        }
        // Neither needs a server, so neither fails for a broken configuration file.
        Some(Command::Completion(args)) => {
            one_form(&cli.global, "a completion script")?;
            commands::completion::run(&args, out).map(|()| 0)
        }
        Some(Command::Man(args)) => {
            one_form(&cli.global, "a manual page")?;
            commands::man::run(&args, out).map(|()| 0)
        }
        Some(Command::Version(args)) if args.client => print_version(&cli.global, around, out).map(|()| 0),
        Some(Command::Context(args)) if !matches!(args.command, commands::context::Command::Test { .. }) => {
            commands::context::run(&args, &local(&cli.global, around, out)?).map(|()| 0)
        }
        Some(Command::ConfigFile(args)) => {
            commands::config_file::run(&args, &local(&cli.global, around, out)?).map(|()| 0)
        }
        Some(Command::Config(args)) if args.is_local() => {
            commands::config::run_local(&args, &local(&cli.global, around, out)?).map(|()| 0)
        }
        Some(Command::Convert(args)) => commands::convert::run(&args, &local(&cli.global, around, out)?).map(|()| 0),
        Some(Command::Alias(args)) => commands::alias::run(&args, &local(&cli.global, around, out)?).map(|()| 0),
        Some(Command::Context(args)) => {
            let mut global = cli.global;
            if let commands::context::Command::Test { name } = &args.command {
                global.context = name.clone().or(global.context);
            }
            let settings = Settings::resolve(&global, env)?;
            with_server(Command::Context(args), &settings, around, out).map(|()| 0)
        }
        Some(Command::Doctor(args)) => match Settings::resolve(&cli.global, env) {
            Ok(settings) => with_server(Command::Doctor(args), &settings, around, out).map(|()| 0),
            // What is broken is what it is to tell.
            Err(error) => {
                commands::doctor::without_settings(&error, &local(&cli.global, around, out)?)?;
                Ok(0)
            }
        },
        Some(Command::Ui(args)) => {
            one_form(&cli.global, "the terminal UI")?;
            ui(&args, cli.global, around, out).map(|()| 0)
        }
        Some(command) => {
            let mut global = cli.global;
            if let Command::Certs(args) = &command {
                commands::certs::claim(args, &mut global);
            }
            with_server(command, &Settings::resolve(&global, env)?, around, out).map(|()| 0)
        }
    }
}

/// Refuses `-o` of a command whose output has one form alone; what holds for all commands is not about it.
fn one_form(global: &cli::Global, what: &str) -> Result<()> {
    match &global.output {
        Some(output) if !output.format.is_human() => {
            Err(Error::usage(format!("-o {}: {what} has one form alone", output.format.word())))
        }
        _ => Ok(()),
    }
}

/// How data looks where it goes to.
fn look(color: Option<cli::Color>, env: &Env, tty: Tty) -> Look {
    Look {
        width: tty.width.filter(|_| tty.stdout),
        ascii: output::look::is_ascii(env),
        color: context::colors(color, env, tty.stdout),
    }
}

/// What commands work with that need no server.
fn local<'a>(global: &'a cli::Global, around: &'a Around<'_>, out: &'a Out) -> Result<Local<'a>> {
    context::check_env(around.env)?;
    let printing = context::printing(global, around.env, &None)?;
    let (stdin, now) = (&around.stdin, around.now);
    Ok(Local { global, env: around.env, out, tty: around.tty, printing, stdin, now })
}

/// The version of the tool alone, which needs no configuration file.
fn print_version(global: &cli::Global, around: &Around<'_>, out: &Out) -> Result<()> {
    let printing = context::printing(global, around.env, &None)?;
    let printer = Printer { out, printing: &printing };
    commands::version::print_client(&printer)
}

/// The terminal UI, on one server after the other.
fn ui(args: &commands::ui::Args, mut global: cli::Global, around: &Around<'_>, out: &Out) -> Result<()> {
    let mut typed = Vec::new();
    loop {
        let settings = Settings::resolve(&global, around.env)?;
        let before = std::mem::take(&mut typed);
        match on_server(&settings, around, out, |app| commands::ui::run(args, app, before))? {
            None => return Ok(()),
            Some((context, since)) => {
                typed = since;
                // The address of the server before is not that of the next.
                global = cli::Global { context: Some(context), config: global.config, ..cli::Global::default() };
            }
        }
    }
}

/// Does something with a server, after what there is to warn of.
fn on_server<T>(
    settings: &Settings,
    around: &Around<'_>,
    out: &Out,
    work: impl FnOnce(&App<'_>) -> Result<T>,
) -> Result<T> {
    for warning in &settings.warnings {
        out.warn(warning);
    }
    if around.tty.stderr {
        for hint in &settings.hints {
            out.note(&format!("hint: {hint}"));
        }
    }
    let client = client::Client::new(settings, out, &around.stdin);
    work(&App {
        settings,
        out,
        client: &client,
        admin: admin::Admin::new(&client, settings),
        stdin: &around.stdin,
        tty: around.tty,
        now: Now::at(around.now).relative(around.tty.stdout),
        env: around.env,
    })
}

fn with_server(command: Command, settings: &Settings, around: &Around<'_>, out: &Out) -> Result<()> {
    on_server(settings, around, out, |app| run_command(command, app, out))
}

fn run_command(command: Command, app: &App<'_>, out: &Out) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::usage(format!("cannot start: {error}")))?;
    runtime.block_on(async {
        match command {
            Command::Get(args) => commands::get::run(&args, app).await,
            Command::Describe(args) => commands::describe::run(&args, app).await,
            Command::Wait(args) => commands::wait::run(&args, app).await,
            Command::Explain(args) => commands::explain::run(&args, app).await,
            Command::Tree(args) => commands::tree::run(&args, app).await,
            Command::Create(args) => commands::create::run(&args, app).await,
            Command::Edit(args) => commands::edit::run(&args, app).await,
            Command::Patch(args) => commands::patch::run(&args, app).await,
            Command::Label(args) => commands::label::run(&args, app).await,
            Command::Enable(args) => commands::toggle::run(&args.args, true, app).await,
            Command::Disable(args) => commands::toggle::run(&args.args, false, app).await,
            Command::Apply(args) => commands::apply::run(&args, app).await,
            Command::Delete(args) => commands::delete::run(&args, app).await,
            Command::Config(args) => commands::config::run(&args, app).await,
            Command::Import(args) => commands::import::run(&args, app).await,
            Command::Bench(args) => commands::bench::run(&args, app).await,
            Command::Traffic(args) => commands::traffic::run(&args, app).await,
            Command::Test(args) => commands::test::run(&args, app).await,
            Command::Trace(args) => commands::trace::run(&args, app).await,
            Command::Api(args) => commands::api::run(&args, app).await,
            Command::Status(args) => commands::status::run(&args, app).await,
            Command::Health(args) => commands::health::run(&args, app).await,
            Command::Logs(args) => commands::logs::run(&args, app).await,
            Command::Events(args) => commands::events::run(&args, app).await,
            Command::Metrics(args) => commands::metrics::run(&args, app).await,
            Command::Ping(args) => commands::ping::run(&args, app).await,
            Command::Doctor(_) => commands::doctor::run(app).await,
            Command::Certs(args) => commands::certs::run(&args, app).await,
            Command::Plugins(args) => commands::plugins::run(&args, app).await,
            Command::Discovery(args) => commands::discovery::run(&args, app).await,
            Command::Consumers(args) => commands::consumers::run(&args, app).await,
            Command::Secrets(args) => commands::secrets::run(&args, app).await,
            Command::Dubbo(args) => commands::dubbo::run(&args, app).await,
            Command::Grpc(args) => commands::grpc::run(&args, app).await,
            Command::Version(_) => commands::version::run(app).await,
            Command::Completion(args) => commands::completion::run(&args, out),
            Command::Man(args) => commands::man::run(&args, out),
            Command::Context(_) => commands::context::test(app).await,
            // Run before there was a server, or with a runtime of its own.
            Command::ConfigFile(_) | Command::Alias(_) | Command::Convert(_) | Command::Ui(_) => Ok(()),
        }
    })
}

/// Parses nothing and does nothing else than build the command line; for tests and generated files.
pub(crate) fn command_line() -> clap::Command {
    Cli::command()
}

/// How wide help is: as the terminal, or 100 columns where there is none.
fn help_width(width: Option<usize>) -> usize {
    width.unwrap_or(100).clamp(40, 110)
}

/// Reads the arguments; help is wrapped to the terminal, or to 100 columns where there is none. `last_wins`: a flag that is
/// there twice has its last value, in the place of being refused.
pub(crate) fn try_parse(
    args: &[OsString],
    width: Option<usize>,
    last_wins: bool,
) -> std::result::Result<Cli, clap::Error> {
    let width = help_width(width);
    let command = groups::grouped(Cli::command(), width).term_width(width).args_override_self(last_wins);
    Cli::from_arg_matches(&command.try_get_matches_from(usage::glued(args))?)
}
