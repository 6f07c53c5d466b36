"""Run every benchmark, print a table, write var/bench.json. `python -m benchmarks NAME …` runs only those modules.

A module of this package with a function `run() -> dict` is a benchmark. It returns figures by name:
`{name: {"value": number, "unit": "ratio" | "queries" | "s" | "MB", "against": "what it is compared with"}}`;
an optional `"limit": [">=" or "<=", number]` says what the figure has to hold. Ratios are measured in one run on one
machine, because seconds say little on another.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import benchmarks

UNITS = {"ratio", "queries", "s", "MB"}
REPORT = Path(__file__).resolve().parent.parent / "var" / "bench.json"

Figures = dict[str, dict[str, Any]]


def modules(wanted: list[str]) -> list[Any]:
    """The benchmark modules in name order, all or the wanted ones; exits on a name that is none."""
    names = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name != "__main__")
    if unknown := set(wanted) - set(names):
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    found = [importlib.import_module(f"benchmarks.{name}") for name in names if not wanted or name in wanted]
    return [module for module in found if hasattr(module, "run")]


def checked(figures: Figures, source: str) -> Figures:
    """The figures of one module, or ValueError if one is not as agreed."""
    for name, figure in figures.items():
        if not {"value", "unit", "against"} <= set(figure) <= {"value", "unit", "against", "limit"}:
            raise ValueError(f"{source}: {name} has the keys {sorted(figure)}")
        if figure["unit"] not in UNITS:
            raise ValueError(f"{source}: {name} has the unit {figure['unit']}")
    return figures


def holds(figure: dict[str, Any]) -> bool:
    """Whether a figure is within its limit; without one, it is."""
    if "limit" not in figure:
        return True
    sign, bound = figure["limit"]
    return bool(figure["value"] <= bound if sign == "<=" else figure["value"] >= bound)


def table(figures: Figures) -> str:
    """The figures as lines of text, columns aligned also where a name is Chinese."""
    rows = [["figure", "value", "unit", "limit", "", "against"]]
    for name, figure in sorted(figures.items()):
        limit = " ".join(map(str, figure.get("limit", [])))
        verdict = "" if "limit" not in figure else ("ok" if holds(figure) else "MISSED")
        rows.append([name, f"{figure['value']:g}", figure["unit"], limit, verdict, figure["against"]])
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def main(wanted: list[str]) -> int:
    """Run, print, write; 1 if a figure misses its limit. Figures of benchmarks not run this time are kept."""
    figures: Figures = {}
    for module in modules(wanted):
        print(f"{module.__name__} …", file=sys.stderr, flush=True)
        figures |= checked(module.run(), module.__name__)
    print(table(figures))
    REPORT.parent.mkdir(exist_ok=True)
    kept = json.loads(REPORT.read_text(encoding="utf-8")) if wanted and REPORT.exists() else {}
    plain = {name: {key: figure[key] for key in ("value", "unit", "against")} for name, figure in figures.items()}
    REPORT.write_text(json.dumps(kept | plain, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return 0 if all(map(holds, figures.values())) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
