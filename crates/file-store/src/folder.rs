//! Files of a store's own, beside the one that holds the tokens.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use countersign_core::{Error, ErrorKind, Result};
use fs4::FileExt;

/// A path that files of its own stand beside: its name and a suffix.
#[derive(Clone, Debug)]
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
    }

    pub(crate) fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.0.clone().into_os_string();
        name.push(suffix);
        PathBuf::from(name)
    }

    /// The system's lock, once it is ours. It ends with the file that is returned, or with the process.
    pub(crate) fn lock(&self) -> Result<File> {
        let path = self.beside(".lock");
        let file = self.open(&path)?;
        FileExt::lock(&file).map_err(|why| failed("lock", &path, &why))?;
        Ok(file)
    }

    /// A file beside the path, which is made if it is not there.
    pub(crate) fn open(&self, path: &Path) -> Result<File> {
        create_folder(self.folder()).map_err(|why| failed("make", self.folder(), &why))?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map_err(|why| failed("open", path, &why))
    }
}

pub(crate) fn failed(what: &str, path: &Path, why: &io::Error) -> Error {
    Error::new(ErrorKind::StoreFailed, format!("cannot {what} {}: {why}", path.display()))
}

/// Makes a folder and those above it, for their owner only.
fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
