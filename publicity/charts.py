"""Charts: pygal draws, and what it leaves behind is taken out (decisions.md).

Even with its scripts and styles off pygal writes script and style nodes and a style attribute, random ids and
duplicate titles. ``bars`` keeps the shapes and the texts only, with colours as attributes: at home on a strict page, as
an ``<img>`` and in WeasyPrint alike. At most 8 KB.
"""

import sys
import xml.etree.ElementTree as ET

import pygal
from defusedxml.ElementTree import fromstring

from inspections.enums import ResultCode
from publicity.statistics import Facts

# pygal hooks a finder for its old plug-ins into every later import of the process; Python 3.11 warns at each of them
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__.split(".")[0] != "pygal"]

SVG = "http://www.w3.org/2000/svg"
INK, PALE, DARK = "#1C2024", "#D5DAE0", "#12436D"
PALETTE = ("#B9C8DA", DARK, "#F46A25")  # the eye goes to what was found, not to what was in order
FONT = "Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif"
MAX_BYTES = 8192
KEPT = {
    "svg": {"viewBox", "width", "height"},
    "g": {"transform"},
    "rect": {"x", "y", "width", "height"},
    "path": {"d"},
    "text": {"x", "y", "transform"},
}
NAMES = ("bumen", "jieduan")


def _tag(node: ET.Element) -> str:
    return node.tag.rsplit("}", 1)[-1]


def _short(value: str) -> str:
    """Numbers to one decimal: a chart needs no more, and it halves the file."""
    try:
        return f"{float(value):.1f}".removesuffix(".0")
    except ValueError:
        return value


def _paint(node: ET.Element, colour: str) -> None:
    """Colours as attributes, by what pygal says a shape is."""
    tag, kind = _tag(node), node.get("class", "")
    if tag == "rect":
        node.set("fill", colour if "reactive" in kind else "#FFFFFF")
    elif tag == "path":
        node.set("fill", "none")
        node.set("stroke", PALE)
    elif tag == "text":
        label = node.get("x", "").startswith("-")  # left of the axis: a label, else a number on its bar
        node.set("fill", "#FFFFFF" if colour == DARK and not label else INK)
        node.set("text-anchor", "end" if label else "middle")


def _strip(node: ET.Element, palette: tuple[str, ...], colour: str = INK) -> None:
    """Drop every node and attribute that is not a shape or a text, from the leaves up."""
    kind = node.get("class", "")
    if "serie-" in kind:
        colour = palette[int(kind.split("serie-", 1)[1].split()[0]) % len(palette)]
    for child in list(node):
        if _tag(child) not in KEPT or "tooltip" in child.get("class", "").split():
            node.remove(child)
            continue
        _strip(child, palette, colour)
        empty_group = _tag(child) == "g" and not len(child)
        if empty_group or (_tag(child) == "text" and not "".join(child.itertext()).strip()):
            node.remove(child)
    _paint(node, colour)
    for name in list(node.attrib):
        if name not in KEPT[_tag(node)] | {"fill", "stroke", "text-anchor"}:
            del node.attrib[name]
        elif name in {"x", "y", "width", "height"}:
            node.set(name, _short(node.attrib[name]))
    node.tail = None


def _plain(raw: bytes, title: str, description: str, palette: tuple[str, ...]) -> bytes:
    ET.register_namespace("", SVG)
    root = fromstring(raw)
    _strip(root, palette)
    root.set("role", "img")
    root.set("font-family", FONT)
    root.set("font-size", "14")
    for tag, text in (("desc", description), ("title", title)):
        node = ET.Element(f"{{{SVG}}}{tag}")
        node.text = text
        root.insert(0, node)
    return ET.tostring(root, encoding="utf-8")


def bars(title: str, description: str, labels: list[str], series: list[tuple[str, list[int]]]) -> bytes:
    """Horizontal bars, stacked when there are several series, with the numbers written on them; SVG bytes."""
    chart = pygal.HorizontalStackedBar(
        js=[],
        disable_xml_declaration=True,
        pretty_print=False,
        show_legend=False,
        print_values=True,
        show_x_labels=False,
        show_x_guides=False,
        show_y_guides=False,
        truncate_label=-1,
        width=720,
        height=64 + 44 * max(1, len(labels)),
        spacing=8,
        margin=8,
        margin_left=16 + 10 * max(map(len, labels), default=0),
        value_formatter=lambda value: str(int(value)) if value else "",
    )
    chart.x_labels = labels[::-1]
    for name, values in series:
        chart.add(name, [value or None for value in values[::-1]])
    return _plain(chart.render(), title, description, PALETTE if len(series) > 1 else (DARK,))


GROUPS = (
    ("未发现问题", {ResultCode.NO_PROBLEM, ResultCode.NO_ITEMS, ResultCode.NO_ACTIVITY}),
    ("已责令改正", {ResultCode.CORRECTED}),
    ("待后续处理等", set(ResultCode) - {ResultCode.NO_PROBLEM, ResultCode.NO_ITEMS, ResultCode.NO_ACTIVITY,
                                    ResultCode.CORRECTED}),
)  # fmt: skip


def _heaviest(codes: list[ResultCode]) -> int:
    """The group of a section: its gravest result counts."""
    found = [index for index, (_, members) in enumerate(GROUPS) if members & set(codes)]
    return max(found, default=0)


def results_by_department(facts: Facts) -> tuple[list[str], list[tuple[str, list[int]]]]:
    """Labels and series: entered sections per department by their gravest result."""
    rows = {one.pk: [0] * len(GROUPS) for one in facts.departments}
    for record in facts.records:
        for section in record.sections:
            if section.entered_on and section.department_id in rows:
                rows[section.department_id][_heaviest(section.codes)] += 1
    labels = [one.short_name for one in facts.departments]
    return labels, [(name, [row[index] for row in rows.values()]) for index, (name, _) in enumerate(GROUPS)]


def enterprises_by_stage(facts: Facts) -> tuple[list[str], list[tuple[str, list[int]]]]:
    """Labels and the one series: how many enterprises were drawn, dispatched, checked, published."""
    stages = {
        "抽中": facts.picks,
        "应检": len(facts.records),
        "已检": sum(one.checked for one in facts.records),
        "已公示": sum(bool(one.published_on) for one in facts.records),
    }
    return list(stages), [("户", list(stages.values()))]


def chart(facts: Facts, name: str) -> bytes:
    """The chart ``name`` (one of ``NAMES``) as SVG."""
    if name == "bumen":
        labels, series = results_by_department(facts)
        said = "；".join(f"{label}：" + "，".join(f"{group}{values[index]}" for group, values in series)
                        for index, label in enumerate(labels))  # fmt: skip
        return bars("各部门检查结果（户）", said, labels, series)
    labels, series = enterprises_by_stage(facts)
    said = "；".join(f"{label}{value}户" for label, value in zip(labels, series[0][1], strict=True))
    return bars("各环节户数", said, labels, series)
