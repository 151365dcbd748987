//! The user that stands before a URL's host (RFC 3986 section 3.2.1).

use countersign::scheme::encode;

/// A user's name and, if there is a colon, password; percent-decoded.
pub(crate) type User = (String, Option<String>);

/// A URL without its user, and that user.
pub(crate) fn split(url: &str) -> (String, Option<User>) {
    let (scheme, rest) = url.split_at(url.find("://").map_or(0, |at| at + 3));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let Some((user, host)) = authority.rsplit_once('@') else { return (url.to_owned(), None) };
    let decoded = |text: &str| String::from_utf8_lossy(&encode::percent_decode(text.as_bytes())).into_owned();
    let user = match user.split_once(':') {
        Some((name, password)) => (decoded(name), Some(decoded(password))),
        None => (decoded(user), None),
    };
    (format!("{scheme}{host}{path}"), Some(user))
}

/// A URL without its user.
pub(crate) fn without(url: &str) -> String {
    split(url).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_what_stands_before_the_last_at_of_the_authority() {
        let user = |name: &str, password: Option<&str>| Some((name.to_owned(), password.map(str::to_owned)));
        for (url, rest, expected) in [
            ("https://h/a@b", "https://h/a@b", None),
            ("https://u@h", "https://h", user("u", None)),
            ("https://u:p%40q@h:1/?x=@", "https://h:1/?x=@", user("u", Some("p@q"))),
            ("https://a@b:c@h", "https://h", user("a@b", Some("c"))),
            ("https://:@h", "https://h", user("", Some(""))),
            ("{{base}}/x@y", "{{base}}/x@y", None),
            ("u:p@h/x", "h/x", user("u", Some("p"))),
        ] {
            assert_eq!(split(url), (rest.to_owned(), expected), "{url}");
        }
    }
}
