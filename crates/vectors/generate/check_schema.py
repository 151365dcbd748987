"""Validates every vector file against schema.json (needs jsonschema, see requirements.txt)."""

import json
import pathlib

import jsonschema

HERE = pathlib.Path(__file__).resolve().parent.parent
schema = json.loads((HERE / "schema.json").read_text("utf-8"))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
checked = 0
for path in sorted((HERE / "data").glob("*.json")):
    errors = [f"{path.name}: {'/'.join(map(str, error.path))}: {error.message[:200]}" for error in validator.iter_errors(json.loads(path.read_text("utf-8")))]
    if errors:
        raise SystemExit("\n".join(errors))
    checked += 1
# A schema that takes everything would say nothing.
for wrong in ({}, {"format": 2, "scheme": "basic", "source": "x", "vectors": []}, {"format": 1, "scheme": "basic", "source": "x", "vectors": [{"name": "n"}]}):
    if validator.is_valid(wrong):
        raise SystemExit(f"the schema accepts {wrong}")
print(f"{checked} files are valid")
