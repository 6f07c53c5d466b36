"""Holds what a phone loads to the oldest browser (docs/adr/0007-oldest-browser.md): Chrome and WebView 80, Safari 14.1.

Reads scripts and styles token by token, so that words in strings and comments are not taken for syntax. `make lint`
runs `python scripts/browser_floor.py`: a line per fault, ends with 1. Standard library only.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
STYLES = tuple(f"static/css/{name}.css" for name in ("theme", "components", "forms", "record", "visit"))
VENDORED = (
    "static/vendor/idb-8.0.4/idb.min.js",
    "static/vendor/signature_pad-5.1.4/signature_pad.min.js",
)
OLDER = "static/js/older.js"  # the one place that may name what browsers of 2020 lack

OPERATORS = {"??=": "Chrome 85", "||=": "Chrome 85", "&&=": "Chrome 85"}
NAMES = {
    "at": "Chrome 92", "findLast": "Chrome 97", "findLastIndex": "Chrome 97", "replaceAll": "Chrome 85",
    "replaceChildren": "Chrome 86", "toSorted": "Chrome 110", "toReversed": "Chrome 110", "toSpliced": "Chrome 110",
    "hasOwn": "Chrome 93", "groupBy": "Chrome 117", "structuredClone": "Chrome 98", "randomUUID": "Chrome 92",
    "submitter": "Chrome 81", "requestSubmit": "Safari 16", "showModal": "Safari 15.4", "checkVisibility": "Chrome 105",
    "withResolvers": "Chrome 119", "WeakRef": "Chrome 84", "FinalizationRegistry": "Chrome 84", "any": "Chrome 85",
    "AggregateError": "Chrome 85", "reportError": "Chrome 95", "showPicker": "Chrome 99", "fromAsync": "Chrome 121",
    "isWellFormed": "Chrome 111", "showPopover": "Chrome 114", "togglePopover": "Chrome 114", "setHTML": "not yet",
    "CompressionStream": "Safari 16.4", "scrollend": "Chrome 114", "createImageBitmap": "Safari 15",
    "BroadcastChannel": "Safari 15.4", "requestIdleCallback": "not in Safari", "getSetCookie": "Chrome 113",
}  # fmt: skip
# (file, name): the guard or the other road that stands there.
GUARDED = {
    (
        "static/js/phone/outbox.js",
        "BroadcastChannel",
    ): "asked for by typeof; without it pages do not hear of each other",
    ("static/js/phone/pictures.js", "createImageBitmap"): "falls back to an <img>",
}
CONTROL = {"if", "for", "while", "switch", "with", "catch"}
VALUE_ENDS = {")", "]", "}"}
BEFORE_REGEX = {
    "return",
    "typeof",
    "case",
    "in",
    "of",
    "do",
    "else",
    "void",
    "delete",
    "throw",
    "await",
    "yield",
    "new",
}
PUNCTUATION = re.compile(
    r">>>=|\.\.\.|\?\?=|\|\|=|&&=|\*\*=|===|!==|>>>|<<=|>>=|=>|\?\?|\?\.(?!\d)|\|\||&&|\*\*|[-+*/%&|^<>=!]=|\+\+|--|<<|>>|."
)
WORD = re.compile(r"#?[\w$\u0080-\uffff]+(?:\.\d+)?")


@dataclass(frozen=True)
class Token:
    """A piece of a script. ``kind``: word, mark, string, regex."""

    kind: str
    text: str
    line: int


def tokens(source: str) -> list[Token]:
    """A script as tokens, without comments; what stands in ``${}`` of a template is code."""
    found: list[Token] = []
    holes: list[int] = []  # for every open ${ the depth of braces inside it
    place = 0
    while place < len(source):
        char, line = source[place], source.count("\n", 0, place) + 1
        if char.isspace():
            place += 1
        elif source.startswith("//", place):
            end = source.find("\n", place)
            place = len(source) if end < 0 else end
        elif source.startswith("/*", place):
            place = source.index("*/", place) + 2
        elif char in "\"'":
            match = re.compile(rf"{char}(?:\\.|[^\\{char}])*{char}", re.DOTALL).match(source, place)
            end = match.end() if match else len(source)
            found.append(Token("string", source[place:end], line))
            place = end
        elif char == "`" or (char == "}" and holes and holes[-1] == 0):
            if char == "}":
                holes.pop()
            end = _template_end(source, place + 1)
            found.append(Token("string", source[place:end], line))
            if source.startswith("${", end - 2) and source[end - 1] == "{":
                holes.append(0)
            place = end
        elif char == "/" and _regex_may_stand(found):
            end = _regex_end(source, place)
            found.append(Token("regex", source[place:end], line))
            place = end
        elif match := WORD.match(source, place):
            found.append(Token("word", match.group(), line))
            place = match.end()
        else:
            mark = PUNCTUATION.match(source, place)
            text = mark.group() if mark else char
            if holes and text in "{}":
                holes[-1] += 1 if text == "{" else -1
            found.append(Token("mark", text, line))
            place += len(text)
    return found


def _template_end(source: str, place: int) -> int:
    """Behind the closing backtick, or behind the next ``${``."""
    while place < len(source):
        if source[place] == "\\":
            place += 2
        elif source[place] == "`":
            return place + 1
        elif source.startswith("${", place):
            return place + 2
        else:
            place += 1
    return place


def _regex_may_stand(found: list[Token]) -> bool:
    if not found:
        return True
    last = found[-1]
    return last.text in BEFORE_REGEX if last.kind == "word" else last.kind == "mark" and last.text not in VALUE_ENDS


def _regex_end(source: str, place: int) -> int:
    place, in_class = place + 1, False
    while place < len(source) and (in_class or source[place] != "/"):
        in_class = {"[": True, "]": False}.get(source[place], in_class)
        place += 2 if source[place] == "\\" else 1
    while place + 1 < len(source) and source[place + 1].isalpha():
        place += 1
    return place + 1


def script_faults(path: str, source: str) -> list[str]:
    """What a script uses that the oldest browser lacks."""
    code = tokens(source)
    found = [(line, text) for line, text in _top_level_awaits(code)]
    for place, token in enumerate(code):
        before = code[place - 1].text if place else ""
        after = code[place + 1].text if place + 1 < len(code) else ""
        if token.kind == "mark" and token.text in OPERATORS:
            found.append((token.line, f"{token.text} ({OPERATORS[token.text]})"))
        elif token.kind == "word" and token.text.startswith("#"):
            found.append((token.line, f"private name {token.text} (Safari 15)"))
        elif token.text == "static" and after == "{":
            found.append((token.line, "static block (Chrome 94)"))
        elif token.kind == "regex" and re.search(r"\(\?<[=!]", token.text):
            found.append((token.line, "lookbehind (Safari 16.4)"))
        elif token.kind == "regex" and re.search(r"/[a-z]*[dv][a-z]*$", token.text):
            found.append((token.line, "flag of a pattern (Chrome 90)"))
        elif token.kind == "string" and after in {"with", "assert"} and before in {"from", "import"}:
            found.append((token.line, "import attributes (Chrome 123)"))
        elif token.kind == "word" and _is_use(token.text, before, after) and _unguarded(path, token.text):
            found.append((token.line, f"{token.text} ({NAMES[token.text]})"))
    return [f"{path}:{line}: {text} is above the oldest browser" for line, text in sorted(found)]


def _unguarded(path: str, name: str) -> bool:
    return name in NAMES and path != OLDER and (path, name) not in GUARDED


def _is_use(name: str, before: str, after: str) -> bool:
    """Whether a word is the platform's name: a member, a global, taken out of an object; not a key or a parameter."""
    if name in {"at", "any"}:
        return before in {".", "?."} and after == "("
    taken_out = (before == "{" and after in {"}", ","}) or (before == "," and after == "}")
    return before in {".", "?."} or (after == "(" and before != "function") or name[:1].isupper() or taken_out


def _top_level_awaits(code: list[Token]) -> Iterator[tuple[int, str]]:
    """``await`` outside of every function: brackets are followed, and arrows whose body is an expression."""
    opened: list[tuple[str, bool, str]] = []  # bracket, whether it holds a function's body, the word before it
    arrows: list[int] = []  # how many brackets were open when the expression of an arrow began
    closed_word = ""
    for place, token in enumerate(code):
        before = code[place - 1] if place else Token("mark", ";", 0)
        outside = not arrows and not any(body for _, body, _ in opened)
        if outside and token.kind == "word" and token.text == "await" and before.text not in {".", "?."}:
            yield token.line, "await outside of a function (Chrome 89)"
        if token.kind == "string" and token.text.endswith("${"):
            opened.append(("${", False, ""))
        if token.kind == "string" and token.text.startswith("}") and opened:
            while arrows and arrows[-1] >= len(opened):
                arrows.pop()
            opened.pop()
            if token.text.endswith("${"):
                opened.append(("${", False, ""))
        if token.kind != "mark":
            continue
        if token.text == "=>" and (place + 1 == len(code) or code[place + 1].text != "{"):
            arrows.append(len(opened))
        elif token.text in {",", ";"}:
            while arrows and arrows[-1] >= len(opened):
                arrows.pop()
        elif token.text in {"(", "[", "{"}:
            body = token.text == "{" and (before.text == "=>" or (before.text == ")" and closed_word not in CONTROL))
            opened.append((token.text, body, before.text))
        elif token.text in VALUE_ENDS and opened:
            while arrows and arrows[-1] >= len(opened):
                arrows.pop()
            closed_word = opened.pop()[2]


# --------------------------------------------------------------------------------------------------------------- styles

SELECTORS = {
    ":has(": "Chrome 105", ":is(": "Chrome 88", ":where(": "Chrome 88", ":modal": "Chrome 105", ":open": "Chrome 133",
    ":user-invalid": "Chrome 119", ":user-valid": "Chrome 119", ":popover-open": "Chrome 114", ":dir(": "Chrome 120",
    "&": "Chrome 112",
}  # fmt: skip
AT_RULES = {"@layer", "@container", "@scope", "@property", "@starting-style", "@view-transition"}
PROPERTIES = re.compile(
    r"inset(?:-.*)?|(?:margin|padding|border)-(?:inline|block)(?:-(?:color|style|width))?|aspect-ratio|translate|rotate|scale|"
    r"text-wrap(?:-.*)?|container(?:-.*)?|grid-template-(?:rows|columns):.*subgrid|anchor-.*|animation-timeline|block-size-.*"
)
VALUES = re.compile(
    r"(?:color-mix|oklch|oklab|lab|lch|light-dark|anchor|round|sin|cos)\(|\d(?:[dsl]v[hwib]|cq[whi])\b|\bsubgrid\b|overflow(?:-[xy])?:\s*clip\b"
)
# Later than the floor, and nothing but looks is lost without them.
LOOKS = {"field-sizing", "text-underline-offset", "accent-color", "text-autospace", "scrollbar-gutter"}
ALONE = (":focus-visible", "::file-selector-button")  # unknown, they void the whole list they stand in


def style_faults(path: str, source: str) -> list[str]:
    """What a style sheet uses that the oldest browser lacks."""
    plain = re.sub(r"/\*.*?\*/", lambda match: re.sub(r"[^\n]", " ", match.group()), source, flags=re.DOTALL)
    plain = re.sub(r"\"[^\"\n]*\"|'[^'\n]*'", lambda match: '"' + "x" * (len(match.group()) - 2) + '"', plain)
    found = []
    for match in re.finditer(r"([^{};]+)([{;}])", plain):
        text = match.group(1)
        head = text.strip()
        line = plain.count("\n", 0, match.start() + len(text) - len(text.lstrip())) + 1
        if not head:
            continue
        faults = _of_selector(head) if match.group(2) == "{" else _of_declaration(head)
        found += [(line, fault) for fault in faults]
    for match in re.finditer(r"\{([^{}]*)\}", plain):
        if re.search(r"(?<![-\w])appearance\s*:", match.group(1)) and "-webkit-appearance" not in match.group(1):
            found.append((plain.count("\n", 0, match.start()) + 1, "appearance without -webkit-appearance (Chrome 84)"))
    return [f"{path}:{line}: {fault} is above the oldest browser" for line, fault in sorted(found)]


def _of_selector(head: str) -> Iterator[str]:
    if head.startswith("@"):
        name = re.match(r"@[-\w]+", head)
        if name and name.group() in AT_RULES:
            yield name.group()
        if head.startswith("@media") and re.search(r"[<>]", head):
            yield "range in @media (Chrome 104)"
        return
    for name, since in SELECTORS.items():
        if name in head:
            yield f"{name} ({since})"
    depth = 0
    for place, char in enumerate(head):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "," and depth and ":not(" in head[:place]:
            yield "a list in :not() (Chrome 88)"
            break
    parts = head.split(",")
    for name in ALONE:
        with_it = [name in part for part in parts]
        if any(with_it) and not all(with_it):
            yield f"{name} in a list with others (Chrome 86)"


def _of_declaration(text: str) -> Iterator[str]:
    name, _, value = text.partition(":")
    name = name.strip()
    if name not in LOOKS and PROPERTIES.fullmatch(name):
        yield f"{name} (Chrome 87 and later)"
    if match := VALUES.search(f"{name}: {value}"):
        yield f"{match.group()} (Chrome 90 and later)"


def scripts() -> list[Path]:
    """Everything a phone runs: the modules of its pages and of the entrance, the worker, the vendored two."""
    own = [*(BASE / "static/js").glob("*.js"), *(BASE / "static/js/phone").glob("*.js")]
    return sorted([*own, BASE / "templates/inspections/phone/worker.js", *(BASE / name for name in VENDORED)])


def faults() -> list[str]:
    """All faults of the checkout."""
    found = []
    for path in scripts():
        found += script_faults(path.relative_to(BASE).as_posix(), path.read_text(encoding="utf-8"))
    for name in STYLES:
        found += style_faults(name, (BASE / name).read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    lines = faults()
    print("\n".join(lines) or "browser floor: nothing above it")
    sys.exit(bool(lines))
