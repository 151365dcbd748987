//! Who may know whom: core <- schemes <- countersign <- {adapters, import, stores} <- explain <- {cli, wasm} <- examples <- {tests, benches}, and data for all.

use std::collections::BTreeMap;
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
