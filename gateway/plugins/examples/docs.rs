//! Writes `docs/plugins/*.md` out of the schemas and what the plugins say about themselves.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/plugins");
    std::fs::create_dir_all(&folder)?;
    for page in gateway_plugins::pages() {
        std::fs::write(folder.join(format!("{}.md", page.name)), page.text)?;
    }
    Ok(())
}
