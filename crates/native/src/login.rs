use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use countersign_core::{Context, Error, ErrorKind, Payload, Result};
use countersign_oauth2::{AuthorizationRequest, Config, Grant, Session, Token};
use http::{Request, Response};
use tokio::time::sleep;

use crate::callback::Callback;
use crate::client::Client;
use crate::listener::{Asked, Listener};
use crate::page::Page;
use crate::{browser, device};

/// How long a person may take, unless it is said.
const TIMEOUT: Duration = Duration::from_secs(300);

/// Asks a person for consent, and keeps the token in a session; see the [crate](crate).
///
/// ```no_run
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use countersign_native::{Login, Notice};
/// # use countersign_oauth2::{AuthorizationCode, Config, Session, Payload, http::{Request, Response}};
/// # fn send(request: Request<Payload>) -> Result<Response<Vec<u8>>, std::io::Error> { unimplemented!() }
/// # let grant = AuthorizationCode::new("https://as/auth", "https://as/token", "app", "http://127.0.0.1/callback");
/// # let session = Arc::new(Session::new(&Config::of(grant))?);
///
/// let token = Login::new(&session)
///     .with_program("Photo printer")
///     .with_timeout(Duration::from_secs(120))
///     .or_device("https://as.example/device")
///     .with_notice(|notice| match notice {
///         Notice::Open { url } => println!("Sign in at {url}"),
///         Notice::Type { url, user_code } => println!("Open {url} on any device, and type {user_code}"),
///         _ => {}
///     })
///     .run_blocking(send)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Login {
    session: Arc<Session>,
    program: String,
    device_url: Option<String>,
    notice: Box<dyn Fn(&Notice<'_>) + Send + Sync>,
    pub(crate) timeout: Duration,
    pub(crate) opens_browser: bool,
}

/// What the person is to do. The server chose URLs and code: they are visible ASCII, or have no control characters, and no more is
/// promised.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Notice<'a> {
    /// Open this page, in a browser of this machine. It is opened for them, if that can be done.
    Open {
        /// The page. It has a `state` in it, which nobody else should see.
        url: &'a str,
    },
    /// Open this page, on any device, and type in this code.
    Type {
        /// The page.
        url: &'a str,
        /// The code.
        user_code: &'a str,
    },
}

impl Login {
    /// Asks for consent to what the session's grant asks for.
    #[must_use]
    pub fn new(session: &Arc<Session>) -> Self {
        Self {
            session: Arc::clone(session),
            program: String::new(),
            device_url: None,
            notice: Box::new(print),
            timeout: TIMEOUT,
            opens_browser: true,
        }
    }

    /// The program's name, for the page that the person sees at the end.
    #[must_use]
    pub fn with_program(mut self, name: &str) -> Self {
        name.clone_into(&mut self.program);
        self
    }

    /// How long the person may take, in place of five minutes.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Tells the person by this what they are to do. Unless set, it is written to standard error.
    #[must_use]
    pub fn with_notice(mut self, notice: impl Fn(&Notice<'_>) + Send + Sync + 'static) -> Self {
        self.notice = Box::new(notice);
        self
    }

    /// Opens no browser: the person does, by the notice.
    #[must_use]
    pub const fn without_browser(mut self) -> Self {
        self.opens_browser = false;
        self
    }

    /// Where no browser can be opened, lets the person type a code in at another device: `url` is the server's device authorization
    /// endpoint (RFC 8628). Without this, the notice has to do.
    #[must_use]
    pub fn or_device(mut self, url: &str) -> Self {
        self.device_url = Some(url.to_owned());
        self
    }

    /// Waits for the person, and keeps the token in the session and its store. `send` is an HTTP client: one with a timeout, that follows
    /// no redirects.
    ///
    /// It runs on Tokio. Given up on half-way, it leaves no listener behind.
    ///
    /// # Errors
    /// * [`ErrorKind::InvalidConfig`] when the browser cannot come back to this program: see [`Login`], and for the implicit grant, whose
    ///   token no server sees; and when the port is taken.
    /// * [`ErrorKind::NeedsAuthorization`] when nobody comes back in time.
    /// * [`ErrorKind::TokenRequestFailed`] when the person or the server refused, or the server cannot be reached.
    pub async fn run<F, Sending, B, E>(&self, send: F) -> Result<Token>
    where
        F: FnMut(Request<Payload>) -> Sending,
        Sending: Future<Output = Result<Response<B>, E>>,
        B: AsRef<[u8]>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let mut client = Client(send);
        match self.session.grant() {
            Some(Grant::AuthorizationCode(_)) => self.browser(&mut client).await?,
            Some(grant @ Grant::DeviceCode(_)) => device::device(self, &self.session, grant, &mut client).await?,
            Some(Grant::Implicit(_)) => return Err(invalid("the implicit grant's token does not come to a listener")),
            // No person is needed.
            Some(_) => client.converse(self.session.refresh()).await?,
            None => return Err(invalid("the config has no `grant` to get a token by")),
        }
        let token = self.session.token(&Context::now()).await?;
        token.ok_or_else(|| Error::new(ErrorKind::TokenRequestFailed, "the token that came has expired already"))
    }

    /// [`Login::run`] for programs that are not async, with a client that blocks.
    ///
    /// # Errors
    /// As [`Login::run`]; and when it is called from async code.
    pub fn run_blocking<B, E>(&self, mut send: impl FnMut(Request<Payload>) -> Result<Response<B>, E>) -> Result<Token>
    where
        B: AsRef<[u8]>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        if tokio::runtime::Handle::try_current().is_ok() {
            return Err(invalid("`Login::run_blocking` was called from async code: use `Login::run`"));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|why| invalid("the system has no room for a runtime").with_source(why))?;
        runtime.block_on(self.run(|request| std::future::ready(send(request))))
    }

    async fn browser<F, Sending, B, E>(&self, client: &mut Client<F>) -> Result<()>
    where
        F: FnMut(Request<Payload>) -> Sending,
        Sending: Future<Output = Result<Response<B>, E>>,
        B: AsRef<[u8]>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let consent = self.session.grant().and_then(Grant::consent);
        let callback = Callback::of(consent.map(|consent| consent.callback_url.as_str()).unwrap_or_default())?;
        let mut listener = Listener::new(&callback, &self.program).await?;
        let mut login = self.session.login_at(&callback.url(listener.port), &Context::now())?;
        client.push(&self.session, &mut login).await?;
        self.notify(&Notice::Open { url: login.url() });
        let opened =
            async { if self.opens_browser { browser::open(login.url()).await.unwrap_or_default() } else { true } };
        let mut opened = std::pin::pin!(opened);
        let mut is_opening = true;
        let mut late = std::pin::pin!(sleep(self.timeout));
        loop {
            tokio::select! {
                asked = listener.asked() => {
                    if let Some(end) = self.answer(asked?, &login, client).await {
                        return end;
                    }
                }
                is_open = &mut opened, if is_opening => {
                    is_opening = false;
                    if let Some(url) = self.device_url.as_ref().filter(|_| !is_open) {
                        return self.at_another_device(url, client).await;
                    }
                }
                () = &mut late => return Err(nobody("nobody came back in time")),
            }
        }
    }

    /// Judges what came back; None where it is not the answer.
    async fn answer<F, Sending, B, E>(
        &self,
        asked: Asked,
        login: &AuthorizationRequest,
        client: &mut Client<F>,
    ) -> Option<Result<()>>
    where
        F: FnMut(Request<Payload>) -> Sending,
        Sending: Future<Output = Result<Response<B>, E>>,
        B: AsRef<[u8]>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let end = match self.session.finish(login, &asked.target, &Context::now()) {
            Err(why) if why.kind() == ErrorKind::StateMismatch => {
                asked.answer(Page::NotTheAnswer).await;
                return None;
            }
            Err(why) => Err(why),
            Ok(redeeming) => client.converse(redeeming).await,
        };
        asked.answer(if end.is_ok() { Page::SignedIn } else { Page::Refused }).await;
        Some(end)
    }

    async fn at_another_device<F, Sending, B, E>(&self, url: &str, client: &mut Client<F>) -> Result<()>
    where
        F: FnMut(Request<Payload>) -> Sending,
        Sending: Future<Output = Result<Response<B>, E>>,
        B: AsRef<[u8]>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let Some(grant) = self.session.grant() else { return Err(invalid("the config has no `grant`")) };
        let grant = device::grant_of(grant, url)?;
        let other = Arc::new(Session::new(&Config::of(grant.clone()))?);
        device::device(self, &other, &grant, client).await?;
        match other.forget().await? {
            Some(token) => self.session.keep(token, &Context::now()).await,
            None => Err(Error::new(ErrorKind::TokenRequestFailed, "the token that came is gone")),
        }
    }

    pub(crate) fn notify(&self, notice: &Notice<'_>) {
        (self.notice)(notice);
    }
}

fn invalid(why: &'static str) -> Error {
    Error::new(ErrorKind::InvalidConfig, why)
}

pub(crate) fn nobody(why: &'static str) -> Error {
    Error::new(ErrorKind::NeedsAuthorization, why)
}

fn print(notice: &Notice<'_>) {
    use std::io::Write as _;

    let mut out = std::io::stderr();
    // Somebody without a standard error reads it nowhere.
    let _told = match notice {
        Notice::Open { url } => writeln!(out, "open {}", url.escape_debug()),
        Notice::Type { url, user_code } => {
            writeln!(out, "open {} and type {}", url.escape_debug(), user_code.escape_debug())
        }
    };
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("session", &self.session)
            .field("program", &self.program)
            .field("device_url", &self.device_url)
            .field("timeout", &self.timeout)
            .field("opens_browser", &self.opens_browser)
            .finish_non_exhaustive()
    }
}
