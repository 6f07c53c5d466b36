"""Names pasted out of PDF files hold radicals for 网 行 车 马, and were stored so."""

import pytest

from registry.models import Enterprise
from tests.field_reports.registry_files import store, stored
from tests.registry import files

pytestmark = pytest.mark.usefixtures("registry_data")


def test_radicals_are_stored_as_the_ideographs_and_found() -> None:
    store(
        files.enterprise(1, 名称="宽城测试⽹吧", 法定代表人="⻢试甲"),
        files.enterprise(2, 名称="测试⾏⻋电影", 住所="⻘⻰街1号"),
    )
    assert stored("name") == ["宽城测试网吧", "测试行车电影"]
    assert (stored("legal_rep"), stored("address")) == (["马试甲", "张某"], ["演示镇示例街1号", "青龙街1号"])
    for words in ("网吧", "⽹吧"):
        assert [one.name for one in Enterprise.objects.search(words)] == ["宽城测试网吧"]
