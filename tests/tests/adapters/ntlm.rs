//! NTLM, which authenticates a connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use countersign::scheme::encode::base64_decode;
use countersign::{AuthConfig, Authenticator, Payload};
use countersign_tests::guard::ntlm::{challenge, user_of};
use countersign_tests::stand_in::{Answer, Place, StandIn};
use countersign_tests::{Server, free_port, work_dir};
use http::{Request, StatusCode};

use crate::clients::{Options, over_http1};
use crate::{authenticator, get, header, reply, text, with};

/// Takes any password of a user on the connection that it challenged, and remembers the connection.
#[derive(Default)]
pub(crate) struct Ntlm {
    challenged: Mutex<Vec<usize>>,
    users: Mutex<HashMap<usize, String>>,
    /// Each leg as `connection.request`.
    legs: Mutex<Vec<String>>,
}

impl Ntlm {
    pub(crate) fn answer(&self, place: Place, request: &Request<Vec<u8>>) -> http::Response<Vec<u8>> {
        self.legs.lock().unwrap().push(format!("{}.{}", place.connection, place.request));
        let message =
            header(request, "authorization").strip_prefix("NTLM ").and_then(|text| base64_decode(text.as_bytes()));
        match message.as_deref().and_then(|message| message.get(8)) {
            Some(1) => {
                self.challenged.lock().unwrap().push(place.connection);
                return with(reply(401, "challenge"), "www-authenticate", challenge());
            }
            Some(3) if self.challenged.lock().unwrap().contains(&place.connection) => {
                let user = user_of(&message.unwrap()).unwrap();
                self.users.lock().unwrap().insert(place.connection, user);
            }
            _ => {}
        }
        match self.users.lock().unwrap().get(&place.connection) {
            Some(user) => reply(200, format!("{user} {} {}", request.method(), request.body().len())),
            None => with(reply(401, "who?"), "www-authenticate", "NTLM"),
        }
    }

    fn legs(&self) -> String {
        std::mem::take(&mut *self.legs.lock().unwrap()).join(" ")
    }
}

fn server(answer: impl Fn(&Ntlm, Place, Request<Vec<u8>>) -> Answer + Send + Sync + 'static) -> (StandIn, Arc<Ntlm>) {
    let ntlm = Arc::new(Ntlm::default());
    let shared = Arc::clone(&ntlm);
    (StandIn::start(move |place, request| answer(&shared, place, request)).unwrap(), ntlm)
}

pub(crate) fn with_connections() -> Options {
    Options { connections: true, ..Options::default() }
}

pub(crate) fn user(name: &str) -> Authenticator {
    authenticator(AuthConfig::ntlm(name, "password"))
}

#[test]
fn a_connection_is_kept_for_its_user_and_for_nobody_else() {
    for adapter in over_http1() {
        let name = adapter.name();
        let (server, ntlm) = server(|ntlm, place, request| Answer::Reply(ntlm.answer(place, &request)));
        let (mufasa, scar) =
            (adapter.user(&user("Mufasa"), &with_connections()), adapter.user(&user("Scar"), &with_connections()));
        let ask = |user: &dyn crate::clients::User| text(&user.send(get(server.uri("/"))).unwrap());
        assert_eq!((ask(&*mufasa), ntlm.legs()), ("Mufasa GET 0".into(), "1.1 1.2".into()), "{name}");
        assert_eq!((ask(&*mufasa), ntlm.legs()), ("Mufasa GET 0".into(), "1.3".into()), "{name}");
        assert_eq!((ask(&*scar), ntlm.legs()), ("Scar GET 0".into(), "2.1 2.2".into()), "{name}");
        assert_eq!((ask(&*mufasa), ntlm.legs()), ("Mufasa GET 0".into(), "1.4".into()), "{name}");
        // A body goes once.
        let post = Request::post(server.uri("/")).body(Payload::from("12345")).unwrap();
        assert_eq!(text(&mufasa.send(post).unwrap()), "Mufasa POST 5", "{name}");
        assert_eq!(ntlm.legs(), "1.5", "{name}");
        // Nobody is not Mufasa.
        let nobody = adapter.user(&authenticator(AuthConfig::None), &Options::default());
        assert_eq!(nobody.send(get(server.uri("/"))).unwrap().status(), StatusCode::UNAUTHORIZED, "{name}");
    }
}

#[test]
fn no_second_connection_is_opened_beside_the_one_that_is_on_its_way_back() {
    for adapter in over_http1() {
        let (server, _) = server(|ntlm, place, request| Answer::Reply(ntlm.answer(place, &request)));
        let mufasa = adapter.user(&user("Mufasa"), &with_connections());
        for _ in 0..200 {
            assert_eq!(text(&mufasa.send(get(server.uri("/"))).unwrap()), "Mufasa GET 0", "{}", adapter.name());
        }
        assert_eq!(server.connections(), 1, "{}", adapter.name());
    }
}

#[test]
fn without_connections_of_its_own_nothing_is_sent() {
    for adapter in over_http1() {
        let (server, ntlm) = server(|ntlm, place, request| Answer::Reply(ntlm.answer(place, &request)));
        let why = adapter.user(&user("Mufasa"), &Options::default()).send(get(server.uri("/"))).unwrap_err();
        assert!(why.contains("with_connect"), "{}: {why}", adapter.name());
        assert_eq!(ntlm.legs(), "", "{}", adapter.name());
    }
}

#[test]
fn a_kept_connection_that_was_closed_is_made_anew() {
    for adapter in over_http1() {
        let (server, ntlm) = server(|ntlm, place, request| {
            let answer = ntlm.answer(place, &request);
            if answer.status() == StatusCode::OK && place.connection == 1 {
                return Answer::ReplyAndClose(answer);
            }
            Answer::Reply(answer)
        });
        let mufasa = adapter.user(&user("Mufasa"), &with_connections());
        for _ in 0..3 {
            assert_eq!(text(&mufasa.send(get(server.uri("/"))).unwrap()), "Mufasa GET 0", "{}", adapter.name());
            // What is sent while the close is under way fails with any client.
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let legs = ntlm.legs();
        assert!(legs.starts_with("1.1 1.2 2.1 ") && !legs.contains("3."), "{}: {legs}", adapter.name());
    }
}

#[test]
fn a_connection_closed_between_legs_is_the_reason() {
    for adapter in over_http1() {
        for announced in [true, false] {
            let (server, _) = server(move |ntlm, place, request| {
                let answer = ntlm.answer(place, &request);
                match announced {
                    true => Answer::ReplyAndClose(with(answer, "connection", "close")),
                    false => Answer::ReplyAndClose(answer),
                }
            });
            let why = adapter.user(&user("Mufasa"), &with_connections()).send(get(server.uri("/"))).unwrap_err();
            assert!(why.contains("connection was closed between"), "{} {announced}: {why}", adapter.name());
        }
    }
}

#[test]
fn a_long_challenge_page_does_not_cost_the_connection() {
    for adapter in over_http1() {
        let (server, _) = server(|ntlm, place, request| {
            let mut answer = ntlm.answer(place, &request);
            if answer.status() == StatusCode::UNAUTHORIZED {
                *answer.body_mut() = vec![b'x'; 1 << 20];
            }
            Answer::Reply(answer)
        });
        let response = adapter.user(&user("Mufasa"), &with_connections()).send(get(server.uri("/"))).unwrap();
        assert_eq!(text(&response), "Mufasa GET 0", "{}", adapter.name());
    }
}

#[test]
#[ignore = "needs tests/servers"]
fn ntlm_keeps_to_one_connection_beside_other_requests() {
    let server = Server::script("apache-ntlm.sh", free_port().unwrap(), &work_dir("adapters").unwrap()).unwrap();
    for adapter in over_http1() {
        // Connections of the same pool that others use meanwhile.
        let plain = adapter.user(&authenticator(AuthConfig::None), &Options::default());
        for password in ["Circle of Life", "Circle of Lies"] {
            let auth = authenticator(AuthConfig::ntlm("DOMAIN\\Mufasa", password));
            assert_eq!(plain.send(get(server.uri("/open/index.html"))).unwrap().status(), StatusCode::OK);
            let mufasa = adapter.user(&auth, &with_connections());
            let expected = if password == "Circle of Life" { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
            for _ in 0..3 {
                let status = mufasa.send(get(server.uri("/ntlm/index.html"))).unwrap().status();
                assert_eq!(status, expected, "{}", adapter.name());
            }
            // What was proved on that connection does not hold for others.
            let other = plain.send(get(server.uri("/ntlm/index.html"))).unwrap();
            assert_eq!(other.status(), StatusCode::UNAUTHORIZED, "{}", adapter.name());
        }
    }
}
