"""One form of a 100-form file, queries and templates included, against bare WeasyPrint of the same HTML string."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FORMS = 100
ROUNDS = 2
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
        call_command("migrate", verbosity=0)
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
    printing.render_records(records[:1])
    html = printing.records_html(printing.sheets_of(records))

    def bare() -> None:
        HTML(string=html).write_pdf(stylesheets=[css], font_config=fonts)

    ratios, ours = [], []
    for _ in range(ROUNDS):
        ours.append(_seconds(lambda: printing.render_records(records)))
        ratios.append(ours[-1] / _seconds(bare))
    against = f"bare WeasyPrint of the same HTML, {FORMS} forms of 25 items in one file"
    return {
        "pdf_form_vs_weasyprint": {
            "value": round(statistics.median(ratios), 3), "unit": "ratio", "against": against, "limit": ["<=", 1.2],
        },
        "pdf_form_seconds": {"value": round(min(ours) / FORMS, 3), "unit": "s", "against": "one form of that file"},
    }  # fmt: skip


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
