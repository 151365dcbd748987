use std::io::{self, Write as _};
use std::process::ExitCode;

use countersign::{Error, ErrorKind};

use crate::printable::Printable;
use crate::style::Style;

/// Why the program gives up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// 1: the request, the config or the value was refused.
    #[error("{0}")]
    Refused(String),
    /// 2: the input cannot be read, or is not in its form.
    #[error("{0}")]
    Input(String),
    /// 1 or 2: what is to be imported asks for what is not here, or cannot be read.
    #[error("{text} [{kind}]")]
    Import { kind: ErrorKind, text: String },
    /// 6: a request could not be sent, or its response not be received.
    #[error("{0}")]
    Sending(String),
    /// 1: the output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    /// A scheme's refusal, with its cause and its kind.
    pub(crate) fn refused(why: &Error) -> Self {
        let mut text = why.to_string();
        let mut cause = std::error::Error::source(why);
        while let Some(error) = cause {
            // A message may tell its cause already.
            let cause_text = error.to_string();
            if !text.contains(&cause_text) {
                text.push_str(&format!(": {cause_text}"));
            }
            cause = error.source();
        }
        Self::Refused(format!("{} [{}]", Printable(&text), why.kind()))
    }

    /// Tells it on standard error.
    pub(crate) fn report(&self) {
        let style = Style::of(&io::stderr());
        // With standard error gone there is nobody left to tell.
        let _ = writeln!(io::stderr(), "{} {self}", style.bad("error:"));
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Refused(_) | Self::Output(_) => ExitCode::from(1),
            Self::Sending(_) => ExitCode::from(6),
            Self::Import { kind: ErrorKind::UnsupportedScheme | ErrorKind::NothingDescribed, .. } => ExitCode::from(1),
            Self::Input(_) | Self::Import { .. } => ExitCode::from(2),
        }
    }
}
