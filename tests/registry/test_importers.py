"""From rows of a file to the registry: what is accepted, what is refused in which words, what changes."""

import datetime as dt
import io
import json
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.exceptions import IllegalCharacterError

from registry import audit, clock
from registry.enums import RegStatus, Role
from registry.errors import DomainError
from registry.importers import error_copy, preview_of, read_registry_file, template
from registry.importers.preview import split_advice
from registry.models import (
    AuditEvent,
    Department,
    Enterprise,
    ImportBatch,
    Inspector,
    Licence,
    PastInspection,
    RiskRating,
    RiskScheme,
    Specialty,
)
from registry.services import (
    compare_rows,
    discard_upload,
    earlier_import,
    import_rows,
    reference,
    sort_key,
    store_upload,
)
from registry.spreadsheets import SpreadsheetError, read_rows
from tests.factories import SHANGHAI, make_department, make_user, uscc
from tests.registry import files

pytestmark = pytest.mark.django_db
TODAY = dt.datetime(2024, 6, 3, 9, 0, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def _reference() -> None:
    clock.pin(TODAY, running=False)
    for load in (reference._departments, reference._industries, reference._schemes):
        load()  # the items and calendars of load_reference_data are not needed here


def read(*rows: dict[str, Any], kind: str = "enterprises", scheme: str = "S1", **options: Any) -> Any:
    content = io.BytesIO(files.book(*rows, **options))
    return read_registry_file(content, kind=kind, scheme=RiskScheme.objects.get(code=scheme))


def problems(*rows: dict[str, Any], **options: Any) -> list[str]:
    return [str(problem) for problem in read(*rows, **options).problems]


def run(*rows: dict[str, Any], kind: str = "enterprises", scheme: str = "S1", skip: bool = False) -> ImportBatch:
    reading = read(*rows, kind=kind, scheme=scheme)
    assert skip or reading.problems == []
    batch = store_upload(
        actor=None,
        kind=kind,
        filename="名录.xlsx",
        content=files.book(*rows),
        scheme=RiskScheme.objects.get(code=scheme),
    )
    return import_rows(actor=None, batch=batch, rows=reading.rows, wrong=reading.wrong)


def counts(batch: ImportBatch) -> tuple[int, int, int, int]:
    return tuple(batch.counts[name] for name in ("new", "changed", "unchanged", "skipped"))  # type: ignore[return-value]


# ------------------------------------------------------------------------------------------------------- enterprises


def test_a_good_row_is_stored_field_by_field() -> None:
    row = files.enterprise(
        1,
        行业="网吧、影院",
        许可证名称="网络文化经营许可证、电影放映经营许可证",
        许可证编号="字1号、字2号",
        许可有效期至="长期、2027-03-04",
        联系电话="+86 139-0000-0001",
    )
    assert counts(run(row)) == (1, 0, 0, 0)
    one = Enterprise.objects.get()
    assert (one.uscc, one.name, one.entity_type, one.status) == (uscc(900_001), "演示1号网吧", "COMPANY", "ACTIVE")
    assert (one.registered_on, one.authority) == (dt.date(2020, 1, 2), "演示县市场监督管理局")
    assert (one.address, one.township) == ("演示镇示例街1号", "演示镇")
    assert (one.legal_rep, one.contact_name, one.contact_phone) == ("张某", "李某", "13900000001")
    assert one.updated_at == TODAY
    assert sorted(one.industries.values_list("code", flat=True)) == ["CINEMA", "INTERNET_CAFE"]
    assert list(one.licences.values_list("name", "number", "valid_until")) == [
        ("网络文化经营许可证", "字1号", None),
        ("电影放映经营许可证", "字2号", dt.date(2027, 3, 4)),
    ]
    rating = one.ratings.get()
    assert (rating.level.code, rating.as_of, rating.is_current) == ("B", dt.date(2024, 5, 1), True)
    assert (rating.scheme.code, rating.source) == ("S1", "导入 名录.xlsx")


def test_names_are_ordered_about_as_pinyin_does() -> None:
    run(*(files.enterprise(n, 名称=name) for n, name in enumerate(["张三饭店", "阿强面馆", "李四网吧", "陈记茶庄"])))
    found = Enterprise.objects.order_by("name_sort").values_list("name", flat=True)
    assert list(found) == ["阿强面馆", "陈记茶庄", "李四网吧", "张三饭店"]
    assert all(one.name_sort == sort_key(one.name) for one in Enterprise.objects.all())


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("统一社会信用代码", "", "没有填写"),
        ("统一社会信用代码", "9199999900000001", "只有16位，应为18位"),
        ("统一社会信用代码", "130827000012345", "这是15位的旧注册号，请改填18位统一社会信用代码"),
        ("统一社会信用代码", 9.1330521e17, "单元格被 Excel 存成数字，已丢失末位，请设为文本后重新填写"),
        ("统一社会信用代码", "91999999O000000010", "第9位是字母O，代码里没有这个字母，多半是数字0"),
        ("名称", "", "没有填写"),
        ("名称", "长" * 201, "有201个字，最多200个字，请缩短"),
        ("名称", "=1+1", "含公式，请粘贴为值"),
        ("名称", "#REF!", "是错误值 #REF!，请改正后粘贴为值"),
        ("主体类型", "个体工商", "“个体工商”不在主体类型里，多半是“个体工商户”"),
        ("登记机关", "  ", "没有填写"),
        ("登记状态", "存在", "“存在”不在登记状态里，多半是“存续”"),
        ("成立日期", "2026-02-30", "没有2026年2月30日这一天，请写成 2024-06-01 这样的年月日"),
        ("成立日期", "2024-06-04", "2024-06-04在今天（2024-06-03）之后，请核对"),
        ("成立日期", "", "没有填写"),
        ("住所", "", "没有填写"),
        ("行业", "", "没有填写，不属于列出的行业请填“其他”"),
        ("行业", "网吧、、影院", "两个“、”之间是空的，请改正"),
        ("行业", "歌午娱乐场所", "“歌午娱乐场所”不在行业表里，多半是“歌舞娱乐场所”"),
        ("等级日期", "2024-06-04", "2024-06-04在今天（2024-06-03）之后，请核对"),
        ("等级日期", "", "填了等级就要填等级日期，请补上"),
        ("法定代表人", "张三130827199001011234", "含有身份证号，这里不需要也不得填写，请删除"),
        ("联系人", "130827199001011234", "像是身份证号，这里不需要也不得填写，请删除"),
        (
            "联系电话",
            "没有电话",
            "“没有电话”不是电话号码，请填11位手机号，或带区号的座机号如 0314-6862000",
        ),
        ("许可证编号", "", "没有填写，请按同样的顺序补全，用“、”隔开"),
        ("许可证编号", "甲、乙", None),
        ("许可有效期至", "", "没有填写，长期有效请填“长期”"),
        ("许可有效期至", "永久", None),
    ],
)
def test_a_wrong_cell_is_named_by_row_and_column(column: str, value: Any, message: str | None) -> None:
    found = problems(files.enterprise(1), files.enterprise(2, **{column: value}))
    if message is None:
        assert len(found) == 1
        assert found[0].startswith("第3行 许可")
    else:
        assert found == [f"第3行 {column}: {message}"]


def test_an_unknown_grade_names_the_grades_of_the_scheme() -> None:
    name = RiskScheme.objects.get(code="S1").name
    assert problems(files.enterprise(1, 信用风险等级="F")) == [
        f"第2行 信用风险等级: “F”不在A、B、C、D、E、未评级之内，请核对（分级办法：{name}）"
    ]


def test_grades_of_the_nine_step_scheme_are_read_as_printed() -> None:
    run(files.enterprise(1, 信用风险等级="B+"), files.enterprise(2, 信用风险等级="a－级"), scheme="S3")
    assert list(RiskRating.objects.order_by("enterprise__uscc").values_list("level__code", flat=True)) == [
        "B.plus",
        "A-",
    ]


@pytest.mark.parametrize(
    ("word", "status"),
    [("在营", "ACTIVE"), ("存续（在营、开业、在册）", "ACTIVE"), ("吊销，未注销", "REVOKED"), ("已迁出", "MOVED_OUT")],
)
def test_words_of_the_status(word: str, status: str) -> None:
    assert read(files.enterprise(1, 登记状态=word)).rows[0].values["status"] == status


@pytest.mark.parametrize(
    ("word", "codes"),
    [
        ("互联网上网服务营业场所", ("INTERNET_CAFE",)),
        ("娱乐场所", ("KTV_DANCE",)),
        (" 影院 、点播影院", ("CINEMA", "VOD_CINEMA")),
        ("网吧、互联网上网服务营业场所", ("INTERNET_CAFE",)),
        ("其他", ("OTHER",)),
    ],
)
def test_industries_by_name_or_usual_word(word: str, codes: tuple[str, ...]) -> None:
    assert read(files.enterprise(1, 行业=word)).rows[0].industries == codes


def test_all_problems_of_a_file_at_once_and_nothing_written() -> None:
    rows = [files.enterprise(n, 名称="", 成立日期="昨天") for n in range(300)]
    reading = read(*rows)
    assert (len(reading.problems), reading.wrong, reading.total, reading.rows) == (600, 300, 300, [])
    assert [problem.row for problem in reading.problems] == sorted([*range(2, 302), *range(2, 302)])
    assert Enterprise.objects.count() == 0


def test_duplicates_inside_the_file_are_numbered_whatever_their_dress() -> None:
    code = uscc(900_001)
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code)
    found = problems(
        files.enterprise(1),
        files.enterprise(2, 统一社会信用代码=code.lower()),
        files.enterprise(3, 统一社会信用代码=f" {code[:8]} {code[8:]} "),
        files.enterprise(4, 统一社会信用代码=wide),
    )
    assert found == [f"第{row}行 统一社会信用代码: 与第2行重复，请删去一行" for row in (3, 4, 5)]


def test_reordered_decorated_and_extra_columns_a_title_and_a_total_are_tolerated() -> None:
    row = files.enterprise(1) | {"备注": "不读"}
    names = sorted(row, reverse=True)
    decorated = {
        f" {name}（照营业执照） * " if name == "名称" else f"{name}\u200b": value for name, value in row.items()
    }
    headers = [next(key for key in decorated if name in key and len(key) <= len(name) + 12) for name in names]
    total = {headers[0]: "合  计"}
    reading = read(decorated, total, title="企业名录（样表）", headers=headers)
    assert reading.problems == []
    assert [one.number for one in reading.rows] == [3]
    assert reading.rows[0].values["name"] == "演示1号网吧"
    assert any("备注" in notice for notice in reading.notices)
    assert any("合计" in notice for notice in reading.notices)


def test_a_missing_column_is_named() -> None:
    row = files.enterprise(1)
    del row["住所"], row["行业"]
    with pytest.raises(SpreadsheetError) as caught:
        read(row)
    assert str(caught.value) == "缺少这些列：住所、行业。请下载模板，照模板的表头填写后再上传"


def test_licence_columns_come_together() -> None:
    row = files.enterprise(1)
    del row["许可证编号"]
    with pytest.raises(SpreadsheetError) as caught:
        read(row)
    assert str(caught.value) == "许可证的三列要一起有，缺少：许可证编号。请下载模板，照模板的表头补上"


def test_absent_optional_columns_leave_the_registry_as_it_is() -> None:
    run(files.enterprise(1))
    row = files.enterprise(1)
    for name in ("乡镇", "联系人", "联系电话", "法定代表人", "许可证名称", "许可证编号", "许可有效期至"):
        del row[name]
    assert counts(run(row)) == (0, 0, 1, 0)
    one = Enterprise.objects.get()
    assert (one.township, one.contact_name, one.licences.count()) == ("演示镇", "李某", 1)


# ---------------------------------------------------------------------------------------------- against the registry


def test_the_same_file_twice_changes_nothing() -> None:
    rows = [
        files.enterprise(n, 信用风险等级="" if n % 2 else "C", 等级日期="" if n % 2 else "2024-05-01") for n in range(9)
    ]
    first = run(*rows)
    assert counts(first) == (9, 0, 0, 0)
    clock.pin(TODAY + dt.timedelta(days=3), running=False)
    assert earlier_import(kind="enterprises", digest=first.sha256) == first
    assert counts(run(*rows)) == (0, 0, 9, 0)
    assert set(Enterprise.objects.values_list("updated_at", flat=True)) == {TODAY}
    assert RiskRating.objects.count() == 5


def test_changes_are_told_field_by_field_and_written() -> None:
    run(files.enterprise(1), files.enterprise(2))
    kept = Enterprise.objects.get(uscc=uscc(900_002))
    day = clock.today()
    PastInspection.objects.create(enterprise=kept, department=make_department(), day=day, source="测试")
    changed = files.enterprise(2, 住所="新址1号", 登记状态="注销", 行业="影院", 许可有效期至="2030-01-01", 联系电话="")
    reading = read(files.enterprise(1), changed)
    comparison = compare_rows(kind="enterprises", rows=reading.rows, scheme=RiskScheme.objects.get(code="S1"))
    assert comparison.counts() == {"new": 0, "changed": 1, "unchanged": 1}
    assert comparison.changes[0].fields == {
        "登记状态": ("存续", "注销"),
        "住所": ("演示镇示例街1号", "新址1号"),
        "联系电话": ("13900000001", ""),
        "行业": ("互联网上网服务营业场所", "电影放映"),
        "许可证": (
            "网络文化经营许可证 演示字0001号（长期）",
            "网络文化经营许可证 演示字0001号（2030-01-01）",
        ),
    }
    assert counts(run(files.enterprise(1), changed)) == (0, 1, 1, 0)
    one = Enterprise.objects.get(pk=kept.pk)
    assert (one.address, one.status, one.status_changed_on) == ("新址1号", RegStatus.DEREGISTERED, day)
    assert (one.contact_phone, one.name) == ("", "演示2号网吧")
    assert list(one.industries.values_list("code", flat=True)) == ["CINEMA"]
    assert list(one.licences.values_list("valid_until", flat=True)) == [dt.date(2030, 1, 1)]
    assert one.past_inspections.count() == 1


def grades() -> list[tuple[str, str | None, bool]]:
    rows = RiskRating.objects.order_by("as_of").values_list("as_of", "level__code", "is_current")
    return [(str(day), level, current) for day, level, current in rows]


def test_the_newest_grade_becomes_current_and_history_is_kept() -> None:
    run(files.enterprise(1, 信用风险等级="B", 等级日期="2024-03-01"))
    assert counts(run(files.enterprise(1, 信用风险等级="D", 等级日期="2024-05-01"))) == (0, 1, 0, 0)
    assert grades() == [("2024-03-01", "B", False), ("2024-05-01", "D", True)]
    older = run(files.enterprise(1, 信用风险等级="A", 等级日期="2024-01-01"))
    assert older.counts["summary"][0]["label"] == "以往等级"
    assert grades() == [("2024-01-01", "A", False), ("2024-03-01", "B", False), ("2024-05-01", "D", True)]
    run(files.enterprise(1, 信用风险等级="C", 等级日期="2024-05-01"))
    assert grades() == [("2024-01-01", "A", False), ("2024-03-01", "B", False), ("2024-05-01", "C", True)]
    assert counts(run(files.enterprise(1, 信用风险等级="A", 等级日期="2024-01-01"))) == (0, 0, 1, 0)


def test_an_empty_grade_is_ungraded_from_today() -> None:
    run(files.enterprise(1, 信用风险等级="", 等级日期=""))
    assert grades() == []
    run(files.enterprise(1))
    batch = run(files.enterprise(1, 信用风险等级="", 等级日期=""))
    assert batch.counts["summary"][0]["examples"] == [{"name": "演示1号网吧", "old": "B", "new": "未评级"}]
    assert grades() == [("2024-05-01", "B", False), ("2024-06-03", None, True)]
    assert counts(run(files.enterprise(1, 信用风险等级="", 等级日期=""))) == (0, 0, 1, 0)
    assert counts(run(files.enterprise(1, 信用风险等级="未评级", 等级日期="2024-06-03"))) == (0, 0, 1, 0)


def test_schemes_do_not_touch_one_another() -> None:
    run(files.enterprise(1))
    assert counts(run(files.enterprise(1, 信用风险等级="C"), scheme="S2")) == (0, 1, 0, 0)
    assert sorted(RiskRating.objects.filter(is_current=True).values_list("scheme__code", "level__code")) == [
        ("S1", "B"),
        ("S2", "C"),
    ]


def test_skipping_wrong_rows_imports_all_good_ones() -> None:
    batch = run(files.enterprise(1), files.enterprise(2, 名称=""), files.enterprise(3), skip=True)
    assert counts(batch) == (2, 0, 0, 1)
    assert batch.counts["rows"] == 3
    assert Enterprise.objects.count() == 2


def test_a_failure_in_the_middle_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from registry.services import enterprise_import

    def fail(*args: Any) -> None:
        raise RuntimeError("injected")

    monkeypatch.setattr(enterprise_import, "_write_ratings", fail)
    before = AuditEvent.objects.count()
    batch = store_upload(
        actor=None, kind="enterprises", filename="a.xlsx", content=b"x", scheme=RiskScheme.objects.get(code="S1")
    )
    with pytest.raises(RuntimeError):
        import_rows(actor=None, batch=batch, rows=read(files.enterprise(1)).rows)
    batch.refresh_from_db()
    assert (Enterprise.objects.count(), Licence.objects.count(), batch.state) == (0, 0, "PREVIEW")
    assert AuditEvent.objects.count() == before


def test_one_event_tells_what_an_import_did() -> None:
    run(files.enterprise(1), files.enterprise(2))
    run(files.enterprise(1, 住所="新址", 联系电话="13911111111"), files.enterprise(2))
    first, second = AuditEvent.objects.filter(action="导入企业名录").order_by("seq")
    assert (first.after["new"], first.after["codes"]) == (2, "")
    assert second.after["fields"] == {"住所": 1, "联系电话": 1}
    assert second.after["codes"] == uscc(900_001)
    assert second.after["changes"] == {
        uscc(900_001): {"住所": ["演示镇示例街1号", "新址"], "联系电话": ["（个人信息）"]}
    }
    assert "13911111111" not in json.dumps(second.after)
    assert len(second.after["sha256"]) == 64
    assert audit.verify_stream("registry") is None


def test_who_may_import() -> None:
    content = files.book(files.enterprise(1))
    for role in (Role.DEPT_ADMIN, Role.AUDITOR, Role.INSPECTOR):
        with pytest.raises(DomainError):
            store_upload(actor=make_user(role), kind="enterprises", filename="a.xlsx", content=content)
    lead = make_user(Role.LEAD)
    batch = store_upload(actor=lead, kind="inspectors", filename="a.xlsx", content=content)
    with pytest.raises(DomainError, match="没有可以导入的行"):
        import_rows(actor=lead, batch=batch, rows=[])
    discard_upload(actor=lead, batch=batch)
    rows = read(files.inspector(1), kind="inspectors").rows
    with pytest.raises(DomainError, match="已放弃"):
        import_rows(actor=lead, batch=batch, rows=rows)
    other = store_upload(actor=lead, kind="inspectors", filename="b.xlsx", content=content)
    import_rows(actor=lead, batch=other, rows=rows)
    with pytest.raises(DomainError, match="已导入"):
        import_rows(actor=lead, batch=other, rows=rows)
    with pytest.raises(DomainError, match="不能再放弃"):
        discard_upload(actor=lead, batch=other)


# -------------------------------------------------------------------------------------------------------- inspectors


def test_inspectors_are_stored_and_updated() -> None:
    fire = Specialty.objects.create(code="FIRE", name="消防")
    batch = run(
        files.inspector(1, 专业="消防"),
        files.inspector(2, 部门="宽城满族自治县公安局", 状态="休假", 执法证号=" 演示 ga0002 "),
        kind="inspectors",
    )
    assert counts(batch) == (2, 0, 0, 0)
    one, two = Inspector.objects.order_by("name")
    assert (one.badge, one.department.code, one.status, list(one.specialties.all())) == (
        "演示WL0001",
        "WL",
        "ACTIVE",
        [fire],
    )
    assert (two.badge, two.department.code, two.status) == ("演示GA0002", "GA", "UNAVAILABLE")
    Inspector.objects.filter(pk=two.pk).update(unavailable_from=dt.date(2024, 5, 1))
    again = run(
        files.inspector(1, 专业="", 部门="公安局"),
        files.inspector(2, 部门="公安局", 状态="在岗", 执法证号="演示GA0002"),
        kind="inspectors",
    )
    assert counts(again) == (0, 2, 0, 0)
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.department.code, one.specialties.count()) == ("GA", 0)
    assert (two.status, two.unavailable_from) == ("ACTIVE", None)
    assert {entry["label"] for entry in again.counts["summary"]} == {"部门", "专业", "状态"}


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("姓名", "", "没有填写"),
        ("部门", "旅文广局", "“旅文广局”不在部门表里，多半是“旅文广电局”"),
        ("执法证号", "", "没有填写"),
        ("执法证有效期至", "长期", "“长期”不是日期，请写成 2024-06-01 这样的年月日"),
        ("专业", "消防", "“消防”不在专业表里，专业表还是空的，请系统管理员先添加，或留空"),
        ("手机", "130827199001011234", "像是身份证号，这里不需要也不得填写，请删除"),
        ("状态", "", "没有填写"),
    ],
)
def test_wrong_cells_of_inspectors(column: str, value: str, message: str) -> None:
    assert problems(files.inspector(1, **{column: value}), kind="inspectors") == [f"第2行 {column}: {message}"]


def test_an_inactive_department_takes_no_inspectors() -> None:
    Department.objects.filter(code="XF").update(active=False)
    assert len(problems(files.inspector(1, 部门="消防救援大队"), kind="inspectors")) == 1


# ------------------------------------------------------------------------------------------------- preview and copies


def test_templates_are_read_back_without_a_column_missing() -> None:
    from registry.importers import ENTERPRISE_HEADERS, INSPECTOR_HEADERS

    for kind, headers in (("enterprises", ENTERPRISE_HEADERS), ("inspectors", INSPECTOR_HEADERS)):
        sheet = read_rows(io.BytesIO(template(kind)), headers)
        assert (sheet.columns, sheet.rows) == ([header.name for header in headers], [])


def test_the_headers_are_those_of_the_interface() -> None:
    from registry.importers import ENTERPRISE_HEADERS, INSPECTOR_HEADERS

    assert [header.name for header in ENTERPRISE_HEADERS] == list(files.ENTERPRISE)
    assert [header.name for header in INSPECTOR_HEADERS] == list(files.INSPECTOR)


@pytest.mark.parametrize(
    ("column", "message", "parts"),
    [
        ("名称", "没有填写", ("没有填写", "补上名称")),
        ("统一社会信用代码", "只有17位，应为18位", ("只有17位，应为18位", "照营业执照改代码")),
        ("行业", "“歌午”不在行业表里，多半是“歌舞”", ("“歌午”不在行业表里", "多半是“歌舞”")),
        ("成立日期", "在未来", ("在未来", "改日期")),
    ],
)
def test_what_is_wrong_and_what_to_do(column: str, message: str, parts: tuple[str, str]) -> None:
    assert split_advice(column, message) == parts


def test_the_preview_shows_twenty_and_counts_all() -> None:
    rows = [files.enterprise(n, 名称="") for n in range(30)]
    reading = read(*rows, files.enterprise(99))
    scheme = RiskScheme.objects.get(code="S1")
    shown = preview_of(reading, compare_rows(kind="enterprises", rows=reading.rows, scheme=scheme))
    assert (shown["total"], shown["new"], shown["wrong"], shown["problem_count"]) == (31, 1, 30, 30)
    assert len(shown["problems"]) == 20
    assert shown["problems"][0] == {
        "row": 2,
        "name": "",
        "code": uscc(900_000),
        "column": "名称",
        "what": "没有填写",
        "how": "补上名称",
    }


def test_the_copy_carries_every_error_in_red_and_no_formula() -> None:
    rows = [files.enterprise(1), files.enterprise(2, 名称="", 住所="=1+1"), files.enterprise(3, 联系人="=HYPERLINK(1)")]
    content = io.BytesIO(files.book(*rows, title="企业名录"))
    scheme = RiskScheme.objects.get(code="S1")
    reading = read_registry_file(content, kind="enterprises", scheme=scheme)
    copied = openpyxl.load_workbook(io.BytesIO(error_copy(content, reading))).active
    assert copied.cell(2, 18).value == "错误说明"
    assert [copied.cell(row, 18).value for row in (3, 4, 5)] == [
        None,
        "名称：没有填写；住所：含公式，请粘贴为值",
        "联系人：含公式，请粘贴为值",
    ]
    assert copied.cell(4, 18).font.color.rgb == "FFB42318"
    assert copied.cell(4, 1).value == uscc(900_002)
    assert {cell.data_type for row in copied.iter_rows() for cell in row} <= {"s", "n"}
    again = io.BytesIO(error_copy(content, reading))
    assert len(read_registry_file(again, kind="enterprises", scheme=scheme).problems) >= 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_cell_text_whatever_breaks_the_import(data: st.DataObject) -> None:
    values = st.one_of(
        st.text(max_size=40),
        st.integers(-(10**18), 10**18),
        st.floats(allow_nan=False, allow_infinity=False),
        st.booleans(),
        st.datetimes(dt.datetime(1900, 3, 1), dt.datetime(2199, 1, 1)),
        st.none(),
    )
    kind, good = data.draw(
        st.sampled_from([("enterprises", files.enterprise(1)), ("inspectors", files.inspector(1))]), label="kind"
    )
    column = data.draw(st.sampled_from(sorted(good)), label="column")
    row = good | {column: data.draw(values, label="value")}
    try:
        content = files.book(row)
    except IllegalCharacterError:
        return
    scheme = RiskScheme.objects.get(code="S1")
    reading = read_registry_file(io.BytesIO(content), kind=kind, scheme=scheme)
    assert all(problem.row == 2 and problem.message for problem in reading.problems)
    assert error_copy(io.BytesIO(content), reading)
    if not reading.problems and reading.rows:
        batch = store_upload(actor=None, kind=kind, filename="a.xlsx", content=content, scheme=scheme)
        import_rows(actor=None, batch=batch, rows=reading.rows)
