"""统一社会信用代码: the fast sum equals the library, the messages name the fault."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc as library

from registry.uscc import UsccError, _is_sound, clean_uscc

GOOD = "91110000600037341L"
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def made(rng):
    body = "".join(rng.choices("0123456789", k=8)) + "".join(rng.choices(ALPHABET, k=9))
    return body + library.calc_check_digit(body)


@pytest.mark.parametrize(
    "written",
    [
        GOOD,
        GOOD.lower(),
        " 9111 0000-6000 37341L ",
        "９１１１００００６０００３７３４１Ｌ",
        "\ufeff9111\u200b0000600037341L\u3000",
        "\u202d91110000600037341L\u202c",
    ],
)
def test_decorated_codes_are_normalised(written):
    assert clean_uscc(written) == GOOD


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "统一社会信用代码为空"),
        (GOOD[:17], "只有17位，应为18位"),
        (GOOD + "1", "有19位，应为18位"),
        ("130827600012345", "这是15位的旧注册号，请改填18位统一社会信用代码"),
        ("91110000600O37341L", "第12位是字母O，代码里没有这个字母，多半是数字0"),
        ("911100006000V7341L", "第13位是字母V，代码里没有这个字母，多半是字母U"),
        ("91110000600号37341L", "第12位是“号”，代码里只有数字和大写字母"),
        ("9A110000600037341L", "第2位是字母A，前8位只能是数字"),
        ("91110000600037341E", "最后一位校验不符，应为L：请核对各位有无抄错"),
        ("9.1330521E17", "单元格被 Excel 存成数字，已丢失末位，请设为文本后重新填写"),
        ("9.13E+17", "单元格被 Excel 存成数字，已丢失末位，请设为文本后重新填写"),
    ],
)
def test_the_message_names_the_fault(written, message):
    with pytest.raises(UsccError) as caught:
        clean_uscc(written)
    assert str(caught.value) == message


def test_fast_sum_equals_the_library():
    rng = random.Random(1)
    for _ in range(20_000):
        code = made(rng)
        place = rng.randrange(18)
        changed = code[:place] + rng.choice(ALPHABET + "OISZV") + code[place + 1 :]
        assert _is_sound(code) is library.is_valid(code) is True
        assert _is_sound(changed) is library.is_valid(changed)


@given(st.text(alphabet=ALPHABET + "OIZSV中９ -", max_size=20))
def test_any_text_gives_a_valid_code_or_a_reason(text):
    try:
        code = clean_uscc(text)
    except UsccError:
        return
    assert library.is_valid(code)


def test_twenty_thousand_codes_cost_little():
    rng = random.Random(2)
    codes = [made(rng) for _ in range(20_000)]
    start = time.process_time()
    for code in codes:
        clean_uscc(code)
    assert time.process_time() - start < 3
