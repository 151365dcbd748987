//! curl's command lines, as curl 7.88 to 8.17 read them.

mod auth;
mod options;
mod request;
mod transfer;

use countersign::Result;

use self::transfer::Transfer;
use crate::clues::{Clues, Notation};
use crate::reader::{Chosen, Input, Reader};
use crate::{Beside, Imported, Item, error, shell};

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
    let items = transfers.iter().enumerate().map(|(index, transfer)| transfer.item(index)).collect();
    Ok(Box::new(Transfers { items, transfers }))
}

/// Each URL of each command.
struct Transfers {
    items: Vec<Item>,
    transfers: Vec<Transfer>,
}

impl std::fmt::Debug for Transfers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transfers").field("items", &self.items).finish_non_exhaustive()
    }
}

impl Reader for Transfers {
    fn items(&self) -> &[Item] {
        &self.items
    }

    fn import(&self, chosen: Chosen<'_>, _: &Beside) -> Result<Imported> {
        let index = match chosen {
            Chosen::Item(index) => index,
            Chosen::Root | Chosen::Scheme(_) => 0,
        };
        let transfer = self.transfers.get(index).ok_or_else(|| error::invalid("line 1", "no such command"))?;
        let mut notes = transfer.notes.clone();
        let mut request = transfer.request()?;
        let (auth, others) = transfer.auth(&mut request, &mut notes)?;
        Ok(Imported::new(auth, others, Some(request), notes))
    }
}
