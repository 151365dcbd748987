//! `--data`: the body that is sent.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use countersign::aws_sigv4::{AddTo, PayloadSigning};
use countersign::scheme::encode;
use countersign::{AuthConfig, Payload};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest as _, Sha256};

use crate::failure::Failure;
use crate::input;

/// The longest body that is read whole before it is sent, in bytes, unless the scheme must see it.
pub(super) const LONGEST_IN_MEMORY: u64 = 1 << 20;

const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");

/// What `--data` says.
pub(super) enum Data {
    Whole(Payload),
    /// A file that is read again for each request that carries it.
    File {
        path: PathBuf,
        length: u64,
    },
}

impl Data {
    pub(super) fn of(option: &OsStr) -> Result<Self, Failure> {
        let Some(path) = option.as_encoded_bytes().strip_prefix(b"@") else {
            let text =
                option.to_str().ok_or_else(|| Failure::Input("--data is not UTF-8: name a file, @FILE".into()))?;
            return Ok(Self::Whole(text.to_owned().into()));
        };
        let path =
            str::from_utf8(path).map_err(|_| Failure::Input("--data names a file whose name is not UTF-8".into()))?;
        let path = Path::new(path);
        match fs::metadata(path) {
            Ok(file) if file.is_file() && file.len() > LONGEST_IN_MEMORY => {
                Ok(Self::File { path: path.to_owned(), length: file.len() })
            }
            _ => Ok(Self::Whole(input::bytes(path)?.into())),
        }
    }
}

/// Which file `--data` names.
pub(super) fn file(option: Option<&OsStr>) -> Option<&Path> {
    option?.to_str()?.strip_prefix('@').map(Path::new)
}

/// A signature of SigV4 is over a hash, which can be had without holding the file.
pub(super) fn give_hash(config: &AuthConfig, path: &Path, headers: &mut HeaderMap) -> Result<(), Failure> {
    let AuthConfig::AwsSigv4(config) = config else { return Ok(()) };
    let wants_hash = config.payload == PayloadSigning::Hash && config.add_to == AddTo::Header;
    if !wants_hash || headers.contains_key(CONTENT_SHA256) {
        return Ok(());
    }
    let cannot = |why: io::Error| Failure::Input(format!("cannot read {}: {why}", path.display()));
    let mut file = File::open(path).map_err(cannot)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match file.read(&mut buffer).map_err(cannot)? {
            0 => break,
            read => hash.update(buffer.get(..read).unwrap_or_default()),
        }
    }
    let hex = encode::hex(&hash.finalize());
    let value = HeaderValue::try_from(hex).map_err(|why| Failure::Input(why.to_string()))?;
    headers.insert(CONTENT_SHA256, value);
    Ok(())
}
