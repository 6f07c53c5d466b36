"""The burndown of a plan as SVG: what is left, what the plan allows, and today. Drawn by pygal, then stripped.

Three shapes a reader tells apart without colour: a thick line (what is left), a dashed one (the plan), an upright one
(today), with the number written at the end of the thick line. At most 8 KB.
"""

import datetime as dt
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

import pygal
from defusedxml.ElementTree import fromstring

from inspections.burndown import Track
from publicity.charts import DARK, FONT, INK, SVG

GREY, RULE = "#545B64", "#D5DAE0"
SIZES = {"small": (220, 132), "large": (344, 236)}
PLAN, TODAY, LEFT = range(3)
PAINT = {
    PLAN: {"stroke": GREY, "stroke-width": "1.5", "stroke-dasharray": "5 4"},
    TODAY: {"stroke": GREY, "stroke-width": "1"},
    LEFT: {"stroke": DARK, "stroke-width": "2.5"},
}
DECIMALS = re.compile(r"(\d+\.\d)\d+")


def day_label(day: dt.date) -> str:
    """``9月10日``."""
    return f"{day.month}月{day.day}日"


def _chart(track: Track, total: int, left: Sequence[int], size: str) -> bytes:
    width, height = SIZES[size]
    end = max(len(track.days) - 1, 1)
    chart = pygal.XY(
        js=[], disable_xml_declaration=True, pretty_print=False, show_legend=False, width=width, height=height,
        margin=6, margin_top=16, show_x_guides=False, show_y_guides=size == "large", dots_size=4, print_labels=True,
        truncate_label=-1, range=(0, max(total, 1)), xrange=(0, end),
    )  # fmt: skip
    names = {0: day_label(track.days[0]), end: day_label(track.days[-1])}
    if size == "large" and end * 0.25 < track.now < end * 0.7:
        names[track.now] = "今天"
    chart.x_labels = [{"label": name, "value": place} for place, name in sorted(names.items())]
    chart.y_labels = sorted({0, total // 2, total}) if size == "large" else sorted({0, total})
    chart.add("按计划", [(0, total), (max(track.planned, 1), 0)], show_dots=False)
    chart.add("今天", [(track.now, 0), (track.now, max(total, 1))], show_dots=False)
    *earlier, last = enumerate(left)
    chart.add("剩余", [*earlier, {"value": last, "label": f"剩 {last[1]}"}])
    rendered = chart.render()
    return rendered if isinstance(rendered, bytes) else rendered.encode()


def _tag(node: ET.Element) -> str:
    return node.tag.rsplit("}", 1)[-1]


def _shapes(root: ET.Element) -> list[tuple[ET.Element, int | None, str]]:
    """Every path, circle and text in order, with the number of its series (None: an axis) and its group's place."""
    found: list[tuple[ET.Element, int | None, str]] = []

    def walk(node: ET.Element, series: int | None, place: str) -> None:
        kind = node.get("class", "")
        if "tooltip-overlay" in kind:
            return
        if match := re.search(r"serie-(\d)", kind):
            series = int(match.group(1))
        place = node.get("transform", place)
        if _tag(node) in {"path", "circle", "text"}:
            found.append((node, series, place))
        for child in node:
            walk(child, series, place)

    walk(root, None, "")
    return found


def _text(node: ET.Element, series: int | None, right: float, dot: ET.Element) -> ET.Element:
    """A label: the axis in grey, the number at the end of the line in bold, beside its dot and inside the picture."""
    x, y = float(node.get("x", "0")), float(node.get("y", "0"))
    made = ET.Element(f"{{{SVG}}}text", {"fill": GREY})
    made.text = "".join(node.itertext())
    if series == LEFT:
        at, over = float(dot.get("cx", "0")), float(dot.get("cy", "0"))
        inside = at < right * 0.6
        x, y, anchor = at + (8 if inside else -8), max(over - 7, 10), "start" if inside else "end"
        made.attrib |= {"fill": DARK, "font-weight": "700"}
    elif x < 0:
        anchor = "end"
    else:
        anchor = "start" if x < right * 0.2 else "end" if x > right * 0.8 else "middle"
        made.set("fill", INK if made.text == "今天" else GREY)
    made.attrib |= {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}
    return made


def burndown(title: str, track: Track, total: int, left: Sequence[int], size: str = "small") -> bytes:
    """The picture; ``left`` as `Track.left` gives it, ``size`` one of ``SIZES``."""
    source = fromstring(_chart(track, total, left, size))
    shapes = _shapes(source)
    dots = [node for node, series, _ in shapes if _tag(node) == "circle" and series == LEFT]
    lines = [(node, series, place) for node, series, place in shapes if _tag(node) == "path"]
    texts = [(node, series, place) for node, series, place in shapes if _tag(node) == "text"]
    width, height = SIZES[size]
    root = ET.Element(f"{{{SVG}}}svg", {"viewBox": f"0 0 {width} {height}", "width": str(width), "height": str(height),
                                        "role": "img", "font-family": FONT, "font-size": "14"})  # fmt: skip
    ideal = track.expected(total, track.now)
    described = (
        f"共 {total} 份，剩 {left[-1]} 份，按计划此时应剩 {ideal} 份，计划到{day_label(track.days[track.planned])}为止"
    )
    for name, text in (("title", title), ("desc", described)):
        ET.SubElement(root, f"{{{SVG}}}{name}").text = text
    plot = ET.SubElement(root, f"{{{SVG}}}g", {"transform": lines[0][2], "fill": "none"})
    for node, series, _ in lines:
        paint = {"stroke": RULE} if series is None else PAINT[series]
        ET.SubElement(plot, f"{{{SVG}}}path", {"d": DECIMALS.sub(r"\1", node.get("d", "")), **paint})
    words = ET.SubElement(root, f"{{{SVG}}}g", {"transform": lines[0][2]})
    last = dots[-1]
    place = {key: DECIMALS.sub(r"\1", last.get(key, "")) for key in ("cx", "cy")}
    ET.SubElement(words, f"{{{SVG}}}circle", {**place, "r": "4", "fill": DARK})
    right = max(float(node.get("x", "0")) for node, series, _ in texts if series is None)
    words.extend(_text(node, series, right, last) for node, series, _ in texts)
    ET.register_namespace("", SVG)
    return ET.tostring(root, encoding="utf-8")


def sentence(title: str, text: str) -> bytes:
    """A picture that only says why there is none."""
    width, height = SIZES["small"]
    root = ET.Element(f"{{{SVG}}}svg", {"viewBox": f"0 0 {width} {height}", "width": str(width), "height": str(height),
                                        "role": "img", "font-family": FONT, "font-size": "14"})  # fmt: skip
    ET.SubElement(root, f"{{{SVG}}}title").text = title
    for line, at in ((text[:14], 60), (text[14:28], 82)):
        ET.SubElement(root, f"{{{SVG}}}text", {"x": "8", "y": str(at), "fill": INK}).text = line
    ET.register_namespace("", SVG)
    return ET.tostring(root, encoding="utf-8")
