//! Values that the reference implementation, the npm package hawk 9.0.2, made: what the vectors' format cannot say.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign_hawk::http::{Request, Response, Uri};
use countersign_hawk::verify::{Credentials, Verifier};
use countersign_hawk::{Algorithm, Config, Context, Payload, SERVER_AUTHORIZATION, Scheme as _, Signer};

const NOW: u64 = 1_353_832_234;
const KEY: &str = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn";

fn config(algorithm: &Algorithm) -> Config {
    let mut config = Config::new("dh37fgj492je", KEY);
    config.algorithm = algorithm.clone();
    config
}

fn key(algorithm: Algorithm) -> Credentials {
    Credentials::new(KEY).with_algorithm(algorithm)
}

/// `Hawk.client.message("Example.com", 8000, "some message", { credentials, timestamp, nonce })`.
#[test]
fn messages() {
    for (algorithm, hash, mac) in [
        (
            Algorithm::Sha256,
            "FF897AJ2LPnv/0ilMuEgXBWGImE+/9TuSfw1oi4Rsqk=",
            "qO7t6DepMRR9+ttVR8+zvHywrcOCBX0mZIWbnaKTT68=",
        ),
        (Algorithm::Sha1, "xsX98WiHEcy5dVyvDQEpbgVw1D8=", "jpZxzjqAJkenY99swwhU6RTkisg="),
    ] {
        let signer = Signer::new(&config(&algorithm)).unwrap();
        let message =
            signer.message("Example.com", 8000, b"some message", &Context::at(NOW).with_nonce("j4h3g2")).unwrap();
        assert_eq!((message.hash.as_str(), message.mac.as_str()), (hash, mac), "{algorithm}");
    }
}

/// `Hawk.uri.getBewit(uri, { credentials, ttlSec: 300, ext })`, when its clock said 300 seconds before the expiry.
#[test]
fn bewits() {
    const EXPIRES: u64 = 1_795_489_631;
    for (algorithm, uri, ext, bewit) in [
        (
            Algorithm::Sha256,
            "https://example.com:8443/a/b?c=d&e",
            Some("e x t"),
            "ZGgzN2ZnajQ5MmplXDE3OTU0ODk2MzFcRENhU2tmOFdCc3NFMU8rNmIxdmNUQUV3VTFwcnpyaDF2YkRMUFd0MEFNcz1cZSB4IHQ",
        ),
        (
            Algorithm::Sha256,
            "http://example.com/p",
            None,
            "ZGgzN2ZnajQ5MmplXDE3OTU0ODk2MzFcVmVzZHArdjJlOWVoNHhPeGdFeFdMWCtpd2dXUnZQTWJNSFoyeGJ5elJzUT1c",
        ),
        (
            Algorithm::Sha1,
            "https://example.com:8443/a/b?c=d&e",
            Some("e x t"),
            "ZGgzN2ZnajQ5MmplXDE3OTU0ODk2MzFcZE9JeUJQcXVkbTFaQ1Q3OGR6QStUV0I0dE9FPVxlIHggdA",
        ),
        (
            Algorithm::Sha1,
            "http://example.com/p",
            None,
            "ZGgzN2ZnajQ5MmplXDE3OTU0ODk2MzFcSm82YVN2eTlTdkU1cE85VHFKSytodmNjLzEwPVw",
        ),
    ] {
        let mut config = config(&algorithm);
        config.ext = ext.map(str::to_owned);
        let uri: Uri = uri.parse().unwrap();
        let made = Signer::new(&config).unwrap().bewit(&uri, 300, &Context::at(EXPIRES - 300)).unwrap();
        let separator = if uri.query().is_some() { '&' } else { '?' };
        assert_eq!(made.to_string(), format!("{uri}{separator}bewit={bewit}"));

        let (parts, ()) = Request::get(made).body(()).unwrap().into_parts();
        let (verifier, key) = (Verifier::new(), key(algorithm));
        let verify = |now| verifier.verify_bewit(verifier.read_bewit(&parts).unwrap(), Some(&key), &Context::at(now));
        assert_eq!(verify(EXPIRES - 1).unwrap().ext, ext.unwrap_or_default());
        assert!(verify(EXPIRES).is_err());
    }
}

/// `Hawk.server.header(credentials, artifacts, { payload, contentType, ext })`, and what its server answers a stale request.
#[test]
fn replies_and_the_servers_time() {
    for (algorithm, proof, challenge) in [
        (
            Algorithm::Sha256,
            r#"Hawk mac="ODLjPcEH5kwA7Ddu17CusMts04WF7eo9v3ztO93Xnws=", hash="f9cDF/TDm7TkYRLnGwRMfeDzT6LixQVLvrIKhh0vgmM=", ext="from the server""#,
            r#"Hawk ts="1795492931", tsm="Uw6SrDVLyoXOVSZJv4CvOOdpB5fqcbpVSHZKZS0lILA=", error="Stale timestamp""#,
        ),
        (
            Algorithm::Sha1,
            r#"Hawk mac="WlFT972tlnwqAt5bChPG5sSdHy0=", hash="RwYACGJN2tyD19zY/BPKlHT2cfo=", ext="from the server""#,
            r#"Hawk ts="1795492931", tsm="P77Lpgld8ZnFxN8UQAv+UscHtYE=", error="Stale timestamp""#,
        ),
    ] {
        let mut config = config(&algorithm);
        config.include_payload_hash = true;
        (config.ext, config.app, config.dlg) = (Some("e".into()), Some("a".into()), Some("d".into()));
        let signer = Signer::new(&config).unwrap();
        let request = Request::post("https://example.com:8443/a?b").header("content-type", "text/plain");
        let (mut sent, mut payload) = request.body(Payload::from("hi")).unwrap().into_parts();
        signer.sign(&mut sent, &mut payload, &Context::at(NOW).with_nonce("j4h3g2")).unwrap();

        const TYPE: &str = "Text/Plain; charset=utf-8";
        let (verifier, key) = (Verifier::new(), key(algorithm));
        let verify = |now| verifier.verify(verifier.read(&sent).unwrap(), Some(&key), &payload, &Context::at(now));
        let verified = verify(NOW).unwrap();
        assert_eq!(verified.server_authorization(TYPE, b"some reply", "from the server").unwrap(), proof);
        let reply = Response::builder().header("content-type", TYPE).header(SERVER_AUTHORIZATION, proof);
        let ext = signer.check_response(&sent, &reply.body("some reply").unwrap()).unwrap();
        assert_eq!(ext.as_deref(), Some("from the server"));

        assert_eq!(verify(1_795_492_931).unwrap_err().challenges, [challenge]);
    }
}
