"""Only the plain spelling of an identity number was refused; with blanks, 15 digits or full-width it was imported."""

from __future__ import annotations

import pytest

from tests.field_reports.registry_files import problems
from tests.registry import files
from tests.registry.test_numbers import IDENTITY

pytestmark = pytest.mark.usefixtures("registry_data")
HAS = "含有身份证号，这里不需要也不得填写，请删除"
IS = "像是身份证号，这里不需要也不得填写，请删除"
FREE_TEXT = ["名称", "登记机关", "住所", "乡镇", "法定代表人", "联系人", "许可证名称"]


@pytest.mark.parametrize("number", IDENTITY)
def test_every_spelling_is_refused_with_its_cell(number: str) -> None:
    row = files.enterprise(1, 法定代表人=f"赵试甲{number}", 联系人=f"冯试乙（{number}）", 住所=f"测试路1号（{number}）")
    assert problems(row) == [f"第2行 {column}: {HAS}" for column in ("住所", "法定代表人", "联系人")]


@pytest.mark.parametrize("column", FREE_TEXT)
def test_every_free_column(column: str) -> None:
    row = files.enterprise(1, **{column: "赵甲 999999 19900101 0015"})
    assert problems(row) == [f"第2行 {column}: {HAS}"]


def test_the_other_columns_and_the_other_file() -> None:
    assert problems(files.enterprise(1, 联系电话="999999-19900101-0015")) == [f"第2行 联系电话: {IS}"]
    assert problems(files.enterprise(1, 许可证编号="999999199001010016")) == [f"第2行 许可证编号: {HAS}"]
    people = [files.inspector(1, 姓名="赵甲999999199001010015"), files.inspector(2, 职务="科员 999999900101001")]
    people.append(files.inspector(3, 执法证号="999999199001010016"))
    assert problems(*people, kind="inspectors") == [
        f"第2行 姓名: {HAS}",
        f"第3行 职务: {HAS}",
        f"第4行 执法证号: {HAS}",
    ]


@pytest.mark.parametrize(
    "number",
    [
        "130827202406031001",
        "202406031990010112",
        "130827228282",
        "130827600101000",
        "JY11308270012345",
        "999999199001010015",
        "冀卫公证字〔2023〕第130827-000123号",
    ],
)
def test_numbers_of_licences_are_taken(number: str) -> None:
    assert problems(files.enterprise(1, 许可证编号=number)) == []


@pytest.mark.parametrize(
    "place",
    ["测试路318号 2024-06-03", "订单202406031990010112", "任务130827202406031001", "东经117.4856度北纬40.6082度"],
)
def test_numbers_in_text_are_taken(place: str) -> None:
    assert problems(files.enterprise(1, 住所=place)) == []
