//! Long pages go through the user's pager: on a terminal only, and only if they are longer than the screen.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::world::{Env, Terminal};

/// Whether and through what pages are shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pager {
    command: Option<String>,
    height: usize,
}

impl Pager {
    /// `GATEWAYCTL_PAGER`, then `PAGER`, then `less`; `cat` and `--no-pager` are none.
    pub(crate) fn of(env: &Env, terminal: Terminal, off: bool) -> Pager {
        let Some(height) = terminal.height.filter(|_| terminal.stdout && !off) else { return Pager::default() };
        let command = env.get("GATEWAYCTL_PAGER").or_else(|| env.get("PAGER")).unwrap_or_else(|| "less".to_owned());
        let capable = env.get("TERM").as_deref() != Some("dumb");
        Pager { command: (capable && command.trim() != "cat").then_some(command), height }
    }

    /// Shows a page; `false` if it was not, and is to be printed as it is.
    pub(crate) fn show(&self, page: &str) -> bool {
        let Some(command) = self.command.as_deref().filter(|_| page.lines().count() >= self.height) else {
            return false;
        };
        let shell: (&str, &str) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
        let mut child = Command::new(shell.0);
        child.args([shell.1, command]).stdin(Stdio::piped());
        if std::env::var_os("LESS").is_none() {
            // Colours as they are, no pager for what fits, the screen as it was.
            child.env("LESS", "FRX");
        }
        let Ok(mut child) = child.spawn() else { return false };
        if let Some(mut stdin) = child.stdin.take() {
            // Whoever quits the pager early has seen enough.
            let _ = stdin.write_all(page.as_bytes());
        }
        child.wait().is_ok_and(|status| status.code() != Some(127))
    }
}
