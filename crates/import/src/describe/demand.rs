//! What an operation demands, as configs.

use countersign::{AuthConfig, Error, ErrorKind, Result};

use super::scheme::{Making, Place, Scheme};
use crate::error::{invalid, quoted};

/// Schemes that apply together.
#[derive(Debug, Default)]
pub(crate) struct Demand<'a>(pub(crate) Vec<Need<'a>>);

/// One scheme of a demand.
#[derive(Clone, Debug)]
pub(crate) struct Need<'a> {
    /// The name that the description gives the scheme.
    pub(crate) name: &'a str,
    /// What its variables are named after, if not `name`.
    pub(crate) variable: Option<String>,
    /// Where it is defined, or demanded.
    pub(crate) place: String,
    pub(crate) scheme: Scheme,
    /// The scopes that are asked for.
    pub(crate) scopes: Vec<String>,
}

/// The configs of alternative demands, in their order. A demand of nothing makes the others optional, and comes last. What
/// cannot be carried over is a note as long as another can. Without any demand nothing is asked for.
///
/// # Errors
/// The first demand's, when none can be carried over.
pub(crate) fn configs(
    demands: Vec<Result<Demand<'_>>>,
    place: &str,
    making: &mut Making<'_>,
) -> Result<Vec<AuthConfig>> {
    let mut is_optional = demands.is_empty();
    let (mut configs, mut failed): (Vec<AuthConfig>, Vec<Error>) = (Vec::new(), Vec::new());
    for demand in demands {
        if demand.as_ref().is_ok_and(|demand| demand.0.is_empty()) {
            is_optional = true;
            continue;
        }
        match demand.and_then(|demand| together(demand, place, making)) {
            Ok(ways) => configs.extend(ways),
            Err(why) => failed.push(why),
        }
    }
    if is_optional {
        if !configs.is_empty() {
            making.note(place, "authentication is optional here: the last alternative is none");
        }
        configs.push(AuthConfig::None);
    }
    if configs.is_empty() {
        let nothing = || Error::new(ErrorKind::NothingDescribed, format!("{place}: no scheme is named"));
        return Err(failed.into_iter().next().unwrap_or_else(nothing));
    }
    for why in failed {
        making.note(place, format!("an alternative was left out: {why}"));
    }
    Ok(configs)
}

/// The ways to fulfil one demand: as many as its OAuth 2 scheme has flows.
fn together(demand: Demand<'_>, place: &str, making: &mut Making<'_>) -> Result<Vec<AuthConfig>> {
    let needs = one_per_place(one_token(demand.0, making), place, making)?;
    let (mut others, mut tokens) = (Vec::new(), Vec::new());
    for need in &needs {
        let configs =
            need.scheme.configs(need.variable.as_deref().unwrap_or(need.name), &need.place, &need.scopes, making)?;
        let mut configs = configs.into_iter().filter(|config| !matches!(config, AuthConfig::None));
        if need.scheme.is_token() {
            tokens.extend(configs);
        } else {
            others.extend(configs.next());
        }
    }
    // Keys first, so that what signs covers them.
    others.sort_by_key(|config| !matches!(config, AuthConfig::ApiKey(_)));
    if tokens.is_empty() {
        return Ok(vec![all(others)]);
    }
    Ok(tokens.into_iter().map(|token| all(others.iter().cloned().chain([token]).collect())).collect())
}

/// Several OAuth 2 schemes are one token, since a request carries one: that of the better flow, with everyone's scopes.
fn one_token<'a>(needs: Vec<Need<'a>>, making: &mut Making<'_>) -> Vec<Need<'a>> {
    let best = needs.iter().filter(|need| need.scheme.is_token()).min_by_key(|need| need.scheme.rank());
    let Some(mut best) = best.cloned() else { return needs };
    let mut kept = Vec::new();
    let mut at = None;
    for need in needs {
        if !need.scheme.is_token() {
            kept.push(need);
            continue;
        }
        at.get_or_insert(kept.len());
        if need.name != best.name {
            best.scopes.extend(need.scopes);
            making.note(
                &need.place,
                format!(
                    "one token serves {} and {}: the latter's flow is better",
                    quoted(need.name),
                    quoted(best.name)
                ),
            );
        }
    }
    kept.insert(at.unwrap_or(0), best);
    kept
}

/// Of keys for one place the first. Anything else that fills a place twice is an error.
fn one_per_place<'a>(needs: Vec<Need<'a>>, place: &str, making: &mut Making<'_>) -> Result<Vec<Need<'a>>> {
    let mut kept: Vec<(Option<Place>, Need<'a>)> = Vec::new();
    for need in needs {
        let fills = need.scheme.place();
        let other = kept.iter().find(|(other, _)| fills.is_some() && *other == fills);
        let Some((_, other)) = other else {
            kept.push((fills, need));
            continue;
        };
        let both = format!("{} and {}", quoted(other.name), quoted(need.name));
        if !matches!((&other.scheme, &need.scheme), (Scheme::ApiKey(..), Scheme::ApiKey(..))) {
            return Err(invalid(place, format!("{both} together would fill one header, or one parameter, twice")));
        }
        making.note(&need.place, format!("{both} fill the same place: the first is taken"));
    }
    Ok(kept.into_iter().map(|(_, need)| need).collect())
}

/// Configs that apply together; none of them is none.
fn all(mut of: Vec<AuthConfig>) -> AuthConfig {
    match of.len() {
        0 => AuthConfig::None,
        1 => of.remove(0),
        _ => AuthConfig::all(of),
    }
}
