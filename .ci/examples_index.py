#!/usr/bin/env python3
"""Makes examples/README.md from the first lines of the examples, or compares: `examples_index.py [--write]`."""
import sys
from pathlib import Path

INDEX = Path("examples/README.md")
HEAD = """# Examples

One file per task. Each runs as it stands: where it needs a server, it starts one on 127.0.0.1.

```sh
cargo run -p countersign-examples --bin sign_request
```

| example | what it shows |
| --- | --- |
"""


def row(example):
    lines = example.read_text().splitlines()
    about = []
    for line in lines:
        if not line.startswith("//!") or line == "//!":
            break
        about.append(line.removeprefix("//!").strip())
    if not about:
        sys.exit(f"{example}: it does not begin with what it shows")
    return f"| [`{example.stem}`](src/bin/{example.name}) | {' '.join(about)} |\n"


def main():
    text = HEAD + "".join(row(example) for example in sorted(Path("examples/src/bin").glob("*.rs")))
    if "--write" in sys.argv[1:]:
        INDEX.write_text(text)
    elif INDEX.read_text() != text:
        sys.exit(f"{INDEX} is not what the examples say: run {sys.argv[0]} --write")


main()
