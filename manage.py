#!/usr/bin/env python
"""Entry point for management commands."""

import os
import sys

# The demonstration and the walkthrough have a database of their own, made anew each time, and an invented present.
OWN_DATABASE = {"demo": "demo", "walkthrough": "walkthrough"}


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kuancheng_inspect.settings")
    if command in OWN_DATABASE:
        from pathlib import Path

        folder = Path(__file__).resolve().parent / "var" / OWN_DATABASE[command]
        folder.mkdir(parents=True, exist_ok=True)
        os.environ["DEMO"] = "1"
        os.environ["DATABASE_URL"] = f"sqlite:///{folder / 'db.sqlite3'}"
        os.environ["MEDIA_ROOT"] = str(folder / "media")
        os.environ["REDIS_URL"] = ""
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
