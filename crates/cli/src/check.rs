//! `countersign vectors`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use countersign_vectors::FILES;

use crate::failure::Failure;
use crate::input;
use crate::style::Style;
use crate::vectors::{File, Line, Vector};

#[derive(Debug, Default)]
struct Count {
    passed: usize,
    failed: usize,
    unreadable: usize,
}

/// Runs the files, or the built-in ones where none is named.
pub(crate) fn check(files: &[PathBuf], style: &Style, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let mut count = Count::default();
    if files.is_empty() {
        for (name, json) in FILES {
            check_file(name, Ok((*json).to_owned()), &mut count, style, out)?;
        }
    }
    for path in files {
        check_file(&path.display().to_string(), input::text(path), &mut count, style, out)?;
    }
    let Count { passed, failed, unreadable } = count;
    let line = format!("{passed} passed, {failed} failed");
    let good = failed == 0 && unreadable == 0;
    writeln!(out, "{}", if good { style.good(line) } else { style.bad(line) })?;
    Ok(match (failed, unreadable) {
        (0, 0) => ExitCode::SUCCESS,
        (_, 0) => ExitCode::from(1),
        _ => ExitCode::from(2),
    })
}

fn check_file(
    name: &str,
    json: Result<String, Failure>,
    count: &mut Count,
    style: &Style,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let file = match json.map_err(|why| why.to_string()).and_then(|json| {
        File::parse(&json).map_err(|why| format!("{name} is not a file of signature vectors, format 1: {why}"))
    }) {
        Ok(file) => file,
        Err(why) => {
            count.unreadable += 1;
            Failure::Input(why).report();
            return Ok(());
        }
    };
    for vector in file.vectors() {
        if check_vector(name, vector, style, out)? {
            count.passed += 1;
        } else {
            count.failed += 1;
        }
    }
    Ok(())
}

fn check_vector(file: &str, vector: &Vector, style: &Style, out: &mut impl Write) -> Result<bool, Failure> {
    let differences = vector.check();
    if differences.is_empty() {
        return Ok(true);
    }
    writeln!(out, "{} {file}: {}", style.bad("FAILED"), style.title(vector.name()))?;
    if let Some(comment) = vector.comment() {
        writeln!(out, "  {}", style.quiet(comment))?;
    }
    for line in differences.iter().flat_map(|difference| difference.lines()) {
        match line {
            Line::Title(_) | Line::Same(_) => writeln!(out, "{line}")?,
            Line::Expected(_) => writeln!(out, "{}", style.good(line))?,
            Line::Got(_) => writeln!(out, "{}", style.bad(line))?,
        }
    }
    writeln!(out)?;
    Ok(false)
}

/// Lists the built-in files.
pub(crate) fn list(out: &mut impl Write) -> Result<ExitCode, Failure> {
    for (name, json) in FILES {
        let file = File::parse(json).map_err(|why| Failure::Input(format!("the built-in file {name}: {why}")))?;
        writeln!(out, "{name}\t{}\t{}\t{}", file.scheme(), file.vectors().len(), file.source())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the built-in files to a folder.
pub(crate) fn export(dir: &Path, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let refused = |path: &Path, why| Failure::Refused(format!("cannot write {}: {why}", path.display()));
    fs::create_dir_all(dir).map_err(|why| refused(dir, why))?;
    for (name, json) in FILES {
        let path = dir.join(format!("{name}.json"));
        fs::write(&path, json).map_err(|why| refused(&path, why))?;
        writeln!(out, "{}", path.display())?;
    }
    Ok(ExitCode::SUCCESS)
}
