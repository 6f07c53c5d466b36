"""Enter that ends an input method's composition is no command; tests/browser/test_ceremony.py shows it in Chromium."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CI

BASE = Path(__file__).resolve().parents[2]
KEYS = re.compile(r"""addEventListener\(\s*["'`]key|\bonkey(?:down|up|press)\b""")


def run(*events: dict[str, Any]) -> list[str]:
    node = shutil.which("node")
    if node is None:
        (pytest.fail if CI else pytest.skip)("node is missing")
    command = [str(node), str(Path(__file__).with_name("run_keys.mjs")), str(BASE / "static" / "js" / "keys.js")]
    done = subprocess.run([*command, json.dumps(events)], capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


def test_a_key_of_the_input_method_does_nothing() -> None:
    enter = {"kind": "keydown", "key": "Enter"}
    assert run(
        enter | {"name": "meant", "isComposing": False, "keyCode": 13},
        enter | {"name": "composing", "isComposing": True, "keyCode": 13},
        enter | {"name": "after the end, as Safari says it", "isComposing": False, "keyCode": 229},
        {"kind": "keydown", "key": "ArrowLeft", "name": "chooses a word", "isComposing": True, "keyCode": 229},
        {"kind": "keydown", "key": "Escape", "name": "shuts the menu", "isComposing": False, "keyCode": 27},
    ) == ["meant", "shuts the menu"]  # fmt: skip


def test_what_is_being_composed_is_not_typed_yet() -> None:
    assert run({"kind": "input", "isComposing": True}) == []
    assert run({"kind": "input", "isComposing": True}, {"kind": "compositionend"}) == ["typed"]
    assert run({"kind": "input", "isComposing": False}) == ["typed"]


def test_every_key_handler_goes_through_the_one_place() -> None:
    sources = {str(path.relative_to(BASE)): path.read_text() for path in (BASE / "static" / "js").rglob("*.js")}
    assert [name for name, text in sources.items() if KEYS.search(text)] == ["static/js/keys.js"]
    named = {name for name, text in sources.items() if "onKey(" in text} - {"static/js/keys.js"}
    assert named == {"static/js/ceremony.js", "static/js/menu.js", "static/js/photos.js"}
