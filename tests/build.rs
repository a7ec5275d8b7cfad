//! Gathers the Rust code in the README and the guides, so that `tests/documentation.rs` compiles what readers copy.
#![allow(clippy::print_stdout, reason = "cargo listens to a build script's standard output")]

use std::path::Path;
use std::{env, fs, io};

const PAGES: [(&str, &str); 3] = [
    ("readme", "README.md"),
    ("guide_for_apps", "docs/guide/wallet.md"),
    ("guide_for_back_ends", "docs/guide/back-end.md"),
];

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut functions = String::new();
    for (name, page) in PAGES {
        let page = root.join(page);
        println!("cargo::rerun-if-changed={}", page.display());
        let code = rust_blocks(&fs::read_to_string(&page)?);
        if code.is_empty() {
            return Err(io::Error::other(format!("{} has no Rust code", page.display())));
        }
        // The blocks of a page belong together. What a player types comes from outside.
        functions.push_str(&format!(
            "async fn {name}(number: String, cvc: String) -> Result<(), Box<dyn std::error::Error>> {{\n{code}Ok(())\n}}\n"
        ));
    }
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?;
    fs::write(Path::new(&out).join("documentation.rs"), functions)
}

/// The lines between "```rust" and "```".
fn rust_blocks(page: &str) -> String {
    let mut inside = false;
    let mut code = String::new();
    for line in page.lines() {
        match line {
            "```rust" => inside = true,
            "```" => inside = false,
            line if inside => code.extend([line, "\n"]),
            _ => {}
        }
    }
    code
}
