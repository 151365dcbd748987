//! curl's command lines, as curl 7.88 to 8.17 read them.

mod auth;
mod options;
mod request;
mod transfer;

use countersign::Result;

use self::transfer::Transfer;
use crate::clues::{Clues, Notation};
use crate::listed::{Entry, Listed};
use crate::reader::{Input, Reader};
use crate::{Beside, Imported, Request, error, shell};

const NAMES: &[&str] = &["curl"];

/// The first command is curl.
pub(crate) fn recognise(clues: &Clues<'_>) -> bool {
    clues.notation == Notation::Text && shell::begins_with(clues.text, NAMES)
}

pub(crate) fn read<'a>(input: Input<'a>) -> Result<Box<dyn Reader + 'a>> {
    let mut transfers = Vec::new();
    for command in shell::commands(input.text)? {
        if let Some(arguments) = command.arguments_of(NAMES) {
            transfers.extend(Transfer::read_all(arguments, command.line)?);
        }
    }
    if transfers.is_empty() {
        return Err(error::invalid("line 1", "no curl command, or one without a URL"));
    }
    Ok(Box::new(Listed::new(
        transfers.into_iter().enumerate().map(|(index, transfer)| (transfer.item(index), transfer)),
    )))
}

/// The request of the first curl command in a text, as curl would send it but for what its own options for authentication add: an
/// `Authorization` header stays in place.
///
/// ```
/// let request = countersign_import::curl_request("curl https://example.com/ -H 'Authorization: Bearer abc' -d a=1")?;
/// assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "https://example.com/"));
/// assert!(request.headers.contains(&("Authorization".into(), "Bearer abc".into())));
/// # Ok::<(), countersign::Error>(())
/// ```
///
/// # Errors
/// [`InvalidImport`](countersign::ErrorKind::InvalidImport) when there is no curl command, or one that cannot be read.
pub fn curl_request(text: &str) -> Result<Request> {
    for command in shell::commands(text)? {
        if let Some(arguments) = command.arguments_of(NAMES) {
            let transfers = Transfer::read_all(arguments, command.line)?;
            if let Some(transfer) = transfers.first() {
                return transfer.request();
            }
        }
    }
    Err(error::invalid("line 1", "no curl command, or one without a URL"))
}

impl Entry for Transfer {
    fn import(&self, _: &Beside) -> Result<Imported> {
        let mut notes = self.notes.clone();
        let mut request = self.request()?;
        let (auth, others) = self.auth(&mut request, &mut notes)?;
        Ok(Imported::new(auth, others, Some(request), notes))
    }
}
