//! The public surface of every published library, as committed under `tests/public-api`: a change to it is seen in review. After
//! a change that is meant: `UPDATE_PUBLIC_API=1 cargo test -p countersign-tests --test public_api -- --ignored`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

/// The published packages with a library, and the features whose surface is listed: all.
fn libraries(root: &Path) -> Vec<String> {
    let output = Command::new(env::var("CARGO").unwrap())
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let mut names: Vec<String> = packages
        .filter(|package| package["publish"].is_null())
        .filter(|package| {
            let targets = package["targets"].as_array().unwrap().iter();
            targets.flat_map(|target| target["kind"].as_array().unwrap()).any(|kind| kind == "lib")
        })
        .map(|package| package["name"].as_str().unwrap().to_owned())
        // The program's library is for its own tests.
        .filter(|name| name != "countersign-cli")
        .collect();
    names.sort();
    names
}

fn surface(root: &Path, target: &Path, package: &str) -> String {
    // Rustdoc's JSON is not stable; of a pinned toolchain it is read by the pinned version of `public-api`.
    let output = Command::new(env::var("CARGO").unwrap())
        .args(["rustdoc", "--quiet", "--offline", "--package", package, "--lib", "--all-features", "--"])
        .args(["-Z", "unstable-options", "--output-format", "json", "--cap-lints", "allow"])
        .current_dir(root)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap();
    assert!(output.status.success(), "{package}: {}", String::from_utf8_lossy(&output.stderr));
    let json = target.join("doc").join(package.replace('-', "_")).with_extension("json");
    let mut builder = public_api::Builder::from_rustdoc_json(json);
    builder = builder.omit_blanket_impls(true).omit_auto_trait_impls(true).omit_auto_derived_impls(true);
    builder.build().unwrap().to_string()
}

#[test]
#[ignore = "builds every crate's documentation"]
fn public_surfaces_are_as_committed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("public-api");
    let listings = Path::new(env!("CARGO_MANIFEST_DIR")).join("public-api");
    let libraries = libraries(root);
    assert!(libraries.len() > 10, "{libraries:?}");
    let mut differing = Vec::new();
    for package in &libraries {
        let (path, surface) = (listings.join(package).with_extension("txt"), surface(root, &target, package));
        if env::var_os("UPDATE_PUBLIC_API").is_some() {
            fs::create_dir_all(&listings).unwrap();
            fs::write(path, surface).unwrap();
            continue;
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        let only_in = |one: &str, other: &str, sign: &str| {
            let lines = one.lines().filter(|line| !other.lines().any(|known| known == *line));
            lines.map(|line| format!("{sign} {line}\n")).collect::<String>()
        };
        let difference = only_in(&committed, &surface, "-") + &only_in(&surface, &committed, "+");
        if !difference.is_empty() {
            differing.push(format!("{package}:\n{difference}"));
        }
    }
    assert!(differing.is_empty(), "the public surface changed:\n{}", differing.join("\n"));
}
