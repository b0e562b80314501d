//! The admin tool of the gateway. All of it is in the library, so that tests run it without a process.

use std::process::ExitCode;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(gatewayctl::report_panic));
    ExitCode::from(gatewayctl::run(std::env::args_os(), gatewayctl::World::of_process()))
}
