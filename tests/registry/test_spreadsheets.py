"""Reading uploaded tables: what is tolerated, what is refused, and in which words."""

import io
import time
import zipfile
from datetime import date, datetime
from datetime import time as clock_time

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904, MAC_EPOCH
from openpyxl.worksheet.formula import ArrayFormula

from registry import xlsx_guard
from registry.cells import CellError, clean_text, parse_date
from registry.spreadsheets import Header, Kind, Problem, SpreadsheetError, read_rows, template_workbook
from tests.registry.xlsx_parts import cell, packed, parts, row

CODE = "91110000600037341L"
HEADERS = [
    Header("统一社会信用代码", Kind.CODE),
    Header("名称"),
    Header("成立日期", Kind.DATE),
    Header("联系电话", Kind.PHONE, required=False),
    Header("许可有效期至", Kind.DATES, required=False, words=("长期",)),
]
NAMES = [header.name for header in HEADERS]
SAVE_AS = "请用 Excel 或 WPS 打开后另存为“Excel 工作簿（*.xlsx）”再上传"
LOST = "单元格被 Excel 存成数字，已丢失末位，请设为文本后重新填写"


def book(*rows, change=None):
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "企业"
    for values in rows:
        sheet.append(values)
    if change:
        change(made, sheet)
    target = io.BytesIO()
    made.save(target)
    target.seek(0)
    return target


def good_row(name="甲网吧"):
    return [CODE, name, "2020-01-02", "13800000000", "长期"]


def refused(file, headers=HEADERS, **options):
    with pytest.raises(SpreadsheetError) as caught:
        read_rows(file, headers, **options)
    return str(caught.value)


def only_row(*values):
    (found,) = read_rows(book(NAMES, values), HEADERS).rows
    return found


# ----------------------------------------------------------------------------------------------------- ordinary tables


def test_a_plain_table():
    sheet = read_rows(book(NAMES, good_row(), [], good_row("乙影院")), HEADERS)
    assert (sheet.name, sheet.columns, sheet.ignored) == ("企业", NAMES, [])
    assert [(r.number, r.cells["名称"], r.problems) for r in sheet.rows] == [(2, "甲网吧", []), (4, "乙影院", [])]
    assert sheet.rows[0].cells == {
        "统一社会信用代码": CODE,
        "名称": "甲网吧",
        "成立日期": date(2020, 1, 2),
        "联系电话": "13800000000",
        "许可有效期至": ("长期",),
    }


def test_a_path_is_read_too(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(book(NAMES, good_row()).getvalue())
    assert [r.number for r in read_rows(path, HEADERS).rows] == [2]


def test_title_rows_decorated_reordered_and_extra_headers():
    file = book(
        ["宽城县经营主体名录"],
        [],
        ["序号", "\ufeff成 立\u200b日期", "＊名称（全称）", "统一社会信用代码【18位】：", "备注"],
        [1, "2020年1月2日", "甲网吧", CODE, "x"],
        change=lambda _, sheet: sheet.merge_cells("A1:E2"),
    )
    sheet = read_rows(file, HEADERS)
    assert sheet.columns == ["成立日期", "名称", "统一社会信用代码"]
    assert sheet.ignored == ["不认识的列未读取：序号、备注"]
    assert sheet.rows[0].number == 4
    assert sheet.rows[0].cells == {"成立日期": date(2020, 1, 2), "名称": "甲网吧", "统一社会信用代码": CODE}


def test_a_header_s_own_brackets_and_aliases():
    headers = [Header("住所（经营场所）", aliases=("地址",)), Header("名称")]
    for title in ("住所(经营场所)", "住所", "地址", "地 址（登记）"):
        assert read_rows(book([title, "名称"], ["a", "b"]), headers).rows[0].cells == {
            "住所（经营场所）": "a",
            "名称": "b",
        }


def test_missing_and_duplicate_headers_are_named():
    assert (
        refused(book(["名称", "联系电话"], ["a", "b"]))
        == "缺少这些列：统一社会信用代码、成立日期。请下载模板，照模板的表头填写后再上传"
    )
    assert refused(book([*NAMES, "名 称（简称）"], good_row())) == "表头“名称”出现了两次（B列和F列），请只留一列"
    assert refused(book(["甲", "乙"], [1, 2])) == "没有找到表头，请下载模板，照模板的表头填写后再上传"
    assert refused(book()) == "没有找到表头，请下载模板，照模板的表头填写后再上传"


def test_totals_are_skipped_with_a_notice():
    sheet = read_rows(book(NAMES, good_row(), ["合 计", "2户"], good_row("乙"), [None, "总计："]), HEADERS)
    assert [r.number for r in sheet.rows] == [2, 4]
    assert sheet.ignored == ["第3行是“合计”行，已跳过", "第5行是“总计”行，已跳过"]


def test_a_name_that_begins_like_a_total_is_kept():
    assert [r.cells["名称"] for r in read_rows(book(NAMES, [None, "合计网吧"]), HEADERS).rows] == ["合计网吧"]


def test_only_the_first_visible_sheet_is_read():
    def change(made, sheet):
        hidden = made.create_sheet("旧名单", 0)
        hidden.append(["别的"])
        hidden.sheet_state = "hidden"
        made.create_sheet("附表").append(["x"])
        sheet.row_dimensions[2].hidden = True
        made.active = 1

    sheet = read_rows(book(NAMES, good_row(), change=change), HEADERS)
    assert (sheet.name, [r.number for r in sheet.rows]) == ("企业", [2])
    assert sheet.ignored == [
        "只读取第一张工作表“企业”，未读取：附表",
        "隐藏的工作表未读取：旧名单",
        "表中有隐藏的行或列，也一并读取了",
    ]


def test_merged_cells_in_the_data_are_refused_with_the_range():
    file = book(NAMES, good_row(), good_row(), change=lambda _, sheet: sheet.merge_cells("B2:B3"))
    assert refused(file) == "单元格 B2:B3 是合并的，请取消合并并在每一格填上内容后再上传"
    file = book(NAMES, good_row(), change=lambda _, sheet: sheet.merge_cells("D1:E1"))
    assert "E1" in refused(file, HEADERS[:3])


def test_a_thousand_empty_rows_end_the_sheet():
    rows = [NAMES, good_row("甲"), *[[" ", None]] * 999, good_row("乙"), *[[None]] * 1000, good_row("丙")]
    assert [(r.number, r.cells["名称"]) for r in read_rows(book(*rows), HEADERS).rows] == [(2, "甲"), (1002, "乙")]


def test_the_limit_counts_rows_with_content():
    rows = [NAMES, good_row(), [], good_row(), good_row()]
    assert len(read_rows(book(*rows), HEADERS, max_rows=3).rows) == 3
    assert refused(book(*rows), max_rows=2) == "最多 2 行，请分成几个文件上传"


def test_all_problems_of_all_rows_are_found():
    rows = [[f"=A{i}", "a", "不知道"] for i in range(2, 502)]
    problems = [p for r in read_rows(book(NAMES, *rows), HEADERS).rows for p in r.problems]
    assert len(problems) == 1000
    assert problems[:2] == [
        Problem(2, "统一社会信用代码", "含公式，请粘贴为值"),
        Problem(2, "成立日期", "“不知道”不是日期，请写成 2024-06-01 这样的年月日"),
    ]
    assert str(problems[0]) == "第2行 统一社会信用代码: 含公式，请粘贴为值"
    assert str(Problem(3, "", "重复")) == "第3行: 重复"


# ----------------------------------------------------------------------------------------------------------- the cells


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("统一社会信用代码", 911100006000373411, LOST),
        ("统一社会信用代码", 9.1330521e17, LOST),
        ("统一社会信用代码", "9.1330521E17", LOST),
        ("统一社会信用代码", "9.11E+17", LOST),
        ("名称", 1234567890123456, LOST),
        ("名称", True, "是逻辑值 TRUE，请填写文字"),
        ("名称", datetime(2024, 6, 1), "被 Excel 存成日期 2024-06-01，请把该列设为文本后重新填写"),
        ("名称", clock_time(8, 30), "不是文字，请把该列设为文本后重新填写"),
        ("名称", "#REF!", "是错误值 #REF!，请改正后粘贴为值"),
        ("名称", "字" * 2001, "内容过长（2001 字），请缩短到 2000 字以内"),
        ("名称", "甲_x0007_乙", "第2个字是看不见的控制字符（U+0007），请删除后重新输入"),
        ("名称", "甲_xD800_乙", "第2个字是看不见的控制字符（U+D800），请删除后重新输入"),
        ("名称", "=1+1", "含公式，请粘贴为值"),
        ("名称", '=HYPERLINK("http://a","b")', "含公式，请粘贴为值"),
        ("名称", "=cmd|' /C calc'!A0", "含公式，请粘贴为值"),
        ("名称", ArrayFormula("B2", "=SUM(A1:A2)"), "含公式，请粘贴为值"),
        ("成立日期", "=TODAY()", "含公式，请粘贴为值"),
        ("联系电话", "110101199003074514", "像是身份证号，这里不需要也不得填写，请删除"),
        ("成立日期", False, "不是日期，请写成 2024-06-01 这样的年月日"),
        ("许可有效期至", "2026-01-01、、长期", "第2个日期为空，几个日期之间用一个“、”隔开"),
        ("许可有效期至", "永久", "“永久”不是日期，请写成 2024-06-01 这样的年月日"),
    ],
)
def test_unusable_cells(column, value, message):
    values = good_row()
    values[NAMES.index(column)] = value
    found = only_row(*values)
    assert found.problems == [Problem(2, column, message)]
    assert found.cells[column] is None


@pytest.mark.parametrize(
    ("column", "value", "clean"),
    [
        ("名称", "  甲\u3000网吧\u200b\n ", "甲 网吧"),
        ("名称", "甲_x000D_\n乙", "甲 乙"),
        ("名称", "\u202e甲\u202c网吧", "甲网吧"),
        ("名称", "\u3000 ", None),
        ("名称", "甲（宽城）网吧", "甲（宽城）网吧"),
        ("名称", "𠮷野家😊", "𠮷野家😊"),
        ("名称", "e\u0301", "é"),
        ("名称", "a_b", "a_b"),
        ("名称", 123, "123"),
        ("名称", 12.0, "12"),
        ("名称", 12.5, "12.5"),
        ("联系电话", 13800000000, "13800000000"),
        ("联系电话", "+86 138 0000 0000", "13800000000"),
        ("联系电话", "0086-0314-6862345", "0314-6862345"),
        ("联系电话", "\u202d13800000000\u202c", "13800000000"),
        ("许可有效期至", "2026-01-01、长期", (date(2026, 1, 1), "长期")),
        ("许可有效期至", datetime(2026, 1, 1), (date(2026, 1, 1),)),
        ("许可有效期至", "9999-09-09", ("长期",)),
        ("许可有效期至", "9999年12月31日、2026/1/1", ("长期", date(2026, 1, 1))),
        ("许可有效期至", " ", None),
        ("成立日期", datetime(2024, 6, 1, 13, 5), date(2024, 6, 1)),
        ("成立日期", 45444, date(2024, 6, 1)),
    ],
)
def test_usable_cells(column, value, clean):
    values = good_row()
    values[NAMES.index(column)] = value
    found = only_row(*values)
    assert (found.problems, found.cells[column]) == ([], clean)


def test_a_text_that_begins_with_an_equals_sign_is_no_formula():
    def change(_, sheet):
        sheet["B2"].data_type = "s"

    for others in ([], [[CODE, "=1+1", "2020-01-02"]]):
        file = book(NAMES, [CODE, "=甲=", "2020-01-02"], *others, change=change)
        first, *rest = read_rows(file, HEADERS).rows
        assert (first.cells["名称"], first.problems) == ("=甲=", [])
        assert [r.problems[0].message for r in rest] == ["含公式，请粘贴为值"] * len(others)


@pytest.mark.parametrize(
    "written",
    [
        "2024-6-1",
        "2024-06-01",
        "2024/6/1",
        "2024.6.1",
        "2024年6月1日",
        "2024年06月01号",
        "２０２４年６月１日",
        " 2024 年 6 月 1 日 ",
        "20240601",
        "2024-06-01 00:00:00",
        "2024-06-01T08:30",
        "2024/6/1 8:30",
        "45444",
        "45444.0",
        45444,
        45444.75,
        20240601,
        date(2024, 6, 1),
        datetime(2024, 6, 1, 23, 59),
    ],
)
def test_dates_in_every_usual_form(written):
    assert parse_date(written) == date(2024, 6, 1)


def test_dates_of_the_1904_system():
    assert parse_date(45444 - 1462, MAC_EPOCH) == date(2024, 6, 1)

    def change(made, sheet):
        made.epoch = CALENDAR_MAC_1904
        sheet["C2"] = 45444 - 1462

    assert read_rows(book(NAMES, good_row(), change=change), HEADERS).rows[0].cells["成立日期"] == date(2024, 6, 1)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("2026-02-30", "没有2026年2月30日这一天，请写成 2024-06-01 这样的年月日"),
        ("20260230", "没有2026年2月30日这一天，请写成 2024-06-01 这样的年月日"),
        ("2023-02-29", "没有2023年2月29日这一天，请写成 2024-06-01 这样的年月日"),
        ("0206-01-01", "年份0206不对，应在1900到2199之间，请核对"),
        ("206-01-01", "年份“206”不对，应为四位数，请写成 2024-06-01 这样的年月日"),
        (datetime(206, 1, 1), "年份0206不对，应在1900到2199之间，请核对"),
        ("9999-09-09", "年份9999不对，应在1900到2199之间，请核对"),
        ("2024年6月", "“2024年6月”没有写日，请写成 2024-06-01 这样的年月日"),
        ("06/01/2024", "“06/01/2024”分不清年月日，请写成 2024-06-01 这样的年月日"),
        ("24-6-1", "年份“24”不对，应为四位数，请写成 2024-06-01 这样的年月日"),
        ("06/01/24", "“06/01/24”分不清年月日，请写成 2024-06-01 这样的年月日"),
        (2024, "数字 2024 不是日期，请写成 2024-06-01 这样的年月日"),
        ("长期", "“长期”不是日期，请写成 2024-06-01 这样的年月日"),
        ("", "“”不是日期，请写成 2024-06-01 这样的年月日"),
        (1e18, "数字 1e+18 不是日期，请写成 2024-06-01 这样的年月日"),
        (-5, "数字 -5 不是日期，请写成 2024-06-01 这样的年月日"),
        (float("nan"), "数字 nan 不是日期，请写成 2024-06-01 这样的年月日"),
        (0.5, "数字 0.5 不是日期，请写成 2024-06-01 这样的年月日"),
        (True, "不是日期，请写成 2024-06-01 这样的年月日"),
        ("x" * 50, f"“{'x' * 20}…”不是日期，请写成 2024-06-01 这样的年月日"),
    ],
)
def test_bad_dates_are_refused_in_words(written, message):
    with pytest.raises(CellError) as caught:
        parse_date(written)
    assert str(caught.value) == message


@given(st.one_of(st.text(max_size=40), st.integers(), st.floats(), st.dates(), st.booleans()))
def test_any_value_gives_a_date_or_words(value):
    try:
        found = parse_date(value)
    except CellError:
        return
    assert 1900 <= found.year <= 2199


@given(st.text(max_size=60))
def test_clean_text_is_idempotent(value):
    try:
        clean = clean_text(value)
    except CellError:
        return
    assert clean_text(clean) == clean == clean.strip()


# ------------------------------------------------------------------------------------------------------ whole files


def ole2(stream_name):
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + stream_name.encode("utf-16-le") + bytes(600)


def with_part(name, text=""):
    return packed({**parts(row(1, *NAMES[:3])), name: text}).getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "文件是空的，请重新选择文件"),
        (ole2("Workbook"), f"这是旧版 .xls 文件，{SAVE_AS}"),
        (ole2("EncryptedPackage"), f"文件有密码，请先在 Excel 或 WPS 里取消密码，{SAVE_AS.removeprefix('请')}"),
        ("名称,代码\n甲,1\n".encode(), f"这是 CSV 或文本文件，不是 .xlsx，{SAVE_AS}"),
        ("名称,代码\n甲,1\n".encode("gb18030"), f"这是 CSV 或文本文件，不是 .xlsx，{SAVE_AS}"),
        ("名称,代码\n".encode("utf-16"), f"这是 CSV 或文本文件，不是 .xlsx，{SAVE_AS}"),
        (b"<html><table></table></html>", f"这是网页格式的表格（改名的 .xls），{SAVE_AS}"),
        (b'<?xml version="1.0"?><Workbook/>', f"这是 XML 格式的表格，{SAVE_AS}"),
        (b"%PDF-1.7 ...", "这是 PDF 文件，不是表格：请上传 .xlsx 表格"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", f"不是有效的 .xlsx 文件，{SAVE_AS}"),
        (b"PK\x03\x04 broken", f"文件已损坏或没有传完整，{SAVE_AS}"),
        (packed({"mimetype": "x", "content.xml": "<a/>"}).getvalue(), f"这是 ODS 表格，{SAVE_AS}"),
        (packed({"Index/Document.iwa": "x"}).getvalue(), f"这是苹果 Numbers 表格，{SAVE_AS}"),
        (packed({"word/document.xml": "<a/>"}).getvalue(), f"这是 Word 文档，不是表格，{SAVE_AS}"),
        (packed({"xl/workbook.bin": "x"}).getvalue(), f"这是 .xlsb 二进制工作簿，{SAVE_AS}"),
        (packed({"readme.txt": "x"}).getvalue(), f"不是有效的 .xlsx 文件，{SAVE_AS}"),
        (with_part("xl/vbaProject.bin"), f"文件含宏，{SAVE_AS}"),
        (with_part("../evil.xml"), f"文件结构异常，无法安全打开，{SAVE_AS}"),
    ],
)
def test_other_files_are_named(content, message):
    assert refused(io.BytesIO(content)) == message


def test_strict_open_xml_is_named():
    found = parts(row(1, *NAMES[:3]))
    found["xl/workbook.xml"] = found["xl/workbook.xml"].replace(
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"
    )
    assert refused(packed(found)) == f"这是“严格 Open XML”格式，{SAVE_AS}（不要选“严格”）"


def encrypted_zip():
    content = bytearray(packed(parts("")).getvalue())
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    return io.BytesIO(bytes(content))


def bomb(size, level=9):
    return packed({**parts(""), "xl/worksheets/sheet1.xml": b" " * size}, level=level)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (encrypted_zip(), "文件有密码，请先在 Excel 或 WPS 里取消密码，再上传"),
        (bomb(8 << 20), f"文件压缩异常，无法安全打开，{SAVE_AS}"),
        (packed({**parts(""), **{f"xl/a{i}.xml": "" for i in range(10_000)}}), xlsx_guard.TOO_BIG),
        (io.BytesIO(b"PK" + bytes((20 << 20) + 1)), "文件超过 20 MB，请分成几个文件上传"),
    ],
    ids=["password", "bomb", "members", "size"],
)
def test_bombs_are_refused_before_any_excel_library(file, message, monkeypatch):
    monkeypatch.setattr(openpyxl, "load_workbook", None)
    start = time.perf_counter()
    assert refused(file) == message
    assert time.perf_counter() - start < 10


def test_the_sum_of_sizes_is_limited():
    content = bytearray(packed(parts("")).getvalue())
    at = content.find(b"PK\x01\x02")
    content[at + 24 : at + 28] = (257 << 20).to_bytes(4, "little")
    assert refused(io.BytesIO(bytes(content))) == xlsx_guard.TOO_BIG


def test_a_directory_that_lies_about_sizes_fails_fast():
    content = bytearray(bomb(8 << 20).getvalue())
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = -1
        while (at := content.find(signature, at + 1)) >= 0:
            if int.from_bytes(content[at + offset : at + offset + 4], "little") == 8 << 20:
                content[at + offset : at + offset + 4] = (1000).to_bytes(4, "little")
    start = time.perf_counter()
    assert refused(io.BytesIO(bytes(content))) == xlsx_guard.DAMAGED
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize("name", ["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/workbook.xml"])
def test_entities_are_refused(name):
    laughs = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    found = parts(row(1, *NAMES[:3]))
    found[name] = found[name].replace("?>", "?>" + laughs, 1)
    assert refused(packed(found)) == f"文件含有不允许的声明（DTD），无法安全打开，{SAVE_AS}"


@pytest.mark.parametrize("encoding", ["utf-16", "cp037"])
def test_unusual_encodings_are_refused(encoding):
    found = parts(row(1, "a", "b"))
    text = found["xl/worksheets/sheet1.xml"]
    if encoding == "utf-16":
        found["xl/worksheets/sheet1.xml"] = text.replace("UTF-8", "UTF-16").encode("utf-16")
    else:
        found["xl/worksheets/sheet1.xml"] = text.replace("UTF-8", encoding)
    assert refused(packed(found)) == f"文件的文字编码不常见，{SAVE_AS}"


@pytest.mark.parametrize(
    ("limit", "value", "rows"),
    [("MAX_CELLS", 5, row(1, *"abcdef")), ("MAX_TAGS", 30, row(1, *"abcdef")), ("MAX_SHEET_ROWS", 2, "<row/>" * 3)],
)
def test_too_many_cells_rows_or_tags(monkeypatch, limit, value, rows):
    monkeypatch.setattr(xlsx_guard, limit, value)
    assert refused(packed(parts(rows))).startswith("工作表里的行和单元格太多")


def test_a_million_formatted_empty_rows_pass_quickly():
    rows = row(1, *NAMES[:3]) + row(2, CODE, "甲", "2020-01-02")
    rows += "".join(f'<row r="{i}" s="1" ht="15"/>' for i in range(3, 1_048_577))
    found = parts(rows)
    found["xl/worksheets/sheet1.xml"] = found["xl/worksheets/sheet1.xml"].replace(
        "<sheetData>", '<dimension ref="A1:C1048576"/><sheetData>'
    )
    start = time.process_time()
    assert [r.number for r in read_rows(packed(found, level=1), HEADERS).rows] == [2]
    assert time.process_time() - start < 15


def test_a_wrong_dimension_cuts_nothing_off():
    found = parts(row(1, *NAMES[:3]) + row(2, CODE, "甲", "2020-01-02"))
    found["xl/worksheets/sheet1.xml"] = found["xl/worksheets/sheet1.xml"].replace(
        "<sheetData>", '<dimension ref="A1"/><sheetData>'
    )
    assert read_rows(packed(found), HEADERS).rows[0].cells["名称"] == "甲"


def test_rows_that_the_file_leaves_out_keep_their_numbers():
    found = parts(row(3, *NAMES[:3]) + row(7, CODE, "甲", "2020-01-02"))
    assert [r.number for r in read_rows(packed(found), HEADERS).rows] == [7]


def test_prefixed_tags_are_understood():
    found = parts(row(1, *NAMES[:3]) + row(2, CODE, "甲", "2020-01-02"))
    text = found["xl/worksheets/sheet1.xml"].replace("<c ", "<x:c ").replace("</c>", "</x:c>")
    text = text.replace('main"', 'main" xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"', 1)
    text = text.replace("</x:c></row></sheetData>", '</x:c><x:c r="D2"><x:f>1+1</x:f></x:c></row></sheetData>')
    text = text.replace("</sheetData>", '</sheetData><x:mergeCells><x:mergeCell ref="A2:A3"/></x:mergeCells>')
    found["xl/worksheets/sheet1.xml"] = text
    scan = xlsx_guard.check_xlsx(packed(found))["xl/worksheets/sheet1.xml"]
    assert (scan.has_formula, list(scan.merges), scan.cells) == (True, ["A2:A3"], 7)


def test_nothing_hides_on_the_border_of_two_pieces(monkeypatch):
    extra = '<mergeCells><mergeCell ref="B2:B3"/></mergeCells>'
    found = packed(parts(row(1, *NAMES[:3]) + row(2, "a"), sheet_extra=extra))
    for size in range(60, 130):
        monkeypatch.setattr(xlsx_guard, "CHUNK", size)
        assert list(xlsx_guard.check_xlsx(found)["xl/worksheets/sheet1.xml"].merges) == ["B2:B3"]


def test_error_cells_and_cells_outside_the_date_range():
    rows = (
        row(1, *NAMES[:3])
        + f'<row r="2">{cell("A2", CODE)}<c r="B2" t="e"><v>#N/A</v></c><c r="C2"><v>9e9</v></c></row>'
    )
    (found,) = read_rows(packed(parts(rows)), HEADERS).rows
    assert [p.message for p in found.problems] == [
        "是错误值 #N/A，请改正后粘贴为值",
        "数字 9e+09 不是日期，请写成 2024-06-01 这样的年月日",
    ]


def test_a_hidden_only_workbook_is_refused():
    assert "没有可见的工作表" in refused(packed(parts(row(1, *NAMES[:3]), states=("hidden",))))


SAMPLE = book(NAMES, good_row(), [CODE, "=1+1", 45444]).getvalue()


@settings(max_examples=150, deadline=5000, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_mutated_file_is_read_or_refused_in_words(data):
    content = bytearray(SAMPLE)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    check_answer(bytes(content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content))


@settings(max_examples=150, deadline=5000, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_mutated_xml_inside_a_sound_archive_is_read_or_refused_in_words(data):
    with zipfile.ZipFile(io.BytesIO(SAMPLE)) as archive:
        found = {name: bytearray(archive.read(name)) for name in archive.namelist()}
    part = found[data.draw(st.sampled_from(sorted(found)))]
    for _ in range(data.draw(st.integers(1, 8))):
        part[data.draw(st.integers(0, len(part) - 1))] = data.draw(st.integers(0, 127))
    check_answer(packed({name: bytes(content) for name, content in found.items()}).getvalue())


def check_answer(content):
    try:
        sheet = read_rows(io.BytesIO(content), HEADERS)
    except SpreadsheetError as error:
        message = str(error)
    else:
        message = "".join(sheet.columns)
    assert any("\u4e00" <= character <= "\u9fff" for character in message)


# --------------------------------------------------------------------------------------------------------- templates


def test_a_filled_template_is_read_back():
    content = template_workbook(HEADERS, {"名称": "营业执照上的全称", "成立日期": "如 2024-06-01"})
    empty = read_rows(io.BytesIO(content), HEADERS)
    assert (empty.columns, empty.rows, empty.ignored) == (NAMES, [], [])
    made = openpyxl.load_workbook(io.BytesIO(content))
    sheet = made.worksheets[0]
    assert [sheet.column_dimensions[letter].number_format for letter in "ABCDE"] == ["@"] * 5
    assert {str(v.sqref): v.prompt for v in sheet.data_validations.dataValidation} == {
        "B3:B100002": "营业执照上的全称",
        "C3:C100002": "如 2024-06-01",
    }
    assert [[c.value for c in r] for r in made["填写说明"].iter_rows(max_row=3)] == [
        ["列名", "填写要求"],
        ["统一社会信用代码", None],
        ["名称", "营业执照上的全称"],
    ]
    sheet.append(good_row())
    filled = io.BytesIO()
    made.save(filled)
    (found,) = read_rows(filled, HEADERS).rows
    assert (found.number, found.cells["名称"], found.problems) == (3, "甲网吧", [])
