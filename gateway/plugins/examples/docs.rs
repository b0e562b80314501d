//! Writes `docs/plugins/*.md` out of the schemas and what the plugins say about themselves; or the same into another folder, if
//! one is named.

use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    let folder = std::env::args_os()
        .nth(1)
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/plugins"), PathBuf::from);
    std::fs::create_dir_all(&folder)?;
    for page in gateway_plugins::pages() {
        std::fs::write(folder.join(format!("{}.md", page.name)), page.text)?;
    }
    Ok(())
}
