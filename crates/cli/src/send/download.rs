//! `--output`: a body into a file, which goes on where it was cut off.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use countersign::scheme::target::Shown;
use http::header::{CONTENT_RANGE, DATE, ETAG, HeaderMap, HeaderValue, IF_RANGE, LAST_MODIFIED, RANGE};
use http::{Request, Response, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use ureq::Body;

use super::progress;
use crate::failure::Failure;

/// A download to a file. Until it is whole its bytes are in `FILE.part`; what `--resume` must know of them is in `FILE.part.json`.
pub(super) struct Download {
    path: PathBuf,
    part: PathBuf,
    note: PathBuf,
    /// Bytes that are there, when the request asks for the rest.
    offset: u64,
}

/// What the bytes in `FILE.part` are of.
#[derive(Deserialize, Serialize)]
struct Note {
    /// Without user info and query.
    url: String,
    /// An entity tag or a date that changes when the file does (RFC 9110 section 13.1.5).
    validator: String,
}

impl Download {
    /// A download from its start.
    pub(super) fn new(path: &Path) -> Self {
        let beside = |suffix: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        Self { path: path.to_owned(), part: beside(".part"), note: beside(".part.json"), offset: 0 }
    }

    /// Asks for what is missing only, if an earlier download of the same URL left something that can be gone on with.
    pub(super) fn resume<B>(&mut self, request: &mut Request<B>) -> Result<(), Failure> {
        if request.method() != http::Method::GET {
            return Err(Failure::Input("only a GET can be resumed".into()));
        }
        let Some(note) = fs::read(&self.note).ok().and_then(|json| serde_json::from_slice::<Note>(&json).ok()) else {
            return Ok(());
        };
        let Ok(there) = fs::metadata(&self.part).map(|file| file.len()) else { return Ok(()) };
        let (Ok(range), Ok(validator)) =
            (HeaderValue::try_from(format!("bytes={there}-")), HeaderValue::try_from(note.validator))
        else {
            return Ok(());
        };
        if there > 0 && note.url == shown(request.uri()) {
            request.headers_mut().insert(RANGE, range);
            request.headers_mut().insert(IF_RANGE, validator);
            self.offset = there;
        }
        Ok(())
    }

    /// Whether this response's body is for the file.
    pub(super) fn takes(&self, response: &Response<Body>) -> bool {
        response.status().is_success() || self.is_whole_already(response)
    }

    /// The server has nothing beyond what is there: the last download was cut off after its last byte.
    fn is_whole_already(&self, response: &Response<Body>) -> bool {
        let length =
            response.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok()?.strip_prefix("bytes */"));
        response.status() == StatusCode::RANGE_NOT_SATISFIABLE
            && self.offset > 0
            && length.and_then(|length| length.parse().ok()) == Some(self.offset)
    }

    /// Writes the body, and gives the file its name once it is whole.
    pub(super) fn write(&self, uri: &Uri, response: Response<Body>, bar_is_shown: bool) -> Result<u64, Failure> {
        let cannot = |path: &Path, why: io::Error| Failure::Refused(format!("cannot write {}: {why}", path.display()));
        if !self.is_whole_already(&response) {
            let mut file = self.open(uri, &response)?;
            let goes_on = response.status() == StatusCode::PARTIAL_CONTENT;
            let before = if goes_on { self.offset } else { 0 };
            let length = response.body().content_length().map(|length| length + before);
            let bar = progress::bar("received", length, bar_is_shown);
            bar.set_position(before);
            let mut body = bar.wrap_read(response.into_body().into_reader());
            copy(&mut body, &mut file).map_err(|why| match why {
                Side::Read(why) => self.cut_off(&why),
                Side::Write(why) => cannot(&self.part, why),
            })?;
            bar.finish_and_clear();
            file.sync_all().map_err(|why| cannot(&self.part, why))?;
        }
        fs::rename(&self.part, &self.path).map_err(|why| cannot(&self.path, why))?;
        // It may not be there.
        let _ = fs::remove_file(&self.note);
        fs::metadata(&self.path).map(|file| file.len()).map_err(|why| cannot(&self.path, why))
    }

    fn open(&self, uri: &Uri, response: &Response<Body>) -> Result<File, Failure> {
        let cannot = |why: io::Error| Failure::Refused(format!("cannot write {}: {why}", self.part.display()));
        if response.status() == StatusCode::PARTIAL_CONTENT {
            if self.offset == 0 || begin(response.headers()) != Some(self.offset) {
                return Err(Failure::Refused("the server sent another part of the file than was asked for".into()));
            }
            return OpenOptions::new().append(true).open(&self.part).map_err(cannot);
        }
        let file = File::create(&self.part).map_err(cannot)?;
        match validator(response.headers()) {
            Some(validator) => {
                let note = Note { url: shown(uri), validator };
                let json = serde_json::to_vec(&note).map_err(|why| cannot(why.into()))?;
                fs::write(&self.note, json).map_err(cannot)?;
            }
            None => {
                // One of an earlier download would be of other bytes.
                let _ = fs::remove_file(&self.note);
            }
        }
        Ok(file)
    }

    fn cut_off(&self, why: &io::Error) -> Failure {
        let hint = if self.note.exists() { "; --resume goes on from here" } else { "" };
        Failure::Sending(format!("the response was cut off: {why}{hint}"))
    }
}

enum Side {
    Read(io::Error),
    Write(io::Error),
}

fn copy(from: &mut impl io::Read, to: &mut File) -> Result<(), Side> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(why) if why.kind() == io::ErrorKind::Interrupted => continue,
            Err(why) => return Err(Side::Read(why)),
        };
        to.write_all(buffer.get(..read).unwrap_or_default()).map_err(Side::Write)?;
    }
}

fn shown(uri: &Uri) -> String {
    Shown(uri).to_string()
}

/// The first byte of a part.
fn begin(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

/// A strong entity tag; or the time of the last change, if it was well before the response (RFC 9110 section 8.8.2.2).
fn validator(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if let Some(tag) = text(ETAG) {
        return (!tag.starts_with("W/")).then(|| tag.to_owned());
    }
    let changed = text(LAST_MODIFIED)?;
    let (date, at) = (httpdate::parse_http_date(text(DATE)?).ok()?, httpdate::parse_http_date(changed).ok()?);
    (date.duration_since(at).ok()? >= Duration::from_secs(60)).then(|| changed.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changes_with_the_file_validates_it() {
        let (day, minute) = ("Tue, 24 Nov 2026 10:00:00 GMT", "Wed, 25 Nov 2026 10:00:00 GMT");
        for (pairs, expected) in [
            (&[("etag", "\"a\"")][..], Some("\"a\"")),
            (&[("etag", "W/\"a\""), ("last-modified", day), ("date", minute)], None),
            (&[("last-modified", day), ("date", minute)], Some(day)),
            (&[("last-modified", minute), ("date", minute)], None),
            (&[("last-modified", day)], None),
            (&[], None),
        ] {
            let pairs = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            assert_eq!(validator(&pairs.collect()).as_deref(), expected);
        }
    }
}
