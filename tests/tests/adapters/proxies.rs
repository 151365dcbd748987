//! Proxies that ask for credentials, in front of servers that ask for their own.

use std::sync::Arc;

use countersign::AuthConfig;
use countersign_tests::stand_in::{Answer, StandIn};
use http::{HeaderName, Method, Response, StatusCode};

use crate::challenges::DigestServer;
use crate::clients::{Adapter, Options, asynchronous, over_http1, over_tls};
use crate::ntlm::{self, Ntlm};
use crate::{authenticator, get, header, reply, text, with};

/// What a proxy asks for.
#[derive(Clone, Copy, Debug)]
enum Asks {
    Basic,
    Digest,
    Ntlm,
}

const ALL: [Asks; 3] = [Asks::Basic, Asks::Digest, Asks::Ntlm];

impl Asks {
    fn user(self) -> countersign::Authenticator {
        match self {
            Self::Basic => authenticator(AuthConfig::basic("Aladdin", "open sesame")),
            Self::Digest => authenticator(AuthConfig::digest("u", "right")),
            Self::Ntlm => ntlm::user("Mufasa"),
        }
    }

    /// A proxy: it tunnels, or answers in the server's stead, saying what the server would see.
    fn start(self) -> StandIn {
        let (digest, ntlm) = (DigestServer::new(), Arc::new(Ntlm::default()));
        StandIn::start(move |place, mut request| {
            let for_server = request.headers_mut().remove("authorization");
            if let Some(answer) = request.headers_mut().remove("proxy-authorization") {
                request.headers_mut().insert("authorization", answer);
            }
            let said = match self {
                Self::Basic if header(&request, "authorization") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" => {
                    reply(200, "")
                }
                Self::Basic => with(reply(401, "who?"), "www-authenticate", "Basic realm=\"proxy\""),
                Self::Digest => digest.answer(request.clone(), |_| reply(200, "")),
                Self::Ntlm => ntlm.answer(place, &request),
            };
            if said.status() == StatusCode::UNAUTHORIZED {
                return Answer::Reply(as_proxy(said));
            }
            if request.method() == Method::CONNECT {
                return Answer::Tunnel(request.uri().to_string());
            }
            let seen = for_server.map_or_else(|| "nobody".into(), |value| value.to_str().unwrap().to_owned());
            Answer::Reply(reply(200, format!("{} {seen}", request.uri())))
        })
        .unwrap()
    }
}

/// A 401 as a proxy says it.
fn as_proxy(said: Response<Vec<u8>>) -> Response<Vec<u8>> {
    let (mut parts, body) = said.into_parts();
    parts.status = StatusCode::PROXY_AUTHENTICATION_REQUIRED;
    while let Some(value) = parts.headers.remove("www-authenticate") {
        parts.headers.append(HeaderName::from_static("proxy-authenticate"), value);
    }
    Response::from_parts(parts, body)
}

fn through(proxy: &StandIn, asks: Asks) -> Options {
    Options { proxy: Some((proxy.uri(""), asks.user())), connections: true, ..Options::default() }
}

fn bearer() -> countersign::Authenticator {
    authenticator(AuthConfig::bearer("t"))
}

#[test]
fn a_proxy_of_plain_requests_and_its_server_are_answered_each_with_its_own() {
    for adapter in asynchronous() {
        for asks in ALL {
            let proxy = asks.start();
            let user = adapter.user(&bearer(), &through(&proxy, asks));
            for _ in 0..3 {
                let response = user.send(get("http://server.invalid/path?q=1")).unwrap();
                let seen = "http://server.invalid/path?q=1 Bearer t";
                assert_eq!(text(&response), seen, "{} {asks:?}", adapter.name());
            }
        }
    }
}

fn server(adapter: &Adapter) -> StandIn {
    adapter.serve(|_, request| {
        let has_both = request.headers().contains_key("proxy-authorization");
        Answer::Reply(reply(200, format!("{} {has_both}", header(&request, "authorization"))))
    })
}

#[test]
fn a_tunnel_is_opened_by_what_the_proxy_asks_for() {
    for adapter in over_tls().into_iter().filter(Adapter::is_tower) {
        for asks in ALL {
            let (proxy, server) = (asks.start(), server(&adapter));
            let response = adapter.user(&bearer(), &through(&proxy, asks)).send(get(server.uri("/"))).unwrap();
            assert_eq!(text(&response), "Bearer t false", "{} {asks:?}", adapter.name());
            // A wrong password opens none.
            let options = Options {
                proxy: Some((proxy.uri(""), authenticator(AuthConfig::basic("Aladdin", "close sesame")))),
                ..Options::default()
            };
            assert!(adapter.user(&bearer(), &options).send(get(server.uri("/"))).is_err(), "{asks:?}");
            assert_eq!(server.connections(), 1, "{asks:?}");
        }
    }
}

#[test]
fn who_cannot_open_the_tunnel_says_what_can() {
    let proxy = Asks::Digest.start();
    for adapter in over_tls().into_iter().filter(|adapter| !adapter.is_tower()).chain(over_http1()) {
        let server = server(&adapter);
        let options = through(&proxy, Asks::Digest);
        if adapter.is_tower() || (!adapter.is_ureq() && server.uri("").starts_with("http:")) {
            continue;
        }
        let why = adapter.user(&bearer(), &options).send(get(server.uri("/"))).unwrap_err();
        assert!(why.contains("countersign_tower::Tunnel"), "{}: {why}", adapter.name());
        // With nobody to answer the proxy, the proxy's word is the reason too.
        let options = Options { proxy_is_not_answered: true, ..options };
        let why = adapter.user(&bearer(), &options).send(get(server.uri("/"))).unwrap_err();
        assert!(why.contains("407") && why.contains("countersign_tower::Tunnel"), "{}: {why}", adapter.name());
        assert_eq!(server.connections(), 0, "{}", adapter.name());
    }
}
