"""Drawn stand-ins of the demonstration: signatures, photos, scanned papers.

Every picture says 演示, nobody's shop, hand or paper is shown, and the same words give the same bytes.
"""

import datetime as dt
import functools
import hashlib
import io
import math
from collections.abc import Iterable

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import ExifTags, Image, ImageDraw, ImageFont

from inspections.services.drawing import Drawing
from registry import clock

PAD = (320, 120)
LOOPS, TURN = 3, 14  # loops of a character, points of a loop
SIZE = (800, 600)
PAPER = (700, 990)
MARK = "演示"
WALL, BOARD, SHUTTER, INK = (139, 147, 158), (46, 79, 116), (176, 182, 189), (31, 41, 55)
WHITE, SEAL = (255, 255, 255), (196, 40, 40)


def ink(name: str) -> Drawing:
    """A hand that nobody writes: a run of loops for each character, their sizes from the digest of the name, and a
    stroke under all."""
    width, height = PAD
    cell = (width - 60) / max(len(name), 1)
    strokes, at = [], 0
    for place in range(len(name)):
        sizes = [1 + byte / 255 for byte in hashlib.sha256(f"{name}{place}".encode()).digest()[:LOOPS]]
        stroke = []
        for step in range(LOOPS * TURN + 1):
            loop, angle = sizes[step // TURN % LOOPS], math.tau * step / TURN
            x = 30 + cell * (place + 0.8 * step / (LOOPS * TURN)) + 7 * loop * math.sin(angle)
            y = height * 0.45 - 17 * loop * math.cos(angle) * (1 if place % 2 else 0.8) - 6 * math.sin(angle / 2)
            at += 18
            stroke.append([round(x), round(y), at])
        strokes.append(stroke)
        at += 120
    under = [[30 + step * 26, round(height * 0.86 - 2 * step), at + 20 * step] for step in range(10)]
    return Drawing(width, height, [*strokes, under])


def door(at: dt.datetime, words: Iterable[str] = ()) -> SimpleUploadedFile:
    """A shop front with its shutter down."""
    picture = Image.new("RGB", SIZE, WALL)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((100, 50, 700, 150), fill=BOARD)
    draw.text((400, 100), f"{MARK}门头", font=_font(48), fill=WHITE, anchor="mm")
    for top in range(180, 520, 30):
        draw.rectangle((130, top, 670, top + 24), fill=SHUTTER)
    return _shot(picture, "门口.jpg", at, ["门口照片", *words])


def scene(what: str, at: dt.datetime, words: Iterable[str] = ()) -> SimpleUploadedFile:
    """A sheet on a table, in place of what an officer photographs inside."""
    picture = Image.new("RGB", SIZE, (203, 188, 165))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((190, 60, 610, 500), fill=(250, 249, 244), outline=INK, width=3)
    draw.text((400, 110), what, font=_font(34), fill=INK, anchor="mm")
    for line, top in enumerate(range(170, 470, 38)):
        draw.line((230, top, 570 - line * 37 % 150, top), fill=(150, 155, 160), width=5)
    return _shot(picture, "现场.jpg", at, words)


def paper(title: str, words: Iterable[str], *, sealed: bool = False) -> SimpleUploadedFile:
    """A page as it comes from a scanner; ``sealed``: signed, and with a round stamp that says 演示."""
    picture = Image.new("RGB", PAPER, WHITE)
    draw = ImageDraw.Draw(picture)
    draw.text((350, 90), title, font=_font(34), fill=INK, anchor="mm")
    for line, text in enumerate(words):
        draw.text((80, 160 + line * 46), text, font=_font(22), fill=INK)
    for top in range(480, 740, 52):
        draw.line((80, top, 620, top), fill=(150, 155, 160), width=2)
    if sealed:
        for stroke in ink(MARK).strokes:
            draw.line([(90 + x // 2, 820 + y // 2) for x, y, _at in stroke], fill=INK, width=3)
        draw.ellipse((420, 760, 600, 940), outline=SEAL, width=6)
        draw.text((510, 850), MARK, font=_font(48), fill=SEAL, anchor="mm")
    draw.text((620, 960), f"{MARK}文书，不是真件", font=_font(20), fill=SEAL, anchor="rm")
    return _file(picture, f"{title}.jpg", None)


def _shot(picture: Image.Image, name: str, at: dt.datetime, words: Iterable[str]) -> SimpleUploadedFile:
    """Finished with a strip that says what it is, and with the time as a camera writes it."""
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 530, 800, 600), fill=INK)
    stamp = f"{at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
    draw.text((20, 565), "　".join([f"{MARK}图片", *words, stamp]), font=_font(24), fill=WHITE, anchor="lm")
    exif = Image.Exif()
    exif[ExifTags.Base.DateTime] = f"{at.astimezone(clock.SHANGHAI):%Y:%m:%d %H:%M:%S}"
    return _file(picture, name, exif)


def _file(picture: Image.Image, name: str, exif: Image.Exif | None) -> SimpleUploadedFile:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80, **({"exif": exif} if exif else {}))
    return SimpleUploadedFile(name, out.getvalue(), content_type="image/jpeg")


@functools.cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """The product's own typeface: no machine draws other letters."""
    return ImageFont.truetype(settings.BASE_DIR / "static" / "fonts" / "kc-sans-bold.otf", size)
