use std::fmt;
use std::sync::Arc;

use countersign_core::challenge::Side;
use countersign_core::target::{Origin, Shown};
use countersign_core::{Context, Error, ErrorKind, Exchange, Payload, Reply, Result, Step};
use http::header::{CONNECTION, PROXY_AUTHORIZATION};
use http::{HeaderMap, Request, Uri};

use super::error::closed_between_legs;
use super::plan::{MostRedirects, Plan};
use super::through::Through;
use super::trace::Trace;
use crate::{Authenticator, redirect};

/// One caller's request, from its first leg to the caller's reply: the scheme's conversation at the origin that the caller named, the
/// same through a proxy, and redirects in between. Credentials go nowhere but to that origin.
///
/// It is driven like an [`Exchange`]; time and randomness come from the [`Authenticator`]'s own context.
pub struct Journey {
    auth: Authenticator,
    proxy: Option<Authenticator>,
    home: Option<Origin>,
    redirects_left: usize,
    last_redirect_is_reply: bool,
    /// What is asked now, unsigned: as the caller gave it, or as the last redirect has it.
    asked: Request<Payload>,
    /// The conversation about it; none away from home.
    server: Option<Exchange>,
    through: Way,
    /// The scheme's opening, held back while the connection may still be authenticated.
    held: Option<Request<Payload>>,
    /// The connection is authenticated for the server, for the proxy.
    proven: bool,
    proven_to_proxy: bool,
    /// The leg that is out is the scheme's own (a token request), not the caller's.
    own_leg: bool,
    /// The leg that is out goes over another connection than the one before.
    reconnected: bool,
    /// The leg that is out goes on where the one before on the same connection stopped.
    continues: bool,
    certificate: Option<Arc<[u8]>>,
    trace: Trace,
}

/// How the leg that is out goes.
enum Way {
    /// Past no proxy that asks.
    Direct,
    /// Over a connection that the proxy knows; the leg, in case that it does not.
    Known(Request<Payload>),
    /// In conversation with the proxy.
    Asking(Through),
}

impl Journey {
    /// The longest reply to a scheme's own request that is read, in bytes: a little more than schemes take.
    pub const MOST_READ: u64 = (1 << 20) + 1;

    /// Sets out. User info in the URI is dropped: clients would send it as Basic credentials.
    ///
    /// # Errors
    /// When the request cannot be signed; nothing was sent.
    pub fn start(auth: &Authenticator, plan: &Plan, mut request: Request<Payload>) -> Result<(Self, Step)> {
        let uri = std::mem::take(request.uri_mut());
        *request.uri_mut() = redirect::without_user_info(uri);
        let most = request.extensions().get().map_or(plan.most_redirects, |MostRedirects(most)| *most);
        let mut journey = Self {
            auth: auth.clone(),
            proxy: plan.proxy.clone(),
            home: Origin::of(request.uri()),
            redirects_left: most,
            last_redirect_is_reply: plan.last_redirect_is_reply || most == 0,
            trace: Trace::start(&request),
            asked: request,
            server: None,
            through: Way::Direct,
            held: None,
            proven: false,
            proven_to_proxy: false,
            own_leg: false,
            reconnected: false,
            continues: false,
            certificate: None,
        };
        let step = journey.ask()?;
        Ok((journey, step))
    }

    /// The step after a reply. Its body may be left empty unless [`Journey::reads_body_of`].
    ///
    /// # Errors
    /// When the scheme cannot go on, or the server fails to prove itself; [`ErrorKind::LimitExceeded`] after too many redirects;
    /// [`ErrorKind::InvalidRequest`] for a redirect to no URL; [`ErrorKind::PayloadRequired`] when a body would have to be sent again
    /// that is streamed; [`ErrorKind::InvalidChallenge`] when the server closed the connection between two legs that must share one.
    pub fn on_response<'a>(&mut self, reply: impl Into<Reply<'a>>) -> Result<Step> {
        let reply = reply.into();
        self.trace.received(reply.status);
        let bound = self.connection_bound();
        let was_reconnected = self.reconnected;
        let step = match self.after(reply) {
            Err(why) if bound && was_reconnected && why.kind() == ErrorKind::InvalidChallenge => {
                return Err(closed_between_legs().with_source(why));
            }
            step => step?,
        };
        self.continues = bound && matches!(step, Step::Send(_)) && self.connection_bound();
        // What is sent next goes over another connection then.
        self.reconnected = self.continues && closes(reply.headers);
        match step {
            Step::Done if bound && was_reconnected && Side::asking(reply.status).is_some() => {
                Err(closed_between_legs())
            }
            step => Ok(step),
        }
    }

    /// The step after a [`Step::Wait`] is over.
    ///
    /// # Errors
    /// As [`Journey::start`].
    pub fn resume(&mut self) -> Result<Step> {
        let ctx = self.context();
        let step = match (&mut self.through, &self.proxy, &mut self.server) {
            (Way::Asking(through), Some(proxy), _) if !self.own_leg => return through.resume(proxy),
            (_, _, Some(server)) => server.resume(&ctx)?,
            _ => Step::Done,
        };
        self.forward(step)
    }

    /// The leg that is out could not be sent: the step that goes on without it, or `None` where the failure is the caller's.
    ///
    /// # Errors
    /// As [`Journey::start`].
    pub fn on_send_failed(&mut self) -> Option<Result<Step>> {
        let ctx = self.context();
        let step = self.server.as_mut()?.on_send_failed(&ctx)?;
        self.trace.decided("a request of the scheme's own failed: going on without it");
        Some(step.and_then(|step| self.forward(step)))
    }

    /// Whether the body of the reply to come may have to be read: ask for it as it is, without content coding (a server's proof covers
    /// what is sent).
    #[must_use]
    pub fn reads_body(&self) -> bool {
        self.server.as_ref().is_some_and(Exchange::reads_body)
    }

    /// Whether the body of this reply, of which the head is here, must be read before [`Journey::on_response`].
    #[must_use]
    pub fn reads_body_of(&self, head: Reply<'_>) -> bool {
        let through = matches!(&self.through, Way::Asking(through) if through.reads_body_of(head));
        through || self.server.as_ref().is_some_and(|server| server.reads_body() && server.reads_body_of(head))
    }

    /// Whether the leg that is out is the scheme's own, a token request, and not the caller's: a client of its own may send it.
    #[must_use]
    pub const fn is_own_leg(&self) -> bool {
        self.own_leg
    }

    /// Whether the leg that is out must go over the one connection that this journey has to itself (NTLM).
    #[must_use]
    pub fn connection_bound(&self) -> bool {
        let proxy_binds = match &self.through {
            Way::Direct => false,
            Way::Known(_) => true,
            Way::Asking(through) => through.connection_bound(),
        };
        proxy_binds || self.server.as_ref().is_some_and(Exchange::connection_bound)
    }

    /// Whether the connection that bound legs went over is authenticated now: it may be kept for the same user and origin, once its last
    /// reply was read.
    #[must_use]
    pub const fn is_proven(&self) -> bool {
        self.proven || self.proven_to_proxy
    }

    /// How much of a reply that nobody reads is worth taking off its connection, in bytes, so that the next leg can use it: more where
    /// it must. A connection with more to come is closed.
    #[must_use]
    pub fn most_drained(&self) -> u64 {
        if self.connection_bound() { 8 << 20 } else { 64 << 10 }
    }

    /// The origin that the caller named.
    #[must_use]
    pub const fn home(&self) -> Option<&Origin> {
        self.home.as_ref()
    }

    /// Sends the first leg over a connection that was kept: the request as it is, as the server knows the connection's user. Should it not,
    /// the scheme starts anew. `first` is what [`Journey::start`] returned.
    ///
    /// # Errors
    /// As [`Journey::start`].
    pub fn on_kept_connection(&mut self, first: Step) -> Result<Step> {
        let Step::Send(opening) = first else { return Ok(first) };
        self.trace.decided("a kept connection is used");
        let server_binds = self.server.as_ref().is_some_and(Exchange::connection_bound);
        self.proven_to_proxy = matches!(&self.through, Way::Asking(through) if through.connection_bound());
        if !server_binds {
            // Only the proxy's: the server's scheme starts as ever.
            return self.ask();
        }
        let step = self.as_it_is(&opening);
        self.held = Some(opening);
        Ok(step)
    }

    /// The leg that is out was sent over another connection than the one before, unasked for: the server, or something on the way, had
    /// closed it.
    pub const fn connection_was_lost(&mut self) {
        self.reconnected = true;
    }

    /// Why the leg that is out failed, if the connection ended while it was sent, or before it was answered: the reason, where the leg
    /// went on with a conversation of that very connection; else none, and the client's own error says all.
    #[must_use]
    pub fn why_closed(&self) -> Option<Error> {
        self.continues.then(closed_between_legs)
    }

    /// The certificate of the TLS connection that the legs go over, as DER, for schemes that bind credentials to it.
    pub fn set_peer_certificate(&mut self, der: Option<Arc<[u8]>>) {
        self.certificate = der;
    }

    /// A leg's URI as errors and logs may show it.
    #[must_use]
    pub const fn shown(uri: &Uri) -> impl fmt::Display + '_ {
        Shown(uri)
    }

    fn context(&self) -> Context {
        let ctx = self.auth.context();
        match &self.certificate {
            Some(der) => ctx.with_peer_certificate(Arc::clone(der)),
            None => ctx,
        }
    }

    /// Starts the conversation about what is asked now.
    fn ask(&mut self) -> Result<Step> {
        let request = self.asked.clone();
        if self.home.as_ref().is_some_and(|home| !home.holds(request.uri())) {
            self.server = None;
            return self.forward(Step::Send(request));
        }
        let (server, step) = self.auth.start(request, &self.context())?;
        let bound = server.connection_bound();
        self.server = Some(server);
        let step = self.forward(step)?;
        match step {
            Step::Send(opening) if bound && self.proven => {
                let step = self.as_it_is(&opening);
                self.held = Some(opening);
                Ok(step)
            }
            step => Ok(step),
        }
    }

    /// What is asked, without the server's scheme; with what an unbound proxy's scheme added.
    fn as_it_is(&mut self, opening: &Request<Payload>) -> Step {
        let mut request = self.asked.clone();
        if let Some(answer) = opening.headers().get(PROXY_AUTHORIZATION)
            && !self.proven_to_proxy
        {
            request.headers_mut().insert(PROXY_AUTHORIZATION, answer.clone());
        }
        self.trace.sent(&request, false);
        Step::Send(request)
    }

    fn after(&mut self, reply: Reply<'_>) -> Result<Step> {
        if let Some(opening) = self.held.take() {
            if Side::asking(reply.status).is_none() {
                return self.arrived(reply);
            }
            self.trace.decided("the connection is not authenticated any more");
            (self.proven, self.proven_to_proxy) = (false, false);
            self.trace.sent(&opening, false);
            return Ok(Step::Send(opening));
        }
        if let Some(step) = self.after_proxy(reply)? {
            return Ok(step);
        }
        let ctx = self.context();
        let step = match &mut self.server {
            Some(server) => server.on_response(reply, &ctx)?,
            None => Step::Done,
        };
        match step {
            Step::Done => self.arrived(reply),
            step => self.forward(step),
        }
    }

    /// The proxy's part of a reply; none when the reply is the server's.
    fn after_proxy(&mut self, reply: Reply<'_>) -> Result<Option<Step>> {
        let Some(proxy) = &self.proxy else { return Ok(None) };
        let asks = Side::asking(reply.status) == Some(Side::Proxy);
        match std::mem::replace(&mut self.through, Way::Direct) {
            Way::Direct => Ok(None),
            Way::Known(_) if !asks => Ok(None),
            Way::Known(leg) => {
                self.proven_to_proxy = false;
                let (through, step) = Through::start(proxy, leg)?;
                self.through = Way::Asking(through);
                self.send(step).map(Some)
            }
            Way::Asking(mut through) => {
                let step = through.on_response(proxy, reply)?;
                let over = matches!(step, Step::Done);
                self.proven_to_proxy = over && !asks && through.connection_bound();
                // Until the next leg, the connection is bound as it was.
                self.through = Way::Asking(through);
                match over {
                    true if asks => Ok(Some(Step::Done)),
                    true => Ok(None),
                    false => self.send(step).map(Some),
                }
            }
        }
    }

    /// The last reply about what is asked: the caller's, unless it redirects.
    fn arrived(&mut self, reply: Reply<'_>) -> Result<Step> {
        let server_binds = self.server.as_ref().is_some_and(Exchange::connection_bound);
        self.proven |= server_binds && Side::asking(reply.status).is_none();
        if closes(reply.headers) {
            (self.proven, self.proven_to_proxy) = (false, false);
        }
        if self.redirects_left == 0 && self.last_redirect_is_reply {
            return Ok(Step::Done);
        }
        let Some(next) = redirect::follow(&self.asked, reply.status, reply.headers)? else { return Ok(Step::Done) };
        self.redirects_left = self.redirects_left.checked_sub(1).ok_or_else(|| {
            Error::new(ErrorKind::LimitExceeded, "the request was redirected more often than redirects are followed")
        })?;
        self.trace.decided("following a redirect");
        self.asked = next;
        self.ask()
    }

    /// A step of the server's scheme, on its way past the proxy.
    fn forward(&mut self, step: Step) -> Result<Step> {
        let Step::Send(request) = step else { return Ok(step) };
        self.own_leg = !is_about(request.uri(), self.asked.uri());
        self.through = Way::Direct;
        let Some(proxy) = self.proxy.as_ref().filter(|_| request.uri().scheme_str() == Some("http")) else {
            return self.send(Step::Send(request));
        };
        if self.proven_to_proxy {
            self.through = Way::Known(request.clone());
            return self.send(Step::Send(request));
        }
        let (through, step) = Through::start(proxy, request)?;
        self.through = Way::Asking(through);
        self.send(step)
    }

    #[expect(clippy::unnecessary_wraps, reason = "the last call of functions that return a result")]
    fn send(&mut self, step: Step) -> Result<Step> {
        match &step {
            Step::Send(request) => self.trace.sent(request, self.own_leg),
            Step::Wait(_) => self.trace.decided("waiting for another exchange's token"),
            Step::Done => {}
        }
        Ok(step)
    }
}

/// Whether a leg asks for the same thing, whatever a scheme did to its query.
fn is_about(leg: &Uri, asked: &Uri) -> bool {
    leg.path() == asked.path() && leg.authority() == asked.authority()
}

fn closes(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|token| token.trim().eq_ignore_ascii_case("close"))
}

impl fmt::Debug for Journey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journey")
            .field("asked", &format_args!("{} {}", self.asked.method(), Shown(self.asked.uri())))
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}
