"""赵　甲, as every roster spreads out a name of two characters, was stored with its blank and not found without."""

import pytest

from registry.models import Enterprise, Inspector
from tests.field_reports.registry_files import store, stored
from tests.registry import files

pytestmark = pytest.mark.usefixtures("registry_data")


def test_blanks_inside_names_are_removed() -> None:
    rows = [
        files.enterprise(1, 法定代表人="赵　甲", 名称="宽城 测试 网吧"),
        files.enterprise(2, 法定代表人="赵 甲", 联系人="李   四"),
    ]
    store(*rows, files.enterprise(3, 法定代表人="John  Smith", 名称="Blue Sky 网吧"))
    assert stored("legal_rep") == ["赵甲", "赵甲", "John Smith"]
    assert (stored("name")[0], stored("name")[2], stored("contact_name")[1]) == (
        "宽城测试网吧",
        "Blue Sky 网吧",
        "李四",
    )
    assert [one.name for one in Enterprise.objects.search("bluesky")] == []
    assert [one.name for one in Enterprise.objects.search("ＢＬＵＥ sky网吧")] == ["Blue Sky 网吧"]


def test_inspectors_too() -> None:
    store(files.inspector(1, 姓名="李　四"), files.inspector(2, 姓名="王 五"), kind="inspectors")
    assert [
        [one.name for one in Inspector.objects.search(words)]
        for words in ("李四", "李 四", "王　五", "wl0001", "wl0003")
    ] == [
        ["李四"],
        ["李四"],
        ["王五"],
        ["李四"],
        [],
    ]
    assert [one.name for one in Inspector.objects.search("演示 wl０００２")] == ["王五"]
