//! The hash that stands for a server's TLS certificate.

use countersign_core::encode::hex;
use countersign_core::{Error, ErrorKind, Result};
use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512};

use crate::der::content;

const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;
/// `hashAlgorithm` of RSASSA-PSS's parameters (RFC 4055 section 3.1).
const PSS_HASH: u8 = 0xa0;

/// The `tls-server-end-point` channel binding of a server's TLS certificate (RFC 5929 section 4.1), as lower-case hex: what
/// [`Config::tls_server_end_point`](crate::Config::tls_server_end_point) takes. `der` is the certificate as the server sent it, in
/// DER; the text form (PEM) is this in base64.
///
/// The hash is the one of the certificate's signature: SHA-224, SHA-256, SHA-384 or SHA-512 (with RSA, ECDSA or DSA; with RSASSA-PSS
/// its parameters name it), and SHA-256 in place of MD5 and SHA-1. For Ed25519 and Ed448, whose hash is their own affair, the RFC defines
/// no binding; here it is SHA-256 then, so that a certificate cannot be chosen to leave the binding out.
///
/// ```
/// use countersign_ntlm::{Config, Result, tls_server_end_point};
///
/// /// Signs in only to the server of this certificate.
/// fn bound(certificate: &[u8]) -> Result<Config> {
///     let mut config = Config::new("DOMAIN\\User", "Password");
///     config.tls_server_end_point = Some(tls_server_end_point(certificate)?);
///     Ok(config)
/// }
/// # assert!(bound(b"").is_err());
/// ```
///
/// # Errors
/// [`ErrorKind::InvalidRequest`] for what is not a certificate in DER, [`ErrorKind::UnsupportedAlgorithm`] for a signature of which
/// this build does not know the hash.
pub fn tls_server_end_point(der: &[u8]) -> Result<String> {
    end_point(der).map(|hash| hex(&hash))
}

/// As [`tls_server_end_point`], in bytes.
pub(crate) fn end_point(der: &[u8]) -> Result<Vec<u8>> {
    let (name, parameters) = signature_algorithm(der)
        .ok_or_else(|| Error::new(ErrorKind::InvalidRequest, "the server's certificate is not an X.509 one in DER"))?;
    Ok(match hash_of(name, parameters)? {
        Hash::Sha224 => Sha224::digest(der).to_vec(),
        Hash::Sha256 => Sha256::digest(der).to_vec(),
        Hash::Sha384 => Sha384::digest(der).to_vec(),
        Hash::Sha512 => Sha512::digest(der).to_vec(),
    })
}

/// Object identifier and parameters of `signatureAlgorithm` (RFC 5280 section 4.1.1.2).
fn signature_algorithm(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (certificate, rest) = content(der, SEQUENCE)?;
    let (_to_be_signed, signed) = content(certificate, SEQUENCE)?;
    let (algorithm, _signature) = content(signed, SEQUENCE)?;
    rest.is_empty().then(|| content(algorithm, OBJECT_IDENTIFIER))?
}

#[derive(Clone, Copy)]
enum Hash {
    Sha224,
    /// In place of MD5 and SHA-1 too.
    Sha256,
    Sha384,
    Sha512,
}

/// 1.2.840.113549.1.1, PKCS #1 (RFC 8017 appendix A.2, RFC 4055 section 5).
const PKCS_1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
/// 1.2.840.10045.4, ECDSA (RFC 5758 section 3.2).
const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04];
/// 1.2.840.10040.4.3, DSA with SHA-1 (RFC 3279 section 2.2.2).
const DSA_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x03];
/// 2.16.840.1.101.3.4.3, DSA (RFC 5758 section 3.1).
const DSA: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03];
/// 2.16.840.1.101.3.4.2, the hashes of SHA-2 (RFC 4055 section 2.1).
const SHA2: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
/// 1.3.14.3.2.26.
const SHA1: &[u8] = &[0x2b, 0x0e, 0x03, 0x02, 0x1a];
/// 1.3.101.112 and 113 (RFC 8410 section 3).
const EDDSA: &[u8] = &[0x2b, 0x65];

fn hash_of(name: &[u8], parameters: &[u8]) -> Result<Hash> {
    let hash = if let Some(last) = name.strip_prefix(PKCS_1) {
        match last {
            // MD5 and SHA-1.
            [4 | 5 | 11] => Some(Hash::Sha256),
            [10] => return pss_hash(parameters),
            [12] => Some(Hash::Sha384),
            [13] => Some(Hash::Sha512),
            [14] => Some(Hash::Sha224),
            _ => None,
        }
    } else if let Some(last) = name.strip_prefix(ECDSA) {
        match last {
            // SHA-1.
            [1] | [3, 2] => Some(Hash::Sha256),
            [3, 1] => Some(Hash::Sha224),
            [3, 3] => Some(Hash::Sha384),
            [3, 4] => Some(Hash::Sha512),
            _ => None,
        }
    } else if let Some(last) = name.strip_prefix(DSA) {
        match last {
            [1] => Some(Hash::Sha224),
            [2] => Some(Hash::Sha256),
            _ => None,
        }
    } else {
        let is_known = name == DSA_SHA1 || matches!(name.strip_prefix(EDDSA), Some([112 | 113]));
        is_known.then_some(Hash::Sha256)
    };
    hash.ok_or_else(|| unknown(name))
}

/// SHA-1 unless the parameters name another (RFC 4055 section 3.1).
fn pss_hash(parameters: &[u8]) -> Result<Hash> {
    let broken = || {
        Error::new(ErrorKind::InvalidRequest, "the RSASSA-PSS parameters of the server's certificate cannot be read")
    };
    if parameters.is_empty() {
        return Ok(Hash::Sha256);
    }
    let (fields, _) = content(parameters, SEQUENCE).ok_or_else(broken)?;
    if fields.first() != Some(&PSS_HASH) {
        return Ok(Hash::Sha256);
    }
    let hash = content(fields, PSS_HASH).and_then(|(hash, _)| content(hash, SEQUENCE));
    let (name, _) = hash.and_then(|(hash, _)| content(hash, OBJECT_IDENTIFIER)).ok_or_else(broken)?;
    match name.strip_prefix(SHA2) {
        Some([1]) => Ok(Hash::Sha256),
        Some([2]) => Ok(Hash::Sha384),
        Some([3]) => Ok(Hash::Sha512),
        Some([4]) => Ok(Hash::Sha224),
        _ if name == SHA1 => Ok(Hash::Sha256),
        _ => Err(unknown(name)),
    }
}

fn unknown(name: &[u8]) -> Error {
    const WHY: &str =
        "the hash of the server's certificate cannot be told from its signature algorithm, object identifier";
    let shown = name.get(..32).unwrap_or(name);
    Error::new(ErrorKind::UnsupportedAlgorithm, format!("{WHY} {} (in hex)", hex(shown)))
}

#[cfg(test)]
mod tests {
    use countersign_core::encode::base64_decode;
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// Made by OpenSSL, hashed by Python's `cryptography`: see `generate/tls_certificates.py` of `countersign-vectors`.
    fn certificates() -> Vec<(String, Vec<u8>, String)> {
        let json: Value = serde_json::from_str(include_str!("../tests/data/certificates.json")).unwrap();
        let text = |certificate: &Value, field: &str| certificate[field].as_str().unwrap().to_owned();
        let certificates = json["certificates"].as_array().unwrap().iter();
        let all: Vec<_> = certificates
            .map(|it| {
                let der = base64_decode(text(it, "certificate").as_bytes()).unwrap();
                (text(it, "name"), der, text(it, "tls_server_end_point"))
            })
            .collect();
        assert!(all.len() > 15, "{}", all.len());
        all
    }

    #[test]
    fn the_hash_is_the_signatures_own() {
        for (name, der, expected) in certificates() {
            assert_eq!(tls_server_end_point(&der).unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_an_error() {
        let (_, der, _) = certificates().swap_remove(0);
        for length in 0..der.len() {
            assert_eq!(end_point(&der[..length]).unwrap_err().kind(), ErrorKind::InvalidRequest, "{length}");
        }
        let with_more = [&der[..], &[0]].concat();
        assert_eq!(end_point(&with_more).unwrap_err().kind(), ErrorKind::InvalidRequest);
        let pem = b"-----BEGIN CERTIFICATE-----";
        assert_eq!(end_point(pem).unwrap_err().kind(), ErrorKind::InvalidRequest);
    }

    #[test]
    fn an_unknown_signature_is_named() {
        let algorithm = |name: &[u8]| {
            let name = [&[OBJECT_IDENTIFIER, u8::try_from(name.len()).unwrap()], name].concat();
            let algorithm = [&[SEQUENCE, u8::try_from(name.len()).unwrap()], &name[..]].concat();
            let certificate = [&[SEQUENCE, 0], &algorithm[..], &[3, 1, 0]].concat();
            [&[SEQUENCE, u8::try_from(certificate.len()).unwrap()], &certificate[..]].concat()
        };
        // MD2, and ECDSA with SHA3-256.
        for name in [[PKCS_1, &[2]].concat(), [DSA, &[10]].concat(), vec![]] {
            let error = end_point(&algorithm(&name)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnsupportedAlgorithm);
            assert!(error.to_string().contains(&hex(&name)), "{error}");
        }
        assert!(end_point(&algorithm(&[PKCS_1, &[11]].concat())).is_ok());
    }

    proptest! {
        #[test]
        fn any_change_is_survived(at in any::<usize>(), bytes in proptest::collection::vec(any::<u8>(), 0..6), which in any::<usize>()) {
            let mut all = certificates();
            let count = all.len();
            let (_, mut der, _) = all.swap_remove(which % count);
            let at = at % der.len();
            der.splice(at..(at + bytes.len()).min(der.len()), bytes);
            let _ = end_point(&der);
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = end_point(&bytes);
        }
    }
}
