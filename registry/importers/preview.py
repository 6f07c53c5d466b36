"""What the preview page shows of a read file, small enough to be kept with the upload."""

import re
from typing import Any

from registry.importers.reading import Reading
from registry.services import Comparison

SHOWN = 20
_ADVICE = re.compile(r"[，：；](?=请|多半是|删去|长期有效|不属于)")
HOW = {
    "统一社会信用代码": "照营业执照改代码",
    "成立日期": "改日期",
    "等级日期": "改日期",
    "许可有效期至": "改日期",
    "执法证有效期至": "改日期",
    "信用风险等级": "改等级",
}


def split_advice(column: str, message: str) -> tuple[str, str]:
    """A message as (what is wrong, what to do): “与第2行重复，请删去一行” → 与第2行重复 / 请删去一行."""
    if message.startswith("没有填写"):
        rest = message.removeprefix("没有填写").lstrip("，")
        return "没有填写", rest or f"补上{column}"
    what, *advice = _ADVICE.split(message, maxsplit=1)
    return what, advice[0] if advice else HOW.get(column, "改好后重新上传")


def preview_of(reading: Reading, comparison: Comparison) -> dict[str, Any]:
    """Counts, the first wrong rows with advice, and what changes in which field."""
    problems = []
    for problem in reading.problems[:SHOWN]:
        name, code = reading.labels[problem.row]
        what, how = split_advice(problem.column, problem.message)
        problems.append(
            {"row": problem.row, "name": name, "code": code, "column": problem.column, "what": what, "how": how}
        )
    return {
        "total": reading.total,
        **comparison.counts(),
        "wrong": reading.wrong,
        "problems": problems,
        "problem_count": len(reading.problems),
        "notices": [*reading.notices, *comparison.notices],
        "summary": comparison.summary(),
        "changes": comparison.shown(),
    }
