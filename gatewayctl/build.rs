//! Notes what the binary was built from, for `gatewayctl version` (built from an archive without git, it says "unknown"), and
//! takes the schemas of the gateway's plugins in, for checks without a server, and their pages, for `gatewayctl plugins docs`.

use std::path::Path;
use std::process::Command;

fn main() -> std::io::Result<()> {
    // Not the branch's own file: a commit during work need not rebuild the tool, a release is built from scratch.
    let head = "../.git/HEAD";
    println!("cargo::rerun-if-changed={}", if Path::new(head).exists() { head } else { "build.rs" });
    let git = run(&["rev-parse", "--short=12", "HEAD"]);
    // The day of the commit and not of the build: the same sources give the same binary.
    let date = run(&["log", "-1", "--format=%cs"]);
    println!("cargo::rustc-env=GATEWAYCTL_GIT={}", git.as_deref().unwrap_or("unknown"));
    println!("cargo::rustc-env=GATEWAYCTL_BUILD_DATE={}", date.as_deref().unwrap_or("unknown"));
    println!("cargo::rustc-env=GATEWAYCTL_TARGET={}", std::env::var("TARGET").unwrap_or_default());
    plugin_pages();
    plugins()
}

/// Writes a list of the schemas' files, which the tool includes.
fn plugins() -> std::io::Result<()> {
    let root = std::path::absolute("../gateway/plugins/src")?;
    let folder = root.join("schemas");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    let mut list = String::from("&[\n");
    for name in names.iter().filter(|name| name.ends_with(".json")) {
        let path = folder.join(name);
        println!("cargo::rerun-if-changed={}", path.display());
        list.push_str(&format!("    ({name:?}, include_str!({:?})),\n", path.display().to_string()));
    }
    list.push_str("]\n");
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR").unwrap_or_default());
    std::fs::write(out.join("plugins.rs"), list)
}

fn run(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// The pages of the plugins, as `(name, text)` in the order of their names. They are in the repository beside the tool, and in no
/// archive of the tool alone, which then has none.
fn plugin_pages() {
    let folder = Path::new("../docs/plugins");
    println!("cargo::rerun-if-changed={}", folder.display());
    let files = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|file| file.path());
    let mut pages: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    pages.sort();
    let mut code = String::from("&[\n");
    for path in pages {
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        if let Ok(whole) = path.canonicalize()
            && name != "README"
        {
            code.push_str(&format!("    ({name:?}, include_str!({:?})),\n", whole.display().to_string()));
        }
    }
    code.push_str("]\n");
    let out = std::env::var_os("OUT_DIR").unwrap_or_default();
    if let Err(error) = std::fs::write(Path::new(&out).join("plugin_pages.rs"), code) {
        println!("cargo::error=cannot write the pages of the plugins: {error}");
    }
}
