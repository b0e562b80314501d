//! Release builds keep the functions that run together in one place of the program: `code-order.txt` names them.
//!
//! A kernel maps sixteen pages around each page of code that is touched. Requests, start and Admin API run some three thousand
//! functions in all, which would lie spread over the whole text: 5 MiB of an idle process were code that nobody runs. Names that the
//! linker does not find change nothing, so the list may be older than the code; `benches/code_order.py` makes it anew.
//!
//! `GATEWAY_CODE_ORDER=off` leaves it to the linker, for one that takes no linker scripts.
//!
//! And it notes what the binary was built from, for `live/info`; built from an archive without git, it says "unknown".

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::{env, fs, io};

const LIST: &str = "code-order.txt";
const SWITCH: &str = "GATEWAY_CODE_ORDER";

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed={LIST}");
    println!("cargo:rerun-if-env-changed={SWITCH}");
    note_origin();
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|v| v == value);
    if !is("PROFILE", "release") || !is("CARGO_CFG_TARGET_OS", "linux") || is(SWITCH, "off") {
        return Ok(());
    }
    let script = Path::new(&env::var("OUT_DIR").map_err(io::Error::other)?).join("code-order.ld");
    fs::write(&script, linker_script(&fs::read_to_string(LIST)?))?;
    for arg in ["-T".as_ref(), script.as_path()] {
        println!("cargo:rustc-link-arg-bin=gateway={}", arg.display());
    }
    Ok(())
}

fn note_origin() {
    // Not the branch's own file: a commit during work need not rebuild everything, a release is built from scratch.
    let head = "../../.git/HEAD";
    if Path::new(head).exists() {
        println!("cargo:rerun-if-changed={head}");
    }
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
        let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        (!text.is_empty()).then_some(text)
    };
    let unknown = || "unknown".to_owned();
    let git = said("git", &["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(unknown);
    let compiler = env::var("RUSTC").ok().and_then(|rustc| said(&rustc, &["--version"])).unwrap_or_else(unknown);
    println!("cargo:rustc-env=GATEWAY_GIT={git}");
    println!("cargo:rustc-env=GATEWAY_RUST={}", compiler.trim_start_matches("rustc "));
}

/// Puts the groups of the list, parted by empty lines, before all other code. Cold functions have a section of another name.
fn linker_script(list: &str) -> String {
    let mut script = String::from("SECTIONS {\n.text.used : {\n");
    for group in list.split("\n\n") {
        script.push_str("*(\n");
        for name in group.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let _ = writeln!(script, ".text.{name} .text.unlikely.{name}");
        }
        script.push_str(")\n");
    }
    script.push_str("}\n}\nINSERT BEFORE .text;\n");
    script
}
