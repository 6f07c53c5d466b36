"""One name under two codes was imported without a word, and had two chances in the draw."""

from typing import Any

import pytest

from registry.models import Enterprise
from tests.factories import uscc
from tests.field_reports.registry_files import preview, store
from tests.registry import files

pytestmark = pytest.mark.usefixtures("registry_data")


def words(name: str, *numbers: int) -> str:
    codes = "、".join(sorted(uscc(900_000 + number) for number in numbers))
    return (
        f"名称相同、代码不同：“{name}”（{codes}）。多半是同一家企业的新旧代码，"
        "请核对后把不再使用的一个改为注销，否则抽取时它有两次机会"
    )


def named(number: int, name: str, **cells: Any) -> dict[str, Any]:
    return files.enterprise(number, 名称=name, **cells)


def test_within_the_file_however_it_is_written() -> None:
    rows = [
        named(1, "宽城（集团）有限公司"),
        named(2, "宽城(集团)有限公司"),
        named(3, "测试网吧"),
        named(4, "测试 网吧"),
        named(5, "别家"),
    ]
    assert preview(*rows)["notices"] == [words("宽城（集团）有限公司", 1, 2), words("测试网吧", 3, 4)]


def test_against_the_registry() -> None:
    store(named(1, "测试网吧"), named(2, "老名字"))
    assert preview(named(3, "测试网吧"))["notices"] == [words("测试网吧", 1, 3)]
    assert preview(named(2, "测试网吧"))["notices"] == [words("测试网吧", 1, 2)]
    assert preview(named(1, "新名字"), named(3, "测试网吧"))["notices"] == []  # it is called otherwise from now on


def test_what_is_known_or_gone_gives_no_notice() -> None:
    store(named(1, "测试网吧"), named(2, "测试网吧", 登记状态="注销"))
    assert preview(named(1, "测试网吧", 乡镇="另一镇"))["notices"] == []
    assert preview(named(3, "测试网吧", 登记状态="注销"))["notices"] == []
    Enterprise.objects.filter(uscc=uscc(900_001)).update(status="DEREGISTERED")
    assert preview(named(3, "测试网吧"))["notices"] == []


def test_many_are_counted() -> None:
    rows = [named(2 * n + half, f"{n}号店") for n in range(12) for half in (1, 2)]
    notices = preview(*rows)["notices"]
    assert (len(notices), notices[-1]) == (11, "另有2个名称相同、代码不同")
