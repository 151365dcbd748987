//! `$ref`: where it points, and what stands there.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use countersign::Result;
use serde::Deserialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::shape::Text;
use crate::error::{invalid, limit, quoted};
use crate::{Limits, yaml};

/// A value that may stand for another one.
pub(crate) trait Reference {
    /// The `$ref`, if there is one.
    fn reference(&self) -> Option<&str>;
}

/// The names on the way to a place of the same document (RFC 6901, as a URI's fragment); none for another document's.
pub(crate) fn local(reference: &str) -> Option<Vec<String>> {
    let pointer = reference.strip_prefix('#')?;
    let decoded = percent_encoding::percent_decode_str(pointer).decode_utf8().ok()?;
    if decoded.is_empty() {
        return Some(Vec::new());
    }
    let names = decoded.strip_prefix('/')?.split('/');
    Some(names.map(|name| name.replace("~1", "/").replace("~0", "~")).collect())
}

/// A place as a pointer: `#/paths/~1pets/get`.
pub(crate) fn pointer<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut pointer = String::from("#");
    for name in names {
        pointer.push('/');
        pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
    }
    pointer
}

/// Follows `$ref` from `start` to a value without one. `find` has what stands at a place.
///
/// # Errors
/// A reference to another document, to nothing, in a circle, or of too many hops.
pub(crate) fn follow<'d, T: Reference>(
    start: &'d T,
    place: &str,
    limits: &Limits,
    find: impl Fn(&[String]) -> Option<&'d T>,
) -> Result<&'d T> {
    let (mut value, mut passed) = (start, Vec::new());
    while let Some(reference) = value.reference() {
        let Some(names) = local(reference) else {
            let what = format!("{} is in another document, which is not opened", quoted(reference));
            return Err(invalid(place, what));
        };
        if passed.contains(&names) {
            return Err(invalid(place, format!("{} goes round in a circle", quoted(reference))));
        }
        if passed.len() >= limits.references {
            return Err(limit(place, format!("more than {} `$ref` follow one another", limits.references)));
        }
        value = find(&names)
            .ok_or_else(|| invalid(place, format!("{} points at nothing of its kind", quoted(reference))))?;
        passed.push(names);
    }
    Ok(value)
}

/// What stands at places where values of its kind are not kept. Each pass reads the text once for all places.
#[derive(Debug)]
pub(crate) struct Elsewhere<T>(HashMap<Vec<String>, Option<T>>);

impl<T> Default for Elsewhere<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Reference + DeserializeOwned> Elsewhere<T> {
    /// Reads what `values` refer to, and what that refers to in turn, unless `is_known` already has it.
    pub(crate) fn read<'v>(
        text: &str,
        limits: &Limits,
        values: impl Iterator<Item = &'v T>,
        is_known: impl Fn(&[String]) -> bool,
    ) -> Result<Self>
    where
        T: 'v,
    {
        let mut found = Self::default();
        let is_wanted = |names: &Vec<String>| names.len() <= limits.depth && !is_known(names);
        let wanted = |value: &T| value.reference().and_then(local).filter(is_wanted);
        let mut asked: Vec<Vec<String>> = values.filter_map(wanted).collect();
        for _ in 0..limits.references {
            asked.retain(|names| !found.0.contains_key(names));
            if asked.is_empty() {
                break;
            }
            let mut tree = Tree::default();
            asked.iter().for_each(|names| tree.insert(names));
            let mut read = Vec::new();
            yaml::read_either_seed(
                "the description",
                text,
                limits,
                At { tree: &tree, way: &mut Vec::new(), found: &mut read },
            )?;
            found.0.extend(asked.drain(..).map(|names| (names, None)));
            asked.extend(read.iter().filter_map(|(_, value)| wanted(value)));
            found.0.extend(read.into_iter().map(|(names, value)| (names, Some(value))));
        }
        Ok(found)
    }

    pub(crate) fn find(&self, names: &[String]) -> Option<&T> {
        self.0.get(names)?.as_ref()
    }
}

/// The places that are wanted. A place inside of another wanted one is not looked for.
#[derive(Default)]
struct Tree {
    is_wanted: bool,
    below: BTreeMap<String, Self>,
}

impl Tree {
    fn insert(&mut self, names: &[String]) {
        match names {
            [] => self.is_wanted = true,
            [first, rest @ ..] => self.below.entry(first.clone()).or_default().insert(rest),
        }
    }
}

/// Reads the wanted places of one value.
struct At<'t, T> {
    tree: &'t Tree,
    way: &'t mut Vec<String>,
    found: &'t mut Vec<(Vec<String>, T)>,
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for At<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.tree.is_wanted {
            self.found.push((self.way.clone(), T::deserialize(deserializer)?));
            return Ok(());
        }
        deserializer.deserialize_any(self)
    }
}

impl<T> At<'_, T> {
    fn below(&mut self, name: String) -> Option<At<'_, T>> {
        let tree = self.tree.below.get(&name)?;
        self.way.push(name);
        Some(At { tree, way: self.way, found: self.found })
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for At<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(Text(name)) = map.next_key()? {
            match name.and_then(|name| self.below(name)) {
                Some(below) => {
                    map.next_value_seed(below)?;
                    self.way.pop();
                }
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        for index in 0_usize.. {
            let next = match self.below(index.to_string()) {
                Some(below) => {
                    let next = list.next_element_seed(below)?;
                    self.way.pop();
                    next
                }
                None => list.next_element::<IgnoredAny>()?.map(drop),
            };
            if next.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
