#!/usr/bin/env python3
"""Counts the third-party crates of each build in README's table "Small", and compares: `crate_counts.py [--write]`.

A count is that of `cargo tree --edges normal` for x86_64 Linux, without this workspace's own crates.
"""
import re
import subprocess
import sys
from pathlib import Path

README = Path("README.md")
ROW = re.compile(r"^(\| .+ \| `(?P<options>-p [^`]+)` \| )(?P<count>\d+)( \|)$", re.MULTILINE)


def count(options):
    command = ["cargo", "tree", "--edges", "normal", "--prefix", "none", "--target", "x86_64-unknown-linux-gnu"]
    tree = subprocess.run([*command, *options.split()], check=True, capture_output=True, text=True).stdout
    names = {line.split(" (")[0] for line in tree.splitlines() if line}
    return sum(not name.startswith("countersign") for name in names)


def main():
    text = README.read_text()
    rows = ROW.findall(text)
    if not rows:
        sys.exit(f"{README}: the table has no row of the form that this script reads")
    now = ROW.sub(lambda row: f"{row[1]}{count(row['options'])}{row[4]}", text)
    if "--write" in sys.argv[1:]:
        README.write_text(now)
    elif now != text:
        sys.exit(f"{README}: the counts of crates are not those of today: run {sys.argv[0]} --write")


main()
