"""The verification put together: the page as one HTML file to take away, the script of the page on the site, verify.py,
and the worked example of the method page.

Both pages are made of the same modules and styles (static/js/verify, static/css), without any tool: each module becomes
a function of one classic script, because a file opened from disk may not import, and because one script of 40 KB is
there sooner than sixteen. The policy of the file forbids it to reach anything. Django is not needed
(scripts/build_verify.py).
"""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "static"
PROGRAM = STATIC / "verify" / "verify.py"
# What the page on the site draws besides the icons of its script: bar, head, list of files.
PAGE_ICONS = {"logo", "question-circle", "download"}
STYLES = ("theme", "components", "forms", "verify")
# The seed of the published vector (draw 2026-000017), whose enterprises and numbers are invented.
EXAMPLE = (
    "dr1 seed\n"
    "freeze 557053b99e47dd1840710eb134607fdd807676c0179d50239957ff90c9a88c24\n"
    "entropy 1 dice10 4839201756603914857720194638572019463857\n"
    "entropy 2 drand 52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971:27946612:"
    "7f83fe6deb1a082692af46fd67e64297c9dea3bc21b7f194df1766ae1fb4011c\n"
    "nonce jijian 3d27943a6a185d257e1c0eeb618758ef8cb21e984b6df5d1db2098394d767085\n"
    "nonce notary f677bba85ebbd4f0b382b7baf13e8a5552230ecffaf6fa94d072cb74b757a9e9\n"
)
EXAMPLE_CODE = "91350100000000111B"
_IMPORT = re.compile(r'^import\s+\{([^}]*)\}\s+from\s+"\./([\w-]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?:async )?(?:const|let|function|class) (\w+)", re.MULTILINE)
_COMMENT = re.compile(r"^ *//.*\n", re.MULTILINE)
_EXPORT_LIST = re.compile(r"^export \{([^}]*)\};\n", re.MULTILINE)

_PAGE = """<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; script-src '{script_hash}'; style-src '{style_hash}'">
<title>离线验证一次抽取</title>
<style>{style}</style>
</head>
<body>
{icons}
<div class="page">
<div class="page-head"><div>
<h1>离线验证一次双随机抽取</h1>
<p class="lead-line">这一个文件就是全部程序：不联网、不上传、不需要本站。用公布的文件重算名单、种子、号码和记录链。</p>
</div></div>
<main id="main">
<div data-verify>
<p>这个文件要用浏览器打开，并允许运行脚本。不便使用时，可以用 verify.py，或按说明页的步骤手工核对。</p>
</div>
<section class="panel" data-help aria-label="如果不一致">
<header class="panel-head"><h2>如果不一致</h2></header>
<div class="panel-body"><ol class="help-list">
<li><b>先重新下载文件再算一次。</b>转发的文件可能被改过，或者没有下载完整。</li>
<li><b>换一种工具核对。</b>在另一台电脑上用本文件或 verify.py。</li>
<li><b>仍不一致，请告诉牵头部门</b>，也可直接向纪检监察机关反映，并附上打印的结果。</li>
</ol></div>
</section>
</main>
</div>
<script>{script}</script>
</body>
</html>
"""


def _imports(source: str) -> list[tuple[str, str]]:
    return [(module, names) for names, module in _IMPORT.findall(source)]


def _ordered(entry: str, sources: dict[str, str], found: list[str]) -> list[str]:
    """Modules so that each comes after those it imports."""
    if entry not in sources:
        sources[entry] = (STATIC / "js" / "verify" / f"{entry}.js").read_text(encoding="utf-8")
        for module, _ in _imports(sources[entry]):
            _ordered(module, sources, found)
        found.append(entry)
    return found


def _as_function(name: str, source: str) -> str:
    """One module as `const m_name = (() => {…})();`."""
    exported = _EXPORT.findall(source)
    for names in _EXPORT_LIST.findall(source):
        exported += [part.strip() for part in names.split(",") if part.strip()]
    head = "".join(f"const {{{names}}} = m_{module};\n" for module, names in _imports(source))
    body = _EXPORT_LIST.sub("", _IMPORT.sub("", source))
    body = re.sub(r"^export ", "", body, flags=re.MULTILINE)
    unique = ", ".join(sorted(set(exported)))
    return f"const m_{name} = (() => {{\n{head}{body}\nreturn {{{unique}}};\n}})();\n"


@cache
def script(entry: str = "offline") -> str:
    """All modules behind offline.js, or page.js, as one classic script without the lines that are comments."""
    sources: dict[str, str] = {}
    order = _ordered(entry, sources, [])
    sources = {name: _COMMENT.sub("", source) for name, source in sources.items()}
    return '"use strict";\n(() => {\n' + "".join(_as_function(name, sources[name]) for name in order) + "})();\n"


def _icons(used: set[str]) -> str:
    """The symbols that the script draws, as a hidden sprite."""
    sprite = (STATIC / "img" / "icons.svg").read_text(encoding="utf-8")
    symbols = [s for s in re.findall(r"<symbol .*?</symbol>", sprite, re.DOTALL) if _id_of(s) in used]
    return f'<svg hidden xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'


@cache
def page_icons() -> str:
    """The symbols of the verification page on the site, as a hidden sprite."""
    return _icons(PAGE_ICONS | _names(script("page")))


def _names(code: str) -> set[str]:
    return set(re.findall(r'"([a-z][a-z0-9-]+)"', code))


def _id_of(symbol: str) -> str:
    found = re.search(r'id="([^"]+)"', symbol)
    return found[1] if found else ""


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def page() -> str:
    """The whole HTML file."""
    code = script().replace("</script", "<\\/script")
    style = "\n".join((STATIC / "css" / f"{name}.css").read_text(encoding="utf-8") for name in STYLES)
    icons = _icons(_names(code))
    return _PAGE.format(
        script_hash=_hash(code), style_hash=_hash(style), style=style, script=code, icons=icons,
    )  # fmt: skip


def example() -> dict[str, str]:
    """The worked example of the method page: seed, code and ticket, computed from the text that is shown."""
    seed = hashlib.sha256(EXAMPLE.encode()).hexdigest()
    ticket = hashlib.sha256(f"{seed}/E/{EXAMPLE_CODE}".encode()).hexdigest()
    return {"seed_input": EXAMPLE, "seed": seed, "code": EXAMPLE_CODE, "ticket": ticket}
