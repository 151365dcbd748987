use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use crate::failure::Failure;

/// Reads a file, or standard input for `-`.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    read.map_err(|why| Failure::Input(format!("cannot read {}: {why}", path.display())))
}

/// Reads a file of UTF-8 text, or standard input for `-`.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes(path)?).map_err(|_| Failure::Input(format!("{} is not UTF-8 text", path.display())))
}
