//! The gateway binary.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use gateway::boot;
use gateway::cli::{self, Cli, Command, RunArgs};
use gateway::config::{self, Built};
use gateway::demo;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => ExitCode::from(code),
        // A closed pipe is the reader's decision.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "gateway: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(args: RunArgs, demo: bool) -> io::Result<u8> {
    boot::run(args, demo).map(|()| 0).map_err(io::Error::other)
}

fn run(cli: Cli) -> io::Result<u8> {
    let mut out = io::stdout();
    match cli.command {
        Some(Command::Check(args)) => {
            let definitions = gateway_plugins::definitions();
            let names: Vec<&str> = definitions.iter().map(|d| &*d.spec.name).collect();
            cli::check(&args.config, args.output, Built { plugins: &names }, &mut out)
        }
        Some(Command::ConfigReference) => out.write_all(config::reference().as_bytes()).map(|()| 0),
        Some(Command::Version) => writeln!(out, "{}", cli::version()).map(|()| 0),
        Some(Command::Demo(args)) => serve(demo::in_own_directory(args, &|name| std::env::var(name).ok()), true),
        None => serve(cli.run, false),
    }
}
