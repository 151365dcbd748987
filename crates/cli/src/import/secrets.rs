use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use crate::failure::Failure;

/// Writes the secrets into a new file that only its owner may read, as `--env-file` reads them. A file that is there stays.
pub(super) fn write(path: &Path, secrets: &[(String, String)]) -> Result<(), Failure> {
    let cannot = |why: std::io::Error| Failure::Input(format!("cannot write {}: {why}", path.display()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(cannot)?;
    let mut text = String::new();
    for (name, value) in secrets {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$").replace('\n', "\\n");
        text.push_str(&format!("{name}=\"{value}\"\n"));
    }
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(cannot)
}
