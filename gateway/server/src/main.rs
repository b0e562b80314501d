//! The gateway binary.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use gateway::cli::{self, Cli, Command};
use gateway::config::{self, Built};

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

fn run(cli: Cli) -> io::Result<u8> {
    let mut out = io::stdout().lock();
    match cli.command {
        Some(Command::Check(args)) => cli::check(&args.config, args.output, Built::default(), &mut out),
        Some(Command::ConfigReference) => out.write_all(config::reference().as_bytes()).map(|()| 0),
        Some(Command::Version) => writeln!(out, "{}", cli::version()).map(|()| 0),
        Some(Command::Demo(_)) | None => Err(io::Error::other("this build serves nothing yet")),
    }
}
