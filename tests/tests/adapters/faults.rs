//! What goes wrong on the way: the right error, nothing hangs, and the next request works.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use countersign::oauth2::Grant;
use countersign::{AuthConfig, Authenticator, Context};
use countersign_tests::stand_in::{Answer, Place, StandIn};
use http::{Request, Response};

use crate::challenges::DigestServer;
use crate::clients::{Adapter, Options, over_http1};
use crate::ntlm::{self, Ntlm};
use crate::{authenticator, get, header, reply, text, with};

/// The schemes whose round trips differ.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Trips {
    /// One leg.
    Bearer,
    /// A bare leg, and an answer.
    Digest,
    /// A token leg, and the request.
    OAuth2,
    /// Two legs on one connection.
    Ntlm,
}

pub(crate) const ALL: [Trips; 4] = [Trips::Bearer, Trips::Digest, Trips::OAuth2, Trips::Ntlm];

/// A server of all of them, that does to a leg, counted from 0 over all connections, what `fault` says.
pub(crate) struct Server {
    digest: Arc<DigestServer>,
    ntlm: Ntlm,
    legs: AtomicUsize,
}

impl Server {
    pub(crate) fn start(
        fault: impl Fn(usize, Response<Vec<u8>>) -> Answer + Send + Sync + 'static,
    ) -> (StandIn, Arc<Self>) {
        let server = Arc::new(Self { digest: DigestServer::new(), ntlm: Ntlm::default(), legs: AtomicUsize::new(0) });
        let shared = Arc::clone(&server);
        let answer = move |place, request| {
            let leg = shared.legs.fetch_add(1, Ordering::SeqCst);
            fault(leg, shared.answer(place, request))
        };
        (StandIn::start(answer).unwrap(), server)
    }

    fn answer(&self, place: Place, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        let page = "x".repeat(10_000);
        match request.uri().path() {
            "/token" => reply(200, format!(r#"{{"access_token":"t","expires_in":600,"x":"{page}"}}"#)),
            "/Digest" => self.digest.answer(request, |_| reply(200, page.clone())),
            "/Ntlm" => match self.ntlm.answer(place, &request) {
                right if right.status() == 200 => reply(200, page),
                mut challenge => {
                    *challenge.body_mut() = page.into_bytes();
                    challenge
                }
            },
            _ if header(&request, "authorization") == "Bearer t" => reply(200, page),
            _ => with(reply(401, "no"), "www-authenticate", "Bearer"),
        }
    }

    pub(crate) fn legs(&self) -> usize {
        self.legs.load(Ordering::SeqCst)
    }
}

impl Trips {
    pub(crate) fn auth(self, server: &StandIn) -> Authenticator {
        match self {
            Self::Bearer => authenticator(AuthConfig::bearer("t")),
            Self::Digest => authenticator(AuthConfig::digest("u", "right")),
            Self::OAuth2 => {
                authenticator(AuthConfig::oauth2(Grant::client_credentials(server.uri("/token"), "i", "s")))
            }
            Self::Ntlm => ntlm::user("Mufasa"),
        }
    }

    fn legs(self) -> usize {
        if self == Self::Bearer { 1 } else { 2 }
    }

    pub(crate) fn path(self) -> String {
        format!("/{self:?}")
    }
}

/// Sends one request into a fault at a leg; what came of it, after a second one that must work.
fn with_fault(adapter: &Adapter, trips: Trips, at: usize, options: &Options, fault: Fault) -> Result<u16, String> {
    let (server, _) = Server::start(move |leg, answer| if leg == at { fault(answer) } else { Answer::Reply(answer) });
    let options = Options { connections: true, ..options.clone() };
    let later = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&later);
    let auth =
        trips.auth(&server).with_clock(move || Context::at(Context::now().unix_time() + clock.load(Ordering::SeqCst)));
    let user = adapter.user(&auth, &options);
    let started = Instant::now();
    let outcome = user.send(get(server.uri(&trips.path()))).map(|response| response.status().as_u16());
    let context = format!("{} {trips:?} at leg {at}: {outcome:?}", adapter.name());
    assert!(started.elapsed() < Duration::from_secs(10), "{context}");
    // A token endpoint that failed is left in peace for a while.
    later.store(100, Ordering::SeqCst);
    let next = user.send(get(server.uri(&trips.path())));
    assert_eq!(next.unwrap_or_else(|why| panic!("{context}: {why}")).body().len(), 10_000, "{context}");
    outcome
}

type Fault = fn(Response<Vec<u8>>) -> Answer;

#[test]
fn a_connection_cut_after_a_leg_is_the_clients_error() {
    for adapter in over_http1() {
        for trips in ALL {
            for at in 0..trips.legs() {
                let outcome = with_fault(&adapter, trips, at, &Options::default(), |_| Answer::Cut);
                let context = format!("{} {trips:?} at leg {at}", adapter.name());
                match outcome {
                    // A client sends again what went over a connection that was closed meanwhile.
                    Ok(status) => assert_eq!((status, at), (200, 1), "{context}"),
                    Err(why) if trips == Trips::Ntlm && at == 1 => {
                        assert!(why.contains("closed between"), "{context}: {why}")
                    }
                    Err(why) => {
                        assert!(!why.contains("password") && !why.contains("closed between"), "{context}: {why}")
                    }
                }
            }
        }
    }
}

#[test]
fn a_body_broken_off_is_an_error_where_it_is_needed() {
    for adapter in over_http1() {
        for trips in ALL {
            for at in 0..trips.legs() {
                let outcome = with_fault(&adapter, trips, at, &Options::default(), Answer::Half);
                let context = format!("{} {trips:?} at leg {at}: {outcome:?}", adapter.name());
                let is_page = at + 1 == trips.legs();
                match trips {
                    // Nobody needs the page of a challenge; the answer goes over another connection.
                    Trips::Digest if !is_page => assert_eq!(outcome, Ok(200), "{context}"),
                    Trips::Ntlm if !is_page => assert!(outcome.unwrap_err().contains("closed between"), "{context}"),
                    _ => assert!(outcome.is_err(), "{context}"),
                }
            }
        }
    }
}

#[test]
fn the_clients_timeout_holds_for_each_leg() {
    let options = Options { timeout: Some(Duration::from_millis(300)), ..Options::default() };
    for adapter in over_http1() {
        for trips in ALL {
            for at in 0..trips.legs() {
                let silent: Fault = |_| Answer::Silence(Duration::from_secs(2));
                let why = with_fault(&adapter, trips, at, &options, silent).unwrap_err();
                assert!(!why.contains("closed between"), "{} {trips:?} at leg {at}: {why}", adapter.name());
            }
        }
    }
}

#[test]
fn a_refusal_without_a_challenge_is_a_refusal() {
    for adapter in over_http1() {
        for trips in ALL {
            // The last leg, so that the token was fetched.
            let bare: Fault = |_| Answer::Reply(reply(401, "no"));
            let outcome = with_fault(&adapter, trips, trips.legs() - 1, &Options::default(), bare);
            assert_eq!(outcome, Ok(401), "{} {trips:?}", adapter.name());
        }
    }
}

#[test]
fn a_token_endpoint_that_fails_is_the_reason() {
    let faults: [(Fault, &str); 4] = [
        (|_| Answer::Reply(reply(500, "<html>")), "status 500"),
        (|_| Answer::Reply(reply(200, "<html>")), "JSON"),
        (|_| Answer::Raw(b"\0garbage\r\n\r\n".to_vec()), ""),
        (|_| Answer::Silence(Duration::from_secs(2)), ""),
    ];
    let options = Options { timeout: Some(Duration::from_millis(500)), ..Options::default() };
    for adapter in over_http1() {
        for (fault, expected) in faults {
            let why = with_fault(&adapter, Trips::OAuth2, 0, &options, fault).unwrap_err();
            assert!(why.contains(expected), "{}: {why}", adapter.name());
        }
    }
}

#[test]
fn one_token_is_fetched_for_all_who_wait() {
    for adapter in over_http1() {
        let (server, seen) = Server::start(|leg, answer| {
            if leg == 0 {
                std::thread::sleep(Duration::from_millis(100));
            }
            Answer::Reply(answer)
        });
        let user = adapter.user(&Trips::OAuth2.auth(&server), &Options::default());
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| assert_eq!(text(&user.send(get(server.uri("/OAuth2"))).unwrap()).len(), 10_000));
            }
        });
        assert_eq!(seen.legs(), 9, "{}", adapter.name());
    }
}
