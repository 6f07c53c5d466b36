"""One folding: what is stored, what is refused and where, what counts as the same."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from registry import text

TRICKY = st.sampled_from(list(" \n\r\t\u3000\u2028\u200b\u0300·•．.-（）()[李四Aaß⻢⼾\ue863\ufe0f\U0002f800①㈱"))
ANY = st.text(alphabet=st.one_of(TRICKY, st.characters(exclude_categories=["Cs"])), max_size=12)


def _or_none(function, value, **options):
    try:
        return function(value, **options)
    except text.TextError:
        return None


@given(ANY)
@example("\xaf\xb8")
@example("\ue863\u0300")
def test_doing_it_twice_changes_nothing(value: str) -> None:
    for lines in (False, True):
        kept = _or_none(text.stored, value, lines=lines)
        assert kept is None or text.stored(kept, lines=lines) == kept
        tidied = text.tidied(value, lines=lines)
        assert text.tidied(tidied, lines=lines) == tidied
    named = _or_none(text.name, value)
    assert named is None or (text.name(named), text.folded(named)) == (named, text.folded(value))
    assert text.folded(text.folded(value)) == text.folded(value)
    assert text.account_name(text.account_name(value)) == text.account_name(value)


@given(ANY)
def test_places_lead_back_to_the_text(value: str) -> None:
    plain, places = text.bare_places(value)
    assert len(plain) == len(places)
    assert places == sorted(places)
    assert "".join(text.bare(value[place]) for place in dict.fromkeys(places)) == plain


ONE_THING = [
    [
        "宽城测试（集团）有限公司",
        "宽城测试(集团)有限公司",
        "宽城测试 (集团) 有限公司",
        "宽城测试【集团】有限公司",
        "宽城测试〔集团〕有限公司",
    ],
    ["演示枫林影院2847", "演示枫林影院２８４７", "演示 枫林 影院 2847", "演示\u3000枫林影院２８４７"],
    [f"阿不都{dot}热西提" for dot in "·•‧・･．.∙⋅●᛫⸱ㆍ"] + ["阿不都 · 热西提", "阿 不都·热西提"],
    ["网吧", "⽹吧", "网\u200b吧", "网 吧", "网\ufe0f吧", "网\U000e0100吧", "\u2060网吧"],
    ["马甲", "⻢甲", "马\u3000甲"],
    ["䶮", "\ue863"],
    ["个体工商户", "个体工商⼾"],
    ["ABC网吧", "abc 网吧", "ＡＢＣ网吧", "Ａbc　网吧"],
    ["A-1店", "A－1店", "A—1店", "A–1店"],
]


@pytest.mark.parametrize("spellings", ONE_THING, ids=lambda some: some[0])
def test_spellings_of_one_thing_are_one(spellings: list[str]) -> None:
    assert {text.folded(one) for one in spellings} == {text.folded(spellings[0])}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("AB C店", "ABC店"),
        ("网吧1", "网吧12"),
        ("阿不都热西提", "阿不都·热西提"),
        ("3.5公司", "35公司"),
        ("张三", "张叁"),
        ("甲乙", "乙甲"),
        ("宽城（集团）", "宽城集团"),
        ("Blue Sky", "BlueSky"),
    ],
)
def test_what_only_resembles_stays_apart(one: str, other: str) -> None:
    assert text.folded(one) != text.folded(other)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("赵 甲", "赵甲"),
        ("赵　　甲", "赵甲"),
        (" 宽城 测试 网吧 ", "宽城测试网吧"),
        ("阿不都 • 热西提", "阿不都·热西提"),
        ("John  Smith", "John Smith"),
        ("宽城 ABC 网吧", "宽城 ABC 网吧"),
        ("J.R.托尔金", "J.R.托尔金"),
        ("3.5度咖啡", "3.5度咖啡"),
        ("宽城（集团）", "宽城（集团）"),
        ("李\ue863", "李䶮"),
    ],
)
def test_names(typed: str, stored: str) -> None:
    assert text.name(typed) == stored


def test_lines_stay_lines() -> None:
    typed = " 一\u200b。\r\n\r\n　　二\t甲  \n三\u2028四\n\n"
    assert text.stored(typed, lines=True) == "一。\n\n　　二 甲\n三\n四"
    assert text.stored(typed) == "一。 二 甲 三 四"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("宽城\ufffd网吧", "第3个字是乱码（U+FFFD），请对照原件改正"),
        ("\u200b宽城\ufffc", "第3个字是乱码（U+FFFC），请对照原件改正"),
        ("宽\ufdd0", "第2个字是乱码（U+FDD0），请对照原件改正"),
        ("宽\uffff", "第2个字是乱码（U+FFFF），请对照原件改正"),
        ("宽城\U0010fffe", "第3个字是乱码（U+10FFFE），请对照原件改正"),
        ("李\ue123", "第2个字是别的电脑显示不出的造字（U+E123），请换成标准汉字"),
        ("李\U000f0000", "第2个字是别的电脑显示不出的造字（U+F0000），请换成标准汉字"),
        ("宽\x07城", "第2个字是看不见的控制字符（U+0007），请删除后重新输入"),
        ("宽\x00城", "第2个字是看不见的控制字符（U+0000），请删除后重新输入"),
        ("宽\ud800", "第2个字是看不见的控制字符（U+D800），请删除后重新输入"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_place(value: str, words: str) -> None:
    for lines in (False, True):
        with pytest.raises(text.TextError) as refused:
            text.stored(value, lines=lines)
        assert str(refused.value) == words


def test_known_private_characters_and_radicals_are_what_they_mean() -> None:
    assert text.stored("\ue816\ue831\ue863\ue864\ue81e") == "𠂇𡗗䶮龻龴"
    assert text.stored("⺁⻋⻢⻅⻛⻰⾏⽹⼤") == "厂车马见风龙行网大"
    # every character of both blocks that Unicode has assigned goes; U+2E9A is not assigned
    left = [chr(code) for code in (*range(0x2E80, 0x2E9A), *range(0x2E9B, 0x2EF4), *range(0x2F00, 0x2FD6))]
    assert [one for one in left[1:] if text.stored(one) == one and one != "⺀"] == []


def test_nothing_of_the_tables_needs_the_tables_again() -> None:
    assert {code for code, meant in text._MEANT.items() if meant.translate(text._MEANT) != meant} == set()


def test_account_names() -> None:
    for typed in ("公安管理员", " 公安管理员", "公安\u200b管理员", "公安 管理员", "公安管理员\u2060"):
        assert text.account_name(typed) == "公安管理员"
    assert text.account_name("ｇａ０１") == "ga01"
    assert text.account_name("GA01") != text.account_name("ga01")
