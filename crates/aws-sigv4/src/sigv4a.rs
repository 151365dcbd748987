//! SigV4A: the key pair that a secret access key stands for, and its signatures.

use countersign_core::encode::hex;
use countersign_core::{Error, ErrorKind, Result, Secret};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use zeroize::Zeroizing;

use crate::signature::Mac;

/// The name of the algorithm, first line of every string to sign.
pub(crate) const ALGORITHM: &str = "AWS4-ECDSA-P256-SHA256";

/// The order of P-256's group less two, big-endian (FIPS 186-4, D.1.2.3).
const ORDER_LESS_TWO: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x4f,
];

/// A private key on P-256; wiped on drop.
pub(crate) struct KeyPair(SigningKey);

impl KeyPair {
    /// The counter-mode derivation of NIST SP 800-108 with HMAC-SHA256, until the candidate is at most the order less two.
    /// Source: "Asymmetric SigV4 (SigV4A)", and the derivation in `aws-c-auth`, `key_derivation.c`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidKey`] when 254 candidates are too large, which no known key does.
    pub(crate) fn derive(access_key_id: &str, secret: &Secret) -> Result<Self> {
        let mut input = Zeroizing::new(b"AWS4A".to_vec());
        input.extend_from_slice(secret.expose().as_bytes());
        let mac = Mac::new(&input);
        for counter in 1..=254_u8 {
            let mut text = 1_u32.to_be_bytes().to_vec();
            text.extend_from_slice(ALGORITHM.as_bytes());
            text.push(0);
            text.extend_from_slice(access_key_id.as_bytes());
            text.push(counter);
            text.extend_from_slice(&256_u32.to_be_bytes());
            let mut candidate = Zeroizing::new(mac.sign(&text));
            if *candidate <= ORDER_LESS_TWO {
                // Plus one: the key is 1 to the order less one.
                for byte in candidate.iter_mut().rev() {
                    *byte = byte.wrapping_add(1);
                    if *byte != 0 {
                        break;
                    }
                }
                return SigningKey::from_slice(&*candidate).map(Self).map_err(|_| no_key());
            }
        }
        Err(no_key())
    }

    /// The signature in DER, in hex. Its nonce is that of RFC 6979, so the same text has the same signature.
    pub(crate) fn sign(&self, string_to_sign: &[u8]) -> String {
        let signature: Signature = self.0.sign(string_to_sign);
        hex(signature.to_der().as_bytes())
    }
}

fn no_key() -> Error {
    Error::new(ErrorKind::InvalidKey, "no SigV4A key can be derived from this access key")
}

#[cfg(test)]
mod tests {
    use countersign_core::{Context, Payload, Scheme as _};
    use http::Request;
    use p256::ecdsa::signature::Verifier as _;

    use super::*;
    use crate::{AddTo, Config, Signer};

    /// The public key of the AWS signing test suite's access key: `v4a/get-vanilla/public-key.json`.
    const X: &str = "b6618f6a65740a99e650b33b6b4b5bd0d43b176d721a3edfea7e7d2d56d936b1";
    const Y: &str = "865ed22a7eadc9c5cb9d2cbaca1b3699139fedc5043dc6661864218330c8e518";

    fn public_key() -> p256::ecdsa::VerifyingKey {
        let point = countersign_core::encode::hex_decode(&format!("04{X}{Y}")).unwrap();
        p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).unwrap()
    }

    fn verifies(string_to_sign: &str, signature: &str) -> bool {
        let der = countersign_core::encode::hex_decode(signature).unwrap();
        public_key().verify(string_to_sign.as_bytes(), &Signature::from_der(&der).unwrap()).is_ok()
    }

    fn config() -> Config {
        let mut config = Config::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        config.region_set = Some("us-east-1".into());
        config.service = Some("service".into());
        config
    }

    #[test]
    fn the_suites_key_and_signatures() {
        let key = KeyPair::derive("AKIDEXAMPLE", &Secret::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")).unwrap();
        assert_eq!(key.0.verifying_key(), &public_key());
        // v4a/get-vanilla/header-string-to-sign.txt, and the signature in header-signed-request.txt
        let string_to_sign = "AWS4-ECDSA-P256-SHA256\n20150830T123600Z\n20150830/service/aws4_request\n\
                              cf59db423e841c8b7e3444158185aa261b724a5c27cbe762676f3eed19f4dc02";
        let published = "3046022100fddaaf816a31e30d04973875b13bc27b98da10907a3a1872fd5819a221334abc022100de2ee81d83b54f31efc8\
                         2834de07e6cd4d5c6f25bfa08e0f29a15bb0977c343e";
        assert!(verifies(string_to_sign, published));
        assert!(verifies(string_to_sign, &key.sign(string_to_sign.as_bytes())));
        assert!(!verifies(&string_to_sign.replace("cf59", "cf58"), published));
    }

    #[test]
    fn the_suites_canonical_requests() {
        for add_to in [AddTo::Header, AddTo::Query] {
            let config = Config { add_to, expires_in: 3600, ..config() };
            let (mut parts, ()) = Request::get("https://example.amazonaws.com/").body(()).unwrap().into_parts();
            let ctx = Context::at(1_440_938_160).explaining();
            let signed = Signer::new(&config).unwrap().sign(&mut parts, &mut Payload::empty(), &ctx).unwrap();
            // v4a/get-vanilla/{header,query}-string-to-sign.txt
            let hash = match add_to {
                AddTo::Header => "cf59db423e841c8b7e3444158185aa261b724a5c27cbe762676f3eed19f4dc02",
                AddTo::Query => "890c4ed28c1a1ac10b5862719b537afbe392e987dc1aab1efa16fe7de41d3c81",
            };
            let string_to_sign = signed.string_to_sign().unwrap();
            assert_eq!(
                string_to_sign,
                format!("AWS4-ECDSA-P256-SHA256\n20150830T123600Z\n20150830/service/aws4_request\n{hash}")
            );
            let text = match add_to {
                AddTo::Header => parts.headers["authorization"].to_str().unwrap().to_owned(),
                AddTo::Query => parts.uri.to_string(),
            };
            assert!(verifies(string_to_sign, text.rsplit_once("Signature=").unwrap().1));
        }
    }

    #[test]
    fn region_sets_are_checked() {
        for regions in ["", "us-east-1\n", "a b", "x;y"] {
            let config = Config { region_set: Some(regions.into()), ..config() };
            assert_eq!(Signer::new(&config).unwrap_err().kind(), ErrorKind::InvalidConfig);
        }
    }
}
