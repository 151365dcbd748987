//! WSDL 1.1 and 2.0 with WS-Policy: what the policies that a binding refers to ask of HTTP.
//!
//! Read are WS-SecurityPolicy's `HttpBasicAuthentication`, `HttpDigestAuthentication` and client certificates, and WCF's
//! `http:…Authentication`. A document type is refused, policies of other files are not opened.

#[cfg(feature = "xml")]
mod description;
#[cfg(feature = "xml")]
mod policy;

#[cfg(feature = "xml")]
pub(crate) use self::description::read;
use crate::clues::{Clues, Notation};

/// Whether the outermost element of an XML text is one of WSDL.
pub(crate) fn recognise(clues: &Clues<'_>) -> bool {
    if clues.notation != Notation::Xml {
        return false;
    }
    let is_element = |tag: &&str| !tag.starts_with(['?', '!']) && !tag.trim().is_empty();
    let Some(tag) = clues.text.split('<').find(is_element) else { return false };
    let name = tag.split(|end: char| end.is_whitespace() || end == '>').next().unwrap_or_default();
    matches!(name.rsplit(':').next(), Some("definitions" | "description"))
}

#[cfg(not(feature = "xml"))]
pub(crate) fn read<'a>(_: crate::reader::Input<'a>) -> countersign::Result<Box<dyn crate::reader::Reader + 'a>> {
    Err(crate::error::invalid("input", "it is XML, which this build reads only with the feature `xml`"))
}
