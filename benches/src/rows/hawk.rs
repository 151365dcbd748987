//! `hawk-get`: beside the `hawk` crate, which draws its nonce and reads the clock itself, so ours does too. Each gives the header's
//! text.

use countersign::hawk::{Config, Signer};
use countersign::scheme::Scheme as _;
use countersign::{Context, Payload};
use http::{HeaderValue, Request};

use crate::Bench;

const GET: &str = "https://example.com:8000/resource/1?b=1&a=2";
const KEY: &str = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn";

pub(crate) fn rows(bench: &mut Bench) {
    let signer = Signer::new(&Config::new("dh37fgj492je", KEY)).expect("a valid config");
    let (parts, ()) = Request::get(GET).body(()).expect("a request").into_parts();
    let ours = || -> HeaderValue {
        let signed = signer.compute(&parts, &Payload::empty(), &Context::now()).expect("signed");
        signed.headers().first().expect("a header").1.clone()
    };
    let key = ::hawk::Key::new(KEY.as_bytes(), ::hawk::SHA256).expect("a key");
    let credentials = ::hawk::Credentials { id: "dh37fgj492je".to_owned(), key };
    let url = url::Url::parse(GET).expect("a URL");
    let theirs = || {
        let request = ::hawk::RequestBuilder::from_url("GET", &url).expect("a URL").request();
        format!("Hawk {}", request.make_header(&credentials).expect("signed"))
    };
    bench.row_as("hawk-get", "hawk", ours, theirs, |ours, theirs| {
        let names = |text: &str| {
            text.split('"').step_by(2).map(|name| name.trim_matches([',', ' ', '=']).to_owned()).collect::<Vec<_>>()
        };
        let (mut ours, mut theirs) = (names(ours.to_str().expect("text")), names(theirs));
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs);
    });
}
