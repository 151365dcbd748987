use std::ffi::OsString;
use std::path::PathBuf;

use crate::args::Store;
use crate::asked::Asked;

const EXIT_CODES: &str = "\
Exit codes, by the last response's status:
  0  1xx or 2xx
  3  3xx: a redirect that was not followed
  4  4xx: among them 401, the credentials were refused
  5  5xx, or a status beyond
and without a response:
  1  refused before or between requests: cannot be signed, no token, the server failed to prove itself
  2  wrong usage, or input that cannot be read
  6  could not be sent or received: connection, TLS, proxy, timeout

With --repeat, the worst of all. A FILE of - is standard input.";

/// `countersign send`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Send {
    /// The body, in place of the request's own: a text, or @FILE; @- is standard input. A file over 1 MiB is streamed, with a
    /// progress bar, unless the scheme must have it whole.
    #[arg(long, value_name = "TEXT|@FILE")]
    pub(crate) data: Option<OsString>,
    /// Write the body of a 2xx response to this file, with a progress bar; other bodies are printed. - is standard output, with no
    /// status and headers before the body.
    #[arg(long, short, value_name = "FILE", conflicts_with = "repeat")]
    pub(crate) output: Option<PathBuf>,
    /// Go on where an earlier download to the same --output was cut off (GET only). If the server's file has changed since, it is
    /// fetched anew.
    #[arg(long, requires = "output")]
    pub(crate) resume: bool,
    /// Show each request and response on standard error, those of the scheme too, with secrets masked.
    #[arg(long, short)]
    pub(crate) verbose: bool,
    /// Send the request so many times, one after the other, with one set of sessions, tokens and connections; print a line for each,
    /// and a summary.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) repeat: Option<u32>,
    /// Follow at most so many redirects. Within the first origin they are signed again; elsewhere no credentials are sent.
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "Network")]
    pub(crate) max_redirects: u32,
    /// Give up on any one request, the scheme's own too, after so many seconds, its response's body included.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, help_heading = "Network")]
    pub(crate) timeout: Option<f64>,
    /// Give up on a connection that is not open after so many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "30", help_heading = "Network")]
    pub(crate) connect_timeout: f64,
    /// Go through this proxy: http://, https://, socks4:// or socks5://. Left out: the proxy of ALL_PROXY, HTTPS_PROXY or HTTP_PROXY,
    /// but for the hosts of NO_PROXY; a user name and password are better kept there than on a command line.
    #[arg(long, value_name = "URL", help_heading = "Network")]
    pub(crate) proxy: Option<String>,
    /// Go through no proxy, whatever the environment says.
    #[arg(long, conflicts_with = "proxy", help_heading = "Network")]
    pub(crate) no_proxy: bool,
    /// Trust the certificates of this PEM file, in place of Mozilla's roots.
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub(crate) ca: Option<PathBuf>,
    /// Send the cookies of this file, and keep those that are set in it: curl's format (Netscape's). Made if it is not there.
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub(crate) cookie_jar: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) store: Store,
    #[command(flatten)]
    pub(crate) asked: Asked,
}

/// Above zero, and what a timer can count.
fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds < 1e9 => Ok(seconds),
        _ => Err("write seconds, as 30 or 0.5".into()),
    }
}
