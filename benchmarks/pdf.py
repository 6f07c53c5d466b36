"""One form in a file of 1, 10 and 100, queries and templates included; 20 against bare WeasyPrint of the same HTML.

A form has 25 items of five departments and two pages. typst makes such a form in 18 ms (measured apart, not installed
here): it is the known way out if an office ever prints more than ten a second.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import TINY
from tests import migrated

COUNTS = (1, 2, 3) if TINY else (1, 10, 100)
FORMS = COUNTS[-1]
PAIR = 2 if TINY else 20  # forms of a pair; short, so that both halves meet the same machine
PAIRS = 1 if TINY else 4
CODES = ("WL", "GA", "WS", "SJ", "XF")


def run() -> dict[str, dict[str, Any]]:
    """Figures by name (see benchmarks/__main__.py), on a temporary SQLite database."""
    with tempfile.TemporaryDirectory() as directory:
        os.environ |= {
            "DATABASE_URL": f"sqlite:///{Path(directory) / 'bench.sqlite3'}", "TESTING": "1",
            "DJANGO_SETTINGS_MODULE": "kuancheng_inspect.settings",
        }  # fmt: skip
        import django  # noqa: PLC0415 -- the settings read the environment above
        from django.core.management import call_command  # noqa: PLC0415 -- as above

        django.setup()
        migrated.migrated(os.environ["DATABASE_URL"], partial(call_command, "migrate", verbosity=0))
        return _measure()


def _measure() -> dict[str, dict[str, Any]]:
    from weasyprint import HTML  # noqa: PLC0415 -- after django.setup(), like the rest

    from inspections import printing  # noqa: PLC0415
    from registry.printing import stylesheet  # noqa: PLC0415
    from tests import factories as f  # noqa: PLC0415

    for code in CODES:
        for _ in range(5):
            f.make_item(f.make_department(code), check_points="核对、登记有效身份证件，记录上网信息")
    plan = f.make_plan(departments=CODES)
    records = f.make_records(f.make_draw(plan, [f.make_enterprise() for _ in range(FORMS)]))
    css, fonts = stylesheet()
    some = records[:PAIR]
    html = printing.records_html(printing.sheets_of(some))

    def bare() -> None:
        HTML(string=html).write_pdf(stylesheets=[css], font_config=fonts)

    def ours() -> None:
        printing.render_records(some)

    ours()
    ratios = []
    for turn in range(PAIRS):  # in turns, and each goes first as often as the other
        order = (ours, bare) if turn % 2 else (bare, ours)
        busy = {call: _seconds(call)[1] for call in order}
        ratios.append(busy[ours] / busy[bare])
    took = {count: _seconds(partial(printing.render_records, records[:count]))[0] for count in COUNTS}
    against = f"bare WeasyPrint of the same HTML, {PAIR} forms of 25 items in one file, {PAIRS} pairs"
    figures: dict[str, dict[str, Any]] = {
        "pdf_form_vs_weasyprint": {
            "value": round(statistics.median(ratios), 3), "unit": "ratio", "against": against, "limit": ["<=", 1.2],
        },
    }  # fmt: skip
    for count, wall in took.items():
        value = round(1000 * wall / count)
        said = f"one form in a file of {count}; typst, as the limit: 18"
        figures[f"pdf_form_ms_{count}"] = {"value": value, "unit": "ms", "against": said}
    return figures


def _seconds(call: Callable[[], object]) -> tuple[float, float]:
    """(wall clock, processor): the ratio is of processor time, so that what else the machine does has no say in it."""
    wall, busy = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - busy
