//! A program that takes one crate needs no other: the README of each scheme's crate compiles with that crate as its only
//! dependency.

use std::fs;
use std::path::Path;
use std::process::Command;

const CRATES: [&str; 8] = ["aws-sigv4", "basic", "digest", "edgegrid", "hawk", "ntlm", "oauth1", "oauth2"];

/// The README's Rust blocks as the bodies of functions; what rustdoc hides is code too.
fn program(readme: &str) -> String {
    let mut program = String::from("#![allow(unused)]\nfn main() {}\n");
    let blocks = readme.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    for (number, block) in blocks.enumerate() {
        let code: Vec<_> = block.lines().map(|line| line.strip_prefix("# ").unwrap_or(line)).collect();
        let body = code.join("\n");
        program += &format!("fn readme_{number}() -> Result<(), Box<dyn std::error::Error>> {{\n{body}\n}}\n");
    }
    assert!(program.contains("readme_0"), "the README shows no Rust");
    program
}

#[test]
#[ignore = "builds a package per crate"]
fn readmes_compile_with_one_dependency() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("one-dependency");
    let _ = fs::remove_dir_all(&dir);
    for name in CRATES {
        let crate_dir = root.join("crates").join(name);
        let package = dir.join(name);
        fs::create_dir_all(package.join("src")).unwrap();
        let manifest = format!(
            "[package]\nname = \"only-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
             countersign-{name} = {{ path = {crate_dir:?} }}\n"
        );
        fs::write(package.join("Cargo.toml"), manifest).unwrap();
        fs::write(package.join("src/main.rs"), program(&fs::read_to_string(crate_dir.join("README.md")).unwrap()))
            .unwrap();
    }
    let members: Vec<_> = CRATES.iter().map(|name| format!("{name:?}")).collect();
    fs::write(dir.join("Cargo.toml"), format!("[workspace]\nresolver = \"3\"\nmembers = [{}]\n", members.join(", ")))
        .unwrap();
    fs::copy(root.join("Cargo.lock"), dir.join("Cargo.lock")).unwrap();
    // Each by itself: together, one crate's features could help another.
    for name in CRATES {
        let output = Command::new(std::env::var("CARGO").unwrap())
            .args(["check", "--quiet", "--offline", "--package", &format!("only-{name}")])
            .current_dir(&dir)
            .env("CARGO_TARGET_DIR", dir.join("target"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
