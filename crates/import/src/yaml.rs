//! YAML, read into the same structs as JSON.

use std::marker::PhantomData;

use countersign::Result;
use serde::Deserialize;
use serde::de::DeserializeSeed;

use crate::{Limits, error};

/// Reads JSON where the text begins with `{` or `[`, else YAML.
pub(crate) fn read_either<'a, T: Deserialize<'a>>(what: &str, text: &'a str, limits: &Limits) -> Result<T> {
    read_either_seed(what, text, limits, PhantomData)
}

/// [`read_either`], into what a seed makes.
pub(crate) fn read_either_seed<'a, S: DeserializeSeed<'a>>(
    what: &str,
    text: &'a str,
    limits: &Limits,
    seed: S,
) -> Result<S::Value> {
    if !text.trim_start().starts_with(['{', '[']) {
        return read_seed(what, text, limits, seed);
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let value = seed.deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    value.map_err(|why| error::json(what, &why))
}

/// Reads one YAML document. `what` names the input in errors, which hold the line, never a value.
pub(crate) fn read<'a, T: Deserialize<'a>>(what: &str, text: &'a str, limits: &Limits) -> Result<T> {
    read_seed(what, text, limits, PhantomData)
}

#[cfg(feature = "yaml")]
fn read_seed<'a, S: DeserializeSeed<'a>>(what: &str, text: &'a str, limits: &Limits, seed: S) -> Result<S::Value> {
    let read = |yaml: serde_saphyr::Deserializer<'a, '_>| seed.deserialize(yaml);
    serde_saphyr::with_deserializer_from_str_with_options(text, options(text, limits), read)
        .map_err(|why| failure(what, &why))
}

#[cfg(not(feature = "yaml"))]
fn read_seed<'a, S: DeserializeSeed<'a>>(what: &str, _: &'a str, _: &Limits, _: S) -> Result<S::Value> {
    Err(error::invalid("input", format!("{what} is YAML, which this build reads only with the feature `yaml`")))
}

/// How deep YAML may be, whatever the limits say: each level takes up to 24 KiB of the stack in a build without optimisation,
/// and a thread has 2 MiB.
#[cfg(feature = "yaml")]
const DEEPEST: usize = 64;

#[cfg(feature = "yaml")]
fn options(text: &str, limits: &Limits) -> serde_saphyr::Options {
    // No text of n bytes has more events than this, so only what aliases add is limited by a number.
    let most = text.len().saturating_mul(2).saturating_add(limits.replayed_events).saturating_add(16);
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: most,
            max_nodes: most,
            max_depth: limits.depth.min(DEEPEST),
            // The scanner looks ahead by up to 1,024 characters; the depth is counted behind it.
            flow_nesting_limit: DEEPEST + 2048,
            max_total_scalar_bytes: most.saturating_mul(2),
            max_documents: 1,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: limits.replayed_events,
        },
        strict_booleans: true,
        reject_non_finite_typeless_float: false,
        emit_comments: false,
        // A snippet quotes the input, which may hold secrets.
        with_snippet: false,
    }
}

/// A line, and which limit was passed. The library's text stays out: it quotes values.
#[cfg(feature = "yaml")]
fn failure(what: &str, why: &serde_saphyr::Error) -> countersign::Error {
    use serde_saphyr::Error;
    let place = why.location().map_or_else(|| "input".to_owned(), |at| format!("line {}", at.line()));
    match why.without_snippet() {
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::AliasReplayCounterOverflow { .. } => {
            error::limit(place, format!("{what} is too deep, or its aliases repeat too much"))
        }
        // The text is the library's own; only its beginning is looked at.
        Error::AliasError { msg, .. } if msg.starts_with("alias") && msg.contains("limit exceeded") => {
            error::limit(place, format!("the aliases of {what} repeat too much"))
        }
        Error::DuplicateMappingKey { .. } => error::invalid(place, format!("{what} has the same key twice")),
        Error::UnknownAnchor { .. } => error::invalid(place, format!("{what} has an alias without an anchor")),
        Error::Eof { .. } => error::invalid(place, format!("{what} ends too early")),
        _ => error::invalid(place, format!("{what} is not in its form here")),
    }
}

#[cfg(all(test, feature = "yaml"))]
mod tests {
    use countersign::ErrorKind;
    use serde::de::IgnoredAny;

    use super::*;

    fn kind(text: &str) -> Option<ErrorKind> {
        read::<IgnoredAny>("it", text, &Limits::default()).err().map(|why| why.kind())
    }

    #[test]
    fn entangled_and_deep_texts_end_with_a_limit() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let list = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{list}]\n"));
        }
        assert_eq!(kind(&bomb), Some(ErrorKind::LimitExceeded));
        assert_eq!(kind(&"[".repeat(100_000)), Some(ErrorKind::LimitExceeded));
        assert_eq!(kind(&format!("{}1{}", "[".repeat(60), "]".repeat(60))), None);
    }

    #[test]
    fn errors_name_the_line_and_quote_nothing() {
        for text in ["a: hunter2\na: hunter2", "a: *hunter2", "a: 'hunter2", "a: [hunter2", "a:\n\thunter2: 1"] {
            let error = read::<IgnoredAny>("it", text, &Limits::default()).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(shown.contains("line") && !shown.contains("hunter2"), "{text}: {shown}");
        }
    }

    #[test]
    fn what_is_skipped_may_be_odd() {
        for text in ["a: .nan", "a: !include b.raml", "a: !Sub {b: c}", "1: {2: 3}", "- a: 0x1f\n- 1e999", "a: yes", ""]
        {
            assert_eq!(kind(text), None, "{text}");
        }
    }
}
