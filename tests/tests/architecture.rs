//! Who may know whom: core <- schemes <- countersign <- {adapters, import, stores} <- explain <- {cli, wasm} <- examples <- {tests, benches}, and data for all.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The layer of a package; an arrow may only point to a lower one. Schemes and adapters do not know each other.
fn layer(package: &str) -> u8 {
    match package {
        "countersign-vectors" | "countersign-core" => 0,
        "countersign" => 2,
        "countersign-file-store"
        | "countersign-import"
        | "countersign-native"
        | "countersign-tower"
        | "countersign-redis"
        | "countersign-reqwest"
        | "countersign-ureq" => 3,
        // The middleware is a way to reqwest, and an explanation begins with what is imported.
        "countersign-explain" | "countersign-reqwest-middleware" => 4,
        "countersign-cli" | "countersign-wasm" => 5,
        // Its library is a stand-in of a server, which the tests use too.
        "countersign-examples" => 6,
        "countersign-tests" | "countersign-benches" | "countersign-fuzz" => 7,
        _ => 1,
    }
}

/// What a crate below the adapters may never need: I/O, a runtime, a client.
const NO_IO: [&str; 9] = ["tokio", "async-std", "smol", "mio", "reqwest", "ureq", "hyper", "futures", "async-trait"];

fn packages() -> BTreeMap<String, Vec<(String, bool)>> {
    let cargo = std::env::var("CARGO").unwrap();
    let output =
        Command::new(cargo).args(["metadata", "--format-version=1", "--no-deps", "--offline"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            let named = dependencies.map(|dependency| (text(&dependency["name"]), dependency["kind"] == "dev"));
            (text(&package["name"]), named.collect())
        })
        .collect()
}

#[test]
fn arrows_point_downwards() {
    let packages = packages();
    assert!(packages.len() > 5, "{packages:?}");
    for (package, dependencies) in &packages {
        for (dependency, _) in dependencies.iter().filter(|(name, dev)| packages.contains_key(name) && !dev) {
            assert!(layer(dependency) < layer(package), "{package} may not know {dependency}");
        }
    }
}

#[test]
fn nothing_below_the_adapters_does_io() {
    let is_pure = |package: &str| layer(package) <= 2 || package == "countersign-import";
    for (package, dependencies) in packages().iter().filter(|(package, _)| is_pure(package)) {
        for (dependency, dev) in dependencies {
            assert!(*dev || !NO_IO.contains(&dependency.as_str()), "{package} needs {dependency}");
        }
    }
}

#[test]
fn vectors_are_data_only() {
    assert_eq!(packages()["countersign-vectors"], []);
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Every Rust file of the published crates.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
                found.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

/// In the crate itself, where readers and tools look for it.
#[test]
fn every_crate_forbids_unsafe_code() {
    let is_root = |name: &str| ["src/lib.rs", "src/main.rs"].iter().any(|end| name.ends_with(end));
    let roots: Vec<_> =
        sources().into_iter().filter(|(name, _)| is_root(name) && name.matches('/').count() == 3).collect();
    assert!(roots.len() >= 16, "{}", roots.len());
    for (name, source) in roots {
        assert!(source.contains("#![forbid(unsafe_code)]"), "{name}");
    }
}

/// What `deny.toml` and SECURITY.md say of RUSTSEC-2023-0071.
#[test]
fn rsa_signs_blinded_and_verifies_and_nothing_else() {
    let users: Vec<_> =
        sources().into_iter().filter(|(name, source)| name.contains("/src/") && source.contains("rsa::")).collect();
    let [(name, source)] = &*users else { panic!("{:?}", users.iter().map(|(name, _)| name).collect::<Vec<_>>()) };
    assert_eq!(name, "crates/oauth1/src/signature/pkcs1.rs");
    for word in ["decrypt(", "encrypt(", "hazmat", "rsa::traits", "Decrypt", "oaep"] {
        assert!(!source.contains(word), "{name} has `{word}`");
    }
    assert!(source.contains("pkcs1v15_sign::<"));
    // With the feature `getrandom` the crate blinds every signature, with the system's random bytes.
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let line = manifest.lines().find(|line| line.starts_with("rsa = ")).unwrap();
    assert!(line.contains("\"getrandom\""), "{line}");
}
