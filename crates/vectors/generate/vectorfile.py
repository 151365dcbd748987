"""Writes one file of signature vectors; the scripts beside it fill it from independent programs."""

import json
import pathlib

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"


def write(name, scheme, source, vectors):
    """Writes data/NAME.json. `source` says which program computed the expected values, with its version."""
    names = [vector["name"] for vector in vectors]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise SystemExit(f"{name}: names occur twice: {sorted(twice)}")
    document = {"format": 1, "scheme": scheme, "source": source, "vectors": vectors}
    path = DATA / f"{name}.json"
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{path.name}: {len(vectors)} vectors")
