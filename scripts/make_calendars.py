"""Write fixtures/calendars.json from the chinesecalendar package.

    python scripts/make_calendars.py            writes the file
    python scripts/make_calendars.py --check    only compares; exit 1 if the file differs

The running system reads its own table and never this package: a year that is not in the table is refused. Run this
again when a release of chinesecalendar knows a new notice of the State Council's office, and enter its date below.
"""

import json
import re
import sys
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar

TARGET = Path(__file__).resolve().parent.parent / "fixtures" / "calendars.json"
# The day of the notice 国务院办公厅关于…年部分节假日安排的通知. Its number is left empty, to be copied by hand.
NOTICES = {2024: date(2023, 10, 25), 2025: date(2024, 11, 12), 2026: date(2025, 11, 4)}
NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
}


def year_entry(year: int) -> dict:
    """One year: its notice, the days off by the notice (their weekend days included) and the make-up working days."""
    days = [date(year, 1, 1) + timedelta(days=i) for i in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]
    off, working = [], []
    for day in days:
        on_holiday, name = chinese_calendar.get_holiday_detail(day)
        if name:
            (off if on_holiday else working).append({"date": day.isoformat(), "name": NAMES[str(name)]})
    return {
        "year": year,
        "notice_title": f"国务院办公厅关于{year}年部分节假日安排的通知",
        "notice_number": "",
        "notice_date": NOTICES[year].isoformat(),
        "source": "chinesecalendar",
        "off": off,
        "working": working,
    }


def rendered() -> str:
    """The whole file as text, one day per line."""
    text = json.dumps({"years": [year_entry(year) for year in NOTICES]}, ensure_ascii=False, indent=2)
    return re.sub(r'\{\s+("date": "[^"]+"),\s+("name": "[^"]+")\s+\}', r"{\1, \2}", text) + "\n"


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        return 0 if TARGET.read_text(encoding="utf-8") == rendered() else 1
    TARGET.write_text(rendered(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
