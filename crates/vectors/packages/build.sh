#!/usr/bin/env bash
# Builds the vectors' npm package and PyPI wheel into OUT: `build.sh OUT`. Needs npm and Python with pip.
set -euo pipefail
out=$(realpath -m "$1")
cd "$(dirname "$0")"
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

cp -r npm python "$stage"
for data in "$stage/npm" "$stage/python/countersign_vectors"; do
  cp -r ../data ../schema.json "$data"
done
for package in "$stage/npm" "$stage/python"; do
  cp ../README.md ../LICENSE-MIT ../LICENSE-APACHE "$package"
done
# The version is the workspace's.
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' ../../../Cargo.toml | head -n 1)
sed -i "s/\"version\": \".*\"/\"version\": \"$version\"/" "$stage/npm/package.json"
sed -i "s/^version = \".*\"/version = \"$version\"/" "$stage/python/pyproject.toml"
rm -rf "$out"
mkdir -p "$out"
(cd "$stage/npm" && npm pack --silent --pack-destination "$out")
python3 -m pip --quiet --disable-pip-version-check wheel --no-deps --wheel-dir "$out" "$stage/python"
ls "$out"
