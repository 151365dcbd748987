//! What can be said on the command line. Never a secret: those come from variables.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::asked::Asked;
use crate::import::Import;
use crate::send::Send;
use crate::why::Explain;

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 refused, or a vector failed; 2 wrong usage, or input that cannot be read. `send` has its own.
A FILE of - is standard input.";

/// Signs HTTP requests, sends them, explains signatures, and runs signature vectors.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sign a request and print it.
    Sign(Box<Sign>),
    /// Say why a server refused a request: what was signed, beside what the server says, and the first difference in words.
    ///
    /// The request is as it was sent, with its Authorization: HTTP, what curl -v shows, or a curl command; it needs no secret. A request in JSON is
    /// signed first, with its auth.
    Explain(Box<Explain>),
    /// Send a request, answer what the server asks for, and print the response.
    Send(Box<Send>),
    /// Turn what you already have into an auth config: a Postman collection, an API description, a curl command, a .netrc.
    Import(Box<Import>),
    /// Check, list or export signature vectors.
    #[command(subcommand)]
    Vectors(Vectors),
    /// Read the value of a WWW-Authenticate header and print its challenges as JSON.
    ///
    /// Several values are read one after the other. Bytes that are not UTF-8 are shown as ISO-8859-1.
    Challenges {
        /// A header value: 'Digest realm="a", nonce="b"'
        #[arg(value_name = "VALUE", required = true)]
        values: Vec<OsString>,
    },
    /// Get OAuth 2 tokens, and look after those that are kept.
    #[command(subcommand)]
    Token(Token),
    /// Print a shell's completions, to be put where that shell looks for them.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Sign {
    /// How to print the signed request.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Also print the canonical request and the string to sign.
    #[arg(long)]
    pub(crate) explain: bool,
    /// Explain, and compare with what the server says that it signed: the body of its error, or the bare text. Signs for the
    /// server's moment unless --time is given.
    #[arg(long, value_name = "FILE")]
    pub(crate) server_says: Option<PathBuf>,
    /// Sign for this moment instead of now: unix seconds, 2015-08-30T12:36:00Z or 20150830T123600Z.
    #[arg(long)]
    pub(crate) time: Option<String>,
    /// Use this client nonce instead of a random one.
    #[arg(long, value_name = "TEXT")]
    pub(crate) nonce: Option<String>,
    #[command(flatten)]
    pub(crate) asked: Asked,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Format {
    /// HTTP/1.1, as it goes over the wire.
    #[default]
    Http,
    /// A curl command for a POSIX shell.
    Curl,
    /// The JSON form that `sign` reads.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Vectors {
    /// Run files of vectors; without any, the built-in ones. Ends with the line "N passed, N failed".
    #[command(after_help = EXIT_CODES)]
    Check {
        /// Files of signature vectors, format 1; - is standard input.
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// List the built-in files: name, scheme, number of vectors, source.
    List,
    /// Write the built-in files to a folder, for tests in other languages.
    Export {
        /// The folder; made if it is not there.
        #[arg(value_name = "DIR")]
        dir: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Get a token and keep it, in the browser where a person must consent.
    #[command(after_help = EXIT_CODES)]
    Get {
        #[command(flatten)]
        grant: GrantFile,
        /// Print the URL instead of opening the system's browser.
        #[arg(long)]
        no_browser: bool,
        /// Listen on no port: the URL that the browser came back on is typed in.
        #[arg(long)]
        paste: bool,
        /// For how many seconds to wait for the person.
        #[arg(long, value_name = "SECONDS", default_value_t = 300)]
        timeout: u64,
        /// Print the token itself.
        #[arg(long)]
        show_secret: bool,
    },
    /// List the tokens that are kept: name, client, token endpoint, time left.
    List {
        #[command(flatten)]
        store: Store,
    },
    /// Show a token that is kept, masked.
    Show {
        #[command(flatten)]
        grant: GrantFile,
        /// Print the token itself.
        #[arg(long)]
        show_secret: bool,
    },
    /// Refresh a token now.
    Refresh {
        #[command(flatten)]
        grant: GrantFile,
    },
    /// Forget a token, here only.
    Delete {
        #[command(flatten)]
        grant: GrantFile,
    },
    /// Ask the server to forget a token, then forget it here.
    Revoke {
        #[command(flatten)]
        grant: GrantFile,
        /// The revocation endpoint.
        #[arg(long, value_name = "URL")]
        revocation_url: String,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct GrantFile {
    /// An auth config of type oauth2 with a grant, as JSON; - is standard input.
    #[arg(value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The token's name, where several are kept for the config.
    #[arg(long)]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) store: Store,
    /// Lines of NAME=VALUE, for the config's {{NAME}}. They win over the environment.
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Store {
    /// The file that tokens are kept in, readable only to its owner. Left out: tokens.json of `countersign` in the system's place for
    /// a user's data.
    #[arg(long, value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_consistent() {
        super::Args::command().debug_assert();
    }
}
