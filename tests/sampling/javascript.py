"""Runs the modules of the verification page under Node, many cases in one process."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

BASE = Path(__file__).resolve().parents[2]
MODULES = BASE / "static" / "js" / "verify"


def encoded(files: dict[str, bytes]) -> dict[str, str]:
    """Files as JSON takes them."""
    return {name: base64.b64encode(data).decode() for name, data in files.items()}


class Node:
    """A copy of the modules that every Node since 16 takes for modules."""

    def __init__(self, folder: Path) -> None:
        """`folder`: an empty one."""
        self.program = folder / "tests" / "sampling" / "run_verify.mjs"
        shutil.copytree(MODULES, folder / "static" / "js" / "verify")
        (folder / "package.json").write_text('{"type": "module"}')
        self.program.parent.mkdir(parents=True)
        shutil.copy(BASE / "tests" / "sampling" / "run_verify.mjs", self.program)

    def __call__(self, cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """One answer per case."""
        done = subprocess.run(
            ["node", str(self.program)],
            input=json.dumps([{**case, "files": encoded(case["files"])} for case in cases]),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        answers: list[dict[str, Any]] = json.loads(done.stdout)
        return answers


def node_or_skip(folder: Path) -> Node:
    """Node, or a skipped test; with CI=true a failed one."""
    if shutil.which("node") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("nodejs is missing; run scripts/setup.sh")
    return Node(folder)
