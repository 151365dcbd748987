//! Two texts side by side: the first line that differs, and why, in words.

use countersign::scheme::query;

use crate::words;

/// SHA-256 of nothing.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Whose text is compared with whose: `("your code", "the server")`.
pub(crate) type Sides = (&'static str, &'static str);

/// The number of the first line that differs, from 0.
pub(crate) fn first_difference(one: &str, other: &str) -> Option<usize> {
    let (mut one, mut other) = (one.split('\n'), other.split('\n'));
    let mut number = 0;
    loop {
        match (one.next(), other.next()) {
            (None, None) => return None,
            (one, other) if one != other => return Some(number),
            _ => number += 1,
        }
    }
}

/// A canonical request of AWS, taken apart by its form.
struct Canonical<'a> {
    method: &'a str,
    path: &'a str,
    query: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    names: &'a str,
    hash: &'a str,
}

impl<'a> Canonical<'a> {
    /// The start is enough: a log may cut the rest off.
    fn of(text: &'a str) -> Self {
        let mut lines = text.split('\n');
        let mut next = || lines.next().unwrap_or_default();
        let (method, path, query) = (next(), next(), next());
        let rest: Vec<&str> = lines.collect();
        let end = rest.iter().position(|line| line.is_empty()).unwrap_or(rest.len());
        let headers = rest.iter().take(end).map(|line| line.split_once(':').unwrap_or((line, ""))).collect();
        let mut after = rest.iter().skip(end + 1);
        Self { method, path, query, headers, names: after.next().unwrap_or(&""), hash: after.next().unwrap_or(&"") }
    }

    fn value(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

/// Why two canonical requests differ: the first difference, in words.
pub(crate) fn canonical(one: &str, other: &str, (ours, theirs): Sides) -> Option<String> {
    let (a, b) = (Canonical::of(one), Canonical::of(other));
    if a.method != b.method {
        return Some(format!("The method differs: {ours} signs {:?}, {theirs} {:?}.", a.method, b.method));
    }
    if a.path != b.path {
        return Some(path(a.path, b.path, (ours, theirs)));
    }
    if a.query != b.query {
        return Some(parameters(a.query, b.query, (ours, theirs)));
    }
    if let Some(why) = headers(&a, &b, (ours, theirs)) {
        return Some(why);
    }
    if a.names != b.names && !a.names.is_empty() && !b.names.is_empty() {
        return Some(format!("The list of signed headers differs: {ours} has {:?}, {theirs} {:?}.", a.names, b.names));
    }
    if a.hash != b.hash && !a.hash.is_empty() && !b.hash.is_empty() {
        return Some(hash(a.hash, b.hash, (ours, theirs)));
    }
    let same = one.split('\n').zip(other.split('\n')).all(|(one, other)| one == other);
    (!same).then(|| {
        "The lines of the canonical request are not where they belong: method, path, query (an empty line if there is none), headers, an empty \
         line, the list of signed headers, the hash of the body."
            .into()
    })
}

fn path(one: &str, other: &str, (ours, theirs): Sides) -> String {
    let shown = format!("{ours} signs {one:?}, {theirs} {other:?}");
    // Decoded once more than the other side it is the same, and percent signs of it were encoded.
    let is_encoded_again = |one: &str, other: &str| {
        let percents = |path: &str| path.matches("%25").count();
        let once = words::decoded(one);
        percents(one) > percents(other) && (once == other || words::decoded(&once) == words::decoded(other))
    };
    if is_encoded_again(one, other) {
        return format!("The path is encoded twice: {shown}. Sign the path as it is sent; S3 encodes it once only.");
    }
    if is_encoded_again(other, one) {
        return format!(
            "The path is encoded once, and this service wants it encoded once more: {shown}. Only S3 takes it as it is sent."
        );
    }
    if words::decoded(one) == words::decoded(other) {
        return format!(
            "The path is encoded differently: {shown}. All but letters, digits, - . _ ~ and / is encoded, in upper case."
        );
    }
    if one.trim_end_matches('/') == other.trim_end_matches('/') {
        return format!("A slash at the path's end is there on one side only: {shown}.");
    }
    if other.ends_with(one) || one.ends_with(other) {
        return format!(
            "A part of the path is missing at its beginning (a stage, a bucket, a proxy's prefix): {shown}."
        );
    }
    format!("The path differs: {shown}.")
}

fn parameters(one: &str, other: &str, (ours, theirs): Sides) -> String {
    let sorted = |text: &str| {
        let mut pairs: Vec<String> =
            query::pairs(text).map(|(name, value)| format!("{name}={}", value.unwrap_or_default())).collect();
        pairs.sort_unstable();
        pairs
    };
    let (mine, its) = (sorted(one), sorted(other));
    if mine == its {
        return if one.split('&').count() == other.split('&').count()
            && one.contains('=')
            && sorted(one).join("&") == other
        {
            format!(
                "The query's parameters are not in order: {ours} has {one:?}; they are sorted by name, then by value."
            )
        } else {
            "A parameter without a value is signed with a `=` after its name.".to_owned()
        };
    }
    let lacks = |these: &[String], those: &[String]| {
        let missing: Vec<&str> = those.iter().filter(|pair| !these.contains(pair)).map(String::as_str).collect();
        missing.join("&")
    };
    let (missing, extra) = (lacks(&mine, &its), lacks(&its, &mine));
    if words::decoded(&missing) == words::decoded(&extra) || words::decoded(&extra) == missing {
        return format!(
            "The query is encoded differently: {ours} signs {extra:?}, {theirs} {missing:?}. A space is %20, and nothing is encoded twice."
        );
    }
    if extra.replace('+', "%20") == missing {
        return format!("A space in the query is %20, not +: {ours} signs {extra:?}, {theirs} {missing:?}.");
    }
    match (missing.is_empty(), extra.is_empty()) {
        (false, true) => format!("Parameters of the query are missing from what {ours} signs: {missing}."),
        (true, false) => format!(
            "{ours} signs parameters of the query that {theirs} does not have: {extra}. Headers do not belong there."
        )
        .capitalised(),
        _ => format!("The query differs: {ours} signs {extra:?}, {theirs} {missing:?}."),
    }
}

fn headers(a: &Canonical<'_>, b: &Canonical<'_>, (ours, theirs): Sides) -> Option<String> {
    let complete = !a.names.is_empty() && !b.names.is_empty();
    for (name, value) in &b.headers {
        let Some(mine) = a.value(name) else {
            let other_case = a.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            if let Some((known, _)) = other_case {
                return Some(format!("Names of headers are signed in lower case: {ours} has {known:?}."));
            }
            if !complete {
                continue;
            }
            return Some(format!("The header {name:?} is missing from what {ours} signs; {theirs} has it."));
        };
        if mine != *value {
            return Some(value_of(name, mine, value, (ours, theirs)));
        }
    }
    let extra = a.headers.iter().find(|(name, _)| complete && b.value(name).is_none())?;
    Some(format!(
        "The header {:?} is signed by {ours}, and {theirs} does not have it: it was taken away on the way, or never sent.",
        extra.0
    ))
}

fn value_of(name: &str, mine: &str, its: &str, (ours, theirs): Sides) -> String {
    let shown = format!("{ours} signs {mine:?}, {theirs} {its:?}");
    match name {
        "host" => format!("The host differs: {shown}. A proxy rewrote it, or the port is on one side only."),
        "x-amz-date" => {
            let apart = words::unix_time(mine)
                .zip(words::unix_time(its))
                .map(|(mine, its)| words::duration(mine.abs_diff(its)));
            format!(
                "The time differs by {}: {shown}. Sign the X-Amz-Date that is sent.",
                apart.unwrap_or_else(|| "an unknown span".into())
            )
        }
        "x-amz-security-token" => "The session token differs: sign the one that is sent.".into(),
        _ if mine.split_whitespace().eq(its.split_whitespace()) => {
            format!("The header {name:?} has other white space: it is trimmed, and several spaces are signed as one.")
        }
        "content-type" => {
            format!("The content type differs: {shown}. Many clients add a charset or a boundary when they send.")
        }
        _ => format!("The header {name:?} differs: {shown}."),
    }
}

fn hash(mine: &str, its: &str, (ours, theirs): Sides) -> String {
    if mine == EMPTY {
        return format!("The body is missing from what {ours} signs: this is the hash of an empty one.");
    }
    if its == EMPTY {
        return format!("The body did not arrive, or is not signed at {theirs}: there it is the hash of an empty one.");
    }
    if mine.starts_with("UNSIGNED") || its.starts_with("UNSIGNED") {
        return format!(
            "One side signs the body, and the other does not: {ours} has {mine}, {theirs} {its}. X-Amz-Content-Sha256 says which."
        );
    }
    format!(
        "The body is another than the one that {ours} signs: its hash differs. It was changed after it was signed (spaces, line ends, compression)."
    )
}

/// Why two strings to sign differ. The last line follows from the canonical request.
pub(crate) fn string_to_sign(one: &str, other: &str, (ours, theirs): Sides) -> Option<String> {
    let line = first_difference(one, other)?;
    let nth = |text: &str| text.split('\n').nth(line).unwrap_or_default().to_owned();
    let (mine, its) = (nth(one), nth(other));
    Some(match line {
        0 => format!("The algorithm differs: {ours} signs {mine:?}, {theirs} {its:?}."),
        1 => value_of("x-amz-date", &mine, &its, (ours, theirs)),
        2 => scope(&mine, &its, (ours, theirs)),
        _ => return None,
    })
}

fn scope(mine: &str, its: &str, (ours, theirs): Sides) -> String {
    let pairs = ["date", "region", "service", "end"].into_iter().zip(mine.split('/').zip(its.split('/')));
    for (what, (mine, its)) in pairs {
        if mine != its {
            return format!("The {what} is wrong: {ours} signs for {mine:?}, {theirs} for {its:?}.");
        }
    }
    format!("The credential scope differs: {ours} has {mine:?}, {theirs} {its:?}.")
}

/// A sentence begins with a capital.
trait Capitalised {
    fn capitalised(self) -> String;
}

impl Capitalised for String {
    fn capitalised(self) -> String {
        let mut characters = self.chars();
        characters.next().map_or_else(Self::new, |first| first.to_uppercase().chain(characters).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "GET\n/a%20b\na=1&b=2\nhost:h\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\nabc";

    fn why(other: &str) -> String {
        canonical(BASE, other, ("your code", "the server")).unwrap()
    }

    #[test]
    fn the_first_difference_has_its_reason() {
        for (from, to, words) in [
            ("GET", "PUT", "The method differs"),
            ("/a%20b", "/a%2520b", "encoded once more"),
            ("/a%20b", "/a b", "encoded differently"),
            ("/a%20b", "/a%20b/", "slash at the path's end"),
            ("/a%20b", "/stage/a%20b", "missing at its beginning"),
            ("/a%20b", "/c", "The path differs"),
            ("a=1&b=2", "a=1&b=2&c=3", "missing from what your code signs: c=3"),
            ("a=1&b=2", "a=1", "Your code signs parameters of the query that the server does not have: b=2"),
            ("host:h", "host:h:8080", "The host differs"),
            ("20150830T123600Z", "20150830T124300Z", "differs by 7 minutes"),
            ("host:h\n", "content-type:a\nhost:h\n", "\"content-type\" is missing from what your code signs"),
            ("x-amz-date:20150830T123600Z\n", "", "and the server does not have it"),
            ("host;x-amz-date", "host", "list of signed headers"),
            ("abc", EMPTY, "did not arrive"),
            ("abc", "UNSIGNED-PAYLOAD", "One side signs the body"),
            ("abc", "def", "The body is another"),
        ] {
            let why = why(&BASE.replacen(from, to, 1));
            assert!(why.contains(words), "{to}: {why}");
        }
        assert_eq!(canonical(BASE, BASE, ("a", "b")), None);
    }

    #[test]
    fn queries() {
        let why = |one: &str, other: &str| parameters(one, other, ("your code", "the server"));
        assert!(why("b=2&a=1", "a=1&b=2").contains("not in order"));
        assert!(why("a", "a=").contains("with a `=`"));
        assert!(why("a=x+y", "a=x%20y").contains("%20, not +"));
        assert!(why("a=%252F", "a=%2F").contains("encoded differently"));
        assert!(why("a=1", "a=2").contains("The query differs"));
    }

    #[test]
    fn strings_to_sign() {
        let why = |scope: &str| {
            let text = |scope: &str| format!("AWS4-HMAC-SHA256\n20150830T123600Z\n{scope}\nabc");
            string_to_sign(&text("20150830/us-east-1/s3/aws4_request"), &text(scope), ("your code", "the server"))
        };
        assert_eq!(
            why("20150830/eu-west-1/s3/aws4_request").unwrap(),
            "The region is wrong: your code signs for \"us-east-1\", the server for \"eu-west-1\"."
        );
        assert!(why("20150830/us-east-1/es/aws4_request").unwrap().starts_with("The service is wrong"));
        assert_eq!(why("20150830/us-east-1/s3/aws4_request"), None);
    }
}
