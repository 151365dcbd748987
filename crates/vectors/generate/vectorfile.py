"""Writes one file of signature vectors; the scripts beside it fill it from independent programs."""

import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent / "data"
# Why each policy is as it is.
REASONS = json.loads((HERE / "reasons.json").read_text("utf-8"))
# Files whose values stand in a published document; vectorfile.mjs writes none of them.
PUBLISHED = {
    "aws-sigv4-suite", "basic-rfc7617", "bearer-rfc6750", "digest-rfc2617", "digest-rfc7616", "edgegrid-published", "oauth1-core",
    "oauth1-rfc5849", "oauth1-twitter", "oauth1-wiki", "oauth2-rfc6750",
}


def kind(name):
    """Where a file's expected values come from: see the README."""
    if name.endswith("-policies"):
        return "policy"
    return "published" if name in PUBLISHED else "peer"


def explained(name, vector):
    """The vector with its reason as a comment, if it has one."""
    reason = REASONS.get(name, {}).get(vector["name"])
    return vector if reason is None else {"name": vector["name"], "comment": reason, **{key: value for key, value in vector.items() if key not in ("name", "comment")}}


def write(name, scheme, source, vectors):
    """Writes data/NAME.json. `source` says which program computed the expected values, with its version."""
    names = [vector["name"] for vector in vectors]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise SystemExit(f"{name}: names occur twice: {sorted(twice)}")
    document = {"format": 1, "scheme": scheme, "kind": kind(name), "source": source, "vectors": [explained(name, vector) for vector in vectors]}
    path = DATA / f"{name}.json"
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{path.name}: {len(vectors)} vectors")
