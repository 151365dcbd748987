//! Text to signature: the only room that hashes.

use countersign_core::Secret;
use countersign_core::encode::hex_in;
pub(crate) use countersign_core::sha256::Mac;
use countersign_core::sha256::sha256;
use zeroize::Zeroizing;

/// The name of the algorithm, first line of every string to sign.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The SHA-256 of the empty text, in hex.
pub(crate) const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Sixty-four hex digits.
#[derive(Clone, Copy)]
pub(crate) struct Hex64([u8; 64]);

impl Hex64 {
    /// Of 32 bytes.
    pub(crate) fn of(bytes: &[u8; 32]) -> Self {
        let mut buf = [b'0'; 64];
        let _ = hex_in(bytes, &mut buf);
        Self(buf)
    }

    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    pub(crate) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads 64 hex digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| text.as_bytes().try_into().ok().map(Self))?
    }
}

/// The SHA-256 of this text, in hex.
pub(crate) fn sha256_hex(text: &[u8]) -> Hex64 {
    Hex64::of(&sha256(text))
}

/// A key derived for one day, region and service, with its MAC begun: wiped on drop.
pub(crate) struct SigningKey(Mac);

impl SigningKey {
    /// `HMAC(HMAC(HMAC(HMAC("AWS4" + secret, date), region), service), "aws4_request")`.
    /// Source: "Create a signed AWS API request", step 4, AWS Identity and Access Management User Guide.
    pub(crate) fn derive(secret: &Secret, date: &str, region: &str, service: &str) -> Self {
        let mut first = Zeroizing::new(Vec::with_capacity(4 + secret.expose().len()));
        first.extend_from_slice(b"AWS4");
        first.extend_from_slice(secret.expose().as_bytes());
        let mut mac = Mac::new(&first);
        for part in [date, region, service, "aws4_request"] {
            mac = Mac::new(Zeroizing::new(mac.sign(part.as_bytes())).as_slice());
        }
        Self(mac)
    }

    /// The signature of a string to sign, as 32 bytes.
    pub(crate) fn sign(&self, string_to_sign: &[u8]) -> [u8; 32] {
        self.0.sign(string_to_sign)
    }

    /// The signature of a string to sign, in hex.
    pub(crate) fn sign_hex(&self, string_to_sign: &[u8]) -> Hex64 {
        Hex64::of(&self.sign(string_to_sign))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_key() {
        // "Deriving the signing key", AWS General Reference: the key for 2012-02-15, us-east-1, iam. Its bytes are compared
        // by what they sign, as the key itself is not kept.
        let secret = Secret::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let published =
            countersign_core::encode::hex_decode("f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d");
        let expected = Mac::new(&published.unwrap());
        let derived = SigningKey::derive(&secret, "20120215", "us-east-1", "iam");
        assert_eq!(derived.sign(b"x"), expected.sign(b"x"));
    }

    #[test]
    fn the_empty_hash_is_that_of_nothing() {
        assert_eq!(sha256_hex(b"").as_str(), EMPTY_SHA256);
    }
}
