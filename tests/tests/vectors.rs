//! Every built-in vector, by the runner that `countersign vectors check` uses.

use countersign_cli::vectors::File;

#[test]
fn every_vector_passes() {
    let mut failures = String::new();
    let mut passed = 0;
    for (name, json) in countersign_vectors::FILES {
        let file = File::parse(json).unwrap_or_else(|why| panic!("{name}: {why}"));
        for vector in file.vectors() {
            let differences = vector.check();
            passed += usize::from(differences.is_empty());
            for difference in differences {
                failures.push_str(&format!("{name}: {}\n{difference}", vector.name()));
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
    println!("{passed} passed");
}
