#!/usr/bin/env python3
"""Checks the Markdown pages: every link within the repository leads somewhere, every fenced block says its language, JSON reads, and
every `cargo` command names a package, a program and an example that exist. Links to other hosts are not followed."""
import json
import re
import subprocess
import sys
from pathlib import Path

LINK = re.compile(r"!?\[(?:[^\]\\]|\\.)*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```\s*$", re.MULTILINE | re.DOTALL)
LANGUAGES = {"rust", "sh", "json", "jsonc", "text", "toml", "python", "js", "ts", "html"}


def anchor(heading):
    """As the sites that show these pages make it of a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def anchors(text):
    return {anchor(heading) for heading in re.findall(r"^#+ (.*)$", FENCE.sub("", text), flags=re.MULTILINE)}


def links(page, text):
    for target in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        place = (page.parent / path) if path else page
        if not place.exists():
            yield f"{page}: {target} leads nowhere"
        elif fragment and place.suffix == ".md" and fragment not in anchors(place.read_text()):
            yield f"{page}: {target} names no heading"


def commands(page, body, packages, programs):
    for line in body.splitlines():
        if not line.startswith("cargo "):
            continue
        # What follows `--` is the program's own.
        words = line.split(" -- ")[0].split()
        for option, name in zip(words, words[1:]):
            known = {"-p": packages, "--package": packages, "--bin": programs}.get(option)
            is_placeholder = name.isupper()
            if known is not None and not is_placeholder and name not in known:
                yield f"{page}: `{line}`: there is no {name}"


def blocks(page, text, packages, programs):
    for language, body in FENCE.findall(text):
        language = language.split(",")[0]
        if language not in LANGUAGES:
            yield f"{page}: a fenced block is of language {language!r}: {body.splitlines()[:1]}"
        elif language == "json":
            try:
                json.loads(body)
            except ValueError as why:
                yield f"{page}: a block of JSON does not read: {why}"
        elif language == "sh":
            yield from commands(page, body, packages, programs)


def main():
    metadata = json.loads(subprocess.run(
        ["cargo", "metadata", "--format-version=1", "--no-deps", "--offline"], check=True, capture_output=True, text=True
    ).stdout)["packages"]
    packages = {package["name"] for package in metadata}
    programs = {target["name"] for package in metadata for target in package["targets"] if "bin" in target["kind"]}
    pages = subprocess.run(["git", "ls-files", "*.md"], check=True, capture_output=True, text=True).stdout.splitlines()
    faults = []
    for page in map(Path, pages):
        text = page.read_text()
        faults += [*links(page, text), *blocks(page, text, packages, programs)]
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"{len(pages)} pages, {len(faults)} faults")
    sys.exit(1 if faults else 0)


main()
