"""What a spreadsheet file must be before any Excel library sees it.

An upload may be anything: an old .xls, a renamed CSV, a macro file, an archive that unpacks to gigabytes. The guard
believes the archive's directory only as an upper bound (zipfile never unpacks more than the directory says and
checks the CRC), and reads every XML part once, in pieces, to count what the parser would have to build. Limits are
far above a real registry of 100,000 rows.
"""

import re
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import IO

MAX_FILE = 20 << 20
MAX_UNPACKED = 256 << 20
MAX_RATIO = 100
MAX_MEMBERS = 200
MAX_SHARED_STRINGS = 128 << 20
MAX_OTHER_PART = 16 << 20
MAX_CELLS = 4_000_000
MAX_SHEET_ROWS = 1_048_576
MAX_TEXTS = 2_500_000
MAX_TAGS = 24_000_000
MAX_MERGES = 10_000
CHUNK = 1 << 20
OVERLAP = 256

SAVE_AS = "请用 Excel 或 WPS 打开后另存为“Excel 工作簿（*.xlsx）”再上传"
DAMAGED = f"文件已损坏或没有传完整，{SAVE_AS}"
TOO_BIG = "文件内容过大，请删去多余的工作表、图片和空白的格式行列，或分成几个文件上传"

# Parts that openpyxl, as it is called here, never parses.
_UNREAD = ("xl/media/", "xl/drawings/", "xl/pivot", "xl/externalLinks/", "xl/embeddings/", "xl/charts/", "customXml/")
_OTHER_KINDS = (
    ("xl/workbook.bin", "这是 .xlsb 二进制工作簿"),
    ("content.xml", "这是 ODS 表格"),
    ("Index/Document.iwa", "这是苹果 Numbers 表格"),
    ("Index.zip", "这是苹果 Numbers 表格"),
    ("word/document.xml", "这是 Word 文档，不是表格"),
    ("ppt/presentation.xml", "这是演示文稿，不是表格"),
)
_FORMULA = (b"<f>", b"<f ", b"<f/>", b":f>", b":f ", b":f/>")
_MERGE = re.compile(rb"mergeCell\s[^>]{0,80}?ref=[\"']([A-Z0-9:]{2,30})[\"']")
_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,80}encoding=[\"']([^\"']+)[\"']")


class SpreadsheetError(Exception):
    """The whole file is refused. `str()` is a Chinese sentence that says why and what to do."""


@dataclass(slots=True)
class PartScan:
    """What one XML part holds, found without parsing it."""

    has_formula: bool = False
    has_hidden: bool = False
    merges: dict[str, None] = field(default_factory=dict)
    cells: int = 0
    rows: int = 0
    texts: int = 0
    tags: int = 0


def check_xlsx(stream: IO[bytes]) -> dict[str, PartScan]:
    """Refuse what is no harmless .xlsx; else one `PartScan` per XML part by its name in the archive.

    `stream` is a seekable binary file of any position. Raises `SpreadsheetError`, nothing else.
    """
    size = stream.seek(0, 2)
    stream.seek(0)
    if size == 0:
        raise SpreadsheetError("文件是空的，请重新选择文件")
    if size > MAX_FILE:
        raise SpreadsheetError("文件超过 20 MB，请分成几个文件上传")
    head = stream.read(512)
    if not head.startswith(b"PK"):
        raise SpreadsheetError(_what_it_is(head, stream))
    try:
        with zipfile.ZipFile(stream) as archive:
            _check_directory(archive.infolist())
            return {info.filename: _scan(archive, info) for info in archive.infolist() if _is_parsed(info.filename)}
    except SpreadsheetError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        # A directory that lies about sizes ends here, on the CRC or on the end of the data.
        raise SpreadsheetError(DAMAGED) from error
    finally:
        stream.seek(0)


def _what_it_is(head: bytes, stream: IO[bytes]) -> str:
    """The refusal for a file that is no zip archive, named by its first bytes."""
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        stream.seek(0)
        if "EncryptedPackage".encode("utf-16-le") in stream.read():
            return f"文件有密码，请先在 Excel 或 WPS 里取消密码，{SAVE_AS.removeprefix('请')}"
        return f"这是旧版 .xls 文件，{SAVE_AS}"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(b"%pdf"):
        return "这是 PDF 文件，不是表格：请上传 .xlsx 表格"
    if start.startswith((b"<html", b"<!doctype html", b"<table", b"<meta")):
        return f"这是网页格式的表格（改名的 .xls），{SAVE_AS}"
    if start.startswith(b"<?xml"):
        return f"这是 XML 格式的表格，{SAVE_AS}"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" not in head:
        return f"这是 CSV 或文本文件，不是 .xlsx，{SAVE_AS}"
    return f"不是有效的 .xlsx 文件，{SAVE_AS}"


def _check_directory(infos: list[zipfile.ZipInfo]) -> None:
    if len(infos) > MAX_MEMBERS or sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise SpreadsheetError(TOO_BIG)
    for info in infos:
        if info.flag_bits & 1:
            raise SpreadsheetError("文件有密码，请先在 Excel 或 WPS 里取消密码，再上传")
        if info.file_size > MAX_RATIO * max(info.compress_size, 1) and info.file_size > 1 << 20:
            raise SpreadsheetError(f"文件压缩异常，无法安全打开，{SAVE_AS}")
        if ".." in info.filename or info.filename.startswith("/"):
            raise SpreadsheetError(f"文件结构异常，无法安全打开，{SAVE_AS}")
        if info.file_size > _largest(info.filename):
            raise SpreadsheetError(TOO_BIG)
    names = {info.filename for info in infos}
    for name, kind in _OTHER_KINDS:
        if name in names:
            raise SpreadsheetError(f"{kind}，{SAVE_AS}")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise SpreadsheetError(f"文件含宏，{SAVE_AS}")
    if "[Content_Types].xml" not in names:
        raise SpreadsheetError(f"不是有效的 .xlsx 文件，{SAVE_AS}")


def _largest(name: str) -> int:
    if name.startswith(("xl/worksheets/", *_UNREAD)):
        return MAX_UNPACKED
    return MAX_SHARED_STRINGS if name == "xl/sharedStrings.xml" else MAX_OTHER_PART


def _is_parsed(name: str) -> bool:
    return name.lower().endswith((".xml", ".rels")) and not name.startswith(_UNREAD)


def _scan(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> PartScan:
    """Read one part in pieces. Pieces overlap, so that nothing hides on a border; the counts are therefore upper
    bounds."""
    scan = PartScan()
    kept = b""
    with archive.open(info) as part:
        while chunk := part.read(CHUNK):
            if not kept:
                _check_encoding(chunk)
            _count(scan, kept + chunk)
            kept = chunk[-OVERLAP:]
            _check_counts(scan)
    return scan


def _check_encoding(start: bytes) -> None:
    # Other encodings would let tags pass unseen, and Excel and WPS write UTF-8 only.
    declared = _ENCODING.match(start.removeprefix(b"\xef\xbb\xbf"))
    if b"\x00" in start[:8] or (declared and declared[1].lower() not in (b"utf-8", b"us-ascii", b"ascii")):
        raise SpreadsheetError(f"文件的文字编码不常见，{SAVE_AS}")
    if b"http://purl.oclc.org/ooxml/" in start[:4096]:
        raise SpreadsheetError(f"这是“严格 Open XML”格式，{SAVE_AS}（不要选“严格”）")


def _count(scan: PartScan, text: bytes) -> None:
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise SpreadsheetError(f"文件含有不允许的声明（DTD），无法安全打开，{SAVE_AS}")
    scan.has_formula = scan.has_formula or any(mark in text for mark in _FORMULA)
    scan.has_hidden = scan.has_hidden or b' hidden="1"' in text or b' hidden="true"' in text
    if b"mergeCell " in text:
        scan.merges.update((found.decode("ascii"), None) for found in _MERGE.findall(text))
    scan.cells += text.count(b"<c ") + text.count(b"<c>") + text.count(b"<c/>") + text.count(b":c ")
    scan.rows += text.count(b"<row") + text.count(b":row")
    scan.texts += text.count(b"<si>") + text.count(b"<si ") + text.count(b":si>")
    scan.tags += text.count(b"<")


def _check_counts(scan: PartScan) -> None:
    if scan.cells > MAX_CELLS or scan.rows > MAX_SHEET_ROWS + MAX_SHEET_ROWS // 20 or scan.tags > MAX_TAGS:
        raise SpreadsheetError(
            "工作表里的行和单元格太多（多半是带格式的空白行列），请选中数据以外的空白行列删除，保存后再上传"
        )
    if scan.texts > MAX_TEXTS or len(scan.merges) > MAX_MERGES:
        raise SpreadsheetError(TOO_BIG)
