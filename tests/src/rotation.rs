//! An authorization server that rotates refresh tokens and notices when one is used again, with a resource behind it. It counts.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use countersign::oauth2::{AuthorizationCode, Grant};
use http::{HeaderMap, StatusCode};

/// What the server saw.
#[derive(Debug, Default)]
pub struct Counts {
    /// Token requests that got a token.
    pub refreshes: usize,
    /// Refresh tokens that were sent a second time, though nobody was killed over the first.
    pub reused: usize,
    /// Those whose first sender was killed before its new token was seen: it took the token along.
    pub lost_by_kill: usize,
    /// Requests with a token that is good.
    pub authorized: usize,
    /// Requests with one that is not: they are told so, and try again.
    pub refused: usize,
}

/// The server's memory.
#[derive(Debug)]
pub struct Rotation {
    lifetime: Duration,
    /// How long a token request takes.
    delay: Duration,
    state: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    counts: Counts,
    next: usize,
    /// Refresh tokens, and what became of them.
    refresh: HashMap<String, Option<Successor>>,
    /// Access tokens, and until when they are good.
    access: HashMap<String, Instant>,
    /// Access tokens that were used at the resource.
    seen: HashSet<String>,
    killed: HashSet<String>,
}

#[derive(Clone, Debug)]
struct Successor {
    /// Who asked for it.
    process: String,
    access: String,
    refresh: String,
}

impl Rotation {
    /// With access tokens of this lifetime; token requests take `delay`.
    #[must_use]
    pub fn new(lifetime: Duration, delay: Duration) -> Arc<Self> {
        Arc::new(Self { lifetime, delay, state: Mutex::default() })
    }

    /// A first access token and refresh token.
    #[must_use]
    pub fn first(&self) -> (String, String) {
        let mut state = self.lock();
        let issued = state.issue(self.lifetime, "");
        (issued.access, issued.refresh)
    }

    /// Says that a process is about to be killed.
    pub fn kills(&self, process: u32) {
        self.lock().killed.insert(process.to_string());
    }

    /// What was counted so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        std::mem::take(&mut self.lock().counts)
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.state.lock().expect("no holder panics")
    }

    /// Serves `/token` and `/api/x` on a free port, for as long as the runtime lives.
    ///
    /// # Errors
    /// When the system has no port.
    pub async fn serve(self: &Arc<Self>) -> std::io::Result<SocketAddr> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let app = Router::new().route("/token", post(token)).route("/api/x", get(resource));
        let app = app.with_state(Arc::clone(self));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(address)
    }
}

impl Memory {
    fn issue(&mut self, lifetime: Duration, process: &str) -> Successor {
        self.next += 1;
        let issued = Successor {
            process: process.to_owned(),
            access: format!("access-{}", self.next),
            refresh: format!("refresh-{}", self.next),
        };
        self.access.insert(issued.access.clone(), Instant::now() + lifetime);
        self.refresh.insert(issued.refresh.clone(), None);
        issued
    }

    /// The next tokens for a refresh token, or why not.
    fn rotate(&mut self, sent: &str, lifetime: Duration, process: &str) -> Result<Successor, &'static str> {
        match self.refresh.get(sent).cloned() {
            None => Err("invalid_grant"),
            Some(None) => {
                let issued = self.issue(lifetime, process);
                self.refresh.insert(sent.to_owned(), Some(issued.clone()));
                self.counts.refreshes += 1;
                Ok(issued)
            }
            // Used before. Real servers end the family here; this one goes on, and says whose fault it was.
            Some(Some(first)) => {
                let took_it_along = self.killed.contains(&first.process)
                    && !self.seen.contains(&first.access)
                    && self.refresh.get(&first.refresh).is_some_and(Option::is_none);
                if !took_it_along {
                    self.counts.reused += 1;
                    return Err("invalid_grant");
                }
                self.counts.lost_by_kill += 1;
                let issued = self.issue(lifetime, process);
                self.refresh.insert(sent.to_owned(), Some(issued.clone()));
                Ok(issued)
            }
        }
    }
}

/// The grant whose token the processes share: here, and at oidc-provider.
#[must_use]
pub fn grant(url: &str) -> Grant {
    let mut grant =
        AuthorizationCode::new(format!("{url}/auth"), format!("{url}/token"), "native", "http://127.0.0.1:9/callback");
    grant.client.scope = Some("openid offline_access".into());
    grant.consent.auth_request_params = vec![("prompt".into(), "consent".into())];
    grant.into()
}

async fn token(State(server): State<Arc<Rotation>>, headers: HeaderMap, body: String) -> (StatusCode, String) {
    let process = headers.get("x-process").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let field = |name: &str| {
        let mut pairs = body.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned()).unwrap_or_default()
    };
    let issued = match field("grant_type").as_str() {
        "refresh_token" => server.lock().rotate(&field("refresh_token"), server.lifetime, process),
        _ => {
            let mut state = server.lock();
            state.counts.refreshes += 1;
            Ok(state.issue(server.lifetime, process))
        }
    };
    tokio::time::sleep(server.delay).await;
    match issued {
        Err(error) => (StatusCode::BAD_REQUEST, format!(r#"{{"error":"{error}"}}"#)),
        Ok(Successor { access, refresh, .. }) => {
            let seconds = server.lifetime.as_secs();
            let body = format!(
                r#"{{"access_token":"{access}","token_type":"Bearer","expires_in":{seconds},"refresh_token":"{refresh}"}}"#
            );
            (StatusCode::OK, body)
        }
    }
}

async fn resource(
    State(server): State<Arc<Rotation>>,
    headers: HeaderMap,
) -> (StatusCode, [(&'static str, &'static str); 1]) {
    let sent = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let sent = sent.unwrap_or_default();
    let mut state = server.lock();
    state.seen.insert(sent.to_owned());
    if state.access.get(sent).is_some_and(|until| *until > Instant::now()) {
        state.counts.authorized += 1;
        (StatusCode::OK, [("x-token", "good")])
    } else {
        state.counts.refused += 1;
        (StatusCode::UNAUTHORIZED, [("www-authenticate", "Bearer error=\"invalid_token\"")])
    }
}
