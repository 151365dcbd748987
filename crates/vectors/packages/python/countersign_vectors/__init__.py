"""Signature vectors for HTTP authentication schemes: `names()`, and `read(name)` for one file as a dict."""

import importlib.resources
import json

_HERE = importlib.resources.files(__name__)
_DATA = _HERE / "data"

__all__ = ["names", "read", "schema"]


def names():
    """The names of all files, sorted: "hawk-reference", …"""
    return sorted(file.name[: -len(".json")] for file in _DATA.iterdir() if file.name.endswith(".json"))


def read(name):
    """One file: a dict with `format`, `scheme`, `kind`, `source` and `vectors`."""
    return json.loads((_DATA / f"{name}.json").read_text("utf-8"))


def schema():
    """The format's JSON Schema."""
    return json.loads((_HERE / "schema.json").read_text("utf-8"))
