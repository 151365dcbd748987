use ureq::Agent;

use crate::Connection;

/// An [`Authenticator`](countersign::Authenticator) with what else [`run_with`](crate::RunWith::run_with) may need.
///
/// ```
/// use countersign::{AuthConfig, Authenticator};
/// use countersign_ureq::Session;
///
/// let agent = ureq::Agent::new_with_defaults();
/// let auth = Authenticator::new(&AuthConfig::ntlm("DOMAIN\\user", "password"))?;
/// let config = agent.config().clone();
/// let session = Session::new(&auth).with_token_client(agent).with_connections(move || config.clone());
/// # Ok::<(), countersign::Error>(())
/// ```
pub type Session = countersign::adapter::Session<Agent, Connection>;
