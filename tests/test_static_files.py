"""Static files in production: `collectstatic` gives them hashed names and rewrites the imports between modules."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

MODULES = settings.BASE_DIR / "static" / "js"
# What the storage rewrites: `import … from "./x.js"`, `import "./x.js"`, `import("./x.js")`.
IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"']+)["']""")


def loads() -> dict[Path, set[Path]]:
    """Which module names which."""
    found = {}
    for path in sorted(MODULES.rglob("*.js")):
        found[path.resolve()] = {(path.parent / name).resolve() for name in IMPORT.findall(path.read_text())}
    return found


def circle(graph: dict[Path, set[Path]]) -> list[str]:
    """A way from a module back to itself, empty when there is none."""
    done: set[Path] = set()

    def walk(at: Path, way: list[Path]) -> list[Path]:
        if at in way:
            return [*way[way.index(at) :], at]
        if at in done:
            return []
        for following in sorted(graph.get(at, ())):
            if found := walk(following, [*way, at]):
                return found
        done.add(at)
        return []

    return next(([path.name for path in found] for one in sorted(graph) if (found := walk(one, []))), [])


def test_no_module_leads_back_to_itself() -> None:
    """A hash of a file that holds, over others, its own hash does not exist: `collectstatic` gives up."""
    a, b, c = Path("a"), Path("b"), Path("c")
    assert circle({a: {b}, b: {c}, c: set()}) == []
    assert circle({a: {b}, b: {c}, c: {b}}) == ["b", "c", "b"]
    graph = loads()
    assert sum(map(len, graph.values())) > 50  # the pattern finds what there is
    assert circle(graph) == []
