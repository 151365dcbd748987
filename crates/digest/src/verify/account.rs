use std::fmt;

use countersign_core::{Error, ErrorKind, Result, Secret};
use zeroize::Zeroizing;

use crate::Algorithm;
use crate::algorithm::Function;
use crate::signature::{Hash, Hex};

/// A user's name, and the password or its hash: what a server looks up for a [`Claim`](super::Claim).
///
/// ```
/// use countersign_digest::Algorithm;
/// use countersign_digest::verify::Account;
///
/// let account = Account::new("Mufasa", "Circle Of Life");
/// // As `htdigest` keeps it: H(Mufasa:testrealm@host.com:Circle Of Life).
/// let hashed = Account::from_hash("Mufasa", &Algorithm::Md5, "939e7578ed9e3c518a452acee763bce9")?;
/// # Ok::<(), countersign_digest::Error>(())
/// ```
#[derive(Clone)]
pub struct Account {
    username: String,
    key: Key,
}

#[derive(Clone)]
enum Key {
    Password(Secret),
    /// H(user:realm:password) by this function.
    Hash(Function, Zeroizing<Hex>),
}

impl Account {
    /// A user's name and password. With an empty password nobody gets in.
    #[must_use]
    pub fn new(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self { username: username.into(), key: Key::Password(password.into()) }
    }

    /// A user's name, and the hash of name, realm and password (`user:realm:password`) in hex, as a password file holds it. It is
    /// of one algorithm (with or without `-sess`): answers of any other are refused, so let the verifier ask for no other
    /// ([`Verifier::with_algorithms`](super::Verifier::with_algorithms)). Whoever reads the hash can sign with it.
    ///
    /// # Errors
    /// [`ErrorKind::UnsupportedAlgorithm`] for [`Algorithm::Other`], [`ErrorKind::InvalidKey`] when the text is not a hash of that
    /// algorithm.
    pub fn from_hash(username: impl Into<String>, algorithm: &Algorithm, hash: &str) -> Result<Self> {
        let function = super::known(algorithm)?.function;
        let hash = Hex::read(function, hash).map(Zeroizing::new).ok_or_else(|| {
            Error::new(ErrorKind::InvalidKey, format!("the hash is not one of {algorithm} in hex digits"))
        })?;
        Ok(Self { username: username.into(), key: Key::Hash(function, hash) })
    }

    pub(super) fn username(&self) -> &str {
        &self.username
    }

    /// Whether anybody may get in with this key.
    pub(super) fn is_usable(&self, wanted: Function) -> bool {
        match &self.key {
            Key::Password(password) => !password.is_empty(),
            Key::Hash(function, _) => *function == wanted,
        }
    }

    /// H(user:realm:password). A stored hash takes as long as one that is computed: nobody learns which it is.
    pub(super) fn hash(&self, function: Function, realm: &[u8]) -> Zeroizing<Hex> {
        let of_password = |password: &Secret| Hash::of_password(function, self.username.as_bytes(), realm, password);
        match &self.key {
            Key::Password(password) => of_password(password),
            Key::Hash(_, hash) => {
                std::hint::black_box(of_password(&Secret::from(STAND_IN)));
                hash.clone()
            }
        }
    }

    /// In place of an account that is not there: a password that nobody has is checked, so that it takes as long.
    pub(super) fn stand_in(username: &str) -> Self {
        Self::new(username, STAND_IN)
    }
}

/// As long as many passwords are. That somebody guesses it is of no use: what it verifies is refused.
const STAND_IN: &str = "no such password";

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("username", &self.username).finish_non_exhaustive()
    }
}
