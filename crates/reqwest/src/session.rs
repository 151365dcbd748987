#[cfg(not(target_arch = "wasm32"))]
pub use crate::connection::Connection;

/// An [`Authenticator`](countersign::Authenticator) with what else [`send_with`](crate::SendWith::send_with) may need.
///
/// ```no_run
/// # use countersign::{AuthConfig, Authenticator};
/// use countersign_reqwest::Session;
/// use reqwest::Client;
///
/// let auth = Authenticator::new(&AuthConfig::ntlm("DOMAIN\\user", "password"))?;
/// let session = Session::new(&auth).with_most_redirects(3).with_connections(Client::builder);
/// # Ok::<(), countersign::Error>(())
/// ```
pub type Session = countersign::adapter::Session<reqwest::Client, Connection>;

/// In a browser connections are the browser's.
#[cfg(target_arch = "wasm32")]
#[derive(Debug)]
pub enum Connection {}
