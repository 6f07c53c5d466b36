"""Scripts and styles of the phone keep to the oldest browser (docs/adr/0007), and the lint can fail."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts import browser_floor as floor

ANY = "static/js/phone/x.js"
TRIPS = [
    "const a = await import('./b.js');",
    "if (a) { await b(); }",
    "for (const one of list) await one;",
    "run(await begin());",
    "const f = () => 1; await f();",
    "const f = { g: () => 1, h: await f };",
    "`${await a}`",
    "a ??= b;",
    "a.b ||= 1;",
    "a &&= 1;",
    "list.at(-1)",
    "list?.at(0)",
    "list.findLast((x) => x)",
    "structuredClone(value)",
    "place.replaceChildren()",
    "text.replaceAll('a', 'b')",
    "Object.hasOwn(a, 'b')",
    "const { submitter } = event;",
    "dialog.showModal()",
    "await_ = 1; class A { #x = 1 }",
    "class A { static { this.x = 1 } }",
    "new BroadcastChannel('a')",
    "/(?<=a)b/.test(x)",
    "/a/v.test(x)",
    "import data from './a.json' with { type: 'json' };",
    "x = `a ${list.at(-1)} b`;",
    "Promise.any([a])",
]
PASSES = [
    "async function f() { await g(); }",
    "const f = async () => await g();",
    "const f = async () => { for await (const x of y) await x; };",
    "class A { async m() { await g(); } get n() { return 1; } field = async () => await g(); }",
    "list.map(async (one) => [await one, 1]);",
    "export default async function () { if (a) { await b; } }",
    "const at = { any: 1, submitter: 2 }; at.any; f(at);",
    "// list.at(-1) ??= structuredClone()\n/* await x */",
    "const words = 'a ??= b .at(-1) await'; const more = `structuredClone(${words}) ||= `;",
    "const pattern = /\\.at\\(|\\?\\?=/g; const half = a / b / c;",
    "a ?? b; a?.b; a ? .5 : 1; 2 ** 3; [...a].flat();",
    "function submitter(event) { return event.target; }",
]


@pytest.mark.parametrize("source", TRIPS)
def test_a_script_above_the_floor_is_found(source: str) -> None:
    assert len(floor.script_faults(ANY, source)) == 1


@pytest.mark.parametrize("source", PASSES)
def test_a_script_of_2020_is_left_alone(source: str) -> None:
    assert floor.script_faults(ANY, source) == []


STYLE_TRIPS = [
    ".a:has(:checked) { color: red; }",
    ".a:is(.b, .c) { color: red; }",
    ":where(a) { color: red; }",
    ".a:not(.b, .c) { color: red; }",
    ".a { inset: 0; }",
    ".a { margin-inline: auto; }",
    ".a { padding-block: 2px }",
    ".a { aspect-ratio: 1; }",
    ".a { height: 100dvh; }",
    ".a { color: color-mix(in srgb, red, blue); }",
    ".a:hover, .a:focus-visible { color: red; }",
    ".a { &:hover { color: red; } }",
    "@layer base { .a { color: red; } }",
    "@container (min-width: 1px) { .a { color: red; } }",
    "@media (width >= 600px) { .a { color: red; } }",
    ".a { appearance: none; }",
    ".a { overflow: clip; }",
    "@media print { .a:has(b) { color: red; } }",
]
STYLE_PASSES = [
    "/* :has( inset: 0 */ .a::before { content: ':has(x) & inset: 0'; }",
    ".a:not(.b):not(.c) > input:checked + label, .d ~ .e { top: 0; margin: 0 auto; width: min(1px, 2px); }",
    ".a:focus-visible { outline: 0; } .a { margin-inline-start: 1px; clip-path: inset(50%); }",
    ".a { -webkit-appearance: none; appearance: none; field-sizing: content; }",
    "@media (max-width: 600px) { .a { color: rgb(0 0 0 / 25%); } }",
]


@pytest.mark.parametrize("source", STYLE_TRIPS)
def test_a_style_above_the_floor_is_found(source: str) -> None:
    assert len(floor.style_faults("a.css", source)) == 1


@pytest.mark.parametrize("source", STYLE_PASSES)
def test_a_style_of_2020_is_left_alone(source: str) -> None:
    assert floor.style_faults("a.css", source) == []


def test_everything_a_phone_loads_keeps_to_the_floor() -> None:
    assert floor.faults() == []


def _folder_of(pattern: str) -> list[Path]:
    return sorted((floor.BASE / "templates").glob(pattern))


def test_the_lint_reads_every_style_and_script_of_a_phone() -> None:
    """What templates of the phone and the entrance load, and every vendored file a module names."""
    pages = [*_folder_of("base_phone.html"), *_folder_of("base_entrance.html"), *_folder_of("inspections/phone/*.html")]
    pages += [*_folder_of("account/*.html"), *_folder_of("mfa/*.html"), *_folder_of("publicity/visit*.html")]
    text = "".join(path.read_text(encoding="utf-8") for path in pages)
    styles = {f"static/{name}" for name in re.findall(r"static '(css/[^']+)'", text)}
    assert styles == set(floor.STYLES)
    read = {path.relative_to(floor.BASE).as_posix() for path in floor.scripts()}
    assert {f"static/{name}" for name in re.findall(r"static '(js/[^']+)'", text)} - read == set()
    vendored = {
        f"static/vendor/{name}"
        for path in floor.scripts()
        for name in re.findall(
            r"from \"[./]+vendor/([^\"]+)\"|import \"[./]+vendor/([^\"]+)\"", path.read_text(encoding="utf-8")
        )
        for name in name
        if name
    }
    assert vendored == set(floor.VENDORED)


def test_the_script_for_older_ones_is_older_than_modules() -> None:
    """too-old.js runs where nothing else does: no arrow, no let, no template."""
    code = floor.tokens((floor.BASE / "static/js/too-old.js").read_text(encoding="utf-8"))
    words = {token.text for token in code if token.kind == "word"}
    assert words & {"let", "const", "class", "async", "await", "import", "export", "of"} == set()
    assert [token for token in code if token.text in {"=>", "?.", "??", "..."} or token.text.startswith("`")] == []
