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
use crate::{Beside, Imported, error, shell};

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

impl Entry for Transfer {
    fn import(&self, _: &Beside) -> Result<Imported> {
        let mut notes = self.notes.clone();
        let mut request = self.request()?;
        let (auth, others) = self.auth(&mut request, &mut notes)?;
        Ok(Imported::new(auth, others, Some(request), notes))
    }
}
