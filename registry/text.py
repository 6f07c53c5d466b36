"""One text folding: how text is stored, how names are stored, how both are compared. Pure; the standard library and
the tables below.

What people type, paste and import looks the same and differs: invisible marks of web pages, radicals out of PDF files,
private characters of old systems, blanks that spread a name out, full-width digits, a dozen middle dots. ``stored``
is what every text goes through on its way in (NFC, which loses nothing that can be seen), ``name`` what names of
people and enterprises go through, ``folded`` what two texts are compared by and searched with; it is never shown.
``stored`` and ``name`` refuse what would be wrong on paper (`TextError` with its place), the others never refuse.
"""

import re
import unicodedata
from typing import Final

# CJK radicals of the supplement → the ideograph (Unicode's EquivalentUnifiedIdeograph.txt). The Kangxi block needs no
# table: its compatibility mappings (NFKC) are the same.
_RADICALS = (
    "⺁⺂⺃⺄⺅⺆⺇⺈⺉⺊⺋⺌⺍⺎⺏⺐⺑⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺟⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺳⺴⺵⺶⺷⺸⺹⺺⺻⺼⺽⺾⺿"
    "⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳"
)
_IDEOGRAPHS = (
    "厂乛乚乙亻冂𠘨刀刂卜㔾小小兀尣尢𡯂巳幺彑彐忄心扌攵旡日月歺母民氵氺灬爫爫丬牛犭王𤴔目示礻𥫗糹纟罓罒㓁冗𦉫羊𦍌𦍋耂肀聿肉𦥑艹艹"
    "艹虎衤覀西见角𧢲讠贝𧾷车辶辶辶邑钅長镸长门𨸏阝雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟"
)
# U+E815 to U+E864: the row FE50–FEA0 of GB 18030-2000, as GB 18030-2022 writes it today. U+E863 is 䶮.
_PRIVATE_ROW = (
    "厂𠂇𠂉𠃌乙㑳㑇刀㔾龴㖞㘚㘎小心㥮㤘龵㧏㧟㩳㧐龶龷㭎㱮㳠牛𡗗龸𤴔䁖䅟𥫗䌷㓁羊𦍌𢦏䎱䎬聿䏝䓖䙡䙌龹䜣䜩䝼䞍𧾷䥇䥺䥽䦂䦃䦅䦆䦟䦛䦷䦶龺"
    "𤇾䲣䲟䲠䲡䱷䲢䴓䴔䴕䴖䴗䴘䴙䶮龻"
)
_PRIVATE: Final = {
    **{0xE815 + place: character for place, character in enumerate(_PRIVATE_ROW)},
    **dict(zip(range(0xE78D, 0xE797), "︐︒︑︓︔︕︖︗︘︙", strict=True)),  # punctuation of vertical writing
    **dict(zip(range(0xE7E7, 0xE7F4), "〾⿰⿱⿲⿳⿴⿵⿶⿷⿸⿹⿺⿻", strict=True)),
    0xE5E5: "\u3000",
    0xE76C: "€",
    0xE7C7: "ḿ",
    0xE7C8: "ǹ",
}
_MEANT: Final = {
    **_PRIVATE,
    **dict(zip(map(ord, _RADICALS), _IDEOGRAPHS, strict=True)),
    **{code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)},
}

# Never seen, never meant: default-ignorable marks, variation selectors, tags, and letters that are blank.
IGNORABLE = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_IGNORABLE = re.compile(f"[{IGNORABLE}]")
_NONCHARACTERS = r"\ufdd0-\ufdef\ufffe\uffff" + "".join(
    f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(1, 17)
)
_CONTROLS = r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff"
_PRIVATE_USE = r"\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_REFUSED = re.compile(f"[{_CONTROLS}{_NONCHARACTERS}{_PRIVATE_USE}\\ufffc\\ufffd]")
_UNREADABLE = re.compile(f"[{_CONTROLS}{_NONCHARACTERS}\\ufffc]")
# Nearly every value has nothing but these, and is stored as it is.
_PLAIN = r"!-~\xb7\u2014\u2018\u2019\u201c\u201d\u2026\u3001-\u3029\u3030-\u303f\u3400-\u4dbf\u4e00-\u9fff\uff01-\uff5e"
_UNUSUAL = re.compile(f"[^{_PLAIN}]")
_UNUSUAL_IN_LINES = re.compile(f"[^ \\n{_PLAIN}]|^[ \\n]|[ \\n]$| \\n")
_SPACES = re.compile(r"\s+")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_ODD_SPACES = re.compile(r"[^\S\n\u3000]")
_LINE_TAILS = re.compile(r"\s+\n|\s+\Z")
_BEFORE = re.compile(r"\A[ \n]+")

HAN = r"\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
DOT: Final = "·"
# The dots between the parts of a name, as input methods, fonts and systems write them; those that also end sentences
# or decimals stand for the middle dot only between two ideographs.
_DOTS = (
    r"\u119e\xb7\u0387\u16eb\u2022\u2023\u2024\u2027\u2219\u22c5\u25cf\u25e6\u2e30\u2e31\u30fb\u318d\uff65\U00010101"
)
_NAME_DOTS = re.compile(
    rf"(?<=[{HAN}]) ?[{_DOTS}.\ufe52\uff0e\uff61] ?(?=[{HAN}])|(?<=[^\W\d_]) ?[{_DOTS}] ?(?=[^\W\d_])"
)
_NAME_BLANKS = re.compile(rf"(?<=[{HAN}·（）()]) (?=[{HAN}·（）()])")

_FOLDED: Final = str.maketrans(
    dict.fromkeys("[{〔【〖〘〚", "(") | dict.fromkeys("]}〕】〗〙〛", ")")
    | dict.fromkeys("‐‑‒–—―−─⁃", "-") | dict.fromkeys("“”„‟«»", '"') | dict.fromkeys("‘’‚‛′`", "'")
    | dict.fromkeys("〇○◯", "〇") | {"戶": "户", "戸": "户", "靑": "青", "黃": "黄", "\u2044": "/", "\u2215": "/"}
)  # fmt: skip
_BARE: Final = dict.fromkeys(map(ord, " -·"))
_FOLDED_DOTS = re.compile(rf"[{_DOTS}]|(?<=[{HAN}])\.(?=[{HAN}])")
_FOLDED_BLANKS = re.compile(r"(?<![0-9a-z]) | (?![0-9a-z])")
_FOLD_NEEDED = re.compile(rf"[^!-&*-.0-Z^-z\xb7{HAN}()]|[A-Z\[\]{{}}`.\uf900-\ufaff\U0002f800-\U0002fa1f戶戸靑黃]")
_CODE_NOISE = re.compile(r"[\s\-‐‑‒–—―−]+")


class TextError(ValueError):
    """A character that cannot be stored; ``str()`` says which, where, and what to do."""


def stored(value: str, *, lines: bool = False) -> str:
    """``value`` as it is stored: NFC, without invisible marks, radicals and known private characters as ideographs.

    Blanks become single spaces, none at the ends; with ``lines`` line ends stay (as ``\\n``), blanks inside lines and
    ideographic spaces too. Raises `TextError` for control and broken characters and unknown private ones.
    """
    if not (_UNUSUAL_IN_LINES if lines else _UNUSUAL).search(value):
        return value
    value = _spaced(_IGNORABLE.sub("", value).translate(_MEANT), lines)
    if found := _REFUSED.search(value):
        raise TextError(_why(found.start() + 1, found[0]))
    return unicodedata.normalize("NFC", value)


def tidied(value: str, *, lines: bool = False) -> str:
    """As ``stored`` for text that cannot be asked about any more: what would be refused is left out, private
    characters and U+FFFD stay."""
    value = _spaced(_UNREADABLE.sub("", _IGNORABLE.sub("", value).translate(_MEANT)), lines)
    return unicodedata.normalize("NFC", value)


def name(value: str) -> str:
    """The name of a person or an enterprise as it is stored: no blanks between ideographs, one middle dot U+00B7."""
    if not _UNUSUAL.search(value) and not _NAME_DOTS.search(value):
        return value
    value = _NAME_DOTS.sub(DOT, stored(value))
    return _NAME_BLANKS.sub("", value)


def folded(value: str) -> str:
    """What two texts are compared by: width, case, brackets, dashes, dots and the blanks of Chinese do not count.

    A blank counts between letters or digits only (AB C is not ABC). Empty when there is nothing to be seen.
    """
    before, value = None, value.replace("（", "(").replace("）", ")")
    while value != before and _FOLD_NEEDED.search(value):  # a blank that goes may bring marks to their letter
        before, value = value, _folded_once(value)
    return value


def folded_code(value: str) -> str:
    """A number or code to search with: half-width capitals, without blanks and hyphens."""
    return _CODE_NOISE.sub("", unicodedata.normalize("NFKC", tidied(value))).upper()


def account_name(value: str) -> str:
    """The name somebody signs in with, as it is stored and looked up: half-width, without blanks. Its case counts."""
    return unicodedata.normalize("NFKC", _SPACES.sub("", unicodedata.normalize("NFKC", tidied(value))))


def bare(value: str) -> str:
    """``folded`` without any blanks, dots and dashes: what is left of a name when only its letters count."""
    return folded(value).translate(_BARE)


def bare_places(value: str) -> tuple[str, list[int]]:
    """``value`` character by character as ``bare``, and for each character of it the place in ``value`` it stands
    for: what is found in the one can be struck out of the other."""
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(value):
        plain = bare(character)
        characters.append(plain)
        places += [place] * len(plain)
    return "".join(characters), places


def _folded_once(value: str) -> str:
    value = unicodedata.normalize("NFKC", tidied(value)).casefold()
    value = unicodedata.normalize("NFKC", value).translate(_MEANT).translate(_FOLDED)
    return _FOLDED_BLANKS.sub("", " ".join(_FOLDED_DOTS.sub(DOT, value).split()))


def _spaced(value: str, lines: bool) -> str:
    if not lines:
        return _SPACES.sub(" ", value).strip()
    value = _ODD_SPACES.sub(" ", _LINE_ENDS.sub("\n", value))
    value = _LINE_TAILS.sub(lambda found: "\n" * found[0].count("\n"), value)
    return _BEFORE.sub("", value).rstrip()


def _why(place: int, character: str) -> str:
    code = f"U+{ord(character):04X}"
    kind = unicodedata.category(character)
    if kind == "Co":
        return f"第{place}个字是别的电脑显示不出的造字（{code}），请换成标准汉字"
    if kind in {"Cc", "Cs"}:
        return f"第{place}个字是看不见的控制字符（{code}），请删除后重新输入"
    return f"第{place}个字是乱码（{code}），请对照原件改正"


def too_long(length: int, limit: int) -> str:
    """Why a text is not taken: how many characters it has and how many have to go. A line end is one of them."""
    return f"最多 {limit} 字，现在有 {length} 字，多了 {length - limit} 字，请删减后再提交。"
