//! A request's parameters, sorted and encoded as the signature base string has them (RFC 5849 section 3.4.1.3.2, with erratum
//! 2550: names are sorted first, then values).

use std::cmp::Ordering;

use countersign_core::encode::is_unreserved;
use countersign_core::query;
use smallvec::SmallVec;

/// What separates a name from its value, and a pair from the next, in the base string: `=` and `&`, encoded.
const EQUALS: &str = "%3D";
const AND: &str = "%26";

/// How the names of protocol parameters begin.
const PREFIX: &str = "oauth_";

/// A name and its value. They are written into the base string once, in order; nothing is encoded in order to be sorted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter<'a> {
    name: &'a str,
    value: &'a str,
    form: Form,
}

/// How a parameter stands where it comes from. In the encoded forms, a `%` without two hex digits is meant as it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    /// As it is meant.
    Decoded,
    /// As the header has it: percent-encoded.
    Percent,
    /// As a query or form has it: percent-encoded, and `+` is a space.
    Encoded,
}

impl<'a> Parameter<'a> {
    pub(crate) const fn decoded(name: &'a str, value: &'a str) -> Self {
        Self { name, value, form: Form::Decoded }
    }

    pub(crate) const fn percent_encoded(name: &'a str, value: &'a str) -> Self {
        Self { name, value, form: Form::Percent }
    }

    /// Appends `name%3Dvalue%26`, name and value encoded twice: once as RFC 5849 section 3.4.1.3.2 has them, and once as the base
    /// string quotes them.
    pub(crate) fn push_to(&self, out: &mut String) {
        push_twice(out, self.name, self.form);
        out.push_str(EQUALS);
        push_twice(out, self.value, self.form);
        out.push_str(AND);
    }

    /// By encoded name, then encoded value.
    fn order(&self, other: &Self) -> Ordering {
        let order = |one: &str, another: &str| {
            // Mostly the first letters decide.
            match (one.as_bytes(), another.as_bytes()) {
                ([first, ..], [other, ..]) if first != other && is_unreserved(*first) && is_unreserved(*other) => {
                    first.cmp(other)
                }
                _ => bytes(one, self.form).map(rank).cmp(bytes(another, other.form).map(rank)),
            }
        };
        order(self.name, other.name).then_with(|| order(self.value, other.value))
    }
}

/// Where a byte's encoded form sorts: `%` is before all that is not encoded, and upper-case hex digits sort as the bytes do.
const fn rank(byte: u8) -> (bool, u8) {
    (is_unreserved(byte), byte)
}

/// The meant bytes of a text.
pub(crate) fn bytes(text: &str, form: Form) -> impl Iterator<Item = u8> {
    let mut rest = text.as_bytes();
    std::iter::from_fn(move || {
        let (&first, after) = rest.split_first()?;
        rest = after;
        match (first, after) {
            (b'+', _) if form == Form::Encoded => Some(b' '),
            (b'%', [high, low, after @ ..]) if form != Form::Decoded => match (hex_digit(*high), hex_digit(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    Some(high << 4 | low)
                }
                _ => Some(first),
            },
            _ => Some(first),
        }
    })
}

const fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

fn push_twice(out: &mut String, text: &str, form: Form) {
    // What stands at the beginning, often all of it, is one copy.
    let plain = text.bytes().position(|byte| !is_unreserved(byte)).unwrap_or(text.len());
    let (plain, rest) = text.split_at_checked(plain).unwrap_or((text, ""));
    out.push_str(plain);
    for byte in bytes(rest, form) {
        if is_unreserved(byte) {
            out.push(char::from(byte));
        } else {
            const HEX: &[u8; 16] = b"0123456789ABCDEF";
            let digit = |four: u8| HEX.get(usize::from(four)).map_or('0', |&digit| char::from(digit));
            out.push_str("%25");
            out.push(digit(byte >> 4));
            out.push(digit(byte & 15));
        }
    }
}

/// Parameters in any order.
#[derive(Default)]
pub(crate) struct Parameters<'a>(SmallVec<[Parameter<'a>; 16]>);

impl<'a> Parameters<'a> {
    pub(crate) fn push(&mut self, parameter: Parameter<'a>) {
        self.0.push(parameter);
    }

    /// Adds the pairs of a query or form, except those whose name, as it stands, `drop` names. Empty pairs do not count.
    pub(crate) fn push_form(&mut self, form: &'a str, drop: impl Fn(&str) -> bool) {
        for (name, value) in query::pairs(form) {
            if name.is_empty() && value.is_none() || drop(name) {
                continue;
            }
            self.0.push(Parameter { name, value: value.unwrap_or_default(), form: Form::Encoded });
        }
    }

    /// Whether a name begins as those of the protocol do, so that it may belong between them.
    pub(crate) fn any_is_like_protocol(&self) -> bool {
        self.0.iter().any(|own| bytes(own.name, own.form).take(PREFIX.len()).eq(PREFIX.bytes()))
    }

    /// Appends all, sorted.
    pub(crate) fn push_normalized(self, out: &mut String) {
        self.push_normalized_around(out, |_| ());
    }

    /// Appends all, sorted, with `protocol` in its place: pairs whose names begin with `oauth_`, sorted and as [`Parameter::push_to`]
    /// writes them, where [`Parameters::any_is_like_protocol`] is false.
    pub(crate) fn push_normalized_around(mut self, out: &mut String, protocol: impl FnOnce(&mut String)) {
        self.0.sort_unstable_by(Parameter::order);
        let start = out.len();
        let place =
            self.0.iter().position(|own| own.order(&Parameter::decoded(PREFIX, "")).is_gt()).unwrap_or(self.0.len());
        let (before, after) = self.0.split_at_checked(place).unwrap_or((&self.0, &[]));
        before.iter().for_each(|own| own.push_to(out));
        protocol(out);
        after.iter().for_each(|own| own.push_to(out));
        if out.len() > start {
            out.truncate(out.len() - AND.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn normalized(form: &str, decoded: &[(&str, &str)]) -> String {
        let mut parameters = Parameters::default();
        parameters.push_form(form, |_| false);
        decoded.iter().for_each(|(name, value)| parameters.push(Parameter::decoded(name, value)));
        let mut out = String::new();
        parameters.push_normalized(&mut out);
        out
    }

    #[test]
    fn what_is_written_is_read_first_and_encoded_twice() {
        for form in ["a b~%\u{fc}=", "a+b%7E%25%C3%BC=", "a%20b%7e%%c3%bc=", "%61+b~%\u{fc}"] {
            assert_eq!(normalized(form, &[]), "a%2520b~%2525%25C3%25BC%3D", "{form}");
        }
        assert_eq!(normalized("", &[("a+%7E", "\u{fc}")]), "a%252B%25257E%3D%25C3%25BC");
    }

    #[test]
    fn the_callers_stand_between_the_protocols() {
        let protocol = [("oauth_token", ""), ("oauth_nonce", "b")];
        assert_eq!(
            normalized("z&oauth_nonce=c&oauth_nonce=a&a=1&oauth_x=", &protocol),
            "a%3D1%26oauth_nonce%3Da%26oauth_nonce%3Db%26oauth_nonce%3Dc%26oauth_token%3D%26oauth_x%3D%26z%3D"
        );
    }

    proptest! {
        /// The order is that of the encoded texts.
        #[test]
        fn pairs_sort_as_they_are_encoded(form in "([a-c%2&=+~é]{0,12}|(%[0-9a-f]{2}|[-a&=]){0,9})") {
            let text = normalized(&form, &[]);
            let pairs: Vec<_> = text.split(AND).map(|pair| pair.split_once(EQUALS)).collect();
            prop_assert!(pairs.is_sorted(), "{text}");
        }

        #[test]
        fn a_prepared_block_stands_where_its_pairs_would(form in "(((o|%6F)?(auth|zauth)?_?|[n-p]{1,2})=?[a-c]?&){0,5}") {
            let protocol = [("oauth_nonce", "n"), ("oauth_token", "t")];
            let mut parameters = Parameters::default();
            parameters.push_form(&form, |_| false);
            if !parameters.any_is_like_protocol() {
                let mut out = String::new();
                parameters.push_normalized_around(&mut out, |out| {
                    protocol.iter().for_each(|(name, value)| Parameter::decoded(name, value).push_to(out));
                });
                prop_assert_eq!(out, normalized(&form, &protocol));
            } else {
                prop_assert!(form.contains("auth_"), "{form}");
            }
        }
    }
}
