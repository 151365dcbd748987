//! The JSON document in the file: for its owner only, never half-written.

use std::fs::File;
use std::io::{ErrorKind as Io, Read as _, Write as _};

use countersign_core::{Error, ErrorKind, Result};
use countersign_oauth2::{Token, TokenKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::folder::{Place, failed};

#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) tokens: Vec<Entry>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) key: TokenKey,
    pub(crate) token: Token,
}

/// What stands in the file; empty where there is none yet.
pub(crate) fn read<T: Default + DeserializeOwned>(place: &Place) -> Result<T> {
    let path = place.path();
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(why) if why.kind() == Io::NotFound => return Ok(T::default()),
        Err(why) => return Err(failed("read", path, &why)),
    };
    must_be_private(place, &file)?;
    let mut json = Zeroizing::new(Vec::new());
    file.read_to_end(&mut json).map_err(|why| failed("read", path, &why))?;
    serde_json::from_slice(&json).map_err(|why| {
        // The position only: the text around it may be a token.
        let (line, column) = (why.line(), why.column());
        let message = format!("{} is not a file of tokens (line {line}, column {column})", path.display());
        Error::new(ErrorKind::StoreFailed, message)
    })
}

/// Written beside the file, for its owner only, and put in its place in one step.
pub(crate) fn write(place: &Place, document: &impl Serialize) -> Result<()> {
    let json = serde_json::to_vec_pretty(document)
        .map_err(|why| Error::new(ErrorKind::StoreFailed, "the tokens make no JSON").with_source(why))?;
    let json = Zeroizing::new(json);
    let write = || {
        let mut new = NamedTempFile::new_in(place.folder())?;
        new.write_all(&json)?;
        new.as_file().sync_all()?;
        new.persist(place.path()).map_err(|why| why.error)
    };
    write().map(drop).map_err(|why| failed("write", place.path(), &why))
}

/// A file whose tokens others could have read, or written, is not used: who made it so should know, and the tokens are as good
/// as published. It is the open file that is asked, not its name.
#[cfg(unix)]
fn must_be_private(place: &Place, file: &File) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    let path = place.path();
    let metadata = file.metadata().map_err(|why| failed("read", path, &why))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let path = path.display();
    let message = format!("{path} is open to other users (mode {mode:04o}): `chmod 600` it, or better get new tokens");
    Err(Error::new(ErrorKind::StoreFailed, message))
}

/// Elsewhere a file has the access list of its folder, which is the user's own.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature everywhere")]
fn must_be_private(_: &Place, _: &File) -> Result<()> {
    Ok(())
}
