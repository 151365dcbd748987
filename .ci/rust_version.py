"""Fails when a published crate's dependency needs a newer Rust than the workspace declares (no second toolchain needed)."""

import json
import subprocess

metadata = json.loads(
    subprocess.check_output(["cargo", "metadata", "--format-version=1", "--all-features", "--locked"])
)
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}


def version(text):
    return tuple(int(part) for part in (text + ".0.0").split(".")[:3])


ours = [packages[member] for member in metadata["workspace_members"] if packages[member]["publish"] != []]
declared = ours[0]["rust_version"]
todo, seen = [package["id"] for package in ours], set()
while todo:
    node = todo.pop()
    if node in seen:
        continue
    seen.add(node)
    for dependency in nodes[node]["deps"]:
        if any(kind["kind"] in (None, "build") for kind in dependency["dep_kinds"]):
            todo.append(dependency["pkg"])
newer = [
    f"{packages[node]['name']} {packages[node]['version']} needs {packages[node]['rust_version']}"
    for node in sorted(seen)
    if packages[node]["rust_version"] and version(packages[node]["rust_version"]) > version(declared)
]
if newer:
    raise SystemExit(f"rust-version is {declared}, but:\n  " + "\n  ".join(newer))
print(f"rust-version {declared} holds for {len(seen)} packages")
