//! `ntlm-authenticate`: the third message beside the bare hashes that it is made of.

use countersign::ntlm::{Config, Signer};
use countersign::{Context, scheme::encode::base64_decode};
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;
use rc4::{Rc4, StreamCipher as _};

use crate::Bench;

/// A challenge of MS-NLMP section 4.2.4.3.
const CHALLENGE: &[u8] = b"TlRMTVNTUAACAAAADAAMADgAAAAzgoriASNFZ4mrze8AAAAAAAAAACQAJABEAAAABgBwFwAAAA9TAGUAcgB2AGUAcgACAAwARABvAG0AYQBpAG4AAQAMAFMAZQByAHYAZQByAAAAAAA=";

fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    let mut mac = Hmac::<Md5>::new_from_slice(key).expect("any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

pub(crate) fn rows(bench: &mut Bench) {
    let mut config = Config::new("User", "Password");
    config.domain = "Domain".into();
    let signer = Signer::new(&config).expect("a valid config");
    let ctx = Context::at(0).with_random(|buf| {
        buf.fill(0xaa);
        Ok(())
    });
    let (parts, ()) = http::Request::get("http://server.example/").body(()).expect("a request").into_parts();
    let (negotiate, challenge) = (signer.negotiate(), base64_decode(CHALLENGE).expect("base64"));
    let ours = || signer.authenticate(&negotiate, &challenge, &parts, &ctx).expect("a message");

    // NTOWFv2 of section 4.2.4.1, and the same lengths: the proof covers 8 bytes of the server and 110 of ours.
    let key = [0x0c, 0x86, 0x8a, 0x40, 0x3b, 0xfd, 0x7a, 0x93, 0xa3, 0x00, 0x1e, 0xf2, 0x2e, 0xf0, 0x2e, 0x3f];
    let temp = vec![7; ours().len() - 200];
    let bare = || {
        let proof = hmac_md5(&key, &[&[1; 8], &temp]);
        let lm = hmac_md5(&key, &[&[1; 8], &[2; 8]]);
        let mut session_key = [0xaa; 16];
        Rc4::new_from_slice(&hmac_md5(&key, &[&proof])).expect("sixteen bytes").apply_keystream(&mut session_key);
        (proof, lm, session_key)
    };
    bench.row_as("ntlm-authenticate", "bare-hashes", ours, bare, |ours, _| assert_eq!(ours.get(8), Some(&3)));
}
