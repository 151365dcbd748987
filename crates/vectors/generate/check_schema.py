"""Validates every vector file against schema.json (needs jsonschema, see requirements.txt); a policy without its reason is an error."""

import json
import pathlib

import jsonschema

HERE = pathlib.Path(__file__).resolve().parent.parent
schema = json.loads((HERE / "schema.json").read_text("utf-8"))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)


def unexplained(document):
    """The policies that do not say why they are so: a comment of a few words at least."""
    if document["kind"] != "policy":
        return []
    return [vector["name"] for vector in document["vectors"] if len(vector.get("comment", "").split()) < 4]


checked = 0
for path in sorted((HERE / "data").glob("*.json")):
    document = json.loads(path.read_text("utf-8"))
    errors = [f"{path.name}: {'/'.join(map(str, error.path))}: {error.message[:200]}" for error in validator.iter_errors(document)]
    if not errors:
        errors = [f"{path.name}: {name}: a policy says why it is so, in its comment (generate/reasons.json)" for name in unexplained(document)]
    if errors:
        raise SystemExit("\n".join(errors))
    checked += 1
# A schema that takes everything would say nothing.
for wrong in ({}, {"format": 2, "scheme": "basic", "kind": "peer", "source": "x", "vectors": []}, {"format": 1, "scheme": "basic", "kind": "own", "source": "x", "vectors": []}, {"format": 1, "scheme": "basic", "kind": "peer", "source": "x", "vectors": [{"name": "n"}]}):
    if validator.is_valid(wrong):
        raise SystemExit(f"the schema accepts {wrong}")
if unexplained({"kind": "policy", "vectors": [{"name": "n", "comment": "because"}, {"name": "m"}]}) != ["n", "m"]:
    raise SystemExit("policies without a reason are accepted")
print(f"{checked} files are valid")
