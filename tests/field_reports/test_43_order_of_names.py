"""Common characters of level 2 (鑫 馨 薇 昊 晟 淼) stood behind 众: names were sorted by their GB 18030 bytes."""

from __future__ import annotations

import itertools

import pytest

from registry.models import Enterprise
from registry.services.enterprise_import import sort_key
from tests.factories import make_enterprise
from tests.field_reports.registry_files import store
from tests.registry import files

NAMES = ["安达", "北方", "昊天", "淼淼", "晟世", "薇薇", "鑫源", "馨月", "中天", "众乐"]
MORE = [
    *(
        "（集团）",
        "123店",
        "ABC店",
        "长城",
        "朝阳",
        "重庆",
        "李明",
        "李乙",
        "路店",
        "吕店",
        "乱店",
        "略店",
        "女店",
        "暖店",
    ),
    *("厦门", "䶮龙", "银行", "赵店", "祯店"),
]


@pytest.mark.parametrize("names", [NAMES, MORE])
def test_by_pinyin(names: list[str]) -> None:
    assert sorted(sorted(names), key=sort_key) == names


def test_names_with_one_first_character_stand_together() -> None:
    names = ["李安", "里安", "李明", "里明", "李乙"]
    order = sorted(names, key=sort_key)
    assert [first for first, _ in itertools.groupby(order, key=lambda name: name[0])] == ["李", "里"]


@pytest.mark.django_db
@pytest.mark.parametrize("names", [NAMES, MORE])
def test_the_database_sorts_so_whichever_way_a_row_came(names: list[str], registry_data: None) -> None:
    for name in names[::2]:
        make_enterprise("", name=name)
    store(*(files.enterprise(number, 名称=name) for number, name in enumerate(names[1::2])))
    assert list(Enterprise.objects.order_by("name_sort").values_list("name", flat=True)) == names


@pytest.mark.django_db
def test_a_new_name_has_a_new_place_by_save_and_by_import(registry_data: None) -> None:
    store(files.enterprise(1, 名称="安达"))
    one = Enterprise.objects.get()
    one.name = "众（乐）"
    one.save(update_fields=["name"])
    one.refresh_from_db()
    assert (one.name_sort, one.search_key) == (sort_key("众（乐）"), "众(乐)")
    store(files.enterprise(1, 名称="ＢＢ网吧"))
    one.refresh_from_db()
    assert (one.name_sort, one.search_key) == (sort_key("ＢＢ网吧"), "bb网吧")
