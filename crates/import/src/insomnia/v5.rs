//! Version 5: a tree.

use countersign::Result;
use serde_json::Value;

use super::Node;
use super::environment::Environments;
use crate::Limits;
use crate::error::{invalid, limit};

pub(super) fn read(document: &Value, limits: &Limits) -> Result<(Vec<Node>, Environments)> {
    let mut nodes = Vec::new();
    if let Some(collection) = document.get("collection") {
        let list = collection.as_array().ok_or_else(|| invalid("#/collection", "not a list"))?;
        add(list, "#/collection", None, 0, limits, &mut nodes)?;
    }
    Ok((nodes, document.get("environments").map(Environments::of).unwrap_or_default()))
}

fn add(
    list: &[Value],
    place: &str,
    parent: Option<usize>,
    depth: usize,
    limits: &Limits,
    nodes: &mut Vec<Node>,
) -> Result<()> {
    if depth >= limits.depth {
        return Err(limit(place, format!("more than {} folders in each other", limits.depth)));
    }
    for (index, json) in list.iter().enumerate() {
        let place = format!("{place}/{index}");
        let children = json.get("children").and_then(Value::as_array);
        let mut own = json.clone();
        if let Some(own) = own.as_object_mut() {
            own.remove("children");
        }
        let name = json.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let is_folder = children.is_some() || json.get("url").is_none();
        nodes.push(Node { name, place: place.clone(), parent, is_folder, json: own });
        let here = nodes.len() - 1;
        add(children.map_or(&[], Vec::as_slice), &format!("{place}/children"), Some(here), depth + 1, limits, nodes)?;
    }
    Ok(())
}
