#!/usr/bin/env python3
"""Draws the workspace from `cargo metadata` into docs/workspace.svg, or compares: `workspace_picture.py [--write]`.

A row holds the packages that need only packages of lower rows; a line goes to each package that is needed and is not reached
otherwise. Nothing is placed by hand, so the picture shows what is.
"""
import json
import subprocess
import sys
from pathlib import Path

PICTURE = Path("docs/workspace.svg")
WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 118, 34, 12, 56, 16


def needs():
    """For each package that is published: which others of the workspace it needs."""
    command = ["cargo", "metadata", "--format-version=1", "--no-deps", "--offline"]
    packages = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["packages"]
    shown = {package["name"] for package in packages if "/crates/" in package["manifest_path"]}
    return {
        package["name"]: {
            dependency["name"]
            for dependency in package["dependencies"]
            if dependency["name"] in shown and dependency["kind"] is None
        }
        for package in packages
        if package["name"] in shown
    }


def reach(graph, name):
    return set().union(*({other} | reach(graph, other) for other in graph[name]))


def row(graph, name):
    return 1 + max((row(graph, other) for other in graph[name]), default=-1)


def draw(graph):
    rows = {}
    for name in sorted(graph):
        rows.setdefault(row(graph, name), []).append(name)
    most = max(map(len, rows.values()))
    width = 2 * MARGIN + most * WIDTH + (most - 1) * GAP_X
    height = 2 * MARGIN + len(rows) * HEIGHT + (len(rows) - 1) * GAP_Y
    places = {}
    for level, names in rows.items():
        taken = len(names) * WIDTH + (len(names) - 1) * GAP_X
        for at, name in enumerate(names):
            x = (width - taken) / 2 + at * (WIDTH + GAP_X)
            places[name] = (x, height - MARGIN - HEIGHT - level * (HEIGHT + GAP_Y))
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'font-family="system-ui, sans-serif" font-size="12">',
        "<title>The crates of countersign: each needs those below it to which a line goes</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for name, others in sorted(graph.items()):
        direct = others - set().union(*(reach(graph, other) for other in others), set())
        for other in sorted(direct):
            (x, y), (to_x, to_y) = places[name], places[other]
            start, end = (x + WIDTH / 2, y + HEIGHT), (to_x + WIDTH / 2, to_y)
            bend = (start[1] + end[1]) / 2
            out.append(
                f'<path d="M{start[0]:g} {start[1]:g}C{start[0]:g} {bend:g} {end[0]:g} {bend:g} {end[0]:g} {end[1]:g}" '
                'fill="none" stroke="#9aa4b2"/>'
            )
    for name, (x, y) in sorted(places.items()):
        short = name.removeprefix("countersign-")
        out.append(
            f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="6" fill="#eef3fb" stroke="#4a6fa5"/>'
            f'<text x="{x + WIDTH / 2:g}" y="{y + HEIGHT / 2 + 4:g}" text-anchor="middle" fill="#1d2b3f">{short}</text>'
        )
    return "\n".join([*out, "</svg>", ""])


def main():
    picture = draw(needs())
    if "--write" in sys.argv[1:]:
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_text(picture)
    elif PICTURE.read_text() != picture:
        sys.exit(f"{PICTURE} is not the workspace of today: run {sys.argv[0]} --write")


main()
