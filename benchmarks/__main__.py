"""Run every benchmark, print a table, write var/bench.json. `python -m benchmarks NAME …` runs only those modules.

A module of this package with a function `run() -> dict` is a benchmark. It returns figures by name:
`{name: {"value": number, "unit": one of UNITS, "against": "what it is compared with"}}`;
an optional `"limit": [">=" or "<=", number]` says what the figure has to hold. Ratios are measured in one run on one
machine, because seconds say little on another.
"""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import benchmarks
from benchmarks import TINY

UNITS = {"ratio", "queries", "s", "ms", "KB", "MB"}
REPORT = Path(__file__).resolve().parent.parent / "var" / "bench.json"

Figures = dict[str, dict[str, Any]]
CHILD = "--one"


def names(wanted: list[str]) -> list[str]:
    """The benchmark modules in name order, all or the wanted ones; exits on a name that is none."""
    known = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__) if _is_benchmark(module.name))
    if unknown := set(wanted) - set(known):
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    return [name for name in known if not wanted or name in wanted]


def _is_benchmark(name: str) -> bool:
    """Whether a module has a `run()` of its own that asks for nothing; its text is read, nothing is imported."""
    path = Path(benchmarks.__path__[0]) / f"{name}.py"
    tree = ast.parse(path.read_text(encoding="utf-8")) if path.exists() else ast.Module([], [])
    runs = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "run"]
    return any(not (run.args.args or run.args.kwonlyargs or run.args.posonlyargs) for run in runs)


def measured(name: str) -> Figures:
    """The figures of one module, run in a process of its own: each sets up Django on a database of its own, and what
    one holds in memory must not weigh on the next. Raises RuntimeError when it fails."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "figures.json"
        done = subprocess.run([sys.executable, "-m", "benchmarks", CHILD, name, str(target)], check=False)
        if done.returncode:
            raise RuntimeError(f"{name} ended with {done.returncode}")
        figures: Figures = json.loads(target.read_text(encoding="utf-8"))
    return figures


def child(name: str, target: str) -> int:
    """Run one module here and write its figures."""
    figures = checked(importlib.import_module(f"benchmarks.{name}").run(), name)
    Path(target).write_text(json.dumps(figures), encoding="utf-8")
    return 0


def checked(figures: Figures, source: str) -> Figures:
    """The figures of one module, or ValueError if one is not as agreed."""
    for name, figure in figures.items():
        if not {"value", "unit", "against"} <= set(figure) <= {"value", "unit", "against", "limit"}:
            raise ValueError(f"{source}: {name} has the keys {sorted(figure)}")
        if figure["unit"] not in UNITS:
            raise ValueError(f"{source}: {name} has the unit {figure['unit']}")
    return figures


def holds(figure: dict[str, Any]) -> bool:
    """Whether a figure is within its limit; without one, it is, and at the smallest sizes no figure says anything."""
    if "limit" not in figure or TINY:
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
    """Run, print, write; 1 if a figure misses its limit or a module fails (the others run all the same). Figures of
    benchmarks not run this time are kept."""
    figures: Figures = {}
    failed: list[str] = []
    for name in names(wanted):
        print(f"benchmarks.{name} …", file=sys.stderr, flush=True)
        try:
            figures |= measured(name)
        except RuntimeError as error:
            failed.append(str(error))
    print(table(figures))
    for line in failed:
        print(f"FAILED  {line}")
    if TINY:
        return 1 if failed else 0
    REPORT.parent.mkdir(exist_ok=True)
    kept = json.loads(REPORT.read_text(encoding="utf-8")) if (wanted or failed) and REPORT.exists() else {}
    plain = {name: {key: figure[key] for key in ("value", "unit", "against")} for name, figure in figures.items()}
    REPORT.write_text(json.dumps(kept | plain, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return 0 if all(map(holds, figures.values())) and not failed else 1


if __name__ == "__main__":
    sys.exit(child(*sys.argv[2:]) if sys.argv[1:2] == [CHILD] else main(sys.argv[1:]))
