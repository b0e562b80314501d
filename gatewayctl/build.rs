//! Notes what the binary was built from, for `gatewayctl version`. Built from an archive without git, it says "unknown".

use std::path::Path;
use std::process::Command;

fn main() {
    // Not the branch's own file: a commit during work need not rebuild the tool, a release is built from scratch.
    let head = "../.git/HEAD";
    println!("cargo::rerun-if-changed={}", if Path::new(head).exists() { head } else { "build.rs" });
    let git = run(&["rev-parse", "--short=12", "HEAD"]);
    // The day of the commit and not of the build: the same sources give the same binary.
    let date = run(&["log", "-1", "--format=%cs"]);
    println!("cargo::rustc-env=GATEWAYCTL_GIT={}", git.as_deref().unwrap_or("unknown"));
    println!("cargo::rustc-env=GATEWAYCTL_BUILD_DATE={}", date.as_deref().unwrap_or("unknown"));
    println!("cargo::rustc-env=GATEWAYCTL_TARGET={}", std::env::var("TARGET").unwrap_or_default());
}

fn run(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
