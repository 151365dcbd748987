//! Version 4: one flat list of resources, each with its parent's id.

use std::collections::HashMap;

use countersign::Result;
use serde_json::Value;

use super::Node;
use super::environment::Environments;
use crate::Limits;
use crate::error::invalid;

pub(super) fn read(resources: &Value, limits: &Limits) -> Result<(Vec<Node>, Environments)> {
    let list = resources.as_array().ok_or_else(|| invalid("#/resources", "not a list"))?;
    let text = |resource: &Value, key: &str| resource.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut children: HashMap<String, Vec<usize>> = HashMap::new();
    let mut ids: HashMap<String, usize> = HashMap::new();
    for (index, resource) in list.iter().enumerate() {
        if is_node(resource) {
            children.entry(text(resource, "parentId")).or_default().push(index);
            ids.insert(text(resource, "_id"), index);
        }
    }
    // Those without a parent in the list first, then what is below each; a circle of parents is never reached.
    let is_top =
        |index: &usize| list.get(*index).is_some_and(|it| is_node(it) && !ids.contains_key(&text(it, "parentId")));
    let mut waiting: Vec<(usize, Option<usize>, usize)> =
        (0..list.len()).filter(is_top).rev().map(|index| (index, None, 0)).collect();
    let mut nodes = Vec::new();
    while let Some((index, parent, depth)) = waiting.pop() {
        let Some(resource) = list.get(index) else { continue };
        nodes.push(Node {
            name: text(resource, "name"),
            place: format!("#/resources/{index}"),
            parent,
            is_folder: text(resource, "_type") == "request_group",
            json: resource.clone(),
        });
        let here = nodes.len() - 1;
        if depth < limits.depth {
            let below = children.get(&text(resource, "_id")).into_iter().flatten().rev();
            waiting.extend(below.filter(|below| **below != index).map(|below| (*below, Some(here), depth + 1)));
        }
        if nodes.len() > list.len() {
            return Err(invalid(format!("#/resources/{index}"), "the same id stands there twice"));
        }
    }
    Ok((nodes, environments(list)))
}

fn is_node(resource: &Value) -> bool {
    matches!(resource.get("_type").and_then(Value::as_str), Some("request" | "request_group"))
}

/// The base environment is a workspace's, the others are the base's.
fn environments(list: &[Value]) -> Environments {
    let all = || list.iter().filter(|resource| resource.get("_type").and_then(Value::as_str) == Some("environment"));
    let is_child = |resource: &&Value| {
        let parent = resource.get("parentId");
        all().any(|other| other.get("_id").is_some() && other.get("_id") == parent)
    };
    let mut environments = Environments::default();
    for resource in all() {
        let data = resource.get("data").cloned().unwrap_or_default();
        if is_child(&resource) {
            let name = resource.get("name").and_then(Value::as_str).unwrap_or_default();
            environments.named.push((name.to_owned(), data));
        } else {
            environments.base.push(data);
        }
    }
    environments
}
