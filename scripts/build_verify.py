"""Writes the verification page as one HTML file, to be handed out on a stick: build_verify.py [TARGET]."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from publicity import offline

target = Path(sys.argv[1] if len(sys.argv) > 1 else "var/yanzheng.html")
target.parent.mkdir(parents=True, exist_ok=True)
target.write_text(offline.page(), encoding="utf-8")
print(f"{target} {target.stat().st_size} bytes")
