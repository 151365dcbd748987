//! Redirects, and what a URL carries.

use countersign::AuthConfig;
use countersign::api_key::{self, AddTo};
use countersign_tests::stand_in::{Answer, StandIn};
use http::{Request, StatusCode};

use crate::clients::{Adapter, Options, adapters, send};
use crate::{authenticator, get, header, reply, text, with};

/// Says which path was asked for with which credentials; `/to?URL` redirects.
fn echo(adapter: &Adapter) -> StandIn {
    adapter.serve(|_, request| {
        if let Some(location) = request.uri().query().filter(|_| request.uri().path() == "/to") {
            return Answer::Reply(with(reply(302, ""), "location", location));
        }
        let authorization = Some(header(&request, "authorization")).filter(|text| !text.is_empty()).unwrap_or("none");
        Answer::Reply(reply(200, format!("{} {} {authorization}", request.method(), request.uri())))
    })
}

#[test]
fn credentials_go_with_redirects_within_the_origin_and_never_out_of_it() {
    for adapter in adapters() {
        let (here, elsewhere) = (echo(&adapter), echo(&adapter));
        let name = adapter.name();
        let auth = authenticator(AuthConfig::basic("Aladdin", "open sesame"));
        let ask = |location: &str| text(&send(&adapter, &auth, get(here.uri(&format!("/to?{location}")))).unwrap());
        assert_eq!(ask("/there"), "GET /there Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "{name}");
        assert_eq!(ask(&elsewhere.uri("/there")), "GET /there none", "{name}");
        // And back: the first origin is asked with credentials again.
        let back = elsewhere.uri(&format!("/to?{}", here.uri("/back")));
        assert_eq!(ask(&back), "GET /back Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "{name}");
        // A signature holds for one URL: it is made anew.
        let signing = authenticator(AuthConfig::edgegrid("access", "client", "secret"));
        let signed = |path: &str| text(&send(&adapter, &signing, get(here.uri(&format!("/to?{path}")))).unwrap());
        assert!(signed("/one").contains("signature=") && signed("/one") != signed("/two"), "{name}");
        let post = Request::post(here.uri("/to?/there")).body("body".into()).unwrap();
        assert!(text(&send(&adapter, &auth, post).unwrap()).starts_with("GET /there Basic"), "{name}");
    }
}

#[test]
fn a_key_in_a_header_or_in_the_query_stays_behind_too() {
    for adapter in adapters() {
        let elsewhere = adapter
            .serve(|_, request| Answer::Reply(reply(200, format!("{}{}", request.uri(), header(&request, "x-key")))));
        let there = elsewhere.uri("/there");
        let here = adapter.serve(move |_, request| {
            assert!(header(&request, "x-key") == "hunter2" || request.uri().query() == Some("x-key=hunter2"));
            Answer::Reply(with(reply(302, ""), "location", &there))
        });
        for place in [AddTo::Header, AddTo::Query] {
            let mut config = api_key::Config::new("x-key", "hunter2");
            config.add_to = place;
            let auth = authenticator(AuthConfig::ApiKey(config));
            assert_eq!(text(&send(&adapter, &auth, get(here.uri("/"))).unwrap()), "/there", "{}", adapter.name());
        }
    }
}

#[test]
fn user_info_is_never_sent() {
    for adapter in adapters() {
        let here = echo(&adapter);
        let name = adapter.name();
        // Digest sends its first request bare, where a client would put in what the URL says.
        let auth = authenticator(AuthConfig::digest("u", "p"));
        let with_user = |path: &str| here.uri(path).replace("://", "://eve:other@");
        assert_eq!(text(&send(&adapter, &auth, get(with_user("/a"))).unwrap()), "GET /a none", "{name}");
        let redirected = get(here.uri(&format!("/to?{}", with_user("/b"))));
        assert_eq!(text(&send(&adapter, &auth, redirected).unwrap()), "GET /b none", "{name}");
    }
}

#[test]
fn the_number_of_redirects_is_the_clients() {
    for adapter in adapters() {
        let circle = adapter.serve(|_, _| Answer::Reply(with(reply(302, ""), "location", "/again")));
        let auth = authenticator(AuthConfig::basic("u", "p"));
        let ask = |most_redirects| {
            let options = Options { most_redirects, ..Options::default() };
            adapter.user(&auth, &options).send(get(circle.uri("/"))).map(|response| response.status())
        };
        assert_eq!(ask(Some(0)), Ok(StatusCode::FOUND), "{}", adapter.name());
        assert!(ask(Some(3)).unwrap_err().contains("redirect"), "{}", adapter.name());
        assert!(ask(None).unwrap_err().contains("redirect"), "{}", adapter.name());
    }
}

#[test]
fn a_raw_utf8_location_is_followed() {
    for adapter in adapters() {
        let server = adapter.serve(|_, request| {
            Answer::Reply(match request.uri().path() {
                "/" => with(reply(302, ""), "location", "/caf\u{e9}"),
                path => reply(200, path),
            })
        });
        let response = send(&adapter, &authenticator(AuthConfig::None), get(server.uri("/"))).unwrap();
        assert_eq!(text(&response), "/caf%C3%A9", "{}", adapter.name());
    }
}

#[test]
fn errors_show_no_query() {
    let nobody = format!("http://127.0.0.1:{}/", countersign_tests::free_port().unwrap());
    for adapter in adapters() {
        let mut config = api_key::Config::new("key", "hunter2");
        config.add_to = AddTo::Query;
        let auth = authenticator(AuthConfig::ApiKey(config));
        let why = send(&adapter, &auth, get(&nobody)).unwrap_err();
        assert!(!why.contains("hunter2"), "{}: {why}", adapter.name());
    }
}
