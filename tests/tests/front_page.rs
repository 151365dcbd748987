//! The three examples of the README compile in a package that has the two crates which the page says to add, and the client.

use std::fs;
use std::path::Path;
use std::process::Command;

/// What each block leaves to the reader: their own `send`, and their own client.
const FRAMES: [(&str, &str); 3] = [
    ("fn sign() -> Result<(), Box<dyn std::error::Error>> {", "Ok(()) }"),
    (
        "fn send(_: http::Request<Payload>) -> Result<http::Response<Vec<u8>>, countersign::Error> { unimplemented!() }\n\
         fn converse() -> Result<(), Box<dyn std::error::Error>> {",
        "Ok(()) }",
    ),
    (
        "async fn over_reqwest(client: reqwest::Client, auth: Authenticator) -> Result<(), Box<dyn std::error::Error>> {",
        "Ok(()) }",
    ),
];

#[test]
#[ignore = "builds a package"]
fn the_examples_compile_as_a_reader_pastes_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let blocks: Vec<_> = readme.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(blocks.len(), FRAMES.len(), "each example has its frame here");
    let mut program = String::from(
        "#![allow(unused)]\nuse countersign::{AuthConfig, Authenticator, Payload, http};\nuse countersign_reqwest::SendWith as _;\nfn main() {}\n",
    );
    for (block, (head, tail)) in blocks.iter().zip(FRAMES) {
        program += &format!("{head}\n{block}\n{tail}\n");
    }

    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("front-page");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(dir.join("src")).unwrap();
    let crates = root.join("crates");
    let manifest = format!(
        "[workspace]\n\n[package]\nname = \"reader\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         countersign = {{ path = {:?} }}\ncountersign-reqwest = {{ path = {:?} }}\nreqwest = {{ version = \"0.13\", default-features = false }}\n",
        crates.join("countersign"),
        crates.join("reqwest")
    );
    fs::write(dir.join("Cargo.toml"), manifest).unwrap();
    fs::write(dir.join("src/main.rs"), program).unwrap();
    fs::copy(root.join("Cargo.lock"), dir.join("Cargo.lock")).unwrap();
    let output = Command::new(std::env::var("CARGO").unwrap())
        .args(["check", "--quiet", "--offline"])
        .current_dir(&dir)
        .env("CARGO_TARGET_DIR", dir.join("target"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
