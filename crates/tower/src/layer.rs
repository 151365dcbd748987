use std::sync::Arc;

use countersign::Authenticator;
use countersign::adapter::Plan;
use tower_layer::Layer;

use crate::AuthService;

/// How long a body may be to be collected, in bytes, unless the layer says otherwise.
const BODY_LIMIT: u64 = 2 << 20;

/// The longest reply that is read whole to check the server's proof over it, in bytes, unless the layer says otherwise.
const MOST_READ: u64 = 8 << 20;

/// Puts authentication around a service. Clones, and the services that it makes, share what was learnt, and the connections that are kept.
///
/// ```
/// use countersign::{AuthConfig, Authenticator};
/// use countersign_tower::AuthLayer;
///
/// let auth = Authenticator::new(&AuthConfig::bearer("mF_9.B5f-4.1JqM"))?;
/// let layer = AuthLayer::new(&auth).with_most_redirects(10).with_body_limit(64 * 1024);
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct AuthLayer {
    shared: Arc<Shared>,
}

#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) auth: Authenticator,
    pub(crate) plan: Plan,
    pub(crate) body_limit: u64,
    pub(crate) most_read: u64,
    #[cfg(feature = "connections")]
    pub(crate) connections: Option<crate::connection::Connections>,
}

impl AuthLayer {
    /// Authenticates one user. Redirects are the caller's, unless [`AuthLayer::with_most_redirects`] says otherwise.
    #[must_use]
    pub fn new(auth: &Authenticator) -> Self {
        let shared = Shared {
            auth: auth.clone(),
            plan: Plan::new().with_most_redirects(0),
            body_limit: BODY_LIMIT,
            most_read: MOST_READ,
            #[cfg(feature = "connections")]
            connections: None,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Follows at most so many redirects, in place of none.
    #[must_use]
    pub fn with_most_redirects(self, most: usize) -> Self {
        self.with(|shared| shared.plan = shared.plan.clone().with_most_redirects(most))
    }

    /// Answers a proxy too, by credentials of their own: see [`Plan::with_proxy`], whose warning holds here. For NTLM at the proxy, give
    /// [`AuthLayer::with_connector`] a [`Tunnel`](crate::Tunnel) too, or any connector whose connections say that they go to a proxy
    /// (`hyper_util::client::legacy::connect::Connected::proxy`).
    #[must_use]
    pub fn with_proxy(self, proxy: &Authenticator) -> Self {
        self.with(|shared| shared.plan = shared.plan.clone().with_proxy(proxy.clone()))
    }

    /// Collects bodies of known length up to so many bytes, in place of 2 MiB, so that they can be signed and sent again; longer ones are
    /// streamed.
    #[must_use]
    pub fn with_body_limit(self, bytes: u64) -> Self {
        self.with(|shared| shared.body_limit = bytes)
    }

    /// Reads at most so many bytes of a reply whose body the server's proof covers (Digest with `auth-int`, Hawk), in place of 8 MiB. A
    /// longer one is an error. Other replies are left to the caller as streams.
    #[must_use]
    pub fn with_most_read(self, bytes: u64) -> Self {
        self.with(|shared| shared.most_read = bytes)
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Shared)) -> Self {
        change(Arc::make_mut(&mut self.shared));
        self
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> AuthService<S> {
        AuthService::new(inner, Arc::clone(&self.shared))
    }
}
