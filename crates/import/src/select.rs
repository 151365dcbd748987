//! Which item is meant.

use countersign::{Error, ErrorKind, Result};

use crate::Item;
use crate::error::quoted;
use crate::reader::{Chosen, Reader};

/// What `select` names; without it, what is meant when nothing is said.
pub(crate) fn choose<'a>(reader: &'a dyn Reader, select: Option<&str>) -> Result<Chosen<'a>> {
    let Some(select) = select else { return unnamed(reader) };
    let schemes = reader.schemes();
    if let Some(name) = select.strip_prefix("scheme:") {
        return match schemes.iter().find(|&&scheme| scheme == name) {
            Some(scheme) => Ok(Chosen::Scheme(scheme)),
            None => Err(unknown(select, &schemes.iter().map(|name| format!("scheme:{name}")).collect::<Vec<_>>())),
        };
    }
    let items = reader.items();
    // Before the rest, so that a program can ask for each item of a large input.
    let number = select.strip_prefix('#').and_then(|number| number.parse().ok());
    if let Some(number) = number.filter(|&number: &usize| number < items.len()) {
        return Ok(Chosen::Item(number));
    }
    for way in [by_path, by_id, by_route, by_index] {
        let mut found = items.iter().enumerate().filter(|(_, item)| way(select, item)).map(|(index, _)| index);
        if let Some(first) = found.next() {
            let others: Vec<usize> = found.collect();
            if others.is_empty() {
                return Ok(Chosen::Item(first));
            }
            let all = std::iter::once(first).chain(others).filter_map(|index| items.get(index));
            return Err(ambiguous(
                &format!("{} is the name of several", quoted(select)),
                all.map(|item| item.pointer.clone()),
            ));
        }
    }
    Err(unknown(select, &items.iter().map(Item::name).collect::<Vec<_>>()))
}

fn unnamed(reader: &dyn Reader) -> Result<Chosen<'_>> {
    if reader.has_root() {
        return Ok(Chosen::Root);
    }
    let mut items = reader.items().iter().enumerate().filter(|(_, item)| !item.is_folder);
    let (first, second) = (items.next(), items.next());
    let schemes = reader.schemes();
    match (first, second, schemes.as_slice()) {
        (Some((index, _)), None, _) => Ok(Chosen::Item(index)),
        (_, _, [scheme]) => Ok(Chosen::Scheme(scheme)),
        (None, _, []) => Err(crate::error::nothing_described("the input has no item, and says nothing for the whole")),
        _ => {
            let items = reader.items().iter().map(Item::name);
            let schemes = schemes.iter().map(|name| format!("scheme:{name}"));
            Err(ambiguous("the input has several; select one", items.chain(schemes)))
        }
    }
}

fn by_path(select: &str, item: &Item) -> bool {
    item.path.iter().map(String::as_str).eq(names(select).iter().map(String::as_str))
}

fn by_id(select: &str, item: &Item) -> bool {
    item.id.as_deref() == Some(select)
}

fn by_route(select: &str, item: &Item) -> bool {
    let (Some(method), Some(url)) = (&item.method, &item.url) else { return false };
    select.split_once(' ').is_some_and(|(given, rest)| given.eq_ignore_ascii_case(method) && rest.trim() == url)
}

fn by_index(select: &str, item: &Item) -> bool {
    item.pointer == select || select.split('/').map(str::parse).eq(item.indices.iter().map(|&index| Ok(index)))
}

/// The names of a path: `\` takes the next character as it is.
fn names(select: &str) -> Vec<String> {
    let (mut names, mut name, mut characters) = (Vec::new(), String::new(), select.chars());
    while let Some(character) = characters.next() {
        match character {
            '/' => names.push(std::mem::take(&mut name)),
            '\\' => name.extend(characters.next()),
            _ => name.push(character),
        }
    }
    names.push(name);
    names
}

/// There is no such item; what there is.
pub(crate) fn unknown(select: &str, there: &[String]) -> Error {
    let message = format!("there is no {}{}", quoted(select), list("; there is: ", there.iter().cloned()));
    Error::new(ErrorKind::UnknownItem, message)
}

/// Several are meant; which.
pub(crate) fn ambiguous(what: &str, all: impl Iterator<Item = String>) -> Error {
    Error::new(ErrorKind::AmbiguousItem, format!("{what}{}", list(": ", all)))
}

/// At most 40 names.
fn list(before: &str, mut names: impl Iterator<Item = String>) -> String {
    const MOST: usize = 40;
    let shown: Vec<String> = names.by_ref().take(MOST).map(|name| quoted(&name)).collect();
    let more = names.count();
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    if shown.is_empty() { String::new() } else { format!("{before}{}{more}", shown.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Beside, Imported};

    #[derive(Debug)]
    struct Fake(Vec<Item>, Vec<&'static str>);

    impl Reader for Fake {
        fn items(&self) -> &[Item] {
            &self.0
        }

        fn schemes(&self) -> Vec<&str> {
            self.1.clone()
        }

        fn import(&self, _: Chosen<'_>, _: &Beside) -> Result<Imported> {
            Err(Error::new(ErrorKind::NothingDescribed, ""))
        }
    }

    fn item(path: &[&str], indices: &[usize]) -> Item {
        let path = path.iter().map(|&name| name.to_owned()).collect();
        let pointer = indices.iter().fold("#".to_owned(), |pointer, index| format!("{pointer}/item/{index}"));
        Item { path, pointer, indices: indices.to_vec(), ..Item::default() }
    }

    #[test]
    fn every_way_of_naming_finds_its_item() {
        let mut items = vec![item(&["a/b", "c"], &[0, 0]), item(&["d"], &[1]), item(&["d"], &[2])];
        items[1].id = Some("op".into());
        items[1].method = Some("GET".into());
        items[1].url = Some("/pets/{id}".into());
        let reader = Fake(items, vec!["s"]);
        let choose = |select| choose(&reader, Some(select));
        for (select, index) in
            [(r"a\/b/c", 0), ("op", 1), ("get /pets/{id}", 1), ("2", 2), ("0/0", 0), ("#/item/1", 1), ("#2", 2)]
        {
            assert_eq!(choose(select).unwrap(), Chosen::Item(index), "{select}");
        }
        assert_eq!(choose("scheme:s").unwrap(), Chosen::Scheme("s"));
        let error = choose("d").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AmbiguousItem);
        assert!(error.to_string().contains(r##""#/item/1", "#/item/2""##), "{error}");
        for select in ["a", "scheme:t", "#3", "0", ""] {
            assert_eq!(choose(select).unwrap_err().kind(), ErrorKind::UnknownItem, "{select}");
        }
        assert_eq!(reader.items()[0].name(), r"a\/b/c");
    }

    #[test]
    fn without_a_name_the_only_one_is_meant() {
        let (a, b) = (item(&["a"], &[0]), item(&["b"], &[1]));
        let folder = Item { is_folder: true, ..a.clone() };
        let kind = |reader: Fake| {
            choose(&reader, None).map(|chosen| matches!(chosen, Chosen::Item(_))).map_err(|why| why.kind())
        };
        assert_eq!(kind(Fake(vec![a.clone()], vec![])), Ok(true));
        assert_eq!(kind(Fake(vec![folder, b.clone()], vec!["s", "t"])), Ok(true));
        assert_eq!(kind(Fake(vec![a.clone(), b.clone()], vec!["s"])), Ok(false));
        assert_eq!(kind(Fake(vec![a, b], vec!["s", "t"])), Err(ErrorKind::AmbiguousItem));
        assert_eq!(kind(Fake(vec![], vec![])), Err(ErrorKind::NothingDescribed));
    }
}
