//! What SECURITY.md promises is held by tests that exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Every `file::test` in a document.
fn named(document: &str) -> BTreeSet<(String, String)> {
    let quoted = document.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|text| text.split_once(".rs::"))
        .map(|(file, test)| (format!("{file}.rs"), test.to_owned()))
        .collect()
}

/// Whether the file has a function of this name that is a test, and is not left out.
fn is_test(source: &str, name: &str) -> bool {
    let lines: Vec<_> = source.lines().map(str::trim_start).collect();
    let begins = |line: &str| {
        ["fn ", "async fn "].iter().any(|word| {
            line.strip_prefix(word).and_then(|rest| rest.strip_prefix(name)).is_some_and(|rest| rest.starts_with('('))
        })
    };
    let Some(at) = lines.iter().position(|line| begins(line)) else { return false };
    let attributes: Vec<_> =
        lines[..at].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("//")).collect();
    let is_marked = attributes.iter().any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"));
    is_marked && !attributes.iter().any(|line| line.starts_with("#[ignore"))
}

#[test]
fn every_named_test_exists() {
    let named = named(&fs::read_to_string(root().join("SECURITY.md")).unwrap());
    assert!(named.len() >= 60, "{named:?}");
    let missing: Vec<_> = named
        .iter()
        .filter(|(file, test)| !fs::read_to_string(root().join(file)).is_ok_and(|source| is_test(&source, test)))
        .collect();
    assert!(missing.is_empty(), "SECURITY.md names what is no test: {missing:#?}");
}

#[test]
fn what_is_no_test_is_seen() {
    let source =
        "#[test]\nfn a() {}\nfn b() {}\n    #[test]\n    fn c(x in 0..1) {}\n#[test]\n#[ignore = \"x\"]\nfn d() {}";
    assert_eq!(["a", "b", "c", "d", "e"].map(|name| is_test(source, name)), [true, false, true, false, false]);
    let document = "`x/y.rs::a`, `z` and `x.rs::b`";
    let expected = [("x.rs".to_owned(), "b".to_owned()), ("x/y.rs".to_owned(), "a".to_owned())];
    assert_eq!(named(document).into_iter().collect::<Vec<_>>(), expected);
}
